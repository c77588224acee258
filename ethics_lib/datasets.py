"""Data sets: the town that the lessons live in, and two small worlds that nobody here invented.

Each comes as a `World` that says in ``about`` where it is from and what its people agreed to.
Nothing of these is downloaded: the town lies in ``datasets/``, the others come with NetworkX.
What a researcher brings along is read by `load_graph` and `load_likes`, and the two ``fetch_``
functions get public data sets; they are made in rooms of their own and handed on here.

``python -m ethics_lib.datasets`` makes the town again, to the bit.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from ethics_lib.downloads import fetch_movielens, fetch_snap_facebook
from ethics_lib.provenance import ConsentNotice
from ethics_lib.readers import load_graph, load_likes
from ethics_lib.tables import World
from ethics_lib.world import YEAR, make_world

__all__ = [
    "RESIDENTS",
    "SEED",
    "WREN",
    "ConsentNotice",
    "fetch_movielens",
    "fetch_snap_facebook",
    "load_graph",
    "load_karate",
    "load_likes",
    "load_published",
    "load_recovered",
    "load_southern_women",
    "load_town",
    "make_town",
]

SEED = 98
"""The seed of Brightwater; chosen so that Wren makes a story, as the datasheet says."""
WREN = 17
"""Wren Halloway, whom the lessons follow."""
RESIDENTS: dict[int, str] = {
    WREN: "Wren Halloway",  # expecting a child, and has told nobody
    18: "Sage Overfield",  # lives with her, and answered the form
    19: "Kit Halloway",  # lives with her, a member of 13 years
    20: "Rowan Hazelstone",  # her friend, whose answer was not true, and who has left
    21: "Marlow Underbrook",  # her friend, who left the platform
    22: "Linden Fairmoor",  # her friend, who never joined it
    23: "Alder Winterwick",  # kept a Dry January
    24: "Noor Copperwick",  # in debt since March
}
"""The residents whom the lessons name, by the number that each has for good."""
_DRAWN = dict(zip(RESIDENTS, (4566, 4198, 4880, 1624, 1161, 4564, 354, 305), strict=True))
_UNSAID = ["faith", "party", "illness", "expecting", "in_debt", "openness"]  # by Wren

_ABOUT = "Synthetic. Nobody in Brightwater exists, so nobody was asked and nobody was watched."
_TABLES = ("people", "items", "acts", "ties", "reports", "events")


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
    """Make Brightwater again from its seed, and give the residents of the lessons their places.

    Each changes number with whoever was drawn there, and gets the name that the lessons use. What
    Wren said of her faith, her vote, her health, her debts and in one test is left out.
    """
    world = _seat(make_world("brightwater", rng=SEED), _DRAWN)
    names = world.people["name"]
    for person, name in RESIDENTS.items():
        given = name.split()[0]
        names = names.mask(names == name, f"{given} Merriway")  # nobody else bears the name
        names[person] = name
    acts = world.acts.sort_values(["kind", "person", "time", "item"], ignore_index=True)
    reports = world.reports
    unsaid = (reports["person"] == WREN) & reports["trait"].isin(_UNSAID)
    return replace(
        world,
        people=world.people.assign(name=names),
        acts=acts,  # in order they take less room
        reports=reports[~unsaid].reset_index(drop=True),
        about=_ABOUT,
    )


def _seat(world: World, drawn: dict[int, int]) -> World:
    """Let people change numbers, two by two, in every table."""
    new = np.arange(len(world.people), dtype=np.int32)
    for seat, person in drawn.items():
        new[[seat, person]] = person, seat
    people = world.people.iloc[new].set_axis(world.people.index)  # swaps undo themselves
    a, b = (new[world.ties[end]] for end in ("a", "b"))
    ties = world.ties.assign(a=np.minimum(a, b), b=np.maximum(a, b))
    others = {
        noun: getattr(world, noun).assign(person=new[getattr(world, noun)["person"]])
        for noun in ("acts", "reports", "events")
    }
    return replace(
        world, people=people, ties=ties.sort_values(["a", "b"], ignore_index=True), **others
    )


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


def load_published() -> pd.DataFrame:
    """Load the figures that papers give, which `ethics_lib.effects` lays beside the town's.

    Returns
    -------
    DataFrame[figure, paper, doi, quantity, unit, published, low, high, band, standing, note]
        ``low`` and ``high`` are the band in which a recovered number counts as the published
        one; an empty end is open, and an empty ``published`` stands for a claim without a number.
        ``band`` says whose the band is: ``published``, ``proposed`` (by the project, before any
        fit) or ``shape`` (only a direction was published). ``standing`` is ``primary`` (the
        paper itself, its figure or its data) or ``secondary`` (a document that quotes it); shown
        and never counted are ``memory``, ``analogue`` (something like it was measured) and
        ``ours`` (a check of our own).
    """
    return pd.read_csv(_folder() / "published_effects.csv", encoding="utf-8")


def load_recovered() -> pd.DataFrame:
    """Load what `ethics_lib.effects.measure` found in every preset, the large ones among them.

    Returns
    -------
    DataFrame[effect, figure, preset, role, seed, value]
        ``attrs`` holds the ``date``, the ``seeds`` and the ``versions`` of the run.
    """
    table = pd.read_csv(_folder() / "recovered_effects.csv", encoding="utf-8")
    table.attrs = json.loads((_folder() / "recovered_effects.json").read_text(encoding="utf-8"))
    return table


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
        # numbers in order are written as their differences
        delta = [c for c in ("person", "a", "time") if c in table]
        table.to_parquet(
            folder / f"{name}.parquet",
            index=False,
            compression="zstd",
            compression_level=9,
            use_dictionary=[c for c in table if c not in delta],
            column_encoding=dict.fromkeys(delta, "DELTA_BINARY_PACKED"),
        )


if __name__ == "__main__":
    _write(make_town(), _folder() / "brightwater")
