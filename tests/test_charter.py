"""Each line has a world of a few people that crosses it, and one that does not."""

import pandas as pd
import pytest
from handmade import make_beliefs, make_consents, make_traces

from ethics_lib.charter import CHARTER
from ethics_lib.consents import withdraw
from ethics_lib.decisions import Ad, target
from ethics_lib.lines import audit, find_wronged
from ethics_lib.tables import COLUMNS, empty_table
from ethics_lib.uses import declare_use

LINES = {rule.id: rule for rule in CHARTER}
QUAY = Ad("Vote!", "political", "party", "Quay")
BELIEFS = make_beliefs((1, "party", "Quay", 0.9), (2, "party", "Quay", 0.4))
NOBODY = empty_table("consents")


def use(**columns):
    full = {
        "holder": "Murmur",
        "traits": ["party"],
        "purpose": "direct_marketing",
        "basis": "consent",
        "topic": "political",
        "time": "2025-06-01",
    }
    return declare_use("votes", **full | columns)


def show(beliefs=BELIEFS, time="2025-06-02"):
    return target(beliefs, QUAY, use="votes", threshold=0.7, time=time)


def said_yes(*people, purpose="direct_marketing", how="explicit", time="2025-05-01"):
    return make_consents(*((person, purpose, True, how, time) for person in people))


def take_back(ledger, person, time, purpose="direct_marketing"):
    return withdraw(ledger, person, holder="Murmur", purpose=purpose, time=time)


def wronged(id, **tables):
    """Who, with the severity of each."""
    found = find_wronged([LINES[id]], **tables)
    return dict(zip(found["person"], found["severity"], strict=True))


# ------------------------------------------------------------------ EL-01 sensitive by inference


def inferred(beliefs=BELIEFS, uses=None, consents=NOBODY):
    uses = empty_table("uses") if uses is None else uses
    return set(wronged("EL-01", beliefs=beliefs, uses=uses, consents=consents))


def test_el01_is_crossed_by_working_it_out_on_purpose_and_using_it_for_nothing():
    assert inferred() == {1, 2}


def test_el01_leaves_harmless_and_declared_beliefs_alone():
    assert inferred(make_beliefs((1, "openness", 0.3, 0.5), (1, "in_debt", "yes", 0.9))) == set()
    assert inferred(make_beliefs((1, "party", "Quay", 1.0), origin="declared")) == set()


def test_el01_what_came_along_by_chance_wrongs_nobody_until_it_is_used():
    chance = make_beliefs((1, "party", "Quay", 0.9), intent="incidental")
    assert inferred(chance) == set()
    assert inferred(chance, use()) == {1}
    assert inferred(chance, use(holder="Another")) == set()
    assert inferred(chance, use(traits=["openness"])) == set()


def test_el01_one_deliberate_guess_is_not_hidden_behind_a_chance_one():
    chance = make_beliefs((1, "party", "Quay", 0.9), intent="incidental")
    for beliefs in (pd.concat([chance, BELIEFS]), pd.concat([BELIEFS, chance])):
        assert inferred(beliefs.query("person == 1")) == {1}


@pytest.mark.parametrize("p", [0.01, 0.5, 0.99])
def test_el01_a_wrong_or_weak_guess_is_no_excuse(p):
    assert inferred(make_beliefs((1, "party", "Orchard", p))) == {1}


def test_el01_is_cleared_by_explicit_consent_before_the_use():
    explicit = use(art9_condition="explicit_consent")
    assert inferred(uses=explicit, consents=said_yes(1, 2)) == set()
    assert inferred(uses=explicit, consents=said_yes(1)) == {2}
    assert inferred(uses=explicit, consents=said_yes(1, 2, time="2025-06-15")) == {1, 2}
    assert inferred(uses=explicit, consents=said_yes(1, 2, purpose="service")) == {1, 2}
    assert inferred(uses=explicit, consents=said_yes(1, 2, how="terms")) == {1, 2}


def test_el01_is_not_cleared_by_consent_that_nobody_relied_on():
    assert inferred(uses=use(), consents=said_yes(1, 2)) == {1, 2}


def test_el01_a_withdrawal_before_the_use_uncovers_and_one_after_it_does_not():
    explicit = use(art9_condition="explicit_consent")
    before = take_back(said_yes(1, 2), 1, "2025-05-20")
    after = take_back(said_yes(1, 2), 1, "2025-07-01")
    assert inferred(uses=explicit, consents=before) == {1}
    assert inferred(uses=explicit, consents=after) == set()


def test_el01_another_condition_of_article_9_clears_and_an_invented_one_does_not():
    assert inferred(uses=use(art9_condition="research")) == set()
    invented = use().assign(art9_condition="it is fine")
    assert inferred(uses=invented) == {1, 2}


def test_el01_each_use_needs_its_own_ground():
    uses = pd.concat([use(art9_condition="research"), use().assign(use="other")])
    assert inferred(uses=uses) == {1, 2}


# --------------------------------------------------------------------- EL-03 tracked before asked


def tracked(consents, **columns):
    seen = make_traces([(1, 1), (2, 1)], **{"source": "pixel", "purpose": "advertising"} | columns)
    return wronged("EL-03", traces=seen, consents=consents)


def test_el03_is_crossed_where_nobody_was_asked_before():
    assert tracked(NOBODY) == {1: "red", 2: "red"}
    assert tracked(said_yes(1, purpose="advertising")) == {2: "red"}
    assert tracked(said_yes(1, purpose="advertising", time="2025-06-02")) == {1: "red", 2: "red"}
    assert tracked(said_yes(1, 2, purpose="service")) == {1: "red", 2: "red"}


def test_el03_is_not_crossed_by_who_waits_or_by_the_platform_itself():
    assert tracked(said_yes(1, 2, purpose="advertising")) == {}
    assert tracked(NOBODY, source="platform") == {}


def test_el03_a_withdrawal_before_the_record_uncovers():
    ledger = said_yes(1, 2, purpose="advertising")
    assert tracked(take_back(ledger, 1, "2025-05-20", "advertising")) == {1: "red"}
    assert tracked(take_back(ledger, 1, "2025-06-20", "advertising")) == {}


# ------------------------------------------------------------------------------ EL-04 no ground


def on_what_ground(beliefs=BELIEFS, **columns):
    return wronged("EL-04", uses=use(**columns), decisions=show(beliefs))


def test_el04_no_basis_is_red():
    assert on_what_ground(basis=None) == {1: "red", 2: "red"}


def test_el04_a_basis_that_can_carry_it_clears():
    assert on_what_ground(basis="consent") == {}


def test_el04_a_legitimate_interest_needs_its_test_before_the_use():
    interest = {"basis": "legitimate_interest", "traits": ["openness"]}
    assert on_what_ground(**interest) == {1: "amber", 2: "amber"}
    assert on_what_ground(**interest, lia="2025-07-01") == {1: "amber", 2: "amber"}
    assert on_what_ground(**interest, lia="2025-05-01") == {}


def test_el04_no_legitimate_interest_carries_a_sensitive_trait():
    assert on_what_ground(basis="legitimate_interest", lia="2025-05-01") == {1: "red", 2: "red"}


def test_el04_marketing_is_no_recognised_interest():
    assert on_what_ground(basis="recognised_interest") == {1: "red", 2: "red"}
    assert on_what_ground(basis="recognised_interest", purpose="safeguarding") == {}


def test_el04_wrongs_only_those_on_whom_the_use_was_made():
    other = use(basis=None).assign(use="another")
    assert wronged("EL-04", uses=other, decisions=show()) == {}


# -------------------------------------------------------------------------- EL-05 nobody told you


def told(notices, *, decisions=None, **columns):
    decisions = empty_table("decisions") if decisions is None else decisions
    kept = make_traces([(1, 1), (2, 1)], **columns)  # on 1 June
    return wronged("EL-05", traces=kept, notices=notices, decisions=decisions)


def notice(*people, time="2025-05-01", purpose="service"):
    rows = {"holder": "Murmur", "person": list(people), "purpose": purpose}
    return pd.DataFrame(rows).assign(time=pd.Timestamp(time))


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
    handed_over = {"from_person": 9, "kind": "contact", "source": "contacts"}
    assert told(notice(1, 2, time="2025-06-30"), **handed_over) == {}
    assert told(notice(1, 2, time="2025-07-02"), **handed_over) == {1: "amber", 2: "amber"}


def test_el05_but_no_longer_than_to_the_first_contact():
    handed_over = {"from_person": 9, "kind": "contact", "source": "contacts"}
    decided = show(time="2025-06-10")  # person 1 is shown the advert, person 2 is not
    late = notice(1, 2, time="2025-06-20")
    assert told(late, decisions=decided, **handed_over) == {1: "red"}
    assert told(notice(1, 2, time="2025-06-05"), decisions=decided, **handed_over) == {}


# --------------------------------------------------------------------- EL-08 friends gave you away


def given_away(beliefs=None, traces=None):
    beliefs = empty_table("beliefs") if beliefs is None else beliefs
    traces = empty_table("traces") if traces is None else traces
    return wronged("EL-08", beliefs=beliefs, traces=traces)


def test_el08_is_crossed_by_beliefs_that_rest_on_others():
    for origin in ("propagated", "told"):
        assert given_away(make_beliefs((1, "party", "Quay", 0.6), origin=origin)) == {1: "amber"}
    for origin in ("declared", "observed", "tracked", "inferred"):
        assert given_away(make_beliefs((1, "party", "Quay", 0.6), origin=origin)) == {}


def test_el08_an_address_book_is_red():
    listed = make_traces([(1, 1)], from_person=9, kind="contact", source="contacts")
    assert given_away(traces=listed) == {1: "red"}
    assert given_away(traces=make_traces([(1, 1)], kind="contact")) == {}
    assert given_away(traces=make_traces([(1, 1)], from_person=9)) == {}


def test_el08_holds_in_ethics_where_the_law_is_arguable():
    beliefs = make_beliefs((1, "party", "Quay", 0.6), origin="propagated")
    finding = audit([LINES["EL-08"]], beliefs=beliefs, traces=empty_table("traces")).iloc[0]
    assert (finding["law"], finding["ethics"]) == ("arguable", "breach")
    assert "ethics" in finding["jurisdiction"]


# --------------------------------------------------------------------- EL-12 the sensitive advert


def advertised(uses, consents=NOBODY, **when):
    found = find_wronged([LINES["EL-12"]], uses=uses, decisions=show(**when), consents=consents)
    return {place: set(part["person"]) for place, part in found.groupby("jurisdiction")}


def test_el12_is_crossed_for_those_who_were_shown_it():
    assert advertised(use()) == {"EU": {1}, "UK": {1}}


def test_el12_is_not_crossed_by_a_harmless_trait_or_another_kind_of_use():
    assert advertised(use(traits=["openness"])) == {}
    assert advertised(use(kind="recommendation")) == {}
    assert advertised(use().assign(use="another")) == {}


def test_el12_explicit_consent_clears_it_in_the_uk_and_nothing_in_the_eu():
    explicit = use(art9_condition="explicit_consent")
    assert advertised(explicit, said_yes(1)) == {"EU": {1}}
    assert advertised(explicit, said_yes(2)) == {"EU": {1}, "UK": {1}}


def test_el12_what_counts_is_the_consent_when_the_advert_is_shown():
    explicit = use(art9_condition="explicit_consent")  # from 1 June
    ledger = take_back(said_yes(1), 1, "2025-07-01")
    assert advertised(explicit, ledger, time="2025-06-15") == {"EU": {1}}
    assert advertised(explicit, ledger, time="2025-07-15") == {"EU": {1}, "UK": {1}}


# --------------------------------------------------------------------------------- all of them


CROSSED = {
    "traces": make_traces([(1, 1)], source="pixel", purpose="advertising"),
    "beliefs": make_beliefs((1, "party", "Quay", 0.9), origin="propagated"),
    "consents": NOBODY,
    "notices": empty_table("notices"),
    "uses": use(basis=None),
    "decisions": show(BELIEFS.iloc[:1]),
}
CLEAR = {
    "traces": make_traces([(1, 1)]),
    "beliefs": make_beliefs((1, "openness", 0.4, 0.5)),
    "consents": said_yes(1, purpose="service"),
    "notices": notice(1),
    "uses": use(traits=["openness"]),
    "decisions": show(BELIEFS.iloc[:1]),
}


@pytest.mark.parametrize("rule", CHARTER, ids=lambda rule: rule.id)
class TestEachLine:
    def test_some_world_crosses_it(self, rule):
        found = audit([rule], **CROSSED)
        assert found["crossed"].all() and (found["n_people"] == 1).all()
        assert found["reason"].str.startswith("to put right: ").all()

    def test_some_world_does_not(self, rule):
        found = audit([rule], **CLEAR)
        assert not found["crossed"].any() and (found["n_people"] == 0).all()

    def test_it_is_not_tested_without_each_of_its_tables(self, rule):
        for missing in rule.needs:
            found = audit([rule], **{k: v for k, v in CROSSED.items() if k != missing})
            assert found["crossed"].isna().all()
            assert found["reason"].item() == f"not tested: needs {missing}"

    def test_nothing_crosses_it(self, rule):
        found = audit([rule], **{noun: empty_table(noun) for noun in CROSSED})
        assert not found["crossed"].any()

    def test_it_can_be_argued_with(self, rule):
        assert rule.claim and rule.remedy and rule.against and rule.sources
        assert rule.check.__doc__ and set(rule.needs) <= set(COLUMNS)
        assert rule.claim.endswith(".") and rule.against.endswith(".")


def test_the_charter_has_its_six_lines_in_order():
    assert [rule.id for rule in CHARTER] == ["EL-01", "EL-03", "EL-04", "EL-05", "EL-08", "EL-12"]
