"""Consents: who agreed to what, asked how, and since when.

The ledger is the only witness: for one person, one holder and one purpose the latest row before a
moment wins. Withdrawing and objecting are rows too; nothing is ever deleted from it.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ethics_lib.tables import (
    RangeError,
    as_rng,
    check_name,
    check_share,
    check_table,
    check_time,
    concat,
)

__all__ = [
    "PROCESSING",
    "WAYS",
    "ask_consent",
    "give_notice",
    "in_force",
    "leave_out",
    "leave_rectified",
    "refused",
    "withdraw",
]

PROCESSING = "processing"
"""The purpose in the ledger that stands for all of them: a no to it restricts, Art. 18."""

WAYS: dict[str, tuple[float | None, str]] = {
    "terms": (1.0, "a condition of joining, so nobody who joined said no"),
    "opt-in": (0.001, "Utz et al. 2019, unnudged, all purposes; from memory"),
    "opt-out": (0.9977, "Johnson, Shriver & Du 2020, AdChoices; primary"),
    "device prompt": (0.46, "AppsFlyer, March 2022, of prompts shown; secondary"),
    "banner": (None, "no published default: say the rate"),
    "dark pattern": (None, "the rate of a fair banner, plus .225; Nouwens et al. 2020, primary"),
    "explicit": (None, "a question of its own about special category data: say the rate"),
}
"""The ways of asking: the share that says yes, and where that share comes from."""

_DARK_PATTERN_GAIN = 0.225


def ask_consent(
    people: pd.DataFrame,
    *,
    holder: str,
    purposes: Iterable[str],
    how: str,
    time: np.datetime64 | pd.Series | str,
    rng: int | np.random.Generator,
    rate: float | None = None,
) -> pd.DataFrame:
    """Ask everybody in the table, and write down each answer.

    Parameters
    ----------
    people : DataFrame, index ``person``
        Those who are asked.
    holder : str
        Who asks.
    purposes : str or list of str
        What for; each purpose is a question of its own.
    how : str
        One of `WAYS`.
    time : time, or Series of times by person
        When they are asked.
    rng : int or Generator
    rate : float, 0-1, optional
        Share that says yes. Needed where `WAYS` has no published one. A higher rate adds people
        and removes none.

    Returns
    -------
    DataFrame[person, holder, purpose, granted, how, time]

    Raises
    ------
    RangeError
        When no rate is published for this way of asking and none is given.
    """
    check_name(how, WAYS, what="way of asking")
    share = WAYS[how][0] if rate is None else check_share(rate, "rate")
    if share is None:
        raise RangeError(f"how={how!r} has no published rate ({WAYS[how][1]}). Pass rate=, 0 to 1.")
    if how == "dark pattern":
        share = min(1.0, share + _DARK_PATTERN_GAIN)
    rng = as_rng(rng)
    purposes = [purposes] if isinstance(purposes, str) else list(purposes)
    when = time.reindex(people.index) if isinstance(time, pd.Series) else check_time(time, "time")
    rows = [
        pd.DataFrame(
            {
                "person": people.index.astype("int32"),
                "holder": holder,
                "purpose": purpose,
                "granted": rng.random(len(people)) < share,
                "how": how,
                "time": pd.Series(when, index=people.index).to_numpy("datetime64[s]"),
            }
        )
        for purpose in purposes
    ]
    return check_table(concat(rows, "consents"), "consents", empty=True)


def withdraw(
    consents: pd.DataFrame,
    person: int,
    *,
    holder: str,
    purpose: str,
    time: np.datetime64 | str,
) -> pd.DataFrame:
    """Take one consent back from a moment on; the ledger keeps that it was once given."""
    check_table(consents, "consents")
    row = consents.iloc[[0]].assign(
        person=np.int32(person),
        holder=holder,
        purpose=purpose,
        granted=False,
        how="withdrawn",
        time=check_time(time, "time"),
    )
    return concat([consents, row], "consents")


def give_notice(
    people: pd.DataFrame,
    *,
    holder: str,
    purposes: Iterable[str],
    time: np.datetime64 | pd.Series | str,
) -> pd.DataFrame:
    """Tell everybody in the table what is done with their data, before or after it is done.

    Returns
    -------
    DataFrame[holder, person, purpose, time]
    """
    told = ask_consent(
        people, holder=holder, purposes=purposes, how="terms", time=time, rng=0, rate=1.0
    )
    return told[["holder", "person", "purpose", "time"]]


def in_force(ledger: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """Say for each row (person, holder, purpose, time) whether the ledger covered it by then.

    A ledger of consents covers a row when its latest entry before that moment was a yes; a
    ledger of notices, when there was one.

    Returns
    -------
    array of bool, one a row
    """
    known, yes = _latest(ledger, rows)
    return known & yes


def refused(ledger: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """Say for each row (person, holder, purpose, time) whether the last word by then was a no.

    Who was never asked has not refused.

    Returns
    -------
    array of bool, one a row
    """
    known, yes = _latest(ledger, rows)
    return known & ~yes


def leave_out(
    table: pd.DataFrame, ledger: pd.DataFrame | None, *, holder: str, purpose: str
) -> pd.DataFrame:
    """Leave out of a table everybody whose last word to this holder was a no.

    What counts is a no to the purpose, and one to `PROCESSING` of any kind (a restriction).

    Parameters
    ----------
    table : DataFrame with a column ``person``
    ledger : DataFrame of consents, or None
        The latest row wins; for an earlier moment, cut it there. None leaves nobody out.
    holder : str
    purpose : str
        Such as ``profiling`` or ``direct_marketing``.
    """
    if ledger is None:
        return table
    check_table(ledger, "consents", empty=True)
    said = ledger[(ledger["holder"] == holder) & ledger["purpose"].isin([purpose, PROCESSING])]
    last = said.sort_values("time", kind="stable")
    last = last.drop_duplicates(["person", "purpose"], keep="last")
    return table[~table["person"].isin(last.loc[~last["granted"].astype(bool), "person"])]


def leave_rectified(
    beliefs: pd.DataFrame, ledger: pd.DataFrame | None, *, holder: str
) -> pd.DataFrame:
    """Leave out guesses about what a person has put right: there, their own word stands."""
    if ledger is None:
        return beliefs
    said = ledger[(ledger["holder"] == holder) & (ledger["how"] == "rectified")]
    trait = said["purpose"].str.removeprefix("accuracy:")
    right = pd.MultiIndex.from_arrays([said["person"], trait])
    guessed = pd.MultiIndex.from_frame(beliefs[["person", "trait"]])
    return beliefs[~guessed.isin(right)].reset_index(drop=True)


def _latest(ledger: pd.DataFrame, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """For each row: whether its person, holder and purpose had an entry by then, and a yes last."""
    names = {c: pd.Index(ledger[c].unique()) for c in ("holder", "purpose")}

    def keys(table: pd.DataFrame) -> np.ndarray:
        key = table["person"].to_numpy(np.int64)
        for column, known in names.items():  # -1, and so no entry, where nobody named it
            word, words = pd.factorize(table[column])
            code = np.append(known.get_indexer(words), -1)[word]
            key = np.where((key < 0) | (code < 0), -1, key * len(known) + code)
        return key

    def seconds(table: pd.DataFrame) -> np.ndarray:
        return table["time"].to_numpy("datetime64[s]").astype(np.int64)

    if ledger.empty or rows.empty:
        return np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
    key, asked = keys(ledger), keys(rows)
    moment, when = seconds(ledger), seconds(rows)
    first = min(moment.min(), when.min())
    span = max(moment.max(), when.max()) - first + 1
    distinct = np.unique(key)
    place = np.searchsorted(distinct, asked).clip(max=len(distinct) - 1)
    entry = np.searchsorted(distinct, key) * span + moment - first
    order = entry.argsort(kind="stable")  # of two entries in one moment the lower row wins
    at = np.searchsorted(entry[order], place * span + when - first, side="right") - 1
    latest = order[at.clip(min=0)]
    yes = np.ones(len(ledger), dtype=bool)
    if "granted" in ledger:
        yes = ledger["granted"].to_numpy(bool)
    return (at >= 0) & (key[latest] == asked), yes[latest]
