"""What a person learns from their archives: hand-worked, on the invented person of the examples."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethics_lib import own_data
from ethics_lib.accuracy import TOPICAL, VERDICTS, check_accuracy
from ethics_lib.doors import Door
from ethics_lib.exports import Export, read_export
from ethics_lib.figures import describe
from ethics_lib.layouts import MECHANISMS, Believes, Did, Knows, Reaches, Says, Thing
from ethics_lib.own_data import (
    TELLERS,
    BelievedCard,
    believed_card,
    mechanisms,
    settings_to_change,
    who_told,
)
from ethics_lib.plots import plot_who_told
from ethics_lib.tables import TableError

MADE = pd.Timestamp("2026-01-20")
VERBS = (check_accuracy, mechanisms, who_told, believed_card, settings_to_change)
PRAM = Thing("site", "littleorbit-prams.example")


def make_export(platform, *rows):
    door = Door(platform)
    for row in rows:
        door.take(row)
    return Export(**door.tables(MADE))


def believes(*cells, origin="inferred", where="a list"):
    """A belief for each (trait, value)."""
    return [Believes(trait, value, origin, where) for trait, value in cells]


def said(*cells):
    return believes(*cells, origin="declared", where="profile")


FACEBOOK = make_export(
    "Facebook",
    *said(("gender", "custom (neutral)"), ("birth date", "1997-05-04"), ("home", "Brightwater")),
    *believes(("interest", "Pregnancy"), ("home", "ZZ9 9ZZ")),
    Says("advert:Alcohol", False, "objected"),
    Reaches("Little Orbit Prams (demo)", "pixel"),
    Reaches("Harbour Books (demo)", "list"),
    Did("event", PRAM, 1768249140, "pixel"),
    Did("connect", Thing("app", "Which Kettle Are You? (demo quiz)"), 1740830400),
    Knows("Juno Demo", "friend"),
)
X = make_export(
    "X",
    *said(("age", "28"), ("birth date", "1997-05-04")),
    *believes(("gender", "male"), ("age", "35-49"), ("interest", "Running")),
    *believes(("interest", "Craft beer"), where="interests"),
    *believes(("interest", "Prams"), origin="tracked", where="partners"),
    Says("interest:Craft beer", False, "switched off"),
    Reaches("@Little-Orbit-Demo", "lookalike"),
    Reaches("@Brindle-Brewery-Demo", "kept away"),
    Did("event", PRAM, 1768340700, "pixel"),
    Did("advert", Thing("advertiser", "@Little-Orbit-Demo"), 1768340410),
    Did("like", None, 1768340411),
)
TIKTOK = make_export(
    "TikTok",
    *said(("interest", "Fitness"), ("interest", "Food")),
    *believes(("gender", "male"), ("interest", "fitness"), ("interest", "Baby & Kids")),
    Says("personalised_adverts", True),
    Says("suggest_to_contacts", True),
    Did("event", PRAM, 1768249140, "pixel"),
    Did("message", None, 1768165560, by="juno-demo"),
)
ALL = (FACEBOOK, X, TIKTOK)
EMPTY = make_export("Snapchat")


def verdicts(*exports):
    """The verdict on each (trait, believed, holder)."""
    table = check_accuracy(*exports)
    assert not table.duplicated().any()
    return table.set_index(["trait", "believed", "holder"])["verdict"].to_dict()


def test_the_audit_on_the_invented_person_comes_out_as_worked_by_hand():
    assert verdicts(*ALL) == {
        ("gender", "male", "X"): "wrong",
        ("gender", "male", "TikTok"): "wrong",
        ("age", "35-49", "X"): "wrong",
        ("interest", "Craft beer", "X"): "kept after your no",
        ("interest", "fitness", "TikTok"): "right",
        ("interest", "Baby & Kids", "TikTok"): "cannot be told",
        ("interest", "Pregnancy", "Facebook"): "cannot be told",
        ("interest", "Running", "X"): "cannot be told",
        ("interest", "Prams", "X"): "cannot be told",
        ("home", "ZZ9 9ZZ", "Facebook"): "cannot be told",
    }


def test_a_row_of_the_audit_says_what_was_told_to_whom_and_where_the_belief_stands():
    table = check_accuracy(*ALL)
    assert list(table.columns) == "trait told told_to believed holder where verdict".split()
    age = table[table["trait"] == "age"].iloc[0]
    assert age["told"] == "born 1997-05-04: 28" and age["told_to"] == "Facebook and X"
    gender = table[table["trait"] == "gender"].iloc[0]
    assert (gender["told"], gender["told_to"]) == ("custom (neutral)", "Facebook")
    beer = table[table["verdict"] == "kept after your no"].iloc[0]
    assert (beer["told"], beer["told_to"], beer["where"]) == ("no to Craft beer", "X", "interests")
    fitness = table[table["believed"] == "fitness"].iloc[0]
    assert (fitness["told"], fitness["told_to"]) == ("Fitness", "TikTok")
    order = table["verdict"].map(list(VERDICTS).index)
    assert order.is_monotonic_increasing


def test_what_one_platform_alone_was_told_is_all_that_its_audit_knows():
    assert verdicts(X)["gender", "male", "X"] == "cannot be told"
    assert verdicts(TIKTOK)["gender", "male", "TikTok"] == "cannot be told"
    assert verdicts(FACEBOOK)["interest", "Pregnancy", "Facebook"] == "cannot be told"
    table = check_accuracy(FACEBOOK)
    assert (table.loc[table["trait"] == "interest", "told"] == "nothing").all()


@pytest.mark.parametrize(
    ("trait", "told", "believed", "verdict"),
    [
        ("age", "28", "25 to 49", "right"),
        ("age", "28", "25-34", "right"),
        ("age", 28.0, "28", "right"),
        ("age", "28", "29", "wrong"),
        ("age", "28", "35+", "wrong"),
        ("age", "18", "under 18", "wrong"),
        ("age", "25-34", "35 and over", "wrong"),
        ("age", "25-34", "30 to 49", "cannot be told"),
        ("age", "28", "a grown-up", "cannot be told"),
        ("age", "28", "1997-05-04", "cannot be told"),
        ("birth date", "1997-05-04", "04-May-1997", "right"),
        ("birth date", "1997-05-04", "1979-05-04", "wrong"),
        ("birth date", "1997-05-04", "04/05/1997", "cannot be told"),
        ("gender", "CUSTOM/NEUTRAL", "Male", "wrong"),
        ("gender", "custom (neutral)", "male", "wrong"),
        ("gender", "non-binary", "Female", "wrong"),
        ("gender", "FEMALE", "female", "right"),
        ("gender", "Woman", "male", "wrong"),
        ("gender", "unspecified", "male", "cannot be told"),
        ("gender", "custom", "male", "cannot be told"),
        ("gender", "custom (female)", "male", "cannot be told"),
        ("home", "Brightwater", "Brightwater (invented), United Kingdom", "right"),
        ("home", "Brightwater, United Kingdom", "United Kingdom", "right"),
        ("home", "Brightwater, United Kingdom", "Port Ellery, United Kingdom", "wrong"),
        ("home", "Brightwater", "Port Ellery", "cannot be told"),
        ("home", "Brightwater, United Kingdom", "GB", "cannot be told"),
        ("home", "Brightwater", "(invented)", "cannot be told"),
        ("phone", "ends in 123", "ends in 123", "right"),
        ("phone", "ends in 123", "ends in 456", "cannot be told"),
        ("e-mail", "w...@example.org", "W...@example.org", "right"),
        ("language", "English", "english", "right"),
        ("language", "English", "Welsh", "cannot be told"),
        ("relationship", "single", "married", "cannot be told"),
        ("party", "Quay", "Orchard", "wrong"),
        ("party", "Quay", "Quay", "right"),
    ],
)
def test_each_trait_is_compared_in_its_own_way(trait, told, believed, verdict):
    one, other = (
        make_export("X", *said((trait, told))),
        make_export("Y", *believes((trait, believed))),
    )
    assert check_accuracy(one, other)["verdict"].tolist() == [verdict]


def test_who_told_two_things_can_be_believed_wrong_by_neither():
    told = (
        make_export("X", *said(("gender", "female"))),
        make_export("Y", *said(("gender", "male"))),
    )
    table = check_accuracy(*told, make_export("Z", *believes(("gender", "male"))))
    assert table["verdict"].tolist() == ["cannot be told"]
    assert table["told"].tolist() == ["female and male"]


def test_what_was_told_and_decides_nothing_is_not_shown_beside_a_verdict():
    one, other = make_export("X", *said(("gender", "unspecified"))), FACEBOOK
    row = check_accuracy(one, other, TIKTOK).iloc[0]
    assert (row["verdict"], row["told"]) == ("wrong", "custom (neutral)")
    assert row["told_to"] == "Facebook"


def test_an_age_is_that_of_the_day_on_which_the_archive_was_made():
    told = make_export("Y", *said(("birth date", "1997-05-04")))
    believed = make_export("X", *believes(("age", "28")))
    for day, verdict in {"2026-05-03": "right", "2026-05-04": "wrong"}.items():
        later = replace(believed, made=pd.Timestamp(day))
        assert check_accuracy(told, later)["verdict"].tolist() == [verdict]


@pytest.mark.parametrize("trait", TOPICAL)
def test_a_no_binds_the_platform_to_which_it_was_said_until_it_is_taken_back(trait):
    row = believes((trait, "Parenting"))
    no = Says("advert:parenting", False, "objected", 1_700_000_000)
    yes = Says("advert:parenting", True, "setting", 1_700_000_001)
    kept, elsewhere = make_export("X", *row, no), make_export("Y", *row)
    taken_back = make_export("Z", *row, no, yes)
    found = verdicts(kept, elsewhere, taken_back)
    assert found[trait, "Parenting", "X"] == "kept after your no"
    assert found[trait, "Parenting", "Y"] == found[trait, "Parenting", "Z"] == "cannot be told"


def test_a_no_to_alcohol_is_none_to_drinks_without():
    row = believes(("interest", "Non-alcoholic drinks"))
    found = verdicts(make_export("X", *row, Says("advert:Alcohol", False, "objected")))
    assert set(found.values()) == {"cannot be told"}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["age", "gender", "home", "birth date", "phone", "interest"]),
            st.text(max_size=12) | st.sampled_from(["25-34", "male", "1997-05-04", "A, B"]),
            st.sampled_from(["declared", "inferred", "tracked"]),
        ),
        max_size=6,
    )
)
@settings(max_examples=20)
def test_whatever_stands_in_an_archive_each_belief_gets_one_verdict(rows):
    export = make_export("X", *(Believes(*row, where="a list") for row in rows))
    table = check_accuracy(export)
    beliefs = export.beliefs[export.beliefs["origin"] != "declared"]
    assert len(table) <= len(beliefs) and (len(table) > 0) == (len(beliefs) > 0)
    assert set(table["verdict"]) <= set(VERDICTS)


def test_mechanisms_join_spellings_of_case_and_of_the_at_sign_and_no_others():
    one = make_export("X", Reaches("@Little-Orbit", "lookalike"), Reaches("@Oar", "kept away"))
    other = make_export(
        "Y",
        Reaches("little-orbit", "pixel"),
        Reaches("Little-Orbit", "lookalike"),
        Reaches("Little Orbit Prams (demo)", "list"),
    )
    table = mechanisms(one, other, other)  # a second copy of an archive adds nothing
    assert list(table.columns) == ["advertiser", *MECHANISMS, "ways", "holders"]
    assert table["advertiser"].tolist() == ["@Little-Orbit", "@Oar", "Little Orbit Prams (demo)"]
    first = table.iloc[0]
    assert (first["lookalike"], first["pixel"], first["ways"]) == (2, 1, 2)
    assert first["holders"] == "X and Y"
    assert table[list(MECHANISMS)].to_numpy().sum() == 5


def test_the_brewery_that_stays_away_and_the_pram_shop_that_does_not():
    table = mechanisms(*ALL).set_index("advertiser")
    assert table.loc["@Brindle-Brewery-Demo", "kept away"] == 1
    assert table.loc["Little Orbit Prams (demo)", "pixel"] == 1
    assert table.loc["@Little-Orbit-Demo", "lookalike"] == 1  # the same shop: not guessed at
    assert len(table) == 4


def test_who_told_counts_each_piece_of_evidence_once():
    table = who_told(*ALL).set_index(["holder", "who"])
    counts = table[["traces", "beliefs", "advertisers", "people"]].apply(tuple, axis=1)
    assert counts["Facebook"].to_dict() == {
        "you said so": (0, 3, 0, 0),
        "you did it there": (1, 0, 0, 0),
        "other firms' trackers": (1, 0, 1, 0),
        "other firms' lists": (0, 0, 1, 0),
        "the platform concluded it": (0, 2, 0, 0),
        "other people in your archive": (0, 0, 0, 1),
    }
    assert counts["X"].to_dict() == {
        "you said so": (0, 2, 0, 0),
        "you did it there": (1, 0, 0, 0),  # the advert that was shown is no evidence
        "other firms' trackers": (1, 1, 0, 0),
        "other firms' lists": (0, 0, 1, 0),
        "the platform concluded it": (0, 4, 1, 0),
    }
    assert counts["TikTok"]["other people, writing to you"] == (1, 0, 0, 1)
    assert pd.isna(table.loc[("TikTok", "other people, writing to you"), "share"])
    not_mine = table[table["from_you"] == "no"].groupby("holder")["share"].sum()
    assert not_mine.to_dict() == pytest.approx({"Facebook": 3 / 9, "TikTok": 1 / 6, "X": 3 / 11})
    assert table["share"].groupby("holder").sum().to_dict() == pytest.approx(
        dict.fromkeys(["Facebook", "TikTok", "X"], 1.0)
    )


def test_what_you_told_on_others_goes_the_other_way_and_has_no_share():
    rows = [Did("contact", None, None, "contacts", about=name) for name in ("Ann", "Bo", "Bo")]
    table = who_told(make_export("X", *rows, Did("like"))).set_index("who")
    you = table.loc["you, about other people"]
    assert (you["traces"], you["people"], you["from_you"]) == (3, 2, "")
    assert table.loc["other people in your archive", "people"] == 2
    assert table["share"].dropna().to_dict() == {"you did it there": 1.0}


def test_an_address_book_of_somebody_else_is_other_people():
    export = make_export("X", Did("contact", None, None, "contacts", by="Ann"))
    table = who_told(export).set_index("who")
    assert table.loc["other people", ["traces", "people"]].tolist() == [1, 1]
    assert table.loc["other people", "from_you"] == "no"


def test_every_way_and_every_origin_has_a_teller():
    assert set(own_data._TELLER_OF_WAY) == set(MECHANISMS)
    assert set(own_data._TELLER_OF_WAY.values()) <= set(TELLERS)
    assert set(own_data._TELLER_OF_ORIGIN) == set(own_data._HOW)
    assert set(own_data._TELLER_OF_ORIGIN.values()) <= set(TELLERS)


def test_two_archives_of_one_platform_become_one_row():
    table = who_told(FACEBOOK, FACEBOOK)
    assert not table.duplicated(["holder", "who"]).any()
    once = who_told(FACEBOOK)
    assert (table["traces"] == 2 * once["traces"]).all()
    pd.testing.assert_series_equal(table["share"], once["share"])


def test_the_plot_says_how_much_did_not_come_from_the_person():
    book = make_export("TikTok", Did("contact", None, None, "contacts", by="Ann"))
    figure = plot_who_told(who_told(*ALL), title="Who told")
    assert describe(figure) == (
        "Who told. Of the rows about you in each archive, so much did not come from you: "
        "Facebook 33 %, X 27 %, TikTok 17 %."
    )
    figure = plot_who_told(who_told(*ALL, book))
    assert {bar.name for bar in figure.data} == {
        f"{who} ({own})"
        for who, own in {
            "you said so": "from you",
            "you did it there": "from you",
            "other firms' trackers": "not from you",
            "other firms' lists": "not from you",
            "other people": "not from you",
            "the platform concluded it": "from whom, it is not said",
        }.items()
    }
    looks = {(bar.marker.color, bar.marker.pattern.shape) for bar in figure.data}
    assert len(looks) == len(figure.data)  # no two are told apart by nothing
    with pytest.raises(TableError, match="plot_who_told: the table has no rows"):
        plot_who_told(who_told(EMPTY))


def test_the_card_counts_in_its_repr_and_shows_in_a_notebook():
    rows = believes(("interest", "<b>SECRET & co</b>"), ("age", 35.0), where="<i>list</i>")
    card = believed_card(make_export("X<u>", *rows, *said(("gender", "PRIVATE"))))
    assert isinstance(card, BelievedCard)
    assert (
        repr(card)
        == str(card)
        == ("Card of what X<u> says it believes: 2 worked out, 1 you said so.")
    )
    html = card._repr_html_()
    assert "&lt;b&gt;SECRET &amp; co&lt;/b&gt;" in html and "X&lt;u&gt;" in html
    assert "&lt;i&gt;list" in html and ">35</td>" in html and "PRIVATE" in html
    assert not any(tag in html for tag in ("<b>SECRET", "<i>", "<u>", "<script"))


def test_the_card_marks_in_words_how_each_belief_came_and_puts_long_lists_away():
    html = believed_card(*ALL)._repr_html_()
    for word in ("you said so", "worked out", "supplied by other firms", "partners", "profile"):
        assert word in html
    many = believes(*(("interest", f"topic {k}") for k in range(40)))
    html = believed_card(make_export("X", *many))._repr_html_()
    assert "<summary>and 28 more</summary>" in html and "topic 39" in html
    assert "<details>" not in believed_card(*ALL)._repr_html_()


def test_what_to_change_first_is_what_most_came_in_by():
    table = settings_to_change(*ALL)
    assert list(table.columns) == ["change", "because", "does_not_stop", "came_in"]
    assert len(table) <= 7 and table["came_in"].is_monotonic_decreasing
    by = table.set_index(table["change"].str.split().str[:2].str.join(" "))
    assert by["came_in"].to_dict() == {
        "Go through": 6,  # interests: one, three and two
        "Disconnect what": 5,  # three events, a firm by pixel, and one interest of a partner
        "Take the": 1,
        "Write to": 1,
        "Remove other": 1,
        "Stop handing": 0,
        "Switch personalised": 0,
    }
    assert by.loc["Disconnect what", "because"] == (
        "Facebook: 1 event from 1 site or app and 1 advertiser by a tracker; X: 1 event from 1 "
        "site or app and 1 belief supplied by other firms; TikTok: 1 event from 1 site or app"
    )
    assert by.loc["Go through", "because"].endswith(
        "X: 3 interests and segments worked out, 1 of "
        "them kept after your no; TikTok: 2 interests and segments worked out"
    )
    assert by.loc["Stop handing", "because"].startswith("TikTok: your account is suggested")


def test_eight_things_to_change_are_cut_to_seven_by_their_weight():
    rows = [
        *believes(("interest", "tea"), ("interest", "chess"), ("home", "Brightwater")),
        *(Did("visit", Thing("app", "Diary"), None, "sdk") for _ in range(3)),
        *(Did("contact", None, None, "contacts", about=name) for name in "ab"),
        *(Did("connect", Thing("app", name)) for name in "ab"),
        *(Reaches(name, "list") for name in "ab"),
        Says("personalised_adverts", True),
        Did("advert", Thing("advertiser", "a")),
        Did("advert", Thing("advertiser", "a")),
    ]
    table = settings_to_change(make_export("X", *rows))
    assert table["came_in"].tolist() == [3, 3, 2, 2, 2, 2, 2]
    assert not table["change"].str.contains("location").any()
    assert "X: it is on; 2 adverts shown" in table["because"].tolist()
    off = settings_to_change(make_export("X", *rows, Says("personalised_adverts", False)))
    assert len(off) == 7 and not off["change"].str.startswith("Switch").any()


def test_no_road_is_named_by_which_nothing_came():
    assert settings_to_change(make_export("X", Did("like"))).empty


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.__name__)
def test_each_verb_takes_an_empty_archive_and_one_alone(verb):
    alone, empty, both = verb(FACEBOOK), verb(EMPTY), verb(EMPTY, FACEBOOK)
    if verb is believed_card:
        alone, empty, both = alone.table, empty.table, both.table
        assert repr(verb(EMPTY)) == "Card of what the platform says it believes: nothing."
        assert "Nothing: no list of beliefs stands in" in verb(EMPTY)._repr_html_()
    assert list(empty.columns) == list(alone.columns) and empty.empty
    pd.testing.assert_frame_equal(alone, both)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.__name__)
def test_each_verb_says_what_it_needs_and_nothing_of_what_it_got(verb):
    name = verb.__name__
    with pytest.raises(TableError, match=f"{name}: no archive. Pass one or more"):
        verb()
    with pytest.raises(TableError, match=f"{name}: got list where an Export is needed"):
        verb([FACEBOOK])
    with pytest.raises(TableError, match="got str where an Export is needed") as caught:
        verb(FACEBOOK, "wren.zip")
    assert "wren" not in str(caught.value)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.__name__)
def test_no_archive_is_altered(verb):
    before = {name: table.copy() for name, table in vars(X).items() if hasattr(table, "columns")}
    verb(X, FACEBOOK)
    for name, table in before.items():
        pd.testing.assert_frame_equal(getattr(X, name), table)


def test_the_example_of_instagram_comes_out_as_worked_by_hand():
    folder = Path(__file__).parent / "exports" / "instagram"
    export = replace(read_export(folder, platform="instagram"), made=MADE)
    found = check_accuracy(export).groupby("trait")["verdict"].unique().map(list).to_dict()
    assert set(found) == {"segment", "place", "phone", "home", "interest"}
    assert all(verdict == ["cannot be told"] for verdict in found.values())
    table = mechanisms(export).set_index("advertiser")
    assert table.loc["Zero Tide Drinks (demo)", ["list", "pixel"]].tolist() == [1, 1]
    assert table.loc["Harbour Books (demo)", ["list", "store visit"]].tolist() == [1, 1]
    told = who_told(export).set_index("who")
    assert told.loc["other firms' trackers", ["traces", "advertisers"]].tolist() == [3, 3]
    assert told.loc["you, about other people", ["traces", "people"]].tolist() == [1, 1]
    settings = settings_to_change(export)
    assert settings["came_in"].iloc[0] == 7  # three segments and four topics


def test_the_whole_person_over_all_examples():
    """The audit that the example files were made for."""
    folder = Path(__file__).parent / "exports"
    names = "instagram facebook x tiktok snapchat linkedin".split()
    exports = [replace(read_export(folder / n, platform=n), made=MADE) for n in names]
    table = check_accuracy(*exports)
    wrong = table[table["verdict"] == "wrong"]
    assert set(zip(wrong["trait"], wrong["holder"], strict=True)) == {
        ("gender", "X"),
        ("gender", "TikTok"),
        ("gender", "LinkedIn"),
        ("age", "X"),
    }
    right = table[table["verdict"] == "right"]
    assert {("age", "Snapchat"), ("age", "LinkedIn"), ("interest", "TikTok")} <= set(
        zip(right["trait"], right["holder"], strict=True)
    )
    firms = mechanisms(*exports).set_index("advertiser")
    assert firms.loc["@Brindle-Brewery-Demo", "kept away"] == 1
    objected = pd.concat([e.consents for e in exports]).query("purpose == 'advert:Alcohol'")
    assert set(objected["holder"]) == {"Instagram", "Facebook"}
    pixel = [
        e.platform
        for e in exports
        if (
            e.items.loc[e.traces.loc[e.traces["source"] == "pixel", "item"], "name"] == PRAM.name
        ).any()
    ]
    assert {"Instagram", "Facebook", "TikTok"} <= set(pixel)
    told = who_told(*exports)
    assert (told.loc[told["from_you"] == "no", "traces"] > 0).any()
