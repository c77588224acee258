"""Shadows: what is believed of people who never joined, from the address books of those who did.

Nobody asked them, and they did nothing. A member handed over a number, friends answered a form,
and the rest is arithmetic. The moment is always named, and nothing that came later is looked at: an
audit of the past is worth nothing if the future sits in its tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from ethics_lib.consents import leave_out
from ethics_lib.guards import SUMS_ONLY, aggregate, may_name_persons
from ethics_lib.measures import score
from ethics_lib.propagation import explain_friends, propagate
from ethics_lib.tables import (
    TableError,
    as_rng,
    check_name,
    check_share,
    check_table,
    check_time,
    concat,
    empty_table,
    is_numeric,
)
from ethics_lib.walks import METHODS, Method

__all__ = ["audit_shadows", "explain_shadow", "find_leaks", "shadow_profiles"]


def shadow_profiles(
    traces: pd.DataFrame,
    known: pd.DataFrame,
    *,
    holder: str,
    joined: pd.Series,
    asof: np.datetime64 | str,
    ties: pd.DataFrame | None = None,
    method: str | Method = "neighbours",
    ledger: pd.DataFrame | None = None,
    person_rows: bool = False,
    basis: str | None = None,
) -> pd.DataFrame:
    """Guess a trait of people outside, from members who have them in their address books.

    Parameters
    ----------
    traces : DataFrame
        Those of kind ``contact`` count: ``from_person`` uploaded an address book with ``person``.
    known : DataFrame[person, trait, value]
        What members said. Without a column ``time``, an answer counts from the day of joining.
    holder : str
        Who does this, with its own traces only.
    joined : Series of times, index ``person``
        Since when each is a member, such as ``world.people["joined"]``; never, if NaT or missing.
        Who left and was erased is outside again: ``joined.mask(left <= asof)``.
    asof : time
        What came later is not looked at: uploads, answers, members, and ties with them.
    ties : DataFrame[a, b, context], optional
        Friendships on the platform; one counts when both have joined (and by its ``time``, if it
        has one). A vote of neighbours does without.
    method : str or callable or estimator
        See `propagate`.
    ledger : DataFrame of consents, optional
        Who said no to ``profiling`` there by that moment, or to all processing, gets no profile,
        and neither their answers nor their address books are used.
    person_rows, basis
        For a protected trait of real people; see `guards.may_name_persons`.

    Returns
    -------
    DataFrame of beliefs
        About those whom a member had listed and who had not joined; no row if there was nobody.
        Who is in no address book is missing: the holder does not know that they exist. The origin
        is ``propagated``: the number was told, the trait was worked out from whose it was. Of a
        protected trait of real people: an aggregate, see `guards.aggregate`.

    References
    ----------
    Garcia (2017), Science Advances 3:e1701172, doi 10.1126/sciadv.1701172.

    Examples
    --------
    >>> day = pd.Timestamp("2024-05-01")
    >>> upload = pd.DataFrame({"person": [9], "from_person": [1], "kind": "contact", "item": pd.NA,
    ...     "time": day, "source": "contacts", "purpose": "contacts", "holder": "Murmur"})
    >>> upload = upload.astype({"item": "Int32"})
    >>> said = pd.DataFrame({"person": [1], "trait": "openness", "value": 1.5})
    >>> told = {"holder": "Murmur", "joined": pd.Series({1: day})}
    >>> shadow_profiles(upload, said, asof="2024-06-01", **told)[["person", "trait", "value"]]
       person     trait value
    0       9  openness   1.5
    >>> len(shadow_profiles(upload, said, asof="2024-04-01", **told))
    0
    """
    if isinstance(method, str):
        check_name(method, METHODS, what="method")
    past = _past(traces, known, holder=holder, joined=joined, asof=asof, ties=ties)
    said, beliefs = past.known, empty_table("beliefs")
    if ledger is not None:
        ledger = ledger[ledger["time"] <= check_time(asof, "asof")]
        said = leave_out(said, ledger, holder=holder, purpose="profiling")
    if len(said) and len(past.outside):
        ways = {"method": method, "ledger": ledger, **SUMS_ONLY}
        beliefs = propagate(said, past.graph, holder=holder, **ways)
        beliefs = beliefs[beliefs["person"].isin(past.outside)].reset_index(drop=True)
    if may_name_persons(past.known["trait"].unique(), person_rows=person_rows, basis=basis):
        return beliefs
    return aggregate(beliefs)


def explain_shadow(
    traces: pd.DataFrame,
    known: pd.DataFrame,
    *,
    person: int,
    trait: str,
    holder: str,
    joined: pd.Series,
    asof: np.datetime64 | str,
    ties: pd.DataFrame | None = None,
    method: str = "neighbours",
    person_rows: bool = False,
    basis: str | None = None,
) -> pd.DataFrame:
    """Say who gave somebody outside away: who uploaded them and when, and whose answer it took.

    Parameters
    ----------
    person : int
    trait : str
    traces, known, holder, joined, asof, ties, method, person_rows, basis
        As they were given to `shadow_profiles`.

    Returns
    -------
    DataFrame[person, trait, origin, from_person, item, weight, via, time]
        ``from_person`` answered, ``via`` had the person in the address book uploaded at ``time``
        (the first time, if there were several). Weights as in `explain_friends`.

    Raises
    ------
    TableError
        When there is no such profile: nobody listed the person, or they had joined, or no answer
        reached them.
    """
    check_table(known, "known")
    check_name(trait, known["trait"].unique(), what="trait")
    past = _past(traces, known, holder=holder, joined=joined, asof=asof, ties=ties)
    if person in past.inside:
        raise TableError(
            f"explain_shadow: person {person} had joined by {asof}, so there is no shadow profile. "
            "Ask explain_friends."
        )
    if person not in past.outside:
        raise TableError(
            f"explain_shadow: no member had uploaded an address book with person {person!r} to "
            f"{holder} by {asof}. For {holder} this person did not exist."
        )
    if trait not in past.known["trait"].to_numpy():
        raise TableError(f"explain_shadow: no member had answered {trait!r} by {asof}.")
    reasons = explain_friends(
        past.known,
        past.graph,
        person=person,
        trait=trait,
        method=method,
        by="path",
        person_rows=person_rows,
        basis=basis,
    )
    mine = past.uploads[past.uploads["person"] == person]
    return reasons.assign(time=reasons["via"].map(mine.groupby("from_person")["time"].min()))


def audit_shadows(
    traces: pd.DataFrame,
    known: pd.DataFrame,
    *,
    holder: str,
    joined: pd.Series,
    trait: str,
    times: Iterable[np.datetime64 | str],
    shares: Iterable[float] = (1.0,),
    ties: pd.DataFrame | None = None,
    people: pd.Index | None = None,
    draws: int = 1,
    profiles: Callable[..., pd.DataFrame] = shadow_profiles,
    rng: int | np.random.Generator,
) -> pd.DataFrame:
    """Go back in time and ask how right the profiles were about those who joined only later.

    What people said once they had joined is the truth. It assumes that they would have said the
    same before.

    Parameters
    ----------
    traces, known, holder, joined, ties
        As for `shadow_profiles`, with everything that came later.
    trait : str
    times : list of times
    shares : list of float, 0-1
        Shares of the members whose address books are kept; a larger share keeps those of a smaller.
    people : Index, optional
        Whom to judge, such as those who joined after the last moment: then the same people are
        judged at each. By default everybody who was outside, joined later and answered.
    draws : int
        How often it is drawn whose address books are kept.
    profiles : callable
        What is audited: ``partial(shadow_profiles, method="two_hop")``, or a function that is
        called as `shadow_profiles` is and takes what it does not need as ``**_``.
    rng : int or Generator

    Returns
    -------
    DataFrame[asof, share, n, listed, estimate, low, high]
        AUC, or r for a numeric trait, over ``n`` people, with the 95 % interval of `score`. Of
        them ``listed`` had a profile; the others count with what was usual among the answers. NaN
        where nothing was guessed. All are means over the draws.

    References
    ----------
    The historical audit of Garcia (2017), doi 10.1126/sciadv.1701172.
    """
    check_share(draws, "draws", low=1, high=10_000)
    check_table(traces, "traces", empty=True)
    check_table(known, "known")
    check_name(trait, known["trait"].unique(), what="trait")
    _check_joined(joined)
    known = known[known["trait"] == trait]
    truth = known.set_index("person")["value"]
    if not truth.index.is_unique:
        raise TableError(f"known: keep one answer a person about {trait!r}; some answer twice.")
    tables = {"holder": holder, "joined": joined, "ties": ties}
    # one lot a person, whatever the moment; the last is for whoever is not in joined
    lots = as_rng(rng).random((int(draws), len(joined) + 1))
    uploader = joined.index.get_indexer(traces["from_person"])
    rows, shares = [], list(shares)
    for asof in times:
        past = _past(traces, known, asof=asof, **tables)
        later = joined.dropna().index.difference(past.inside)
        judged = truth.index.intersection(later if people is None else later.intersection(people))
        for share in shares:
            for lot in lots:
                kept = (traces["kind"] != "contact") | (lot[uploader] < check_share(share, "share"))
                found = profiles(traces[kept], known, asof=asof, **tables, **SUMS_ONLY)
                scored = _judge(found, past.known, truth[judged], trait)
                rows.append((pd.Timestamp(asof), share, *scored))
    table = pd.DataFrame(rows, columns="asof share n listed estimate low high".split())
    table = table.groupby(["asof", "share"], sort=False, as_index=False).mean()
    return table.astype({"n": int})


def find_leaks(
    traces: pd.DataFrame,
    known: pd.DataFrame,
    *,
    holder: str,
    joined: pd.Series,
    asof: np.datetime64 | str,
    ties: pd.DataFrame | None = None,
    profiles: Callable[..., pd.DataFrame] = shadow_profiles,
) -> pd.DataFrame:
    """Count whose profile changes when all that came later is taken away; it should be nobody's.

    Parameters
    ----------
    traces, known, holder, joined, asof, ties
        As for `shadow_profiles`, with everything that came later.
    profiles : callable
        What is looked into; see `audit_shadows`.

    Returns
    -------
    DataFrame[trait, n]
        One row a trait with a leak, and of how many people the profile changed.
    """
    past = _past(traces, known, holder=holder, joined=joined, asof=asof, ties=ties)
    ask = {"holder": holder, "asof": asof, **SUMS_ONLY}
    with_all = profiles(traces, known, joined=joined, ties=ties, **ask)
    joined = joined.where(joined.index.isin(past.inside))
    without = profiles(past.traces, past.known, joined=joined, ties=past.ties, **ask)
    believed, rest = (
        table[["person", "trait", "value", "p", "sd"]].astype({"value": "str"}).round(6)
        for table in (with_all, without)
    )
    both = believed.merge(rest, how="outer", indicator=True)
    leaks = both[both["_merge"] != "both"].groupby("trait")["person"].nunique()
    return leaks.rename("n").reset_index()


class _Past(NamedTuple):
    """What one holder had by one moment."""

    traces: pd.DataFrame
    known: pd.DataFrame
    ties: pd.DataFrame
    inside: pd.Index  # who had joined
    uploads: pd.DataFrame  # the traces that are lines of members' address books
    outside: np.ndarray  # who stands there and had not joined
    graph: pd.DataFrame  # the ties, and one for each line


def _past(
    traces: pd.DataFrame,
    known: pd.DataFrame,
    *,
    holder: str,
    joined: pd.Series,
    asof: np.datetime64 | str,
    ties: pd.DataFrame | None,
) -> _Past:
    ties = empty_table("ties") if ties is None else ties
    for table, noun in ((traces, "traces"), (known, "known"), (ties, "ties")):
        check_table(table, noun, empty=True)
    _check_joined(joined)
    moment = check_time(asof, "asof")
    inside = joined.index[joined <= moment]
    traces, known, ties = (
        table[table["time"] <= moment] if "time" in table else table
        for table in (traces, known, ties)
    )
    known = known[known["person"].isin(inside)]
    ties = ties[ties["a"].isin(inside) & ties["b"].isin(inside)]
    uploads = traces[(traces["kind"] == "contact") & (traces["holder"] == holder)]
    uploads = uploads[uploads["from_person"].isin(inside)]
    uploads = uploads[uploads["person"] != uploads["from_person"]]  # many list themselves
    outside = np.setdiff1d(uploads["person"], inside)
    ends = np.sort(uploads[["person", "from_person"]].to_numpy(), axis=1)
    lines = pd.DataFrame(ends, columns=["a", "b"]).assign(context="contacts")
    graph = concat([ties, lines], "ties")
    return _Past(traces, known, ties, inside, uploads, outside, graph)


def _check_joined(joined: pd.Series) -> None:
    times = isinstance(joined, pd.Series) and pd.api.types.is_datetime64_any_dtype(joined)
    if not (times and joined.index.is_unique):
        raise TableError(
            "joined: a Series of times with one row a person is needed, such as "
            'world.people["joined"]; who never joined has NaT.'
        )


def _judge(
    found: pd.DataFrame, said: pd.DataFrame, truth: pd.Series, trait: str
) -> tuple[int, int, float, float, float]:
    """How many are judged, how many of them were listed, and how right it was, with its bounds."""
    found = found[(found["trait"] == trait) & found["person"].isin(truth.index)]
    listed = found["person"].nunique()
    if said.empty or (found["method"] == "prior").all():
        return len(truth), listed, np.nan, np.nan, np.nan
    # the auditor knows of those whom the holder did not, and of them one knew what is usual
    unlisted = truth.index.difference(found["person"])
    people = pd.Index(np.union1d(said["person"], unlisted))
    usual = propagate(said, empty_table("ties"), holder="", people=people, **SUMS_ONLY)
    metric = "r" if is_numeric(truth) else "auc"
    scored = score(concat([found, usual], "beliefs"), truth, trait=trait, metric=metric)
    return len(truth), listed, *scored[["estimate", "low", "high"]].iloc[0]
