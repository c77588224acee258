"""A city in parts, and guesses that come out the same as in memory, whoever does the work."""

import importlib
import os
import sys
import threading
import time

import dask.dataframe as dd
import numpy as np
import pandas as pd
import psutil
import pytest
from distributed import Client, LocalCluster

import ethics_lib
from ethics_lib import districts, parts, propagation, scale
from ethics_lib.guards import DualUseError, aggregate
from ethics_lib.tables import RangeError, TableError, UnknownNameError
from ethics_lib.walks import label_propagation

# What Dask itself does with the newest pandas.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")

PEOPLE = 3_000
KNOBS = {
    "mean_degree": 12,
    "circle_size": 6,
    "likes": 5,
    "visits": 2,
    "searches": 0,
    "purchases": 0,
    "messages": 1,
}
HERE = {"threads_per_worker": 1, "dashboard_address": None}
HERE |= {"scheduler_kwargs": {"dashboard_address": "127.0.0.1:0"}}


@pytest.fixture(autouse=True)
def many_ranges(monkeypatch):
    """Few people as if they were many: their friends stand in several files."""
    monkeypatch.setattr(scale, "_RANGE", 1_000)


@pytest.fixture(scope="module")
def client():
    """Two workers in this very process: quick to start, and no processor is waited for."""
    with LocalCluster(n_workers=2, processes=False, **HERE) as cluster, Client(cluster) as client:
        yield client


@pytest.fixture(scope="module")
def city(client, tmp_path_factory):
    folder = tmp_path_factory.mktemp("city")
    return scale.make_world(PEOPLE, folder=folder, partitions=3, knobs=KNOBS, client=client, rng=7)


@pytest.fixture(scope="module")
def ties(city):
    """Ties with a lonely pair, of whom nobody answers, and a tie that two settings made."""
    table = city.ties.compute()
    pair = pd.DataFrame({"a": [PEOPLE], "b": [PEOPLE + 1], "context": ["work"]})
    again = table.head(50).assign(context="again")
    return pd.concat([table, pair, again], ignore_index=True).astype({"a": "int32", "b": "int32"})


@pytest.fixture(scope="module")
def known(city):
    reports = city.reports.compute()
    words = reports[reports["trait"].isin(["faith", "party"])][["person", "trait", "value"]]
    person = np.arange(0, PEOPLE, 3)
    house = np.array(["east", "north", "west"])[person % 7 % 3]
    alone = pd.DataFrame({"person": [PEOPLE + 2], "trait": "house", "value": "west"})
    houses = pd.DataFrame({"person": person, "trait": "house", "value": house})
    known = pd.concat([words, houses, alone], ignore_index=True)
    return known.astype({"person": "int32", "trait": str, "value": str})


def in_memory(known, ties, **options):
    return propagation.propagate(
        known, ties, holder="Murmur", method="label_propagation", **options
    )


def same(found, wanted):
    """The same beliefs in the same order."""
    found = found.compute().reset_index(drop=True)
    assert list(found.columns) == list(wanted.columns)
    for column in ("person", "trait", "value", "origin", "method", "holder", "intent"):
        assert found[column].tolist() == wanted[column].tolist(), column
    assert found["sd"].isna().all()
    np.testing.assert_allclose(found["p"], wanted["p"], rtol=0, atol=1e-6)
    return True


# Passing answers on -------------------------------------------------------------------------------


@pytest.mark.parametrize(("of_ties", "of_known"), [(1, 1), (5, 3)])
def test_the_beliefs_are_those_of_propagate(known, ties, client, tmp_path, of_ties, of_known):
    found = scale.propagate(
        dd.from_pandas(known, npartitions=of_known, sort=False),
        dd.from_pandas(ties, npartitions=of_ties, sort=False),
        holder="Murmur",
        folder=tmp_path / "out",
        client=client,
    )
    wanted = in_memory(known, ties)
    assert same(found, wanted)
    assert set(wanted["method"]) == {"label_propagation", "prior"}  # the lonely pair
    assert not (tmp_path / "out" / "scratch").exists()


def test_not_a_bit_hangs_on_how_ties_and_people_are_cut(known, ties, client, tmp_path, monkeypatch):
    def guess(of_ties, a_range):
        monkeypatch.setattr(scale, "_RANGE", a_range)
        shuffled = ties.sample(frac=1, random_state=of_ties)
        cut = dd.from_pandas(shuffled, npartitions=of_ties, sort=False)
        folder = tmp_path / str(of_ties)
        found = scale.propagate(known, cut, holder="Murmur", folder=folder, client=client)
        assert len(list(folder.glob("000-*"))) == 1 + 3_003 // a_range
        return found.compute().reset_index(drop=True)

    once, again = guess(2, 10_000), guess(7, 700)
    pd.testing.assert_frame_equal(once, again, check_exact=True)


def test_as_many_steps_as_asked(known, ties, client, tmp_path):
    known = known[known["trait"] == "faith"]

    def once(friends, is_known, answers):
        scores, reached = label_propagation(friends, is_known, answers, iterations=1)
        near = np.asarray((friends @ is_known.astype("float32")) > 0)
        return scores, reached & near

    found = scale.propagate(
        known, ties, holder="Murmur", folder=tmp_path / "out", iterations=1, client=client
    )
    wanted = propagation.propagate(known, ties, holder="Murmur", method=once)
    assert same(found, wanted.assign(method=wanted["method"].replace("once", "label_propagation")))


def test_where_all_say_the_same_nothing_is_learned(ties, client, tmp_path):
    known = pd.DataFrame({"person": [0, 5], "trait": "house", "value": "west"})
    found = scale.propagate(known, ties, holder="Murmur", folder=tmp_path / "out", client=client)
    assert same(found, in_memory(known, ties))
    assert set(found["method"].compute()) == {"prior"}


def test_people_without_ties_are_judged_where_they_are_counted(client, tmp_path):
    known = pd.DataFrame({"person": [0, 1], "trait": "house", "value": ["east", "west"]})
    ties = pd.DataFrame({"a": [0], "b": [3], "context": "work"})
    options = {"holder": "Murmur", "client": client}
    few = scale.propagate(known, ties, folder=tmp_path / "few", **options)
    assert few["person"].compute().tolist() == [3, 3]
    town = pd.RangeIndex(5)
    all_of_them = scale.propagate(known, ties, folder=tmp_path / "all", people=5, **options)
    assert same(all_of_them, in_memory(known, ties, people=town))
    nobody = scale.propagate(known, ties.head(0), folder=tmp_path / "0", people=5, **options)
    assert set(nobody["method"].compute()) == {"prior"}


def test_tables_may_be_paths(known, ties, client, tmp_path):
    ties.to_parquet(tmp_path / "ties.parquet")
    known.to_parquet(tmp_path / "known.parquet")
    found = scale.propagate(
        str(tmp_path / "known.parquet"),
        tmp_path / "ties.parquet",
        holder="Murmur",
        folder=tmp_path / "out",
        client=client,
    )
    assert same(found, in_memory(known, ties))


def test_protected_traits_give_aggregates_unless_there_is_a_basis(known, ties, client, tmp_path):
    known = known.assign(trait="protected:" + known["trait"])
    options = {"holder": "Murmur", "client": client}
    found = scale.propagate(known, ties, folder=tmp_path / "sums", **options).compute()
    pd.testing.assert_frame_equal(
        found.sort_values(["trait", "value", "method"], ignore_index=True),
        in_memory(known, ties),
        check_dtype=False,
    )
    assert [path.name for path in (tmp_path / "sums").iterdir()] == ["aggregates.parquet"]
    with pytest.raises(DualUseError, match="person_rows=True needs a basis"):
        scale.propagate(known, ties, folder=tmp_path / "out", person_rows=True, **options)
    asked = {"person_rows": True, "basis": "committee 2026/14, written consent"}
    rows = scale.propagate(known, ties, folder=tmp_path / "out", **options, **asked)
    assert same(rows, in_memory(known, ties, **asked))
    pd.testing.assert_frame_equal(
        aggregate(in_memory(known, ties, **asked)), in_memory(known, ties)
    )


ONE = pd.DataFrame({"person": [0, 2], "trait": "house", "value": ["east", "west"]})
PATH = pd.DataFrame({"a": [0, 1], "b": [1, 2], "context": "work"})


@pytest.mark.parametrize(
    ("known", "ties", "options", "error", "message"),
    [
        (ONE.drop(columns="trait"), PATH, {}, TableError, r"known: column 'trait' is missing"),
        (ONE, PATH.drop(columns="b"), {}, TableError, r"ties: column 'b' is missing\. .* has a, c"),
        (ONE, [(0, 1)], {}, TableError, r"ties: got list where a Dask or pandas DataFrame"),
        (ONE, "nowhere", {}, TableError, r"ties: nowhere does not exist\. Pass a file or folder"),
        (
            ONE,
            PATH.astype({"a": str}),
            {},
            TableError,
            r"'a' holds str.*; people are whole numbers",
        ),
        (ONE, PATH.assign(a=2), {}, TableError, r"ties: column 'a' holds 2 in row 0.* with a < b"),
        (
            ONE,
            PATH.assign(a=-1),
            {},
            TableError,
            r"'a' holds -1: there is no such person; .* 0 to 2",
        ),
        (ONE, PATH, {"people": 2}, TableError, r"known: .*'person' holds 2: .* 0 to 1"),
        (ONE.assign(value=[1.5, 2]), PATH, {}, TableError, r"'house' are not words \(floating\)"),
        (ONE.assign(value=[None, "a"]), PATH, {}, TableError, r"'value' holds .* in row 0.* empty"),
        (ONE.assign(person=2), PATH, {}, TableError, r"known: person 2 answers 'house' twice"),
        (ONE.head(0), PATH, {}, TableError, r"known: the table has no rows"),
        (
            ONE,
            PATH,
            {"iterations": 0},
            RangeError,
            r"iterations=0 is outside its range: 1 to 10000",
        ),
        (
            ONE,
            PATH,
            {"people": 3e9},
            RangeError,
            r"people=3\d+.* is outside its range: 1 to 2e\+09",
        ),
    ],
)
def test_what_is_wrong_is_said(client, tmp_path, known, ties, options, error, message):
    with pytest.raises(error, match=message):
        scale.propagate(
            known, ties, holder="Murmur", folder=tmp_path / "out", client=client, **options
        )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("npartitions", [1, 4])
def test_too_many_values_are_refused(client, tmp_path, npartitions):
    known = pd.DataFrame({"person": range(150), "trait": "name", "value": map(str, range(150))})
    known = dd.from_pandas(known, npartitions=npartitions)
    with pytest.raises(RangeError, match=r"'name' has \d+ values or more, such as '0', and 100 is"):
        scale.propagate(known, PATH, holder="", folder=tmp_path / "out", client=client, people=150)


def test_a_person_who_answers_in_two_parts_is_found(client, tmp_path):
    known = dd.from_pandas(pd.concat([ONE, ONE.head(1)], ignore_index=True), npartitions=3)
    with pytest.raises(TableError, match="person 0 answers 'house' twice"):
        scale.propagate(known, PATH, holder="", folder=tmp_path / "out", client=client)


def test_nothing_is_written_over(client, tmp_path):
    (tmp_path / "thesis.txt").write_text("of a year")
    with pytest.raises(TableError, match=r"is not empty: it holds thesis\.txt\. Name a new folder"):
        scale.propagate(ONE, PATH, holder="", folder=tmp_path, client=client)
    assert (tmp_path / "thesis.txt").read_text() == "of a year"


def test_without_dask_it_says_how_to_get_it(monkeypatch):
    for room in ("scale", "districts", "parts"):
        monkeypatch.delitem(sys.modules, f"ethics_lib.{room}")
        monkeypatch.delattr(ethics_lib, room)
    monkeypatch.setitem(sys.modules, "dask.dataframe", None)
    with pytest.raises(ImportError, match=r"Dask is needed here.*python -m pip install \"dask"):
        importlib.import_module("ethics_lib.scale")


# A city in parts ----------------------------------------------------------------------------------


def files_of(folder):
    """Every table, part by part, without what stands beside them."""
    paths = sorted(folder.glob("*/*.parquet"))
    return {path.relative_to(folder).as_posix(): pd.read_parquet(path) for path in paths}


def test_a_city_is_numbered_through_and_its_ties_are_written_once(city):
    people, ties = city.people.compute(), city.ties.compute()
    assert people.index.tolist() == list(range(PEOPLE)) and people.index.name == "person"
    assert people["household"].nunique() > PEOPLE / 3
    assert (ties["a"] < ties["b"]).all() and ties["b"].max() < PEOPLE
    assert not ties.duplicated(["a", "b"]).any()
    acts, reports = city.acts.compute(), city.reports.compute()
    assert set(acts["kind"]) == {"like", "visit", "message"}
    assert acts["item"].isin(city.items.compute().index).all()
    joined = acts.merge(people, left_on="person", right_index=True)
    likes = joined[joined["kind"] == "like"]
    assert likes["member"].all() and (likes["time"] >= likes["joined"]).all()
    said = reports[reports["trait"] == "faith"].set_index("person")["value"]
    assert (people["faith"].loc[said.index] == said).mean() > 0.9
    homes = people.groupby("household")["postcode"].nunique()
    assert (homes == 1).all()


def test_a_fifth_of_friends_live_in_another_district(city):
    ties = city.ties.compute()
    district = np.searchsorted(np.linspace(0, PEOPLE, 4), np.arange(PEOPLE), side="right")
    friends = ties[ties["context"] != "family"]
    elsewhere = district[friends["a"]] != district[friends["b"]]
    assert elsewhere.mean() == pytest.approx(0.2, abs=0.04)
    assert 2 * len(friends) / PEOPLE == pytest.approx(12, rel=0.1)
    family = ties[ties["context"] == "family"]
    assert (district[family["a"]] == district[family["b"]]).all()
    faith = city.people["faith"].compute().to_numpy()
    there = friends[elsewhere & (friends["context"] == "faith")]
    assert (faith[there["a"]] == faith[there["b"]]).mean() > 0.75


def test_a_taste_says_the_same_in_every_district(city):
    """Which way a trait lies among the dispositions is one thing for the whole city."""
    people = city.people.compute()
    mind = people[[f"d{k}" for k in range(4)]].to_numpy()
    tide = (people["faith"] == "Tide").to_numpy()
    ways = []
    for part in np.array_split(np.arange(PEOPLE), 3):
        way = mind[part][tide[part]].mean(axis=0) - mind[part][~tide[part]].mean(axis=0)
        ways.append(way / np.linalg.norm(way))
    assert (np.array(ways) @ np.array(ways).T).min() > 0.9


def test_the_same_rng_gives_the_same_files_whoever_makes_them(city, tmp_path):
    options = {"partitions": 3, "knobs": KNOBS, "rng": 7}
    with (
        LocalCluster(n_workers=1, processes=False, **HERE) as cluster,
        Client(cluster) as alone,
    ):
        again = scale.make_world(PEOPLE, folder=tmp_path / "again", client=alone, **options)
        other = scale.make_world(
            PEOPLE, folder=tmp_path / "other", client=alone, **options | {"rng": 8}
        )
    for noun in ("people", "items", "acts", "ties", "events", "reports"):
        once = getattr(city, noun).compute()
        pd.testing.assert_frame_equal(once, getattr(again, noun).compute())
        assert not once.equals(getattr(other, noun).compute())


def test_a_city_that_was_stopped_is_gone_on_with(client, tmp_path):
    options = {"folder": tmp_path, "partitions": 3, "knobs": KNOBS, "client": client}
    scale.make_world(PEOPLE, rng=7, **options)
    before, kept = files_of(tmp_path), tmp_path / "acts" / "000000.parquet"
    (tmp_path / "acts" / ".000002.parquet.1").write_bytes(b"half of it")
    for gone in ("people/000002", "meetings/000002", "ties/000004"):
        (tmp_path / f"{gone}.parquet").unlink()
    written = kept.stat().st_mtime_ns
    scale.make_world(PEOPLE, rng=7, **options)
    after = files_of(tmp_path)
    assert before.keys() == after.keys()
    for name, table in before.items():
        pd.testing.assert_frame_equal(table, after[name])
    assert kept.stat().st_mtime_ns == written
    assert not list(tmp_path.glob("*/.*"))
    with pytest.raises(TableError, match="nothing that was begun with these arguments"):
        scale.make_world(PEOPLE, rng=8, **options)


def test_a_file_is_whole_or_not_there(tmp_path):
    path = tmp_path / "ties.parquet"
    with pytest.raises(ZeroDivisionError), parts.whole_file(path) as new:
        new.write_text("half of it")
        1 / 0  # noqa: B018
    assert not list(tmp_path.iterdir())


def test_a_city_of_one_district_is_a_town(client, tmp_path):
    town = scale.make_world(1_000, folder=tmp_path, knobs=KNOBS, client=client, rng=7)
    ties = town.ties.compute()
    assert town.people.npartitions == 1
    assert 2 * (ties["context"] != "family").sum() / 1_000 == pytest.approx(12, rel=0.15)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"partitions": 32}, RangeError, r"partitions=32 is outside its range: 1 to 31, .* 96"),
        ({"partitions": 0}, RangeError, r"partitions=0 is outside its range"),
        ({"partitions": 2.0}, RangeError, r"partitions=2\.0 is outside its range"),
        ({"across": 1.5}, RangeError, r"across=1\.5 is outside its range: 0 to 1"),
        ({"knobs": {"like": 3}}, UnknownNameError, r"knob 'like' does not exist.* 'likes'"),
        ({"knobs": {"homophily": 2}}, RangeError, r"homophily=2 is outside its range"),
        ({"rng": "7"}, RangeError, r"rng='7' is no source of randomness"),
    ],
)
def test_what_is_wrong_with_a_city_is_said(client, tmp_path, options, error, message):
    given = {"knobs": {"mean_degree": 12}, "rng": 7} | options
    with pytest.raises(error, match=message):
        scale.make_world(PEOPLE, folder=tmp_path / "city", client=client, **given)
    assert not (tmp_path / "city").exists()


def test_a_large_city_shares_its_pages():
    assert districts._settle(2_000_000, {})[1]["pages"] == 300_000
    assert districts._settle(2_000_000, {"pages": 400_000})[1]["pages"] == 400_000
    assert districts._settle(2_000, {})[1]["pages"] == 2_000


# Workers in processes of their own ----------------------------------------------------------------


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_changes_nothing(city, known, ties, tmp_path):
    """One worker of two is killed while ties are dealt, and one while steps are taken."""
    ties = dd.from_pandas(ties, npartitions=4, sort=False)
    options = {"holder": "Murmur", "iterations": 60}
    killed = []

    def kill_one(client, sign):
        while not sign():
            time.sleep(0.01)
        pid = min(client.run(os.getpid).values())
        psutil.Process(pid).kill()
        killed.append(pid)

    with LocalCluster(n_workers=2, **HERE) as cluster, Client(cluster) as client:
        calm = scale.propagate(known, ties, folder=tmp_path / "calm", client=client, **options)
        scratch = tmp_path / "out" / "scratch"
        signs = (
            lambda: list(scratch.glob("hand-*")),
            lambda: (tmp_path / "out" / "000-000000.parquet").exists(),  # steps of the 2nd trait
        )
        threads = [threading.Thread(target=kill_one, args=(client, sign)) for sign in signs]
        for thread in threads:
            thread.start()
        hard = scale.propagate(known, ties, folder=tmp_path / "out", client=client, **options)
        # both died before the end, for the files that they waited for are gone or were the last
        assert len(killed) == 2 and len(set(killed)) == 2
        for thread in threads:
            thread.join()
    pd.testing.assert_frame_equal(calm.compute(), hard.compute(), check_exact=True)


@pytest.mark.slow
def test_workers_of_its_own_are_reached_from_this_machine_only(known, ties, tmp_path):

    def doors():
        me = psutil.Process()
        return {
            connection.laddr
            for process in (me, *me.children(recursive=True))
            for connection in process.net_connections()
            if connection.status == "LISTEN"
        }

    before = doors()
    with parts.workers() as client:
        client.wait_for_workers(1)
        opened = doors() - before
    assert len(opened) > 2 and {door.ip for door in opened} == {"127.0.0.1"}
    found = scale.propagate(known, ties, holder="Murmur", folder=tmp_path / "out")
    assert same(found, in_memory(known, ties))
