"""Promises: how much may be given away of people, how much of it is spent, and how much it is.

A promise of differential privacy is a number, epsilon. It cannot be proved by trying, but it can be
found broken.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from math import fsum

import numpy as np
import pandas as pd

from ethics_lib.tables import RangeError, TableError, as_rng, check_share, check_whole

__all__ = ["Budget", "audit_epsilon"]


class Budget:
    """What may be given away of one set of people: it is spent, and never comes back.

    What was spent adds up: two counts with epsilon .5 together give away 1 (basic composition,
    which always holds; finer sums would allow a little more). It is the one thing here that
    remembers, for who could put it back would have no limit. A copy, such as each worker of a
    parallel run gets, is a second purse for the same people: do not make one.

    Parameters
    ----------
    epsilon : float, above 0
    delta : float, 0-1

    Examples
    --------
    >>> budget = Budget(1.0)
    >>> budget.spend(0.7, what="faiths by district")
    >>> budget.spend(0.7, what="parties by district")
    Traceback (most recent call last):
    ...
    ethics_lib.tables.RangeError: 'parties by district' takes epsilon 0.7 and delta 0, and 0.3 and 0
    are left of 1 and 0. Spent: faiths by district (0.7, 0). Ask fewer questions, take more noise
    (a smaller epsilon), or ask people of whom nothing was published; what was spent stays so.
    """

    def __init__(self, epsilon: float, delta: float = 0.0) -> None:
        self.epsilon = check_share(epsilon, "epsilon", low=1e-6, high=1e6)
        self.delta = check_share(delta, "delta")
        self._spent: list[tuple[str, float, float]] = []

    def spend(self, epsilon: float, delta: float = 0.0, *, what: str) -> None:
        """Spend some of it on a question, or refuse, with what is left and what it went on."""
        asked = check_share(epsilon, "epsilon", high=np.inf), check_share(delta, "delta")
        _, epsilons, deltas = zip(("", 0.0, 0.0), *self._spent, ("", *asked), strict=True)
        # sums of floats miss by their last digits: ten tenths are one. It is the sum that is
        # compared, and not what is left: or a grain could be had again and again
        slack = 1 + 1e-9
        if fsum(epsilons) > self.epsilon * slack or fsum(deltas) > self.delta * slack:
            epsilon_left, delta_left = self.left()
            spent = ", ".join(f"{name} ({e:g}, {d:g})" for name, e, d in self._spent) or "nothing"
            raise RangeError(
                f"{what!r} takes epsilon {asked[0]:g} and delta {asked[1]:g}, and "
                f"{epsilon_left:g} and {delta_left:g} are left of {self.epsilon:g} and "
                f"{self.delta:g}. Spent: {spent}. Ask fewer questions, take more noise (a smaller "
                "epsilon), or ask people of whom nothing was published; what was spent stays so."
            )
        self._spent.append((what, *asked))

    def left(self) -> tuple[float, float]:
        """Say how much epsilon and delta are left."""
        _, epsilons, deltas = zip(("", 0.0, 0.0), *self._spent, strict=True)
        return max(self.epsilon - fsum(epsilons), 0.0), max(self.delta - fsum(deltas), 0.0)

    def ledger(self) -> pd.DataFrame:
        """List what it went on: DataFrame[what, epsilon, delta], in the order of spending."""
        table = pd.DataFrame(self._spent, columns=["what", "epsilon", "delta"])
        return table.astype({"what": "str", "epsilon": float, "delta": float})

    def __repr__(self) -> str:
        epsilon, delta = self.left()
        return (
            f"Budget({self.epsilon:g}, {self.delta:g}), of which {epsilon:g} and {delta:g} are left"
        )


def audit_epsilon(
    mechanism: Callable[[object, np.random.Generator], object],
    neighbours: tuple[object, object],
    *,
    epsilon: float,
    delta: float = 0.0,
    trials: int,
    alpha: float = 0.05,
    rng: int | np.random.Generator,
) -> pd.DataFrame:
    """Test a promise of privacy: by how much can one tell that somebody was there, at least?

    The mechanism runs on two inputs that differ in one person. Half of the runs serve to find what
    happens much more often with one of them; the other half, to say how much more often it surely
    happens. That is an epsilon from below: above the promised one, the promise is broken. Below it,
    nothing is proved: another pair of inputs, or another thing to look at, may give more away.

    Parameters
    ----------
    mechanism : callable ``(input, rng) -> number, word or Series``
        What is published. Of a Series each entry is looked at, by its label; what is missing in
        some runs counts as well.
    neighbours : (input, input)
        With the person and without, or with another answer of theirs.
    epsilon, delta : float
        What is promised.
    trials : int
        Runs on each input.
    alpha : float, 0-1
        The chance that a promise which is kept is found broken.
    rng : int or Generator

    Returns
    -------
    DataFrame[epsilon, delta, lower, kept, trials], one row
        ``kept`` is whether ``lower`` is within the promise.

    Raises
    ------
    RangeError, TableError
        For what cannot be called with an input and a rng, or gives nothing to look at; for an
        outcome that is a list or a table, or a Series with a label twice.

    Notes
    -----
    The bound is the logarithm of (p - delta) / q, with p and q the Clopper-Pearson bounds of the
    two chances. What to look at is found by a small decision tree, so rare outcomes, and many small
    signs that tell only together, are overlooked. With 4,000 trials, and the median of 12 audits:
    of a promise of 1 Laplace noise on one count shows .9, on three .7, on ten .1; Gaussian noise
    .65 at a delta of .05, and .15 at 1e-5. A sample of half of four people, which may leave nobody
    out and then shows all, is found with 4,000 trials, and with 700 it is not.

    References
    ----------
    Ding et al. (2018), ACM CCS, and Jagielski, Ullman & Oprea (2020), NeurIPS: audits from below by
    testing; both from memory, as cited by Chadha et al. (2024), ICML.
    """
    try:
        signature(mechanism).bind("input", "rng")
    except TypeError as wrong:
        raise TableError(
            f"mechanism: {wrong}. It is called with an input and a rng, such as "
            "lambda traces, rng: noisy_counts(traces, ..., rng=rng)."
        ) from None
    listed = isinstance(neighbours, (tuple, list))
    if not listed or len(neighbours) != 2:
        got = f"{len(neighbours)} inputs" if listed else type(neighbours).__name__
        raise RangeError(
            f"neighbours: got {got} where two are needed, such as (with_one, without_them)."
        )
    check_share(epsilon, "epsilon", high=np.inf)
    check_share(delta, "delta")
    trials = check_whole(trials, "trials", low=100, high=1e7)
    check_share(alpha, "alpha", low=1e-9, high=0.5)
    rng = as_rng(rng)
    runs = [_seen(mechanism(data, rng)) for data in neighbours for _ in range(trials)]
    if not any(runs):
        raise TableError("mechanism: gave an empty Series in every run: nothing to look at.")
    first = np.arange(len(runs)) < trials
    learn = np.arange(len(runs)) % trials < trials // 2
    score = _suspicion(pd.DataFrame.from_records(runs), first, learn)
    # looked for with more caution than it is judged by: the best of many looks better than it is
    sign, threshold = _best_event(score[learn], first[learn], delta, alpha / 1000)
    happened, which = sign * score[~learn] >= sign * threshold, first[~learn] == (sign > 0)
    lower = _surely(happened[which], happened[~which], delta, alpha)
    row = {"epsilon": float(epsilon), "delta": float(delta), "lower": max(lower, 0.0)}
    return pd.DataFrame([row | {"kept": lower <= epsilon, "trials": trials}])


def _seen(outcome: object) -> dict[object, object]:
    entries = outcome.items() if isinstance(outcome, pd.Series) else [("outcome", outcome)]
    seen = {str(name): thing for name, thing in entries}
    if isinstance(outcome, pd.Series) and len(seen) < len(outcome):
        raise TableError(
            "mechanism: gave a Series with a label twice. Give each entry a label of its own, such "
            "as with .reset_index(drop=True)."
        )
    wrong = [type(thing).__name__ for thing in seen.values() if not pd.api.types.is_scalar(thing)]
    if wrong:
        raise TableError(
            f"mechanism: gave a {wrong[0]}. What is looked at is a number, a word or a Series of "
            "them, such as table.set_index('item')['count']."
        )
    return seen


def _suspicion(outcomes: pd.DataFrame, first: np.ndarray, learn: np.ndarray) -> np.ndarray:
    """How much each run looks as if it came from the first input, to a tree that saw half."""
    from sklearn.tree import DecisionTreeClassifier

    numbers = [name for name in outcomes if pd.api.types.is_numeric_dtype(outcomes[name])]
    words = outcomes.columns.difference(numbers)
    clues = [outcomes[name].to_numpy() for name in numbers]
    clues += [outcomes[name].map(repr).to_numpy(object) for name in words]
    # noise on many counts is seen best in their sum
    clues.append(np.nansum(outcomes[numbers].to_numpy(float), axis=1))
    # each as its place among what was seen while learning. A word's number must not hang on the
    # other half: counted by first appearance, it would say with which input the word appears
    clues = np.column_stack([np.searchsorted(np.unique(clue[learn]), clue) for clue in clues])
    # a few large leaves: with more the tree learns the half that it saw by heart
    tree = DecisionTreeClassifier(max_leaf_nodes=8, min_samples_leaf=20, random_state=0)
    return tree.fit(clues[learn], first[learn]).predict_proba(clues)[:, 1]


def _best_event(
    score: np.ndarray, first: np.ndarray, delta: float, alpha: float
) -> tuple[int, float]:
    """The suspicion from which on, or up to which, one input is most surely the likelier."""
    return max(
        ((sign, level) for sign in (1, -1) for level in np.unique(score)),
        key=lambda event: _surely(
            event[0] * score[first == (event[0] > 0)] >= event[0] * event[1],
            event[0] * score[first != (event[0] > 0)] >= event[0] * event[1],
            delta,
            alpha,
        ),
    )


def _surely(one: np.ndarray, other: np.ndarray, delta: float, alpha: float) -> float:
    """The epsilon that is surely given away by what happened so often with each input."""
    from scipy.stats import binomtest

    low, high = (
        binomtest(int(side.sum()), len(side)).proportion_ci(1 - alpha) for side in (one, other)
    )
    return float(np.log(max(low.low - delta, 1e-300) / high.high))
