"""The benchmark runs and prints what its page says. No time is tested: see benchmarks/README.md."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from ethics_lib.tables import to_networkx
from ethics_lib.ties import make_ties

ROOT = Path(__file__).resolve().parent.parent
BENCHMARKS = ROOT / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
import friends  # noqa: E402
import ways  # noqa: E402

# the example of its output
(README,) = re.findall(
    r"```\n(.*?)```", (BENCHMARKS / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL
)
ABSENT = replace(friends.PEERS[0], name="draw_nothing", package="no_such_library")
pytestmark = pytest.mark.slow  # each runs a benchmark

# a peer that every environment has, and one that none has
PEERS = (friends.PEERS[0], ABSENT)


@pytest.fixture
def printed(capsys):
    code = friends.main(["--people=1000", "--rounds=1", "--sizes", "300", "600"])
    assert code == 0
    return capsys.readouterr().out


def header(text, first):
    """The names of the columns of a printed table, by the first of them."""
    (line,) = re.findall(rf"^ *({first} .*)$", text, flags=re.MULTILINE)
    return line.split()


@pytest.mark.parametrize("first", ["generator", "people"])
def test_the_page_shows_the_columns_that_are_printed(printed, first):
    assert header(README, first) == header(printed, first)


def test_every_verdict_of_the_page_is_printed(printed):
    for bar in ("transitivity of ours, at least 0.1: ", "at most 1.3: "):
        for text in (README, printed):
            assert re.search(rf"{bar}(yes|NO)$", text, flags=re.MULTILINE)


def test_each_peer_is_in_the_table_or_named_as_missing(printed):
    for peer in friends.PEERS:
        there = re.search(rf"^ *{peer.name} +{peer.package} \d", printed, flags=re.MULTILINE)
        missing = re.search(rf"not installed: .*\b{peer.package}\b.* run\.py bench$", printed, re.M)
        assert bool(there) is friends.is_there(peer) is not bool(missing)


def test_a_row_a_generator_and_the_missing_one_is_named(capsys):
    table = friends.compare(1000, rounds=2, peers=PEERS)
    assert list(table.columns) == list(friends.COLUMNS)
    assert table["generator"].tolist() == ["make_ties", "expected_degree_graph"]
    assert table["times ours"].iloc[0] == 1
    assert table["mean degree"].to_numpy() == pytest.approx(friends.MEAN_DEGREE, rel=0.1)
    assert (table["from"] <= table["times ours"]).all()
    assert (table["times ours"] <= table["to"]).all()
    friends.say_compared(table, PEERS)
    last = capsys.readouterr().out.splitlines()[-1]
    assert re.fullmatch(r"Not compared, .* no_such_library\. To get them: .* run\.py bench", last)


def test_a_row_a_size_and_the_slope_of_their_logarithms(monkeypatch):
    clock = {300: 1.0, 600: 3.0}
    monkeypatch.setattr(
        friends, "take_time", lambda draw, expected, seed: (clock[len(expected)], "ties")
    )
    table, exponent = friends.scale((300, 600), rounds=1)
    assert table["people"].tolist() == [300, 600]
    assert exponent == pytest.approx(np.log2(3))


def test_a_city_is_counted(capsys):
    city = friends.measure_city("school")
    assert city["people"] == 800 and city["ties"] > 1000
    friends.say_city(city)
    assert capsys.readouterr().out.startswith("800 people, ")


def test_all_are_given_the_same_whole_degrees():
    expected = friends.draw_degrees(2000, rng=0)
    assert expected == friends.draw_degrees(2000, rng=0)
    assert all(type(degree) is int for degree in expected)
    assert np.mean(expected) == pytest.approx(friends.MEAN_DEGREE, rel=0.02)
    assert max(expected) ** 2 <= 1.01 * sum(expected)


def test_the_transitivity_is_that_of_networkx():
    ties = make_ties(pd.Series("all", index=range(500)), mean_degree=12, rng=7)
    found = friends.find_transitivity(ties[["a", "b"]].to_numpy(), 500)
    assert found == pytest.approx(nx.transitivity(to_networkx(ties)))


def test_ties_as_they_come_are_in_circles():
    """A tenth of the pairs of my friends are friends, in a town with 40 friends a person."""
    n = 20_000
    ties = make_ties(pd.Series(np.arange(n) % 2), mean_degree=40, rng=7)
    assert friends.find_transitivity(ties[["a", "b"]].to_numpy(), n) >= friends.TRANSITIVITY


def test_the_peers_that_are_fetched_are_those_compared():
    """Every peer is pinned, but for those that the library itself stands on."""
    lines = (BENCHMARKS / "peers.txt").read_text(encoding="utf-8").splitlines()
    fetched = {re.fullmatch(r"([a-z-]+)==[\d.]+(?: --no-deps)?", line)[1] for line in lines}
    walkers = [*ways.FIELD_PEERS, *ways.WALK_PEERS]
    compared = {way.package for way in [*friends.PEERS, *walkers]} | {"duckdb", "pycanon"}
    ours = {"networkx", "scikit-learn"}
    assert fetched == compared - ours
