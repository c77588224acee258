"""The README keeps its word: its lines run as printed, and print what it says."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_ten_lines_run_as_printed():
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.S)
    printed = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        check=False,
    )
    assert printed.stderr == ""
    claimed = re.search(r"wronged by each.*?```\n(.*?)```", README, flags=re.S)[1]
    assert printed.stdout.split() == claimed.split()
    verbs = [line for line in code.splitlines() if line and not line.startswith("import")]
    assert len(verbs) <= 12


def test_what_it_names_is_there():
    for name in re.findall(r"^\| `([\w./]+)` \|", README, flags=re.M):
        assert (ROOT / name).exists(), name
    for link in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (ROOT / link).exists(), link
