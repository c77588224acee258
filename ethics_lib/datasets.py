"""Data sets: the town that the lessons live in, and two small worlds that nobody here invented.

Each comes as a `World` that says in ``about`` where it is from and what its people agreed to.
Nothing is downloaded: the town lies in ``datasets/``, the others come with NetworkX.

``python -m ethics_lib.datasets`` makes the town again, to the bit.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ethics_lib.tables import World
from ethics_lib.world import YEAR, make_world

__all__ = ["SEED", "WREN", "load_karate", "load_southern_women", "load_town", "make_town"]

SEED = 167
"""The seed of Brightwater; chosen so that person 17 makes a story, as the datasheet says."""
WREN = 17
"""Wren Halloway, whom the lessons follow."""

_ABOUT = "Synthetic. Nobody in Brightwater exists, so nobody was asked and nobody was watched."
_TABLES = ("people", "items", "acts", "ties", "reports")


def load_town() -> World:
    """Load Brightwater: 5,000 invented people, their pages, friends and answers.

    Returns
    -------
    World

    Raises
    ------
    FileNotFoundError
        When the files are missing; the message says how to make them.
    """
    folder = _folder() / "brightwater"
    tables = {}
    for name in _TABLES:
        path = folder / f"{name}.parquet"
        if not path.exists():
            raise FileNotFoundError(
                f"The town's table {name!r} is not at {path}. Make it again with "
                "'python -m ethics_lib.datasets' in the project's folder."
            )
        tables[name] = _from_disk(pd.read_parquet(path))
    for name, index in (("people", "person"), ("items", "item")):
        tables[name].index = pd.RangeIndex(len(tables[name]), name=index)
    return World(**tables, about=_ABOUT)


def make_town() -> World:
    """Make Brightwater again from its seed, and give person 17 the name that the lessons use."""
    world = make_world("brightwater", rng=SEED)
    names = world.people["name"].mask(world.people["name"] == "Wren Halloway", "Wren Merriway")
    names[WREN] = "Wren Halloway"
    people = world.people.assign(name=names)
    return World(people, world.items, world.acts, world.ties, world.reports, about=_ABOUT)


def load_karate() -> World:
    """Load Zachary's karate club: 34 people, whom they met outside it, and how the club split.

    The trait is ``faction``: the club that each joined after the quarrel between the instructor
    (person 0) and the club's officers (person 33).

    Returns
    -------
    World
        People and ties; no items, no acts.

    References
    ----------
    Zachary (1977), Journal of Anthropological Research 33:452; the copy that NetworkX ships.
    """
    import networkx as nx

    club = nx.karate_club_graph()
    faction = pd.Series(nx.get_node_attributes(club, "club"), name="faction")
    people = faction.to_frame().rename_axis("person")
    ties = pd.DataFrame(sorted(map(sorted, club.edges)), columns=["a", "b"], dtype="int32")
    about = (
        "Zachary 1977, observed in a university karate club over several years. The copy used "
        "here says nothing about what the members agreed to; one of them has a pseudonym."
    )
    return World(people, ties=ties.assign(context="club"), about=about)


def load_southern_women() -> World:
    """Load Davis, Gardner and Gardner's table: 18 women, and which of 14 gatherings each went to.

    The trait is ``group``: in which of two circles the ethnographers placed each woman. Ruth
    DeSand belonged to both; she is counted to the first, where her row stands.

    Returns
    -------
    World
        People, items (the gatherings) and acts of kind ``like``; no ties.

    References
    ----------
    Davis, Gardner & Gardner (1941), Deep South; the copy that NetworkX ships. Its history:
    Freeman (2003), Finding Social Groups. The placing of the women is quoted from memory of that
    survey.
    """
    import networkx as nx

    graph = nx.davis_southern_women_graph()
    women, events = graph.graph["top"], graph.graph["bottom"]
    people = pd.DataFrame(
        {"name": women, "group": np.where(np.arange(len(women)) < 9, "first", "second")}
    ).rename_axis("person")
    people = people.assign(member=True, joined=YEAR)
    items = pd.DataFrame({"kind": "gathering", "name": events, "topic": "company"})
    went = [(women.index(w), events.index(e)) for w in women for e in graph[w]]
    acts = pd.DataFrame(sorted(went), columns=["person", "item"], dtype="int32")
    acts = acts.assign(kind="like", time=YEAR)[["person", "kind", "item", "time"]]
    about = (
        "Davis, Gardner & Gardner 1941, from interviews, guest lists and newspapers in the 1930s "
        "(Freeman 2003). Nothing in the copy used here says that the women were asked. The dates "
        "are not in it either; all acts bear one date."
    )
    return World(people, items.rename_axis("item"), acts, about=about)


def _folder() -> Path:
    """Where the data lie: inside the installed package, or beside it in a checkout."""
    here = Path(__file__).resolve().parent
    packed = here / "_datasets"
    return packed if packed.exists() else here.parent / "datasets"


def _to_disk(table: pd.DataFrame) -> pd.DataFrame:
    """Parquet wants one type a column: answers are written as words and numbers apart."""
    if "value" in table:
        number = pd.to_numeric(table["value"], errors="coerce")
        word = table["value"].where(number.isna()).astype("str").where(number.isna())
        table = table.assign(word=word, number=number.astype("float64")).drop(columns="value")
    return table


def _from_disk(table: pd.DataFrame) -> pd.DataFrame:
    times = table.select_dtypes("datetime").columns
    table = table.astype(dict.fromkeys(times, "datetime64[s]"))
    if "word" in table:
        value = table["number"].astype(object).where(table["word"].isna(), table["word"])
        table = table.drop(columns=["word", "number"]).assign(value=value)
    return table


def _write(world: World, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in _TABLES:
        table = _to_disk(getattr(world, name))
        table.to_parquet(folder / f"{name}.parquet", compression="zstd", index=False)


if __name__ == "__main__":
    _write(make_town(), _folder() / "brightwater")
