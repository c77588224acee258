"""Facebook: not written yet."""

from __future__ import annotations

from ethics_lib.layouts import Layout

__all__ = ["LAYOUT"]

LAYOUT = Layout("Facebook")
