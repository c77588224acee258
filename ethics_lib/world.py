"""World: the truth about an invented town, drawn from a seed.

A person has latent dispositions. Dispositions and a little chance make traits; dispositions and
traits make tastes, and tastes make likes, visits and purchases; households, ages, faiths, parties
and tastes make circles, and circles make friends. So what a model finds later is there to be
found, and what it gets wrong can be counted.

Which tastes go with which trait is drawn by the seed, never from a stereotype.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ethics_lib.names import TOPICS, name_items, name_people
from ethics_lib.tables import (
    TRAITS,
    World,
    as_rng,
    check_name,
    check_share,
    concat,
)
from ethics_lib.ties import make_households, make_ties, unique_keys

__all__ = ["PRESETS", "TODAY", "YEAR", "make_checkerboard_world", "make_world"]

YEAR = np.datetime64("2025-01-01", "s")
"""The first day of the year that the town's acts fall into."""
TODAY = np.datetime64("2026-01-01", "s")
"""The day on which the town is looked at."""

PRESETS: dict[str, int] = {"brightwater": 5_000}
"""Worlds with a name, and how many people live in each."""

# One stream of chance a mechanism, so that changing one leaves the others as they were.
# New mechanisms go to the end: the order fixes the streams.
_STREAMS = "people traits names items likes visits purchases ties joining reports shifts".split()

_DISPOSITIONS = 8
_TASTES_PER_TOPIC = 4
# trait: (base rate, how far dispositions decide it, how strongly it shifts three tastes of its own)
_BINARY = {
    "faith": (0.45, 0.85, 0.0),
    "party": (0.50, 0.80, 0.0),
    "illness": (0.12, 0.30, 1.5),
    "in_debt": (0.20, 0.30, 1.2),
    "expecting": (0.08, 0.0, 2.5),  # of women between 18 and 45
}
_NUMERIC = {
    "openness": 0.70,
    "conscientiousness": 0.50,
    "extraversion": 0.60,
    "agreeableness": 0.50,
    "stability": 0.50,
}

# context: (what it sorts by, its share of all ties); families are whole households besides
_CONTEXTS = {
    "faith": ("faith", 0.25),
    "cause": ("party", 0.25),
    "school": ("cohort", 0.15),
    "work": (None, 0.20),
    "hobby": ("favourite", 0.15),
}


def make_world(
    n: int | str = "brightwater",
    *,
    mean_degree: float | None = None,
    homophily: float = 0.8,
    monophily: float = 0.02,
    circles: float = 0.5,
    likes: float = 60.0,
    taste: float = 1.6,
    members: float = 0.8,
    disclosure: float = 0.4,
    honesty: float = 0.95,
    pages: int | None = None,
    rng: int | np.random.Generator,
) -> World:
    """Make a town: its people, its pages, what they did, who their friends are.

    Parameters
    ----------
    n : int or str
        How many people, from 50, or the name of a preset in `PRESETS`.
    mean_degree : float, friends, optional
        Mean number of friends outside the household, from 0 to 500 or a quarter of the people;
        by default 30, or that quarter.
    homophily : float, 0-1
        How far a circle of faith (or of a cause) keeps to its own: the assortativity of the
        ties that this setting makes.
    monophily : float, 0-1
        How much people differ in that preference: the overdispersion of their own shares.
    circles : float, 0-1
        Share of ties that arise in small dense groups; the others are loose acquaintances.
    likes : float, likes
        Median number of likes of a member.
    taste : float, logits a standard deviation
        How strongly dispositions decide what is liked; 0 makes likes say nothing.
    members : float, 0-1
        Share of people who joined the platform.
    disclosure : float, 0-1
        Share of members who answered a given question on a form.
    honesty : float, 0-1
        Share of answers on a form that are true; reliability of a test.
    pages : int, optional
        Number of pages; by default 0.3 a person and at least 300. There are a fifth as many
        sites and as many products.
    rng : int or Generator
        The seed of the town.

    Returns
    -------
    World

    Raises
    ------
    RangeError
        When a knob is outside its range.

    Examples
    --------
    >>> world = make_world(200, rng=7)
    >>> world.people.shape[0], set(world.acts["kind"]) == {"like", "visit", "purchase"}
    (200, True)
    """
    n = PRESETS[check_name(n, PRESETS, what="preset")] if isinstance(n, str) else n
    n = int(check_share(n, "n", low=50, high=20_000_000))
    mean_degree = min(30.0, n / 4) if mean_degree is None else mean_degree
    check_share(mean_degree, "mean_degree", high=min(500, n / 4))
    check_share(homophily, "homophily")
    check_share(likes, "likes", high=5_000)
    check_share(taste, "taste", high=10)
    check_share(members, "members")
    check_share(disclosure, "disclosure")
    check_share(honesty, "honesty")
    pages = max(300, int(0.3 * n)) if pages is None else pages
    check_share(pages, "pages", low=10, high=10_000_000)
    stream = dict(zip(_STREAMS, as_rng(rng).spawn(len(_STREAMS)), strict=True))

    people = _make_people(n, stream["people"], stream["names"])
    people = _add_traits(people, stream["traits"])
    people = _add_joining(people, members, stream["joining"])
    kinds = {"page": pages, "site": max(60, pages // 5), "product": max(60, pages // 5)}
    items, tastes = _make_items(kinds, stream["items"], stream["names"])
    preference = _preference(people, tastes, taste, stream["shifts"])
    acts = _make_acts(people, items, preference, likes, stream)
    groups = people.assign(cohort=people["birth_date"].dt.year // 5, favourite=preference.argmax(1))
    ties = _make_town_ties(
        groups,
        mean_degree,
        stream["ties"],
        homophily=homophily,
        monophily=monophily,
        circles=circles,
    )
    reports = _make_reports(people, disclosure, honesty, stream["reports"])
    return World(people, items, acts, ties, reports, about=_ABOUT)


_ABOUT = "Synthetic. Nobody in this town exists, so nobody was asked; nobody was watched either."


def _make_people(n: int, rng: np.random.Generator, names: np.random.Generator) -> pd.DataFrame:
    dispositions = rng.standard_normal((n, _DISPOSITIONS)).astype(np.float32)
    age = 13 + 77 * rng.beta(1.6, 2.2, n)
    birth = TODAY - (age * 365.25).astype("timedelta64[D]")
    size = 1 + rng.poisson(1.3, n)
    household = rng.permutation(np.repeat(np.arange(n), size)[:n])
    postcodes = 1 / np.arange(1, max(12, n // 150) + 1) ** 0.7  # few large, many small
    home = rng.choice(len(postcodes), household.max() + 1, p=postcodes / postcodes.sum())
    people = pd.DataFrame(
        {
            "name": name_people(household, rng=names),
            "birth_date": birth.astype("datetime64[s]"),
            "gender": rng.choice(["woman", "man", "nonbinary"], n, p=[0.50, 0.485, 0.015]),
            "postcode": [f"BW{code + 1}" for code in home[household]],
            "household": household.astype(np.int32),
        },
        index=pd.RangeIndex(n, name="person"),
    )
    return people.join(pd.DataFrame(dispositions, columns=[f"d{k}" for k in range(_DISPOSITIONS)]))


def _add_traits(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    n = len(people)
    z = people.filter(regex=r"^d\d$").to_numpy()
    names = [*_BINARY, *_NUMERIC]
    # orthogonal directions, so that one trait is not another by accident
    directions = np.linalg.qr(rng.standard_normal((_DISPOSITIONS, _DISPOSITIONS)))[0]
    direction = {name: directions[k % _DISPOSITIONS] for k, name in enumerate(names)}
    age = (TODAY - people["birth_date"].to_numpy()) / np.timedelta64(365, "D")
    could = (people["gender"] == "woman").to_numpy() & (age > 18) & (age < 45)
    columns = {}
    for name, (base_rate, loading, _) in _BINARY.items():
        liability = _mix(z @ direction[name], loading, rng.standard_normal(n))
        eligible = could if name == "expecting" else np.ones(n, dtype=bool)
        threshold = np.quantile(liability[eligible], 1 - base_rate) if eligible.any() else np.inf
        columns[name] = np.array(TRAITS[name].values)[((liability > threshold) & eligible) * 1]
    for name, loading in _NUMERIC.items():
        columns[name] = _mix(z @ direction[name], loading, rng.standard_normal(n)).astype("f4")
    return people.assign(**columns)


def _mix(signal: np.ndarray, loading: float, noise: np.ndarray) -> np.ndarray:
    return loading * signal + np.sqrt(1 - loading**2) * noise


def _add_joining(people: pd.DataFrame, members: float, rng: np.random.Generator) -> pd.DataFrame:
    # the sociable join first; the last ones never do
    late = _mix(-people["extraversion"].to_numpy(), 0.3, rng.standard_normal(len(people)))
    rank = late.argsort().argsort() / len(people)
    days = (rank / max(members, 1e-9) * 6 * 365).clip(max=6 * 365).astype("timedelta64[D]")
    joined = np.datetime64("2019-01-01", "s") + days
    member = rank < members
    return people.assign(member=member, joined=pd.Series(joined, people.index).where(member))


def _make_items(
    kinds: Mapping[str, int], rng: np.random.Generator, names: np.random.Generator
) -> tuple[pd.DataFrame, np.ndarray]:
    n_tastes = len(TOPICS) * _TASTES_PER_TOPIC
    topics = rng.standard_normal((len(TOPICS), _DISPOSITIONS))
    tastes = np.repeat(topics, _TASTES_PER_TOPIC, 0) + rng.standard_normal(
        (n_tastes, _DISPOSITIONS)
    )
    tastes /= np.linalg.norm(tastes, axis=1, keepdims=True)
    n = sum(kinds.values())
    kind = np.repeat(list(kinds), list(kinds.values()))
    taste = np.concatenate([rng.permutation(np.arange(size) % n_tastes) for size in kinds.values()])
    items = pd.DataFrame(
        {
            "kind": kind,
            "name": name_items(n, rng=names),
            "topic": np.array(TOPICS)[taste // _TASTES_PER_TOPIC],
            "taste": taste.astype(np.int16),
            "fame": (1 / rng.uniform(0.02, 1, n)).astype(np.float32),  # heavy-tailed
            "lot": rng.random(n).astype(np.float32),  # decides which sites carry a tracker
        },
        index=pd.RangeIndex(n, name="item"),
    )
    return items, tastes.astype(np.float32)


def _preference(
    people: pd.DataFrame, tastes: np.ndarray, strength: float, rng: np.random.Generator
) -> np.ndarray:
    """How a person's likes spread over the tastes: one row a person, adding up to 1."""
    logits = strength * people.filter(regex=r"^d\d$").to_numpy() @ tastes.T
    for name, (_, _, shift) in _BINARY.items():
        own = rng.choice(len(tastes), 3, replace=False)  # which three, the seed decides
        if strength:
            logits[np.ix_((people[name] == "yes").to_numpy(), own)] += shift
    logits -= logits.max(1, keepdims=True)
    share = np.exp(logits, out=logits)
    share /= share.sum(1, keepdims=True)
    return share


def _make_acts(
    people: pd.DataFrame,
    items: pd.DataFrame,
    preference: np.ndarray,
    likes: float,
    stream: Mapping[str, np.random.Generator],
) -> pd.DataFrame:
    n = len(people)
    member = people["member"].to_numpy()
    since = people["joined"].fillna(TODAY).to_numpy().astype("datetime64[s]").clip(min=YEAR)
    always = np.full(n, YEAR)
    acts = []
    for name, act, item_kind, median, may, start in (
        ("likes", "like", "page", likes, member, since),
        ("visits", "visit", "site", 40.0, np.ones(n, dtype=bool), always),
        ("purchases", "purchase", "product", 5.0, np.ones(n, dtype=bool), always),
    ):
        rng = stream[name]
        counts = rng.lognormal(np.log(max(median, 1e-9)), 1.2, n).round().astype(np.int64) * may
        chosen = items[items["kind"] == item_kind]
        person, item = _draw_items(counts, preference, chosen, rng)
        moment = start[person] + (
            (TODAY - start[person]).astype(float) * rng.random(len(person))
        ).astype("timedelta64[s]")
        acts.append(pd.DataFrame({"person": person, "kind": act, "item": item, "time": moment}))
    return concat(acts, "acts")


def _draw_items(
    counts: np.ndarray, preference: np.ndarray, items: pd.DataFrame, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Each draw picks a taste of the person, then an item of that taste by its fame."""
    counts = np.minimum(counts, len(items) // 2)
    order = items["taste"].to_numpy().argsort(kind="stable")
    taste, fame = items["taste"].to_numpy()[order], items["fame"].to_numpy()[order].astype(float)
    edges = np.concatenate([[0.0], fame.cumsum()])
    first = edges[np.searchsorted(taste, np.arange(preference.shape[1] + 1))]
    pairs = []
    for rows in np.array_split(np.arange(len(counts)), max(1, len(counts) // 20_000)):
        # one sorted line holds every person's tastes, so that one search serves all draws
        line = preference[rows].cumsum(1, dtype=np.float64)
        line /= line[:, -1:]
        line += np.arange(len(rows))[:, None]
        who = np.repeat(np.arange(len(rows)), counts[rows])
        drawn = np.searchsorted(line.ravel(), who + rng.random(len(who)), side="right")
        drawn = np.minimum(drawn - who * preference.shape[1], preference.shape[1] - 1)
        fame_point = first[drawn] + (first[drawn + 1] - first[drawn]) * rng.random(len(who))
        item = np.searchsorted(edges, fame_point, side="right") - 1
        pairs.append(rows[who] * len(items) + order[np.minimum(item, len(items) - 1)])
    key = unique_keys(np.concatenate(pairs))  # nobody likes a page twice
    person, item = np.divmod(key, len(items))
    return person.astype(np.int32), items.index.to_numpy()[item].astype(np.int32)


def _make_town_ties(
    people: pd.DataFrame, mean_degree: float, rng: np.random.Generator, **knobs: float
) -> pd.DataFrame:
    layers = [make_households(people["household"])]
    weight = rng.lognormal(0, 0.7, len(people))
    streams = rng.spawn(len(_CONTEXTS))
    for (context, (by, share)), stream in zip(_CONTEXTS.items(), streams, strict=True):
        group = people[by] if by else pd.Series("all", index=people.index)
        layers.append(
            make_ties(
                group,
                mean_degree=share * mean_degree,
                weight=weight,
                context=context,
                rng=stream,
                **knobs,
            )
        )
    ties = concat(layers, "ties")
    key = ties["a"].to_numpy(np.int64) * len(people) + ties["b"].to_numpy()
    _, first = np.unique(key, return_index=True)
    return ties.iloc[first].reset_index(drop=True)


def _make_reports(
    people: pd.DataFrame, disclosure: float, honesty: float, rng: np.random.Generator
) -> pd.DataFrame:
    member = people["member"].to_numpy()
    reports = []
    for name, trait in TRAITS.items():
        n = len(people)
        answered = (rng.random(n) < disclosure) & member
        noise, lie = rng.standard_normal(n), rng.random(n) >= honesty
        truth = people[name]
        if trait.numeric:
            value = _mix(truth.to_numpy(float), np.sqrt(honesty), noise).astype(object)
        else:
            first, second = trait.values
            value = truth.where(~lie, truth.map({first: second, second: first})).to_numpy(object)
        answers = pd.DataFrame(
            {"person": people.index.astype("int32"), "trait": name, "value": value}
        )
        answers.insert(2, "instrument", "test" if trait.numeric else "form")
        reports.append(answers[answered])
    return concat(reports, "reports")


def make_checkerboard_world(
    n: int = 200,
    *,
    likes: str = "everything",
    ties: str = "same",
    rng: int | np.random.Generator,
) -> World:
    """Make a world whose answer is planted, to see whether a method finds it.

    Half of the people are on the ``black`` side and half on the ``white`` side of one trait,
    ``side``. Everybody has twelve likes out of forty pages and about ten friends.

    Parameters
    ----------
    n : int
        How many people, from 50.
    likes : {"everything", "nothing"}
        Whether each side has pages of its own, or likes are drawn alike for both.
    ties : {"same", "other", "nothing"}
        Whether friends are always on one's own side, always on the other, or drawn alike.
    rng : int or Generator

    Returns
    -------
    World
    """
    rng = as_rng(rng)
    check_share(n, "n", low=50, high=1_000_000)
    check_name(likes, ["everything", "nothing"], what="likes")
    check_name(ties, ["same", "other", "nothing"], what="ties")
    white = rng.permutation(np.arange(n) % 2)
    page = rng.random((n, 20)).argsort(1)[:, :12]
    if likes == "everything":
        page = page + 20 * white[:, None]
    else:
        page = page + 20 * rng.integers(2, size=(n, 1))
    acts = pd.DataFrame(
        {"person": np.repeat(np.arange(n), 12).astype("int32"), "kind": "like"}
    ).assign(item=page.ravel().astype("int32"), time=YEAR)
    items = pd.DataFrame(
        {"kind": "page", "name": [f"Page {k}" for k in range(40)], "topic": "none"},
        index=pd.RangeIndex(40, name="item"),
    )
    side = pd.Series(np.array(["black", "white"])[white])
    joined = pd.Series(YEAR, index=side.index)
    people = pd.DataFrame({"side": side, "member": True, "joined": joined})
    people.index.name = "person"
    homophily = {"same": 1, "other": -1, "nothing": 0}[ties]
    drawn = make_ties(side, mean_degree=10, spread=0, homophily=homophily, circles=0, rng=rng)
    reports = pd.DataFrame({"person": people.index.astype("int32"), "trait": "side"})
    reports = reports.assign(instrument="form", value=side.to_numpy(object))
    return World(people, items, acts, drawn, reports, about="Planted: made to test a method.")
