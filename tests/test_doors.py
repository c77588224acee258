"""The door: names become numbers there, and whatever a layout says becomes tables of ours."""

import gc
import math

import handmade  # noqa: F401  how long hypothesis looks
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethics_lib.archives import LIMITS
from ethics_lib.doors import OWNER, STATUS, Door
from ethics_lib.entries import Unreadable
from ethics_lib.exports import Export
from ethics_lib.layouts import Believes, Did, Knows, Made, Me, Reaches, Says, Thing
from ethics_lib.tables import check_table

LATE = pd.Timestamp("2026-02-01").as_unit("s")
THEN = 1_768_417_331
NOUNS = "traces items ties beliefs advertisers consents files".split()
JUNO, ADA = "Quillon Vetch", "Oriel Tansy"

ROWS = [
    Me("wren-demo"),
    Did("like", Thing("topic", "tea"), THEN),
    Did("like", Thing("account", JUNO), THEN),
    Did("message", None, THEN, by=JUNO),
    Did("contact", None, None, "contacts", about=ADA),
    Did("visit", Thing("site", "oar.example"), THEN, "pixel"),
    Knows(JUNO, "follower"),
    Knows(ADA, "friend"),
    Believes("interest", "rowing", "inferred", "your topics"),
    Believes("age", 28, "declared", "profile"),
    Reaches("Oar & Co", "list"),
    Says("private_account", True),
    Says("advert:alcohol", False, "objected", THEN),
]


def let_in(rows, *, otherwise=LATE, platform="Murmur"):
    door = Door(platform)
    for row in rows:
        door.take(row)
    return Export(**door.tables(otherwise))


def held(thing, seen=None):
    """Every text and every run of bytes that can be reached from a thing."""
    seen = {} if seen is None else seen
    stack = [thing]
    while stack:
        one = stack.pop()
        if id(one) in seen or type(one).__name__ in ("module", "function", "type"):
            continue
        seen[id(one)] = one
        if isinstance(one, (str, bytes)):
            yield one
        elif isinstance(one, np.ndarray):
            yield one.tobytes()
            stack += one.tolist() if one.dtype == object else []
        elif isinstance(one, pd.DataFrame):
            yield one.to_csv()
            yield from map(str, one.columns)
            stack += [*one.attrs.items(), *(str(c) for c in one.dtypes)]
            stack += [list(c.cat.categories) for _, c in one.items() if hasattr(c, "cat")]
        stack += gc.get_referents(one)


def found(secret, thing):
    return [
        one
        for one in held(thing)
        if (secret.casefold().encode() if isinstance(one, bytes) else secret.casefold())
        in (one.lower() if isinstance(one, bytes) else one.casefold())
    ]


def test_the_tables_are_those_of_the_rest_of_the_library():
    export = let_in(ROWS)
    for noun in NOUNS:
        check_table(getattr(export, noun), noun, empty=noun == "files")
    traces = export.traces
    assert traces["person"].tolist() == [0, 0, 0, 2, 0]
    assert traces["from_person"].tolist() == [0, 0, 1, 0, 0]
    assert traces["item"].tolist() == [0, 1, pd.NA, pd.NA, 2]
    assert traces["dated"].tolist() == [True, True, True, False, True]
    assert traces["time"].iloc[3] == LATE and traces["time"].iloc[0].timestamp() == THEN
    assert traces["purpose"].tolist() == ["service"] * 4 + ["advertising"]
    assert set(traces["holder"]) == {"Murmur"} == set(export.beliefs["holder"])
    assert export.items["name"].tolist() == ["tea", "account 1", "oar.example"]
    assert export.ties.to_numpy().tolist() == [[0, 1, "follower"], [0, 2, "friend"]]
    assert export.beliefs["value"].tolist() == ["rowing", 28.0]
    assert export.consents["granted"].tolist() == [True, False]
    assert [t.timestamp() for t in export.consents["time"]] == [LATE.timestamp(), THEN]
    assert export.others == 2


@pytest.mark.parametrize("rows", [[], ROWS])
def test_the_types_are_the_same_with_and_without_rows(rows):
    export = let_in(rows)
    for noun in NOUNS:
        check_table(getattr(export, noun), noun, empty=True)
    traces = export.traces.dtypes.astype(str).to_dict()
    assert traces == {
        "person": "int32",
        "from_person": "int32",
        "kind": "category",
        "item": "Int32",
        "time": "datetime64[s]",
        "source": "category",
        "purpose": "category",
        "holder": "category",
        "dated": "bool",
    }
    kinds = {
        "ties": {"a": "int32", "b": "int32"},
        "beliefs": {"person": "int32", "value": "object", "p": "float64", "sd": "float64"},
        "consents": {"person": "int32", "granted": "bool", "time": "datetime64[s]"},
        "files": dict.fromkeys(("files", "rows", "odd", "bytes"), "int64"),
    }
    for noun, dtypes in kinds.items():
        shown = getattr(export, noun).dtypes.astype(str)
        assert shown[list(dtypes)].to_dict() == dtypes
    text = pd.Series(["a"]).dtype if rows else pd.Series(dtype="str").dtype
    texts = [export.ties["context"], export.advertisers["advertiser"], export.beliefs["trait"]]
    assert {column.dtype for column in [*texts, export.consents["purpose"]]} == {text}


# Who is who


def test_the_same_name_is_the_same_number_however_it_is_written():
    ways = ["Zoë Vetch", "zoë vetch", "  ZOË VETCH ", "~ Zoë Vetch", "\u202f~\u200eZoe\u0308 Vetch"]
    ways += ["\u2068Zoë Vetch\u2069", "@Zoë Vetch", "Zoë\xa0Vetch"]
    export = let_in([*(Knows(way, "friend") for way in ways), Knows("Zoe Vetch", "friend")])
    assert export.ties["b"].tolist() == [1, 2]


def test_of_a_name_as_long_as_a_book_the_beginning_tells():
    """To write it like others is slow, and takes eighteen times its memory, at worst."""
    long = "\ufdfa" * 1_000
    ties = let_in([Knows(long + "a", "friend"), Knows(long + "b", "chat"), Knows("x", "chat")]).ties
    assert ties["b"].tolist() == [1, 1, 2]


def test_numbers_are_given_in_the_order_in_which_people_come_up():
    export = let_in([Knows(name, "friend") for name in "dbcab"])
    assert export.ties["b"].tolist() == [1, 2, 3, 4]


def test_all_names_of_the_owner_are_0_wherever_they_come_up():
    rows = [
        Did("message", None, THEN, by="Wren Halloway"),
        Knows("wren-demo", "follower"),
        Knows(JUNO, "follower"),
        Did("like", Thing("account", "WREN-DEMO"), THEN),
        Me("wren-demo"),
        Me("Wren Halloway"),
    ]
    export = let_in(rows)
    assert export.traces["from_person"].tolist() == [OWNER, OWNER]
    assert export.ties["b"].tolist() == [1] and export.others == 1
    assert export.items["name"].tolist() == ["account 0"]


@given(st.permutations(ROWS))
def test_the_order_of_files_does_not_matter_for_who_is_who(rows):
    """Numbers are given anew, and mean the same people."""
    export, usual = let_in(rows), let_in(ROWS)
    assert export.others == usual.others == 2
    assert sorted(export.beliefs["trait"]) == sorted(usual.beliefs["trait"])

    def who(export, context):
        return export.ties.set_index("context")["b"][context]

    traces = export.traces
    assert set(traces.loc[traces["kind"] == "message", "from_person"]) == {who(export, "follower")}
    assert set(traces.loc[traces["kind"] == "contact", "person"]) == {who(export, "friend")}
    assert f"account {who(export, 'follower')}" in export.items["name"].tolist()


# No name gets through


def test_no_name_survives_anywhere_in_what_is_handed_out():
    export = let_in([*ROWS, Did("search", Thing("account", ADA)), Did("post", by=ADA, about=JUNO)])
    for secret in (JUNO, ADA, "wren-demo", JUNO.split()[1]):
        assert found(secret, export) == []
    assert found("rowing", export) and found("oar.example", export)  # it looks everywhere


def test_neither_salt_nor_hashes_are_handed_out():
    door = Door("Murmur")
    for row in ROWS:
        door.take(row)
    salt, hashes = door._salt, list(door._numbers)
    export = Export(**door.tables(LATE))
    reached = [one for one in held(export) if isinstance(one, bytes)]
    assert reached and len(hashes) == 3
    assert not [1 for secret in (salt, *hashes) for one in reached if secret in one]
    seen = {}
    list(held(export, seen))
    assert not any(isinstance(one, Door) for one in seen.values())


def test_salts_differ_and_numbers_do_not_tell():
    one, other = Door("Murmur"), Door("Murmur")
    for row in ROWS:
        one.take(row)
        other.take(row)
    assert one._salt != other._salt and len(one._salt) == 16
    assert not set(one._numbers) & set(other._numbers)
    for noun in NOUNS:
        left, right = (door.tables(LATE)[noun] for door in (one, other))
        pd.testing.assert_frame_equal(left, right)
    assert repr(one) == "Door of Murmur"


# What a layout may not say

WRONG = [
    Did("like", Thing("acount", JUNO), THEN),  # a slip that would let a name in
    Did("liked", None, THEN),
    Did("like", None, THEN, "elsewhere"),
    Did("like", None, 1.5e9),
    Did("like", None, -5),
    Did("like", None, 10**12),
    Did("like", Thing("topic", None), THEN),
    Did("like", Thing("topic", {"a": JUNO}), THEN),
    Did("like", None, THEN, by=7),
    Did("like", None, THEN, about=[JUNO]),
    Knows(None, "friend"),
    Knows(JUNO, 7),
    Believes("age", math.nan, "inferred", "a"),
    Believes("age", math.inf, "inferred", "a"),
    Believes("age", 10**400, "inferred", "a"),
    Believes("age", True, "inferred", "a"),
    Believes("age", [JUNO], "inferred", "a"),
    Believes("age", None, "inferred", "a"),
    Believes(None, "a", "inferred", "a"),
    Reaches("Oar & Co", "magic"),
    Reaches(["Oar & Co"], "list"),
    Says("private_account", "no"),  # the word would count as a yes
    Says("private_account", 1),
    Says(3, True),
    Says("private_account", True, "setting", "today"),
    Made("today"),
    Made(10**12),
    Me(7),
    JUNO,
    (JUNO, "friend"),
]


@pytest.mark.parametrize("row", WRONG, ids=range(len(WRONG)))
def test_what_is_no_row_is_refused_and_leaves_nothing_behind(row):
    door = Door("Murmur")
    door.take(Did("like", Thing("topic", "tea"), THEN))
    with pytest.raises((TypeError, ValueError, OverflowError, AttributeError)) as caught:
        door.take(row)
    assert JUNO not in str(caught.value)
    door.take(Did("like", Thing("topic", "tea"), THEN + 1))
    tables = door.tables(LATE)
    assert len(tables["traces"]) == 2  # no column has become longer than another
    assert all(tables[noun].empty for noun in NOUNS if noun not in ("traces", "items"))
    assert found(JUNO, tables) == []


def test_texts_are_cut_and_mended_before_they_stand_in_a_table():
    rows = [
        Did("search", Thing("search", "a\ud800b" + "c" * 10**6), THEN),
        Believes("interest", "\udfff" * 1000, "inferred", "a"),
        Reaches("Oar\0Co\ud800", "list"),
        Says("advert:\ud800", False),
        Knows("Zo\ud800", "friend"),
        Says("é" * 1000, True),
    ]
    door = Door("Murmur")
    for row in rows:
        door.take(row)
    door.note("caf\udce9.json", "skipped", why="known")
    export = Export(**door.tables(LATE))
    assert export.items["name"].tolist() == ["a?b" + "c" * 197 + "..."]
    assert export.beliefs["value"].tolist() == ["?" * 200 + "..."]
    assert export.consents["purpose"].tolist() == ["advert:?", "é" * 100 + "..."]
    assert export.files["file"].tolist() == ["caf?.json"]
    for noun in NOUNS:
        getattr(export, noun).to_csv().encode("utf-8")


def test_more_than_fits_into_memory_is_refused_by_a_named_error(monkeypatch):
    monkeypatch.setitem(LIMITS, "traces", 3)
    monkeypatch.setitem(LIMITS, "names", 6)
    door = Door("Murmur")
    for _ in range(3):
        door.take(Did("like", None, THEN))
    with pytest.raises(Unreadable, match="3 traces stand before it"):
        door.take(Did("like", None, THEN))
    door = Door("Murmur")
    for row in ROWS[:3]:  # a name of the owner's, a topic, an account and its number
        door.take(row)
    door.take(Reaches("a", "list"))
    door.take(Says("a", True))
    for row in (
        Reaches("b", "list"),
        Knows("b", "friend"),
        Me("b"),
        Did("like", Thing("app", "b")),
    ):
        with pytest.raises(Unreadable, match="6 names stand before it"):
            door.take(row)
    assert len(door.tables(LATE)["traces"]) == 2


# Time, and what became of files


def test_it_was_made_when_it_says_or_when_its_newest_trace_was_or_else_when_the_zip_was():
    assert let_in([]).made == LATE
    assert let_in([Made(THEN)]).made == pd.Timestamp(THEN, unit="s")
    late = Did("like", None, THEN + 60)
    assert let_in([Made(THEN), late]).made == pd.Timestamp(THEN + 60, unit="s")
    assert let_in([late], otherwise=pd.Timestamp(0)).made == pd.Timestamp(THEN + 60, unit="s")
    undated = let_in([Made(THEN), Did("like"), Says("private_account", True)])
    assert undated.traces["time"].tolist() == undated.consents["time"].tolist() == [undated.made]


def test_files_alike_are_one_line_and_what_was_read_stands_first():
    door = Door("Murmur")
    assert door.read == 0
    door.note("z.json", "not understood", why="damaged", size=5)
    door.note("a.jpg", "skipped", why="a picture", size=2**40)
    door.note("a.jpg", "skipped", why="a picture", size=1)
    door.note("b.json", "read", rows=3, odd=1, size=10)
    assert door.read == 1
    files = door.tables(LATE)["files"]
    assert files["status"].tolist() == list(STATUS)
    assert files["files"].tolist() == [1, 2, 1]
    assert files["bytes"].tolist() == [10, 2**40 + 1, 5]
    assert files.loc[0, ["rows", "odd"]].tolist() == [3, 1]


def test_a_thing_said_twice_is_kept_once():
    export = let_in([*ROWS, *ROWS])
    once = let_in(ROWS)
    for noun in ("items", "ties", "beliefs", "advertisers", "consents"):
        pd.testing.assert_frame_equal(getattr(export, noun), getattr(once, noun))
    assert len(export.traces) == 2 * len(once.traces)  # who does a thing twice has done it twice
