"""Readers: a researcher's own graph or likes, in the tables that everything here takes.

Nothing is loaded in part: a file is read whole, or the first bad line of it is named. What was
left out, and what its people agreed to, is said when it is loaded and stays with it, in ``about``.

A trait of a special category gets a name that begins with ``protected:``, and the verbs give sums
for it unless they are told on what ground they may name persons (`ethics_lib.guards`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from ethics_lib.formats import (
    Graph,
    Options,
    ending,
    read_ego_networks,
    read_facebook100,
    read_likes,
    read_markup,
    read_movielens,
    read_pairs,
    read_register,
)
from ethics_lib.provenance import NEVER, hand_over, is_special
from ethics_lib.rows import FileError, list_folder
from ethics_lib.tables import (
    COLUMNS,
    PROTECTED,
    UnknownNameError,
    World,
    check_name,
    check_share,
    concat,
    empty_table,
)

__all__ = ["load_graph", "load_likes"]

_PAIRS = ".csv .tsv .txt .edges .edgelist .parquet".split()
_BY_NAME = {"facebook_combined.txt": "SNAP ego networks"}  # the ties of all ten, without features
_GRAPHS = [*_PAIRS, ".mat", ".gml", ".graphml"]


def load_graph(
    path: str | Path,
    *,
    people: str | Path | None = None,
    columns: tuple[str, str] | None = None,
    header: bool | None = None,
    text_ids: bool = False,
    encoding: str = "utf-8",
    protected: Iterable[str] = (),
    agreed: str | None = None,
) -> World:
    """Load who is friends with whom, and what they said of themselves, from files of the field.

    ============================ =================================================================
    a table with a row a tie     ``.csv``, ``.tsv``, ``.txt``, ``.edges``, ``.edgelist`` with any
                                 separator, ``.parquet``; lines that begin with # or % are comments
    SNAP's ego networks          a folder of ``.edges``, ``.feat``, ``.featnames``, ``.egofeat``
                                 and ``.circles``
    Facebook100                  ``.mat``
    GML, GraphML                 ``.gml``, ``.graphml``, through NetworkX
    ============================ =================================================================

    All but the folder may be packed, and end in ``.gz``.

    Parameters
    ----------
    path : str or Path
    people : path, optional
        Beside a table of ties: a table with a header, the id first, then a column a trait.
    columns : (str, str), optional
        The columns of a table that hold the two people; by default the first two. Columns named
        ``context`` and ``weight`` are read too, others are not.
    header : bool, optional
        Whether the first line names the columns; by default that is told from its look.
    text_ids : bool
        Whether ids are words although they look like numbers (``007``).
    encoding : str
    protected : list of str
        Traits to protect besides those that `ethics_lib.provenance.PROTECTED_WORDS` finds.
    agreed : str, optional
        What the people agreed to, as far as you know, and from where you know it.

    Returns
    -------
    World
        People with their original ``id``; ties with the ``context`` of the file or ``loaded``,
        each once, undirected; reports, one answer a person and trait, those of a special category
        under a name that begins with ``protected:``. No items, no acts.
        ``people.attrs["left_out"]`` counts what was left out.

    Warns
    -----
    ConsentNotice
        Always: what was left out, and what is known of what the people agreed to.

    Raises
    ------
    FileNotFoundError
    FileError
        With the line, what stands in it and what is expected.
    UnknownNameError
        When nothing here reads such a file, or a trait in ``protected`` does not exist.

    References
    ----------
    Traud, Mucha & Porter (2011), arXiv 1102.2166; McAuley & Leskovec (2012), NIPS.
    """
    path = Path(path)
    options = Options(columns, header, text_ids, encoding)
    if people is not None and (path.is_dir() or ending(path) not in _PAIRS):
        raise FileError(f"{path.name}: says itself what its people said. Leave people= out.")
    if path.is_dir() and any(path.glob("*.edges")):
        graph = read_ego_networks(path, options)
    elif path.is_dir():
        raise FileError(
            f"{path.name}: is a folder without '.edges' files, so it holds no ego networks. In it: "
            f"{list_folder(path)}."
        )
    elif _check_ending(path, _GRAPHS) == ".mat":
        graph = read_facebook100(path)
    elif ending(path) in (".gml", ".graphml"):
        graph = read_markup(path)
    else:
        ties, left_out = read_pairs(path, options=options, comments="#%")
        told = pd.DataFrame()
        if people is not None:
            ends = pd.concat([ties["a"], ties["b"]])
            told = read_register(Path(people), ends, f"people stands in {path.name}", options)
        graph = Graph(ties, told, left_out, _BY_NAME.get(path.name.removesuffix(".gz")))
    (a, b), ids = _number([graph.ties["a"], graph.ties["b"]], graph.people.index)
    ties = _as_ties(a, b, graph.ties, len(ids), graph.left_out)
    if people is not None:
        without = ~ids.isin(graph.people.index)
        graph.left_out["people with no row of their own"] += int(without.sum())
    persons, reports = _as_people(ids, graph.people, graph.instrument, protected)
    world = World(persons, ties=ties, reports=reports)
    return hand_over(world, path.name, left_out=graph.left_out, source=graph.source, agreed=agreed)


def load_likes(
    path: str | Path,
    *,
    users: str | Path | None = None,
    items: str | Path | None = None,
    at_least: float = 4,
    columns: tuple[str, str] | None = None,
    header: bool | None = None,
    text_ids: bool = False,
    encoding: str = "utf-8",
    protected: Iterable[str] = (),
    agreed: str | None = None,
) -> World:
    """Load who likes what, and what they said of themselves, from files of the field.

    ============================ =================================================================
    MovieLens 100K               the folder with ``u.data``, ``u.user`` and ``u.item``
    MovieLens 1M                 the folder with ``ratings.dat``, ``users.dat`` and ``movies.dat``
    the tutorial of Kosinski     the folder with ``users-likes.csv``, ``users.csv`` and
    and others (2016)            ``likes.csv``
    a table with a row a like    as for `load_graph`: person, thing, and under these names
                                 ``rating`` and ``time`` (``timestamp``, ``date``)
    ============================ =================================================================

    Parameters
    ----------
    path : str or Path
    users, items : path, optional
        Tables with a header: the id first, then a column a trait (of items: the name).
    at_least : number of stars
        From which rating on it is a like. Four of five is the usual cut (Liang et al. 2018);
        ratings below it are left out, and counted.
    columns, header, text_ids, encoding, protected, agreed
        As in `load_graph`.

    Returns
    -------
    World
        People with their ``id``, and their ``postcode`` where the file has one; items; acts of
        kind ``like``, the first of each person and item; reports. No ties. Columns of numbers
        are numeric traits when they hold more than two of them; people who are in no table of
        people said nothing.

    Warns
    -----
    ConsentNotice
        Always: what was left out, and what is known of what the people agreed to.

    Raises
    ------
    FileNotFoundError
    FileError
        With the line, what stands in it and what is expected.

    References
    ----------
    Harper & Konstan (2015), doi 10.1145/2827872; Kosinski, Wang, Lakkaraju & Leskovec (2016), doi
    10.1037/met0000105; Liang, Krishnan, Hoffman & Jebara (2018), doi 10.1145/3178876.3186150.
    """
    path = Path(path)
    check_share(at_least, "at_least", low=-1e6, high=1e6)
    if path.is_dir():
        known = [path / n for n in ("u.data", "ratings.dat", "users-likes.csv")]
        found = [file for file in known if file.exists()]
        if not found:
            raise FileError(
                f"{path.name}: is a folder without {' or '.join(file.name for file in known)}. In "
                f"it: {list_folder(path)}. Pass the file itself if it is called otherwise."
            )
        path = found[0]
        if path.name == "users-likes.csv":
            users, items = (
                users or path.with_name("users.csv"),
                items or path.with_name("likes.csv"),
            )
    if path.name in ("u.data", "ratings.dat"):
        told = read_movielens(path)
    else:
        _check_ending(path, [*_PAIRS, "u.data", "ratings.dat"])
        options = Options(columns, header, text_ids, encoding)
        told = read_likes(path, users=users, items=items, options=options)
    likes, left_out = told.likes, told.left_out
    (person,), ids = _number([likes["user"]], told.users.index)
    (item,), things = _number([likes["item"]], told.items.index)
    acts = _as_acts(person, item, likes, at_least, left_out)
    if len(told.users):
        left_out["people with no row of their own"] += len(ids) - len(told.users)
    people, reports = _as_people(ids, told.users, told.instrument, protected)
    names = told.items.reindex(things)
    called, topic = (names[c].to_numpy(dtype=object) for c in ("name", "topic"))
    items_ = pd.DataFrame(
        {
            "kind": told.kind,
            "name": np.where(pd.isna(called), things.astype("str"), called),
            "topic": np.where(pd.isna(topic), "unknown", topic),
            "id": things,
        },
        index=pd.RangeIndex(len(things), name="item"),
    )
    world = World(people, items_, acts, reports=reports)
    return hand_over(world, path.name, left_out=left_out, source=told.source, agreed=agreed)


def _check_ending(path: Path, endings: list[str]) -> str:
    found = ending(path)
    if found not in endings:
        raise UnknownNameError(
            f"{path.name}: nothing here reads a file that ends in {found!r}. Known endings are "
            f"{', '.join(endings)}, each also with .gz. A table with a row a line may be called "
            ".txt, whatever separates its fields."
        )
    return found


def _number(columns: list[pd.Series], others: pd.Index) -> tuple[list[np.ndarray], pd.Index]:
    """Number everybody from 0, in the order of their ids."""
    parts = [*columns, others.to_series()] if len(others) else columns
    codes, ids = pd.factorize(pd.concat(parts, ignore_index=True), sort=True)
    ends = np.cumsum([len(column) for column in columns])
    return np.split(codes, ends)[: len(columns)], ids


def _as_ties(
    a: np.ndarray, b: np.ndarray, told: pd.DataFrame, n: int, left_out: Counter
) -> pd.DataFrame:
    """Write each tie once, with a < b; the first line that says it counts."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    key = low * n + high
    apart = np.flatnonzero(a != b)
    order = apart[key[apart].argsort(kind="stable")]
    first = np.append(np.ones(min(len(order), 1), dtype=bool), np.diff(key[order]) != 0)
    kept = order[first]
    turned = a > b
    as_first = turned[order] == turned[kept][first.cumsum() - 1]
    left_out["self ties"] += len(a) - len(apart)
    left_out["repeated ties"] += int((~first & as_first).sum())
    left_out["reversed ties"] += int((~first & ~as_first).sum())
    ties = pd.DataFrame({"a": low[kept].astype(np.int32), "b": high[kept].astype(np.int32)})
    for column, default in (("context", "loaded"), ("weight", None)):
        if column in told:
            ties[column] = told[column].to_numpy()[kept]
        elif default:
            ties[column] = default
    return ties


def _as_acts(
    person: np.ndarray, item: np.ndarray, told: pd.DataFrame, at_least: float, left_out: Counter
) -> pd.DataFrame:
    acts = pd.DataFrame({"person": person, "item": item}).astype("int32").assign(kind="like")
    acts["time"] = NEVER
    if "time" in told:
        times = told["time"]
        if not pd.api.types.is_integer_dtype(times):
            times = pd.to_datetime(times, format="ISO8601", utc=True).dt.tz_localize(None)
        acts["time"] = times.to_numpy().astype("datetime64[s]")
    if "rating" in told:
        liked = told["rating"].to_numpy() >= at_least
        left_out[f"ratings below {at_least:g}"] += int((~liked).sum())
        acts = acts[liked]
    acts = acts.sort_values(["person", "time", "item"], kind="stable")
    once = acts.drop_duplicates(["person", "item"], ignore_index=True)
    left_out["repeated likes"] += len(acts) - len(once)
    return once[list(COLUMNS["acts"])]


def _as_people(
    ids: pd.Index, told: pd.DataFrame, instrument: str, protected: Iterable[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What identifies people stays with them; what they said of themselves becomes reports."""
    people = pd.DataFrame({"id": ids}, index=pd.RangeIndex(len(ids), name="person"))
    about = [column for column in ("name", "postcode") if column in told]
    people = people.assign(**{c: told[c].reindex(ids).to_numpy() for c in about})
    traits = [str(column) for column in told if column not in about]
    protected = {check_name(trait, traits, what="trait") for trait in protected}
    reports = []
    for trait, column in told.drop(columns=about).items():
        said = column.dropna()
        name = f"{PROTECTED}{trait}" if trait in protected or is_special(str(trait)) else trait
        table = pd.DataFrame({"person": ids.get_indexer(said.index).astype("int32")})
        table = table.assign(trait=str(name), instrument=instrument, value=_as_answers(said))
        reports.append(table.sort_values("person", ignore_index=True))
    return people, concat(reports, "reports") if reports else empty_table("reports")


def _as_answers(said: pd.Series) -> np.ndarray:
    """Numbers where there are more than two of them, else words."""
    if pd.api.types.is_bool_dtype(said):
        return np.where(said.astype(bool), "yes", "no").astype(object)
    if not pd.api.types.is_numeric_dtype(said):
        return said.astype("str").to_numpy(dtype=object)
    if said.nunique() > 2:
        return said.astype(object).to_numpy()
    return np.array([f"{value:g}" for value in said], dtype=object)
