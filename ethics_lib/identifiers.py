"""Identifiers: the addresses and numbers by which two firms find that they know the same person.

A firm that may not pass an address on passes its hash on. The hash has no salt, so every firm
makes the same one of the same address, and two lists of hashes match as two lists of addresses do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from ethics_lib.consents import in_force
from ethics_lib.tables import TableError, check_name, check_table, check_time, concat

__all__ = [
    "BLANK",
    "KINDS",
    "NORMAL_FORMS",
    "blank_advertising_ids",
    "gives_advertising_id",
    "hash_identifiers",
    "make_identifiers",
    "match",
    "normalise",
]

KINDS: dict[str, str] = {
    "email": "an address under .example, which nobody can register (RFC 2606)",
    "advertising_id": "shaped as a phone's, but of version 8 (RFC 9562); random ones are version 4",
    "phone": "one of the 1,000 mobile numbers that Ofcom keeps for drama, so people share them",
}
"""The identifiers that are invented here, and why none can be somebody's."""

BLANK = "00000000-0000-0000-0000-000000000000"
"""The advertising id that a phone gives to an app that may not have it."""

_DOMAINS = np.array(["post.example", "letters.example", "mail.example"])

_NORMAL: dict[str, Callable[[pd.Series], pd.Series]] = {
    "email": lambda text: text.str.strip().str.lower(),
    "phone": lambda text: text.str.replace(r"\D", "", regex=True).str.lstrip("0"),
    "name": lambda text: text.str.lower().str.replace(r"[\W_]+", "", regex=True),
}
NORMAL_FORMS: dict[str, str] = {
    "email": "no space before or after, small letters",
    "phone": "digits only, the country's code first, no leading zero",
    "name": "small letters, no punctuation",
}
"""How each kind is written before it is hashed, as Meta's manual for its Conversions API asks."""


def make_identifiers(
    people: pd.DataFrame, *, kinds: Iterable[str] = ("email", "advertising_id")
) -> pd.DataFrame:
    """Invent the addresses and numbers of people, so that nobody real can have them.

    Nothing is drawn: the number of a person, and the name if there is one, decide.

    Parameters
    ----------
    people : DataFrame, index ``person``
    kinds : list of str
        Keys of `KINDS`. Phones are left out unless asked for: a town of more than 1,000 shares
        the reserved ones, and a match by phone then finds somebody else too.

    Returns
    -------
    DataFrame[person, kind, value]

    Examples
    --------
    >>> wren = pd.DataFrame({"name": ["Wren Halloway"]}, index=pd.Index([17], name="person"))
    >>> make_identifiers(wren)["value"].tolist()
    ['wren.halloway.17@mail.example', 'B2160000-0000-8000-8000-000000000011']
    """
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    make = {"email": _emails, "advertising_id": _advertising_ids, "phone": _phones}
    for kind in kinds:
        check_name(kind, KINDS, what="kind of identifier")
    check_table(people, "people", empty=True)
    if not people.index.is_unique:
        raise TableError("people: somebody is there twice. Keep one row a person.")
    person = people.index.to_numpy(np.int32)
    tables = [
        pd.DataFrame({"person": person, "kind": kind, "value": make[kind](people, person)})
        for kind in kinds
    ]
    return concat(tables, "identifiers")


def normalise(values: pd.Series, *, kind: str) -> pd.Series:
    """Write addresses as everybody does before hashing, however they were typed.

    Parameters
    ----------
    values : Series of text
    kind : str
        One of `NORMAL_FORMS`. A phone without its country's code stays without it, and will not
        match the same phone with it.

    Examples
    --------
    >>> normalise(pd.Series([" John_Smith@Gmail.com "]), kind="email").tolist()
    ['john_smith@gmail.com']
    """
    if not isinstance(values, pd.Series):
        raise TableError(f"values: got {type(values).__name__} where a pandas Series is needed.")
    return _NORMAL[check_name(kind, NORMAL_FORMS, what="kind of identifier")](values)


def hash_identifiers(identifiers: pd.DataFrame, *, salt: str = "") -> pd.DataFrame:
    """Hash addresses as firms do before they pass them on: the same address, the same hash.

    Parameters
    ----------
    identifiers : DataFrame[person, kind, value]
        Kinds without a normal form are left out: firms pass an advertising id on as it is.
    salt : str
        A firm's own secret, put before each address. Nobody does this who wants to match: with
        salts of their own, two firms would find nobody in common.

    Returns
    -------
    DataFrame[person, kind, value]
        ``value`` is the SHA-256 of the normal form, 64 hexadecimal digits. Empty addresses are
        left out; they would match each other.

    Notes
    -----
    A hash hides an address from a reader, not from somebody who has the address. Apple counts a
    hashed address as an address (`privacy_labels.DATA_TYPES`).

    References
    ----------
    Meta, Conversions API, Customer Information Parameters; its published examples are our tests.
    """
    check_table(identifiers, "identifiers", empty=True)
    parts = []
    for kind, rows in identifiers.groupby("kind", sort=False):
        if kind in NORMAL_FORMS:
            plain = normalise(rows["value"], kind=kind)
            rows, plain = rows[plain != ""], plain[plain != ""]
            code, words = pd.factorize(plain)
            digests = [hashlib.sha256((salt + word).encode()).hexdigest() for word in words]
            parts.append(rows.assign(value=np.array(digests, dtype=object)[code]))
    return concat(parts, "identifiers").astype({"value": "str"})


def match(listed: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """Find the accounts that a list of identifiers, hashed or not, points at.

    Parameters
    ----------
    listed : DataFrame[person, kind, value]
        What one firm passes on.
    accounts : DataFrame[person, kind, value]
        What the other has.

    Returns
    -------
    DataFrame[person, account, kind, value]
        ``person`` is whose identifier was on the list, ``account`` whose account has the same
        one: somebody else's, where two people share it. The blank advertising id points at nobody.

    Examples
    --------
    >>> people = pd.DataFrame(index=pd.RangeIndex(4, name="person"))
    >>> shop, platform = (hash_identifiers(make_identifiers(people[k:])) for k in (0, 2))
    >>> match(shop, platform)["account"].tolist()
    [2, 3]
    """
    for table in (listed, accounts):
        check_table(table, "identifiers", empty=True)
    listed = listed[listed["value"] != BLANK]
    found = listed.merge(accounts.rename(columns={"person": "account"}), on=["kind", "value"])
    return found[["person", "account", "kind", "value"]]


def gives_advertising_id(ledger: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """Say for each row (person, holder, time) whether the phone gives its advertising id then.

    It does after a yes at the device prompt, until that is withdrawn. Who was not asked has not
    said yes. An objection told to the firm, or a browser's signal, does not reach the phone.

    Parameters
    ----------
    ledger : DataFrame of consents
        Of it, the purpose ``tracking``, by ``device prompt`` or ``withdrawn``.
    rows : DataFrame[person, holder, time]

    Returns
    -------
    array of bool, one a row

    References
    ----------
    Apple, ASIdentifierManager.advertisingIdentifier: all zeros where permission was not asked
    for, or was refused (iOS 14.5 and later).
    """
    check_table(ledger, "consents", empty=True)
    if not (isinstance(rows, pd.DataFrame) and {"person", "holder", "time"} <= set(rows)):
        raise TableError("rows: a DataFrame with the columns person, holder, time is needed.")
    prompts = ledger[ledger["how"].isin(["device prompt", "withdrawn"])]
    return in_force(prompts, rows.assign(purpose="tracking"))


def blank_advertising_ids(
    identifiers: pd.DataFrame, ledger: pd.DataFrame, *, holder: str, time: np.datetime64 | str
) -> pd.DataFrame:
    """Show an app what the phones show it: without a yes, a blank advertising id, all else alike.

    Parameters
    ----------
    identifiers : DataFrame[person, kind, value]
    ledger : DataFrame of consents
    holder : str
        Whose app asks.
    time : time

    Returns
    -------
    DataFrame[person, kind, value]
        As ``identifiers``. The prompt blanks one cell; the address typed in by the person is there.
    """
    check_table(identifiers, "identifiers", empty=True)
    moment = check_time(time, "time").to_datetime64()
    given = gives_advertising_id(ledger, identifiers.assign(holder=holder, time=moment))
    hidden = (identifiers["kind"] == "advertising_id") & ~given
    return identifiers.assign(value=identifiers["value"].astype("str").mask(hidden, BLANK))


def _emails(people: pd.DataFrame, person: np.ndarray) -> list[str]:
    names = ["person"] * len(people)
    if "name" in people:
        names = people["name"].str.lower().str.replace(r"[^a-z]+", ".", regex=True).str.strip(".")
    domains = _DOMAINS[person % len(_DOMAINS)]
    return [f"{n}.{k}@{d}" for n, k, d in zip(names, person.tolist(), domains, strict=True)]


def _advertising_ids(people: pd.DataFrame, person: np.ndarray) -> list[str]:
    return [f"B2160000-0000-8000-8000-{k:012X}" for k in person.tolist()]


def _phones(people: pd.DataFrame, person: np.ndarray) -> list[str]:
    return [f"+44 7700 900{k % 1000:03}" for k in person.tolist()]
