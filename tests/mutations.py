"""Mutations: archives with other people's names planted in them, and damaged, each by its seed.

`plant` puts secrets where the examples have other people's names, numbers and words; `mutate` does
one to three things to an archive that posts, programs and people do to archives, and more;
`examine` reads it, and keeps every word that came out on the way.
"""

import contextlib
import copy
import io
import json
import logging
import random
import re
import struct
import traceback
import warnings
import zipfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ethics_lib.exports import Export, read_export
from ethics_lib.tables import EthicsLibError

EXAMPLES = Path(__file__).with_name("exports")
PLATFORMS = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())

# Somebody else: two rare halves, so that half of a damaged name is still found.
OTHERS = re.compile("qwyzzle|vextrom|98765|zwqorb", re.IGNORECASE)
# The owner's own: may stand in a table, and in no message.
OWN = re.compile("krelvnik", re.IGNORECASE)

_PLANTED = [  # (as the examples have it, somebody else's), the longest first
    ("juno-demo-invented", "qwyzzle-vextrom"),
    ("juno_demo_invented", "qwyzzle_vextrom"),
    ("junodemo", "qwyzzlevextrom"),
    ("juno-demo", "qwyzzle-vextrom"),
    ("Juno Demo", "Qwyzzle Vextrom"),
    ("Juno,Demo", "Qwyzzle,Vextrom"),
    ("Juno", "Qwyzzle Vextrom"),
    ("Ada Placeholder", "Ada Vextrom"),
    ("Fixture", "Vextrom"),
    ("Brightwater Book Club", "Qwyzzle Vextrom"),
    ("000000000000000002", "000000000000987652"),
    ("07700 900123", "07700 987651"),
    ("midwife-notes-demo", "qwyzzle-notes"),
    ("tidepool-runners-demo", "vextrom-runners"),
    ("harbour-books-demo", "vextrom-books"),
    ("Tidepool Runners (demo)", "Vextrom Runners"),
    ("cafe-lantern-demo", "qwyzzle-lantern"),
    ("Caf\\u00c3\\u00a9 Lantern", "Vextrom Lantern"),
    # what people wrote to each other, and for others to read
    ("So happy for you both", "zwqorb is happy for you both"),
    ("ha, saving this one", "ha, zwqorb"),
    ("proud of you", "proud of zwqorb"),
    ("day 9", "zwqorb day 9"),
    ("day 11", "zwqorb day 11"),
    # what the owner looked for, and is believed to like
    ("parental leave", "krelvnik leave"),
    ("due date calculator", "krelvnik calculator"),
    ("littleorbit-prams-demo", "krelvnik-prams-demo"),
    ("Fitness", "Krelvnik"),
    ("Running", "Krelvnik"),
    ("Parenting", "Krelvnik"),
    ("Pregnancy", "Krelvnik"),
]


@cache
def _example(platform: str) -> tuple[tuple[str, bytes], ...]:
    folder = EXAMPLES / platform
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple((path.relative_to(folder).as_posix(), path.read_bytes()) for path in paths)


def plant(platform: str) -> dict[str, bytes]:
    """An example, by paths, with the secrets in its paths, keys and values."""

    def planted(words: str) -> str:
        for there, secret in _PLANTED:
            words = words.replace(there, secret)
        return words

    return {planted(p): planted(data.decode()).encode() for p, data in _example(platform)}


def pack(files: dict[str, bytes]) -> bytes:
    """A zip of them."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for path, data in files.items():
            file.writestr(zipfile.ZipInfo(path, (2026, 1, 15, 0, 0, 0)), data)
    return stream.getvalue()


class Mutant(NamedTuple):
    """A damaged archive; whether secrets may have come to stand where a firm's name stands."""

    platform: str
    done: tuple[str, ...]
    data: bytes
    moved: bool


def mutate(seed: int) -> Mutant:
    """The archive of this seed. Platforms take turns."""
    rng = random.Random(seed)
    platform = PLATFORMS[seed % len(PLATFORMS)]
    files, done = plant(platform), []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        mutator = rng.choice(_OF_FILES)
        mutator(rng, files)
        done.append(mutator.__name__)
    data = pack(files)
    if rng.random() < 0.15:
        mutator = rng.choice(_OF_ZIPS)
        data = mutator(rng, data)
        done.append(mutator.__name__)
    return Mutant(platform, tuple(done), data, bool(set(done) & _MOVING))


# What is done to the files of an archive


def _pick(rng, files, *endings):
    """A path; where it can be, a large file is as likely as a small one."""
    fit = [path for path in files if path.endswith(endings or "")]
    return rng.choice(fit or list(files) or [""])


def _on_bytes(function):
    """A mutator of one file's bytes."""

    def mutator(rng, files):
        if path := _pick(rng, files):
            files[path] = bytes(function(rng, bytearray(files[path])))

    mutator.__name__ = function.__name__
    return mutator


def _place(rng, data):
    return rng.randrange(len(data) + 1)


@_on_bytes
def flip_bytes(rng, data):
    for _ in range(rng.choice((1, 1, 3, 30)) if data else 0):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return data


@_on_bytes
def drop_bytes(rng, data):
    at = _place(rng, data)
    del data[at : at + rng.choice((1, 2, 10, 200))]
    return data


@_on_bytes
def insert_bytes(rng, data):
    bits = (b"\0", b"\xff\xfe", b'"', b"\\", b"{", b"]", b",", b"\n", b"\r", b"\xed\xa0\x80", b"'")
    at = _place(rng, data)
    data[at:at] = rng.choice((*bits, rng.randbytes(20), b"\\ud800", b"NaN", b"-Infinity", b"1e999"))
    return data


@_on_bytes
def cut_short(rng, data):
    return data[: _place(rng, data)]


@_on_bytes
def repeat_a_piece(rng, data):
    at = _place(rng, data)
    return (
        data[:at] + data[max(0, at - rng.randrange(300)) : at] * rng.choice((1, 2, 50)) + data[at:]
    )


@_on_bytes
def empty(rng, data):
    return rng.choice(
        (b"", b" ", b"\n", b"\0" * 100, b"null", b"{}", b"[]", b'""', b"0", b"\xef\xbb\xbf")
    )


@_on_bytes
def encode_otherwise(rng, data):
    codes = "utf-16 utf-16-le utf-16-be utf-8-sig utf-32 latin-1 cp1252 cp1252 utf-7".split()
    return data.decode("utf-8", "replace").encode(
        rng.choice(codes), rng.choice(("replace", "ignore"))
    )


@_on_bytes
def mojibake(rng, data):
    return data.decode("latin-1").encode("utf-8")


@_on_bytes
def nest_deeply(rng, data):
    """Hundreds to a hundred thousand levels, in front of a value or around all."""
    levels = rng.choice((70, 500, 5_000, 100_000))
    opens, closes = rng.choice(((b"[", b"]"), (b'{"a":', b"}")))
    at = rng.choice([0, *(m.end() for m in re.finditer(b": ?", data))])
    return data[:at] + opens * levels + rng.choice((b"", b"1" + closes * levels)) + data[at:]


@_on_bytes
def end_lines_otherwise(rng, data):
    return data.replace(b"\n", rng.choice((b"\r\n", b"\r", b"", b"\n\n", b"\xe2\x80\xa8")))


@_on_bytes
def odd_quotes(rng, data):
    for _ in range(rng.choice((1, 3, 9))):
        at = _place(rng, data)
        data[at:at] = rng.choice((b'"', b'""', b"'", b'"\n', b',"', b'\\"'))
    return data


@_on_bytes
def use_semicolons(rng, data):
    return data.replace(b",", rng.choice((b";", b"\t", b"|")))


@_on_bytes
def write_as_html(rng, data):
    return b"<!DOCTYPE html><html><body>" + data + b"</body></html>"


@_on_bytes
def twice_in_one_file(rng, data):
    return data + rng.choice((b"", b"\n", b",")) + data


def drop_a_file(rng, files):
    for _ in range(rng.choice((1, 3, 10))):
        if len(files) > 1:
            del files[_pick(rng, files)]


def swap_names(rng, files):
    one, other = _pick(rng, files), _pick(rng, files)
    files[one], files[other] = files[other], files[one]


def rename_a_file(rng, files):
    path = _pick(rng, files)
    folder, _, name = path.rpartition("/")
    stem, _, ending = name.rpartition(".")
    names = (
        f"{path}.txt",
        f"{folder}/{stem}.html",
        f"{folder}/{stem} (1).{ending}",
        f"{folder}/{stem.upper()}.{ending.upper()}",
        f"{folder}/vriendenlijst.{ending}",
        f"a/b/{path}",
        f"../{path}",
        f"{path}\\{name}",
        name,
        f"{folder}/._{name}",
        f"__MACOSX/{folder}/._{name}",
        f"{folder}/{stem}" + "x" * 200 + f".{ending}",
    )
    files[rng.choice(names).lstrip("/")] = files.pop(path)


def name_a_file_for_somebody(rng, files):
    """What is unknown in an archive may be called what people are called."""
    path = _pick(rng, files)
    name, ending = "Qwyzzle Vextrom", path.rpartition(".")[2]
    names = (
        f"messages/inbox/qwyzzlevextrom_12345/message_1.{ending}",
        f"messages/inbox/qwyzzlevextrom_12345/files/{name}.docx",
        f"your_facebook_activity/messages/e2ee_cutover/{name}/message_1.{ending}",
        f"WhatsApp Chat with {name}.txt",
        f"WhatsApp Chat - {name}/_chat.txt",
        f"WhatsApp-chat met {name}.txt",
        f"photos/{name}.jpg",
        f"{name}/{path}",
        f"{name}.{ending}",
        f"chat_media/2026-01-01_{name}.mp4",
        f"Mail/From {name}.mbox",
        f"Contacts/{name}.vcf",
        f"{path}/{name}",
        name,
        f"Drive/letter to {name}.pdf.json",
    )
    files[rng.choice(names)] = files[path]


def add_a_foreign_file(rng, files):
    other = plant(rng.choice(PLATFORMS))
    for path in rng.sample(list(other), min(len(other), rng.choice((1, 3)))):
        files[path] = other[path]


def add_odd_files(rng, files):
    inner = pack({"qwyzzle.json": b"[]"})
    files |= {"inner.zip": inner, ".DS_Store": rng.randbytes(50), "index.html": b"<html>", "a": b""}


# What is done to a JSON text


def _on_trees(function):
    """A mutator of one JSON file as a tree; others are left as they are."""

    def mutator(rng, files):
        path = _pick(rng, files, ".json", ".js")
        words = files.get(path, b"").decode("utf-8", "replace")
        head, start = re.match(r"(window[^=]*= ?)?", words)[0], 0
        start = len(head)
        try:
            tree = json.loads(words[start:])
        except (ValueError, RecursionError):
            return flip_bytes(rng, files)
        for _ in range(rng.choice((1, 1, 2, 5))):
            tree = function(rng, tree)
        with contextlib.suppress(RecursionError):
            files[path] = (head + json.dumps(tree)).encode()

    mutator.__name__ = function.__name__
    return mutator


def _nodes(tree):
    """Every place of a tree, as (what it is in, under which name)."""
    found, stack = [], [tree]
    while stack:
        one = stack.pop()
        if isinstance(one, (dict, list)):
            inner = list(one.items() if isinstance(one, dict) else enumerate(one))
            found += [(one, name) for name, _ in inner]
            stack += [value for _, value in inner]
    return found


def _place_in(rng, tree):
    nodes = _nodes(tree)
    return rng.choice(nodes) if nodes else ([tree], 0)


_VALUES = [None, True, False, 0, -1, 10**18, 10**400, 1e308, float("nan"), float("inf")]
_VALUES += [float("-inf"), "", " ", "x" * 100_000, "\ud800", "a\udfffb", "\0", "N/A", "0", "true"]
_VALUES += [[], {}, [[]], [None], [{}], {"": None}, {"value": {}}, [1, "a", {"b": []}], "1e999"]
_VALUES += ["9" * 5_000, "2026-13-45", "0000-00-00 00:00:00", "\u202e", "=1+1", -0.5, [0] * 1000]


@_on_trees
def swap_a_type(rng, tree):
    holder, name = _place_in(rng, tree)
    holder[name] = copy.deepcopy(rng.choice(_VALUES))
    return tree


@_on_trees
def turn_a_type(rng, tree):
    """What stands there, as a text, in a list, under a name, or as a name."""
    holder, name = _place_in(rng, tree)
    value = holder[name]
    ways = (
        str(value),
        [value],
        {"value": value},
        {str(value)[:100]: 1},
        [[value]],
        json.dumps(value),
    )
    holder[name] = rng.choice((*ways, list(value) if isinstance(value, (dict, str)) else value))
    return tree


@_on_trees
def drop_a_key(rng, tree):
    holder, name = _place_in(rng, tree)
    if holder is not tree or len(tree) > 1:
        with contextlib.suppress(IndexError, KeyError):
            del holder[name]
    return tree


@_on_trees
def rename_a_key(rng, tree):
    places = [(h, n) for h, n in _nodes(tree) if isinstance(h, dict)]
    if places:
        holder, name = rng.choice(places)
        new = rng.choice(
            ("", "Zeit", "Auteur", "é", "x" * 5_000, name.upper(), f" {name}", "\ud800")
        )
        renamed = {new if key == name else key: value for key, value in holder.items()}
        holder.clear()
        holder.update(renamed)
    return tree


@_on_trees
def localise(rng, tree):
    """The labels that Meta translates, and others."""
    words = json.dumps(tree)
    for english, local in {
        "Author": "Auteur",
        "Time": "Tijd",
        "Name": "Naam",
        "Username": "Benutzername",
        "Search": "Suche",
        "Date": "Datum",
        "Value": "Wert",
        "From": "Von",
    }.items():
        words = words.replace(f'"{english}"', f'"{local}"')
    return json.loads(words)


@_on_trees
def repeat_an_entry(rng, tree):
    places = [(h, n) for h, n in _nodes(tree) if isinstance(h, list)]
    if places:
        holder, place = rng.choice(places)
        holder.extend([holder[place]] * rng.choice((1, 10, 300)))
    return tree


@_on_trees
def wrap_all(rng, tree):
    return rng.choice(([tree], {"data": tree}, {"Qwyzzle Vextrom": tree}, [[tree]], str(tree)))


@_on_trees
def null_all(rng, tree):
    """Every value of one kind is null, or a number, or a text."""
    kind, value = rng.choice((str, int, bool, list)), rng.choice((None, 0, "", "a", [], {}))
    for holder, name in _nodes(tree):
        with contextlib.suppress(IndexError, KeyError):
            if isinstance(holder[name], kind):
                holder[name] = value
    return tree


@_on_trees
def swap_values(rng, tree):
    one, name = _place_in(rng, tree)
    other, place = _place_in(rng, tree)
    one[name], other[place] = json.loads(json.dumps((other[place], one[name])))
    return tree


def double_a_key(rng, files):
    path = _pick(rng, files, ".json", ".js")
    words = files[path]
    pairs = list(re.finditer(rb'"[^"\n]{1,60}": ?("[^"\n]*"|[0-9.]+|null|true|false),?', words))
    if pairs:
        pair = rng.choice(pairs)
        again = pair[0].rstrip(b",").partition(b":")[0] + b": " + rng.choice((b"null", b"[]", b"7"))
        files[path] = words[: pair.start()] + again + b", " + words[pair.start() :]


# What is done to a zip


def flip_in_directory(rng, data):
    changed = bytearray(data)
    start = data.find(b"PK\x01\x02")
    for _ in range(rng.choice((1, 2, 8))):
        changed[rng.randrange(start, len(data))] = rng.randrange(256)
    return bytes(changed)


def flip_in_zip(rng, data):
    changed = bytearray(data)
    for _ in range(rng.choice((1, 5, 50))):
        changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut_the_zip(rng, data):
    return data[: rng.randrange(len(data))]


def cut_from_the_zip(rng, data):
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.choice((1, 100)) :]


def put_before_the_zip(rng, data):
    return rng.choice((b"\0" * 99, b"#!/bin/sh\n", data[:60])) + data


def lie_in_directory(rng, data):
    """Another size, method, flag or place for one of its members."""
    changed = bytearray(data)
    entries = [m.start() for m in re.finditer(b"PK\x01\x02", data)]
    code, offset, value = rng.choice(
        (
            ("<L", 24, rng.choice((0, 5, 10**9, 2**32 - 1))),
            ("<L", 20, rng.choice((0, 5, 10**9, 2**32 - 1))),
            ("<L", 16, 7),
            ("<L", 42, 0),
            ("<H", 8, rng.choice((1, 0x800, 0x41, 0x20))),
            ("<H", 10, rng.choice((0, 9, 12, 14, 99))),
        )
    )
    struct.pack_into(code, changed, rng.choice(entries) + offset, value)
    return bytes(changed)


def double_a_member(rng, data):
    stream = io.BytesIO(data)
    with zipfile.ZipFile(stream, "a") as file, warnings.catch_warnings(action="ignore"):
        name = rng.choice(file.namelist())
        file.writestr(name, b'{"qwyzzle": ["vextrom"]}')
    return stream.getvalue()


_OF_BYTES = [flip_bytes, flip_bytes, drop_bytes, insert_bytes, insert_bytes, cut_short, empty]
_OF_BYTES += [
    repeat_a_piece,
    encode_otherwise,
    encode_otherwise,
    mojibake,
    nest_deeply,
    nest_deeply,
]
_OF_BYTES += [end_lines_otherwise, odd_quotes, use_semicolons, write_as_html, twice_in_one_file]
_OF_TREES = [
    swap_a_type,
    swap_a_type,
    swap_a_type,
    turn_a_type,
    turn_a_type,
    drop_a_key,
    drop_a_key,
]
_OF_TREES += [
    rename_a_key,
    rename_a_key,
    localise,
    repeat_an_entry,
    wrap_all,
    null_all,
    double_a_key,
]
_OF_TREES += [swap_values]
_OF_NAMES = [drop_a_file, swap_names, rename_a_file, rename_a_file, name_a_file_for_somebody]
_OF_NAMES += [name_a_file_for_somebody, add_a_foreign_file, add_odd_files]
_OF_FILES = [*_OF_BYTES, *_OF_TREES, *_OF_NAMES]
_OF_ZIPS = [flip_in_directory, flip_in_directory, flip_in_zip, cut_the_zip, cut_from_the_zip]
_OF_ZIPS += [put_before_the_zip, lie_in_directory, lie_in_directory, double_a_member]
# after these, somebody's name may stand where the name of a firm or an interest stands
_MOVING = {"swap_names", "swap_values", "wrap_all"}


class Outcome(NamedTuple):
    """What came of reading: in a word, all that was said, all that stands in tables."""

    word: str
    said: str
    shown: str
    export: Export | None


class _Hear(logging.Handler):
    def __init__(self):
        super().__init__(1)
        self.heard = []

    def emit(self, record):
        self.heard.append(f"{record.getMessage()} {record.args!r} {record.exc_info!r}")


def examine(data: bytes, read=read_export) -> Outcome:
    """Read an archive, and keep all that was said. What is no error of ours is raised."""
    hear, out, export = _Hear(), io.StringIO(), None
    root = logging.getLogger()
    level = root.level
    root.addHandler(hear)
    root.setLevel(1)
    said, problem = [], None
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(out),
            warnings.catch_warnings(record=True) as warned,
        ):
            warnings.simplefilter("always")
            try:
                export = read(io.BytesIO(data))
                said.append(repr(export))
            except (EthicsLibError, FileNotFoundError) as error:
                problem = error
                said += [*traceback.format_exception(error), repr(error), *map(repr, error.args)]
    finally:
        root.removeHandler(hear)
        root.setLevel(level)
    said += [out.getvalue(), *hear.heard, *(str(w.message) for w in warned)]
    return Outcome(_word(export, problem), "\n".join(said), _shown(export), export)


def _word(export, problem):
    if problem is not None:
        return type(problem).__name__
    whole = (export.files["why"] == "") | (export.files["status"] == "skipped")
    return "read" if whole.all() and not export.files["odd"].any() else "read in part"


_TABLES = "traces items ties beliefs advertisers consents files".split()


def _shown(export):
    if export is None:
        return ""
    tables = [getattr(export, noun) for noun in _TABLES]
    kept = [[*table.columns, *table.attrs.items()] for table in tables]
    # numbers cannot hold a name: only texts are written out
    texts = [t[c].astype(str).unique().tolist() for t in tables for c in t if _may_be_text(t[c])]
    return repr((export.platform, kept, texts))


def _may_be_text(column):
    return column.dtype.kind not in "iufbM"
