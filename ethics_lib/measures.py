"""Measures: how right the beliefs are, on whom it falls, and how much they give away.

Right is measured against a truth that only a generator knows. Every number comes as a row with its
interval, so that a small group cannot pass for a large one.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ethics_lib.tables import (
    TableError,
    check_frame,
    check_name,
    check_share,
    check_table,
    spell_out,
)

__all__ = [
    "FOUR_FIFTHS",
    "METRICS",
    "auc",
    "calibration",
    "exposure",
    "mean_of",
    "rate_ratio",
    "score",
    "share_of",
    "usual_of",
]

METRICS = {
    "accuracy": "the share of people whose likeliest value is true",
    "auc": "the chance that somebody with the value is ranked above somebody without",
    "brier_skill": "1 is perfect, 0 no better than the base rate",
    "calibration_slope": "1 is honest; below 1, p goes too far from the base rate",
    "calibration_in_the_large": "0 is honest; below 0, p is too high on the whole (in log-odds)",
    "selection_rate": "the share of people who are believed to have the value",
    "false_positive_rate": "that share among those who do not have it",
    "false_negative_rate": "the share of those who have it and are not believed to",
    "r": "Pearson's correlation, for a numeric trait",
}
"""What `score` can measure."""

FOUR_FIFTHS = 0.8
"""A rate below four fifths of the highest is looked at more closely: a rule of thumb.

29 CFR 1607.4(D), for tests of applicants in the USA (1978). No law of the UK or the EU says so.
"""

_FEW = 10  # of either kind; below, normal approximations say too little or too much


def score(
    beliefs: pd.DataFrame,
    truth: pd.Series,
    *,
    trait: str,
    metric: str = "auc",
    value: object = None,
    by: pd.Series | None = None,
    threshold: float = 0.5,
) -> pd.DataFrame:
    """Score the beliefs about one trait against the truth, for all or by group.

    Parameters
    ----------
    beliefs : DataFrame
        People without a row for the trait are not scored.
    truth : Series, index ``person``
        The true value of each person, such as ``world.people["faith"]``.
    trait : str
    metric : str
        One of `METRICS`. ``accuracy`` and the three rates have Wilson's interval, ``auc`` Hanley &
        McNeil's, ``r``, for numeric traits only, Fisher's. The slope is Cox's: of the log-odds of
        the truth on those of ``p`` (where 0 and 1 count as one in a million and all but that); in
        the large, the slope is held at 1.
    value : optional
        The value that is asked about, by all metrics but ``accuracy`` and ``r``; by default the
        trait's last one.
    by : Series, index ``person``, optional
        The group of each person.
    threshold : float, 0-1
        For the three rates: somebody whose ``p`` reaches it is believed to have the value.

    Returns
    -------
    DataFrame[group, n, metric, estimate, low, high]
        One row a group, 95 % intervals; NaN where a group has one kind of person only, and cannot
        tell. With fewer than ten people with the value, or without it, ``auc`` has an interval that
        holds whatever the scores are like (wide), ``brier_skill`` has none, and calibration is not
        estimated at all.

    References
    ----------
    Cox (1958), Biometrika 45:562; from memory. Van Calster et al. (2019), BMC Medicine 17:230, doi
    10.1186/s12916-019-1466-7: slope and intercept, and that both need large samples.
    """
    check_name(metric, METRICS, what="metric")
    check_share(threshold, "threshold")
    _check_one_each(truth, "truth")
    if by is not None:
        _check_one_each(by, "by")
    rows = _about(beliefs, trait)
    suited = ["r"] if rows["p"].isna().all() else [name for name in METRICS if name != "r"]
    check_name(metric, suited, what=f"for the trait {trait!r} the metric")
    if metric == "accuracy":
        rows = rows.sort_values("p", kind="stable").drop_duplicates("person", keep="last")
    elif metric != "r":
        value = sorted(rows["value"].unique())[-1] if value is None else value
        check_name(value, sorted(rows["value"].unique()), what=f"value of {trait}")
        rows = rows[rows["value"] == value].assign(believed=lambda rows: rows["p"] >= threshold)
    rows = rows.set_index("person")
    true = truth.reindex(rows.index)
    rows, true = rows[true.notna()], true[true.notna()]
    if rows.empty:
        raise TableError(f"score: nobody who has a belief about {trait!r} is in the truth.")
    group = pd.Series("all", rows.index) if by is None else by.reindex(rows.index)
    measured = [
        (name, len(part), metric, *_METRIC[metric](rows.loc[part], true.loc[part], value))
        for name, part in rows.groupby(group, observed=True).groups.items()
    ]
    columns = ["group", "n", "metric", "estimate", "low", "high"]
    return pd.DataFrame(measured, columns=columns)


def calibration(
    beliefs: pd.DataFrame, truth: pd.Series, *, trait: str, value: object, bins: int = 10
) -> pd.DataFrame:
    """Compare how sure the beliefs are with how often they come true.

    Returns
    -------
    DataFrame[p, share, low, high, n]
        One row a bin of believed probability: its mean, and the share for whom it was true.
    """
    check_share(bins, "bins", low=2, high=100)
    _check_one_each(truth, "truth")
    rows = _about(beliefs, trait)
    check_name(value, rows["value"].unique(), what=f"value of {trait}")
    rows = rows[(rows["value"] == value) & rows["person"].isin(truth.dropna().index)]
    true = (truth.loc[rows["person"]] == value).to_numpy()
    cut = np.minimum((rows["p"].to_numpy() * bins).astype(int), bins - 1)
    table = pd.DataFrame({"p": rows["p"].to_numpy(), "true": true}).groupby(cut)
    measured = [
        (part["p"].mean(), *share_of(part["true"].sum(), len(part)), len(part)) for _, part in table
    ]
    return pd.DataFrame(measured, columns=["p", "share", "low", "high", "n"])


def rate_ratio(got: pd.Series, by: pd.Series, *, fewest: int = 30) -> pd.DataFrame:
    """Compare how often each group got something with the group that got it most often.

    Parameters
    ----------
    got : Series of bool, index ``person``
        Who was shown the advert, got the offer, clicked. Empty cells (not known) do not count.
    by : Series, index ``person``
        The group of each person; who has none is left out.
    fewest : int, people
        How many a group needs to be compared with. Smaller ones are compared too, with the wide
        interval that is theirs.

    Returns
    -------
    DataFrame[group, n, rate, ratio, low, high]
        ``ratio``: the rate divided by the highest one, with its 95 % interval; below `FOUR_FIFTHS`
        it is worth a closer look. 1 without an interval for the group compared with; NaN where
        no group is large enough, or nobody in one got anything.

    Notes
    -----
    The interval puts Wilson's intervals of the two rates together (MOVER-R). The usual one (Katz,
    as in SciPy) held the truth only 41 times in 100 for a group of five beside one of a hundred,
    both at a rate of .9. Picking the highest rate after seeing them all makes the others look a
    little worse than they are.

    References
    ----------
    Donner & Zou (2012), Statistical Methods in Medical Research 21:347: the interval.

    Examples
    --------
    >>> got = pd.Series([True] * 40 + [False] * 60 + [True] * 20 + [False] * 80)
    >>> rate_ratio(got, pd.Series(["Quay"] * 100 + ["Orchard"] * 100)).round(2)
         group    n  rate  ratio   low  high
    0  Orchard  100   0.2    0.5  0.32  0.78
    1     Quay  100   0.4    1.0   NaN   NaN
    """
    for series, name in ((got, "got"), (by, "by")):
        _check_one_each(series, f"rate_ratio: {name}")
    got = got.dropna().infer_objects()
    if len(got) and not pd.api.types.is_bool_dtype(got):
        raise TableError(
            f"rate_ratio: got holds {got.tolist()[0]!r} ({got.dtype}); it must hold True and "
            "False, for a 'no' would count as a yes. Compare first, such as answers == 'yes'."
        )
    got = got.astype(bool)
    groups = got.groupby(by.reindex(got.index), observed=True).agg(["sum", "size"])
    large = groups[groups["size"] >= fewest]
    best = (large["sum"] / large["size"]).idxmax() if len(large) else None
    highest = (0, 1) if best is None else groups.loc[best]
    measured = [
        (group, n, k / n, *_ratio((k, n), highest)) for group, k, n in groups.itertuples(name=None)
    ]
    table = pd.DataFrame(measured, columns=["group", "n", "rate", "ratio", "low", "high"])
    table.loc[table["group"] == best, ["low", "high"]] = np.nan
    return table


def exposure(beliefs: pd.DataFrame, *, usual: pd.DataFrame | None = None) -> pd.DataFrame:
    """Say how much the beliefs about each person give away, beyond what is usual in the town.

    A belief that everybody shares says nothing of anybody: 0 bits. Being sure of what half of the
    town is gives away 1 bit, being sure of what one in a thousand is, 10 bits. Whether a belief is
    true plays no part: who is wrongly believed to be ill is exposed too.

    Parameters
    ----------
    beliefs : DataFrame
        Traits believed as numbers are not counted. Where there are several beliefs about one
        trait, of other methods or holders, the one that says most counts.
    usual : DataFrame[trait, value, p], optional
        How common each value is, such as an aggregate, or `usual_of` answers. By default the mean
        of these beliefs, which makes sense if they are about the whole town. To believe what, as it
        says, nobody is, gives infinitely much away.

    Returns
    -------
    DataFrame[person, trait, bits]
        Add up what matters: ``exposure(beliefs).groupby("person")["bits"].sum()``. Traits that go
        together are counted as if they did not.

    Notes
    -----
    The relative entropy from what is usual to what is believed. Its mean over people is the mutual
    information between the traces and the trait, if the beliefs are calibrated.
    """
    from scipy.special import rel_entr

    beliefs = spell_out(check_table(beliefs, "beliefs"))
    words = beliefs[beliefs["p"].notna()]
    of_one = ["person", "trait", "origin", "method", "holder"]
    if usual is None:
        number = words.drop_duplicates(of_one).groupby("trait").size().rename("number")
        total = (
            words.groupby(["trait", "value"], as_index=False)["p"].sum().join(number, on="trait")
        )
        usual = total.assign(p=total["p"] / total["number"])
    _check_usual(usual)
    both = words.merge(
        usual[["trait", "value", "p"]], on=["trait", "value"], how="left", suffixes=("", "_usual")
    )
    if both["p_usual"].isna().any():
        trait, value = both.loc[both["p_usual"].isna(), ["trait", "value"]].iloc[0]
        raise TableError(f"usual: how common {trait} {value!r} is, is not in it. Add a row for it.")
    both["bits"] = rel_entr(both["p"], both["p_usual"]) / np.log(2)
    each = both.groupby(of_one, as_index=False, sort=False)[["p", "p_usual", "bits"]].sum()
    # what a belief leaves open, such as all other values of a trait, is one value more
    left = 1 - each[["p", "p_usual"]]
    left = left.where(left > 1e-6, 0.0)  # they add up to 1 but for the last digit of a float32
    rest = rel_entr(left["p"], left["p_usual"]) / np.log(2)
    each["bits"] = (each["bits"] + rest).clip(lower=0)
    return each.groupby(["person", "trait"], as_index=False)["bits"].max()


def usual_of(known: pd.DataFrame) -> pd.DataFrame:
    """Say how common each answer is: what may be believed of anybody, and gives nothing away.

    Returns
    -------
    DataFrame[trait, value, p]
        As `exposure` takes it. Take it from what was known before anybody hid, so that bits before
        and after mean the same.
    """
    answers = spell_out(check_table(known, "known")).groupby("trait")["value"]
    return answers.value_counts(normalize=True).rename("p").reset_index()


def auc(has: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """The chance that somebody with the trait is ranked above somebody without, column by column.

    Parameters
    ----------
    has : array of bool (n,) or (n, k)
    scores : array (n,) or (n, k)
    """
    from scipy.stats import rankdata

    has = has[:, None] if scores.ndim > has.ndim else has
    n1, n0 = has.sum(0), (~has).sum(0)
    ranks = (rankdata(scores, axis=0) * has).sum(0)
    return (ranks - n1 * (n1 + 1) / 2) / (n1 * n0)


def share_of(k: int, n: int) -> tuple[float, float, float]:
    """The share of k among n, and the ends of its 95 % interval (Wilson's); NaN of nobody.

    Examples
    --------
    >>> [round(number, 2) for number in share_of(3, 4)]
    [0.75, 0.3, 0.95]
    """
    from scipy.stats import binomtest

    k, n = int(k), int(n)
    if not n:
        return np.nan, np.nan, np.nan
    interval = binomtest(k, n).proportion_ci(method="wilson")
    return k / n, float(interval.low), float(interval.high)


def mean_of(values: Iterable[float]) -> tuple[float, float, float]:
    """The mean of some numbers, and the ends of its 95 % interval (Student's t); NaN of none.

    One number alone has no interval.

    Examples
    --------
    >>> [round(number, 2) for number in mean_of([1, 2, 3])]
    [2.0, -0.48, 4.48]
    """
    from scipy.stats import t

    values = np.asarray(list(values), dtype=float)
    n = len(values)
    if n < 2:
        return (float(values[0]) if n else np.nan), np.nan, np.nan
    mean, reach = values.mean(), t.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n)
    return float(mean), float(mean - reach), float(mean + reach)


def _check_one_each(series: pd.Series, name: str) -> None:
    if not isinstance(series, pd.Series):
        raise TableError(
            f"{name}: got {type(series).__name__} where a pandas Series by person is needed."
        )
    if not series.index.is_unique:
        raise TableError(f"{name}: somebody is there twice. Keep one row a person.")


def _check_usual(usual: pd.DataFrame) -> None:
    check_frame(usual, "usual", columns=("trait", "value", "p"))
    for p in usual["p"]:
        check_share(p, "usual: p", high=1 + 1e-9)
    twice = usual.duplicated(["trait", "value"])
    if twice.any():
        trait, value = usual.loc[twice, ["trait", "value"]].iloc[0]
        raise TableError(f"usual: {trait} {value!r} is there twice. Keep one row a value.")


def _about(beliefs: pd.DataFrame, trait: str) -> pd.DataFrame:
    check_table(beliefs, "beliefs")
    check_name(trait, beliefs["trait"].unique(), what="trait")
    rows = beliefs[beliefs["trait"] == trait]
    twice = rows.duplicated(["person"] if rows["p"].isna().all() else ["person", "value"])
    if twice.any():
        person = rows.loc[twice, "person"].iloc[0]
        raise TableError(
            f"beliefs: person {person} has two beliefs about {trait!r}. Score one method at a "
            "time, such as beliefs.query(\"method == 'harmonic'\")."
        )
    return rows


def _auc(rows: pd.DataFrame, true: pd.Series, value: object) -> tuple[float, float, float]:
    has = (true == value).to_numpy()
    n1, n0 = int(has.sum()), int((~has).sum())
    if not n1 or not n0:
        return np.nan, np.nan, np.nan
    a = auc(has, rows["p"].to_numpy())
    q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
    if min(n1, n0) < _FEW or a in (0, 1):
        # an AUC is a mean of means over so many pairs of different people, and varies no more
        return a, *_wilson(a, min(n1, n0))
    variance = (a * (1 - a) + (n1 - 1) * (q1 - a * a) + (n0 - 1) * (q2 - a * a)) / (n1 * n0)
    reach = 1.96 * np.sqrt(max(variance, 0))
    return a, max(a - reach, 0), min(a + reach, 1)


def _accuracy(rows: pd.DataFrame, true: pd.Series, _: object) -> tuple[float, float, float]:
    right = rows["value"].to_numpy(object) == true.to_numpy(object)
    return share_of(right.sum(), len(right))


def _ratio(one: tuple[int, int], other: tuple[int, int]) -> tuple[float, float, float]:
    """One share divided by another, with the interval that Wilson's of the two make together."""
    (p, low, high), (q, least, most) = (share_of(*counts) for counts in (one, other))
    if not q:
        return np.nan, np.nan, np.nan
    down = np.sqrt(max((p * q) ** 2 - low * most * (2 * p - low) * (2 * q - most), 0))
    up = np.sqrt(max((p * q) ** 2 - high * least * (2 * p - high) * (2 * q - least), 0))
    return p / q, (p * q - down) / (most * (2 * q - most)), (p * q + up) / (least * (2 * q - least))


def _wilson(share: float, n: float) -> tuple[float, float]:
    """As `share_of`, of a share that need not be a count of ``n``, as SciPy's must."""
    centre = share + 1.96**2 / (2 * n)
    reach = 1.96 * np.sqrt(share * (1 - share) / n + (1.96 / (2 * n)) ** 2)
    low, high = (centre - reach) / (1 + 1.96**2 / n), (centre + reach) / (1 + 1.96**2 / n)
    return min(low, share), max(high, share)  # at 0 and 1, but for rounding


def _brier_skill(rows: pd.DataFrame, true: pd.Series, value: object) -> tuple[float, float, float]:
    has = (true == value).to_numpy(float)
    if has.min() == has.max():
        return np.nan, np.nan, np.nan
    gain = (has - has.mean()) ** 2 - (has - rows["p"].to_numpy()) ** 2
    skill, reach = gain.mean() / has.var(), 1.96 * gain.std(ddof=1) / np.sqrt(len(gain)) / has.var()
    if min(has.sum(), len(has) - has.sum()) < _FEW:
        return skill, np.nan, np.nan
    return skill, skill - reach, skill + reach


def _r(rows: pd.DataFrame, true: pd.Series, _: object) -> tuple[float, float, float]:
    from scipy.stats import pearsonr

    if len(rows) < 4:
        return np.nan, np.nan, np.nan
    found = pearsonr(rows["value"].astype(float), true.astype(float))
    interval = found.confidence_interval()
    return found.statistic, interval.low, interval.high


def _calibration_slope(
    rows: pd.DataFrame, true: pd.Series, value: object
) -> tuple[float, float, float]:
    from scipy.special import expit
    from sklearn.linear_model import LogisticRegression

    has, believed = (true == value).to_numpy(), _log_odds(rows["p"])
    few = min(has.sum(), (~has).sum()) < _FEW
    if few or np.ptp(believed) == 0 or auc(has, believed) in (0, 1):  # no line, or a steep one
        return np.nan, np.nan, np.nan
    believed = believed - believed.mean()
    line = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-8)
    line.fit(believed[:, None], has)
    slope = line.coef_[0, 0]
    p = expit(line.intercept_ + slope * believed)
    design = np.column_stack([np.ones(len(p)), believed])
    information = design.T @ (design * (p * (1 - p))[:, None])
    reach = 1.96 * np.sqrt(np.linalg.inv(information)[1, 1])
    return slope, slope - reach, slope + reach


def _in_the_large(rows: pd.DataFrame, true: pd.Series, value: object) -> tuple[float, float, float]:
    from scipy.optimize import brentq
    from scipy.special import expit

    has, believed = (true == value).to_numpy(), _log_odds(rows["p"])
    if min(has.sum(), (~has).sum()) < _FEW:
        return np.nan, np.nan, np.nan
    shift = brentq(lambda shift: expit(believed + shift).mean() - has.mean(), -50, 50)
    p = expit(believed + shift)
    reach = 1.96 / np.sqrt((p * (1 - p)).sum())
    return shift, shift - reach, shift + reach


def _log_odds(p: pd.Series) -> np.ndarray:
    from scipy.special import logit

    return logit(p.clip(1e-6, 1 - 1e-6).to_numpy())


def _selected(rows: pd.DataFrame, true: pd.Series, value: object) -> tuple[float, float, float]:
    return share_of(rows["believed"].sum(), len(rows))


def _false_positives(
    rows: pd.DataFrame, true: pd.Series, value: object
) -> tuple[float, float, float]:
    believed = rows.loc[true != value, "believed"]
    return share_of(believed.sum(), len(believed))


def _false_negatives(
    rows: pd.DataFrame, true: pd.Series, value: object
) -> tuple[float, float, float]:
    believed = rows.loc[true == value, "believed"]
    return share_of((~believed).sum(), len(believed))


_METRIC = {
    "accuracy": _accuracy,
    "auc": _auc,
    "brier_skill": _brier_skill,
    "calibration_slope": _calibration_slope,
    "calibration_in_the_large": _in_the_large,
    "selection_rate": _selected,
    "false_positive_rate": _false_positives,
    "false_negative_rate": _false_negatives,
    "r": _r,
}
