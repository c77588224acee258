"""Follow-ups: what the law owes and an archive does not show, as the text of a request."""

from __future__ import annotations

__all__ = []
