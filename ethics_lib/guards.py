"""Guards: what is asked before a table says something protected about one real person.

The people of Brightwater do not exist, so nothing is asked about them. On loaded data a trait whose
name begins with ``protected:`` gives aggregates, unless the caller says on what ground they want
rows about persons. A name goes wherever a table goes, so the guard cannot be lost in a merge.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ethics_lib.tables import COLUMNS, PROTECTED, EthicsLibError, check_table

__all__ = [
    "FEWEST",
    "SUMS_ONLY",
    "DualUseError",
    "aggregate",
    "check_reasons",
    "check_rows",
    "may_name_persons",
]

FEWEST = 10
"""The smallest group that an aggregate shows."""
SUMS_ONLY = {"person_rows": True, "basis": "our own function: rows are counted and go no further"}
"""What a function passes on that takes rows and shows sums over many."""


class DualUseError(EthicsLibError, PermissionError):
    """A row about a protected trait of one real person was asked for, and no basis was given."""


def may_name_persons(
    traits: Iterable[str], *, person_rows: bool = False, basis: str | None = None
) -> bool:
    """Whether rows about persons may be given: no trait is protected, or there is a basis.

    Parameters
    ----------
    traits : names of traits
    person_rows : bool
        That the caller wants them all the same.
    basis : str
        On what ground: who approved it, and what the people agreed to.

    Raises
    ------
    DualUseError
        When rows are wanted and the basis is not said.

    Examples
    --------
    >>> may_name_persons(["faith"]), may_name_persons(["protected:religion"])
    (True, False)
    """
    protected = sorted({str(trait) for trait in traits if str(trait).startswith(PROTECTED)})
    if not protected or not person_rows:
        return not protected
    if not isinstance(basis, str) or not basis.strip():
        raise DualUseError(
            f"{', '.join(protected)}: person_rows=True needs a basis, and it is {basis!r}. Say who "
            "approved this and what the people agreed to, such as basis='ethics committee 2026/14, "
            "written consent to the study of religion'; or leave person_rows out, for aggregates."
        )
    return True


def aggregate(beliefs: pd.DataFrame) -> pd.DataFrame:
    """Say of how many people what is believed, and of nobody in particular.

    Returns
    -------
    DataFrame[trait, value, n, p, mean, method, holder]
        One row a value of a trait and method: the people judged and the mean of their ``p``. A
        numeric trait has one row, an empty value and the ``mean``. Fewer than `FEWEST` people
        get no row.
    """
    check_table(beliefs, "beliefs", empty=True)
    numeric = beliefs["p"].isna()
    number = pd.to_numeric(beliefs["value"].where(numeric), errors="coerce")
    said = beliefs["value"].astype("str").where(~numeric, "")
    rows = beliefs.assign(value=said, mean=number)
    groups = rows.groupby(["trait", "value", "method", "holder"], sort=True)
    table = groups.agg(n=("person", "nunique"), p=("p", "mean"), mean=("mean", "mean"))
    table = table[table["n"] >= FEWEST].reset_index()
    return table[list(COLUMNS["aggregates"])]


def check_reasons(trait: str, *, person_rows: bool, basis: str | None) -> None:
    """Refuse to explain a protected belief about one real person without a basis."""
    said = "an explanation is about one person"
    check_rows([trait], why=said, person_rows=person_rows, basis=basis)


def check_rows(traits: Iterable[str], *, why: str, person_rows: bool, basis: str | None) -> None:
    """Refuse rows about a protected trait of real people without a basis, and say why."""
    for trait in traits:
        if not may_name_persons([trait], person_rows=person_rows, basis=basis):
            raise DualUseError(
                f"{trait!r} is protected, and {why}. With a ground for it, pass person_rows=True, "
                "basis='...'."
            )
