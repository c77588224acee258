"""Behaviours: what somebody is expected to do next, from what was recorded of them before.

Whether somebody will buy, leave or click is a belief like any other, and a use may look at it. It
is learned from people of whom one knows how it went, and from nothing that came after the moment at
which one would have had to guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from ethics_lib.beliefs import ORIGIN_OF_SOURCE, as_beliefs, check_answers, lay_out
from ethics_lib.consents import leave_out
from ethics_lib.guards import check_reasons
from ethics_lib.origins import add_up
from ethics_lib.people import TODAY
from ethics_lib.tables import (
    COLUMNS,
    RangeError,
    TableError,
    UnknownNameError,
    World,
    check_name,
    check_share,
    check_table,
    check_time,
    concat,
)

if TYPE_CHECKING:
    from scipy.sparse import csr_array
    from sklearn.linear_model import LogisticRegression

__all__ = [
    "BEHAVIOURS",
    "explain_behaviour",
    "origins_of_behaviour",
    "outcomes",
    "predict_behaviour",
    "responses",
]

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
    asof: np.datetime64 | str,
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
    asof : time
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
        When too few are known, or somebody twice; when a known moment is after ``asof``.
    DualUseError
        For a protected trait of real people.

    References
    ----------
    Platt (1999), Probabilistic outputs for support vector machines; from memory.
    """
    traces, known = (
        leave_out(check_table(table, noun), ledger, holder=holder, purpose="profiling")
        for table, noun in ((traces, "traces"), (known, "known"))
    )
    asked = {"items": items, "asof": asof, "days": days, "personas": personas, "folds": folds}
    beliefs = []
    for judge in _judges(traces, known, **asked):
        p = judge.believe()
        rows = lay_out(pd.DataFrame({"no": 1 - p, "yes": p}, judge.people))
        said = {"trait": judge.trait, "origin": "inferred", "method": "logistic", "holder": holder}
        beliefs.append(as_beliefs(rows, **said, intent="deliberate"))
    return concat(beliefs, "beliefs")


def explain_behaviour(
    traces: pd.DataFrame,
    known: pd.DataFrame,
    *,
    items: pd.DataFrame,
    person: int,
    asof: np.datetime64 | str,
    trait: str | None = None,
    days: int = 180,
    personas: pd.DataFrame | None = None,
    folds: int = 10,
) -> pd.DataFrame:
    """Give the reasons behind the beliefs of `predict_behaviour`: the weight of each thing done.

    Parameters
    ----------
    traces, known, items, asof, days, personas, folds
        As they were given to `predict_behaviour`; without those whom its ledger left out, see
        `consents.leave_out`. The models are fitted again.
    person : int
    trait : str, optional
        Such as ``will buy cheese``; by default every one in ``known``.

    Returns
    -------
    DataFrame[person, trait, origin, from_person, item, weight]
        Strongest first within a trait; the weights add up to the log-odds of ``yes``. See Notes.

    Raises
    ------
    TableError
        When the person left no trace in those days.

    Notes
    -----
    The regression is a sum over what it counts, and Platt's scaling keeps it one. What the count
    of a kind and topic says is divided equally among the traces that were counted; those of one
    thing that came the same way are one row. A contact has no item, and its origin is ``told``.
    The row of origin ``inferred`` has no trace of its own: how much the person did at all, what
    the personas say, and the intercept.
    """
    if trait is not None:
        check_name(trait, check_table(known, "known")["trait"].unique(), what="trait")
        known = known[known["trait"] == trait]
    asked = {"items": items, "asof": asof, "days": days, "personas": personas, "folds": folds}
    tables = []
    for judge in _judges(traces, known, **asked):
        if person not in judge.people:
            raise TableError(
                f"explain_behaviour: person {person!r} left no trace in the {days} days before "
                f"{asof}, so nothing was foretold of them."
            )
        why = judge.reasons(pd.Index([person]))
        tables.append(why.sort_values("weight", key=abs, ascending=False, kind="stable"))
    return concat(tables, "explanation")


def origins_of_behaviour(
    traces: pd.DataFrame,
    known: pd.DataFrame,
    *,
    items: pd.DataFrame,
    holder: str,
    asof: np.datetime64 | str,
    days: int = 180,
    personas: pd.DataFrame | None = None,
    folds: int = 10,
) -> pd.DataFrame:
    """Say how much of each belief of `predict_behaviour` came from whom, for everybody at once.

    Parameters
    ----------
    traces, known, items, holder, asof, days, personas, folds
        As they were given to `predict_behaviour`; without those whom its ledger left out.

    Returns
    -------
    DataFrame[person, trait, method, holder, own, tracked, others, usual]
        One row a person and trait, as from `origins.origins`: the shares of the absolute weights
        in `explain_behaviour`. ``usual`` is its row of origin ``inferred``.
    """
    asked = {"items": items, "asof": asof, "days": days, "personas": personas, "folds": folds}
    why = (judge.reasons(judge.people) for judge in _judges(traces, known, **asked))
    shares = (add_up(reasons, method="logistic", holder=holder) for reasons in why)
    return pd.concat(shares, ignore_index=True)


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
    if behaviour == "click":
        raise UnknownNameError(
            "behaviour 'click' cannot be looked up in a world, where nobody is shown an advert. "
            "Take who clicked from responses(decisions)."
        )
    check_name(behaviour, BEHAVIOURS, what="behaviour")
    start = check_time(after, "after").to_datetime64()
    end = check_time(until, "until").to_datetime64()
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
    return _as_known(
        seen["person"], "will click " + seen["ad"].astype(str), did, seen["time"].to_numpy()
    )


def _as_known(
    person: pd.Index | pd.Series, trait: str | pd.Series, did: np.ndarray, time: np.datetime64
) -> pd.DataFrame:
    value = np.where(did, "yes", "no").astype(object)
    rows = {"person": np.asarray(person, "int32"), "trait": np.asarray(trait), "value": value}
    return pd.DataFrame(rows | {"time": time}).astype({"time": "datetime64[s]"})


def _check_known(known: pd.DataFrame, moment: np.datetime64) -> pd.DataFrame:
    check_answers(known)
    if "time" not in known:
        raise TableError(
            "known: column 'time' is missing: after which moment it went so. Take the table from "
            "outcomes or responses."
        )
    if not pd.api.types.is_datetime64_dtype(known["time"]):
        raise TableError(
            f"known: column 'time' holds {known['time'].iloc[0]!r} ({known['time'].dtype}); it "
            "must hold times without a zone. Convert with pd.to_datetime(...)."
        )
    if known["time"].isna().any():
        raise TableError("known: column 'time' has an empty cell. Leave out how it went there.")
    late = known["time"] > moment
    if late.any():
        raise TableError(
            f"known: how it went after {known.loc[late, 'time'].iloc[0]} cannot be known at "
            f"{pd.Timestamp(moment)}. Pass a later asof=."
        )
    wrong = ~known["value"].isin(["no", "yes"])
    if wrong.any():
        raise TableError(
            f"known: value {known.loc[wrong, 'value'].iloc[0]!r} is neither 'yes' nor 'no'."
        )
    return known


class _Judge(NamedTuple):
    """Who is judged on one trait, by which models, from what."""

    trait: str
    people: pd.Index
    points: csr_array  # what is known of each: counts first
    counts: int  # how many columns of it are counts
    seen: pd.DataFrame  # the traces that were counted, and in which column
    models: list[LogisticRegression]
    of: np.ndarray  # which of them judges each person: never one that knew how it went with them
    platt: LogisticRegression

    def believe(self) -> np.ndarray:
        """How likely each of the people is to do it."""
        first, *others = self.models
        score = first.decision_function(self.points)
        for k, model in enumerate(others, 1):
            rows = np.flatnonzero(self.of == k)
            if len(rows):
                score[rows] = model.decision_function(self.points[rows])
        return self.platt.predict_proba(score[:, None])[:, 1]

    def reasons(self, people: pd.Index) -> pd.DataFrame:
        """Why it is believed of these people: an explanation that adds up to the log-odds."""
        slope, rows = self.platt.coef_[0, 0], self.people.get_indexer(people)
        weights = slope * np.concatenate([model.coef_ for model in self.models])
        usual = slope * np.concatenate([model.intercept_ for model in self.models])
        of = self.of[rows]
        rest = self.points[rows][:, self.counts :].tocoo()
        told = rest.data * weights[of[rest.row], self.counts + rest.col]
        usual = usual[of] + self.platt.intercept_ + np.bincount(rest.row, told, len(rows))
        done = self.seen[self.seen["person"].isin(people)]
        number = done.groupby(["person", "column"])["column"].transform("size").to_numpy()
        weight = weights[of[people.get_indexer(done["person"])], done["column"]]
        code, sources = pd.factorize(done["source"])
        origin = np.array([ORIGIN_OF_SOURCE.get(source, "observed") for source in sources])[code]
        done = done.assign(origin=origin, weight=weight * np.log1p(number) / number)
        key = ["person", "origin", "from_person", "item"]
        done = done.groupby(key, sort=False, dropna=False)["weight"].sum().reset_index()
        town = {"person": people, "origin": "inferred", "from_person": people, "weight": usual}
        table = pd.concat([done, pd.DataFrame(town)], ignore_index=True).assign(trait=self.trait)
        types = {"person": "int32", "from_person": "int32", "item": "Int32", "origin": "str"}
        return table[list(COLUMNS["explanation"])].astype(types)


def _judges(
    traces: pd.DataFrame,
    known: pd.DataFrame,
    *,
    items: pd.DataFrame,
    asof: np.datetime64 | str,
    days: int,
    personas: pd.DataFrame | None,
    folds: int,
) -> Iterator[_Judge]:
    """Fit the models of each trait: what is believed, and why, both stand on them."""
    moment = check_time(asof, "asof").to_datetime64()
    check_table(traces, "traces")
    _check_known(known, moment)
    check_table(items, "items")
    check_share(days, "days", low=1, high=36_600)
    check_share(folds, "folds", low=2, high=1000)
    traces = traces.assign(column=_columns(traces, items))
    counts = traces["column"].max() + 1
    everybody = pd.Series(moment, pd.Index(traces["person"].unique(), name="person"))
    seen = _before(traces, everybody, days)
    if seen.empty:
        raise TableError(
            f"traces: none lies in the {days} days before asof={asof!r}, so there is nobody to "
            "judge. Pass a moment that they lead up to."
        )
    people, points = _features(seen, counts, personas)
    narrow = traces[["person", "time", "column"]]  # cut once a trait, and words are slow to cut
    for trait, went in known.groupby("trait", sort=False, observed=True):
        check_reasons(trait, person_rows=False, basis=None)
        went = went.set_index("person")
        learned, learnable = _features(_before(narrow, went["time"], days), counts, personas)
        did = (went["value"].loc[learned] == "yes").to_numpy()
        models, fold, platt = _learn(learnable, did, trait=trait, folds=int(folds))
        place, of = people.get_indexer(learned), np.zeros(len(people), dtype=int)
        of[place[place >= 0]] = fold[place >= 0]
        yield _Judge(trait, people, points, counts, seen, models, of, platt)


def _columns(traces: pd.DataFrame, items: pd.DataFrame) -> np.ndarray:
    """In which column of the features each trace counts: one a kind and topic."""
    kind, _ = pd.factorize(traces["kind"])
    topic, topics = pd.factorize(items["topic"])
    place = items.index.get_indexer(traces["item"].to_numpy("int64", na_value=-1))
    about = np.append(topic, -1)[place]  # a contact is about nothing
    return pd.factorize(kind * (len(topics) + 1) + about + 1, sort=True)[0]


def _before(traces: pd.DataFrame, moments: pd.Series, days: int) -> pd.DataFrame:
    """The traces that lie in the days before their person's moment."""
    moment = moments.reindex(traces["person"]).to_numpy()
    time = traces["time"].to_numpy("datetime64[s]")
    return traces[(time < moment) & (time >= moment - np.timedelta64(int(days), "D"))]


def _features(
    seen: pd.DataFrame, counts: int, personas: pd.DataFrame | None
) -> tuple[pd.Index, csr_array]:
    """Who left these traces, and what is known of each: log counts, their log total, personas."""
    from scipy.sparse import coo_array, csr_array, hstack

    row, people = pd.factorize(seen["person"].to_numpy(), sort=True)
    people = pd.Index(people, name="person")
    cells = np.ones(len(row)), (row, seen["column"].to_numpy())
    number = coo_array(cells, shape=(len(people), counts)).tocsr()
    known = [number.log1p(), csr_array(np.log1p(number.sum(axis=1))[:, None])]
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
    learnable: csr_array, did: np.ndarray, *, trait: str, folds: int
) -> tuple[list[LogisticRegression], np.ndarray, LogisticRegression]:
    """A model of all who are known, one without each fold; who is in which; the calibration."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    if min(did.sum(), (~did).sum()) < 10:
        raise TableError(
            f"known: of {len(did)} people with traces {did.sum()} are a yes to {trait!r}. "
            "At least 10 of either answer are needed."
        )
    models = [_fit(learnable, did, _HELD_BACK)]
    unseen, fold = np.empty(len(did)), np.empty(len(did), dtype=int)
    for fit, kept in StratifiedKFold(folds).split(learnable, did):
        # held back as little as the model of all, or their scores would be of another size
        model = _fit(learnable[fit], did[fit], _HELD_BACK * len(did) / len(fit))
        unseen[kept] = model.decision_function(learnable[kept])
        fold[kept] = len(models)
        models.append(model)
    return models, fold, LogisticRegression(C=np.inf).fit(unseen[:, None], did)


def _fit(features: csr_array, did: np.ndarray, C: float) -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=C, max_iter=1000).fit(features, did)
