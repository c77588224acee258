import numpy as np
import pandas as pd
import pytest
from handmade import interval

from ethics_lib.audiences import as_audience
from ethics_lib.routes import rival_routes
from ethics_lib.tables import RangeError, TableError
from ethics_lib.world import make_world

HAS = pd.Series([True, True, True, False, False, False], index=range(1, 7))


def crowd(*people):
    return as_audience(np.array(people), via="pixel")


def routes(audiences, person=1, **columns):
    return rival_routes(audiences, has=HAS, person=person, **columns).set_index("route")


def test_a_route_explains_as_far_as_it_reaches_those_and_few_others():
    found = routes({"list": crowd(1, 2), "pixel": crowd(1, 4, 5)})
    assert found["people"].to_dict() == {"list": 2, "pixel": 3, "chance": 6}
    assert found["reaches"].round(3).to_dict() == {"list": 0.667, "pixel": 0.333, "chance": 1}
    assert found["times_chance"].to_dict() == {
        "list": 2,
        "pixel": pytest.approx(2 / 3),
        "chance": 1,
    }
    # of one impression each: 1/3 of the list's, 1/9 of the pixel's, 1/6 of chance's on each of them
    want = np.array([1 / 3, 1 / 9, 1 / 6]) / (1 / 3 + 1 / 9 + 1 / 6)
    assert found["posterior"].tolist() == pytest.approx(want)
    assert (found["low"] <= found["reaches"]).all() and (found["reaches"] <= found["high"]).all()


def test_a_route_that_did_not_reach_her_explains_nothing():
    found = routes({"list": crowd(2, 3), "pixel": crowd(1, 4)})
    assert not found.loc["list", "reached"] and found.loc["list", "posterior_person"] == 0
    assert found["posterior_person"].tolist() == pytest.approx([0, 0.75, 0.25])


def test_what_is_spent_counts():
    found = routes({"list": crowd(1, 2)}, spent={"list": 1, "chance": 9})
    assert found["posterior_person"].tolist() == pytest.approx([0.5 / 2, 1.5 / 2])


def test_people_who_could_not_be_shown_anything_count_nowhere():
    assert routes({"list": crowd(1, 99)}).loc["list", "people"] == 1


def test_bad_input_is_refused():
    with pytest.raises(TableError, match=r"has: person 9 is not among the 6 who could be shown"):
        routes({}, person=9)
    for wrong in (HAS.astype(str), HAS.tolist(), None, HAS * 1.0):
        with pytest.raises(TableError, match=r"has: it must be a Series of True and False"):
            rival_routes({}, has=wrong, person=1)
    empty = HAS.astype("boolean").mask(HAS.index == 2)
    for wrong in (pd.concat([HAS, HAS]), empty):
        with pytest.raises(TableError, match=r"has: a cell is empty, or somebody is there twice"):
            rival_routes({}, has=wrong, person=1)
    with pytest.raises(TableError, match=r"has: it is true of nobody"):
        rival_routes({}, has=~HAS & HAS, person=1)
    with pytest.raises(RangeError, match=r"route 'list': 0 of its people could be shown anything"):
        routes({"list": crowd(77)})
    with pytest.raises(RangeError, match=r"route 'list': 1 of its people.*, and -1 impressions"):
        routes({"list": crowd(1)}, spent={"list": -1, "chance": 1})
    with pytest.raises(TableError, match=r"audiences: nobody is in it"):
        routes({"list": crowd()})


# --------------------------------------------------------------------------------------- the pram


def stand_in(acts, active):
    """The topic that people whom something befalls search for more than others do."""
    searches = acts[acts["kind"] == "search"]
    share = pd.crosstab(searches["topic"], searches["person"].isin(active), normalize="columns")
    return (share[True] / share[False]).idxmax()


def ways_to_a_pram(seed):
    """How many times chance each route explains the advert of a thing for the expectant."""
    town = make_world(rng=seed)
    members = town.people.query("member")
    has = members["expecting"] == "yes"
    acts = town.acts.assign(topic=town.items["topic"].loc[town.acts["item"]].to_numpy())
    mine = acts[(acts["topic"] == stand_in(acts, has.index[has])) & acts["person"].isin(has.index)]
    tracked = town.items.index[town.items["lot"] < 0.3]
    seen = {
        "message": mine[mine["kind"] == "message"],
        "search": mine[mine["kind"] == "search"],
        "pixel": mine[(mine["kind"] == "visit") & mine["item"].isin(tracked)],
        "list": mine[mine["kind"] == "purchase"],
    }
    audiences = {
        name: as_audience(rows["person"].unique(), via="context") for name, rows in seen.items()
    }
    found = rival_routes(audiences, has=has, person=has.index[0])
    return found.set_index("route")["times_chance"]


@pytest.mark.slow
def test_an_advert_for_a_pram_needs_nobody_to_read_a_message():
    """In six towns: each route beats chance, messages are not shown to be the best."""
    found = pd.DataFrame([ways_to_a_pram(seed) for seed in range(6)])
    assert all(interval(found[route])[1] > 1 for route in ("message", "search", "pixel", "list"))
    best = found[["search", "pixel", "list"]].max(axis=1)
    assert interval(found["message"] - best)[1] < 0
