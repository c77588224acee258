"""Lines about how data come in: who was asked, who was told, and what is kept."""

from __future__ import annotations

import pandas as pd

from ethics_lib.consents import in_force
from ethics_lib.lines import line

__all__ = ["nobody_told_you", "tracked_before_asked"]

_TRACKERS = ("pixel", "sdk")
_MONTH = pd.Timedelta(days=30)


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
