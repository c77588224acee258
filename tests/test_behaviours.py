"""Is what people do next foretold from before it, honestly, and by nobody's own answer?"""

import numpy as np
import pandas as pd
import pytest
from handmade import interval, make_beliefs, make_consents, make_traces

from ethics_lib.behaviours import (
    BEHAVIOURS,
    explain_behaviour,
    origins_of_behaviour,
    outcomes,
    predict_behaviour,
    responses,
)
from ethics_lib.consents import ask_consent
from ethics_lib.decisions import Ad, target
from ethics_lib.guards import DualUseError
from ethics_lib.measures import score
from ethics_lib.personas import make_personas, persona_card
from ethics_lib.tables import (
    RangeError,
    TableError,
    UnknownNameError,
    World,
    check_table,
)
from ethics_lib.traces import Pixel, Platform, collect
from ethics_lib.world import make_world

SUMMER, AUTUMN = pd.Timestamp("2025-07-01"), pd.Timestamp("2025-10-01")
ITEMS = pd.DataFrame(
    {"kind": "page", "name": ["Gouda", "Signal Box"], "topic": ["cheese", "trains"]},
    index=pd.RangeIndex(2, name="item"),
)


def town(n=400, told=1.0, seed=7):
    """Half of the people like cheese; they buy it four times as often, if their likes tell."""
    rng = np.random.default_rng(seed)
    likes = rng.integers(2, size=n)
    shown = np.where(rng.random(n) < told, likes, rng.integers(2, size=n))
    traces = make_traces(enumerate(shown), time=pd.Timestamp("2025-06-01"))
    did = rng.random(n) < np.where(likes == 0, 0.8, 0.2)
    known = pd.DataFrame({"person": np.arange(n), "trait": "will buy cheese", "time": SUMMER})
    return traces, known.assign(value=np.where(did, "yes", "no"))


def predict(traces, known, **knobs):
    full = {"items": ITEMS, "holder": "Murmur", "asof": SUMMER}
    return predict_behaviour(traces, known, **full | knobs)


def yes(beliefs):
    return beliefs[beliefs["value"] == "yes"].set_index("person")["p"]


TRACES, KNOWN = town()
TRUTH = KNOWN.set_index("person")["value"]
HALF = KNOWN[KNOWN["person"] % 2 == 0]


def test_who_likes_cheese_is_expected_to_buy_it():
    p = yes(predict(TRACES, HALF))
    likes_cheese = (TRACES["item"] == 0).to_numpy()
    assert p[likes_cheese].between(0.65, 0.95).all() and p[~likes_cheese].between(0.05, 0.35).all()


def test_a_prediction_is_a_belief_that_every_verb_takes():
    beliefs = predict(TRACES, HALF)
    check_table(beliefs, "beliefs")
    assert np.allclose(beliefs.groupby("person")["p"].sum(), 1)
    assert set(beliefs["origin"]) == {"inferred"} and set(beliefs["intent"]) == {"deliberate"}
    shown = target(
        beliefs,
        Ad("A wheel", "cheese", "will buy cheese", "yes"),
        use="cheese",
        threshold=0.5,
        time=SUMMER,
    )
    assert shown["shown"].to_numpy().tolist() == (TRACES["item"] == 0).tolist()
    card = persona_card(int(TRACES.loc[TRACES["item"] == 0, "person"].iloc[0]), beliefs)
    assert "will buy cheese: yes" in card.table["sentence"].tolist()


def test_people_never_seen_are_judged_as_well_as_those_known():
    beliefs = predict(TRACES, HALF)
    found = [
        score(beliefs, TRUTH[TRUTH.index % 2 == part], trait="will buy cheese")["estimate"].item()
        for part in (0, 1)
    ]
    assert min(found) > 0.7 and abs(found[0] - found[1]) < 0.1


def test_nobody_is_judged_by_a_model_that_knew_how_it_went_with_them():
    """Everybody has a topic of their own, by which a model could learn each answer by heart.

    What else they like tells something, or calibration would make nothing of all scores. Among
    those who like the same, nothing but one's own answer could tell who did it.
    """
    n, found = 200, []
    topics = ["cheese", "trains", *(f"t{k}" for k in range(n))]
    items = pd.DataFrame({"kind": "page", "name": "a page", "topic": topics})
    own = make_traces(((k, 2 + k) for k in range(n)), time=pd.Timestamp("2025-06-01"))
    for seed in range(5):
        traces, known = town(n, seed=seed)
        both = pd.concat([traces, own], ignore_index=True)
        p = yes(predict(both, known, items=items.rename_axis("item")))
        same = traces.set_index("person")["item"].loc[p.index].to_numpy()
        did = known.set_index("person")["value"].eq("yes").loc[p.index].astype(float)
        rest = (column - column.groupby(same).transform("mean") for column in (p, did))
        found.append(np.corrcoef(*rest)[0, 1])
    assert np.mean(found) < 0.1


def test_what_came_after_the_moment_changes_nothing():
    """At the moment one knows nothing of later, neither of those known nor of those judged."""
    after = make_traces([(k, 0) for k in range(400)] * 5, time=pd.Timestamp("2025-07-01"))
    both = pd.concat([TRACES, after], ignore_index=True)
    pd.testing.assert_frame_equal(predict(both, HALF), predict(TRACES, HALF))
    later = predict(both, HALF, asof=AUTUMN)
    assert not np.allclose(later["p"], predict(TRACES, HALF)["p"], atol=0.01)


def test_what_was_long_ago_is_forgotten():
    beliefs = predict(TRACES, HALF, asof="2025-11-01", days=200)
    assert set(beliefs["person"]) == set(TRACES["person"])
    recent = make_traces([(5, 0)], time=pd.Timestamp("2025-10-20"))
    both = pd.concat([TRACES, recent], ignore_index=True)
    assert set(predict(both, HALF, asof="2025-11-01", days=100)["person"]) == {5}


def test_personas_are_learned_from_too():
    traces, known = town(told=0.0)
    half = known[known["person"] % 2 == 0]
    true = town()[0]["item"].map({0: "fond", 1: "not"})
    believed = pd.DataFrame({"palate": true, "palate_p": 0.9, "palate_origin": "inferred"})
    believed = believed.assign(boldness=np.arange(400.0), boldness_p=np.nan, boldness_origin="told")
    truth = town()[1].set_index("person")["value"]
    half = half.assign(value=truth.loc[half["person"]].to_numpy())
    unseen = truth[truth.index % 2 == 1]
    without, with_them = (
        score(predict(traces, half, personas=personas), unseen, trait="will buy cheese")
        for personas in (None, believed.rename_axis("person"))
    )
    assert without["high"].item() < with_them["low"].item()


def test_personas_as_the_house_makes_them_are_the_same_as_those_laid_out_by_hand():
    traces, _ = town(told=0.0)
    palate = ["fond" if item == 0 else "not" for item in TRACES["item"]]
    rows = [(k, "palate", word, 0.9) for k, word in enumerate(palate)]
    by_hand = pd.DataFrame({"palate": palate, "palate_p": 0.9, "palate_origin": "inferred"})
    found = predict(traces, HALF, personas=make_personas(make_beliefs(*rows)))
    expected = predict(traces, HALF, personas=by_hand.rename_axis("person"))
    pd.testing.assert_frame_equal(found, expected)
    assert (yes(found) - yes(predict(traces, HALF))).abs().min() > 0.1


def test_who_objects_is_neither_judged_nor_learned_from():
    ledger = make_consents(*((k, "profiling", False, "objected", "2025-01-01") for k in range(100)))
    beliefs = predict(TRACES, HALF, ledger=ledger)
    assert set(beliefs["person"]) == set(range(100, 400))
    without = predict(TRACES[TRACES["person"] >= 100], HALF[HALF["person"] >= 100])
    pd.testing.assert_frame_equal(beliefs, without)


def test_nothing_handed_in_is_changed():
    traces, known = TRACES.copy(), HALF.copy()
    predict(traces, known)
    pd.testing.assert_frame_equal(traces, TRACES)
    pd.testing.assert_frame_equal(known, HALF)


def contacts_of(people):
    """Person 7 has these people in an address book."""
    rows = make_traces([(k, 0) for k in people], kind="contact", source="contacts", from_person=7)
    return rows.assign(item=pd.array([pd.NA] * len(rows), dtype="Int32"))


def test_a_contact_without_an_item_counts_as_a_contact():
    """Likes tell nothing here, and those who love cheese stand in an address book."""
    traces, _ = town(told=0.0)
    fond = np.flatnonzero(TRACES["item"] == 0).tolist()
    both = pd.concat([traces, contacts_of([*fond, 400])], ignore_index=True)
    p = yes(predict(both, HALF))
    assert 400 in p.index and p[fond].min() > p.drop([*fond, 400]).max()


def test_bad_input_is_refused():
    with pytest.raises(TableError, match=r"known: column 'time' is missing.* from outcomes or"):
        predict(TRACES, HALF.drop(columns="time"))
    with pytest.raises(TableError, match=r"after 2025-07-01 .*cannot be known at 2025-06-01"):
        predict(TRACES, HALF, asof="2025-06-01")
    with pytest.raises(TableError, match=r"known: value 'maybe' is neither 'yes' nor 'no'"):
        predict(TRACES, HALF.assign(value="maybe"))
    with pytest.raises(TableError, match=r"person 0 answers 'will buy cheese' twice"):
        predict(TRACES, pd.concat([HALF, HALF]))
    with pytest.raises(TableError, match=r"of 200 people with traces 0 are a yes.*At least 10"):
        predict(TRACES, HALF.assign(value="no"))
    with pytest.raises(RangeError, match=r"days=0 is outside its range: 1 to"):
        predict(TRACES, HALF, days=0)
    with pytest.raises(RangeError, match=r"folds=1 is outside its range: 2 to"):
        predict(TRACES, HALF, folds=1)
    with pytest.raises(DualUseError, match=r"'protected:religion' is protected"):
        predict(TRACES, HALF.assign(trait="protected:religion"))


def test_a_table_read_from_a_file_is_refused_with_the_remedy():
    with pytest.raises(TableError, match=r"known: column 'time' holds '2025-07-01' .*to_datetime"):
        predict(TRACES, HALF.assign(time="2025-07-01"))
    with pytest.raises(TableError, match=r"column 'time' holds Timestamp.* without a zone"):
        predict(TRACES, HALF.assign(time=HALF["time"].dt.tz_localize("UTC")))
    with pytest.raises(TableError, match=r"known: column 'time' has an empty cell"):
        predict(TRACES, HALF.assign(time=HALF["time"].where(HALF["person"] > 9)))
    with pytest.raises(TableError, match=r"asof='01/07/2025' is no time"):
        predict(TRACES, HALF, asof="01/07/2025")
    with pytest.raises(TableError, match=r"traces: none lies in the 180 days before asof='2024"):
        predict(TRACES, HALF.assign(time=pd.Timestamp("2023-01-01")), asof="2024-01-01")


def test_categories_do_as_well_as_words():
    traces = TRACES.astype(dict.fromkeys(["kind", "source", "purpose", "holder"], "category"))
    found = predict(traces, HALF.astype({"trait": "category", "value": "category"}))
    pd.testing.assert_frame_equal(found, predict(TRACES, HALF))


# ------------------------------------------------------------------------------------ why


def explain_one(traces, known, person, **knobs):
    full = {"items": ITEMS, "asof": SUMMER, "person": person}
    why = explain_behaviour(traces, known, **full | knobs)
    check_table(why, "explanation")
    return why


def test_what_a_count_says_is_divided_equally_among_what_was_counted():
    """Person 0 likes cheese twice here and once elsewhere, and stands in an address book."""
    first = TRACES.assign(item=TRACES["item"].where(TRACES["person"] > 0, 0))
    more = [make_traces([(0, 0)]), make_traces([(0, 0)], source="sdk"), contacts_of(range(50))]
    why = explain_one(pd.concat([first, *more], ignore_index=True), HALF, 0)
    assert why["weight"].abs().is_monotonic_decreasing and why["trait"].eq("will buy cheese").all()
    why = why.set_index("origin")
    assert sorted(why.index) == ["inferred", "observed", "told", "tracked"]
    weight, item = why["weight"], why["item"]
    assert weight["observed"] == pytest.approx(2 * weight["tracked"]) and weight["tracked"] > 0.1
    assert item["observed"] == item["tracked"] == 0
    assert why.loc[["told", "inferred"], "item"].isna().all()
    assert why["from_person"].to_dict() == {"told": 7, "inferred": 0, "observed": 0, "tracked": 0}


def test_what_personas_say_has_no_trace_of_its_own():
    """Nothing but the row without an item holds it."""
    palate = np.where(TRACES["item"] == 0, "fond", "not")
    personas = pd.DataFrame({"palate": palate, "palate_p": 0.9, "palate_origin": "inferred"})
    personas = personas.rename_axis("person")
    fond, other = (int(TRACES.index[TRACES["item"] == item][0]) for item in (0, 1))
    traces = TRACES.assign(item=0)
    usual = {}
    for person in (fond, other):
        why = explain_one(traces, HALF, person, personas=personas).set_index("origin")["weight"]
        assert len(why) == 2
        usual[person] = why["inferred"]
    assert usual[fond] - usual[other] > 1


def test_reasons_are_given_for_each_trait_or_for_the_one_asked():
    two = pd.concat([HALF, HALF.assign(trait="will click Wheel")])
    assert explain_one(TRACES, two, 3)["trait"].unique().tolist() == two["trait"].unique().tolist()
    one = explain_one(TRACES, two, 3, trait="will click Wheel")
    pd.testing.assert_frame_equal(
        one, explain_one(TRACES, HALF.assign(trait="will click Wheel"), 3)
    )
    shares = origins_of_behaviour(TRACES, two, items=ITEMS, holder="Murmur", asof=SUMMER)
    assert len(shares) == 800 and set(shares["trait"]) == set(two["trait"])


def test_bad_questions_about_reasons_are_refused():
    with pytest.raises(
        TableError, match=r"person 999 left no trace in the 180 days before 2025-07"
    ):
        explain_one(TRACES, HALF, 999)
    with pytest.raises(UnknownNameError, match=r"trait 'will buy chese' does not exist. Did you m"):
        explain_one(TRACES, HALF, 3, trait="will buy chese")
    with pytest.raises(DualUseError, match=r"'protected:religion' is protected"):
        explain_one(TRACES, HALF.assign(trait="protected:religion"), 3)


# ------------------------------------------------------------------------- how it really went


PEOPLE = pd.DataFrame(
    {
        "joined": pd.to_datetime(["2024-01-01", "2024-01-01", "2025-08-01", None, "2024-01-01"]),
        "left": pd.to_datetime(["2025-08-01", None, None, None, "2025-02-01"]),
    },
    index=pd.RangeIndex(5, name="person"),
)
ACTS = pd.DataFrame(
    {
        "person": [0, 1, 2, 3],
        "kind": ["purchase", "purchase", "purchase", "like"],
        "item": pd.array([0, 1, 0, 0], dtype="Int32"),
        "time": pd.to_datetime(["2025-06-30", "2025-07-01", "2025-10-01", "2025-08-01"]),
    }
)
WORLD = World(PEOPLE, ITEMS, ACTS)


def happened(behaviour, after=SUMMER, until=AUTUMN, **knobs):
    known = outcomes(WORLD, behaviour=behaviour, after=after, until=until, **knobs)
    check_table(known, "known")
    assert set(known["time"]) == {pd.Timestamp(after)}
    return known.set_index("person")["value"].to_dict(), known["trait"].iloc[0]


def test_buying_is_a_purchase_from_the_moment_on():
    assert happened("buy") == (
        {0: "no", 1: "yes", 2: "no", 3: "no", 4: "no"},
        "will buy anything",
    )
    assert happened("buy", topic="cheese") == (dict.fromkeys(range(5), "no"), "will buy cheese")
    assert happened("buy", after="2025-01-01", topic="cheese")[0][0] == "yes"


def test_only_members_of_the_moment_can_leave():
    assert happened("leave") == ({0: "yes", 1: "no"}, "will leave")
    assert happened("leave", after="2025-08-15") == ({1: "no", 2: "no"}, "will leave")


def test_outcomes_refuses_what_it_cannot_look_up():
    assert set(BEHAVIOURS) == {"buy", "leave"}
    with pytest.raises(UnknownNameError, match=r"behaviour 'sell' does not exist.* buy, leave"):
        happened("sell")
    with pytest.raises(UnknownNameError, match=r"'click' cannot be .* from responses\(decisions\)"):
        happened("click")
    with pytest.raises(TableError, match=r"until='in autumn' is no time"):
        happened("buy", until="in autumn")
    with pytest.raises(UnknownNameError, match=r"topic of things bought 'chess' does not exist"):
        happened("buy", topic="chess")
    with pytest.raises(RangeError, match=r"is not before until="):
        happened("buy", after=AUTUMN, until=SUMMER)


def test_responses_are_those_of_people_who_were_shown_the_advert():
    rows = [
        (1, "Wheel", True, True, "2025-07-02"),
        (1, "Wheel", True, False, "2025-07-01"),
        (2, "Wheel", True, True, "2025-07-01"),
        (2, "Track", True, False, "2025-07-01"),
        (3, "Wheel", False, pd.NA, "2025-07-01"),
    ]
    decisions = pd.DataFrame(rows, columns=["person", "ad", "shown", "acted", "time"])
    decisions = decisions.assign(use="u", category="c", score=0.0, via="everybody")
    decisions = decisions.astype({"acted": "boolean", "time": "datetime64[s]"})
    known = responses(decisions)
    check_table(known, "known")
    found = {(r.person, r.trait): r.value for r in known.itertuples()}
    wheel, track = "will click Wheel", "will click Track"
    assert found == {(1, wheel): "no", (2, wheel): "yes", (2, track): "no"}
    words = dict.fromkeys(["use", "ad", "category", "via"], "category")
    pd.testing.assert_frame_equal(responses(decisions.astype(words)), known)


def measure(world, seed, *, behaviour, topics=(None,)):
    """Learn from half of the people in summer; score the other half in autumn, topic by topic."""
    people = world.people[world.people["member"].to_numpy(bool)]
    ledger = ask_consent(
        people,
        holder="Murmur",
        purposes="service",
        how="terms",
        time=people["joined"],
        rng=seed,
    )
    traces = collect(world, ledger, [Platform("Murmur"), Pixel("Murmur", 0.3, False)]).traces
    half = np.random.default_rng(seed).random(len(world.people)) < 0.5
    found = []
    for topic in topics:
        knobs = {"behaviour": behaviour, "topic": topic}
        known = outcomes(world, after=SUMMER, until=AUTUMN, **knobs)
        beliefs = predict_behaviour(
            traces,
            known[half[known["person"]]],
            items=world.items,
            holder="Murmur",
            asof=AUTUMN,
            days=181,
        )
        truth = outcomes(world, after=AUTUMN, **knobs).set_index("person")["value"]
        truth = truth[~half[truth.index]]
        (trait,) = beliefs["trait"].unique()
        metrics = ("auc", "brier_skill", "calibration_slope")
        found += [
            score(beliefs, truth, trait=trait, value="yes", metric=metric) for metric in metrics
        ]
    return pd.concat(found).groupby("metric")["estimate"].mean()


def test_buying_is_foretold_in_a_small_town():
    world = make_world(1500, rng=11)
    assert measure(world, 11, behaviour="buy", topics=["cheese"])["auc"] > 0.65


@pytest.mark.slow
def test_buying_is_foretold_on_later_time_of_people_never_seen():
    """Bars set before anything was measured; seeds on which nothing was tuned or tried before."""
    found = []
    for seed in range(501, 511):
        world = make_world(5000, rng=seed)
        topics = sorted(world.items.query("kind == 'product'")["topic"].unique())[:4]
        found.append(measure(world, seed, behaviour="buy", topics=topics))
    found = pd.DataFrame(found)
    assert interval(found["auc"])[1] > 0.65
    assert interval(found["brier_skill"])[1] > 0
    _, low, high = interval(found["calibration_slope"])
    assert 0.9 < low < high < 1.1


@pytest.mark.slow
def test_who_leaves_cannot_be_told_where_chance_decides():
    """Half leave, so that there is something to tell; all that tells is the day of joining."""
    found = []
    for seed in range(501, 507):
        world = make_world(5000, leavers=0.5, rng=seed)
        found.append(measure(world, seed, behaviour="leave"))
    found = pd.DataFrame(found)
    assert interval(found["auc"])[2] < 0.6
    assert interval(found["brier_skill"])[2] < 0.01
