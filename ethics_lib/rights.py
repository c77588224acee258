"""Rights: what a person can have done to what is held and believed of them, and what comes back.

Using a right is an act: it writes a row into the ledger, with its time, and where it concerns data
it returns the changed table. The verbs obey the ledger when they are given it, ``ledger=``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from ethics_lib.beliefs import declare
from ethics_lib.consents import PROCESSING, refused
from ethics_lib.tables import (
    RangeError,
    TableError,
    check_name,
    check_table,
    check_time,
    concat,
    is_numeric,
)

__all__ = [
    "OBJECTIONS",
    "Changed",
    "erase",
    "lift_restriction",
    "object_to",
    "rectify",
    "restrict",
]

OBJECTIONS: dict[str, str] = {
    "direct_marketing": "Art. 21(2)-(3): absolute, and covers the profiling for it",
    "profiling": "Art. 21(1): being judged, and being learnt from, by this holder",
    "tracking": "being followed on other firms' sites and apps",
}
"""What one may object to, beside the purposes in the ledger and ``advert:`` with a topic."""


class Changed(NamedTuple):
    """A table after a right was used on it, and the ledger that says so."""

    table: pd.DataFrame
    consents: pd.DataFrame


def object_to(
    consents: pd.DataFrame,
    person: int,
    *,
    holder: str,
    purpose: str = "direct_marketing",
    time: np.datetime64 | str,
) -> pd.DataFrame:
    """Say no to one purpose of one holder, from a moment on.

    Parameters
    ----------
    consents : DataFrame
        The ledger.
    person : int
    holder : str
        Whom it is said to; nobody else is bound by it.
    purpose : str
        One of `OBJECTIONS`, a purpose that the ledger knows, or ``advert:`` with a topic, as in
        the settings for adverts: ``advert:alcohol``. A holder that profiles for marketing alone
        must stop that too when marketing is objected to; here each is written down by itself.
    time : time

    Returns
    -------
    DataFrame of consents
        With one row more; as it was, if the same was said in the same moment.

    Raises
    ------
    UnknownNameError
        For a purpose that nobody could mean.
    TableError
        When the ledger holds a later word already.

    Examples
    --------
    >>> from ethics_lib.tables import empty_table
    >>> ledger = object_to(empty_table("consents"), 17, holder="Murmur", time="2026-01-03")
    >>> ledger[["person", "purpose", "granted", "how"]].values.tolist()
    [[17, 'direct_marketing', False, 'objected']]
    """
    check_table(consents, "consents", empty=True)
    if not str(purpose).startswith("advert:"):
        known = dict.fromkeys([*OBJECTIONS, *consents["purpose"].unique()])
        check_name(purpose, known, what="purpose")
    return _write(consents, person, holder=holder, purpose=purpose, how="objected", time=time)


def restrict(
    consents: pd.DataFrame, person: int, *, holder: str, time: np.datetime64 | str
) -> pd.DataFrame:
    """Let a holder keep what it has of a person, and do nothing else with it.

    Returns
    -------
    DataFrame of consents

    References
    ----------
    GDPR and UK GDPR, Article 18(1)-(2), such as while the person contests that it is right.
    """
    row = {"holder": holder, "purpose": PROCESSING, "how": "restricted"}
    return _write(consents, person, **row, time=time)


def lift_restriction(
    consents: pd.DataFrame, person: int, *, holder: str, time: np.datetime64 | str
) -> pd.DataFrame:
    """End a restriction; the person is told before, Article 18(3).

    Returns
    -------
    DataFrame of consents

    Raises
    ------
    TableError
        When none was in force.
    """
    time = check_time(time, "time")
    row = pd.DataFrame({"person": [person], "holder": holder, "purpose": PROCESSING, "time": time})
    if not refused(check_table(consents, "consents", empty=True), row)[0]:
        raise TableError(
            f"consents: {holder} was under no restriction about person {person} at {time}, so "
            "there is none to lift. Call restrict before."
        )
    row = {"holder": holder, "purpose": PROCESSING, "how": "lifted", "granted": True}
    return _write(consents, person, **row, time=time)


def rectify(
    table: pd.DataFrame,
    consents: pd.DataFrame,
    *,
    person: int,
    trait: str,
    value: object,
    holder: str,
    time: np.datetime64 | str,
) -> Changed:
    """Put right what is recorded or believed of a person: their own word takes its place.

    Parameters
    ----------
    table : DataFrame of beliefs, or DataFrame[person, trait, value]
        Where the wrong value stands.
    consents : DataFrame
        The ledger.
    person, trait, value
        Whose, what, and what is right.
    holder : str
        Who is to put it right.
    time : time

    Returns
    -------
    Changed
        ``table``: all that the holder believed of the person about this trait is replaced by
        one belief, origin ``declared``. ``consents``: a row with the purpose ``accuracy:`` and
        the trait. Verbs that are given this ledger do not guess at it again; without it the guess
        comes back from the same traces, and contradicts the person.

    Raises
    ------
    TableError
        When nothing of the kind is held.
    UnknownNameError
        For a trait or a value that the table does not know.

    References
    ----------
    GDPR and UK GDPR, Article 16.
    """
    noun = _noun(table)
    check_name(trait, table["trait"].unique(), what="trait")
    about = table["trait"] == trait
    mine = _theirs(table, person, holder) & about
    if not mine.any():
        raise TableError(
            f"rectify: {holder} holds nothing about {trait!r} of person {person!r}, so there is "
            "nothing to put right."
        )
    values = table.loc[about, "value"]
    if not is_numeric(values):
        check_name(value, sorted(values.unique()), what=f"value of {trait}")
    elif not pd.api.types.is_number(value):
        raise RangeError(f"value={value!r}: {trait!r} is a number, such as 0.5.")
    row = {"holder": holder, "purpose": f"accuracy:{trait}", "how": "rectified", "granted": True}
    ledger = _write(consents, person, **row, time=time)
    if noun == "known":  # an answer keeps the columns that it has beside
        return Changed(table.assign(value=table["value"].mask(mine, value)), ledger)
    said = pd.DataFrame({"person": [person], "trait": trait, "value": [value]})
    right = declare(said, holder=holder)
    return Changed(concat([table[~mine], right], noun), ledger)


def erase(
    table: pd.DataFrame,
    consents: pd.DataFrame,
    *,
    person: int,
    holder: str,
    time: np.datetime64 | str,
    trait: str | None = None,
) -> Changed:
    """Delete what a table holds of a person: their traces, what is believed, what they said.

    Friendships are not touched: they are recorded of the friends too.

    Parameters
    ----------
    table : DataFrame of traces, of beliefs, or DataFrame[person, trait, value]
    consents : DataFrame
        The ledger.
    person : int
    holder : str
        Who is to delete it; with another holder it stays, and each has to be told (Article 19).
    time : time
        What was recorded up to then goes; what is recorded later is another matter.
    trait : str, optional
        Only what is believed, or was said, about this trait.

    Returns
    -------
    Changed
        ``table``: without the person's rows. Of traces go those of what they did, those that
        others handed over about them, and those that they handed over about others.
        ``consents``: a row with the purpose ``storage``, or ``storage:`` and the trait. Erasing
        twice is erasing once.

    Raises
    ------
    TableError
        When there is nothing to erase, and never was an erasure.

    References
    ----------
    GDPR and UK GDPR, Article 17(1); its exceptions in 17(3) have no place here.
    """
    noun, time = _noun(table), check_time(time, "time")
    purpose = "storage" if trait is None else f"storage:{trait}"
    gone = _theirs(table, person, holder)
    if "time" in table:
        gone &= table["time"] <= time
    if trait is not None:
        if noun == "traces":
            raise TableError("erase: traces are of no trait. Leave trait= out, or pass beliefs.")
        gone &= table["trait"] == trait
    check_table(consents, "consents", empty=True)
    said = consents[(consents["person"] == person) & (consents["holder"] == holder)]
    if not gone.any() and not said["purpose"].isin(["storage", purpose]).any():
        what = noun if trait is None else f"{noun} about {trait!r}"
        raise TableError(
            f"erase: {holder} holds no {what} of person {person!r} up to {time}, and "
            "nothing was erased before. Check the person, the holder and the time."
        )
    row = {"holder": holder, "purpose": purpose, "how": "erased"}
    return Changed(table[~gone], _write(consents, person, **row, time=time))


def _write(
    consents: pd.DataFrame,
    person: int,
    *,
    holder: str,
    purpose: str,
    how: str,
    time: np.datetime64 | str,
    granted: bool = False,
) -> pd.DataFrame:
    """The ledger with one row more; as it was, if the same was said in the same moment."""
    check_table(consents, "consents", empty=True)
    time = check_time(time, "time")
    row = {
        "person": person,
        "holder": holder,
        "purpose": purpose,
        "granted": granted,
        "how": how,
        "time": np.datetime64(time, "s"),
    }
    row = check_table(pd.DataFrame([row]), "consents").astype({"person": "int32"})
    same = (consents[["person", "holder", "purpose"]] == row.loc[0, "person":"purpose"]).all(axis=1)
    said = consents[same].sort_values("time", kind="stable").tail(1)
    if len(said):
        last = said.iloc[0]
        if last["time"] > row.loc[0, "time"]:
            raise TableError(
                f"consents: the last word of person {person} to {holder} about {purpose!r} is of "
                f"{last['time']}, later than {time}. Write rights down as they are used."
            )
        if (last["time"], last["granted"], last["how"]) == (row.loc[0, "time"], granted, how):
            return consents
    return concat([consents, row], "consents")


def _noun(table: pd.DataFrame) -> str:
    """Which of the tables that hold something of a person this is."""
    noun = next((n for n, c in {"traces": "source", "beliefs": "p"}.items() if c in table), "known")
    check_table(table, noun, empty=True)
    return noun


def _theirs(table: pd.DataFrame, person: int, holder: str) -> pd.Series:
    """The rows that this holder has about the person or, of traces, through them."""
    theirs = table["person"] == person
    if "from_person" in table:
        theirs |= table["from_person"] == person
    return theirs & (table["holder"] == holder) if "holder" in table else theirs
