"""Anonymity: how alone somebody stands in a table without names.

A row is hidden among the rows that look the same: that is its class. These functions say how many
they are, how much they still give away together, and how few known items are enough to stand alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ethics_lib.measures import share_of
from ethics_lib.tables import TableError, as_rng, check_frame, check_name, check_whole

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["k_anonymity", "l_diversity", "t_closeness", "unicity"]

_MOST = np.iinfo(np.int64).max
_AT_ONCE = 20_000_000  # holders of an item looked through at once: about 200 MB


def k_anonymity(table: pd.DataFrame, *, columns: Sequence[str]) -> pd.Series:
    """Count for each row how many rows look the same, itself among them.

    Parameters
    ----------
    table : DataFrame
        One person a row. With several rows a person, k counts rows and promises nothing.
    columns : list of str
        What an outsider may know of somebody: the quasi-identifiers, of any type. An empty cell is
        a value like any other, and looks the same as other empty cells only. With no column at
        all, everybody looks the same.

    Returns
    -------
    Series of int, name ``k``, by the rows of the table
        Its minimum is the k of the table; where it is 1, somebody stands alone.

    Raises
    ------
    UnknownNameError, TableError
        For a column that is not there, or there twice, and a table without rows.

    Notes
    -----
    A large k does not keep a secret that the whole class shares: see `l_diversity`. Nor is a row
    that stands alone a person who has been named: for that, somebody must hold a table with names.

    References
    ----------
    Sweeney (2002), International Journal of Uncertainty, Fuzziness and Knowledge-Based Systems, doi
    10.1142/S0218488502001648; its abstract was read.

    Examples
    --------
    >>> table = pd.DataFrame({"street": ["Quay", "Quay", "Mill"], "age": [34, 34, 71]})
    >>> k_anonymity(table, columns=["street", "age"]).tolist()
    [2, 2, 1]
    """
    same = _classes(table, columns)
    return pd.Series(np.bincount(same)[same], index=table.index, name="k")


def l_diversity(
    table: pd.DataFrame, *, columns: Sequence[str], sensitive: str, kind: str = "distinct"
) -> pd.Series:
    """Count for each row how many secrets its class leaves open: with 1, it is out.

    Parameters
    ----------
    table, columns
        As for `k_anonymity`.
    sensitive : str
        The column of the secret. It may not have empty cells: say first what they mean.
    kind : str
        ``distinct``: how many values the class has. ``entropy``: how many equally common values
        would leave as much open; nine who are ill and one who is not count as 1.4 and not as 2.

    Returns
    -------
    Series of float, name ``l``, by the rows of the table
        Its minimum is the l of the table.

    Notes
    -----
    Distinct is the weakest reading. Both are blind to what a value means: a class of three
    different illnesses has an l of 3.

    References
    ----------
    Machanavajjhala, Kifer, Gehrke & Venkitasubramaniam (2007), l-diversity: privacy beyond
    k-anonymity, ACM Transactions on Knowledge Discovery from Data 1(1); its abstract was read, the
    definitions are from secondary sources. A class has entropy l-diversity where its entropy is at
    least log(l). Their recursive diversity is left out.

    Examples
    --------
    >>> table = pd.DataFrame({"street": ["Quay"] * 10, "ill": ["yes"] * 9 + ["no"]})
    >>> l_diversity(table, columns=["street"], sensitive="ill").tolist()[0]
    2.0
    >>> l_diversity(table, columns=["street"], sensitive="ill", kind="entropy").round(2).tolist()[0]
    1.38
    """
    check_name(kind, ("distinct", "entropy"), what="kind of l-diversity")
    same, of, _, count = _spread(table, columns, sensitive)
    if kind == "distinct":
        diversity = np.bincount(of).astype(float)
    else:
        share = count / np.bincount(same)[of]
        diversity = np.exp(-np.bincount(of, share * np.log(share)))
    return pd.Series(diversity[same], index=table.index, name="l")


def t_closeness(table: pd.DataFrame, *, columns: Sequence[str], sensitive: str) -> pd.Series:
    """Measure for each row how far its class is from the whole table in the secret.

    Parameters
    ----------
    table, columns, sensitive
        As for `l_diversity`.

    Returns
    -------
    Series of float, 0-1, name ``t``, by the rows of the table
        The earth mover's distance between the secret in the class and in the table; its maximum is
        the t of the table. Words are all equally far apart, so that it is the share of the class
        that would have to change. Numbers are as far apart as their ranks among the values that
        occur: from one to the next is 1 / (values - 1).

    Notes
    -----
    0 says that knowing the class tells nothing new of the secret, and then the table tells nothing
    of how the two go together either: that is what it costs.

    References
    ----------
    Li, Li & Venkatasubramanian (2007), t-closeness: privacy beyond k-anonymity and l-diversity,
    ICDE; its abstract was read. Both distances are those of pyCANON 1.3.6, whose code was read.

    Examples
    --------
    >>> table = pd.DataFrame({"street": ["Quay", "Quay", "Mill"], "ill": ["yes", "no", "no"]})
    >>> t_closeness(table, columns=["street"], sensitive="ill").round(2).tolist()
    [0.17, 0.17, 0.33]
    """
    same, of, value, count = _spread(table, columns, sensitive)
    size = np.bincount(same)
    usual = np.bincount(value, count)
    if not pd.api.types.is_numeric_dtype(table[sensitive]):
        # what a class has too much of; it has as much too little of other values
        distance = np.bincount(of, np.maximum(count / size[of] - usual[value] / len(same), 0))
    elif len(usual) == 1:
        distance = np.zeros(len(size))
    else:
        distance = _ordered_distance(of, value, count, usual) / (len(usual) - 1)
    return pd.Series(distance[same], index=table.index, name="t")


def unicity(
    traces: pd.DataFrame,
    *,
    k: int | Sequence[int],
    rng: int | np.random.Generator,
    draws: int = 1,
    rarest: bool = False,
    sample: int | None = None,
) -> pd.DataFrame:
    """Find the share of people who stand alone with k of their own items.

    Somebody who knows these k items and sees the traces without names would find one row only.

    Parameters
    ----------
    traces : DataFrame[person, item]
        Traces or acts. An item counts once a person; a row without an item does not count.
    k : int or list of int, 1 or more
        How many items are known. Those of a smaller k are among those of a larger one.
    rng : int or Generator
    draws : int
        How often items are drawn for each person; the estimate is the mean.
    rarest : bool
        Whether the items known are the rarest that the person has, in place of any of them.
    sample : int, people, optional
        Ask so many people, drawn from all, in place of everybody. They are still looked for among
        everybody, so that nothing but the interval changes.

    Returns
    -------
    DataFrame[k, n, estimate, low, high]
        One row a k. ``n``: the people asked who have k items. Who has fewer is left out, and
        counts only among those with whom others may be confused. A 95 % interval over people
        (Wilson's, as if there were one draw); NaN where nobody has k items.

    Raises
    ------
    RangeError, TableError

    Notes
    -----
    Exact for the items drawn: whoever else has all of them is found. Time goes with how many have
    each of these items, added up over those asked; for a large town, pass `sample`.

    **To stand alone is not to be named.** Whoever wants to put a name to the row must know these
    items of somebody in the table, without a mistake. That the literature's numbers are
    high says that taking names away is not enough; it does not say who was found.

    References
    ----------
    de Montjoye et al. (2013), Scientific Reports 3:1376, doi 10.1038/srep01376: unicity, with
    places and hours; four points, 95 % (secondary). de Montjoye et al. (2015), Science 347:536, doi
    10.1126/science.1256297: cards; four points, 90 % (secondary), with a published comment (Sanchez
    et al. 2016, 351:1274). Achara, Acs & Castelluccia (2015), arXiv 1507.07851: lists of apps, the
    nearest to likes; any four of 54,893 people's, over 95 % (abstract).

    Examples
    --------
    >>> likes = pd.DataFrame({"person": [1, 1, 2, 2, 3], "item": [7, 8, 7, 9, 7]})
    >>> unicity(likes, k=[1, 2], rarest=True, rng=1)[["k", "n", "estimate"]]
       k  n  estimate
    0  1  3  0.666667
    1  2  2  1.000000
    """
    from scipy.sparse import csr_array

    wanted = [k] if np.ndim(k) == 0 else list(k)
    for number in wanted:
        check_whole(number, "k")
    check_whole(draws, "draws")
    person, item, shape = _pairs(traces)
    who, what = as_rng(rng).spawn(2)
    asked = np.arange(shape[1])
    if sample is not None:
        check_whole(sample, "sample")
        asked = np.sort(who.permutation(asked)[:sample])
    holders = csr_array((np.ones(len(item), bool), (item, person)), shape=shape)
    has = np.bincount(person, minlength=len(asked))
    first = (np.cumsum(has) - has)[asked]
    has = has[asked]
    common = np.diff(holders.indptr)[item] if rarest else np.zeros(len(item))
    most = max(wanted, default=0)
    alone = np.zeros(most + 1)
    for _ in range(draws):
        # the items of each person in the order in which they get known; lots are below 1
        own = item[np.lexsort([common + what.random(len(item)), person])]
        alone += _count_alone(own, first, has, holders, most=most)
    rows = []
    for number in wanted:
        n = int((has >= number).sum())
        _, low, high = share_of(round(alone[number] / draws), n)
        rows.append((number, n, alone[number] / draws / n if n else np.nan, low, high))
    return pd.DataFrame(rows, columns=["k", "n", "estimate", "low", "high"])


def _classes(table: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """Number the classes from 0, and say of each row to which it belongs."""
    check_frame(table, "table")
    if not pd.api.types.is_list_like(columns):
        one = columns if isinstance(columns, str) else "postcode"
        raise TableError(f"columns={columns!r} is no list. Pass a list, such as [{one!r}].")
    if not len(table):
        raise TableError("The table has no rows. Pass at least one row.")
    key, keys = np.zeros(len(table), np.int64), 1
    for column in columns:
        code, values = _factorize(table, column)
        digits = len(values) + 1
        if keys > _MOST // digits:  # the key would no longer fit
            key, present = _number(key, keys)
            keys = len(present)
        key *= digits  # in place: new memory would take longer than the sum
        key += code
        key += 1
        keys *= digits
    return _number(key, keys)[0]


def _factorize(table: pd.DataFrame, column: str, **how: bool) -> tuple[np.ndarray, pd.Index]:
    """Number the values of a column from 0, and an empty cell -1; and list the values."""
    check_name(column, table.columns, what="column")
    return pd.factorize(check_frame(table, "table", columns=[column])[column], **how)


def _number(key: np.ndarray, keys: int) -> tuple[np.ndarray, np.ndarray]:
    """Number the keys that occur, of so many that could, in order: the number of each, and they."""
    if keys <= len(key):  # few enough to tick them off
        there = np.zeros(keys, bool)
        there[key] = True
        return (np.cumsum(there) - 1)[key], np.flatnonzero(there)
    order = np.argsort(key)  # np.unique would take several times as long
    in_order = key[order]
    new = np.append(True, in_order[1:] != in_order[:-1])
    number = np.empty(len(key), np.int64)
    number[order] = np.cumsum(new) - 1
    return number, in_order[new]


def _spread(
    table: pd.DataFrame, columns: Sequence[str], sensitive: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Count the values of the secret in each class.

    Returns the class of each row; then, for each pair of a class and a value that occurs, in
    order: the class, the rank of the value, and the number of rows.
    """
    same = _classes(table, columns)
    check_name(sensitive, table.columns, what="column")
    numeric = pd.api.types.is_numeric_dtype(table[sensitive])
    code, values = _factorize(table, sensitive, sort=numeric)
    if code.min() < 0:
        raise TableError(
            f"{sensitive}: {(code < 0).sum()} cells are empty. Say what that means, such as "
            ".fillna('not said'), or drop these rows."
        )
    pair, pairs = _number(same * len(values) + code, (same.max() + 1) * len(values))
    return same, pairs // len(values), pairs % len(values), np.bincount(pair)


def _ordered_distance(
    of: np.ndarray, value: np.ndarray, count: np.ndarray, usual: np.ndarray
) -> np.ndarray:
    """Add up, over ranks, how far what a class has so far is from what the table has so far.

    What a class has so far stays the same until its next value, and what the table has so far only
    grows; so each step ends below it up to some rank and above it from there on.
    """
    top = len(usual)
    first = np.append(True, of[1:] != of[:-1])
    so_far = np.cumsum(count)
    before = (so_far - count)[first][of]
    height = (so_far - before) * usual.sum() / np.bincount(of, count)[of]  # as if it had them all
    stop = np.append(value[1:], top)
    stop[np.append(first[1:], True)] = top
    table_so_far = np.cumsum(usual)
    area = np.append(0, np.cumsum(table_so_far))
    cross = np.clip(np.searchsorted(table_so_far, height), value, stop)
    below = height * (cross - value) - (area[cross] - area[value])
    above = (area[stop] - area[cross]) - height * (stop - cross)
    return (np.bincount(of, below + above) + area[value[first]]) / usual.sum()


def _pairs(traces: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """List who has which item, once each, by person; and count the items and the people."""
    traces = check_frame(traces, "traces", columns=("person", "item"))[["person", "item"]].dropna()
    person, people = pd.factorize(traces["person"])
    item, items = pd.factorize(traces["item"])
    _, pairs = _number(person * len(items) + item, len(people) * len(items))
    person, item = np.divmod(pairs, max(len(items), 1))
    return person, item, (len(items), len(people))


def _count_alone(
    own: np.ndarray, first: np.ndarray, has: np.ndarray, holders: csr_array, *, most: int
) -> np.ndarray:
    """Count who is alone with their first k items, for each k up to most.

    Who has all of them: the holders of the first, and of these the holders of the second, and so
    on; a row of a sparse matrix for each person asked about.
    """
    alone = np.zeros(most + 1)
    at_once = max(1, _AT_ONCE // np.diff(holders.indptr).max(initial=1))
    for start in range(0, len(first), at_once):
        place, left = first[start : start + at_once], has[start : start + at_once]
        together = holders[own[place]]
        for k in range(1, most + 1):
            if k > 1:
                enough = left >= k
                place, left = place[enough] + 1, left[enough]
                together = together[enough].multiply(holders[own[place]])
            alone[k] += (np.diff(together.indptr) == 1).sum()
    return alone
