"""Holdouts: the last acts of each person, and how much of them was foretold."""

import numpy as np
import pandas as pd
import pytest
from handmade import DAY, make_traces
from hypothesis import given
from hypothesis import strategies as st

from ethics_lib.beliefs import likes_matrix
from ethics_lib.holdouts import compare, hold_out_by_time, precision_at
from ethics_lib.interest_models import MODELS, Popularity
from ethics_lib.tables import RangeError, TableError, UnknownNameError


def make_acts(people, hours):
    """A like of each person at each hour."""
    traces = make_traces([(person, item) for item, person in enumerate(people)])
    return traces.assign(time=DAY + pd.to_timedelta(hours, unit="h"))


class Fixed(Popularity):
    """Names the same items to everybody, whatever they know."""

    def __init__(self, chosen=()):
        self.chosen = chosen

    def recommend(self, X, n=10):
        return np.tile(np.array(self.chosen)[:n], (X.shape[0], 1))


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=1, max_size=60),
    st.sampled_from([0, 0.1, 0.2, 0.29, 0.5, 1]),
)
def test_everybodys_last_acts_are_held_out_and_no_more_than_the_share(acts, share):
    people, hours = zip(*acts, strict=True)
    acts = make_acts(people, list(hours)).sample(frac=1, random_state=0)
    late = hold_out_by_time(acts, share=share)
    assert late.index.equals(acts.index)
    for person, own in acts.groupby("person"):
        held = late[acts["person"] == person]
        hundredths = len(own) * round(100 * share)
        assert held.sum() == hundredths // 100  # in whole numbers: no rounding
        if 0 < held.sum() < len(own):
            assert own["time"][held].min() >= own["time"][~held].max()


def test_who_did_too_little_keeps_all_and_so_do_contacts():
    acts = make_acts([1] * 5 + [2] * 4, [5, 4, 3, 2, 1, 1, 2, 3, 4])
    contacts = make_acts([1] * 9, range(20, 29)).assign(item=pd.NA).astype({"item": "Int32"})
    late = hold_out_by_time(pd.concat([acts, contacts]))  # labels come twice
    assert late.to_numpy().nonzero()[0].tolist() == [0]
    assert len(late) == 18


def test_of_two_acts_in_the_same_second_the_lower_row_is_the_later():
    assert hold_out_by_time(make_acts([1] * 5, [1] * 5)).tolist() == [False] * 4 + [True]


def test_nothing_that_is_given_changes():
    acts = make_acts([1, 1, 2], [3, 2, 1])
    before = acts.copy()
    hold_out_by_time(acts, share=0.5)
    pd.testing.assert_frame_equal(acts, before)


def test_precision_counts_what_is_new_and_came_true():
    """Person 2 did only what they had done before, person 3 is not in the likes: no row."""
    likes = likes_matrix(make_traces([(1, 0), (1, 1), (2, 1), (2, 2), (4, 3), (5, 3)]))
    later = make_traces([(1, 2), (1, 1), (1, 2), (2, 1), (3, 0), (4, 99), (5, 0), (5, 2)])
    models = {"a": Fixed((2, 1)), "b": Fixed((0, -1))}
    found = precision_at(likes, later, models=models, k=2)
    assert found.index.tolist() == [1, 4, 5] and found.index.name == "person"
    assert found["a"].tolist() == [0.5, 0, 0.5]
    assert found["b"].tolist() == [0, 0, 0.5]  # -1 names nothing, not even item 99
    usual = precision_at(likes, make_traces([(2, 3), (4, 1)]), models={"all": Popularity()}, k=1)
    assert usual["all"].tolist() == [1, 1]


def test_models_are_compared_person_by_person():
    """Persons differ by far more than the models do, and the interval does not see it."""
    usual = np.linspace(0, 1, 50)
    better = usual + np.where(np.arange(50) % 2, 0.02, 0.04)
    table = compare(pd.DataFrame({"popularity": usual, "nmf": better})).set_index("model")
    assert table.loc["nmf", ["n", "mean", "gain"]].tolist() == pytest.approx([50, 0.53, 0.03])
    reach = 2.009575 * 0.01 / np.sqrt(49)  # t, with 49 degrees of freedom
    assert table.loc["nmf", ["low", "high"]].tolist() == pytest.approx(
        [0.03 - reach, 0.03 + reach], abs=1e-6
    )
    assert (table.loc["popularity", ["gain", "low", "high"]] == 0).all()
    assert compare(table[["low", "high"]], to="high")["gain"].tolist()[0] < 0


def test_what_cannot_be_judged_is_refused():
    acts = make_acts([1, 1, 2, 2], [1, 2, 1, 2])
    with pytest.raises(RangeError, match=r"share=1.5 is outside its range: 0 to 1"):
        hold_out_by_time(acts, share=1.5)
    with pytest.raises(TableError, match=r"acts: column 'time' is missing"):
        hold_out_by_time(acts.drop(columns="time"))
    likes = likes_matrix(acts)
    with pytest.raises(TableError, match=r"later: nobody in likes did anything new, so no model"):
        precision_at(likes, acts, models=MODELS)
    with pytest.raises(RangeError, match=r"n=10 is outside its range: 1 to 4"):
        precision_at(likes, make_traces([(1, 2), (2, 1)]), models=MODELS)
    with pytest.raises(UnknownNameError, match=r"model 'fame' does not exist. There are: nmf"):
        compare(pd.DataFrame({"nmf": [0.1, 0.2]}), to="fame")
    with pytest.raises(TableError, match=r"compare: 1 rows; an interval needs 2 or more"):
        compare(pd.DataFrame({"popularity": [0.1]}))
