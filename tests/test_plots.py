"""Figures: what they say comes from their data, and nothing in them leads elsewhere."""

import copy

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio
import pytest

from ethics_lib import figures, plots
from ethics_lib.figures import CONFIG, describe
from ethics_lib.tables import TableError, UnknownNameError

GROUPS = pd.DataFrame(
    {"group": ["friends", "spread"], "estimate": [0.6, 0.7], "low": [0.5, 0.6], "high": [0.7, 0.8]}
)
CURVE = pd.DataFrame({"share": [0.1, 1.0], "estimate": [0.5, 0.7]}).assign(low=0.4, high=0.8)
TIES = pd.DataFrame({"a": [0, 1], "b": [1, 2], "context": "work"})
SIDES = pd.Series(["red", "blue", "did not say"])
REASONS = pd.DataFrame(
    {
        "person": 9,
        "trait": "party",
        "origin": "observed",
        "from_person": 9,
        "item": pd.array([0, 1, pd.NA], dtype="Int32"),
        "weight": [0.5, -0.2, 0.1],
    }
)
BILL = REASONS.assign(from_person=[1, 2, 3], item=pd.array([pd.NA] * 3, dtype="Int32"))
NAMES = {0: "The Kettle", 1: "The Bell", 2: "The Stair", 3: "The Oar"}
FINDINGS = pd.DataFrame(
    {
        "line": ["EL-01", "EL-03", "EL-04"],
        "claim": ["a", "b", "c"],
        "severity": ["red", "amber", "red"],
        "law": "breach",
        "ethics": "breach",
        "jurisdiction": "UK",
        "crossed": pd.array([True, False, pd.NA], dtype="boolean"),
        "n_people": pd.array([40, 0, pd.NA], dtype="Int64"),
        "reason": "",
    }
)
WRONGED = pd.DataFrame(
    {
        "line": ["EL-01", "EL-01", "EL-01", "EL-03"],
        "person": [1, 2, 3, 1],
        "jurisdiction": "UK",
        "severity": ["red", "amber", "red", "amber"],
        "law": "breach",
        "trait": ["faith", "party", "faith", None],
    }
)
NAN = float("nan")
RECOVERED = pd.DataFrame(
    [
        ("A", "A-in", 0.88, 0.85, 0.91, 0.89, 0.88, 0.9, True, True, "primary"),
        ("A", "A-out", 0.6, 0.57, 0.63, 0.7, 0.69, 0.71, False, True, "secondary"),
        ("B", "B-memory", 0.75, 0.7, 0.8, 0.9, 0.8, 1.0, False, False, "memory"),
        ("B", "B-falls", -0.1, NAN, -0.01, -0.05, -0.06, -0.04, True, False, "secondary"),
        ("B", "B-rises", NAN, 0, NAN, 0.2, 0.1, 0.3, True, False, "primary"),
        ("B", "B-far", 68, 50, 90, 4_000, 3_900, 4_100, False, False, "primary"),
        ("C", "C-unseen", 2.5, 2, 3.2, NAN, NAN, NAN, pd.NA, False, "primary"),
    ],
    columns="effect figure published low high measured at_least at_most holds fitted "
    "standing".split(),
).astype({"holds": "boolean"})
SURE = pd.DataFrame({"p": [0.2, 0.8], "share": [0.3, 0.5], "low": 0.1, "high": 0.9, "n": [10, 20]})
RULES = pd.DataFrame({"rule": ["few", "many"], "glad": [1, 9], "wrongly": [0, 80]})
SEATS = pd.DataFrame([[1, 0], [1, 1]], index=["Ann", "Bea"], columns=["E1", "E2"])

# figure, its table, how to draw it, a number that it must say, how to change the table
DRAWN = {
    "reasons": (REASONS, lambda t: plots.plot_reasons(t, labels=NAMES), "weight", "+0.40"),
    "bill": (BILL, lambda t: plots.plot_reasons(t, labels=NAMES), "weight", "+0.40"),
    "curve": (CURVE, lambda t: plots.plot_curve(t, x="share"), "estimate", "0.70"),
    "groups": (GROUPS, plots.plot_groups, "estimate", "0.700"),
    "matrix": (SEATS, plots.plot_matrix, "E2", "3 marks"),
    "calibration": (SURE, plots.plot_calibration, "share", "50%"),
    "tradeoff": (
        RULES,
        lambda t: plots.plot_tradeoff(t, x="glad", y="wrongly", label="rule"),
        "wrongly",
        "80",
    ),
    "findings": (FINDINGS, plots.plot_findings, "n_people", "40"),
    "effects": (RECOVERED, plots.plot_effects, "measured", "0.700 here, published 0.600"),
}


@pytest.mark.parametrize("name", DRAWN)
def test_description_follows_the_data(name):
    table, draw, column, says = DRAWN[name]
    before = table.copy()
    said = describe(draw(table))
    assert says in said
    changed = table.assign(**{column: table[column] * 0})
    assert describe(draw(changed)) != said
    pd.testing.assert_frame_equal(table, before)


def test_network_says_how_many_of_each():
    figure = plots.plot_network(TIES, values=SIDES, known=[0], rng=1)
    assert "3 people and 2 ties: 1 blue (0 said so), 1 red (1 said so)" in describe(figure)
    other = plots.plot_network(TIES, values=SIDES.replace("red", "blue"), known=[0], rng=1)
    assert "2 blue (1 said so)" in describe(other)


def test_network_shows_by_shape_and_filling_not_by_colour_alone():
    figure = plots.plot_network(TIES, values=SIDES, known=[0], focus=0, labels=NAMES, rng=1)
    marks = {trace.name: trace.marker for trace in figure.data if trace.name}
    assert len({mark.symbol for mark in marks.values()}) == 2  # those who did not say are round
    assert marks["red (1)"].color[0] != "white"
    assert marks["blue (1)"].color[0] == "white"
    assert figure.layout.annotations[0].text == "<b>The</b>"


def test_same_seed_same_drawing():
    one, two = (plots.plot_network(TIES, values=SIDES, rng=3) for _ in range(2))
    assert one == two


def marks_of(figure):
    return {t.name: t for t in figure.data if t.name and "(" in t.name}


def test_effects_are_told_apart_by_colour_and_by_shape():
    marks = marks_of(plots.plot_effects(RECOVERED))
    assert list(marks) == [
        "holds (3)",
        "does not hold (2)",
        "shown, not counted (1)",
        "not measured (1)",
    ]
    looks = [(mark.marker.line.color, mark.marker.symbol) for mark in marks.values()]
    assert len({symbol for _, symbol in looks}) == 4
    assert looks[0][0] != looks[1][0]
    hollow = [name for name, mark in marks.items() if mark.marker.color == "white"]
    assert hollow[0] == "shown, not counted (1)"


def test_a_mark_lies_within_its_band_exactly_if_it_holds():
    for name, mark in marks_of(plots.plot_effects(RECOVERED)).items():
        if name.startswith("holds"):
            assert mark.x == pytest.approx([1 / 3, 1 - 0.04 / 0.09, 0])
        if name.startswith("does not"):
            assert mark.x == pytest.approx([10 / 3, 2.6], rel=0.3)
            assert list(mark.text) == ["▶", "▶"]


@pytest.mark.parametrize("value", [0.85, 0.91, 0.849, 0.911])
def test_the_ends_of_a_band_belong_to_it(value):
    row = RECOVERED[:1].assign(measured=value, holds=0.85 <= value <= 0.91)
    (mark,) = marks_of(plots.plot_effects(row)).values()
    assert mark.name.startswith("holds") == (abs(mark.x[0]) <= 1 + 1e-9)


def test_an_open_band_reaches_the_edge_and_a_claim_without_a_number_has_no_tick():
    figure = plots.plot_effects(RECOVERED[3:5])
    band, tick = figure.data[:2]
    assert np.allclose(np.reshape(band.x, (2, 3))[:, :2], [[-2.6, 1], [-1, 2.6]])
    assert tick.x[0] == pytest.approx(0) and np.isnan(tick.x[1])


def test_a_band_of_one_point_and_one_without_ends_can_be_drawn():
    figure = plots.plot_effects(
        RECOVERED[:3].assign(low=[0.88, NAN, 0], high=[0.88, NAN, 0], published=[0.88, 0.6, 0])
    )
    assert all(np.isfinite(mark.x).all() for mark in marks_of(figure).values())


def test_effects_are_called_as_the_reader_calls_them_and_grouped():
    labels = {"A-in": "a trait that is told from likes " * 2}
    figure = plots.plot_effects(RECOVERED, labels=labels, claims={"A": "Likes say much."})
    names = list(figure.layout.yaxis.ticktext)
    assert names[0].count("<br>") == 1
    assert names[1:3] == ["A-out", "B-memory (from memory)"]
    heads = [note.text for note in figure.layout.annotations]
    assert heads[:3] == ["<b>Likes say much.</b> (fitted)", "<b>B</b> (emergent)", heads[2]]
    places = list(figure.layout.yaxis.tickvals)
    assert places == sorted(places)


def test_ninety_effects_keep_their_distance():
    many = pd.concat([RECOVERED] * 13, ignore_index=True)
    figure = plots.plot_effects(many)
    assert np.diff(figure.layout.yaxis.tickvals).min() >= 28
    assert figure.layout.height > 28 * len(many)
    assert "And more of these." in describe(figure)
    assert len(figure.layout.annotations) == 3 + 2  # a head each, and two columns of numbers


def test_bars_add_up():
    many = pd.concat([REASONS] * 10, ignore_index=True)
    figure = plots.plot_reasons(many, labels=NAMES, top=4)
    bars = figure.data[0]
    assert len(bars.x) == 5
    assert bars.y[-1] == "26 others together"
    assert sum(bars.x) == pytest.approx(many["weight"].sum())


def test_intervals_are_drawn():
    error = plots.plot_groups(GROUPS).data[0].error_x
    assert np.allclose(error.array, [0.1, 0.1])
    assert np.allclose(error.arrayminus, [0.1, 0.1])


def test_labels_at_line_ends_keep_apart():
    two = pd.concat([CURVE.assign(way="one"), CURVE.assign(way="other")])
    figure = plots.plot_curve(two, x="share", group="way", reference=0.5)
    heights = sorted(note.y for note in figure.layout.annotations)
    assert heights[1] - heights[0] > 0.02
    assert figure.layout.shapes[0].y0 == 0.5


@pytest.mark.parametrize("name", DRAWN)
def test_the_data_are_there_as_a_table(name):
    figure = DRAWN[name][1](DRAWN[name][0])
    caption = figures._caption(figure)
    assert "<table" in caption
    assert describe(figure)[:30].replace("&", "&amp;") in caption


def test_description_survives_a_copy():
    figure = plots.plot_groups(GROUPS, title="One look")
    assert describe(copy.deepcopy(figure)) == describe(figure)
    assert describe(figure).startswith("One look. Highest: spread with 0.700")


def test_no_way_of_showing_a_figure_offers_to_upload(monkeypatch):
    """Not even of a figure that a reader makes with plotly alone."""
    import IPython.display

    figures.stay_home.cache_clear()
    shown = []
    monkeypatch.setattr(IPython.display, "display", lambda data, **_: shown.append(data))
    monkeypatch.setattr(pio.renderers, "default", "plotly_mimetype")
    monkeypatch.setattr(pio.renderers["plotly_mimetype"], "config", {"showSendToCloud": True})
    go.Figure(go.Bar(y=[1])).show()
    with_config = [data[key] for data in shown for key in data if "plotly" in key]
    assert with_config[0]["config"]["showSendToCloud"] is False
    for name in pio.renderers:
        held = getattr(pio.renderers[name], "config", CONFIG)
        assert held["showSendToCloud"] is False, name
        assert held["displaylogo"] is False


def test_in_a_notebook_it_shows_figure_and_words(monkeypatch):
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython.display, "display", lambda data, raw: shown.append(data))
    plots.plot_groups(GROUPS)._ipython_display_()
    picture, words = shown
    config = picture["application/vnd.plotly.v1+json"]["config"]
    assert config["showSendToCloud"] is False
    assert config["plotlyServerURL"] == ""
    assert "Highest: spread" in words["text/html"]


def tiles(**columns):
    figure = plots.plot_findings(FINDINGS, wronged=WRONGED, **columns)
    (heat,) = figure.data
    return dict(zip(FINDINGS["line"], heat.text.tolist(), strict=True)), list(heat.x), figure


def test_lines_stand_beside_what_they_are_crossed_about():
    said, columns, figure = tiles()
    assert columns == ["faith", "party", "whatever<br>is believed"]
    # no tick beside a cross: it would read as acquitted
    assert said["EL-01"] == ["● 2", "▲ 1", ""]
    assert said["EL-03"] == ["", "", "▲ 1"]
    assert said["EL-04"] == ["?", "?", "?"]
    assert "2 of 3 lines are crossed here, 1 could not be tested" in describe(figure)
    assert "Empty: that line is crossed about other things." in describe(figure)


def test_a_tick_stands_only_where_the_whole_line_is_clear():
    clear = WRONGED[WRONGED["line"] == "EL-01"]
    (heat,) = plots.plot_findings(FINDINGS, wronged=clear).data
    assert heat.text.tolist() == [["● 2", "▲ 1"], ["✓", "✓"], ["?", "?"]]
    (heat,) = plots.plot_findings(FINDINGS, wronged=clear, labels={"illness": "illness"}).data
    assert heat.text.ravel().tolist() == ["", "✓", "?"]


def test_a_clean_audit_is_drawn_too():
    clean = FINDINGS.assign(crossed=pd.array([False] * 3, dtype="boolean"), n_people=0)
    for nobody in (WRONGED[:0], WRONGED[:0].drop(columns="trait")):
        figure = plots.plot_findings(clean, wronged=nobody)
        (heat,) = figure.data
        assert list(heat.x) == ["whatever<br>is believed"]
        assert heat.text.ravel().tolist() == ["✓", "✓", "✓"]
        assert "0 of 3 lines are crossed here" in describe(figure)


def test_categories_are_drawn_as_words():
    words = dict.fromkeys(("line", "claim", "severity", "jurisdiction"), "category")
    findings = FINDINGS.astype(words)
    wronged = WRONGED.astype({"line": "category", "severity": "category", "trait": "category"})
    plain, drawn = (
        plots.plot_findings(f, wronged=w).data[0].text.tolist()
        for f, w in ((FINDINGS, WRONGED), (findings, wronged))
    )
    assert plain == drawn
    bars = (plots.plot_findings(table).data[0].text for table in (FINDINGS, findings))
    assert len(set(bars)) == 1


def test_lines_stand_beside_the_people_whom_they_wrong():
    said, columns, figure = tiles(across="person", labels={2: "Ann", 1: "Bea", 9: "Cy"})
    assert columns == ["Ann", "Bea", "Cy"]
    assert said["EL-01"] == ["▲", "●", "✓"] and said["EL-03"] == ["✓", "▲", "✓"]
    assert "Most lines, 2, are crossed at Bea." in describe(figure)
    said, _, figure = tiles(across="person", labels={9: "Cy"})
    assert said["EL-01"] == ["✓"] and "0 of 3 lines are crossed here" in describe(figure)


def test_people_are_drawn_by_name_only():
    with pytest.raises(TableError, match=r"across='person' draws some people. Name them: labels="):
        tiles(across="person")
    with pytest.raises(TableError, match=r"across='person' draws some people"):
        tiles(across="person", labels={})
    with pytest.raises(UnknownNameError, match=r"across 'people' does not exist"):
        tiles(across="people")


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.plot_groups(GROUPS.drop(columns="low")), "column 'low' is missing"),
        (lambda: plots.plot_groups(GROUPS[:0]), "the table has no rows"),
        (lambda: plots.plot_curve(CURVE, x="open"), "column 'open' is missing"),
        (lambda: plots.plot_findings(FINDINGS.drop(columns="claim")), "column 'claim' is missing"),
        (lambda: plots.plot_reasons(REASONS[:0], labels={}), "the table has no rows"),
        (lambda: plots.plot_effects(RECOVERED.drop(columns="low")), "column 'low' is missing"),
        (lambda: plots.plot_effects(RECOVERED[:0]), "plot_effects: the table has no rows"),
        (lambda: plots.plot_network(TIES, values=SIDES[:2], rng=1), "there is no such person"),
    ],
)
def test_bad_tables_are_named(draw, message):
    with pytest.raises(TableError, match=message):
        draw()


def test_text_has_enough_contrast():
    def luminance(colour):
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        parts = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for colour in (*figures.COLOURS, figures.GREY):
        assert 1.05 / (luminance(colour) + 0.05) >= 4.5, colour


def test_lines_that_end_alike_have_labels_apart():
    ends = pd.DataFrame({"x": [0, 1] * 2, "estimate": [1.0, 0.0] * 2, "of": ["a", "a", "b", "b"]})
    ends = ends.assign(low=ends["estimate"], high=ends["estimate"])
    figure = plots.plot_curve(ends, x="x", group="of")
    heights = [label.y for label in figure.layout.annotations]
    assert len(heights) == 2 and heights[1] - heights[0] > 0.1
