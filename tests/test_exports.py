"""An archive as tables: every file is accounted for, whatever form it comes in."""

import json
import traceback
import zipfile
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest

from ethics_lib import exports
from ethics_lib.archives import ArchiveError
from ethics_lib.exports import PLATFORMS, Export, read_export
from ethics_lib.layouts import Believes, Did, Knows, Layout, Part, Thing, each
from ethics_lib.nouns import COLUMNS
from ethics_lib.tables import TableError, UnknownNameError, check_table

EXAMPLES = Path(__file__).parent / "exports"
FOLDERS = sorted(path for path in EXAMPLES.iterdir() if path.is_dir())
TABLES = ("traces", "items", "ties", "beliefs", "advertisers", "consents", "files")


def zipped(folder, **how):
    """A folder as the zip that the platform would hand out."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, **how) as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                file.write(path, path.relative_to(folder))
    packed.seek(0)
    return packed


def packed(**files):
    """A zip of these files; what is no text is written as JSON."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, content in files.items():
            text = content if isinstance(content, (str, bytes)) else json.dumps(content)
            file.writestr(name.replace("__", "/"), text)
    stream.seek(0)
    return stream


def same(one, other):
    """Whether two exports hold the same, but for the day on which a file was copied."""
    for name in TABLES:
        left, right = getattr(one, name), getattr(other, name)
        if name in ("traces", "consents"):
            left, right = (t[t["time"] < e.made] for t, e in ((left, one), (right, other)))
        pd.testing.assert_frame_equal(left, right)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_example_is_read_with_no_file_unexplained(folder):
    read = read_export(folder)
    assert set(read.files["status"]) <= {"read", "skipped"}, read.files.to_string()
    assert read.files["odd"].sum() == 0, read.files.to_string()
    assert (read.files["status"] == "read").any()
    assert (read.files.loc[read.files["status"] == "skipped", "why"] != "").all()
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert read.files["bytes"].sum() == sum(path.stat().st_size for path in files)
    for noun in TABLES[:6]:
        table = check_table(getattr(read, noun), noun, empty=True)
        assert list(table.columns[: len(COLUMNS[noun])]) == list(COLUMNS[noun])
    assert set(read.traces["holder"]) | set(read.beliefs["holder"]) <= {read.platform}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_zip_and_its_folder_are_one(folder):
    same(read_export(folder), read_export(zipped(folder)))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_folder_around_it_changes_nothing(folder, tmp_path):
    read = read_export(folder)
    outer = BytesIO()
    with zipfile.ZipFile(outer, "w") as file:
        for path in folder.rglob("*"):
            if path.is_file():
                file.write(path, Path("my data of 2026") / path.relative_to(folder))
    outer.seek(0)
    same(read, read_export(outer))


def test_reading_twice_gives_the_same_numbers():
    same(read_export(EXAMPLES / "instagram"), read_export(EXAMPLES / "instagram"))


def test_the_platform_can_be_said():
    stream = packed(**{"your_topics.json": {"topics_your_topics": []}, "other.json": {}})
    assert read_export(stream, platform="instagram").platform == "Instagram"
    with pytest.raises(UnknownNameError, match="'instgram' does not exist"):
        read_export(stream, platform="instgram")


def test_what_is_not_there_is_said_without_its_name(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file or folder") as caught:
        read_export(tmp_path / "chat with Oar Moor.zip")
    assert "Oar" not in str(caught.value)


def test_an_archive_of_nobody_we_know_names_those_we_know():
    with pytest.raises(ArchiveError, match="instagram, facebook, x, tiktok, google"):
        read_export(packed(**{"notes.json": {}}))


def test_a_repr_counts_and_shows_nothing():
    read = read_export(EXAMPLES / "instagram")
    shown = repr(read)
    assert shown == (
        "Instagram archive. Files, or parts of one: 25 read. Traces: 20; ties: 6; beliefs: 15; "
        "advertisers: 3; other people: 6."
    )
    values = [str(v) for v in read.beliefs["value"]] + list(read.items["name"])
    assert not any(value in shown for value in values)


TOY = Layout(
    "Toy",
    parts={
        "likes.json": Part(
            "likes",
            each(lambda path, entry: [Did("like", Thing("account", entry["of"]), entry["at"])]),
        ),
        "friends_*.json": Part("friends", each(lambda path, entry: [Knows(entry, "friend")])),
        "all.json": Part(
            "everything",
            {
                "About": Part("beliefs", each(lambda p, e: [Believes(p[-1], e, "inferred", "a")])),
                "Likes": Part("nothing", each(lambda path, entry: [])),
            },
        ),
    },
    signs=("likes.json", "all.json"),
    why_not={"readme.txt": "it explains the rest"},
)


@pytest.fixture
def toy(monkeypatch):
    monkeypatch.setattr(exports, "_layouts", lambda: iter([TOY]))


def files_of(read):
    return {row.file: (row.status, row.rows, row.odd) for row in read.files.itertuples()}


def test_each_file_and_each_entry_is_accounted_for(toy):
    read = read_export(
        packed(
            **{
                "likes.json": [{"of": "Oar", "at": 1768417331}, {"of": 3}, "what?"],
                "friends_1.json": ["Oar"],
                "friends_2.json": ["Kite"],
                "README.txt": "words",
                "photo.JPG": "picture",
                "more__unknown_7.json": [1],
                "inner.zip": "PK",
                "more__._likes.json": "x",
            }
        )
    )
    assert files_of(read) == {
        "friends_*.json": ("read", 2, 0),
        "likes.json": ("read", 1, 2),
        "readme.txt": ("skipped", 0, 0),
        "a file.jpg": ("skipped", 0, 0),
        "*.zip": ("skipped", 0, 0),
        "*/._likes.json": ("skipped", 0, 0),
        "*/*_*.json": ("not understood", 0, 0),
    }
    assert read.files.set_index("file").loc["friends_*.json", "files"] == 2
    assert len(read.ties) == 2 and len(read.traces) == 1
    assert read.items["name"].tolist() == ["account 1"]
    assert read.others == 2


def test_a_file_that_holds_all_is_listed_by_its_parts(toy):
    everything = {"About": {"age": "35-49"}, "Likes": [1], "New": [2]}
    read = read_export(packed(**{"all.json": everything}))
    assert files_of(read) == {
        "all.json: About": ("read", 1, 0),
        "all.json: Likes": ("read", 0, 0),
        "all.json: a part that we do not know": ("not understood", 0, 1),
    }
    assert read.beliefs[["trait", "value"]].values.tolist() == [["age", "35-49"]]


def test_what_was_read_before_a_file_broke_is_kept(toy):
    read = read_export(packed(**{"likes.json": '[{"of": "Oar", "at": 1768417331}, {"of'}))
    row = read.files.iloc[0]
    assert (row["status"], row["rows"]) == ("read", 1) and "after its entry 1" in row["why"]


def test_an_archive_of_which_nothing_could_be_read_says_why(toy):
    with pytest.raises(ArchiveError, match="of Toy could be read: it is no JSON"):
        read_export(packed(**{"likes.json": "[[[[", "friends_1.json": "<html>"}))
    with pytest.raises(ArchiveError, match=r"is HTML.*choose JSON"):
        read_export(packed(**{"likes.html": "<html>"}), platform=None)


def test_a_reader_that_stumbles_leaks_nothing(toy, monkeypatch):
    def stumble(entries):
        raise ValueError(f"what is {next(entries)}?")

    monkeypatch.setitem(TOY.parts, "likes.json", Part("likes", stumble))
    read = read_export(packed(**{"likes.json": ["kx7-secret"], "friends_1.json": ["Oar"]}))
    row = read.files.set_index("file").loc["likes.json"]
    assert row["status"] == "not understood" and row["why"] == "our reader of it stumbled"
    assert "kx7" not in read.files.to_string()


@pytest.mark.parametrize("row", [Believes("age", 1e999, "inferred", "a"), Knows(3, "friend"), 7])
def test_a_row_that_is_none_is_odd_and_the_rest_is_read(toy, monkeypatch, row):
    friends = Part(
        "friends", lambda entries: (row if e == 3 else Knows(e, "f") for _, e in entries)
    )
    monkeypatch.setitem(TOY.parts, "friends_*.json", friends)
    read = read_export(packed(**{"friends_1.json": ["Oar", 3, "Kite"]}))
    assert files_of(read) == {"friends_*.json": ("read", 2, 1)}
    assert len(read.ties) == 2 and read.beliefs.empty


def interrupt(*_):
    raise KeyboardInterrupt


def stumble(*_):
    raise KeyError("kx7-secret")


@pytest.mark.parametrize(
    "within, does, error",
    [
        ("_plan", interrupt, KeyboardInterrupt),
        ("_plan", stumble, ArchiveError),
        ("_layouts", lambda: iter([]), ArchiveError),
        ("_read", lambda *_: None, ArchiveError),
    ],
)
def test_a_traceback_with_all_that_functions_hold_shows_nothing(monkeypatch, within, does, error):
    """As IPython prints it in its verbose mode; a name of a file is somebody's."""
    monkeypatch.setattr(exports, within, does)
    stream = packed(**{"messages__inbox__kx7-secret__message_1.json": {"messages": ["kx7-secret"]}})
    platform = None if within == "_layouts" else "instagram"
    with pytest.raises(error) as caught:
        read_export(stream, platform=platform)
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame for frame in shown.stack if frame.filename == exports.__file__]
    assert [frame.name for frame in ours] == ["read_export"]
    assert not any("kx7" in line for line in (str(caught.value), *(str(f.locals) for f in ours)))
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


@pytest.mark.parametrize("wrong", [{"name": 3}, {"holder": b"Murmur"}])
def test_a_name_that_is_no_text_is_refused(wrong):
    with pytest.raises(TableError, match=r"(name: got int|holder: got bytes), and a text is need"):
        read_export(EXAMPLES / "instagram", **wrong)


def test_a_bar_shows_how_far_it_has_come(toy, capsys):
    stream = packed(**{"likes.json": [{"of": "Oar", "at": 1768417331}] * 1000})
    read_export(stream, progress=True)
    assert "100%" in capsys.readouterr().err
    read_export(stream)
    assert capsys.readouterr() == ("", "")


def test_every_platform_has_a_layout_that_says_what_its_files_are():
    for layout in exports._layouts():
        assert layout.parts and layout.signs, layout.platform
        for part in layout.parts.values():
            inner = part.read.values() if isinstance(part.read, dict) else [part]
            assert all(p.what and callable(p.read) for p in inner)
    assert len({layout.platform for layout in exports._layouts()}) == len(PLATFORMS)
    assert isinstance(read_export(EXAMPLES / "instagram"), Export)
