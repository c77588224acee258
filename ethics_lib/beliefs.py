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

from ethics_lib.consents import leave_out, leave_rectified
from ethics_lib.guards import aggregate, check_reasons, may_name_persons
from ethics_lib.tables import (
    COLUMNS,
    TableError,
    check_name,
    check_share,
    check_table,
    concat,
    is_numeric,
)
from ethics_lib.traces import TRACKERS

if TYPE_CHECKING:
    from scipy.sparse import csr_array
    from sklearn.base import BaseEstimator

    from ethics_lib.trait_models import TraitModel

__all__ = [
    "ORIGINS",
    "ORIGIN_OF_SOURCE",
    "LikesMatrix",
    "as_beliefs",
    "check_answers",
    "declare",
    "explain",
    "infer",
    "infer_interests",
    "judges",
    "lay_out",
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

ORIGIN_OF_SOURCE = {"platform": "observed", "contacts": "told"}
ORIGIN_OF_SOURCE |= dict.fromkeys((*TRACKERS, "list"), "tracked")
"""How a holder comes to a trace; one of any other source counts as ``observed``.

A firm hands a customer list over, and still it holds what the person did, elsewhere: ``tracked``.
"""


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
    # the forests of scikit-learn take no wider index
    place = row.astype(np.int32), column.astype(np.int32)
    matrix = coo_array((ones, place), shape=(len(people), len(items))).tocsr()
    matrix.data[:] = 1  # liking a page twice is liking it
    return LikesMatrix(matrix, pd.Index(people, name="person"), pd.Index(items, name="item"))


def infer(
    traces: pd.DataFrame,
    known: pd.DataFrame,
    *,
    holder: str,
    components: int = 50,
    folds: int = 5,
    model: TraitModel | BaseEstimator | None = None,
    ledger: pd.DataFrame | None = None,
    person_rows: bool = False,
    basis: str | None = None,
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
        Number of factors; fewer where the matrix is small. A ``model`` brings its own.
    folds : int
        Into how many parts the known people are cut, 2 or more.
    model : TraitModel or any estimator of scikit-learn, optional
        Learns instead, in the same folds. The reducer of a `trait_models.TraitModel` sees
        everybody's traces and no answer; any other estimator learns from the likes themselves.
    ledger : DataFrame of consents, optional
        Who said no to ``profiling`` there, or to all processing, is not judged, nor learnt from;
        what somebody put right (``accuracy:`` and the trait) is not guessed at again.
        `consents.leave_out` leaves them out of the tables for `explain` too.
    person_rows, basis
        For a protected trait of real people; see `guards.may_name_persons`.

    Returns
    -------
    DataFrame of beliefs
        One row a person, trait and value (one a person for a numeric trait), of everybody with
        a trace of something. Method ``svd``, or the model's name; intent ``deliberate``: somebody
        asked. Of a protected trait of real people: an aggregate, see `guards.aggregate`.

    Raises
    ------
    TableError
        When nobody who answered left a trace, or all gave the same answer; when a classifier is
        given numbers, or a regressor words.

    References
    ----------
    Kosinski, Stillwell & Graepel (2013), PNAS 110:5802, doi 10.1073/pnas.1218772110.
    """
    traces = _allowed(traces, "traces", ledger, holder)
    known = _allowed(known, "known", ledger, holder)
    learner = _learner(traces, components, model)
    method = "svd" if model is None else type(model).__name__
    beliefs = []
    for trait, answers in check_answers(known).groupby("trait", sort=False):
        for rows, fit in _cross_fit(learner, answers, trait, folds):
            people, points = learner.likes.people[rows], learner.points[rows]
            row = {"trait": trait, "origin": "inferred", "method": method, "holder": holder}
            beliefs.append(as_beliefs(_judge(people, points, fit), **row, intent="deliberate"))
    beliefs = leave_rectified(concat(beliefs, "beliefs"), ledger, holder=holder)
    beliefs = beliefs.sort_values(["trait", "person"], kind="stable", ignore_index=True)
    if may_name_persons(known["trait"].unique(), person_rows=person_rows, basis=basis):
        return beliefs
    return aggregate(beliefs)


def explain(
    traces: pd.DataFrame,
    known: pd.DataFrame,
    *,
    person: int,
    trait: str | None = None,
    value: object = None,
    components: int = 50,
    folds: int = 5,
    model: TraitModel | BaseEstimator | None = None,
    person_rows: bool = False,
    basis: str | None = None,
) -> pd.DataFrame:
    """Give the reasons behind the beliefs of `infer`: the weight of each thing the person did.

    Parameters
    ----------
    traces, known, components, folds, model
        As they were given to `infer`.
    person : int
    trait : str, optional
        By default every trait in ``known``.
    value : optional
        What to argue for; by default the likeliest value of the trait.
    person_rows, basis
        For a protected trait of real people; see `guards.may_name_persons`.

    Returns
    -------
    DataFrame[person, trait, origin, from_person, item, weight]
        Strongest first within a trait. The row without an item is what is usual in the town. For
        a trait with two values the weights add up to the log-odds of the value, with more values
        to its score before the softmax, for a numeric trait to the number believed.

    Raises
    ------
    TableError
        When the model's judgement is no sum over likes: a forest, or calibrated probabilities.
    DualUseError
        For a protected trait without a basis.
    """
    if "time" in check_table(known, "known"):
        raise TableError(
            "known: a column 'time' says how it went after a moment. Ask explain_behaviour for the "
            "reasons of predict_behaviour; for those of infer leave the column out."
        )
    likes = likes_matrix(traces)
    if person not in likes.people:
        raise TableError(f"explain: person {person!r} left no trace, so no belief came from one.")
    if trait is not None:
        check_name(trait, known["trait"].unique(), what="trait")
        known = known[known["trait"] == trait]
    for name in known["trait"].unique():
        check_reasons(name, person_rows=person_rows, basis=basis)
    mine = traces[(traces["person"] == person) & traces["item"].notna()]
    seen = mine.drop_duplicates("item").set_index("item")["source"]
    origin = seen.map(ORIGIN_OF_SOURCE).fillna("observed")
    row, me, tables = likes.matrix[[likes.people.get_loc(person)]], np.int32(person), []
    fitted = judges(traces, known, components=components, folds=folds, model=model)
    for name, judge in ((name, judge) for name, people, judge in fitted if person in people):
        table = judge.explain(row, value=value)
        table["item"] = table["item"].map(pd.Series(likes.items)).astype("Int32")
        table["origin"] = table["item"].map(origin).fillna("inferred").astype("str")
        tables.append(table.assign(person=me, trait=name, from_person=me))
    return concat(tables, "explanation")[list(COLUMNS["explanation"])]


def judges(
    traces: pd.DataFrame,
    known: pd.DataFrame,
    *,
    components: int = 50,
    folds: int = 5,
    model: TraitModel | BaseEstimator | None = None,
) -> Iterator[tuple[str, pd.Index, TraitModel]]:
    """Fit the models of `infer` again, and say of which trait each judged whom."""
    learner = _learner(traces, components, model)
    for trait, answers in check_answers(known).groupby("trait", sort=False):
        for rows, fit in _cross_fit(learner, answers, trait, folds):
            whole = learner.models[is_numeric(answers["value"])]
            yield trait, learner.likes.people[rows], whole.assemble(learner.reducer, fit.estimator)


def infer_interests(
    traces: pd.DataFrame,
    items: pd.DataFrame,
    *,
    holder: str,
    method: str = "share",
    prior: float = 10.0,
    ledger: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Guess what a person's next likes will be about.

    The believed share of a topic is the share among the person's own traces, drawn towards the
    town's share as if they had left ``prior`` more. With another method a model first spreads the
    same number of traces over topics as it expects, from what others did too.

    Parameters
    ----------
    traces : DataFrame
    items : DataFrame, index ``item``
    holder : str
    method : {"share", "popularity", "lift", "tfidf", "nmf", "svd"}
        ``share`` counts; the others are in `interest_models.MODELS`, each with its evidence.
    prior : float, traces
        0 trusts a single like; a large number believes that everybody is alike.
    ledger : DataFrame of consents, optional
        As for `infer`.

    Returns
    -------
    DataFrame of beliefs
        Trait ``interest``, one row a person and topic; each person's ``p`` add up to 1. Origin
        ``observed``, or ``tracked`` where nothing was seen on the platform; with another method
        than ``share`` ``inferred``.

    Raises
    ------
    UnknownNameError
        When there is no such method.
    """
    traces = _allowed(traces, "traces", ledger, holder)
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
    number = counts.sum(axis=1)
    origin = np.repeat(_how_seen(seen["source"], row), len(topics))
    if method != "share":
        counts = _expected_shares(seen, items["topic"], method).mul(number, axis=0)
        origin = "inferred"
    share = counts.add(prior * town).div(number + prior, axis=0)
    said = {"trait": "interest", "origin": origin, "method": method, "holder": holder}
    return as_beliefs(lay_out(share), **said, intent="incidental")


def _how_seen(source: pd.Series, row: np.ndarray) -> np.ndarray:
    """The surest way in which anything of each person was seen; on the platform, if any was."""
    ways = np.array(["observed", "tracked", "told"], dtype=object)
    origin = source.map({s: ORIGIN_OF_SOURCE.get(s, "observed") for s in source.unique()})
    return ways[pd.Series(pd.Index(ways).get_indexer(origin)).groupby(row).min()]


def _expected_shares(traces: pd.DataFrame, topic: pd.Series, method: str) -> pd.DataFrame:
    """How a model spreads each person's interest over topics: people by topics."""
    from sklearn.base import clone

    from ethics_lib.interest_models import MODELS

    check_name(method, ["share", *MODELS], what="method")
    likes = likes_matrix(traces)
    model = clone(MODELS[method]).fit(likes.matrix)
    return model.topic_shares(likes.matrix, topic.loc[likes.items]).set_index(likes.people)


def declare(known: pd.DataFrame, *, holder: str) -> pd.DataFrame:
    """Take people at their word: what they said of themselves, as beliefs.

    Returns
    -------
    DataFrame of beliefs, origin ``declared``, ``p`` 1 (a numeric trait has ``sd`` 0)
    """
    numeric = check_answers(known)["trait"].map(known.groupby("trait")["value"].agg(is_numeric))
    rows = known[["person", "trait", "value"]].assign(
        p=np.where(numeric, np.nan, 1.0), sd=np.where(numeric, 0.0, np.nan)
    )
    return as_beliefs(rows, origin="declared", method="form", holder=holder, intent="deliberate")


def as_beliefs(rows: pd.DataFrame, **columns: str | np.ndarray) -> pd.DataFrame:
    """Complete rows that have at least ``person``, ``value`` and ``p`` or ``sd`` to beliefs."""
    full = {"p": np.nan, "sd": np.nan} | columns
    rows = rows.assign(**{c: v for c, v in full.items() if c not in rows or c in columns})
    return rows[list(COLUMNS["beliefs"])].astype(
        {"person": "int32", "value": object, "p": "float64", "sd": "float64"}
    )


def check_answers(known: pd.DataFrame) -> pd.DataFrame:
    """Let answers in, or say who gave two about one trait."""
    twice = known[check_table(known, "known").duplicated(["person", "trait"])]
    if len(twice):
        raise TableError(
            f"known: person {twice['person'].iloc[0]} answers {twice['trait'].iloc[0]!r} twice. "
            "Keep one answer a person and trait."
        )
    return known


def lay_out(wide: pd.DataFrame) -> pd.DataFrame:
    """Lay people by values out as rows for `as_beliefs`: [person, value, p], person by person."""
    return pd.DataFrame(
        {
            "person": np.repeat(wide.index.to_numpy(), wide.shape[1]),
            "value": np.tile(wide.columns.to_numpy(object), len(wide)),
            "p": wide.to_numpy().ravel(),
        }
    )


def _allowed(
    table: pd.DataFrame, noun: str, ledger: pd.DataFrame | None, holder: str
) -> pd.DataFrame:
    """What is left of a table without those who said no to being profiled by this holder."""
    return leave_out(check_table(table, noun), ledger, holder=holder, purpose="profiling")


class _Learner(NamedTuple):
    likes: LikesMatrix
    points: np.ndarray | csr_array  # where each person stands, for the estimator to learn from
    reducer: BaseEstimator  # fitted to everybody's likes
    models: dict[bool, TraitModel]  # for a trait that is a number, or not


class _Fit(NamedTuple):
    estimator: BaseEstimator
    sd: float = np.nan  # of the errors about numbers


def _learner(
    traces: pd.DataFrame, components: int, model: TraitModel | BaseEstimator | None
) -> _Learner:
    from sklearn.base import is_regressor

    from ethics_lib.factors import LikesSVD
    from ethics_lib.trait_models import REGRESSIONS, TraitModel

    likes = likes_matrix(traces)
    n, m = likes.matrix.shape
    k = int(min(check_share(components, "components", low=1, high=10_000), n - 1, m - 1))
    if k < 1:
        raise TableError(f"traces: {n} people and {m} items are too few; 2 of each are needed.")
    if model is None:
        words, numbers = (TraitModel(LikesSVD(k), REGRESSIONS[of]) for of in ("words", "numbers"))
        models = {False: words, True: numbers}
    else:
        model = model if isinstance(model, TraitModel) else TraitModel("passthrough", model)
        models = {is_regressor(model): model}
    reducer, _ = next(iter(models.values())).parts()
    return _Learner(likes, reducer.fit_transform(likes.matrix), reducer, models)


def _cross_fit(
    learner: _Learner, answers: pd.DataFrame, trait: str, folds: int
) -> Iterator[tuple[np.ndarray, _Fit]]:
    """Yield who is judged, and the model that judges them: never one that saw their answer."""
    from sklearn.model_selection import KFold, StratifiedKFold

    check_share(folds, "folds", low=2, high=1000)
    numeric = is_numeric(answers["value"])
    rows = learner.likes.people.get_indexer(answers["person"])
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
    estimator = _estimator(learner, trait, numeric)
    errors, parts = np.zeros(len(rows)), []
    for learn, judge in splitter.split(rows, None if numeric else target):
        fit = _fit(estimator, learner.points[rows[learn]], target[learn])
        if numeric:
            errors[judge] = target[judge] - fit.estimator.predict(learner.points[rows[judge]])
        parts.append((rows[judge], fit))
    silent = np.setdiff1d(np.arange(len(learner.likes.people)), rows)
    if len(silent):
        parts.append((silent, _fit(estimator, learner.points[rows], target)))
    for part, fit in parts:
        yield part, fit._replace(sd=errors.std() if numeric else np.nan)


def _estimator(learner: _Learner, trait: str, numeric: bool) -> BaseEstimator:
    """The estimator for a trait of this kind, or what is wrong with the only one there is."""
    if numeric not in learner.models:
        raise TableError(
            f"known: {trait!r} holds {'numbers' if numeric else 'words'}, and the model "
            f"{'classifies' if numeric else 'gives numbers'}. Pass a "
            f"{'regressor' if numeric else 'classifier'}, or only the answers that suit it."
        )
    _, estimator = learner.models[numeric].parts()
    if not numeric and not hasattr(estimator, "predict_proba"):
        raise TableError(
            f"model: {type(estimator).__name__} says which value, and not how likely. Pass "
            "TraitModel(..., calibration='sigmoid') around it."
        )
    return estimator


def _fit(estimator: BaseEstimator, points: np.ndarray | csr_array, target: np.ndarray) -> _Fit:
    from sklearn.base import clone
    from threadpoolctl import threadpool_limits

    # on matrices as small as these, threads wait for each other most of the time
    with threadpool_limits(limits=1, user_api="blas"):
        return _Fit(clone(estimator).fit(points, target))


def _judge(people: pd.Index, points: np.ndarray | csr_array, fit: _Fit) -> pd.DataFrame:
    """What the model believes of these people: rows with ``p``, or with a number and ``sd``."""
    from scipy.special import softmax
    from sklearn.base import is_regressor
    from sklearn.linear_model import LogisticRegression

    from ethics_lib.trait_models import linear_form

    estimator = fit.estimator
    if is_regressor(estimator):
        return pd.DataFrame({"person": people, "value": estimator.predict(points), "sd": fit.sd})
    if isinstance(estimator, LogisticRegression) and len(estimator.classes_) == 2:
        form = linear_form(estimator)  # as reasons add it up, to the bit
        p = softmax(form.intercept + points @ form.coefficients, axis=1)
    else:
        p = estimator.predict_proba(points)
    return lay_out(pd.DataFrame(p, people, estimator.classes_.tolist()))
