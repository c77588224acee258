"""Lines: a claim about what should not be done, as code that anybody can argue with.

A line is a function. Its parameters are the tables that it reads, its answer is who is wronged.
Around it stand what it claims, where it comes from, what would put it right, how others would read
it, and the argument against it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

import pandas as pd

from ethics_lib.rules import rules_of
from ethics_lib.tables import (
    COLUMNS,
    EthicsLibError,
    TableError,
    check_name,
    check_table,
    check_time,
    empty_table,
)

__all__ = ["LENSES", "Line", "NotTested", "audit", "find_wronged", "line", "try_lines"]

_SEVERITIES = ("red", "amber")
_VERDICTS = ("breach", "arguable", "none")

LENSES = {
    "contextual integrity": "Did the data leave the setting they were given in? (Nissenbaum 2004)",
    "harm to groups": "Does it fall on one group more than on others?",
    "reasonable inference": "Is the guess relevant, and good enough, for what it is used for? "
    "(Wachter & Mittelstadt 2019)",
}
"""Three ways to read the same finding, beside the law."""


class NotTested(EthicsLibError):
    """Raised by a line whose tables cannot answer it; the message says what they lack."""


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
    readings: Mapping[str, str]  # what each of `LENSES` would say when it is crossed
    check: Callable[..., pd.DataFrame]

    @property
    def needs(self) -> tuple[str, ...]:
        """What the check reads: tables by name, and ``asof``, the moment of the audit."""
        return tuple(name for name, has_default in self._inputs() if not has_default)

    @property
    def may_use(self) -> tuple[str, ...]:
        """What the check reads if it is there: parameters with a default."""
        return tuple(name for name, has_default in self._inputs() if has_default)

    def _repr_html_(self) -> str:
        parts = {
            "Claim": self.claim,
            "Where": self.jurisdiction,
            "Verdict": f"{self.severity}; in law {self.law}, in ethics {self.ethics}",
            "Sources": "; ".join(self.sources),
            "To put right": self.remedy,
            "Against it": self.against,
        } | {lens.capitalize(): says for lens, says in self.readings.items()}
        rows = "".join(
            f'<tr><th style="text-align:left;vertical-align:top">{escape(part)}</th>'
            f'<td style="text-align:left;white-space:normal">{escape(says)}</td></tr>'
            for part, says in parts.items()
        )
        head = f"{escape(self.id)} {escape(self.name)}"
        return (
            f'<div style="max-width:60em"><b style="font-size:1.3em">{head}</b>'
            f"<table>{rows}</table></div>"
        )

    def _inputs(self) -> list[tuple[str, bool]]:
        parameters = inspect.signature(self.check).parameters.values()
        return [(p.name, p.default is not inspect.Parameter.empty) for p in parameters]

    def __call__(self, **tables: pd.DataFrame | pd.Timestamp) -> pd.DataFrame:
        """Say who is wronged, given what this line needs, and what it may use."""
        inputs = [*self.needs, *(name for name in self.may_use if name in tables)]
        found = self.check(**{name: tables[name] for name in inputs})
        if not isinstance(found, pd.DataFrame) or "person" not in found:
            raise TableError(
                f"line {self.id}: the check gave {_kind(found)}. It returns a table with a row for "
                "each person wronged, and at least the column 'person'."
            )
        extra = {
            "line": self.id,
            "jurisdiction": self.jurisdiction,
            "severity": self.severity,
            "law": self.law,
        }
        found = found.assign(**{c: v for c, v in extra.items() if c not in found})
        if "trait" not in found:
            found = found.assign(trait=None)
        found = found[[*COLUMNS["wronged"], "trait"]].drop_duplicates(ignore_index=True)
        check_table(found, "wronged", empty=True)
        for column, words in (("severity", _SEVERITIES), ("law", _VERDICTS)):
            for word in found[column].unique():
                check_name(word, words, what=f"line {self.id}: {column}")
        return found


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
    readings: Mapping[str, str] | None = None,
) -> Callable[[Callable[..., pd.DataFrame]], Line]:
    """Make a line of the function below, which says who is wronged.

    The function takes tables by their names (and ``asof``, if it needs the moment of the audit);
    a parameter with a default is a table that it can do without. It returns a table with a row for
    each person wronged: the column ``person``, and where they are known ``trait``, ``severity``,
    ``jurisdiction`` and ``law``. Where its tables cannot answer it raises `NotTested`.

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
    if isinstance(sources, str):
        raise TableError(f"line {id}: sources is one text. Pass a list, sources=[{sources!r}].")
    texts = (readings or {}).items()

    def make(check: Callable[..., pd.DataFrame]) -> Line:
        for table in inspect.signature(check).parameters:
            check_name(table, [*COLUMNS, "asof"], what=f"line {id}: table")
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
            readings={check_name(lens, LENSES, what="lens"): says for lens, says in texts},
            check=check,
        )

    return make


def audit(
    charter: Iterable[Line],
    /,
    *,
    rules: str | None = None,
    asof: str | pd.Timestamp | None = None,
    **tables: pd.DataFrame,
) -> pd.DataFrame:
    """Test a whole pipeline against a charter of lines.

    Parameters
    ----------
    charter : list of Line
        Such as `ethics_lib.CHARTER`; your own lines go beside it.
    rules : str, optional
        A rule set by name, such as ``uk-2026-02``: only what holds there is found. By default
        every finding says where it holds.
    asof : time, optional
        The moment of the audit, for the lines that ask what is still kept.
    **tables : DataFrame
        What there is to see, by name: traces, beliefs, consents, notices, uses, decisions, ...

    Returns
    -------
    DataFrame[line, claim, severity, law, ethics, jurisdiction, crossed, n_people, reason]
        A row a line and jurisdiction. ``crossed`` is NA where something is missing: then the line
        was not tested, and ``reason`` says what would be needed.
    """
    places = None if rules is None else rules_of(rules).holds_in
    rows = []
    for rule, found, why_not in try_lines(charter, rules=rules, asof=asof, **tables):
        holds = rule.jurisdiction if places is None else _within_words(rule.jurisdiction, places)
        verdicts = list(found.groupby("jurisdiction", sort=False))
        if not verdicts and (holds or places is None):  # else it is no line in this place
            verdicts = [(holds, None)]
        rows.extend(_finding(rule, where, part, why_not) for where, part in verdicts)
    findings = pd.DataFrame(rows, columns=list(COLUMNS["findings"]))
    return findings.astype({"crossed": "boolean", "n_people": "Int64"})


def find_wronged(
    charter: Iterable[Line],
    /,
    *,
    rules: str | None = None,
    asof: str | pd.Timestamp | None = None,
    **tables: pd.DataFrame,
) -> pd.DataFrame:
    """Name the people behind the findings; lines that could not be tested are left out.

    Returns
    -------
    DataFrame[line, person, jurisdiction, severity, law, trait]
    """
    tried = try_lines(charter, rules=rules, asof=asof, **tables)
    found = [found for _, found, _ in tried if len(found)]
    return pd.concat(found, ignore_index=True) if found else _NOBODY.copy()


def try_lines(
    charter: Iterable[Line],
    /,
    *,
    rules: str | None = None,
    asof: str | pd.Timestamp | None = None,
    **tables: pd.DataFrame,
) -> Iterator[tuple[Line, pd.DataFrame, str]]:
    """Test each line once: whom it finds wronged, and why it was not tested, if it was not.

    `audit` counts these people, and `find_wronged` names them; the parameters are theirs.

    Yields
    ------
    (Line, DataFrame of wronged, str)
        The text is empty where the line was tested.
    """
    tables = _checked(tables, asof)
    places = None if rules is None else rules_of(rules).holds_in
    for rule in charter:
        found, why_not = _try(rule, tables)
        yield rule, found if places is None else _within(found, places), why_not


_NOBODY = empty_table("wronged").assign(trait=None)


def _try(rule: Line, tables: Mapping[str, object]) -> tuple[pd.DataFrame, str]:
    """Whom a line finds wronged, or nobody and why it was not tested."""
    missing = [name for name in rule.needs if name not in tables]
    if missing:
        return _NOBODY, f"needs {' and '.join(missing)}"
    try:
        found = rule(**tables)
    except NotTested as why:
        return _NOBODY, str(why)
    if found.empty and {"uses", "decisions"} <= set(rule.needs):
        used = tables["decisions"]["use"].unique()
        unknown = set(used) - set(tables["uses"]["use"].unique())
        if unknown:  # of what nobody declared, nobody can be acquitted
            name = sorted(unknown)[0]
            return _NOBODY, f"decisions holds the use {name!r}, which no row of uses declares"
    return found, ""


def _within(found: pd.DataFrame, places: frozenset[str]) -> pd.DataFrame:
    """The findings that hold in any of these places, named by those only."""
    words = {where: _within_words(where, places) for where in found["jurisdiction"].unique()}
    found = found.assign(jurisdiction=found["jurisdiction"].map(words))
    return found[found["jurisdiction"] != ""]


def _within_words(jurisdiction: str, places: frozenset[str]) -> str:
    return ", ".join(place for place in jurisdiction.split(", ") if place in places)


def _finding(
    rule: Line, jurisdiction: str, found: pd.DataFrame | None, why_not: str
) -> dict[str, object]:
    crossed = found is not None
    worst = {column: worst_of(found[column]) for column, worst_of in _WORST} if crossed else {}
    if why_not:
        reason = f"not tested: {why_not}"
    else:
        reason = f"to put right: {rule.remedy}" if crossed else "nobody wronged was found"
    return {
        "line": rule.id,
        "claim": rule.claim,
        "severity": worst["severity"] if crossed else rule.severity,
        "law": worst["law"] if crossed else "none",
        "ethics": rule.ethics if crossed else "none",
        "jurisdiction": jurisdiction,
        "crossed": pd.NA if why_not else crossed,
        "n_people": pd.NA if why_not else (found["person"].nunique() if crossed else 0),
        "reason": reason,
    }


def _worst_of(order: tuple[str, ...]) -> Callable[[pd.Series], str]:
    return lambda words: min(words.unique(), key=order.index)


_WORST = (("severity", _worst_of(_SEVERITIES)), ("law", _worst_of(_VERDICTS)))


def _checked(tables: dict[str, pd.DataFrame], asof: str | pd.Timestamp | None) -> dict[str, object]:
    if not tables:
        raise EthicsLibError("audit: no table was passed. Pass them by name, such as traces=...")
    for name, table in tables.items():
        check_name(name, COLUMNS, what="table")
        check_table(table, name, empty=True)
    if "people" in tables:
        _check_people(tables["people"])
    return tables if asof is None else tables | {"asof": check_time(asof, "asof")}


def _check_people(people: pd.DataFrame) -> None:
    """People are looked up by their number, which is the index."""
    if "person" in people or not people.index.is_unique:
        raise TableError(
            "people: the index holds the number of each person, once. Set it with "
            "people.set_index('person')."
        )
    if not pd.api.types.is_integer_dtype(people.index):
        raise TableError(f"people: the index holds {people.index[0]!r}; people are whole numbers.")
    if "birth_date" in people and not pd.api.types.is_datetime64_any_dtype(people["birth_date"]):
        raise TableError(
            f"people: column 'birth_date' holds {people['birth_date'].iloc[0]!r}. Convert with "
            "pd.to_datetime(...)."
        )


def _kind(thing: object) -> str:
    if isinstance(thing, pd.DataFrame):
        return f"a table with the columns {', '.join(map(str, thing.columns)) or 'none'}"
    return type(thing).__name__
