"""How long a large archive takes to read, and how much memory: beside reading it whole.

Three archives of one size are made, packed as platforms pack them: Google's watch history, one list
of a hundred thousands; TikTok's, a single file with what was watched and all chats; Instagram's
messages and likes, in many files. Each is read in a process of its own, so that its peak of memory
is its own. The peer is what one would write first: `json.load` of the largest file, and a table of
its times by pandas.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from audit import peak
from friends import say, take_time, verdict

# The bars, said in advance.
MEGABYTES, SECONDS, GIGABYTES = 200, 30, 0.7
LARGE, LARGE_GIGABYTES = 2_000, 1.0
_BLOCK = 20_000  # entries that are made at once, and then repeated


def watched(rng: np.random.Generator) -> Iterator[str]:
    """Entries of a watch history of Google's."""
    channels = rng.zipf(1.4, _BLOCK) % 30_000
    for number, channel in zip(rng.integers(10**9, size=_BLOCK), channels, strict=True):
        yield json.dumps(
            {
                "header": "YouTube",
                "title": f"Watched something about {number:x} and {channel:x}",
                "titleUrl": f"https://www.youtube.example/watch?v={number:011d}",
                "subtitles": [{"name": f"Channel {channel}", "url": f"https://c/{channel:022d}"}],
                "time": f"2025-{1 + number % 12:02d}-{1 + number % 28:02d}T06:30:00.123Z",
                "products": ["YouTube"],
                "activityControls": ["YouTube watch history"],
            }
        )


def seen(rng: np.random.Generator) -> Iterator[str]:
    """Entries of a watch history of TikTok's."""
    for number in rng.integers(10**9, size=_BLOCK):
        day = f"2025-{1 + number % 12:02d}-{1 + number % 28:02d} 21:00:00"
        yield json.dumps({"Date": day, "Link": f"https://v.example/video/{number:019d}/"})


def written(rng: np.random.Generator) -> Iterator[str]:
    """Messages of a chat of TikTok's."""
    for number in rng.integers(10**9, size=_BLOCK):
        day = f"2025-{1 + number % 12:02d}-{1 + number % 28:02d} 21:06:00"
        words = {"Date": day, "From": f"friend {number % 2}", "Content": f"so {number:x}, and you?"}
        yield json.dumps(words)


def sent(rng: np.random.Generator) -> Iterator[str]:
    """Messages of a chat of Instagram's."""
    for number in rng.integers(10**9, size=_BLOCK):
        yield json.dumps(
            {
                "sender_name": f"friend {number % 2}",
                "timestamp_ms": 1_750_000_000_000 + int(number),
                "content": f"so {number:x}, and you?",
                "is_geoblocked_for_viewer": False,
            }
        )


def liked(rng: np.random.Generator) -> Iterator[str]:
    """Likes of Instagram's."""
    for number in rng.integers(10**9, size=_BLOCK):
        told = {"href": f"https://i.example/p/{number}/", "value": "x", "timestamp": 1_750_000_000}
        yield json.dumps({"title": f"account {number % 40_000}", "string_list_data": [told]})


Made = Callable[[np.random.Generator], Iterator[str]]


def write_list(
    file: zipfile.ZipFile, name: str, head: str, tail: str, make: Made, size: int
) -> None:
    """Write one JSON file of about so many bytes, with one list of entries in it."""
    with file.open(name, "w", force_zip64=True) as stream:
        write_entries(stream, head, tail, make, size)


def write_entries(stream: object, head: str, tail: str, make: Made, size: int) -> None:
    """Write entries of one list until there are about so many bytes."""
    entries = list(make(np.random.default_rng(1)))
    block = ", ".join(entries)
    stream.write(head.encode())
    blocks, rest = divmod(size, len(block) + 2)
    for _ in range(blocks):
        stream.write(f"{block}, ".encode())
    few = max(1, int(rest / (len(block) + 2) * len(entries)))
    stream.write((", ".join(entries[:few]) + tail).encode())


def write_google(path: Path, size: int) -> None:
    """Write a Takeout of a watch history."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        name = "Takeout/YouTube and YouTube Music/history/watch-history.json"
        write_list(file, name, "[", "]", watched, size)


def write_tiktok(path: Path, size: int) -> None:
    """Write the one file of TikTok's: half of it watched, half of it chats."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file,
        file.open("user_data_tiktok.json", "w", force_zip64=True) as stream,
    ):
        head = '{"Your Activity": {"Watch History": {"VideoList": ['
        write_entries(stream, head, "]}}, ", seen, size // 2)
        head = '"Direct Message": {"Direct Messages": {"ChatHistory": {"Chat History with a:": ['
        write_entries(stream, head, "]}}}}", written, size // 2)


def write_instagram(path: Path, size: int) -> None:
    """Write messages, of ten megabytes a file, and likes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        files = max(1, size // 2 // 10_000_000)
        for number in range(1, 1 + files):
            name = f"your_instagram_activity/messages/inbox/friend_1/message_{number}.json"
            write_list(file, name, '{"messages": [', "]}", sent, size // 2 // files)
        name = "your_instagram_activity/likes/liked_posts.json"
        write_list(file, name, '{"likes_media_likes": [', "]}", liked, size // 2)


ARCHIVES = {"google": write_google, "tiktok": write_tiktok, "instagram": write_instagram}


def read_ours(path: Path) -> int:
    """Read an archive, with its bar; the number of traces."""
    from ethics_lib.exports import read_export

    return len(read_export(path, progress=True).traces)


def read_whole(path: Path) -> int:
    """Read the largest file of an archive whole, and make a table of its times."""
    with zipfile.ZipFile(path) as file:
        largest = max(file.infolist(), key=lambda info: info.file_size)
        with file.open(largest) as stream:
            read = json.load(stream)
    if isinstance(read, dict) and "Your Activity" in read:
        read = read["Your Activity"]["Watch History"]["VideoList"]
    elif isinstance(read, dict):
        read = next(iter(read.values()))
    times = [e.get("time") or e.get("Date") or e["string_list_data"][0]["timestamp"] for e in read]
    return len(pd.DataFrame({"time": times}))


READERS = {"ours": read_ours, "whole": read_whole}


def measure(path: Path, reader: str) -> dict[str, float]:
    """Seconds, gigabytes at the peak and entries of one reading, in a process of its own."""
    program = [sys.executable, __file__, "--read", str(path), "--reader", reader]
    done = subprocess.run(program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return json.loads(done.stdout)


def compare(megabytes: int, *, rounds: int, peers: bool = True) -> pd.DataFrame:
    """One row an archive: how large it is, what it took, and what reading it whole took."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="brightwater-") as folder:
        for name, write in ARCHIVES.items():
            path = Path(folder) / f"{name}.zip"
            write(path, megabytes * 1_000_000)
            with zipfile.ZipFile(path) as file:
                size = sum(info.file_size for info in file.infolist()) / 1e6
            runs = [
                (measure(path, "ours"), peers and measure(path, "whole")) for _ in range(rounds)
            ]
            ours, whole = (pd.DataFrame([r for r in part if r]) for part in zip(*runs, strict=True))
            row = {"archive": name, "MB": size, "MB packed": path.stat().st_size / 1e6}
            row |= {"entries": ours["entries"].iloc[0], "seconds": ours["seconds"].median()}
            row |= {"GB": ours["GB"].max()}
            if peers:
                row["times whole"] = (ours["seconds"] / whole["seconds"]).median()
                row["GB whole"] = whole["GB"].max()
            rows.append(row)
            path.unlink()
    return pd.DataFrame(rows)


def say_compared(table: pd.DataFrame, seconds: float, gigabytes: float) -> bool:
    """Print the table, and whether it holds."""
    forms = dict.fromkeys(("MB", "MB packed", "entries"), "{:,.0f}".format)
    forms |= dict.fromkeys(("seconds", "times whole", "GB", "GB whole"), "{:.2f}".format)
    say(table.to_string(index=False, formatters={n: f for n, f in forms.items() if n in table}))
    quick, small = (table["seconds"] <= seconds).all(), (table["GB"] <= gigabytes).all()
    if np.isfinite(seconds):
        say(f"each in {seconds:g} s: {verdict(quick)}")
    say(f"each in {gigabytes:g} GB: {verdict(small)}")
    return bool(quick and small)


def main(arguments: list[str]) -> int:
    """Print all of it."""
    parser = argparse.ArgumentParser(prog="exports.py", description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=MEGABYTES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large", action="store_true", help="archives of 2 GB too")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--reader", choices=READERS, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.read:
        seconds, entries = take_time(READERS[asked.reader], asked.read)
        say(json.dumps({"seconds": seconds, "GB": peak(), "entries": entries}))
        return 0
    say(
        f"Large archives. {date.today()}, Python {platform.python_version()}, "
        f"{os.cpu_count()} processors"
    )
    holds = say_compared(compare(asked.megabytes, rounds=asked.rounds), SECONDS, GIGABYTES)
    if asked.large:
        say("")
        large = compare(LARGE, rounds=1, peers=False)
        holds &= say_compared(large, float("inf"), LARGE_GIGABYTES)
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
