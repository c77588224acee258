"""Erasures: what brings a belief back after everything about a person was erased.

Erasing is complete, and the belief returns all the same: from friends, whose data they are too;
from address books uploaded afterwards; from new traces, which a model reads by what it learnt
from others.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ethics_lib.beliefs import as_beliefs, infer, judges, likes_matrix
from ethics_lib.guards import check_reasons
from ethics_lib.propagation import propagate
from ethics_lib.rights import erase
from ethics_lib.shadows import shadow_profiles
from ethics_lib.tables import (
    TableError,
    check_table,
    check_time,
    concat,
    empty_table,
    is_numeric,
)

__all__ = ["trace_erasure"]


def trace_erasure(
    traces: pd.DataFrame,
    known: pd.DataFrame,
    *,
    person: int,
    holder: str,
    time: np.datetime64 | str,
    ties: pd.DataFrame,
    joined: pd.Series,
    person_rows: bool = False,
    basis: str | None = None,
) -> pd.DataFrame:
    """Follow a belief about somebody who has everything erased, and say what brings it back.

    Parameters
    ----------
    traces : DataFrame
        Of everybody, before the erasure and after it. Who left the platform with it leaves no
        likes there any more; trackers elsewhere and address books go on.
    known : DataFrame[person, trait, value]
        What people said. What the person said is erased too.
    person : int
    holder : str
        Who erases, and goes on.
    time : time
        When.
    ties : DataFrame[a, b, context]
        Friendships that the holder knows. They stay with the friends.
    joined : Series of times, index ``person``
        As for `shadow_profiles`; the person counts as never having joined.
    person_rows, basis
        For a protected trait of real people; see `guards.may_name_persons`.

    Returns
    -------
    DataFrame[step, trait, value, p, sd, origin, method, came_from]
        The likeliest value at each step; empty where nothing is believed. *The belief is erased*
        is undone by guessing again. Once the traces are gone too there is nothing to guess from,
        and then it comes back: from friends; from address books, if members upload them
        afterwards; from traces left afterwards, judged by the model that learnt while the old ones
        were in, or by a new one, trained without them.

    Raises
    ------
    TableError
        When the holder had no trace of the person by then; when a table or the time is none.

    Notes
    -----
    That a model keeps what it learnt from data erased later is a known gap between the right and
    the technique (Grasshoff, Hansen, Jensen & Ramezanian 2026, arXiv 2606.05946: many of the
    requirements cannot be met yet; abstract read). Here the gap can be closed, by training anew
    on what is left. Compare the last two steps: what tells on one person is what others said.
    """
    guard = {"person_rows": person_rows, "basis": basis}
    for trait in check_table(known, "known")["trait"].unique():
        check_reasons(trait, **guard)
    check_table(ties, "ties", empty=True)
    if not isinstance(joined, pd.Series):
        raise TableError(
            f"joined: got {type(joined).__name__} where a Series of times by person is needed, "
            'such as world.people["joined"].'
        )
    held = check_table(traces, "traces")[traces["holder"] == holder]
    request = {"person": person, "holder": holder, "time": check_time(time, "time")}
    rows = [
        _likeliest(found, person, step) | {"trait": trait, "came_from": source}
        for trait, said in known.groupby("trait", sort=False)
        for step, found, source in _steps(held, said, ties, joined, request=request, guard=guard)
    ]
    columns = "step trait value p sd origin method came_from".split()
    return pd.DataFrame(rows)[columns].astype({"p": float, "sd": float})


def _steps(
    traces: pd.DataFrame,
    known: pd.DataFrame,
    ties: pd.DataFrame,
    joined: pd.Series,
    *,
    request: dict[str, object],
    guard: dict[str, object],
) -> Iterator[tuple[str, pd.DataFrame, str]]:
    """Each step of the story of one trait: its name, the beliefs then, where they come from."""
    person, holder, time = request.values()
    old, later = traces[traces["time"] <= time], traces[traces["time"] > time]
    theirs = later[(later["person"] == person) & later["item"].notna()]
    ask = {"holder": holder, **guard}

    believed = infer(old, known, **ask)
    own = (old["person"] == person).sum()
    source = f"{own} traces of their own, read with the answers of {len(known):,}"
    yield "before", believed, source
    rest, ledger = erase(believed, empty_table("consents"), **request)
    yield "the belief is erased", rest, ""
    yield "guessed again", believed, source + ", as before"  # from the same tables, the same

    rest, ledger = erase(old, ledger, **request)
    said, ledger = erase(known, ledger, **request)
    yield "the traces are erased too", infer(rest, said, **ask), ""

    friends = np.setdiff1d(ties[(ties["a"] == person) | (ties["b"] == person)][["a", "b"]], person)
    telling = said["person"].isin(friends).sum()
    source = f"{telling} of {len(friends)} friends, who said it of themselves"
    yield "from friends", propagate(said, ties, **ask), source

    outside = joined.mask(joined.index == person)
    found = shadow_profiles(later, said, joined=outside, asof=traces["time"].max(), **ask)
    books = later[(later["person"] == person) & (later["kind"] == "contact")]
    source = f"{books['from_person'].nunique()} address books uploaded since"
    yield "from address books", found, source

    new = f"{len(theirs)} new traces"
    found = _judge_anew(old, known, theirs, believed, person=person, holder=holder)
    yield "by the old model", found, f"{new}, and what it learnt while the old ones were in"
    found = infer(concat([rest, theirs], "traces"), said, **ask)
    yield "by a new model", found, f"{new}, and what the others left and said"


def _likeliest(beliefs: pd.DataFrame, person: int, step: str) -> dict[str, object]:
    """The likeliest value of the one trait that these beliefs are about, as a row."""
    mine = beliefs[beliefs["person"] == person].sort_values("p", ascending=False, kind="stable")
    row = {"step": step, "value": None, "p": np.nan, "sd": np.nan, "origin": "", "method": ""}
    if mine.empty:
        return row
    return row | mine.iloc[0][["value", "p", "sd", "origin", "method"]].to_dict()


def _judge_anew(
    old: pd.DataFrame,
    known: pd.DataFrame,
    theirs: pd.DataFrame,
    believed: pd.DataFrame,
    *,
    person: int,
    holder: str,
) -> pd.DataFrame:
    """What the model behind ``believed``, kept as it was, says of somebody's new traces."""
    likes = likes_matrix(old)
    columns = likes.items.get_indexer(theirs["item"].astype("int64"))
    columns = columns[columns >= 0]  # what nobody did before, it has never heard of
    if not len(columns):
        return empty_table("beliefs")
    row = np.zeros((1, len(likes.items)), dtype=np.float32)
    row[0, columns] = 1
    model = next(model for _, people, model in judges(old, known) if person in people)
    if is_numeric(known["value"]):
        sd = believed["sd"].iloc[0]  # it errs as it did
        rows = pd.DataFrame({"person": person, "value": model.predict(row), "sd": sd})
    else:
        p = model.predict_proba(row)[0]
        rows = pd.DataFrame({"person": person, "value": model.classes_.astype(object), "p": p})
    said = {"trait": known["trait"].iloc[0], "origin": "inferred", "method": "svd"}
    return as_beliefs(rows, **said, holder=holder, intent="deliberate")
