"""The whole charter on a careful pipeline: no false alarm, and every planted fault is found."""

import numpy as np
import pandas as pd
import pytest
from pipeline import ASOF, FAULTS, make_careful_pipeline

from ethics_lib.charter import CHARTER
from ethics_lib.lines import audit, find_wronged

SEEDS = (1, 2)
CASES = [(name, seed) for name in FAULTS for seed in SEEDS]


@pytest.fixture(scope="module")
def careful():
    return make_careful_pipeline(2_000, rng=7)


def within(tables, line):
    return find_wronged([rule for rule in CHARTER if rule.id == line], asof=ASOF, **tables)


def test_a_careful_pipeline_is_tested_by_every_line_and_crosses_none(careful):
    findings = audit(CHARTER, asof=ASOF, **careful)
    assert set(findings["line"]) == {rule.id for rule in CHARTER}
    untested = findings[findings["crossed"].isna()]
    assert untested.empty, untested["reason"].tolist()
    alarms = findings[findings["crossed"]]
    assert alarms.empty, alarms[["line", "n_people"]].to_numpy().tolist()


def test_there_is_a_fault_for_every_line():
    assert {line for line, _ in FAULTS.values()} == {rule.id for rule in CHARTER}


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_a_planted_fault_is_found_with_the_people_whom_it_wrongs(careful, name, seed):
    line, plant = FAULTS[name]
    faulty, whom = plant(careful, np.random.default_rng(seed))
    assert whom
    found = within(faulty, line)
    assert set(found["person"]) == whom


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_no_false_alarm_and_every_fault_among_20_000_people(seed):
    careful = make_careful_pipeline(20_000, rng=seed)
    findings = audit(CHARTER, asof=ASOF, **careful)
    assert not findings["crossed"].fillna(True).any()
    for line, plant in FAULTS.values():
        faulty, whom = plant(careful, np.random.default_rng(seed))
        assert set(within(faulty, line)["person"]) == whom, line


def test_a_fault_leaves_the_careful_tables_as_they_were(careful):
    before = {name: table.copy(deep=True) for name, table in careful.items()}
    for _, plant in FAULTS.values():
        plant(careful, np.random.default_rng(0))
    for name, table in before.items():
        pd.testing.assert_frame_equal(careful[name], table)
