"""Who is unique: how few facts, pages or interests leave one person alone in a crowd.

Being alone in a table is not yet being named: somebody must also know the facts of a person.
Likes stand in for applications, places and interests here; they are sets of items as those are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ethics_lib.effects import effect
from ethics_lib.literature.likes import likes_of
from ethics_lib.tables import World

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = [
    "equal_postcodes",
    "four_items",
    "growing_crowd",
    "interests",
    "interests_at_scale",
    "postcodes",
    "two_points",
]

_FEW_PAGES = {"pages": 40}
"""A world in which there is little to like, so that each page is known by many."""


def share_alone(*columns: np.ndarray) -> float:
    """The share of people whose row of values nobody else has."""
    code = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        values, place = np.unique(column, return_inverse=True)
        code = code * len(values) + place
    _, count = np.unique(code, return_counts=True)
    return float((count == 1).sum() / len(code))


@effect(
    "S00-G06",
    claim="Most people are alone with their postcode, birth date and gender.",
    figures=["S00-G06-unique"],
    preset="census",
    ablated={"postcode_size": 1_000_000},
    at_home=False,
)
def postcodes(world: World, rng: np.random.Generator) -> Mapping[str, float]:
    """Count those whose postcode, birth date and gender nobody shares.

    Two papers estimate one quantity, from two censuses and by two methods; holding is to lie
    between them. Not in Brightwater: its postcodes have 150 residents, and everybody is alone.
    """
    people = world.people
    return {
        "S00-G06-unique": share_alone(
            people["postcode"].to_numpy().astype(str),
            people["birth_date"].to_numpy(),
            people["gender"].to_numpy().astype(str),
        )
    }


@effect(
    "S00-anchor",
    claim="In a postcode of n people a share exp(-n / 56,940) is alone with birth date and gender.",
    figures=["S00-anchor"],
    preset="census",
    ablated={"residents": 25_000},
    at_home=False,
)
def equal_postcodes(
    world: World, rng: np.random.Generator, *, residents: int = 9_330
) -> Mapping[str, float]:
    """Deal people into postcodes of one size, and count those who are alone.

    The formula takes each of 365 days, 78 years and two genders to be as likely as the others.
    Does not hold: here, as in a census, there are more people of some ages than of others, and
    fewer of them are alone: .83.
    """
    people = world.people
    postcode = rng.permutation(len(people)) // min(residents, len(people))
    return {
        "S00-anchor": share_alone(
            postcode, people["birth_date"].to_numpy(), people["gender"].to_numpy().astype(str)
        )
    }


def choose_people(
    likes: csr_array, *, at_least: int, sample: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw people who have so many items or more."""
    enough = np.flatnonzero(np.diff(likes.indptr) >= at_least)
    return rng.choice(enough, min(sample, len(enough)), replace=False)


def choose_items(
    likes: csr_array, people: np.ndarray, *, number: int, rank: np.ndarray
) -> np.ndarray:
    """Choose so many items of each person, those that rank lowest.

    Parameters
    ----------
    likes : csr_array, people x items
    people : array of int
    number : int
    rank : array, one number for each entry of ``likes``
        Chance, to choose at random; the number of people who have it, to choose the rarest.

    Returns
    -------
    array, people x number
    """
    theirs = likes[people]
    count = np.diff(theirs.indptr)
    row = np.repeat(np.arange(len(people)), count)
    entry = np.repeat(likes.indptr[people] - theirs.indptr[:-1], count) + np.arange(theirs.nnz)
    order = np.lexsort((rank[entry], row))
    return theirs.indices[order][theirs.indptr[:-1, None] + np.arange(number)]


def fellows(likes: csr_array, chosen: np.ndarray) -> list[csr_array]:
    """Who has all of the first 1, 2, ... chosen items of each person.

    Parameters
    ----------
    likes : csr_array, people x items
    chosen : array of int, sample x number

    Returns
    -------
    list of csr_array, each sample x people
        Each person is among their own fellows: who is alone has one.
    """
    owners = likes.T.tocsr()
    having, found = owners[chosen[:, 0]], []
    found.append(having)
    for item in chosen.T[1:]:
        having = having.multiply(owners[item]).tocsr()
        found.append(having)
    return found


def random_four(
    likes: csr_array, *, number: int, sample: int, rng: np.random.Generator
) -> list[csr_array]:
    """The fellows of a sample of people, by random items of those who have four or more."""
    people = choose_people(likes, at_least=max(4, number), sample=sample, rng=rng)
    chosen = choose_items(likes, people, number=number, rank=rng.random(likes.nnz))
    return fellows(likes, chosen)


@effect(
    "Ac15-four",
    claim="Any four items single out nearly everybody, and the full list almost everybody.",
    figures=["Ac15-4", "Ac15-all"],
    preset="tutorial",
    ablated=_FEW_PAGES,
)
def four_items(
    world: World, rng: np.random.Generator, *, sample: int = 2_000
) -> Mapping[str, float]:
    """Take any four likes of a sample of people, and count who else has all four.

    The nearest published analogue of likes: sets of applications. They were not trimmed, so the
    world is that of likes before their trim; what few people have is what singles out. Two lists
    are the same when they hold the same items. With 40 pages everybody's items are everybody's.

    Four items do not hold: they leave .82 alone. A few people here like tens of thousands of pages
    and so have any four of anybody's, as nobody has applications; the tutorial's own busiest person
    had 7,973 likes. In Brightwater pages are few and well known, and four are not enough.
    """
    likes = likes_of(world)
    alone = random_four(likes, number=4, sample=sample, rng=rng)[-1].sum(1) == 1
    some = np.diff(likes.indptr) >= 4
    # two different lists have the same sum of random marks once in 2 ** 52
    lists = likes[some].astype(np.float64) @ rng.random(likes.shape[1])
    return {"Ac15-4": alone.mean(), "Ac15-all": share_alone(lists)}


@effect(
    "F21-scale",
    claim="In a larger crowd fewer people are singled out, but only slowly, and ever more slowly.",
    figures=["F21-loss", "F21-convex"],
    preset="tutorial",
    ablated=_FEW_PAGES,
)
def growing_crowd(
    world: World, rng: np.random.Generator, *, sample: int = 1_000, draws: int = 4
) -> Mapping[str, float]:
    """Take any four likes of the same people in an eighth, a quarter, a half, all of the crowd.

    The eighth is drawn at random, several times, and the sample from it. It holds in this world and
    not in every one: .11 is lost with each doubling of the volunteers, whose likes are trimmed, and
    as much in Brightwater, which has few pages for so many people. The volunteers were tried first.
    """
    likes = likes_of(world)
    sizes = likes.shape[0] // np.array([8, 4, 2, 1])
    alone = np.zeros(len(sizes))
    for _ in range(draws):
        likes = likes[rng.permutation(likes.shape[0])]
        people = choose_people(likes[: sizes[0]], at_least=4, sample=sample, rng=rng)
        chosen = choose_items(likes, people, number=4, rank=rng.random(likes.nnz))
        having = fellows(likes, chosen)[-1]
        alone += [(having[:, :size].sum(1) == 1).mean() / draws for size in sizes]
    lost = -np.diff(alone)
    return {"F21-loss": lost.mean(), "F21-convex": lost[0] - lost[2] / 4}


@effect(
    "dM13-two",
    claim="Two points single out more than half of the people.",
    figures=["dM13-2"],
    preset="tutorial",
    ablated=_FEW_PAGES,
)
def two_points(
    world: World, rng: np.random.Generator, *, sample: int = 2_000
) -> Mapping[str, float]:
    """Take any two likes of a sample of people, and count who else has both.

    An analogue, which does not hold: the paper's points are places at an hour. No place is as full
    at any hour as a famous page is of likes, so two likes single out fewer, .40.
    """
    alone = random_four(likes_of(world), number=2, sample=sample, rng=rng)[-1].sum(1) == 1
    return {"dM13-2": alone.mean()}


def needed(audience: np.ndarray, *, population: int, scale: float, chance: float) -> float:
    """How many known interests leave one alone on a platform, by the slope of the audience's log.

    Parameters
    ----------
    audience : array, sample x number
        How many people have all of the first 1, 2, ... interests of each person.
    population : int
        Of how many people.
    scale : float
        How many people the platform has.
    chance : float, 0-1
        With which chance one shall be alone.

    Returns
    -------
    float
        Where the line through the logarithms, over the numbers of interests at which this world's
        crowd still has an audience to count, reaches one person of ``scale``.
    """
    middle = np.quantile(audience, chance, axis=0)
    told = np.append(population, middle[middle > 1.5])  # none known: everybody
    told = told if len(told) > 1 else np.append(population, middle[:1])
    slope, start = np.polyfit(np.arange(len(told)), np.log10(told / population), 1)
    return float((-np.log10(scale) - start) / slope)


def needed_interests(
    world: World,
    rng: np.random.Generator,
    *,
    scale: float | None = None,
    number: int = 12,
    sample: int = 1_000,
    chance: float = 0.9,
    rarity_seen: bool = True,
) -> tuple[float, float]:
    """How many random interests, and how many of the rarest, leave one alone; see `needed`.

    Where it is not seen which interests are rare, the second choice is random as well.
    """
    likes = likes_of(world)
    people = choose_people(likes, at_least=number, sample=sample, rng=rng)
    fame = np.bincount(likes.indices, minlength=likes.shape[1])
    luck = rng.random(likes.nnz)
    crowd = int((np.diff(likes.indptr) > 0).sum())
    found = []
    rare = fame[likes.indices] + luck if rarity_seen else rng.random(likes.nnz)
    for rank in (luck, rare):  # luck decides between the equally rare
        chosen = choose_items(likes, people, number=number, rank=rank)
        audience = np.column_stack([having.sum(1) for having in fellows(likes, chosen)])
        found.append(needed(audience, population=crowd, scale=scale or crowd, chance=chance))
    return found[0], found[1]


@effect(
    "GC21-ratio",
    claim="A few of one's rarest interests leave one alone, or several times as many at random.",
    figures=["GC21-ratio"],
    preset="volunteers",
    ablated={"rarity_seen": False},
)
def interests(
    world: World, rng: np.random.Generator, *, rarity_seen: bool = True
) -> Mapping[str, float]:
    """Compare how many random interests, and how many of the rarest, leave one alone in the world.

    Interests are pages, not topics: those that a platform sells are many, and differ as widely in
    how many people have them. Twelve interests of each person are followed, of those who have so
    many. The ratio grows with that number: tried afterwards, 8 give 2.8, below the bar, and 25
    give 7. Brightwater, with 5,000 people and as many pages, stays below the bar.
    """
    random, rarest = needed_interests(world, rng, rarity_seen=rarity_seen)
    return {"GC21-ratio": random / rarest}


@effect(
    "GC21-scale",
    claim="On a whole platform four of the rarest interests leave one alone, or 22 random ones.",
    figures=["GC21-rare", "GC21-random"],
    preset="volunteers",
    ablated={"rarity_seen": False},
)
def interests_at_scale(
    world: World,
    rng: np.random.Generator,
    *,
    scale: float = 721e6,
    rarity_seen: bool = True,
) -> Mapping[str, float]:
    """Follow the slope of the audience's logarithm down to one person of a whole platform.

    Assumed: a platform of 721 million people, Facebook's in May 2011 (Backstrom et al. 2012); the
    size that the paper took is not in our reference. A tenfold size adds one slope's worth. Like
    the ratio of `interests`, both numbers hang on how many interests are followed: twelve, fixed
    before anything was measured. With 8, 20 and 25, tried afterwards, one of the two leaves its
    band: 18 random and 7 rarest with 8, 35 and 4 with 25. Do not lean on it.
    """
    random, rarest = needed_interests(world, rng, scale=scale, rarity_seen=rarity_seen)
    return {"GC21-rare": rarest, "GC21-random": random}
