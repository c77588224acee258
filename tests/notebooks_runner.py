"""Execute notebooks, each alone in a fresh kernel that cannot reach the network.

    python tests/notebooks_runner.py [NOTEBOOK ...]

prints a line for each, how long it took and which cell was the slowest, and ends with exit code 1
if one of them failed. Without names it takes every edition of every lesson, every study and what
stands alone. It never writes into a notebook, and what a lesson keeps of its reader goes to a
temporary file.

Numbers in prose are held against the run. Behind a number in a markdown cell stands, in a comment,
what an f-string would have between its braces:

    Of the town, 61 %<!-- =share:.0% --> tell their faith; 1,234<!-- =len(told):, --> people did.
"""

from __future__ import annotations

import ast
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
EDITIONS = (NOTEBOOKS, NOTEBOOKS / "solutions", NOTEBOOKS / "lecturer", NOTEBOOKS / "research")

SECONDS_A_CELL, SECONDS_A_RESULT, SECONDS_A_LESSON = 5, 2, 60
# A study for researchers may measure live, in cells that say so.
SECONDS_LIVE, SECONDS_A_STUDY = 60, 90
SECONDS_ALONE = 30
GIVE_UP = 120

QUOTE = re.compile(r"<!--\s*=\s*(?P<computed>.+?)\s*-->", re.DOTALL)
# A hint is the one answer that is meant to go on when its cell is run again.
GOES_ON = "lesson.hint("


@dataclass
class Run:
    """What happened when a notebook was executed.

    ``cells`` holds the code cells that finished, by their number as a reader counts them (from 1,
    prose included), ``seconds`` what each took; ``complaints`` are sentences.
    """

    path: Path
    total: float = 0.0
    seconds: dict[int, float] = field(default_factory=dict)
    cells: dict[int, nbformat.NotebookNode] = field(default_factory=dict)
    error: str = ""
    complaints: list[str] = field(default_factory=list)

    @property
    def slowest(self) -> int | None:
        return max(self.seconds, key=self.seconds.get, default=None)

    def __str__(self) -> str:
        name = name_of(self.path)
        slowest = f"cell {self.slowest} {self.seconds[self.slowest]:.1f} s" if self.seconds else ""
        verdict = f"FAILED {' '.join(self.error.split())}" if self.error else "ok"
        return f"{name:<44} {self.total:5.1f} s   slowest: {slowest:<14} {verdict}"


def name_of(path: Path) -> str:
    """A notebook's name below notebooks/, or its path if it lies elsewhere."""
    path = path.resolve()
    return (path.relative_to(NOTEBOOKS) if path.is_relative_to(NOTEBOOKS) else path).as_posix()


def find_notebooks() -> list[Path]:
    """Every notebook of every edition."""
    return [path for folder in EDITIONS for path in sorted(folder.glob("*.ipynb"))]


def stands_alone(path: Path) -> bool:
    """Whether a notebook has one edition that belongs neither to a lesson nor to research."""
    return path.parent == NOTEBOOKS and not path.name[0].isdigit()


def environment(scratch: Path) -> dict[str, str]:
    """The variables of a Python that is cut off, and keeps what it writes in the scratch folder."""
    paths = [ROOT / "tests" / "offline", ROOT, os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(path) for path in paths if path),
        "OFFLINE_LOG": str(scratch / "offline.log"),
        "BRIGHTWATER_STATE": str(scratch / "ledger.json"),
        "IPYTHONDIR": str(scratch / "ipython"),
        "JUPYTER_CONFIG_DIR": str(scratch / "jupyter"),
    }


def run(path: Path, *, twice: bool = False, quotes: bool = False) -> Run:
    """Execute a notebook in a fresh kernel, and complain of whatever a lesson must not do.

    Parameters
    ----------
    path : Path
    twice : bool
        Whether to execute it once more in the same kernel and compare what it shows.
    quotes : bool
        Whether to hold the numbers in its prose against those it computes.
    """
    notebook = nbformat.read(path, as_version=4)
    done = Run(path)
    if any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells):
        done.complaints.append("It has outputs stored: build it again.")
    with tempfile.TemporaryDirectory(prefix="brightwater-", ignore_cleanup_errors=True) as scratch:
        began = time.perf_counter()
        with _kernel(notebook, path.parent, Path(scratch)) as client:
            done.error, done.seconds, done.cells = _execute(client)
            done.total = time.perf_counter() - began
            done.complaints += _delays(done)
            if quotes and not done.error:
                done.complaints += _misquotes(client)
            if twice and not done.error:
                done.complaints += _differences(client, done.cells)
        if hosts := tried(Path(scratch)):
            done.error = f"it tried to reach {', '.join(hosts)}. {done.error}".strip()
    if done.error:
        done.complaints.append(done.error)
    return done


def tried(scratch: Path) -> list[str]:
    """The hosts that a Python with this environment tried to reach, also if it hid the error."""
    log = scratch / "offline.log"
    return sorted(set(log.read_text("utf-8").split())) if log.exists() else []


@contextmanager
def _kernel(
    notebook: nbformat.NotebookNode, folder: Path, scratch: Path
) -> Iterator[NotebookClient]:
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=GIVE_UP,
        resources={"metadata": {"path": str(folder)}},
        # No tag excuses a cell from running, or from failing.
        skip_cells_with_tag="",
        force_raise_errors=True,
    )
    client.create_kernel_manager()
    client.km.connection_file = str(scratch / "kernel.json")
    if os.name != "nt":
        # Two test processes that look for free ports at once may find the same one.
        client.km.transport, client.km.ip = "ipc", str(scratch / "kernel")
    with client.setup_kernel(env=environment(scratch)):
        yield client


def _execute(
    client: NotebookClient,
) -> tuple[str, dict[int, float], dict[int, nbformat.NotebookNode]]:
    """Execute all cells up to the first that fails: its error, everybody's seconds, the cells."""
    seconds, cells = {}, {}
    for index, cell in enumerate(client.nb.cells):
        if cell.cell_type != "code":
            continue
        began = time.perf_counter()
        try:
            cells[index + 1] = client.execute_cell(nbformat.from_dict(cell), index)
        except CellExecutionError as error:
            return f"cell {index + 1}: {error.ename}: {error.evalue}", seconds, cells
        except (CellTimeoutError, DeadKernelError) as error:
            return f"cell {index + 1}: {type(error).__name__}", seconds, cells
        finally:
            seconds[index + 1] = time.perf_counter() - began
    return "", seconds, cells


def _delays(done: Run) -> Iterator[str]:
    is_study = done.path.parent.name == "research"
    kind, allowed = ("study", SECONDS_A_STUDY) if is_study else ("lesson", SECONDS_A_LESSON)
    if stands_alone(done.path):
        kind, allowed = "notebook that stands alone", SECONDS_ALONE
    if done.total > allowed:
        yield f"It took {done.total:.0f} s, and a {kind} has {allowed}."
    for number, seconds in done.seconds.items():
        cell = done.cells.get(number, {"source": "", "metadata": {}})
        allowed = SECONDS_A_RESULT if "lesson.result(" in cell["source"] else SECONDS_A_CELL
        if is_study and "live" in cell["metadata"].get("tags", ()):
            allowed = SECONDS_LIVE
        if seconds > allowed:
            yield f"cell {number} took {seconds:.1f} s, and it has {allowed}."


def _differences(client: NotebookClient, before: dict[int, nbformat.NotebookNode]) -> Iterator[str]:
    error, _, after = _execute(client)
    if error:
        yield f"Run again, {error}"
    for number in after:
        once, again = shown(before[number]), shown(after[number])
        if once != again and GOES_ON not in after[number].source:
            yield f"cell {number} shows {again!r} when run again, and {once!r} before."


def shown(cell: nbformat.NotebookNode) -> list[str]:
    """What a cell shows as plain text, without the addresses of objects in memory."""
    texts = [out.get("text") or out.get("data", {}).get("text/plain", "") for out in cell.outputs]
    return [re.sub(r"\b0x[0-9a-fA-F]+", "0x", text) for text in texts]


def _misquotes(client: NotebookClient) -> Iterator[str]:
    for number, cell in enumerate(client.nb.cells, start=1):
        if cell.cell_type == "markdown":
            for quote in QUOTE.finditer(cell.source):
                computed = _evaluate(client, quote["computed"])
                if not says(cell.source[: quote.start()], computed):
                    said = cell.source[: quote.start()].split("\n")[-1][-40:]
                    yield f"cell {number} says {said!r}, and {quote['computed']} is {computed}."


def _evaluate(client: NotebookClient, computed: str) -> str:
    cell = nbformat.v4.new_code_cell(f'f"""{{{computed}}}"""')
    client.nb.cells.append(cell)
    try:
        return ast.literal_eval(client.execute_cell(cell, -1).outputs[0].data["text/plain"])
    except CellExecutionError as error:
        return f"{error.ename}: {error.evalue}"
    finally:
        client.nb.cells.pop()


def says(prose: str, computed: str) -> bool:
    """Whether prose ends in this number; emphasis and the space before a per cent sign may vary.

    Examples
    --------
    >>> says("Of them, **61 %**", "61%"), says("Of them, 161 %", "61%")
    (True, False)
    """

    def plain(text: str) -> str:
        text = re.sub(r"[*_`]", "", text).replace("\N{MINUS SIGN}", "-")
        return re.sub(r"\s+(?=%)", "", text).strip()

    return bool(re.search(rf"(?<![\d.,-]){re.escape(plain(computed))}$", plain(prose)))


def main(names: list[str]) -> int:
    """Execute the notebooks named, or all of them, and return the exit code."""
    paths = [Path(name) for name in names] or find_notebooks()
    failed = 0 if paths else "There are no notebooks yet. Make them: python3 run.py build"
    for path in paths:
        done = run(path)
        print(done, flush=True)
        failed |= bool(done.error)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
