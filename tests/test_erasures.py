import numpy as np
import pandas as pd
import pytest

import ethics_lib as el
from ethics_lib.datasets import WREN
from ethics_lib.erasures import trace_erasure
from ethics_lib.guards import DualUseError
from ethics_lib.tables import TableError, concat
from ethics_lib.world import make_world

STEPS = [
    "before",
    "the belief is erased",
    "guessed again",
    "the traces are erased too",
    "from friends",
    "from address books",
    "by the old model",
    "by a new model",
]
TIME = pd.Timestamp("2025-07-01")


def tables_of(world):
    """What one platform has: likes, a pixel elsewhere, and address books uploaded in October."""
    members = world.people.query("member")
    ask = {"holder": "Murmur", "how": "terms"}
    consents = [
        el.ask_consent(members, purposes="service", time=members["joined"], rng=1, **ask),
        el.ask_consent(members, purposes="contacts", time="2025-10-01", rng=2, rate=0.3, **ask),
    ]
    collectors = [el.Platform("Murmur"), el.Pixel("Murmur", reach=0.3, waits=False)]
    collectors.append(el.ContactUpload("Murmur"))
    held = el.collect(world, concat(consents, "consents"), collectors)
    return {"traces": held.traces, "ties": held.ties, "joined": members["joined"]}


@pytest.fixture(scope="module")
def town():
    world = make_world(400, members=0.9, rng=7)
    tables = tables_of(world)
    said = world.reports.query("trait in ['party', 'openness']")
    counts = tables["traces"].query("source == 'platform'")["person"].value_counts()
    listed = tables["traces"].query("kind == 'contact'")["person"]
    silent = ~counts.index.isin(said["person"]) & counts.index.isin(listed)
    return tables | {"known": said, "person": int(counts.index[silent][0]), "holder": "Murmur"}


@pytest.fixture(scope="module")
def story(town):
    return trace_erasure(**town, time=TIME)


def test_one_table_tells_the_belief_before_after_and_whence_it_came_back(story):
    assert list(story.columns) == "step trait value p sd origin method came_from".split()
    for trait in ("party", "openness"):
        assert story.loc[story["trait"] == trait, "step"].tolist() == STEPS
    party = story[story["trait"] == "party"].set_index("step")
    believed = party["p"].notna()
    assert believed[believed].index.tolist() == [STEPS[0], STEPS[2], *STEPS[4:]]
    gone = party.loc[["the belief is erased", "the traces are erased too"]]
    assert gone["value"].isna().all() and (gone[["origin", "came_from"]] == "").all(axis=None)
    assert party["origin"].tolist() == [
        *("inferred", "", "inferred", ""),
        *("propagated", "propagated", "inferred", "inferred"),
    ]
    assert (story.loc[believed.to_numpy().tolist() * 2, "came_from"] != "").all()


def test_the_belief_before_is_that_of_infer_and_it_comes_back_from_the_same_traces(town, story):
    old = town["traces"][town["traces"]["time"] <= TIME]
    found = el.infer(old, town["known"], holder="Murmur").query("person == @town['person']")
    by_step = story.set_index(["step", "trait"])
    for step in ("before", "guessed again"):
        assert by_step.loc[(step, "party"), "p"] == found["p"].max()
        openness = found.query("trait == 'openness'")
        got = by_step.loc[(step, "openness"), ["value", "sd"]].tolist()
        assert got == openness[["value", "sd"]].values[0].tolist()


def test_the_old_model_says_of_the_same_traces_what_it_said_before(town):
    """Who does again after the erasure what they did before is the same to a model kept."""
    traces, person = town["traces"], town["person"]
    mine = (traces["person"] == person) & traces["item"].notna()
    old = traces[mine & (traces["time"] <= TIME)]
    again = old.assign(time=TIME + pd.Timedelta(days=1))
    traces = concat([traces[~(mine & (traces["time"] > TIME))], again], "traces")
    story = trace_erasure(**town | {"traces": traces}, time=TIME).set_index(["step", "trait"])
    for trait, column in (("party", "p"), ("openness", "value")):
        before, after = (story.loc[(step, trait), column] for step in (STEPS[0], STEPS[6]))
        assert after == pytest.approx(before, abs=1e-6)  # factors are float32
    unlearnt = story.loc[(STEPS[7], "party"), "p"]
    assert unlearnt == story.loc[(STEPS[0], "party"), "p"]  # the same tables, at another time


def test_nothing_comes_back_where_nothing_is_left(town):
    """No friends, no address books and no new traces: then the erasure holds."""
    person = town["person"]
    traces = town["traces"]
    theirs = (traces["person"] == person) | (traces["from_person"] == person)
    ties = town["ties"].query("a != @person and b != @person")
    hermit = {"traces": traces[~(theirs & (traces["time"] > TIME))], "ties": ties}
    story = trace_erasure(**town | hermit, time=TIME)
    after = story[story["step"].isin(STEPS[3:])]
    assert after["value"].isna().all() and len(after) == 10
    assert "0 of 0 friends, who said it of themselves" in set(after["came_from"])


def test_what_the_person_said_is_erased_with_the_rest(town):
    known = town["known"]
    traced = town["traces"].query("time <= @TIME and item.notna()")["person"]
    person = int(known.loc[known["person"].isin(traced), "person"].iloc[0])
    story = trace_erasure(**town | {"person": person}, time=TIME)
    friends = story[story["step"] == "from friends"]
    assert (friends["origin"] == "propagated").all()  # somebody who answered is not guessed at


def test_no_table_is_changed(town):
    before = {name: town[name].copy() for name in ("traces", "known", "ties")}
    trace_erasure(**town, time=TIME)
    for name, table in before.items():
        pd.testing.assert_frame_equal(town[name], table)


def test_errors_say_what_to_do(town):
    with pytest.raises(TableError, match="Murmur holds no beliefs of person 99999"):
        trace_erasure(**town | {"person": 99999}, time=TIME)
    for wrong, match in (
        ({"known": town["known"].drop(columns="trait")}, "known: column 'trait' is missing"),
        ({"ties": town["ties"].rename(columns={"a": "from"})}, "ties: column 'a' is missing"),
        ({"joined": town["joined"].to_frame()}, "joined: got DataFrame where a Series of times"),
    ):
        with pytest.raises(TableError, match=match):
            trace_erasure(**town | wrong, time=TIME)
    with pytest.raises(TableError, match="time='gestern' is no time"):
        trace_erasure(**town, time="gestern")
    known = town["known"].assign(trait="protected:party")
    with pytest.raises(DualUseError, match="an explanation is about one person"):
        trace_erasure(**town | {"known": known}, time=TIME)


def test_the_erasure_of_wren():
    """Requirement of the lesson: one table, and every way back is in it."""
    town = el.load_town()
    tables = tables_of(town)
    left = tables["traces"].query("person == @WREN and source == 'platform' and time > @TIME")
    tables["traces"] = tables["traces"].drop(left.index)
    known = town.reports.query("trait == 'party'")
    story = trace_erasure(known=known, **tables, person=WREN, holder="Murmur", time=TIME)
    p = story.set_index("step")["p"]
    assert story["step"].tolist() == STEPS
    assert np.isnan(p["the traces are erased too"]) and (p[STEPS[4:]] > 0.5).all()
    # one person less to learn from is nothing to a model of 1,600
    assert p["by the old model"] == pytest.approx(p["by a new model"], abs=0.01)
