"""Scores: both axes of a defence, on planted towns whose scores are known beforehand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from handmade import interval
from test_scenarios import NOTHING, Planted

from ethics_lib.beliefs import as_beliefs
from ethics_lib.scores import foretell, leak, scoreboard, sum_up
from ethics_lib.tables import TableError, UnknownNameError, empty_table


def nothing(evidence, holder):
    return empty_table("beliefs")


def believe(people, p, trait="side"):
    rows = pd.DataFrame({"person": people, "value": "white", "p": p})
    rows = pd.concat([rows, rows.assign(value="black", p=1 - rows["p"])])
    said = {"origin": "inferred", "method": "mine", "holder": "Murmur", "intent": "deliberate"}
    return as_beliefs(rows, trait=trait, **said)


def summed(table, people):
    return {measure: value for _, _, measure, value in sum_up(table, people)}


def test_who_knows_the_truth_ranks_everybody_rightly_and_who_knows_nothing_as_chance():
    case = Planted().make(1)
    everybody = case.truth.index
    white = (case.truth["side"] == "white").astype(float)
    knows = leak(case.evidence, case, method=lambda *_: believe(everybody, white.to_numpy()))
    assert summed(knows, everybody)["auc"] == 1
    assert summed(knows, everybody)["bits"] == pytest.approx(1, abs=0.1)
    silent = leak(case.evidence, case, method=nothing)
    assert summed(silent, everybody) == {"auc": 0.5, "bits": 0}
    assert np.ptp(silent["p"]) == 0


def test_judged_are_those_who_never_answered_whatever_is_left():
    case = Planted().make(1)
    for left in (case.evidence, NOTHING):
        judged = leak(left, case, method=nothing)["person"]
        assert judged.tolist() == [p for p in range(100) if p % 2]


def test_who_has_no_belief_is_believed_to_be_as_is_usual():
    case = Planted().make(1)
    table = leak(case.evidence, case, method=lambda *_: believe([1, 3], [0.9, 0.2]))
    usual = (case.evidence.known["value"] == "white").mean()
    p = table.set_index("person")["p"]
    assert p[[1, 3]].tolist() == [0.9, 0.2]
    assert (p.drop([1, 3]) == usual).all()
    assert (table.set_index("person")["bits"].drop([1, 3]) == 0).all()


def test_where_all_are_alike_nobody_can_be_ranked():
    case = Planted().make(1)
    white = case.truth.index[case.truth["side"] == "white"]
    assert np.isnan(summed(leak(case.evidence, case, method=nothing), white)["auc"])


def test_a_belief_given_twice_is_refused():
    case = Planted().make(1)
    with pytest.raises(TableError, match=r"side 'white' is believed of person 1 twice. Give one"):
        leak(case.evidence, case, method=lambda *_: believe([1, 1], [0.9, 0.2]))


@pytest.mark.parametrize(("p", "total"), [((0.9, 0.9), 1.8), ((0, 0), 0), ((0.2, 0.3), 0.5)])
def test_what_are_no_probabilities_is_refused(p, total):
    case = Planted().make(1)
    beliefs = believe([1], [0.5]).assign(p=p)
    with pytest.raises(TableError, match=rf"values of side add up to {total:g} for person 1. They"):
        leak(case.evidence, case, method=lambda *_: beliefs)


def test_one_value_alone_may_be_believed_or_not():
    case = Planted().make(1)
    beliefs = believe([1, 3], [0.0, 0.9])
    table = leak(case.evidence, case, method=lambda *_: beliefs[beliefs["value"] == "white"])
    both = leak(case.evidence, case, method=lambda *_: beliefs)
    assert np.isfinite(table["bits"]).all()
    pd.testing.assert_frame_equal(table, both)


def test_a_case_that_cannot_be_judged_says_why():
    case = Planted().make(1)
    with pytest.raises(TableError, match="truth: column 'side' is missing"):
        leak(case.evidence, case._replace(truth=case.truth[[]]), method=nothing)
    silent = replace(case.evidence, known=case.evidence.known[:0])
    with pytest.raises(TableError, match="known: the table has no rows"):
        leak(silent, case._replace(evidence=silent), method=nothing)
    strange = replace(case.evidence, traces=case.evidence.traces.assign(item=9999))
    with pytest.raises(TableError, match="item 9999 is not among the items of this case"):
        foretell(strange, case)


def test_a_feed_that_saw_foretells_and_one_that_saw_nothing_is_a_front_page():
    case = Planted().make(1)
    full, empty = (foretell(evidence, case) for evidence in (case.evidence, NOTHING))
    # one's own two topics come first; of the later likes one may be about a single one of these
    assert (full["feed"] > 0.66).all() and full["feed"].mean() > 0.8
    assert (empty["feed"] == empty["popularity"]).all()
    assert 0.4 < empty["popularity"].mean() < 0.7
    assert set(full.index) <= set(case.later["person"])


def test_of_whom_nothing_is_left_the_feed_gives_what_is_left_of_others():
    case = Planted().make(1)
    traces = case.evidence.traces
    tea = case.items.index[case.items["topic"] == "tea"]
    of_tea = replace(case.evidence, traces=traces[traces["item"].isin(tea)])
    table = foretell(of_tea, case)
    lost = table.index.difference(of_tea.traces["person"])
    topics = case.later.assign(topic=case.items["topic"].loc[case.later["item"]].to_numpy())
    # tea first and three others behind it alike; no tea for those who have none left
    number = topics[topics["person"].isin(lost)].groupby("person")["topic"].nunique()
    expected = {1: (0 + 0.5 + 0.5) / 3, 2: (0 + 0 + 0.5 + 0.5) / 4}
    assert len(lost) > 20
    assert np.allclose(table.loc[number.index, "feed"], number.map(expected))


# ------------------------------------------------------------------------------------- the board


def made_up(**options):
    """Scores by hand, of each (auc, usefulness) by seed. Before: .8 and .7; popular is .5."""
    rows = []
    for defence, seeds in options.items():
        for seed, (auc, use) in enumerate(seeds):
            values = {("likes", "side", "auc"): auc, ("likes", "side", "auc_before"): 0.8}
            values |= {("feed", "interest", "usefulness"): use}
            values |= {("feed", "interest", "usefulness_before"): 0.7}
            values |= {("popularity", "interest", "usefulness"): 0.5}
            values |= {("popularity", "interest", "usefulness_before"): 0.5}
            rows += [(defence, 1.0, *of, "everybody", seed, v) for of, v in values.items()]
    columns = ["defence", "strength", "method", "trait", "measure", "who", "seed", "value"]
    return pd.DataFrame(rows, columns=columns)


def test_the_board_counts_shares_of_what_was_there():
    board = scoreboard(made_up(mine=[(0.6, 0.6), (0.7, 0.65), (0.65, 0.6)])).iloc[0]
    assert board["inference_stopped"] == pytest.approx(0.5)
    assert board["usefulness_kept"] == pytest.approx((0.1 + 0.15 + 0.1) / 0.6)
    mean, low, high = interval([0.6, 0.7, 0.65])
    assert board[["leak", "leak_low", "leak_high"]].tolist() == pytest.approx([mean, low, high])
    mean, low, high = interval([-0.2, -0.1, -0.15])
    assert board["leak_change_low"] == pytest.approx(low)
    # what was there is known here, so the share has the interval of the change
    ends = board[["inference_stopped_low", "inference_stopped_high"]].tolist()
    assert ends == pytest.approx([-high / 0.3, -low / 0.3])


def test_the_frontier_is_what_no_other_beats_on_both_axes():
    board = scoreboard(
        made_up(
            best=[(0.6, 0.65)] * 2,
            beaten=[(0.6, 0.6)] * 2,
            safer=[(0.5, 0.5)] * 2,
            twin=[(0.5, 0.5)] * 2,
        )
    ).set_index("defence")
    assert board["frontier"].to_dict() == {
        "best": True, "beaten": False, "safer": True, "twin": True
    }  # fmt: skip


def test_no_share_is_given_of_what_cannot_be_told_from_nothing():
    scores = made_up(mine=[(0.5, 0.6), (0.5, 0.6), (0.5, 0.6)])
    before = scores["measure"] == "auc_before"
    scores.loc[before, "value"] = [0.45, 0.6, 0.5]
    board = scoreboard(scores).iloc[0]
    ends = ["", "_low", "_high"]
    assert board[[f"inference_stopped{end}" for end in ends]].isna().all()
    assert not board["frontier"]
    assert board["usefulness_kept"] == pytest.approx(0.5)


def test_an_option_that_too_few_towns_could_judge_has_no_number():
    scores = made_up(mine=[(np.nan, 0.6), (0.6, 0.6)], other=[(0.6, 0.6), (0.6, 0.6)])
    board = scoreboard(scores).set_index("defence")
    assert board["seeds"].to_dict() == {"mine": 1, "other": 2}
    assert np.isnan(board.loc["mine", "leak"]) and not board.loc["mine", "frontier"]


@pytest.mark.slow
def test_fiellers_interval_holds_the_share_as_often_as_it_says():
    rng = np.random.default_rng(5)
    held = []
    for _ in range(300):
        whole = rng.normal(0.2, 0.04, 6)
        stopped = 0.4 * whole + rng.normal(0, 0.02, 6)
        rows = made_up(mine=[(0.6, 0.6)] * 6)
        rows.loc[rows["measure"] == "auc_before", "value"] = 0.5 + whole
        rows.loc[rows["measure"] == "auc", "value"] = 0.5 + whole - stopped
        board = scoreboard(rows).iloc[0]
        held.append(board["inference_stopped_low"] <= 0.4 <= board["inference_stopped_high"])
    assert 0.92 < np.mean(held) < 0.98


def test_the_board_refuses_what_it_cannot_read():
    scores = made_up(mine=[(0.6, 0.6), (0.7, 0.65)])
    with pytest.raises(TableError, match=r"all are of one seed. An interval needs two seeds"):
        scoreboard(scores[scores["seed"] == 0])
    for wrong in (pd.concat([scores, scores]), scores[scores["method"] == "likes"]):
        with pytest.raises(TableError, match=r"a row is there twice, or those of 'feed' and 'pop"):
            scoreboard(wrong)
    with pytest.raises(UnknownNameError, match="who 'nobody' does not exist"):
        scoreboard(scores, who="nobody")
    with pytest.raises(
        UnknownNameError, match=r"measure 'bit' does not exist. Did you mean 'bits'"
    ):
        scoreboard(scores, measure="bit")
