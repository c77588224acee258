import re

import numpy as np
import pandas as pd
import pytest
from handmade import make_beliefs, make_consents, make_traces
from hypothesis import given
from hypothesis import strategies as st

from ethics_lib.audiences import VIA
from ethics_lib.beliefs import as_beliefs
from ethics_lib.letters import PARTS, AccessLetter, access
from ethics_lib.origins import ROADS
from ethics_lib.personas import persona_card
from ethics_lib.rights import erase, object_to
from ethics_lib.tables import COLUMNS, TableError, concat, empty_table
from ethics_lib.uses import declare_use

FRIENDS = [4001, 4002, 4003]
ITEMS = pd.DataFrame({"name": ["The Button", "The Parcel", "The Mitten"]}, index=[5, 6, 7])
ITEMS = ITEMS.assign(kind="page", topic="knitting")
TRACES = concat(
    [
        make_traces([(1, 5), (1, 6)]),
        make_traces([(1, 7)], kind="visit", source="pixel", purpose="advertising"),
        make_traces([(2, 7)]),
        make_traces([(1, 1)] * 3, from_person=FRIENDS, kind="contact", source="contacts"),
        make_traces([(9, 1)], from_person=1, kind="contact", source="contacts"),
        make_traces([(1, 6)], time=pd.Timestamp("2026-03-01")),
        make_traces([(1, 5)], holder="Quill"),
    ],
    "traces",
)
BELIEFS = concat(
    [
        make_beliefs((1, "party", "Quay", 0.65), (1, "party", "Orchard", 0.35)),
        make_beliefs((1, "party", "Orchard", 0.6), origin="propagated", method="harmonic"),
        make_beliefs((1, "faith", "Tide", 1.0), origin="declared", method="form"),
        make_beliefs((2, "faith", "Lantern", 0.9)),
        as_beliefs(
            pd.DataFrame({"person": [1], "trait": "openness", "value": [0.0], "sd": [0.9]}),
            origin="inferred",
            method="svd",
            holder="Murmur",
            intent="deliberate",
        ),
    ],
    "beliefs",
)
USE = {"purpose": "direct_marketing", "topic": "political", "time": "2026-01-02"}
USES = concat(
    [
        declare_use("rally", holder="Murmur", traits=["party"], basis=None, **USE),
        declare_use("rally", holder="Quay Office", traits=["party"], basis="consent", **USE),
        declare_use("other", holder="Murmur", traits=["illness"], basis="consent", **USE),
    ],
    "uses",
)
DECISIONS = pd.DataFrame(
    {
        "person": [1, 1, 1, 2],
        "use": "rally",
        "ad": ["Vote", "Vote", "March", "Vote"],
        "category": "Quay",
        "score": [0.65, 0.65, 0.2, 0.9],
        "shown": [True, True, False, True],
        "acted": pd.array([pd.NA] * 4, dtype="boolean"),
        "via": "belief",
        "time": pd.to_datetime(["2026-01-02", "2026-01-03", "2026-01-03", "2026-01-03"]),
    }
)
CONSENTS = make_consents(
    (1, "service", True, "terms", "2025-01-01"), (2, "advertising", False, "opt-in", "2025-01-01")
)
NOTICES = pd.DataFrame(
    {"holder": "Murmur", "person": [1], "purpose": "service", "time": pd.Timestamp("2025-01-01")}
)
NOBODY = {
    "consents": empty_table("consents"),
    "notices": empty_table("notices"),
    "uses": empty_table("uses"),
    "decisions": empty_table("decisions"),
}
ALL = {
    "traces": TRACES,
    "beliefs": BELIEFS,
    "consents": CONSENTS,
    "notices": NOTICES,
    "uses": USES,
    "decisions": DECISIONS,
}
WHO = {"holder": "Murmur", "received": "2026-01-05"}


def why(*rows):
    """A reason for each (trait, origin, from_person, item, weight)."""
    table = pd.DataFrame(rows, columns=["trait", "origin", "from_person", "item", "weight"])
    return table.assign(person=1).astype({"item": "Int32"})[list(COLUMNS["explanation"])]


def said(letter, part):
    return letter.table.loc[letter.table["part"] == part, "text"].tolist()


# ------------------------------------------------------------------------- what is in the letter


def test_a_letter_has_every_part_in_order_and_says_when_it_was_due():
    letter = access(1, **WHO, **ALL, deadline="2026-02-05", name="Wren Halloway")
    assert isinstance(letter, AccessLetter)
    assert letter.table["part"].unique().tolist() == list(PARTS)
    assert letter.opening == (
        "On 5 January 2026 you asked us what we hold about you. The law wants an answer by "
        "5 February 2026. This is the answer."
    )
    assert access(1, **WHO, **ALL).opening == letter.opening  # the law's own day
    longer = access(1, **WHO, **ALL, deadline="2026-04-07").opening
    assert "wants an answer by 7 April 2026." in longer
    assert repr(letter).startswith("Murmur to Wren Halloway\n")
    assert repr(access(1, **WHO, **ALL)).startswith("Murmur to Person 1\n")


def test_it_says_what_is_held_from_where_and_through_how_many_others():
    assert said(access(1, **WHO, **ALL), "What we hold about you") == [
        "2 likes, seen on our platform, on 1 June 2025.",
        "1 visit, seen on other firms' sites, by our pixel there, on 1 June 2025.",
        "3 entries, in address books that other members gave us, on 1 June 2025. "
        "3 other people told us.",
        "What you told us about 1 other person.",
    ]


def test_every_conclusion_has_its_own_sentence_also_where_two_methods_disagree():
    assert said(access(1, **WHO, **ALL), "What we conclude about you") == [
        "We make a profile of you. It says 4 things about you.",
        "“Votes for the Quay party”, 65 % sure: worked out from what you did.",
        "“Votes for the Orchard party”, 60 % sure: worked out from who your friends are.",
        "“Keeps the Tide faith”, 100 % sure: you said so.",
        "“More open to new things than 50 % of the town”, give or take 0.9: "
        "worked out from what you did.",
    ]


def test_reasons_name_things_and_count_people():
    explanation = why(
        ("party", "observed", 1, 5, 0.9),
        ("party", "tracked", 1, 7, 0.8),
        ("party", "observed", 1, 6, 0.7),
        ("party", "observed", 1, 8, 0.1),
        ("party", "observed", 1, 6, -0.7),
        ("party", "inferred", 1, pd.NA, 0.9),
        *(("party", "propagated", friend, pd.NA, 0.2) for friend in FRIENDS),
        ("openness", "observed", 1, 5, -0.3),
    )
    told = said(access(1, **WHO, **ALL, explanation=explanation, items=ITEMS), list(PARTS)[1])
    assert told[1].endswith(
        "what you did; most of all you liked The Button and The Parcel; you were tracked at "
        "The Mitten, and 1 more."
    )
    assert told[2].endswith("who your friends are, and from what 3 other people said.")
    assert told[4].endswith("nothing in particular, it is what is usual in the town.")
    plain = said(access(1, **WHO, **ALL, explanation=explanation), list(PARTS)[1])
    assert plain[1].endswith("worked out from what you did, from 4 things.")


def test_shares_are_said_and_drawn_where_they_are_known():
    origins = pd.DataFrame({"person": [1, 2], "trait": "party", "method": "svd"})
    shares = {"own": 0.3, "tracked": 0.1, "others": 0.0, "usual": 0.6}
    origins = origins.assign(holder="Murmur", **shares)
    letter = access(1, **WHO, **ALL, origins=origins)
    told = said(letter, "What we conclude about you")
    assert told[1].endswith(
        "It came 30 % from what you did here, 10 % from trackers elsewhere and 60 % from what is "
        "usual in the town."
    )
    drawn = letter.table.dropna(subset="own")
    assert drawn[["own", "tracked", "others", "usual"]].values.tolist() == [[0.3, 0.1, 0, 0.6]]
    html = letter._repr_html_()
    assert html.count("display:flex") == 1
    assert all(html.count(f"</span> {road}</span>") == 1 for road in ROADS.values())  # the legend
    assert "■" not in access(1, **WHO, **ALL)._repr_html_()  # nothing to explain
    assert letter.table["p"].dropna().tolist() == [0.65, 0.6, 1.0]


@given(st.lists(st.integers(0, 1000), min_size=4, max_size=4).filter(any))
def test_percents_are_those_of_the_persona_card_and_add_up(parts):
    parts = np.array(parts) / sum(parts)
    row = {"person": 1, "trait": "faith", "method": "form", "holder": "Murmur"}
    origins = pd.DataFrame([row | dict(zip(ROADS, parts, strict=True))])
    told = said(access(1, **WHO, **ALL, origins=origins), "What we conclude about you")[3]
    assert sum(int(n) for n in re.findall(r"(\d+) %", told.split("It came")[1])) == 100
    mine = BELIEFS.query("person == 1 and trait == 'faith'")
    whence = persona_card(1, mine, origins=origins).table["whence"].iloc[0]
    assert whence.split(", ") == re.split(" and |, ", told.split("It came ")[1].rstrip("."))


def test_interests_are_one_sentence():
    topics = [(1, "interest", topic, 0.25) for topic in ("jazz", "chess", "trains", "cheese")]
    beliefs = make_beliefs(*topics, origin="observed", method="share")
    told = said(access(1, **WHO, **ALL | {"beliefs": beliefs}), "What we conclude about you")
    assert told[1] == (
        "Will next like something about jazz (25 %), chess (25 %) and trains (25 %), and 1 topic "
        "more: seen on the platform."
    )


def test_it_says_what_was_done_what_for_and_who_else_has_it():
    letter = access(1, **WHO, **ALL)
    did = said(letter, "What we did with it")
    assert did[0].startswith("We showed you “Vote”, 2 times, last on 3 January 2026: an advert")
    assert did[1].startswith("We left you out of “March” on 3 January 2026: an advert")
    assert did[0].endswith(". Because you are believed to be “Quay” (0.65).") and len(did) == 2
    assert did[1].endswith(". Because you were not believed surely enough to be “Quay” (0.20).")
    assert said(letter, "What it is for") == [
        "Service: 6 records. You said yes on 1 January 2025 (terms), and we first told you on "
        "1 January 2025.",
        "Advertising: 1 record. You were never asked, and we never told you.",
        "Direct marketing: the use “rally” of what we conclude about party, on no ground that we "
        "name. You were never asked, and we never told you.",
    ]
    assert said(letter, "Who else has it") == [
        "Quay Office, which decides with us on “rally”.",
        "Quill, which has 1 record and 0 beliefs about you; whether from us, the tables do not "
        "say.",
    ]


@pytest.mark.parametrize("via", VIA)
def test_the_reason_for_showing_is_not_that_for_leaving_out(via):
    decisions = DECISIONS.assign(via=via)
    did = said(access(1, **WHO, **ALL | {"decisions": decisions}), "What we did with it")
    reasons = [text.split(": ")[1].split(". ")[1] for text in did]
    assert len(set(reasons)) == 2
    if via != "belief":
        assert f"Because {VIA[via]}" in did[0]
        assert reasons[1].startswith("It goes by ") and f"by {via}," not in reasons[1]


def test_who_was_believed_surely_enough_was_left_out_for_another_reason():
    sure = DECISIONS.assign(score=[0.65, 0.65, 0.7, 0.9], ad="Vote")
    did = said(access(1, **WHO, **ALL | {"decisions": sure}), "What we did with it")
    assert did[1].endswith(
        "You are believed to be “Quay” (0.70); what kept it from you was something else, such as "
        "a no."
    )


def test_nothing_that_was_done_is_left_out_because_its_use_started_later():
    uses = USES.assign(time=pd.Timestamp("2026-02-01"))
    letter = access(1, **WHO, **ALL | {"uses": uses})
    assert len(said(letter, "What we did with it")) == 2
    assert "the use “rally”" in said(letter, "What it is for")[2]


def test_a_ground_is_named_with_its_article():
    uses = USES.assign(basis="legitimate_interest")
    told = said(access(1, **WHO, **ALL | {"uses": uses}), "What it is for")
    assert "on legitimate interest, Art. 6(1)(f)." in told[2]


def test_a_limit_is_told_if_one_was_declared():
    rows = {"holder": "Murmur", "source": ["platform", "pixel"], "retention": [90.0, np.nan]}
    words = dict.fromkeys(["data_type", "purpose", "band", "of"], "any")
    declarations = pd.DataFrame(rows).assign(**words, declared=True)
    told = said(access(1, **WHO, **ALL, declarations=declarations), "How long we keep it")
    assert told[0] == "Seen on our platform: 90 days."
    assert told[1].endswith("by our pixel there: no limit that we have stated.")


def test_rights_that_were_used_are_in_it_and_change_it():
    ledger = object_to(CONSENTS, 1, holder="Murmur", time="2026-01-03")
    letter = access(1, **WHO, **ALL | {"consents": ledger})
    assert said(letter, "What you can do")[-1] == (
        "You have used a right: objected (direct marketing), on 3 January 2026."
    )
    assert "You said no on 3 January 2026 (objected)" in said(letter, "What it is for")[2]
    rest = erase(TRACES, ledger, person=1, holder="Murmur", time="2026-01-04").table
    letter = access(1, **WHO, **ALL | {"traces": rest})
    assert said(letter, "What we hold about you") == ["No records; only what we conclude, below."]


def test_somebody_who_never_joined_gets_a_letter_too():
    contact = {"kind": "contact", "source": "contacts"}
    traces = make_traces([(1, 1)], from_person=FRIENDS[0], **contact)
    letter = access(1, **WHO, **NOBODY, traces=traces, beliefs=empty_table("beliefs"))
    assert said(letter, "What we conclude about you") == ["Nothing: we make no profile of you."]
    for part in ("What we did with it", "Who else has it"):
        assert said(letter, part)[0].endswith("that our tables show.")
    assert "1 other person told us." in said(letter, "What we hold about you")[0]


# --------------------------------------------------------------------- what is not in the letter


def test_nothing_that_came_later_and_nothing_of_another_holder():
    early = access(1, **WHO, **ALL)
    assert "1 March 2026" not in repr(early)
    late = access(1, **WHO | {"received": "2026-03-01"}, **ALL)
    assert said(late, "What we hold about you")[0].startswith("3 likes")
    assert "illness" not in repr(early)  # declared, never used on them


@given(
    st.lists(
        st.tuples(st.sampled_from([1, 7001, 7002, 7003]), st.sampled_from([1, 7004, 7005])),
        min_size=1,
        max_size=8,
    )
)
def test_nobody_else_is_named(rows):
    rows = [*rows, (1, 7006)]
    traces = make_traces(
        [(person, 5) for person, _ in rows],
        from_person=[by for _, by in rows],
        kind="contact",
        source="contacts",
    )
    friends = [("party", "propagated", by, pd.NA, 0.2) for _, by in rows if by != 1]
    tables = ALL | {"traces": traces}
    letter = access(1, **WHO, **tables, explanation=why(*friends), items=ITEMS)
    for text in (repr(letter), letter._repr_html_(), letter.table.to_string()):
        assert not [person for person in range(7001, 7007) if str(person) in text]
    assert said(letter, "What this letter leaves out")[0].startswith("The names of ")


def test_the_letter_shows_itself_and_no_markup_gets_through():
    uses = USES.assign(use="<b>rally</b>")
    decisions = DECISIONS.assign(use="<b>rally</b>", ad="<i>Vote</i>")
    letter = access(1, **WHO, **ALL | {"uses": uses, "decisions": decisions}, name="<u>Wren")
    html = letter._repr_html_()
    assert "&lt;i&gt;Vote" in html and "&lt;u&gt;Wren" in html
    assert not [tag for tag in ("<b>", "<i>", "<u>") if tag in html]


def test_no_table_is_changed():
    before = {name: table.copy() for name, table in ALL.items()}
    access(1, **WHO, **ALL)
    for name, table in ALL.items():
        pd.testing.assert_frame_equal(table, before[name])


@pytest.mark.parametrize(
    ("person", "received", "error", "match"),
    [
        (99, "2026-01-05", TableError, "Murmur holds nothing about person 99 up to 2026-01-05"),
        (1, "2026-01-05T00:00Z", TableError, "received='2026-.*' is no time. Pass a day or a mo"),
        (1, 5, TableError, "received=5 is no time"),
    ],
)
def test_errors_say_what_to_do(person, received, error, match):
    with pytest.raises(error, match=match):
        access(person, holder="Murmur", received=received, **ALL)


def test_what_is_wrong_with_a_table_is_said_at_the_door():
    with pytest.raises(TableError, match=r"deadline='soon' is no time"):
        access(1, **WHO, **ALL, deadline="soon")
    with pytest.raises(TableError, match=r"the use 'rally' of person 1 is declared nowhere, so no"):
        access(1, **WHO, **ALL | {"uses": USES.query("use != 'rally'")})
    extra = {"explanation": why(("party", "observed", 1, 5, 0.9)), "items": ITEMS}
    with pytest.raises(TableError, match=r"items: there is no item 5, which the explanation names"):
        access(1, **WHO, **ALL, **extra | {"items": ITEMS.loc[[6]]})
    for noun in ALL:
        if noun != "beliefs":
            text = ALL[noun].assign(time=ALL[noun]["time"].astype(str))
            with pytest.raises(TableError, match=f"^{noun}: column 'time' holds '20.*to_datetime"):
                access(1, **WHO, **ALL | {noun: text})
    for noun in ("origins", "explanation", "declarations", "items"):
        with pytest.raises(TableError, match=f"^{noun}: column '.*' is missing"):
            access(1, **WHO, **ALL, **{noun: ITEMS[[]]})
