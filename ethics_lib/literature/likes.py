"""What likes say: traits and personality from the likes of volunteers.

The published pipeline throughout: a matrix of people by likes, its first components, a regression
from components to what people said of themselves, ten folds.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from ethics_lib.effects import effect
from ethics_lib.people import make_reports, reliability
from ethics_lib.presets import PRESETS
from ethics_lib.tables import TableError, World

if TYPE_CHECKING:
    from scipy.sparse import csr_array
    from sklearn.linear_model import LogisticRegression

__all__ = [
    "activity",
    "eleven_traits",
    "few_likes",
    "five_traits",
    "five_traits_elsewhere",
    "learning_curve",
    "loose_trim",
    "more_likes",
    "numbers_of_people",
    "openness_first",
    "politics_by_trim",
    "tight_trim",
    "trimmed_matrix",
    "variance",
]

BIG_FIVE = tuple(t for t in PRESETS["brightwater"].traits if t.tested)
_ELEVEN = {t.name: f"K13-auc-{t.name}" for t in PRESETS["volunteers"].traits if t.values}
_NUMBERS = ("age", "intelligence", "life_satisfaction", "network_size", "network_density")
_RANDOM_LIKES = {"taste": 0, "events": 0}


class Factors(NamedTuple):
    """The first components of a matrix of people by likes."""

    likes: csr_array
    people: np.ndarray  # who stands in which row
    left: np.ndarray  # people x components, spread 1
    right: np.ndarray  # likes x components
    share: float  # of the variance of the matrix


@lru_cache(maxsize=1)
def likes_of(world: World) -> csr_array:
    """The likes of a world: people in rows, items in columns, in its order; ones."""
    from scipy.sparse import coo_array

    acts = world.acts[world.acts["kind"] == "like"]
    row = world.people.index.get_indexer(acts["person"])
    column = world.items.index.get_indexer(acts["item"].astype("int64"))
    shape = len(world.people), len(world.items)
    ones = np.ones(len(acts), dtype=np.float32)
    matrix = coo_array((ones, (row.astype(np.int32), column.astype(np.int32))), shape).tocsr()
    matrix.data[:] = 1  # liking a page twice is liking it
    return matrix


def count_acts(world: World, acts: pd.DataFrame, by: str = "topic") -> pd.DataFrame:
    """How many of these acts each person did about each topic: one row a person."""
    names, code = np.unique(world.items[by].to_numpy(), return_inverse=True)
    row = world.people.index.get_indexer(acts["person"])
    column = code[world.items.index.get_indexer(acts["item"].astype("int64"))]
    n, k = len(world.people), len(names)
    table = np.bincount(row * k + column, minlength=n * k).reshape(n, k)
    return pd.DataFrame(table, world.people.index, names)


def trim(world: World, *, people: int, likes: int) -> tuple[csr_array, np.ndarray]:
    """Drop likes of too few people and people of too few likes, until nothing more falls.

    Parameters
    ----------
    world : World
    people, likes : int
        How many people a like must have, and how many likes a person.

    Returns
    -------
    matrix : csr_array, people x likes
    who : array
        The person of each row.
    """
    matrix = likes_of(world)
    who = np.arange(matrix.shape[0])
    while True:
        liked, likes_enough = matrix.sum(0) >= people, matrix.sum(1) >= likes
        if liked.all() and likes_enough.all():
            return matrix, who
        matrix, who = matrix[likes_enough][:, liked], who[likes_enough]


@lru_cache(maxsize=2)
def factorise(world: World, components: int, people: int, likes: int) -> Factors:
    """Trim a world's likes and take the first components of what is left, from everybody."""
    matrix, who = trim(world, people=people, likes=likes)
    k = min(components, min(matrix.shape) - 1)
    if k < 1:
        raise TableError(
            f"likes: the trim to {likes} likes a person and {people} people a like leaves "
            f"{matrix.shape[0]} people and {matrix.shape[1]} likes. Trim less, or make more likes."
        )
    left, scale, right = decompose(matrix, k)
    mean = matrix.mean(0)
    share = (left * scale).var(0).sum() / (mean * (1 - mean)).sum()
    left = left / np.maximum(left.std(0), 1e-9)
    return Factors(matrix, who, left, right.T, float(share))


def decompose(matrix: csr_array, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The first k singular vectors and values, from a fixed start: the same for the same likes."""
    from scipy.sparse.linalg import svds

    return svds(matrix, k=k, tol=1e-3, v0=np.ones(min(matrix.shape), "f4"))


def classifier() -> LogisticRegression:
    """The regression of the published pipeline for two words, a little held back."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=0.1, tol=1e-3, max_iter=500)


def tell(points: np.ndarray, said: pd.Series, *, folds: int = 10) -> float:
    """How well components tell what people said: AUC for two words, r for a number.

    Parameters
    ----------
    points : array, people x components
    said : Series, index row of ``points``
        What those said who answered. Nobody is judged by a model that saw their answer.
    """
    from sklearn.linear_model import Ridge
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict

    x, y = points[said.index], said.to_numpy()
    if isinstance(y[0], str):
        y = y == np.sort(y)[-1]
        cut = StratifiedKFold(folds, shuffle=True, random_state=0)
        score = cross_val_predict(classifier(), x, y, cv=cut, method="decision_function")
        return float(roc_auc_score(y, score))
    y = y.astype(float)
    cut = KFold(folds, shuffle=True, random_state=0)
    return float(np.corrcoef(cross_val_predict(Ridge(10.0), x, y, cv=cut), y)[0, 1])


def said_of(world: World, trait: str, who: np.ndarray) -> pd.Series:
    """What people said of one trait, by their row in a matrix."""
    reports = world.reports[world.reports["trait"] == trait]
    rows = pd.Series(np.arange(len(who)), index=who)
    reports = reports[reports["person"].isin(rows.index)]
    return pd.Series(reports["value"].to_numpy(), rows[reports["person"]].to_numpy())


def published(world: World, traits: Iterable[str]) -> dict[str, float]:
    """The pipeline of 2013: 100 components of everyone with two likes, of likes with 20 people."""
    found = factorise(world, 100, 20, 2)
    return {name: tell(found.left, said_of(world, name, found.people)) for name in traits}


@effect(
    "K13-auc",
    claim="Eleven traits that are yes or no can be told from likes, some nearly always.",
    figures=[*_ELEVEN.values(), "K13-rank", "K13-honest-gap"],
    preset="volunteers",
    ablated=_RANDOM_LIKES,
    fitted=True,
    at_home=False,
)
def eleven_traits(world: World, rng: np.random.Generator) -> dict[str, float]:
    """Learn each trait from the answers of as many people as in the paper.

    Beside it, on the trait with most answers, an honest split: components of nine tenths of the
    people only, the others laid onto them.
    """
    from scipy.stats import spearmanr

    from ethics_lib.datasets import load_published

    auc = published(world, _ELEVEN)
    paper = load_published().set_index("figure")["published"]
    rank = spearmanr([auc[t] for t in _ELEVEN], [paper[f] for f in _ELEVEN.values()])
    gap = auc["gender"] - honest(world, "gender", rng)
    found = {figure: auc[trait] for trait, figure in _ELEVEN.items()}
    return found | {"K13-rank": float(rank.statistic), "K13-honest-gap": gap}


def honest(world: World, trait: str, rng: np.random.Generator) -> float:
    """AUC about people who were in neither the components nor the regression."""
    from sklearn.metrics import roc_auc_score

    found = factorise(world, 100, 20, 2)
    said = said_of(world, trait, found.people)
    judged = rng.random(len(found.people)) < 0.1
    likes = found.likes[~judged]
    _, scale, right = decompose(likes, found.right.shape[1])
    points = found.likes @ (right.T / scale)
    points /= points[~judged].std(0)
    learn, test = said[~judged[said.index]], said[judged[said.index]]
    last = np.sort(said.to_numpy())[-1]
    model = classifier().fit(points[learn.index], learn == last)
    return float(roc_auc_score(test == last, model.decision_function(points[test.index])))


@effect(
    "K13-five",
    claim="Five traits of personality can be told from likes, openness best.",
    figures=[f"K13-r-{trait.name}" for trait in BIG_FIVE],
    preset="volunteers",
    ablated=_RANDOM_LIKES,
    fitted=True,
)
def five_traits(world: World, rng: np.random.Generator) -> dict[str, float]:
    """Correlate what components say with the score in a test that people took."""
    found = published(world, [trait.name for trait in BIG_FIVE])
    return {f"K13-r-{name}": r for name, r in found.items()}


@effect(
    "K13-numbers",
    claim="Age, intelligence, satisfaction with life and one's circle of friends can be told.",
    figures=[f"K13-r-{number}" for number in _NUMBERS],
    preset="volunteers",
    ablated=_RANDOM_LIKES,
    fitted=True,
    at_home=False,
)
def numbers_of_people(world: World, rng: np.random.Generator) -> dict[str, float]:
    """As above; these figures are quoted from memory, shown, and never counted."""
    found = published(world, _NUMBERS)
    return {f"K13-r-{name}": r for name, r in found.items()}


@effect(
    "K13-variance",
    claim="A hundred components hold a good quarter of all that is in a matrix of likes.",
    figures=["K13-variance"],
    preset="volunteers",
    ablated=_RANDOM_LIKES,
    fitted=True,
)
def variance(world: World, rng: np.random.Generator) -> dict[str, float]:
    """The variance of the components, as a share of that of the matrix; `taste` was turned."""
    return {"K13-variance": factorise(world, 100, 20, 2).share}


@effect(
    "K13-activity",
    claim="Most people like little and a few like very much.",
    figures=["K13-median", "K13-mean", "K13-tail"],
    preset="volunteers",
    ablated={"activity": 0},
    fitted=True,
)
def activity(world: World, rng: np.random.Generator) -> dict[str, float]:
    """Count the likes of everybody who has two; `likes` and `activity` were set to it."""
    each = world.acts.loc[world.acts["kind"] == "like", "person"].value_counts()
    each = each[each >= 2]
    middle, mean = each.median(), each.mean()
    return {"K13-median": middle, "K13-mean": mean, "K13-tail": mean / middle}


@effect(
    "A18",
    claim="Over several studies, agreeableness is told worst and extraversion best.",
    figures=["A18-agreeableness", "A18-extraversion"],
    preset="brightwater",
    ablated=_RANDOM_LIKES,
    fitted=True,
)
def five_traits_elsewhere(world: World, rng: np.random.Generator) -> dict[str, float]:
    """The same pipeline; the loadings were fitted to the study of 2013, which is one of them.

    Extraversion does not hold: the fit had other seeds, and in a town of 5,000, of whom 1,600 took
    the test, one town differs from the next by more than the band.
    """
    found = published(world, ["agreeableness", "extraversion"])
    return {f"A18-{name}": r for name, r in found.items()}


@lru_cache(maxsize=2)
def curve(world: World) -> pd.Series:
    """How right likes are about five traits, by their number, cleared of the test's own noise.

    Everybody takes a test of a hundred questions. A regression learns from half of those with 400
    likes and from all with fewer; the others are judged from some of their likes, drawn at random.

    Returns
    -------
    Series, index number of likes
        The mean correlation of the five; entry ``-1`` is openness alone, from 227 likes.
    """
    from scipy.sparse import csr_array
    from sklearn.linear_model import Ridge

    rng = np.random.default_rng(0)  # three effects share one curve of a world
    found = factorise(world, 100, 20, 2)
    count = found.likes.sum(1)
    judged = np.flatnonzero((count >= 400) & (rng.random(len(count)) < 0.5))
    scores = make_reports(world.people, BIG_FIVE, disclosure=1, questions=100, rng=rng)
    scores = scores.pivot(index="person", columns="trait", values="value")
    scores = scores.reindex(found.people)[[t.name for t in BIG_FIVE]].to_numpy(float)
    points = (found.likes @ found.right) / np.sqrt(count)[:, None]
    learn = np.setdiff1d(np.flatnonzero(~np.isnan(scores[:, 0])), judged)
    model = Ridge(1.0).fit(points[learn], scores[learn])
    own = [found.likes.indices[found.likes.indptr[i] : found.likes.indptr[i + 1]] for i in judged]
    own = [rng.permutation(liked)[:400] for liked in own]
    right = {}
    for n in (3, 10, 20, 40, 70, 100, 150, 227, 300, 400):
        some = np.concatenate([liked[:n] for liked in own])
        starts = np.arange(len(own) + 1) * n
        likes = csr_array((np.ones(len(some), "f4"), some, starts), (len(own), len(found.right)))
        guess = model.predict((likes @ found.right) / np.sqrt(n))
        pairs = zip(guess.T, scores[judged].T, strict=True)
        each = [np.corrcoef(one, other)[0, 1] for one, other in pairs]
        right[n] = np.mean(each)
        if n == 227:
            right[-1] = each[0]
    return pd.Series(right) / np.sqrt(reliability(100, 0.06))


@effect(
    "Y15-curve",
    claim="Each tenfold of likes tells as much again, and 400 likes are not the end of it.",
    figures=[
        *("Y15-slope", "Y15-late", "Y15-r-10", "Y15-r-70", "Y15-r-227", "Y15-r-400"),
        "Y15-raw-slope",
    ],
    preset="volunteers",
    ablated=_RANDOM_LIKES,
    fitted=True,
)
def learning_curve(world: World, rng: np.random.Generator) -> dict[str, float]:
    """The correlation with a test of a hundred questions, by the number of likes.

    The loadings come from the study of 2013. The curve counts as fitted all the same: how visible
    each disposition is, and on which the five traits hang, was chosen by eye with it in view.
    """
    right = curve(world)
    rest = right[right.index >= 10]
    slope = np.polyfit(np.log10(rest.index), rest, 1)[0]
    levels = {f"Y15-r-{n}": right[n] for n in (10, 70, 227, 400)}
    raw = slope * reliability(100, 0.06) ** 0.5  # as it is before the test's noise is cleared
    shape = {"Y15-slope": slope, "Y15-late": right[400] - right[227], "Y15-raw-slope": raw}
    return shape | levels


@effect(
    "Y15-beats",
    claim="Some seventy likes judge a person as rightly as a friend, 150 as a family member.",
    figures=["Y15-beats-friend", "Y15-beats-family"],
    preset="volunteers",
    ablated=_RANDOM_LIKES,
    fitted=True,
)
def few_likes(world: World, rng: np.random.Generator) -> dict[str, float]:
    """Where the curve reaches what friends (.45) and family (.50) reached; fitted as the curve is.

    At the edge, and on the mean of some seeds beyond it: from 70 likes the curve lies .04 above the
    published one, and where it is flat that little moves the crossing by half.
    """
    right = curve(world)
    right = right[right.index > 0].cummax()
    level = {"Y15-beats-friend": 0.45, "Y15-beats-family": 0.50}
    found = {}
    for name, r in level.items():
        crossed = np.interp(r, right, np.log10(right.index), left=0, right=np.inf)
        found[name] = 10**crossed
    return found


@effect(
    "Y15-openness",
    claim="Openness is told better than the other four.",
    figures=["Y15-openness-best"],
    preset="volunteers",
    ablated=_RANDOM_LIKES,
    fitted=True,
)
def openness_first(world: World, rng: np.random.Generator) -> dict[str, float]:
    """Openness above the mean of the five, from 227 likes; fitted, since `five_traits` is."""
    right = curve(world)
    return {"Y15-openness-best": right[-1] - right[227]}


@effect(
    "K13-curve",
    claim="More likes tell more, and each tells less than the one before.",
    figures=["K13-curve-rise", "K13-curve-bend"],
    preset="volunteers",
    ablated=_RANDOM_LIKES,
    fitted=True,
)
def more_likes(world: World, rng: np.random.Generator) -> dict[str, float]:
    """The gain from 10 to 300 likes, and how much steeper it is before 70 likes than after.

    Fitted, since `learning_curve` is.
    """
    right = curve(world)
    early, late = (right[70] - right[10]) / 60, (right[300] - right[70]) / 230
    return {"K13-curve-rise": right[300] - right[10], "K13-curve-bend": early - late}


_TUTORIAL = tuple(t.name for t in PRESETS["tutorial"].traits)


@lru_cache(maxsize=2)
def trims(world: World) -> pd.DataFrame:
    """Every trait by the tutorial's pipeline, 50 components, with its trim and a loose one."""
    told = {}
    for name, (people, likes) in {"tight": (150, 50), "loose": (20, 2)}.items():
        found = factorise(world, 50, people, likes)
        told[name] = {t: tell(found.left, said_of(world, t, found.people)) for t in _TUTORIAL}
    return pd.DataFrame(told)


@effect(
    "K16-matrix",
    claim="What is left of many likes after the trim is dense.",
    figures=["K16-density", "K16-trim-mean", "K16-trim-median"],
    preset="tutorial",
    ablated={"fame": 0},
    at_home=False,
)
def trimmed_matrix(world: World, rng: np.random.Generator) -> dict[str, float]:
    """The raw counts were set (median 22 likes a person, one person a like); the rest follows."""
    matrix, _ = trim(world, people=150, likes=50)
    each = matrix.sum(1) if matrix.nnz else np.zeros(1)
    return {
        "K16-density": matrix.nnz / max(np.prod(matrix.shape), 1),
        "K16-trim-mean": each.mean(),
        "K16-trim-median": np.median(each),
    }


@effect(
    "K16-tight",
    claim="Eight traits are told from a dense matrix of likes.",
    figures=[f"K16-tight-{trait}" for trait in _TUTORIAL],
    preset="tutorial",
    ablated=_RANDOM_LIKES,
    fitted=True,
    at_home=False,
)
def tight_trim(world: World, rng: np.random.Generator) -> dict[str, float]:
    """Fifty likes a person, 150 people a like."""
    return {f"K16-tight-{trait}": found for trait, found in trims(world)["tight"].items()}


@effect(
    "K16-loose",
    claim="Keep people with few likes, and gender, age and personality are told worse.",
    figures=[f"K16-loose-{trait}" for trait in _TUTORIAL if trait != "politics"],
    preset="tutorial",
    ablated={"loosened": False},
    at_home=False,
)
def loose_trim(
    world: World, rng: np.random.Generator, *, loosened: bool = True
) -> dict[str, float]:
    """Two likes a person, 20 people a like; nobody fitted the difference."""
    change = trims(world)["loose" if loosened else "tight"] - trims(world)["tight"]
    return {f"K16-loose-{trait}": found for trait, found in change.drop("politics").items()}


@effect(
    "K16-politics",
    claim="Keep people with few likes, and politics is told better.",
    figures=["K16-loose-politics"],
    preset="tutorial",
    ablated={"loosened": False},
    at_home=False,
)
def politics_by_trim(
    world: World, rng: np.random.Generator, *, loosened: bool = True
) -> dict[str, float]:
    """Of the eight the only one that rises, and nobody fitted the difference.

    Does not hold. It would if politics lived on small pages, which the tight trim drops; here a
    trait hangs on dispositions, and those show on large pages and on small ones alike.
    """
    change = trims(world)["loose" if loosened else "tight"] - trims(world)["tight"]
    return {"K16-loose-politics": change["politics"]}
