"""The house: which room may open which door, and how large a room may be."""

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import ethics_lib
from ethics_lib.charter import CHARTER
from ethics_lib.effects import Effect
from ethics_lib.lines import Line

HOUSE = Path(ethics_lib.__file__).parent
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
import rooms  # noqa: E402

ORDER = """nouns tables guards measures names words presets ties people acts world rows formats
    provenance readers downloads datasets effects consents identifiers privacy_labels traces
    factors trait_models interest_models holdouts beliefs steps walks weighing labels
    graph_learners joint_models propagation shadows origins surveys parts districts scale
    personas uses behaviours audiences decisions deliveries routes rules notices necessity
    lawful letters rights erasures defended promises noise cloaks defences advice circles
    anonymity releases linkage membership scenarios scores sweeps archives entries layouts
    doors exports copies followups accuracy own_data private_notebooks lines charter_account
    charter_collection charter_inference charter_use charter readings what_ifs figures
    verdicts frontiers plots lessons""".split()
ROOMS = sorted(path.stem for path in HOUSE.glob("*.py") if path.stem != "__init__")
FILES = sorted(HOUSE.rglob("*.py"))
LITERATURE = sorted((HOUSE / "literature").glob("[!_]*.py"))
# Names that a room hands on, so that one need not know in which room they are made.
HANDED_ON = {
    "tables": {"COLUMNS"},
    "world": {"TODAY", "YEAR"},
    "datasets": {
        "ConsentNotice",
        "fetch_movielens",
        "fetch_snap_facebook",
        "load_graph",
        "load_likes",
    },
    "scale": {"make_world"},
    "own_data": {"check_accuracy"},
    "defences": {"Aggregate", "Cloak", "RandomisedResponse"},
}
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def imported(path):
    """Every module that a file, or a part of its tree, imports, by its full name."""
    for node in ast.walk(TREES.get(path, path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports in full"
            yield node.module
            if node.module == "ethics_lib":
                yield from (f"ethics_lib.{alias.name}" for alias in node.names)


def named(path):
    return path.relative_to(HOUSE).as_posix()


def public(room):
    module = importlib.import_module(f"ethics_lib.{room}")
    return module, [getattr(module, name) for name in module.__all__]


def test_every_room_has_its_place():
    assert set(ROOMS) == set(ORDER), "a new room needs a place in ORDER, and an ADR"
    assert len(set(ORDER)) == len(ORDER)


def test_the_page_of_rooms_lists_them_in_their_order_with_their_meaning():
    said = (HOUSE.parent / "docs" / "rooms.md").read_text(encoding="utf-8")
    assert said == rooms.page(ORDER), "run tools/rooms.py"
    assert set(rooms.PARTS) <= set(ORDER)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_opens_doors_to_earlier_rooms_only(room):
    doors = {
        name.split(".")[1]
        for name in imported(HOUSE / f"{room}.py")
        if name.startswith("ethics_lib.")
    }
    drawers = {
        "lessons": {"checks", "__version__"},
        "effects": {"literature"},
        "exports": {"platforms"},
        "copies": {"writers"},
    }.get(room, set())
    assert doors - drawers <= set(ORDER[: ORDER.index(room)])


def test_only_lessons_look_into_the_drawer_of_checks():
    for path in FILES:
        if "ethics_lib.checks" in " ".join(imported(path)):
            assert path.stem == "lessons" or path.parent.name == "checks"


def test_only_exports_looks_into_the_drawer_of_platforms():
    for path in FILES:
        if path.parent.name == "platforms":
            doors = {name for name in imported(path) if name.startswith("ethics_lib.")}
            allowed = ("ethics_lib.entries", "ethics_lib.layouts", "ethics_lib.platforms")
            assert all(door.startswith(allowed) for door in doors)
        else:
            text = path.read_text(encoding="utf-8")
            assert "ethics_lib.platforms" not in text or path.stem == "exports"
    assert {path.stem for path in (HOUSE / "platforms").glob("*.py")} == {
        "__init__",
        "meta",
        *importlib.import_module("ethics_lib.exports").PLATFORMS,
    }


def test_only_copies_looks_into_the_drawer_of_writers_and_each_has_a_reader():
    for path in FILES:
        doors = {name.split(".")[1] for name in imported(path) if name.startswith("ethics_lib.")}
        if path.parent.name == "writers":
            assert doors <= {"doors", "exports", "tables", "traces", "writers"}
        else:
            assert "writers" not in doors or path.stem == "copies"
    writers, readers = (
        {p.stem for p in (HOUSE / d).glob("*.py")} for d in ("writers", "platforms")
    )
    written = importlib.import_module("ethics_lib.writers").WRITTEN
    assert writers - {"__init__", "contents", "meta"} == set(written) <= readers


def test_only_the_command_of_effects_looks_into_the_drawer_of_literature():
    """Effects are passed to `recover`; only ``python -m ethics_lib.effects`` takes them all."""
    for path in FILES:
        if "ethics_lib.literature" in " ".join(imported(path)):
            assert path.stem == "effects" or path.parent.name == "literature"
    *body, command = TREES[HOUSE / "effects.py"].body
    assert ast.unparse(command.test) == "__name__ == '__main__'"
    in_the_room = [name for part in body for name in imported(part)]
    assert "ethics_lib.tables" in in_the_room
    assert "ethics_lib.literature" not in " ".join(in_the_room)


@pytest.mark.parametrize("path", LITERATURE, ids=named)
def test_a_book_of_literature_names_its_effects_and_they_are_all_on_the_shelf(path):
    book = importlib.import_module(f"ethics_lib.literature.{path.stem}")
    shelf = importlib.import_module("ethics_lib.literature").EFFECTS
    found = {name for name, thing in vars(book).items() if isinstance(thing, Effect)}
    assert found <= set(book.__all__) and len(set(book.__all__)) == len(book.__all__)
    assert all(getattr(book, name) in shelf for name in found)
    assert all(inspect.getdoc(getattr(book, name).check) for name in found)
    assert all(hasattr(book, name) for name in book.__all__)
    first = (inspect.getdoc(book) or "").split("\n\n")[0]
    assert first[:1].isupper() and first.endswith(".")


@pytest.mark.parametrize("room", ROOMS)
def test_all_is_the_public_names_defined(room):
    defined = set()
    for node in TREES[HOUSE / f"{room}.py"].body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            defined.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            defined |= {t.id for t in targets if isinstance(t, ast.Name)}
    module, _ = public(room)
    defined |= HANDED_ON.get(room, set())
    assert set(module.__all__) == {name for name in defined if not name.startswith("_")}
    assert len(set(module.__all__)) == len(module.__all__)


@pytest.mark.parametrize("room", [room for room in ROOMS if room.startswith("charter_")])
def test_what_a_room_of_lines_makes_stands_in_the_charter(room):
    _, things = public(room)
    lines = [thing for thing in things if isinstance(thing, Line)]
    assert lines and all(line in CHARTER for line in lines)


@pytest.mark.parametrize("room", HANDED_ON)
def test_a_name_handed_on_is_made_in_an_earlier_room(room):
    module, _ = public(room)
    for name in HANDED_ON[room]:
        makers = [
            importlib.import_module(door)
            for door in imported(HOUSE / f"{room}.py")
            if door.startswith("ethics_lib.")
        ]
        assert any(
            name in maker.__all__ and getattr(maker, name) is getattr(module, name)
            for maker in makers
        )


@pytest.mark.parametrize("path", FILES, ids=named)
def test_no_module_is_over_500_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


@pytest.mark.parametrize("path", FILES, ids=named)
def test_no_function_is_over_60_lines(path):
    """Counted is the body, without signature and docstring."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert lines <= 60, f"{node.name} has {lines} lines"


@pytest.mark.parametrize("path", FILES, ids=named)
def test_only_plots_draws_and_nothing_prints(path):
    roots = {name.split(".")[0] for name in imported(path)}
    assert not roots & {"matplotlib", "seaborn", "bokeh", "altair"}
    assert "plotly" not in roots or path.stem in ("figures", "verdicts", "frontiers", "plots")
    calls = (node.func for node in ast.walk(TREES[path]) if isinstance(node, ast.Call))
    assert not [call for call in calls if isinstance(call, ast.Name) and call.id == "print"]


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_thing_says_in_one_line_what_it_means(room):
    module, things = public(room)
    for thing in [module, *things]:
        ours = inspect.ismodule(thing) or getattr(thing, "__module__", "") == module.__name__
        if ours and (
            inspect.ismodule(thing) or inspect.isfunction(thing) or inspect.isclass(thing)
        ):
            doc = inspect.getdoc(thing) or ""
            first = doc.split("\n\n")[0] if inspect.ismodule(thing) else doc.split("\n")[0]
            assert first[:1].isupper() and first.endswith((".", "?")), f"{thing}: {first!r}"


@pytest.mark.parametrize(
    "room", [room for room in ROOMS if room not in ("figures", "plots", "lessons")]
)
def test_the_first_function_is_public(room):
    """A room's first function is the verb that makes its noun."""
    functions = [n.name for n in TREES[HOUSE / f"{room}.py"].body if isinstance(n, ast.FunctionDef)]
    assert (
        room in ("charter", "tables", "doors") or not functions or not functions[0].startswith("_")
    )


def test_the_import_is_silent_quick_and_light():
    heavy = "sklearn plotly matplotlib IPython ipywidgets nbformat networkx scipy dask"
    program = (
        "import sys, time; start = time.perf_counter(); import ethics_lib; "
        "took = time.perf_counter() - start; "
        f"loaded = [m for m in {heavy.split()!r} if m in sys.modules]; "
        "sys.exit(f'loaded {loaded}' if loaded else f'took {took:.2f} s' if took > 0.8 else 0)"
    )
    command = [sys.executable, "-W", "error", "-c", program]
    for _ in range(3):  # a busy machine gets three tries
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if not run.stderr.startswith("took"):
            break
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_the_verbs_load_no_plotting_and_no_notebook_library():
    program = (
        "import sys, ethics_lib as el; "
        "[getattr(el, name) for name in el.__all__ if el._ROOMS[name] != 'lessons']; "
        "heavy = [m for m in ('sklearn', 'plotly', 'IPython', 'matplotlib') if m in sys.modules]; "
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    command = [sys.executable, "-W", "error", "-c", program]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
