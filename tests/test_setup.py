"""The first command of a newcomer, and the files that it reads."""

import ast
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
DIRECT = [Requirement(line) for line in sum(EXTRAS.values(), PROJECT["dependencies"])]
RUN = runpy.run_path(str(ROOT / "run.py"))


def run(*words, cwd=ROOT, **variables):
    """What a person sees of `run.py words`, and its exit code."""
    done = subprocess.run(
        [sys.executable, "run.py", *words],
        cwd=cwd,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
    )
    return done.stdout.decode(variables.get("PYTHONIOENCODING", "utf-8")), done.returncode


def pins():
    """Every line of constraints.txt as name, version and marker."""
    form = re.compile(r"([a-z0-9-]+)==([0-9][\w.]*)(?: ; (.+))?")
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [form.fullmatch(line).groups() for line in lines]


def test_help_names_every_verb_in_one_line_each():
    said, code = run()
    assert code == 0
    for verb in RUN["VERBS"]:
        assert len(re.findall(rf"^  \S+ run\.py {verb} +[A-Z].*\.$", said, re.MULTILINE)) == 1
    assert max(map(len, said.splitlines())) <= 100


def test_each_verb_explains_itself_without_doing_anything():
    for verb, function in RUN["VERBS"].items():
        said, code = run(verb, "--help")
        assert (said.split(": ", 1)[1].strip(), code) == (function.__doc__.strip(), 0)


def test_a_wrong_verb_is_answered_by_the_nearest():
    said, code = run("lessen")
    assert code == 2
    assert said.startswith("There is no verb 'lessen'. Did you mean lessons?")


def test_an_old_python_reads_the_files_and_hears_that_it_is_too_old():
    for name in ("run.py", *(f"tools/{path.name}" for path in (ROOT / "tools").glob("*.py"))):
        ast.parse((ROOT / name).read_text(encoding="utf-8"), name, feature_version=(3, 8))
    pretend = (
        "import runpy, sys; sys.version_info = (3, 10, 4); sys.version = '3.10.4 (main)'; "
        "sys.argv = ['run.py', 'lab']; runpy.run_path('run.py', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", pretend], cwd=ROOT, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed, and this is 3.10.4." in done.stdout
    assert "python3.13 run.py lab" in done.stdout


def test_constraints_pin_each_requirement_within_its_range_on_every_python():
    pinned = pins()
    for wanted in DIRECT:
        versions = [version for name, version, _ in pinned if name == wanted.name]
        assert versions, f"{wanted.name} has no pin"
        assert all(version in wanted.specifier for version in versions), wanted
    for python in ("3.11.7", "3.12.1", "3.13.0"):
        here = {"python_full_version": python, "python_version": python[:4]}
        chosen = [name for name, _, when in pinned if not when or Marker(when).evaluate(here)]
        assert len(chosen) == len(set(chosen)), "two pins of one package for one Python"
        assert {wanted.name for wanted in DIRECT} <= set(chosen)


def test_every_extra_is_installed_and_so_tested():
    assert set(RUN["EXTRAS"]) == set(EXTRAS)


def test_every_range_has_a_lower_end_and_the_lowest_environment_takes_it():
    lowest = {Requirement(line) for line in RUN["set_up"].__globals__["lowest_versions"]()}
    assert {wanted.name for wanted in lowest} == {wanted.name for wanted in DIRECT}
    ranges = {wanted.name: wanted.specifier for wanted in DIRECT}
    for wanted in lowest:
        (pin,) = wanted.specifier
        assert pin.operator == "=="
        assert pin.version in ranges[wanted.name]


def test_environment_yml_is_made_from_pyproject():
    kept = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert kept == RUN["environment_text"](), "run: python3 run.py environment"
    for wanted in DIRECT:
        assert f"  - {wanted}\n" in kept


def test_the_environment_is_made_anew_when_its_ingredients_change(tmp_path):
    for name in ("pyproject.toml", "constraints.txt", "run.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    recipe = runpy.run_path(str(tmp_path / "tools" / "environment.py"))["recipe"]
    usual, lowest = tmp_path / ".venv", tmp_path / ".venv-lowest"
    first = recipe(usual), recipe(lowest)
    assert (recipe(usual), recipe(lowest)) == first
    (tmp_path / "constraints.txt").write_text("numpy==2.4.6\n", encoding="utf-8")
    assert recipe(usual) != first[0]
    assert recipe(lowest) == first[1]
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    assert recipe(lowest) != first[1]


@pytest.mark.slow
def test_a_set_up_that_fails_says_what_to_do_and_leaves_nothing_half_believed(tmp_path):
    for name in ("pyproject.toml", "constraints.txt", "run.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    (tmp_path / "wheels").mkdir()  # packed for another system, or emptied
    said, code = run("lab", "--no-browser", cwd=tmp_path)
    assert code == 1
    assert "[1/2]" in said and "[2/2]" in said
    assert "wheels/ fits one kind of system and Python: pack it anew on such a one." in said
    assert not (tmp_path / ".venv" / "recipe.txt").exists()
    said, code = run("doctor", cwd=tmp_path)
    assert "packages: not installed yet" in said


def test_jupyter_asks_nobody_for_news():
    kept = ROOT / ".jupyter" / "labconfig" / "default_setting_overrides.json"
    overrides = json.loads(kept.read_text(encoding="utf-8"))
    notification = overrides["@jupyterlab/apputils-extension:notification"]
    assert notification == {"checkForUpdates": False, "fetchNews": "false"}
    server = json.loads((ROOT / ".jupyter" / "jupyter_lab_config.json").read_text(encoding="utf-8"))
    assert server["LabApp"]["news_url"] is None
    assert server["LabApp"]["check_for_updates_class"].endswith(".NeverCheckForUpdate")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "in_ci", "at_home"),
    [
        ("import pytest\n\ndef test_it():\n    pytest.skip('no browser')", 1, 0),
        ("import pytest\n\npytest.skip('no browser', allow_module_level=True)", 1, 0),
        ("def test_it():\n    pass", 0, 0),
        (None, 5, 5),
    ],
    ids=["skipped test", "skipped module", "passed", "no test"],
)
def test_ci_takes_a_skip_for_a_failure_and_no_test_too(tmp_path, body, in_ci, at_home):
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    if body:
        (tmp_path / "test_one.py").write_text("def test_fine():\n    pass", encoding="utf-8")
        (tmp_path / "test_two.py").write_text(body, encoding="utf-8")
    # Only the plugin that run.py test needs: the others would take a second each time.
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "PYTEST_PLUGINS": ""}
    words = "-m pytest -q -p no:cacheprovider -p xdist --numprocesses=1 .".split()
    for ci, expected in (("true", in_ci), ("", at_home)):
        done = subprocess.run(
            [sys.executable, *words],
            cwd=tmp_path,
            env={**os.environ, **alone, "CI": ci},
            capture_output=True,
            encoding="utf-8",
        )
        assert done.returncode == expected, done.stdout
        assert ("Skipped: 1. CI allows none." in done.stdout) == (expected == 1)


def test_the_citation_and_the_changelog_name_this_version():
    version = PROJECT["version"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {version}\n" in citation
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d[^\]]*)\]", changes, re.MULTILINE)
    assert released[0] == str(Version(version))
    assert "### Changes the numbers" in changes


def ours():
    """Every text file of the project, in a clone and in an unpacked archive."""
    passed = {"wheels", "release", "build", "dist", "__pycache__"}
    kinds = {"", ".py", ".md", ".toml", ".txt", ".yml", ".cff", ".json", ".ipynb"}
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in passed and name[0] != "."]
        yield from (Path(folder, name) for name in names if Path(name).suffix in kinds)


def test_no_file_knows_the_machine_that_it_was_written_on():
    home = re.compile(r"(?<![\w.])(?:/(?:home|Users|root)/\w|[A-Z]:\\Users\\\w)")
    found = {
        str(path.relative_to(ROOT)): match.group()
        for path in ours()
        if (match := home.search(path.read_text(encoding="utf-8", errors="replace")))
    }
    assert not found


def test_ranges_and_pins_hold_no_address():
    for name in ("pyproject.toml", "constraints.txt", "environment.yml"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text, f"{name} holds an address"
        assert " @ " not in text, f"{name} installs from an address"
