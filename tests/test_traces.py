import pandas as pd
import pytest
from handmade import DAY, make_consents, make_ties

from ethics_lib.consents import in_force
from ethics_lib.tables import RangeError, TableError, World, check_table, empty_table
from ethics_lib.traces import ContactUpload, Pixel, Platform, collect

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


def test_who_changed_their_mind_uploads_nothing():
    ledger = pd.concat(
        [
            agreed(2, purpose="contacts"),
            agreed(2, purpose="contacts", time="2025-02-01", granted=False),
        ]
    )
    held = collect(WORLD, ledger, [ContactUpload("Murmur")])
    assert held.traces.empty and held.ties.empty
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
