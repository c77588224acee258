"""Plots: finished tables as figures that can be read from the back of a room, and heard.

Each takes a table and gives one figure with one message; nothing is computed here that a lesson
would want to talk about. Plots of what was judged are made in `ethics_lib.verdicts`, that of what
a defence costs in `ethics_lib.frontiers`; they are to be had here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ethics_lib.figures import (
    BLUE,
    COLOURS,
    GREY,
    RED,
    SYMBOLS,
    Figure,
    dashed,
    finish,
    need,
)

# kept in a room of their own, and found here like every other plot
from ethics_lib.frontiers import plot_frontier as plot_frontier
from ethics_lib.tables import as_rng, check_table, to_networkx
from ethics_lib.verdicts import plot_effects as plot_effects
from ethics_lib.verdicts import plot_findings as plot_findings

__all__ = [
    "plot_calibration",
    "plot_curve",
    "plot_groups",
    "plot_matrix",
    "plot_network",
    "plot_reasons",
    "plot_tradeoff",
    "plot_who_told",
]


def plot_reasons(
    explanation: pd.DataFrame, *, labels: Mapping[int, str], top: int = 8, title: str = ""
) -> Figure:
    """Draw the reasons behind one belief, by like or by friend, as bars that add up to it.

    Parameters
    ----------
    explanation : DataFrame
        About one person and one trait, from `explain` or `explain_friends`.
    labels : {item or friend: name}
    top : int
        How many to name; the rest is one bar.
    """
    check_table(explanation, "explanation")
    friend = explanation["from_person"] != explanation["person"]
    key = explanation["from_person"].where(friend, explanation["item"])
    name = key.map(lambda k: str(labels[k]) if pd.notna(k) else "what is usual in the town")
    bars = pd.DataFrame({"reason": name, "weight": explanation["weight"].to_numpy(float)})
    order = bars["weight"].abs().sort_values(ascending=False, kind="stable").index
    bars, rest = bars.loc[order[:top]], bars.loc[order[top:], "weight"]
    if len(rest):
        bars.loc[-1] = [f"{len(rest)} others together", rest.sum()]
    total = bars["weight"].sum()
    pull = "for" if total > 0 else "against"
    first = bars.iloc[0]
    message = (
        f"The strongest single reason is {first['reason']} ({first['weight']:+.2f}); all "
        f"{len(order)} together come to {total:+.2f}, {pull} the belief."
    )
    axis = "share of the guess that each answer carries"
    if not friend.all():
        axis = "pull towards the belief (right) or away from it (left)"
    colours = [BLUE if weight >= 0 else RED for weight in bars["weight"]]
    stripes = ["" if colour == BLUE else "/" for colour in colours]
    bar = go.Bar(
        x=bars["weight"],
        y=bars["reason"],
        orientation="h",
        marker={"color": colours, "pattern": {"shape": stripes}},
        text=[f"{weight:+.2f}" for weight in bars["weight"]],
        textposition="outside",
        cliponaxis=False,
    )
    least, most = min(bars["weight"].min(), 0), max(bars["weight"].max(), 0)
    room = 0.14 * (most - least or 1)  # for the numbers beside the bars
    return finish(
        [bar],
        title,
        message,
        bars,
        xaxis={"title": axis, "range": [least - room * (least < 0), most + room * (most > 0)]},
        yaxis_autorange="reversed",
        height=110 + 38 * len(bars),
    )


def plot_network(
    ties: pd.DataFrame,
    *,
    values: pd.Series,
    rng: int | np.random.Generator,
    known: Sequence[int] = (),
    labels: Mapping[int, str] | None = None,
    focus: int | None = None,
    title: str = "",
) -> Figure:
    """Draw a small network: colour and shape say the value, filled marks said it themselves.

    Parameters
    ----------
    ties : DataFrame[a, b, context]
        A few hundred at most.
    values : Series, index ``person``
        What each is or is believed to be; everybody in it is drawn.
    rng : int or Generator
        Where the drawing starts from.
    known : list of people
    labels : {person: name}, optional
    focus : int, optional
        Somebody to mark.
    """
    import networkx as nx

    check_table(ties, "ties", people=values.index)
    graph = to_networkx(ties, values.index)
    start = int(as_rng(rng).integers(2**31))
    place = nx.spring_layout(graph, seed=start, iterations=200)
    place = pd.DataFrame.from_dict(place, orient="index", columns=["x", "y"])
    order = sorted(values.unique(), key=lambda v: (str(v).startswith("did not"), str(v)))
    traces, counts = [_edges(ties, place)], []
    for k, value in enumerate(order):
        people = values.index[values == value]
        said = np.isin(people, list(known))
        grey = str(value).startswith("did not")
        colour, symbol = (GREY, "circle") if grey else (COLOURS[k % 4], SYMBOLS[k % 4])
        counts.append((value, len(people), int(said.sum())))
        marker = {
            "size": np.where(people == focus, 30, 17),
            "color": np.where(said, colour, "white"),
            "symbol": symbol,
            "opacity": 1,
            "line": {"width": 3, "color": colour},
        }
        traces.append(
            go.Scatter(
                x=place.loc[people, "x"],
                y=place.loc[people, "y"],
                mode="markers",
                name=f"{value} ({len(people)})",
                marker=marker,
                text=[f"person {p}" if labels is None else str(labels[p]) for p in people],
                hovertemplate="%{text}: " + str(value) + "<extra></extra>",
            )
        )
    parts = ", ".join(f"{n} {value} ({said} said so)" for value, n, said in counts)
    return finish(
        traces,
        title,
        f"{len(values)} people and {len(ties)} ties: {parts}.",
        pd.DataFrame(counts, columns=["value", "people", "said so themselves"]),
        xaxis={"visible": False},
        yaxis={"visible": False},
        annotations=[] if focus is None else [_pointer(place.loc[focus], focus, labels)],
        showlegend=True,
        legend={"orientation": "h", "y": -0.02, "itemsizing": "constant"},
        height=560,
    )


def _edges(ties: pd.DataFrame, place: pd.DataFrame) -> go.Scatter:
    """All ties as one broken line."""
    ends = place.loc[ties[["a", "b"]].to_numpy().ravel()].to_numpy().reshape(-1, 2, 2)
    path = np.concatenate([ends, np.full((len(ends), 1, 2), np.nan)], axis=1).reshape(-1, 2)
    line = {"color": "#c9c9c9", "width": 1}
    return go.Scatter(
        x=path[:, 0], y=path[:, 1], mode="lines", line=line, hoverinfo="skip", showlegend=False
    )


def _pointer(place: pd.Series, person: int, labels: Mapping[int, str] | None) -> dict:
    """The first name of the person whom the figure is about, with an arrow."""
    name = f"person {person}" if labels is None else str(labels[person]).split()[0]
    return {
        "x": place["x"],
        "y": place["y"],
        "text": f"<b>{name}</b>",
        "ax": 0,
        "ay": -42,
        "font": {"size": 20},
        "bgcolor": "white",
    }


def plot_curve(
    table: pd.DataFrame,
    *,
    x: str,
    y: str = "estimate",
    group: str | None = None,
    low: str = "low",
    high: str = "high",
    reference: float | None = None,
    x_title: str = "",
    y_title: str = "",
    title: str = "",
) -> Figure:
    """Draw how one number changes with another, with its interval, named at the line's end.

    Parameters
    ----------
    table : DataFrame
        A row a point; ``group`` names the column that tells several lines apart.
    reference : float, optional
        A level to compare with, drawn as a dashed line.
    """
    need(table, [x, y, low, high, *([group] if group else [])], "plot_curve")
    parts = [("", table)] if group is None else list(table.groupby(group, sort=False))
    traces, told, ends = [], [], []
    for k, (name, part) in enumerate(parts):
        part, colour = part.sort_values(x), COLOURS[k % 4]
        dash = ("solid", "dash", "dot", "dashdot")[k % 4]
        line = {"color": colour, "width": 4, "dash": dash}
        traces += [
            go.Scatter(
                x=[*part[x], *part[x][::-1]],
                y=[*part[high], *part[low][::-1]],
                fill="toself",
                fillcolor=colour,
                opacity=0.15,
                mode="none",
                hoverinfo="skip",
            ),
            go.Scatter(x=part[x], y=part[y], mode="lines+markers", line=line, marker={"size": 9}),
        ]
        first, last = part.iloc[0], part.iloc[-1]
        ends.append((last[x], last[y], f" {name}", colour, part[y].mean()))
        told.append(
            f"{name or y}: {first[y]:.2f} at {x} {first[x]:.2g}, {last[y]:.2f} at {last[x]:.2g}"
        )
    if reference is not None:
        told.append(f"dashed: {reference:g}")
    figure = finish(
        traces,
        title,
        "; ".join(told) + ".",
        table,
        xaxis_title=x_title or x,
        yaxis_title=y_title or y,
        shapes=[] if reference is None else [dashed("y", reference)],
        annotations=_end_labels(ends, table[high].max() - table[low].min()) if group else [],
        margin_r=190 if group else 30,
    )
    return figure


def _end_labels(ends: list[tuple], span: float) -> list[dict]:
    """A label at the end of each line, moved up where it would lie on another."""
    ends = sorted(ends, key=lambda end: (end[1], end[4]))  # of two that end alike, as they came
    gap = 0.15 * max(ends[-1][1] - ends[0][1], 0.5 * abs(ends[-1][1])) or 0.12 * span
    labels, floor = [], -np.inf
    for x, y, text, colour, _ in ends:
        floor = max(y, floor + gap)
        font = {"color": colour, "size": 19}
        labels.append(
            {"x": x, "y": floor, "text": text, "xanchor": "left", "showarrow": False, "font": font}
        )
    return labels


def plot_groups(
    table: pd.DataFrame,
    *,
    x: str = "estimate",
    y: str = "group",
    low: str = "low",
    high: str = "high",
    reference: float | None = None,
    x_title: str = "",
    title: str = "",
) -> Figure:
    """Draw one number for each of a few groups, with its interval."""
    need(table, [x, y, low, high], "plot_groups")
    dots = go.Scatter(
        x=table[x],
        y=table[y].astype(str),
        mode="markers+text",
        marker={"size": 16, "color": BLUE},
        text=[f"{value:.3f}" for value in table[x]],
        textposition="top center",
        error_x={
            "array": table[high] - table[x],
            "arrayminus": table[x] - table[low],
            "symmetric": False,
            "thickness": 3,
            "width": 9,
        },
    )
    best, worst = table.loc[table[x].idxmax()], table.loc[table[x].idxmin()]
    message = (
        f"Highest: {best[y]} with {best[x]:.3f} ({best[low]:.3f} to {best[high]:.3f}). Lowest: "
        f"{worst[y]} with {worst[x]:.3f} ({worst[low]:.3f} to {worst[high]:.3f})."
    )
    return finish(
        [dots],
        title,
        message,
        table[[y, x, low, high]],
        xaxis_title=x_title or x,
        shapes=[] if reference is None else [dashed("x", reference)],
        yaxis={"range": [len(table) - 0.5, -0.8]},
        height=170 + 80 * len(table),
    )


def plot_matrix(matrix: pd.DataFrame, *, title: str = "") -> Figure:
    """Draw who did what: people in rows, things in columns, in the order in which they come."""
    need(matrix, [], "plot_matrix")
    marks = go.Heatmap(
        z=matrix.to_numpy(float),
        x=[str(c) for c in matrix.columns],
        y=[str(r) for r in matrix.index],
        colorscale=[[0, "#f4f4f4"], [1, BLUE]],
        showscale=False,
        xgap=2,
        ygap=2,
    )
    per_row = matrix.sum(axis=1)
    message = (
        f"{len(matrix)} rows and {matrix.shape[1]} columns with {int(matrix.to_numpy().sum())} "
        f"marks; {per_row.idxmax()} has most ({int(per_row.max())}), {per_row.idxmin()} fewest "
        f"({int(per_row.min())})."
    )
    table = matrix.reset_index()
    return finish(
        [marks],
        title,
        message,
        table,
        yaxis={"autorange": "reversed", "dtick": 1},
        xaxis={"dtick": 1},
        height=140 + 27 * len(matrix),
    )


def plot_calibration(table: pd.DataFrame, *, title: str = "") -> Figure:
    """Draw how often a belief comes true against how sure it was; on the line, sure is sure."""
    need(table, ["p", "share", "low", "high", "n"], "plot_calibration")
    diagonal = go.Scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": GREY, "dash": "dash", "width": 2},
        hoverinfo="skip",
    )
    dots = go.Scatter(
        x=table["p"],
        y=table["share"],
        mode="markers+lines",
        line={"color": BLUE, "width": 3},
        marker={"size": 13},
        error_y={
            "array": table["high"] - table["share"],
            "arrayminus": table["share"] - table["low"],
            "symmetric": False,
        },
    )
    gap = (table["share"] - table["p"]).abs()
    widest = table.loc[gap.idxmax()]
    message = (
        f"Of {int(table['n'].sum())} beliefs, those {widest['p']:.0%} sure stray furthest from the "
        f"line: {widest['share']:.0%} of them are true."
    )
    return finish(
        [diagonal, dots],
        title,
        message,
        table,
        xaxis={"title": "how sure it was", "range": [0, 1], "tickformat": ".0%"},
        yaxis={"title": "how often it was true", "range": [0, 1], "tickformat": ".0%"},
    )


def plot_tradeoff(
    table: pd.DataFrame,
    *,
    x: str,
    y: str,
    label: str,
    x_title: str = "",
    y_title: str = "",
    title: str = "",
) -> Figure:
    """Draw the options of a decision on two axes: what it is good for, and what it costs."""
    need(table, [x, y, label], "plot_tradeoff")
    dots = go.Scatter(
        x=table[x],
        y=table[y],
        mode="markers+text",
        marker={"size": 20, "color": RED},
        text=table[label].astype(str),
        textposition="top center",
        cliponaxis=False,
    )
    most, least = table.loc[table[x].idxmax()], table.loc[table[x].idxmin()]
    message = (
        f"{most[label]}: {most[x]:g} {x_title or x}, {most[y]:g} {y_title or y}. "
        f"{least[label]}: {least[x]:g} and {least[y]:g}."
    )
    across, up = (max(float(table[axis].max()), 1e-9) for axis in (x, y))
    return finish(
        [dots],
        title,
        message,
        table[[label, x, y]],
        xaxis={"title": x_title or x, "range": [-0.08 * across, 1.12 * across]},
        yaxis={"title": y_title or y, "range": [-0.06 * up, 1.18 * up]},
    )


def plot_who_told(table: pd.DataFrame, *, title: str = "") -> Figure:
    """Draw by whom each platform was told about a person, one bar of shares for each platform.

    Parameters
    ----------
    table : DataFrame
        From `own_data.who_told`; rows without a share, about other people, are left out.
    """
    need(table, ["holder", "who", "from_you", "share"], "plot_who_told")
    rows = need(table[table["share"].notna()], [], "plot_who_told")
    looks = {"yes": (BLUE, "white"), "no": (RED, "white"), "not said": ("#d9d9d9", "#1a1a1a")}
    stripes = {"you did it there": "/", "other firms' lists": "/", "other people": "x"}
    faint = {"fillmode": "overlay", "fgcolor": "white", "fgopacity": 0.5, "solidity": 0.15}
    bars = [
        go.Bar(
            x=part["share"],
            y=part["holder"],
            name=f"{who} ({_FROM_YOU[from_you]})",
            orientation="h",
            marker={"color": looks[from_you][0], "line": {"color": "white", "width": 2}}
            | {"pattern": {"shape": stripes.get(who, ""), **faint}},
            text=[f"{share:.0%}" if share >= 0.06 else "" for share in part["share"]],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": looks[from_you][1], "size": 16},
            hovertemplate="%{y}: %{x:.1%}<extra>" + who + "</extra>",
        )
        for (who, from_you), part in rows.groupby(["who", "from_you"], sort=False)
    ]
    told = (rows["share"] * (rows["from_you"] == "no")).groupby(rows["holder"], sort=False).sum()
    said = ", ".join(f"{holder} {100 * share:.0f} %" for holder, share in told.items())
    message = f"Of the rows about you in each archive, so much did not come from you: {said}."
    return finish(
        bars,
        title,
        message,
        rows[["holder", "who", "from_you", "share"]],
        barmode="stack",
        xaxis={
            "title": "share of the rows about you in the archive",
            "tickformat": ".0%",
            "range": [0, 1],
        },
        yaxis={"categoryorder": "array", "categoryarray": list(told.index)[::-1]},
        showlegend=True,
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"}
        | {"traceorder": "normal", "font": {"size": 15}},
        height=260 + 50 * len(told),
    )


_FROM_YOU = {"yes": "from you", "no": "not from you", "not said": "from whom, it is not said"}
