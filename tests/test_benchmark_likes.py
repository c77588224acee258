"""The benchmark of likes runs and prints its verdicts. No time is tested: see its page."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ethics_lib.world import make_world

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))
import likes as bench


@pytest.fixture(scope="module")
def town():
    return bench.prepare(make_world(1000, rng=1))


@pytest.mark.slow
def test_it_prints_its_bars_and_their_verdicts(capsys, monkeypatch):
    # threads that wait for each other take half a minute where others work too
    monkeypatch.setattr(bench, "AS_IT_COMES", replace(bench.AS_IT_COMES, threads=1))
    assert bench.main(["--people=1000", "--components=20", "--rounds=1", "--threads"]) == 0
    printed = capsys.readouterr().out
    for first in ("pipeline", "trait"):
        assert re.search(rf"^ *{first} ", printed, re.MULTILINE)
    for bar in (r"at least -0\.003: ", "at most 1e-04: "):
        assert re.search(rf"{bar}(yes|NO)$", printed, re.MULTILINE)
    for pipeline in (bench.PLAIN, bench.AS_IT_COMES):
        line = rf"^ *{re.escape(pipeline.name)} .* <= 0\.6 +(yes|NO)$"
        assert re.search(line, printed, re.MULTILINE)


def test_both_are_asked_about_the_same_answers(town):
    """Given the same points, and the same regression, they tell the same."""
    likes, answers = town
    assert len(answers) == likes.shape[0] and len(answers.columns) == 4
    assert answers.nunique().eq(2).all()
    points, _ = bench.PLAIN.factorise(likes, 10)
    theirs = bench.PLAIN.tell(points, answers)
    ours = bench.OURS.tell(points, answers)
    np.testing.assert_allclose(ours, theirs, atol=0.02)


@pytest.mark.slow
def test_the_singular_values_are_those_of_arpack(town):
    likes, answers = town
    times, right, errors = bench.compare(likes, answers, components=20, rounds=2)
    assert errors["ours"] <= bench.VALUES < errors[bench.PLAIN.name]
    assert list(times.columns) == list(bench.TIMES) and times["ours is"].iloc[0] == 1
    assert (times["from"] <= times["ours is"]).all() and (times["ours is"] <= times["to"]).all()
    assert right["trait"].tolist() == answers.columns.tolist()


def test_the_ratio_is_taken_within_a_round(town, monkeypatch):
    """Twice a slow machine: ours 1 s and then 10, theirs 2 s and then 20, so ours is a half."""
    likes, answers = town
    other = replace(bench.PLAIN, name="other")
    calls = iter([(bench.OURS, 1), (other, 2), (other, 20), (bench.OURS, 10)])

    def run(pipeline, *_):
        expected, seconds = next(calls)
        assert pipeline.name == expected.name  # the order turns from round to round
        return seconds / 2, seconds / 2, np.ones(5), np.ones(len(answers.columns))

    monkeypatch.setattr(bench, "run", run)
    times, _, _ = bench.compare(likes, answers, components=5, rounds=2, others=(other,))
    row = times.set_index("pipeline").loc["other"]
    assert row["ours is"] == row["from"] == row["to"] == 0.5 and row["holds"] == "yes"


def test_a_worse_answer_gets_a_no(capsys):
    times = pd.DataFrame([("x", 1, 1, 2, 0.7, 0.7, 0.7, 0.6, "NO")], columns=list(bench.TIMES))
    right = pd.DataFrame([("t", 9, 0.7, 0.8, -0.1, "NO")], columns=list(bench.RIGHT))
    bench.say_compared(times, right, pd.Series({"ours": 1e-3, "theirs": 1e-2}))
    printed = capsys.readouterr().out
    assert len(re.findall(r": NO$", printed, re.MULTILINE)) == 2
