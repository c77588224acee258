"""What the lessons tell of Wren and her friends is true of the town."""

import pandas as pd
import pytest

from ethics_lib import Platform, ask_consent, collect, load_town
from ethics_lib.datasets import WREN


@pytest.fixture(scope="module")
def town():
    return load_town()


@pytest.fixture(scope="module")
def friends(town):
    members = town.people.query("member")
    agreed = ask_consent(
        members, holder="Murmur", purposes=["service"], how="terms", time=members["joined"], rng=1
    )
    ties = collect(town, agreed, [Platform("Murmur")]).ties
    hers = ties[(ties["a"] == WREN) | (ties["b"] == WREN)]
    return hers["a"].where(hers["a"] != WREN, hers["b"])


def person(town, name, among):
    (found,) = town.people.loc[among].query("name == @name").index
    return found


def test_wren_is_a_member_who_told_nothing_sensitive(town):
    wren = town.people.loc[WREN]
    assert wren["name"] == "Wren Halloway"
    assert wren["member"]
    said = set(town.reports.query("person == @WREN")["trait"])
    assert not said & {"faith", "party", "expecting", "openness", "in_debt"}
    assert (wren["faith"], wren["party"], wren["expecting"]) == ("Lantern", "Quay", "yes")


def test_fifteen_friends_answered(town, friends):
    votes = town.reports.query("trait == 'party'").set_index("person")["value"]
    said = votes[votes.index.isin(friends)]
    assert len(said) == 15
    assert (said == "Quay").mean() == pytest.approx(2 / 3)


def test_rowan_answered_untruly(town, friends):
    rowan = person(town, "Rowan Hazelstone", friends)
    said = town.reports.query("person == @rowan and trait == 'party'")["value"].item()
    assert said == "Quay"
    assert town.people.loc[rowan, "party"] == "Orchard"


def test_sage_lives_with_wren_and_answered(town, friends):
    sage = person(town, "Sage Overfield", friends)
    assert town.people.loc[sage, "household"] == town.people.loc[WREN, "household"]
    assert "party" in town.reports.query("person == @sage")["trait"].tolist()


def test_about_one_answer_in_twenty_is_untrue(town):
    words = town.reports.query("instrument == 'form'")
    truth = pd.Series(
        [town.people.loc[p, t] for p, t in zip(words["person"], words["trait"], strict=True)]
    )
    assert (truth != words["value"].to_numpy()).mean() == pytest.approx(0.05, abs=0.01)
