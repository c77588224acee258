"""Joint models: what a person likes and what their friends said, in one regression.

A learner with the manners of `ethics_lib.graph_learners`, whose ``fit`` also takes likes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_array

from ethics_lib.factors import LikesSVD
from ethics_lib.graph_learners import LINK, NeighbourVote, TwoHopVote
from ethics_lib.tables import TableError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["JointModel"]


class JointModel(LINK):
    """Judge people by what they like and by what their friends said, together.

    The main factors of everybody's likes, and the shares of each answer among friends and among
    friends of friends, never one's own, go into one regression. It is `LINK`'s.

    Parameters
    ----------
    components : int
        Number of factors of `factors.LikesSVD`; fewer where the matrix is small.
    C : float
        As in `LINK`.
    centre, numeric
        As in `NeighbourVote`; so are the attributes.

    References
    ----------
    The factors: Kosinski, Stillwell & Graepel (2013), PNAS 110:5802, doi
    10.1073/pnas.1218772110. The votes: Altenburger & Ugander (2018), Nature Human Behaviour
    2:284, doi 10.1038/s41562-018-0321-8.
    """

    def __init__(
        self, *, components: int = 50, C: float = 0.1, centre: bool = False, numeric: bool = False
    ):
        super().__init__(C=C, centre=centre, numeric=numeric)
        self.components = components

    def fit(self, X: ArrayLike, y: ArrayLike | Mapping[int, object], *, likes: ArrayLike) -> Self:
        """Judge everybody from their likes, their friends and what some of them said.

        Parameters
        ----------
        X, y
            As in `NeighbourVote.fit`.
        likes : sparse or dense array (n, m)
            The same people in rows, things in columns: 1 where somebody likes something, -1 a
            dislike.

        Raises
        ------
        TableError
            As in `NeighbourVote.fit`; and when likes have another number of rows, or there are
            none.
        """
        self._votes = [vote(numeric=self.numeric).fit(X, y) for vote in (NeighbourVote, TwoHopVote)]
        self._likes = self._read_likes(likes, len(self._votes[0].reached_))
        self.svd_ = LikesSVD(self.components, algorithm="krylov").fit(self._likes)
        return super().fit(X, y)

    def predict(self, X: ArrayLike, *, likes: ArrayLike) -> np.ndarray:
        """Judge new people from their ties to those of `fit`, and from their likes."""
        rows = self._rows(X)
        return self._verdict(*self._judge(rows, self._read_likes(likes, rows.shape[0])))

    @available_if(lambda self: not self.numeric)
    def predict_proba(self, X: ArrayLike, *, likes: ArrayLike) -> np.ndarray:
        """Say how likely each class is for new people; see `predict`."""
        rows = self._rows(X)
        return self._judge(rows, self._read_likes(likes, rows.shape[0]))[0]

    def _read_likes(self, likes: ArrayLike, n: int) -> csr_array:
        likes = csr_array(check_array(likes, accept_sparse="csr", dtype=np.float32))
        if likes.shape[0] != n:
            raise TableError(
                f"likes: {likes.shape[0]} rows, and X has {n}. Give both a row for each person, "
                "in the same order."
            )
        return likes

    def _learn(
        self, friends: csr_array, known: np.ndarray, answers: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        self._width = 1 if self.numeric else answers.shape[1]
        self._usual = answers[known].mean(axis=0)[: self._width]
        self._spread = 1.0
        heard = [(vote._scores, vote.reached_) for vote in self._votes]
        features, reached = self._features(heard, self._likes)
        spread = features.std(axis=0)
        self._spread = np.where(spread < 1e-9, 1.0, spread)
        features /= self._spread
        self._regress(features[known], answers[known])
        return self._score(features), reached

    def _hear(self, rows: csr_array, likes: csr_array) -> tuple[np.ndarray, np.ndarray]:
        features, reached = self._features([vote._judge(rows) for vote in self._votes], likes)
        return self._score(features), reached

    def _features(
        self, heard: list[tuple[np.ndarray, np.ndarray]], likes: csr_array
    ) -> tuple[np.ndarray, np.ndarray]:
        """Where each stands in their likes, and how far each vote lies from what is usual."""
        votes = [scores[:, : self._width] - self._usual for scores, _ in heard]
        likes_any = abs(likes) @ self.svd_.seen_ > 0
        reached = np.any([likes_any, *(reached for _, reached in heard)], axis=0)
        places = np.hstack([self.svd_.transform(likes), *votes], dtype=np.float64)
        return places / self._spread, reached

    def _reasons(self, row: int, column: int, by: str) -> pd.DataFrame:
        coefficients, usual = self._line(column)
        factors, *votes = np.split(
            coefficients / self._spread, len(self.svd_.components_) + self._width * np.arange(2)
        )
        mine = self._likes[[row]]
        amount, places, rest = self.svd_.take_apart(mine)
        liked, usual = amount * (places @ factors), usual + rest @ factors
        reasons = [pd.DataFrame({"via_row": row, "from_row": row, "column": mine.indices})]
        reasons[0]["weight"] = liked
        for vote, part in zip(self._votes, votes, strict=True):
            told = vote._heard(row, by)
            told["weight"] *= ((self._answers[:, : self._width] - self._usual) @ part)[
                told["from_row"]
            ]
            reasons.append(told.assign(column=pd.NA))
        nobody = dict.fromkeys(("via_row", "from_row", "column"), pd.NA)
        reasons.append(pd.DataFrame([nobody | {"weight": usual}]))
        return pd.concat([part.astype(object) for part in reasons]).astype({"weight": float})
