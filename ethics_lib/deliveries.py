"""Deliveries: who gets to see which advert once campaigns bid for people and clicks teach.

Nobody tells a platform to treat groups differently. It shows each person what it expects them to
click on; what it expects it learns from whoever clicked before; and so an advert for everybody
reaches some.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ethics_lib.audiences import UNAIMED
from ethics_lib.decisions import Ad, Campaign, may_be_shown, reach
from ethics_lib.tables import (
    COLUMNS,
    SENSITIVE,
    RangeError,
    TableError,
    World,
    as_rng,
    check_name,
    check_share,
    check_table,
    check_time,
)

__all__ = ["benefit", "cost_per_customer", "deliver", "lift", "response_rates"]

_DAY = np.timedelta64(1, "D")
_CAUTION = 50.0  # showings: how long a new advert is held to be like any other
_STIFFNESS = 100.0  # of the ridge regression


def deliver(
    campaigns: Iterable[Campaign],
    traces: pd.DataFrame,
    *,
    rates: pd.DataFrame,
    time: np.datetime64 | str,
    rng: int | np.random.Generator,
    days: int = 10,
    share: float = 0.1,
    floor: float = 0.01,
    learns: bool = True,
    ledger: pd.DataFrame | None = None,
    holder: str | None = None,
) -> pd.DataFrame:
    """Let campaigns bid for people, day by day, and learn from clicks whom to show what.

    On each day some people come by, and one place for an advert is sold for each of them. A
    campaign offers its bid times how likely the person is believed to do what the advert asks for.
    The highest offer wins and pays the second highest. At night the platform learns, for each
    advert, from all who were shown it: a ridge regression from the factors of their traces.

    Parameters
    ----------
    campaigns : list of Campaign
        Each with an advert of its own name.
    traces : DataFrame
        What the platform knows people by. Who left none is taken for an average person.
    rates : DataFrame, people by adverts, 0-1
        How likely each person really is to act if shown the advert; everybody who may come by has
        a row. The platform sees the acts only. `response_rates` makes one from the truth.
    time : time
        The first day.
    rng : int or Generator
    days : int
    share : float, 0-1
        Of the people who come by on a day.
    floor : float, pounds
        The least that a place costs: what somebody else would pay for it.
    learns : bool
        If so, an advert for everybody has the ``via`` ``delivery``. Otherwise everybody is taken
        for an average person: of equal bids, chance decides.
    ledger, holder : DataFrame of consents and str, optional
        Nobody is shown what they said no to by that day, see `decisions.may_be_shown`.

    Returns
    -------
    DataFrame of decisions, and ``price``
        A row for each campaign and person; nobody is shown the same advert twice. ``score`` is the
        estimated rate: at that moment, or in the end for those left out. ``acted`` is empty
        and ``price`` 0 for them. ``price`` is in pounds.

    Raises
    ------
    TableError
        When two campaigns share an advert's name, or an advert has no rates.

    Notes
    -----
    Taken for granted: a budget is spent in equal parts a day, on the best places first; the
    platform knows from long experience how often people act on adverts in the mean (the mean of
    ``rates``), and lets go of that as showings come in (50 weigh as much); the ridge has a penalty
    of 100. Meta says that the advert with the highest total value wins, of bid, estimated action
    rate and quality; we have no quality. That the second price is paid is what the trade says.

    Outcomes by group: ``measures.rate_ratio(one["shown"], people["faith"])`` of one advert,
    ``one = decisions[decisions["ad"] == "Play!"].set_index("person")``; so with ``acted``.

    References
    ----------
    Meta Business Help Centre, "About the ad auction", as quoted by others. Ali et al. (2019), PACM
    HCI 3 (CSCW), doi 10.1145/3359301: delivery skews though everybody was aimed at.
    """
    campaigns = list(campaigns)
    _check_offers(campaigns, rates, floor)
    check_time(time, "time")
    days = int(check_share(days, "days", low=1, high=3660))
    check_share(share, "share")
    come, tie, act = as_rng(rng).spawn(3)
    truth = rates[[c.ad.name for c in campaigns]].to_numpy(float)
    points = _points(traces, rates.index)
    rows = [reach(c.audience, c.ad, use=c.use, everybody=rates.index, time=time) for c in campaigns]
    if learns:  # then people are looked at, though the advertiser picked nobody
        rows = [row.replace({"via": dict.fromkeys(UNAIMED, "delivery")}) for row in rows]
    bids, money = np.array([[c.bid, c.budget] for c in campaigns], dtype=float).T
    expected = np.full(truth.shape, truth.mean())
    shown, acted = np.zeros(truth.shape, dtype=bool), np.zeros(truth.shape, dtype=bool)
    score, paid, when = (np.zeros(truth.shape) for _ in range(3))
    for day in range(days):
        may = ~shown & (come.random(len(rates)) < share)[:, None]
        for a, (campaign, row) in enumerate(zip(campaigns, rows, strict=True)):
            may[:, a] &= row["shown"].to_numpy()
            asked = row[may[:, a]]
            asked = asked.assign(time=asked["time"] + day * _DAY)
            free = may_be_shown(asked, ledger, holder=holder, topic=campaign.ad.topic)
            may[may[:, a], a] = free
        offers = np.where(may, bids * expected, 0.0)
        won, price = _auction(offers, money / (days - day), floor, tie)
        money = money - price.sum(axis=0)
        shown |= won
        acted |= won & (act.random(truth.shape) < truth)
        score, paid, when = (
            np.where(won, new, old) for new, old in ((expected, score), (price, paid), (day, when))
        )
        if learns:
            expected = _learn(points, shown, acted, truth.mean())
    score = np.where(shown, score, expected)
    tables = [
        row.assign(
            score=score[:, a],
            shown=shown[:, a],
            acted=pd.array(acted[:, a], dtype="boolean"),
            time=row["time"] + when[:, a].astype(int) * _DAY,
            price=paid[:, a],
        )
        for a, row in enumerate(rows)
    ]
    table = pd.concat(tables, ignore_index=True)
    table.loc[~table["shown"], "acted"] = pd.NA
    return table[[*COLUMNS["decisions"], "price"]]


def response_rates(
    world: World,
    ads: Iterable[Ad],
    *,
    rate: float = 0.1,
    act: str = "visit",
    prior: float = 10.0,
    equal: bool = False,
) -> pd.DataFrame:
    """Say how likely each person really is to act on each advert: the truth of a town.

    Assumed: in proportion to how much of what the person does elsewhere is about the advert's
    topic, so that the mean over people is ``rate`` (a little less where somebody reaches 1).

    Parameters
    ----------
    world : World
        To let later acts decide, pass a world of them:
        ``dataclasses.replace(world, acts=world.acts[late])``.
    ads : list of Ad
    rate : float, 0-1
        High beside a real advert's: a town is small to learn from.
    act : str
        The kind of acts that tell what people are keen on.
    prior : float, acts
        Each person's share is drawn to the town's as if by so many acts more.
    equal : bool
        Everybody is as likely as everybody else.

    Returns
    -------
    DataFrame, people by adverts' names, members only
    """
    ads = list(ads)
    check_share(rate, "rate")
    people = world.people.index[world.people["member"].to_numpy(bool)]
    if equal:
        return pd.DataFrame(float(rate), people, [ad.name for ad in ads])
    acts = world.acts[world.acts["kind"] == act]
    topic = world.items["topic"].loc[acts["item"].astype("int64")].to_numpy()
    town = pd.Series(topic).value_counts(normalize=True)
    lacking = [ad.topic for ad in ads if ad.topic not in town]
    if lacking:
        raise TableError(f"response_rates: no {act} is about {lacking[0]!r}. Choose another topic.")
    total = acts.groupby("person").size().reindex(people, fill_value=0)
    rates = {}
    for ad in ads:
        about = acts["person"][topic == ad.topic].value_counts().reindex(people, fill_value=0)
        keen = (about + prior * town[ad.topic]) / (total + prior)
        rates[ad.name] = (rate * keen / keen.mean()).clip(upper=1)
    return pd.DataFrame(rates, people)


def cost_per_customer(decisions: pd.DataFrame) -> pd.DataFrame:
    """Say what each advert cost, and what it cost for each person who did what it asked for.

    Parameters
    ----------
    decisions : DataFrame
        From `deliver`, with ``price``.

    Returns
    -------
    DataFrame[ad, shown, customers, spent, cost]
        A row for each advert that was shown. ``cost`` is in pounds a customer; infinite where
        nobody became one.
    """
    check_table(decisions, "decisions")
    if "price" not in decisions:
        raise TableError("decisions: column 'price' is missing. Only `deliver` pays for showings.")
    shown = decisions[decisions["shown"].astype(bool)]
    sums = shown.groupby("ad", sort=False).agg(
        shown=("person", "size"), customers=("acted", "sum"), spent=("price", "sum")
    )
    sums = sums.astype({"customers": "int64"})
    return sums.assign(cost=sums["spent"] / sums["customers"]).reset_index()


def lift(decisions: pd.DataFrame, matched: pd.Series) -> pd.DataFrame:
    """Say how many times as often people act on some showings as on all the others.

    That is what matching does only if chance decided who was shown what. Delivery that learns
    picks people, and picks them better where they differ more; then it is the naive comparison.

    Parameters
    ----------
    decisions : DataFrame
        What happened; only those who were shown something count.
    matched : Series of bool, index as ``decisions``
        Such as ``decisions["via"] == "belief"``.

    Returns
    -------
    DataFrame[n, rate, n_others, rate_others, lift, low, high], one row
        ``lift`` is ``rate / rate_others``, with its 95 % interval (Katz, of logs), which takes
        every showing for one of its own.

    Notes
    -----
    The interval is too narrow where there are few showings of a kind, or nearly everybody acts.
    Beside 1,000 others it holds the truth, by exact count, 80 times in 100 for 5 showings at a rate
    of .1, and 41 times at .9; for 20 showings 95 and 88 times; from 100 on 93 times or more. Where
    nobody acted it has an open end. `measures.rate_ratio` has an interval for small groups.

    References
    ----------
    Eckles, Gordon & Johnson (2018), PNAS 115:E5254, doi 10.1073/pnas.1805363115: nobody was
    randomised. Katz et al. (1978), as in `scipy.stats.contingency.relative_risk`.
    """
    from scipy.stats.contingency import relative_risk

    check_table(decisions, "decisions")
    if not (isinstance(matched, pd.Series) and matched.index.equals(decisions.index)):
        raise TableError(
            "lift: matched is no Series with the index of decisions. Make it from them, such as "
            "decisions['via'] == 'belief'."
        )
    shown = (decisions["shown"].astype(bool) & decisions["acted"].notna()).to_numpy()
    acted, mine = decisions["acted"][shown].astype(bool), matched.astype(bool)[shown]
    if mine.all() or not mine.any():
        raise TableError(
            f"lift: {mine.sum()} of {len(mine)} showings whose outcome is known are matched. "
            "Both kinds are needed, such as decisions of two campaigns, one under the other."
        )
    cases = [int(acted[mine].sum()), int(mine.sum()), int(acted[~mine].sum()), int((~mine).sum())]
    found = relative_risk(*cases)
    interval = found.confidence_interval()
    row = {
        "n": cases[1],
        "rate": cases[0] / cases[1],
        "n_others": cases[3],
        "rate_others": cases[2] / cases[3],
        "lift": found.relative_risk,
        "low": interval.low,
        "high": interval.high,
    }
    return pd.DataFrame([row])


def benefit(decisions: pd.DataFrame, uses: pd.DataFrame, *, wish: pd.DataFrame) -> pd.DataFrame:
    """Count for each person the adverts that they care for, beside those that look at too much.

    Parameters
    ----------
    decisions : DataFrame
    uses : DataFrame
        A use that looks at a trait of `SENSITIVE` counts as sensitive.
    wish : DataFrame of bool, people by adverts' names
        What each person really cares for, such as ``response_rates(world, ads) > 0.1``.

    Returns
    -------
    DataFrame[person, shown, wanted, sensitive, both]
        How many adverts the person was shown, how many of those were wanted, how many came of a
        sensitive use, and how many were both. A row for everybody in ``decisions``.
    """
    check_table(decisions, "decisions")
    check_table(uses, "uses")
    _check_people(wish, "wish")
    seen = decisions["shown"].astype(bool).to_numpy()
    row = wish.index.get_indexer(decisions["person"])
    column = wish.columns.get_indexer(decisions["ad"])
    if (row[seen] < 0).any() or (column[seen] < 0).any():
        missing = decisions[seen][(row[seen] < 0) | (column[seen] < 0)].iloc[0]
        raise TableError(
            f"wish: person {missing['person']} and advert {missing['ad']!r} are not both in it. "
            "It needs a row for everybody who was shown something, and a column an advert."
        )
    wanted = seen & wish.to_numpy(bool)[row, column]
    sensitive = seen & decisions["use"].isin(uses["use"][uses["trait"].isin(SENSITIVE)]).to_numpy()
    counts = {"shown": seen, "wanted": wanted, "sensitive": sensitive, "both": wanted & sensitive}
    table = pd.DataFrame({"person": decisions["person"].to_numpy()} | counts)
    return table.groupby("person").sum().reset_index()


def _check_people(table: pd.DataFrame, name: str) -> None:
    check_table(table, "people")
    if not table.index.is_unique:
        raise TableError(f"{name}: somebody is there twice. Keep one row a person.")


def _check_offers(campaigns: list[Campaign], rates: pd.DataFrame, floor: float) -> None:
    _check_people(rates, "rates")
    names = [campaign.ad.name for campaign in campaigns]
    if not names or len(set(names)) < len(names):
        raise TableError(
            f"deliver: the adverts are {', '.join(names) or 'none'}. Pass at least one campaign, "
            "each with an advert of its own name."
        )
    for name in names:
        check_name(name, rates.columns, what="column of rates")
    for end in (rates[names].min().min(), rates[names].max().max()):
        check_share(float(end), "rates")
    usual = rates[names].to_numpy().mean()
    for campaign in campaigns:
        if not campaign.bid * usual >= floor or not campaign.budget > 0:
            raise RangeError(
                f"campaign {campaign.ad.name!r}: with bid={campaign.bid!r} and budget="
                f"{campaign.budget!r} it buys nothing. At the usual rate, {usual:.3g}, a bid from "
                f"{floor / max(usual, 1e-9):.3g} pounds up reaches floor={floor!r}."
            )


def _points(traces: pd.DataFrame, people: pd.Index) -> np.ndarray:
    """Where each of these people stands, in standard deviations from the mean."""
    from ethics_lib.beliefs import likes_matrix
    from ethics_lib.factors import LikesSVD

    matrix, known, _ = likes_matrix(traces)
    points = LikesSVD(algorithm="krylov").fit_transform(matrix)
    points = pd.DataFrame(points - points.mean(axis=0), known)
    return points.reindex(people).fillna(0.0).to_numpy()


def _auction(
    offers: np.ndarray, money: np.ndarray, floor: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Sell one place for each person: who won it, and for how much; people by campaigns.

    A campaign takes its best places first. Once it cannot pay for one, it is out, and what it could
    not pay for is sold again among the others; so there are no more rounds than campaigns.
    """
    won, price = np.zeros(offers.shape, dtype=bool), np.zeros(offers.shape)
    offers = np.column_stack([np.where(offers >= floor, offers, 0.0), np.zeros(len(offers))])
    luck = 1 + 1e-9 * rng.random(offers.shape)  # of equal offers, chance decides
    money = money.copy()
    while offers.any():
        best = (offers * luck).max(axis=1)
        winner = np.where(best > 0, (offers * luck).argmax(axis=1), -1)
        cost = np.partition(offers, -2, axis=1)[:, -2].clip(min=floor)
        for a in range(len(money)):
            mine = np.flatnonzero(winner == a)
            mine = mine[(-best[mine]).argsort()]
            taken = mine[cost[mine].cumsum() <= money[a]]
            won[taken, a], price[taken, a] = True, cost[taken]
            money[a] -= cost[taken].sum()
            offers[taken] = 0
            if len(taken) < len(mine):
                offers[:, a] = 0
    return won, price


def _learn(points: np.ndarray, shown: np.ndarray, acted: np.ndarray, usual: float) -> np.ndarray:
    """How likely each person is now believed to act on each advert."""
    from sklearn.linear_model import Ridge

    expected = np.empty(shown.shape)
    for a in range(shown.shape[1]):
        seen = shown[:, a]
        known = np.vstack([points[seen], np.zeros(points.shape[1])])
        did = np.append(acted[seen, a], usual)
        weight = np.append(np.ones(seen.sum()), _CAUTION)
        ridge = Ridge(_STIFFNESS).fit(known, did, sample_weight=weight)
        expected[:, a] = ridge.predict(points).clip(1e-4, 1)
    return expected
