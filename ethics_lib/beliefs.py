"""Beliefs: what is concluded about a person from their own traces, and why.

The published pipeline, in the open: a matrix of people by things, its main factors, and a
regression from factors to what some people said of themselves. Nobody's belief comes from a model
that had seen their own answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from ethics_lib.tables import (
    COLUMNS,
    TableError,
    check_name,
    check_share,
    check_table,
    concat,
    is_numeric,
)

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = [
    "ORIGINS",
    "LikesMatrix",
    "as_beliefs",
    "declare",
    "explain",
    "infer",
    "infer_interests",
    "likes_matrix",
]

ORIGINS: dict[str, str] = {
    "declared": "you said so",
    "told": "somebody else handed it over",
    "observed": "seen on the platform",
    "tracked": "seen on other firms' sites",
    "inferred": "worked out from what you did",
    "propagated": "worked out from who your friends are",
}
"""How a holder comes to a belief, the surest way first."""

_ORIGIN_OF_SOURCE = {"platform": "observed", "pixel": "tracked", "contacts": "told"}


class LikesMatrix(NamedTuple):
    """Who did something with what: people in rows, items in columns, ones where they did."""

    matrix: csr_array
    people: pd.Index
    items: pd.Index


def likes_matrix(traces: pd.DataFrame) -> LikesMatrix:
    """Lay the traces of things out as a matrix of people by items.

    Returns
    -------
    LikesMatrix
        Sparse, float32; a trace without an item (a contact) has no place in it.
    """
    from scipy.sparse import coo_array

    check_table(traces, "traces")
    traces = traces[traces["item"].notna()]
    if traces.empty:
        raise TableError("traces: no trace names an item, so there is no matrix to make.")
    row, people = pd.factorize(traces["person"], sort=True)
    column, items = pd.factorize(traces["item"].astype("int64"), sort=True)
    ones = np.ones(len(row), dtype=np.float32)
    matrix = coo_array((ones, (row, column)), shape=(len(people), len(items))).tocsr()
    matrix.data[:] = 1  # liking a page twice is liking it
    return LikesMatrix(matrix, pd.Index(people, name="person"), pd.Index(items, name="item"))


def infer(
    traces: pd.DataFrame,
    known: pd.DataFrame,
    *,
    holder: str,
    components: int = 50,
    folds: int = 5,
) -> pd.DataFrame:
    """Conclude from what people did to what they are, learning from those who said.

    The factors (a truncated singular value decomposition) come from everybody's traces, which
    hold no answers. The regression (logistic, or ridge for a numeric trait) is fitted on people
    who answered, and each of those is judged by a model fitted without them.

    Parameters
    ----------
    traces : DataFrame
        Of all people to be judged.
    known : DataFrame[person, trait, value]
        What some of them said, such as ``world.reports``; at least ten people a trait.
    holder : str
        Who does this.
    components : int
        Number of factors; fewer where the matrix is small.
    folds : int
        Into how many parts the known people are cut, 2 or more.

    Returns
    -------
    DataFrame of beliefs
        One row a person, trait and value (one a person for a numeric trait), of everybody with
        a trace of something. Method ``svd``, intent ``deliberate``: somebody asked.

    Raises
    ------
    TableError
        When nobody who answered left a trace, or all gave the same answer.

    References
    ----------
    Kosinski, Stillwell & Graepel (2013), PNAS 110:5802, doi 10.1073/pnas.1218772110.
    """
    factors = _factors(traces, components)
    beliefs = []
    for trait, answers in _by_trait(known):
        numeric = is_numeric(answers["value"])
        for rows, fit in _cross_fit(factors, answers, trait, numeric, folds):
            score = fit.intercept + factors.points[rows] @ fit.coefficients
            beliefs.append(_to_rows(trait, factors.people[rows], fit, score, holder=holder))
    return concat(beliefs, "beliefs").sort_values(
        ["trait", "person"], kind="stable", ignore_index=True
    )


def explain(
    traces: pd.DataFrame,
    known: pd.DataFrame,
    *,
    person: int,
    trait: str | None = None,
    value: object = None,
    components: int = 50,
    folds: int = 5,
) -> pd.DataFrame:
    """Give the reasons behind the beliefs of `infer`: the weight of each thing the person did.

    Parameters
    ----------
    traces, known, components, folds
        As they were given to `infer`.
    person : int
    trait : str, optional
        By default every trait in ``known``.
    value : optional
        What to argue for; by default the likeliest value of the trait.

    Returns
    -------
    DataFrame[person, trait, origin, from_person, item, weight]
        Strongest first within a trait. The row without an item is what is usual in the town. For
        a trait with two values the weights add up to the log-odds of the value, with more values
        to its score before the softmax, for a numeric trait to the number believed.
    """
    check_table(known, "known")
    factors = _factors(traces, components)
    if person not in factors.people:
        raise TableError(f"explain: person {person!r} left no trace, so no belief came from one.")
    if trait is not None:
        check_name(trait, known["trait"].unique(), what="trait")
        known = known[known["trait"] == trait]
    row = factors.people.get_loc(person)
    mine = traces[(traces["person"] == person) & traces["item"].notna()]
    seen = mine.drop_duplicates("item").set_index("item")["source"]
    origin = seen.map(_ORIGIN_OF_SOURCE).fillna("observed")
    tables = []
    for name, answers in _by_trait(known):
        models = _cross_fit(factors, answers, name, is_numeric(answers["value"]), folds)
        fit = next(fit for rows, fit in models if row in rows)
        weights = _weights(factors, row, fit, value)
        table = pd.DataFrame({"item": weights.index.astype("Int32"), "weight": weights.array})
        table["origin"] = table["item"].map(origin).fillna("inferred").astype("str")
        table = table.assign(person=np.int32(person), trait=name, from_person=np.int32(person))
        tables.append(table.sort_values("weight", key=abs, ascending=False))
    return concat(tables, "explanation")[list(COLUMNS["explanation"])]


def _weights(factors: _Factors, row: int, fit: _Fit, value: object) -> pd.Series:
    """What each item of one person adds to one score; the intercept stands at NA."""
    score = fit.intercept + factors.points[row] @ fit.coefficients
    column = int(score.argmax())
    if value is not None and fit.classes:
        column = fit.classes.index(check_name(value, fit.classes, what="value"))
    sides = 2.0 if len(fit.classes) == 2 else 1.0  # two classes hold half of the log-odds each
    mine = factors.likes.matrix[[row]]
    per_item = sides * factors.loadings[mine.indices] @ fit.coefficients[:, column]
    weights = pd.Series(
        [*(mine.data * per_item * factors.scale[row]), sides * fit.intercept[column]],
        index=pd.array([*factors.likes.items[mine.indices], pd.NA], dtype="Int32"),
    )
    return weights


def infer_interests(
    traces: pd.DataFrame, items: pd.DataFrame, *, holder: str, prior: float = 10.0
) -> pd.DataFrame:
    """Guess what a person's next likes will be about.

    The believed share of a topic is the share among the person's own traces, drawn towards the
    town's share as if they had left ``prior`` more.

    Parameters
    ----------
    traces : DataFrame
    items : DataFrame, index ``item``
    holder : str
    prior : float, traces
        0 trusts a single like; a large number believes that everybody is alike.

    Returns
    -------
    DataFrame of beliefs
        Trait ``interest``, one row a person and topic; each person's ``p`` add up to 1.
    """
    check_table(traces, "traces")
    check_table(items, "items")
    check_share(prior, "prior", high=1e6)
    seen = traces[traces["item"].notna()]
    topic = items["topic"].loc[seen["item"].astype("int64")]
    row, people = pd.factorize(seen["person"], sort=True)
    column, topics = pd.factorize(topic, sort=True)
    cell = row * len(topics) + column  # pd.crosstab takes ten times as long
    counts = np.bincount(cell, minlength=len(people) * len(topics)).reshape(len(people), -1)
    counts = pd.DataFrame(counts, people, topics)
    town = counts.sum() / counts.to_numpy().sum()
    share = counts.add(prior * town).div(counts.sum(axis=1) + prior, axis=0)
    return as_beliefs(
        _one_row_a_value(share),
        trait="interest",
        origin="observed",
        method="share",
        holder=holder,
        intent="incidental",
    )


def declare(known: pd.DataFrame, *, holder: str) -> pd.DataFrame:
    """Take people at their word: what they said of themselves, as beliefs.

    Returns
    -------
    DataFrame of beliefs, origin ``declared``, ``p`` 1 (a numeric trait has ``sd`` 0)
    """
    check_table(known, "known")
    _check_once(known)
    numeric = known["trait"].map(known.groupby("trait")["value"].agg(is_numeric))
    rows = known[["person", "trait", "value"]].assign(
        p=np.where(numeric, np.nan, 1.0), sd=np.where(numeric, 0.0, np.nan)
    )
    return as_beliefs(rows, origin="declared", method="form", holder=holder, intent="deliberate")


def as_beliefs(rows: pd.DataFrame, **columns: str) -> pd.DataFrame:
    """Complete rows that have at least ``person``, ``value`` and ``p`` or ``sd`` to beliefs."""
    full = {"p": np.nan, "sd": np.nan} | columns
    rows = rows.assign(**{c: v for c, v in full.items() if c not in rows or c in columns})
    return rows[list(COLUMNS["beliefs"])].astype(
        {"person": "int32", "value": object, "p": "float64", "sd": "float64"}
    )


def _one_row_a_value(wide: pd.DataFrame) -> pd.DataFrame:
    """People by values, laid out as [person, value, p], person by person."""
    return pd.DataFrame(
        {
            "person": np.repeat(wide.index.to_numpy(), wide.shape[1]),
            "value": np.tile(wide.columns.to_numpy(object), len(wide)),
            "p": wide.to_numpy().ravel(),
        }
    )


class _Factors(NamedTuple):
    likes: LikesMatrix
    people: pd.Index
    points: np.ndarray  # people x factors: where each person stands
    loadings: np.ndarray  # items x factors: what each like adds, before scale
    scale: np.ndarray  # people: a like among many says less


class _Fit(NamedTuple):
    classes: list
    intercept: np.ndarray
    coefficients: np.ndarray  # factors x classes
    sd: float = np.nan


def _factors(traces: pd.DataFrame, components: int) -> _Factors:
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import svds
    from threadpoolctl import threadpool_limits

    likes = likes_matrix(traces)
    k = int(
        min(check_share(components, "components", low=1, high=10_000), min(likes.matrix.shape) - 1)
    )
    if k < 1:
        n, m = likes.matrix.shape
        raise TableError(f"traces: {n} people and {m} items are too few; 2 of each are needed.")
    scale = 1 / np.sqrt(likes.matrix.sum(axis=1))
    scaled = (diags_array(scale) @ likes.matrix).astype(np.float64)
    start = np.ones(min(scaled.shape))  # a fixed start: the same traces give the same factors
    with threadpool_limits(limits=1, user_api="blas"):
        _, _, vt = svds(scaled, k=k, v0=start)
    points = scaled @ vt.T
    spread = points.std(axis=0)
    spread[spread < 1e-9] = 1.0
    return _Factors(likes, likes.people, points / spread, vt.T / spread, scale)


def _by_trait(known: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    check_table(known, "known")
    _check_once(known)
    yield from known.groupby("trait", sort=False)


def _check_once(known: pd.DataFrame) -> None:
    twice = known[known.duplicated(["person", "trait"])]
    if len(twice):
        raise TableError(
            f"known: person {twice['person'].iloc[0]} answers {twice['trait'].iloc[0]!r} twice. "
            "Keep one answer a person and trait."
        )


def _cross_fit(
    factors: _Factors, answers: pd.DataFrame, trait: str, numeric: bool, folds: int
) -> Iterator[tuple[np.ndarray, _Fit]]:
    """Yield who is judged, and the model that judges them: never one that saw their answer."""
    from sklearn.model_selection import KFold, StratifiedKFold

    check_share(folds, "folds", low=2, high=1000)
    rows = factors.people.get_indexer(answers["person"])
    target = answers["value"].to_numpy()[rows >= 0]
    rows = rows[rows >= 0]
    counts = pd.Series(target).value_counts()
    if len(rows) < 10 or (not numeric and (len(counts) < 2 or counts.min() < 2)):
        raise TableError(
            f"known: {len(rows)} people with traces answered {trait!r}"
            + ("" if numeric else f" ({', '.join(f'{v}: {n}' for v, n in counts.items())})")
            + ". At least 10 are needed, and at least 2 for each of two values."
        )
    folds = min(folds, len(rows) if numeric else int(counts.min()))
    splitter = KFold(folds) if numeric else StratifiedKFold(folds)
    target = target.astype(float) if numeric else target.astype(str)
    errors, parts = np.zeros(len(rows)), []
    for learn, judge in splitter.split(rows, None if numeric else target):
        fit = _fit(factors.points[rows[learn]], target[learn], numeric)
        if numeric:
            score = fit.intercept + factors.points[rows[judge]] @ fit.coefficients
            errors[judge] = target[judge] - score[:, 0]
        parts.append((rows[judge], fit))
    silent = np.setdiff1d(np.arange(len(factors.people)), rows)
    parts.append((silent, _fit(factors.points[rows], target, numeric)))
    for part, fit in parts:
        yield part, fit._replace(sd=errors.std() if numeric else np.nan)


def _fit(points: np.ndarray, target: np.ndarray, numeric: bool) -> _Fit:
    from sklearn.linear_model import LogisticRegression, Ridge
    from threadpoolctl import threadpool_limits

    model = Ridge(alpha=10.0) if numeric else LogisticRegression(C=0.1, max_iter=1000)
    # on matrices as small as these, threads wait for each other most of the time
    with threadpool_limits(limits=1, user_api="blas"):
        model.fit(points, target)
    if numeric:
        return _Fit([], np.atleast_1d(model.intercept_), model.coef_.reshape(-1, 1))
    if len(model.classes_) == 2:  # one score, shared between two classes
        intercept = np.array([-0.5, 0.5]) * model.intercept_
        return _Fit(model.classes_.tolist(), intercept, model.coef_.T * np.array([-0.5, 0.5]))
    return _Fit(model.classes_.tolist(), model.intercept_, model.coef_.T)


def _to_rows(
    trait: str, people: pd.Index, fit: _Fit, score: np.ndarray, *, holder: str
) -> pd.DataFrame:
    from scipy.special import softmax

    if fit.classes:
        rows = _one_row_a_value(pd.DataFrame(softmax(score, axis=1), people, fit.classes))
    else:
        rows = pd.DataFrame({"person": people, "value": score[:, 0], "sd": fit.sd})
    return as_beliefs(
        rows, trait=trait, origin="inferred", method="svd", holder=holder, intent="deliberate"
    )
