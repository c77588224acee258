"""The published effects: what is stored says what we claim, and Brightwater says it again."""

import json

import pandas as pd
import pytest

from ethics_lib.datasets import load_published, load_recovered
from ethics_lib.effects import HOME, judge, measure, summarise
from ethics_lib.literature import EFFECTS
from ethics_lib.literature.command import main, report
from ethics_lib.presets import PRESETS
from ethics_lib.tables import UnknownNameError


@pytest.fixture(scope="module")
def stored():
    return load_recovered()


@pytest.fixture(scope="module")
def verdicts(stored):
    return summarise(judge(stored, EFFECTS)).set_index("effect")


def test_each_effect_has_a_name_a_claim_and_figures_that_are_published():
    names = [effect.id for effect in EFFECTS]
    assert len(set(names)) == len(names) >= 30
    published = load_published()["figure"]
    used = [figure for effect in EFFECTS for figure in effect.figures]
    assert sorted(used) == sorted(published), "a figure of no effect, or of two"
    for effect in EFFECTS:
        assert effect.claim.endswith(".") and effect.check.__doc__
        assert effect.ablated and effect.preset in PRESETS


def test_every_effect_was_measured_in_five_worlds_and_in_five_without_its_mechanism(stored):
    seeds = stored.groupby(["effect", "figure", "role"])["seed"].nunique().unstack()
    for effect in EFFECTS:
        mine = seeds.loc[effect.id]
        assert set(mine.index) == set(effect.figures)
        assert (mine["own"] >= 5).all() and (mine["ablated"] >= 5).all()
        if effect.at_home and effect.preset != HOME:
            assert (mine["home"] >= 5).all()


def test_what_is_stored_says_when_with_which_seeds_and_versions(stored):
    assert sorted(stored["seed"].unique()) == stored.attrs["seeds"]
    assert set(stored.attrs["versions"]) >= {"python", "numpy", "scipy", "pandas", "scikit-learn"}
    assert pd.Timestamp(stored.attrs["date"]) >= pd.Timestamp("2026-11-25")
    fitted_on = {9_001, 9_002, 9_003, *range(100, 112)}  # tools/calibrate.py
    assert not fitted_on & set(stored.attrs["seeds"])


def test_as_many_effects_hold_as_we_say(verdicts):
    holds = verdicts["holds"].fillna(False).astype(bool)
    assert holds.sum() >= 25
    assert (holds & ~verdicts["fitted"]).sum() >= 10
    assert verdicts["holds_in_brightwater"].fillna(False).sum() >= 15


def test_every_effect_fails_in_the_world_without_its_mechanism(verdicts):
    counted = verdicts["holds"].notna()
    assert verdicts.loc[counted, "fails_when_ablated"].all()


def test_an_effect_that_does_not_hold_says_why(verdicts):
    for effect in EFFECTS:
        if verdicts.loc[effect.id, "holds"] is False:
            assert len(effect.check.__doc__.split(".")) > 2, effect.id


@pytest.mark.slow
def test_brightwater_says_it_again_with_seeds_that_nothing_used(verdicts, stored):
    at_home = [effect for effect in EFFECTS if effect.preset == HOME or effect.at_home]
    measured = measure(at_home, seeds=5, rng=123, presets=[HOME])
    assert not set(measured["seed"]) & set(stored["seed"])
    again = summarise(judge(measured, at_home)).set_index("effect")["holds_in_brightwater"]
    assert again.fillna(False).sum() >= 15
    before = verdicts["holds_in_brightwater"].reindex(again.index)
    assert (again == before).mean() > 0.9  # a mean at the edge of its band may cross it


def test_the_command_measures_prints_and_stores(capsys, tmp_path):
    command = ["U11-paradox", "N20", "--home", "--seeds", "2", "--store", str(tmp_path)]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "U11-fp-mean" in said and "2  effects" in said
    assert "it is not new evidence" in said
    kept = pd.read_csv(tmp_path / "recovered_effects.csv")
    assert set(kept["effect"]) == {"U11-paradox", "N20"}
    about = json.loads((tmp_path / "recovered_effects.json").read_text(encoding="utf-8"))
    assert about["seeds"] == sorted(kept["seed"].unique())


def test_the_command_knows_its_effects():
    with pytest.raises(UnknownNameError, match=r"effect 'U11' does not exist.*U11-paradox"):
        main(["U11"])


def test_the_report_counts_what_it_shows(stored):
    said = report(judge(stored, EFFECTS))
    holds = summarise(judge(stored, EFFECTS))["holds"].fillna(False).sum()
    assert f"{len(EFFECTS):4d}  effects" in said
    assert f"{holds:4d}  hold in their own preset" in said
