"""Own data: what a person can learn from the archives that platforms hand out to them."""

from __future__ import annotations

__all__ = []
