"""Copies: gathered from the town's tables, written as four platforms would, and read again."""

import json
import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from handmade import decide as decide_on
from handmade import make_beliefs, make_consents, make_ties, make_traces, make_use
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from ethics_lib import copies
from ethics_lib.audiences import as_audience
from ethics_lib.beliefs import declare, infer, infer_interests
from ethics_lib.consents import ask_consent
from ethics_lib.copies import WHY, compare, gather, write_export
from ethics_lib.datasets import RESIDENTS, WREN, load_town
from ethics_lib.decisions import Ad, reach
from ethics_lib.exports import Export, read_export
from ethics_lib.layouts import MECHANISMS, plain, read_listed
from ethics_lib.letters import access
from ethics_lib.rows import FileError
from ethics_lib.tables import TableError, UnknownNameError, concat, empty_table
from ethics_lib.traces import (
    AppSdk,
    ContactUpload,
    CustomerList,
    Pixel,
    Platform,
    ServerEvents,
    collect,
)
from ethics_lib.uses import declare_use
from ethics_lib.writers import WRITTEN, lay_out
from ethics_lib.writers.contents import name_site

EXAMPLES = Path(__file__).parent / "exports"
PLATFORMS = list(WRITTEN)
ASOF = "2026-01-10"
OTHERS = sorted(np.random.default_rng(6).choice(np.arange(25, 5000), 12, replace=False).tolist())
COLUMNS = ["traces", "items", "ties", "beliefs", "advertisers", "consents"]


def choose(people, purpose, granted, how, time="2025-12-20"):
    rows = pd.DataFrame({"person": people, "holder": "Murmur", "purpose": purpose})
    return rows.assign(granted=granted, how=how, time=pd.Timestamp(time)).astype(
        {"person": "int32"}
    )


@pytest.fixture(scope="module")
def pipeline():
    """All that Murmur has: from every collector, with beliefs, adverts and choices."""
    town = load_town()
    names = town.items["name"].str.replace("Clever", "Ćlévör").str.replace("Bell", "鐘 & <Söhne>")
    items = town.items.assign(name=names)
    members, people = town.people.query("member"), town.people.index.to_numpy()

    def ask(purpose, how, rate=None, time=members["joined"]):
        row = {"holder": "Murmur", "purposes": [purpose], "how": how, "time": time, "rate": rate}
        return ask_consent(members, **row, rng=len(purpose))

    ledger = [
        ask("service", "terms"),
        ask("contacts", "banner", 0.5, "2025-06-01"),
        ask("tracking", "device prompt", 0.5, "2024-12-01"),
        choose(people, "advert:alcohol", False, "objected"),
        choose(people, "advertiser:Brindle & Söhne", False, "objected"),
        choose(people, "no_adverts_for_money", False, "subscription"),
        choose(people, "private_account", True, "setting"),
        choose(people, "personalised_adverts", True, "setting", "2025-12-19"),
        choose(people, "personalised_adverts", False, "setting"),
    ]
    consents = concat(ledger, "consents")
    collectors = [
        Platform("Murmur", keeps=("like", "search", "message")),
        Pixel("Murmur", reach=0.2, waits=False),
        AppSdk("Murmur", reach=0.2, prompt=True, matches_email=True),
        ServerEvents("Murmur", reach=0.1, waits=False),
        CustomerList("Murmur", shop="A shop", items=tuple(range(6000, 6200)), time="2025-12-01"),
        ContactUpload("Murmur"),
        Pixel("Hearth", reach=0.5, waits=False),
    ]
    held = collect(town, consents, collectors)
    answers = town.reports.query("trait in ['openness', 'faith', 'party']")
    told = town.people.assign(**{"birth date": town.people["birth_date"].dt.strftime("%Y-%m-%d")})
    told = told.assign(
        **{"e-mail": told["name"].str.lower().str.replace(" ", ".") + "@mail.example"}
    )
    told = told[["birth date", "gender", "e-mail"]].rename_axis("person").reset_index()
    told = told.melt("person", var_name="trait").astype({"value": object})
    beliefs = [
        infer_interests(held.traces, items, holder="Murmur"),
        infer(held.traces, answers, holder="Murmur"),
        declare(told, holder="Murmur"),
    ]
    about = {"traits": ["faith"], "purpose": "direct_marketing", "basis": "consent"}
    about |= {"topic": "prams", "time": "2025-12-30"}
    uses = [
        declare_use("a coupon", holder="Murmur", **about),
        declare_use("another", holder="Hearth", **about),
    ]
    decisions = []
    ways = [*"belief list pixel retargeting lookalike".split(), "context"]
    for via, use in [*((via, "a coupon") for via in ways), ("list", "another")]:
        ad = Ad(f"Prämie {via} by {use.split()[-1]}", "prams")
        shown = reach(
            as_audience(people, via=via), ad, use=use, everybody=people, time="2026-01-02"
        )
        decisions.append(shown.assign(acted=pd.array(people % 2 == 1, dtype="boolean")))
    return {
        "traces": held.traces,
        "beliefs": concat(beliefs, "beliefs"),
        "items": items,
        "ties": held.ties,
        "decisions": concat(decisions, "decisions"),
        "uses": concat(uses, "uses"),
        "consents": consents,
    }


@pytest.fixture(scope="module")
def copy_of(pipeline):
    """The copy of each person, made once."""
    made: dict[int, Export] = {}

    def copy(person):
        if person not in made:
            made[person] = gather(person, holder="Murmur", received=ASOF, **pipeline)
        return made[person]

    return copy


def written(held, platform):
    stream = BytesIO()
    return write_export(held, platform, stream), read_export(stream)


# ----------------------------------------------- what must come back, platform by platform

SENT = ("kind", "time", "thing", "name")  # what other firms sent: sites and apps by their names
NAMED = ("kind", "time", "name")
TRACES = {
    "instagram": {
        "like": ("kind", "time"),
        "search": NAMED,
        "message": ("kind", "time"),
        "contact": ("kind", "time"),
        "visit": SENT,
        "purchase": SENT,
        "advert": NAMED,
        "advert click": NAMED,
    },
    "facebook": {
        "like": ("kind", "time"),
        "search": ("kind", "time"),  # its search box finds people, so the words are not kept
        "message": ("kind", "time"),
        "visit": SENT,
        "purchase": SENT,
        "advert click": NAMED,
    },
    "x": {
        "like": ("kind",),  # without a time
        "message": ("kind", "time"),
        "visit": SENT,
        "purchase": SENT,
        "advert": NAMED,
        "advert click": NAMED,
    },
    "tiktok": {
        "like": ("kind", "time"),
        "search": NAMED,
        "message": ("kind", "time"),
        "visit": SENT,
        "purchase": SENT,
    },
}
WITH_NAMES = {"instagram": True, "facebook": True, "x": False, "tiktok": False}  # of accounts liked
REACHED = {
    "instagram": ["list", "pixel"],
    "facebook": ["list", "pixel"],
    "x": ["belief", "list", "lookalike", "pixel"],
    "tiktok": [],
}
TOLD = {
    "instagram": ["birth date", "e-mail", "gender"],
    "facebook": ["birth date", "e-mail", "gender"],
    "x": ["birth date", "e-mail"],
    "tiktok": ["birth date", "e-mail"],
}
CHOICES = {
    "instagram": [
        ("advert:alcohol", False),
        ("advertiser:Brindle & Söhne", False),
        ("no_adverts_for_money", False),
        ("private_account", True),
    ],
    "facebook": [
        ("advert:alcohol", False),
        ("advertiser:Brindle & Söhne", False),
        ("no_adverts_for_money", False),
    ],
    "x": [],
    "tiktok": [("personalised_adverts", False), ("private_account", True)],
}


def say(export, kind, columns):
    """The traces of a kind as tuples, but for those of a list and those that others handed over."""
    things = export.items.rename(columns={"kind": "thing"})
    rows = export.traces.join(things, on="item")
    rows = rows[(rows["kind"] == kind) & (rows["source"] != "list")]
    if kind == "contact":
        rows = rows[rows["person"] != 0]
    return sorted(rows[list(columns)].astype(str).itertuples(index=False, name=None))


def check(held, platform):
    """Assert by hand what the layout carries, with nothing of ours but the reader."""
    lacking, back = written(held, platform)
    for kind, columns in TRACES[platform].items():
        assert say(back, kind, columns) == say(held, kind, columns), kind
    firms = held.traces["source"].isin(["pixel", "sdk", "server"])
    sent = back.traces["source"].isin(["pixel", "sdk"])
    assert sent.sum() == firms.sum()
    if WITH_NAMES[platform]:  # so many likes of the same page, whatever it is called
        likes = [e.traces.query("kind == 'like'")["item"].value_counts() for e in (held, back)]
        assert sorted(likes[0]) == sorted(likes[1])

    believed = held.beliefs[held.beliefs["origin"] != "declared"]
    topics = believed[believed["trait"] == "interest"]
    topics = set(topics.loc[topics["p"] > 1 / max(len(topics), 1), "value"])
    assert set(back.beliefs.query("trait == 'interest'")["value"]) == topics
    for trait in ("faith", "party"):
        rows = believed[believed["trait"] == trait]
        best = list(rows.loc[rows["p"] == rows["p"].max(), "value"])
        assert list(back.beliefs.loc[back.beliefs["trait"] == trait, "value"]) == best
    openness = [e.beliefs.query("trait == 'openness'")["value"].tolist() for e in (held, back)]
    assert openness[0] == openness[1]  # to the last digit
    said = held.beliefs[held.beliefs["trait"].isin(TOLD[platform])]
    said = {
        t: v[:1] + "...@mail.example" if t == "e-mail" else v
        for t, v in said[["trait", "value"]].values
    }
    declared = back.beliefs[back.beliefs["origin"] == "declared"]
    assert dict(declared[["trait", "value"]].values) == said

    assert len(back.ties) == len(held.ties) and back.ties["b"].is_unique
    reached = [
        {
            tuple(row)
            for row in e.advertisers[["advertiser", "via"]].values
            if row[1] in REACHED[platform]
        }
        for e in (held, back)
    ]
    assert reached[0] == reached[1]
    assert set(back.consents[["purpose", "granted"]].itertuples(index=False, name=None)) == set(
        CHOICES[platform]
    )
    assert (lacking["column"] != "one row too many").all()
    assert "who is who" not in set(lacking["column"])
    files = back.files
    assert (files["status"] == "read").all() and (files["odd"] == 0).all()
    return lacking, back


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("person", [17, 22])
def test_what_a_layout_carries_comes_back_for_a_member_and_for_one_who_never_was(
    person, platform, copy_of
):
    check(copy_of(person), platform)


@pytest.mark.slow
@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("person", sorted({*RESIDENTS, *OTHERS} - {17, 22}))
def test_what_a_layout_carries_comes_back_for_eighteen_others(person, platform, copy_of):
    check(copy_of(person), platform)


@pytest.mark.slow
def test_the_twenty_have_left_traces_of_every_kind_that_is_written(copy_of):
    held = [copy_of(person) for person in [*RESIDENTS, *OTHERS]]
    traces = pd.concat([export.traces for export in held])
    assert set(traces["source"]) == {"platform", "pixel", "sdk", "server", "list", "contacts"}
    assert {kind for kinds in TRACES.values() for kind in kinds} == set(traces["kind"])
    items = pd.concat([export.items for export in held])
    assert set(items["kind"]) == {"account", "advertiser", "app", "search", "site", "topic"}
    assert not items["name"].str.isascii().all()
    vias = set(pd.concat([export.advertisers for export in held])["via"])
    assert vias == {"belief", "list", "pixel", "lookalike"} and vias <= set(MECHANISMS)
    assert all(len(export.ties) for export in held if (export.traces["kind"] == "like").any())


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_no_layout_carries_is_listed_with_the_reason(platform, copy_of):
    held = copy_of(17)
    lacking, back = check(held, platform)
    rows = lacking.set_index(["table", "what", "column"])["rows"]
    told_by_others = ((held.traces["person"] == 0) & (held.traces["from_person"] != 0)).sum()
    assert told_by_others and rows["traces", "contact", "whole row"] >= told_by_others
    assert rows["beliefs", "faith", "p"] == rows["beliefs", "faith", "method"] == 1
    assert rows["beliefs", "faith", "whole row"] == 1  # the value that is believed less
    assert rows["beliefs", "openness", "sd"] == 1
    assert rows["beliefs", "interest", "intent"] == (back.beliefs["trait"] == "interest").sum()
    assert rows["ties", "faith", "context"] == (held.ties["context"] == "faith").sum()
    server = (held.traces["source"] == "server") & (held.traces["kind"] == "purchase")
    assert rows["traces", "purchase", "source"] == server.sum()
    assert rows["consents", "service", "whole row"] == 1
    assert (lacking["why"] == lacking["column"].map(WHY)).all()
    assert (lacking["rows"] > 0).all() and not lacking.duplicated(["table", "what", "column"]).any()


def test_on_tiktok_a_list_comes_back_as_a_list_and_by_its_own_name(copy_of):
    held = next(c for c in map(copy_of, OTHERS) if (c.traces["source"] == "list").any())
    lacking, back = check(held, "tiktok")
    listed = [e.traces[e.traces["source"] == "list"] for e in (held, back)]
    assert sorted(listed[0]["time"]) == sorted(listed[1]["time"])
    assert set(listed[1]["kind"]) == {"event"}
    assert lacking.query("column == 'kind'")["rows"].sum() == len(listed[0])


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_interest_that_was_switched_off_comes_back_so_where_there_is_a_switch(platform, copy_of):
    held = copy_of(17)
    best = held.beliefs.query("trait == 'interest'").sort_values("p")["value"].iloc[-1]
    off = choose([0], f"interest:{best}", False, "switched off")
    changed = Export(**vars(held) | {"consents": off})
    _, back = written(changed, platform)
    assert (f"interest:{best}" in set(back.consents["purpose"])) == (platform == "x")


# ------------------------------------------------------------------------------ true to the layouts

EXPLAINED = {
    ("facebook", "pages_you_ve_liked.json"): "likes of pages, as public parsers have them",
    ("facebook", "ad_preferences.json"): "advertisers hidden, as Instagram's example has them",
    ("facebook", "message_1.json"): "messages, in the shape that Instagram's example has",
    ("x", "direct-messages.js"): "messages, as the types of twitter-archive-reader have them",
    (
        "x",
        "ad-online-conversions-unattributed.js",
    ): "as what an advert brought about, which it was not",
    ("x", "ad-mobile-conversions-unattributed.js"): "the same, of apps",
}


def leaves(page, path=()):
    """The ways to all that is no list and no object, with all places of a list as one."""
    if isinstance(page, dict):
        for name, part in page.items():
            name = re.sub(r"^Chat History with .*:$", "Chat History with NAME:", name)
            yield from leaves(part, (*path, name))
    elif isinstance(page, list):
        for part in page:
            yield from leaves(part, (*path, "[]"))
    else:
        yield path


def found(name, content):
    text = content.decode("utf-8")
    text = text.partition("=")[2] if name.endswith(".js") else text
    return {(plain(Path(name).name), *leaf) for leaf in leaves(json.loads(text))}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_nothing_is_written_where_the_example_has_nothing(platform, copy_of):
    folder = EXAMPLES / platform
    example = set().union(
        *(found(path.name, path.read_bytes()) for path in folder.rglob("*.js*") if path.is_file())
    )
    for held in (copy_of(17), read_export(folder)):
        ours = set().union(*(found(*file) for file in lay_out(held, platform).items()))
        if platform == "x":  # the manifest of the example lists some files, and ours others
            ours = {leaf for leaf in ours if leaf[:2] != ("manifest.js", "dataTypes")}
        strange = {leaf for leaf in ours - example if (platform, leaf[0]) not in EXPLAINED}
        assert not strange


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_example_that_is_read_and_written_loses_only_what_is_listed(platform):
    held = read_export(EXAMPLES / platform)
    lacking, back = written(held, platform)
    assert (lacking["column"] != "one row too many").all()
    assert compare(back, written(back, platform)[1]).query("column != 'time'").empty
    assert (
        set(lacking["what"])
        <= {
            "instagram": {
                "event",
                "login",
                "advert:Alcohol",
                "no_adverts_for_money",
                "private_account",
            },
            "facebook": {
                "home",
                "language",
                "advert:Alcohol",
                "advert:Parenting",
                "no_adverts_for_money",
            },
            "x": {"connect", "login", "post", "audiences"},
            "tiktok": {"post"},
        }[platform]
    )


@pytest.mark.parametrize("platform", ["instagram", "facebook"])
def test_meta_writes_ascii_with_letters_taken_for_latin(platform, copy_of):
    pages = lay_out(copy_of(17), platform)
    text = b"".join(pages.values())
    assert text.isascii()
    assert rb"Pr\u00c3\u00a4mie" in text and "Prämie".encode() not in text


def test_x_writes_scripts_with_numbers_as_texts_and_signs_of_html_escaped(copy_of):
    held = copy_of(17)
    pages = lay_out(held, "x")
    assert all(page.startswith(b"window.") for page in pages.values())
    assert pages["data/like.js"].startswith(b"window.YTD.like.part0 = [")
    manifest = json.loads(pages["data/manifest.js"].partition(b"=")[2])
    for kind in manifest["dataTypes"].values():
        (file,) = kind["files"]
        rows = json.loads(pages[file["fileName"]].partition(b"=")[2])
        assert file["count"] == str(len(rows))
        assert pages[file["fileName"]].startswith(f"window.{file['globalName']} =".encode())
    assert set(pages) == {f["files"][0]["fileName"] for f in manifest["dataTypes"].values()} | {
        "data/manifest.js"
    }
    firm = Export(
        **vars(held)
        | {
            "advertisers": pd.DataFrame(
                [("A & <B>", "list", "Murmur")], columns=["advertiser", "via", "holder"]
            )
        }
    )
    page = lay_out(firm, "x")["data/personalization.js"]
    assert b"A &amp; &lt;B&gt;" in page and b"A & <B>" not in page
    assert written(firm, "x")[1].advertisers["advertiser"].tolist()[:1] == ["A & <B>"]


def test_tiktok_writes_one_file_in_the_newer_naming_with_names_as_keys():
    messages = pd.DataFrame(
        {
            "person": [0, 0],
            "from_person": [0, 3],
            "kind": "message",
            "item": pd.array([pd.NA] * 2, "Int32"),
        }
    )
    held = small(
        traces=messages.assign(
            time=DAY, source="platform", purpose="service", holder="M", dated=True
        )
    )
    (name, page), *more = lay_out(held, "tiktok").items()
    assert name == "user_data_tiktok.json" and not more
    chats = json.loads(page)["Direct Message"]["Direct Messages"]["ChatHistory"]
    assert set(chats) == {"Chat History with resident-0:", "Chat History with resident-3:"}
    back = written(held, "tiktok")[1]
    assert sorted(back.traces["from_person"]) == [0, 1]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_name_of_any_signs_is_written_and_breaks_nothing(platform):
    names = ['A "B" \\ C', "</script>", "Ã©", "ß & ſ", "two\nlines", "鐘"]
    rows = [(0, trait, name, 0.9) for trait in ("interest", "segment") for name in names]
    beliefs = make_beliefs(*rows)
    beliefs["p"] = float("nan")  # none is likelier than another
    ties = pd.DataFrame({"a": 0, "b": range(4, 10), "context": names})
    firms = pd.DataFrame({"advertiser": names, "via": "list", "holder": "M"})
    _, back = written(small(beliefs=beliefs, ties=ties, advertisers=firms), platform)
    assert (back.files["status"] == "read").all() and len(back.ties) == 6
    values = set(back.beliefs["value"])
    assert {*names} - {"two\nlines"} <= values  # which TikTok could take for two


def test_the_same_is_written_to_the_byte_each_time():
    streams = [BytesIO(), BytesIO()]
    for stream in streams:
        write_export(read_export(EXAMPLES / "x"), "instagram", stream)
    assert streams[0].getvalue() == streams[1].getvalue()


def test_the_town_calls_no_trait_so_that_a_list_would_take_it_for_something_else():
    assert read_listed("faith: Tide", "segment", "inferred", "w")[:2] == ("faith", "Tide")
    assert read_listed("openness: -0.25", "interest", "inferred", "w")[:2] == ("openness", -0.25)
    for words in ("openness: wide", "Travel: frequent", "faith", "faith:Tide"):
        assert read_listed(words, "segment", "inferred", "w")[:2] == ("segment", words)


def test_a_site_of_the_town_can_belong_to_nobody(pipeline):
    sites = pipeline["items"]["name"].map(name_site)
    assert sites.str.fullmatch(r"[\w-]+\.example").all() and sites.is_unique


# ------------------------------------------------------------------------------------- to gather

DAY = pd.Timestamp("2025-06-01")
ITEMS = pd.DataFrame(
    {
        "kind": ["page", "site", "product", "topic"],
        "name": ["The Oar", "The Oar 3", "The Kettle", "cheese"],
        "topic": ["sailing", "maps", "radio", "cheese"],
    }
).rename_axis("item")


def small(**tables):
    full = {noun: empty_table(noun) for noun in [*COLUMNS, "files"]}
    full["traces"] = full["traces"].assign(dated=True)
    full["items"] = full["items"].rename_axis("item")
    return Export(platform="M", made=pd.Timestamp(ASOF), **full | tables)


def ask(person=1, **tables):
    full = {"traces": make_traces([(1, 0)]), "beliefs": empty_table("beliefs"), "items": ITEMS}
    return gather(person, holder="Murmur", received=ASOF, **full | tables)


def test_only_what_this_holder_had_by_then_of_this_person_is_in_the_copy():
    times = pd.to_datetime(
        ["2026-01-10 00:00:00", "2026-01-10 00:00:01", "2025-01-01 00:00:00", "2025-01-01 00:00:00"]
    )
    traces = make_traces([(1, 0), (1, 0), (1, 0), (2, 0)], time=times.as_unit("s"))
    traces["holder"] = ["Murmur", "Murmur", "Hearth", "Murmur"]
    beliefs = make_beliefs((1, "faith", "Tide", 0.9), (2, "faith", "Tide", 0.8))
    elsewhere = make_beliefs((1, "faith", "Lantern", 0.7), holder="Hearth")
    consents = make_consents(
        (1, "advert:maps", False, "objected", "2026-01-09"),
        (1, "advert:radio", False, "objected", "2026-01-11"),
        (2, "advert:jazz", False, "objected", "2026-01-01"),
    )
    held = ask(traces=traces, beliefs=pd.concat([beliefs, elsewhere]), consents=consents)
    assert held.traces["time"].tolist() == [pd.Timestamp("2026-01-10")]
    assert held.beliefs[["person", "value"]].values.tolist() == [[0, "Tide"]]
    assert held.consents[["person", "purpose"]].values.tolist() == [[0, "advert:maps"]]
    assert (held.platform, held.made) == ("Murmur", pd.Timestamp(ASOF))


@pytest.mark.parametrize(
    ("source", "kind", "item", "thing", "name"),
    [
        ("platform", "like", 0, "account", "The Oar"),
        ("platform", "search", 3, "search", "cheese"),
        ("platform", "message", 3, "topic", "cheese"),
        ("pixel", "visit", 1, "site", "the-oar-3.example"),
        ("server", "purchase", 2, "site", "the-kettle.example"),
        ("sdk", "visit", 1, "app", "The Oar 3"),
        ("list", "purchase", 2, "advertiser", "The Kettle"),
    ],
)
def test_what_something_was_done_to_is_called_as_archives_call_it(source, kind, item, thing, name):
    held = ask(traces=make_traces([(1, item)], source=source, kind=kind))
    assert held.items.loc[held.traces["item"].iloc[0], ["kind", "name"]].tolist() == [thing, name]
    firm = ITEMS["name"][item]
    ways = {"pixel": ["pixel"], "server": ["pixel"], "sdk": ["pixel"], "list": ["list"]}
    expected = [[firm, via, "Murmur"] for via in ways.get(source, [])]
    assert held.advertisers.values.tolist() == expected


def test_others_are_numbered_as_they_come_up_and_the_person_is_nought():
    contacts = make_traces([(9, 0), (1, 0), (9, 0)], kind="contact", source="contacts")
    contacts = contacts.assign(item=pd.array([pd.NA] * 3, dtype="Int32"), from_person=[1, 7, 1])
    held = ask(traces=contacts, ties=make_ties((1, 5), (0, 1), (1, 9), (5, 9)))
    assert held.traces[["person", "from_person"]].values.tolist() == [[1, 0], [0, 2], [1, 0]]
    assert held.ties[["a", "b"]].values.tolist() == [[0, 3], [0, 4], [0, 1]]
    assert held.others == 4 and held.items.empty


def test_an_advert_that_was_shown_is_a_trace_and_what_was_withheld_is_none():
    shown = decide_on(1, via="lookalike").assign(acted=pd.array([True], dtype="boolean"))
    aimless = decide_on(1, via="context").assign(ad="On the page")
    withheld = decide_on(1, shown=False).assign(ad="Not for you")
    others = decide_on(1, use="theirs").assign(ad="Somebody else's")
    uses = pd.concat([make_use(), make_use("theirs", holder="Hearth")])
    decisions = pd.concat([shown, aimless, withheld, others, decide_on(2)])
    held = ask(decisions=decisions, uses=uses)
    rows = held.traces.join(held.items["name"], on="item")[["kind", "name"]].values.tolist()
    assert rows == [
        ["like", "The Oar"],
        ["advert", "An advert"],
        ["advert", "On the page"],
        ["advert click", "An advert"],
    ]
    assert held.advertisers.values.tolist() == [["An advert", "lookalike", "Murmur"]]


def test_what_cannot_be_gathered_is_said():
    with pytest.raises(TableError, match=r"Murmur holds nothing about person 4 up to 2026-01-10"):
        ask(4)
    with pytest.raises(TableError, match=r"use 'advert' of person 1 is declared nowhere"):
        ask(decisions=decide_on(1))
    with pytest.raises(TableError, match=r"there is no item 8, of which there are traces"):
        ask(traces=make_traces([(1, 8)]))
    with pytest.raises(TableError, match=r"received='05/01/2026' is no time"):
        gather(
            1,
            holder="M",
            received="05/01/2026",
            traces=make_traces([(1, 0)]),
            beliefs=empty_table("beliefs"),
            items=ITEMS,
        )
    with pytest.raises(TableError, match=r"ties: column 'b' is missing"):
        ask(ties=pd.DataFrame({"a": [1]}))


def test_beliefs_alone_make_a_copy_and_an_unknown_kind_is_an_event(copy_of):
    held = ask(traces=empty_table("traces"), beliefs=make_beliefs((1, "faith", "Tide", 0.9)))
    for platform in PLATFORMS:
        assert written(held, platform)[1].beliefs["value"].tolist() == ["Tide"]
    assert ask(traces=make_traces([(1, 0)], kind="wave")).traces["kind"].tolist() == ["event"]
    read = read_export(EXAMPLES / "instagram")
    assert (copy_of(17).traces.dtypes.map(str) == read.traces.dtypes.map(str)).all()


def test_gathering_and_writing_change_nothing_that_they_are_given(pipeline):
    few = {n: t[t["person"] < 60] if "person" in t else t for n, t in pipeline.items()}
    before = {noun: table.copy(deep=True) for noun, table in few.items()}
    held = gather(17, holder="Murmur", received=ASOF, **few)
    tables = {noun: getattr(held, noun).copy(deep=True) for noun in [*COLUMNS, "files"]}
    for platform in PLATFORMS:
        write_export(held, platform, BytesIO())
    for noun, table in tables.items():
        assert_frame_equal(getattr(held, noun), table)
    for noun, table in before.items():
        assert_frame_equal(few[noun], table)


# ------------------------------------------------------------------------------------ to compare


def but(held, noun, rows):
    return Export(**vars(held) | {noun: rows.reset_index(drop=True)})


def test_a_copy_compared_with_itself_lacks_nothing(copy_of):
    assert compare(copy_of(17), copy_of(17)).empty


@pytest.mark.parametrize("noun", ["traces", "ties", "beliefs", "advertisers", "consents"])
def test_a_row_that_is_gone_and_one_that_was_never_held_are_both_seen(noun, copy_of):
    held = copy_of(22)
    less = but(held, noun, getattr(held, noun).drop(getattr(held, noun).index[3]))
    gone = compare(held, less)
    assert gone.query("column == 'whole row'")[["table", "rows"]].values.tolist() == [[noun, 1]]
    more = compare(less, held)
    assert more.query("column == 'one row too many'")[["table", "rows"]].values.tolist() == [
        [noun, 1]
    ]


@pytest.mark.parametrize(
    ("noun", "column", "value"),
    [
        ("traces", "time", pd.Timestamp("2020-01-01")),
        ("traces", "source", "server"),
        ("traces", "purpose", "service"),
        ("ties", "context", "follower"),
        ("beliefs", "p", 0.123),
        ("beliefs", "value", "elsewhere"),
        ("beliefs", "origin", "told"),
        ("consents", "time", pd.Timestamp("2020-01-01")),
    ],
)
def test_a_cell_that_came_back_otherwise_is_seen_and_nothing_else(noun, column, value, copy_of):
    held = copy_of(17)
    table = getattr(held, noun).astype({column: object})
    table.loc[table.index[0], column] = value
    if column == "purpose":
        table[column] = value
    differs = (getattr(held, noun)[column] != value).sum() if column == "purpose" else 1
    found = compare(held, but(held, noun, table))
    assert set(found["column"]) == {column} and set(found["table"]) == {noun}
    assert found["rows"].sum() == differs


def test_people_and_accounts_may_have_any_numbers_but_not_anybody_elses_rows():
    def told(names):
        rows = pd.DataFrame(
            {"person": names, "from_person": 0, "kind": "contact", "source": "contacts"}
        )
        rows = rows.assign(item=pd.array([pd.NA] * 3, dtype="Int32"), purpose="service", holder="M")
        rows["time"] = pd.to_datetime(["2025-01-01", "2025-01-02", "2025-01-03"])
        ties = pd.DataFrame({"a": 0, "b": [1, 2], "context": "friend"})
        return small(traces=rows.assign(dated=True), ties=ties)

    held = told([1, 1, 3])
    renamed = but(told([2, 2, 9]), "ties", pd.DataFrame({"a": 0, "b": [7, 2], "context": "friend"}))
    assert compare(held, renamed).empty
    assert compare(held, told([3, 3, 1]))["column"].tolist() == ["who is who"]
    assert compare(held, told([1, 2, 3]))["column"].tolist() == ["who is who"]


@given(seed=st.integers(0, 999))
@settings(max_examples=8)
def test_renaming_others_and_shuffling_rows_is_no_difference(seed):
    held = read_export(EXAMPLES / "instagram")
    rng = np.random.default_rng(seed)
    new = np.concatenate([[0], 1 + rng.permutation(60)])
    items = held.items.copy()
    account = items["kind"] == "account"
    numbers = items.loc[account, "name"].str.removeprefix("account ").astype(int)
    items.loc[account, "name"] = [f"account {new[number]}" for number in numbers]
    traces = held.traces.assign(
        person=new[held.traces["person"]], from_person=new[held.traces["from_person"]]
    )
    ties = held.ties.assign(b=new[held.ties["b"]])
    other = Export(**vars(held) | {"items": items})
    for noun, table in {"traces": traces, "ties": ties, "beliefs": held.beliefs}.items():
        other = but(other, noun, table.sample(frac=1, random_state=seed))
    assert compare(held, other).empty


# -------------------------------------------------------------------------------------- to write


@pytest.mark.parametrize("name", ["copy.zip", "copy"])
def test_a_zip_and_a_folder_say_the_same_and_nothing_else_is_left(tmp_path, name, copy_of):
    held, platform = copy_of(17), "instagram"
    lacking = write_export(held, platform, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    back = read_export(tmp_path / name)
    assert_frame_equal(compare(held, back), lacking)
    assert abs(back.made - held.made) <= pd.Timedelta("2s")
    with pytest.raises(FileError, match=r"something at .* already, and nothing is overwritten"):
        write_export(held, platform, tmp_path / name)
    assert read_export(str(tmp_path / name)).others == back.others


def test_where_nothing_can_be_written_nothing_is(tmp_path, copy_of):
    held = copy_of(17)
    with pytest.raises(FileError, match=r"ends in '.json'. Pass one that ends in '.zip'"):
        write_export(held, "x", tmp_path / "copy.json")
    with pytest.raises(FileError, match=r"There is no folder .*nowhere. Make it before"):
        write_export(held, "x", tmp_path / "nowhere" / "copy.zip")
    (tmp_path / "link.zip").symlink_to(tmp_path / "gone.zip")
    with pytest.raises(FileError, match="nothing is overwritten"):
        write_export(held, "x", tmp_path / "link.zip")
    with pytest.raises(UnknownNameError, match=r"platform 'snapchat' does not exist"):
        write_export(held, "snapchat", tmp_path / "copy.zip")
    with pytest.raises(TableError, match="held: got DataFrame where an Export is needed"):
        write_export(held.traces, "x", tmp_path / "copy.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["link.zip"]


@pytest.mark.parametrize("name", ["copy.zip", "copy"])
@pytest.mark.parametrize("stop", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_writing_leaves_nothing(tmp_path, monkeypatch, name, stop, copy_of):
    write, calls = Path.write_bytes, []

    def refuse(path, content):
        calls.append(path)
        if len(calls) == (1 if name == "copy.zip" else 3):
            write(path, content[: len(content) // 2])
            raise stop
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", refuse)
    named = FileError if isinstance(stop, OSError) else KeyboardInterrupt
    with pytest.raises(named) as refused:
        write_export(copy_of(17), "instagram", tmp_path / name)
    assert calls and list(tmp_path.iterdir()) == []
    if named is FileError:
        assert "could not be written: No space left on device. Nothing is left" in str(
            refused.value
        )
        assert refused.value.__suppress_context__ and refused.value.__cause__ is None


def test_nothing_is_kept_that_could_not_be_moved_or_read_back(tmp_path, monkeypatch, copy_of):
    monkeypatch.setattr(
        Path, "replace", lambda *_: (_ for _ in ()).throw(PermissionError(13, "No"))
    )
    with pytest.raises(FileError, match="could not be written: No"):
        write_export(copy_of(17), "x", tmp_path / "copy.zip")
    monkeypatch.setattr(copies, "read_export", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_export(copy_of(17), "x", tmp_path / "copy.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_stream_that_refuses_is_named_and_tells_nothing(copy_of):
    class Full(BytesIO):
        def write(self, content):
            raise OSError(28, "No space left on device")

    with pytest.raises(FileError, match="No space left on device") as refused:
        write_export(copy_of(17), "tiktok", Full())
    names = copy_of(17).items["name"]
    assert not any(name in str(refused.value) for name in names)


def test_a_letter_counts_what_the_copy_holds(pipeline, copy_of):
    """Article 15(1) and 15(3), from the same tables, as of the same day."""
    more = {"notices": empty_table("notices"), "items": pipeline["items"]}
    tables = {
        name: pipeline[name] for name in ("traces", "beliefs", "consents", "uses", "decisions")
    }
    letter = access(WREN, holder="Murmur", received=ASOF, **tables, **more)
    text, copy = repr(letter), copy_of(WREN)
    own = copy.traces[(copy.traces["person"] == 0) & (copy.traces["source"] == "platform")]
    likes = (own["kind"] == "like").sum()
    assert likes > 10 and f"{likes} likes" in text
    others = copy.traces.loc[copy.traces["source"] == "contacts"].query("person == 0")
    tellers = others.loc[others["from_person"] != 0, "from_person"].nunique()
    assert tellers > 1 and f"{tellers} other people told us" in text
    _, back = written(copy, "instagram")
    assert (back.traces["kind"] == "like").sum() == likes
