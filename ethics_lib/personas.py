"""Personas: what all beliefs about one person come to, and how it would be said to their face.

A persona is a row. A persona card is that row in sentences, each with how sure it is, how it came
to be known, from what, and which line it crosses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from ethics_lib.beliefs import ORIGINS
from ethics_lib.origins import ROADS
from ethics_lib.tables import SENSITIVE, TRAITS, TableError, check_table
from ethics_lib.words import sureness

__all__ = ["PersonaCard", "make_personas", "persona_card", "reason", "whence"]


def make_personas(beliefs: pd.DataFrame) -> pd.DataFrame:
    """Sum up all beliefs: one row a person, the surest belief about each trait.

    What a person said themselves goes before what was seen, and that before what was worked out
    (the order of `ORIGINS`); among equals the most probable value wins.

    Returns
    -------
    DataFrame, index ``person``
        For each trait the columns ``trait``, ``trait_p`` and ``trait_origin``.
    """
    best = _surest(beliefs)
    wide = best.pivot(index="person", columns="trait", values=["value", "p", "origin"])
    names = {"value": "{}", "p": "{}_p", "origin": "{}_origin"}
    wide.columns = [names[part].format(trait) for part, trait in wide.columns]
    return wide[sorted(wide.columns)].infer_objects()


def _surest(beliefs: pd.DataFrame) -> pd.DataFrame:
    check_table(beliefs, "beliefs")
    rank = beliefs["origin"].map({origin: k for k, origin in enumerate(ORIGINS)})
    if rank.isna().any():
        origin = beliefs.loc[rank.isna(), "origin"].iloc[0]
        raise TableError(f"beliefs: origin {origin!r} is not one of {', '.join(ORIGINS)}.")
    order = beliefs.assign(rank=rank).sort_values(
        ["person", "trait", "rank", "p"], ascending=[True, True, True, False], kind="stable"
    )
    return order.drop_duplicates(["person", "trait"]).drop(columns="rank")


def persona_card(
    person: int,
    beliefs: pd.DataFrame,
    *,
    reasons: Mapping[str, str] | None = None,
    wronged: pd.DataFrame | None = None,
    origins: pd.DataFrame | None = None,
    name: str = "",
) -> PersonaCard:
    """Say to one person what is believed of them.

    Parameters
    ----------
    person : int
    beliefs : DataFrame
        Of one holder, about anybody.
    reasons : {trait: sentence}, optional
        Why each is believed, such as `reason` makes from an explanation.
    wronged : DataFrame, optional
        Who is wronged at which line, as the audit tells; shown beside the sentence it concerns.
    origins : DataFrame, optional
        How much of each belief came by which road, from `origins.origins`; said with each sentence.
    name : str
        What to call the person.

    Returns
    -------
    PersonaCard
        ``.table`` has the columns sentence, trait, value, p, sd, origin, because, lines. With
        ``origins`` also own, tracked, others and usual, and ``whence`` that puts them into words.

    Raises
    ------
    TableError
        When nothing is believed of the person, or a belief has no row in ``origins``.
    """
    check_table(beliefs, "beliefs", empty=True)
    mine = beliefs[beliefs["person"] == person]
    if mine.empty:
        raise TableError(f"persona_card: nothing is believed of person {person!r}.")
    best = _surest(mine)
    holders = ", ".join(best["holder"].unique())
    lines = _lines_by_trait(person, wronged)
    rows = [
        {
            "sentence": _sentence(belief.trait, belief.value),
            "trait": belief.trait,
            "value": belief.value,
            "p": belief.p,
            "sd": belief.sd,
            "origin": belief.origin,
            "because": (reasons or {}).get(belief.trait, ORIGINS[belief.origin]),
            "lines": ", ".join(lines.get(belief.trait, [])),
        }
        for belief in best.itertuples()
    ]
    table = pd.DataFrame(rows)
    if origins is not None:
        shares = _shares(best, origins)
        table[list(ROADS)] = shares
        said = zip(shares, table["origin"], strict=True)
        table["whence"] = [", ".join(whence(row, origin=origin)) for row, origin in said]
        unsaid = [belief.trait not in (reasons or {}) for belief in best.itertuples()]
        elsewhere = np.array([not _seen(row) for row in table.itertuples()])
        table["because"] = table["because"].mask(elsewhere & unsaid, table["whence"])
    # the harmless first: that is how such a card would be shown to anybody
    order = table["trait"].isin(SENSITIVE).astype(int) * 2 + (table["trait"] != "interest")
    table = table.assign(order=order).sort_values(["order", "p"], ascending=[True, False])
    besides = ", ".join(lines.get("", []))
    table = table.drop(columns="order")
    return PersonaCard(person, name or f"Person {person}", holders, table, besides)


def _shares(best: pd.DataFrame, origins: pd.DataFrame) -> np.ndarray:
    """The shares of each road behind these beliefs."""
    key = ["person", "trait", "method", "holder"]
    rows = check_table(origins, "origins").drop_duplicates(key).set_index(key)
    found = rows.reindex(pd.MultiIndex.from_frame(best[key]))[list(ROADS)].to_numpy(float)
    lacking = best[np.isnan(found).any(axis=1)]
    if len(lacking):
        person, trait, method, holder = lacking.iloc[0][key]
        raise TableError(
            f"origins: no row for {trait!r} of person {person}, believed by {holder} with "
            f"{method!r}. Make them with origins(beliefs, ...) from the same beliefs."
        )
    return found


def _sentence(trait: str, value: object) -> str:
    if trait == "interest":
        return f"Will next like something about {value}"
    if trait not in TRAITS:
        return f"{trait}: {value}"
    return TRAITS[trait].say(value)


def _lines_by_trait(person: int, wronged: pd.DataFrame | None) -> dict[str, list[str]]:
    """The lines that each belief crosses; under "", those crossed whatever is believed."""
    if wronged is None:
        return {}
    check_table(wronged, "wronged", empty=True)
    mine = wronged[wronged["person"] == person]
    trait = mine.get("trait", pd.Series(None, mine.index, dtype=object)).astype(object)
    by_trait = mine.groupby(trait.fillna(""))
    return {trait: sorted(set(rows["line"])) for trait, rows in by_trait}


def whence(shares: Iterable[float], *, origin: str = "inferred") -> list[str]:
    """Say by which roads a belief came, in whole percents that add up to 100.

    What rounding leaves over goes to the largest remainders. A road of 0 % is left out.

    Parameters
    ----------
    shares : list of float
        One for each of `origins.ROADS`, adding up to 1.
    origin : str
        How the holder came to the belief: what you said is not what you did.

    Examples
    --------
    >>> whence([2 / 3, 0, 1 / 3, 0])
    ['67 % from what you did here', '33 % from other people']
    """
    exact = 100 * np.array(list(shares), dtype=float)
    percent = np.floor(exact + 1e-9)
    left = round(100 - percent.sum())
    percent[np.argsort(percent - exact, kind="stable")[:left]] += 1
    roads = ROADS | {"own": "from what you said"} if origin == "declared" else ROADS
    said = zip(percent, roads.values(), strict=True)
    return [f"{part:.0f} % {road}" for part, road in said if part]


def reason(explanation: pd.DataFrame, labels: Mapping[int, str], *, most: int = 3) -> str:
    """Put the strongest reasons behind one belief into a sentence.

    Parameters
    ----------
    explanation : DataFrame
        From `explain` (labels of items) or `explain_friends` (labels of people).
    labels : {item or person: name}
    most : int
        How many to name.
    """
    check_table(explanation, "explanation")
    pro = explanation[explanation["weight"] > 0]
    by_friend = pro["origin"] == "propagated"
    pro = pro.assign(key=pro["from_person"].where(by_friend, pro["item"])).dropna(subset="key")
    if pro.empty:
        return "nothing in particular: it is what is usual in the town"
    for key in pro.head(most)["key"]:
        if key not in labels:
            raise TableError(f"labels: {key} has no name. Pass a name for each item and friend.")
    named = [
        f"{_VERBS[origin]} {' and '.join(str(labels[key]) for key in part['key'])}"
        for origin, part in pro.head(most).groupby("origin", sort=False)
    ]
    rest = f", and {len(pro) - most} more" if len(pro) > most else ""
    return "; ".join(named) + rest


_VERBS = {
    "observed": "liked",
    "tracked": "was tracked at",
    "told": "was listed by",
    "propagated": "has friends who said so:",
}


@dataclass(frozen=True)
class PersonaCard:
    """What one holder believes of one person, in sentences; shows itself in a notebook."""

    person: int
    name: str
    holder: str
    table: pd.DataFrame
    besides: str = ""  # lines crossed by how it was collected, whatever is believed

    def __repr__(self) -> str:
        lines = [f"{self.name}, as {self.holder} sees them"]
        for row in self.table.itertuples():
            crossed = f"  [crosses {row.lines}]" if row.lines else ""
            lines.append(f"- {row.sentence} ({sureness(row.p, row.sd)}, {row.origin}){crossed}")
            lines.append(f"    because: {row.because}")
            lines += [f"    {said}"] if (said := _besides(row)) else []
        if self.besides:
            lines.append(f"How the data came about crosses {self.besides}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(_html_rows(self.table))
        besides = f'<span style="{_LINE}">crosses {escape(self.besides)}</span>'
        foot = f"<div>How the data came about {besides}</div>" if self.besides else ""
        return (
            f'<figure style="{_CARD}"><figcaption style="{_CAPTION}">{escape(self.name)}'
            f'<span style="{_HOLDER}">as {escape(self.holder)} sees them</span></figcaption>'
            f'<table style="width:100%;border-collapse:collapse;table-layout:fixed">'
            f"<tbody>{rows}</tbody></table>{foot}</figure>"
        )


def _seen(row: tuple) -> str:
    """How the holder came to it; what trackers saw of somebody was not seen on the platform."""
    elsewhere = row.origin == "observed" and getattr(row, "own", 1) < 0.5
    return "" if elsewhere else ORIGINS[row.origin]


def _besides(row: tuple) -> str:
    """Whence it came, where the reason does not say so already."""
    said = getattr(row, "whence", "")
    return "" if said == row.because else said


def _html_rows(table: pd.DataFrame) -> Iterable[str]:
    for row in table.itertuples():
        share = 0 if pd.isna(row.p) else row.p
        crossed = f'<span style="{_LINE}">crosses {escape(row.lines)}</span>' if row.lines else ""
        said = _besides(row)
        besides = f'<div style="margin-top:.25em">{escape(said)}</div>' if said else ""
        html = (
            f'<tr style="border-top:1px solid #8886"><td style="{_CELL};width:58%">'
            f'<div style="font-size:1.25em;line-height:1.25">{escape(row.sentence)} {crossed}</div>'
            f'<div style="opacity:.8">{escape(row.because)}</div>{besides}</td>'
            f'<td style="{_CELL};width:22%"><div>{sureness(row.p, row.sd)}</div>'
            f'<div style="height:.5em;background:#8883"><div style="height:.5em;'
            f'width:{share:.0%};background:#3b6fb6"></div></div></td>'
            f'<td style="{_CELL};width:20%"><b>{row.origin}</b>'
            f'<div style="opacity:.8">{_seen(row)}</div></td></tr>'
        )
        yield html.replace(" %", "&nbsp;%")  # a number stays beside its sign


_CARD = "max-width:60em;margin:1em 0;padding:1em 1.4em;border:2px solid #3b6fb6;border-radius:.8em"
_CAPTION = "font-size:1.8em;font-weight:600;margin-bottom:.4em"
_HOLDER = "font-size:.6em;font-weight:400;opacity:.8;margin-left:.8em"
_CELL = "text-align:left;vertical-align:top;padding:.55em .6em;white-space:normal"
_LINE = (
    "font-size:.7em;font-weight:600;color:#fff;background:#a4262c;"
    "border-radius:.4em;padding:.1em .5em;white-space:nowrap"
)
