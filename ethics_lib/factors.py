"""Factors: where people stand, found in what they like.

A matrix of people by likes is wide and nearly empty. Its main factors hold most of what it says of
a person, in a hundred numbers.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from scipy.linalg import eigh, eigvalsh, qr
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import svds
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import validation
from threadpoolctl import threadpool_limits

from ethics_lib.tables import TableError, check_name, check_share

__all__ = ["LikesSVD", "block_krylov", "check_matrix"]

_BLOCK = 16  # columns of float32 that fill one line of a processor's cache
_PARTS = 4  # of rows, for threads; the same on every machine, since sums depend on it


class LikesSVD(TransformerMixin, BaseEstimator):
    """Reduce people by likes to a few factors: the truncated singular value decomposition.

    It starts from a fixed vector, so the same likes give the same factors. Who has no like, or
    none that anybody had when it learned, stands where the average person stands.

    Parameters
    ----------
    n_components : int
        Fewer where the matrix is small.
    damped : bool
        A like of somebody with n likes counts one over the root of n: among many it says less.
    standardised : bool
        Every factor has a spread of 1. Otherwise people stand at the sum of what their likes say,
        and a strong factor counts for more; so in the tutorial of 2016.
    algorithm : {"arpack", "krylov"}
        Exact, in float64; or float32 in threads, singular values right to five digits and several
        times as fast on large matrices.

    Attributes
    ----------
    components_ : array (factors, items)
        The weakest factor first, as SciPy gives them.
    singular_values_, spread_, mean_ : array (factors,)
    seen_ : array (items,)
        1 for items that somebody liked.

    References
    ----------
    Kosinski, Stillwell & Graepel (2013), PNAS 110:5802, doi 10.1073/pnas.1218772110.
    Kosinski, Wang, Lakkaraju & Leskovec (2016), Psychological Methods 21:493,
    doi 10.1037/met0000105.
    Musco & Musco (2015), NIPS 28: block Krylov iteration.
    """

    def __init__(
        self,
        n_components: int = 50,
        *,
        damped: bool = True,
        standardised: bool = True,
        algorithm: str = "arpack",
    ):
        self.n_components = n_components
        self.damped = damped
        self.standardised = standardised
        self.algorithm = algorithm

    def fit(self, X: object, y: object = None) -> LikesSVD:
        """Find the factors; X is people by items, sparse or dense: 1 a like, -1 a dislike."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X: object, y: object = None) -> np.ndarray:
        """Find the factors, and where each person stands on them."""
        likes = csr_array(check_matrix(self, X))
        low = min(likes.shape)
        k = int(min(check_share(self.n_components, "n_components", low=1, high=10_000), low))
        check_name(self.algorithm, ("arpack", "krylov"), what="algorithm")
        self.seen_ = (abs(likes).sum(axis=0) > 0).astype(likes.dtype)
        if not self.seen_.any():
            raise TableError("X: nobody likes anything, so there is nothing to find.")
        scale, liked = self._scale(likes)
        scaled = diags_array(scale) @ likes
        with threadpool_limits(limits=1, user_api="blas"):
            if self.algorithm == "krylov" and low > 3 * (k + _BLOCK):
                values, components = block_krylov(scaled.astype(np.float32, copy=False), k)
            elif k < low:
                scaled = scaled.astype(np.float64)
                _, values, components = svds(scaled, k=k, v0=np.ones(low))
            else:  # all there is to find, in a matrix that small
                _, values, components = np.linalg.svd(scaled.toarray(), full_matrices=False)
        there = values > 1e-6 * values.max()  # what is below is rounding
        self.singular_values_ = values * there
        self.components_ = components * there[:, None] * (self.seen_ > 0)
        points = scaled @ self.components_.T
        self.spread_ = np.ones_like(points[0])
        if self.standardised:
            self.spread_[there] = points[liked].std(axis=0)[there]
        self.spread_[self.spread_ < 1e-9] = 1  # all stand at one place
        points /= self.spread_
        self.mean_ = points[liked].mean(axis=0)
        points[~liked] = self.mean_
        return points

    def transform(self, X: object) -> np.ndarray:
        """Say where each person stands."""
        validation.check_is_fitted(self)
        likes = csr_array(check_matrix(self, X, reset=False))
        scale, liked = self._scale(likes)
        points = (diags_array(scale) @ likes @ self.components_.T) / self.spread_
        points[~liked] = self.mean_
        return points

    def take_apart(self, row: csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Say where one person stands as a sum over likes: how much of each, its place, the rest.

        Returns
        -------
        amount : array (likes,)
        places : array (likes, factors)
        rest : array (factors,)
            ``amount @ places + rest`` is the row's `transform`.
        """
        scale, liked = self._scale(row)
        places = self.components_.T[row.indices] / self.spread_
        return row.data * scale, places, np.zeros_like(self.mean_) if liked[0] else self.mean_

    def _scale(self, likes: csr_array) -> tuple[np.ndarray, np.ndarray]:
        """How much a like of each person counts, and who has any that is known."""
        count = abs(likes) @ self.seen_
        if not self.damped:
            return np.ones_like(count), count > 0
        return np.divide(1, np.sqrt(count), out=np.zeros_like(count), where=count > 0), count > 0

    def __sklearn_tags__(self) -> object:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _more_tags(self) -> dict:  # scikit-learn 1.5
        return {"preserves_dtype": []}


def block_krylov(matrix: csr_array, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the k largest singular values and right singular vectors, in blocks and threads.

    Parameters
    ----------
    matrix : csr_array of float32
        Each side several times ``k``.
    k : int

    Returns
    -------
    values : array (k,)
        The smallest first; they moved by less than 1e-5 of themselves at the last step.
    vectors : array (k, columns)

    References
    ----------
    Musco & Musco (2015), NIPS 28: randomised block Krylov methods. Here each block is made
    orthogonal to all before it, as Lanczos does, so that the small matrix comes for nothing.
    """
    people, items = matrix.shape
    if people < items:
        values, left = block_krylov(matrix.T.tocsr(), k)
        return values, (left @ matrix) / np.maximum(values, 1e-9)[:, None]
    if items <= 3 * (k + _BLOCK):
        raise TableError(
            f"matrix: {people} x {items} is too small for k={k}: use scipy.linalg.svd."
        )
    cuts = np.linspace(0, people, _PARTS + 1).astype(int)
    # SciPy's product from a view by columns takes three quarters of the time of one by rows
    parts = [matrix[low:high].tocsc() for low, high in pairwise(cuts)]
    block = np.random.default_rng(0).standard_normal((items, _BLOCK), dtype=np.float32)
    basis, small, before = [], np.zeros((0, 0)), np.zeros(k)
    with ThreadPoolExecutor(_PARTS) as pool:
        for size in range(_BLOCK, items + 1, _BLOCK):
            block, _ = qr(block, mode="economic", check_finite=False)
            while basis:  # what rounding brought back; again where little else was left
                for old in basis:
                    block -= old @ (old.T @ block)
                block, kept = qr(block, mode="economic", check_finite=False)
                if np.abs(kept.diagonal()).min() > 0.5:
                    break
            basis.append(block)
            block = sum(pool.map(lambda part, q=block: part.T @ (part @ q), parts))
            small = np.pad(small, (0, _BLOCK))
            for j, old in list(enumerate(basis))[-2:]:  # it is new to all the others
                own = slice(j * _BLOCK, (j + 1) * _BLOCK)
                small[own, -_BLOCK:] = overlap = old.T @ block
                small[-_BLOCK:, own] = overlap.T
                block -= old @ overlap
            if size >= 2 * k:
                now = eigvalsh(small, subset_by_index=[size - k, size - 1])
                if np.allclose(now, before, rtol=1e-5, atol=1e-7 * now[-1]):
                    break
                before = now
    squares, mix = eigh(small, subset_by_index=[len(small) - k, len(small) - 1])
    mix = np.split(mix.astype(np.float32), len(basis))
    vectors = sum(old @ part for old, part in zip(basis, mix, strict=True))
    return np.sqrt(np.maximum(squares, 0)), vectors.T


def check_matrix(estimator: BaseEstimator, X: object, *y: object, **knobs: object) -> object:
    """Let a matrix of people by items, and answers, into an estimator; scikit-learn's checks."""
    knobs |= {"accept_sparse": "csr", "dtype": [np.float64, np.float32]}
    if hasattr(validation, "validate_data"):
        return validation.validate_data(estimator, X, *y, **knobs)
    # before scikit-learn 1.6
    return estimator._validate_data(X, *y, **knobs)
