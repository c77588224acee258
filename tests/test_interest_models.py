"""Interest models: the score of every item, the share of each topic, and the evidence adds up."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from handmade import make_traces
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array, csr_array, vstack
from scipy.stats import spearmanr
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from ethics_lib import interest_models
from ethics_lib.acts import _preference, make_items
from ethics_lib.beliefs import infer_interests, likes_matrix
from ethics_lib.consents import ask_consent
from ethics_lib.datasets import SEED, load_town
from ethics_lib.holdouts import compare, hold_out_by_time, precision_at
from ethics_lib.interest_models import MODELS, InterestFactors, ItemLift, TfidfNeighbours
from ethics_lib.names import TOPICS
from ethics_lib.presets import settle
from ethics_lib.tables import RangeError, TableError, UnknownNameError, check_table
from ethics_lib.traces import Platform, collect
from ethics_lib.world import _STREAMS, make_checkerboard_world, make_world

PERSONAL = [name for name in MODELS if name != "popularity"]


def as_matrix(pairs, shape):
    row, column = np.array(pairs).T
    return coo_array((np.ones(len(row)), (row, column)), shape=shape).tocsr()


def seen_by_platform(world):
    """What Murmur keeps when every member has accepted its terms."""
    members = world.people.query("member")
    agreed = ask_consent(
        members, holder="Murmur", purposes=["service"], how="terms", time=members["joined"], rng=1
    )
    return collect(world, agreed, [Platform("Murmur")]).traces


@pytest.fixture(scope="module")
def village():
    return make_world(600, rng=7)


@pytest.fixture(scope="module")
def traces(village):
    return seen_by_platform(village)


@pytest.fixture(scope="module")
def likes(traces):
    return likes_matrix(traces)


@pytest.fixture(scope="module")
def fitted(likes):
    matrix = likes.matrix.astype(np.float64)
    return {name: clone(model).fit(matrix) for name, model in MODELS.items()}


@st.composite
def matrices(draw):
    """People by items, small, with somebody who did nothing and an item that nobody chose."""
    people, items = draw(st.integers(3, 12)), draw(st.integers(3, 9))
    seed = draw(st.integers(0, 2**20))
    did = np.random.default_rng(seed).random((people, items)) < draw(st.floats(0.1, 0.7))
    did[0, 0], did[-1], did[:, -1] = True, False, False
    return csr_array(did.astype(np.float64))


# Their manners -----------------------------------------------------------------------------------


@parametrize_with_checks(list(MODELS.values()))
def test_they_keep_the_rules_of_scikit_learn(estimator, check):
    if check.func.__name__ != "check_array_api_input":  # it skips itself: a setting is missing
        check(estimator)


@pytest.mark.parametrize("name", MODELS)
def test_what_is_chosen_is_new_and_highest_in_any_blocks(name, fitted, likes, monkeypatch):
    matrix = likes.matrix[:50].astype(np.float64)
    chosen = fitted[name].recommend(matrix, n=5)
    scores = fitted[name].score_items(matrix)
    scores[matrix.nonzero()] = -np.inf
    best = np.sort(scores, axis=1)[:, ::-1][:, :5]
    assert np.take_along_axis(scores, chosen, axis=1) == pytest.approx(best)
    monkeypatch.setattr(interest_models, "_CELLS", 3 * matrix.shape[1])  # three people at a time
    assert (fitted[name].recommend(matrix, n=5) == chosen).all()


@pytest.mark.parametrize("name", MODELS)
def test_who_knows_nearly_everything_is_told_of_few(name):
    matrix = as_matrix([(0, 0), (0, 1), (1, 1), (1, 2), (2, 0), (2, 2)], (3, 3))
    assert clone(MODELS[name]).fit(matrix).recommend(matrix, n=2)[:, 0].tolist() == [2, 0, 1]
    assert clone(MODELS[name]).fit(matrix).recommend(matrix, n=2)[:, 1].tolist() == [-1, -1, -1]


@pytest.mark.parametrize("name", MODELS)
def test_of_somebody_unknown_all_say_what_is_usual(name, fitted, likes):
    nobody = csr_array((1, likes.matrix.shape[1]))
    usual = likes.matrix.astype(np.float64).mean(axis=0)
    assert fitted[name].score_items(nobody)[0] == pytest.approx(usual)
    evidence = fitted[name].explain(nobody, 0)
    assert evidence["item"].isna().tolist() == [True]
    assert evidence["weight"].tolist() == pytest.approx([usual[0]])


@pytest.mark.parametrize("name", PERSONAL)
def test_where_likes_say_everything_all_is_foretold(name):
    """On a planted world each side has pages of its own."""
    world = make_checkerboard_world(200, rng=1)
    matrix = likes_matrix(seen_by_platform(world)).matrix
    model = clone(MODELS[name])
    if isinstance(model, InterestFactors):
        model.set_params(n_components=2)  # as many as there are
    chosen = model.fit(matrix).recommend(matrix, n=8)
    white = (world.people["side"] == "white").to_numpy()
    assert (chosen // 20 == white[:, None]).all()


def test_what_cannot_be_is_refused():
    matrix = as_matrix([(0, 0), (0, 1), (1, 1), (2, 2)], (3, 4))
    with pytest.raises(TableError, match=r"X: nobody did anything, so there is nothing to learn"):
        ItemLift().fit(csr_array((3, 4)))
    with pytest.raises(RangeError, match=r"prior=0 is outside its range: 1e-06 to 1e\+06"):
        ItemLift(prior=0).fit(matrix)
    with pytest.raises(RangeError, match=r"companions=0 is outside its range: 1 to 1e\+06"):
        ItemLift(companions=0).fit(matrix)
    with pytest.raises(RangeError, match=r"n_neighbors=0 is outside its range"):
        TfidfNeighbours(n_neighbors=0).fit(matrix)
    with pytest.raises(RangeError, match=r"prior=-1 is outside its range"):
        TfidfNeighbours(prior=-1).fit(matrix)
    with pytest.raises(UnknownNameError, match=r"kind 'nfm' does not exist. Did you mean 'nmf'"):
        InterestFactors(kind="nfm").fit(matrix)
    with pytest.raises(RangeError, match=r"n_components=0 is outside its range: 1 to 10000"):
        InterestFactors(0).fit(matrix)
    model = ItemLift().fit(matrix)
    with pytest.raises(RangeError, match=r"n=5 is outside its range: 1 to 4"):
        model.recommend(matrix, n=5)
    with pytest.raises(TableError, match=r"topics: 2 for 4 items. Pass one for each column"):
        model.topic_shares(matrix, ["chess", "jazz"])
    with pytest.raises(TableError, match=r"topics: 3 for 4 items. Pass one for each column"):
        model.topic_shares(matrix, ["chess", "jazz", None, "jazz"])
    with pytest.raises(TableError, match=r"row: 3 people; explain one at a time"):
        model.explain(matrix, 0)
    with pytest.raises(RangeError, match=r"items=4: there are the columns 0 to 3"):
        model.explain(matrix[[0]], 4)


# What each says ----------------------------------------------------------------------------------


@given(matrices(), st.floats(0.1, 20))
def test_lift_is_what_was_seen_together_over_what_chance_brings(matrix, prior):
    did = matrix.toarray()
    people, items = did.shape
    seen = did.T @ did
    chance = np.outer(did.sum(0), did.sum(0)) / people
    expected = np.where(seen > chance + 1e-9, (seen + prior) / (chance + prior), 1)
    np.fill_diagonal(expected, 1)
    model = ItemLift(prior=prior, companions=items).fit(matrix)
    lift = model.lift_.toarray()
    assert np.where(lift == 0, 1, lift) == pytest.approx(expected)
    own = did.sum(1, keepdims=True)
    mean = (did @ expected) / np.maximum(own, 1) + (own == 0)
    assert model.score_items(matrix) == pytest.approx(did.mean(0) * mean)


def test_two_rare_things_that_one_person_did_are_not_tied_for_ever():
    """Among 1,000 people lift without a prior would be 1,000; what many share is kept."""
    pairs = [(0, 0), (0, 1), *((k, 2) for k in range(1, 101)), *((k, 3) for k in range(1, 101))]
    matrix = as_matrix(pairs, (1000, 4))
    lift = ItemLift().fit(matrix).lift_.toarray()
    assert lift[0, 1] == pytest.approx(2, abs=0.01)
    assert lift[2, 3] == pytest.approx(101 / 11)


def test_each_thing_keeps_the_companions_that_stand_out_most(likes):
    matrix = likes.matrix
    few, many = (ItemLift(companions=k).fit(matrix).lift_ for k in (20, matrix.shape[1]))
    assert few.nnz < many.nnz and np.diff(few.indptr).max() == 20
    kept = few.nonzero()
    assert few[kept] == pytest.approx(many[kept])


@given(matrices())
def test_tfidf_is_the_share_of_those_whose_profile_is_alike(matrix):
    did = matrix.toarray()
    rarity = np.log((1 + len(did)) / (1 + did.sum(0))) + 1
    profile = did * rarity
    profile /= np.maximum(np.linalg.norm(profile, axis=1, keepdims=True), 1e-12)
    alike = profile @ profile.T
    expected = (alike @ did + 0.5 * did.mean(0)) / (alike.sum(1, keepdims=True) + 0.5)
    model = TfidfNeighbours(n_neighbors=100, prior=0.5).fit(matrix)
    assert model.score_items(matrix) == pytest.approx(expected)


def test_only_the_nearest_are_asked():
    pairs = [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 3), (3, 3), (3, 0)]
    model = TfidfNeighbours(n_neighbors=2, prior=1e-6).fit(as_matrix(pairs, (4, 4)))
    scores = model.score_items(as_matrix([(0, 0), (0, 1)], (1, 4)))[0]
    assert scores[2] > 0.4 and scores[3] < 1e-5  # 3 is what others, further away, did


def test_svd_is_the_closest_fit_of_its_size(likes):
    matrix = likes.matrix[:100].toarray().astype(float)
    u, s, v = np.linalg.svd(matrix, full_matrices=False)
    best = (u[:, :20] * s[:20]) @ v[:20]
    model = InterestFactors(20, kind="svd").fit(matrix)
    assert model.score_items(matrix) == pytest.approx(best, abs=1e-8)


def test_nmf_has_nothing_below_0_and_settles_everybody_alone(fitted, likes):
    model, matrix = fitted["nmf"], likes.matrix.astype(np.float64)
    points = model.transform(matrix)
    assert points.min() >= 0 and model.components_.min() >= 0
    assert model.transform(matrix[[7]])[0] == pytest.approx(points[7], rel=1e-9, abs=1e-12)
    loss = ((matrix - points @ model.components_) ** 2).sum()
    bound = ((matrix - fitted["svd"].score_items(matrix)) ** 2).sum()
    assert bound < loss < 1.15 * bound


# The evidence ------------------------------------------------------------------------------------


@given(matrices(), st.sampled_from(list(MODELS)))
def test_the_evidence_adds_up_to_the_score(matrix, name):
    """Of one item and of several, for all who did something and who did nothing, known or new."""
    model = clone(MODELS[name]).fit(matrix)
    items = matrix.shape[1]
    rows = vstack([matrix[[0, -1]], np.ones((1, items))], format="csr")
    scores = model.score_items(rows)
    for person, asked in product(range(3), (1, np.arange(items) > 0)):
        evidence = model.explain(rows[[person]], asked)
        total = np.sum(scores[person, asked])
        assert evidence["weight"].sum() == pytest.approx(total, rel=1e-9, abs=1e-12)
        assert set(evidence["item"].dropna()) == set(rows[[person]].indices)


@pytest.mark.parametrize("name", MODELS)
def test_the_evidence_adds_up_in_single_precision(name, likes):
    model = clone(MODELS[name]).fit(likes.matrix)
    evidence = model.explain(likes.matrix[[3]], [5, 6, 7])
    total = model.score_items(likes.matrix[[3]])[0, [5, 6, 7]].sum()
    assert evidence["weight"].sum() == pytest.approx(total, rel=1e-4)
    weight = evidence["weight"].abs()
    assert (weight.diff().dropna() <= 0).all()


@pytest.mark.parametrize("name", MODELS)
def test_the_evidence_for_many_is_that_for_each(name, fitted, likes, village):
    topics = village.items["topic"].loc[likes.items].to_numpy()
    names = np.unique(topics)
    about, topic = (topics[:, None] == names).astype(float), np.arange(6) % len(names)
    weights, usual = fitted[name].weigh(likes.matrix[:6], about, topic)
    ends = likes.matrix.indptr
    for row in range(6):
        evidence = fitted[name].explain(likes.matrix[[row]], topics == names[topic[row]])
        own = evidence.dropna().sort_values("item")["weight"]
        assert weights[ends[row] : ends[row + 1]] == pytest.approx(own, rel=1e-4, abs=1e-8)
        assert evidence["weight"].sum() - own.sum() == pytest.approx(usual[row], rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(("kind", "floor"), [("svd", 0.999999), ("nmf", 0.8)])
def test_the_weight_of_a_like_is_what_the_score_loses_without_it(kind, floor, fitted, likes):
    """With svd to the last digit; with nmf nearly, since other interests then explain more."""
    model, agreement = fitted[kind], []
    for person in np.flatnonzero(np.diff(likes.matrix.indptr) > 40)[:15]:
        row = likes.matrix[[person]].astype(np.float64)
        item = model.recommend(row, n=1)[0, 0]
        evidence = model.explain(row, item).dropna()
        without = np.repeat(row.toarray(), len(evidence), axis=0)
        without[np.arange(len(evidence)), evidence["item"].astype(int)] = 0
        lost = model.score_items(row)[0, item] - model.score_items(without)[:, item]
        agreement.append(np.corrcoef(lost, evidence["weight"])[0, 1])
        assert kind == "svd" or evidence["weight"].min() >= 0
    assert np.mean(agreement) > floor


# Topics ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_shares_of_topics_are_the_scores_of_their_items(name, fitted, likes, village):
    topic = village.items["topic"].loc[likes.items]
    shares = fitted[name].topic_shares(likes.matrix, topic)
    scores = pd.DataFrame(fitted[name].score_items(likes.matrix), columns=likes.items)
    summed = scores.T.groupby(topic).sum().T.clip(lower=0)
    assert shares.columns.tolist() == sorted(topic.unique())
    assert shares.to_numpy() == pytest.approx(summed.div(summed.sum(axis=1), axis=0).to_numpy())


def test_where_svd_says_less_than_nothing_of_all_topics_the_share_is_the_usual(monkeypatch):
    matrix = as_matrix([(0, 0), (0, 1), (1, 1), (2, 2)], (3, 3))
    model = InterestFactors(kind="svd").fit(matrix)
    monkeypatch.setattr(InterestFactors, "_score", lambda self, did: -did.toarray())
    shares = model.topic_shares(matrix, ["chess", "jazz", "jazz"])
    assert shares.to_numpy().tolist() == [[0.25, 0.75]] * 3


@pytest.mark.parametrize("method", MODELS)
def test_beliefs_about_interests_can_come_from_a_model(method, traces, village):
    interests = infer_interests(traces, village.items, holder="Murmur", method=method, prior=5)
    check_table(interests, "beliefs")
    for column, value in (("trait", "interest"), ("method", method), ("origin", "inferred")):
        assert set(interests[column]) == {value}
    counted = infer_interests(traces, village.items, holder="Murmur")
    assert (interests[["person", "value"]] == counted[["person", "value"]]).all(axis=None)
    believed = interests.pivot(index="person", columns="value", values="p")
    assert believed.sum(axis=1).to_numpy() == pytest.approx(1)

    likes = likes_matrix(traces)
    topic = village.items["topic"].loc[likes.items]
    model = clone(MODELS[method]).fit(likes.matrix)
    number = traces.groupby("person").size().to_numpy()[:, None]
    town = traces["item"].map(village.items["topic"]).value_counts(normalize=True).sort_index()
    drawn = model.topic_shares(likes.matrix, topic).mul(number).add(5 * town) / (number + 5)
    assert believed.to_numpy() == pytest.approx(drawn.to_numpy())


def test_the_share_stays_the_default_and_no_other_word_is_a_method(traces, village):
    plain = infer_interests(traces, village.items, holder="Murmur")
    named = infer_interests(traces, village.items, holder="Murmur", method="share")
    pd.testing.assert_frame_equal(plain, named, check_exact=True)
    assert set(plain["method"]) == {"share"} and set(plain["origin"]) == {"observed"}
    with pytest.raises(UnknownNameError, match=r"method 'tfidff' does not exist. Did you mean 'tf"):
        infer_interests(traces, village.items, holder="Murmur", method="tfidff")


def test_friends_in_an_address_book_are_no_interest(village):
    likes, contact = make_traces([(1, 0), (1, 1), (2, 0), (3, 2)]), make_traces([(4, 0)])
    contact["item"] = pd.array([pd.NA], dtype="Int32")
    traces = pd.concat([likes, contact])
    interests = infer_interests(traces, village.items, holder="Murmur", method="lift")
    assert set(interests["person"]) == {1, 2, 3}


# What it must show -------------------------------------------------------------------------------


def true_interests(world, seed):
    """The generator's own shares: by dispositions alone, before chance, fame and events."""
    _, knobs = settle("brightwater", {})
    streams = np.random.default_rng(seed).spawn(len(_STREAMS))
    items, tastes = make_items(knobs, rng=streams[_STREAMS.index("items")])
    assert (items["taste"].to_numpy() == world.items["taste"].to_numpy()).all()
    share = _preference(world.people, tastes, knobs["taste"])
    return pd.DataFrame(share.reshape(len(share), len(TOPICS), -1).sum(axis=2), columns=TOPICS)


def spearman(found, true):
    """Mean over people (which topics?), mean over topics (which people?), and over all cells."""
    found, true = pd.DataFrame(found), pd.DataFrame(np.asarray(true))
    by_person, by_topic = (
        found.set_axis(true.index)
        .set_axis(true.columns, axis=1)
        .rank(axis=axis)
        .corrwith(true.rank(axis=axis), axis=axis)
        .mean()
        for axis in (1, 0)
    )
    return by_person, by_topic, spearmanr(found.to_numpy().ravel(), true.to_numpy().ravel())[0]


def named_one_to_one(model, matrix, topic):
    """Each factor gets the one topic that its items are most about, no two the same."""
    about = pd.get_dummies(topic).to_numpy(float)
    loading = model.components_ @ about
    loading /= loading.sum(axis=1, keepdims=True) * (matrix @ about).sum(axis=0)
    factor, column = linear_sum_assignment(-loading)
    return (model.transform(matrix) * model.components_.sum(axis=1))[:, factor[column.argsort()]]


@pytest.fixture(scope="module", params=[SEED, 201, 202, 203, 204, 205])
def judged(request):
    """A town of 5,000, what its members did last held out, and all models' precision at 10."""
    seed = request.param
    world = load_town() if seed == SEED else make_world(rng=seed)
    traces = seen_by_platform(world)
    late = hold_out_by_time(traces)
    likes = likes_matrix(traces[~late])
    precision = precision_at(likes, traces[late], models=MODELS)
    return world, traces[~late], likes, precision, true_interests(world, seed)


@pytest.mark.slow
def test_all_models_foretell_more_than_popularity(judged):
    table = compare(judged[3]).set_index("model").loc[PERSONAL]
    assert table["n"].min() > 3000
    assert table["low"].min() > 0.05


@pytest.mark.slow
@pytest.mark.parametrize("method", ["share", "tfidf", "nmf", "svd"])
def test_the_topics_that_people_care_for_are_found(judged, method):
    world, traces, _, _, true = judged
    interests = infer_interests(traces, world.items, holder="Murmur", method=method)
    found = interests.pivot(index="person", columns="value", values="p")
    true = true.loc[found.index, found.columns]
    assert min(spearman(found, true)) >= 0.5


@pytest.mark.slow
def test_factors_find_them_unnamed_but_a_factor_is_not_a_topic(judged):
    """Read by all of its items, each factor says enough of every topic. Held to one topic each, as
    many factors as topics fall short of .5: tastes of one topic share half of their direction."""
    world, _, likes, _, true = judged
    topic = world.items["topic"].loc[likes.items]
    model = InterestFactors(len(TOPICS)).fit(likes.matrix)
    true = true.loc[likes.people, sorted(TOPICS)].to_numpy()
    read = model.topic_shares(likes.matrix, topic).to_numpy()
    assert min(spearman(read, true)) >= 0.5
    named = spearman(named_one_to_one(model, likes.matrix, topic), true)
    assert 0.2 < min(named) < 0.5
