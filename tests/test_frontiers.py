"""Frontiers: what the figure draws, says, and refuses."""

import numpy as np
import pandas as pd
import pytest
from test_scores import made_up

from ethics_lib.figures import SYMBOLS, describe
from ethics_lib.frontiers import plot_frontier
from ethics_lib.scores import scoreboard
from ethics_lib.tables import TableError, UnknownNameError


def board():
    made = scoreboard(
        made_up(
            hide=[(0.6, 0.62), (0.62, 0.64)], blur=[(0.7, 0.68), (0.72, 0.7)], bad=[(0.75, 0.6)] * 2
        )
    )
    start = made.assign(strength=0.0, frontier=True)
    for axis, all_of_it in (("inference_stopped", 0.0), ("usefulness_kept", 1.0)):
        start[[axis, f"{axis}_low", f"{axis}_high"]] = all_of_it
    return pd.concat([made, start], ignore_index=True)


def marks(figure):
    return [trace for trace in figure.data if trace.mode == "lines+markers"]


def test_a_line_a_defence_from_none_to_its_strongest():
    figure, table = plot_frontier(board(), title="What helps"), board()
    assert len(marks(figure)) == 3
    for trace, name in zip(marks(figure), ["bad", "blur", "hide"], strict=True):
        mine = table[table["defence"] == name].sort_values("strength")
        assert list(trace.x) == mine["usefulness_kept"].tolist()
        assert list(trace.y) == mine["inference_stopped"].tolist()
        assert trace.marker.size[0] < trace.marker.size[1]
    assert len({trace.marker.symbol for trace in marks(figure)}) == 3
    assert marks(figure)[0].marker.symbol == SYMBOLS[0]


def test_what_is_on_the_frontier_is_filled_and_on_the_grey_line():
    figure = plot_frontier(board())
    bad, blur, hide = (trace.marker.color for trace in marks(figure))
    assert bad[1] == "white" and "white" not in (*blur, *hide, bad[0])
    edge = figure.data[0]
    assert list(edge.x) == sorted(edge.x) and list(edge.y) == sorted(edge.y, reverse=True)


def test_intervals_are_crosses_that_reach_as_far_as_they_do():
    table = board()
    crosses = [trace for trace in plot_frontier(table).data if trace.error_x.array is not None]
    hide = table[table["defence"] == "hide"].sort_values("strength")
    drawn = crosses[2]
    assert np.allclose(drawn.x + drawn.error_x.array, hide["usefulness_kept_high"])
    assert np.allclose(drawn.y - drawn.error_y.arrayminus, hide["inference_stopped_low"])


def test_every_defence_is_named_beside_its_line_and_no_name_covers_another():
    names = [f"way number {k}" for k in range(9)]
    table = scoreboard(made_up(**{name: [(0.8 - 0.03 * k, 0.5 + 0.02 * k)] * 2 for k, name in
                                  enumerate(names)}))  # fmt: skip
    figure = plot_frontier(table)
    labels = figure.layout.annotations
    assert sorted(label.text for label in labels) == names
    ends = [np.ptp(figure.layout[axis].range) for axis in ("xaxis", "yaxis")]
    places = np.array([[label.x, label.y] for label in labels]) / ends
    apart = np.abs(places[:, None] - places[None]) / (0.011 * len(names[0]), 0.045)
    assert (apart.max(axis=2) + 9 * np.eye(9) >= 1 - 1e-9).all()
    for trace, label in zip(marks(figure), labels, strict=True):
        assert trace.line.color == label.font.color
        assert np.abs((trace.x[0] - label.x, trace.y[0] - label.y)).max() < 0.2


def test_it_says_what_is_on_the_frontier():
    said = describe(plot_frontier(board(), title="What helps"))
    assert said.startswith("What helps. The guess about side by likes, over 2 towns.")
    assert "hide 1 stops 63% and keeps 65%; blur 1 stops 30% and keeps 95%." in said
    assert "bad" not in said
    only = board().query("strength == 0")
    assert "On the frontier: only no defence." in describe(plot_frontier(only))


def test_options_without_a_number_are_left_out():
    table = board()
    table.loc[table["defence"] == "bad", "inference_stopped"] = np.nan
    assert len(marks(plot_frontier(table))) == 2
    with pytest.raises(
        TableError, match=r"no option has both numbers.*Take more seeds or more peo"
    ):
        plot_frontier(table[table["defence"] == "bad"])


def test_one_method_and_one_trait_are_drawn_at_a_time():
    other = board().assign(method="friends")
    with pytest.raises(TableError, match=r"about several methods or traits. Draw one at a time"):
        plot_frontier(pd.concat([board(), other]))
    with pytest.raises(TableError, match="plot_frontier: column 'frontier' is missing"):
        plot_frontier(board().drop(columns="frontier"))


def test_a_defence_looks_the_same_whichever_others_are_drawn():
    whole, names = board(), sorted(board()["defence"].unique())
    last = names[-1]
    looks = [
        next(
            (trace.line.color, trace.line.dash, trace.marker.symbol)
            for trace in plot_frontier(table, names=names).data
            if trace.hovertemplate and trace.hovertemplate.startswith(last)
        )
        for table in (whole, whole[whole["defence"] == last])
    ]
    assert looks[0] == looks[1]
    with pytest.raises(UnknownNameError, match=rf"names: the defence '{last}' does not exist"):
        plot_frontier(whole, names=names[:-1])
