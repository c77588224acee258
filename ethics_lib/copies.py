"""Copies: what a holder has on one person, gathered and written down as an archive for them.

Art. 15(3) owes a copy of the records themselves, beside the letter that tells of them. It is
written in the layout of a platform, and read back at once: what did not come back is listed.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from ethics_lib.doors import OWNER
from ethics_lib.exports import Export, read_export
from ethics_lib.layouts import KINDS
from ethics_lib.rows import FileError
from ethics_lib.tables import (
    COLUMNS,
    TableError,
    check_name,
    check_table,
    check_time,
    empty_table,
)
from ethics_lib.traces import SOURCES, TRACKERS
from ethics_lib.uses import check_declared
from ethics_lib.writers import WRITTEN, lay_out
from ethics_lib.writers.contents import name_site

__all__ = ["WHY", "compare", "gather", "write_export"]

WHY: dict[str, str] = {
    "whole row": "nothing in the archive says it",
    "one row too many": "it is in the archive, and was not held",
    "who is who": "the archive does not tell which of the other people it was",
    "kind": "the layout calls it something else",
    "item": "the layout does not say what it was done to",
    "topic": "the layout names things, and does not say what they are about",
    "time": "the layout gives no time there",
    "source": "the layout has one list for all that other firms send",
    "purpose": "no layout says what a record is for",
    "context": "the layout has one word for all ties",
    "value": "the layout shows only part of it, or writes it otherwise",
    "p": "no layout says how sure a belief is",
    "sd": "no layout says how sure a belief is",
    "origin": "the layout has one list, wherever a belief comes from",
    "method": "the layout names the list that a belief stands in, not how it was made",
    "intent": "no layout says whether a belief was made on purpose",
    "granted": "the layout says it otherwise",
    "how": "the layout does not say how it was chosen",
}
"""Why an archive does not carry a column."""

# of the columns of each table, those by which a row is looked for again: the best match first
_MATCH = {
    "traces": [
        ("role", "kind", "item", "time", "topic", "source", "purpose"),
        ("role", "kind", "item", "time", "source"),
        ("role", "kind", "item", "time"),
        ("role", "item", "time", "source"),
        ("role", "kind", "time", "source"),
        ("role", "kind", "item"),
        ("role", "kind"),
    ],
    "ties": [("context",), ()],
    "beliefs": [
        ("trait", "value", "p", "sd", "origin", "method", "intent"),
        ("trait", "value", "origin"),
        ("trait", "value"),
        ("trait", "origin"),
    ],
    "advertisers": [("via", "advertiser")],
    "consents": [("purpose", "granted", "how", "time"), ("purpose", "granted", "how")],
}
_WHAT = dict(zip(_MATCH, ("kind", "context", "trait", "via", "purpose"), strict=True))


def gather(
    person: int,
    *,
    holder: str,
    received: np.datetime64 | str,
    traces: pd.DataFrame,
    beliefs: pd.DataFrame,
    items: pd.DataFrame,
    ties: pd.DataFrame | None = None,
    decisions: pd.DataFrame | None = None,
    uses: pd.DataFrame | None = None,
    consents: pd.DataFrame | None = None,
) -> Export:
    """Gather all that one holder has on one person who asked: the records, one by one.

    Parameters
    ----------
    person : int
        Who asks.
    holder : str
        Who answers.
    received : time
        When the request came; what was recorded later is not in the copy.
    traces, beliefs : DataFrame
        About anybody, of any holder. What a right has erased is in no table any more, and what
        still is there is held, and is shown.
    items : DataFrame, index ``item``
        What the traces are of.
    ties : DataFrame, optional
        Those that this holder knows.
    decisions, uses : DataFrame, optional
        An advert that was shown becomes a trace, under a use of this holder. Who was left out
        was shown nothing: the letter tells them, and the copy has no row for it.
    consents : DataFrame, optional
        The ledger.

    Returns
    -------
    Export
        In the words of `exports`: the person is 0, others are numbered as they come up. A page is
        an account, what trackers saw is a site or, from a kit in it, an app.

    Raises
    ------
    TableError
        When a table or a time is wrong; when the holder has no trace of the person, and believes
        nothing of them; when decisions come without the uses that say whose they are.

    References
    ----------
    UK GDPR, Article 15(3)-(4). Others are numbered, and not named, as the letter counts them: DPA
    2018, Sch. 2, para 16.
    """
    made = check_time(received, "received")
    optional = {"ties": ties, "decisions": decisions, "uses": uses, "consents": consents}
    given = {noun: table for noun, table in optional.items() if table is not None}
    tables = {noun: empty_table(noun) for noun in optional} | given
    tables |= {"traces": traces, "beliefs": beliefs, "items": items}
    for noun, table in tables.items():
        check_table(table, noun, empty=True)
    about = (traces["person"] == person) | (traces["from_person"] == person)
    mine = traces[about & (traces["holder"] == holder) & (traces["time"] <= made)]
    believed = _about(beliefs, person, holder)
    if mine.empty and believed.empty:
        raise TableError(
            f"gather: {holder} holds nothing about person {person!r} up to {made.date()}. There is "
            "nothing to copy, and the letter says so."
        )
    adverts, firms = _adverts(tables["decisions"], tables["uses"], person, holder, made)
    things = _things(mine, items)
    seen = things[things["source"].isin(TRACKERS)].assign(via="pixel")
    listed = things[things["source"] == "list"].assign(via="list")
    reach = pd.concat([t[["firm", "via"]] for t in (listed, seen, firms) if len(t)] or [firms])
    rows = pd.concat([t for t in (things, adverts) if len(t)] or [things])
    rows = rows.sort_values("time", kind="stable", ignore_index=True)
    known = tables["ties"]
    known = known[(known["a"] == person) | (known["b"] == person)]
    number = _numbers(person, rows, known)
    other = known["a"].where(known["a"] != person, known["b"])
    said = _about(tables["consents"], person, holder)
    reach = reach.rename(columns={"firm": "advertiser"}).drop_duplicates(ignore_index=True)
    ends = {"a": np.int32(OWNER), "b": other.map(number).astype("int32")}
    return Export(
        platform=holder,
        made=made,
        traces=_traces(rows, number, holder),
        items=_items(rows),
        ties=known[list(COLUMNS["ties"])].assign(**ends).reset_index(drop=True),
        beliefs=believed,
        advertisers=reach.assign(holder=holder),
        consents=said[said["time"] <= made].reset_index(drop=True),
        files=empty_table("files"),
    )


def compare(held: Export, back: Export) -> pd.DataFrame:
    """Say what is held and did not come back from an archive, and what came back and is not held.

    Other people and accounts are the same whatever their numbers, if the same is held of them.
    Whose copy it is (``holder``), and what became of files, is not compared.

    Parameters
    ----------
    held : Export
        What was written.
    back : Export
        What was read.

    Returns
    -------
    DataFrame[table, what, column, rows, why]
        ``what`` is the kind of trace, the trait, the way or the purpose; ``column`` is a column
        that came back otherwise or empty, or else ``whole row``, ``one row too many`` or ``who
        is who``. Nothing, if all came back.
    """
    found, whose = [], ([], [])
    for noun, match in _MATCH.items():
        sides = [_comparable(export, noun) for export in (held, back)]
        pairs = _pair(*sides, match)
        left, right = (
            side.loc[rows].reset_index() for side, rows in zip(sides, pairs, strict=True)
        )
        same = left == right
        what = left[_WHAT[noun]]
        for column in same.columns.drop(["index", "other"]):
            found.append((noun, column, what[~same[column]]))
        for side, rows, name in zip(sides, pairs, ("whole row", "one row too many"), strict=True):
            found.append((noun, name, side[_WHAT[noun]].drop(rows)))
        told = left.where(same, "").drop(columns=["index", "other"]).assign(table=noun)
        both = (left["other"] != "") & (right["other"] != "")
        told = list(told[both].itertuples(index=False, name=None))
        for people, side in zip(whose, (left, right), strict=True):
            people += zip(side["other"][both], told, strict=True)
    lost = (_people(whose[0]) - _people(whose[1])).total()
    found.append(("traces", "who is who", pd.Series(["other people"] * lost, dtype=object)))
    rows = [
        (noun, what, column, count, WHY[column])
        for noun, column, whats in found
        for what, count in whats.value_counts(sort=False).items()
    ]
    return pd.DataFrame(rows, columns=["table", "what", "column", "rows", "why"])


def write_export(held: Export, platform: str, path: str | Path | BinaryIO) -> pd.DataFrame:
    """Write what is held as the archive of a platform, and list what such an archive leaves out.

    What is written is read back before it is kept, and compared. It is written whole or not at
    all: beside its place first, and moved there at the end.

    Parameters
    ----------
    held : Export
        From `gather`, or read.
    platform : str
        In whose layout: one of `writers.WRITTEN`.
    path : path, or binary stream
        A ``.zip``, or a folder, which is made. Nothing is overwritten.

    Returns
    -------
    DataFrame[table, what, column, rows, why]
        From `compare`. Empty only if all that is held is in the archive.

    Raises
    ------
    TableError
        When ``held`` is no `Export`.
    UnknownNameError
        For a platform whose archive is not written here.
    FileError
        When the path is taken, or cannot be written; no message tells what is held.
    """
    if not isinstance(held, Export):
        raise TableError(
            f"held: got {type(held).__name__} where an Export is needed. Pass what gather or "
            "read_export gave."
        )
    check_name(platform, WRITTEN, what="platform")
    to_file = isinstance(path, (str, os.PathLike))
    if to_file:
        path = _free(Path(path))
    files = lay_out(held, platform)
    packed = _pack(files, held.made)
    lacking = compare(held, read_export(BytesIO(packed), platform=platform))
    try:
        if to_file:
            _keep(path, files, packed, held.made)
        else:
            path.write(packed)
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise FileError(
            f"The archive could not be written: {reason}. Nothing is left of it; pass another "
            "path, on a disk that has room and may be written to."
        ) from None
    return lacking


# -------------------------------------------------------------------------------- to gather


def _about(table: pd.DataFrame, person: int, holder: str) -> pd.DataFrame:
    mine = table[(table["person"] == person) & (table["holder"] == holder)]
    return mine.assign(person=np.int32(OWNER)).reset_index(drop=True)


def _things(traces: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """The traces, with what each was done to, in the words of archives, and whose it is."""
    of = items[["kind", "name", "topic"]].rename(columns={"kind": "thing"})
    rows = traces.join(of, on="item")
    lacking = rows["item"].notna() & rows["name"].isna()
    if lacking.any():
        raise TableError(
            f"items: there is no item {rows.loc[lacking, 'item'].iloc[0]}, of which there are "
            "traces. Pass all items, with the item as the index."
        )
    rows = rows.astype(dict.fromkeys(["thing", "name", "topic"], "object"))
    usual = rows["thing"].map(lambda kind: _THINGS.get(kind, "account"))
    by_source = rows["source"].map(_BY_SOURCE).astype("object")
    rows["thing"] = np.where(rows["kind"] == "search", "search", usual)
    rows["thing"] = rows["thing"].where(by_source.isna(), by_source)
    sites = rows["name"].map(name_site, na_action="ignore")
    return rows.assign(
        firm=rows["name"], name=np.where(rows["thing"] == "site", sites, rows["name"])
    )


_THINGS = {"page": "account", "site": "site", "product": "advertiser", "topic": "topic"}
_BY_SOURCE = {"pixel": "site", "server": "site", "sdk": "app", "list": "advertiser"}


def _adverts(
    decisions: pd.DataFrame, uses: pd.DataFrame, person: int, holder: str, made: pd.Timestamp
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What was shown to the person, as traces, and the firms that came to them by it."""
    done = decisions[(decisions["person"] == person) & (decisions["time"] <= made)]
    check_declared(done, uses)
    own = uses[uses["holder"] == holder].drop_duplicates("use").set_index("use")
    shown = done[done["shown"].astype(bool) & done["use"].isin(own.index)]
    rows = shown.join(own[["purpose", "topic"]], on="use").assign(
        from_person=shown["person"], kind="advert", source="platform", thing="advertiser"
    )
    rows = rows.rename(columns={"ad": "name"}).assign(firm=shown["ad"])
    clicks = rows[rows["acted"].fillna(False).astype(bool)].assign(kind="advert click")
    firms = rows.assign(via=rows["via"].map(_MECHANISMS)).dropna(subset="via")
    columns = ["person", "from_person", "kind", "time", "source", "purpose"]
    columns += ["thing", "name", "topic", "firm"]
    return pd.concat([rows, clicks])[columns], firms[["firm", "via"]]


# what `audiences.VIA` are called in an archive; by the others no advertiser picked anybody
_MECHANISMS = {via: via for via in ("belief", "list", "pixel", "lookalike")}
_MECHANISMS["retargeting"] = "pixel"


def _numbers(person: int, rows: pd.DataFrame, ties: pd.DataFrame) -> pd.Series:
    """From the town's numbers to those of the copy, in the order in which people come up."""
    met = [rows[["person", "from_person"]], ties[["a", "b"]]]
    met = np.concatenate([[person], *(pair.to_numpy(dtype="int64").ravel() for pair in met)])
    _, people = pd.factorize(met)
    return pd.Series(np.arange(len(people)), index=people)


def _traces(rows: pd.DataFrame, number: pd.Series, holder: str) -> pd.DataFrame:
    place = rows.groupby(["thing", "name"], sort=False, dropna=True).ngroup()
    kind = rows["kind"].where(rows["kind"].isin(KINDS), "event")
    return pd.DataFrame(
        {
            "person": rows["person"].map(number).astype("int32"),
            "from_person": rows["from_person"].map(number).astype("int32"),
            "kind": pd.Categorical(kind, list(KINDS)),
            "item": place.mask(place < 0).astype("Int32"),
            "time": rows["time"].astype("datetime64[s]"),
            "source": pd.Categorical(rows["source"], list(SOURCES)),
            "purpose": pd.Categorical(rows["purpose"]),
            "holder": pd.Categorical([holder] * len(rows), [holder]),
            "dated": True,
        }
    )


def _items(rows: pd.DataFrame) -> pd.DataFrame:
    things = rows.dropna(subset="name").drop_duplicates(["thing", "name"], ignore_index=True)
    items = things[["thing", "name", "topic"]].rename(columns={"thing": "kind"})
    return items.astype("str").rename_axis("item")


# ------------------------------------------------------------------------------- to compare


def _comparable(export: Export, noun: str) -> pd.DataFrame:
    """A table as texts, without who it is about but in ``other``: the account or the person."""
    table = getattr(export, noun)
    if noun == "traces":
        items = export.items.rename(columns={"kind": "thing"})
        table = table.join(items, on="item")
        names = table["name"].fillna("").astype(str)
        account = table["thing"] == "account"
        about, by = table["person"] != OWNER, table["from_person"] != OWNER
        somebody = table["person"].where(about, table["from_person"]).astype(str)
        table = table.assign(
            role=np.select([about, by], ["about another", "by another"], "own"),
            item=table["thing"].fillna("").astype(str) + ": " + names.mask(account, ""),
            time=table["time"].where(table["dated"]),
            topic=table["topic"].fillna(""),
            other=somebody.where(about | by, names.where(account, "").str.removeprefix("account ")),
        )
    table = table.assign(other=table["b"].astype(str)) if noun == "ties" else table
    columns = sorted({column for match in _MATCH[noun] for column in match})
    other = table.get("other", "")
    return table[columns].astype(object).map(str).assign(other=other).reset_index(drop=True)


def _pair(
    left: pd.DataFrame, right: pd.DataFrame, matches: list[tuple[str, ...]]
) -> tuple[list[int], list[int]]:
    """Which rows belong together: those alike in all, and of what is left those most alike."""
    pairs: tuple[list[int], list[int]] = [], []
    # in an order of their own, so that rows alike in one column meet in that of the others
    rest = [
        side.index[np.lexsort([side[c] for c in side][::-1])].tolist() for side in (left, right)
    ]
    for match in matches:
        keys = [
            list(zip([""] * len(side), *(side[column] for column in match), strict=True))
            for side in (left, right)
        ]
        waiting: dict[tuple, list[int]] = {}
        for row in reversed(rest[1]):
            waiting.setdefault(keys[1][row], []).append(row)
        met = [(row, waiting[key].pop()) for row in rest[0] if waiting.get(key := keys[0][row])]
        for side, rows in enumerate(zip(*met, strict=True)):
            pairs[side].extend(rows)
            gone = set(rows)
            rest[side] = [row for row in rest[side] if row not in gone]
    return pairs


def _people(told: list[tuple[str, tuple]]) -> Counter:
    """How many people there are of whom the same is told."""
    rows = pd.DataFrame(told, columns=["other", "told"])
    return Counter(tuple(sorted(what)) for _, what in rows.groupby("other")["told"])


# --------------------------------------------------------------------------------- to write


def _free(path: Path) -> Path:
    if path.exists() or path.is_symlink():
        raise FileError(
            f"There is something at {path} already, and nothing is overwritten. Pass another path."
        )
    if path.suffix not in (".zip", ""):
        raise FileError(
            f"The path {path} ends in {path.suffix!r}. Pass one that ends in '.zip', or that of a "
            "folder to be made, without an ending."
        )
    if not path.absolute().parent.is_dir():
        raise FileError(f"There is no folder {path.absolute().parent}. Make it before.")
    return path


def _pack(files: dict[str, bytes], made: pd.Timestamp) -> bytes:
    """A zip of the files, with the day of the copy on each, so that the same gives the same."""
    stream, day = BytesIO(), max(made, pd.Timestamp(1980, 1, 1))  # a zip's first
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, day.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(info, content)
    return stream.getvalue()


def _keep(path: Path, files: dict[str, bytes], packed: bytes, made: pd.Timestamp) -> None:
    with tempfile.TemporaryDirectory(dir=path.absolute().parent, prefix=".copy-") as beside:
        whole = Path(beside) / "whole"
        if path.suffix == ".zip":
            whole.write_bytes(packed)
        else:
            for name, content in files.items():
                place = whole / name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
                os.utime(place, (made.timestamp(),) * 2)
        whole.replace(path)
