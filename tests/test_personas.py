import re

import numpy as np
import pandas as pd
import pytest
from handmade import make_beliefs, make_known, make_ties
from hypothesis import given
from hypothesis import strategies as st

from ethics_lib.beliefs import ORIGINS
from ethics_lib.origins import ROADS, origins
from ethics_lib.personas import make_personas, persona_card, reason
from ethics_lib.propagation import explain_friends
from ethics_lib.tables import TableError, empty_table

INTEREST = make_beliefs(
    (1, "interest", "chess", 0.7), (1, "interest", "jazz", 0.3), origin="observed"
)
GUESSED = make_beliefs((1, "faith", "Tide", 0.6), (1, "faith", "Lantern", 0.4))
NUMBER = make_beliefs((1, "openness", 1.0, np.nan)).assign(sd=0.5)
ALL = pd.concat([GUESSED, INTEREST, NUMBER], ignore_index=True)


def test_a_persona_is_a_row_with_the_likeliest_of_each_trait():
    personas = make_personas(pd.concat([ALL, make_beliefs((2, "faith", "Tide", 0.9))]))
    assert personas.index.tolist() == [1, 2] and personas.index.name == "person"
    assert list(personas) == sorted(
        f"{trait}{part}"
        for trait in ("faith", "interest", "openness")
        for part in ("", "_p", "_origin")
    )
    one = personas.loc[1]
    assert (one["faith"], one["faith_p"], one["faith_origin"]) == ("Tide", 0.6, "inferred")
    assert one["openness"] == 1 and np.isnan(one["openness_p"])
    assert pd.isna(personas.loc[2, "interest"])


@pytest.mark.parametrize(
    ("sure", "unsure"), list(zip(list(ORIGINS), list(ORIGINS)[1:], strict=False))
)
def test_the_surer_way_of_knowing_goes_before_the_surer_number(sure, unsure):
    little = make_beliefs((1, "faith", "Tide", 0.51), origin=sure)
    much = make_beliefs((1, "faith", "Lantern", 0.99), origin=unsure)
    for beliefs in (pd.concat([little, much]), pd.concat([much, little])):
        assert make_personas(beliefs).loc[1, "faith_origin"] == sure


def test_a_card_says_the_harmless_first():
    card = persona_card(1, ALL, name="Wren Halloway")
    assert card.table["trait"].tolist() == ["interest", "openness", "faith"]
    assert card.table["sentence"].tolist() == [
        "Will next like something about chess",
        "More open to new things than 84 % of the town",
        "Keeps the Tide faith",
    ]
    assert (card.name, card.holder) == ("Wren Halloway", "Murmur")
    assert persona_card(1, ALL).name == "Person 1"


def test_a_card_gives_each_reason_and_each_line():
    wronged = pd.DataFrame(
        {
            "line": ["EL-12", "EL-01", "EL-01", "EL-03", "EL-01"],
            "person": [1, 1, 1, 1, 2],
            "jurisdiction": "EU",
            "severity": "red",
            "law": "breach",
            "trait": ["faith", "faith", "faith", None, "openness"],
        }
    )
    card = persona_card(1, ALL, reasons={"faith": "liked The Tall Bell"}, wronged=wronged)
    assert card.besides == "EL-03"
    words = wronged.astype({"trait": "category"})
    assert repr(persona_card(1, ALL, wronged=words)) == repr(persona_card(1, ALL, wronged=wronged))
    table = card.table.set_index("trait")
    assert table["lines"].to_dict() == {"faith": "EL-01, EL-12", "interest": "", "openness": ""}
    assert table.loc["faith", "because"] == "liked The Tall Bell"
    assert table.loc["interest", "because"] == ORIGINS["observed"]


def test_a_card_shows_itself_as_text_and_as_html():
    wronged = pd.DataFrame(
        {"line": ["EL-01"], "person": 1, "jurisdiction": "EU", "severity": "red", "law": "breach"}
    ).assign(trait="faith")
    card = persona_card(
        1, ALL, reasons={"faith": "liked <The> Bell"}, wronged=wronged, name="W & <b>"
    )
    text = repr(card)
    assert text.startswith("W & <b>, as Murmur sees them")
    assert "- Keeps the Tide faith (60 % sure, inferred)  [crosses EL-01]" in text
    assert "    because: liked <The> Bell" in text
    assert "(give or take 0.5, inferred)" in text
    html = card._repr_html_()
    assert "W &amp; &lt;b&gt;" in html and "liked &lt;The&gt; Bell" in html
    assert "crosses EL-01" in html and "width:60%" in html and "<The>" not in html
    assert html.count("<tr") == len(card.table) == 3


def test_a_trait_that_the_town_does_not_know_is_said_plainly():
    assert (
        persona_card(1, make_beliefs((1, "side", "white", 0.6))).table["sentence"].item()
        == "side: white"
    )


def make_origins(*rows, method="svd"):
    """Shares for each (person, trait, own, tracked, others, usual)."""
    columns = ["person", "trait", "own", "tracked", "others", "usual"]
    return pd.DataFrame(rows, columns=columns).assign(method=method, holder="Murmur")


def test_every_sentence_says_where_it_comes_from():
    shares = make_origins(
        (1, "faith", 0.615, 0.304, 0.081, 0),
        (1, "openness", 0, 0, 1, 0),
        (1, "interest", 1 / 3, 1 / 3, 0, 1 / 3),
        (2, "faith", 1, 0, 0, 0),
    )
    card = persona_card(1, ALL, origins=shares)
    table = card.table.set_index("trait")
    assert table["whence"].to_dict() == {
        "faith": "62 % from what you did here, 30 % from trackers elsewhere, 8 % from other people",
        "interest": "34 % from what you did here, 33 % from trackers elsewhere, "
        "33 % from what is usual in the town",
        "openness": "100 % from other people",
    }
    assert table.loc["faith", list(ROADS)].tolist() == [0.615, 0.304, 0.081, 0]
    text, html = repr(card), card._repr_html_()
    assert table.loc["interest", "because"] == table.loc["interest", "whence"]
    for said in table["whence"]:
        assert said in text and said.replace(" %", "&nbsp;%") in html


def test_what_a_tracker_saw_was_not_seen_on_the_platform():
    whence = "100 % from trackers elsewhere"
    card = persona_card(1, INTEREST, origins=make_origins((1, "interest", 0, 1, 0, 0)))
    assert card.table["because"].item() == whence
    for said in (repr(card), card._repr_html_().replace("&nbsp;", " ")):
        assert said.count(whence) == 1 and ORIGINS["observed"] not in said
    here = persona_card(1, INTEREST, origins=make_origins((1, "interest", 0.6, 0.4, 0, 0)))
    assert here.table["because"].item() == ORIGINS["observed"]
    why = {"interest": "was tracked at The Gate"}
    card = persona_card(1, INTEREST, origins=make_origins((1, "interest", 0, 1, 0, 0)), reasons=why)
    assert "because: was tracked at The Gate" in repr(card) and whence in repr(card)
    assert ORIGINS["observed"] not in card._repr_html_()


def test_what_you_said_is_not_what_you_did():
    declared = make_beliefs((1, "faith", "Tide", 1.0), origin="declared", method="form")
    card = persona_card(1, declared, origins=origins(declared))
    assert card.table["whence"].item() == "100 % from what you said"


@given(st.lists(st.integers(0, 1000), min_size=4, max_size=4).filter(any))
def test_the_percents_of_a_sentence_add_up(parts):
    shares = np.array(parts) / sum(parts)
    card = persona_card(1, NUMBER, origins=make_origins((1, "openness", *shares)))
    said = [int(n) for n in re.findall(r"(\d+) %", card.table["whence"].item())]
    assert sum(said) == 100 and min(said) > 0
    assert max(abs(100 * np.sort(shares)[::-1][: len(said)] - sorted(said, reverse=True))) < 1


def test_a_card_without_shares_stays_as_it_was():
    card = persona_card(1, ALL)
    assert "whence" not in card.table and not set(ROADS) & set(card.table)
    assert repr(card).count("\n") == 2 * len(card.table)
    assert "from what you did here" not in card._repr_html_()


def test_a_sentence_that_has_no_shares_is_not_passed_over():
    with pytest.raises(
        TableError, match=r"origins: no row for 'interest' of person 1, believed by"
    ):
        persona_card(1, ALL, origins=make_origins((1, "faith", 1, 0, 0, 0)))
    with pytest.raises(TableError, match=r"by Murmur with 'svd'. Make them with origins\(beliefs"):
        persona_card(1, GUESSED, origins=make_origins((1, "faith", 1, 0, 0, 0), method="link"))
    with pytest.raises(TableError, match=r"origins: column 'own' is missing"):
        persona_card(1, ALL, origins=make_origins().drop(columns="own"))


def explanation(*rows):
    table = pd.DataFrame(rows, columns=["origin", "from_person", "item", "weight"])
    return table.assign(person=1, trait="faith").astype({"item": "Int32"})


def test_a_reason_names_the_strongest_and_counts_the_rest():
    why = explanation(
        ("observed", 1, 10, 2.0),
        ("observed", 1, 11, -1.9),
        ("tracked", 1, 20, 1.0),
        ("observed", 1, 12, 0.9),
        ("inferred", 1, pd.NA, 0.5),
        ("observed", 1, 13, 0.1),
    )
    names = {10: "The Bell", 11: "The Oar", 12: "The Kite", 13: "The Jar", 20: "The Gate"}
    sentence = reason(why, names)
    assert sentence == "liked The Bell and The Kite; was tracked at The Gate, and 1 more"
    assert reason(why, names, most=1) == "liked The Bell, and 3 more"


def test_a_reason_may_be_friends():
    ties = make_ties((0, 2), (1, 2), (2, 3))
    why = explain_friends(
        make_known({0: "Tide", 1: "Tide", 3: "Lantern"}, "faith"), ties, person=2, trait="faith"
    )
    assert reason(why, {0: "Ash", 1: "Lark", 3: "Kit"}) == "has friends who said so: Ash and Lark"


def test_where_nothing_speaks_for_it_the_town_does():
    why = explanation(("observed", 1, 10, -2.0), ("inferred", 1, pd.NA, 3.0))
    assert reason(why, {10: "The Bell"}) == "nothing in particular: it is what is usual in the town"


NAMED = ("person", "jurisdiction", "severity", "trait")


def test_bad_input_is_refused():
    with pytest.raises(TableError, match=r"persona_card: nothing is believed of person 9"):
        persona_card(9, ALL)
    with pytest.raises(TableError, match=r"persona_card: nothing is believed of person '1'"):
        persona_card("1", ALL)
    with pytest.raises(TableError, match=r"beliefs: got list where a pandas DataFrame is needed"):
        persona_card(1, [ALL])
    with pytest.raises(TableError, match=r"wronged: column 'law' is missing"):
        persona_card(1, ALL, wronged=pd.DataFrame({"line": ["EL-01"], **dict.fromkeys(NAMED, 1)}))
    with pytest.raises(TableError, match=r"beliefs: origin 'guessed' is not one of declared, told"):
        make_personas(ALL.assign(origin="guessed"))
    with pytest.raises(TableError, match=r"beliefs: the table has no rows"):
        make_personas(empty_table("beliefs"))
    with pytest.raises(TableError, match=r"beliefs: column 'p' is missing"):
        make_personas(ALL.drop(columns="p"))
    with pytest.raises(TableError, match=r"explanation: column 'weight' is missing"):
        reason(explanation(("observed", 1, 10, 2.0)).drop(columns="weight"), {})
    with pytest.raises(TableError, match=r"labels: 10 has no name"):
        reason(explanation(("observed", 1, 10, 2.0)), {})
