"""What the notebooks call, and what becomes of what a reader enters."""

import json
import os
import re
import stat

import pytest

from ethics_lib import lessons
from ethics_lib.lessons import Note, start
from ethics_lib.tables import RangeError, UnknownNameError


@pytest.fixture
def ledger_file(tmp_path, monkeypatch):
    path = tmp_path / "some where" / "ledger.json"
    monkeypatch.setenv("BRIGHTWATER_STATE", str(path))
    return path


@pytest.fixture
def lesson(ledger_file):
    return start("00")


def test_prediction_is_kept_and_scored(lesson):
    assert "Recorded: 0.8" in lesson.predict("00.right", 0.8, confidence=0.9).text
    said = lesson.result("00.right", 0.83).text
    assert said == "You said 0.8, 90% sure. It is 0.83: close."
    text = repr(lesson.ledger())
    assert "0.8, 90% sure" in text
    assert "over 1: 0.01" in text  # Brier: (.9 - 1) squared


def test_wrong_prediction_costs_its_confidence(lesson):
    lesson.predict("00.right", 0.3, confidence=0.9)
    assert "some way off" in lesson.result("00.right", 0.83).text
    assert "over 1: 0.81" in repr(lesson.ledger())


def test_without_a_prediction_the_lesson_runs_on(lesson):
    assert lesson.predict("00.right", ..., confidence=...).text.startswith("No prediction recorded")
    assert "No prediction was recorded" in lesson.result("00.right", 0.83).text


def test_a_prediction_after_the_result_is_not_scored(lesson):
    lesson.result("00.right", 0.83)
    assert "not scored" in lesson.predict("00.right", 0.83, confidence=1).text
    assert "over" not in lesson.ledger().text
    assert "after the result" in repr(lesson.ledger())


def test_cells_may_be_run_twice(lesson, ledger_file):
    def run():
        return [
            repr(lesson.predict("00.right", 0.8, confidence=0.9)),
            repr(lesson.result("00.right", 0.83)),
            repr(lesson.because("00.right", "the many agree", cite=0.83)),
            repr(lesson.check("00.origin", "inferred")),
            repr(lesson.stance(6, "it depends")),
            repr(lesson.ledger()),
        ]

    first = run()
    kept = ledger_file.read_text(encoding="utf-8")
    assert run() == first
    assert ledger_file.read_text(encoding="utf-8") == kept


def test_reason_must_cite_the_number_computed_here(lesson):
    assert "no result to cite" in lesson.because("00.right", "x", cite=0.5).text
    lesson.result("00.right", 0.8426)
    assert "not the number" in lesson.because("00.right", "any opinion", cite=0.7).text
    for cited in (0.84, 0.843, 0.8426):
        assert lesson.because("00.right", "any opinion at all", cite=cited).tone == "good"
    assert lesson.because("00.right", "...", cite=...).tone == "open"


def test_hints_climb_three_rungs(lesson):
    said = [lesson.hint("00.coupon").text for _ in range(4)]
    assert [text[:11] for text in said] == [
        "Hint 1 of 3",
        "Hint 2 of 3",
        "Hint 3 of 3",
        "Hint 3 of 3",
    ]
    assert len(set(said)) == 3


def test_stance_is_asked_in_three_lessons_only(lesson):
    assert lesson.stance(..., "because ...").tone == "open"
    assert lesson.stance(7, "it pays for itself").tone == "good"
    with pytest.raises(RangeError, match=r"stance=11\.0 is outside its range: 0 to 10"):
        lesson.stance(11, "very")
    with pytest.raises(UnknownNameError, match="There are: 00, 07, 15"):
        start("06").stance(5, "here?")


def test_a_right_answer_stays_right(lesson):
    lesson.check("00.origin", "inferred")
    lesson.check("00.origin", "told")
    assert "right" in repr(lesson.ledger()).splitlines()[-1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda it: it.check("00.orgin", 1), "Did you mean '00.origin'"),
        (lambda it: it.predict("00.wrong", 1, confidence=1), "There are: 00.right"),
        (lambda it: it.check("00.right", 1), "in lesson 00 the check '00.right' does not exist"),
    ],
)
def test_wrong_ids_are_named(lesson, call, message):
    with pytest.raises(UnknownNameError, match=re.escape(message)):
        call(lesson)


@pytest.mark.parametrize(("value", "confidence"), [(1.5, 0.9), (-0.1, 0.9), (0.5, 0.2), (0.5, 2)])
def test_impossible_predictions_are_refused(lesson, value, confidence):
    with pytest.raises(RangeError, match="is outside its range"):
        lesson.predict("00.right", value, confidence=confidence)


def test_unknown_lesson_is_named():
    with pytest.raises(UnknownNameError, match="lesson '99' does not exist"):
        start("99")


def test_two_notebooks_share_one_file(ledger_file):
    one, two = start("00"), start("06")
    one.predict("00.right", 0.8, confidence=0.9)
    two.predict("06.friends", 0.6, confidence=0.7)
    one.stance(3, "no")
    held = json.loads(ledger_file.read_text(encoding="utf-8"))
    assert set(held["predictions"]) == {"00.right", "06.friends"}
    assert held["stances"]["00"]["agreement"] == 3


def test_a_broken_file_is_set_aside(ledger_file):
    ledger_file.parent.mkdir()
    ledger_file.write_text('{"predictions": {"00.ri', encoding="utf-8")
    note = start("00").greeting()
    assert "could not be read" in note.text
    (aside,) = ledger_file.parent.glob("*unreadable*")
    assert aside.read_text(encoding="utf-8") == '{"predictions": {"00.ri'


def test_nothing_half_written_is_left(lesson, ledger_file):
    for k in range(20):
        lesson.predict("00.right", k / 20, confidence=0.5)
    assert [path.name for path in ledger_file.parent.iterdir()] == ["ledger.json"]


def test_memory_where_nothing_can_be_written(monkeypatch, tmp_path):
    blocked = tmp_path / "a file"
    blocked.write_text("", encoding="utf-8")
    monkeypatch.setenv("BRIGHTWATER_STATE", str(blocked / "ledger.json"))
    lesson = start("00")
    assert "memory only" in lesson.greeting().text
    lesson.predict("00.right", 0.8, confidence=0.9)
    assert "close" in lesson.result("00.right", 0.8).text


def test_memory_on_wish(monkeypatch):
    monkeypatch.setenv("BRIGHTWATER_STATE", "memory")
    assert "memory only" in start("00").greeting().text


def test_by_default_it_lies_in_the_users_own_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("BRIGHTWATER_STATE", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert lessons._place().name == "ledger.json"


@pytest.mark.skipif(os.name == "nt", reason="permission bits are POSIX's")
def test_only_the_reader_may_read_it(lesson, ledger_file):
    lesson.stance(5, "mine")
    assert stat.S_IMODE(ledger_file.stat().st_mode) == 0o600


def test_no_path_and_no_name_in_what_is_shown(lesson, ledger_file):
    lesson.predict("00.right", 0.8, confidence=0.9)
    for note in (lesson.greeting(), lesson.ledger()):
        assert str(ledger_file.parent) not in repr(note) + note._repr_html_()


def test_notes_speak_plainly():
    note = Note("1 < 2 & so on\nnext", "good")
    assert repr(note) == "✓ 1 < 2 & so on\nnext"
    html = note._repr_html_()
    assert "1 &lt; 2 &amp; so on<br>next" in html
    assert 'role="status"' in html
    assert "<script" not in html


def test_another_town_can_be_asked_about(ledger_file):
    from ethics_lib import make_world

    town = make_world(200, rng=1)
    assert start("06", town=town).town is town
