"""Necessity: the legitimate-interest test, and what of it can be measured.

Its questions are a person's to answer. But in a town whose truth is known it can be measured how
much a guess gains by each source of data, and how many people were told, were asked, or said no.
This is teaching, not legal advice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ethics_lib.beliefs import infer
from ethics_lib.consents import PROCESSING, in_force, refused
from ethics_lib.guards import SUMS_ONLY
from ethics_lib.notices import TOLD_TO_OBJECT
from ethics_lib.tables import (
    COLUMNS,
    SENSITIVE,
    TableError,
    check_name,
    check_share,
    check_table,
    check_time,
    empty_table,
    is_numeric,
)
from ethics_lib.traces import DEVICE

__all__ = [
    "MEASURES",
    "QUESTIONS",
    "LegitimateInterest",
    "measure_balance",
    "measure_necessity",
    "under_18",
]

_NO_CHOICE = ("terms", "dark pattern")  # ways of asking that leave no fair way to say no

MEASURES: dict[str, str] = {
    "special categories used": "of the traits that the use looks at, those of Article 9(1)",
    "special categories believed": "of the people, those of whom the holder believes one",
    "read from a device": "of the people, those recorded by a tracker on their own device",
    "told before": "of the people, those told of the purpose before the first record",
    "could object": "of the people, those asked fairly, or told of their right, before the use",
    "said no": "of the people, those whose last word to this, or to profiling, was a no",
    "under 18": "of the people, those who are children when the use starts",
}
"""What can be measured of the balance, and of whom it is a share."""


QUESTIONS: dict[str, dict[str, str]] = {
    "purpose": {
        "why": "What is the data wanted for?",
        "benefit": "What good is hoped for?",
        "third_parties": "Does anybody else gain?",
        "public": "Does the public gain?",
        "importance": "How much do these gains matter?",
        "without": "What if it could not be done?",
        "protection_rules": "Are rules on profiling or on devices kept?",
        "other_law": "Does other law bear on it?",
        "codes": "Are there codes of the trade?",
        "ethics": "Is there another moral question?",
    },
    "necessity": {
        "helps": "Does it bring the purpose nearer? (yes or no)",
        "proportionate": "Is it in proportion to the purpose? (yes or no)",
        "otherwise": "Could the same be had without it? (yes or no)",
        "less": "Would less data, or a gentler way, do? (yes or no)",
    },
    "nature": {
        "special": "Are special categories or crimes in it?",
        "private": "Would people call it private?",
        "vulnerable": "Are children or vulnerable people in it?",
        "capacity": "Is it about private or working life?",
    },
    "expectations": {
        "relationship": "Do the people know the holder?",
        "before": "What was their data used for until now?",
        "told": "Who collected it, and what did they say?",
        "third_party": "If from others: what did those say?",
        "age": "How long ago was that?",
        "understood": "Do most people know that this is done?",
        "new": "Is anything about it new?",
        "evidence": "What shows what people expect?",
        "other": "What else bears on it?",
    },
    "impact": {
        "impacts": "What may happen to people?",
        "control": "Do they lose a say over their data?",
        "severity": "How likely is it, and how bad?",
        "objections": "Who would mind, or find it intrusive?",
        "explain": "Would you gladly explain it to them? (yes or no)",
        "safeguards": "What makes the impact smaller?",
        "opt_out": "Can they opt out? (yes or no)",
    },
}
"""What the ICO's template asks, in our words and short: purpose, necessity, and the balance.

Seen in public copies of the template; the groups nature and expectations are from memory.
"""

_MUST_BE = {
    "helps": "yes",
    "proportionate": "yes",
    "otherwise": "no",
    "less": "no",
    "explain": "yes",
    "opt_out": "yes",
}


def measure_necessity(
    traces: pd.DataFrame,
    known: pd.DataFrame,
    *,
    truth: pd.DataFrame,
    holder: str,
    by: str = "source",
) -> pd.DataFrame:
    """Measure how much worse a guess gets when the holder does without one source of data.

    Everybody is judged twice by `beliefs.infer`, with all the traces and without those of one
    source, and both are compared with the truth. Of whom nothing else is known, the guess without
    the source is the average.

    Parameters
    ----------
    traces : DataFrame
        What the holder has; traces of others are not looked at.
    known : DataFrame[person, trait, value]
        What some people said, such as ``world.reports``. Each trait in it is measured.
    truth : DataFrame, index ``person``
        A column a trait, such as ``world.people``.
    holder : str
    by : {"source", "kind"}
        What is left out at a time: the traces of one collector, or of one kind of act.

    Returns
    -------
    DataFrame[holder, trait, source, gain, low, high]
        A row a trait and source, but none of a source whose traces name no item, such as address
        books: ``infer`` cannot read it, and it may still serve `propagation`.
        ``gain``: AUC (of the last value) with the source, less AUC without; of a number,
        Pearson's r. The 95 % interval is over people, each compared with themselves; the models
        are taken as they are, so another town would differ by more. Nothing in it is random.

    Raises
    ------
    TableError
        When the truth of a trait has fewer than two people of a kind among those who are judged;
        and whatever `beliefs.infer` refuses.

    Notes
    -----
    Two sources that say the same both come out as not needed. Leave out one, and measure again.
    What is measured is what ``infer`` makes of the data; another model might gain more by them.

    References
    ----------
    DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44:837, for the interval of the AUC; of r,
    the influence of each person on it (delta method).
    """
    check_table(traces, "traces")
    check_name(by, ("source", "kind"), what="column to leave out by")
    check_name(holder, traces["holder"].unique(), what="holder")
    held = traces[traces["holder"] == holder]
    full = _guesses(held, known, holder)
    rows = []
    for part in sorted(held.loc[held["item"].notna(), by].unique()):
        without = _guesses(held[held[by] != part], known, holder)
        for trait, guess in full.items():
            check_name(trait, truth.columns, what="truth: the column")
            rest = without.get(trait, pd.Series(dtype=float))
            both = pd.DataFrame({"with": guess, "without": rest.reindex(guess.index)})
            both = both.fillna(rest.mean() if len(rest) else 0.0)
            true = truth[trait].reindex(both.index).dropna()
            rows.append((holder, trait, part, *_gain(both.loc[true.index], true)))
    return pd.DataFrame(rows, columns=list(COLUMNS["necessity"]))


def measure_balance(
    uses: pd.DataFrame,
    traces: pd.DataFrame,
    *,
    use: str,
    holder: str,
    beliefs: pd.DataFrame,
    consents: pd.DataFrame,
    notices: pd.DataFrame,
    people: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Measure what a use asks of the people in its data: what it reveals, and what they were told.

    Parameters
    ----------
    uses : DataFrame
    traces : DataFrame
        What the use rests on. The people are those of whom the holder has a trace in it.
    use, holder : str
        The use to be weighed, and the holder who weighs it; of joint holders each has their own.
    beliefs, consents, notices : DataFrame
    people : DataFrame, index ``person``, optional
        With ``birth_date``; without it nobody is known to be a child, and the row is left out.

    Returns
    -------
    DataFrame[use, holder, measure, share, n, means]
        Of `MEASURES`, with the number of which it is a share. These are counts of everybody, no
        samples, so they carry no interval.

    Raises
    ------
    TableError
        When a table is wrong; when the birth dates of people are no times.
    UnknownNameError
        For a use that was not declared, or not by this holder; for a holder without traces.
    """
    check_table(uses, "uses")
    check_table(traces, "traces")
    for noun, table in (("beliefs", beliefs), ("consents", consents), ("notices", notices)):
        check_table(table, noun, empty=True)
    check_name(use, uses["use"].unique(), what="use")
    mine = uses[uses["use"] == use]
    check_name(holder, mine["holder"].unique(), what=f"holder of {use!r}")
    mine = mine[mine["holder"] == holder]
    check_name(holder, traces["holder"].unique(), what="traces: the holder")
    held = traces[traces["holder"] == holder]
    first = held.groupby("person", as_index=False)["time"].min()
    first = first.assign(holder=holder, purpose=mine["purpose"].iloc[0])
    by_then = first.assign(time=mine["time"].min())
    told = in_force(notices, by_then.assign(purpose=TOLD_TO_OBJECT))
    fair = consents[~consents["how"].isin(_NO_CHOICE)]
    asked = in_force(fair.drop(columns="granted"), by_then)
    scopes = {mine["purpose"].iloc[0], "profiling", PROCESSING}
    scopes |= {"direct_marketing"} if "personalised_ad" in set(mine["kind"]) else set()
    no = np.any([refused(consents, by_then.assign(purpose=p)) for p in sorted(scopes)], axis=0)
    special = beliefs["trait"].isin(SENSITIVE) & (beliefs["holder"] == holder)
    device = held.loc[held["source"].isin(DEVICE), "person"]
    found = {
        "special categories used": mine["trait"].isin(SENSITIVE),
        "special categories believed": first["person"].isin(beliefs.loc[special, "person"]),
        "read from a device": first["person"].isin(device),
        "told before": in_force(notices, first),
        "could object": told | asked,
        "said no": no,
    }
    if people is not None and "birth_date" in people:
        found["under 18"] = under_18(people, first["person"], time=mine["time"].min())
    rows = [(name, np.mean(hit), len(hit), MEASURES[name]) for name, hit in found.items()]
    table = pd.DataFrame(rows, columns=["measure", "share", "n", "means"])
    return table.assign(use=use, holder=holder)[["use", "holder", *table.columns]]


def under_18(people: pd.DataFrame, who: pd.Index, *, time: np.datetime64 | str) -> np.ndarray:
    """Say of each of these people whether they are a child at that time.

    Parameters
    ----------
    people : DataFrame, index ``person``
        With ``birth_date``. Of whom it has none, nobody is known to be a child.
    who : Index or array of person
    time : time

    Returns
    -------
    array of bool, one a person

    Raises
    ------
    TableError
        When the persons are not the index, or the birth dates are no times.
    """
    if "person" in people or not people.index.is_unique:
        raise TableError(
            "people: it takes one row a person, and the person as the index. Call "
            ".set_index('person')."
        )
    born = people["birth_date"]
    if not pd.api.types.is_datetime64_dtype(born):
        raise TableError(
            f"people: column 'birth_date' holds text or the like ({born.dtype}); it must hold "
            "times. Convert with pd.to_datetime(...)."
        )
    grown = born.reindex(who) + pd.DateOffset(years=18)
    return (grown > check_time(time, "time")).to_numpy()


@dataclass(frozen=True, eq=False)
class LegitimateInterest:
    """A legitimate-interest assessment: a reader answers, a town measures, either may say no.

    No answer is read for its meaning. The code refuses what the law forbids, what was not answered
    and what the measures contradict; that the interest outweighs the people's is the reader's word,
    ``decided``, and nobody else's.

    Attributes
    ----------
    holder : str
    answers : {question: answer}
        Of all `QUESTIONS`, in the reader's words. Where "(yes or no)" is asked, it begins with it.
    dated, starts : day
        Of the assessment, and of the first use. A test made after the start is none.
    necessity : DataFrame, optional
        From `measure_necessity`, of the traits that the use looks at and the sources it rests on.
        Nothing is said of a source that is not in it.
    balance : DataFrame, optional
        From `measure_balance`, of the same use and the same holder.
    decided : bool
        Whether the reader finds that the people's interests do not override the holder's.
    enough : float, 0-1
        The share of people told before, and able to object, that is asked for. Our bar; no law
        names one.

    Notes
    -----
    Art. 6(1)(f). Any lawful interest may count, a commercial one too, if strictly necessary and not
    overridden: CJEU C-621/22 (4 October 2024), read in law firms' reports. It carries no tracker on
    a device (PECR reg. 6) and no special category (Art. 9), however good the answers.
    """

    holder: str
    answers: Mapping[str, str]
    dated: pd.Timestamp | str
    starts: pd.Timestamp | str
    necessity: pd.DataFrame | None = None
    balance: pd.DataFrame | None = None
    decided: bool = False
    enough: float = 0.9

    def __post_init__(self) -> None:
        allowed = [key for part in QUESTIONS.values() for key in part]
        for key in self.answers:
            check_name(key, allowed, what="question")
        check_share(self.enough, "enough")
        check_time(self.dated, "dated")
        check_time(self.starts, "starts")

    def verdict(self) -> pd.DataFrame:
        """Say of each part of the test whether it passes, and what stands against it.

        Returns
        -------
        DataFrame[part, passes, why]
        """
        dated, starts = check_time(self.dated, "dated"), check_time(self.starts, "starts")
        late = f"dated {dated.date()}, and the first use was on {starts.date()}"
        reasons = {
            "purpose": self._unanswered("purpose"),
            "necessity": [*self._unanswered("necessity"), *self._not_necessary()],
            "balancing": [
                *self._unanswered("nature", "expectations", "impact"),
                *self._out_of_balance(),
            ],
            "date": [] if dated < starts else [late],
            "decision": [] if self.decided else ["nobody has decided that it outweighs the people"],
        }
        rows = [
            (part, not why, "; ".join(why) or "nothing stands against it")
            for part, why in reasons.items()
        ]
        return pd.DataFrame(rows, columns=["part", "passes", "why"])

    def passes(self) -> bool:
        """Whether every part passes, on a day before the first use."""
        return bool(self.verdict()["passes"].all())

    def passed_on(self) -> pd.Timestamp | None:
        """The day for ``declare_use(lia=...)``, or None if the test was not passed."""
        return check_time(self.dated, "dated") if self.passes() else None

    def _unanswered(self, *parts: str) -> list[str]:
        asked = {key: text for part in parts for key, text in QUESTIONS[part].items()}
        said = {key: str(self.answers.get(key, "")).strip() for key in asked}
        open_ = [f"not answered: {key}" for key, answer in said.items() if not answer]
        wrong = [
            f"{asked[key]} {answer}"
            for key, answer in said.items()
            if answer and not answer.lower().startswith(_MUST_BE.get(key, ""))
        ]
        return open_ + wrong

    def _not_necessary(self) -> list[str]:
        if self.necessity is None:
            return ["nobody measured what the data add"]
        mine = check_table(self.necessity, "necessity", empty=True)
        mine = mine[mine["holder"] == self.holder]
        if mine.empty:
            return [f"nothing was measured of {self.holder}"]
        best = mine.groupby("source")["low"].max()
        return [f"without {source} the guess is as good" for source in best.index[~(best > 0)]]

    def _out_of_balance(self) -> list[str]:
        if self.balance is None:
            return ["nobody measured the balance"]
        for column in ("use", "holder", "measure", "share"):
            if column not in self.balance:
                raise TableError(
                    f"balance: column {column!r} is missing. Make it with measure_balance."
                )
        mine = self.balance[self.balance["holder"] == self.holder]
        if mine.empty:
            return [f"no balance was measured of {self.holder}"]
        share = mine.set_index("measure")["share"]
        missing = [name for name in MEASURES if name not in share and name != "under 18"]
        if missing or not share.index.is_unique:
            wrong = f"the row {missing[0]!r} is missing" if missing else "it is of several uses"
            raise TableError(f"balance: {wrong}. Make it with measure_balance, for one use.")
        measured = empty_table("necessity") if self.necessity is None else self.necessity
        measured = measured[measured["holder"] == self.holder]
        why = []
        if share["special categories used"] > 0 or measured["trait"].isin(SENSITIVE).any():
            why.append("it uses special categories, which need Article 9 and not only Article 6")
        if share["read from a device"] > 0 or measured["source"].isin(DEVICE).any():
            why.append("it reads people's devices, which takes their consent (PECR reg. 6)")
        if share["said no"] > 0:
            why.append(f"{share['said no']:.1%} of the people had said no, and are in it")
        few = share[["told before", "could object"]]
        few = few[few < self.enough]
        return why + [f"{name}: {part:.0%} of the people" for name, part in few.items()]


def _guesses(traces: pd.DataFrame, known: pd.DataFrame, holder: str) -> dict[str, pd.Series]:
    """Of each trait one number a person: how likely the last value is, or the number guessed."""
    if traces["item"].isna().all():
        return {}
    beliefs = infer(traces, known, holder=holder, **SUMS_ONLY)
    guesses = {}
    for trait, rows in beliefs.groupby("trait", sort=False):
        if rows["p"].notna().any():
            rows = rows[rows["value"] == max(rows["value"])].assign(value=rows["p"])
        guesses[trait] = rows.set_index("person")["value"].astype(float)
    return guesses


def _gain(both: pd.DataFrame, true: pd.Series) -> tuple[float, float, float]:
    """How much better the first column is than the second, with its 95 % interval."""
    if is_numeric(true):
        true = true.to_numpy(float)
        share, kind, sizes = _share_in_r, np.zeros(len(true), bool), [len(true)]
    else:
        true = (true == max(true)).to_numpy()
        share, kind, sizes = _share_in_auc, true, [int((~true).sum()), int(true.sum())]
    if min(sizes) < 2:
        raise TableError(
            f"truth: of those who are judged, {sizes} are of each kind; a gain needs two of "
            "each. Pass more people, or leave the trait out of known."
        )
    more, less = (share(true, both[column].to_numpy()) for column in ("with", "without"))
    parts = pd.Series(more - less).groupby(kind)
    gain, reach = parts.mean().iloc[-1], 1.96 * np.sqrt((parts.var() / parts.size()).sum())
    # what is left of two equal sums is no gain
    return tuple(np.round([gain, gain - reach, gain + reach], 12).tolist())


def _share_in_auc(has: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Of each person: how many of the other kind stand on the right side of them, as a share."""
    from scipy.stats import rankdata

    rank = rankdata(scores)
    below = np.empty(len(scores))
    for kind in (has, ~has):
        below[kind] = (rank[kind] - rankdata(scores[kind])) / (~kind).sum()
    return np.where(has, below, 1 - below)


def _share_in_r(true: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Of each person: what they contribute to r; the mean of it is r. A constant has r = 0."""
    if not scores.std():
        return np.zeros(len(scores))
    a, b = ((x - x.mean()) / x.std() for x in (true, scores))
    r = (a * b).mean()
    return r + a * b - r * (a**2 + b**2) / 2
