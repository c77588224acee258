"""What `run.py doctor` looks at: `before` by any Python, `inside` by the environment's own.

A check is a function that returns one finding: "ok", "note" or "FAIL", and what to say, which for a
failure ends in one sentence of remedy.
"""

# Read by Pythons as old as 3.8, to tell them that they are too old.
from __future__ import annotations

import importlib
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import time

from environment import EXTRAS, ME, OLDEST, nearest, requirements, writable

GIGABYTE = 1e9
# The deepest file of the environment lies 160 signs below this folder, and Windows stops at 260.
LONGEST_PATH_ON_WINDOWS = 90
SYNCED = ("onedrive", "dropbox", "google drive", "googledrive", "mobile documents", "icloud")


def ok(text):
    return "ok", text


def note(text):
    return "note", text


def fail(what, remedy):
    return "FAIL", f"{what}: {remedy}"


def report(findings):
    """Print the findings as they come, and return the exit code: 1 if any of them is a failure."""
    failed = 0
    for word, text in findings:
        # One line each, also where an error of a library brings several.
        print(f"{word:<5} {' '.join(text.split())}", flush=True)
        failed |= word == "FAIL"
    return int(failed)


def guarded(check, *arguments, remedy):
    """A check that stumbles has found something: its error is the finding."""
    try:
        return check(*arguments)
    except Exception as error:
        return fail(f"{check.__name__.replace('_', ' ')}: {error}", remedy)


# Before anything is installed --------------------------------------------------------------------


def before(root, environment, *, installed):
    """Findings that need nothing but a Python, however old."""
    remedy = f"copy the folder to a short path of your own and run {ME} doctor there"
    yield guarded(python, tuple(sys.version_info), remedy=remedy)
    if not installed:
        yield guarded(environments, remedy=remedy)
        yield guarded(disk, environment, remedy=remedy)
    yield guarded(folder, root, environment, remedy=remedy)
    yield guarded(path, str(root), os.name == "nt" and not installed, remedy=remedy)
    yield guarded(console, remedy="set the variable PYTHONUTF8 to 1")
    yield guarded(port, remedy="allow programs of this machine to talk to 127.0.0.1")
    yield guarded(browser, remedy="open the address that JupyterLab prints in any browser")


def python(version):
    said = "Python " + ".".join(map(str, version[:3]))
    if version < OLDEST:
        return fail(said, "install 3.11 or newer and call it by name, as in python3.13 run.py lab")
    if version >= (3, 14):
        return note(f"{said} is newer than those this suite was tested with, 3.11 to 3.13")
    return ok(said)


def environments():
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return ok("environments can be made")
    if shutil.which("uv"):
        return ok("environments can be made, by uv")
    return fail(
        "environments cannot be made", "on Debian and Ubuntu run sudo apt install python3-venv"
    )


def disk(environment):
    free = shutil.disk_usage(str(nearest(environment))).free / GIGABYTE
    if free < 2:
        return fail(f"disk: {free:.1f} GB free", f"free 2 GB where {environment} will stand")
    return ok(f"disk: {free:.0f} GB free, about 1 needed")


def folder(root, environment):
    if writable(root):
        return ok(f"folder can be written: {root}")
    if environment.parent == root:
        return ok(f"folder is read-only, its packages are there; saved work goes elsewhere: {root}")
    if writable(environment):
        return note(
            f"folder is read-only: packages go to {environment.parent}, saved work elsewhere"
        )
    return fail(
        f"folder: neither {root} nor {environment.parent} can be written",
        "copy the folder to one of your own",
    )


def path(root, measure):
    parts = [part.lower() for part in re.split(r"[\\/]", root)]
    synced = [part for part in parts if part.startswith(SYNCED)]
    if synced:
        return fail(
            f"path: {synced[0]} keeps files busy", "move the folder out of the synchronised one"
        )
    if any(part.endswith(".zip") for part in parts):
        return fail(
            "path: the folder lies inside an archive", "extract the archive, then start there"
        )
    if measure and len(root) > LONGEST_PATH_ON_WINDOWS:
        return fail(
            f"path has {len(root)} signs", r"move the folder to a short one, such as C:\brightwater"
        )
    if os.name != "nt" and ":" in root:
        return fail("path contains a colon", "rename the folder")
    return ok("path is short and plain enough")


def console():
    encoding = (sys.stdout.encoding or "ascii").lower()
    if encoding.replace("-", "") == "utf8":
        return ok("console writes utf-8")
    return ok(f"console writes {encoding}; a sign that it lacks is shown as ?")


def port():
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
    with socket.socket() as tried:
        taken = tried.connect_ex(("127.0.0.1", 8888)) == 0
    if taken:
        return note("port 8888 is taken: JupyterLab uses the next one and prints it")
    return ok("port 8888 is free")


def browser():
    import webbrowser

    try:
        webbrowser.get()
    except webbrowser.Error:
        return note("browser: none found; open the address that JupyterLab prints")
    return ok("browser found")


# In the environment ------------------------------------------------------------------------------


def inside(environment):
    """Findings of the Python that the lessons run in."""
    again = f"delete {environment} and run {ME} lab" if environment else "ask who installed it all"
    yield guarded(packages, again, remedy=again)
    yield guarded(imports, remedy=again)
    yield guarded(data, remedy="get the folder datasets/ anew, with all its files")
    yield guarded(kernel, remedy=again)


def packages(again):
    from importlib import metadata

    from packaging.requirements import Requirement

    def lacking(lines):
        for wanted in map(Requirement, lines):
            try:
                version = metadata.version(wanted.name)
            except metadata.PackageNotFoundError:
                yield f"{wanted.name} is missing"
            else:
                if version not in wanted.specifier:
                    yield f"{wanted.name} is {version} and {wanted.specifier} is needed"

    needed = requirements("lab")
    everything = requirements(*EXTRAS)
    bad = list(lacking(needed))
    if bad:
        return fail(f"packages: {', '.join(bad)}", again)
    bad = list(lacking(everything))
    if bad:
        return note(f"packages: enough for lessons; {', '.join(bad)} for {ME} test")
    return ok(f"packages: all {len(everything)} in their ranges")


def imports():
    began = time.monotonic()
    for name in ("numpy", "scipy.sparse", "pandas", "pyarrow", "networkx", "sklearn", "plotly"):
        importlib.import_module(name)
    return ok(f"imports: numpy to plotly in {time.monotonic() - began:.1f} s")


def data():
    from ethics_lib.datasets import load_town

    return ok(f"data: Brightwater is here, with {len(load_town().people):,} residents")


def kernel():
    from jupyter_client.manager import start_new_kernel

    began = time.monotonic()
    manager, client = start_new_kernel(startup_timeout=60, stderr=subprocess.DEVNULL)
    try:
        reply = client.execute_interactive(
            "import ethics_lib", timeout=60, output_hook=lambda message: None
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    if reply["content"]["status"] != "ok":
        raise RuntimeError(reply["content"]["evalue"])
    return ok(f"kernel starts and imports ethics_lib, in {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")
    sys.exit(report(inside("".join(sys.argv[1:]))))
