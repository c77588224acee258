import numpy as np
import pandas as pd
import pytest

from ethics_lib.acts import make_acts, make_items
from ethics_lib.names import TOPICS
from ethics_lib.people import DISPOSITIONS, TODAY, YEAR, make_events, make_people
from ethics_lib.presets import KNOBS, PRESETS, settle
from ethics_lib.tables import check_table
from ethics_lib.world import make_world

OF_TASTE = ["like", "visit", "purchase"]  # searches and messages are about whole topics
KINDS = {
    "likes": ("like", "page"),
    "visits": ("visit", "site"),
    "purchases": ("purchase", "product"),
    "searches": ("search", "topic"),
    "messages": ("message", "topic"),
}
ROW = ["person", "kind", "item", "time"]


@pytest.fixture(scope="module")
def town():
    return make_world(1_500, rng=7)


@pytest.fixture(scope="module")
def eventful():
    """A town whose events show, and the same town when they do not."""
    return make_world(1_500, events=2, rng=7), make_world(1_500, events=0, rng=7)


def without(acts, others):
    """The acts that are not among the others."""
    both = acts.merge(others[ROW].drop_duplicates(), on=ROW, how="left", indicator=True)
    return both[both["_merge"] == "left_only"].drop(columns="_merge")


def tasted(world):
    """The acts, each with the taste of its item and that item's topic."""
    return world.acts.join(world.items[["taste", "topic"]], on="item")


# -------------------------------------------------------------------------------------- items


def test_items_are_of_four_kinds_and_as_many_as_asked():
    items, tastes = make_items({"pages": 1_000, "fame": 1.0}, rng=np.random.default_rng(7))
    check_table(items, "items")
    assert items["kind"].value_counts().to_dict() == {
        "page": 1_000,
        "site": 200,
        "product": 200,
        "topic": 24,
    }
    assert items.index.equals(pd.RangeIndex(1_424, name="item"))
    assert items["name"].is_unique
    assert set(items["topic"]) == set(TOPICS) == set(items.query("kind == 'topic'")["name"])
    assert items["lot"].between(0, 1).all() and (items["fame"] > 0).all()
    assert tastes.directions.shape == (4 * 24, len(DISPOSITIONS))
    assert tastes.popularity.shape == (4 * 24,)


def test_each_taste_has_pages_sites_and_products_and_one_topic():
    items, _ = make_items({"pages": 1_000, "fame": 1.0}, rng=np.random.default_rng(7))
    things = items[items["kind"] != "topic"]
    counts = things.groupby(["kind", "taste"]).size().unstack()
    assert counts.shape == (3, 96)
    assert (counts.max(axis=1) - counts.min(axis=1) <= 1).all()
    assert things.groupby("taste")["topic"].nunique().eq(1).all()
    assert things.groupby("topic")["taste"].nunique().eq(4).all()


def test_a_name_tells_nothing_of_the_topic():
    """The seed deals names and topics apart: in another town the same name is about another."""
    one, other = (
        make_items({"pages": 1_000, "fame": 1.0}, rng=np.random.default_rng(seed))[0].query(
            "kind != 'topic'"
        )
        for seed in (7, 8)
    )
    both = one.merge(other, on="name")
    assert len(both) > 500
    assert both["topic_x"].eq(both["topic_y"]).mean() == pytest.approx(1 / 24, abs=0.02)


# ------------------------------------------------------------------------------- who does what


def test_each_kind_of_act_has_its_kind_of_item(town):
    check_table(town.acts, "acts", people=town.people.index)
    pairs = set(zip(town.acts["kind"], town.acts["item"].map(town.items["kind"]), strict=True))
    assert pairs == set(KINDS.values())
    assert town.acts["person"].dtype == town.acts["item"].dtype == np.int32


def test_only_members_like_and_write_and_everybody_else_does_the_rest(town):
    member = town.people["member"]
    for kind, inside in (("like", True), ("message", True), ("search", False), ("visit", False)):
        who = town.acts.loc[town.acts["kind"] == kind, "person"].unique()
        outside = (~member[who]).sum()
        assert outside == 0 if inside else outside > 0.8 * (~member).sum()


def test_likes_and_messages_end_when_a_member_leaves(town):
    inside = town.acts[town.acts["kind"].isin(["like", "message"])]
    person = town.people.loc[inside["person"]]
    time = inside.set_axis(person.index)["time"]
    assert (time >= person["joined"]).all()
    assert (time < person["left"].fillna(pd.Timestamp(TODAY))).all()
    left = town.people.index[town.people["left"] > pd.Timestamp("2025-03-01")]
    assert len(left) >= 5 and inside["person"].isin(left).any()  # until then they took part
    gone = town.people.index[town.people["left"] < pd.Timestamp(YEAR)]
    assert len(gone) >= 5 and not inside["person"].isin(gone).any()
    assert town.acts.query("kind == 'visit'")["person"].isin(gone).any()


def test_acts_fall_into_the_year_and_into_the_evening(town):
    time = town.acts["time"]
    assert time.between(pd.Timestamp(YEAR), pd.Timestamp(TODAY), inclusive="left").all()
    for _, of_kind in time.groupby(town.acts["kind"]):
        hours = of_kind.dt.hour.value_counts()
        assert hours[17] > 1.5 * hours[11] and hours[20] > 3 * hours[4]
    months = time.dt.month.value_counts(normalize=True)
    assert months.between(0.07, 0.1).all()


@pytest.mark.parametrize("knob", KINDS)
def test_half_of_the_people_do_more_than_the_median_asked(knob):
    world = make_world(1_500, events=0, members=1, leavers=0, pages=20_000, rng=7, **{knob: 30})
    acts = world.acts[world.acts["kind"] == KINDS[knob][0]]
    counts = acts["person"].value_counts().reindex(world.people.index, fill_value=0)
    assert counts.median() == pytest.approx(30, rel=0.15)


@pytest.mark.parametrize("knob", KINDS)
def test_a_median_of_0_means_that_nobody_does_it(knob):
    kinds = set(make_world(60, rng=7, **{knob: 0}).acts["kind"])
    assert kinds == {kind for kind, _ in KINDS.values()} - {KINDS[knob][0]}


# ------------------------------------------------------------------------------ once, and no more


def test_nobody_likes_a_page_twice_also_not_because_of_an_event(eventful):
    for world in eventful:
        likes = world.acts.query("kind == 'like'")
        assert not likes.duplicated(["person", "item"]).any()


def test_on_their_own_account_nobody_visits_or_buys_twice(eventful):
    plain = eventful[1].acts
    assert not plain[plain["kind"].isin(OF_TASTE)].duplicated(["person", "item"]).any()


def test_who_wishes_for_more_than_there_is_gets_half_of_it():
    world = make_world(60, likes=5_000, pages=300, events=0, members=1, leavers=0, rng=7)
    counts = world.acts.query("kind == 'like'")["person"].value_counts()
    assert counts.max() <= 150
    assert counts.median() > 100


# --------------------------------------------------------------------------------- heavy tails


def test_activity_makes_people_unequal():
    def tail(activity):
        world = make_world(1_000, activity=activity, events=0, likes=30, pages=3_000, rng=7)
        counts = world.acts.query("kind == 'like'")["person"].value_counts()
        return counts.quantile(0.95) / counts.median()

    equal, some, many = (tail(activity) for activity in (0, 0.7, 1.354))
    assert equal == pytest.approx(1, abs=0.05)
    assert equal < some < many
    assert some == pytest.approx(np.exp(1.645 * 0.7), rel=0.25)  # as a lognormal has it
    assert many == pytest.approx(np.exp(1.645 * 1.354), rel=0.25)


def test_fame_makes_pages_unequal():
    def top(fame):
        world = make_world(1_000, fame=fame, likes=10, rng=7, pages=5_000)
        counts = world.acts.query("kind == 'like'")["item"].value_counts()
        return counts.head(50).sum() / counts.sum()  # the best known hundredth of the pages

    equal, some, many = (top(fame) for fame in (0, 0.7, 1.44))
    assert equal < 0.06 and equal + 0.02 < some and some + 0.05 < many
    assert np.log(make_world(60, fame=0.7, rng=7).items.query("kind != 'topic'")["fame"]).std() == (
        pytest.approx(0.7, abs=0.06)
    )


# ------------------------------------------------------------------------ dispositions and tastes


def tell(world, *, rng=0):
    """How well likes tell a disposition: r on people who were not looked at before."""
    likes = world.acts.query("kind == 'like'")
    members = likes["person"].unique()
    members = np.random.default_rng(rng).permutation(members)
    share = pd.crosstab(likes["person"], world.items["taste"].loc[likes["item"]].to_numpy())
    share = share.div(share.sum(axis=1), axis=0)
    half = len(members) // 2
    learn, test = members[:half], members[half:]
    found = []
    for column in DISPOSITIONS[:3]:
        mind = world.people[column].to_numpy(float)
        x = share.loc[learn].to_numpy() - share.mean().to_numpy()
        ridge = np.linalg.solve(x.T @ x + 0.5 * np.eye(x.shape[1]), x.T @ mind[learn])
        guess = (share.loc[test].to_numpy() - share.mean().to_numpy()) @ ridge
        found.append(np.corrcoef(guess, mind[test])[0, 1])
    return np.array(found)


def test_likes_tell_dispositions_unless_taste_and_events_are_0():
    for taste, low, high in ((0, -0.15, 0.15), (3, 0.45, 1)):
        found = tell(make_world(1_500, taste=taste, events=0, fame=1, members=1, rng=7))
        assert ((low < found) & (found < high)).all(), found


def test_the_first_disposition_shows_more_in_likes_than_the_last():
    _, tastes = make_items({"pages": 300, "fame": 1.0}, rng=np.random.default_rng(7))
    length = np.sqrt((tastes.directions**2).sum(0))
    assert length[0] > 3 * length[10] and length[10] > length[19]
    assert (tastes.directions**2).sum() / len(tastes.directions) == pytest.approx(1, abs=0.25)


def test_tastes_of_one_topic_draw_people_of_one_mind():
    """Those of two topics do not, over seeds: within one town some topics are near each other."""
    topic = np.arange(96) // 4
    own = topic[:, None] == topic
    alike, apart = [], []
    for seed in range(8):
        _, tastes = make_items({"pages": 300, "fame": 1.0}, rng=np.random.default_rng(seed))
        ahead = tastes.directions / np.linalg.norm(tastes.directions, axis=1, keepdims=True)
        cosine = ahead @ ahead.T
        alike.append(cosine[own & ~np.eye(96, dtype=bool)].mean())
        apart.append(cosine[~own].mean())
    assert min(alike) > 0.3
    assert abs(np.mean(apart)) < 0.04


def test_gender_is_in_no_like(town):
    """Nothing ties what is liked to gender, in a town where it is no trait of its own."""
    assert "gender" not in {trait.name for trait in PRESETS["brightwater"].traits}
    likes = tasted(town).query("kind == 'like'")
    woman = town.people["gender"].eq("woman")
    of_women = likes["person"].map(woman).groupby(likes["taste"]).mean()
    # people and not likes are the sample: a taste has some two hundred people behind it
    assert (of_women - woman[likes["person"]].mean()).abs().mean() < 0.06


# ----------------------------------------------------------------------------- events that show


def alone(world, event):
    """Those whom one event befell, and nothing else."""
    events = world.events
    single = events[~events["person"].duplicated(keep=False)]
    return single[single["event"] == event].set_index("person")


@pytest.mark.parametrize("event", ["pregnancy", "illness", "debt", "move", "dry_january"])
def test_an_event_brings_acts_of_few_tastes_while_it_lasts(eventful, event):
    shown, plain = eventful
    rows = alone(shown, event)
    extra = without(tasted(shown), plain.acts)
    extra = extra[extra["person"].isin(rows.index)]
    assert extra["person"].nunique() > 0.4 * len(rows) > 3
    span = rows.loc[extra["person"]].set_axis(extra.index)
    assert (extra["time"] >= span["start"]).all()
    assert (extra["time"] < span["end"].fillna(pd.Timestamp(TODAY))).all()
    # a Dry January brings two: the third is the one that is left alone
    n_tastes = 2 if event == "dry_january" else 3
    of_taste = extra[extra["kind"].isin(OF_TASTE)]
    assert of_taste["taste"].nunique() == n_tastes
    about = extra[~extra["kind"].isin(OF_TASTE)]
    assert set(about["topic"]) <= set(of_taste["topic"])
    assert set(extra["kind"]) >= {"like", "visit", "search"}


def test_an_event_adds_as_much_as_its_knob_says():
    plain = make_world(1_500, events=0, rng=7)
    counts = []
    for events in (0.5, 2):
        shown = make_world(1_500, events=events, rng=7)
        extra = without(shown.acts, plain.acts)
        counts.append(extra["kind"].isin(["visit", "search"]).sum())
    assert counts[1] / counts[0] == pytest.approx(4, rel=0.15)


def test_an_event_shows_in_the_busy_more_than_in_the_idle(eventful):
    shown, plain = eventful
    rows = alone(shown, "illness")
    extra = without(shown.acts, plain.acts).query("kind == 'visit'")["person"].value_counts()
    usual = plain.acts.query("kind == 'visit'")["person"].value_counts()
    both = pd.concat([extra, usual], axis=1).reindex(rows.index).fillna(0).to_numpy()
    busy = both[:, 1] > np.median(both[:, 1])
    assert both[busy, 0].mean() > 3 * both[~busy, 0].mean()


def test_nothing_changes_for_those_whom_nothing_befell(eventful):
    shown, plain = (
        world.acts[~world.acts["person"].isin(world.events["person"])] for world in eventful
    )
    assert len(plain) > 10_000
    pd.testing.assert_frame_equal(
        shown.sort_values(ROW, ignore_index=True), plain.sort_values(ROW, ignore_index=True)
    )


@pytest.mark.parametrize("seed", [7, 8, 24])  # of 24, two events had drawn one taste
def test_a_dry_january_leaves_one_taste_alone_until_february(seed):
    shown, plain = (make_world(1_500, events=e, rng=seed) for e in (0.25, 0))
    dry = shown.events.query("event == 'dry_january'")["person"]
    lost = without(tasted(plain), shown.acts)
    (taste,) = lost["taste"].unique()
    assert lost["person"].isin(dry).all() and (lost["time"] < pd.Timestamp("2025-02-01")).all()
    of_taste = tasted(shown)
    of_taste = of_taste[of_taste["taste"] == taste]
    january = of_taste["time"] < pd.Timestamp("2025-02-01")
    theirs = of_taste["person"].isin(dry)
    assert not (january & theirs).any()
    assert (january & ~theirs).sum() > 10  # others go on
    assert (~january & theirs).sum() > 10  # and they are back in February


def test_which_tastes_go_with_an_event_the_seed_decides():
    brought = {}
    for seed in range(5):
        shown, plain = (make_world(600, events=e, rng=seed) for e in (2, 0))
        rows = alone(shown, "illness")
        extra = without(tasted(shown), plain.acts)
        extra = extra[extra["person"].isin(rows.index) & extra["kind"].isin(OF_TASTE)]
        brought[seed] = frozenset(extra["taste"])
    assert len(set(brought.values())) == 5
    # by chance two seeds of five may share one of three tastes out of 96, and not more
    assert len(frozenset().union(*brought.values())) >= 12


def test_acts_can_be_drawn_of_tables_alone():
    """What `make_world` does, step by step, for whoever wants other people or other events."""
    knobs = settle(200, {})[1]
    people = make_people(knobs, PRESETS["brightwater"].traits, rng=np.random.default_rng(1))
    items, tastes = make_items(knobs, rng=np.random.default_rng(2))
    events = make_events(people, rng=3)
    before = [table.copy(deep=True) for table in (people, items, events)]
    acts, favourite = make_acts(people, items, tastes, events, knobs, rng=np.random.default_rng(4))
    check_table(acts, "acts", people=people.index)
    assert favourite.shape == (200,) and set(favourite) <= set(range(96))
    own = acts[acts["person"].isin(people.index[people["member"]]) & acts["kind"].eq("visit")]
    best = own["item"].map(items["taste"]).eq(pd.Series(favourite)[own["person"]].to_numpy())
    assert best.mean() > 3 / 96  # what somebody likes best they do more than one taste in 96
    for table, old in zip((people, items, events), before, strict=True):
        pd.testing.assert_frame_equal(table, old)
    nothing = dict.fromkeys(KINDS, 0.0)
    none, _ = make_acts(
        people, items, tastes, events, knobs | nothing, rng=np.random.default_rng(4)
    )
    assert none.empty and set(knobs) == set(KNOBS)
