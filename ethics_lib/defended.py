"""Defended: whom a defence is for, and what of a holder's evidence is theirs to change.

A defence is a small frozen value that takes what a holder has and returns what the holder has once
somebody defended themself. `Defence` is what the ones in `ethics_lib.defences` have in common; a
function of your own from Evidence to Evidence is a defence as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ethics_lib.tables import Evidence, RangeError, TableError, as_rng, check_share

__all__ = ["Defence", "people_in"]


def people_in(evidence: Evidence) -> pd.Index:
    """List everybody of whom the holder has anything, whoever told it.

    Returns
    -------
    Index of person, sorted, each once
    """
    traces, ties, known = evidence.traces, evidence.ties, evidence.known
    columns = [traces["person"], traces["from_person"], ties["a"], ties["b"], known["person"]]
    everybody = np.unique(np.concatenate([column.to_numpy() for column in columns]))
    return pd.Index(everybody.astype("int32"), name="person")


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

    shares: ClassVar[tuple[str, ...]] = ()  # the settings that lie between 0 and 1

    def __post_init__(self) -> None:
        if self.people is not None:
            listed = pd.Index(np.atleast_1d(np.asarray(self.people)))
            if len(listed) and not pd.api.types.is_integer_dtype(listed):
                raise TableError(
                    f"people={self.people!r} are no persons. Pass whole numbers, such as "
                    "people=(17,)."
                )
            # numbers, so that two equal defences are equal
            object.__setattr__(self, "people", tuple(listed.astype(int).tolist()))
        for name in self.shares:
            check_share(getattr(self, name), name)
        if self.rng is not None and not isinstance(self.rng, (int, np.integer)):
            raise RangeError(
                f"rng={self.rng!r}: a defence takes a whole number as its seed, such as rng=7, so "
                "that it does the same each time it is called."
            )

    def who(self, evidence: Evidence) -> pd.Index:
        """List who defends themself: those named, or everybody in the evidence.

        Somebody named may be in it no longer, if an earlier defence has left nothing of them.
        """
        if self.people is None:
            return people_in(evidence)
        return pd.Index(self.people, dtype="int32", name="person")

    def lots(self, number: int) -> np.ndarray:
        """Draw a number from 0 to 1 for each row; those below a share are hit by that share."""
        return as_rng(self.rng).random(number)

    def hits(self, share: float, number: int) -> np.ndarray:
        """Say which of so many rows a share hits; no lot is drawn for all of them, or for none."""
        if share in (0, 1) or not number:
            return np.full(number, share == 1)
        return self.lots(number) < share
