import pandas as pd
import pytest
from handmade import make_beliefs, make_consents, make_ties, make_traces

from ethics_lib.charter import CHARTER
from ethics_lib.decisions import Ad, target
from ethics_lib.tables import TableError, UnknownNameError, concat
from ethics_lib.uses import declare_use
from ethics_lib.what_ifs import (
    WithoutFriends,
    WithoutPerson,
    WithoutSource,
    WithoutTrait,
    what_if,
)

LINES = [rule for rule in CHARTER if rule.id in ("EL-01", "EL-03", "EL-08", "EL-12")]
PRAM = Ad("A pram", "prams", "pram_interest", "yes")
START = {
    "traces": pd.concat(
        [
            make_traces([(1, 5), (2, 5)]),
            make_traces([(1, 7), (3, 7)], source="pixel", kind="visit", purpose="advertising"),
            make_traces([(4, 5)], from_person=1, kind="contact", source="contacts"),
        ],
        ignore_index=True,
    ),
    "ties": make_ties((1, 2), (2, 3)),
    "known": pd.DataFrame(
        {"person": [1, 2, 3], "trait": ["expecting", "openness", "expecting"], "value": "yes"}
    ),
    "consents": make_consents((9, "service", True, "terms", "2025-01-01")),
}


def pipeline(tables):
    """Whoever said so, or was tracked in the shop, is believed to want a pram."""
    said = tables["known"].query("trait == 'expecting'")["person"]
    seen = tables["traces"].query("source == 'pixel'")["person"]
    near = tables["ties"]["b"]
    beliefs = [
        make_beliefs(*((p, "pram_interest", "yes", 0.9) for p in {*said, *seen})),
        make_beliefs(*((p, "pram_interest", "yes", 0.6) for p in near), origin="propagated"),
    ]
    if len(said):
        beliefs.append(make_beliefs(*((p, "expecting", "yes", 0.8) for p in said)))
    beliefs = concat(beliefs, "beliefs")
    uses = declare_use(
        "coupon",
        holder="Murmur",
        traits=sorted(beliefs["trait"].unique()),
        purpose="direct_marketing",
        basis="consent",
        topic="prams",
        time="2025-06-02",
    )
    shown = target(beliefs, PRAM, use="coupon", threshold=0.7, time="2025-06-03")
    kept = {name: tables[name] for name in ("traces", "consents")}
    return {**kept, "beliefs": beliefs, "uses": uses, "decisions": shown}


def without(edge, **columns):
    table = what_if(LINES, pipeline, START, without=edge, **columns).set_index("line")
    return table["n_people"].to_dict(), table["n_without"].to_dict()


def test_a_sensitive_branch_is_cut_and_the_advert_survives():
    before, after = without(WithoutTrait("expecting"))
    assert before == {"shown": 2, "EL-01": 2, "EL-03": 2, "EL-08": 3, "EL-12": 2}
    assert after == {"shown": 2, "EL-01": 0, "EL-03": 2, "EL-08": 3, "EL-12": 0}


def test_a_tracker_is_cut_and_whoever_said_so_themself_is_still_reached():
    _, after = without(WithoutSource("pixel"))
    assert after["EL-03"] == 0 and after["shown"] == 2
    _, after = without(lambda tables: WithoutTrait("expecting")(WithoutSource("pixel")(tables)))
    assert after["shown"] == 0


def test_friends_are_cut():
    _, after = without(WithoutFriends())
    assert after["EL-08"] == 0


def test_a_person_is_cut_with_what_they_gave_away():
    cut = WithoutPerson(1)(START)
    assert set(cut["traces"]["person"]) == {2, 3} and len(cut["ties"]) == 1
    _, after = without(WithoutPerson(1))
    assert after == {"shown": 1, "EL-01": 1, "EL-03": 1, "EL-08": 1, "EL-12": 1}


def test_a_line_that_was_not_tested_has_no_count():
    rules = [rule for rule in CHARTER if rule.id == "EL-05"]
    table = what_if(rules, pipeline, START, without=WithoutFriends())
    assert table["line"].tolist() == ["shown", "EL-05"]
    assert table.loc[1, ["n_people", "n_without"]].isna().all()
    assert table.loc[1, "claim"] == rules[0].claim


def test_one_may_cut_something_of_ones_own_and_choose_the_rules():
    _, after = without(lambda tables: {**tables, "known": tables["known"].iloc[:1]})
    assert after["EL-01"] == 1
    before, _ = without(WithoutFriends(), rules="uk-2026-02")
    assert before["EL-12"] == 2


def test_nothing_that_was_given_is_changed():
    before = {name: table.copy() for name, table in START.items()}
    edges = (WithoutTrait("expecting"), WithoutSource("pixel"), WithoutFriends(), WithoutPerson(1))
    for edge in edges:
        edge(START)
    for name, table in before.items():
        pd.testing.assert_frame_equal(START[name], table)


def test_bad_input_is_refused():
    with pytest.raises(UnknownNameError, match=r"trait 'expectin' does not exist. Did you mean"):
        WithoutTrait("expectin")(START)
    with pytest.raises(UnknownNameError, match=r"source 'pixl' does not exist.*'pixel'"):
        WithoutSource("pixl")(START)
    with pytest.raises(TableError, match=r"WithoutPerson: person 77 is in none of the tables"):
        WithoutPerson(77)(START)
    with pytest.raises(TableError, match=r"nothing to take out, for there is no table 'ties'"):
        WithoutFriends()({"known": START["known"]})


def test_tables_come_by_name():
    with pytest.raises(TableError, match=r"start: pass tables by name"):
        what_if(CHARTER, dict, START["known"], without=WithoutFriends())
    with pytest.raises(TableError, match=r"pipeline: it gave NoneType where tables by name"):
        what_if(CHARTER, lambda tables: None, START, without=WithoutFriends())
