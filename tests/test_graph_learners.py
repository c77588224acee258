import pickle
from functools import partial

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import block_diag, coo_array, csr_array, csr_matrix, diags_array
from scipy.sparse.linalg import spsolve
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks
from test_propagation import circles_of_friends

from ethics_lib.graph_learners import (
    LINK,
    HarmonicField,
    LocalGlobalConsistency,
    NeighbourVote,
    PersonalisedPageRank,
    TwoHopVote,
)
from ethics_lib.propagation import propagate
from ethics_lib.tables import RangeError, TableError, UnknownNameError, to_csr
from ethics_lib.walks import METHODS

LEARNERS = [
    NeighbourVote,
    TwoHopVote,
    HarmonicField,
    LocalGlobalConsistency,
    PersonalisedPageRank,
    LINK,
]
MEANS = [learner for learner in LEARNERS if learner is not LINK]  # scores are means of answers
PATH = np.diag(np.ones(3), 1) + np.diag(np.ones(3), -1)
KARATE = nx.to_scipy_sparse_array(nx.karate_club_graph(), weight=None, format="csr")
CLUBS = [club for _, club in nx.karate_club_graph().nodes(data="club")]

few = settings(max_examples=10)  # there are six ways to go through

each = pytest.mark.parametrize("learner", LEARNERS)
each_mean = pytest.mark.parametrize("learner", MEANS)


def circle_of(circle):
    """A circle as learners take it: X, y and who answered."""
    people, ties, known = circle
    y = dict(zip(known["person"].tolist(), known["value"], strict=True))
    return to_csr(ties, people), y, np.isin(people, known["person"])


def drawn(n, *, values, known=0.5, ties=4, seed=0):
    """People with so many friends each, and what a share of them said: X, y and all answers."""
    rng = np.random.default_rng(seed)
    friends = coo_array(np.triu(rng.random((n, n)) < ties / n, 1).astype(float))
    said = np.array(values, dtype=object)[rng.integers(0, len(values), n)]
    return csr_array(friends + friends.T), np.where(rng.random(n) < known, said, None), said


# ------------------------------------------------------------------------ scikit-learn's manners

DOES_NOT_APPLY = {
    "check_classifiers_classes": "it names a class -1, which here means that nobody answered; "
    "scikit-learn leaves its own LabelPropagation and LabelSpreading out by name",
    "check_array_api_input": "it skips itself unless SCIPY_ARRAY_API is set",
}

try:
    checks_of = estimator_checks.estimator_checks_generator
except AttributeError:  # before scikit-learn 1.6
    checks_of = partial(estimator_checks.check_estimator, generate_only=True)
    DOES_NOT_APPLY["check_classifiers_one_label"] = "it gave X three columns, pairwise or not"

CHECKED = [*(learner() for learner in LEARNERS), LINK(numeric=True)]
CHECKS = [
    (learner, check)
    for kind in CHECKED
    for learner, check in checks_of(kind)
    if check.func.__name__ not in DOES_NOT_APPLY
]


@pytest.mark.parametrize(
    ("learner", "check"), CHECKS, ids=[f"{one}-{check.func.__name__}" for one, check in CHECKS]
)
def test_scikit_learn_finds_no_fault(learner, check):
    check(learner)


@each
def test_a_learner_may_be_cloned_pickled_and_put_into_a_pipeline(learner):
    X, y, _ = drawn(40, values=("a", "b"))
    made = learner(centre=True)
    assert clone(made).get_params() == made.get_params() and made.get_params()["centre"] is True
    fitted = made.fit(X, y)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    line = make_pipeline(FunctionTransformer(), learner(centre=True)).fit(X, y)
    np.testing.assert_array_equal(line.predict(X), fitted.predict(X))
    assert is_classifier(made) and is_regressor(learner(numeric=True))
    assert not hasattr(learner(numeric=True), "predict_proba")


def test_a_grid_may_be_searched():
    X, _, y = drawn(40, values=("a", "b"))
    search = GridSearchCV(LINK(), {"C": [0.1, 1.0]}, scoring="roc_auc", cv=2, error_score="raise")
    assert search.fit(X, y).best_params_["C"] in (0.1, 1.0)


@each
def test_nothing_may_be_asked_before_fit(learner):
    with pytest.raises(NotFittedError):
        learner().predict(PATH)
    with pytest.raises(NotFittedError):
        learner().explain(0)


# ----------------------------------------------------------- planted: what each way must come to


def test_on_a_path_the_field_falls_in_a_line():
    field = HarmonicField().fit(PATH, {0: "black", 3: "white"})
    expected = [[1, 0], [2 / 3, 1 / 3], [1 / 3, 2 / 3], [0, 1]]
    assert field.label_distributions_ == pytest.approx(np.array(expected), abs=1e-6)
    assert field.transduction_.tolist() == ["black", "black", "white", "white"]
    assert field.classes_.tolist() == ["black", "white"] and field.reached_.all()


def test_on_a_star_the_hub_hears_all_and_the_rest_hear_the_hub():
    star = nx.to_scipy_sparse_array(nx.star_graph(4))
    vote = NeighbourVote().fit(star, {1: "a", 2: "a", 3: "b"})
    assert vote.label_distributions_[0] == pytest.approx([2 / 3, 1 / 3])
    assert vote.reached_.tolist() == [True, False, False, False, False]
    two = TwoHopVote().fit(star, {1: "a", 2: "a", 3: "b"})
    expected = np.array([[1 / 2, 1 / 2], [1 / 2, 1 / 2], [1, 0], [2 / 3, 1 / 3]])
    assert two.label_distributions_[1:] == pytest.approx(expected)  # never one's own
    assert not two.reached_[0]


@each_mean
def test_two_cliques_each_keep_their_own(learner):
    graph = nx.barbell_graph(6, 0)
    found = learner().fit(nx.to_scipy_sparse_array(graph), {0: "a", 1: "a", 10: "b", 11: "b"})
    assert found.transduction_.tolist() == ["a"] * 6 + ["b"] * 6


def test_link_and_two_hops_see_a_preference_that_friends_hide():
    """Six hubs: the first three are liked by one side, the others by the other."""
    fans = np.kron(np.eye(2), np.ones((20, 3)))
    X = np.block([[np.zeros((40, 40)), fans], [fans.T, np.zeros((6, 6))]])
    side = np.repeat(["a", "b"], 20)
    known = np.arange(40) % 2 == 0
    y = [*np.where(known, side, None), *[None] * 6]
    for learner in (LINK, TwoHopVote):
        assert learner().fit(X, y).transduction_[:40].tolist() == side.tolist()
    assert not NeighbourVote().fit(X, y).reached_[:40].any()


@pytest.mark.parametrize("learner", MEANS[2:])
def test_the_karate_club_falls_apart_as_it_did_but_for_one(learner):
    found = learner().fit(KARATE, {0: CLUBS[0], 33: CLUBS[33]})
    assert np.flatnonzero(found.transduction_ != np.array(CLUBS)).tolist() == [8]


# ------------------------------------------------- equal to the definition, or to another library


@given(circles_of_friends())
def test_the_neighbour_vote_is_what_plain_pandas_says(circle):
    X, y, _ = circle_of(circle)
    _, ties, known = circle
    both = pd.concat([ties, ties.rename(columns={"a": "b", "b": "a"})])
    heard = both.merge(known, left_on="b", right_on="person")
    expected = pd.crosstab(heard["a"], heard["value"], normalize="index")
    vote = NeighbourVote().fit(X, y)
    learned = set(expected.index) if len(vote.classes_) > 1 else set()
    assert set(np.flatnonzero(vote.reached_)) == learned
    expected = expected.reindex(index=sorted(learned), columns=vote.classes_, fill_value=0)
    assert vote.label_distributions_[sorted(learned)] == pytest.approx(
        expected.to_numpy(float), abs=1e-6
    )


@given(circles_of_friends())
def test_two_hops_are_paths_of_two_but_for_those_back(circle):
    X, y, _ = circle_of(circle)
    paths = (X @ X).toarray()
    np.fill_diagonal(paths, 0)
    said = pd.get_dummies(pd.Series(y).reindex(range(len(paths)))).to_numpy(float)
    votes = paths @ said
    two = TwoHopVote().fit(X, y)
    if len(two.classes_) > 1:
        assert two.reached_.tolist() == votes.any(axis=1).tolist()
        expected = votes[two.reached_] / votes[two.reached_].sum(axis=1, keepdims=True)
        assert two.label_distributions_[two.reached_] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_the_field_is_the_direct_solution_of_the_clamped_laplacian(seed):
    X, y, _ = drawn(300, values=("a", "b", "c"), known=0.1, ties=3, seed=seed)
    field = HarmonicField().fit(X, y)
    known = np.array([said is not None for said in y])
    free = field.reached_ & ~known
    laplacian = csr_array(diags_array(X.sum(axis=1)) - X)
    told = -laplacian[free][:, known] @ (y[known][:, None] == field.classes_).astype(float)
    solved = spsolve(laplacian[free][:, free].tocsc(), told)
    assert free.sum() > 100 and not field.reached_.all()
    assert field.label_distributions_[free] == pytest.approx(solved, abs=1e-6)


@pytest.mark.parametrize("alpha", [0.2, 0.9, 0.99])
def test_local_and_global_consistency_is_its_direct_solution(alpha):
    X, y, _ = drawn(60, values=("a", "b", "c"), ties=6)
    found = LocalGlobalConsistency(alpha=alpha).fit(X, y)
    said = (y[:, None] == found.classes_).astype(float)
    root = np.sqrt(np.maximum(X.sum(axis=1), 1))
    spread = X.toarray() / np.outer(root, root)
    solved = (1 - alpha) * np.linalg.solve(np.eye(60) - alpha * spread, said)[found.reached_]
    expected = solved / solved.sum(axis=1, keepdims=True)
    assert found.label_distributions_[found.reached_] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("alpha", [0.5, 0.85])
def test_personalised_pagerank_is_that_of_networkx_for_each_class(alpha):
    graph = nx.karate_club_graph()
    y = {0: "a", 5: "a", 8: "b", 33: "b", 20: "b"}
    found = PersonalisedPageRank(alpha=alpha).fit(KARATE, y)
    ranks = []
    for label in found.classes_:
        home = {row: 1 for row, said in y.items() if said == label}
        rank = nx.pagerank(graph, alpha, home, weight=None, tol=1e-12, max_iter=1_000)
        ranks.append(np.array([rank[person] for person in range(34)]) * len(home))
    expected = np.column_stack(ranks) / np.sum(ranks, axis=0)[:, None]
    assert found.label_distributions_ == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("values", [("a", "b"), ("a", "b", "c")])
def test_link_is_the_logistic_regression_on_rows(values):
    X, y, _ = drawn(80, values=values, ties=8)
    known = np.array([said is not None for said in y])
    rows = X.toarray()
    model = LogisticRegression(C=0.5, max_iter=1_000).fit(rows[known], y[known].astype(str))
    found = LINK(C=0.5).fit(X, y)
    assert found.classes_.tolist() == model.classes_.tolist()
    expected = model.predict_proba(rows[found.reached_])
    assert found.label_distributions_[found.reached_] == pytest.approx(expected, abs=1e-3)


def test_link_of_numbers_is_ridge_on_rows():
    X, _, _ = drawn(80, values=("a",), ties=8)
    rng = np.random.default_rng(0)
    number = np.where(rng.random(80) < 0.6, rng.normal(1980, 20, 80), np.nan)
    known = ~np.isnan(number)
    found = LINK(C=0.5, numeric=True).fit(X, number)
    expected = Ridge(alpha=2).fit(X.toarray()[known], number[known]).predict(X.toarray())
    assert found.transduction_[found.reached_] == pytest.approx(expected[found.reached_], abs=0.01)
    assert (found.sd_[found.reached_] > 10).all()  # the error about people left out


@each
def test_propagate_says_the_same_as_the_learner(learner):
    people, ties = pd.RangeIndex(34), pd.DataFrame(nx.karate_club_graph().edges, columns=["a", "b"])
    known = pd.DataFrame({"person": [0, 3, 5, 33, 20], "trait": "club", "value": [*"aaabb"]})
    names = dict(
        zip(MEANS, ("neighbours", "two_hop", "harmonic", "local_global", "pagerank"), strict=True)
    )
    ask = partial(propagate, known, ties.assign(context="x"), holder="M", people=people)
    by_name = ask(method=names.get(learner, "link"))
    assert ask(method=learner())["p"].to_numpy() == pytest.approx(by_name["p"], abs=1e-5)


# -------------------------------------------------------------------------------- laws for all


@each
@few
@given(circle=circles_of_friends(), data=st.data())
def test_numbering_people_anew_numbers_the_answers_anew(learner, circle, data):
    X, y, known = circle_of(circle)
    order = np.array(data.draw(st.permutations(range(len(known)))))
    found, anew = (
        learner().fit(X, y),
        learner().fit(
            X[order][:, order],
            {int(np.flatnonzero(order == row)[0]): said for row, said in y.items()},
        ),
    )
    assert anew.reached_.tolist() == found.reached_[order].tolist()
    assert anew.label_distributions_ == pytest.approx(found.label_distributions_[order], abs=1e-3)


@each
@few
@given(circle=circles_of_friends())
def test_probabilities_add_up_and_the_reasons_add_up_to_them(learner, circle):
    X, y, known = circle_of(circle)
    found = learner().fit(X, y)
    p = found.label_distributions_
    assert p.sum(axis=1) == pytest.approx(1, abs=1e-5) and (p >= 0).all()
    for row in range(len(known)):
        if not found.reached_[row]:
            assert p[row] == pytest.approx(found.prior_, abs=1e-6)
            with pytest.raises(TableError, match=f"no answer reaches row {row}, or all answers"):
                found.explain(row)
            continue
        for column, label in enumerate(found.classes_):
            reasons = found.explain(row, label=label)
            assert reasons.columns.tolist() == ["from_row", "column", "weight"]
            expected = p[row, column]
            if learner is LINK:
                expected = (
                    np.log(p[row]) if len(found.classes_) > 2 else np.log(p[row] / p[row][::-1])
                )
                rest = [found.explain(row, label=other)["weight"].sum() for other in found.classes_]
                shift = np.mean(rest) - expected.mean()  # a softmax forgets a constant
                expected = expected[column] + shift
            assert reasons["weight"].sum() == pytest.approx(expected, abs=1e-4)
        likeliest = found.explain(row)["weight"].sum()
        assert likeliest == found.explain(row, label=found.transduction_[row])["weight"].sum()


@each
@few
@given(circle=circles_of_friends(values=(1950.0, 1980.0, 1981.5)))
def test_the_reasons_of_a_number_add_up_to_it(learner, circle):
    X, y, _ = circle_of(circle)
    found = learner(numeric=True).fit(X, y)
    for row in np.flatnonzero(found.reached_):
        reasons = found.explain(row)
        assert reasons["weight"].sum() == pytest.approx(found.transduction_[row], abs=1e-2)
    assert found.prior_ == pytest.approx(np.mean(list(y.values())))
    spread = np.std(list(y.values()))
    assert found.sd_[~found.reached_] == pytest.approx(spread, abs=1e-6)


@each_mean
def test_reasons_name_those_who_answered_and_nobody_else(learner):
    X, y, _ = drawn(60, values=("a", "b"), known=0.3, ties=6)
    found = learner().fit(X, y)
    silent = next(row for row in range(60) if y[row] is None and found.reached_[row])
    reasons = found.explain(silent, label="a")
    assert len(reasons) and (y[reasons["from_row"].to_numpy(int)] == "a").all()
    assert reasons["column"].isna().all() and reasons["weight"].is_monotonic_decreasing


def test_one_who_answered_is_their_own_reason_in_the_field():
    reasons = HarmonicField().fit(PATH, {0: "a", 3: "b"}).explain(3)
    assert reasons[["from_row", "weight"]].to_numpy().tolist() == [[3, 1.0]]


def test_what_is_usual_has_no_row_in_link():
    X, y, _ = drawn(60, values=("a", "b"), ties=6)
    found = LINK().fit(X, y)
    row = int(np.flatnonzero(found.reached_)[0])
    reasons = found.explain(row)
    assert set(reasons["from_row"].dropna()) <= set(X[[row]].indices)
    (usual,) = reasons.loc[reasons["from_row"].isna(), "weight"]
    assert usual == found.model_.intercept_[0] * (1 if found.transduction_[row] == "b" else -1)


@pytest.mark.parametrize("learner", [NeighbourVote, TwoHopVote])
@given(circle=circles_of_friends())
def test_ones_own_answer_is_never_heard(learner, circle):
    X, y, known = circle_of(circle)
    n, row = len(known), min(y)
    X = block_diag([X, np.zeros((3, 3))], format="csr")  # and three hermits, one of each side
    y |= {n: "black", n + 1: "grey", n + 2: "white"}
    heard = [learner().fit(X, y | {row: side}) for side in ("black", "grey", "white")]
    for found in heard if heard[0].reached_[row] else ():
        assert (
            found.label_distributions_[row].tolist() == heard[0].label_distributions_[row].tolist()
        )


@each
def test_fit_changes_nothing_that_it_is_given(learner):
    untidy = csr_matrix(  # twice the same tie, not in order, a zero, a friend of oneself
        (np.array([2.0, 1, 1, 0, 1, 1, 1]), np.array([2, 1, 1, 0, 0, 0, 2]), np.array([0, 4, 5, 7]))
    )
    y = np.array(["a", "b", None], dtype=object)
    before = [part.copy() for part in (untidy.data, untidy.indices, untidy.indptr, y)]
    learner().fit(untidy, y)
    for was, now in zip(before, (untidy.data, untidy.indices, untidy.indptr, y), strict=True):
        np.testing.assert_array_equal(was, now)


@each
def test_a_tie_is_a_tie_whatever_its_weight_and_nobody_is_their_own_friend(learner):
    X, y, _ = drawn(40, values=("a", "b"), ties=5)
    weight = np.random.default_rng(1).uniform(0.1, 9, X.shape)
    heavy = X.toarray() * (weight + weight.T) + np.eye(40)
    plain, same = learner().fit(X, y), learner().fit(heavy, y)
    np.testing.assert_array_equal(plain.label_distributions_, same.label_distributions_)


# ------------------------------------------------------------------------------ edges, honestly

FAR = np.zeros((7, 7))  # a path of four; two who know each other only; one alone
FAR[:4, :4] = PATH
FAR[4, 5] = FAR[5, 4] = 1


@each
def test_whom_no_answer_reaches_gets_the_prior_and_a_flag(learner):
    found = learner().fit(FAR, {0: "a", 1: "a", 3: "b"})
    assert not found.reached_[4:].any() and found.reached_[2]
    assert found.label_distributions_[4:] == pytest.approx(np.tile([2 / 3, 1 / 3], (3, 1)))
    assert found.transduction_[4:].tolist() == ["a"] * 3
    assert found.prior_ == pytest.approx([2 / 3, 1 / 3])
    new = np.zeros((2, 7))
    new[0, 5] = 1
    assert found.predict_proba(new) == pytest.approx(np.tile([2 / 3, 1 / 3], (2, 1)))


@each
def test_where_all_answers_are_the_same_nothing_was_learned(learner):
    found = learner().fit(FAR, {0: "a", 1: "a"})
    assert found.classes_.tolist() == ["a"] and not found.reached_.any()
    assert found.label_distributions_.tolist() == [[1]] * 7
    assert found.predict(FAR).tolist() == ["a"] * 7
    number = learner(numeric=True).fit(FAR, {0: 5.0, 1: 5.0})
    assert number.transduction_.tolist() == [5.0] * 7 and not number.reached_.any()
    assert number.sd_.tolist() == [0.0] * 7


@each
def test_where_everybody_answered_there_is_still_an_answer(learner):
    X, _, said = drawn(40, values=("a", "b"), ties=5)
    found = learner(centre=True).fit(X, said)
    assert found.label_distributions_.sum(axis=1) == pytest.approx(1)
    if learner is HarmonicField:
        assert found.transduction_.tolist() == said.tolist()


def test_on_a_long_chain_a_fading_answer_does_not_arrive():
    chain = csr_array(diags_array([np.ones(299), np.ones(299)], offsets=[1, -1]))
    for learner in (LocalGlobalConsistency, PersonalisedPageRank):
        found = learner().fit(chain, {0: "a", 299: "b"})
        assert found.reached_[[1, 10, 290]].all() and not found.reached_[150]
        assert found.label_distributions_[150].tolist() == [0.5, 0.5]
    assert HarmonicField().fit(chain, {0: "a", 299: "b"}).reached_.all()  # it does not fade


def test_centring_finds_the_few_and_moves_no_ranking():
    """A tenth of the people, a little closer to their own: the plain field gives them to nobody."""
    rng = np.random.default_rng(0)
    few = np.arange(600) < 60
    chance = np.where(few[:, None] & few, 0.15, 0.04)
    X = np.triu(rng.random((600, 600)) < chance, 1)
    X = X | X.T
    y = np.where(rng.random(600) < 0.2, few.astype(int), -1)
    plain, centred = HarmonicField().fit(X, y), HarmonicField(centre=True).fit(X, y)
    hidden = (y == -1) & plain.reached_
    assert plain.transduction_[hidden].mean() < 0.01
    recalled = [(found.transduction_ == few)[hidden & few].mean() for found in (plain, centred)]
    assert recalled[0] == 0 and recalled[1] > 0.8
    np.testing.assert_array_equal(plain.label_distributions_, centred.label_distributions_)
    ranked = [
        roc_auc_score(few[hidden], found.decision_function_[hidden, 1])
        for found in (plain, centred)
    ]
    assert ranked[0] == pytest.approx(ranked[1]) and ranked[0] > 0.7
    assert (plain.transduction_ == y)[y != -1].all() and (centred.transduction_ == y)[y != -1].all()
    assert centred.decision_function_[hidden].mean(axis=0) == pytest.approx(0, abs=1e-6)
    assert not plain.class_means_.any()


@pytest.mark.parametrize(
    "y",
    [
        {0: "a", 3: "b"},
        {np.int64(3): "b", 0: "a", 1: None},
        ["a", None, None, "b"],
        ["a", np.nan, float("nan"), "b"],
        np.array(["a", None, None, "b"], dtype=object),
        pd.Series(["a", pd.NA, pd.NA, "b"], dtype="string"),
        pd.Series(["a", None, None, "b"], dtype="category", index=[9, 8, 7, 6]),
    ],
)
def test_answers_come_in_many_forms(y):
    found = HarmonicField().fit(PATH, y)
    assert found.transduction_.tolist() == ["a", "a", "b", "b"]


@pytest.mark.parametrize(
    "y",
    [
        np.array([0, -1, -1, 1]),
        [0, -1, -1, 1],
        pd.array([0, pd.NA, -1, 1], dtype="Int64"),
        [0.0, np.nan, None, 1.0],
        {0: 0, 3: 1},
    ],
)
def test_whole_numbers_may_be_classes(y):
    assert HarmonicField().fit(PATH, y).transduction_.tolist() == [0, 0, 1, 1]


def test_minus_one_is_an_answer_in_a_dict_and_among_numbers():
    assert HarmonicField().fit(PATH, {0: -1, 3: 1}).classes_.tolist() == [-1, 1]
    number = HarmonicField(numeric=True).fit(PATH, np.array([-1, -1, 2, 2]))
    assert number.transduction_.tolist() == [-1, -1, 2, 2]


def test_numbers_are_means_with_their_spread():
    vote = NeighbourVote(numeric=True).fit(PATH, {0: 1980, 2: 1990.0})
    assert vote.transduction_ == pytest.approx([1985, 1985, 1985, 1990])
    assert vote.sd_ == pytest.approx([5, 5, 5, 0], abs=1e-6) and vote.prior_ == 1985
    assert vote.predict([[0, 1, 0, 1], [1, 0, 1, 0]]) == pytest.approx([1985, 1985])
    field = HarmonicField(numeric=True).fit(PATH, {0: 1900.0, 3: 2000.0})
    assert field.transduction_ == pytest.approx([1900, 1900 + 100 / 3, 1900 + 200 / 3, 2000])
    assert field.sd_ == pytest.approx([0, 100 * np.sqrt(2) / 3, 100 * np.sqrt(2) / 3, 0], abs=1e-3)


def test_new_people_are_judged_from_their_ties():
    new = csr_array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]])
    y = {0: "a", 3: "b"}
    expected = {
        NeighbourVote: [[1, 0], [0.5, 0.5], [0.5, 0.5]],  # nobody who answered: the prior
        TwoHopVote: [[1, 0], [0.5, 0.5], [0.5, 0.5]],
        HarmonicField: [[5 / 6, 1 / 6], [0.5, 0.5], [0.5, 0.5]],
    }
    for learner, p in expected.items():
        found = learner().fit(PATH, y)
        assert found.predict_proba(new) == pytest.approx(np.array(p), abs=1e-6)
        assert found.predict(new).tolist() == ["a", "a", "a"]
    link = LINK().fit(KARATE, CLUBS)
    assert link.predict_proba(KARATE) == pytest.approx(link.label_distributions_, abs=1e-6)


# ---------------------------------------------------------------------------------- said clearly


@each
@pytest.mark.parametrize(
    ("X", "y", "says"),
    [
        (PATH[:3], {0: "a"}, r"X: 3 rows and 4 columns. Friends are a square matrix"),
        (np.triu(PATH), {0: "a"}, r"row 0 has a tie to row 1, and not the other way round"),
        (-PATH, {0: "a"}, r"X: Negative values in data, such as -1"),
        (PATH, ["a", "b"], r"y: 2 answers for 4 people"),
        (PATH, {9: "a"}, r"y: there is no row 9; X is about 4 people, rows 0 to 3"),
        (PATH, {"Wren": "a"}, r"y: there is no row 'Wren'"),
        (PATH, {}, r"y: nobody answered.*at least one label"),
        (PATH, [None] * 4, r"y: nobody answered"),
        (PATH, ["a", 1, None, None], r"y: Unknown label type: mixed-integer. Give all labels as w"),
        (PATH, [0.5, 1.0, None, None], r"continuous, such as 0.5. Numbers are judged with numeric"),
    ],
)
def test_what_is_wrong_with_the_input_is_said(learner, X, y, says):
    with pytest.raises(TableError, match=says):
        learner().fit(X, y)


def test_what_is_wrong_with_the_settings_is_said():
    y = {0: "a", 3: "b"}
    with pytest.raises(RangeError, match=r"centre=True is about classes; numeric=True has none"):
        HarmonicField(centre=True, numeric=True).fit(PATH, {0: 1, 3: 2})
    with pytest.raises(TableError, match=r"y holds 'a' \(string\); with numeric=True all answers"):
        HarmonicField(numeric=True).fit(PATH, y)
    with pytest.raises(TableError, match=r"y contains infinity"):
        HarmonicField(numeric=True).fit(PATH, {0: np.inf})
    for learner in (LocalGlobalConsistency, PersonalisedPageRank):
        with pytest.raises(RangeError, match=r"alpha=1 is outside its range: 0.001 to 0.999"):
            learner(alpha=1).fit(PATH, y)
    with pytest.raises(RangeError, match=r"C=0 is outside"):
        LINK(C=0).fit(PATH, y)
    found = HarmonicField().fit(PATH, y)
    with pytest.raises(RangeError, match=r"row=4 is outside its range: 0 to 3"):
        found.explain(4)
    with pytest.raises(UnknownNameError, match=r"label 'c' does not exist.*There are: a, b"):
        found.explain(1, label="c")
    with pytest.raises(TableError, match=r"X: Negative values in data"):
        found.predict(-PATH)


def test_there_is_a_learner_for_each_method_that_goes_to_its_end():
    """Label propagation of ten steps is the harmonic field cut short, and has no learner."""
    assert {learner._method for learner in MEANS} | {"link", "label_propagation"} == {*METHODS}
