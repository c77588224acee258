"""Releases: k is reached for certain, nobody's number is in them, and more k costs more."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethics_lib import load_town, make_world
from ethics_lib.anonymity import k_anonymity, l_diversity
from ethics_lib.guards import DualUseError
from ethics_lib.releases import (
    LADDERS,
    answer_key,
    cheapest_rungs,
    coarsen,
    generalise,
    renumber_ties,
    search_lattice,
)
from ethics_lib.tables import RangeError, TableError, UnknownNameError, World
from tests.handmade import interval, make_ties

QUASI = ["birth_date", "gender", "postcode"]


@st.composite
def tables(draw):
    """A few people under any numbers, with few enough values that some are alike."""
    days = st.sampled_from(list(pd.date_range("1979-12-20", periods=30, freq="200D")))
    row = st.tuples(
        days, st.sampled_from(["woman", "man"]), st.sampled_from(["BW1", "BW12", "BW14"])
    )
    rows = draw(st.lists(row, min_size=4, max_size=25))
    persons = draw(st.permutations(range(100, 100 + len(rows))))
    people = pd.DataFrame(rows, columns=QUASI, index=pd.Index(persons, name="person"))
    return people.assign(illness=np.resize(["no", "yes", "no"], len(rows)))


@given(tables(), st.integers(1, 4), st.sampled_from([0.0, 0.2, 0.5]))
@settings(max_examples=5)
def test_k_is_reached_for_certain_and_no_more_is_left_out_than_was_allowed(people, k, suppress):
    before = people.copy(deep=True)
    release = generalise(people, k=k, rng=7, keep=["illness"], suppress=suppress)
    assert k_anonymity(release, columns=QUASI).min() >= k
    assert (1 - suppress) * len(people) - 1e-9 <= len(release) <= len(people)
    assert list(release) == [*QUASI, "illness"]
    pd.testing.assert_frame_equal(people, before)


@given(tables(), st.integers(1, 4))
@settings(max_examples=5)
def test_the_key_says_who_each_row_is_and_the_release_does_not(people, k):
    release = generalise(people, k=k, rng=7, keep=["illness"], suppress=0.05)
    key = answer_key(people, rng=7)
    rungs = cheapest_rungs(people, k=k, suppress=0.05).iloc[0]
    truth = coarsen(people, rungs).loc[key[release.index]].set_axis(release.index)
    pd.testing.assert_frame_equal(release, truth[list(release)])
    assert release.index.name == "row" and not release.index.isin(people.index).any()


@given(tables(), st.integers(1, 4))
@settings(max_examples=5)
def test_other_numbers_of_the_people_give_the_same_release(people, k):
    other = generalise(people.set_axis(people.index[::-1] + 5000), k=k, rng=7, suppress=0.05)
    pd.testing.assert_frame_equal(generalise(people, k=k, rng=7, suppress=0.05), other)


@given(tables(), st.sampled_from([0.0, 0.2, 0.5]))
@settings(max_examples=5)
def test_more_k_never_costs_less_and_more_left_out_never_costs_more(people, suppress):
    costs = cheapest_rungs(people, k=[1, 2, 3, 4], suppress=suppress)
    assert costs["k"].tolist() == [1, 2, 3, 4]
    assert costs["loss"].is_monotonic_increasing and costs["loss"].iloc[0] == 0
    freer = cheapest_rungs(people, k=[1, 2, 3, 4], suppress=0.6)
    assert (freer["loss"] <= costs["loss"] + 1e-12).all()


@given(tables())
@settings(max_examples=5)
def test_a_step_up_a_ladder_never_leaves_more_people_alone(people):
    nodes = search_lattice(people, k=2).set_index(QUASI)
    assert len(nodes) == nodes.index.nunique() == 36
    for column, ladder in LADDERS.items():
        names = list(ladder)
        for fine, coarse in pairwise(names):
            below = nodes.xs(fine, level=column).sort_index()
            above = nodes.xs(coarse, level=column).sort_index()
            assert (above["smallest"] >= below["smallest"]).all()
            assert (above["suppressed"] <= below["suppressed"]).all()
            assert (above["height"] == below["height"] + 1).all()


def test_the_lattice_in_numbers_worked_out_by_hand():
    people = pd.DataFrame({"postcode": ["BW12", "BW14", "BW15", "BW30"], "gender": ["woman"] * 4})
    ladders = {column: LADDERS[column] for column in ("postcode", "gender")}
    nodes = search_lattice(people, k=2, ladders=ladders).set_index(["postcode", "gender"])
    # three of four codes may hide behind BW1*: (3 - 1) / (4 - 1); gender hides nothing, of one
    assert nodes.loc[("tens", "as is"), "loss"] == pytest.approx((3 * (2 / 3) / 2 + 1) / 4)
    assert nodes.loc[("tens", "as is"), ["smallest", "suppressed"]].tolist() == [1, 0.25]
    assert nodes.loc[("any", "as is"), "loss"] == pytest.approx(1 / 2)
    assert nodes.loc[("code", "any"), "loss"] == 1


def test_the_rungs_of_the_towns_ladders_say_what_they_keep():
    wren = pd.DataFrame({"birth_date": pd.to_datetime(["1985-10-27"]), "postcode": ["BW12"]})
    said = [coarsen(wren, {"birth_date": rung})["birth_date"][0] for rung in LADDERS["birth_date"]]
    assert said == ["1985-10-27", "1985-10", "1985", "1985-1989", "1980-1989", "any"]
    said = [coarsen(wren, {"postcode": rung})["postcode"][0] for rung in LADDERS["postcode"]]
    assert said == ["BW12", "BW1*", "any"]
    assert coarsen(wren, {"postcode": "tens"})["birth_date"].equals(wren["birth_date"])


def test_a_release_needs_a_seed_and_says_the_same_of_the_same():
    people = make_world(60, rng=7).people
    first, again = (generalise(people, k=3, rng=7, suppress=0.2) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    other = generalise(people, k=3, rng=8, suppress=0.2)
    assert not first.reset_index(drop=True).equals(other.reset_index(drop=True))
    assert sorted(first.values.tolist()) == sorted(other.values.tolist())
    with pytest.raises(RangeError, match="rng=None is no source of randomness"):
        generalise(people, k=3, rng=None, suppress=0.2)


def test_nothing_comes_along_but_the_cells():
    people = pd.DataFrame(
        {"gender": ["woman"] * 3 + ["man"], "faith": pd.Categorical(["Tide"] * 3 + ["Lantern"])},
        index=pd.Index([17, 18, 19, 20], name="person"),
    )
    people.attrs["first"] = "Wren Halloway"
    ladders = {"gender": {"as is": lambda gender: gender}}
    release = generalise(people, k=2, rng=7, keep=["faith", "faith"], ladders=ladders, suppress=0.3)
    assert list(release) == ["gender", "faith"] and len(release) == 3
    # who was left out was the only one of that faith
    assert release["faith"].cat.categories.tolist() == ["Tide"] and release.attrs == {}
    ties = make_ties((17, 18)).assign(since="2019")
    assert list(renumber_ties(ties, answer_key(people, rng=7))) == ["a", "b", "context"]


def test_company_keeps_no_secret_that_all_of_it_shares():
    people = pd.DataFrame(
        {
            "birth_date": pd.to_datetime(["1985-10-27", "1985-10-02", "1971-03-01", "1971-05-05"]),
            "gender": "woman",
            "postcode": "BW12",
            "faith": ["Tide", "Tide", "Tide", "Lantern"],
        }
    )
    release = generalise(people, k=2, rng=7, keep="faith", suppress=0.05)
    left_open = l_diversity(release, columns=QUASI, sensitive="faith")
    assert k_anonymity(release, columns=QUASI).min() == 2
    assert left_open.groupby(release["birth_date"]).min().tolist() == [2, 1]


def test_who_knows_the_others_of_a_company_knows_the_last():
    people = pd.DataFrame(
        {
            "birth_date": pd.to_datetime(["1985-10-27"] * 3),
            "gender": "woman",
            "postcode": "BW12",
            "faith": ["Tide", "Tide", "Lantern"],
        },
        index=pd.Index([17, 18, 19], name="person"),
    )
    release = generalise(people, k=3, rng=7, keep=["faith"], suppress=0.05)
    assert l_diversity(release, columns=QUASI, sensitive="faith").min() == 2
    told = people.loc[[18, 19], "faith"]  # who lives with them has heard it
    left = release["faith"].value_counts().sub(told.value_counts())
    assert left[left > 0].index.tolist() == [people.loc[17, "faith"]]


def test_friendships_keep_their_shape_under_new_numbers():
    ties = make_ties((1, 2), (1, 5), (2, 9))
    key = answer_key(pd.DataFrame(index=pd.Index([1, 2, 5, 9], name="person")), rng=3)
    new = renumber_ties(ties, key)
    back = pd.DataFrame({end: key.loc[new[end]].to_numpy() for end in "ab"})
    assert {frozenset(pair) for pair in back.values.tolist()} == {
        frozenset(pair) for pair in ties[["a", "b"]].values.tolist()
    }
    assert (new["a"] < new["b"]).all() and new["a"].is_monotonic_increasing
    assert new["context"].tolist() == ["friend"] * 3


@pytest.mark.parametrize(
    ("error", "change", "options", "message"),
    [
        (RangeError, {}, {"k": 0}, "k=0 is outside its range: whole numbers from 1 up"),
        (RangeError, {}, {"k": 2.5}, "k=2.5 is outside its range"),
        (RangeError, {}, {"k": None}, "k=None is outside its range"),
        (RangeError, {}, {"suppress": 2}, "suppress=2 is outside its range: 0 to 1"),
        (TableError, {}, {"k": 9}, "no rungs reach k=9 .* of 3 rows.*smaller k"),
        (UnknownNameError, {}, {"keep": ["ilness"]}, "column to keep 'ilness' does not exist"),
        (UnknownNameError, {}, {"keep": ["gender"]}, "column to keep 'gender' does not exist"),
        (
            TableError,
            {"birth_date": pd.to_datetime(["1985-10-27", None, None])},
            {},
            "column 'birth_date' is empty in row 4. Fill it, or leave the row out",
        ),
        (TableError, {}, {"ladders": {"postcode": {"any": lambda c: c * 0, "code": lambda c: c}}},
         "the rung 'code' of 'postcode' tells apart"),
        (RangeError, {}, {"k": [2, 5]}, r"k=\[2, 5\] is outside its range"),
        (TableError, {"birth_date": "1985"}, {}, "'day' of 'birth_date' has no word for '1985'"),
        (TableError, {}, {"ladders": {"postcode": {"part": lambda c: c.map({"BW1": "West"})}}},
         "'part' of 'postcode' has no word for 'BW2'"),
        (TableError, {}, {"ladders": {"postcode": {"any": lambda c: "any"}}},
         "'any' of 'postcode' gave str. A rung gives a Series"),
        (TableError, {}, {"ladders": {"postcode": {"any": lambda c: pd.Series("any")}}},
         r"'any' of 'postcode' gave Series.*as long as the one"),
        (TableError, {}, {"ladders": {}}, r"ladders: got \[\]. Pass a dict of one ladder at least"),
        (TableError, {}, {"ladders": None}, "ladders: got None. Pass a dict of one ladder"),
        (TableError, {}, {"ladders": ["gender"]}, r"ladders: got \['gender'\]. Pass a dict"),
        (TableError, {}, {"ladders": {"gender": ["any"]}}, r"'gender' is \['any'\]. A ladder"),
        (TableError, {}, {"ladders": {"gender": {}}}, "that of 'gender' is {}. A ladder is a dict"),
        (TableError, {}, {"ladders": {"gender": {"any": "any"}}}, "dict of rungs, each a function"),
        (TableError, {"height": 2}, {"ladders": {"height": LADDERS["gender"]}},
         r"ladders: got \['height'\].* not called k, height"),
        (TableError, {}, {"keep": None}, r"keep=None. Pass a list of columns, .* or none: \[\]"),
        (TableError, {}, {"keep": {"illness"}}, "keep={'illness'}. Pass a list"),
        (TableError, {"name": "Wren"}, {"keep": ["name"]}, "With names .* no release.*answer_key"),
        (UnknownNameError, {}, {"ladders": {"street": LADDERS["gender"]}}, "column 'street'"),
    ],
)  # fmt: skip
def test_bad_input_is_named(error, change, options, message):
    people = pd.DataFrame(
        {
            "birth_date": pd.to_datetime(["1985-10-27"] * 3),
            "gender": "woman",
            "postcode": ["BW1", "BW2", "BW2"],
            "illness": "no",
        },
        index=pd.Index([3, 4, 5], name="person"),
    ).assign(**change)
    with pytest.raises(error, match=message):
        generalise(people, **{"k": 2, "rng": 7, "suppress": 0.05} | options)


def test_how_many_may_be_left_out_is_for_the_reader_to_say():
    people = pd.DataFrame({"gender": ["woman", "woman", "man"]})
    for price in (generalise, cheapest_rungs):
        with pytest.raises(TypeError, match="argument: 'suppress'"):
            price(people, k=2, **({"rng": 7} if price is generalise else {}))
    ladders = {"gender": LADDERS["gender"]}
    lengths = [len(generalise(people, k=2, rng=7, ladders=ladders, suppress=s)) for s in (0, 0.5)]
    assert lengths == [3, 2]  # and the first says nothing of anybody
    assert cheapest_rungs(people, k=2, ladders=ladders, suppress=0)["loss"].tolist() == [1]


@pytest.mark.parametrize(
    ("on", "keep"), [("gender", "protected:religion"), ("protected:religion", [])]
)
def test_a_release_of_a_protected_trait_of_real_people_needs_a_basis(on, keep):
    people = pd.DataFrame({"gender": ["woman"] * 3, "protected:religion": "Tide"})
    how = {"k": 2, "suppress": 0, "rng": 7, "ladders": {on: LADDERS["gender"]}, "keep": keep}
    with pytest.raises(DualUseError, match="'protected:religion' is protected, and a release"):
        generalise(people, **how)
    with pytest.raises(DualUseError, match="needs a basis, and it is None"):
        generalise(people, **how, person_rows=True)
    assert len(generalise(people, **how, person_rows=True, basis="committee 2026/14")) == 3


@pytest.mark.parametrize("wrong", [None, "people", [1], pd.Series([1]), World(pd.DataFrame())])
def test_what_is_no_table_is_named(wrong):
    for call in (
        lambda: answer_key(wrong, rng=7),
        lambda: coarsen(wrong, {"gender": "any"}),
        lambda: generalise(wrong, k=2, rng=7, suppress=0),
        lambda: search_lattice(wrong, k=2),
    ):
        with pytest.raises(TableError, match=f"got {type(wrong).__name__} where a .*DataFrame"):
            call()


def test_a_release_of_nobody_has_a_key_of_nobody():
    nobody = pd.DataFrame({"gender": ["man"]}, index=pd.Index([3], name="person"))[:0]
    assert answer_key(nobody, rng=7).empty
    with pytest.raises(TableError, match="people: the table has no rows"):
        generalise(nobody, k=2, rng=7, suppress=0)


@pytest.mark.parametrize("twice", ["gender", "illness"])
def test_a_column_that_is_there_twice_is_named(twice):
    people = pd.DataFrame({"gender": ["man"] * 2, "illness": "no"})
    people = pd.concat([people, people[[twice]]], axis=1)
    ladders = {"gender": LADDERS["gender"]}
    with pytest.raises(TableError, match=f"column '{twice}' is there twice"):
        generalise(people, k=2, rng=7, suppress=0, ladders=ladders, keep=["illness"])
    if twice == "gender":
        with pytest.raises(TableError, match="column 'gender' is there twice"):
            coarsen(people, {"gender": "any"})


def test_a_rung_or_a_ladder_that_does_not_exist_is_named():
    for rungs in (None, "gender", ["gender"]):
        with pytest.raises(
            TableError, match=r"Pass the rung of each column, such as {'birth_date'"
        ):
            coarsen(pd.DataFrame({"gender": ["man"]}), rungs)
    with pytest.raises(RangeError, match="k=None is outside its range"):
        cheapest_rungs(pd.DataFrame({"gender": ["man"]}), k=None, suppress=0)
    with pytest.raises(UnknownNameError, match=r"rung of postcode 'ten' .*mean 'tens'"):
        coarsen(pd.DataFrame({"postcode": ["BW1"]}), {"postcode": "ten"})
    with pytest.raises(UnknownNameError, match=r"ladder 'birthdate' .*mean 'birth_date'"):
        coarsen(pd.DataFrame({"birthdate": ["1985"]}), {"birthdate": "year"})
    with pytest.raises(TableError, match="somebody is there twice"):
        answer_key(pd.DataFrame({"gender": ["man", "man"]}, index=[1, 1]), rng=7)
    with pytest.raises(TableError, match="there is no such person"):
        renumber_ties(make_ties((1, 2)), pd.Series([1, 3]))


def test_the_price_of_k_in_the_town():
    people = load_town().people
    assert (k_anonymity(people, columns=QUASI) == 1).mean() == pytest.approx(0.99)
    costs = cheapest_rungs(people, k=[2, 5, 10], suppress=0.05)
    assert costs["loss"].round(2).tolist() == [0.07, 0.12, 0.12]
    release = generalise(people, k=5, rng=7, suppress=0.05)
    assert k_anonymity(release, columns=QUASI).min() >= 5
    assert not {"name", "household", "faith"} & set(release)
    # one in a hundred is left out, and that is every nonbinary resident: the rare pay
    left_out = ~people.index.isin(answer_key(people, rng=7)[release.index])
    assert left_out.mean() < 0.02 and left_out[people["gender"] == "nonbinary"].all()


@pytest.mark.slow
def test_what_company_gives_away_over_several_towns():
    """Some share their faith with all of their company at k = 2, and almost nobody at k = 5."""
    shares = {2: [], 5: []}
    for seed in range(5):
        people = make_world(2000, rng=seed).people
        for k, found in shares.items():
            release = generalise(people, k=k, rng=seed, keep=["faith"], suppress=0.05)
            left_open = l_diversity(release, columns=QUASI, sensitive="faith")
            found.append((left_open == 1).mean())
    assert interval(shares[2])[1] > 0.005
    assert interval(shares[5])[2] < interval(shares[2])[1]
