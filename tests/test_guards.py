import pytest
from handmade import make_known
from hypothesis import given
from hypothesis import strategies as st

from ethics_lib.beliefs import declare, explain, infer
from ethics_lib.guards import FEWEST, DualUseError, aggregate, may_name_persons
from ethics_lib.propagation import disclosure_curve, explain_friends, propagate
from ethics_lib.tables import SENSITIVE, check_table, concat
from ethics_lib.world import make_checkerboard_world

BASIS = "ethics committee, written consent"


@pytest.fixture(scope="module")
def real():
    """A world whose trait is named as a reader names a protected one."""
    board = make_checkerboard_world(400, ties="same", rng=7)
    known = board.reports.assign(trait="protected:religion").iloc[::2]
    return known, board.ties


def test_a_protected_trait_gives_aggregates(real):
    known, ties = real
    found = propagate(known, ties, holder="M")
    check_table(found, "aggregates")
    assert "person" not in found
    named = propagate(known, ties, holder="M", person_rows=True, basis=BASIS)
    check_table(named, "beliefs")
    assert found["n"].min() >= FEWEST
    for row in found.itertuples():
        same = named[(named["value"] == row.value) & (named["method"] == row.method)]
        assert row.n == len(same) and row.p == pytest.approx(same["p"].mean())


def test_one_protected_trait_makes_the_whole_answer_an_aggregate(real):
    known, ties = real
    both = concat([known, known.assign(trait="side")], "known")
    assert "person" not in propagate(both, ties, holder="M")


@pytest.mark.parametrize("basis", [None, "", "  ", 7])
def test_rows_about_persons_need_a_basis(real, basis):
    known, ties = real
    with pytest.raises(DualUseError, match=r"protected:religion: person_rows=True needs a basis"):
        propagate(known, ties, holder="M", person_rows=True, basis=basis)


def test_a_reason_is_about_one_person(real):
    known, ties = real
    person = int(propagate(known, ties, holder="M", person_rows=True, basis=BASIS)["person"][0])
    ask = {"person": person, "trait": "protected:religion"}
    with pytest.raises(DualUseError, match=r"an explanation is about one person"):
        explain_friends(known, ties, **ask)
    assert len(explain_friends(known, ties, **ask, person_rows=True, basis=BASIS))


def test_a_curve_over_many_shows_nobody_and_may_be_drawn(real):
    known, ties = real
    truth = make_checkerboard_world(400, ties="same", rng=7).people["side"]
    found = disclosure_curve(known, ties, truth, shares=[0.5], rng=1)
    assert "person" not in found and found["estimate"].item() > 0.9


def test_nothing_is_asked_about_the_town():
    assert may_name_persons(SENSITIVE)


@given(st.integers(1, 3 * FEWEST), st.booleans())
def test_a_small_group_has_no_row(n, numeric):
    rows = make_known(dict.fromkeys(range(n), 1.5 if numeric else "yes"), "protected:health")
    found = aggregate(declare(rows, holder="M"))
    check_table(found, "aggregates", empty=True)
    assert found["n"].tolist() == ([n] if n >= FEWEST else [])
    column = found["mean"] if numeric else found["p"]
    assert column.tolist() == ([1.5 if numeric else 1.0] if n >= FEWEST else [])


def test_likes_are_guarded_as_friends_are():
    board = make_checkerboard_world(300, rng=7)
    traces = board.acts.assign(
        from_person=board.acts["person"], source="platform", purpose="service", holder="M"
    )
    known = board.reports.assign(trait="protected:health").iloc[::2]
    found = infer(traces, known, holder="M")
    check_table(found, "aggregates")
    assert "person" not in found
    named = infer(traces, known, holder="M", person_rows=True, basis=BASIS)
    check_table(named, "beliefs")
    person = int(named["person"].iloc[0])
    with pytest.raises(DualUseError, match=r"'protected:health' is protected, and an explanation"):
        explain(traces, known, person=person)
    assert len(explain(traces, known, person=person, person_rows=True, basis=BASIS))
