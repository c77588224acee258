"""Rules: which law a finding is judged by, with its name and its date.

Law changes, and differs from place to place. A rule set names one place as it stood on one day, so
that a finding of today can be read in ten years, and judged again by another. No law reaches back:
what was done before a rule began (`BEGAN`) is judged by what held then.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ethics_lib.tables import check_name

__all__ = ["BEGAN", "RULES", "Rules", "rules_of"]

BEGAN: dict[str, pd.Timestamp] = {
    "Digital Services Act": pd.Timestamp("2024-02-17"),
    "Regulation (EU) 2024/900": pd.Timestamp("2025-10-10"),
    "Data (Use and Access) Act 2025": pd.Timestamp("2026-02-05"),
}
"""The first day of the rules in the charter that are younger than the GDPR (25 May 2018).

The first had bound the largest platforms since August 2023; the smallest firms it spares (Art. 19).
The last is the day for what the charter takes from that Act: SI 2026/82, seen.
"""


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
                "category data they need explicit consent, or contract or law and a substantial "
                "public interest (s. 80)",
                "No consent for a tracker that only counts or sets the appearance, if people are "
                "told and may object; advertising stays opt-in (PECR reg. 6 and Sch. A1, s. 112)",
                "Some purposes count as compatible with any other: crime, emergencies, "
                "safeguarding and a few more (Art. 8A and Annex 2, s. 71)",
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
                "consented to, and none for a child by any profile (Digital Services Act Art. "
                "26(3) and 28(2), from 17 February 2024)",
                "Political adverts: data from the person only, explicit consent of its own, no "
                "special category data (Regulation (EU) 2024/900 Art. 18, from 10 October 2025)",
                "Automated decisions that matter need contract, law or explicit consent (GDPR "
                "Art. 22; CJEU C-634/21 SCHUFA)",
                "There is no recognised legitimate interest: Art. 6(1) ends with (f)",
                "Counting takes consent like any other tracker that a service could do without "
                "(ePrivacy Directive Art. 5(3))",
            ),
        ),
    )
}
"""The rule sets there are. A reader chooses; by default a finding says where it holds."""


def rules_of(name: str) -> Rules:
    """The rule set of a name, or the names that exist."""
    return RULES[check_name(name, RULES, what="rule set")]
