"""Lawful: by which day a holder must answer, and when it must assess the risk before it starts.

Each is worked out from dates and tables where they can tell, and is left open where they cannot.
What is marked "from memory" was not seen: check it before you quote it. Not legal advice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import or_
from typing import NamedTuple

import numpy as np
import pandas as pd

from ethics_lib.audiences import UNAIMED
from ethics_lib.necessity import under_18
from ethics_lib.rules import BEGAN, rules_of
from ethics_lib.tables import (
    SENSITIVE,
    RangeError,
    TableError,
    UnknownNameError,
    check_share,
    check_table,
    check_time,
)
from ethics_lib.traces import TRACKERS
from ethics_lib.uses import MATTERS

__all__ = [
    "ICO_TEN",
    "WP248",
    "dpia_due",
    "screen_dpia",
    "subject_request_deadline",
]

_CLOCK_STOPS = BEGAN["Data (Use and Access) Act 2025"]
_MONTH = pd.DateOffset(months=1)
_DAY = pd.Timedelta(days=1)

_Day = pd.Timestamp | np.datetime64 | str


def subject_request_deadline(
    received: _Day,
    *,
    identified: _Day | None = None,
    paid: _Day | None = None,
    extended: bool | _Day = False,
    stopped: int | Iterable[tuple[_Day, _Day]] = 0,
    rules: str = "uk-2026-02",
    place: str = "GB-ENG",
) -> pd.Timestamp:
    """Find the last day on which a holder may answer somebody who asks what it has on them.

    The same date of the next month, or that month's last day; if that day is a weekend or a public
    holiday, the next working day. The month starts on the day of receipt, working day or not.

    Parameters
    ----------
    received : day
        When the request came.
    identified, paid : day, optional
        When proof of identity, or a fee, came, if it had to be asked for. The latest day counts.
    extended : bool or day
        Whether the two further months are taken, for requests that are complex or many; or the
        day on which the person was told so, with the reasons. True takes it that they were told in
        time.
    stopped : int, or list of (asked, answered)
        Days on which the clock stood still because the holder had to ask what was meant: the day
        of asking, that of the answer and those between. UK only, from 5 February 2026.
    rules : {"uk-2026-02", "eu-2025-10"}
        By name, as in `ethics_lib.rules`.
    place : str
        Whose holidays count: an ISO 3166 code that the library ``holidays`` knows, such as
        ``GB-ENG`` (England), ``GB-SCT``, ``IE`` or ``DE-BE``.

    Returns
    -------
    Timestamp
        It may be answered until that day's end.

    Raises
    ------
    TableError
        For a date that is none.
    RangeError
        For days that are no number; for a clock that the law does not stop; for an extension of
        which the person heard after the first month.
    UnknownNameError
        For rules or a place that do not exist.

    Notes
    -----
    ICO, right of access (updated 8 December 2025), seen. UK GDPR Art. 12A, by the Data (Use and
    Access) Act 2025 s. 76, in force on 5 February 2026: that both days of a pause count is read
    from its twin, DPA 2018 s. 54(3C), seen; Art. 12A itself was not. In the EU: Regulation
    (EEC, Euratom) 1182/71 Art. 3, its paragraph on holidays from memory.

    Examples
    --------
    >>> subject_request_deadline("2025-09-03").date()  # the ICO's own example
    datetime.date(2025, 10, 3)
    >>> subject_request_deadline("2026-11-25").date()  # four days closed
    datetime.date(2026, 12, 29)
    """
    in_uk = rules_of(rules).place == "UK"
    british = str(place).startswith("GB")
    if british != in_uk:
        raise RangeError(
            f"rules={rules!r} do not hold in place={place!r}. Pass rules="
            f"{'uk-2026-02' if british else 'eu-2025-10'!r} there, or another place."
        )
    needed = {"identified": identified, "paid": paid}
    start = [_day(day, name) for name, day in needed.items() if day is not None]
    start = max([_day(received, "received"), *start])
    pause = _pause(start, stopped, british)
    told_by = start + _MONTH + pause
    if not isinstance(extended, bool) and _day(extended, "extended") > told_by:
        raise RangeError(
            f"extended={extended!r}: they were told after the first month, which ended on "
            f"{told_by.date()}. The extension does not hold; pass extended=False."
        )
    months = 1 if extended is False else 3
    due = start + pd.DateOffset(months=months) + pause
    return _next_working_day(due, place)


def _day(day: _Day, name: str) -> pd.Timestamp:
    return check_time(day, name).normalize()


def _pause(
    start: pd.Timestamp, stopped: int | Iterable[tuple[_Day, _Day]], british: bool
) -> pd.Timedelta:
    """How long the clock stood still; a day in two pauses stopped it once."""
    if isinstance(stopped, (int, np.integer)) and not isinstance(stopped, bool):
        if stopped < 0:
            raise RangeError(f"stopped={stopped} is outside its range: 0 days or more.")
        pauses, days, first = [], int(stopped), start
    else:
        try:
            pairs = [(a, b) for a, b in stopped]
        except (TypeError, ValueError) as error:
            raise RangeError(
                f"stopped={stopped!r} is neither a number of days nor a list of days. Pass whole "
                "days, stopped=3, or pairs, stopped=[(asked, answered)]."
            ) from error
        pauses = [(_day(a, "stopped"), _day(b, "stopped")) for a, b in pairs]
        still = set()
        for asked, answered in pauses:
            if not start <= asked <= answered:
                raise RangeError(
                    f"stopped: asked on {asked.date()}, answered on {answered.date()}. A pause "
                    f"begins after the clock has started, {start.date()}, and ends after it began."
                )
            still |= set(pd.date_range(asked, answered))
        days, first = len(still), min(still, default=start)
    if days and not british:
        raise RangeError(
            f"stopped={stopped!r}: in the EU no clock stops while the holder asks what is meant. "
            "Pass stopped=0."
        )
    if days and first < _CLOCK_STOPS:
        raise RangeError(
            f"stopped={stopped!r}: by law the clock stops from {_CLOCK_STOPS.date()} on, and this "
            f"is {first.date()}. Pass stopped=0."
        )
    return days * _DAY


def _next_working_day(day: pd.Timestamp, place: str) -> pd.Timestamp:
    import holidays

    country, _, part = place.partition("-")
    try:
        closed = holidays.country_holidays(
            country, subdiv=part or None, years=range(day.year, day.year + 2)
        )
    except NotImplementedError as error:
        raise UnknownNameError(
            f"place {place!r} does not exist in the library holidays. Pass an ISO 3166 code, such "
            "as place='GB-ENG'."
        ) from error
    days = np.array(sorted(closed), dtype="datetime64[D]")
    return pd.Timestamp(
        np.busday_offset(day.to_numpy().astype("M8[D]"), 0, "forward", holidays=days)
    )


WP248: dict[str, str] = {
    "evaluation": "evaluation or scoring, profiling and predicting",
    "automated decision": "a decision by machine with a legal or similarly grave effect",
    "monitoring": "systematic monitoring",
    "sensitive": "sensitive or highly personal data",
    "large scale": "data processed on a large scale",
    "matching": "data sets matched or combined",
    "vulnerable": "people who cannot easily refuse; here, who are under 18",
    "innovative": "new technology, or an old one used in a new way",
    "barring": "people kept from a right, a service or a contract",
}
"""The nine criteria of WP248 rev. 01 (4 October 2017); two of them ask for an assessment.

The list was seen; that it takes two "in most cases" is from memory.
"""

ICO_TEN: dict[str, str] = {
    "innovative technology": "with another criterion of WP248",
    "denial of service": "a service, an opportunity or a benefit, decided partly by machine",
    "large-scale profiling": "any profiling on a large scale",
    "biometric data": "to know people by, with another criterion of WP248",
    "genetic data": "with another criterion of WP248",
    "data matching": "data from several sources, combined or compared",
    "invisible processing": "not from the person, who was not told; with another criterion",
    "tracking": "of where people are or what they do; with another criterion (from memory)",
    "targeting children": "or other vulnerable people, for marketing or profiling",
    "physical harm": "where a breach could put somebody's body at risk",
}
"""The ICO's list under Art. 35(4) of what needs an assessment: its page was seen in part."""

_FROM_ELSEWHERE = ("list", "server", "contacts")


def screen_dpia(
    uses: pd.DataFrame,
    *,
    traces: pd.DataFrame | None = None,
    beliefs: pd.DataFrame | None = None,
    decisions: pd.DataFrame | None = None,
    notices: pd.DataFrame | None = None,
    people: pd.DataFrame | None = None,
    innovative: Iterable[str] | None = None,
    dangerous: Iterable[str] | None = None,
    large: int = 10_000,
) -> pd.DataFrame:
    """Go through what makes an impact assessment due, use by use, as far as the tables tell.

    Parameters
    ----------
    uses : DataFrame
    traces, beliefs, decisions, notices : DataFrame, optional
        What is not given is not known, and the criteria that need it are NA.
    people : DataFrame, index ``person``, optional
        With ``birth_date``.
    innovative, dangerous : list of str, optional
        The uses whose technology is new; those where a breach could put a body at risk. No table
        says so: the caller does, and an empty list says that there are none.
    large : int
        How many people are many. Ours: the law names no number.

    Returns
    -------
    DataFrame[use, criterion, met, why, list]
        Nineteen rows a use, of `WP248` and `ICO_TEN`; ``met`` is NA where it is not known.
        `dpia_due` draws the sum.

    Raises
    ------
    TableError
        When a table is wrong; when the birth dates of people are no times.

    Notes
    -----
    A screening is no assessment: it asks whether one is due, Art. 35. Traces belong to a holder and
    not to a use, so all that its holder has counts for each of its uses.
    """
    check_table(uses, "uses")
    check_share(large, "large", low=1, high=np.inf)
    given = {"traces": traces, "beliefs": beliefs, "decisions": decisions, "notices": notices}
    for noun, table in given.items():
        if table is not None:
            check_table(table, noun, empty=True)
    held = None if traces is None else _held(traces)
    said = {"innovative": innovative, "physical harm": dangerous}
    screened = []
    for use, rows in uses.groupby("use", sort=False):
        made = None if decisions is None else decisions[decisions["use"] == use]
        facts = {
            **_of_use(rows, made, beliefs),
            **_of_traces(rows, held, notices),
            **_of_people(rows, made, held, people, large),
            **{name: _said(use, of) for name, of in said.items()},
        }
        screened += [(use, *row) for row in _criteria(facts)]
    table = pd.DataFrame(screened, columns=["use", "criterion", "met", "why", "list"])
    return table.astype({"met": "boolean"})


def dpia_due(screened: pd.DataFrame) -> pd.DataFrame:
    """Draw the sum of a screening: for which uses an impact assessment is due, and why.

    Parameters
    ----------
    screened : DataFrame
        From `screen_dpia`.

    Returns
    -------
    DataFrame[use, wp248, ico, unknown, due, why]
        How many criteria of each list are met, and how many are not known. Due: two of `WP248`, or
        any of `ICO_TEN`. NA where it is not, but might be if more were known.

    Raises
    ------
    TableError
        When it is not what `screen_dpia` made, or was read back as text.
    """
    for column in ("use", "criterion", "met", "list"):
        if column not in screened:
            raise TableError(
                f"screened: column {column!r} is missing. Make the table with screen_dpia."
            )
    if not pd.api.types.is_bool_dtype(screened["met"]):
        raise TableError(
            f"screened: column 'met' holds {screened['met'].dtype}; it must hold True, False and "
            "NA. Convert with .astype('boolean')."
        )
    rows = []
    for use, of_use in screened.groupby("use", sort=False):
        met = of_use[of_use["met"].fillna(False).astype(bool)]
        nine, ten = (met.loc[met["list"] == name, "criterion"] for name in ("WP248", "ICO"))
        open_ = int(of_use["met"].isna().sum())
        due = True if len(nine) >= 2 or len(ten) else pd.NA if open_ else False
        reasons = [f"{name}: {', '.join(of)}" for name, of in (("WP248", nine), ("ICO", ten))]
        rows.append((use, len(nine), len(ten), open_, due, "; ".join(reasons)))
    columns = ["use", "wp248", "ico", "unknown", "due", "why"]
    return pd.DataFrame(rows, columns=columns).astype({"due": "boolean"})


class _Fact(NamedTuple):
    met: bool  # or NA
    why: str


class _Held(NamedTuple):
    sources: pd.DataFrame  # [holder, source]
    people: pd.DataFrame  # [holder, person, elsewhere]: whether anything came not from themselves


def _held(traces: pd.DataFrame) -> _Held:
    """Who holds whom, and by which sources; of millions of traces, read once."""
    source, sources = pd.factorize(traces["source"])  # numbers are quicker than words
    holder, holders = pd.factorize(traces["holder"])
    own = traces["from_person"].to_numpy() == traces["person"].to_numpy()
    elsewhere = ~own | (source != sources.get_indexer(["platform"])[0])
    pair = pd.unique(holder * len(sources) + source)
    pairs = {"holder": holders[pair // len(sources)], "source": sources[pair % len(sources)]}
    key = traces["person"].to_numpy(np.int64) * len(holders) + holder
    whence = pd.Series(elsewhere).groupby(key, sort=False).any()
    person, code = np.divmod(whence.index.to_numpy(np.int64), max(len(holders), 1))
    people = {"holder": holders[code], "person": person, "elsewhere": whence.to_numpy(bool)}
    return _Held(pd.DataFrame(pairs), pd.DataFrame(people))


def _said(use: str, uses: Iterable[str] | None) -> _Fact:
    if uses is None:
        return _Fact(pd.NA, "nobody said")
    return _Fact(use in list(uses), "as the caller says")


def _of_use(
    rows: pd.DataFrame, made: pd.DataFrame | None, beliefs: pd.DataFrame | None
) -> dict[str, _Fact]:
    """What the declaration of a use tells, and what it looks at."""
    kinds, traits = set(rows["kind"]), sorted(set(rows["trait"]) & set(SENSITIVE))
    via = set() if made is None else set(made["via"].unique())
    if kinds == {"contextual_ad"} or (via and via <= set(UNAIMED)):
        evaluation = _Fact(False, "nothing about a person is looked at")
    elif beliefs is None:
        evaluation = _Fact(pd.NA, "no table of beliefs")
    else:
        about = beliefs["trait"].isin(rows["trait"]) & beliefs["holder"].isin(rows["holder"])
        guessed = bool((about & (beliefs["origin"] != "declared")).any())
        evaluation = _Fact(guessed, "beliefs that nobody declared" if guessed else "none guessed")
    kind = f"it is {', '.join(sorted(kinds))}"
    return {
        "evaluation": evaluation,
        "automated decision": _Fact(bool(kinds & set(MATTERS)), kind),
        "sensitive": _Fact(bool(traits), f"it looks at {', '.join(traits) or 'none of them'}"),
        "barring": _Fact(bool(kinds & {*MATTERS, "exclusion"}), kind),
        "aimed": _Fact(not kinds <= {"contextual_ad", "protection"}, kind),
    }


def _of_traces(
    rows: pd.DataFrame, held: _Held | None, notices: pd.DataFrame | None
) -> dict[str, _Fact]:
    """What the sources of its holders tell, and whether those in them were told."""
    holders = rows["holder"].unique()
    joint = _Fact(True, f"{len(holders)} holders decide together")
    if held is None:
        no = _Fact(pd.NA, "no table of traces")
        return {
            "monitoring": no,
            "matching": joint if len(holders) > 1 else no,
            "invisible": no,
        }
    sources = set(held.sources.loc[held.sources["holder"].isin(holders), "source"])
    found = {}
    for name, kinds in (("monitoring", TRACKERS), ("matching", _FROM_ELSEWHERE)):
        hit = sorted(sources & set(kinds))
        found[name] = _Fact(bool(hit), f"traces by {', '.join(hit) or 'none of these sources'}")
    if len(holders) > 1:
        found["matching"] = joint
    if notices is None:
        return found | {"invisible": _Fact(pd.NA, "no table of notices")}
    told = notices[notices["holder"].isin(holders) & (notices["time"] <= rows["time"].min())]
    theirs = held.people["holder"].isin(holders) & held.people["elsewhere"]
    unseen = held.people.loc[theirs, "person"]
    unseen = unseen[~unseen.isin(told["person"])].nunique()
    return found | {"invisible": _Fact(bool(unseen), f"{unseen} people were not told by its start")}


def _of_people(
    rows: pd.DataFrame,
    made: pd.DataFrame | None,
    held: _Held | None,
    people: pd.DataFrame | None,
    large: int,
) -> dict[str, _Fact]:
    """How many there are, and whether children are among those on whom it is made."""
    recorded = None if held is None else held.people[held.people["holder"].isin(rows["holder"])]
    tables = [table for table in (made, recorded) if table is not None and len(table)]
    groups = [table["person"].unique() for table in tables]
    if not groups:
        no = _Fact(pd.NA, "nobody in a table of decisions or traces")
        return {"large scale": no, "vulnerable": no}
    most = max(len(group) for group in groups)
    scale = _Fact(most >= large, f"{most} people; many are {large:.0f} or more")
    if people is None or "birth_date" not in people:
        return {"large scale": scale, "vulnerable": _Fact(pd.NA, "no birth dates")}
    children = int(under_18(people, groups[0], time=rows["time"].min()).sum())
    return {"large scale": scale, "vulnerable": _Fact(children > 0, f"{children} are under 18")}


def _criteria(facts: Mapping[str, _Fact]) -> Iterator[tuple[str, object, str, str]]:
    """The rows of one use. NA and no is no; NA and yes is NA."""

    def plus_one(name: str) -> _Fact:
        others = reduce(or_, (facts[other].met for other in WP248 if other != name))
        return _Fact(facts[name].met & others, facts[name].why)

    def both(name: str, other: str) -> _Fact:
        why = f"{facts[name].why}; {facts[other].why}"
        return _Fact(facts[name].met & facts[other].met, why)

    nobody = _Fact(False, "no trait of the town is of that kind")
    ten = {
        "innovative technology": plus_one("innovative"),
        "denial of service": facts["barring"],
        "large-scale profiling": both("evaluation", "large scale"),
        "biometric data": nobody,
        "genetic data": nobody,
        "data matching": facts["matching"],
        "invisible processing": plus_one("invisible"),
        "tracking": plus_one("monitoring"),
        "targeting children": both("vulnerable", "aimed"),
        "physical harm": facts["physical harm"],
    }
    for name in WP248:
        yield name, *facts[name], "WP248"
    for name in ICO_TEN:
        yield name, *ten[name], "ICO"
