"""Every check of every lesson, on its stub, its right forms and its misconceptions by name."""

import sys
from functools import cache
from pathlib import Path

import jupytext
import pytest

from ethics_lib import lessons
from ethics_lib.checks import Check, Prediction

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
sys.path.insert(0, str(NOTEBOOKS))
import build  # noqa: E402

SOURCES = build.sources()
FORMS = [(source, form) for source in SOURCES for form in build.forms(source)]


@pytest.fixture(autouse=True)
def _in_memory(monkeypatch):
    monkeypatch.setenv("BRIGHTWATER_STATE", "memory")


@cache
def names_after(source):
    """What each exercise of a lesson finds in its notebook, by exercise."""
    names, found = {}, {}
    for cell in jupytext.read(source, fmt="py:percent").cells:
        if cell.cell_type != "code" or "form" in cell.metadata or cell.metadata.get("lecturer"):
            continue
        exec(compile(build.solution(cell.source), f"{source.stem}", "exec"), names)
        if "exercise" in cell.metadata:
            found[cell.metadata["exercise"]] = dict(names)
    return found


def answer_to(source, form, code):
    """What the lesson says to a form."""
    names, said = dict(names_after(source)[form.exercise]), []
    lesson = names["lesson"]

    def listen(id, answer):
        said.append(lessons.Lesson.check(lesson, id, answer))
        return said[-1]

    lesson.check = listen
    try:
        exec(compile(code, f"{form.exercise}", "exec"), names)
    finally:
        del lesson.check
    assert len(said) == 1, f"{form.exercise}: a form holds one lesson.check(...)"
    return said[0]


def checks(source):
    found = lessons.load_checks(source.stem[:2]).values()
    return [check for check in found if isinstance(check, Check)]


@pytest.mark.parametrize(
    ("source", "form"), FORMS, ids=[f"{f.exercise}-{f.name}" for _, f in FORMS]
)
def test_form_is_answered_as_it_deserves(source, form):
    note = answer_to(source, form, form.code)
    if form.wrong is None:
        assert note.tone == "good", note.text
        return
    (check,) = [c for c in checks(source) if c.id == form.exercise]
    assert note.tone == "open"
    assert note.text == check.misconceptions[form.wrong].says


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_stub_is_answered_with_a_sentence(source):
    for cell in jupytext.read(source, fmt="py:percent").cells:
        if "exercise" not in cell.metadata:
            continue
        stub = build.stub(cell.source)
        assert stub != build.solution(cell.source)
        form = build.Form(cell.metadata["exercise"], stub, None, "stub")
        note = answer_to(source, form, stub)
        assert note.tone == "open", f"{form.exercise}: the stub is accepted"
        assert len(note.text) > 15


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_every_check_is_proved(source):
    proved = {}
    for form in build.forms(source):
        proved.setdefault(form.exercise, []).append(form)
    assert set(proved) == {check.id for check in checks(source)}
    for check in checks(source):
        right = [form for form in proved[check.id] if form.wrong is None]
        wrong = {form.wrong for form in proved[check.id] if form.wrong}
        assert len(right) >= 2, f"{check.id} has one right form only"
        assert check.misconceptions, f"{check.id} names no misconception"
        assert wrong == set(check.misconceptions), check.id
        assert len(set(check.hints)) == 3
        assert not any(sign in check.hints[0] for sign in "=`()["), f"{check.id}: code in hint 1"


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
@pytest.mark.parametrize(
    "answer",
    [
        float("nan"),
        "x",
        [1, 2],
        {},
        True,
        1e9,
        -1e9,
        lambda row: 1 / 0,
        lambda row: row[:-1],
        object(),
    ],
)
def test_anything_is_answered_in_a_sentence(source, answer):
    lesson = lessons.start(source.stem[:2])
    for check in checks(source):
        note = lesson.check(check.id, answer)
        assert note.tone == "open"
        assert "Traceback" not in note.text
        assert len(note.text) > 10


def test_a_percentage_is_recognised():
    lesson = lessons.start("06")
    note = lesson.check("06.vote", 66.7)
    assert "percentage" in note.text


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_every_prediction_is_used(source):
    text = source.read_text(encoding="utf-8")
    for check in lessons.load_checks(source.stem[:2]).values():
        if isinstance(check, Prediction):
            for verb in ("predict", "result", "because"):
                assert f'lesson.{verb}("{check.id}"' in text
