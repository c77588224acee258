import numpy as np
import pandas as pd
import pytest
from handmade import make_beliefs

from ethics_lib.decisions import Ad, target
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


def test_bad_input_is_refused():
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
