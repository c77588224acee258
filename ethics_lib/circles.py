"""Circles: what is believed of a person as they hide alone, with ten friends, with half, with all.

What friends give away nobody can take back alone. Here a person opts out and their friends follow,
in an order drawn by lot, and after each step the holder believes anew what it still can.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ethics_lib.beliefs import as_beliefs, infer, lay_out
from ethics_lib.defences import OptOutTogether
from ethics_lib.defended import as_people, check_evidence, people_in
from ethics_lib.guards import FEWEST, SUMS_ONLY, check_reasons
from ethics_lib.measures import exposure, mean_of, score, usual_of
from ethics_lib.propagation import answers_of, people_of, propagate
from ethics_lib.tables import (
    Evidence,
    TableError,
    as_rng,
    check_frame,
    check_name,
    check_share,
    check_table,
    check_whole,
    is_numeric,
    several,
    spell_out,
    to_csr,
)
from ethics_lib.walks import METHODS
from ethics_lib.weighing import weigh_friends, worth_of_answers

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = [
    "STEPS",
    "circle_curve",
    "collective_effect",
    "draw_circles",
    "hide_circles",
    "town_curve",
]

STEPS: dict[str, int | float | None] = {
    "nobody": None,
    "one": 0,
    "ten": 10,
    "half": 0.5,
    "all": 1.0,
}
"""Who hides: nobody, the person alone, or the person and so many (10) or such a share (0.5) of
their friends."""

_WAYS = {"bayes": weigh_friends} | METHODS
_LIKES = "likes"  # beside the ways to pass answers on: the guess from what people did


def draw_circles(
    ties: pd.DataFrame,
    *,
    people: Iterable[int] | None = None,
    draws: int = 1,
    rng: int | np.random.Generator,
) -> pd.DataFrame:
    """Draw the order in which each person's friends hide with them.

    Parameters
    ----------
    ties : DataFrame[a, b, context]
    people : list of int, optional
        Around whom; by default everybody with a friend.
    draws : int
        How many orders of each circle.
    rng : int or Generator

    Returns
    -------
    DataFrame[draw, person, friend, turn]
        One row a friend; ``turn`` 1 hides first. Whoever hides among the first three hides among
        the first ten, so each step has all that hide at the one before.

    Examples
    --------
    >>> star = pd.DataFrame({"a": [0, 0, 0], "b": [1, 2, 3], "context": "friend"})
    >>> draw_circles(star, people=[0], rng=7)["friend"].tolist()
    [1, 3, 2]
    """
    check_table(ties, "ties")
    number = check_whole(draws, "draws", high=10_000)
    ends = ties[["a", "b"]].to_numpy("int32")
    ends = pd.DataFrame(np.concatenate([ends, ends[:, ::-1]]), columns=["person", "friend"])
    ends = ends.drop_duplicates()
    if people is not None:
        people = pd.Index(as_people(people, "people"), dtype="int64")
        alone = people.difference(ends["person"])
        if len(alone):
            raise TableError(
                f"draw_circles: person {alone[0]} has no friend in these ties, so there is no "
                "circle to hide. Pass people who have one."
            )
        ends = ends[ends["person"].isin(people)]
    ends = ends.sort_values(["person", "friend"], ignore_index=True)
    circles = ends.loc[np.tile(np.arange(len(ends)), number)].reset_index(drop=True)
    circles.insert(0, "draw", np.repeat(np.arange(number), len(ends)))
    circles["turn"] = as_rng(rng).random(len(circles))
    circles = circles.sort_values(["draw", "person", "turn"], ignore_index=True)
    circles["turn"] = circles.groupby(["draw", "person"]).cumcount() + 1
    return circles


def hide_circles(
    evidence: Evidence,
    circles: pd.DataFrame,
    *,
    trait: str,
    steps: Mapping[str, int | float | None] = STEPS,
    method: str = "bayes",
    person_rows: bool = False,
    basis: str | None = None,
) -> pd.DataFrame:
    """Let each person's circle opt out step by step, and see what is believed of that person.

    Each circle hides in a town in which everybody else stays as they are. Who hides takes back
    answers and records, and a tie when its other end hides too, as in `OptOutTogether`.

    Parameters
    ----------
    evidence : Evidence
    circles : DataFrame
        From `draw_circles`.
    trait : str
        Which is no number.
    steps : {name: number}
        As in `STEPS`: a whole number of friends, or a share of them; None is nobody. Of a person
        with fewer than twenty friends ten are more than half.
    method : str
        How friends give it away: ``bayes`` (`weighing.weigh_friends`, with what an answer is worth
        held as it is) or one of `walks.METHODS`; or ``likes``, the guess of `infer` with its model
        held as it is, which what friends do cannot change. ``bayes`` and ``neighbours`` are worked
        out for all people at once; any other way walks through the town once for each person, draw
        and step: about 10 ms with 5,000 people, so pass tens of people and not thousands.
    person_rows, basis
        For a protected trait of real people; see `guards.may_name_persons`.

    Returns
    -------
    DataFrame[draw, person, trait, method, step, friends, hidden, value, p, bits]
        One row a person, draw and step: how many ``friends`` the person has and how many people
        are ``hidden``, the person among them; how likely the last ``value`` of the trait is
        believed to be, and what that gives away (`measures.exposure`, against the share among all
        answers). At ``nobody`` who answered is taken at their word. Whom nothing reaches is
        believed to be as usual among all answers; the share among those left would differ from
        circle to circle, and tell who has gone.

    Raises
    ------
    DualUseError
        For a protected trait without a basis.
    """
    check_name(method, [*_WAYS, _LIKES], what="method")
    check_reasons(trait, person_rows=person_rows, basis=basis)
    known = _about(check_evidence(evidence).known, trait)
    usual = usual_of(known).sort_values("value")
    people = people_of(known, evidence.ties)
    _check_circles(circles, people)
    if not (isinstance(steps, Mapping) and steps):
        raise TableError(f"steps={steps!r}: who hides? Name one step or more, as in STEPS.")
    sizes = circles.groupby(["draw", "person"]).size().rename("friends").reset_index()
    tables = []
    for name, count in steps.items():
        friends = _count(name, count, sizes["friends"])
        if count is None:
            p = _as_it_is(evidence, known, usual, method).reindex(sizes["person"])
        elif method == _LIKES:  # of whom no record is left nothing is guessed
            p = np.full((len(sizes), len(usual)), np.nan)
        else:
            p = _once_hidden(known, evidence.ties, people, circles, friends, method)
        p = _filled(p, usual)
        told = {"trait": trait, "method": method, "step": name, "hidden": friends + 1}
        if count is None:
            told["hidden"] = 0
        told |= {"value": usual["value"].iloc[-1], "p": p[:, -1], "bits": _bits(p, usual)}
        tables.append(sizes.assign(**told))
    columns = "draw person trait method step friends hidden value p bits".split()
    return pd.concat(tables, ignore_index=True)[columns]


def circle_curve(hidden: pd.DataFrame, *, truth: pd.Series | None = None) -> pd.DataFrame:
    """Average what is given away at each step, and how right it is, with intervals.

    Parameters
    ----------
    hidden : DataFrame
        From `hide_circles`; several traits and methods may be stacked.
    truth : Series, index ``person``, optional
        The true value of each person; with it come rows of ``auc``.

    Returns
    -------
    DataFrame[trait, method, step, hidden, measure, n, estimate, low, high]
        ``measure`` is ``bits``, the mean over people, or ``auc``; ``hidden`` the mean number of
        people who hide. 95 % intervals: of bits over people (over draws, if it is one person), of
        AUC as in `measures.score`, the mean over draws.
    """
    rows, by = [], ["trait", "method", "step"]
    for at, part in _check_hidden(hidden).groupby(by, sort=False):
        found = {"bits": _mean(_each_bits(part))}
        if truth is not None:
            found["auc"] = _auc(part, truth, at[0])
        rows += [(*at, part["hidden"].mean(), name, *row) for name, row in found.items()]
    columns = "trait method step hidden measure n estimate low high".split()
    return pd.DataFrame(rows, columns=columns)


def collective_effect(hidden: pd.DataFrame) -> pd.DataFrame:
    """Say what hiding alone saves a person, and what the others add who hide with them.

    Parameters
    ----------
    hidden : DataFrame
        From `hide_circles`, with the steps at which nobody hides and at which one does.

    Returns
    -------
    DataFrame[trait, method, step, effect, n, estimate, low, high]
        Bits saved; negative if hiding makes it worse. ``effect`` is ``own`` (one instead of
        nobody) or ``others`` (this step instead of one, the collective effect). Each person is
        compared with themself; 95 % intervals as in `circle_curve`.
    """
    rows = []
    for at, part in _check_hidden(hidden).groupby(["trait", "method"], sort=False):
        bits = {step: _each_bits(at_it) for step, at_it in part.groupby("step", sort=False)}
        most = part.groupby("step", sort=False)["hidden"].max()  # half of one friend is nobody
        nobody, one = most.index[most == 0], most.index[most == 1]
        if nobody.empty or one.empty:
            raise TableError(
                "collective_effect: a step at which nobody hides, and one at which one person "
                "does, are needed to compare with. Keep 'nobody' and 'one' among the steps."
            )
        nobody, one = nobody[0], one[0]
        for step in bits:
            if step == one:
                rows.append((*at, step, "own", *_mean(bits[nobody] - bits[one])))
            elif step != nobody:
                rows.append((*at, step, "others", *_mean(bits[one] - bits[step])))
    columns = "trait method step effect n estimate low high".split()
    return pd.DataFrame(rows, columns=columns)


def town_curve(
    evidence: Evidence,
    truth: pd.Series,
    *,
    trait: str,
    shares: Iterable[float],
    methods: Iterable[str] = ("bayes", _LIKES),
    rng: int | np.random.Generator,
) -> pd.DataFrame:
    """Let a share of the whole town opt out, and see what it does to them and to those who stay.

    Everybody is one who never answered about this trait, so that no word of their own is counted;
    and the holder learns anew each time.

    Parameters
    ----------
    evidence : Evidence
    truth : Series, index ``person``
        The true value of each person.
    trait : str
        Which is no number.
    shares : list of float, 0-1
        Of the town; a larger one has all those of a smaller one.
    methods : list of str
        As in `hide_circles`.
    rng : int or Generator

    Returns
    -------
    DataFrame[share, trait, method, who, measure, n, estimate, low, high]
        ``who`` is ``opted out`` or ``stayed``; ``measure`` as in `circle_curve`. An ``n`` of 0 and
        NaN where there are fewer people than `guards.FEWEST`: sums over many people only, so no
        basis is asked for.
    """
    known = _about(check_evidence(evidence).known, trait)
    usual = usual_of(known).sort_values("value")
    seed, rows = int(as_rng(rng).integers(2**31)), []
    silent = truth.dropna().index.intersection(people_in(evidence)).difference(known["person"])
    for share in several(shares):
        together = OptOutTogether(share=check_share(share, "share"), rng=seed)
        out, left = together.who(evidence), together(evidence)
        said = known[known["person"].isin(left.known["person"])]
        for method in several(methods):
            check_name(method, [*_WAYS, _LIKES], what="method")
            p = _filled(_as_it_is(left, said, usual, method).reindex(silent), usual)
            guess = pd.DataFrame({"p": p[:, -1], "bits": _bits(p, usual)}, silent)
            for who, part in (
                ("opted out", silent.intersection(out)),
                ("stayed", silent.difference(out)),
            ):
                part = part if len(part) >= FEWEST else part[:0]
                told = guess.loc[part].rename_axis("person").reset_index()
                told = told.assign(draw=0, value=usual["value"].iloc[-1])
                found = {"bits": _mean(told["bits"]), "auc": _auc(told, truth, trait)}
                at = share, trait, method, who
                rows += [(*at, measure, *row) for measure, row in found.items()]
    columns = "share trait method who measure n estimate low high".split()
    return pd.DataFrame(rows, columns=columns)


def _about(known: pd.DataFrame, trait: str) -> pd.DataFrame:
    check_name(trait, known["trait"].unique(), what="trait")
    known = known.loc[known["trait"] == trait, ["person", "trait", "value"]]
    if is_numeric(known["value"]):
        raise TableError(
            f"circles: {trait!r} is a number, and exposure counts none. Pass a trait of words, "
            "such as 'party'."
        )
    return known


def _check_circles(circles: pd.DataFrame, people: pd.Index) -> None:
    who = ["draw", "person", "friend"]
    check_frame(circles, "circles", columns=[*who, "turn"])
    if circles.empty or circles.duplicated(who).any():
        raise TableError(
            "circles: nobody is in them, or a friend is in one twice. Each has a turn in each "
            "circle: pass what draw_circles returned, and for more circles ask it for more draws."
        )
    named = pd.concat([circles["person"], circles["friend"]])
    unknown = named[~named.isin(people)]
    if len(unknown):
        raise TableError(
            f"circles: person {unknown.iloc[0]} is in no tie of this evidence. Draw the circles "
            "from its own ties: draw_circles(evidence.ties, rng=7)."
        )


def _check_hidden(hidden: pd.DataFrame) -> pd.DataFrame:
    columns = "draw person trait method step hidden value p bits".split()
    return spell_out(check_frame(hidden, "hidden", columns=columns))


def _count(name: str, count: float | None, friends: pd.Series) -> np.ndarray:
    """How many friends of each person hide at a step."""
    if count is None:
        return np.zeros(len(friends), dtype=int)
    if isinstance(count, (int, np.integer)) and not isinstance(count, bool):
        check_share(count, f"steps: {name}", high=np.inf)
        return np.minimum(friends, count).to_numpy()
    return (check_share(count, f"steps: {name}") * friends).round().astype(int).to_numpy()


def _as_it_is(
    evidence: Evidence, known: pd.DataFrame, usual: pd.DataFrame, method: str
) -> pd.DataFrame:
    """What is believed of everybody, people by values: their word, or a guess; NaN if neither."""
    values = usual["value"].tolist()
    if known.empty:
        return pd.DataFrame(columns=values, dtype=float)
    if method == _LIKES:
        guess = infer(evidence.traces, known, holder="", **SUMS_ONLY)
    else:
        way = _WAYS[method]
        guess = propagate(known, evidence.ties, holder="", method=way, **SUMS_ONLY)
    guess = guess[~guess["person"].isin(known["person"])]
    wide = guess.pivot(index="person", columns="value", values="p")
    said = pd.get_dummies(known.set_index("person")["value"], dtype=float)
    return pd.concat([wide, said]).reindex(columns=values, fill_value=0.0)


def _once_hidden(
    known: pd.DataFrame,
    ties: pd.DataFrame,
    people: pd.Index,
    circles: pd.DataFrame,
    friends: np.ndarray,
    method: str,
) -> np.ndarray:
    """What is believed of each person once so many of their friends hide with them."""
    from scipy.special import softmax

    is_known, answers, _ = answers_of(known, people)
    row = circles.groupby(["draw", "person"]).ngroup().to_numpy()
    hides = (circles["turn"] <= friends[row]).to_numpy()
    friend = people.get_indexer(circles["friend"])
    own = np.empty(len(friends), dtype=int)
    own[row] = people.get_indexer(circles["person"])
    at = np.append(row[hides], np.arange(len(own)))
    gone = _lay_out(at, np.append(friend[hides], own), (len(own), len(people)))
    graph = to_csr(ties, people)
    if method in ("bayes", "neighbours"):  # they read a person's own ties only: all at once
        heard = _lay_out(row[~hides], friend[~hides], gone.shape) @ answers
        reached, scores = heard.sum(axis=1) > 0, heard
        if method == "bayes":
            worth, usual = worth_of_answers(graph, is_known, answers)
            scores = softmax(heard @ worth + usual, axis=1)
    else:
        walks = [_walk(graph, is_known, answers, *who, method) for who in _each(own, gone)]
        scores, reached = (np.array(part) for part in zip(*walks, strict=True))
    # not the share among the answers left, which would rank people by who has gone with them
    return np.where(reached[:, None], scores, np.nan)


def _lay_out(row: np.ndarray, column: np.ndarray, shape: tuple[int, int]) -> csr_array:
    from scipy.sparse import csr_array

    return csr_array((np.ones(len(row), np.float32), (row, column)), shape=shape)


def _each(own: np.ndarray, gone: csr_array) -> Iterator[tuple[int, np.ndarray]]:
    """Each person, and all who hide around them."""
    return zip(own, np.split(gone.indices, gone.indptr[1:-1]), strict=True)


def _walk(
    friends: csr_array,
    known: np.ndarray,
    answers: np.ndarray,
    person: int,
    gone: np.ndarray,
    method: str,
) -> tuple[np.ndarray, bool]:
    """What reaches one person through a town in which these people have opted out."""
    from scipy.sparse import csr_array

    hidden = np.zeros(len(known), dtype=bool)
    hidden[gone] = True
    kept = ~(np.repeat(hidden, np.diff(friends.indptr)) & hidden[friends.indices])
    start = np.append(0, np.cumsum(kept))[friends.indptr]
    seen = csr_array((friends.data[kept], friends.indices[kept], start), shape=friends.shape)
    said = known & ~hidden
    if not said.any():
        return np.zeros(answers.shape[1]), False
    scores, reached = METHODS[method](seen, said, answers * said[:, None])
    return scores[person], bool(reached[person])


def _filled(p: np.ndarray, usual: pd.DataFrame) -> np.ndarray:
    """The same with what is usual where nothing is believed, people by values."""
    p = np.where(np.isnan(p), usual["p"].to_numpy(), np.asarray(p, dtype=float))
    return p / p.sum(axis=1, keepdims=True)  # a vote comes as counts


def _bits(p: np.ndarray, usual: pd.DataFrame) -> np.ndarray:
    """What each row of probabilities gives away, see `measures.exposure`."""
    wide = pd.DataFrame(p, columns=usual["value"].tolist())
    told = {"trait": usual["trait"].iloc[0], "origin": "", "method": "", "holder": "", "intent": ""}
    return exposure(as_beliefs(lay_out(wide), **told), usual=usual)["bits"].to_numpy()


def _each_bits(part: pd.DataFrame) -> pd.Series:
    """The bits of each person; or of each draw, if all is about one person."""
    unit = "person" if len(part["person"].unique()) > 1 else "draw"
    return part.groupby(unit)["bits"].mean()


def _mean(values: pd.Series) -> tuple[int, float, float, float]:
    return len(values), *mean_of(values)


def _auc(part: pd.DataFrame, truth: pd.Series, trait: str) -> tuple[int, float, float, float]:
    """How right it is, the mean over draws; as `measures.score`."""
    told = {"origin": "", "method": "", "holder": "", "intent": "", "trait": trait}
    found = [
        score(as_beliefs(rows[["person", "value", "p"]], **told), truth, trait=trait)
        for _, rows in part.groupby("draw")
    ]
    if not found:
        return 0, np.nan, np.nan, np.nan
    table = pd.concat(found)[["n", "estimate", "low", "high"]].mean()
    return int(table["n"]), table["estimate"], table["low"], table["high"]
