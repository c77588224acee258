"""How fast anonymity is measured: ours beside pandas, DuckDB and pyCANON, as ratios in one run.

All are given one table of 100,000 rows and six quasi-identifiers, on one thread: as it was
collected, where nearly all rows stand alone, and as it might be released, in 864 classes. What
they find must be the same. pyCANON's time goes with the classes: l and t are measured of the
release only, for of the other they would take it minutes. Then ours alone, with 1,000,000 rows of
words, numbers and days. `python3 run.py bench anonymity` runs it.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
from friends import ME, say, take_time, verdict

from ethics_lib.anonymity import k_anonymity, l_diversity, t_closeness

COLUMNS = ["postcode", "born", "gender", "job", "children", "member"]
SECRETS = {"l, distinct": "illness", "l, entropy": "illness", "t, words": "illness"}
SECRETS |= {"t, numbers": "debt"}

# The bars, said in advance.
PYCANON = 50  # its time as a multiple of ours
COLLECTED = {"k": PYCANON}
RELEASED = {"k": np.nan, **dict.fromkeys(SECRETS, PYCANON)}  # few classes cost it little in k
SECONDS = 0.5  # of k for 1,000,000 rows and six quasi-identifiers
ALIKE = 1e-9  # the largest difference between what two find

TIMES = {
    "measure": str,
    "library": str,
    "ms": "{:,.1f}".format,
    "times ours": "{:.2f}".format,
    "from": "{:.2f}".format,
    "to": "{:.2f}".format,
    "bar": lambda bar: "" if np.isnan(bar) else f">= {bar:g}",
    "holds": str,
    "found": "{:.4f}".format,
    "the same": str,
}


@dataclass(frozen=True)
class Peer:
    """One way to measure one thing: table in, one number out."""

    measure: str
    package: str
    find: Callable[[pd.DataFrame], float]
    whole: bool = False  # whether it rounds down, as pyCANON does with entropy


def _pandas_k(table: pd.DataFrame) -> int:
    # the size for each row, which is what ours gives
    return table.groupby(COLUMNS, dropna=False, observed=True)["row"].transform("size").min()


@cache
def _duckdb() -> object:
    import duckdb

    return duckdb.connect(config={"threads": 1})


def _duckdb_k(table: pd.DataFrame) -> int:
    con = _duckdb()
    con.register("people", table)
    names = ", ".join(COLUMNS)
    # only the least of them: nothing is brought back to the rows
    query = f"SELECT min(n) FROM (SELECT count(*) AS n FROM people GROUP BY {names})"
    return con.execute(query).fetchall()[0][0]


def _pycanon(function: str, *secret: str) -> Callable[[pd.DataFrame], float]:
    def find(table: pd.DataFrame) -> float:
        from pycanon import anonymity

        return getattr(anonymity, function)(table, COLUMNS, *([[name] for name in secret]))

    return find


def _ours(measure: str) -> Callable[[pd.DataFrame], float]:
    secret = {"sensitive": SECRETS.get(measure)}
    if measure == "k":
        return lambda table: k_anonymity(table, columns=COLUMNS).min()
    if measure.startswith("l"):
        kind = measure.split()[1]
        return lambda table: l_diversity(table, columns=COLUMNS, kind=kind, **secret).min()
    return lambda table: t_closeness(table, columns=COLUMNS, **secret).max()


OURS = tuple(Peer(measure, "ethics-lib", _ours(measure)) for measure in ("k", *SECRETS))
PEERS = (
    Peer("k", "pandas", _pandas_k),
    Peer("k", "duckdb", _duckdb_k),
    Peer("k", "pycanon", _pycanon("k_anonymity")),
    Peer("l, distinct", "pycanon", _pycanon("l_diversity", "illness")),
    Peer("l, entropy", "pycanon", _pycanon("entropy_l_diversity", "illness"), whole=True),
    Peer("t, words", "pycanon", _pycanon("t_closeness", "illness")),
    Peer("t, numbers", "pycanon", _pycanon("t_closeness", "debt")),
)


def collect(rows: int, *, rng: int) -> pd.DataFrame:
    """Draw an invented table, as collected: three columns of words, a day, a number, a flag."""
    rng = np.random.default_rng(rng)
    words = {
        "postcode": rng.integers(0, 500, rows),
        "gender": rng.choice(3, rows, p=[0.49, 0.49, 0.02]),
        "job": rng.integers(0, 40, rows),
        "illness": rng.choice(5, rows, p=[0.6, 0.2, 0.1, 0.06, 0.04]),
    }
    table = {name: np.char.mod(f"{name} %d", codes) for name, codes in words.items()}
    born = np.datetime64("1940-01-01", "s") + rng.integers(0, 25_000, rows) * np.timedelta64(1, "D")
    table |= {"born": born, "children": rng.poisson(1.2, rows), "member": rng.random(rows) < 0.4}
    table |= {"debt": rng.poisson(2, rows), "row": np.arange(rows)}
    return pd.DataFrame(table)


def release(table: pd.DataFrame) -> pd.DataFrame:
    """Make it coarser, as a release would: at most 864 classes."""
    return table.assign(
        postcode="district " + (table["postcode"].str[9:].astype(int) % 8).astype(str),
        born="from " + (table["born"].dt.year // 30 * 30).astype(str),
        gender=table["gender"].where(table["gender"] == "gender 1", "not said"),
        job="trade " + (table["job"].str[4:].astype(int) % 3).astype(str),
        children=table["children"].clip(upper=2),
    )


def compare(
    table: pd.DataFrame, bars: dict[str, float], *, rounds: int, peers: tuple[Peer, ...] = PEERS
) -> pd.DataFrame:
    """Compare ours with the peers that are there: one row a measure and library.

    What is measured, and the bar that pyCANON's time is held to, is a key and a value of bars. A
    ratio is taken within a round, in which each runs once; the order turns from round to round, and
    the median over rounds counts.
    """
    there = [peer for peer in (*OURS, *peers) if peer.measure in bars and is_there(peer)]
    small = table.head(200)
    for peer in there:  # what a first call loads is not counted
        peer.find(small)
    took, found = np.zeros((rounds, len(there))), {}
    for turn in range(rounds):
        for j in np.roll(np.arange(len(there)), turn):
            took[turn, j], found[j] = take_time(there[j].find, table)
    rows = []
    for j, peer in enumerate(there):
        ours = next(i for i, other in enumerate(there) if other.measure == peer.measure)
        ratio = took[:, j] / took[:, ours]
        wanted = np.floor(found[ours] + ALIKE) if peer.whole else found[ours]
        same = verdict(abs(found[j] - wanted) <= ALIKE) if j != ours else ""
        middle = np.median(ratio)
        at_least = bars[peer.measure] if peer.package == "pycanon" else np.nan
        holds = "" if np.isnan(at_least) else verdict(middle >= at_least)
        library = f"{peer.package} {importlib.metadata.version(peer.package)}"
        seconds = np.median(took[:, j]) * 1e3
        shown = middle, ratio.min(), ratio.max(), at_least, holds, found[j], same
        rows.append((peer.measure, library, seconds, *shown))
    table = pd.DataFrame(rows, columns=list(TIMES))
    return table.sort_values("measure", kind="stable", ignore_index=True)


def scale(rows: int, *, rounds: int) -> pd.Series:
    """Measure the seconds of k for a large table; the median of so many rounds for each type."""
    table = collect(rows, rng=1)
    words = ["postcode", "gender", "job"]
    kinds = {
        "words as pandas 3 makes them": table.astype(dict.fromkeys(words, "str")),
        "words as Python objects": table.astype(dict.fromkeys(words, "object")),
        "words as categories": table.astype(dict.fromkeys(words, "category")),
    }
    took = {
        name: np.median([take_time(OURS[0].find, kind)[0] for _ in range(rounds)])
        for name, kind in kinds.items()
    }
    return pd.Series(took)


def is_there(peer: Peer) -> bool:
    """Whether the peer's package is installed."""
    return importlib.util.find_spec(peer.package.replace("-", "_")) is not None


def say_compared(times: pd.DataFrame) -> None:
    """Print the table, and whether all found the same."""
    shown = times.assign(**{name: times[name].map(form) for name, form in TIMES.items()})
    say(shown.to_string(index=False))
    say(f"all found the same: {verdict(not times['the same'].eq('NO').any())}")


def say_scaled(seconds: pd.Series) -> None:
    """Print the seconds of the large table, and the verdict on each."""
    for name, took in seconds.items():
        say(f"{name}: {took:.3f} s, at most {SECONDS}: {verdict(took <= SECONDS)}")


def main(arguments: list[str]) -> int:
    """Print all of it."""
    parser = argparse.ArgumentParser(prog="anonymity.py", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000, help="beside the peers")
    parser.add_argument("--large", type=int, default=1_000_000, help="rows of ours alone")
    parser.add_argument("--rounds", type=int, default=3, help="each runs once a round")
    options = parser.parse_args(arguments)
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "pandas")]
    python = f"Python {platform.python_version()}"
    say(", ".join([f"{date.today()}", python, *versions, f"{os.cpu_count()} cores"]))
    collected = collect(options.rows, rng=0)
    tables = {"collected": (collected, COLLECTED), "released": (release(collected), RELEASED)}
    for name, (table, bars) in tables.items():
        classes = len(table.drop_duplicates(COLUMNS))
        about = f"{len(table):,} rows, {classes:,} classes, the median of {options.rounds} rounds"
        say(f"\nA table as {name}: {about}")
        say_compared(compare(table, bars, rounds=options.rounds))
    missing = sorted({peer.package for peer in PEERS if not is_there(peer)})
    if missing:
        say(f"Not compared, because not installed: {', '.join(missing)}. To get them: {ME} bench")
    say(f"\nk of {options.large:,} rows by six quasi-identifiers")
    say_scaled(scale(options.large, rounds=options.rounds))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
