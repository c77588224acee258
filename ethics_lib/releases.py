"""Releases: a table about people, made coarser until nobody stands alone in it.

Without names is not without people: a birth date, a gender and a postcode are enough to tell most
residents apart. A release says less of everybody, a year for a day, until each row has company.
What it then still says of all of them together, it says of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_list_like

from ethics_lib.anonymity import k_anonymity
from ethics_lib.guards import check_rows
from ethics_lib.tables import (
    TableError,
    as_rng,
    check_frame,
    check_name,
    check_share,
    check_table,
    check_whole,
    several,
)

__all__ = [
    "LADDERS",
    "Ladder",
    "answer_key",
    "cheapest_rungs",
    "coarsen",
    "generalise",
    "renumber_ties",
    "search_lattice",
]

Ladder = dict[str, Callable[[pd.Series], pd.Series]]
"""The rungs of one column, from exact to gone: a name, and what turns its values into text."""

_GONE: Ladder = {"any": lambda values: pd.Series("any", values.index)}

LADDERS: dict[str, Ladder] = {
    "birth_date": {
        "day": lambda born: born.dt.strftime("%Y-%m-%d"),
        "month": lambda born: born.dt.strftime("%Y-%m"),
        "year": lambda born: born.dt.strftime("%Y"),
        "five years": lambda born: _years(born, 5),
        "ten years": lambda born: _years(born, 10),
        **_GONE,
    },
    "gender": {"as is": lambda gender: gender, **_GONE},
    # the town's codes are no map: BW12 need not lie beside BW13, as it would in a real city
    "postcode": {"code": lambda code: code, "tens": lambda code: code.str[:-1] + "*", **_GONE},
}
"""For each column of the town's people that tells them apart, its rungs from exact to gone."""

_MEASURES = ("k", "height", "smallest", "suppressed", "loss")


def generalise(
    people: pd.DataFrame,
    *,
    k: int,
    suppress: float,
    rng: int | np.random.Generator,
    keep: Iterable[str] = (),
    ladders: Mapping[str, Ladder] = LADDERS,
    person_rows: bool = False,
    basis: str | None = None,
) -> pd.DataFrame:
    """Release a table in which everybody has the same birth date, and so on, as k - 1 others.

    Parameters
    ----------
    people : DataFrame, index ``person``
    k : int
        How many rows at least share each combination.
    suppress : float, 0-1
        The share of rows that may be left out, so that a few rare people do not make the table
        coarse for all. Nothing is usual here: 0 keeps everybody, and says less of each.
    rng : int or Generator
        Deals the new numbers. Who has it has `answer_key`, and so everybody: a secret.
    keep : list of str
        Other columns to release as they are, such as ``["illness"]``. What is not on a ladder and
        not kept is left out, the name too.
    ladders : dict
        Which columns are made coarser, and how.
    person_rows, basis
        For a protected trait of real people; see `guards.may_name_persons`.

    Returns
    -------
    DataFrame, index ``row``
        A random number for each row, in random order. Every cell of a column stands on the same
        rung (global recoding), the one that loses least: see `cheapest_rungs`. Nothing else comes
        along: no ``attrs``, and no categories that only people left out had. Its length says how
        many were left out.

    Raises
    ------
    TableError
        When no rungs reach ``k``, with the nearest ones; when a name is to be kept.
    DualUseError
        For a protected trait without a basis.

    Notes
    -----
    Of the people who share a combination, the table still says what they have in common: if all
    have the illness, each has. See `anonymity.l_diversity`. And what is kept may tell them apart.

    Left out are those whom few resemble, and what is then counted from the table does not count
    them. Compare by group who is in the `answer_key` and not in the release.

    References
    ----------
    Samarati (2001), IEEE Transactions on Knowledge and Data Engineering 13:1010: coarser values and
    rows left out, from memory.

    Examples
    --------
    >>> six = pd.DataFrame({
    ...     "birth_date": pd.to_datetime(["1985-10-27", "1985-10-02", "1985-03-01"] * 2),
    ...     "gender": "woman", "postcode": ["BW12", "BW14", "BW12"] * 2}, range(6))
    >>> generalise(six, k=3, suppress=0, rng=7).drop_duplicates().values.tolist()
    [['1985', 'woman', 'BW1*']]
    """
    check_table(people, "people")
    check_whole(k, "k")
    _check_ladders(ladders)
    keep = _check_kept(people, keep, ladders)
    why = "a release has a row for each real person"
    check_rows((*ladders, *keep), why=why, person_rows=person_rows, basis=basis)
    rungs = cheapest_rungs(people, k=k, ladders=ladders, suppress=suppress).iloc[0]
    key = answer_key(people, rng=rng)
    table = coarsen(people[[*ladders, *keep]], rungs, ladders=ladders)
    table = table.loc[key.to_numpy()].set_axis(key.index)
    table = table[k_anonymity(table, columns=list(ladders)) >= k]
    kinds = table.select_dtypes("category")
    table = table.assign(**{c: kinds[c].cat.remove_unused_categories() for c in kinds})
    table.attrs = {}
    return table


def answer_key(people: pd.DataFrame, *, rng: int | np.random.Generator) -> pd.Series:
    """Say which person each row of a release is: what the publisher keeps to itself.

    Parameters
    ----------
    people : DataFrame, index ``person``
    rng : int or Generator
        The same whole number as for the release.

    Returns
    -------
    Series of persons, index ``row``
    """
    if not check_frame(people, "people").index.is_unique:
        raise TableError("people: somebody is there twice. Keep one row a person.")
    persons = as_rng(rng).permutation(people.index.to_numpy(copy=True))
    return pd.Series(persons, pd.RangeIndex(len(people), name="row"), name="person")


def coarsen(
    table: pd.DataFrame,
    rungs: Mapping[str, str] | pd.Series,
    *,
    ladders: Mapping[str, Ladder] = LADDERS,
) -> pd.DataFrame:
    """Write columns as coarsely as a release does, such as those of a register beside it.

    Parameters
    ----------
    table : DataFrame
    rungs : dict or Series
        The rung of each column, such as ``{"birth_date": "year"}`` or a row of `search_lattice`.
        Other columns stay as they are.

    Examples
    --------
    >>> coarsen(pd.DataFrame({"postcode": ["BW12", "BW4"]}), {"postcode": "tens"})
      postcode
    0     BW1*
    1      BW*
    """
    check_frame(table, "table")
    _check_ladders(ladders)
    if not isinstance(rungs, (Mapping, pd.Series)):
        raise TableError(
            f"rungs={rungs!r}. Pass the rung of each column, such as {{'birth_date': 'year'}}, or "
            "a row of cheapest_rungs."
        )
    rungs = {column: rung for column, rung in dict(rungs).items() if column not in _MEASURES}
    coarse = {}
    for column, rung in rungs.items():
        check_name(column, ladders, what="ladder")
        check_name(rung, ladders[column], what=f"rung of {column}")
        values, code = _values(table, column)
        text = _write(values, column, rung, ladders[column])
        coarse[column] = text.astype("str").to_numpy(object)[code]
    return table.assign(**coarse).astype(dict.fromkeys(coarse, "str"))


def search_lattice(
    people: pd.DataFrame,
    *,
    k: int | Iterable[int],
    ladders: Mapping[str, Ladder] = LADDERS,
) -> pd.DataFrame:
    """Try every combination of rungs, and say how many stand alone and how much is lost.

    Parameters
    ----------
    people : DataFrame, index ``person``
    k : int or list of int

    Returns
    -------
    DataFrame[k, (a column for each ladder), height, smallest, suppressed, loss]
        One row for each ``k`` and combination, the least loss first. ``height``: steps up all
        ladders together. ``smallest``: how many share the rarest combination. ``suppressed``: the
        share of people who share theirs with fewer than k - 1 others, and would be left out.
        ``loss``, 0-1: of the values that a cell might have had, the share that it may still stand
        for, 0 for an exact cell and 1 for one that is gone or left out; the mean over all cells.

    Notes
    -----
    Every combination is looked at, so the least loss is the least there is. Three ladders of the
    town make 36; the number grows with the product of their lengths.

    References
    ----------
    The loss is that of Iyengar (2002), "Transforming data to satisfy privacy constraints", doi
    10.1145/775047.775089, as the ARX tool has it (its code was read, the paper was not), with each
    value that occurs as a leaf.

    Examples
    --------
    >>> two = pd.DataFrame({"postcode": ["BW12", "BW14"]})
    >>> search_lattice(two, k=2, ladders={"postcode": LADDERS["postcode"]}).loc[
    ...     :, ["postcode", "smallest", "suppressed", "loss"]]
      postcode  smallest  suppressed  loss
    0     tens         2         0.0   1.0
    1      any         2         0.0   1.0
    2     code         1         1.0   1.0
    """
    ks = [check_whole(one, "k") for one in several(k)]
    check_table(people, "people")
    _check_ladders(ladders)
    climbs = {column: _climb(people, column, ladder) for column, ladder in ladders.items()}
    nodes = []
    for node in product(*ladders.values()):
        rungs = dict(zip(ladders, node, strict=True))
        steps = {column: climbs[column][rung] for column, rung in rungs.items()}
        codes = pd.DataFrame({column: step.code for column, step in steps.items()})
        size = k_anonymity(codes, columns=list(codes)).to_numpy()
        hidden = np.mean([step.hidden for step in steps.values()], axis=0)
        height = sum(step.height for step in steps.values())
        for one in ks:
            alone = size < one
            loss = np.where(alone, 1, hidden).mean()
            nodes.append((one, *node, height, size.min(), alone.mean(), loss))
    nodes = pd.DataFrame(nodes, columns=["k", *ladders, *_MEASURES[1:]])
    order = ["k", "loss", "suppressed", "height"]
    return nodes.sort_values(order, kind="stable", ignore_index=True)


def cheapest_rungs(
    people: pd.DataFrame,
    *,
    k: int | Iterable[int],
    suppress: float,
    ladders: Mapping[str, Ladder] = LADDERS,
) -> pd.DataFrame:
    """Find the rungs that lose least and leave nobody alone: the price of each k.

    Parameters
    ----------
    people : DataFrame, index ``person``
    k : int or list of int
    suppress : float, 0-1
        The share of rows that may be left out.

    Returns
    -------
    DataFrame
        The first row of `search_lattice` for each ``k`` that leaves out no more. A larger ``k``
        never costs less.
    """
    check_share(suppress, "suppress")
    nodes = search_lattice(people, k=k, ladders=ladders)
    within = nodes[(nodes["suppressed"] <= suppress) & (nodes["suppressed"] < 1)]
    lost = nodes.loc[~nodes["k"].isin(within["k"])]
    if len(lost):
        near = lost.sort_values("suppressed", kind="stable").iloc[0]
        raise TableError(
            f"generalise: no rungs reach k={near['k']} with {suppress:.1%} of {len(people)} rows "
            f"left out; the nearest leave out {near['suppressed']:.1%}. Take a smaller k, a larger "
            "suppress, or ladders that end in 'any'."
        )
    return within.drop_duplicates("k").reset_index(drop=True)


def renumber_ties(ties: pd.DataFrame, key: pd.Series) -> pd.DataFrame:
    """Release who is friends with whom under new numbers, and in an order that says nothing.

    Parameters
    ----------
    ties : DataFrame[a, b, context]
    key : Series of persons, index ``row``
        See `answer_key`.

    Returns
    -------
    DataFrame[a, b, context]
        ``a`` and ``b`` are rows of the release.
    """
    check_table(ties, "ties", people=pd.Index(key), empty=True)
    row = pd.Series(key.index, key.to_numpy())
    ends = np.sort(np.column_stack([row.loc[ties["a"]], row.loc[ties["b"]]]), axis=1)
    ends = ends.astype("int32")
    new = pd.DataFrame({"a": ends[:, 0], "b": ends[:, 1], "context": ties["context"].to_numpy()})
    return new.sort_values(list(new), ignore_index=True)


def _years(born: pd.Series, span: int) -> pd.Series:
    first = born.dt.year // span * span
    return first.astype("str") + "-" + (first + span - 1).astype("str")


class _Step(NamedTuple):
    """A rung: how high, which value each row has on it, and the share of values that it hides."""

    height: int
    code: np.ndarray
    hidden: np.ndarray


def _check_ladders(ladders: Mapping[str, Ladder]) -> None:
    if not isinstance(ladders, Mapping) or not ladders or not set(ladders).isdisjoint(_MEASURES):
        got = list(ladders) if isinstance(ladders, Mapping) else ladders
        raise TableError(
            f"ladders: got {got!r}. Pass a dict of one ladder at least, for columns not called "
            f"{', '.join(_MEASURES)}, which are columns of the answer."
        )
    for column, ladder in ladders.items():
        rungs = ladder.values() if isinstance(ladder, Mapping) else ()
        if not rungs or not all(map(callable, rungs)):
            raise TableError(
                f"ladders: that of {column!r} is {ladder!r}. A ladder is a dict of rungs, each "
                "a function, such as {'any': lambda c: pd.Series('any', c.index)}."
            )


def _check_kept(people: pd.DataFrame, keep: Iterable[str], ladders: Mapping) -> list[str]:
    keep = [keep] if isinstance(keep, str) else keep
    if not is_list_like(keep, allow_sets=False):  # a set would put columns in any order
        raise TableError(
            f"keep={keep!r}. Pass a list of columns, such as ['illness'], or none: []."
        )
    keep = list(dict.fromkeys(keep))
    if not {"name", "person"}.isdisjoint(keep):
        raise TableError(
            f"keep={keep!r}. With names a table is no release, however coarse the rest. Leave them "
            "out: answer_key(people, rng=...) says to you alone who is in which row."
        )
    for column in keep:
        check_name(column, people.columns.difference(list(ladders)), what="column to keep")
    check_frame(people, "people", columns=keep)
    return keep


def _values(table: pd.DataFrame, column: str) -> tuple[pd.Series, np.ndarray]:
    """The values that occur in a column, and which of them each row has."""
    check_name(column, table.columns, what="column")
    check_frame(table, "table", columns=[column])
    code, values = pd.factorize(table[column])
    if len(code) and code.min() < 0:
        raise TableError(
            f"column {column!r} is empty in row {table.index[code.argmin()]}. Fill it, or leave "
            "the row out: an empty cell tells people apart too."
        )
    return pd.Series(values), code


def _write(values: pd.Series, column: str, rung: str, ladder: Ladder) -> pd.Series:
    try:
        text = ladder[rung](values)
    except AttributeError:
        text = None
    if text is not None and not (isinstance(text, pd.Series) and len(text) == len(values)):
        raise TableError(
            f"ladders: the rung {rung!r} of {column!r} gave {type(text).__name__}. A rung gives a "
            "Series as long as the one it gets, such as pd.Series('any', values.index)."
        )
    if text is None or text.isna().any():
        first = values.tolist()[0] if text is None else values[text.isna()].tolist()[0]
        raise TableError(
            f"ladders: the rung {rung!r} of {column!r} has no word for {first!r}. If the column "
            "was made coarser before, begin with the exact one; else write a ladder for it."
        )
    return text


def _climb(people: pd.DataFrame, column: str, ladder: Ladder) -> dict[str, _Step]:
    values, row = _values(people, column)
    climb, finer = {}, np.arange(len(values))
    for height, rung in enumerate(ladder):
        code = pd.factorize(_write(values, column, rung, ladder))[0]
        # whole groups move up together, or a coarser table could leave more people alone
        if pd.Series(code).groupby(finer).nunique().max() > 1:
            raise TableError(
                f"ladders: the rung {rung!r} of {column!r} tells apart what the one before it had "
                "put together. Write rungs from exact to gone, each of whole groups."
            )
        hidden = (np.bincount(code)[code] - 1) / max(len(values) - 1, 1)
        climb[rung], finer = _Step(height, code[row], hidden[row]), code
    return climb
