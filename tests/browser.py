"""See a notebook as a reader sees it: JupyterLab in a browser that cannot leave this machine.

    python tests/browser.py NOTEBOOK FOLDER

runs the notebook in JupyterLab and fills the folder with pictures, from its top to its bottom. The
notebook itself is left as it is: nothing is saved, nothing written beside it. Chromium and its
chromedriver must be installed.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from notebooks_runner import ROOT, environment, tried
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

PATIENCE = 90  # seconds, for whatever one waits for

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
CHROMEDRIVER = shutil.which("chromedriver")

# What runs in the page may wait: each script is the body of an async function.
RUN_ALL = """
const [path, patience] = inputs;
const until = async (what, ready) => {
    const end = Date.now() + 1000 * patience;
    while (!await ready()) {
        if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
        await new Promise(resolve => setTimeout(resolve, 50));
    }
};
await until("JupyterLab", () => window.jupyterapp);
const app = window.jupyterapp;
await app.restored;
await until(path, () => app.shell.currentWidget?.context?.path === path);
const panel = app.shell.currentWidget;
await panel.context.ready;
await panel.sessionContext.ready;
await app.commands.execute("notebook:run-all-cells");
await until("the kernel", () => panel.sessionContext.session?.kernel?.status === "idle");

const outputs = panel.content.widgets.flatMap(cell => cell.model.toJSON().outputs ?? []);
const wanted = outputs.filter(out => out.data?.["application/vnd.plotly.v1+json"]).length;
const figures = () => [...panel.content.node.querySelectorAll(".js-plotly-plot")];
const is_drawn = figure => figure.querySelector(".main-svg")
    && (figure._context.displayModeBar === false || figure.querySelector(".modebar-container"));
await until("the figures", () => figures().filter(is_drawn).length >= wanted);
await until("the pictures", () => [...document.images].every(image => image.complete));
await document.fonts.ready;
return {figures: wanted, failed: outputs.filter(out => out.output_type === "error")
    .map(out => `${out.ename}: ${out.evalue}`)};
"""

WAYS_OUT = """
const buttons = document.querySelectorAll(".js-plotly-plot .modebar-btn");
const leads = /share|cloud|upload|chart studio|plotly/i;
const links = document.querySelectorAll(
    ".js-plotly-plot [href*='plotly'], .js-plotly-plot [href*='plot.ly']");
return [...[...buttons].map(b => b.dataset.title ?? "").filter(title => leads.test(title)),
        ...[...links].map(link => link.getAttribute("href"))];
"""

TO_THE_TOP = """
const notebook = window.jupyterapp.shell.currentWidget.content;
notebook.activeCellIndex = 0;
notebook.deselectAll();
const scrolls = element => ["auto", "scroll"].includes(getComputedStyle(element).overflowY);
window.scroller = [notebook.node, ...notebook.node.querySelectorAll("*")].find(
    element => scrolls(element) && element.querySelector(".jp-Cell"));
window.scroller.scrollTop = 0;
"""

LAY_OUT = """
window.jupyterapp.shell.collapseLeft();
// Figures take the new width.
await new Promise(resolve => setTimeout(resolve, 700));
const frame = window.scroller.getBoundingClientRect();
const cells = [...window.scroller.querySelectorAll(".jp-Cell")].map(
    cell => cell.getBoundingClientRect());
return {x: frame.x, y: frame.y, width: frame.width, height: frame.height,
        cells: cells.map(cell => [cell.top - frame.y, cell.bottom - frame.y])};
"""

SCROLL = """
window.scroller.scrollTop = inputs[0];
await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)));
return window.scroller.scrollTop;
"""

CLEAR_UP = """
await window.jupyterapp?.serviceManager.sessions.shutdownAll();
"""


@dataclass(frozen=True)
class Seen:
    """What a reader met in a notebook; all but the figures should be empty.

    Attributes
    ----------
    figures : int
        How many were drawn.
    failed : list of str
        The errors that cells ended with.
    ways_out : list of str
        Buttons and links on figures that lead to somebody's servers.
    asked : list of str
        Addresses on other machines that the page asked for, and hosts that the server or its
        kernels looked for, all in vain.
    severe : list of str
        Severe messages of the browser's console.
    """

    figures: int
    failed: list[str]
    ways_out: list[str]
    asked: list[str]
    severe: list[str]

    @property
    def wrong(self) -> list[str]:
        return [*self.failed, *self.ways_out, *self.asked, *self.severe]


@dataclass(frozen=True)
class Lab:
    """A JupyterLab, and a browser in front of it."""

    address: str
    token: str
    root: Path
    scratch: Path
    driver: Chrome

    def run_all(self, notebook: Path) -> Seen:
        """Open a notebook, run all its cells and wait until its figures are drawn."""
        path = notebook.resolve().relative_to(self.root).as_posix()
        # A workspace of its own, or the tabs of the notebook before would open with it.
        place = f"lab/workspaces/w{secrets.token_hex(4)}/tree/{quote(path)}"
        for log in ("performance", "browser"):
            self.driver.get_log(log)
        self.driver.get(f"{self.address}/{place}?token={self.token}")
        ran = self.do(RUN_ALL, path, PATIENCE - 10)
        return Seen(
            **ran,
            ways_out=self.do(WAYS_OUT),
            asked=[*filter(is_elsewhere, self._requests()), *tried(self.scratch)],
            severe=[
                entry["message"]
                for entry in self.driver.get_log("browser")
                if entry["level"] == "SEVERE"
            ],
        )

    def _requests(self) -> Iterator[str]:
        for entry in self.driver.get_log("performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                yield event["params"]["request"]["url"]
            elif event["method"] == "Network.webSocketCreated":
                yield event["params"]["url"]

    def shoot(self, folder: Path) -> list[Path]:
        """Take pictures of the open notebook, from top to bottom, cut between cells if possible.

        The first shows the whole window, the others the notebook alone.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("[0-9][0-9].png"):
            old.unlink()
        shots = [folder / "00.png"]
        self.do(TO_THE_TOP)
        self.do(SCROLL, 0)
        self.driver.get_screenshot_as_file(str(shots[0]))
        page = self.do(LAY_OUT)
        for top, bottom in cuts(page["cells"], page["height"]):
            # Near its end, a page scrolls less far than it is told.
            y = page["y"] + top - self.do(SCROLL, top)
            clip = {"x": page["x"], "y": y, "width": page["width"], "height": bottom - top}
            picture = self.driver.execute_cdp_cmd(
                "Page.captureScreenshot", {"format": "png", "clip": {**clip, "scale": 1}}
            )
            shots.append(folder / f"{len(shots):02}.png")
            shots[-1].write_bytes(base64.b64decode(picture["data"]))
        return shots

    def do(self, script: str, *inputs: Any) -> Any:
        """Run a script in the page and wait for what it returns."""
        answer = self.driver.execute_async_script(
            "const inputs = [...arguments], reply = inputs.pop();"
            f"(async () => {{{script}}})().then("
            "value => reply({value}), error => reply({error: String(error)}));",
            *inputs,
        )
        if "error" in answer:
            raise RuntimeError(f"In the browser: {answer['error']}")
        return answer.get("value")


def is_elsewhere(address: str) -> bool:
    """Whether an address lies on another machine.

    Examples
    --------
    >>> is_elsewhere("http://127.0.0.1:8888/lab"), is_elsewhere("data:image/png;base64,")
    (False, False)
    >>> is_elsewhere("wss://telemetry.invalid/")
    True
    """
    parts = urlsplit(address)
    on_a_net = parts.scheme in ("http", "https", "ws", "wss")
    return on_a_net and parts.hostname not in ("127.0.0.1", "localhost")


def cuts(cells: list[list[float]], height: float) -> list[tuple[float, float]]:
    """Where to cut a notebook into pictures of this height: between cells, or else anywhere.

    Examples
    --------
    >>> cuts([[0, 40], [40, 90], [90, 120]], 100)
    [(0, 90), (90, 120)]
    >>> cuts([[0, 150]], 100)
    [(0, 100), (100, 150)]
    """
    top, end, pages = 0, max(bottom for _, bottom in cells), []
    while top < end:
        whole = [bottom for _, bottom in cells if top + height / 2 < bottom <= top + height]
        bottom = max(whole, default=min(top + height, end))
        pages.append((top, bottom))
        top = bottom
    return pages


@contextmanager
def open_lab(root: Path = ROOT, *, width: int = 1400, height: int = 1400) -> Iterator[Lab]:
    """Start JupyterLab with the project's settings, and a Chromium; end both afterwards."""
    with tempfile.TemporaryDirectory(prefix="brightwater-", ignore_cleanup_errors=True) as folder:
        scratch = Path(folder)
        port, token = _free_port(), secrets.token_hex(16)
        with (
            _server(root, port, token, scratch) as server,
            _chromium(scratch, width, height) as driver,
        ):
            _wait_for(server, port, scratch / "lab.log")
            lab = Lab(f"http://127.0.0.1:{port}", token, root, scratch, driver)
            try:
                yield lab
            finally:
                lab.do(CLEAR_UP)


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return tried.getsockname()[1]


@contextmanager
def _server(root: Path, port: int, token: str, scratch: Path) -> Iterator[subprocess.Popen]:
    # Autosave would write outputs into the notebook that is looked at.
    autosave = scratch / "settings/@jupyterlab/docmanager-extension/plugin.jupyterlab-settings"
    autosave.parent.mkdir(parents=True)
    autosave.write_text('{"autosave": false}', encoding="utf-8")
    variables = {
        **environment(scratch),
        "JUPYTER_CONFIG_PATH": str(ROOT / ".jupyter"),
        "JUPYTER_DATA_DIR": str(scratch / "data"),
        "JUPYTER_RUNTIME_DIR": str(scratch / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(scratch / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(scratch / "workspaces"),
    }
    options = [
        "--no-browser",
        "--expose-app-in-browser",
        f"--ServerApp.root_dir={root}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}",
        f"--FileCheckpoints.checkpoint_dir={scratch / 'checkpoints'}",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    with (
        (scratch / "lab.log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        ) as server,
    ):
        try:
            yield server
        finally:
            server.terminate()


def _wait_for(server: subprocess.Popen, port: int, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError as error:
            if server.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"JupyterLab did not start: {log.read_text('utf-8')}") from error
            time.sleep(0.1)


@contextmanager
def _chromium(scratch: Path, width: int, height: int) -> Iterator[Chrome]:
    if not (CHROMIUM and CHROMEDRIVER):
        raise FileNotFoundError("Chromium and chromedriver are needed, and were not found on PATH.")
    options = ChromeOptions()
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    for argument in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        # Its own calls home would be noise among those of the page, which find no way out either.
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        f"--user-data-dir={scratch / 'chromium'}",
        f"--window-size={width},{height}",
    ):
        options.add_argument(argument)
    driver = Chrome(options, ChromeService(CHROMEDRIVER))
    try:
        driver.set_script_timeout(PATIENCE)
        yield driver
    finally:
        driver.quit()


def shots(
    notebook: Path, folder: Path, *, width: int = 1400, height: int = 1400
) -> tuple[list[Path], Seen]:
    """Run a notebook in JupyterLab and take pictures of all of it."""
    notebook = notebook.resolve()
    root = ROOT if notebook.is_relative_to(ROOT) else notebook.parent
    with open_lab(root, width=width, height=height) as lab:
        seen = lab.run_all(notebook)
        return lab.shoot(folder), seen


def main() -> int:
    parser = argparse.ArgumentParser(description=re.split(r"\n\n", __doc__)[0])
    parser.add_argument("notebook", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--width", type=int, default=1400)
    parser.add_argument("--height", type=int, default=1400, help="of a picture, at most")
    given = parser.parse_args()
    pictures, seen = shots(given.notebook, given.folder, width=given.width, height=given.height)
    print(*pictures, *(f"WRONG {what}" for what in seen.wrong), sep="\n")
    return int(bool(seen.wrong))


if __name__ == "__main__":
    sys.exit(main())
