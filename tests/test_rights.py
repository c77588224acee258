import inspect
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from handmade import make_beliefs, make_consents, make_known, make_traces
from hypothesis import given
from hypothesis import strategies as st

import ethics_lib as el
from ethics_lib.consents import PROCESSING, in_force, refused
from ethics_lib.rights import (
    OBJECTIONS,
    erase,
    lift_restriction,
    object_to,
    rectify,
    restrict,
)
from ethics_lib.tables import (
    Evidence,
    RangeError,
    TableError,
    UnknownNameError,
    concat,
    empty_table,
)
from ethics_lib.world import TODAY, make_world

LEDGER = make_consents((1, "service", True, "terms", "2025-01-01"))
MURMUR = {"holder": "Murmur", "time": "2026-01-03"}
BELIEFS = make_beliefs(
    (1, "party", "Quay", 0.7),
    (1, "party", "Orchard", 0.3),
    (2, "party", "Quay", 0.4),
    (1, "faith", "Tide", 0.9),
)


def last(ledger):
    row = ledger.iloc[-1]
    return tuple(row[["person", "holder", "purpose", "granted", "how"]]), str(row["time"].date())


def word(ledger, purpose, time, person=1, holder="Murmur"):
    """What the ledger's last word is: yes, no or nothing."""
    row = {"person": [person], "holder": holder, "purpose": purpose, "time": pd.Timestamp(time)}
    row = pd.DataFrame(row)
    return {(True, False): "yes", (False, True): "no", (False, False): ""}[
        bool(in_force(ledger, row)[0]), bool(refused(ledger, row)[0])
    ]


# ------------------------------------------------------------------------------ what is written


def test_an_objection_is_a_row_and_binds_from_its_moment_on():
    found = object_to(LEDGER, 1, **MURMUR)
    assert last(found) == ((1, "Murmur", "direct_marketing", False, "objected"), "2026-01-03")
    assert len(LEDGER) == 1 and len(found) == 2
    days = ("2026-01-02", "2026-01-03")
    assert [word(found, "direct_marketing", day) for day in days] == ["", "no"]
    assert word(found, "direct_marketing", "2026-02-01", holder="Quill") == ""


def test_one_may_object_to_one_purpose_one_topic_or_what_was_agreed_to():
    for purpose in (*OBJECTIONS, "advert:alcohol", "service"):
        assert word(object_to(LEDGER, 1, **MURMUR, purpose=purpose), purpose, "2026-01-04") == "no"


def test_a_restriction_holds_until_it_is_lifted_and_may_come_again():
    days = pd.date_range("2026-01-01", periods=5).astype(str)
    ledger = restrict(LEDGER, 1, holder="Murmur", time=days[0])
    assert last(ledger)[0] == (1, "Murmur", PROCESSING, False, "restricted")
    ledger = lift_restriction(ledger, 1, holder="Murmur", time=days[2])
    assert last(ledger)[0] == (1, "Murmur", PROCESSING, True, "lifted")
    ledger = restrict(ledger, 1, holder="Murmur", time=days[4])
    assert [word(ledger, PROCESSING, day) for day in days] == ["no", "no", "yes", "yes", "no"]


def test_a_right_may_be_used_where_nothing_was_ever_agreed():
    ledger = restrict(empty_table("consents"), 1, **MURMUR)
    assert len(ledger) == 1 and ledger["person"].dtype == "int32"


@given(st.lists(st.sampled_from(["object", "restrict", "erase"]), min_size=1, max_size=6))
def test_what_is_said_twice_in_one_moment_is_said_once(rights):
    say = {
        "object": lambda ledger: object_to(ledger, 1, **MURMUR),
        "restrict": lambda ledger: restrict(ledger, 1, **MURMUR),
        "erase": lambda ledger: erase(BELIEFS, ledger, person=1, **MURMUR).consents,
    }
    ledger = LEDGER
    for right in rights:
        ledger = say[right](ledger)
    assert len(ledger) == 1 + len(set(rights))


# ---------------------------------------------------------------------------------- rectifying


def test_ones_own_word_takes_the_place_of_what_was_believed():
    what = {"person": 1, "trait": "party", "value": "Orchard"}
    table, ledger = rectify(BELIEFS, LEDGER, **what, **MURMUR)
    mine = table.query("person == 1 and trait == 'party'")
    assert mine[["value", "p", "origin", "holder"]].values.tolist() == [
        ["Orchard", 1.0, "declared", "Murmur"]
    ]
    rest = table.drop(mine.index).reset_index(drop=True)
    pd.testing.assert_frame_equal(rest, BELIEFS.iloc[2:].reset_index(drop=True))
    assert last(ledger)[0] == (1, "Murmur", "accuracy:party", True, "rectified")


def test_what_others_believe_stays_and_repeated_row_numbers_do_no_harm():
    other = make_beliefs((1, "party", "Quay", 0.6), holder="Quill")
    what = {"person": 1, "trait": "party", "value": "Orchard"}
    table, _ = rectify(pd.concat([BELIEFS, other]), LEDGER, **what, **MURMUR)
    assert len(table) == 4 and (table["holder"] == "Quill").sum() == 1


def test_an_answer_is_put_right_where_it_stands():
    known = make_known({1: "Quay", 2: "Orchard"}, "party").assign(instrument="form")
    what = {"person": 1, "trait": "party", "value": "Orchard"}
    table, _ = rectify(known, LEDGER, **what, **MURMUR)
    assert table["value"].tolist() == ["Orchard", "Orchard"]
    assert known["value"].tolist() == ["Quay", "Orchard"]
    assert table["instrument"].tolist() == ["form", "form"]


def test_a_number_is_put_right_with_a_number():
    known = make_known({1: 0.5, 2: 1.5}, "openness")
    what = {"person": 1, "trait": "openness"}
    table, _ = rectify(known, LEDGER, **what, value=-1.0, **MURMUR)
    assert table["value"].tolist() == [-1.0, 1.5]
    with pytest.raises(RangeError, match="value='shy': 'openness' is a number"):
        rectify(known, LEDGER, **what, value="shy", **MURMUR)


# ------------------------------------------------------------------------------------- erasing


def test_erasing_takes_all_that_one_holder_recorded_up_to_then():
    traces = concat(
        [
            make_traces([(1, 5), (2, 5)]),
            make_traces([(1, 6)], time=pd.Timestamp("2026-01-04")),
            make_traces([(1, 5)], holder="Quill"),
            make_traces([(3, 5)], from_person=1, kind="contact", source="contacts"),
            make_traces([(1, 5)], from_person=3, kind="contact", source="contacts"),
        ],
        "traces",
    )
    table, ledger = erase(traces, LEDGER, person=1, **MURMUR)
    left = table[["person", "item", "holder"]].values.tolist()
    assert left == [[2, 5, "Murmur"], [1, 6, "Murmur"], [1, 5, "Quill"]]
    assert last(ledger)[0] == (1, "Murmur", "storage", False, "erased")


def test_one_belief_may_be_erased_and_the_others_kept():
    table, ledger = erase(BELIEFS, LEDGER, person=1, trait="party", **MURMUR)
    assert table[["person", "trait"]].values.tolist() == [[2, "party"], [1, "faith"]]
    assert last(ledger)[0] == (1, "Murmur", "storage:party", False, "erased")
    assert word(ledger, "storage", "2026-02-01") == ""  # the rest was not erased


people, days = st.integers(0, 4), st.integers(0, 9)


@given(st.lists(st.tuples(people, people, days), min_size=1, max_size=12), people, days)
def test_erasing_twice_is_erasing_once(rows, person, day):
    start = pd.Timestamp("2025-06-01")
    traces = make_traces([(a, 1) for a, _, _ in rows], from_person=[b for _, b, _ in rows])
    traces["time"] = [start + pd.Timedelta(days=d) for _, _, d in rows]
    request = {"person": person, "holder": "Murmur", "time": start + pd.Timedelta(days=day)}
    if not any(person in (a, b) and d <= day for a, b, d in rows):
        with pytest.raises(TableError, match=f"Murmur holds no traces of person {person} up to"):
            erase(traces, LEDGER, **request)
        return
    given_traces, given_ledger = traces.copy(), LEDGER.copy()
    once = erase(traces, LEDGER, **request)
    twice = erase(*once, **request)
    for one, other in zip(once, twice, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    later = erase(*once, **request | {"time": request["time"] + pd.Timedelta(hours=1)})
    pd.testing.assert_frame_equal(once.table, later.table)  # asked again, and nothing was left
    pd.testing.assert_frame_equal(traces, given_traces)
    pd.testing.assert_frame_equal(LEDGER, given_ledger)


# -------------------------------------------------------------------------------------- errors


def test_errors_say_what_to_do():
    with pytest.raises(UnknownNameError, match="Did you mean 'direct_marketing'"):
        object_to(LEDGER, 1, **MURMUR, purpose="direct marketing")
    with pytest.raises(TableError, match=r"no restriction about person 1 .*Call restrict before"):
        lift_restriction(LEDGER, 1, **MURMUR)
    with pytest.raises(TableError, match="last word of person 1 to Murmur about 'service'"):
        object_to(LEDGER, 1, holder="Murmur", purpose="service", time="2024-12-31")
    with pytest.raises(TableError, match="time=NaT is no time"):
        restrict(LEDGER, 1, holder="Murmur", time=pd.NaT)
    with pytest.raises(TableError, match="people are whole numbers"):
        restrict(LEDGER, "Wren", **MURMUR)
    with pytest.raises(TableError, match="Murmur holds no beliefs about 'faith' of person 2"):
        erase(BELIEFS, LEDGER, person=2, trait="faith", **MURMUR)
    with pytest.raises(TableError, match=r"of person 1 up to 2020-01-01.*Check the person"):
        erase(make_traces([(1, 5)]), LEDGER, person=1, holder="Murmur", time="2020-01-01")
    with pytest.raises(TableError, match="traces are of no trait"):
        erase(make_traces([(1, 5)]), LEDGER, person=1, trait="faith", **MURMUR)


@pytest.mark.parametrize(
    ("what", "error", "match"),
    [
        ((1, "vote", "Quay"), UnknownNameError, "trait 'vote' does not exist"),
        ((1, "party", "Harbour"), UnknownNameError, "value of party 'Harbour' does not exist"),
        ((2, "faith", "Tide"), TableError, "Murmur holds nothing about 'faith' of person 2"),
    ],
)
def test_only_what_is_held_can_be_put_right(what, error, match):
    person, trait, value = what
    with pytest.raises(error, match=match):
        rectify(BELIEFS, LEDGER, person=person, trait=trait, value=value, **MURMUR)


# -------------------------------------------------------------------- obeyed by every verb after it


def verbs_with_a_ledger():
    """Every public function of every room that can be given a ledger."""
    for path in sorted(Path(el.__file__).parent.glob("[!_]*.py")):
        room = import_module(f"ethics_lib.{path.stem}")
        for name in room.__all__:
            thing = getattr(room, name)
            if inspect.isfunction(thing) and thing.__module__ == room.__name__:
                ledger = inspect.signature(thing).parameters.get("ledger")
                if ledger is not None and ledger.default is None:
                    yield pytest.param(thing, id=f"{path.stem}.{name}")


VERBS = list(verbs_with_a_ledger())
SILENT, SAID, OUTSIDE = "silent", "said", "outside"


@pytest.fixture(scope="module")
def story():
    """What any verb may ask for, by the name of its parameter, and three people who say no."""
    world = make_world(300, members=0.8, rng=7)
    members = world.people.query("member")
    consents = el.ask_consent(
        members,
        holder="Murmur",
        purposes=["service", "contacts"],
        how="terms",
        time=members["joined"],
        rng=7,
    )
    collectors = [el.Platform("Murmur"), el.Pixel("Murmur", reach=1, waits=False)]
    collectors.append(el.ContactUpload("Murmur"))
    held = el.collect(world, consents, collectors)
    known = world.reports.query("trait == 'party'").replace({"Quay": "yes", "Orchard": "no"})
    known = known.assign(trait="quay", time=pd.Timestamp("2025-11-01"))
    known = known[["person", "trait", "value", "time"]]
    beliefs = el.infer(held.traces, known, holder="Murmur")
    ad = el.Ad("Vote on Thursday", "political", "quay", "yes")
    everybody = world.people.index
    audience = pd.DataFrame({"person": everybody.astype("int32"), "via": "belief", "score": 1.0})
    listed = held.traces.loc[held.traces["kind"] == "contact", "person"].unique()
    silent = members.index.difference(known["person"])
    people = {
        SILENT: silent[silent.isin(listed)][0],
        SAID: known.loc[known["person"].isin(members.index), "person"].iloc[0],
        OUTSIDE: next(p for p in listed if not world.people.loc[p, "member"]),
    }
    return {
        "who": [int(person) for person in people.values()],
        "world": world,
        "consents": consents,
        "collectors": collectors,
        "traces": held.traces,
        "ties": held.ties,
        "known": known[known["person"].isin(members.index)],
        "items": world.items,
        "joined": members["joined"],
        "asof": TODAY,
        "at": TODAY,
        "beliefs": beliefs,
        "ad": ad,
        "use": "votes",
        "threshold": 0.0,
        "time": TODAY,
        "audience": audience,
        "everybody": everybody,
        "rates": pd.DataFrame(0.5, index=everybody, columns=[ad.name]),
        "rng": 7,
        "holder": "Murmur",
    }


def call(verb, story, **more):
    parameters = inspect.signature(verb).parameters
    given = {
        name: story[name]
        for name, p in parameters.items()
        if p.default is inspect.Parameter.empty or name == "holder"
    }
    return verb(**given | more)


def named_in(result):
    """Everybody in a result; of decisions, those to whom something was done."""
    tables = [result.traces, result.ties] if isinstance(result, Evidence) else [result]
    named = set()
    for table in tables:
        table = table[table["shown"]] if "shown" in table else table
        for column in {"person", "from_person", "a", "b"} & set(table.columns):
            named |= set(table[column].tolist())
    return named


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_obeys_a_restriction(verb, story):
    if "campaigns" in inspect.signature(verb).parameters:
        from ethics_lib.decisions import Campaign

        story = story | {"campaigns": [Campaign(story["ad"], story["audience"], "votes")]}
    who = set(story["who"])
    assert who & named_in(call(verb, story))  # or there would be nothing to obey
    ledger = story["consents"]
    for person in who:
        ledger = restrict(ledger, person, holder="Murmur", time="2025-12-01")
    assert not who & named_in(call(verb, story, ledger=ledger))
    for person in who:
        ledger = lift_restriction(ledger, person, holder="Murmur", time="2025-12-02")
    same(call(verb, story, ledger=ledger), call(verb, story))


def same(one, other):
    if isinstance(one, Evidence):
        one, other = one.traces, other.traces
    pd.testing.assert_frame_equal(one, other)


BELIEVING = ("infer", "infer_interests", "propagate", "shadow_profiles")


def test_the_verbs_that_believe_are_among_them():
    assert set(BELIEVING) <= {p.values[0].__name__ for p in VERBS}


@pytest.mark.parametrize("verb", [p for p in VERBS if p.values[0].__name__ in BELIEVING])
def test_who_objects_to_profiling_is_not_judged_and_to_marketing_is(verb, story):
    no, marketing = story["consents"], story["consents"]
    for person in story["who"]:
        to = {"holder": "Murmur", "time": "2025-12-01"}
        no = object_to(no, person, purpose="profiling", **to)
        marketing = object_to(marketing, person, **to)
    assert not set(story["who"]) & named_in(call(verb, story, ledger=no))
    same(call(verb, story, ledger=marketing), call(verb, story))


def test_what_was_put_right_is_not_guessed_at_again(story):
    person = story["who"][0]
    assert person in story["beliefs"]["person"].to_numpy()
    what = {"person": person, "trait": "quay", "value": "no"}
    believed, ledger = rectify(story["beliefs"], story["consents"], **what, **MURMUR)
    for verb in (el.infer, el.propagate):
        plain = call(verb, story)
        found = call(verb, story, ledger=ledger)
        rest = plain[plain["person"] != person].reset_index(drop=True)
        assert len(rest) < len(plain)
        pd.testing.assert_frame_equal(found, rest)
    assert believed.query("person == @person")["value"].tolist() == ["no"]


def test_the_verbs_say_so_when_nobody_is_left(story):
    ledger = story["consents"]
    rows = {"person": story["known"]["person"], "holder": "Murmur", "purpose": PROCESSING}
    rows = pd.DataFrame(rows).assign(granted=False, how="restricted", time=np.datetime64(TODAY))
    ledger = concat([ledger, rows], "consents")
    for verb in (el.infer, el.propagate):
        with pytest.raises(TableError, match="known: the table has no rows"):
            call(verb, story, ledger=ledger)


def test_collecting_again_after_an_erasure_is_erasing_what_was_collected(story):
    """A collector that reads the ledger brings back nothing that was recorded up to then."""
    traces, ledger = story["traces"], story["consents"]
    for person in story["who"]:
        what = {"person": person, "holder": "Murmur", "time": "2025-07-01"}
        traces, ledger = erase(traces, ledger, **what)
    assert traces["person"].isin(story["who"]).sum() > 0  # what came later stays
    again = el.collect(story["world"], ledger, story["collectors"]).traces
    assert len(again) < len(story["traces"])
    pd.testing.assert_frame_equal(again, traces.reset_index(drop=True))


def test_nothing_new_is_collected_under_a_restriction(story):
    ledger = story["consents"]
    for person in story["who"]:
        ledger = restrict(ledger, person, holder="Murmur", time="2025-07-01")
    again = el.collect(story["world"], ledger, story["collectors"]).traces
    own = again["person"].isin(story["who"])
    assert own.any() and (again.loc[own, "time"] < pd.Timestamp("2025-07-01")).all()
