"""Traces: what is recorded of what people do, by whom, through whom and for what.

A collector is a small frozen value that takes the world and the consent ledger and returns the
evidence it gets. A trace never certifies its own consent: whether it was allowed is found out
later, by joining the ledger again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd

from ethics_lib.consents import in_force
from ethics_lib.tables import (
    COLUMNS,
    Evidence,
    TableError,
    World,
    check_share,
    check_table,
    concat,
    empty_table,
)

__all__ = ["Collector", "ContactUpload", "Pixel", "Platform", "collect"]

Collector = Callable[[World, pd.DataFrame], Evidence]


def collect(world: World, consents: pd.DataFrame, collectors: Iterable[Collector]) -> Evidence:
    """Let collectors record what they can see of the world.

    Parameters
    ----------
    world : World
    consents : DataFrame
        The ledger. A collector that waits for consent reads it; one that does not, does not.
    collectors : list of callables ``(world, consents) -> Evidence``

    Returns
    -------
    Evidence
        The traces of all collectors, and each tie that any of them knows, once.
    """
    check_table(world.acts, "acts", people=world.people.index, empty=True)
    check_table(world.ties, "ties", people=world.people.index, empty=True)
    check_table(consents, "consents", people=world.people.index, empty=True)
    collectors = list(collectors)
    if not collectors:
        raise TableError("collect: no collector was given. Pass at least one, such as Platform.")
    held = [collector(world, consents) for collector in collectors]
    traces = concat([h.traces for h in held], "traces")
    ties = concat([h.ties for h in held], "ties").drop_duplicates(["a", "b"], ignore_index=True)
    return Evidence(check_table(traces, "traces", empty=True), ties)


@dataclass(frozen=True)
class Platform:
    """A social network: keeps what members like there, and who is friends with whom."""

    holder: str

    def __call__(self, world: World, consents: pd.DataFrame) -> Evidence:
        likes = world.acts[world.acts["kind"] == "like"]
        traces = _as_traces(likes, self.holder, source="platform", purpose="service")
        traces = traces[in_force(consents, traces)]
        joined = consents.query("holder == @self.holder and purpose == 'service' and granted")
        ties = world.ties
        inside = ties["a"].isin(joined["person"]) & ties["b"].isin(joined["person"])
        return Evidence(traces, ties[inside])


@dataclass(frozen=True)
class Pixel:
    """A tracker on other firms' sites: sees visits and purchases of members and non-members.

    Parameters
    ----------
    holder : str
        Who gets the record.
    reach : float, 0-1
        Share of sites and shops that carry it.
    waits : bool
        Whether it waits for the person's consent to ``advertising``, or fires at once.
    """

    holder: str
    reach: float
    waits: bool

    def __call__(self, world: World, consents: pd.DataFrame) -> Evidence:
        check_share(self.reach, "reach")
        if "lot" not in world.items:
            raise TableError(
                "items: column 'lot' is missing; it decides which sites carry a pixel. "
                "A world from make_world has it: one number from 0 to 1 an item."
            )
        carries = world.items.index[world.items["lot"] < self.reach]
        seen = world.acts["kind"].isin(["visit", "purchase"]) & world.acts["item"].isin(carries)
        traces = _as_traces(world.acts[seen], self.holder, source="pixel", purpose="advertising")
        if self.waits:
            traces = traces[in_force(consents, traces)]
        return Evidence(traces, empty_table("ties"))


@dataclass(frozen=True)
class ContactUpload:
    """An address book that a member hands over: it holds people who were never asked."""

    holder: str

    def __call__(self, world: World, consents: pd.DataFrame) -> Evidence:
        yes = consents.query("holder == @self.holder and purpose == 'contacts'")
        yes = yes.sort_values("time", kind="stable").drop_duplicates("person", keep="last")
        yes = yes[yes["granted"].astype(bool)]
        upload = yes.set_index("person")["time"]
        ties = world.ties
        both = [
            ties.rename(columns={"a": "from_person", "b": "person"}),
            ties.rename(columns={"b": "from_person", "a": "person"}),
        ]
        listed = pd.concat(both, ignore_index=True)
        listed = listed[listed["from_person"].isin(upload.index)]
        traces = listed[["person", "from_person"]].assign(
            kind="contact",
            item=pd.NA,
            time=upload.reindex(listed["from_person"]).to_numpy("datetime64[s]"),
            source="contacts",
            purpose="contacts",
            holder=self.holder,
        )
        given = ties["a"].isin(upload.index) | ties["b"].isin(upload.index)
        return Evidence(traces.astype({"item": "Int32"}), ties[given])


def _as_traces(acts: pd.DataFrame, holder: str, *, source: str, purpose: str) -> pd.DataFrame:
    traces = acts.assign(from_person=acts["person"], source=source, purpose=purpose, holder=holder)
    return traces[list(COLUMNS["traces"])].astype({"item": "Int32"})
