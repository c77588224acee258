import numpy as np
import pandas as pd
import pytest
from handmade import make_beliefs

from ethics_lib.decisions import BASES, CONDITIONS, Ad, declare_use, target
from ethics_lib.tables import RangeError, TableError, UnknownNameError, check_table

BELIEFS = make_beliefs(
    (1, "party", "Quay", 0.9),
    (1, "party", "Orchard", 0.1),
    (2, "party", "Quay", 0.7),
    (3, "party", "Quay", 0.69),
    (4, "party", "Orchard", 1.0),
    (5, "faith", "Tide", 1.0),
)
VOTE = Ad("Vote!", "political", "party", "Quay")


def aim(beliefs=BELIEFS, ad=VOTE, threshold=0.7):
    return target(beliefs, ad, use="votes", threshold=threshold, time="2026-01-02")


def use(**columns):
    full = {
        "holder": "Murmur",
        "traits": ["party", "faith"],
        "purpose": "direct_marketing",
        "basis": "consent",
        "topic": "political",
        "time": "2026-01-02",
    }
    return declare_use("votes", **full | columns)


def test_everybody_sure_enough_is_shown_the_advert_and_the_rest_is_left_out():
    decided = aim()
    check_table(decided, "decisions")
    assert dict(zip(decided["person"], decided["shown"], strict=True)) == {
        1: True,
        2: True,
        3: False,
    }
    assert decided["score"].tolist() == [0.9, 0.7, 0.69]
    assert decided["acted"].isna().all()
    assert decided[["use", "ad", "category"]].drop_duplicates().to_numpy().tolist() == [
        ["votes", "Vote!", "Quay"]
    ]


def test_of_two_beliefs_the_surer_one_counts():
    twice = pd.concat([BELIEFS, make_beliefs((3, "party", "Quay", 0.95), method="harmonic")])
    assert aim(twice).set_index("person")["shown"].to_dict() == {1: True, 2: True, 3: True}


def test_a_higher_threshold_shows_nobody_more():
    shown = [set(aim(threshold=t).query("shown")["person"]) for t in (0, 0.5, 0.7, 0.9, 1)]
    assert shown == [{1, 2, 3}, {1, 2, 3}, {1, 2}, {1}, set()]


def test_a_use_has_a_row_for_each_trait_it_looks_at():
    uses = use()
    check_table(uses, "uses")
    assert uses["trait"].tolist() == ["party", "faith"]
    assert uses[["lia", "art9_condition"]].isna().all().all()
    assert use(traits="party")["trait"].tolist() == ["party"]
    assert use(basis=None)["basis"].isna().all()
    assert use(lia="2025-12-01")["lia"].eq(pd.Timestamp("2025-12-01")).all()


def test_grounds_are_those_of_the_law():
    assert len(BASES) == 7 and len(CONDITIONS) == 10
    assert [use(basis=basis)["basis"].iloc[0] for basis in BASES] == list(BASES)
    for letter, condition in zip("abcdefghij", CONDITIONS, strict=True):
        assert CONDITIONS[condition] == f"Art. 9(2)({letter})"
        assert use(art9_condition=condition)["art9_condition"].iloc[0] == condition


def test_bad_input_is_refused():
    with pytest.raises(UnknownNameError, match=r"lawful basis 'consnt' does not exist.*'consent'"):
        use(basis="consnt")
    with pytest.raises(
        UnknownNameError, match=r"condition of Article 9.2. 'explicit consent' does not"
    ):
        use(art9_condition="explicit consent")
    with pytest.raises(TableError, match=r"use 'votes' looks at no trait. Name at least one"):
        use(traits=[])
    for threshold in (-0.1, 1.1, float("nan"), "high"):
        with pytest.raises(RangeError, match=r"threshold=.* is outside its range: 0 to 1"):
            aim(threshold=threshold)
    with pytest.raises(
        UnknownNameError, match=r"trait 'prty' does not exist. Did you mean 'party'"
    ):
        aim(ad=Ad("x", "x", "prty", "Quay"))
    with pytest.raises(UnknownNameError, match=r"value of party 'Kuay' does not exist.*'Quay'"):
        aim(ad=Ad("x", "x", "party", "Kuay"))
    number = make_beliefs((1, "openness", 1.0, np.nan)).assign(sd=0.5)
    with pytest.raises(
        TableError, match=r"target: 'openness' is believed as a number, which no value"
    ):
        aim(number, Ad("x", "x", "openness", 1.0))
    with pytest.raises(TableError, match=r"beliefs: column 'p' holds 1.5 in row 0"):
        aim(BELIEFS.assign(p=1.5))
    with pytest.raises(TableError, match=r"beliefs: the table has no rows"):
        aim(BELIEFS.iloc[:0])
