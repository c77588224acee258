"""How far one machine gets: ten steps over ties in Parquet by `ethics_lib.scale`, beside DuckDB.

A city is made in parts, in a folder that is deleted afterwards, and answers are passed on by two
workers of 4 GB. DuckDB takes one of the steps, over the same files, on as many threads, in the same
run. Without DuckDB the rest is measured all the same.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from distributed import Client, LocalCluster

from ethics_lib import scale
from ethics_lib.propagation import propagate
from ethics_lib.tables import World

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from environment import say

TRAIT = "faith"
ITERATIONS = 10
WORKERS = 2
MEMORY = "4GB"  # of a worker: one that takes more is killed
FRIENDS = 40  # of a person, in the mean: 20 ties
# Nothing is liked or searched for: only who lives there, who is friends, and what was said.
KNOBS = {"mean_degree": 38.3}
KNOBS |= dict.fromkeys(["likes", "visits", "searches", "purchases", "messages"], 0)
SIZES = (5_000_000, 20_000_000, 100_000_000)
SAME = 2_000_000
BYTES_A_TIE = 60  # of disk: the city, the friends while they are sorted, the beliefs

# The bars, said in advance.
TIMES_DUCKDB = 1.5
GIGABYTES = 4
EXPONENT = 1.1
DIFFERENCE = 1e-6  # from the answer in memory
ROUNDING = 1e-4  # between float32 and the double that DuckDB averages in

FORMS = dict.fromkeys(["ties", "people", "parts"], "{:,.0f}".format)
FORMS |= dict.fromkeys(
    ["made s", "ten steps s", "one step s", "DuckDB s", "GB a worker"], "{:.2f}".format
)
FORMS |= {"times DuckDB": "{:.2f}".format, "apart": "{:.0e}".format}


def measure(ties: int, folder: Path, client: Client, *, rounds: int = 1) -> pd.Series:
    """Measure one city of about so many ties, from making it to what is believed of everybody.

    Returns
    -------
    Series
        ``ten steps s`` is the whole of `scale.propagate`, from the tables to the beliefs; ``one
        step s`` what each further step adds to it; ``GB a worker`` the highest peak so far.
        ``DuckDB s`` and how far its step lies ``apart`` from ours are NaN without DuckDB. Of
        several rounds the shortest time counts: what other programs add is nobody's.
    """
    made, city = take_time(lambda: make_city(ties, folder / "city", client, rng=1))
    took = []
    for k in range(rounds):
        long, _ = guess(city, folder / f"long-{k}", client, iterations=ITERATIONS)
        short, after_one = guess(city, folder / f"short-{k}", client, iterations=1)
        theirs, apart = np.nan, np.nan
        if has_duckdb():
            theirs, apart = step_of_duckdb(folder / "city", after_one)
        took.append((long, short, theirs))
    long, short, theirs = np.min(took, axis=0)
    step = (long - short) / (ITERATIONS - 1)
    found = {"ties": len(city.ties), "people": len(city.people), "parts": city.ties.npartitions}
    found |= {"made s": made, "ten steps s": long, "one step s": step}
    found |= {"DuckDB s": theirs, "times DuckDB": step / theirs, "apart": apart}
    return pd.Series(found | {"GB a worker": max(client.run(peak).values())})


def make_city(ties: int, folder: Path, client: Client, *, rng: int) -> World:
    """Make a city of about so many ties."""
    people = max(1_000, 2 * ties // FRIENDS)
    return scale.make_world(people, folder=folder, knobs=KNOBS, client=client, rng=rng)


def guess(
    city: World, folder: Path, client: Client, *, iterations: int
) -> tuple[float, pd.DataFrame]:
    """Guess a trait from friends: the seconds that it took, and the beliefs."""
    known = city.reports[city.reports["trait"] == TRAIT]
    return take_time(
        lambda: scale.propagate(
            known, city.ties, holder="Murmur", folder=folder, iterations=iterations, client=client
        )
    )


def step_of_duckdb(folder: Path, after_one: pd.DataFrame) -> tuple[float, float]:
    """Let DuckDB take the first step: its seconds, and the largest difference from ours."""
    import duckdb

    database = duckdb.connect(config={"threads": WORKERS, "memory_limit": f"{WORKERS * 4}GB"})
    said = f"FROM '{folder}/reports/*.parquet' WHERE trait = '{TRAIT}'"
    (values,) = zip(
        *database.execute(f"SELECT DISTINCT value {said} ORDER BY value").fetchall(), strict=True
    )
    shares = [
        database.execute(f"SELECT avg((value = '{value}')::INT) {said}").fetchone()[0]
        for value in values
    ]
    columns = ", ".join(
        f"coalesce((value = '{value}')::INT, {share})::FLOAT AS s{k}"
        for k, (value, share) in enumerate(zip(values, shares, strict=True))
    )
    database.execute(
        f"CREATE TABLE scores AS SELECT people.person, {columns} FROM '{folder}/people/*.parquet' "
        f"AS people LEFT JOIN (SELECT person, value {said}) AS told USING (person)"
    )
    means = ", ".join(f"avg(s{k})::FLOAT AS s{k}" for k in range(len(values)))
    ties = f"'{folder}/ties/*.parquet'"
    seconds, _ = take_time(
        lambda: database.execute(
            f"CREATE TABLE next AS SELECT half.person, {means} "
            f"FROM (SELECT a AS person, b AS friend FROM {ties} UNION ALL SELECT b, a FROM {ties}) "
            "AS half "
            "JOIN scores ON scores.person = half.friend GROUP BY half.person"
        )
    )
    theirs = (
        database.execute("SELECT person, s0 FROM next ORDER BY person")
        .df()
        .set_index("person")["s0"]
    )
    ours = after_one[(after_one["value"] == values[0]) & (after_one["method"] != "prior")]
    ours = ours[["person", "p"]].compute().set_index("person")["p"]
    return seconds, float((ours - theirs.loc[ours.index]).abs().max())


def compare(ties: int, folder: Path, client: Client) -> tuple[int, float]:
    """Compare the beliefs with those made in memory: the number of ties, the largest difference."""
    city = make_city(ties, folder / "city", client, rng=2)
    _, ours = guess(city, folder / "beliefs", client, iterations=ITERATIONS)
    ours, all_ties = ours.compute(), city.ties.compute()
    known = city.reports[city.reports["trait"] == TRAIT].compute()
    in_memory = propagate(known, all_ties, holder="Murmur", method="label_propagation")
    key = ["person", "value", "method"]
    if ours[key].to_numpy(str).tolist() != in_memory[key].to_numpy(str).tolist():
        return len(all_ties), np.inf
    return len(all_ties), float(np.abs(ours["p"].to_numpy() - in_memory["p"].to_numpy()).max())


def take_time(work: Callable[[], object]) -> tuple[float, object]:
    """Take the time of one call in seconds, and its result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def peak() -> float:
    """The most memory that this process ever had, in GB; unknown (NaN) on Windows."""
    try:
        import resource
    except ImportError:
        return np.nan
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def has_duckdb() -> bool:
    """Whether DuckDB is installed."""
    return importlib.util.find_spec("duckdb") is not None


def judge(what: str, found: float, bar: float, form: str = ".2f") -> None:
    """Print one number beside the bar that was said in advance."""
    say(f"{what} {found:{form}}, at most {bar:g}: {'yes' if found <= bar else 'NO'}")


def say_measured(table: pd.DataFrame) -> None:
    """Print a row a city, and the verdicts on the largest and on the growth."""
    say(table.to_string(index=False, formatters=FORMS))
    last = table.iloc[-1]
    say(f"at {last['ties']:,.0f} ties:")
    if np.isnan(last["DuckDB s"]):
        say("Not compared, because not installed: duckdb. To get it: python -m pip install duckdb")
    else:
        judge("one step, times DuckDB's:", last["times DuckDB"], TIMES_DUCKDB)
        whole = last["ten steps s"] / (ITERATIONS * last["DuckDB s"])
        say(f"with all that is done before and after the steps, a tenth of it: {whole:.2f}")
        judge("how far the two steps lie apart:", last["apart"], ROUNDING, ".0e")
    if np.isnan(table["GB a worker"].max()):
        say("The peak of memory cannot be told on this system.")
    else:
        judge("GB of a worker at the peak:", table["GB a worker"].max(), GIGABYTES)
    if len(table) > 1:
        slope = np.polyfit(np.log(table["ties"]), np.log(table["ten steps s"]), 1)[0]
        judge("exponent of ten steps over ties:", slope, EXPONENT)


def main(arguments: list[str]) -> int | str:
    """Print all of it."""
    parser = argparse.ArgumentParser(prog="partitions.py", description=__doc__.splitlines()[0])
    parser.add_argument("--ties", type=int, nargs="+", default=SIZES, help="of the cities")
    parser.add_argument("--same", type=int, default=SAME, help="ties, to compare with memory")
    parser.add_argument("--rounds", type=int, default=2, help="of which the shortest counts")
    parser.add_argument("--folder", type=Path, help="where there is room on the disk")
    options = parser.parse_args(arguments)
    names = ["numpy", "pandas", "dask", *(["duckdb"] if has_duckdb() else [])]
    versions = [f"{name} {importlib.metadata.version(name)}" for name in names]
    python = f"Python {platform.python_version()}"
    say(", ".join([f"{date.today()}", python, *versions, f"{os.cpu_count()} cores"]))
    with tempfile.TemporaryDirectory(prefix="brightwater-", dir=options.folder) as folder:
        needed, free = BYTES_A_TIE * max(options.ties) / 1e9, shutil.disk_usage(folder).free / 1e9
        if free < needed:
            return (
                f"{needed:.0f} GB of disk are needed and {free:.0f} are free. Try --folder, --ties."
            )
        with (
            LocalCluster(
                n_workers=WORKERS,
                threads_per_worker=1,
                memory_limit=MEMORY,
                host="127.0.0.1",
                dashboard_address=None,
                scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
            ) as cluster,
            Client(cluster) as client,
        ):
            rows = []
            for ties in sorted(options.ties):
                rows.append(measure(ties, Path(folder) / f"{ties}", client, rounds=options.rounds))
                shutil.rmtree(Path(folder) / f"{ties}")
            say(f"\n{WORKERS} workers of {MEMORY}, a thread each")
            say_measured(pd.DataFrame(rows))
            ties, apart = compare(options.same, Path(folder) / "same", client)
    say(f"at {ties:,} ties:")
    judge("how far the answer lies from that in memory:", apart, DIFFERENCE, ".0e")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
