"""The benchmark of anonymity runs and prints its verdicts. No time is tested: see its page."""

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))
import anonymity as bench  # noqa: E402

ABSENT = bench.Peer("k", "no_such_library", None)


@pytest.mark.slow
def test_it_prints_its_bars_and_their_verdicts(capsys):
    assert bench.main(["--rows=500", "--large=2000", "--rounds=1"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"^ *measure +library ", printed, re.MULTILINE)
    assert len(re.findall(r"^words as .* s, at most 0\.5: (yes|NO)$", printed, re.MULTILINE)) == 3
    assert len(re.findall(r"^all found the same: yes$", printed, re.MULTILINE)) == 2
    for peer in bench.PEERS:
        measure, library = re.escape(peer.measure), peer.package
        there = re.search(rf"^ *{measure} +{library} \d.* (yes|NO)$", printed, re.MULTILINE)
        missing = re.search(rf"not installed: .*\b{library}\b.* run\.py bench$", printed, re.M)
        assert bool(there) is bench.is_there(peer) is not bool(missing)


def test_pycanon_is_fetched_alone_for_it_would_bring_an_older_numpy():
    lines = (ROOT / "benchmarks" / "peers.txt").read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in lines if line.startswith("pycanon"))
    assert re.fullmatch(r"pycanon==[\d.]+ --no-deps", line)


def test_the_release_has_the_same_people_in_a_few_hundred_classes():
    collected = bench.collect(5000, rng=0)
    released = bench.release(collected)
    unchanged = ["illness", "debt", "row"]
    pd.testing.assert_frame_equal(released[unchanged], collected[unchanged])
    assert len(collected.drop_duplicates(bench.COLUMNS)) > 4900
    assert 200 < len(released.drop_duplicates(bench.COLUMNS)) <= 864
    assert (bench.COLUMNS, len(bench.COLUMNS)) == (list(dict.fromkeys(bench.COLUMNS)), 6)


def test_ours_and_pandas_find_the_same_beside_a_peer_that_is_missing():
    released = bench.release(bench.collect(5000, rng=0))
    times = bench.compare(released, {"k": 50}, rounds=2, peers=(bench.PEERS[0], ABSENT))
    assert times["library"].str.split().str[0].tolist() == ["ethics-lib", "pandas"]
    assert times["found"].tolist() == [1, 1] and times["the same"].tolist() == ["", "yes"]
    assert times["bar"].isna().all()  # it is pyCANON that is held to the bar


def test_the_ratio_is_taken_within_a_round_and_the_bar_is_pycanons(monkeypatch):
    """Twice a slow machine: ours 1 s and then 10, theirs 2 s and then 20, so theirs is double."""
    seconds = {"ours": iter([1, 10]), "theirs": iter([2, 20])}
    theirs = bench.Peer("k", "pycanon", lambda table: "theirs")
    monkeypatch.setattr(bench, "OURS", (bench.Peer("k", "ethics-lib", lambda table: "ours"),))
    monkeypatch.setattr(bench, "is_there", lambda peer: True)
    monkeypatch.setattr(bench.importlib.metadata, "version", lambda package: "1")
    monkeypatch.setattr(bench, "take_time", lambda find, table: (next(seconds[find(table)]), 3))
    for bar, holds in ((2, "yes"), (2.5, "NO")):
        seconds |= {"ours": iter([1, 10]), "theirs": iter([2, 20])}
        times = bench.compare(pd.DataFrame(), {"k": bar}, rounds=2, peers=(theirs,))
        row = times.set_index("library").loc["pycanon 1"]
        assert row["times ours"] == row["from"] == row["to"] == 2 and row["holds"] == holds


@pytest.mark.parametrize(("theirs", "whole", "same"), [(2, True, "yes"), (2, False, "NO")])
def test_what_is_not_the_same_gets_a_no(monkeypatch, capsys, theirs, whole, same):
    """2.9 rounded down is 2; where nothing is rounded, it is something else."""
    peer = bench.Peer("k", "pandas", lambda table: theirs, whole)
    monkeypatch.setattr(bench, "OURS", (bench.Peer("k", "ethics-lib", lambda table: 2.9),))
    times = bench.compare(pd.DataFrame(), {"k": np.nan}, rounds=1, peers=(peer,))
    assert times["the same"].tolist() == ["", same]
    bench.say_compared(times)
    assert f"all found the same: {same}" in capsys.readouterr().out
