"""Membership: whether a model lets on that somebody was among those it learnt from.

A model is surer of those whose answers it has seen. Whoever knows somebody's answer and may ask
the model about them can turn that round: it is so sure, so they must have told. That somebody took
part in a survey of the ill is a fact about them, and the survey never published it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ethics_lib.beliefs import as_beliefs, check_answers, likes_matrix
from ethics_lib.guards import check_rows
from ethics_lib.measures import score, share_of
from ethics_lib.tables import (
    TableError,
    as_rng,
    check_frame,
    check_name,
    check_whole,
    is_numeric,
)

if TYPE_CHECKING:
    from scipy.sparse import csr_array
    from sklearn.base import BaseEstimator

    from ethics_lib.trait_models import TraitModel

__all__ = ["infer_membership", "weigh_membership"]

_FEWEST = 20  # answers, of which a model learns from half and is asked about the other


def infer_membership(
    traces: pd.DataFrame,
    known: pd.DataFrame,
    *,
    trait: str,
    model: TraitModel | BaseEstimator | None = None,
    shown: Callable[[np.ndarray], np.ndarray] | None = None,
    shadows: int = 0,
    person_rows: bool = False,
    basis: str | None = None,
    rng: int | np.random.Generator,
) -> pd.DataFrame:
    """Guess from outside who was among those a model learnt from, by how sure it is of them.

    Half of those who answered, drawn at random, are learnt from. Then the attack sees what the
    model shows of everybody who answered, and knows what they would have said. The more likely
    the model calls that, the more likely they were in.

    Parameters
    ----------
    traces : DataFrame
    known : DataFrame[person, trait, value]
        What people said, in words; of a number a model says no probability.
    trait : str
        The one that the model tells.
    model : TraitModel or any classifier of scikit-learn, optional
        As for `beliefs.infer`: by default its logistic regression on 50 factors; a bare classifier
        learns from the likes themselves.
    shown : callable, optional
        What the model lets be seen of its probabilities, an array of people by values: ``np.round``
        shows the likeliest of two values only. By default all, to the last digit.
    shadows : int
        0: one threshold for all, on the model's loss (Yeom). 4 or more: so many models of the
        attacker's own, in pairs that each learn from another half of the same people, tell how
        sure one is of *this* person with and without their answer (Carlini's likelihood ratio).
        Much stronger; so many times slower.
    person_rows, basis
        For a protected trait of real people; see `guards.may_name_persons`.
    rng : int or Generator

    Returns
    -------
    DataFrame[person, member, guessed, score, right]
        One row a person who answered and left a trace. ``member``: was learnt from. ``guessed``:
        the attack says so. ``score``: how strongly, in log-likelihood. ``right``: the model's
        likeliest value is what they said.

    Raises
    ------
    TableError
        When fewer than 20 people with traces answered, all gave the same answer, or answers are
        numbers; when ``model`` is none, or ``shown`` gives another shape or what is no number.
    DualUseError
        For a protected trait without a basis.

    Notes
    -----
    Membership is of *answers*. The factors come from everybody's traces, as in `beliefs.infer`, so
    that a person's likes shape the model whether or not they answered; that is not what is guessed
    at here. Each half has half of every answer, or as near as an odd number allows: a model that
    says the same of everybody has an auc of .5, or hardly off it (.506 for 33 and 88 answers). The
    threshold is the mean loss of the members, which the attacker is given: Yeom's attack takes it
    to be published. The attacker with shadows has everybody's traces and answers and lacks nothing
    but the list. Nobody may: it is a bound for those who know less. That the threshold learns
    little proves little. A regression on the raw likes, held back until it gets members and others
    nearly equally right, looks harmless to it and not to the shadows.

    References
    ----------
    Yeom, Giacomelli, Fredrikson & Jha (2018), Privacy risk in machine learning, CSF, arXiv
    1709.01604: the threshold and the advantage. Carlini et al. (2022), Membership inference attacks
    from first principles, IEEE S&P, arXiv 2112.03570: the likelihood ratio. The abstracts were
    read; the threshold, the log-odds and the one spread for few shadows are from memory.
    """
    why = "each row here says of one real person whether they told"
    check_rows([trait], why=why, person_rows=person_rows, basis=basis)
    if shadows != 0:
        check_whole(shadows, "shadows", low=4, high=10_000)
    people, said, points, estimator = _prepare(traces, known, trait, model)
    own, others = as_rng(rng).spawn(2)
    member = _halves(own, 1, said)[0]
    p = _fit(estimator, points[member], said[member]).predict_proba(points)
    seen = _sure(p, said, shown)
    strength, threshold = np.log(seen), np.log(seen[member]).mean()
    if shadows:
        first = _halves(others, (shadows + 1) // 2, said)
        inside = np.concatenate([first, ~first])  # everybody is in as often as out
        fits = (_fit(estimator, points[half], said[half]) for half in inside)
        likewise = np.array([_sure(fit.predict_proba(points), said, shown) for fit in fits])
        strength, threshold = _likelihood_ratio(seen, likewise, inside), 0.0
    return pd.DataFrame(
        {
            "person": people,
            "member": member,
            "guessed": strength >= threshold - 1e-9,  # a mean of equals may be off by a last digit
            "score": strength,
            "right": p.argmax(axis=1) == said,
        }
    )


def weigh_membership(guesses: pd.DataFrame) -> pd.DataFrame:
    """Say how much an attack on membership learnt: of most, and of the few it is surest of.

    Parameters
    ----------
    guesses : DataFrame[person, member, guessed, score, right]
        From `infer_membership`.

    Returns
    -------
    DataFrame[measure, estimate, low, high]
        With 95 % intervals. ``auc``: the chance that somebody learnt from has the higher score of
        two; .5 is chance. ``advantage``: the share guessed to be in of those who were, less that
        of those who were not; 0 is chance. ``found_at_1_percent`` and ``found_at_0.1_percent``:
        the share of members found where so many others are accused; chance is as much, and NaN is
        where there are too few others to tell. ``accuracy_in``, ``accuracy_out`` and ``gap``: the
        share of whom the model tells rightly, and the difference, for which no attack is needed.

    References
    ----------
    As `infer_membership`: Yeom's advantage, Carlini's low false-positive rates. The intervals of
    differences put Wilson's intervals of two rates together, as `measures.rate_ratio` does.
    """
    check_frame(guesses, "guesses", columns=("person", "member", "guessed", "score", "right"))
    for column in ("member", "guessed", "right"):
        if not pd.api.types.is_bool_dtype(guesses[column]):
            raise TableError(
                f"guesses: column {column!r} is {guesses[column].dtype}, and must hold True and "
                f"False. Of numbers, write guesses[{column!r}] == 1."
            )
    inside, outside = guesses[guesses["member"]], guesses[~guesses["member"]]
    rows = [
        ("auc", *_auc(guesses)),
        ("advantage", *_difference(inside["guessed"], outside["guessed"])),
        *(_found(inside["score"], outside["score"], share) for share in (0.01, 0.001)),
        ("accuracy_in", *share_of(inside["right"].sum(), len(inside))),
        ("accuracy_out", *share_of(outside["right"].sum(), len(outside))),
        ("gap", *_difference(inside["right"], outside["right"])),
    ]
    return pd.DataFrame(rows, columns=["measure", "estimate", "low", "high"])


def _prepare(
    traces: pd.DataFrame,
    known: pd.DataFrame,
    trait: str,
    model: TraitModel | BaseEstimator | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray | csr_array, BaseEstimator]:
    """Who answered what (as a code), where they stand, and what shall learn from it."""
    from ethics_lib.trait_models import TraitModel

    check_name(trait, check_answers(known)["trait"].unique(), what="trait")
    answers = known[known["trait"] == trait]
    if is_numeric(answers["value"]):
        raise TableError(
            f"known: {trait!r} holds numbers, and of a number a model gives no probability. Ask "
            "about a trait in words, or cut the numbers into words first."
        )
    likes = likes_matrix(traces)
    rows = likes.people.get_indexer(answers["person"])
    said, values = pd.factorize(answers["value"][rows >= 0], sort=True)
    count = np.bincount(said, minlength=1)
    if len(said) < _FEWEST or len(count) < 2 or count.min() < 2:
        raise TableError(
            f"known: {len(said)} people with traces answered {trait!r} "
            f"({', '.join(f'{v}: {n}' for v, n in zip(values, count, strict=False)) or 'nothing'})."
            f" At least {_FEWEST} are needed, and at least 2 for each of two values."
        )
    if not (model is None or isinstance(model, TraitModel)):
        if isinstance(model, type) or not hasattr(model, "fit"):
            raise TableError(
                f"model={model!r} is no model. Pass a TraitModel, or a classifier of scikit-learn "
                "with its brackets, such as LogisticRegression()."
            )
        model = TraitModel("passthrough", model)
    reducer, estimator = (model or TraitModel()).parts()
    if not hasattr(estimator, "predict_proba"):
        raise TableError(
            f"model: {type(estimator).__name__} says which value, and not how likely, so there is "
            "no sureness to see. Pass TraitModel(..., calibration='sigmoid') around it."
        )
    points = reducer.fit_transform(likes.matrix)[rows[rows >= 0]]
    return answers["person"].to_numpy()[rows >= 0], said, points, estimator


def _halves(rng: np.random.Generator, number: int, said: np.ndarray) -> np.ndarray:
    """So many random halves of the people, each with half of every answer: number x people."""
    from sklearn.model_selection import StratifiedShuffleSplit

    split = StratifiedShuffleSplit(
        number, train_size=0.5, test_size=0.5, random_state=int(rng.integers(2**31))
    )
    inside = np.zeros((number, len(said)), dtype=bool)
    for half, (learnt, _) in zip(inside, split.split(said, said), strict=True):
        half[learnt] = True
    return inside


def _fit(
    estimator: BaseEstimator, points: np.ndarray | csr_array, said: np.ndarray
) -> BaseEstimator:
    from sklearn.base import clone
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        return clone(estimator).fit(points, said)


def _sure(
    p: np.ndarray, said: np.ndarray, shown: Callable[[np.ndarray], np.ndarray] | None
) -> np.ndarray:
    """How likely the model is seen to call what each person did say, 0 and 1 left out."""
    p = p.astype(float)
    if not (shown is None or callable(shown)):
        raise TableError(f"shown={shown!r} is no function. Pass one, such as np.round.")
    if shown is not None:
        p, asked = np.asarray(shown(p), dtype=float), p.shape
        if p.shape != asked or not np.isfinite(p).all():
            raise TableError(
                f"shown: gave {p.shape} for probabilities of {asked}, people by values. It must "
                "keep the shape and give finite numbers, such as np.round."
            )
    return np.clip(p[np.arange(len(said)), said], 1e-9, 1 - 1e-9)


def _likelihood_ratio(seen: np.ndarray, likewise: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """How much likelier what is seen is if the person was in than if not: log-odds are normal.

    One spread for everybody: a handful of shadows could not tell each person's own.
    """
    from scipy.special import logit
    from scipy.stats import norm

    ratio, shadows = np.zeros(len(seen)), logit(likewise)
    for sign, side in ((1, inside), (-1, ~inside)):
        middle = (shadows * side).sum(axis=0) / side.sum(axis=0)
        spread = np.sqrt(((shadows - middle) ** 2)[side].mean()) + 1e-6
        ratio += sign * norm.logpdf(logit(seen), middle, spread)
    return ratio


def _auc(guesses: pd.DataFrame) -> tuple[float, float, float]:
    """That somebody was in is a belief about them too: scored as those are."""
    rows = pd.DataFrame(
        {"person": guesses["person"], "value": "in", "p": guesses["score"].rank(pct=True)}
    )
    said = {"origin": "inferred", "method": "membership", "holder": "outside"}
    beliefs = as_beliefs(rows, trait="membership", **said, intent="deliberate")
    truth = pd.Series(np.where(guesses["member"], "in", "out"), guesses["person"])
    found = score(beliefs, truth, trait="membership").iloc[0]
    return found["estimate"], found["low"], found["high"]


def _found(inside: pd.Series, outside: pd.Series, share: float) -> tuple[str, float, float, float]:
    """The share of members above the score that so many others reach at most."""
    name, accused = f"found_at_{100 * share:g}_percent", int(share * len(outside))
    if not accused:
        return name, np.nan, np.nan, np.nan
    threshold = outside.nlargest(accused + 1).iloc[-1]
    return name, *share_of((inside > threshold).sum(), len(inside))


def _difference(one: pd.Series, other: pd.Series) -> tuple[float, float, float]:
    """The difference of two shares, and its 95 % interval."""
    (p, low, high), (q, least, most) = (share_of(part.sum(), len(part)) for part in (one, other))
    return p - q, p - q - np.hypot(p - low, most - q), p - q + np.hypot(high - p, q - least)
