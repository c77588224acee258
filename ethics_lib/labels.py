"""Labels: who of many rows said what, and hiding it again to see how well it is told.

What learners on graphs take, read and checked at the door: friends as a square matrix, answers as
``{row: label}`` or a vector. A friendship binds two rows, so ordinary folds cut it:
`cross_validate` and `GridSearchCV` fit on some people and the ties among them, and the ties of
the others are gone. Here answers are hidden, and every tie stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, diags_array, issparse
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.utils.validation import column_or_1d

from ethics_lib.tables import TableError, check_share

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["HideLabels", "as_ones", "hidden_scores", "read_answers", "read_friends"]


class HideLabels:
    """Cut those who answered into folds, to hide the answers of one at a time and keep every tie.

    Each fold has the classes in the shares of all, as far as their numbers allow.

    Parameters
    ----------
    n_splits : int
        Number of folds, 2 or more.
    random_state : int or RandomState

    Examples
    --------
    >>> answers = ["black", "white", None, "black", "white"]
    >>> for keep, hide in HideLabels(2, random_state=0).split(np.zeros((5, 5)), answers):
    ...     print(keep, hide)
    [0 4] [1 3]
    [1 3] [0 4]
    """

    def __init__(self, n_splits: int = 5, *, random_state: int | np.random.RandomState):
        self.n_splits = n_splits
        self.random_state = random_state

    def split(
        self,
        X: ArrayLike,
        y: ArrayLike | Mapping[int, object],
        groups: ArrayLike | None = None,
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the rows whose answers are kept, and those whose answers are hidden.

        Parameters
        ----------
        X, y
            As they are given to the learner. Of X only the number of rows counts.
        groups : vector (n,), optional
            Such as households or circles: a group is hidden as a whole.

        Raises
        ------
        TableError
            When fewer people, or groups, answered than there are folds.
        """
        folds = int(check_share(self.n_splits, "n_splits", low=2, high=1_000_000))
        values, known = read_answers(y, X.shape[0])
        rows = np.flatnonzero(known)
        code = pd.factorize(values)[0]
        count = np.bincount(code)
        code[count[code] < folds] = count.argmax()  # too few to be in every fold
        splitter, parts, what = StratifiedKFold, None, "people"
        if groups is not None:
            if len(groups) != len(known):
                raise TableError(
                    f"groups: {len(groups)} given for {len(known)} people. Give one for each row."
                )
            splitter, parts, what = StratifiedGroupKFold, np.asarray(groups)[rows], "groups"
        n = len(rows) if parts is None else len(pd.unique(parts))
        if n < folds:
            raise TableError(
                f"n_splits={folds}: only {n} {what} answered. Take fewer folds, 2 or more."
            )
        splitter = splitter(folds, shuffle=True, random_state=self.random_state)
        for keep, hide in splitter.split(rows, code, parts):
            yield rows[keep], rows[hide]

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """Say how many folds there are."""
        return self.n_splits


def hidden_scores(
    learner: BaseEstimator,
    X: ArrayLike,
    y: ArrayLike | Mapping[int, object],
    *,
    cv: HideLabels,
    groups: ArrayLike | None = None,
    likes: ArrayLike | None = None,
) -> pd.DataFrame:
    """Judge everybody who answered as if they had not: their fold hidden, every tie kept.

    Parameters
    ----------
    learner : estimator
        One of this room; it is cloned, not changed.
    X, y, likes
        As the learner's ``fit`` takes them; likes for `JointModel` only.
    cv : HideLabels
    groups : vector (n,), optional
        As in `HideLabels.split`.

    Returns
    -------
    DataFrame[fold, reached, guess, ...], index ``row``
        One row a person who answered. After ``guess``, the decision, one column a class with its
        probability; for numbers the column ``sd``.

    Examples
    --------
    >>> from ethics_lib.graph_learners import HarmonicField
    >>> pairs = np.kron(np.eye(2), np.ones((3, 3)))  # two circles of three friends
    >>> answers = ["black"] * 3 + ["white"] * 3
    >>> hidden = hidden_scores(HarmonicField(), pairs, answers, cv=HideLabels(3, random_state=0))
    >>> hidden["guess"].tolist()
    ['black', 'black', 'black', 'white', 'white', 'white']
    """
    values, known = read_answers(y, X.shape[0], numeric=learner.numeric)
    rows, classes = np.flatnonzero(known), [] if learner.numeric else np.unique(values)
    answers = np.full(len(known), None, dtype=object)
    answers[rows] = values
    more = {} if likes is None else {"likes": likes}
    tables = []
    for fold, (keep, hide) in enumerate(cv.split(X, answers, groups)):
        some = np.full(len(known), None, dtype=object)
        some[keep] = answers[keep]
        fitted = clone(learner).fit(X, some, **more)
        table = pd.DataFrame({"fold": fold, "reached": fitted.reached_[hide]}, index=hide)
        table["guess"] = fitted.transduction_[hide]
        if learner.numeric:
            table["sd"] = fitted.sd_[hide]
        else:
            p = pd.DataFrame(fitted.label_distributions_[hide], hide, fitted.classes_)
            table = table.join(p.reindex(columns=classes, fill_value=0.0))
        tables.append(table)
    return pd.concat(tables).rename_axis("row").sort_index()


def read_friends(X: csr_array | np.ndarray) -> csr_array:
    """Say who is friends with whom, if X is a matrix of friends.

    Parameters
    ----------
    X : sparse or dense array (n, n)
        Symmetric in where it is above 0; a tie to oneself is left out.

    Returns
    -------
    csr_array (n, n), float32
        Ones.

    Raises
    ------
    TableError
        When X is not square, has a number below 0, or somebody's friend is no friend back.
    """
    if X.shape[0] != X.shape[1]:
        raise TableError(
            f"X: {X.shape[0]} rows and {X.shape[1]} columns. Friends are a square matrix, the "
            "same people in rows and columns; ties of new people go to predict."
        )
    friends = as_ones(X, "X")
    if friends.diagonal().any():
        friends = friends - csr_array(diags_array(friends.diagonal()))
        friends.eliminate_zeros()
    mirror = csr_array(friends.T)
    same = np.array_equal(friends.indptr, mirror.indptr)
    if not (same and np.array_equal(friends.indices, mirror.indices)):
        a, b = (ends[0] for ends in (friends - friends.minimum(mirror)).nonzero())
        raise TableError(
            f"X: row {a} has a tie to row {b}, and not the other way round. Friendship is "
            "mutual: pass X.maximum(X.T), or X.minimum(X.T) to keep what both say."
        )
    return friends


def as_ones(X: csr_array | np.ndarray, what: str) -> csr_array:
    """Write a one for whatever is above 0: a tie is a tie, and a like is a like.

    Parameters
    ----------
    X : sparse or dense array (n, m)
        It is left as it is.
    what : str
        What it is called where it is refused, since a number lies below 0.

    Returns
    -------
    csr_array (n, m), float32
    """
    data = X.data if issparse(X) else X
    if data.size and data.min() < 0:
        raise TableError(
            f"{what}: Negative values in data, such as {data.min():g}. There is a tie or a like "
            "(above 0) or none (0)."
        )
    if issparse(X) and not X.has_canonical_format:
        X = X.copy()  # the comparison would sort what belongs to somebody else
    return csr_array(X > 0, dtype=np.float32)


def read_answers(
    y: ArrayLike | Mapping[int, object], n: int, *, numeric: bool | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Say what was answered, and in which of n rows.

    Parameters
    ----------
    y : {row: answer}, or vector (n,)
        In a vector None, NaN and NA stand for no answer; in one of whole numbers -1 does too.
    n : int
        Number of people.
    numeric : bool, optional
        Whether the answers are numbers; then -1 is one. By default that is left open, and an
        answer with a fraction is let in.

    Returns
    -------
    values : array
        The answers in the order of the rows.
    known : array (n,) of bool
        Who answered.

    Raises
    ------
    TableError
        When y has another length or a row that does not exist, when nobody answered, or when
        the answers are of different kinds.
    """
    if isinstance(y, Mapping):
        rows = pd.Index(list(y), dtype=object)
        wrong = rows[~rows.isin(range(n))]
        if len(wrong):
            raise TableError(
                f"y: there is no row {wrong[0]!r}; X is about {n} people, rows 0 to {n - 1}."
            )
        said = pd.Series(list(y.values()), rows.astype(int), dtype=object).reindex(range(n))
    elif isinstance(y, (list, tuple, pd.Series, pd.api.extensions.ExtensionArray)):
        said = pd.Series(y)
    else:
        said = pd.Series(column_or_1d(y, warn=True))
    if len(said) != n:
        raise TableError(
            f"y: {len(said)} answers for {n} people. Give one for each row, or a dict."
        )
    known = said.notna().to_numpy()
    if pd.api.types.is_integer_dtype(said) and not numeric:
        known = known & (said != -1).to_numpy(bool, na_value=False)
    if not known.any():
        raise TableError(
            "y: nobody answered, so there is nothing to pass on. Give at least one label, as "
            "{row: label} or in a vector with None for the others."
        )
    return _check_answers(said[known], numeric), known


def _check_answers(said: pd.Series, numeric: bool | None) -> np.ndarray:
    kind = pd.api.types.infer_dtype(said)
    if numeric:
        try:
            values = said.to_numpy(dtype=float)
        except (TypeError, ValueError):
            raise TableError(
                f"y holds {said.iloc[0]!r} ({kind}); with numeric=True all answers are numbers."
            ) from None
    else:
        if kind.startswith("mixed") and kind != "mixed-integer-float":
            raise TableError(
                f"y: Unknown label type: {kind}. Give all labels as words, or all as numbers."
            )
        values = np.array(said.tolist())
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise TableError("Input y contains infinity. Give a finite number, or None for no answer.")
    if numeric is False and values.dtype.kind == "f" and (values % 1).any():
        raise TableError(
            f"y: Unknown label type: continuous, such as {values[values % 1 > 0][0]}. Numbers are "
            "judged with numeric=True."
        )
    return values
