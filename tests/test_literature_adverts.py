"""Do the measures of adverts and of consent find what was put into worlds made by hand?"""

import numpy as np
import pandas as pd
import pytest

from ethics_lib import make_world
from ethics_lib.literature import adverts, consent
from ethics_lib.people import YEAR
from ethics_lib.tables import World
from ethics_lib.world import make_checkerboard_world

DAY = np.timedelta64(1, "D")


def make_topics(n_topics, *, kinds=("page",), each=4):
    """Items of each kind, ``each`` of them a topic; every tenth of a shop or a site is tracked."""
    rows = [(kind, f"t{t}") for kind in kinds for t in range(n_topics) for _ in range(each)]
    items = pd.DataFrame(rows, columns=["kind", "topic"]).rename_axis("item")
    return items.assign(taste=items["topic"].str[1:].astype(int), lot=np.linspace(0, 1, len(items)))


def make_acts(person, item, kind="like", day=1):
    """An act of each (person, item)."""
    acts = pd.DataFrame({"person": np.asarray(person), "item": np.asarray(item)})
    return acts.astype("int32").assign(kind=kind, time=YEAR + np.asarray(day) * DAY)


def make_people(n, **columns):
    return pd.DataFrame({"member": True, **columns}, index=pd.RangeIndex(n, name="person"))


@pytest.mark.parametrize(("likes", "low", "high"), [("everything", 0, 0), ("nothing", 0.7, 1.4)])
def test_look_alikes_are_as_one_sided_as_likes(likes, low, high):
    world = make_checkerboard_world(4_000, likes=likes, rng=1)
    found = adverts.lookalikes.check(world, np.random.default_rng(1), traits=["side"])
    assert low <= found["Sp18-ratio"] <= high


@pytest.mark.parametrize(("likes", "kept"), [("everything", 1), ("nothing", 0)])
def test_sensitive_columns_matter_only_where_likes_say_nothing(likes, kept):
    world = make_checkerboard_world(4_000, likes=likes, rng=1)
    found = adverts.special_audiences.check(world, np.random.default_rng(1), traits=["side"])
    assert found["Sa22-kept"] == pytest.approx(kept, abs=0.15)


def make_camps(n=2_000, seed=1):
    """Two camps, each with a topic of its own in all it does, three in four of the time."""
    rng = np.random.default_rng(seed)
    camp = np.arange(n) % 2
    items = make_topics(2, kinds=("page", "site", "product"), each=30)
    acts = []
    for base, kind in ((0, "like"), (60, "visit"), (120, "purchase")):
        person = np.repeat(np.arange(n), 12)
        side = np.where(rng.random(len(person)) < 0.75, camp[person], 1 - camp[person])
        item = base + 30 * side + rng.integers(30, size=len(person))
        acts.append(make_acts(person, item, kind, rng.integers(365, size=len(person))))
    people = make_people(n, camp=np.array(["east", "west"])[camp])
    test = pd.DataFrame({"person": people.index, "trait": "extraversion", "instrument": "test"})
    reports = test.assign(value=(camp - 0.5).astype(object))
    return World(people, items, pd.concat(acts, ignore_index=True), reports=reports)


def test_delivery_learns_a_skew_and_has_none_to_learn_where_all_click_alike():
    world = make_camps()
    skew = {
        equal: [
            adverts.delivery.check(
                world, np.random.default_rng(k), traits=["camp"], rate=0.4, equal=equal
            )["Ali19-skew"]
            for k in range(40)
        ]
        for equal in (False, True)
    }
    assert np.mean(skew[False]) > 0.15
    # of a single run chance makes a skew too, one way or the other
    assert np.mean(skew[True]) == pytest.approx(0, abs=0.05)


def test_a_true_effect_is_found_at_random_and_a_false_one_by_learning():
    world, rng = make_camps(4_000), np.random.default_rng(1)
    found = adverts.matching.check(world, rng, true=2.0)
    assert found["M17-random"] == pytest.approx(2, abs=0.1)
    assert adverts.matching.check(world, rng, optimised=False)["M17-naive"] == pytest.approx(
        1, abs=0.05
    )


def test_every_showing_is_of_somebody_in_the_audience_and_of_one_advert():
    world = make_camps()
    shown = adverts._two_adverts(world, np.random.default_rng(1), optimised=True)
    assert not shown["row"].duplicated().any()
    assert shown["chance"].between(0, 1).all()
    assert set(shown["audience"]) == set(shown["advert"]) == {"high", "low"}


@pytest.mark.parametrize("optimised", [True, False])
def test_ages_differ_where_an_advert_is_for_the_young(optimised):
    """Likes of the topic of the one advert fall with age; of the other's they do not."""
    rng = np.random.default_rng(1)
    n, topics = 6_000, 6
    age = rng.permutation(n) / n
    weight = np.ones((n, topics))
    extravert = rng.random(n) < 0.5
    weight[:, 0] += 6 * extravert + 12 * (1 - age)
    weight[:, 1] += 6 * ~extravert
    person = np.repeat(np.arange(n), 40)
    line = (weight / weight.sum(1, keepdims=True)).cumsum(1)[person]
    topic = (rng.random(len(person))[:, None] > line).sum(1).clip(max=topics - 1)
    acts = make_acts(person, topic * 10 + rng.integers(10, size=len(person)))
    born = YEAR - (age * 20_000).astype("timedelta64[D]")
    people = make_people(n, birth_date=born.astype("datetime64[s]"))
    test = pd.DataFrame({"person": people.index, "trait": "extraversion", "instrument": "test"})
    reports = test.assign(value=extravert.astype(float).astype(object))
    world = World(people, make_topics(topics, each=10), acts, reports=reports)
    found = adverts.balance.check(world, rng, traits=["extraversion"], optimised=optimised)
    assert (found["E18-age"] > 13.8) == optimised


def test_a_tracker_pays_where_visits_tell_who_buys_and_not_where_none_is_placed():
    rng = np.random.default_rng(1)
    n = 2_000
    world = make_camps(n)
    quiet = world.acts[world.acts["kind"] == "visit"]
    # likes by lot, so that only what is done elsewhere tells who buys
    person = np.repeat(np.arange(n), 12)
    likes = make_acts(person, rng.integers(60, size=len(person)))
    acts = pd.concat([likes, quiet, world.acts[world.acts["kind"] == "purchase"]])
    told = World(world.people, world.items, acts.reset_index(drop=True))
    assert adverts.offsite.check(told, rng, reach=1.0)["We25-cost"] > 0.1
    assert adverts.offsite.check(told, rng, reach=0.0)["We25-cost"] == 0


def test_a_profile_doubles_the_price_where_two_of_four_topics_are_anybodys():
    n = 400
    person, topic = np.repeat(np.arange(n), 2), np.tile([0, 1], n)
    item = 4 * (topic + 2 * (person % 2))
    world = World(make_people(n), make_topics(4), make_acts(person, item))
    rng = np.random.default_rng(1)
    assert adverts.auctions.check(world, rng, prior=0.0)["J20-revenue"] == pytest.approx(-0.5)
    everybody = World(make_people(n), make_topics(4), make_acts(person, 4 * topic))
    assert adverts.auctions.check(everybody, rng)["J20-revenue"] == pytest.approx(0)


def test_those_are_labelled_who_like_enough_of_a_kind_that_tells():
    n = 400
    party = np.array(["Orchard", "Quay"])[np.arange(n) % 2]
    # everybody likes three of kind 0; half of Quay like three of kind 1, the others two of it
    likes = [make_acts(np.arange(n), np.full(n, item)) for item in (0, 1, 2)]
    quay = np.flatnonzero(party == "Quay")
    likes += [make_acts(quay, np.full(len(quay), item)) for item in (4, 5)]
    likes.append(make_acts(quay[:100], np.full(100, 6)))
    world = World(make_people(n, party=party), make_topics(3), pd.concat(likes, ignore_index=True))
    found = adverts.labels.check(world, np.random.default_rng(1))
    assert found["Ca18-labelled"] == 0.25


def test_steps_move_consent_by_what_they_cost():
    world = World(make_people(20_000, agreeableness=np.random.default_rng(1).normal(size=20_000)))
    found = consent.notices.check(world, np.random.default_rng(2), cost=1.0, willing=0.5)
    assert found["N20-optout"] == pytest.approx(34.1, abs=1.5)  # one standard deviation
    assert found["N20-granular"] == pytest.approx(-34.1, abs=1.5)
    assert found["N20-style"] == pytest.approx(0, abs=1.5)
    free = consent.notices.check(world, np.random.default_rng(2), cost=0.0)
    assert all(abs(change) < 2 for change in free.values())


def test_categories_lose_consent_unless_they_are_alike_and_free():
    world = World(make_people(20_000, agreeableness=np.random.default_rng(1).normal(size=20_000)))
    asked = {"willing": 0.5, "cost": 0.0}
    rng = np.random.default_rng(2)
    apart = consent.categories.check(world, rng, **asked, alike=0.0, number=3)
    assert apart["U19-unnudged"] == pytest.approx(0.125, abs=0.01)
    alike = consent.categories.check(world, rng, **asked, alike=1.0)
    assert alike["U19-binary"] == pytest.approx(0, abs=1)


def test_the_fitted_cost_is_the_one_that_fits_best():
    assert consent.fit_cost() == pytest.approx(consent._COST, abs=0.005)
    assert consent.fit_cost(optout=0.225, granular=-0.225, willing=0.5) == pytest.approx(
        0.598, abs=1e-3
    )


@pytest.mark.slow
def test_the_fitted_reach_does_not_hang_on_the_worlds_it_was_fitted_in():
    worlds = [make_world("brightwater", rng=seed) for seed in (200, 201, 202)]
    assert adverts.fit_reach(worlds) == pytest.approx(adverts._REACH, abs=0.03)
