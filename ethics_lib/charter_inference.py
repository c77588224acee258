"""Lines about what is concluded: of what, from whom, and how surely."""

from __future__ import annotations

import pandas as pd

from ethics_lib.lines import NotTested, line
from ethics_lib.tables import SENSITIVE, concat, is_numeric
from ethics_lib.uses import MATTERS, has_condition, in_place_since

__all__ = [
    "friends_gave_you_away",
    "guess_sold_as_fact",
    "sensitive_by_inference",
    "sensitive_stand_in",
]

_FROM_OTHERS = ("propagated", "told")
_GUESSED = ("inferred", *_FROM_OTHERS)
_FROM_THEIR_HAND = ("contact", "message")
_MATTERS = (*MATTERS, "price", "exclusion")

_TELLS = (
    0.05  # share of the doubt about a trait; 0.065 is a medium association, w = .3 (Cohen 1988)
)
_BY_CHANCE = 0.001
_BANDS = 5  # a number is told by the fifth of the town that it falls into
_HALF = 0.5
_FAR = 2  # standard deviations between what was said and what was guessed


@line(
    "EL-01",
    "Sensitive by inference",
    claim="I never told them. They worked it out.",
    sources=[
        "GDPR and UK GDPR Art. 9(1)",
        "CJEU C-184/20 (1 August 2022); EU law, persuasive in the UK",
        "CJEU C-252/21 (4 July 2023); EU law, persuasive in the UK",
        "EDPB Guidelines 8/2020 (version 1.0, 2 September 2020), section 8.1.2",
        "ICO guidance on special category data (updated 9 April 2024)",
    ],
    severity="red",
    remedy="ask for explicit consent before, or do not work it out; being wrong is no excuse",
    against="What harms is a decision and not a guess; and where nobody was asked, only a guess "
    "shows whether believers are treated worse.",
    readings={
        "contextual integrity": "A faith or an illness is told to some and kept from others. Who "
        "works it out takes it past everybody to whom it was not told.",
        "harm to groups": "These traits are protected because groups were persecuted for them; a "
        "list of likely members serves whoever comes next, also where it errs.",
        "reasonable inference": "Cheese and trains are no grounds for a faith. Even a good guess "
        "is out of proportion where all it does is choose an advert.",
    },
)
def sensitive_by_inference(beliefs, uses, consents):
    """Special category data, worked out on purpose or used, on no condition of Article 9.

    Beliefs have no date, so explicit consent is asked for at the use. What is worked out on purpose
    and not used yet has no purpose that anybody could have agreed to.
    """
    # no test of confidence: a wrong guess about a faith is still about a faith
    guessed = beliefs[beliefs["trait"].isin(SENSITIVE) & (beliefs["origin"] != "declared")]
    guessed = guessed[["person", "trait", "holder", "intent"]].drop_duplicates()
    used = guessed.merge(uses[["use", "holder", "trait", "purpose", "art9_condition", "time"]])
    cleared = used[has_condition(used, consents)]
    idle = guessed.merge(uses[["holder", "trait"]].drop_duplicates(), how="left", indicator=True)
    idle = idle[(idle["_merge"] == "left_only") & (idle["intent"] == "deliberate")]
    wronged = used.drop(cleared.index)
    return pd.concat([wronged[["person", "trait"]], idle[["person", "trait"]]])


@line(
    "EL-02",
    "Sensitive stand-in",
    claim="The label sounds harmless. It is a code for what I am.",
    sources=[
        "EDPB Guidelines 8/2020 (version 1.0, 2 September 2020), paragraphs 115-116: what a "
        "category is called does not matter",
        "CJEU C-184/20 (1 August 2022); EU law, persuasive in the UK",
        "GDPR and UK GDPR Art. 5(1)(a), fairness",
    ],
    severity="amber",
    law="arguable",
    ethics="arguable",
    remedy="drop the category, make it coarser, or treat it as what it stands for",
    against="Almost everything goes with something sensitive; a bar so low forbids all knowledge.",
    readings={
        "contextual integrity": "A taste was shown as a taste. Read as a sign of faith it carries "
        "another kind of information than the one that was given.",
        "harm to groups": "Who chooses by the stand-in chooses the group, and the rule that "
        "forbids choosing by the group sees nothing.",
        "reasonable inference": "What goes with a group is true of many in it and not of each: "
        "some are picked for a trait that they do not have.",
    },
)
def sensitive_stand_in(beliefs, uses, people):
    """A harmless trait in use whose believed value tells something about a sensitive one.

    It tells, if knowing it takes at least a twentieth of the doubt about the sensitive trait away
    (the uncertainty coefficient, less what chance would give), and a G-test calls that no chance.
    """
    hidden = [trait for trait in SENSITIVE if trait in people]
    if not hidden:
        raise NotTested(f"people has none of the columns {', '.join(SENSITIVE)}")
    harmless = uses.loc[~uses["trait"].isin(SENSITIVE), ["holder", "trait"]].drop_duplicates()
    about = beliefs[beliefs["trait"].isin(harmless["trait"]) & beliefs["person"].isin(people.index)]
    about = about[["person", "trait", "holder", "value", "p"]].merge(harmless)
    surest = about.sort_values("p", kind="stable", na_position="first")
    surest = surest.drop_duplicates(["person", "trait", "holder"], keep="last")
    codes = surest.groupby(["holder", "trait"]).filter(
        lambda believed: any(
            _tells(believed["value"], people.loc[believed["person"], trait]) for trait in hidden
        )
    )
    return codes[["person", "trait"]]


@line(
    "EL-08",
    "Your friends gave you away",
    claim="They know it about me from what other people did.",
    sources=[
        "GDPR and UK GDPR Art. 14; Art. 5(1)(a)",
        "Menlo Report (2012): respect for persons",
        "Cambridge Analytica: an app took the data of friends, up to 87 million profiles by "
        "Facebook's figure (2018)",
    ],
    jurisdiction="UK, EU, ethics",
    severity="amber",
    law="arguable",
    remedy="ask the person, or leave out what friends said, or count it for the town and for no "
    "person",
    against="Friends may speak about their own lives, and a life has other people in it.",
    readings={
        "contextual integrity": "A number was given so that a friend could call. The friend is not "
        "the one who may decide that a firm gets it.",
        "harm to groups": "It works as well as groups keep to themselves: whose friends are all "
        "alike is known best, and those are often the few.",
        "reasonable inference": "That my friends vote for somebody says how they vote. About me it "
        "is a rule of thumb, and I cannot answer for it.",
    },
)
def friends_gave_you_away(beliefs, traces, origins=None):
    """A belief that rests on other people, or an address book or message that holds the person.

    Where ``origins`` measured how much of a belief came from others, more than half counts; where
    it did not, the belief's own origin. A belief that no friend's answer reached (method ``prior``)
    says what is usual, and nobody gave it away.
    """
    key = ["person", "trait", "method", "holder"]
    from_others = beliefs["origin"].isin(_FROM_OTHERS) & (beliefs["method"] != "prior")
    guessed = beliefs.loc[from_others, key].drop_duplicates()
    if origins is not None:
        measured = guessed.merge(origins[key], how="left", indicator=True)["_merge"] == "both"
        guessed = concat(
            [guessed[~measured.to_numpy()], origins[origins["others"] > 0.5]], "origins"
        )
    guessed = guessed[["person", "trait"]].drop_duplicates().assign(severity="amber")
    given = traces["kind"].isin(_FROM_THEIR_HAND) & (traces["from_person"] != traces["person"])
    given = traces.loc[given, ["person"]].drop_duplicates().assign(severity="red", trait=None)
    return pd.concat([table for table in (guessed, given) if len(table)] or [guessed])


@line(
    "EL-17",
    "A guess sold as a fact",
    claim="They acted on a guess about me as if it were a fact: it is wrong, or nobody is sure.",
    sources=[
        "GDPR and UK GDPR Art. 5(1)(d), Art. 16",
        "EDPB Guidelines 8/2020 (version 1.0, 2 September 2020), section 5.4: inferred data",
        "ICO guide to the accuracy principle (undated): a record says what is opinion, and whose",
    ],
    severity="amber",
    law="arguable",
    remedy="correct it, show how sure it is and why, or do not act on it",
    against="Every advert is a bet; nobody takes a coupon for a statement about themselves.",
    readings={
        "contextual integrity": "People gave their own answer, and it was passed over for a guess: "
        "the one flow that they had chosen was cut.",
        "harm to groups": "Guesses are worst about those of whom few gave answers to learn from; "
        "the same bar of sureness lets more wrong ones through for them.",
        "reasonable inference": "A right to reasonable inferences asks for this: say how good the "
        "guess is, for whom it was tested, and let it be contested.",
    },
)
def guess_sold_as_fact(beliefs, uses, decisions, safeguards=None):
    """A guess acted on that contradicts the person, is less likely than not, or unlabelled.

    Acted on is the value that an advert looked for; in a use that matters (`uses.KINDS`: credit,
    job, ...) also the likeliest guess about whom it left out. A guess is what was worked out or
    handed over by others, not what was seen. Labels are looked for where safeguards are known.
    """
    acted = decisions[decisions["via"] == "belief"]
    acted = acted[["person", "use", "category", "shown", "time"]]
    acted = acted.merge(uses[["use", "holder", "trait", "kind"]].drop_duplicates())
    matters = acted["kind"].isin(_MATTERS)
    acted = acted[acted["shown"].astype(bool) | matters].reset_index(names="decision")
    about = beliefs[beliefs["trait"].isin(acted["trait"])]
    key = ["person", "holder", "trait"]
    said = about.loc[about["origin"] == "declared", [*key, "value"]].drop_duplicates(key)
    guess = about.loc[about["origin"].isin(_GUESSED), [*key, "value", "p", "sd"]]
    guess = acted.merge(guess, on=key)
    meant = guess["shown"].astype(bool) & (guess["value"].astype(str) == guess["category"])
    guess = guess.assign(meant=meant).sort_values(
        ["meant", "p"], kind="stable", na_position="first"
    )
    guess = guess.drop_duplicates("decision", keep="last")
    guess = guess.merge(said.rename(columns={"value": "said"}), on=key, how="left")
    wrong = _contradicts(guess)
    bare = (guess["p"] < _HALF) | (guess["p"].isna() & guess["sd"].isna())
    if safeguards is not None:
        label = in_place_since(safeguards, "labelled_as_guess").reindex(guess["use"])
        bare |= ~(label.to_numpy() <= guess["time"].to_numpy())
    severity = guess["kind"].isin(_MATTERS).map({True: "red", False: "amber"})
    law = wrong.map({True: "breach", False: "arguable"})
    guess = guess.assign(severity=severity, law=law)[wrong | bare]
    return guess[["person", "trait", "severity", "law"]]


def _tells(values: pd.Series, truth: pd.Series) -> bool:
    """Whether a believed value tells something about a true one, person by person."""
    from scipy.stats import chi2_contingency, entropy

    if is_numeric(values):
        values = pd.qcut(values.astype(float), _BANDS, labels=False, duplicates="drop")
    counts = pd.crosstab(values.to_numpy(), truth.to_numpy()).to_numpy()
    if min(counts.shape) < 2:
        return False
    test = chi2_contingency(counts, correction=False, lambda_="log-likelihood")
    # G is twice the mutual information of all people, and about its degrees of freedom by chance
    learnt = (test.statistic - test.dof) / (2 * counts.sum())
    return bool(test.pvalue < _BY_CHANCE and learnt >= _TELLS * entropy(counts.sum(axis=0)))


def _contradicts(guess: pd.DataFrame) -> pd.Series:
    """Which guesses are not what the person said: another word, or a number far from it."""
    differs = guess["said"].notna() & (guess["said"] != guess["value"])
    number = differs & guess["p"].isna()
    gap = pd.to_numeric(guess["said"].where(number)) - pd.to_numeric(guess["value"].where(number))
    return differs & (~number | (gap.abs() > _FAR * guess["sd"]))
