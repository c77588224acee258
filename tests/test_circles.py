"""One, some, all: what hiding alone saves, and what it takes that others hide too."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from handmade import interval, make_known, make_ties
from hypothesis import given, settings
from hypothesis import strategies as st

from ethics_lib import ask_consent, collect, make_world
from ethics_lib.beliefs import infer
from ethics_lib.circles import (
    STEPS,
    circle_curve,
    collective_effect,
    draw_circles,
    hide_circles,
    town_curve,
)
from ethics_lib.defences import OptOut
from ethics_lib.guards import DualUseError
from ethics_lib.measures import exposure, usual_of
from ethics_lib.plots import plot_curve
from ethics_lib.propagation import propagate
from ethics_lib.tables import Evidence, RangeError, TableError, UnknownNameError, empty_table
from ethics_lib.traces import Platform
from ethics_lib.weighing import weigh_friends


def hold(n, seed):
    world = make_world(n, rng=seed)
    members = world.people.query("member")
    yes = {"holder": "Murmur", "purposes": ["service"], "how": "terms", "time": members["joined"]}
    held = collect(world, ask_consent(members, **yes, rng=seed), [Platform("Murmur")])
    return world, Evidence(held.traces, held.ties, world.reports)


def popular(ties, least=20):
    """Who has so many friends that ten of them are no more than half."""
    friends = pd.concat([ties["a"], ties["b"]]).value_counts()
    return np.sort(friends.index[friends >= least])


@pytest.fixture(scope="module")
def town():
    return hold(300, 7)


@pytest.fixture(scope="module")
def star():
    """Person 0 is silent; of four friends three say black, and a fifth one lives elsewhere."""
    known = make_known({1: "black", 2: "black", 3: "black", 4: "white", 6: "white", 7: "white"})
    ties = make_ties((0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (6, 7))
    return Evidence(empty_table("traces"), ties, known)


def hide(held, people, *, method="neighbours", trait="side", rng=7, draws=1, **more):
    circles = draw_circles(held.ties, people=people, rng=rng, draws=draws)
    return hide_circles(held, circles, trait=trait, method=method, **more)


def test_each_friend_has_a_turn_in_each_draw(town):
    _, held = town
    circles = draw_circles(held.ties, draws=2, rng=7)
    assert list(circles) == ["draw", "person", "friend", "turn"]
    assert len(circles) == 2 * 2 * len(held.ties[["a", "b"]].drop_duplicates())
    turns = circles.groupby(["draw", "person"])["turn"]
    assert (turns.min() == 1).all() and (turns.max() == turns.size()).all()
    first, second = (circles[circles["draw"] == draw]["friend"].to_numpy() for draw in (0, 1))
    assert (first != second).any()
    pd.testing.assert_frame_equal(circles, draw_circles(held.ties, draws=2, rng=7))


def test_a_vote_counts_the_friends_who_still_speak(star):
    steps = {"nobody": None, "one": 0, "two": 2, "all": 1.0}
    hidden = hide(star, [0], steps=steps).set_index("step")
    assert hidden["hidden"].tolist() == [0, 1, 3, 5] and set(hidden["friends"]) == {4}
    assert hidden["value"].unique().tolist() == ["white"]
    assert hidden["p"][["nobody", "one", "all"]].tolist() == [0.25, 0.25, 0.5]
    assert hidden["p"]["two"] in (0, 0.5)
    assert hidden["bits"]["one"] == pytest.approx(1 + 0.25 * np.log2(0.25) + 0.75 * np.log2(0.75))
    assert hidden["bits"]["all"] == 0


def test_whoever_spoke_is_taken_at_their_word_until_they_hide(star):
    hidden = hide(star, [4], steps={"nobody": None, "one": 0}).set_index("step")
    assert hidden["p"].tolist() == [1.0, 0.5]  # its only friend, 0, is silent
    assert hidden["bits"].tolist() == [1.0, 0.0]


def test_friends_weighed_as_evidence_take_it_away_one_by_one(star):
    steps = {"one": 0, "all but one": 3}
    hidden = hide(star, [0], method="bayes", steps=steps, draws=30)
    # one tie of each camp joins two who answered, seen from both ends, and one of each kind
    three_to_one, one = 3**2 / (3**2 + 1), 3 / (3 + 1)
    last = hidden[hidden["step"] == "one"]["p"]
    assert np.allclose(last, 1 - three_to_one)
    assert set(hidden[hidden["step"] == "all but one"]["p"].round(6)) == {1 - one, one}
    assert hidden.groupby("step")["bits"].mean()["one"] > exposure_of(one)


def exposure_of(p):
    return 1 + p * np.log2(p) + (1 - p) * np.log2(1 - p)


@pytest.mark.parametrize("method", ["neighbours", "harmonic", "two_hop"])
def test_all_at_once_is_as_one_by_one_with_the_defence_itself(town, method):
    _, held = town
    people = popular(held.ties)[:2]
    circles = draw_circles(held.ties, people=people, rng=3)
    hidden = hide_circles(held, circles, trait="party", method=method)
    known = held.known.query("trait == 'party'")
    silent = Evidence(held.traces.iloc[:0], held.ties, known)
    for row in hidden[hidden["step"] != "nobody"].itertuples():
        circle = circles[(circles["person"] == row.person) & (circles["turn"] < row.hidden)]
        left = OptOut(people=(row.person, *circle["friend"]))(silent)
        guess = propagate(left.known, left.ties, holder="Murmur", method=method)
        guess = guess[(guess["person"] == row.person) & (guess["method"] == method)]
        p = guess.set_index("value")["p"].get(row.value, usual_of(known).set_index("value")["p"])
        assert row.p == pytest.approx(p if np.isscalar(p) else p[row.value], abs=1e-6)


def test_where_nobody_hides_all_is_as_the_holder_believes(town):
    _, held = town
    known = held.known.query("trait == 'party'")
    people = pd.Index(popular(held.ties, least=1))
    for method, guess in (
        ("bayes", propagate(known, held.ties, holder="Murmur", method=weigh_friends)),
        ("likes", infer(held.traces, known, holder="Murmur")),
    ):
        hidden = hide(held, people, method=method, trait="party", steps={"nobody": None})
        silent = people.difference(known["person"])
        bits = exposure(guess, usual=usual_of(known)).set_index("person")["bits"]
        found = hidden.set_index("person")["bits"]
        assert np.allclose(found[silent], bits.reindex(silent).fillna(0), atol=1e-6)
        said = people.intersection(known["person"])
        assert (found[said] > 0.8).all()


def test_what_likes_say_hides_with_the_person_and_no_friend_adds_to_it(town):
    _, held = town
    hidden = hide(held, popular(held.ties)[:20], method="likes", trait="party")
    effect = collective_effect(hidden).set_index("step")
    assert effect["estimate"]["one"] > 0.1 and effect["effect"]["one"] == "own"
    assert (effect.loc[["ten", "half", "all"], ["estimate", "low", "high"]] == 0).all(axis=None)


@settings(max_examples=10)
@given(st.integers(0, 1000))
def test_who_hides_at_one_step_hides_at_the_next_and_less_is_left(star_seed):
    ties = make_ties(*((0, k) for k in range(1, 13)), (1, 2), (3, 4))
    held = Evidence(empty_table("traces"), ties, make_known(dict.fromkeys(range(1, 13), "black")))
    circle = draw_circles(ties, people=[0], rng=star_seed)
    left = [
        OptOut(people=(0, *circle[circle["turn"] <= k]["friend"]))(held) for k in (0, 3, 10, 12)
    ]
    for more, less in pairwise(left):
        assert set(less.known["person"]) < set(more.known["person"])
        assert set(less.ties.index) <= set(more.ties.index)


def test_the_effect_of_others_is_what_they_add_to_ones_own(star):
    hidden = hide(star, [0, 4], steps={"nobody": None, "one": 0, "all": 1.0})
    effect = collective_effect(hidden)
    assert effect[["step", "effect"]].values.tolist() == [["one", "own"], ["all", "others"]]
    assert effect["estimate"].tolist() == pytest.approx([0.5, exposure_of(0.25) / 2])
    assert effect["n"].tolist() == [2, 2] and (effect["low"] < effect["high"]).all()


def test_of_who_has_one_friend_half_are_nobody_and_add_nothing(star):
    effect = collective_effect(hide(star, [4, 6])).set_index("step")
    assert effect["effect"].to_dict() == {
        "one": "own", "ten": "others", "half": "others", "all": "others"
    }  # fmt: skip
    assert effect["estimate"]["half"] == 0 != effect["estimate"]["one"]


def test_the_curve_of_one_person_is_over_draws_and_that_of_many_over_people(star):
    one = circle_curve(hide(star, [0], steps={"two": 2}, draws=40))
    assert one["n"].tolist() == [40] and one["low"][0] < one["estimate"][0] < one["high"][0]
    many = circle_curve(hide(star, [0, 1, 2], steps={"nobody": None}, draws=2))
    assert many["n"].tolist() == [3] and many["measure"].tolist() == ["bits"]


def test_the_curve_can_be_drawn_and_says_how_right_it_is(town):
    world, held = town
    hidden = hide(held, popular(held.ties), trait="party", method="bayes")
    curve = circle_curve(hidden, truth=world.people["party"])
    assert curve["step"].drop_duplicates().tolist() == list(STEPS)
    right = curve[curve["measure"] == "auc"].set_index("step")
    assert right["estimate"]["all"] == 0.5 < right["estimate"]["one"] < right["estimate"]["nobody"]
    assert right["hidden"].is_monotonic_increasing
    bits = curve[curve["measure"] == "bits"]
    assert plot_curve(bits, x="hidden", group="trait", title="Bits").data


def test_a_town_of_which_nobody_or_everybody_opts_out(town):
    world, held = town
    curve = town_curve(held, world.people["party"], trait="party", shares=[0, 0.5, 1], rng=7)
    curve = curve.set_index(["share", "method", "who", "measure"])["estimate"]
    assert curve[:, :, "opted out", :][0].isna().all() and curve[:, :, "stayed", :][1].isna().all()
    gone = curve[:, :, "opted out", :][1]
    assert (gone[:, "bits"] == 0).all() and (gone[:, "auc"] == 0.5).all()
    assert curve[0, "bayes", "stayed", "auc"] > 0.55
    assert curve[0.5, "likes", "opted out", "bits"] == 0 < curve[0.5, "bayes", "opted out", "bits"]


def test_errors_say_what_is_wrong_and_what_to_do(star):
    with pytest.raises(TableError, match=r"person 9 has no friend in these ties.*who have one"):
        draw_circles(star.ties, people=[0, 9], rng=7)
    with pytest.raises(RangeError, match=r"draws"):
        draw_circles(star.ties, draws=0, rng=7)
    strangers = draw_circles(make_ties((8, 9)), rng=7)
    with pytest.raises(TableError, match=r"person 8 is in no tie of this evidence"):
        hide_circles(star, strangers, trait="side")
    one_stranger = draw_circles(make_ties((0, 1), (0, 9)), people=[0], rng=7)
    with pytest.raises(TableError, match=r"person 9 is in no tie of this evidence"):
        hide_circles(star, one_stranger, trait="side")
    with pytest.raises(UnknownNameError, match=r"method 'telepathy'.*bayes"):
        hide(star, [0], method="telepathy")
    with pytest.raises(UnknownNameError, match=r"trait 'faith'"):
        hide(star, [0], trait="faith")
    with pytest.raises(RangeError, match=r"steps: most"):
        hide(star, [0], steps={"most": 1.5})
    with pytest.raises(TableError, match=r"a step at which nobody hides"):
        collective_effect(hide(star, [0], steps={"one": 0, "all": 1.0}))
    numbers = Evidence(star.traces, star.ties, make_known({1: 0.5, 2: 1.5}, "openness"))
    with pytest.raises(TableError, match=r"'openness' is a number"):
        hide(numbers, [0], trait="openness")
    real = Evidence(star.traces, star.ties, star.known.assign(trait="protected:side"))
    with pytest.raises(DualUseError, match="protected:side"):
        hide(real, [0], trait="protected:side")
    ground = {"person_rows": True, "basis": "ethics committee 2026/14, written consent"}
    assert len(hide(real, [0], trait="protected:side", **ground)) == len(STEPS)


@pytest.fixture(scope="module")
def towns():
    """Curves of six towns: what friends say of a party, and of an illness."""
    curves, effects, together = [], [], []
    for seed in range(200, 206):
        world, held = hold(1500, seed)
        circles = draw_circles(held.ties, people=popular(held.ties), rng=seed)
        for trait in ("party", "illness"):
            for method in ("bayes", "neighbours"):
                hidden = hide_circles(held, circles, trait=trait, method=method)
                told = circle_curve(hidden, truth=world.people[trait])
                curves.append(told.assign(seed=seed))
                effects.append(collective_effect(hidden).assign(seed=seed))
        curve = town_curve(held, world.people["party"], trait="party", shares=[0, 0.5], rng=seed)
        together.append(curve.assign(seed=seed))
    return pd.concat(curves), pd.concat(effects), pd.concat(together)


# The claims below were fixed after six other towns, of the seeds 100 to 105, had been looked at.


@pytest.mark.slow
def test_what_friends_give_away_only_friends_can_take_back(towns):
    _, effects, _ = towns
    effects = effects.query("method == 'bayes'").set_index(["trait", "step"])["estimate"]
    assert interval(effects["party", "ten"])[1] > 0.05
    assert interval(effects["party", "half"])[1] > 0.1
    assert interval(effects["party", "half"] - effects["party", "ten"].to_numpy())[1] > 0
    assert interval(effects["illness", "half"])[2] < 0.01
    assert interval(effects["illness", "one"])[1] > 0.1  # alone is enough


@pytest.mark.slow
def test_half_of_the_circle_is_not_enough_to_be_unknown(towns):
    curves, _, _ = towns
    right = curves.query("measure == 'auc' and method == 'bayes'")
    right = right.set_index(["trait", "step"])["estimate"]
    assert interval(right["party", "one"].to_numpy() - right["party", "half"].to_numpy())[1] > 0.03
    assert interval(right["party", "half"])[1] > 0.7
    low, high = interval(right["illness", "one"])[1:]
    assert low < 0.5 < high


@pytest.mark.slow
def test_a_vote_of_the_few_who_are_left_is_louder_and_less_right(towns):
    curves, effects, _ = towns
    louder = effects.query("method == 'neighbours' and trait == 'party' and step == 'half'")
    assert interval(louder["estimate"])[2] < -0.03
    right = curves.query("method == 'neighbours' and trait == 'party' and measure == 'auc'")
    right = right.pivot(index="seed", columns="step", values="estimate")
    assert interval(right["one"] - right["half"])[1] > 0.03


@pytest.mark.slow
def test_half_a_town_that_opts_out_protects_those_who_stay_from_friends_too(towns):
    _, _, together = towns
    right = together.query("measure == 'auc'")
    right = right.pivot(index="seed", columns=["share", "method", "who"], values="estimate")
    before = right[0.0, "bayes", "stayed"]
    for who in ("opted out", "stayed"):
        assert interval(before - right[0.5, "bayes", who])[1] > 0.01
        assert interval(right[0.5, "bayes", who])[1] > 0.6  # and still it is far from nothing
    likes = right[0.0, "likes", "stayed"] - right[0.5, "likes", "stayed"]
    assert interval(likes)[2] < 0.08  # who stays is read from likes nearly as before
