"""Adverts: who is chosen for them, who is shown them, and what that is worth, as papers found it.

No platform lets anybody look inside, so each mechanism here is the smallest one that does what the
paper says. Whatever it takes for granted is a keyword with a default, and the docstring says so.
One such number was fitted: how much of an audience is reached, in `matching`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from ethics_lib.effects import effect
from ethics_lib.literature.likes import count_acts, likes_of
from ethics_lib.people import TODAY, YEAR
from ethics_lib.tables import SENSITIVE, World

__all__ = [
    "auctions",
    "balance",
    "delivery",
    "labels",
    "lookalikes",
    "matching",
    "offsite",
    "special_audiences",
]


_BIG_FIVE = ("openness", "conscientiousness", "extraversion", "agreeableness", "stability")
_REACH = 0.07  # of half an audience, by each of five rounds of delivery; fitted by `fit_reach`


@effect(
    "Sp18",
    claim="An audience that looks like a one-sided source is one-sided, though no trait was read.",
    figures=["Sp18-ratio"],
    preset="brightwater",
    ablated={"taste": 0, "events": 0},
)
def lookalikes(
    world: World,
    rng: np.random.Generator,
    *,
    traits: Iterable[str] = ("faith", "party"),
    size: int = 500,
    share: float = 0.05,
) -> dict[str, float]:
    """Find those most like a source of one faith or party, by likes alone; compare selection rates.

    Assumed: a source of ``size`` members; an audience of ``share`` of the others (Meta's interface
    takes 1 to 20 %, says the manual of fbRads); similarity to the source's mean in the first 50
    components of everybody's likes.
    """
    people, points = _factors(world)
    ratios = []
    for source in _sources(people, traits, size, rng):
        chosen = _most(_kin(points, source.members, np.arange(len(points))), source.others, share)
        theirs = (~source.group[chosen]).sum() / (~source.group[source.others]).sum()
        own = source.group[chosen].sum() / source.group[source.others].sum()
        ratios.append(theirs / own)
    return {"Sp18-ratio": np.mean(ratios)}


@effect(
    "Sa22",
    claim="Taking gender, age, faith and party out of the inputs leaves the audience as skewed.",
    figures=["Sa22-kept"],
    preset="brightwater",
    ablated={"taste": 0, "events": 0},
)
def special_audiences(
    world: World,
    rng: np.random.Generator,
    *,
    traits: Iterable[str] = ("faith", "party"),
    size: int = 500,
    share: float = 0.05,
) -> dict[str, float]:
    """Choose an audience with the sensitive columns and one without; divide their skews.

    The skew is the share of the source's group among the chosen, less its share among those who
    could be chosen. Assumed: as in `lookalikes`; a sensitive column weighs as much as a component.
    """
    people, points = _factors(world)
    columns = [people[trait] == people[trait].min() for trait in traits]
    if "gender" in people:
        columns.append(people["gender"] == "woman")
    if "birth_date" in people:
        columns.append(people["birth_date"].astype("int64"))
    informed = np.column_stack([points, *map(_standard, columns)])
    skew = {"with": [], "without": []}
    for source in _sources(people, traits, size, rng):
        for name, known in (("with", informed), ("without", points)):
            likeness = _kin(known, source.members, np.arange(len(points)))
            chosen = _most(likeness, source.others, share)
            fair = source.group[source.others].mean()
            skew[name].append(source.group[chosen].mean() - fair)
    return {"Sa22-kept": np.mean(skew["without"]) / np.mean(skew["with"])}


@effect(
    "Ali19",
    claim="An advert aimed at everybody is shown to a skewed audience once delivery learns.",
    figures=["Ali19-skew"],
    preset="brightwater",
    ablated={"equal": True},
)
def delivery(
    world: World,
    rng: np.random.Generator,
    *,
    traits: Iterable[str] = ("faith", "party"),
    rate: float = 0.2,
    rounds: int = 5,
    share: float = 0.04,
    equal: bool = False,
) -> dict[str, float]:
    """Show an advert to anybody, learn from likes who clicks, and show it to more like them.

    A person clicks in proportion to how much of their visits elsewhere is about the advert's topic;
    with ``equal`` everybody is as likely. Assumed: a topic that a faith, or a party, is keenest on
    (the paper's adverts, jobs with a stereotype, were no random ones either); ``rounds`` of
    ``share`` of the members each, the first at random; clicks by ``rate`` of those, since a town
    is small to learn from.
    """
    people, points = _factors(world)
    visits = count_acts(world, world.acts[world.acts["kind"] == "visit"]).loc[people.index]
    keen = _shares(visits)
    skews = []
    for trait in traits:
        group = (people[trait] == people[trait].min()).to_numpy()
        lead = keen[group].mean(0) - keen[~group].mean(0)
        topic = np.abs(lead).argmax()
        group = group if lead[topic] > 0 else ~group
        wish = np.ones(len(keen)) if equal else keen[:, topic] / keen[:, topic].mean()
        shown = _deliver(points, (rate * wish).clip(max=1), rounds, share, rng)
        skews.append(group[shown].mean() - group.mean())
    return {"Ali19-skew": np.mean(skews)}


def _deliver(
    points: np.ndarray, chance: np.ndarray, rounds: int, share: float, rng: np.random.Generator
) -> np.ndarray:
    """Whom an advert reaches that goes, round by round, to those most like who clicked so far."""
    each = max(1, round(share * len(points)))
    shown = rng.choice(len(points), each, replace=False)
    clicked = rng.random(each) < chance[shown]
    for _ in range(rounds - 1):
        left = np.setdiff1d(np.arange(len(points)), shown)
        likeness = _kin(points, shown[clicked], shown) if clicked.any() else rng.random(len(points))
        reached = _most(likeness, left, each / len(left))
        shown = np.concatenate([shown, reached])
        clicked = np.concatenate([clicked, rng.random(len(reached)) < chance[reached]])
    return shown


@effect(
    "M17",
    claim="Matched adverts are clicked up to 1.4 times as often; delivery alone can look like it.",
    figures=["M17-naive", "M17-random"],
    preset="brightwater",
    ablated={"optimised": False},
    fitted=True,
)
def matching(
    world: World, rng: np.random.Generator, *, optimised: bool = True, true: float = 1.4
) -> dict[str, float]:
    """Divide the click rates of matched and mismatched adverts in two worlds.

    In the first, matching does nothing on the mean of an audience, and delivery learns whom to
    show an advert to. In the second, it multiplies clicks by ``true``, and chance picks. Both
    ratios look alike. The first comes out above 1 because an audience differs more in what it is
    keen on than in the rest, so that delivery finds more in it. How far above hangs on how few of
    the audience are reached; that share is fitted to the published ratio (`_REACH`). A first
    trial, in which delivery went by liked pages of a kind and learned nothing, left it at 1.

    Rates are expected ones, as of many showings.
    """
    ratio = {}
    for name, gain, picks in (("M17-naive", 1.0, optimised), ("M17-random", true, False)):
        shown = _two_adverts(world, rng, optimised=picks)
        matched = shown["advert"] == shown["audience"]
        clicks = shown["chance"] * np.where(matched, gain, 1.0)
        ratio[name] = clicks[matched].mean() / clicks[~matched].mean()
    return ratio


@effect(
    "E18",
    claim="Those who were shown a matching advert are of another age than those shown the other.",
    figures=["E18-age"],
    preset="volunteers",
    ablated={"optimised": False},
    fitted=True,
    at_home=False,
)
def balance(
    world: World,
    rng: np.random.Generator,
    *,
    traits: Iterable[str] = _BIG_FIVE,
    optimised: bool = True,
) -> dict[str, float]:
    """Test whether two adverts reached people of the same ages, as chance would have it.

    Delivery as in `matching`, whose reach was fitted to another figure. The paper looked at
    extraverts. How far apart the ages are hangs on what the two adverts are about, so that single
    tests range from nothing to hundreds; here it is the mean over those high on each of five
    traits. Looked for among the volunteers: in Brightwater age does not show in likes.
    """
    from scipy.stats import chi2_contingency

    age = np.ceil(3 * world.people["birth_date"].rank(method="first", pct=True)).to_numpy()
    found = []
    for trait in traits:
        shown = _two_adverts(world, rng, optimised=optimised, trait=trait)
        shown = shown[shown["audience"] == "high"]
        table = pd.crosstab(age[shown["row"]], shown["advert"])
        found.append(chi2_contingency(table).statistic)
    return {"E18-age": np.mean(found)}


def _two_adverts(
    world: World,
    rng: np.random.Generator,
    *,
    optimised: bool,
    trait: str = "extraversion",
    rate: float = 0.2,
    rounds: int = 5,
    share: float = _REACH,
) -> pd.DataFrame:
    """Show two adverts to two audiences: one row a showing.

    The adverts are about the topics that those ``high`` and ``low`` on the trait are keenest on, as
    test takers' likes say. A person's audience is the topic they like more of; half of each
    audience is there for each advert. People click in proportion to their share of likes about
    the topic; the chance is ``rate`` on the mean of an audience, whatever the advert. If
    ``optimised``, delivery learns from clicks, as in `delivery`; else it picks at random.

    Returns
    -------
    DataFrame[row, audience, advert, chance]
        ``row`` is the person's place in ``world.people``.
    """
    likes = count_acts(world, world.acts[world.acts["kind"] == "like"])
    there = np.flatnonzero(likes.sum(axis=1))
    likes = likes.iloc[there]
    keen = _shares(likes)
    points = np.apply_along_axis(_standard, 0, keen)
    test = world.reports[world.reports["trait"] == trait].set_index("person")["value"]
    score = test.reindex(likes.index).astype(float).to_numpy()
    lean = _standard(score[~np.isnan(score)]) @ points[~np.isnan(score)]
    topic = {"high": lean.argmax(), "low": lean.argmin()}
    higher = keen[:, topic["high"]] > keen[:, topic["low"]]
    shown = []
    for audience, inside in (("high", higher), ("low", ~higher)):
        halves = np.array_split(rng.permutation(np.flatnonzero(inside)), 2)
        mean = {advert: keen[inside, topic[advert]].mean() for advert in topic}
        for advert, arm in zip(topic, halves, strict=True):
            chance = (rate * keen[arm, topic[advert]] / mean[advert]).clip(max=1)
            if optimised:
                reached = _deliver(points[arm], chance, rounds, share, rng)
            else:
                reached = np.arange(round(rounds * share * len(arm)))
            shown.append(
                pd.DataFrame(
                    {
                        "row": there[arm[reached]],
                        "audience": audience,
                        "advert": advert,
                        "chance": chance[reached],
                    }
                )
            )
    return pd.concat(shown, ignore_index=True)


def fit_reach(worlds: Iterable[World], published: float = 1.4) -> float:
    """Fit how much of an audience each round reaches, so that no effect looks like the paper's."""
    worlds = list(worlds)

    def found(share: float) -> float:
        ratios = []
        for seed, world in enumerate(worlds):
            rng = np.random.default_rng(seed)
            shown = _two_adverts(world, rng, optimised=True, share=share)
            matched = shown["advert"] == shown["audience"]
            ratios.append(shown["chance"][matched].mean() / shown["chance"][~matched].mean())
        return float(np.mean(ratios))

    shares = np.linspace(0.04, 0.12, 17)
    return float(min(shares, key=lambda share: abs(found(share) - published)))


@effect(
    "We25",
    claim="Without data from other firms' sites, a customer costs an advertiser more.",
    figures=["We25-cost"],
    preset="brightwater",
    ablated={"reach": 0},
)
def offsite(
    world: World,
    rng: np.random.Generator,
    *,
    reach: float = 0.3,
    share: float = 0.1,
    first: float = 0.75,
) -> dict[str, float]:
    """Let shops choose whom to show an advert to, with and without a tracker's records.

    There is a shop a topic; a customer is who buys of its topic in the last part of the year, and
    what was done in the ``first`` part tells who that may be. An advert is taken to win the same
    share of whoever buys. Assumed: shown to ``share`` of the members; a tracker on ``reach`` of
    sites and shops (The Markup found Meta's on 30 % of the most visited sites). Only the sign is
    held to: likes of this town say nothing of how much somebody buys, so a tracker is worth more
    here than what was published.
    """
    acts = world.acts
    early = acts["time"] < YEAR + first * (TODAY - YEAR)
    tracked = acts["item"].isin(world.items.index[world.items["lot"] < reach])
    likes, visits, purchases = (acts["kind"] == kind for kind in ("like", "visit", "purchase"))
    there = np.flatnonzero(likes_of(world).sum(1))
    here = np.log1p(count_acts(world, acts[early & likes]).to_numpy()[there])
    beyond = [
        np.log1p(count_acts(world, acts[early & tracked & k]).to_numpy()[there])
        for k in (visits, purchases)
    ]
    buys = count_acts(world, acts[~early & purchases]).to_numpy()[there] > 0
    half = rng.permutation(len(there)) % 2
    cost = [
        share * len(there) / _customers(np.column_stack(known), buys, share, half)
        for known in ([here], [here, *beyond])
    ]
    return {"We25-cost": np.median(cost[0]) / np.median(cost[1]) - 1}


def _customers(known: np.ndarray, buys: np.ndarray, share: float, half: np.ndarray) -> np.ndarray:
    """How many who are shown each shop's advert buy there; each half is judged by the other."""
    from sklearn.linear_model import Ridge

    known = np.apply_along_axis(_standard, 0, known)
    found = np.zeros(buys.shape[1])
    for part in (0, 1):
        learn, judge = half != part, half == part
        score = Ridge(alpha=10.0).fit(known[learn], buys[learn]).predict(known[judge])
        shown = score.argsort(0)[-max(1, round(share * judge.sum())) :]
        found += np.take_along_axis(buys[judge], shown, 0).sum(0)
    return found


@effect(
    "J20",
    claim="An impression of somebody who opted out of profiles sells for half as much.",
    figures=["J20-revenue"],
    preset="brightwater",
    ablated={"taste": 0, "events": 0},
)
def auctions(world: World, rng: np.random.Generator, *, prior: float = 10.0) -> dict[str, float]:
    """Auction one impression of every member, with their interests known and unknown.

    An advertiser a topic bids what share of the person's likes is believed to be about it (as in
    `beliefs.infer_interests`); of somebody without a profile, the town's share. The highest bid
    wins and pays the second highest. Assumed: clicks are worth the same to every advertiser.
    """
    likes = count_acts(world, world.acts[world.acts["kind"] == "like"])
    likes = likes[likes.sum(axis=1) > 0]
    town = likes.sum().to_numpy() / likes.to_numpy().sum()
    known = np.partition(_shares(likes, prior), -2, axis=1)[:, -2].mean()
    unknown = np.partition(town, -2)[-2]
    return {"J20-revenue": unknown / known - 1}


@effect(
    "Ca18",
    claim="Most people bear at least one interest label that gives away something sensitive.",
    figures=["Ca18-labelled"],
    preset="brightwater",
    ablated={"taste": 0, "events": 0},
)
def labels(
    world: World, rng: np.random.Generator, *, enough: int = 3, lift: float = 1.5
) -> dict[str, float]:
    """Label members with the kinds of pages they like; count who bears a label that tells.

    A label tells if those who bear it have some value of a trait that Article 9 protects ``lift``
    times as often as all members, and not by chance (four standard errors). Assumed: a label
    takes ``enough`` likes of one kind. The paper let people judge the labels' names; ours are
    judged by the truth about those who bear them, since names here mean nothing. Does not hold:
    it comes out too low, since few labels of a town with four such traits are so one-sided. No
    threshold was moved to mend that.
    """
    likes = world.acts[world.acts["kind"] == "like"]
    members = world.people["member"].to_numpy(bool)
    bears = count_acts(world, likes, by="taste").to_numpy()[members] >= enough
    tells = np.zeros(bears.shape[1], dtype=bool)
    for trait in sorted(set(SENSITIVE) & set(world.people)):
        values = pd.get_dummies(world.people.loc[members, trait]).to_numpy(float)
        usual = values.mean(0)
        holders = bears.sum(0)[:, None].clip(1)
        rate = bears.T.astype(float) @ values / holders
        error = np.sqrt(usual * (1 - usual) / holders)
        tells |= ((rate >= lift * usual) & (rate > usual + 4 * error)).any(1)
    return {"Ca18-labelled": bears[:, tells].any(1).mean()}


class _Source(NamedTuple):
    """People of one group whom an advertiser names, and those who may be found for it."""

    members: np.ndarray
    others: np.ndarray
    group: np.ndarray  # who is of the group, among all


def _sources(
    people: pd.DataFrame, traits: Iterable[str], size: int, rng: np.random.Generator
) -> Iterator[_Source]:
    """For each value of each trait, a source drawn from those who have it."""
    for trait in traits:
        for value in np.unique(people[trait].to_numpy(str)):
            group = (people[trait] == value).to_numpy()
            own = rng.permutation(np.flatnonzero(group))
            members = own[: min(size, len(own) // 2)]
            yield _Source(members, np.setdiff1d(np.arange(len(group)), members), group)


@lru_cache(maxsize=1)  # all effects of one world ask for them
def _factors(world: World, components: int = 50) -> tuple[pd.DataFrame, np.ndarray]:
    """Those who like anything, and where each of them stands, in standard deviations."""
    from scipy.sparse import diags_array
    from sklearn.decomposition import TruncatedSVD
    from threadpoolctl import threadpool_limits

    likes = likes_of(world)
    there = np.flatnonzero(likes.sum(1))
    likes = likes[there][:, np.flatnonzero(likes.sum(0))]
    scaled = diags_array(1 / np.sqrt(likes.sum(1))) @ likes  # a like among many says less
    components = min(components, min(scaled.shape) - 1)
    with threadpool_limits(limits=1, user_api="blas"):
        points = TruncatedSVD(components, random_state=0).fit_transform(scaled)
    return world.people.iloc[there], np.apply_along_axis(_standard, 0, points)


def _standard(column: np.ndarray | pd.Series) -> np.ndarray:
    """In standard deviations from the mean; a column that is the same for all says nothing."""
    column = np.asarray(column, dtype=float)
    spread = column.std()
    return (column - column.mean()) / (spread if spread > 1e-9 else 1.0)


def _kin(points: np.ndarray, chosen: np.ndarray, among: np.ndarray) -> np.ndarray:
    """How much everybody is like the chosen, rather than like all whom they were chosen among."""
    return points @ (points[chosen].mean(0) - points[among].mean(0))


def _most(score: np.ndarray, among: np.ndarray, share: float) -> np.ndarray:
    """That share of these people who score highest; of equals, those who come first."""
    order = (-score[among]).argsort(kind="stable")
    return among[order[: max(1, round(share * len(among)))]]


def _shares(counts: pd.DataFrame, prior: float = 10.0) -> np.ndarray:
    """Each topic's share of what a person did, drawn towards the town's as if by ``prior`` acts."""
    counts = counts.to_numpy(float)
    town = counts.sum(0) / counts.sum()
    return (counts + prior * town) / (counts.sum(1, keepdims=True) + prior)
