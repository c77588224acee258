"""Friends' answers as evidence, each worth what such answers are worth."""

import numpy as np
import pandas as pd
import pytest
from handmade import make_known, make_ties

from ethics_lib import propagate
from ethics_lib.tables import TableError, to_csr
from ethics_lib.weighing import weigh_friends, worth_of_answers


def test_friends_count_as_evidence_for_what_their_answers_are_worth():
    camps = [(a, b) for a in range(1, 17) for b in range(a + 1, 17) if (a < 9) == (b < 9)]
    ties = make_ties(*camps, *((0, friend) for friend in range(1, 9)))
    friends = to_csr(ties, pd.RangeIndex(17))
    answers = np.zeros((17, 2), dtype=np.float32)
    answers[1:9, 0] = answers[9:, 1] = 1
    known = answers.any(axis=1)
    worth, usual = worth_of_answers(friends, known, answers)
    # 28 pairs of friends in each camp, each seen from both ends, and one of each kind to begin with
    assert np.allclose(np.exp(worth), [[57 / 58, 1 / 58], [1 / 58, 57 / 58]])
    assert np.allclose(np.exp(usual), [0.5, 0.5])
    scores, reached = weigh_friends(friends, known, answers)
    assert reached.all() and np.isclose(scores[0, 0], 57**8 / (57**8 + 1))


def test_friends_who_are_no_more_alike_than_others_are_no_evidence():
    pairs = [(1, 3), (1, 4), (2, 3), (2, 4), (1, 2), (3, 4), (0, 1), (0, 2)]
    known = make_known({1: "black", 2: "black", 3: "white", 4: "white"})
    # of 12 ends 4 join the same answers; one more of each kind does not change much
    p = propagate(known, make_ties(*pairs), holder="Murmur", method=weigh_friends)
    assert 0.2 < p.query("person == 0 and value == 'black'")["p"].iloc[0] < 0.5


def test_numbers_are_refused():
    known = make_known({1: 0.5, 2: 1.5}, "openness")
    with pytest.raises(TableError, match=r"numbers, and only words are evidence"):
        propagate(known, make_ties((0, 1), (1, 2)), holder="Murmur", method=weigh_friends)


def test_where_nobody_answered_nobody_is_reached():
    friends, silent = to_csr(make_ties((0, 1), (1, 2)), pd.RangeIndex(3)), np.zeros(3, dtype=bool)
    scores, reached = weigh_friends(friends, silent, np.zeros((3, 2), dtype=np.float32))
    assert not reached.any() and np.allclose(scores, 0.5)
