"""Noise: answers and counts that are true only on the whole, and how much they still give away.

A promise of differential privacy is a number, epsilon: whatever is published is at most e^epsilon
times as likely with a person as without them (but for a chance of delta). Here stand three ways to
make that promise. `ethics_lib.promises` holds the purse, and puts them to the test.

Whoever knows the seed can take the noise away again. In a lesson it is a number, so that all see
the same; a holder who means it draws one that nobody knows, and forgets it. And each question takes
a seed of its own: one seed on two tables adds the same noise twice, and the difference shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype, is_integer_dtype, is_list_like

from ethics_lib.beliefs import check_answers
from ethics_lib.defended import NOBODY, Defence
from ethics_lib.promises import Budget
from ethics_lib.tables import (
    COLUMNS,
    TRAITS,
    Evidence,
    RangeError,
    TableError,
    UnknownNameError,
    as_rng,
    check_frame,
    check_name,
    check_share,
    check_time,
    check_whole,
    concat,
)

__all__ = [
    "Aggregate",
    "RandomisedResponse",
    "estimate_shares",
    "noisy_counts",
]

_SAID = ("count", "scale", "epsilon", "delta")


def noisy_counts(
    table: pd.DataFrame,
    *,
    by: str | list[str],
    groups: Iterable[object],
    epsilon: float,
    delta: float = 0.0,
    mechanism: str = "laplace",
    per_person: int = 1,
    budget: Budget | None = None,
    what: str | None = None,
    rng: int | np.random.Generator,
) -> pd.DataFrame:
    """Count people by group, with so much noise that nobody can tell whether you are among them.

    The promise is to a person with all their records: with all of them and with none, any outcome
    is nearly as likely.

    Parameters
    ----------
    table : DataFrame[person, by...]
        Such as traces, answers, or ``people.reset_index()``. A person counts once in a group,
        however many records they have in it.
    by : str or list of str
        Columns to count by.
    groups : list or Index
        All groups to be counted (tuples, for several columns), from elsewhere than the table, such
        as the town's items: that a group is in the list must say nothing of anybody. Each gets
        noise, empty ones too; what is in no group is not counted.
    epsilon : float, above 0
        Infinity is no noise, and no promise.
    delta : float, 0-1
        For ``gaussian``: well below one in the number of people.
    mechanism : {"laplace", "gaussian"}
    per_person : int
        In so many groups a person counts at most, drawn by lot. More of what they did is counted,
        with more noise. Counts fall short by what was left out.
    budget : Budget, optional
        Pays, or refuses.
    what : str, optional
        What its ledger calls the question; by default the columns, such as "people by item".
    rng : int or Generator

    Returns
    -------
    DataFrame[by..., count, scale, epsilon, delta]
        Whole numbers, below 0 too: unbiased for the bounded counts. ``scale`` is that of the
        Laplace noise (its standard deviation is about 1.4 times that), or the standard deviation.

    Raises
    ------
    TableError
        When a column is missing, a record says of nobody whose it is, or groups cannot be.
    RangeError
        When epsilon, delta or per_person is out of range, or the budget is used up.

    Notes
    -----
    Laplace noise is drawn whole, from the two-sided geometric distribution: for a person in one
    group, scale 1 / epsilon. Gaussian noise is as wide as the analytic mechanism asks, which holds
    for every epsilon, and is rounded before it is added. So no last digits are left to read a count
    from, as there are in floating-point noise (Mironov). What is left of the gap between computers
    and proofs: NumPy's generators are no secret ones, and whoever knows the seed knows the noise.

    References
    ----------
    Ghosh, Roughgarden & Sundararajan (2009), arXiv 0811.2841: the geometric mechanism. Balle & Wang
    (2018), arXiv 1805.06530, eq. 6: the width of Gaussian noise. Mironov (2012), ACM CCS; from
    memory.

    Examples
    --------
    >>> told = pd.DataFrame({"person": range(90), "party": ["Quay"] * 60 + ["Orchard"] * 30})
    >>> parties = ["Orchard", "Quay", "Ferry"]
    >>> noisy_counts(told, by="party", groups=parties, epsilon=0.5, rng=3)[["party", "count"]]
         party  count
    0  Orchard     26
    1     Quay     59
    2    Ferry      0
    """
    by = [by] if isinstance(by, str) else _listed(by, "by")
    wanted = _check_question(table, by, groups)
    scale = _scale(mechanism, epsilon, delta, per_person)
    rng = as_rng(rng)
    if budget is not None and not isinstance(budget, Budget):
        raise TableError(f"budget={budget!r} is none. Pass one of your own, such as Budget(1.0).")
    if budget is not None:
        budget.spend(epsilon, delta, what=what or f"people by {' and '.join(by)}")
    lots, noise = rng.spawn(2)
    counts = _bounded(table, by, wanted, per_person, lots)
    counts += _noise(mechanism, scale, len(wanted), noise)
    said = dict(zip(_SAID, (counts, scale, float(epsilon), float(delta)), strict=True))
    of = {name: wanted.get_level_values(level) for level, name in enumerate(by)}
    return pd.DataFrame(of | said)


def _listed(things: object, name: str) -> list:
    # the order of a set, and so the noise, would be another each day
    if isinstance(things, pd.DataFrame) or not is_list_like(things, allow_sets=False):
        got = type(things).__name__
        raise TableError(f"{name}: got {got} where a list or an Index is needed, such as ['Quay'].")
    return list(things)


def _check_question(table: pd.DataFrame, by: list[str], groups: Iterable[object]) -> pd.Index:
    check_frame(table, "records", columns=by)
    if not by or len(set(by)) < len(by) or not set(by).isdisjoint(["person", *_SAID]):
        raise TableError(
            f"by={by!r}. Name columns to count by, each once: not person, for a count lists "
            f"nobody, and none called {', '.join(_SAID)}, which are columns of the answer."
        )
    if "person" not in table:
        raise TableError(
            "records: column 'person' is missing. From the index it comes with .reset_index()."
        )
    if table["person"].isna().any():  # as one person they would be bounded together
        raise TableError(
            f"records: column 'person' is empty in row {table['person'].isna().idxmax()}. "
            "Whose it is must be known, or nobody's part can be bounded. Leave such rows out."
        )
    wanted = groups if isinstance(groups, pd.Index) else pd.Index(_listed(groups, "groups"))
    if not len(wanted) or wanted.nlevels != len(by):
        got = repr(wanted.tolist()[0]) if len(wanted) else "there are none"
        form = "one value" if len(by) == 1 else f"a tuple of {len(by)} values"
        raise TableError(
            f"groups: {got}, to count by {' and '.join(by)}. Name at least one group, as {form}."
        )
    if wanted.has_duplicates:
        twice = wanted[wanted.duplicated()].tolist()[0]
        raise TableError(f"groups: {twice!r} is there twice. Name each group once.")
    for level, column in enumerate(by):
        kinds = [infer_dtype(cells) for cells in (wanted.get_level_values(level), table[column])]
        if "string" in kinds and not {"integer", "floating", "datetime64"}.isdisjoint(kinds):
            raise TableError(
                f"groups: they are {kinds[0]}, and column {column!r} is {kinds[1]}: none would be "
                "counted. Write them as the column does."
            )
    return wanted


def _scale(mechanism: str, epsilon: float, delta: float, per_person: int) -> float:
    """How wide the noise must be, for somebody who counts in so many groups."""
    check_name(mechanism, ("laplace", "gaussian"), what="mechanism")
    check_whole(per_person, "per_person", high=1e6)
    check_share(epsilon, "epsilon", low=1e-6, high=np.inf)  # 0 would be noise without end
    if mechanism == "laplace":
        if delta != 0:
            raise RangeError(
                f"delta={delta!r}: the Laplace mechanism needs none. Leave it out, or pass "
                "mechanism='gaussian'."
            )
        return per_person / epsilon
    if not 1e-12 <= check_share(delta, "delta") < 1:
        raise RangeError(
            f"delta={delta!r}: the Gaussian mechanism needs one above 0 and well below one in the "
            "number of people, such as delta=1e-6."
        )
    return float(np.sqrt(per_person) * _gaussian_width(epsilon, delta))


def _gaussian_width(epsilon: float, delta: float) -> float:
    """The least standard deviation for counts that one person changes by 1 (in the 2-norm)."""
    from scipy.optimize import brentq
    from scipy.special import log_ndtr

    if epsilon > 1e9:
        return 0.0  # rounding would take such noise away

    def excess(log_width: float) -> float:
        width = np.exp(log_width)
        with_you = log_ndtr(0.5 / width - epsilon * width)
        without = epsilon + log_ndtr(-0.5 / width - epsilon * width)
        return -np.exp(with_you) * np.expm1(min(without - with_you, 0.0)) - delta

    return float(np.exp(brentq(excess, -14, 30)) * (1 + 1e-9))


def _bounded(
    table: pd.DataFrame, by: list[str], wanted: pd.Index, per_person: int, lots: np.random.Generator
) -> np.ndarray:
    """Count people by group, nobody in more than so many."""
    rows = pd.Index(table[by[0]]) if len(by) == 1 else pd.MultiIndex.from_frame(table[by])
    group = wanted.get_indexer(rows)
    person, _ = pd.factorize(table["person"].to_numpy()[group >= 0])
    pairs = lots.permutation(pd.unique(person * len(wanted) + group[group >= 0]))
    pairs = pairs[np.argsort(pairs // len(wanted), kind="stable")]
    person = pairs // len(wanted)
    rank = np.arange(len(pairs)) - np.searchsorted(person, person)
    return np.bincount(pairs[rank < per_person] % len(wanted), minlength=len(wanted))


def _noise(mechanism: str, scale: float, number: int, rng: np.random.Generator) -> np.ndarray:
    if scale == 0:
        return np.zeros(number, dtype="int64")
    if mechanism == "gaussian":
        return np.rint(rng.normal(scale=scale, size=number)).astype("int64")
    stop = -np.expm1(-1 / scale)
    return rng.geometric(stop, number) - rng.geometric(stop, number)


@dataclass(frozen=True, kw_only=True)
class RandomisedResponse(Defence):
    """Answer a form by lot: the truth with a stated chance, else one of the other values.

    What one answers is at most e^epsilon times as likely as it would be with any other truth, and
    the holder still learns how common each answer is (`estimate_shares`). Left is that one
    answered; answers about other traits, each with an epsilon of its own, which add up; numbers;
    and all that was never asked. The same person asked again gives the same answer while the seed
    stays the same, so nobody gets nearer the truth by asking often; with k seeds it costs k times
    epsilon. Should the truth change, the answer changes with it, and that shows.

    Parameters
    ----------
    epsilon : float, 0 and up
        0 is any answer alike; infinity is the truth, and changes nothing.
    trait : str, optional
        By default every trait that is told in words.
    values : tuple of str, optional
        All answers that there are; by default those of the town's trait. Never read off what people
        said, which would give away that somebody said it.

    References
    ----------
    Warner (1965), Journal of the American Statistical Association 60:63: the spinner, for two
    values. Kairouz, Oh & Viswanath (2014), NeurIPS: more than two.
    """

    epsilon: float
    trait: str | None = None
    values: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share(self.epsilon, "epsilon", high=np.inf)
        if self.values is not None:
            object.__setattr__(self, "values", tuple(_listed(self.values, "values")))
        if self.trait is not None:
            _values_of(self.trait, self.values)
        elif self.values is not None:
            raise TableError("values: of which trait? Pass trait= with them.")

    def __call__(self, evidence: Evidence) -> Evidence:
        known = evidence.known
        if np.isinf(self.epsilon) or self.people == ():
            return evidence
        theirs = known["person"].isin(self.who(evidence)).to_numpy()
        told = known["value"].to_numpy(object, copy=True)
        for trait in known["trait"][theirs].unique() if self.trait is None else [self.trait]:
            if self.trait is None and trait in TRAITS and TRAITS[trait].numeric:
                continue
            rows = theirs & (known["trait"] == trait).to_numpy()
            if rows.any():  # one lot for two answers would show whether they were the same
                check_answers(known[rows])
            values = _values_of(trait, self.values)
            true = _codes(told[rows], values, trait)
            said = self._answer(known["person"][rows], trait, true, len(values))
            told[rows] = np.array(values, dtype=object)[said]
        return replace(evidence, known=known.assign(value=pd.Series(told, known.index, object)))

    def _answer(self, people: pd.Series, trait: str, true: np.ndarray, number: int) -> np.ndarray:
        """What each says: the two lots hang on the person and the trait, not on when one asks."""
        honest, _ = _chances(self.epsilon, number)
        other = 1 + (self.lots(people, of=f"a lie about {trait}") * (number - 1)).astype(int)
        lies = self.lots(people, of=f"whether to lie about {trait}") >= honest
        return (true + np.where(lies, other, 0)) % number


def estimate_shares(
    known: pd.DataFrame,
    *,
    trait: str,
    epsilon: float,
    values: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Estimate how many people truly have each value from answers given by lot.

    Parameters
    ----------
    known : DataFrame[person, trait, value]
        After `RandomisedResponse`, of people who all took part: one answer a person.
    trait, epsilon, values
        As they were given to it.

    Returns
    -------
    DataFrame[value, n, estimate, low, high]
        ``n``: how many said so, lies and all. The estimate is unbiased, and so may lie outside 0 to
        1 where people are few. The 95 % interval is about these very people: it holds what the lots
        leave open, and not whom one happened to ask.

    Notes
    -----
    A score interval: the shares under which what was said is within 1.96 standard deviations.

    Examples
    --------
    >>> said = pd.DataFrame({"person": range(100), "trait": "in_debt",
    ...                      "value": ["yes"] * 40 + ["no"] * 60})
    >>> estimate_shares(said, trait="in_debt", epsilon=1).round(2)
      value   n  estimate   low  high
    0    no  60      0.72  0.53  0.90
    1   yes  40      0.28  0.10  0.47
    """
    values = _values_of(trait, values)
    answers = check_answers(known).query("trait == @trait")["value"].to_numpy(object)
    if not len(answers):
        raise TableError(f"known: nobody answers {trait!r}, so there is nothing to estimate.")
    check_share(epsilon, "epsilon", low=1e-6, high=np.inf)
    said = np.bincount(_codes(answers, values, trait), minlength=len(values))
    honest, other = _chances(epsilon, len(values))
    estimate = (said / len(answers) - other) / (honest - other)
    # (estimate - share)^2 = unit * (spread + share * more), solved for the share
    unit = 1.96**2 / len(answers) / (honest - other) ** 2
    spread, more = other * (1 - other), honest * (1 - honest) - other * (1 - other)
    middle = estimate + unit * more / 2
    reach = np.sqrt(np.maximum(middle**2 - estimate**2 + unit * spread, 0))
    shares = {"estimate": estimate, "low": middle - reach, "high": middle + reach}
    return pd.DataFrame({"value": list(values), "n": said, **shares})


def _values_of(trait: str, values: Iterable[str] | None) -> tuple[str, ...]:
    """All answers that there are to a question, given or of the town's trait."""
    if not isinstance(trait, str):
        raise TableError(f"trait={trait!r}. Name one trait, such as 'party'.")
    if values is None and trait not in TRAITS:
        raise UnknownNameError(
            f"trait {trait!r} is none of the town's. Pass trait={trait!r} and values=, all answers "
            "that there are."
        )
    values = TRAITS[trait].values if values is None else tuple(_listed(values, "values"))
    if not values:
        raise TableError(
            f"trait {trait!r} is a number, and a lot has no other value to draw. Cut it into words "
            "first, such as 'low' and 'high', and pass values=('low', 'high')."
        )
    if len(values) < 2 or len(set(values)) < len(values):
        raise TableError(f"values={values!r}: pass two or more, each once.")
    return values


def _codes(answers: np.ndarray, values: tuple[str, ...], trait: str) -> np.ndarray:
    codes = pd.Index(values, dtype=object).get_indexer(answers)
    if (codes < 0).any():
        raise TableError(
            f"known: somebody answers {trait!r} with {answers[codes < 0][0]!r}, which is none of "
            f"{', '.join(map(str, values))}. Pass all answers that there are as values=."
        )
    return codes


def _chances(epsilon: float, number: int) -> tuple[float, float]:
    """The chance of the true value, and of each other one."""
    honest = 1 / (1 + (number - 1) * np.exp(-epsilon))
    return honest, (1 - honest) / (number - 1)


@dataclass(frozen=True, kw_only=True)
class Aggregate(Defence):
    """Let the holder keep noisy counts of what people did, and nothing of who did it.

    Records, answers and ties of the people counted go. In their place stand as many records of
    `NOBODY` as each item's noisy count says, if it is above 0. What others told of somebody is not
    counted, or one who told of a hundred would change a hundred counts. Kept is how common things
    are: there is nobody to judge, and a model that sees the records takes NOBODY for one person who
    likes all. With few people and many items most of the records are noise: what is below 0 is cut,
    and what is above stays. Left are the records of those not counted, and what they tell of people
    like you; and counting with another seed is publishing again, which costs epsilon again. Who is
    among those counted is no secret.

    Parameters
    ----------
    epsilon, delta, mechanism, per_person, budget
        As for `noisy_counts`. With a budget each call is paid for.
    items : list of int
        All items to be counted, from elsewhere than the evidence, such as ``world.items.index``.
    holder : str
        Who keeps the counts.
    now : time
        The day that the records of nobody bear.
    share : float, 0-1
        Of the people, drawn by lot.
    """

    epsilon: float
    items: tuple[int, ...] = field(repr=False)
    holder: str
    now: str | pd.Timestamp
    share: float = 1.0
    delta: float = 0.0
    mechanism: str = "laplace"
    per_person: int = 1
    budget: Budget | None = field(default=None, compare=False)

    shares: ClassVar[tuple[str, ...]] = ("share",)

    def __post_init__(self) -> None:
        super().__post_init__()
        items = pd.Index(_listed(self.items, "items"))
        if not is_integer_dtype(items):
            raise TableError(f"items={self.items!r}. Pass whole numbers, or world.items.index.")
        object.__setattr__(self, "items", tuple(items.tolist()))
        _scale(self.mechanism, self.epsilon, self.delta, self.per_person)
        check_time(self.now, "now")

    def __call__(self, evidence: Evidence) -> Evidence:
        if self.share == 0 or self.people == ():
            return evidence
        traces, ties, known = evidence.traces, evidence.ties, evidence.known
        who = self.who(evidence)  # NOBODY is not among them: counts are not counted again
        counted = who[self.hits(self.share, who, of="counted")]
        theirs = traces["person"].isin(counted)
        gone = theirs | traces["from_person"].isin(counted)
        own = theirs & (traces["from_person"] == traces["person"])
        # the holder forgets it, so a friend who is not counted keeps no end of it
        tied = ties["a"].isin(counted) | ties["b"].isin(counted)
        return Evidence(
            concat([traces[~gone], self._records(traces[own])], "traces"),
            # numbered anew, or the numbers left out would say how much there was of those counted
            ties[~tied].reset_index(drop=True),
            known[~known["person"].isin(counted)].reset_index(drop=True),
        )

    def _records(self, traces: pd.DataFrame) -> pd.DataFrame:
        """As many records of nobody as the counts say."""
        counts = noisy_counts(
            traces,
            by="item",
            groups=pd.Index(self.items, dtype="int64"),
            epsilon=self.epsilon,
            delta=self.delta,
            mechanism=self.mechanism,
            per_person=self.per_person,
            budget=self.budget,
            rng=as_rng(self.rng).spawn(1)[0],
        )
        item = np.repeat(self.items, counts["count"].clip(lower=0)).astype("int32")
        records = pd.DataFrame(
            {
                "item": pd.array(item, dtype="Int32"),
                "person": np.int32(NOBODY),
                "from_person": np.int32(NOBODY),
                "kind": "count",
                "time": check_time(self.now, "now"),
                "source": "counts",
                "purpose": "statistics",
                "holder": self.holder,
            }
        )
        return records[list(COLUMNS["traces"])]
