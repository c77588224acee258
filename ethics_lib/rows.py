"""Rows: what stands in a text file, or the first line of it that is wrong.

A quick reader takes the whole file at once. Only where it stumbles does a slow one go through the
lines, to say which is the first bad one, what stands in it and what should.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from ethics_lib.tables import TableError

__all__ = [
    "ANY",
    "BLANKS",
    "FLAG",
    "ID",
    "MOMENT",
    "NUMBER",
    "TEXT",
    "WHOLE",
    "WORD",
    "FileError",
    "Kind",
    "Layout",
    "Rows",
    "Text",
    "check_columns",
    "find_layout",
    "is_number",
    "list_folder",
    "one_of",
    "read_rows",
    "read_text",
    "shorten",
]

BLANKS = " "
"""The separator that stands for any run of blanks and tabs."""
_SEPARATORS = "\t,;|"  # looked for in this order; where there is none, blanks separate
_PAIR, _ONE = "::", "\x1f"  # the quick reader knows separators of one sign only
# How columns of people and things are called, where a file of words begins with a header.
_HEADER = re.compile(
    r"(from|to|source|target|src|dst|sender|receiver|user|friend|person|node|item|like|page|id"
    r"|[abuvij])[_ ]?(user|node|person)?[_ ]?(id)?[_ ]?[12ab]?",
    re.IGNORECASE,
)


class FileError(TableError):
    """A file holds something else than it should; the message gives the line and the remedy."""


class Text(NamedTuple):
    """A file that was read, and not yet understood."""

    name: str
    data: bytes
    encoding: str
    comments: str  # a line that begins with one of these signs is no row


class Kind(NamedTuple):
    """What a field may hold: in words, asked of one field, asked of a whole column."""

    means: str
    fits: Callable[[str], bool]
    holds: Callable[[pd.Series], bool]
    dtype: str | None = None  # None: numbers become numbers


class Layout(NamedTuple):
    """How lines are cut, what the columns are called, and the first row."""

    separator: str
    names: list[str]
    header: bool
    first: list[str]


class Rows(NamedTuple):
    """The rows of a file, and how many lines were none."""

    table: pd.DataFrame
    left_out: dict[str, int]


WHOLE = Kind(
    "a whole number from 0 to 2**63 - 1",
    lambda field: field.isascii() and field.isdigit() and int(field) < 2**63,
    lambda column: column.dtype.kind == "i" and column.min() >= 0,
)
ID = WHOLE._replace(means=f"an id like the first one, {WHOLE.means} (for words: text_ids=True)")
NUMBER = Kind(
    "a number",
    lambda field: is_number(field),
    lambda column: column.dtype.kind in "iuf" and np.isfinite(column).all(),
)
FLAG = Kind("0 or 1", lambda field: field in ("0", "1"), lambda column: column.isin([0, 1]).all())
WORD = Kind("a word", lambda field: bool(field), lambda column: column.notna().all(), "str")
TEXT = Kind("a text, or nothing", lambda field: True, lambda column: True, "str")
ANY = TEXT._replace(means="a word, a number, or nothing", dtype=None)
MOMENT = Kind(
    "seconds since 1970, or a date such as 2026-11-24",
    lambda field: _is_moment(pd.Series([int(field) if WHOLE.fits(field) else field])),
    lambda column: _is_moment(column),
)


def one_of(codes: Iterable[int]) -> Kind:
    """The kind of a field that holds one of a few codes."""
    known = [str(code) for code in codes]
    return Kind(
        f"one of {', '.join(known)}",
        lambda field: field in known,
        lambda column: column.astype("str").isin(known).all(),
    )


def read_text(path: str | Path, *, encoding: str = "utf-8", comments: str = "") -> Text:
    """Read a file, packed with gzip or not, without asking yet what stands in it.

    Raises
    ------
    FileNotFoundError
        With the names of the files that are there.
    FileError
        When it is a folder, empty, or not what its name says.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(
            f"{path.name} is not in {path.parent}. There: {list_folder(path.parent)}."
        )
    if path.is_dir():
        raise FileError(
            f"{path.name}: is a folder, and a file is expected. In it: {list_folder(path)}."
        )
    data = path.read_bytes()
    packed = data.startswith(b"\x1f\x8b")
    if packed and path.suffix.lower() != ".gz":
        raise FileError(f"{path.name}: is packed with gzip. Let its name end in .gz.")
    if path.suffix.lower() == ".gz":
        if data and not packed:
            raise FileError(f"{path.name}: is not packed with gzip. Take the .gz off its name.")
        try:
            data = gzip.decompress(data)
        except (EOFError, OSError, zlib.error) as error:
            raise FileError(
                f"{path.name}: the gzip ends too early or is damaged ({error}). Nothing of it was "
                "kept. Get the file again."
            ) from error
    if not data or data.isspace():
        raise FileError(f"{path.name}: is empty.")
    return Text(path.name, data.removeprefix(b"\xef\xbb\xbf"), encoding, comments)


def find_layout(text: Text, *, header: bool | None = None) -> Layout:
    """Find what separates the fields, and whether the first line names the columns.

    Without being told (``header``), the first line is taken for names when it begins with two
    words and the second with two numbers, or when it reads like ``source, target``.
    """
    if b"\0" in text.data:
        raise FileError(
            f"{text.name}: is no text (it holds zero bytes). It is binary, or UTF-16: save it as "
            "UTF-8 then."
        )
    lines = list(islice(_lines(text), 2))
    if not lines:
        raise FileError(f"{text.name}: holds comments and empty lines only.")
    number, first = lines[0]
    separator = next((s for s in _SEPARATORS if s in first.strip()), BLANKS)
    rows = [next(_fields([line], separator)) for _, line in lines]
    if len(rows[0]) < 2:
        raise FileError(
            f"{text.name}, line {number}: {shorten(first)!r} is one field, and two are expected, "
            "with a comma, a tab, a semicolon, a bar or a blank between them."
        )
    if header is None:
        named = all(_HEADER.fullmatch(field.strip()) for field in rows[0][:2])
        numbers = all(map(is_number, rows[-1][:2]))
        header = not any(map(is_number, rows[0][:2])) and (named or numbers)
    if header and len(rows) < 2:
        raise FileError(
            f"{text.name}, line {number}: {shorten(first)!r} is a header, and no row follows it."
        )
    names = [field.strip() for field in rows[0]]
    if not header:
        names = ["a", "b", *(f"column {i}" for i in range(3, 1 + len(names)))]
    elif len(set(names)) < len(names):
        raise FileError(f"{text.name}, line {number}: {shorten(first)!r} names a column twice.")
    return Layout(separator, names, header, rows[bool(header)])


def read_rows(
    text: Text,
    kinds: Mapping[str, Kind],
    *,
    separator: str,
    header: bool = False,
    once: str | None = None,
) -> Rows:
    """Read the rows of a text, every field of the kind that its column should be.

    Parameters
    ----------
    text : Text
    kinds : dict of name -> Kind
        The columns, in the order of the file.
    separator : str
        One sign, ``::``, or `BLANKS`.
    header : bool
        Whether the first line names the columns; it is left out.
    once : str, optional
        The column in which nothing may stand twice.

    Raises
    ------
    FileError
        With the number and the content of the first line that is no such row.
    """
    data, comments = text.data, 0
    if any(sign.encode() in data for sign in text.comments):
        data, comments = re.subn(rb"(?m)^[ \t]*[%s][^\n]*\n?" % text.comments.encode(), b"", data)
    trouble, table = "", None
    try:
        table = _read_quickly(data, kinds, separator, header, text.encoding)
    except (ValueError, OverflowError, pd.errors.ParserWarning) as error:
        trouble = str(error).strip()
    if table is not None:
        wrong = [name for name, kind in kinds.items() if not kind.holds(table[name])]
        if once and table[once].duplicated().any():
            wrong.append(once)
        trouble = ", ".join(wrong)
    # a row that ends too early leaves its last cell empty
    if trouble or table.iloc[:, -1].isna().any():
        _name_the_first_bad_line(text, kinds, separator, header, once)
    if trouble:
        raise FileError(f"{text.name}: cannot be read as {', '.join(kinds)} ({trouble}).")
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    left_out = {"comments": comments, "empty lines": lines - len(table) - bool(header)}
    return Rows(table, {what: n for what, n in left_out.items() if n > 0})


def check_columns(table: pd.DataFrame, kinds: Mapping[str, Kind], *, name: str) -> pd.DataFrame:
    """Let a table in whose columns are of their kinds, or name the first row that is wrong."""
    for column, kind in kinds.items():
        if kind.holds(table[column]):
            continue
        fields = table[column].astype(object).where(table[column].notna(), "")
        for row, field in enumerate(fields.tolist()):
            if not kind.fits(str(field)):
                raise FileError(
                    f"{name}, row {row}: {column} is {shorten(str(field))!r}, where "
                    f"{kind.means} is expected."
                )
        raise FileError(f"{name}: {column} is {table[column].dtype}, and {kind.means} is expected.")
    return table


def is_number(field: str) -> bool:
    """Whether a field is written like a number (``nan`` and ``inf`` are none)."""
    try:
        return bool(np.isfinite(float(field)))
    except ValueError:
        return False


def list_folder(folder: Path) -> str:
    """The names of what lies in a folder, as many as fit into a message."""
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return shorten(", ".join(names), 200) or "nothing"


def shorten(text: str, length: int = 60) -> str:
    """The beginning of a text that may be long."""
    text = text.strip("\r\n")
    return text if len(text) <= length else f"{text[:length]}..."


def _is_moment(column: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(column):
        return WHOLE.holds(column) and column.max() < 2**32  # more would be milliseconds
    times = pd.to_datetime(column, errors="coerce", format="ISO8601", utc=True)
    return times.notna().all()


def _read_quickly(
    data: bytes, kinds: Mapping[str, Kind], separator: str, header: bool, encoding: str
) -> pd.DataFrame:
    if separator == _PAIR:
        data, separator = data.replace(_PAIR.encode(), _ONE.encode()), _ONE
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # a first row that is too long
        return pd.read_csv(
            io.BytesIO(data),
            sep=r"\s+" if separator == BLANKS else separator,
            header=0 if header else None,
            names=list(kinds),
            index_col=False,
            dtype={name: kind.dtype for name, kind in kinds.items() if kind.dtype},
            keep_default_na=False,
            # R writes NA into an empty cell; an id may well be called so
            na_values={n: ["", "NA"] if kind == ANY else [""] for n, kind in kinds.items()},
            skipinitialspace=True,
            quoting=csv.QUOTE_MINIMAL if separator in ",;" else csv.QUOTE_NONE,
            low_memory=False,
            encoding=encoding,
        )


def _name_the_first_bad_line(
    text: Text, kinds: Mapping[str, Kind], separator: str, header: bool, once: str | None
) -> None:
    """Go through the lines, as slowly as it takes, and stop at the first one that is no row."""
    seen: dict[str, int] = {}
    begun: list[tuple[int, str]] = []  # the lines of one row: more where a quote spans them

    def lines() -> Iterator[str]:
        for number, line in _lines(text):
            begun.append((number, line))
            yield line

    for row, fields in enumerate(_fields(lines(), separator)):
        number, line = begun[0]
        begun.clear()
        if row == 0 and header:
            continue
        complaint = _complaint(fields, kinds)
        if once and not complaint:
            key = fields[list(kinds).index(once)]
            if key in seen:
                complaint = f"{once} {key!r} stands in line {seen[key]} already"
            seen[key] = number
        if complaint:
            raise FileError(
                f"{text.name}, line {number}: {shorten(line)!r}: {complaint}. Mend the line or "
                "take it out; nothing was loaded."
            )


def _lines(text: Text) -> Iterator[tuple[int, str]]:
    """Number the lines that are neither empty nor a comment."""
    for number, raw in enumerate(io.BytesIO(text.data), 1):
        try:
            line = raw.decode(text.encoding)
        except UnicodeDecodeError as error:
            raise FileError(
                f"{text.name}, line {number}: is not written in {text.encoding}. As latin-1 it "
                f"reads {shorten(raw.decode('latin-1'))!r}: if that is right, pass "
                "encoding='latin-1'."
            ) from error
        bare = line.strip()
        if bare and bare[0] not in text.comments:
            yield number, line


def _fields(lines: Iterable[str], separator: str) -> Iterator[list[str]]:
    if separator == BLANKS:
        return (line.split() for line in lines)
    if separator == _PAIR:
        return (line.rstrip("\r\n").split(_PAIR) for line in lines)
    quoting = csv.QUOTE_MINIMAL if separator in ",;" else csv.QUOTE_NONE
    return csv.reader(lines, delimiter=separator, skipinitialspace=True, quoting=quoting)


def _complaint(fields: list[str], kinds: Mapping[str, Kind]) -> str | None:
    if len(fields) != len(kinds):
        columns = list(kinds) if len(kinds) < 10 else [*list(kinds)[:3], "...", list(kinds)[-1]]
        s = "" if len(fields) == 1 else "s"
        return f"{len(fields)} field{s}, and {len(kinds)} are expected ({', '.join(columns)})"
    for field, (name, kind) in zip(fields, kinds.items(), strict=True):
        if not kind.fits(field.strip()):
            return f"{name} is {shorten(field)!r}, and {kind.means} is expected"
    return None
