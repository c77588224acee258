"""Fit knobs, until a published pipeline finds in a preset what a paper found.

For most fitted figures one number is turned, the loading of a trait, by halving the range between
too little and too much. The worlds of the fit have seeds of their own, which nothing else uses. The
bands of ``datasets/published_effects.csv`` were written before the first fit.

    python tools/calibrate.py [PRESET ...]     print each loading beside that in presets.py
    python tools/calibrate.py campus           homophily and monophily of the campus
    python tools/calibrate.py taste            what the strength of taste does, to choose it by
    python tools/calibrate.py effects          two numbers of effects
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from ethics_lib.datasets import load_published
from ethics_lib.literature.adverts import fit_reach
from ethics_lib.literature.consent import fit_cost
from ethics_lib.literature.friends import votes
from ethics_lib.literature.likes import factorise, learning_curve, said_of, tell, variance
from ethics_lib.people import ANSWERING, draw_trait, make_reports
from ethics_lib.presets import PRESETS, Drawn, settle
from ethics_lib.tables import World, check_name
from ethics_lib.world import make_world

SEEDS = (9_001, 9_002, 9_003)
# preset: components, people a like, likes a person, how its figures are called
PIPELINES = {
    "volunteers": (100, 20, 2, ("K13-auc-", "K13-r-")),
    "tutorial": (50, 150, 50, ("K16-tight-",)),
    "brightwater": (100, 20, 2, ("K13-r-",)),
}
# of the volunteers some questions went to a few hundred only: more worlds, more draws in each
MORE = {"volunteers": (9_004, 9_005)}
ENOUGH = 20_000  # answers in all the draws of one world


def fit(preset: str) -> Iterator[dict[str, object]]:
    """Yield a row for each trait of a preset that has a published figure."""
    published = load_published().set_index("figure")["published"]
    components, people, likes, prefixes = PIPELINES[preset]
    knobs = settle(preset, {})[1]
    asked = {name: knobs[name] for name in ANSWERING}
    seeds = SEEDS + MORE.get(preset, ())
    worlds = [make_world(preset, rng=seed) for seed in seeds]
    factors = [factorise.__wrapped__(world, components, people, likes) for world in worlds]

    def found(trait: Drawn, loading: float) -> float:
        trait, told = replace(trait, loading=loading), []
        draws, tries = 1, len(SEEDS)
        if preset in MORE and trait.answered:
            draws, tries = min(8, max(2, round(ENOUGH / (trait.answered * knobs["n"])))), len(seeds)
        for world, part, seed in list(zip(worlds, factors, seeds, strict=True))[:tries]:
            for draw in range(draws):
                people = draw_trait(world.people, trait, rng=seed + 100 * draw)
                reports = make_reports(people, [trait], **asked, rng=seed + 100 * draw)
                said = said_of(World(people, reports=reports), trait.name, part.people)
                told.append(tell(part.left, said))
        return float(np.mean(told))

    for trait in PRESETS[preset].traits:
        figures = [prefix + trait.name for prefix in prefixes if prefix + trait.name in published]
        if not figures:
            continue
        (figure,) = figures
        loading, measured = halve(partial(found, trait), published[figure], high=1.0, steps=8)
        yield {
            "preset": preset,
            "trait": trait.name,
            "figure": figure,
            "published": published[figure],
            "measured": measured,
            "loading": round(loading, 4),
            "in presets.py": trait.loading,
        }


def halve(
    found: Callable[[float], float], aim: float, *, high: float, steps: int
) -> tuple[float, float]:
    """Halve the range from 0 to ``high`` towards where ``found`` meets the aim; where, and what."""
    low = 0.0
    for _ in range(steps):
        middle = (low + high) / 2
        measured = found(middle)
        low, high = (middle, high) if measured < aim else (low, middle)
    return middle, measured


def fit_campus() -> Iterator[dict[str, object]]:
    """Turn homophily until one hop, and monophily until two hops, tell gender as published.

    One after the other, three times over, since each moves both. The circles were chosen before,
    by hand: as large as a residence, so that the hops after the second come out.
    """
    published = load_published().set_index("figure")["published"]
    knobs = {"homophily": 0.06, "monophily": 0.036}
    aims = {"homophily": ("AU18-1hop", 0.2), "monophily": ("AU18-2hop", 0.1)}

    def found(figure: str, knob: str, value: float) -> float:
        turned = knobs | {knob: value}
        told = [votes(make_world("campus", rng=seed, **turned), rng=seed) for seed in SEEDS]
        return float(np.mean([hops[figure] for hops in told]))

    for _ in range(3):
        for knob, (figure, high) in aims.items():
            turn = partial(found, figure, knob)
            knobs[knob], _ = halve(turn, published[figure], high=high, steps=7)
    for knob, (figure, _) in aims.items():
        yield {
            "knob": knob,
            "figure": figure,
            "published": published[figure],
            "measured": found(figure, knob, knobs[knob]),
            "fitted": knobs[knob],
            "in presets.py": PRESETS["campus"].knobs[knob],
        }


def try_tastes() -> Iterator[dict[str, object]]:
    """What the volunteers' figures are for several strengths of taste; 3 was chosen, by eye.

    With it went, by eye too and with the same figures in view, how visible each disposition is
    (the power of -0.8 in ``acts``) and which of them the five traits hang on (``presets``).
    """
    for taste in (1.5, 2.0, 2.5, 3.0, 3.5, 4.0):
        world = make_world("volunteers", rng=SEEDS[0], taste=taste)
        found = variance(world, rng=0) | learning_curve(world, rng=0)
        yield {"taste": taste} | found


def fit_effects() -> Iterator[dict[str, object]]:
    """Yield what an advert's round of delivery reaches, and what a step costs who is asked."""
    reach = fit_reach(make_world("brightwater", rng=seed) for seed in range(100, 112))
    yield {"effect": "M17", "number": "share reached by a round", "fitted": reach}
    yield {"effect": "N20", "number": "cost of a step, in sd", "fitted": fit_cost()}


if __name__ == "__main__":
    others = {"campus": fit_campus, "taste": try_tastes, "effects": fit_effects}
    for name in sys.argv[1:] or [*PIPELINES, *others]:
        rows = others[name]() if name in others else fit(check_name(name, PIPELINES, what="preset"))
        print(pd.DataFrame(rows).round(4).to_string(index=False), end="\n\n", flush=True)
