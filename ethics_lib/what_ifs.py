"""What ifs: one edge taken out of a pipeline, everything after it done again, and judged again.

Would the advert still have come without the illness, the tracker, the friend? The pipeline is any
function from what a holder starts with to the tables that it ends in, so the answer is found by
doing it again and not by argument.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from ethics_lib.lines import Line, try_lines
from ethics_lib.tables import TableError, check_name

__all__ = ["WithoutFriends", "WithoutPerson", "WithoutSource", "WithoutTrait", "what_if"]

_Tables = Mapping[str, pd.DataFrame]


def what_if(
    charter: Iterable[Line],
    pipeline: Callable[[_Tables], _Tables],
    start: _Tables,
    *,
    without: Callable[[_Tables], _Tables],
    rules: str | None = None,
    asof: str | pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Take an edge out, run the pipeline again, and lay the two audits side by side.

    Parameters
    ----------
    charter : list of Line
    pipeline : callable
        From the tables in ``start`` to those that `audit` reads. It should give the same tables
        for the same start; else the difference is chance.
    start : {name: DataFrame}
        What the holder starts with: traces, ties, known, and whatever else the pipeline reads.
    without : callable
        What is taken out: `WithoutTrait`, `WithoutSource`, `WithoutFriends`, `WithoutPerson`, or a
        function of your own from such tables to such tables.
    rules, asof
        As in `audit`.

    Returns
    -------
    DataFrame[line, n_people, n_without, claim]
        How many are wronged at each line, as it is and without the edge; NA where it was not
        tested. The first row, ``shown``, counts those to whom something was shown at all: an
        advert that survives did not need the edge.
    """
    if not isinstance(start, Mapping):
        raise TableError("start: pass tables by name, such as {'traces': traces, 'known': known}.")
    charter = list(charter)
    counts = {}
    for column, tables in (("n_people", start), ("n_without", without(start))):
        run = pipeline(tables)
        if not isinstance(run, Mapping):
            raise TableError(
                f"pipeline: it gave {type(run).__name__} where tables by name are needed, those "
                "that audit reads."
            )
        tried = try_lines(charter, rules=rules, asof=asof, **run)
        count = {
            rule.id: found["person"].nunique() for rule, found, why_not in tried if not why_not
        }
        if "decisions" in run:
            decisions = run["decisions"]
            count["shown"] = decisions.loc[decisions["shown"].astype(bool), "person"].nunique()
        counts[column] = pd.Series(count, dtype="Int64")
    names = {"shown": "Something was shown to me."} | {rule.id: rule.claim for rule in charter}
    table = pd.DataFrame(counts).reindex(list(names)).assign(claim=names)
    return table.rename_axis("line").reset_index()


@dataclass(frozen=True)
class WithoutTrait:
    """Nobody's answer about this trait is known, so nothing can be learned of it."""

    trait: str

    def __call__(self, tables: _Tables) -> dict[str, pd.DataFrame]:
        known = _table(tables, "known")
        check_name(self.trait, known["trait"].unique(), what="trait")
        return {**tables, "known": known[known["trait"] != self.trait]}


@dataclass(frozen=True)
class WithoutSource:
    """One source recorded nothing, such as the tracker on other firms' sites."""

    source: str

    def __call__(self, tables: _Tables) -> dict[str, pd.DataFrame]:
        traces = _table(tables, "traces")
        check_name(self.source, traces["source"].unique(), what="source")
        return {**tables, "traces": traces[traces["source"] != self.source]}


@dataclass(frozen=True)
class WithoutFriends:
    """Nobody has friends that the holder knows of, and nobody handed over an address book."""

    def __call__(self, tables: _Tables) -> dict[str, pd.DataFrame]:
        cut = {**tables, "ties": _table(tables, "ties").iloc[:0]}
        if "traces" in tables:
            own = tables["traces"]["from_person"] == tables["traces"]["person"]
            cut["traces"] = tables["traces"][own]
        return cut


@dataclass(frozen=True)
class WithoutPerson:
    """One person is gone: what they did, what they said, and what they gave away of others."""

    person: int

    def __call__(self, tables: _Tables) -> dict[str, pd.DataFrame]:
        ends = ("person", "from_person", "a", "b")
        cut = {
            name: table[~table[[c for c in ends if c in table]].eq(self.person).any(axis=1)]
            for name, table in tables.items()
        }
        if all(len(cut[name]) == len(table) for name, table in tables.items()):
            raise TableError(f"WithoutPerson: person {self.person!r} is in none of the tables.")
        return cut


def _table(tables: _Tables, name: str) -> pd.DataFrame:
    if name not in tables:
        raise TableError(f"what_if: nothing to take out, for there is no table {name!r} to start.")
    return tables[name]
