"""Linkage: a table without names, put beside one with names.

Nothing is broken into, and nobody needs skill: two tables have columns in common, and a merge does
the rest. Friends do as well as a birth date. Whoever knows how many friends somebody has, and how
many those have, may find them in a graph that has numbers for names.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ethics_lib.guards import check_rows
from ethics_lib.measures import share_of
from ethics_lib.tables import TableError, check_frame, check_name, check_whole, to_csr

__all__ = ["alone_by_friends", "fingerprints", "link", "match_by_friends", "score_links"]


def link(
    release: pd.DataFrame,
    register: pd.DataFrame,
    *,
    on: Iterable[str],
    person_rows: bool = False,
    basis: str | None = None,
) -> pd.DataFrame:
    """Put names to a table that has none: who in the register fits each row, and is it only one?

    Parameters
    ----------
    release : DataFrame, index ``row``
        Without names, see `releases.generalise`.
    register : DataFrame, index ``person``
        With names, such as a roll of voters; as coarse as the release, see `releases.coarsen`.
    on : list of str
        The columns that both have.
    person_rows, basis
        Where either table has a protected trait of real people, in any column: whoever finds the
        row has the trait. See `guards.may_name_persons`.

    Returns
    -------
    DataFrame[row, alike, candidates, person]
        For each row: how many rows of the release say the same, how many in the register fit, and
        the person where only one does (else empty). The person may be wrong: the one who is meant
        need not be in the register. Of ``alike`` rows that get one name, at most one is right: of
        the names put to a release of `releases.generalise`, no more than one in k.

    Raises
    ------
    TableError, UnknownNameError
        When the tables cannot be put side by side.
    DualUseError
        For a protected trait without a basis.

    References
    ----------
    Sweeney put an insurer's table of state employees' hospital visits, without names, beside a roll
    of voters in this way (secondary). Barth-Jones (2012), SSRN 2076397, disputes that it would have
    worked for somebody who was not in the newspapers. How many are alone: effect S00-G06-unique.

    Examples
    --------
    >>> told = pd.DataFrame({"born": ["1985", "1985", "1990"], "ill": ["no", "yes", "yes"]})
    >>> names = pd.DataFrame({"born": ["1985", "1990", "1985"]}, index=[17, 18, 19])
    >>> link(told, names, on=["born"])
       row  alike  candidates  person
    0    0      2           2    <NA>
    1    1      2           2    <NA>
    2    2      1           1      18
    """
    on = [on] if isinstance(on, str) else on
    on = list(dict.fromkeys(on)) if pd.api.types.is_list_like(on) else []
    _check_columns(release, register, on)
    why = "each link says of which real person a row is"
    check_rows((*release, *register), why=why, person_rows=person_rows, basis=basis)
    both = pd.concat([release[on], register[on]], ignore_index=True)
    look = both.groupby(on, sort=False, observed=True).ngroup().to_numpy()
    row, named = look[: len(release)], look[len(release) :]
    who = np.zeros(len(both), "int64")
    who[named] = register.index
    candidates = np.bincount(named, minlength=len(both))[row]
    person = pd.Series(who[row], dtype="Int64").where(candidates == 1)
    links = {"row": release.index, "alike": np.bincount(row)[row], "candidates": candidates}
    return pd.DataFrame(links | {"person": person})


def score_links(links: pd.DataFrame, key: pd.Series) -> pd.DataFrame:
    """Say how many rows got a name, and how many of the names are right.

    Parameters
    ----------
    links : DataFrame[row, ..., person]
        From `link` or `match_by_friends`.
    key : Series of persons, index ``row``
        The truth, which the one who links does not have: `releases.answer_key`.

    Returns
    -------
    DataFrame[measure, n, estimate, low, high]
        ``named``: the share of all rows that got a name. ``right``: the share of those names that
        are right. ``found``: the share of all rows that got the right name. Wilson's 95 %
        intervals.
    """
    check_frame(links, "links", columns=("row", "person"))
    if not isinstance(key, pd.Series) or not key.index.is_unique:
        raise TableError("key: pass the Series that answer_key gives, each row once.")
    unknown = pd.Index(links["row"]).difference(key.index)
    if len(unknown):
        raise TableError(
            f"score_links: row {unknown[0]} is not in the key. Pass the key of the same release, "
            "such as answer_key(people, rng=7) with its rng."
        )
    named = links["person"].notna()
    right = (links["person"] == key.loc[links["row"]].to_numpy()).fillna(False)
    counts = {
        "named": (named.sum(), len(links)),
        "right": (right.sum(), named.sum()),
        "found": (right.sum(), len(links)),
    }
    rows = [(measure, n, *share_of(part, n)) for measure, (part, n) in counts.items()]
    return pd.DataFrame(rows, columns=["measure", "n", "estimate", "low", "high"])


def fingerprints(ties: pd.DataFrame, people: pd.Index, *, depth: int = 2) -> pd.Series:
    """Say what can be told of each person from the shape of the friendships around them alone.

    Parameters
    ----------
    ties : DataFrame[a, b, context]
    people : Index
        Everyone who gets a fingerprint, friends or none.
    depth : int
        0 says nothing, 1 how many friends somebody has, 2 how many friends each of them has, 3
        that of the friends' friends, and so on.

    Returns
    -------
    Series of uint64, index ``person``
        The same number for the same shape, in any graph and under any numbers.

    Notes
    -----
    Each round, a person's new number is the sum of their friends' scrambled ones, so that order
    plays no part and equal shapes stay equal. Two different shapes share a number with a chance of
    about one in 2**64.

    References
    ----------
    Hay, Miklau, Jensen, Towsley & Weis (2008), "Resisting structural re-identification in
    anonymized social networks", PVLDB 1:102: vertex refinement, from memory; others' programs for
    depths 1 and 2 were read. The scrambling is pandas' `hash_array`.

    Examples
    --------
    >>> path = pd.DataFrame({"a": [1, 2, 3], "b": [2, 3, 4], "context": "work"})
    >>> fingerprints(path, pd.Index([1, 2, 3, 4])).duplicated(keep=False).tolist()
    [True, True, True, True]
    >>> star = pd.DataFrame({"a": [1, 1, 1, 4], "b": [2, 3, 4, 5], "context": "work"})
    >>> fingerprints(star, pd.Index(range(1, 6))).duplicated(keep=False).tolist()
    [False, True, True, False, False]
    """
    check_whole(depth, "depth", low=0, high=10)
    friends = to_csr(ties, people).astype(np.uint64)
    number = np.zeros(len(people), np.uint64)
    for _ in range(depth):
        number = friends @ _scramble(number)
    return pd.Series(number, people, name="fingerprint")


def alone_by_friends(
    ties: pd.DataFrame, people: pd.Index, *, depths: int | Iterable[int] = (1, 2, 3)
) -> pd.DataFrame:
    """Say how many people are the only ones with such friends, the further one looks the more.

    Returns
    -------
    DataFrame[depth, n, estimate, low, high]
        The share of people whose fingerprint nobody else has, with Wilson's 95 % interval.
    """
    rows = []
    for depth in [depths] if np.ndim(depths) == 0 else depths:
        alone = ~fingerprints(ties, people, depth=depth).duplicated(keep=False)
        rows.append((depth, len(people), *share_of(alone.sum(), len(people))))
    return pd.DataFrame(rows, columns=["depth", "n", "estimate", "low", "high"])


def match_by_friends(
    release: pd.DataFrame,
    known: pd.DataFrame,
    *,
    rows: pd.Index,
    people: pd.Index,
    friends: int = 5,
) -> pd.DataFrame:
    """Find people in a graph without names from friendships that one knows only in part.

    Parameters
    ----------
    release : DataFrame[a, b, context]
        Without names, see `releases.renumber_ties`.
    known : DataFrame[a, b, context]
        What somebody knows of the same people by name: some ties may be missing, or wrong.
    rows, people : Index
        Everyone who is in the one and in the other, friends or none.
    friends : int
        How many are compared: the best-connected friends of each, by how many friends they have.

    Returns
    -------
    DataFrame[row, gap, person]
        For each row the person whose friends are most like, right or wrong. ``gap``, 0-1: how far
        off, beside the second most like. Near 0 nobody else comes close; 1 is a toss-up.

    Notes
    -----
    A fingerprint changes when one tie does, and then finds nobody; these numbers change a little.
    Square roots are compared, for what is lost by lot of a count varies as its root. Where not ties
    but people are missing, such as all who never joined, every count is off: next to nobody is
    found, and a small gap means nothing. Whoever used the names found so far to find more would
    find more: Narayanan & Shmatikov (2009) did.

    Examples
    --------
    >>> star = pd.DataFrame({"a": [1, 1, 1, 4], "b": [2, 3, 4, 5], "context": "work"})
    >>> five = pd.Index(range(1, 6))
    >>> match_by_friends(star, star[:3], rows=five, people=five)["person"].tolist()[0]
    1
    """
    from scipy.spatial import KDTree

    check_whole(friends, "friends", high=1000)
    own, theirs = _best_connected(release, rows, friends), _best_connected(known, people, friends)
    far, who = KDTree(theirs * np.sqrt(len(release) / max(len(known), 1))).query(own, k=2)
    gap = np.divide(far[:, 0], far[:, 1], out=np.ones(len(rows)), where=far[:, 1] > 0)
    person = pd.array(pd.Index(people)[who[:, 0]], "Int64")
    return pd.DataFrame({"row": rows, "gap": gap, "person": person})


def _best_connected(ties: pd.DataFrame, people: pd.Index, friends: int) -> np.ndarray:
    """For each person, in roots: their number of friends, and those of the friends with most."""
    graph = to_csr(ties, people)
    number = np.diff(graph.indptr)
    person = np.repeat(np.arange(len(people)), number)
    order = np.lexsort((-number[graph.indices], person))
    place = np.arange(len(order)) - graph.indptr[person]
    table = np.zeros((len(people), friends + 1))
    table[:, 0] = number
    seen = place < friends
    table[person[seen], place[seen] + 1] = number[graph.indices[order]][seen]
    return np.sqrt(table)


def _scramble(number: np.ndarray) -> np.ndarray:
    """Numbers that look drawn by lot, always the same for the same: sums of them rarely agree."""
    return pd.util.hash_array(number + np.uint64(0x9E3779B97F4A7C15))  # or 0 would stay 0


def _check_columns(release: pd.DataFrame, register: pd.DataFrame, on: list[str]) -> None:
    for table, name in ((release, "release"), (register, "register")):
        check_frame(table, name)
    if not on:
        raise TableError("link: on is empty or no list. Name the columns that both tables have.")
    if not pd.api.types.is_integer_dtype(register.index):
        raise TableError(
            f"register: its index is {register.index.dtype}, and people are whole numbers. Set "
            "them with .set_index('person'), or number the rows with .reset_index()."
        )
    if not register.index.is_unique:
        raise TableError("register: somebody is there twice. Keep one row a person.")
    for column in on:
        for table, name in ((release, "release"), (register, "register")):
            check_name(column, table.columns, what=f"column of the {name}")
            if table[column].ndim > 1:
                raise TableError(f"{name}: column {column!r} is there twice. Keep one of them.")
            if table[column].isna().any():
                raise TableError(
                    f"{name}: column {column!r} is empty in row {table[column].isna().idxmax()}. "
                    "Leave such rows out: an empty cell fits nobody."
                )
        types = [release[column].dtype, register[column].dtype]
        zones = [getattr(kind, "tz", None) is None for kind in types]
        kinds = {kind.kind for kind in types}
        if zones[0] != zones[1] or (len(kinds) > 1 and not kinds <= set("iuf")):
            raise TableError(
                f"link: column {column!r} is {types[0]} in the release and "
                f"{types[1]} in the register. Write the register as coarsely as the "
                "release, with coarsen(register, rungs)."
            )
