"""Holdouts: what people did last, kept back to see whether what they did before foretells it.

Held out is by time and person by person, as a platform meets the question. What is compared is
compared within each person, since some are easier to foretell than others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ethics_lib.measures import mean_of
from ethics_lib.tables import TableError, check_name, check_share, check_table

if TYPE_CHECKING:
    from scipy.sparse import csr_array
    from sklearn.base import BaseEstimator

__all__ = ["compare", "hold_out_by_time", "precision_at"]


def hold_out_by_time(acts: pd.DataFrame, *, share: float = 0.2) -> pd.Series:
    """Mark the last acts of each person, to ask whether the earlier ones foretell them.

    Parameters
    ----------
    acts : DataFrame of acts or traces
    share : float, 0-1
        Of each person's own acts, rounded down: with a fifth, who did fewer than five things
        keeps them all. What names no item (a contact) is never held out.

    Returns
    -------
    Series of bool, index as ``acts``
        True where held out. Of two acts in the same second the lower row is the later.

    Examples
    --------
    >>> from ethics_lib.datasets import load_southern_women
    >>> acts = load_southern_women().acts
    >>> late = hold_out_by_time(acts, share=0.25)
    >>> len(acts), int(late.sum()), acts[late]["person"].nunique()
    (89, 17, 14)
    """
    check_table(acts, "acts")
    check_share(share, "share")
    named = acts["item"].notna().to_numpy()
    place = acts[["person", "time"]].assign(place=np.arange(len(acts)))[named]
    of_each = place.sort_values("time", kind="stable").groupby("person")["place"]
    after = of_each.cumcount(ascending=False)  # how many of the person's acts come later
    held = after < np.floor(of_each.transform("size") * share + 1e-9)
    return pd.Series(np.isin(np.arange(len(acts)), place["place"][held]), acts.index)


def precision_at(
    likes: tuple[csr_array, pd.Index, pd.Index],
    later: pd.DataFrame,
    *,
    models: Mapping[str, BaseEstimator],
    k: int = 10,
) -> pd.DataFrame:
    """Ask each model what everybody will do next, and say how much of it came true.

    Parameters
    ----------
    likes : LikesMatrix
        Of what was done before: ``likes_matrix(traces[~late])``.
    later : DataFrame of acts or traces
        What was held out: ``traces[late]``, see `hold_out_by_time`.
    models : {name: estimator}
        Such as `interest_models.MODELS`; they are cloned.
    k : int
        How many items each may name.

    Returns
    -------
    DataFrame, index ``person``, a column a model
        Share of the ``k`` items that the person did later. What they had done before is neither
        named nor counted. A row for everybody in ``likes`` who did something new; what nobody had
        done before cannot be foretold, and counts as missed.

    Raises
    ------
    TableError
        When nobody did anything new.
    """
    from sklearn.base import clone

    check_table(later, "acts")
    matrix, people, items = likes
    later = later[later["item"].notna()]
    row = people.get_indexer(later["person"])
    column = items.get_indexer(later["item"].astype("int64"))
    width = len(items) + 1  # the last column is for what nobody had done before
    pair = (row * width + column % width)[row >= 0]
    did = matrix.nonzero()
    came = np.setdiff1d(pair, did[0] * width + did[1])
    judged = np.unique(came // width)
    if not len(judged):
        raise TableError("later: nobody in likes did anything new, so no model can be judged.")
    table = {}
    for name, model in models.items():
        chosen = clone(model).fit(matrix).recommend(matrix[judged], n=k)
        hit = np.isin(judged[:, None] * width + chosen, came) & (chosen >= 0)
        table[name] = hit.sum(axis=1) / k
    return pd.DataFrame(table, people[judged])


def compare(precision: pd.DataFrame, *, to: str = "popularity") -> pd.DataFrame:
    """Compare the columns with one of them, pair by pair within the rows.

    Parameters
    ----------
    precision : DataFrame
        From `precision_at`: rows are people. For a claim about worlds, rows are the means of
        worlds: ``pd.DataFrame([precision_at(...).mean() for ...])``.
    to : str
        The column to compare with.

    Returns
    -------
    DataFrame[model, n, mean, gain, low, high]
        ``gain``: the mean difference, with its 95 % interval (t).
    """
    check_name(to, precision.columns, what="model")
    n = len(precision)
    if n < 2:
        raise TableError(f"compare: {n} rows; an interval needs 2 or more.")
    rows = [
        (name, n, right.mean(), *mean_of(right - precision[to]))
        for name, right in precision.items()
    ]
    return pd.DataFrame(rows, columns=["model", "n", "mean", "gain", "low", "high"])
