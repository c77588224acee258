"""Contents: what an export holds, as the pages of an archive ask for it when it is written.

Other people stand in it as ``resident-`` and their number, and the owner as ``resident-0``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pandas as pd

from ethics_lib.doors import OWNER
from ethics_lib.exports import Export
from ethics_lib.tables import TRAITS

__all__ = ["EVENTS", "Belief", "Content", "Trace", "clock", "first_of", "name_site"]

EVENTS = {"visit": "PageView", "purchase": "Purchase", "search": "Search", "event": "Custom"}
"""What X and TikTok call what a tracker saw."""


def name_site(firm: str) -> str:
    """The site of a firm of the town, under .example, which nobody can register (RFC 2606).

    Examples
    --------
    >>> name_site("The Clever Crate 3")
    'the-clever-crate-3.example'
    """
    return "-".join(re.findall(r"\w+", firm.lower())) + ".example"


class Trace(NamedTuple):
    """A trace as it is written: names for numbers, and seconds since 1970."""

    kind: str
    source: str
    thing: str
    name: str
    time: int
    about: str
    by: str


class Belief(NamedTuple):
    """A belief as it is written: without how sure it is; ``told`` is what the owner said."""

    trait: str
    value: str
    told: bool


class Content:
    """What is held, as the pages of an archive ask for it.

    Attributes
    ----------
    made : time
    traces : list of Trace
        The oldest first.
    beliefs : list of Belief
    ties : list of (name, context)
    ways : dict of advertiser -> list of `layouts.MECHANISMS`
        By which it comes to the owner.
    choices, chosen : dict of purpose -> bool, of purpose -> seconds since 1970
        The owner's last word on it, and when it was said.
    """

    owner = f"resident-{OWNER}"

    def __init__(self, held: Export) -> None:
        self.made = held.made
        self.traces = list(_traces(held))
        self.beliefs = list(_beliefs(held.beliefs))
        self.ties = [(_resident(who), how) for who, how in held.ties[["b", "context"]].values]
        self.ways: dict[str, list[str]] = {}
        for firm, via in held.advertisers[["advertiser", "via"]].values:
            self.ways.setdefault(firm, []).append(via)
        words = held.choices
        self.choices = dict(zip(words["purpose"], words["granted"], strict=True))
        self.chosen = dict(zip(words["purpose"], _seconds(words["time"]), strict=True))

    def did(self, *kinds: str, thing: str = "", sources: Iterable[str] = ("platform",)) -> list:
        """The traces of these kinds, oldest first; to one kind of thing only, if it is named."""
        found = (t for t in self.traces if t.kind in kinds and t.source in sources)
        return [t for t in found if not thing or t.thing == thing]

    def believed(self, trait: str) -> list[str]:
        """What is believed of a trait, but for what the owner said."""
        return [b.value for b in self.beliefs if b.trait == trait and not b.told]

    def told(self, names: dict[str, str]) -> dict[str, str]:
        """What the owner said of traits, under what the layout calls them."""
        return {names[b.trait]: b.value for b in self.beliefs if b.told and b.trait in names}

    def segments(self) -> list[str]:
        """A line for each belief of a trait of the town, which `layouts.read_listed` takes back."""
        lines = {
            b.value if b.trait == "segment" else f"{b.trait}: {b.value}": None
            for b in self.beliefs
            if b.trait in ("segment", *TRAITS)
        }
        return list(lines)

    def firms(self, via: str) -> list[str]:
        """The advertisers who come to the owner in this way."""
        return [firm for firm, ways in self.ways.items() if via in ways]

    def refused(self, start: str) -> list[tuple[str, int]]:
        """What the owner said no to, of purposes that begin so, and when."""
        return [
            (purpose.removeprefix(start), self.chosen[purpose])
            for purpose, granted in self.choices.items()
            if purpose.startswith(start) and not granted
        ]

    def chats(self) -> dict[str, list[Trace]]:
        """Messages by who wrote them. To whom the owner did is not recorded: a chat of one."""
        chats: dict[str, list[Trace]] = {}
        for trace in self.did("message"):
            chats.setdefault(trace.by or self.owner, []).append(trace)
        return chats


def first_of(name: str, values: list[str]) -> dict[str, str]:
    """The first value under a name, where a layout has room for one; nothing, if there is none."""
    return {name: values[0]} if values else {}


def clock(time: int) -> str:
    """A time as X and TikTok write it."""
    return f"{pd.Timestamp(time, unit='s'):%Y-%m-%d %H:%M:%S}"


def _resident(number: int) -> str:
    return f"resident-{number}"


def _seconds(times: pd.Series) -> list[int]:
    return times.astype("datetime64[s]").astype("int64").tolist()


def _traces(held: Export) -> Iterator[Trace]:
    things = held.items[["kind", "name"]].rename(columns={"kind": "thing"})
    rows = held.traces.join(things, on="item").sort_values("time", kind="stable")
    for row, time in zip(rows.itertuples(), _seconds(rows["time"]), strict=True):
        about, by = (_resident(n) if n != OWNER else "" for n in (row.person, row.from_person))
        thing, name = (row.thing, row.name) if isinstance(row.thing, str) else ("", "")
        if thing == "account" and (numbered := re.fullmatch(r"account (\d+)", name)):
            name = _resident(int(numbered[1]))  # the same somebody as the person of that number
        yield Trace(row.kind, row.source, thing, name, time, about, by)


def _beliefs(beliefs: pd.DataFrame) -> Iterator[Belief]:
    """Of each trait the likeliest value, and what is likelier than an even share.

    No archive says how sure its platform is. All values of a trait in one list would say nothing,
    or the contrary of what is believed.
    """
    p = beliefs["p"]
    groups = p.groupby([beliefs["trait"], beliefs["method"]], sort=False)
    most = p.isna() | (p == groups.transform("max")) | (p * groups.transform("count") > 1)
    for trait, value, origin in beliefs.loc[most, ["trait", "value", "origin"]].values:
        yield Belief(trait, str(value), origin == "declared")
