"""Factors: exact where asked, fast where asked, the same every time, and honest about strangers."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.linalg import svds
from sklearn.utils.estimator_checks import parametrize_with_checks

from ethics_lib.factors import LikesSVD, block_krylov
from ethics_lib.tables import RangeError, TableError, UnknownNameError

# Checks of scikit-learn that cannot apply, and why.
NOT_HERE = {"check_array_api_input": "asks for arrays of other libraries; sparse ones are SciPy's"}
PLAIN = {"damped": False, "standardised": False}


def make_likes(people=600, items=400, density=0.05, rng=0):
    """Likes with something in them: two groups with tastes of their own, all else by chance."""
    rng = np.random.default_rng(rng)
    likes = rng.random((people, items)) < density
    likes[: people // 2, : items // 4] |= rng.random((people // 2, items // 4)) < 3 * density
    return csr_array(likes.astype(np.float32))


@parametrize_with_checks(
    [LikesSVD(), LikesSVD(3, damped=False, standardised=False, algorithm="krylov")]
)
def test_the_reducer_keeps_the_rules_of_scikit_learn(estimator, check):
    if check.func.__name__ not in NOT_HERE:
        check(estimator)


@pytest.mark.parametrize("shape", [(900, 500), (500, 900)], ids=["tall", "wide"])
def test_block_krylov_finds_what_arpack_finds(shape):
    likes = make_likes(*shape)
    values, vectors = block_krylov(likes, 40)
    exact = svds(likes.astype(float), k=40, return_singular_vectors=False)
    np.testing.assert_allclose(values, np.sort(exact), rtol=1e-5)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(40), atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(likes @ vectors.T, axis=0), values, rtol=1e-4)


@pytest.mark.parametrize("algorithm", ["arpack", "krylov"])
def test_where_there_are_fewer_factors_than_asked_for_the_rest_is_nothing(algorithm):
    """Three kinds of people: three factors, and no echo of them."""
    kinds = np.random.default_rng(0).random((3, 300)) < 0.3
    likes = csr_array(kinds[np.arange(400) % 3].astype(np.float32))
    svd = LikesSVD(30, **PLAIN, algorithm=algorithm)
    points = svd.fit_transform(likes)
    exact = np.sort(np.linalg.svd(likes.toarray(), compute_uv=False))[-3:]
    np.testing.assert_allclose(svd.singular_values_[-3:], exact, rtol=1e-4)
    assert (svd.singular_values_[:-3] < 1e-3 * exact[0]).all()
    assert (np.abs(points[:, :-3]) < 1e-3).all()


@pytest.mark.parametrize("algorithm", ["arpack", "krylov"])
def test_the_same_likes_give_the_same_factors_to_the_bit(algorithm):
    first, second = (LikesSVD(20, algorithm=algorithm).fit_transform(make_likes()) for _ in "ab")
    assert np.array_equal(first, second)


def test_fast_and_exact_put_people_at_the_same_distances():
    likes = make_likes()
    fast, exact = (
        LikesSVD(20, **PLAIN, algorithm=algorithm).fit_transform(likes)
        for algorithm in ("krylov", "arpack")
    )
    assert fast.dtype == np.float32
    np.testing.assert_allclose((fast @ fast.T)[:50], (exact @ exact.T)[:50], atol=1e-2)


def test_people_stand_at_the_sum_of_what_their_likes_say():
    likes = make_likes()
    svd = LikesSVD(5, **PLAIN).fit(likes)
    np.testing.assert_allclose(svd.transform(likes), likes @ svd.components_.T, atol=1e-6)
    damped = LikesSVD(5, standardised=False).fit(likes)
    count = likes.sum(axis=1)
    expected = (likes @ damped.components_.T) / np.sqrt(count)[:, None]
    np.testing.assert_allclose(damped.transform(likes), expected, atol=1e-6)
    spread = LikesSVD(5).fit_transform(likes).std(axis=0)
    np.testing.assert_allclose(spread, 1)


def test_sparse_and_dense_are_the_same_people():
    likes = make_likes()
    sparse, dense = LikesSVD(5).fit(likes), LikesSVD(5).fit(likes.toarray())
    assert np.array_equal(sparse.transform(likes), dense.transform(likes.toarray()))


def test_who_has_no_like_that_anybody_had_stands_with_the_average_person():
    likes = make_likes().toarray()
    likes[:, 7] = 0  # an item that nobody liked while it learned
    likes[3] = 0  # somebody who likes nothing
    svd = LikesSVD(5).fit(likes)
    others = np.delete(likes, 3, axis=0)
    average = svd.transform(others).mean(axis=0)
    strangers = np.zeros((2, likes.shape[1]))
    strangers[1, 7] = 1
    np.testing.assert_allclose(svd.transform(strangers), [average, average], atol=1e-5)
    np.testing.assert_allclose(svd.fit_transform(likes)[3], average, atol=1e-5)
    more = likes[:1].copy()
    more[0, 7] = 1  # it says nothing of somebody whom other likes tell
    np.testing.assert_allclose(svd.transform(more), svd.transform(likes[:1]))


@pytest.mark.parametrize("knobs", [{}, {"damped": False}, {"standardised": False}, PLAIN], ids=str)
def test_a_place_is_the_sum_of_its_parts(knobs):
    likes = make_likes()
    svd = LikesSVD(5, **knobs).fit(likes)
    for row in (0, 17, 599):
        amount, places, rest = svd.take_apart(likes[[row]])
        assert len(amount) == len(places) == likes[[row]].nnz
        expected = svd.transform(likes[[row]])[0]
        np.testing.assert_allclose(amount @ places + rest, expected, atol=1e-5)


def test_what_cannot_be_is_refused():
    likes = make_likes(60, 40)
    with pytest.raises(RangeError, match=r"n_components=0 is outside its range: 1 to 10000"):
        LikesSVD(0).fit(likes)
    with pytest.raises(UnknownNameError, match=r"algorithm 'arpak' .* Did you mean 'arpack'"):
        LikesSVD(algorithm="arpak").fit(likes)
    with pytest.raises(TableError, match=r"X: nobody likes anything"):
        LikesSVD(3).fit(np.zeros((5, 4)))
    with pytest.raises(TableError, match=r"matrix: 60 x 40 is too small for k=30"):
        block_krylov(likes, 30)
