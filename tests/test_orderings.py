"""Which way of asking friends tells most, half of the labels known: as published, and reversed.

In dense networks that sort weakly, friends of friends and the list of friends tell more than
friends (Altenburger & Ugander 2018). Where circles are small, sparse and alike, friends tell more.
Each claim is a difference of AUC within a world; its 95 % interval over ten worlds excludes 0.
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from ethics_lib.literature.friends import auc, has_trait, platform
from ethics_lib.walks import METHODS
from ethics_lib.world import make_world

SEEDS = range(10)


@cache
def aucs(preset, trait):
    """The AUC of each method in each of ten worlds, about those whose label is hidden."""
    rows = []
    for seed in SEEDS:
        people, friends = platform(make_world(preset, rng=seed))
        has = has_trait(people, trait)
        known = np.random.default_rng(seed).random(len(has)) < 0.5
        answers = np.column_stack([~has & known, has & known]).astype(np.float32)
        row = {}
        for method, pass_on in METHODS.items():
            scores, reached = pass_on(friends, known, answers)
            share = np.where(reached, scores[:, 1], has[known].mean())
            row[method] = auc(has[~known], share[~known])
        rows.append(row)
    return pd.DataFrame(rows)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("preset", "trait", "better", "worse"),
    [
        # as published: gender on a campus
        ("campus", "gender", "two_hop", "neighbours"),
        ("campus", "gender", "two_hop", "harmonic"),
        ("campus", "gender", "link", "harmonic"),
        ("campus", "gender", "link", "two_hop"),
        # as published: the side of blogs, where all are near the top and friends come last
        ("blogs", "side", "two_hop", "neighbours"),
        ("blogs", "side", "harmonic", "neighbours"),
        ("blogs", "side", "link", "neighbours"),
        # reversed: few friends, small circles, alike
        ("school", "gender", "neighbours", "two_hop"),
        ("school", "gender", "harmonic", "link"),
        ("brightwater", "party", "harmonic", "two_hop"),
        ("brightwater", "party", "harmonic", "link"),
        ("brightwater", "faith", "harmonic", "link"),
    ],
)
def test_the_order_of_methods(preset, trait, better, worse):
    found = aucs(preset, trait)
    lead = found[better] - found[worse]
    half = t.ppf(0.975, len(lead) - 1) * lead.std() / np.sqrt(len(lead))
    assert lead.mean() - half > 0, f"{lead.mean():.3f} ± {half:.3f}"


def test_a_method_that_looks_at_nothing_leads_nobody():
    """The measure itself: labels drawn without regard to friends."""
    people, friends = platform(make_world("school", rng=0))
    rng = np.random.default_rng(0)
    has, known = rng.random(len(people)) < 0.5, rng.random(len(people)) < 0.5
    answers = np.column_stack([~has & known, has & known]).astype(np.float32)
    for pass_on in METHODS.values():
        scores, reached = pass_on(friends, known, answers)
        share = np.where(reached, scores[:, 1], has[known].mean())
        assert auc(has[~known], share[~known]) == pytest.approx(0.5, abs=0.08)
