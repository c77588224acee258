"""Surveys: known answers on planted worlds, and nothing about fewer than ten people."""

from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from handmade import make_ties
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from ethics_lib import surveys
from ethics_lib.datasets import load_karate
from ethics_lib.guards import FEWEST
from ethics_lib.measures import auc
from ethics_lib.surveys import assortativity, overdispersion, survey_graph, survey_likes
from ethics_lib.tables import RangeError, TableError, UnknownNameError, World, to_csr
from ethics_lib.ties import make_ties as draw_ties
from ethics_lib.walks import METHODS
from ethics_lib.world import make_checkerboard_world, make_world

COLUMNS = ["trait", "measure", "value", "method", "share", "n", "estimate", "low", "high"]


def number(table, measure, **which):
    rows = table[table["measure"] == measure]
    for column, wanted in which.items():
        rows = rows[rows[column] == wanted]
    return rows["estimate"].item()


def labelled(graph, labels):
    """A world of a graph and a label for each of its people, with nothing else in it."""
    people = pd.Series(labels, name="side").rename_axis("person").to_frame()
    return World(people, ties=make_ties(*sorted(map(tuple, map(sorted, graph.edges)))))


def three_sides(n=150, p=0.06, seed=2):
    sides = np.random.default_rng(seed).choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2])
    return labelled(nx.gnp_random_graph(n, p, seed=seed), sides)


@pytest.fixture(scope="module")
def town():
    return make_world(600, rng=3)


# The graph ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ties", "sorting", "one", "two"),
    [("same", 1, 1, 1), ("other", -1, 0, 1), ("nothing", 0, 0.5, 0.5)],
)
def test_a_planted_graph_gives_its_planted_answer(ties, sorting, one, two):
    world = make_checkerboard_world(400, ties=ties, rng=4)
    table = survey_graph(world, trait="side", shares=[0.5], draws=5, rng=1)
    near = 0.06
    assert number(table, "assortativity") == pytest.approx(sorting, abs=near)
    for value in ("black", "white"):
        assert number(table, "same", value=value) == pytest.approx((1 + sorting) / 2, abs=near)
        assert number(table, "base_rate", value=value) == pytest.approx(0.5)
    assert number(table, "auc", method="neighbours") == pytest.approx(one, abs=near)
    assert number(table, "auc", method="two_hop") == pytest.approx(two, abs=near)


def test_monophily_is_found_where_it_was_planted():
    side = pd.Series(["a", "b"] * 500, name="side").rename_axis("person")
    plain, planted = (
        survey_graph(
            World(side.to_frame(), ties=draw_ties(side, monophily=monophily, circles=0, rng=2)),
            trait="side",
            shares=[0.5],
            draws=2,
            rng=1,
        )
        for monophily in (0.0, 0.2)
    )
    assert number(plain, "monophily", value="a") < 0.02
    assert number(planted, "monophily", value="a") == pytest.approx(0.2, abs=0.05)
    assert number(planted, "assortativity") == pytest.approx(0, abs=0.05)
    assert (
        number(plain, "auc", method="two_hop")
        < 0.6
        < 0.8
        < number(planted, "auc", method="two_hop")
    )


def test_the_measures_are_those_of_networkx():
    world = three_sides()
    table = survey_graph(world, trait="side", shares=[], rng=1)
    graph = nx.Graph(world.ties[["a", "b"]].to_numpy().tolist())
    graph.add_nodes_from(world.people.index)
    nx.set_node_attributes(graph, world.people["side"].to_dict(), "side")
    assert number(table, "people") == number(table, "said") == 150
    assert number(table, "ties") == graph.number_of_edges()
    assert number(table, "friends") == pytest.approx(2 * graph.number_of_edges() / 150)
    assert number(table, "transitivity") == pytest.approx(nx.transitivity(graph))
    expected = nx.attribute_assortativity_coefficient(graph, "side")
    assert number(table, "assortativity") == pytest.approx(expected)


def test_the_karate_club_is_sorted_and_told():
    table = survey_graph(load_karate(), trait="faction", shares=[0.3], rng=1)
    assert number(table, "assortativity") == pytest.approx(0.7175, abs=1e-4)
    assert number(table, "transitivity") == pytest.approx(0.2557, abs=1e-4)
    assert number(table, "auc", method="harmonic") > 0.98


@given(st.integers(0, 10_000), st.sampled_from([0.02, 0.1, 0.3]))
def test_what_is_left_without_a_part_is_what_one_counts_there(seed, p):
    graph = nx.gnp_random_graph(60, p, seed=seed)
    friends = to_csr(make_ties(*graph.edges), pd.RangeIndex(60))
    part = np.random.default_rng(seed).permutation(60) % surveys._PARTS
    closed = surveys._closed(friends, part)
    for k, counted in enumerate(closed[:-1]):
        rest = graph.subgraph(np.flatnonzero(part != k).tolist())
        assert counted == 2 * sum(nx.triangles(rest).values())
    assert closed[-1] == 2 * sum(nx.triangles(graph).values())


def test_large_graphs_are_counted_in_blocks(monkeypatch):
    world = three_sides()
    whole = survey_graph(world, trait="side", shares=[], rng=1)
    monkeypatch.setattr(surveys, "_WORK", 100)
    pd.testing.assert_frame_equal(whole, survey_graph(world, trait="side", shares=[], rng=1))


def test_the_jackknife_of_a_share_is_about_its_standard_error():
    world = make_checkerboard_world(2_000, ties="nothing", rng=1)
    world = replace(world, people=world.people.drop(columns="member"))
    table = survey_graph(world, trait="side", shares=[], rng=1).set_index("measure")
    row = table.loc["base_rate"].iloc[0]
    assert (row["high"] - row["low"]) / 2 == pytest.approx(1.96 * 0.5 / 2_000**0.5, rel=0.5)
    bounded = table.loc[["base_rate", "same", "monophily", "transitivity"]]
    assert (bounded["low"] >= 0).all() and (bounded["high"] <= 1).all()
    measured = table.dropna(subset="low")
    assert (measured["low"] <= measured["estimate"]).all()
    assert (measured["estimate"] <= measured["high"]).all()


def test_with_three_values_auc_is_each_against_the_rest_weighted(monkeypatch):
    world = three_sides()
    side = world.people["side"].to_numpy()
    expected = []

    def given(friends, known, answers):
        scores = np.random.default_rng(known.nonzero()[0]).dirichlet([1, 1, 1], len(known))
        hidden = scores[~known]
        score = roc_auc_score(side[~known], hidden, multi_class="ovr", average="weighted")
        expected.append(score)
        return scores, np.ones(len(known), dtype=bool)

    monkeypatch.setitem(METHODS, "given", given)
    table = survey_graph(world, trait="side", shares=[0.6], methods=["given"], draws=7, rng=1)
    assert number(table, "auc") == pytest.approx(np.mean(expected))
    row = table.iloc[-1]
    assert [row["low"], row["high"]] == pytest.approx(np.quantile(expected, [0.025, 0.975]))
    assert row["n"] == 150 - sum(int(0.6 * (side == v).sum()) for v in "abc")


def test_of_each_value_some_are_known_and_some_are_hidden():
    code = np.repeat([0, 1, 2, -1], [10, 40, 100, 50])
    for share in (0.1, 0.5, 0.99):
        known = surveys._some(code, share, np.random.default_rng(1))
        counts = np.bincount(code[known], minlength=3)
        assert counts.tolist() == [int(share * n) for n in (10, 40, 100)]


def test_a_person_whom_no_answer_reaches_counts_as_the_share_of_the_known():
    ring = nx.cycle_graph(20)
    world = labelled(nx.disjoint_union(ring, nx.empty_graph(20)), ["a", "b"] * 20)
    table = survey_graph(world, trait="side", shares=[0.5], methods=["harmonic"], rng=1)
    alone = labelled(nx.disjoint_union(nx.empty_graph(38), nx.path_graph(2)), ["a", "b"] * 20)
    nobody = survey_graph(alone, trait="side", shares=[0.5], methods=["two_hop"], rng=1)
    assert np.isfinite(number(table, "auc")) and number(nobody, "auc") == pytest.approx(0.5)


# Sums, and never persons --------------------------------------------------------------------------


def test_a_survey_is_about_groups_and_says_nothing_of_small_ones(town):
    before = [getattr(town, noun).copy() for noun in ("people", "ties", "acts", "reports")]
    graph = survey_graph(town, trait="faith", shares=[0.5, 0.95], draws=3, rng=1)
    likes = survey_likes(town, components=20)
    for table in (graph, likes):
        assert table.columns.tolist() == COLUMNS
        assert table.loc[table["n"] < FEWEST, ["estimate", "low", "high"]].isna().all(axis=None)
        assert table.loc[table["n"] >= FEWEST, "estimate"].notna().all()
    again = survey_graph(town, trait="faith", shares=[0.5, 0.95], draws=3, rng=1)
    pd.testing.assert_frame_equal(graph, again)
    for noun, kept in zip(("people", "ties", "acts", "reports"), before, strict=True):
        pd.testing.assert_frame_equal(getattr(town, noun), kept)


def test_so_few_hidden_people_are_not_scored():
    table = survey_graph(load_karate(), trait="faction", shares=[0.9], rng=1)
    told = table[table["measure"] == "auc"]
    assert (told["n"] == 4).all() and told[["estimate", "low", "high"]].isna().all(axis=None)


def test_a_value_that_few_gave_is_as_if_they_had_said_nothing():
    world = three_sides()
    rare = world.people["side"].mask(world.people.index < FEWEST - 1, "rare")
    silent = rare.mask(rare == "rare")
    with_rare, without = (
        survey_graph(
            replace(world, people=side.rename("side").to_frame()),
            trait="side",
            shares=[0.5],
            draws=2,
            rng=1,
        )
        for side in (rare, silent)
    )
    assert "rare" not in with_rare["value"].tolist()
    pd.testing.assert_frame_equal(with_rare, without)
    assert number(with_rare, "said") == 150 - (FEWEST - 1)


def test_a_protected_trait_gives_the_same_sums(town):
    reports = town.reports[town.reports["trait"] == "faith"]
    hidden = replace(town, reports=reports.assign(trait="protected:religion"))
    plain = replace(town, reports=reports)
    of = {"shares": [0.5], "draws": 2, "rng": 1}
    pairs = [
        (
            survey_graph(plain, trait="faith", **of),
            survey_graph(hidden, trait="protected:religion", **of),
        ),
        (survey_likes(plain, components=10), survey_likes(hidden, components=10)),
    ]
    for open_, guarded in pairs:
        assert "protected:religion" in guarded["trait"].tolist()
        pd.testing.assert_frame_equal(open_.drop(columns="trait"), guarded.drop(columns="trait"))


def test_people_who_never_joined_are_not_in_it(town):
    members = town.people.index[town.people["member"]]
    inside = town.ties["a"].isin(members) & town.ties["b"].isin(members)
    table = survey_graph(town, trait="faith", shares=[], rng=1)
    assert number(table, "people") == len(members) < len(town.people)
    assert number(table, "ties") == inside.sum() < len(town.ties)


def test_what_people_said_comes_before_what_they_are():
    world = make_checkerboard_world(100, rng=1)
    kept = replace(world, reports=world.reports.head(60))
    none = replace(world, reports=world.reports.head(0))
    assert number(survey_graph(kept, trait="side", shares=[], rng=1), "said") == 60
    assert number(survey_graph(none, trait="side", shares=[], rng=1), "said") == 100


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"trait": "sied"}, UnknownNameError, "trait 'sied' does not exist. Did you mean 'side'"),
        ({"shares": [1.0]}, RangeError, "shares=1.0 is outside its range: 0.01 to 0.99"),
        ({"draws": 1}, RangeError, "draws=1 is outside its range: 2 to 10000"),
        ({"methods": ["harmonics"]}, UnknownNameError, "Did you mean 'harmonic'"),
        ({"rng": None}, RangeError, "rng=None is no source of randomness"),
        ({"trait": "joined"}, TableError, "0 value of 'joined' was given by at least 10 people"),
    ],
)
def test_a_wrong_request_is_answered(change, error, message):
    world = make_checkerboard_world(60, rng=1)
    people = world.people.assign(joined=[f"day {k}" for k in range(60)])
    with pytest.raises(error, match=message):
        survey_graph(replace(world, people=people), **{"trait": "side", "rng": 1} | change)


def test_a_graph_that_cannot_be_surveyed_is_refused():
    world = make_checkerboard_world(60, rng=1)
    numbers = replace(world, reports=world.reports.assign(value=3))
    with pytest.raises(
        TableError, match=r"'side' are numbers, such as 3. Make words of them first"
    ):
        survey_graph(numbers, trait="side", rng=1)
    twice = replace(world, reports=pd.concat([world.reports, world.reports.head(1)]))
    with pytest.raises(TableError, match="person 0 answers 'side' twice"):
        survey_graph(twice, trait="side", rng=1)
    few = labelled(nx.path_graph(9), ["a"] * 9)
    with pytest.raises(
        TableError, match=r"there are 9 people\. A sum over fewer than 10 says too much"
    ):
        survey_graph(few, trait="side", rng=1)
    apart = labelled(nx.star_graph(30), [None, *["a", "b"] * 15])
    with pytest.raises(TableError, match="no two people who gave an answer are friends"):
        survey_graph(apart, trait="side", rng=1)


# Likes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("likes", "told"), [("everything", 1), ("nothing", 0.5)])
def test_planted_likes_give_their_planted_answer(likes, told):
    table = survey_likes(make_checkerboard_world(300, likes=likes, rng=2), components=10)
    assert number(table, "auc") == pytest.approx(told, abs=0.08)
    assert number(table, "people") == 300 and number(table, "likes") == 300 * 12
    assert number(table, "likes_a_person") == number(table, "median_likes") == 12
    assert number(table, "items") == 40 and number(table, "rare_items") == 0


def test_with_three_values_each_has_a_row_of_its_own_and_all_have_their_mean():
    world = make_checkerboard_world(300, rng=2)
    third = world.reports["value"].mask(world.reports["person"] % 3 == 0, "grey")
    table = survey_likes(replace(world, reports=world.reports.assign(value=third)), components=10)
    rows = table[table["measure"] == "auc"]
    assert rows["value"].fillna("all").tolist() == ["all", "black", "grey", "white"]
    each = rows[["estimate", "low", "high"]].to_numpy(float)
    assert each[0] == pytest.approx(np.average(each[1:], axis=0, weights=rows["n"].iloc[1:]))


def test_numeric_traits_are_correlated_and_others_are_left_out(town):
    table = survey_likes(town, traits=["openness", "faith"], components=20)
    assert sorted(table["trait"].dropna()) == ["faith", "openness"]
    assert table.loc[table["trait"] == "openness", "measure"].tolist() == ["r"]


def test_a_trait_with_one_common_value_is_not_told():
    world = make_checkerboard_world(100, rng=1)
    rare = world.reports["value"].where(world.reports["person"] < FEWEST - 1, "white")
    rare = rare.mask(world.reports["person"] < FEWEST - 1, "black")
    table = survey_likes(replace(world, reports=world.reports.assign(value=rare)))
    assert table["measure"].tolist() == [
        "people",
        "items",
        "likes",
        "likes_a_person",
        "median_likes",
        "rare_items",
    ]


def test_rare_items_are_those_that_fewer_than_ten_like():
    world = make_checkerboard_world(100, rng=1)
    extra = world.acts.head(FEWEST - 1).assign(person=range(FEWEST - 1), item=40)
    table = survey_likes(replace(world, acts=pd.concat([world.acts, extra])), components=5)
    assert number(table, "rare_items") == pytest.approx(1 / 41)


def test_likes_that_cannot_be_surveyed_are_refused():
    world = make_checkerboard_world(60, rng=1)
    with pytest.raises(
        UnknownNameError, match=r"trait 'sied' does not exist\. Did you mean 'side'"
    ):
        survey_likes(world, traits=["sied"])
    few = replace(world, acts=world.acts[world.acts["person"] < FEWEST - 1])
    with pytest.raises(TableError, match="there are 9 people who like anything"):
        survey_likes(few)
    with pytest.raises(TableError, match="traces: the table has no rows"):
        survey_likes(replace(world, acts=world.acts.assign(kind="visit")))


# Plain measures -----------------------------------------------------------------------------------


def test_auc_of_columns_is_that_of_scikit_learn():
    rng = np.random.default_rng(1)
    has, scores = rng.random((80, 3)) < 0.3, rng.integers(0, 6, (80, 3))
    expected = [roc_auc_score(h, s) for h, s in zip(has.T, scores.T, strict=True)]
    assert auc(has, scores) == pytest.approx(expected)


def test_assortativity_of_one_label_says_nothing():
    assert np.isnan(assortativity(np.zeros(4, int), np.zeros(4, int)))


def test_shares_that_are_all_alike_are_not_overdispersed():
    of = np.array([3, 5, 8, 0])
    assert (
        overdispersion(of, of) == overdispersion(0 * of, of) == overdispersion(of[:0], of[:0]) == 0
    )


@given(st.floats(0.02, 0.4), st.integers(0, 100))
def test_overdispersion_finds_the_spread_of_a_beta_binomial(phi, seed):
    rng = np.random.default_rng(seed)
    size = 1 / phi - 1
    of = rng.integers(20, 60, 3_000)
    own = rng.binomial(of, rng.beta(0.4 * size, 0.6 * size, 3_000))
    assert overdispersion(own, of) == pytest.approx(phi, rel=0.25)


def test_two_tables_make_a_world_enough():
    labels = pd.Series(["a", "b"] * 10, name="side").rename_axis("person")
    ties = make_ties(*((k, (k + 2) % 20) if k < 18 else (k - 18, k) for k in range(20)))
    table = survey_graph(World(labels.to_frame(), ties=ties), trait="side", shares=[], rng=1)
    assert number(table, "assortativity") == pytest.approx(1)


# The releases of R0 -------------------------------------------------------------------------------


def test_every_fact_about_a_release_names_who_says_so_or_that_nobody_did():
    path = Path(__file__).parent.parent / "datasets" / "releases.csv"
    facts = pd.read_csv(path, keep_default_na=False)
    assert set(facts["standing"]) <= {"primary", "secondary", "memory", "not found"}
    sourced = facts[facts["standing"].isin(["primary", "secondary"])]
    assert (sourced[["source", "where"]] != "").all(axis=None)
    assert sourced["where"].str.match(r"doi:10\.|https?://").all()
    unsourced = facts[facts["standing"] == "not found"]
    assert (
        unsourced["answer"].str.endswith("not found.").all() and (unsourced["source"] == "").all()
    )
    asked = pd.crosstab(facts["release"], facts["question"])
    assert set(asked) == {"agreed", "released", "happened"} and (asked > 0).all(axis=None)
    assert not facts.duplicated(["release", "answer"]).any()
