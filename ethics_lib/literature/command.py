"""The command ``python -m ethics_lib.effects``: measure, print, and keep what was measured."""

from __future__ import annotations

import json
import platform
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from ethics_lib.effects import HOME, judge, measure, summarise
from ethics_lib.literature import EFFECTS
from ethics_lib.presets import PRESETS
from ethics_lib.tables import check_name

__all__ = ["main", "report"]

_SAYS = (
    "Holding means that this mechanism can produce the published number; it is not new evidence\n"
    "about people. Fitted: a knob was turned until it held. Figures from memory are not counted.\n"
)
_LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn")


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says."""
    parser = ArgumentParser(prog="python -m ethics_lib.effects", description=__doc__)
    parser.add_argument("effects", nargs="*", metavar="EFFECT", help="only these; by default all")
    parser.add_argument("--home", action="store_true", help="make worlds of Brightwater only")
    parser.add_argument("--seeds", type=int, default=5, help="worlds of each kind; 5 by default")
    parser.add_argument("--rng", type=int, default=2026, help="where the seeds come from")
    parser.add_argument("--store", metavar="FOLDER", help="write what was measured there")
    asked = parser.parse_args(arguments)
    known = {effect.id: effect for effect in EFFECTS}
    effects = [known[check_name(name, known, what="effect")] for name in asked.effects or known]
    presets = [HOME] if asked.home else list(PRESETS)
    measured = measure(effects, seeds=asked.seeds, rng=asked.rng, presets=presets, progress=True)
    if asked.store:
        _store(measured, Path(asked.store))
    sys.stdout.write(report(judge(measured, effects)))
    return 0


def report(recovered: pd.DataFrame) -> str:
    """The table of figures, that of effects, and the counts, as text for a terminal."""
    marks = {True: "yes", False: "NO"}
    verdicts = ["holds", "holds_in_brightwater", "fails_when_ablated"]
    short = {"holds_in_brightwater": "at_home", "fails_when_ablated": "ablated_fails"}

    def plain(table: pd.DataFrame) -> str:
        shown = table.assign(
            **{name: table[name].astype(object).map(marks).fillna("-") for name in verdicts},
            fitted=table["fitted"].map({True: "fitted", False: "emergent"}),
        )
        return shown.rename(columns=short).round(3).to_string(index=False, na_rep="")

    effects = summarise(recovered)
    hold = effects["holds"].fillna(False).astype(bool)
    counts = {
        "effects": len(effects),
        "hold in their own preset": hold.sum(),
        "of these emergent": (hold & ~effects["fitted"]).sum(),
        "hold in Brightwater": effects["holds_in_brightwater"].fillna(False).sum(),
        "fail when ablated": effects["fails_when_ablated"].fillna(False).sum(),
    }
    lines = "\n".join(f"{count:4d}  {what}" for what, count in counts.items())
    return f"{plain(recovered)}\n\n{plain(effects)}\n\n{lines}\n\n{_SAYS}"


def _store(measured: pd.DataFrame, folder: Path) -> None:
    measured.to_csv(folder / "recovered_effects.csv", index=False, float_format="%.6g")
    about = {
        "date": str(date.today()),
        "seeds": sorted(measured["seed"].unique().tolist()),
        "versions": {
            "python": platform.python_version(),
            "ethics_lib": version("ethics_lib"),
            **{name: version(name) for name in _LIBRARIES},
        },
    }
    text = json.dumps(about, indent=2) + "\n"
    (folder / "recovered_effects.json").write_text(text, encoding="utf-8", newline="\n")
