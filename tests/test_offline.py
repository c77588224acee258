"""Nothing calls home: the library opens no socket, and the wall around these tests is a wall."""

import subprocess
import sys

import pytest
from notebooks_runner import ROOT, environment, tried

# Any socket at all, also one to this machine, ends the programme.
NO_SOCKET = """
import sys
def refuse(event, arguments):
    if event.startswith("socket."):
        raise RuntimeError(f"{event}{arguments}")
sys.addaudithook(refuse)
"""

EVERY_ROOM = """
import importlib, pkgutil
import ethics_lib
for room in pkgutil.iter_modules(ethics_lib.__path__, "ethics_lib."):
    importlib.import_module(room.name)
"""

THE_STORY = """
import pandas as pd
from ethics_lib import *
from ethics_lib.datasets import load_karate, load_southern_women
load_town(), load_karate(), load_southern_women()
world, day = make_world(400, rng=7), "2025-01-01"
agreed = ask_consent(
    world.people, holder="Murmur", purposes=["service"], how="terms", time=day, rng=1
)
held = collect(world, agreed, [Platform("Murmur"), Pixel("Murmur", reach=0.3, waits=False)])
answers = world.reports.query("trait in ['faith', 'party']")
known = answers[["person", "trait", "value"]]
believed = pd.concat([
    infer_interests(held.traces, world.items, holder="Murmur"),
    infer(held.traces, answers, holder="Murmur"),
])
spread = propagate(known, held.ties, holder="Murmur")
score(spread, world.people["faith"], trait="faith", value="Tide")
explain(held.traces, answers, person=17)
make_personas(believed)
persona_card(17, believed)._repr_html_()
use = declare_use(
    "news", holder="Murmur", traits=["party"], purpose="direct_marketing", basis=None,
    topic="politics", time=day,
)
ad = Ad("Vote", "politics", "party", "Quay")
shown = target(believed, ad, use="news", threshold=0.7, time=day)
audit(CHARTER, traces=held.traces, consents=agreed, beliefs=believed, uses=use, decisions=shown)
"""


def isolated(code, tmp_path):
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        encoding="utf-8",
        timeout=100,
    )


@pytest.mark.parametrize("code", [EVERY_ROOM, THE_STORY], ids=["every room", "the story"])
def test_the_library_opens_no_socket(code, tmp_path):
    done = isolated(NO_SOCKET + code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert tried(tmp_path) == []


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.create_connection(('192.0.2.1', 80), timeout=1)",
        "socket.socket().connect_ex(('192.0.2.1', 80))",
        "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'17', ('192.0.2.1', 53))",
        "socket.getaddrinfo('brightwater.invalid', 443)",
        "socket.getaddrinfo(b'brightwater.invalid', 443)",
        "socket.gethostbyname('brightwater.invalid')",
        "socket.gethostbyname_ex('brightwater.invalid')",
        "socket.gethostbyaddr('192.0.2.1')",
        "socket.getnameinfo(('192.0.2.1', 80), 0)",
        "urllib.request.urlopen('http://brightwater.invalid/')",
        "asyncio.run(asyncio.open_connection('192.0.2.1', 80))",
        "child = [sys.executable, '-c', 'import socket; socket.gethostbyname(chr(120))']\n"
        "subprocess.run(child)",
    ],
)
def test_there_is_no_way_out(attempt, tmp_path):
    done = isolated(f"import asyncio, socket, subprocess, sys, urllib.request\n{attempt}", tmp_path)
    assert "NoWayOut: offline: socket." in done.stderr
    assert "was refused" in done.stderr
    assert len(tried(tmp_path)) == 1


def test_this_machine_can_be_reached(tmp_path):
    done = isolated(
        "import socket\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(('localhost', server.getsockname()[1])).sendall(b'17')\n"
        "if hasattr(socket, 'AF_UNIX'):\n"
        "    one, other = socket.socketpair()\n"
        "    one.send(b'17')\n"
        "    assert socket.socket(socket.AF_UNIX).connect_ex('nowhere')\n",
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
