"""Lesson 00: the five-minute persona."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import pandas as pd

from ethics_lib.checks import Choice, Misconception, Prediction, Value, instead

__all__ = ["CHECKS"]


@cache
def murmur(lesson: object) -> SimpleNamespace:
    """What Murmur believes about expecting a child, and the truth, as the lesson sets it up."""
    from ethics_lib import Pixel, Platform, ask_consent, collect, infer

    town = lesson.town
    members = town.people.query("member")
    agreed = ask_consent(
        members, holder="Murmur", purposes=["service"], how="terms", time=members["joined"], rng=1
    )
    held = collect(town, agreed, [Platform("Murmur"), Pixel("Murmur", reach=0.3, waits=False)])
    answers = town.reports[town.reports["trait"] == "expecting"]
    beliefs = infer(held.traces, answers, holder="Murmur")
    chance = beliefs[beliefs["value"] == "yes"].set_index("person")["p"]
    expecting = town.people["expecting"].loc[chance.index] == "yes"
    return SimpleNamespace(chance=chance, expecting=expecting)


def coupon(lesson: object, *, limit: float = 0.03) -> pd.Series:
    """Of those whom the coupon reaches, who is expecting."""
    held = murmur(lesson)
    return held.expecting[held.chance >= limit]


def karate_right(_: object) -> int:
    """How many members the two leaders' answers put into their true club."""
    from ethics_lib import propagate
    from ethics_lib.datasets import load_karate

    club = load_karate()
    leaders = pd.DataFrame({"person": [0, 33], "trait": "faction", "value": ["Mr. Hi", "Officer"]})
    guessed = propagate(leaders, club.ties, holder="you", method="harmonic")
    likeliest = guessed.sort_values("p").drop_duplicates("person", keep="last")
    truth = club.people["faction"].loc[likeliest["person"]].to_numpy()
    return 2 + int((likeliest["value"].to_numpy() == truth).sum())


def davis_right(_: object) -> int:
    """How many women the second factor of the guest lists places as the ethnographers did."""
    import networkx as nx
    import numpy as np

    from ethics_lib.datasets import load_southern_women

    graph = nx.davis_southern_women_graph()
    seats = nx.bipartite.biadjacency_matrix(graph, graph.graph["top"]).toarray().astype(float)
    left = np.linalg.svd(seats / np.sqrt(seats.sum(axis=1, keepdims=True)))[0]
    second = load_southern_women().people["group"] == "second"
    agrees = int(((left[:, 1] > 0) == second).sum())
    return max(agrees, 18 - agrees)


CHECKS = (
    Prediction(
        id="00.right",
        question="Of those whose vote Murmur is at least 70 % sure of, the share it gets right",
    ),
    Choice(
        id="00.origin",
        question="How did Murmur come to know Wren's faith?",
        options=("declared", "observed", "tracked", "told", "inferred", "propagated"),
        right="inferred",
        praise="Right. Nobody saw a faith: Murmur saw likes and visits, and worked the faith out.",
        misconceptions={
            "likes are the belief": Misconception(
                lambda answer, _: answer.strip().lower() in ("observed", "tracked"),
                "What was seen were likes and visits. The faith itself was never seen: it is one "
                "step further.",
            ),
            "she must have said so": Misconception(
                lambda answer, _: answer.strip().lower() in ("declared", "told"),
                "Neither Wren nor anybody else said it. Look at the column 'because' of the card.",
            ),
            "friends did it": Misconception(
                lambda answer, _: answer.strip().lower() == "propagated",
                "Friends can give it away, and lesson 06 shows how. Here none of them was asked.",
            ),
        },
        hints=(
            "Look at what stands under the sentence on the card. Is that a faith?",
            "There are three steps: seen, worked out, said. On which does the sentence stand?",
            'The card writes the word itself, to the right of the sentence: "i..."',
        ),
    ),
    Value(
        id="00.coupon",
        question="What share of those whom the coupon reaches is not expecting?",
        expected=lambda lesson: 1 - coupon(lesson).mean(),
        tolerance=0.005,
        unit="share from 0 to 1",
        low=0,
        high=1,
        praise="Right: a guess about something rare picks out mostly the wrong people.",
        misconceptions={
            "share of the expecting": instead(
                lambda lesson: coupon(lesson).mean(),
                "That is the share who ARE expecting. The question asks for those who are not.",
            ),
            "everybody in the town": instead(
                lambda lesson: 1 - murmur(lesson).expecting.mean(),
                "That is the share among everybody whom Murmur knows. Count only those reached.",
            ),
            "a count": instead(
                lambda lesson: (~coupon(lesson)).sum(),
                "That is how many they are. For a share, divide by all who were reached.",
            ),
        },
        hints=(
            "Two kinds of people get the coupon. Which of the two is asked for?",
            "`expecting` holds True for each person reached who is expecting; the mean of True and "
            "False is the share of True.",
            "One minus the mean of `expecting`.",
        ),
    ),
    Value(
        id="00.karate",
        question="How many of the 34 are put in the club that they really joined?",
        expected=karate_right,
        tolerance=0,
        unit="number of members",
        low=0,
        high=34,
        praise="Right. Two answers, and a list of who met whom, were enough for nearly everybody.",
        misconceptions={
            "leaders left out": instead(
                lambda lesson: karate_right(lesson) - 2,
                "The two leaders count too: their clubs are known. Add them.",
            ),
            "a share": instead(
                lambda lesson: (karate_right(lesson) - 2) / 32,
                "That is a share of the guessed 32. Count people, and the two leaders with them.",
            ),
        },
        hints=(
            "Compare, member by member, the guess with the truth, and count where they agree.",
            "`likeliest['value']` holds the 32 guesses, `truly` the truth, both by person.",
            "Compare with `truly.loc[likeliest.index]`, count the True ones with .sum(), add 2.",
        ),
    ),
    Value(
        id="00.davis",
        question="In how many of the 18 cases does the factor agree with the ethnographers?",
        expected=davis_right,
        tolerance=0,
        unit="number of women",
        low=9,
        high=18,
        praise="Right. Guest lists alone found what living there had shown.",
        misconceptions={
            "the arbitrary side": instead(
                lambda lesson: 18 - davis_right(lesson),
                "Which side of the factor is plus is arbitrary. Count the better way round.",
            ),
            "a share": instead(
                lambda lesson: davis_right(lesson) / 18,
                "That is a share. The question asks for a number of women.",
            ),
        },
        hints=(
            "The factor puts a number on each woman. What could above and below nought stand for?",
            "`agrees` counts one way round. If it is small, the other way round is 18 minus it.",
            "Take the max(...) of the two.",
        ),
    ),
)
