"""Defences: what a person, a circle or a holder can do, and what the holder has left afterwards.

A defence takes Evidence and returns Evidence, so that whatever is concluded from the one can be
concluded from the other, and compared. What is hidden from one holder may be known to another.
None of them promises safety: each docstring says what it leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from math import ceil
from typing import ClassVar

import numpy as np
import pandas as pd

from ethics_lib.cloaks import Cloak
from ethics_lib.defended import Defence, check_evidence, people_in
from ethics_lib.necessity import measure_necessity
from ethics_lib.noise import Aggregate, RandomisedResponse
from ethics_lib.tables import (
    Evidence,
    TableError,
    check_name,
    check_share,
    check_table,
    check_time,
    concat,
    several,
)
from ethics_lib.traces import DEVICE

__all__ = [
    "Aggregate",
    "BlockTrackers",
    "Cloak",
    "Forget",
    "Hide",
    "Minimise",
    "Obfuscate",
    "OptOut",
    "OptOutTogether",
    "RandomisedResponse",
    "defend",
    "find_needless",
]


def defend(evidence: Evidence, defences: Iterable[Callable[[Evidence], Evidence]]) -> Evidence:
    """Say what a holder has left once these defences were used, one after the other.

    Parameters
    ----------
    evidence : Evidence
        What the holder would have; it is never changed.
    defences : list of callables ``Evidence -> Evidence``
        Those of this module, or functions of your own. A later one sees only what earlier ones
        left: who is a friend, and what others do, is read from that.

    Returns
    -------
    Evidence

    Raises
    ------
    TableError
        When a defence names somebody of whom the holder has nothing, or gives back what is no
        evidence; the message names the defence, as does a note to whatever a defence raises.

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
    >>> person in left.traces["person"].tolist()
    False
    """
    evidence = check_evidence(evidence)
    if not pd.api.types.is_list_like(defences):
        raise TableError("defend: pass the defences as a list, such as [Hide(people=(17,))].")
    everybody, defences = people_in(evidence), list(defences)
    for defence in defences:
        if not callable(defence) or isinstance(defence, type):  # Hide would take no evidence
            raise TableError(
                f"defend: {defence!r} is no defence. Pass callables from Evidence to Evidence, "
                "such as [Hide(people=(17,))]."
            )
        unknown = defence.named().difference(everybody) if isinstance(defence, Defence) else ()
        if len(unknown):
            raise TableError(
                f"defend: {_name(defence)} names person {unknown[0]}, of whom this holder has "
                "nothing. Pass people who are in its traces, ties or answers."
            )
    for defence in defences:
        try:
            evidence = check_evidence(defence(evidence), by=_name(defence))
        except Exception as error:
            error.add_note(f"It happened in the defence {_name(defence)}.")
            raise
    return evidence


@dataclass(frozen=True, kw_only=True)
class Hide(Defence):
    """Take back what one showed on a platform: delete it, or keep it for friends only.

    Left is what trackers saw elsewhere, what firms sent, what friends handed over, and each tie of
    which the other end still shows theirs. And friends-only hides from strangers, never from the
    platform itself, nor from those whom a friend lets look.

    Parameters
    ----------
    share : float, 0-1
        Of the records, of the answers on a form, and of the people's lists of friends: by lot, for
        each apart. Rows with the same label share a lot, so number stacked tables anew.
    what : tuple of str
        Of ``traces``, ``known`` (the answers) and ``ties``.
    items : tuple of int, optional
        For ``traces`` alone: the things of which the records are hidden, such as a few likes; by
        default all.
    audience : {"nobody", "friends"}
        Who still sees it. Nobody: it is deleted, if the platform keeps its word.
    readers : tuple of int, optional
        For ``friends``: the people through whose accounts the holder looks, such as those who
        installed its app while a friend's yes was enough. ``()`` is a stranger. None: the holder
        is the platform, and sees all.
    """

    share: float = 1.0
    what: tuple[str, ...] = ("traces", "known", "ties")
    items: tuple[int, ...] | None = None
    audience: str = "nobody"
    readers: tuple[int, ...] | None = None

    crowds: ClassVar[tuple[str, ...]] = ("people", "readers")
    shares: ClassVar[tuple[str, ...]] = ("share",)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_name(self.audience, ["nobody", "friends"], what="audience")
        what = several(self.what)
        object.__setattr__(self, "what", what)
        for name in what:
            check_name(name, ["traces", "known", "ties"], what="what to hide")
        if self.items is not None:
            object.__setattr__(self, "items", several(self.items))
            if what != ("traces",):
                raise TableError(
                    f"items={self.items!r}: answers and ties are of no item. Leave it out, or say "
                    "what='traces'."
                )
        if self.readers is not None and self.audience != "friends":
            raise TableError(
                f"readers={self.readers!r}: nobody sees what is deleted. Leave them out, or say "
                "audience='friends'."
            )

    def __call__(self, evidence: Evidence) -> Evidence:
        unseen = self._unseen(evidence)
        tables = {name: getattr(evidence, name) for name in self.what}
        for name in set(tables) & {"traces", "known"}:
            rows = tables[name]
            theirs = rows["person"].isin(unseen)
            if name == "traces":
                theirs &= (rows["from_person"] == rows["person"]) & (rows["source"] == "platform")
                if self.items is not None:
                    theirs &= rows["item"].isin(self.items)
            tables[name] = _drop(rows, theirs & self.hits(self.share, rows.index, of=name))
        if "ties" in tables:
            quiet = unseen[self.hits(self.share, unseen, of="ties")]
            tables["ties"] = _drop_between(evidence.ties, quiet)
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
        Of the sites, shops and apps, by lot and the same for everybody, as on a list of trackers:
        no list is complete.
    """

    share: float = 1.0

    shares: ClassVar[tuple[str, ...]] = ("share",)

    def __call__(self, evidence: Evidence) -> Evidence:
        traces = evidence.traces
        theirs = traces["source"].isin(DEVICE) & traces["person"].isin(self.who(evidence))
        gone = theirs & self.hits(self.share, traces["item"], of="places")
        return replace(evidence, traces=_drop(traces, gone))


@dataclass(frozen=True, kw_only=True)
class OptOut(Defence):
    """Refuse a holder everything that one gave it: records, answers, address book, if it obeys.

    What trackers and firms recorded of one's own doing counts as given by oneself, so this is the
    most that a refusal can do. Left is what other people gave: their address books with one's name
    in them, their answers, and every tie of which the other end has not opted out too. Those are
    enough to guess from, see `circles`.

    Notes
    -----
    A tie does not say who told of it. So one that is known from one's own address book alone stays
    as well; and those who opt out together belong in one defence, for of two used one after the
    other each leaves the tie to the other.
    """

    def __call__(self, evidence: Evidence) -> Evidence:
        who = self.who(evidence)
        traces, known = evidence.traces, evidence.known
        return Evidence(
            _drop(traces, traces["from_person"].isin(who)),
            _drop_between(evidence.ties, who),
            _drop(known, known["person"].isin(who)),
        )


@dataclass(frozen=True, kw_only=True)
class OptOutTogether(OptOut):
    """Opt out with others: a share of the town, or a person and a share of their friends.

    Left is what `OptOut` leaves; the more friends join in, the less is told by others.

    Parameters
    ----------
    share : float, 0-1
        Of everybody in the evidence, or of the person's friends. 0 is nobody, and not the person
        either.
    around : int, optional
        The person, or a tuple of persons; without one it is the town.
    people : tuple of int, optional
        Who may be among them, the person included; by default everybody.
    """

    share: float
    around: tuple[int, ...] | int | None = None

    crowds: ClassVar[tuple[str, ...]] = ("people", "around")
    shares: ClassVar[tuple[str, ...]] = ("share",)

    def who(self, evidence: Evidence) -> pd.Index:
        """List who opts out; a larger share has all those of a smaller one."""
        everybody = super().who(evidence)
        first = everybody[:0] if self.around is None else everybody.intersection(self.around)
        if self.share == 0:
            return everybody[:0]
        if self.around is not None:
            everybody = everybody.intersection(_circle(evidence.ties, self.around))
        others = everybody.difference(first)
        if self.share < 1 and len(others):
            order = np.argsort(self.lots(others, of="people"), kind="stable")
            others = others[order[: round(self.share * len(others))]]
        return first.append(others)


@dataclass(frozen=True, kw_only=True)
class Forget(Defence):
    """Keep no record longer than a number of days: retention, by the holder or by oneself.

    Left is what was concluded before; and answers and ties, which carry no time.

    Parameters
    ----------
    days : float
        Older records go; one that is just as old stays. Infinity keeps all.
    now : time
        The day from which one counts back. What is later stays.
    """

    days: float
    now: str | pd.Timestamp

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share(self.days, "days", high=np.inf)
        object.__setattr__(self, "now", check_time(self.now, "now"))

    def __call__(self, evidence: Evidence) -> Evidence:
        traces = evidence.traces
        age = (self.now - traces["time"]) / pd.Timedelta(days=1)
        gone = (age > self.days) & traces["person"].isin(self.who(evidence))
        return replace(evidence, traces=_drop(traces, gone))


@dataclass(frozen=True, kw_only=True)
class Obfuscate(Defence):
    """Add records of what one never did, so that what one did is harder to read.

    Left is every true record, and purchases without a false one, for those would cost money. An
    added record has the kind, the source and the moment of a true one of the same person. A holder
    who looks at what goes together, or at how popular it is, may still tell them apart.

    Parameters
    ----------
    share : float, 0-100
        False records for each true one. It comes to fewer, for what one did already, or has added,
        is not added again. A larger share adds the same things and more.
    how : {"plausible", "uniform"}
        Drawn from what others do, so that what is liked by many comes often; or from all things of
        that kind alike, which stands out.

    References
    ----------
    Weinsberg et al. (2012), BlurMe, doi 10.1145/2365952.2365989: added ratings hide gender well.
    Strucks, Slokom & Larson (2019), BlurM(or)e: simple plots show that it was done, and to which
    items. Abstracts were read; from memory, BlurMe adds what the other group likes. Which group
    likes what is not asked here, so do not expect as much.
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
        own = traces[own & (traces["kind"] != "purchase")]
        true = own[own["person"].isin(self.who(evidence))]
        tables = [traces]
        for kind, rows in true.groupby("kind", observed=True):
            seen = np.sort(own.loc[own["kind"] == kind, "item"].to_numpy("int64"))
            seen = seen if self.how == "plausible" else np.unique(seen)
            done = [rows]
            for turn in range(ceil(self.share)):
                hit = self.hits(min(1, self.share - turn), rows.index, of=f"{kind} {turn}")
                lots = self.lots(rows.index[hit], of=f"{kind} {turn}: what")
                drawn = pd.array(seen[(lots * len(seen)).astype(int)], dtype=rows["item"].dtype)
                done.append(rows[hit].assign(item=drawn))
            done = pd.concat(done)
            again = done[["person", "item"]].astype("int64").duplicated()
            tables.append(done[~again.to_numpy() & (np.arange(len(done)) >= len(rows))])
        added = sum(map(len, tables[1:]))
        return replace(evidence, traces=concat(tables, "traces")) if added else evidence


@dataclass(frozen=True, kw_only=True)
class Minimise(Defence):
    """Drop the sources of which nobody has shown that the holder needs them.

    A source is needed if the guess about some trait is surely worse without it: the lower end of
    its gain is above ``least``. Left are the sources that are needed, and those not measured, such
    as address books. What the holder needs need not be what the people would grant.

    Parameters
    ----------
    necessity : DataFrame
        From `find_needless`, which leaves out one source at a time and measures again. From
        `necessity.measure_necessity` two sources that say the same both come out as not needed,
        and dropping both may cost much.
    least : float
        The gain (in AUC, or in r) from which on a source counts as needed; at -2 all do.

    Attributes
    ----------
    needless : tuple of (holder, source)
        What it drops; two that drop the same are equal.
    """

    necessity: pd.DataFrame = field(compare=False, repr=False)
    least: float = 0.0
    needless: tuple[tuple[str, str], ...] = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_table(self.necessity, "necessity", empty=True)
        check_share(self.least, "least", low=-2, high=2)
        best = self.necessity.groupby(["holder", "source"], observed=True)["low"].max()
        object.__setattr__(self, "needless", tuple(best.index[best <= self.least]))

    def __call__(self, evidence: Evidence) -> Evidence:
        traces = evidence.traces
        gone = np.zeros(len(traces), bool)
        for holder, source in self.needless:
            gone |= ((traces["holder"] == holder) & (traces["source"] == source)).to_numpy()
        gone &= traces["person"].isin(self.who(evidence)).to_numpy()
        return replace(evidence, traces=_drop(traces, gone))


def find_needless(
    evidence: Evidence, *, truth: pd.DataFrame, holder: str, least: float = 0.0
) -> pd.DataFrame:
    """Leave out the source that adds least, measure the others again, until all left are needed.

    Parameters
    ----------
    evidence : Evidence
        Each trait in its ``known`` is measured.
    truth : DataFrame, index ``person``
        A column a trait, such as ``world.people``.
    holder : str
    least : float
        As in `Minimise`.

    Returns
    -------
    DataFrame[holder, trait, source, gain, low, high]
        For `Minimise`: each source left out with what it added when its turn came, in that order,
        then the others with what they add to each other. Of two that say the same one is left.

    Raises
    ------
    TableError, UnknownNameError
        Whatever `necessity.measure_necessity` refuses.
    """
    traces, table = evidence.traces, []
    while True:
        measured = measure_necessity(traces, evidence.known, truth=truth, holder=holder)
        best = measured.groupby("source")[["low", "gain"]].max()
        needless = best[best["low"] <= least]
        if needless.empty:
            return pd.concat([*table, measured], ignore_index=True)
        last = needless["gain"].idxmin()
        table.append(measured[measured["source"] == last])
        if len(best) == 1:
            return pd.concat(table, ignore_index=True)
        traces = traces[~((traces["holder"] == holder) & (traces["source"] == last))]


def _name(defence: Callable) -> str:
    return getattr(defence, "__name__", type(defence).__name__)


def _circle(ties: pd.DataFrame, people: Iterable[int]) -> pd.Index:
    """These people and all their friends."""
    near = [ties.loc[ties[end].isin(people), other] for end, other in (("a", "b"), ("b", "a"))]
    return pd.Index(np.concatenate([np.asarray(people, dtype="int64"), *near])).unique()


def _drop(rows: pd.DataFrame, gone: pd.Series | np.ndarray) -> pd.DataFrame:
    """The other rows; the very table if none goes, so that its index stays as it was."""
    return rows[~gone] if gone.any() else rows


def _drop_between(ties: pd.DataFrame, who: pd.Index) -> pd.DataFrame:
    """The ties without those of which both ends are silent: one that speaks reveals both."""
    return _drop(ties, ties["a"].isin(who) & ties["b"].isin(who))
