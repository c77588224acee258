"""Lessons: what the notebooks call. A prediction, a reason, a check, a hint, a stance, a ledger.

Everything that a reader enters stays in one file on their own machine, and what they think
(stances, reasons) never leaves it. Nothing here grades anybody.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from ethics_lib import __version__
from ethics_lib.checks import Check, Prediction, as_number, is_blank, load_checks
from ethics_lib.tables import World, check_name, check_share

__all__ = ["Lesson", "Note", "start"]

_STANCE_LESSONS = ("00", "07", "15")

_COLOURS = {"good": "#2b7a4b", "open": "#8a5a00", "plain": "#3b6fb6"}
_SIGNS = {"good": "✓", "open": "○", "plain": "·"}


@dataclass(frozen=True)
class Note:
    """A few sentences to the reader, in a notebook or at a prompt."""

    text: str
    tone: str = "plain"  # good, open or plain
    table: pd.DataFrame | None = None

    def __repr__(self) -> str:
        rows = "" if self.table is None else "\n" + self.table.to_string(index=False)
        return f"{_SIGNS[self.tone]} {self.text}{rows}"

    def _repr_html_(self) -> str:
        colour = _COLOURS[self.tone]
        text = "<br>".join(escape(line) for line in self.text.splitlines())
        rows = "" if self.table is None else self.table.to_html(index=False, border=0)
        return (
            f'<div role="status" style="border-left:.35em solid {colour};padding:.4em .9em;'
            f'margin:.3em 0;font-size:1.05em"><span aria-hidden="true">{_SIGNS[self.tone]}</span> '
            f"{text}{rows}</div>"
        )


def start(number: str, *, town: World | None = None) -> Lesson:
    """Begin a lesson, or go on with it at any section.

    Parameters
    ----------
    number : str
        Two digits, such as ``"06"``.
    town : World, optional
        Another world than Brightwater; the checks then ask about that one.
    """
    lesson = Lesson(number, load_checks(number), _Store(_place()))
    if town is not None:
        lesson.__dict__["town"] = town
    _show(lesson.greeting())
    return lesson


def _show(note: Note) -> None:
    display = getattr(sys.modules.get("IPython.display"), "display", None)
    if display is not None:
        display(note)


@dataclass(eq=False)
class Lesson:
    """One lesson in progress: its town, its checks, and what the reader entered so far."""

    number: str
    checks: dict[str, Check | Prediction]
    store: _Store

    @cached_property
    def town(self) -> World:
        """Brightwater, with the truth about everybody."""
        from ethics_lib.datasets import load_town

        return load_town()

    def greeting(self) -> Note:
        """What runs here, and where the reader's entries are kept."""
        versions = f"ethics_lib {__version__}, pandas {pd.__version__}"
        return Note(f"Lesson {self.number}. {versions}. {self.store.says}")

    def predict(self, id: str, value: object, *, confidence: object) -> Note:
        """Record a guess before the result is seen, and how sure it is (0.5 to 1)."""
        question = self._find(id, Prediction)
        if is_blank(value):
            return Note("No prediction recorded. Run on, or fill in a number.", "open")
        low, high = question.low, question.high
        number = check_share(as_number(value), f"prediction {id}", low=low, high=high)
        sure = 0.5 if is_blank(confidence) else as_number(confidence)
        check_share(sure, "confidence", low=0.5)
        entry = {"value": number, "confidence": sure, "late": id in self.store.all("results")}
        before = self.store.all("predictions").get(id)
        if before is not None and before | {"late": entry["late"]} == entry:
            entry = before  # running the cell again changes nothing
        self.store.write("predictions", id, entry)
        after = " It comes after the result and is not scored." if entry["late"] else ""
        return Note(f"Recorded: {number:g}{question.unit}, {sure:.0%} sure.{after}")

    def result(self, id: str, value: float) -> Note:
        """Show a result beside what was predicted, and keep it."""
        question = self._find(id, Prediction)
        value = as_number(value)
        self.store.write("results", id, value)
        said = self.store.all("predictions").get(id)
        if said is None:
            return Note(f"The result is {value:.3g}{question.unit}. No prediction was recorded.")
        near = "close" if _hit(question, said["value"], value) else "some way off"
        return Note(
            f"You said {said['value']:.3g}{question.unit}, {said['confidence']:.0%} sure. "
            f"It is {value:.3g}{question.unit}: {near}."
        )

    def because(self, id: str, reason: str, *, cite: object) -> Note:
        """Keep a reason. Only the number it cites is checked: it must be the one computed here."""
        self._find(id, Prediction)
        if is_blank(cite) or is_blank(reason) or reason.strip() in ("...", "because ..."):
            return Note("No reason recorded. Write one, and cite the number it rests on.", "open")
        found = self.store.all("results").get(id)
        if found is None:
            return Note("There is no result to cite yet. Run the cell above first.", "open")
        number = as_number(cite)
        if abs(number - found) > 0.0051 * max(1.0, abs(found)):
            return Note(f"{number:g} is not the number computed here. Cite the one above.", "open")
        self.store.write("reasons", id, {"reason": reason, "cite": number})
        return Note("Kept, on this machine only.", "good")

    def check(self, id: str, answer: object) -> Note:
        """Hold an answer against the question; it is told what is amiss, not what is right."""
        check = self._find(id, Check)
        verdict = check.judge(answer, self)
        if not is_blank(answer):
            done = self.store.all("checks").get(id) or {"right": False}
            self.store.write("checks", id, {"right": done["right"] or verdict.right})
        return Note(verdict.says, "good" if verdict.right else "open")

    def hint(self, id: str) -> Note:
        """Give a hint: each call climbs one of three rungs."""
        check = self._find(id, Check)
        rung = min((self.store.all("hints").get(id, 0)) + 1, 3)
        self.store.write("hints", id, rung)
        return Note(f"Hint {rung} of 3. {check.hints[rung - 1]}")

    def stance(self, agreement: object, reason: object) -> Note:
        """Keep how far the reader agrees, 0 to 10, and why. Asked in three lessons only."""
        check_name(self.number, _STANCE_LESSONS, what="a stance is asked in other lessons; lesson")
        if is_blank(agreement):
            return Note("No stance recorded. Write a number from 0 to 10 and a reason.", "open")
        number = check_share(as_number(agreement), "stance", low=0, high=10)
        self.store.write("stances", self.number, {"agreement": number, "reason": str(reason)})
        return Note("Kept, on this machine only.", "good")

    def ledger(self) -> Note:
        """Lay out what was predicted, checked and thought so far, without comment."""
        rows = [*self._predicted(), *self._checked(), *self._thought()]
        if not rows:
            return Note("Nothing recorded yet.", "open")
        table = pd.DataFrame(rows, columns=["what", "id", "you", "found"])
        return Note(f"So far, on this machine. {self._sureness()}".strip(), table=table)

    def _predicted(self) -> list[tuple]:
        results = self.store.all("results")
        return [
            (
                "prediction" + (" (after the result)" if said["late"] else ""),
                id,
                f"{said['value']:.3g}, {said['confidence']:.0%} sure",
                f"{results[id]:.3g}" if id in results else "not run yet",
            )
            for id, said in self.store.all("predictions").items()
        ]

    def _sureness(self) -> str:
        """Brier's score of the reader's own confidence, over predictions made in time."""
        results, asked = self.store.all("results"), {}
        for number in {id[:2] for id in results}:
            asked |= load_checks(number)
        scores = [
            (said["confidence"] - _hit(asked[id], said["value"], results[id])) ** 2
            for id, said in self.store.all("predictions").items()
            if id in results and id in asked and not said["late"]
        ]
        if not scores:
            return ""
        mean = sum(scores) / len(scores)
        return f"Your sureness over {len(scores)}: {mean:.2f} (0 is perfect, .25 a coin toss)."

    def _checked(self) -> list[tuple]:
        checks = self.store.all("checks").items()
        return [("check", id, "", "right" if done["right"] else "not yet") for id, done in checks]

    def _thought(self) -> list[tuple]:
        stances = self.store.all("stances").items()
        return [
            ("stance", number, f"{held['agreement']:g} of 10", held["reason"])
            for number, held in sorted(stances)
        ]

    def _find(self, id: str, kind: type) -> Any:
        ids = [name for name, check in self.checks.items() if isinstance(check, kind)]
        what = "prediction" if kind is Prediction else "check"
        return self.checks[check_name(id, ids, what=f"in lesson {self.number} the {what}")]


def _hit(question: Prediction, said: float, found: float) -> bool:
    return abs(said - found) <= question.close


class _Store:
    """One JSON file of what the reader entered, or memory where none can be written."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.memory: dict[str, dict] = {}
        self.says = "What you enter is kept in memory only, until this kernel ends."
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.memory = self._load()
            self._save()
        except OSError:
            self.path = None
            return
        self.says = "What you enter is kept on this machine only." + self.says_also

    says_also = ""

    def all(self, kind: str) -> dict:
        """Everything of one kind, by id, read anew: another notebook may have written."""
        if self.path is not None:
            self.memory = self._load()
        return self.memory.get(kind, {})

    def write(self, kind: str, id: str, value: object) -> None:
        self.memory = self._load() if self.path is not None else self.memory
        self.memory.setdefault(kind, {})[id] = value
        if self.path is not None:
            self._save()

    def _load(self) -> dict:
        if not self.path.exists():
            return {}
        try:
            held = json.loads(self.path.read_text(encoding="utf-8"))
            if isinstance(held, dict) and all(isinstance(part, dict) for part in held.values()):
                return held
        except ValueError:
            pass
        aside = self.path.with_suffix(".unreadable.json")
        self.path.replace(aside)
        self.says_also = (
            f" The file there could not be read; it now stands beside, as {aside.name}."
        )
        return {}

    def _save(self) -> None:
        # written beside and moved into place: a kernel that dies halfway loses nothing
        handle, name = tempfile.mkstemp(dir=self.path.parent, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as part:
            json.dump(self.memory, part, ensure_ascii=False, indent=1)
        Path(name).replace(self.path)


def _place() -> Path | None:
    """Where the ledger lies: BRIGHTWATER_STATE, or the user's own state folder."""
    wish = os.environ.get("BRIGHTWATER_STATE", "")
    if wish == "memory":
        return None
    if wish:
        return Path(wish).expanduser()
    from platformdirs import user_state_path

    return user_state_path("brightwater", appauthor=False) / "ledger.json"
