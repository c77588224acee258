"""Origins: the shares are those of the reasons, for everybody at once."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from handmade import make_beliefs, make_known, make_ties, make_traces
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge

from ethics_lib.behaviours import (
    explain_behaviour,
    origins_of_behaviour,
    outcomes,
    predict_behaviour,
)
from ethics_lib.beliefs import ORIGIN_OF_SOURCE, declare, explain, infer, infer_interests
from ethics_lib.consents import ask_consent
from ethics_lib.factors import LikesSVD
from ethics_lib.graph_learners import LINK, NeighbourVote
from ethics_lib.interest_models import MODELS
from ethics_lib.origins import ROADS, add_up, explain_interest, origins
from ethics_lib.personas import persona_card
from ethics_lib.propagation import explain_friends, propagate
from ethics_lib.shadows import shadow_profiles
from ethics_lib.tables import TableError, UnknownNameError, check_table, concat
from ethics_lib.traces import TRACKERS, Pixel, Platform, collect
from ethics_lib.trait_models import TraitModel
from ethics_lib.walks import METHODS
from ethics_lib.world import YEAR, make_world

SHARES = list(ROADS)
ROAD = {"observed": "own", "tracked": "tracked", "propagated": "others", "inferred": "usual"}


@cache
def town():
    """A town with a platform and a pixel."""
    world = make_world(300, members=1, disclosure=0.6, rng=7)
    agreed = ask_consent(
        world.people, holder="Murmur", purposes=["service"], how="terms", time=YEAR, rng=0
    )
    collectors = [Platform("Murmur"), Pixel("Murmur", reach=0.7, waits=False)]
    return world, collect(world, agreed, collectors)


@cache
def known(*traits):
    """Answers about traits of two values (faith), of three (third), or numbers (openness)."""
    world, _ = town()
    third = pd.cut(world.people["d0"], [-9, -0.4, 0.4, 9], labels=["low", "mid", "high"])
    third = make_known(third.astype(str).iloc[:150].to_dict(), "third")
    answers = pd.concat([world.reports[["person", "trait", "value"]], third], ignore_index=True)
    return answers[answers["trait"].isin(traits)]


def added_up(why):
    """The shares of the absolute weights of one explanation."""
    mine = (why["origin"] == "propagated") & (why["from_person"] == why["person"])
    road = why["origin"].map(ROAD).mask(mine, "usual")  # of link, in the person's own name
    sums = why["weight"].abs().groupby(road).sum().reindex(SHARES, fill_value=0)
    return sums / sums.sum()


def agree(table, explained, people, trait):
    """That the shares of these people are those of their reasons."""
    check_table(table, "origins")
    mine = table[table["trait"] == trait].set_index("person")[SHARES]
    for person in people:
        expected = added_up(explained(person))
        np.testing.assert_allclose(mine.loc[person], expected, rtol=0, atol=1e-6)


# ---------------------------------------------------------------------------- one by one


@pytest.mark.parametrize("trait", ["faith", "third", "openness"])
def test_the_shares_are_those_of_the_reasons(trait):
    _, held = town()
    said = known("faith", "third", "openness")
    beliefs = infer(held.traces, said, holder="Murmur")
    table = origins(beliefs, traces=held.traces, known=said)
    assert len(table) == len(beliefs[["person", "trait"]].drop_duplicates())
    people = beliefs["person"].unique()[::75]
    agree(table, lambda p: explain(held.traces, said, person=p, trait=trait), people, trait)


@pytest.mark.parametrize(
    ("trait", "model"),
    [
        ("third", TraitModel(LikesSVD(9, damped=False, standardised=False, algorithm="krylov"))),
        ("third", TraitModel(TruncatedSVD(9, random_state=0))),
        ("faith", TraitModel("passthrough")),
        ("faith", LogisticRegression()),
        ("openness", TraitModel(LikesSVD(9), Ridge(1))),
    ],
)
def test_a_model_of_ones_own_that_is_a_sum_is_taken_apart(trait, model):
    _, held = town()
    said, ask = known(trait), {"trait": trait, "model": model}
    beliefs = infer(held.traces, said, holder="Murmur", model=model)
    table = origins(beliefs, traces=held.traces, known=said, model=model)
    people = beliefs["person"].unique()[::100]
    agree(table, lambda p: explain(held.traces, said, person=p, **ask), people, trait)


@pytest.mark.parametrize(
    "model",
    [
        TraitModel(LikesSVD(9), RandomForestClassifier(5, random_state=0)),
        TraitModel(LikesSVD(9), calibration="sigmoid"),
    ],
)
def test_where_there_is_no_sum_all_that_was_looked_at_counts_the_same(model):
    _, held = town()
    said = known("faith")
    beliefs = infer(held.traces, said, holder="Murmur", model=model)
    table = origins(beliefs, traces=held.traces, known=said, model=model).set_index("person")
    things = held.traces.drop_duplicates(["person", "item"])
    here = (things["source"] == "platform").groupby(things["person"]).mean()
    np.testing.assert_allclose(table["own"], here[table.index])
    np.testing.assert_allclose(table["tracked"], 1 - here[table.index])
    assert (table[["others", "usual"]] == 0).all(axis=None)


class Louder(TruncatedSVD):
    """A reducer that does not add likes up."""

    def transform(self, X):
        return super().transform(X) ** 2


def test_a_reducer_that_does_not_add_up_is_found_out():
    _, held = town()
    said, model = known("faith"), TraitModel(Louder(9, random_state=0))
    beliefs = infer(held.traces, said, holder="Murmur", model=model)
    table = origins(beliefs, traces=held.traces, known=said, model=model)
    assert (table["usual"] == 0).all() and (table["tracked"] > 0).any()


@pytest.mark.parametrize("method", ["share", *MODELS])
def test_the_shares_of_an_interest_are_those_of_its_reasons(method):
    world, held = town()
    beliefs = infer_interests(held.traces, world.items, holder="Murmur", method=method)
    table = origins(beliefs, traces=held.traces, items=world.items)
    assert len(table) == beliefs["person"].nunique()

    def why(person):
        return explain_interest(held.traces, world.items, person=person, method=method)

    agree(table, why, beliefs["person"].unique()[::100], "interest")


def test_by_hand_an_interest_is_what_was_done_and_the_town():
    """Two likes and a visit about chess, one like about jazz; half of the town's are of each."""
    items = pd.DataFrame({"kind": "page", "name": "x", "topic": ["chess", "chess", "jazz"]})
    items.index.name = "item"
    first = make_traces([(1, 0), (1, 0), (1, 2)])
    seen = make_traces([(1, 1)], source="sdk", kind="visit")
    other = make_traces([(2, 2), (2, 2)])
    traces = pd.concat([first, seen, other], ignore_index=True)
    beliefs = infer_interests(traces, items, holder="Murmur", prior=2)
    one, two = origins(beliefs, traces=traces, items=items, prior=2)[SHARES].to_numpy()
    assert one.tolist() == pytest.approx([2 / 4, 1 / 4, 0, 1 / 4])  # of p = (3 + 2 / 2) / (4 + 2)
    assert two.tolist() == pytest.approx([2 / 3, 0, 0, 1 / 3])
    why = explain_interest(traces, items, person=1, prior=2)
    assert why["weight"].tolist() == pytest.approx([2 / 6, 1 / 6, 1 / 6])
    assert why["origin"].tolist() == ["observed", "tracked", "inferred"]


def test_the_shares_of_what_is_foretold_are_those_of_its_reasons():
    world, held = town()
    went = outcomes(world, behaviour="buy", after="2025-03-01").iloc[::2]
    did = np.random.default_rng(7).random(len(went)) < 0.3  # by chance, so that enough do
    went = went.assign(value=np.where(did, "yes", "no"))
    ask = {"items": world.items, "asof": "2025-09-01"}
    beliefs = predict_behaviour(held.traces, went, holder="Murmur", **ask)
    table = origins_of_behaviour(held.traces, went, holder="Murmur", **ask)
    key = ["person", "trait", "method", "holder"]
    rows = beliefs[key].drop_duplicates(ignore_index=True)
    pd.testing.assert_frame_equal(table[key], rows, check_dtype=False)
    assert (table[["own", "tracked"]].mean() > 0.05).all() and (table["others"] == 0).all()
    people = rows["person"].iloc[[0, 1, 2, 3, -2, -1]]
    assert {person in set(went["person"]) for person in people} == {True, False}
    why = {p: explain_behaviour(held.traces, went, person=p, **ask) for p in people}
    agree(table, why.get, people, "will buy anything")
    with pytest.raises(TableError, match=r"'logistic' are those .* give origins_of_behaviour what"):
        origins(beliefs, traces=held.traces, known=went, items=world.items)
    card = persona_card(int(people.iloc[0]), beliefs, origins=table)
    assert "from what you did here" in card.table["whence"].item()


def test_reasons_are_added_up_by_road():
    """By hand: a weight against counts as one for; where nothing speaks, it is the usual."""
    origin = ["observed", "declared", "tracked", "told", "propagated", "inferred"]
    why = pd.DataFrame({"person": 1, "trait": "t", "origin": origin, "from_person": 1})
    why = why.assign(item=pd.array([5] * 6, "Int32"), weight=[1.0, -1.0, 2.0, -2.0, 1.0, 3.0])
    nothing = why.iloc[[0]].assign(person=0, weight=0.0)
    table = add_up(pd.concat([why, nothing]), method="m", holder="h")
    check_table(table, "origins")
    assert table[["person", *SHARES]].to_numpy().tolist() == [
        [0, 0, 0, 0, 1],
        [1, 0.2, 0.2, 0.3, 0.3],
    ]
    with pytest.raises(UnknownNameError, match=r"origin 'seen' does not exist"):
        add_up(why.assign(origin="seen"), method="m", holder="h")


def test_an_interest_of_somebody_who_never_joined_is_the_trackers_and_the_towns():
    items = pd.DataFrame({"kind": "page", "name": "x", "topic": ["chess", "jazz"]})
    items.index.name = "item"
    traces = pd.concat([make_traces([(1, 0)]), make_traces([(2, 0), (2, 1)], source="pixel")])
    beliefs = infer_interests(traces, items, holder="Murmur")
    assert beliefs.groupby("person")["origin"].unique().str[0].tolist() == ["observed", "tracked"]
    table = origins(beliefs, traces=traces, items=items).set_index("person")
    assert table.loc[1, "own"] > 0 and table.loc[1, "tracked"] == 0
    assert table.loc[2, "own"] == 0 and 0 < table.loc[2, "tracked"] < table.loc[2, "usual"]


@pytest.mark.parametrize("method", METHODS)
def test_what_friends_passed_on_is_theirs(method):
    _, held = town()
    said = known("faith", "third", "openness")
    beliefs = propagate(said, held.ties, holder="Murmur", method=method)
    table = origins(beliefs, known=said, ties=held.ties)
    usual = table["method"] == "prior"
    assert (table.loc[usual, "usual"] == 1).all()
    told = table[~usual]
    assert (told["others"] == 1).all() == (method != "link")

    def why(person):
        ask = {"person": person, "trait": trait, "method": method}
        return explain_friends(said, held.ties, **ask)

    for trait, rows in told.groupby("trait"):
        agree(told, why, rows["person"].iloc[::60], trait)


def test_a_profile_of_somebody_outside_is_others_work():
    joined = pd.Series(pd.Timestamp("2024-01-01"), [1, 2])
    traces = make_traces([(9, 0), (9, 0)], kind="contact", source="contacts", from_person=[1, 2])
    traces = traces.assign(item=pd.array([pd.NA, pd.NA], dtype="Int32"))
    said = make_known({1: "white", 2: "black"})
    beliefs = shadow_profiles(traces, said, holder="Murmur", joined=joined, asof="2026-01-01")
    assert origins(beliefs)[["person", *SHARES]].to_numpy().tolist() == [[9, 0, 0, 1, 0]]


@pytest.mark.parametrize(
    ("origin", "road"),
    [("declared", "own"), ("observed", "own"), ("tracked", "tracked"), ("told", "others")],
)
def test_what_was_not_worked_out_came_as_its_origin_says(origin, road):
    beliefs = make_beliefs((1, "faith", "Tide", 1.0), origin=origin, method="form")
    assert origins(beliefs).loc[0, SHARES].to_dict() == {r: float(r == road) for r in SHARES}


def test_beliefs_of_all_kinds_may_be_asked_for_together():
    world, held = town()
    said = known("faith")
    parts = [
        declare(said, holder="Murmur"),
        infer(held.traces, said, holder="Murmur"),
        propagate(said, held.ties, holder="Murmur"),
        propagate(said, held.ties, holder="Murmur", method=NeighbourVote()),
        infer_interests(held.traces, world.items, holder="Murmur"),
        infer_interests(held.traces, world.items, holder="Murmur", method="svd"),
    ]
    tables = {"traces": held.traces, "known": said, "items": world.items}
    beliefs = concat(parts, "beliefs")
    table = origins(beliefs, **tables)
    alone = pd.concat([origins(part, **tables) for part in parts], ignore_index=True)
    pd.testing.assert_frame_equal(table, alone.drop_duplicates(list(table)[:4], ignore_index=True))
    np.testing.assert_allclose(table[SHARES].sum(axis=1), 1)


# ---------------------------------------------------------------------------------- laws


def test_what_happened_elsewhere_is_tracked_whoever_hands_it_over():
    _, held = town()
    said = known("faith")
    beliefs = infer(held.traces, said, holder="Murmur")
    table = origins(beliefs, traces=held.traces, known=said)
    for source in {*TRACKERS, "list"} - {"pixel"}:
        renamed = held.traces.assign(source=held.traces["source"].replace("pixel", source))
        pd.testing.assert_frame_equal(origins(beliefs, traces=renamed, known=said), table)
        assert ORIGIN_OF_SOURCE[source] == "tracked"


def test_a_source_that_nobody_named_counts_as_the_platform():
    _, held = town()
    said = known("faith")
    traces = held.traces.assign(source="file")
    table = origins(infer(traces, said, holder="Murmur"), traces=traces, known=said)
    assert (table["tracked"] == 0).all() and (table["own"] > 0.1).all()


def test_many_people_are_taken_in_blocks(monkeypatch):
    world, held = town()
    said = known("faith", "openness")
    beliefs = infer(held.traces, said, holder="Murmur")
    beliefs = concat([beliefs, infer_interests(held.traces, world.items, holder="M")], "beliefs")
    tables = {"traces": held.traces, "known": said, "items": world.items}
    whole = origins(beliefs, **tables)
    monkeypatch.setattr("ethics_lib.origins._CELLS", 20_000)
    pd.testing.assert_frame_equal(origins(beliefs, **tables), whole)


@st.composite
def recorded(draw):
    """Who did what with which of six things, by which source; twelve people, each something."""
    pairs = draw(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 5)), max_size=60))
    pairs += [(person, person % 6) for person in range(12)]
    sources = st.sampled_from(["platform", "pixel", "contacts"])
    named = draw(st.lists(sources, min_size=len(pairs), max_size=len(pairs)))
    return make_traces(pairs, source=named)


@settings(max_examples=8)
@given(recorded(), st.sampled_from(["share", "lift", "svd"]), st.floats(0, 20))
def test_shares_add_up_and_nothing_is_changed(traces, method, prior):
    items = pd.DataFrame({"kind": "page", "name": "x", "topic": list("ababcc")})
    items.index.name = "item"
    said = make_known({person: "white" if person % 2 else "black" for person in range(12)})
    ask = {"method": method, "prior": prior}
    beliefs = concat(
        [
            infer(traces, said, holder="Murmur"),
            infer_interests(traces, items, holder="Murmur", **ask),
        ],
        "beliefs",
    )
    given_in = beliefs.copy(), traces.copy()
    table = check_table(
        origins(beliefs, traces=traces, known=said, items=items, prior=prior), "origins"
    )
    np.testing.assert_allclose(table[SHARES].sum(axis=1), 1)
    for before, after in zip(given_in, (beliefs, traces), strict=True):
        pd.testing.assert_frame_equal(before, after)
    by_source = traces.groupby("person")["source"].agg(set)
    for source, road in [("platform", "own"), ("pixel", "tracked"), ("contacts", "others")]:
        without = by_source.index[~by_source.map(lambda found, s=source: s in found)]
        assert (table.loc[table["person"].isin(without), road] == 0).all()


# -------------------------------------------------------------------------------- errors


def test_bad_input_is_refused():
    _, held = town()
    said = known("faith")
    beliefs = infer(held.traces, said, holder="Murmur")
    with pytest.raises(TableError, match=r"by 'svd' are taken apart with traces and known, and kn"):
        origins(beliefs, traces=held.traces)
    with pytest.raises(TableError, match=r"by 'svd' are held by Murmur and by Quill. Ask for one"):
        both = pd.concat([beliefs, beliefs.assign(holder="Quill")])
        origins(both, traces=held.traces, known=said)
    with pytest.raises(TableError, match=r"person 0 is judged by 'svd', and the tables do not"):
        origins(beliefs, traces=held.traces.query("person != 0"), known=said)
    with pytest.raises(UnknownNameError, match=r"trait of known"):
        origins(beliefs, traces=held.traces, known=known("third"))
    with pytest.raises(TableError, match=r"'TraitModel' need the model= that infer had, and it is"):
        origins(beliefs.assign(method="TraitModel"), traces=held.traces, known=said)
    with pytest.raises(UnknownNameError, match=r"origin"):
        origins(beliefs.assign(origin="guessed"))
    with pytest.raises(TableError, match=r"beliefs: column 'p' is missing"):
        origins(beliefs.drop(columns="p"))


def test_the_learner_link_is_refused_by_name():
    ties = make_ties((0, 1), (1, 2), (2, 3), (0, 2))
    said = make_known({0: "white", 1: "black"})
    beliefs = propagate(said, ties, holder="Murmur", method=LINK())
    with pytest.raises(TableError, match=r"the learner LINK rest on a regression .* method='link'"):
        origins(beliefs, known=said, ties=ties)
