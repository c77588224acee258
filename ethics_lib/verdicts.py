"""Verdicts: what was judged as figures, the lines of an audit and the numbers of papers.

Each row is a claim that was held against something, and says by colour, shape and word what came
of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ethics_lib.figures import BLUE, GREEN, GREY, RED, Figure, finish, need
from ethics_lib.tables import COLUMNS, TableError, check_name, check_table

__all__ = ["plot_effects", "plot_findings"]

_LABEL = ("line", "jurisdiction", "claim")
_STATES = {
    "red": ("#A4262C", "●"),
    "amber": ("#8A5A00", "▲"),
    "clear": (GREEN, "✓"),
    "not tested": (GREY, "?"),
}
_ELSEWHERE = "crossed about other things"  # a tick there would read as acquitted
_STANDOFF = 8  # pixels between labels and what they belong to


def plot_findings(
    findings: pd.DataFrame,
    *,
    wronged: pd.DataFrame | None = None,
    across: str = "trait",
    labels: Mapping[int | str, str] | None = None,
    title: str = "",
) -> Figure:
    """Draw an audit: each line, whether it is crossed, how badly, and how many are wronged.

    Parameters
    ----------
    findings : DataFrame
        From `audit`.
    wronged : DataFrame, optional
        From `find_wronged`. With it the lines stand beside what they are crossed about, or beside
        some people: a row a line, a column an attribute or a person.
    across : {"trait", "person"}
        What the columns are.
    labels : {trait or person: words}, optional
        Which columns to draw, in this order, and what to call them; needed for people. By default
        every attribute, the last column being what was done whatever is believed. Beside
        attributes a tick stands only where the whole line is clear: where it is crossed about
        other things, the tile is empty.
    """
    findings = _plain(need(findings, COLUMNS["findings"], "plot_findings"))
    if wronged is not None:
        wronged = _plain(check_table(wronged, "wronged", empty=True))
        return _matrix(findings, wronged, across, labels, title)
    tested = findings["crossed"].notna()
    state = findings["severity"].where(findings["crossed"].fillna(False).astype(bool), "clear")
    state = state.where(tested, "not tested")
    rows = pd.DataFrame(
        {
            "line": [_wrapped(*row) for row in zip(*map(findings.get, _LABEL), strict=True)],
            "state": state,
            "people": findings["n_people"].fillna(0).astype(int),
            "claim": findings["claim"],
        }
    )
    bars = go.Bar(
        x=rows["people"],
        y=rows["line"],
        orientation="h",
        marker={"color": [_STATES[s][0] for s in state]},
        text=[
            f"{_STATES[s][1]} {s}" + (f", {n:,} people" if n else "")
            for s, n in zip(state, rows["people"], strict=True)
        ],
        textposition="outside",
        cliponaxis=False,
        customdata=rows["claim"],
        hovertemplate="%{customdata}<extra></extra>",
    )
    counts = state.value_counts()
    parts = ", ".join(f"{counts[s]} {s}" for s in _STATES if s in counts)
    message = f"Of {len(rows)} findings: {parts}."
    if rows["people"].max() > 0:
        top = findings.loc[rows["people"].idxmax()]
        message += f" Most people, {rows['people'].max():,}, at {top['line']}: {top['claim']}"
    return finish(
        [bars],
        title,
        message,
        rows,
        xaxis={
            "title": "people wronged",
            "range": [0, 1.35 * max(rows["people"].max(), 1)],
            "tickformat": ",",
        },
        yaxis={
            "autorange": "reversed",
            "tickfont": {"size": 14},
            "ticklabelstandoff": _STANDOFF,
        },
        height=140 + 74 * len(rows),
    )


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Words as words: a category takes no state that it does not know."""
    return table.astype(dict.fromkeys(table.select_dtypes("category"), object))


_TINTS = {
    "not tested": "#e4e4e4",
    _ELSEWHERE: "#f7f7f7",
    "clear": "#dcefe8",
    "amber": "#f3d9a4",
    "red": "#eeb4b4",
}


def _matrix(
    findings: pd.DataFrame,
    wronged: pd.DataFrame,
    across: str,
    labels: Mapping[int | str, str] | None,
    title: str,
) -> Figure:
    """Lines downwards, attributes or people across: how badly, and how many."""
    cells = _cells(findings, wronged, across, labels)
    claims = findings.drop_duplicates("line").set_index("line")["claim"]
    lines = {line: wrap(claim, 58) for line, claim in claims.items()}
    wide = cells.pivot(index="line", columns=across, values=["state", "words"])
    wide = wide.reindex(claims.index).reindex(columns=cells[across].unique(), level=1)
    steps = [(k + end) / len(_TINTS) for k in range(len(_TINTS)) for end in (0, 1)]
    tiles = go.Heatmap(
        z=wide["state"].map(list(_TINTS).index),
        x=wide["state"].columns,
        y=[f"<b>{line}</b> {'<br>'.join(claim)}" for line, claim in lines.items()],
        text=wide["words"],
        texttemplate="%{text}",
        textfont={"size": 16, "color": "#1a1a1a"},
        colorscale=list(zip(steps, np.repeat(list(_TINTS.values()), 2), strict=True)),
        zmin=-0.5,
        zmax=len(_TINTS) - 0.5,
        showscale=False,
        xgap=3,
        ygap=3,
        customdata=wide["state"],
        hovertemplate="%{y}<br>%{x}: %{text} %{customdata}<extra></extra>",
    )
    crossed = cells[cells["people"] > 0]
    untested = cells.loc[cells["state"] == "not tested", "line"].nunique()
    message = f"{crossed['line'].nunique()} of {len(lines)} lines are crossed here, {untested} "
    message += "could not be tested. ● red, ▲ amber, ? not tested, ✓ "
    message += "clear whatever it is about." if across == "trait" else "clear."
    if (cells["state"] == _ELSEWHERE).any():
        message += " Empty: that line is crossed about other things."
    if len(crossed):
        most = crossed.groupby(across, sort=False)["line"].nunique()
        where = most.idxmax().replace("<br>", " ")
        message += f" Most lines, {most.max()}, are crossed at {where}."
    return finish(
        [tiles],
        title,
        message,
        cells.drop(columns="words"),
        xaxis={
            "side": "top",
            "showgrid": False,
            "tickfont": {"size": 15},
            "type": "category",
            "ticks": "",
        },
        yaxis={
            "autorange": "reversed",
            "showgrid": False,
            "tickfont": {"size": 14},
            "ticks": "",
            "ticklabelstandoff": _STANDOFF,
        },
        height=150 + len(lines) * (44 if max(map(len, lines.values())) > 1 else 34),
        margin={"t": 130},
    )


def _cells(
    findings: pd.DataFrame,
    wronged: pd.DataFrame,
    across: str,
    labels: Mapping[int | str, str] | None,
) -> pd.DataFrame:
    """A row a line and column: its state, how many people, and what its tile says."""
    check_name(across, ("trait", "person"), what="across")
    trait = wronged.get("trait", pd.Series(None, wronged.index, dtype=object))
    column = trait.astype(object).fillna("") if across == "trait" else wronged["person"]
    seen = wronged.assign(column=column)
    if not labels and across == "person":
        raise TableError(
            "plot_findings: across='person' draws some people. Name them: labels={17: 'Wren'}."
        )
    if not labels:
        traits = sorted({*seen["column"]} or {""}, key=lambda trait: (trait == "", trait))
        labels = {trait: trait.replace("_", " ") or "whatever<br>is believed" for trait in traits}
    by_line = findings["line"]
    tested = findings["crossed"].notna().groupby(by_line, sort=False).any()
    crossed = findings["crossed"].fillna(False).astype(bool).groupby(by_line, sort=False).any()
    crossed |= tested.index.isin(wronged["line"])
    seen = seen.assign(red=seen["severity"] == "red").groupby(["line", "column"])
    grid = pd.MultiIndex.from_product([tested.index, labels], names=["line", "column"])
    cells = seen.agg(people=("person", "nunique"), red=("red", "any")).reindex(grid).reset_index()
    untested, nobody = ~cells["line"].map(tested), cells["people"].isna()
    elsewhere = nobody & cells["line"].map(crossed) & (across == "trait")
    red = cells["red"].eq(True)
    state = np.select(
        [untested, elsewhere, nobody, red], ["not tested", _ELSEWHERE, "clear", "red"], "amber"
    )
    people = cells["people"].fillna(0).astype(int)
    counted = [f" {n:,}" if n and across == "trait" else "" for n in people]
    marks = {name: mark for name, (_, mark) in _STATES.items()} | {_ELSEWHERE: ""}
    words = [marks[s] + n for s, n in zip(state, counted, strict=True)]
    columns = {across: cells["column"].map(labels), "state": state, "people": people}
    return cells[["line"]].assign(**columns, words=words)


def _wrapped(line: str, jurisdiction: str, claim: str) -> str:
    """The label of a finding: its number, where it holds, and the claim on lines of its own."""
    return f"<b>{line}</b> {jurisdiction}<br>" + "<br>".join(wrap(claim, 44))


# how far from the middle of its band, in half bands, a number is still drawn where it is
_EDGE = 2.6
_PLACES = {"published": 3.5, "measured": 4.6}  # of the numbers in words, right of the drawing
_HEADS = {"published": "published", "measured": "here"}
_BAND = "#cfe0ee"
_VERDICTS = {  # state: colour, mark, filled
    "holds": (BLUE, "circle", True),
    "does not hold": (RED, "diamond", True),
    "shown, not counted": (GREY, "square", False),
    "not measured": (GREY, "x-thin", False),
}

_ASIDE = {
    "memory": " (from memory)",
    "ours": " (a check of our own)",
    "analogue": " (an analogue)",
}  # standing: why not counted


def plot_effects(
    recovered: pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    claims: Mapping[str, str] | None = None,
    title: str = "",
) -> Figure:
    """Draw published numbers beside those found here, each on the scale of its own band.

    Units differ from row to row, so every band is drawn equally wide: a mark within it holds. A
    band that is open at one end has its published number as far from the other end as the middle of
    a closed band; where only a direction was published, the number found stands there. What lies
    further off is drawn at the edge, with an arrow.

    Parameters
    ----------
    recovered : DataFrame
        From `ethics_lib.effects.recover` or `judge`, or those of its rows that one figure can hold.
    labels : {figure: words}, optional
        What to call the figures; their names if not given.
    claims : {effect: words}, optional
        What each effect says, over its figures; its name if not given.
    """
    columns = "effect figure published low high measured at_least at_most holds fitted standing"
    need(recovered, columns.split(), "plot_effects")
    rows = _rows(recovered, *({} if words is None else words for words in (labels, claims)))
    heads = rows.drop_duplicates("effect")
    top, bottom = 150, float(rows["y"].iloc[-1] + rows["tall"].iloc[-1] / 2)
    height = top + bottom + 40
    notes = [_note(-_EDGE, *head, "left") for head in heads[["head_y", "head"]].to_numpy()]
    notes += [_note(place, -14, f"<b>{_HEADS[name]}</b>") for name, place in _PLACES.items()]
    states = [state for state in _VERDICTS if (rows["state"] == state).any()]
    marks = [_marks(rows[rows["state"] == state], state) for state in states]
    shown = ["effect", "name", "published", "low", "high", "measured", "at_least", "at_most"]
    return finish(
        [*_bands(rows), *marks, *_columns(rows)],
        title,
        _told(rows),
        rows[[*shown, "state"]],
        title_xref="container",
        title_x=0.01,
        title_y=1 - 14 / height,
        title_yanchor="top",
        xaxis={
            "range": [-_EDGE - 0.1, 5.1],
            "tickvals": [-1, 1],
            "ticktext": ["lowest<br>that counts", "highest<br>that counts"],
            "tickfont": {"size": 15},
            "side": "top",
            "zeroline": False,
        },
        yaxis={
            "range": [bottom, -28],
            "tickvals": rows["y"],
            "ticktext": rows["name"],
            "tickfont": {"size": 15},
            "showgrid": False,
            "zeroline": False,
        },
        annotations=notes,
        showlegend=True,
        legend={"orientation": "h", "xref": "container", "x": 0.01, "font": {"size": 16}}
        | {"yref": "container", "y": 1 - 46 / height, "yanchor": "top", "itemclick": False},
        margin={"t": top, "b": 10, "l": 10, "r": 10},
        height=height,
    )


def _rows(
    recovered: pd.DataFrame, labels: Mapping[str, str], claims: Mapping[str, str]
) -> pd.DataFrame:
    """Where everything stands: pixels downwards, half bands from the middle of the band across."""
    together = pd.factorize(recovered["effect"])[0].argsort(kind="stable")
    rows = recovered.iloc[together].reset_index(drop=True)
    holds, aside = rows["holds"].astype("boolean"), rows["standing"].map(_ASIDE)
    rows["state"] = np.select(
        [rows["measured"].isna() | holds.isna(), aside.notna(), holds.fillna(False)],
        ["not measured", "shown, not counted", "holds"],
        "does not hold",
    )
    names = [
        wrap(f"{labels.get(name, name)}{why}", 38)
        for name, why in zip(rows["figure"], aside.fillna(""), strict=True)
    ]
    heads = [wrap(str(claims.get(name, name)), 66) for name in rows["effect"]]
    kind = np.where(rows["fitted"].astype(bool), "fitted", "emergent")
    rows["name"] = ["<br>".join(lines) for lines in names]
    rows["head"] = [f"<b>{'<br>'.join(h)}</b> ({k})" for h, k in zip(heads, kind, strict=True)]
    rows["tall"] = [12 + 20 * len(lines) for lines in names]
    first = rows["effect"] != rows["effect"].shift()
    above = np.where(first, [16 + 20 * len(lines) for lines in heads], 0)
    below = (rows["tall"] + above).cumsum()
    rows["y"] = below - rows["tall"] / 2
    rows["head_y"] = below - rows["tall"] - above / 2 + 3
    middle, half = _scale(rows)
    for column in ("published", "measured", "at_least", "at_most", "low", "high"):
        rows[f"x_{column}"] = (rows[column] - middle) / half
    return rows


def _scale(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The middle of each row's band, and the half of its width."""
    low, high = rows["low"], rows["high"]
    end = low.fillna(high)
    # where the band does not say how far is far, the first of these that is not 0 does
    step = pd.Series(0.0, index=rows.index)
    for reach in (rows["published"] - end, rows["measured"] - end, end, 1 + 0 * end):
        step = step.where(step > 0, reach.abs().fillna(0))
    step = step.where(step > 0, 1)
    half = ((high - low) / 2).where(high > low, step)
    middle = ((low + high) / 2).fillna(low + half).fillna(high - half)
    return middle.fillna(rows["published"]).fillna(rows["measured"]), half


def _bands(rows: pd.DataFrame) -> list[go.Scatter]:
    """The bands as light bars, and the published numbers as ticks on them."""
    ends = np.column_stack(
        [rows["x_low"].fillna(-_EDGE), rows["x_high"].fillna(_EDGE), np.full(len(rows), np.nan)]
    )
    bars = go.Scatter(
        x=ends.clip(-_EDGE, _EDGE).ravel(),
        y=rows["y"].repeat(3),
        mode="lines",
        line={"color": _BAND, "width": 22},
        name="band that counts",
        hoverinfo="skip",
    )
    ticks = go.Scatter(
        x=rows["x_published"].clip(-_EDGE, _EDGE),
        y=rows["y"],
        mode="markers",
        marker={"symbol": "line-ns", "size": 22, "line": {"width": 4, "color": "#1a1a1a"}},
        name="published",
        hoverinfo="skip",
    )
    return [bars, ticks]


def _marks(rows: pd.DataFrame, state: str) -> go.Scatter:
    """The numbers found here, with their intervals, of all rows with one verdict."""
    colour, symbol, filled = _VERDICTS[state]
    seen = rows["x_measured"].clip(-_EDGE, _EDGE)
    reach = rows[["x_at_least", "x_at_most"]].clip(-_EDGE, _EDGE).sub(seen, axis=0).abs().fillna(0)
    beyond = np.select([rows["x_measured"] > _EDGE, rows["x_measured"] < -_EDGE], ["▶", "◀"], "")
    return go.Scatter(
        x=seen,
        y=rows["y"],
        mode="markers+text",
        marker={
            "symbol": symbol,
            "size": 15,
            "color": colour if filled else "white",
            "line": {"width": 3, "color": colour},
            "opacity": 1,
        },
        text=beyond,
        textposition=np.where(beyond == "◀", "middle left", "middle right"),
        textfont={"color": colour, "size": 15},
        error_x={
            "array": reach["x_at_most"],
            "arrayminus": reach["x_at_least"],
            "symmetric": False,
            "thickness": 3,
            "width": 6,
            "color": colour,
        },
        name=f"{state} ({len(rows)})",
        customdata=rows[["name", "measured", "at_least", "at_most", "published", "low", "high"]],
        hovertemplate="%{customdata[0]}<br>here %{customdata[1]:.3~g} (%{customdata[2]:.3~g} to "
        "%{customdata[3]:.3~g})<br>published %{customdata[4]:.3~g}, band %{customdata[5]:.3~g} to "
        "%{customdata[6]:.3~g}<extra></extra>",
    )


def _columns(rows: pd.DataFrame) -> list[go.Scatter]:
    """The same numbers in their own units, beside the picture."""
    return [
        go.Scatter(
            x=[place] * len(rows),
            y=rows["y"],
            mode="text",
            text=[f"<b>{_said(v)}</b>" if column == "measured" else _said(v) for v in rows[column]],
            textfont={"size": 16},
            showlegend=False,
            hoverinfo="skip",
        )
        for column, place in _PLACES.items()
    ]


def _said(value: float) -> str:
    """A number with the digits that matter in a lecture."""
    if pd.isna(value):
        return "–"
    size = abs(value)
    if size >= 100 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.3g}" if size >= 1 else f"{value:.3f}" if size >= 0.001 else f"{value:.0e}"


def _note(x: float, y: float, text: str, side: str = "center") -> dict:
    words = {"text": text, "font": {"size": 16}, "bgcolor": "white", "align": side}
    return {"x": x, "y": y, "xanchor": side, "showarrow": False, **words}


def _told(rows: pd.DataFrame) -> str:
    """The verdicts, counted; those that do not hold, by name and number."""
    states = rows["state"].value_counts().reindex(_VERDICTS, fill_value=0)
    yes, no, aside, unseen = states
    message = f"Of {len(rows)} published figures {yes} hold and {no} do not."
    message += f" {aside} shown, not counted." if aside else ""
    message += f" {unseen} not measured." if unseen else ""
    for _, row in rows[rows["state"] == "does not hold"].head(5).iterrows():
        low, high = ("open" if pd.isna(end) else _said(end) for end in (row["low"], row["high"]))
        message += (
            f" {row['name'].replace('<br>', ' ')}: {_said(row['measured'])} here, published "
            f"{_said(row['published'])}, band {low} to {high}."
        )
    return message + (" And more of these." if no > 5 else "")
