import math

import numpy as np
import pandas as pd
import pytest
from handmade import make_known, make_ties, make_traces
from hypothesis import given, settings
from hypothesis import strategies as st

from ethics_lib import infer, infer_interests, make_world, propagate
from ethics_lib.defences import Hide, Obfuscate, OptOut, check_evidence, defend
from ethics_lib.noise import NOBODY, Aggregate, RandomisedResponse, estimate_shares, noisy_counts
from ethics_lib.promises import Budget
from ethics_lib.tables import Evidence, RangeError, TableError, UnknownNameError

SEEDS = st.integers(0, 2**32 - 1)
few = settings(max_examples=10)
PARTIES, FOUR = ["Orchard", "Quay"], ["yes", "no", "perhaps", "never"]
LIKES = make_traces([(1, 10), (1, 11), (1, 12), (2, 10), (3, 11), (3, 11)])


def count(table=LIKES, *, by="item", groups=(10, 11, 12, 13), epsilon=np.inf, rng=7, **how):
    return noisy_counts(table, by=by, groups=groups, epsilon=epsilon, rng=rng, **how)


def answer(number, trait="party", values=PARTIES):
    """So many people, of whom each third one has the last value."""
    rows = [values[-1] if person % 3 == 0 else values[0] for person in range(number)]
    return make_known(dict(enumerate(rows)), trait=trait)


def hold(known=None, traces=LIKES, ties=None):
    ties = make_ties((1, 2), (2, 3)) if ties is None else ties
    return Evidence(
        traces, ties, make_known({1: "Quay"}, trait="party") if known is None else known
    )


def aggregate(**how):
    usual = {"epsilon": 1.0, "items": (10, 11, 12), "holder": "Murmur", "now": "2026-01-02"}
    return Aggregate(**usual | {"rng": 7} | how)


# ------------------------------------------------------------------------------------ noisy counts


def test_without_noise_people_are_counted_once_a_group_and_an_empty_group_is_there():
    table = count(per_person=3)
    assert table.columns.tolist() == ["item", "count", "scale", "epsilon", "delta"]
    assert table["item"].tolist() == [10, 11, 12, 13]
    assert table["count"].tolist() == [2, 2, 1, 0]
    assert table["scale"].tolist() == [0] * 4


def test_records_of_no_group_are_not_counted():
    unsaid = LIKES.assign(item=pd.array([10, 99, None, 10, None, 99], dtype="Int32"))
    assert count(unsaid, per_person=3)["count"].tolist() == [2, 0, 0, 0]


def test_people_are_counted_by_several_columns():
    people = pd.DataFrame(
        {"person": [1, 2, 3], "party": ["Quay", "Quay", "Orchard"], "faith": ["Tide"] * 3}
    )
    groups = pd.MultiIndex.from_product([PARTIES, ["Lantern", "Tide"]])
    table = count(people, by=["party", "faith"], groups=groups)
    assert table["party"].tolist() == ["Orchard", "Orchard", "Quay", "Quay"]
    assert table["faith"].tolist() == ["Lantern", "Tide"] * 2
    assert table["count"].tolist() == [0, 1, 0, 2]


def test_an_empty_table_gets_noise_like_any_other():
    empty, full = (count(t, epsilon=1.0)["count"] for t in (LIKES[:0], LIKES))
    assert len(empty) == len(full) == 4 and empty.any()


@given(
    pairs=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 7)), max_size=40),
    per_person=st.integers(1, 8),
    seed=SEEDS,
)
def test_nobody_counts_in_more_groups_than_allowed(pairs, per_person, seed):
    table = pd.DataFrame(pairs, columns=["person", "item"], dtype="int64")
    counts = count(table, groups=range(8), per_person=per_person, rng=seed)["count"]
    groups = table.drop_duplicates().groupby("person").size()
    assert counts.sum() == groups.clip(upper=per_person).sum()
    unbounded = table.drop_duplicates().groupby("item").size().reindex(range(8), fill_value=0)
    assert (counts.to_numpy() <= unbounded.to_numpy()).all()


def test_in_which_group_somebody_counts_is_drawn_by_lot():
    people = pd.DataFrame({"person": np.arange(9_000).repeat(3), "item": [10, 11, 12] * 9_000})
    counts = count(people)["count"]
    # four standard errors of a share of a third
    assert counts[:3].to_numpy() == pytest.approx(3_000, abs=4 * math.sqrt(9_000 * 2 / 9))


@given(seed=SEEDS, mechanism=st.sampled_from([("laplace", 0.0), ("gaussian", 1e-5)]))
def test_the_same_seed_makes_the_same_counts_and_nothing_is_changed(seed, mechanism):
    name, delta = mechanism
    before, how = LIKES.copy(), {"epsilon": 0.5, "mechanism": name, "delta": delta, "rng": seed}
    pd.testing.assert_frame_equal(count(**how), count(**how))
    pd.testing.assert_frame_equal(LIKES, before)


@given(seed=SEEDS, shift=st.integers(1, 1000))
def test_what_people_are_called_changes_no_count(seed, shift):
    renamed = LIKES.assign(person=LIKES["person"] * 7 + shift)
    one, other = (count(t, epsilon=1.0, rng=seed) for t in (LIKES, renamed))
    pd.testing.assert_frame_equal(one, other)


def spread(scale, mechanism):
    """The variance of whole noise of this scale."""
    q = math.exp(-1 / scale)
    return scale**2 + 1 / 12 if mechanism == "gaussian" else 2 * q / (1 - q) ** 2


@pytest.mark.parametrize("epsilon", [0.1, 1.0, 3.0])
@pytest.mark.parametrize("mechanism", ["laplace", "gaussian"])
def test_noise_has_mean_zero_and_the_spread_it_should_have(mechanism, epsilon):
    delta = 1e-5 if mechanism == "gaussian" else 0.0
    how = {"epsilon": epsilon, "delta": delta, "mechanism": mechanism, "per_person": 4}
    table = count(LIKES[:0], groups=range(40_000), **how)
    noise, variance = table["count"].to_numpy(float), spread(table["scale"].iloc[0], mechanism)
    # four standard errors; the square of either noise varies by less than six times its square
    assert noise.mean() == pytest.approx(0, abs=4 * math.sqrt(variance / len(noise)))
    assert noise.var() == pytest.approx(variance, rel=4 * math.sqrt(6 / len(noise)))
    assert table["count"].dtype == "int64"


def test_laplace_noise_is_as_the_geometric_mechanism_says():
    noise = count(LIKES[:0], groups=range(40_000), epsilon=1.0)["count"]
    q = math.exp(-1)
    for value in (-2, -1, 0, 1, 2):
        p = (1 - q) / (1 + q) * q ** abs(value)
        assert (noise == value).mean() == pytest.approx(p, abs=4 * math.sqrt(p / len(noise)))


def given_away(epsilon, width):
    """Delta of Gaussian noise, Balle & Wang's equation 6, with another function than ours."""
    with_you, without = (
        math.erfc((epsilon * width - half) / math.sqrt(2)) / 2
        for half in (0.5 / width, -0.5 / width)
    )
    return with_you - math.exp(epsilon) * without


@given(epsilon=st.floats(0.01, 10), log_delta=st.floats(-9, -1), per_person=st.integers(1, 50))
def test_gaussian_noise_is_as_wide_as_the_analytic_mechanism_asks_and_no_wider(
    epsilon, log_delta, per_person
):
    delta = 10**log_delta
    how = {"epsilon": epsilon, "delta": delta, "per_person": per_person}
    width = count(mechanism="gaussian", **how)["scale"].iloc[0] / math.sqrt(per_person)
    assert given_away(epsilon, width) <= delta * (1 + 1e-4)
    assert given_away(epsilon, 0.99 * width) > delta


def test_the_classic_width_is_wider_than_ours_where_it_holds():
    ours = count(epsilon=0.9, delta=1e-5, mechanism="gaussian")["scale"].iloc[0]
    assert 0.5 < ours / (math.sqrt(2 * math.log(1.25 / 1e-5)) / 0.9) < 1


@pytest.mark.slow
@pytest.mark.parametrize("mechanism", ["laplace", "gaussian"])
def test_counts_are_right_on_average_over_seeds(mechanism):
    delta = 1e-5 if mechanism == "gaussian" else 0.0
    how = {"epsilon": 1.0, "delta": delta, "mechanism": mechanism, "per_person": 3}
    seeds = 1_000
    tables = [count(**how, rng=seed) for seed in range(seeds)]
    mean = np.mean([table["count"] for table in tables], axis=0)
    error = math.sqrt(spread(tables[0]["scale"].iloc[0], mechanism) / seeds)
    assert mean == pytest.approx([2, 2, 1, 0], abs=4 * error)


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        (
            {"by": "topic"},
            TableError,
            "records: column 'topic' is missing.* this one has person, item",
        ),
        ({"table": None}, TableError, "records: got NoneType where a pandas DataFrame"),
        ({"table": LIKES["item"]}, TableError, "records: got Series where a pandas DataFrame"),
        ({"table": hold}, TableError, "records: got function where a pandas DataFrame"),
        ({"by": "person"}, TableError, "not person, for a count lists nobody"),
        ({"by": ["item", "item"]}, TableError, "Name columns to count by, each once"),
        ({"by": []}, TableError, r"by=\[\]. Name columns to count by"),
        ({"by": None}, TableError, "by: got NoneType where a list or an Index"),
        ({"table": LIKES.assign(scale=1), "by": "scale"}, TableError, "none called count, scale"),
        ({"table": pd.concat([LIKES, LIKES], axis=1)}, TableError, "'item' is there twice"),
        ({"groups": 3}, TableError, "groups: got int where a list or an Index"),
        ({"groups": {10, 11}}, TableError, "groups: got set where a list or an Index"),
        ({"groups": LIKES}, TableError, "groups: got DataFrame where a list or an Index"),
        (
            {"groups": ["10", "11"]},
            TableError,
            "groups: they are string, and column 'item' is integer: none would be counted. Write",
        ),
        ({"by": "kind"}, TableError, "they are integer, and column 'kind' is string"),
        ({"by": "time", "groups": ["2025-06-01"]}, TableError, "column 'time' is datetime64"),
        (
            {"table": LIKES.drop(columns="person")},
            TableError,
            r"'person' is missing.*with \.reset_index",
        ),
        (
            {"table": LIKES.assign(person=LIKES["person"].mask(LIKES["person"] == 2))},
            TableError,
            "'person' is empty in row 3. Whose it is must be known",
        ),
        ({"groups": "cheese"}, TableError, "got str where a list or an Index"),
        ({"groups": [10, 10]}, TableError, "10 is there twice. Name each group once"),
        ({"groups": []}, TableError, "there are none, to count by item. Name .* as one value"),
        (
            {"by": ["item", "kind"]},
            TableError,
            "10, to count by item and kind.* a tuple of 2 values",
        ),
        ({"groups": [(10, "like")]}, TableError, "Name at least one group, as one value"),
        ({"per_person": 1.5}, RangeError, "per_person=1.5 is outside its range: whole numbers"),
        ({"per_person": 0}, RangeError, "per_person=0 is outside its range: whole numbers from 1"),
        ({"epsilon": 0}, RangeError, "epsilon=0 is outside its range: 1e-06 to inf"),
        ({"epsilon": 1, "delta": 0.1}, RangeError, "the Laplace mechanism needs none"),
        ({"epsilon": 1, "mechanism": "gaussian"}, RangeError, "such as delta=1e-6"),
        ({"mechanism": "gauss"}, UnknownNameError, "Did you mean 'gaussian'"),
        ({"rng": None}, RangeError, "is no source of randomness"),
    ],
)
def test_counts_refuse_what_makes_no_sense_and_spend_nothing(how, error, words):
    budget = Budget(5.0, 0.5)
    with pytest.raises(error, match=words):
        count(**how, budget=budget)
    assert budget.left() == (5.0, 0.5)


@pytest.mark.parametrize("epsilon", [1e10, 1e300])
def test_noise_that_rounding_takes_away_is_none(epsilon):
    table = count(epsilon=epsilon, mechanism="gaussian", delta=1e-6, per_person=3)
    assert table["count"].tolist() == [2, 2, 1, 0] and (table["scale"] == 0).all()


def test_a_refusal_draws_no_lot():
    rng, same = np.random.default_rng(7), np.random.default_rng(7)
    with pytest.raises(RangeError, match="are left of"):
        count(epsilon=2, budget=Budget(1.0), rng=rng)
    pd.testing.assert_frame_equal(count(epsilon=1, rng=rng), count(epsilon=1, rng=same))


def test_counts_are_paid_for():
    budget = Budget(1.0, 1e-5)
    count(epsilon=0.4, budget=budget)
    count(epsilon=0.6, delta=1e-5, mechanism="gaussian", what="likes in June", budget=budget)
    assert budget.ledger()["what"].tolist() == ["people by item", "likes in June"]
    with pytest.raises(TableError, match=r"budget=3 is none\. Pass one of your own"):
        count(epsilon=0.1, budget=3)
    with pytest.raises(RangeError, match=r"'people by item' takes epsilon 0\.1"):
        count(epsilon=0.1, budget=budget)


# ------------------------------------------------------------------------------ randomised response


def respond(known, **how):
    return RandomisedResponse(**{"epsilon": 1.0, "rng": 7} | how)(hold(known)).known


@pytest.mark.parametrize("values", [PARTIES, FOUR])
@pytest.mark.parametrize("epsilon", [0.0, 1.0, 3.0])
def test_each_answer_is_true_with_the_stated_chance_and_else_any_other(values, epsilon):
    known = make_known(dict.fromkeys(range(30_000), values[1]), trait="side")
    said = respond(known, trait="side", values=values, epsilon=epsilon)["value"]
    honest = math.exp(epsilon) / (math.exp(epsilon) + len(values) - 1)
    for value in values:
        p = honest if value == values[1] else (1 - honest) / (len(values) - 1)
        error = math.sqrt(p * (1 - p) / len(known))
        assert (said == value).mean() == pytest.approx(p, abs=4 * error)


def test_somebody_asked_again_says_the_same_whoever_else_was_asked():
    known = answer(500)
    first, again = respond(known), respond(known[::-3])
    pd.testing.assert_frame_equal(again, first.loc[again.index])
    assert (first["value"] != respond(known, rng=8)["value"]).any()


def test_of_two_traits_the_lies_have_nothing_to_do_with_each_other():
    both = pd.concat([answer(4_000), answer(4_000, "in_debt", ["no", "yes"])])
    both.index = range(8_000)
    lied = (respond(both, epsilon=0.0)["value"] != both["value"]).to_numpy().reshape(2, -1)
    # four standard errors of a correlation of nothing
    assert abs(np.corrcoef(lied)[0, 1]) < 4 / math.sqrt(4_000)


def test_only_those_lie_who_defend_themselves_about_the_trait_that_is_named():
    both = pd.concat([answer(200), answer(200, "faith", ["Tide", "Lantern"])], ignore_index=True)
    said = respond(both, epsilon=0.0, people=tuple(range(100)), trait="faith")
    lied = both[said["value"] != both["value"]]
    assert set(lied["trait"]) == {"faith"} and lied["person"].max() < 100


def test_numbers_are_left_as_they_are_and_other_columns_too():
    numbers = make_known({1: 0.5, 2: -1.0}, trait="openness")
    known = pd.concat([numbers, answer(20)], ignore_index=True).assign(instrument="form")
    said = respond(known, epsilon=0.0)
    assert said["value"].tolist()[:2] == [0.5, -1.0]
    pd.testing.assert_frame_equal(said.drop(columns="value"), known.drop(columns="value"))
    assert (said["value"] != known["value"]).any()


@few
@given(seed=SEEDS)
def test_responding_changes_nothing_it_is_given_and_tables_stay_valid(seed):
    evidence = hold(answer(30))
    before = evidence.known.copy()
    defence = RandomisedResponse(epsilon=0.5, rng=seed)
    once, twice = (defend(evidence, [defence]).known for _ in range(2))
    pd.testing.assert_frame_equal(once, twice)
    pd.testing.assert_frame_equal(evidence.known, before)


def test_two_answers_of_one_person_are_refused_for_one_lot_would_show_whether_they_agree():
    twice = pd.concat([answer(20), answer(20)[::-1]], ignore_index=True)
    with pytest.raises(TableError, match="person 19 answers 'party' twice"):
        respond(twice)
    with pytest.raises(TableError, match="person 19 answers 'party' twice"):
        estimate_shares(twice, trait="party", epsilon=1)
    left = respond(twice, people=(50,))
    pd.testing.assert_frame_equal(left, twice)


def test_without_a_lie_nothing_changes_and_no_seed_is_needed():
    evidence = hold(answer(30))
    assert RandomisedResponse(epsilon=np.inf)(evidence) is evidence
    assert RandomisedResponse(epsilon=1, people=(), rng=1)(evidence) is evidence


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ({"trait": "openness"}, TableError, "is a number, .* pass values="),
        ({"trait": "side"}, UnknownNameError, "'side' is none of the town's. Pass .* values="),
        ({"values": PARTIES}, TableError, "of which trait"),
        ({"trait": "side", "values": ["a"]}, TableError, "pass two or more, each once"),
        ({"trait": "side", "values": ["a", "a"]}, TableError, "pass two or more, each once"),
        ({"trait": "side", "values": "aa"}, TableError, "values: got str where a list"),
        ({"trait": "side", "values": {"a", "b"}}, TableError, "values: got set where a list"),
        ({"trait": "side", "values": 3}, TableError, "values: got int where a list"),
        ({"trait": ["party"]}, TableError, r"trait=\['party'\]. Name one trait, such as"),
        ({"epsilon": -1}, RangeError, "epsilon=-1 is outside its range: 0 to inf"),
        ({"rng": None}, RangeError, "Pass a whole number"),
        ({"trait": "party", "values": ["Quay", "Ferry"]}, TableError, "'Orchard', which is none"),
    ],
)
def test_randomised_response_refuses_what_makes_no_sense(how, error, words):
    with pytest.raises(error, match=words):
        respond(answer(20), **how)


def test_the_shares_of_all_values_add_up_to_one():
    table = estimate_shares(respond(answer(300)), trait="party", epsilon=1.0)
    assert table["value"].tolist() == PARTIES and table["n"].sum() == 300
    assert table["estimate"].sum() == pytest.approx(1)
    assert (table["low"] < table["estimate"]).all() and (table["estimate"] < table["high"]).all()


def test_without_a_lie_the_estimate_is_the_share_and_has_no_doubt():
    table = estimate_shares(answer(300), trait="party", epsilon=np.inf)
    expected = [[2 / 3] * 3, [1 / 3] * 3]
    assert table[["estimate", "low", "high"]].to_numpy() == pytest.approx(np.array(expected))


def test_shares_are_refused_without_answers_or_where_an_answer_says_nothing():
    with pytest.raises(TableError, match="nobody answers 'faith'"):
        estimate_shares(answer(3), trait="faith", epsilon=1)
    with pytest.raises(RangeError, match="epsilon=0 is outside its range"):
        estimate_shares(answer(3), trait="party", epsilon=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("values", "epsilon", "number"),
    [(PARTIES, 0.5, 90), (FOUR, 2.0, 90), (FOUR, 1.0, 900)],
)
def test_shares_are_right_on_average_and_their_intervals_hold_as_often_as_they_say(
    values, epsilon, number
):
    """Bars set beforehand: four standard errors; between 92.5 % and 98 % of the intervals."""
    known, how = answer(number, "side", values), {"trait": "side", "epsilon": epsilon}
    true = np.array([2 / 3] + [0] * (len(values) - 2) + [1 / 3])
    tables = [
        estimate_shares(respond(known, values=values, rng=seed, **how), values=values, **how)
        for seed in range(1_000)
    ]
    estimates = np.array([table["estimate"] for table in tables])
    error = estimates.std(axis=0, ddof=1) / math.sqrt(len(tables))
    assert (np.abs(estimates.mean(axis=0) - true) < 4 * error).all()
    low, high = (np.array([table[end] for table in tables]) for end in ("low", "high"))
    held = ((low <= true) & (true <= high)).mean(axis=0)
    assert ((held > 0.925) & (held < 0.98)).all(), held


# --------------------------------------------------------------------------------------- aggregate


def test_of_those_counted_nothing_is_left_but_counts():
    held = hold(traces=make_traces([(1, 10), (2, 10), (2, 11), (3, 12)]))
    left = aggregate(epsilon=np.inf, per_person=3, people=(1, 2))(held)
    nobody = left.traces[left.traces["person"] == NOBODY]
    assert sorted(nobody["item"]) == [10, 10, 11]
    assert set(nobody["from_person"]) == {NOBODY} and set(nobody["holder"]) == {"Murmur"}
    others = left.traces[left.traces["person"] != NOBODY]
    assert others["person"].tolist() == [3] and left.ties.empty and left.known.empty


def test_what_the_counted_told_of_others_goes_too():
    told = make_traces([(9, 10)], from_person=1)
    left = aggregate(people=(1,), epsilon=np.inf)(hold(traces=told))
    assert left.traces.empty


def test_who_told_of_many_changes_no_more_counts_than_anybody():
    told = make_traces([(2, 11), (3, 12), (4, 12)], from_person=1)
    without = make_traces([(2, 10), (3, 10), (4, 10)])
    exact = aggregate(epsilon=np.inf)
    items = [
        sorted(exact(hold(traces=traces)).traces["item"])
        for traces in (without, pd.concat([told, without, make_traces([(1, 11)])]))
    ]
    assert items == [[10, 10, 10], [10, 10, 10, 11]]


def test_no_number_of_a_row_says_how_much_there_was_of_those_counted():
    ties = make_ties((1, 2), (2, 3), (3, 4))
    left = aggregate(people=(2,))(hold(answer(5), ties=ties))
    assert len(left.ties) == 1 and len(left.known) == 4
    for table in (left.traces, left.ties, left.known):
        assert table.index.tolist() == list(range(len(table)))


def test_a_count_below_nothing_is_no_record_and_an_empty_holder_publishes_noise_too():
    items = tuple(range(2_000))
    left = aggregate(items=items)(hold(traces=LIKES[:0]))
    noise = noisy_counts(
        LIKES[:0], by="item", groups=items, epsilon=1.0, rng=np.random.default_rng(7).spawn(1)[0]
    )["count"]
    assert (noise < 0).any() and len(left.traces) == noise.clip(lower=0).sum() > 0


def test_a_larger_share_counts_all_of_a_smaller_one_and_none_changes_nothing():
    people = range(300)
    held = hold(
        answer(300), make_traces([(p, 10) for p in people]), make_ties((1, 2), (2, 3), (4, 9))
    )
    assert aggregate(share=0.0)(held) is held and aggregate(people=())(held) is held
    left = [set(aggregate(share=s)(held).known["person"]) for s in (0.2, 0.5, 1.0)]
    assert left[0] > left[1] > left[2] == set()
    assert len(left[0]) == pytest.approx(240, abs=4 * math.sqrt(300 * 0.2 * 0.8))


def test_each_call_is_paid_for():
    budget = Budget(1.0)
    defence = aggregate(epsilon=0.6, budget=budget)
    defence(hold())
    with pytest.raises(RangeError, match=r"'people by item' takes epsilon 0\.6"):
        defence(hold())


def test_aggregates_are_equal_that_do_the_same_whatever_pays():
    assert aggregate(items=[10, 11], budget=Budget(1)) == aggregate(items=pd.Index([10, 11]))
    assert "items" not in repr(aggregate())


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ({"share": 2}, RangeError, "share=2 is outside its range"),
        ({"epsilon": 0}, RangeError, "epsilon=0 is outside its range"),
        ({"delta": 0.1}, RangeError, "the Laplace mechanism needs none"),
        ({"now": 5}, TableError, "now=5 is no time"),
        ({"rng": None}, RangeError, "rng=None"),
        ({"items": [10, 10]}, TableError, "10 is there twice"),
        ({"items": None}, TableError, "items: got NoneType where a list or an Index"),
        ({"items": "x"}, TableError, "items: got str where a list or an Index"),
        ({"items": ["a"]}, TableError, r"items=\['a'\]. Pass whole numbers, or world.items"),
        ({"items": [1.5]}, TableError, r"items=\[1.5\]. Pass whole numbers"),
        ({"per_person": None}, RangeError, "per_person=None is outside its range"),
        ({"per_person": "a"}, RangeError, "per_person='a' is outside its range"),
        ({"budget": 3}, TableError, "budget=3 is none"),
    ],
)
def test_aggregate_refuses_what_makes_no_sense(how, error, words):
    with pytest.raises(error, match=words):
        aggregate(**how)(hold())


DEFENCES = [
    RandomisedResponse(epsilon=0.5, rng=1),
    aggregate(share=0.5),
    Hide(people=(2,)),
    OptOut(people=(1,)),
    Obfuscate(share=1, rng=2),
    aggregate(people=(3,), rng=9),
]


@few
@given(order=st.permutations(DEFENCES))
def test_in_any_order_the_tables_stay_valid_and_nothing_is_changed(order):
    held = hold(answer(4))
    before = held.traces.copy(), held.ties.copy(), held.known.copy()
    check_evidence(defend(held, order))
    for table, was in zip((held.traces, held.ties, held.known), before, strict=True):
        pd.testing.assert_frame_equal(table, was)


def test_counts_are_not_counted_again():
    once = aggregate(epsilon=np.inf, per_person=3, people=(1, 2))(hold())
    twice = aggregate(epsilon=np.inf, per_person=3)(once)
    whole = aggregate(epsilon=np.inf, per_person=3)(hold())
    assert sorted(twice.traces["item"]) == sorted(whole.traces["item"])


def test_the_verbs_run_on_what_is_left():
    world = make_world(200, rng=3)
    likes = world.acts.query("kind == 'like'")
    traces = make_traces(zip(likes["person"], likes["item"], strict=True))
    held = Evidence(traces, world.ties, world.reports)
    left = defend(
        held,
        [
            Aggregate(
                epsilon=1, items=world.items.index, holder="M", now="2026-01-02", share=0.5, rng=1
            ),
            RandomisedResponse(epsilon=1, rng=2),
        ],
    )
    known = left.known.query("trait == 'party'")
    assert NOBODY in set(infer(left.traces, known, holder="M")["person"])
    assert NOBODY in set(infer_interests(left.traces, world.items, holder="M")["person"])
    assert NOBODY not in set(propagate(known, left.ties, holder="M")["person"])
