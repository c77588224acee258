"""The benchmark of large archives runs, reads each entry and prints its bars. No time is tested."""

import re
import sys
import zipfile
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
import exports  # noqa: E402

from ethics_lib.exports import read_export  # noqa: E402


@pytest.mark.parametrize("name", exports.ARCHIVES)
def test_the_archives_are_read_to_the_last_entry(name, tmp_path):
    path = tmp_path / "archive.zip"
    exports.ARCHIVES[name](path, 300_000)
    read = read_export(path)
    assert set(read.files["status"]) == {"read"} and read.files["odd"].sum() == 0
    assert read.files["bytes"].sum() == pytest.approx(300_000, rel=0.05)
    with zipfile.ZipFile(path) as file:
        written = b" ".join(map(file.read, file.namelist()))
    times = re.findall(rb'"(?:time|Date|timestamp|timestamp_ms)":', written)  # one an entry
    assert len(read.traces) == len(times) > 900


@pytest.mark.parametrize("name", exports.ARCHIVES)
def test_the_peer_reads_the_largest_file(name, tmp_path):
    path = tmp_path / "archive.zip"
    exports.ARCHIVES[name](path, 300_000)
    assert 0 < exports.read_whole(path) <= exports.read_ours(path)


@pytest.mark.slow
def test_it_prints_its_bars_and_every_archive(capsys):
    exports.main(["--megabytes=2", "--rounds=1"])
    printed = capsys.readouterr().out
    page = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    for text in (printed, page):
        for name in exports.ARCHIVES:
            assert re.search(rf"^ *{name}( +[\d.,]+){{7}}$", text, re.M)
        assert re.search(r"^ *each in 30 s: (yes|NO)$", text, re.M)
        assert re.search(r"^ *each in 0.7 GB: (yes|NO)$", text, re.M)
