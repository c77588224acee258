"""Sweeps: the same scores however they came about, and nothing lost on the way."""

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_scenarios import Planted
from test_scores import believe, nothing

from ethics_lib.defences import Hide, OptOutTogether
from ethics_lib.scenarios import DEFENCES, METHODS, Scenario
from ethics_lib.scores import scoreboard
from ethics_lib.sweeps import sweep
from ethics_lib.tables import EthicsLibError, RangeError, TableError


def fade(strength, seed):
    """Take a share of everything away, from the first row on."""
    return lambda held: type(held)(
        *(
            table.iloc[round(strength * len(table)) :]
            for table in (held.traces, held.ties, held.known)
        )
    )


def some(strength, seed):
    return OptOutTogether(share=strength, rng=seed)


def knows(evidence, holder):
    """Who is on the white side, as the planted town itself says."""
    truth = Planted().make(1).truth["side"]
    return believe(truth.index, (truth == "white").astype(float).to_numpy())


@dataclass(frozen=True, kw_only=True)
class Real(Planted):
    """The same town, if its people were real."""

    def make(self, seed):
        case = super().make(seed)
        known = case.evidence.known.assign(trait="protected:side")
        truth = case.truth.rename(columns={"side": "protected:side"})
        return case._replace(evidence=replace(case.evidence, known=known), truth=truth)


ASKED = {
    "scenario": Planted(),
    "defences": {"fade": fade},
    "methods": {"friends": METHODS["friends"], "nothing": nothing},
    "strengths": [0, 1],
    "seeds": [1, 2],
    "progress": False,
}


def files(folder):
    return {path.name: path.read_bytes() for path in (folder / "units").glob("*.parquet")}


def number(scores, method, measure, **where):
    found = scores[(scores["method"] == method) & (scores["measure"] == measure)]
    for column, value in where.items():
        found = found[found[column] == value]
    return found["value"].to_numpy()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A finished sweep: its folder, which stays as it is, and its scores."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, sweep(folder, **ASKED)


def test_a_sweep_is_tidy_and_its_ends_are_known(whole):
    folder, scores = whole
    pd.testing.assert_frame_equal(scores, pd.read_parquet(folder / "scores.parquet"))
    keys = scores.drop(columns="value")
    assert not keys.duplicated().any()
    for measure in ("auc", "bits", "usefulness"):
        after, before = (
            scores[(scores["measure"] == name) & (scores["strength"] == 0)]["value"].to_numpy()
            for name in (measure, f"{measure}_before")
        )
        assert (after == before).all()
    assert (number(scores, "friends", "auc", strength=0.0) > 0.9).all()
    assert (number(scores, "friends", "auc", strength=1.0) == 0.5).all()
    assert (number(scores, "friends", "bits", strength=1.0) == 0).all()
    assert (number(scores, "nothing", "auc") == 0.5).all()
    popular = number(scores, "popularity", "usefulness", strength=1.0)
    assert (number(scores, "feed", "usefulness", strength=1.0) == popular).all()
    assert (number(scores, "feed", "usefulness", strength=0.0) > popular + 0.1).all()


def test_who_knows_the_truth_is_stopped_by_nothing(tmp_path):
    asked = {**ASKED, "methods": {"knows": knows}, "seeds": [1]}
    assert (number(sweep(tmp_path, **asked), "knows", "auc") == 1).all()


def test_those_who_defend_themselves_are_scored_apart_from_others(tmp_path):
    asked = {**ASKED, "defences": {"some": some}, "strengths": [0, 0.5, 1]}
    scores = sweep(tmp_path, **asked)
    who = scores.groupby("strength")["who"].agg(set).to_dict()
    assert who == {
        0.0: {"everybody"}, 0.5: {"everybody", "defended", "others"}, 1.0: {"everybody"}
    }  # fmt: skip
    left = {"method": "feed", "measure": "usefulness", "strength": 0.5}
    assert (number(scores, **left, who="others") > number(scores, **left, who="defended")).all()
    board = scoreboard(scores, who="others")
    assert set(board["strength"]) == {0.5}


def test_what_is_finished_is_read_and_not_redone_and_what_is_not_is_never_read(whole, tmp_path):
    folder, scores = whole
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    before = files(tmp_path)

    def refuse(*_):
        raise AssertionError("it was asked again")

    again = sweep(
        tmp_path,
        **{
            **ASKED,
            "methods": dict.fromkeys(ASKED["methods"], refuse),
            "defences": {"fade": refuse},
        },
    )
    pd.testing.assert_frame_equal(scores, again)
    assert files(tmp_path) == before
    unit = tmp_path / "units" / "1 - fade - nothing.parquet"
    part = unit.with_name(unit.name + ".part")
    part.write_bytes(unit.read_bytes()[:100])  # as if the writer had been killed
    unit.unlink()
    pd.testing.assert_frame_equal(scores, sweep(tmp_path, **ASKED))
    assert files(tmp_path) == before


def test_an_interrupted_sweep_ends_as_if_it_had_not_been(whole, tmp_path):
    folder, scores = whole
    calls = []

    def tired(evidence, holder):
        calls.append(1)
        if len(calls) == 5:  # in the second town
            raise KeyboardInterrupt
        return nothing(evidence, holder)

    broken = {**ASKED, "methods": {**ASKED["methods"], "nothing": tired}}
    with pytest.raises(KeyboardInterrupt):
        sweep(tmp_path / "broken", **broken)
    kept = files(tmp_path / "broken")
    assert 0 < len(kept) < 6
    assert (
        json.loads((tmp_path / "broken" / "manifest.json").read_text("utf-8"))["finished"] is None
    )
    mended = sweep(tmp_path / "broken", **ASKED)
    pd.testing.assert_frame_equal(scores, mended)
    one, other = ((f / "scores.parquet").read_bytes() for f in (folder, tmp_path / "broken"))
    assert one == other
    assert kept.items() <= files(tmp_path / "broken").items()


@pytest.mark.slow
def test_a_folder_grows_by_seeds_defences_and_methods(tmp_path):
    sweep(tmp_path, **{**ASKED, "seeds": [1]})
    first = files(tmp_path)
    methods = {**ASKED["methods"], "knows": knows}
    more = {**ASKED, "seeds": [1, 2], "methods": methods, "defences": {"fade": fade, "some": some}}
    grown = sweep(tmp_path, **more)
    assert first.items() <= files(tmp_path).items()
    pd.testing.assert_frame_equal(grown, sweep(tmp_path / "new", **more))
    manifest = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    assert manifest["seeds"] == [1, 2]
    assert manifest["methods"] == ["friends", "nothing", "knows"]
    assert manifest["finished"] >= manifest["started"]
    assert set(manifest["versions"]) > {"python", "numpy", "pandas", "scipy", "scikit-learn"}


def test_a_folder_of_another_sweep_is_refused_with_the_difference(tmp_path):
    sweep(tmp_path, **{**ASKED, "seeds": [1]})
    with pytest.raises(TableError, match=r"another scenario, late: 0\.2, and here it is 0\.5"):
        sweep(tmp_path, **{**ASKED, "scenario": Planted(late=0.5)})
    with pytest.raises(TableError, match="another scenario, is: 'Planted', and here it is 'Scen"):
        sweep(tmp_path, **{**ASKED, "scenario": Scenario()})
    with pytest.raises(TableError, match=r"another strengths: \[0\.0, 1\.0\].*Choose another fold"):
        sweep(tmp_path, **{**ASKED, "strengths": [0, 0.5, 1]})
    manifest = tmp_path / "manifest.json"
    said = json.loads(manifest.read_text("utf-8"))
    said["versions"]["numpy"] = "1.0"
    manifest.write_text(json.dumps(said), encoding="utf-8")
    with pytest.raises(TableError, match=r"another versions, numpy: '1.0'"):
        sweep(tmp_path, **ASKED)
    sweep(tmp_path, **{**ASKED, "seeds": [1]})  # nothing is left to do, so nothing is mixed


def test_a_folder_of_other_things_is_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear", encoding="utf-8")
    with pytest.raises(TableError, match=r"holds other files. Choose a new or an empty folder"):
        sweep(tmp_path, **ASKED)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_an_error_names_who_failed_and_keeps_what_is_done(tmp_path):
    def fails(evidence, holder):
        return 1 / len(evidence.traces)

    def spoils(strength, seed):
        return lambda held: held.traces

    methods = {**ASKED["methods"], "mine": fails}
    said = r"method 'mine', defence 'fade', strength 0, seed 1: TableError: beliefs: got float"
    with pytest.raises(TableError, match=said):
        sweep(tmp_path, **{**ASKED, "methods": methods})
    assert len(files(tmp_path)) == 2
    with pytest.raises(TableError, match="defence 'spoils', strength 0, seed 1: TableError: spoil"):
        sweep(tmp_path, **{**ASKED, "defences": {"spoils": spoils}})
    sweep(tmp_path, **ASKED)


def test_an_error_of_another_kind_is_named_too(tmp_path):
    def fails(evidence, holder):
        return nothing(evidence, holder) if len(evidence.traces) else 1 / 0

    said = r"strength 1, seed 1: ZeroDivisionError: division by zero\. What is finished stays in"
    with pytest.raises(EthicsLibError, match=said) as caught:
        sweep(tmp_path, **{**ASKED, "methods": {"mine": fails}})
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"seeds": []}, r"seeds=\[\]. Give one or more, each once"),
        ({"seeds": [1, 1]}, r"seeds=\[1, 1\]. Give one or more, each once"),
        ({"strengths": [0, 0]}, "each once"),
        ({"methods": {"feed": nothing}}, "a method cannot be called 'feed'. Choose another name"),
        ({"methods": {"mine": None}}, r"methods: 'mine': None.*function of \(evidence, holder\)"),
        ({"methods": {3: nothing}}, r"methods: 3: .*A name in words and a function"),
        ({"methods": [nothing]}, r"methods=\[.*Give a name to each, as in METHODS"),
        ({"methods": {"mine" * 80: nothing}}, "is too long for a file's name. Shorten it"),
        ({"defences": {"mine": Hide()}}, r"'mine': Hide\(.*a function of \(strength, seed\)"),
        ({"defences": {"mine": Hide}}, r"function of \(strength, seed\).*scenarios.DEFENCES"),
        ({"defences": {"mine": None}}, r"defences: 'mine': None"),
        ({"seeds": 5}, r"seeds=5. Give a list"),
        ({"strengths": 0.5}, r"strengths=0.5. Give a list"),
        ({"scenario": Scenario}, r"scenario=<class .*a scenario such as Scenario\(n=400\)"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(tmp_path, wrong, said):
    with pytest.raises(TableError, match=said):
        sweep(tmp_path, **{**ASKED, **wrong})
    with pytest.raises(RangeError, match="strength=2 is outside its range"):
        sweep(tmp_path, **{**ASKED, "strengths": [2]})
    for seed in (1.5, "1", True, -1):
        with pytest.raises(RangeError, match=f"seed={seed!r} is outside .*whole numbers from 0 up"):
            sweep(tmp_path, **{**ASKED, "seeds": [seed]})
    with pytest.raises(RangeError, match="jobs=0 is outside its range"):
        sweep(tmp_path, **ASKED, jobs=0)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("folder", [None, 3])
def test_what_is_no_folder_is_refused(folder):
    with pytest.raises(TableError, match=f"folder={folder}.*Give the path of a folder"):
        sweep(folder, **ASKED)


def test_a_file_is_no_folder(tmp_path):
    file = tmp_path / "file"
    for path in (file, file / "below"):
        file.write_text("Dear", encoding="utf-8")
        with pytest.raises(TableError, match="is no folder to write to"):
            sweep(path, **ASKED)


@pytest.mark.parametrize("wrong", [b"", b"PAR1", b"garbage"])
def test_a_unit_that_cannot_be_read_is_named(whole, tmp_path, wrong):
    shutil.copytree(whole[0], tmp_path, dirs_exist_ok=True)
    unit = tmp_path / "units" / "1 - fade - nothing.parquet"
    unit.write_bytes(wrong)
    with pytest.raises(TableError, match=r"nothing.parquet cannot be read.*delete it and call swe"):
        sweep(tmp_path, **ASKED)
    unit.unlink()
    pd.testing.assert_frame_equal(whole[1], sweep(tmp_path, **ASKED))


@pytest.mark.parametrize("other", ["2 - fade - nothing", "1 - fade - friends", "1 - fade - feed"])
def test_a_unit_that_holds_the_rows_of_another_is_named(whole, tmp_path, other):
    shutil.copytree(whole[0], tmp_path, dirs_exist_ok=True)
    units = tmp_path / "units"
    shutil.copy(units / f"{other}.parquet", units / "1 - fade - nothing.parquet")
    with pytest.raises(TableError, match=r"nothing.parquet .*holds the rows of another unit"):
        sweep(tmp_path, **ASKED)


@pytest.mark.parametrize("wrong", ["", "garbage", "[]", "{}", '{"scenario": 1}'])
def test_a_manifest_that_cannot_be_read_is_named(whole, tmp_path, wrong):
    shutil.copytree(whole[0], tmp_path, dirs_exist_ok=True)
    (tmp_path / "manifest.json").write_text(wrong, encoding="utf-8")
    with pytest.raises(TableError, match=r"manifest.json cannot be read.*Choose another folder"):
        sweep(tmp_path, **ASKED)


def test_who_was_killed_at_the_first_write_can_begin_again(whole, tmp_path):
    (tmp_path / "manifest.json.123.part").write_text("{", encoding="utf-8")
    pd.testing.assert_frame_equal(whole[1], sweep(tmp_path, **ASKED))


def test_a_sweep_is_finished_once_all_that_its_manifest_lists_is_there(whole, tmp_path):
    def finished():
        return json.loads((tmp_path / "manifest.json").read_text("utf-8"))["finished"]

    shutil.copytree(whole[0], tmp_path, dirs_exist_ok=True)
    assert finished()
    (tmp_path / "units" / "2 - fade - nothing.parquet").unlink()
    sweep(tmp_path, **{**ASKED, "seeds": [1]})
    assert not finished()
    sweep(tmp_path, **ASKED)
    assert finished()


def test_sums_about_a_protected_trait_need_no_basis(tmp_path):
    asked = {**ASKED, "scenario": Real(), "defences": {"cloak": DEFENCES["cloak"]}}
    scores = sweep(tmp_path, **{**asked, "methods": {"likes": METHODS["likes"]}, "seeds": [1]})
    assert (number(scores, "likes", "auc", strength=0.0) > 0.9).all()
    assert set(scores["trait"]) == {"protected:side", "interest"}


def test_a_name_may_hold_anything(tmp_path):
    scores = sweep(tmp_path, **{**ASKED, "methods": {"a/b: 50 %?": nothing}, "seeds": [1]})
    assert "a/b: 50 %?" in set(scores["method"])
    assert all(path.parent == tmp_path / "units" for path in tmp_path.rglob("1 -*"))


# ------------------------------------------------------------------------- several processes


@pytest.mark.slow
def test_two_jobs_score_as_one_does_also_what_was_written_in_a_notebook(tmp_path):
    apart = 0.1

    def local(evidence, holder):  # not to be imported from anywhere
        return believe(range(50), 0.5 + apart * np.cos(np.arange(50)))

    asked = {
        **ASKED,
        "methods": {**METHODS, "mine": local},
        "defences": {"fade": lambda s, seed: fade(s, seed), "some": some},
        "strengths": [0, 0.5],
        "seeds": [1, 2, 3],
    }
    one, two = (sweep(tmp_path / f"{jobs}", **asked, jobs=jobs) for jobs in (1, 2))
    pd.testing.assert_frame_equal(one, two)
    assert files(tmp_path / "1") == files(tmp_path / "2")


@pytest.mark.slow
def test_an_error_in_another_process_names_who_failed(tmp_path):
    def fails(evidence, holder):
        return 1 / 0

    with pytest.raises(EthicsLibError, match=r"method 'mine', defence 'fade', .* ZeroDivisionErr"):
        sweep(tmp_path, **{**ASKED, "methods": {"mine": fails}}, jobs=2)


KILLED = """
    import sys
    sys.path.insert(0, {tests!r})
    import time
    from test_sweeps import ASKED, nothing, sweep
    def slow(evidence, holder):
        time.sleep(0.2)
        return nothing(evidence, holder)
    sweep({folder!r}, **dict(ASKED, methods=dict(ASKED["methods"], nothing=slow)))
"""


@pytest.mark.slow
def test_a_sweep_that_is_killed_loses_nothing_that_was_finished(whole, tmp_path):
    where = {"tests": str(Path(__file__).parent), "folder": str(tmp_path / "killed")}
    program = textwrap.dedent(KILLED.format(**where))
    process = subprocess.Popen([sys.executable, "-c", program])
    units = tmp_path / "killed" / "units"
    while not (units.exists() and [*units.glob("*.parquet")]):
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    process.wait()
    kept = files(tmp_path / "killed")
    assert 0 < len(kept) < 6
    mended = sweep(tmp_path / "killed", **ASKED)
    assert kept.items() <= files(tmp_path / "killed").items()
    pd.testing.assert_frame_equal(mended, whole[1])
