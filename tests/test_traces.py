import pandas as pd
import pytest
from handmade import DAY, make_consents, make_ties
from hypothesis import given, settings
from hypothesis import strategies as st

import ethics_lib.traces
from ethics_lib.consents import PROCESSING, ask_consent, in_force
from ethics_lib.datasets import WREN, load_town
from ethics_lib.tables import (
    Evidence,
    RangeError,
    TableError,
    UnknownNameError,
    World,
    check_table,
    concat,
    empty_table,
)
from ethics_lib.traces import (
    SOURCES,
    STANDARD_EVENTS,
    AppSdk,
    ContactUpload,
    CustomerList,
    Pixel,
    Platform,
    ServerEvents,
    collect,
)

PEOPLE = pd.DataFrame({"member": True}, index=pd.RangeIndex(4, name="person"))
ITEMS = pd.DataFrame(
    {
        "kind": ["page", "site", "product", "topic"],
        "name": ["A", "B", "C", "chess"],
        "topic": "chess",
        "lot": [0.0, 0.2, 0.6, 0.0],
    },
    index=pd.RangeIndex(4, name="item"),
)
KINDS = {"like": 0, "visit": 1, "purchase": 2, "search": 3, "message": 3}


def make_small_world():
    acts = pd.DataFrame(
        [(person, kind, item, DAY) for person in range(4) for kind, item in KINDS.items()],
        columns=["person", "kind", "item", "time"],
    )
    return World(PEOPLE, ITEMS, acts, make_ties((0, 1), (0, 2), (1, 2), (2, 3)))


WORLD = make_small_world()


def seen(evidence):
    return set(zip(evidence.traces["person"], evidence.traces["kind"], strict=True))


def agreed(*people, purpose="service", time="2025-01-01", granted=True):
    return make_consents(*((person, purpose, granted, "terms", time) for person in people))


def test_a_platform_keeps_the_likes_of_those_who_agreed_before():
    ledger = pd.concat([agreed(0, 1), agreed(2, granted=False), agreed(3, time="2025-07-01")])
    held = collect(WORLD, ledger, [Platform("Murmur")])
    check_table(held.traces, "traces", people=PEOPLE.index)
    assert seen(held) == {(0, "like"), (1, "like")}
    trace = held.traces.iloc[0]
    assert trace[["source", "purpose", "holder"]].tolist() == ["platform", "service", "Murmur"]
    assert trace["from_person"] == trace["person"]


def test_a_platform_knows_friendships_between_those_who_joined():
    held = collect(WORLD, agreed(0, 1, 3), [Platform("Murmur")])
    assert held.ties[["a", "b"]].to_numpy().tolist() == [[0, 1]]
    stranger = collect(WORLD, agreed(0, 1, 3).assign(holder="Another"), [Platform("Murmur")])
    assert stranger.ties.empty and stranger.traces.empty


def test_after_a_withdrawal_a_platform_records_nothing_more():
    ledger = pd.concat([agreed(0), agreed(0, time="2025-05-01", granted=False)])
    assert collect(WORLD, ledger, [Platform("Murmur")]).traces.empty
    late = pd.concat([agreed(0), agreed(0, time="2025-07-01", granted=False)])
    assert seen(collect(WORLD, late, [Platform("Murmur")])) == {(0, "like")}


def test_a_pixel_sees_everybody_on_the_sites_that_carry_it():
    fires = Pixel("Murmur", reach=0.5, waits=False)
    held = collect(WORLD, empty_table("consents"), [fires])
    assert seen(held) == {(person, "visit") for person in range(4)}
    assert set(held.traces["source"]) == {"pixel"} and held.ties.empty
    wider = collect(WORLD, empty_table("consents"), [Pixel("Murmur", reach=1, waits=False)])
    assert seen(wider) == {(person, kind) for person in range(4) for kind in ("visit", "purchase")}
    assert collect(WORLD, empty_table("consents"), [Pixel("M", reach=0, waits=False)]).traces.empty


def test_what_is_searched_for_and_written_no_collector_here_records():
    ledger = pd.concat([agreed(0, 1, 2, 3, purpose=p) for p in ("service", "advertising")])
    everyone = [Platform("Murmur"), Pixel("Murmur", reach=1, waits=False), ContactUpload("Murmur")]
    held = collect(WORLD, ledger, everyone)
    assert set(WORLD.acts["kind"]) - set(held.traces["kind"]) == {"search", "message"}
    assert not held.traces["item"].eq(3).any()


def test_a_pixel_that_waits_records_only_what_it_was_allowed():
    ledger = pd.concat([agreed(1, purpose="advertising"), agreed(2, purpose="service")])
    held = collect(WORLD, ledger, [Pixel("Murmur", reach=1, waits=True)])
    assert seen(held) == {(1, "visit"), (1, "purchase")}
    assert in_force(ledger, held.traces).all()


def test_an_address_book_lists_people_who_were_never_asked():
    held = collect(WORLD, agreed(2, purpose="contacts"), [ContactUpload("Murmur")])
    check_table(held.traces, "traces")
    listed = set(zip(held.traces["from_person"], held.traces["person"], strict=True))
    assert listed == {(2, 0), (2, 1), (2, 3)}
    assert held.traces["item"].isna().all()
    assert held.traces["time"].eq(pd.Timestamp("2025-01-01")).all()
    assert held.ties[["a", "b"]].to_numpy().tolist() == [[0, 2], [1, 2], [2, 3]]


def uploads(*rows):
    """What is in the address books, and when, after each (person, granted, time)."""
    ledger = make_consents(*((who, "contacts", yes, "opt-in", time) for who, yes, time in rows))
    held = collect(WORLD, ledger, [ContactUpload("Murmur")])
    listed = held.traces[["from_person", "person"]].assign(day=held.traces["time"].dt.day)
    return listed.to_numpy().tolist(), held.ties


def test_who_changed_their_mind_uploads_nothing_more_and_what_was_uploaded_stays():
    listed, ties = uploads((2, True, "2025-01-01"), (2, False, "2025-01-02"))
    assert sorted(listed) == [[2, 0, 1], [2, 1, 1], [2, 3, 1]]
    assert ties[["a", "b"]].to_numpy().tolist() == [[0, 2], [1, 2], [2, 3]]


def test_each_yes_is_an_upload_of_its_own():
    rows = [(3, True, "2025-01-01"), (3, False, "2025-01-02"), (3, True, "2025-01-03")]
    assert sorted(uploads(*rows)[0]) == [[3, 2, 1], [3, 2, 3]]
    assert uploads(*rows, rows[-1])[0] == uploads(*rows)[0]  # the same yes twice is one


def test_who_said_no_before_or_in_the_same_moment_uploads_nothing():
    listed, ties = uploads((2, False, "2025-01-01"))
    assert listed == [] and ties.empty
    assert uploads((2, True, "2025-01-01"), (2, False, "2025-01-01"))[0] == []
    held = collect(WORLD, agreed(2, purpose="contacts", granted=False), [ContactUpload("Murmur")])
    assert list(held.traces) == list(empty_table("traces"))


def test_collectors_add_up_and_a_tie_known_twice_is_one_tie():
    ledger = pd.concat([agreed(0, 1), agreed(0, purpose="contacts")])
    held = collect(WORLD, ledger, [Platform("Murmur"), ContactUpload("Murmur")])
    assert set(held.traces["source"]) == {"platform", "contacts"}
    assert held.ties[["a", "b"]].to_numpy().tolist() == [[0, 1], [0, 2]]
    assert held.traces["item"].dtype == "Int32"


def test_a_collector_is_any_function_of_world_and_ledger():
    def nosy(world, consents):
        return Platform("Nosy")(world, consents.assign(holder="Nosy"))

    held = collect(WORLD, agreed(0), [nosy])
    assert set(held.traces["holder"]) == {"Nosy"}


# ------------------------------------------------------------- searches, messages, events, apps


def test_a_platform_keeps_searches_and_messages_only_if_it_says_so():
    ledger = agreed(0, 1)
    more = collect(WORLD, ledger, [Platform("Murmur", keeps=("like", "search", "message"))])
    kinds = ("like", "search", "message")
    assert seen(more) == {(person, kind) for person in (0, 1) for kind in kinds}
    assert set(more.traces.query("kind != 'like'")["item"]) == {3}  # a topic, and no text
    assert in_force(ledger, more.traces).all()
    only = collect(WORLD, ledger, [Platform("Murmur", keeps=("search",))])
    assert seen(only) == {(0, "search"), (1, "search")}


SMALL_SHOP = CustomerList("Murmur", "Little Orbit", items=(2,), time="2025-07-01")
EVERY = [
    Platform("Murmur", keeps=("like", "search", "message")),
    Pixel("Murmur", reach=1, waits=False),
    AppSdk("Murmur", reach=1, prompt=True, matches_email=True),
    ServerEvents("Murmur", reach=1, waits=False),
    SMALL_SHOP,
    ContactUpload("Murmur"),
]


def test_every_trace_has_a_source_with_a_sentence_and_every_tracked_act_an_event():
    ledger = concat(
        [
            agreed(0, 1, 2, 3),
            agreed(0, purpose="contacts"),
            prompted(0, 1, granted=True),
        ],
        "consents",
    )
    traces = collect(WORLD, ledger, EVERY).traces
    assert set(traces["source"]) == set(SOURCES) - {"export"}
    tracked = traces[traces["source"].isin(list(STANDARD_EVENTS))]
    pairs = set(zip(tracked["source"], tracked["kind"], strict=True))
    assert pairs == {(source, kind) for source, kinds in STANDARD_EVENTS.items() for kind in kinds}


def prompted(*people, granted, time="2025-01-01"):
    rows = ((person, "tracking", granted, "device prompt", time) for person in people)
    return make_consents(*rows)


def test_an_sdk_is_in_other_apps_than_a_pixel_is_on_sites():
    ledger = prompted(0, 1, 2, 3, granted=True)
    pixel = collect(WORLD, ledger, [Pixel("Murmur", reach=0.5, waits=False)]).traces
    sdk = collect(WORLD, ledger, [AppSdk("Murmur", reach=0.5, prompt=True)]).traces
    assert set(pixel["item"]) == {1} and set(sdk["item"]) == {2}
    assert set(sdk["source"]) == {"sdk"} and set(sdk["purpose"]) == {"advertising"}
    every = collect(WORLD, ledger, [AppSdk("Murmur", reach=1, prompt=True)]).traces
    assert set(every["item"]) == {1, 2}
    assert collect(WORLD, ledger, [AppSdk("Murmur", reach=0, prompt=True)]).traces.empty


def test_without_a_yes_at_the_prompt_a_record_is_nobodys():
    ledger = concat([prompted(0, granted=True), prompted(1, granted=False)], "consents")
    asks = collect(WORLD, ledger, [AppSdk("Murmur", reach=0.5, prompt=True)])
    assert seen(asks) == {(0, "purchase")}  # 1 refused, 2 and 3 were not asked
    at_once = collect(WORLD, ledger, [AppSdk("Murmur", reach=0.5, prompt=False)])
    assert seen(at_once) == {(person, "purchase") for person in range(4)}
    late = prompted(0, granted=True, time="2025-07-01")
    assert collect(WORLD, late, [AppSdk("Murmur", reach=1, prompt=True)]).traces.empty


def test_the_second_pipe_finds_whoever_has_an_account_all_the_same():
    ledger = concat(
        [prompted(0, granted=True), prompted(1, 2, granted=False), agreed(0, 1)], "consents"
    )
    sdk = AppSdk("Murmur", reach=0.5, prompt=True, matches_email=True)
    traces = collect(WORLD, ledger, [sdk]).traces
    assert traces.set_index("person")["source"].to_dict() == {0: "sdk", 1: "server"}
    elsewhere = agreed(2).assign(holder="Another")  # an account with another firm does not help
    again = collect(WORLD, concat([ledger, elsewhere], "consents"), [sdk]).traces
    assert set(again["person"]) == {0, 1}


def test_a_shops_server_reports_whether_or_not_the_tracker_was_blocked():
    ledger = concat([agreed(0, 1), agreed(0, purpose="advertising")], "consents")
    pixel = collect(WORLD, ledger, [Pixel("Murmur", reach=1, waits=True)])
    server = collect(WORLD, ledger, [ServerEvents("Murmur", reach=1, waits=False)])
    assert seen(pixel) == {(0, "visit"), (0, "purchase")}
    assert seen(server) == {(0, "purchase"), (1, "purchase")}
    waits = collect(WORLD, ledger, [ServerEvents("Murmur", reach=1, waits=True)])
    assert seen(waits) == {(0, "purchase")}
    assert collect(WORLD, ledger, [ServerEvents("Murmur", reach=0.5, waits=False)]).traces.empty


# --------------------------------------------------------------------------------- customer lists


def listed(ledger, **changes):
    columns = {"holder": "Murmur", "shop": "Little Orbit", "items": (2,), "time": "2025-07-01"}
    return collect(WORLD, ledger, [CustomerList(**columns | changes)]).traces


def said_to_the_shop(person, purpose, how="objected", time="2025-05-01"):
    return make_consents((person, purpose, False, how, time), holder="Little Orbit")


def test_a_list_tells_the_platform_which_of_its_members_bought():
    traces = listed(agreed(0, 2))
    assert traces["person"].tolist() == [0, 2]
    row = traces[["kind", "item", "time", "source", "purpose", "holder"]].iloc[0].tolist()
    day = pd.Timestamp("2025-07-01")
    assert row == ["purchase", 2, day, "list", "advertising", "Murmur"]
    assert listed(agreed(0, 2), time="2025-06-01").empty  # nobody had bought before
    assert listed(agreed(0, 2).assign(holder="Another")).empty
    assert listed(agreed(0, time="2025-08-01")).empty  # no account yet


def test_buying_twice_is_being_on_the_list_once():
    again = World(PEOPLE, ITEMS, concat([WORLD.acts, WORLD.acts], "acts"))
    assert len(collect(again, agreed(0), [SMALL_SHOP]).traces) == 1


@pytest.mark.parametrize(
    ("purpose", "how"),
    [("direct_marketing", "objected"), (PROCESSING, "restricted"), ("storage", "erased")],
)
def test_a_shop_leaves_out_who_told_it_no_before_it_uploaded(purpose, how):
    said = {"purpose": purpose, "how": how, "time": "2025-06-15"}
    before = concat([agreed(0, 1), said_to_the_shop(0, **said)], "consents")
    assert listed(before)["person"].tolist() == [1]
    after = concat([agreed(0, 1), said_to_the_shop(0, **said | {"time": "2025-07-02"})], "consents")
    assert listed(after)["person"].tolist() == [0, 1]


# ----------------------------------------------------------------------------------------- rights


def nosy(world, consents):
    """A collector of a reader's own, which looks at no ledger."""
    acts = world.acts[world.acts["kind"] == "message"]
    columns = {"source": "ears", "purpose": "gossip", "holder": "Murmur"}
    return Evidence(acts.assign(from_person=acts["person"], **columns), empty_table("ties"))


def right(person, purpose, how, time, granted=False, holder="Murmur"):
    return make_consents((person, purpose, granted, how, time), holder=holder)


EVERYBODY_SAID_YES = concat(
    [
        agreed(0, 1, 2, 3),
        agreed(0, 1, 2, 3, purpose="contacts", time="2025-06-02"),
        prompted(0, 1, 2, 3, granted=True),
    ],
    "consents",
)


def after(*rows):
    """What is held of person 0, by time before and after the day of their acts."""
    ledger = concat([EVERYBODY_SAID_YES, *rows], "consents")
    traces = collect(WORLD, ledger, [*EVERY, nosy]).traces
    mine = traces[(traces["person"] == 0) | (traces["from_person"] == 0)]
    return set(mine.loc[mine["time"] <= DAY, "source"]), set(mine.loc[mine["time"] > DAY, "source"])


LATER = {"contacts", "list"}
AT_ONCE = {"platform", "pixel", "sdk", "server", "ears"}


def test_under_a_restriction_nothing_new_is_recorded():
    assert after() == (AT_ONCE, LATER)
    assert after(right(0, PROCESSING, "restricted", "2025-05-01")) == (set(), set())
    assert after(right(0, PROCESSING, "restricted", "2025-06-01 12:00")) == (AT_ONCE, set())
    lifted = right(0, PROCESSING, "lifted", "2025-06-01 18:00", granted=True)
    between = right(0, PROCESSING, "restricted", "2025-05-01")
    assert after(between, lifted) == (set(), LATER)


def test_after_an_erasure_nothing_is_left_from_before_and_later_acts_are_another_matter():
    assert after(right(0, "storage", "erased", DAY)) == (set(), LATER)
    assert after(right(0, "storage", "erased", "2026-01-01")) == (set(), set())
    assert after(right(0, "storage", "erased", "2025-05-31")) == (AT_ONCE, LATER)


def test_other_words_and_other_holders_stop_no_record():
    for row in (
        right(0, "profiling", "objected", "2025-01-01"),
        right(0, "storage:party", "erased", "2026-01-01"),
        right(0, PROCESSING, "restricted", "2025-01-01", holder="Another"),
        right(0, "storage", "erased", "2026-01-01", holder="Another"),
    ):
        assert after(row) == (AT_ONCE, LATER)


def test_friends_have_told_of_a_tie_too_so_it_stays():
    gone = concat([EVERYBODY_SAID_YES, right(0, "storage", "erased", "2026-01-01")], "consents")
    ties = [collect(WORLD, ledger, EVERY).ties for ledger in (EVERYBODY_SAID_YES, gone)]
    pd.testing.assert_frame_equal(*ties)


# ------------------------------------------------------------------------------------------- laws


ROWS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["service", "advertising", "contacts", "tracking", PROCESSING]),
        st.booleans(),
        st.just("device prompt"),
        st.sampled_from(["2025-01-01", "2025-05-01", "2025-06-01", "2025-06-03", "2025-07-01"]),
    ),
    min_size=1,
    max_size=12,
)
RIGHTS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from([(PROCESSING, False, "restricted"), (PROCESSING, True, "lifted")])
        | st.just(("storage", False, "erased")),
        st.sampled_from(["2025-01-01", "2025-06-01", "2025-06-03", "2025-08-01"]),
    ),
    min_size=1,
    max_size=4,
)
WAITING = [Pixel("Murmur", reach=1, waits=True), ServerEvents("Murmur", reach=1, waits=True)]


def acts_of(evidence):
    """Which act of whom is known; by which pipe does not matter, so the prompt may change it."""
    columns = ["person", "from_person", "kind", "item", "time"]
    return {*map(tuple, evidence.traces[columns].fillna(-1).to_numpy().tolist())}


few = settings(max_examples=8)


@pytest.mark.parametrize("collector", [*EVERY, *WAITING], ids=lambda c: type(c).__name__)
@few
@given(rows=ROWS, place=st.integers(0, 11))
def test_a_no_turned_into_a_yes_never_means_fewer_traces(collector, rows, place):
    place %= len(rows)
    turned = [(*r[:2], r[2] or k == place, *r[3:]) for k, r in enumerate(rows)]
    less, more = (collect(WORLD, make_consents(*ledger), [collector]) for ledger in (rows, turned))
    assert acts_of(less) <= acts_of(more)
    ties = [set(map(tuple, held.ties[["a", "b"]].to_numpy())) for held in (less, more)]
    assert ties[0] <= ties[1]


@few
@given(rows=ROWS, rights=RIGHTS)
def test_rights_take_out_what_they_are_about_and_nothing_else(rows, rights):
    plain = [row for row in rows if row[1] != PROCESSING]
    ledger = concat(
        [EVERYBODY_SAID_YES, make_consents(*plain)] if plain else [EVERYBODY_SAID_YES], "consents"
    )
    used = make_consents(*((who, *right, time) for who, right, time in rights))
    before = collect(WORLD, ledger, [*EVERY, nosy]).traces
    after = collect(WORLD, concat([ledger, used], "consents"), [*EVERY, nosy]).traces

    rights = sorted(used.itertuples(), key=lambda right: right.time)  # the last one wins

    def kept(trace):
        for end in {trace.person, trace.from_person}:
            mine = [right for right in rights if right.person == end]
            if any(right.how == "erased" and right.time >= trace.time for right in mine):
                return False
            said = [r.granted for r in mine if r.purpose == PROCESSING and r.time <= trace.time]
            if said and not said[-1]:
                return False
        return True

    expected = before[[kept(trace) for trace in before.itertuples()]].reset_index(drop=True)
    pd.testing.assert_frame_equal(after, expected)


@pytest.mark.slow
@few
@given(st.sets(st.integers(0, 3)), st.sets(st.integers(0, 3)))
def test_a_refusal_at_the_prompt_removes_what_hung_on_the_id_and_nothing_else(refuse, members):
    """Every collector is there; what goes is the records from apps, of those who refused."""
    everybody = prompted(0, 1, 2, 3, granted=True)
    asked = everybody.assign(granted=~everybody["person"].isin(refuse))
    rest = [agreed(*members), agreed(*members, purpose="contacts")] if members else []
    one_pipe = AppSdk("Murmur", reach=1, prompt=True)
    for sdk in (one_pipe, AppSdk("Murmur", reach=1, prompt=True, matches_email=True)):
        collectors = [sdk, *(c for c in EVERY if not isinstance(c, AppSdk))]
        held = [
            collect(WORLD, concat([ledger, *rest], "consents"), collectors).traces
            for ledger in (everybody, asked)
        ]
        gone = held[0]["person"].isin(refuse) & (held[0]["source"] == "sdk")
        left = held[0][~gone].reset_index(drop=True)
        if sdk is one_pipe:
            pd.testing.assert_frame_equal(held[1], left)
        else:  # members come in by the other pipe
            back = held[0][gone & held[0]["person"].isin(members)].assign(source="server")
            everything = concat([left, back], "traces")
            order = list(everything)
            pd.testing.assert_frame_equal(
                held[1].sort_values(order, ignore_index=True),
                everything.sort_values(order, ignore_index=True),
            )


def test_two_firms_meet_because_the_hash_has_no_salt(monkeypatch):
    ledger = agreed(0, 1)
    assert seen(collect(WORLD, ledger, [SMALL_SHOP])) == {(0, "purchase"), (1, "purchase")}
    real, salts = ethics_lib.traces.hash_identifiers, iter(["the shop's", "the platform's"])

    def salted(identifiers):
        return real(identifiers, salt=next(salts))

    monkeypatch.setattr(ethics_lib.traces, "hash_identifiers", salted)
    assert collect(WORLD, ledger, [SMALL_SHOP]).traces.empty


# ------------------------------------------------------------------------------------------- Wren


def test_wren_says_no_to_her_phone_and_comes_in_by_four_other_pipes():
    town = load_town()
    members = town.people.query("member")
    asked = {"holder": "Murmur", "rng": 7}
    joined = ask_consent(members, purposes="service", how="terms", time=members["joined"], **asked)
    no = prompted(WREN, granted=False)
    mine = town.acts.query("person == @WREN and kind == 'purchase'")["item"]
    shop = CustomerList("Murmur", "Little Orbit", items=tuple(mine), time="2025-12-31")
    collectors = [
        Platform("Murmur"),
        Pixel("Murmur", reach=0.3, waits=False),
        AppSdk("Murmur", reach=0.3, prompt=True, matches_email=True),
        ServerEvents("Murmur", reach=0.3, waits=False),
        shop,
    ]
    traces = collect(town, concat([joined, no], "consents"), collectors).traces
    hers = traces[traces["person"] == WREN]
    assert set(hers["source"]) == {"platform", "pixel", "server", "list"}
    apps = town.items.index[town.items["lot"] >= 0.7]
    in_apps = town.acts.query("person == @WREN and kind in ['visit', 'purchase']")["item"].isin(
        apps
    )
    by_server = hers[hers["source"] == "server"]["item"].isin(apps)
    since = town.people.loc[WREN, "joined"]
    assert since < pd.Timestamp("2025-01-01")  # so her account was there for every act
    assert by_server.sum() == in_apps.sum() > 0


def test_bad_input_is_refused():
    ledger = agreed(0)
    with pytest.raises(TableError, match=r"collect: no collector was given. Pass at least one"):
        collect(WORLD, ledger, [])
    with pytest.raises(RangeError, match=r"reach=1.5 is outside its range: 0 to 1"):
        collect(WORLD, ledger, [Pixel("Murmur", reach=1.5, waits=False)])
    with pytest.raises(
        TableError, match=r"consents: column 'person' holds 9 in row 0: there is no"
    ):
        collect(WORLD, agreed(9), [Platform("Murmur")])
    with pytest.raises(
        TableError, match=r"ties: column 'b' holds 9 in row 0: there is no such person"
    ):
        collect(World(PEOPLE, ITEMS, ties=make_ties((0, 9))), ledger, [Platform("Murmur")])
    with pytest.raises(TableError, match=r"consents: column 'purpose' is missing"):
        collect(WORLD, ledger.drop(columns="purpose"), [Platform("Murmur")])
    plain = World(PEOPLE, ITEMS.drop(columns="lot"), WORLD.acts)
    with pytest.raises(TableError, match=r"items: column 'lot' is missing; it decides which sites"):
        collect(plain, ledger, [Pixel("Murmur", reach=0.5, waits=False)])
    with pytest.raises(RangeError, match=r"reach=-1 is outside its range: 0 to 1"):
        collect(WORLD, ledger, [AppSdk("Murmur", reach=-1, prompt=True)])
    with pytest.raises(TableError, match=r"items: column 'lot' is missing"):
        collect(plain, ledger, [ServerEvents("Murmur", reach=0.5, waits=False)])
    with pytest.raises(UnknownNameError, match=r"act on a platform 'visit'.*like, search, message"):
        collect(WORLD, ledger, [Platform("Murmur", keeps=("like", "visit"))])
    for items, said in [
        ((1,), "{1: 'site'}"),
        ((2, 99), "{2: 'product', 99: 'no item'}"),
        ((), "{}"),
    ]:
        with pytest.raises(TableError, match=rf"the items are {said}, and.*Pass products"):
            listed(ledger, items=items)


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: Pixel("M", reach=2, waits=False), RangeError, "reach=2 is outside its range"),
        (lambda: ServerEvents("M", reach=-1, waits=False), RangeError, "reach=-1 is outside"),
        (lambda: Pixel("M", reach=0.2, waits="no"), TableError, "waits='no' is neither True nor"),
        (lambda: AppSdk("M", 0.3, "no"), TableError, "prompt='no' is neither True nor False"),
        (lambda: AppSdk("M", 0.3, True, matches_email=1), TableError, "matches_email=1 is neither"),
        (lambda: Platform("M", declared="no"), TableError, "declared='no' is neither"),
        (lambda: ContactUpload("M", retention=-3), RangeError, "retention=-3 is outside its range"),
        (lambda: Pixel("M", 0.2, True, retention=float("nan")), RangeError, "retention=nan is out"),
        (lambda: Platform("M", keeps=("poke",)), UnknownNameError, "platform 'poke' does not"),
        (lambda: ContactUpload(None), TableError, "holder=None is no name. Pass text"),
        (lambda: CustomerList("M", "", (2,), DAY), TableError, "shop='' is no name"),
        (lambda: CustomerList("M", "F", (2,), "soon"), TableError, "time='soon' is no time"),
    ],
)
def test_a_bad_setting_is_refused_when_the_collector_is_made(make, error, said):
    with pytest.raises(error, match=said):
        make()
