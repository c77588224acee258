"""Scores: what a holder could still conclude, and what a feed is still good for, on two axes.

A defence that stops every guess by leaving nothing to learn from is easy. Half of its score is what
it leaves of what people came for: here, that a feed foretells what they like next.
"""

from __future__ import annotations

from collections.abc import Iterator
from inspect import signature

import numpy as np
import pandas as pd

from ethics_lib.beliefs import infer_interests
from ethics_lib.defended import check_evidence, people_in
from ethics_lib.guards import FEWEST, check_rows, may_name_persons
from ethics_lib.measures import auc, exposure, mean_of, usual_of
from ethics_lib.scenarios import Case, Method
from ethics_lib.tables import (
    COLUMNS,
    Evidence,
    TableError,
    check_frame,
    check_name,
    check_table,
    spell_out,
)

__all__ = ["foretell", "leak", "scoreboard", "sum_up"]

_CHANCE = {"auc": 0.5, "bits": 0.0}
_ENDS = ("", "_low", "_high")


def leak(
    evidence: Evidence,
    case: Case,
    *,
    method: Method,
    person_rows: bool = False,
    basis: str | None = None,
) -> pd.DataFrame:
    """Say what a method concludes about those who never answered, and how much that gives away.

    Parameters
    ----------
    evidence : Evidence
        What the holder has left.
    case : Case
        From `Scenario.make`. Who never answered, and what is usual among those who did, is taken
        from what the holder had before, so that every defence is judged on the same people.
    method : callable (evidence, holder) -> beliefs
        Such as those of `scenarios.METHODS`. One that takes ``person_rows`` and ``basis`` too is
        given these.
    person_rows, basis
        For a protected trait of real people; see `guards.may_name_persons`.

    Returns
    -------
    DataFrame[person, trait, has, p, bits]
        ``has``: whether the last value of the trait is true. ``p``: how far it is believed; of
        whom there is no belief, what is usual. ``bits``: see `measures.exposure`.

    Raises
    ------
    TableError
        When the method gives two beliefs about one person, trait and value, or what are no
        probabilities.
    DualUseError
        For a protected trait without a basis.
    """
    known = check_table(check_evidence(case.evidence).known, "known")
    traits, why = known["trait"].unique(), "each row is about one person"
    check_rows(traits, why=why, person_rows=person_rows, basis=basis)
    check_frame(case.truth, "truth", columns=traits)
    everybody = people_in(case.evidence)
    beliefs = _ask(method, check_evidence(evidence), case.holder, person_rows, basis)
    beliefs = spell_out(check_table(beliefs, "beliefs", empty=True))
    beliefs = beliefs[beliefs["trait"].isin(known["trait"])]
    twice = beliefs[beliefs.duplicated(["person", "trait", "value"])]
    if len(twice):
        person, trait, value = twice[["person", "trait", "value"]].iloc[0]
        raise TableError(
            f"beliefs: {trait} {value!r} is believed of person {person} twice. Give one belief a "
            "person, trait and value."
        )
    bits = beliefs[["person", "trait"]].assign(bits=0.0)
    if len(beliefs):
        bits = _bits(beliefs, usual_of(known))
    tables = []
    for trait, answers in known.groupby("trait"):
        asked = max(answers["value"])
        silent = everybody.difference(answers["person"])
        true = case.truth[trait].reindex(silent).dropna()
        about = beliefs[(beliefs["trait"] == trait) & (beliefs["value"] == asked)]
        table = pd.DataFrame({"trait": trait, "has": true == asked})
        table["p"] = about.set_index("person")["p"]
        table["bits"] = bits[bits["trait"] == trait].set_index("person")["bits"]
        usual = (answers["value"] == asked).mean()
        tables.append(table.fillna({"p": usual, "bits": 0.0}).reset_index())
    return pd.concat(tables, ignore_index=True)


def _ask(
    method: Method, evidence: Evidence, holder: str, person_rows: bool, basis: str | None
) -> pd.DataFrame:
    """What a method believes; one that asks for a basis gets the caller's."""
    ground = {"person_rows": person_rows, "basis": basis}
    try:
        signature(method).bind(evidence, holder, **ground)
    except TypeError:
        ground = {}
    return method(evidence, holder, **ground)


def _bits(beliefs: pd.DataFrame, usual: pd.DataFrame) -> pd.DataFrame:
    """What each belief gives away, if it is made of probabilities."""
    bits = exposure(beliefs, usual=usual)
    total = beliefs.groupby(["person", "trait"])["p"].sum().rename("total")
    both = bits.join(total, on=["person", "trait"])
    # every value has its p and they fall short of 1: what is left is believed to be impossible
    wrong = both[(both["total"] > 1 + 1e-6) | np.isinf(both["bits"])]
    if len(wrong):
        person, trait, total = wrong[["person", "trait", "total"]].iloc[0]
        raise TableError(
            f"beliefs: the p of all values of {trait} add up to {total:g} for person {person}. "
            "They are probabilities: let them add up to 1."
        )
    return bits


def foretell(evidence: Evidence, case: Case) -> pd.DataFrame:
    """Say how well a feed foretells what each person will like, from what the holder has left.

    Returns
    -------
    DataFrame, index ``person``
        The chance that a topic of which somebody liked something in the time held out is ranked
        above one of which they did not; a row for everybody who liked anything then (but all).

        ``feed`` ranks by `infer_interests`. Of whom nothing is left, it takes the shares of topics
        in all that is left, and if that is nothing, those before the defence: a front page. So
        does ``popularity``, always and for everybody; it is what a feed has to beat.
    """
    topic = case.items["topic"]
    acts = pd.concat([held["item"] for held in (case.later, case.evidence.traces, evidence.traces)])
    unknown = acts[acts.notna() & ~acts.isin(topic.index)]
    if len(unknown):
        raise TableError(f"foretell: item {unknown.iloc[0]} is not among the items of this case.")
    topics = pd.Index(topic.unique())
    liked = topic.loc[case.later["item"].astype("int64")].to_numpy()
    liked = pd.crosstab(case.later["person"].to_numpy(), liked) > 0
    liked = liked.reindex(columns=topics, fill_value=False)
    liked = liked[liked.any(axis=1) & ~liked.all(axis=1)]

    def shares(traces: pd.DataFrame) -> pd.Series:
        counts = topic.loc[traces["item"].dropna().astype("int64")].value_counts(normalize=True)
        return counts.reindex(topics, fill_value=0.0)

    popular = pd.DataFrame(1.0, liked.index, topics) * shares(case.evidence.traces)
    seen, ranked = evidence.traces[evidence.traces["item"].notna()], popular
    if len(seen):
        beliefs = infer_interests(seen, case.items, holder=case.holder)
        ranked = beliefs.pivot(index="person", columns="value", values="p")
        ranked = ranked.reindex(index=liked.index, columns=topics).fillna(shares(seen))
    right = {
        name: auc(liked.to_numpy().T, table.to_numpy(float).T)
        for name, table in {"feed": ranked, "popularity": popular}.items()
    }
    return pd.DataFrame(right, liked.index.rename("person"))


def sum_up(table: pd.DataFrame, people: pd.Index) -> Iterator[tuple[str, str, str, float]]:
    """Sum the tables of `leak` and `foretell` up for some people.

    Yields
    ------
    method, trait, measure, value
        Of `leak`: ``auc`` and ``bits`` by trait, the method left empty; an AUC is NaN where all
        have the value, or nobody; of a protected trait both are, below `guards.FEWEST` people. Of
        `foretell`: ``usefulness``, of the trait ``interest``.
    """
    if "feed" in table:
        for name, right in table[table.index.isin(people)].items():
            yield name, "interest", "usefulness", right.mean()
        return
    for trait, part in table[table["person"].isin(people)].groupby("trait"):
        has = part["has"].to_numpy(bool)
        many = len(part) >= FEWEST or may_name_persons([trait])
        both = many and 0 < has.sum() < len(has)
        yield "", trait, "auc", float(auc(has, part["p"].to_numpy())) if both else np.nan
        yield "", trait, "bits", part["bits"].mean() if many else np.nan


def scoreboard(
    scores: pd.DataFrame, *, who: str = "everybody", measure: str = "auc"
) -> pd.DataFrame:
    """Say of each option how much of the inference it stops, and how much of the use it keeps.

    Parameters
    ----------
    scores : DataFrame
        From `sweep`, of two seeds or more.
    who : {"everybody", "defended", "others"}
    measure : {"auc", "bits"}
        What counts as leaking: being ranked rightly, or beliefs that go beyond what is usual.

    Returns
    -------
    DataFrame, a row for each defence, strength, method and trait
        ``seeds``: how many. ``leak`` and ``usefulness``: means over seeds; ``leak_change`` and
        ``usefulness_change``: how far they are from no defence, in the mean of the differences
        seed by seed. ``inference_stopped``: the share of the leak above chance that is gone.
        ``usefulness_kept``: the share that is left of what the feed gains over popularity. Each
        with ``_low`` and ``_high``, a 95 % interval over seeds (Student's t; of the shares,
        Fieller's). Below 0 or above 1 is possible. A share is NaN where that of which it is a
        share cannot be told from nothing.

        ``frontier``: no other option against the same method and trait stops as much and keeps
        as much, and more of one. It compares the means; neighbours may have changed places by
        chance.

    Raises
    ------
    TableError
        When there are fewer than two seeds. (An option that fewer could judge, such as one in which
        all who defended themselves are alike, has NaN.)

    References
    ----------
    Fieller (1954), Journal of the Royal Statistical Society B 16:175; the place from memory, the
    theorem looked up. The interval holds for the ratio of two means that are normal.
    """
    check_name(measure, _CHANCE, what="measure")
    scores = spell_out(check_table(scores, "scores"))
    check_name(who, scores["who"].unique(), what="who")
    if scores.duplicated(list(COLUMNS["scores"])[:-1]).any() or not {"feed", "popularity"} <= {
        *scores["method"]
    }:
        raise TableError(
            "scores: a row is there twice, or those of 'feed' and 'popularity' are missing. Pass "
            "what one sweep returned, with all its rows."
        )
    if scores["seed"].nunique() < 2:
        raise TableError("scores: all are of one seed. An interval needs two seeds or more.")
    both = _side_by_side(scores[scores["who"] == who], measure)
    rows, keys = [], ["defence", "strength", "method", "trait"]
    for option, part in both.groupby(keys):
        part = part.dropna()
        seeds, part = len(part), part if len(part) > 1 else part[:0]  # of one town nothing is told
        after, before = part["after"], part["before"]
        useful, full, popular = part["feed"], part["feed_before"], part["popularity"]
        numbers = {
            "leak": mean_of(after),
            "leak_change": mean_of(after - before),
            "usefulness": mean_of(useful),
            "usefulness_change": mean_of(useful - full),
            "inference_stopped": _share(before - after, before - _CHANCE[measure]),
            "usefulness_kept": _share(useful - popular, full - popular),
        }
        row = dict(zip(keys, option, strict=True)) | {"seeds": seeds}
        for name, three in numbers.items():
            row |= {name + end: number for end, number in zip(_ENDS, three, strict=True)}
        rows.append(row)
    board = pd.DataFrame(rows)
    best = [_undominated(part) for _, part in board.groupby(["method", "trait"])]
    return board.assign(frontier=pd.concat(best))


def _side_by_side(scores: pd.DataFrame, measure: str) -> pd.DataFrame:
    """A row a town and option: the leak after and before, and what the feed is good for."""
    option = ["defence", "strength", "seed"]
    use = scores[scores["method"].isin(["feed", "popularity"])]
    ending = use["measure"].str.removeprefix("usefulness")
    use = use.assign(column=use["method"] + ending).pivot(
        index=option, columns="column", values="value"
    )
    names = {measure: "after", f"{measure}_before": "before"}
    found = scores[scores["measure"].isin(names)]
    found = found.pivot(index=[*option, "method", "trait"], columns="measure", values="value")
    return found.rename(columns=names).join(use, on=option)


def _share(part: pd.Series, whole: pd.Series) -> tuple[float, float, float]:
    """The mean of one thing as a share of the mean of another, with Fieller's interval."""
    from scipy.stats import t

    n, top, bottom = len(part), part.mean(), whole.mean()
    if n < 2:
        return np.nan, np.nan, np.nan
    over, both, under = np.cov(part, whole)[np.triu_indices(2)] * t.ppf(0.975, n - 1) ** 2 / n
    if bottom <= 0 or bottom**2 <= under:  # the whole cannot be told from nothing
        return np.nan, np.nan, np.nan
    # the shares q for which the mean of part - q whole cannot be told from 0: between two roots
    a, b, c = bottom**2 - under, top * bottom - both, top**2 - over
    root = np.sqrt(max(b**2 - a * c, 0.0))
    return top / bottom, (b - root) / a, (b + root) / a


def _undominated(options: pd.DataFrame) -> pd.Series:
    """Which options are beaten by no other on both axes."""
    points = options[["inference_stopped", "usefulness_kept"]].to_numpy()
    other, this = points[None], points[:, None]
    beaten = ((other >= this).all(axis=2) & (other > this).any(axis=2)).any(axis=1)
    return pd.Series(~beaten & ~np.isnan(points).any(axis=1), options.index)
