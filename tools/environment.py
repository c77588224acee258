"""The environment of every verb: where it stands, how it is made, what its programs see."""

# Read by Pythons as old as 3.8, to tell them that they are too old.
from __future__ import annotations

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

ROOT = Path(__file__).resolve().parent.parent
WHEELS = ROOT / "wheels"
OLDEST = (3, 11)
EXTRAS = ("lab", "scale", "test")  # what every environment gets, so that all is tested
ME = "py run.py" if os.name == "nt" else "python3 run.py"


def say(text):
    print(text, flush=True)


# Where it stands ---------------------------------------------------------------------------------


def nearest(place):
    """The folder itself, or the nearest one above it that exists."""
    return next(above for above in (place, *place.parents) if above.exists())


def writable(place):
    """Whether a file can be made there, now or once the folder stands: permission bits mislead."""
    try:
        with tempfile.TemporaryFile(dir=str(nearest(place))):
            return True
    except OSError:
        return False


def cache():
    """This checkout's folder in the user's cache, for what a read-only checkout cannot hold."""
    home = Path("~").expanduser()
    if os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "brightwater" / hashlib.sha256(os.fsencode(str(ROOT))).hexdigest()[:12]


def environment_folder(name=".venv"):
    """Where an environment stands or will: in the checkout, or in the cache if it is read-only."""
    here = ROOT / name
    return here if is_ready(here) or writable(ROOT) else cache() / name


def python_of(folder):
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def jupyter_folder():
    """What Jupyter writes of its own, settings, open tabs and sockets: not among our files."""
    for folder in (environment_folder() / "jupyter", cache() / "jupyter"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if writable(folder):
            return folder
    return Path(tempfile.mkdtemp(prefix="brightwater-"))


# How it is made ----------------------------------------------------------------------------------


def recipe(folder):
    """What an environment is made from: the Python, the place, the files that name its packages."""
    names = ["pyproject.toml"]
    if not folder.name.endswith("-lowest"):
        names.append("constraints.txt")
    contents = b"\0".join((ROOT / name).read_bytes() for name in names)
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
    # On top of what stands there only if this very Python finished it; else from an empty folder.
    if not (python.exists() and recipe_kept_in(folder).startswith(f"{sys.version}\n")):
        say("[1/2] Making an environment (5 s).")
        make_environment(folder)
    pins = ROOT / "constraints.txt"
    if lowest:
        pins = folder / "lowest.txt"
        pins.write_text("\n".join(lowest_versions()) + "\n", encoding="utf-8")
    wheels = from_wheels and not lowest and WHEELS.is_dir()
    source = "the folder wheels/ (half a minute)" if wheels else "the internet (1 to 2 minutes)"
    say(f"[2/2] Installing JupyterLab, the library and what tests it, from {source}.")
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
            f"Neither {ROOT} nor {folder.parent} can be written. Copy this folder to one of your\n"
            "own; or, in a Jupyter that has the packages already, open the notebooks as they are."
        )
    if importlib.util.find_spec("ensurepip"):
        command = [sys.executable, "-m", "venv", "--clear", folder]
    elif uv:
        command = [uv, "venv", "--clear", "--seed", "--quiet", "--python", sys.executable, folder]
    else:
        sys.exit("This Python cannot make environments: on Debian, sudo apt install python3-venv.")
    if call(*command):
        sys.exit(f"The environment could not be made. To look for the cause: {ME} doctor")


def install(python, pins, *, wheels, log):
    """Install this checkout with its extras, by uv where it is found, with a sign of life."""
    uv = shutil.which("uv")
    if uv:
        command = [uv, "pip", "install", "--python", str(python)]
    else:
        command = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
        command += ["--no-color", "--progress-bar", "off"]
    if wheels:
        command += ["--no-index", "--find-links", str(WHEELS)]
    # Relative, because pip and uv read some signs of a path as their own.
    command += ["--constraint", str(pins), "--editable", f".[{','.join(EXTRAS)}]"]
    found, last_lines = 0, []
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    text = {"encoding": "utf-8", "errors": "replace"}
    child = subprocess.Popen(command, cwd=str(ROOT), env=surroundings(), **pipes, **text)
    with child, log.open("w", encoding="utf-8") as kept:
        for line in child.stdout:
            kept.write(line)
            last_lines = [*last_lines[-7:], line]
            if line.startswith("Collecting "):
                found += 1
                if found % 25 == 0:
                    say(f"      {found} packages found")
            elif line.startswith("Installing collected packages"):
                say("      all found; unpacking (half a minute)")
    if child.returncode:
        say("".join(last_lines).rstrip())
        remedy = f"Without internet? {ME} pack, on a machine that has it, fills a folder to copy."
        if wheels:
            remedy = "wheels/ fits one kind of system and Python: pack it anew on such a one."
        sys.exit(f"The packages could not be installed (more in {log}).\n{remedy}")


def requirements(*extras):
    """The requirements that pyproject.toml states, with those of the extras."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    return project["dependencies"] + [line for extra in extras for line in optional[extra]]


def lowest_versions():
    """The lower end of every range, as pins."""
    lower_end = re.compile(r"([\w.-]+)>=([\w.]+)")
    return [lower_end.match(line).expand(r"\1==\2") for line in requirements(*EXTRAS)]


# What its programs see ---------------------------------------------------------------------------


def surroundings(**more):
    """The variables of every program started here: UTF-8 for files, this checkout for imports."""
    variables = {**os.environ, "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT), "PIP_USER": "0", **more}
    variables.pop("PYTHONHOME", None)
    # One console, one encoding; a sign that code page 1252 lacks must not end a program.
    variables["PYTHONIOENCODING"] = f"{sys.stdout.encoding or 'utf-8'}:replace"
    return variables


def jupyter_settings():
    """Our settings for Jupyter, so that the user's own neither change a lesson nor are changed."""
    folder = jupyter_folder()
    return {
        "JUPYTER_CONFIG_PATH": str(ROOT / ".jupyter"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
    }


def call(*command, **more):
    """Run a program in this checkout and return its exit code; Ctrl-C is left to the program."""
    words = [str(word) for word in command]
    with subprocess.Popen(words, cwd=str(ROOT), env=surroundings(**more)) as child:
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                continue
