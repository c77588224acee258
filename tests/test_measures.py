import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import (
    MetricFrame,
    false_negative_rate,
    false_positive_rate,
    selection_rate,
)
from handmade import interval, make_beliefs, make_known
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import binom
from scipy.stats.contingency import relative_risk
from sklearn.metrics import accuracy_score, roc_auc_score

from ethics_lib.measures import (
    FOUR_FIFTHS,
    METRICS,
    calibration,
    exposure,
    mean_of,
    rate_ratio,
    score,
    usual_of,
)
from ethics_lib.tables import RangeError, TableError, UnknownNameError

CHANCE = np.random.default_rng(7)
N = 400
P = CHANCE.random(N)
TRUTH = pd.Series(np.where(CHANCE.random(N) < P, "white", "black"), name="side")


def believe(p, value="white", other="black"):
    pairs = ((k, "side", v, q) for k, x in enumerate(p) for v, q in ((value, x), (other, 1 - x)))
    return make_beliefs(*pairs)


BELIEFS = believe(P)


def number(values, **columns):
    rows = ((k, "openness", value, np.nan) for k, value in enumerate(values))
    return make_beliefs(*rows, **columns).assign(sd=1.0)


def measure(metric, beliefs=BELIEFS, truth=TRUTH, **knobs):
    return score(beliefs, truth, trait="side", metric=metric, **knobs).iloc[0]


def test_auc_is_that_of_scikit_learn():
    found = measure("auc")
    assert found["estimate"] == pytest.approx(roc_auc_score(TRUTH == "white", P))
    assert found["low"] < found["estimate"] < found["high"] and found["n"] == N


def test_auc_asks_about_the_last_value_unless_told():
    assert measure("auc")["estimate"] == pytest.approx(measure("auc", value="black")["estimate"])
    assert measure("auc", value="white").equals(measure("auc"))


def test_auc_counts_a_draw_as_half():
    assert measure("auc", believe(np.full(N, 0.5)))["estimate"] == 0.5


def test_accuracy_is_the_share_whose_likeliest_value_is_true():
    expected = ((P > 0.5) == (TRUTH == "white")).mean()
    assert measure("accuracy")["estimate"] == pytest.approx(expected)


def test_brier_skill_is_1_when_perfect_and_0_at_the_base_rate():
    white = (TRUTH == "white").to_numpy(float)
    assert measure("brier_skill", believe(white))["estimate"] == pytest.approx(1)
    assert measure("brier_skill", believe(np.full(N, white.mean())))["estimate"] == pytest.approx(0)
    worse = measure("brier_skill", believe(1 - white))
    assert worse["estimate"] < 0
    expected = 1 - ((white - P) ** 2).mean() / white.var()
    assert measure("brier_skill")["estimate"] == pytest.approx(expected)


def test_r_is_pearsons():
    truth = pd.Series(CHANCE.standard_normal(N))
    guess = truth + CHANCE.standard_normal(N)
    found = score(number(guess), truth, trait="openness", metric="r").iloc[0]
    assert found["estimate"] == pytest.approx(np.corrcoef(truth, guess)[0, 1])
    assert found["low"] < found["estimate"] < found["high"]


@pytest.mark.parametrize("metric", ["auc", "accuracy", "brier_skill"])
def test_intervals_cover_and_shrink(metric):
    """Nineteen in twenty, about: the same town measured a hundred times."""
    estimates, covered, widths = [], [], {}
    for n in (100, 400):
        for seed in range(100):
            chance = np.random.default_rng(seed)
            p = chance.random(n)
            truth = pd.Series(np.where(chance.random(n) < p, "white", "black"))
            found = score(believe(p), truth, trait="side", metric=metric).iloc[0]
            estimates.append(found["estimate"])
            covered.append((found["low"], found["high"]))
            widths.setdefault(n, []).append(found["high"] - found["low"])
    middle = np.mean(estimates)
    assert 0.88 <= np.mean([low <= middle <= high for low, high in covered]) <= 1
    assert np.mean(widths[400]) < 0.6 * np.mean(widths[100])


def test_groups_are_measured_apart():
    group = pd.Series(np.where(np.arange(N) < 100, "few", "many"))
    found = score(BELIEFS, TRUTH, trait="side", metric="accuracy", by=group).set_index("group")
    assert found["n"].to_dict() == {"few": 100, "many": 300}
    for name in ("few", "many"):
        part = BELIEFS[BELIEFS["person"].map(group) == name]
        assert found.loc[name, "estimate"] == measure("accuracy", part)["estimate"]
    width = found["high"] - found["low"]
    assert width["few"] > width["many"]


def test_a_group_of_one_kind_has_no_auc():
    group = TRUTH.rename("group")
    found = score(BELIEFS, TRUTH, trait="side", metric="auc", by=group)
    assert found[["estimate", "low", "high"]].isna().all().all()
    found = score(BELIEFS, TRUTH, trait="side", metric="brier_skill", by=group)
    assert found["estimate"].isna().all()


def test_only_people_in_the_truth_are_scored():
    assert measure("auc", truth=TRUTH.iloc[:50])["n"] == 50
    assert measure("auc", truth=TRUTH.where(np.arange(N) < 60))["n"] == 60


def test_calibration_compares_what_was_believed_with_what_came_true():
    table = calibration(BELIEFS, TRUTH, trait="side", value="white", bins=5)
    assert table["n"].sum() == N and len(table) == 5
    for k, row in enumerate(table.itertuples()):
        inside = (k / 5 <= P) & ((k + 1) / 5 > P)
        assert row.p == pytest.approx(P[inside].mean())
        assert row.share == pytest.approx((TRUTH[inside] == "white").mean())
        assert row.low <= row.share <= row.high
    assert (table["p"] - table["share"]).abs().max() < 0.15


def test_calibration_leaves_out_those_whose_truth_is_unknown():
    sure = believe(np.ones(N))
    truth = pd.Series("white", index=range(100))
    table = calibration(sure, truth, trait="side", value="white")
    assert table[["n", "share"]].to_numpy().tolist() == [[100, 1]]


def test_bad_input_is_refused():
    with pytest.raises(
        UnknownNameError, match=r"metric 'acc' does not exist.* accuracy, auc, brier"
    ):
        measure("acc")
    with pytest.raises(
        UnknownNameError, match=r"trait 'sides' does not exist. Did you mean 'side'"
    ):
        score(BELIEFS, TRUTH, trait="sides")
    with pytest.raises(UnknownNameError, match=r"value of side 'wite' does not exist.*'white'"):
        measure("auc", value="wite")
    with pytest.raises(UnknownNameError, match=r"value of side 'wite' does not exist.*'white'"):
        calibration(BELIEFS, TRUTH, trait="side", value="wite")
    with pytest.raises(TableError, match=r"nobody who has a belief about 'side' is in the truth"):
        measure("auc", truth=pd.Series(["white"], index=[9_999]))
    with pytest.raises(TableError, match=r"beliefs: column 'p' holds 2.0 in row 0"):
        measure("auc", BELIEFS.assign(p=2.0))
    with pytest.raises(TableError, match=r"beliefs: the table has no rows"):
        measure("auc", BELIEFS.iloc[:0])


def test_two_methods_at_once_are_refused():
    both = pd.concat([BELIEFS, BELIEFS.assign(method="harmonic")])
    with pytest.raises(
        TableError, match=r"person 0 has two beliefs about 'side'. Score one method"
    ):
        measure("auc", both)
    numbers = pd.concat([number(P), number(P + 1, method="harmonic")])
    with pytest.raises(TableError, match=r"person 0 has two beliefs about 'openness'"):
        score(numbers, pd.Series(P), trait="openness", metric="r")


def test_words_and_numbers_have_metrics_of_their_own():
    *of_words, of_numbers = METRICS
    assert of_numbers == "r" and of_words[:3] == ["accuracy", "auc", "brier_skill"]
    with pytest.raises(
        UnknownNameError, match=r"for the trait 'side' the metric 'r' does not exist"
    ):
        measure("r")
    for metric in of_words:
        message = f"for the trait 'openness' the metric '{metric}' does not exist.* There are: r"
        with pytest.raises(UnknownNameError, match=message):
            score(number(P), pd.Series(P), trait="openness", metric=metric)


@pytest.mark.parametrize("threshold", [0.2, 0.5])
def test_error_by_group_is_that_of_fairlearn(threshold):
    group = pd.Series(np.where(CHANCE.random(N) < 0.2, "few", "many"))
    group[:3] = "three"
    theirs = MetricFrame(
        metrics={
            "selection_rate": selection_rate,
            "false_positive_rate": false_positive_rate,
            "false_negative_rate": false_negative_rate,
        },
        y_true=(TRUTH == "white").astype(int),
        y_pred=(threshold <= P).astype(int),
        sensitive_features=group.rename("group"),
    ).by_group
    for metric in theirs:
        knobs = {"metric": metric, "by": group, "threshold": threshold}
        ours = score(BELIEFS, TRUTH, trait="side", value="white", **knobs).set_index("group")
        both = ours["estimate"].notna()  # where nobody can be wrong they say 0, we say nothing
        assert both[["few", "many"]].all()
        np.testing.assert_allclose(ours["estimate"][both], theirs[metric][both])
        assert (ours["low"] <= ours["estimate"])[both].all()
        assert (ours["high"] - ours["low"]).idxmin() == "many"


def test_accuracy_by_group_is_that_of_fairlearn():
    group = pd.Series(np.where(CHANCE.random(N) < 0.2, "few", "many"), name="group")
    said = np.where(P > 0.5, "white", "black")
    theirs = MetricFrame(
        metrics=accuracy_score, y_true=TRUTH, y_pred=said, sensitive_features=group
    )
    ours = score(BELIEFS, TRUTH, trait="side", metric="accuracy", by=group).set_index("group")
    np.testing.assert_allclose(ours["estimate"], theirs.by_group)


@pytest.mark.parametrize("metric", ["false_positive_rate", "false_negative_rate"])
def test_where_nobody_can_be_wrong_there_is_no_rate_of_errors(metric):
    everybody = TRUTH.where(("white" if "positive" in metric else "black") == TRUTH)
    assert measure(metric, truth=everybody, value="white")[["estimate", "low", "high"]].isna().all()


# Calibration --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("stretch", "shift"), [(1.0, 0.0), (2.0, 0.0), (0.5, 0.0), (1.0, 1.0)])
def test_the_calibration_slope_finds_how_far_beliefs_were_stretched(stretch, shift):
    chance = np.random.default_rng(3)
    true = chance.uniform(0.05, 0.95, 3000)
    truth = pd.Series(np.where(chance.random(3000) < true, "white", "black"))
    believed = believe(expit(stretch * logit(true) + shift))
    slope = measure("calibration_slope", believed, truth, value="white")
    assert slope["low"] < 1 / stretch < slope["high"] and slope["high"] - slope["low"] < 0.35
    large = measure("calibration_in_the_large", believed, truth, value="white")
    assert large["low"] < -shift < large["high"]


def test_the_calibration_slope_is_that_of_a_regression_without_a_penalty():
    """Checked against plain Newton steps, and the interval against the likelihood."""
    x, y = logit(P), (TRUTH == "white").to_numpy(float)
    line = np.zeros(2)
    design = np.column_stack([np.ones(N), x])
    for _ in range(25):
        p = expit(design @ line)
        information = design.T * (p * (1 - p)) @ design
        line += np.linalg.solve(information, design.T @ (y - p))
    found = measure("calibration_slope", value="white")
    assert found["estimate"] == pytest.approx(line[1], abs=1e-6)
    reach = 1.96 * np.linalg.inv(information)[1, 1] ** 0.5
    assert found["high"] - found["estimate"] == pytest.approx(reach, rel=1e-4)


def test_sure_beliefs_count_as_one_in_a_million():
    p = np.where(np.arange(N) < 40, 0.0, P)
    found = measure("calibration_slope", believe(p), value="white")
    assert 0 < found["low"] < found["high"] < 1


def test_beliefs_that_are_all_alike_or_all_right_have_no_slope():
    white = (TRUTH == "white").to_numpy(float)
    for p in (np.full(N, 0.3), white, 1 - white):
        assert np.isnan(measure("calibration_slope", believe(p), value="white")["estimate"])


@pytest.mark.parametrize("metric", ["brier_skill", "calibration_slope", "calibration_in_the_large"])
def test_too_few_of_a_kind_have_no_interval(metric):
    """Nine of them: no interval. Ten: one."""
    for number, there in ((9, False), (10, True)):
        has = np.arange(100) < number
        truth = pd.Series(np.where(has, "white", "black"))
        p = np.where(has, 0.3, 0.1) + np.linspace(0, 0.25, 100)
        found = measure(metric, believe(p), truth, value="white")
        assert pd.notna(found["low"]) == there


def test_the_auc_of_a_tiny_group_has_an_interval_that_holds():
    """Three against nine. Before, a perfect ranking of two people was certain to be perfect."""
    right = believe([0.9, 0.1])
    tiny = measure("auc", right, pd.Series(["white", "black"]), value="white")
    assert tiny["estimate"] == 1 and tiny["low"] < 0.3 and tiny["high"] == pytest.approx(1)
    held = []
    for seed in range(150):
        chance = np.random.default_rng(seed)
        x = chance.normal(size=12) + np.where(np.arange(12) < 3, 1.0, 0.0)
        truth = pd.Series(np.where(np.arange(12) < 3, "white", "black"))
        found = measure("auc", believe(expit(x)), truth, value="white")
        held.append(found["low"] <= 0.7602 <= found["high"])  # Phi(1 / sqrt 2)
    assert np.mean(held) >= 0.95


# Rates by group -----------------------------------------------------------------------------------


def groups(**counts):
    """People by group: how many got it, of how many."""
    got = np.concatenate([np.arange(n) < k for k, n in counts.values()])
    by = np.repeat(list(counts), [n for _, n in counts.values()])
    return pd.Series(got), pd.Series(by)


def test_rates_are_compared_with_the_highest():
    found = rate_ratio(*groups(Orchard=(30, 100), Quay=(40, 80))).set_index("group")
    assert found["rate"].to_dict() == {"Orchard": 0.3, "Quay": 0.5}
    assert found["ratio"].to_dict() == {"Orchard": 0.6, "Quay": 1.0}
    assert found.loc["Quay", ["low", "high"]].isna().all()
    assert found.loc["Orchard", "low"] < 0.6 < found.loc["Orchard", "high"]
    assert found.loc["Orchard", "ratio"] < FOUR_FIFTHS


def test_rates_by_group_are_those_of_fairlearn():
    got, by = groups(a=(3, 50), b=(20, 60), c=(9, 31))
    frame = MetricFrame(
        metrics=selection_rate, y_true=got, y_pred=got, sensitive_features=by.rename("by")
    )
    found = rate_ratio(got, by).set_index("group")
    np.testing.assert_allclose(found["rate"], frame.by_group)
    assert found["ratio"].min() == pytest.approx(frame.ratio())


def test_in_large_groups_the_interval_is_that_of_scipy():
    found = rate_ratio(*groups(a=(900, 5000), b=(1500, 6000))).iloc[0]
    theirs = relative_risk(900, 5000, 1500, 6000).confidence_interval()
    assert found["low"] == pytest.approx(theirs.low, rel=0.01)
    assert found["high"] == pytest.approx(theirs.high, rel=0.01)


@pytest.mark.parametrize(("n", "rate"), [(5, 0.9), (5, 0.2), (9, 0.5)])
def test_the_interval_of_a_small_group_holds(n, rate):
    """Exactly, over all that may happen; the rate of the hundred others is the same."""
    held = total = 0.0
    for k in range(n + 1):
        for best in range(round(100 * rate) - 10, round(100 * rate) + 11):
            chance = binom.pmf(k, n, rate) * binom.pmf(best, 100, rate)
            found = rate_ratio(*groups(a=(k, n), b=(best, 100)), fewest=50).iloc[0]
            total += chance
            held += chance * (found["low"] <= 1 <= found["high"])
    assert held / total > 0.93


def test_a_small_group_is_compared_and_never_compared_with():
    found = rate_ratio(*groups(a=(9, 10), b=(30, 100), c=(0, 8))).set_index("group")
    assert found.loc["b", "ratio"] == 1 and found.loc["a", "ratio"] == pytest.approx(3)
    assert found.loc["c", "ratio"] == 0 == found.loc["c", "low"] and found.loc["c", "high"] > 1


def test_where_nobody_got_anything_there_is_nothing_to_compare():
    found = rate_ratio(*groups(a=(0, 40), b=(0, 50)))
    assert found["ratio"].isna().all() and (found["rate"] == 0).all()


def test_people_of_no_group_and_answers_not_known_do_not_count():
    got, by = groups(a=(20, 50), b=(25, 50))
    got = got.astype("boolean")
    got[0] = pd.NA
    found = rate_ratio(got, by.where(by.index != 99)).set_index("group")
    assert found["n"].to_dict() == {"a": 49, "b": 49}
    assert found.loc["a", "rate"] == pytest.approx(19 / 49)


def test_where_all_groups_are_small_nothing_is_compared():
    found = rate_ratio(*groups(a=(3, 10), b=(4, 20)))
    assert found["rate"].tolist() == [0.3, 0.2]
    assert found[["ratio", "low", "high"]].isna().all(axis=None)
    assert rate_ratio(*groups(a=(3, 10), b=(4, 20)), fewest=20)["ratio"].iloc[0] == pytest.approx(
        1.5
    )


def test_rates_of_somebody_twice_are_refused():
    got, by = groups(a=(3, 50))
    with pytest.raises(TableError, match=r"somebody is there twice. Keep one row a person"):
        rate_ratio(pd.concat([got, got]), by)


def test_rates_of_what_is_neither_true_nor_false_are_refused():
    got, by = groups(a=(3, 50))
    for wrong in (got.map({True: "yes", False: "no"}), got * 0.1):
        with pytest.raises(TableError, match=r"got holds .* must hold True and False.*'no' would"):
            rate_ratio(wrong, by)
    with pytest.raises(TableError, match=r"rate_ratio: got: got list where a pandas Series"):
        rate_ratio([True], by)
    known = rate_ratio(got, by)
    pd.testing.assert_frame_equal(rate_ratio(got.astype(object), by), known)
    pd.testing.assert_frame_equal(rate_ratio(got.astype("boolean"), by), known)


# Exposure -----------------------------------------------------------------------------------------


def bits(beliefs, **knobs):
    return exposure(beliefs, **knobs).set_index(["person", "trait"])["bits"]


def test_what_is_believed_of_everybody_exposes_nobody():
    assert bits(believe(np.full(10, 0.3))).tolist() == pytest.approx([0] * 10)


def test_being_sure_of_what_half_of_the_town_is_gives_away_one_bit():
    assert bits(believe([0.0, 1.0, 1.0, 0.0])).tolist() == pytest.approx([1] * 4)
    rare = bits(believe([1.0] + [0.0] * 1023))
    assert rare.iloc[0] == pytest.approx(10) and rare.iloc[1] < 0.002


def test_exposure_is_the_same_whether_or_not_all_values_are_written_down():
    whole, part = BELIEFS, BELIEFS[BELIEFS["value"] == "white"]
    np.testing.assert_allclose(bits(whole), bits(part), atol=1e-9)


def test_the_last_digit_of_a_sum_gives_nothing_away():
    parts = np.array([0.1, 0.2, 0.7])
    assert 1 - np.cumsum(parts)[-1] != 1 - np.cumsum(parts[::-1])[-1]  # such as 1 - 0.99...9
    rng = np.random.default_rng(7)
    p = rng.dirichlet([1, 1, 1], 500)
    rows = [(k, "side", v, q) for k, row in enumerate(p) for v, q in zip("abc", row, strict=True)]
    found = bits(make_beliefs(*rows))
    assert np.isfinite(found).all()
    usual = p.mean(axis=0)
    want = (p * np.log2(p / usual)).sum(axis=1)
    np.testing.assert_allclose(found, want, atol=1e-9)
    short = pd.DataFrame({"trait": "side", "value": list("abc"), "p": usual * (1 - 1e-13)})
    np.testing.assert_allclose(bits(make_beliefs(*rows), usual=short), want, atol=1e-9)


def test_what_is_usual_is_checked_at_the_door():
    one = make_beliefs((5, "side", "white", 1.0))
    usual = pd.DataFrame({"trait": "side", "value": ["white", "black"], "p": [0.25, 0.75]})
    for wrong in ([1], usual.drop(columns="p")):
        with pytest.raises(TableError, match=r"usual: .* columns trait, value, p"):
            bits(one, usual=wrong)
    with pytest.raises(RangeError, match=r"usual: p=1.75 is outside its range: 0 to 1"):
        bits(one, usual=usual.assign(p=usual["p"] + 1).iloc[1:])
    with pytest.raises(TableError, match=r"usual: side 'white' is there twice"):
        bits(one, usual=pd.concat([usual, usual]))


def test_what_is_usual_may_come_from_elsewhere():
    usual = pd.DataFrame({"trait": "side", "value": ["white", "black"], "p": [0.25, 0.75]})
    one = make_beliefs((5, "side", "white", 1.0))
    assert bits(one, usual=usual).to_dict() == {(5, "side"): pytest.approx(2)}
    with pytest.raises(TableError, match=r"usual: how common side 'green' is, is not in it"):
        bits(make_beliefs((5, "side", "green", 1.0)), usual=usual)


def test_of_several_beliefs_about_one_trait_the_one_that_says_most_counts():
    sure = believe([1.0, 0.0])
    both = pd.concat([sure, believe([0.5, 0.5]).assign(method="harmonic")])
    usual = pd.DataFrame({"trait": "side", "value": ["white", "black"], "p": [0.5, 0.5]})
    assert bits(both, usual=usual).tolist() == pytest.approx([1, 1])


def test_traits_are_counted_apart_and_numbers_not_at_all():
    other = make_beliefs(*((k, "faith", "Tide", q) for k, q in enumerate([1.0, 0.0])))
    found = exposure(pd.concat([believe([1.0, 0.0]), other, number([0.1, 0.2])]))
    assert found[["person", "trait"]].to_numpy().tolist() == [
        [0, "faith"],
        [0, "side"],
        [1, "faith"],
        [1, "side"],
    ]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_exposure_is_never_negative_and_in_the_mean_never_more_than_there_is_to_know(p):
    """A law of information: no trait with two values holds more than one bit a person."""
    found = bits(believe(p))
    assert (found >= 0).all() and found.mean() <= 1 + 1e-9


def test_a_threshold_is_a_share():
    with pytest.raises(RangeError, match=r"threshold=2 is outside its range: 0 to 1"):
        measure("selection_rate", threshold=2)


def test_a_truth_in_which_somebody_is_there_twice_is_refused():
    truth = pd.Series(["white", "black", "white"], index=[0, 1, 1])
    for ask in (
        lambda: score(BELIEFS, truth, trait="side"),
        lambda: calibration(BELIEFS, truth, trait="side", value="white"),
    ):
        with pytest.raises(TableError, match=r"truth: somebody is there twice"):
            ask()
    with pytest.raises(TableError, match=r"by: somebody is there twice"):
        score(BELIEFS, pd.Series(["white", "black"]), trait="side", by=truth)


def test_usual_is_the_share_of_each_answer():
    usual = usual_of(make_known({1: "black", 2: "white", 3: "white", 4: "white"}))
    assert dict(zip(usual["value"], usual["p"], strict=True)) == {"white": 0.75, "black": 0.25}
    sure = make_beliefs((1, "side", "black", 1.0), (1, "side", "white", 0.0))
    assert exposure(sure, usual=usual)["bits"].tolist() == [2.0]


def test_a_mean_has_students_interval_and_of_one_number_none():
    values = [0.2, 0.5, 0.3, 0.9]
    assert mean_of(values) == pytest.approx(interval(values))
    mean, low, high = mean_of(iter([0.4]))
    assert mean == 0.4 and np.isnan([low, high]).all()
    assert np.isnan(mean_of([])).all()
