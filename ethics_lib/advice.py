"""Advice: which of the things that a person can do changes what is believed of them most.

Everything that a holder believes of somebody is put together: what they said, what their records
show, what their friends give away. Then each thing that the person can do is done, and it is all
believed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from ethics_lib.beliefs import as_beliefs, declare, infer, judges, lay_out
from ethics_lib.defences import BlockTrackers, Forget, Hide, OptOut, defend
from ethics_lib.defended import Defence, check_evidence, learnable, people_in
from ethics_lib.guards import (
    SUMS_ONLY,
    DualUseError,
    aggregate,
    check_reasons,
    may_name_persons,
)
from ethics_lib.measures import exposure, usual_of
from ethics_lib.propagation import propagate
from ethics_lib.tables import (
    Evidence,
    TableError,
    check_name,
    check_whole,
    concat,
    empty_table,
    is_numeric,
    several,
)
from ethics_lib.weighing import weigh_friends

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from ethics_lib.trait_models import TraitModel
    from ethics_lib.walks import Method

__all__ = [
    "HELPS",
    "LITTLE",
    "advise",
    "believe",
    "say_advice",
    "try_actions",
    "with_contacts",
]

HELPS = 0.1
"""What counts as help: a tenth, at least, of all that is given away. Our convention."""
LITTLE = 0.1
"""Bits below which next to nothing is given away. Our convention."""

_Actions = Mapping[str, Callable[[Evidence], Evidence]]


def advise(
    evidence: Evidence,
    *,
    person: int,
    traits: Iterable[str] | None = None,
    actions: _Actions | None = None,
    best: int = 3,
    method: str | Method | None = None,
    person_rows: bool = False,
    basis: str | None = None,
) -> pd.DataFrame:
    """Find the three things a person can do that lower what is given away of them most.

    Parameters
    ----------
    evidence : Evidence
        What the holder has: traces, ties and answers.
    person : int
    traits : list of str, optional
        Which beliefs matter to the person; by default every trait in the answers that is no
        number and of which the holder can learn anything.
    actions : {name: defence}, optional
        What the person can do, such as ``{"block trackers": BlockTrackers(people=(17,))}``. By
        default seven things in plain words, from taking back one's answers to opting out.
    best : int
        How many to name.
    method : str or callable, optional
        How answers pass from friend to friend, see `propagate`; by default `weigh_friends`.
    person_rows, basis
        For a protected trait of real people; see `guards.may_name_persons`.

    Returns
    -------
    DataFrame[action, before, after, saved, left, records]
        In bits, see `measures.exposure`, added over the traits; the best first, and of two that
        save as much the one that costs fewer records. That a bit about an illness weighs as much
        as one about a party is our choice; make another one with ``traits``. ``left`` is the
        same in each row: what other people give away when the person has opted out of everything
        that is theirs. ``records``: how many traces and answers the person gives up. See
        `try_actions` for each trait, and `say_advice` for a sentence.

    Raises
    ------
    TableError
        When the holder has nothing of this person.
    DualUseError
        For a protected trait without a basis.
    """
    check_whole(best, "best")
    tried = try_actions(
        evidence,
        person=person,
        traits=traits,
        actions=actions,
        method=method,
        person_rows=person_rows,
        basis=basis,
    )
    parts = ["before", "after", "saved", "left"]
    table = tried.groupby("action", sort=False).agg(
        dict.fromkeys(parts, "sum") | {"records": "first"}
    )
    order = table.assign(saved=table["saved"].round(3), at=range(len(table)))
    order = order.sort_values(["saved", "records", "at"], ascending=[False, True, True])
    return table.loc[order.index[:best]].reset_index()


def say_advice(advice: pd.DataFrame) -> str:
    """Say in a sentence what `advise` found, or that nothing the person can do alone helps.

    Nothing helps if opting out of everything would take away less than a tenth (`HELPS`) of what
    is given away. Below `LITTLE` bits there is nothing to help against.

    Examples
    --------
    >>> found = pd.DataFrame({"action": ["opt out of everything"], "before": [2.0], "after": [1.9],
    ...     "saved": [0.1], "left": [1.9], "records": [300]})
    >>> say_advice(found)
    'Nothing you can do alone helps: 1.9 of 2.0 bits come from friends.'
    """
    first = advice.iloc[0]
    if max(first["before"], first["left"]) < LITTLE:
        return f"Next to nothing is given away of you: {first['before']:.2f} bits."
    if first["before"] - first["left"] < HELPS * first["before"]:
        return (
            f"Nothing you can do alone helps: {first['left']:.1f} of {first['before']:.1f} bits "
            "come from friends."
        )
    if first["saved"] < HELPS * first["before"]:
        return (
            f"None of these helps. To opt out of everything would save "
            f"{first['before'] - first['left']:.1f} of {first['before']:.1f} bits."
        )
    return (
        f"What helps most: {first['action']}. It saves {first['saved']:.1f} of "
        f"{first['before']:.1f} bits. Whatever you do, {first['left']:.1f} come from friends."
    )


def try_actions(
    evidence: Evidence,
    *,
    person: int,
    traits: Iterable[str] | None = None,
    actions: _Actions | None = None,
    method: str | Method | None = None,
    person_rows: bool = False,
    basis: str | None = None,
) -> pd.DataFrame:
    """Do each thing that a person can do, and say trait by trait what is still given away.

    Parameters
    ----------
    evidence, person, traits, actions, method, person_rows, basis
        As for `advise`.

    Returns
    -------
    DataFrame[action, trait, before, after, saved, left, records]
        One row an action and trait, in bits. ``saved`` is negative where an action makes it
        worse. ``left``, one number a trait, tells what friends give away and what not. Which
        likes say most: those with the largest weights in `explain` towards what is believed, times
        the bits of that belief.

    Notes
    -----
    Every action counts as if it had been done from the start: what was concluded before, or
    copied, is not called back. The models of `infer` stay as they are, since the records of one
    person hardly move them, and judge the person by what is left; each trait by the model that
    never saw the person's answer. Who has no record left is not judged. What friends pass on is
    worked out anew, to the last digit.
    """
    evidence = check_evidence(evidence)
    known = _words(evidence, traits)
    for trait in known["trait"].unique():
        try:
            check_reasons(trait, person_rows=person_rows, basis=basis)
        except DualUseError as error:
            raise DualUseError(f"{error} Or leave it out: name others in traits=[...].") from None
    if not np.isscalar(person) or person not in people_in(evidence):
        raise TableError(
            f"advise: of person {person!r} this holder has nothing, so there is nothing to advise. "
            "Pass somebody who is in its traces, ties or answers."
        )
    if actions is not None and not (isinstance(actions, Mapping) and actions):
        raise TableError(
            f"actions={actions!r}: nothing to try. Name one or more, such as {{'hide': "
            "Hide(people=(17,))}, or leave actions out."
        )
    usual, judge = usual_of(known), _judge_of(evidence.traces, known, person)
    start = evidence
    if actions is None:  # these read the person's own records, and no other takes time
        start = _about(evidence, person)
        actions = _ready(evidence, person, judge.say_most(start.traces, usual))
    states = [defend(start, [action]) for action in actions.values()]
    alone = OptOut(people=(person,))(start)
    bits = _bits([start, alone, *states], known, usual, judge, method)
    before, left = bits.iloc[0], bits.iloc[1]
    table = bits.iloc[2:].set_axis(pd.Index(list(actions), name="action"))
    table = table.reset_index().melt("action", var_name="trait", value_name="after")
    table["before"], table["left"] = table["trait"].map(before), table["trait"].map(left)
    table["saved"] = table["before"] - table["after"]
    records = [len(state.traces) + len(state.known) for state in [start, *states]]
    given_up = {name: records[0] - kept for name, kept in zip(actions, records[1:], strict=True)}
    table["records"] = table["action"].map(given_up)
    return table[["action", "trait", "before", "after", "saved", "left", "records"]]


def believe(
    evidence: Evidence,
    *,
    holder: str,
    traits: Iterable[str] | None = None,
    method: str | Method | None = None,
    person_rows: bool = False,
    basis: str | None = None,
) -> pd.DataFrame:
    """Put together all that a holder can believe: what was said, done, and passed on by friends.

    Parameters
    ----------
    evidence, traits, method, person_rows, basis
        As for `advise`.
    holder : str

    Returns
    -------
    DataFrame of beliefs
        Origins ``declared``, ``inferred`` (if there are traces) and ``propagated``; what
        `measures.exposure` takes, with `measures.usual_of` what is known. Who stands in an address
        book has a tie to whom it belongs. Of a protected trait of real people: an aggregate, see
        `guards.aggregate`.
    """
    known = _words(check_evidence(evidence), traits)
    rows = [_said_and_passed_on(known, with_contacts(evidence), holder, method)]
    if evidence.traces["item"].notna().any():
        rows.append(infer(evidence.traces, known, holder=holder, **SUMS_ONLY))
    beliefs = concat(rows, "beliefs")
    if may_name_persons(known["trait"].unique(), person_rows=person_rows, basis=basis):
        return beliefs
    return aggregate(beliefs)


def with_contacts(evidence: Evidence) -> pd.DataFrame:
    """List the ties that a holder knows, with one for each line of an address book.

    Returns
    -------
    DataFrame[a, b, context]
    """
    traces = evidence.traces
    lines = traces.loc[traces["kind"] == "contact", ["person", "from_person"]]
    lines = lines[lines["person"] != lines["from_person"]]  # many list themselves
    ends = np.sort(lines.to_numpy("int32"), axis=1)
    lines = pd.DataFrame(ends, columns=["a", "b"]).assign(context="contacts")
    return concat([evidence.ties[["a", "b", "context"]], lines], "ties")


def _ready(evidence: Evidence, person: int, most: tuple[int, ...]) -> dict[str, Defence]:
    """What a person can do with this holder, in plain words."""
    me: dict = {"people": (person,)}
    actions = {
        "take back your answers": Hide(**me, what=("known",)),
        "delete up to ten likes that say most": Hide(**me, what=("traces",), items=most),
        "delete your likes": Hide(**me, what=("traces",)),
        "hide your friend list": Hide(**me, what=("ties",)),
        "block trackers": BlockTrackers(**me),
        "opt out of everything": OptOut(**me),
    }
    if len(evidence.traces):
        month = Forget(**me, days=30, now=evidence.traces["time"].max())
        actions["let what is older than a month go"] = month
    return actions


def _words(evidence: Evidence, traits: Iterable[str] | None) -> pd.DataFrame:
    """The answers about these traits, none of which may be a number."""
    known, traces = evidence.known, evidence.traces
    numeric = known.groupby("trait")["value"].agg(is_numeric).astype(bool)
    words = numeric.index[~numeric].tolist()
    if traits is None:
        seen = traces.loc[traces["item"].notna(), "person"]
        enough = learnable(known[known["person"].isin(seen)]) if len(seen) else known
        wanted = [trait for trait in words if trait in set(enough["trait"])] or words
    else:
        wanted = several(traits)
    for trait in wanted:
        check_name(trait, words, what="trait that is no number")
    if not wanted:
        raise TableError(
            "evidence: known has no answer about a trait that is no number, or traits names none, "
            "so nothing can be believed. Put the answers in: ethics_lib.tables.Evidence(traces, "
            "ties, world.reports)."
        )
    return known.loc[known["trait"].isin(wanted), ["person", "trait", "value"]]


def _about(evidence: Evidence, person: int) -> Evidence:
    """The same without other people's records, but for their address books."""
    traces = evidence.traces
    mine = (traces["person"] == person) | (traces["from_person"] == person)
    return replace(evidence, traces=traces[mine | (traces["kind"] == "contact")])


def _said_and_passed_on(
    known: pd.DataFrame, ties: pd.DataFrame, holder: str, method: str | Method | None
) -> pd.DataFrame:
    """What people said, and what it tells of their friends; nothing if nobody said anything."""
    if known.empty:
        return empty_table("beliefs")
    method = method or weigh_friends
    passed = propagate(known, ties, holder=holder, method=method, **SUMS_ONLY)
    return concat([declare(known, holder=holder), passed], "beliefs")


class _Judge(NamedTuple):
    """The models of one person, and whose records they read."""

    person: int
    items: pd.Index
    models: dict[str, TraitModel]  # by trait

    def rows(self, traces: Iterable[pd.DataFrame]) -> csr_array:
        """What each of these tables shows of the person: a row a table, a column an item."""
        from scipy.sparse import csr_array

        columns = []
        for table in traces:
            own = table.loc[(table["person"] == self.person) & table["item"].notna(), "item"]
            places = np.unique(self.items.get_indexer(own.astype("int64")))
            columns.append(places[places >= 0])  # a thing that nobody had done tells nothing
        start = np.cumsum([0, *map(len, columns)])
        found = np.concatenate(columns)
        shape = len(columns), len(self.items)
        return csr_array((np.ones(len(found), np.float32), found, start), shape=shape)

    def say_most(self, traces: pd.DataFrame, usual: pd.DataFrame) -> tuple[int, ...]:
        """Up to ten things done on the platform without which least is given away.

        The heaviest first, as many as help: one too many, and the belief turns over.
        """
        row, weights, least = self.rows([traces]), [], {}
        if not self.models or not row.nnz:
            return ()
        for trait, model in self.models.items():
            common = usual[usual["trait"] == trait].set_index("value")["p"]
            least[trait] = common.loc[model.classes_.tolist()].to_numpy()
            p = model.predict_proba(row)[0]
            gain = p * np.log2(p / least[trait])
            told = model.explain(row, value=model.classes_.tolist()[int(gain.argmax())])
            weights.append(gain.sum() * told.dropna().set_index("item")["weight"])
        weight = pd.concat(weights).groupby(level=0).sum()
        weight.index = self.items[weight.index.astype("int64")]
        shown = traces[(traces["person"] == self.person) & (traces["source"] == "platform")]
        weight = weight[(weight > 0) & weight.index.isin(shown["item"].dropna().astype("int64"))]
        most = weight.sort_values(ascending=False, kind="stable").index[:10]
        rows = self.rows(traces[~traces["item"].isin(most[:k])] for k in range(len(most) + 1))
        p = {trait: self.models[trait].predict_proba(rows) for trait in least}
        bits = sum((p[trait] * np.log2(p[trait] / least[trait])).sum(axis=1) for trait in least)
        return tuple(most[: int(np.argmin(bits))].tolist())


def _judge_of(traces: pd.DataFrame, known: pd.DataFrame, person: int) -> _Judge:
    if not ((traces["person"] == person) & traces["item"].notna()).any():
        return _Judge(person, pd.Index([], dtype="int64"), {})
    fitted = judges(traces, known)
    models = {trait: model for trait, people, model in fitted if person in people}
    items = np.sort(traces["item"].dropna().astype("int64").unique())  # as in likes_matrix
    return _Judge(person, pd.Index(items), models)


def _bits(
    states: list[Evidence],
    known: pd.DataFrame,
    usual: pd.DataFrame,
    judge: _Judge,
    method: str | Method | None,
) -> pd.DataFrame:
    """What is given away of the person in each state of the evidence: states by traits."""
    traits, told = known["trait"].unique(), []
    rows, beliefs = judge.rows(state.traces for state in states), []
    some = np.flatnonzero(np.diff(rows.indptr))  # of nobody without a record is anything inferred
    for trait, model in judge.models.items() if len(some) else ():
        p = pd.DataFrame(model.predict_proba(rows[some]), some, model.classes_.tolist())
        origin = {"trait": trait, "origin": "inferred", "method": "svd"}
        beliefs.append(as_beliefs(lay_out(p), **origin, holder="", intent="deliberate"))
    for at, state in enumerate(states):
        said = state.known[state.known["trait"].isin(traits)]
        ties = with_contacts(state)
        same = next((b for k, t, b in told if said.equals(k) and ties.equals(t)), None)
        if same is None:
            same = _said_and_passed_on(said, ties, "", method)
            same = same[same["person"] == judge.person]
            told.append((said, ties, same))
        beliefs.append(same.assign(person=np.int32(at)))  # as if each state were another person
    beliefs = concat(beliefs, "beliefs")
    if beliefs.empty:
        return pd.DataFrame(0.0, range(len(states)), traits)
    bits = exposure(beliefs, usual=usual)
    bits = bits.pivot(index="person", columns="trait", values="bits")
    return bits.reindex(index=range(len(states)), columns=traits).fillna(0.0)
