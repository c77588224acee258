"""Lesson 00 in JupyterLab, in a real browser: its figures show, and nothing in it leads outside."""

from pathlib import Path

import pytest
from browser import CHROMEDRIVER, CHROMIUM, open_lab
from notebooks_runner import NOTEBOOKS

CANARY = Path(__file__).parent / "canary"

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
    assert not seen.wrong, "\n".join(seen.wrong)
    assert seen.figures >= 2
    assert len(pictures) > 2
    assert all(picture.stat().st_size > 5_000 for picture in pictures)
    assert lesson.read_bytes() == before


def test_a_notebook_that_leads_outside_is_caught(lab):
    seen = lab.run_all(CANARY / "leads_outside.ipynb")
    assert seen.figures == 1
    # What the upload button is called in plotly 7, and was in plotly 6.
    assert {"Share chart...", "Edit in Chart Studio"} & set(seen.ways_out)
    assert "https://plotly.com/" in seen.ways_out
    assert seen.asked == ["http://telemetry.invalid/pixel.gif?reader=17"]
    assert any("telemetry.invalid" in message for message in seen.severe)
