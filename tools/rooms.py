"""Write docs/rooms.md: the rooms of the library, in the order of the story, with their meaning."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "rooms.md"
# The first room of each part of the story; the order of all is tests/test_architecture.py's.
PARTS = {
    "nouns": "What a table is",
    "names": "World: the truth about a town, made or loaded",
    "effects": "Published numbers, looked for in it",
    "consents": "Consents, and traces: what was agreed, what is recorded",
    "factors": "Beliefs: what is concluded, from what people did and from who their friends are",
    "origins": "What a belief comes from, and how much a graph gives away",
    "parts": "The same past one machine",
    "personas": "Personas, and decisions: what is pictured, and what is done",
    "rules": "Law and rights",
    "defended": "Defences, and how alone somebody stands in a table without names",
    "archives": "Archives: what platforms hand out, read, written, and asked about",
    "lines": "Findings: what is judged",
    "figures": "Figures and lessons",
}


def meaning(room: str) -> str:
    """The first sentence of a room."""
    tree = ast.parse((ROOT / "ethics_lib" / f"{room}.py").read_text(encoding="utf-8"))
    first = " ".join((ast.get_docstring(tree) or "").split("\n\n")[0].split())
    name, _, rest = first.partition(": ")
    if name.lower().replace(" ", "_").replace("-", "") == room:
        first = rest[0].upper() + rest[1:]
    return first.removesuffix(".")


def page(order: list[str]) -> str:
    """The page, given the order of the rooms."""
    lines = [
        "# The rooms",
        "",
        "Each module of `ethics_lib` makes one thing and is named for it; its first function makes",
        "it. A room opens doors to rooms above it only. `tools/rooms.py` writes this page.",
    ]
    for room in order:
        if room in PARTS:
            lines += ["", f"## {PARTS[room]}", "", "| room | |", "|---|---|"]
        lines.append(f"| `{room}` | {meaning(room)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))
    from test_architecture import ORDER

    PAGE.write_text(page(ORDER), encoding="utf-8")
