"""Lesson 06: propagation."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from ethics_lib.checks import (
    Function,
    Misconception,
    Prediction,
    Setting,
    Value,
    as_number,
    instead,
)

__all__ = ["CHECKS"]

WREN = 17


@cache
def ties_and_answers(lesson: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Who is friends with whom on Murmur, and who said whom they vote for."""
    from ethics_lib import Platform, ask_consent, collect

    town = lesson.town
    members = town.people.query("member")
    agreed = ask_consent(
        members, holder="Murmur", purposes=["service"], how="terms", time=members["joined"], rng=1
    )
    ties = collect(town, agreed, [Platform("Murmur")]).ties
    answers = town.reports[town.reports["trait"] == "party"][["person", "trait", "value"]]
    return ties, answers


def votes_of_friends(lesson: object) -> pd.Series:
    """What Wren's friends said, by friend."""
    ties, answers = ties_and_answers(lesson)
    hers = ties[(ties["a"] == WREN) | (ties["b"] == WREN)]
    friends = set(hers["a"]) | set(hers["b"])
    return answers[answers["person"].isin(friends - {WREN})].set_index("person")["value"]


def friends(lesson: object) -> int:
    """How many friends Wren has on Murmur, silent or not."""
    ties, _ = ties_and_answers(lesson)
    return int(((ties["a"] == WREN) | (ties["b"] == WREN)).sum())


@cache
def share_right(lesson: object, method: str) -> float:
    """How often the guesses of one method are true, among those who did not answer."""
    from ethics_lib import propagate, score

    ties, answers = ties_and_answers(lesson)
    guessed = propagate(answers, ties, holder="Murmur", method=method)
    found = score(guessed, lesson.town.people["party"], trait="party", metric="accuracy")
    return found["estimate"].item()


def gain(lesson: object) -> float:
    """By how many percentage points spreading beats the vote of friends."""
    return 100 * (share_right(lesson, "harmonic") - share_right(lesson, "neighbours"))


@cache
def bill(lesson: object) -> pd.Series:
    """The weights behind the guess about Wren, the heaviest first."""
    from ethics_lib import explain_friends

    ties, answers = ties_and_answers(lesson)
    return explain_friends(answers, ties, person=WREN, trait="party", method="harmonic")["weight"]


def payers(weights: pd.Series, share: float = 0.5) -> int:
    """How many people make up a share of the weight."""
    return int((weights.cumsum() < share * weights.sum()).sum()) + 1


def one_step(row: list[float]) -> list[float]:
    """Everybody between the ends takes the mean of both neighbours as they were."""
    row = np.asarray(row, dtype=float)
    return np.concatenate([row[:1], (row[:-2] + row[2:]) / 2, row[-1:]])


def vote_is_worth(homophily: float) -> float:
    """How well the vote of friends ranks people, in a town with so much likeness (AUC)."""
    from ethics_lib import propagate, score
    from ethics_lib.ties import make_ties

    people = pd.Series(["Quay", "Orchard"] * 500)
    known = people.sample(frac=0.5, random_state=1).rename_axis("person").rename("value")
    known = known.reset_index().assign(trait="party")
    found = []
    for seed in (1, 2, 3):
        ties = make_ties(people, mean_degree=20, homophily=homophily, rng=seed)
        guessed = propagate(known, ties, holder="you", method="neighbours")
        found.append(score(guessed, people, trait="party")["estimate"].item())
    return float(np.mean(found))


def _sequential(row: list[float]) -> np.ndarray:
    row = np.array(row, dtype=float)
    for k in range(1, len(row) - 1):
        row[k] = (row[k - 1] + row[k + 1]) / 2
    return row


def _steps(answer: object) -> np.ndarray:
    return np.asarray(answer([1.0, 0.25, 0.5, 0.0]), dtype=float)


CHECKS = (
    Prediction(
        id="06.friends",
        question="Share of the silent whose vote the plain vote of friends guesses rightly",
    ),
    Value(
        id="06.vote",
        question="What share of Wren's friends who answered said Quay?",
        expected=lambda lesson: (votes_of_friends(lesson) == "Quay").mean(),
        tolerance=0.005,
        unit="share from 0 to 1",
        low=0,
        high=1,
        praise="Right. Two thirds of those who spoke say Quay; that is the neighbour vote.",
        misconceptions={
            "the silent counted too": instead(
                lambda lesson: (votes_of_friends(lesson) == "Quay").sum() / friends(lesson),
                "You divided by all her friends. Who did not answer cast no vote: leave them out.",
            ),
            "the other party": instead(
                lambda lesson: (votes_of_friends(lesson) == "Orchard").mean(),
                "That is the share that said Orchard.",
            ),
            "a count": instead(
                lambda lesson: (votes_of_friends(lesson) == "Quay").sum(),
                "That is how many said Quay. Divide by how many answered.",
            ),
        },
        hints=(
            "Only those who spoke can vote. How many are they, and how many of them said Quay?",
            "`said` holds one answer a friend; `said == 'Quay'` is True where it is Quay.",
            "The mean of True and False is the share of True: end with .mean().",
        ),
    ),
    Value(
        id="06.spread",
        question="By how many percentage points does letting it spread beat the vote of friends?",
        expected=gain,
        tolerance=0.06,
        unit="number of percentage points",
        low=-100,
        high=100,
        praise="Right. It is little: nearly all have friends who answered, who say most of it.",
        misconceptions={
            "a share, not points": instead(
                lambda lesson: gain(lesson) / 100,
                "The difference is right, as a share. For percentage points, times 100.",
                within=0.0006,
            ),
            "percent of percent": instead(
                lambda lesson: gain(lesson) / share_right(lesson, "neighbours"),
                "You divided by where you started: a relative gain. Points are the plain "
                "difference.",
                within=0.06,
            ),
            "the wrong way round": instead(
                lambda lesson: -gain(lesson),
                "The sign is turned round: subtract the vote of friends from the spread.",
                within=0.06,
            ),
        },
        hints=(
            "Two dots in the figure. What lies between them?",
            "`right` holds the share right by method. Take the difference of two of its entries.",
            "Take `right['neighbours']` from `right['harmonic']`, times a hundred.",
        ),
    ),
    Value(
        id="06.paid",
        question="How many people make up at least half of the weight?",
        expected=lambda lesson: payers(bill(lesson)),
        tolerance=0,
        unit="number of people",
        low=1,
        praise="Right. Her friends who said Quay carry half; hundreds of strangers share the rest.",
        misconceptions={
            "one too few": instead(
                lambda lesson: payers(bill(lesson)) - 1,
                "With that many it is still under a half. Who tips it over?",
            ),
            "half of the people": instead(
                lambda lesson: len(bill(lesson)) / 2,
                "That is half of the people. The question is how many carry half of the weight.",
                within=1,
            ),
            "one half, not half of the weight": instead(
                lambda lesson: payers(bill(lesson), min(1, 0.5 / bill(lesson).sum())),
                "The weights add up to the guess, not to 1. Take half of their sum.",
            ),
        },
        hints=(
            "Add the weights up from the top of the table. When do you pass the middle?",
            "`cumsum` adds up from the top. Count the entries still under half of the sum, and "
            "one more.",
            "Compare `paid['weight'].cumsum()` with `half`; .sum() counts; then one more.",
        ),
    ),
    Function(
        id="06.step",
        question="Give back the row after one step.",
        reference=one_step,
        inputs=lambda rng: (rng.random(5 + int(rng.integers(4))).round(2).tolist(),),
        praise="Right. Repeat it until nothing moves, and you have label propagation.",
        misconceptions={
            "one after the other": Misconception(
                lambda answer, _: np.allclose(_steps(answer), _sequential([1.0, 0.25, 0.5, 0.0])),
                "You used the left neighbour's new value. All look at the row as it was before.",
            ),
            "the ends move": Misconception(
                lambda answer, _: (
                    len(_steps(answer)) == 4
                    and (_steps(answer)[0] != 1.0 or _steps(answer)[-1] != 0.0)
                ),
                "The first and the last have answered: they stay as they are.",
            ),
            "counts itself": Misconception(
                lambda answer, _: np.allclose(_steps(answer), [1, 1.75 / 3, 0.75 / 3, 0]),
                "You took the mean of three, with the person in the middle. Only neighbours count.",
            ),
        },
        hints=(
            "Write the five numbers on paper, and under each the mean of its two neighbours.",
            "Make a new row; do not change the old one while you still read from it.",
            "For each k between the ends, half of row[k - 1] + row[k + 1].",
        ),
    ),
    Setting(
        id="06.silent_town",
        question="Find a homophily for which the vote of friends is worth nothing.",
        reaches=lambda homophily, _: abs(vote_is_worth(homophily) - 0.5) < 0.04,
        low=-1,
        high=1,
        missed="With that value friends still tell something (an AUC away from one half).",
        praise="Right: what friends give away is their likeness. Without it they tell nothing.",
        misconceptions={
            "the smallest number": Misconception(
                lambda answer, _: as_number(answer) <= -0.5,
                "People who seek out their opposites tell just as much: read the vote upside down.",
            ),
            "a little likeness does no harm": Misconception(
                lambda answer, _: 0.05 < as_number(answer) <= 0.5,
                "A little likeness, over twenty friends, adds up to a guess. Go further down.",
            ),
        },
        hints=(
            "What is it about friends that makes their answers an answer about me?",
            "Above nought like seeks like; below it, opposites attract. Which value is neither?",
            "homophily = 0",
        ),
    ),
)
