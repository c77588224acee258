"""Lines about how data come in: who was asked, who was told, and what is kept."""

from __future__ import annotations

import pandas as pd

from ethics_lib.audiences import UNAIMED
from ethics_lib.consents import in_force, refused
from ethics_lib.identifiers import BLANK
from ethics_lib.lines import NotTested, line
from ethics_lib.rules import BEGAN
from ethics_lib.tables import COLUMNS, concat
from ethics_lib.traces import DEVICE, TRACKERS
from ethics_lib.uses import freely_given

__all__ = [
    "NORMS",
    "could_be_real",
    "nobody_told_you",
    "opt_out_did_nothing",
    "right_data_wrong_place",
    "too_much_too_long",
    "tracked_before_asked",
]

NORMS = pd.DataFrame(
    [
        ("platform", "person", "like", "*", "service"),
        ("platform", "person", "search", "*", "service"),
        ("platform", "person", "message", "*", "service"),
        # taken for granted by many, and endorsed by fewer: strike it, and audit again
        ("platform", "person", "like", "*", "direct_marketing"),
    ],
    columns=list(COLUMNS["norms"]),
)
"""Flows that people on a platform may take for granted: ours, to be argued with, and no survey."""

_NO_CONSENT_IN_UK = ("statistics", "appearance")
_ADVERTS = ("ThirdPartyAdvertising", "DeveloperAdvertising")  # Apple's names on a label
_LOOKS_AT = {"list": ("list",), "pixel": TRACKERS, "retargeting": TRACKERS}
_BETWEEN_FIRMS = ("list", *TRACKERS)
# a look-alike is found by what its own platform knows; linked are those on the list it is like
_CHOSEN_BETWEEN_FIRMS = ("list", "pixel", "retargeting")
_HOST = r"([\w-]+\.)*(example|test|invalid|example\.(com|net|org))"
_NOBODYS = {
    "email": r"[^@\s]+@" + _HOST,
    "domain": _HOST,
    "ip": r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}",
    "phone": r"(07700|\+44 ?7700) ?900 ?\d{3}",
    # of version 8: the random ones that a phone makes are of version 4
    "advertising_id": r"[\da-fA-F-]{14}8[\da-fA-F-]{21}|" + BLANK,
}
_OPT_OUTS = pd.DataFrame(
    [
        ("browser signal", "US-CA", "red", "breach"),
        ("browser signal", "EU", "red", "arguable"),
        ("browser signal", "UK", "amber", "arguable"),
        ("device prompt", "US-CA", "red", "arguable"),
        ("device prompt", "EU", "red", "arguable"),
        ("device prompt", "UK", "amber", "arguable"),
        ("device prompt", "platform rule", "amber", "none"),
        ("ad setting", "US-CA", "red", "breach"),
        ("ad setting", "EU", "red", "breach"),
        ("ad setting", "UK", "amber", "breach"),
        ("banner", "EU", "red", "arguable"),
        ("banner", "UK", "amber", "arguable"),
    ],
    columns=["how", "jurisdiction", "severity", "law"],
)


@line(
    "EL-03",
    "Tracked before asked",
    claim="They tracked me before I had said yes.",
    sources=[
        "PECR reg. 6 and Sch. A1 (as amended, in force 5 February 2026)",
        "ICO, storage and access technologies (29 April 2026), read in law firms' reports",
        "ePrivacy Directive Art. 5(3)",
        "EDPB Guidelines 8/2020 (version 1.0, 2 September 2020), paragraphs 65-68",
        "IAB Europe TCF v2.3 (April 2025), purpose 1: consent only",
    ],
    severity="red",
    remedy="let the tracker wait for a yes; advertising is never exempt",
    against="Adverts pay for the free pages; and most people click the question away, so that "
    "asking fills every screen and protects few.",
    readings={
        "contextual integrity": "What I look at in a shop is between the shop and me; the tracker "
        "brings in a third who was never announced.",
        "harm to groups": "Who has an old phone, little time or no blocker is tracked most, and "
        "what a visit is worth depends on whose troubles it shows.",
        "reasonable inference": "Nothing is guessed yet. But a guess from visits that nobody "
        "agreed to begins with data that should not be there.",
    },
)
def tracked_before_asked(traces, consents, notices=None):
    """A record from a device, with no consent to its purpose in force at that moment.

    What the service that was asked for cannot do without needs none. In the UK, since 5 February
    2026, counting and setting the appearance need none either, if people were told before and have
    not objected; without the table of notices nobody was. The purpose is what the holder calls it,
    and a yes counts if it was free (`uses.freely_given`).
    """
    tracked = traces[traces["source"].isin(DEVICE) & (traces["purpose"] != "strictly_necessary")]
    tracked = tracked[~in_force(freely_given(consents), tracked)]
    exempt = tracked["purpose"].isin(_NO_CONSENT_IN_UK)
    exempt &= tracked["time"] >= BEGAN["Data (Use and Access) Act 2025"]
    if notices is not None:
        exempt[exempt] = in_force(notices, tracked[exempt]) & ~refused(consents, tracked[exempt])
    else:
        exempt[:] = False
    where = exempt.map({True: "EU", False: "UK, EU"})
    return tracked[["person"]].assign(jurisdiction=where).drop_duplicates()


@line(
    "EL-05",
    "Nobody told you",
    claim="I first heard of it from the advert.",
    sources=[
        "GDPR and UK GDPR Art. 13 (at collection) and Art. 14(3) (within a month, or at first "
        "contact)",
        "EDPB Guidelines 8/2020 (version 1.0, 2 September 2020), paragraph 84: 'advertising' says "
        "too little",
        "ICO list of processing that needs an impact assessment: invisible processing (undated)",
    ],
    severity="amber",
    remedy="tell people what, why, from whom and for whom, before it is collected",
    against="Nobody reads notices; more of them inform nobody.",
    readings={
        "contextual integrity": "People cannot hold a flow to the understanding under which they "
        "spoke if they do not know that it exists.",
        "harm to groups": "Those who never joined are told last: they have no account in which a "
        "notice could reach them.",
        "reasonable inference": "Who is not told cannot correct; a guess that nobody may see stays "
        "as wrong as it was.",
    },
)
def nobody_told_you(traces, notices, decisions):
    """A record without a notice: before it from the person, within a month if from another.

    From another it is due sooner where an advert reaches the person sooner. What one does on a page
    or in an app is from the person, whoever records it. It is worse for somebody who was shown
    something. Whether the notice said enough, `notices.Notice.lacks` asks.
    """
    own = traces["from_person"] == traces["person"]
    # a notice is never taken back: of records alike but for their time, the first one decides
    alike = ["person", "holder", "purpose", "own"]
    kept = traces.assign(own=own).groupby(alike, sort=False, observed=True)["time"].min()
    kept = kept.reset_index().sort_values("time", ignore_index=True)
    shown = decisions.loc[decisions["shown"].astype(bool), ["person", "time"]]
    contact = _next(shown, kept)
    month_later = kept["time"] + pd.DateOffset(months=1)
    due = kept["time"].where(kept["own"], month_later.where(~(contact < month_later), contact))
    late = kept.loc[~in_force(notices, kept.assign(time=due)), ["person"]]
    severity = late["person"].isin(shown["person"]).map({True: "red", False: "amber"})
    return late.assign(severity=severity)


@line(
    "EL-07",
    "Right data, wrong place",
    claim="I said that there, to them, for that. Not here.",
    sources=[
        "Nissenbaum, Privacy as Contextual Integrity (2004), and Privacy in Context (2010): "
        "sender, recipient, subject, kind of information, principle of transmission",
        "AoIR, Internet Research: Ethical Guidelines 3.0 (6 October 2019)",
    ],
    jurisdiction="ethics",
    severity="amber",
    law="none",
    remedy="show that people in that setting endorse the new flow, or stop it",
    against="Norms of yesterday would have forbidden much that people now are glad of; and whose "
    "norms are in the table?",
    readings={
        "contextual integrity": "This is the lens itself: one of the five has changed, mostly the "
        "recipient or the purpose, and no norm of the old setting covers the new flow.",
        "harm to groups": "Whoever has most to hide from a new audience loses most: an illness "
        "told to friends is one thing, and another in the file of an insurer.",
        "reasonable inference": "Signs mean what they mean where they were made. A like among "
        "friends may be a joke, and poor evidence anywhere else.",
    },
)
def right_data_wrong_place(traces, uses, decisions, norms):
    """A record, or a use of one, that no norm of its setting covers.

    Of the theory's five the subject is no column: it is the person of the record. What a use looks
    at is all that its holder had of the person by then; a choice by list or by pixel looks at what
    came in that way.
    """
    own = traces["from_person"] == traces["person"]
    flow = ["person", "holder", "source", "kind", "purpose", "own"]
    flows = traces.assign(own=own).groupby(flow, sort=False, observed=True)["time"].min()
    flows = flows.reset_index()
    flows["sender"] = flows.pop("own").map({True: "person", False: "other"})
    collected = flows.loc[_strays(flows, norms), ["person"]]
    made = decisions[~decisions["via"].isin(UNAIMED)]
    made = made.merge(uses[["use", "holder", "purpose"]].drop_duplicates())
    made = made.groupby(["person", "holder", "purpose", "via"], sort=False)["time"].max()
    flows = flows.drop(columns="purpose").rename(columns={"time": "since"})
    used = made.reset_index().merge(flows, on=["person", "holder"])
    for via, sources in _LOOKS_AT.items():
        used = used[(used["via"] != via) | used["source"].isin(sources)]
    used = used[used["since"] < used["time"]]
    return concat([collected, used.loc[_strays(used, norms), ["person"]]], "wronged")[["person"]]


@line(
    "EL-10",
    "The opt-out switch did nothing",
    claim="I switched tracking off, and it came in by another pipe.",
    sources=[
        "Apple, App Tracking Transparency (enforced from iOS 14.5, 26 April 2021): a refusal "
        "blanks the advertising identifier, and forbids using a hashed e-mail instead",
        "CNIL, SAN-2022-026 Voodoo (29 December 2022): a firm that reads another identifier for "
        "adverts after that refusal takes away what the choice was for (France; read in summaries)",
        "California Code of Regulations, title 11, s. 7025 (revised 2023): a browser's signal is a "
        "request to opt out of sale and sharing, also for the person where known",
        "Global Privacy Control (specification of 22 March 2024); in the EU and the UK arguably an "
        "objection under Art. 21",
        "IAB Europe TCF v2.2 (May 2023): profiles for adverts, purposes 3 and 4, by consent only",
    ],
    jurisdiction="US-CA, EU, UK, platform rule",
    severity="red",
    remedy="cut the second pipe as well: a no to tracking is a no to the list and the server too",
    against="A switch on one phone is no letter to every firm: what a shop collected at its own "
    "till is outside Apple's rules, and whoever gave it an address can ask the shop.",
    readings={
        "contextual integrity": "The switch is a rule of transmission that the person set. The "
        "same facts by another cable break the same rule.",
        "harm to groups": "The second pipe runs on addresses and customer lists, so it finds best "
        "those who buy on account and cannot change their name.",
        "reasonable inference": "Somebody who has just said no has told the firm what they think "
        "reasonable; a better match does not make it so.",
    },
)
def opt_out_did_nothing(traces, decisions, uses, consents):
    """After a switch against tracking: a record from another firm, or an advert chosen by one.

    A switch is the phone's prompt, the browser's signal, the setting for adverts (and a yes that
    was taken back), or a no on a banner. A box left empty on joining is none. Breach or not hangs
    on the switch: to switch adverts off is to object; to refuse a prompt is not to consent, and
    what is read from a device without consent is EL-03's.
    """
    signals = consents[consents["purpose"] == "tracking"]
    same = {"withdrawn": "ad setting", "dark pattern": "banner"}
    signals = signals.assign(how=signals["how"].replace(same))
    signals = signals[signals["granted"].astype(bool) | signals["how"].isin(_OPT_OUTS["how"])]
    no = signals.loc[~signals["granted"].astype(bool), ["person", "holder", "how"]]
    shown = decisions["shown"].astype(bool) & decisions["via"].isin(_CHOSEN_BETWEEN_FIRMS)
    shown = decisions[shown & decisions["person"].isin(no["person"])]
    shown = shown.merge(uses[["use", "holder"]].drop_duplicates())
    recorded = traces[traces["source"].isin(_BETWEEN_FIRMS)]
    recorded = recorded[recorded["person"].isin(no["person"])]
    linked = concat([t[["person", "holder", "time"]] for t in (shown, recorded)], "traces")
    linked = linked.assign(purpose="tracking")
    linked = linked.loc[refused(signals, linked), ["person", "holder"]].drop_duplicates()
    return linked.merge(no.drop_duplicates()).merge(_OPT_OUTS)


@line(
    "EL-18",
    "Too much, too long",
    claim="They keep things about me that help nobody, and things that should be gone.",
    sources=[
        "GDPR and UK GDPR Art. 5(1)(c) and (e)",
        "CJEU C-446/21 Schrems v Meta (4 October 2024): not without limit in time or type for "
        "adverts; EU law, persuasive in the UK",
    ],
    severity="amber",
    remedy="delete what is too old, and what changes nothing when it is left out",
    against="What is useless today may be the evidence that clears somebody tomorrow.",
    readings={
        "contextual integrity": "Forgetting is part of most settings. A remark kept for ten years "
        "reaches an audience that was not in the room.",
        "harm to groups": "Old records weigh most on those who have changed: who left a faith, "
        "recovered, paid the debt.",
        "reasonable inference": "If leaving a source out costs no accuracy, no guess needs it; "
        "and what somebody liked long ago is evidence about who they were.",
    },
)
def too_much_too_long(traces, declarations, asof, necessity=None):
    """A record older than was declared, for adverts without a limit, or of a source not needed.

    Where several limits were declared the longest counts; of a source that was not declared at all
    nobody knows what it is for. A source is not needed whose measured gain may be nought for every
    trait: it is the holder who has to show the need. It is asked of sources and not of records: of
    a thousand likes no single one is needed, and all of them may be.
    """
    source = ["holder", "source"]
    kept = traces.groupby(["person", *source], sort=False, observed=True)["time"].min()
    kept = kept.reset_index()
    limit = declarations.assign(adverts=declarations["purpose"].isin(_ADVERTS))
    limit = limit.groupby(source, as_index=False)[["retention", "adverts"]].max()
    limit["gone"] = asof - pd.to_timedelta(limit["retention"], unit="D")
    aged = kept.merge(limit, how="left")
    # a source of which nothing was declared has no limit either, and may serve adverts
    endless = aged["retention"].isna() & aged["adverts"].ne(False)
    found = [
        aged.loc[aged["time"] < aged["gone"], ["person"]].assign(law="breach"),
        aged.loc[endless, ["person"]].assign(law="arguable"),
    ]
    if necessity is not None:
        gain = necessity.groupby(source, as_index=False)["low"].max()
        idle = kept.merge(gain[gain["low"] <= 0])
        found.append(idle[["person"]].assign(law="arguable"))
    return concat(found, "wronged")[["person", "law"]]


@line(
    "EL-20",
    "Could be a real person",
    claim="Your invented person has my number, and your data set has my messages.",
    sources=[
        "GDPR and UK GDPR Recital 26, Art. 4(1), Art. 89",
        "AoIR, Internet Research: Ethical Guidelines 3.0 (6 October 2019)",
        "Menlo Report (2012): respect for persons, also for those whom the data only mention",
        "ACM Code of Ethics (2018) 1.6; from memory",
    ],
    jurisdiction="research ethics",
    severity="red",
    law="arguable",
    remedy="invent from the reserved ranges only; work on a copy of an export, with everybody's "
    "consent and an approval, and never publish it",
    against="Nobody is found by a made-up number; and old exports are how such archives are "
    "understood at all.",
    readings={
        "contextual integrity": "An archive was downloaded to look at oneself. In a data set it "
        "reaches strangers, with the friends who wrote to its owner.",
        "harm to groups": "Someone with a rare name, a small village or a known handle is found "
        "first: the fewer there are like you, the less an invention hides you.",
        "reasonable inference": "What holds of an invented town holds of no real person; pinned "
        "to a real number it becomes a claim about somebody.",
    },
)
def could_be_real(identifiers, traces=None, consents=None, safeguards=None, asof=None):
    """An identifier that may be somebody's, or a real export that nobody agreed to and approved.

    The hash of an address counts as one: nobody can see whose it is. No handle is reserved, so
    handles are not judged; and how near an invention comes to somebody real is not measured, since
    nobody real is here to measure from. Asked are all whom an export names, its owner and those who
    wrote to them; what counts is their last word by the moment of the audit, if a yes was free
    (`uses.freely_given`). An approval is looked for where safeguards are known.
    """
    outside = identifiers.loc[~_reserved(identifiers), ["person"]]
    if traces is None:
        return outside
    exports = traces.loc[traces["source"] == "export", ["person", "from_person", "holder"]]
    if exports.empty:
        return outside
    if consents is None:
        raise NotTested("traces holds a real export, and needs consents to say who agreed to it")
    named = [exports.assign(person=exports[who]) for who in ("person", "from_person")]
    named = pd.concat(named).drop_duplicates(["person", "holder"])
    moment = consents["time"].max() if asof is None else asof
    agreed = in_force(freely_given(consents), named.assign(purpose="research", time=moment))
    if safeguards is not None:
        days = safeguards.loc[safeguards["safeguard"] == "ethics_approval", "time"]
        agreed &= len(days) > 0 if asof is None else (days <= asof).any()
    return concat([outside, named.loc[~agreed, ["person"]]], "wronged")[["person"]]


def _next(contacts: pd.DataFrame, kept: pd.DataFrame) -> pd.Series:
    """When each person is next contacted, from the moment of a record on; NaT if never."""
    contacts = contacts.astype({"person": kept["person"].dtype, "time": kept["time"].dtype})
    contacts = contacts.assign(contact=contacts["time"]).sort_values("time")
    found = pd.merge_asof(kept, contacts, on="time", by="person", direction="forward")
    return found["contact"]


def _strays(flows: pd.DataFrame, norms: pd.DataFrame) -> pd.Series:
    """Which flows no norm covers, row by row."""
    names = {"source": "context", "kind": "type", "holder": "recipient", "purpose": "principle"}
    flows = flows.rename(columns=names)[list(COLUMNS["norms"])]
    norms = norms[list(COLUMNS["norms"])].drop_duplicates()
    kinds = flows.drop_duplicates()
    ways = [kinds, kinds.assign(recipient="*")]
    known = [way.merge(norms, how="left", indicator=True)["_merge"] == "both" for way in ways]
    kinds = kinds.assign(stray=~(known[0] | known[1]).to_numpy())
    return flows.merge(kinds, how="left")["stray"].set_axis(flows.index)


def _reserved(identifiers: pd.DataFrame) -> pd.Series:
    """Which identifiers lie in a range that is nobody's, row by row."""
    held = pd.Series(True, identifiers.index)
    for kind, pattern in _NOBODYS.items():
        mine = identifiers["kind"] == kind
        held[mine] = identifiers.loc[mine, "value"].str.fullmatch(pattern).to_numpy()
    return held
