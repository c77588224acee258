"""What friends say: a trait of people who keep silent, told from friends and from their friends.

Only members are on the platform, so friendships count here when both ends are members.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ethics_lib.effects import effect
from ethics_lib.measures import auc
from ethics_lib.surveys import assortativity, overdispersion
from ethics_lib.tables import World, to_csr
from ethics_lib.walks import neighbour_vote, two_hop_vote

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = [
    "ahead",
    "assortativity_of_gender",
    "blogs",
    "far_hops",
    "friendship_paradox",
    "gender_and_age",
    "hops",
    "monophily_index",
    "school",
    "votes",
]

_ASKED = {"gender": "woman", "side": "right", "faith": "Tide", "party": "Quay"}
"""The value that is asked about; of the other traits it is ``yes``."""
_NO_SORTING = {"homophily": 0, "monophily": 0}


@lru_cache(maxsize=1)  # all effects of one world ask for it
def platform(world: World) -> tuple[pd.DataFrame, csr_array]:
    """The members of a world, and who of them are friends."""
    members = world.people[world.people["member"]]
    ties = world.ties
    inside = ties["a"].isin(members.index) & ties["b"].isin(members.index)
    return members, to_csr(ties[inside], members.index)


def has_trait(people: pd.DataFrame, trait: str) -> np.ndarray:
    """Who has the value of a trait that is asked about; for gender, who is a woman."""
    return (people[trait] == _ASKED.get(trait, "yes")).to_numpy()


def hidden_auc(
    friends: csr_array, has: np.ndarray, *, labelled: float, rng: np.random.Generator
) -> np.ndarray:
    """Hide the labels of all but a share of people, and tell them from votes of one and two hops.

    Returns
    -------
    array (2,)
        The AUC of friends and of friends of friends, about those whose labels are hidden. Whom no
        label reaches gets the share among the labelled.
    """
    known = rng.random(len(has)) < labelled
    answers = np.column_stack([~has & known, has & known]).astype(np.float32)
    found = []
    for vote in (neighbour_vote, two_hop_vote):
        scores, reached = vote(friends, known, answers)
        share = np.where(reached, scores[:, 1], has[known].mean())
        found.append(auc(has[~known], share[~known]))
    return np.array(found)


@effect(
    "AU18-votes",
    claim="Friends tell gender badly, and friends of friends tell it well.",
    figures=["AU18-1hop", "AU18-2hop"],
    preset="campus",
    ablated=_NO_SORTING,
    fitted=True,
)
def votes(world: World, rng: np.random.Generator, *, draws: int = 5) -> Mapping[str, float]:
    """Hide the gender of half of the people; let friends vote, then friends of friends.

    Fitted: monophily and homophily of the campus were turned until the two numbers came out. Does
    not hold in Brightwater: gender sorts its workplaces only, and its people have fewer friends.
    """
    people, friends = platform(world)
    has = has_trait(people, "gender")
    found = [hidden_auc(friends, has, labelled=0.5, rng=rng) for _ in range(draws)]
    return dict(zip(["AU18-1hop", "AU18-2hop"], np.mean(found, axis=0), strict=True))


@effect(
    "AU18-ahead",
    claim="In every college friends of friends tell gender better than friends do.",
    figures=["AU18-share-positive", "AU18-diff"],
    preset="campus",
    ablated=_NO_SORTING,
    fitted=True,
)
def ahead(world: World, rng: np.random.Generator, *, draws: int = 20) -> Mapping[str, float]:
    """Draw many times whose labels are hidden, and count how often two hops are ahead of one.

    Fitted: both follow from the two numbers of `votes`. The draws of one college hide another
    half of it each; the paper's share is over colleges, and so is the mean over seeds.
    """
    people, friends = platform(world)
    has = has_trait(people, "gender")
    found = np.array([hidden_auc(friends, has, labelled=0.5, rng=rng) for _ in range(draws)])
    lead = found[:, 1] - found[:, 0]
    return {"AU18-share-positive": (lead > 0).mean(), "AU18-diff": lead.mean()}


@effect(
    "AU18-assort",
    claim="Gender hardly sorts friendships.",
    figures=["AU18-assort", "AU18-hF", "AU18-hM"],
    preset="campus",
    ablated={"homophily": 0.5},
    fitted=True,
)
def assortativity_of_gender(world: World, rng: np.random.Generator) -> Mapping[str, float]:
    """Newman's r of gender over ties, and the share of women's (men's) friends who are women (men).

    Fitted: the knob homophily is this r. The bands hold zero, so a world without homophily does
    not fail; the claim is that gender sorts little, and the ablated world lets it sort much.
    """
    people, friends = platform(world)
    edges = friends.tocoo()
    code = pd.factorize(people["gender"])[0]
    found = {"AU18-assort": assortativity(code[edges.row], code[edges.col])}
    for figure, gender in (("AU18-hF", "woman"), ("AU18-hM", "man")):
        own = (people["gender"] == gender).to_numpy()
        found[figure] = own[edges.col[own[edges.row]]].mean()
    return found


def walk_auc(
    friends: csr_array, has: np.ndarray, steps: Iterable[int], *, judged: np.ndarray
) -> list[float]:
    """Tell a trait from the people at whom all walks of so many steps end, all labels known.

    Parameters
    ----------
    friends : csr_array (n, n)
    has : array (n,) of bool
    steps : list of int, 1 to 5
    judged : array of int
        The people to judge. A walk that ends where it began is left out; one that passes there
        and goes on is not, as in the authors' powers of the matrix.

    Returns
    -------
    list of float, one AUC for each of ``steps``
    """
    steps = list(steps)
    friends = friends.astype(np.float64)
    back = returns(friends, judged, max(steps))
    ends = np.column_stack([np.ones(len(has)), has])
    found = {}
    for step in range(1, max(steps) + 1):
        ends = friends @ ends
        walks, hits = ends[judged].T
        walks, hits = walks - back[step], hits - back[step] * has[judged]
        reached = walks > 0.5
        found[step] = auc(has[judged][reached], hits[reached] / walks[reached])
    return [float(found[step]) for step in steps]


def returns(friends: csr_array, judged: np.ndarray, longest: int) -> dict[int, np.ndarray]:
    """How many walks of each length, up to 5, lead from each judged person back to themself."""
    degree = friends.sum(1)[judged]
    back = {1: np.zeros(len(judged)), 2: degree}
    if longest < 3:
        return back
    triangles, squares, fives = [], [], []
    for rows in np.array_split(judged, 1 + len(judged) // 500):  # a few wide rows at a time
        one = friends[rows]
        two = one @ friends
        triangles.append(two.multiply(one).sum(1))
        if longest > 3:
            squares.append(two.multiply(two).sum(1))
        if longest > 4:
            wide = two.toarray()
            fives.append(np.einsum("ij,ij->i", wide, (friends @ wide.T).T))
    for step, parts in ((3, triangles), (4, squares), (5, fives)):
        if parts:
            back[step] = np.concatenate(parts)
    return back


@effect(
    "AU18-hops",
    claim="The second hop tells more of gender than the first and the third.",
    figures=["AU18-khop-1", "AU18-khop-2", "AU18-khop-3"],
    preset="campus",
    ablated=_NO_SORTING,
    fitted=True,
)
def hops(world: World, rng: np.random.Generator) -> Mapping[str, float]:
    """All labels known, judge everybody by the ends of their walks of one, two and three steps.

    Fitted: the first two by way of `votes`; the third needs circles as large as a residence, which
    were chosen with a view to it. With loose ties alone it comes out at .67.
    """
    people, friends = platform(world)
    has = has_trait(people, "gender")
    found = walk_auc(friends, has, (1, 2, 3), judged=np.arange(len(people)))
    return {f"AU18-khop-{step}": value for step, value in zip((1, 2, 3), found, strict=True)}


@effect(
    "AU18-far-hops",
    claim="The fourth hop tells more of gender than the third and the fifth.",
    figures=["AU18-khop-4", "AU18-khop-5"],
    preset="campus",
    ablated=_NO_SORTING,
    fitted=True,
)
def far_hops(world: World, rng: np.random.Generator, *, judged: int = 1_500) -> Mapping[str, float]:
    """The same for four and five steps, about a sample of people.

    The fourth does not hold: it comes out a little below the third, so the published saw-tooth is
    not there. Where walks forget where they began, all that tells people apart is that walks which
    come back are left out, each taking one's own label along, and AUC falls below one half. With
    loose ties alone the fifth step does (.46; with nobody sorted, .05). Circles as large as a
    residence, which walks leave slowly, keep it from that. Fitted, since `hops` is.
    """
    people, friends = platform(world)
    has = has_trait(people, "gender")
    some = rng.choice(len(people), min(judged, len(people)), replace=False)
    found = walk_auc(friends, has, (4, 5), judged=some)
    return dict(zip(["AU18-khop-4", "AU18-khop-5"], found, strict=True))


@effect(
    "AU18-phi",
    claim="People of one gender differ in the share of it among their friends, beyond chance.",
    figures=["AU18-phiF", "AU18-phiM"],
    preset="campus",
    ablated={"monophily": 0},
    fitted=True,
)
def monophily_index(world: World, rng: np.random.Generator) -> Mapping[str, float]:
    """The overdispersion of the share of own gender among friends, of women and of men.

    With loose ties alone it does not hold: at the monophily that gives `votes` (.016) the index is
    .016. Circles as large as a residence, each with a mixture of its own, raise the index while
    they hide monophily from the second hop; fitted, since their size was chosen with that in view.
    """
    people, friends = platform(world)
    degree = friends.sum(1)
    found = {}
    for figure, gender in (("AU18-phiF", "woman"), ("AU18-phiM", "man")):
        own = (people["gender"] == gender).to_numpy()
        same = friends @ own.astype(np.float32)
        found[figure] = overdispersion(same[own], degree[own])
    return found


@effect(
    "AU18-blogs",
    claim="Where links keep to one's own side, they tell it nearly as well as links of links.",
    figures=[
        "AU18-polblogs-1hop-5",
        "AU18-polblogs-1hop-50",
        "AU18-polblogs-1hop-95",
        "AU18-polblogs-2hop-50",
    ],
    preset="blogs",
    ablated={"homophily": 0},
    at_home=False,
)
def blogs(world: World, rng: np.random.Generator, *, draws: int = 10) -> Mapping[str, float]:
    """Hide the side of all but 5, 50 and 95 % of the blogs, and let links vote.

    The preset's homophily is the published share of links within one's side, its number of links
    and their spread are those of the data; nothing was turned to the AUCs. Not in Brightwater: no
    trait of the town is shared by nine friends in ten.
    """
    people, friends = platform(world)
    has = has_trait(people, "side")
    found = {}
    for percent in (5, 50, 95):
        at = [hidden_auc(friends, has, labelled=percent / 100, rng=rng) for _ in range(draws)]
        one, two = np.mean(at, axis=0)
        found |= {f"AU18-polblogs-1hop-{percent}": one, f"AU18-polblogs-2hop-{percent}": two}
    return found


@effect(
    "AU18-school",
    claim="In schools, where people have few friends, friends tell more than friends of friends.",
    figures=["AU18-addhealth-1", "AU18-addhealth-2", "AU18-addhealth-ahead"],
    preset="school",
    ablated={"homophily": 0},
    at_home=False,
)
def school(world: World, rng: np.random.Generator) -> Mapping[str, float]:
    """All labels known, judge everybody by their friends, and by their friends' friends.

    The preset's homophily and number of friends are the published means over schools. Not in
    Brightwater: its people have many friends, of many settings.
    """
    people, friends = platform(world)
    has = has_trait(people, "gender")
    one, two = walk_auc(friends, has, (1, 2), judged=np.arange(len(people)))
    return {"AU18-addhealth-1": one, "AU18-addhealth-2": two, "AU18-addhealth-ahead": one - two}


def friends_of_friends(friends: csr_array) -> tuple[float, float]:
    """The share of people whose friends have more friends than they, in the mean and the median."""
    degree = friends.sum(1)
    row = np.repeat(np.arange(len(degree)), np.diff(friends.indptr))
    theirs = degree[friends.indices]
    theirs = theirs[np.lexsort((theirs, row))]
    some = degree > 0
    first, count = friends.indptr[:-1][some], np.diff(friends.indptr)[some]
    median = (theirs[first + (count - 1) // 2] + theirs[first + count // 2]) / 2
    mean = np.add.reduceat(theirs, first) / count
    return float((mean > degree[some]).mean()), float((median > degree[some]).mean())


@effect(
    "U11-paradox",
    claim="Most people's friends have more friends than they have.",
    figures=["U11-fp-mean", "U11-fp-median"],
    preset="brightwater",
    ablated={"spread": 0},
)
def friendship_paradox(world: World, rng: np.random.Generator) -> Mapping[str, float]:
    """Compare each member's number of friends with the mean and the median of their friends'."""
    _, friends = platform(world)
    return dict(zip(["U11-fp-mean", "U11-fp-median"], friends_of_friends(friends), strict=True))


@effect(
    "U11-gender",
    claim="Friends are of an age, and hardly of a gender.",
    figures=["U11-gender", "U11-age-over-gender"],
    preset="brightwater",
    ablated={"homophily": 0},
)
def gender_and_age(world: World, rng: np.random.Generator) -> Mapping[str, float]:
    """Newman's r of gender over ties outside the family; Pearson's r of age over them less that.

    Which settings sort by what is part of the town's plan: school by age, work weakly by gender.
    """
    people = world.people
    ties = world.ties[world.ties["context"] != "family"]
    a, b = (people.index.get_indexer(ties[end]) for end in ("a", "b"))
    code = pd.factorize(people["gender"])[0]
    age = people["birth_date"].to_numpy().astype("datetime64[D]").astype(float)
    both = np.concatenate([age[a], age[b]]), np.concatenate([age[b], age[a]])
    gender = assortativity(code[a], code[b])
    return {
        "U11-gender": gender,
        "U11-age-over-gender": np.corrcoef(*both)[0, 1] - gender,
    }
