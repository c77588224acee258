"""Defences: what a person, a circle or a holder can do, and what the holder has left afterwards.

A defence takes Evidence and returns Evidence, so that whatever is concluded from the one can be
concluded from the other, and compared. What is hidden from one holder may be known to another.
None of them promises safety: each docstring says what it leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from ethics_lib.defended import Defence, people_in
from ethics_lib.tables import (
    Evidence,
    TableError,
    as_rng,
    check_name,
    check_share,
    check_table,
    check_time,
    concat,
)
from ethics_lib.traces import DEVICE

__all__ = [
    "BlockTrackers",
    "Forget",
    "Hide",
    "Minimise",
    "Obfuscate",
    "OptOut",
    "OptOutTogether",
    "check_evidence",
    "defend",
]


def defend(evidence: Evidence, defences: Iterable[Callable[[Evidence], Evidence]]) -> Evidence:
    """Say what a holder has left once these defences were used, one after the other.

    Parameters
    ----------
    evidence : Evidence
        What the holder would have; it is never changed.
    defences : list of callables ``Evidence -> Evidence``
        Those of this module, or functions of your own.

    Returns
    -------
    Evidence

    Raises
    ------
    TableError
        When a defence is for somebody of whom the holder has nothing, or gives back what is no
        evidence; the message names the defence.

    Examples
    --------
    >>> from ethics_lib import Platform, ask_consent, collect, make_world
    >>> world = make_world(100, rng=7)
    >>> yes = ask_consent(
    ...     world.people.query("member"), holder="Murmur", purposes=["service"], how="terms",
    ...     time="2025-01-01", rng=7)
    >>> held = collect(world, yes, [Platform("Murmur")])
    >>> person = int(held.traces["person"].iloc[0])
    >>> left = defend(held, [Hide(people=(person,))])
    >>> (left.traces["person"] == person).any()
    np.False_
    """
    check_evidence(evidence)
    everybody, defences = people_in(evidence), list(defences)
    for defence in defences:
        if not callable(defence):
            raise TableError(
                f"defend: {defence!r} is no defence. Pass callables from Evidence to Evidence, "
                "such as [Hide(people=(17,))]."
            )
        unknown = pd.Index(getattr(defence, "people", None) or ()).difference(everybody)
        if len(unknown):
            raise TableError(
                f"defend: {defence!r} is for person {unknown[0]}, of whom this holder has nothing. "
                "Pass people who are in its traces, ties or answers."
            )
    for defence in defences:
        name = getattr(defence, "__name__", type(defence).__name__)
        evidence = check_evidence(defence(evidence), by=name)
    return evidence


def check_evidence(evidence: Evidence, *, by: str = "evidence") -> Evidence:
    """Let evidence in, or say which of its tables is wrong, and who made it."""
    if not isinstance(evidence, Evidence):
        raise TableError(
            f"{by}: got {type(evidence).__name__} where Evidence is needed, with traces, ties and "
            "known."
        )
    for noun in ("traces", "ties", "known"):
        try:
            check_table(getattr(evidence, noun), noun, empty=True)
        except TableError as wrong:
            raise TableError(f"{by}: {wrong}") from None
    return evidence


@dataclass(frozen=True, kw_only=True)
class Hide(Defence):
    """Take back what one showed on a platform: delete it, or keep it for friends only.

    Left is what trackers saw elsewhere, what friends handed over, and each tie of which the other
    end is still shown. And friends-only hides from strangers, never from the platform itself.

    Parameters
    ----------
    share : float, 0-1
        Of the records and of the answers on a form, drawn by lot.
    what : tuple of str
        Of ``traces``, ``known`` (the answers) and ``ties``.
    audience : {"nobody", "friends"}
        Who still sees it. Nobody: it is deleted, if the platform keeps its word.
    readers : tuple of int, optional
        For ``friends``: the people through whose accounts the holder looks, such as those who
        installed its app while a friend's yes was enough. None: the holder is the platform.
    """

    share: float = 1.0
    what: tuple[str, ...] = ("traces", "known", "ties")
    audience: str = "nobody"
    readers: tuple[int, ...] | None = None

    shares: ClassVar[tuple[str, ...]] = ("share",)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_name(self.audience, ["nobody", "friends"], what="audience")
        for name in self.what:
            check_name(name, ["traces", "known", "ties"], what="what to hide")

    def __call__(self, evidence: Evidence) -> Evidence:
        hidden = self._unseen(evidence)
        tables = {name: getattr(evidence, name) for name in self.what}
        for name in set(tables) & {"traces", "known"}:
            rows = tables[name]
            theirs = rows["person"].isin(hidden)
            if name == "traces":
                theirs &= (rows["from_person"] == rows["person"]) & (rows["source"] == "platform")
            tables[name] = rows[~(theirs & self.hits(self.share, len(rows)))]
        if "ties" in tables:
            ties = tables["ties"]
            quiet = hidden[self.hits(self.share, len(hidden))]
            tables["ties"] = ties[~(ties["a"].isin(quiet) & ties["b"].isin(quiet))]
        return replace(evidence, **tables)

    def _unseen(self, evidence: Evidence) -> pd.Index:
        """Those of the defended whom this holder no longer sees."""
        who = self.who(evidence)
        if self.audience == "nobody":
            return who
        if self.readers is None:
            return who[:0]
        return who.difference(_circle(evidence.ties, self.readers))


@dataclass(frozen=True, kw_only=True)
class BlockTrackers(Defence):
    """Block the trackers that read from one's own device, on a share of sites and apps.

    Left is what a shop's own computer sends, the lists that firms upload, and all that is done on
    the platform itself.

    Parameters
    ----------
    share : float, 0-1
        Of the sites, shops and apps that carry one: no list of trackers is complete.
    """

    share: float = 1.0

    shares: ClassVar[tuple[str, ...]] = ("share",)

    def __call__(self, evidence: Evidence) -> Evidence:
        traces = evidence.traces
        places = np.sort(traces.loc[traces["source"].isin(DEVICE), "item"].unique())
        blocked = places[self.hits(self.share, len(places))]
        gone = traces["source"].isin(DEVICE) & traces["item"].isin(blocked)
        gone &= traces["person"].isin(self.who(evidence))
        return replace(evidence, traces=traces[~gone])


@dataclass(frozen=True, kw_only=True)
class OptOut(Defence):
    """Refuse everything that a holder takes with one's leave: records, answers, address book.

    Left is what other people gave: their address books, their answers, and every tie of which the
    other end has not opted out too. Those are enough to guess from, see `circles`.
    """

    def __call__(self, evidence: Evidence) -> Evidence:
        return _without(evidence, self.who(evidence))


@dataclass(frozen=True, kw_only=True)
class OptOutTogether(Defence):
    """Opt out with others: a share of the town, or one person and a share of their friends.

    Parameters
    ----------
    share : float, 0-1
        Of the town, or of the person's friends. 0 is nobody, the person neither.
    around : int, optional
        The person; without one it is the town.
    """

    share: float
    around: int | None = None

    shares: ClassVar[tuple[str, ...]] = ("share",)

    def who(self, evidence: Evidence) -> pd.Index:
        """List who opts out; a larger share has all those of a smaller one."""
        everybody = super().who(evidence)
        if self.share == 0:
            return everybody[:0]
        me = everybody[:0]
        if self.around is not None:
            circle = _circle(evidence.ties, (self.around,))
            me = pd.Index([self.around], dtype=everybody.dtype, name="person")
            everybody = everybody.intersection(circle).difference(me)
        if self.share < 1:
            order = np.argsort(self.lots(len(everybody)), kind="stable")
            everybody = everybody[order[: round(self.share * len(everybody))]]
        return me.append(everybody)

    def __call__(self, evidence: Evidence) -> Evidence:
        return _without(evidence, self.who(evidence))


@dataclass(frozen=True, kw_only=True)
class Forget(Defence):
    """Keep no record longer than a number of days: retention, by the holder or by oneself.

    Left is what was concluded before, answers and ties, which carry no time.

    Parameters
    ----------
    days : float
        Older records go. Infinity keeps all.
    now : time
    """

    days: float
    now: str | pd.Timestamp

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share(self.days, "days", high=np.inf)
        check_time(self.now, "now")

    def __call__(self, evidence: Evidence) -> Evidence:
        traces = evidence.traces
        age = (check_time(self.now, "now") - traces["time"]) / pd.Timedelta(days=1)
        gone = (age > self.days) & traces["person"].isin(self.who(evidence))
        return replace(evidence, traces=traces[~gone])


@dataclass(frozen=True, kw_only=True)
class Obfuscate(Defence):
    """Add records of what one never did, so that what one did is harder to read.

    Left is every true record. Added ones are dated as true ones of the same person are, and of the
    same kind; a holder who looks at what goes together may still tell them apart.

    Parameters
    ----------
    share : float, 0 and up
        False records for each true one.
    how : {"plausible", "uniform"}
        Drawn from what others do, so that what is liked by many comes often; or from all things of
        that kind alike, which stands out.
    """

    share: float
    how: str = "plausible"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share(self.share, "share", high=100)
        check_name(self.how, ["plausible", "uniform"], what="how to obfuscate")

    def __call__(self, evidence: Evidence) -> Evidence:
        traces = evidence.traces
        own = (traces["from_person"] == traces["person"]) & traces["item"].notna()
        true = traces[own & traces["person"].isin(self.who(evidence))]
        if true.empty or self.share == 0:
            return evidence
        rng, added = as_rng(self.rng), [traces]
        times = int(self.share) + (rng.random(len(true)) < self.share % 1)
        for kind, rows in true.iloc[np.arange(len(true)).repeat(times)].groupby("kind"):
            seen = traces.loc[own & (traces["kind"] == kind), "item"]
            seen = seen if self.how == "plausible" else seen.drop_duplicates()
            drawn = rng.choice(seen.to_numpy("int64"), len(rows))
            added.append(rows.assign(item=pd.array(drawn, dtype="Int32")))
        return replace(evidence, traces=concat(added, "traces"))


@dataclass(frozen=True, kw_only=True)
class Minimise(Defence):
    """Drop the sources of which nobody has shown that the holder needs them.

    A source is needed if the guess about some trait is surely worse without it: the lower end of
    its gain is above ``least``. Two sources that say the same both come out as not needed, and
    dropping both may cost much: drop one, and measure again.

    Parameters
    ----------
    necessity : DataFrame
        From `necessity.measure_necessity`. What was not measured stays.
    least : float
        The gain (in AUC, or in r) from which on a source counts as needed; at -2 all do.
    """

    necessity: pd.DataFrame = field(compare=False)
    least: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_table(self.necessity, "necessity", empty=True)
        check_share(self.least, "least", low=-2, high=2)

    def __call__(self, evidence: Evidence) -> Evidence:
        traces = evidence.traces
        best = self.necessity.groupby(["holder", "source"])["low"].max()
        needless = best.index[best <= self.least]
        of = pd.MultiIndex.from_frame(traces[["holder", "source"]])
        gone = of.isin(needless) & traces["person"].isin(self.who(evidence))
        return replace(evidence, traces=traces[~gone])


def _circle(ties: pd.DataFrame, people: Iterable[int]) -> pd.Index:
    """These people and all their friends."""
    people = pd.Index(list(people), dtype="int32", name="person")
    near = [ties.loc[ties[end].isin(people), other] for end, other in (("a", "b"), ("b", "a"))]
    return people.union(pd.Index(np.concatenate(near)).astype("int32")).unique()


def _without(evidence: Evidence, who: pd.Index) -> Evidence:
    """What is left once these people refused all that is theirs to refuse."""
    traces, ties, known = evidence.traces, evidence.ties, evidence.known
    return Evidence(
        traces[~traces["from_person"].isin(who)],
        ties[~(ties["a"].isin(who) & ties["b"].isin(who))],
        known[~known["person"].isin(who)],
    )
