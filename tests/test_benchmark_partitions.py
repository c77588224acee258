"""The benchmark of parts runs and judges rightly. No time is tested: see benchmarks/README.md."""

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))
import partitions  # noqa: E402

# What Dask itself does with the newest pandas.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")


@pytest.fixture(scope="module")
def client():
    with (
        LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=False,
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def test_a_city_is_measured(client, tmp_path):
    found = partitions.measure(20_000, tmp_path, client)
    assert set(partitions.FORMS) == set(found.index)
    assert found["people"] == 1_000 and 10_000 < found["ties"] < 25_000
    there = bool(importlib.util.find_spec("duckdb"))
    assert there is partitions.has_duckdb()
    assert found[["DuckDB s", "times DuckDB", "apart"]].notna().all() == there


def test_the_answer_is_that_in_memory(client, tmp_path):
    ties, apart = partitions.compare(20_000, tmp_path, client)
    assert ties > 10_000 and apart <= partitions.DIFFERENCE


def test_another_answer_is_seen(client, tmp_path, monkeypatch):
    real = partitions.propagate
    monkeypatch.setattr(
        partitions, "propagate", lambda *tables, **options: real(*tables, **options).iloc[::-1]
    )
    assert partitions.compare(20_000, tmp_path, client)[1] == np.inf


def measured(**changes):
    row = {"ties": 1e6, "people": 5e4, "parts": 2, "made s": 1, "ten steps s": 10.0}
    row |= {"one step s": 0.5, "DuckDB s": 1.0, "times DuckDB": 0.5, "apart": 0, "GB a worker": 1}
    larger = row | {"ties": 1e7, "ten steps s": 100.0} | changes
    return pd.DataFrame([row, larger])


def verdicts(capsys, **changes):
    partitions.say_measured(measured(**changes))
    return re.findall(r"(yes|NO)$", capsys.readouterr().out, flags=re.MULTILINE)


def test_each_bar_is_judged(capsys):
    assert verdicts(capsys) == ["yes"] * 4
    assert verdicts(capsys, **{"times DuckDB": 1.6}) == ["NO", "yes", "yes", "yes"]
    assert verdicts(capsys, apart=0.01) == ["yes", "NO", "yes", "yes"]
    assert verdicts(capsys, **{"GB a worker": 4.1}) == ["yes", "yes", "NO", "yes"]
    assert verdicts(capsys, **{"ten steps s": 200.0}) == ["yes", "yes", "yes", "NO"]


def test_without_duckdb_it_says_so_and_judges_the_rest(capsys):
    partitions.say_measured(measured(**{"DuckDB s": np.nan}))
    said = capsys.readouterr().out
    assert "not installed: duckdb" in said and said.count(": yes") + said.count(" yes") >= 2


def test_where_memory_cannot_be_told_it_says_so(capsys):
    partitions.say_measured(measured().assign(**{"GB a worker": np.nan}))
    assert "cannot be told on this system" in capsys.readouterr().out


def test_it_does_not_fill_the_disk(tmp_path):
    message = partitions.main(["--ties", str(10**15), "--folder", str(tmp_path)])
    assert re.match(
        r"60000000 GB of disk are needed and \d+ are free\. Try --folder, --ties\.", message
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_all_of_it_is_printed(capsys, tmp_path):
    options = [
        "--ties",
        "20000",
        "40000",
        "--same",
        "20000",
        "--rounds=1",
        "--folder",
        str(tmp_path),
    ]
    assert partitions.main(options) == 0
    said = capsys.readouterr().out
    assert re.search(r"^ *ties +people +parts .* GB a worker$", said, flags=re.MULTILINE)
    assert re.search(r"lies from that in memory: \S+, at most 1e-06: yes$", said, re.MULTILINE)
    assert not list(tmp_path.iterdir())
