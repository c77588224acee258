"""Ties: who is friends with whom, and through which setting.

Half-friendships look for somebody of their own group or of another; those that look for each other
are joined, some at random and some in small dense circles, since closing triangles alone does not
make circles. Everything is drawn at once: no loop runs over people or over ties.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ethics_lib.presets import Setting
from ethics_lib.tables import RangeError, TableError, as_rng, check_share, concat

__all__ = ["make_households", "make_layers", "make_ties", "unique_keys"]


def make_ties(
    group: pd.Series | int,
    *,
    mean_degree: float = 30.0,
    spread: float = 0.8,
    homophily: float = 0.0,
    monophily: float = 0.0,
    circles: float = 0.6,
    circle_size: int = 20,
    density: float = 0.85,
    weight: np.ndarray | None = None,
    context: str = "friend",
    rng: int | np.random.Generator,
) -> pd.DataFrame:
    """Draw friendships among people who belong to groups.

    Half-friendships are drawn first: each looks for somebody of its own group, or of another.
    Those that look for each other are joined, at random (loose ties) or in small dense groups
    (circles).

    Parameters
    ----------
    group : Series of labels, index ``0 .. n-1``, or int
        The group of each person; a number of people means that nothing is sorted by.
    mean_degree : float, friends
        Mean number of friends, 0 up to a quarter of the people. Small or dense worlds fall short
        of it: two people who meet twice are friends once.
    spread : float, standard deviations of log weight
        How unequal people are in friends; 0 makes them equal.
    homophily : float, -1 to 1
        Newman's assortativity that the ties are drawn for: 0 none, 1 only one's own group,
        -1 only other groups (loose ties alone can do that).
    monophily : float, 0-1
        Overdispersion of people's own-group shares: how differently people of one group choose.
    circles : float, 0-1
        Share of ties from circles.
    circle_size, density : people, 0-1
        Mean size of a circle, and the share of its pairs who are friends.
    weight : array (n,), optional
        Drawing weights of the people, in place of ``spread``.
    context : str
        The setting to write beside each tie.
    rng : int or Generator

    Returns
    -------
    DataFrame[a, b, context], each pair once, ``a < b``

    References
    ----------
    Altenburger & Ugander (2018), Nature Human Behaviour 2:284, for homophily and monophily.

    Examples
    --------
    >>> group = pd.Series(["red", "blue"] * 100)
    >>> ties = make_ties(group, mean_degree=10, homophily=1, circles=0, rng=7)
    >>> bool((group[ties["a"]].to_numpy() == group[ties["b"]].to_numpy()).all())
    True
    """
    rng = as_rng(rng)
    code = _codes(group, homophily, monophily)
    n = len(code)
    check_share(mean_degree, "mean_degree", high=n / 4)
    check_share(spread, "spread", high=3)
    check_share(homophily, "homophily", low=-1)
    check_share(monophily, "monophily")
    check_share(circles, "circles")
    check_share(circle_size, "circle_size", low=3, high=1_000)
    check_share(density, "density", low=0.01)
    weight = rng.lognormal(0, spread, n) if weight is None else np.asarray(weight, dtype=float)
    if weight.shape != (n,) or not (weight >= 0).all() or weight.sum() == 0:
        raise RangeError(f"weight must hold {n} numbers from 0 up, one a person, not all 0.")
    weight = weight / weight.mean()
    share = np.bincount(code, weight) / n
    target = int(mean_degree * n / 2)

    loose = rng.poisson(weight * mean_degree * (1 - circles))
    keys = [_loose_ties(code, share, loose, homophily, monophily, rng)]
    slots = rng.poisson(weight * mean_degree * circles / ((circle_size - 1) * density))
    keys.append(_circle_ties(code, share, slots, homophily, circle_size, density, rng))
    key = unique_keys(np.concatenate([a * n + b for a, b in keys]))
    if len(key) > target:
        key = np.delete(key, rng.choice(len(key), len(key) - target, replace=False, shuffle=False))
    a = key // n  # np.divmod takes several times as long
    return _as_ties(a, key - a * n, context)


def _codes(group: pd.Series | int, homophily: float, monophily: float) -> np.ndarray:
    """The group of each person as a whole number; all are of one where only a number is given."""
    if not isinstance(group, pd.Series):
        n = int(check_share(group, "group", low=2, high=20_000_000))
        if homophily or monophily:
            raise RangeError(
                f"homophily={homophily!r}, monophily={monophily!r}: {n} people without groups "
                "cannot be sorted. Pass a Series of labels, or 0 for both."
            )
        return np.zeros(n, dtype=np.uint8)
    if not group.index.equals(pd.RangeIndex(len(group))):
        raise TableError(
            "make_ties: group must be indexed 0 to n-1 without gaps; use .reset_index(drop=True)."
        )
    code = pd.factorize(group)[0]
    if (code < 0).any():
        raise TableError(
            f"make_ties: group is empty (NaN) for person {code.argmin()}. Give everybody a label."
        )
    return code.astype(np.min_scalar_type(code.max(initial=0)))  # short codes sort faster


def make_households(household: pd.Series) -> pd.DataFrame:
    """Tie everybody to everybody in their household, index ``0 .. n-1`` as in `make_ties`."""
    home = household.to_numpy()
    order = home.argsort(kind="stable")
    return _as_ties(*_ordered(*_pairs_within(order, home[order])), "family")


def make_layers(
    people: pd.DataFrame,
    settings: Mapping[str, Setting],
    knobs: Mapping[str, float],
    *,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Draw the friendships of a world, setting by setting, on top of its households.

    Two people are friends once: the first setting that made them friends is written down.
    """
    layers = [make_households(people["household"])]
    chance, *streams = rng.spawn(1 + len(settings))
    weight = chance.lognormal(0, knobs["spread"], len(people))
    for (context, setting), stream in zip(settings.items(), streams, strict=True):
        group = people[setting.by] if setting.by else pd.Series("all", index=people.index)
        layers.append(
            make_ties(
                group,
                mean_degree=setting.share * knobs["mean_degree"],
                homophily=setting.pull * knobs["homophily"],
                monophily=knobs["monophily"],
                circles=knobs["circles"],
                circle_size=knobs["circle_size"],
                weight=weight,
                context=context,
                rng=stream,
            )
        )
    ties = concat(layers, "ties")
    key = ties["a"].to_numpy(np.int64) * len(people) + ties["b"].to_numpy()
    order = key.argsort(kind="stable")
    key = key[order]
    return ties.iloc[order[_begins(key)]].reset_index(drop=True)


def _loose_ties(
    code: np.ndarray,
    share: np.ndarray,
    stubs: np.ndarray,
    homophily: float,
    monophily: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    chance = share[code]
    own = chance + homophily * (1 - chance if homophily > 0 else chance)
    if monophily > 0:  # each person's own share, around the mean of the group
        spare = 1 / monophily - 1
        own = rng.beta(own * spare + 1e-9, (1 - own) * spare + 1e-9)
    who = rng.permutation(np.repeat(np.arange(len(code)), stubs))
    keeps = rng.random(len(who)) < own[who]
    inside = who[keeps]
    a, b = _pair_up(inside[np.argsort(code[inside], kind="stable")])
    same = code[a] == code[b]
    pairs = [(a[same], b[same])]
    across = who[~keeps]
    for _ in range(8):  # those who met their own kind look again
        a, b = _pair_up(across)
        other = code[a] != code[b]
        pairs.append((a[other], b[other]))
        across = rng.permutation(np.concatenate([a[~other], b[~other]]))
    a, b = (np.concatenate(end) for end in zip(*pairs, strict=True))
    return _ordered(a, b)


def _pair_up(people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    even = len(people) // 2 * 2
    return people[0:even:2], people[1:even:2]


def _circle_ties(
    code: np.ndarray,
    share: np.ndarray,
    slots: np.ndarray,
    homophily: float,
    circle_size: int,
    density: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    # two members of one circle are alike with the square of the chance that one keeps to it
    who = np.repeat(np.arange(len(code)), slots)
    keeps = rng.random(len(who)) < np.sqrt(max(homophily, 0))
    host = code[who]
    host[~keeps] = rng.choice(len(share), np.count_nonzero(~keeps), p=share / share.sum())
    order = rng.permutation(len(who))
    order = order[np.argsort(host[order], kind="stable")]
    who, host = who[order], host[order].astype(np.int64)
    sizes = 3 + rng.poisson(max(circle_size - 3, 0), 1 + len(who) // 3)
    circle = np.searchsorted(sizes.cumsum(), np.arange(len(who)), side="right")
    a, b = _pairs_within(who, circle * len(share) + host)
    kept = rng.random(len(a)) < density
    return _ordered(a[kept], b[kept])


def _pairs_within(who: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of neighbours in the list whose label is the same; labels come in runs."""
    bounds = np.append(np.flatnonzero(_begins(label)), len(label))
    ends = np.repeat(bounds[1:], np.diff(bounds))
    later = ends - np.arange(len(label)) - 1  # how many of my circle come after me
    left = np.repeat(np.arange(len(label)), later)
    step = np.arange(len(left)) - np.repeat(later.cumsum() - later, later)
    return who[left], who[left + 1 + step]


def _ordered(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, b = a[a != b], b[a != b]
    low, high = np.minimum(a, b), np.maximum(a, b)
    return low.astype(np.int64, copy=False), high.astype(np.int64, copy=False)


def _as_ties(a: np.ndarray, b: np.ndarray, context: str) -> pd.DataFrame:
    ties = pd.DataFrame({"a": a.astype(np.int32), "b": b.astype(np.int32)})
    return ties.assign(context=context)


def unique_keys(key: np.ndarray) -> np.ndarray:
    """Each key once, in order."""
    key = np.sort(key)  # np.unique hashes, which takes many times as long
    return key[_begins(key)]


def _begins(label: np.ndarray) -> np.ndarray:
    """Where a run of equal labels begins."""
    return np.append(np.ones(min(len(label), 1), dtype=bool), label[1:] != label[:-1])
