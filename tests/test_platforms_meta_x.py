"""Instagram, Facebook and X: what each file of the catalogue says arrives where it belongs."""

import json
import re
import shutil
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethics_lib.archives import ArchiveError
from ethics_lib.entries import host, read_json
from ethics_lib.exports import read_export
from ethics_lib.layouts import Row
from ethics_lib.platforms import facebook, instagram, x

EXPORTS = Path(__file__).parent / "exports"
CATALOGUE = json.loads((EXPORTS / "catalogue.json").read_text(encoding="utf-8"))["entries"]
LAYOUTS = {"instagram": instagram.LAYOUT, "facebook": facebook.LAYOUT, "x": x.LAYOUT}
EXAMPLES = {
    "instagram": "Instagram",
    "instagram_label_values_variant": "Instagram",
    "facebook": "Facebook",
    "facebook_legacy": "Facebook",
    "x": "X",
}
P13N = "data/personalization.js"


@cache
def example(name):
    return read_export(EXPORTS / name)


def as_script(name, part, entries):
    return f"window.YTD.{name}.part{part} = {json.dumps(entries)}"


def unpacked(folder, files):
    """A folder with these files: JSON as Meta writes it, or a text as it is."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return folder


def read(folder, platform, files):
    return read_export(unpacked(folder, files), platform=platform)


def did(export):
    """Each trace as a tuple; an account by its number, and a time of none as None."""
    named = export.traces.join(export.items.rename(columns={"kind": "thing"}), on="item")
    times = named["time"].astype("int64").where(named["dated"])
    cells = named.assign(time=times)[["kind", "thing", "name", "time", "source"]].astype(object)
    return [tuple(row) for row in cells.where(cells.notna(), None).to_numpy()]


def believed(export):
    return list(map(tuple, export.beliefs[["trait", "value", "origin"]].to_numpy()))


def reached(export):
    return set(map(tuple, export.advertisers[["advertiser", "via"]].to_numpy()))


def said(export):
    return dict(export.consents[["purpose", "granted"]].to_numpy())


def odd(export):
    return export.files.set_index("file")["odd"].loc[lambda n: n > 0].to_dict()


# --------------------------------------------------------------------------- all of each example


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_example_is_its_platforms_and_is_read_with_nothing_odd(name):
    export = example(name)
    assert export.platform == EXAMPLES[name]
    files = export.files
    assert set(files["status"]) == {"read"} and files["odd"].sum() == 0
    assert (files["why"] == "").all() and (files["rows"] > 0).all()
    assert files["files"].sum() == sum(path.is_file() for path in (EXPORTS / name).rglob("*"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_other_person_and_no_address_gets_into_a_table(name):
    export = example(name)
    tables = [value for value in vars(export).values() if hasattr(value, "to_csv")]
    assert len(tables) == 7
    shown = " ".join(table.to_csv() for table in tables) + repr(export)
    for others in ("Juno", "juno", "Zoë", "Ada Pl", "07700", "midwife", "000002", "wren@"):
        assert others not in shown
    for texts in ("hangovers", "So happy", "day 9", "Day 9", "Sea &", "folds with one"):
        assert texts not in shown


# --------------------------------------------------------------------- every line of the catalogue

ORIGINS = {
    "provided": {"belief declared", "choice", "trace platform"},
    "observed": {"trace platform", "belief observed"},
    "inferred": {"belief inferred", "tie people you may know"},
    "third_party_supplied": {"belief tracked", "advertiser", "trace pixel", "trace sdk"},
    "relational": {"trace contacts", "tie"},
    "meta": {"made"},
}


def believes(*pairs):
    return lambda e: look_up(pairs, {(t, v): f"belief {origin}" for t, v, origin in believed(e)})


def traces(*wanted):
    return lambda e: look_up(wanted, {trace[:4]: f"trace {trace[4]}" for trace in did(e)})


def reaches(*pairs):
    return lambda e: look_up(pairs, dict.fromkeys(reached(e), "advertiser"))


def chosen(**wanted):
    return lambda e: look_up(wanted.items(), dict.fromkeys(said(e).items(), "choice"))


def tied(context, people):
    way = f"tie {context}" if context == "people you may know" else "tie"
    return lambda e: [way] if (e.ties["context"] == context).sum() == people else ["missing"]


def made(time):
    return lambda e: ["made"] if str(e.made) == time else ["missing"]


def look_up(wanted, found):
    """In what way each has arrived."""
    return [found.get(one, f"missing: {one}") for one in wanted]


def interests(*names):
    return believes(*(("interest", name) for name in names))


PRAMS, BOOKS, ZERO = (
    f"{n} (demo)" for n in ("Little Orbit Prams", "Harbour Books", "Zero Tide Drinks")
)
SITE = "littleorbit-prams.example"
SHOWN = ("advert", "advertiser", "littleorbit-prams-demo", 1768417331)

# By platform, the end of the path and the beginning of the items, where a file has several.
WANTED = {
    ("instagram", "ads_viewed.json", ""): traces(
        SHOWN, ("advert", "advertiser", "café-lantern-demo", 1768465862)
    ),
    ("instagram", "ads_clicked.json", ""): traces(
        ("advert click", "advertiser", "zerotide-drinks-demo", 1768417492)
    ),
    ("instagram", "posts_viewed.json", ""): traces(("view", "account", "account 1", 1768463880)),
    ("instagram", "videos_watched.json", ""): traces(("view", "account", "account 2", 1768511433)),
    ("instagram", "advertisers_using_your_activity_or_information.json", ""): reaches(
        (PRAMS, "pixel"), (ZERO, "list"), (ZERO, "pixel"), (BOOKS, "list"), (BOOKS, "store visit")
    ),
    ("instagram", "other_categories_used_to_reach_you.json", ""): believes(
        ("segment", "People who prefer mid- and high-value goods in the UK"),
        ("segment", "Close friends of people with birthdays in 7-30 days"),
        ("segment", "Wi-Fi users"),
    ),
    ("instagram", "ad_preferences.json", ""): chosen(
        **{"advert:Alcohol": False, "advertiser:Brindle Brewery (demo)": False}
    ),
    ("instagram", "information_you've_submitted_to_advertisers.json", ""): traces(
        ("event", "topic", "gave an advertiser: Email", None),
        ("event", "topic", "gave an advertiser: Full name", None),
    ),
    ("instagram", "subscription_for_no_ads.json", ""): chosen(no_adverts_for_money=False),
    ("instagram", "your_activity_off_meta_technologies.json", ""): traces(
        ("visit", "site", SITE, 1768248900),
        ("event", "site", SITE, 1768249140),
        ("visit", "app", "Pocket Cycle Diary (demo app)", 1768113600),
    ),
    ("instagram", "recommended_topics.json (older: your_topics.json)", ""): interests(
        "Running", "Non-alcoholic drinks", "Baby & toddler gear", "Cafés"
    ),
    ("instagram", "profile_based_in.json", ""): believes(
        ("home", "Brightwater (invented), United Kingdom")
    ),
    ("instagram", "possible_phone_numbers.json | possible_emails.json", ""): believes(
        ("phone", "ends in 456"), ("e-mail", "o...@example.org")
    ),
    ("instagram", "locations_of_interest.json", ""): believes(
        ("place", "Brightwater"), ("place", "Port Ellery")
    ),
    ("instagram", "followers_1.json", ""): tied("follower", 2),
    ("instagram", "following.json", ""): tied("following", 3),
    ("instagram", "close_friends.json", ""): tied("close friend", 1),
    ("instagram", "synced_contacts.json", ""): traces(("contact", None, None, 1761998400)),
    ("instagram", "word_or_phrase_searches.json", ""): traces(
        ("search", "search", "dry january", 1767265200),
        ("search", "search", "pram comparison", 1768248600),
    ),
    ("instagram", "link_history.json", ""): traces(("visit", "site", SITE, 1768248870)),
    ("instagram", "liked_posts.json", ""): traces(
        ("like", "account", "account 1", 1767943200), ("like", "account", "account 2", 1768341660)
    ),
    ("instagram", "messages/inbox/*/message_N.json", ""): traces(
        ("message", None, None, 1768075200)
    ),
    ("facebook", "ads_interests.json", ""): interests(
        "Running", "Pregnancy", "Café", "Community choir", "Credit unions"
    ),
    ("facebook", "other_categories_used_to_reach_you.json", ""): believes(
        ("segment", "Frequent travellers"),
        ("segment", "Engaged shoppers"),
        ("segment", "Away from family"),
    ),
    ("facebook", "advertisers_using_your_activity_or_information.json", ""): reaches(
        (BOOKS, "list"), (PRAMS, "pixel")
    ),
    ("facebook", "advertisers_you've_interacted_with.json", ""): traces(
        ("advert click", "advertiser", "Zero Tide Drinks \u2013 0.0% sampler", 1767549600)
    ),
    ("facebook", "your_activity_off_meta_technologies.json", ""): traces(
        ("event", "site", SITE, 1768249140),
        ("purchase", "site", "night-pharmacy.example", 1767693600),
    ),
    ("facebook", "primary_location.json | primary_public_location.json", ""): believes(
        ("home", "ZZ9 9ZZ"), ("home", "Brightwater, Invented, United Kingdom")
    ),
    ("facebook", "your_inferred_language_preferences_for_videos.json", ""): believes(
        ("language", "English"), ("language", "Welsh")
    ),
    ("facebook", "your_friends.json", ""): tied("friend", 2),
    ("facebook", "people_you_may_know.json", ""): tied("people you may know", 1),
    ("facebook", "friend_peer_group.json (legacy)", ""): believes(
        ("life stage", "Starting Adult Life")
    ),
    ("x", P13N, "[0].p13nData.interests.interests"): interests(
        "Running", "Parenting", "Craft beer", "UK politics"
    ),
    ("x", P13N, "[0].p13nData.demographics"): believes(
        ("language", "English"), ("language", "Welsh"), ("gender", "male")
    ),
    ("x", P13N, "[0].p13nData.inferredAgeInfo"): believes(("age", "35-49")),
    ("x", P13N, "[0].p13nData.interests.audienceAndAdvertisers"): reaches(
        ("@Harbour-Books-Demo", "list"),
        ("@Little-Orbit-Demo", "lookalike"),
        ("@Brightwater-Bank-Demo", "lookalike"),
        ("@Brindle-Brewery-Demo", "kept away"),
        ("@Hall & Lamb", "catalogue"),
    ),
    ("x", P13N, "[0].p13nData.interests.partnerInterests"): interests("Home & garden", "Chess"),
    ("x", P13N, "[0].p13nData.interests.shows"): believes(
        ("show", "The Lighthouse Hour (invented)")
    ),
    ("x", P13N, "[0].p13nData.locationHistory"): believes(
        ("place", "Port Ellery"), ("place", "Brightwater, Invented")
    ),
    ("x", "ageinfo.js", ""): believes(("age", "28"), ("birth date", "1997-05-04")),
    ("x", "ad-impressions.js", ""): reaches(
        ("@Little-Orbit-Demo", "lookalike"), ("@Little-Orbit-Demo", "belief")
    ),
    ("x", "ad-engagements.js", ""): traces(
        ("advert click", "advertiser", "@Little-Orbit-Demo", 1768340431)
    ),
    ("x", "follower.js | following.js", ""): tied("following", 2),
    ("x", "like.js", ""): traces(("like", None, None, None)),
    ("x", "tweets.js", ""): traces(("post", None, None, 1767943800)),
    ("x", "manifest.js", ""): made("2026-01-20 09:00:00"),
}
HERE = [entry for entry in CATALOGUE if entry["platform"] in LAYOUTS]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """The examples, with an entry where they have an empty list, or no file."""
    folder = tmp_path_factory.mktemp("filled")
    for name in ("instagram", "facebook", "facebook_legacy", "x"):
        shutil.copytree(EXPORTS / name, folder / name)
    shutil.copytree(folder / "facebook_legacy/about_you", folder / "facebook/about_you")
    about = folder / "instagram/personal_information/information_about_you"
    phones = json.loads((about / "possible_phone_numbers.json").read_text("utf-8"))
    row = phones.pop("inferred_data_inferred_phone_numbers")
    row[0]["string_list_data"][0]["value"] = "other@example.org"
    unpacked(about, {"possible_emails.json": {"inferred_data_inferred_emails": row}})
    head, _, body = (folder / "x" / P13N).read_text("utf-8").partition(" = ")
    entries = json.loads(body)
    data = entries[0]["p13nData"]
    data["interests"]["partnerInterests"] = ["Home &amp; garden", {"name": "Chess"}]
    data["interests"]["audienceAndAdvertisers"]["catalogAudienceAdvertisers"] = ["@Hall &amp; Lamb"]
    data["locationHistory"] = ["Port Ellery", {"city": "Brightwater", "region": "Invented"}]
    unpacked(folder / "x", {P13N: f"{head} = {json.dumps(entries)}"})
    return {name: read_export(folder / name) for name in LAYOUTS}


def keys_of(entry):
    return [
        key
        for key in WANTED
        if entry["platform"] == key[0]
        if f"/{entry['path']}".endswith(f"/{key[1]}") and entry["items"].startswith(key[2])
    ]


@pytest.mark.parametrize("entry", HERE, ids=lambda e: f"{e['platform']} {e['path']} {e['items']}")
def test_every_line_of_the_catalogue_arrives_with_its_origin(entry, filled):
    (key,) = keys_of(entry)
    ways = WANTED[key](filled[entry["platform"]])
    assert ways and set(ways) <= ORIGINS[entry["origin"]]


def test_nothing_is_wanted_that_the_catalogue_does_not_have():
    assert sorted(key for entry in HERE for key in keys_of(entry)) == sorted(WANTED)
    assert len(HERE) == len(WANTED) == 46


@pytest.mark.parametrize("entry", HERE, ids=lambda e: f"{e['platform']} {e['path']}")
def test_every_file_name_of_the_catalogue_is_known(entry):
    words = entry["path"].replace("*", "ada_1").replace("_N", "_1") + " " + entry.get("quirk", "")
    names = re.findall(r"[\w/'-]+\.jso?n?\b", words)
    layout = LAYOUTS[entry["platform"]]
    assert names and all(layout.find(name) for name in names)


# ------------------------------------------------------------------------------ the layouts' lists


def named_by(pattern):
    return "some/where/" + pattern.replace("**", "a/b.json").replace("*", "a")


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_no_pattern_stands_in_the_way_of_another(layout):
    for pattern in layout.parts:
        assert layout.find(named_by(pattern))[0] == pattern
    for pattern, why in layout.why_not.items():
        assert layout.find(named_by(pattern)) is None
        assert why and layout.skips(named_by(pattern))


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_file_is_a_sign_of_two_platforms(name):
    files = [p.relative_to(EXPORTS / name).as_posix() for p in (EXPORTS / name).rglob("*.js*")]
    signs = {layout.platform: layout.count_signs(files) for layout in LAYOUTS.values()}
    assert [platform for platform, count in signs.items() if count] == [EXAMPLES[name]]


NAMES = st.sampled_from(
    "title name value label vec dict label_values timestamp string_list_data string_map_data Name "
    "Time events entries children data ad adsUserData adImpressions impressions p13nData interests "
    "demographics languages inferredAgeInfo age tweet like follower dmConversation messages".split()
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(NAMES, child, max_size=4),
    max_leaves=12,
)


@given(entries=st.lists(st.tuples(st.lists(NAMES, max_size=3).map(tuple), JSON), max_size=4))
def test_no_reader_stumbles_over_any_shape(entries):
    for layout in LAYOUTS.values():
        for part in layout.parts.values():
            for row in part.read(iter(entries)):
                assert row is None or isinstance(row, Row)


# ---------------------------------------------------------------- both generations of Meta


def old(time=1768417331, **cells):
    named = {name.replace("_", " "): {"value": value} for name, value in cells.items()}
    return {"string_map_data": named | {"Time": {"timestamp": time}}}


def lists(value, time=1768417331, title=""):
    return {"title": title, "string_list_data": [{"value": value, "timestamp": time}]}


def new(time=1768417331, **cells):
    rows = [{"label": name.replace("_", " "), "value": value} for name, value in cells.items()]
    owner = {"title": "Owner", "dict": [{"title": "", "dict": rows}]}
    return {"timestamp": time, "media": [], "label_values": [owner], "fbid": "1"}


def titled(title, time=1768417331):
    return {"title": title, "string_list_data": [{"timestamp": time}]}


AD, TOPICS = "ads_information/ads_and_topics", "preferences/your_topics"
GENERATIONS = {
    f"{AD}/ads_viewed.json": (("seen", old(Author="tea-demo")), new(Username="tea-demo")),
    f"{AD}/ads_clicked.json": (
        ("clicked", titled("tea-demo")),
        new(Name="Tea", Username="tea-demo"),
    ),
    f"{AD}/posts_viewed.json": (("seen", old(Author="tea-demo")), new(Username="tea-demo")),
    f"{AD}/videos_watched.json": (("seen", old(Author="tea-demo")), new(Username="tea-demo")),
    "likes/liked_posts.json": (("likes", titled("tea-demo")), new(Username="tea-demo")),
    "likes/liked_comments.json": (("likes", titled("tea-demo")), new(Username="tea-demo")),
    "comments/post_comments_1.json": (
        ("c", old(Media_Owner="tea-demo")),
        new(Media_Owner="tea-demo"),
    ),
    "c/followers_1.json": (("relationships_followers", lists("ada")), new(Username="ada")),
    "c/followers.json": (("relationships_followers", lists("ada")), new(Username="ada")),
    "c/following.json": (("relationships_following", titled("ada")), new(Username="ada")),
    "c/close_friends.json": (("relationships_close_friends", lists("ada")), new(Username="ada")),
    "c/blocked_profiles.json": (
        ("relationships_blocked_users", titled("ada")),
        new(Username="ada"),
    ),
    "c/synced_contacts.json": (
        ("contacts_contact_info", old(Contact_Information="07700 900123")),
        new(Contact_Information="07700 900123"),
    ),
    "s/word_or_phrase_searches.json": (
        ("searches_keyword", old(Search="chess")),
        new(Search="chess"),
    ),
    "s/profile_searches.json": (("searches_user", titled("ada")), new(Username="ada")),
    "s/account_searches.json": (("searches_user", old(Search="ada")), new(Search="ada")),
    f"{TOPICS}/your_topics.json": (("topics_your_topics", old(Name="Chess")), new(Name="Chess")),
    f"{TOPICS}/recommended_topics.json": (("topics", old(Name="Chess")), new(Name="Chess")),
    "i/profile_based_in.json": (("inferred", old(City_Name="Ellery")), new(City_Name="Ellery")),
    "i/account_based_in.json": (("inferred", old(City_Name="Ellery")), new(City_Name="Ellery")),
    "i/possible_emails.json": (("inferred", lists("o@example.org")), new(Email="o@example.org")),
    "l/login_activity.json": (("logins", old(IP_Address="192.0.2.1")), new(IP_address="192.0.2.1")),
    "p/personal_information.json": (
        ("profile_user", old(Username="oar", Gender="other", Private_Account="False")),
        new(Username="oar", Gender="other", Private_Account="False"),
    ),
}


@pytest.mark.parametrize("name", GENERATIONS)
def test_both_generations_say_the_same_in_a_list_or_alone(name, tmp_path):
    (root, before), after = GENERATIONS[name]
    forms = {"old": {root: [before]}, "new": [after], "alone": after}
    exports = {
        form: read(tmp_path / form, "instagram", {name: content}) for form, content in forms.items()
    }
    told = {
        form: (did(e), believed(e), said(e), list(e.ties["context"]), e.others, odd(e))
        for form, e in exports.items()
    }
    assert told["old"] == told["new"] == told["alone"]
    assert any(map(len, told["old"][:4])) and told["old"][-1] == {}


def test_a_like_without_a_name_is_odd_and_no_like_of_its_emoji(tmp_path):
    files = {
        "likes/liked_posts.json": {"likes_media_likes": [lists("\U0001f44d"), titled("tea-demo")]}
    }
    export = read(tmp_path, "instagram", files)
    assert len(export.traces) == 1 and odd(export) == {"liked_posts.json": 1}


def firm(name, *events):
    rows = [
        {
            "dict": [
                {"label": "Event", "value": kind},
                {"label": "Received on", "timestamp_value": time},
            ]
        }
        for kind, time in events
    ]
    return {
        "title": name,
        "media": [],
        "label_values": [{"label": "Events", "vec": rows}],
        "fbid": "1",
    }


@pytest.mark.parametrize("platform", ["instagram", "facebook"])
def test_what_firms_sent_is_read_in_a_list_and_as_a_file_a_firm(platform, tmp_path):
    name = "your_activity_off_meta_technologies"
    site, app = (
        firm("tea.example", ("PAGE_VIEW", 1768248900)),
        firm("Tea Timer", ("PURCHASE", 1768249000)),
    )
    want = [
        ("visit", "site", "tea.example", 1768248900, "pixel"),
        ("purchase", "app", "Tea Timer", 1768249000, "sdk"),
    ]
    whole = read(tmp_path / "a", platform, {f"o/{name}.json": [site, app]})
    apart = read(tmp_path / "b", platform, {f"o/{name}/0.json": site, f"o/{name}/1.json": app})
    assert did(whole) == did(apart) == want
    assert apart.files["files"].tolist() == [2] and odd(apart) == odd(whole) == {}


@pytest.mark.parametrize("platform", ["instagram", "facebook"])
def test_letters_are_mended_in_values_and_in_names(platform, tmp_path):
    layout = LAYOUTS[platform]
    raw = b'{"caf\\u00c3\\u00a9": [{"Zo\\u00c3\\u00ab": "th\\u00c3\\u00a9"}]}'
    assert list(read_json(BytesIO(raw), mending=layout.mending)) == [(("café",), {"Zoë": "thé"})]
    files = {"your_topics.json": {"l\u00c3\u00a0": ["Caf\u00c3\u00a9", "\u2615 as it is"]}}
    if platform == "facebook":
        assert [v for _, v, _ in believed(read(tmp_path, platform, files))] == [
            "Café",
            "\u2615 as it is",
        ]


@pytest.mark.parametrize(
    "entry",
    [
        {"string_map_data": {"Auteur": {"value": "tea"}, "Tijd": {"timestamp": 1768417331}}},
        new(Gebruikersnaam="tea", Naam="Tea"),
    ],
)
def test_labels_of_another_language_are_told_with_what_to_do(entry, tmp_path):
    ads = {f"{AD}/ads_viewed.json": {"impressions_history_ads_seen": [entry, entry]}}
    known_too = {f"{TOPICS}/recommended_topics.json": {"topics": [old(Name="Chess")]}}
    files = read(tmp_path, "instagram", ads | known_too).files.set_index("file")
    assert files.loc["ads_viewed.json", ["status", "rows", "odd"]].tolist() == [
        "not understood",
        0,
        2,
    ]
    assert "English" in files.loc["ads_viewed.json", "why"]
    assert files.loc["recommended_topics.json", "status"] == "read"
    with pytest.raises(ArchiveError, match="English"):
        read(tmp_path / "alone", "instagram", ads)


MECHANISMS = {
    "Advertisers using a list uploaded by them or a partner": "list",
    "A list that was used by the advertiser": "list",
    "Advertisers using your activity on their website or app": "pixel",
    "People who used an app": "pixel",
    "Advertisers whose store you may have been in": "store visit",
    "Visited the advertiser": "store visit",
    "Activity that was sent": "pixel",
    "Happened to listen to the workshop": None,
    "Your activity in a store, on a website or in an app": None,
    "Adverteerders met jouw gegevens": None,
}


@pytest.mark.parametrize("platform", ["instagram", "facebook"])
@pytest.mark.parametrize("label", MECHANISMS)
def test_how_an_advertiser_comes_is_told_by_single_words_or_not_guessed(label, platform, tmp_path):
    name = "advertisers_using_your_activity_or_information.json"
    labels = {label: ["Tea", "Oar"], "A list uploaded": ["Sure"]}
    parts = [{"label": k, "vec": [{"value": v} for v in vs]} for k, vs in labels.items()]
    export = read(tmp_path, platform, {name: {"media": [], "label_values": parts, "fbid": "1"}})
    via = MECHANISMS[label]
    assert reached(export) == {("Sure", "list")} | ({("Tea", via), ("Oar", via)} if via else set())
    assert odd(export) == ({} if via else {name: 1})


def test_advert_choices_tell_an_objection_from_an_interest_and_from_an_explanation(tmp_path):
    def vec(label, value):
        return {"label": label, "vec": [{"value": value}]}

    parts = [
        vec("Removed categories", "Engaged shoppers"),
        vec("Ads interests", "Chess"),
        vec("Iets anders", "Tea"),
        {"label": "Is opted out of using interests to target ads", "value": "True"},
        {"label": "Usage", "value": "a sentence"},
    ]
    files = {"ads_information/ad_preferences.json": {"label_values": parts, "fbid": "1"}}
    export = read(tmp_path, "facebook", files)
    assert said(export) == {"advert:Engaged shoppers": False, "personalised_adverts": False}
    assert believed(export) == [("interest", "Chess", "inferred")]
    assert odd(export) == {"ad_preferences.json": 1}


@pytest.mark.parametrize(
    ("status", "want", "strange"),
    [("Active", True, 0), ("Inactive", False, 0), ("Actief", None, 1)],
)
def test_whether_somebody_pays_is_not_guessed_at(status, want, strange, tmp_path):
    part = {"label": "Your subscription status", "value": status}
    files = {"subscription_for_no_ads.json": {"label_values": [part]}, "your_topics.json": []}
    export = read(tmp_path, "facebook", files)
    assert said(export).get("no_adverts_for_money") is want
    assert export.files["odd"].sum() == strange


# -------------------------------------------------------------------------------------- Facebook


OLDER = {
    "ads/ads_interests.json": {"topics": ["Chess"]},
    "your_topics/your_topics.json": {"inferred_topics_v2": ["Tea"]},
    "ads/advertisers_who_uploaded_a_contact_list_with_your_information.json": {
        "custom_audiences": ["Oar"]
    },
    "o/your_off-facebook_activity.json": {
        "off_facebook_activity": [
            {"name": "tea.example", "events": [{"type": "SEARCH", "timestamp": 1768249140}]}
        ]
    },
    "ads/advertisers_you_ve_interacted_with.json": {
        "history": [{"title": "Tea", "action": "Clicked ad", "timestamp": 1768249140}]
    },
    "apps_and_websites/apps_and_websites.json": {
        "installed_apps": [{"name": "Quiz", "added_timestamp": 1768249140}]
    },
    "location/primary_location.json": {
        "primary_location_v2": {"city_region_pairs": [["Ellery", "Invented"]], "zipcode": ["ZZ1"]}
    },
    "about_you/your_address_books.json": {
        "address_book_v2": {
            "address_book": [
                {
                    "name": "Ada",
                    "details": [{"contact_point": "07700 900123"}],
                    "created_timestamp": 1768249140,
                }
            ]
        }
    },
}


def test_facebooks_older_files_are_read(tmp_path):
    export = read_export(unpacked(tmp_path, OLDER))
    assert export.platform == "Facebook" and odd(export) == {}
    assert set(export.files["status"]) == {"read"}
    assert believed(export) == [
        ("interest", "Chess", "inferred"),
        ("home", "Ellery, Invented", "inferred"),
        ("home", "ZZ1", "inferred"),
        ("interest", "Tea", "inferred"),
    ]
    assert reached(export) == {("Oar", "list")}
    assert {trace[:3] + trace[4:] for trace in did(export)} == {
        ("search", "site", "tea.example", "pixel"),
        ("advert click", "advertiser", "Tea", "platform"),
        ("connect", "app", "Quiz", "platform"),
        ("contact", None, None, "contacts"),
    }
    assert (export.traces["person"] > 0).sum() == 1  # whom the address book names


def test_a_newer_list_of_who_uploaded_is_read_as_the_older_flags_are(tmp_path):
    flags = {"has_data_file_custom_audience": True, "has_remarketing_custom_audience": False}
    files = {
        "advertisers_using_your_activity_or_information.json": {
            "custom_audiences_all_types_v2": [{"advertiser_name": "Oar"} | flags]
        },
        "advertisers_who_uploaded_a_contact_list_with_your_information.json": {
            "custom_audiences_v2": [{"advertiser": "Tea"}]
        },
    }
    assert reached(read(tmp_path, "facebook", files)) == {("Oar", "list"), ("Tea", "list")}


def test_a_search_on_facebook_may_be_for_a_person_and_in_its_market_it_is_not(tmp_path):
    search = {"searches_v2": [{"timestamp": 1768249140, "data": [{"text": "Ada Oar"}]}]}
    files = {
        "logged_information/search/your_search_history.json": search,
        "your_facebook_activity/facebook_marketplace/your_search_history.json": search,
    }
    export = read(tmp_path, "facebook", files)
    assert [trace[1:3] for trace in did(export)] == [
        ("account", "account 1"),
        ("search", "Ada Oar"),
    ]


def test_what_was_told_in_a_profile_keeps_no_partner_and_no_half_birthday(tmp_path):
    profile = {
        "name": {"full_name": "Wren Oar"},
        "birthday": {"year": 1997, "month": 0, "day": 4},
        "gender": {"gender_option": "FEMALE", "pronoun": "FEMALE"},
        "relationship": {"status": "Married", "partner": "Ada Oar"},
        "phone_numbers": [{"phone_number": "07700 900123"}],
        "family_members": [{"name": "Ada Oar", "relation": "Wife"}],
    }
    files = {"p/profile_information.json": {"profile_v2": profile}}
    export = read(tmp_path, "facebook", files)
    assert believed(export) == [
        ("relationship", "married", "declared"),
        ("phone", "ends in 123", "declared"),
        ("gender", "female", "declared"),
    ]
    assert list(export.ties["context"]) == ["family"]
    assert odd(export) == {}
    told = believed(example("facebook"))
    assert ("gender", "custom (neutral)", "declared") in told
    assert ("birth date", "1997-05-04", "declared") in told


def test_what_was_opened_is_read_through_all_groups(tmp_path):
    def entry(name):
        return {"timestamp": 1768249140, "data": {"name": name, "uri": "https://x.example"}}

    groups = [
        {"name": "Posts", "entries": [entry("Ada")]},
        {
            "name": "Watched",
            "children": [{"name": "Time", "entries": [entry("Oar"), entry("Tea")]}],
        },
        {"name": "Market", "entries": [{"data": {"value": "Jun 4, 2025"}}, {"data": {}}]},
    ]
    export = read(tmp_path, "facebook", {"i/recently_viewed.json": {"recently_viewed": groups}})
    assert [trace[:3] for trace in did(export)] == [
        ("view", "account", f"account {n}") for n in (1, 2, 3)
    ]
    assert odd(export) == {"recently_viewed.json": 1}


# --------------------------------------------------------------------------------------------- X


ME = {"userInfo": {"accountId": "7", "userName": "oar"}, "archiveInfo": {}}
MANIFEST = {"data/manifest.js": f"window.__THAR_CONFIG = {json.dumps(ME)}"}


def test_xs_parts_are_read_and_posts_answer_accounts(tmp_path):
    def tweet(day, **more):
        time = f"Fri Jan {day:02} 07:30:00 +0000 2026"
        return {"tweet": {"created_at": time, "full_text": "Tea &amp; Oar", "id": "1"} | more}

    files = {
        "data/tweets.js": as_script(
            "tweets", 0, [tweet(9), tweet(16, in_reply_to_user_id_str="9")]
        ),
        "data/tweets-part1.js": as_script("tweets", 1, [tweet(23, in_reply_to_user_id_str="7")]),
        "data/like-part2.js": as_script("like", 2, [{"like": {"tweetId": "1"}}]),
    }
    export = read(tmp_path, "x", MANIFEST | files)
    posts = [trace for trace in did(export) if trace[0] == "post"]
    assert [trace[3] for trace in posts] == [1769153400, 1767943800, 1768548600]
    assert {trace[2] for trace in posts} == {None, "account 0", "account 1"}
    assert set(export.files["file"]) == {
        "manifest.js", "tweets.js", "tweets-part*.js", "like-part*.js",
    }  # fmt: skip
    assert export.traces["dated"].tolist().count(False) == 1 and odd(export) == {}


CRITERIA = {
    "Follower look-alikes": "lookalike",
    "Retargeting campaign engager": "answered",
    "Retargeting engagement type": "answered",
    "Retargeting of visitors": "pixel",
    "Website Activity": "pixel",
    "App Activity": "pixel",
    "Tailored audiences (web)": "pixel",
    "Tailored audiences (lists)": "list",
    "List": "list",
    "Age": "belief",
    "Gender": "belief",
    "Languages": "belief",
    "Locations": "belief",
    "Interests": "belief",
    "Keywords": "belief",
    "Conversation topics": "belief",
    "Events": "belief",
    "Movies and TV shows": "belief",
    "Platforms": "",
    "OS versions": "",
    "Moon phase": None,
}


@pytest.mark.parametrize("criterion", CRITERIA)
def test_why_an_advert_was_shown_is_told_by_its_criterion(criterion, tmp_path):
    shown = {
        "advertiserInfo": {"advertiserName": "Hall &amp; Lamb"},
        "matchedTargetingCriteria": [{"targetingType": criterion, "targetingValue": "-"}],
        "impressionTime": "2026-01-13 21:40:10",
    }
    entry = {"ad": {"adsUserData": {"adImpressions": {"impressions": [shown]}}}}
    files = {"data/ad-impressions.js": as_script("ad_impressions", 0, [entry])}
    export = read(tmp_path, "x", files)
    assert did(export) == [("advert", "advertiser", "Hall & Lamb", 1768340410, "platform")]
    via = CRITERIA[criterion]
    assert reached(export) == ({("Hall & Lamb", via)} if via else set())
    assert odd(export) == ({"ad-impressions.js": 1} if via is None else {})


def test_what_is_switched_off_on_x_is_still_believed(tmp_path):
    export = example("x")
    assert said(export) == {"language:Welsh": False, "interest:Craft beer": False}
    assert ("interest", "Craft beer", "inferred") in believed(export)
    assert ("audiences", 3, "tracked") in believed(export)  # a number that stands as a text
    data = {
        "interests": {"interests": [{"name": "Food &amp; drink", "isDisabled": "true"}, {}],
                      "audienceAndAdvertisers": {"numAudiences": "many"}},
        "locationHistory": [{"latitude": 1.5}],
    }  # fmt: skip
    entries = as_script("personalization", 0, [{"p13nData": data}])
    export = read(tmp_path, "x", {P13N: entries})
    assert believed(export) == [("interest", "Food & drink", "inferred")]
    assert said(export) == {"interest:Food & drink": False}
    assert odd(export) == {"personalization.js": 3}


def test_in_xs_messages_only_who_wrote_when_is_kept(tmp_path):
    def message(sender):
        return {"messageCreate": {"senderId": sender, "recipientId": "7", "text": "Tea at Ada's?",
                                  "createdAt": "2026-01-13T21:40:10.000Z"}}  # fmt: skip

    left = {"participantsLeave": {"userIds": ["9"], "createdAt": "2026-01-13T21:40:10.000Z"}}
    chat = {"conversationId": "7-9", "messages": [message("7"), message("9"), left]}
    scripts = {
        "data/direct-messages.js": as_script("direct_messages", 0, [{"dmConversation": chat}]),
        "data/direct-message-headers.js": as_script("headers", 0, [{"dmConversation": chat}]),
        "data/README.txt": "a guide",
        "data/ads-of-tomorrow.js": "",
    }
    export = read(tmp_path, "x", MANIFEST | scripts)
    assert sorted(export.traces["from_person"]) == [0, 1] and odd(export) == {}
    assert set(export.traces["kind"]) == {"message"}
    status = export.files.groupby("status")["files"].sum().to_dict()
    assert status == {"read": 2, "skipped": 2, "not understood": 1}
    assert (export.files.loc[export.files["status"] == "skipped", "why"] != "").all()


def test_trackers_that_reported_to_x_are_read_with_and_without_an_advert(tmp_path):
    def script(name, under, event):
        entry = {"ad": {"adsUserData": {under: {"conversions": [event]}}}}
        return as_script(name, 0, [entry])

    time = {"conversionTime": "2026-01-13 21:45:00"}
    site = {"conversionUrl": "https://www.tea.example/for/ada", "eventType": "Purchase"} | time
    app = {"applicationName": "Oar &amp; Co", "conversionEvent": "Install"} | time
    files = {
        "data/ad-online-conversions-unattributed.js": script(
            "a", "unattributedOnlineConversions", site
        ),
        "data/ad-mobile-conversions-attributed.js": script(
            "b", "attributedMobileAppConversions", app
        ),
    }
    assert did(read(tmp_path, "x", files)) == [
        ("event", "app", "Oar & Co", 1768340700, "sdk"),
        ("purchase", "site", "tea.example", 1768340700, "pixel"),
    ]


def test_a_search_for_somebody_on_x_loses_the_name(tmp_path):
    queries = ["chess openings", "@ada", "from:ada", "tea: which?"]
    entries = [{"savedSearch": {"savedSearchId": "1", "query": query}} for query in queries]
    export = read(tmp_path, "x", {"data/saved-search.js": as_script("saved_search", 0, entries)})
    assert [trace[1:3] for trace in did(export)] == [
        ("search", "chess openings"),
        ("account", "account 1"),
        ("account", "account 1"),
        ("search", "tea: which?"),
    ]


@pytest.mark.parametrize(
    ("address", "site"),
    [("https://www.Tea.example:8080/ada?x=1", "tea.example"), ("tea", None), ("https://[", None)],
)
def test_of_an_address_only_the_site_is_kept(address, site):
    assert host(address) == site


# ---------------------------------------- shapes of real archives, as public parsers describe them

OWNER = {"title": "Owner", "dict": [{"dict": [{"label": "Name", "value": "Oar"}], "title": ""}]}
TAGS = {"title": "Hashtags", "dict": [{"dict": [{"label": "Name", "value": "sea"}], "title": ""}]}
CAPTION = {"label": "Caption", "value": "to Juno"}
ADS = "ads_information/ads_and_topics/ads_viewed.json"


@pytest.mark.parametrize("file", [ADS, "your_instagram_activity/likes/liked_posts.json"])
def test_a_tag_is_neither_an_author_nor_an_advertiser(tmp_path, file):
    url = {"label": "URL", "value": "https://www.instagram.com/p/a/"}
    shown = [[url, CAPTION, TAGS, OWNER], [url, CAPTION, OWNER], [url, CAPTION, TAGS], [CAPTION]]
    entries = [{"timestamp": 1784687356, "media": [], "label_values": parts} for parts in shown]
    export = read(tmp_path, "instagram", {file: entries})
    name = "Oar" if file == ADS else "account 1"
    assert [trace[2] for trace in did(export)] == [name, name, None, None]
    assert all(time == 1784687356 for *_, time, _ in did(export)) and odd(export) == {}
    assert "sea" not in export.items["name"].tolist()


def test_a_post_in_another_language_is_odd_and_nobodys(tmp_path):
    parts = [{"label": "URL", "value": "https://a.example"}, {"label": "캡션", "value": "Juno"}]
    export_of = {ADS: [{"timestamp": 1784687356, "label_values": parts}]}
    with pytest.raises(ArchiveError, match="set your language there to English"):
        read(tmp_path, "instagram", export_of)


def mapped(**fields):
    return {"string_map_data": {name.replace("_", " "): {"value": v} for name, v in fields.items()}}


def test_labels_in_the_english_of_britain_are_read_too(tmp_path):
    folder = "personal_information/information_about_you"
    home = {"string_map_data": {"Town/city name": {"value": "Brightwater"}}}
    contact = mapped(First_name="Juno", Surname="Tide", Contact_information="juno@tide.example")
    files = {
        f"{folder}/account_based_in.json": {"inferred_data_primary_location": [home]},
        "connections/contacts/synced_contacts.json": {"contacts_contact_info": [contact]},
    }
    export = read(tmp_path, "instagram", files)
    assert believed(export) == [("home", "Brightwater", "inferred")]
    assert [trace[0] for trace in did(export)] == ["contact"] and odd(export) == {}


def test_what_was_put_up_on_instagram_and_looked_at_in_its_shops(tmp_path):
    folder = "your_instagram_activity"
    media = {"uri": "media/a.jpg", "creation_timestamp": 1768417331, "title": "for Juno"}
    goods = mapped(Merchant_Name="Juno Tide", Product_Name="Pram")
    time = {"timestamp": 1768417331}
    thread = {"string_map_data": {"Author": {"value": "juno"}, "Time": time}}
    files = {
        f"{folder}/media/stories.json": {"ig_stories": [media]},
        f"{folder}/media/reels.json": {"ig_reels_media": [{"media": [media]}]},
        f"{folder}/media/posts.json": [{"media": [media]}],
        f"{folder}/shopping/recently_viewed_items.json": {"checkout_saved_products": [goods]},
        f"{folder}/threads/threads_viewed.json": {"text_post_app_posts_seen": [thread]},
        "logged_information/recent_searches/recent_searches.json": [
            {"timestamp": 1785068736, "label_values": [{"label": "Search", "value": "Juno Tide"}]}
        ],
    }
    export = read(tmp_path, "instagram", files)
    kinds = sorted(trace[:2] for trace in did(export) if trace[1])
    assert kinds == [("search", "account"), ("view", "account"), ("view", "account")]
    assert [t[3] for t in did(export) if t[0] == "post"] == [1768417331] * 3
    assert odd(export) == {} and "Juno" not in export.items.to_csv()


@pytest.mark.parametrize("words", ["@juno", "from:juno", "tea from:@juno", "boats by @juno"])
def test_a_search_that_calls_somebody_loses_its_words(tmp_path, words):
    term = {"string_map_data": {"Search": {"value": words}}}
    name = "logged_information/recent_searches/word_or_phrase_searches.json"
    scripts = {"data/saved-search.js": as_script("x", 0, [{"savedSearch": {"query": words}}])}
    for place, platform, files in (
        ("a", "instagram", {name: {"searches_keyword": [term]}}),
        ("b", "x", scripts),
    ):
        export = read(tmp_path / place, platform, files)
        assert [trace[:3] for trace in did(export)] == [("search", "account", "account 1")]


def test_facebooks_lists_come_in_several_files_and_from_several_years(tmp_path):
    one = {"name": "Juno Tide", "timestamp": 1768417331}
    group = {
        "timestamp": 1,
        "data": [{"name": "Juno's boats"}],
        "title": "Wren joined Juno's boats",
    }
    told = {"title": "", "string_list_data": [{"value": "Juno Tide", "timestamp": 1768417331}]}
    followers = "connections/followers/people_who_followed_you"
    files = {
        f"{followers}_1.json": [told],
        f"{followers}_2.json": {"followers_v3": [one]},
        "connections/followers/who_you've_followed_2.json": {"following_v3": [one]},
        "friends_and_followers/friend_requests_sent.json": {"sent_requests_v2": [one]},
        "friends_and_followers/friends.json": {"friends_v2": [one]},
        "following_and_followers/followers.json": {"followers": [{"name": "Juno Tide"}]},
        "following_and_followers/followed_pages.json": {"pages_followed": [one]},
        "your_facebook_activity/groups/your_group_membership_activity.json": {
            "groups_joined_v2": [group]
        },
    }
    export = read(tmp_path, "facebook", files)
    ways = export.ties.groupby("context")["b"].agg(list).to_dict()
    assert ways.pop("group") != ways["friend"]
    assert ways == dict.fromkeys(
        ("follower", "following", "friend", "you asked to be a friend"), ways["friend"]
    )
    assert odd(export) == {} and (export.files["status"] == "read").all()


def test_facebooks_profile_tells_schools_and_firms_and_no_partner(tmp_path):
    profile = {
        "name": {"full_name": "Wren"},
        "relationship": {"status": "Married", "partner": "Juno Tide"},
        "education_experiences": [{"name": "School of Boats", "concentrations": ["Knots"]}],
        "work_experiences": [{"employer": "Tide & Co", "title": "Rower", "start_timestamp": 1}],
    }
    name = "personal_information/profile_information/profile_information.json"
    export = read(tmp_path, "facebook", {name: {"profile_v2": profile}})
    assert believed(export) == [
        ("relationship", "married", "declared"),
        ("school", "School of Boats", "declared"),
        ("company", "Tide & Co", "declared"),
        ("job title", "Rower", "declared"),
    ]
    assert odd(export) == {}


def test_interests_in_a_group_of_ad_preferences_are_guesses(tmp_path):
    rows = [{"dict": [{"label": "Name", "value": "Trains"}]}]
    parts = [
        {"label": "Is opted out of using interests to target ads", "value": "True"},
        {"label": "Removed categories", "vec": [{"value": "Frequent Travelers"}]},
        {"title": "Ads interests", "dict": rows},
    ]
    name = "ads_information/ad_preferences.json"
    export = read(tmp_path, "facebook", {name: {"label_values": parts, "media": []}})
    assert believed(export) == [("interest", "Trains", "inferred")]
    assert said(export) == {"personalised_adverts": False, "advert:Frequent Travelers": False}


# Every file but the first is in a public list of an archive of 2022 to 2026.
LISTS = {
    "instagram": """
        connections/followers_and_following/followers_1.json start_here.html
        apps_and_websites_off_of_instagram/a/your_activity_off_meta_technologies_settings.json
        logged_information/past_instagram_insights/posts.json media/stories/202401/a.jpg
        media/archived_posts/a.srt personal_information/device_information/devices.json
        personal_information/personal_information/note_and_repost_interactions.json
        personal_information/personal_information/instagram_profile_information.json
        preferences/settings/notification_preferences.json
        preferences/your_topics/your_ads_see_more/see_less_topics.json
        security_and_login_information/login_and_profile_creation/profile_activity.json
        your_instagram_activity/avatars_store/avatar_items.json
        your_instagram_activity/media/other_content.json
        your_instagram_activity/messages/your_chat_information.json
        your_instagram_activity/messages/inbox/junotide_1/files/juno.docx
        your_instagram_activity/other_activity/your_ownership_of_digital_items.json
        your_instagram_activity/saved/saved_posts.json
        your_instagram_activity/shopping/checkout_payment_information.json
        your_instagram_activity/story_interactions/question_media_response.json
        your_instagram_activity/subscriptions/reels.json
        your_facebook_activity/posts/your_videos.json""",
    "facebook": """
        connections/friends/your_friends.json index.html
        your_facebook_activity/events/your_event_responses.json
        your_facebook_activity/facebook_gaming/instant_games.json
        your_facebook_activity/facebook_marketplace/items_sold.json
        your_facebook_activity/facebook_payments/payment_history.json
        your_facebook_activity/groups/your_group_messages/6.json
        your_facebook_activity/messages/inbox/junotide_1/files/juno.docx
        your_facebook_activity/messages/secret_conversations.json
        your_facebook_activity/other_activity/pokes.json
        your_facebook_activity/pages/admin_activity.json
        your_facebook_activity/polls/polls_you_voted_on.json
        your_facebook_activity/posts/album/0.json
        your_facebook_activity/saved_items_and_collections/your_saved_items.json
        your_facebook_activity/stories/story_reactions.json
        your_facebook_activity/voting/voting_location.json
        ads_information/your_sampled_locations.json
        logged_information/activity_messages/group_interactions.json
        personal_information/facebook_accounts_center/accounts_center.json
        preferences/preferences/language_and_locale.json
        security_and_login_information/mobile_devices.json
        security_and_login_information/where_you_are.json
        your_instagram_activity/media/stories.json""",
    "x": """
        data/follower.js data/ad-free-article-visits.js data/twitter-circle-tweet.js
        data/twitter-circle.js data/lists-created.js data/grok-chat-item.js data/moment.js
        data/tweets_media/1-a.jpg data/grok_chat_media/1 data/sso.js data/product-set.js
        assets/js/main.js data/deleted-note-tweet.js data/expanded-profile.js""",
}


@pytest.mark.parametrize("platform", LISTS)
def test_common_folders_are_no_wall_of_not_understood(tmp_path, platform):
    names = LISTS[platform].split()
    first = as_script("follower", 0, []) if platform == "x" else {}
    files = dict.fromkeys(names, "for Juno") | {names[0]: first}
    export = read_export(unpacked(tmp_path, files))
    assert export.platform == {"x": "X"}.get(platform, platform.title())
    counts = export.files.groupby("status")["files"].sum().to_dict()
    assert counts == {"read": 1, "skipped": len(names) - 1}
    assert not re.search("juno", export.files.to_csv(), re.IGNORECASE)


@pytest.mark.parametrize(
    ("platform", "name"),
    [
        ("instagram", "ads_information/ads_and_topics/a_new_list.json"),
        ("instagram", "personal_information/information_about_you/a_new_list.json"),
        ("instagram", "preferences/your_topics/a_new_list.json"),
        ("facebook", "logged_information/other_logged_information/a_new_list.json"),
        ("facebook", "ads_information/a_new_list.json"),
    ],
)
def test_something_new_beside_beliefs_is_not_passed_over(tmp_path, platform, name):
    known_file = "connections/followers_and_following/following.json"
    if platform == "facebook":
        known_file = "connections/friends/your_friends.json"
    files = read(tmp_path, platform, {known_file: {}, name: {}}).files
    assert files["status"].tolist() == ["read", "not understood"]
