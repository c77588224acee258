"""Lines about what is done to people: shown, kept out, decided."""

from __future__ import annotations

import pandas as pd

from ethics_lib.lines import line
from ethics_lib.tables import SENSITIVE
from ethics_lib.uses import has_condition

__all__ = ["sensitive_advert"]


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
    in_uk = shown[~has_condition(shown, consents)].assign(jurisdiction="UK")
    both = [shown.assign(jurisdiction="EU"), in_uk]
    return pd.concat(both)[["person", "trait", "jurisdiction"]]
