"""Archives: a zip or a folder that somebody hands you, opened as if it could not be trusted.

Nothing is ever unpacked onto a disk. A member that could do harm, by its path, its size or what it
is, stays closed and is listed with the reason.
"""

from __future__ import annotations

import os
import re
import stat
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pandas as pd

from ethics_lib.rows import FileError

__all__ = ["LIMITS", "Archive", "ArchiveError", "Member", "open_archive"]

LIMITS: dict[str, int] = {
    "members": 500_000,
    "bytes in all": 16 * 2**30,
    "times its packed size": 200,
}
"""What an archive may hold. Text as platforms write it packs to a tenth or a fiftieth."""

_SMALL = 2**20  # bytes; an honest file of spaces may be packed to a thousandth
_KNOWN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_OUTSIDE = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|\0|\\")
_PACKED_OTHERWISE = {b"\x1f\x8b": "a .tgz", b"7z": "a .7z", b"Ra": "a .rar"}


class ArchiveError(FileError):
    """The archive as a whole cannot be read; the message never says what stands in it."""


class Member(NamedTuple):
    """One file of an archive; ``why`` says why it stays closed, and is empty if it does not."""

    name: str
    size: int
    why: str = ""


class Archive:
    """An open archive: what is in it, and a stream of bytes for each member. Close it, or use with.

    Attributes
    ----------
    members : list of Member
        In the order of their names.
    made : time
        When the newest member was written.
    """

    def __init__(self) -> None:
        self.members: list[Member] = []
        self.made = pd.Timestamp(0)
        self._open = ExitStack()
        self._zip: zipfile.ZipFile | None = None
        self._folder: Path | None = None

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def __repr__(self) -> str:
        return f"Archive of {len(self.members):,} files"

    def open(self, member: Member) -> BinaryIO:
        """A stream of one member's bytes; what was damaged is found out while reading."""
        if self._zip is not None:
            return self._zip.open(member.name)
        return (self._folder / member.name).open("rb")


def open_archive(path: str | Path | BinaryIO) -> Archive:
    """Look into a zip, a folder or a single file, and decide what of it may be opened.

    Parameters
    ----------
    path : path, or a binary stream of a zip

    Raises
    ------
    FileNotFoundError
        When there is nothing of that name.
    ArchiveError
        When it is no zip, was cut short, or holds more than `LIMITS` allow.
    """
    archive = Archive()
    if isinstance(path, (str, os.PathLike)):
        path = Path(path)
        if not path.exists():
            raise FileNotFoundError(
                "There is no such file or folder. Pass the path of the zip that you were given, "
                "or of the folder that you unpacked it into."
            )
        if path.is_dir():
            archive._folder = path
            members, moments = _members_of_folder(path)
        elif _is_zip(path):
            members, moments = _members_of_zip(archive, path)
        else:
            archive._folder = path.parent
            members = [Member(path.name, path.stat().st_size)]
            moments = [path.stat().st_mtime]
    else:
        members, moments = _members_of_zip(archive, path)
    if not members:
        raise ArchiveError("The archive is empty. Ask the platform for it again.")
    if moments:
        archive.made = pd.Timestamp(max(moments), unit="s").floor("s")
    archive.members = sorted(_within_limits(members))
    return archive


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        first = file.read(4)
    if packed := _PACKED_OTHERWISE.get(first[:2]):
        raise ArchiveError(
            f"This is {packed}, and only .zip is read. Unpack it and pass the folder, or ask for a "
            ".zip."
        )
    return first[:2] == b"PK" or path.suffix.lower() == ".zip"


def _members_of_zip(archive: Archive, file: Path | BinaryIO) -> tuple[list[Member], list[float]]:
    try:
        archive._zip = archive._open.enter_context(zipfile.ZipFile(file))
        infos = [info for info in archive._zip.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        archive._open.close()
        raise ArchiveError(
            "This is no zip, or a zip that was cut short or damaged. Download it again, wait until "
            "the download has ended, and pass the path of the .zip."
        ) from None
    seen: set[str] = set()
    members, moments = [], []
    for info in infos:
        why = "its name stands twice in the archive" if info.filename in seen else _closed(info)
        seen.add(info.filename)
        members.append(Member(info.filename, info.file_size, why))
        try:
            moments.append(pd.Timestamp(*info.date_time).timestamp())
        except ValueError:  # the thirteenth month
            continue
    return members, moments


def _closed(info: zipfile.ZipInfo) -> str:
    """Why a member of a zip stays closed."""
    times = info.file_size / max(info.compress_size, 1)
    if _OUTSIDE.search(info.filename):
        return "its path leads out of the archive"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a link, and no file"
    if info.flag_bits & 1:
        return "it is encrypted: unpack it with its password, and pass the folder"
    if info.compress_type not in _KNOWN:
        return "it is packed in a way that Python does not know"
    if info.file_size > _SMALL and times > LIMITS["times its packed size"]:
        return f"it would unpack to {times:,.0f} times its size: a zip bomb"
    return ""


def _members_of_folder(folder: Path) -> tuple[list[Member], list[float]]:
    members, moments = [], []
    for path in _files(folder):
        found = path.lstat()
        why = ""
        if stat.S_ISLNK(found.st_mode):
            why = "it is a link, and no file"
        elif not stat.S_ISREG(found.st_mode):
            why = "it is no ordinary file"
        members.append(Member(path.relative_to(folder).as_posix(), found.st_size, why))
        moments.append(found.st_mtime)
    return members, moments


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):  # follows no link
        yield from (Path(place) / name for name in names)


def _within_limits(members: list[Member]) -> Iterator[Member]:
    if len(members) > LIMITS["members"]:
        raise ArchiveError(
            f"The archive holds {len(members):,} files, and at most {LIMITS['members']:,} are "
            "read. Unpack it, and pass the folder of one platform."
        )
    left = LIMITS["bytes in all"]
    for member in members:
        left -= 0 if member.why else member.size
        too_much = f"more than {LIMITS['bytes in all'] // 2**30} GB stand before it"
        yield member if left >= 0 or member.why else member._replace(why=too_much)
