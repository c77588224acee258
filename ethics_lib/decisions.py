"""Decisions: what is done to people because of what is believed of them.

A decision is one person on whom a use (`ethics_lib.uses`) was made: shown something, or left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ethics_lib.tables import TableError, check_name, check_share, check_table

__all__ = ["Ad", "target"]


@dataclass(frozen=True)
class Ad:
    """An advert, and whom it looks for: people believed to have one value of one trait."""

    name: str
    topic: str
    trait: str
    value: object


def target(
    beliefs: pd.DataFrame,
    ad: Ad,
    *,
    use: str,
    threshold: float,
    time: np.datetime64 | str,
) -> pd.DataFrame:
    """Show an advert to everybody who is believed to be what it looks for.

    Parameters
    ----------
    beliefs : DataFrame
    ad : Ad
    use : str
        The declared use under which it is shown.
    threshold : float, 0-1
        How sure the belief must be.
    time : time

    Returns
    -------
    DataFrame of decisions
        Everybody of whom the trait is believed at all, those shown and those left out.
        ``category`` is the value that the advert looked for; ``acted`` is not known yet.
    """
    check_table(beliefs, "beliefs")
    check_share(threshold, "threshold")
    check_name(ad.trait, beliefs["trait"].unique(), what="trait")
    about = beliefs[beliefs["trait"] == ad.trait]
    if about["p"].isna().all():
        raise TableError(
            f"target: {ad.trait!r} is believed as a number, which no value equals. "
            "Choose a trait with values, such as 'party'."
        )
    check_name(ad.value, sorted(about["value"].unique(), key=str), what=f"value of {ad.trait}")
    surest = about[about["value"] == ad.value].groupby("person")["p"].max()
    return pd.DataFrame(
        {
            "person": surest.index.astype("int32"),
            "use": use,
            "ad": ad.name,
            "category": str(ad.value),
            "score": surest.to_numpy(),
            "shown": (surest >= threshold).to_numpy(),
            "acted": pd.array([pd.NA] * len(surest), dtype="boolean"),
            "via": "belief",
            "time": np.datetime64(pd.Timestamp(time), "s"),
        }
    )
