"""What a private notebook shows is on the screen, and in no file that Jupyter writes."""

import copy
import json
import os
import runpy
import signal
import subprocess
import sys
import uuid
import zipfile
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import requests
from browser import CHROMEDRIVER, CHROMIUM, _free_port, _wait_for, open_lab
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from notebooks_runner import NOTEBOOKS, ROOT
from websocket import create_connection

from ethics_lib import private_notebooks
from ethics_lib.private_notebooks import (
    HOOKED,
    MARK,
    before_saving,
    check_private,
    is_private,
    strip,
)

sys.path.insert(0, str(ROOT / "tools"))
import environment

SECRET = "Zanzibar-7f3e-of-an-archive"
TYPED = "Valparaiso-91cc-typed-and-deleted"

# The hook ----------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
        | st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(
                "cells worksheets metadata source input outputs cell_type brightwater".split(),
                inner,
            ),
        )
    ),
    max_leaves=30,
)
SOURCES = st.text(max_size=20) | st.lists(st.text(max_size=20), max_size=3)
ODD = st.dictionaries(st.text(max_size=8), JSON, max_size=3)


def cells_with(source_key):
    return st.lists(
        st.fixed_dictionaries(
            {"cell_type": st.sampled_from(["code", "markdown", "raw"]), source_key: SOURCES},
            optional={
                "outputs": JSON,
                "metadata": JSON,
                "attachments": JSON,
                "prompt_number": JSON,
            },
        ),
        max_size=4,
    )


FORMAT_4 = st.fixed_dictionaries(
    {"cells": cells_with("source"), "metadata": ODD}, optional={"nbformat": JSON, "more": JSON}
)
FORMAT_3 = st.fixed_dictionaries(
    {"worksheets": st.lists(st.fixed_dictionaries({"cells": cells_with("input")}), max_size=2)},
    optional={"metadata": ODD, "nbformat": JSON},
)
NOTEBOOKS_OF_ANY_FORMAT = FORMAT_4 | FORMAT_3


def marked(notebook, **more):
    metadata = {**notebook.get("metadata", {}), "brightwater": {"private": True}}
    return {**notebook, "metadata": metadata, **more}


def saved(content, path="any.ipynb"):
    model = {"type": "notebook", "format": "json", "content": content}
    before_saving(model=model, path=path, contents_manager=None)
    assert set(model) == {"type", "format", "content"}
    return model["content"]


def sources(notebook):
    cells = list(notebook.get("cells", []))
    cells += [cell for sheet in notebook.get("worksheets", []) for cell in sheet["cells"]]
    return [(cell["cell_type"], cell.get("source", cell.get("input"))) for cell in cells]


@given(NOTEBOOKS_OF_ANY_FORMAT)
def test_what_was_typed_stays_and_saving_again_changes_nothing(notebook):
    before = copy.deepcopy(notebook)
    once = saved(marked(notebook))
    assert sources(once) == sources(notebook)
    assert saved(once) == once
    assert notebook == before


@given(NOTEBOOKS_OF_ANY_FORMAT)
def test_a_notebook_that_is_not_private_is_handed_on_to_the_byte(notebook):
    notebook["metadata"] = {"brightwater": {"private": False}}
    before = json.dumps(notebook)
    assert saved(notebook) is notebook
    assert json.dumps(notebook) == before


@given(JSON, st.text(max_size=12) | st.just("your_own_data.ipynb"))
def test_no_model_however_odd_makes_the_hook_raise(odd, path):
    before_saving(model=odd, path=path, contents_manager=None)
    before_saving(model={"type": odd, "content": odd}, path=path, contents_manager=None)
    if isinstance(odd, dict):
        content = {**odd, **MARK, "metadata": odd | MARK}
        model = {"type": "notebook", "content": content}
        before_saving(model=model, path=path, contents_manager=None)
        assert model["content"] == strip(content)


def full(shown=SECRET):
    """A notebook that holds what was shown in each place where one can."""
    data = {"text/plain": shown, "text/html": f"<b>{shown}</b>", "application/json": [shown]}
    code = new_code_cell(
        "show()",
        execution_count=3,
        metadata={
            "tags": ["core"],
            "scrolled": True,
            "execution": {"iopub.execute_input": shown},
            "papermill": {"parameters": shown},
        },
        outputs=[
            nbformat.v4.new_output("stream", text=shown),
            nbformat.v4.new_output("display_data", data=data, metadata={"note": shown}),
            nbformat.v4.new_output("execute_result", data=data, execution_count=3),
            nbformat.v4.new_output("error", ename="E", evalue=shown, traceback=[shown]),
        ],
    )
    note = new_markdown_cell(
        "![](attachment:it.png)",
        attachments={"it.png": {"image/png": shown}},
        metadata={"x": shown},
    )
    widgets = {"application/vnd.jupyter.widget-state+json": {"state": {"a": {"value": shown}}}}
    kernel = {"name": "python3", "display_name": "Python 3"}
    return new_notebook(
        cells=[code, note],
        metadata={"widgets": widgets, "kernelspec": kernel, "varInspector": {"seen": shown}},
    )


def test_nothing_that_was_shown_is_left_in_any_place_and_the_notebook_is_valid():
    assert json.dumps(full()).count(SECRET) == 16
    left = saved(marked(full()))
    assert SECRET not in json.dumps(left)
    nbformat.validate(nbformat.from_dict(left))
    code, note = left["cells"]
    assert (code["source"], code["outputs"], code["execution_count"]) == ("show()", [], None)
    assert code["metadata"] == {"tags": ["core"], "scrolled": True}
    assert note["source"] == "![](attachment:it.png)"
    assert left["metadata"]["kernelspec"]["name"] == "python3"


def test_a_notebook_of_format_3_is_stripped_and_stays_valid():
    import nbformat.v3 as v3

    output = v3.new_output("pyout", output_text=SECRET, prompt_number=1)
    cells = [
        v3.new_code_cell("show()", prompt_number=1, outputs=[output], metadata={"x": SECRET}),
        v3.new_text_cell("markdown", source="A note."),
        v3.new_heading_cell("A heading", level=2),
    ]
    sheet = v3.new_worksheet(cells=cells, metadata={"x": SECRET})
    old = v3.new_notebook(name="old", metadata=v3.new_metadata(name="old"), worksheets=[sheet])
    nbformat.validate(old)
    assert json.dumps(old).count(SECRET) == 3
    left = saved(old, "Your_Own_Data.ipynb")
    assert SECRET not in json.dumps(left)
    assert sources(left) == sources(old)
    nbformat.validate(nbformat.from_dict(left))


def test_what_the_sources_build_is_saved_as_it_is():
    """So that a reader who only runs it sees no change in git."""
    built = json.loads((NOTEBOOKS / "your_own_data.ipynb").read_text("utf-8"))
    assert is_private(built) and saved(built) == built


@pytest.mark.parametrize(
    ("path", "private"),
    [
        ("your_own_data.ipynb", True),
        ("notebooks/your_own_data-Copy1.ipynb", True),
        (r"C:\lessons\Your_Own_Data.ipynb", True),
        ("notebooks/my_your_own_data.ipynb", False),
        ("your_own_data.ipynb/06_propagation.ipynb", False),
        ("your_own_data.py", False),
        ("", False),
    ],
)
def test_a_name_makes_private_and_the_mark_then_goes_along(path, private):
    left = saved({"cells": [], "metadata": {}}, path)
    assert is_private({}, path) is private
    assert is_private(left, "diary.ipynb") is private


@pytest.mark.parametrize("mark", [None, "private", [], {}, {"private": False}, {"private": None}])
def test_only_the_mark_is_a_mark(mark):
    assert not is_private({"metadata": {"brightwater": mark}}, "diary.ipynb")
    assert not is_private({"metadata": mark}, "diary.ipynb")


# The first cell ----------------------------------------------------------------------------------


@pytest.fixture
def kernel(monkeypatch):
    """A kernel's shell, as far as it matters here, in no place that we know."""
    history = SimpleNamespace(
        enabled=True, db_log_output=True, db_input_cache=[(1, TYPED)], db_output_cache=[(1, SECRET)]
    )
    shell = SimpleNamespace(history_manager=history, user_ns={})
    monkeypatch.setattr(private_notebooks, "_shell", lambda: shell)
    monkeypatch.setattr(private_notebooks, "_dump_no_core", lambda: None)
    for name in (HOOKED, "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)
    return shell


@pytest.fixture
def ours(kernel, monkeypatch, tmp_path):
    """The same in our JupyterLab, in a notebook that is marked."""
    path = tmp_path / "diary.ipynb"
    path.write_text(json.dumps({"metadata": MARK}), encoding="utf-8")
    monkeypatch.setenv(HOOKED, "1")
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    return path


def test_in_our_lab_a_private_notebook_hears_that_nothing_is_saved(ours):
    place = check_private()
    assert place.private
    assert repr(place).startswith("✓ What is shown here is never saved with this notebook.")
    assert place._repr_markdown_() == repr(place)


def test_in_our_lab_another_notebook_is_warned(ours):
    ours.write_text(json.dumps({"metadata": {}}), encoding="utf-8")
    place = check_private()
    assert not place.private
    assert "not marked as private. Work in your_own_data.ipynb" in place._repr_markdown_()


def test_one_that_was_renamed_meanwhile_is_judged_by_its_name(ours, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", str(ours.with_name("your_own_data.ipynb")))
    assert check_private().private
    ours.write_text("{", encoding="utf-8")
    monkeypatch.setenv("JPY_SESSION_NAME", str(ours))
    assert not check_private().private


def test_elsewhere_a_reader_is_warned_and_told_what_to_do(kernel, ours, monkeypatch):
    kernel.user_ns["__vsc_ipynb_file__"] = str(ours)  # VS Code, with a kernel of our server
    in_code = check_private()
    kernel.user_ns.clear()
    monkeypatch.delenv(HOOKED)
    in_another_jupyter = check_private()
    monkeypatch.setenv(HOOKED, "1")
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert check_private() == in_another_jupyter == in_code
    assert not in_code.private
    assert "will be saved" in in_code.says and "python3 run.py lab" in in_code.says
    assert repr(in_code).startswith("⚠ ") and "⚠ **" in in_code._repr_markdown_()


def test_in_the_cloud_a_reader_hears_that_it_is_not_their_machine(ours, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace())
    place = check_private()
    assert not place.private and place.says.startswith("This is not your machine")


@pytest.mark.parametrize("module", [None, "jupyter_server_ydoc", "jupyter_collaboration"])
def test_beside_what_writes_all_changes_down_nothing_is_promised(module, tmp_path, monkeypatch):
    """jupyter-collaboration keeps a document's changes, outputs too, in .jupyter_ystore.db."""
    monkeypatch.setenv(HOOKED, "1" if module else "")
    if module:
        (tmp_path / f"{module}.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    settings = Path(__file__).parent.parent / ".jupyter" / "jupyter_server_config.py"
    config = SimpleNamespace(ContentsManager=SimpleNamespace())
    runpy.run_path(str(settings), {"get_config": lambda: config})
    assert config.ContentsManager.pre_save_hook is before_saving
    assert bool(os.environ.get(HOOKED)) is (module is None)


def test_where_there_is_no_notebook_nothing_is_saved(kernel, monkeypatch):
    monkeypatch.setattr(private_notebooks, "_shell", lambda: None)
    assert check_private().says == "This is no notebook, and nothing that it shows is saved."


@pytest.mark.parametrize("where", ["kernel", "ours"])
def test_the_history_is_kept_off_the_disk_wherever_it_runs(where, request, kernel):
    request.getfixturevalue(where)
    check_private()
    history = kernel.history_manager
    assert not (history.enabled or history.db_log_output)
    assert history.db_input_cache == history.db_output_cache == []


def test_a_shell_without_a_history_is_taken_too(kernel):
    del kernel.history_manager
    assert not check_private().private


# A real server -----------------------------------------------------------------------------------

OPEN = """
import sys, zipfile
from IPython.display import HTML, display
from ipywidgets import Text
held = zipfile.ZipFile({archive!r}).read("likes.json").decode()
"""
SHOW = """
print(held)
print(held, file=sys.stderr)
display(HTML(f"<b>{held}</b>"))
widget = Text(value=held, description=held)
display(widget)
[held]
"""
FAIL = "raise ValueError(held)"
CHECK = "from ethics_lib.private_notebooks import check_private\nprint(check_private())"
CORE = "import resource\nresource.getrlimit(resource.RLIMIT_CORE)[0]"


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("theirs") / "archive.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("likes.json", SECRET)
    return path


def cells_for(archive):
    return [CHECK, OPEN.format(archive=str(archive)), SHOW, FAIL]


def write(path, cells, metadata):
    cells = [new_code_cell(cell) for cell in cells]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel, **metadata}), path)


def where_it_stands(word, folder):
    """Every file under a folder that holds a word, by its path."""
    found = set()
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            text = path.read_bytes()
            if word.encode() in text or word.encode("utf-16-le") in text:
                found.add(path.relative_to(folder).as_posix())
    return found


class Server:
    """A JupyterLab with the project's settings, spoken to as its page does."""

    def __init__(self, address, token):
        self.address, self.token = address, token

    def ask(self, verb, address, **content):
        headers = {"Authorization": f"token {self.token}"}
        reply = requests.request(
            verb, f"{self.address}/{address}", json=content or None, headers=headers, timeout=60
        )
        reply.raise_for_status()
        return reply

    def run(self, session, code):
        """Execute a cell: its outputs, and the state of the widgets that it opened."""
        kernel = session["kernel"]["id"]
        address = f"{self.address.replace('http', 'ws')}/api/kernels/{kernel}/channels"
        outputs, state = [], {}
        with closing(create_connection(f"{address}?token={self.token}", timeout=60)) as socket:
            header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "version": "5.3"}
            header |= {"session": uuid.uuid4().hex, "username": "", "date": ""}
            content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
            content |= {"user_expressions": {}, "stop_on_error": False}
            message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
            socket.send(json.dumps({**message, "channel": "shell", "buffers": []}))
            while True:
                message = json.loads(socket.recv())
                kind, content = message["header"]["msg_type"], message["content"]
                if message["parent_header"].get("msg_id") != header["msg_id"]:
                    continue
                if kind in ("stream", "display_data", "execute_result", "error"):
                    outputs.append(nbformat.v4.output_from_msg(message))
                elif kind == "comm_open":
                    state[content["comm_id"]] = content["data"]["state"]
                elif kind == "status" and content["execution_state"] == "idle":
                    return outputs, state

    def work(self, path, cells):
        """Run a notebook as somebody at the page does, then save it, twice, and a checkpoint."""
        session = self.ask(
            "POST",
            "api/sessions",
            path=path,
            name=Path(path).name,
            type="notebook",
            kernel={"name": "python3"},
        ).json()
        held = self.ask("GET", f"api/contents/{path}").json()["content"]
        states = {}
        for number, (cell, code) in enumerate(zip(held["cells"], cells, strict=True), start=1):
            cell["outputs"], state = self.run(session, code)
            cell["execution_count"] = number
            cell["metadata"]["execution"] = {"iopub.status.idle": "2026-01-02T00:00:00Z"}
            states |= state
        widgets = {"version_major": 2, "version_minor": 0, "state": states}
        held["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": widgets}
        # Typed in a cell that was deleted before the notebook was saved.
        self.run(session, f"typed = {TYPED!r}")
        place = f"api/contents/{path}"
        for _ in range(2):
            self.ask("PUT", place, type="notebook", format="json", content=held)
        self.ask("POST", f"{place}/checkpoints", checkpoint=True)
        exported = self.ask("GET", f"nbconvert/html/{path}").text
        return session, json.dumps(held), exported


@contextmanager
def serve(root, home):
    """JupyterLab as `run.py lab` starts it, with a home of its own for all that it writes."""
    port, token = _free_port(), uuid.uuid4().hex
    settings = environment.jupyter_settings()
    kept = environment.jupyter_folder()
    settings = {k: v.replace(str(kept), str(home / "jupyter")) for k, v in settings.items()}
    for name in ("tmp", "jupyter"):
        (home / name).mkdir(parents=True)
    variables = environment.surroundings(**settings, HOME=str(home), TMPDIR=str(home / "tmp"))
    for name in list(variables):
        if name.startswith("XDG_") or name in (HOOKED, "JUPYTER_RUNTIME_DIR"):
            del variables[name]
    options = ["--no-browser", "--allow-root", "--debug", f"--ServerApp.root_dir={root}"]
    options += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
    options += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"]
    command = [sys.executable, "-m", "jupyterlab", *options]
    pipes = {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    with (
        (home / "lab.log").open("wb") as log,
        subprocess.Popen(command, cwd=root, env=variables, stdout=log, **pipes) as child,
    ):
        try:
            _wait_for(child, port, home / "lab.log")
            yield Server(f"http://127.0.0.1:{port}", token)
        finally:
            child.terminate()


@pytest.mark.slow
def test_a_real_server_writes_nothing_that_a_private_notebook_showed(tmp_path, archive):
    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    cells = cells_for(archive)
    # Marked, named, and neither: the last shows that the search below would find it.
    write(root / "diary.ipynb", cells, MARK)
    write(root / "your_own_data-Copy1.ipynb", cells, {})
    write(root / "open.ipynb", cells[1:], {})
    with serve(root, home) as server:
        for path in ("diary.ipynb", "your_own_data-Copy1.ipynb"):
            session, held, exported = server.work(path, cells)
            assert held.count(SECRET) >= 6, "a cell showed nothing, or the widget held nothing"
            assert "never saved with this notebook" in held
            assert SECRET not in exported
            if sys.platform != "win32":
                outputs, _ = server.run(session, CORE)
                assert outputs[0]["data"]["text/plain"] == "0"
            if path.startswith("your"):  # one kernel ends as it should, the other crashes
                outputs, _ = server.run(session, "import os\nos.getpid()")
                os.kill(int(outputs[0]["data"]["text/plain"]), signal.SIGABRT)
            server.ask("DELETE", f"api/sessions/{session['id']}")
        assert where_it_stands(TYPED, tmp_path) == where_it_stands(SECRET, tmp_path) == set()
        session, held, exported = server.work("open.ipynb", cells[1:])
        assert SECRET in exported
        server.ask("DELETE", f"api/sessions/{session['id']}")
        server.ask("POST", "api/shutdown")
    assert where_it_stands(SECRET, tmp_path) == {
        "root/open.ipynb",
        "root/.ipynb_checkpoints/open-checkpoint.ipynb",
    }
    assert where_it_stands(TYPED, tmp_path) == {
        "home/jupyter/ipython/profile_default/history.sqlite"
    }
    for path in ("diary.ipynb", ".ipynb_checkpoints/diary-checkpoint.ipynb"):
        left = nbformat.read(root / path, as_version=4)
        nbformat.validate(left)
        assert [cell.source for cell in left.cells] == cells


ON_SCREEN = """
return window.jupyterapp.shell.currentWidget.content.widgets
    .map(cell => cell.node.querySelector(".jp-Cell-outputArea")?.textContent ?? "");
"""
SAVE = """
const app = window.jupyterapp, saves = "@jupyter-widgets/jupyterlab-manager:saveWidgetState";
if (!app.commands.isToggled(saves)) await app.commands.execute(saves);
const context = app.shell.currentWidget.context;
context.model.setMetadata("last", "save");
await app.commands.execute("docmanager:save");
return [context.model.dirty, JSON.stringify(context.model.toJSON())];
"""


@pytest.mark.slow
@pytest.mark.xdist_group("browser")
@pytest.mark.skipif(
    not (CHROMIUM and CHROMEDRIVER),
    reason="no Chromium with chromedriver found (Debian: chromium, chromium-driver)",
)
def test_in_a_browser_outputs_stay_on_screen_and_the_save_holds_none(tmp_path, archive):
    cells = cells_for(archive)
    for name, metadata in (("diary.ipynb", MARK), ("open.ipynb", {})):
        write(tmp_path / name, cells, metadata)
    with open_lab(tmp_path) as lab:
        for name in ("diary.ipynb", "open.ipynb"):
            assert lab.run_all(tmp_path / name).failed == [f"ValueError: {SECRET}"]
            dirty, held = lab.do(SAVE)
            assert not dirty and held.count(SECRET) >= 6 and "widget-state+json" in held
            shown = lab.do(ON_SCREEN)
            assert all(SECRET in text for text in shown[2:])
            assert ("never saved with this notebook" in shown[0]) == (name == "diary.ipynb")
            if name == "diary.ipynb":
                found = where_it_stands(SECRET, tmp_path), where_it_stands(SECRET, lab.scratch)
                assert found == (set(), set())
        assert where_it_stands(SECRET, tmp_path) == {"open.ipynb"}
        assert "checkpoints" in {
            path.split("/")[0] for path in where_it_stands(SECRET, lab.scratch)
        }
