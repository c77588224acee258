"""Doors: where the rows of an archive become tables, and other people's names become numbers.

A name is hashed with a salt that is made for one archive and forgotten with it; what is kept is a
number, in the order in which people come up. The owner is 0.
"""

from __future__ import annotations

import secrets
from array import array
from collections import Counter
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
import pandas as pd

from ethics_lib.layouts import (
    KINDS,
    MECHANISMS,
    Believes,
    Did,
    Knows,
    Made,
    Me,
    Reaches,
    Row,
    Says,
    Thing,
)
from ethics_lib.tables import COLUMNS, empty_table
from ethics_lib.traces import SOURCES

__all__ = ["OWNER", "STATUS", "Door"]

OWNER = 0
"""The person whose archive it is; everybody else is a number from 1 on."""

STATUS: dict[str, str] = {
    "read": "its entries are in the tables",
    "skipped": "known, and left closed",
    "not understood": "unknown, damaged, or nothing in it has a shape that we know",
}
"""What may become of a file."""

_KINDS, _SOURCES = list(KINDS), list(SOURCES)
_NONE = -1
_TRACE = ("person", "from_person", "kind", "item", "time", "source")
_BY_FIRMS = ("pixel", "sdk", "server", "list")


class _File(NamedTuple):
    """A file, or one of several alike, as the reader may see it named."""

    file: str
    status: str
    why: str


class Door:
    """Takes rows in, and makes tables of them at the end.

    Parameters
    ----------
    platform : str
        The ``holder`` in every table.
    """

    def __init__(self, platform: str) -> None:
        self.platform = platform
        self.made: int | None = None
        self._salt = secrets.token_bytes(16)
        self._numbers: dict[bytes, int] = {}
        self._mine: set[int] = set()
        self._things: dict[tuple[str, str | int], int] = {}
        self._traces = {c: array("q" if c == "time" else "i") for c in _TRACE}
        self._rows: dict[type, dict[tuple, None]] = {
            kind: {} for kind in (Knows, Believes, Reaches, Says)
        }
        self._files: dict[_File, Counter] = {}

    def __repr__(self) -> str:
        return f"Door of {self.platform}"

    @property
    def read(self) -> int:
        """How many files were read so far."""
        return sum(n["files"] for file, n in self._files.items() if file.status == "read")

    def take(self, row: Row) -> None:
        """Let one row in."""
        if isinstance(row, Did):
            self._record(row)
        elif isinstance(row, Me):
            self._mine.add(self._number(row.name))
        elif isinstance(row, Made):
            self.made = row.time
        elif isinstance(row, Knows):
            self._rows[Knows][self._number(row.name), row.context] = None
        else:
            if isinstance(row, Reaches) and row.via not in MECHANISMS:
                raise ValueError("a layout names a mechanism that is none")
            self._rows[type(row)][row] = None

    def note(
        self, file: str, status: str, *, why: str = "", rows: int = 0, odd: int = 0, size: int = 0
    ) -> None:
        """Write down what became of a file; several alike become one line."""
        counts = self._files.setdefault(_File(file, status, why), Counter())
        counts.update(files=1, rows=rows, odd=odd, bytes=size)

    def _number(self, name: str) -> int:
        """The number of somebody, the same for the same name; small letters or capitals."""
        key = name.strip().lstrip("@~\u200e\u202f ").casefold().encode("utf-8", "replace")
        hashed = blake2b(key, key=self._salt, digest_size=16).digest()
        return self._numbers.setdefault(hashed, len(self._numbers) + 1)

    def _thing(self, thing: Thing) -> int:
        named = self._number(thing.name) if thing.kind == "account" else thing.name
        return self._things.setdefault((thing.kind, named), len(self._things))

    def _record(self, row: Did) -> None:
        cells = (
            self._number(row.about) if row.about else OWNER,
            self._number(row.by) if row.by else OWNER,
            _KINDS.index(row.kind),
            _NONE if row.thing is None else self._thing(row.thing),
            _NONE if row.time is None else row.time,
            _SOURCES.index(row.source),
        )
        for column, cell in zip(self._traces.values(), cells, strict=True):
            column.append(cell)

    def tables(self, otherwise: pd.Timestamp) -> dict[str, object]:
        """All tables, and ``made``, which is ``otherwise`` if the archive does not say."""
        renumber = self._renumber()
        columns = {c: np.frombuffer(cells, cells.typecode) for c, cells in self._traces.items()}
        latest = columns["time"].max(initial=_NONE)
        made = pd.Timestamp(self.made, unit="s") if self.made else otherwise
        made = max(made.as_unit("s"), pd.Timestamp(int(latest), unit="s").as_unit("s"))
        return {
            "platform": self.platform,
            "made": made,
            "traces": self._make_traces(columns, renumber, made),
            "items": self._make_items(renumber),
            "ties": self._make_ties(renumber),
            "beliefs": self._make_beliefs(),
            "advertisers": self._make_advertisers(),
            "consents": self._make_consents(made),
            "files": self._make_files(),
        }

    def _renumber(self) -> np.ndarray:
        """From the numbers given at first to those of the tables: the owner's names are all 0."""
        numbers = np.arange(len(self._numbers) + 1)
        others = ~np.isin(numbers, [OWNER, *self._mine])
        return np.where(others, np.cumsum(others), OWNER).astype("int32")

    def _make_traces(
        self, columns: dict[str, np.ndarray], renumber: np.ndarray, made: pd.Timestamp
    ) -> pd.DataFrame:
        dated = columns["time"] != _NONE
        seconds = np.where(dated, columns["time"], int(made.timestamp()))
        nobody = np.zeros(len(dated), dtype="int8")
        advertising = np.isin(columns["source"], [_SOURCES.index(s) for s in _BY_FIRMS])
        item = pd.array(columns["item"], dtype="Int32")
        item[columns["item"] == _NONE] = pd.NA
        return pd.DataFrame(
            {
                "person": renumber[columns["person"]],
                "from_person": renumber[columns["from_person"]],
                "kind": pd.Categorical.from_codes(columns["kind"], _KINDS),
                "item": item,
                "time": seconds.astype("datetime64[s]"),
                "source": pd.Categorical.from_codes(columns["source"], _SOURCES),
                "purpose": pd.Categorical.from_codes(
                    advertising.astype("int8"), ["service", "advertising"]
                ),
                "holder": pd.Categorical.from_codes(nobody, [self.platform]),
                "dated": dated,
            }
        )

    def _make_items(self, renumber: np.ndarray) -> pd.DataFrame:
        rows = [
            (kind, f"account {renumber[name]}" if kind == "account" else name, "")
            for kind, name in self._things
        ]
        items = pd.DataFrame(rows, columns=list(COLUMNS["items"]), dtype="str")
        return items.rename_axis("item")

    def _make_ties(self, renumber: np.ndarray) -> pd.DataFrame:
        rows = [(OWNER, renumber[who], how) for who, how in self._rows[Knows] if renumber[who]]
        return self._frame("ties", rows).astype({"a": "int32", "b": "int32"})

    def _make_beliefs(self) -> pd.DataFrame:
        last = (self.platform, "deliberate")
        rows = [
            (OWNER, b.trait, b.value, np.nan, np.nan, b.origin, b.where, *last)
            for b in self._rows[Believes]
        ]
        return self._frame("beliefs", rows)

    def _make_advertisers(self) -> pd.DataFrame:
        rows = [(r.advertiser, r.via, self.platform) for r in self._rows[Reaches]]
        return self._frame("advertisers", rows)

    def _make_consents(self, made: pd.Timestamp) -> pd.DataFrame:
        otherwise = int(made.timestamp())
        rows = [
            (OWNER, self.platform, s.purpose, s.granted, s.how, s.time or otherwise)
            for s in self._rows[Says]
        ]
        return self._frame("consents", rows).astype({"granted": "bool", "time": "datetime64[s]"})

    def _make_files(self) -> pd.DataFrame:
        order = list(STATUS)
        rows = [
            (f.file, n["files"], f.status, n["rows"], n["odd"], n["bytes"], f.why)
            for f, n in self._files.items()
        ]
        table = self._frame("files", rows)
        place = table["status"].map(order.index)
        return table.iloc[np.lexsort([table["file"], place])].reset_index(drop=True)

    @staticmethod
    def _frame(noun: str, rows: list[tuple]) -> pd.DataFrame:
        """A table of a noun; one without rows has its types all the same."""
        return pd.DataFrame(rows, columns=list(COLUMNS[noun])) if rows else empty_table(noun)
