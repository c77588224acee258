"""Interest models: what somebody may do next, what that is about, and which of their acts says so.

All learn from people by items: `Popularity` knows nobody, `ItemLift` asks what goes with what,
`TfidfNeighbours` who is like whom, `InterestFactors` which few interests are behind it all. Whether
they foretell anything, `ethics_lib.holdouts` says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, vstack
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import NMF
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import check_is_fitted, check_non_negative

from ethics_lib.factors import LikesSVD, check_matrix
from ethics_lib.tables import RangeError, TableError, check_name, check_share

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["MODELS", "InterestFactors", "ItemLift", "Popularity", "TfidfNeighbours"]

_CELLS = 10_000_000  # of a dense block of people by items: 40 MB in float32
_UPDATES = 100  # of NMF, to place a person
_Weights = tuple[np.ndarray, np.ndarray]  # of everything done; and what is usual, of each person


class _Interests(BaseEstimator):
    """What all models share: reading people by items, choosing, and giving reasons."""

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Learn from what people did.

        Parameters
        ----------
        X : sparse or dense array (people, items), nothing below 0
            Above 0 where a person did something with an item; how often does not count.
        """
        did = self._read(X, reset=True)
        if not did.nnz:
            raise TableError("X: nobody did anything, so there is nothing to learn from.")
        self.popularity_ = did.sum(axis=0) / did.shape[0]
        self._learn(did)
        return self

    def score_items(self, X: ArrayLike) -> np.ndarray:
        """Score every item for every person; only the order of one person's scores has a meaning.

        Of somebody who did nothing that anybody in `fit` did too, all models say what is usual.

        Returns
        -------
        array (people, items)
            Dense: for more than some thousand people see `recommend`.
        """
        check_is_fitted(self, "popularity_")
        return self._score_or_usual(self._read(X))

    def recommend(self, X: ArrayLike, n: int = 10) -> np.ndarray:
        """Choose for each person the n items with the highest scores, without those they know.

        Returns
        -------
        array (people, n) of int
            Columns of X, the best first; -1 where a person knows nearly all of them.
        """
        check_is_fitted(self, "popularity_")
        did = self._read(X)
        n = int(check_share(n, "n", low=1, high=did.shape[1]))
        chosen = np.empty((did.shape[0], n), dtype=np.intp)
        for rows in self._blocks(*did.shape):
            scores = self._score_or_usual(did[rows])
            scores[did[rows].nonzero()] = -np.inf
            best = np.argpartition(-scores, n - 1, axis=1)[:, :n]
            reached = np.take_along_axis(scores, best, axis=1)
            order = np.argsort(-reached, axis=1, kind="stable")
            best = np.where(np.isneginf(reached), -1, best)
            chosen[rows] = np.take_along_axis(best, order, axis=1)
        return chosen

    def topic_shares(self, X: ArrayLike, topics: ArrayLike) -> pd.DataFrame:
        """Say how each person's interest is spread over topics: the share of all scores.

        Parameters
        ----------
        X : sparse or dense array (people, items)
        topics : array (items,)
            What each item is about.

        Returns
        -------
        DataFrame, a column a topic
            One row a person, adding up to 1. A topic whose scores add up to less than 0 has no
            share (SVD only).
        """
        check_is_fitted(self, "popularity_")
        did = self._read(X)
        column, names = pd.factorize(np.asarray(topics), sort=True)
        if len(column) != did.shape[1] or column.min() < 0:
            raise TableError(
                f"topics: {(column >= 0).sum()} for {did.shape[1]} items. Pass one for each column "
                "of X."
            )
        about = np.eye(len(names), dtype=did.dtype)[column]
        shares = np.empty((did.shape[0], len(names)))
        for rows in self._blocks(*did.shape):
            shares[rows] = np.maximum(self._score_or_usual(did[rows]) @ about, 0)
        shares[~shares.any(axis=1)] = self.popularity_ @ about
        return pd.DataFrame(shares / shares.sum(axis=1, keepdims=True), columns=names)

    def explain(self, row: ArrayLike, items: ArrayLike) -> pd.DataFrame:
        """Give the evidence behind one score: the weight of each thing that the person did.

        Parameters
        ----------
        row : sparse or dense array (1, items)
            What the person did.
        items : int, list of int, or mask
            The column to explain, or several: all those of a topic for an interest.

        Returns
        -------
        DataFrame[item, weight]
            Strongest first; the row without an item is what is usual. The weights add up to the
            score of the item, or to the sum of the scores of the items.
        """
        check_is_fitted(self, "popularity_")
        did = self._read(row)
        if did.shape[0] != 1:
            raise TableError(f"row: {did.shape[0]} people; explain one at a time.")
        try:
            columns = np.atleast_1d(np.arange(did.shape[1])[items])
        except IndexError:
            last = did.shape[1] - 1
            raise RangeError(f"items={items!r}: there are the columns 0 to {last}.") from None
        about = np.bincount(columns, minlength=did.shape[1])[:, None].astype(did.dtype)
        weights, usual = np.zeros(did.nnz), self.popularity_ @ about
        if self._score(did).any():
            weights, usual = self._reasons(did, about, np.zeros(1, dtype=np.intp))
        item = pd.array([*did.indices, pd.NA], dtype="Int32")
        table = pd.DataFrame({"item": item, "weight": [*weights, *usual]})
        return table.sort_values("weight", key=abs, ascending=False, ignore_index=True)

    def weigh(self, X: ArrayLike, about: np.ndarray, topic: np.ndarray) -> _Weights:
        """Give the evidence of `explain` for many people, each about one topic, as numbers only.

        Parameters
        ----------
        X : sparse or dense array (people, items)
            Some thousand people at a time: room is taken for each of them and each item.
        about : array (items, topics)
            1 where an item is about a topic, else 0.
        topic : array (people,) of int
            Which column of ``about`` is explained to each person.

        Returns
        -------
        weights, usual : arrays
            Of everything done, in the order of X in rows; and of each person. All are 0 for
            somebody of whom the model knows nothing: what is usual is then all that is said.
        """
        check_is_fitted(self, "popularity_")
        return self._reasons(self._read(X), about, topic)

    def _score_or_usual(self, did: csr_array) -> np.ndarray:
        scores = self._score(did)
        scores[~scores.any(axis=1)] = self.popularity_
        return scores

    @staticmethod
    def _blocks(rows: int, columns: int) -> Iterator[slice]:
        """Cut rows so that a block of them, dense, stays small."""
        size = max(1, _CELLS // columns)
        yield from (slice(low, low + size) for low in range(0, rows, size))

    def _read(self, X: ArrayLike, *, reset: bool = False) -> csr_array:
        """Who did what, as ones."""
        did = csr_array(check_matrix(self, X, reset=reset), copy=True)
        check_non_negative(did, type(self).__name__)
        did.sum_duplicates()
        did.eliminate_zeros()
        did.data[:] = 1
        return did

    def __sklearn_tags__(self) -> object:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = tags.input_tags.positive_only = True
        return tags

    def _more_tags(self) -> dict:  # scikit-learn 1.5
        return {"requires_positive_X": True}


class Popularity(_Interests):
    """Expect of everybody what most people do: the baseline that knows nobody.

    Attributes
    ----------
    popularity_ : array (items,)
        Share of people who did each; all models have it.
    """

    def _learn(self, did: csr_array) -> None:
        pass

    def _score(self, did: csr_array) -> np.ndarray:
        return np.tile(self.popularity_, (did.shape[0], 1))

    def _reasons(self, did: csr_array, about: np.ndarray, topic: np.ndarray) -> _Weights:
        return np.zeros(did.nnz), (self.popularity_ @ about)[topic]


class ItemLift(_Interests):
    """Expect what goes with what was done: how many times more often than by chance.

    An item's score is the share of people who did it, times the mean of its lifts over all things
    that the person did. What is not among the companions of a thing goes with it as by chance.

    Parameters
    ----------
    prior : float, acts
        Both what was seen together and what chance would have brought are counted as if there had
        been so many more, so that two things that one person did are not tied for ever.
    companions : int
        How many items are kept for each: those furthest above chance, in standard deviations.

    Attributes
    ----------
    lift_ : csr_array (items, items)
        (seen together + prior) / (expected by chance + prior); 2 is twice as often as by chance.

    References
    ----------
    Brin, Motwani & Silverstein (1997), SIGMOD Record 26:265, doi 10.1145/253260.253327: lift.
    DuMouchel (1999), The American Statistician 53:177, doi 10.1080/00031305.1999.10474456: its
    shrinkage, here with one prior that is given and not fitted.
    Deshpande & Karypis (2004), ACM TOIS 22:143, doi 10.1145/963770.963776: the nearest items.
    """

    def __init__(self, *, prior: float = 1.0, companions: int = 100):
        self.prior = prior
        self.companions = companions

    def _learn(self, did: csr_array) -> None:
        prior = check_share(self.prior, "prior", low=1e-6, high=1e6)
        people, items = did.shape
        kept = int(min(check_share(self.companions, "companions", low=1, high=1e6), items))
        lifts, columns = [], did.T.tocsr()
        for rows in self._blocks(items, items):
            seen = (columns[rows] @ did).toarray()
            chance = people * np.outer(self.popularity_[rows], self.popularity_)
            above = (seen - chance) / np.sqrt(chance + prior)
            above[np.arange(len(above)), np.arange(items)[rows]] = -np.inf  # its own companion
            best = np.argpartition(-above, kept - 1, axis=1)[:, :kept]
            lift = np.take_along_axis((seen + prior) / (chance + prior), best, axis=1)
            lift[np.take_along_axis(above, best, axis=1) <= 0] = 0
            start = np.arange(len(best) + 1) * kept
            lifts.append(csr_array((lift.ravel(), best.ravel(), start), shape=seen.shape))
        self.lift_ = vstack(lifts, format="csr")
        self.lift_.eliminate_zeros()

    def _excess(self) -> csr_array:
        parts = self.lift_.data - 1, self.lift_.indices, self.lift_.indptr
        return csr_array(parts, shape=self.lift_.shape)

    def _score(self, did: csr_array) -> np.ndarray:
        number = np.maximum(did.sum(axis=1), 1)
        return self.popularity_ * (1 + (did @ self._excess()).toarray() / number[:, None])

    def _reasons(self, did: csr_array, about: np.ndarray, topic: np.ndarray) -> _Weights:
        usual, who = self.popularity_[:, None] * about, did.tocoo().row
        brought = (self._excess() @ usual)[did.indices, topic[who]]
        return brought / np.diff(did.indptr)[who], usual.sum(axis=0)[topic]


class TfidfNeighbours(_Interests):
    """Expect what the most similar people did; what few people do says more of who is alike.

    An item's score is the share of the neighbours who did it, each counted by the cosine between
    the two profiles. A profile holds the inverse document frequency (the log of how rare) of what
    somebody did. Nothing is summed up: who has the fitted model has what everybody did.

    Parameters
    ----------
    n_neighbors : int
    prior : float, neighbours
        The share is drawn to the usual one as if so many neighbours more had it.

    References
    ----------
    Resnick, Iacovou, Suchak, Bergstrom & Riedl (1994), CSCW, doi 10.1145/192844.192905.
    Salton & Buckley (1988), doi 10.1016/0306-4573(88)90021-0: the weights, and the cosine.
    """

    def __init__(self, *, n_neighbors: int = 100, prior: float = 0.1):
        self.n_neighbors = n_neighbors
        self.prior = prior

    def _learn(self, did: csr_array) -> None:
        check_share(self.prior, "prior", low=1e-6, high=1e6)
        near = int(check_share(self.n_neighbors, "n_neighbors", low=1, high=1e6))
        self.rarity_ = TfidfTransformer().fit(did)
        self._did, self._profiles = did, self.rarity_.transform(did)
        nearest = NearestNeighbors(n_neighbors=min(near, did.shape[0]), metric="cosine")
        self._nearest = nearest.fit(self._profiles)

    def _alike(self, profiles: csr_array) -> csr_array:
        near = csr_array(self._nearest.kneighbors_graph(profiles, mode="distance"))
        near.data = 1 - near.data
        return near.astype(self._did.dtype)

    def _score(self, did: csr_array) -> np.ndarray:
        near = self._alike(self.rarity_.transform(did))
        votes = (near @ self._did).toarray() + self.prior * self.popularity_
        return votes / (near.sum(axis=1) + self.prior)[:, None]

    def _reasons(self, did: csr_array, about: np.ndarray, topic: np.ndarray) -> _Weights:
        mine = self.rarity_.transform(did)
        near, who = self._alike(mine), did.tocoo().row
        votes = (self._did @ about)[near.indices, topic[near.tocoo().row]]
        told = csr_array((votes, near.indices, near.indptr), shape=near.shape) @ self._profiles
        total = near.sum(axis=1) + self.prior
        weights = mine.data * told.toarray()[who, did.indices] / total[who]
        return weights, self.prior * (self.popularity_ @ about)[topic] / total


class InterestFactors(TransformerMixin, _Interests):
    """Expect what the few interests behind all acts would bring, found without being told topics.

    Parameters
    ----------
    n_components : int
        How many interests; fewer where the matrix is small.
    kind : {"nmf", "svd"}
        ``nmf``: a person is a sum of interests, and an interest is a list of items; nothing is
        below 0, so both can be read. ``svd``: the closest fit that there is, of factors that add
        and take away. It foretells more and is harder to read.
    random_state : int
        Of the beginning of ``nmf``.

    Attributes
    ----------
    components_ : array (factors, items)

    Notes
    -----
    A score is a person's `transform` times ``components_``. With ``svd`` that is a projection, a
    sum over likes: the weight of a like is what the score loses without it. The transform of
    ``nmf`` is no such sum; but its last step, an update of Lee & Seung, divides each like among
    the interests that explain it, and the weight of a like is what its shares bring. It is never
    below 0, while a score may rise when a like is taken away and leaves room for another interest.
    In Brightwater the weights and what is really lost correlate at .97 within a person, in a
    village of 600 at .85.

    A factor is not a topic: with one topic named for each, people's interests are found less well
    than by all of the items of all factors, as `topic_shares` does.

    References
    ----------
    Lee & Seung (1999), Nature 401:788, doi 10.1038/44565, and (2001), NIPS 13: NMF, the update.
    Cremonesi, Koren & Turrin (2010), RecSys, doi 10.1145/1864708.1864721: SVD.
    """

    def __init__(self, n_components: int = 30, *, kind: str = "nmf", random_state: int = 0):
        self.n_components = n_components
        self.kind = kind
        self.random_state = random_state

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Say how much of each interest every person has.

        Returns
        -------
        array (people, factors)
        """
        check_is_fitted(self, "components_")
        return self._points(self._read(X))

    def _learn(self, did: csr_array) -> None:
        check_name(self.kind, ("nmf", "svd"), what="kind")
        k = int(min(check_share(self.n_components, "n_components", low=1, high=10_000), *did.shape))
        if self.kind == "svd":
            model = LikesSVD(k, damped=False, standardised=False).fit(did)
        else:
            model = NMF(k, init="random", tol=1e-2, random_state=self.random_state).fit(did)
        self.components_ = model.components_.astype(did.dtype, copy=False)

    def _points(self, did: csr_array) -> np.ndarray:
        sums = did @ self.components_.T
        return sums if self.kind == "svd" else sums * self._shares(sums)

    def _shares(self, sums: np.ndarray) -> np.ndarray:
        """By what sums over likes become points of NMF: the updates of Lee & Seung, but the last.

        They settle every person alone; scikit-learn's own transform stops for all at once.
        """
        overlap = self.components_ @ self.components_.T
        shares = np.ones_like(sums)
        for _ in range(_UPDATES):
            points = sums * shares
            explained = points @ overlap
            shares = np.divide(points, explained, out=np.zeros_like(points), where=explained > 0)
        return shares

    def _score(self, did: csr_array) -> np.ndarray:
        return self._points(did) @ self.components_

    def _reasons(self, did: csr_array, about: np.ndarray, topic: np.ndarray) -> _Weights:
        brought = (self.components_ @ about).T[topic]  # people x factors
        if self.kind == "nmf":
            brought = brought * self._shares(did @ self.components_.T)
        brought = brought[did.tocoo().row]
        weights = np.einsum("ik,ik->i", self.components_.T[did.indices], brought)
        return weights, np.zeros(len(topic))


MODELS: dict[str, BaseEstimator] = {
    "popularity": Popularity(),
    "lift": ItemLift(),
    "tfidf": TfidfNeighbours(),
    "nmf": InterestFactors(),
    "svd": InterestFactors(kind="svd"),
}
"""The models by name, as they are when nothing is said; clone one before it is fitted."""
