"""Readings: the same finding, as others than a lawyer would read it, with what can be measured.

Contextual integrity asks whether data left the setting in which they were given; harm to groups, on
whom it falls; reasonable inference, whether the guess was good enough for what it was used for.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ethics_lib.lines import LENSES, Line
from ethics_lib.measures import rate_ratio, share_of
from ethics_lib.tables import TableError, check_name, check_table

__all__ = ["read_findings"]

_FEWEST = 30  # people in a group


def read_findings(
    charter: Iterable[Line],
    wronged: pd.DataFrame,
    *,
    people: pd.DataFrame | None = None,
    beliefs: pd.DataFrame | None = None,
    by: Iterable[str] = ("faith", "gender"),
) -> pd.DataFrame:
    """Read each crossed line through three lenses, and say what the town's truth adds.

    Parameters
    ----------
    charter : list of Line
        The lines that were tested.
    wronged : DataFrame
        From `find_wronged`.
    people : DataFrame, index ``person``, optional
        The truth. Harm to groups: how often a group is wronged, as a share of the group wronged
        most often, for the group where that is least. Reasonable inference: how often the
        likeliest belief behind the finding is true.
    beliefs : DataFrame, optional
        What one holder believed of those who are wronged. What they said themselves
        (``declared``) is no inference, and does not count.
    by : list of str
        Columns of ``people`` that make groups. Those with fewer than 30 people are left out:
        chance alone makes tiny groups unequal.

    Returns
    -------
    DataFrame[line, lens, says, group, number, low, high, n]
        A row a crossed line and lens. ``says`` is the line's own sentence; ``number`` what was
        measured, with its 95 % interval, NaN where nothing was: contextual integrity is the share
        of those wronged whose data also made a flow outside the norms (line EL-07).

    Raises
    ------
    TableError
        When the beliefs are those of several holders: one firm's good guess excuses no other's.
    """
    check_table(wronged, "wronged", empty=True)
    if people is not None:
        check_table(people, "people")
    if beliefs is not None:
        beliefs = _guesses(beliefs)
    strays = wronged.loc[wronged["line"] == "EL-07", "person"].unique()
    rows = []
    for rule in charter:
        mine = wronged[wronged["line"] == rule.id]
        if mine.empty:
            continue
        measured = (
            _strayed(mine["person"], strays),
            _fell_on(mine["person"], people, by),
            _was_right(mine, people, beliefs),
        )
        rows += [
            {"line": rule.id, "lens": lens, "says": rule.readings.get(lens, ""), **found}
            for lens, found in zip(LENSES, measured, strict=True)
        ]
    columns = ["line", "lens", "says", "group", "number", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns).astype({"number": float, "n": "Int64"})


def _guesses(beliefs: pd.DataFrame) -> pd.DataFrame:
    """What one holder guessed: neither what it was told by the person, nor another's belief."""
    holders = check_table(beliefs, "beliefs", empty=True)["holder"].unique()
    if len(holders) > 1:
        raise TableError(
            f"beliefs: they are those of {', '.join(sorted(holders))}. Read the findings of one "
            f"holder at a time, such as beliefs.query(\"holder == '{min(holders)}'\")."
        )
    return beliefs[(beliefs["origin"] != "declared") & beliefs["p"].notna()]


def _strayed(who: pd.Series, strays: np.ndarray) -> dict[str, object]:
    """The share of them whose data also made a flow outside the norms."""
    who = who.drop_duplicates()
    return _share(who.isin(strays)) if len(strays) else {}


def _fell_on(who: pd.Series, people: pd.DataFrame | None, by: Iterable[str]) -> dict[str, object]:
    """How often the group least wronged is wronged, as a share of the group most wronged."""
    if people is None:
        return {}
    by = list(by)
    for column in by:
        check_name(column, people.columns, what="column of people")
    hit = pd.Series(people.index.isin(who), people.index)
    unequal = [rate_ratio(hit, people[column]).assign(column=column) for column in by]
    unequal = [table[table["n"] >= _FEWEST] for table in unequal]
    if not any(map(len, unequal)):
        return {}
    least = pd.concat(unequal).sort_values("ratio").iloc[0]
    number, low, high = least[["ratio", "low", "high"]]
    group = f"{least['column']}: {least['group']}"
    return {"group": group, "number": number, "low": low, "high": high, "n": least["n"]}


def _was_right(
    wronged: pd.DataFrame, people: pd.DataFrame | None, beliefs: pd.DataFrame | None
) -> dict[str, object]:
    """The share of the likeliest beliefs behind the finding that are true."""
    if people is None or beliefs is None or "trait" not in wronged:
        return {}
    about = wronged.loc[wronged["trait"].isin(people.columns), ["person", "trait"]]
    about = about.drop_duplicates().merge(beliefs)
    likeliest = about.sort_values("p").drop_duplicates(["person", "trait"], keep="last")
    if likeliest.empty:
        return {}
    true = people[likeliest["trait"].unique()].rename_axis("person").reset_index()
    both = likeliest.merge(true.melt("person", var_name="trait", value_name="true"))
    return _share(both["value"].to_numpy(object) == both["true"].to_numpy(object))


def _share(yes: np.ndarray | pd.Series) -> dict[str, object]:
    number, low, high = share_of(yes.sum(), len(yes))
    return {"number": number, "low": low, "high": high, "n": len(yes)}
