from functools import cache

import numpy as np
import pandas as pd
import pytest
from handmade import interval, make_beliefs, make_traces, record
from hypothesis import given
from hypothesis import strategies as st

from ethics_lib.audiences import (
    SEEDS,
    VIA,
    Condition,
    as_audience,
    check_audience,
    follow_pixel,
    lookalike,
    match_list,
    query_beliefs,
    retarget,
)
from ethics_lib.tables import RangeError, TableError, UnknownNameError
from ethics_lib.world import make_world

BELIEFS = make_beliefs(
    (1, "party", "Quay", 0.9),
    (2, "party", "Quay", 0.7),
    (3, "party", "Quay", 0.4),
    (1, "faith", "Tide", 0.8),
    (3, "faith", "Tide", 1.0),
)
QUAY, TIDE = Condition("party", "Quay", 0.5), Condition("faith", "Tide", 0.5)
SHOP = pd.Index([10, 11])
SEEN = pd.concat(
    [
        make_traces([(1, 10), (2, 11), (3, 99)], kind="visit", source="pixel"),
        make_traces([(2, 10)], kind="purchase", source="server"),
        make_traces([(4, 11)], kind="basket", source="sdk"),
        make_traces([(5, 10)], kind="visit", source="pixel", holder="Another"),
        make_traces([(6, 10)], kind="visit", source="platform"),
        make_traces([(7, 10), (7, 11)], kind="purchase", source="list"),
    ],
    ignore_index=True,
)


def found(audience):
    check_audience(audience, empty=True)
    return audience["person"].tolist()


def test_an_audience_meets_every_condition_and_is_as_sure_as_the_least_sure():
    assert found(query_beliefs(BELIEFS, QUAY)) == [1, 2]
    both = query_beliefs(BELIEFS, [QUAY, TIDE])
    assert found(both) == [1]
    assert both["score"].tolist() == [0.8]
    assert both["via"].tolist() == ["belief"]


@given(st.floats(0, 1), st.floats(0, 1))
def test_asking_for_more_never_finds_more(low, high):
    low, high = sorted([low, high])
    wide = query_beliefs(BELIEFS, Condition("party", "Quay", low))
    narrow = query_beliefs(BELIEFS, Condition("party", "Quay", high))
    assert set(found(narrow)) <= set(found(wide))
    assert set(found(query_beliefs(BELIEFS, [Condition("party", "Quay", low), TIDE]))) <= set(
        found(wide)
    )


def test_trackers_find_who_looked_and_retargeting_who_did_not_buy():
    assert found(follow_pixel(SEEN, holder="Murmur", items=SHOP)) == [1, 2, 4]
    assert found(follow_pixel(SEEN, holder="Murmur")) == [1, 2, 3, 4]
    assert found(retarget(SEEN, holder="Murmur", items=SHOP)) == [1, 4]
    assert found(match_list(SEEN, holder="Murmur")) == [7]
    ways = [follow_pixel, retarget, match_list]
    assert [way(SEEN, holder="Murmur")["via"].iloc[0] for way in ways] == [
        "pixel",
        "retargeting",
        "list",
    ]


def test_without_tracked_traces_trackers_find_nobody():
    untracked = SEEN[SEEN["source"] == "platform"]
    assert found(follow_pixel(untracked, holder="Murmur")) == []
    assert found(retarget(untracked, holder="Murmur")) == []
    assert found(match_list(untracked.iloc[:0], holder="Murmur")) == []


@given(st.permutations(range(8)))
def test_new_names_for_people_rename_the_audience(names):
    renamed = SEEN.assign(person=SEEN["person"].map(dict(enumerate(names))))
    before, after = (retarget(s, holder="Murmur", items=SHOP) for s in (SEEN, renamed))
    assert sorted(names[person] for person in before["person"]) == found(after)


def test_everybody_is_an_audience_in_which_each_is_once():
    everybody = as_audience([3, 1, 3], via="everybody")
    assert found(everybody) == [1, 3]
    assert everybody["score"].tolist() == [1, 1]
    assert all(VIA.values())


# ------------------------------------------------------------------------------- look-alikes


def two_clubs(each=300, rng=7):
    """People who like pages of their own club only: the even ones 0 to 29, the odd ones 30 on."""
    rng = np.random.default_rng(rng)
    people = np.repeat(np.arange(2 * each), 10)
    pages = rng.integers(0, 30, len(people)) + 30 * (people % 2)
    return make_traces(zip(people, pages, strict=True))


CLUBS = two_clubs()
SOURCE = pd.DataFrame({"person": np.arange(0, 240, 2)})  # of the even club


def test_who_is_like_the_seeds_is_of_their_club_and_none_of_them():
    alike = lookalike(SOURCE, CLUBS, share=0.1)
    assert len(found(alike)) == 60
    assert all(person % 2 == 0 and person >= 240 for person in alike["person"])
    assert alike["score"].between(0, 1).all() and alike["score"].nunique() == 60
    assert alike["score"].max() == pytest.approx(1, abs=0.01)


def test_a_smaller_share_finds_the_best_of_a_larger_one():
    large, small = (lookalike(SOURCE, CLUBS, share=share) for share in (0.1, 0.02))
    assert set(small["person"]) == set(large.nlargest(12, "score")["person"])


def test_columns_decide_where_traces_say_nothing():
    rng = np.random.default_rng(1)
    people = np.repeat(np.arange(600), 10)
    noise = make_traces(zip(people, rng.integers(0, 40, len(people)), strict=True))
    born = pd.Timestamp("2000-01-01") + pd.to_timedelta(np.arange(600) % 2 * 9000, unit="D")
    columns = pd.DataFrame({"born": born, "club": np.where(np.arange(600) % 2, "odd", "even")})
    columns = columns.iloc[:-1]  # of somebody nothing is known
    blind, told = (
        (lookalike(SOURCE, noise, share=0.1, columns=c)["person"] % 2 == 0).mean()
        for c in (None, columns)
    )
    assert blind == pytest.approx(0.43, abs=0.2)  # 180 of the 480 others are even
    assert told > 0.9


def test_a_source_that_is_too_small_or_a_share_out_of_range_is_refused():
    with pytest.raises(RangeError, match=rf"99 of 99 people left a trace.*needs {SEEDS} of them"):
        lookalike(SOURCE.head(99), CLUBS)
    strangers = pd.DataFrame({"person": np.arange(9000, 9200)})
    with pytest.raises(RangeError, match=r"seeds: 0 of 200 people left a trace"):
        lookalike(strangers, CLUBS)
    for share in (0.005, 0.2):
        with pytest.raises(RangeError, match=rf"share={share} is outside its range: 0.01 to 0.1"):
            lookalike(SOURCE, CLUBS, share=share)
    with pytest.raises(TableError, match=r"seeds: column 'person' is missing. Pass an audience"):
        lookalike(SOURCE.rename(columns={"person": "who"}), CLUBS)


@cache
def skews(n, seeds, *, size, share):
    """By how much a look-alike of people of one group favours it, with and without columns."""
    rows = []
    for seed in range(seeds):
        world = make_world(n, rng=seed)
        likes = record(world.acts.query("kind == 'like'"))
        there = likes["person"].unique()
        columns = world.people[["faith", "party", "gender", "birth_date"]]
        skew = {"with": [], "without": []}
        for trait in ("faith", "party"):
            group = world.people[trait] == world.people[trait].min()
            source = np.random.default_rng(seed).permutation(there[group[there]])[:size]
            usual = group[np.setdiff1d(there, source)].mean()
            for name, known in (("with", columns), ("without", None)):
                source = pd.DataFrame({"person": source})
                alike = lookalike(source, likes, share=share, columns=known)
                skew[name].append(group[alike["person"]].mean() - usual)
                source = source["person"].to_numpy()
        rows.append({name: np.mean(values) for name, values in skew.items()})
    return pd.DataFrame(rows)


def test_without_the_sensitive_columns_a_lookalike_audience_is_still_one_sided():
    """In villages of 2,000, sources of 200, 5 % found."""
    table = skews(2_000, 2, size=200, share=0.05)
    assert (table["without"] > 0.25).all()
    assert (table["without"] < table["with"]).all()


@pytest.mark.slow
def test_without_the_sensitive_columns_two_thirds_of_the_skew_are_kept():
    """Ten towns, sources of 500 of one faith or party, 5 % found; the bar is ours."""
    table = skews(5_000, 10, size=500, share=0.05)
    mean, low, high = interval(table["without"] / table["with"])
    assert low > 2 / 3, f"{mean:.3f} ({low:.3f} to {high:.3f})"
    assert high < 1  # it does lose some


def test_bad_audiences_are_refused():
    with pytest.raises(TableError, match=r"query_beliefs: nothing is asked for. Pass a condition"):
        query_beliefs(BELIEFS, [])
    with pytest.raises(UnknownNameError, match=r"trait 'partty' does not exist.*'party'"):
        query_beliefs(BELIEFS, Condition("partty", "Quay", 0.5))
    with pytest.raises(RangeError, match=r"threshold=2 is outside its range: 0 to 1"):
        query_beliefs(BELIEFS, Condition("party", "Quay", 2))
    with pytest.raises(UnknownNameError, match=r"via 'psychic' does not exist. There are: belief"):
        as_audience([1], via="psychic")
    with pytest.raises(TableError, match=r"audiences: column 'score' holds 1.5 in row 0"):
        as_audience([1], via="list", score=1.5)
    with pytest.raises(TableError, match=r"as_audience: people are whole numbers"):
        as_audience([0.5, 1.5], via="list")
    good = as_audience([1, 2], via="list")
    with pytest.raises(TableError, match=r"audiences: column 'score' is missing.*this one has"):
        check_audience(good.drop(columns="score"))
    with pytest.raises(TableError, match=r"audiences: nobody is in it. Widen what it asks for"):
        check_audience(good.iloc[:0])
    with pytest.raises(TableError, match=r"audiences: person 1 is in it twice. Keep one row"):
        check_audience(pd.concat([good, good]))


def test_a_misspelt_holder_is_named_and_does_not_find_nobody():
    for find in (follow_pixel, retarget, match_list):
        with pytest.raises(UnknownNameError, match=r"holder 'murmur' does not.*mean 'Murmur'"):
            find(SEEN, holder="murmur")


def test_what_a_lookalike_starts_from_is_a_table_of_people_each_once():
    for wrong in (None, [1, 2]):
        with pytest.raises(TableError, match=r"seeds: column 'person' is missing"):
            lookalike(wrong, SEEN)
    twice = pd.DataFrame({"gender": ["woman", "man"]}, index=[1, 1])
    with pytest.raises(TableError, match=r"columns: somebody is there twice"):
        lookalike(as_audience([1], via="list"), SEEN, columns=twice)
