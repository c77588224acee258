import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethics_lib.tables import RangeError, TableError, check_table, to_networkx
from ethics_lib.ties import make_households, make_ties, unique_keys


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
        nx.transitivity(to_networkx(make_ties(group, mean_degree=20, circles=c, rng=7)))
        for c in (0, 1)
    )
    assert loose < 0.03
    assert circles > 5 * loose and circles > 0.12


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
