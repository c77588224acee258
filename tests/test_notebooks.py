"""Every notebook of every edition runs alone in a fresh kernel, without a network and in time.

There is no cache and no list of exceptions, and the notebooks in canary/ prove that the gate shuts.
"""

from pathlib import Path

import jupytext
import nbformat
import pytest
from notebooks_runner import (
    NOTEBOOKS,
    QUOTE,
    Run,
    _delays,
    find_notebooks,
    main,
    name_of,
    run,
    says,
    stands_alone,
)

CANARY = Path(__file__).parent / "canary"
SOURCES = sorted((NOTEBOOKS / "source").rglob("*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("path", find_notebooks(), ids=name_of)
def test_a_notebook_runs_alone(path):
    # A student's edition has blanks where a quoted number would be computed.
    is_solved = path.parent != NOTEBOOKS or stands_alone(path)
    done = run(path, quotes=is_solved, twice=path.parent.name == "solutions" or stands_alone(path))
    assert not done.complaints, "\n".join(done.complaints)


def quotes(notebook):
    return [
        quote
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for quote in QUOTE.findall(cell.source)
    ]


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_every_quoted_number_reaches_an_edition_that_is_tested(source):
    edition = NOTEBOOKS / f"{source.stem}.ipynb"
    if source.parent.name == "research":
        edition = NOTEBOOKS / "research" / edition.name
    elif not stands_alone(edition):
        edition = NOTEBOOKS / "lecturer" / edition.name
    assert quotes(nbformat.read(edition, as_version=4)) == quotes(jupytext.read(source))


@pytest.mark.parametrize(
    ("folder", "complaints"),
    [
        ("research", ["cell 2 took 30.0 s, and it has 5."]),
        (
            "solutions",
            [
                "It took 85 s, and a lesson has 60.",
                "cell 1 took 50.0 s, and it has 5.",
                "cell 2 took 30.0 s, and it has 5.",
            ],
        ),
    ],
)
def test_only_a_study_may_measure_live_and_only_where_it_says_so(folder, complaints):
    live, quick = {"tags": ["core", "live"]}, {"tags": ["core"]}
    cells = {k: nbformat.v4.new_code_cell("", metadata=m) for k, m in {1: live, 2: quick}.items()}
    done = Run(Path(folder) / "any.ipynb", total=85, seconds={1: 50, 2: 30}, cells=cells)
    assert list(_delays(done)) == complaints


def test_a_study_has_its_own_limits_too():
    cell = nbformat.v4.new_code_cell("", metadata={"tags": ["live"]})
    done = Run(Path("research/any.ipynb"), total=95, seconds={1: 61}, cells={1: cell})
    assert list(_delays(done)) == [
        "It took 95 s, and a study has 90.",
        "cell 1 took 61.0 s, and it has 60.",
    ]


def test_what_stands_alone_has_half_the_time_of_a_lesson():
    done = Run(NOTEBOOKS / "your_own_data.ipynb", total=31)
    assert list(_delays(done)) == ["It took 31 s, and a notebook that stands alone has 30."]
    assert not list(_delays(Run(NOTEBOOKS / "06_propagation.ipynb", total=31)))
    assert not list(_delays(Run(NOTEBOOKS / "your_own_data.ipynb", total=29)))


@pytest.mark.slow
def test_a_notebook_that_fails_is_caught(capsys):
    assert main([str(CANARY / "fails.ipynb")]) == 1
    assert "FAILED cell 2: ZeroDivisionError: division by zero" in capsys.readouterr().out


@pytest.mark.slow
def test_a_notebook_that_calls_home_is_caught_also_when_it_hides_the_error():
    assert run(CANARY / "calls_home.ipynb").complaints == ["it tried to reach telemetry.invalid."]


@pytest.mark.slow
def test_a_notebook_that_breaks_the_other_rules_is_told_each():
    stored, slow, misquoted, unknown, changed = run(
        CANARY / "unruly.ipynb", twice=True, quotes=True
    ).complaints
    assert stored == "It has outputs stored: build it again."
    assert slow.startswith("cell 4 took 2.") and slow.endswith("and it has 2.")
    assert misquoted.startswith("cell 3 says ") and misquoted.endswith("told:.0% is 61%.")
    assert "NameError: name 'untold' is not defined" in unknown
    assert changed == "cell 2 shows ['2'] when run again, and ['1'] before."


@pytest.mark.parametrize(
    ("prose", "computed", "same"),
    [
        ("about 61 %", "61%", True),
        ("about **61\N{NO-BREAK SPACE}%**", "61%", True),
        ("a loss of \N{MINUS SIGN}0.3", "-0.3", True),
        ("1,234", "1,234", True),
        ("the `Tide`", "Tide", True),
        ("161 %", "61%", False),
        ("0.61", "61", False),
        ("a loss of -0.3", "0.3", False),
        ("61", "61%", False),
        ("61 % of them", "61%", False),
    ],
)
def test_prose_says_a_number_only_if_it_ends_in_it(prose, computed, same):
    assert says(prose, computed) == same
