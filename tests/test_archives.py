"""Archives as they come by post: cut short, locked, lying about themselves, or none at all."""

import io
import os
import stat
import struct
import subprocess
import sys
import tarfile
import traceback
import zipfile
from pathlib import Path

import handmade  # noqa: F401  how long hypothesis looks
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethics_lib.archives import LIMITS, ArchiveError, open_archive
from ethics_lib.exports import read_export
from ethics_lib.tables import EthicsLibError, TableError

SECRET = "Quillon Vetch"  # a chat partner, for whom files are named
LIKES = b'[{"title": "tea"}]'
EXAMPLES = Path(__file__).with_name("exports")


def pack(*members, pack=zipfile.ZIP_DEFLATED, **kept):
    """A zip of (name or ZipInfo, bytes), as a stream."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", pack) as file:
        for name, data in [*members, *kept.items()]:
            file.writestr(name, data)
    return stream


def info(name, **fields):
    made = zipfile.ZipInfo(name, (2026, 1, 14, 19, 2, 10))
    made.compress_type = zipfile.ZIP_DEFLATED
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def why(archive):
    return {member.name: member.why for member in archive.members}


def read(archive, name, *, size=2**16):
    """All bytes of a member, in pieces as the reader of entries asks for them."""
    member = next(m for m in archive.members if m.name == name)
    with archive.open(member) as stream:
        return b"".join(iter(lambda: stream.read(size), b""))


def forge(stream, fields, *, member=0):
    """Overwrite 4-byte fields of a member's entry in the central directory, by their offset."""
    raw = bytearray(stream.getvalue())
    at = -1
    for _ in range(member + 1):
        at = raw.index(b"PK\x01\x02", at + 1)
    for offset, (code, value) in fields.items():
        struct.pack_into(code, raw, at + offset, value)
    return io.BytesIO(raw)


SIZE, PACKED, CRC, PLACE, FLAGS, METHOD = 24, 20, 16, 42, 8, 10


def test_a_zip_a_folder_and_a_file_show_the_same(tmp_path):
    path = tmp_path / "likes.json"
    path.write_bytes(LIKES)
    zipped = tmp_path / "likes.zip"
    zipped.write_bytes(pack(("likes.json", LIKES)).getvalue())
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "likes.json").write_bytes(LIKES)
    for given_ in (path, zipped, str(zipped), folder, pack(("likes.json", LIKES))):
        with open_archive(given_) as archive:
            assert [(m.name, m.size, m.why) for m in archive.members] == [("likes.json", 18, "")]
            assert read(archive, "likes.json") == LIKES
            assert repr(archive) == "Archive of 1 files"


def test_it_was_made_when_its_newest_member_was_written():
    old = info("a", date_time=(2019, 2, 3, 4, 5, 6))
    with open_archive(pack((old, b"a"), (info("b"), b"b"))) as archive:
        assert archive.made == pd.Timestamp("2026-01-14 19:02:10")
    wrong = forge(pack((info("a"), b"a")), {14: ("<H", (46 << 9) | (13 << 5) | 1)})
    with open_archive(wrong) as archive:  # a thirteenth month
        assert archive.made == pd.Timestamp(0)


def test_a_moment_that_no_file_system_means_is_passed_over(tmp_path):
    (tmp_path / "a").touch()
    os.utime(tmp_path / "a", (2**40, 2**40))
    (tmp_path / "b").touch()
    os.utime(tmp_path / "b", (-5, -5))
    with open_archive(tmp_path) as archive:
        assert archive.made == pd.Timestamp(0)


# What stays closed


@pytest.mark.parametrize(
    "name",
    [
        "../likes.json",
        "a/../../likes.json",
        "a/..",
        "/etc/likes.json",
        "//host/likes.json",
        "C:/likes.json",
        "c:likes.json",
        "a\\likes.json",
        "..\\likes.json",
        "\\\\host\\likes.json",
        "likes.json\0.png",
        "\0likes.json",
    ],
)
def test_a_path_that_leads_out_stays_closed(name):
    made = info("x")
    made.filename = made.orig_filename = name
    with open_archive(pack((made, LIKES), ("likes.json", LIKES))) as archive:
        (shut,) = (m for m in archive.members if m.why)
        assert shut.why == "its path could lead out of the archive" and shut.size == 0
        with pytest.raises(ArchiveError, match="stays closed"):
            archive.open(shut)
        assert [m.name for m in archive.members if not m.why] == ["likes.json"] or "\0" in name


@pytest.mark.parametrize(
    "name", ["..a/b..json", "a/...json", "‥/a", "․․/a", "／etc", "∕etc", "chat a: b"]
)
def test_a_path_that_only_looks_like_it_is_harmless(name):
    with open_archive(pack((name, b"tea"))) as archive:
        assert why(archive) == {name: ""}
        assert read(archive, name) == b"tea"


def test_links_stay_closed_in_a_zip_and_in_a_folder(tmp_path):
    link = info("link.json", create_system=3, external_attr=(stat.S_IFLNK | 0o777) << 16)
    with open_archive(pack((link, b"/etc/passwd"), ("likes.json", LIKES))) as archive:
        assert why(archive) == {"likes.json": "", "link.json": "it is a link, and no file"}
    folder = tmp_path / "folder"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "likes.json").write_bytes(LIKES)
    (folder / "round").symlink_to(folder, target_is_directory=True)
    (folder / "a" / "up").symlink_to("..")
    (folder / "nowhere.json").symlink_to("gone")
    (folder / "self.json").symlink_to("self.json")
    with open_archive(folder) as archive:
        link = "it is a link, and no file"
        shut = dict.fromkeys(("round", "a/up", "nowhere.json", "self.json"), link)
        assert why(archive) == {"a/likes.json": "", **shut}


def test_a_pipe_is_never_waited_for(tmp_path):
    """In a process of its own: a test that waits for ever would not fail."""
    os.mkfifo(tmp_path / "pipe.zip")
    (tmp_path / "likes.json").write_bytes(LIKES)
    program = (
        "import sys; from ethics_lib.archives import *\n"
        "with open_archive(sys.argv[1]) as archive: print(archive.members[1].why)\n"
        "try: open_archive(sys.argv[1] + '/pipe.zip')\n"
        "except ArchiveError as error: print(error)\n"
        "try: open_archive('/dev/zero')\n"
        "except ArchiveError as error: print(error)\n"
    )
    command = [sys.executable, "-W", "error", "-c", program, str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    first, *others = run.stdout.splitlines()
    assert first == "it is no ordinary file"
    assert others == ["This is neither a file nor a folder. Pass the path of the zip."] * 2


@pytest.mark.parametrize("flag", [0x1, 0x41, 0x2001])
def test_what_is_encrypted_stays_closed(flag):
    locked = forge(pack(("likes.json", LIKES)), {FLAGS: ("<H", flag)})
    with open_archive(locked) as archive:
        assert "unpack it with its password" in why(archive)["likes.json"]
    with pytest.raises(ArchiveError, match="password"):
        read_export(pack_locked())


def pack_locked():
    name = "your_instagram_activity/likes/liked_posts.json"
    return forge(pack((name, LIKES)), {FLAGS: ("<H", 1)})


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 9, 93, 99])
def test_what_no_platform_packs_with_stays_closed(method):
    """Python would unpack bzip2 and LZMA, but as much at once as there is."""
    with open_archive(forge(pack(("a", LIKES)), {METHOD: ("<H", method)})) as archive:
        assert why(archive)["a"].startswith("it is packed in a way that no platform uses")


def test_of_two_members_of_one_name_the_first_is_read():
    with pytest.warns(UserWarning, match="Duplicate"):
        stream = pack(("a", b"first"), ("a", b"second"), ("A", b"third"))
    with open_archive(stream) as archive:
        shown = [(m.name, m.why) for m in archive.members]
        assert shown == [("A", ""), ("a", ""), ("a", "its name stands twice in the archive")]
        assert read(archive, "a") == b"first" and read(archive, "A") == b"third"


def test_folders_named_like_files_are_no_files(tmp_path):
    with open_archive(pack(("likes.json/", b""), ("likes.json/a.json", LIKES))) as archive:
        assert why(archive) == {"likes.json/a.json": ""}
    (tmp_path / "likes.json").mkdir()
    (tmp_path / "likes.json" / "a.json").write_bytes(LIKES)
    with open_archive(tmp_path) as archive:
        assert why(archive) == {"likes.json/a.json": ""}


def test_what_may_not_be_read_is_listed(tmp_path, monkeypatch):
    (tmp_path / "shut").mkdir()
    for name in ("likes.json", "mine.json"):
        (tmp_path / name).write_bytes(LIKES)
    scan, access = os.scandir, os.access

    def scan_but(path):
        if Path(path).name == "shut":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", scan_but)  # the owner of this process may read anything
    monkeypatch.setattr(
        os, "access", lambda path, mode: "mine" not in str(path) and access(path, mode)
    )
    with open_archive(tmp_path) as archive:
        no = "it cannot be opened: look at its permissions"
        assert why(archive) == {"likes.json": "", "mine.json": no, "shut": no}
    monkeypatch.setattr(os, "scandir", lambda path: scan_but(tmp_path / "shut"))
    with open_archive(tmp_path) as archive:
        assert [m.why for m in archive.members] == [no]


# Bombs and lies


def test_what_unpacks_to_hundreds_of_times_its_size_stays_closed():
    stream = pack(
        ("bomb.json", b" " * 2**21), ("blank.json", b" " * 2**20), ("a", os.urandom(9999))
    )
    with open_archive(stream) as archive:
        assert why(archive) == {
            "a": "",
            "blank.json": "",
            "bomb.json": "it would unpack to hundreds of times its size: a zip bomb",
        }


def test_many_small_bombs_are_one(monkeypatch):
    stream = pack(*((f"{n:03}.json", b" " * 2**20) for n in range(400)))
    with open_archive(stream) as archive:
        opened = [m for m in archive.members if not m.why]
        size = len(stream.getvalue())
        assert sum(m.size for m in opened) <= size * LIMITS["times its packed size"] < 400 * 2**20
        assert archive.members[-1].why == "the files before it are as much as is read"
    monkeypatch.setitem(LIMITS, "bytes in all", 2**21)
    with open_archive(stream) as archive:
        assert sum(not m.why for m in archive.members) == 2


def test_members_that_share_their_bytes_stay_closed():
    """A bomb of David Fifield's kind: many entries, one kernel."""
    honest = pack(*((f"{n}.json", LIKES * 9) for n in range(5)))
    for member in range(1, 5):
        honest = forge(honest, {PLACE: ("<L", 0)}, member=member)
    with open_archive(honest) as archive:
        reasons = [m.why for m in archive.members]
        assert reasons.count("") == 1
        assert sum("shares its bytes" in reason for reason in reasons) == 4


@pytest.mark.parametrize("said", [0, 1, 17, 19, 10**6, 2**32 - 2])
def test_a_size_that_lies_is_found_out_and_never_exceeded(said):
    stream = forge(pack(("a.json", LIKES)), {SIZE: ("<L", said)})
    with open_archive(stream) as archive:
        (member,) = archive.members
        if member.why:
            assert said > 2**20
        elif said < len(LIKES):  # it stops where it should, and says so unless nothing was asked
            got = b""
            with archive.open(member) as file:
                if said:
                    with pytest.raises(zipfile.BadZipFile, match="damaged"):
                        while piece := file.read(4):
                            got += piece
            assert len(got) <= said
        else:
            assert read(archive, "a.json") == LIKES  # there is no more


@pytest.mark.parametrize("packed", [0, 3, 17])
def test_a_packed_size_that_lies_is_damage(packed):
    stream = forge(pack(("a.json", LIKES), pack=zipfile.ZIP_STORED), {PACKED: ("<L", packed)})
    damaged = pytest.raises(zipfile.BadZipFile, match=r"^This file of the archive is damaged\.$")
    with open_archive(stream) as archive, damaged:
        read(archive, "a.json", size=5)


def test_a_list_of_members_that_would_fill_memory_is_never_read(monkeypatch):
    monkeypatch.setitem(LIMITS, "bytes of its list", 1000)
    with open_archive(pack(*((f"{n}.json", b"") for n in range(10)))) as archive:
        assert len(archive.members) == 10
    with pytest.raises(ArchiveError, match="The list of what the archive holds is longer than"):
        open_archive(pack(*((f"{n}.json", b"") for n in range(20))))


def test_too_many_members_are_refused_in_a_zip_and_in_a_folder(monkeypatch, tmp_path):
    monkeypatch.setitem(LIMITS, "members", 3)
    for n in range(4):
        (tmp_path / f"{n}").touch()
    message = r"more than 3 files.*pass the folder of one platform"
    with pytest.raises(ArchiveError, match=message):
        open_archive(tmp_path)
    with pytest.raises(ArchiveError, match=message):
        open_archive(pack(*((f"{n}", b"") for n in range(4))))
    with open_archive(pack(*((f"{n}", b"") for n in range(3)))) as archive:
        assert len(archive.members) == 3


def test_a_zip_in_a_zip_is_not_looked_into():
    inner = pack(("liked_posts.json", LIKES)).getvalue()
    export = read_export(pack(("photos.zip", inner), (WREN, (EXAMPLES / WREN).read_bytes())))
    assert "read it by itself" in " ".join(export.files["why"])


WREN = "instagram/your_instagram_activity/likes/liked_posts.json"


def test_a_zip64_is_read():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file, file.open("a.json", "w", force_zip64=True) as member:
        member.write(LIKES)
    with open_archive(stream) as archive:
        assert read(archive, "a.json") == LIKES


# Names


def test_names_are_read_whatever_they_are_written_in():
    name = "Café/Zoë’s.json"
    with open_archive(pack((name, LIKES))) as archive:  # Python says that it is UTF-8
        assert why(archive) == {name: ""}
    unsaid = pack((info("x" * len(name.encode())), LIKES)).getvalue()
    unsaid = unsaid.replace(b"x" * len(name.encode()), name.encode())
    with open_archive(io.BytesIO(unsaid)) as archive:  # many other programs do not
        assert why(archive) == {name: ""}
        assert read(archive, name) == LIKES
    old = unsaid.replace(name.encode(), b"Caf\x82 " + b"x" * (len(name.encode()) - 5))
    with open_archive(io.BytesIO(old)) as archive:  # cp437
        assert archive.members[0].name.startswith("Café x")


def test_a_name_that_is_no_utf8_is_damage():
    stream = pack(("Zoë.json", LIKES)).getvalue().replace("ë".encode(), b"\xff\xff")
    with pytest.raises(ArchiveError, match="cut short or damaged"):
        open_archive(io.BytesIO(stream))


def test_a_name_in_a_folder_may_be_no_text(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9.json")).write_bytes(LIKES)
    with open_archive(tmp_path) as archive:
        assert read(archive, archive.members[0].name) == LIKES


def test_a_path_longer_than_any_platforms_stays_closed_and_is_cut():
    """Patterns are held against it, and some of them take the cube of its length."""
    long = f"likes/{'x' * 600}.json"
    with open_archive(pack((long, LIKES), ("likes.json", LIKES))) as archive:
        closed, read_ = archive.members[1], archive.members[0]
    assert not read_.why and closed.name == long[:500] and closed.size == 0
    assert closed.why == "its path is longer than those that platforms give"


def test_a_folder_may_be_deeper_than_python_goes(tmp_path, monkeypatch):
    (tmp_path / "likes.json").write_bytes(LIKES)
    monkeypatch.chdir(tmp_path)
    deep = 1_100
    for _ in range(deep):  # in steps: as one path it is too long
        Path("a").mkdir()
        os.chdir("a")
    Path("likes.json").write_bytes(LIKES)
    try:
        with open_archive(tmp_path) as archive:
            assert [member.why == "" for member in archive.members] == [False, True]
    finally:  # pytest's own sweeping does not go so deep
        Path("likes.json").unlink()
        for _ in range(deep):
            os.chdir("..")
            Path("a").rmdir()


def test_a_home_is_found_by_its_sign(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "likes.json").write_bytes(LIKES)
    for path in ("~/likes.json", Path("~/likes.json")):
        with open_archive(path) as archive:
            assert len(archive.members) == 1
    with pytest.raises(FileNotFoundError, match="no such file or folder"):
        open_archive("~nobody-of-that-name/likes.json")


def test_a_member_without_a_name_stays_closed():
    with open_archive(pack((info("x"), LIKES))) as archive:
        assert len(archive.members) == 1
    raw = bytearray(pack((info("x"), b"")).getvalue())
    at = raw.index(b"PK\x01\x02")
    del raw[at + 46]
    struct.pack_into("<H", raw, at + 28, 0)
    struct.pack_into("<L", raw, len(raw) - 10, struct.unpack_from("<L", raw, len(raw) - 10)[0] - 1)
    with open_archive(io.BytesIO(raw)) as archive:
        assert [m.why != "" for m in archive.members] == [True]


# What is no archive


def test_what_is_not_there_is_said_without_its_name(tmp_path):
    (tmp_path / "file").touch()
    wrong = [tmp_path / SECRET, tmp_path / "file" / SECRET, f"{SECRET}\0.zip"]
    for path in wrong:
        with pytest.raises(FileNotFoundError, match="no such file or folder") as caught:
            open_archive(path)
        assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_name_that_is_too_long_is_said_without_it(tmp_path):
    with pytest.raises(ArchiveError, match="cannot be opened") as caught:
        open_archive(tmp_path / (SECRET * 100))
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_disk_that_fails_is_said_without_a_name(tmp_path):
    class Failing(io.BytesIO):
        def read(self, size=-1):
            if size:
                raise OSError(5, "Input/output error", SECRET)
            return b""

    with pytest.raises(ArchiveError, match="cannot be opened") as caught:
        open_archive(Failing())
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_file_that_may_not_be_read_is_said_without_its_name(tmp_path, monkeypatch):
    path = tmp_path / f"WhatsApp Chat with {SECRET}.zip"
    path.write_bytes(pack(("a", b"a")).getvalue())

    def shut(self, *_):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", shut)  # the owner of this process may read anything
    with pytest.raises(ArchiveError, match="look whether you may read it") as caught:
        open_archive(path)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (b"\x1f\x8b\x08", "a .tgz"),
        (b"7z\xbc\xaf\x27\x1c", "a .7z"),
        (b"Rar!\x1a\x07", "a .rar"),
        (b"BZh9", "a .bz2"),
        (b"\xfd7zXZ\0", "a .xz"),
        (b"a" * 257 + b"ustar\0", "a .tar"),
    ],
)
def test_another_kind_of_archive_is_named(first, words, tmp_path):
    for name in (f"{SECRET}.zip", f"{SECRET}.tgz"):
        (tmp_path / name).write_bytes(first)
    for place in (*tmp_path.iterdir(), io.BytesIO(first)):
        with pytest.raises(ArchiveError, match=f"^This is {words}, and only .zip is read"):
            open_archive(place)


def test_a_real_tar_is_named(tmp_path):
    (tmp_path / "a.json").write_bytes(LIKES)
    for mode in ("w", "w:gz"):
        with tarfile.open(tmp_path / "a.tar", mode) as tar:
            tar.add(tmp_path / "a.json", "a.json")
        with pytest.raises(ArchiveError, match=r"This is a \.t"):
            open_archive(tmp_path / "a.tar")


@pytest.mark.parametrize("page", [b"<!DOCTYPE html>", b"\xef\xbb\xbf\n <html>", b"<?xml "])
def test_a_web_page_called_zip_is_said_to_be_one(page, tmp_path):
    (tmp_path / "a.zip").write_bytes(page)
    for given_ in (tmp_path / "a.zip", io.BytesIO(page)):
        with pytest.raises(ArchiveError, match="a web page and no zip"):
            open_archive(given_)


def test_a_chat_that_begins_like_an_archive_is_a_chat(tmp_path):
    for first in (b"PK: hello", b"Rachel: hello", b"7zip it", b"<Media omitted>"):
        (tmp_path / "_chat.txt").write_bytes(first)
        with open_archive(tmp_path / "_chat.txt") as archive:
            assert read(archive, "_chat.txt") == first


@pytest.mark.parametrize("data", [b"", b"tea", b"PK", b"\0" * 5000, b'{"a": 1}'])
def test_a_zip_that_is_none_is_said_to_be_damaged(data, tmp_path):
    (tmp_path / "a.zip").write_bytes(data)
    for given_ in (tmp_path / "a.zip", io.BytesIO(data)):
        with pytest.raises(ArchiveError, match="cut short or damaged"):
            open_archive(given_)


def test_an_archive_of_nothing_is_said_to_be_empty(tmp_path):
    for nothing in (tmp_path, pack(), pack(("folder/", b""))):
        with pytest.raises(ArchiveError, match="The archive is empty"):
            open_archive(nothing)


class Pipe(io.RawIOBase):
    """A stream that cannot be wound back."""

    def readable(self):
        return True

    def seekable(self):
        return False

    def __repr__(self):
        return SECRET


@pytest.mark.parametrize("wrong", [None, 7, b"PK\3\4", ["a.zip"], io.StringIO("PK"), Pipe()])
def test_a_stream_that_is_none_or_cannot_be_wound_back_is_refused(wrong):
    with pytest.raises(ArchiveError, match=f"Got {type(wrong).__name__}: pass a path, or an op"):
        open_archive(wrong)


def test_a_stream_that_is_closed_is_refused():
    stream = pack(("a", b"a"))
    stream.close()
    with pytest.raises(ArchiveError, match="Got BytesIO"):
        open_archive(stream)


def test_a_stream_stays_open_and_a_file_is_closed(tmp_path):
    stream = pack(("a", b"a"))
    stream.seek(7)  # it is read from its start wherever it stands
    with open_archive(stream):
        pass
    assert not stream.closed
    (tmp_path / "a.zip").write_bytes(stream.getvalue())
    with open_archive(tmp_path / "a.zip") as archive:
        member = archive.members[0]
    with pytest.raises(zipfile.BadZipFile, match="damaged"):
        archive.open(member).read(1)


def test_an_error_is_one_of_ours():
    assert issubclass(ArchiveError, EthicsLibError) and issubclass(ArchiveError, TableError)


# Damage


def planted():
    """A zip whose names and texts are a secret."""
    return pack(
        (f"messages/inbox/{SECRET}_1/message_1.json", f'["{SECRET}"]'.encode() * 50),
        (f"{SECRET}.json", os.urandom(100) + SECRET.encode()),
        ("likes.json", LIKES * 100),
    ).getvalue()


def look_at_all(stream):
    """Every byte that can be had, or the error; nothing else may be raised."""
    try:
        archive = open_archive(stream)
    except ArchiveError as error:
        return [error]
    errors = []
    with archive:
        for member in archive.members:
            try:
                with archive.open(member) as file:
                    while file.read(512):
                        pass
            except (zipfile.BadZipFile, ArchiveError) as error:
                errors.append(error)
    return errors


def test_a_zip_cut_short_anywhere_is_an_error_without_the_secret():
    raw = planted()
    assert look_at_all(io.BytesIO(raw)) == []
    for end in range(0, len(raw), 3):
        errors = look_at_all(io.BytesIO(raw[:end]))
        assert errors
        assert not [e for e in errors if SECRET in "".join(traceback.format_exception(e))]


@given(st.data())
def test_flipped_bytes_are_read_or_are_an_error_without_the_secret(data):
    raw = bytearray(planted())
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    errors = look_at_all(io.BytesIO(raw))
    assert not [e for e in errors if SECRET in "".join(traceback.format_exception(e))]


def test_every_header_byte_flipped_is_read_or_is_an_error():
    raw = planted()
    directory = raw.index(b"PK\x01\x02")
    outcomes = set()
    for place in [*range(60), *range(directory, len(raw))]:
        for bit in (1, 128):
            flipped = bytearray(raw)
            flipped[place] ^= bit
            errors = look_at_all(io.BytesIO(flipped))
            outcomes.add(tuple({type(e).__name__ for e in errors}))
            assert not [e for e in errors if SECRET in "".join(traceback.format_exception(e))]
    assert {(), ("BadZipFile",), ("ArchiveError",)} <= outcomes


def test_a_wrong_checksum_is_damage_and_does_not_name_the_file():
    stream = forge(pack((f"{SECRET}.json", LIKES)), {CRC: ("<L", 7)})
    damaged = pytest.raises(zipfile.BadZipFile, match="damaged")
    with open_archive(stream) as archive, damaged as caught:
        read(archive, f"{SECRET}.json")
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__suppress_context__


def test_what_zipfile_says_itself_would_name_the_file():
    """The teeth of the tests above: without our stream the name comes out."""
    stream = forge(pack((f"{SECRET}.json", LIKES)), {CRC: ("<L", 7)})
    with pytest.raises(zipfile.BadZipFile, match=SECRET):
        zipfile.ZipFile(stream).read(f"{SECRET}.json")


# Nothing is written


AUDIT = """
import sys, os
found = []

def watch(event, args):
    if event == "open":
        path, mode, flags = args
        writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
        if isinstance(mode, str) and set(mode) & set("wax+") or flags & writes:
            found.append((event, path))
    elif event.split(".")[0] in ("socket", "tempfile", "subprocess", "shutil", "sqlite3", "urllib"):
        found.append((event, args))
    elif event in ("os.mkdir", "os.rename", "os.link", "os.symlink", "os.truncate", "os.system"):
        found.append((event, args))

sys.dont_write_bytecode = True
from pathlib import Path
import zipfile, io
from ethics_lib.exports import read_export, _layouts
list(_layouts())
from ethics_lib.tables import EthicsLibError
folders = [path for path in Path(sys.argv[1]).iterdir() if path.is_dir()]
zips = []
for folder in folders:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for path in folder.rglob("*"):
            file.write(path, path.relative_to(folder))
    zips.append(stream)
read = 0
sys.addaudithook(watch)
for archive in [*folders, *zips]:
    try:
        repr(read_export(archive))
        read += 1
    except EthicsLibError:
        pass
if sys.argv[2:] == ["careless"]:
    open(os.devnull, "w").close()
print(read, found)
"""


@pytest.mark.parametrize("careless", [[], ["careless"]])
def test_nothing_is_written_and_nobody_is_called(careless):
    command = [sys.executable, "-W", "error", "-c", AUDIT, str(EXAMPLES), *careless]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0 and run.stderr == ""
    read, _, found = run.stdout.strip().partition(" ")
    assert int(read) >= 2
    assert (found == "[]") != bool(careless)
