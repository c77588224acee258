"""Decisions: what is done to people because of what is believed of them.

A decision is one person on whom a use (`ethics_lib.uses`) was made: shown something, or left out.
Who was left out has a row too, also who was left out because they said no.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ethics_lib.audiences import VIA, Condition, check_audience
from ethics_lib.consents import PROCESSING, refused
from ethics_lib.tables import COLUMNS, TableError, check_share, check_table, check_time

__all__ = ["Ad", "Campaign", "hold_back", "may_be_shown", "reach", "target"]

_PICKED = tuple(via for via in VIA if via != "context")
_NOES = {  # the purpose of which somebody may say no in the ledger, and what it stops
    PROCESSING: _PICKED,
    "direct_marketing": _PICKED,
    "profiling": ("belief", "lookalike", "delivery"),
    "tracking": ("list", "pixel", "retargeting"),
}


@dataclass(frozen=True)
class Ad:
    """An advert, and whom it looks for: people believed to have one value of one trait.

    One that is shown to an audience need not look for anybody.
    """

    name: str
    topic: str
    trait: str | None = None
    value: object = None

    @property
    def category(self) -> str:
        """What it looks for, in one word: the value, or else its topic."""
        return str(self.topic if self.value is None else self.value)


@dataclass(frozen=True, eq=False)
class Campaign:
    """An advert that somebody pays for, to be shown to an audience.

    Attributes
    ----------
    ad : Ad
    audience : DataFrame[person, via, score]
        From `ethics_lib.audiences`.
    use : str
        The declared use under which it is shown.
    bid : float, pounds
        What it is worth that a person does what the advert asks for.
    budget : float, pounds
    """

    ad: Ad
    audience: pd.DataFrame
    use: str
    bid: float = 1.0
    budget: float = np.inf

    def __post_init__(self) -> None:
        check_audience(self.audience, empty=True)
        check_share(self.bid, "bid", high=np.inf)
        check_share(self.budget, "budget", high=np.inf)


def target(
    beliefs: pd.DataFrame,
    ad: Ad,
    *,
    use: str,
    threshold: float,
    time: np.datetime64 | str,
    ledger: pd.DataFrame | None = None,
    holder: str | None = None,
) -> pd.DataFrame:
    """Show an advert to everybody who is believed to be what it looks for.

    Parameters
    ----------
    beliefs : DataFrame
    ad : Ad
    use : str
        The declared use under which it is shown.
    threshold : float, 0-1
        How sure the belief must be.
    time : time
    ledger, holder : DataFrame of consents and str, optional
        Who shows it; nobody is shown it who said no to that holder, see `may_be_shown`.

    Returns
    -------
    DataFrame of decisions
        Everybody of whom the trait is believed at all, those shown and those left out.
        ``category`` is the value that the advert looked for; ``acted`` is not known yet.
    """
    surest = Condition(ad.trait, ad.value, threshold)(beliefs)
    rows = pd.DataFrame({"person": surest.index, "score": surest.to_numpy(), "via": "belief"})
    return _decide(rows, rows["score"] >= threshold, ad, use, time, ledger, holder)


def reach(
    audience: pd.DataFrame,
    ad: Ad,
    *,
    use: str,
    everybody: pd.Index,
    time: np.datetime64 | str,
    ledger: pd.DataFrame | None = None,
    holder: str | None = None,
) -> pd.DataFrame:
    """Show an advert to an audience, and leave everybody else out.

    Parameters
    ----------
    audience : DataFrame[person, via, score]
        From `ethics_lib.audiences`.
    ad : Ad
    use : str
        The declared use under which it is shown.
    everybody : Index of persons
        Who could be shown anything, such as the members; nobody else is.
    time : time
    ledger, holder : DataFrame of consents and str, optional
        As in `target`.

    Returns
    -------
    DataFrame of decisions
        A row for each of ``everybody``. Those left out have the score 0, and the ``via`` of the
        audience that they are not in (of its first person, if it has several).
    """
    check_audience(audience)
    rows = audience.set_index("person")[["via", "score"]].reindex(everybody)
    inside = rows["via"].notna()
    rows = rows.fillna({"via": audience["via"].iloc[0], "score": 0.0})
    return _decide(rows.rename_axis("person").reset_index(), inside, ad, use, time, ledger, holder)


def hold_back(
    decisions: pd.DataFrame, beliefs: pd.DataFrame, *, condition: Condition
) -> pd.DataFrame:
    """Spare people an advert that they are believed to be better off without.

    The belief is the same that would serve to find them: it protects, or it hunts.

    Parameters
    ----------
    decisions : DataFrame
        Of adverts about one topic, such as those about drink.
    beliefs : DataFrame
    condition : Condition
        Whom to spare, such as ``Condition("dry_january", "yes", 0.3)``.

    Returns
    -------
    DataFrame of decisions
        The same rows; those people are shown nothing.
    """
    check_table(decisions, "decisions")
    sure = condition(beliefs)
    spared = decisions["person"].isin(sure.index[sure >= condition.threshold])
    return decisions.assign(shown=decisions["shown"].astype(bool) & ~spared)


def may_be_shown(
    decisions: pd.DataFrame, ledger: pd.DataFrame | None, *, holder: str | None, topic: str
) -> np.ndarray:
    """Say for each decision whether the person's last word by then leaves room for it.

    A no to ``advert:<topic>`` stops every advert about the topic. A no to ``direct_marketing``, or
    to processing of any kind, stops every advert but one that was chosen by its page. A no to
    ``profiling`` stops those chosen by a belief, a likeness or what delivery learned; a no to
    ``tracking`` those chosen by a tracker or by an address that was matched. Who said nothing has
    not said no.

    Parameters
    ----------
    decisions : DataFrame with the columns person, via, time
    ledger : DataFrame of consents, or None
        None asks nobody.
    holder : str
        Who shows the advert.
    topic : str

    Returns
    -------
    array of bool, one a row

    References
    ----------
    GDPR and UK GDPR Art. 21(2)-(3): the objection to direct marketing, and to profiling for it, is
    absolute. Art. 18: restriction. That an advert chosen by its page is no direct marketing, and
    that a no to tracking should stop matched lists too, is how we read it.
    """
    if not (isinstance(decisions, pd.DataFrame) and {"person", "via", "time"} <= set(decisions)):
        raise TableError("decisions: a DataFrame with the columns person, via, time is needed.")
    may = np.ones(len(decisions), dtype=bool)
    if ledger is None:
        return may
    if holder is None:
        raise TableError(
            "ledger: a no is said to somebody. Pass holder=, the name of who shows the advert."
        )
    check_table(ledger, "consents", empty=True)
    ledger = ledger[ledger["holder"] == holder]
    for purpose, stopped in (_NOES | {f"advert:{topic}": (*_PICKED, "context")}).items():
        said = ledger[ledger["purpose"] == purpose]
        asked = decisions[["person", "time"]].assign(holder=holder, purpose=purpose)
        may &= ~(refused(said, asked) & decisions["via"].isin(stopped).to_numpy())
    return may


def _decide(
    rows: pd.DataFrame,
    chosen: pd.Series,
    ad: Ad,
    use: str,
    time: np.datetime64 | str,
    ledger: pd.DataFrame | None,
    holder: str | None,
) -> pd.DataFrame:
    """Make decisions of [person, via, score] and who of them was chosen."""
    table = rows.assign(
        person=rows["person"].astype("int32"),
        use=use,
        ad=ad.name,
        category=ad.category,
        acted=pd.array([pd.NA] * len(rows), dtype="boolean"),
        time=check_time(time, "time").to_datetime64(),
    )
    table["shown"] = chosen.to_numpy() & may_be_shown(table, ledger, holder=holder, topic=ad.topic)
    return table[list(COLUMNS["decisions"])]
