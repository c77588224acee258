"""Decisions: what is done to people because of what is believed of them.

A use says what a holder does with a belief, and on what ground. A decision is one person on whom
it was done.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ethics_lib.tables import COLUMNS, TableError, check_name, check_share, check_table

__all__ = ["BASES", "CONDITIONS", "Ad", "declare_use", "target"]

BASES = {
    "consent": "Art. 6(1)(a)",
    "contract": "Art. 6(1)(b)",
    "legal_obligation": "Art. 6(1)(c)",
    "vital_interests": "Art. 6(1)(d)",
    "public_task": "Art. 6(1)(e)",
    "legitimate_interest": "Art. 6(1)(f)",
    "recognised_interest": "Art. 6(1)(ea), UK only, five purposes, marketing none of them",
}
"""The lawful bases that a use may name (UK GDPR; without the last one, GDPR)."""

CONDITIONS = {
    "explicit_consent": "Art. 9(2)(a)",
    "employment_law": "Art. 9(2)(b)",
    "vital_interests": "Art. 9(2)(c)",
    "not_for_profit_body": "Art. 9(2)(d)",
    "made_public": "Art. 9(2)(e)",
    "legal_claims": "Art. 9(2)(f)",
    "substantial_public_interest": "Art. 9(2)(g)",
    "health_care": "Art. 9(2)(h)",
    "public_health": "Art. 9(2)(i)",
    "research": "Art. 9(2)(j)",
}
"""The conditions under which special category data may be used at all (GDPR and UK GDPR)."""


@dataclass(frozen=True)
class Ad:
    """An advert, and whom it looks for: people believed to have one value of one trait."""

    name: str
    topic: str
    trait: str
    value: object


def declare_use(
    use: str,
    *,
    holder: str,
    traits: Iterable[str],
    purpose: str,
    basis: str | None,
    topic: str,
    time: np.datetime64 | str,
    kind: str = "personalised_ad",
    lia: np.datetime64 | str | None = None,
    art9_condition: str | None = None,
) -> pd.DataFrame:
    """Write down one use of beliefs, and on what ground it is made.

    Parameters
    ----------
    use : str
        A name for it; decisions refer to it.
    holder : str
    traits : list of str
        The beliefs that it looks at, one row each.
    purpose : str
        Such as ``direct_marketing``.
    basis : str or None
        One of `BASES`, or None where the holder names none.
    topic : str
        What it is about, such as ``alcohol``.
    time : time
        When it starts.
    kind : str
        Such as ``personalised_ad``.
    lia : time, optional
        When a legitimate-interest assessment was passed, all three parts of it.
    art9_condition : str, optional
        The condition of Article 9(2) relied on: one of `CONDITIONS`.

    Returns
    -------
    DataFrame of uses
    """
    if basis is not None:
        check_name(basis, BASES, what="lawful basis")
    if art9_condition is not None:
        check_name(art9_condition, CONDITIONS, what="condition of Article 9(2)")
    traits = [traits] if isinstance(traits, str) else list(traits)
    if not traits:
        raise TableError(f"use {use!r} looks at no trait. Name at least one, traits=['party'].")
    row = {
        "use": use,
        "holder": holder,
        "trait": traits,
        "purpose": purpose,
        "basis": basis,
        "lia": pd.Timestamp(lia) if lia is not None else pd.NaT,
        "art9_condition": art9_condition,
        "topic": topic,
        "kind": kind,
        "time": pd.Timestamp(time),
    }
    uses = pd.DataFrame(row)[list(COLUMNS["uses"])]
    times = {"lia": "datetime64[s]", "time": "datetime64[s]"}
    return uses.astype({"basis": object, "art9_condition": object, **times})


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
            "time": np.datetime64(pd.Timestamp(time), "s"),
        }
    )
