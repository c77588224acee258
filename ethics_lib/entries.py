"""Entries: what stands in a file of an archive, one entry at a time, however large the file is.

A JSON text is walked and never held: each entry comes with the names on the way to it. What is not
as it should be raises `Unreadable`, which says where and never what. The small readers below it
give None for whatever an entry does not have, so that a layout can ask without fear.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import BinaryIO
from urllib.parse import urlsplit

import ijson

__all__ = [
    "LONGEST",
    "LONGEST_LINE",
    "LONGEST_TEXT",
    "Entry",
    "Path",
    "Unreadable",
    "called",
    "dig",
    "find_label",
    "host",
    "labels",
    "mask",
    "mend",
    "moment",
    "read_csv",
    "read_json",
    "read_lines",
    "text",
]

LONGEST = 64 * 2**20
"""Bytes that one entry of a JSON text may take. On X a whole chat is one: 150,000 messages."""

LONGEST_TEXT = 2**22
"""Bytes that one text or number in it may take; the parser takes it up again with each chunk."""

LONGEST_LINE = 2**20
"""Bytes that a line of any other text may take."""

_DEEPEST = 64
_LONGEST_NAME = 2**12  # letters of a name in JSON, which is looked at with each entry below it
_LONGEST_MOMENT = 40
_LONGEST_HOST = 253  # RFC 1035, in letters
_CHUNK = 2**16
_EARLIEST, _LATEST = 315_532_800, 4_102_444_800  # 1980 and 2100, in seconds since 1970
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_FORMATS = (
    "%Y-%m-%d %H:%M:%S UTC",
    "%Y/%m/%d %H:%M:%S UTC",
    "%a %b %d %H:%M:%S %z %Y",
    "%a %b %d %H:%M:%S UTC %Y",
    "%m/%d/%y, %I:%M %p",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d-%B-%Y",
)


Path = tuple[str, ...]
"""The names on the way to what stands in a file."""

Entry = tuple[Path, object]
"""What stands there, and the names on the way to it."""


class Unreadable(Exception):
    """A file is not what its name says; the message says where it stops, not what stands there."""


class _Utf8:
    """A stream of bytes as clean UTF-8: no mark at its start, what is no letter replaced.

    ``end`` is a sign that must come up at least every so many bytes.
    """

    def __init__(
        self, stream: BinaryIO, end: bytes, longest: int, seen: Callable[[int], object]
    ) -> None:
        self.stream, self.end, self.longest, self.seen = stream, end, longest, seen
        self.decoder: codecs.IncrementalDecoder | None = None
        self.since = 0

    def read(self, size: int = -1) -> bytes:
        """Some of the next bytes, and none at the end; how many are asked for is taken lightly."""
        if size == 0:
            return b""
        while True:
            raw = self.stream.read(_CHUNK)
            self.seen(len(raw))
            if self.decoder is None:
                mark = next((code for bom, code in _BOMS.items() if raw.startswith(bom)), "utf-8")
                self.decoder = codecs.getincrementaldecoder(mark)("replace")
            clean = self.decoder.decode(raw, final=not raw).encode("utf-8", "replace")
            if clean or not raw:
                break
        last = clean.rfind(self.end)
        while last >= 0 and self.end == b'"' and clean[last - 1 : last] in (b"", b"\\"):
            last = clean.rfind(self.end, 0, last)  # it may stand in the text, as \"
        self.since = self.since + len(clean) if last < 0 else len(clean) - last
        if self.since > self.longest:
            raise Unreadable(f"it holds a text or a line longer than {self.longest // 2**20} MB")
        return clean


def read_json(
    stream: BinaryIO,
    *,
    mending: bool = False,
    script: bool = False,
    seen: Callable[[int], object] = int,
) -> Iterator[Entry]:
    """Walk a JSON text, and yield each entry with the names on the way to it.

    Objects are walked into. A plain value is an entry; so is each element of a list, as a whole.

    Parameters
    ----------
    stream : binary stream
    mending : bool
        Whether names and texts are mended as `mend` does.
    script : bool
        Whether it is a script that begins with ``window.YTD.likes.part0 =`` or the like. It is
        never run: what stands up to the first ``=`` is cut off.
    seen : callable
        Told how many bytes were read.

    Raises
    ------
    Unreadable
        Where it is no JSON, after all entries that stand before that place.

    Examples
    --------
    >>> from io import BytesIO
    >>> list(read_json(BytesIO(b'{"likes": [{"of": "tea"}], "made": {"in": 2026}}')))
    [(('likes',), {'of': 'tea'}), (('made', 'in'), 2026)]
    """
    source = _Utf8(stream, b'"', LONGEST_TEXT, seen)
    if script:
        source = _Rest(source)
    events = ijson.basic_parse(source)  # as floats, one number beyond 64 bits would end the file
    walked = 0
    try:
        for entry in _walk(events, mend if mending else str):
            walked += 1
            yield entry
    except (ijson.JSONError, ValueError, OverflowError, RecursionError):
        after = f" after its entry {walked:,}" if walked else ""
        raise Unreadable(f"it is no JSON{after}: damaged, cut short, or something else") from None


class _Rest:
    """What follows the first ``=`` of a script."""

    def __init__(self, source: _Utf8) -> None:
        self.source = source
        head, _, self.left = source.read(4096).partition(b"=")
        if b"{" in head or b"[" in head:  # JSON as it is
            self.left = head + b"=" * bool(self.left) + self.left

    def read(self, size: int = -1) -> bytes:
        """As `_Utf8.read`."""
        if size == 0:
            return b""
        left, self.left = self.left, b""
        return left or self.source.read(size)


def _walk(events: Iterable[tuple[str, object]], tidy: Callable[[str], str]) -> Iterator[Entry]:
    path: list[str] = []
    entry: list[dict | list] = []  # the element of a list that is being put together: its branch
    listed, name, size = False, "", 0
    for event, value in events:
        size += 8
        if isinstance(value, str):
            value = tidy(value)
            size += len(value)
        elif isinstance(value, Decimal):
            value = float(value)
        if size > LONGEST or len(entry) + len(path) > _DEEPEST:
            raise Unreadable("an entry is too large, or nested too deeply, to be held")
        if event == "map_key":
            if len(value) > _LONGEST_NAME:
                raise Unreadable("a name in it is too long to be honest")
            if entry:
                name = value
            else:
                path[-1] = value
        elif event in _OPENS:
            if entry or listed:
                entry.append(_put(entry, name, _OPENS[event]()))
            elif event == "start_array":
                listed = True
            else:
                path.append("")
        elif event in _CLOSES:
            if entry:
                done = entry.pop()
                if not entry:
                    size = 0
                    yield tuple(path), done
            elif event == "end_array":
                listed = False
            else:
                path.pop()
        elif entry:
            _put(entry, name, value)
        else:
            size = 0
            yield tuple(path), value


_OPENS = {"start_map": dict, "start_array": list}
_CLOSES = ("end_map", "end_array")


def _put(branch: list[dict | list], name: str, value: object) -> object:
    """Put a value into the innermost part of an entry, if there is one."""
    if branch:
        if isinstance(branch[-1], list):
            branch[-1].append(value)
        else:
            branch[-1][name] = value
    return value


def read_lines(stream: BinaryIO, *, seen: Callable[[int], object] = int) -> Iterator[str]:
    """The lines of a text, without what ends them."""
    source, rest = _Utf8(stream, b"\n", LONGEST_LINE, seen), b""
    while clean := source.read(_CHUNK):
        *whole, rest = (rest + clean).split(b"\n")
        yield from (line.decode("utf-8").rstrip("\r") for line in whole)
    if rest:
        yield rest.decode("utf-8").rstrip("\r")


def read_csv(stream: BinaryIO, *, seen: Callable[[int], object] = int) -> Iterator[Entry]:
    """The rows of a table, each as pairs of a column's name and a cell; names may stand twice.

    A block that begins with ``Notes:`` and ends with an empty line is passed over.
    """
    size = 0  # of the row so far: one with quotes goes on over many lines

    def lines() -> Iterator[str]:
        nonlocal size
        for line in read_lines(stream, seen=seen):
            size += len(line) + 1
            if size > LONGEST_LINE:
                raise Unreadable(f"a row of it is longer than {LONGEST_LINE // 2**20} MB")
            yield f"{line}\n"

    rows = csv.reader(lines())
    try:
        header = next(rows, [])
        if [cell.strip() for cell in header] == ["Notes:"]:
            header = next((row for row in _after_blank(rows) if row), [])
        header = [name.strip() for name in header]
        for row in rows:
            size = 0
            if row:
                yield (), list(zip(header, row, strict=False))
    except csv.Error:
        raise Unreadable("it is no table with commas") from None


def _after_blank(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    for row in rows:
        if not any(row):
            break
    return rows


def mend(words: str) -> str:
    """Put letters right that were written as Latin-1 and are UTF-8, as Meta writes them.

    Examples
    --------
    >>> mend("Caf\\u00c3\\u00a9")
    'Café'
    """
    if words.isascii():
        return words
    try:
        return words.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return words


def dig(entry: object, *names: str | int) -> object:
    """What stands in an entry under these names, or None.

    Examples
    --------
    >>> dig({"data": [{"text": "tea"}]}, "data", 0, "text"), dig({"data": None}, "data", 0, "text")
    ('tea', None)
    """
    for name in names:
        if not isinstance(entry, (dict, list)):
            return None
        try:
            entry = entry[name]
        except (KeyError, IndexError, TypeError):
            return None
    return entry


def text(entry: object, *names: str | int) -> str | None:
    """The text that stands there, without blanks around it; None for an empty one."""
    found = dig(entry, *names)
    return (found.strip() or None) if isinstance(found, str) else None


def labels(entry: object) -> Iterator[tuple[str, object]]:
    """All labels of an entry of Meta's newer kind, in order, with the value or the time of each.

    Examples
    --------
    >>> owner = {"title": "Owner", "dict": [{"dict": [{"label": "Name", "value": "Oar"}]}]}
    >>> list(labels({"timestamp": 1, "label_values": [owner]}))
    [('Name', 'Oar')]
    """
    if isinstance(entry, list):
        for part in entry:
            yield from labels(part)
    elif isinstance(entry, dict):
        label = entry.get("label")
        if isinstance(label, str):
            values = entry.get("vec")
            for value in values if isinstance(values, list) else [entry]:
                found = dig(value, "value") or dig(value, "timestamp_value")
                if found is not None:
                    yield label, found
        for name in ("label_values", "dict"):
            yield from labels(entry.get(name))


def find_label(entry: object, *wanted: str) -> object:
    """The first value under one of these labels, looked for in the order given; or None."""
    found = list(labels(entry))
    return next((value for label in wanted for name, value in found if name == label), None)


def moment(value: object) -> int | None:
    """A time as seconds since 1970, UTC where no zone stands; None for what is no time.

    Numbers may count seconds, thousandths or millionths, and may be written as text.

    Examples
    --------
    >>> moment(1768417331), moment("2026-01-14T19:02:11.000Z"), moment("N/A"), moment(0)
    (1768417331, 1768417331, None, None)
    """
    if isinstance(value, str):
        value = _read_moment(value.strip())
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    for per_second in (1, 1_000, 1_000_000):
        if _EARLIEST * per_second <= value < _LATEST * per_second:
            return int(value // per_second)
    return None


def _read_moment(words: str) -> float | None:
    if words.isascii() and words.isdigit() and len(words) < 20:
        return int(words) if len(words) > 8 else None
    if len(words) > _LONGEST_MOMENT:
        return None
    try:
        read = datetime.fromisoformat(words)
    except ValueError:
        read = None
    for form in _FORMATS if read is None else ():
        try:
            read = datetime.strptime(words, form)
            break
        except ValueError:
            continue
    if read is None:
        return None
    try:
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (OverflowError, ValueError):
        return None


def mask(address: str) -> str:
    """What of a number or an e-mail address may be seen: it may be another person's.

    Examples
    --------
    >>> mask("+447700900456"), mask("wren@example.org")
    ('ends in 456', 'w...@example.org')
    """
    name, at, domain = address.partition("@")
    return f"{name[:1]}...@{domain}" if at else f"ends in {address[-3:]}"


def host(address: str | None) -> str | None:
    """The site of an address, and nothing behind it: a path tells more, and may name somebody.

    Examples
    --------
    >>> host("https://www.tea.example/for/two?me=1"), host("tea")
    ('tea.example', None)
    """
    try:
        found = urlsplit(address or "").hostname
    except ValueError:
        return None
    return found.removeprefix("www.") if found and len(found) <= _LONGEST_HOST else None


def called(words: str) -> str | None:
    """The account that words looked for name, as ``@oar``, ``from:oar`` or ``to:oar``; or None.

    Examples
    --------
    >>> called("tea by @oar"), called("tea for two")
    ('oar', None)
    """
    found = re.search(r"(?:^|\s)(?:@|(?:from|to):@?)(\w[\w.-]*)", words)
    return found[1] if found else None
