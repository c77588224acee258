"""Formats: how the field writes down graphs and likes, and what of it becomes a table.

Each reader takes a path and says what the file says: original ids, words as they are written.
Numbering people and naming traits comes later, in `ethics_lib.readers`.

Sources: the read-me files of MovieLens 100K and 1M (GroupLens), of Facebook100
(``facebook100_readme_021011.txt``) and of SNAP's ego networks, each from a copy; the files of the
tutorial of Kosinski, Wang, Lakkaraju & Leskovec (2016), doi 10.1037/met0000105, from code that
reads them.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from ethics_lib.rows import (
    ANY,
    BLANKS,
    FLAG,
    ID,
    MOMENT,
    NUMBER,
    TEXT,
    WHOLE,
    WORD,
    FileError,
    Kind,
    Text,
    check_columns,
    find_layout,
    is_number,
    one_of,
    read_rows,
    read_text,
    shorten,
)

__all__ = [
    "AGES",
    "GENRES",
    "OCCUPATIONS",
    "Graph",
    "Likes",
    "Options",
    "ending",
    "read_ego_networks",
    "read_facebook100",
    "read_likes",
    "read_markup",
    "read_movielens",
    "read_pairs",
    "read_register",
]

AGES = {1: "under 18", 18: "18-24", 25: "25-34", 35: "35-44", 45: "45-49", 50: "50-55", 56: "56+"}
"""What the codes of age in MovieLens 1M mean."""
OCCUPATIONS = dict(
    enumerate(
        "other or not specified|academic/educator|artist|clerical/admin|college/grad student"
        "|customer service|doctor/health care|executive/managerial|farmer|homemaker|K-12 student"
        "|lawyer|programmer|retired|sales/marketing|scientist|self-employed|technician/engineer"
        "|tradesman/craftsman|unemployed|writer".split("|")
    )
)
"""What the codes of occupation in MovieLens 1M mean."""
GENRES = (
    "unknown|Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|Fantasy"
    "|Film-Noir|Horror|Musical|Mystery|Romance|Sci-Fi|Thriller|War|Western".split("|")
)
"""The last 19 columns of MovieLens 100K's ``u.item``."""

_FACEBOOK100 = "status gender major second_major dorm year high_school".split()
_RATING = Kind(
    "a rating from 1 to 5",
    lambda field: field in "1 2 3 4 5".split(),
    lambda column: column.isin(range(1, 6)).all(),
)
_CODE = Kind(
    "a whole number from 0",
    lambda field: field.removesuffix(".0").isdigit(),
    lambda column: np.isfinite(column).all() and ((column >= 0) & (column % 1 == 0)).all(),
)
_RATINGS = {"user": WHOLE, "item": WHOLE, "rating": _RATING, "time": MOMENT}
_USERS = {
    "u.user": {"id": WHOLE, "age": WHOLE, "gender": WORD, "occupation": WORD, "postcode": TEXT},
    "users.dat": {
        "id": WHOLE,
        "gender": WORD,
        "age": one_of(AGES),
        "occupation": one_of(OCCUPATIONS),
        "postcode": TEXT,
    },
}
_ITEMS = {
    "u.item": {"id": WHOLE, "name": TEXT, "released": TEXT, "video": TEXT, "url": TEXT}
    | dict.fromkeys(GENRES, FLAG),
    "movies.dat": {"id": WHOLE, "name": TEXT, "topic": TEXT},
}
# Columns that are read besides the ids, where a header names them.
_OF_TIES = {"context": WORD, "weight": NUMBER}
_OF_LIKES = {"rating": NUMBER} | dict.fromkeys(("time", "timestamp", "date"), MOMENT)


class Options(NamedTuple):
    """What the caller says of a file that does not say it itself."""

    columns: tuple[str, str] | None = None
    header: bool | None = None
    text_ids: bool = False
    encoding: str = "utf-8"


class Graph(NamedTuple):
    """What a file says of a graph."""

    ties: pd.DataFrame  # a, b; context and weight where the file has them
    people: pd.DataFrame  # index: ids; a column a trait, an empty cell where nothing was said
    left_out: Counter
    source: str | None = None  # the data set, where the layout gives it away
    instrument: str = "loaded"


class Likes(NamedTuple):
    """What files say of who likes what."""

    likes: pd.DataFrame  # user, item; rating and time where the file has them
    users: pd.DataFrame  # index: ids; a column a trait
    items: pd.DataFrame  # index: ids; name, topic
    left_out: Counter
    kind: str
    source: str | None = None
    instrument: str = "loaded"


def read_pairs(
    path: Path,
    names: tuple[str, str] = ("a", "b"),
    *,
    options: Options,
    known: Mapping[str, Kind] = _OF_TIES,
    comments: str = "",
) -> tuple[pd.DataFrame, Counter]:
    """Read a table in which two columns hold ids: text with any separator, or Parquet.

    Returns
    -------
    DataFrame
        The two columns under the given names, and those that a header calls like the known ones.
    Counter
        What was left out.
    """
    text = read_text(path, encoding=options.encoding, comments=comments)
    read = _from_parquet if ending(path) == ".parquet" else _from_text
    table, ends, left_out = read(text, options, known)
    called = dict(zip(ends, names, strict=True))
    for column in table:
        name = str(column).lower()
        if column not in ends and name in known:
            name = "time" if known[name] is MOMENT else name
            called |= {} if name in called.values() else {column: name}
    left_out["other columns"] += table.shape[1] - len(called)
    return table[list(called)].rename(columns=called), left_out


def ending(path: Path) -> str:
    """What the name of a file ends in, whether it is packed or not: ``.csv`` of ``a.csv.gz``."""
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix


def read_markup(path: Path) -> Graph:
    """Read GML or GraphML through NetworkX: ties, and what stands beside the nodes."""
    import networkx as nx

    text = read_text(path)
    try:
        if ending(path) == ".gml":
            graph = nx.read_gml(io.BytesIO(text.data), label=None)
        else:
            graph = nx.read_graphml(io.BytesIO(text.data))
        ties = nx.to_pandas_edgelist(graph, source="a", target="b")
    # SyntaxError is what the XML reader raises
    except (nx.NetworkXException, SyntaxError, LookupError, TypeError, ValueError) as error:
        place, where = re.search(r"line (\d+)|\((\d+), \d+\)", str(error)), ""
        if place:
            line = int(place[1] or place[2])
            content = "".join(text.data.decode("utf-8", "replace").splitlines()[line - 1 : line])
            where = f", line {line}: {shorten(content)!r}"
        raise FileError(
            f"{text.name}{where}: NetworkX cannot read it as {ending(path)[1:]} ({error}). Mend it "
            "there; GML that says a tie twice needs 'multigraph 1' in its head. Nothing was loaded."
        ) from error
    nodes = dict(graph.nodes(data=True))
    if not nodes:
        raise FileError(f"{text.name}: holds a graph of nobody.")
    people = pd.DataFrame(list(nodes.values()), index=pd.Index(list(nodes)))
    nested = [
        c for c in people if people[c].map(lambda value: isinstance(value, dict | list)).any()
    ]
    people = people.drop(columns=nested)
    people = people if "name" in people else people.rename(columns={"label": "name"})
    kept = {name: kind for name, kind in _OF_TIES.items() if name in ties}
    check_columns(ties, kept, name=text.name)
    left_out = Counter({"nested attributes": len(nested)})
    left_out["directions"] = len(ties) if graph.is_directed() else 0
    left_out["other columns"] = ties.shape[1] - 2 - len(kept)
    return Graph(ties[["a", "b", *kept]], people, left_out)


def read_facebook100(path: Path) -> Graph:
    """Read one school of Facebook100: who is friends with whom, and seven answers of each.

    The codes stay codes, as words: the read-me does not say what they mean. 0 is no answer. The
    file has no ids; a person's is their row, from 0.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError
    from scipy.sparse import csr_array, triu

    text = read_text(path)
    try:
        held = loadmat(io.BytesIO(text.data))
    except (ValueError, TypeError, NotImplementedError, OSError, MatReadError) as error:
        raise FileError(
            f"{text.name}: is no MATLAB file that SciPy reads ({shorten(str(error), 100)}). One of "
            "version 7.3 has to be saved as version 7."
        ) from error
    for key in ("A", "local_info"):
        if key not in held:
            there = ", ".join(name for name in held if not name.startswith("__")) or "nothing"
            raise FileError(f"{text.name}: {key!r} is not in it. There: {there}.")
        if held[key].dtype.kind not in "biuf":
            raise FileError(
                f"{text.name}: {key} holds {held[key].dtype}, and numbers are expected."
            )
    friends, answers = csr_array(held["A"]) != 0, np.asarray(held["local_info"])
    n = friends.shape[0]
    if friends.shape != (n, n):
        raise FileError(f"{text.name}: A has the shape {friends.shape}, and a square is expected.")
    if answers.shape != (n, len(_FACEBOOK100)):
        raise FileError(
            f"{text.name}: local_info has the shape {answers.shape}, and ({n}, 7) is expected: "
            f"{', '.join(_FACEBOOK100)} of each of {n} people. With 8 columns the first is each "
            "person's number on Facebook, by which they can be found: take it out for good."
        )
    people = pd.DataFrame(answers, columns=_FACEBOOK100)
    check_columns(people, dict.fromkeys(_FACEBOOK100, _CODE), name=text.name)
    ties = triu(friends + friends.T, k=1).tocoo()  # a friendship stands on both sides
    left_out = Counter({"self ties": int(friends.diagonal().sum())})
    left_out["one-sided"] = (friends != friends.T).nnz // 2
    return Graph(
        pd.DataFrame({"a": ties.row, "b": ties.col}).astype("int64"),
        people.astype("int64").astype("str").mask(people == 0),
        left_out,
        "Facebook100",
        "profile",
    )


def read_ego_networks(folder: Path, options: Options) -> Graph:
    """Read SNAP's ego networks: all in a folder, each person in its middle, features and circles.

    An ego is a friend of everybody in their network. The context of that tie is the circles in
    which the ego put the friend. Features that a profile has are answers; several of one group are
    one answer, joined by `` + ``; a feature that it lacks says nothing.
    """
    parts, features, left_out = [], [], Counter()
    with_features = any(folder.glob("*.feat*"))
    for path in sorted(folder.glob("*.edges")):
        edges, dropped = read_pairs(path, options=options)
        left_out += dropped
        alters = [edges["a"], edges["b"]]
        if with_features:
            ids, held = _ego_features(path, options)
            features.append(held)
            alters.append(ids)
        ego, circles = _ego_circles(path, edges["a"].dtype)
        alters = pd.concat([*alters, circles["id"]], ignore_index=True).drop_duplicates()
        context = circles.groupby("id")["circle"].agg(";".join)
        star = pd.DataFrame({"a": ego, "b": alters[alters != ego]})
        circle = context.reindex(star["b"]).to_numpy(dtype=object)
        star["context"] = np.where(pd.isna(circle), "loaded", circle)
        parts += [star, edges.assign(context="loaded")]
    people = pd.DataFrame(index=pd.Index([]))
    if features:
        said = pd.concat(features, ignore_index=True).drop_duplicates().sort_values("value")
        people = said.groupby(["id", "trait"])["value"].agg(" + ".join).unstack()
    ties = pd.concat(parts, ignore_index=True)[["a", "b", "context"]]
    return Graph(ties, people, left_out, "SNAP ego networks", "profile")


def read_movielens(path: Path) -> Likes:
    """Read MovieLens 100K (``u.data``) or 1M (``ratings.dat``), with the files beside it."""
    users, items = ("u.user", "u.item") if path.name == "u.data" else ("users.dat", "movies.dat")
    separators = ("\t", "|") if path.name == "u.data" else ("::", "::")
    ratings, dropped = read_rows(
        read_text(path, encoding="latin-1"), _RATINGS, separator=separators[0]
    )
    left_out, beside = Counter(dropped), []
    for name, kinds in ((users, _USERS), (items, _ITEMS)):
        table = pd.DataFrame({"id": pd.Series(dtype="int64")})
        if (path.parent / name).exists():
            text = read_text(path.parent / name, encoding="latin-1")
            table = read_rows(text, kinds[name], separator=separators[1], once="id").table
        else:
            left_out["tables not there"] += 1
        beside.append(table.set_index("id"))
    people, films = beside
    if people.shape[1] and users == "users.dat":
        people["age"] = people["age"].map(AGES)
        people["occupation"] = people["occupation"].map(OCCUPATIONS)
    if films.shape[1] and items == "u.item":
        flags = films[GENRES].to_numpy(dtype=bool)
        films["topic"] = ["|".join(np.array(GENRES)[row]) for row in flags]
    films = films.reindex(columns=["name", "topic"])
    return Likes(ratings, people, films, left_out, "film", "MovieLens", "form")


def read_likes(path: Path, *, users: Path | None, items: Path | None, options: Options) -> Likes:
    """Read a table with a row a like, and, where they are given, tables of people and of pages."""
    likes, left_out = read_pairs(path, ("user", "item"), options=options, known=_OF_LIKES)
    tables = []
    for table, column, name in ((users, "user", "people"), (items, "item", "pages")):
        ids = likes[column]
        found = pd.DataFrame(index=pd.Index([], dtype=ids.dtype))
        if table is not None:
            found = read_register(Path(table), ids, f"{name} stands in {path.name}", options)
        tables.append(found)
    people, pages = tables
    pages = pages.rename(columns={pages.columns[0]: "name"} if pages.shape[1] else {})
    source = "myPersonality" if path.name == "users-likes.csv" else None
    pages = pages.reindex(columns=["name", "topic"])
    return Likes(likes, people, pages, left_out, "page", source)


def _from_text(
    text: Text, options: Options, known: Mapping[str, Kind]
) -> tuple[pd.DataFrame, list[str], Counter]:
    layout = find_layout(text, header=True if options.columns else options.header)
    ends = _choose(text.name, layout.names, options.columns)
    first = dict(zip(layout.names, layout.first, strict=False))
    # words, unless the first row has numbers; what looks like a number and is no id is an error
    words = options.text_ids or not all(_may_be_id(first.get(end, "")) for end in ends)
    kinds = {name: known.get(name.lower(), ANY) for name in layout.names}
    kinds |= dict.fromkeys(ends, WORD if words else ID)
    rows = read_rows(text, kinds, separator=layout.separator, header=layout.header)
    return rows.table, ends, Counter(rows.left_out)


def _from_parquet(
    text: Text, options: Options, known: Mapping[str, Kind]
) -> tuple[pd.DataFrame, list[str], Counter]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(text.data))
    except (pa.ArrowException, OSError) as error:
        raise FileError(f"{text.name}: is no Parquet file ({shorten(str(error), 100)}).") from error
    # ids stay whole where a cell is empty
    table = table.to_pandas(ignore_metadata=True, integer_object_nulls=True)
    ends = _choose(text.name, list(table), options.columns)
    kinds = {name: known.get(name.lower(), ANY) for name in table}
    for end in ends:
        words = options.text_ids or not pd.api.types.is_numeric_dtype(table[end])
        kinds[end] = WORD if words else ID
        if words and table[end].notna().all():
            table[end] = table[end].astype("str")
    return check_columns(table, kinds, name=text.name), ends, Counter()


def _choose(name: str, names: list[str], columns: Iterable[str] | None) -> list[str]:
    """The two columns that hold ids: those that were asked for, or the first two."""
    ends = list(columns or names[:2])
    missing = [end for end in ends if end not in names]
    if missing or len(set(ends)) != 2:
        raise FileError(
            f"{name}: has the columns {', '.join(names) or 'none'}, and two are expected"
            + (f" that are called {' and '.join(map(repr, ends))}." if columns else ".")
        )
    return ends


def _may_be_id(field: str) -> bool:
    return is_number(field) or field.strip().lower() in ("", "na", "nan", "null", "none")


def read_register(path: Path, ids: pd.Series, who: str, options: Options) -> pd.DataFrame:
    """Read a table with a row a person or page; the first column is the id, one of ``ids``."""
    text = read_text(path, encoding=options.encoding)
    layout = find_layout(text, header=True)
    first, is_word = layout.names[0], not pd.api.types.is_integer_dtype(ids)
    kinds = dict.fromkeys(layout.names, ANY) | {first: WORD if is_word else ID}
    rows = read_rows(text, kinds, separator=layout.separator, header=True, once=first)
    found = rows.table.set_index(first).rename_axis("id")
    if not ids.isin(found.index).any():
        raise FileError(
            f"{path.name}: none of its {len(found)} {who}, where the first is {ids.iloc[0]!r}, and "
            f"here {found.index[0]!r}."
        )
    return found


def _ego_features(path: Path, options: Options) -> tuple[pd.Series, pd.DataFrame]:
    """The friends of one ego, and the features that these people have: id, trait, value."""
    names = read_text(path.with_suffix(".featnames"), encoding=options.encoding)
    parts = []
    for number, line in enumerate(names.data.decode(options.encoding).splitlines(), 1):
        found = re.fullmatch(rf"{number - 1} (?:(.*)[;:])?([^;:]+)", line.strip())
        if not found:
            raise FileError(
                f"{names.name}, line {number}: {shorten(line)!r}, and the number {number - 1} and "
                "the name of a feature are expected, such as '77 gender;anonymized feature 77'."
            )
        parts.append((found[1] or "feature", found[2]))
    flags = {f"feature {i}": FLAG for i in range(len(parts))}
    ids = {"id": WORD if options.text_ids else ID}
    alters = read_rows(
        read_text(path.with_suffix(".feat")), ids | flags, separator=BLANKS, once="id"
    )
    own = read_rows(read_text(path.with_suffix(".egofeat")), flags, separator=BLANKS).table
    table = pd.concat([alters.table, own.assign(id=_ego_id(path, alters.table["id"].dtype))])
    row, column = np.nonzero(table[list(flags)].to_numpy())
    traits, values = (np.array(part, dtype=object) for part in zip(*parts, strict=True))
    held = {"id": table["id"].to_numpy()[row], "trait": traits[column], "value": values[column]}
    return alters.table["id"], pd.DataFrame(held)


def _ego_id(path: Path, dtype: np.dtype) -> int | str:
    if not pd.api.types.is_integer_dtype(dtype):
        return path.stem
    if path.stem.isdigit():
        return int(path.stem)
    raise FileError(
        f"{path.name}: is called after the person in its middle, and {path.stem!r} is no whole "
        "number as the other ids are. With text_ids=True ids are words."
    )


def _ego_circles(path: Path, dtype: np.dtype) -> tuple[int | str, pd.DataFrame]:
    ego, rows = _ego_id(path, dtype), []
    file = path.with_suffix(".circles")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    for number, line in enumerate(lines, 1):
        circle, *members = line.split() or [""]
        if pd.api.types.is_integer_dtype(dtype) and not all(map(WHOLE.fits, members)):
            raise FileError(
                f"{file.name}, line {number}: {shorten(line)!r}, and the name of a circle and the "
                "ids of its members are expected."
            )
        rows += [(member, circle) for member in members]
    table = pd.DataFrame(rows, columns=["id", "circle"])
    return ego, table.astype({"id": dtype})
