"""Parts: tables too large for one memory, in files of Parquet, and the workers who go through them.

A table in parts is a Dask DataFrame over a folder. A file of it is there as a whole or not at all,
so that a worker may die at any moment, and whoever takes over finds nothing that is half done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm.auto import tqdm

from ethics_lib.tables import COLUMNS, TableError

try:
    import dask.dataframe as dd
    from dask import delayed
    from distributed import Client, Future, LocalCluster, as_completed
except ImportError as error:
    raise ImportError(
        f"Dask is needed here, and {error.name} is not installed. To get it: "
        'python -m pip install "dask[dataframe]>=2025.1" "distributed>=2025.1"'
    ) from error

__all__ = [
    "Table",
    "as_parts",
    "begin_folder",
    "map_parts",
    "read_parts",
    "watch",
    "whole_file",
    "workers",
    "write_part",
]

Table = dd.DataFrame | pd.DataFrame | str | Path
"""A table as it may come: in parts, in memory, or as a path to Parquet."""


def as_parts(table: Table, noun: str, columns: list[str]) -> dd.DataFrame:
    """Take a table in any of its forms, and of its columns those that are needed.

    Raises
    ------
    TableError
        When it is no table, lacks a column, or holds people who are not whole numbers. What else
        may be wrong is for whoever reads a part to say.
    """
    if isinstance(table, (str, Path)):
        if not Path(table).exists():
            raise TableError(f"{noun}: {table} does not exist. Pass a file or folder of Parquet.")
        table = read_parts(table)
    elif isinstance(table, pd.DataFrame):
        table = dd.from_pandas(table, npartitions=1 + len(table) // 1_000_000, sort=False)
    elif not isinstance(table, dd.DataFrame):
        raise TableError(
            f"{noun}: got {type(table).__name__} where a Dask or pandas DataFrame is needed, or a "
            "path to Parquet."
        )
    for column in columns:
        if column not in table.columns:
            raise TableError(
                f"{noun}: column {column!r} is missing. Needed are {', '.join(columns)}; this one "
                f"has {', '.join(map(str, table.columns)) or 'none'}."
            )
        if column in ("a", "b", "person") and table[column].dtype.kind not in "iu":
            raise TableError(
                f"{noun}: column {column!r} holds {table[column].dtype}; people are whole numbers. "
                "Convert with .astype('int32')."
            )
    return table[columns]


def read_parts(path: str | Path) -> dd.DataFrame:
    """Open a table in parts: a folder of Parquet, or one file of it."""
    return dd.read_parquet(path)


def map_parts(
    client: Client, function: Callable[..., object], table: dd.DataFrame, *options: object
) -> list[Future]:
    """Let workers apply a function to each part of a table, which it gets as pandas."""
    done = [delayed(function, pure=False)(part, *options) for part in table.to_delayed()]
    return client.compute(done)


def begin_folder(folder: str | Path, recipe: dict | None = None) -> Path:
    """Make a folder; one that is not empty is taken only if the same recipe began it."""
    folder = Path(folder).absolute()  # workers may stand elsewhere
    there = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    wanted, kept = json.dumps(recipe, indent=1), folder / "recipe.json"
    if there and (recipe is None or not kept.exists() or kept.read_text("utf-8") != wanted):
        made = "" if recipe is None else ", and nothing that was begun with these arguments"
        raise TableError(
            f"{folder} is not empty: it holds {', '.join(there[:5])}{made}. Name a new folder, or "
            "empty this one."
        )
    folder.mkdir(parents=True, exist_ok=True)
    if recipe is not None:
        with whole_file(kept) as new:
            new.write_text(wanted, encoding="utf-8")
    return folder


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Write a file under another name, which it keeps until it is whole."""
    new = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        yield new
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


_ARROW = {
    "person": pa.int32(),
    "item": pa.int32(),
    "text": pa.string(),
    "value": pa.string(),
    "time": pa.timestamp("s"),
    "number": pa.float64(),
    "probability": pa.float64(),
}


def write_part(table: pd.DataFrame, noun: str, path: Path) -> None:
    """Write one part of a table of `tables.COLUMNS`, or of any other noun as it is."""
    kinds = COLUMNS.get(noun)
    # an empty part does not say what its columns would hold
    schema = pa.schema([(c, _ARROW[k.rstrip("?")]) for c, k in kinds.items()]) if kinds else None
    with whole_file(path) as new:
        pq.write_table(pa.Table.from_pandas(table, schema), new)


@contextmanager
def workers(client: Client | None = None) -> Iterator[Client]:
    """The workers of a client; without one, one a core of this machine, for itself alone."""
    if client is not None:
        yield client
        return
    # without an address of its own Dask takes the port 8787, and complains where that is taken
    page = {"dashboard_address": "127.0.0.1:0"}
    with (
        LocalCluster(
            host="127.0.0.1", dashboard_address=None, threads_per_worker=1, scheduler_kwargs=page
        ) as cluster,
        Client(cluster, set_as_default=False) as own,
    ):
        yield own


def watch(futures: list[Future], what: str = "") -> list[Future]:
    """Wait for all and raise the first error; a bar that says ``what`` shows how many are done."""
    done = as_completed(futures)
    for future in tqdm(done, what, len(futures), unit="part", leave=False, disable=not what):
        if future.status != "finished":
            future.result()
    return futures
