"""How fast friends are made: `ethics_lib.make_ties` beside three peers, as ratios in one run.

All draw from the same expected degrees, one after the other in every round, on one thread. A peer
makes no circles, and ours does: see the column of transitivity. `python3 run.py bench` brings the
peers; started on its own, this file compares with those that are there and names the others.
"""

from __future__ import annotations

import argparse
import gc
import importlib.metadata
import importlib.util
import os
import platform
import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from ethics_lib.ties import make_ties
from ethics_lib.world import make_world

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from environment import ME, say

MEAN_DEGREE = 40
SPREAD = 0.7  # sd of the logarithm of the expected degrees
HOMOPHILY = 0.2
SIZES = (10_000, 100_000, 1_000_000)

# The bars, said in advance.
TRANSITIVITY = 0.1
EXPONENT = 1.3
CITY_SECONDS, CITY_GIGABYTES = 240, 14

COLUMNS = {
    "generator": str,
    "library": str,
    "ns a tie": "{:.0f}".format,
    "times ours": "{:.2f}".format,
    "from": "{:.2f}".format,
    "to": "{:.2f}".format,
    "bar": lambda bar: "" if np.isnan(bar) else f">= {bar:g}",
    "holds": str,
    "ties": "{:,}".format,
    "mean degree": "{:.1f}".format,
    "transitivity": "{:.3f}".format,
}


@dataclass(frozen=True)
class Generator:
    """One way to draw a graph from expected degrees."""

    name: str
    package: str
    at_least: float  # its time as a multiple of ours
    draw: Callable[[list[int], int], object]  # (expected degrees, seed) -> a graph of its own kind
    ends: Callable[[object], np.ndarray]  # that graph -> both ends of each tie


def _ours(expected: list[int], seed: int) -> pd.DataFrame:
    n = len(expected)
    group = pd.Series(np.arange(n) % 2)
    weight = np.array(expected, dtype=float)
    degree = weight.mean()
    return make_ties(group, mean_degree=degree, homophily=HOMOPHILY, weight=weight, rng=seed)


def _networkx(expected: list[int], seed: int) -> object:
    import networkx

    return networkx.expected_degree_graph(expected, seed=seed, selfloops=False)


def _igraph(expected: list[int], seed: int) -> object:
    import igraph

    random.seed(seed)  # the source of chance that igraph draws from
    return igraph.Graph.Chung_Lu(expected, loops=False)


def _networkit(expected: list[int], seed: int) -> object:
    import networkit

    networkit.setNumberOfThreads(1)
    networkit.setSeed(seed, False)
    return networkit.generators.ChungLuGenerator(expected).generate()


OURS = Generator(
    "make_ties", "ethics-lib", np.nan, _ours, lambda ties: ties[["a", "b"]].to_numpy(np.int64)
)
PEERS = (
    Generator("expected_degree_graph", "networkx", 5, _networkx, lambda g: np.array(list(g.edges))),
    Generator("Chung_Lu", "igraph", 1, _igraph, lambda g: np.array(g.get_edgelist())),
    Generator(
        "ChungLuGenerator", "networkit", 1 / 4, _networkit, lambda g: np.array(list(g.iterEdges()))
    ),
)


def draw_degrees(n: int, *, rng: int) -> list[int]:
    """Draw the expected degrees that all are given: lognormal, whole for networkit."""
    weight = np.random.default_rng(rng).lognormal(0, SPREAD, n)
    highest = np.sqrt(MEAN_DEGREE * n)  # above, Chung and Lu's chance of a tie may pass 1
    return np.rint((weight / weight.mean() * MEAN_DEGREE).clip(max=highest)).astype(int).tolist()


def find_transitivity(ends: np.ndarray, n: int) -> float:
    """Find the share of pairs of my friends who are friends: exact, over all ties."""
    from scipy.sparse import csr_array

    degree = np.bincount(ends.ravel(), minlength=n)
    rank = np.lexsort((np.arange(n), degree)).argsort()
    # Each tie from the less to the more popular end, so that nobody has many to look through.
    low, high = np.sort(rank[ends], axis=1).T
    up = csr_array((np.ones(len(ends), np.int32), (low, high)), shape=(n, n))
    return 3 * (up @ up).multiply(up).sum() / (degree * (degree - 1) / 2).sum()


def take_time(draw: Callable[..., object], *arguments: object) -> tuple[float, object]:
    """Take the time of one call in seconds, without the collector of garbage, and its result."""
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        made = draw(*arguments)
        return time.perf_counter() - start, made
    finally:
        gc.enable()


def compare(people: int, *, rounds: int, peers: tuple[Generator, ...] = PEERS) -> pd.DataFrame:
    """Compare ours with the peers that are there: one row a generator, columns as in `COLUMNS`.

    A ratio is taken within a round, in which each draws once; the order turns from round to round,
    and the median over rounds counts, so that other work of the machine falls on all alike.
    """
    expected = draw_degrees(people, rng=0)
    generators = [OURS, *(peer for peer in peers if is_there(peer))]
    for generator in generators:  # what a first call loads is not counted
        generator.draw([10] * 1000, 0)
    took = np.zeros((rounds, len(generators)))
    shape = {}
    for turn in range(rounds):
        for k in np.roll(np.arange(len(generators)), turn):
            generator = generators[k]
            seconds, graph = take_time(generator.draw, expected, turn)
            ends = generator.ends(graph)
            took[turn, k] = seconds / len(ends)
            if turn == 0:
                degree = 2 * len(ends) / people
                shape[k] = len(ends), degree, find_transitivity(ends, people)
            del graph, ends
    ratio = took / took[:, [0]]
    rows = []
    for k, generator in enumerate(generators):
        version = importlib.metadata.version(generator.package)
        middle = np.median(ratio[:, k])
        holds = "" if generator is OURS else verdict(middle >= generator.at_least)
        times = np.median(took[:, k]) * 1e9, middle, ratio[:, k].min(), ratio[:, k].max()
        name = generator.name
        rows.append(
            (name, f"{generator.package} {version}", *times, generator.at_least, holds, *shape[k])
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def scale(sizes: tuple[int, ...] = SIZES, *, rounds: int) -> tuple[pd.DataFrame, float]:
    """Measure how the time of ours grows with the people: a row a size, and the exponent."""
    expected = [draw_degrees(n, rng=0) for n in sizes]
    took = np.zeros((rounds, len(sizes)))
    ties = [0] * len(sizes)
    for turn in range(rounds):
        for k in range(len(sizes)):
            took[turn, k], made = take_time(_ours, expected[k], turn)
            ties[k] = len(made)
            del made
    seconds = np.median(took, axis=0)
    table = pd.DataFrame({"people": sizes, "ties": ties, "seconds": seconds})
    table["ns a tie"] = 1e9 * table["seconds"] / table["ties"]
    return table, np.polyfit(np.log(sizes), np.log(seconds), 1)[0]


def measure_city(preset: str = "city") -> pd.Series:
    """Measure what it takes to make the world of a preset: seconds, and the peak of memory.

    The peak is that of the whole process; it is unknown (NaN) on Windows.
    """
    seconds, world = take_time(lambda: make_world(preset, rng=1))
    try:
        import resource
    except ImportError:
        peak = np.nan
    else:
        unit = 1 if sys.platform == "darwin" else 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
    likes = int((world.acts["kind"] == "like").sum())
    counts = {"people": len(world.people), "ties": len(world.ties), "likes": likes}
    return pd.Series({**counts, "seconds": seconds, "GB at the peak": peak}, name=preset)


def is_there(peer: Generator) -> bool:
    """Whether the peer's package is installed."""
    return importlib.util.find_spec(peer.package) is not None


def verdict(holds: bool) -> str:
    return "yes" if holds else "NO"


def say_compared(table: pd.DataFrame, peers: tuple[Generator, ...] = PEERS) -> None:
    """Print the table, its verdict on transitivity, and which peers were not there."""
    shown = table.assign(**{name: table[name].map(form) for name, form in COLUMNS.items()})
    say(shown.to_string(index=False))
    ours = table["transitivity"].iloc[0]
    say(f"transitivity of ours, at least {TRANSITIVITY}: {verdict(ours >= TRANSITIVITY)}")
    missing = [peer.package for peer in peers if not is_there(peer)]
    if missing:
        say(f"Not compared, because not installed: {', '.join(missing)}. To get them: {ME} bench")


def say_scaled(table: pd.DataFrame, exponent: float) -> None:
    """Print the table of sizes and the verdict on the exponent."""
    forms = dict.fromkeys(("people", "ties"), "{:,}".format)
    forms |= {"seconds": "{:.3f}".format, "ns a tie": "{:.0f}".format}
    say(table.to_string(index=False, formatters=forms))
    say(f"exponent {exponent:.2f}, at most {EXPONENT}: {verdict(exponent <= EXPONENT)}")


def say_city(city: pd.Series) -> None:
    """Print what the city took and the verdict on it."""
    say(", ".join(f"{city[name]:,.0f} {name}" for name in ("people", "ties", "likes")))
    seconds, peak = city["seconds"], city["GB at the peak"]
    say(f"{seconds:.0f} s, at most {CITY_SECONDS}: {verdict(seconds <= CITY_SECONDS)}")
    if np.isnan(peak):
        say("The peak of memory cannot be told on this system.")
    else:
        say(f"{peak:.1f} GB, at most {CITY_GIGABYTES}: {verdict(peak <= CITY_GIGABYTES)}")


def main(arguments: list[str]) -> int:
    """Print all of it."""
    parser = argparse.ArgumentParser(prog="friends.py", description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=100_000, help="beside the peers")
    parser.add_argument("--rounds", type=int, default=5, help="each draws once a round")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="of the growth")
    parser.add_argument("--city", action="store_true", help="4 minutes and 14 GB more")
    options = parser.parse_args(arguments)
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "pandas")]
    python = f"Python {platform.python_version()}"
    say(", ".join([f"{date.today()}", python, *versions, f"{os.cpu_count()} cores"]))
    if options.city:
        # In a process of its own and first: a peak of memory counts what was there before.
        say("\nThe city")
        try:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
                say_city(alone.submit(measure_city).result())
        except BrokenProcessPool:
            say(f"It was stopped, probably for want of memory: {CITY_GIGABYTES} GB are needed.")
    about = f"{options.people:,} people with {MEAN_DEGREE} friends in the mean"
    say(f"\nBeside the peers: {about}, the median of {options.rounds} rounds")
    say_compared(compare(options.people, rounds=options.rounds))
    say("\nGrowth of ours")
    say_scaled(*scale(tuple(options.sizes), rounds=options.rounds))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
