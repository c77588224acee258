"""Accuracy: what a person told a platform, held against what platforms concluded.

The archives are the only witness. What the person said need not be true; but where a platform
believes the opposite of it, one of the two is wrong, and the person knows which.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from ethics_lib.exports import Export
from ethics_lib.tables import TRAITS, TableError
from ethics_lib.words import several

__all__ = [
    "TOPICAL",
    "VERDICTS",
    "check_accuracy",
    "check_exports",
    "in_words",
    "refusals",
]

VERDICTS: dict[str, str] = {
    "wrong": "it cannot be so, if what you told is so",
    "kept after your no": "you said no to it there, and it still stands in the list",
    "right": "it agrees with what you told",
    "cannot be told": "you told nothing that it could be held against",
}
"""What a belief may come to, held against what the person told. The no says nothing about truth."""

_ACCURACY = ["trait", "told", "told_to", "believed", "holder", "where", "verdict"]
TOPICAL = ("interest", "segment")
"""The traits that are topics; a person may have many, and may object to adverts about each."""


def check_accuracy(*exports: Export) -> pd.DataFrame:
    """Hold what you told against what each platform concluded, belief by belief.

    What you told one platform is held against what all of them believe. Nothing is guessed at:
    where two words are not the same, and neither excludes the other, it cannot be told.

    - *Ages* are ranges. A birth date that you told gives your age on the day on which the archive
      that holds the belief was made (the date of its files, where it does not say).
    - *Genders* are female, male and neutral, however they are written; a word of your own with
      a neutral pronoun is neutral. Who left it open gave nothing to hold against.
    - *Traits of Brightwater* with a few answers, such as a faith, have one.
    - *Homes* contradict each other if both name a place within the same larger one.
    - Of *numbers, addresses, languages, interests* and all else one may have several: they are
      right if you told the same, and never wrong. Of a number only the last signs are known.
    - *A topic to which you objected*, or anything that you switched off, and that the same platform
      still lists: whether it is true of you is another question.

    Returns
    -------
    DataFrame[trait, told, told_to, believed, holder, where, verdict]
        One belief a row, in the order of `VERDICTS`; what you told yourself is no row.

    Raises
    ------
    TableError
        When no archive is passed, or something that `read_export` did not make.
    """
    check_exports(exports, "check_accuracy")
    told: dict[str, dict[tuple[str, str], None]] = {}
    for export in exports:
        said = export.beliefs[export.beliefs["origin"] == "declared"]
        for row in said.itertuples():
            told.setdefault(row.trait, {})[in_words(row.value), row.holder] = None
    rows = [
        (row.trait, *_hold(row, list(_told_of(row.trait, told)), export.made, noes))
        for export in exports
        for noes in [refusals(export)]
        for row in export.beliefs[export.beliefs["origin"] != "declared"].itertuples()
    ]
    table = pd.DataFrame(rows, columns=_ACCURACY, dtype="str").drop_duplicates()
    place = table["verdict"].map(list(VERDICTS).index)
    return table.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)


def _told_of(trait: str, told: dict[str, dict[tuple[str, str], None]]) -> Iterable:
    """What was told that a trait can be held against; a birth date goes before an age, it keeps."""
    traits = ("birth date", "age") if trait == "age" else (trait,)
    return next((told[name] for name in traits if name in told), {})


def _hold(
    belief: tuple, told: list[tuple[str, str]], made: pd.Timestamp, noes: set[tuple[str, str]]
) -> tuple[str, ...]:
    """What was told, to whom, what is believed, by whom, in which list, and the verdict."""
    believed = in_words(belief.value)
    stands = (believed, belief.holder, belief.method)
    if (belief.trait, believed.casefold()) in noes:
        return (f"no to {believed}", belief.holder, *stands, "kept after your no")
    compare = _COMPARE.get(belief.trait, _same_word)
    answers = [compare(value, believed, made) for value, _ in told]
    decided, verdict = set(answers) - {None}, "cannot be told"
    if len(decided) == 1:  # who told two things is contradicted by neither
        verdict = "right" if True in decided else "wrong"
        told = [said for said, answer in zip(told, answers, strict=True) if answer in decided]
    words = {_said(belief.trait, value, made): None for value, _ in told}
    holders = dict.fromkeys(holder for _, holder in told)
    return (several(words, most=3) or "nothing", several(holders, most=3), *stands, verdict)


def _said(trait: str, value: str, made: pd.Timestamp) -> str:
    born = _day(value) if trait == "age" else None
    return value if born is None else f"born {born:%Y-%m-%d}: {_age(born, made)}"


def refusals(export: Export) -> set[tuple[str, str]]:
    """The beliefs to which the person's last word was no: trait and value, in small letters."""
    last = export.choices
    noes = [purpose.partition(":") for purpose in last.loc[~last["granted"], "purpose"]]
    return {
        (trait, value.casefold())
        for what, _, value in noes
        for trait in (TOPICAL if what == "advert" else (what,))
    }


def _same_choice(told: str, believed: str, made: pd.Timestamp) -> bool:
    return told.casefold() == believed.casefold()


def _same_word(told: str, believed: str, made: pd.Timestamp) -> bool | None:
    return _same_choice(told, believed, made) or None  # one may have several


def _same_age(told: str, believed: str, made: pd.Timestamp) -> bool | None:
    born, range_ = _day(told), _ages(believed)
    mine = _ages(told) if born is None else (_age(born, made),) * 2
    if mine is None or range_ is None:
        return None
    if mine[1] < range_[0] or range_[1] < mine[0]:
        return False
    return True if range_[0] <= mine[0] and mine[1] <= range_[1] else None


def _ages(words: str) -> tuple[int, int] | None:
    """The youngest and the oldest that a range of ages allows."""
    found = _AGES.fullmatch(words.casefold().strip())
    if found is None:
        return None
    under, low, high, over = found.groups()
    if under:
        return 0, int(low) - 1
    return int(low), _OLDEST if over else int(high or low)


def _age(born: pd.Timestamp, made: pd.Timestamp) -> int:
    return made.year - born.year - ((made.month, made.day) < (born.month, born.day))


def _day(words: str) -> pd.Timestamp | None:
    """A day that can be read in one way only."""
    days = (pd.to_datetime(words, format=form, errors="coerce") for form in _DAYS)
    return next((day for day in days if pd.notna(day)), None)


def _same_day(told: str, believed: str, made: pd.Timestamp) -> bool | None:
    days = _day(told), _day(believed)
    return None if None in days else days[0] == days[1]


def _same_gender(told: str, believed: str, made: pd.Timestamp) -> bool | None:
    genders = _gender(told), _gender(believed)
    return None if None in genders else genders[0] == genders[1]


def _gender(words: str) -> str | None:
    found = set(re.findall("[a-z]+", words.casefold().replace("-", "")))
    genders = [gender for gender, signs in _GENDERS.items() if found & signs]
    # a word of one's own says nothing that a platform's three words could contradict
    own_word = "custom" in found and genders != ["neutral"]
    return genders[0] if len(genders) == 1 and not own_word else None


def _same_home(told: str, believed: str, made: pd.Timestamp) -> bool | None:
    mine, theirs = _parts(told), _parts(believed)
    if not mine or not theirs:
        return None
    if mine[0] in theirs or theirs[0] in mine:  # one may be coarser than the other
        return True
    return False if min(len(mine), len(theirs)) > 1 and mine[-1] == theirs[-1] else None


def _parts(words: str) -> list[str]:
    parts = re.sub(r"\([^)]*\)", "", words.casefold()).split(",")
    return [part.strip() for part in parts if part.strip()]


_COMPARE = {trait.name: _same_choice for trait in TRAITS.values() if trait.values}
_COMPARE |= {
    "age": _same_age,
    "birth date": _same_day,
    "gender": _same_gender,
    "home": _same_home,
}
_AGES = re.compile(
    r"(under |<\s*)?(\d{1,3})\s*(?:(?:-|–|to)\s*(\d{1,3})|(\+|and over|and up|or older))?"
)
_OLDEST = 130
_DAYS = ("%Y-%m-%d", "%d-%b-%Y", "%d-%B-%Y", "%d %b %Y", "%d %B %Y")
_GENDERS = {
    "female": {"female", "woman", "f"},
    "male": {"male", "man", "m"},
    "neutral": {"neutral", "nonbinary", "agender", "genderqueer"},
}


def check_exports(exports: tuple[object, ...], verb: str) -> None:
    """Let archives in, or say that something else was passed, and nothing of what stands in it."""
    if not exports:
        raise TableError(f"{verb}: no archive. Pass one or more that read_export has read.")
    for export in exports:
        if not isinstance(export, Export):
            raise TableError(
                f"{verb}: got {type(export).__name__} where an Export is needed. Read the archive "
                f"with read_export first, and pass several one after the other: {verb}(a, b)."
            )


def in_words(value: object) -> str:
    """A value as it is read; a whole number without its point.

    Examples
    --------
    >>> in_words(28.0), in_words(" 25 to 49 ")
    ('28', '25 to 49')
    """
    return f"{value:g}" if isinstance(value, (int, float)) else str(value).strip()
