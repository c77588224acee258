"""One-sided audiences and deliveries, found by the audit: nobody wrote a faith into any of them."""

import numpy as np
import pandas as pd
import pytest
from handmade import interval

from ethics_lib.audiences import as_audience, lookalike
from ethics_lib.charter_use import kept_out
from ethics_lib.consents import ask_consent
from ethics_lib.decisions import Ad, Campaign, reach
from ethics_lib.deliveries import deliver, response_rates
from ethics_lib.lines import find_wronged
from ethics_lib.traces import Platform, collect
from ethics_lib.uses import declare_use
from ethics_lib.world import make_world

SEEDS = range(10, 16)
JOB = Ad("We are hiring", "jobs")


def settle(seed):
    town = make_world(4_000, rng=seed)
    members = town.people.query("member")
    joining = {"holder": "Murmur", "time": members["joined"], "rng": seed}
    agreed = ask_consent(members, purposes=["service"], how="terms", **joining)
    return town, members, collect(town, agreed, [Platform("Murmur")]).traces


def groups_left_out(town, decisions):
    """The traits of which a group is shown the job too seldom, as the audit finds them."""
    about = {"purpose": "recruitment", "basis": "consent", "topic": "jobs"}
    uses = declare_use("hiring", holder="Murmur", traits=["likes"], time="2026-01-02", **about)
    found = find_wronged([kept_out], uses=uses, decisions=decisions, people=town.people)
    return set(found["trait"])


@pytest.mark.slow
def test_a_lookalike_of_one_faith_leaves_the_other_out():
    for seed in SEEDS:
        town, members, traces = settle(seed)
        faithful = members.index[members["faith"] == "Tide"]
        seeds = np.random.default_rng(seed).choice(faithful, 300, replace=False)
        audience = lookalike(pd.DataFrame({"person": seeds}), traces, share=0.05)
        others = members.index.difference(seeds)
        shown = reach(audience, JOB, use="hiring", everybody=others, time="2026-01-03")
        assert "faith" in groups_left_out(town, shown)


def hire(town, members, traces, seed, *, equal):
    """An advert for everybody, of which a platform learns who clicks: who was shown it."""
    # a topic that one faith is keener on, as a firm that hires among its own would have
    acts = town.acts[town.acts["kind"] == "visit"]
    topic = town.items["topic"].loc[acts["item"]].to_numpy()
    share = pd.crosstab(topic, acts["person"].map(town.people["faith"]), normalize="columns")
    keen = (share["Tide"] - share["Lantern"]).idxmax()
    rates = response_rates(town, [Ad(JOB.name, keen)], equal=equal)
    campaign = Campaign(JOB, as_audience(members.index, via="everybody"), "hiring", budget=8.0)
    start = {"time": "2026-01-03", "rng": seed, "days": 20}
    return deliver([campaign], traces, rates=rates, **start)


@pytest.mark.slow
def test_a_delivery_that_learns_skews_one_way_and_where_all_respond_alike_no_way():
    """Where all respond alike it still learns, from luck: one town may skew, the towns do not."""
    gaps, found = {True: [], False: []}, {True: [], False: []}
    for seed in SEEDS:
        town, members, traces = settle(seed)
        for equal in gaps:
            decided = hire(town, members, traces, seed, equal=equal)
            assert set(decided["via"]) == {"delivery"}
            shown = decided.set_index("person")["shown"]
            rate = shown.groupby(town.people["faith"].reindex(shown.index)).mean()
            gaps[equal].append(rate["Tide"] - rate["Lantern"])
            found[equal].append("faith" in groups_left_out(town, decided))
    assert interval(gaps[False])[1] > 0
    _, low, high = interval(gaps[True])
    assert low < 0 < high
    assert interval(np.subtract(gaps[False], gaps[True]))[1] > 0  # not for want of precision
    assert all(found[False]) and sum(found[True]) < sum(found[False])
