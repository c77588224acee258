"""Districts: a city that need not fit into memory, made part by part.

Each district is a small town, made as `ethics_lib.make_world` makes one. Friends in other districts
come from meeting places, where people of all districts meet; a meeting place is no larger than a
district, so neither is what must be held at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from math import ceil, isqrt
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ethics_lib.acts import Tastes, make_acts, make_items
from ethics_lib.parts import begin_folder, read_parts, watch, whole_file, workers, write_part
from ethics_lib.people import ANSWERING, draw_trait, make_events, make_people, make_reports
from ethics_lib.presets import KNOBS, Preset, settle
from ethics_lib.tables import RangeError, World, as_rng, check_name, check_share
from ethics_lib.ties import make_layers

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["make_world"]

_DISTRICT = 50_000  # people, unless told otherwise
_PAGES = 300_000  # at most, unless told otherwise: every worker holds them all
_NOUNS = "people items acts ties events reports".split()


def make_world(
    n: int | str = "city",
    *,
    folder: str | Path,
    partitions: int | None = None,
    across: float = 0.2,
    knobs: Mapping[str, float] | None = None,
    client: Client | None = None,
    rng: int | np.random.Generator,
) -> World:
    """Make a city that need not fit into memory: district by district, in Parquet.

    Parameters
    ----------
    n : int or str
        How many people, or the name of a preset, as in `ethics_lib.make_world`.
    folder : path
        Where the tables are written. If an earlier call with the same arguments was stopped here,
        what it finished is kept.
    partitions : int, optional
        Number of districts, and of the parts of each table; by default one for 50,000 people.
    across : float, 0-1
        Share of the friends outside the household who live in another district.
    knobs : {knob: number}, optional
        Any of `ethics_lib.presets.KNOBS`.
    client : distributed.Client, optional
        Whose workers do it; they must see the folder. By default one worker a core of this machine.
    rng : int or Generator
        The same one, with the same partitions, gives the same tables, whoever does the work.

    Returns
    -------
    World
        Its tables are Dask DataFrames over the files. In ``reports`` numbers are written as text.

    Raises
    ------
    TableError
        When the folder holds something else.
    RangeError
        When a knob is outside its range, or the districts are too small.

    Notes
    -----
    A district is made as `ethics_lib.make_world` makes a town. Friends in other districts come
    from meeting places: each person belongs to one, where people of all districts meet, and are
    sorted by the same settings. What is different from one large town: people have friends in one
    district and one meeting place only; the share of each trait is the same in every district;
    the sociable do not join the platform earlier; what events of life bring is drawn anew in each
    district; and there are at most 300,000 pages, unless the knob says more.
    """
    preset, settled = _settle(n, knobs or {})
    people = int(settled["n"])
    partitions = max(1, round(people / _DISTRICT)) if partitions is None else partitions
    _check_partitions(partitions, people, settled["mean_degree"])
    check_share(across, "across")
    root = as_rng(rng).bit_generator.seed_seq
    recipe = {"n": n if isinstance(n, str) else people, "partitions": partitions, "across": across}
    chance = [str(root.entropy), list(root.spawn_key), root.n_children_spawned]
    folder = begin_folder(folder, recipe | {"knobs": settled, "rng": chance})
    for noun in (*_NOUNS, "meetings"):
        (folder / noun).mkdir(exist_ok=True)
    things_seed, traits, *seeds = root.spawn(2 + 2 * partitions)
    borders = np.linspace(0, people, partitions + 1).astype(int).tolist()
    plan = _Plan(folder, preset, settled, across, partitions, traits.spawn(len(preset.traits)))
    with workers(client) as client:
        things = client.submit(_make_things, plan, things_seed, pure=False)
        districts = [
            client.submit(_make_district, plan, things, k, borders[k : k + 2], seeds[k], pure=False)
            for k in range(partitions)
        ]
        watch([things, *districts], "districts")
        if partitions > 1:
            places = [
                client.submit(_make_meetings, plan, k, seed, pure=False)
                for k, seed in enumerate(seeds[partitions:])
            ]
            watch(places, "meeting places")
    for left in folder.glob("*/.*"):  # of workers who died
        left.unlink()
    return World(**{noun: read_parts(folder / noun) for noun in _NOUNS}, about=_ABOUT)


_ABOUT = "Synthetic. Nobody in this city exists, so nobody was asked; nobody was watched either."


def _settle(n: int | str, knobs: Mapping[str, float]) -> tuple[Preset, dict[str, float]]:
    for name in knobs:
        check_name(name, KNOBS, what="knob")
    preset, settled = settle(n, knobs)
    if not isinstance(n, str) and "pages" not in knobs:
        settled["pages"] = min(settled["pages"], _PAGES)
    return preset, settled


def _check_partitions(partitions: int, people: int, mean_degree: float) -> None:
    # somebody of each district goes to each meeting place, and finds friends there
    least = max(int(KNOBS["n"].low), ceil(8 * mean_degree))
    most = max(1, min(people // least, isqrt(people)))
    if not (isinstance(partitions, (int, np.integer)) and 1 <= partitions <= most):
        raise RangeError(
            f"partitions={partitions!r} is outside its range: 1 to {most}, since a district of "
            f"these {people} people has at least {least}, and as many as there are districts."
        )


class _Plan(NamedTuple):
    """What every district of a city shares."""

    folder: Path
    preset: Preset
    knobs: dict[str, float]
    across: float
    districts: int
    traits: list[np.random.SeedSequence]  # the same in all, so that a taste says the same


def _make_things(plan: _Plan, seed: np.random.SeedSequence) -> tuple[pd.DataFrame, Tastes]:
    items, tastes = make_items(plan.knobs, rng=_generator(seed))
    write_part(items, "items", plan.folder / "items" / "000000.parquet")
    return items, tastes


def _make_district(
    plan: _Plan,
    things: tuple[pd.DataFrame, Tastes],
    district: int,
    ends: tuple[int, int],
    seed: np.random.SeedSequence,
) -> None:
    """Make one town of the city, its people numbered from the first of ``ends``."""
    name, (first, end) = f"{district:06d}.parquet", ends
    if (plan.folder / "meetings" / name).exists():  # it is written last
        return
    streams = "people shuffle events acts ties reports places".split()
    rng = dict(zip(streams, _generator(seed).spawn(len(streams)), strict=True))
    near = 1 - plan.across if plan.districts > 1 else 1
    knobs = plan.knobs | {"n": end - first, "mean_degree": near * plan.knobs["mean_degree"]}
    people = _people(plan, knobs, rng["people"], rng["shuffle"])
    events = make_events(people, rng=rng["events"])
    acts, favourite = make_acts(people, *things, events, knobs, rng=rng["acts"])
    groups = people.assign(cohort=people["birth_date"].dt.year // 5, favourite=favourite)
    ties = make_layers(groups, plan.preset.settings, knobs, rng=rng["ties"])
    asked = {knob: knobs[knob] for knob in ANSWERING}
    reports = make_reports(people, plan.preset.traits, **asked, rng=rng["reports"])
    reports["value"] = reports["value"].astype(str)
    people["postcode"] = f"BW{district + 1}-" + people["postcode"].str.removeprefix("BW")
    made = {"people": people, "events": events, "acts": acts, "ties": ties, "reports": reports}
    for noun, table in made.items():
        ours = [c for c in ("person", "a", "b", "household") if c in table]
        table = table.assign(**{column: table[column] + first for column in ours})
        if noun == "people":
            table.index += first
        write_part(table, noun, plan.folder / noun / name)
    sorts = {setting.by for setting in plan.preset.settings.values()} - {None}
    groups = groups[sorted(sorts)].assign(district=district).set_index(groups.index + first)
    _write_meetings(groups, plan, name, rng["places"])


def _write_meetings(groups: pd.DataFrame, plan: _Plan, name: str, rng: np.random.Generator) -> None:
    """Send everybody of a district to a meeting place: a row group for each, to be read alone."""
    place = rng.permutation(np.arange(len(groups)) % plan.districts)
    table = pa.Table.from_pandas(groups.iloc[place.argsort(kind="stable")])
    ends = np.bincount(place).cumsum()
    with (
        whole_file(plan.folder / "meetings" / name) as new,
        pq.ParquetWriter(new, table.schema) as writer,
    ):
        for low, high in zip([0, *ends[:-1]], ends, strict=True):
            writer.write_table(table.slice(low, high - low))


def _generator(seed: np.random.SeedSequence) -> np.random.Generator:
    """A generator as if the seed had never been used, for a part that may be made twice."""
    return np.random.default_rng(deepcopy(seed))


def _people(
    plan: _Plan, knobs: dict[str, float], rng: np.random.Generator, shuffle: np.random.Generator
) -> pd.DataFrame:
    people = make_people(knobs, (), rng=rng)
    # the seed of a trait gives its direction and then everybody's chance: in each district the
    # same chances fall to other people
    people = people.sample(frac=1, random_state=shuffle)
    for trait, seed in zip(plan.preset.traits, plan.traits, strict=True):
        people = draw_trait(people, trait, rng=_generator(seed))
    return people.sort_index()


def _make_meetings(plan: _Plan, place: int, seed: np.random.SeedSequence) -> None:
    """Make the friendships between districts of those who go to one meeting place."""
    path = plan.folder / "ties" / f"{plan.districts + place:06d}.parquet"
    if path.exists():
        return
    files = sorted((plan.folder / "meetings").glob("[0-9]*.parquet"))
    groups = pd.concat([pq.ParquetFile(f).read_row_group(place).to_pandas() for f in files])
    person, district = groups.index.to_numpy(np.int32), groups["district"].to_numpy()
    groups = groups.reset_index(drop=True).assign(household=np.arange(len(groups)))
    # some meet their own district, and are friends there already or not at all
    far = plan.across * len(files) / (len(files) - 1)
    knobs = plan.knobs | {"mean_degree": far * plan.knobs["mean_degree"]}
    ties = make_layers(groups, plan.preset.settings, knobs, rng=_generator(seed))
    ties = ties[district[ties["a"]] != district[ties["b"]]]
    write_part(ties.assign(a=person[ties["a"]], b=person[ties["b"]]), "ties", path)
