"""Copies: what a holder has on one person, gathered and written down as an archive for them."""

from __future__ import annotations

__all__ = []
