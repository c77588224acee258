"""The benchmark of steps runs and prints what it says. No time is tested."""

import re
import sys
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from handmade import make_ties

from ethics_lib.figures import describe
from ethics_lib.steps import stepper
from ethics_lib.tables import to_csr

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))
import steps
import ways

ABSENT = replace(ways.DIRICHLET, name="Nothing", package="no_such_library")
# the same fixed point from a library that every environment has, and from one that none has
FIXED = replace(
    ways.FIXED, peers=(*(way for way in ways.FIELD_PEERS if "scikit-l" in way.package), ABSENT)
)
PATH = ways.Town(
    to_csr(make_ties((0, 1), (1, 2), (2, 3)), pd.RangeIndex(4)),
    np.array([True, False, False, True]),
    np.array([[1, 0], [0, 0], [0, 0], [0, 1]], dtype=np.float32),
)


@pytest.fixture(scope="module")
def town():
    return ways.ask(ways.draw_friends(400))


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """What the command printed, and the page that it drew."""
    page, out = tmp_path_factory.mktemp("steps") / "steps.html", StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out):
        patch.setattr(steps, "MEGABYTES", 1)
        patch.setattr(steps, "SMALL", 300)
        assert steps.main(["--people=400", "--rounds=1", f"--draw={page}"]) == 0
    return out.getvalue(), page.read_text(encoding="utf-8")


def header(text, second):
    """The names of the columns of a printed table, by the first two of them."""
    return re.findall(rf"^ *(way +{second} .*)$", text, flags=re.MULTILINE)


@pytest.mark.slow
def test_the_columns_are_printed(ran):
    (ten,) = header(ran[0], "answered")
    beside = header(ran[0], "library")
    assert ten.split() == " ".join(steps.STEPS_SHOWN).split()
    assert [line.split() for line in beside] == [" ".join(steps.BESIDE_SHOWN).split()] * 2


@pytest.mark.slow
def test_each_peer_is_in_a_table_or_named_as_missing(ran):
    for way in (*ways.FIELD_PEERS, *ways.WALK_PEERS):
        there = re.search(rf"^ *{way.name}(\(\d+\))? +{way.package} \d", ran[0], re.MULTILINE)
        missing = re.search(rf"not installed: .*\b{way.package}\b.* run\.py bench$", ran[0], re.M)
        assert bool(there) is ways.is_there(way) is not bool(missing)


@pytest.mark.slow
def test_ours_is_the_fixed_point_and_that_is_said(ran):
    found = re.findall(r"^harmonic_field from .*, at most 0.0001: (yes|NO)$", ran[0], re.MULTILINE)
    assert len(found) >= 2 and set(found) == {"yes"}


@pytest.mark.slow
def test_the_page_says_what_it_shows_and_offers_no_upload(ran):
    assert steps.TITLE in ran[1] and "times as long as ours" in ran[1]
    assert "right of the dashed line, ours is ahead" in ran[1]
    assert '"showSendToCloud": false' in ran[1]
    assert not re.search(r'<(script|link)[^>]+(src|href)=["\']http', ran[1])


@pytest.mark.slow
def test_in_each_round_each_is_called_once_and_the_order_turns():
    called = []
    calls = {name: lambda name=name: called.append(name) for name in "abc"}
    took, given = steps.in_turn(calls, rounds=3, once=("b",))
    assert "".join(called) == "abc" + "ca" + "ca"
    assert took.notna().sum().tolist() == [3, 1, 3] and set(given) == set("abc")


def test_multiples_are_taken_within_a_round():
    took = pd.DataFrame({"ours": [1.0, 2.0, 10.0], "peer": [3.0, 4.0, 10.0]})
    table = steps.compare_with("ours", took)
    assert table.loc["peer"].tolist() == [4, 2, 1, 3]
    assert table.loc["ours", ["times", "from", "to"]].tolist() == [1, 1, 1]


@pytest.mark.slow
def test_ten_steps_are_compared_at_three_shares(town, monkeypatch):
    monkeypatch.setattr(steps, "BARRED", town.people)
    table = steps.compare_steps(town.friends, rounds=2, bandwidth=1e9)
    assert table["answered"].dropna().tolist() == [0.1, 0.2, 0.5]
    assert table["bar"].notna().tolist() == [False, False, False, True, False]
    assert table["holds"].isin(["yes", "NO"]).tolist() == table["bar"].notna().tolist()
    moved = 10 * (8 * town.friends.nnz + 2 * 4 * 8 * town.people)
    assert (table["of bandwidth"] * table["s"] * 1e9).iloc[:2].tolist() == pytest.approx(
        [moved] * 2
    )
    assert (table["GB/s"] * table["s"] * 1e9 / moved).iloc[2:].between(0.45, 0.95).all()


@pytest.mark.slow
def test_a_row_a_way_and_bars_only_where_they_were_said(town, monkeypatch, capsys):
    task = steps.get_ready(FIXED, town)
    solution = task.solve(town)
    table, scores = steps.compare(task, town, solution, rounds=2)
    assert table["way"].str.split("(").str[0].tolist() == ["harmonic_field", "LabelPropagation"]
    assert table["bar"].isna().all() and set(table["holds"]) == {""}
    assert (table["max error"] <= ways.SAME).all() and (table["same guess"] == 1).all()
    assert set(scores) == set(table["way"])
    monkeypatch.setattr(steps, "BARRED", town.people)
    barred, _ = steps.compare(task, town, solution, rounds=1)
    assert barred["bar"].iloc[1] == ways.AHEAD and barred["holds"].iloc[1] in ("yes", "NO")
    steps.say_table(table, steps.BESIDE_SHOWN)
    assert "harmonic_field" in capsys.readouterr().out


@pytest.mark.slow
def test_the_slow_are_asked_once_and_not_in_a_large_town(town, monkeypatch):
    slow = replace(FIXED, peers=tuple(replace(way, slow=True) for way in FIXED.peers))
    task = steps.get_ready(slow, town)
    table, _ = steps.compare(task, town, task.solve(town), rounds=3)
    assert table["from"].iloc[1] == table["to"].iloc[1]
    monkeypatch.setattr(steps, "BARRED", town.people - 1)
    table, _ = steps.compare(task, town, task.solve(town), rounds=1)
    assert table["way"].tolist() == ["harmonic_field"]


def test_every_way_that_is_there_comes_to_the_solution(town):
    for task in (ways.FIXED, ways.WALKS):
        ready, solution = steps.get_ready(task, town), task.solve(town)
        for way in (ready.ours, *ready.peers):
            scores = way.pass_on(way.build(town), town, way.iterations)
            error, same = ways.find_error(scores, solution, town)
            assert np.isnan(error) if way.name == "harmonic_function" else error <= ways.SAME
            assert same > 0.98


def test_the_solution_on_a_path_is_exact_and_that_of_both_solvers(town, monkeypatch):
    assert ways.solve_field(PATH)[:, 1] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    direct = ways.solve_field(town)
    monkeypatch.setattr(ways, "SMALL", 10)
    assert ways.solve_field(town) == pytest.approx(direct, abs=1e-10)


def test_an_error_is_the_greatest_and_guesses_have_none():
    solution = ways.solve_field(PATH)
    off = np.array([[9, 9], [0, 0.25], [-0.3, 0], [9, 9]])  # who answered does not count
    assert ways.find_error(solution + off, solution, PATH) == (pytest.approx(0.3), 0.5)
    error, same = ways.find_error(np.array([1, 0, 0, 0]), solution, PATH)
    assert np.isnan(error) and same == 0.5


def test_people_are_asked_in_the_same_order_whatever_the_share():
    friends = ways.draw_friends(200)
    few, many = (ways.ask(friends, share=share, values=3) for share in (0.1, 0.5))
    assert few.known.sum() == 20 and (few.known <= many.known).all()
    assert (many.answers.sum(axis=1) == many.known).all() and many.answers.any(axis=0).all()


def test_the_whole_is_measured_from_a_table_of_ties(tmp_path, capsys, monkeypatch):
    steps.write_ends(tmp_path / "ends.npy", 400)
    whole = steps.measure_whole(tmp_path / "ends.npy", 400, rounds=2)
    assert whole["people"] == 400 and whole["ties"] > 5000 and whole["seconds"] > 0
    monkeypatch.setattr(steps, "SIZES", (400,))
    steps.say_whole(pd.DataFrame([whole.replace(whole["seconds"], 9.0)]))
    assert "seconds 9.0, at most 10: yes" in capsys.readouterr().out


def test_the_exponent_is_the_slope_of_the_logarithms(capsys):
    people = pd.Series([10, 100, 1000])
    assert steps.find_exponent(people, 3.0 * people**2) == pytest.approx(2)
    whole = pd.DataFrame({"people": people, "seconds": 3.0 * people})
    ten = pd.DataFrame({"people": people, "s": 1.0 * people**2, "answered": ways.LABELLED})
    steps.say_growth(whole, ten)
    assert re.findall("exponent ([0-9.]+), at most 1.3: (yes|NO)", capsys.readouterr().out) == [
        ("1.00", "yes"),
        ("2.00", "NO"),
    ]


def test_the_figure_has_a_point_a_peer_and_size_and_a_line_a_way():
    ten = {"way": ["plain SciPy", "threaded", "label_propagation"], "of plain": [1.0, 0.5, 0.4]}
    ten |= {"answered": [np.nan, np.nan, 0.2], "from": [1.0, 0.5, 0.3], "to": [1.0, 0.5, 0.5]}
    ten = pd.DataFrame(ten | {"of bandwidth": 0.1})
    peer = {"task": "fixed point", "way": ["harmonic_field", "Dirichlet(30)"], "times ours": [1, 4]}
    peer |= {"library": ["ethics-lib 0.1", "scikit-network 0.33"], "from": [1, 3], "to": [1, 5]}
    sizes = (100, 1000)
    both = [
        pd.concat([pd.DataFrame(t).assign(people=n) for n in sizes], ignore_index=True)
        for t in (ten, peer)
    ]
    times = steps.find_times(*both)
    assert times["times ours"].tolist() == [2.5, 2.5, 4, 4]
    figure = steps.make_figure(*both)
    assert [trace.name for trace in figure.data[:2]] == ["100 people", "1,000 people"]
    assert [trace.name for trace in figure.data[2:]] == ten["way"].tolist()
    assert figure.data[0].error_x.array.tolist() == pytest.approx([1 / 0.3 - 2.5, 1])
    assert "share of what the memory gives" in describe(figure)


def test_the_steps_that_are_timed_give_what_scipy_gives(town):
    plain = steps._ten(town.friends.__matmul__, town.answers)
    assert (steps._ten(stepper(town.friends), town.answers) == plain).all()
