"""What defences and their scores say to whoever hands them the wrong thing."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from handmade import make_known, make_ties, make_traces
from sklearn.exceptions import NotFittedError
from test_scenarios import Planted
from test_scores import made_up, nothing
from test_sweeps import ASKED

from ethics_lib.advice import advise, believe, try_actions
from ethics_lib.anonymity import k_anonymity, l_diversity, unicity
from ethics_lib.beliefs import likes_matrix
from ethics_lib.circles import (
    circle_curve,
    collective_effect,
    draw_circles,
    hide_circles,
    town_curve,
)
from ethics_lib.cloaks import cloak, fewest
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
from ethics_lib.factors import LikesSVD
from ethics_lib.guards import DualUseError
from ethics_lib.linkage import fingerprints, link, match_by_friends
from ethics_lib.measures import rate_ratio, score, usual_of
from ethics_lib.membership import infer_membership
from ethics_lib.noise import estimate_shares, noisy_counts
from ethics_lib.promises import Budget
from ethics_lib.releases import generalise, search_lattice
from ethics_lib.scenarios import METHODS, Case
from ethics_lib.scores import leak, scoreboard, sum_up
from ethics_lib.sweeps import sweep
from ethics_lib.tables import EthicsLibError, Evidence, RangeError, TableError, UnknownNameError
from ethics_lib.trait_models import TraitModel

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
        lambda: Hide()(bad),
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


def test_defences_come_in_a_list_and_are_made_before_they_are_used():
    for bad in (None, Hide(), Hide):
        with pytest.raises(TableError, match="pass the defences as a list"):
            defend(HELD, bad)
    for call in (
        lambda: defend(HELD, [Hide]),
        lambda: try_actions(HELD, person=3, actions={"hide": Hide}),
    ):
        with pytest.raises(TableError, match=r"Hide'> is no defence.*such as \[Hide\(people="):
            call()


def test_a_defence_that_fails_is_named():
    def mine(evidence):
        return 1 / 0

    with pytest.raises(ZeroDivisionError) as caught:
        defend(HELD, [Hide(), mine])
    assert caught.value.__notes__ == ["It happened in the defence mine."]


@pytest.mark.parametrize("bad", [None, "likes", 3, ("traces", None)])
def test_what_cannot_be_hidden_is_named(bad):
    with pytest.raises(UnknownNameError, match=r"what to hide .* There are: traces, known, ties"):
        Hide(what=bad)


@pytest.mark.parametrize("person", [None, "17", 17.5, True, np.nan, -1, 9999, 2**40, (3,), [3]])
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


@pytest.mark.parametrize("actions", [{}, [Hide()], Hide()])
def test_actions_without_names_are_refused(actions):
    with pytest.raises(TableError, match=r"nothing to try. Name one or more, such as {'hide': Hid"):
        try_actions(HELD, person=3, actions=actions)


@pytest.mark.parametrize("bad", [3, None, ["side", 3]])
def test_traits_that_are_none_are_named(bad):
    with pytest.raises(UnknownNameError, match=r"no number (3|None) does not exist"):
        believe(HELD, holder="Murmur", traits=[None] if bad is None else bad)


@pytest.mark.parametrize(
    ("circles", "said"),
    [
        (pd.concat([CIRCLE, CIRCLE]), "a friend is in one twice.*ask it for more draws"),
        (CIRCLE[:0], "nobody is in them"),
        (CIRCLE.drop(columns="turn"), "circles: column 'turn' is missing"),
        (None, "circles: got NoneType"),
    ],
)
def test_circles_are_those_that_were_drawn(circles, said):
    with pytest.raises(TableError, match=said):
        hide_circles(HELD, circles, trait="side")


@pytest.mark.parametrize("steps", [{}, [], None, [0, 10]])
def test_steps_have_names(steps):
    with pytest.raises(TableError, match=r"who hides\? Name one step or more, as in STEPS"):
        hide_circles(HELD, CIRCLE, trait="side", steps=steps)


@pytest.mark.parametrize("bad", [None, "hidden", HELD.known])
@pytest.mark.parametrize("sums", [circle_curve, collective_effect])
def test_what_is_no_table_of_circles_is_named(sums, bad):
    with pytest.raises(TableError, match=r"^hidden: (got .*|column 'draw' is missing)"):
        sums(bad)


def test_a_town_is_asked_by_ways_that_exist():
    with pytest.raises(UnknownNameError, match=r"method None does not exist.* There are: bayes"):
        town_curve(HELD, pd.Series(), trait="side", shares=0.5, methods=None, rng=7)


def test_how_often_something_is_drawn_is_a_whole_number():
    with pytest.raises(RangeError, match=r"draws=1.5 is outside its range: whole numbers"):
        draw_circles(HELD.ties, draws=1.5, rng=7)


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"sources": None}, UnknownNameError, "source None does not exist"),
        ({"person": "17"}, TableError, "person='17' are no persons"),
        ({"below": None}, RangeError, "below=None"),
    ],
)
def test_a_cloak_says_what_it_cannot_take(settings, error, said):
    with pytest.raises(error, match=said):
        cloak(HELD.traces, HELD.known, trait="side", components=2, **settings)


def test_a_number_falls_short_of_a_number():
    numbers = HELD.known.assign(trait="height", value=HELD.known["person"] % 2 + 0.5)
    with pytest.raises(RangeError, match=r"below=None: a number has no values"):
        cloak(HELD.traces, numbers, trait="height", components=2, below=None)


def test_a_model_must_be_fitted_to_likes_of_that_shape():
    likes = likes_matrix(HELD.traces).matrix
    model = TraitModel(LikesSVD(2))
    with pytest.raises(NotFittedError, match="This TraitModel instance is not fitted yet"):
        fewest(likes, model)
    model.fit(likes, np.where(np.arange(40) % 2, "black", "white"))
    with pytest.raises(ValueError, match="X has 2 features, but LikesSVD is expecting 3"):
        fewest(likes[:, :2], model)


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
        generalise(people, k=k, suppress=0, rng=7, ladders=ladders)
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


def categories(table, columns):
    """The same with categories, one of which nobody has."""
    kinds = {c: pd.CategoricalDtype(["a", *table[c].unique()]) for c in columns}
    return table.astype(kinds)


def in_categories(evidence):
    kinds = {"traces": ["kind", "source", "holder"], "ties": ["context"]}
    kinds["known"] = ["trait", "value"]
    return Evidence(**{n: categories(getattr(evidence, n), c) for n, c in kinds.items()})


@pytest.mark.parametrize("defence", **by_name(DEFENCES))
def test_a_defence_takes_categories_for_words(defence):
    one, same = defend(HELD, [defence]), defend(in_categories(HELD), [defence])
    for table in ("traces", "ties", "known"):
        left, right = (getattr(evidence, table).astype(object) for evidence in (one, same))
        pd.testing.assert_frame_equal(left, right)
    assert len(defence(in_categories(HELD)).traces) == len(one.traces)


@pytest.mark.parametrize("method", ["bayes", "harmonic", "likes"])
def test_a_circle_hides_alike_if_answers_are_categories(method):
    truth, found = pd.Series(["black", "white"] * 20, range(40)), []
    for evidence in (HELD, in_categories(HELD)):
        hidden = hide_circles(evidence, CIRCLE, trait="side", method=method)
        kinds = categories(hidden, ["trait", "method", "step", "value"])
        curve = {"trait": "side", "shares": 0.5, "methods": method, "rng": 7}
        town = town_curve(evidence, truth, **curve)
        found.append([hidden, town, circle_curve(kinds), collective_effect(kinds)])
    for one, same in zip(*found, strict=True):
        pd.testing.assert_frame_equal(one, same, check_dtype=False)


@pytest.mark.parametrize(
    "call",
    [
        lambda held: advise(held, person=3),
        lambda held: believe(held, holder="Murmur"),
        lambda held: cloak(held.traces, held.known, trait="side", components=2),
        lambda held: usual_of(held.known),
    ],
)
def test_answers_may_be_categories(call):
    one, same = call(HELD), call(in_categories(HELD))
    pd.testing.assert_frame_equal(one, same, check_dtype=False)


def test_groups_may_be_bands():
    beliefs = believe(HELD, holder="Murmur").query("origin == 'inferred'")
    truth = pd.Series(["black", "white"] * 20, range(40))
    band = pd.cut(pd.Series(range(40)), [-1, 20, 40, 60])
    assert len(score(beliefs, truth, trait="side", by=band)) == 2
    assert len(rate_ratio(truth == "white", band)) == 2


def test_scores_may_be_of_categories_and_in_categories():
    case = Planted().make(1)
    other = case._replace(
        evidence=in_categories(case.evidence), truth=categories(case.truth, ["side"])
    )
    for name, method in METHODS.items():
        one = leak(case.evidence, case, method=method)
        same = leak(other.evidence, other, method=method)
        pd.testing.assert_frame_equal(one, same, check_dtype=False)
        cast = leak(
            case.evidence, case,
            method=lambda *held, name=name: categories(METHODS[name](*held), ["trait", "value"]),
        )  # fmt: skip
        pd.testing.assert_frame_equal(one, cast, check_dtype=False)
    scores = made_up(mine=[(0.6, 0.6), (0.7, 0.65)])
    words = scores.columns.difference(["strength", "seed", "value"])
    pd.testing.assert_frame_equal(scoreboard(scores), scoreboard(categories(scores, words)))


def test_what_nobody_can_learn_is_left_out_by_default():
    dull = make_known(dict.fromkeys(range(25), "no"), "expecting")
    both = replace(HELD, known=pd.concat([HELD.known, dull]))
    one, same = (try_actions(held, person=3).drop(columns="records") for held in (both, HELD))
    pd.testing.assert_frame_equal(one, same)
    assert set(believe(both, holder="Murmur")["trait"]) == {"side"}
    with pytest.raises(TableError, match=r"25 people with traces answered 'expecting' \(no: 25\)"):
        try_actions(both, person=3, traits=["side", "expecting"])


@pytest.mark.parametrize("people", [3, {3}, [3], np.array([3]), (p for p in [3])])
def test_a_circle_or_a_cloak_takes_people_in_any_box(people):
    people = [*people] if isinstance(people, Iterator) else people
    circles = draw_circles(HELD.ties, people=people, rng=7)
    assert circles["person"].unique().tolist() == [3]
    one = {"trait": "side", "components": 2, "sources": "platform"}
    assert set(cloak(HELD.traces, HELD.known, person=people, **one)["person"]) <= {3}


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
    truth = pd.DataFrame({trait: ["black", "white"] * 20}, range(40)).rename_axis("person")
    real = Case("Murmur", evidence, evidence.traces[:0], pd.DataFrame(), truth)
    for call in (
        lambda: advise(evidence, person=3),
        lambda: try_actions(evidence, person=3, traits=[trait]),
        lambda: hide_circles(evidence, CIRCLE, trait=trait),
        lambda: cloak(evidence.traces, evidence.known, trait=trait, person=3),
        lambda: Cloak(trait=trait)(evidence),
        lambda: infer_membership(evidence.traces, evidence.known, trait=trait, rng=7),
        lambda: leak(evidence, real, method=METHODS["likes"]),
    ):
        with pytest.raises(DualUseError, match="person_rows=True, basis="):
            call()
    assert "person" not in believe(evidence, holder="Murmur")
    ground = {"person_rows": True, "basis": "ethics committee 2026/14, written consent"}
    rows = leak(evidence, real, method=METHODS["likes"], **ground)
    assert rows["person"].tolist() == [*range(30, 40)]
    bits = {n: [v for *_, v in sum_up(rows, pd.RangeIndex(30, 30 + n))] for n in (9, 10)}
    assert np.isnan(bits[9]).all() and not np.isnan(bits[10]).any()
    plain = rows.assign(trait="side")
    assert not np.isnan([v for *_, v in sum_up(plain, pd.RangeIndex(30, 39))]).any()
    more = replace(evidence, known=pd.concat([HELD.known, evidence.known]))
    with pytest.raises(DualUseError, match=r"Or leave it out: name others in traits="):
        advise(more, person=3)
    assert len(advise(more, person=3, traits=["side"])) == 3


def test_of_few_people_a_curve_of_the_town_says_nothing():
    truth = pd.Series(["black", "white"] * 20, range(40))
    for people, n in ((truth[30:31], 0), (truth[30:39], 0), (truth[30:], 10)):
        curve = town_curve(HELD, people, trait="side", shares=[0], rng=7)
        bits = curve.query("who == 'stayed' and measure == 'bits'")
        assert (bits["n"] == n).all() and (bits["estimate"].isna() == (n == 0)).all()


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
