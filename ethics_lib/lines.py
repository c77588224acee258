"""Lines: a claim about what should not be done, as code that anybody can argue with.

A line is a function. Its parameters are the tables that it reads, its answer is who is wronged.
Around it stand what it claims, where it comes from, what would put it right, and the argument
against it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd

from ethics_lib.tables import (
    COLUMNS,
    EthicsLibError,
    check_name,
    check_table,
    empty_table,
)

__all__ = ["Line", "audit", "find_wronged", "line"]

_SEVERITIES = ("red", "amber")
_VERDICTS = ("breach", "arguable", "none")


@dataclass(frozen=True)
class Line:
    """One line, and everything that is needed to argue with it."""

    id: str
    name: str
    claim: str  # what the person could say
    sources: tuple[str, ...]
    jurisdiction: str  # where the line holds, if the check does not say otherwise
    severity: str  # red or amber, if the check does not say otherwise
    law: str  # breach, arguable or none, when it is crossed
    ethics: str
    remedy: str
    against: str  # the best argument that it should not be a line
    check: Callable[..., pd.DataFrame]

    @property
    def needs(self) -> tuple[str, ...]:
        """The tables that the check reads."""
        return tuple(inspect.signature(self.check).parameters)

    def __call__(self, **tables: pd.DataFrame) -> pd.DataFrame:
        """Say who is wronged, given the tables that this line needs."""
        found = self.check(**{name: tables[name] for name in self.needs})
        extra = {"line": self.id, "jurisdiction": self.jurisdiction, "severity": self.severity}
        found = found.assign(**{c: v for c, v in extra.items() if c not in found})
        if "trait" not in found:
            found = found.assign(trait=None)
        return found[[*COLUMNS["wronged"], "trait"]].drop_duplicates(ignore_index=True)


def line(
    id: str,
    name: str,
    *,
    claim: str,
    sources: Iterable[str],
    severity: str,
    remedy: str,
    against: str,
    jurisdiction: str = "UK, EU",
    law: str = "breach",
    ethics: str = "breach",
) -> Callable[[Callable[..., pd.DataFrame]], Line]:
    """Make a line of the function below, which says who is wronged.

    The function takes tables by their names and returns a table with a row for each person
    wronged: the column ``person``, and where they are known ``trait``, ``severity`` and
    ``jurisdiction``.

    Examples
    --------
    >>> @line("MY-01", "Guessed at all", claim="Nobody should guess my faith.",
    ...       sources=["me"], severity="amber", remedy="ask", against="a guess harms nobody")
    ... def guessed(beliefs):
    ...     return beliefs[beliefs["trait"] == "faith"][["person", "trait"]]
    >>> guessed.needs
    ('beliefs',)
    """
    check_name(severity, _SEVERITIES, what="severity")
    check_name(law, _VERDICTS, what="verdict of law")
    check_name(ethics, _VERDICTS, what="verdict of ethics")

    def make(check: Callable[..., pd.DataFrame]) -> Line:
        return Line(
            id=id,
            name=name,
            claim=claim,
            sources=tuple(sources),
            jurisdiction=jurisdiction,
            severity=severity,
            law=law,
            ethics=ethics,
            remedy=remedy,
            against=against,
            check=check,
        )

    return make


def audit(charter: Iterable[Line], /, **tables: pd.DataFrame) -> pd.DataFrame:
    """Test a whole pipeline against a charter of lines.

    Parameters
    ----------
    charter : list of Line
        Such as `ethics_lib.CHARTER`; your own lines go beside it.
    **tables : DataFrame
        What there is to see, by name: traces, beliefs, consents, notices, uses, decisions.

    Returns
    -------
    DataFrame[line, claim, severity, law, ethics, jurisdiction, crossed, n_people, reason]
        A row a line and jurisdiction. ``crossed`` is NA where a table is missing: then the line
        was not tested, and ``reason`` says which table would be needed.
    """
    tables = _checked(tables)
    rows = []
    for rule in charter:
        missing = [name for name in rule.needs if name not in tables]
        verdicts = [(rule.jurisdiction, None)]
        if not missing:
            wronged = rule(**tables)
            verdicts = list(wronged.groupby("jurisdiction", sort=False)) or verdicts
        rows.extend(_finding(rule, place, found, missing) for place, found in verdicts)
    findings = pd.DataFrame(rows, columns=list(COLUMNS["findings"]))
    return findings.astype({"crossed": "boolean", "n_people": "Int64"})


def _finding(
    rule: Line, jurisdiction: str, found: pd.DataFrame | None, missing: list[str]
) -> dict[str, object]:
    crossed = found is not None
    red = crossed and (found["severity"] == "red").any()
    if missing:
        reason = f"not tested: needs {' and '.join(missing)}"
    else:
        reason = f"to put right: {rule.remedy}" if crossed else "nobody wronged was found"
    return {
        "line": rule.id,
        "claim": rule.claim,
        "severity": ("red" if red else "amber") if crossed else rule.severity,
        "law": rule.law if crossed else "none",
        "ethics": rule.ethics if crossed else "none",
        "jurisdiction": jurisdiction,
        "crossed": pd.NA if missing else crossed,
        "n_people": pd.NA if missing else (found["person"].nunique() if crossed else 0),
        "reason": reason,
    }


def find_wronged(charter: Iterable[Line], /, **tables: pd.DataFrame) -> pd.DataFrame:
    """Name the people behind the findings; lines whose tables are missing are left out.

    Returns
    -------
    DataFrame[line, person, jurisdiction, severity, trait]
    """
    tables = _checked(tables)
    found = [rule(**tables) for rule in charter if all(name in tables for name in rule.needs)]
    found = [table for table in found if len(table)]
    if not found:
        return empty_table("wronged").assign(trait=None)
    return pd.concat(found, ignore_index=True)


def _checked(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    if not tables:
        raise EthicsLibError("audit: no table was passed. Pass them by name, such as traces=...")
    for name, table in tables.items():
        check_name(name, COLUMNS, what="table")
        check_table(table, name, empty=True)
    return tables
