"""Trait models: what likes tell about a person, learnt from those who said, and why.

The published pipeline by scikit-learn's rules, for anybody's matrix of likes: a reducer takes
people by likes to a few factors, an estimator goes from factors to a trait, and a judgement can be
taken apart into the weight of each like. `ethics_lib.beliefs` stands on them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, issparse, vstack
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import validation
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from threadpoolctl import threadpool_limits

from ethics_lib.factors import LikesSVD, check_matrix
from ethics_lib.tables import TableError, check_name, check_share, is_numeric

__all__ = ["REGRESSIONS", "LinearForm", "TraitModel", "linear_form", "tell_traits"]

REGRESSIONS = {
    "words": LogisticRegression(C=0.1, max_iter=1000),
    "numbers": Ridge(alpha=10.0),
}
"""The regressions from factors to a trait, a little held back; unfitted."""


class TraitModel(BaseEstimator):
    """Learn a trait from likes: a reducer, then an estimator; classify or regress as that does.

    Parameters
    ----------
    reducer : transformer, optional
        From likes to factors, by default `LikesSVD`; ``"passthrough"`` learns from the likes.
    estimator : classifier or regressor, optional
        From factors to the trait, by default a logistic regression, a little held back. What it
        is, the model is: pass ``Ridge(10)`` for a number.
    calibration : {None, "sigmoid", "isotonic"}
        Make probabilities come true as often as they say, in five folds (a classifier only).

    Attributes
    ----------
    reducer_, estimator_
        Fitted.

    Raises
    ------
    TableError
        In `fit`, when all gave the same answer: nothing can be learnt from it, as in `infer`.

    Notes
    -----
    About a person without likes, or with such only as nobody had, `LikesSVD` knows nothing: they
    are judged as the average person, which is near the share of each answer. Whom it concerns is
    ``(X @ model.reducer_.seen_) == 0``.

    Examples
    --------
    >>> likes = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 1, 1], [0, 1, 0, 1]] * 5)
    >>> model = TraitModel(LikesSVD(2)).fit(likes, ["Tide", "Tide", "Lantern", "Lantern"] * 5)
    >>> model.predict([[1, 0, 0, 0], [0, 0, 0, 1]]).tolist()
    ['Tide', 'Lantern']
    """

    def __init__(
        self, reducer: object = None, estimator: object = None, *, calibration: str | None = None
    ):
        self.reducer = reducer
        self.estimator = estimator
        self.calibration = calibration

    def parts(self) -> tuple[object, object]:
        """Make its reducer and its estimator, new and unfitted."""
        reducer = LikesSVD() if self.reducer is None else self.reducer
        if isinstance(reducer, str):
            check_name(reducer, ("passthrough",), what="reducer")
            reducer = FunctionTransformer(accept_sparse=True)
        estimator = REGRESSIONS["words"] if self.estimator is None else self.estimator
        if not (is_classifier(estimator) or is_regressor(estimator)):
            raise TableError(
                f"estimator: {type(estimator).__name__} neither classifies nor regresses."
            )
        estimator = clone(estimator)
        if self.calibration is not None:
            check_name(self.calibration, ("sigmoid", "isotonic"), what="calibration")
            if not is_classifier(estimator):
                raise TableError(
                    f"calibration={self.calibration!r}: {type(estimator).__name__} gives numbers, "
                    "and only probabilities can be calibrated. Leave it out."
                )
            estimator = CalibratedClassifierCV(estimator, method=self.calibration)
        return clone(reducer), estimator

    def fit(self, X: object, y: object) -> TraitModel:
        """Learn from people (rows of X, items in columns) and what each of them said."""
        reducer, estimator = self.parts()
        X, y = check_matrix(self, X, y, y_numeric=is_regressor(estimator))
        if is_classifier(estimator):
            check_classification_targets(y)
            if len(np.unique(y)) < 2:
                raise TableError(
                    f"y: one class only: all {len(y)} answers are {y[0]}. Nothing can be learnt "
                    "from that; pass people who answered otherwise too."
                )
        points = reducer.fit_transform(X)
        with threadpool_limits(limits=1, user_api="blas"):  # for matrices this thin
            estimator.fit(points, y)
        self.reducer_, self.estimator_ = reducer, estimator
        return self

    def assemble(self, reducer: object, estimator: object) -> TraitModel:
        """Join parts that were fitted elsewhere, such as to factors that many traits share."""
        model = clone(self)
        model.reducer_, model.estimator_ = reducer, estimator
        model.n_features_in_ = reducer.n_features_in_
        return model

    def predict(self, X: object) -> np.ndarray:
        """Judge each person: the likeliest value, or a number."""
        points = self._points(X)
        return self.estimator_.predict(points)

    @available_if(lambda self: hasattr(self._estimator(), "predict_proba"))
    def predict_proba(self, X: object) -> np.ndarray:
        """Say how likely each value is, in the order of ``classes_``."""
        points = self._points(X)
        return self.estimator_.predict_proba(points)

    @available_if(lambda self: hasattr(self._estimator(), "decision_function"))
    def decision_function(self, X: object) -> np.ndarray:
        """Give the score behind each judgement, such as the log-odds of a logistic regression."""
        points = self._points(X)
        return self.estimator_.decision_function(points)

    def score(self, X: object, y: object) -> float:
        """Score its judgements as the estimator does: share right, or R squared."""
        points = self._points(X)
        return self.estimator_.score(points, y)

    def explain(self, row: object, *, value: object = None) -> pd.DataFrame:
        """Take one judgement apart: the weight of each like.

        Parameters
        ----------
        row : one row of likes, sparse or dense
        value : optional
            What to argue for; by default the likeliest value.

        Returns
        -------
        DataFrame[item, weight]
            The number of each column liked, strongest first; the row without an item is what is
            said of everybody. With two values the weights add up to the log-odds of the value,
            with more to its `decision_function`, for a number to what is predicted.

        Raises
        ------
        TableError
            When no sum over likes is behind the judgement.
        """
        row = row if issparse(row) or hasattr(row, "columns") else np.atleast_2d(row)
        validation.check_is_fitted(self, "estimator_")
        X = check_matrix(self, row, reset=False)
        if X.shape[0] != 1:
            raise TableError(f"row: {X.shape[0]} people; explain one at a time.")
        form = linear_form(self.estimator_)
        amount, places, rest = _take_apart(self.reducer_, X)
        column = int((form.intercept + (amount @ places + rest) @ form.coefficients).argmax())
        if value is not None and form.classes:
            column = form.classes.index(check_name(value, form.classes, what="value"))
        sides = 2.0 if len(form.classes) == 2 else 1.0  # two classes hold half of the score each
        weights = sides * (places @ form.coefficients[:, column]) * amount
        usual = sides * (form.intercept[column] + rest @ form.coefficients[:, column])
        items = pd.array([*csr_array(X).indices, pd.NA], dtype="Int32")
        table = pd.DataFrame({"item": items, "weight": [*weights, usual]})
        return table.sort_values("weight", key=abs, ascending=False, ignore_index=True)

    @property
    def classes_(self) -> np.ndarray:
        """The values of the trait, sorted."""
        return self.estimator_.classes_

    def _points(self, X: object) -> np.ndarray:
        validation.check_is_fitted(self, "estimator_")
        return self.reducer_.transform(check_matrix(self, X, reset=False))

    def _estimator(self) -> object:
        return self.estimator_ if hasattr(self, "estimator_") else self.parts()[1]

    def __sklearn_tags__(self) -> object:
        from sklearn.utils import get_tags

        tags, inner = super().__sklearn_tags__(), get_tags(self._estimator())
        tags.estimator_type = inner.estimator_type
        tags.classifier_tags, tags.regressor_tags = inner.classifier_tags, inner.regressor_tags
        tags.input_tags.sparse = tags.target_tags.required = True
        return tags

    @property
    def _estimator_type(self) -> str:  # scikit-learn 1.5, as _more_tags
        return "classifier" if is_classifier(self._estimator()) else "regressor"

    def _more_tags(self) -> dict:
        return {"requires_y": True}


class LinearForm(NamedTuple):
    """A fitted linear estimator as scores: ``points @ coefficients + intercept``.

    The scores of two values are half of their log-odds each, so that the softmax of any number of
    scores is the probability. A number has no classes and one column.
    """

    classes: list
    intercept: np.ndarray  # classes
    coefficients: np.ndarray  # factors x classes


def tell_traits(
    points: np.ndarray, answers: pd.DataFrame, *, estimator: object = None, folds: int = 10
) -> pd.DataFrame:
    """Measure how well factors tell traits, of people whose answer the model had not seen.

    The factors come from everybody's likes and are shared, so this takes a regression a fold.

    Parameters
    ----------
    points : array (people, factors)
        Such as ``LikesSVD(100).fit_transform(likes)``.
    answers : DataFrame
        A row a row of ``points``, a column a trait (two words, or numbers), empty where nobody
        said.
    estimator : optional
        For all traits; by default a logistic regression for words and a ridge for numbers.
    folds : int
        Stratified for words, in the order of the table: nothing is drawn.

    Returns
    -------
    DataFrame[trait, n, metric, estimate]
        ``auc`` of the last of two words, ``r`` of a number.
    """
    check_share(folds, "folds", low=2, high=1000)
    if len(points) != len(answers):
        raise TableError(f"answers: {len(answers)} rows, and there are {len(points)} of points.")

    def tell(trait: str) -> tuple[str, int, str, float]:
        said = answers[trait].notna().to_numpy()
        x, y = points[said], answers.loc[said, trait]
        numeric = is_numeric(y)
        model = REGRESSIONS["numbers" if numeric else "words"] if estimator is None else estimator
        if numeric:
            guess = cross_val_predict(model, x, y.to_numpy(float), cv=KFold(folds))
            return trait, len(y), "r", float(np.corrcoef(guess, y.to_numpy(float))[0, 1])
        counts = y.value_counts().sort_index()
        if len(counts) != 2 or counts.min() < folds:
            held = ", ".join(f"{value}: {n}" for value, n in counts.items())
            raise TableError(
                f"answers: {trait!r} holds {held or 'nothing'}. Two values are needed, and "
                f"{folds} people, one a fold, for each."
            )
        y = (y == counts.index[1]).to_numpy()
        method = "decision_function" if hasattr(model, "decision_function") else "predict_proba"
        score = cross_val_predict(model, x, y, cv=StratifiedKFold(folds), method=method)
        score = score[:, 1] if score.ndim == 2 else score
        return trait, len(y), "auc", float(roc_auc_score(y, score))

    # One thread: on matrices this thin, threads wait for each other most of the time.
    with threadpool_limits(limits=1, user_api="blas"):
        rows = [tell(trait) for trait in answers]
    return pd.DataFrame(rows, columns=["trait", "n", "metric", "estimate"])


def linear_form(estimator: object) -> LinearForm:
    """Read a fitted linear estimator as scores, or say why it cannot be read so."""
    if not hasattr(estimator, "coef_"):
        raise TableError(
            f"{type(estimator).__name__} has no weight for each factor, so no like has one. What "
            "can be explained is a sum: an estimator with coef_, such as LogisticRegression or "
            "Ridge, without calibration."
        )
    intercept, coefficients = np.atleast_1d(estimator.intercept_), np.atleast_2d(estimator.coef_).T
    if not is_classifier(estimator):
        return LinearForm([], intercept, coefficients)
    classes = estimator.classes_.tolist()
    if len(classes) == 2:
        halves = np.array([-0.5, 0.5])
        return LinearForm(classes, halves * intercept, coefficients * halves)
    return LinearForm(classes, intercept, coefficients)


def _take_apart(reducer: object, row: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As `LikesSVD.take_apart`, for any reducer that adds likes up: each like is laid in alone."""
    likes = csr_array(row)
    if hasattr(reducer, "take_apart"):
        return reducer.take_apart(likes)
    n, m = likes.nnz, likes.shape[1]
    alone = csr_array((likes.data, likes.indices, np.arange(n + 1)), shape=(n, m))
    rows = vstack([csr_array((1, m), dtype=likes.dtype), likes, alone], format="csr")
    points = reducer.transform(rows if issparse(row) else rows.toarray())
    nothing, whole, *each = points.toarray() if issparse(points) else points
    places = np.reshape(each, (n, len(nothing))) - nothing
    if not np.allclose(places.sum(axis=0) + nothing, whole, rtol=1e-4, atol=1e-6):
        raise TableError(
            f"{type(reducer).__name__} does not add likes up, so none has a weight of its own. "
            "What can be explained is a sum: a reducer such as LikesSVD, TruncatedSVD or PCA."
        )
    return np.ones(n), places, nothing
