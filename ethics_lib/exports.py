"""Exports: what a platform hands out to a person who asks for their data, as tables, and back.

What is read stays in memory. No other person's name gets past the door, nothing of what stands in
an archive is logged or said in an error, and what could not be read is listed, file by file.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

import pandas as pd
from tqdm.auto import tqdm

from ethics_lib.archives import Archive, ArchiveError, Member, open_archive
from ethics_lib.doors import OWNER, Door
from ethics_lib.entries import Entry, Unreadable, read_csv, read_json, read_lines
from ethics_lib.layouts import Layout, Me, Part, Row, plain
from ethics_lib.tables import EthicsLibError, TableError, check_name

__all__ = ["PLATFORMS", "Export", "read_export"]

PLATFORMS = "instagram facebook x tiktok google linkedin snapchat whatsapp".split()
"""Whose archives can be read: a file each in the drawer `platforms`."""

_MEDIA = re.compile(
    r"\.(jpe?g|png|gif|webp|heic|mp4|mov|webm|mp3|m4a|aac|ogg|opus|wav|pdf|vcf|ico|svg|css|woff2?)$"
)
_LEFT_THERE = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)")
_STRANGE = (
    "none of its entries has a shape that we know: if its labels are in another language, set your "
    "language there to English, and ask again"
)
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
        return len({OWNER}.union(*(end.unique() for end in ends))) - 1  # ends are long: no copies

    @property
    def choices(self) -> pd.DataFrame:
        """The owner's last word on each purpose: those rows of ``consents``."""
        words = self.consents.sort_values("time", kind="stable")
        return words.drop_duplicates("purpose", keep="last")

    def __repr__(self) -> str:
        files = self.files.groupby("status")["files"].sum()
        said = ", ".join(f"{n:,.0f} {status}" for status, n in files.items())
        return (
            f"{self.platform} archive. Files, or parts of one: {said}. "
            f"Traces: {len(self.traces):,}; ties: {len(self.ties):,}; beliefs: "
            f"{len(self.beliefs):,}; advertisers: {self.advertisers['advertiser'].nunique():,}; "
            f"other people: {self.others:,}."
        )


def read_export(
    path: str | Path | BinaryIO,
    *,
    platform: str | None = None,
    holder: str = "",
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
    holder : str
        Who handed it out, if not the platform whose layout it has, as in Brightwater.
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
        When it is no zip, when nothing in it is known, or when all of it is HTML or in another
        language. No message tells what stands in the archive.
    UnknownNameError
        When ``platform`` is not one of `PLATFORMS`.
    TableError
        When ``holder`` or ``name`` is no text.
    """
    try:
        for what, words in (("holder", holder), ("name", name)):
            if not isinstance(words, str):
                raise TableError(f"{what}: got {type(words).__name__}, and a text is needed.")
        return _read_archive(path, platform, holder, name, progress)
    except (EthicsLibError, FileNotFoundError, KeyboardInterrupt) as problem:
        # a traceback may be printed with what each function holds: it ends here
        problem.__context__ = None
        raise problem.with_traceback(None) from None
    except Exception:  # a fault of ours must not print what stands there
        raise ArchiveError(
            "Our reader stumbled over this archive. Unpack it, and pass one of its files."
        ) from None


def _read_archive(
    path: str | Path | BinaryIO, platform: str | None, holder: str, name: str, progress: bool
) -> Export:
    with open_archive(path) as archive:
        layout = _find_layout([m.name for m in archive.members], platform)
        door = Door(holder or layout.platform)
        if name:
            door.take(Me(name))
        hits = (layout.find(member.name) for member in archive.members)
        here = {hit[0] for hit in hits if hit and "*" not in hit[0]}
        here |= {member.name for member in archive.members}
        plans = [(member, *_plan(layout, member, here)) for member in archive.members]
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


def _layout_of(platform: str) -> Layout:
    return import_module(f"ethics_lib.platforms.{platform}").LAYOUT


def _layouts() -> Iterator[Layout]:
    """The layout of each platform."""
    return map(_layout_of, PLATFORMS)


def _find_layout(names: list[str], platform: str | None) -> Layout:
    """The layout that most of these files belong to; what is one platform's alone counts first."""
    if platform is not None:
        return _layout_of(check_name(platform, PLATFORMS, what="platform"))

    # what would be known if it were no HTML is known as well
    names = [*names, *(json for name in names if (json := _as_json(name)) != name)]

    def fit(layout: Layout) -> tuple[int, int]:
        known = sum((layout.find(name) or layout.asks(name)) is not None for name in names)
        return layout.count_signs(names), known

    fits, best = max(((fit(layout), layout) for layout in _layouts()), key=itemgetter(0))
    if fits == (0, 0):
        raise ArchiveError(
            "No file in it has a name that we know. Pass the archive of one platform: "
            f"{', '.join(PLATFORMS)}. If it is one of these, it may be in another language, or "
            "HTML: ask the platform again, with its language set to English, and choose JSON."
        )
    return best


def _plan(
    layout: Layout, member: Member, here: set[str]
) -> tuple[Part | None, str, tuple[str, str]]:
    """How a member is read, or None; what it is called; what becomes of it otherwise, and why.

    ``here`` are the files that the archive has, by their paths, and by their patterns where a
    pattern means one file.
    """
    name = member.name
    again, found, twin = layout.asks(name), layout.find(name), layout.find(_as_json(name))
    label = (again or found or twin or [_label(name)])[0]
    if member.why:
        return None, label, ("not understood", member.why)
    if again:
        return None, label, ("not understood", again[1])
    if found:
        return found[1], label, ("", "")
    if twin:
        label = re.sub(r"\.json$", ".html", label)
        if twin[0] in here or _as_json(name) in here:
            return None, label, ("skipped", "its JSON is in the archive as well")
        return None, label, ("not understood", _IN_HTML)
    if name.lower().endswith(".zip"):
        return None, label, ("skipped", "an archive of its own: read it by itself")
    if _LEFT_THERE.search(name):
        return None, label, ("skipped", "left there by a computer, and not by the platform")
    if why := layout.skips(name):
        return None, label, ("skipped", why)
    if _MEDIA.search(name.lower()):
        return None, label, ("skipped", "a picture, a sound or a document: not opened")
    if _as_json(name) != name:
        return None, label, ("not understood", _IN_HTML)
    return None, label, ("not understood", f"no file that we know of {layout.platform}")


def _as_json(name: str) -> str:
    """What an HTML file would be called if the platform had been asked for JSON."""
    return re.sub(r"\.html?$", ".json", name, flags=re.IGNORECASE)


def _label(name: str) -> str:
    """What an unknown file is called here: without what may be somebody's name."""
    short = plain(name)
    if ending := _MEDIA.search(short):
        return f"a file{ending[0]}"
    short = "/".join(short.split("/")[-2:])
    # a word that no platform names its files with may be somebody's name
    return re.sub(r"[^\W_]+", lambda word: word[0] if word[0] in _words() else "*", short)


@cache
def _words() -> frozenset[str]:
    """The words in the names of files that we know."""
    layouts = map(_layout_of, PLATFORMS)
    known = [name for one in layouts for name in (*one.parts, *one.why_not, *one.signs)]
    return frozenset(["zip", *re.findall(r"[^\W\d_]+", " ".join(known))])


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
            for label, found in _sections(part, file, entries):
                rows[label] += 0  # read, even if it says nothing
                for row in found:
                    try:
                        door.take(row)
                        rows[label] += 1
                    except (TypeError, ValueError):  # None, or a value that is none
                        odd[label] += 1
    except Unreadable as problem:
        why = str(problem)
    except zipfile.BadZipFile:
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


def _sections(
    part: Part, label: str, entries: Iterator[Entry]
) -> Iterator[tuple[str, Iterator[Row | None]]]:
    """What a file, or each section of it, is called, and its rows."""
    if not isinstance(part.read, dict):
        yield label, part.read(entries)
        return
    sections = part.read

    def section_of(entry: Entry) -> str:
        return next((name for name in entry[0][:2] if name in sections), "")

    # where nothing stands, nothing is unknown
    filled = (entry for entry in entries if entry[1] is not None or section_of(entry))
    for section, within in groupby(filled, section_of):
        if section:
            yield f"{label}: {section}", sections[section].read(within)
        else:
            yield f"{label}: a part that we do not know", (None for _ in within)


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
    """What to do about an archive of which no file could be read; what most files lack first."""
    files = door.tables(pd.Timestamp(0))["files"].sort_values("files", ascending=False)
    reasons = files.groupby("status", sort=False)["why"].unique()
    why = [*reasons.get("not understood", []), *reasons.get("skipped", [])][:3]
    if why[:1] == [_IN_HTML]:
        return (
            f"This archive of {layout.platform} is HTML, made to be looked at. Ask again and "
            "choose JSON as the format."
        )
    return f"No file of this archive of {layout.platform} could be read: {'; '.join(why)}."
