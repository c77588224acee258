"""Checks: what an answer to an exercise is held against, declared as values, one module a lesson.

A check asks a question, works the right answer out with the library (it is never typed in), names
the genuine misconceptions with a sentence for each, and has hints in three rungs, the first without
code. The forms that prove it, right and wrong, stand beside the exercise in the lesson's source.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ethics_lib.tables import RangeError, UnknownNameError

__all__ = [
    "Check",
    "Choice",
    "Counterexample",
    "Frame",
    "Function",
    "Misconception",
    "Prediction",
    "Setting",
    "Value",
    "Verdict",
    "as_number",
    "instead",
    "is_blank",
    "load_checks",
]


class Verdict(NamedTuple):
    """Whether an answer is right, and what to say to it."""

    right: bool
    says: str


@dataclass(frozen=True)
class Misconception:
    """A genuine way to be wrong, and what to say to it."""

    when: Callable[[Any, Any], bool]  # (answer, lesson) -> is it this one?
    says: str


def instead(found: Callable[[Any], float], says: str, *, within: float = 0.005) -> Misconception:
    """The misconception of whoever works out another number than the one asked for."""
    return Misconception(
        lambda answer, lesson: abs(as_number(answer) - found(lesson)) <= within, says
    )


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What is guessed before a result is seen: a number from low to high."""

    id: str
    question: str
    low: float = 0.0
    high: float = 1.0
    close: float = 0.05  # how near counts as having known it
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Check:
    """What all checks share."""

    id: str
    question: str
    misconceptions: Mapping[str, Misconception]
    hints: tuple[str, str, str]
    praise: str = "Right."

    def judge(self, answer: object, lesson: object) -> Verdict:
        """Answer an answer: right, a misconception by its own sentence, or not yet and why.

        Whatever the answer is or does, it is answered with a sentence.
        """
        if is_blank(answer):
            return Verdict(False, f"Still a blank. {self.question}")
        try:
            right, not_yet = self._compare(answer, lesson)
            if right:
                return Verdict(True, self.praise)
            for misconception in self.misconceptions.values():
                if misconception.when(answer, lesson):
                    return Verdict(False, misconception.says)
        except _Unfit as unfit:
            not_yet = str(unfit)
        except Exception as error:  # a student's function may raise anything
            not_yet = f"It stopped with {type(error).__name__}: {error}"
        return Verdict(False, f"Not yet. {not_yet}")

    def _compare(self, answer: object, lesson: object) -> tuple[bool, str]:
        raise NotImplementedError


class _Unfit(Exception):
    """The answer is not of the kind that is asked for."""


def is_blank(answer: object) -> bool:
    """Whether nothing was filled in yet."""
    return answer is None or answer is Ellipsis or (isinstance(answer, str) and not answer.strip())


def as_number(answer: object) -> float:
    """A number from a number, or from a Series or list of one; else a sentence why not."""
    if isinstance(answer, (pd.Series, pd.Index, np.ndarray, list, tuple)):
        if len(answer) != 1:
            raise _Unfit(f"One number is asked for; this holds {len(answer)}.")
        answer = next(iter(answer))
    if isinstance(answer, (bool, np.bool_)) or not isinstance(answer, (Real, np.number)):
        raise _Unfit(f"A number is asked for; this is a {type(answer).__name__}.")
    if math.isnan(answer):
        raise _Unfit("This is NaN, not a number: somewhere nothing was divided by nothing.")
    return float(answer)


@dataclass(frozen=True, kw_only=True)
class Value(Check):
    """A number, within a tolerance."""

    expected: Callable[[Any], float]
    tolerance: float
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf

    def _compare(self, answer: object, lesson: object) -> tuple[bool, str]:
        number, expected = as_number(answer), float(self.expected(lesson))
        if abs(number - expected) <= self.tolerance:
            return True, ""
        if self.high == 1 and abs(number / 100 - expected) <= self.tolerance:
            return False, "The figure is right as a percentage; the question wants it from 0 to 1."
        kind = f"{self.unit or 'number'}"
        if not self.low <= number <= self.high:
            return False, f"{number:g} is outside what is possible ({kind}, {_span(self)})."
        return False, f"{number:.4g} is a possible {kind}, but not this one. {self.question}"


def _span(check: Any) -> str:
    return f"{check.low:g} to {check.high:g}" if check.high < math.inf else f"from {check.low:g} up"


@dataclass(frozen=True, kw_only=True)
class Choice(Check):
    """One of a few words."""

    options: tuple[str, ...]
    right: str

    def _compare(self, answer: object, lesson: object) -> tuple[bool, str]:
        if not isinstance(answer, str) or answer.strip().lower() not in self.options:
            raise _Unfit(f"Choose one of {', '.join(map(repr, self.options))}.")
        return (
            answer.strip().lower() == self.right,
            f"{answer!r} is one of the options. Look again.",
        )


@dataclass(frozen=True, kw_only=True)
class Frame(Check):
    """A table, in whatever order its rows and columns stand."""

    expected: Callable[[Any], pd.DataFrame]

    def _compare(self, answer: object, lesson: object) -> tuple[bool, str]:
        expected = self.expected(lesson)
        if not isinstance(answer, pd.DataFrame):
            raise _Unfit(f"A DataFrame is asked for; this is a {type(answer).__name__}.")
        missing = expected.columns.difference(answer.columns)
        if len(missing):
            return False, f"The column {missing[0]!r} is missing."
        if len(answer) != len(expected):
            more = "more" if len(answer) > len(expected) else "fewer"
            return False, f"{len(answer)} rows are {more} than there should be."
        columns = list(expected.columns)
        try:
            pd.testing.assert_frame_equal(
                answer[columns].sort_values(columns, ignore_index=True),
                expected.sort_values(columns, ignore_index=True),
                check_dtype=False,
            )
        except AssertionError:
            return False, "Rows and columns are as many as they should be; some cells differ."
        return True, ""


@dataclass(frozen=True, kw_only=True)
class Function(Check):
    """A function, tried on inputs that the student does not see."""

    reference: Callable
    inputs: Callable[[np.random.Generator], tuple]
    same: Callable[[Any, Any], bool] = field(default=lambda got, want: bool(np.allclose(got, want)))

    def _compare(self, answer: object, lesson: object) -> tuple[bool, str]:
        if not callable(answer):
            raise _Unfit("A function is asked for: pass its name, without brackets.")
        for seed in (1, 2, 3):
            arguments = self.inputs(np.random.default_rng(seed))
            want = self.reference(*_copies(arguments))
            got = answer(*_copies(arguments))
            shown = ", ".join(_short(argument) for argument in arguments)
            if got is None:
                return False, "The function gives nothing back. Is there a return?"
            if np.shape(got) != np.shape(want):
                return (
                    False,
                    f"For {shown} it gives {_short(got)}: another shape than was asked for.",
                )
            if not self.same(got, want):
                return False, f"For {shown} it gives {_short(got)}."
        return True, ""


def _copies(arguments: tuple) -> tuple:
    return tuple(a.copy() if hasattr(a, "copy") else a for a in arguments)


def _short(value: object) -> str:
    if isinstance(value, (list, np.ndarray)) and np.ndim(value) == 1:
        return "[" + ", ".join(f"{x:.3g}" for x in value) + "]"
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


@dataclass(frozen=True, kw_only=True)
class Setting(Check):
    """A parameter that makes something happen, whichever value does."""

    reaches: Callable[[Any, Any], bool]  # (setting, lesson) -> does it?
    low: float
    high: float
    missed: str

    def _compare(self, answer: object, lesson: object) -> tuple[bool, str]:
        number = as_number(answer)
        if not self.low <= number <= self.high:
            return False, f"{number:g} is outside {self.low:g} to {self.high:g}."
        return self.reaches(number, lesson), self.missed


@dataclass(frozen=True, kw_only=True)
class Counterexample(Check):
    """An object for which a claim does not hold."""

    fits: Callable[[Any, Any], str]  # (object, lesson) -> why it is no candidate, or ""
    claim: Callable[[Any, Any], bool]
    holds: str

    def _compare(self, answer: object, lesson: object) -> tuple[bool, str]:
        if why := self.fits(answer, lesson):
            raise _Unfit(why)
        return not self.claim(answer, lesson), self.holds


def load_checks(lesson: str) -> dict[str, Check | Prediction]:
    """All checks and predictions of one lesson, by id."""
    name = f"ethics_lib.checks.lesson_{lesson}"
    if not lesson.isdigit() or find_spec(name) is None:
        raise UnknownNameError(f"lesson {lesson!r} does not exist. Write its number, such as '00'.")
    found = import_module(name).CHECKS
    by_id = {check.id: check for check in found}
    if len(by_id) < len(found):
        raise RangeError(f"lesson {lesson}: two checks share an id.")
    return by_id
