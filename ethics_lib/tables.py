"""The nouns: which tables there are, what their columns hold, and what is said when one is wrong.

Every stage of the library takes tables and returns tables. This module names them, checks them at
the door, and turns friendships into the two forms that the field works with, a sparse matrix and a
graph.

    EthicsLibError
    ├── TableError (ValueError)       a column is missing, a cell is empty, a person is unknown
    ├── RangeError (ValueError)       a number is outside its range, or no random generator
    ├── UnknownNameError (LookupError)  a trait, method, line or data set that does not exist
    └── guards.DualUseError (PermissionError)  a row about a real person, without a basis
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from numbers import Real
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ethics_lib.nouns import COLUMNS

if TYPE_CHECKING:
    import networkx as nx
    from scipy.sparse import csr_array

__all__ = [
    "COLUMNS",
    "PROTECTED",
    "SENSITIVE",
    "TRAITS",
    "EthicsLibError",
    "Evidence",
    "RangeError",
    "TableError",
    "Trait",
    "UnknownNameError",
    "World",
    "as_rng",
    "check_frame",
    "check_name",
    "check_share",
    "check_table",
    "check_time",
    "check_whole",
    "concat",
    "empty_table",
    "is_numeric",
    "several",
    "spell_out",
    "to_csr",
    "to_networkx",
]


class EthicsLibError(Exception):
    """Anything that this library refuses, with the wrong value and the remedy in its message."""


class TableError(EthicsLibError, ValueError):
    """A table lacks a column, has an empty cell, or names somebody unknown."""


class RangeError(EthicsLibError, ValueError):
    """A number lies outside the range that its meaning allows."""


class UnknownNameError(EthicsLibError, LookupError):
    """A name (trait, method, line, data set) that nothing here answers to."""


_DTYPES = {
    "person": "int32",
    "item": "Int32",
    "text": "str",
    "number": "float64",
    "probability": "float64",
    "flag": "boolean",
    "time": "datetime64[s]",
    "value": "object",
}


@dataclass(frozen=True)
class Trait:
    """One thing that may be believed of a person, and how a persona card says it."""

    name: str
    values: tuple[str, ...]  # empty for a numeric trait
    sentence: str | tuple[str, ...]  # one for all values, or one for each
    article9: str | None = None  # its special category in GDPR Article 9(1), where it has one

    @property
    def numeric(self) -> bool:
        """Whether the trait is a number (in standard deviations from the town's mean)."""
        return not self.values

    def say(self, value: object) -> str:
        """Say of somebody that they have this value.

        Examples
        --------
        >>> TRAITS["faith"].say("Tide"), TRAITS["openness"].say(0.0)
        ('Keeps the Tide faith', 'More open to new things than 50 % of the town')
        """
        if self.numeric:
            share = NormalDist().cdf(float(value))
            return self.sentence.format(share=f"{share:.0%}".replace("%", " %"))
        if isinstance(self.sentence, str):
            return self.sentence.format(value=value)
        return self.sentence[self.values.index(value)]


TRAITS: dict[str, Trait] = {
    t.name: t
    for t in (
        Trait(
            "faith",
            ("Lantern", "Tide"),
            "Keeps the {value} faith",
            "religious_or_philosophical_beliefs",
        ),
        Trait("party", ("Orchard", "Quay"), "Votes for the {value} party", "political_opinions"),
        Trait(
            "illness",
            ("no", "yes"),
            ("Has no long illness", "Lives with a long illness"),
            "health",
        ),
        Trait(
            "expecting",
            ("no", "yes"),
            ("Is not expecting a child", "Is expecting a child"),
            "health",
        ),
        Trait("in_debt", ("no", "yes"), ("Is not in debt", "Is in debt")),
        Trait("openness", (), "More open to new things than {share} of the town"),
        Trait("conscientiousness", (), "More orderly than {share} of the town"),
        Trait("extraversion", (), "Seeks company more than {share} of the town"),
        Trait("agreeableness", (), "Gives way more than {share} of the town"),
        Trait("stability", (), "Calmer than {share} of the town"),
    )
}

SENSITIVE: dict[str, str] = {t.name: t.article9 for t in TRAITS.values() if t.article9}
"""The traits of the town that Article 9(1) of the GDPR protects, and the category of each."""

PROTECTED = "protected:"
"""How the name of such a trait of real people begins, such as ``protected:religion``."""


def empty_table(noun: str) -> pd.DataFrame:
    """A table with the noun's columns and no row, for a stage that recorded nothing."""
    kinds = COLUMNS[noun]
    return pd.DataFrame(
        {c: pd.Series(dtype=_DTYPES[kind.rstrip("?")]) for c, kind in kinds.items()}
    )


@dataclass(frozen=True, eq=False)  # one world is like no other, so it can be a key
class World:
    """The truth about a town. Only the generator and the measures may look at it.

    Attributes
    ----------
    people : DataFrame, index ``person``
        One person a row: what they are, and since when they are a member.
    items : DataFrame, index ``item``
        Pages, sites, products and topics, each with a kind, an invented name and a topic.
    acts : DataFrame[person, kind, item, time]
        What was done, whether anybody saw it or not.
    ties : DataFrame[a, b, context]
        Friendships, ``a < b``, and the setting that made each.
    reports : DataFrame[person, trait, instrument, value]
        What people said of themselves, on a form or a test: the truth plus noise, from those
        who answered. Models learn from reports, never from people.
    events : DataFrame[person, event, start, end]
        What befell people; ``end`` is NaT for what has not ended.
    about : str
        Where the data come from and what their people agreed to.
    """

    people: pd.DataFrame
    items: pd.DataFrame = field(default_factory=lambda: empty_table("items"))
    acts: pd.DataFrame = field(default_factory=lambda: empty_table("acts"))
    ties: pd.DataFrame = field(default_factory=lambda: empty_table("ties"))
    reports: pd.DataFrame = field(default_factory=lambda: empty_table("reports"))
    events: pd.DataFrame = field(default_factory=lambda: empty_table("events"))
    about: str = ""


@dataclass(frozen=True)
class Evidence:
    """What one holder has: its traces of people, the ties that it knows, what it was told.

    Attributes
    ----------
    traces : DataFrame
    ties : DataFrame[a, b, context]
    known : DataFrame[person, trait, value]
        What people said of themselves to this holder, on a form or in a profile, such as
        ``world.reports``. No collector asks for it, so it is empty unless somebody puts it in.
    """

    traces: pd.DataFrame
    ties: pd.DataFrame
    known: pd.DataFrame = field(default_factory=lambda: empty_table("known"))


def check_table(
    table: pd.DataFrame, noun: str, *, people: pd.Index | None = None, empty: bool = False
) -> pd.DataFrame:
    """Let a table in, or say which one is wrong, in which column, and what is allowed.

    Parameters
    ----------
    table : DataFrame
        The table at the door; it is never changed.
    noun : str
        What it should be: a key of `COLUMNS`.
    people : Index, optional
        Everyone who exists; a person who is not among them is refused.
    empty : bool
        Whether a table without rows makes sense here.

    Returns
    -------
    DataFrame
        The same table.

    Raises
    ------
    TableError
        With the table, the column, the first wrong row and value, and the remedy.

    Examples
    --------
    >>> check_table(pd.DataFrame({"a": [1], "b": [2]}), "ties")
    Traceback (most recent call last):
    ...
    ethics_lib.tables.TableError: ties: column 'context' is missing. A table of ties has the
    columns a, b, context; this one has a, b.
    """
    kinds = COLUMNS[noun]
    check_frame(table, noun, columns=kinds)
    if not empty and table.empty:
        raise TableError(f"{noun}: the table has no rows. Pass at least one row.")
    for column, kind in kinds.items():
        _check_column(table[column], noun, kind, people)
    if noun == "ties":
        _refuse(table["a"], noun, table["a"] >= table["b"], "a tie is written once, with a < b")
    return table


def check_frame(table: pd.DataFrame, name: str, *, columns: Iterable[str] = ()) -> pd.DataFrame:
    """Let in a table of any kind that has these columns, each once, or say what is missing."""
    columns = list(columns)
    needs = f", with the columns {', '.join(columns)}" if columns else ""
    if not isinstance(table, pd.DataFrame):
        hint = " Of a world, pass one table, such as world.people." if _is_world(table) else ""
        raise TableError(
            f"{name}: got {type(table).__name__} where a pandas DataFrame is needed{needs}.{hint}"
        )
    for column in columns:
        if column not in table:
            raise TableError(
                f"{name}: column {column!r} is missing. A table of {name} has the columns "
                f"{', '.join(columns)}; this one has "
                f"{', '.join(map(str, table.columns)) or 'none'}."
            )
        if isinstance(table[column], pd.DataFrame):
            raise TableError(f"{name}: column {column!r} is there twice. Keep one of them.")
    return table


def _is_world(table: object) -> bool:
    return isinstance(table, (World, Evidence))


def _check_column(column: pd.Series, noun: str, kind: str, people: pd.Index | None) -> None:
    if not kind.endswith("?"):
        _refuse(column, noun, column.isna(), "this column may not have empty cells (NaN)")
    kind = kind.rstrip("?")
    if kind in _HOLDS and len(column) and not _HOLDS[kind][0](column):
        raise TableError(
            f"{noun}: column {column.name!r} holds {column.tolist()[0]!r} ({column.dtype}); "
            f"{_HOLDS[kind][1]}."
        )
    if kind in ("person", "item") and getattr(column.dtype, "itemsize", 8) > 4:
        far = (column.abs() > np.iinfo("int32").max).fillna(False)
        _refuse(column, noun, far, "numbers go up to 2147483647. Number anew: pd.factorize(...)")
    if kind == "probability":
        wrong = (column < 0) | (column > 1)
        _refuse(column, noun, wrong.fillna(False), "a probability lies between 0 and 1")
    if kind == "person" and people is not None:
        _refuse(
            column,
            noun,
            ~column.isin(people),
            f"there is no such person; the town has {len(people)}, "
            f"{people.min()} to {people.max()}",
        )


_HOLDS = {
    "person": (
        pd.api.types.is_integer_dtype,
        "people are whole numbers. Convert with .astype('int32')",
    ),
    "item": (
        pd.api.types.is_integer_dtype,
        "items are whole numbers, or empty. Convert with .astype('Int32')",
    ),
    "time": (
        pd.api.types.is_datetime64_dtype,
        "it must hold times. Convert with pd.to_datetime(...); from times with a zone, take the "
        "zone with .dt.tz_localize(None)",
    ),
    # the word "no" would count as a yes
    "flag": (pd.api.types.is_bool_dtype, "it must hold True and False"),
    "number": (pd.api.types.is_numeric_dtype, "it must hold numbers. Convert with .astype(float)"),
    "probability": (
        pd.api.types.is_numeric_dtype,
        "it must hold numbers. Convert with .astype(float)",
    ),
}


def _refuse(column: pd.Series, noun: str, wrong: pd.Series, why: str) -> None:
    if wrong.any():
        row = wrong.idxmax()
        value = column[wrong].tolist()[0]  # as it was typed: 99, not np.int64(99)
        more = f" (and {wrong.sum() - 1} more)" if wrong.sum() > 1 else ""
        raise TableError(
            f"{noun}: column {column.name!r} holds {value!r} in row {row}{more}: {why}."
        )


def check_name(name: str, allowed: Iterable[str], *, what: str) -> str:
    """Let a name in, or list the names that exist and the nearest one."""
    allowed = list(allowed)
    if name in allowed:
        return name
    near = get_close_matches(str(name), allowed, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise UnknownNameError(
        f"{what} {name!r} does not exist.{hint} There are: {', '.join(map(str, allowed))}."
    )


def check_share(value: float, name: str, *, low: float = 0.0, high: float = 1.0) -> float:
    """Let a number in, or say its range."""
    real = np.isscalar(value) and isinstance(value, (Real, np.bool_))
    if not (real and low <= value <= high):
        raise RangeError(f"{name}={value!r} is outside its range: {low:g} to {high:g}.")
    return float(value)


def check_whole(value: int, name: str, *, low: int = 1, high: float = np.inf) -> int:
    """Let a whole number in, or say its range."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not (whole and low <= value <= high):
        up = "up" if np.isinf(high) else f"to {high:g}"
        raise RangeError(f"{name}={value!r} is outside its range: whole numbers from {low} {up}.")
    return int(value)


def check_time(value: object, name: str) -> pd.Timestamp:
    """Let a day or a moment in, or say what is wrong with it.

    Text begins with the year: of 05/01/2026 nobody knows which is the month. A number is refused,
    for pandas would count it from 1970.

    Raises
    ------
    TableError
        For what is no time, is empty, or has a zone.

    Examples
    --------
    >>> check_time("2026-01-02", "time").date()
    datetime.date(2026, 1, 2)
    """
    number = isinstance(value, (int, float, np.number))
    word = isinstance(value, str) and not value[:4].isdigit()
    try:
        moment = pd.NaT if number or word else pd.Timestamp(value)
    except (TypeError, ValueError):
        moment = pd.NaT
    if moment is pd.NaT or moment.tz is not None:
        raise TableError(
            f"{name}={value!r} is no time. Pass a day or a moment without a zone, such as "
            "'2026-01-02'."
        )
    return moment.as_unit("s")


def is_numeric(answers: pd.Series) -> bool:
    """Whether the answers about one trait are numbers; if not, they are words."""
    first = answers.iloc[0]
    if pd.api.types.is_bool(first):
        raise TableError(
            f"{answers.name}: holds {bool(first)}; an answer is a word or a number. "
            "Write 'yes' and 'no'."
        )
    return pd.api.types.is_number(first)


def as_rng(rng: int | np.random.Generator) -> np.random.Generator:
    """A random generator from a seed or a generator. Nothing here is random without one.

    Examples
    --------
    >>> int(as_rng(7).integers(100)) == int(as_rng(7).integers(100))
    True
    """
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool) and rng >= 0:
        return np.random.default_rng(rng)
    raise RangeError(
        f"rng={rng!r} is no source of randomness. Pass a whole number from 0 up, such as rng=7, "
        "or a numpy Generator; the same one gives the same tables."
    )


def concat(tables: Iterable[pd.DataFrame], noun: str) -> pd.DataFrame:
    """Stack tables of one noun; empty ones leave no trace in the types."""
    tables = [t for t in tables if len(t)]
    return pd.concat(tables, ignore_index=True) if tables else empty_table(noun)


def several(things: object) -> tuple:
    """Take one thing or several, in any box, as a tuple."""
    return tuple(things) if pd.api.types.is_list_like(things) else (things,)


def spell_out(table: pd.DataFrame) -> pd.DataFrame:
    """Write categories out as words, for pandas counts those that nobody gave as well."""
    kinds = {c: t for c, t in table.dtypes.items() if isinstance(t, pd.CategoricalDtype)}
    return table.astype({c: t.categories.dtype for c, t in kinds.items()}) if kinds else table


def to_csr(ties: pd.DataFrame, people: pd.Index) -> csr_array:
    """Friendships as a symmetric sparse matrix of ones, rows and columns in the order of people.

    Parameters
    ----------
    ties : DataFrame[a, b, context]
    people : Index of n people, each once
        Everyone who gets a row, friends or none.

    Returns
    -------
    csr_array of shape (n, n), float32
    """
    from scipy.sparse import coo_array

    people = pd.Index(people)
    if not people.is_unique:
        twice = people[people.duplicated()].tolist()[0]
        raise TableError(f"people: {twice!r} is there twice. Keep each person once.")
    check_frame(ties, "ties", columns=("a", "b"))
    a, b = (people.get_indexer(ties[end]) for end in ("a", "b"))
    if len(ties) and min(a.min(), b.min()) < 0:
        check_table(ties, "ties", people=people)
    # undirected: a tie reveals both ends
    rows, columns = np.concatenate([a, b]), np.concatenate([b, a])
    ones = np.ones(len(rows), dtype=np.float32)
    n = len(people)
    matrix = coo_array((ones, (rows.astype(np.int32), columns.astype(np.int32))), shape=(n, n))
    matrix = matrix.tocsr()
    matrix.data[:] = 1  # the same friendship from two settings is one friendship
    return matrix


def to_networkx(ties: pd.DataFrame, people: pd.Index | None = None) -> nx.Graph:
    """Friendships as a graph, to draw or to walk, with each tie's context on its edge."""
    import networkx as nx

    graph = nx.Graph()
    if people is not None:
        graph.add_nodes_from(people.tolist())
    graph.add_edges_from(
        (a, b, {"context": context})
        for a, b, context in zip(
            ties["a"].tolist(), ties["b"].tolist(), ties["context"], strict=True
        )
    )
    return graph
