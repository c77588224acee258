"""How fast answers are passed on: `ethics_lib.walks` beside SciPy and other libraries, as ratios.

All are given the same friends and the same answers, one after the other in every round. Ours takes
every processor that it may use; the others come as they come. `python3 run.py bench steps` brings
the peers; started on its own, this file compares with those that are there and names the others.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import date
from functools import partial
from html import escape
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from friends import ME, OURS, draw_degrees, say, take_time, verdict
from scipy.sparse import csr_array
from ways import (
    FIELD,
    FIXED,
    LABELLED,
    LONG,
    SAME,
    SMALL,
    WALKS,
    Task,
    Town,
    ask,
    draw_friends,
    find_error,
    get_ready,
    is_there,
)

from ethics_lib import propagate, walks
from ethics_lib.steps import stepper

SIZES = (10_000, 100_000, 1_000_000)
BARRED = 100_000  # people: the size for which the bars on ratios are meant
COLUMNS = 8  # of the ten steps: so many values has the answer
STEPS = 10
READY = 10_000  # people, among whom the numbers of iterations are found
MEGABYTES = 256  # of each array that is copied to measure the memory: many times a cache
FEW_ROUNDS = 2  # of the largest sizes: there, noise is small and a round takes a minute
THREADS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()

TITLE = "How fast answers are passed on"
TEN = "ten steps"
NOBODY_ELSE = (
    "igraph and networkit know no way to that fixed point: igraph's label propagation can hold "
    "labels fixed, but passes whole labels on, by majority; networkit's holds none."
)

# The bars, said in advance.
OF_PLAIN = 0.6
WHOLE_SECONDS, WHOLE_GIGABYTES = 10, 3
EXPONENT = 1.3

_share = "{:.2f}".format
_times = lambda times: f"{times:.2f}" if times < 100 else f"{times:,.0f}"  # noqa: E731
_or_blank = lambda form: lambda value: "" if pd.isna(value) else form(value)  # noqa: E731
STEPS_SHOWN = {
    "way": str,
    "answered": _or_blank("{:.0%}".format),
    "ms": "{:.1f}".format,
    "of plain": _share,
    "from": _share,
    "to": _share,
    "bar": _or_blank("<= {:g}".format),
    "holds": str,
    "GB/s": "{:.1f}".format,
    "of bandwidth": _share,
}
BESIDE_SHOWN = {
    "way": str,
    "library": str,
    "build s": _or_blank("{:.2f}".format),
    "s": "{:.3f}".format,
    "times ours": _times,
    "from": _times,
    "to": _times,
    "bar": _or_blank(">= {:g}".format),
    "holds": str,
    "max error": _or_blank("{:.0e}".format),
    "same guess": "{:.1%}".format,
}


# What is timed -----------------------------------------------------------------------------------


def in_turn(
    calls: Mapping[str, Callable[[], object]], *, rounds: int, once: tuple[str, ...] = ()
) -> tuple[pd.DataFrame, dict[str, object]]:
    """Take the time of each call once a round, the order turning from round to round.

    Returns
    -------
    seconds : DataFrame, a row a round, a column a call; NaN where one is called only once
    results : what each call gave at first
    """
    names, given = list(calls), {}
    took = pd.DataFrame(np.nan, range(rounds), names)
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            if not turn or name not in once:
                took.loc[turn, name], result = take_time(calls[name])
                given.setdefault(name, result)
    return took, given


def compare_with(base: str, took: pd.DataFrame) -> pd.DataFrame:
    """Compare times within each round: the median of the seconds, and of the multiples of base."""
    times = took.div(took[base], axis=0)
    return pd.DataFrame(
        {"s": took.median(), "times": times.median(), "from": times.min(), "to": times.max()}
    )


def few(rounds: int, people: int) -> int:
    """The rounds for so many people."""
    return min(rounds, FEW_ROUNDS) if people > BARRED else rounds


# Ten steps ---------------------------------------------------------------------------------------


def measure_bandwidth(*, rounds: int = 5) -> float:
    """Measure what the memory gives, in bytes a second: a threaded copy, read and written.

    The best of the rounds counts; in the first, the system still looks for the memory.
    """
    source = np.ones(MEGABYTES * 2**20 // 8)
    target = np.empty_like(source)
    parts = [np.array_split(array, THREADS) for array in (target, source)]
    with ThreadPoolExecutor(THREADS) as pool:
        copy = lambda: list(pool.map(np.copyto, *parts))  # noqa: E731
        seconds = min(take_time(copy)[0] for _ in range(rounds + 1))
    return 2 * source.nbytes / seconds


def _ten(product: Callable[[np.ndarray], np.ndarray], scores: np.ndarray) -> np.ndarray:
    for _ in range(STEPS):
        scores = product(scores)
    return scores


def compare_steps(friends: csr_array, *, rounds: int, bandwidth: float) -> pd.DataFrame:
    """Compare ten steps of label propagation with ten plain products: columns of `STEPS_SHOWN`.

    A step moves at least each friendship of those who move, its column and its value, and the
    scores once in and once out. So many bytes in the time taken are the share of the bandwidth;
    the scores of friends are fetched more often than once, which is not counted.
    """
    people = friends.shape[0]
    towns = {share: ask(friends, share=share, values=COLUMNS) for share in (0.1, 0.2, 0.5)}
    start = towns[LABELLED].answers
    calls = {"plain SciPy": lambda: _ten(friends.__matmul__, start)}
    calls["threaded"] = lambda: _ten(stepper(friends), start)
    for share, town in towns.items():
        calls[share] = partial(walks.label_propagation, friends, town.known, town.answers)
    took, _ = in_turn(calls, rounds=few(rounds, people))
    table = compare_with("plain SciPy", took).rename(columns={"times": "of plain"})
    friendships = np.diff(friends.indptr)
    moved = [(friends.nnz, people)] * 2
    moved += [(friendships[~t.known].sum(), (~t.known).sum()) for t in towns.values()]
    each, row = friends.data.itemsize + friends.indices.itemsize, start[0].nbytes
    volume = np.array([STEPS * (nnz * each + (people + rows) * row) for nnz, rows in moved])
    answered = pd.Series([np.nan, np.nan, *towns], table.index)
    table["way"] = ["plain SciPy", "threaded", *["label_propagation"] * len(towns)]
    barred = (answered == LABELLED) & (people == BARRED)
    return table.assign(
        people=people,
        answered=answered,
        ms=1e3 * table["s"],
        bar=np.where(barred, OF_PLAIN, np.nan),
        holds=np.where(barred, (table["of plain"] <= OF_PLAIN).map(verdict), ""),
        **{"GB/s": volume / table["s"] / 1e9, "of bandwidth": volume / table["s"] / bandwidth},
    )[["people", *STEPS_SHOWN, "s"]]


# Beside the peers --------------------------------------------------------------------------------


def compare(
    task: Task, town: Town, solution: np.ndarray, *, rounds: int
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Compare ours with the peers that are there: columns as in `BESIDE_SHOWN`; and their scores.

    A ratio is taken within a round, in which each is called once, and the median over rounds
    counts.
    """
    ways = [task.ours, *(way for way in task.peers if is_there(way))]
    ways = [way for way in ways if town.people <= BARRED or not way.slow]
    calls, rows = {}, []
    for way in ways:
        seconds, graph = take_time(way.build, town)
        calls[way.title] = partial(way.pass_on, graph, town, way.iterations)
        bar = way.at_least if town.people == BARRED else np.nan
        library = f"{way.package} {importlib.metadata.version(way.package)}"
        rows.append((way.title, library, np.nan if graph is town.friends else seconds, bar))
    once = tuple(way.title for way in ways if way.slow)
    took, scores = in_turn(calls, rounds=few(rounds, town.people), once=once)
    table = compare_with(task.ours.title, took).rename(columns={"times": "times ours"})
    table[["way", "library", "build s", "bar"]] = pd.DataFrame(rows, table.index)
    errors = [find_error(scores[name], solution, town) for name in table.index]
    table[["max error", "same guess"]] = errors
    table["holds"] = table["times ours"].ge(table["bar"]).map(verdict)
    table.loc[table["bar"].isna(), "holds"] = ""
    return table.assign(people=town.people, task=task.name), scores


# From the ties table to probabilities ------------------------------------------------------------


def measure_whole(ends: Path, people: int, *, rounds: int) -> pd.Series:
    """Measure `propagate` from a table of ties in memory to one of beliefs: seconds and peak.

    The peak is that of the whole process, its tables included; it is unknown (NaN) on Windows.
    """
    a, b = np.load(ends)
    ties = pd.DataFrame({"a": a, "b": b, "context": "friend"})
    asked = np.random.default_rng(1).permutation(people)[: int(LABELLED * people)]
    side = np.where(asked % 2, "white", "black")
    known = pd.DataFrame({"person": asked.astype(np.int32), "trait": "side", "value": side})
    tell = partial(propagate, holder="Murmur", people=pd.RangeIndex(people, name="person"))
    tell(known, ties[:1000])  # what a first call loads is not counted
    seconds = [take_time(lambda: len(tell(known, ties)))[0] for _ in range(rounds)]
    return pd.Series(
        {
            "people": people,
            "ties": len(ties),
            "seconds": np.median(seconds),
            "GB at the peak": measure_peak(),
        }
    )


def measure_peak() -> float:
    """Measure the peak of memory of this process in GB; NaN where the system does not tell."""
    try:
        import resource
    except ImportError:
        return np.nan
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def scale(sizes: list[int], *, rounds: int) -> pd.DataFrame:
    """Measure `propagate` for each number of people, each in a process of its own: a row a size."""
    rows = []
    for people in sizes:
        with tempfile.TemporaryDirectory() as folder:
            ends = Path(folder) / "ends.npy"
            for work in (
                partial(write_ends, ends, people),
                partial(measure_whole, ends, people, rounds=few(rounds, people)),
            ):
                with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
                    result = alone.submit(work).result()
        rows.append(result)
    return pd.DataFrame(rows)


def write_ends(ends: Path, people: int) -> None:
    """Write both ends of the ties of so many people."""
    ties = OURS.draw(draw_degrees(people, rng=0), 0)
    np.save(ends, ties[["a", "b"]].to_numpy().T)


def find_exponent(people: pd.Series, seconds: pd.Series) -> float:
    """Find the slope of log seconds over log people: 1 is proportional."""
    return np.polyfit(np.log(people), np.log(seconds), 1)[0]


# What is said ------------------------------------------------------------------------------------


def say_table(table: pd.DataFrame, shown: Mapping[str, Callable[[object], str]]) -> None:
    """Print the columns that are shown."""
    columns = {name: table[name].map(form) for name, form in shown.items()}
    say(pd.DataFrame(columns).to_string(index=False))


def say_bar(what: str, value: float, bar: float, form: str = ".2f") -> None:
    """Print a value beside the most that it should be, and whether it is no more."""
    say(f"{what} {value:{form}}, at most {bar:g}: {verdict(value <= bar)}")


def say_whole(whole: pd.DataFrame) -> None:
    """Print what `propagate` took for each size, and the verdict on the largest."""
    forms = dict.fromkeys(("people", "ties"), "{:,.0f}".format)
    forms |= dict.fromkeys(("seconds", "GB at the peak"), "{:.2f}".format)
    say_table(whole, forms)
    last = whole.iloc[-1]
    if last["people"] == SIZES[-1]:
        say_bar("seconds", last["seconds"], WHOLE_SECONDS, ".1f")
        if np.isnan(last["GB at the peak"]):
            say("The peak of memory cannot be told on this system.")
        else:
            say_bar("GB", last["GB at the peak"], WHOLE_GIGABYTES)


def say_same(town: Town, scores: Mapping[str, np.ndarray], solution: np.ndarray) -> None:
    """Print how far ours is from SciPy's solution, and from Dirichlet's where that was made."""
    solver = "the direct solve" if town.people <= SMALL else "SciPy's cg"
    for what, other in ((solver, solution), (LONG.title, scores.get(LONG.title))):
        if other is not None:
            error, _ = find_error(scores[FIELD.title], other, town)
            say_bar(f"harmonic_field from {what}:", error, SAME, ".0e")


def say_small() -> None:
    """Print the same for few enough people for a direct solve."""
    town = ask(draw_friends(SMALL))
    ways = [way for way in (FIELD, LONG) if is_there(way)]
    scores = {way.title: way.pass_on(way.build(town), town, way.iterations) for way in ways}
    say(f"\n{SMALL:,} people")
    say_same(town, scores, FIXED.solve(town))


def say_missing(people: int) -> None:
    """Print who is not in the tables, and why."""
    peers = [*FIXED.peers, *WALKS.peers]
    missing = dict.fromkeys(way.package for way in peers if not is_there(way))
    if missing:
        say(f"Not compared, because not installed: {', '.join(missing)}. To get them: {ME} bench")
    slow = [f"{way.title} of {way.package}" for way in peers if is_there(way) and way.slow]
    say(f"One round, and none with more than {BARRED:,} people: {', '.join(slow) or 'nobody'}.")
    say(NOBODY_ELSE)


def say_size(
    people: int, tasks: tuple[Task, ...], *, rounds: int, bandwidth: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare everything for so many people, print it, and hand back the tables."""
    friends = draw_friends(people)
    town, turns = ask(friends), few(rounds, people)
    say(f"\n{people:,} people, {friends.nnz // 2:,} ties: the median of {turns} rounds")
    say(f"Ten steps, {COLUMNS} columns")
    steps = compare_steps(friends, rounds=rounds, bandwidth=bandwidth)
    say_table(steps, STEPS_SHOWN)
    tables = []
    for task in tasks:
        say(task.title)
        solution = task.solve(town)
        table, scores = compare(task, town, solution, rounds=rounds)
        say_table(table, BESIDE_SHOWN)
        if task.name == FIXED.name:
            say_same(town, scores, solution)
        tables.append(table)
    return steps, pd.concat(tables)


def say_growth(whole: pd.DataFrame, steps: pd.DataFrame) -> None:
    """Print how the times grow with the people, where there is more than one size."""
    if len(whole) > 1:
        ten = steps[steps["answered"] == LABELLED]
        say("\nGrowth")
        say_bar("propagate: exponent", find_exponent(whole["people"], whole["seconds"]), EXPONENT)
        say_bar("ten steps: exponent", find_exponent(ten["people"], ten["s"]), EXPONENT)


# What is drawn -----------------------------------------------------------------------------------


def draw(steps: pd.DataFrame, beside: pd.DataFrame, file: Path) -> None:
    """Draw the multiples and the share of the bandwidth into a page that needs no network."""
    from ethics_lib.figures import CONFIG, describe

    figure = make_figure(steps, beside)
    drawn = figure.to_html(full_html=False, config=dict(CONFIG))
    look = "body{font:17px sans-serif;width:1100px;margin:2em auto}p{max-width:50em}"
    file.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{TITLE}</title>'
        f"<style>{look}</style>{drawn}<p>{escape(describe(figure))}</p></html>",
        encoding="utf-8",
    )


def find_times(steps: pd.DataFrame, beside: pd.DataFrame) -> pd.DataFrame:
    """Find what stands at the left: one row a task, a way and a size, and its multiple of ours."""
    ours = steps[steps["answered"] == LABELLED]
    plain = pd.DataFrame({"people": ours["people"], "times ours": 1 / ours["of plain"]})
    plain = plain.assign(**{"from": 1 / ours["to"], "to": 1 / ours["from"]})
    plain = plain.assign(task=TEN, way="plain product", library="SciPy")
    times = pd.concat([plain, beside], ignore_index=True)
    times["library"] = times["library"].str.split().str[0]
    shown = ["task", "way", "library", "people", "times ours", "from", "to"]
    return times.loc[times["library"] != "ethics-lib", shown]


def make_figure(steps: pd.DataFrame, beside: pd.DataFrame) -> object:
    """Make the figure: how many times as long others take; how much of the bandwidth is used."""
    from ethics_lib.figures import dashed, finish

    times = find_times(steps, beside)
    message = (
        "Left: the time of each library as a multiple of ours, on a logarithmic scale; right of "
        "the dashed line, ours is ahead. A point is the median of the rounds, a bar their range. "
        f"{LABELLED:.0%} of the people answered. In brackets: the iterations that come within "
        f"{SAME:g} of the fixed point, or the 500 of the claim. Right: bytes that ten steps must "
        "move at least, in the time that they took, as a share of what the memory gives to a copy."
    )
    ends = np.log10([0.8 * times["from"].min(), 1.4 * times["to"].max()])
    sizes = steps["people"].unique()
    ticks = [digit * 10.0**power for power in range(-1, 4) for digit in (1, 2, 5)]
    return finish(
        [*_points(times), *_lines(steps)],
        TITLE,
        message,
        times,
        width=1100,
        height=620,
        margin={"l": 10, "r": 40, "t": 110, "b": 10},
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        legend2={"x": 0.69, "y": 0.02, "yanchor": "bottom", "bgcolor": "rgba(255,255,255,.8)"},
        xaxis={
            "type": "log",
            "domain": [0, 0.55],
            "range": ends,
            "title": "times as long as ours",
            "tickvals": ticks,
            "ticktext": [f"{tick:g}" for tick in ticks],
        },
        yaxis={"autorange": "reversed", "tickfont": {"size": 15}, "dividercolor": "#999"},
        xaxis2={"type": "log", "domain": [0.68, 1], "title": "people", "tickvals": sizes},
        yaxis2={
            "anchor": "x2",
            "title": "share of the memory's bandwidth",
            "rangemode": "tozero",
            "tickformat": ".0%",
        },
        shapes=[dashed("x", 1) | {"yref": "y domain", "y0": 0, "y1": 1}],
    )


def _points(times: pd.DataFrame) -> list:
    """One point a library and a size."""
    from plotly.graph_objects import Scatter

    from ethics_lib.figures import COLOURS, SYMBOLS

    return [
        Scatter(
            x=those["times ours"],
            y=[those["task"], those["way"] + "<br>" + those["library"]],
            mode="markers",
            marker={
                "size": 12,
                "symbol": SYMBOLS[k % 4],
                "color": COLOURS[k % 4],
                "line": {"width": 1, "color": "white"},
            },
            error_x={
                "array": those["to"] - those["times ours"],
                "arrayminus": those["times ours"] - those["from"],
                "thickness": 1.5,
                "width": 4,
            },
            name=f"{people:,} people",
        )
        for k, (people, those) in enumerate(times.groupby("people"))
    ]


def _lines(steps: pd.DataFrame) -> list:
    """One line a way to take ten steps."""
    from plotly.graph_objects import Scatter

    from ethics_lib.figures import BLUE, GREY, PINK

    shown = steps[steps["answered"].isna() | (steps["answered"] == LABELLED)]
    return [
        Scatter(
            x=those["people"],
            y=those["of bandwidth"],
            mode="lines+markers",
            xaxis="x2",
            yaxis="y2",
            line={"color": (GREY, PINK, BLUE)[k], "width": 3, "dash": ("dot", "dash", "solid")[k]},
            marker={"size": 9},
            legend="legend2",
            name=way,
        )
        for k, (way, those) in enumerate(shown.groupby("way", sort=False))
    ]


def main(arguments: list[str]) -> int:
    """Print all of it, and draw it where that is asked for."""
    parser = argparse.ArgumentParser(prog="steps.py", description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, nargs="+", default=SIZES, help="of each town")
    parser.add_argument("--rounds", type=int, default=5, help="each is called once a round")
    parser.add_argument("--draw", type=Path, metavar="FILE.html", help="also draw it")
    options = parser.parse_args(arguments)
    sizes = sorted(options.people)
    versions = [
        f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "scipy", "pandas")
    ]
    python = f"Python {platform.python_version()}"
    say(", ".join([f"{date.today()}", python, *versions, f"{THREADS} processors"]))
    # First, and in processes of their own: a peak of memory counts what was there before.
    say("\nFrom the ties table to probabilities")
    whole = scale(sizes, rounds=options.rounds)
    say_whole(whole)
    bandwidth = measure_bandwidth()
    say(f"\nThe memory: {bandwidth / 1e9:.0f} GB a second, read and written")
    say_small()
    town = ask(draw_friends(min(READY, sizes[0])))
    tasks = tuple(get_ready(task, town) for task in (FIXED, WALKS))
    tables = [say_size(n, tasks, rounds=options.rounds, bandwidth=bandwidth) for n in sizes]
    steps, beside = (pd.concat(parts, ignore_index=True) for parts in zip(*tables, strict=True))
    say_growth(whole, steps)
    say_missing(sizes[-1])
    if options.draw:
        draw(steps, beside, options.draw)
        say(f"drawn in {options.draw}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
