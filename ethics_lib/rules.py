"""Rules: which law a finding is judged by, with its name and its date.

Law changes, and differs from place to place. A rule set names one place as it stood on one day, so
that a finding of today can be read in ten years, and judged again by another.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ethics_lib.tables import check_name

__all__ = ["RULES", "Rules", "rules_of"]


@dataclass(frozen=True)
class Rules:
    """The law of one place as it stood on one day. Ethics is judged everywhere."""

    name: str
    place: str  # as the lines name it: UK, EU
    since: pd.Timestamp
    differs: tuple[str, ...]  # what is so here and not elsewhere, each with its source

    @property
    def holds_in(self) -> frozenset[str]:
        """The jurisdictions whose findings these rules keep."""
        return frozenset({self.place, "ethics", "platform rule", "research ethics"})


RULES: dict[str, Rules] = {
    rules.name: rules
    for rules in (
        Rules(
            "uk-2026-02",
            "UK",
            pd.Timestamp("2026-02-05"),
            (
                "Recognised legitimate interests, Art. 6(1)(ea) and Annex 1: five purposes without "
                "a balancing test, marketing none of them (Data (Use and Access) Act 2025 s. 70)",
                "Automated decisions are allowed with safeguards, Arts 22A-22D; with special "
                "category data they still need explicit consent or law (s. 80)",
                "No consent for a tracker that only counts or sets the appearance, with "
                "information; advertising stays opt-in (PECR reg. 6 and Sch. A1, s. 112)",
                "The clock of a subject access request stops while the holder waits for a "
                "clarification (Art. 12A, s. 76)",
                "Rulings of the CJEU after 31 December 2020 are persuasive, not binding (European "
                "Union (Withdrawal) Act 2018 s. 6; read in secondary sources)",
            ),
        ),
        Rules(
            "eu-2025-10",
            "EU",
            pd.Timestamp("2025-10-10"),
            (
                "No advert on a platform may be chosen by special category data, whatever was "
                "consented to (Digital Services Act Art. 26(3))",
                "Political adverts: data from the person only, explicit consent of its own, no "
                "special category data (Regulation (EU) 2024/900 Art. 18, from 10 October 2025)",
                "Automated decisions that matter need contract, law or explicit consent (GDPR "
                "Art. 22; CJEU C-634/21 SCHUFA)",
                "There is no recognised legitimate interest: Art. 6(1) ends with (f)",
            ),
        ),
    )
}
"""The rule sets there are. A reader chooses; by default a finding says where it holds."""


def rules_of(name: str) -> Rules:
    """The rule set of a name, or the names that exist."""
    return RULES[check_name(name, RULES, what="rule set")]
