"""Weighing: friends' answers as evidence, each worth what such answers are worth in the town.

A vote is as sure of one friend's word as of thirty friends'. Evidence adds up: it is small where
friends are no more alike than any two people, and grows with every friend who speaks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ethics_lib.tables import TableError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["weigh_friends", "worth_of_answers"]


def weigh_friends(
    friends: csr_array, known: np.ndarray, answers: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Believe what friends' answers are evidence for: each is worth what such answers are worth.

    Where friends are as alike as any two people, a friend's answer is worth nothing; and each
    friend who falls silent takes their share of the evidence away. So bits mean what they should,
    which those of a vote do not: it is as sure of one friend's word as of thirty friends'. Still a
    little too sure, since friends who know each other say the same. It is a way to pass answers on
    for `propagate`, words only; see `walks.neighbour_vote` for what it takes and gives.

    References
    ----------
    The network-only Bayes classifier in Macskassy & Provost (2007), Journal of Machine Learning
    Research 8:935, without its rounds of asking again.
    """
    from scipy.special import softmax

    heard = friends @ answers
    worth, usual = worth_of_answers(friends, known, answers)
    return softmax(heard @ worth + usual, axis=1), heard.sum(axis=1) > 0


def worth_of_answers(
    friends: csr_array, known: np.ndarray, answers: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Learn from pairs of friends who answered what one's answer is worth for the other.

    Returns
    -------
    worth : array (k, k)
        Log of how often a friend says the value of the row, of people who say that of the column.
    usual : array (k,)
        Log of the share of each answer; where nobody answered, the same for all.
    """
    if not np.isin(answers, (0, 1)).all():
        raise TableError(
            "weigh_friends: the answers are numbers, and only words are evidence here. Pass "
            "method='harmonic', or answers in words."
        )
    answers, k = answers.astype(float), answers.shape[1]
    pairs = answers.T @ (friends @ answers) + 1  # one of each kind, as if it had been seen
    shares = answers[known].mean(axis=0) if known.any() else np.full(k, 1 / k)
    with np.errstate(divide="ignore"):
        return np.log(pairs / pairs.sum(axis=0)), np.log(shares)
