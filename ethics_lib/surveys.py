"""Surveys: what a graph, or a table of likes, would give away, as sums and never as persons.

A researcher brings a graph and asks first: how far do friends share a trait, and how well could it
be told of somebody who kept silent? Every row here is about a group of people. The same survey of
Brightwater is what to hold it against.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ethics_lib.beliefs import infer, likes_matrix
from ethics_lib.guards import FEWEST, SUMS_ONLY
from ethics_lib.measures import auc, score
from ethics_lib.tables import (
    COLUMNS,
    TableError,
    World,
    as_rng,
    check_name,
    check_share,
    check_table,
    concat,
    is_numeric,
    to_csr,
)
from ethics_lib.walks import METHODS, Method

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["assortativity", "overdispersion", "survey_graph", "survey_likes"]

_COLUMNS = "trait measure value method share n estimate low high".split()
_PARTS = 20  # into which people are cut, to see how far a number hangs on who is in the file
_WORK = 2e7  # products of friends with friends that are in memory at a time


def survey_graph(
    world: World,
    *,
    trait: str,
    shares: Iterable[float] = (0.1, 0.3, 0.5, 0.7, 0.9),
    methods: Iterable[str] = ("neighbours", "two_hop", "harmonic"),
    draws: int = 20,
    rng: int | np.random.Generator,
) -> pd.DataFrame:
    """Say what a graph of friends would give away about one trait, and say it of no person.

    Parameters
    ----------
    world : World
        Its people, ties and reports. With two tables only: ``World(labels.to_frame(), ties=ties)``.
        People who are not members are left out, and so are ties with them.
    trait : str
        One about which people gave words: in the reports, or else a column of the people. A value
        that fewer than `guards.FEWEST` people gave is treated as if they had said nothing.
    shares : list of float, .01-.99
        Shares of the answers to leave known, of each value alike; the rest is hidden and told.
    methods : list of str
        Names in `walks.METHODS`.
    draws : int
        How often each share is drawn, 2 or more.
    rng : int or Generator

    Returns
    -------
    DataFrame[trait, measure, value, method, share, n, estimate, low, high]
        ``people``, ``said`` (how many gave an answer that counts) and ``ties``. ``friends``: the
        mean of each one's number. ``transitivity``: the share of pairs of friends of one person
        who are friends. ``assortativity``: Newman's r over ties of people who both said. For each
        value: ``base_rate``, the share of people who gave it; ``same``, the share among their
        friends; ``monophily``, how much more their shares differ than by chance. These have a
        95 % interval of the jackknife: how far each hangs on who is in the file. ``auc``: how
        well hidden answers are told (1 always, .5 not at all), for each method and share, with
        the range of 95 in 100 draws of who is known. With more than two values it is that of
        each value against all others, weighted by how many gave it.

    Raises
    ------
    TableError
        When the answers are numbers, or fewer than two values were given often enough.

    References
    ----------
    Newman (2003), Physical Review E 67:026126. Altenburger & Ugander (2018), Nature Human
    Behaviour 2:284, doi 10.1038/s41562-018-0321-8. The jackknife of people, in the mean rather too
    wide: Lin, Lunde & Sarkar (2020), arXiv 2004.08935; here a twentieth of the people is left
    out at a time.
    """
    methods = {name: METHODS[check_name(name, METHODS, what="method")] for name in methods}
    shares = [check_share(share, "shares", low=0.01, high=0.99) for share in shares]
    draws = int(check_share(draws, "draws", low=2, high=10_000))
    cut, hide = as_rng(rng).spawn(2)
    people, friends = _members(world)
    code, values = _answers(world, people, trait)
    part = cut.permutation(len(people)) % _PARTS
    rows = [
        _row("people", len(people), len(people)),
        _row("said", len(people), int((code >= 0).sum())),
        _row("ties", len(people), friends.nnz // 2),
        *_shape(friends, part),
        *_likeness(friends, code, values, part),
        *_told(friends, code, len(values), shares, methods, draws, hide),
    ]
    return pd.DataFrame(rows).assign(trait=trait)[_COLUMNS]


def survey_likes(
    world: World, *, traits: Sequence[str] | None = None, components: int = 50, folds: int = 5
) -> pd.DataFrame:
    """Say what likes would give away about some traits, and say it of no person.

    Parameters
    ----------
    world : World
        Its acts of the kind ``like``, and its reports.
    traits : list of str, optional
        By default all in the reports. Values that fewer than `guards.FEWEST` people with likes
        gave are left out, and so is a trait that has not two other values.
    components, folds
        As in `infer`, which learns here: nobody is judged by a model that saw their answer.

    Returns
    -------
    DataFrame[trait, measure, value, method, share, n, estimate, low, high]
        ``people`` who like anything, ``items`` and ``likes``; ``likes_a_person``, the mean, with
        its interval, and ``median_likes``; ``rare_items``, the share of items that fewer than
        `guards.FEWEST` people like, which is what makes people unique. For each trait ``auc``; with
        more than two values that is the mean over each value against all others, weighted by how
        many gave it, and each has a row of its own. The mean has the mean of their bounds, as if
        all erred together: cautious. A numeric trait has ``r``, Pearson's.

    References
    ----------
    Kosinski, Stillwell & Graepel (2013), PNAS 110:5802, doi 10.1073/pnas.1218772110.
    """
    check_table(world.acts, "acts", empty=True)
    likes = world.acts[world.acts["kind"] == "like"]
    traces = likes.assign(
        from_person=likes["person"], source="file", purpose="research", holder="survey"
    )
    traces = traces.astype({"item": "Int32"})
    matrix = likes_matrix(traces)
    _check_size(len(matrix.people), "people who like anything")
    known = world.reports[world.reports["person"].isin(matrix.people)]
    for name in traits or ():
        check_name(name, world.reports["trait"].unique(), what="trait")
    rows = _activity(matrix.matrix)
    some = known["trait"].isin(known["trait"].unique() if traits is None else traits)
    told = [_often(answers) for _, answers in known[some].groupby("trait", sort=False)]
    known = concat(told, "known")[list(COLUMNS["known"])]
    if len(known):
        beliefs = infer(
            traces,
            known,
            holder="survey",
            components=components,
            folds=folds,
            **SUMS_ONLY,
        )
        for trait, answers in known.groupby("trait", sort=False):
            truth = answers.set_index("person")["value"]
            rows += [
                {**row, "trait": trait, "method": "svd"} for row in _right(beliefs, truth, trait)
            ]
    return pd.DataFrame(rows)[_COLUMNS]


# Plain measures -----------------------------------------------------------------------------------


def assortativity(a: np.ndarray, b: np.ndarray) -> float:
    """Newman's assortativity of labels 0, 1, ... over ties whose ends bear the labels a and b.

    1 where every tie stays with one label, 0 where ties take no notice, below 0 where they avoid
    their own; NaN where all ends bear the same label.

    Examples
    --------
    >>> assortativity(np.array([0, 1]), np.array([0, 1]))
    1.0
    """
    k = max(a.max(), b.max()) + 1
    mixing = np.bincount(a * k + b, minlength=k * k).reshape(k, k)
    mixing = (mixing + mixing.T) / (2 * len(a))
    by_chance = (mixing.sum(0) ** 2).sum()
    if by_chance == 1:
        return np.nan
    return float((np.trace(mixing) - by_chance) / (1 - by_chance))


def overdispersion(own: np.ndarray, of: np.ndarray) -> float:
    """Williams's overdispersion of shares ``own / of``, over and above the binomial.

    The number phi at which Pearson's chi-square, weighted by ``1 / (1 + phi (of - 1))``, equals
    its degrees of freedom; 0 where the shares differ no more than by chance.

    References
    ----------
    Williams (1982), Applied Statistics 31:144.
    """
    from scipy.optimize import brentq

    own, of = own[of > 0].astype(float), of[of > 0].astype(float)
    if own.sum() in (0, of.sum()):  # all shares are 0, or all are 1
        return 0.0

    def excess(phi: float) -> float:
        weight = 1 / (1 + phi * (of - 1))
        p = (weight * own).sum() / (weight * of).sum()
        return (weight * (own - of * p) ** 2 / (of * p * (1 - p))).sum() - (len(of) - 1)

    if excess(0) <= 0:
        return 0.0
    return float(brentq(excess, 0, 1)) if excess(1) < 0 else 1.0


# Who is in the file, and what they said -----------------------------------------------------------


def _members(world: World) -> tuple[pd.Index, csr_array]:
    people = world.people.index
    check_table(world.ties, "ties", people=people)
    if "member" in world.people:
        people = people[world.people["member"].to_numpy(bool)]
    _check_size(len(people), "people")
    inside = world.ties["a"].isin(people) & world.ties["b"].isin(people)
    return people, to_csr(world.ties[inside], people)


def _answers(world: World, people: pd.Index, trait: str) -> tuple[np.ndarray, list]:
    """Everybody's answer as the number of a value, -1 for none, and the values."""
    reported = world.reports["trait"] == trait
    if reported.any():
        said = world.reports[reported].set_index("person")["value"]
    else:
        asked = [*world.reports["trait"].unique(), *world.people.columns]
        said = world.people[check_name(trait, asked, what="trait")]
    if said.index.duplicated().any():
        person = said.index[said.index.duplicated()][0]
        raise TableError(
            f"reports: person {person} answers {trait!r} twice. Keep one answer a person and trait."
        )
    said = said.reindex(people).dropna().rename(trait)
    if len(said) and is_numeric(said):
        raise TableError(
            f"survey: the answers about {trait!r} are numbers, such as {said.iloc[0]}. Make words "
            "of them first: groups with pd.cut, or the meaning of each code with .map."
        )
    counts = said.value_counts()
    values = sorted(counts.index[counts >= FEWEST])
    if len(values) < 2:
        raise TableError(
            f"survey: {len(values)} value of {trait!r} was given by at least {FEWEST} people, and "
            f"{len(said)} people answered. Two values are needed. Group the rare ones."
        )
    return pd.Index(values).get_indexer(said.reindex(people)), values


def _often(answers: pd.DataFrame) -> pd.DataFrame:
    """The answers that enough people gave; none, where these are all alike."""
    if is_numeric(answers["value"]):
        return answers if len(answers) >= FEWEST else answers[:0]
    counts = answers["value"].map(answers["value"].value_counts())
    answers = answers[counts >= FEWEST]
    return answers if len(answers["value"].unique()) > 1 else answers[:0]


def _check_size(n: int, what: str) -> None:
    if n < FEWEST:
        raise TableError(
            f"survey: there are {n} {what}. A sum over fewer than {FEWEST} says too much of each "
            "of them, so none is given."
        )


def _row(
    measure: str, n: int, estimate: float, low: float = np.nan, high: float = np.nan, **more: object
) -> dict[str, object]:
    """A row of a survey, without its number where that would be about too few people."""
    if n < FEWEST:
        estimate = low = high = np.nan
    return dict.fromkeys(_COLUMNS, np.nan) | {
        "measure": measure,
        "n": int(n),
        "estimate": float(estimate),
        "low": float(low),
        "high": float(high),
        **more,
    }


# The graph ----------------------------------------------------------------------------------------


def _shape(friends: csr_array, part: np.ndarray) -> list[dict[str, object]]:
    """The mean number of friends and the transitivity: whole, and without each part of people."""
    own = np.eye(_PARTS, dtype=np.float32)[part]
    degree = friends.sum(axis=1, dtype=float)
    left = np.where(own > 0, 0, degree[:, None] - friends @ own)  # who stays, of those who stay
    size = len(part) - own.sum(axis=0, dtype=float)
    mean = left.sum(axis=0) / size * (len(part) - 1) / (size - 1)  # as if all were still there
    paths = np.append((left * (left - 1)).sum(axis=0), degree @ (degree - 1))
    with np.errstate(invalid="ignore"):  # nobody has two friends: 0 of 0
        closed = _closed(friends, part) / paths
    return [
        _row("friends", len(part), *_jackknife(degree.mean(), mean, most=np.inf)),
        _row("transitivity", len(part), *_jackknife(closed[-1], closed[:-1])),
    ]


def _closed(friends: csr_array, part: np.ndarray) -> np.ndarray:
    """Paths of two whose ends are friends: without each part of the people, and, last, of all.

    The triangles that touch a part are those at each of its people, less those at its own ties,
    which were counted twice, and again its own, which then are missing.
    """
    row, column, common = _common_friends(friends)
    own = part[row] == part[column]
    within = friends.tocoo()
    inside = part[within.row] == part[within.col]
    within.data = within.data * inside
    within = within.tocsr()
    within.eliminate_zeros()
    alone, _, mutual = _common_friends(within)

    def add(where: np.ndarray, what: np.ndarray) -> np.ndarray:
        return np.bincount(part[where], what, minlength=_PARTS)

    touching = 3 * add(row, common) - 3 * add(row[own], common[own]) + add(alone, mutual)
    return np.append(common.sum() - touching, common.sum())


def _common_friends(friends: csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each tie, from both ends: the two people, and how many friends they share."""
    from scipy.sparse import vstack

    reach = np.cumsum(friends @ friends.sum(axis=1))  # the work to be done, up to each person
    blocks = np.searchsorted(reach, np.arange(0, reach[-1], _WORK)[1:])
    rows = np.split(np.arange(friends.shape[0]), blocks)
    shared = vstack([(friends[own] @ friends).multiply(friends[own]) for own in rows]).tocoo()
    return shared.row, shared.col, shared.data.astype(float)


def _likeness(
    friends: csr_array, code: np.ndarray, values: list, part: np.ndarray
) -> list[dict[str, object]]:
    """Homophily and monophily among those who said: whole, and without each part of people."""
    said = np.flatnonzero(code >= 0)
    friends, code, part = friends[said][:, said], code[said], part[said]
    if not friends.nnz:
        raise TableError("survey: no two people who gave an answer are friends.")
    whole = _sorting(friends, code, len(values))
    rests = (np.flatnonzero(part != k) for k in range(_PARTS))
    without = np.array(
        [_sorting(friends[rest][:, rest], code[rest], len(values)) for rest in rests]
    )
    rows = [_row("assortativity", len(code), *_jackknife(whole[0], without[:, 0], least=-1))]
    for at, measure in enumerate(("base_rate", "same", "monophily")):
        for v, n in enumerate(np.bincount(code)):
            column = 1 + at * len(values) + v
            found = _jackknife(whole[column], without[:, column])
            rows.append(_row(measure, n, *found, value=values[v]))
    return rows


def _sorting(friends: csr_array, code: np.ndarray, k: int) -> np.ndarray:
    """Assortativity; then of each value its share, the share among friends, and monophily."""
    edges = friends.tocoo()
    r = assortativity(code[edges.row], code[edges.col]) if edges.nnz else np.nan
    own = code[:, None] == np.arange(k)
    of = friends.sum(axis=1, dtype=float)
    theirs = (friends @ own.astype(np.float32))[np.arange(len(code)), code]
    same = own.T @ theirs / np.maximum(own.T @ of, 1)
    spread = [overdispersion(theirs[mine], of[mine]) for mine in own.T]
    return np.array([r, *own.mean(axis=0), *same, *spread])


def _jackknife(
    whole: float, without: np.ndarray, *, least: float = 0.0, most: float = 1.0
) -> tuple[float, float, float]:
    """A number, and how far it would move if other people of the same kind were in the file."""
    reach = 1.96 * np.sqrt((len(without) - 1) * np.var(without))
    return whole, max(whole - reach, least), min(whole + reach, most)


def _told(
    friends: csr_array,
    code: np.ndarray,
    k: int,
    shares: list[float],
    methods: dict[str, Method],
    draws: int,
    rng: np.random.Generator,
) -> list[dict[str, object]]:
    """Hide answers, let friends tell them, and compare: a row a method and share."""
    found = []
    for share in shares:
        for _ in range(draws):
            known = _some(code, share, rng)
            hidden = (code >= 0) & ~known
            answers = np.zeros((len(code), k), dtype=np.float32)
            answers[known, code[known]] = 1
            has = code[hidden][:, None] == np.arange(k)
            for name, passes_on in methods.items():
                scores, reached = passes_on(friends, known, answers)
                scores = np.where(reached[:, None], scores, answers[known].mean(axis=0))
                right = np.average(auc(has, scores[hidden]), weights=has.sum(0))
                found.append((name, share, hidden.sum(), right))
    found = pd.DataFrame(found, columns=["method", "share", "n", "auc"])
    return [
        _row("auc", some["n"].iloc[0], some["auc"].mean(), *some["auc"].quantile([0.025, 0.975]))
        | {"method": name, "share": share}
        for (name, share), some in found.groupby(["method", "share"], sort=False)
    ]


def _some(code: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Who is known: a share of those who gave each value, and never all of them."""
    place = pd.Series(rng.random(len(code))).groupby(code).rank(pct=True).to_numpy()
    return (code >= 0) & (place <= share)


# Likes --------------------------------------------------------------------------------------------


def _activity(likes: csr_array) -> list[dict[str, object]]:
    each, fans = likes.sum(axis=1), likes.sum(axis=0)
    n, mean, reach = len(each), each.mean(), 1.96 * each.std(ddof=1) / np.sqrt(len(each))
    return [
        _row("people", n, n),
        _row("items", n, len(fans)),
        _row("likes", n, likes.nnz),
        _row("likes_a_person", n, mean, mean - reach, mean + reach),
        _row("median_likes", n, np.median(each)),
        _row("rare_items", n, (fans < FEWEST).mean()),
    ]


def _right(beliefs: pd.DataFrame, truth: pd.Series, trait: str) -> list[dict[str, object]]:
    """How well one trait was told: of all values, weighted by how many gave each, and of each."""
    numbers = ["estimate", "low", "high"]
    if is_numeric(truth):
        found = score(beliefs, truth, trait=trait, metric="r")
        return [_row("r", len(truth), *found[numbers].to_numpy()[0])]
    count = truth.value_counts().sort_index()
    each = [
        score(beliefs, truth, trait=trait, value=value)[numbers].to_numpy()[0]
        for value in count.index
    ]
    every = np.average(each, axis=0, weights=count)
    rows = [_row("auc", len(truth), *every)]
    if len(count) > 2:  # with two, each is told as well as the other
        pairs = zip(count.items(), each, strict=True)
        rows += [_row("auc", n, *found, value=value) for (value, n), found in pairs]
    return rows
