"""Audiences: who may be chosen for an advert, and by what they were found.

An audience is a table [person, via, score]: each person once, how they came into it (`VIA`), and
how well they fit, from 0 to 1. It says whom somebody wants to reach; `ethics_lib.decisions` says
who was shown something, and who was left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ethics_lib.tables import RangeError, TableError, check_name, check_share, check_table
from ethics_lib.traces import TRACKERS

__all__ = [
    "SEEDS",
    "UNAIMED",
    "VIA",
    "Condition",
    "as_audience",
    "check_audience",
    "follow_pixel",
    "lookalike",
    "match_list",
    "query_beliefs",
    "retarget",
]

VIA: dict[str, str] = {
    "belief": "you are believed to be something",
    "list": "your address was on a list of customers, and matched",
    "pixel": "a tracker saw you on another firm's pages",
    "retargeting": "a tracker saw you look, and not buy",
    "lookalike": "you are like people on somebody's list",
    "delivery": "people like you clicked on it, whoever the advertiser asked for",
    "context": "of the page that the advert stands on, whoever reads it",
    "everybody": "of nothing: the advertiser picked nobody",
}
"""How a person came to be shown something, or left out: "because ..." (`decisions.via`)."""

UNAIMED = ("context", "everybody")
"""The ways in which nothing about the person was looked at."""

SEEDS = 100
"""How many people a look-alike audience needs to start from, as in Meta's manual."""


def as_audience(people: pd.Index, *, via: str, score: float | np.ndarray = 1.0) -> pd.DataFrame:
    """Take these people as an audience, such as everybody, or those whose address matched.

    Parameters
    ----------
    people : Index or array of person
        Who is there twice counts once.
    via : str
        One of `VIA`.
    score : float or array, 0-1
        How well each of them fits.

    Returns
    -------
    DataFrame[person, via, score], in the order of persons
    """
    check_name(via, VIA, what="via")
    person = np.asarray(people).astype("int32")
    if (person != np.asarray(people)).any():
        raise TableError("as_audience: people are whole numbers. Pass an index or array of them.")
    table = pd.DataFrame({"person": person, "via": via, "score": score})
    table = table.drop_duplicates("person").sort_values("person", ignore_index=True)
    return check_audience(table.astype({"score": "float64"}), empty=True)


def check_audience(audience: pd.DataFrame, *, empty: bool = False) -> pd.DataFrame:
    """Let an audience in, or say what is wrong with it."""
    check_table(audience, "audiences", empty=True)
    if audience.empty and not empty:
        raise TableError("audiences: nobody is in it. Widen what it asks for.")
    for via in audience["via"].unique():
        check_name(via, VIA, what="via")
    twice = audience["person"].duplicated()
    if twice.any():
        raise TableError(
            f"audiences: person {audience['person'][twice].iloc[0]} is in it twice. "
            "Keep one row a person, audience.drop_duplicates('person')."
        )
    return audience


@dataclass(frozen=True)
class Condition:
    """One thing that an audience asks for: a value of a trait, and how sure the belief must be.

    Called with beliefs, it says how sure the surest belief is of everybody about whom the trait is
    believed at all: a Series by person. It sorts nobody out.
    """

    trait: str
    value: object
    threshold: float

    def __post_init__(self) -> None:
        check_share(self.threshold, "threshold")

    def __call__(self, beliefs: pd.DataFrame) -> pd.Series:
        check_table(beliefs, "beliefs")
        check_name(self.trait, beliefs["trait"].unique(), what="trait")
        about = beliefs[beliefs["trait"] == self.trait]
        if about["p"].isna().all():
            raise TableError(
                f"beliefs: {self.trait!r} is believed as a number, which no value equals. "
                "Choose a trait with values, such as 'party'."
            )
        values = sorted(about["value"].unique(), key=str)
        check_name(self.value, values, what=f"value of {self.trait}")
        return about[about["value"] == self.value].groupby("person")["p"].max()


def query_beliefs(beliefs: pd.DataFrame, conditions: Iterable[Condition]) -> pd.DataFrame:
    """Find everybody who is believed to be all that is asked for.

    Parameters
    ----------
    beliefs : DataFrame
    conditions : Condition, or list of them

    Returns
    -------
    DataFrame[person, via, score], via ``belief``
        ``score`` is how sure the least sure of the beliefs is.
    """
    conditions = [conditions] if isinstance(conditions, Condition) else list(conditions)
    if not conditions:
        raise TableError(
            "query_beliefs: nothing is asked for. Pass a condition, such as "
            "Condition('party', 'Quay', 0.7); for everybody, as_audience(..., via='everybody')."
        )
    sure = [condition(beliefs) for condition in conditions]
    meets = [s[s >= c.threshold] for s, c in zip(sure, conditions, strict=True)]
    least = pd.concat(meets, axis=1, join="inner").min(axis=1)
    return as_audience(least.index, via="belief", score=least.to_numpy())


def match_list(traces: pd.DataFrame, *, holder: str) -> pd.DataFrame:
    """Find those who were on a list of customers that somebody handed to the holder.

    Parameters
    ----------
    traces : DataFrame
        Those with the source ``list``: an address on the list, hashed, was that of a person whom
        the holder knows.
    holder : str

    Returns
    -------
    DataFrame[person, via, score], via ``list``
    """
    found = _seen_by(holder, traces)
    found = found[found["source"] == "list"]
    return as_audience(found["person"].unique(), via="list")


def follow_pixel(
    traces: pd.DataFrame, *, holder: str, items: pd.Index | None = None
) -> pd.DataFrame:
    """Find those whom the holder's trackers saw on these pages, whatever they did there.

    Parameters
    ----------
    traces : DataFrame
        Those whose source is one of `TRACKERS`.
    holder : str
    items : Index, optional
        The pages, products or apps of one advertiser; by default all that carry a tracker.

    Returns
    -------
    DataFrame[person, via, score], via ``pixel``
    """
    seen = _tracked(traces, holder, items)
    return as_audience(seen["person"].unique(), via="pixel")


def retarget(traces: pd.DataFrame, *, holder: str, items: pd.Index | None = None) -> pd.DataFrame:
    """Find those who looked at these things, or put them into a basket, and did not buy.

    Parameters
    ----------
    traces, holder, items
        As in `follow_pixel`. Who was seen to purchase any of ``items`` has bought.

    Returns
    -------
    DataFrame[person, via, score], via ``retargeting``
    """
    seen = _tracked(traces, holder, items)
    buyers = seen.loc[seen["kind"] == "purchase", "person"]
    return as_audience(seen.loc[~seen["person"].isin(buyers), "person"], via="retargeting")


def _tracked(traces: pd.DataFrame, holder: str, items: pd.Index | None) -> pd.DataFrame:
    seen = _seen_by(holder, traces)
    seen = seen[seen["source"].isin(TRACKERS)]
    return seen if items is None else seen[seen["item"].isin(items).astype(bool)]


def _seen_by(holder: str, traces: pd.DataFrame) -> pd.DataFrame:
    """The holder's traces; a misspelt name would find nobody, and say nothing."""
    check_table(traces, "traces", empty=True)
    if len(traces):
        check_name(holder, traces["holder"].unique(), what="holder")
    return traces[traces["holder"] == holder]


def lookalike(
    seeds: pd.DataFrame,
    traces: pd.DataFrame,
    *,
    share: float = 0.01,
    columns: pd.DataFrame | None = None,
    components: int = 50,
) -> pd.DataFrame:
    """Find those who are most like some people, and leave those people themselves out.

    Everybody stands somewhere on the factors of what they did (`factors.LikesSVD`). Who stands
    furthest in the direction in which the seeds differ from everybody is like them.

    Parameters
    ----------
    seeds : DataFrame with a column ``person``
        Such as an audience of customers; at least `SEEDS` of them need to have left a trace.
    traces : DataFrame
        Of everybody who may be found.
    share : float, 0.01-0.10
        How many are found, as a share of everybody who left a trace.
    columns : DataFrame, index ``person``, optional
        What else is known of people, such as ``people[["faith", "gender"]]``: each number, and each
        value of a word but the first, weighs as much as a factor. Left out, they are unknown; the
        audience may be as one-sided all the same.
    components : int
        Number of factors.

    Returns
    -------
    DataFrame[person, via, score], via ``lookalike``
        ``score`` is the share of all others (the seeds apart) who are less like the seeds.

    Raises
    ------
    RangeError
        With fewer seeds, or another share.

    References
    ----------
    Meta Business Help Centre, "About lookalike audiences", as copied elsewhere, undated: a source
    of 100 people or more from one country, who are left out; and as the trade says, 1 to 10 % of
    the country's people. How likeness is measured is not published; this is a simple way.
    Sapiezynski et al. (2022), AIES, arXiv 1912.07579: without the sensitive columns.
    """
    from ethics_lib.beliefs import likes_matrix
    from ethics_lib.factors import LikesSVD

    check_share(share, "share", low=0.01, high=0.10)
    if not isinstance(seeds, pd.DataFrame) or "person" not in seeds:
        raise TableError(
            "seeds: column 'person' is missing. Pass an audience, or a table of people."
        )
    if columns is not None and not check_table(columns, "people").index.is_unique:
        raise TableError("columns: somebody is there twice. Keep one row a person.")
    matrix, people, _ = likes_matrix(traces)
    own = people.isin(seeds["person"])
    if own.sum() < SEEDS:
        raise RangeError(
            f"seeds: {own.sum()} of {seeds['person'].nunique()} people left a trace to be like; "
            f"a look-alike audience needs {SEEDS} of them or more."
        )
    points = LikesSVD(components, algorithm="krylov").fit_transform(matrix)
    if columns is not None:
        points = np.column_stack([points, _as_numbers(columns.reindex(people))])
    alike = pd.Series(points @ (points[own].mean(0) - points.mean(0)), people)[~own]
    score = alike.rank(method="first", ascending=True) - 1  # of equals, the later one is first
    found = score.nlargest(round(share * len(people))).index
    return as_audience(found, via="lookalike", score=score[found].to_numpy() / len(score))


def _as_numbers(columns: pd.DataFrame) -> np.ndarray:
    """Each column in standard deviations from its mean; who has no value stands at the mean."""
    for name in columns.select_dtypes("datetime"):
        columns = columns.assign(**{name: (columns[name] - columns[name].min()).dt.days})
    wide = pd.get_dummies(columns, drop_first=True, dtype=float).to_numpy(float)
    spread = np.nanstd(wide, axis=0)
    return np.nan_to_num((wide - np.nanmean(wide, axis=0)) / np.where(spread > 1e-9, spread, 1))
