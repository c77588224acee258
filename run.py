#!/usr/bin/env python3
"""Brightwater, an invented town for the ethics of social-media data mining.

One command sets everything up and does the job; only Python 3.11 or newer is needed.
The set-up is made once, in .venv beside this file, and again when its ingredients change.
"""

# An old Python must get as far as the message that it is too old: this file keeps to the grammar of 3.8.
from __future__ import annotations

import difflib
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
WHEELS = ROOT / "wheels"
FIRST_LESSON = "notebooks/00_five_minute_persona.ipynb"
OLDEST = (3, 11)
ME = "py run.py" if os.name == "nt" else "python3 run.py"


def say(text):
    print(text, flush=True)


# Places ------------------------------------------------------------------------------------------


def writable(folder):
    """Whether a file can really be made there: permission bits alone mislead, on Windows most of all."""
    try:
        with tempfile.TemporaryFile(dir=str(folder)):
            return True
    except OSError:
        return False


def cache():
    """The folder of this checkout in the user's cache, used where the checkout itself is read-only."""
    home = Path(os.path.expanduser("~"))
    if os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "brightwater" / hashlib.sha256(os.fsencode(str(ROOT))).hexdigest()[:12]


def environment_folder(name=".venv"):
    """Where an environment stands, or will: beside this file if that is possible, else in the cache."""
    here = ROOT / name
    return here if is_ready(here) or writable(ROOT) else cache() / name


def python_of(folder):
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def lab_folder():
    """What JupyterLab writes of its own (settings, open tabs, sockets): never in the checkout's files."""
    for folder in (environment_folder() / "lab", cache() / "lab"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if writable(folder):
            return folder
    return Path(tempfile.mkdtemp(prefix="brightwater-"))


# Set-up ------------------------------------------------------------------------------------------


def recipe(folder):
    """What an environment was made from: the Python, the place, and the files that name its packages."""
    files = ["pyproject.toml"] + ([] if folder.name.endswith("-lowest") else ["constraints.txt"])
    contents = b"\0".join((ROOT / name).read_bytes() for name in files)
    made_of = hashlib.sha256(os.fsencode(str(ROOT)) + b"\0" + contents).hexdigest()
    return f"{sys.version}\n{made_of}\n"


def recipe_kept_in(folder):
    try:
        return (folder / "recipe.txt").read_text(encoding="utf-8")
    except OSError:
        return ""


def is_ready(folder):
    return python_of(folder).exists() and recipe_kept_in(folder) == recipe(folder)


def set_up(*, lowest=False, from_wheels=True):
    """Make the environment unless it stands already, and return its Python."""
    folder = environment_folder(".venv-lowest" if lowest else ".venv")
    python = python_of(folder)
    if is_ready(folder):
        return python
    began = time.monotonic()
    say(f"Setting up in {folder}: once, one to three minutes, 1 GB.")
    # On top of what is there only if it was finished, by this very Python; else from an empty folder.
    if not (python.exists() and recipe_kept_in(folder).startswith(sys.version + "\n")):
        say("[1/2] Making an environment (5 s).")
        make_environment(folder)
    pins = ROOT / "constraints.txt"
    if lowest:
        pins = folder / "lowest.txt"
        pins.write_text("\n".join(lowest_versions()) + "\n", encoding="utf-8")
    wheels = from_wheels and not lowest and WHEELS.is_dir()
    source = "the folder wheels/ (30 s)" if wheels else "the package index (1 to 2 minutes)"
    say(f"[2/2] Installing JupyterLab, the library and its tests from {source}.")
    install(python, pins, wheels=wheels, log=folder / "install.log")
    (folder / "recipe.txt").write_text(recipe(folder), encoding="utf-8")
    say(f"Ready after {time.monotonic() - began:.0f} s.")
    return python


def make_environment(folder):
    uv = shutil.which("uv")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        sys.exit(
            f"Neither {ROOT} nor {folder.parent} can be written. Copy this folder to one of your own, "
            f"or, in a Jupyter that has the packages already, open {FIRST_LESSON} as it is."
        )
    if importlib.util.find_spec("ensurepip"):
        command = [sys.executable, "-m", "venv", "--clear", str(folder)]
    elif uv:
        command = [
            uv,
            "venv",
            "--clear",
            "--seed",
            "--quiet",
            "--python",
            sys.executable,
            str(folder),
        ]
    else:
        sys.exit(
            "This Python cannot make environments. On Debian and Ubuntu: sudo apt install python3-venv."
        )
    if call(*command):
        sys.exit(f"The environment could not be made. {ME} doctor looks for the cause.")


def install(python, pins, *, wheels, log):
    """Install this checkout and its extras by pip, or by uv where it is found, with a sign of life."""
    uv = shutil.which("uv")
    if uv:
        command = [uv, "pip", "install", "--python", str(python)]
    else:
        command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-color"]
        command += ["--progress-bar", "off"]
    if wheels:
        command += ["--no-index", "--find-links", str(WHEELS)]
    command += ["--constraint", str(pins), "--editable", ".[lab,test]"]
    found, last_lines = 0, []
    with open(log, "w", encoding="utf-8") as kept, subprocess.Popen(
        command,
        cwd=str(ROOT),
        env=surroundings(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as child:
        for line in child.stdout:
            kept.write(line)
            last_lines = last_lines[-7:] + [line]
            if line.startswith("Collecting "):
                found += 1
                if found % 40 == 0:
                    say(f"      {found} packages found")
            elif line.startswith("Installing collected packages"):
                say("      all found, now unpacking them (30 s)")
    if child.returncode:
        say("".join(last_lines).rstrip())
        sys.exit(
            f"The packages could not be installed; all that was said is in {log}. "
            + (
                "wheels/ was packed for another system or Python: pack it again there, or delete it."
                if wheels
                else f"Without internet? On a machine that has it, {ME} pack fills a folder to copy here."
            )
        )


def requirements(*extras):
    """The requirements that pyproject.toml states, with those of the extras."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    return project["dependencies"] + [line for extra in extras for line in optional[extra]]


def lowest_versions():
    """The lower end of every range, as pins."""
    return [
        re.sub(r"^([\w.-]+)\s*>=\s*([\w.]+).*", r"\1==\2", line)
        for line in requirements("lab", "test")
    ]


# Running -----------------------------------------------------------------------------------------


def surroundings(**more):
    """The variables that every program started here gets: UTF-8, this checkout, nobody else's settings."""
    variables = dict(os.environ, PYTHONUTF8="1", PYTHONPATH=str(ROOT), PIP_USER="0", **more)
    variables.pop("PYTHONHOME", None)
    # One stream, one encoding; what a console of code page 1252 lacks must not end a program.
    variables["PYTHONIOENCODING"] = (sys.stdout.encoding or "utf-8") + ":replace"
    return variables


def jupyter_settings(lab):
    """Jupyter's folders: ours to read, `lab` to write, the user's own left alone and without influence."""
    return {
        "JUPYTER_CONFIG_PATH": str(ROOT / ".jupyter"),
        "JUPYTER_CONFIG_DIR": str(lab / "config"),
        "JUPYTER_DATA_DIR": str(lab / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(lab / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(lab / "workspaces"),
        "IPYTHONDIR": str(lab / "ipython"),
    }


def call(*command, **more):
    """Run a program in this folder and return its exit code; what Ctrl-C means is left to it."""
    words = [str(word) for word in command]
    with subprocess.Popen(words, cwd=str(ROOT), env=surroundings(**more)) as child:
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                continue


def take(word, arguments):
    """Whether the word stands among the arguments, and the arguments without it."""
    return word in arguments, [argument for argument in arguments if argument != word]


# Verbs -------------------------------------------------------------------------------------------


def lab(*arguments):
    """Open JupyterLab at lesson 00.

    --here          use this very Python and the packages it has; install nothing
    --no-browser    only print the address
    and any option of JupyterLab, such as --port=9000
    """
    here, options = take("--here", arguments)
    python = sys.executable if here else set_up()
    folder = lab_folder()
    if not writable(ROOT):
        say(f"{ROOT} is read-only: lessons run, but a changed notebook must be saved elsewhere.")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.insert(0, "--allow-root")
    page = f"/lab/tree/{FIRST_LESSON}" if (ROOT / FIRST_LESSON).exists() else "/lab"
    say("Starting JupyterLab at lesson 00 (5 s). To end it: Ctrl-C, then y.")
    own = [f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url={page}"]
    return call(python, "-m", "jupyterlab", *own, *options, **jupyter_settings(folder))


def test(*arguments):
    """Run every test, or those that pytest's own words choose: test -m "not slow" tests/test_world.py

    --lowest        with the oldest packages that pyproject.toml allows, in .venv-lowest
    --here          use this very Python and the packages it has; install nothing
    """
    lowest, words = take("--lowest", arguments)
    here, words = take("--here", words)
    if lowest and sys.version_info >= (3, 13):
        sys.exit("The oldest packages have no wheels for this Python: call it with 3.11 or 3.12.")
    if not writable(ROOT):
        sys.exit(
            f"Tests write in their folder, and {ROOT} is read-only: copy it to one of your own."
        )
    python = sys.executable if here else set_up(lowest=lowest)
    workers = min(4, os.cpu_count() or 1)
    say(f"Testing, {workers} at a time.")
    parallel = ["--numprocesses", workers, "--dist", "worksteal"]
    return call(python, "-m", "pytest", *parallel, *words, **jupyter_settings(lab_folder()))


def lessons(*names):
    """Execute every notebook of every edition, each alone in a fresh kernel, and time it."""
    python = set_up()
    return call(python, "tests/notebooks_runner.py", *names, **jupyter_settings(lab_folder()))


def doctor(*arguments):
    """Look for what commonly goes wrong, one line and one remedy each.

    --here          look at this very Python and the packages it has
    """
    sys.path.insert(0, str(ROOT / "tools"))
    import doctor

    here, _ = take("--here", arguments)
    folder = environment_folder()
    installed = here or is_ready(folder)
    failed = doctor.report(doctor.before(ROOT, folder, installed=installed))
    if not installed:
        say(f"note  packages: not installed yet: run {ME} lab")
        return failed
    python = sys.executable if here else python_of(folder)
    settings = jupyter_settings(lab_folder())
    return call(python, "tools/doctor.py", ROOT, *([] if here else [folder]), **settings) or failed


def pack(*_):
    """Fill wheels/ with every package, for a room without internet.

    The folder serves this kind of system and this version of Python; another kind is packed there.
    """
    python = set_up(from_wheels=False)
    say("Fetching every package into wheels/ (1 minute, 250 MB).")
    # What builds the library in the room has to be in the folder too.
    wanted = [*requirements("lab", "test"), "hatchling", "editables"]
    quiet = ["--quiet", "--disable-pip-version-check"]
    pins = ["--constraint", ROOT / "constraints.txt"]
    code = call(python, "-m", "pip", "wheel", *quiet, "--wheel-dir", WHEELS, *pins, *wanted)
    if not code:
        count = len(list(WHEELS.glob("*.whl")))
        say(f"wheels/ holds {count} packages. Copy this folder, then in the room: {ME} lab")
    return code


def build(*arguments):
    """Make the notebooks of all editions anew from notebooks/source/ (authors)."""
    return call(set_up(), "notebooks/build.py", *arguments)


def release(*arguments):
    """Write a release: --class without the solutions, --self-study with them (lecturers).

    release --class [FOLDER]
    """
    return call(set_up(), "notebooks/build.py", "release", *arguments)


def environment(*_):
    """Write environment.yml, for conda, anew from pyproject.toml (maintainers)."""
    (ROOT / "environment.yml").write_text(environment_text(), encoding="utf-8", newline="\n")
    say("environment.yml is written. Conda itself was not run.")
    return 0


def environment_text():
    lines = sorted(requirements("lab", "test"))
    return "\n".join(
        [
            f"# Written by run.py from pyproject.toml: change it there, then {'python3 run.py'} environment.",
            "name: brightwater",
            "channels:",
            "  - conda-forge",
            "  - nodefaults",
            "dependencies:",
            f"  - python>={OLDEST[0]}.{OLDEST[1]}",
            "  - pip",
            *(f"  - {line}" for line in lines),
            "  - pip:",
            "      - --editable .",
            "",
        ]
    )


VERBS = {
    verb.__name__: verb for verb in (lab, test, lessons, doctor, pack, release, build, environment)
}


def help_text():
    width = max(map(len, VERBS))
    lines = [
        f"  {ME} {name:<{width}}  {verb.__doc__.splitlines()[0]}" for name, verb in VERBS.items()
    ]
    return "\n".join([__doc__.strip(), "", *lines, "", f"More on one of them: {ME} lab --help"])


def main(arguments):
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    verb, rest = (arguments[0], arguments[1:]) if arguments else ("--help", [])
    if verb in ("--help", "-h", "help"):
        say(help_text())
        return 0
    if verb not in VERBS:
        near = difflib.get_close_matches(verb, VERBS, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        say(f"There is no verb {verb!r}.{hint}\n\n{help_text()}")
        return 2
    if "--help" in rest or "-h" in rest:
        say(f"{ME} {verb}: {VERBS[verb].__doc__.strip()}")
        return 0
    if sys.version_info < OLDEST and verb != "doctor":
        say(
            f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, and this is {sys.version.split()[0]}. "
            "Install one (3.13 is a good choice) and call it by its name: python3.13 run.py " + verb
        )
        return 1
    return VERBS[verb](*rest)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Stopped. The next call takes it up again.")
