"""Small tables typed by hand, for tests that need five people and no town."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from hypothesis import settings
from scipy.stats import t

from ethics_lib.beliefs import as_beliefs
from ethics_lib.tables import COLUMNS
from ethics_lib.uses import declare_use

# A shared machine may be slow, and a student's run should find what ours found.
settings.register_profile("house", deadline=None, max_examples=40, derandomize=True)
settings.load_profile("house")

DAY = pd.Timestamp("2025-06-01")


def make_traces(pairs: Iterable[tuple[int, int]], **columns: object) -> pd.DataFrame:
    """A like of each (person, item); columns say what was otherwise."""
    traces = pd.DataFrame(list(pairs), columns=["person", "item"])
    full = {
        "from_person": traces["person"],
        "kind": "like",
        "time": DAY,
        "source": "platform",
        "purpose": "service",
        "holder": "Murmur",
    }
    return traces.assign(**full | columns).astype({"item": "Int32"})


def record(acts: pd.DataFrame, **columns: str) -> pd.DataFrame:
    """All these acts as traces, on a platform if not said otherwise."""
    full = {"source": "platform", "purpose": "service", "holder": "Murmur"}
    traces = acts.assign(from_person=acts["person"], **full | columns)
    return traces[list(COLUMNS["traces"])].astype({"item": "Int32"})


def make_ties(*pairs: tuple[int, int]) -> pd.DataFrame:
    """A friendship for each pair."""
    return pd.DataFrame(list(pairs), columns=["a", "b"], dtype="int64").assign(context="friend")


def make_known(answers: Mapping[int, object], trait: str = "side") -> pd.DataFrame:
    """What each person said."""
    return pd.DataFrame(
        {
            "person": list(answers),
            "trait": trait,
            "value": pd.Series(list(answers.values()), dtype=object),
        }
    )


def make_beliefs(*rows: tuple[int, str, object, float], **columns: str) -> pd.DataFrame:
    """A belief for each (person, trait, value, p), worked out on purpose if not said otherwise."""
    table = pd.DataFrame(list(rows), columns=["person", "trait", "value", "p"])
    full = {"origin": "inferred", "method": "svd", "holder": "Murmur", "intent": "deliberate"}
    return as_beliefs(table, **full | columns)


def make_consents(*rows: tuple[int, str, bool, str, str], holder: str = "Murmur") -> pd.DataFrame:
    """A choice for each (person, purpose, granted, how, time)."""
    table = pd.DataFrame(list(rows), columns=["person", "purpose", "granted", "how", "time"])
    return table.assign(holder=holder, time=pd.to_datetime(table["time"]))


def interval(values: Iterable[float]) -> tuple[float, float, float]:
    """The mean over seeds, and the ends of its 95 % interval (Student's t)."""
    values = np.asarray(values, dtype=float)
    reach = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return values.mean(), values.mean() - reach, values.mean() + reach


def make_use(name: str = "advert", **columns: object) -> pd.DataFrame:
    """A use of openness for an advert about cheese; columns say what was otherwise."""
    full = {
        "holder": "Murmur",
        "traits": ["openness"],
        "purpose": "direct_marketing",
        "basis": "consent",
        "topic": "cheese",
        "time": "2025-06-01",
    }
    return declare_use(name, **full | columns)


def decide(
    *people: int,
    use: str = "advert",
    shown: bool = True,
    via: str = "belief",
    time: str = "2025-07-01",
) -> pd.DataFrame:
    """A decision about each person under one use."""
    rows = pd.DataFrame({"person": list(people)}, dtype="int32")
    return rows.assign(
        use=use,
        ad="An advert",
        category="yes",
        score=1.0,
        shown=shown,
        acted=pd.array([pd.NA] * len(rows), dtype="boolean"),
        via=via,
        time=pd.Timestamp(time).as_unit("s"),
    )
