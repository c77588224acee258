"""Fit the loadings of traits, until the published pipeline finds in a preset what a paper found.

For each fitted figure one number is turned, the loading of its trait, by halving the range between
too little and too much. The worlds of the fit have seeds of their own, which nothing else uses. The
bands of ``datasets/published_effects.csv`` were written before the first fit.

    python tools/calibrate.py [PRESET ...]     print each loading beside that in presets.py
    python tools/calibrate.py effects          two numbers of effects, the same way
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from ethics_lib.datasets import load_published
from ethics_lib.literature.adverts import fit_reach
from ethics_lib.literature.consent import fit_cost
from ethics_lib.literature.likes import factorise, said_of, tell
from ethics_lib.people import draw_trait, make_reports
from ethics_lib.presets import PRESETS, Drawn, settle
from ethics_lib.tables import World
from ethics_lib.world import make_world

SEEDS = (9_001, 9_002, 9_003)
# preset: components, people a like, likes a person, how its figures are called
PIPELINES = {
    "volunteers": (100, 20, 2, ("K13-auc-", "K13-r-")),
    "tutorial": (50, 150, 50, ("K16-tight-",)),
    "brightwater": (100, 20, 2, ("K13-r-",)),
}


def fit(preset: str) -> Iterator[dict[str, object]]:
    """Yield a row for each trait of a preset that has a published figure."""
    published = load_published().set_index("figure")["published"]
    components, people, likes, prefixes = PIPELINES[preset]
    knobs = settle(preset, {})[1]
    asked = {k: knobs[k] for k in ("disclosure", "honesty", "reticence", "questions", "precision")}
    worlds = [make_world(preset, rng=seed) for seed in SEEDS]
    factors = [factorise.__wrapped__(world, components, people, likes) for world in worlds]

    def found(trait: Drawn, loading: float) -> float:
        trait, told = replace(trait, loading=loading), []
        for world, part, seed in zip(worlds, factors, SEEDS, strict=True):
            people = draw_trait(world.people, trait, rng=seed)
            reports = make_reports(people, [trait], **asked, rng=seed)
            said = said_of(World(people, reports=reports), trait.name, part.people)
            told.append(tell(part.left, said))
        return float(np.mean(told))

    for trait in PRESETS[preset].traits:
        figures = [prefix + trait.name for prefix in prefixes if prefix + trait.name in published]
        if not figures:
            continue
        (figure,), low, high = figures, 0.0, 1.0
        for _ in range(8):
            middle = (low + high) / 2
            measured = found(trait, middle)
            low, high = (middle, high) if measured < published[figure] else (low, middle)
        yield {
            "preset": preset,
            "trait": trait.name,
            "figure": figure,
            "published": published[figure],
            "measured": measured,
            "loading": round(middle, 4),
            "in presets.py": trait.loading,
        }


def fit_effects() -> Iterator[dict[str, object]]:
    """Yield what an advert's round of delivery reaches, and what a step costs who is asked."""
    reach = fit_reach(make_world("brightwater", rng=seed) for seed in range(100, 112))
    yield {"effect": "M17", "number": "share reached by a round", "fitted": reach}
    yield {"effect": "N20", "number": "cost of a step, in sd", "fitted": fit_cost()}


if __name__ == "__main__":
    chosen = sys.argv[1:] or [*PIPELINES, "effects"]
    for name in chosen:
        rows = fit_effects() if name == "effects" else fit(name)
        print(pd.DataFrame(rows).round(4).to_string(index=False), end="\n\n", flush=True)
