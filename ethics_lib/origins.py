"""Origins: how much of each belief came from the person, from trackers, from other people.

A belief is a sum of reasons, and each reason reached the holder by some road. Here the weights of
all reasons are added up by road, for everybody at once; `explain` and its like show them for one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from ethics_lib.beliefs import ORIGIN_OF_SOURCE, LikesMatrix, judges, likes_matrix
from ethics_lib.propagation import answers_of, people_of
from ethics_lib.tables import TableError, check_name, check_share, check_table, to_csr
from ethics_lib.walks import link_model

if TYPE_CHECKING:
    from scipy.sparse import csr_array
    from sklearn.base import BaseEstimator

    from ethics_lib.trait_models import TraitModel

__all__ = ["ROADS", "add_up", "explain_interest", "origins"]

ROADS: dict[str, str] = {
    "own": "from what you did here",
    "tracked": "from trackers elsewhere",
    "others": "from other people",
    "usual": "from what is usual in the town",
}
"""The roads by which a belief reaches a holder, and how to say so to the person."""

_ROAD_OF_ORIGIN = {
    "declared": "own",
    "observed": "own",
    "tracked": "tracked",
    "told": "others",
    "propagated": "others",
}
_KINDS = {"observed": 0, "tracked": 1, "told": 2}  # of traces; the first three roads
_KEY = ["person", "trait", "method", "holder"]
_CELLS = 50_000_000  # of people by items at a time, so that memory does not grow with the town


def origins(
    beliefs: pd.DataFrame,
    *,
    traces: pd.DataFrame | None = None,
    known: pd.DataFrame | None = None,
    ties: pd.DataFrame | None = None,
    items: pd.DataFrame | None = None,
    components: int = 50,
    folds: int = 5,
    model: TraitModel | BaseEstimator | None = None,
    prior: float = 10.0,
) -> pd.DataFrame:
    """Say how much of each belief came from the person, from trackers and from other people.

    Parameters
    ----------
    beliefs : DataFrame
        What was declared, told or passed on by friends needs no other table.
    traces, known, components, folds, model
        As they were given to `infer`, of one holder; without those whom its ledger left out, see
        `consents.leave_out`. The models are fitted again.
    traces, items, prior
        As they were given to `infer_interests`.
    known, ties
        As they were given to `propagate` with the method ``link``.

    Returns
    -------
    DataFrame[person, trait, method, holder, own, tracked, others, usual]
        One row a person, trait, method and holder; the four shares add up to 1. See Notes.

    Raises
    ------
    TableError
        When a table is missing that a method needs, or knows nothing of somebody who is judged.

    Notes
    -----
    ``svd`` and every model that is a sum over likes: shares of the absolute weights in `explain`
    of the likeliest value, by the source of the first trace of each thing; a weight against it
    counts as one for it. ``usual`` is what is said of everybody. Where no sum is behind the
    judgement (a forest, calibrated probabilities), each thing that the model looked at counts
    the same, and nothing is usual.

    Interests: shares of the weights in `explain_interest` of the likeliest topic. What
    `predict_behaviour` foretells has a verb of its own, `origins_of_behaviour`.

    What friends passed on came from others, all of it; a ``prior`` is what is usual. ``link`` has
    an intercept besides, which is usual too. Any other belief came as its own origin says: what
    was declared or seen on the platform is one's own.

    Examples
    --------
    >>> from ethics_lib.propagation import propagate
    >>> known = pd.DataFrame({"person": [0, 2], "trait": "side", "value": ["black", "white"]})
    >>> path = pd.DataFrame({"a": [0, 1], "b": [1, 2], "context": "friend"})
    >>> beliefs = propagate(known, path, holder="Murmur")
    >>> origins(beliefs)[["person", "trait", "own", "others"]]
       person trait  own  others
    0       1  side  0.0     1.0
    """
    check_table(beliefs, "beliefs")
    rows = beliefs.drop_duplicates(_KEY, ignore_index=True)
    tables = {"traces": traces, "known": known, "ties": ties, "items": items}
    shares = np.zeros((len(rows), len(ROADS)))
    counted = (rows["method"] == "share") | (rows["origin"] == "inferred")
    way = rows["origin"].mask(counted & (rows["trait"] == "interest"), "interest")
    for (origin, method), at in rows.groupby([way, rows["method"]], sort=False).indices.items():
        part = rows.iloc[at]
        if origin == "interest":
            shares[at] = _of_interests(part, tables, method, prior)
        elif origin == "inferred":
            knobs = {"components": components, "folds": folds, "model": model}
            shares[at] = _of_models(part, tables, method, knobs)
        elif origin == "propagated" and method in ("link", "LINK"):
            shares[at] = _of_link(part, tables, method)
        else:
            road = _ROAD_OF_ORIGIN[check_name(origin, _ROAD_OF_ORIGIN, what="origin")]
            shares[at, list(ROADS).index("usual" if method == "prior" else road)] = 1
    return rows[_KEY].join(pd.DataFrame(shares, columns=list(ROADS)))


def add_up(explanation: pd.DataFrame, *, method: str, holder: str) -> pd.DataFrame:
    """Add the reasons behind beliefs up: how much of each came by which road.

    Parameters
    ----------
    explanation : DataFrame
        Of any number of people and traits.
    method, holder : str
        Of the beliefs.

    Returns
    -------
    DataFrame[person, trait, method, holder, own, tracked, others, usual]
        Shares of the absolute weights, by the origin of each reason; ``inferred`` is usual.

    Examples
    --------
    >>> why = pd.DataFrame({"person": 1, "trait": "will buy", "origin": ["tracked", "inferred"]})
    >>> why = why.assign(from_person=1, item=pd.array([5, None], "Int32"), weight=[0.5, -1.5])
    >>> add_up(why, method="logistic", holder="Murmur")[["person", "trait", "tracked", "usual"]]
       person     trait  tracked  usual
    0       1  will buy     0.25   0.75
    """
    check_table(explanation, "explanation")
    roads = _ROAD_OF_ORIGIN | {"inferred": "usual"}
    for origin in explanation["origin"].unique():
        check_name(origin, roads, what="origin")
    key = [explanation["person"], explanation["trait"], explanation["origin"].map(roads)]
    sums = explanation["weight"].abs().groupby(key).sum().unstack(fill_value=0.0)
    sums = sums.reindex(columns=list(ROADS), fill_value=0.0).rename_axis(columns=None)
    sums.loc[sums.sum(axis=1) == 0, "usual"] = 1.0  # nothing speaks for it or against it
    shares = sums.div(sums.sum(axis=1), axis=0).reset_index()
    return shares.assign(method=method, holder=holder)[[*_KEY, *ROADS]]


def explain_interest(
    traces: pd.DataFrame,
    items: pd.DataFrame,
    *,
    person: int,
    topic: str | None = None,
    method: str = "share",
    prior: float = 10.0,
) -> pd.DataFrame:
    """Give the reasons behind a belief of `infer_interests`: the weight of each thing done.

    Parameters
    ----------
    traces, items, method, prior
        As they were given to `infer_interests`.
    person : int
    topic : str, optional
        By default the likeliest.

    Returns
    -------
    DataFrame[person, trait, origin, from_person, item, weight]
        Strongest first; the weights add up to the ``p`` of the topic. The row without an item is
        what is usual in the town. With ``share`` only things about the topic have a weight.

    Raises
    ------
    TableError
        When the person left no trace of a thing.
    """
    read = _read_interests(traces, items, method, prior)
    if person not in read.likes.people:
        raise TableError(f"explain_interest: person {person!r} left no trace of a thing.")
    row = read.likes.people.get_indexer([person])
    column = read.believed[row].argmax(axis=1)
    if topic is not None:
        column[0] = read.topics.get_loc(check_name(topic, read.topics, what="topic"))
    _, item, kind, weight, usual = read.reasons(row, column)
    table = pd.DataFrame(
        {
            "person": np.int32(person),
            "trait": "interest",
            "origin": [*np.array(list(_KINDS), dtype=object)[kind], "inferred"],
            "from_person": np.int32(person),
            "item": pd.array([*read.likes.items[item], pd.NA], dtype="Int32"),
            "weight": [*weight, *usual],
        }
    ).astype({"origin": "str"})
    table = table[(table["weight"] != 0) | table["item"].isna()]
    return table.sort_values("weight", key=abs, ascending=False, ignore_index=True)


# What each way of believing rests on --------------------------------------------------------------


def _of_models(
    part: pd.DataFrame, tables: dict[str, pd.DataFrame | None], method: str, knobs: dict
) -> np.ndarray:
    """Shares of the weight of everything that the models of `infer` looked at."""
    if method == "logistic":
        raise TableError(
            "origins: beliefs by 'logistic' are those of predict_behaviour. Leave them out here, "
            "and give origins_of_behaviour what predict_behaviour had; then stack the two tables."
        )
    knobs |= {"model": None} if method == "svd" else {}
    if method not in ("svd", type(knobs["model"]).__name__):
        raise TableError(
            f"origins: beliefs by {method!r} need the model= that infer had, and it is "
            f"{knobs['model']!r}."
        )
    traces, known = _needed(part, tables, "traces", "known")
    known = known[known["trait"].isin(part["trait"])]
    likes = likes_matrix(traces)
    cells = _cells(traces, likes)
    traits, points = {}, None
    for trait, people, judge in judges(traces, known, **knobs):
        shares = traits.setdefault(trait, np.zeros((len(likes.people), len(ROADS))))
        points = _alone(judge.reducer_, likes) if points is None else points
        weigh = _sum_over_likes(judge, points, likes)
        for rows in _blocks(likes.people.get_indexer(people), likes):
            weight, usual = weigh(likes.matrix[rows])
            shares[rows] = _shares(*_laid_out(cells[rows]), weight, usual)
    found = np.zeros((len(part), len(ROADS)))
    for trait, at in part.groupby("trait").indices.items():
        found[at] = traits[trait][_rows(part.iloc[at], likes.people)]
    return found


def _sum_over_likes(judge: TraitModel, points: object, likes: LikesMatrix) -> Callable:
    """How a model weighs people's likes: (weight of each, what is usual), for the likeliest value.

    Without such a sum each like counts 1.
    """
    from ethics_lib.trait_models import linear_form

    def weigh(did: csr_array) -> tuple[np.ndarray, np.ndarray]:
        amount = _amount(judge.reducer_, did)
        scores = amount[:, None] * (did @ weights) + usual
        column, who = scores.argmax(axis=1), did.tocoo().row
        return amount[who] * weights[did.indices, column[who]], usual[column]

    def count(did: csr_array) -> tuple[np.ndarray, np.ndarray]:
        return np.ones(did.nnz), np.zeros(did.shape[0])

    if not hasattr(judge.estimator_, "coef_"):
        return count
    form = linear_form(judge.estimator_)
    nothing, *_ = told = points @ form.coefficients
    weights, usual = told[1:] - nothing, form.intercept + nothing
    some = likes.matrix[:1000]
    whole = judge.reducer_.transform(some) @ form.coefficients
    added = _amount(judge.reducer_, some)[:, None] * (some @ weights) + nothing
    return weigh if np.allclose(added, whole, rtol=1e-4, atol=1e-5) else count


def _alone(reducer: BaseEstimator, likes: LikesMatrix) -> np.ndarray | csr_array:
    """Where nobody's like stands (the first row), and where each like stands that is alone."""
    from scipy.sparse import csr_array, eye_array, vstack

    from ethics_lib.factors import LikesSVD

    m = len(likes.items)
    if isinstance(reducer, LikesSVD):  # everybody here has a like, so nobody is the average person
        places = reducer.components_.T / reducer.spread_
        return np.vstack([np.zeros_like(places[:1]), places])
    nothing = csr_array((1, m), dtype=np.float32)
    return reducer.transform(vstack([nothing, eye_array(m, dtype=np.float32)], format="csr"))


def _amount(reducer: BaseEstimator, did: csr_array) -> np.ndarray:
    """How much a like of each person counts."""
    if getattr(reducer, "damped", False):  # among many it says less
        return 1 / np.sqrt(np.diff(did.indptr))
    return np.ones(did.shape[0])


def _of_link(part: pd.DataFrame, tables: dict[str, pd.DataFrame | None], method: str) -> np.ndarray:
    """Shares of the friends who tell, and of the intercept."""
    if method == "LINK":
        raise TableError(
            "origins: beliefs by the learner LINK rest on a regression that is not fitted again "
            "here. Ask its own explain, or propagate with method='link'."
        )
    known, ties = _needed(part, tables, "known", "ties")
    people = people_of(known, ties)
    friends, found = to_csr(ties, people), np.zeros((len(part), len(ROADS)))
    for trait, at in part.groupby("trait").indices.items():
        is_known, matrix, values = answers_of(known[known["trait"] == trait], people)
        coefficients, intercept = link_model(friends, is_known, matrix)
        rows = _rows(part.iloc[at], people)
        scores = friends[rows] @ coefficients + intercept
        column = scores.argmax(axis=1) if values else np.zeros(len(rows), dtype=int)
        told = (friends[rows] @ abs(coefficients))[np.arange(len(rows)), column]
        found[at, 2:] = np.column_stack([told, abs(intercept[column])])
    return found / found.sum(axis=1, keepdims=True)


def _of_interests(
    part: pd.DataFrame, tables: dict[str, pd.DataFrame | None], method: str, prior: float
) -> np.ndarray:
    """Shares of the weight of what was done, for the likeliest topic."""
    traces, items = _needed(part, tables, "traces", "items")
    read = _read_interests(traces, items, method, prior)
    column = read.believed.argmax(axis=1)
    shares = np.zeros((len(column), len(ROADS)))
    for rows in _blocks(np.arange(len(column)), read.likes):
        shares[rows] = _shares(*read.reasons(rows, column[rows]))
    return shares[_rows(part, read.likes.people)]


# Interests ----------------------------------------------------------------------------------------


class _Read(NamedTuple):
    likes: LikesMatrix
    cells: csr_array  # see _cells
    about: np.ndarray  # items x topics, ones
    topics: pd.Index
    number: np.ndarray  # of traces of each person
    expected: np.ndarray  # people x topics, before it is drawn towards the town
    town: np.ndarray  # the share of each topic
    prior: float
    model: BaseEstimator | None

    @property
    def believed(self) -> np.ndarray:
        """The ``p`` of `infer_interests`: people x topics."""
        number = self.number[:, None]
        return (self.expected * number + self.prior * self.town) / (number + self.prior)

    def reasons(self, rows: np.ndarray, column: np.ndarray) -> tuple[np.ndarray, ...]:
        """Who, the item, its kind and its weight; and what is usual: together the ``p``."""
        cells = self.cells[rows]
        who, item, kind = _laid_out(cells)
        if self.model is None:
            weight, usual = cells.data * self.about[item, column[who]], np.zeros(len(rows))
        else:
            weight, usual = self.model.weigh(self.likes.matrix[rows], self.about, column)
        number = self.number[rows] + self.prior
        told = self.expected[rows, column] * self.number[rows] / number
        score = np.bincount(who, weight, minlength=len(rows)) + usual
        factor = np.divide(told, score, out=np.zeros_like(told), where=score > 0)
        usual = np.where(score > 0, usual * factor, told)  # nothing known: the town's own shares
        usual += self.prior * self.town[column] / number
        return who, item, kind, weight * factor[who], usual


def _read_interests(traces: pd.DataFrame, items: pd.DataFrame, method: str, prior: float) -> _Read:
    """Count or model who is interested in what, as `infer_interests` does."""
    from sklearn.base import clone

    from ethics_lib.interest_models import MODELS

    check_name(method, ["share", *MODELS], what="method")
    check_table(items, "items")
    check_share(prior, "prior", high=1e6)
    likes = likes_matrix(traces)
    topic, topics = pd.factorize(items["topic"].loc[likes.items], sort=True)
    about, every = np.eye(len(topics))[topic], _cells(traces, likes, every=True)
    counts = every @ np.repeat(about, len(_KINDS), axis=0)
    number = counts.sum(axis=1)
    cells, model, expected = every, None, counts / number[:, None]
    if method != "share":
        cells, model = _cells(traces, likes), clone(MODELS[method]).fit(likes.matrix)
        expected = model.topic_shares(likes.matrix, topic).to_numpy()
    town = counts.sum(axis=0) / counts.sum()
    return _Read(likes, cells, about, pd.Index(topics), number, expected, town, prior, model)


# Arithmetic ---------------------------------------------------------------------------------------


def _shares(
    who: np.ndarray, item: np.ndarray, kind: np.ndarray, weight: np.ndarray, usual: np.ndarray
) -> np.ndarray:
    """Shares of absolute weight: people x roads."""
    n, k = len(usual), len(_KINDS)
    sums = np.bincount(who * k + kind, np.abs(weight), minlength=n * k).reshape(n, k)
    sums = np.column_stack([sums, np.abs(usual)])
    sums[sums.sum(axis=1) == 0, -1] = 1  # nothing speaks for it or against it
    return sums / sums.sum(axis=1, keepdims=True)


def _cells(traces: pd.DataFrame, likes: LikesMatrix, *, every: bool = False) -> csr_array:
    """Count the traces of people (rows) by thing and kind (columns, the kinds of a thing together).

    Otherwise than ``every``, only the first trace of each thing: as in the matrix of likes.
    """
    from scipy.sparse import coo_array

    traces = traces[traces["item"].notna()]
    code, sources = pd.factorize(traces["source"])
    kinds = [_KINDS[ORIGIN_OF_SOURCE.get(source, "observed")] for source in sources]
    row = likes.people.get_indexer(traces["person"])
    item = likes.items.get_indexer(traces["item"].astype("int64"))
    column = item * len(_KINDS) + np.array(kinds)[code]
    if not every:
        first = ~pd.Series(row * len(likes.items) + item).duplicated().to_numpy()
        row, column = row[first], column[first]
    shape = len(likes.people), len(likes.items) * len(_KINDS)
    return coo_array((np.ones(len(row)), (row, column)), shape=shape).tocsr()


def _laid_out(cells: csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who, the item and its kind."""
    return cells.tocoo().row, *np.divmod(cells.indices, len(_KINDS))


def _blocks(rows: np.ndarray, likes: LikesMatrix) -> Iterator[np.ndarray]:
    yield from np.array_split(rows, len(rows) * len(likes.items) // _CELLS + 1)


# What was asked -----------------------------------------------------------------------------------


def _needed(
    part: pd.DataFrame, tables: dict[str, pd.DataFrame | None], *nouns: str
) -> list[pd.DataFrame]:
    """The tables that a method needs, or which of them are missing."""
    method, holders = part["method"].iloc[0], part["holder"].unique()
    missing = [noun for noun in nouns if tables[noun] is None]
    if missing:
        raise TableError(
            f"origins: beliefs by {method!r} are taken apart with {' and '.join(nouns)}, and "
            f"{missing[0]} is missing. Pass the tables that they were made from."
        )
    if len(holders) > 1:
        raise TableError(
            f"origins: beliefs by {method!r} are held by {' and by '.join(holders)}. Ask for one "
            "holder at a time, each with its own tables."
        )
    for trait in part["trait"].unique() if "known" in nouns else ():
        check_name(trait, tables["known"]["trait"].unique(), what="trait of known")
    return [check_table(tables[noun], noun, empty=noun == "ties") for noun in nouns]


def _rows(part: pd.DataFrame, people: pd.Index) -> np.ndarray:
    rows = people.get_indexer(part["person"])
    if (rows < 0).any():
        who, method = part[rows < 0].iloc[0][["person", "method"]]
        raise TableError(
            f"origins: person {who} is judged by {method!r}, and the tables do not hold them. "
            "Pass the tables that the beliefs were made from."
        )
    return rows
