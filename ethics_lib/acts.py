"""Acts: what people like, visit, search for, buy and write about, and when.

Dispositions decide how a person's acts spread over tastes; each act then picks an item of that
taste by its fame. An event of life adds acts of tastes of its own, while it lasts. Which tastes go
with which disposition or event is drawn by the seed, never from a stereotype.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from ethics_lib.names import TOPICS, name_items
from ethics_lib.people import DISPOSITIONS, TODAY, YEAR
from ethics_lib.tables import concat
from ethics_lib.ties import unique_keys

__all__ = ["Tastes", "make_acts", "make_items"]

_PER_TOPIC = 4  # tastes
_KINDS = {  # act: what it is done to, whether only members do it, the knob with its median
    "like": ("page", True, "likes"),
    "visit": ("site", False, "visits"),
    "search": ("topic", False, "searches"),
    "purchase": ("product", False, "purchases"),
    "message": ("topic", True, "messages"),
}
# What an event adds, next to the others: a pregnancy fills months, an illness goes on for years.
_WEIGHT = {"pregnancy": 3.0, "move": 1.0, "dry_january": 1.0, "illness": 0.4, "debt": 0.4}
_DAY = np.timedelta64(1, "D")


class Tastes(NamedTuple):
    """How dispositions turn into tastes."""

    directions: np.ndarray  # tastes x dispositions
    popularity: np.ndarray  # tastes: logits


def make_items(
    knobs: Mapping[str, float], *, rng: np.random.Generator
) -> tuple[pd.DataFrame, Tastes]:
    """Make pages, sites, products and topics, and the tastes that they serve.

    Returns
    -------
    items : DataFrame, index ``item``
        kind, name, topic, taste, fame (a weight), lot (decides which sites carry a tracker).
        Topics are what messages and searches are about; a message has no text.
    tastes : Tastes
    """
    draw, names = rng.spawn(2)
    n_tastes = len(TOPICS) * _PER_TOPIC
    topics = draw.standard_normal((len(TOPICS), len(DISPOSITIONS)))
    directions = np.repeat(topics, _PER_TOPIC, 0) + draw.standard_normal(
        (n_tastes, len(DISPOSITIONS))
    )
    # some dispositions show in every like, others only in the sum of many
    visible = np.arange(1.0, len(DISPOSITIONS) + 1) ** -0.8
    directions *= visible / np.sqrt(2 * (visible**2).sum())
    tastes = Tastes(directions, draw.normal(0, 0.5, n_tastes))

    pages = int(knobs["pages"])
    sizes = {"page": pages, "site": max(60, pages // 5), "product": max(60, pages // 5)}
    n = sum(sizes.values())
    taste = np.concatenate([draw.permutation(np.arange(k) % n_tastes) for k in sizes.values()])
    things = pd.DataFrame(
        {
            "kind": np.repeat(list(sizes), list(sizes.values())),
            "name": name_items(n, rng=names),
            "topic": np.array(TOPICS)[taste // _PER_TOPIC],
            "taste": taste.astype(np.int16),
            "fame": draw.lognormal(0, knobs["fame"], n).astype(np.float32),
            "lot": draw.random(n).astype(np.float32),
        }
    )
    topics = pd.DataFrame({"kind": "topic", "name": TOPICS, "topic": TOPICS})
    topics = topics.assign(taste=np.int16(-1), fame=np.float32(1), lot=np.float32(1))
    return pd.concat([things, topics], ignore_index=True).rename_axis("item"), tastes


def make_acts(
    people: pd.DataFrame,
    items: pd.DataFrame,
    tastes: Tastes,
    events: pd.DataFrame,
    knobs: Mapping[str, float],
    *,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw what everybody did in the year.

    Returns
    -------
    acts : DataFrame[person, kind, item, time]
        Nobody likes a page, visits a site or buys a product twice on their own account.
    favourite : array (n,)
        The taste that each person likes best.
    """
    luck, *streams = rng.spawn(1 + len(_KINDS))
    preference = _preference(people, tastes, knobs["taste"])
    own = _own_tastes(preference.shape[1], luck)
    acts = []
    for (act, (kind, inside, knob)), stream in zip(_KINDS.items(), streams, strict=True):
        if not knobs[knob]:
            continue
        plain, more = stream.spawn(2)
        busy = plain.lognormal(np.log(knobs[knob]), knobs["activity"], len(people))
        start, end, may = _span(people, inside)
        there = items.index[items["kind"] == kind].to_numpy()
        shelf = _shelf(items.loc[there], preference.shape[1])
        counts = np.where(may, busy.round(), 0).astype(np.int64)
        person, place = _draw(counts, preference, shelf, once=kind != "topic", rng=plain)
        moment = _moments(start[person], end[person], plain)
        if len(events) and knobs["events"]:
            begun = _avoid(events, own, items.loc[there], person, place, moment)
            person, place, moment = person[begun], place[begun], moment[begun]
            rate = np.where(may, busy, 0) * knobs["events"] / 365
            extra = _draw_events(events, own, shelf, rate, start, end, more)
            if act == "like":
                extra = _not_yet(extra, person, place, len(there))
            person, place, moment = (
                np.concatenate(pair) for pair in zip((person, place, moment), extra, strict=True)
            )
        table = pd.DataFrame({"person": person.astype(np.int32)})
        table["kind"] = act
        acts.append(table.assign(item=there[place].astype(np.int32), time=moment))
    return concat(acts, "acts"), preference.argmax(1)


def _own_tastes(n_tastes: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Three tastes of each event; the first of a Dry January is left alone, and no event's own."""
    own = {event: rng.choice(n_tastes, 3, replace=False) for event in _WEIGHT}
    free = np.setdiff1d(np.arange(n_tastes), np.concatenate(list(own.values())))
    brought = [tastes for event, tastes in own.items() if event != "dry_january"]
    if own["dry_january"][0] in np.concatenate(brought):
        own["dry_january"][0] = rng.choice(free)
    return own


def _preference(people: pd.DataFrame, tastes: Tastes, strength: float) -> np.ndarray:
    """How a person's acts spread over the tastes: one row a person, adding up to 1."""
    mind = people[DISPOSITIONS].to_numpy()
    share = np.empty((len(mind), len(tastes.popularity)), dtype=np.float32)
    for rows in np.array_split(np.arange(len(mind)), 1 + len(mind) // 20_000):
        # in double, so that no processor's rounding gives another town
        logits = strength * (mind[rows].astype(np.float64) @ tastes.directions.T)
        logits += tastes.popularity
        weight = np.exp(logits - logits.max(1, keepdims=True))
        share[rows] = weight / weight.sum(1, keepdims=True)
    return share


def _span(people: pd.DataFrame, inside: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """From when to when each person may do something, and who may at all."""
    start, end = np.full(len(people), YEAR), np.full(len(people), TODAY)
    if not inside:
        return start, end, np.ones(len(people), dtype=bool)
    start = people["joined"].fillna(YEAR).to_numpy().astype("datetime64[s]").clip(min=YEAR)
    end = people["left"].fillna(TODAY).to_numpy().astype("datetime64[s]")
    return start, end.clip(min=start), people["member"].to_numpy() & (end > start)


class _Shelf(NamedTuple):
    """The items of one kind, taste by taste, to be drawn by their fame."""

    place: np.ndarray  # items in the order of their tastes
    edge: np.ndarray | None  # running sums of fame, one more than items; None for topics
    first: np.ndarray | None  # where each taste begins in the sums, one more than tastes


def _shelf(items: pd.DataFrame, n_tastes: int) -> _Shelf:
    taste = items["taste"].to_numpy()
    if taste[0] < 0:  # a topic is the place of all its tastes
        return _Shelf(np.arange(len(items)), None, None)
    place = taste.argsort(kind="stable")
    edge = np.concatenate([[0.0], items["fame"].to_numpy(np.float64)[place].cumsum()])
    first = edge[np.searchsorted(taste[place], np.arange(n_tastes + 1))]
    return _Shelf(place, edge, first)


def _pick(shelf: _Shelf, taste: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """An item of each taste, by fame."""
    if shelf.edge is None:
        return taste // _PER_TOPIC
    point = shelf.first[taste]
    point = point + (shelf.first[taste + 1] - point) * rng.random(len(taste))
    at = np.searchsorted(shelf.edge, point, side="right") - 1
    return shelf.place[np.minimum(at, len(shelf.place) - 1)]


def _draw(
    counts: np.ndarray,
    preference: np.ndarray,
    shelf: _Shelf,
    *,
    once: bool,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Each draw picks a taste of the person, then an item of that taste."""
    n_tastes, n_places = preference.shape[1], len(shelf.place)
    counts = np.minimum(counts, n_places // 2) if once else counts
    pairs = []
    # so many people at a time: a number without meaning, but with another the seed gives other acts
    for rows in np.array_split(np.arange(len(counts)), max(1, len(counts) // 1_500)):
        # one sorted line holds every person's tastes, so that one search serves all draws
        line = preference[rows].cumsum(1, dtype=np.float64)
        line /= line[:, -1:]
        line += np.arange(len(rows))[:, None]
        line = line.ravel()
        missing, have = counts[rows], np.empty(0, np.int64)
        for turn in range(4 if once else 1):  # who drew the same again draws anew
            who = np.repeat(np.arange(len(rows)), missing)
            if turn < 3:
                taste = np.searchsorted(line, who + rng.random(len(who)), side="right")
                taste = np.minimum(taste - who * n_tastes, n_tastes - 1)
            else:  # who has had all of their own tastes looks further
                taste = rng.integers(n_tastes, size=len(who))
            have = np.concatenate([have, who * n_places + _pick(shelf, taste, rng)])
            if once:
                have = unique_keys(have)
                missing = counts[rows] - np.bincount(have // n_places, minlength=len(rows))
        who, place = np.divmod(have, n_places)
        pairs.append((rows[who], place))
    person, place = (np.concatenate(part) for part in zip(*pairs, strict=True))
    return person, place


def _moments(start: np.ndarray, end: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A moment between two, more often in the afternoon and evening than at night."""
    reach = (end - start).astype(np.int64)
    day = (start + (reach * rng.random(len(start))).astype("timedelta64[s]")).astype(
        "datetime64[D]"
    )
    clock = (rng.normal(17, 4.5, len(start)) % 24 * 3600).astype("timedelta64[s]")
    last = np.maximum(end - np.timedelta64(1, "s"), start)
    return (day + clock).astype("datetime64[s]").clip(start, last)


def _avoid(
    events: pd.DataFrame,
    own: Mapping[str, np.ndarray],
    items: pd.DataFrame,
    person: np.ndarray,
    place: np.ndarray,
    moment: np.ndarray,
) -> np.ndarray:
    """Which acts were really done: in a Dry January one taste is left alone."""
    dry = events.loc[events["event"] == "dry_january", "person"]
    end = events.loc[events["event"] == "dry_january", "end"].max()
    left_alone = items["taste"].to_numpy()[place] == own["dry_january"][0]
    return ~(left_alone & (moment < np.datetime64(end, "s")) & np.isin(person, dry))


def _draw_events(
    events: pd.DataFrame,
    own: Mapping[str, np.ndarray],
    shelf: _Shelf,
    rate: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What events add: acts of their own tastes while they last, more for busy people."""
    who = events["person"].to_numpy()
    first = np.maximum(events["start"].to_numpy().astype("datetime64[s]"), start[who])
    last = np.minimum(events["end"].fillna(TODAY).to_numpy().astype("datetime64[s]"), end[who])
    days = np.maximum((last - first) / _DAY, 0)
    weight = events["event"].map(_WEIGHT).to_numpy(float)
    row = np.repeat(np.arange(len(events)), rng.poisson(rate[who] * weight * days))
    kind = events["event"].map({event: k for k, event in enumerate(own)}).to_numpy(int)
    tastes = np.array(list(own.values()))[kind[row]]
    pick = rng.integers(3, size=len(row))
    # what a Dry January leaves alone it does not bring either
    pick = np.where(kind[row] == list(own).index("dry_january"), 1 + pick % 2, pick)
    taste = tastes[np.arange(len(row)), pick]
    return who[row], _pick(shelf, taste, rng), _moments(first[row], last[row], rng)


def _not_yet(
    extra: tuple[np.ndarray, ...], person: np.ndarray, place: np.ndarray, n_places: int
) -> tuple[np.ndarray, ...]:
    """Of the added likes, those of pages that the person has not liked."""
    key = extra[0].astype(np.int64) * n_places + extra[1]
    _, fresh = np.unique(key, return_index=True)
    fresh.sort()
    fresh = fresh[~np.isin(key[fresh], person * n_places + place)]
    return tuple(part[fresh] for part in extra)
