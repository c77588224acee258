"""Small tables typed by hand, for tests that need five people and no town."""

from collections.abc import Iterable, Mapping

import pandas as pd
from hypothesis import settings

from ethics_lib.beliefs import as_beliefs

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
