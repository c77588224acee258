"""Consent: how many say yes, by how they are asked, as experiments on notices found.

One mechanism: a person says yes if they want to by more than it costs. What costs is the way: each
step further, to yes or to no, takes the same effort. How much, in standard deviations of what
people want, is the one number that was fitted, to two figures at once.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd

from ethics_lib.consents import WAYS
from ethics_lib.effects import effect
from ethics_lib.tables import World

__all__ = ["categories", "notices"]

_COST = 0.48  # of one step, in standard deviations; fitted by `fit_cost`
_WILLING = WAYS["device prompt"][0]  # who says yes if yes and no are one step each


@effect(
    "N20",
    claim="Hiding the no gains consent, finer controls lose some, and the style does nothing.",
    figures=["N20-optout", "N20-granular", "N20-style"],
    preset="brightwater",
    ablated={"cost": 0},
    fitted=True,
)
def notices(
    world: World, rng: np.random.Generator, *, cost: float = _COST, willing: float = _WILLING
) -> dict[str, float]:
    """Ask everybody by four notices, and compare how many say yes.

    On a fair barrier, yes and no are one step each; a banner is no different, since it is in the
    way until it is answered. Without the button for no on the first page, no is two steps. With
    the purposes on the first page, yes is two: choose, then save. ``cost`` is fitted to the first
    two figures; nothing here knows of style, so the third holds if the steps are all there is.
    Assumed: ``willing`` of all say yes to a fair notice, the one published share of a fair question
    that we have.
    """
    people = world.people
    fair = _says_yes(people, rng, cost=cost, willing=willing)
    banner = _says_yes(people, rng, cost=cost, willing=willing)
    hidden = _says_yes(people, rng, cost=cost, willing=willing, no=2)
    granular = _says_yes(people, rng, cost=cost, willing=willing, yes=2)
    return {
        "N20-optout": 100 * (hidden.mean() - fair.mean()),
        "N20-granular": 100 * (granular.mean() - fair.mean()),
        "N20-style": 100 * (fair.mean() - banner.mean()),
    }


@effect(
    "U19",
    claim="Asked once, more people agree to everything than asked for each category.",
    figures=["U19-binary", "U19-unnudged"],
    preset="brightwater",
    ablated={"cost": 0, "alike": 1.0},
)
def categories(
    world: World,
    rng: np.random.Generator,
    *,
    cost: float = _COST,
    willing: float = _WILLING,
    number: int = 4,
    alike: float = 0.5,
) -> dict[str, float]:
    """Ask everybody once for everything, and once for each category, nothing ticked beforehand.

    The cost of a step is the one fitted to other figures, those of `notices`. Assumed: ``number``
    categories; what somebody wants of one and of another correlates at ``alike``; each is a tick
    more on the way to yes, and only who ticks all agrees to everything.
    """
    own = _wish(world.people, rng)
    parts = alike**0.5 * own[:, None]
    parts = parts + (1 - alike) ** 0.5 * rng.standard_normal((len(own), number))
    whole = parts.mean(1) / parts.mean(1).std()
    bar = NormalDist().inv_cdf(1 - willing)
    each = (parts > bar + cost).all(1)
    return {
        "U19-binary": 100 * ((whole > bar).mean() - each.mean()),
        "U19-unnudged": each.mean(),
    }


def _says_yes(
    people: pd.DataFrame,
    rng: np.random.Generator,
    *,
    cost: float,
    willing: float,
    yes: int = 1,
    no: int = 1,
) -> np.ndarray:
    """Who says yes to a notice on which yes and no take so many steps."""
    return _wish(people, rng) > NormalDist().inv_cdf(1 - willing) + cost * (yes - no)


def _wish(people: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """How much each person wants to say yes today: half because they give way, half by chance."""
    giving = people["agreeableness"].to_numpy(float)
    wish = (giving - giving.mean()) / giving.std() + rng.standard_normal(len(people))
    return wish / 2**0.5


def fit_cost(optout: float = 0.225, granular: float = -0.14, willing: float = _WILLING) -> float:
    """Fit the cost of a step to two published changes in consent, by least squares."""
    from scipy.optimize import minimize_scalar

    share = NormalDist()
    bar = share.inv_cdf(willing)

    def error(cost: float) -> float:
        gained = share.cdf(bar + cost) - willing
        lost = share.cdf(bar - cost) - willing
        return (gained - optout) ** 2 + (lost - granular) ** 2

    return minimize_scalar(error, bounds=(0, 3), method="bounded").x
