"""Measures: how right the beliefs are, against a truth that only a generator knows.

Every number comes as a row with its interval, so that a small group cannot pass for a large one.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ethics_lib.tables import TableError, check_name, check_share, check_table

__all__ = ["METRICS", "auc", "calibration", "score"]

METRICS = ("accuracy", "auc", "brier_skill", "r")
"""Share right; ranking; improvement on the base rate; Pearson's correlation for numeric traits."""


def score(
    beliefs: pd.DataFrame,
    truth: pd.Series,
    *,
    trait: str,
    metric: str = "auc",
    value: object = None,
    by: pd.Series | None = None,
) -> pd.DataFrame:
    """Score the beliefs about one trait against the truth, for all or by group.

    Parameters
    ----------
    beliefs : DataFrame
        People without a row for the trait are not scored.
    truth : Series, index ``person``
        The true value of each person, such as ``world.people["faith"]``.
    trait : str
    metric : {"auc", "accuracy", "brier_skill", "r"}
        ``auc``: the chance that somebody with ``value`` is ranked above somebody without
        (Hanley & McNeil's interval). ``accuracy``: share of people whose likeliest value is true
        (Wilson's interval). ``brier_skill``: 1 is perfect, 0 no better than the base rate.
        ``r``: Pearson's correlation, numeric traits only (Fisher's interval).
    value : optional
        The value that ``auc`` and ``brier_skill`` ask about; by default the trait's last one.
    by : Series, index ``person``, optional
        The group of each person.

    Returns
    -------
    DataFrame[group, n, metric, estimate, low, high]
        One row a group, 95 % intervals; NaN where a group has one kind of person only.
    """
    check_name(metric, METRICS, what="metric")
    rows = _about(beliefs, trait)
    suited = ("r",) if rows["p"].isna().all() else METRICS[:3]
    check_name(metric, suited, what=f"for the trait {trait!r} the metric")
    if metric == "accuracy":
        rows = rows.sort_values("p", kind="stable").drop_duplicates("person", keep="last")
    elif metric != "r":
        value = sorted(rows["value"].unique())[-1] if value is None else value
        check_name(value, sorted(rows["value"].unique()), what=f"value of {trait}")
        rows = rows[rows["value"] == value]
    rows = rows.set_index("person")
    true = truth.reindex(rows.index)
    rows, true = rows[true.notna()], true[true.notna()]
    if rows.empty:
        raise TableError(f"score: nobody who has a belief about {trait!r} is in the truth.")
    group = pd.Series("all", rows.index) if by is None else by.reindex(rows.index)
    measured = [
        (name, len(part), metric, *_METRIC[metric](rows.loc[part], true.loc[part], value))
        for name, part in rows.groupby(group).groups.items()
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
    rows = _about(beliefs, trait)
    check_name(value, rows["value"].unique(), what=f"value of {trait}")
    rows = rows[(rows["value"] == value) & rows["person"].isin(truth.dropna().index)]
    true = (truth.loc[rows["person"]] == value).to_numpy()
    cut = np.minimum((rows["p"].to_numpy() * bins).astype(int), bins - 1)
    table = pd.DataFrame({"p": rows["p"].to_numpy(), "true": true}).groupby(cut)
    measured = [
        (part["p"].mean(), *_share(int(part["true"].sum()), len(part)), len(part))
        for _, part in table
    ]
    return pd.DataFrame(measured, columns=["p", "share", "low", "high", "n"])


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
    variance = (a * (1 - a) + (n1 - 1) * (q1 - a * a) + (n0 - 1) * (q2 - a * a)) / (n1 * n0)
    reach = 1.96 * np.sqrt(max(variance, 0))
    return a, max(a - reach, 0), min(a + reach, 1)


def _accuracy(rows: pd.DataFrame, true: pd.Series, _: object) -> tuple[float, float, float]:
    right = rows["value"].to_numpy(object) == true.to_numpy(object)
    return _share(int(right.sum()), len(right))


def _share(k: int, n: int) -> tuple[float, float, float]:
    from scipy.stats import binomtest

    interval = binomtest(k, n).proportion_ci(method="wilson")
    return k / n, interval.low, interval.high


def _brier_skill(rows: pd.DataFrame, true: pd.Series, value: object) -> tuple[float, float, float]:
    has = (true == value).to_numpy(float)
    if has.min() == has.max():
        return np.nan, np.nan, np.nan
    gain = (has - has.mean()) ** 2 - (has - rows["p"].to_numpy()) ** 2
    skill, reach = gain.mean() / has.var(), 1.96 * gain.std(ddof=1) / np.sqrt(len(gain)) / has.var()
    return skill, skill - reach, skill + reach


def _r(rows: pd.DataFrame, true: pd.Series, _: object) -> tuple[float, float, float]:
    from scipy.stats import pearsonr

    if len(rows) < 4:
        return np.nan, np.nan, np.nan
    found = pearsonr(rows["value"].astype(float), true.astype(float))
    interval = found.confidence_interval()
    return found.statistic, interval.low, interval.high


_METRIC = {"auc": _auc, "accuracy": _accuracy, "brier_skill": _brier_skill, "r": _r}
