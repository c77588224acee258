"""Are these the fewest likes, does the belief fall, and who is asked for nothing?"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from handmade import interval, make_known, make_ties, make_traces
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.decomposition import NMF, TruncatedSVD
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge

from ethics_lib import Pixel, Platform, ask_consent, collect, make_world
from ethics_lib.beliefs import explain, infer, judges, likes_matrix
from ethics_lib.cloaks import Cloak, cloak, fewest
from ethics_lib.defences import defend
from ethics_lib.factors import LikesSVD
from ethics_lib.guards import DualUseError
from ethics_lib.tables import Evidence, RangeError, TableError, UnknownNameError
from ethics_lib.trait_models import TraitModel

PHASES = (Phase.explicit, Phase.generate)


def holder(n, seed, *others, **knobs):
    """What Murmur has of a made town."""
    world = make_world(n, rng=seed, **knobs)
    members = world.people.query("member")
    yes = ask_consent(
        members, holder="Murmur", purposes=["service"], how="terms", time=members["joined"], rng=1
    )
    held = collect(world, yes, [Platform("Murmur"), *others])
    return Evidence(held.traces, held.ties, world.reports)


@pytest.fixture(scope="module")
def seen():
    """A town of few likes each, so that every set of them can be tried."""
    return holder(300, 3, likes=9, activity=0.4)


@pytest.fixture(scope="module")
def tracked():
    return holder(300, 3, Pixel("Murmur", reach=0.5, waits=False))


@pytest.fixture(scope="module")
def cloaked(tracked):
    """What everybody is asked to take back."""
    return cloak(tracked.traces, tracked.known, trait="party")


def judged(model, rows, value=None):
    """What a model says of rows: the probability of a value, or the number."""
    if value is None:
        return model.predict(rows)
    return model.predict_proba(rows)[:, list(model.classes_).index(value)]


def by_brute_force(model, row, below, value=None, free=None):
    """How few likes must go, over all 2^n sets of what stays; None if no set is enough."""
    liked = np.flatnonzero(row) if free is None else free
    kept, n = row.copy(), len(liked)
    kept[liked] = 0
    onto = csr_array(np.vstack([np.eye(len(row))[liked], kept]).astype("float32"))
    least = []
    for sets in np.array_split(np.arange(2**n), max(1, 2**n >> 16)):
        left = sets[:, None] >> np.arange(n) & 1  # each bit of a number is a like that stays
        rows = csr_array(np.column_stack([left, np.ones(len(sets))]).astype("float32")) @ onto
        enough = judged(model, rows, value) < below
        least += [n - int(left[enough].sum(axis=1).max())] if enough.any() else []
    return min(least, default=None)


def counted(table, n):
    """How many likes each row is asked for; None if no set is enough."""
    asked = table.groupby("row")["item"].count().reindex(range(n), fill_value=0).astype(object)
    asked[table.loc[table["item"].isna(), "row"]] = None
    return asked.tolist()


# ------------------------------------------------------------------------- the fewest there are


def random_model(seed, *, numeric, reducer, n=60, m=12):
    """A model learnt from likes by lot, and those likes."""
    rng = np.random.default_rng(seed)
    likes = (rng.random((n, m)) < rng.uniform(0.2, 0.7)).astype(float)
    score = likes @ rng.normal(size=m) + rng.normal(size=n) + rng.normal()
    said = score if numeric else np.where(score > np.median(score), "yes", "no")
    estimator = Ridge(1.0) if numeric else LogisticRegression(C=10.0, max_iter=1000)
    return TraitModel(reducer, estimator).fit(csr_array(likes), said), likes


REDUCERS = {
    "damped": LikesSVD(4),
    "plain": LikesSVD(4, damped=False),
    "as they are": "passthrough",
    "other": TruncatedSVD(3, random_state=0),
}


@pytest.mark.parametrize("reducer", REDUCERS.values(), ids=REDUCERS)
@pytest.mark.parametrize("numeric", [False, True], ids=["words", "number"])
@settings(max_examples=5, phases=PHASES)
@given(seed=st.integers(0, 10_000), at=st.floats(0.02, 0.98))
def test_no_smaller_set_exists(reducer, numeric, seed, at):
    model, likes = random_model(seed, numeric=numeric, reducer=reducer)
    few = np.vstack([likes[:5], np.zeros(12), np.eye(12)[0]])
    value = None if numeric else "yes"
    below = float(np.quantile(judged(model, likes, value), at)) + 1e-6
    table = fewest(csr_array(few), model, value=value, below=below)
    expected = [by_brute_force(model, row, below, value) for row in few]
    assert counted(table, len(few)) == expected


@settings(max_examples=5, phases=PHASES)
@given(seed=st.integers(0, 10_000), at=st.floats(0.02, 0.98))
def test_no_smaller_set_exists_where_some_cannot_be_taken_back(seed, at):
    model, likes = random_model(seed, numeric=False, reducer=LikesSVD(4))
    stuck = likes[:5] * (np.random.default_rng(seed).random((5, 12)) < 0.4)
    below = float(np.quantile(judged(model, likes, "yes"), at)) + 1e-6
    table = fewest(csr_array(likes[:5]), model, value="yes", below=below, stays=csr_array(stuck))
    for row, found in enumerate(counted(table, 5)):
        free = np.flatnonzero(likes[row] - stuck[row])
        assert found == by_brute_force(model, likes[row], below, "yes", free)
        assert set(table.loc[table["row"] == row, "item"].dropna()) <= set(free)


@pytest.mark.parametrize(("trait", "below"), [("party", 0.5), ("openness", 0.1)])
def test_no_smaller_set_exists_in_a_town(seen, trait, below):
    table = cloak(seen.traces, seen.known, trait=trait, below=below)
    likes = likes_matrix(seen.traces)
    known = seen.known[seen.known["trait"] == trait]
    checked = 0
    for _, people, judge in judges(seen.traces, known):
        few = people[(likes.matrix.sum(axis=1) <= 12)[likes.people.get_indexer(people)]][:6]
        for person in few:
            row = likes.matrix[[likes.people.get_loc(person)]].toarray()[0]
            mine = table[table["person"] == person]
            argued = None if trait == "openness" else mine["value"].iloc[0] if len(mine) else "none"
            if argued == "none":  # believed below the line, whichever is the likelier
                assert judge.predict_proba(row[None, :]).max() < below + 1e-6
                continue
            never = mine["item"].isna().any()
            found = None if never else len(mine)
            assert found == by_brute_force(judge, row, below, argued)
            checked += found is not None and found > 0
    assert checked >= 10


@pytest.mark.slow
@pytest.mark.parametrize(("trait", "below"), [("party", 0.5), ("openness", 0.1)])
def test_no_smaller_set_exists_among_a_million(trait, below):
    """Of 17 to 20 likes, all 2^17 to 2^20 sets: three dozen people, each by the model as it is."""
    town = holder(1000, 5, likes=20, activity=0.4)
    likes, table = (
        likes_matrix(town.traces),
        cloak(town.traces, town.known, trait=trait, below=below),
    )
    number = likes.matrix.sum(axis=1)
    many = likes.people[(number >= 17) & (number <= 20)].intersection(table["person"])
    found, expected = {}, {}
    for _, people, judge in judges(town.traces, town.known[town.known["trait"] == trait]):
        for person in people.intersection(many)[:8]:
            row = likes.matrix[[likes.people.get_loc(person)]].toarray()[0]
            mine = table[table["person"] == person]
            value = None if trait == "openness" else mine["value"].iloc[0]
            found[person] = None if mine["item"].isna().any() else len(mine)
            expected[person] = by_brute_force(judge, row, below, value)
    assert found == expected
    assert len(found) >= 36 and 20 in number[likes.people.get_indexer(list(found))]
    assert sum(k is not None for k in found.values()) >= 18


@settings(max_examples=5, phases=PHASES)
@given(seed=st.integers(0, 10_000), numeric=st.booleans())
def test_each_step_is_what_the_model_says_without_these_likes(seed, numeric):
    model, likes = random_model(seed, numeric=numeric, reducer=LikesSVD(4))
    value = None if numeric else "no"
    table = fewest(csr_array(likes), model, value=value, below=-1.0 if numeric else 0.2)
    row = likes[(first := table["row"].iloc[0])].copy()
    for step in table[(table["row"] == first) & table["item"].notna()].itertuples():
        row[step.item] = 0
        said = judged(model, row[None, :], value)[0]
        assert (step.value if numeric else step.p) == pytest.approx(said, abs=1e-6)


# ---------------------------------------------------------------------------- the table it gives


def by_hand(weights, start=0.0):
    """A model with these weights of likes."""
    likes = csr_array(np.eye(len(weights), dtype=float))
    said = np.where(np.arange(len(weights)) % 2, "Quay", "Orchard")
    model = TraitModel("passthrough", LogisticRegression()).fit(likes, said)
    model.estimator_.coef_[:], model.estimator_.intercept_[:] = weights, start
    return model


def test_a_cloak_by_hand():
    """2 + 1 - 1 speak for Quay: without the 2 it is open, and only without the 1 too it is not."""
    model, likes = by_hand([2.0, 1.0, -1.0]), csr_array(np.array([[1, 1, 1.0], [0, 0, 1], [0] * 3]))
    found = fewest(likes, model, value="Quay")
    assert found["item"].tolist() == [0, 1, pd.NA] and found["row"].tolist() == [0, 0, 2]
    assert found["p"].tolist() == pytest.approx([0.5, 1 / (1 + np.e), 0.5])
    assert found["weight"].tolist()[:2] == [2, 1] and set(found["value"]) == {"Quay"}
    likelier = fewest(likes, model)
    assert likelier["value"].tolist() == ["Quay", "Quay", "Orchard", "Quay"]
    assert fewest(likes, model, value="Quay", below=0.6)["item"].tolist() == [0]


def test_the_last_like_taken_back_leaves_the_judgement_of_the_average_person():
    """Who has no like left stands in the middle, where they may be believed more than with one."""
    model, _ = random_model(5, numeric=False, reducer=LikesSVD(4))
    bare = model.predict_proba(np.zeros((1, 12)))[0, 1]
    one = csr_array(np.eye(12))
    never = fewest(one, model, value="yes", below=bare - 1e-6)
    high = np.flatnonzero(model.predict_proba(one)[:, 1] >= bare - 1e-6)
    assert never["item"].isna().all() and never["row"].tolist() == high.tolist() and len(high)
    assert never["p"].to_numpy() == pytest.approx(bare, abs=1e-6)


@pytest.mark.parametrize("model", [None, LogisticRegression(C=0.1)], ids=["svd", "own"])
def test_weights_are_those_of_the_reasons(seen, model):
    found = cloak(seen.traces, seen.known, trait="party", model=model)
    person = int(found.dropna(subset="item")["person"].iloc[0])
    mine = found[found["person"] == person].set_index("item")
    why = explain(seen.traces, seen.known, person=person, trait="party", model=model)
    why = why.set_index("item")["weight"]
    assert mine["weight"].to_numpy() == pytest.approx(why.loc[mine.index].to_numpy())


def test_one_person_several_and_all_are_the_same(seen):
    everybody = cloak(seen.traces, seen.known, trait="faith", below=0.45)
    some = sorted(everybody["person"].unique())[:3]
    mine = everybody[everybody["person"].isin(some)].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        cloak(seen.traces, seen.known, trait="faith", below=0.45, person=some), mine
    )
    alone = cloak(seen.traces, seen.known, trait="faith", below=0.45, person=some[0])
    pd.testing.assert_frame_equal(alone, mine[mine["person"] == some[0]])


def test_where_no_set_is_enough_it_says_so(seen):
    found = cloak(seen.traces, seen.known, trait="party", below=0.0)
    assert found["item"].isna().all() and not found["person"].duplicated().any()
    usual = cloak(seen.traces, seen.known, trait="party", value="Quay", below=0.5)
    assert (usual.loc[usual["item"].isna(), "p"] >= 0.5).all()


def test_who_is_believed_below_the_line_is_asked_for_nothing(seen):
    beliefs = infer(seen.traces, seen.known.query("trait == 'party'"), holder="Murmur")
    above = beliefs.query("value == 'Quay' and p >= .6")["person"]
    found = cloak(seen.traces, seen.known, trait="party", value="Quay", below=0.6)
    assert sorted(found["person"].unique()) == sorted(above) and len(above) > 10
    assert cloak(seen.traces, seen.known, trait="party", below=1).empty


def test_what_a_tracker_saw_cannot_be_taken_back(tracked, cloaked):
    traces, own = tracked.traces, cloaked
    every = cloak(traces, tracked.known, trait="party", sources=("platform", "pixel"))
    pixel = traces[traces["source"] == "pixel"].set_index(["person", "item"]).index
    taken = own[own["item"].notna()].set_index(["person", "item"]).index
    assert not taken.isin(pixel).any()
    assert every[every["item"].notna()].set_index(["person", "item"]).index.isin(pixel).any()
    assert own["item"].isna().sum() > every["item"].isna().sum()


def test_what_somebody_else_handed_over_stays(seen):
    first = cloak(seen.traces, seen.known, trait="party").dropna(subset="item").iloc[0]
    mine = seen.traces["person"].eq(first["person"]) & seen.traces["item"].eq(first["item"])
    handed = seen.traces[mine].assign(from_person=np.int32(first["person"] + 1))
    again = cloak(
        pd.concat([seen.traces, handed]), seen.known, trait="party", person=first["person"]
    )
    assert first["item"] not in again["item"].dropna().tolist()


# ------------------------------------------------------------------------------------ refusals


FOREST = RandomForestClassifier(5, random_state=0)


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"trait": "part"}, UnknownNameError, "Did you mean 'party'"),
        ({"trait": "party", "person": 99_999}, TableError, "person 99999 left"),
        ({"trait": "party", "person": ()}, TableError, "nobody left"),
        ({"trait": "party", "value": "Tide"}, UnknownNameError, "Orchard, Quay"),
        ({"trait": "party", "below": 1.5}, RangeError, "below=1.5.*0 to 1"),
        ({"trait": "party", "sources": ("pixle",)}, UnknownNameError, "Did you mean 'pixel'"),
        ({"trait": "openness", "value": "high"}, RangeError, "Leave value out"),
        ({"trait": "openness", "below": np.nan}, RangeError, "below=nan"),
        ({"trait": "party", "model": FOREST}, TableError, "no weight for each factor"),
    ],
)
def test_what_cannot_be_asked(seen, settings, error, said):
    with pytest.raises(error, match=said):
        cloak(seen.traces, seen.known, **settings)


def test_a_model_that_is_no_sum_is_refused():
    likes = csr_array((np.random.default_rng(1).random((30, 8)) < 0.4).astype(float))
    said = np.where(np.arange(30) % 2, "yes", "no")
    model = TraitModel(NMF(3, init="nndsvda", max_iter=5000)).fit(likes, said)
    with pytest.raises(TableError, match="NMF does not add likes up"):
        fewest(likes, model)
    three = TraitModel(LikesSVD(3)).fit(likes, np.array(["a", "b", "c"])[np.arange(30) % 3])
    with pytest.raises(TableError, match=r"3 values \(a, b, c\).*one value against all others"):
        fewest(likes, three)
    model = TraitModel(LikesSVD(3)).fit(likes, said)
    with pytest.raises(TableError, match="other numbers than 1"):
        fewest(2 * likes, model)


def test_a_protected_trait_needs_a_basis(seen):
    known = seen.known.query("trait == 'party'").assign(trait="protected:politics")
    evidence = replace(seen, known=known)
    with pytest.raises(DualUseError, match="person_rows=True"):
        Cloak(trait="protected:politics")(evidence)
    named = Cloak(trait="protected:politics", person_rows=True, basis="board 1, consent")
    assert len(named(evidence).traces) < len(seen.traces)


# ------------------------------------------------------------------------------------ a defence


def test_a_cloak_takes_what_it_says_and_nothing_else(tracked, cloaked):
    left = defend(tracked, [Cloak(trait="party")])
    gone = tracked.traces.loc[tracked.traces.index.difference(left.traces.index)]
    told = cloaked.dropna(subset="item")
    pairs = set(zip(told["person"], told["item"], strict=True))
    assert set(zip(gone["person"], gone["item"], strict=True)) == pairs and pairs
    assert (gone["source"] == "platform").all() and (gone["person"] == gone["from_person"]).all()
    assert left.known is tracked.known and left.ties is tracked.ties


def test_a_cloak_of_strength_0_and_of_nobody_changes_nothing(tracked):
    for nothing in (Cloak(trait="party", below=1), Cloak(trait="party", people=())):
        assert nothing(tracked).traces.equals(tracked.traces)
    empty = replace(tracked, traces=tracked.traces[:0])
    assert Cloak(trait="party")(empty).traces.empty


def test_only_those_named_lose_anything(tracked, cloaked):
    asked = cloaked.dropna(subset="item")["person"]
    some = tuple(sorted(asked.unique())[:2])
    left = Cloak(trait="party", people=some)(tracked)
    lost = tracked.traces.loc[tracked.traces.index.difference(left.traces.index), "person"]
    assert set(lost) == set(some)


def test_a_cloak_of_somebody_without_traces_is_no_error():
    ties = make_ties((1, 99))
    pairs = [(p, page) for p in range(20) for page in ((1, 2, 9) if p % 2 else (3, 4, 9))]
    known = make_known({p: "Quay" if p % 2 else "Orchard" for p in range(20)}, "party")
    held = Evidence(make_traces(pairs), ties, known)
    assert len(defend(held, [Cloak(trait="party", people=(99,))]).traces) == len(pairs)


def test_cloaks_are_values():
    assert Cloak(trait="party") == Cloak(trait="party") != Cloak(trait="faith")


@pytest.mark.slow
def test_a_judge_who_learns_anew_believes_some_of_it_again():
    """Ten who cloak are safe, most of them; where all do, a model learnt anew is not fooled.

    Of a cloak of ten we had said before that nine in ten would stay below the line, and on average
    it is 86 %; so what is held here is less.
    """
    alone, together = [], []
    for seed in range(5):
        seen = holder(1_000, seed)
        known = seen.known[seen.known["trait"] == "party"]
        told = cloak(seen.traces, known, trait="party").dropna(subset="item")
        against = told.drop_duplicates("person").set_index("person")["value"]
        some = tuple(np.random.default_rng(seed).permutation(against.index)[:10])
        for people, kept in ((some, alone), (tuple(against.index), together)):
            left = Cloak(trait="party", people=people)(replace(seen, known=known))
            again = infer(left.traces, known, holder="Murmur").set_index(["person", "value"])["p"]
            pairs = [pair for pair in against[list(people)].items() if pair in again.index]
            kept.append((again.loc[pairs] < 0.5).mean())
    assert interval(alone)[1] > 0.6
    assert interval(together)[2] < 0.4
