"""Sweeps: every defence against every method, in many towns, and nothing lost when interrupted.

Each unit of a sweep is a file of its own, there whole or not at all. So a sweep can be stopped at
any moment and taken up again, and a method or a defence of your own joins those that are there.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from inspect import signature
from itertools import product
from os import PathLike, fsync, getpid
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from ethics_lib.defended import check_evidence, people_in
from ethics_lib.guards import SUMS_ONLY
from ethics_lib.scenarios import DEFENCES, METHODS, Case, Defender, Method, Scenario
from ethics_lib.scores import foretell, leak, sum_up
from ethics_lib.tables import (
    COLUMNS,
    EthicsLibError,
    Evidence,
    TableError,
    check_share,
    check_table,
    check_whole,
)

__all__ = ["sweep"]

_FEED = "feed"  # scored like a method, and so no method may be called that
_KEYS = list(COLUMNS["scores"])[:-1]  # all but the value
_LONGEST = 230  # letters of a file's name: disks take 255, and it is longer while it is written
_PACKAGES = ["numpy", "pandas", "scipy", "scikit-learn", "ethics-lib"]


def sweep(
    folder: str | Path,
    *,
    scenario: Scenario | None = None,
    defences: Mapping[str, Defender] | None = None,
    methods: Mapping[str, Method] | None = None,
    strengths: Iterable[float] = (0, 0.25, 0.5, 0.75, 1),
    seeds: Iterable[int] = range(5),
    jobs: int = 1,
    progress: bool = True,
) -> pd.DataFrame:
    """Score each defence at each strength against each method, in a town for each seed.

    Parameters
    ----------
    folder : path
        Where results go. One with the same scenario and strengths is taken up again: what is
        finished is read and not redone. Seeds, defences and methods may be added later. One sweep
        at a time in a folder.
    scenario : Scenario, optional
    defences : {name: (strength, seed) -> defence}, optional
        By default `scenarios.DEFENCES`; ``{**DEFENCES, "mine": mine}`` adds one.
    methods : {name: (evidence, holder) -> beliefs}, optional
        By default `scenarios.METHODS`.
    strengths : list of float, 0-1
    seeds : list of int
    jobs : int
        How many processes, -1 for one a processor; the scores are the same for any number.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    DataFrame[defence, strength, method, trait, who, measure, seed, value]
        What was asked for now, also written to ``scores.parquet``. ``manifest.json`` beside it
        holds the settings, all names and seeds, the versions and the times.

        ``who``: ``everybody`` of whom the holder had anything; and, of a defence that some take up
        and some do not, ``defended`` and ``others``. ``measure``: ``auc`` and ``bits``, as in
        `scores.leak`; ``usefulness`` of the methods ``feed`` and ``popularity``, as in
        `scores.foretell`; and ``auc_before`` and so on, of the same people before the defence.

    Raises
    ------
    TableError
        When the folder holds a sweep with other settings, or an unfinished one made with other
        versions, or a file that cannot be read; when a defence or a method takes other arguments,
        or gives back a wrong table.
    EthicsLibError
        When a defence or a method fails; the message names it, the strength and the seed. What is
        finished stays.

    Notes
    -----
    Results are found again by name. A method or a defence that was *changed under the same name*
    cannot be seen: give it another name, or use another folder.
    """
    from joblib import Parallel, delayed
    from tqdm.auto import tqdm

    scenario = Scenario() if scenario is None else scenario
    if not (isinstance(scenario, Scenario) and isinstance(folder, (str, PathLike))):
        raise TableError(
            f"sweep: folder={folder!r}, scenario={scenario!r}. Give the path of a folder, and a "
            "scenario such as Scenario(n=400)."
        )
    defences = _check_named("defences", defences, of=DEFENCES, takes="strength, seed")
    methods = _check_named("methods", methods, of=METHODS, takes="evidence, holder")
    seeds = [check_whole(seed, "seed", low=0) for seed in _check_list("seeds", seeds)]
    strengths = [check_share(s, "strength") for s in _check_list("strengths", strengths)]
    jobs = jobs if jobs == -1 else check_whole(jobs, "jobs")
    asked = {"seeds": seeds, "defences": [*defences], "methods": [*methods]}
    _check_asked(asked | {"strengths": strengths})
    folder, units = Path(folder), _units(**asked)
    for path in (_path(folder, *unit) for unit in units):
        if len(path.name) > _LONGEST:
            raise TableError(f"sweep: {path.stem!r} is too long for a file's name. Shorten it.")
    try:
        missing = {unit for unit in units if not _path(folder, *unit).exists()}
        manifest = _open(folder, scenario, strengths, asked, unfinished=bool(missing))
    except OSError as error:
        raise TableError(f"sweep: {folder} is no folder to write to: {error}.") from error
    tasks = []
    for seed, defence in dict.fromkeys(unit[:2] for unit in units if unit in missing):
        left = {m: methods.get(m) for m in [*methods, _FEED] if (seed, defence, m) in missing}
        tasks.append((folder, scenario, seed, (defence, defences[defence]), left, strengths))
    done = len(units) - len(missing)
    with tqdm(total=len(units), initial=done, unit="unit", disable=not progress) as bar:
        run = Parallel(n_jobs=jobs, return_as="generator_unordered")
        for number in run(delayed(_score)(*task) for task in tasks):
            bar.update(number)
    scores = pd.concat([_read(folder, *unit) for unit in units])
    scores = check_table(scores, "scores").sort_values(_KEYS, ignore_index=True)
    _write(folder / "scores.parquet", scores.to_parquet)
    listed = _units(**{name: manifest[name] for name in asked})
    if all(_path(folder, *unit).exists() for unit in listed):
        _write(folder / "manifest.json", _as_json(manifest | {"finished": _now()}))
    return scores


def _score(
    folder: Path,
    scenario: Scenario,
    seed: int,
    named: tuple[str, Defender],
    methods: dict[str, Method | None],
    strengths: list[float],
) -> int:
    """Score one defence in one town, a file for each method; say how many."""
    from threadpoolctl import threadpool_limits

    defence, make = named
    with threadpool_limits(limits=1):  # sums in another order end in other digits
        case, options = scenario.make(seed), []
        case = case._replace(evidence=check_evidence(case.evidence, by=type(scenario).__name__))
        for strength in strengths:
            what = f"defence {defence!r}, strength {strength:g}, seed {seed}"
            with _saying(what, folder):
                used = make(strength, seed)
                left = check_evidence(used(_lend(case.evidence)), by=defence)
                options.append((strength, what, left, _groups(used, case.evidence)))
        for name, method in methods.items():
            before, rows = None, []
            for strength, what, left, groups in options:
                with _saying(f"method {name!r}, {what}", folder):
                    if before is None:
                        before = _judge(case.evidence, case, method)
                    found = {"": _judge(left, case, method), "_before": before}
                rows += [
                    (defence, strength, by or name, trait, who, measure + ending, seed, value)
                    for ending, table in found.items()
                    for who, people in groups.items()
                    for by, trait, measure, value in sum_up(table, people)
                ]
            table = pd.DataFrame(rows, columns=list(COLUMNS["scores"]))
            _write(_path(folder, seed, defence, name), table.to_parquet)
    return len(methods)


def _judge(evidence: Evidence, case: Case, method: Method | None) -> pd.DataFrame:
    lent = _lend(evidence)
    if method is None:
        return foretell(lent, case)
    return leak(lent, case, method=method, **SUMS_ONLY)


def _lend(evidence: Evidence) -> Evidence:
    """A copy: who writes into it must not change what the next one gets to see."""
    return Evidence(*(table.copy() for table in (evidence.traces, evidence.ties, evidence.known)))


def _groups(defence: Callable, evidence: Evidence) -> dict[str, pd.Index]:
    """Everybody; and, if some take the defence up and some do not, both."""
    everybody = people_in(evidence)
    groups = {"everybody": everybody}
    if hasattr(defence, "who"):
        defended = everybody.isin(defence.who(evidence))
        if 0 < defended.sum() < len(everybody):
            groups |= {"defended": everybody[defended], "others": everybody[~defended]}
    return groups


@contextmanager
def _saying(what: str, folder: Path) -> Iterator[None]:
    """Say what failed, and that nothing else is lost."""
    try:
        yield
    except Exception as error:
        kind = TableError if isinstance(error, TableError) else EthicsLibError
        said = str(error).removesuffix(".")
        raise kind(
            f"sweep: {what}: {type(error).__name__}: {said}. What is finished stays in {folder}; "
            "mend this and call sweep again."
        ) from error


# The folder ---------------------------------------------------------------------------------------


def _check_named(
    what: str, named: Mapping[str, Callable] | None, *, of: Mapping[str, Callable], takes: str
) -> dict[str, Callable]:
    """Names and functions that can be called as a sweep will call them; by default ours."""
    named = of if named is None else named
    if not isinstance(named, Mapping):
        raise TableError(f"sweep: {what}={named!r}. Give a name to each, as in {what.upper()}.")
    for name, function in named.items():
        try:
            signature(function).bind(*takes.split(", "))
            fits = isinstance(name, str)
        except (TypeError, ValueError):
            fits = False
        if not fits:
            raise TableError(
                f"sweep: {what}: {name!r}: {function!r}. A name in words and a function of "
                f"({takes}) are needed, such as those in scenarios.{what.upper()}."
            )
    return dict(named)


def _check_list(name: str, values: Iterable) -> list:
    if not pd.api.types.is_list_like(values):
        raise TableError(f"sweep: {name}={values!r}. Give a list.")
    return list(values)


def _check_asked(asked: dict[str, list]) -> None:
    for name, values in asked.items():
        # some disks do not tell capitals apart, and each name is that of a file
        if not values or len({str(value).casefold() for value in values}) < len(values):
            raise TableError(f"sweep: {name}={values!r}. Give one or more, each once.")
    for taken in {_FEED, "popularity"} & set(asked["methods"]):
        raise TableError(f"sweep: a method cannot be called {taken!r}. Choose another name.")


def _units(seeds: list[int], defences: list[str], methods: list[str]) -> list[tuple[int, str, str]]:
    return [*product(seeds, defences, [*methods, _FEED])]


def _path(folder: Path, seed: int, defence: str, method: str) -> Path:
    # dashes in a name too, or "a - b" and "c" would share a file with "a" and "b - c"
    names = (quote(name, safe=" ").replace("-", "%2D") for name in (defence, method))
    return folder / "units" / f"{' - '.join([str(seed), *names])}.parquet"


def _read(folder: Path, seed: int, defence: str, method: str) -> pd.DataFrame:
    """The scores of a unit, if its file is whole and holds no other unit's."""
    path = _path(folder, seed, defence, method)
    owners = {"seed": [seed], "defence": [defence], "method": [method]}
    owners["method"] += ["popularity"] if method == _FEED else []
    try:
        table = check_table(pd.read_parquet(path), "scores", empty=True)
        if table[list(owners)].isin(owners).all(axis=None):
            return table
    except (OSError, ValueError):
        pass
    raise TableError(
        f"sweep: {path} cannot be read, or holds the rows of another unit: delete it and call "
        "sweep again."
    )


def _write(path: Path, write: Callable) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{getpid()}.part")  # another process may write it too
    with part.open("wb") as file:
        write(file)
        file.flush()
        fsync(file.fileno())
    part.replace(path)


def _open(
    folder: Path, scenario: Scenario, strengths: list, asked: dict[str, list], *, unfinished: bool
) -> dict:
    """Begin a folder, or take it up again if it holds a sweep of the same settings."""
    path = folder / "manifest.json"
    manifest = {
        "scenario": {"is": type(scenario).__name__, **asdict(scenario)},
        "strengths": strengths,
        "versions": {"python": platform.python_version(), **{p: version(p) for p in _PACKAGES}},
        **asked,
        "started": _now(),
        "finished": None,
    }
    manifest = json.loads(json.dumps(manifest, default=str))  # as it will be read: tuples are lists
    if path.exists():
        try:
            old = json.loads(path.read_text(encoding="utf-8"))
            old = {name: old[name] for name in manifest}
        except (ValueError, KeyError, TypeError):
            raise TableError(
                f"sweep: {path} cannot be read, so nothing says how the files beside it were made. "
                "Choose another folder."
            ) from None
        for name in ["scenario", "strengths", *["versions"] * unfinished]:
            _refuse_other(old[name], manifest[name], name, folder)
        joined = {name: [*dict.fromkeys(old[name] + manifest[name])] for name in asked}
        manifest |= joined | {name: old[name] for name in ("versions", "started")}
    elif folder.exists() and any(file.suffix != ".part" for file in folder.iterdir()):
        raise TableError(f"sweep: {folder} holds other files. Choose a new or an empty folder.")
    _write(path, _as_json(manifest))
    return manifest


def _refuse_other(old: object, new: object, name: str, folder: Path) -> None:
    if old == new:
        return
    if isinstance(old, dict):
        key = next(key for key in {**old, **new} if old.get(key) != new.get(key))
        name, old, new = f"{name}, {key}", old.get(key), new.get(key)
    raise TableError(
        f"sweep: {folder} holds a sweep with another {name}: {old!r}, and here it is {new!r}. "
        "Choose another folder for this one."
    )


def _as_json(manifest: dict) -> Callable:
    return lambda file: file.write(json.dumps(manifest, indent=1, ensure_ascii=False).encode())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
