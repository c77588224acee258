"""Walks: how an answer travels from friend to friend, and by which road it came.

All here is arithmetic on a sparse matrix of friends: published ways to pass answers on, and for
each the weights behind one score. The tables of people stand in `ethics_lib.propagation`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ethics_lib.steps import step, stepper
from ethics_lib.tables import check_name

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = [
    "METHODS",
    "Method",
    "harmonic_field",
    "label_propagation",
    "link",
    "link_model",
    "local_global_consistency",
    "neighbour_vote",
    "paths",
    "personalised_pagerank",
    "reasons",
    "shares",
    "two_hop_vote",
]


_STEPS = 10
_ALPHA = {"local_global": 0.9, "pagerank": 0.85}  # of the methods that fade
_CLAMPED = ("label_propagation", "harmonic")  # those who answered stay as they are


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
    votes = step(friends, known.astype(friends.dtype))
    return step(friends, answers) / np.maximum(votes, 1)[:, None], votes > 0


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
    votes = step(friends, step(friends, known.astype(friends.dtype))) - degree * known
    scores = step(friends, step(friends, answers)) - degree[:, None] * answers
    return scores / np.maximum(votes, 1)[:, None], votes > 0.5


def label_propagation(
    friends: csr_array, known: np.ndarray, answers: np.ndarray, *, iterations: int = _STEPS
) -> tuple[np.ndarray, np.ndarray]:
    """Let everybody who is silent become the mean of their friends, again and again.

    Those who answered stay as they are; the others begin with the share among the answers. With
    ever more iterations this is the harmonic field. See `neighbour_vote`.

    References
    ----------
    Zhu & Ghahramani (2002), CMU-CALD-02-107, with labels clamped.
    """
    scores = answers.astype(friends.dtype)
    scores[~known] = answers[known].mean(axis=0)
    moving = np.flatnonzero(~known & (np.diff(friends.indptr) > 0))
    averages = friends[moving]
    degree = np.diff(averages.indptr)
    averages.data /= np.repeat(degree.astype(friends.dtype), degree)
    average, before = stepper(averages), scores.copy()
    for _ in range(iterations):
        scores, before = before, scores
        average(before, into=scores, at=moving)
    return scores, _reached(friends, known)


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
    reached = _reached(friends, known)
    silent = np.flatnonzero(reached & ~known)
    root, ties = _scaled(friends, silent)
    told = step(friends, np.where(known[:, None], answers, 0).astype(friends.dtype))[silent]
    scores = np.where(known[:, None], answers, answers[known].mean(axis=0)).astype(np.float64)
    first = int(_is_one_hot(known, answers))  # of words, the first column is what others leave
    scores[silent, first:] = _settle(ties, told[:, first:] / root, tolerance=tolerance) / root
    if first:
        scores[silent, 0] = 1 - scores[silent, 1:].sum(axis=1)
    return scores, reached


def local_global_consistency(
    friends: csr_array,
    known: np.ndarray,
    answers: np.ndarray,
    *,
    alpha: float = _ALPHA["local_global"],
) -> tuple[np.ndarray, np.ndarray]:
    """Let answers spread and fade: a friend counts for more than a friend's friend.

    Each tie counts less where either end has many friends. Those who answered are believed no
    more than their surroundings allow. See `neighbour_vote`; a smaller ``alpha`` fades sooner.

    References
    ----------
    Zhou, Bousquet, Lal, Weston & Schölkopf (2003), NIPS, here divided by the reach of all answers.
    """
    _, ties = _scaled(friends)
    heard = _settle(ties, np.column_stack([known, answers]).astype(float), alpha=alpha)
    return _share_heard(heard, _reached(friends, known))


def personalised_pagerank(
    friends: csr_array, known: np.ndarray, answers: np.ndarray, *, alpha: float = _ALPHA["pagerank"]
) -> tuple[np.ndarray, np.ndarray]:
    """Send walkers out from everybody who answered, and count whose answers come by.

    A walker goes on to any friend with the chance ``alpha``, else starts again at home. The
    score is the share of each answer among those who come by. See `neighbour_vote`.

    References
    ----------
    Page, Brin, Motwani & Winograd (1999); as a classifier: Lin & Cohen (2010), ASONAM.
    """
    root, ties = _scaled(friends)
    start = np.column_stack([known, answers]) / root
    heard = _settle(ties, start, alpha=alpha)
    return _share_heard(heard, _reached(friends, known))


def link(
    friends: csr_array, known: np.ndarray, answers: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Learn which friends tell: a regression on the list of friends of those who answered.

    Whether the friends themselves answered does not matter. It reaches everybody who shares a
    friend with somebody who answered. See `neighbour_vote`.

    References
    ----------
    Zheleva & Getoor (2009), WWW, doi 10.1145/1526709.1526781; the name is theirs.
    """
    from scipy.special import softmax

    coefficients, intercept = link_model(friends, known, answers)
    scores = step(friends, coefficients) + intercept
    reached = step(friends, step(friends, known.astype(friends.dtype))) > 0
    return (softmax(scores, axis=1) if _is_one_hot(known, answers) else scores), reached


def link_model(
    friends: csr_array, known: np.ndarray, answers: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fit the regression of `link`: logistic for words, ridge for numbers.

    Returns
    -------
    coefficients : array (n, k)
        What each friend adds to the score of each value, before the softmax.
    intercept : array (k,)
    """
    from sklearn.linear_model import LogisticRegression, Ridge

    rows, target = friends[np.flatnonzero(known)], answers[known]
    if not _is_one_hot(known, answers):
        model = Ridge(solver="sparse_cg", tol=1e-6).fit(rows, target)
        return model.coef_.T, model.intercept_
    seen = np.flatnonzero(target.any(axis=0))
    coefficients = np.zeros((friends.shape[0], answers.shape[1]))
    intercept = np.full(answers.shape[1], -np.inf)  # a value that nobody gave
    if len(seen) == 1:
        intercept[seen] = 0
        return coefficients, intercept
    model = LogisticRegression(max_iter=1000).fit(rows, target.argmax(axis=1))
    half = np.array([-0.5, 0.5]) if len(seen) == 2 else 1.0  # one score, shared between two values
    coefficients[:, seen] = model.coef_.T * half
    intercept[seen] = model.intercept_ * half
    return coefficients, intercept


def _is_one_hot(known: np.ndarray, answers: np.ndarray) -> bool:
    """Whether the answers are words, one column each, and not numbers."""
    return bool(np.isin(answers, (0, 1)).all() and (answers[known].sum(axis=1) == 1).all())


Method = Callable[["csr_array", np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

METHODS: dict[str, Method] = {
    "neighbours": neighbour_vote,
    "two_hop": two_hop_vote,
    "label_propagation": label_propagation,
    "harmonic": harmonic_field,
    "local_global": local_global_consistency,
    "pagerank": personalised_pagerank,
    "link": link,
}
"""The ways to pass answers on, by the name that `propagate` knows."""


# Whose answer it was, and who carried it ----------------------------------------------------------


def shares(
    method: str, friends: csr_array, known: np.ndarray, row: int, *, alpha: float | None = None
) -> np.ndarray:
    """Say whose answers make up one person's score, and for how much each counts.

    Parameters
    ----------
    method : str
        Any name in `METHODS` but ``link``, whose scores are no mean of answers.
    friends, known
        As in `neighbour_vote`.
    row : int
        Whose score.
    alpha : float, optional
        Of the methods that fade, if it is not the usual one.

    Returns
    -------
    array (n,)
        Adds up to 1, and times the answers to the score; all zero where no answer arrives.
    """
    kernel = _kernel(method, alpha)
    if known[row] and method in _CLAMPED:
        return _walkers(len(known), [row])[:, 0]  # they said so themself
    weights = kernel(friends, known, [row])[:, 0]
    if method == "two_hop":
        weights[row] = 0  # a path back to the person
    return weights / (weights.sum() or 1)


def paths(
    method: str, friends: csr_array, known: np.ndarray, row: int, *, alpha: float | None = None
) -> csr_array:
    """Say through which friend each answer came to one person: `shares`, cut by the first step.

    Returns
    -------
    csr_array (n, n)
        Row: the friend at the first step, or the person, for their own answer. Column: whose
        answer. Adds up to 1, and over the rows to `shares`.
    """
    from scipy.sparse import csr_array

    kernel = _kernel(method, alpha)
    near = friends.indices[friends.indptr[row] : friends.indptr[row + 1]]
    said = _walkers(len(known), near) * known[near]
    if known[row] and method in _CLAMPED:
        near, passed = np.array([row]), _walkers(len(known), [row])
    elif method == "neighbours":
        passed = said
    elif method == "two_hop":
        passed = _neighbour_kernel(friends, known, near)
        passed[row] = 0
    elif method in _CLAMPED:  # one who answered passes on their own answer, others what they heard
        if method == "label_propagation":
            kernel = partial(kernel, iterations=_STEPS - 1)
        passed = np.where(known[near], said, kernel(friends, known, near))
    else:
        degree = _degrees(friends)
        onward = kernel.keywords["alpha"] / degree[near]
        if method == "local_global":
            onward = kernel.keywords["alpha"] / np.sqrt(degree[near] * degree[row])
        own = _walkers(len(known), [row]) * known[row]
        passed = np.column_stack([kernel(friends, known, near) * onward, own])
        near = np.append(near, row)
    passed /= passed.sum() or 1
    at = passed.T.nonzero()
    return csr_array((passed.T[at], (near[at[0]], at[1])), shape=friends.shape)


def reasons(
    method: str,
    friends: csr_array,
    known: np.ndarray,
    row: int,
    *,
    by: str = "friend",
    alpha: float | None = None,
) -> pd.DataFrame:
    """Lay out `shares` (by friend) or `paths` (by path) as a table.

    Returns
    -------
    DataFrame[from, weight], by path [via, from, weight]
    """
    check_name(by, ("friend", "path"), what="by")
    if by == "path":  # a solution for each friend, where by friend one is enough
        came = paths(method, friends, known, row, alpha=alpha).tocoo()
        return pd.DataFrame({"via": came.row, "from": came.col, "weight": came.data})
    share = shares(method, friends, known, row, alpha=alpha)
    who = np.flatnonzero(share)
    return pd.DataFrame({"from": who, "weight": share[who]})


def _kernel(method: str, alpha: float | None) -> _Kernel:
    kernel = _KERNELS[check_name(method, _KERNELS, what="method")]
    if method in _ALPHA:
        return partial(kernel, alpha=_ALPHA[method] if alpha is None else alpha)
    return kernel


def _neighbour_kernel(friends: csr_array, known: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return friends[rows].toarray().T.astype(float) * known[:, None]


def _two_hop_kernel(friends: csr_array, known: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return (friends[rows] @ friends).toarray().T.astype(float) * known[:, None]


def _propagation_kernel(
    friends: csr_array, known: np.ndarray, rows: np.ndarray, *, iterations: int = _STEPS
) -> np.ndarray:
    """Follow walkers from the rows; who meets an answer stays there, the rest meet the prior."""
    walkers, home = _walkers(len(known), rows), np.zeros((len(known), len(rows)))
    degree = np.maximum(_degrees(friends), 1)[:, None]
    alone = (np.diff(friends.indptr) == 0)[:, None]
    for _ in range(iterations):
        walkers = np.where(alone, walkers, friends @ (walkers / degree))
        home += walkers * known[:, None]
        walkers *= ~known[:, None]
    home += walkers.sum(axis=0) * known[:, None] / known.sum()
    return home * _reached(friends, known)[rows]


def _harmonic_kernel(friends: csr_array, known: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Where walks from the rows first meet an answer: the field is linear in the answers."""
    silent = np.flatnonzero(_reached(friends, known) & ~known)
    root, ties = _scaled(friends, silent)
    visits = np.zeros((len(known), len(rows)))
    visits[silent] = _settle(ties, _walkers(len(known), rows)[silent] / root) / root
    return (friends @ visits) * known[:, None]


def _local_global_kernel(
    friends: csr_array, known: np.ndarray, rows: np.ndarray, *, alpha: float
) -> np.ndarray:
    _, ties = _scaled(friends)
    return _settle(ties, _walkers(len(known), rows), alpha=alpha) * known[:, None]


def _pagerank_kernel(
    friends: csr_array, known: np.ndarray, rows: np.ndarray, *, alpha: float
) -> np.ndarray:
    root, ties = _scaled(friends)
    heard = _settle(ties, _walkers(len(known), rows) * root, alpha=alpha) / root
    return heard * known[:, None]


_Kernel = Callable[..., np.ndarray]

_KERNELS: dict[str, _Kernel] = {
    "neighbours": _neighbour_kernel,
    "two_hop": _two_hop_kernel,
    "label_propagation": _propagation_kernel,
    "harmonic": _harmonic_kernel,
    "local_global": _local_global_kernel,
    "pagerank": _pagerank_kernel,
}
"""For each method: whose answers arrive at some rows, one column a row, before adding up to 1."""


# Arithmetic ---------------------------------------------------------------------------------------


def _share_heard(heard: np.ndarray, reached: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Divide what was heard by how much arrived, unless it faded on the way."""
    reached = reached & (heard[:, 0] > 1e-6 * heard[:, 0].max())
    return heard[:, 1:] / np.where(reached, heard[:, 0], 1)[:, None], reached


def _degrees(friends: csr_array) -> np.ndarray:
    return np.asarray(friends.sum(axis=1), dtype=np.float64).ravel()


def _walkers(n: int, rows: np.ndarray) -> np.ndarray:
    start = np.zeros((n, len(rows)))
    start[rows, np.arange(len(rows))] = 1
    return start


def _reached(friends: csr_array, known: np.ndarray) -> np.ndarray:
    """Whom any path joins to somebody who answered."""
    from scipy.sparse.csgraph import connected_components

    reached = known.copy()
    reached[friends[np.flatnonzero(known)].indices] = True  # a tie reveals both ends
    far = np.flatnonzero(~reached)  # few, where many answered
    theirs = friends[far]
    among = theirs[:, far]
    # friendship goes both ways, so strong is weak, without a transposed copy
    n, part = connected_components(among, connection="strong")
    way_out = np.diff(theirs.indptr) > np.diff(among.indptr)
    reached[far] = (np.bincount(part, weights=way_out, minlength=n) > 0)[part]
    return reached


def _scaled(friends: csr_array, some: np.ndarray | None = None) -> tuple[np.ndarray, csr_array]:
    """The root of each one's number of friends, and ties divided by the roots of both ends."""
    root = np.sqrt(np.maximum(_degrees(friends), 1))
    if some is not None:
        root, friends = root[some], friends[some][:, some]
    ties = friends.astype(np.float64)
    ties.data *= np.repeat(1 / root, np.diff(ties.indptr))
    ties.data /= root[ties.indices]
    return root[:, None], ties


def _settle(
    ties: csr_array, start: np.ndarray, *, alpha: float = 1.0, tolerance: float = 1e-8
) -> np.ndarray:
    """Solve ``x = alpha * ties @ x + start`` by conjugate gradients, all columns at once.

    Repeated steps come to the same, but along a chain of n friends take n * n of them.
    """
    onward = stepper(ties)
    x, rest = np.zeros_like(start), start.copy()
    ahead, size = rest.copy(), (rest**2).sum(axis=0)
    enough = size * tolerance**2
    for _ in range(10 * len(start) + 10):
        if (size <= enough).all():
            break
        pull = ahead - alpha * onward(ahead)
        length = _over(size, (ahead * pull).sum(axis=0))
        x += length * ahead
        rest -= length * pull
        size, before = (rest**2).sum(axis=0), size
        ahead = rest + _over(size, before) * ahead
    return x


def _over(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)
