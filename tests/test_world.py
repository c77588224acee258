from functools import lru_cache
from inspect import signature

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from test_ties import assortativity, degrees

from ethics_lib.people import reliability
from ethics_lib.presets import KNOBS
from ethics_lib.tables import TRAITS, RangeError, UnknownNameError, check_table, to_networkx
from ethics_lib.ties import make_ties
from ethics_lib.world import TODAY, YEAR, make_checkerboard_world, make_world


@pytest.fixture(scope="module")
def town():
    return make_world(2_000, rng=7)


def ages(people):
    return (TODAY - people["birth_date"]).dt.days / 365.25


def test_every_table_is_right_and_knows_only_its_own_people(town):
    for noun in ("acts", "ties", "reports", "events"):
        check_table(getattr(town, noun), noun, people=town.people.index)
    check_table(town.items, "items")
    assert town.acts["item"].isin(town.items.index).all()
    assert not town.ties.duplicated(["a", "b"]).any()
    assert not town.reports.duplicated(["person", "trait"]).any()
    assert not town.people.isna().drop(columns=["joined", "left"]).any(axis=None)
    assert "Synthetic" in town.about


def test_traits_have_their_values_and_their_base_rates(town):
    for name, trait in TRAITS.items():
        column = town.people[name]
        if trait.numeric:
            assert abs(column.mean()) < 0.1 and column.std() == pytest.approx(1, abs=0.1)
        else:
            assert set(column) == set(trait.values)
    expected = {"faith": 0.45, "party": 0.5, "illness": 0.12, "in_debt": 0.2}
    shares = {name: (town.people[name] == TRAITS[name].values[1]).mean() for name in expected}
    assert shares == pytest.approx(expected, abs=0.001)


def test_only_women_from_18_to_45_expect_a_child(town):
    expecting = town.people.query("expecting == 'yes'")
    assert len(expecting) > 10
    assert set(expecting["gender"]) == {"woman"}
    assert ages(expecting).between(18, 45).all()


def test_nobody_is_a_child_under_13(town):
    assert town.people["birth_date"].between("1935-01-01", "2013-01-01").all()


def test_members_and_only_they_have_joined_liked_and_answered(town):
    member = town.people["member"]
    assert member.mean() == pytest.approx(0.8, abs=0.01)
    assert town.people["joined"].notna().equals(member)
    for inside in ("like", "message"):
        done = town.acts[town.acts["kind"] == inside]
        assert member[done["person"]].all()
        assert (done["time"] >= done["person"].map(town.people["joined"])).all()
        left = done["person"].map(town.people["left"])
        assert left.notna().any() and (left.isna() | (done["time"] < left)).all()
    assert member[town.reports["person"]].all()
    for outside in ("visit", "search", "purchase"):
        who = town.acts.loc[town.acts["kind"] == outside, "person"]
        assert set(who) - set(member.index[member])


def test_acts_fall_into_the_year_and_fit_their_items(town):
    assert town.acts["time"].between(pd.Timestamp(YEAR), pd.Timestamp(TODAY)).all()
    kinds = town.acts["item"].map(town.items["kind"])
    assert set(zip(town.acts["kind"], kinds, strict=True)) == {
        ("like", "page"),
        ("visit", "site"),
        ("purchase", "product"),
        ("search", "topic"),
        ("message", "topic"),
    }
    assert not town.acts.query("kind == 'like'").duplicated(["person", "item"]).any()
    calm = make_world(500, events=0, rng=7).acts.query("kind in ['like', 'visit', 'purchase']")
    assert not calm.duplicated(["person", "item"]).any()


def test_what_befell_people_is_told_by_the_traits_that_they_have(town):
    for trait, event in (("expecting", "pregnancy"), ("illness", "illness"), ("in_debt", "debt")):
        befell = town.events.loc[town.events["event"] == event, "person"]
        assert sorted(befell) == town.people.index[town.people[trait] == "yes"].tolist()
    assert town.events["start"].le(pd.Timestamp(TODAY)).all()


def test_reports_are_the_truth_plus_noise():
    loud = make_world(2_000, disclosure=1, reticence=0, members=1, honesty=0.9, rng=7)
    answers = loud.reports.pivot(index="person", columns="trait", values="value")
    assert len(answers) == 2_000 and answers.notna().all().all()
    assert (answers["faith"] == loud.people["faith"]).mean() == pytest.approx(0.9, abs=0.03)
    r = np.corrcoef(answers["openness"].astype(float), loud.people["openness"])[0, 1]
    assert r**2 == pytest.approx(reliability(100, 0.06), abs=0.03)
    ill = loud.people["illness"] == "yes"
    assert set(answers.loc[~ill, "illness"]) == {"no"}  # nobody makes it up
    assert answers.loc[ill, "illness"].eq("yes").mean() == pytest.approx(0.9, abs=0.06)
    assert set(loud.reports["instrument"]) == {"form", "test"}


def test_who_is_wholly_honest_reports_the_truth():
    frank = make_world(200, disclosure=1, reticence=0, members=1, honesty=1, precision=1, rng=7)
    for trait, answers in frank.reports.groupby("trait"):
        truth = frank.people.loc[answers["person"], trait]
        assert answers["value"].tolist() == pytest.approx(truth.tolist())


def test_half_of_the_questions_are_answered_by_half():
    town = make_world(2_000, disclosure=0.5, reticence=0, rng=7)
    members = town.people["member"].sum()
    counts = town.reports["trait"].value_counts()
    assert set(counts.index) == set(TRAITS)
    assert counts.between(0.44 * members, 0.56 * members).all()


def test_those_who_owe_are_ill_or_expect_answer_more_seldom(town):
    members = town.people[town.people["member"]]
    for trait in ("illness", "in_debt"):
        answered = members.index.isin(town.reports.query("trait == @trait")["person"])
        has = members[trait] == "yes"
        assert answered[has].mean() < answered[~has].mean() - 0.05
    faith = members.index.isin(town.reports.query("trait == 'faith'")["person"])
    tide = members["faith"] == "Tide"
    assert faith[tide].mean() == pytest.approx(faith[~tide].mean(), abs=0.06)


def test_friends_come_from_settings_and_settings_sort(town):
    settings = dict(list(town.ties.groupby("context")))
    assert set(settings) == {"family", "faith", "cause", "school", "work", "hobby"}
    assert assortativity(settings["faith"], town.people["faith"]) > 0.7
    assert assortativity(settings["cause"], town.people["party"]) > 0.7
    assert abs(assortativity(settings["work"], town.people["faith"])) < 0.05
    assert assortativity(settings["work"], town.people["gender"]) == pytest.approx(0.2, abs=0.06)
    cohort = town.people["birth_date"].dt.year // 5
    assert assortativity(settings["school"], cohort) > 0.6
    home = town.people["household"]
    family = settings["family"]
    assert (home[family["a"]].to_numpy() == home[family["b"]].to_numpy()).all()
    assert nx.transitivity(to_networkx(town.ties)) > 0.1


def test_tastes_follow_dispositions_unless_taste_is_0():
    def spread(taste):
        """How far the people who like each page stand from the town's mean."""
        town = make_world(1_000, taste=taste, members=1, rng=7)
        likes = town.acts.query("kind == 'like'")
        stand = town.people["d0"].loc[likes["person"]].groupby(likes["item"].to_numpy())
        return stand.mean()[stand.size() > 30].std()

    assert spread(0) < 0.2 < 0.3 < spread(KNOBS["taste"].default)


def test_a_world_may_be_empty_of_members_likes_and_answers():
    nobody = make_world(60, members=0, rng=7)
    assert not nobody.people["member"].any() and nobody.reports.empty
    assert set(nobody.acts["kind"]) == {"visit", "purchase", "search"}
    silent = make_world(60, likes=0, messages=0, rng=7)
    assert set(silent.acts["kind"]) == {"visit", "purchase", "search"}
    assert make_world(60, disclosure=0, rng=7).reports.empty
    assert set(make_world(60, mean_degree=0, rng=7).ties["context"]) == {"family"}


def test_the_smallest_town_needs_no_knob():
    assert len(make_world(50, rng=7).people) == 50


def test_left_to_itself_it_is_brightwater_of_5000_people():
    assert signature(make_world).parameters["n"].default == "brightwater"
    town, numbered = make_world(rng=7), make_world(5_000, rng=7)
    assert len(town.people) == KNOBS["n"].default == 5_000
    for noun in ("people", "items", "acts", "ties", "reports", "events"):
        pd.testing.assert_frame_equal(getattr(town, noun), getattr(numbered, noun))
    friends = degrees(town.ties[town.ties["context"] != "family"], 5_000)
    assert friends.mean() == pytest.approx(KNOBS["mean_degree"].default, rel=0.1)
    with pytest.raises(UnknownNameError, match=r"preset 'brightwatr' does not .* 'brightwater'"):
        make_world("brightwatr", rng=7)


@pytest.mark.parametrize(
    ("knob", "value", "allowed"),
    [
        ("n", 49, "50 to 2e"),
        ("n", None, "50 to 2e"),
        ("n", float("nan"), "50 to 2e"),
        ("mean_degree", 51, "0 to 50"),
        ("homophily", -0.1, "0 to 1"),
        ("homophily", 1.1, "0 to 1"),
        ("monophily", -1, "0 to 1"),
        ("circles", 2, "0 to 1"),
        ("likes", -1, "0 to 5000"),
        ("taste", 11, "0 to 10"),
        ("members", 1.5, "0 to 1"),
        ("disclosure", float("nan"), "0 to 1"),
        ("honesty", "high", "0 to 1"),
        ("pages", -5, "10 to"),
    ],
)
def test_a_knob_outside_its_range_is_refused(knob, value, allowed):
    with pytest.raises(RangeError, match=f"^{knob}={value!r} is outside its range: {allowed}"):
        make_world(**({"n": 200} | {knob: value}), rng=7)


@pytest.mark.parametrize("rng", [None, -1, "7", 1.5, True])
@pytest.mark.parametrize("make", [make_world, make_checkerboard_world])
def test_a_wrong_rng_is_refused(make, rng):
    with pytest.raises(RangeError, match=r"rng=.* is no source of randomness. Pass a whole number"):
        make(60, rng=rng)


@pytest.mark.parametrize("likes", ["everything", "nothing"])
@pytest.mark.parametrize("ties", ["same", "other", "nothing"])
def test_the_checkerboard_is_as_planted(likes, ties):
    board = make_checkerboard_world(400, likes=likes, ties=ties, rng=7)
    side = board.people["side"]
    assert side.value_counts().to_dict() == {"black": 200, "white": 200}
    check_table(board.acts, "acts", people=side.index)
    check_table(board.reports, "reports", people=side.index)
    assert board.acts.groupby("person")["item"].nunique().eq(12).all()
    of_white = board.acts["item"].ge(20).eq(board.acts["person"].map(side) == "white")
    assert of_white.mean() == pytest.approx(1 if likes == "everything" else 0.5, abs=0.1)
    wanted = {"same": 1, "other": -1, "nothing": 0}[ties]
    assert assortativity(board.ties, side) == pytest.approx(wanted, abs=0.1)
    assert degrees(board.ties, 400).mean() == pytest.approx(10, rel=0.1)


def test_the_checkerboard_knows_its_knobs():
    with pytest.raises(
        UnknownNameError, match=r"likes 'all' does not exist. There are: everything"
    ):
        make_checkerboard_world(likes="all", rng=7)
    with pytest.raises(
        UnknownNameError, match=r"ties 'some' does not exist.* same, other, nothing"
    ):
        make_checkerboard_world(ties="some", rng=7)
    with pytest.raises(RangeError, match=r"n=10 is outside its range: 50 to"):
        make_checkerboard_world(10, rng=7)


@pytest.mark.slow
def test_a_city_has_the_shape_of_a_network():
    city = make_world(20_000, mean_degree=105, likes=75, rng=7)
    likes = city.acts.query("kind == 'like'")
    assert len(city.people) == 20_000
    assert 0.95e6 < len(city.ties) < 1.15e6
    assert 2.5e6 < len(likes) < 3.1e6

    degree = degrees(city.ties, 20_000)
    assert degree.max() > 6 * degree.mean()  # a few have many friends
    assert np.median(degree) < degree.mean()
    fans = likes["item"].value_counts()
    assert fans.max() > 7 * fans.mean()  # a few pages have most of the likes
    each = likes["person"].value_counts()
    assert each.quantile(0.99) > 8 * each.median()

    some = city.ties[(city.ties["a"] < 4_000) & (city.ties["b"] < 4_000)]
    chance = 2 * len(some) / 4_000**2
    assert nx.transitivity(to_networkx(some)) > 5 * chance


@pytest.mark.slow
def test_a_million_loose_ties_are_as_assortative_as_asked():
    group = pd.Series(np.where(np.arange(20_000) % 3 == 0, "red", "blue"))
    for homophily in (0.2, 0.7):
        ties = make_ties(group, mean_degree=100, homophily=homophily, circles=0, rng=7)
        assert len(ties) == pytest.approx(1_000_000, rel=0.05)
        assert assortativity(ties, group) == pytest.approx(homophily, abs=0.05)


@lru_cache
def town_of_likes(seed):
    """A town of a seed: for each act the topic of its item, and who did it."""
    world = make_world(3_000, visits=0, searches=0, purchases=0, messages=0, rng=seed)
    return world.people, world.items["topic"].loc[world.acts["item"]].to_numpy(), world.acts


@pytest.mark.parametrize("trait", [t.name for t in TRAITS.values() if not t.numeric])
def test_which_topics_go_with_a_trait_the_seed_decides(trait):
    """No stereotype: over seeds, the topic that a trait favours most is not the same."""

    def favoured(seed):
        people, topic, acts = town_of_likes(seed)
        yes = (people[trait] == TRAITS[trait].values[1]).loc[acts["person"]].to_numpy()
        share = pd.crosstab(topic, yes, normalize="columns")
        return (share[True] / share[False]).idxmax()

    assert len({favoured(seed) for seed in range(6)}) >= 3
