"""Lines about who answers for it: on what ground, for what purpose, with what on paper."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ethics_lib.audiences import UNAIMED
from ethics_lib.consents import in_force
from ethics_lib.lawful import dpia_due, screen_dpia
from ethics_lib.lines import line
from ethics_lib.rules import BEGAN
from ethics_lib.tables import SENSITIVE
from ethics_lib.traces import DEVICE
from ethics_lib.uses import BASES, freely_given, in_place_since

__all__ = ["another_purpose", "no_ground", "nobody_owns_the_risk"]

_SHARED = ("pixel", "list", "retargeting", "lookalike")  # two firms choose together

# UK GDPR Annex 1: the purposes that need no balancing test
_ANNEX_1 = ("public_task_disclosure", "public_security", "emergencies", "crime", "safeguarding")

# Purposes to which data may move on, Art. 5(1)(b) with 89(1) and 6(4); "advertising" and
# "direct_marketing" are two names of one thing.
_EVERYWHERE = {"research", "statistics", "archiving"}
_COMPATIBLE = {
    "service": {"security", "support"},
    "advertising": {"direct_marketing"},
    "direct_marketing": {"advertising"},
}
# UK GDPR Annex 2 treats these as compatible with everything; in the EU each needs a law of its own
_ANNEX_2 = {*_ANNEX_1, "vital_interests", "taxation", "legal_obligation"}
_UK_ACT = BEGAN["Data (Use and Access) Act 2025"]


@line(
    "EL-04",
    "No ground, or a legitimate interest that nobody tested",
    claim="I asked what gave them the right, and they named nothing, or said 'legitimate interest' "
    "and stopped there.",
    sources=[
        "GDPR and UK GDPR Art. 6(1), 5(2); UK Art. 6(1)(ea) and Annex 1 (in force 5 February 2026)",
        "ICO legitimate interests assessment: purpose, necessity, balancing (public copies of its "
        "template, seen in November 2026)",
        "CJEU C-621/22 KNLTB (4 October 2024), on interests; EU law, persuasive in the UK",
        "CJEU C-252/21 (4 July 2023), on contracts; EU law, persuasive in the UK",
        "EDPB Guidelines 8/2020 (version 1.0, 2 September 2020), section 5.3: what is read from a "
        "device needs consent",
    ],
    severity="amber",
    ethics="arguable",
    remedy="name a basis and have it: a yes, or an interest that passes its three-part test before "
    "the use starts",
    against="A test on paper changes nothing for the person; what matters is what is done.",
    readings={
        "contextual integrity": "A ground in law is the firm's account of why the flow is "
        "expected. Where there is none, nobody has even asked whether people in that setting would "
        "take it for granted.",
        "harm to groups": "The balancing test is the place where somebody has to ask whom it hits "
        "hardest. Skipping it leaves those with the least voice unweighed.",
        "reasonable inference": "The necessity part asks whether the guess is needed at all. "
        "Untested, nobody knows whether less data, or none, would have done.",
    },
)
def no_ground(uses, decisions, traces=None, consents=None):
    """A use without a basis, or with one that cannot carry it, and those on whom it was made.

    A legitimate interest carries neither a sensitive trait nor what was read from a device: with
    ``traces``, people whom the holder's trackers had recorded by then are among those wronged. A
    recognised interest is none in the EU, and in the UK only for the five purposes of Annex 1 and
    uses that started since 5 February 2026. Consent is no basis for people who did not give it:
    with ``consents``, they are among those wronged too. Two are arguable: an interest that nobody
    tested may still be one, for the law asks for reasons (Art. 5(2)) and for no form; and contracts
    that take an advert chosen by a profile to perform are rare. A use that is declared nowhere has
    no ground at all.
    """
    grave = {"severity": "red", "jurisdiction": "UK, EU", "law": "breach"}
    interest = uses["basis"] == "legitimate_interest"
    recognised = uses["basis"] == "recognised_interest"
    listed = recognised & uses["purpose"].isin(_ANNEX_1) & (uses["time"] >= _UK_ACT)
    red = ~uses["basis"].isin(BASES) | (interest & uses["trait"].isin(SENSITIVE))
    red |= recognised & ~listed
    faulty = red | listed | (interest & ~(uses["lia"] < uses["time"]))
    faulty |= (uses["basis"] == "contract") & (uses["kind"] == "personalised_ad")
    severity = np.where(red | listed, "red", "amber")
    where = np.where(listed, "EU", "UK, EU")
    law = np.where(red | listed, "breach", "arguable")
    faulty = uses.assign(severity=severity, jurisdiction=where, law=law)[faulty]
    columns = ["trait", "severity", "jurisdiction", "law"]
    found = [decisions[["person", "use"]].merge(faulty[["use", *columns]]).drop(columns="use")]
    undeclared = decisions.loc[~decisions["use"].isin(uses["use"]), ["person"]]
    found.append(undeclared.assign(trait=None, **grave))
    seen = None if traces is None or not interest.any() else _first(traces, "source")
    for use in uses[interest].itertuples() if seen is not None else ():
        made = _made(decisions, use.use)
        read = _before(made, seen, use.holder, DEVICE)
        made = made[read | made["via"].isin(("pixel", "retargeting"))]
        found.append(made[["person"]].assign(trait=use.trait, **grave))
    asked = uses[uses["basis"] == "consent"] if consents is not None else uses.iloc[:0]
    for use in asked.itertuples():
        made = _made(decisions, use.use).assign(holder=use.holder, purpose=use.purpose)
        agreed = in_force(freely_given(consents[consents["purpose"] == use.purpose]), made)
        found.append(made.loc[~agreed, ["person"]].assign(trait=use.trait, **grave))
    return pd.concat(found)


@line(
    "EL-06",
    "Moved to another purpose",
    claim="I gave it for one thing, and they used it for another.",
    sources=[
        "GDPR and UK GDPR Art. 5(1)(b), 6(4); UK Art. 8A and Annex 2 (in force 5 February 2026)",
        "CJEU C-446/21 Schrems v Meta (4 October 2024); EU law, persuasive in the UK",
    ],
    severity="red",
    remedy="ask again for the new purpose, or write the compatibility test before the use starts",
    against="People change their minds about what is useful, and a firm cannot foresee every use; "
    "asking each time tires everybody and informs nobody.",
    readings={
        "contextual integrity": "This is the theory's own case: the same record is fitting where "
        "it was given and a breach where it arrives, though nobody stole it on the way.",
        "harm to groups": "A second purpose is chosen for those of whom much is already kept. They "
        "carry it alone, and do not hear that others are spared.",
        "reasonable inference": "Data are good for what they were gathered for. A like, given to "
        "please a friend, is a weak reason for a price or a refusal.",
    },
)
def another_purpose(traces, uses, decisions, consents, safeguards=None):
    """Records of the person, kept for one purpose and used for another that does not fit it.

    It is crossed where the holder had such a record before the decision, and had neither a free
    consent to the new purpose nor a compatibility test of an earlier date. A decision looks at a
    trait, and no table says which records made it: that this one did not is for the holder to show
    (Art. 5(2)). What the UK lists as compatible since 5 February 2026 is arguable before it, and in
    the EU.
    """
    tested = {} if safeguards is None else in_place_since(safeguards, "compatibility_test")
    given = _first(traces, "purpose")
    purposes = given["word"].unique()
    found = []
    for use in uses.drop_duplicates(["use", "holder", "purpose"]).itertuples():
        made = _made(decisions, use.use)
        made = made[~(tested.get(use.use, pd.NaT) < made["time"])]
        asked = made.assign(holder=use.holder, purpose=use.purpose)
        asked_for = consents[consents["purpose"] == use.purpose]
        made = made[~in_force(freely_given(asked_for), asked)]
        foreign = [word for word in purposes if not _fits(word, use.purpose)]
        moved = made.loc[_before(made, given, use.holder, foreign), ["person", "time"]]
        listed = use.purpose in _ANNEX_2
        where = np.where(listed & (moved.pop("time") >= _UK_ACT), "EU", "UK, EU")
        law = "arguable" if listed else "breach"
        found.append(moved.assign(jurisdiction=where, law=law))
    return pd.concat(found) if found else decisions[["person"]].iloc[:0]


@line(
    "EL-19",
    "Nobody owns the risk",
    claim="Each firm told me to ask the other, and nobody had thought about what could go wrong.",
    sources=[
        "GDPR and UK GDPR Art. 26; CJEU C-40/17 Fashion ID (29 July 2019), C-210/16 "
        "Wirtschaftsakademie (5 June 2018)",
        "GDPR and UK GDPR Art. 35; WP248: two or more of nine criteria (2017); ICO list of ten",
    ],
    severity="amber",
    ethics="arguable",
    remedy="write down who answers for what before the first record, and assess the risk before "
    "starting",
    against="Papers are signed by firms and read by nobody; a person gains nothing from an "
    "arrangement that they never see.",
    readings={
        "contextual integrity": "Where two firms meet, a flow crosses from one setting to another. "
        "Without an arrangement nobody is bound to keep the rules of the first.",
        "harm to groups": "An impact assessment is where harm to a group would first be written "
        "down. Without one it is found out by those on whom it falls.",
        "reasonable inference": "Nobody has signed for the guess, so nobody has had to show that "
        "it is relevant and good enough, and nobody can be asked.",
    },
)
def nobody_owns_the_risk(
    uses, decisions, safeguards, traces=None, beliefs=None, notices=None, people=None
):
    """Two firms decide without an arrangement, or a risky use starts without an assessment.

    Both must be dated before the first decision. Two firms decide together where a use has two
    holders, and where a list, a tracker or a look-alike audience picked the person. Whether an
    assessment is due, `lawful.screen_dpia` says from as many tables as there are: one item of the
    ICO's list is law (UK), two criteria of WP248 are a rule with exceptions (arguable).
    """
    found = [decisions[["person"]].iloc[:0].assign(jurisdiction="", law="")]
    if uses.empty:
        return found[0]
    tables = {"traces": traces, "beliefs": beliefs, "notices": notices, "people": people}
    screened = dpia_due(screen_dpia(uses, decisions=decisions, **tables)).set_index("use")
    arranged, assessed = (in_place_since(safeguards, name) for name in ("arrangement", "dpia"))
    firms = uses.drop_duplicates(["use", "holder"])["use"].value_counts()
    for use, risk in screened.iterrows():
        made = decisions.loc[decisions["use"] == use, ["person", "via", "time"]]
        start = made["time"].min()
        if not arranged.get(use, pd.NaT) < start:
            shared = made if firms[use] > 1 else made[made["via"].isin(_SHARED)]
            found += [_at(place, shared, "breach") for place in ("UK", "EU")]
        if not assessed.get(use, pd.NaT) < start:
            if risk["ico"]:
                found.append(_at("UK", made, "breach"))
            if risk["wp248"] >= 2:
                found += [_at(place, made, "arguable") for place in ("UK", "EU")]
    return pd.concat(found)


def _at(place: str, made: pd.DataFrame, law: str) -> pd.DataFrame:
    return made[["person"]].assign(jurisdiction=place, law=law)


def _made(decisions: pd.DataFrame, use: str) -> pd.DataFrame:
    """The decisions of one use for which something about the person was looked at."""
    aimed = (decisions["use"] == use) & ~decisions["via"].isin(UNAIMED)
    return decisions.loc[aimed, ["person", "via", "time"]]


def _first(traces: pd.DataFrame, column: str) -> pd.DataFrame:
    """When each holder first recorded each person with each word of a column.

    There may be millions of traces: words become numbers once, and one number is the key.
    """
    word, words = pd.factorize(traces[column])
    holder, holders = pd.factorize(traces["holder"])
    key = traces["person"].to_numpy(np.int64) * (len(words) * len(holders))
    key += holder * len(words) + word
    first = traces["time"].groupby(key, sort=False).min()
    rest, word = np.divmod(first.index.to_numpy(), max(len(words), 1))
    person, holder = np.divmod(rest, max(len(holders), 1))
    columns = {"person": person, "holder": holders.take(holder), "word": words.take(word)}
    return pd.DataFrame({**columns, "time": first.to_numpy()})


def _before(made: pd.DataFrame, first: pd.DataFrame, holder: str, words: object) -> np.ndarray:
    """Whether this holder had recorded the person with one of these words by the decision."""
    theirs = first[(first["holder"] == holder) & first["word"].isin(words)]
    since = theirs.groupby("person")["time"].min().reindex(made["person"])
    return since.to_numpy() < made["time"].to_numpy()


def _fits(given: str, used: str) -> bool:
    return used == given or used in _EVERYWHERE or used in _COMPATIBLE.get(given, ())
