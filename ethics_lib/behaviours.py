"""Behaviours: what somebody is expected to do next, from what was recorded of them before.

Whether somebody will buy, leave or click is a belief like any other, and a use may look at it. It
is learned from people of whom one knows how it went, and from nothing that came after the moment at
which one would have had to guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ethics_lib.beliefs import as_beliefs
from ethics_lib.consents import leave_out
from ethics_lib.guards import check_reasons
from ethics_lib.people import TODAY
from ethics_lib.tables import RangeError, TableError, World, check_name, check_share, check_table

if TYPE_CHECKING:
    from scipy.sparse import csr_array
    from sklearn.linear_model import LogisticRegression

__all__ = ["BEHAVIOURS", "outcomes", "predict_behaviour", "responses"]

BEHAVIOURS = {
    "buy": "buys something, or something about a topic",
    "leave": "leaves the platform, of those who are members at the moment",
}
"""What `outcomes` can look for in a world; whether somebody clicked, `responses` takes from ads."""

_HELD_BACK = 0.03  # C of the regression; chosen in worlds that no reported number comes from


def predict_behaviour(
    traces: pd.DataFrame,
    known: pd.DataFrame,
    *,
    items: pd.DataFrame,
    holder: str,
    at: np.datetime64 | str,
    days: int = 180,
    personas: pd.DataFrame | None = None,
    folds: int = 10,
    ledger: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Say how likely everybody is to buy, leave or click after a moment.

    Counted is how often a person did each kind of thing about each topic in the days before. A
    logistic regression learns what that says from people of whom it is known how it went. Then its
    scores are calibrated (Platt): a second regression asks how often scores came true among people
    whom the first one had not seen, so that p means what it says.

    Parameters
    ----------
    traces : DataFrame
    known : DataFrame[person, trait, value, time]
        How it went (``yes`` or ``no``) after which moment, from `outcomes` or `responses`; a person
        once a trait, at least ten of either answer. Learned from are their traces before that.
    items : DataFrame, index ``item``
    holder : str
        Who does this.
    at : time
        The moment at which everybody is judged, by their traces before it.
    days : int
        How far back one looks, in learning and in judging.
    personas : DataFrame, index ``person``, optional
        What is believed of people besides, from `make_personas`: each word as much as it is sure,
        each number. Make it from what was known before the moments in ``known``.
    folds : int
        Into how many parts the known people are cut, 2 or more.
    ledger : DataFrame of consents, optional
        As in `beliefs.infer`: who said no to profiling is not judged, nor learned from.

    Returns
    -------
    DataFrame of beliefs
        Two rows, ``no`` and ``yes``, a trait and person with a trace in those days. Nobody's score
        comes from a model that had seen how it went with them. (The calibration had: two numbers
        for all.) Origin ``inferred``, method ``logistic``.

    Raises
    ------
    TableError
        When too few are known, or somebody twice; when a known moment is after ``at``.
    DualUseError
        For a protected trait of real people.

    References
    ----------
    Platt (1999), Probabilistic outputs for support vector machines; from memory.
    """
    moment = np.datetime64(pd.Timestamp(at), "s")
    traces, known = (
        leave_out(table, ledger, holder=holder, purpose="profiling")
        for table in (check_table(traces, "traces"), _check_known(known, moment))
    )
    check_table(items, "items")
    check_share(days, "days", low=1, high=36_600)
    check_share(folds, "folds", low=2, high=1000)
    what = _columns(traces, items)
    everybody = pd.Series(moment, pd.Index(traces["person"].unique(), name="person").sort_values())
    people, features = _features(traces, what, everybody, days, personas)
    beliefs = []
    for trait, went in known.groupby("trait", sort=False):
        check_reasons(trait, person_rows=False, basis=None)
        went = went.set_index("person")
        learned, learnable = _features(traces, what, went["time"], days, personas)
        did = (went["value"].loc[learned] == "yes").to_numpy()
        p = _learn(learnable, did, learned, features, people, trait=trait, folds=int(folds))
        rows = pd.DataFrame(
            {
                "person": np.repeat(people, 2),
                "value": np.tile(np.array(["no", "yes"], dtype=object), len(people)),
                "p": np.column_stack([1 - p, p]).ravel(),
            }
        )
        said = {"origin": "inferred", "method": "logistic", "holder": holder}
        beliefs.append(as_beliefs(rows, trait=trait, **said, intent="deliberate"))
    return pd.concat(beliefs, ignore_index=True)


def outcomes(
    world: World,
    *,
    behaviour: str,
    after: np.datetime64 | str,
    until: np.datetime64 | str = TODAY,
    topic: str | None = None,
) -> pd.DataFrame:
    """Look up who really did something after a moment: the truth of a town.

    Parameters
    ----------
    world : World
    behaviour : str
        One of `BEHAVIOURS`. In a town of `make_world` nobody leaves for a reason: chance decides
        who and when, and only the day of joining tells something. What they like does not.
    after, until : time
        From when on, and before when.
    topic : str, optional
        Only buying counts that is about it; by default any.

    Returns
    -------
    DataFrame[person, trait, value, time]
        Everybody who could have done it. ``trait`` is such as ``will buy cheese``, ``value`` is
        ``yes`` or ``no``, ``time`` the moment from which on.
    """
    check_name(behaviour, BEHAVIOURS, what="behaviour")
    start, end = (np.datetime64(pd.Timestamp(moment), "s") for moment in (after, until))
    if not start < end:
        raise RangeError(f"after={after!r} is not before until={until!r}.")
    if behaviour == "leave":
        joined, left = world.people["joined"], world.people["left"]
        who = world.people.index[((joined <= start) & ~(left < start)).to_numpy()]
        did = (left.loc[who] < end).to_numpy()
        return _as_known(who, "will leave", did, start)
    bought = world.acts[(world.acts["kind"] == "purchase").to_numpy()]
    if topic is not None:
        topics = world.items["topic"].loc[bought["item"].astype("int64")].to_numpy()
        check_name(topic, sorted(set(topics)), what="topic of things bought")
        bought = bought[topics == topic]
    bought = bought[(bought["time"] >= start) & (bought["time"] < end)]
    did = world.people.index.isin(bought["person"])
    return _as_known(world.people.index, f"will buy {topic or 'anything'}", did, start)


def responses(decisions: pd.DataFrame) -> pd.DataFrame:
    """Look up who clicked, or did what the advert asked for, of those who were shown it.

    Parameters
    ----------
    decisions : DataFrame
        Those of which it is known whether the person acted; of several the first counts.

    Returns
    -------
    DataFrame[person, trait, value, time]
        As `outcomes`; ``trait`` is such as ``will click <ad>``.
    """
    check_table(decisions, "decisions")
    seen = decisions[decisions["shown"].astype(bool) & decisions["acted"].notna()]
    seen = seen.sort_values("time", kind="stable").drop_duplicates(["person", "ad"])
    did = seen["acted"].to_numpy(bool)
    return _as_known(seen["person"], "will click " + seen["ad"], did, seen["time"].to_numpy())


def _as_known(
    person: pd.Index | pd.Series, trait: str | pd.Series, did: np.ndarray, time: np.datetime64
) -> pd.DataFrame:
    value = np.where(did, "yes", "no").astype(object)
    rows = {"person": np.asarray(person, "int32"), "trait": np.asarray(trait), "value": value}
    return pd.DataFrame(rows | {"time": time}).astype({"time": "datetime64[s]"})


def _check_known(known: pd.DataFrame, moment: np.datetime64) -> pd.DataFrame:
    check_table(known, "known")
    if "time" not in known:
        raise TableError(
            "known: column 'time' is missing: after which moment it went so. Take the table from "
            "outcomes or responses."
        )
    late = known["time"] > moment
    if late.any():
        raise TableError(
            f"known: how it went after {known.loc[late, 'time'].iloc[0]} cannot be known at "
            f"{pd.Timestamp(moment)}. Pass a later at=."
        )
    wrong = ~known["value"].isin(["no", "yes"])
    if wrong.any():
        raise TableError(
            f"known: value {known.loc[wrong, 'value'].iloc[0]!r} is neither 'yes' nor 'no'."
        )
    twice = known.duplicated(["person", "trait"])
    if twice.any():
        row = known[twice].iloc[0]
        raise TableError(
            f"known: person {row['person']} is there twice for {row['trait']!r}. Keep one moment."
        )
    return known


def _columns(traces: pd.DataFrame, items: pd.DataFrame) -> np.ndarray:
    """In which column of the features each trace counts: one a kind and topic."""
    kind, _ = pd.factorize(traces["kind"])
    topic, topics = pd.factorize(items["topic"])
    place = items.index.get_indexer(traces["item"].to_numpy("int64", na_value=-1))
    about = np.append(topic, -1)[place]  # a contact is about nothing
    return pd.factorize(kind * (len(topics) + 1) + about + 1, sort=True)[0]


def _features(
    traces: pd.DataFrame,
    what: np.ndarray,
    moments: pd.Series,
    days: int,
    personas: pd.DataFrame | None,
) -> tuple[pd.Index, csr_array]:
    """Who left a trace in the days before their moment, and what is known of each of them."""
    from scipy.sparse import coo_array, csr_array, hstack

    moment = moments.reindex(traces["person"]).to_numpy()
    time = traces["time"].to_numpy("datetime64[s]")
    inside = (time < moment) & (time >= moment - np.timedelta64(int(days), "D"))
    row, people = pd.factorize(traces["person"].to_numpy()[inside], sort=True)
    people = pd.Index(people, name="person")
    ones = np.ones(len(row))
    counts = coo_array((ones, (row, what[inside])), shape=(len(people), what.max() + 1)).tocsr()
    total = csr_array(np.log1p(counts.sum(axis=1))[:, None])
    known = [counts.log1p(), total]
    if personas is not None:
        known.append(csr_array(_as_numbers(personas).reindex(people).fillna(0.0).to_numpy()))
    return people, hstack(known, format="csr")


def _as_numbers(personas: pd.DataFrame) -> pd.DataFrame:
    """A word as sure as it is believed, a number in standard deviations."""
    traits = [c.removesuffix("_origin") for c in personas if c.endswith("_origin")]
    columns = []
    for trait in traits:
        believed = personas[trait]
        if pd.api.types.is_numeric_dtype(believed):
            columns.append((believed - believed.mean()) / (believed.std() or 1.0))
        else:
            words = pd.get_dummies(believed, prefix=trait, dtype=float)
            columns.append(words.mul(personas[f"{trait}_p"], axis=0))
    return pd.concat(columns, axis=1)


def _learn(
    learnable: csr_array,
    did: np.ndarray,
    learned: pd.Index,
    features: csr_array,
    people: pd.Index,
    *,
    trait: str,
    folds: int,
) -> np.ndarray:
    """How likely each of the people is to do it, learned from those of whom it is known."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    if min(did.sum(), (~did).sum()) < 10:
        raise TableError(
            f"known: of {len(did)} people with traces {did.sum()} are a yes to {trait!r}. "
            "At least 10 of either answer are needed."
        )
    score = _fit(learnable, did, _HELD_BACK).decision_function(features)
    unseen = np.empty(len(did))
    for fit, kept in StratifiedKFold(folds).split(learnable, did):
        # held back as little as the model of all, or their scores would be of another size
        model = _fit(learnable[fit], did[fit], _HELD_BACK * len(did) / len(fit))
        unseen[kept] = model.decision_function(learnable[kept])
        rows = people.get_indexer(learned[kept])
        rows = rows[rows >= 0]
        if len(rows):
            score[rows] = model.decision_function(features[rows])
    platt = LogisticRegression(C=np.inf).fit(unseen[:, None], did)
    return platt.predict_proba(score[:, None])[:, 1]


def _fit(features: csr_array, did: np.ndarray, C: float) -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=C, max_iter=1000).fit(features, did)
