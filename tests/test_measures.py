import numpy as np
import pandas as pd
import pytest
from handmade import make_beliefs
from sklearn.metrics import roc_auc_score

from ethics_lib.measures import METRICS, calibration, score
from ethics_lib.tables import TableError, UnknownNameError

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
    assert METRICS == ("accuracy", "auc", "brier_skill", "r")
    with pytest.raises(
        UnknownNameError, match=r"for the trait 'side' the metric 'r' does not exist"
    ):
        measure("r")
    for metric in METRICS[:3]:
        message = f"for the trait 'openness' the metric '{metric}' does not exist.* There are: r"
        with pytest.raises(UnknownNameError, match=message):
            score(number(P), pd.Series(P), trait="openness", metric=metric)
