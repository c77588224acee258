"""Scenarios: what a holder has and is not told, and the ways to conclude and to defend oneself."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from ethics_lib.defended import learnable, people_in
from ethics_lib.scenarios import DEFENCES, METHODS, Scenario, by_friends
from ethics_lib.tables import Evidence, TableError, UnknownNameError, World, empty_table
from ethics_lib.world import make_checkerboard_world


@dataclass(frozen=True, kw_only=True)
class Planted(Scenario):
    """Two sides with pages of their own, of two topics each; every other person kept silent."""

    n: int = 100
    traits: tuple[str, ...] = ("side",)
    pixel: float = 0.0

    def world(self, seed: int) -> World:
        world = make_checkerboard_world(self.n, rng=seed)
        topic = np.repeat(["tea", "chess", "cheese", "trains"], 10)
        reports = world.reports[world.reports["person"] % 2 == 0]
        return replace(world, items=world.items.assign(topic=topic), reports=reports)


@cache
def small():
    return Scenario(n=120, traits=("party",)).make(3)


def same(one, other):
    for name in ("traces", "ties", "known"):
        left, right = (getattr(evidence, name).reset_index(drop=True) for evidence in (one, other))
        pd.testing.assert_frame_equal(left, right)


NOTHING = Evidence(*map(empty_table, ("traces", "ties", "known")))


def test_what_is_held_out_is_the_last_and_is_not_held():
    held = small()
    assert set(held.later["kind"]) == {"like"}
    last = held.evidence.traces.groupby("person")["time"].max()
    assert (held.later["time"] >= last.reindex(held.later["person"]).to_numpy()).all()
    assert set(held.evidence.known["trait"]) == set(held.truth.columns) == {"party"}


def test_a_scenario_is_the_same_for_a_seed_and_another_for_another():
    same(small().evidence, Scenario(n=120, traits=("party",)).make(3).evidence)
    other = Scenario(n=120, traits=("party",)).make(4).evidence
    assert len(other.traces) != len(small().evidence.traces)


def test_a_knob_reaches_the_world():
    quiet = Scenario(n=120, knobs={"likes": 5}, traits=("party",)).make(3)
    assert len(quiet.evidence.traces) < len(small().evidence.traces)


def test_a_scenario_refuses_what_it_cannot_score():
    with pytest.raises(TableError, match=r"'openness' is a number. Choose traits in words"):
        Scenario(n=120, traits=("openness",)).make(1)
    with pytest.raises(
        UnknownNameError, match=r"trait 'fate' does not exist. Did you mean 'faith'"
    ):
        Scenario(n=120, traits=("fate",)).make(1)
    with pytest.raises(UnknownNameError, match=r"knob 'like' does not exist. Did you mean 'likes'"):
        Scenario(knobs={"like": 1})
    for traits in ((), ("party", "party")):
        with pytest.raises(TableError, match=r"Scenario: traits=.*Give one or more, each once"):
            Scenario(traits=traits)


def test_traits_may_come_in_any_box():
    for some in ("party", ["party"], iter(["party"])):
        assert Scenario(traits=some) == Scenario(traits=("party",))


def test_a_way_to_pass_answers_on_is_a_method():
    held = Planted().make(1).evidence
    assert set(by_friends(held, "Murmur", method="neighbours")["method"]) <= {"neighbours", "prior"}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_gives_beliefs_that_add_up_and_finds_what_is_planted(name):
    held = Planted().make(1)
    real = held.evidence.known.assign(trait="protected:side")
    assert "person" not in METHODS[name](replace(held.evidence, known=real), "Murmur")
    beliefs = METHODS[name](held.evidence, "Murmur")
    assert np.allclose(beliefs.groupby("person")["p"].sum(), 1)
    silent = beliefs[~beliefs["person"].isin(held.evidence.known["person"])]
    likelier = silent.sort_values("p").drop_duplicates("person", keep="last")
    right = likelier["value"].to_numpy() == held.truth["side"].loc[likelier["person"]].to_numpy()
    assert right.mean() > 0.9
    assert set(beliefs["holder"]) == {"Murmur"}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_says_nothing_where_there_is_nothing_to_learn_from(name):
    held = small().evidence
    one_answer = held.known.assign(value="Quay")
    for left in (NOTHING, replace(held, known=held.known[:9]), replace(held, known=one_answer)):
        assert METHODS[name](left, "Murmur").empty
    without = {"likes": "traces", "friends": "ties", "link": "ties", "likes and friends": "traces"}
    left = replace(held, **{without[name]: empty_table(without[name])})
    assert METHODS[name](left, "Murmur").empty


def test_learnable_are_ten_answers_with_two_of_each_value():
    def answers(white, black, trait="side"):
        value = ["white"] * white + ["black"] * black
        return pd.DataFrame({"person": range(white + black), "trait": trait, "value": value})

    for white, black, enough in ((8, 2, True), (9, 1, False), (10, 0, False), (7, 2, False)):
        both = pd.concat([answers(white, black), answers(5, 5, "other")])
        assert set(learnable(both)["trait"]) == {"other", *["side"] * enough}


@pytest.mark.parametrize("name", DEFENCES)
def test_a_defence_of_strength_0_changes_nothing(name):
    same(DEFENCES[name](0.0, 5)(small().evidence), small().evidence)


@pytest.mark.parametrize("name", DEFENCES)
def test_a_defence_of_strength_1_changes_something_and_the_same_each_time(name):
    held = small().evidence
    once, again = (DEFENCES[name](1.0, 5)(held) for _ in range(2))
    same(once, again)
    counts = [len(getattr(e, table)) for e in (once, held) for table in ("traces", "known")]
    assert counts[:2] != counts[2:] or (once.known["value"] != held.known["value"]).any()
    assert people_in(once).isin(people_in(held)).all()


@pytest.mark.parametrize("name", DEFENCES)
def test_a_defence_takes_evidence_of_which_nothing_is_left(name):
    assert DEFENCES[name](1.0, 5)(NOTHING).traces.empty


def test_half_of_the_answers_by_lot_leave_three_quarters_as_they_were():
    known = pd.DataFrame({"person": range(2000), "trait": "party", "value": "Quay"})
    said = DEFENCES["answer by lot"](0.5, 1)(replace(NOTHING, known=known)).known["value"]
    assert (said == "Quay").mean() == pytest.approx(0.75, abs=0.03)
