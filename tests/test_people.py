import numpy as np
import pandas as pd
import pytest

from ethics_lib.people import (
    DISPOSITIONS,
    TODAY,
    YEAR,
    draw_trait,
    make_events,
    make_people,
    make_reports,
    reliability,
)
from ethics_lib.presets import PRESETS, Drawn, settle
from ethics_lib.tables import TRAITS, check_table

TOWN = PRESETS["brightwater"].traits
DAY = pd.Timedelta("1D")


def draw_people(n=3_000, traits=(), *, rng=7, **knobs):
    return make_people(settle(n, knobs)[1], traits, rng=np.random.default_rng(rng))


@pytest.fixture(scope="module")
def town():
    return draw_people(4_000, TOWN)


@pytest.fixture(scope="module")
def events(town):
    return make_events(town, rng=7)


def ages(people, day=TODAY):
    return (day - people["birth_date"]) / DAY / 365.25


def explained(people, column, dims=(0, 20)):
    """The share of a column's variance that a straight line in dispositions explains."""
    mind = people[DISPOSITIONS[slice(*dims)]].to_numpy(float)
    mind = np.column_stack([mind, np.ones(len(mind))])
    column = np.asarray(column, dtype=float)
    rest = column - mind @ np.linalg.lstsq(mind, column, rcond=None)[0]
    return 1 - rest.var() / column.var()


# ---------------------------------------------------------------------- homes and birth dates


@pytest.mark.parametrize("size", [1, 2.3, 4])
def test_households_are_as_large_as_asked_in_the_mean(size):
    home = draw_people(household=size)["household"]
    assert len(home) / home.nunique() == pytest.approx(size, rel=0.05)
    assert set(home) == set(range(home.nunique()))
    if size == 1:
        assert home.is_unique


def test_couples_are_of_an_age_and_children_a_generation_younger(town):
    age = ages(town)
    place = town.groupby("household").cumcount()
    head = age.groupby(town["household"]).transform("first")
    gap = head - age
    partners = gap[place == 1]
    assert abs(partners.mean()) < 0.5 and partners.std() == pytest.approx(4, abs=0.5)
    with_children = gap[(place > 1) & head.between(44, 55)]
    assert len(with_children) > 100
    assert with_children.median() == pytest.approx(29, abs=2)
    assert (with_children > 10).mean() > 0.9
    left_home = gap[(place > 1) & (head > 70)]  # the others there are old as well
    assert abs(left_home.mean()) < 3 and left_home.abs().median() < 8


def test_nobody_is_under_13_or_over_90_and_birthdays_fill_the_year(town):
    born = town["birth_date"]
    assert born.between("1935-01-01", "2013-01-01").all()
    assert born.dt.normalize().equals(born), "a birth date has no time of day"
    assert born.dt.strftime("%m-%d").nunique() > 340
    assert born.dt.month.value_counts(normalize=True).between(0.06, 0.11).all()


def test_a_household_shares_family_name_and_postcode(town):
    homes = town.assign(family=town["name"].str.split().str[1]).groupby("household")
    assert homes["family"].nunique().eq(1).all() and homes["postcode"].nunique().eq(1).all()


def test_postcodes_are_as_many_as_asked_and_unequal_only_with_spread():
    def sizes(spread):
        return draw_people(12_000, postcode_size=300, postcode_spread=spread, household=1)[
            "postcode"
        ].value_counts()

    equal, unequal = sizes(0), sizes(1)
    assert len(equal) == 40 >= len(unequal)
    assert equal.mean() == 300
    assert equal.std() / equal.mean() < 0.1
    assert unequal.std() / unequal.mean() > 0.6
    assert unequal.max() > 2.5 * unequal.median()
    assert draw_people(60, postcode_size=1_000)["postcode"].unique().tolist() == ["BW1"]


def test_genders_are_the_shares_of_the_town(town):
    share = town["gender"].value_counts(normalize=True)
    expected = {"woman": 0.5, "man": 0.485, "nonbinary": 0.015}
    assert share.to_dict() == pytest.approx(expected, abs=0.03)


# ---------------------------------------------------------------------- dispositions and traits


def test_dispositions_are_standard_and_apart(town):
    mind = town[DISPOSITIONS]
    assert (mind.dtypes == np.float32).all()
    assert np.allclose(mind.mean(), 0, atol=0.06) and np.allclose(mind.std(), 1, atol=0.05)
    assert np.abs(mind.corr() - np.eye(20)).to_numpy().max() < 0.08


def test_base_rates_are_as_drawn():
    traits = [Drawn(f"trait{k}", rate=rate) for k, rate in enumerate((0.01, 0.3, 0.5, 0.9))]
    people = draw_people(2_000, traits)
    for trait in traits:
        has = people[trait.name].eq("yes")
        assert has.mean() == pytest.approx(trait.rate, abs=0.001)
        assert set(people[trait.name]) == {"no", "yes"}


@pytest.mark.parametrize("loading", [0, 0.6, 1])
def test_the_loading_is_how_far_dispositions_decide(loading):
    """A liability cut in halves keeps 2/pi of what a line in dispositions explains of it."""
    number, word = Drawn("number", (), loading=loading), Drawn("word", loading=loading)
    people = draw_people(4_000, [number, word])
    assert people["number"].std() == pytest.approx(1, abs=0.05)
    assert explained(people, people["number"]) == pytest.approx(loading**2, abs=0.05)
    halves = people["word"].eq("yes")
    assert explained(people, halves) == pytest.approx(loading**2 * 2 / np.pi, abs=0.05)


def test_only_the_dispositions_named_decide():
    people = draw_people(4_000, [Drawn("few", (), loading=0.9, dims=(3, 6))])
    assert explained(people, people["few"], (3, 6)) == pytest.approx(0.81, abs=0.03)
    others = people.assign(**dict.fromkeys(DISPOSITIONS[3:6], 0.0))
    assert explained(others, people["few"]) < 0.02


def test_which_way_a_disposition_pulls_the_seed_decides():
    drawn = Drawn("trait", (), loading=1.0, dims=(0, 1))
    people = draw_people(200)
    signs = {
        np.sign(np.corrcoef(draw_trait(people, drawn, rng=seed)["trait"], people["d0"])[0, 1])
        for seed in range(8)
    }
    assert signs == {-1, 1}


def test_the_trait_age_says_who_was_born_first():
    young = draw_people(2_000, household=1)
    for loading in (0, 1):
        people = draw_trait(young, Drawn("age", (), loading=loading, dims=(2, 8)), rng=7)
        assert people["age"].to_numpy() == pytest.approx(ages(people), abs=0.01)
        # the same birthdays, dealt anew
        assert sorted(people["birth_date"]) == sorted(young["birth_date"])
        found = explained(people, people["age"].rank(), (2, 8))
        assert found > 0.9 if loading else found < 0.02


def test_drawing_a_trait_changes_nobody():
    people = draw_people(200)
    before = people.copy(deep=True)
    for trait in (Drawn("age", ()), Drawn("x"), Drawn("expecting", rate=0.1)):
        assert trait.name in draw_trait(people, trait, rng=7)
    pd.testing.assert_frame_equal(people, before)


def test_only_women_from_18_to_45_expect_a_child(town):
    able = (town["gender"] == "woman") & ages(town).between(18, 45)
    expecting = town["expecting"] == "yes"
    assert able[expecting].all()
    assert expecting[able].mean() == pytest.approx(0.08, abs=0.002)  # the rate is among them


# -------------------------------------------------------------------- who joins, who leaves


def test_the_sociable_join_first_and_the_last_never_do(town):
    members = town[town["member"]]
    assert len(members) == 0.8 * len(town)
    assert town["joined"].notna().equals(town["member"])
    assert members["joined"].between("2019-01-01", str(YEAR)).all()
    order = members["joined"].rank()
    assert np.corrcoef(order, members["extraversion"])[0, 1] < -0.15
    never = town.loc[~town["member"], "extraversion"].mean()
    assert never < members["extraversion"].mean() - 0.2
    nameless = draw_people(200)  # in a world without that trait chance alone decides
    assert nameless["member"].mean() == pytest.approx(0.8)


def test_leavers_left_after_they_joined_and_before_today(town):
    left = town[town["left"].notna()]
    assert left["member"].all()
    assert len(left) / town["member"].sum() == pytest.approx(0.04, abs=0.012)
    assert (left["left"] > left["joined"]).all() and (left["left"] < pd.Timestamp(TODAY)).all()


@pytest.mark.parametrize("share", [0, 1])
def test_nobody_or_everybody_may_leave(share):
    people = draw_people(200, leavers=share)
    assert people["left"].notna().equals(people["member"] & bool(share))


# ------------------------------------------------------------------------------------- events


def test_events_are_a_table_of_known_people(town, events):
    check_table(events, "events", people=town.index)
    assert set(events["event"]) == {"pregnancy", "illness", "debt", "move", "dry_january"}
    assert not events.duplicated(["person", "event"]).any()
    assert (events["end"].isna() | (events["end"] > events["start"])).all()


@pytest.mark.parametrize(
    ("trait", "event", "days"),
    [("expecting", "pregnancy", 280), ("illness", "illness", 3_650), ("in_debt", "debt", 1_095)],
)
def test_those_with_a_trait_and_only_they_have_its_event(town, events, trait, event, days):
    rows = events[events["event"] == event]
    assert sorted(rows["person"]) == town.index[town[trait] == "yes"].tolist()
    start = pd.Timestamp(TODAY) - rows["start"]
    assert start.between(DAY, days * DAY).all()
    assert start.median() / DAY == pytest.approx(days / 2, rel=0.15)
    if event == "pregnancy":
        assert (rows["end"] - rows["start"]).eq(280 * DAY).all()
        assert (rows["end"] > pd.Timestamp(TODAY)).all()
    else:
        assert rows["end"].isna().all()


def test_whole_households_move_on_one_day_of_the_year(town, events):
    moves = events[events["event"] == "move"].set_index("person")
    home = town["household"]
    moved = home[moves.index]
    assert set(home.index[home.isin(moved)]) == set(moves.index)
    assert moves["start"].groupby(moved).nunique().eq(1).all()
    assert moves["start"].between(pd.Timestamp(YEAR), pd.Timestamp(TODAY) - DAY).all()
    assert (moves["end"] - moves["start"]).eq(60 * DAY).all()
    assert moved.nunique() / home.nunique() == pytest.approx(1 / 12, abs=0.02)


def test_one_adult_in_seven_kept_a_dry_january_and_no_child(town, events):
    dry = events[events["event"] == "dry_january"]
    adult = ages(town) >= 18
    assert adult[dry["person"]].all()
    assert len(dry) / adult.sum() == pytest.approx(1 / 7, abs=0.02)
    assert dry["start"].eq(pd.Timestamp(YEAR)).all()
    assert dry["end"].eq(pd.Timestamp("2025-02-01")).all()


def test_a_world_without_traits_has_events_without_them():
    events = make_events(draw_people(500), rng=7)
    assert set(events["event"]) == {"move", "dry_january"}


# ------------------------------------------------------------------------------------ reports


def answer(people, trait, *, rng=7, **knobs):
    """What people said of one trait, by person."""
    reports = make_reports(people, [trait], rng=rng, **({"disclosure": 1.0} | knobs))
    assert set(reports["trait"]) <= {trait.name}
    return reports.set_index("person")["value"]


@pytest.fixture(scope="module")
def members():
    owes = Drawn("owes", rate=0.3, private=True)
    side = Drawn("side", ("left", "right"), rate=0.3)
    mood = Drawn("mood", (), tested=True)
    return draw_people(4_000, [owes, side, mood, Drawn("age", ())], members=1)


PRIVATE = Drawn("owes", rate=0.3, private=True)
OPEN = Drawn("side", ("left", "right"), rate=0.3)
TESTED = Drawn("mood", (), tested=True)


def test_only_members_are_asked_and_the_share_of_them_answers(town):
    reports = make_reports(town, TOWN, disclosure=0.4, rng=7)
    check_table(reports, "reports", people=town.index)
    assert town["member"][reports["person"]].all()
    assert not reports.duplicated(["person", "trait"]).any()
    counts = reports["trait"].value_counts() / town["member"].sum()
    assert set(counts.index) == set(TRAITS) and counts.between(0.36, 0.44).all()
    tested = reports["trait"].map({name: trait.numeric for name, trait in TRAITS.items()})
    assert reports["instrument"].eq("test").equals(tested.astype(bool))
    assert make_reports(town, TOWN, disclosure=0.0, rng=7).empty
    assert make_reports(town, [], disclosure=1.0, rng=7).empty


def test_some_questions_are_answered_by_more_than_others(members):
    few = Drawn("side", ("left", "right"), answered=0.1)
    assert len(answer(members, few)) / len(members) == pytest.approx(0.1, abs=0.02)


def test_fewer_of_those_who_owe_say_anything(members):
    owes = members["owes"] == "yes"
    for reticence in (0, 0.4, 1):
        said = members.index.isin(
            answer(members, PRIVATE, disclosure=0.6, reticence=reticence).index
        )
        assert said[owes].mean() == pytest.approx(0.6 * (1 - reticence), abs=0.04)
        assert said[~owes].mean() == pytest.approx(0.6, abs=0.04)
    # a question that is not private is answered by both sides alike
    right = members["side"] == "right"
    said = members.index.isin(answer(members, OPEN, disclosure=0.6, reticence=1).index)
    assert said[right].mean() == pytest.approx(said[~right].mean(), abs=0.05)


def test_nobody_makes_up_a_debt_and_some_deny_theirs(members):
    said = answer(members, PRIVATE, honesty=0.8)
    owes = members["owes"] == "yes"
    assert set(said[~owes]) == {"no"}
    assert said[owes].eq("yes").mean() == pytest.approx(0.8, abs=0.04)


def test_of_other_answers_the_honest_share_is_true_on_both_sides(members):
    said = answer(members, OPEN, honesty=0.8)
    true = said == members["side"]
    for side in ("left", "right"):
        assert true[members["side"] == side].mean() == pytest.approx(0.8, abs=0.04)
    assert set(said) == {"left", "right"}
    assert answer(members, OPEN, honesty=1.0).tolist() == members["side"].tolist()


def test_an_age_on_a_form_is_the_age(members):
    trait = Drawn("age", ())
    said = answer(members, trait, honesty=0.5)
    assert said.tolist() == members["age"].tolist()


@pytest.mark.parametrize(("questions", "precision"), [(1, 0.06), (20, 0.06), (100, 0.06), (5, 0.5)])
def test_a_test_is_as_reliable_as_spearman_and_brown_say(members, questions, precision):
    r = reliability(questions, precision)
    assert r == pytest.approx(questions * precision / (1 - precision + questions * precision))
    said = answer(members, TESTED, questions=questions, precision=precision).astype(float)
    assert said.std() == pytest.approx(1, abs=0.05)  # in standard deviations of those tested
    assert np.corrcoef(said, members["mood"])[0, 1] ** 2 == pytest.approx(r, abs=0.04)


def test_two_tests_agree_as_far_as_each_is_reliable(members):
    """That is what reliability means: the correlation of a test with another like it."""
    one, other = (answer(members, TESTED, questions=20, rng=seed).astype(float) for seed in (1, 2))
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(reliability(20, 0.06), abs=0.04)


def test_reliability_goes_from_the_question_to_1():
    assert reliability(1, 0.06) == pytest.approx(0.06)
    assert reliability(50, 1.0) == 1 and reliability(50, 0.0) == 0
    assert np.diff([reliability(k, 0.06) for k in (1, 10, 100, 1_000)]).min() > 0


def test_who_discloses_more_says_the_same_and_more(members):
    for trait in (PRIVATE, OPEN, TESTED):
        low, high = (
            answer(members, trait, disclosure=d, reticence=0.3, honesty=0.9) for d in (0.3, 0.7)
        )
        assert set(low.index) < set(high.index)
        assert low.tolist() == high[low.index].tolist()


def test_who_is_more_reticent_says_less_of_the_same(members):
    open_, shy = (answer(members, PRIVATE, honesty=0.9, reticence=r) for r in (0.1, 0.6))
    assert set(shy.index) < set(open_.index)
    assert shy.tolist() == open_[shy.index].tolist()


def test_a_report_says_whose_answer_it_is_where_people_have_other_numbers(members):
    """Reports go by the index of people, also where it does not begin at 0."""
    some = members.loc[1_000:1_200]
    said = answer(some, OPEN)
    assert said.index.tolist() == some.index.tolist()
    assert said.tolist() == some["side"].tolist()
