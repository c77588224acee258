"""What defences and their scores say to whoever hands them the wrong thing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from handmade import make_known, make_ties, make_traces
from test_scenarios import Planted
from test_scores import nothing
from test_sweeps import ASKED

from ethics_lib.advice import advise, believe, try_actions
from ethics_lib.anonymity import k_anonymity, l_diversity, unicity
from ethics_lib.circles import draw_circles, hide_circles
from ethics_lib.cloaks import cloak
from ethics_lib.defences import (
    Aggregate,
    BlockTrackers,
    Cloak,
    Forget,
    Hide,
    Obfuscate,
    OptOut,
    OptOutTogether,
    RandomisedResponse,
    defend,
)
from ethics_lib.guards import DualUseError
from ethics_lib.linkage import fingerprints, link, match_by_friends
from ethics_lib.membership import infer_membership
from ethics_lib.noise import estimate_shares, noisy_counts
from ethics_lib.promises import Budget
from ethics_lib.releases import generalise, search_lattice
from ethics_lib.scenarios import METHODS
from ethics_lib.scores import leak, scoreboard
from ethics_lib.sweeps import sweep
from ethics_lib.tables import EthicsLibError, Evidence, RangeError, TableError, UnknownNameError

PEOPLE = range(40)
CIRCLE = pd.DataFrame({"draw": [0], "person": [0], "friend": [1], "turn": [1]})
NAMED = pd.DataFrame({"gender": ["woman", "man"]}, index=pd.Index([17, 18], name="person"))


def held(trait="side", values=("black", "white")):
    """Forty people in a ring; the black half likes item 1, the white half item 2, all item 3."""
    half = {person: person % 2 for person in PEOPLE}
    likes = [(p, item) for p, side in half.items() for item in (1 + side, 3)]
    said = {person: values[side] for person, side in half.items() if person < 30}
    ring = [(p, p + 1) for p in PEOPLE[:-1]]
    return Evidence(make_traces(likes), make_ties(*ring), make_known(said, trait))


HELD = held()

DEFENCES = [
    Hide(share=0.5, rng=7),
    BlockTrackers(),
    OptOut(people=(3,)),
    OptOutTogether(share=0.5, around=3, rng=7),
    Forget(days=1, now="2025-07-01"),
    Obfuscate(share=1, rng=7),
    RandomisedResponse(epsilon=1, trait="side", values=("black", "white"), rng=7),
    Aggregate(epsilon=1, items=(1, 2, 3), holder="Murmur", now="2025-07-01", rng=7),
    Cloak(trait="side", components=2, below=0.6),
]


def by_name(defences):
    return {"argvalues": defences, "ids": [type(one).__name__ for one in defences]}


# ------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize("people", ["17", 17.0, True, np.nan, (17, "a"), [[1]], pd.Series([1.5])])
@pytest.mark.parametrize("make", [Hide, BlockTrackers, OptOut])
def test_who_defends_themself_is_a_whole_number(make, people):
    with pytest.raises(TableError, match=r"are no persons\. Pass whole numbers, such as people="):
        make(people=people)


@pytest.mark.parametrize("rng", ["a", True, -1, 1.5, np.nan, np.random.default_rng(7)])
def test_a_defence_takes_a_whole_number_as_its_seed(rng):
    with pytest.raises(RangeError, match="takes a whole number from 0 up as its seed"):
        Hide(rng=rng)


@pytest.mark.parametrize("bad", [None, "a", -0.1, np.nan, [0.5], pd.NA])
def test_a_share_that_is_none_is_named(bad):
    for make in (
        lambda: Hide(share=bad, rng=7),
        lambda: BlockTrackers(share=bad, rng=7),
        lambda: OptOutTogether(share=bad, rng=7),
        lambda: Obfuscate(share=bad, rng=7),
    ):
        with pytest.raises(RangeError, match=r"share=.* is outside its range: 0 to 1"):
            make()
    with pytest.raises(RangeError, match="days="):
        Forget(days=bad, now="2025-07-01")
    with pytest.raises(RangeError, match="epsilon="):
        RandomisedResponse(epsilon=bad, rng=7)
    with pytest.raises(RangeError, match="epsilon="):
        Budget(bad)


@pytest.mark.parametrize("now", [None, 3, True, "soon", "05/01/2026", pd.NaT, "2026-01-01T00:00Z"])
def test_a_time_that_is_none_is_named(now):
    with pytest.raises(TableError, match="is no time"):
        Forget(days=1, now=now)
    with pytest.raises(TableError, match="is no time"):
        replace(DEFENCES[-2], now=now)


@pytest.mark.parametrize("bad", [None, "evidence", [1], pd.Series([1]), HELD.traces, {}])
def test_what_is_no_evidence_is_named(bad):
    for call in (
        lambda: defend(bad, [Hide()]),
        lambda: defend(HELD, [lambda evidence: bad]),
        lambda: advise(bad, person=3),
        lambda: believe(bad, holder="Murmur"),
        lambda: hide_circles(bad, CIRCLE, trait="side"),
    ):
        with pytest.raises(TableError, match=f"got {type(bad).__name__} where Evidence is needed"):
            call()


@pytest.mark.parametrize(
    ("traces", "said"),
    [
        (HELD.traces.drop(columns="item"), "column 'item' is missing"),
        (HELD.traces.astype({"person": float}), r"holds 0.0 \(float64\); people are whole numbers"),
        (HELD.traces.astype({"person": str}), "people are whole numbers"),
        (HELD.traces.assign(person=np.nan), "may not have empty cells"),
        (HELD.traces.assign(time=pd.NaT), "may not have empty cells"),
        (HELD.traces.assign(time=HELD.traces["time"].dt.tz_localize("UTC")), "tz_localize"),
    ],
)
@pytest.mark.parametrize("defence", **by_name(DEFENCES))
def test_a_wrong_table_is_named_whatever_the_defence(defence, traces, said):
    with pytest.raises(TableError, match=said):
        defend(replace(HELD, traces=traces), [defence])


@pytest.mark.parametrize("person", [None, "17", 17.5, True, np.nan, -1, 9999, 2**40, (3,)])
def test_advice_is_for_somebody_of_whom_there_is_anything(person):
    with pytest.raises(TableError, match=r"nothing to advise\. Pass somebody who is in its traces"):
        try_actions(HELD, person=person)


@pytest.mark.parametrize("trait", [None, "sides"])
def test_a_trait_that_nobody_told_is_named(trait):
    for call in (
        lambda: cloak(HELD.traces, HELD.known, trait=trait),
        lambda: hide_circles(HELD, CIRCLE, trait=trait),
        lambda: infer_membership(HELD.traces, HELD.known, trait=trait, rng=7),
        lambda: believe(HELD, holder="Murmur", traits=[trait]),
    ):
        with pytest.raises(UnknownNameError, match=r"does not exist.* There are: side"):
            call()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (("black", "black"), r"At least .* at least 2 for each of two values"),
        ((True, False), "an answer is a word or a number"),
    ],
)
def test_what_no_model_can_learn_is_refused_by_each_that_learns(values, said):
    evidence = held(values=values)
    for call in (
        lambda: cloak(evidence.traces, evidence.known, trait="side"),
        lambda: infer_membership(evidence.traces, evidence.known, trait="side", rng=7),
        lambda: believe(evidence, holder="Murmur"),
    ):
        with pytest.raises(TableError, match=said):
            call()


def test_two_answers_of_one_person_are_refused_by_each_that_learns():
    twice = pd.concat([HELD.known, HELD.known.assign(value="white")])
    for call in (
        lambda: cloak(HELD.traces, twice, trait="side"),
        lambda: infer_membership(HELD.traces, twice, trait="side", rng=7),
        lambda: try_actions(replace(HELD, known=twice), person=3),
        lambda: hide_circles(replace(HELD, known=twice), CIRCLE, trait="side"),
    ):
        with pytest.raises(TableError, match="person 0 answers 'side' twice"):
            call()


@pytest.mark.parametrize("k", [0, -1, True, 1.5, "5"])
def test_a_number_of_people_or_items_is_whole(k):
    people = pd.DataFrame({"gender": ["woman", "man"]})
    ladders = {"gender": {"as is": lambda gender: gender}}
    with pytest.raises(RangeError, match="whole number"):
        generalise(people, k=k, rng=7, ladders=ladders)
    with pytest.raises(RangeError, match="whole number"):
        search_lattice(people, k=k, ladders=ladders)
    with pytest.raises(RangeError, match="whole numbers from 1 up"):
        unicity(HELD.traces, k=k, rng=7)


@pytest.mark.parametrize("rng", [None, "a", -1, True, 1.5])
def test_nothing_is_drawn_without_a_source_of_chance(rng):
    for call in (
        lambda: draw_circles(HELD.ties, rng=rng),
        lambda: unicity(HELD.traces, k=1, rng=rng),
        lambda: infer_membership(HELD.traces, HELD.known, trait="side", rng=rng),
        lambda: noisy_counts(HELD.known, by="value", groups=["white"], epsilon=1, rng=rng),
    ):
        with pytest.raises(RangeError, match="is no source of randomness"):
            call()


def test_columns_that_are_not_there_are_named():
    with pytest.raises(UnknownNameError, match=r"'gendre' does not exist\. Did you mean"):
        k_anonymity(NAMED, columns=["gendre"])
    with pytest.raises(TableError, match=r"Pass a list, such as \['gender'\]"):
        l_diversity(NAMED, columns="gender", sensitive="gender")
    with pytest.raises(UnknownNameError, match="column of the register"):
        link(NAMED, NAMED.rename(columns={"gender": "sex"}), on=["gender"])
    with pytest.raises(TableError, match="somebody is there twice"):
        link(NAMED, pd.concat([NAMED, NAMED]), on=["gender"])
    with pytest.raises(TableError, match=r"column 'person' is missing.*reset_index"):
        noisy_counts(NAMED, by="gender", groups=["man"], epsilon=1, rng=7)
    with pytest.raises(TableError, match="nobody answers 'party'"):
        estimate_shares(HELD.known, trait="party", epsilon=1)


def test_a_friend_who_is_not_in_the_list_of_people_is_named():
    few = pd.Index(PEOPLE[:10])
    with pytest.raises(TableError, match="there is no such person; the town has 10"):
        fingerprints(HELD.ties, few)
    with pytest.raises(TableError, match="there is no such person"):
        match_by_friends(HELD.ties, HELD.ties, rows=pd.Index(PEOPLE), people=few)


# ------------------------------------------------------------------------- what is forgiven


@pytest.mark.parametrize("defence", **by_name(DEFENCES[:-1]))
def test_nothing_to_defend_is_no_error(defence):
    nobody = Evidence(HELD.traces[:0], HELD.ties[:0], HELD.known[:0])
    left = replace(defence, people=None)(nobody)
    assert left.ties.empty and left.known.empty
    assert set(left.traces["person"]) <= {-1}  # noise on a count of nobody


@pytest.mark.parametrize("defence", **by_name(DEFENCES))
@pytest.mark.parametrize("dtype", ["uint8", "Int64"])
def test_numbers_of_another_size_are_the_same_people(defence, dtype):
    kinds = {"person": dtype, "from_person": dtype}
    ends = {"a": dtype, "b": dtype}
    other = Evidence(
        HELD.traces.astype(kinds), HELD.ties.astype(ends), HELD.known.astype({"person": dtype})
    )
    one, same = (defend(evidence, [defence]) for evidence in (HELD, other))
    for table in ("traces", "ties", "known"):
        assert len(getattr(one, table)) == len(getattr(same, table))
    assert one.traces["person"].tolist() == same.traces["person"].tolist()


@pytest.mark.parametrize(
    "people", [np.int64(3), [3], {3}, range(3, 4), (p for p in [3]), np.array([3]), pd.Index([3])]
)
def test_a_person_may_come_in_any_box(people):
    assert Hide(people=people) == Hide(people=(3,))


def test_a_town_of_one_can_be_defended_but_not_learnt_from():
    alone = Evidence(make_traces([(5, 1), (5, 2)]), HELD.ties[:0], make_known({5: "white"}))
    assert defend(alone, [Hide(), OptOut()]).traces.empty
    with pytest.raises(EthicsLibError):
        believe(alone, holder="Murmur")
    assert unicity(alone.traces, k=2, rng=7)["estimate"].tolist() == [1.0]
    assert fingerprints(alone.ties, pd.Index([5])).tolist() == [0]


# ------------------------------------------------------------------------- who may be named


def test_a_protected_trait_of_real_people_gives_no_row_about_one_of_them():
    evidence = held(trait="protected:religion")
    trait = "protected:religion"
    for call in (
        lambda: advise(evidence, person=3),
        lambda: try_actions(evidence, person=3, traits=[trait]),
        lambda: hide_circles(evidence, CIRCLE, trait=trait),
        lambda: cloak(evidence.traces, evidence.known, trait=trait, person=3),
        lambda: Cloak(trait=trait)(evidence),
        lambda: infer_membership(evidence.traces, evidence.known, trait=trait, rng=7),
    ):
        with pytest.raises(DualUseError, match="person_rows=True, basis="):
            call()
    assert "person" not in believe(evidence, holder="Murmur")


# ------------------------------------------------------------------------- scores and sweeps


def vandal(evidence, holder):
    """A method that writes into what it is lent."""
    evidence.known["value"] = "white"
    evidence.ties["b"] = evidence.ties["a"] + 1
    evidence.traces["item"] = 1
    return nothing(evidence, holder)


def wrecked(strength, seed):
    def wreck(evidence):
        evidence.known["value"] = "white"
        return evidence

    return wreck if strength else lambda evidence: evidence


def test_who_writes_into_the_evidence_spoils_nobody_elses_score(tmp_path):
    asked = {**ASKED, "strengths": [0], "seeds": [1]}
    alone = sweep(tmp_path / "alone", **asked)
    asked["methods"] = {"a vandal": vandal, **asked["methods"]}
    beside = sweep(tmp_path / "beside", **asked)
    beside = beside[beside["method"] != "a vandal"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, beside)


def test_a_defence_that_writes_into_the_evidence_changes_no_score_but_its_own(tmp_path):
    asked = {**ASKED, "seeds": [1], "defences": {"wrecked": wrecked}}
    both = sweep(tmp_path / "both", **asked)
    asked["strengths"] = [0]
    weak = sweep(tmp_path / "weak", **asked)
    pd.testing.assert_frame_equal(both[both["strength"] == 0].reset_index(drop=True), weak)


def test_two_pairs_of_names_that_read_alike_have_a_file_each(tmp_path):
    asked = {**ASKED, "strengths": [0], "seeds": [1]}
    asked["defences"] = dict.fromkeys(["a", "a - b", "a -"], ASKED["defences"]["fade"])
    asked["methods"] = dict.fromkeys(["b - c", "c", "- b"], nothing)
    scores = sweep(tmp_path, **asked)
    found = scores.loc[scores["trait"] != "interest", ["defence", "method"]].drop_duplicates()
    assert len(found) == 9 and len([*(tmp_path / "units").iterdir()]) == 12


def test_names_that_some_disks_take_for_one_are_refused(tmp_path):
    twice = dict.fromkeys(["Fade", "fade"], ASKED["defences"]["fade"])
    with pytest.raises(TableError, match=r"defences=\['Fade', 'fade'\]. Give one or more, each"):
        sweep(tmp_path, **{**ASKED, "defences": twice})


@pytest.mark.parametrize("name", ["../../x", "CON", "a\\b: é 😀.\0"])
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    asked = {**ASKED, "strengths": [0], "seeds": [1], "methods": {name: nothing}}
    assert name in set(sweep(tmp_path / "here", **asked)["method"])
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


@pytest.mark.parametrize("wrong", [None, "beliefs", [1], {}])
def test_a_method_that_gives_back_no_beliefs_is_named(wrong):
    case = Planted().make(1)
    with pytest.raises(TableError, match=f"beliefs: got {type(wrong).__name__}"):
        leak(case.evidence, case, method=lambda evidence, holder: wrong)


def test_beliefs_about_strangers_count_for_nothing():
    case = Planted().make(1)

    def strangers(evidence, holder):
        beliefs = METHODS["friends"](evidence, holder)
        return beliefs.assign(person=beliefs["person"] + 1000)

    found = leak(case.evidence, case, method=strangers)
    pd.testing.assert_frame_equal(found, leak(case.evidence, case, method=nothing))


@pytest.mark.parametrize("wrong", [None, "scores", pd.DataFrame()])
def test_what_is_no_table_of_scores_is_named(wrong):
    with pytest.raises(TableError, match="scores:"):
        scoreboard(wrong)
