"""The README's lines from a town to a finding, and one person followed through every table."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse.linalg import svds

import ethics_lib as el
from ethics_lib.beliefs import likes_matrix
from ethics_lib.lines import find_wronged

README = Path(__file__).parent.parent / "README.md"
WREN = 17


@pytest.fixture(scope="module")
def told():
    """What the README's program leaves behind, and what it printed."""
    program = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[1]
    tables, printed = {}, []
    exec(program, {"print": printed.append}, tables)
    return tables | {"printed": printed[0]}


def test_the_readme_ends_in_a_table_of_lines_and_people(told):
    printed, findings = told["printed"], told["findings"]
    assert set(findings["line"]) == {rule.id for rule in el.CHARTER}
    assert set(printed["line"]) == set(findings.loc[findings["crossed"].notna(), "line"])
    crossed = {"EL-01", "EL-03", "EL-04", "EL-06", "EL-08", "EL-12", "EL-13"}
    assert set(printed.loc[printed["n_people"] > 0, "line"]) == crossed


def test_what_could_not_be_tested_says_what_is_missing(told):
    findings = told["findings"].set_index("line")
    assert findings.loc["EL-05", "reason"] == "not tested: needs notices"
    assert pd.isna(findings.loc["EL-05", "crossed"])


def test_the_findings_count_the_people_whom_they_name(told):
    tables = {k: told[k] for k in ("beliefs",)} | {
        "traces": told["held"].traces,
        "consents": told["agreed"],
        "uses": told["use"],
        "decisions": told["shown"],
    }
    wronged = find_wronged(el.CHARTER, **tables)
    counted = wronged.groupby(["line", "jurisdiction"])["person"].nunique()
    for finding in told["findings"].query("crossed.fillna(False)").itertuples():
        assert counted[finding.line, finding.jurisdiction] == finding.n_people


def test_person_17_can_be_followed_with_plain_pandas(told):
    town, traces, beliefs = told["town"], told["held"].traces, told["beliefs"]
    acts = town.acts.query("person == 17")
    agreed = told["agreed"].query("person == 17")
    kept = traces.query("person == 17")
    assert town.people.loc[WREN, "name"] == "Wren Halloway"
    assert agreed["granted"].all() and agreed["purpose"].tolist() == ["service"]

    # every trace is something that she did, all her likes were kept, and some of her visits
    done = acts.merge(kept, on=["kind", "item", "time"])
    assert len(done) == len(kept) and set(kept["from_person"]) == {WREN}
    assert kept["kind"].eq("like").sum() == acts["kind"].eq("like").sum()
    assert 0 < kept["kind"].eq("visit").sum() < acts["kind"].eq("visit").sum()

    # she said nothing of her vote, and yet it is believed, in two ways
    assert told["said"].query("person == 17").empty
    mine = beliefs.query("person == 17 and trait == 'party'")
    assert mine.groupby("method")["p"].sum().to_dict() == pytest.approx({"svd": 1, "harmonic": 1})

    # her persona holds the surer one
    inferred = mine.query("method == 'svd'").sort_values("p").iloc[-1]
    persona = told["personas"].loc[WREN]
    assert (persona["party"], persona["party_p"]) == (inferred["value"], inferred["p"])

    # what was done to her follows from the belief
    decision = told["shown"].query("person == 17").iloc[0]
    assert decision["score"] == mine.query("value == 'Quay'")["p"].max()
    assert decision["shown"] == (decision["score"] >= 0.7)

    # and the finding follows from what was done
    wronged = find_wronged(
        el.CHARTER,
        beliefs=beliefs,
        uses=told["use"],
        consents=told["agreed"],
        traces=traces,
        decisions=told["shown"],
    ).query("person == 17")
    assert {"EL-01", "EL-03", "EL-04", "EL-08"} <= set(wronged["line"])
    assert ("EL-12" in set(wronged["line"])) == decision["shown"]


def test_wren_is_concluded_rightly_in_faith_and_wrongly_in_vote(told):
    guess = told["personas"].loc[WREN]
    truth = told["town"].people.loc[WREN]
    assert guess["faith"] == truth["faith"] and guess["party"] != truth["party"]


def test_what_is_inferred_of_the_town_is_better_than_chance(told):
    inferred = told["beliefs"].query("method == 'svd'")
    for trait in ("faith", "party"):
        found = el.score(inferred, told["town"].people[trait], trait=trait)
        assert found["low"].item() > 0.7


def test_karate_two_leaders_give_away_32_of_34():
    club = el.datasets.load_karate()
    faction = club.people["faction"]
    leaders = pd.DataFrame(
        {"person": [0, 33], "trait": "faction", "value": [faction[0], faction[33]]}
    )
    guess = el.propagate(leaders, club.ties, holder="you", method="harmonic")
    likeliest = guess.sort_values("p").drop_duplicates("person", keep="last").set_index("person")
    right = (likeliest["value"] == faction[likeliest.index]).sum() + len(leaders)
    assert len(likeliest) == 32 and right >= 32


def test_davis_the_second_factor_of_attendance_parts_16_of_18():
    south = el.datasets.load_southern_women()
    agreed = el.ask_consent(
        south.people, holder="you", purposes=["service"], how="terms", time="2024-01-01", rng=1
    )
    likes = likes_matrix(el.collect(south, agreed, [el.Platform("you")]).traces)
    left, strength, _ = svds(likes.matrix.astype(float), k=2, v0=np.ones(14))
    second = left[:, strength.argmin()]
    first_group = (south.people["group"] == "first").to_numpy()
    right = ((second > 0) == first_group).sum()
    assert max(right, 18 - right) >= 16
