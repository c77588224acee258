"""How long an audit takes: all lines on a busy pipeline, beside one plain pass of pandas over it.

The pipeline is one in which much is wrong: a tracker that does not wait, address books, notices to
half, uses on beliefs from likes and from friends. All tables are there, so all lines are tested.
The peer is what any audit must do at least, in plain pandas: join every record with the consent
that was in force when it was made (`pandas.merge_asof`).
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import sys
from datetime import date

import numpy as np
import pandas as pd
from friends import say, take_time, verdict

from ethics_lib.beliefs import as_beliefs, declare
from ethics_lib.charter import CHARTER
from ethics_lib.charter_collection import NORMS
from ethics_lib.consents import ask_consent, give_notice, in_force
from ethics_lib.decisions import Ad, target
from ethics_lib.identifiers import make_identifiers
from ethics_lib.lines import audit
from ethics_lib.privacy_labels import declare_label
from ethics_lib.propagation import propagate
from ethics_lib.tables import World, concat
from ethics_lib.traces import ContactUpload, Pixel, Platform, collect
from ethics_lib.uses import declare_safeguards, declare_use
from ethics_lib.world import make_world

# The bars, said in advance.
PEOPLE, SECONDS = 20_000, 5
CITY_SECONDS = 300
HOLDER, STARTS, SHOWN, ASOF = "Murmur", "2026-01-02", "2026-01-05", "2026-01-10"
USES = {  # use: (trait, value looked for, purpose, basis, topic, kind)
    "votes": ("party", "Quay", "direct_marketing", "legitimate_interest", "political"),
    "parish": ("faith", "Tide", "direct_marketing", "consent", "events"),
    "loans": ("in_debt", "yes", "credit_scoring", "contract", "loans"),
    "talks": ("skill", "yes", "direct_marketing", None, "jobs"),
}
KINDS = {"loans": "credit", "talks": "exclusion"}


def make_busy_pipeline(world: World) -> dict[str, pd.DataFrame]:
    """All tables of a platform that asks late, tells half, and concludes from friends."""
    people = world.people
    members = people[people["member"]]

    def ask(purposes: list[str], how: str, rate: float | None = None) -> pd.DataFrame:
        when = {"time": members["joined"], "rng": 1, "rate": rate}
        return ask_consent(members, holder=HOLDER, purposes=purposes, how=how, **when)

    asked = [ask(["service"], "terms"), ask(["contacts", "tracking"], "opt-in", 0.3)]
    asked += [ask(["advertising", "direct_marketing"], "banner", 0.6)]
    consents = concat(asked, "consents")
    collectors = [Platform(HOLDER), Pixel(HOLDER, reach=0.3, waits=False), ContactUpload(HOLDER)]
    held = collect(world, consents, collectors)
    said = world.reports[world.reports["trait"].isin(["party", "faith", "in_debt"])]
    drawn = np.random.default_rng(1).choice(["no", "yes"], len(members)).astype(object)
    skill = pd.DataFrame({"person": members.index.astype("int32"), "value": drawn, "p": 0.6})
    row = {"trait": "skill", "origin": "inferred", "method": "test", "holder": HOLDER}
    beliefs = [
        propagate(said, held.ties, holder=HOLDER, method="neighbours"),
        declare(said, holder=HOLDER),
        as_beliefs(skill, **row, intent="deliberate"),
    ]
    beliefs = concat(beliefs, "beliefs")
    uses, shown = [], []
    for use, (trait, value, purpose, basis, topic) in USES.items():
        about = {"holder": HOLDER, "traits": [trait], "purpose": purpose, "basis": basis}
        kind = KINDS.get(use, "personalised_ad")
        uses.append(declare_use(use, **about, topic=topic, kind=kind, time=STARTS))
        ad = Ad(use, topic, trait, value)
        shown.append(target(beliefs, ad, use=use, threshold=0.5, time=SHOWN))
    half = people[people.index % 2 == 0]
    return {
        "people": people,
        "traces": held.traces,
        "consents": consents,
        "notices": give_notice(half, holder=HOLDER, purposes=["service"], time="2019-01-01"),
        "beliefs": beliefs,
        "uses": concat(uses, "uses"),
        "safeguards": declare_safeguards("loans", {"informed": STARTS}),
        "decisions": concat(shown, "decisions"),
        "declarations": declare_label(collectors),
        "norms": NORMS,
        "identifiers": make_identifiers(people),
    }


def merge_plainly(consents: pd.DataFrame, traces: pd.DataFrame) -> float:
    """The share of records that were allowed, as pandas alone would find it."""
    keys = ["person", "holder", "purpose"]
    left = traces[[*keys, "time"]].sort_values("time", kind="stable")
    right = consents[[*keys, "granted", "time"]].sort_values("time", kind="stable")
    return float(pd.merge_asof(left, right, on="time", by=keys)["granted"].eq(True).mean())


def measure(world: World, *, rounds: int) -> tuple[pd.Series, pd.DataFrame]:
    """How long an audit takes, how long the peer, and each line on its own."""
    tables = make_busy_pipeline(world)
    gc.collect()
    took, plain = [], []
    for _ in range(rounds):
        seconds, findings = take_time(lambda: audit(CHARTER, asof=ASOF, **tables))
        took.append(seconds)
        plain.append(take_time(merge_plainly, tables["consents"], tables["traces"])[0])
    allowed = in_force(tables["consents"], tables["traces"]).mean()
    assert np.isclose(allowed, merge_plainly(tables["consents"], tables["traces"]))
    lines = [
        (rule.id, rule.name, take_time(lambda rule=rule: audit([rule], asof=ASOF, **tables))[0])
        for rule in CHARTER
    ]
    crossed = findings.loc[findings["crossed"].fillna(False), "line"].nunique()
    result = {
        "people": len(world.people),
        "records": len(tables["traces"]),
        "beliefs": len(tables["beliefs"]),
        "decisions": len(tables["decisions"]),
        "lines": len(CHARTER),
        "tested": findings.loc[findings["crossed"].notna(), "line"].nunique(),
        "crossed": crossed,
        "seconds": np.median(took),
        "plain join": np.median(plain),
    }
    columns = ["line", "name", "seconds"]
    return pd.Series(result), pd.DataFrame(lines, columns=columns)


def say_measured(found: pd.Series, lines: pd.DataFrame, bar: float) -> bool:
    """Print what was found, and whether it holds."""
    counts = ("people", "records", "beliefs", "decisions", "lines", "tested", "crossed")
    say(", ".join(f"{found[name]:,.0f} {name}" for name in counts))
    holds = found["seconds"] <= bar and found["tested"] == found["lines"]
    say(f"audit of all lines {found['seconds']:.2f} s, at most {bar:g}: {verdict(holds)}")
    ratio = found["seconds"] / found["plain join"]
    say(f"{ratio:.2f} times one join of records with consents by pandas.merge_asof")
    say(lines.to_string(index=False, formatters={"seconds": "{:.3f}".format}))
    return holds


def peak() -> float:
    """Gigabytes at the peak of this process, NaN where it cannot be told."""
    try:
        import resource
    except ImportError:
        return float("nan")
    unit = 1e9 if sys.platform == "darwin" else 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main(arguments: list[str]) -> int:
    """Print all of it."""
    parser = argparse.ArgumentParser(prog="audit.py", description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--city", action="store_true", help="a million people too")
    asked = parser.parse_args(arguments)
    say(
        f"An audit. {date.today()}, Python {platform.python_version()}, {os.cpu_count()} processors"
    )
    found, lines = measure(make_world(asked.people, rng=1), rounds=asked.rounds)
    holds = say_measured(found, lines, SECONDS)
    if asked.city:
        say("")
        city, lines = measure(make_world("city", rng=1), rounds=1)
        holds &= say_measured(city, lines, CITY_SECONDS)
        growth = np.log(city["seconds"] / found["seconds"])
        say(f"exponent in records {growth / np.log(city['records'] / found['records']):.2f}")
        say(f"{peak():.1f} GB at the peak, with the making of the city and the pipeline")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
