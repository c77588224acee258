"""Doors: where the rows of an archive become tables, and other people's names become numbers.

A name is hashed with a salt that is made for one archive and forgotten with it; what is kept is a
number, in the order in which people come up. The owner is 0.
"""

from __future__ import annotations

import secrets
import unicodedata
from array import array
from collections import Counter
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
import pandas as pd

from ethics_lib.archives import LIMITS
from ethics_lib.entries import Unreadable
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
from ethics_lib.traces import SOURCES, TRACKERS

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
_THINGS = frozenset("account advertiser app search site topic".split())
_NONE = -1
_TRACE = {"person": "i", "from_person": "i", "kind": "b", "item": "i", "time": "q", "source": "b"}
_BY_FIRMS = (*TRACKERS, "list")
_LATEST = 4_102_444_800  # 2100, in seconds since 1970
_LONGEST = 200  # bytes of a text; honest names and interests have a quarter
_LONGEST_NAME = 1_000  # letters by which somebody is told apart: to write long ones alike is slow
# before and after names: blanks, and signs that say in which direction to write
_AROUND = "@~ \t\r\n\xa0\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u202f"
_AROUND += "\u2066\u2067\u2068\u2069\ufeff"


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
        self._traces = {column: array(code) for column, code in _TRACE.items()}
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
        """Let one row in.

        Raises
        ------
        TypeError, ValueError
            When it is none that a layout may say; no row of it was kept.
        Unreadable
            When more came before than `archives.LIMITS` allow.
        """
        match row:
            case Did():
                self._record(row)
            case Me(name):
                self._mine.add(self._number(name))
            case Made(time):
                self.made = _moment(time)
            case Knows(name, context):
                self._keep(Knows, (self._number(name), _text(context)))
            case Believes(trait, value, origin, where):
                self._keep(Believes, (_text(trait), _value(value), _text(origin), _text(where)))
            case Reaches(advertiser, via):
                if via not in MECHANISMS:
                    raise ValueError("a layout names a mechanism that is none")
                self._keep(Reaches, (_text(advertiser), via))
            case Says(purpose, granted, how, time):
                if not isinstance(granted, bool):
                    raise TypeError("a choice is True or False")
                time = time if time is None else _moment(time)
                self._keep(Says, (_text(purpose), granted, _text(how), time))
            case _:
                raise TypeError("a layout says something that is no row")

    def note(
        self, file: str, status: str, *, why: str = "", rows: int = 0, odd: int = 0, size: int = 0
    ) -> None:
        """Write down what became of a file; several alike become one line."""
        counts = self._files.setdefault(_File(_text(file), status, why), Counter())
        counts.update(files=1, rows=rows, odd=odd, bytes=size)

    def _keep(self, kind: type, cells: tuple) -> None:
        self._make_room()
        self._rows[kind][cells] = None

    def _number(self, name: str) -> int:
        """The number of somebody, the same for the same name; small letters or capitals."""
        key = unicodedata.normalize("NFKC", name[:_LONGEST_NAME]).strip(_AROUND).casefold()
        hashed = blake2b(key.encode("utf-8", "replace"), key=self._salt, digest_size=16).digest()
        self._make_room()
        return self._numbers.setdefault(hashed, len(self._numbers) + 1)

    def _thing(self, thing: Thing) -> int:
        kind, name = thing
        if kind not in _THINGS:  # it might be a misspelt account, with somebody's name
            raise ValueError("a layout names a kind of thing that is none")
        self._make_room()
        named = self._number(name) if kind == "account" else _text(name)
        return self._things.setdefault((kind, named), len(self._things))

    def _record(self, row: Did) -> None:
        if len(self._traces["time"]) >= LIMITS["traces"]:
            raise _full("traces")
        cells = {
            "kind": _KINDS.index(row.kind),
            "time": _NONE if row.time is None else _moment(row.time),
            "source": _SOURCES.index(row.source),
            "item": _NONE if row.thing is None else self._thing(row.thing),
            "person": self._number(row.about) if row.about else OWNER,
            "from_person": self._number(row.by) if row.by else OWNER,
        }
        for column, cell in cells.items():  # all are good by now: no column gets longer alone
            self._traces[column].append(cell)

    def _make_room(self) -> None:
        held = len(self._numbers) + len(self._things) + sum(map(len, self._rows.values()))
        if held >= LIMITS["names"]:
            raise _full("names")

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
        times = np.where(dated, columns["time"], int(made.timestamp()))
        advertising = np.isin(columns["source"], [_SOURCES.index(s) for s in _BY_FIRMS])
        coded = {
            "kind": (columns["kind"], _KINDS),
            "source": (columns["source"], _SOURCES),
            "purpose": (advertising.astype("int8"), ["service", "advertising"]),
            "holder": (np.zeros(len(dated), dtype="int8"), [self.platform]),
        }
        table = {
            "person": renumber[columns["person"]],
            "from_person": renumber[columns["from_person"]],
            "item": pd.arrays.IntegerArray(columns["item"], columns["item"] == _NONE),
            "time": times.view("datetime64[s]"),
            "dated": dated,
        }
        table |= {c: pd.Categorical.from_codes(*codes) for c, codes in coded.items()}
        # not copied: the traces of 2 GB are 0.4 GB
        return pd.DataFrame(table, columns=[*COLUMNS["traces"], "dated"], copy=False)

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
        rows = [
            (OWNER, trait, value, np.nan, np.nan, origin, where, self.platform, "deliberate")
            for trait, value, origin, where in self._rows[Believes]
        ]
        return self._frame("beliefs", rows).astype({"person": "int32", "value": object})

    def _make_advertisers(self) -> pd.DataFrame:
        rows = [(name, via, self.platform) for name, via in self._rows[Reaches]]
        return self._frame("advertisers", rows)

    def _make_consents(self, made: pd.Timestamp) -> pd.DataFrame:
        otherwise = int(made.timestamp())
        rows = [
            (OWNER, self.platform, purpose, granted, how, otherwise if time is None else time)
            for purpose, granted, how, time in self._rows[Says]
        ]
        dtypes = {"person": "int32", "granted": "bool", "time": "datetime64[s]"}
        return self._frame("consents", rows).astype(dtypes)

    def _make_files(self) -> pd.DataFrame:
        order = list(STATUS)
        rows = [
            (f.file, n["files"], f.status, n["rows"], n["odd"], n["bytes"], f.why)
            for f, n in self._files.items()
        ]
        numbers = dict.fromkeys(("files", "rows", "odd", "bytes"), "int64")
        table = self._frame("files", rows).astype(numbers)
        place = table["status"].map(order.index)
        return table.iloc[np.lexsort([table["file"], place])].reset_index(drop=True)

    @staticmethod
    def _frame(noun: str, rows: list[tuple]) -> pd.DataFrame:
        """A table of a noun; one without rows has its types all the same."""
        return pd.DataFrame(rows, columns=list(COLUMNS[noun])) if rows else empty_table(noun)


def _full(what: str) -> Unreadable:
    return Unreadable(f"{LIMITS[what]:,} {what} stand before it, and no more are kept")


def _text(words: str) -> str:
    """A text as it may stand in a cell: of some length, and without halves of letters."""
    if not isinstance(words, str):
        raise TypeError("a layout gives something else for a text")
    data = words.encode("utf-8", "replace")
    if len(data) <= _LONGEST:
        return data.decode("utf-8")
    return data[:_LONGEST].decode("utf-8", "ignore") + "..."


def _value(value: str | float) -> str | float:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool) or not np.isfinite(value):
        raise TypeError("a layout gives something else for a value")
    return float(value)


def _moment(seconds: int) -> int:
    """Seconds since 1970 that pandas can count with: not before 1970, not after 2100."""
    if not isinstance(seconds, int) or not 0 <= seconds <= _LATEST:
        raise ValueError("a layout gives something else for a time")
    return seconds
