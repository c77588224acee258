from functools import partial

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from handmade import make_ties
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression, Ridge
from test_propagation import circles_of_friends

from ethics_lib import steps, walks
from ethics_lib.steps import step
from ethics_lib.tables import UnknownNameError, to_csr
from ethics_lib.walks import METHODS, paths, shares

MEANS = sorted({*METHODS} - {"link"})


def arrays(circle):
    """A circle of friends as a method sees it: friends, who answered, one column a value."""
    people, ties, known = circle
    answered = np.zeros(len(people), dtype=bool)
    answered[known["person"]] = True
    code, values = pd.factorize(known["value"], sort=True)
    answers = np.zeros((len(people), len(values)), dtype=np.float32)
    answers[known["person"], code] = 1
    return to_csr(ties, people), answered, answers


@pytest.mark.parametrize("columns", [(), (1,), (8,)])
def test_a_step_over_threads_is_the_product_to_the_bit(columns, monkeypatch):
    rng = np.random.default_rng(0)
    friends = csr_array(rng.random((3_000, 3_000), dtype=np.float32) * (rng.random(3_000) < 0.1))
    scores = np.random.default_rng(1).random((3_000, *columns)).astype(np.float32)
    monkeypatch.setattr(steps.os, "sched_getaffinity", lambda _: range(3), raising=False)
    np.testing.assert_array_equal(step(friends, scores), friends @ scores)


@given(circles_of_friends(), st.integers(0, 4))
def test_label_propagation_is_averaging_with_the_known_held_fast(circle, iterations):
    friends, known, answers = arrays(circle)
    graph, expected = friends.toarray(), answers.astype(float)
    expected[~known] = answers[known].mean(axis=0)
    for _ in range(iterations):
        before = expected.copy()
        for person in np.flatnonzero(~known & graph.any(axis=1)):
            expected[person] = before[graph[person] > 0].mean(axis=0)
    found, _ = walks.label_propagation(friends, known, answers, iterations=iterations)
    assert found == pytest.approx(expected, abs=1e-6)


def test_label_propagation_comes_to_the_harmonic_field():
    ties = make_ties(*nx.karate_club_graph().edges)
    friends = to_csr(ties, pd.RangeIndex(34))
    known = np.isin(np.arange(34), [0, 33])
    answers = np.zeros((34, 2), dtype=np.float32)
    answers[0, 0] = answers[33, 1] = 1
    averaged, _ = walks.label_propagation(friends, known, answers, iterations=200)
    assert averaged == pytest.approx(walks.harmonic_field(friends, known, answers)[0], abs=1e-5)


@given(circles_of_friends())
def test_local_and_global_consistency_solves_its_equation(circle):
    friends, known, answers = arrays(circle)
    scores, reached = walks.local_global_consistency(friends, known, answers)
    graph = friends.toarray()
    root = np.sqrt(np.maximum(graph.sum(axis=1), 1))
    expected = np.linalg.solve(np.eye(len(known)) - 0.9 * graph / np.outer(root, root), answers)
    expected = expected[reached] / expected[reached].sum(axis=1, keepdims=True)
    assert scores[reached] == pytest.approx(expected, abs=1e-6)


@given(circles_of_friends())
def test_personalised_pagerank_is_that_of_networkx(circle):
    people, ties, _ = circle
    friends, known, answers = arrays(circle)
    scores, reached = walks.personalised_pagerank(friends, known, answers)
    graph = nx.from_pandas_edgelist(ties, "a", "b")
    graph.add_nodes_from(people)
    visits = []
    for said in answers.T:
        # NetworkX lets a walker without friends start again anywhere; here, at home
        home = [graph.subgraph(nx.node_connected_component(graph, p)) for p in np.flatnonzero(said)]
        visits.append(np.zeros(len(people)))
        for part, person in zip(home, np.flatnonzero(said), strict=True):
            rank = nx.pagerank(part, 0.85, personalization={person: 1}, tol=1e-12, max_iter=1_000)
            visits[-1][list(rank)] += list(rank.values())
    expected = np.column_stack(visits)[reached]
    assert scores[reached] == pytest.approx(
        expected / expected.sum(axis=1, keepdims=True), abs=1e-6
    )


def test_link_is_the_regression_on_lists_of_friends():
    rng = np.random.default_rng(3)
    friends = np.triu(rng.random((60, 60)) < 0.1, 1)
    friends = to_csr(make_ties(*np.argwhere(friends).tolist()), pd.RangeIndex(60))
    known, value = rng.random(60) < 0.6, rng.integers(0, 3, 60)
    answers = np.eye(3, dtype=np.float32)[value] * known[:, None]
    rows = friends.toarray()
    scores, _ = walks.link(friends, known, answers)
    model = LogisticRegression(max_iter=1_000).fit(rows[known], value[known])
    assert scores == pytest.approx(model.predict_proba(rows), abs=1e-3)
    number = np.column_stack([value, value**2]) * known[:, None] * 1.5
    scores, _ = walks.link(friends, known, number)
    assert scores == pytest.approx(Ridge().fit(rows[known], number[known]).predict(rows), abs=1e-3)


@pytest.mark.parametrize("method", MEANS)
@given(circle=circles_of_friends())
def test_shares_and_paths_make_up_the_score(method, circle):
    friends, known, answers = arrays(circle)
    scores, reached = METHODS[method](friends, known, answers)
    for row in range(len(known)):
        share, walked = shares(method, friends, known, row), paths(method, friends, known, row)
        assert walked.sum(axis=0) == pytest.approx(share, abs=1e-6)
        if not reached[row]:
            assert not share.any()
            continue
        assert share.sum() == pytest.approx(1) and (share >= -1e-9).all()
        assert share @ answers == pytest.approx(scores[row], abs=1e-6)
        assert {*np.unique(walked.nonzero()[0])} <= {row, *friends[[row]].indices}


@pytest.mark.parametrize("method", ["local_global", "pagerank"])
def test_an_answer_that_faded_on_the_way_reaches_nobody(method):
    chain = to_csr(make_ties(*((k, k + 1) for k in range(300))), pd.RangeIndex(301))
    known = np.arange(301) < 2
    answers = np.eye(301, 2, dtype=np.float32)
    scores, reached = METHODS[method](chain, known, answers)
    assert reached[:10].all() and not reached[100:].any()
    assert np.isfinite(scores[reached]).all()
    assert scores[reached].sum(axis=1) == pytest.approx(1, abs=1e-3)  # what little arrives


@pytest.mark.parametrize("method", METHODS)
@given(circle=circles_of_friends(), data=st.data())
def test_numbering_people_anew_numbers_the_scores_anew(method, circle, data):
    friends, known, answers = arrays(circle)
    order = np.array(data.draw(st.permutations(range(len(known)))))
    scores, reached = METHODS[method](friends, known, answers)
    anew = friends[order][:, order], known[order], answers[order]
    scores_anew, reached_anew = METHODS[method](*anew)
    assert reached_anew.tolist() == reached[order].tolist()
    assert scores_anew[reached_anew] == pytest.approx(scores[order][reached[order]], abs=1e-4)


def test_link_has_no_shares_of_answers():
    ask = partial(shares, friends=None, known=None, row=0)
    with pytest.raises(UnknownNameError, match=r"method 'link' does not exist.*There are: neigh"):
        ask("link")
