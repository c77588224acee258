"""Effects: can a mechanism of the town produce a number that was published about real people?

An effect is a function that measures something in a world, beside the figures that a paper gives
for it. `recover` measures in several worlds and lays both next to each other. Holding means that
this mechanism can produce the published number; it is not new evidence about people.

The figures, their bands and their standing are data: ``datasets/published_effects.csv``. An effect
counts as *fitted* when a knob was turned until it came out (``tools/calibrate.py``), and as
*emergent* when nobody turned one. Each names the ablated world in which it must fail.

``python -m ethics_lib.effects`` measures them all and prints the table.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pandas as pd

from ethics_lib.datasets import load_published
from ethics_lib.measures import mean_of
from ethics_lib.presets import KNOBS, PRESETS
from ethics_lib.tables import World, as_rng, check_name, check_share
from ethics_lib.world import make_world

__all__ = ["HOME", "Effect", "effect", "judge", "measure", "recover", "summarise"]

HOME = "brightwater"
"""The preset in which every effect is tried, if its mechanism has a place there."""


@dataclass(frozen=True)
class Effect:
    """One published finding, and the function that looks for it in a world."""

    id: str
    claim: str
    figures: tuple[str, ...]  # rows of datasets/published_effects.csv
    preset: str  # the world that is like the paper's
    ablated: Mapping[str, object]  # knobs of the world, or keywords of the function
    fitted: bool  # a knob was turned until it held
    at_home: bool  # whether Brightwater has what it needs
    check: Callable[..., Mapping[str, float]]

    def __call__(
        self, world: World, *, rng: int | np.random.Generator, ablated: bool = False
    ) -> dict[str, float]:
        """Measure every figure in one world; ``ablated`` passes the keywords that take it away."""
        own = {k: v for k, v in self.ablated.items() if k not in KNOBS} if ablated else {}
        found = self.check(world, as_rng(rng), **own)
        for name in self.figures:
            check_name(name, found, what=f"{self.id}: in what the function returned, the figure")
        return {name: float(found[name]) for name in self.figures}


def effect(
    id: str,
    *,
    claim: str,
    figures: Iterable[str],
    preset: str,
    ablated: Mapping[str, object],
    fitted: bool = False,
    at_home: bool = True,
) -> Callable[[Callable[..., Mapping[str, float]]], Effect]:
    """Make an effect of the function below, which takes a world and a generator.

    The function returns ``{figure: number}`` for every figure named, one number a world.

    Parameters
    ----------
    id : str
    claim : str
        What the paper found, in one sentence.
    figures : list of str
        Rows of ``datasets/published_effects.csv``.
    preset : str
        The world to look in: a name in `PRESETS`.
    ablated : dict
        What takes the mechanism away: knobs of `make_world`, or keywords of the function.
    fitted : bool
        Whether a knob was turned until it held.
    at_home : bool
        Whether to look for it in Brightwater too.

    Examples
    --------
    >>> @effect("MINE", claim="People have friends.", figures=["U11-fp-mean"],
    ...         preset="brightwater", ablated={"mean_degree": 0})
    ... def friends(world, rng):
    ...     return {"U11-fp-mean": len(world.ties) / len(world.people)}
    >>> friends.fitted, friends.figures
    (False, ('U11-fp-mean',))
    """
    check_name(preset, PRESETS, what="preset")

    def make(check: Callable[..., Mapping[str, float]]) -> Effect:
        return Effect(id, claim, tuple(figures), preset, dict(ablated), fitted, at_home, check)

    return make


def recover(
    effects: Iterable[Effect],
    *,
    seeds: int = 5,
    rng: int | np.random.Generator,
    progress: bool = False,
) -> pd.DataFrame:
    """Look for published findings in made worlds, and say which of them come out.

    Parameters
    ----------
    effects : list of Effect
        Such as ``ethics_lib.literature.EFFECTS``, or one's own.
    seeds : int
        How many worlds of each kind to measure in, 2 or more.
    rng : int or Generator
    progress : bool
        Whether to show a bar on standard error.

    Returns
    -------
    DataFrame
        See `judge`.
    """
    effects = list(effects)
    return judge(measure(effects, seeds=seeds, rng=rng, progress=progress), effects)


def measure(
    effects: Iterable[Effect],
    *,
    seeds: int = 5,
    rng: int | np.random.Generator,
    presets: Iterable[str] = tuple(PRESETS),
    progress: bool = False,
) -> pd.DataFrame:
    """Measure effects in the worlds of their papers, in Brightwater, and in ablated worlds.

    Parameters
    ----------
    effects, seeds, rng, progress
        See `recover`.
    presets : list of str
        Make only worlds of these; what would be measured in others is left out.

    Returns
    -------
    DataFrame[effect, figure, preset, role, seed, value]
        ``role`` is ``own``, ``home`` (Brightwater) or ``ablated``.
    """
    from tqdm import tqdm

    check_share(seeds, "seeds", low=2, high=1_000)
    numbers = as_rng(rng).integers(2**31, size=int(seeds)).tolist()
    presets = [check_name(name, PRESETS, what="preset") for name in presets]
    plan = {key: todo for key, todo in _plan(effects, numbers).items() if key[0] in presets}
    rows = []
    for (preset, knobs, seed), tasks in tqdm(plan.items(), unit="world", disable=not progress):
        world = make_world(preset, rng=seed, **dict(knobs))
        for task, role in tasks:
            chance = np.random.default_rng([seed, crc32(task.id.encode())])
            found = task(world, rng=chance, ablated=role == "ablated")
            rows += [(task.id, name, preset, role, seed, value) for name, value in found.items()]
    return pd.DataFrame(rows, columns=["effect", "figure", "preset", "role", "seed", "value"])


def _plan(effects: Iterable[Effect], numbers: list[int]) -> dict[tuple, list]:
    """Which effects to measure in which world: each world is made once, the costly ones last."""
    plan: dict[tuple, list] = {}
    for task in effects:
        without = tuple(sorted((k, v) for k, v in task.ablated.items() if k in KNOBS))
        for seed in numbers:
            plan.setdefault((task.preset, (), seed), []).append((task, "own"))
            if task.at_home and task.preset != HOME:
                plan.setdefault((HOME, (), seed), []).append((task, "home"))
            plan.setdefault((task.preset, without, seed), []).append((task, "ablated"))
    order = list(PRESETS)
    return dict(sorted(plan.items(), key=lambda item: (order.index(item[0][0]), item[0][1:])))


def judge(measured: pd.DataFrame, effects: Iterable[Effect]) -> pd.DataFrame:
    """Lay what was measured beside what was published.

    Parameters
    ----------
    measured : DataFrame[effect, figure, preset, role, seed, value]
        From `measure`, of one run or of several.
    effects : list of Effect

    Returns
    -------
    DataFrame
        One row an effect and figure: effect, figure, preset, published, low, high (the band);
        measured (mean over seeds), at_least, at_most (its 95 % interval); holds (the mean lies in
        the band), fitted, holds_in_brightwater, fails_when_ablated (NA where not measured),
        standing.
    """
    published = load_published().set_index("figure")
    rows = []
    for task in effects:
        mine = measured[measured["effect"] == task.id]
        for name in task.figures:
            figure = published.loc[check_name(name, published.index, what="figure")]
            seen = mine[mine["figure"] == name].groupby("role")["value"].agg(list)
            own = seen.get("own", [])
            middle, least, most = mean_of(own)
            at_home = own if task.preset == HOME else seen.get("home", [])
            without = _inside(seen.get("ablated", []), figure)
            rows.append(
                {
                    "effect": task.id,
                    "figure": name,
                    "preset": task.preset,
                    "published": figure["published"],
                    "low": figure["low"],
                    "high": figure["high"],
                    "measured": middle,
                    "at_least": least,
                    "at_most": most,
                    "holds": _inside(own, figure),
                    "fitted": task.fitted,
                    "holds_in_brightwater": _inside(at_home, figure),
                    "fails_when_ablated": pd.NA if without is pd.NA else not without,
                    "standing": figure["standing"],
                }
            )
    verdicts = ["holds", "holds_in_brightwater", "fails_when_ablated"]
    return pd.DataFrame(rows).astype(dict.fromkeys(verdicts, "boolean"))


def _inside(values: list[float], figure: pd.Series) -> object:
    """Whether the mean lies in the band; an end that is empty is open."""
    if not len(values):
        return pd.NA
    middle = np.mean(values)
    return not (middle < figure["low"] or middle > figure["high"] or np.isnan(middle))


def summarise(recovered: pd.DataFrame) -> pd.DataFrame:
    """One row an effect: it holds if all of its figures hold that a source was seen for.

    Returns
    -------
    DataFrame[effect, preset, figures, holds, fitted, holds_in_brightwater, fails_when_ablated]
        Figures that are quoted from memory, or are ours, are shown and never counted.
        Without its mechanism an effect fails when any of its figures does.
    """
    gated = recovered[recovered["standing"].isin(["primary", "secondary"])].groupby(
        "effect", sort=False
    )
    table = recovered.groupby("effect", sort=False).agg(
        preset=("preset", "first"), figures=("figure", "size"), fitted=("fitted", "first")
    )
    for column, fold in {
        "holds": "all",
        "holds_in_brightwater": "all",
        "fails_when_ablated": "any",
    }.items():
        verdict = gated[column].agg(
            lambda v, fold=fold: pd.NA if v.isna().any() else getattr(v, fold)()
        )
        table[column] = verdict.reindex(table.index).astype("boolean")
    return table.reset_index()


if __name__ == "__main__":
    from ethics_lib.literature.command import main

    sys.exit(main(sys.argv[1:]))
