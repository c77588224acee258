#!/usr/bin/env python3
"""Brightwater, an invented town for the ethics of social-media data mining.

One command sets everything up and does the job; only Python 3.11 or newer is needed.
The set-up is made once, in .venv beside this file, and again when its ingredients change.
"""

# Any Python must get as far as hearing that it is too old: grammar and library of 3.8, here and
# in tools/.
from __future__ import annotations

import difflib
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "tools"))
from environment import (
    EXTRAS,
    ME,
    OLDEST,
    ROOT,
    WHEELS,
    call,
    environment_folder,
    is_ready,
    jupyter_settings,
    make_environment,
    python_of,
    recipe,
    requirements,
    say,
    set_up,
    writable,
)

# What each benchmark sees: where one thread is quicker or fairer, all get one.
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
BENCHMARKS = {
    "friends": ONE_THREAD,
    "steps": {},
    "likes": ONE_THREAD,
    "anonymity": ONE_THREAD,
    "audit": ONE_THREAD,
    "exports": ONE_THREAD,
    "partitions": ONE_THREAD,
}
FIRST_LESSON = "notebooks/00_five_minute_persona.ipynb"


def take(word, arguments):
    """Whether the word stands among the arguments, and the arguments without it."""
    return word in arguments, [argument for argument in arguments if argument != word]


def lab(*arguments):
    """Open JupyterLab at lesson 00.

    --no-browser    only print the address
    --here          use this very Python and the packages it has, and install nothing
    and any option of JupyterLab, such as --port=9000
    """
    here, options = take("--here", arguments)
    python = sys.executable if here else set_up()
    if not writable(ROOT):
        say(f"{ROOT} is read-only: lessons run, but save a changed notebook elsewhere.")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.insert(0, "--allow-root")
    page = f"/lab/tree/{FIRST_LESSON}" if (ROOT / FIRST_LESSON).exists() else "/lab"
    options = [f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url={page}", *options]
    say("Starting JupyterLab at lesson 00 (5 s). To end it: Ctrl-C, then y.")
    return call(python, "-m", "jupyterlab", *options, **jupyter_settings())


def test(*arguments):
    """Run every test, or those that options of pytest choose.

    --lowest        with the oldest packages that pyproject.toml allows, in .venv-lowest
    --here          use this very Python and the packages it has, and install nothing
    and any option of pytest, such as -m "not slow" or tests/test_world.py
    """
    lowest, options = take("--lowest", arguments)
    here, options = take("--here", options)
    if lowest and sys.version_info >= (3, 13):
        sys.exit("The oldest packages have no wheels for this Python: take 3.11 or 3.12.")
    if not writable(ROOT):
        sys.exit(f"Tests write in their folder and {ROOT} is read-only: copy it to your own.")
    python = sys.executable if here else set_up(lowest=lowest)
    workers = min(4, os.cpu_count() or 1)
    say(f"Testing, {workers} at a time.")
    options = [f"--numprocesses={workers}", "--dist=worksteal", *options]
    return call(python, "-m", "pytest", *options, **jupyter_settings())


def lessons(*names):
    """Execute every notebook, each in a fresh kernel, and time it.

    lessons [NOTEBOOK ...]    only these
    """
    return call(set_up(), "tests/notebooks_runner.py", *names, **jupyter_settings())


def effects(*arguments):
    """Look for published effects in made worlds: eight minutes.

    --home          in Brightwater only: half a minute
    and any option of python -m ethics_lib.effects, such as --seeds 2 or the name of an effect
    """
    return call(set_up(), "-m", "ethics_lib.effects", *arguments)


def doctor(*arguments):
    """Look for what commonly goes wrong: a line each, with the remedy.

    --here          look at this very Python and the packages it has
    """
    import doctor

    here, _ = take("--here", arguments)
    folder = environment_folder()
    installed = here or is_ready(folder)
    failed = doctor.report(doctor.before(ROOT, folder, installed=installed))
    if not installed:
        doctor.report([doctor.note(f"packages: not installed yet: run {ME} lab")])
        return failed
    python, own = (sys.executable, []) if here else (python_of(folder), [folder])
    return call(python, "tools/doctor.py", *own, **jupyter_settings()) or failed


def pack(*_):
    """Fill wheels/ with every package, for a room without internet.

    The folder serves this kind of system and this version of Python; each other kind packs its own.
    """
    python = set_up(from_wheels=False)
    say("Fetching every package into wheels/ (1 minute, 210 MB).")
    # In the room, the library itself is still to be built.
    wanted = [*requirements(*EXTRAS), "hatchling", "editables"]
    options = ["--quiet", "--disable-pip-version-check", "--constraint", "constraints.txt"]
    code = call(python, "-m", "pip", "wheel", "--wheel-dir", WHEELS, *options, *wanted)
    if not code:
        count = len(list(WHEELS.glob("*.whl")))
        say(f"wheels/ holds {count} packages. Copy this folder; in the room: {ME} lab")
    return code


def bench(*arguments):
    """Print how fast the library is beside other libraries, as ratios.

    friends          how friends are made (1 minute; --city: 2 minutes and 6 GB more)
    steps            how answers are passed on (6 minutes, 4 GB; --draw FILE.html draws it)
    likes            how traits are told from likes (2 minutes, 4 GB)
    anonymity        how those who stand alone are counted (2 minutes, 1 GB)
    audit            how long all lines take (1 minute; --city: 10 minutes and 16 GB more)
    exports          how long a large archive takes to read (3 minutes; --large: 9 minutes more)
    partitions       how answers are passed on past one machine (15 minutes, 6 GB and disk)
    --here           use this very Python and the peers it has, and install nothing
    bench [NAME] [options]. Without a name: all but the last. Options need a name, such as:
    bench friends --people=10000 --rounds=3
    """
    here, rest = take("--here", arguments)
    name, *options = rest or [None]
    if name is not None and name not in BENCHMARKS:
        say(f"There is no benchmark {name!r}. There are: {', '.join(BENCHMARKS)}.")
        return 2
    python = sys.executable if here else set_up_bench()
    names = [name] if name else list(BENCHMARKS)[:-1]
    return max(call(python, f"benchmarks/{n}.py", *options, **BENCHMARKS[n]) for n in names)


def set_up_bench():
    """Make an environment with the peers, which have requirements of their own: not in .venv."""
    folder = environment_folder(".venv-bench")
    python = python_of(folder)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    pip += ["--constraint", "constraints.txt"]
    if not is_ready(folder):
        say(f"Setting up in {folder}: once, one to two minutes, 700 MB.")
        make_environment(folder)
        if call(*pip, "--editable", ".[scale]"):
            sys.exit("The library could not be installed: the benchmark needs the internet once.")
        (folder / "recipe.txt").write_text(recipe(folder), encoding="utf-8")
    for line in (ROOT / "benchmarks" / "peers.txt").read_text(encoding="utf-8").splitlines():
        peer, *options = line.split()  # without what it asks for, where that would move NumPy
        # A peer without a wheel for this system would be compiled for half an hour.
        if call(*pip, "--only-binary=:all:", *options, peer):
            say(f"{peer} cannot be installed here: the comparison goes on without it.")
    return python


def release(*arguments):
    """Write a release for a class or for self-study.

    release --class [FOLDER]         without the solutions
    release --self-study [FOLDER]    with them
    """
    return call(set_up(), "notebooks/build.py", "release", *arguments)


def build(*arguments):
    """Make the notebooks of all editions anew from their sources."""
    return call(set_up(), "notebooks/build.py", *arguments)


def environment(*_):
    """Make environment.yml, for conda, anew from pyproject.toml."""
    (ROOT / "environment.yml").write_bytes(environment_text().encode("utf-8"))
    say("environment.yml is written.")
    return 0


def environment_text():
    return "\n".join(
        [
            "# Made from pyproject.toml by: python3 run.py environment. Not yet tried with conda.",
            "name: brightwater",
            "channels:",
            "  - conda-forge",
            "  - nodefaults",
            "dependencies:",
            f"  - python>={OLDEST[0]}.{OLDEST[1]}",
            "  - pip",
            *(f"  - {line}" for line in sorted(requirements(*EXTRAS))),
            "  - pip:",
            "      - --editable .",
            "",
        ]
    )


VERBS = {
    verb.__name__: verb
    for verb in (lab, test, lessons, effects, doctor, pack, release, build, environment, bench)
}


def help_text():
    lines = [f"  {ME} {name:<12} {verb.__doc__.splitlines()[0]}" for name, verb in VERBS.items()]
    return "\n".join([__doc__.strip(), "", *lines, "", f"More on one of them: {ME} lab --help"])


def main(arguments):
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    verb, options = (arguments[0], arguments[1:]) if arguments else ("--help", [])
    if verb in ("--help", "-h", "help"):
        say(help_text())
        return 0
    if verb not in VERBS:
        near = difflib.get_close_matches(verb, VERBS, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        say(f"There is no verb {verb!r}.{hint}\n\n{help_text()}")
        return 2
    if "--help" in options or "-h" in options:
        say(f"{ME} {verb}: {VERBS[verb].__doc__.strip()}")
        return 0
    if sys.version_info < OLDEST and verb != "doctor":
        needed, this = ".".join(map(str, OLDEST)), sys.version.split()[0]
        say(f"Python {needed} or newer is needed, and this is {this}.")
        say(f"Install one (3.13 is a good choice), call it by name: python3.13 run.py {verb}")
        return 1
    return VERBS[verb](*options)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Stopped. The next call takes it up again.")
