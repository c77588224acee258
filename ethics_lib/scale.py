"""Scale: the same guesses for more people than one machine can hold.

Tables lie in Parquet, cut into parts, and are Dask DataFrames here. Each tie is dealt once to both
of its ends, so that a part holds all friends of a range of people; then a step is a map over the
parts against everybody's scores, which every worker has. Nothing is joined, and no sum is put
together from parts: the result is the same to the bit however many workers there are, and
whichever of them is lost. The city to try it on is made in `ethics_lib.districts`.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from ethics_lib.beliefs import as_beliefs

# kept in a room of its own
from ethics_lib.districts import make_world as make_world
from ethics_lib.guards import FEWEST, may_name_persons
from ethics_lib.parts import (
    Table,
    as_parts,
    begin_folder,
    map_parts,
    read_parts,
    watch,
    whole_file,
    workers,
    write_part,
)
from ethics_lib.tables import COLUMNS, RangeError, TableError, check_share, check_table
from ethics_lib.ties import unique_keys

if TYPE_CHECKING:
    import dask.dataframe as dd
    from distributed import Client, Future

__all__ = ["make_world", "propagate"]

_RANGE = 100_000  # people, of whose ties a part of the work takes care
_MOST_VALUES = 100
_MOST_PEOPLE = 2_000_000_000  # their numbers are int32
_ANSWERED, _REACHED, _UNREACHED = 2, 1, 0  # the last column of the scores


def propagate(
    known: Table,
    ties: Table,
    *,
    holder: str,
    folder: str | Path,
    people: int | None = None,
    iterations: int = 10,
    client: Client | None = None,
    person_rows: bool = False,
    basis: str | None = None,
) -> dd.DataFrame:
    """Guess a trait from friends, for more people than one machine can hold.

    The same as `ethics_lib.propagate` with ``method="label_propagation"``.

    Parameters
    ----------
    known : Dask or pandas DataFrame[person, trait, value], or a path to Parquet
        What some people said, in words.
    ties : Dask or pandas DataFrame[a, b], or a path to Parquet
        People are numbered from 0, without large gaps: each number up to the highest takes memory.
    holder : str
        Who does this.
    folder : path
        A new or empty folder for the beliefs and for what is needed on the way, about 24 bytes a
        tie, which is deleted in the end. Every worker must see it.
    people : int, optional
        Number of people, who are then all judged: 0 to ``people - 1``. By default those in either
        table.
    iterations : int
        How often everybody who is silent becomes the mean of their friends.
    client : distributed.Client, optional
        Whose workers do it; by default one worker a core of this machine.
    person_rows, basis
        For a protected trait of real people; see `guards.may_name_persons`.

    Returns
    -------
    Dask DataFrame of beliefs
        About those who did not answer, over the Parquet files in the folder. Whom no answer
        reaches in so many steps gets the share among the known, and the method ``prior``. Of a
        protected trait of real people: an aggregate, see `guards.aggregate`.

    Raises
    ------
    TableError
        When a table is wrong, or the folder is not empty.
    RangeError
        When a trait has more than 100 values: each is a number for everybody.

    References
    ----------
    Zhu & Ghahramani (2002), CMU-CALD-02-107, with labels clamped.
    """
    known = as_parts(known, "known", ["person", "trait", "value"])
    ties = as_parts(ties, "ties", ["a", "b"])
    check_share(iterations, "iterations", low=1, high=10_000)
    folder = begin_folder(folder)
    try:
        with workers(client) as client:
            n = _count_people(client, known, ties) if people is None else people
            n = int(check_share(n, "people", low=1, high=_MOST_PEOPLE))
            told = map_parts(client, _read_answers, known, n)
            counted = client.gather(client.map(_count_answers, watch(told, "answers")))
            questions = _questions(counted, holder)
            if not questions:
                raise TableError("known: the table has no rows. Pass at least one row.")
            traits = [question.trait for question in questions]
            named = may_name_persons(traits, person_rows=person_rows, basis=basis)
            ranges = _deal(client, ties, n, folder / "scratch")
            present, sums = client.submit(_present, told, n, people is not None, pure=False), []
            for k, question in enumerate(questions):
                scores = client.submit(_begin, told, question, n, pure=False)
                scores = _walk(client, ranges, scores, question, iterations)
                judged = [
                    client.submit(
                        _judge,
                        scores,
                        present,
                        one,
                        question,
                        folder / f"{k:03d}-{j:06d}.parquet" if named else None,
                        pure=False,
                    )
                    for j, one in enumerate(ranges)
                ]
                sums += client.gather(watch(judged, f"{question.trait}: beliefs"))
            if not named:
                write_part(_aggregate(sums), "aggregates", folder / "aggregates.parquet")
        shutil.rmtree(folder / "scratch")
    except BaseException:
        shutil.rmtree(folder)
        raise
    return read_parts(folder)


class _Question(NamedTuple):
    """A trait, the values that were given, the share of each, and who asks."""

    trait: str
    values: list[str]
    prior: np.ndarray
    holder: str


class _Range(NamedTuple):
    """People whose friends stand in one file."""

    path: Path
    low: int
    high: int

    def load(self) -> tuple[np.ndarray, np.ndarray]:
        """Where each person's friends begin, and the friends: a sparse matrix without its ones."""
        stored = np.load(self.path)
        return np.split(stored, [self.high - self.low + 1])


def _count_people(client: Client, known: dd.DataFrame, ties: dd.DataFrame) -> int:
    ends = [known["person"].max(), ties["a"].max(), ties["b"].max()]
    highest = [h for h in client.gather(client.compute(ends)) if pd.notna(h)]
    return 1 + int(max(highest, default=-1))


def _read_answers(part: pd.DataFrame, people: int) -> dict[str, tuple]:
    """Of each trait: who gave which answer, as a code, and which value each code means."""
    check_table(part, "known", empty=True)
    _check_persons(part, "known", ["person"], people)
    answers = {}
    for trait, rows in part.groupby("trait", sort=False):
        if (kind := pd.api.types.infer_dtype(rows["value"])) != "string":
            raise TableError(
                f"known: the answers about {trait!r} are not words ({kind}), such as "
                f"{rows['value'].iloc[0]!r}. Sort numbers into classes first, with pd.cut and "
                ".astype(str), or leave the trait out."
            )
        code, values = pd.factorize(rows["value"].to_numpy(object), sort=True)
        _check_values(trait, values)
        answers[str(trait)] = rows["person"].to_numpy(np.int32), code.astype(np.int8), values
    return answers


def _check_persons(part: pd.DataFrame, noun: str, columns: list[str], people: int) -> None:
    for column in columns:
        wrong = part.loc[(part[column] < 0) | (part[column] >= people), column]
        if len(wrong):
            raise TableError(
                f"{noun}: column {column!r} holds {wrong.iloc[0]}: there is no such person; people "
                f"are 0 to {people - 1}."
            )


def _check_values(trait: str, values: Sequence[str]) -> None:
    if len(values) > _MOST_VALUES:
        raise RangeError(
            f"known: {trait!r} has {len(values)} values or more, such as {values[0]!r}, and "
            f"{_MOST_VALUES} is the most, since each is a number for everybody. Keep the traits "
            "that you ask about, or sort the values into classes."
        )


def _count_answers(answers: dict[str, tuple]) -> dict[str, pd.Series]:
    return {
        trait: pd.Series(np.bincount(code, minlength=len(values)), values)
        for trait, (_, code, values) in answers.items()
    }


def _questions(counted: list[dict[str, pd.Series]], holder: str) -> list[_Question]:
    questions = []
    for trait in dict.fromkeys(trait for counts in counted for trait in counts):
        count = pd.concat([counts[trait] for counts in counted if trait in counts])
        count = count.groupby(level=0).sum()
        _check_values(trait, count.index)
        prior = (count / count.sum()).to_numpy(np.float32)
        questions.append(_Question(trait, count.index.tolist(), prior, holder))
    return questions


def _deal(client: Client, ties: dd.DataFrame, people: int, scratch: Path) -> list[_Range]:
    """Give each tie to both of its ends: a file of friends for each range of people."""
    scratch.mkdir()
    # as few ranges as memory allows, for each needs everybody's scores
    number = min(people, max(1 + people // _RANGE, ties.npartitions // 4))
    borders = np.linspace(0, people, number + 1).astype(np.int64)
    dealt = map_parts(client, _deal_part, ties, borders, scratch)
    hands, cuts = zip(*client.gather(watch(dealt, "ties dealt")), strict=True)
    cuts = np.array(cuts)
    ranges = [
        _Range(scratch / f"friends-{k:06d}.npy", *map(int, borders[k : k + 2]))
        for k in range(len(borders) - 1)
    ]
    picked = [
        client.submit(_pick_up, one, hands, cuts[:, k : k + 2], people, pure=False)
        for k, one in enumerate(ranges)
    ]
    watch(picked, "friends sorted")
    for path in hands:
        path.unlink()
    return ranges


def _deal_part(part: pd.DataFrame, borders: np.ndarray, scratch: Path) -> tuple[Path, np.ndarray]:
    """Write the ties of a part under both ends, in order; where each range of people begins."""
    people, path = borders[-1], scratch / f"hand-{uuid4().hex}.npy"
    check_table(part.assign(context=0), "ties", empty=True)
    _check_persons(part, "ties", ["a", "b"], people)
    a, b = part["a"].to_numpy(np.int64), part["b"].to_numpy(np.int64)
    key = unique_keys(np.concatenate([a * people + b, b * people + a]))
    _save(key, path)
    return path, np.searchsorted(key, borders * people)


def _pick_up(one: _Range, hands: list[Path], cuts: np.ndarray, people: int) -> None:
    """Put together what all hands hold for a range of people, each tie once."""
    key = [
        np.load(path, mmap_mode="r")[low:high]
        for path, (low, high) in zip(hands, cuts, strict=True)
    ]
    key = unique_keys(np.concatenate(key))
    person = key // people
    friend = (key - person * people).astype(np.int32)
    start = np.searchsorted(person, np.arange(one.low, one.high + 1)).astype(np.int32)
    _save(np.concatenate([start, friend]), one.path)


def _save(numbers: np.ndarray, path: Path) -> None:
    with whole_file(path) as new, new.open("wb") as file:
        np.save(file, numbers)


def _present(told: list[dict[str, tuple]], people: int, everybody: bool) -> np.ndarray:
    """Who is judged even without a tie: everybody, or who answered anything."""
    present = np.full(people, everybody)
    for person, _, _ in (answer for answers in told for answer in answers.values()):
        present[person] = True
    return present


def _begin(told: list[dict[str, tuple]], question: _Question, people: int) -> np.ndarray:
    """Everybody's scores before the first step: a column a value, and how each row stands."""
    scores = np.empty((people, len(question.values) + 1), dtype=np.float32)
    scores[:, :-1] = question.prior
    scores[:, -1] = _UNREACHED
    values = pd.Index(question.values)
    for answers in told:
        if question.trait not in answers:
            continue
        person, code, names = answers[question.trait]
        again = person[(scores[person, -1] == _ANSWERED) | pd.Series(person).duplicated()]
        if len(again):
            raise TableError(
                f"known: person {again[0]} answers {question.trait!r} twice. Keep one answer a "
                "person and trait."
            )
        scores[person] = 0
        scores[person, values.get_indexer(names)[code]] = 1
        scores[person, -1] = _ANSWERED
    return scores


def _average(one: _Range, scores: np.ndarray) -> np.ndarray:
    """Let the silent people of a range become the mean of their friends."""
    from scipy.sparse import csr_array

    start, friends = one.load()
    degree = np.diff(start)
    share = np.repeat(1 / np.maximum(degree, 1).astype(np.float32), degree)
    mean = csr_array((share, friends, start), shape=(len(degree), len(scores))) @ scores
    mean[:, -1] = np.where(mean[:, -1] > 0, _REACHED, _UNREACHED)
    own = scores[one.low : one.high]
    stays = (own[:, -1] == _ANSWERED) | (degree == 0)
    return np.where(stays[:, None], own, mean)


def _judge(
    scores: np.ndarray, present: np.ndarray, one: _Range, question: _Question, path: Path | None
) -> pd.DataFrame | None:
    """Write what is believed of a range of people; or, without a path, only add it up."""
    scores = scores[one.low : one.high]
    there = present[one.low : one.high] | (np.diff(one.load()[0]) > 0)
    judged = there & (scores[:, -1] != _ANSWERED)
    reached = scores[judged, -1] == _REACHED
    scores = np.where(reached[:, None], scores[judged, :-1], question.prior)
    p = scores / scores.sum(axis=1, keepdims=True)
    values, person = question.values, np.flatnonzero(judged) + one.low
    rows = pd.DataFrame({"person": person.repeat(len(values))})
    rows["value"] = np.tile(np.array(values, dtype=object), len(person))
    rows["method"] = np.where(reached, "label_propagation", "prior").repeat(len(values))
    rows["p"] = p.ravel().clip(0, 1)
    beliefs = as_beliefs(
        rows,
        trait=question.trait,
        origin="propagated",
        holder=question.holder,
        intent="deliberate",
    )
    if path is None:
        return beliefs.groupby(_GROUPS, as_index=False).agg(n=("p", "size"), p=("p", "sum"))
    write_part(beliefs, "beliefs", path)
    return None


_GROUPS = ["trait", "value", "method", "holder"]


def _aggregate(sums: list[pd.DataFrame]) -> pd.DataFrame:
    """What `guards.aggregate` makes of beliefs, made from the sums of their parts."""
    table = pd.concat(sums).groupby(_GROUPS, as_index=False).sum()
    table = table[table["n"] >= FEWEST].assign(p=lambda t: t["p"] / t["n"], mean=np.nan)
    return table[list(COLUMNS["aggregates"])].reset_index(drop=True)


def _walk(
    client: Client, ranges: list[_Range], scores: Future, question: _Question, iterations: int
) -> Future:
    """Take the steps: each needs everybody's scores, and gives everybody's."""
    if len(question.values) == 1:  # one answer for all: nothing is learned
        return scores
    for _ in tqdm(range(iterations), f"{question.trait}: steps", unit="step", leave=False):
        parts = [client.submit(_average, one, scores, pure=False) for one in ranges]
        scores = client.submit(np.concatenate, parts, pure=False)
        watch([scores])
    return scores
