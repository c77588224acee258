"""Propagation: what is concluded about a person from who their friends are.

Somebody who never said a word has friends who did. Three published ways to pass their answers on,
each a few lines over a sparse matrix, and the bill: which friends paid for one guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ethics_lib.beliefs import as_beliefs
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

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = [
    "METHODS",
    "Method",
    "disclosure_curve",
    "explain_friends",
    "harmonic_field",
    "neighbour_vote",
    "propagate",
    "two_hop_vote",
]


def neighbour_vote(
    friends: csr_array, known: np.ndarray, answers: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Believe of a person what their friends who answered said: the share of each answer.

    Parameters
    ----------
    friends : csr_array (n, n)
        Symmetric, ones.
    known : array (n,) of bool
        Who answered.
    answers : array (n, k)
        One column a value; zero rows where nobody answered.

    Returns
    -------
    scores : array (n, k)
    reached : array (n,) of bool
        Who has a friend who answered; the scores of the others mean nothing.

    References
    ----------
    The weighted-vote relational neighbour of Macskassy & Provost (2007), without weights.
    """
    votes = friends @ known.astype(friends.dtype)
    return (friends @ answers) / np.maximum(votes, 1)[:, None], votes > 0


def two_hop_vote(
    friends: csr_array, known: np.ndarray, answers: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Believe of a person what the friends of their friends said, each counted once a path.

    Where people differ in whom they prefer (monophily), this sees what the friends cannot show.
    The person themself, at the end of each path back, is left out. See `neighbour_vote`.

    References
    ----------
    Altenburger & Ugander (2018), Nature Human Behaviour 2:284, doi 10.1038/s41562-018-0321-8.
    """
    degree = np.asarray(friends.sum(axis=1)).ravel()
    votes = friends @ (friends @ known.astype(friends.dtype)) - degree * known
    scores = friends @ (friends @ answers) - degree[:, None] * answers
    return scores / np.maximum(votes, 1)[:, None], votes > 0.5


def harmonic_field(
    friends: csr_array,
    known: np.ndarray,
    answers: np.ndarray,
    *,
    tolerance: float = 1e-8,
) -> tuple[np.ndarray, np.ndarray]:
    """Let answers spread until everybody is the mean of their friends; the known stay as they are.

    The score is the chance that a walk from friend to friend first meets an answer of that
    value. It reaches everybody whom any path joins to somebody who answered. See
    `neighbour_vote`.

    References
    ----------
    Zhu, Ghahramani & Lafferty (2003), ICML.
    """
    from scipy.sparse.linalg import cg

    reached = _reached(friends, known)
    silent, laplacian, guess = _clamped(friends, known, reached)
    scores = np.where(known[:, None], answers, answers[known].mean(axis=0)).astype(np.float64)
    told = (friends[silent] @ np.where(known[:, None], answers, 0)).astype(np.float64)
    for k in range(told.shape[1]):
        scores[silent, k], _ = cg(laplacian, told[:, k], rtol=tolerance, M=guess)
    return scores, reached


def _reached(friends: csr_array, known: np.ndarray) -> np.ndarray:
    """Whom any path joins to somebody who answered."""
    from scipy.sparse.csgraph import connected_components

    _, component = connected_components(friends, directed=False)
    return np.isin(component, component[known])


def _clamped(
    friends: csr_array, known: np.ndarray, reached: np.ndarray
) -> tuple[np.ndarray, csr_array, csr_array]:
    """The reached who did not answer, their part of the Laplacian, and its rough inverse.

    Repeated averaging comes to the same, but along a chain of n friends takes n * n steps.
    """
    from scipy.sparse import diags_array

    silent = np.flatnonzero(reached & ~known)
    degree = np.asarray(friends.sum(axis=1), dtype=np.float64).ravel()[silent]
    laplacian = diags_array(degree) - friends[silent][:, silent].astype(np.float64)
    return silent, laplacian.tocsr(), diags_array(1 / degree).tocsr()


Method = Callable[["csr_array", np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

METHODS: dict[str, Method] = {
    "neighbours": neighbour_vote,
    "two_hop": two_hop_vote,
    "harmonic": harmonic_field,
}
"""The ways to pass answers on, by the name that `propagate` knows."""


def propagate(
    known: pd.DataFrame,
    ties: pd.DataFrame,
    *,
    holder: str,
    method: str | Method = "harmonic",
    people: pd.Index | None = None,
) -> pd.DataFrame:
    """Guess a trait from friends, even of people who left no trace.

    Parameters
    ----------
    known : DataFrame[person, trait, value]
        What some people said.
    ties : DataFrame[a, b, context]
    holder : str
        Who does this.
    method : str or callable
        One of `METHODS`, or a function of the same form.
    people : Index, optional
        Whom to judge; by default everybody in either table.

    Returns
    -------
    DataFrame of beliefs
        About those who did not answer, origin ``propagated``. Whom no answer reaches gets the
        share among the known, and the method ``prior``. A numeric trait has the mean and the
        spread of what was passed on.

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
    people = _everybody(known, ties, people)
    friends = to_csr(ties, people)
    beliefs = []
    for trait, answers in known.groupby("trait", sort=False):
        is_known, matrix, values = _answers(answers, people, trait)
        scores, reached = passes_on(friends, is_known, matrix)
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
    return concat(beliefs, "beliefs")


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
    (trait,) = known["trait"].unique()
    rng, rows = as_rng(rng), []
    for share in shares:
        keep = max(1, round(check_share(share, "share") * len(known)))
        for _ in range(int(draws)):
            some = known.iloc[rng.permutation(len(known))[:keep]]
            for method in methods:
                guess = propagate(some, ties, holder="", method=method)
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
) -> pd.DataFrame:
    """Say which friends paid for one guess: how much of it came from each who answered.

    Parameters
    ----------
    known, ties
        As they were given to `propagate`.
    person : int
    trait : str
    method : str
        One of `METHODS`.

    Returns
    -------
    DataFrame[person, trait, origin, from_person, item, weight]
        The weights add up to the ``p`` of the likelier value, or to the value of a numeric trait.

    Raises
    ------
    TableError
        When no answer reaches the person: then nobody paid, and the belief is the prior.
    """
    check_name(method, METHODS, what="method")
    people = _everybody(known, ties, None)
    check_name(trait, known["trait"].unique(), what="trait")
    friends = to_csr(ties, people)
    is_known, matrix, values = _answers(known[known["trait"] == trait], people, trait)
    if person not in people:
        raise TableError(f"explain_friends: person {person!r} has no tie and gave no answer.")
    row = people.get_loc(person)
    if is_known[row]:
        raise TableError(
            f"explain_friends: person {person} answered {trait!r} themself, so nobody paid."
        )
    share = _SHARES[method](friends, is_known, row)
    if not share.any():
        raise TableError(
            f"explain_friends: no answer about {trait!r} reaches person {person}. The belief is "
            "the share in the town, and nobody in particular paid for it."
        )
    column = int((share @ matrix).argmax()) if values else 0
    weight = share * matrix[:, column]
    paid = np.flatnonzero(weight)
    table = pd.DataFrame(
        {
            "person": np.int32(person),
            "trait": trait,
            "origin": "propagated",
            "from_person": people[paid].astype("int32"),
            "item": pd.array([pd.NA] * len(paid), dtype="Int32"),
            "weight": weight[paid],
        }
    )
    return table.sort_values("weight", key=abs, ascending=False, ignore_index=True)


def _method(method: str | Method) -> tuple[str, Method]:
    if callable(method):
        return getattr(method, "__name__", type(method).__name__), method
    return method, METHODS[check_name(method, METHODS, what="method")]


def _everybody(known: pd.DataFrame, ties: pd.DataFrame, people: pd.Index | None) -> pd.Index:
    check_table(known, "known", people=people)
    check_table(ties, "ties", people=people, empty=True)
    if people is not None:
        return people
    everybody = np.unique(np.concatenate([known["person"], ties["a"], ties["b"]]))
    return pd.Index(everybody, name="person")


def _answers(
    answers: pd.DataFrame, people: pd.Index, trait: str
) -> tuple[np.ndarray, np.ndarray, list]:
    """Who answered, the answers as columns, and which value each column stands for."""
    if answers["person"].duplicated().any():
        person = answers["person"][answers["person"].duplicated()].iloc[0]
        raise TableError(
            f"known: person {person} answers {trait!r} twice. Keep one answer a person and trait."
        )
    rows = people.get_indexer(answers["person"])
    is_known = np.zeros(len(people), dtype=bool)
    is_known[rows] = True
    if is_numeric(answers["value"]):
        number = answers["value"].to_numpy(float)
        matrix = np.zeros((len(people), 2))
        matrix[rows] = np.column_stack([number, number**2])
        return is_known, matrix, []
    code, values = pd.factorize(answers["value"], sort=True)
    matrix = np.zeros((len(people), len(values)), dtype=np.float32)
    matrix[rows, code] = 1
    return is_known, matrix, list(values)


def _rows(people: pd.Index, scores: np.ndarray, values: list) -> pd.DataFrame:
    if not values:  # the second column is the mean of squares, so the spread comes along
        spread = np.sqrt(np.maximum(scores[:, 1] - scores[:, 0] ** 2, 0))
        return pd.DataFrame({"person": people, "value": scores[:, 0], "sd": spread})
    p = scores / scores.sum(axis=1, keepdims=True)
    return pd.DataFrame(
        {
            "person": np.repeat(people, len(values)),
            "value": np.tile(np.array(values, dtype=object), len(people)),
            "p": p.ravel().clip(0, 1),
        }
    )


def _neighbour_shares(friends: csr_array, known: np.ndarray, row: int) -> np.ndarray:
    votes = friends[[row]].toarray()[0] * known
    return votes / max(votes.sum(), 1)


def _two_hop_shares(friends: csr_array, known: np.ndarray, row: int) -> np.ndarray:
    votes = (friends[[row]] @ friends).toarray()[0] * known
    votes[row] = 0
    return votes / max(votes.sum(), 1)


def _harmonic_shares(friends: csr_array, known: np.ndarray, row: int) -> np.ndarray:
    """Where a walk from the person first meets an answer."""
    from scipy.sparse.linalg import cg

    reached = _reached(friends, known)
    if not reached[row]:
        return np.zeros(len(known))
    silent, laplacian, guess = _clamped(friends, known, reached)
    # the field is linear in the answers: one solution for the person holds all their weights
    visits = np.zeros(len(known))
    visits[silent], _ = cg(laplacian, (silent == row).astype(float), rtol=1e-8, M=guess)
    return (friends @ visits) * known


_SHARES = {
    "neighbours": _neighbour_shares,
    "two_hop": _two_hop_shares,
    "harmonic": _harmonic_shares,
}
