"""Lines about who answers for it: each with a town that crosses it and one that does not."""

import pandas as pd
import pytest
from handmade import decide, make_consents, make_traces
from handmade import make_use as use
from hypothesis import given, settings
from hypothesis import strategies as st

from ethics_lib.charter_account import another_purpose, no_ground, nobody_owns_the_risk
from ethics_lib.lines import find_wronged
from ethics_lib.tables import empty_table
from ethics_lib.uses import declare_safeguards

NOBODY = empty_table("consents")


def by(column, rule, **tables):
    """Who is wronged, by a column of the findings."""
    parts = find_wronged([rule], **tables).groupby(column)
    return {name: set(part["person"]) for name, part in parts}


# --------------------------------------------------------------------------------- EL-04 no ground


def on_what_ground(decisions=None, *, traces=None, column="severity", **columns):
    decisions = decide(1, 2) if decisions is None else decisions
    more = {} if traces is None else {"traces": traces}
    return by(column, no_ground, uses=use(**columns), decisions=decisions, **more)


def test_el04_no_basis_is_red():
    assert on_what_ground(basis=None) == {"red": {1, 2}}
    assert on_what_ground(basis=None, column="jurisdiction") == {"UK, EU": {1, 2}}
    assert on_what_ground(basis=None, column="law") == {"breach": {1, 2}}


def test_el04_an_invented_basis_is_none():
    uses = use().assign(basis="everybody does it")
    assert by("severity", no_ground, uses=uses, decisions=decide(1)) == {"red": {1}}


@pytest.mark.parametrize("basis", ["consent", "contract", "legal_obligation", "public_task"])
def test_el04_a_basis_that_can_carry_it_clears(basis):
    assert on_what_ground(basis=basis, kind="recommendation") == {}


def test_el04_a_contract_hardly_takes_an_advert_by_profile():
    assert on_what_ground(basis="contract") == {"amber": {1, 2}}
    assert on_what_ground(basis="contract", column="law") == {"arguable": {1, 2}}
    assert on_what_ground(basis="contract", kind="contextual_ad") == {}


def test_el04_consent_is_no_basis_for_those_who_did_not_give_it():
    def without_a_yes(consents, uses=None, **columns):
        tables = {"uses": use() if uses is None else uses, "decisions": decide(1, 2, **columns)}
        return by("severity", no_ground, **tables, consents=consents)

    assert without_a_yes(said(1, 2)) == {}
    assert without_a_yes(said(1)) == {"red": {2}}
    assert without_a_yes(said(1, 2, how="terms")) == {"red": {1, 2}}
    assert without_a_yes(said(1, 2, time="2025-07-02")) == {"red": {1, 2}}
    assert without_a_yes(NOBODY, via="everybody") == {}
    assert without_a_yes(NOBODY, uses=use(basis="public_task")) == {}


def test_el04_a_legitimate_interest_needs_its_test_before_the_use():
    interest = {"basis": "legitimate_interest"}
    assert on_what_ground(**interest) == {"amber": {1, 2}}
    assert on_what_ground(**interest, lia="2025-07-01") == {"amber": {1, 2}}
    assert on_what_ground(**interest, lia="2025-05-01") == {}
    assert on_what_ground(**interest, column="law") == {"arguable": {1, 2}}  # it may be one


def test_el04_no_legitimate_interest_carries_a_sensitive_trait():
    interest = {"basis": "legitimate_interest", "traits": ["party"], "lia": "2025-05-01"}
    assert on_what_ground(**interest) == {"red": {1, 2}}


def test_el04_no_legitimate_interest_carries_what_was_read_from_a_device():
    interest = {"basis": "legitimate_interest", "lia": "2025-05-01"}
    tracked = make_traces([(1, 1)], source="pixel")  # on 1 June
    assert on_what_ground(**interest, traces=tracked) == {"red": {1}}
    assert on_what_ground(**interest, traces=tracked, column="law") == {"breach": {1}}
    assert on_what_ground(**interest, traces=tracked.assign(source="sdk")) == {"red": {1}}
    for harmless in (
        tracked.assign(source="platform"),
        tracked.assign(holder="Another"),
        tracked.assign(time=pd.Timestamp("2025-07-02")),
    ):
        assert on_what_ground(**interest, traces=harmless) == {}
    assert on_what_ground(basis="consent", traces=tracked) == {}


def test_el04_a_tracker_that_chose_the_person_had_read_the_device():
    interest = {"basis": "legitimate_interest", "lia": "2025-05-01"}
    nothing = empty_table("traces")
    for via, wronged in (("pixel", {"red": {1}}), ("retargeting", {"red": {1}}), ("list", {})):
        assert on_what_ground(decide(1, via=via), **interest, traces=nothing) == wronged


def test_el04_an_advert_by_the_page_looked_at_no_device():
    interest = {"basis": "legitimate_interest", "lia": "2025-05-01"}
    tracked = make_traces([(1, 1)], source="pixel")
    assert on_what_ground(decide(1, via="context"), **interest, traces=tracked) == {}


def test_el04_a_recognised_interest_has_five_purposes_and_marketing_is_none():
    assert on_what_ground(basis="recognised_interest") == {"red": {1, 2}}
    other = on_what_ground(basis="recognised_interest", purpose="growth", column="jurisdiction")
    assert other == {"UK, EU": {1, 2}}


@pytest.mark.parametrize("purpose", ["safeguarding", "crime", "emergencies"])
def test_el04_a_recognised_interest_is_none_in_the_eu(purpose):
    recognised = {"basis": "recognised_interest", "purpose": purpose, "time": "2026-02-05"}
    assert on_what_ground(**recognised, column="jurisdiction") == {"EU": {1, 2}}
    tables = {"uses": use(**recognised), "decisions": decide(1)}
    assert find_wronged([no_ground], rules="uk-2026-02", **tables).empty
    assert not find_wronged([no_ground], rules="eu-2025-10", **tables).empty


def test_el04_in_the_uk_a_recognised_interest_has_a_first_day():
    recognised = {"basis": "recognised_interest", "purpose": "crime", "time": "2026-02-04"}
    assert on_what_ground(**recognised, column="jurisdiction") == {"UK, EU": {1, 2}}


def test_el04_wrongs_those_on_whom_the_use_was_made_shown_or_left_out():
    assert on_what_ground(decide(1, shown=False), basis=None) == {"red": {1}}


def test_el04_a_use_that_nobody_declared_has_no_ground():
    other = use("another")
    assert by("severity", no_ground, uses=other, decisions=decide(1)) == {"red": {1}}
    both = pd.concat([other, use()])
    assert by("severity", no_ground, uses=both, decisions=decide(1)) == {}


# --------------------------------------------------------------------------- EL-06 another purpose

LIKED = make_traces([(1, 1), (2, 1)])  # for the service, on 1 June


def said(*people, granted=True, purpose="direct_marketing", how="opt-in", time="2025-06-01"):
    return make_consents(*((person, purpose, granted, how, time) for person in people))


def moved(consents=NOBODY, *, traces=LIKED, safeguards=None, column="law", **columns):
    decided = {k: columns.pop(k) for k in ("via", "time", "shown") if k in columns}
    tables = {"traces": traces, "uses": use(**columns), "decisions": decide(1, 2, **decided)}
    more = {} if safeguards is None else {"safeguards": declare_safeguards("advert", safeguards)}
    return by(column, another_purpose, **tables, consents=consents, **more)


def test_el06_is_crossed_by_a_purpose_that_nobody_was_asked_about():
    assert moved() == {"breach": {1, 2}}
    assert moved(said(1)) == {"breach": {2}}
    assert moved(shown=False) == {"breach": {1, 2}}


def test_el06_the_same_purpose_or_one_that_fits_is_no_move():
    assert moved(purpose="service") == moved(purpose="security") == moved(purpose="research") == {}
    adverts = LIKED.assign(purpose="advertising")
    assert moved(traces=adverts) == {}
    assert moved(traces=adverts, purpose="recruitment") == {"breach": {1, 2}}


def test_el06_consent_is_to_the_new_purpose_and_in_force():
    assert moved(said(1, 2, purpose="service")) == {"breach": {1, 2}}
    assert moved(said(1, 2, time="2025-07-02")) == {"breach": {1, 2}}
    withdrawn = said(1, granted=False, how="withdrawn", time="2025-06-20")
    assert moved(pd.concat([said(1, 2), withdrawn])) == {"breach": {1}}
    assert moved(said(1, 2).assign(holder="Another")) == {"breach": {1, 2}}
    assert moved(said(1, 2, how="terms")) == {"breach": {1, 2}}


def test_el06_a_written_test_of_an_earlier_date_clears():
    assert moved(safeguards={"compatibility_test": "2025-06-30"}) == {}
    assert moved(safeguards={"compatibility_test": "2025-07-01"}) == {"breach": {1, 2}}
    assert moved(safeguards={"dpia": "2025-06-30"}) == {"breach": {1, 2}}


def test_el06_only_what_this_holder_had_recorded_by_then():
    assert moved(traces=make_traces([(1, 1)])) == {"breach": {1}}
    assert moved(traces=LIKED.assign(holder="Another")) == {}
    assert moved(time="2025-05-31") == {}
    later = make_traces([(1, 1)], time=pd.Timestamp("2025-08-01"))
    assert moved(traces=pd.concat([later, make_traces([(1, 2)])])) == {"breach": {1}}


def test_el06_an_advert_to_everybody_used_no_record():
    assert moved(via="everybody") == moved(via="context") == {}
    assert moved(via="lookalike") == {"breach": {1, 2}}


def test_el06_what_the_uk_lists_as_compatible_is_arguable_in_the_eu():
    assert moved(purpose="crime") == {"arguable": {1, 2}}
    later = {"purpose": "crime", "column": "jurisdiction"}
    assert moved(**later, time="2026-02-05") == {"EU": {1, 2}}
    assert moved(**later, time="2026-02-04") == {"UK, EU": {1, 2}}


def test_el06_each_holder_answers_for_its_own_records():
    theirs = make_traces([(3, 1)], holder="Another", purpose="service")
    uses = pd.concat([use(), use(holder="Another")])
    tables = {"traces": pd.concat([LIKED, theirs]), "uses": uses, "decisions": decide(1, 3)}
    assert by("law", another_purpose, **tables, consents=NOBODY) == {"breach": {1, 3}}


ENTRIES = st.lists(
    st.tuples(
        st.integers(1, 2),
        st.sampled_from(["direct_marketing", "service", "recruitment"]),
        st.booleans(),
        st.sampled_from(["opt-in", "explicit", "objected"]),
        st.dates(pd.Timestamp("2025-05-01").date(), pd.Timestamp("2025-08-01").date()).map(str),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=20)
@given(ENTRIES, st.integers(1, 2))
def test_el06_a_consent_just_before_clears_that_person_and_nobody_else(entries, person):
    ledger = make_consents(*entries)
    more = pd.concat([ledger, said(person, time="2025-06-30 23:00")])
    before, after = (moved(consents).get("breach", set()) for consents in (ledger, more))
    assert after == before - {person}


# --------------------------------------------------------------------------- EL-19 nobody owns it


def shared(safeguards=(), *, uses=None, column="law", **columns):
    paper = declare_safeguards("advert", dict.fromkeys(safeguards, "2025-06-01"))
    uses = use() if uses is None else uses
    tables = {"uses": uses, "decisions": decide(1, 2, **columns), "safeguards": paper}
    return by(column, nobody_owns_the_risk, **tables)


def test_el19_is_crossed_by_two_firms_without_an_arrangement():
    both = {"UK": {1, 2}, "EU": {1, 2}}
    for via in ("list", "pixel", "retargeting", "lookalike"):
        assert shared(["dpia"], via=via, column="jurisdiction") == both
    two = pd.concat([use(), use(holder="Another")])
    assert shared(["dpia"], uses=two, column="jurisdiction") == both


def test_el19_is_cleared_by_an_arrangement_of_an_earlier_date():
    assert shared(["dpia", "arrangement"], via="list") == {}
    assert shared(["dpia", "arrangement"], via="list", time="2025-06-01") == {"breach": {1, 2}}
    assert shared(["dpia"]) == {}  # one firm needs nobody to arrange things with


def test_el19_two_criteria_ask_for_an_assessment_with_exceptions():
    grave = use(kind="credit")  # evaluation, and a decision by machine
    law = shared(["arrangement"], uses=grave, column="jurisdiction")
    assert law == {"UK": {1, 2}, "EU": {1, 2}}
    assert "arguable" in shared(["arrangement"], uses=grave)
    assert shared(["arrangement", "dpia"], uses=grave) == {}


def test_el19_the_first_decision_is_what_counts():
    paper = declare_safeguards("advert", {"arrangement": "2025-06-15", "dpia": "2025-06-15"})
    decided = pd.concat([decide(1, via="list", time="2025-06-10"), decide(2, via="list")])
    tables = {"uses": use(), "decisions": decided, "safeguards": paper}
    assert by("law", nobody_owns_the_risk, **tables)["breach"] == {1, 2}


def test_el19_wrongs_those_on_whom_that_use_was_made():
    mixed = pd.concat([decide(1, via="list"), decide(2)])
    paper = declare_safeguards("advert", {"dpia": "2025-06-01"})
    tables = {"uses": use(), "decisions": mixed, "safeguards": paper}
    assert by("law", nobody_owns_the_risk, **tables) == {"breach": {1}}


def test_el19_what_more_is_known_makes_more_assessments_due():
    tables = {"uses": use(), "decisions": decide(1), "safeguards": empty_table("safeguards")}
    assert by("law", nobody_owns_the_risk, **tables) == {}
    people = pd.DataFrame(
        {"birth_date": [pd.Timestamp("2012-01-01")]}, pd.Index([1], name="person")
    )
    found = by("jurisdiction", nobody_owns_the_risk, **tables, people=people)
    assert found["UK"] == {1}
