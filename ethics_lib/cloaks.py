"""Cloaks: the fewest likes to take back so that a guess is no longer made.

A linear model judges by a sum over likes. Take the largest parts of that sum away, one by one, and
the belief falls below any line as fast as it can: no search is needed, and no smaller set exists.
The judge is held as it is; a firm that learns anew may need more to be taken back, or less.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from ethics_lib.beliefs import ORIGIN_OF_SOURCE, LikesMatrix, judges, likes_matrix
from ethics_lib.defended import Defence, as_people
from ethics_lib.guards import check_reasons
from ethics_lib.tables import (
    Evidence,
    RangeError,
    TableError,
    check_name,
    check_share,
    check_table,
    several,
    spell_out,
)

if TYPE_CHECKING:
    from scipy.sparse import csr_array
    from sklearn.base import BaseEstimator

    from ethics_lib.trait_models import TraitModel

__all__ = ["Cloak", "cloak", "fewest"]


def cloak(
    traces: pd.DataFrame,
    known: pd.DataFrame,
    *,
    trait: str,
    person: int | Iterable[int] | None = None,
    value: object = None,
    below: float = 0.5,
    sources: tuple[str, ...] = ("platform",),
    components: int = 50,
    folds: int = 5,
    model: TraitModel | BaseEstimator | None = None,
    person_rows: bool = False,
    basis: str | None = None,
) -> pd.DataFrame:
    """Find the fewest likes to take back so that a belief of `infer` falls below a line.

    What is left is judged by the model that made the belief, as it is, and by that one only. It
    says nothing of a model learnt anew, of other traits, of another holder, or of friends.

    Parameters
    ----------
    traces, known, components, folds, model
        As they were given to `infer`.
    trait : str
        Of two values, or a number.
    person : int or several, optional
        By default everybody who left a trace.
    value : optional
        The belief to escape; by default, for each person, the likelier value.
    below : float
        The line. A probability (1 asks for nothing, 0 for what nobody can reach), or for a
        numeric trait a number that the belief is to fall short of. Just at the line is not below.
    sources : tuple of str
        What a person can take back: by default what they did on the platform themself. What a
        tracker saw, a firm uploaded or somebody else handed over stays.
    person_rows, basis
        For a protected trait of real people; see `guards.may_name_persons`.

    Returns
    -------
    DataFrame[person, trait, value, item, weight, p]
        One row a like to take back, in order: its weight as in `explain`, and the belief once this
        one and all before it are gone. Of a numeric trait the belief is ``value``, and ``p`` is
        empty. Of who is believed below the line already: no row. If no set is enough: one row
        without an item, with the lowest belief that any set leads to.

    Raises
    ------
    TableError
        When the judgement is no sum over likes, or the trait has three or more values.
    DualUseError
        For a protected trait without a basis.

    Notes
    -----
    `LikesSVD` divides by the root of the number of likes, so each like taken back makes those left
    count more. How much depends on the number only: of all sets of k likes the k largest parts
    are still the best to take, and the first k that is enough is the least.

    References
    ----------
    Martens & Provost (2014), MIS Quarterly 38:73, doi 10.25300/MISQ/2014/38.1.04: evidence
    counterfactuals; its abstract was read.
    Chen, Fraiberger, Moakler & Provost (2017), Big Data 5:197, doi 10.1089/big.2017.0074: cloaks.

    Examples
    --------
    >>> from ethics_lib import Platform, ask_consent, collect, make_world
    >>> world = make_world(500, rng=7)
    >>> yes = ask_consent(
    ...     world.people.query("member"), holder="Murmur", purposes=["service"], how="terms",
    ...     time="2025-01-01", rng=7)
    >>> held = collect(world, yes, [Platform("Murmur")])
    >>> gone = cloak(held.traces, world.reports, trait="party", value="Quay").dropna(subset="item")
    >>> bool(gone.groupby("person")["p"].last().max() < 0.5)
    True
    """
    check_name(trait, check_table(known, "known")["trait"].unique(), what="trait")
    check_reasons(trait, person_rows=person_rows, basis=basis)
    likes, tables = likes_matrix(traces), []
    who = as_people(person, "person")
    who = likes.people if who is None else pd.Index(who, dtype="int64", name="person")
    absent = who.difference(likes.people)
    if len(absent) or who.empty:
        nobody = f"person {absent[0]}" if len(absent) else "nobody"
        raise TableError(
            f"person: {nobody} left a trace of something, so there is nothing to take back. Pass "
            "people who did, or leave person out."
        )
    stays = _stays(traces, likes, sources)
    known = spell_out(known[known["trait"] == trait])
    fitted = judges(traces, known, components=components, folds=folds, model=model)
    for _, judged, judge in fitted:
        rows = likes.people.get_indexer(who.intersection(judged))
        if len(rows):
            found = fewest(likes.matrix[rows], judge, value=value, below=below, stays=stays[rows])
            found["person"] = likes.people[rows[found.pop("row")]].astype("int32")
            found["item"] = found["item"].map(pd.Series(likes.items)).astype("Int32")
            tables.append(found.assign(trait=trait))
    columns = ["person", "trait", "value", "item", "weight", "p"]
    table = pd.concat([found for found in tables if len(found)] or tables[:1])
    table = table[columns].astype({"value": object})
    return table.sort_values("person", kind="stable", ignore_index=True)


def fewest(
    likes: csr_array,
    model: TraitModel,
    *,
    value: object = None,
    below: float = 0.5,
    stays: csr_array | None = None,
) -> pd.DataFrame:
    """Find the fewest likes of each row to take back, for anybody's matrix and a fitted model.

    Parameters
    ----------
    likes : csr_array, people x items
        1 a like; what `model` was learnt from, or other people.
    model : TraitModel
        Fitted; linear, of two values or of a number.
    value, below
        See `cloak`.
    stays : csr_array of the same shape, optional
        Likes that nobody can take back.

    Returns
    -------
    DataFrame[row, value, item, weight, p]
        Rows and items as places in the matrix; for the rest see `cloak`.
    """
    from scipy.special import expit, logit
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(model)
    total, classes = _as_sum(likes, model)
    if not classes:
        if value is not None or not (isinstance(below, Real) and np.isfinite(below)):
            raise RangeError(
                f"value={value!r}, below={below!r}: a number has no values to choose from. Leave "
                "value out, and pass as below the number that the belief is to fall short of."
            )
        table, score = _take_back(total, np.ones(likes.shape[0]), below, stays)
        return table.assign(value=score, p=np.nan)
    line = logit(check_share(below, "below"))
    if value is None:  # for each their likelier one
        side = np.where(total.score(total.parts, total.count) >= 0, 1.0, -1.0)
    else:
        sign = 2.0 * classes.index(check_name(value, classes, what="value")) - 1
        side = np.full(likes.shape[0], sign)
    table, score = _take_back(total, side, line, stays)
    held = np.array(classes, dtype=object)[(side[table["row"]] > 0).astype(int)]
    return table.assign(value=held, p=expit(score))


class _Sum(NamedTuple):
    """What is judged of many people, as a sum over what each of them likes."""

    likes: csr_array  # people x items; only what the model has seen
    weights: np.ndarray  # items
    start: float  # said of everybody
    nothing: float  # said of who likes nothing
    damped: bool  # whether the sum is divided by the root of the number of likes
    parts: np.ndarray  # people: the sum
    count: np.ndarray  # people: how many likes

    def scale(self, count: np.ndarray) -> np.ndarray:
        """What one like counts among so many, in the digits that the model has."""
        if not self.damped:
            return np.ones(len(count))
        count = np.maximum(count, 1).astype(self.likes.dtype)
        return (1 / np.sqrt(count)).astype(float)

    def score(self, parts: np.ndarray, count: np.ndarray) -> np.ndarray:
        """The log-odds of the last value, or the number, from so many likes of this sum."""
        return np.where(count > 0, self.start + parts * self.scale(count), self.nothing)


def _as_sum(likes: csr_array, model: TraitModel) -> tuple[_Sum, list]:
    """Read what a model judges as a sum over likes, or say why it is none; and its values."""
    from scipy.sparse import csr_array, diags_array, eye_array, vstack

    from ethics_lib.factors import LikesSVD
    from ethics_lib.trait_models import linear_form

    form, reducer = linear_form(model.estimator_), model.reducer_
    if len(form.classes) > 2:
        raise TableError(
            f"model: {len(form.classes)} values ({', '.join(map(str, form.classes))}). Their "
            "probabilities are no sum over likes, and no sorting finds the fewest. Ask about one "
            "value against all others: put one word in place of the others in known."
        )
    if len(likes.data) and not (np.abs(likes.data) == 1).all():
        raise TableError("likes: holds other numbers than 1, a like. Set its data to 1.")
    points = reducer.transform(likes)  # which says what is wrong with the shape
    sides = 2.0 if form.classes else 1.0  # two classes hold half of the score each
    start, factors = sides * form.intercept[-1], sides * form.coefficients[:, -1]
    damped, nothing = False, np.zeros_like(factors)
    if isinstance(reducer, LikesSVD):
        damped, nothing, m = reducer.damped, reducer.mean_, likes.shape[1]
        weights = (reducer.components_.T / reducer.spread_) @ factors
        likes = csr_array(likes @ diags_array(reducer.seen_.astype(likes.dtype)))
    else:
        m = likes.shape[1]
        alone = vstack([csr_array((1, m), dtype=likes.dtype), eye_array(m, dtype=likes.dtype)])
        weights = reducer.transform(alone.tocsr()) @ factors
        start, weights = start + weights[0], weights[1:] - weights[0]
    likes.eliminate_zeros()
    count = abs(likes).sum(axis=1).astype(int)
    start_of_nothing = float(start + nothing @ factors)
    found = _Sum(likes, weights, float(start), start_of_nothing, damped, likes @ weights, count)
    truth = sides * form.intercept[-1] + points @ factors
    if not np.allclose(found.score(found.parts, count), truth, rtol=1e-4, atol=1e-5):
        raise TableError(
            f"{type(reducer).__name__} does not add likes up, so none has a weight of its own. "
            "What can be cloaked is a sum: a reducer such as LikesSVD, TruncatedSVD or PCA."
        )
    return found, form.classes


def _take_back(
    total: _Sum, side: np.ndarray, line: float, stays: csr_array | None
) -> tuple[pd.DataFrame, np.ndarray]:
    """Take each person's strongest likes for a side until the score is below a line."""
    line -= 1e-9  # or the last digit of a sum would say on which side of it somebody stands
    own = total.likes if stays is None else total.likes - total.likes.multiply(stays)
    own = own.tocsr()
    own.eliminate_zeros()
    n = own.shape[0]
    row = np.repeat(np.arange(n), np.diff(own.indptr))
    weight = side[row] * total.weights[own.indices] * own.data
    order = np.lexsort((own.indices, -weight, row))
    weight, item = weight[order], own.indices[order]
    taken = np.cumsum(weight)
    taken -= np.r_[0, taken][own.indptr[row]]
    nth = np.arange(1, len(row) + 1) - own.indptr[row]
    score = side[row] * total.score(total.parts[row] - side[row] * taken, total.count[row] - nth)
    before = side * total.score(total.parts, total.count)
    believed = before >= line
    hits = np.flatnonzero((score < line) & believed[row])
    done, first = np.unique(row[hits], return_index=True)
    last = np.zeros(n, dtype=int)
    last[done] = nth[hits[first]]
    kept = nth <= last[row]
    weight = weight * total.scale(total.count)[row]
    cloaks = pd.DataFrame(
        {"row": row[kept], "item": item[kept], "weight": weight[kept], "score": score[kept]}
    )
    never = np.flatnonzero(believed & (last == 0))
    lowest = before.copy()
    np.minimum.at(lowest, row, score)
    rest = pd.DataFrame({"row": never, "item": pd.NA, "weight": np.nan, "score": lowest[never]})
    table = pd.concat([cloaks.astype({"item": "Int32"}), rest.astype({"item": "Int32"})])
    table = table.sort_values("row", kind="stable", ignore_index=True)
    return table, table.pop("score").to_numpy()


def _stays(traces: pd.DataFrame, likes: LikesMatrix, sources: tuple[str, ...]) -> csr_array:
    """What a person cannot take back: somebody else handed it over, or another source saw it."""
    from scipy.sparse import coo_array

    sources = several(sources)
    for source in sources:
        check_name(source, {*ORIGIN_OF_SOURCE, *traces["source"].unique()}, what="source")
    theirs = (traces["from_person"] == traces["person"]) & traces["source"].isin(sources)
    rest = traces[~theirs & traces["item"].notna()].drop_duplicates(["person", "item"])
    row = likes.people.get_indexer(rest["person"])
    column = likes.items.get_indexer(rest["item"].astype("int64"))
    ones = np.ones(len(rest), dtype=likes.matrix.dtype)
    return coo_array((ones, (row, column)), shape=likes.matrix.shape).tocsr()


@dataclass(frozen=True, kw_only=True)
class Cloak(Defence):
    """Take back the fewest likes with which a belief falls below a line, if any set is enough.

    Left is what the person cannot take back, what is guessed of other traits and from friends,
    and whatever the holder learns anew. Who is believed below the line loses nothing, nor does
    who cannot get there.

    Parameters
    ----------
    trait : str
    value, below, sources, components, folds, model, person_rows, basis
        See `cloak`. With ``below=1`` nobody takes anything back.
    """

    trait: str
    value: object = None
    below: float = 0.5
    sources: tuple[str, ...] = ("platform",)
    components: int = 50
    folds: int = 5
    model: TraitModel | BaseEstimator | None = None
    person_rows: bool = False
    basis: str | None = None

    def __call__(self, evidence: Evidence) -> Evidence:
        traces = evidence.traces
        seen = traces.loc[traces["item"].notna(), "person"].unique()
        who = self.who(evidence).intersection(seen)
        if not len(who):
            return evidence
        settings = ("trait", "value", "below", "sources", "components", "folds", "model")
        settings = {name: getattr(self, name) for name in (*settings, "person_rows", "basis")}
        gone = cloak(traces, evidence.known, person=who, **settings)
        gone = pd.MultiIndex.from_frame(gone.loc[gone["item"].notna(), ["person", "item"]])
        hit = pd.MultiIndex.from_frame(traces[["person", "item"]]).isin(gone)
        return replace(evidence, traces=traces[~hit])
