"""Figures: how every figure looks, speaks and stays at home.

A figure carries a description made from its data. As the last line of a cell it shows itself, the
description below it, and the data as a table. No figure offers to upload anything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache, wraps
from html import escape

import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio
from plotly.basedatatypes import BaseFigure

from ethics_lib.tables import TableError

__all__ = [
    "BLUE",
    "COLOURS",
    "CONFIG",
    "GREEN",
    "GREY",
    "PINK",
    "RED",
    "SYMBOLS",
    "Figure",
    "dashed",
    "describe",
    "finish",
    "need",
    "stay_home",
]

CONFIG = {
    "showSendToCloud": False,  # plotly 7 would show an upload button
    "plotlyServerURL": "",
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    "responsive": True,
}
"""How figures are shown: nothing in them leads anywhere else."""

# Okabe and Ito's colours, without those too light for lines on white
BLUE = "#0072B2"
RED = "#C44E00"
GREEN = "#00785A"
PINK = "#A8508A"
GREY = "#6B6B6B"
COLOURS = (BLUE, RED, GREEN, PINK)
SYMBOLS = ("circle", "square", "diamond", "triangle-up")

pio.templates["brightwater"] = go.layout.Template(
    layout={
        "font": {"size": 17, "color": "#1a1a1a"},
        "title": {"font": {"size": 23}, "x": 0, "xanchor": "left", "xref": "paper"},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "colorway": COLOURS,
        "margin": {"l": 10, "r": 30, "t": 70, "b": 10},
        "height": 460,
        "showlegend": False,
        "xaxis": {"automargin": True, "gridcolor": "#e4e4e4", "zerolinecolor": "#999"},
        "yaxis": {"automargin": True, "gridcolor": "#e4e4e4", "zerolinecolor": "#999"},
        "hoverlabel": {"font": {"size": 16}},
    }
)


class Figure(go.Figure):
    """A plotly figure that says what it shows; as the last line of a cell, it does so itself."""

    def _ipython_display_(self) -> None:
        from IPython.display import display

        drawn = json.loads(self.to_json()) | {"config": CONFIG}
        display({_PLOTLY: drawn, "text/plain": describe(self)}, raw=True)
        display({"text/html": _caption(self), "text/plain": ""}, raw=True)


_PLOTLY = "application/vnd.plotly.v1+json"


@cache
def stay_home() -> None:
    """Take the upload button from every way in which plotly shows a figure, ours or not."""
    for name in pio.renderers:
        if hasattr(pio.renderers[name], "config"):
            pio.renderers[name].config = dict(CONFIG)


def _at_home(way: Callable) -> Callable:
    @wraps(way)
    def show(figure: go.Figure, *args: object, **kwargs: object) -> object:
        stay_home()
        return way(figure, *args, **kwargs)

    return show


# when first a figure is shown, and not before: plotly's renderers take a second to import
for _way in ("show", "_ipython_display_", "_repr_mimebundle_"):
    setattr(BaseFigure, _way, _at_home(getattr(BaseFigure, _way)))


def describe(figure: go.Figure) -> str:
    """What a figure shows, in words, from its data."""
    meta = figure.layout.meta
    return meta["description"] if isinstance(meta, Mapping) else ""


def _caption(figure: go.Figure) -> str:
    meta = figure.layout.meta
    table = pd.DataFrame(meta["rows"], columns=meta["columns"]).to_html(index=False, border=0)
    return (
        f'<div style="max-width:60em;opacity:.85">{escape(meta["description"])}'
        f"<details><summary>The data of this figure</summary>{table}</details></div>"
    )


def finish(
    traces: Sequence, title: str, message: str, table: pd.DataFrame, **layout: object
) -> Figure:
    """Give a figure its look, its title, and what it says: the message and the table behind it."""
    rows = table.round(3).astype(object).where(table.notna(), None).to_numpy().tolist()
    meta = {
        "description": f"{title}. {message}" if title else message,
        "columns": [str(column) for column in table.columns],
        "rows": rows[:200],
    }
    figure = Figure(list(traces))
    return figure.update_layout(template="brightwater", title_text=title, meta=meta, **layout)


def need(table: pd.DataFrame, columns: Sequence[str], what: str) -> pd.DataFrame:
    """Let a table be drawn, or say which column it lacks."""
    if not isinstance(table, pd.DataFrame):
        raise TableError(f"{what}: got {type(table).__name__} where a pandas DataFrame is needed.")
    for column in columns:
        if column not in table:
            raise TableError(
                f"{what}: column {column!r} is missing; this table has "
                f"{', '.join(map(str, table.columns)) or 'none'}."
            )
    if table.empty:
        raise TableError(f"{what}: the table has no rows, so there is nothing to draw.")
    return table


def dashed(axis: str, value: float) -> dict:
    """A dashed line across the figure, at one value of an axis."""
    other = "x" if axis == "y" else "y"
    ends = {f"{axis}0": value, f"{axis}1": value, f"{other}0": 0, f"{other}1": 1}
    dashes = {"color": GREY, "width": 2, "dash": "dash"}
    return {"type": "line", f"{other}ref": "paper", "line": dashes, **ends}
