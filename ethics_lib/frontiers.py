"""Frontiers: what each defence stops against what it keeps, as a figure.

Up is safer, right is more useful. Whoever chooses a defence chooses a point, and only those on the
frontier are worth choosing: of any other, some option stops as much and keeps as much, and more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ethics_lib.figures import COLOURS, SYMBOLS, Figure, finish, need
from ethics_lib.tables import TableError, check_name

__all__ = ["plot_frontier"]

_X, _Y = "usefulness_kept", "inference_stopped"
_MARKS = (*SYMBOLS, "triangle-down", "cross", "x", "star")
_DASHES = ("solid", "dash", "dot", "dashdot")
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))  # of a label
_EDGE = 0.08  # how far beyond nothing and all the axes reach


def plot_frontier(
    board: pd.DataFrame, *, names: Sequence[str] | None = None, title: str = ""
) -> Figure:
    """Draw what each defence stops of one inference, against what it keeps of the use.

    A line a defence, from no defence to its strongest; the larger a mark, the stronger. Crosses are
    95 % intervals. Filled marks, on the grey stairs, are the frontier. Options without a number are
    left out.

    Parameters
    ----------
    board : DataFrame
        From `scoreboard`, of one method and one trait:
        ``board.query("method == 'likes' and trait == 'party'")``.
    names : list of str, optional
        All defences of several figures, so that each looks the same in all of them; by default
        those on the board.
    """
    ends = [axis + end for axis in (_X, _Y) for end in ("", "_low", "_high")]
    need(board, ["defence", "strength", "method", "trait", "frontier", *ends], "plot_frontier")
    if len(board[["method", "trait"]].drop_duplicates()) > 1:
        raise TableError(
            "plot_frontier: the board is about several methods or traits. Draw one at a time: "
            "board.query(\"method == 'likes' and trait == 'party'\")."
        )
    points = board.dropna(subset=[_X, _Y]).sort_values(["defence", "strength"])
    if points.empty:
        raise TableError(
            "plot_frontier: no option has both numbers, so there is nothing to draw. Take more "
            "seeds or more people."
        )
    best = points[points["frontier"]].sort_values([_X, _Y])
    edge = {"color": "#c9c9c9", "width": 9, "shape": "vh"}  # all below the stairs is beaten
    traces = [go.Scatter(x=best[_X], y=best[_Y], mode="lines", line=edge, hoverinfo="skip")]
    names = sorted(points["defence"].unique()) if names is None else list(names)
    for name, line in points.groupby("defence"):
        check_name(name, names, what="names: the defence")
        traces += _line(name, line, names.index(name))
    places = points[[_X, _Y]].to_numpy()
    low, high = np.minimum(places.min(axis=0), 0) - _EDGE, np.maximum(places.max(axis=0), 1) + _EDGE
    axis = {"tickformat": ".0%", "zeroline": True}
    return finish(
        traces,
        title,
        _told(points, best),
        points[["defence", "strength", *ends, "frontier"]],
        xaxis={"title": "usefulness kept", "range": [low[0], high[0]], **axis},
        yaxis={"title": "inference stopped", "range": [low[1], high[1]], **axis},
        annotations=_labels(points, names, low, high),
        height=620,
    )


def _line(name: str, line: pd.DataFrame, k: int) -> list[go.Scatter]:
    """One defence: its intervals, and over them its marks."""
    colour, shape = COLOURS[k % 4], {"color": COLOURS[k % 4], "dash": _DASHES[k % 4], "width": 2}
    bars = {
        f"error_{axis}": {
            "array": line[f"{column}_high"] - line[column],
            "arrayminus": line[column] - line[f"{column}_low"],
            "color": colour,
            "thickness": 1,
            "width": 0,
        }
        for axis, column in (("x", _X), ("y", _Y))
    }
    place = {"x": line[_X], "y": line[_Y]}
    marker = {
        "symbol": _MARKS[k % len(_MARKS)],
        "size": 9 + 9 * line["strength"],
        "color": np.where(line["frontier"], colour, "white"),
        "line": {"width": 2, "color": colour},
        "opacity": 1,
    }
    return [
        go.Scatter(**place, **bars, mode="markers", marker_size=1, opacity=0.45, hoverinfo="skip"),
        go.Scatter(
            **place,
            mode="lines+markers",
            line=shape,
            marker=marker,
            customdata=line["strength"],
            hovertemplate=f"{name} %{{customdata:.2g}}<br>stops %{{y:.0%}}, keeps %{{x:.0%}}"
            "<extra></extra>",
        ),
    ]


def _labels(
    points: pd.DataFrame, names: list[str], low: np.ndarray, high: np.ndarray
) -> list[dict]:
    """Each defence's name beside one of its marks, where it covers least."""
    place = (points[[_X, _Y]].to_numpy() - low) / (high - low)
    labels, taken = [], []
    for name in sorted(points["defence"].unique()):
        mine, size = (points["defence"] == name).to_numpy(), np.array([0.011 * len(name), 0.045])
        found = []
        for mark in place[mine]:
            shared = (np.abs(place[~mine] - mark).max(axis=1, initial=0) < 0.02).any()
            for side in _SIDES:
                middle = mark + np.multiply(side, (size[0] / 2 + 0.018, 0.045))
                hidden = (np.abs(place - middle) < size / 2 + 0.012).all(axis=1).sum()
                over = sum((np.abs(middle - m) < (size + s) / 2).all() for m, s in taken)
                outside = (np.abs(middle - 0.5) + size / 2 > 0.5).any()
                found.append((20 * outside + 10 * over + 5 * shared + hidden, *middle))
        best = np.array(min(found, key=lambda one: one[0])[1:])
        taken.append((best, size))
        (x, y), font = (
            low + best * (high - low),
            {"color": COLOURS[names.index(name) % 4], "size": 17},
        )
        labels.append({"x": x, "y": y, "text": name, "showarrow": False, "font": font})
        labels[-1]["bgcolor"] = "rgba(255, 255, 255, 0.7)"
    return labels


def _told(points: pd.DataFrame, best: pd.DataFrame) -> str:
    """What is on the frontier, in words."""
    of = points.iloc[0]
    said = [
        f"{row.defence} {row.strength:.2g} stops {getattr(row, _Y):.0%} and keeps "
        f"{getattr(row, _X):.0%}"
        for row in best[best["strength"] > 0].itertuples()
    ]
    return (
        f"The guess about {of['trait']} by {of['method']}, over {of['seeds']} towns. On the "
        f"frontier: {'; '.join(said) or 'only no defence'}. Intervals that overlap may hide "
        "another order."
    )
