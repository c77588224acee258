"""Linkage: a merge finds those who are alone, and friends are as good as a birth date."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethics_lib import load_town, make_world
from ethics_lib.guards import DualUseError
from ethics_lib.linkage import (
    _best_connected,
    alone_by_friends,
    fingerprints,
    link,
    match_by_friends,
    score_links,
)
from ethics_lib.releases import answer_key, cheapest_rungs, coarsen, generalise, renumber_ties
from ethics_lib.tables import RangeError, TableError, UnknownNameError, World
from tests.handmade import interval, make_ties

QUASI = ["birth_date", "gender", "postcode"]


@st.composite
def tables(draw):
    """A few people with two columns, several alike."""
    row = st.tuples(st.integers(1980, 1986), st.sampled_from(["BW1", "BW2"]))
    rows = draw(st.lists(row, min_size=1, max_size=20))
    return pd.DataFrame(rows, columns=["born", "postcode"], index=np.arange(len(rows)) + 50)


@st.composite
def graphs(draw, people=9):
    """A few friendships among nine people."""
    pairs = [(a, b) for a in range(people) for b in range(a + 1, people)]
    return make_ties(*draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=14, unique=True)))


def deal(people, rng=7):
    """The table under new numbers, and the key."""
    key = answer_key(people, rng=rng)
    return people.loc[key.to_numpy()].set_axis(key.index), key


@given(tables())
@settings(max_examples=12)
def test_an_exact_release_of_all_finds_those_who_are_alone_and_nobody_else(people):
    release, key = deal(people)
    before = release.copy(deep=True), people.copy(deep=True)
    links = link(release, people, on=["born", "postcode"])
    alone = people[~people.duplicated(keep=False)].index
    found = links.dropna(subset="person")
    assert set(found["person"]) == set(alone)
    assert (found["person"] == key.loc[found["row"]].to_numpy()).all()
    assert (links["alike"] == links["candidates"]).all()
    pd.testing.assert_frame_equal(release, before[0])
    pd.testing.assert_frame_equal(people, before[1])


@given(tables(), st.data())
@settings(max_examples=12)
def test_of_alike_rows_with_one_name_at_most_one_is_right(people, data):
    release, key = deal(people)
    register = people.loc[data.draw(st.lists(st.sampled_from(list(people.index)), unique=True))]
    links = link(release, register, on=["born", "postcode"])
    right = links["person"].eq(pd.Series(key.loc[links["row"]].array, links.index)).fillna(False)
    per_name = right.groupby(links["person"]).agg(["sum", "size"])
    assert (per_name["sum"] == 1).all()  # the register names real people of this town
    assert (per_name["size"] == links.groupby("person")["alike"].first()).all()


@given(tables(), st.integers(0, 1000))
@settings(max_examples=12)
def test_the_order_of_a_register_and_of_its_numbers_plays_no_part(people, seed):
    release, _ = deal(people)
    register = people.sample(frac=1, random_state=seed)
    links = link(release, people, on=["born", "postcode"])
    pd.testing.assert_frame_equal(links, link(release, register, on=["postcode", "born"]))
    moved = link(release, people.set_axis(people.index + 900), on=["born", "postcode"])
    pd.testing.assert_series_equal(links["person"] + 900, moved["person"])


def test_a_link_may_be_wrong_if_the_right_one_is_not_in_the_register():
    release = pd.DataFrame({"born": ["1985", "1985", "1990"]}, index=[0, 1, 2])
    links = link(release, pd.DataFrame({"born": ["1985"]}, index=[17]), on="born")
    assert links["candidates"].tolist() == [1, 1, 0]
    assert links["person"].tolist()[:2] == [17, 17] and links["person"].isna().tolist()[2]
    scores = score_links(links, pd.Series([17, 18, 19]))
    assert scores["measure"].tolist() == ["named", "right", "found"]
    assert scores["n"].tolist() == [3, 2, 3]
    assert scores["estimate"].tolist() == pytest.approx([2 / 3, 1 / 2, 1 / 3])
    assert (scores["low"] < scores["estimate"]).all() and (scores["high"] > scores["low"]).all()


@pytest.mark.parametrize("name", ["born", "size", "first", "person", "row"])
def test_columns_may_be_called_anything_and_be_categories_that_nobody_has(name):
    told = pd.DataFrame({name: pd.Categorical(["x", "y", "z"], categories=["w", "z", "y", "x"])})
    names = pd.DataFrame({name: pd.Categorical(["y", "x", "x", "v"])}, index=[17, 18, 19, 20])
    for register in (names, names.astype(str)):
        links = link(told, register, on=[name, name])
        assert links["candidates"].tolist() == [2, 1, 0] and links["alike"].tolist() == [1, 1, 1]
        assert links["person"].fillna(0).tolist() == [0, 17, 0]


def test_no_name_is_right_or_wrong_if_there_is_none():
    links = link(
        pd.DataFrame({"born": ["1985"]}), pd.DataFrame({"born": ["1990"]}, index=[17]), on="born"
    )
    scores = score_links(links, pd.Series([17])).set_index("measure")["estimate"]
    assert scores["named"] == scores["found"] == 0 and np.isnan(scores["right"])


def shape(ties, person, depth):
    """The same by hand: nested sorted lists of friends' shapes."""
    if depth == 0:
        return ()
    friends = set(ties.loc[ties["a"] == person, "b"]) | set(ties.loc[ties["b"] == person, "a"])
    return tuple(sorted(shape(ties, friend, depth - 1) for friend in friends))


@given(graphs(), st.integers(0, 3))
@settings(max_examples=12)
def test_fingerprints_are_equal_where_shapes_are(ties, depth):
    before = ties.copy(deep=True)
    prints = fingerprints(ties, pd.RangeIndex(9), depth=depth)
    shapes = pd.Series([shape(ties, person, depth) for person in range(9)])
    assert pd.factorize(prints)[0].tolist() == pd.factorize(shapes)[0].tolist()
    pd.testing.assert_frame_equal(ties, before)


@given(graphs(), st.integers(0, 1000))
@settings(max_examples=12)
def test_fingerprints_do_not_depend_on_numbers_and_deeper_ones_tell_more_apart(ties, seed):
    people = pd.DataFrame(index=pd.RangeIndex(9, name="person"))
    key = answer_key(people, rng=seed)
    moved = fingerprints(renumber_ties(ties, key), key.index)
    own = fingerprints(ties, people.index)
    assert (moved.to_numpy() == own.loc[key].to_numpy()).all()
    alone = alone_by_friends(ties, people.index, depths=[0, 1, 2, 3])
    assert alone["estimate"].is_monotonic_increasing and alone["estimate"].iloc[0] == 0
    assert alone["depth"].tolist() == [0, 1, 2, 3] and (alone["n"] == 9).all()


def test_one_friendship_from_two_settings_is_one():
    ties = make_ties((0, 1), (1, 2))
    twice = pd.concat([ties, ties[:1].assign(context="work")])
    pd.testing.assert_series_equal(
        fingerprints(ties, pd.RangeIndex(3)), fingerprints(twice, pd.RangeIndex(3))
    )


def test_missing_ties_undo_fingerprints_and_not_a_comparison():
    world = make_world(1000, rng=7)
    key = answer_key(world.people, rng=3)
    nameless = renumber_ties(world.ties, key)
    known = world.ties.sample(frac=0.9, random_state=1)
    exact = link(
        fingerprints(nameless, key.index).to_frame(),
        fingerprints(known, world.people.index).to_frame(),
        on=["fingerprint"],
    )
    near = match_by_friends(nameless, known, rows=key.index, people=world.people.index)
    found = [score_links(links, key)["estimate"].iloc[2] for links in (exact, near)]
    assert found[0] < 0.05 and found[1] > 0.5
    sure = score_links(near[near["gap"] < 0.5], key).set_index("measure").loc["right"]
    assert sure["low"] > found[1]  # who stands out is found more often
    assert near["gap"].between(0, 1).all()


def test_compared_are_the_number_of_friends_and_those_of_the_best_connected():
    ties = make_ties((0, 1), (0, 2), (0, 3), (3, 4))
    table = _best_connected(ties, pd.RangeIndex(6), 2) ** 2
    assert table.round().tolist() == [
        [3, 2, 1],
        [1, 3, 0],
        [1, 3, 0],
        [2, 3, 1],
        [1, 2, 0],
        [0] * 3,
    ]


def test_who_has_no_friends_is_a_toss_up():
    people = pd.RangeIndex(5)
    near = match_by_friends(make_ties((0, 1), (1, 2)), make_ties((0, 1), (1, 2)), rows=people,
                            people=people)  # fmt: skip
    assert near["gap"].tolist() == [1, 0, 1, 1, 1] and near["person"][1] == 1


@pytest.mark.parametrize(
    ("error", "call", "message"),
    [
        (TableError, lambda t: link(t, t, on=[]), "on is empty or no list. Name the columns"),
        (TableError, lambda t: link(t, t, on=None), "on is empty or no list. Name the columns"),
        (
            TableError,
            lambda t: link(t, t.set_axis(["Wren", "Noor"]), on="born"),
            r"register: its index is .* people are whole numbers.*\.reset_index",
        ),
        (
            TableError,
            lambda t: link(t, t.set_axis([17.5, 18.5]), on="born"),
            "register: its index is float64, and people are whole numbers",
        ),
        (UnknownNameError, lambda t: link(t, t, on="bron"), "release 'bron' .*mean 'born'"),
        (UnknownNameError, lambda t: link(t, t[[]], on="born"), "column of the register 'born'"),
        (TableError, lambda t: link(t, pd.concat([t, t]), on="born"), "register: somebody is"),
        (
            TableError,
            lambda t: link(t.astype(str), t, on="born"),
            r"'born' is .* Write the register as coarsely .* coarsen\(register, rungs\)",
        ),
        (
            TableError,
            lambda t: link(t, t.where(t["born"] > 1985), on="born"),
            "register: column 'born' is empty in row 0",
        ),
        (
            TableError,
            lambda t: link(pd.concat([t, t], axis=1), t, on="born"),
            "release: column 'born' is there twice",
        ),
        (
            TableError,
            lambda t: link(
                t.assign(born=pd.to_datetime("1985")),
                t.assign(born=pd.to_datetime("1985", utc=True)),
                on="born",
            ),
            r"'born' is datetime64.* in the release and datetime64.*UTC",
        ),
        (
            TableError,
            lambda t: score_links(link(t, t, on="born"), pd.Series([1])),
            "row 1 is not in the key",
        ),
        (
            TableError,
            lambda t: score_links(link(t, t, on="born"), [17, 18]),
            "key: pass the Series that answer_key gives",
        ),
        (
            TableError,
            lambda t: score_links(t, pd.Series([17, 18])),
            "links: column 'row' is missing",
        ),
        (
            RangeError,
            lambda t: fingerprints(make_ties((0, 1)), t.index, depth=11),
            "depth=11 is outside its range: whole numbers from 0 to 10",
        ),
        (
            RangeError,
            lambda t: match_by_friends(
                make_ties((0, 1)), make_ties((0, 1)), rows=t.index, people=t.index, friends=0
            ),
            "friends=0 is outside",
        ),
        (
            RangeError,
            lambda t: match_by_friends(
                make_ties((0, 1)), make_ties((0, 1)), rows=t.index, people=t.index, friends=2.5
            ),
            "friends=2.5 is outside its range: whole numbers from 1 to 1000",
        ),
        (TableError, lambda t: fingerprints(make_ties((0, 9)), t.index), "no such person"),
    ],
)
def test_bad_input_is_named(error, call, message):
    with pytest.raises(error, match=message):
        call(pd.DataFrame({"born": [1985, 1990]}))


@pytest.mark.parametrize("wrong", [None, "ties", [1], pd.Series([1]), World(pd.DataFrame())])
def test_what_is_no_table_is_named(wrong):
    table, ties, two = pd.DataFrame({"born": [1985]}), make_ties((0, 1)), pd.RangeIndex(2)
    for call in (
        lambda: link(wrong, table, on="born"),
        lambda: link(table, wrong, on="born"),
        lambda: score_links(wrong, pd.Series([1])),
        lambda: fingerprints(wrong, two),
        lambda: alone_by_friends(wrong, two),
        lambda: match_by_friends(wrong, ties, rows=two, people=two),
        lambda: match_by_friends(ties, wrong, rows=two, people=two),
    ):
        with pytest.raises(TableError, match=f"got {type(wrong).__name__} where a .*DataFrame"):
            call()


@pytest.mark.parametrize("box", [list, np.array, pd.Series, range])
def test_people_may_come_in_any_box(box):
    people = range(2, 5) if box is range else box([2, 3, 4])
    ties = make_ties((2, 3), (3, 4))
    pd.testing.assert_series_equal(
        fingerprints(ties, people), fingerprints(ties, pd.Index([2, 3, 4])), check_index_type=False
    )
    assert alone_by_friends(ties, people, depths=1)["estimate"].tolist() == [1 / 3]
    assert match_by_friends(ties, ties, rows=people, people=people)["person"].tolist()[1] == 3


def test_a_link_on_or_beside_a_protected_trait_of_real_people_needs_a_basis():
    told = pd.DataFrame({"born": ["1985"], "protected:religion": "Tide"})
    names = pd.DataFrame({"born": ["1985"]}, index=[17])
    for release, register in ((told, names), (names, told)):
        with pytest.raises(DualUseError, match="'protected:religion' is protected, and each link"):
            link(release, register, on="born")
    with pytest.raises(DualUseError, match="needs a basis, and it is ' '"):
        link(told, told, on=list(told), person_rows=True, basis=" ")
    links = link(told, names, on="born", person_rows=True, basis="ethics committee 2026/14")
    assert links["person"].tolist() == [17]


def test_a_register_of_the_town_names_its_residents_until_they_have_company():
    people = load_town().people
    register = people.sample(frac=0.6, random_state=7)
    key = answer_key(people, rng=7)
    found = {}
    for k in (1, 2, 5):
        release = generalise(people, k=k, rng=7, suppress=0.05)
        rungs = cheapest_rungs(people, k=k, suppress=0.05).iloc[0]
        links = link(release, coarsen(register, rungs), on=QUASI)
        found[k] = score_links(links, key).set_index("measure")["estimate"]
        named = links.dropna(subset="person")
        assert (named["alike"] >= k).all()
    assert found[1]["found"] == pytest.approx(0.596, abs=0.005)  # as many as the register has
    assert found[1]["right"] > 0.99
    assert found[2]["found"] < 0.02 and found[2]["right"] <= 0.5
    assert found[5]["named"] == 0


@pytest.mark.slow
def test_friends_give_people_away_over_several_towns():
    """Two steps away almost all are alone, and a copy without a tenth of the ties finds many."""
    alone, found = [], []
    for seed in range(6):
        world = make_world(2000, rng=seed)
        alone.append(alone_by_friends(world.ties, world.people.index, depths=[2])["estimate"][0])
        key = answer_key(world.people, rng=seed)
        known = world.ties.sample(frac=0.9, random_state=seed)
        links = match_by_friends(
            renumber_ties(world.ties, key), known, rows=key.index, people=world.people.index
        )
        found.append(score_links(links, key)["estimate"].iloc[2])
    assert interval(alone)[1] > 0.95
    assert interval(found)[1] > 0.4


def test_a_copy_that_lacks_people_finds_next_to_nobody():
    """What `match_by_friends` cannot do, and its gap does not say."""
    world = make_world(1000, rng=7)
    key = answer_key(world.people, rng=3)
    members = world.people.index[world.people["member"]]
    known = world.ties[world.ties["a"].isin(members) & world.ties["b"].isin(members)]
    near = match_by_friends(renumber_ties(world.ties, key), known, rows=key.index, people=members)
    assert score_links(near, key)["high"].iloc[2] < 0.05
