"""Propagation: what is concluded about a person from who their friends are.

Somebody who never said a word has friends who did. Published ways to pass their answers on stand
in `ethics_lib.walks`; here they make beliefs, and the bill: which friends paid for one guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ethics_lib.beliefs import as_beliefs, check_answers, lay_out
from ethics_lib.consents import leave_out, leave_rectified
from ethics_lib.guards import SUMS_ONLY, aggregate, check_reasons, may_name_persons
from ethics_lib.measures import score
from ethics_lib.tables import (
    TableError,
    as_rng,
    check_name,
    check_share,
    check_table,
    concat,
    is_numeric,
    to_csr,
)
from ethics_lib.walks import METHODS, Method, link_model, reasons

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["answers_of", "disclosure_curve", "explain_friends", "people_of", "propagate"]


def propagate(
    known: pd.DataFrame,
    ties: pd.DataFrame,
    *,
    holder: str,
    method: str | Method = "harmonic",
    people: pd.Index | None = None,
    ledger: pd.DataFrame | None = None,
    person_rows: bool = False,
    basis: str | None = None,
) -> pd.DataFrame:
    """Guess a trait from friends, even of people who left no trace.

    Parameters
    ----------
    known : DataFrame[person, trait, value]
        What some people said.
    ties : DataFrame[a, b, context]
    holder : str
        Who does this.
    method : str or callable or estimator
        One of `walks.METHODS`, a function of the same form, or one of `graph_learners`.
    people : Index, optional
        Whom to judge; by default everybody in either table.
    ledger : DataFrame of consents, optional
        Who said no to ``profiling`` there, or to all processing, is not judged; their answers and
        their ties are not used either, so nothing passes through them. What somebody put right
        is not guessed at again.
    person_rows, basis
        For a protected trait of real people; see `guards.may_name_persons`.

    Returns
    -------
    DataFrame of beliefs
        About those who did not answer, origin ``propagated``. Whom no answer reaches gets the
        share among the known, and the method ``prior``; so does everybody when all answers are
        the same. A numeric trait has the mean and the spread of what was passed on. Of a
        protected trait of real people: an aggregate, see `guards.aggregate`.

    Examples
    --------
    >>> known = pd.DataFrame({"person": [0, 2], "trait": "side", "value": ["black", "white"]})
    >>> path = pd.DataFrame({"a": [0, 1], "b": [1, 2], "context": "friend"})
    >>> propagate(known, path, holder="Murmur")[["person", "value", "p"]]
       person  value    p
    0       1  black  0.5
    1       1  white  0.5
    """
    name, passes_on = _method(method)
    people = people_of(known, ties, people=people)
    if ledger is not None:
        known, ties, people = _allowed(known, ties, people, ledger, holder)
    friends = to_csr(ties, people)
    beliefs = []
    for trait, answers in known.groupby("trait", sort=False):
        is_known, matrix, values = answers_of(answers, people)
        scores, reached = passes_on(friends, is_known, matrix)
        reached = reached & (len(values) != 1)  # one answer for all: nothing was learned
        prior = matrix[is_known].mean(axis=0)
        scores = np.where(reached[:, None], scores, prior)
        rows = _rows(people, scores, values)
        rows["method"] = np.where(reached, name, "prior").repeat(len(values) or 1)
        silent = ~np.repeat(is_known, len(values) or 1)
        beliefs.append(
            as_beliefs(
                rows[silent], trait=trait, origin="propagated", holder=holder, intent="deliberate"
            )
        )
    beliefs = leave_rectified(concat(beliefs, "beliefs"), ledger, holder=holder)
    if may_name_persons(known["trait"].unique(), person_rows=person_rows, basis=basis):
        return beliefs
    return aggregate(beliefs)


def disclosure_curve(
    known: pd.DataFrame,
    ties: pd.DataFrame,
    truth: pd.Series,
    *,
    shares: Iterable[float],
    methods: Iterable[str] = ("harmonic",),
    draws: int = 3,
    rng: int | np.random.Generator,
) -> pd.DataFrame:
    """Score the guesses about those who stay silent, as more and more of the others speak.

    Parameters
    ----------
    known : DataFrame[person, trait, value]
        Answers about one trait; each draw keeps a share of them.
    ties : DataFrame[a, b, context]
    truth : Series, index ``person``
        The true value of each person.
    shares : list of float, 0-1
        Shares of the answers to keep.
    methods : list of str
        Names in `METHODS`.
    draws : int
        How often each share is drawn; 1 or more.
    rng : int or Generator

    Returns
    -------
    DataFrame[method, share, n, estimate, low, high]
        Accuracy about the same silent people each time. Each bound is the mean over the draws.
    """
    check_share(draws, "draws", low=1, high=10_000)
    traits = check_table(known, "known")["trait"].unique()
    if len(traits) > 1:
        raise TableError(
            f"known: the answers are about {', '.join(traits)}. Keep those about one trait."
        )
    trait = traits[0]
    rng, rows = as_rng(rng), []
    for share in shares:
        keep = max(1, round(check_share(share, "share") * len(known)))
        for _ in range(int(draws)):
            some = known.iloc[rng.permutation(len(known))[:keep]]
            for method in methods:
                guess = propagate(some, ties, holder="", method=method, **SUMS_ONLY)
                guess = guess[~guess["person"].isin(known["person"])]
                found = score(guess, truth, trait=trait, metric="accuracy")
                rows.append(found.assign(method=method, share=share))
    table = pd.concat(rows)[["method", "share", "n", "estimate", "low", "high"]]
    return table.groupby(["method", "share"], sort=False, as_index=False).mean()


def explain_friends(
    known: pd.DataFrame,
    ties: pd.DataFrame,
    *,
    person: int,
    trait: str,
    method: str = "harmonic",
    by: str = "friend",
    person_rows: bool = False,
    basis: str | None = None,
) -> pd.DataFrame:
    """Say which friends paid for one guess: how much of it came from each who answered.

    Parameters
    ----------
    known, ties
        As they were given to `propagate`.
    person : int
    trait : str
    method : str
        One of `walks.METHODS`.
    by : {"friend", "path"}
        Whose answer it was; or also who carried it, one row a pair, with a column ``via``: the
        friend at the first step of the way.
    person_rows, basis
        For a protected trait of real people; see `guards.may_name_persons`.

    Returns
    -------
    DataFrame[person, trait, origin, from_person, item, weight]
        The weights add up to the ``p`` of the likelier value, or to the value of a numeric trait.
        With ``link`` they add up to the log-odds of the value (with three values or more, to its
        score before the softmax): each friend tells, whether they answered or not, and what is
        usual stands in the person's own name.

    Raises
    ------
    TableError
        When no answer reaches the person: then nobody paid, and the belief is the prior.
    DualUseError
        For a protected trait without a basis.
    """
    check_name(method, METHODS, what="method")
    check_name(by, ("friend", "path"), what="by")
    people = people_of(known, ties)
    check_name(trait, known["trait"].unique(), what="trait")
    check_reasons(trait, person_rows=person_rows, basis=basis)
    friends = to_csr(ties, people)
    is_known, matrix, values = answers_of(known[known["trait"] == trait], people)
    if person not in people:
        raise TableError(f"explain_friends: person {person!r} has no tie and gave no answer.")
    row = people.get_loc(person)
    if is_known[row]:
        raise TableError(
            f"explain_friends: person {person} answered {trait!r} themself, so nobody paid."
        )
    if len(values) == 1 or not METHODS[method](friends, is_known, matrix)[1][row]:
        raise TableError(
            f"explain_friends: no answer about {trait!r} reaches person {person}, or all answers "
            "are the same. The belief is the share in the town, and nobody in particular paid."
        )
    if method == "link":
        told = _link_reasons(friends, is_known, matrix, row, values)
    else:
        told = reasons(method, friends, is_known, row, by=by)
        answers = matrix[told["from"]]
        column = int((told["weight"] @ answers).argmax()) if values else 0
        told["weight"] *= answers[:, column]
    table = pd.DataFrame({"person": np.int32(person), "trait": trait}, index=told.index)
    table = table.assign(
        origin="propagated",
        from_person=people[told["from"]].astype("int32"),
        item=pd.array([pd.NA] * len(table), dtype="Int32"),
        weight=told["weight"],
    )
    if by == "path":
        table["via"] = people[told["via"]].astype("int32")
    table = table[table["weight"] != 0]
    return table.sort_values("weight", key=abs, ascending=False, ignore_index=True)


def people_of(
    known: pd.DataFrame, ties: pd.DataFrame, *, people: pd.Index | None = None
) -> pd.Index:
    """List everybody in either table, or check that there is nobody in them but these people."""
    check_table(known, "known", people=people)
    check_table(ties, "ties", people=people, empty=True)
    if people is not None:
        return people
    everybody = np.unique(np.concatenate([known["person"], ties["a"], ties["b"]]))
    return pd.Index(everybody, name="person")


def answers_of(known: pd.DataFrame, people: pd.Index) -> tuple[np.ndarray, np.ndarray, list]:
    """Lay answers about one trait out as the ways in `walks` take them.

    Parameters
    ----------
    known : DataFrame[person, trait, value]
    people : Index of n people, each once

    Returns
    -------
    is_known : array of bool (n,)
        Who answered.
    matrix : array (n, k)
        Ones, a column a value; or numbers and their squares.
    values : list
        What each column stands for; empty for numbers.
    """
    check_answers(known)
    rows = people.get_indexer(known["person"])
    is_known = np.zeros(len(people), dtype=bool)
    is_known[rows] = True
    if is_numeric(known["value"]):
        number = known["value"].to_numpy(float)
        matrix = np.zeros((len(people), 2))
        matrix[rows] = np.column_stack([number, number**2])
        return is_known, matrix, []
    code, values = pd.factorize(known["value"], sort=True)
    matrix = np.zeros((len(people), len(values)), dtype=np.float32)
    matrix[rows, code] = 1
    return is_known, matrix, list(values)


def _link_reasons(
    friends: csr_array,
    known: np.ndarray,
    answers: np.ndarray,
    row: int,
    values: list,
) -> pd.DataFrame:
    """What each friend adds to the score; the last row, in the person's own name, is usual."""
    coefficients, intercept = link_model(friends, known, answers)
    near = friends.indices[friends.indptr[row] : friends.indptr[row + 1]]
    column = int((coefficients[near].sum(axis=0) + intercept).argmax()) if values else 0
    sides = 2.0 if len(values) == 2 else 1.0  # two values hold half of the log-odds each
    weight = sides * np.append(coefficients[near, column], intercept[column])
    who = np.append(near, row)
    return pd.DataFrame({"via": who, "from": who, "weight": weight})


def _method(method: str | Method) -> tuple[str, Method]:
    if hasattr(method, "fit"):
        return type(method).__name__, partial(_learn, method)
    if callable(method):
        return getattr(method, "__name__", type(method).__name__), method
    return method, METHODS[check_name(method, METHODS, what="method")]


def _learn(
    learner: object, friends: csr_array, known: np.ndarray, answers: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Let an estimator of `graph_learners` do what a method does."""
    if learner.get_params().get("numeric"):
        learner.fit(friends, np.where(known, answers[:, 0], np.nan))
        mean, sd = learner.transduction_, learner.sd_
        return np.column_stack([mean, mean**2 + sd**2]), learner.reached_
    learner.fit(friends, np.where(known, answers.argmax(axis=1), -1))
    scores = np.zeros(answers.shape)
    scores[:, learner.classes_] = learner.label_distributions_
    return scores, learner.reached_


def _allowed(
    known: pd.DataFrame, ties: pd.DataFrame, people: pd.Index, ledger: pd.DataFrame, holder: str
) -> tuple[pd.DataFrame, pd.DataFrame, pd.Index]:
    """What is left of the tables without those who said no; a tie concerns both its ends."""
    everybody = people.to_frame(index=False, name="person")
    rest = leave_out(everybody, ledger, holder=holder, purpose="profiling")
    rest = pd.Index(rest["person"], name=people.name)
    known = check_table(known[known["person"].isin(rest)], "known")
    return known, ties[ties["a"].isin(rest) & ties["b"].isin(rest)], rest


def _rows(people: pd.Index, scores: np.ndarray, values: list) -> pd.DataFrame:
    if not values:  # the second column is the mean of squares, so the spread comes along
        spread = np.sqrt(np.maximum(scores[:, 1] - scores[:, 0] ** 2, 0))
        return pd.DataFrame({"person": people, "value": scores[:, 0], "sd": spread})
    p = scores / scores.sum(axis=1, keepdims=True)
    return lay_out(pd.DataFrame(p.clip(0, 1), people, values))
