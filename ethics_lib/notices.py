"""Notices: what people are told before their data are collected, or shared.

A notice is what is said; giving it writes into the table of notices who was told of which purpose,
and when. That somebody was told of it does not make a use right. Not legal advice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ethics_lib.consents import give_notice
from ethics_lib.tables import TableError, check_name, check_time
from ethics_lib.uses import BASES

__all__ = ["NOTICE_PARTS", "RIGHTS", "TOLD_TO_OBJECT", "Notice"]

_Time = pd.Timestamp | np.datetime64 | str

TOLD_TO_OBJECT = "right_to_object"
"""The purpose of a notice by which people were told that they may object, Art. 21(4)."""

NOTICE_PARTS: dict[str, str] = {
    "holder": "who does it, Art. 13(1)(a), 14(1)(a)",
    "contact": "how to reach them, Art. 13(1)(a), 14(1)(a)",
    "purposes": "what for, Art. 13(1)(c), 14(1)(c)",
    "basis": "on what ground, Art. 13(1)(c), 14(1)(c)",
    "interest": "which legitimate interest, Art. 13(1)(d), 14(2)(b)",
    "recipients": "who else gets it, Art. 13(1)(e), 14(1)(e)",
    "retention": "for how long, Art. 13(2)(a), 14(2)(a)",
    "rights": "what the person may do, Art. 13(2)(b)-(d), 14(2)(c)-(e); to object: Art. 21(4)",
    "profile": "that a profile is built, of what, and what follows, Art. 13(2)(f), 14(2)(g)",
    "data": "which data, Art. 14(1)(d)",
    "source": "where they came from, Art. 14(2)(f)",
}
"""What a notice must say, and where that is asked for (paragraph numbers from memory)."""

RIGHTS: dict[str, str] = {
    "access": "Art. 15",
    "rectify": "Art. 16",
    "erase": "Art. 17",
    "restrict": "Art. 18",
    "port": "Art. 20",
    "object": "Art. 21",
    "withdraw": "Art. 7(3), where the ground is consent",
    "complain": "Art. 77; in the UK also to the holder, DPA 2018 s. 164A, from 19 June 2026",
}
"""The rights that a notice names."""


@dataclass(frozen=True)
class Notice:
    """What a holder tells people before it collects, or shares, what it has on them.

    Attributes
    ----------
    holder, contact : str
    purposes : tuple of str
        As in the traces and uses, such as ``direct_marketing``.
    basis : str
        One of `uses.BASES`.
    interest : str
        The legitimate interest, where that is the basis.
    recipients, retention : str
        Also where it is nobody, or for ever.
    rights : tuple of str
        Of `RIGHTS`.
    profile : str
        That a profile is built, from what, and what follows for the person.
    data, source : str
        Which data, and from whom: where they do not come from the person.

    Notes
    -----
    Art. 13 and 14, and the ICO's checklist of the right to be informed, seen. Left out: what only
    some holders must say (a representative, transfers abroad, a duty to answer). The word
    "advertising" does not tell people that a profile is built of what they do: EDPB Guidelines
    8/2020, paragraph 84 (version for consultation, seen).
    """

    holder: str
    purposes: tuple[str, ...] = ()
    contact: str = ""
    basis: str = ""
    interest: str = ""
    recipients: str = ""
    retention: str = ""
    rights: tuple[str, ...] = ()
    profile: str = ""
    data: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        for name in ("purposes", "rights"):
            if isinstance(getattr(self, name), str):
                raise TableError(f"{name} holds one word. Pass a tuple, {name}=('...',).")
        if self.basis:
            check_name(self.basis, BASES, what="lawful basis")
        for right in self.rights:
            check_name(right, RIGHTS, what="right")

    def lacks(self, *, from_person: bool = True, profiled: bool = True) -> pd.DataFrame:
        """Name what the law asks for and the notice does not say.

        Parameters
        ----------
        from_person : bool
            Whether the data come from the person (Art. 13) or from elsewhere (Art. 14).
        profiled : bool
            Whether a profile is built.

        Returns
        -------
        DataFrame[part, asks]
        """
        asked = dict(NOTICE_PARTS)
        if from_person:
            del asked["data"], asked["source"]
        if not profiled:
            del asked["profile"]
        if self.basis != "legitimate_interest":
            del asked["interest"]
        needed = set(RIGHTS) - (set() if self.basis == "consent" else {"withdraw"})
        gone = [part for part in asked if not getattr(self, part)]
        unsaid = ", ".join(right for right in RIGHTS if right in needed - set(self.rights))
        if unsaid:
            asked["rights"] += f"; not named: {unsaid}"
            gone = [part for part in asked if part in {*gone, "rights"}]
        return pd.DataFrame({"part": gone, "asks": [asked[part] for part in gone]}, dtype="str")

    def give(self, people: pd.DataFrame, time: _Time | pd.Series) -> pd.DataFrame:
        """Tell these people at that time, whatever the notice lacks.

        Returns
        -------
        DataFrame of notices
            A row a person and purpose; and one of `TOLD_TO_OBJECT` where the notice names the right
            to object.
        """
        told = [*self.purposes, *([TOLD_TO_OBJECT] if "object" in self.rights else [])]
        if not self.purposes:
            raise TableError(f"the notice of {self.holder} names no purpose. Pass purposes=(...).")
        if not isinstance(time, pd.Series):
            time = check_time(time, "time")
        return give_notice(people, holder=self.holder, purposes=told, time=time)

    def deadline(
        self,
        collected: _Time,
        *,
        from_person: bool = True,
        contact: _Time | None = None,
        shared: _Time | None = None,
    ) -> pd.Timestamp:
        """Find the moment by which people must have been told.

        From the person: when it is collected. From elsewhere: a month later, or at the first
        contact with the person, or when it is first shared, whichever comes first (Art. 14(3)).
        """
        collected = check_time(collected, "collected")
        days = {"contact": contact, "shared": shared}
        sooner = [check_time(day, name) for name, day in days.items() if day is not None]
        if from_person:
            return collected
        return min([collected + pd.DateOffset(months=1), *sooner])
