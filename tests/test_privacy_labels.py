import pandas as pd
import pytest
from handmade import make_traces
from hypothesis import given
from hypothesis import strategies as st
from test_traces import EVERY

from ethics_lib.privacy_labels import (
    BANDS,
    DATA_TYPES,
    KIND_TYPES,
    NOT_COLLECTED,
    PURPOSES,
    declare_label,
    list_taken,
    privacy_label,
    undeclared,
)
from ethics_lib.tables import UnknownNameError, check_table, concat, empty_table
from ethics_lib.traces import AppSdk, Pixel, Platform


def taken(*types, holder="Murmur", source="platform", declared=True, **columns):
    columns = {"purposes": ["AppFunctionality"], "band": "DATA_LINKED_TO_YOU"} | columns
    return list_taken(holder, source=source, types=types, declared=declared, **columns)


def test_apple_has_35_types_in_16_categories_6_purposes_and_3_bands():
    assert len(DATA_TYPES) == 35 and len(set(DATA_TYPES.values())) == 16
    assert list(PURPOSES) == [
        "ThirdPartyAdvertising",
        "DeveloperAdvertising",
        "Analytics",
        "ProductPersonalization",
        "AppFunctionality",
        "Other",
    ]
    assert list(BANDS) == ["DATA_USED_TO_TRACK_YOU", "DATA_LINKED_TO_YOU", "DATA_NOT_LINKED_TO_YOU"]
    assert DATA_TYPES["EmailAddress"] == "Contact Info" and DATA_TYPES["Head"] == "Body"
    assert DATA_TYPES["PhotosorVideos"] == "User Content"  # so Apple writes it
    assert set(KIND_TYPES.values()) <= set(DATA_TYPES)


def test_collectors_say_what_they_take():
    declarations = declare_label(EVERY)
    check_table(declarations, "declarations")
    assert declarations["declared"].all() and declarations["retention"].isna().all()
    by_source = declarations.groupby("source")["data_type"].agg(set).to_dict()
    assert by_source == {
        "contacts": {"Contacts"},
        "list": {"EmailAddress", "PurchaseHistory"},
        "pixel": {"BrowsingHistory", "DeviceID", "PurchaseHistory"},
        "platform": {"Contacts", "UserID", "ProductInteraction", "SearchHistory"}
        | {"EmailsOrTextMessages"},
        "sdk": {"BrowsingHistory", "DeviceID", "PurchaseHistory"},
        "server": {"BrowsingHistory", "EmailAddress", "PurchaseHistory"},
    }
    others = declarations[declarations["of"] == "others"]
    assert set(others["source"]) == {"contacts"}
    tracks = declarations[declarations["band"] == "DATA_USED_TO_TRACK_YOU"]
    assert set(tracks["source"]) == {"pixel", "sdk", "server", "list"}


def test_a_collector_says_how_long_and_whether_it_said_so_before():
    declarations = declare_label([Pixel("M", 0.3, True, retention=180, declared=False)])
    assert declarations["retention"].eq(180).all() and not declarations["declared"].any()
    quiet = AppSdk("M", reach=0.3, prompt=True, retention=7)
    assert declare_label([quiet])["source"].unique().tolist() == ["sdk"]


def test_who_says_nothing_declares_nothing():
    assert declare_label([lambda world, consents: None]).empty
    pd.testing.assert_frame_equal(declare_label([]), empty_table("declarations"))


def test_a_label_reads_as_a_page_of_a_store():
    declarations = declare_label([*EVERY[-1:], *EVERY])
    label = privacy_label(declarations, holder="Murmur")
    assert label.to_numpy().tolist() == [
        ["DATA_USED_TO_TRACK_YOU", "Contact Info", "EmailAddress", "ThirdPartyAdvertising"],
        ["DATA_USED_TO_TRACK_YOU", "Browsing History", "BrowsingHistory", "ThirdPartyAdvertising"],
        ["DATA_USED_TO_TRACK_YOU", "Identifiers", "DeviceID", "ThirdPartyAdvertising"],
        ["DATA_USED_TO_TRACK_YOU", "Purchases", "PurchaseHistory", "ThirdPartyAdvertising"],
        ["DATA_LINKED_TO_YOU", "Contacts", "Contacts", "ProductPersonalization, AppFunctionality"],
        [
            "DATA_LINKED_TO_YOU",
            "User Content",
            "EmailsOrTextMessages",
            "ProductPersonalization, AppFunctionality",
        ],
        [
            "DATA_LINKED_TO_YOU",
            "Search History",
            "SearchHistory",
            "ProductPersonalization, AppFunctionality",
        ],
        ["DATA_LINKED_TO_YOU", "Identifiers", "UserID", "ProductPersonalization, AppFunctionality"],
        [
            "DATA_LINKED_TO_YOU",
            "Usage Data",
            "ProductInteraction",
            "ProductPersonalization, AppFunctionality",
        ],
    ]


def test_a_label_shows_only_what_was_declared_and_by_this_holder():
    declarations = concat(
        [
            taken("Health", declared=False),
            taken("Fitness", holder="Another"),
            taken("Head", band="DATA_NOT_LINKED_TO_YOU"),
        ],
        "declarations",
    )
    label = privacy_label(declarations, holder="Murmur")
    assert label[["band", "data_type"]].to_numpy().tolist() == [["DATA_NOT_LINKED_TO_YOU", "Head"]]
    nothing = declarations.iloc[:0], declarations.assign(declared=False)
    for table in nothing:
        assert privacy_label(table, holder="Murmur")["band"].tolist() == [NOT_COLLECTED]
    with pytest.raises(UnknownNameError, match=r"holder 'murmur' does not.*mean 'Murmur'"):
        privacy_label(declarations, holder="murmur")


def test_what_no_label_named_is_found():
    traces = concat(
        [
            make_traces([(0, 1), (1, 1)]),
            make_traces([(0, 2), (0, 3), (2, 2)], kind="visit", source="pixel"),
            make_traces([(1, 2)], kind="purchase", source="list"),
            make_traces([(0, 2)], kind="heartbeat", source="watch"),
            make_traces([(0, 1)], holder="Another"),
        ],
        "traces",
    )
    declarations = concat(
        [taken("ProductInteraction"), taken("BrowsingHistory", declared=False)], "declarations"
    )
    assert undeclared(traces, declarations).to_numpy().tolist() == [
        ["Murmur", "pixel", "BrowsingHistory", 2],
        ["Another", "platform", "ProductInteraction", 1],
        ["Murmur", "list", "PurchaseHistory", 1],
        ["Murmur", "watch", "OtherDataTypes", 1],
    ]
    named = taken("BrowsingHistory", source="sdk")  # a label does not say through which pipe
    assert "BrowsingHistory" not in undeclared(traces, named)["data_type"].tolist()


def test_nothing_recorded_leaves_nothing_to_name():
    nothing = undeclared(empty_table("traces"), declare_label(EVERY))
    assert nothing.empty
    assert list(nothing) == ["holder", "source", "data_type", "n_people"]
    everything = undeclared(make_traces([(0, 1)]), empty_table("declarations"))
    assert everything["n_people"].tolist() == [1]


PAIRS = st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from(sorted(KIND_TYPES)))


@given(
    st.lists(PAIRS, min_size=1),
    st.sets(st.sampled_from(sorted(set(KIND_TYPES.values())))),
    st.sampled_from(sorted(set(KIND_TYPES.values()))),
)
def test_a_longer_label_never_leaves_more_unnamed(rows, named, one_more):
    traces = make_traces([row[:2] for row in rows], kind=[row[2] for row in rows])
    before, after = (
        undeclared(traces, taken(*types) if types else empty_table("declarations"))
        for types in (named, named | {one_more})
    )
    assert set(after["data_type"]) == set(before["data_type"]) - {one_more}
    assert set(before["data_type"]) == set(traces["kind"].map(KIND_TYPES)) - named


def test_bad_input_is_refused():
    with pytest.raises(UnknownNameError, match=r"type of data 'Helth'.*Did you mean 'Health'\?"):
        taken("Helth")
    with pytest.raises(UnknownNameError, match=r"purpose of a label 'Ads' does not exist"):
        taken("Health", purposes=["Ads"])
    with pytest.raises(UnknownNameError, match=r"band 'linked' does not exist.*DATA_LINKED_TO"):
        taken("Health", band="linked")
    with pytest.raises(UnknownNameError, match=r"of 'friends' does not exist.*person, others"):
        taken("Health", of="friends")


def test_a_label_of_categories_is_the_same_label():
    label = declare_label([Platform("Murmur"), Pixel("Murmur", reach=0.5, waits=False)])
    words = label.select_dtypes(exclude=["number", "bool"]).columns
    found = privacy_label(label.astype(dict.fromkeys(words, "category")), holder="Murmur")
    pd.testing.assert_frame_equal(found, privacy_label(label, holder="Murmur"))
