"""Archives: a zip or a folder that somebody hands you, opened as if it could not be trusted.

Nothing is ever unpacked onto a disk. A member that could do harm, by its path, its size or what it
is, stays closed and is listed with the reason. No error names a file: the name of a chat's archive
is somebody's.
"""

from __future__ import annotations

import io
import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import islice, pairwise
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pandas as pd

from ethics_lib.rows import FileError

__all__ = ["LIMITS", "Archive", "ArchiveError", "Member", "open_archive"]

LIMITS: dict[str, int] = {
    "members": 200_000,
    "bytes of its list": 32 * 2**20,
    "bytes in all": 16 * 2**30,
    "times its packed size": 200,
    "traces": 15_000_000,
    "names": 500_000,
}
"""What an archive may hold. Text as platforms write it packs to a tenth or a fiftieth.

A list of 32 MB takes 0.4 GB of memory at worst, 15 million traces 0.6 GB, half a million
names and other texts 0.5 GB.
"""

_SMALL = 2**20  # bytes; an honest file of spaces may be packed to a thousandth
_LATEST = 4_102_444_800  # 2100, in seconds since 1970
_KNOWN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others unpack more than they are asked
_UTF8 = 0x800  # the flags of a member: its name is UTF-8; it is encrypted, in one of three ways
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_LONGEST = 500  # letters of a path: to hold a long one against patterns is slow
_HEAD = 30  # bytes at least that stand before each member's own
_OUTSIDE = re.compile(r"^/|^[A-Za-z]:|(^|/)\.\.(/|$)|\0|\\")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OTHERS = {
    b"\x1f\x8b": "a .tgz",
    b"BZh": "a .bz2",
    b"\xfd7zXZ": "a .xz",
    b"7z\xbc\xaf": "a .7z",
    b"Rar!\x1a": "a .rar",
}
_CUT = (
    "This is no zip, or a zip that was cut short or damaged. Download it again, wait until the "
    "download has ended, and pass the path of the .zip."
)


class ArchiveError(FileError):
    """The archive as a whole cannot be read; the message never says what stands in it."""


class Member(NamedTuple):
    """One file of an archive; ``why`` says why it stays closed, and is empty if it does not.

    ``size`` counts bytes; it is 0 for what stays closed, whose word is not taken for it.
    """

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

    def __init__(self, found: _Found, most: int, opened: ExitStack) -> None:
        self.members = sorted(_within_limits(found.members, most), key=attrgetter("name"))
        moments = [moment for moment in found.moments if 0 <= moment < _LATEST]
        self.made = pd.Timestamp(max(moments, default=0), unit="s").floor("s")
        self._source, self._opened = found.open, opened

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def __repr__(self) -> str:
        return f"Archive of {len(self.members):,} files"

    def open(self, member: Member) -> BinaryIO:
        """A stream of one member's bytes, and of no more of them than the archive says.

        Raises
        ------
        zipfile.BadZipFile
            When it is damaged, here or while reading; the message does not name it.
        ArchiveError
            When the member stays closed.
        """
        if member.why:
            raise ArchiveError(f"This file stays closed: {member.why}.")
        return _Quiet(_quietly(self._source, member.name))


class _Found(NamedTuple):
    """What was found at a place: its members, when each was written, and how one is opened."""

    members: list[Member]
    moments: list[float]
    open: Callable[[str], BinaryIO]


class _Quiet(io.RawIOBase):
    """A stream whose errors do not say what it is a stream of, as those of zipfile do."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        data = _quietly(self._stream.read, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Sips:
    """A file that is read in sips: zipfile takes the list of a zip's members in one, however long.

    To ask here, and not of the list's stated length, asks of whatever zipfile takes for the list.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        most = LIMITS["bytes of its list"]
        data = self._file.read(min(size, most + 1) if size >= 0 else most + 1)
        if len(data) > most:
            raise ArchiveError(
                f"The list of what the archive holds is longer than {most // 2**20} MB, and no "
                "longer one is read. Unpack it, and pass the folder of one platform."
            )
        return data


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
    with ExitStack() as opened:
        most = LIMITS["bytes in all"]
        if not isinstance(path, (str, os.PathLike)):
            found, size = _look_into_zip(_check_stream(path))
        elif stat.S_ISDIR(mode := _mode(path := _from_home(path))):
            found, size = _look_into_folder(path), most
        elif not stat.S_ISREG(mode):  # to open a pipe is to wait for ever
            raise ArchiveError("This is neither a file nor a folder. Pass the path of the zip.")
        else:
            file = opened.enter_context(_open_file(path))
            if _is_zip(file, named=path.suffix.lower() == ".zip"):
                found, size = _look_into_zip(file)
            else:
                found, size = _look_at_file(path), most
        if not found.members:
            raise ArchiveError("The archive is empty. Ask the platform for it again.")
        most = min(most, max(_SMALL, size * LIMITS["times its packed size"]))
        return Archive(found, most, opened.pop_all())


def _from_home(path: str | os.PathLike) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:  # nobody of that name has one
        return Path(path)


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):  # NUL in it
        raise FileNotFoundError(
            "There is no such file or folder. Pass the path of the zip that you were given, "
            "or of the folder that you unpacked it into."
        ) from None
    except OSError:
        raise _forbidden() from None


def _open_file(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError:
        raise _forbidden() from None


def _forbidden() -> ArchiveError:
    return ArchiveError(
        "The archive is there and cannot be opened. Close other programs that have it open, and "
        "look whether you may read it: its permissions, and those of its folder."
    )


def _quietly(ask: Callable, what: object) -> object:
    try:
        return ask(what)
    except Exception:  # of every kind, and with the name in most of their messages
        raise zipfile.BadZipFile("This file of the archive is damaged.") from None


def _check_stream(file: object) -> BinaryIO:
    try:
        good = file.seekable() and isinstance(file.read(0), bytes)
    except Exception:  # whatever was passed
        good = False
    if not good:
        raise ArchiveError(
            f"Got {type(file).__name__}: pass a path, or an open binary stream that can be wound "
            "back, such as io.BytesIO(the bytes of the zip)."
        )
    _is_zip(file, named=True)
    return file


def _is_zip(file: BinaryIO, *, named: bool) -> bool:
    """Whether it is a zip, by its first bytes or because it is named so."""
    try:
        file.seek(0)
        first = file.read(512)
        file.seek(0)
    except OSError:
        raise _forbidden() from None
    other = next((words for sign, words in _OTHERS.items() if first.startswith(sign)), "")
    if other or first[257:262] == b"ustar":
        raise ArchiveError(
            f"This is {other or 'a .tar'}, and only .zip is read. Unpack it and pass the folder, "
            "or ask for a .zip."
        )
    if named and first.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        raise ArchiveError(
            "This is a web page and no zip; the link may have run out. Sign in, and download the "
            "archive again."
        )
    return named or first.startswith(_ZIP)


def _look_into_zip(file: BinaryIO) -> tuple[_Found, int]:
    try:
        opened = zipfile.ZipFile(_Sips(file))
        listed = opened.infolist()[: LIMITS["members"] + 1]
        infos = {_name(info): info for info in reversed(listed)}  # of two alike, the first
        members = list(_members_of_zip(listed))
        size = file.seek(0, os.SEEK_END)
    except ArchiveError:
        raise
    except Exception:  # zipfile has a dozen for what is damaged, and quotes what stands there
        raise ArchiveError(_CUT) from None
    moments = list(filter(None, map(_moment, listed)))
    return _Found(members, moments, lambda name: opened.open(infos[name])), size


def _members_of_zip(infos: list[zipfile.ZipInfo]) -> Iterator[Member]:
    placed = sorted(infos, key=lambda info: info.header_offset)
    nested = {
        id(one)
        for one, other in pairwise(placed)
        if one.header_offset + _HEAD + one.compress_size > other.header_offset
    }
    seen: set[str] = set()
    for info in infos:
        name = _name(info)
        if name.endswith("/"):
            continue
        why = "its name stands twice in the archive" if name in seen else _closed(info, name)
        if id(info) in nested:
            why = why or "it shares its bytes with another file: a zip bomb, or damaged"
        seen.add(name)
        yield Member(name, 0 if why else info.file_size, why)


def _name(info: zipfile.ZipInfo) -> str:
    """A member's name in full; some programs write UTF-8 and do not say so."""
    name = info.orig_filename
    try:
        return name if info.flag_bits & _UTF8 else name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name


def _moment(info: zipfile.ZipInfo) -> float | None:
    try:
        return datetime(*info.date_time, tzinfo=UTC).timestamp()
    except ValueError:  # the thirteenth month
        return None


def _closed(info: zipfile.ZipInfo, name: str) -> str:
    """Why a member of a zip stays closed."""
    times = info.file_size / max(info.compress_size, 1)
    if _OUTSIDE.search(name) or not name:
        return "its path could lead out of the archive"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a link, and no file"
    if info.flag_bits & _ENCRYPTED:
        return "it is encrypted: unpack it with its password, and pass the folder"
    if info.compress_type not in _KNOWN:
        return "it is packed in a way that no platform uses: unpack it, and pass the folder"
    if info.file_size > _SMALL and times > LIMITS["times its packed size"]:
        return "it would unpack to hundreds of times its size: a zip bomb"
    return ""


def _look_into_folder(folder: Path) -> _Found:
    members, moments = [], []
    for path in islice(_files(folder), LIMITS["members"] + 1):
        try:
            found = path.lstat()
            why = _why_not(path, found.st_mode)
        except OSError:
            why = "it cannot be opened: look at its permissions"
        members.append(
            Member(path.relative_to(folder).as_posix(), 0 if why else found.st_size, why)
        )
        if not why:
            moments.append(found.st_mtime)
    return _Found(members, moments, lambda name: (folder / name).open("rb"))


def _why_not(path: Path, mode: int) -> str:
    """Why a file of a folder stays closed."""
    if stat.S_ISLNK(mode):
        return "it is a link, and no file"
    if stat.S_ISDIR(mode) or not os.access(path, os.R_OK):
        return "it cannot be opened: look at its permissions"
    return "" if stat.S_ISREG(mode) else "it is no ordinary file"


def _files(folder: Path) -> Iterator[Path]:
    """All files below a folder, and the folders that cannot be looked into or are links."""
    places = [folder]  # os.walk of Python 3.11 goes a thousand folders deep, and no deeper
    while places:
        place = places.pop()
        try:
            with os.scandir(place) as found:
                inside = [(Path(one.path), one.is_dir(follow_symlinks=False)) for one in found]
        except OSError:
            yield place
            continue
        places += [path for path, is_folder in inside if is_folder]
        yield from (path for path, is_folder in inside if not is_folder)


def _look_at_file(path: Path) -> _Found:
    found = path.stat()
    return _Found([Member(path.name, found.st_size)], [found.st_mtime], lambda _: path.open("rb"))


def _of_honest_length(member: Member) -> Member:
    if len(member.name) <= _LONGEST:
        return member
    return Member(member.name[:_LONGEST], 0, "its path is longer than those that platforms give")


def _within_limits(members: Iterable[Member], most: int) -> Iterator[Member]:
    """The members, of which those stay closed that stand behind too many bytes."""
    left = most
    for count, member in enumerate(map(_of_honest_length, members)):
        if count == LIMITS["members"]:
            raise ArchiveError(
                f"The archive holds more than {count:,} files, and no more are read. Unpack it, "
                "and pass the folder of one platform."
            )
        left -= member.size
        why = member.why or "the files before it are as much as is read" * (left < 0)
        yield Member(member.name, 0 if why else member.size, why)
