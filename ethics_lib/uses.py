"""Uses: what a holder does with beliefs, on what ground, and what it did to do it properly.

A use names its purpose and its lawful basis. Safeguards are what was done around it, each with the
day on which it was done; a safeguard that came after the decision protected nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from ethics_lib.consents import in_force
from ethics_lib.tables import COLUMNS, TableError, check_name, check_table, check_time

__all__ = [
    "BASES",
    "CONDITIONS",
    "KINDS",
    "MATTERS",
    "SAFEGUARDS",
    "check_declared",
    "declare_safeguards",
    "declare_use",
    "explicitly_given",
    "freely_given",
    "has_condition",
    "in_place_since",
]

BASES = {
    "consent": "Art. 6(1)(a)",
    "contract": "Art. 6(1)(b)",
    "legal_obligation": "Art. 6(1)(c)",
    "vital_interests": "Art. 6(1)(d)",
    "public_task": "Art. 6(1)(e)",
    "legitimate_interest": "Art. 6(1)(f)",
    "recognised_interest": "Art. 6(1)(ea), UK only, since 2026, five purposes, marketing none",
}
"""The lawful bases that a use may name (UK GDPR; without the last one, GDPR)."""

CONDITIONS = {
    "explicit_consent": "Art. 9(2)(a)",
    "employment_law": "Art. 9(2)(b)",
    "vital_interests": "Art. 9(2)(c)",
    "not_for_profit_body": "Art. 9(2)(d)",
    "made_public": "Art. 9(2)(e)",
    "legal_claims": "Art. 9(2)(f)",
    "substantial_public_interest": "Art. 9(2)(g)",
    "health_care": "Art. 9(2)(h)",
    "public_health": "Art. 9(2)(i)",
    "research": "Art. 9(2)(j)",
}
"""The conditions under which special category data may be used at all (GDPR and UK GDPR)."""

KINDS = {
    "personalised_ad": "an advert chosen by what is believed of a person",
    "contextual_ad": "an advert chosen by the page it stands on",
    "recommendation": "what a platform shows next",
    "exclusion": "leaving people out of an offer",
    "price": "a price or a discount for some",
    "credit": "whether somebody gets a loan, and on what terms",
    "job": "whether somebody is invited, or hired",
    "housing": "whether somebody gets a home",
    "insurance": "whether somebody is insured, and on what terms",
    "school": "whether somebody gets a place",
    "protection": "keeping something harmful away from somebody",
}
"""What a use may do to a person."""

MATTERS = ("credit", "job", "housing", "insurance", "school")
"""The kinds that decide something grave: "similarly significantly", Art. 22; UK Art. 22A."""

SAFEGUARDS = {
    "dpia": "a data protection impact assessment, Art. 35",
    "arrangement": "who answers for what, where two firms decide together, Art. 26",
    "compatibility_test": "a written test that a new purpose is compatible, Art. 6(4)",
    "human_review": "somebody who can and does change the decision, Art. 22(3), UK 22C",
    "informed": "people are told that a machine decided, UK Art. 22C",
    "representations": "people can say what they think of it, Art. 22(3), UK 22C",
    "contest": "people can contest it, Art. 22(3), UK 22C",
    "labelled_as_guess": "the belief is shown as a guess, with how sure it is, Art. 5(1)(d)",
    "justified": "an objective justification of unequal rates, Equality Act 2010 s. 19(2)(d)",
    "ethics_approval": "the approval of a research ethics committee",
}
"""What may be done around a use, and where it is asked for."""


def declare_use(
    use: str,
    *,
    holder: str,
    traits: Iterable[str],
    purpose: str,
    basis: str | None,
    topic: str,
    time: np.datetime64 | str,
    kind: str = "personalised_ad",
    lia: np.datetime64 | str | None = None,
    art9_condition: str | None = None,
) -> pd.DataFrame:
    """Write down one use of beliefs, and on what ground it is made.

    Parameters
    ----------
    use : str
        A name for it; decisions refer to it.
    holder : str
    traits : list of str
        The beliefs that it looks at, one row each.
    purpose : str
        Such as ``direct_marketing``.
    basis : str or None
        One of `BASES`, or None where the holder names none.
    topic : str
        What it is about, such as ``alcohol``.
    time : time
        When it starts.
    kind : str
        What it does to a person: one of `KINDS`.
    lia : time, optional
        When a legitimate-interest assessment was passed, all three parts of it.
    art9_condition : str, optional
        The condition of Article 9(2) relied on: one of `CONDITIONS`.

    Returns
    -------
    DataFrame of uses
    """
    if basis is not None:
        check_name(basis, BASES, what="lawful basis")
    if art9_condition is not None:
        check_name(art9_condition, CONDITIONS, what="condition of Article 9(2)")
    check_name(kind, KINDS, what="kind of use")
    traits = [traits] if isinstance(traits, str) else list(traits)
    if not traits:
        raise TableError(f"use {use!r} looks at no trait. Name at least one, traits=['party'].")
    row = {
        "use": use,
        "holder": holder,
        "trait": traits,
        "purpose": purpose,
        "basis": basis,
        "lia": pd.NaT if lia is None else check_time(lia, "lia"),
        "art9_condition": art9_condition,
        "topic": topic,
        "kind": kind,
        "time": check_time(time, "time"),
    }
    uses = pd.DataFrame(row)[list(COLUMNS["uses"])]
    times = {"lia": "datetime64[s]", "time": "datetime64[s]"}
    return uses.astype({"basis": object, "art9_condition": object, **times})


def check_declared(decisions: pd.DataFrame, uses: pd.DataFrame) -> pd.DataFrame:
    """Let decisions in, or say which one is made under a use that nobody declared."""
    unknown = decisions[~decisions["use"].isin(uses["use"])]
    if len(unknown):
        use, person = unknown.iloc[0][["use", "person"]]
        raise TableError(
            f"decisions: the use {use!r} of person {person} is declared nowhere, so nobody can say "
            "whose it is. Pass its row of uses."
        )
    return decisions


def declare_safeguards(use: str, safeguards: Mapping[str, np.datetime64 | str]) -> pd.DataFrame:
    """Write down what was done around a use, and when.

    Parameters
    ----------
    use : str
        Its name, as in `declare_use`.
    safeguards : {safeguard: time}
        Names as in `SAFEGUARDS`.

    Returns
    -------
    DataFrame[use, safeguard, time]
    """
    for name in safeguards:
        check_name(name, SAFEGUARDS, what="safeguard")
    times = [check_time(time, f"safeguards[{name!r}]") for name, time in safeguards.items()]
    table = pd.DataFrame({"use": use, "safeguard": list(safeguards), "time": times})
    return table.astype({"use": "str", "safeguard": "str", "time": "datetime64[s]"})


def in_place_since(safeguards: pd.DataFrame, safeguard: str) -> pd.Series:
    """Say since when each use has a safeguard: the first day, by use; the others are not in it."""
    mine = safeguards[safeguards["safeguard"] == safeguard]
    return mine.groupby("use")["time"].min()


def freely_given(consents: pd.DataFrame) -> pd.DataFrame:
    """Leave out of the ledger each yes that the law takes for none; every no stays.

    A yes that was the price of joining, one that was ticked beforehand, and one that a page was
    built to get out of people are no consent.

    References
    ----------
    GDPR and UK GDPR, Articles 4(11) and 7(4); CJEU C-673/17 Planet49 (1 October 2019) on boxes
    ticked beforehand.
    """
    no = ~consents["granted"].astype(bool)
    return consents[no | ~consents["how"].isin(_NO_CONSENT)]


_NO_CONSENT = ("terms", "opt-out", "dark pattern")


def explicitly_given(consents: pd.DataFrame) -> pd.DataFrame:
    """Leave out of the ledger each yes that was not explicit; a no is a no, however it was said."""
    return consents[~consents["granted"].astype(bool) | (consents["how"] == "explicit")]


def has_condition(used: pd.DataFrame, consents: pd.DataFrame) -> pd.Series:
    """Say for each use of special category data whether a condition of Article 9(2) carries it.

    Explicit consent counts if the ledger has it, for that person, at that moment. Any other
    condition is the holder's word: no table here could show that it is met.

    Parameters
    ----------
    used : DataFrame[person, holder, purpose, art9_condition, time]
    consents : DataFrame

    Returns
    -------
    Series of bool, one a row

    Raises
    ------
    TableError
        When a column is missing, or the ledger is none.
    """
    check_table(consents, "consents", empty=True)
    for column in ("person", "holder", "purpose", "art9_condition", "time"):
        if column not in used:
            raise TableError(
                f"used: column {column!r} is missing. Pass decisions merged with their rows of "
                "uses, by use."
            )
    by_consent = used["art9_condition"] == "explicit_consent"
    other = used["art9_condition"].isin(CONDITIONS) & ~by_consent
    return other | (by_consent & in_force(explicitly_given(consents), used))
