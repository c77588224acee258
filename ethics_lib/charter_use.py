"""Lines about what is done to people: shown, kept out, decided."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd

from ethics_lib.audiences import UNAIMED
from ethics_lib.consents import PROCESSING, WAYS, in_force, refused
from ethics_lib.lines import NotTested, line
from ethics_lib.measures import FOUR_FIFTHS
from ethics_lib.rules import BEGAN
from ethics_lib.tables import SENSITIVE
from ethics_lib.uses import MATTERS, explicitly_given, has_condition, in_place_since

__all__ = [
    "HARM_TOPICS",
    "child_profiled",
    "kept_out",
    "kicked_while_down",
    "machine_decided",
    "objection_ignored",
    "sensitive_advert",
    "voter_by_profile",
]

HARM_TOPICS: dict[str, tuple[str, str]] = {
    "alcohol": ("dry_january", "yes"),
    "gambling": ("in_debt", "yes"),
    "loans": ("in_debt", "yes"),
    "weight_loss": ("illness", "yes"),
    "miracle_cures": ("illness", "yes"),
    "parenting": ("bereaved", "yes"),
}
"""Topics that may hurt, each with whom it hurts: a value of a trait that may be believed. Most are
topics that Meta lets people see less of (as reported in 2021); loans and cures are ours. In the
town a topic is a name for a taste, and the trait need not be one that the town has."""

_ELSEWHERE = ("list", "pixel", "retargeting", "lookalike")
_NOT_FROM_ME = ("tracked", "told", "propagated")
_OFFERS = {"jobs", "housing", "credit", "insurance", "education"}  # topics of adverts
_GRAVE = {"jobs", "housing", "credit", "insurance", "job"}  # topics and kinds that are red
_PROTECTED = ("faith", "gender", "illness", "expecting")  # and age; illness is for disability
_AGES = (18, 30, 45, 60, 150)
_AS_LIKELY_AS_NOT = 0.5
_CHANCE = 0.01  # that this line cries wolf at all in a town where everybody is treated alike


@line(
    "EL-09",
    "Objection ignored",
    claim="I said no to adverts, and they went on.",
    sources=[
        "GDPR and UK GDPR Art. 21(2)-(3), Recital 70: absolute, profiling for it included",
        "ICO statement on O'Carroll v Meta (24 March 2025): targeted adverts are direct marketing",
        "GDPR and UK GDPR Art. 18: what is restricted may be kept, and not used",
    ],
    severity="red",
    remedy="stop the adverts and the profiling behind them; keep only a note not to do it again",
    against="It is a right that is weighed against nothing: those who say no go on using what the "
    "adverts of all the others pay for.",
    readings={
        "contextual integrity": "The person has set a rule for this flow in so many words. There "
        "is no custom left to appeal to: what follows a no cannot be what they expected.",
        "harm to groups": "Saying no takes time, words and a page that few find. Ignoring it falls "
        "on those few, and teaches all the others that it is not worth trying.",
        "reasonable inference": "However right the guess, its one use has been taken away from it. "
        "A good reason to believe something is no reason to sell by it.",
    },
)
def objection_ignored(uses, decisions, consents):
    """Marketing shown to somebody whose last word on it, or on its topic, was a no.

    Adverts chosen by a profile are marketing whatever their purpose is called. Who objected,
    withdrew, opted out or restricted is wronged in law; who was asked for consent and said no has
    not objected in so many words, which is arguable. A profile that is kept up after the no, and
    shows nobody anything, leaves no row here: beliefs have no date.
    """
    marketing = (uses["purpose"] == "direct_marketing") | (uses["kind"] == "personalised_ad")
    marketing &= ~uses["kind"].isin(["contextual_ad", "protection"])
    shown = _aimed(uses[marketing], decisions, "holder", "topic").drop(columns="use")
    shown = shown.assign(hidden="advert:" + shown["topic"])
    scopes = ["direct_marketing", "profiling", PROCESSING]
    words = consents[consents["purpose"].isin([*scopes, *shown["hidden"].unique()])]
    no = words.loc[~words["granted"].astype(bool), "person"]
    words, shown = words[words["person"].isin(no)], shown[shown["person"].isin(no)]
    asked = pd.concat([shown.assign(purpose=scope) for scope in [*scopes, shown["hidden"]]])
    declined = ~words["granted"].astype(bool) & words["how"].isin(set(WAYS) - {"opt-out"})
    objected, said_no = refused(words[~declined], asked), refused(words, asked)
    verdict = np.where(objected, "breach", "arguable")
    asked = asked.assign(law=verdict, severity=np.where(objected, "red", "amber"))
    return asked.loc[objected | said_no, ["person", "law", "severity"]]


@line(
    "EL-11",
    "A child profiled for adverts",
    claim="I am not eighteen, and they chose adverts by what they had worked out about me.",
    sources=[
        "Digital Services Act Art. 28(2) (EU, from 17 February 2024)",
        "GDPR Art. 8 (UK: 13 years, DPA 2018 s. 9), Recitals 38 and 71",
        "ICO Children's code, standard 12: profiling is off by default (in force 2 September 2020, "
        "with a year to comply)",
    ],
    severity="red",
    remedy="choose a child's adverts by the page that they stand on",
    against="A firm must not ask everybody for their papers, and often cannot know; a teenager may "
    "rather see concerts than car insurance.",
    readings={
        "contextual integrity": "What children do among friends was done among friends. A shop is "
        "no party to it, and no custom of growing up says that one should be.",
        "harm to groups": "It falls on one group by definition, and on the one that can weigh it "
        "least: who cannot sign a contract is sorted for those who write them.",
        "reasonable inference": "A taste at fifteen is gone at sixteen. A guess about somebody who "
        "is still becoming is weak, and it outlives what it was about.",
    },
)
def child_profiled(uses, decisions, people):
    """A personalised advert shown to somebody who was under 18 at that moment.

    The audit knows everybody's birth date. The EU rule asks whether the platform was reasonably
    certain of it, and before its first day is arguable. The UK's code is weighed by a court;
    below 13 a child's own yes is none, Art. 8.
    """
    if "birth_date" not in people or people["birth_date"].isna().all():
        raise NotTested("people has no column 'birth_date' with dates")
    shown = _aimed(uses[uses["kind"] == "personalised_ad"], decisions)

    def younger(age: int) -> np.ndarray:
        birthday = people["birth_date"] + pd.DateOffset(years=age)
        return birthday.reindex(shown["person"]).to_numpy() > shown["time"].to_numpy()

    uk_law = pd.Series(np.where(younger(13), "breach", "arguable"), shown.index)
    banned = shown["time"] >= BEGAN["Digital Services Act"]
    eu_law = banned.map({True: "breach", False: "arguable"})
    both = [
        shown.assign(jurisdiction="EU", law=eu_law),
        shown.assign(jurisdiction="UK", law=uk_law),
    ]
    return pd.concat([table[younger(18)] for table in both])[["person", "jurisdiction", "law"]]


@line(
    "EL-12",
    "The sensitive advert",
    claim="The advert was chosen from a profile that holds my faith, my vote or my health.",
    sources=[
        "Digital Services Act Art. 26(3): on online platforms, even with explicit consent (EU, "
        "from 17 February 2024; not the smallest firms, Art. 19)",
        "GDPR and UK GDPR Art. 9(2)(a)",
    ],
    severity="red",
    remedy="choose the advert without that part of the profile; in the EU no consent clears it",
    against="Somebody who said yes to adverts about their illness or their faith may be glad of "
    "them; the EU protects people from their own answer.",
    readings={
        "contextual integrity": "A faith is shared with those who keep it, an illness with those "
        "who heal. An advert carries it to whoever pays, and to whoever looks over a shoulder.",
        "harm to groups": "People of one faith, one party or one illness become a shelf in a shop. "
        "The next buyer of that shelf may not want to sell prams.",
        "reasonable inference": "The advert would often have come without the sensitive trait, by "
        "the page or the search. Then the gravest guess in the profile was also a needless one.",
    },
)
def sensitive_advert(uses, decisions, consents):
    """A personalised advert shown on the strength of a sensitive trait.

    An advert that nobody was picked for, or that the page decided, looked at no trait. The firm is
    taken for an online platform that is not small. What the use names is what it looked at: a taste
    that was worked out from a faith is EL-02's, and whether the advert would have come without the
    trait is for `what_ifs.what_if` to try.
    """
    adverts = uses[(uses["kind"] == "personalised_ad") & uses["trait"].isin(SENSITIVE)]
    # what counts is the consent of the moment of the advert
    shown = _aimed(adverts, decisions, "trait", "holder", "purpose", "art9_condition")
    # no other condition of Article 9(2) was made for adverts
    uncovered = ~(has_condition(shown, consents) & (shown["art9_condition"] == "explicit_consent"))
    banned = shown["time"] >= BEGAN["Digital Services Act"]
    both = [
        shown[uncovered | banned].assign(jurisdiction="EU"),
        shown[uncovered].assign(jurisdiction="UK"),
    ]
    return pd.concat(both)[["person", "trait", "jurisdiction"]]


@line(
    "EL-13",
    "Voter by profile",
    claim="They sold me politics by what they had on file about me.",
    sources=[
        "Regulation (EU) 2024/900 Art. 18 (applies from 10 October 2025)",
        "GDPR Art. 9(1): political opinions",
        "DPA 2018 Sch. 1 para. 22: parties may use political opinions, within limits (UK; from "
        "memory)",
    ],
    severity="red",
    remedy="political adverts by what people told you for it, with a consent of its own, and never "
    "by special category data; or to everybody",
    against="Small parties cannot pay to reach everybody; speaking to those who care is what "
    "politics has always done.",
    readings={
        "contextual integrity": "Politics is spoken in public so that all can answer. A promise "
        "that only its addressee sees has left the setting in which it could be argued with.",
        "harm to groups": "Each group is told what moves it, and some may be told to stay at home. "
        "Those whom the profile holds for hopeless are not spoken to at all.",
        "reasonable inference": "From tastes to a vote is a long way, and a wrong guess cannot be "
        "noticed by whom it is about: they never see what the others were told.",
    },
)
def voter_by_profile(uses, decisions, beliefs, consents):
    """A political advert by a sensitive trait, by others' data, or without a consent of its own.

    Where the person declared the trait, the belief is theirs; else what was observed of them or
    inferred counts as not given by them (arguable), and what came from trackers and other people as
    not theirs. Before 10 October 2025 all of it is arguable in the EU. The UK asks for no consent
    of this kind, only for a condition of Article 9 where the trait is a sensitive one. The EU rule
    bars minors too, who are left to EL-11.
    """
    political = uses[(uses["topic"] == "political") & (uses["kind"] != "contextual_ad")]
    political = political[political["kind"] != "protection"]
    explicit = explicitly_given(consents[consents["purpose"] == "political_ads"])
    found = [decisions[["person"]].iloc[:0].assign(trait="", jurisdiction="", severity="", law="")]
    for use in political.drop_duplicates(["use", "holder", "trait"]).itertuples():
        shown = _aimed(political[political["use"] == use.use], decisions)
        asked = shown.assign(holder=use.holder, purpose="political_ads")
        agreed = in_force(explicit, asked)
        mine = (beliefs["trait"] == use.trait) & (beliefs["holder"] == use.holder)
        who, origin = beliefs.loc[mine, "person"], beliefs.loc[mine, "origin"]
        declared = shown["person"].isin(who[origin == "declared"])
        foreign = shown["person"].isin(who[origin.isin(_NOT_FROM_ME)]) & ~declared
        foreign |= shown["via"].isin(_ELSEWHERE)
        guessed = shown["person"].isin(who) & ~declared
        sensitive = use.trait in SENSITIVE
        clear = foreign | ~agreed | sensitive
        crossed = shown.loc[clear | guessed, ["person"]].assign(trait=use.trait)
        breach = clear & (shown["time"] >= BEGAN["Regulation (EU) 2024/900"])
        eu_law = breach[clear | guessed].map({True: "breach", False: "arguable"})
        ground = {"purpose": use.purpose, "art9_condition": use.art9_condition}
        held = (not sensitive) | has_condition(asked.assign(**ground), consents)
        uk_law = held[clear | guessed].map({True: "none", False: "arguable"})
        found.append(crossed.assign(jurisdiction="EU", severity="red", law=eu_law))
        found.append(crossed.assign(jurisdiction="UK", severity="amber", law=uk_law))
    return pd.concat(found)


@line(
    "EL-14",
    "A machine decided something that matters",
    claim="A machine turned me down, and there was nobody whom I could ask.",
    sources=[
        "GDPR Art. 22; CJEU C-634/21 SCHUFA (7 December 2023) (EU)",
        "UK GDPR Arts 22A-22D (Data (Use and Access) Act 2025 s. 80, in force 5 February 2026; "
        "before, Art. 22)",
    ],
    severity="red",
    remedy="let somebody decide who can decide otherwise; else say that a machine did, hear "
    "people, review when asked, and in the EU rest it on contract, law or explicit consent",
    against="People are no fairer than machines, and slower; a human who nods adds cost and no "
    "justice.",
    readings={
        "contextual integrity": "Whoever applies expects to be read by somebody of that office. "
        "A score made elsewhere, for other ends, answers in that person's place.",
        "harm to groups": "One machine judges everybody in the same way, so its error about a "
        "group is made every time, and no clerk with another opinion sits at the next desk.",
        "reasonable inference": "What is at stake is a loan, a job or a home. A guess that is good "
        "enough for an advert may be far too weak for that, and nobody was there to see it.",
    },
)
def machine_decided(uses, decisions, safeguards, consents=None):
    """A decision on credit, work, a home, insurance or school that no human made or could correct.

    Those decided for and against are wronged alike: neither was heard. Human review counts as part
    of the decision if it is dated before it, and as a review on request if later. Consent is
    explicit if the ledger says so; without a ledger a use that rests on it cannot be tested. Until
    5 February 2026 the UK had the rule that the EU has.
    """
    matter = uses[uses["kind"].isin(MATTERS)]
    by_consent = (matter["basis"] == "consent") | (matter["art9_condition"] == "explicit_consent")
    if consents is None and by_consent.any():
        use = matter.loc[by_consent, "use"].iloc[0]
        raise NotTested(f"needs consents: the use {use!r} rests on consent")
    since = safeguards.groupby(["use", "safeguard"])["time"].min().to_dict()
    found = [decisions[["person"]].iloc[:0].assign(jurisdiction="")]
    for use in matter.itertuples():
        made = decisions.loc[decisions["use"] == use.use, ["person", "time"]]
        dates = {name: since.get((use.use, name), pd.NaT) for name in _HEARING}
        made = made[~(dates["human_review"] < made["time"])]  # decided by the machine alone
        asked = made.assign(holder=use.holder, purpose=use.purpose)
        explicit = consents is not None and in_force(
            explicitly_given(consents[consents["purpose"] == use.purpose]), asked
        )
        heard = (dates["representations"] < made["time"]) & (dates["contest"] < made["time"])
        heard &= pd.notna(dates["human_review"])
        eu = _eu_gate(use, explicit, heard)
        uk = _uk_gate(use, explicit, heard & (dates["informed"] < made["time"]))
        uk = uk.where(made["time"] >= BEGAN["Data (Use and Access) Act 2025"], eu)
        for place, fine in (("UK", uk), ("EU", eu)):
            found.append(made.loc[~fine, ["person"]].assign(jurisdiction=place))
    return pd.concat(found)


_HEARING = ("human_review", "informed", "representations", "contest")


def _uk_gate(use, explicit, heard):
    """UK GDPR Arts 22B and 22C: safeguards, and a condition for special category data."""
    by_law = use.basis in ("contract", "legal_obligation")
    by_law &= use.art9_condition == "substantial_public_interest"
    by_consent = explicit & (use.art9_condition == "explicit_consent")
    gate = heard & (use.basis != "recognised_interest")
    return gate & (by_law | by_consent) if use.trait in SENSITIVE else gate


def _eu_gate(use, explicit, heard):
    """GDPR Art. 22(2)-(4): one of three ways in, with a hearing unless the law sees to it."""
    by_consent = heard & explicit & (use.basis == "consent")
    gate = by_consent | (heard & (use.basis == "contract")) | (use.basis == "legal_obligation")
    condition = use.art9_condition == "substantial_public_interest"
    condition |= explicit & (use.art9_condition == "explicit_consent")
    return gate & condition if use.trait in SENSITIVE else gate


@line(
    "EL-15",
    "Kept out",
    claim="Others were shown the job, the flat or the loan, and people like me were not.",
    sources=[
        "Equality Act 2010 ss. 13, 17, 19, 29, 39 (UK)",
        "Directives 2000/78/EC (faith, age, disability, at work) and 2004/113/EC (gender, in goods "
        "and services) (EU; from memory)",
        "GDPR and UK GDPR Art. 5(1)(a): fairness",
        "EDPB Guidelines 8/2020 (version 1.0, 2 September 2020): discrimination among the risks of "
        "targeting",
        "The four fifths: 29 CFR 1607.4(D) (USA, 1978), a rule of thumb and here a teaching "
        "default; no law named above has a fixed share",
    ],
    severity="red",
    remedy="show it at equal rates, or write down before starting why unequal ones are justified",
    against="Groups differ in what they look for and can use; equal rates can be bought by showing "
    "an offer to people who have no use for it.",
    readings={
        "contextual integrity": "A vacancy is for whoever can do the work. Handing it round by "
        "what people read and like brings the rules of gossip into the rules of hiring.",
        "harm to groups": "This is the lens's own line: nobody is insulted, nobody is refused, and "
        "a group ends up with fewer jobs and dearer loans without one person who could show it.",
        "reasonable inference": "What predicts a click on an offer says little about who deserves "
        "it. A stand-in for a protected trait is accurate and still no acceptable reason.",
    },
)
def kept_out(uses, decisions, people, safeguards=None):
    """An offer that one group was shown less than four fifths as often as another, not by chance.

    Offers are decisions that matter, prices, exclusions (``shown`` means given the offer, or the
    better price) and adverts for work, homes, credit, insurance and schooling. Groups are those
    traits that the Equality Act protects and the town has, among adults with a decision; of age,
    bands. Each pair of groups is compared by Fisher's exact test, and the line as a whole cries
    wolf in one town of a hundred at most. Wronged are those of the group who were left out.

    A use that looks at the trait itself discriminates directly: no justification clears it, except
    for age. The rest is indirect, and what a court makes of it arguable; of those who are expecting
    it is argued as one of gender (s. 19 leaves pregnancy out). Illness stands for disability, which
    in law is the lasting kind.
    """
    offered = uses["kind"].isin([*MATTERS, "exclusion", "price"])
    offered |= uses["topic"].isin(_OFFERS) & (uses["kind"] != "protection")
    if not {*_PROTECTED, "birth_date"} & set(people):
        raise NotTested(f"people has none of the columns {', '.join(_PROTECTED)}, birth_date")
    justified = {}
    if safeguards is not None:
        justified = in_place_since(safeguards, "justified")
    compared, pairs = [], 0
    for use, rows in uses[offered].groupby("use", sort=False):
        made = decisions[decisions["use"] == use]
        if made.empty:
            continue
        groups = _groups(people, made["time"].min())
        got = made["shown"].astype(bool).groupby(made["person"]).max()
        got = got[got.index.isin(groups.index)]
        excused = justified.get(use, pd.NaT) < made["time"].min()
        grave = bool(_GRAVE & {*rows["topic"], *rows["kind"]})
        for trait in groups:
            by = groups[trait].reindex(got.index)
            direct = trait in set(rows["trait"])
            shut = not excused or (direct and trait != "age")
            row = {"trait": trait, "severity": "red" if grave else "amber"}
            row["law"] = "breach" if direct else "arguable"
            for group, p in _behind(got, by):
                out = got.index[(by == group).to_numpy() & ~got.to_numpy()]
                compared.append((p, shut, pd.DataFrame({"person": out}).assign(**row)))
            pairs += by.nunique() * (by.nunique() - 1) / 2
    left_out = [table for p, shut, table in compared if shut and p * pairs < _CHANCE]
    nobody = decisions[["person"]].iloc[:0].assign(trait="", severity="", law="")
    return pd.concat(left_out) if left_out else nobody


def _groups(people: pd.DataFrame, at: pd.Timestamp) -> pd.DataFrame:
    """The groups of everybody who is grown up by then, a column a protected trait."""
    groups = people[[trait for trait in _PROTECTED if trait in people]]
    if "birth_date" not in people:
        return groups
    years = (at - people["birth_date"]).dt.days / 365.25
    bands = pd.cut(years, _AGES, right=False, labels=["18-29", "30-44", "45-59", "60 and over"])
    return groups.assign(age=bands.astype(object))[years >= _AGES[0]]


def _behind(got: pd.Series, by: pd.Series) -> list[tuple[object, float]]:
    """The groups with less than four fifths of another's rate, and the chance of such a gap."""
    from scipy.stats import fisher_exact

    shown = got.groupby(by).agg(["sum", "size"])
    found = {}
    for (group, k, n), (_, best, of) in permutations(shown.itertuples(name=None), 2):
        if k / n < FOUR_FIFTHS * best / of:
            p = fisher_exact([[k, n - k], [best, of - best]], alternative="less").pvalue
            found[group] = min(p, found.get(group, 1.0))
    return list(found.items())


@line(
    "EL-16",
    "Kicked while down",
    claim="They sold me the very thing that hurts me, while I was trying to stop.",
    sources=[
        "GDPR and UK GDPR Art. 5(1)(a): fairness; Recital 75",
        "WP248, criterion 7: vulnerable people (2017)",
        "RTM v Bonne Terre [2026] EWCA Civ 488 (21 April 2026): consent is judged objectively, so "
        "vulnerability is a matter of fairness (UK)",
        "CAP Code, sections 16 and 18: gambling and alcohol (UK, a code of the trade)",
    ],
    jurisdiction="UK, EU, ethics",
    severity="red",
    law="arguable",
    remedy="leave the topic out for that person; use the guess to protect, and never to sell",
    against="Grown-up people decide for themselves, and a firm that must spare the weak has to "
    "find out who is weak.",
    readings={
        "contextual integrity": "What one tells a helper, or types into a search at night, is "
        "told to get out of something. It arrives with those who earn by keeping one in.",
        "harm to groups": "People in debt, recovering or mourning are few, and may be worth most "
        "to whoever sells to them: then the profit comes from those who can afford it least.",
        "reasonable inference": "The better the guess, the worse the deed. A guess of this kind is "
        "fit to protect somebody, and that is the only use for which its relevance speaks.",
    },
)
def kicked_while_down(uses, decisions, consents, beliefs):
    """A topic that may hurt, shown to somebody who hid it or is believed to be hurt by it.

    Believed is what the holder was told (red), or holds for at least as likely as not (amber).
    Whether the person really is, nobody is asked: whom nobody believed to be weak was not picked
    for it. Keeping something away (``protection``) never crosses the line. To hide a topic is to
    object to it; where the page chose the advert, that binds nobody in law (arguable).
    """
    sold = uses[uses["topic"].isin(HARM_TOPICS) & (uses["kind"] != "protection")]
    found = [decisions[["person"]].iloc[:0].assign(trait="", severity="", law="")]
    for use in sold.drop_duplicates(["use", "holder", "topic"]).itertuples():
        shown = _shown(sold[sold["use"] == use.use], decisions)
        asked = shown.assign(holder=use.holder, purpose=f"advert:{use.topic}")
        hidden = refused(consents[consents["purpose"] == f"advert:{use.topic}"], asked)
        law = np.where(shown["via"].isin(UNAIMED), "arguable", "breach")[hidden]
        row = {"trait": None, "severity": "red", "law": law}
        found.append(shown.loc[hidden, ["person"]].assign(**row))
        trait, value = HARM_TOPICS[use.topic]
        weak = beliefs[(beliefs["trait"] == trait) & (beliefs["holder"] == use.holder)]
        weak = weak[(weak["value"] == value) & ~(weak["p"] < _AS_LIKELY_AS_NOT)]
        told = weak["origin"] == "declared"
        for severity, who in (("red", weak[told]), ("amber", weak[~told])):
            hit = shown.loc[shown["person"].isin(who["person"]), ["person"]]
            found.append(hit.assign(trait=trait, severity=severity, law="arguable"))
    return pd.concat(found)


def _shown(uses: pd.DataFrame, decisions: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """What was shown under these uses: person, use, via, time, and some columns of the use."""
    rows = decisions.loc[decisions["use"].isin(uses["use"]) & decisions["shown"].astype(bool)]
    rows = rows[["person", "use", "via", "time"]]
    return rows.merge(uses[["use", *columns]].drop_duplicates()) if columns else rows


def _aimed(uses: pd.DataFrame, decisions: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """What was shown under these uses because something about the person was looked at."""
    shown = _shown(uses, decisions, *columns)
    return shown[~shown["via"].isin(UNAIMED)]
