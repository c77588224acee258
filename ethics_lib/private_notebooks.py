"""Private notebooks: a notebook whose outputs are shown, and never saved.

JupyterLab saves what a cell showed along with the cell, every two minutes and unasked. For a
notebook that opens somebody's own archive that is a copy of it in clear. So the JupyterLab that
``run.py lab`` starts leaves the outputs out before anything is written (`before_saving`), and the
first cell of such a notebook says whether that is so where it runs (`check_private`).
"""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

__all__ = ["HOOKED", "MARK", "Place", "before_saving", "check_private", "is_private", "strip"]

MARK: dict[str, Any] = {"brightwater": {"private": True}, "colab": {"private_outputs": True}}
"""The metadata that make a notebook private: here, and with its outputs in Google's Colab."""

HOOKED = "BRIGHTWATER_PRIVATE_NOTEBOOKS"
"""The variable by which a kernel hears that its server calls `before_saving`."""

_NAMES = "your_own_data*.ipynb"  # private also if the mark was lost

# What stays. All else goes, so that what an extension of tomorrow puts there goes too. `input`,
# `language`, `level` and `worksheets` are of the notebooks of before 2015.
_OF_NOTEBOOK = "cells worksheets metadata nbformat nbformat_minor".split()
_OF_METADATA = "kernelspec language_info authors title".split()
_OF_CELL = "cell_type id source input language level".split()
_OF_CELL_METADATA = (
    "collapsed deletable editable format jupyter name scrolled slideshow tags".split()
)


@dataclass(frozen=True)
class Place:
    """Where a notebook runs: whether what is shown stays out of its file, and what to do if not."""

    private: bool
    says: str

    def __repr__(self) -> str:
        return f"{'✓' if self.private else '⚠'} {self.says}"

    def _repr_markdown_(self) -> str:
        return repr(self) if self.private else f"⚠ **{self.says}**"


def strip(notebook: dict[str, Any]) -> dict[str, Any]:
    """Leave of a notebook what its reader typed, and nothing of what was shown.

    Outputs, counts, the times of runs, the state of widgets, pasted pictures (they may show an
    output) and all metadata that are not known to hold none of that are left out. Nothing passed
    in is altered, and sources stay as they are.

    Parameters
    ----------
    notebook : dict
        As JSON holds it, of format 3 or 4; a part of a strange shape is left out.
    """
    kept = _pick(notebook, _OF_NOTEBOOK)
    kept["metadata"] = _pick(kept.get("metadata"), _OF_METADATA) | MARK
    if "cells" in kept:
        kept["cells"] = _strip_cells(kept["cells"])
    if "worksheets" in kept:
        sheets = kept["worksheets"] if isinstance(kept["worksheets"], list) else []
        cells = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        kept["worksheets"] = [{"cells": _strip_cells(those), "metadata": {}} for those in cells]
    return kept


def _strip_cells(cells: object) -> list[dict[str, Any]]:
    found = cells if isinstance(cells, list) else []
    return [_strip_cell(cell) for cell in found if isinstance(cell, dict)]


def _strip_cell(cell: dict[str, Any]) -> dict[str, Any]:
    kept = _pick(cell, _OF_CELL)
    kept["metadata"] = _pick(cell.get("metadata"), _OF_CELL_METADATA)
    if cell.get("cell_type") == "code":
        kept["outputs"] = []
        if "input" not in cell:
            kept["execution_count"] = None
    return kept


def _pick(found: object, names: list[str]) -> dict[str, Any]:
    return {k: v for k, v in found.items() if k in names} if isinstance(found, dict) else {}


def is_private(notebook: object, path: str = "") -> bool:
    """Whether a notebook is marked as private, or named like one that is.

    Examples
    --------
    >>> is_private({"metadata": {"brightwater": {"private": True}}}, "diary.ipynb")
    True
    >>> is_private({"metadata": {}}, "notebooks/your_own_data-Copy1.ipynb")
    True
    >>> is_private({"metadata": {}}, "notebooks/06_propagation.ipynb")
    False
    """
    metadata = notebook.get("metadata") if isinstance(notebook, dict) else None
    ours = metadata.get("brightwater") if isinstance(metadata, dict) else None
    marked = isinstance(ours, dict) and bool(ours.get("private"))
    name = re.split(r"[/\\]", str(path))[-1]
    return marked or fnmatchcase(name.lower(), _NAMES)


def before_saving(model: Any, path: str, contents_manager: object = None) -> None:
    """Take the outputs out of a private notebook that Jupyter is about to save; touch no other.

    This is a ``pre_save_hook`` of a Jupyter server: see `.jupyter/jupyter_server_config.py`. It
    never raises, whatever it is handed: the server would write to its log why, and then save the
    notebook as it is. It runs for autosave, *Save as*, copies and the REST interface, and before
    the checkpoint, which is a copy of the saved file. A notebook saved as text, from an editor or
    by an upload in pieces, is saved as it is.

    Parameters
    ----------
    model : dict
        A contents model; its ``content`` is replaced.
    path : str
        Where it will be saved.
    contents_manager : ContentsManager
        The server hands it over. Not needed.
    """
    content = model.get("content") if isinstance(model, dict) else None
    if isinstance(content, dict) and is_private(content, path):
        model["content"] = strip(content)


def check_private() -> Place:
    """Say in a sentence whether outputs are saved here, and keep this kernel's history off disk.

    From here on IPython writes none of what is typed or shown into its history, and a kernel that
    crashes leaves no image of its memory. ``_`` and ``Out`` stay: they are memory.

    Returns
    -------
    Place
        ``private`` is False wherever it cannot be told that the hook is there, and alone: in VS
        Code, in another Jupyter, in the cloud, beside jupyter-collaboration.
    """
    shell = _shell()
    _dump_no_core()
    if shell is None:
        return Place(True, "This is no notebook, and nothing that it shows is saved.")
    _forget(shell)
    if "google.colab" in sys.modules:
        return Place(
            False,
            "This is not your machine: an archive that you open here lies with Google. Download "
            "the project, and open this notebook on your own machine by: python3 run.py lab",
        )
    path = os.environ.get("JPY_SESSION_NAME", "")
    # Of two that save, VS Code saves without our hook, also with a kernel of our server.
    if not (path and os.environ.get(HOOKED)) or "__vsc_ipynb_file__" in shell.user_ns:
        return Place(
            False,
            "What is shown here will be saved in the notebook's file. Close it without saving, and "
            "open it by: python3 run.py lab. If you stay: switch autosave off, and clear all "
            "outputs before you save.",
        )
    if not is_private(_read(path), path):
        return Place(
            False,
            "What is shown here will be saved: this notebook is not marked as private. Work in "
            "your_own_data.ipynb or in a copy of it.",
        )
    return Place(
        True, "What is shown here is never saved with this notebook. What you type into it is."
    )


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def _forget(shell: Any) -> None:
    """Write nothing more into history.sqlite: the thread that does asks `enabled` each time."""
    history = getattr(shell, "history_manager", None)
    if history is not None:
        history.enabled = False
        history.db_log_output = False
        history.db_input_cache, history.db_output_cache = [], []  # waiting to be written


def _dump_no_core() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))


def _read(path: str) -> object:
    """The notebook in a file, or None: one that was renamed meanwhile took its mark along."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
