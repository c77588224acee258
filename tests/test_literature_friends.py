"""The measuring functions of three rooms of literature, on worlds whose answer is known."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from handmade import make_ties
from sklearn.metrics import roc_auc_score

from ethics_lib.datasets import load_published
from ethics_lib.effects import Effect
from ethics_lib.literature import bystanders, crowds, friends
from ethics_lib.tables import World, to_csr
from ethics_lib.ties import make_ties as draw_ties
from ethics_lib.world import make_world

EFFECTS = [getattr(room, name) for room in (friends, bystanders, crowds) for name in room.__all__]
AT_HOME = [e for e in EFFECTS if e.at_home]


def some_friends(n=40, p=0.15, seed=3):
    graph = nx.gnp_random_graph(n, p, seed=seed)
    return graph, to_csr(make_ties(*graph.edges), pd.RangeIndex(n))


def sorted_town(n=600, *, homophily=1.0, members=0.8, rng=5):
    """A town with one trait; half have it, and friends share it as far as homophily says."""
    rng = np.random.default_rng(rng)
    faith = pd.Series(np.where(rng.permutation(n) % 2, "Tide", "Lantern"))
    joins = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.permutation(n), "D")
    member = rng.random(n) < members
    people = pd.DataFrame({"faith": faith, "member": member, "joined": joins.where(member)})
    ties = draw_ties(faith, mean_degree=12, spread=0, homophily=homophily, circles=0, rng=rng)
    return World(people.rename_axis("person"), ties=ties)


def likers(*lists):
    """A world of people who like the pages listed, one list a person."""
    pairs = [(person, item) for person, items in enumerate(lists) for item in items]
    acts = pd.DataFrame(pairs, columns=["person", "item"]).assign(kind="like")
    items = pd.DataFrame({"kind": "page"}, index=range(1 + max(item for _, item in pairs)))
    people = pd.DataFrame({"member": True}, index=pd.RangeIndex(len(lists), name="person"))
    return World(people, items, acts)


@pytest.mark.parametrize("task", EFFECTS, ids=lambda task: task.id)
def test_every_effect_names_published_figures_and_a_source(task):
    assert isinstance(task, Effect)
    rows = load_published().set_index("figure").loc[list(task.figures)]
    assert rows["standing"].isin(["primary", "secondary", "memory", "analogue"]).all()
    assert rows[["low", "high"]].notna().any(axis=1).all(), "a band open at both ends says nothing"
    assert task.ablated and task.check.__doc__


def test_ids_and_figures_are_written_once():
    assert len({task.id for task in EFFECTS}) == len(EFFECTS)
    figures = [name for task in EFFECTS for name in task.figures]
    assert len(set(figures)) == len(figures)


@pytest.fixture(scope="module")
def small_town():
    return make_world(400, rng=2)


@pytest.mark.parametrize("task", AT_HOME, ids=lambda task: task.id)
def test_every_effect_of_the_town_measures_a_small_one(task, small_town):
    before = small_town.people.copy(), small_town.ties.copy(), small_town.acts.copy()
    for ablated in (False, True):
        found = task(small_town, rng=1, ablated=ablated)
        assert list(found) == list(task.figures)
        assert np.isfinite(list(found.values())).all()
        assert found == task(small_town, rng=1, ablated=ablated)
    for table, kept in zip(("people", "ties", "acts"), before, strict=True):
        pd.testing.assert_frame_equal(getattr(small_town, table), kept)


def test_auc_is_that_of_scikit_learn_also_with_equal_scores():
    rng = np.random.default_rng(1)
    has, scores = rng.random(80) < 0.3, rng.integers(0, 6, (80, 3))
    expected = [roc_auc_score(has, column) for column in scores.T]
    assert friends.auc(has, scores) == pytest.approx(expected)
    assert friends.auc(np.column_stack([has] * 3), scores) == pytest.approx(expected)


@pytest.mark.parametrize(("homophily", "low", "high"), [(1, 0.999, 1), (0, 0.4, 0.6)])
def test_friends_tell_what_they_share(homophily, low, high):
    people, bonds = friends.platform(sorted_town(homophily=homophily))
    has = friends.has_trait(people, "faith")
    found = friends.hidden_auc(bonds, has, labelled=0.5, rng=np.random.default_rng(1))
    assert (low <= found).all() and (found <= high).all()


def test_friendships_with_people_who_never_joined_are_not_on_the_platform():
    people = pd.DataFrame({"member": [True, True, False]}).rename_axis("person")
    members, bonds = friends.platform(World(people, ties=make_ties((0, 1), (1, 2))))
    assert members.index.tolist() == [0, 1]
    assert bonds.toarray().tolist() == [[0, 1], [1, 0]]


def test_assortativity_is_that_of_networkx():
    graph, bonds = some_friends()
    label = np.arange(40) % 3
    nx.set_node_attributes(graph, dict(enumerate(label.tolist())), "label")
    edges = bonds.tocoo()
    found = friends.assortativity(label[edges.row], label[edges.col])
    assert found == pytest.approx(nx.attribute_assortativity_coefficient(graph, "label"))


def test_walks_are_powers_of_the_matrix_without_its_diagonal():
    _, bonds = some_friends()
    dense = bonds.toarray().astype(float)
    has = np.random.default_rng(4).random(40) < 0.5
    judged = np.arange(0, 40, 2)
    expected = []
    for step in range(1, 6):
        power = np.linalg.matrix_power(dense, step)
        assert friends.returns(bonds, judged, 5)[step] == pytest.approx(np.diag(power)[judged])
        np.fill_diagonal(power, 0)
        share = (power @ has)[judged] / power.sum(1)[judged]
        expected.append(roc_auc_score(has[judged], share))
    found = friends.walk_auc(bonds.astype(float), has, range(1, 6), judged=judged)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("phi", [0, 0.05, 0.2])
def test_overdispersion_finds_what_was_put_in(phi):
    rng = np.random.default_rng(2)
    of = rng.integers(5, 150, 20_000)
    p = rng.beta(0.55 * (1 / phi - 1), 0.45 * (1 / phi - 1), 20_000) if phi else 0.55
    assert friends.overdispersion(rng.binomial(of, p), of) == pytest.approx(phi, abs=0.004)


def test_in_a_star_all_but_one_have_a_friend_with_more_friends():
    star = to_csr(make_ties(*((0, leaf) for leaf in range(1, 6))), pd.RangeIndex(7))
    assert friends.friends_of_friends(star) == pytest.approx((5 / 6, 5 / 6))


def test_the_friendship_paradox_is_that_of_a_count_by_hand():
    graph, bonds = some_friends()
    degree = dict(graph.degree)
    theirs = {who: [degree[f] for f in graph[who]] for who in graph if degree[who]}
    for found, middle in zip(friends.friends_of_friends(bonds), (np.mean, np.median), strict=True):
        assert found == pytest.approx(np.mean([middle(t) > degree[w] for w, t in theirs.items()]))


def test_members_tell_all_of_outsiders_with_whom_they_share_all():
    ask = {"trait": "faith", "sizes": [0, 0.5, 1], "disclosures": [0, 0.5, 1], "draws": 5}
    grid = bystanders.told_about_outsiders(sorted_town(), **ask, rng=np.random.default_rng(1))
    assert grid.shape == (3, 3)
    assert grid[0] == pytest.approx(0.5) and grid[:, 0] == pytest.approx(0.5)
    assert grid[1, 1] < grid[2, 2] == 1
    rng = np.random.default_rng(1)
    dealt = bystanders.told_about_outsiders(
        sorted_town(), **ask | {"draws": 60}, dealt=True, rng=rng
    )
    assert dealt == pytest.approx(0.5, abs=0.03)


def test_an_app_passes_from_friend_to_friend_and_stops_at_its_quota():
    bonds = to_csr(make_ties(*((a, a + 1) for a in range(29) if a != 14)), pd.RangeIndex(30))
    ask = {"starters": 1, "rng": np.random.default_rng(3)}
    installed = bystanders.spread_app(bonds, quota=15, take_up=1.0, **ask)
    assert len(set(installed)) == 15
    assert set(installed) in ({*range(15)}, {*range(15, 30)}), "it never jumps while it spreads"
    assert len(bystanders.spread_app(bonds, quota=7, take_up=0.0, **ask)) == 7


def test_one_app_counts_each_person_once():
    people = pd.DataFrame({"member": [True] * 4_000}).rename_axis("person")
    pairs = World(people, ties=make_ties(*((a, a + 1) for a in range(0, 4_000, 2))))
    # everybody has one friend: whoever installs the app by chance gives away two profiles
    alone = bystanders.one_app.check(pairs, np.random.default_rng(1), take_up=0.0)
    assert alone["CA-ratio"] == pytest.approx(2, abs=0.03)
    # and two who passed it on give away the same two
    passed = bystanders.one_app.check(pairs, np.random.default_rng(1), take_up=1.0)
    assert passed["CA-ratio"] == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(("homophily", "gain", "share"), [(1, 0.5, 1), (0, 0, 0)])
def test_a_fifth_tells_all_where_friends_share_all(homophily, gain, share):
    town = sorted_town(1_500, homophily=homophily)
    found = bystanders.twenty_percent.check(town, np.random.default_rng(1))
    assert found["M10-gain"] == pytest.approx(gain, abs=0.06)
    assert found["M10-share"] == pytest.approx(share, abs=0.06)


def test_a_group_votes_as_its_known_members_do():
    world = likers([0], [0, 1], [1], [0, 1], [])
    known = np.array([True, True, True, False, False])
    has = np.array([True, True, False, False, False])
    votes = bystanders.group_vote(crowds.likes_of(world), known, has)
    zero, one = (2 + 2 / 3) / 3, (1 + 2 / 3) / 3
    assert votes[3:] == pytest.approx([(zero + one) / 2, 2 / 3])


def test_alone_are_those_whose_row_nobody_shares():
    assert crowds.share_alone(np.array([1, 1, 2, 2]), np.array(["a", "b", "b", "b"])) == 0.5


def test_equal_postcodes_agree_with_the_formula_where_it_holds():
    rng = np.random.default_rng(1)
    days = rng.integers(0, 365 * 78, 186_600).astype("datetime64[D]")
    people = pd.DataFrame({"birth_date": days.astype("datetime64[s]")})
    people["gender"] = rng.choice(["woman", "man"], len(people))
    found = crowds.equal_postcodes.check(World(people), rng)["S00-anchor"]
    assert found == pytest.approx(np.exp(-9_330 / 56_940), abs=0.005)


def some_likes(rng, people=60, pages=25):
    lists = [rng.choice(pages, rng.integers(5, 12), replace=False) for _ in range(people)]
    return crowds.likes_of(likers(*lists)), lists


def test_chosen_items_are_ones_own_each_once_and_the_rarest_first():
    rng = np.random.default_rng(6)
    likes, lists = some_likes(rng)
    who = crowds.choose_people(likes, at_least=6, sample=20, rng=rng)
    assert all(len(lists[person]) >= 6 for person in who)
    fame = np.bincount(likes.indices, minlength=likes.shape[1])
    chosen = crowds.choose_items(likes, who, number=5, rank=fame[likes.indices])
    for person, items in zip(who, chosen, strict=True):
        assert len(set(items)) == 5 and set(items) <= set(lists[person])
        assert fame[items].tolist() == sorted(fame[lists[person]])[:5]


def test_fellows_have_all_of_the_first_items():
    rng = np.random.default_rng(7)
    likes, lists = some_likes(rng)
    who = np.arange(10)
    chosen = crowds.choose_items(likes, who, number=3, rank=rng.random(likes.nnz))
    for k, having in enumerate(crowds.fellows(likes, chosen), start=1):
        for row, items in enumerate(chosen):
            expected = [p for p, own in enumerate(lists) if {*items[:k]} <= {*own}]
            assert np.flatnonzero(having[[row]].toarray()[0]).tolist() == expected


@pytest.mark.parametrize(
    ("lists", "four", "full"),
    [
        ([range(4 * k, 4 * k + 4) for k in range(80)], 1, 1),
        ([range(4)] * 80, 0, 0),
        ([[0, 1, 2, 3, 4 + k] for k in range(80)], 0.8, 1),  # alone unless the fifth is left out
    ],
)
def test_four_items_single_out_whom_nobody_is_like(lists, four, full):
    world, rng = likers(*lists), np.random.default_rng(1)
    found = crowds.four_items.check(world, rng)
    assert found["Ac15-4"] == pytest.approx(four, abs=0.12)
    assert found["Ac15-all"] == full
    lost = crowds.growing_crowd.check(world, rng)
    assert lost == pytest.approx({"F21-loss": 0, "F21-convex": 0}, abs=0.15)


def test_needed_interests_follow_the_slope_to_the_platform():
    audience = np.tile(10 ** (6 - 0.5 * np.arange(1, 9)), (5, 1))
    ask = {"population": 10**6, "chance": 0.9}
    assert crowds.needed(audience, scale=10**6, **ask) == pytest.approx(12)
    assert crowds.needed(audience, scale=10**9, **ask) == pytest.approx(18)
