"""Layouts: what the files of an archive can say, and how a platform's layout is written down.

A layout names the files that a platform hands out and says how each is read, entry by entry, into
a few kinds of row. The layouts themselves stand in the drawer `platforms`, one file a platform;
`exports` makes tables of their rows, and lets no other person's name through.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from ethics_lib.entries import Entry
from ethics_lib.tables import TRAITS

__all__ = [
    "KINDS",
    "MECHANISMS",
    "Believes",
    "Did",
    "Knows",
    "Layout",
    "Made",
    "Me",
    "Part",
    "Reaches",
    "Read",
    "Row",
    "Says",
    "Thing",
    "each",
    "plain",
    "read_listed",
]

KINDS: dict[str, str] = {
    "like": "something liked",
    "view": "something shown or watched",
    "search": "something looked for",
    "visit": "a page opened",
    "purchase": "something bought",
    "event": "something else done at another firm",
    "post": "something written for others to read",
    "message": "something written to one or a few",
    "contact": "a line in an address book",
    "connect": "another firm's app let in",
    "login": "a device that signed in",
    "advert": "an advert shown",
    "advert click": "an advert answered",
}
"""What a trace of an archive may be."""

MECHANISMS: dict[str, str] = {
    "list": "it, or a partner, uploaded a list of customers, and you are on it",
    "pixel": "a tracker saw you on its site or in its app",
    "store visit": "you were in its shop, by your phone",
    "lookalike": "you are like people on its list",
    "kept away": "it asked that you be left out",
    "catalogue": "you looked at things that it sells",
    "belief": "the platform believes something of you that it asked for",
    "answered": "you clicked on what it showed",
}
"""How an advertiser comes to somebody, as archives tell it."""


class Thing(NamedTuple):
    """What something was done to. An ``account`` may be a person, and loses its name.

    ``kind`` is one of account, advertiser, app, search, site, topic.
    """

    kind: str
    name: str


class Did(NamedTuple):
    """Something that was recorded: a trace.

    ``by`` names who told it, if not the archive's owner; ``about`` whom it is about, likewise.
    """

    kind: str
    thing: Thing | None = None
    time: int | None = None
    source: str = "platform"
    by: str = ""
    about: str = ""


class Knows(NamedTuple):
    """Somebody the owner is tied to: a tie. ``context`` says how, such as ``follower``."""

    name: str
    context: str


class Believes(NamedTuple):
    """Something that the platform holds to be so, or was told: a belief.

    ``origin`` is ``declared`` for what the owner said, ``inferred`` for what the platform worked
    out, ``tracked`` for what other firms supplied (in the EDPB's Guidelines 8/2020: provided,
    inferred, supplied by third parties). ``where`` names the list in which it stands.
    """

    trait: str
    value: str | float
    origin: str
    where: str


class Reaches(NamedTuple):
    """An advertiser who can reach the owner, and by which of `MECHANISMS`."""

    advertiser: str
    via: str


class Says(NamedTuple):
    """A choice that the owner has made: a row of the consent ledger."""

    purpose: str
    granted: bool
    how: str = "setting"
    time: int | None = None


class Me(NamedTuple):
    """A name or a number by which the archive calls its owner."""

    name: str


class Made(NamedTuple):
    """When the archive was made."""

    time: int


Row = Did | Knows | Believes | Reaches | Says | Me | Made
"""What a layout may say."""

Read = Callable[[Iterator[Entry]], Iterator["Row | None"]]
"""How a file is read: its entries in, rows out, and None for an entry not understood."""


class Part(NamedTuple):
    """What one file of an archive, or one section of it, says, and how it is read.

    ``read`` takes the entries of the file, each with the names on the way to it. A file that holds
    all has a dict instead, of the parts by their names, on the first or the second level.
    """

    what: str
    read: Read | dict[str, Part]


def each(function: Callable[[tuple[str, ...], object], Iterable[Row] | None]) -> Read:
    """A reader that asks the function about one entry at a time.

    The function gives rows, none of them for an entry that says nothing of use, or None for one
    that it does not understand.
    """

    def read(entries: Iterator[Entry]) -> Iterator[Row | None]:
        for path, entry in entries:
            try:
                rows = function(path, entry)
                rows = rows if rows is None else list(rows)
            except Exception:  # what stands in the entry must not get into a traceback
                rows = None
            if rows is None:
                yield None
            else:
                yield from rows

    return read


def read_listed(words: str, trait: str, origin: str, where: str) -> Believes:
    """What a line of a list of beliefs says: of ``trait``, if it does not name one of the town's.

    Examples
    --------
    >>> read_listed("faith: Tide", "segment", "inferred", "categories")[:2]
    ('faith', 'Tide')
    """
    named, colon, value = words.partition(": ")
    if not colon or named not in TRAITS:
        return Believes(trait, words, origin, where)
    if not TRAITS[named].numeric:
        return Believes(named, value, origin, where)
    try:
        return Believes(named, float(value), origin, where)
    except ValueError:  # no number after all
        return Believes(trait, words, origin, where)


def plain(name: str) -> str:
    """A file's name as layouts are matched: in small letters, with ``_`` for ``'`` and for blanks.

    Examples
    --------
    >>> plain("Advertisers you've interacted with.json")
    'advertisers_you_ve_interacted_with.json'
    """
    return re.sub(r"[\s'’]+", "_", unicodedata.normalize("NFC", name.lower()))


@dataclass(frozen=True)
class Layout:
    """How one platform lays its archive out.

    Parameters
    ----------
    platform : str
        Its name, as ``holder`` in every table.
    parts : dict of pattern -> Part
        By the end of a file's path as `plain` writes it, with ``*`` for any run of signs but
        ``/``, and ``**`` for any at all; the first that fits is taken.
    signs : tuple of patterns
        Files that only this platform hands out.
    why_not : dict of pattern -> reason
        Files that are known and stay closed.
    again : dict of pattern -> reason
        Files in another language or form, which have to be asked for again, and how.
    mending : bool
        Whether texts are mended as `entries.mend` does.
    script : bool
        Whether its ``.js`` files are JSON behind ``name =``.
    """

    platform: str
    parts: dict[str, Part] = field(default_factory=dict)
    signs: tuple[str, ...] = ()
    why_not: dict[str, str] = field(default_factory=dict)
    again: dict[str, str] = field(default_factory=dict)
    mending: bool = False
    script: bool = False

    def find(self, name: str) -> tuple[str, Part] | None:
        """The pattern that a file's path ends with, and what is known of such a file."""
        pattern = _match(name, self.parts)
        return None if pattern is None else (pattern, self.parts[pattern])

    def asks(self, name: str) -> tuple[str, str] | None:
        """The pattern of a file that has to be asked for again, and how."""
        pattern = _match(name, self.again)
        return None if pattern is None else (pattern, self.again[pattern])

    def skips(self, name: str) -> str:
        """Why nothing is read of a known file; empty if it is not known, or is read."""
        pattern = _match(name, self.why_not)
        return "" if pattern is None else self.why_not[pattern]

    def count_signs(self, names: Iterable[str]) -> int:
        """How many of these files are this platform's alone."""
        return sum(_match(name, self.signs) is not None for name in names)


def _match(name: str, patterns: Iterable[str]) -> str | None:
    path, patterns = "/" + plain(name), tuple(patterns)
    if not _as_regex(*patterns).search(path):  # one search for all: archives hold many files
        return None
    return next((p for p in patterns if _as_regex(p).search(path)), None)


@cache
def _as_regex(*patterns: str) -> re.Pattern[str]:
    escaped = (re.escape(plain(pattern)).replace(r"\*\*", ".*") for pattern in patterns)
    return re.compile("/(?:" + "|".join(e.replace(r"\*", "[^/]*") for e in escaped) + ")$", re.S)
