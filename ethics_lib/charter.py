"""Charter: the lines themselves.

They stand in four rooms: how data come in (`charter_collection`), what is concluded
(`charter_inference`), what is done (`charter_use`), who answers for it (`charter_account`).
Each holds a claim, its sources with their dates, and a check. They are teaching material to be
argued with, not legal advice; the law is that of the United Kingdom and the European Union as it
stood in November 2026.
"""

from __future__ import annotations

from ethics_lib import charter_account, charter_collection, charter_inference, charter_use
from ethics_lib.lines import Line

__all__ = ["CHARTER"]

_ROOMS = (charter_collection, charter_inference, charter_use, charter_account)

CHARTER: tuple[Line, ...] = tuple(
    sorted(
        (line for room in _ROOMS for line in vars(room).values() if isinstance(line, Line)),
        key=lambda line: line.id,
    )
)
"""The lines of Brightwater, in the order of their numbers."""
