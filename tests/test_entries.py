"""What stands in a file: the same as a parser that holds it all would find, and only Unreadable."""

import codecs
import json
from io import BytesIO

import handmade  # noqa: F401  how long hypothesis looks
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethics_lib import entries
from ethics_lib.entries import (
    LONGEST_LINE,
    LONGEST_TEXT,
    Unreadable,
    dig,
    find_label,
    host,
    labels,
    mend,
    moment,
    read_csv,
    read_json,
    read_lines,
    text,
)

LETTERS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | LETTERS
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(LETTERS, inner, max_size=4),
    max_leaves=20,
)
SECRET = "kx7-secret-9q"


def walk(value, path=()):
    """The entries of a value that is held as a whole."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from walk(inner, (*path, name))
    elif isinstance(value, list):
        yield from ((path, inner) for inner in value)
    else:
        yield path, value


def read(words, **how):
    data = words if isinstance(words, bytes) else words.encode()
    return list(read_json(BytesIO(data), **how))


@given(JSON, st.booleans())
def test_walking_finds_what_a_parser_finds(value, ascii_only):
    assert read(json.dumps(value, ensure_ascii=ascii_only)) == list(walk(value))


@given(JSON, st.integers(1, 9))
def test_where_the_bytes_are_cut_does_not_matter(value, size):
    data = json.dumps(value, ensure_ascii=False).encode()

    class Slow(BytesIO):
        def read(self, _=-1):
            return super().read(size)

    assert list(read_json(Slow(data))) == list(walk(value))


@pytest.mark.parametrize(
    "encode",
    [
        lambda words: codecs.BOM_UTF8 + words.encode(),
        lambda words: codecs.BOM_UTF16_LE + words.encode("utf-16-le"),
        lambda words: codecs.BOM_UTF16_BE + words.encode("utf-16-be"),
    ],
    ids=["UTF-8 with a mark", "UTF-16 LE", "UTF-16 BE"],
)
def test_marks_at_the_start_are_understood(encode):
    assert read(encode('{"of": "Café"}')) == [(("of",), "Café")]


def test_what_is_no_letter_is_replaced_and_the_rest_is_kept():
    assert read(b'["Caf\xe9", "tea"]') == [((), "Caf\ufffd"), ((), "tea")]


def test_no_number_is_too_large():
    large = [2**63, -(2**70), 1.5, 1e300]
    assert read(json.dumps(large)) == [((), number) for number in large]
    assert all(
        type(found) is type(number)
        for (_, found), number in zip(read(json.dumps(large)), large, strict=True)
    )


def test_names_and_texts_are_mended_however_deep():
    wrong = '[{"Caf\\u00c3\\u00a9": [{"x": "Zo\\u00c3\\u00ab"}]}]'
    assert read(wrong, mending=True) == [((), {"Café": [{"x": "Zoë"}]})]
    assert read('{"Caf\\u00c3\\u00a9": 1}', mending=True) == [(("Café",), 1)]
    assert read(wrong) != read(wrong, mending=True)


@given(LETTERS)
def test_mending_undoes_what_meta_does(words):
    wrong = words.encode("utf-8").decode("latin-1")
    assert mend(wrong) == words


@pytest.mark.parametrize("words", ["’", "ÿ", "Ł", "naïve 💛", "50 € – ok"])
def test_what_was_right_stays_as_it_is(words):
    assert mend(words) == words


@pytest.mark.parametrize(
    "head", ["window.YTD.like.part0 = ", "window.YTD.like.part0=", "window.__THAR_CONFIG =\n", ""]
)
def test_a_script_is_cut_off_its_name_and_never_run(head):
    assert read(f'{head}[{{"of": "a = b"}}]', script=True) == [((), {"of": "a = b"})]
    with pytest.raises(Unreadable, match="no JSON"):
        read("window.x = alert('=')", script=True)


@pytest.mark.parametrize(
    "broken",
    [
        f'[{{"a": "{SECRET}"}}, {{"a": {SECRET}}}]',
        f'[{{"a": "{SECRET}"}}, {{"a": "{SECRET}',
        f"[{{'a': '{SECRET}'}}]",
        f'[{{"a": "{SECRET}"}},]',
        f'[{{"a": "{SECRET}"}}] // {SECRET}',
        f"<html>{SECRET}</html>",
        f'{{"a": 01, "b": "{SECRET}"}}',
        f'{{"a": tru, "b": "{SECRET}"}}',
        "",
        "\0\0",
        "[" * 100_000,
        '{"a":' * 100_000,
        '[{"a":' * 100_000,
        '["\\ud800 \\q"]',
    ],
)
def test_what_is_no_json_says_where_and_never_what(broken):
    found = []
    with pytest.raises(Unreadable) as caught:
        found.extend(read_json(BytesIO(broken.encode())))
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_what_stands_before_the_break_is_kept():
    found = []
    with pytest.raises(Unreadable, match="after its entry 2"):
        for entry in read_json(BytesIO(b'{"x": [{"a": 1}, {"a": 2}, {"a": ')):
            found.append(entry)
    assert found == [(("x",), {"a": 1}), (("x",), {"a": 2})]


@pytest.mark.parametrize(
    "piece", ['"' + "x" * 100 + '",', "1234567,", '"a",'], ids=["long texts", "numbers", "texts"]
)
def test_an_entry_that_is_too_large_is_given_up(monkeypatch, piece):
    monkeypatch.setattr(entries, "LONGEST", 30_000)
    many = 6_000
    assert len(read(f"[[{piece * 3}1]]")) == 1
    with pytest.raises(Unreadable, match=r"too large|longer than"):
        read(f"[[{piece * many}1]]")


def test_many_small_entries_are_not_too_large(monkeypatch):
    monkeypatch.setattr(entries, "LONGEST", 30_000)
    assert len(read(json.dumps(["tea"] * 20_000))) == 20_000
    assert len(read(json.dumps([{"of": "tea"}] * 20_000))) == 20_000


class Endless(BytesIO):
    """The letter x, for ever."""

    given = 0

    def read(self, size=-1):
        self.given += size
        return b"x" * size


class Opened(Endless):
    """A JSON text of which the first word never ends."""

    def read(self, size=-1):
        return super().read(size) if self.given else b'["' + super().read(size)


@pytest.mark.parametrize("stream", [Endless(), Opened()], ids=["a line", "a word"])
def test_one_endless_text_is_given_up_without_being_held(stream):
    reader = read_json if isinstance(stream, Opened) else read_lines
    longest = LONGEST_TEXT if isinstance(stream, Opened) else LONGEST_LINE
    with pytest.raises(Unreadable, match="longer than"):
        list(reader(stream))
    assert longest <= stream.given < 2 * longest


@pytest.mark.parametrize("piece", [b'\\"', b'"', b'\\\\\\"'], ids=["1", "none", "3"])
@pytest.mark.parametrize("shift", [0, 1])
def test_a_quote_within_a_text_is_no_end_of_it(piece, shift):
    """Else the parser would gather a text of gigabytes that is made of escaped quotes."""
    many = b'["' + b"x" * shift + piece * (2 * LONGEST_TEXT // len(piece))
    with pytest.raises(Unreadable, match="longer than" if piece != b'"' else "no JSON"):
        list(read_json(BytesIO(many)))


def test_texts_that_end_in_backslashes_have_an_end():
    many = ["tea \\", 'she said "\\"', '"'] * 400_000  # more than a text may have
    assert len(json.dumps(many)) > 2 * LONGEST_TEXT
    assert read(json.dumps(many)) == [((), words) for words in many]


def test_a_name_that_is_too_long_is_given_up():
    long = SECRET * 400
    for words in ({long: {"a": 1}}, [{long: 1}]):
        with pytest.raises(Unreadable, match="a name in it is too long") as caught:
            read(json.dumps(words))
        assert SECRET not in str(caught.value)
    assert len(read(json.dumps({long[:4_000]: 1}))) == 1


def test_bytes_are_counted_as_they_come():
    came = []
    data = json.dumps([{"a": i} for i in range(20_000)]).encode()
    list(read_json(BytesIO(data), seen=came.append))
    assert sum(came) == len(data) and len(came) > 2


def test_lines_come_without_their_ends():
    assert list(read_lines(BytesIO(b"a\r\nb\n\nc"))) == ["a", "b", "", "c"]
    assert list(read_lines(BytesIO(b""))) == []


def test_a_table_may_name_a_column_twice():
    data = b"Name,Title,Title\nOar,first,\nKite,,second\n"
    assert list(read_csv(BytesIO(data))) == [
        ((), [("Name", "Oar"), ("Title", "first"), ("Title", "")]),
        ((), [("Name", "Kite"), ("Title", ""), ("Title", "second")]),
    ]


def test_notes_before_a_table_are_passed_over():
    data = b'Notes:\n"Some addresses are missing, as you may\nnotice."\n\nFirst,Last\nOar,Moor\n'
    assert list(read_csv(BytesIO(data))) == [((), [("First", "Oar"), ("Last", "Moor")])]


@pytest.mark.parametrize("data", [b"", b"Notes:\n", b"Notes:\n\n\n", b"Name,Title\n", b"\n\n"])
def test_a_table_without_rows_has_none(data):
    assert list(read_csv(BytesIO(data))) == []


def test_a_cell_that_is_too_long_is_no_table():
    data = b"Name\n" + SECRET.encode() * 20_000
    with pytest.raises(Unreadable, match="no table") as caught:
        list(read_csv(BytesIO(data)))
    assert SECRET not in str(caught.value)


def test_a_row_may_go_on_over_lines_and_not_for_ever():
    cells = b'"a\nb",' * 100
    assert len(list(read_csv(BytesIO(b"Name\n" + (cells + b"c\n") * 3_000)))) == 3_000
    with pytest.raises(Unreadable, match="a row of it is longer than 1 MB"):
        list(read_csv(BytesIO(b"Name\n" + cells * 3_000)))


@pytest.mark.parametrize(
    "value, seconds",
    [
        (1768417331, 1768417331),
        (1768417331.9, 1768417331),
        (1768075200123, 1768075200),
        (1768248840000000, 1768248840),
        ("1768417331", 1768417331),
        ("2026-01-14T19:02:11.000Z", 1768417331),
        ("2026-01-14T20:02:11+01:00", 1768417331),
        ("2026-01-14 19:02:11", 1768417331),
        ("2026-01-14 19:02:11 UTC", 1768417331),
        ("2026/01/14 19:02:11 UTC", 1768417331),
        ("Wed Jan 14 19:02:11 +0000 2026", 1768417331),
        ("Wed Jan 14 19:02:11 UTC 2026", 1768417331),
        ("9/1/17, 12:00 PM", 1504267200),
        ("05 Jan 2026", 1767571200),
        ("04-May-1997", 862704000),
        ("2026-01-05", 1767571200),
    ],
)
def test_moments_as_archives_write_them(value, seconds):
    assert moment(value) == seconds


@pytest.mark.parametrize(
    "value",
    [
        None,
        0,
        "0",
        "",
        "N/A",
        True,
        [],
        {},
        -5,
        1e300,
        10**400,
        float("nan"),
        float("inf"),
        10**30,
        "12",
    ],
)
def test_what_is_no_moment_is_none(value):
    assert moment(value) is None


@pytest.mark.parametrize(
    "words", ["٢٠٢٦", "9" * 40, "0001-01-01", "2026-13-40", "yesterday", "2026-01-05" * 99]
)
def test_words_that_are_no_moment_are_none(words):
    assert moment(words) is None


@given(JSON, st.lists(LETTERS | st.integers(-3, 3), max_size=4))
def test_looking_for_what_is_not_there_gives_none(value, names):
    found = dig(value, *names)
    said = text(value, *names)
    assert said is None or (isinstance(said, str) and said == found.strip())


@given(JSON)
def test_labels_of_anything(value):
    assert all(isinstance(label, str) for label, _ in labels(value))


def test_labels_are_walked_in_order():
    entry = {
        "timestamp": 1,
        "label_values": [
            {"label": "URL", "value": "https://a.example"},
            {"label": "Topics", "vec": [{"value": "tea"}, {"value": "jam"}]},
            {"title": "Owner", "dict": [{"dict": [{"label": "Hidden on", "timestamp_value": 7}]}]},
        ],
    }
    assert list(labels(entry)) == [
        ("URL", "https://a.example"),
        ("Topics", "tea"),
        ("Topics", "jam"),
        ("Hidden on", 7),
    ]
    assert find_label(entry, "Name", "Topics") == "tea"
    assert find_label(entry, "Name") is None


def test_a_host_longer_than_any_is_none():
    """To look for a firm's name in a long one takes the square of its length."""
    assert host("https://" + "a." * 120 + "example") == "a." * 120 + "example"
    assert host("https://" + "a." * 130 + "example") is None
