"""Charter: the lines themselves.

They stand in four rooms: how data come in (`charter_collection`), what is concluded
(`charter_inference`), what is done (`charter_use`), who answers for it (`charter_account`).
Each holds a claim, its sources with their dates, and a check. They are teaching material to be
argued with, not legal advice; the law is that of the United Kingdom and the European Union as it
stood in November 2026.
"""

from __future__ import annotations

from ethics_lib.charter_account import no_ground
from ethics_lib.charter_collection import nobody_told_you, tracked_before_asked
from ethics_lib.charter_inference import friends_gave_you_away, sensitive_by_inference
from ethics_lib.charter_use import sensitive_advert
from ethics_lib.lines import Line

__all__ = ["CHARTER"]

CHARTER: tuple[Line, ...] = (
    sensitive_by_inference,
    tracked_before_asked,
    no_ground,
    nobody_told_you,
    friends_gave_you_away,
    sensitive_advert,
)
"""The lines of Brightwater, in the order of their numbers."""
