"""The measuring functions of the room of uniqueness, on worlds whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from ethics_lib.anonymity import unicity
from ethics_lib.datasets import load_published
from ethics_lib.effects import Effect
from ethics_lib.literature import uniqueness
from ethics_lib.literature.likes import likes_of
from ethics_lib.tables import World
from ethics_lib.world import make_world

EFFECTS = [thing for thing in vars(uniqueness).values() if isinstance(thing, Effect)]
EVERYBODYS = list(range(12))


def likers(lists, days=None, topics=3):
    """People who like the pages listed, one list a person, on the days listed."""
    pairs = [(person, item) for person, items in enumerate(lists) for item in items]
    acts = pd.DataFrame(pairs, columns=["person", "item"]).assign(kind="like")
    day = 0 if days is None else np.concatenate([np.asarray(d) - 1 for d in days])
    acts["time"] = pd.Timestamp("2025-01-01") + pd.to_timedelta(day, "D")
    items = pd.DataFrame({"kind": "page"}, index=range(1 + max(item for _, item in pairs)))
    items["topic"] = (items.index % topics).astype(str)
    people = pd.DataFrame({"member": True}, index=pd.RangeIndex(len(lists), name="person"))
    return World(people, items, acts)


def own(person, number):
    """So many pages that nobody else likes."""
    start = 100 + 20 * person
    return list(range(start, start + number))


@pytest.fixture(scope="module")
def town():
    return make_world(600, rng=5)


@pytest.mark.parametrize("task", EFFECTS, ids=lambda task: task.id)
def test_every_effect_names_published_figures_and_a_source(task):
    rows = load_published().set_index("figure").loc[list(task.figures)]
    assert rows["standing"].isin(["primary", "secondary", "memory"]).all()
    assert rows[["low", "high"]].notna().all(axis=None)
    assert not task.fitted and task.ablated


@pytest.mark.parametrize("task", [e for e in EFFECTS if e.at_home], ids=lambda task: task.id)
def test_an_effect_gives_its_figures_and_the_same_for_the_same_seed(task, town):
    found = task(town, rng=3)
    assert tuple(found) == task.figures
    assert found == pytest.approx(task(town, rng=3), nan_ok=True)
    assert all(0 <= number <= 1 or np.isnan(number) for number in found.values())


def test_the_rarest_single_out_where_any_four_do_not():
    world = likers([EVERYBODYS + own(person, 4) for person in range(60)])
    assert uniqueness.four_rarest(world, rng=1) == {"Se21-4": 1}
    unseen = uniqueness.four_rarest(world, rng=1, ablated=True)["Se21-4"]
    # alone unless all four are everybody's: 1 - C(12, 4) / C(16, 4)
    assert unseen == pytest.approx(0.73, abs=0.15)
    assert uniqueness.four_rarest(likers([EVERYBODYS] * 60), rng=1) == {"Se21-4": 0}


@pytest.mark.parametrize("rarest", [True, False])
def test_any_four_are_as_telling_as_the_room_of_anonymity_says(town, rarest):
    likes = town.acts[town.acts["kind"] == "like"]
    there = unicity(likes, k=4, draws=1, rarest=rarest, rng=2).iloc[0]
    here = uniqueness.four_rarest(town, rng=2, ablated=not rarest)["Se21-4"]
    assert here == pytest.approx(there["estimate"], abs=0.02 if rarest else 0.06)


def test_only_people_with_more_than_ten_items_are_asked():
    many = [EVERYBODYS[:11]] * 30
    assert uniqueness.more_than_ten(likers([own(p, 10) for p in range(30)] + many), rng=1) == {
        "Tu18-4": 0
    }
    assert uniqueness.more_than_ten(likers([own(p, 11) for p in range(30)]), rng=1) == {"Tu18-4": 1}


def test_coarser_pages_single_out_those_whom_brute_force_finds():
    rng = np.random.default_rng(4)
    lists = [rng.choice(128, 20, replace=False) for _ in range(60)]
    likes = likes_of(likers(lists))
    chosen = np.array([items[:4] for items in lists])
    place = rng.permutation(likes.shape[1])
    shares = []
    for group in (place, place >> 2, place >> 4):
        coarse = [{group[item] for item in items} for items in lists]
        alone = [sum({*group[row]} <= other for other in coarse) == 1 for row in chosen]
        shares.append(uniqueness.share_alone_in(likes, chosen, group))
        assert shares[-1] == pytest.approx(np.mean(alone))
    assert shares[0] > shares[1] > shares[2]


def test_a_power_of_nothing_is_not_a_number():
    assert np.isnan(uniqueness.coarse_points(likers([EVERYBODYS] * 40), rng=1)["dM13-power"])
    apart = likers([[64 * person + 16 * n for n in range(4)] for person in range(40)], topics=1)
    assert uniqueness.coarse_points(apart, rng=1)["dM13-power"] < 1.2


def test_days_are_those_of_the_likes():
    world = likers([[0, 2], [2, 3]], days=[[5, 360], [17, 1]])
    when = uniqueness.days_of_likes(world, np.array([[0, 2]]))
    assert when.toarray().tolist() == [[5, 0], [0, 0], [360, 17], [0, 0]]


def test_who_likes_what_nobody_likes_is_found_also_by_a_bad_memory():
    world = likers([EVERYBODYS + own(person, 20) for person in range(60)])
    find = {"number": 8, "wrong": 2, "famous": 12 / 1300}
    assert uniqueness.share_found(world, np.random.default_rng(1), **find) > 0.95
    same = likers([EVERYBODYS] * 60)
    assert uniqueness.share_found(same, np.random.default_rng(1), number=8, wrong=2) == 0


def test_days_find_people_who_like_the_same():
    rng = np.random.default_rng(2)
    world = likers([EVERYBODYS] * 60, days=rng.integers(1, 366, (60, 12)))

    def find(**days):
        return uniqueness.share_found(world, np.random.default_rng(1), number=8, **days)

    assert find() == 0
    assert find(days_off=0) > find(days_off=90) + 0.2
    assert find(days_off=0) > 0.9


def test_nothing_famous_is_remembered():
    """Everybody has two pages of their own; the famous ones are left out, and those two are not."""
    world = likers([EVERYBODYS + own(person, 2) for person in range(60)])
    everything, rng = 12 / (len(world.items)), np.random.default_rng(1)
    assert uniqueness.share_found(world, rng, number=2, famous=everything) == 1
    assert uniqueness.share_found(world, np.random.default_rng(1), number=2) < 0.5


def census(sizes, rng):
    """Postcodes of these sizes, where birth dates and genders are drawn evenly."""
    n = sum(sizes)
    born = pd.Timestamp("1950-01-01") + pd.to_timedelta(rng.integers(0, 3_650, n), "D")
    people = pd.DataFrame({"postcode": np.repeat([f"BW{i}" for i in range(len(sizes))], sizes)})
    people = people.assign(birth_date=born, gender=rng.choice(["woman", "man"], n))
    return World(people.rename_axis("person"))


def test_a_sample_tells_who_is_alone_by_the_size_of_their_postcode():
    rng = np.random.default_rng(3)
    unequal = census([100] * 200 + [20_000], rng)
    assert uniqueness.told_from_a_sample.check(unequal, rng, share=0.1)["R19-auc"] > 0.9
    equal = census([4_000] * 10, rng)
    assert uniqueness.told_from_a_sample.check(equal, rng, share=0.1)["R19-auc"] < 0.6
