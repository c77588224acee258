import numpy as np
import pandas as pd
import pytest
from handmade import make_ties
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.model_selection import KFold, cross_val_predict

from ethics_lib.graph_learners import LINK, HarmonicField, NeighbourVote
from ethics_lib.labels import HideLabels, hidden_scores, read_answers, read_friends
from ethics_lib.tables import RangeError, TableError, to_csr

PAIR = np.array([[0, 1], [1, 0]])


@st.composite
def answers(draw):
    """Answers of 12 to 40 people, some of them silent."""
    spoken = st.lists(st.sampled_from(["a", "b", "c", None]), min_size=12, max_size=40)
    return draw(spoken.filter(lambda y: sum(said is not None for said in y) >= 4))


@given(answers(), st.integers(2, 4), st.integers(0, 9))
def test_each_answer_is_hidden_once_and_the_silent_are_left_alone(y, folds, seed):
    cv, X = HideLabels(folds, random_state=seed), np.zeros((len(y), len(y)))
    known = [row for row, said in enumerate(y) if said is not None]
    hidden = []
    for keep, hide in cv.split(X, y):
        assert sorted([*keep, *hide]) == known and len(hide)
        hidden.extend(hide)
    assert sorted(hidden) == known and cv.get_n_splits() == folds
    again = HideLabels(folds, random_state=seed).split(X, dict(enumerate(y)))
    for (keep, hide), (same_keep, same_hide) in zip(cv.split(X, y), again, strict=True):
        assert keep.tolist() == same_keep.tolist() and hide.tolist() == same_hide.tolist()


def test_every_fold_has_the_classes_in_the_shares_of_all():
    y = np.array(["a"] * 80 + ["b"] * 20 + ["rare"] * 2 + [None] * 50, dtype=object)
    for _, hide in HideLabels(5, random_state=0).split(np.zeros((152, 152)), y):
        assert (y[hide] == "b").sum() == 4 and 20 <= len(hide) <= 21


@given(answers(), st.integers(0, 9))
def test_a_group_is_hidden_as_a_whole(y, seed):
    household = np.arange(len(y)) // 3
    known = np.array([said is not None for said in y])
    assume(len(set(household[known])) > 1)
    hidden = []
    cv = HideLabels(2, random_state=seed)
    for keep, hide in cv.split(np.zeros((len(y), 1)), y, household):
        assert not {*household[keep]} & {*household[hide]}
        hidden.extend(hide)
    assert sorted(hidden) == np.flatnonzero(known).tolist()


def test_numbers_may_be_hidden_too():
    age = np.random.default_rng(0).normal(40, 10, 30)
    folds = list(HideLabels(3, random_state=0).split(np.zeros((30, 30)), age))
    assert [len(hide) for _, hide in folds] == [10, 10, 10]


# ------------------------------------------------- planted: what ordinary folds do to friendships

# Thirty chains of seven; at both ends and in the middle somebody says the side of the chain.
LINKS = make_ties(*((row, row + 1) for row in range(210) if row % 7 < 6))
CHAINS = to_csr(LINKS, pd.RangeIndex(210))
SIDE = np.repeat(np.arange(30) % 2, 7)
SAID = np.where(np.arange(210) % 7 % 3 == 0, SIDE, -1)


class Counting(HarmonicField):
    """The field, which notes how many ties it is shown."""

    seen = ()

    def fit(self, X, y):
        Counting.seen += (X.nnz // 2,)
        return super().fit(X, y)


def test_ordinary_folds_cut_ties_and_hidden_labels_do_not():
    known = SAID != -1
    Counting.seen = ()
    guess = cross_val_predict(Counting(), CHAINS, SAID, cv=KFold(5, shuffle=True, random_state=0))
    assert max(Counting.seen) < 0.75 * CHAINS.nnz // 2
    assert (guess == SIDE)[known].mean() < 0.9
    Counting.seen = ()
    everybody = HideLabels(int(known.sum()), random_state=0)
    hidden = hidden_scores(Counting(), CHAINS, SAID, cv=everybody)
    assert {*Counting.seen} == {CHAINS.nnz // 2} and len(Counting.seen) == known.sum()
    assert hidden["reached"].all() and (hidden["guess"] == SIDE[hidden.index]).all()
    chain = np.arange(210) // 7
    whole = hidden_scores(Counting(), CHAINS, SAID, cv=HideLabels(5, random_state=0), groups=chain)
    assert not whole["reached"].any()  # nobody of the chain is left to tell


def test_hidden_scores_are_those_of_a_fit_without_the_fold():
    rng = np.random.default_rng(0)
    X = np.triu(rng.random((60, 60)) < 0.1, 1)
    X, y = X | X.T, rng.choice(["a", "b", "c", ""], 60)
    y = [said or None for said in y]
    cv, learner = HideLabels(4, random_state=1), NeighbourVote(centre=True)
    found = hidden_scores(learner, X, y, cv=cv)
    assert found.columns.tolist() == ["fold", "reached", "guess", "a", "b", "c"]
    assert found.index.tolist() == [row for row, said in enumerate(y) if said]
    assert not hasattr(learner, "classes_")
    for fold, (keep, hide) in enumerate(cv.split(X, y)):
        fitted = NeighbourVote(centre=True).fit(X, {row: y[row] for row in keep})
        part = found.loc[np.sort(hide)]
        assert (part["fold"] == fold).all()
        np.testing.assert_array_equal(
            part[["a", "b", "c"]], fitted.label_distributions_[part.index]
        )
        assert part["guess"].tolist() == fitted.transduction_[part.index].tolist()


def test_a_class_that_nobody_else_gave_has_no_chance():
    y = ["a"] * 6 + ["only"]
    found = hidden_scores(LINK(), np.ones((7, 7)), y, cv=HideLabels(2, random_state=0))
    assert found.loc[6, "only"] == 0 and found[["a", "only"]].sum(
        axis=1
    ).to_numpy() == pytest.approx(1)


def test_hidden_numbers_come_with_their_spread():
    y = np.where(SAID == -1, np.nan, 100.0 * SIDE - 1)
    cv = HideLabels(int((SAID != -1).sum()), random_state=0)
    found = hidden_scores(HarmonicField(numeric=True), CHAINS, y, cv=cv)
    assert found.columns.tolist() == ["fold", "reached", "guess", "sd"]
    assert found["guess"].to_numpy() == pytest.approx(100 * SIDE[found.index] - 1, abs=1e-3)
    whole = pd.Series(y).fillna(-1).astype(int).to_numpy()  # here -1 is the number of one side
    assert len(hidden_scores(NeighbourVote(numeric=True), CHAINS, whole, cv=cv)) == 210


# ---------------------------------------------------------------------------------- said clearly


def test_what_is_wrong_is_said():
    y, X = ["a", "b", None], np.zeros((3, 3))
    with pytest.raises(TableError, match=r"n_splits=3: only 2 people answered. Take fewer folds"):
        next(HideLabels(3, random_state=0).split(X, y))
    with pytest.raises(TableError, match=r"n_splits=2: only 1 groups answered"):
        next(HideLabels(2, random_state=0).split(X, y, [7, 7, 8]))
    with pytest.raises(TableError, match=r"groups: 2 given for 3 people. Give one for each row"):
        next(HideLabels(2, random_state=0).split(X, y, [7, 7]))
    with pytest.raises(RangeError, match=r"n_splits=1 is outside its range: 2 to"):
        next(HideLabels(1, random_state=0).split(X, y))


def test_friends_are_read_as_ones_both_ways():
    assert read_friends(3 * PAIR + np.eye(2)).toarray().tolist() == PAIR.tolist()
    with pytest.raises(TableError, match=r"X: row 1 has a tie to row 0, and not the other way"):
        read_friends(np.array([[0, 0], [1, 0]]))


def test_answers_are_read_with_their_rows():
    values, known = read_answers({2: "b", 0: "a"}, 3)
    assert values.tolist() == ["a", "b"] and known.tolist() == [True, False, True]
