"""Defended: whom a defence is for, and what of a holder's evidence is theirs to change.

A defence is a small frozen value that takes what a holder has and returns what the holder has once
somebody defended themself. `Defence` is what the ones in `ethics_lib.defences` have in common; a
function of your own from Evidence to Evidence is a defence as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar
from zlib import crc32

import numpy as np
import pandas as pd

from ethics_lib.tables import (
    Evidence,
    RangeError,
    TableError,
    check_share,
    check_table,
    several,
    spell_out,
)

__all__ = ["NOBODY", "Defence", "as_people", "check_evidence", "learnable", "people_in"]

NOBODY = -1
"""The person of a record that is of nobody, such as one of a count (`noise.Aggregate`)."""


def people_in(evidence: Evidence) -> pd.Index:
    """List everybody of whom the holder has anything, whoever told it; `NOBODY` is not among them.

    Returns
    -------
    Index of person, sorted, each once
    """
    _check_kind(evidence, "evidence")
    traces, ties, known = evidence.traces, evidence.ties, evidence.known
    columns = [traces["person"], traces["from_person"], ties["a"], ties["b"], known["person"]]
    everybody = np.concatenate([column.to_numpy("int64") for column in columns])
    everybody = np.unique(everybody)
    return pd.Index(everybody[everybody != NOBODY], name="person")


def check_evidence(evidence: Evidence, *, by: str = "evidence") -> Evidence:
    """Let evidence in, its answers in words, or say which table is wrong, and who made it."""
    _check_kind(evidence, by)
    for noun in ("traces", "ties", "known"):
        try:
            check_table(getattr(evidence, noun), noun, empty=True)
        except TableError as wrong:
            raise TableError(f"{by}: {wrong}") from None
    known = spell_out(evidence.known)
    return evidence if known is evidence.known else replace(evidence, known=known)


def learnable(known: pd.DataFrame) -> pd.DataFrame:
    """Keep the answers from which a model could learn: ten about a trait, two of each value.

    Parameters
    ----------
    known : DataFrame[person, trait, value]

    Returns
    -------
    DataFrame[person, trait, value]
        Those about all other traits are left out.
    """
    answers = known.groupby(["trait", "value"], observed=True)["person"].size()
    answers = answers.groupby("trait", observed=True)
    enough = (answers.sum() >= 10) & (answers.min() >= 2) & (answers.size() >= 2)
    return known[known["trait"].isin(enough.index[enough])]


@dataclass(frozen=True, kw_only=True)
class Defence:
    """What every defence of this library has: who takes it up, and a seed where it draws lots.

    Parameters
    ----------
    people : tuple of int, optional
        Who defends themself; by default everybody in the evidence. ``()`` is nobody, and changes
        nothing.
    rng : int, optional
        The seed of what is drawn by lot, needed where something is. It is a number and not a
        Generator, so that the same defence does the same twice, and a stronger one all that a
        weaker one does and more.
    """

    people: tuple[int, ...] | None = None
    rng: int | None = None

    crowds: ClassVar[tuple[str, ...]] = ("people",)  # the settings that name people
    shares: ClassVar[tuple[str, ...]] = ()  # the settings that lie between 0 and 1

    def __post_init__(self) -> None:
        for name in self.crowds:
            # sorted, each once: two that are for the same people are equal
            object.__setattr__(self, name, as_people(getattr(self, name), name))
        for name in self.shares:
            check_share(getattr(self, name), name)
        whole = isinstance(self.rng, (int, np.integer)) and not isinstance(self.rng, bool)
        if self.rng is not None and not (whole and self.rng >= 0):
            raise RangeError(
                f"rng={self.rng!r}: a defence takes a whole number from 0 up as its seed, such as "
                "rng=7, so that it does the same each time it is called."
            )

    def who(self, evidence: Evidence) -> pd.Index:
        """List who defends themself: those named, or everybody in the evidence.

        Somebody named may be in it no longer, if an earlier defence has left nothing of them.
        """
        if self.people is None:
            return people_in(evidence)
        return pd.Index(self.people, dtype="int64", name="person")

    def named(self) -> pd.Index:
        """List everybody whom the settings name, and of whom the holder must have something."""
        listed = [person for name in self.crowds for person in getattr(self, name) or ()]
        return pd.Index(listed, dtype="int64", name="person").unique()

    def lots(self, things: pd.Index | pd.Series, *, of: str) -> np.ndarray:
        """Draw a number from 0 up to 1 for each thing, such as a person, an item or a row's label.

        A thing's lot hangs on the thing, on the seed and on what is drawn (``of``), and on nothing
        else in the table. So a defence used twice hits the same things, whoever else takes it up
        and whatever another has removed before.
        """
        if self.rng is None:
            raise RangeError(
                f"rng=None: {type(self).__name__} draws by lot. Pass a whole number as its seed, "
                "such as rng=7."
            )
        stream = np.random.default_rng([self.rng, crc32(of.encode())])
        key = stream.integers(2**64, dtype="uint64")
        # hashed, for a stream of chance would give a row another lot once a row before it is gone
        mixed = pd.util.hash_pandas_object(things, index=False).to_numpy() ^ key
        return (pd.util.hash_array(mixed) >> np.uint64(11)) / 2**53

    def hits(self, share: float, things: pd.Index | pd.Series, *, of: str) -> np.ndarray:
        """Say which things a share hits; a larger one hits the same and more.

        No lot is drawn for all of them, or for none.
        """
        if share in (0, 1) or not len(things):
            return np.full(len(things), share == 1)
        return self.lots(things, of=of) < share


def as_people(people: object, name: str) -> tuple[int, ...] | None:
    """Take one person or several, in any box: sorted, each once; None stays None."""
    if people is None:
        return None
    listed = pd.Index(several(people))
    if len(listed) and not pd.api.types.is_integer_dtype(listed):
        raise TableError(
            f"{name}={people!r} are no persons. Pass whole numbers, such as {name}=(17,)."
        )
    return tuple(sorted({int(person) for person in listed}))


def _check_kind(evidence: object, by: str) -> None:
    if not isinstance(evidence, Evidence):
        raise TableError(
            f"{by}: got {type(evidence).__name__} where Evidence is needed, with traces, ties and "
            "known."
        )
