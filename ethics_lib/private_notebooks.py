"""Private notebooks: a notebook whose outputs are shown, and never saved."""

from __future__ import annotations

__all__ = []
