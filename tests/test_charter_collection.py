"""Lines about how data come in: each is crossed in one little world, and not in one like it."""

import hashlib

import pandas as pd
import pytest
from handmade import DAY, make_beliefs, make_consents, make_traces, make_use
from hypothesis import given
from hypothesis import strategies as st

from ethics_lib.charter_collection import (
    NORMS,
    could_be_real,
    nobody_told_you,
    opt_out_did_nothing,
    right_data_wrong_place,
    too_much_too_long,
    tracked_before_asked,
)
from ethics_lib.consents import withdraw
from ethics_lib.decisions import Ad, target
from ethics_lib.identifiers import BLANK, make_identifiers
from ethics_lib.lines import LENSES, audit, find_wronged
from ethics_lib.tables import COLUMNS, check_table, concat, empty_table
from ethics_lib.uses import declare_safeguards

NOBODY = empty_table("consents")
BELIEFS = make_beliefs((1, "party", "Quay", 0.9), (2, "party", "Quay", 0.4))
HANDED_OVER = {"from_person": 9, "kind": "contact", "source": "contacts"}


def use(**columns):
    return make_use("votes", **{"traits": ["party"], "topic": "political"} | columns)


def show(time="2025-06-10", via="belief"):
    """Person 1 is shown an advert, person 2 is left out."""
    ad = Ad("Vote!", "political", "party", "Quay")
    return target(BELIEFS, ad, use="votes", threshold=0.7, time=time).assign(via=via)


def said_yes(*people, purpose="advertising", how="explicit", time="2025-05-01"):
    return make_consents(*((person, purpose, True, how, time) for person in people))


def said_no(*people, purpose="tracking", how="device prompt", time="2025-06-05"):
    return make_consents(*((person, purpose, False, how, time) for person in people))


def take_back(ledger, person, time, purpose="advertising"):
    return withdraw(ledger, person, holder="Murmur", purpose=purpose, time=time)


def notice(*people, time="2025-05-01", purpose="service"):
    rows = {"holder": "Murmur", "person": list(people), "purpose": purpose}
    return pd.DataFrame(rows).assign(time=pd.Timestamp(time))


def wronged(line, **tables):
    """Who, with the severity of each."""
    found = find_wronged([line], **tables)
    return dict(zip(found["person"], found["severity"], strict=True))


def places(line, **tables):
    """Where it holds, with who is wronged there."""
    found = find_wronged([line], **tables)
    return {place: set(part["person"]) for place, part in found.groupby("jurisdiction")}


# --------------------------------------------------------------------- EL-03 tracked before asked


def tracked(consents, **columns):
    seen = make_traces([(1, 1), (2, 1)], **{"source": "pixel", "purpose": "advertising"} | columns)
    return wronged(tracked_before_asked, traces=seen, consents=consents)


def test_el03_is_crossed_where_nobody_was_asked_before():
    assert tracked(NOBODY) == {1: "red", 2: "red"}
    assert tracked(said_yes(1)) == {2: "red"}
    assert tracked(said_yes(1, time="2025-06-02")) == {1: "red", 2: "red"}
    assert tracked(said_yes(1, 2, purpose="service")) == {1: "red", 2: "red"}


@pytest.mark.parametrize(("how", "wronged"), [("opt-in", 0), ("banner", 0), ("terms", 2)])
def test_el03_a_yes_that_was_not_free_is_none(how, wronged):
    assert len(tracked(said_yes(1, 2, how=how))) == wronged
    no_after = concat([said_yes(1), said_no(1, purpose="advertising", how="terms")], "consents")
    assert tracked(no_after.assign(time=pd.Timestamp("2025-05-01"))) == {1: "red", 2: "red"}


def test_el03_is_not_crossed_by_who_waits():
    assert tracked(said_yes(1, 2)) == {}


@pytest.mark.parametrize("source", ["platform", "server", "list", "contacts"])
def test_el03_counts_what_reads_a_device_and_nothing_else(source):
    assert tracked(NOBODY, source="sdk") == {1: "red", 2: "red"}
    assert tracked(NOBODY, source=source) == {}


def test_el03_a_withdrawal_before_the_record_uncovers():
    ledger = said_yes(1, 2)
    assert tracked(take_back(ledger, 1, "2025-05-20")) == {1: "red"}
    assert tracked(take_back(ledger, 1, "2025-06-20")) == {}


def counted(notices=None, consents=NOBODY, purpose="statistics", time="2026-06-01"):
    seen = make_traces([(1, 1)], source="pixel", purpose=purpose, time=pd.Timestamp(time))
    tables = {} if notices is None else {"notices": notices}
    return places(tracked_before_asked, traces=seen, consents=consents, **tables)


@pytest.mark.parametrize("purpose", ["statistics", "appearance"])
def test_el03_counting_needs_no_consent_in_the_uk_if_people_were_told(purpose):
    told = notice(1, purpose=purpose)
    assert counted(told, purpose=purpose) == {"EU": {1}}
    assert counted(purpose=purpose) == {"UK, EU": {1}}
    assert counted(notice(2, purpose=purpose), purpose=purpose) == {"UK, EU": {1}}
    late = notice(1, purpose=purpose, time="2026-06-02")
    assert counted(late, purpose=purpose) == {"UK, EU": {1}}


def test_el03_the_uk_exemption_has_a_first_day():
    told = notice(1, purpose="statistics")
    assert counted(told, time="2026-02-05") == {"EU": {1}}
    assert counted(told, time="2026-02-04 23:59") == {"UK, EU": {1}}


def test_el03_what_the_service_cannot_do_without_needs_no_consent():
    assert tracked(NOBODY, purpose="strictly_necessary") == {}


def test_el03_not_from_those_who_objected_to_being_counted():
    told = notice(1, purpose="statistics")
    before, after = ("2026-05-20", "2026-06-20")
    objected = said_no(1, purpose="statistics", how="objected", time=before)
    assert counted(told, objected) == {"UK, EU": {1}}
    assert counted(told, objected.assign(time=pd.Timestamp(after))) == {"EU": {1}}


def test_el03_advertising_is_never_exempt():
    assert counted(notice(1, purpose="advertising"), purpose="advertising") == {"UK, EU": {1}}


# -------------------------------------------------------------------------- EL-05 nobody told you


def told(notices, *, decisions=None, **columns):
    decisions = empty_table("decisions") if decisions is None else decisions
    kept = make_traces([(1, 1), (2, 1)], **columns)  # on 1 June
    return wronged(nobody_told_you, traces=kept, notices=notices, decisions=decisions)


def test_el05_is_crossed_by_a_record_without_a_notice_before_it():
    assert told(empty_table("notices")) == {1: "amber", 2: "amber"}
    assert told(notice(1)) == {2: "amber"}
    assert told(notice(1, 2, time="2025-06-02")) == {1: "amber", 2: "amber"}
    assert told(notice(1, 2, purpose="advertising")) == {1: "amber", 2: "amber"}


def test_el05_is_not_crossed_by_who_was_told():
    assert told(notice(1, 2)) == {}


def test_el05_it_is_worse_when_the_first_word_is_an_advert():
    assert told(empty_table("notices"), decisions=show()) == {1: "red", 2: "amber"}


def test_el05_what_comes_from_others_leaves_a_month():
    assert told(notice(1, 2, time="2025-07-01"), **HANDED_OVER) == {}
    assert told(notice(1, 2, time="2025-07-02"), **HANDED_OVER) == {1: "amber", 2: "amber"}


def test_el05_but_no_longer_than_to_the_first_contact():
    decided = show("2025-06-10")  # person 1 is shown the advert, person 2 is not
    late = notice(1, 2, time="2025-06-20")
    assert told(late, decisions=decided, **HANDED_OVER) == {1: "red"}
    assert told(notice(1, 2, time="2025-06-05"), decisions=decided, **HANDED_OVER) == {}


def test_el05_an_advert_from_before_the_record_was_no_contact_about_it():
    earlier = show("2025-05-20")
    assert told(notice(1, 2, time="2025-06-20"), decisions=earlier, **HANDED_OVER) == {}


# days after 1 January; people 1 to 3; from themselves or from person 9
records = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from([0, 9]), st.integers(0, 90)), max_size=12
)
moments = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 150)), max_size=6)


def at(days):
    return pd.Timestamp("2026-01-01") + pd.to_timedelta(list(days), unit="D")


def as_traces(rows):
    table = make_traces([(person, 1) for person, _, _ in rows])
    giver = [other or person for person, other, _ in rows]
    return table.assign(from_person=giver, time=at(day for *_, day in rows)).astype(
        {"person": "int32", "from_person": "int32"}
    )


def as_notices(rows):
    table = notice(*(person for person, _ in rows)).astype({"person": "int32"})
    return table.assign(time=at(day for _, day in rows))


def as_contacts(rows):
    shown = pd.concat([show().iloc[:1]] * len(rows)) if rows else empty_table("decisions")
    people = pd.Series([person for person, _ in rows], dtype="int32").to_numpy()
    return shown.assign(person=people, time=at(day for _, day in rows))


@given(records, moments, moments)
def test_el05_the_first_of_records_alike_decides_for_all(rows, notices, contacts):
    found = wronged(
        nobody_told_you,
        traces=as_traces(rows),
        notices=as_notices(notices),
        decisions=as_contacts(contacts),
    )
    late = set()
    for person, other, day in rows:  # record by record, as the law says it
        due = day
        if other:
            reached = [moment for who, moment in contacts if who == person and moment >= day]
            month = at([day])[0] + pd.DateOffset(months=1) - at([0])[0]
            due = min([month.days, *reached])
        if not any(who == person and moment <= due for who, moment in notices):
            late.add(person)
    assert set(found) == late


@given(records, moments, moments, moments)
def test_el05_one_more_notice_wrongs_nobody_more(rows, notices, more, contacts):
    tables = {"traces": as_traces(rows), "decisions": as_contacts(contacts)}
    few = wronged(nobody_told_you, notices=as_notices(notices), **tables)
    many = wronged(nobody_told_you, notices=as_notices(notices + more), **tables)
    assert set(many) <= set(few)


choices = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.sampled_from(["advertising", "statistics"]),
        st.booleans(),
        st.integers(0, 90),
    ),
    max_size=8,
)


def as_ledger(rows):
    rows = [(who, purpose, yes, "explicit", day) for who, purpose, yes, day in rows]
    table = make_consents(*rows).astype({"person": "int32", "granted": bool})
    return table.assign(time=at(day for *_, day in rows))


@given(records, choices, choices, moments)
def test_el03_one_more_yes_wrongs_nobody_more(rows, said, more, notices):
    purposes = [("advertising", "statistics")[day % 2] for *_, day in rows]
    tables = {
        "traces": as_traces(rows).assign(source="pixel", purpose=purposes),
        "notices": as_notices(notices).assign(purpose="statistics"),
    }
    more = [(who, purpose, True, day) for who, purpose, _, day in more]
    for rules in ("uk-2026-02", "eu-2025-10"):
        few = find_wronged([tracked_before_asked], rules=rules, consents=as_ledger(said), **tables)
        many = find_wronged(
            [tracked_before_asked], rules=rules, consents=as_ledger(said + more), **tables
        )
        assert set(many["person"]) <= set(few["person"])


# -------------------------------------------------------------------- EL-07 right data, wrong place


def misplaced(*, norms=NORMS, decisions=None, uses=None, **columns):
    decisions = empty_table("decisions") if decisions is None else decisions
    kept = make_traces([(1, 1), (2, 1)], **columns)
    return places(
        right_data_wrong_place,
        traces=kept,
        uses=use() if uses is None else uses,
        decisions=decisions,
        norms=norms,
    )


def norm(**changed):
    full = {
        "context": "platform",
        "sender": "person",
        "type": "like",
        "recipient": "*",
        "principle": "service",
    }
    return pd.DataFrame([full | changed])


def test_el07_is_crossed_by_a_record_that_no_norm_covers_and_not_by_one_that_some_does():
    assert misplaced() == {}
    assert misplaced(source="pixel", kind="visit", purpose="advertising") == {"ethics": {1, 2}}


@pytest.mark.parametrize(
    "changed",
    [
        {"context": "pixel"},
        {"sender": "other"},
        {"type": "visit"},
        {"recipient": "Another"},
        {"principle": "research"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_el07_each_of_the_five_counts(changed):
    assert misplaced(norms=norm()) == {}
    assert misplaced(norms=norm(**changed)) == {"ethics": {1, 2}}


def test_el07_a_recipient_may_be_named():
    assert misplaced(norms=norm(recipient="Murmur")) == {}


def test_el07_is_crossed_by_a_use_that_no_norm_covers():
    credit = use(purpose="credit")
    assert misplaced(decisions=show(), uses=use()) == {}
    # whoever was decided on was looked at, those left out too
    assert misplaced(decisions=show(), uses=credit) == {"ethics": {1, 2}}
    assert misplaced(uses=credit) == {}
    assert misplaced(decisions=show(), uses=credit.assign(use="another")) == {}
    assert misplaced(decisions=show(), uses=credit.assign(holder="Another")) == {}


def test_el07_a_use_looks_at_what_was_there_before_it():
    assert misplaced(decisions=show("2025-05-20"), uses=use(purpose="credit")) == {}


def test_el07_nobody_is_looked_at_by_the_page_alone():
    credit = use(purpose="credit")
    for via in ("context", "everybody"):
        assert misplaced(decisions=show(via=via), uses=credit) == {}


def test_el07_a_choice_by_list_looks_at_the_list():
    credit = use(purpose="credit")
    for via in ("list", "pixel", "retargeting"):
        assert misplaced(decisions=show(via=via), uses=credit) == {}
    on_list = {"source": "list", "kind": "purchase", "purpose": "delivery"}
    flows = norm(context="list", type="purchase", principle="delivery")
    assert misplaced(decisions=show(via="pixel"), uses=credit, norms=flows, **on_list) == {}
    found = misplaced(decisions=show(via="list"), uses=credit, norms=flows, **on_list)
    assert found == {"ethics": {1, 2}}


def test_el07_where_nothing_is_taken_for_granted_everything_strays():
    assert misplaced(norms=empty_table("norms")) == {"ethics": {1, 2}}


def test_el07_the_norms_are_a_table_like_any_other():
    check_table(NORMS, "norms")
    assert not NORMS.duplicated().any()


# ----------------------------------------------------------------- EL-10 the opt-out did nothing


def opted_out(consents, *, decisions=None, traces=None):
    return places(
        opt_out_did_nothing,
        traces=empty_table("traces") if traces is None else traces,
        decisions=empty_table("decisions") if decisions is None else decisions,
        uses=use(),
        consents=consents,
    )


@pytest.mark.parametrize("via", ["list", "pixel", "retargeting"])
def test_el10_is_crossed_by_an_advert_chosen_between_firms_after_the_switch(via):
    found = opted_out(said_no(1, 2), decisions=show("2025-06-10", via))
    assert found == {"EU": {1}, "UK": {1}, "US-CA": {1}, "platform rule": {1}}
    assert opted_out(said_no(1, 2), decisions=show("2025-06-01", via)) == {}


@pytest.mark.parametrize("via", ["belief", "lookalike", "context", "everybody"])
def test_el10_is_not_crossed_by_an_advert_chosen_within_one(via):
    assert opted_out(said_no(1, 2), decisions=show(via=via)) == {}


@pytest.mark.parametrize("source", ["list", "server", "pixel"])
def test_el10_is_crossed_by_a_record_from_another_firm_after_the_switch(source):
    seen = make_traces([(1, 1), (2, 1)], source=source, time=pd.Timestamp("2025-06-07"))
    assert opted_out(said_no(1), traces=seen)["EU"] == {1}
    assert opted_out(said_no(1), traces=seen.assign(time=DAY)) == {}
    assert opted_out(said_no(1), traces=seen.assign(holder="Another")) == {}
    assert opted_out(said_no(1), traces=seen.assign(source="platform")) == {}


def test_el10_a_yes_a_no_to_something_else_or_a_no_on_a_form_is_no_switch():
    by_list = show(via="list")
    assert opted_out(said_yes(1, purpose="tracking"), decisions=by_list) == {}
    assert opted_out(said_no(1, purpose="direct_marketing"), decisions=by_list) == {}
    assert opted_out(said_no(1, how="opt-in"), decisions=by_list) == {}
    assert opted_out(NOBODY, decisions=by_list) == {}


def test_el10_a_switch_put_back_before_the_advert_lifts_it():
    for back, everywhere in (("2025-06-08", 0), ("2025-06-12", 4)):
        ledger = concat([said_no(1), said_yes(1, purpose="tracking", time=back)], "consents")
        assert len(opted_out(ledger, decisions=show("2025-06-10", "list"))) == everywhere


def test_el10_each_switch_binds_somewhere_else():
    found = {
        how: find_wronged(
            [opt_out_did_nothing],
            traces=empty_table("traces"),
            decisions=show(via="list"),
            uses=use(),
            consents=said_no(1, how=how),
        ).set_index("jurisdiction")
        for how in ("device prompt", "browser signal", "ad setting", "withdrawn")
    }
    assert found["browser signal"].loc["US-CA", "law"] == "breach"
    assert found["device prompt"].loc["US-CA", "law"] == "arguable"
    assert found["device prompt"].loc["platform rule", "law"] == "none"
    for how, law in (("ad setting", "breach"), ("device prompt", "arguable")):
        assert found[how].loc[["EU", "UK"], "law"].eq(law).all()  # one text of law for both
    assert "platform rule" not in found["browser signal"].index
    assert found["withdrawn"].equals(found["ad setting"])
    for table in found.values():
        red = table.index[table["severity"] == "red"]
        assert set(red) == {"US-CA", "EU"}


@pytest.mark.parametrize("how", ["banner", "dark pattern"])
def test_el10_a_no_on_a_banner_is_a_switch_in_europe(how):
    found = opted_out(said_no(1, how=how), decisions=show(via="list"))
    assert found == {"EU": {1}, "UK": {1}}


def test_el10_a_rule_set_keeps_what_holds_there():
    tables = {
        "traces": empty_table("traces"),
        "decisions": show(via="list"),
        "uses": use(),
        "consents": said_no(1),
    }
    found = audit([opt_out_did_nothing], rules="uk-2026-02", **tables)
    assert dict(zip(found["jurisdiction"], found["severity"], strict=True)) == {
        "UK": "amber",
        "platform rule": "amber",
    }


# -------------------------------------------------------------------- EL-18 too much, too long


def declared(*limits, source="platform"):
    """A declaration for each limit in days."""
    return pd.DataFrame(
        {
            "holder": "Murmur",
            "source": source,
            "data_type": "BrowsingHistory",
            "purpose": "ThirdPartyAdvertising",
            "band": "DATA_LINKED_TO_YOU",
            "of": "person",
            "retention": pd.Series(limits, dtype="float64"),
            "declared": True,
        }
    )


def measured(*lows, source="platform"):
    """A trait for each lower end of an interval."""
    return pd.DataFrame(
        {
            "holder": "Murmur",
            "trait": [f"trait {k}" for k in range(len(lows))],
            "source": source,
            "gain": [low + 0.01 for low in lows],
            "low": lows,
            "high": [low + 0.02 for low in lows],
        }
    )


def hoarded(declarations, asof="2025-07-01", **tables):
    kept = make_traces([(1, 1)])  # on 1 June
    found = find_wronged(
        [too_much_too_long], traces=kept, declarations=declarations, asof=asof, **tables
    )
    return set(found["law"])


def test_el18_is_crossed_by_a_record_older_than_was_declared():
    assert hoarded(declared(29)) == {"breach"}
    assert hoarded(declared(30)) == set()  # thirty days old to the hour
    assert hoarded(declared(30), asof="2025-07-01 00:00:01") == {"breach"}
    assert hoarded(declared(29), asof="2025-06-20") == set()


def test_el18_a_limit_holds_for_its_source_and_its_holder():
    both = pd.concat([declared(60), declared(29, source="pixel")])
    assert hoarded(both) == set()
    assert hoarded(pd.concat([declared(60), declared(29).assign(holder="Another")])) == set()


def test_el18_of_a_source_that_was_not_declared_nobody_knows_a_limit():
    assert hoarded(declared(29, source="pixel")) == {"arguable"}
    assert hoarded(declared(29).iloc[:0]) == {"arguable"}


def test_el18_of_several_limits_the_longest_counts():
    assert hoarded(declared(7, 60)) == set()
    assert hoarded(declared(7, 14)) == {"breach"}
    assert hoarded(declared(7, float("nan"))) == {"breach"}


def test_el18_for_adverts_without_any_limit_is_arguable():
    endless = declared(float("nan"))
    assert hoarded(endless) == {"arguable"}
    assert hoarded(endless.assign(purpose="AppFunctionality")) == set()


def test_el18_is_crossed_by_a_source_that_changes_nothing():
    assert hoarded(declared(365), necessity=measured(-0.01, 0.0)) == {"arguable"}
    assert hoarded(declared(365), necessity=measured(-0.01, 0.001)) == set()
    assert hoarded(declared(365), necessity=measured(-0.01, source="pixel")) == set()
    assert hoarded(declared(29), necessity=measured(-0.01)) == {"breach", "arguable"}


def test_el18_needs_the_moment_of_the_audit():
    found = audit([too_much_too_long], traces=make_traces([(1, 1)]), declarations=declared(7))
    assert found["reason"].item() == "not tested: needs asof"
    assert found["crossed"].isna().all()


# ------------------------------------------------------------------- EL-20 could be a real person


def named(kind, value):
    return pd.DataFrame({"person": pd.array([1], "int32"), "kind": kind, "value": value})


@pytest.mark.parametrize(
    ("kind", "invented", "perhaps_real"),
    [
        ("email", "wren@post.example", "wren@post.com"),
        ("email", "wren@example.org", "wren@myexample.org"),
        ("email", "wren@post.example", hashlib.sha256(b"wren@post.example").hexdigest()),
        ("phone", "07700 900123", "07700 800123"),
        ("phone", "+44 7700 900123", "+44 7700 9001234"),
        ("ip", "192.0.2.7", "192.0.3.7"),
        ("domain", "shop.example", "shop.com"),
        ("domain", "example.com", "example.com.shop"),
        (
            "advertising_id",
            "B2160000-0000-8000-8000-000000000011",
            "B2160000-0000-4000-8000-000000000011",
        ),
        ("advertising_id", BLANK, BLANK.replace("0", "1")),
    ],
)
def test_el20_is_crossed_by_an_identifier_that_may_be_somebodys(kind, invented, perhaps_real):
    assert wronged(could_be_real, identifiers=named(kind, invented)) == {}
    assert wronged(could_be_real, identifiers=named(kind, perhaps_real)) == {1: "red"}


@pytest.mark.parametrize("kinds", ["email", "phone", "advertising_id"])
def test_el20_the_identifiers_of_the_town_are_nobodys(kinds):
    people = pd.DataFrame({"name": ["Wren Halloway", "Rowan"]}, index=[17, 1234])
    assert wronged(could_be_real, identifiers=make_identifiers(people, kinds=kinds)) == {}


def test_el20_handles_are_not_judged():
    assert wronged(could_be_real, identifiers=named("handle", "wren")) == {}


def exported(consents, asof=None, safeguards=None, **columns):
    taken = make_traces([(1, 1)], source="export", **columns)
    tables = {"identifiers": empty_table("identifiers"), "traces": taken, "consents": consents}
    more = {} if safeguards is None else {"safeguards": safeguards}
    return set(wronged(could_be_real, asof=asof, **tables, **more))


def test_el20_is_crossed_by_an_export_that_nobody_agreed_to():
    assert exported(NOBODY) == {1}
    assert exported(said_yes(1, purpose="service")) == {1}
    assert exported(said_yes(1, purpose="research")) == set()


def test_el20_consent_may_come_after_what_the_export_tells_of():
    later = said_yes(1, purpose="research", time="2026-01-01")
    assert exported(later) == set()
    assert exported(later, asof="2026-02-01") == set()
    assert exported(later, asof="2025-12-01") == {1}
    assert exported(take_back(later, 1, "2026-01-15", "research")) == {1}


@pytest.mark.parametrize(("how", "found"), [("opt-in", set()), ("terms", {1}), ("opt-out", {1})])
def test_el20_a_yes_is_informed_or_none(how, found):
    assert exported(said_yes(1, purpose="research", how=how)) == found


def test_el20_a_study_needs_an_approval_where_safeguards_are_known():
    agreed = said_yes(1, purpose="research")
    approved = declare_safeguards("study", {"ethics_approval": "2026-01-01"})
    assert exported(agreed, safeguards=approved) == set()
    assert exported(agreed, safeguards=approved, asof="2026-01-01") == set()
    assert exported(agreed, safeguards=approved, asof="2025-12-31") == {1}
    assert exported(agreed, safeguards=empty_table("safeguards")) == {1}
    assert exported(agreed, safeguards=declare_safeguards("study", {"dpia": "2026-01-01"})) == {1}
    assert exported(NOBODY, safeguards=approved) == {1}


def test_el20_those_who_wrote_to_the_owner_are_asked_too():
    assert exported(said_yes(1, purpose="research"), from_person=9) == {9}
    assert exported(said_yes(1, 9, purpose="research"), from_person=9) == set()


def test_el20_other_traces_of_an_invented_town_need_nothing():
    tables = {"identifiers": empty_table("identifiers"), "traces": make_traces([(1, 1)])}
    assert wronged(could_be_real, **tables) == {}
    assert wronged(could_be_real, consents=NOBODY, **tables) == {}


def test_el20_an_export_without_a_ledger_is_not_tested_and_says_so():
    taken = make_traces([(1, 1)], source="export")
    found = audit([could_be_real], identifiers=empty_table("identifiers"), traces=taken)
    assert found["crossed"].isna().all()
    assert found["reason"].item() == (
        "not tested: traces holds a real export, and needs consents to say who agreed to it"
    )


# ----------------------------------------------------------------------------------- all of them

LINES = [
    tracked_before_asked,
    nobody_told_you,
    right_data_wrong_place,
    opt_out_did_nothing,
    too_much_too_long,
    could_be_real,
]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.id)
class TestEachLine:
    def test_nothing_crosses_it(self, line):
        found = audit([line], asof="2026-01-01", **{noun: empty_table(noun) for noun in COLUMNS})
        assert not found["crossed"].any()

    def test_it_says_which_table_it_needs(self, line):
        for missing in line.needs:
            tables = {need: empty_table(need) for need in line.needs if need in COLUMNS}
            tables.pop(missing, None)
            asof = None if missing == "asof" else "2026-01-01"
            found = audit([line], asof=asof, **tables or {"ties": empty_table("ties")})
            assert found["reason"].item() == f"not tested: needs {missing}"

    def test_each_lens_has_its_say(self, line):
        assert set(line.readings) == set(LENSES)
        assert all(says.endswith(".") for says in line.readings.values())
