"""Graph learners: the ways from friend to friend with scikit-learn's manners, for researchers.

``fit(X, y)`` takes who is friends with whom, and what some people said. X is a square CSR matrix;
any number above 0 is a tie, whatever its size, and a tie to oneself is left out. y is
``{row: label}``, or a vector with None, NaN or NA where nobody spoke; in a vector of whole numbers
-1 means that too, as in `sklearn.semi_supervised`. With ``numeric=True`` the answers are numbers,
and -1 is one of them. To judge a learner, hide answers and keep the ties: `ethics_lib.labels`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_val_predict
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ethics_lib.labels import as_ones, read_answers, read_friends
from ethics_lib.steps import step
from ethics_lib.tables import RangeError, TableError, check_name, check_share
from ethics_lib.walks import METHODS, reasons

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from scipy.sparse import csr_array

try:
    from sklearn.utils.validation import validate_data
except ImportError:  # before scikit-learn 1.6

    def validate_data(estimator: BaseEstimator, X: ArrayLike, **checks: object) -> ArrayLike:
        return estimator._validate_data(X, **checks)


__all__ = [
    "LINK",
    "HarmonicField",
    "LocalGlobalConsistency",
    "NeighbourVote",
    "PersonalisedPageRank",
    "TwoHopVote",
]


class _GraphLearner(BaseEstimator):
    """What all learners share: reading friends and answers, deciding, and giving reasons."""

    _method: str  # a name in walks.METHODS

    def __init__(self, *, centre: bool = False, numeric: bool = False):
        self.centre = centre
        self.numeric = numeric

    def fit(self, X: ArrayLike, y: ArrayLike | Mapping[int, object]) -> Self:
        """Judge everybody from who their friends are and what some of them said.

        Parameters
        ----------
        X : sparse or dense array (n, n)
            Symmetric; above 0 where two people are friends.
        y : {row: label}, or vector (n,) with None, NaN, NA or -1 for those who said nothing

        Raises
        ------
        TableError
            When X is not square and symmetric or has a number below 0; when y has another length,
            a row that does not exist, or no label at all.
        """
        if self.numeric and self.centre:
            raise RangeError(
                "centre=True is about classes; numeric=True has none. Set one of them."
            )
        friends = read_friends(validate_data(self, X, accept_sparse="csr"))
        values, known = read_answers(y, friends.shape[0], numeric=self.numeric)
        self._friends, self._known = friends, known
        self._answers, self._learnable = self._encode(values)
        prior = self._answers[known].mean(axis=0)
        scores, reached = np.tile(prior, (len(known), 1)), np.zeros(len(known), dtype=bool)
        if self._learnable:
            scores, reached = self._learn(friends, known, self._answers)
        self._prior, self.reached_ = prior, reached
        self._scores = np.where(reached[:, None], scores, prior)
        if self.numeric:
            self.transduction_, self.sd_ = self._moments(self._scores)
            self.prior_ = self._moments(prior)[0]
            return self
        self.prior_, self.label_distributions_ = prior, self._scores
        self.class_means_ = np.zeros(len(prior))
        judged = reached & ~known if (reached & ~known).any() else reached
        if self.centre and judged.any():
            self.class_means_ = self._scores[judged].mean(axis=0)
        self.decision_function_ = self._decide(self._scores, reached)
        self.transduction_ = self.classes_[self.decision_function_.argmax(axis=1)]
        return self

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Judge new people from their ties to those of `fit`.

        Those of `fit` themselves are judged in ``transduction_``. Here they would be taken for
        somebody new with the same friends, who may well hand their own answer back to them.

        Parameters
        ----------
        X : sparse or dense array (m, n)
            A row a new person; above 0 where they are friends with one of the n.

        Returns
        -------
        array (m,)
            The class; with ``numeric=True`` the number.
        """
        return self._verdict(*self._judge(self._rows(X)))

    @available_if(lambda self: not self.numeric)
    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Say how likely each class is for new people; see `predict`.

        Returns
        -------
        array (m, k)
            In the order of ``classes_``; the prior for whom no answer reaches.
        """
        return self._judge(self._rows(X))[0]

    def explain(self, row: int, *, label: object = None, by: str = "friend") -> pd.DataFrame:
        """Give the reasons for one score: what each friend, and each like, adds to it.

        Parameters
        ----------
        row : int
            Whose score, 0 to n - 1.
        label : optional
            What to argue for; by default the class decided on.
        by : {"friend", "path"}
            Whose answer it was; or also ``via_row``, the friend at the first step of the way.

        Returns
        -------
        DataFrame[from_row, column, weight]
            Strongest first. ``from_row``: the person who told. ``column``: the like of the person
            themself that told, if it was one. The weights add up to the probability of the label,
            or to the number. In `LINK` and `JointModel` they add up to its log-odds (to its score
            before the softmax with three classes or more), and what is usual has neither row nor
            column.

        Raises
        ------
        TableError
            When no answer reaches the person: their score is the prior, and nobody told.
        """
        check_is_fitted(self)
        row = int(check_share(row, "row", high=len(self.reached_) - 1))
        classes = [] if self.numeric else self.classes_.tolist()
        if label is not None:
            column = classes.index(check_name(label, classes, what="label"))
        else:
            column = 0 if self.numeric else int(self.decision_function_[row].argmax())
        if not self.reached_[row]:
            raise TableError(
                f"explain: no answer reaches row {row}, or all answers are the same. Its score is "
                "the prior, and nobody in particular told."
            )
        ends = ["from_row", "column"]
        if check_name(by, ("friend", "path"), what="by") == "path":
            ends = ["via_row", *ends]
        told = self._reasons(row, column, by).astype(dict.fromkeys(ends, "Int64"))
        told = told.groupby(ends, dropna=False, as_index=False)["weight"].sum()
        told = told[told["weight"] != 0]
        return told.sort_values("weight", key=abs, ascending=False, ignore_index=True)

    # What each way does in its own manner --------------------------------------------------------

    def _learn(
        self, friends: csr_array, known: np.ndarray, answers: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        return METHODS[self._method](friends, known, answers)

    def _told(self) -> tuple[np.ndarray, np.ndarray]:
        """What each of the n tells a new friend, and for how many each counts."""
        return self._scores * self.reached_[:, None], self.reached_.astype(np.float32)

    def _hear(self, rows: csr_array) -> tuple[np.ndarray, np.ndarray]:
        told, weight = self._told()
        votes = rows @ weight
        return rows @ told / np.maximum(votes, 1)[:, None], votes > 0

    def _heard(self, row: int, by: str) -> pd.DataFrame:
        """How much of whose answer a person hears: [from_row, weight], by path also via_row."""
        told = reasons(
            self._method, self._friends, self._known, row, by=by, alpha=getattr(self, "alpha", None)
        )
        return told.rename(columns={"via": "via_row", "from": "from_row"})

    def _reasons(self, row: int, column: int, by: str) -> pd.DataFrame:
        """Every reason there is: [from_row, column, weight], by path also via_row."""
        told = self._heard(row, by)
        told["weight"] *= self._number(self._answers[told["from_row"], column])
        return told.assign(column=pd.NA)

    # Answers in and out --------------------------------------------------------------------------

    def _encode(self, values: np.ndarray) -> tuple[np.ndarray, bool]:
        """One column a class, or a number and its square; and whether there is a difference."""
        known = self._known
        if self.numeric:  # about their mean, so that squares lose no digits
            self._mean, self._unit = values.mean(), values.std() or 1.0
            answers = np.zeros((len(known), 2))
            standard = (values - self._mean) / self._unit
            answers[known] = np.column_stack([standard, standard**2])
            return answers, bool(np.ptp(values) > 0)
        self.classes_, code = np.unique(values, return_inverse=True)
        answers = np.zeros((len(known), len(self.classes_)), dtype=self._friends.dtype)
        answers[np.flatnonzero(known), code] = 1
        return answers, len(self.classes_) > 1

    def _number(self, standard: np.ndarray) -> np.ndarray:
        return self._mean + self._unit * standard if self.numeric else standard

    def _moments(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The number and its spread, from the means of both columns."""
        mean, square = scores.T
        return self._number(mean), self._unit * np.sqrt(np.maximum(square - mean**2, 0))

    def _decide(self, scores: np.ndarray, reached: np.ndarray) -> np.ndarray:
        return scores - self.class_means_ * reached[:, None]  # the prior stays the prior

    def _verdict(self, scores: np.ndarray, reached: np.ndarray) -> np.ndarray:
        if self.numeric:
            return self._moments(scores)[0]
        return self.classes_[self._decide(scores, reached).argmax(axis=1)]

    def _judge(self, friends: csr_array, *likes: csr_array) -> tuple[np.ndarray, np.ndarray]:
        """Scores and who is reached, of new people."""
        if not self._learnable:
            reached = np.zeros(friends.shape[0], dtype=bool)
            return np.tile(self._prior, (len(reached), 1)), reached
        scores, reached = self._hear(friends, *likes)
        return np.where(reached[:, None], scores, self._prior), reached

    def _rows(self, X: ArrayLike) -> csr_array:
        check_is_fitted(self)
        return as_ones(validate_data(self, X, accept_sparse="csr", reset=False), "X")

    # What scikit-learn wants to know -------------------------------------------------------------

    @property
    def _estimator_type(self) -> str:
        return "regressor" if self.numeric else "classifier"

    def __sklearn_tags__(self):
        from sklearn.utils import ClassifierTags, RegressorTags

        tags = super().__sklearn_tags__()
        tags.estimator_type = self._estimator_type
        tags.classifier_tags = None if self.numeric else ClassifierTags(poor_score=True)
        tags.regressor_tags = RegressorTags(poor_score=True) if self.numeric else None
        tags.target_tags.required = True
        tags.input_tags.pairwise = tags.input_tags.positive_only = tags.input_tags.sparse = True
        return tags

    def _more_tags(self) -> dict[str, bool]:  # before scikit-learn 1.6
        return dict.fromkeys(("pairwise", "requires_positive_X", "requires_y", "poor_score"), True)


class NeighbourVote(_GraphLearner):
    """Believe of a person what their friends who answered said: the share of each answer.

    One's own answer is never heard, so those who answered are judged like all others.

    Parameters
    ----------
    centre : bool
        Whether to decide by how far a score lies above the mean of its class over the people
        judged. Where few gave an answer, the plain score may give it to nobody. The ranking of
        people within a class, and so the AUC, stays as it is; so do the probabilities.
    numeric : bool
        Whether answers are numbers.

    Attributes
    ----------
    classes_ : array (k,)
    label_distributions_ : array (n, k)
        Probabilities of each person, not centred.
    decision_function_ : array (n, k)
        The same less ``class_means_`` (zeros without ``centre``).
    transduction_ : array (n,)
        The class of each person, or the number.
    sd_ : array (n,)
        With ``numeric=True``, in place of the three above: the spread of what was passed on.
    reached_ : array (n,) of bool
        Whom an answer reaches. All others, and everybody where all answers are the same, get
        the prior.
    prior_ : array (k,) or float
        The share of each class among the answers, or their mean.

    References
    ----------
    The weighted-vote relational neighbour of Macskassy & Provost (2007), without weights.

    Examples
    --------
    >>> path = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    >>> vote = NeighbourVote().fit(path, {0: "black", 2: "white"})
    >>> vote.label_distributions_[1], vote.reached_
    (array([0.5, 0.5], dtype=float32), array([False,  True, False]))
    """

    _method = "neighbours"

    def _told(self) -> tuple[np.ndarray, np.ndarray]:
        return self._answers, self._known.astype(np.float32)


class TwoHopVote(_GraphLearner):
    """Believe of a person what the friends of their friends said, each counted once a path.

    Where people differ in whom they prefer (monophily), this sees what the friends cannot show.
    One's own answer is never heard. Parameters and attributes as in `NeighbourVote`.

    References
    ----------
    Altenburger & Ugander (2018), Nature Human Behaviour 2:284, doi 10.1038/s41562-018-0321-8.
    """

    _method = "two_hop"

    def _told(self) -> tuple[np.ndarray, np.ndarray]:
        votes = step(self._friends, self._known.astype(np.float32))
        return step(self._friends, self._answers), votes


class HarmonicField(_GraphLearner):
    """Let answers spread until everybody is the mean of their friends; the known stay as they are.

    Clamped label propagation, at its end. Where labels are unbalanced the plain field answers
    the majority for nearly everybody; ``centre=True`` is the choice against that. New people
    get the mean of their friends. Parameters and attributes as in `NeighbourVote`.

    References
    ----------
    Zhu, Ghahramani & Lafferty (2003), ICML.

    Examples
    --------
    >>> path = np.diag(np.ones(3), 1) + np.diag(np.ones(3), -1)
    >>> HarmonicField().fit(path, ["black", None, None, "white"]).label_distributions_.round(2)
    array([[1.  , 0.  ],
           [0.67, 0.33],
           [0.33, 0.67],
           [0.  , 1.  ]])
    """

    _method = "harmonic"


class _Fading(_GraphLearner):
    """A spread of which a share ``alpha`` goes on at each step."""

    def _learn(
        self, friends: csr_array, known: np.ndarray, answers: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        alpha = check_share(self.alpha, "alpha", low=0.001, high=0.999)
        return METHODS[self._method](friends, known, answers, alpha=alpha)


class LocalGlobalConsistency(_Fading):
    """Let answers spread and fade: a friend counts for more than a friend's friend.

    Each tie counts less where either end has many friends, and those who answered are believed
    no more than their surroundings allow. Scikit-learn's `LabelSpreading` on friends, solved to
    the end. New people get the mean of their friends.

    Parameters
    ----------
    alpha : float, .001 to .999
        How much of what is heard is passed on.
    centre, numeric
        As in `NeighbourVote`; so are the attributes.

    References
    ----------
    Zhou, Bousquet, Lal, Weston & Schölkopf (2003), NIPS.
    """

    _method = "local_global"

    def __init__(self, *, alpha: float = 0.9, centre: bool = False, numeric: bool = False):
        super().__init__(centre=centre, numeric=numeric)
        self.alpha = alpha


class PersonalisedPageRank(_Fading):
    """Send walkers out from everybody who answered, and count whose answers come by.

    The score of a class is its share of the walkers who come by: its PageRank, begun at those
    who gave the answer, times how many they are. New people get the mean of their friends.

    Parameters
    ----------
    alpha : float, .001 to .999
        The chance that a walker goes on to a friend, and does not start again at home.
    centre, numeric
        As in `NeighbourVote`; so are the attributes.

    References
    ----------
    Page, Brin, Motwani & Winograd (1999); as a classifier: Lin & Cohen (2010), ASONAM.
    """

    _method = "pagerank"

    def __init__(self, *, alpha: float = 0.85, centre: bool = False, numeric: bool = False):
        super().__init__(centre=centre, numeric=numeric)
        self.alpha = alpha


class LINK(_GraphLearner):
    """Learn which friends tell: a regression on the list of friends of those who answered.

    Whether the friends themselves answered does not matter. Logistic, by lbfgs; with
    ``numeric=True`` ridge, whose ``sd_`` is the error about people whom a fold left out.

    Parameters
    ----------
    C : float
        The inverse of the penalty on large coefficients, as in `LogisticRegression`; ridge has
        the penalty ``1 / C``. Where people are many and ties few, a smaller C often tells more.
    centre, numeric
        As in `NeighbourVote`; so are the attributes.

    References
    ----------
    Zheleva & Getoor (2009), WWW, doi 10.1145/1526709.1526781; the name is theirs.
    """

    def __init__(self, *, C: float = 1.0, centre: bool = False, numeric: bool = False):
        super().__init__(centre=centre, numeric=numeric)
        self.C = C

    def _learn(
        self, friends: csr_array, known: np.ndarray, answers: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        self._regress(friends[np.flatnonzero(known)], answers[known])
        return self._hear(friends)

    def _hear(self, rows: csr_array) -> tuple[np.ndarray, np.ndarray]:
        shared = rows @ step(self._friends, self._known.astype(np.float32))
        return self._score(rows), shared > 0

    def _regress(self, features: csr_array | np.ndarray, answers: np.ndarray) -> None:
        C = check_share(self.C, "C", low=1e-9, high=1e9)
        if not self.numeric:
            self.model_ = LogisticRegression(C=C, max_iter=1000)
            self.model_.fit(features, answers.argmax(axis=1))
            return
        target = answers[:, 0]
        self.model_ = Ridge(alpha=1 / C, tol=1e-6).fit(features, target)
        unseen = cross_val_predict(self.model_, features, target, cv=min(5, len(target)))
        self._error = np.sqrt(np.mean((target - unseen) ** 2))

    def _score(self, features: csr_array | np.ndarray) -> np.ndarray:
        if not self.numeric:
            return self.model_.predict_proba(features)
        mean = self.model_.predict(features)
        return np.column_stack([mean, mean**2 + self._error**2])

    def _line(self, column: int) -> tuple[np.ndarray, float]:
        """The coefficients and the intercept of one score: the log-odds, or the number."""
        if self.numeric:
            return self._unit * self.model_.coef_, self._number(self.model_.intercept_)
        if len(self.classes_) == 2:  # one score, for the second class and against the first
            side = 1 if column else -1
            return side * self.model_.coef_[0], side * self.model_.intercept_[0]
        return self.model_.coef_[column], self.model_.intercept_[column]

    def _reasons(self, row: int, column: int, by: str) -> pd.DataFrame:
        coefficients, usual = self._line(column)
        near = self._friends[[row]].indices
        weight = np.append(coefficients[near], usual)
        ends = {"via_row": [*near, pd.NA], "from_row": [*near, pd.NA], "column": pd.NA}
        return pd.DataFrame(ends | {"weight": weight})
