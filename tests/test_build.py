"""The three editions of each lesson, the one of each study, and the releases."""

import json
import re
import shutil
import sys
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

from ethics_lib.lessons import load_checks
from ethics_lib.private_notebooks import is_private

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
sys.path.insert(0, str(NOTEBOOKS))
import build  # noqa: E402

SOURCES = build.sources()
STUDIES = build.studies()
ALONE = build.alone()
SAMPLE = """# %% [markdown]
# # 99 · A sample
# 5<!-- =2 + 3 --> people.

# %% exercise="99.sum"
total = sum([2, 3])  #| total = ...
lesson.check("99.sum", total)

# %% form="99.sum" right="by hand"
lesson.check("99.sum", 5)

# %% form="99.sum" wrong="too many"
lesson.check("99.sum", 6)

# %% [markdown]
# ## At home
#
# More.

# %% exercise="99.more"
if True:
    first = 1  #|
    second = first + 1  #| second = ...

# %% [markdown] lecturer=true
# Only for the lecturer.
"""


@pytest.fixture
def sample(tmp_path):
    source = tmp_path / "99_sample.py"
    source.write_text(SAMPLE, encoding="utf-8")
    return source


def text_of(notebook):
    return "\n".join(cell.source for cell in notebook.cells)


def test_student_gets_the_blank(sample):
    text = text_of(build.build(sample, "student"))
    assert "total = ..." in text
    assert "if True:\n    second = ..." in text
    for hidden in ("sum([2", "#|", "first = 1", "Only for the lecturer", "by hand", "=2 + 3"):
        assert hidden not in text


def test_solutions_and_lecturer_get_the_answer(sample):
    for edition in ("solutions", "lecturer"):
        text = text_of(build.build(sample, edition))
        assert "total = sum([2, 3])\n" in text
        assert "#|" not in text
        assert '"99.sum", 6' not in text
        assert ("Only for the lecturer" in text) == (edition == "lecturer")


def test_core_ends_at_home(sample):
    tags = [cell.metadata["tags"][0] for cell in build.build(sample, "student").cells]
    assert tags == ["core", "core", "home", "home"]


def test_forms_are_read(sample):
    found = [(form.exercise, form.wrong) for form in build.forms(sample)]
    assert found == [("99.sum", None), ("99.sum", None), ("99.sum", "too many"), ("99.more", None)]


def test_build_is_the_same_each_time(sample):
    assert build.written(build.build(sample, "student")) == build.written(
        build.build(sample, "student")
    )


def test_editions_are_what_the_sources_make():
    assert build.stale() == []


def test_a_study_has_one_edition_with_its_numbers_and_says_what_it_measures_live(tmp_path):
    source = tmp_path / "R9_sample.py"
    source.write_text(
        "# %% [markdown]\n# # R9 · A study\n# 5<!-- =2 + 3 --> people.\n\n# %% live=true\n2 + 3\n",
        encoding="utf-8",
    )
    assert build.studies(tmp_path) == [source]
    assert build.sources(tmp_path) == []
    prose, cell = build.build(source, "research").cells
    assert "<!-- =2 + 3 -->" in prose.source
    assert cell.metadata["tags"] == ["core", "live"]


def test_what_stands_alone_has_one_edition_that_is_private_and_keeps_its_numbers(tmp_path):
    source = tmp_path / "your_own_data.py"
    source.write_text("# %% [markdown]\n# # Yours\n# 5<!-- =2 + 3 --> firms.\n", encoding="utf-8")
    assert build.alone(tmp_path) == [source]
    assert build.sources(tmp_path) == build.studies(tmp_path) == []
    notebook = build.build(source, "alone")
    assert "<!-- =2 + 3 -->" in notebook.cells[0].source
    assert is_private(notebook)
    assert not any(is_private(build.build(lesson, "student")) for lesson in SOURCES)


def test_a_readers_copy_of_what_stands_alone_is_neither_stale_nor_released(tmp_path, monkeypatch):
    shutil.copytree(NOTEBOOKS, tmp_path / "notebooks")
    monkeypatch.setattr(build, "HERE", tmp_path / "notebooks")
    monkeypatch.setattr(build, "_SHARED", [])
    (own,) = ALONE
    (tmp_path / "notebooks" / f"{own.stem}-Copy1.ipynb").write_text("{}", encoding="utf-8")
    (tmp_path / "notebooks" / f"{own.stem}.ipynb").write_text("{}", encoding="utf-8")
    assert build.stale() == [tmp_path / "notebooks" / f"{own.stem}.ipynb"]
    build.release("class", tmp_path / "out")
    released = {path.name for path in (tmp_path / "out" / "notebooks").glob("*.ipynb")}
    assert f"{own.stem}.ipynb" in released and f"{own.stem}-Copy1.ipynb" not in released


def test_an_edition_without_a_source_is_stale(tmp_path, monkeypatch):
    shutil.copytree(NOTEBOOKS, tmp_path / "notebooks")
    monkeypatch.setattr(build, "HERE", tmp_path / "notebooks")
    left = [tmp_path / "notebooks" / name for name in ("98_old.ipynb", "research/R8_old.ipynb")]
    for path in left:
        path.write_text("{}", encoding="utf-8")
    assert build.stale() == left


@pytest.mark.parametrize("path", build.editions(), ids=lambda p: str(p.relative_to(NOTEBOOKS)))
def test_notebook_is_valid_and_stores_nothing(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
    headings = re.findall(r"^(#+) ", text_of_markdown(notebook), flags=re.M)
    depths = [len(marks) for marks in headings]
    assert depths[0] == 1
    assert depths.count(1) == 1, "one H1"
    assert all(deeper - depth <= 1 for depth, deeper in pairwise(depths)), "no skipped level"


def text_of_markdown(notebook):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_lesson_has_its_form(source):
    notebook = build.build(source, "student")
    core = [cell for cell in notebook.cells if "core" in cell.metadata["tags"]]
    assert len(core) <= 22
    for part in ("\n> ", "**The line**: from ", "**Minutes**: "):
        assert part in core[0].source, part
    text = text_of_markdown(notebook)
    for part in ("## What you will be able to do", "## Take-away", "On Monday, you", "a business"):
        assert part in text, part
    assert "argument against" in text
    for cell in core:
        if "lesson.result(" in cell.source:
            assert len(cell.source.splitlines()) <= 12
    (outcomes,) = [c.source for c in core if "## What you will be able to do" in c.source]
    promised = re.findall(r"^- .*`([\w.]+)`$", outcomes, flags=re.M)
    assert 3 <= len(promised) <= 4
    assert set(promised) <= set(load_checks(source.stem[:2]))
    checked = [cell for cell in core if "lesson.check(" in cell.source]
    assert len(checked) >= 2


@pytest.mark.parametrize("source", STUDIES, ids=lambda source: source.stem)
def test_study_has_its_form(source):
    notebook = build.build(source, "research")
    for part in ("\n> ", "**What it is**", "**What it is not**", "**Minutes**: "):
        assert part in notebook.cells[0].source, part
    text = text_of_markdown(notebook)
    for part in ("can and cannot claim", "Add one of your own", "argument against", "way around"):
        assert part in text, part
    for cell in notebook.cells:
        if cell.cell_type == "code" and not cell.source.startswith("import"):
            assert len(cell.source.splitlines()) <= 12, cell.source


def files_of(folder):
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".parquet"]


def test_class_release_holds_no_solution(tmp_path):
    build.release("class", tmp_path / "out")
    held = {p: p.read_text(encoding="utf-8") for p in files_of(tmp_path / "out") if p.suffix != ""}
    notebooks = [p for p in held if p.suffix == ".ipynb"]
    assert len(notebooks) == len(SOURCES) + len(STUDIES) + len(ALONE)
    hidden = set().union(*map(build.solution_lines, SOURCES))
    hidden |= {form.code.strip() for source in SOURCES for form in build.forms(source)}
    hidden |= {text.strip() for source in SOURCES for text in lecturer_text(source)}
    hidden = {line for line in hidden if len(line) > 15}
    assert len(hidden) > 20
    for path, text in held.items():
        for line in hidden:
            assert json.dumps(line)[1:-1] not in text, f"{path.name} holds {line!r}"
            assert line not in text, f"{path.name} holds {line!r}"


def lecturer_text(source):
    notebook = build.build(source, "lecturer")
    cells = [cell.source for cell in notebook.cells if "lecturer" in cell.metadata["tags"]]
    return [line for cell in cells for line in cell.splitlines() if len(line) > 30]


def test_self_study_release_holds_them(tmp_path):
    build.release("self-study", tmp_path / "out")
    names = {str(p.relative_to(tmp_path / "out")) for p in files_of(tmp_path / "out")}
    assert {f"notebooks/research/{study.stem}.ipynb" for study in STUDIES} <= names
    assert {f"notebooks/{source.stem}.ipynb" for source in ALONE} <= names
    for source in SOURCES:
        assert f"notebooks/solutions/{source.stem}.ipynb" in names
        assert f"notebooks/lecturer/{source.stem}.ipynb" not in names
    assert {"run.py", "README.md", "ethics_lib/lessons.py"} <= names
    assert ".jupyter/jupyter_server_config.py" in names, "outputs of private notebooks"
    assert (tmp_path / "out" / "datasets" / "brightwater" / "acts.parquet").exists()


def test_release_does_not_write_over(tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(SystemExit, match="is not empty"):
        build.release("class", tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_command_line_says_what_it_wants():
    assert "Say release --class" in build.main(["release"])
    assert "is not understood" in build.main(["relase"])
