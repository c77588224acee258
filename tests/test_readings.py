import numpy as np
import pandas as pd
import pytest
from handmade import make_beliefs

from ethics_lib.lines import LENSES, find_wronged, line
from ethics_lib.readings import read_findings
from ethics_lib.tables import TableError, UnknownNameError

TEXTS = {"claim": "Leave me.", "sources": ["me"], "remedy": "ask", "against": "no harm"}
SAYS = {lens: f"as {lens} sees it" for lens in LENSES}
# 100 people: the first half keeps one faith, and all that is believed of them is right
PEOPLE = pd.DataFrame(
    {
        "faith": np.repeat(["Tide", "Lantern"], 50),
        "gender": np.tile(["woman", "man"], 50),
    },
    index=pd.RangeIndex(100, name="person"),
)
BELIEFS = make_beliefs(*((person, "faith", "Tide", 0.9) for person in range(60)))


@line("MY-01", "Mine", severity="amber", readings=SAYS, **TEXTS)
def guessed(beliefs):
    return beliefs[["person", "trait"]]


@line("EL-07", "Wrong place", severity="amber", **TEXTS)
def strayed(beliefs):
    return beliefs.loc[beliefs["person"] < 15, ["person"]]


def read(rules=(guessed,), **columns):
    wronged = find_wronged(rules, beliefs=BELIEFS)
    return read_findings(rules, wronged, **columns).set_index(["line", "lens"])


def test_each_crossed_line_is_read_through_every_lens_in_its_own_words():
    table = read()
    assert list(table.index) == [("MY-01", lens) for lens in LENSES]
    assert table["says"].tolist() == list(SAYS.values())
    assert table[["number", "low", "high", "n"]].isna().all().all()


def test_a_reasonable_guess_is_one_that_comes_true():
    row = read(people=PEOPLE, beliefs=BELIEFS).loc[("MY-01", "reasonable inference")]
    assert row["number"] == pytest.approx(50 / 60) and row["n"] == 60
    assert row["low"] < row["number"] < row["high"]


def test_the_surest_belief_about_each_counts():
    doubt = make_beliefs(*((person, "faith", "Lantern", 0.95) for person in range(10)))
    both = pd.concat([BELIEFS, doubt], ignore_index=True)
    row = read(people=PEOPLE, beliefs=both).loc[("MY-01", "reasonable inference")]
    assert row["number"] == pytest.approx(40 / 60)


def test_what_somebody_said_themselves_is_no_inference():
    wrong = BELIEFS.assign(value="Lantern")[:50]
    said = wrong.assign(origin="declared", value="Tide", p=1.0)
    both = pd.concat([wrong, said], ignore_index=True)
    row = read(people=PEOPLE, beliefs=both).loc[("MY-01", "reasonable inference")]
    assert row["number"] == 0 and row["n"] == 50
    row = read(people=PEOPLE, beliefs=said).loc[("MY-01", "reasonable inference")]
    assert np.isnan(row["number"]) and pd.isna(row["n"])


def test_another_firms_good_guess_excuses_nobody():
    both = pd.concat([BELIEFS, BELIEFS.assign(holder="Tern")])
    with pytest.raises(TableError, match=r"those of Murmur, Tern. Read the findings of one holder"):
        read(people=PEOPLE, beliefs=both)


def test_where_no_group_is_large_enough_there_is_no_number():
    few = PEOPLE.iloc[:20]
    for row in (read(people=few), read(people=PEOPLE, by=[])):
        assert np.isnan(row.loc[("MY-01", "harm to groups"), "number"])


def test_harm_to_groups_finds_the_most_unequal_split():
    row = read(people=PEOPLE).loc[("MY-01", "harm to groups")]
    assert row["group"] == "faith: Lantern" and row["number"] == pytest.approx(0.2)
    assert row["low"] < 0.2 < row["high"] < 1 and row["n"] == 50
    row = read(people=PEOPLE, by=["gender"]).loc[("MY-01", "harm to groups")]
    assert row["number"] == 1


def test_contextual_integrity_counts_those_whose_data_strayed():
    row = read([guessed, strayed]).loc[("MY-01", "contextual integrity")]
    assert row["number"] == pytest.approx(15 / 60) and row["n"] == 60


def test_a_line_that_is_not_crossed_is_not_read():
    wronged = find_wronged([guessed], beliefs=BELIEFS.iloc[:0])
    assert read_findings([guessed], wronged, people=PEOPLE, beliefs=BELIEFS).empty


def test_bad_input_is_refused():
    with pytest.raises(TableError, match=r"wronged: column 'person' is missing"):
        read_findings([guessed], pd.DataFrame({"line": ["MY-01"]}))
    with pytest.raises(UnknownNameError, match=r"column of people 'fiath' does not exist.*'faith'"):
        read(people=PEOPLE, by=["fiath"])
    with pytest.raises(TableError, match=r"people: got list where a pandas DataFrame is needed"):
        read(people=[1, 2])
    with pytest.raises(TableError, match=r"rate_ratio: got: somebody is there twice"):
        read(people=pd.concat([PEOPLE, PEOPLE]))


def test_findings_about_no_trait_have_no_guess_to_judge():
    wronged = find_wronged([guessed], beliefs=BELIEFS).drop(columns="trait")
    table = read_findings([guessed], wronged, people=PEOPLE, beliefs=BELIEFS).set_index("lens")
    assert np.isnan(table.loc["reasonable inference", "number"])
    assert table.loc["harm to groups", "number"] == pytest.approx(0.2)
