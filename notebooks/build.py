"""Build every edition of every lesson and study from its source, and the releases from them.

A source, `source/NN_name.py`, is jupytext's percent format. A cell's options say what it is:

    # %% [markdown] lecturer=true      for the lecturer's edition only
    # %% exercise="06.vote"            holds the solution
    # %% form="06.vote" right="loop"   another right form, for the tests; in no edition
    # %% form="06.vote" wrong="all"    a wrong form, answered by the misconception `all`

In an exercise a line ending in `#| ...` is the solution, and what follows the mark stands in its
place in the student's edition; a solution of several lines ends with such a line, the ones above it
ending in a bare `#|` fall away.

Everything before the heading "At home" is the core path.

A study for researchers, `source/research/RN_name.py`, has one edition, `research/RN_name.ipynb`, the
same for everybody. There a cell may say that it measures live, and is given more time for it:

    # %% live=true

A notebook that stands alone, `source/your_own_data.py`, has one edition too, `your_own_data.ipynb`.
Its readers open their own archives in it, so it is marked as private: JupyterLab, started by
`run.py lab`, saves none of its outputs (`ethics_lib.private_notebooks`).

    python notebooks/build.py                  write all editions
    python notebooks/build.py --check          name those that are not what the sources make
    python notebooks/build.py release --class [FOLDER] | --self-study [FOLDER]
"""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import jupytext
import nbformat

from ethics_lib.private_notebooks import MARK

HERE = Path(__file__).resolve().parent
EDITIONS = {"student": Path(), "solutions": Path("solutions"), "lecturer": Path("lecturer")}
RESEARCH = Path("research")
_NAMES = "[0-9R][0-9]_*"
_MARK = re.compile(r"^(?P<solution>.*?)\s*#\|(?: (?P<stub>.*))?$")
_NUMBER = re.compile(r"<!-- =.*? -->")  # where a number in the prose comes from; for the tests

# What a release holds, beside its notebooks.
_SHARED = (
    "run.py tools pyproject.toml constraints.txt environment.yml Makefile README.md LICENSE "
    "CITATION.cff MISUSE.md CHANGELOG.md .jupyter ethics_lib datasets"
).split()


@dataclass(frozen=True)
class Form:
    """One way to answer an exercise: right, or wrong by a misconception's name."""

    exercise: str
    code: str
    wrong: str | None
    name: str


def sources(folder: Path = HERE / "source") -> list[Path]:
    """The sources of all lessons, in order."""
    return sorted(folder.glob("[0-9][0-9]_*.py"))


def studies(folder: Path = HERE / "source" / RESEARCH) -> list[Path]:
    """The sources of all studies for researchers, in order."""
    return sorted(folder.glob("R[0-9]_*.py"))


def alone(folder: Path = HERE / "source") -> list[Path]:
    """The sources of all notebooks that stand alone."""
    return sorted(folder.glob("[a-z]*.py"))


def build(source: Path, edition: str) -> nbformat.NotebookNode:
    """Make one edition of a lesson, or the only one: `research` of a study, `alone` of the rest."""
    cells, core = [], True
    for cell in jupytext.read(source, fmt="py:percent").cells:
        options = cell.metadata
        if "form" in options or (options.get("lecturer") and edition != "lecturer"):
            continue
        text = cell.source
        core = core and not text.startswith("## At home")
        if "exercise" in options:
            text = stub(text) if edition == "student" else solution(text)
        if cell.cell_type == "markdown" and edition == "student":
            text = _NUMBER.sub("", text)
        make = getattr(nbformat.v4, f"new_{cell.cell_type}_cell")
        place = f"{source.stem} {edition} {len(cells)}"
        tags = ["core" if core else "home"]
        tags += [word for word in ("lecturer", "live") if options.get(word)]
        made = make(text, id=sha256(place.encode()).hexdigest()[:8], metadata={"tags": tags})
        if "exercise" in options:
            made.metadata["exercise"] = options["exercise"]
        cells.append(made)
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    if edition == "alone":
        metadata |= MARK
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def stub(text: str) -> str:
    """The exercise with its blank."""
    lines = []
    for line in text.splitlines():
        found = _MARK.match(line)
        if not found:
            lines.append(line)
        elif found["stub"] is not None:
            indent = re.match(r"\s*", line)[0]
            lines.append(indent + found["stub"])
    return "\n".join(lines)


def solution(text: str) -> str:
    """The exercise without the marks."""
    found = ((line, _MARK.match(line)) for line in text.splitlines())
    return "\n".join(match["solution"] if match else line for line, match in found)


def solution_lines(source: Path) -> set[str]:
    """Every line that a student must find alone."""
    lines = set()
    for cell in jupytext.read(source, fmt="py:percent").cells:
        if "exercise" in cell.metadata:
            seen = set(map(str.strip, stub(cell.source).splitlines()))
            lines |= set(map(str.strip, solution(cell.source).splitlines())) - seen
    return lines - {""}


def forms(source: Path) -> list[Form]:
    """All forms that prove the checks of a lesson; the solution is the first right one of each."""
    found = []
    for cell in jupytext.read(source, fmt="py:percent").cells:
        if "exercise" in cell.metadata:
            found.append(Form(cell.metadata["exercise"], solution(cell.source), None, "solution"))
        if "form" in cell.metadata:
            wrong = cell.metadata.get("wrong")
            name = wrong or cell.metadata["right"]
            found.append(Form(cell.metadata["form"], cell.source, wrong, name))
    return found


def written(notebook: nbformat.NotebookNode) -> str:
    """The notebook as it stands in its file."""
    return nbformat.writes(nbformat.validator.normalize(notebook)[1]) + "\n"


def editions() -> dict[Path, str]:
    """Every notebook that the sources make, by its path, as text."""
    lessons = {
        HERE / folder / f"{source.stem}.ipynb": written(build(source, edition))
        for source in sources()
        for edition, folder in EDITIONS.items()
    }
    single = [(RESEARCH, source, "research") for source in studies()]
    single += [(Path(), source, "alone") for source in alone()]
    return lessons | {
        HERE / folder / f"{source.stem}.ipynb": written(build(source, edition))
        for folder, source, edition in single
    }


def stale() -> list[Path]:
    """Notebooks that are missing, differ from what the sources make, or have no source."""
    wanted = editions()
    differ = [p for p, text in wanted.items() if not p.exists() or p.read_text("utf-8") != text]
    folders = [*EDITIONS.values(), RESEARCH]
    there = {p for folder in folders for p in (HERE / folder).glob(f"{_NAMES}.ipynb")}
    return sorted(differ + list(there - set(wanted)))


def release(kind: str, folder: Path) -> None:
    """Write what a class gets (no solutions) or a reader alone (with them), ready to run."""
    if folder.exists() and any(folder.iterdir()):
        sys.exit(f"{folder} is not empty. Name a new folder, or empty it first.")
    root = HERE.parent
    leave = shutil.ignore_patterns("__pycache__", "*.pyc", ".ipynb_checkpoints")
    for name in _SHARED:
        at, to = root / name, folder / name
        if at.is_dir():
            shutil.copytree(at, to, ignore=leave)
        elif at.exists():
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(at, to)
    parts = [EDITIONS["student"], RESEARCH, *([EDITIONS["solutions"]] * (kind == "self-study"))]
    for part in parts:
        to = folder / "notebooks" / part
        to.mkdir(parents=True, exist_ok=True)
        for notebook in sorted((HERE / part).glob(f"{_NAMES}.ipynb")):
            shutil.copy2(notebook, to)
    # By their names: a copy beside them may be somebody's own.
    for source in alone():
        shutil.copy2(HERE / f"{source.stem}.ipynb", folder / "notebooks")
    print(f"{folder} holds the {kind} release. Try it: python3 run.py lab, in that folder.")


def main(arguments: list[str]) -> int | str:
    """Do what the command line says."""
    if arguments[:1] == ["release"]:
        kind = arguments[1].removeprefix("--") if len(arguments) > 1 else ""
        if kind not in ("class", "self-study"):
            return "Which release? Say release --class, or release --self-study."
        folder = arguments[2] if len(arguments) > 2 else HERE.parent / "release" / kind
        return release(kind, Path(folder)) or 0
    if arguments == ["--check"]:
        for path in stale():
            print(f"{path.relative_to(HERE)} is not what its source makes: run.py build")
        return int(bool(stale()))
    if arguments:
        return f"{arguments[0]!r} is not understood. {__doc__}"
    for path, text in editions().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    print(f"{len(editions())} notebooks built.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
