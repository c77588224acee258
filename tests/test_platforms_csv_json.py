"""What TikTok, Snapchat and LinkedIn hand out arrives where it belongs, and no name with it."""

import csv
import json
import zipfile
from io import BytesIO, StringIO
from pathlib import Path

import pandas as pd
import pytest
from handmade import settings  # with the profile of the house
from hypothesis import given
from hypothesis import strategies as st

from ethics_lib.exports import read_export

EXAMPLES = Path(__file__).parent / "exports"
CATALOGUE = json.loads((EXAMPLES / "catalogue.json").read_text(encoding="utf-8"))["entries"]
OURS = ("tiktok", "snapchat", "linkedin")
FOLDERS = ("tiktok", "tiktok_legacy_2024", "snapchat", "linkedin")
TABLES = ("traces", "items", "ties", "beliefs", "advertisers", "consents", "files")
TIKTOK = json.loads((EXAMPLES / "tiktok" / "user_data_tiktok.json").read_text(encoding="utf-8"))

# By platform and a word of the entry: what has to arrive, in the shape that `arrived` gives it.
WANTED = {
    ("tiktok", "AdInterestCategories"): {
        ("interest", "Baby & Kids"),
        ("interest", "Fitness"),
        ("interest", "Beverages"),
    },
    ("tiktok", "OffTikTokActivityDataList"): {("event", "littleorbit-prams.example", "pixel")},
    ("tiktok", "inferredGender"): {("gender", "male")},
    ("tiktok", "VideoList"): {("view", "")},
    ("tiktok", "SearchList"): {
        ("search", "alcohol free mocktail"),
        ("search", "first trimester running"),
    },
    ("tiktok", "FansList"): {"follower", "following"},
    ("tiktok", "ChatHistory"): {("message", "by somebody else")},
    ("linkedin", "Inferences_about_you"): {
        ("career stage", "Likely to be early career"),
        ("likely to change jobs", "true"),
        ("gender", "Male"),
    },
    ("linkedin", "Ad_Targeting"): {
        ("age", "25 to 34"),
        ("gender", "Male"),
        ("interest", "Parenting"),
        ("interest", "Fitness"),
        ("interest", "Sustainability"),
        ("segment", "Job changer"),
        ("home", "Brightwater, United Kingdom"),
        ("job seniority", "Senior"),
        ("job title", "Research Assistant"),
        ("job title", "Data Analyst"),
        ("years of experience", "7"),
    },
    ("linkedin", "Connections"): {"connection"},
    ("snapchat", "Interest Categories"): {
        ("segment", "Fitness Enthusiasts"),
        ("segment", "New Parents"),
        ("segment", "Green Living"),
        ("interest", "Health & Wellness"),
        ("age", "25-34"),
    },
    ("snapchat", "Web Interactions"): {
        ("visit", "littleorbit-prams.example", "pixel"),
        ("visit", "Pocket Cycle Diary (demo app)", "sdk"),
        ("Zero Tide Drinks (demo)", "answered"),
    },
    ("snapchat", "ranking.json"): {("interest", "Running"), ("interest", "Babies")},
}


def packed(**files):
    """A zip of these files; ``__`` stands for a slash; what is no text is written as JSON."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, content in files.items():
            text = content if isinstance(content, (str, bytes)) else json.dumps(content)
            file.writestr(name.replace("__", "/").replace("_DOT_", "."), text)
    stream.seek(0)
    return stream


def tiktok(data):
    return read_export(packed(user_data_tiktok_DOT_json=data))


def table(*rows):
    """A table with commas."""
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def told(export, *columns):
    """The traces with the names of what they were done to, as tuples."""
    items = export.items["name"].astype(object)
    names = export.traces["item"].map(items).astype(object)
    full = export.traces.assign(name=names.where(names.notna(), "")).astype({"kind": str})
    return list(full[list(columns)].itertuples(index=False, name=None))


def arrived(export, origin):
    """What the tables hold of this origin."""
    if origin == "inferred":
        beliefs = export.beliefs[export.beliefs["origin"] == "inferred"]
        return set(beliefs[["trait", "value"]].itertuples(index=False, name=None))
    if origin == "relational":
        return set(export.ties["context"])
    if origin == "third_party_supplied":
        sent = {row for row in told(export, "kind", "name", "source") if row[2] != "platform"}
        reach = export.advertisers[["advertiser", "via"]]
        return sent | set(reach.itertuples(index=False, name=None))
    if origin == "observed":
        return {(k, n) for k, n, s in told(export, "kind", "name", "source") if s == "platform"}
    assert origin == "provided"
    writer = export.traces["from_person"].map(lambda p: "by somebody else" if p else "by me")
    return set(zip(export.traces["kind"], writer, strict=True))


def says(export):
    """All that an export would show, as one text in small letters."""
    tables = [getattr(export, name).to_csv() for name in TABLES]
    return "\n".join([repr(export), *tables]).lower()


def same(one, other):
    for name in set(TABLES) - {"files"}:
        left, right = getattr(one, name), getattr(other, name)
        if "time" in left:
            left, right = left.drop(columns="time"), right.drop(columns="time")
        pd.testing.assert_frame_equal(left, right)


@pytest.fixture(scope="module")
def read():
    return {folder: read_export(EXAMPLES / folder) for folder in FOLDERS}


@pytest.mark.parametrize(
    "entry",
    [entry for entry in CATALOGUE if entry["platform"] in OURS],
    ids=lambda entry: f"{entry['platform']} {entry['path']} {entry['items'][:40]}",
)
def test_every_entry_of_the_catalogue_arrives_with_its_origin(read, entry):
    where = entry["path"] + entry["items"]
    marks = [key for key in WANTED if key[0] == entry["platform"] and key[1] in where]
    assert len(marks) == 1, f"say in WANTED what has to arrive of {where}"
    assert WANTED[marks[0]] <= arrived(read[entry["platform"]], entry["origin"])


def test_nothing_is_wanted_that_the_catalogue_does_not_name():
    entries = [entry for entry in CATALOGUE if entry["platform"] in OURS]
    assert len(entries) == len(WANTED)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_example_is_detected_and_understood(read, folder):
    export = read[folder]
    assert export.platform.lower() == folder.split("_")[0]
    assert set(export.files["status"]) == {"read"}, export.files.to_string()
    assert export.files["odd"].sum() == 0, export.files.to_string()


@pytest.mark.parametrize("folder", FOLDERS)
def test_nobody_elses_name_comes_in(read, folder):
    export = read[folder]
    assert export.others >= 1
    shown = says(export)
    for secret in ("juno", "midwife", "tidepool", "saving this one", "example.org/"):
        assert secret not in shown
    assert "wren@" not in shown


# TikTok


def test_both_namings_of_tiktok_say_the_same(read):
    """The file of 2025 under the names of 2024."""
    old = {"Activity": TIKTOK["Your Activity"].copy(), "Ads and data": TIKTOK["Ads and data"]}
    for now, then in (
        ("Watch History", "Video Browsing History"),
        ("Searches", "Search History"),
        ("Follower", "Follower List"),
        ("Following", "Following List"),
    ):
        old["Activity"][then] = old["Activity"].pop(now)
    settings_of_app = TIKTOK["App Settings"]
    chats = TIKTOK["Direct Message"]["Direct Messages"]
    old |= {
        "App Settings": {
            "Settings": settings_of_app["Settings"],
            "Block": settings_of_app["Block List"],
        },
        "Comment": TIKTOK["Comment"],
        "Direct Messages": {"Chat History": chats},
        "Profile": {"Profile Information": TIKTOK["Profile"]["Profile Info"]},
        "Video": {"Videos": TIKTOK["Post"]["Posts"]},
    }
    then, now = tiktok(old), tiktok(TIKTOK)
    for name in ("ties", "beliefs", "consents"):
        left, right = (
            getattr(e, name).drop(columns=["b", "time"], errors="ignore") for e in (then, now)
        )
        key = list(left.columns)
        pd.testing.assert_frame_equal(
            left.sort_values(key, ignore_index=True), right.sort_values(key, ignore_index=True)
        )
    assert sorted(told(then, "kind", "name", "source")) == sorted(
        told(now, "kind", "name", "source")
    )
    assert then.others == now.others == 2

    example = read["tiktok_legacy_2024"]
    given_in_2024 = {"like", "login", "search", "view"}
    for kind in given_in_2024:
        ours = [row for row in told(example, "kind", "name", "time") if row[0] == kind]
        assert (
            ours == [r for r in told(read["tiktok"], "kind", "name", "time") if r[0] == kind] != []
        )


def test_the_older_name_of_the_file_is_known():
    same(read_export(packed(user_data_DOT_json=TIKTOK)), tiktok(TIKTOK))


def change(data, function):
    """A JSON value with each object of a list changed by the function."""
    if isinstance(data, dict):
        return {name: change(value, function) for name, value in data.items()}
    if isinstance(data, list):
        return [function(value) if isinstance(value, dict) else value for value in data]
    return data


def test_letters_of_names_do_not_matter():
    small = change(TIKTOK, lambda entry: {name.lower(): value for name, value in entry.items()})
    large = change(TIKTOK, lambda entry: {n[:1].upper() + n[1:]: v for n, v in entry.items()})
    assert small != TIKTOK != large
    same(tiktok(small), tiktok(TIKTOK))
    same(tiktok(large), tiktok(TIKTOK))


def without_lists(data):
    if isinstance(data, dict):
        return {name: without_lists(value) for name, value in data.items()}
    return None if isinstance(data, list) else data


def test_null_is_an_empty_list():
    export = tiktok(without_lists(TIKTOK) | {"Fundraiser": {"FundraiserList": None}})
    assert export.files["odd"].sum() == 0, export.files.to_string()
    assert set(export.files["status"]) == {"read"}
    assert export.traces.empty
    assert not export.beliefs.empty


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("", []),
        ("N/A", []),
        ("Baby & Kids", ["Baby & Kids"]),
        ("Baby & Kids|Food, Drink", ["Baby & Kids", "Food, Drink"]),
        ("Chess; Trains", ["Chess", "Trains"]),
        ("Chess,Trains,", ["Chess", "Trains"]),
        ("Chess\nTrains, old", ["Chess", "Trains, old"]),
        (["Chess", "Trains"], ["Chess", "Trains"]),
    ],
)
def test_interests_are_told_apart_by_whatever_separates_them(words, parts):
    export = tiktok({"Ads and data": {"Ad Interests": {"AdInterestCategories": words}}})
    assert list(export.beliefs["value"]) == parts
    assert (export.beliefs["origin"] == "inferred").all()


def off_tiktok(*events):
    sent = [dict(zip(("Source", "Event", "TimeStamp"), event, strict=False)) for event in events]
    data = {"Ads and data": {"Off TikTok Activity": {"OffTikTokActivityDataList": sent}}}
    return tiktok(data)


def test_what_other_firms_sent_says_how():
    time = "2026-01-12 20:19:00"
    export = off_tiktok(
        ("https://www.oar.example/boats?me=1", "ViewContent", time),
        ("oar.example", "CompletePayment", time),
        ("Pocket Oar", "AddToCart", time),
        ("Oar & Sons", "Customer file upload", time),
    )
    assert told(export, "kind", "name", "source") == [
        ("visit", "oar.example", "pixel"),
        ("purchase", "oar.example", "pixel"),
        ("event", "Pocket Oar", "sdk"),
        ("event", "Oar & Sons", "list"),
    ]
    assert export.advertisers[["advertiser", "via"]].values.tolist() == [["Oar & Sons", "list"]]
    assert (export.traces["purpose"] == "advertising").all()


def test_what_was_told_and_what_was_guessed_stand_apart(read):
    beliefs = read["tiktok"].beliefs.groupby("origin")["trait"].agg(list).to_dict()
    assert sorted(beliefs["declared"]) == ["birth date", "e-mail", "interest", "interest"]
    assert sorted(beliefs["inferred"]) == ["gender", "interest", "interest", "interest"]
    assert "w...@example.org" in set(read["tiktok"].beliefs["value"])


def test_choices_are_choices(read):
    chosen = read["tiktok"].consents.set_index("purpose")["granted"]
    assert chosen.to_dict() == {
        "personalised_adverts": True,
        "private_account": True,
        "suggest_to_contacts": True,
    }
    off = {"Personalized Ads": "Off", "Private Account": "perhaps", "Interests": "On"}
    export = tiktok({"App Settings": {"Settings": {"SettingsMap": off}}})
    assert list(export.consents["granted"]) == [False]
    assert list(export.files["odd"]) == [1]
    assert export.beliefs.empty


def test_your_own_messages_are_yours():
    chat = [
        {"Date": "2026-01-11 21:06:00", "From": "wren-demo", "Content": "a secret"},
        {"date": "2026-01-11 21:07:00", "from": "oar-demo", "content": "a secret"},
    ]
    data = {
        "Direct Message": {
            "Direct Messages": {"ChatHistory": {"Chat History with oar-demo:": chat}}
        },
        "Profile": TIKTOK["Profile"],
    }
    export = tiktok(data)
    assert list(export.traces["from_person"]) == [0, 1]
    assert export.ties[["b", "context"]].values.tolist() == [[1, "chat"]]
    assert "oar" not in says(export)
    assert "secret" not in says(export)


@pytest.mark.parametrize(
    "chats",
    [
        {"Chat History with oar-demo:": ["oar-demo wrote"]},
        {"Chat History with oar-demo:": "oar-demo wrote"},
        {"Chat History with oar-demo:": {"oar-demo": {"oar-demo": 3}}},
        {"oar-demo": [{"Date": "2026-01-11 21:06:00"}]},
    ],
)
@pytest.mark.parametrize("section", ["Direct Messages", "Oar-Demo's Chats"])
def test_a_chat_of_no_known_shape_does_not_give_its_name_away(chats, section):
    export = tiktok(
        {
            "Direct Message": {section: {"ChatHistory": chats}},
            "Your Activity": TIKTOK["Your Activity"],
        }
    )
    assert export.files["odd"].sum() == 1
    assert "oar" not in says(export)


def test_an_archive_cut_short_in_a_chat_does_not_give_its_name_away():
    whole = json.dumps(TIKTOK)
    export = tiktok(whole[: whole.index("saving")])
    assert "no JSON" in " ".join(export.files["why"])
    assert "juno" not in says(export)


def test_a_section_that_nobody_knows_is_said_to_be_unknown():
    export = tiktok(TIKTOK | {"Dreams": {"Dream List": [{"of": "oars"}, {"of": "tea"}]}})
    unknown = export.files[export.files["status"] == "not understood"]
    assert list(unknown["file"]) == ["user_data_tiktok.json: a part that we do not know"]
    assert list(unknown["odd"]) == [2]


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(values, st.sampled_from([(a, b) for a in TIKTOK for b in TIKTOK[a]]))
def test_whatever_stands_in_a_section_the_others_are_read(value, place):
    top, section = place
    export = tiktok(TIKTOK | {top: TIKTOK[top] | {section: value}})
    assert "our reader of it stumbled" not in set(export.files["why"])
    assert len(export.files) >= 10


DATED = {"Date": "2026-01-11 21:00:00"}


@pytest.mark.parametrize(
    ("section", "data", "wanted"),
    [
        (
            "Ads Visit History",
            [{"CreateTime": DATED["Date"], "AdTitle": "x"}],
            ("advert click", ""),
        ),
        ("Favorite Videos", [DATED | {"Link": "x"}], ("like", "")),
        ("Reposts", [DATED | {"Link": "x"}], ("post", "")),
        ("Go Live History", [{"LiveStartTime": DATED["Date"], "RoomTitle": "x"}], ("post", "")),
        ("Purchase History", [DATED | {"Price": "1"}], ("purchase", "")),
        ("Purchases", [DATED | {"UserName": "oar-demo"}], ("purchase", "account 1")),
        ("Product Browsing History", [{"shop_name": "oar-demo"}], ("view", "account 1")),
        ("Shopping Cart List", [{"ShopName": "oar-demo"}], ("view", "account 1")),
        ("Searches", [DATED | {"SearchTerm": "@oar-demo"}], ("search", "account 1")),
        ("Hashtag", [{"HashtagName": "rowing"}], ("post", "#rowing")),
        ("Watch Live History", {"1234": {"WatchTime": DATED["Date"], "Link": "x"}}, ("view", "")),
        (
            "Watch Live History",
            {"1234": {"Comments": [{"CommentTime": DATED["Date"], "CommentContent": "x"}]}},
            ("post", ""),
        ),
        (
            "Usage Data From Third-Party Apps And Websites",
            [{"Source": "Oar", "Event": "x"}],
            ("event", "Oar"),
        ),
    ],
)
def test_sections_that_no_example_fills_are_read(section, data, wanted):
    export = tiktok({"Your Activity": {section: {"List": data}}})
    assert told(export, "kind", "name") == [wanted]
    assert export.files["odd"].sum() == 0
    assert "oar-demo" not in says(export)


def test_beliefs_and_ties_that_no_example_fills_are_read():
    partners = {"DataPartnerList": "Oar & Sons, Tea Ltd", "AdvertiserList": None}
    place = {"LocationData": DATED | {"GpsData": "51.5,-0.1", "LastRegion": "Brightwater"}}
    export = tiktok(
        {
            "Ads and data": {"Ads Based On Data Received From Partners": partners},
            "Your Activity": {"Most Recent Location Data": place},
            "App Settings": {"Block List": {"BlockList": [DATED | {"UserName": "oar-demo"}]}},
        }
    )
    assert list(export.advertisers["advertiser"]) == ["Oar & Sons", "Tea Ltd"]
    assert set(export.advertisers["via"]) == {"list"}
    assert export.beliefs[["value", "origin"]].values.tolist() == [["Brightwater", "observed"]]
    assert list(export.ties["context"]) == ["blocked"]
    assert "51.5" not in says(export)
    assert export.files["odd"].sum() == 0


# Snapchat


def snapchat(**files):
    empty = {"Statistics": {}}
    return read_export(packed(**{"json__ranking_DOT_json": empty} | files))


@pytest.mark.parametrize(
    ("value", "belief"),
    [
        ("25-34", ("age", "25-34")),
        ("AGE_21_TO_24", ("age", "21-24")),
        ("35+", ("age", "35+")),
        ("MALE", ("gender", "male")),
    ],
)
def test_a_demographic_is_an_age_or_a_gender(value, belief):
    profile = {"Demographics": {"Cohort Age": "", "Derived Ad Demographic": value}}
    export = snapchat(json__user_profile_DOT_json=profile)
    assert export.beliefs[["trait", "value"]].values.tolist() == [list(belief)]
    assert list(export.beliefs["origin"]) == ["inferred"]


def test_snapchats_two_layouts_of_chats_say_who_and_when():
    account = {"Basic Information": {"Username": "wren-demo", "Creation Date": "2016-02-01"}}
    then = {
        "Received Chat History": [{"From": "oar-demo", "Created": "2022-07-22 19:28:21 UTC"}],
        "Sent Chat History": [
            {"To": "oar-demo", "Created": "2022-07-22 19:29:21 UTC", "Text": "x"}
        ],
    }
    now = {
        "oar-demo": [
            {"From": "oar-demo", "IsSender": False, "Created": "2022-07-22 19:28:21 UTC"},
            {"From": "wren-demo", "IsSender": True, "Created": "2022-07-22 19:29:21 UTC"},
        ]
    }
    for chats in (then, now):
        for files in ({"json__account_DOT_json": account}, {}):
            export = snapchat(json__chat_history_DOT_json=chats, **files)
            assert list(export.traces["from_person"]) == [1, 0]
            assert export.traces["dated"].all()
            assert export.files["odd"].sum() == 0
            assert "oar" not in says(export)


def test_friends_are_ties_that_say_how():
    one = [{"Username": "oar-demo", "Display Name": "Oar"}]
    friends = {"Friends": one, "Blocked Users": [{"Username": "tea-demo"}], "Shortcuts": [{}]}
    export = snapchat(
        json__friends_DOT_json=friends, json__subscriptions_DOT_json={"Stories": ["x"]}
    )
    contexts = export.ties.set_index("b")["context"]
    assert contexts.to_dict() == {1: "friend", 2: "blocked", 3: "following"}
    assert "oar" not in says(export)


def test_where_somebody_lives_is_said_without_the_point():
    places = {
        "Frequent Locations": [{"City": "Brightwater", "Country": "GB", "Region": ""}],
        "Home & Work": {"Home": "51.5, -0.1", "Work": ""},
        "Location History": [{"Time": "2026/01/02 20:37:47 UTC", "Latitude, Longitude": "51.5"}],
        "Businesses and places you may have visited": {"b1": [{"Date": "x", "Name": "The Oar"}]},
    }
    export = snapchat(json__location_history_DOT_json=places)
    assert export.beliefs[["trait", "value"]].values.tolist() == [
        ["place", "Brightwater"],
        ["home", "a point on the map"],
        ["place", "The Oar"],
    ]
    assert "51.5" not in says(export)
    assert export.files["odd"].sum() == 0


def test_snapchats_pages_are_the_same_again_and_their_names_stay_out():
    export = snapchat(
        html__ranking_DOT_html="<html>",
        html__snap_history__subpage_oar_demo_DOT_html="<html>",
        json__search_history_DOT_json={"": [{"Search Term": "Oar Demo", "Date": "2026-01-02"}]},
        json__account_history_DOT_json={
            "Email Change": [{"Date": "2026-01-01", "Email Address": "wren@example.org"}],
            "Mobile Number Change": [{"Date": "2026-01-01", "Mobile Number": "+447700900456"}],
        },
    )
    assert set(export.files["status"]) == {"read", "skipped"}
    assert "oar" not in says(export)
    assert list(export.beliefs["value"]) == ["w...@example.org", "ends in 456"]
    assert list(export.items["kind"]) == ["account"]


# LinkedIn


def linkedin(**files):
    registered = table(["Registered At", "Registration Ip"], ["9/1/17, 12:00 PM", "203.0.113.77"])
    return read_export(packed(**{"Registration_DOT_csv": registered} | files))


NOTES = 'Notes:\n"When exporting, you may notice that some are missing."\n\n'


def test_notes_before_a_table_are_passed_over():
    rows = table(["Date", "Status", "FullName"], ["2026-01-02 10:00:00", "Active", "Oar Demo"])
    export = linkedin(Member_Follows_1234_DOT_csv=NOTES + rows)
    assert list(export.ties["context"]) == ["following"]
    assert export.files["odd"].sum() == 0
    assert "oar" not in says(export)
    assert "1234" not in says(export)


def test_names_of_columns_that_stand_twice_give_all_their_values(read):
    beliefs = read["linkedin"].beliefs
    titles = beliefs.loc[beliefs["trait"] == "job title", "value"]
    assert list(titles) == ["Research Assistant", "Data Analyst"]
    assert not beliefs["value"].astype(str).str.contains(";").any()
    assert (beliefs["value"] != "").all()


def test_other_people_of_linkedin_are_numbers_and_you_are_none():
    messages = table(
        ["CONVERSATION ID", "FROM", "TO", "DATE", "CONTENT"],
        ["1", "Oar Demo", "Wren Halloway", "2026-01-11 15:33:58 UTC", "a secret"],
        ["1", "Wren Halloway", "Oar Demo", "2026-01-11 15:34:58 UTC", "a secret"],
    )
    invitations = table(
        ["From", "To", "Sent At", "Message", "Direction"],
        ["Tea Demo", "Wren Halloway", "1/5/26, 9:00 AM", "", "INCOMING"],
        ["Wren Halloway", "Oar Demo", "1/5/26, 9:00 AM", "", "OUTGOING"],
    )
    profile = table(
        ["First Name", "Last Name", "Birth Date", "Headline", "Geo Location", "Industry"],
        ["Wren", "Halloway", "May 4", "a secret", "Brightwater", ""],
    )
    skills = table(
        ["Endorsement Date", "Skill Name", "Endorser First Name", "Endorser Last Name"],
        ["2026/01/07 12:01:00 UTC", "Rowing", "Oar", "Demo"],
    )
    export = linkedin(
        messages_DOT_csv=messages,
        Invitations_DOT_csv=invitations,
        Profile_DOT_csv=profile,
        Endorsement_Received_Info_DOT_csv=skills,
    )
    assert export.others == 2
    assert set(export.ties["context"]) == {"asks", "asked"}
    wrote = export.traces.set_index("kind")["from_person"]
    assert sorted(wrote["message"]) == [0, wrote["post"]]
    assert export.files["odd"].sum() == 0
    assert export.beliefs[["trait", "value", "origin"]].values.tolist() == [
        ["birth date", "May 4", "declared"],
        ["home", "Brightwater", "declared"],
    ]
    for secret in ("oar", "tea demo", "halloway", "secret"):
        assert secret not in says(export)


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("parental leave policy", "search"),
        ("Oar Demo", "account"),
        ("Émile van Oar", "search"),
        ("Émile Van Oar", "account"),
        ("Rowing", "search"),
    ],
)
def test_what_is_written_like_a_name_is_taken_for_one(query, kind):
    rows = table(["Time", "Search Query"], ["2026/01/07 12:01:00 UTC", query])
    assert list(linkedin(SearchQueries_DOT_csv=rows).items["kind"]) == [kind]


AT = "2026-01-07 12:01:00"


@pytest.mark.parametrize(
    ("file", "header", "row", "wanted"),
    [
        (
            "Hashtag_Follows_12",
            "HashTag,State,LastModifiedTime",
            f"#rowing,Follow,{AT}",
            ("like", "#rowing"),
        ),
        ("Comments_12", "Date,Link,Message", f"{AT},x,a secret", ("post", "")),
        ("Shares_12", "Date,ShareLink,ShareCommentary", f"{AT},x,a secret", ("post", "")),
        ("InstantReposts_12", "Date,Link", f"{AT},x", ("post", "")),
        (
            "Endorsement_Given_Info",
            "Endorsement Date,Endorsee First Name",
            f"{AT},Oar",
            ("post", "account 1"),
        ),
        (
            "Recommendations_Given",
            "First Name,Last Name,Text",
            "Oar,Demo,a secret",
            ("post", "account 1"),
        ),
        (
            "Recommendations_Received",
            "First Name,Last Name,Text",
            "Oar,Demo,a secret",
            ("post", ""),
        ),
        (
            "Learning",
            "Content Title,Content Last Watched Date (if viewed),",
            f"Rowing,{AT},",
            ("view", "Rowing"),
        ),
        (
            "Logins",
            "Login Date,IP Address",
            "Mon Jan 05 09:00:00 UTC 2026,203.0.113.9",
            ("login", ""),
        ),
        ("Security Challenges", "Challenge Date,Country", f"{AT},gb", ("login", "")),
        (
            "LAN Ads Engagement",
            "Action,Date,Ad Title/Id,Page/App",
            f"View,{AT},1,Tea",
            ("advert", "Tea"),
        ),
        (
            "LAN Ads Engagement",
            "Action,Date,Ad Title/Id,Page/App",
            f"Click,{AT},1,",
            ("advert click", ""),
        ),
        (
            "ImportedContacts",
            "FirstName,LastName,Emails,CreatedAt",
            f"Oar,Demo,x,{AT}",
            ("contact", ""),
        ),
    ],
)
def test_files_that_no_example_has_are_read(file, header, row, wanted):
    export = linkedin(**{f"{file}_DOT_csv": f"{header}\n{row}\n"})
    assert len(export.traces) == 2
    assert wanted in told(export, "kind", "name")
    assert export.files["odd"].sum() == 0
    shown = says(export)
    assert not any(secret in shown for secret in ("oar", "secret", "203.0"))


def test_a_contact_is_about_somebody_else():
    rows = "FirstName,LastName,Emails,CreatedAt\nOar,Demo,x,\n"
    contact = linkedin(Contacts_DOT_csv=rows).traces.set_index("kind").loc["contact"]
    assert (contact["person"], contact["from_person"], contact["source"]) == (1, 0, "contacts")


def test_a_page_tells_what_you_said():
    export = linkedin(
        Positions_DOT_csv="Company Name,Title,Description\nTea Ltd,Taster,a secret\n",
        Education_DOT_csv="School Name,Degree Name\nSchool of Tea,\n",
        Skills_DOT_csv="Name\nTea\n",
        Causes_You_Care_About_DOT_csv="Supported Cause\nTea for all\n",
        Email_Addresses_DOT_csv="Email Address,Confirmed\nwren@example.org,Yes\n",
        PhoneNumbers_DOT_csv="Extension,Number,Type\n,+447700900456,\n",
    )
    said = dict(export.beliefs[["trait", "value"]].itertuples(index=False, name=None))
    assert said == {
        "company": "Tea Ltd",
        "job title": "Taster",
        "school": "School of Tea",
        "skill": "Tea",
        "interest": "Tea for all",
        "e-mail": "w...@example.org",
        "phone": "ends in 456",
    }
    assert set(export.beliefs["origin"]) == {"declared"}


def test_a_table_with_other_columns_is_odd_and_says_nothing():
    rows = table(["Prénom", "Nom"], ["Oar", "Demo"])
    export = linkedin(Connections_DOT_csv=rows, Ad_Targeting_DOT_csv=rows)
    unknown = export.files[export.files["status"] == "not understood"]
    assert list(unknown["file"]) == ["ad_targeting.csv", "connections.csv"]
    assert unknown["why"].str.contains("has a shape that we know").all()
    assert "oar" not in says(export)


def test_what_stays_closed_is_said_to():
    export = linkedin(
        Rich_Media_DOT_csv="Date/Time\nx", Jobs__Job_Applications_DOT_csv="x", Votes_12_DOT_csv="x"
    )
    skipped = export.files[export.files["status"] == "skipped"]
    assert len(skipped) == 3
    assert (skipped["why"] != "").all()


# ---------------------------------------- shapes of real archives, as public parsers describe them


def test_tables_of_linkedin_are_no_wall_of_not_understood():
    names = (
        "Inferred Credibility Scores|Verifications|Private_identity_asset|Notes|Patents|Groups|"
        "Organizations|Test Scores|Saved Jobs|Job Seeker Preferences|SavedJobAlerts|Rich_Media|"
        "Saved_Items_1|Votes|coach_messages|guide_messages|Creator Profiles|Receipts_v2|Projects"
    ).split("|")
    files = {f"{name}.csv": table(["Name"], ["Juno"]) for name in names}
    files |= {"Connections.csv": (EXAMPLES / "linkedin" / "Connections.csv").read_text("utf-8")}
    export = read_export(packed(**{name.replace(".", "_DOT_"): f for name, f in files.items()}))
    assert export.files["status"].value_counts().to_dict() == {"skipped": len(names), "read": 1}
    assert "juno" not in says(export)


def test_snapchats_stories_and_payments_are_told_by_their_time():
    # the second has a section without a name, in the one archive that a public parser describes
    paid = {"Purchase Date": "2026-01-02 03:04:05 UTC", "Purchase Type": "Juno", "Price": 3.99}
    seen = {"Story Date": "2026-01-03 03:04:05 UTC", "Story Views": 12, "Story Replies": 1}
    export = read_export(
        packed(
            json__story_history_DOT_json={
                "Your Story Views": [seen],
                "Friend and Public Story Views": [],
            },
            json__snapchat_plus_DOT_json={"": [paid]},
            json__snapchat_ai_DOT_json={"My AI Content": [{"Content": "Juno"}]},
            json__user_profile_DOT_json={"Interest Categories": ["Trains"]},
        )
    )
    assert set(told(export, "kind", "name")) == {("purchase", ""), ("post", "")}
    assert export.traces["dated"].all() and export.files["odd"].sum() == 0
    assert (export.files["status"] == "not understood").sum() == 0
    assert "juno" not in says(export)


def test_a_channel_of_snapchat_may_be_one_person():
    channel = {"Channel Name": "Juno Tidepool", "Total Time Viewed": "2"}
    export = read_export(
        packed(
            json__user_profile_DOT_json={"Discover Channels Viewed": [channel]},
            json__subscriptions_DOT_json={"Publishers": ["Juno Tidepool"]},
        )
    )
    assert told(export, "kind", "name") == [("view", "account 1")]
    assert export.ties[["b", "context"]].to_numpy().tolist() == [[1, "following"]]
    assert "juno" not in says(export)


def test_tiktoks_wallet_and_a_search_that_calls_somebody():
    export = tiktok(
        {
            "Your Activity": {
                "Searches": {
                    "SearchList": [{"Date": "2026-01-02 03:04:05", "SearchTerm": "tea by @juno.t"}]
                }
            },
            "Income+ Wallet": {
                "Transaction History": {"TransactionsList": [{"Date": "2026-01-02 03:04:05"}]},
                "Coin Purchase History": {"CoinPurchaseHistoryList": None},
            },
            "TikTok Shop": {"Order History": {"OrderHistories": None}},
            "Profile And Settings": {"Profile Info": {"ProfileMap": {"lemon8Link": ""}}},
        }
    )
    assert told(export, "kind", "name") == [("search", "account 1"), ("purchase", "")]
    assert (export.files["status"] == "read").all() and export.files["odd"].sum() == 0
    assert "juno" not in says(export)
