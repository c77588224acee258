"""Charter: the lines themselves.

Each holds a claim, its sources with their dates, and a check. They are teaching material to be
argued with, not legal advice; the law is that of the United Kingdom and the European Union as it
stood in November 2026.
"""

from __future__ import annotations

import pandas as pd

from ethics_lib.consents import in_force
from ethics_lib.decisions import CONDITIONS
from ethics_lib.lines import Line, line
from ethics_lib.tables import SENSITIVE

__all__ = ["CHARTER"]

_TRACKERS = ("pixel", "sdk")
_SPONSORED_BY_FRIENDS = ("propagated", "told")
_MONTH = pd.Timedelta(days=30)


@line(
    "EL-01",
    "Sensitive by inference",
    claim="I never told them. They worked it out.",
    sources=[
        "GDPR and UK GDPR Art. 9(1)",
        "CJEU C-184/20 (1 August 2022); EU law, persuasive in the UK",
        "CJEU C-252/21 (4 July 2023); EU law, persuasive in the UK",
        "EDPB Guidelines 8/2020, section 8.1.2",
        "ICO guidance on special category data (updated 9 April 2024)",
    ],
    severity="red",
    remedy="ask for explicit consent before, or do not work it out; being wrong is no excuse",
    against="Guessing is not knowing, and a guess that is never used may harm nobody.",
)
def sensitive_by_inference(beliefs, uses, consents):
    """Special category data, worked out on purpose or used, with nobody's explicit consent."""
    # no test of confidence: a wrong guess about a faith is still about a faith
    guessed = beliefs[beliefs["trait"].isin(SENSITIVE) & (beliefs["origin"] != "declared")]
    guessed = guessed.drop_duplicates(["person", "trait", "holder", "intent"])
    used = guessed.merge(uses[["use", "holder", "trait", "purpose", "art9_condition", "time"]])
    cleared = used[_on_article_9(used, consents)]
    idle = guessed.merge(uses[["holder", "trait"]].drop_duplicates(), how="left", indicator=True)
    idle = idle[(idle["_merge"] == "left_only") & (idle["intent"] == "deliberate")]
    wronged = used.drop(cleared.index)
    return pd.concat([wronged[["person", "trait"]], idle[["person", "trait"]]])


def _on_article_9(used: pd.DataFrame, consents: pd.DataFrame) -> pd.Series:
    """Whether each use stands on a condition of Art. 9(2); consent counts if the ledger has it."""
    explicit = consents[consents["how"].isin(["explicit", "withdrawn"])]
    by_consent = used["art9_condition"] == "explicit_consent"
    other = used["art9_condition"].isin(CONDITIONS) & ~by_consent
    return other | (by_consent & in_force(explicit, used))


@line(
    "EL-03",
    "Tracked before asked",
    claim="The tracker fired before I said yes.",
    sources=[
        "PECR reg. 6 and Sch. A1 (as amended, in force 5 February 2026)",
        "ePrivacy Directive Art. 5(3)",
        "EDPB Guidelines 8/2020, paragraphs 65-68",
    ],
    severity="red",
    remedy="let the tracker wait for a yes; advertising is never exempt",
    against="Adverts pay for the shop's free pages, and a reader can block the tracker.",
)
def tracked_before_asked(traces, consents):
    """A record from a device, with no consent to its purpose in force at that moment."""
    tracked = traces[traces["source"].isin(_TRACKERS)]
    return tracked[~in_force(consents, tracked)][["person"]]


@line(
    "EL-04",
    "No ground, or a legitimate interest that nobody tested",
    claim="They name no reason in law, or say 'legitimate interest' and stop there.",
    sources=[
        "GDPR and UK GDPR Art. 6(1), 5(2); UK Art. 6(1)(ea) and Annex 1 (in force 5 February 2026)",
        "ICO legitimate interests guidance: the three-part test",
        "CJEU C-621/22 KNLTB (4 October 2024); EU law, persuasive in the UK",
    ],
    severity="amber",
    remedy="name a basis; a legitimate interest passes its three-part test before the use starts",
    against="A test on paper changes nothing for the person; what matters is what is done.",
)
def no_ground(uses, decisions):
    """A use without a basis, or with one that cannot carry it, and those on whom it was made."""
    interest = uses["basis"] == "legitimate_interest"
    sensitive = uses["trait"].isin(SENSITIVE)
    untested = interest & ~(uses["lia"] < uses["time"])
    marketing = uses["purpose"] == "direct_marketing"
    red = uses["basis"].isna() | (interest & sensitive)
    red |= (uses["basis"] == "recognised_interest") & marketing
    faulty = uses.assign(severity=red.map({True: "red", False: "amber"}))[red | untested]
    return decisions[["person", "use"]].merge(faulty[["use", "trait", "severity"]])


@line(
    "EL-05",
    "Nobody told you",
    claim="I first heard of it from the advert.",
    sources=[
        "GDPR and UK GDPR Art. 13 (at collection) and Art. 14(3) (within a month, or at first "
        "contact)",
        "EDPB Guidelines 8/2020, paragraph 84",
    ],
    severity="amber",
    remedy="tell people what, why, from whom and for whom, before it is collected",
    against="Nobody reads notices; more of them inform nobody.",
)
def nobody_told_you(traces, notices, decisions):
    """A record without a notice: before it from the person, within a month if from another."""
    shown = decisions[decisions["shown"].astype(bool)]
    first = shown.groupby("person")["time"].min()
    contact = first.reindex(traces["person"]).set_axis(traces.index)
    own = traces["from_person"] == traces["person"]
    month_later = traces["time"] + _MONTH
    due = traces["time"].where(own, month_later.where(~(contact < month_later), contact))
    late = traces[~in_force(notices, traces.assign(time=due))]
    severity = late["person"].isin(shown["person"]).map({True: "red", False: "amber"})
    return late[["person"]].assign(severity=severity)


@line(
    "EL-08",
    "Your friends gave you away",
    claim="They know it from what other people did.",
    sources=[
        "GDPR and UK GDPR Art. 14; Art. 5(1)(a)",
        "Menlo Report: respect for persons",
    ],
    jurisdiction="UK, EU, ethics",
    severity="amber",
    law="arguable",
    remedy="leave what friends said out, or count it for the town only and for no person",
    against="Friends may speak about their own lives, and a life has other people in it.",
)
def friends_gave_you_away(beliefs, traces):
    """A belief that rests on other people, or an address book that names the person."""
    guessed = beliefs[beliefs["origin"].isin(_SPONSORED_BY_FRIENDS)]
    guessed = guessed[["person", "trait"]].drop_duplicates().assign(severity="amber")
    listed = traces[(traces["kind"] == "contact") & (traces["from_person"] != traces["person"])]
    listed = listed[["person"]].drop_duplicates().assign(severity="red", trait=None)
    return pd.concat([table for table in (guessed, listed) if len(table)] or [guessed])


@line(
    "EL-12",
    "The sensitive advert",
    claim="The advert was chosen from a profile that holds my faith, my vote or my health.",
    sources=[
        "Digital Services Act Art. 26(3): on online platforms, even with explicit consent (EU)",
        "GDPR and UK GDPR Art. 9(2)(a)",
    ],
    severity="red",
    remedy="choose the advert without that part of the profile; in the EU no consent clears it",
    against="Somebody who said yes to a pram advert may be glad of it.",
)
def sensitive_advert(uses, decisions, consents):
    """A personalised advert shown on the strength of a sensitive trait."""
    adverts = uses[(uses["kind"] == "personalised_ad") & uses["trait"].isin(SENSITIVE)]
    shown = decisions[decisions["shown"].astype(bool)][["person", "use", "time"]]
    shown = shown.merge(adverts.drop(columns="time"))  # what counts is the consent of that moment
    in_uk = shown[~_on_article_9(shown, consents)].assign(jurisdiction="UK")
    both = [shown.assign(jurisdiction="EU"), in_uk]
    return pd.concat(both)[["person", "trait", "jurisdiction"]]


CHARTER: tuple[Line, ...] = (
    sensitive_by_inference,
    tracked_before_asked,
    no_ground,
    nobody_told_you,
    friends_gave_you_away,
    sensitive_advert,
)
"""The lines of Brightwater, in the order of their numbers."""
