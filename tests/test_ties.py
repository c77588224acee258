import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethics_lib.presets import Setting
from ethics_lib.tables import RangeError, TableError, check_table, to_networkx
from ethics_lib.ties import make_households, make_layers, make_ties, unique_keys


def two_groups(n=4_000, share=0.5):
    return pd.Series(np.where(np.arange(n) < share * n, "red", "blue"))


def assortativity(ties, group):
    """Newman's coefficient: the mixing matrix's trace above what chance would give."""
    ends = pd.concat([ties, ties.rename(columns={"a": "b", "b": "a"})])
    mixing = pd.crosstab(ends["a"].map(group), ends["b"].map(group), normalize=True).to_numpy()
    chance = (mixing.sum(0) * mixing.sum(1)).sum()
    return (mixing.trace() - chance) / (1 - chance)


def degrees(ties, n):
    return np.bincount(np.concatenate([ties["a"], ties["b"]]), minlength=n)


def test_each_pair_comes_once_with_the_smaller_person_first():
    ties = make_ties(two_groups(), context="choir", rng=7)
    check_table(ties, "ties", people=pd.RangeIndex(4_000))
    assert not ties.duplicated(["a", "b"]).any()
    assert set(ties["context"]) == {"choir"}
    assert ties["a"].dtype == ties["b"].dtype == np.int32


@pytest.mark.parametrize(
    ("homophily", "share"),
    # with groups of different sizes the larger one finds too few of the other for -1
    [(-1, 0.5), (-0.3, 0.5), *((h, s) for h in (0, 0.3, 0.6, 0.9, 1) for s in (0.5, 0.2))],
)
def test_loose_ties_are_as_assortative_as_asked(homophily, share):
    group = two_groups(share=share)
    ties = make_ties(group, homophily=homophily, circles=0, rng=7)
    assert assortativity(ties, group) == pytest.approx(homophily, abs=0.05)


def test_the_hand_made_assortativity_is_that_of_networkx():
    group = two_groups(300)
    ties = make_ties(group, mean_degree=10, homophily=0.5, rng=7)
    graph = to_networkx(ties, group.index)
    nx.set_node_attributes(graph, group.to_dict(), "group")
    expected = nx.attribute_assortativity_coefficient(graph, "group")
    assert assortativity(ties, group) == pytest.approx(expected)


def test_circles_keep_to_their_own_too():
    group = two_groups()
    levels = [
        assortativity(make_ties(group, homophily=h, circles=1, rng=7), group)
        for h in (0.0, 0.4, 0.8, 1.0)
    ]
    assert levels == pytest.approx([0, 0.4, 0.8, 1], abs=0.07)


def test_circles_make_triangles_and_loose_ties_make_few():
    group = two_groups(2_000)
    loose, circles = (
        nx.transitivity(to_networkx(make_ties(group, mean_degree=20, spread=0.7, circles=c, rng=7)))
        for c in (0, 1)
    )
    assert loose < 0.03
    assert circles > 5 * loose and circles > 0.25


def test_left_to_itself_it_makes_a_network_of_circles():
    """The defaults are those of the town; few networks of friends have a transitivity below .1."""
    ties = make_ties(2_000, rng=7)
    assert nx.transitivity(to_networkx(ties)) > 0.15


def test_circles_are_as_large_and_as_dense_as_asked():
    def circle(size, density):
        """Friends in circles alone: how many a person has, and how many of them know each other."""
        ties = make_ties(
            3_000, mean_degree=5, spread=0, circles=1, circle_size=size, density=density, rng=7
        )
        degree = degrees(ties, 3_000)
        clustering = nx.average_clustering(to_networkx(ties))
        return degree.max(), clustering

    small, large = circle(6, 1.0), circle(40, 1.0)
    assert small[0] < large[0]
    sparse = circle(20, 0.3), circle(20, 1.0)
    assert sparse[0][1] < 0.4 < 0.6 < sparse[1][1]


def test_monophily_makes_people_of_one_group_differ_in_whom_they_prefer():
    group = two_groups()
    spread = []
    for monophily in (0, 0.1, 0.4):
        ties = make_ties(group, homophily=0, monophily=monophily, circles=0, spread=0, rng=7)
        ends = pd.concat([ties, ties.rename(columns={"a": "b", "b": "a"})])
        own = ends["a"].map(group).eq(ends["b"].map(group))
        spread.append(own.groupby(ends["a"]).mean().std())
    assert spread[0] < spread[1] - 0.02 < spread[2] - 0.06


def test_monophily_may_go_to_its_end():
    assert len(make_ties(two_groups(200), mean_degree=10, monophily=1, rng=7)) > 200


def test_friends_are_as_many_as_asked_and_as_unequal():
    n = 4_000
    for spread, low, high in ((0, 0.0, 0.25), (0.7, 0.6, 1.0)):
        degree = degrees(make_ties(two_groups(n), spread=spread, circles=0, rng=7), n)
        assert degree.mean() == pytest.approx(30, rel=0.1)
        assert low < degree.std() / degree.mean() < high


def test_who_weighs_nothing_has_no_friends():
    weight = np.r_[np.zeros(100), np.ones(300)]
    ties = make_ties(two_groups(400), mean_degree=20, weight=weight, rng=7)
    degree = degrees(ties, 400)
    assert not degree[:100].any() and degree[100:].mean() > 15


def test_one_group_is_no_group():
    group = pd.Series("all", index=range(400))
    assert len(make_ties(group, mean_degree=10, homophily=0, rng=7)) == pytest.approx(2000, rel=0.1)
    assert make_ties(group, mean_degree=10, homophily=-1, circles=0, rng=7).empty


def test_a_number_of_people_is_enough_where_nothing_sorts_them():
    ties = make_ties(2_000, rng=7)
    check_table(ties, "ties", people=pd.RangeIndex(2_000))
    one_group = make_ties(pd.Series("all", index=range(2_000)), homophily=0, rng=7)
    pd.testing.assert_frame_equal(ties, one_group)
    assert len(make_ties(np.int64(400), mean_degree=10, rng=7)) > 1_500
    for knob in ({"homophily": 0.5}, {"homophily": -0.5}, {"monophily": 0.1}):
        with pytest.raises(
            RangeError, match=r"400 people without groups cannot be sorted. Pass a Series"
        ):
            make_ties(400, mean_degree=10, **knob, rng=7)
    for wrong in (1, -5, 3e7, "many", None, float("nan")):
        with pytest.raises(RangeError, match=r"^group=.* is outside its range: 2 to 2e\+07"):
            make_ties(wrong, mean_degree=0, rng=7)


def test_many_groups_are_kept_apart():
    """More groups than a byte can count."""
    group = pd.Series(np.arange(4_000) % 400)
    ties = make_ties(group, mean_degree=6, homophily=1, circles=0, rng=7)
    assert len(ties) > 3_000
    assert (group[ties["a"]].to_numpy() == group[ties["b"]].to_numpy()).all()


# ------------------------------------------------------------------------- a town's layers

KNOBS = {
    "spread": 0.8,
    "mean_degree": 20.0,
    "homophily": 0.8,
    "monophily": 0.02,
    "circles": 0.5,
    "circle_size": 12.0,
}
SETTINGS = {
    "choir": Setting("group", 0.5),
    "club": Setting("group", 0.25, pull=0.25),
    "street": Setting(None, 0.25),
}


def layers(settings=SETTINGS, *, rng=7, n=2_000, **knobs):
    people = pd.DataFrame({"group": two_groups(n), "household": np.arange(n) // 2})
    rng = np.random.default_rng(rng)
    return make_layers(people, settings, KNOBS | knobs, rng=rng), people


def test_each_setting_makes_its_share_and_sorts_as_it_pulls():
    ties, people = layers()
    check_table(ties, "ties", people=people.index)
    count = ties["context"].value_counts()
    assert count["family"] == 1_000  # couples
    assert count["choir"] == pytest.approx(2_000 * 20 / 2 * 0.5, rel=0.1)
    assert count["club"] == pytest.approx(2_000 * 20 / 2 * 0.25, rel=0.1)
    by_context = dict(list(ties.groupby("context")))
    found = {name: assortativity(by_context[name], people["group"]) for name in SETTINGS}
    assert found == pytest.approx({"choir": 0.8, "club": 0.2, "street": 0}, abs=0.07)


def test_two_people_are_friends_once_and_family_comes_first():
    ties, people = layers(n=200, mean_degree=50.0)
    assert not ties.duplicated(["a", "b"]).any()
    pd.testing.assert_frame_equal(ties, ties.sort_values(["a", "b"], ignore_index=True))
    home = people["household"]
    together = home[ties["a"]].to_numpy() == home[ties["b"]].to_numpy()
    assert (ties["context"] == "family").to_numpy().tolist() == together.tolist()


def test_who_has_many_friends_in_one_setting_has_many_in_the_next():
    ties, people = layers(circles=0.0)
    choir, street = (
        degrees(ties[ties["context"] == name], len(people)) for name in ("choir", "street")
    )
    assert np.corrcoef(choir, street)[0, 1] > 0.3


def test_a_town_may_have_no_setting_and_nobody_to_live_with():
    ties, _ = layers({}, mean_degree=0.0)
    assert set(ties["context"]) == {"family"}
    alone = pd.DataFrame({"household": np.arange(50)})
    empty = make_layers(alone, {}, KNOBS, rng=np.random.default_rng(7))
    check_table(empty, "ties", empty=True)
    assert empty.empty


def test_a_household_is_complete():
    home = pd.Series([3, 1, 3, 0, 1, 3])
    ties = make_households(home)
    pairs = set(zip(ties["a"], ties["b"], strict=True))
    assert pairs == {(0, 2), (0, 5), (2, 5), (1, 4)}
    assert set(ties["context"]) == {"family"}
    assert make_households(pd.Series([2, 1, 0])).empty


@given(st.lists(st.integers(0, 2**40)))
def test_keys_come_once_and_in_order(keys):
    assert unique_keys(np.array(keys, dtype=np.int64)).tolist() == sorted(set(keys))


@pytest.mark.parametrize(
    ("knob", "value"),
    [
        ("mean_degree", 101),
        ("mean_degree", -1),
        ("mean_degree", float("nan")),
        ("spread", -0.1),
        ("homophily", 1.1),
        ("homophily", -1.1),
        ("monophily", 2),
        ("circles", -0.5),
        ("circle_size", 1),
        ("density", 0),
    ],
)
def test_a_knob_outside_its_range_is_refused(knob, value):
    knobs = {"mean_degree": 10} | {knob: value}
    with pytest.raises(RangeError, match=f"^{knob}=.* is outside its range"):
        make_ties(two_groups(400), **knobs, rng=7)


def test_a_wrong_group_or_weight_is_refused():
    with pytest.raises(TableError, match=r"group must be indexed 0 to n-1 without gaps"):
        make_ties(two_groups(400).iloc[::-1], mean_degree=10, rng=7)
    with pytest.raises(TableError, match=r"group is empty \(NaN\) for person 3"):
        make_ties(two_groups(400).mask(np.arange(400) == 3), mean_degree=10, rng=7)
    for weight in (np.ones(399), np.zeros(400), -np.ones(400), np.full(400, np.nan)):
        with pytest.raises(RangeError, match=r"weight must hold 400 numbers from 0 up"):
            make_ties(two_groups(400), mean_degree=10, weight=weight, rng=7)


@pytest.mark.parametrize("rng", [None, -1, "7", 1.5, True])
def test_a_wrong_rng_is_refused(rng):
    with pytest.raises(RangeError, match=r"rng=.* is no source of randomness"):
        make_ties(two_groups(400), mean_degree=10, rng=rng)
