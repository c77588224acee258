import numpy as np
import pandas as pd
import pytest
from handmade import DAY, make_beliefs, make_consents, make_traces
from hypothesis import given
from hypothesis import strategies as st

from ethics_lib.consents import (
    PROCESSING,
    WAYS,
    ask_consent,
    give_notice,
    in_force,
    leave_out,
    leave_rectified,
    refused,
    withdraw,
)
from ethics_lib.tables import RangeError, TableError, UnknownNameError, check_table, empty_table

PEOPLE = pd.DataFrame({"member": True}, index=pd.RangeIndex(2_000, name="person"))


def ask(how="opt-out", *, people=PEOPLE, purposes=("service",), time="2025-01-01", **knobs):
    knobs = {"rng": 7} | knobs
    return ask_consent(people, holder="Murmur", purposes=purposes, how=how, time=time, **knobs)


def covers(ledger, person=1, time="2025-06-01", holder="Murmur", purpose="service"):
    row = {"person": [person], "holder": holder, "purpose": purpose, "time": pd.Timestamp(time)}
    return bool(in_force(ledger, pd.DataFrame(row))[0])


def test_everybody_answers_each_question_once():
    ledger = ask("device prompt", purposes=["service", "advertising"])
    check_table(ledger, "consents", people=PEOPLE.index)
    assert len(ledger) == 4_000 and not ledger.duplicated(["person", "purpose"]).any()
    first, second = (part["granted"].to_numpy() for _, part in ledger.groupby("purpose"))
    assert (first != second).any()  # each purpose is a question of its own
    assert set(ledger["how"]) == {"device prompt"} and set(ledger["holder"]) == {"Murmur"}


def test_one_purpose_needs_no_list():
    pd.testing.assert_frame_equal(ask(purposes="service"), ask(purposes=["service"]))
    assert (
        give_notice(PEOPLE, holder="M", purposes="ads", time="2025-01-01")["purpose"]
        .eq("ads")
        .all()
    )


@pytest.mark.parametrize("how", WAYS)
def test_each_way_of_asking_has_a_rate_or_says_that_it_has_none(how):
    rate, source = WAYS[how]
    if rate is None:
        with pytest.raises(RangeError, match=f"how='{how}' has no published rate .* Pass rate="):
            ask(how)
    else:
        assert ask(how)["granted"].mean() == pytest.approx(rate, abs=0.03)
    assert source


def test_a_dark_pattern_adds_to_the_rate_of_a_fair_banner():
    assert ask("dark pattern", rate=0.3)["granted"].mean() == pytest.approx(0.525, abs=0.03)
    assert ask("dark pattern", rate=0.9)["granted"].all()


def test_a_higher_rate_removes_nobody():
    low, high = (ask("banner", rate=rate)["granted"].to_numpy() for rate in (0.3, 0.6))
    assert (low <= high).all() and low.sum() < high.sum()


def test_everybody_may_be_asked_at_a_time_of_their_own():
    people = PEOPLE.iloc[:3]
    times = pd.Series(pd.to_datetime(["2025-03-01", "2025-01-01", "2025-02-01"]), index=[2, 0, 1])
    asked = ask("terms", people=people, time=times)
    assert asked["time"].dt.month.tolist() == [1, 2, 3]
    with pytest.raises(TableError, match=r"consents: column 'time' holds NaT in row 1"):
        ask("terms", people=people, time=times.drop(1))


def test_a_withdrawal_is_a_row_and_nothing_is_deleted():
    before = make_consents((1, "service", True, "terms", "2025-01-01"))
    after = withdraw(before, 1, holder="Murmur", purpose="service", time="2025-03-01")
    pd.testing.assert_frame_equal(after.iloc[:1], before)
    assert after.iloc[1][["granted", "how"]].tolist() == [False, "withdrawn"]
    assert pd.api.types.is_bool_dtype(after["granted"])
    assert covers(after, time="2025-02-28") and not covers(after, time="2025-03-02")


def test_the_latest_choice_before_the_moment_wins():
    choices = make_consents(
        (1, "service", True, "opt-in", "2025-05-01"),
        (1, "service", True, "opt-in", "2025-01-01"),
        (1, "service", False, "withdrawn", "2025-03-01"),
    )
    moments = ["2024-12-31", "2025-01-01", "2025-02-01", "2025-03-01", "2025-04-01", "2025-06-01"]
    covered = [covers(choices, time=time) for time in moments]
    assert covered == [False, True, True, False, False, True]


def test_of_two_choices_in_one_moment_the_lower_row_wins():
    yes, no = (1, "service", True, "terms", "2025-01-01"), (1, "service", False, "x", "2025-01-01")
    assert covers(make_consents(no, yes)) and not covers(make_consents(yes, no))


def test_consent_covers_its_person_holder_and_purpose_only():
    ledger = make_consents((1, "service", True, "terms", "2025-01-01"))
    assert covers(ledger)
    assert not covers(ledger, person=2)
    assert not covers(ledger, holder="Another")
    assert not covers(ledger, purpose="advertising")


def test_the_answers_keep_the_order_of_the_rows():
    ledger = make_consents(
        (1, "service", True, "terms", "2025-01-01"), (2, "service", True, "terms", "2025-04-01")
    )
    traces = make_traces([(2, 1), (1, 1), (3, 1), (2, 2), (1, 2)])
    times = pd.to_datetime(["2025-05-01", "2024-01-01", "2025-05-01", "2025-02-01", "2025-03-01"])
    asked = traces.assign(time=times).set_index(pd.Index([9, 9, 2, 1, 0]))
    assert in_force(ledger, asked).tolist() == [True, False, False, False, True]


@pytest.mark.parametrize("person", ["int16", "int32", "int64", "Int64"])
@pytest.mark.parametrize("text", ["str", "object", "category"])
def test_tables_of_other_types_are_joined_all_the_same(person, text):
    ledger = make_consents((1, "service", True, "terms", "2025-01-01"))
    traces = make_traces([(1, 1), (2, 1)]).astype({"person": person, "holder": text})
    assert in_force(ledger.astype({"person": "int32"}), traces).tolist() == [True, False]
    assert in_force(ledger.astype({"granted": "boolean"}), traces).tolist() == [True, False]


def test_an_empty_ledger_covers_nobody_and_an_empty_table_has_no_answers():
    assert not in_force(empty_table("consents"), make_traces([(1, 1)])).any()
    assert not in_force(empty_table("notices"), make_traces([(1, 1)])).any()
    ledger = make_consents((1, "service", True, "terms", "2025-01-01"))
    assert in_force(ledger, empty_table("traces")).shape == (0,)


def test_a_notice_covers_from_its_moment_on():
    told = give_notice(PEOPLE.iloc[:3], holder="Murmur", purposes=["service"], time="2025-03-01")
    check_table(told, "notices")
    assert not covers(told, time="2025-02-01") and covers(told, time="2025-03-01")
    assert len(told) == 3


def test_who_was_never_asked_has_not_refused():
    ledger = make_consents(
        (1, "service", True, "terms", "2025-01-01"),
        (1, "service", False, "withdrawn", "2025-03-01"),
        (2, "service", True, "terms", "2025-01-01"),
    )
    traces = make_traces([(1, 1), (2, 1), (3, 1)])
    assert refused(ledger, traces).tolist() == [True, False, False]
    before = traces.assign(time=pd.Timestamp("2025-02-01"))
    assert not refused(ledger, before).any() and in_force(ledger, before).tolist() == [1, 1, 0]


def test_a_no_to_the_purpose_or_to_all_processing_leaves_a_person_out():
    ledger = make_consents(
        (1, "profiling", False, "objected", "2025-01-01"),
        (2, PROCESSING, False, "restricted", "2025-01-01"),
        (3, PROCESSING, False, "restricted", "2025-01-01"),
        (3, PROCESSING, True, "lifted", "2025-02-01"),
        (4, "service", False, "withdrawn", "2025-01-01"),
    )
    traces = make_traces([(p, 1) for p in (1, 2, 3, 4, 5)])

    def left(ledger, holder="Murmur"):
        return leave_out(traces, ledger, holder=holder, purpose="profiling")["person"].tolist()

    assert left(ledger) == [3, 4, 5]
    assert left(ledger, holder="Another") == left(None) == left(ledger.iloc[:0]) == [1, 2, 3, 4, 5]
    assert left(ledger.query("time < '2025-02-01'")) == [4, 5]


def test_what_was_put_right_is_left_out_for_that_trait_and_that_holder():
    guesses = make_beliefs((1, "side", "black", 0.7), (1, "faith", "Tide", 0.7))
    ledger = make_consents((1, "accuracy:side", True, "rectified", "2026-01-01"))
    assert leave_rectified(guesses, ledger, holder="Murmur")["trait"].tolist() == ["faith"]
    assert len(leave_rectified(guesses, ledger, holder="Quill")) == 2
    assert leave_rectified(guesses, None, holder="Murmur") is guesses


@given(st.data())
def test_the_latest_entry_is_that_of_a_plain_search(data):
    row = st.tuples(
        st.integers(0, 2), st.sampled_from("AB"), st.sampled_from("xy"), st.integers(0, 5)
    )
    columns = ["person", "holder", "purpose", "day"]
    said = pd.DataFrame(data.draw(st.lists(row, min_size=1, max_size=12)), columns=columns)
    said["granted"] = data.draw(st.lists(st.booleans(), min_size=len(said), max_size=len(said)))
    asked = pd.DataFrame(data.draw(st.lists(row, min_size=1, max_size=8)), columns=columns)
    said, asked = (t.assign(time=DAY + pd.to_timedelta(t["day"], "D")) for t in (said, asked))
    covers, refuses = [], []
    for one in asked.to_dict("records"):
        same = said[(said[columns[:3]] == pd.Series(one)[columns[:3]]).all(axis=1)]
        same = same[same["day"] <= one["day"]]
        last = same.sort_values("day", kind="stable")["granted"].tolist()[-1:]
        covers.append(last == [True])
        refuses.append(last == [False])
    assert in_force(said, asked).tolist() == covers
    assert refused(said, asked).tolist() == refuses


def test_bad_questions_are_refused():
    with pytest.raises(UnknownNameError, match=r"way of asking 'nicely' does not exist.*opt-in"):
        ask("nicely")
    with pytest.raises(RangeError, match=r"rate=1.5 is outside its range: 0 to 1"):
        ask("banner", rate=1.5)
    for rng in (None, -1, "7", 1.5, True):
        with pytest.raises(RangeError, match=r"rng=.* is no source of randomness"):
            ask(rng=rng)
    with pytest.raises(TableError, match=r"consents: column 'granted' is missing"):
        ledger = make_consents((1, "service", True, "terms", "2025-01-01")).drop(columns="granted")
        withdraw(ledger, 1, holder="Murmur", purpose="service", time="2025-03-01")


def test_the_people_asked_are_left_as_they_were():
    people = PEOPLE.copy()
    ask(people=people)
    pd.testing.assert_frame_equal(people, PEOPLE)
    assert np.array_equal(ask()["granted"], ask()["granted"])
