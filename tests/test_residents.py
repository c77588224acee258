"""What the lessons tell of Wren and her friends is true of the town."""

import pandas as pd
import pytest

from ethics_lib import (
    Platform,
    ask_consent,
    collect,
    explain_friends,
    load_town,
    propagate,
)
from ethics_lib.datasets import RESIDENTS, WREN
from ethics_lib.people import TODAY

SAGE, KIT, ROWAN, MARLOW, LINDEN, ALDER, NOOR = range(18, 25)


@pytest.fixture(scope="module")
def town():
    return load_town()


@pytest.fixture(scope="module")
def ties(town):
    members = town.people.query("member")
    agreed = ask_consent(
        members, holder="Murmur", purposes=["service"], how="terms", time=members["joined"], rng=1
    )
    return collect(town, agreed, [Platform("Murmur")]).ties


@pytest.fixture(scope="module")
def votes(town):
    return town.reports.query("trait == 'party'")[["person", "trait", "value"]]


def friends_in(ties):
    hers = ties[(ties["a"] == WREN) | (ties["b"] == WREN)]
    return hers["a"].where(hers["a"] != WREN, hers["b"])


def events_of(town, person):
    return town.events.query("person == @person").set_index("event")


def age(town, person):
    return (TODAY - town.people.loc[person, "birth_date"]).days / 365.25


def test_the_residents_bear_their_names_and_nobody_else_does(town):
    assert list(RESIDENTS) == list(range(17, 25)) and RESIDENTS[WREN] == "Wren Halloway"
    for person, name in RESIDENTS.items():
        assert town.people.index[town.people["name"] == name].tolist() == [person]


def test_wren_is_a_member_who_told_nothing_sensitive(town):
    wren = town.people.loc[WREN]
    assert wren["member"] and pd.isna(wren["left"])
    assert wren["joined"] == pd.Timestamp("2023-12-20")
    assert int(age(town, WREN)) == 40
    said = set(town.reports.query("person == @WREN")["trait"])
    assert not said & {"faith", "party", "illness", "expecting", "openness", "in_debt"}
    assert (wren["faith"], wren["party"], wren["expecting"]) == ("Lantern", "Quay", "yes")
    assert wren["in_debt"] == "no"
    assert "pregnancy" in events_of(town, WREN).index


def test_sage_lives_with_wren_and_answered(town, ties):
    assert SAGE in set(friends_in(ties))
    assert town.people.loc[SAGE, "household"] == town.people.loc[WREN, "household"]
    said = town.reports.query("person == @SAGE and trait == 'party'")["value"].item()
    assert said == town.people.loc[SAGE, "party"] == "Orchard"


def test_kit_is_a_member_of_thirteen_who_lives_with_wren(town):
    kit = town.people.loc[KIT]
    assert kit["household"] == town.people.loc[WREN, "household"]
    assert kit["member"] and int(age(town, KIT)) == 13
    assert town.reports.query("person == @KIT and trait == 'party'").empty


def test_nobody_else_lives_with_wren(town):
    home = town.people.loc[WREN, "household"]
    assert town.people.index[town.people["household"] == home].tolist() == [WREN, SAGE, KIT]


def test_rowan_answered_untruly_and_left_and_the_answer_stayed(town, ties, votes):
    assert ROWAN in set(friends_in(ties))
    assert town.people.loc[ROWAN, "left"].strftime("%B %Y") == "March 2024"
    assert votes.set_index("person").loc[ROWAN, "value"] == "Orchard"
    assert town.people.loc[ROWAN, "party"] == "Quay"


def test_marlow_left_and_linden_never_joined(town, ties):
    assert town.people.loc[MARLOW, "left"].strftime("%Y-%m") == "2025-02"
    assert MARLOW in set(friends_in(ties))
    linden = town.people.loc[LINDEN]
    assert not linden["member"] and pd.isna(linden["joined"])
    assert linden["illness"] == "yes" and "illness" in events_of(town, LINDEN).index
    assert LINDEN in set(friends_in(town.ties))
    assert LINDEN not in set(ties["a"]) | set(ties["b"])


def test_alder_kept_a_dry_january_and_noor_is_in_debt_since_march(town):
    dry = events_of(town, ALDER).loc["dry_january"]
    assert (dry["start"], dry["end"]) == (pd.Timestamp("2025-01-01"), pd.Timestamp("2025-02-01"))
    debt = events_of(town, NOOR).loc["debt"]
    assert debt["start"] == pd.Timestamp("2025-03-11") and pd.isna(debt["end"])
    assert town.people.loc[NOOR, "in_debt"] == "yes"


def test_who_has_left_does_nothing_on_the_platform_any_more(town):
    left = town.people.loc[[ROWAN, MARLOW], "left"]
    there = town.acts.query("kind in ['like', 'message']")
    for person, day in left.items():
        assert (there.loc[there["person"] == person, "time"] < day).all()


def test_twelve_of_thirty_one_friends_answered_and_two_thirds_said_quay(town, ties, votes):
    friends = friends_in(ties)
    said = votes[votes["person"].isin(friends)].set_index("person")["value"]
    assert (len(friends), len(said)) == (31, 12)
    assert (said == "Quay").mean() == pytest.approx(2 / 3)
    # all but Rowan's answer are true
    assert said.index[said != town.people.loc[said.index, "party"]].tolist() == [ROWAN]


def test_wrens_friends_are_mostly_of_faith_and_work(ties):
    circle = {WREN, *friends_in(ties)}
    near = ties[ties["a"].isin(circle) & ties["b"].isin(circle)]
    near = near[(near["a"] != WREN) & (near["b"] != WREN)]
    assert near["context"].value_counts().index[:2].tolist() == ["faith", "work"]
    assert near["context"].isin(["faith", "work"]).mean() > 0.9


def test_the_bill_is_paid_half_by_friends_and_half_by_hundreds_of_strangers(ties, votes):
    paid = explain_friends(votes, ties, person=WREN, trait="party", method="harmonic")
    friends = paid["from_person"].isin(friends_in(ties))
    assert set(paid.loc[friends, "from_person"]) == set(paid["from_person"].head(8))
    assert paid.loc[friends, "weight"].sum() >= paid.loc[~friends, "weight"].sum()
    assert (~friends).sum() > 700
    said = votes.set_index("person")["value"]
    assert (said[paid["from_person"]] == "Quay").all()


def test_the_guess_about_wren_and_kit_passes_the_rule_and_grows_without_rowan(town, ties, votes):
    def quay(known):
        guess = propagate(known, ties, holder="Murmur").query("value == 'Quay'")
        return guess.set_index("person")["p"]

    all_count, without = quay(votes), quay(votes.query("person != @ROWAN"))
    assert all_count[WREN] >= 0.6 and all_count[KIT] >= 0.6
    assert without[WREN] > all_count[WREN]


def test_spreading_is_right_a_little_more_often_and_mostly_not_where_nobody_is_open(
    town, ties, votes
):
    ends = pd.concat([ties[["a", "b"]], ties[["b", "a"]].set_axis(["a", "b"], axis=1)])
    open_friends = ends[ends["b"].isin(votes["person"])]["a"]
    right = {}
    for method in ("neighbours", "harmonic"):
        guess = propagate(votes, ties, holder="Murmur", method=method)
        best = guess.sort_values("p").drop_duplicates("person", keep="last").set_index("person")
        right[method] = best["value"] == town.people.loc[best.index, "party"]
    won = right["harmonic"] * 1 - right["neighbours"] * 1
    assert 0 < won.mean() < 0.03
    assert (won > 0).sum() > 1.3 * (won < 0).sum()  # where the two disagree
    alone = ~won.index.isin(open_friends)
    assert 0 < alone.mean() < 0.05  # a few members have no friend who answered
    assert won[alone].sum() > 0 and won[~alone].sum() > won[alone].sum()


def test_about_one_answer_in_twenty_is_untrue_where_nobody_has_a_reason(town):
    words = town.reports.query("trait in ['faith', 'party']")
    truth = pd.Series(
        [town.people.loc[p, t] for p, t in zip(words["person"], words["trait"], strict=True)]
    )
    assert (truth != words["value"].to_numpy()).mean() == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize("trait", ["illness", "in_debt", "expecting"])
def test_what_is_private_is_kept_back_or_denied_and_never_made_up(town, trait):
    said = town.reports.query("trait == @trait").set_index("person")["value"]
    truth = town.people[trait]
    assert (truth[said.index[said == "yes"]] == "yes").all()
    members = truth[town.people["member"]]
    answered = members.index.isin(said.index)
    assert answered[members == "yes"].mean() < answered[members == "no"].mean()
