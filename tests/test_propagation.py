from functools import partial

import numpy as np
import pandas as pd
import pytest
from handmade import make_consents, make_known, make_ties
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import diags_array
from scipy.sparse.linalg import spsolve

from ethics_lib.measures import score
from ethics_lib.propagation import disclosure_curve, explain_friends, propagate
from ethics_lib.tables import (
    TableError,
    UnknownNameError,
    check_table,
    concat,
    empty_table,
    to_csr,
)
from ethics_lib.walks import METHODS, neighbour_vote
from ethics_lib.world import make_checkerboard_world, make_world

PATH = make_ties((0, 1), (1, 2), (2, 3))
ENDS = make_known({0: "black", 3: "white"})


def guesses(beliefs, value):
    return beliefs[beliefs["value"] == value].set_index("person")["p"].to_dict()


@st.composite
def circles_of_friends(draw, values=("black", "grey", "white"), most=12):
    """Up to a dozen people, any friendships, and at least one answer."""
    n = draw(st.integers(2, most))
    pairs = [(a, b) for b in range(n) for a in range(b)]
    friends = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=3 * n))
    said = draw(st.dictionaries(st.integers(0, n - 1), st.sampled_from(values), min_size=1))
    return pd.RangeIndex(n, name="person"), make_ties(*friends), make_known(said)


@given(circles_of_friends())
def test_the_neighbour_vote_is_what_plain_pandas_says(circle):
    people, ties, known = circle
    both = pd.concat([ties, ties.rename(columns={"a": "b", "b": "a"})])
    heard = both.merge(known, left_on="b", right_on="person")
    expected = pd.crosstab(heard["a"], heard["value"], normalize="index")
    found = propagate(known, ties, holder="M", method="neighbours", people=people)
    reached = found[found["method"] == "neighbours"]
    learned = set(expected.index) if len(set(known["value"])) > 1 else set()
    assert set(reached["person"]) == learned - set(known["person"])
    for belief in reached.itertuples():
        share = expected.get(belief.value, pd.Series(dtype=float)).get(belief.person, 0)
        assert belief.p == pytest.approx(share, abs=1e-6)


@given(circles_of_friends())
def test_the_two_hop_vote_counts_the_ends_of_paths(circle):
    people, ties, known = circle
    graph = to_csr(ties, people).toarray()
    answer = dict(zip(known["person"], known["value"], strict=True))
    found = propagate(known, ties, holder="M", method="two_hop", people=people)
    for person, rows in found.groupby("person"):
        ends = [
            answer[end]
            for friend in np.flatnonzero(graph[person])
            for end in np.flatnonzero(graph[friend])
            if end != person and end in answer
        ]
        learned = ends and len(set(known["value"])) > 1
        assert set(rows["method"]) == {"two_hop" if learned else "prior"}
        for value, p in zip(rows["value"], rows["p"], strict=True):
            if ends:
                assert p == pytest.approx(ends.count(value) / len(ends), abs=1e-6)


def solve_directly(ties, known, people, value):
    """The clamped Laplacian, for everybody whom an answer reaches (others: NaN)."""
    friends = to_csr(ties, people).astype(float)
    laplacian = (diags_array(friends.sum(axis=1)) - friends).tocsr()
    said = known.set_index("person")["value"].reindex(people)
    n_reached = np.linalg.matrix_power(np.eye(len(people)) + friends.toarray() > 0, len(people))
    silent = np.flatnonzero(said.isna() & n_reached[:, said.notna()].any(axis=1))
    heard = friends[silent] @ (said == value).to_numpy(float)
    if len(silent):
        return dict(
            zip(
                silent,
                np.atleast_1d(spsolve(laplacian[silent][:, silent].tocsc(), heard)),
                strict=True,
            )
        )
    return {}


@given(circles_of_friends())
def test_the_harmonic_field_solves_the_clamped_laplacian(circle):
    people, ties, known = circle
    found = propagate(known, ties, holder="M", method="harmonic", people=people)
    reached = found[found["method"] == "harmonic"]
    if len(set(known["value"])) == 1:
        assert reached.empty
        return
    for value in known["value"].unique():
        expected = solve_directly(ties, known, people, value)
        assert guesses(reached, value) == pytest.approx(expected, abs=1e-6)


def test_the_harmonic_field_solves_it_for_a_town_that_says_little():
    town = make_world(1_500, rng=7)
    known = town.reports.query("trait == 'faith'").sample(60, random_state=7)
    found = propagate(known, town.ties, holder="M", people=town.people.index)
    reached = found[found["method"] == "harmonic"]
    expected = solve_directly(town.ties, known, town.people.index, "Tide")
    assert guesses(reached, "Tide") == pytest.approx(expected, abs=1e-4)
    assert len(expected) > 1_400


def test_the_harmonic_field_falls_evenly_along_a_long_chain():
    """Averaging over and over would take forty thousand rounds."""
    n = 200
    chain = make_ties(*((k, k + 1) for k in range(n)))
    found = propagate(make_known({0: "black", n: "white"}), chain, holder="M")
    expected = {k: k / n for k in range(1, n)}
    assert guesses(found, "white") == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("method", "white"),
    [
        ("neighbours", {1: 0, 2: 1}),
        ("two_hop", {1: 1, 2: 0}),
        ("label_propagation", {1: 1 / 3 + 2**-10 / 6, 2: 2 / 3 - 2**-10 / 6}),
        ("harmonic", {1: 1 / 3, 2: 2 / 3}),
        ("link", {1: 0.598938, 2: 0.401062}),  # by the root of w = 1 / (1 + exp(w))
    ],
)
def test_a_path_of_four_by_hand(method, white):
    found = propagate(ENDS, PATH, holder="M", method=method)
    check_table(found, "beliefs")
    assert guesses(found, "white") == pytest.approx(white)
    assert set(found["method"]) == {method} and set(found["origin"]) == {"propagated"}


@pytest.mark.parametrize("method", METHODS)
def test_whom_no_answer_reaches_gets_the_share_among_the_known(method):
    known = make_known({0: "black", 1: "black", 2: "white", 3: "black"})
    ties = make_ties((0, 1), (8, 9))
    found = propagate(known, ties, holder="M", method=method)
    assert guesses(found, "black") == pytest.approx({8: 0.75, 9: 0.75})
    assert set(found["method"]) == {"prior"}


@pytest.mark.parametrize("method", METHODS)
@given(circle=circles_of_friends())
def test_a_persons_probabilities_add_up_to_1(method, circle):
    people, ties, known = circle
    found = propagate(known, ties, holder="M", method=method, people=people)
    assert found.groupby("person")["p"].sum().to_numpy() == pytest.approx(1)
    assert set(found["person"]) == set(people) - set(known["person"])


@pytest.mark.parametrize("method", METHODS)
@given(circle=circles_of_friends())
def test_what_friends_paid_adds_up_to_the_belief(method, circle):
    _, ties, known = circle
    found = propagate(known, ties, holder="M", method=method)
    for person, rows in found.groupby("person"):
        ask = partial(explain_friends, known, ties, person=person, trait="side", method=method)
        if set(rows["method"]) == {"prior"}:
            with pytest.raises(TableError, match=r"no answer about 'side' reaches person"):
                ask()
            continue
        paid, walked = ask(), ask(by="path")
        check_table(paid, "explanation")
        assert paid["from_person"].is_unique
        assert paid["weight"].abs().is_monotonic_decreasing
        assert walked["weight"].sum() == pytest.approx(paid["weight"].sum(), abs=1e-9)
        assert friends_of(person, ties) | {person} >= set(walked["via"])
        if method == "link":
            p = np.sort(rows["p"])[::-1]
            if len(p) == 2:
                assert paid["weight"].sum() == pytest.approx(np.log(p[0] / p[1]), abs=1e-6)
            continue
        assert paid["weight"].sum() == pytest.approx(rows["p"].max(), abs=1e-6)
        assert (paid["weight"] > 0).all() and set(paid["from_person"]) <= set(known["person"])
        if method == "neighbours":
            assert (walked["via"] == walked["from_person"]).all()


def friends_of(person, ties):
    return {*ties.loc[ties["a"] == person, "b"], *ties.loc[ties["b"] == person, "a"]}


@pytest.mark.parametrize("method", METHODS)
def test_what_friends_paid_adds_up_to_a_number_too(method):
    town = make_world(300, rng=7)
    known = town.reports.query("trait == 'openness'")
    found = propagate(known, town.ties, holder="M", method=method)
    check_table(found, "beliefs")
    assert found["p"].isna().all() and (found["sd"] >= 0).all()
    belief = found[found["method"] == method].iloc[0]
    paid = explain_friends(
        known, town.ties, person=belief["person"], trait="openness", method=method
    )
    assert paid["weight"].sum() == pytest.approx(belief["value"], abs=1e-6)


def test_a_number_passed_on_has_the_mean_and_the_spread_of_the_friends():
    known = make_known({0: 1.0, 1: 2.0, 2: 6.0}, "openness")
    found = propagate(known, make_ties((0, 3), (1, 3), (2, 3)), holder="M", method="neighbours")
    assert found["value"].item() == pytest.approx(3)
    assert found["sd"].item() == pytest.approx(np.std([1, 2, 6]))


def test_each_friend_pays_by_how_near_they_are():
    paid = explain_friends(ENDS, PATH, person=1, trait="side")
    assert paid[["from_person", "weight"]].to_numpy().tolist() == [[0, pytest.approx(2 / 3)]]


def test_a_path_names_the_friend_who_carried_the_answer():
    """0 is asked; 1 and 2 are silent friends of theirs, and 3 to 5 answered."""
    ties = make_ties((0, 1), (0, 2), (1, 3), (1, 4), (2, 5))
    known = make_known({3: "black", 4: "black", 5: "white"})
    for method in ("two_hop", "harmonic"):
        walked = explain_friends(
            known, ties, person=0, trait="side", method=method, by="path"
        ).set_index(["via", "from_person"])["weight"]
        expected = {
            "two_hop": {(1, 3): 1 / 3, (1, 4): 1 / 3},
            "harmonic": {(1, 3): 3 / 14, (1, 4): 3 / 14, (2, 3): 1 / 14, (2, 4): 1 / 14},
        }
        assert walked.to_dict() == pytest.approx(expected[method])
    with pytest.raises(UnknownNameError, match=r"by 'street' does not exist. There are: friend"):
        explain_friends(known, ties, person=0, trait="side", by="street")


def test_everybody_else_in_the_tables_is_judged_unless_told_otherwise():
    judged = propagate(ENDS, PATH, holder="M")["person"].unique()
    assert judged.tolist() == [1, 2]
    everybody = propagate(ENDS, PATH, holder="M", people=pd.RangeIndex(6))
    assert everybody["person"].unique().tolist() == [1, 2, 4, 5]


def test_without_ties_everybody_is_as_usual():
    found = propagate(ENDS, empty_table("ties"), holder="M", people=pd.RangeIndex(4))
    assert guesses(found, "black") == {1: 0.5, 2: 0.5} and set(found["method"]) == {"prior"}


def test_each_trait_is_passed_on_for_itself():
    known = concat([ENDS, make_known({1: 0.5}, "openness")], "known")
    found = propagate(known, PATH, holder="M")
    apart = [propagate(part, PATH, holder="M") for _, part in known.groupby("trait", sort=False)]
    assert found["trait"].unique().tolist() == ["side", "openness"]
    side = apart[0]
    pd.testing.assert_frame_equal(found[found["trait"] == "side"].reset_index(drop=True), side)


def test_a_method_of_ones_own_is_called_by_its_name():
    def always_white(friends, known, answers):
        return np.tile([0.0, 1.0], (len(known), 1)), np.ones(len(known), dtype=bool)

    found = propagate(ENDS, PATH, holder="M", method=always_white)
    assert guesses(found, "white") == {1: 1, 2: 1}
    assert set(found["method"]) == {"always_white"}
    loose = partial(METHODS["harmonic"], tolerance=1e-2)
    assert set(propagate(ENDS, PATH, holder="M", method=loose)["method"]) == {"partial"}


@pytest.mark.parametrize(
    ("ties", "method", "low", "high"),
    [
        ("same", "neighbours", 1, 1),
        ("same", "two_hop", 1, 1),
        ("same", "harmonic", 1, 1),
        ("other", "neighbours", 0, 0),
        ("other", "two_hop", 1, 1),
        ("other", "harmonic", 0, 0.1),
    ],
)
def test_a_planted_likeness_of_friends_is_found(ties, method, low, high):
    board = make_checkerboard_world(400, ties=ties, rng=7)
    known = board.reports.iloc[::2]
    found = propagate(known, board.ties, holder="M", method=method)
    auc = score(found, board.people["side"], trait="side")["estimate"].item()
    assert low - 0.02 <= auc <= high + 0.02


@pytest.mark.parametrize("method", METHODS)
def test_friends_who_are_not_alike_say_nothing(method):
    aucs = []
    for seed in range(5):
        board = make_checkerboard_world(600, ties="nothing", rng=seed)
        found = propagate(board.reports.iloc[::2], board.ties, holder="M", method=method)
        measured = score(found, board.people["side"], trait="side")
        aucs.append(measured["estimate"].item())
        reach = measured["high"].item() - measured["low"].item()
        assert abs(aucs[-1] - 0.5) < reach  # twice the half-width of the 95 % interval
    assert np.mean(aucs) == pytest.approx(0.5, abs=0.04)


def test_bad_input_is_refused():
    with pytest.raises(UnknownNameError, match=r"method 'harmonc' does not exist.*'harmonic'"):
        propagate(ENDS, PATH, holder="M", method="harmonc")
    with pytest.raises(TableError, match=r"ties: column 'context' is missing"):
        propagate(ENDS, PATH.drop(columns="context"), holder="M")
    with pytest.raises(TableError, match=r"known: column 'value' is missing"):
        propagate(ENDS.drop(columns="value"), PATH, holder="M")
    with pytest.raises(TableError, match=r"known: the table has no rows"):
        propagate(ENDS.iloc[:0], PATH, holder="M")
    with pytest.raises(TableError, match=r"known: column 'value' holds nan in row 0"):
        propagate(ENDS.assign(value=[np.nan, "white"]), PATH, holder="M")
    with pytest.raises(TableError, match=r"known: person 0 answers 'side' twice. Keep one answer"):
        propagate(concat([ENDS, ENDS.iloc[:1]], "known"), PATH, holder="M")
    with pytest.raises(
        TableError, match=r"ties: column 'a' holds 3 in row 0: a tie is written once"
    ):
        propagate(ENDS, make_ties((3, 1)), holder="M")
    with pytest.raises(
        TableError, match=r"ties: column 'b' holds 9 in row 0: there is no such person"
    ):
        propagate(ENDS, make_ties((0, 9)), holder="M", people=pd.RangeIndex(4))
    with pytest.raises(
        TableError, match=r"known: column 'person' holds 3 in row 1: there is no such"
    ):
        propagate(ENDS, make_ties((0, 1)), holder="M", people=pd.RangeIndex(2))
    with pytest.raises(
        TableError, match=r"known: column 'person' holds '0' .* people are whole num"
    ):
        propagate(ENDS.astype({"person": str}), PATH, holder="M")
    with pytest.raises(TableError, match=r"an answer is a word or a number. Write 'yes' and 'no'"):
        propagate(ENDS.assign(value=[True, False]), PATH, holder="M")


def test_bad_questions_about_friends_are_refused():
    ask = partial(explain_friends, ENDS, PATH)
    with pytest.raises(
        UnknownNameError, match=r"method 'magic' does not exist. There are: neighbours"
    ):
        ask(person=1, trait="side", method="magic")
    with pytest.raises(UnknownNameError, match=r"trait 'sid' does not exist. Did you mean 'side'"):
        ask(person=1, trait="sid")
    with pytest.raises(
        TableError, match=r"explain_friends: person 7 has no tie and gave no answer"
    ):
        ask(person=7, trait="side")
    with pytest.raises(TableError, match=r"person '1' has no tie and gave no answer"):
        ask(person="1", trait="side")
    with pytest.raises(TableError, match=r"person 0 answered 'side' themself, so nobody paid"):
        ask(person=0, trait="side")
    with pytest.raises(TableError, match=r"known: column 'trait' is missing"):
        explain_friends(ENDS.drop(columns="trait"), PATH, person=1, trait="side")


def test_the_vote_itself_works_on_plain_arrays():
    friends = to_csr(PATH, pd.RangeIndex(4))
    known = np.array([True, False, False, True])
    answers = np.array([[1, 0], [0, 0], [0, 0], [0, 1]])
    scores, reached = neighbour_vote(friends, known, answers)
    assert reached.tolist() == [False, True, True, False]
    assert scores[reached].tolist() == [[1, 0], [0, 1]]


# ------------------------------------------------------------------------------ who said no


def said_no(*people):
    return make_consents(*((p, "profiling", False, "objected", "2026-01-01") for p in people))


def test_nothing_passes_through_somebody_who_said_no():
    """On the path 0-1-2-3, with 1 out, the answer of 0 reaches nobody."""
    found = propagate(ENDS, PATH, holder="Murmur", method="harmonic", ledger=said_no(1))
    assert guesses(found, "white") == {2: 1.0} and set(found["method"]) == {"harmonic"}


def test_the_answer_of_somebody_who_said_no_is_not_used():
    found = propagate(ENDS, PATH, holder="Murmur", method="neighbours", ledger=said_no(0))
    assert set(found["person"]) == {1, 2} and set(found["value"]) == {"white"}


@given(circles_of_friends(), st.sets(st.integers(0, 11), max_size=4))
def test_a_ledger_is_the_tables_without_those_who_said_no(circle, who):
    people, ties, known = circle
    rest = known[~known["person"].isin(who)]
    if rest.empty:
        return
    ledger = said_no(*who) if who else empty_table("consents")
    found = propagate(known, ties, holder="Murmur", people=people, ledger=ledger)
    ties = ties[~ties["a"].isin(who) & ~ties["b"].isin(who)]
    plain = propagate(rest, ties, holder="Murmur", people=people[~people.isin(who)])
    pd.testing.assert_frame_equal(found, plain, check_exact=True)


def test_a_curve_is_about_one_trait():
    two = pd.concat([ENDS, ENDS.assign(trait="faith")])
    truth = pd.Series(["white", "black"], index=[0, 1])
    with pytest.raises(TableError, match=r"known: the answers are about side, faith. Keep those"):
        disclosure_curve(two, PATH, truth, shares=[0.5], rng=1)
