"""Routes: the rival explanations of one advert, and how well each explains it.

"I wrote about it, and then I saw the advert." There are other ways: a search, a tracker in a shop,
a list of customers, being like those on the list, chance. On the town all of them can be tried.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ethics_lib.audiences import as_audience, check_audience
from ethics_lib.measures import share_of
from ethics_lib.tables import RangeError, TableError

__all__ = ["rival_routes"]


def rival_routes(
    audiences: Mapping[str, pd.DataFrame],
    *,
    has: pd.Series,
    person: int,
    spent: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Compare the ways by which an advert may have found somebody, such as a pram an expectant one.

    Each route spends its impressions on its own audience at random, so the chance that one of them
    falls on a person is 1 over the audience's size, and nothing for whoever is not in it.

    Parameters
    ----------
    audiences : {route: DataFrame[person, via, score]}
        Whom each route would reach; ``chance`` is added: everybody in ``has``.
    has : Series of bool, index ``person``
        Of everybody who could be shown the advert: whether it is true of them (is expecting).
    person : int
        Who was shown it.
    spent : {route: impressions}, optional
        What is known of how often each route is used: the prior. By default all are equal.

    Returns
    -------
    DataFrame[route, people, reaches, low, high, times_chance, posterior, reached, posterior_person]
        ``reaches``: the share, with its 95 % interval, of those of whom it is true who are in the
        audience. ``times_chance``: how much likelier one impression falls on one of those than by
        chance. ``posterior``: the share of their impressions that came by this route.
        ``posterior_person``: the same for this person, whose audiences are known (``reached``);
        nobody outside the platform can see them, which is why she can only guess.

    Examples
    --------
    >>> has = pd.Series([True, True, False, False], index=[1, 2, 3, 4])
    >>> shop = pd.DataFrame({"person": [1, 3], "via": "pixel", "score": 1.0})
    >>> found = rival_routes({"pixel": shop}, has=has, person=1).set_index("route")
    >>> found["posterior_person"].round(2).to_dict()
    {'pixel': 0.67, 'chance': 0.33}
    """
    if not (isinstance(has, pd.Series) and pd.api.types.is_bool_dtype(has.dtype)):
        raise TableError(
            "has: it must be a Series of True and False by person, such as "
            "people['expecting'] == 'yes'."
        )
    if has.isna().any() or not has.index.is_unique:
        raise TableError("has: a cell is empty, or somebody is there twice. Keep one row a person.")
    has = has.astype(bool)
    if person not in has.index:
        raise TableError(f"has: person {person!r} is not among the {len(has)} who could be shown.")
    if not has.any():
        raise TableError("has: it is true of nobody, so no route can be told from another.")
    everybody = as_audience(has.index, via="everybody")
    rows = []
    for route, audience in (dict(audiences) | {"chance": everybody}).items():
        check_audience(audience)
        inside = has.index.isin(audience["person"])
        weight = 1.0 if spent is None else spent.get(route, 0.0)
        if not inside.any() or weight < 0:
            raise RangeError(
                f"route {route!r}: {inside.sum()} of its people could be shown anything, and "
                f"{weight:g} impressions were spent. Leave it out, or give it some."
            )
        n, (reaches, low, high) = int(inside.sum()), share_of((inside & has).sum(), has.sum())
        reached = bool(inside[has.index.get_loc(person)])
        rows.append(
            {
                "route": route,
                "people": n,
                "reaches": reaches,
                "low": low,
                "high": high,
                "times_chance": reaches * len(has) / n,
                "posterior": weight * reaches / n,
                "reached": reached,
                "posterior_person": weight * reached / n,
            }
        )
    table = pd.DataFrame(rows)
    shares = table[["posterior", "posterior_person"]]
    table[["posterior", "posterior_person"]] = shares / shares.sum()
    return table
