import pandas as pd
import pytest
from handmade import make_beliefs

from ethics_lib.lines import NotTested, audit, find_wronged, line
from ethics_lib.rules import BEGAN, RULES, rules_of
from ethics_lib.tables import UnknownNameError, empty_table

BELIEFS = make_beliefs((1, "faith", "Tide", 0.6), (2, "party", "Quay", 0.9))
TEXTS = {"claim": "Leave me.", "sources": ["me"], "remedy": "ask", "against": "no harm"}


def make_line(check, **columns):
    return line("MY-01", "Mine", severity="amber", **TEXTS | columns)(check)


def apart(beliefs):
    where = {"jurisdiction": ["EU", "UK"], "severity": ["red", "amber"], "law": ["breach", "none"]}
    return beliefs[["person"]].assign(**where)


def everywhere(beliefs):
    return beliefs[["person"]]


def test_a_rule_set_says_its_place_and_its_day():
    for name, rules in RULES.items():
        assert rules.name == name == f"{rules.place.lower()}-{rules.since:%Y-%m}"
        assert rules.differs and all("(" in text or "." in text for text in rules.differs)
    with pytest.raises(UnknownNameError, match=r"rule set 'uk-2025' does not exist. Did you mean"):
        rules_of("uk-2025")


def test_a_rule_set_holds_every_rule_that_had_begun_by_its_day():
    newest = {rules.place: rules.since for rules in RULES.values()}
    assert newest["UK"] == BEGAN["Data (Use and Access) Act 2025"]
    assert newest["EU"] == BEGAN["Regulation (EU) 2024/900"] > BEGAN["Digital Services Act"]


def test_a_reader_chooses_by_which_law_it_is_judged():
    both = audit([make_line(apart)], beliefs=BELIEFS)
    assert both["jurisdiction"].tolist() == ["EU", "UK"]
    uk = audit([make_line(apart)], rules="uk-2026-02", beliefs=BELIEFS).iloc[0]
    assert (uk["jurisdiction"], uk["severity"], uk["law"], uk["n_people"]) == (
        "UK",
        "amber",
        "none",
        1,
    )
    eu = find_wronged([make_line(apart)], rules="eu-2025-10", beliefs=BELIEFS)
    assert eu[["person", "jurisdiction", "law"]].to_numpy().tolist() == [[1, "EU", "breach"]]


def test_a_line_of_both_places_holds_in_each_and_ethics_in_all():
    rule = make_line(everywhere, jurisdiction="UK, EU, ethics")
    found = audit([rule], rules="eu-2025-10", beliefs=BELIEFS)
    assert found["jurisdiction"].tolist() == ["EU, ethics"] and found["n_people"].tolist() == [2]
    clear = audit([rule], rules="uk-2026-02", beliefs=empty_table("beliefs")).iloc[0]
    assert (clear["jurisdiction"], clear["crossed"]) == ("UK, ethics", False)


def test_a_line_of_another_place_is_not_among_the_findings():
    rule = make_line(everywhere, jurisdiction="US-CA")
    assert audit([rule], rules="uk-2026-02", beliefs=BELIEFS).empty
    assert find_wronged([rule], rules="uk-2026-02", beliefs=BELIEFS).empty


def test_a_line_may_use_a_table_that_it_can_do_without():
    def with_notices(beliefs, notices=None):
        return beliefs[["person"]].iloc[: 1 if notices is None else 2]

    rule = make_line(with_notices)
    assert (rule.needs, rule.may_use) == (("beliefs",), ("notices",))
    assert audit([rule], beliefs=BELIEFS)["n_people"].item() == 1
    notices = empty_table("notices")
    assert audit([rule], beliefs=BELIEFS, notices=notices)["n_people"].item() == 2


def test_a_line_may_ask_for_the_moment_and_has_none_by_default():
    def late(beliefs, asof):
        return beliefs[["person"]][: int(asof > pd.Timestamp("2026-01-01"))]

    rule = make_line(late)
    unsaid = audit([rule], beliefs=BELIEFS).iloc[0]
    assert pd.isna(unsaid["crossed"]) and unsaid["reason"] == "not tested: needs asof"
    assert not audit([rule], asof="2025-12-01", beliefs=BELIEFS)["crossed"].item()
    assert audit([rule], asof="2026-12-01", beliefs=BELIEFS)["crossed"].item()


def test_a_line_whose_tables_cannot_answer_says_so():
    def unable(beliefs):
        raise NotTested("people has no column 'birth_date'")

    finding = audit([make_line(unable)], rules="uk-2026-02", beliefs=BELIEFS).iloc[0]
    assert pd.isna(finding["crossed"]) and pd.isna(finding["n_people"])
    assert finding["reason"] == "not tested: people has no column 'birth_date'"
    assert find_wronged([make_line(unable)], beliefs=BELIEFS).empty


def test_the_worst_verdict_counts():
    def mixed(beliefs):
        return beliefs[["person"]].assign(law=["none", "arguable"])

    assert audit([make_line(mixed)], beliefs=BELIEFS)["law"].item() == "arguable"


def test_others_read_it_in_their_own_words():
    rule = make_line(everywhere, readings={"harm to groups": "It falls on the few."})
    assert rule.readings == {"harm to groups": "It falls on the few."}
    with pytest.raises(UnknownNameError, match=r"lens 'harm' does not exist"):
        make_line(everywhere, readings={"harm": "x"})
