"""The whole charter on a careful pipeline: no false alarm, and every planted fault is found."""

import numpy as np
import pandas as pd
import pytest
from pipeline import ASOF, EARLY, FAULTS, HOLDER, SAFE, SHOWN, STARTS, make_careful_pipeline

from ethics_lib.beliefs import infer, infer_interests
from ethics_lib.charter import CHARTER
from ethics_lib.charter_collection import NORMS
from ethics_lib.consents import ask_consent, give_notice
from ethics_lib.decisions import Ad, target
from ethics_lib.identifiers import make_identifiers
from ethics_lib.lines import audit, find_wronged
from ethics_lib.privacy_labels import declare_label
from ethics_lib.tables import concat
from ethics_lib.traces import Platform, collect
from ethics_lib.uses import declare_safeguards, declare_use
from ethics_lib.world import make_world

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


def conclude_carefully(seed):
    """A platform that concludes from likes, with consent, a label of its own and our own norms."""
    town = make_world(3_000, rng=seed)
    members = town.people.query("member")
    grown = members.index[members["birth_date"] < "2005-01-01"]
    ask = {"holder": HOLDER, "time": members["joined"], "rng": 1}
    purposes = ["service", "direct_marketing", "profiling"]
    consents = ask_consent(members, purposes=purposes, how="explicit", rate=1.0, **ask)
    collectors = [Platform(HOLDER, retention=800.0)]
    traces = collect(town, consents, collectors).traces
    said = town.reports.query("trait == 'openness'")
    interests = infer_interests(traces, town.items, holder=HOLDER)
    beliefs = concat([infer(traces, said, holder=HOLDER), interests], "beliefs")
    topic = town.items["topic"].iloc[0]
    about = {"purpose": "direct_marketing", "basis": "consent", "topic": topic}
    ad = Ad("News", topic, "interest", topic)
    believed = beliefs[beliefs["person"].isin(grown)]
    return {
        "people": town.people,
        "traces": traces,
        "consents": consents,
        "notices": give_notice(members, holder=HOLDER, purposes=purposes, time="2015-01-01"),
        "beliefs": beliefs,
        "uses": declare_use("news", holder=HOLDER, traits=["interest"], time=STARTS, **about),
        "decisions": target(believed, ad, use="news", threshold=0.05, time=SHOWN),
        "safeguards": declare_safeguards("news", dict.fromkeys(SAFE, EARLY)),
        "declarations": declare_label(collectors),
        "identifiers": make_identifiers(town.people),
        "norms": NORMS,
    }


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_who_concludes_carefully_from_likes_still_holds_a_stand_in(seed):
    """Nothing is made so that no line finds it: an interest tells a faith, and EL-02 tells that."""
    findings = audit(CHARTER, asof=ASOF, **conclude_carefully(seed))
    assert findings["crossed"].notna().all(), findings["reason"].tolist()
    assert set(findings.loc[findings["crossed"], "line"]) == {"EL-02"}


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
