"""World: the truth about an invented town, drawn from a seed.

A person has latent dispositions. Dispositions and a little chance make traits; dispositions and
events of life make likes, visits, searches, purchases and messages; households, ages, faiths,
parties and tastes make circles, and circles make friends. So what a model finds later is there to
be found, and what it gets wrong can be counted.

Which tastes go with which trait is drawn by the seed, never from a stereotype.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ethics_lib.acts import make_acts, make_items
from ethics_lib.people import ANSWERING, TODAY, YEAR, make_events, make_people, make_reports
from ethics_lib.presets import settle
from ethics_lib.tables import World, as_rng, check_name, check_share
from ethics_lib.ties import make_layers, make_ties

__all__ = ["TODAY", "YEAR", "make_checkerboard_world", "make_world"]

# One stream of chance a mechanism, so that changing one leaves the others as they were.
# New mechanisms go to the end: the order fixes the streams.
_STREAMS = "people items events acts ties reports".split()


def make_world(
    n: int | str = "brightwater",
    *,
    household: float | None = None,
    postcode_size: float | None = None,
    postcode_spread: float | None = None,
    mean_degree: float | None = None,
    spread: float | None = None,
    homophily: float | None = None,
    monophily: float | None = None,
    circles: float | None = None,
    circle_size: float | None = None,
    members: float | None = None,
    leavers: float | None = None,
    likes: float | None = None,
    visits: float | None = None,
    searches: float | None = None,
    purchases: float | None = None,
    messages: float | None = None,
    activity: float | None = None,
    taste: float | None = None,
    fame: float | None = None,
    pages: int | None = None,
    events: float | None = None,
    disclosure: float | None = None,
    reticence: float | None = None,
    honesty: float | None = None,
    questions: int | None = None,
    precision: float | None = None,
    rng: int | np.random.Generator,
) -> World:
    """Make a town: its people, its pages, what they did, who their friends are.

    Every knob left out is as the preset says. `ethics_lib.presets.KNOBS` gives the unit, the range
    and the meaning of each, and what it is in Brightwater.

    Parameters
    ----------
    n : int or str
        How many people, from 50, who live like Brightwater's; or the name of a preset in
        `ethics_lib.presets.PRESETS`.
    household, postcode_size : people
        Mean size of a household; mean number of residents of a postcode.
    postcode_spread, spread, activity, fame : sd of logs
        How unequal postcodes are in residents, people in friends and in what they do, and pages
        in fame.
    mean_degree : friends
        Mean number of friends outside the household, up to a quarter of the people.
    homophily, monophily : 0-1
        How far a circle of faith (or of a cause) keeps to its own (assortativity), and how
        differently people of one group choose (overdispersion).
    circles : 0-1
        Share of ties from small dense groups, of ``circle_size`` people in the mean.
    members, leavers : 0-1
        Share of people who ever joined the platform; share of those who have left it.
    likes, visits, searches, purchases, messages : acts
        The median number of each.
    taste : logits a standard deviation
        How strongly dispositions decide what is liked; 0 makes likes say nothing of them.
    pages : int
        Number of pages; there are a fifth as many sites and as many products.
    events : acts an act
        How much an event of life adds to what is done, while it lasts; 0 makes it unseen.
    disclosure, reticence, honesty : 0-1
        Share of members who answered a given question; share of answers kept back by those who
        owe, are ill or are expecting; share of answers on a form that are true.
    questions, precision : questions, 0-1
        Length of a personality test, and the reliability of one question.
    rng : int or Generator
        The seed of the town.

    Returns
    -------
    World

    Raises
    ------
    RangeError
        When a knob is outside its range.
    UnknownNameError
        When no preset has that name.

    Examples
    --------
    >>> world = make_world(200, rng=7)
    >>> world.people.shape[0], sorted(world.acts["kind"].unique())
    (200, ['like', 'message', 'purchase', 'search', 'visit'])
    """
    given = {name: value for name, value in locals().items() if name not in ("n", "rng")}
    preset, knobs = settle(n, given)
    stream = dict(zip(_STREAMS, as_rng(rng).spawn(len(_STREAMS)), strict=True))

    people = make_people(knobs, preset.traits, rng=stream["people"])
    items, tastes = make_items(knobs, rng=stream["items"])
    befallen = make_events(people, rng=stream["events"])
    acts, favourite = make_acts(people, items, tastes, befallen, knobs, rng=stream["acts"])
    groups = people.assign(cohort=people["birth_date"].dt.year // 5, favourite=favourite)
    ties = make_layers(groups, preset.settings, knobs, rng=stream["ties"])
    reports = make_reports(
        people,
        preset.traits,
        **{name: knobs[name] for name in ANSWERING},
        rng=stream["reports"],
    )
    return World(people, items, acts, ties, reports, befallen, about=_ABOUT)


_ABOUT = "Synthetic. Nobody in this town exists, so nobody was asked; nobody was watched either."


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
