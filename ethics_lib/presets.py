"""Presets: the knobs of a world, and settings of them that are like a published data set.

A knob is a number with a unit, a range and a sentence of meaning; `KNOBS` lists them all. A preset
sets some of them, says which traits people have, which settings make friends, and whose data set
it is meant to resemble. The sources are different worlds: no one town reproduces them all.

A loading that is given with four decimals was fitted by ``tools/calibrate.py``, to the band that
``datasets/published_effects.csv`` held before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ethics_lib.tables import TRAITS, check_name, check_share

__all__ = ["KNOBS", "PRESETS", "Drawn", "Knob", "Preset", "Setting", "settle"]


@dataclass(frozen=True)
class Knob:
    """One number that a world is made with."""

    default: float
    low: float
    high: float
    unit: str
    meaning: str


KNOBS: dict[str, Knob] = {
    "n": Knob(5_000, 50, 20_000_000, "people", "How many people live there."),
    "household": Knob(2.3, 1, 10, "people", "Mean size of a household."),
    "postcode_size": Knob(150, 5, 1_000_000, "people", "Mean number of residents of a postcode."),
    "postcode_spread": Knob(1.0, 0, 3, "sd of logs", "How unequal postcodes are in residents."),
    "mean_degree": Knob(
        30, 0, 500, "friends", "Mean number of friends outside the household; n/4 at most."
    ),
    "spread": Knob(0.8, 0, 3, "sd of logs", "How unequal people are in friends."),
    "homophily": Knob(
        0.8, 0, 1, "assortativity", "How far a circle of faith, or of a cause, keeps to its own."
    ),
    "monophily": Knob(
        0.02, 0, 1, "overdispersion", "How differently people of one group choose their friends."
    ),
    "circles": Knob(
        0.6, 0, 1, "share of ties", "Ties from small dense groups; the rest are loose."
    ),
    "circle_size": Knob(20, 3, 1_000, "people", "Mean size of such a group."),
    "members": Knob(0.8, 0, 1, "share of people", "Those who ever joined the platform."),
    "leavers": Knob(0.04, 0, 1, "share of members", "Those of them who have left it again."),
    "likes": Knob(60, 0, 5_000, "likes", "Median number of likes of a member."),
    "visits": Knob(40, 0, 5_000, "sites", "Median number of sites that a person visits."),
    "searches": Knob(6, 0, 5_000, "searches", "Median number of searches of a person."),
    "purchases": Knob(5, 0, 5_000, "products", "Median number of products that a person buys."),
    "messages": Knob(10, 0, 5_000, "messages", "Median number of messages that a member writes."),
    "activity": Knob(1.354, 0, 3, "sd of logs", "How unequal people are in what they do."),
    "taste": Knob(
        3.0, 0, 10, "logits a sd", "How strongly dispositions decide what is liked; 0: not at all."
    ),
    "fame": Knob(1.44, 0, 4, "sd of logs", "How unequal pages, sites and products are in fame."),
    "pages": Knob(5_000, 10, 10_000_000, "pages", "Number of pages; a fifth as many sites."),
    "events": Knob(
        0.25, 0, 5, "acts an act", "How much an event of life adds to what is done, while it lasts."
    ),
    "disclosure": Knob(0.4, 0, 1, "share of members", "Those who answered a given question."),
    "reticence": Knob(
        0.3, 0, 1, "share of answers", "Kept back by those who owe, are ill or are expecting."
    ),
    "honesty": Knob(0.95, 0, 1, "share of answers", "Those on a form that are true."),
    "questions": Knob(100, 1, 1_000, "questions", "Length of a personality test."),
    "precision": Knob(0.06, 0, 1, "reliability", "Reliability of one question of such a test."),
}
"""Every knob of `ethics_lib.make_world`, and what it is in Brightwater."""


@dataclass(frozen=True)
class Drawn:
    """How one trait of a world is drawn: dispositions decide part of it, chance the rest."""

    name: str
    values: tuple[str, ...] = ("no", "yes")  # empty for a numeric trait
    rate: float = 0.5  # share of people with the second value
    loading: float = 0.0  # correlation of the trait, or of its liability, with dispositions
    dims: tuple[int, int] = (0, 20)  # of these dispositions; which way, the seed decides
    answered: float | None = None  # share of members who answered, if not `disclosure`
    private: bool = False  # kept back, or denied, by some of those who have it
    tested: bool = False  # a test with many questions, not a form


@dataclass(frozen=True)
class Setting:
    """Where friends are made: what it sorts people by, and how many friends it makes."""

    by: str | None
    share: float  # of all friends
    pull: float = 1.0  # times the knob `homophily`


@dataclass(frozen=True)
class Preset:
    """A world that is like one source: its knobs, its traits, its settings."""

    source: str
    knobs: Mapping[str, float]
    traits: tuple[Drawn, ...] = ()
    settings: Mapping[str, Setting] = field(default_factory=dict)


def settle(n: int | str, given: Mapping[str, float | None]) -> tuple[Preset, dict[str, float]]:
    """Settle what every knob is: as given, else as the preset says, else as in Brightwater.

    Parameters
    ----------
    n : int or str
        A number of people, who live like Brightwater's, or the name of a preset.
    given : {knob: number, or None for "as the preset says"}

    Raises
    ------
    RangeError
        With the knob, the wrong number and its range.

    Examples
    --------
    >>> preset, knobs = settle("campus", {"homophily": 0.0})
    >>> knobs["homophily"], knobs["mean_degree"]
    (0.0, 75.0)
    """
    named = isinstance(n, str)
    preset = PRESETS[check_name(n, PRESETS, what="preset") if named else "brightwater"]
    knobs = {name: knob.default for name, knob in KNOBS.items()} | dict(preset.knobs)
    knobs["n"] = knobs["n"] if named else n
    people = check_share(knobs["n"], "n", low=KNOBS["n"].low, high=KNOBS["n"].high)
    if not named:  # as many pages a person as in Brightwater
        knobs["pages"] = max(300, int(people))
        knobs["mean_degree"] = min(knobs["mean_degree"], people / 4)
    knobs |= {name: value for name, value in given.items() if value is not None}
    for name, knob in KNOBS.items():
        high = min(knob.high, people / 4) if name == "mean_degree" else knob.high
        knobs[name] = check_share(knobs[name], name, low=knob.low, high=high)
    return preset, knobs


def _of_town(name: str, **drawn: object) -> Drawn:
    return Drawn(name, TRAITS[name].values, tested=TRAITS[name].numeric, **drawn)


_YES_NO = ("no", "yes")
# What a paper calls a trait stands for nothing but its base rate, how many answered, and how well
# it can be told from likes. Base rates and numbers of answers are quoted from memory; those of the
# two traits with a star were not to be had, and are ours.
_VOLUNTEERS = {  # name: (values, rate, answered, loading, dispositions)
    "ethnicity": (_YES_NO, 0.16, 7_000, 0.9961, (0, 1)),
    "gender": (("man", "woman"), 0.62, 57_505, 0.9805, (1, 2)),
    "gay": (_YES_NO, 0.04, 12_000, 0.9258, (2, 3)),  # *
    "politics": (_YES_NO, 0.35, 9_752, 0.9648, (3, 4)),
    "religion": (_YES_NO, 0.10, 18_833, 0.8867, (3, 6)),
    "lesbian": (_YES_NO, 0.04, 12_000, 0.7148, (3, 8)),  # *
    "smokes": (_YES_NO, 0.30, 1_211, 0.8555, (3, 8)),
    "drinks": (_YES_NO, 0.50, 1_196, 0.7930, (3, 8)),
    "relationship": (_YES_NO, 0.49, 46_027, 0.5820, (3, 8)),
    "drugs": (_YES_NO, 0.21, 856, 0.6914, (3, 8)),
    "parents": (_YES_NO, 0.56, 766, 0.5586, (3, 8)),
}

_BIG_FIVE = "openness conscientiousness extraversion agreeableness stability".split()


def _big_five(*loadings: float) -> tuple[Drawn, ...]:
    """What is told best shows in all dispositions, what is told worst in the least visible."""
    dims = ((0, 20), (8, 20), (4, 20), (8, 20), (8, 20))
    return tuple(
        Drawn(name, (), loading=loading, dims=where, tested=True)
        for name, loading, where in zip(_BIG_FIVE, loadings, dims, strict=True)
    )


# no circles of a town: people were found online, or are only counted
_ALONE = {"household": 1, "mean_degree": 0, "members": 1, "leavers": 0}
_LIKES_ONLY = {"visits": 0, "searches": 0, "purchases": 0, "messages": 0, "events": 0}
_NO_ACTS = _LIKES_ONLY | {"likes": 0, "pages": 10, "members": 1, "leavers": 0}
_GRAPH_ONLY = _NO_ACTS | {"household": 1, "disclosure": 1, "honesty": 1}

_TOWN = (
    _of_town("faith", rate=0.45, loading=0.85, dims=(0, 4)),
    _of_town("party", rate=0.50, loading=0.80, dims=(0, 4)),
    _of_town("illness", rate=0.12, loading=0.30, private=True),
    _of_town("in_debt", rate=0.20, loading=0.30, private=True),
    _of_town("expecting", rate=0.08, private=True),  # of women between 18 and 45
    *_big_five(0.9023, 0.8164, 0.9180, 0.9961, 0.8477),
)
_TOWN_SETTINGS = {
    "faith": Setting("faith", 0.25),
    "cause": Setting("party", 0.25),
    "school": Setting("cohort", 0.15),
    "work": Setting("gender", 0.20, pull=0.25),
    "hobby": Setting("favourite", 0.15),
}

PRESETS: dict[str, Preset] = {
    "brightwater": Preset(
        "The lessons' town: no one data set, but as many published shapes as one town can hold.",
        {},
        _TOWN,
        _TOWN_SETTINGS,
    ),
    "volunteers": Preset(
        "Kosinski, Stillwell & Graepel 2013: volunteers of a personality quiz, and their likes.",
        _ALONE
        | _LIKES_ONLY
        | {
            "n": 58_466,
            "likes": 68,
            "pages": 55_814,
            "disclosure": 0.93,  # 54,373 of them took the test
            "reticence": 0,
            "honesty": 1.0,
        },
        (
            *(
                Drawn(name, values, rate, loading, dims, answered=answered / 58_466)
                for name, (values, rate, answered, loading, dims) in _VOLUNTEERS.items()
            ),
            *_big_five(0.9961, 0.8555, 0.9961, 0.8867, 0.8867),
            Drawn("age", (), loading=0.9961, answered=0.90, dims=(2, 8)),
            Drawn("intelligence", (), loading=0.8789, answered=0.023, dims=(2, 8)),
            Drawn("life_satisfaction", (), loading=0.4727, answered=0.04, dims=(2, 8)),
            Drawn("network_size", (), loading=0.9102, answered=0.30, dims=(2, 8)),
            Drawn("network_density", (), loading=0.9961, answered=0.30, dims=(2, 8)),
        ),
    ),
    "tutorial": Preset(
        "Kosinski, Wang, Lakkaraju & Leskovec 2016: the data of their tutorial, before its trim.",
        _ALONE
        | _LIKES_ONLY
        | {
            "n": 110_728,
            "likes": 22,
            "activity": 1.717,  # a mean of 96 and a median of 22
            "pages": 1_580_284,
            "fame": 2.0,
            "disclosure": 1.0,
            "reticence": 0,
            "honesty": 1.0,
        },
        (
            Drawn("gender", ("man", "woman"), rate=0.62, loading=0.9883, dims=(1, 2)),
            Drawn("politics", rate=0.35, answered=0.2, loading=0.6211, dims=(2, 8)),
            *_big_five(0.9414, 0.6680, 0.6992, 0.6289, 0.7539),
            Drawn("age", (), loading=0.9414, dims=(2, 8)),
        ),
    ),
    "campus": Preset(
        "Facebook100 as in Altenburger & Ugander 2018: students of one college, and their gender.",
        _GRAPH_ONLY
        | {
            "n": 9_658,
            "mean_degree": 75,
            "spread": 0.9,
            "homophily": 0.0672,
            "monophily": 0.0336,
            "circles": 0.25,
            "circle_size": 180,  # houses and years
        },
        (Drawn("gender", ("man", "woman"), rate=0.526),),
        {"college": Setting("gender", 1.0)},
    ),
    "blogs": Preset(
        "Political blogs as in Altenburger & Ugander 2018: a trait that nearly all links keep to.",
        _GRAPH_ONLY
        | {
            "n": 1_222,
            "mean_degree": 27.35,
            "spread": 1.28,
            "homophily": 0.81,
            "monophily": 0.2,
            "circles": 0.0,
        },
        (Drawn("side", ("left", "right"), rate=0.52),),
        {"link": Setting("side", 1.0)},
    ),
    "school": Preset(
        "Add Health as in Altenburger & Ugander 2018: small dense circles of few friends.",
        _GRAPH_ONLY
        | {
            "n": 800,
            "mean_degree": 7.3,
            "spread": 0.5,
            "homophily": 0.13,
            "monophily": 0.0,
            "circles": 0.6,
            "circle_size": 6,
        },
        (Drawn("gender", ("man", "woman"), rate=0.5),),
        {"school": Setting("gender", 1.0)},
    ),
    "census": Preset(
        "The United States of Sweeney 2000 and Golle 2006: postcodes, birth dates and sexes.",
        _NO_ACTS
        | {
            "n": 1_000_000,
            "mean_degree": 0,
            "disclosure": 0,
            "postcode_size": 9_330,
            "postcode_spread": 1.0,
        },
    ),
    "city": Preset(
        "A million people who live like Brightwater's: 20 million ties, 50 million likes.",
        {"n": 1_000_000, "pages": 300_000, "mean_degree": 38.3, "likes": 27}
        | {"visits": 2, "searches": 0, "purchases": 1, "messages": 0},
        _TOWN,
        _TOWN_SETTINGS,
    ),
}
"""Worlds with a name."""
