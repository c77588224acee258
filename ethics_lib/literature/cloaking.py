"""Cloaking: how many likes must go before a guess is no longer made, and for how long it stays so.

The judge is the published pipeline: components of everybody's likes, a regression on them, read
back as a weight of each like. It names the tenth whom it thinks likeliest to have a trait. Judged
are people who never answered the question, by the truth about them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from ethics_lib.cloaks import fewest
from ethics_lib.effects import effect
from ethics_lib.literature.likes import Factors, classifier, factorise, likes_of, said_of
from ethics_lib.measures import auc
from ethics_lib.people import TODAY, YEAR
from ethics_lib.tables import World

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from ethics_lib.trait_models import TraitModel

__all__ = ["decay", "false_positives", "firm", "small_portion", "spill_over"]

_COMPONENTS = 100
_ENOUGH = 20  # people of a kind, for a median over them


class _Judged(NamedTuple):
    """Those who never answered about one trait, and the weight of each like for it."""

    trait: str
    rows: np.ndarray  # of the matrix of likes
    has: np.ndarray  # whether they have the last value
    model: TraitModel  # from likes to the trait

    def score(self, likes: csr_array) -> np.ndarray:
        """The log-odds of the last value."""
        return self.model.decision_function(likes)

    def by_topic(self, likes: csr_array, topics: np.ndarray) -> np.ndarray:
        """What the likes of each topic add to it: people x topics."""
        return likes.multiply(self.model.estimator_.coef_).tocsr() @ topics


@effect(
    "Ch17-small",
    claim="Few of a person's likes must be taken back to stop a guess.",
    figures=["Ch17-small"],
    preset="volunteers",
    ablated={"by_lot": True},
)
def small_portion(
    world: World, rng: np.random.Generator, *, by_lot: bool = False
) -> dict[str, float]:
    """Let those named take back the fewest likes: the median share, averaged over traits.

    With ``by_lot`` they take back any likes: a share of the likes is that share of their sum. The
    abstract says that a small portion is enough *usually*; the median stands for that.
    """
    found = _factors(world)
    medians = []
    for judged in _judge(world, rng):
        likes = found.likes[judged.rows]
        if by_lot:
            score, start = judged.score(likes), judged.model.estimator_.intercept_[0]
            line = np.quantile(score, 0.9)
            named = score >= line
            medians.append(np.median((score[named] - line) / (score[named] - start)))
        else:
            medians.append(_price(judged, likes).median())
    return {"Ch17-small": np.mean(medians)}


@effect(
    "Ch17-fp",
    claim="A wrong guess takes fewer likes to stop than a right one.",
    figures=["Ch17-fp"],
    preset="volunteers",
    ablated={"taste": 0, "events": 0},
)
def false_positives(world: World, rng: np.random.Generator) -> dict[str, float]:
    """Divide the price of those wrongly named by that of those rightly named, for each trait.

    The price is the median share of likes; the highest of the ratios is told. Traits with 20 people
    of either kind count.
    """
    found = _factors(world)
    ratios = []
    for judged in _judge(world, rng):
        price = _price(judged, found.likes[judged.rows])
        right, wrong = (price[judged.has[price.index] == is_so] for is_so in (True, False))
        if min(len(right), len(wrong)) >= _ENOUGH:
            ratios.append(wrong.median() / right.median())
    return {"Ch17-fp": max(ratios, default=np.nan)}


@effect(
    "Ch17-firm",
    claim="A firm can change its model so that more likes must be taken back.",
    figures=["Ch17-firm"],
    preset="volunteers",
    ablated={"fewer": (_COMPONENTS,)},
)
def firm(
    world: World,
    rng: np.random.Generator,
    *,
    fewer: tuple[int, ...] = (10, 20, 50, _COMPONENTS),
    loss: float = 0.02,
) -> dict[str, float]:
    """Divide the price under fewer components by that under a hundred: the mean over traits.

    The firm takes the fewest components that cost it at most ``loss`` of AUC. What few components
    say of a person hangs on many likes, each of which says little.
    """
    found = _factors(world)
    ratios = []
    for judged in _judge(world, rng):
        likes = found.likes[judged.rows]
        before = auc(judged.has, judged.score(likes))
        for components in fewer:
            other = _judged(world, judged.trait, judged.rows, components)
            if auc(other.has, other.score(likes)) >= before - loss:
                ratios.append(_price(other, likes).median() / _price(judged, likes).median())
                break
    return {"Ch17-firm": np.mean(ratios)}


@effect(
    "Go23-decay",
    claim="New likes undo a cloak; they undo less of it if whole topics are cloaked.",
    figures=["Go23-decay", "Go23-topics"],
    preset="volunteers",
    ablated={"own": False},
)
def decay(world: World, rng: np.random.Generator, *, own: bool = True) -> dict[str, float]:
    """Cloak at mid-year, wait for new likes, and count who is named again at the end of the year.

    Counted is how many more of them are named than if somebody else's new likes had come in place
    of their own (with ``own=False`` they do). A cloak of topics takes all likes of the topics that
    weigh most, and later ones too: so that it lasts longer is in part what it *is*, and no finding.
    Assumed: the judge's weights stay as they are; who is named is the first tenth, at mid-year and
    at the end.
    """
    early, topics = _halves(world)
    likes = _factors(world).likes
    again = []
    for judged in _judge(world, rng):
        first = likes[judged.rows].multiply(early[judged.rows]).tocsr()
        later = (likes[judged.rows] - first).tocsr()
        start, end = judged.score(first), judged.score(first + later)
        line, last_line = np.quantile(start, 0.9), np.quantile(end, 0.9)
        named = np.flatnonzero(start >= line)
        others = rng.permutation(len(start))[: len(named)]
        theirs, whoever = (judged.by_topic(later[rows], topics) for rows in (named, others))
        gone, left = _without_topics(judged.by_topic(first[named], topics), start[named], line)
        cloaked = _without_likes(judged, first[named], line)
        theirs = theirs if own else whoever
        row = []
        for score, hidden in ((cloaked, np.zeros_like(gone)), (left, gone)):
            by_own, by_other = (
                (score + np.where(hidden, 0, news).sum(1) >= last_line).mean()
                for news in (theirs, whoever)
            )
            row.append(by_own - by_other)
        again.append(row)
    by_likes, by_topics = np.mean(again, axis=0)
    return {"Go23-decay": by_likes, "Go23-topics": by_topics - by_likes}


@effect(
    "Go23-spill",
    claim="A cloak of one trait takes from what is rightly guessed of others.",
    figures=["Go23-spill"],
    preset="volunteers",
    ablated={"taste": 0, "events": 0},
)
def spill_over(world: World, rng: np.random.Generator) -> dict[str, float]:
    """Measure the AUC of other traits lost among those who cloak topics, over pairs of traits.

    Assumed: the likelier half cloak, and deep, until the judge ranks them in the last quarter. In
    the paper the others are traits whose guess is welcome; here they are all others.
    """
    _, topics = _halves(world)
    found = _factors(world)
    lost = []
    everything = list(_judge(world, rng, at_most=1_000))
    for judged in everything:
        likes = found.likes[judged.rows]
        line, middle = np.quantile(judged.score(likes), (0.25, 0.5))
        named = np.flatnonzero(judged.score(likes) >= middle)
        likes = likes[named]
        gone, _ = _without_topics(judged.by_topic(likes, topics), judged.score(likes), line)
        for trait in {other.trait for other in everything} - {judged.trait}:
            other = _judged(world, trait, judged.rows[named])
            before = other.score(likes)
            after = before - np.where(gone, other.by_topic(likes, topics), 0).sum(1)
            if 0 < other.has.sum() < len(other.has):
                lost.append(auc(other.has, before) - auc(other.has, after))
    return {"Go23-spill": np.mean(lost)}


def _factors(world: World) -> Factors:
    """What all effects here share: of likes of 20 people or more, and people of two or more."""
    return factorise(world, _COMPONENTS, 20, 2)


@lru_cache(maxsize=4)
def _spread(world: World) -> np.ndarray:
    found = _factors(world)
    return np.maximum((found.likes @ found.right).std(0), 1e-9)


def _judge(world: World, rng: np.random.Generator, at_most: int = 3_000) -> Iterator[_Judged]:
    """For each trait of two words, some who did not answer; not where hardly anybody has it."""
    found = _factors(world)
    for trait in world.reports["trait"].unique():
        said = said_of(world, trait, found.people)
        counts = said.value_counts()
        if not isinstance(said.iloc[0], str) or len(counts) != 2 or counts.min() < 5 * _ENOUGH:
            continue
        silent = np.setdiff1d(np.arange(len(found.people)), said.index)
        yield _judged(world, trait, rng.permutation(silent)[:at_most])


def _judged(world: World, trait: str, rows: np.ndarray, components: int = _COMPONENTS) -> _Judged:
    found = _factors(world)
    model = _learn(world, trait, components)
    has = world.people[trait].to_numpy(object)[found.people[rows]] == model.classes_[-1]
    return _Judged(trait, rows, has, model)


@lru_cache(maxsize=64)  # the effects of one world share them
def _learn(world: World, trait: str, components: int) -> TraitModel:
    """Learn a trait from the strongest components, and read it as a weight of each like."""
    from ethics_lib.trait_models import TraitModel

    found = _factors(world)
    said = said_of(world, trait, found.people)
    fitted = classifier().fit(found.left[said.index][:, -components:], said.to_numpy(str))
    factors = fitted.coef_[0] / _spread(world)[-components:]
    fitted.coef_ = (found.right[:, -components:] @ factors)[None]
    fitted.n_features_in_ = len(found.right)
    model = TraitModel("passthrough")
    reducer, _ = model.parts()
    return model.assemble(reducer.fit(found.likes[[0]]), fitted)


def _price(judged: _Judged, likes: csr_array) -> pd.Series:
    """The share of their likes that each of those named must take back, by their row."""
    line = np.quantile(judged.score(likes), 0.9)
    gone = _fewest(judged, likes, line).groupby("row")["item"].count()
    gone = gone[gone > 0]
    return gone / likes.sum(1)[gone.index]


def _fewest(judged: _Judged, likes: csr_array, line: float) -> pd.DataFrame:
    from scipy.special import expit

    return fewest(likes, judged.model, value=judged.model.classes_[-1], below=expit(line))


def _without_likes(judged: _Judged, likes: csr_array, line: float) -> np.ndarray:
    """The score of each once they took the fewest likes back."""
    from scipy.special import logit

    score = judged.score(likes)
    last = _fewest(judged, likes, line).dropna(subset="item").groupby("row")["p"].last()
    score[last.index] = logit(last)
    return score


def _without_topics(
    parts: np.ndarray, score: np.ndarray, line: float
) -> tuple[np.ndarray, np.ndarray]:
    """Which topics each must take back, those that weigh most first; and the score that is left."""
    order = (-parts).argsort(axis=1)
    left = score[:, None] - np.take_along_axis(parts, order, 1).cumsum(1)
    last = (left < line).argmax(axis=1)[:, None]
    gone = np.zeros(parts.shape, dtype=bool)
    np.put_along_axis(gone, order, np.arange(parts.shape[1]) <= last, 1)
    return gone, np.take_along_axis(left, last, 1)[:, 0]


@lru_cache(maxsize=1)
def _halves(world: World) -> tuple[csr_array, np.ndarray]:
    """Ones where a like of the matrix is from the first half of the year; and topics of items."""
    from scipy.sparse import coo_array

    found = _factors(world)
    kept = np.flatnonzero(likes_of(world)[found.people].sum(0) >= 20)  # as `trim` left them
    acts = world.acts[world.acts["kind"] == "like"]
    acts = acts[acts["time"] < YEAR + 0.5 * (TODAY - YEAR)]
    row = pd.Index(world.people.index[found.people]).get_indexer(acts["person"])
    column = world.items.index[kept].get_indexer(acts["item"].astype("int64"))
    there = (row >= 0) & (column >= 0)
    place = row[there].astype(np.int32), column[there].astype(np.int32)
    early = coo_array((np.ones(there.sum(), np.float32), place), shape=found.likes.shape).tocsr()
    early.data[:] = 1
    names, code = np.unique(world.items["topic"].to_numpy()[kept], return_inverse=True)
    return early, np.eye(len(names))[code]
