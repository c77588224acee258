"""People: who lives in a world, what they are, what befalls them, and what they say of themselves.

A person has latent dispositions. Dispositions and a little chance make traits; some traits come
with an event of life that has a beginning. What people say on a form or in a test is the truth
plus noise, from those who answered.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ethics_lib.names import name_people
from ethics_lib.presets import Drawn
from ethics_lib.tables import as_rng, concat, empty_table

__all__ = [
    "ANSWERING",
    "DISPOSITIONS",
    "TODAY",
    "YEAR",
    "draw_trait",
    "make_events",
    "make_people",
    "make_reports",
    "reliability",
]

YEAR = np.datetime64("2025-01-01", "s")
"""The first day of the year that the town's acts fall into."""
TODAY = np.datetime64("2026-01-01", "s")
"""The day on which the town is looked at."""
_OPENING = np.datetime64("2019-01-01", "s")  # of the platform

DISPOSITIONS = [f"d{k}" for k in range(20)]
"""The columns of ``people`` that hold the latent dispositions, the one most seen in likes first."""

ANSWERING = ("disclosure", "honesty", "reticence", "questions", "precision")
"""The knobs that decide what people say of themselves: the keywords of `make_reports`."""

_DAY = np.timedelta64(1, "D")


def make_people(
    knobs: dict[str, float], traits: Iterable[Drawn], *, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw the people of a world: homes, birth dates, dispositions, traits, membership.

    Parameters
    ----------
    knobs : dict
        Every knob, as `presets.settle` gives them.
    traits : list of Drawn
    rng : Generator

    Returns
    -------
    DataFrame, index ``person``
        name, birth_date, gender, postcode, household, dispositions ``d0`` to ``d19``, a column
        for each trait, member, joined, left.
    """
    homes, births, names, codes, minds, chance, joining = rng.spawn(7)
    n = int(knobs["n"])
    household = _households(n, knobs["household"], homes)
    dispositions = minds.standard_normal((n, len(DISPOSITIONS)), dtype=np.float32)
    people = pd.DataFrame(
        {
            "name": name_people(household, rng=names),
            "birth_date": _birth_dates(household, births),
            "gender": births.choice(["woman", "man", "nonbinary"], n, p=[0.50, 0.485, 0.015]),
            "postcode": _postcodes(household, knobs, codes),
            "household": household.astype(np.int32),
        },
        index=pd.RangeIndex(n, name="person"),
    )
    people = people.join(pd.DataFrame(dispositions, people.index, DISPOSITIONS))
    traits = list(traits)
    for trait, stream in zip(traits, chance.spawn(len(traits)), strict=True):
        people = draw_trait(people, trait, rng=stream)
    return _add_joining(people, knobs["members"], knobs["leavers"], joining)


def draw_trait(
    people: pd.DataFrame, trait: Drawn, *, rng: int | np.random.Generator
) -> pd.DataFrame:
    """Give everybody a trait: a number, or the second of two words above a threshold.

    Returns
    -------
    DataFrame
        The same people, with a column for the trait. The trait ``age`` decides who was born first.
    """
    rng = as_rng(rng)
    first, last = trait.dims
    direction = rng.standard_normal(last - first)
    direction /= np.linalg.norm(direction)
    signal = people[DISPOSITIONS[first:last]].to_numpy(np.float64) @ direction
    noise = rng.standard_normal(len(people), dtype=np.float32)
    liability = trait.loading * signal + (1 - trait.loading**2) ** 0.5 * noise
    if trait.name == "age":
        born = np.empty_like(people["birth_date"].to_numpy())
        born[(-liability).argsort()] = np.sort(people["birth_date"].to_numpy())
        people = people.assign(birth_date=born)
        return people.assign(age=_ages(people))
    if not trait.values:
        return people.assign(**{trait.name: liability.astype(np.float32)})
    may = _may_have(trait.name, people)
    threshold = np.quantile(liability[may], 1 - trait.rate) if may.any() else np.inf
    has = (liability > threshold) & may
    return people.assign(**{trait.name: np.array(trait.values)[has * 1]})


def _households(n: int, mean_size: float, rng: np.random.Generator) -> np.ndarray:
    size = 1 + rng.poisson(mean_size - 1, n)
    return rng.permutation(np.repeat(np.arange(n), size)[:n])


def _birth_dates(household: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Couples are of an age, children a generation younger; children under 13 are left out."""
    n = len(household)
    order = household.argsort(kind="stable")
    home = household[order]
    place = np.arange(n) - np.searchsorted(home, home)  # 0 for the first of a household
    head = (18 + 72 * rng.beta(1.6, 2.2, n))[np.searchsorted(home, home)]
    partner = head + rng.normal(0, 4, n)
    child = head - rng.normal(29, 5, n)
    housemate = head + rng.normal(0, 8, n)
    grown = np.where(child < 30, child, housemate)  # later they have left
    age = np.select([place == 0, place == 1], [head, partner], grown)
    age = np.where((place > 1) & (age < 13), 13 + 5 * rng.random(n), age)
    # who would be too young or too old is as far within: nobody piles up at the ends
    age = np.where(age < 13, 26 - age, np.where(age > 90, 180 - age, age))
    born = np.empty(n)
    born[order] = age
    return (TODAY - (born * 365.25).astype("timedelta64[D]")).astype("datetime64[s]")


def _ages(people: pd.DataFrame) -> np.ndarray:
    return (TODAY - people["birth_date"].to_numpy()) / _DAY / 365.25


def _postcodes(
    household: np.ndarray, knobs: dict[str, float], rng: np.random.Generator
) -> np.ndarray:
    number = max(1, round(len(household) / knobs["postcode_size"]))
    size = rng.lognormal(0, knobs["postcode_spread"], number)
    home = rng.choice(number, household.max() + 1, p=size / size.sum())
    return np.array([f"BW{code + 1}" for code in range(number)])[home[household]]


def _may_have(trait: str, people: pd.DataFrame) -> np.ndarray:
    if trait != "expecting":
        return np.ones(len(people), dtype=bool)
    age = _ages(people)
    return (people["gender"] == "woman").to_numpy() & (age > 18) & (age < 45)


def _add_joining(
    people: pd.DataFrame, members: float, leavers: float, rng: np.random.Generator
) -> pd.DataFrame:
    # the sociable join first; the last ones never do
    sociable = people["extraversion"].to_numpy() if "extraversion" in people else 0.0
    late = 0.3 * -sociable + 0.91**0.5 * rng.standard_normal(len(people))
    rank = late.argsort().argsort() / len(people)
    days = (rank / max(members, 1e-9) * 6 * 365).clip(max=6 * 365).astype("timedelta64[D]")
    member = rank < members
    joined = pd.Series(_OPENING + days, people.index).where(member)
    stay = (TODAY - joined.to_numpy()) / _DAY * rng.uniform(0.3, 1.0, len(people))
    leaves = member & (rng.random(len(people)) < leavers)
    left = joined + np.nan_to_num(np.floor(stay)).astype("timedelta64[D]").astype("timedelta64[s]")
    return people.assign(member=member, joined=joined, left=left.where(leaves))


def make_events(people: pd.DataFrame, *, rng: int | np.random.Generator) -> pd.DataFrame:
    """Draw what befalls people: pregnancy, illness, debt, a move, a January without drink.

    Returns
    -------
    DataFrame[person, event, start, end]
        ``end`` is NaT for what has not ended. Those with a trait have its event: pregnancies are
        at most 280 days old, illnesses ten years, debts three. One household in twelve moved in
        the year, one adult in seven kept a Dry January.
    """
    rng = as_rng(rng)
    streams = dict(zip(("trait", "move", "dry"), rng.spawn(3), strict=True))
    nothing = np.datetime64("NaT", "s")
    events = []
    for trait, event, reach in (
        ("expecting", "pregnancy", 280),
        ("illness", "illness", 3_650),
        ("in_debt", "debt", 1_095),
    ):
        if trait in people:
            who = people.index[people[trait] == "yes"]
            start = TODAY - np.floor(streams["trait"].uniform(1, reach, len(who))) * _DAY
            end = start + 280 * _DAY if event == "pregnancy" else np.full(len(who), nothing)
            events.append((who, event, start, end))
    homes = np.arange(people["household"].max() + 1)
    moves = streams["move"].random(len(homes)) < 1 / 12
    day = YEAR + np.floor(streams["move"].uniform(0, 365, len(homes))) * _DAY
    who = people.index[moves[people["household"]]]
    start = day[people.loc[who, "household"]]
    events.append((who, "move", start, start + 60 * _DAY))
    dry = (streams["dry"].random(len(people)) < 1 / 7) & (_ages(people) >= 18)
    start = np.full(dry.sum(), YEAR)
    events.append((people.index[dry], "dry_january", start, start + 31 * _DAY))
    tables = [
        pd.DataFrame(
            {
                "person": who.astype("int32"),
                "event": event,
                "start": np.asarray(start, "datetime64[s]"),
                "end": np.asarray(end, "datetime64[s]"),
            }
        )
        for who, event, start, end in events
    ]
    return concat(tables, "events")


def make_reports(
    people: pd.DataFrame,
    traits: Iterable[Drawn],
    *,
    disclosure: float,
    honesty: float = 1.0,
    reticence: float = 0.0,
    questions: float = 100,
    precision: float = 0.06,
    rng: int | np.random.Generator,
) -> pd.DataFrame:
    """Ask members about themselves; keep what those who answered said.

    Parameters
    ----------
    people : DataFrame
        From `make_people`.
    traits : list of Drawn
    disclosure, honesty, reticence, questions, precision
        See `presets.KNOBS`.
    rng : int or Generator

    Returns
    -------
    DataFrame[person, trait, instrument, value]
        ``form``: a word, or an age; ``test``: the mean of the answers to all questions, in
        standard deviations of those tested.
    """
    traits = list(traits)
    reports = []
    for trait, stream in zip(traits, as_rng(rng).spawn(len(traits)), strict=True):
        truth = people[trait.name].to_numpy()
        answers = stream.random(len(people)), stream.random(len(people))
        share = np.full(len(people), disclosure if trait.answered is None else trait.answered)
        if trait.private:
            share = np.where(truth == trait.values[1], share * (1 - reticence), share)
        answered = (answers[0] < share) & people["member"].to_numpy()
        if trait.tested:
            r = reliability(questions, precision)
            noise = stream.standard_normal(len(people))
            value = (r**0.5 * truth + (1 - r) ** 0.5 * noise).astype(object)
        elif trait.values:
            first, second = trait.values
            # nobody makes up an illness, a debt or a child; some deny theirs
            other = first if trait.private else np.where(truth == first, second, first)
            value = np.where(answers[1] < honesty, truth, other).astype(object)
        else:
            value = truth.astype(object)
        person = people.index[answered].astype("int32")
        table = pd.DataFrame({"person": person, "trait": trait.name})
        table["instrument"] = "test" if trait.tested else "form"
        reports.append(table.assign(value=pd.Series(value[answered], table.index, dtype=object)))
    return concat(reports, "reports") if reports else empty_table("reports")


def reliability(questions: float, precision: float) -> float:
    """How far a test of many questions agrees with itself, from the reliability of one of them.

    The Spearman-Brown formula; the square root of it is the highest correlation with the test that
    anything can have.

    Examples
    --------
    >>> round(reliability(20, 0.06), 2), round(reliability(100, 0.06), 2)
    (0.56, 0.86)
    """
    return questions * precision / (1 + (questions - 1) * precision)
