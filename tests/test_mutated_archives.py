"""2,000 damaged archives: each is read or is an error of ours, and none tells what stands in it."""

import io
import json
import logging
import re
import warnings
import zipfile
from collections import Counter
from datetime import datetime
from functools import partial

import handmade  # noqa: F401  how long hypothesis looks
import mutations
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import OTHERS, OWN, PLATFORMS, examine, mutate, pack, plant

from ethics_lib import doors, exports
from ethics_lib.exports import read_export
from ethics_lib.tables import EthicsLibError, check_table

QUICK, ALL = range(150), range(2000)


def signature(outcome):
    """What a reader would see of it: how it ended, what stands in tables, what became of files."""
    export = outcome.export
    counts = [] if export is None else [len(export.traces), len(export.ties), export.others]
    files = "" if export is None else export.files.drop(columns="bytes").to_csv()
    return outcome.word, outcome.shown, counts, files


def leaks(mutant, outcome):
    """Where a secret came out; a name moved to where a firm's stands is a firm's to our eyes."""
    found = []
    if OTHERS.search(outcome.said) or OWN.search(outcome.said):
        found.append("said")
    if OTHERS.search(outcome.shown) and not mutant.moved:
        found.append("shown")
    return found


def run(seeds, read=read_export):
    """The outcome of each seed; and what differs from the archive as it was, and what leaks."""
    usual = {platform: signature(examine(pack(plant(platform)))) for platform in PLATFORMS}
    words, leaked, changed = Counter(), {}, 0
    for seed in seeds:
        mutant = mutate(seed)
        outcome = examine(mutant.data, read)
        words[outcome.word] += 1
        changed += signature(outcome) != usual[mutant.platform]
        if where := leaks(mutant, outcome):
            leaked[seed] = (*where, mutant.platform, *mutant.done)
        if outcome.export is not None:
            for noun in mutations._TABLES:
                check_table(getattr(outcome.export, noun), noun, empty=True)
    return words, leaked, changed / len(seeds)


def check(seeds):
    words, leaked, changed = run(seeds)
    assert leaked == {}
    assert set(words) == {"read", "read in part", "ArchiveError"}
    share = {word: n / len(seeds) for word, n in words.items()}
    assert share["read in part"] > 0.4 and share["read"] > 0.15 and share["ArchiveError"] > 0.04
    assert changed > 0.7  # the mutator does something


def test_archives_damaged_at_random_are_read_or_refused_and_none_tells():
    check(QUICK)


@pytest.mark.slow
def test_two_thousand_archives_damaged_at_random_are_read_or_refused_and_none_tells():
    check(ALL)


def test_the_name_of_the_file_itself_is_not_told(tmp_path):
    path = tmp_path / "WhatsApp Chat with Qwyzzle Vextrom.zip"
    words = set()
    for seed in range(40):
        mutant = mutate(seed)
        path.write_bytes(mutant.data)
        outcome = examine(mutant.data, lambda _: read_export(path))
        words.add(outcome.word)
        assert leaks(mutant, outcome) == []
    assert "ArchiveError" in words


# The mutator


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_archive_with_secrets_is_read_in_full_and_tells_nothing(platform):
    """The secrets are in it, and go where the names of people go."""
    files = plant(platform)
    outcome = examine(pack(files), partial(read_export, progress=True))
    assert outcome.word == "read"
    assert "%" in outcome.said  # the bar was shown, and heard
    assert not OTHERS.search(outcome.said + outcome.shown) and not OWN.search(outcome.said)
    assert OTHERS.search(repr(files)) or platform == "facebook_legacy"  # has nobody else in it


def test_what_the_owner_may_see_is_planted_too():
    shown = [OWN.search(examine(pack(plant(platform))).shown) for platform in PLATFORMS]
    assert sum(found is not None for found in shown) >= 7


def test_a_seed_is_an_archive_and_all_platforms_take_turns():
    mutants = [mutate(seed) for seed in range(330)]
    assert mutants[7] == mutate(7)
    assert set(Counter(m.platform for m in mutants).values()) == {330 // len(PLATFORMS)}
    done = {name for m in map(mutate, range(660)) for name in m.done}
    ways = {f.__name__ for f in mutations._OF_FILES + mutations._OF_ZIPS}
    assert done == ways and len(ways) > 35
    assert sum(m.moved for m in mutants) < 50  # of few is less asked


# It has teeth: careless readers are caught


def careless(stream):
    """Read as one reads the first time: what goes wrong is shown where it goes wrong."""
    with zipfile.ZipFile(io.BytesIO(stream.getvalue())) as file:
        for name in file.namelist():
            data = file.read(name).decode()
            try:
                if name.endswith(".json"):
                    json.loads(data)
                elif name.endswith(".txt"):
                    datetime.strptime(data[1:22], "[%d/%m/%Y, %H:%M:%S]")
            except ValueError as error:
                near = data[max(0, getattr(error, "pos", 0) - 200) :][:400]
                raise ValueError(f"{name}: cannot read {near}") from None
    return read_export(stream)


def named(read):
    """The same, with every error one of ours, so that it is examined and not raised."""

    def reader(stream):
        try:
            return read(stream)
        except EthicsLibError:
            raise
        except Exception as error:
            raise EthicsLibError(str(error)) from error

    return reader


def test_a_careless_reader_is_caught():
    _, leaked, _ = run(QUICK, named(careless))
    assert len(leaked) >= 10 and all("said" in where for where in leaked.values())


def logs(stream):
    with zipfile.ZipFile(io.BytesIO(stream.getvalue())) as file:
        for name in file.namelist():
            logging.getLogger("reader").debug("reading %s", name)
    return read_export(stream)


def warns(stream):
    with zipfile.ZipFile(io.BytesIO(stream.getvalue())) as file:
        warnings.warn(f"odd: {file.namelist()}", stacklevel=1)
    return read_export(stream)


def prints(stream):
    with zipfile.ZipFile(io.BytesIO(stream.getvalue())) as file:
        print(file.namelist())
    return read_export(stream)


def raises(stream):
    """Says nothing itself; the error behind it does."""
    try:
        raise KeyError("Qwyzzle Vextrom")
    except KeyError as error:
        raise EthicsLibError("A key is missing.") from error


@pytest.mark.parametrize("read", [logs, warns, prints, raises])
def test_every_way_of_telling_is_heard(read):
    mutant = mutations.Mutant("whatsapp", (), pack(plant("whatsapp")), False)
    assert leaks(mutant, examine(mutant.data)) == []
    assert leaks(mutant, examine(mutant.data, read)) == ["said"]


def test_a_door_that_keeps_names_is_caught(monkeypatch):
    def thing(door, it):
        return door._things.setdefault(("search", str(it.name)), len(door._things))

    monkeypatch.setattr(doors.Door, "_thing", thing)
    _, leaked, _ = run(QUICK[:60])
    assert len(leaked) >= 10 and all(where[0] == "shown" for where in leaked.values())


def test_a_list_of_files_that_keeps_names_is_caught(monkeypatch):
    monkeypatch.setattr(exports, "_label", lambda name, *_: name)
    named_for = "name_a_file_for_somebody"
    _, leaked, _ = run([seed for seed in range(300) if named_for in mutate(seed).done])
    assert len(leaked) >= 5 and all(where[0] == "shown" for where in leaked.values())


# Shapes that resemble what is expected, drawn by hypothesis


def _names_in(files):
    """Names and labels that stand in an archive, for a tree that looks like one."""
    words = {
        w for data in files.values() for w in re.findall(r'"([A-Za-z_ ]{2,40})"', data.decode())
    }
    return sorted(word for word in words if not OTHERS.search(word))


FILES = {platform: plant(platform) for platform in PLATFORMS}
JSON = [
    (p, path) for p, files in FILES.items() for path in files if path.endswith((".json", ".js"))
]
NAMES = sorted({name for files in FILES.values() for name in _names_in(files)})
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(["Krelvnik", "", "N/A", "2026-01-14 19:02:11", "\ud800", "0", "Yes"]),
    st.text(max_size=8),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.sampled_from(JSON), TREES, st.integers(0, 10**6))
@settings(max_examples=60)
def test_a_value_of_any_shape_in_any_place_is_read_or_refused(place, tree, where):
    platform, path = place
    files = dict(FILES[platform])
    words = files[path].decode()
    head = re.match(r"(window[^=]*= ?)?", words)[0]
    whole = json.loads(words[len(head) :])
    nodes = mutations._nodes(whole)
    holder, name = nodes[where % len(nodes)]
    holder[name] = tree
    files[path] = (head + json.dumps(whole)).encode()
    outcome = examine(pack(files))
    assert outcome.word in ("read", "read in part", "ArchiveError")
    assert not OTHERS.search(outcome.said + outcome.shown) and not OWN.search(outcome.said)


@given(st.sampled_from(PLATFORMS), st.lists(TREES, min_size=1, max_size=3), st.data())
def test_files_of_any_shape_under_names_that_we_know_are_read_or_refused(platform, trees, data):
    paths = data.draw(st.lists(st.sampled_from(sorted(FILES[platform])), min_size=3, max_size=3))
    files = dict(FILES[platform])
    files |= {path: json.dumps(tree).encode() for path, tree in zip(paths, trees, strict=False)}
    outcome = examine(pack(files))
    assert outcome.word in ("read", "read in part", "ArchiveError")
    assert not OTHERS.search(outcome.said + outcome.shown) and not OWN.search(outcome.said)
