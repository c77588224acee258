"""What the law owes and an archive does not show: looked up, asked for, and nothing repeated."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from handmade import make_beliefs
from hypothesis import given, settings
from hypothesis import strategies as st

from ethics_lib.doors import Door
from ethics_lib.exports import Export, read_export
from ethics_lib.followups import NEED_NOT, OWED, SHOWN, AccessGap, access_gap
from ethics_lib.layouts import Believes, Did, Me, Reaches, Thing
from ethics_lib.origins import ROADS
from ethics_lib.tables import RangeError, TableError, UnknownNameError

EXAMPLES = Path(__file__).parent / "exports"
FOLDERS = sorted(path for path in EXAMPLES.iterdir() if path.is_dir())
SECRET = "Zebulon-7731"
# what no table of an archive can hold, and what all can hold only in part
NEVER = ["what it is for", "how long it is kept", "what guards it abroad"]
SITE = Did("visit", Thing("site", f"{SECRET}.example"), 1_760_000_000, "pixel")
# a row of an archive, and what it makes of each thing that is owed
ROWS = [
    (Believes("gender", SECRET, "declared", "profile"), {"what you told it": "yes"}),
    (Did("post", Thing("account", SECRET)), {"what you told it": "yes"}),
    (Did("contact", None, None, "contacts", about=SECRET), {"what you told it": "yes"}),
    (Did("like", Thing("account", SECRET)), {"what it saw you do": "yes"}),
    (Did("login"), {"what it saw you do": "yes"}),
    (Did("message", by=SECRET), {}),  # what others wrote is not what they told of you
    (SITE, {"what other firms sent": "yes", "where it came from": "in part"}),
    (Believes("segment", SECRET, "tracked", "partners"), {"what other firms sent": "yes"}),
    (
        Did("contact", None, None, "contacts", by=SECRET),
        {"what other people handed over": "yes"},
    ),
    (Believes("interest", SECRET, "inferred", "topics"), {"what it concluded": "yes"}),
    (
        Did("connect", Thing("app", SECRET)),
        {"what it saw you do": "yes", "who else gets it": "in part"},
    ),
    (
        Reaches(SECRET, "list"),
        {
            "what other firms sent": "in part",
            "who else gets it": "in part",
            "where it came from": "in part",
        },
    ),
    (Reaches(SECRET, "pixel"), {"what other firms sent": "in part", "who else gets it": "in part"}),
    (Reaches(SECRET, "answered"), {"who else gets it": "in part"}),
    (
        Reaches(SECRET, "belief"),
        {"who else gets it": "in part", "how machines judge you": "in part"},
    ),
]


def archive(*rows, platform="Instagram"):
    """The export that a door makes of these rows."""
    door = Door(platform)
    door.note("likes.json", "read")
    for row in (Me("wren"), *rows):
        door.take(row)
    return Export(**door.tables(pd.Timestamp("2026-01-02")))


def asked(gap):
    """The numbered questions of the letter."""
    return [line for line in gap.request().splitlines() if line[:1].isdigit()]


EMPTY = archive()
FULL = archive(*(row for row, _ in ROWS))
GUESSED = make_beliefs(
    (17, "party", "Quay", 0.65),
    (17, "interest", "chess", 0.7),
    (17, "interest", "jazz", 0.3),
    (17, "openness", 1.0, np.nan),
)


@pytest.mark.parametrize(("row", "shown"), ROWS)
def test_what_a_row_shows_is_shown_and_the_rest_is_not(row, shown):
    gap = access_gap(archive(row))
    found = gap.table.set_index("owed")["shown"]
    nothing = {owed: "no" for owed in OWED if owed != "what could be concluded"}
    assert found.to_dict() == nothing | {"all of the data": "in part"} | shown


def test_an_empty_archive_shows_nothing_and_a_full_one_all_that_tables_can_hold():
    empty, full = (access_gap(export).table.set_index("owed") for export in (EMPTY, FULL))
    assert empty.drop(index="all of the data")["shown"].eq("no").all()
    rights = "what you can do about it"
    assert full.index[full["shown"] == "no"].tolist() == sorted(
        [*NEVER, rights], key=list(OWED).index
    )
    assert (full.loc[full["shown"] == "yes", "question"] == "").all()
    assert (full.loc[full["shown"] == "in part", "where"] != "").all()


@pytest.mark.parametrize("export", [EMPTY, FULL, *(archive(row) for row, _ in ROWS)])
def test_the_letter_asks_for_what_is_missing_and_only_for_that(export):
    gap = access_gap(export)
    questions = gap.table.loc[gap.table["question"] != "", ["question", "article"]]
    assert asked(gap) == [
        f"{n}. {row.question} ({row.article})" for n, row in enumerate(questions.itertuples(), 1)
    ]
    missing = gap.table[
        (gap.table["shown"] != "yes") & (gap.table["owed"] != "what you can do about it")
    ]
    assert set(questions.index) == set(missing.index)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_example_has_its_letter(folder):
    export = read_export(folder)
    gap = access_gap(export, received="2026-11-25")
    assert gap.table["holder"].unique().tolist() == list(gap.requests) == [export.platform]
    assert gap.table["owed"].tolist() == [o for o in OWED if o != "what could be concluded"]
    assert gap.table["shown"].isin(SHOWN).all()
    letter = gap.request(export.platform)
    assert f"To {export.platform}" in letter and len(letter.split()) < 600
    ours = " ".join([letter, *gap.table[["where", "question"]].to_numpy().ravel(), repr(gap)])
    for name in [*export.items["name"], *export.advertisers["advertiser"]]:
        assert name not in ours


def test_what_instagram_shows_and_asks():
    gap = access_gap(read_export(EXAMPLES / "instagram"))
    found = gap.table.set_index("owed")
    assert found.loc["who else gets it", "where"] == "3 advertisers, named"
    question = found.loc["where it came from", "question"]
    assert "names 2 advertisers that can reach me by a list of customers" in question
    assert "1 number or address that I did not give you" in question
    assert found.loc["what other firms sent", "question"] == ""


@pytest.mark.parametrize(
    ("received", "place", "due", "latest"),
    [
        ("2025-09-03", "GB-ENG", "3 October 2025", "3 December 2025"),  # the ICO's own example
        ("2026-01-31", "GB-ENG", "2 March 2026", "30 April 2026"),
        ("2026-03-06", "GB-ENG", "7 April 2026", "8 June 2026"),
        ("2026-11-25", "GB-ENG", "29 December 2026", "25 February 2027"),
        # 1 November is a Sunday; 1 January a holiday, and a Friday
        ("2026-10-01", "IE", "2 November 2026", "4 January 2027"),
    ],
)
def test_the_letter_names_the_last_days(received, place, due, latest):
    rules = "eu-2025-10" if place == "IE" else "uk-2026-02"
    letter = access_gap(EMPTY, received=received, rules=rules, place=place).request()
    assert f"wants an answer by {due} (Art. 12(3))" in letter
    assert f"two months more, until {latest}, please" in letter


def test_without_a_day_the_letter_counts_from_its_receipt():
    letter = access_gap(EMPTY).request()
    assert "within one month of the day on which you get this (Art. 12(3))" in letter
    assert "20" not in letter.split("The law wants")[1].split("DPA 2018")[0]


@pytest.mark.parametrize(
    ("received", "says", "keeps_silent"),
    [
        ("2026-02-04", ["(Art. 22)"], ["22A", "12A", "164A"]),
        ("2026-02-05", ["Art. 22A-22D", "Art. 12A"], ["164A"]),
        ("2026-06-19", ["Art. 22A-22D", "Art. 12A", "s. 164A"], []),
        (None, ["Art. 22A-22D", "Art. 12A", "s. 164A"], []),
    ],
)
def test_no_law_reaches_back(received, says, keeps_silent):
    letter = access_gap(EMPTY, received=received).request()
    assert "Article 15 of the UK GDPR" in letter and "Information Commissioner" in letter
    assert all(words in letter for words in says)
    assert not any(words in letter for words in keeps_silent)


def test_the_european_letter_speaks_of_european_law():
    letter = access_gap(EMPTY, rules="eu-2025-10").request()
    assert "Article 15 of the GDPR" in letter and "my data protection authority" in letter
    assert "European Economic Area" in letter and "(Art. 15(1)(c); CJEU C-154/21)" in letter
    for british in ("UK", "United Kingdom", "12A", "22A", "DPA 2018"):
        assert british not in letter
    assert "see, in EU law, CJEU C-154/21" in access_gap(EMPTY).request()


def test_a_letter_holds_placeholders_and_no_value():
    gap = access_gap(FULL)
    letter = gap.request()
    assert letter.startswith("[your name]\n") and letter.endswith("[your name]")
    for text in (letter, repr(gap), str(gap), gap._repr_html_()):
        assert SECRET not in text


def test_several_holders_have_a_letter_each():
    gap = access_gap(EMPTY, archive(ROWS[0][0], platform="Murmur"))
    assert list(gap.requests) == ["Instagram", "Murmur"]
    assert "To Murmur" in gap.request("Murmur") and "To Instagram" in gap.request("Instagram")
    assert repr(gap).splitlines() == [
        "Access gap of Instagram. Owed: 13 things; shown: yes 0, in part 1, no 12. Questions: 12.",
        "Access gap of Murmur. Owed: 13 things; shown: yes 1, in part 1, no 11. Questions: 11.",
    ]
    with pytest.raises(TableError, match="letters to Instagram, Murmur"):
        gap.request()
    with pytest.raises(UnknownNameError, match="holder of an archive"):
        gap.request("Quill")


def test_of_one_letter_all_is_read_at_once_and_of_several_each_is_unfolded():
    one, two = access_gap(EMPTY), access_gap(EMPTY, archive(platform="Murmur"))
    assert one._repr_html_().count("<details open>") == 1
    page = two._repr_html_()
    assert (page.count("<details>"), page.count("<details open>")) == (2, 0)
    assert page.count("What they need not show") == 1  # once for all


@pytest.mark.parametrize("name", ["", "Wren"])
def test_a_chat_that_a_phone_exported_is_no_answer(name):
    gap = access_gap(read_export(EXAMPLES / "whatsapp" / "ios", name=name))
    assert gap.table["shown"].eq("no").all()
    letter = gap.request()
    assert "let me download" not in letter
    assert "1. Please send me a copy of all the personal data that you have about me." in letter


def test_what_models_of_the_town_conclude_is_said_to_the_owner_and_not_to_the_holder():
    gap = access_gap(EMPTY, beliefs=GUESSED)
    assert gap.concluded["sentence"].tolist() == [  # the harmless first
        "Will next like something about chess",
        "More open to new things than 84 % of the town",
        "Votes for the Quay party",
    ]
    assert gap.concluded["p"].tolist()[::2] == [0.7, 0.65] and pd.isna(gap.concluded.loc[1, "p"])
    assert gap.concluded["holder"].eq("Instagram").all()
    row = gap.table.set_index("owed").loc["what could be concluded"]
    assert (row["shown"], row["where"]) == ("no", "3 things that models of the town conclude")
    assert row["question"].startswith(
        "Have you concluded anything about interest, openness, party?"
    )
    assert "C-434/16" in row["article"]
    for secret in ("Quay", "chess", "84", "0.65", "65"):
        assert secret not in gap.request() and secret not in repr(gap)
    page = gap._repr_html_()
    assert "Votes for the Quay party, 65&nbsp;% sure" in page
    assert repr(gap).endswith("Could be concluded and is not shown: 3.")


def test_what_the_archive_shows_need_not_be_asked_for():
    party = Believes("party", "Orchard", "inferred", "segments")  # wrong, and still shown
    topic = Believes("interest", "Chess", "inferred", "topics")
    said = Believes("segment", "more open to new things than 84 % of the town", "inferred", "x")
    gap = access_gap(archive(party, topic), beliefs=GUESSED)
    assert gap.concluded["trait"].tolist() == ["interest", "openness"]
    assert gap.concluded.loc[0, "value"] == "jazz"  # the next one
    assert access_gap(archive(said), beliefs=GUESSED).concluded["trait"].tolist() == [
        "interest",
        "party",
    ]
    all_of_it = archive(party, said, topic, topic._replace(value="jazz"))
    gap = access_gap(all_of_it, beliefs=GUESSED)
    assert gap.concluded.empty and "what could be concluded" not in set(gap.table["owed"])


def test_what_was_said_is_not_concluded():
    said = make_beliefs((17, "party", "Quay", 1.0), origin="declared", method="form")
    for beliefs in (said, said.iloc[:0]):
        gap = access_gap(EMPTY, beliefs=beliefs)
        assert gap.concluded.empty and gap.table.equals(access_gap(EMPTY).table)


def test_with_origins_each_conclusion_says_by_which_road_it_came():
    party = GUESSED.iloc[:1]
    shares = dict(zip(ROADS, [0.25, 0.75, 0.0, 0.0], strict=True))
    roads = party[["person", "trait", "method", "holder"]].assign(**shares)
    gap = access_gap(EMPTY, beliefs=party, origins=roads)
    assert (
        gap.concluded.loc[0, "because"]
        == "25 % from what you did here, 75 % from trackers elsewhere"
    )


def test_html_is_escaped():
    door = "<script>alert(1)</script>"
    gap = access_gap(archive(platform=door))
    assert "<script>" not in gap._repr_html_() and "&lt;script&gt;" in gap._repr_html_()
    tables = {"concluded": access_gap(EMPTY, beliefs=GUESSED).concluded.assign(sentence=door)}
    page = dataclasses.replace(access_gap(EMPTY), **tables)._repr_html_()
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_the_page_shows_table_letter_and_limits():
    gap = access_gap(EMPTY)
    page = gap._repr_html_()
    for owed in gap.table["owed"]:
        assert f">{owed}</td>" in page
    assert "Request under Article 15 of the UK GDPR" in page
    assert all(note[:40].replace("'", "&#x27;") in page for note in NEED_NOT)
    assert isinstance(gap, AccessGap)
    with pytest.raises(dataclasses.FrozenInstanceError):
        gap.table = None


@pytest.mark.parametrize(
    ("exports", "more", "error", "match"),
    [
        ([], {}, TableError, "pass one or more archives"),
        ([EXAMPLES], {}, TableError, "as read_export gives them"),
        ([EMPTY, FULL], {}, TableError, "two archives of Instagram.*one folder"),
        ([EMPTY], {"received": "soon"}, TableError, "received"),
        ([EMPTY], {"rules": "mars"}, UnknownNameError, "rule set"),
        ([EMPTY], {"rules": "eu-2025-10", "received": "2026-01-05"}, RangeError, "place='GB-ENG'"),
        ([EMPTY], {"beliefs": GUESSED.drop(columns="p")}, TableError, "beliefs"),
        (
            [EMPTY, archive(platform="Quill")],
            {"beliefs": GUESSED},
            TableError,
            "they are of one archive",
        ),
        (
            [EMPTY],
            {"beliefs": GUESSED.assign(holder="Instagram")},
            TableError,
            "Instagram itself is their holder",
        ),
        (
            [EMPTY],
            {"beliefs": GUESSED.assign(trait="protected:religion")},
            TableError,
            "On an archive of a real person no model of ours runs",
        ),
        ([EMPTY], {"beliefs": GUESSED.assign(person=[1, 2, 3, 4])}, TableError, "about 4 people"),
    ],
)
def test_what_is_wrong_is_named(exports, more, error, match):
    with pytest.raises(error, match=match):
        access_gap(*exports, **more)


def test_the_beliefs_of_the_archive_itself_are_refused_and_not_repeated():
    export = archive(Believes("interest", SECRET, "inferred", "topics"))
    for beliefs in (export.beliefs, export.beliefs.assign(holder="Murmur", trait=SECRET)):
        with pytest.raises(TableError) as refused:
            access_gap(export, beliefs=beliefs)
        assert SECRET not in str(refused.value)


@given(st.lists(st.sampled_from([row for row, _ in ROWS]), max_size=6))
@settings(max_examples=15)
def test_more_in_an_archive_never_asks_more_things(rows):
    """A row more may change a question, and never adds one."""
    few, many = access_gap(archive(*rows[:-1])), access_gap(archive(*rows))
    assert len(asked(many)) <= len(asked(few))
    order = ["no", "in part", "yes"]
    before, after = (gap.table["shown"].map(order.index) for gap in (few, many))
    assert (after >= before).all()
