"""Lesson 00 in JupyterLab, in a real browser: its figures show, and nothing in it leads outside."""

import os

import pytest
from browser import CHROMEDRIVER, CHROMIUM, open_lab
from notebooks_runner import NOTEBOOKS, ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(
        not (CHROMIUM and CHROMEDRIVER),
        reason="no Chromium with chromedriver found (Debian: chromium, chromium-driver)",
    ),
]


@pytest.fixture(scope="session")
def lab():
    with open_lab() as lab:
        yield lab


def test_lesson_00_shows_its_figures_and_leads_nowhere(lab, tmp_path):
    [lesson] = NOTEBOOKS.glob("00_*.ipynb")
    before = lesson.read_bytes()
    seen = lab.run_all(lesson)
    pictures = lab.shoot(tmp_path)
    assert seen["failed"] == []
    assert seen["figures"] >= 2
    assert len(pictures) > 2
    assert all(picture.stat().st_size > 5_000 for picture in pictures)
    assert lab.ways_out() == []
    assert lab.left == []
    assert lab.severe == []
    assert lesson.read_bytes() == before


def test_a_figure_that_could_be_uploaded_is_caught(lab):
    seen = lab.run_all(ROOT / "tests" / "canary" / "shares_charts.ipynb")
    assert seen["figures"] == 1
    assert "https://plotly.com/" in lab.ways_out()
    if plotly_uploads():
        assert "Share chart..." in lab.ways_out()


def test_a_page_that_asks_another_host_is_caught(lab):
    lab.driver.get(f"{lab.address}/api?token={lab.token}")
    lab.do("await fetch('http://telemetry.invalid/?reader=17').catch(() => null);")
    lab._read_logs()
    assert lab.left == ["http://telemetry.invalid/?reader=17"]
