"""The benchmark of an audit runs, tests every line and prints its bars. No time is tested."""

import re
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
import audit  # noqa: E402

from ethics_lib.charter import CHARTER  # noqa: E402
from ethics_lib.lines import find_wronged  # noqa: E402
from ethics_lib.world import make_world  # noqa: E402


@pytest.fixture(scope="module")
def tables():
    return audit.make_busy_pipeline(make_world(600, rng=1))


def test_the_pipeline_is_one_in_which_much_is_wrong(tables):
    wronged = find_wronged(CHARTER, asof=audit.ASOF, **tables)
    assert wronged["line"].nunique() >= 12
    assert wronged["person"].nunique() > 500


def test_the_peer_finds_what_our_join_finds(tables):
    allowed = audit.in_force(tables["consents"], tables["traces"]).mean()
    assert allowed == pytest.approx(audit.merge_plainly(tables["consents"], tables["traces"]))
    assert 0.1 < allowed < 0.9


@pytest.mark.slow
def test_it_prints_its_bars_and_every_line(capsys):
    assert audit.main(["--people=600", "--rounds=1"]) == 0
    printed = capsys.readouterr().out
    page = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    for text in (printed, page):
        assert re.search(r"audit of all lines [\d.]+ s, at most 5: (yes|NO)$", text, re.M)
        assert re.search(r"^ *[\d.]+ times one join of records with consents", text, re.M)
        for rule in CHARTER:
            assert re.search(rf"^ *{rule.id} +{re.escape(rule.name)} +[\d.]+$", text, re.M)
