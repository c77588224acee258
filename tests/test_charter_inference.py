"""Lines about what is concluded: each is crossed in one little world, and not in one like it."""

import numpy as np
import pandas as pd
import pytest
from handmade import make_beliefs, make_consents, make_traces, make_use
from hypothesis import given
from hypothesis import strategies as st

from ethics_lib.charter_inference import (
    friends_gave_you_away,
    guess_sold_as_fact,
    sensitive_by_inference,
    sensitive_stand_in,
)
from ethics_lib.consents import withdraw
from ethics_lib.decisions import Ad, target
from ethics_lib.lines import LENSES, audit, find_wronged
from ethics_lib.tables import COLUMNS, empty_table
from ethics_lib.uses import KINDS, declare_safeguards

BELIEFS = make_beliefs((1, "party", "Quay", 0.9), (2, "party", "Quay", 0.4))
NOBODY = empty_table("consents")


def use(**columns):
    return make_use("votes", **{"traits": ["party"], "topic": "political"} | columns)


def said_yes(*people, purpose="direct_marketing", how="explicit", time="2025-05-01"):
    return make_consents(*((person, purpose, True, how, time) for person in people))


def take_back(ledger, person, time, purpose="direct_marketing"):
    return withdraw(ledger, person, holder="Murmur", purpose=purpose, time=time)


def wronged(line, **tables):
    """Who, with the severity of each."""
    found = find_wronged([line], **tables)
    return dict(zip(found["person"], found["severity"], strict=True))


# ------------------------------------------------------------------ EL-01 sensitive by inference


def inferred(beliefs=BELIEFS, uses=None, consents=NOBODY):
    uses = empty_table("uses") if uses is None else uses
    return set(wronged(sensitive_by_inference, beliefs=beliefs, uses=uses, consents=consents))


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


def test_el01_names_the_trait():
    tables = {"beliefs": BELIEFS, "uses": use(), "consents": NOBODY}
    assert set(find_wronged([sensitive_by_inference], **tables)["trait"]) == {"party"}


yes_or_no = st.tuples(st.integers(1, 3), st.booleans(), st.integers(0, 60))


@given(st.lists(yes_or_no, max_size=6), st.lists(yes_or_no, max_size=4))
def test_el01_one_more_explicit_yes_wrongs_nobody_more(said, more):
    def ledger(rows):
        rows = (
            [(who, "direct_marketing", yes, "explicit", "2025-05-01") for who, yes, _ in rows],
            rows,
        )
        table = make_consents(*rows[0]).astype({"person": "int32", "granted": bool})
        days = pd.to_timedelta([day for *_, day in rows[1]], unit="D")
        return table.assign(time=pd.Timestamp("2025-05-01") + days)

    explicit = use(art9_condition="explicit_consent")
    three = make_beliefs(*((person, "party", "Quay", 0.6) for person in (1, 2, 3)))
    few = inferred(three, explicit, ledger(said))
    many = inferred(three, explicit, ledger(said + [(who, True, day) for who, _, day in more]))
    assert many <= few


# --------------------------------------------------------------------- EL-02 sensitive stand-in


def town(n=200):
    """Half of it votes Quay; every second likes cheese, whatever they vote."""
    party = np.where(np.arange(n) < n // 2, "Quay", "Orchard")
    return pd.DataFrame({"party": party}).rename_axis("person")


def tastes(topics, p=0.9):
    """A belief about the taste of each person of the town."""
    return make_beliefs(*((k, "interest", topic, p) for k, topic in enumerate(topics)))


def codes(beliefs, people=None, uses=None):
    uses = use(traits=["interest"]) if uses is None else uses
    found = find_wronged(
        [sensitive_stand_in],
        beliefs=beliefs,
        uses=uses,
        people=town() if people is None else people,
    )
    return set(found["person"])


BY_PARTY = tastes(np.where(np.arange(200) < 100, "cheese", "trains"))
BY_NOTHING = tastes(np.tile(["cheese", "trains"], 100))


def test_el02_is_crossed_by_a_taste_that_goes_with_a_party_and_not_by_one_that_does_not():
    assert codes(BY_PARTY) == set(range(200))
    assert codes(BY_NOTHING) == set()


def test_el02_what_counts_is_how_much_it_tells():
    def leaning(share):
        """So many of each hundred like what their party likes, the others the other."""
        own = np.tile(np.arange(100) < share, 2)
        return tastes(np.where(own == (np.arange(200) < 100), "cheese", "trains"))

    # 60 of 100: 2.9 % of the doubt; 65: 6.6 %; less .4 % that chance would give
    assert codes(leaning(60)) == set()
    assert codes(leaning(65)) == set(range(200))


def test_el02_what_holds_of_six_people_may_be_chance():
    first = {few: BY_PARTY[BY_PARTY["person"] % 100 < few] for few in (3, 10)}
    assert codes(first[3]) == set()
    assert codes(first[10]) == set(first[10]["person"])


def test_el02_is_not_crossed_by_what_nobody_uses_or_by_the_sensitive_trait_itself():
    assert codes(BY_PARTY, uses=use(traits=["openness"])) == set()
    assert codes(BY_PARTY, uses=use(traits=["interest"], holder="Another")) == set()
    votes = BY_PARTY.assign(trait="party")  # that is EL-01
    assert codes(votes, uses=use(traits=["party"])) == set()


def test_el02_of_several_beliefs_about_a_person_the_likeliest_is_asked():
    faint = tastes(np.where(np.arange(200) < 100, "trains", "cheese"), p=0.2)
    assert codes(pd.concat([BY_NOTHING, faint])) == set()
    assert codes(pd.concat([BY_PARTY.assign(p=0.1), BY_NOTHING])) == set()


def test_el02_a_number_may_be_a_code_too():
    number = make_beliefs(*((k, "openness", float(k), np.nan) for k in range(200)))
    uses = use(traits=["openness"])
    assert codes(number, uses=uses) == set(range(200))
    shuffled = np.random.default_rng(1).permutation(200).astype(float)
    assert codes(number.assign(value=shuffled.astype(object)), uses=uses) == set()


def test_el02_where_all_are_the_same_nothing_is_told():
    assert codes(BY_PARTY.assign(value="cheese")) == set()
    assert codes(BY_PARTY, people=town().assign(party="Quay")) == set()


def test_el02_people_without_a_sensitive_column_are_not_asked():
    people = town().rename(columns={"party": "club"})
    tables = {"beliefs": BY_PARTY, "uses": use(traits=["interest"])}
    found = audit([sensitive_stand_in], people=people, **tables)
    assert found["reason"].item() == (
        "not tested: people has none of the columns faith, party, illness, expecting"
    )


# --------------------------------------------------------------------- EL-08 friends gave you away


def given_away(beliefs=None, traces=None, **tables):
    beliefs = empty_table("beliefs") if beliefs is None else beliefs
    traces = empty_table("traces") if traces is None else traces
    return wronged(friends_gave_you_away, beliefs=beliefs, traces=traces, **tables)


def test_el08_is_crossed_by_beliefs_that_rest_on_others():
    for origin in ("propagated", "told"):
        assert given_away(make_beliefs((1, "party", "Quay", 0.6), origin=origin)) == {1: "amber"}
    for origin in ("declared", "observed", "tracked", "inferred"):
        assert given_away(make_beliefs((1, "party", "Quay", 0.6), origin=origin)) == {}


@pytest.mark.parametrize("kind", ["contact", "message"])
def test_el08_an_address_book_or_a_message_is_red(kind):
    assert given_away(traces=make_traces([(1, 1)], from_person=9, kind=kind)) == {1: "red"}
    assert given_away(traces=make_traces([(1, 1)], kind=kind)) == {}
    assert given_away(traces=make_traces([(1, 1)], from_person=9)) == {}


def test_el08_holds_in_ethics_where_the_law_is_arguable():
    beliefs = make_beliefs((1, "party", "Quay", 0.6), origin="propagated")
    found = audit([friends_gave_you_away], beliefs=beliefs, traces=empty_table("traces")).iloc[0]
    assert (found["law"], found["ethics"]) == ("arguable", "breach")
    assert "ethics" in found["jurisdiction"]


def origins(others, **columns):
    row = {"person": 1, "trait": "party", "method": "svd", "holder": "Murmur"}
    shares = {"own": 1 - others, "tracked": 0.0, "others": others, "usual": 0.0}
    return pd.DataFrame([row | shares | columns])


def test_el08_where_the_shares_were_measured_more_than_half_counts():
    for origin in ("propagated", "inferred"):
        beliefs = make_beliefs((1, "party", "Quay", 0.6), origin=origin)
        assert given_away(beliefs, origins=origins(0.51)) == {1: "amber"}
        assert given_away(beliefs, origins=origins(0.5)) == {}


def test_el08_a_belief_that_was_not_measured_is_judged_by_its_origin():
    beliefs = make_beliefs((1, "party", "Quay", 0.6), origin="propagated")
    for other in ({"person": 2}, {"trait": "faith"}, {"method": "vote"}, {"holder": "Another"}):
        assert given_away(beliefs, origins=origins(0.1, **other)) == {1: "amber"}


def test_el08_what_is_usual_in_the_town_was_given_away_by_nobody():
    usual = make_beliefs((1, "party", "Quay", 0.5), origin="propagated", method="prior")
    assert given_away(usual) == {}


def test_el08_names_the_trait():
    beliefs = make_beliefs((1, "party", "Quay", 0.6), origin="propagated")
    found = find_wronged([friends_gave_you_away], beliefs=beliefs, traces=empty_table("traces"))
    assert found["trait"].tolist() == ["party"]


# ------------------------------------------------------------------- EL-17 a guess sold as a fact


def guess(*rows, **columns):
    return make_beliefs(*rows, **{"origin": "inferred"} | columns)


SURE = guess((1, "party", "Quay", 0.9), (1, "party", "Orchard", 0.1))
SAYS = {
    party: make_beliefs((1, "party", party, 1.0), origin="declared")
    for party in ("Quay", "Orchard")
}
LABEL = declare_safeguards("votes", {"labelled_as_guess": "2025-06-01"})


def sold(beliefs=SURE, *, threshold=0.5, uses=None, time="2025-06-10", via="belief", **tables):
    ad = Ad("Vote!", "political", "party", "Quay")
    shown = target(beliefs, ad, use="votes", threshold=threshold, time=time)
    found = find_wronged(
        [guess_sold_as_fact],
        beliefs=beliefs,
        uses=use() if uses is None else uses,
        decisions=shown.assign(via=via),
        **tables,
    )
    return list(found[["person", "trait", "severity", "law"]].itertuples(index=False, name=None))


WRONG = [(1, "party", "amber", "breach")]
UNSURE = [(1, "party", "amber", "arguable")]


def test_el17_is_crossed_by_a_guess_that_contradicts_the_person():
    assert sold() == []
    assert sold(pd.concat([SURE, SAYS["Orchard"]])) == WRONG
    assert sold(pd.concat([SURE, SAYS["Quay"]])) == []
    elsewhere = SAYS["Orchard"].assign(holder="Another")
    assert sold(pd.concat([SURE, elsewhere])) == []


def test_el17_is_crossed_by_acting_on_what_is_less_likely_than_not():
    weak = guess((1, "party", "Quay", 0.3), (1, "party", "Orchard", 0.7))
    assert sold(weak, threshold=0.2) == UNSURE
    assert sold(weak, threshold=0.5) == []  # not shown
    even = guess((1, "party", "Quay", 0.5), (1, "party", "Orchard", 0.5))
    assert sold(even) == []


def test_el17_of_two_guesses_of_one_value_the_surer_was_acted_on():
    two = pd.concat([SURE, guess((1, "party", "Quay", 0.3), method="vote")])
    assert sold(two) == []


@pytest.mark.parametrize("origin", ["declared", "observed", "tracked"])
def test_el17_what_was_said_or_seen_is_no_guess(origin):
    weak = guess((1, "party", "Quay", 0.3), origin=origin)
    assert sold(weak, threshold=0.2) == []


@pytest.mark.parametrize("origin", ["inferred", "propagated", "told"])
def test_el17_what_was_worked_out_or_handed_over_is_one(origin):
    weak = guess((1, "party", "Quay", 0.3), origin=origin)
    assert sold(weak, threshold=0.2) == UNSURE


def test_el17_a_label_is_looked_for_where_safeguards_are_known():
    assert sold(safeguards=LABEL) == []
    assert sold(safeguards=empty_table("safeguards")) == UNSURE
    assert sold(safeguards=LABEL.assign(use="another")) == UNSURE
    assert sold(safeguards=declare_safeguards("votes", {"dpia": "2025-06-01"})) == UNSURE


def test_el17_a_label_that_came_after_the_decision_is_none():
    assert sold(safeguards=LABEL, time="2025-06-01") == []
    assert sold(safeguards=LABEL, time="2025-05-31") == UNSURE


def test_el17_a_label_does_not_make_a_wrong_guess_right():
    assert sold(pd.concat([SURE, SAYS["Orchard"]]), safeguards=LABEL) == WRONG


@pytest.mark.parametrize("kind", KINDS)
def test_el17_it_is_worse_in_what_matters(kind):
    minor = ("personalised_ad", "contextual_ad", "recommendation", "protection")
    severity = "amber" if kind in minor else "red"
    found = sold(pd.concat([SURE, SAYS["Orchard"]]), uses=use(kind=kind))
    assert found == [(1, "party", severity, "breach")]


def test_el17_in_what_matters_those_left_out_were_judged_too():
    """Person 1 says Quay, is taken for Orchard, and does not get what Quay gets."""
    taken_for = guess((1, "party", "Quay", 0.1), (1, "party", "Orchard", 0.9))
    both = pd.concat([taken_for, SAYS["Quay"]])
    shown = target(
        taken_for,
        Ad("Loan", "loan", "party", "Quay"),
        use="votes",
        threshold=0.5,
        time="2025-06-10",
    )
    found = {
        kind: wronged(guess_sold_as_fact, beliefs=both, uses=use(kind=kind), decisions=shown)
        for kind in ("credit", "personalised_ad")
    }
    assert found == {"credit": {1: "red"}, "personalised_ad": {}}


def test_el17_only_a_choice_by_belief_acts_on_a_guess():
    wrong = pd.concat([SURE, SAYS["Orchard"]])
    for via in ("list", "pixel", "retargeting", "lookalike", "context", "everybody"):
        assert sold(wrong, via=via) == []


def test_el17_a_number_far_from_what_was_said_contradicts_it():
    shown = target(
        SURE, Ad("Vote!", "p", "party", "Quay"), use="votes", threshold=0.5, time="2025-06-10"
    )
    number = guess((1, "openness", 0.2, np.nan), sd=0.5)

    def judged(said, beliefs=number):
        declared = make_beliefs((1, "openness", said, np.nan), origin="declared")
        tables = {"uses": use(traits=["openness"]), "decisions": shown}
        found = find_wronged([guess_sold_as_fact], beliefs=pd.concat([beliefs, declared]), **tables)
        return found["law"].tolist()

    assert judged(1.1) == []
    assert judged(1.3) == ["breach"]
    assert judged(-0.9) == ["breach"]
    assert judged(0.2, number.assign(sd=np.nan)) == ["arguable"]  # nobody says how sure


probabilities = st.floats(0, 1).map(lambda p: round(p, 3))


@given(st.dictionaries(st.integers(1, 6), probabilities, min_size=1), probabilities)
def test_el17_one_more_safeguard_wrongs_nobody_more(quay, threshold):
    beliefs = guess(*((who, "party", "Quay", p) for who, p in quay.items()))
    shown = target(
        beliefs,
        Ad("Vote!", "p", "party", "Quay"),
        use="votes",
        threshold=threshold,
        time="2025-06-10",
    )
    tables = {"beliefs": beliefs, "uses": use(), "decisions": shown}
    bare = wronged(guess_sold_as_fact, safeguards=empty_table("safeguards"), **tables)
    labelled = wronged(guess_sold_as_fact, safeguards=LABEL, **tables)
    assert set(bare) == {who for who, p in quay.items() if p >= threshold}
    assert set(labelled) == {who for who, p in quay.items() if threshold <= p < 0.5}


# ----------------------------------------------------------------------------------- all of them

LINES = [sensitive_by_inference, sensitive_stand_in, friends_gave_you_away, guess_sold_as_fact]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.id)
class TestEachLine:
    def test_nothing_crosses_it(self, line):
        tables = {noun: empty_table(noun) for noun in COLUMNS}
        found = audit([line], **tables | {"people": town().iloc[:0]})
        assert not found["crossed"].any()

    def test_it_says_which_table_it_needs(self, line):
        for missing in line.needs:
            tables = {need: empty_table(need) for need in line.needs if need != missing}
            found = audit([line], **tables)
            assert found["reason"].item() == f"not tested: needs {missing}"

    def test_each_lens_has_its_say(self, line):
        assert set(line.readings) == set(LENSES)
        assert all(says.endswith(".") for says in line.readings.values())
