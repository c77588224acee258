"""run.py doctor, in the places where workshops come to grief."""

import contextlib
import os
import re
import runpy
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOBODY = 65534
# A space, an umlaut, and a letter that code page 1252 lacks.
AWKWARD = "Brücke nach Łódź"


def checkout(parent, name="brightwater"):
    """A copy of what the doctor reads."""
    folder = parent / name
    folder.mkdir()
    for file in ("run.py", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / file, folder)
    for tree in ("tools", ".jupyter", "ethics_lib", "datasets"):
        shutil.copytree(ROOT / tree, folder / tree)
    return folder


def furnish(folder, *, without=()):
    """Give the checkout an environment with this one's packages, save those named."""
    environment = folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    variables = {"base": str(environment), "platbase": str(environment)}
    there = Path(sysconfig.get_path("purelib", "venv", vars=variables))
    try:
        for entry in Path(sysconfig.get_path("purelib")).iterdir():
            if not entry.name.lower().startswith(tuple(without)) and entry.name != "__pycache__":
                (there / entry.name).symlink_to(entry)
        (environment / "share").symlink_to(Path(sys.prefix, "share"))
    except OSError as error:
        pytest.skip(f"links cannot be made here: {error}")
    recipe = runpy.run_path(str(folder / "tools" / "environment.py"))["recipe"]
    (environment / "recipe.txt").write_text(recipe(environment), encoding="utf-8")


def see_doctor(folder, *, python=sys.executable, user=None, **variables):
    """The doctor's findings, as pairs of word and text, and the exit code."""
    variables = {**os.environ, "PYTHONIOENCODING": "utf-8", **variables}
    as_user = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    done = subprocess.run(
        [python, "run.py", "doctor"],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        **as_user,
    )
    said = done.stdout.decode(variables["PYTHONIOENCODING"]).splitlines()
    findings = [re.fullmatch(r"(ok|note|FAIL) +(\S.*)", line) for line in said]
    assert all(findings), said
    return [finding.groups() for finding in findings], done.returncode


def failures(findings):
    return [text for word, text in findings if word == "FAIL"]


def test_before_anything_is_installed_it_says_how_to_install(tmp_path):
    findings, code = see_doctor(checkout(tmp_path))
    assert (failures(findings), code) == ([], 0)
    word, text = findings[-1]
    assert word == "note"
    assert re.fullmatch(r"packages: not installed yet: run .* lab", text)


@pytest.mark.slow
def test_all_is_well_in_an_awkward_folder_on_a_console_of_code_page_1252(tmp_path):
    folder = checkout(tmp_path, AWKWARD)
    furnish(folder)
    findings, code = see_doctor(folder, PYTHONIOENCODING="cp1252")
    assert (failures(findings), code) == ([], 0)
    told = [text.split(":")[0].split()[0] for _, text in findings]
    assert told[0] == "Python"
    assert {"folder", "path", "console", "packages", "imports", "data", "kernel"} <= set(told)
    assert any("Brücke nach ?ód?" in text for _, text in findings)


@pytest.mark.slow
def test_each_fault_is_one_line_with_its_remedy(tmp_path):
    folder = checkout(tmp_path)
    project = (folder / "pyproject.toml").read_text(encoding="utf-8")
    project = re.sub(r'"pandas>=[\d.]+"', '"pandas>=99"', project)
    (folder / "pyproject.toml").write_text(project, encoding="utf-8")
    next((folder / "datasets" / "brightwater").glob("ties.*")).unlink()
    furnish(folder, without=["networkx", "ipykernel"])
    findings, code = see_doctor(folder)
    packages, imports, data, kernel = failures(findings)
    assert code == 1
    assert re.search(r"pandas is [\d.]+ and >=99 is needed, networkx is missing", packages)
    assert "No module named 'networkx'" in imports
    assert "ties" in data
    assert kernel.startswith("kernel: ")
    for text in (packages, imports, kernel):
        assert text.endswith(f"delete {folder / '.venv'} and run {'python3 run.py'} lab")
    assert data.endswith("get the folder datasets/ anew, with all its files")


@contextlib.contextmanager
def closed_checkout():
    """A checkout that nobody may write in, the user to see it as, and a Python that user has."""
    if not hasattr(os, "geteuid"):
        pytest.skip("this system has no user nobody")
    user = NOBODY if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory() as parent:
        # pytest's own folders are closed to nobody, who then could not even read.
        Path(parent).chmod(0o755)
        folder = checkout(Path(parent))
        for place in (folder, *folder.rglob("*")):
            place.chmod(0o555 if place.is_dir() else 0o444)
        yield folder, user, python_for(user)
        for place in (folder, *folder.rglob("*")):
            place.chmod(0o755)


def python_for(user):
    """A Python that the user may start: this one, unless it lies in somebody's home."""
    for python in (Path(sys.executable).resolve(), Path("/usr/bin/python3")):
        try:
            subprocess.run([python, "-c", ""], check=True, cwd="/", user=user)
        except (OSError, subprocess.CalledProcessError):
            continue
        return str(python)
    pytest.skip("no Python here may be started by the user nobody")


def test_a_folder_that_nobody_may_write_is_named_with_the_remedy():
    with closed_checkout() as (folder, user, python):
        nowhere = {"HOME": str(folder), "XDG_CACHE_HOME": ""}
        findings, code = see_doctor(folder, python=python, user=user, **nowhere)
        cache = folder / ".cache" / "brightwater"
        (fault,) = failures(findings)
        assert code == 1
        assert re.match(f"folder: neither {folder} nor {cache}/\\w+ can be written: ", fault)
        assert fault.endswith("copy the folder to one of your own")

        lab = subprocess.run(
            [python, "run.py", "lab"],
            cwd=folder,
            env={**os.environ, **nowhere},
            capture_output=True,
            encoding="utf-8",
            user=user,
        )
        assert lab.returncode == 1
        assert f"Neither {folder} nor" in lab.stderr


def test_a_read_only_checkout_has_its_environment_in_the_cache():
    with closed_checkout() as (folder, user, python), tempfile.TemporaryDirectory() as home:
        if user is not None:
            os.chown(home, user, user)
        findings, code = see_doctor(
            folder, python=python, user=user, HOME=home, XDG_CACHE_HOME=f"{home}/cache"
        )
        assert (failures(findings), code) == ([], 0)
        expected = f"folder is read-only: packages go to {home}/cache/brightwater/"
        assert any(word == "note" and text.startswith(expected) for word, text in findings)


@pytest.fixture(scope="module")
def doctor():
    with contextlib.ExitStack() as stack:
        sys.path.insert(0, str(ROOT / "tools"))
        stack.callback(sys.path.remove, str(ROOT / "tools"))
        import doctor

        return doctor


@pytest.mark.parametrize(
    ("place", "remedy"),
    [
        (r"D:\Ada\OneDrive - School\brightwater", "move the folder out"),
        (r"D:\Ada\Temp\brightwater.zip\brightwater", "extract the archive"),
        ("D:" + r"\one folder more" * 6, r"move the folder to a short one"),
    ],
)
def test_paths_that_trouble_windows(doctor, place, remedy):
    word, text = doctor.path(place, measure=True)
    assert word == "FAIL"
    assert f": {remedy}" in text


def test_a_short_path_is_fine(doctor):
    assert doctor.path("brightwater", measure=True)[0] == "ok"


def test_an_old_python_is_named_with_the_remedy(doctor):
    assert doctor.python((3, 10, 4)) == (
        "FAIL",
        "Python 3.10.4: install 3.11 or newer and call it by name, as in python3.13 run.py lab",
    )
    assert doctor.python((3, 11, 0))[0] == "ok"
    assert doctor.python((3, 14, 0))[0] == "note"


def test_a_taken_port_is_no_failure(doctor):
    with socket.socket() as other:
        # If somebody else has it already, it is taken all the same.
        with contextlib.suppress(OSError):
            other.bind(("127.0.0.1", 8888))
            other.listen()
        assert doctor.port() == (
            "note",
            "port 8888 is taken: JupyterLab uses the next one and prints it",
        )


def test_a_check_that_stumbles_becomes_a_finding(doctor):
    def broken():
        raise RuntimeError("a library\nsaid this")

    word, text = doctor.guarded(broken, remedy="do that")
    assert (word, " ".join(text.split())) == ("FAIL", "broken: a library said this: do that")
