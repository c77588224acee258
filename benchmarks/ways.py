"""Who passes answers on to a fixed point: ours and the peers that `steps.py` compares.

A way to do so is a value, `Way`; what it is asked for, with whom and who checks it is a `Task`.
"""

from __future__ import annotations

import importlib.metadata
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from friends import OURS, draw_degrees
from scipy.sparse import csr_array, csr_matrix, diags_array, triu
from scipy.sparse.linalg import cg, spsolve

from ethics_lib import walks
from ethics_lib.tables import to_csr

LABELLED = 0.2  # the share of people who answered
ALPHA = 0.85
TRIES = (4, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200)  # numbers of iterations
SMALL = 2_000  # people, for whom the direct solve is quick

# The bars, said in advance.
AHEAD, AHEAD_OF_NETWORKX = 1, 100
SAME = 1e-4


# What all are given ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Town:
    """People, their friends, and what some of them answered.

    Attributes
    ----------
    friends : csr_array (n, n), float32
    known : array (n,) of bool
    answers : array (n, k), float32
        One column a value; zero rows where nobody answered.
    """

    friends: csr_array
    known: np.ndarray
    answers: np.ndarray

    @property
    def people(self) -> int:
        return len(self.known)


def draw_friends(people: int) -> csr_array:
    """Draw the friends that all are given: two sides, some homophily, as in friends.py."""
    return to_csr(OURS.draw(draw_degrees(people, rng=0), 0), pd.RangeIndex(people))


def ask(friends: csr_array, *, share: float = LABELLED, values: int = 2) -> Town:
    """Ask a share of the people, drawn at random, which value is theirs: by turns along the rows.

    With two values it is the side by which friends are sorted.
    """
    people = friends.shape[0]
    known = np.zeros(people, dtype=bool)
    known[np.random.default_rng(1).permutation(people)[: int(share * people)]] = True
    answers = np.zeros((people, values), dtype=np.float32)
    answers[known, np.flatnonzero(known) % values] = 1
    return Town(friends, known, answers)


# The same fixed point ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """One way to pass answers on to a fixed point.

    Attributes
    ----------
    pass_on : callable
        (graph, town, iterations) -> scores (n, 2), or the likelier column of each person (n,)
    build : callable
        town -> the graph in the library's own form; its time is counted apart.
    iterations : int
        0: the fewest that come within `SAME` of the fixed point.
    at_least : float
        Its time as a multiple of ours.
    slow : bool
        Whether it takes so long that one round must do, and none past `steps.BARRED`.
    """

    name: str
    package: str
    at_least: float
    pass_on: Callable[[object, Town, int], np.ndarray]
    build: Callable[[Town], object]
    iterations: int | None = None
    slow: bool = False

    @property
    def title(self) -> str:
        return f"{self.name}({self.iterations})" if self.iterations else self.name


def _matrix(town: Town) -> csr_matrix:
    """The friends as scikit-network and scikit-learn like them best: float64 once and for all."""
    return csr_matrix(town.friends, dtype=np.float64)


def _networkx(town: Town) -> object:
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from(range(town.people))
    graph.add_edges_from(zip(*(end.tolist() for end in triu(town.friends).nonzero()), strict=True))
    labels = town.answers[town.known].argmax(axis=1).tolist()
    known = dict(zip(np.flatnonzero(town.known).tolist(), labels, strict=True))
    networkx.set_node_attributes(graph, known, "label")
    return graph


def _igraph(town: Town) -> object:
    import igraph

    return igraph.Graph(town.people, np.column_stack(triu(town.friends).nonzero()))


def _harmonic_field(friends: csr_array, town: Town, _: int | None) -> np.ndarray:
    return walks.harmonic_field(friends, town.known, town.answers)[0]


def _dirichlet(matrix: csr_matrix, town: Town, iterations: int) -> np.ndarray:
    from sknetwork.regression import Dirichlet

    values = np.where(town.known, town.answers[:, 1], -1)
    second = Dirichlet(n_iter=iterations).fit_predict(matrix, values)
    return np.column_stack([1 - second, second])


def _diffusion(matrix: csr_matrix, town: Town, iterations: int) -> np.ndarray:
    from sknetwork.classification import DiffusionClassifier

    labels = np.where(town.known, town.answers.argmax(axis=1), -1)
    learner = DiffusionClassifier(n_iter=iterations, centering=False).fit(matrix, labels)
    return learner.predict_proba()


def _label_propagation(matrix: csr_matrix, town: Town, iterations: int) -> np.ndarray:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.semi_supervised import LabelPropagation

    learner = LabelPropagation(kernel=lambda *_: matrix, max_iter=iterations, tol=0)
    labels = np.where(town.known, town.answers.argmax(axis=1), -1)
    with warnings.catch_warnings(), np.errstate(divide="ignore"):  # by 0, who has no friends
        warnings.simplefilter("ignore", ConvergenceWarning)  # told how often, it says so
        return learner.fit(np.arange(town.people)[:, None], labels).label_distributions_


def _harmonic_function(graph: object, town: Town, _: int | None) -> np.ndarray:
    from networkx.algorithms.node_classification import harmonic_function

    return np.array(harmonic_function(graph))


FIELD = Way("harmonic_field", "ethics-lib", np.nan, _harmonic_field, lambda town: town.friends)
DIRICHLET = Way("Dirichlet", "scikit-network", AHEAD, _dirichlet, _matrix, 0)
LONG = replace(DIRICHLET, iterations=500, slow=True)
FIELD_PEERS = (
    DIRICHLET,
    LONG,
    Way("DiffusionClassifier", "scikit-network", AHEAD, _diffusion, _matrix, 0),
    Way("LabelPropagation", "scikit-learn", AHEAD, _label_propagation, _matrix, 0),
    Way(
        "harmonic_function",
        "networkx",
        AHEAD_OF_NETWORKX,
        _harmonic_function,
        _networkx,
        slow=True,
    ),
)


def solve_field(town: Town) -> np.ndarray:
    """Find the fixed point by SciPy's solvers alone: direct for few people, else by `cg`."""
    silent = np.flatnonzero(~town.known & (np.diff(town.friends.indptr) > 0))
    degree = np.diff(town.friends.indptr)[silent].astype(float)
    theirs = town.friends[silent].astype(float)
    laplacian = (diags_array(degree) - theirs[:, silent]).tocsr()
    told = theirs @ town.answers[:, 1].astype(float)
    field = town.answers[:, 1].astype(float)
    if town.people <= SMALL:
        field[silent] = spsolve(laplacian.tocsc(), told)
    else:
        halved = diags_array(1 / degree)
        field[silent], _ = cg(laplacian, told, rtol=1e-12, atol=0, M=halved)
    return np.column_stack([1 - field, field])


# Personalised PageRank ---------------------------------------------------------------------------


def _pagerank(friends: csr_array, town: Town, _: int | None) -> np.ndarray:
    return walks.personalised_pagerank(friends, town.known, town.answers[:, [1]], alpha=ALPHA)[0]


def _by_two_runs(run: Callable[[np.ndarray], object], town: Town) -> np.ndarray:
    """One class among those who come by: a run from those of that class, a run from all."""
    # who has no friends is left out: their walkers would count as lost, and start elsewhere
    has_friends = np.diff(town.friends.indptr) > 0
    one, everybody = (town.answers[:, 1] > 0) & has_friends, town.known & has_friends
    visits = [np.asarray(run(start.astype(float))) * start.sum() for start in (one, everybody)]
    return (visits[0] / np.maximum(visits[1], np.finfo(float).tiny))[:, None]


def _pagerank_igraph(graph: object, town: Town, _: int | None) -> np.ndarray:
    return _by_two_runs(
        lambda start: graph.personalized_pagerank(damping=ALPHA, reset=start.tolist()), town
    )


def _pagerank_network(matrix: csr_matrix, town: Town, iterations: int) -> np.ndarray:
    from sknetwork.ranking import PageRank

    learner = PageRank(damping_factor=ALPHA, n_iter=iterations, tol=0)
    return _by_two_runs(lambda start: learner.fit_predict(matrix, start), town)


def _pagerank_networkx(graph: object, town: Town, _: int | None) -> np.ndarray:
    from networkx import pagerank

    def run(start: np.ndarray) -> list[float]:
        at = dict(enumerate(start.tolist()))
        found = pagerank(graph, alpha=ALPHA, personalization=at, max_iter=500, tol=1e-10 / len(at))
        return [found[person] for person in range(town.people)]

    return _by_two_runs(run, town)


WALK = Way("personalised_pagerank", "ethics-lib", np.nan, _pagerank, lambda town: town.friends)
WALK_PEERS = (
    Way("personalized_pagerank", "igraph", np.nan, _pagerank_igraph, _igraph),
    Way("PageRank", "scikit-network", np.nan, _pagerank_network, _matrix, 0),
    Way("pagerank", "networkx", np.nan, _pagerank_networkx, _networkx, slow=True),
)


def solve_walk(town: Town) -> np.ndarray:
    """Find the same by SciPy's `cg` alone, on the symmetric form of the equation."""
    root = np.sqrt(np.maximum(np.diff(town.friends.indptr), 1.0))
    scaled = diags_array(1 / root) @ town.friends.astype(float) @ diags_array(1 / root)
    system = (diags_array(np.ones(town.people)) - ALPHA * scaled).tocsr()
    starts = (town.answers[:, 1].astype(float), town.known.astype(float))
    heard = [cg(system, start / root, rtol=1e-12, atol=0)[0] for start in starts]
    return (heard[0] / np.maximum(heard[1], np.finfo(float).tiny))[:, None]


# What they are asked for --------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """What ours and the peers are asked for, and who finds it by other means: `solve`."""

    name: str
    title: str
    ours: Way
    peers: tuple[Way, ...]
    solve: Callable[[Town], np.ndarray]


FIXED = Task("fixed point", "The same fixed point, both columns", FIELD, FIELD_PEERS, solve_field)
WALKS = Task(
    "PageRank",
    f"Personalised PageRank of one value, alpha {ALPHA}",
    WALK,
    WALK_PEERS,
    solve_walk,
)


def is_there(way: Way) -> bool:
    """Whether the way's package is installed."""
    return bool(list(importlib.metadata.distributions(name=way.package)))


def get_ready(task: Task, town: Town) -> Task:
    """Call each way once, as what a first call loads is not counted, and find its iterations.

    Those of 0 become the fewest of `TRIES` that come within half of `SAME`: half, as larger towns
    have more people to be wrong about. What they come to there stands in the column of errors.
    """
    solution, ready = task.solve(town), []
    for way in filter(is_there, (task.ours, *task.peers)):
        graph = way.build(town)
        for iterations in TRIES if way.iterations == 0 else [way.iterations]:
            scores = way.pass_on(graph, town, iterations)
            if find_error(scores, solution, town)[0] <= SAME / 2:
                break
        ready.append(replace(way, iterations=iterations))
    return replace(task, ours=ready[0], peers=tuple(ready[1:]))


def find_error(scores: np.ndarray, solution: np.ndarray, town: Town) -> tuple[float, float]:
    """Find the greatest error, and the share of people whose likelier value is the same.

    Both are taken over the silent who have a friend who answered. A library that gives guesses
    and no scores has no error: NaN.
    """
    asked = ~town.known & (town.friends @ town.known.astype(np.float32) > 0)
    scores, likelier = scores[asked], solution[asked, -1] > 0.5
    if scores.ndim == 1:
        return np.nan, np.mean((scores == 1) == likelier)
    return np.abs(scores - solution[asked]).max(), np.mean((scores[:, -1] > 0.5) == likelier)
