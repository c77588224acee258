import numpy as np
import pandas as pd
import pytest
from handmade import interval, make_beliefs, make_consents, record
from hypothesis import given
from hypothesis import strategies as st

from ethics_lib.audiences import VIA, Condition, as_audience, query_beliefs
from ethics_lib.beliefs import infer
from ethics_lib.decisions import Ad, Campaign, hold_back, may_be_shown, reach, target
from ethics_lib.tables import RangeError, TableError, UnknownNameError, check_table
from ethics_lib.world import make_world

BELIEFS = make_beliefs(
    (1, "party", "Quay", 0.9),
    (1, "party", "Orchard", 0.1),
    (2, "party", "Quay", 0.7),
    (3, "party", "Quay", 0.69),
    (4, "party", "Orchard", 1.0),
    (5, "faith", "Tide", 1.0),
)
VOTE = Ad("Vote!", "political", "party", "Quay")


def aim(beliefs=BELIEFS, ad=VOTE, threshold=0.7):
    return target(beliefs, ad, use="votes", threshold=threshold, time="2026-01-02")


def test_everybody_sure_enough_is_shown_the_advert_and_the_rest_is_left_out():
    decided = aim()
    check_table(decided, "decisions")
    assert dict(zip(decided["person"], decided["shown"], strict=True)) == {
        1: True,
        2: True,
        3: False,
    }
    assert decided["score"].tolist() == [0.9, 0.7, 0.69]
    assert decided["acted"].isna().all()
    assert decided[["use", "ad", "category"]].drop_duplicates().to_numpy().tolist() == [
        ["votes", "Vote!", "Quay"]
    ]


def test_of_two_beliefs_the_surer_one_counts():
    twice = pd.concat([BELIEFS, make_beliefs((3, "party", "Quay", 0.95), method="harmonic")])
    assert aim(twice).set_index("person")["shown"].to_dict() == {1: True, 2: True, 3: True}


def test_a_higher_threshold_shows_nobody_more():
    shown = [set(aim(threshold=t).query("shown")["person"]) for t in (0, 0.5, 0.7, 0.9, 1)]
    assert shown == [{1, 2, 3}, {1, 2, 3}, {1, 2}, {1}, set()]


def test_bad_input_is_refused():
    for threshold in (-0.1, 1.1, float("nan"), "high"):
        with pytest.raises(RangeError, match=r"threshold=.* is outside its range: 0 to 1"):
            aim(threshold=threshold)
    with pytest.raises(
        UnknownNameError, match=r"trait 'prty' does not exist. Did you mean 'party'"
    ):
        aim(ad=Ad("x", "x", "prty", "Quay"))
    with pytest.raises(UnknownNameError, match=r"value of party 'Kuay' does not exist.*'Quay'"):
        aim(ad=Ad("x", "x", "party", "Kuay"))
    number = make_beliefs((1, "openness", 1.0, np.nan)).assign(sd=0.5)
    with pytest.raises(
        TableError, match=r"beliefs: 'openness' is believed as a number, which no value"
    ):
        aim(number, Ad("x", "x", "openness", 1.0))
    with pytest.raises(TableError, match=r"beliefs: column 'p' holds 1.5 in row 0"):
        aim(BELIEFS.assign(p=1.5))
    with pytest.raises(TableError, match=r"beliefs: the table has no rows"):
        aim(BELIEFS.iloc[:0])


# ------------------------------------------------------------------------- audiences reached

CHESS = Ad("Play!", "chess")
TOWN = pd.RangeIndex(1, 7)


def show(audience, **others):
    return reach(audience, CHESS, use="fun", everybody=TOWN, time="2026-01-02", **others)


def shown(decided):
    return decided.loc[decided["shown"].astype(bool), "person"].tolist()


def test_an_audience_is_shown_the_advert_and_everybody_else_is_left_out():
    decided = show(as_audience([2, 5], via="list", score=[0.5, 0.8]))
    check_table(decided, "decisions", people=TOWN)
    assert decided["person"].tolist() == list(TOWN)
    assert shown(decided) == [2, 5]
    assert decided["score"].tolist() == [0, 0.5, 0, 0, 0.8, 0]
    assert decided["acted"].isna().all()
    assert decided[["use", "ad", "category", "via"]].drop_duplicates().to_numpy().tolist() == [
        ["fun", "Play!", "chess", "list"]
    ]


def test_who_is_not_there_cannot_be_shown_anything():
    decided = show(as_audience([5, 99], via="pixel"))
    assert shown(decided) == [5] and 99 not in decided["person"].tolist()


def test_an_audience_found_in_two_ways_keeps_both():
    two = pd.concat([as_audience([2], via="pixel"), as_audience([3], via="lookalike")])
    assert show(two)["via"].tolist() == ["pixel", "pixel", "lookalike", *["pixel"] * 3]


def test_beliefs_reach_the_same_people_as_a_query_of_them():
    audience = query_beliefs(BELIEFS, Condition("party", "Quay", 0.7))
    everybody = pd.Index([1, 2, 3])
    reached = reach(audience, VOTE, use="votes", everybody=everybody, time="2026-01-02")
    assert shown(reached) == shown(aim())
    assert (reached["category"] == aim()["category"]).all()


def test_an_audience_of_nobody_is_refused():
    with pytest.raises(TableError, match=r"audiences: nobody is in it. Widen what it asks for"):
        show(as_audience([], via="pixel"))


def test_a_campaign_is_an_advert_with_an_audience_and_money():
    campaign = Campaign(CHESS, as_audience([1], via="everybody"), "fun", bid=0.5)
    assert (campaign.ad.category, campaign.budget) == ("chess", np.inf)


# ------------------------------------------------------------------------------- who said no


def ledger(*noes, how="objected", time="2026-01-01"):
    return make_consents(*[(person, purpose, False, how, time) for person, purpose in noes])


NOES = ledger(
    (1, "direct_marketing"),
    (2, "profiling"),
    (3, "tracking"),
    (4, "advert:chess"),
    (5, "processing"),
    (6, "advert:trains"),
)


@pytest.mark.parametrize(
    ("via", "left"),
    [
        ("belief", [3, 6]),
        ("lookalike", [3, 6]),
        ("list", [2, 6]),
        ("pixel", [2, 6]),
        ("retargeting", [2, 6]),
        ("everybody", [2, 3, 6]),
        ("context", [1, 2, 3, 5, 6]),
    ],
)
def test_a_no_stops_what_it_speaks_of(via, left):
    decided = show(as_audience(TOWN, via=via), ledger=NOES, holder="Murmur")
    assert shown(decided) == left
    assert decided["person"].tolist() == list(TOWN), "who said no has a row"
    assert len(VIA) == 8, "a new way needs a row above"


def test_target_heeds_a_no_as_well():
    noes = ledger((1, "direct_marketing"), (3, "advert:political"))
    decided = target(
        BELIEFS,
        VOTE,
        use="votes",
        threshold=0.5,
        time="2026-01-02",
        ledger=noes,
        holder="Murmur",
    )
    assert shown(decided) == [2]
    assert decided["score"].tolist() == aim()["score"].tolist()


def test_a_no_holds_from_its_day_on_and_until_it_is_taken_back():
    said = pd.concat(
        [
            ledger((1, "direct_marketing"), time="2026-01-03"),
            ledger((2, "processing"), how="restricted", time="2025-01-01"),
            ledger((2, "processing"), how="lifted", time="2025-06-01").assign(granted=True),
        ]
    )
    everybody = as_audience(TOWN, via="everybody")
    assert shown(show(everybody, ledger=said, holder="Murmur")) == list(TOWN)
    decided = show(everybody).assign(time=pd.Timestamp("2026-01-03"))
    may = may_be_shown(decided, said, holder="Murmur", topic="chess")
    assert may.tolist() == [False, *[True] * 5]


def test_a_no_to_one_holder_says_nothing_to_another():
    everybody = as_audience(TOWN, via="everybody")
    assert shown(show(everybody, ledger=NOES, holder="Another")) == list(TOWN)
    assert shown(show(everybody, ledger=NOES.iloc[:0], holder="Murmur")) == list(TOWN)
    with pytest.raises(TableError, match=r"ledger: a no is said to somebody. Pass holder="):
        show(everybody, ledger=NOES)


@given(st.sets(st.sampled_from(range(len(NOES)))))
def test_another_no_never_shows_an_advert_to_more(rows):
    audience = as_audience(TOWN, via="belief")
    some = show(audience, ledger=NOES.iloc[sorted(rows)], holder="Murmur")
    every = show(audience, ledger=NOES, holder="Murmur")
    assert set(shown(every)) <= set(shown(some))


# ------------------------------------------------------------------------ held back, or aimed at


def test_who_is_believed_to_be_better_off_is_spared_and_nobody_else():
    everybody, quay = aim(threshold=0), Condition("party", "Quay", 0.7)
    spared = hold_back(everybody, BELIEFS, condition=quay)
    assert spared.set_index("person")["shown"].to_dict() == {1: False, 2: False, 3: True}
    pd.testing.assert_frame_equal(spared.drop(columns="shown"), everybody.drop(columns="shown"))
    twice = hold_back(spared, BELIEFS, condition=quay)
    pd.testing.assert_frame_equal(twice, spared)
    with pytest.raises(UnknownNameError, match=r"trait 'prty' does not exist"):
        hold_back(everybody, BELIEFS, condition=Condition("prty", "Quay", 0.7))


def guess_who_is_dry(seed):
    """What a platform believes by 20 January of who leaves something alone this month."""
    town = make_world(2_000, rng=seed)
    dry = town.events.query("event == 'dry_january'")["person"]
    keeps = pd.Series("no", town.people.index).mask(town.people.index.isin(dry), "yes")
    asked = np.random.default_rng(seed).permutation(town.people.index)[:600]
    known = pd.DataFrame({"person": asked, "trait": "dry_january", "value": keeps[asked]})
    traces = record(town.acts[town.acts["time"] < "2025-01-20"])
    return infer(traces, known, holder="Murmur"), keeps, asked


def both_ways(seed):
    """Of those who keep it: the share hit if aimed at, left if spared; and of all others."""
    beliefs, keeps, asked = guess_who_is_dry(seed)
    beliefs = beliefs[~beliefs["person"].isin(asked)]
    look = Condition("dry_january", "yes", 0.2)
    people = pd.Index(beliefs["person"].unique())
    beer = Ad("A beer", "drinks")
    shown = {"time": "2025-01-20", "everybody": people, "use": "beer"}
    aimed = reach(query_beliefs(beliefs, look), beer, **shown).set_index("person")["shown"]
    wide = reach(as_audience(people, via="everybody"), beer, **shown)
    spared = hold_back(wide, beliefs, condition=look).set_index("person")["shown"]
    kept = keeps[people] == "yes"
    return aimed[kept].mean(), spared[kept].mean(), aimed[~kept].mean(), spared[~kept].mean()


@pytest.mark.slow
def test_one_guess_protects_and_hunts():
    """Dry January in six towns: whoever is hunted by a guess is whom the same guess would spare."""
    found = pd.DataFrame([both_ways(seed) for seed in range(6)])
    assert np.allclose(found[0], 1 - found[1]) and np.allclose(found[2], 1 - found[3])
    assert interval(found[0])[1] > 2 * interval(found[2])[2]  # it knows those who are trying
    assert (found[[1, 3]].mean() < 1).all()  # and spares some who would have liked a beer


def test_a_bad_campaign_is_refused_when_it_is_made():
    some = as_audience([1, 2], via="list")
    for wrong, said in (
        ({"bid": -1}, "bid=-1 is outside its range: 0 to inf"),
        ({"bid": "1"}, "bid='1' is outside its range"),
        ({"budget": np.nan}, "budget=nan is outside its range"),
    ):
        with pytest.raises(RangeError, match=said):
            Campaign(Ad("A", "chess"), some, "show", **wrong)
    with pytest.raises(TableError, match=r"audiences: got list where a pandas DataFrame"):
        Campaign(Ad("A", "chess"), [1, 2], "show")


def test_a_moment_that_is_none_is_refused():
    beliefs = make_beliefs((1, "party", "Quay", 0.9))
    some, ad = as_audience([1], via="list"), Ad("Vote", "politics", "party", "Quay")
    for wrong in ("soon", None, 5, pd.NaT, pd.Timestamp("2025-01-01", tz="UTC")):
        with pytest.raises(TableError, match=r"time=.* is no time"):
            target(beliefs, ad, use="show", threshold=0.5, time=wrong)
        with pytest.raises(TableError, match=r"time=.* is no time"):
            reach(some, ad, use="show", everybody=pd.Index([1]), time=wrong)


def test_what_is_no_table_of_decisions_is_refused():
    for wrong in (None, [1], pd.DataFrame({"person": [1]})):
        with pytest.raises(TableError, match=r"decisions: .* the columns person, via, time"):
            may_be_shown(wrong, None, holder="Murmur", topic="chess")
