import pandas as pd
import pytest
from handmade import make_beliefs, make_traces

from ethics_lib.lines import Line, audit, find_wronged, line
from ethics_lib.tables import (
    COLUMNS,
    EthicsLibError,
    TableError,
    UnknownNameError,
    check_table,
    empty_table,
)

BELIEFS = make_beliefs(
    (1, "faith", "Tide", 0.6), (1, "faith", "Lantern", 0.4), (2, "party", "Quay", 0.9)
)
TEXTS = {"claim": "Leave me.", "sources": ["me"], "remedy": "ask", "against": "no harm"}


def make_line(check, id="MY-01", severity="amber", **columns):
    return line(id, "Mine", severity=severity, **TEXTS | columns)(check)


def guessed(beliefs):
    return beliefs[beliefs["trait"] == "faith"][["person", "trait"]]


def nobody(beliefs):
    return beliefs[["person"]].iloc[:0]


def test_a_line_is_a_function_with_its_argument_around_it():
    rule = make_line(guessed)
    assert isinstance(rule, Line) and rule.needs == ("beliefs",)
    assert (rule.id, rule.claim, rule.sources) == ("MY-01", "Leave me.", ("me",))
    found = rule(beliefs=BELIEFS)
    assert list(found) == [*COLUMNS["wronged"], "trait"]
    assert found.to_numpy().tolist() == [["MY-01", 1, "UK, EU", "amber", "breach", "faith"]]


def test_a_crossed_line_counts_each_person_once():
    found = audit([make_line(guessed)], beliefs=BELIEFS)
    check_table(found, "findings")
    finding = found.iloc[0]
    assert finding["crossed"] and finding["n_people"] == 1
    assert (finding["severity"], finding["law"], finding["ethics"]) == ("amber", "breach", "breach")
    assert finding["reason"] == "to put right: ask"


def test_a_line_that_is_not_crossed_says_so():
    finding = audit([make_line(nobody)], beliefs=BELIEFS).iloc[0]
    assert not finding["crossed"] and finding["n_people"] == 0
    assert (finding["law"], finding["ethics"]) == ("none", "none")
    assert finding["reason"] == "nobody wronged was found"


def test_a_line_without_its_tables_is_not_tested_and_says_why():
    def needy(beliefs, notices, uses):
        raise AssertionError("must not be called")

    found = audit([make_line(needy)], beliefs=BELIEFS)
    finding = found.iloc[0]
    assert pd.isna(finding["crossed"]) and pd.isna(finding["n_people"])
    assert finding["reason"] == "not tested: needs notices and uses"
    assert find_wronged([make_line(needy)], beliefs=BELIEFS).empty


def test_one_red_person_makes_the_finding_red():
    def mixed(beliefs):
        return pd.DataFrame({"person": [1, 2], "severity": ["amber", "red"]})

    def mild(beliefs):
        return pd.DataFrame({"person": [1, 2], "severity": ["amber", "amber"]})

    assert audit([make_line(mixed)], beliefs=BELIEFS)["severity"].item() == "red"
    assert audit([make_line(mild, severity="red")], beliefs=BELIEFS)["severity"].item() == "amber"


def test_each_jurisdiction_has_a_finding_of_its_own():
    def apart(beliefs):
        return pd.DataFrame({"person": [1, 2, 1], "jurisdiction": ["EU", "EU", "UK"]})

    found = audit([make_line(apart)], beliefs=BELIEFS).set_index("jurisdiction")
    assert found["n_people"].to_dict() == {"EU": 2, "UK": 1}


def test_lines_are_tested_in_their_order_and_ones_own_stand_beside():
    rules = [make_line(nobody, "B"), make_line(guessed, "A")]
    assert audit(rules, beliefs=BELIEFS)["line"].tolist() == ["B", "A"]
    assert audit(iter(rules), beliefs=BELIEFS)["line"].tolist() == ["B", "A"]


def test_the_people_behind_the_findings_have_names_and_no_doubles():
    def unnamed(beliefs):
        return beliefs[["person"]]

    found = find_wronged([make_line(guessed, "A"), make_line(unnamed, "B")], beliefs=BELIEFS)
    check_table(found, "wronged")
    pairs = list(zip(found["line"], found["person"], found["trait"].fillna("-"), strict=True))
    assert pairs == [("A", 1, "faith"), ("B", 1, "-"), ("B", 2, "-")]


def test_where_nobody_is_wronged_the_table_is_empty():
    found = find_wronged([make_line(nobody)], beliefs=BELIEFS)
    assert found.empty and list(found) == [*COLUMNS["wronged"], "trait"]


def test_tables_may_be_empty():
    found = audit([make_line(guessed)], beliefs=empty_table("beliefs"))
    assert not found["crossed"].item()


def test_bad_input_is_refused():
    with pytest.raises(EthicsLibError, match=r"audit: no table was passed. Pass them by name"):
        audit([make_line(guessed)])
    with pytest.raises(
        UnknownNameError, match=r"table 'belief' does not exist. Did you mean 'beliefs'"
    ):
        audit([make_line(guessed)], belief=BELIEFS)
    with pytest.raises(TableError, match=r"traces: column 'holder' is missing"):
        audit([make_line(guessed)], traces=make_traces([(1, 1)]).drop(columns="holder"))
    with pytest.raises(
        UnknownNameError, match=r"severity 'pink' does not exist. There are: red, amb"
    ):
        make_line(guessed, severity="pink")
    with pytest.raises(
        UnknownNameError, match=r"verdict of law 'maybe' does not exist. There are: br"
    ):
        make_line(guessed, law="maybe")
    with pytest.raises(UnknownNameError, match=r"verdict of ethics 'bad' does not exist"):
        make_line(guessed, ethics="bad")


@pytest.mark.parametrize(
    ("gives", "message"),
    [
        (
            lambda beliefs: None,
            r"line MY-01: the check gave NoneType. It returns a table",
        ),
        (lambda beliefs: beliefs["person"], r"the check gave Series"),
        (lambda beliefs: beliefs[["trait"]], r"the check gave a table with the columns trait"),
        (lambda beliefs: beliefs[["person"]] * 1.5, r"wronged: column 'person' holds 1.5"),
        (
            lambda beliefs: beliefs[["person"]].assign(jurisdiction=None),
            r"wronged: column 'jurisdiction' holds None",
        ),
    ],
)
def test_a_line_that_gives_something_else_is_named(gives, message):
    with pytest.raises(TableError, match=message):
        audit([make_line(gives)], beliefs=BELIEFS)


def test_a_line_that_invents_a_word_is_named():
    with pytest.raises(UnknownNameError, match=r"line MY-01: severity 'horrible' does not exist"):
        audit(
            [make_line(lambda beliefs: beliefs[["person"]].assign(severity="horrible"))],
            beliefs=BELIEFS,
        )
    with pytest.raises(UnknownNameError, match=r"line MY-01: law 'evil' does not exist"):
        audit([make_line(lambda beliefs: beliefs[["person"]].assign(law="evil"))], beliefs=BELIEFS)


def test_a_line_reads_tables_that_there_are():
    with pytest.raises(
        UnknownNameError, match=r"line MY-01: table 'belief' does not exist.*'belie"
    ):
        make_line(lambda belief: belief)
    with pytest.raises(TableError, match=r"line MY-01: sources is one text. Pass a list"):
        make_line(guessed, sources="GDPR")


def test_what_nobody_declared_is_acquitted_by_no_line():
    uses = empty_table("uses")
    decisions = pd.DataFrame(
        {"person": [1], "use": "votes", "ad": "x", "category": "x", "score": 1.0, "shown": True}
    )
    decisions = decisions.assign(acted=pd.NA, via="belief", time=pd.Timestamp("2026-01-01"))
    decisions = decisions.astype({"acted": "boolean"})

    def nobody_shown(uses, decisions):
        return decisions[["person"]].iloc[:0]

    def everybody_shown(uses, decisions):
        return decisions[["person"]]

    tables = {"uses": uses, "decisions": decisions}
    finding = audit([make_line(nobody_shown)], **tables).iloc[0]
    assert pd.isna(finding["crossed"])
    assert finding["reason"] == (
        "not tested: decisions holds the use 'votes', which no row of uses declares"
    )
    assert audit([make_line(everybody_shown)], **tables)["crossed"].item()
    other = audit([make_line(nobody)], beliefs=BELIEFS, **tables)["crossed"]
    assert other.notna().all() and not other.any()


@pytest.mark.parametrize(
    ("people", "message"),
    [
        (pd.DataFrame({"person": [1]}), r"people: the index holds the number of each person, once"),
        (pd.DataFrame({"faith": ["a", "b"]}, index=[1, 1]), r"the index holds the number of each"),
        (pd.DataFrame({"faith": ["a"]}, index=["x"]), r"people: the index holds 'x'"),
        (
            pd.DataFrame({"birth_date": ["2001-01-01"]}, index=[1]),
            r"people: column 'birth_date' holds '2001-01-01'. Convert with pd.to_datetime",
        ),
    ],
)
def test_people_are_looked_up_by_their_number(people, message):
    with pytest.raises(TableError, match=message):
        audit([make_line(guessed)], beliefs=BELIEFS, people=people)


def test_a_line_shows_its_argument_on_a_page():
    shown = make_line(guessed, readings={"harm to groups": "It falls on <few>."})._repr_html_()
    for part in ("MY-01 Mine", "Leave me.", "To put right", "Against it", "on &lt;few&gt;."):
        assert part in shown
