"""Lines about what is concluded: of what, from whom, and how surely."""

from __future__ import annotations

import pandas as pd

from ethics_lib.lines import line
from ethics_lib.tables import SENSITIVE
from ethics_lib.uses import has_condition

__all__ = ["friends_gave_you_away", "sensitive_by_inference"]

_FROM_OTHERS = ("propagated", "told")


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
    cleared = used[has_condition(used, consents)]
    idle = guessed.merge(uses[["holder", "trait"]].drop_duplicates(), how="left", indicator=True)
    idle = idle[(idle["_merge"] == "left_only") & (idle["intent"] == "deliberate")]
    wronged = used.drop(cleared.index)
    return pd.concat([wronged[["person", "trait"]], idle[["person", "trait"]]])


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
    guessed = beliefs[beliefs["origin"].isin(_FROM_OTHERS)]
    guessed = guessed[["person", "trait"]].drop_duplicates().assign(severity="amber")
    listed = traces[(traces["kind"] == "contact") & (traces["from_person"] != traces["person"])]
    listed = listed[["person"]].drop_duplicates().assign(severity="red", trait=None)
    return pd.concat([table for table in (guessed, listed) if len(table)] or [guessed])
