"""Scenarios: a town, a holder, and what the holder could do, to hold a defence against.

A scenario is made anew for each seed. Beside it stand, by name, the ways to conclude and the ways
to defend oneself that `ethics_lib.sweeps` tries against each other; add your own to both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from inspect import signature
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from ethics_lib.beliefs import LikesMatrix, infer, likes_matrix
from ethics_lib.cloaks import Cloak
from ethics_lib.consents import ask_consent
from ethics_lib.defences import (
    BlockTrackers,
    Forget,
    Hide,
    Minimise,
    Obfuscate,
    OptOutTogether,
)
from ethics_lib.defended import learnable, people_in
from ethics_lib.guards import SUMS_ONLY
from ethics_lib.holdouts import hold_out_by_time
from ethics_lib.necessity import measure_necessity
from ethics_lib.noise import RandomisedResponse
from ethics_lib.propagation import propagate
from ethics_lib.tables import (
    COLUMNS,
    Evidence,
    TableError,
    World,
    check_name,
    empty_table,
    is_numeric,
    several,
)
from ethics_lib.traces import Pixel, Platform, collect
from ethics_lib.world import TODAY, make_world

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from ethics_lib import walks

__all__ = ["DEFENCES", "METHODS", "Case", "Defender", "Method", "Scenario", "by_friends"]

Method = Callable[[Evidence, str], pd.DataFrame]
"""Evidence and the holder's name in, beliefs out; no rows where nothing is left to learn from."""

Defender = Callable[[float, int], Callable[[Evidence], Evidence]]
"""A strength from 0 to 1 and a seed in, a defence out; at 0 it changes nothing."""


class Case(NamedTuple):
    """One town to judge a defence in: what the holder has, and what only the judge knows."""

    holder: str
    evidence: Evidence
    later: pd.DataFrame  # traces: what people liked afterwards
    items: pd.DataFrame
    truth: pd.DataFrame  # index person, a column a trait


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A town and a holder: a platform with a tracker on other firms' sites.

    Parameters
    ----------
    n : int or str
        How many people, or a preset; see `make_world`.
    knobs : dict
        Other knobs of `make_world`.
    holder : str
    traits : tuple of str
        What is guessed. Traits in words; of more than two values the last one is asked about.
    pixel : float, 0-1
        Share of the town's other sites that carry the holder's tracker; it does not wait for a yes.
    late : float, 0-1
        Share of each person's records, the last ones, that are held out. The likes among them are
        what a feed is to foretell.

    Notes
    -----
    For a town of another kind, derive a frozen dataclass from this one and override `world`.
    """

    n: int | str = 400
    knobs: Mapping[str, float] = field(default_factory=dict)
    holder: str = "Murmur"
    traits: tuple[str, ...] = ("party", "faith")
    pixel: float = 0.3
    late: float = 0.2

    def __post_init__(self) -> None:
        traits = several(self.traits)
        object.__setattr__(self, "traits", traits)
        if not traits or len(set(traits)) < len(traits):
            raise TableError(f"Scenario: traits={traits!r}. Give one or more, each once.")
        for knob in self.knobs:
            check_name(knob, [*signature(make_world).parameters][1:-1], what="knob")

    def world(self, seed: int) -> World:
        """Make the town of this seed."""
        return make_world(self.n, **self.knobs, rng=seed)

    def make(self, seed: int) -> Case:
        """Make what the holder has before anybody defends themself, and what is true."""
        world = self.world(seed)
        for trait in self.traits:
            check_name(trait, world.reports["trait"].unique(), what="trait")
            if is_numeric(world.reports.loc[world.reports["trait"] == trait, "value"]):
                raise TableError(f"Scenario: {trait!r} is a number. Choose traits in words.")
        known = world.reports[world.reports["trait"].isin(self.traits)]
        members = world.people[world.people["member"]]
        terms = {"purposes": ["service"], "how": "terms", "time": members["joined"], "rng": seed}
        agreed = ask_consent(members, holder=self.holder, **terms)
        collectors = [Platform(self.holder)]
        if self.pixel:
            collectors.append(Pixel(self.holder, reach=self.pixel, waits=False))
        held = collect(world, agreed, collectors)
        late = hold_out_by_time(held.traces, share=self.late)
        later = held.traces[late & (held.traces["kind"] == "like")]
        evidence = Evidence(held.traces[~late], held.ties, known[list(COLUMNS["known"])])
        return Case(self.holder, evidence, later, world.items, world.people[list(self.traits)])


# Methods ------------------------------------------------------------------------------------------


def by_friends(
    evidence: Evidence,
    holder: str,
    *,
    method: str | walks.Method = "harmonic",
    person_rows: bool = False,
    basis: str | None = None,
) -> pd.DataFrame:
    """Pass answers on from friend to friend, about those traits that enough people told.

    Parameters
    ----------
    evidence : Evidence
    holder : str
    method, person_rows, basis
        As for `propagate`. ``partial(by_friends, method="neighbours")`` is a method for a sweep.

    Returns
    -------
    DataFrame of beliefs
    """
    known = learnable(evidence.known)
    if known.empty or evidence.ties.empty:
        return empty_table("beliefs")
    ground = {"person_rows": person_rows, "basis": basis}
    return propagate(known, evidence.ties, holder=holder, method=method, **ground)


def _by_likes(evidence: Evidence, holder: str, **ground: object) -> pd.DataFrame:
    """What `infer` concludes."""
    seen = evidence.traces[evidence.traces["item"].notna()]
    known = learnable(evidence.known[evidence.known["person"].isin(seen["person"])])
    if known.empty or seen["person"].nunique() < 3 or seen["item"].nunique() < 3:
        return empty_table("beliefs")
    return infer(seen, known, holder=holder, **ground)


def _by_both(evidence: Evidence, holder: str, **ground: object) -> pd.DataFrame:
    """What a regression on likes and on friends' answers concludes; see `joint_models`."""
    from ethics_lib.joint_models import JointModel

    known, people = learnable(evidence.known), people_in(evidence)
    if known.empty or evidence.ties.empty or evidence.traces["item"].nunique() < 3:
        return empty_table("beliefs")
    likes = _rows_of(likes_matrix(evidence.traces), people)

    def joint(
        friends: csr_array, is_known: np.ndarray, answers: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        said = np.where(is_known, answers.argmax(axis=1), -1)
        learner = JointModel().fit(friends, said, likes=likes)
        return learner.label_distributions_, learner.reached_

    return propagate(known, evidence.ties, holder=holder, method=joint, people=people, **ground)


def _rows_of(likes: LikesMatrix, people: pd.Index) -> csr_array:
    """The likes with a row for each of these people; a row of nothing for whom none is known."""
    from scipy.sparse import csr_array

    matrix, holders, _ = likes
    has = holders.get_indexer(people)
    rows = np.flatnonzero(has >= 0)
    shape = (len(people), matrix.shape[0])
    return csr_array((np.ones(len(rows), "float32"), (rows, has[rows])), shape) @ matrix


METHODS: dict[str, Method] = {
    "likes": _by_likes,
    "friends": by_friends,
    "link": partial(by_friends, method="link"),
    "likes and friends": _by_both,
}
"""The ways to conclude that a sweep tries, by name.

Of a protected trait of real people each gives an aggregate, unless it is called with
``person_rows=True`` and a basis, as `scores.leak` does for you.
"""


# Defences -----------------------------------------------------------------------------------------


def _minimise(strength: float, _: int) -> Callable[[Evidence], Evidence]:
    """Drop the share of the sources that the holder, by its own measurement, needs least."""

    def needed_least(evidence: Evidence) -> Evidence:
        known, traces = learnable(evidence.known), evidence.traces
        if strength == 0 or known.empty or traces["source"].nunique() < 2:
            return evidence
        said = known.pivot(index="person", columns="trait", values="value")
        needed = measure_necessity(traces, known, truth=said, holder=traces["holder"].iloc[0])
        best = np.sort(needed.groupby("source")["low"].max())
        drop = round(strength * len(best))
        return Minimise(necessity=needed, least=best[drop - 1])(evidence) if drop else evidence

    return needed_least


def _cloak(strength: float, _: int) -> Callable[[Evidence], Evidence]:
    """Cloak every trait that is asked about: whoever can gets below a line."""

    def each(evidence: Evidence) -> Evidence:
        for trait in learnable(evidence.known)["trait"].unique() if strength else ():
            evidence = Cloak(trait=trait, below=1 - strength / 2, **SUMS_ONLY)(evidence)
        return evidence

    return each


def _by_lot(strength: float, seed: int) -> RandomisedResponse:
    """A share of the answers is drawn by lot; of two values, half of those come out true."""
    with np.errstate(divide="ignore"):
        return RandomisedResponse(epsilon=float(np.log(np.divide(2, strength) - 1)), rng=seed)


DEFENCES: dict[str, Defender] = {
    "hide": lambda strength, seed: Hide(share=strength, rng=seed),
    "block trackers": lambda strength, seed: BlockTrackers(share=strength, rng=seed),
    "opt out together": lambda strength, seed: OptOutTogether(share=strength, rng=seed),
    "obfuscate": lambda strength, seed: Obfuscate(share=strength, rng=seed),
    "obfuscate uniformly": lambda strength, seed: Obfuscate(
        share=strength, how="uniform", rng=seed
    ),
    "forget": lambda strength, _: Forget(
        days=365 * (1 - strength) if strength else np.inf, now=str(TODAY)
    ),
    "minimise": _minimise,
    "cloak": _cloak,
    "answer by lot": _by_lot,
}
"""The defences that a sweep tries, by name; each docstring in `defences` says what it leaves.

Their strengths are different things: a share of records, of sites, of people or of sources, false
records for each true one, a share of the year forgotten, half of how far the line of a cloak is
drawn below 1, a share of answers by lot. Compare what they stop and keep, not their strengths.
`noise.Aggregate` is not among them, since it has to be told what there is to be counted. What an
answer by lot costs those who need the answers is on neither axis of a sweep.
"""
