"""Exports: what a platform hands out to a person who asks for their data, as tables, and back.

What is read stays in memory. No other person's name gets past the door, nothing of what stands in
an archive is logged or said in an error, and what could not be read is listed, file by file.
"""

from __future__ import annotations

import lzma
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

import pandas as pd
from tqdm.auto import tqdm

from ethics_lib.archives import Archive, ArchiveError, Member, open_archive
from ethics_lib.doors import OWNER, Door
from ethics_lib.entries import Entry, Unreadable, read_csv, read_json, read_lines
from ethics_lib.layouts import Layout, Me, Part, Row, plain
from ethics_lib.tables import check_name

__all__ = ["PLATFORMS", "Export", "read_export"]

PLATFORMS = "instagram facebook x tiktok google linkedin snapchat whatsapp".split()
"""Whose archives can be read: a file each in the drawer `platforms`."""

_MEDIA = re.compile(
    r"\.(jpe?g|png|gif|webp|heic|mp4|mov|webm|mp3|m4a|aac|ogg|opus|wav|pdf|vcf|ico|svg|css|woff2?)$"
)
# where the name of a file or a folder may be somebody's
_HIDING = re.compile(r"(^|/)(messages|inbox|[a-z_]*threads|direct[a-z_]*)/|whatsapp|chat")
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError)
_STRANGE = "none of its entries has a shape that we know; are its labels in English?"
_IN_HTML = "it is HTML: ask the platform again, and choose JSON"


@dataclass(frozen=True, eq=False)
class Export:
    """What one platform has on one person, as its archive tells it. Shows counts, and no content.

    Attributes
    ----------
    platform : str
        Who handed it out: the ``holder`` in every table.
    made : time
        When the archive was made, as far as it says so.
    traces : DataFrame[person, from_person, kind, item, time, source, purpose, holder, dated]
        What was recorded. The owner is person 0. ``dated`` is False where the archive gives no
        time; ``time`` is then ``made``, by when it was known.
    items : DataFrame[kind, name, topic], index ``item``
        What it was done to. An account may be a person, and is only numbered.
    ties : DataFrame[a, b, context]
        Whom the owner is tied to.
    beliefs : DataFrame
        What the platform holds to be so of the owner; ``method`` names the list it stands in.
    advertisers : DataFrame[advertiser, via, holder]
        Who can reach the owner, and by which of `layouts.MECHANISMS`.
    consents : DataFrame
        The owner's choices.
    files : DataFrame[file, files, status, rows, odd, bytes, why]
        What became of each file; ``odd`` counts its entries that were not understood.
    """

    platform: str
    made: pd.Timestamp
    traces: pd.DataFrame
    items: pd.DataFrame
    ties: pd.DataFrame
    beliefs: pd.DataFrame
    advertisers: pd.DataFrame
    consents: pd.DataFrame
    files: pd.DataFrame

    @property
    def others(self) -> int:
        """How many other people stand in it, each of whom did not ask to."""
        ends = [self.traces["person"], self.traces["from_person"], self.ties["b"]]
        return pd.concat(ends)[lambda person: person != OWNER].nunique()

    def __repr__(self) -> str:
        files = self.files.groupby("status")["files"].sum()
        said = ", ".join(f"{n:,.0f} {status}" for status, n in files.items())
        return (
            f"{self.platform} archive. Files: {said}. Traces: {len(self.traces):,}; ties: "
            f"{len(self.ties):,}; beliefs: {len(self.beliefs):,}; advertisers: "
            f"{self.advertisers['advertiser'].nunique():,}; other people: {self.others:,}."
        )


def read_export(
    path: str | Path | BinaryIO,
    *,
    platform: str | None = None,
    name: str = "",
    progress: bool = False,
) -> Export:
    """Read the archive that a platform hands out, in memory, and list what was not understood.

    Parameters
    ----------
    path : path, or binary stream
        A zip, the folder it was unpacked into, or the one file of a platform that hands out one.
    platform : str, optional
        One of `PLATFORMS`, where the files do not say it.
    name : str
        How chats call you, where the archive does not say whose it is (WhatsApp).
    progress : bool
        Whether to show a bar.

    Returns
    -------
    Export

    Raises
    ------
    FileNotFoundError
        When there is nothing of that name.
    ArchiveError
        When it is no zip, when nothing in it is known, or when all of it is HTML. No message
        tells what stands in the archive.
    UnknownNameError
        When ``platform`` is not one of `PLATFORMS`.
    """
    with open_archive(path) as archive:
        layout = _find_layout([m.name for m in archive.members], platform)
        door = Door(layout.platform)
        if name:
            door.take(Me(name))
        plans = [(member, *_plan(layout, member)) for member in archive.members]
        total = sum(member.size for member, part, _, _ in plans if part)
        with tqdm(total=total, unit="B", unit_scale=True, disable=not progress) as bar:
            for member, part, label, (status, why) in plans:
                if part is None:
                    door.note(label, status, why=why, size=member.size)
                else:
                    _read(archive, member, layout, part, label, door, bar.update)
        if not door.read:
            raise ArchiveError(_why_nothing(door, layout))
        return Export(**door.tables(archive.made))


def _layouts() -> Iterator[Layout]:
    """The layout of each platform."""
    for platform in PLATFORMS:
        yield import_module(f"ethics_lib.platforms.{platform}").LAYOUT


def _find_layout(names: list[str], platform: str | None) -> Layout:
    """The layout that most of these files belong to; what is one platform's alone counts first."""
    if platform is not None:
        check_name(platform, PLATFORMS, what="platform")
        return import_module(f"ethics_lib.platforms.{platform}").LAYOUT

    def fit(layout: Layout) -> tuple[int, int]:
        known = sum(layout.find(name) is not None for name in names)
        return layout.count_signs(names), known

    best = max(_layouts(), key=fit)
    if fit(best) == (0, 0):
        raise ArchiveError(
            "No file in it has a name that we know. Pass the archive of one platform: "
            f"{', '.join(PLATFORMS)}. If it is one of these, it may be in another language, or "
            "HTML: ask the platform again, with its language set to English, and choose JSON."
        )
    return best


def _plan(layout: Layout, member: Member) -> tuple[Part | None, str, tuple[str, str]]:
    """How a member is read, or None; what it is called; what becomes of it otherwise, and why."""
    found = layout.find(member.name)
    label = found[0] if found else _label(member.name)
    if member.why:
        return None, label, ("not understood", member.why)
    if found:
        return found[1], label, ("", "")
    if why := layout.skips(member.name):
        return None, label, ("skipped", why)
    if _MEDIA.search(member.name.lower()):
        return None, label, ("skipped", "a picture, a sound or a document: not opened")
    if layout.find(re.sub(r"\.html?$", ".json", member.name)):
        return None, label, ("not understood", _IN_HTML)
    if member.name.lower().endswith(".zip"):
        return None, label, ("skipped", "an archive of its own: read it by itself")
    return None, label, ("not understood", f"no file that we know of {layout.platform}")


def _label(name: str) -> str:
    """What an unknown file is called here: without what may be somebody's name."""
    short = plain(name)
    ending = re.search(r"\.[a-z0-9]{1,5}$", short)
    if _MEDIA.search(short) or _HIDING.search(short):
        return f"a file{ending[0] if ending else ''}"
    return re.sub(r"[0-9]+", "*", "/".join(short.split("/")[-2:]))


def _read(
    archive: Archive,
    member: Member,
    layout: Layout,
    part: Part,
    file: str,
    door: Door,
    seen: Callable[[int], object],
) -> None:
    """Let one file in; whatever is wrong with it is written down, and never raised."""
    rows, odd, why, label = Counter(), Counter(), "", file
    try:
        with archive.open(member) as stream:
            entries = _entries(stream, member.name, layout, seen)
            for label, row in _rows(part, file, entries):
                (odd if row is None else rows)[label] += 1
                if row is not None:
                    door.take(row)
    except Unreadable as problem:
        why = str(problem)
    except _DAMAGED:
        why = "it is damaged: download the archive again"
    except Exception:  # a fault of ours must not put what stands there into a traceback
        why = "our reader of it stumbled"
    for part_of in dict.fromkeys([*rows, *odd, label]):
        reason = why if part_of == label else ""
        if odd[part_of] and not rows[part_of]:
            reason = reason or _STRANGE
        status = "not understood" if reason and not rows[part_of] else "read"
        size = member.size if part_of == label else 0  # counted once
        door.note(part_of, status, why=reason, rows=rows[part_of], odd=odd[part_of], size=size)


def _rows(part: Part, label: str, entries: Iterator[Entry]) -> Iterator[tuple[str, Row | None]]:
    """The rows of a file, each with what it, or its section, is called."""
    if not isinstance(part.read, dict):
        yield from ((label, row) for row in part.read(entries))
        return
    sections = part.read

    def section_of(entry: Entry) -> str:
        return next((name for name in entry[0][:2] if name in sections), "")

    for section, within in groupby(entries, section_of):
        if section:
            named = f"{label}: {section}"
            yield from ((named, row) for row in sections[section].read(within))
        else:
            yield from ((f"{label}: a part that we do not know", None) for _ in within)


def _entries(
    stream: BinaryIO, name: str, layout: Layout, seen: Callable[[int], object]
) -> Iterator[Entry]:
    ending = name.lower().rpartition(".")[2]
    if ending in ("json", "js"):
        script = layout.script and ending == "js"
        return read_json(stream, mending=layout.mending, script=script, seen=seen)
    if ending == "csv":
        return read_csv(stream, seen=seen)
    return (((), line) for line in read_lines(stream, seen=seen))


def _why_nothing(door: Door, layout: Layout) -> str:
    """What to do about an archive of which no file could be read."""
    files = door.tables(pd.Timestamp(0))["files"]
    if (files["why"] == _IN_HTML).any():
        return (
            f"This archive of {layout.platform} is HTML, made to be looked at. Ask again and "
            "choose JSON as the format."
        )
    reasons = "; ".join(files.loc[files["why"] != "", "why"].unique()[:3])
    return f"No file of this archive of {layout.platform} could be read: {reasons}."
