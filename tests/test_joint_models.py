from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.utils import estimator_checks
from test_propagation import circles_of_friends

from ethics_lib.graph_learners import NeighbourVote, TwoHopVote
from ethics_lib.joint_models import JointModel
from ethics_lib.labels import HideLabels, hidden_scores
from ethics_lib.literature.likes import likes_of
from ethics_lib.tables import RangeError, TableError, to_csr
from ethics_lib.world import make_world


def planted(n=400, *, seed, friends=0.03, apart=0.02, keen=0.7):
    """Two sides, each with more friends and more likes of its own: X, likes and sides."""
    rng = np.random.default_rng(seed)
    side = rng.integers(0, 2, n)
    same = side[:, None] == side
    X = np.triu(rng.random((n, n)) < np.where(same, friends, apart), 1)
    about = rng.integers(0, 2, 40)
    likes = rng.random((n, 40)) < 0.2 * np.where(about == side[:, None], keen, 1 - keen)
    return csr_array(X | X.T), csr_array(likes), side


def told(circle, seed=0):
    """A circle of friends, its answers and likes of chance."""
    people, ties, known = circle
    y = dict(zip(known["person"].tolist(), known["value"], strict=True))
    likes = np.random.default_rng(seed).random((len(people), 5)) < 0.4
    likes[0, 0] = True
    return to_csr(ties, people), y, likes


# ------------------------------------------------------------------------ scikit-learn's manners


class LikesTheirFriends(JointModel):
    """Scikit-learn's checks know of no likes; here people like whom they are friends with."""

    def fit(self, X, y):
        return super().fit(X, y, likes=X)

    def predict(self, X):
        return super().predict(X, likes=X)

    def predict_proba(self, X):
        return super().predict_proba(X, likes=X)


DOES_NOT_APPLY = {
    "check_classifiers_classes": "it names a class -1, which here means that nobody answered",
    "check_array_api_input": "it skips itself unless SCIPY_ARRAY_API is set",
}

try:
    checks_of = estimator_checks.estimator_checks_generator
except AttributeError:  # before scikit-learn 1.6
    checks_of = partial(estimator_checks.check_estimator, generate_only=True)
    DOES_NOT_APPLY["check_classifiers_one_label"] = "it gave X three columns, pairwise or not"

CHECKS = [
    (learner, check)
    for learner, check in checks_of(LikesTheirFriends())
    if check.func.__name__ not in DOES_NOT_APPLY
]


@pytest.mark.parametrize(
    ("learner", "check"), CHECKS, ids=[check.func.__name__ for _, check in CHECKS]
)
def test_scikit_learn_finds_no_fault(learner, check):
    check(learner)


# --------------------------------------------------------------------------- what it must come to


@pytest.mark.parametrize("seed", range(3))
def test_together_tell_more_than_each_alone(seed):
    X, likes, side = planted(seed=seed)
    noise = np.random.default_rng(seed).random(likes.shape) < 0.15
    nobody = csr_array(X.shape)
    cv = HideLabels(4, random_state=0)
    tell = partial(hidden_scores, y=side, cv=cv)
    joint, by_likes, by_friends, vote = (
        roc_auc_score(side, found[1])
        for found in (
            tell(JointModel(), X, likes=likes),
            tell(JointModel(), nobody, likes=likes),
            tell(JointModel(), X, likes=noise),
            tell(NeighbourVote(), X),
        )
    )
    assert joint > max(by_likes, by_friends, vote) + 0.02 and min(by_likes, by_friends) > 0.6


@pytest.mark.slow
@pytest.mark.parametrize("trait", ["faith", "party"])
def test_in_the_town_likes_and_friends_tell_more_than_each_alone(trait):
    """AUC about hidden answers over eight towns; the interval of the gain excludes 0."""
    gains = []
    cv = HideLabels(5, random_state=0)
    for seed in range(100, 108):
        world = make_world(1_500, rng=seed)
        X, likes = to_csr(world.ties, world.people.index), likes_of(world)
        known = world.reports[world.reports["trait"] == trait].set_index("person")["value"]
        y = known.reindex(world.people.index)
        tell = partial(hidden_scores, y=y, cv=cv)
        scores = [
            tell(JointModel(), X, likes=likes),
            tell(JointModel(), csr_array(X.shape), likes=likes),
            tell(NeighbourVote(), X),
            tell(TwoHopVote(), X),
        ]
        said = y.dropna().to_numpy() == known.max()
        joint, *alone = (roc_auc_score(said, found[known.max()]) for found in scores)
        gains.append(joint - np.array(alone))
    gains = np.array(gains)
    error = gains.std(axis=0, ddof=1) / np.sqrt(len(gains))
    assert (gains.mean(axis=0) - 2.36 * error > 0).all()  # 95 % of Student's t with 7


def test_likes_that_say_everything_and_friends_that_say_nothing():
    side = np.arange(60) % 2
    likes = side[:, None] == np.repeat([0, 1], 3)
    y = np.where(np.arange(60) < 30, side, -1)
    found = JointModel().fit(np.zeros((60, 60)), y, likes=likes)
    assert found.transduction_.tolist() == side.tolist() and found.reached_.all()


def test_answers_of_chance_are_told_by_chance():
    """Nothing of one's own answer comes back by way of friends."""
    X, likes, _ = planted(seed=1, friends=0.03, apart=0.03, keen=0.5)
    aucs = []
    for seed in range(8):
        side = np.random.default_rng(seed).integers(0, 2, 400)
        found = hidden_scores(JointModel(), X, side, cv=HideLabels(4, random_state=0), likes=likes)
        aucs.append(roc_auc_score(side, found[1]))
    assert abs(np.mean(aucs) - 0.5) < 0.03


def test_numbers_are_told_too():
    X, likes, side = planted(seed=2)
    number = 1980 + 10.0 * side + np.random.default_rng(0).normal(0, 1, 400)
    cv = HideLabels(4, random_state=0)
    found = hidden_scores(JointModel(numeric=True), X, number, cv=cv, likes=likes)
    assert np.corrcoef(found["guess"], number)[0, 1] > 0.6
    error = np.sqrt(np.mean((found["guess"] - number) ** 2))
    assert found["sd"].mean() == pytest.approx(error, rel=0.1)


# ------------------------------------------------------------------------------------------ laws


@settings(max_examples=10)
@given(circles_of_friends())
def test_the_reasons_add_up_to_the_log_odds(circle):
    X, y, likes = told(circle)
    found = JointModel().fit(X, y, likes=likes)
    p = found.label_distributions_
    assert p.sum(axis=1) == pytest.approx(1)
    for row in np.flatnonzero(found.reached_):
        scores = [found.explain(row, label=label)["weight"].sum() for label in found.classes_]
        if len(scores) == 2:
            assert scores == pytest.approx(np.log(p[row] / p[row][::-1]), abs=1e-4)
        else:
            softmax = np.exp(scores) / np.exp(scores).sum()
            assert softmax == pytest.approx(p[row], abs=1e-4)
        reasons = found.explain(row)
        liked = reasons[reasons["column"].notna()]
        assert (liked["from_row"] == row).all()
        assert set(liked["column"]) <= set(np.flatnonzero(likes[row]))
        friends = reasons[reasons["column"].isna() & reasons["from_row"].notna()]
        assert set(friends["from_row"]) <= {*y} - {row}
        assert reasons["from_row"].isna().sum() <= 1


def test_the_reasons_of_a_number_add_up_to_it():
    X, likes, side = planted(80, seed=0)
    y = np.where(np.arange(80) < 50, 1980 + 10.0 * side, np.nan)
    found = JointModel(numeric=True).fit(X, y, likes=likes)
    for row in range(80):
        assert found.explain(row)["weight"].sum() == pytest.approx(found.transduction_[row])


def test_new_people_are_judged_from_ties_and_likes():
    X, likes, side = planted(seed=3)
    y = np.where(np.arange(400) < 200, side, -1)
    found = JointModel().fit(X, y, likes=likes)
    new = slice(300, 400)  # who said nothing: their paths lead back to no answer of their own
    assert found.predict_proba(X[new], likes=likes[new]) == pytest.approx(
        found.label_distributions_[new], abs=1e-5
    )
    guess = found.predict(X[new], likes=likes[new])
    assert guess.tolist() == found.transduction_[new].tolist()


def test_a_fit_is_repeated_to_the_bit_and_changes_nothing():
    X, likes, side = planted(80, seed=0)
    before = [part.copy() for part in (X.data, X.indices, likes.data, likes.indices, side)]
    found = JointModel().fit(X, side, likes=likes)
    again = clone(found).fit(X, side, likes=likes)
    np.testing.assert_array_equal(found.label_distributions_, again.label_distributions_)
    for was, now in zip(before, (X.data, X.indices, likes.data, likes.indices, side), strict=True):
        np.testing.assert_array_equal(was, now)


def test_whom_neither_a_like_nor_an_answer_reaches_gets_the_prior():
    X, likes = np.zeros((6, 6)), np.zeros((6, 3))
    X[0, 1] = X[1, 0] = likes[0, 0] = likes[2, :2] = likes[3, 1] = 1
    found = JointModel().fit(X, {0: "a", 2: "b", 3: "b"}, likes=likes)
    assert found.reached_.tolist() == [True, True, True, True, False, False]
    assert found.label_distributions_[4:] == pytest.approx(np.tile([1 / 3, 2 / 3], (2, 1)))
    one = JointModel().fit(X, {0: "a"}, likes=likes)
    assert not one.reached_.any() and one.predict(X, likes=likes).tolist() == ["a"] * 6


def test_what_is_wrong_is_said():
    X, y = np.zeros((3, 3)), {0: "a", 1: "b"}
    with pytest.raises(TableError, match=r"likes: 2 rows, and X has 3. Give both a row for each"):
        JointModel().fit(X, y, likes=np.ones((2, 4)))
    with pytest.raises(TableError, match=r"nobody likes anything, so there is nothing to find"):
        JointModel().fit(X, y, likes=np.zeros((3, 4)))
    with pytest.raises(RangeError, match=r"n_components=0 is outside its range: 1 to"):
        JointModel(components=0).fit(X, y, likes=np.eye(3))
    with pytest.raises(TypeError, match="likes"):
        JointModel().fit(X, pd.Series(["a", "b", None]))
