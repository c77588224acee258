"""A pipeline in which nothing is wrong, and faults to plant in it.

The pipeline asks, tells, waits and writes down; every table is there, so every line is tested. A
fault is a seeded mutation of its tables that knows nothing of how a line looks for it: a consent is
removed, a notice comes late. Each fault says which line it crosses and whom it wrongs.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from ethics_lib.beliefs import as_beliefs, declare
from ethics_lib.consents import ask_consent, give_notice, in_force
from ethics_lib.identifiers import make_identifiers
from ethics_lib.tables import COLUMNS, concat
from ethics_lib.traces import Pixel, Platform, collect
from ethics_lib.uses import declare_safeguards, declare_use
from ethics_lib.world import make_world

HOLDER = "Murmur"
STARTS, SHOWN, ASOF = "2026-01-02", "2026-01-05", "2026-01-10"
EARLY = "2019-01-01"  # before anything was recorded
USES = {  # use: (purpose, topic, kind, via)
    "newsletter": ("direct_marketing", "knitting", "personalised_ad", "belief"),
    "basket": ("direct_marketing", "cheese", "personalised_ad", "retargeting"),
    "wine": ("direct_marketing", "alcohol", "personalised_ad", "belief"),
    "vote": ("direct_marketing", "political", "personalised_ad", "belief"),
    "fair": ("recruitment", "jobs", "job", "belief"),
}
SAFE = "dpia arrangement human_review informed representations contest labelled_as_guess".split()

Tables = dict[str, pd.DataFrame]
Fault = Callable[[Tables, np.random.Generator], tuple[Tables, set[int]]]


def make_careful_pipeline(n: int, *, rng: int) -> Tables:
    """Every table of a platform that does nothing wrong to anybody, by name."""
    world = make_world(n, rng=rng)
    chance = np.random.default_rng(rng)
    members = world.people.query("member")
    consents = _ask(members, chance)
    collectors = [Platform(HOLDER), Pixel(HOLDER, reach=0.3, waits=True)]
    held = collect(world, consents, collectors)
    purposes = ["service", "advertising"]
    beliefs = _believe(members, held.traces, chance)
    uses = [
        declare_use(
            use,
            holder=HOLDER,
            traits=["visited" if use == "basket" else "skill"],
            purpose=purpose,
            basis="consent",
            topic=topic,
            time=STARTS,
            kind=kind,
        )
        for use, (purpose, topic, kind, _) in USES.items()
    ]
    uses = concat(uses, "uses")
    safeguards = [declare_safeguards(use, dict.fromkeys(SAFE, EARLY)) for use in USES]
    return {
        "people": world.people,
        "traces": held.traces,
        "consents": consents,
        "notices": give_notice(world.people, holder=HOLDER, purposes=purposes, time=EARLY),
        "beliefs": beliefs,
        "uses": uses,
        "safeguards": concat(safeguards, "safeguards"),
        "decisions": _decide(uses, beliefs, consents, world.people),
        "declarations": _label(held.traces),
        "norms": _norms(held.traces),
        "identifiers": make_identifiers(world.people),
        "items": world.items,
    }


def _ask(members: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Terms on joining; then a fair question for each further purpose."""

    def ask(purposes, how, rate=None):
        return ask_consent(
            members,
            holder=HOLDER,
            purposes=purposes,
            how=how,
            time=members["joined"],
            rng=rng,
            rate=rate,
        )

    marketing = ["advertising", "direct_marketing"]
    separately = ["political_ads", "recruitment"]
    asked = [ask("service", "terms"), ask(marketing, "opt-in", 0.5), ask("tracking", "opt-in", 0.5)]
    return concat([*asked, ask(separately, "explicit", 0.5)], "consents")


def _believe(members: pd.DataFrame, traces: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """What people said of a harmless thing, and that some were seen in a shop."""
    said = pd.DataFrame({"person": members.index.astype("int32"), "trait": "skill"})
    said["value"] = rng.choice(["no", "yes"], len(said)).astype(object)
    seen = traces.loc[traces["source"] == "pixel", ["person"]].drop_duplicates()
    visited = as_beliefs(
        seen.assign(value="yes", p=1.0),
        trait="visited",
        origin="tracked",
        method="pixel",
        holder=HOLDER,
        intent="deliberate",
    )
    return concat([declare(said, holder=HOLDER), visited], "beliefs")


def _decide(
    uses: pd.DataFrame, beliefs: pd.DataFrame, consents: pd.DataFrame, people: pd.DataFrame
) -> pd.DataFrame:
    """Each use is made on adults who agreed to it and to being tracked, and on nobody else."""
    grown = people.index[people["birth_date"] < pd.Timestamp(SHOWN) - pd.DateOffset(years=19)]
    decided = []
    for use in uses.itertuples():
        about = beliefs[(beliefs["trait"] == use.trait) & beliefs["person"].isin(grown)]
        asked = about.assign(time=pd.Timestamp(SHOWN), purpose=use.purpose)
        ok = in_force(consents, asked) & in_force(consents, asked.assign(purpose="tracking"))
        if use.topic == "political":
            ok &= in_force(consents, asked.assign(purpose="political_ads"))
        asked = asked[ok]
        rows = asked.assign(
            use=use.use,
            ad=f"{use.use} of Murmur",
            category=asked["value"],
            score=1.0,
            shown=(asked["value"] == "yes") if use.kind == "job" else True,
            acted=pd.NA,
            via=USES[use.use][-1],
        )
        decided.append(rows[list(COLUMNS["decisions"])].astype({"acted": "boolean"}))
    return concat(decided, "decisions")


def _label(traces: pd.DataFrame) -> pd.DataFrame:
    """A label for each source, with a limit that nothing here is older than."""
    label = traces[["holder", "source"]].drop_duplicates()
    return label.assign(
        data_type="ProductInteraction",
        purpose="ProductPersonalization",
        band="DATA_LINKED_TO_YOU",
        of="person",
        retention=400.0,
        declared=True,
    )


def _norms(traces: pd.DataFrame) -> pd.DataFrame:
    """People here take for granted every flow that there is."""
    flows = traces[["source", "kind"]].drop_duplicates()
    flows = flows.rename(columns={"source": "context", "kind": "type"})
    flows = flows.assign(sender="person", recipient=HOLDER)
    principles = ["service", "advertising", "direct_marketing", "recruitment"]
    return flows.merge(pd.DataFrame({"principle": principles}), how="cross")


# ------------------------------------------------------------------------------------ the faults

FAULTS: dict[str, tuple[str, Fault]] = {}


def fault(line: str) -> Callable[[Fault], Fault]:
    """File a fault under its name, with the line that it crosses."""

    def file(plant: Fault) -> Fault:
        FAULTS[plant.__name__] = (line, plant)
        return plant

    return file


def some(people: pd.Series, rng: np.random.Generator, n: int = 5) -> list[int]:
    """A few of the people in a column."""
    return rng.choice(people.unique(), n, replace=False).tolist()


def on_whom(tables: Tables, use: str) -> pd.Series:
    rows = tables["decisions"]
    return rows.loc[(rows["use"] == use) & rows["shown"], "person"]


def changed(tables: Tables, noun: str, rows: pd.Series, **columns: object) -> Tables:
    """The tables, with other values in some rows of one."""
    table = tables[noun].copy()
    for column, value in columns.items():
        table.loc[rows, column] = value
    return tables | {noun: table}


def added(tables: Tables, noun: str, rows: pd.DataFrame) -> Tables:
    return tables | {noun: concat([tables[noun], rows], noun)}


def said_no(people: list[int], purpose: str, how: str, time: str = STARTS) -> pd.DataFrame:
    rows = pd.DataFrame({"person": people, "holder": HOLDER, "purpose": purpose})
    return rows.assign(granted=False, how=how, time=pd.Timestamp(time)).astype({"person": "int32"})


@fault("EL-01")
def a_faith_is_worked_out(tables, rng):
    who = some(tables["beliefs"]["person"], rng)
    rows = pd.DataFrame({"person": who, "value": "Tide", "p": 0.6})
    row = {"trait": "faith", "origin": "inferred", "method": "svd"}
    guess = as_beliefs(rows, **row, holder=HOLDER, intent="deliberate")
    return added(tables, "beliefs", guess), set(who)


@fault("EL-02")
def a_skill_becomes_a_code_for_a_faith(tables, rng):
    faith = tables["people"]["faith"]
    skill = tables["beliefs"]["trait"] == "skill"
    code = tables["beliefs"].loc[skill, "person"].map(faith).map({"Tide": "yes", "Lantern": "no"})
    return changed(tables, "beliefs", skill, value=code), set(tables["beliefs"]["person"][skill])


@fault("EL-03")
def a_consent_is_removed(tables, rng):
    traces = tables["traces"]
    who = some(traces.loc[traces["source"] == "pixel", "person"], rng)
    ledger = tables["consents"]
    gone = ledger["person"].isin(who) & (ledger["purpose"] == "advertising")
    return tables | {"consents": ledger[~gone]}, set(who)


@fault("EL-04")
def a_basis_is_dropped(tables, rng):
    use = rng.choice(["newsletter", "wine", "fair"])
    rows = tables["uses"]["use"] == use
    everybody = tables["decisions"].query("use == @use")["person"]
    return changed(tables, "uses", rows, basis=None), set(everybody)


@fault("EL-04")
def a_use_rests_on_a_consent_that_is_gone(tables, rng):
    who = some(on_whom(tables, "newsletter"), rng)
    ledger = tables["consents"]
    gone = ledger["person"].isin(who) & (ledger["purpose"] == "direct_marketing")
    return tables | {"consents": ledger[~gone]}, set(who)


@fault("EL-05")
def a_notice_comes_late(tables, rng):
    traces = tables["traces"]
    first = traces.groupby("person")["time"].min()
    who = some(first.index.to_series(), rng)
    rows = tables["notices"]["person"].isin(who)
    return changed(tables, "notices", rows, time=pd.Timestamp("2025-12-31 23:59:59")), set(who)


@fault("EL-06")
def what_was_given_for_one_thing_serves_another(tables, rng):
    rows = tables["uses"]["use"] == "newsletter"
    tables = changed(tables, "uses", rows, purpose="insurance_scoring")
    traced = set(tables["traces"]["person"])
    return tables, set(on_whom(tables, "newsletter")) & traced


@fault("EL-07")
def a_flow_becomes_unheard_of(tables, rng):
    traces = tables["traces"]
    who = some(traces["person"], rng)
    rows = traces["person"].isin(who)
    return changed(tables, "traces", rows, kind="message"), set(who)


@fault("EL-08")
def a_belief_comes_from_friends(tables, rng):
    who = some(on_whom(tables, "newsletter"), rng)
    rows = tables["beliefs"]["person"].isin(who) & (tables["beliefs"]["trait"] == "skill")
    return changed(tables, "beliefs", rows, origin="propagated", method="harmonic"), set(who)


@fault("EL-09")
def an_objection_comes_before_the_use(tables, rng):
    who = some(on_whom(tables, "newsletter"), rng)
    return added(tables, "consents", said_no(who, "direct_marketing", "objected")), set(who)


@fault("EL-10")
def the_phone_says_no_and_the_shop_goes_on(tables, rng):
    who = some(on_whom(tables, "basket"), rng)
    return added(tables, "consents", said_no(who, "tracking", "device prompt")), set(who)


@fault("EL-11")
def a_child_is_among_them(tables, rng):
    who = some(on_whom(tables, "newsletter"), rng)
    born = pd.Timestamp(SHOWN) - pd.DateOffset(years=int(rng.integers(13, 18)))
    rows = tables["people"].index.isin(who)
    return changed(tables, "people", rows, birth_date=born), set(who)


@fault("EL-12")
def an_advert_looks_at_an_illness(tables, rng):
    row = tables["uses"].query("use == 'newsletter'").assign(trait="illness")
    return added(tables, "uses", row), set(on_whom(tables, "newsletter"))


@fault("EL-13")
def consent_to_political_adverts_is_taken_back(tables, rng):
    who = some(on_whom(tables, "vote"), rng)
    return added(tables, "consents", said_no(who, "political_ads", "withdrawn")), set(who)


@fault("EL-14")
def nobody_can_contest_or_review(tables, rng):
    gone = tables["safeguards"]["use"].eq("fair")
    gone &= tables["safeguards"]["safeguard"].isin(["human_review", rng.choice(["contest"])])
    everybody = tables["decisions"].query("use == 'fair'")["person"]
    return tables | {"safeguards": tables["safeguards"][~gone]}, set(everybody)


@fault("EL-15")
def one_faith_is_left_out(tables, rng):
    faith = rng.choice(["Tide", "Lantern"])
    decisions = tables["decisions"]
    theirs = decisions["person"].map(tables["people"]["faith"]) == faith
    out = theirs & (decisions["use"] == "fair") & (rng.random(len(decisions)) < 0.7)
    left_out = theirs & (decisions["use"] == "fair") & (out | ~decisions["shown"])
    return changed(tables, "decisions", out, shown=False), set(decisions.loc[left_out, "person"])


@fault("EL-16")
def somebody_had_hidden_the_topic(tables, rng):
    who = some(on_whom(tables, "wine"), rng)
    return added(tables, "consents", said_no(who, "advert:alcohol", "objected")), set(who)


@fault("EL-17")
def a_guess_contradicts_what_was_said(tables, rng):
    who = some(on_whom(tables, "newsletter"), rng)
    said = tables["beliefs"].query("trait == 'skill' and person in @who")
    other = said["value"].map({"yes": "no", "no": "yes"})
    guess = said.assign(value=other, origin="inferred", method="svd", p=0.9)
    return added(tables, "beliefs", guess), set(who)


@fault("EL-18")
def something_is_kept_too_long(tables, rng):
    who = some(tables["traces"]["person"], rng)
    rows = tables["traces"]["person"].isin(who)
    old = pd.Timestamp(ASOF) - pd.Timedelta(days=int(rng.integers(402, 900)))
    return changed(tables, "traces", rows, time=old), set(who)


@fault("EL-19")
def two_firms_have_no_arrangement(tables, rng):
    gone = (tables["safeguards"]["use"] == "basket") & (
        tables["safeguards"]["safeguard"] == "arrangement"
    )
    everybody = tables["decisions"].query("use == 'basket'")["person"]
    return tables | {"safeguards": tables["safeguards"][~gone]}, set(everybody)


@fault("EL-20")
def an_address_could_be_somebodys(tables, rng):
    who = some(tables["identifiers"]["person"], rng)
    rows = tables["identifiers"]["person"].isin(who) & (tables["identifiers"]["kind"] == "email")
    return changed(tables, "identifiers", rows, value="someone@post.brightwaterx"), set(who)
