from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from handmade import interval, make_consents, record
from hypothesis import given, settings
from hypothesis import strategies as st
from test_audiences import two_clubs

from ethics_lib.audiences import Condition, as_audience, follow_pixel, query_beliefs
from ethics_lib.beliefs import infer_interests
from ethics_lib.decisions import Ad, Campaign
from ethics_lib.deliveries import benefit, cost_per_customer, deliver, lift, response_rates
from ethics_lib.tables import RangeError, TableError, UnknownNameError, check_table
from ethics_lib.uses import declare_use
from ethics_lib.world import TODAY, YEAR, make_world

CLUBS = two_clubs()  # 600 people; the even ones like other pages than the odd ones
TOWN = pd.RangeIndex(600, name="person")
EVERYBODY = as_audience(TOWN, via="everybody")
CHESS, TRAINS = Ad("Play!", "chess"), Ad("Ride!", "trains")
EVEN = (TOWN % 2 == 0).astype(float)
KEEN = pd.DataFrame({"Play!": 0.05 + 0.25 * EVEN, "Ride!": 0.3 - 0.25 * EVEN}, TOWN)
ALIKE = pd.DataFrame(0.175, TOWN, KEEN.columns)


def run(*campaigns, rates=KEEN, rng=7, traces=CLUBS, **others):
    campaigns = campaigns or (
        Campaign(CHESS, EVERYBODY, "fun"),
        Campaign(TRAINS, EVERYBODY, "fun"),
    )
    return deliver(campaigns, traces, rates=rates, time="2026-01-02", rng=rng, **others)


@cache
def usual():
    return run()


def shown(decided):
    return decided[decided["shown"].astype(bool)]


def test_a_delivery_decides_about_everybody_for_each_campaign():
    decided = usual()
    check_table(decided, "decisions", people=TOWN)
    assert (decided.groupby("ad")["person"].nunique() == 600).all() and len(decided) == 1200
    seen = decided["shown"].astype(bool)
    assert 0.3 < seen.mean() < 0.6
    assert decided["acted"].isna().equals(~seen)
    assert (decided["price"] > 0).equals(seen)
    assert decided["score"].between(0, 1).all()
    assert shown(decided)["time"].dt.normalize().nunique() == 10


def test_a_place_is_sold_once_a_day_and_an_advert_shown_once():
    seen = shown(run(days=20, share=0.5))
    assert not seen.duplicated(["person", "time"]).any()
    assert not seen.duplicated(["person", "ad"]).any()
    assert len(seen) > 1100  # nearly everybody saw both in the end


def test_nobody_outside_the_audience_is_shown_the_advert():
    few = as_audience(range(0, 50), via="pixel")
    decided = run(Campaign(CHESS, few, "fun"), share=1.0)
    assert shown(decided)["person"].tolist() == list(range(50))
    assert set(decided["via"]) == {"pixel"}


def test_the_highest_offer_wins_and_pays_the_second():
    campaigns = [Campaign(CHESS, EVERYBODY, "fun", bid=2.0), Campaign(TRAINS, EVERYBODY, "fun")]
    first_day = shown(run(*campaigns, rates=ALIKE, days=1, share=1.0))
    assert set(first_day["ad"]) == {"Play!"}
    assert first_day["price"].to_numpy() == pytest.approx(0.175)  # 1 pound times the usual rate
    alone = shown(run(campaigns[0], rates=ALIKE, days=1, share=1.0, floor=0.02))
    assert (alone["price"] == 0.02).all()


@settings(max_examples=10)
@given(st.floats(0.05, 5), st.floats(0.05, 5), st.integers(0, 5))
def test_nobody_pays_more_than_their_budget_or_their_bid(first, second, seed):
    campaigns = [
        Campaign(CHESS, EVERYBODY, "fun", bid=0.8, budget=first),
        Campaign(TRAINS, EVERYBODY, "fun", bid=1.2, budget=second),
    ]
    decided = run(*campaigns, rng=seed, days=3)
    spent = decided.groupby("ad")["price"].sum()
    assert spent["Play!"] <= first + 1e-9 and spent["Ride!"] <= second + 1e-9
    seen = shown(decided)
    worth = seen["score"] * seen["ad"].map({"Play!": 0.8, "Ride!": 1.2})
    assert (seen["price"] <= worth + 1e-9).all() and (seen["price"] >= 0.01).all()


def test_what_one_campaign_cannot_pay_for_is_sold_to_another():
    poor = Campaign(CHESS, EVERYBODY, "fun", bid=5.0, budget=1.0)
    rich = Campaign(TRAINS, EVERYBODY, "fun")
    both = shown(run(poor, rich, days=1, share=1.0))["ad"].value_counts()
    assert both["Play!"] == 5  # at 17.5 pence, which the other would have paid
    assert both["Ride!"] == 595


def test_the_same_seed_gives_the_same_deliveries():
    pd.testing.assert_frame_equal(run(rng=3), run(rng=3), check_exact=True)
    assert not run(rng=3)["shown"].equals(run(rng=4)["shown"])


def test_who_objects_is_left_alone_from_that_day_on():
    said = make_consents(*[(p, "direct_marketing", False, "objected", "2026-01-05") for p in TOWN])
    seen = shown(run(ledger=said, holder="Murmur"))
    assert seen["time"].max() < pd.Timestamp("2026-01-05") and len(seen) > 50
    topic = said.assign(purpose="advert:chess", time=pd.Timestamp("2026-01-01"))
    assert set(shown(run(ledger=topic, holder="Murmur"))["ad"]) == {"Ride!"}


# ----------------------------------------------------------------- delivery skews by itself


def gap(decided, group):
    """By how much more of one group is among those shown the first advert than the second."""
    seen = shown(decided)
    share = group[seen["person"]].groupby(seen["ad"].to_numpy(), sort=False).mean()
    return share[decided["ad"].iloc[0]] - share[decided["ad"].iloc[-1]]


def test_delivery_that_learns_skews_and_does_not_where_all_respond_alike():
    """Ten seeds of a planted town: half of it is six times as keen on the one advert."""
    group = pd.Series(EVEN, TOWN)
    found = {"keen": [], "alike": [], "by chance": []}
    for seed in range(10):
        found["keen"].append(gap(run(rng=seed), group))
        found["alike"].append(gap(run(rng=seed, rates=ALIKE), group))
        found["by chance"].append(gap(run(rng=seed, learns=False), group))
    assert interval(found["keen"])[1] > 0.2
    for name in ("alike", "by chance"):
        mean, low, high = interval(found[name])
        assert low < 0 < high and abs(mean) < 0.1, f"{name}: {mean:.3f} ({low:.3f} to {high:.3f})"


def test_who_left_no_trace_is_taken_for_an_average_person():
    decided = run(traces=CLUBS[CLUBS["person"] < 590])
    late = decided[(decided["person"] >= 590) & ~decided["shown"].astype(bool)]
    assert late.groupby("ad")["score"].std().max() == 0
    known = decided[(decided["person"] < 590) & ~decided["shown"].astype(bool)]
    assert known.groupby("ad")["score"].std().min() > 0.01


# ------------------------------------------------------------------------- what it is worth


def test_the_cost_of_a_customer_is_what_was_spent_by_who_came():
    table = cost_per_customer(usual())
    seen = shown(usual())
    row = table.set_index("ad").loc["Play!"]
    chess = seen[seen["ad"] == "Play!"]
    assert row["shown"] == len(chess) and row["customers"] == chess["acted"].sum()
    assert row["cost"] == pytest.approx(chess["price"].sum() / chess["acted"].sum())
    nobody = run(Campaign(CHESS, EVERYBODY, "fun"), days=1).assign(acted=False)
    assert cost_per_customer(nobody)["cost"].tolist() == [np.inf]
    with pytest.raises(TableError, match=r"decisions: column 'price' is missing. Only `deliver`"):
        cost_per_customer(usual().drop(columns="price"))


def test_lift_divides_two_rates():
    decided = usual().head(40).assign(shown=True, acted=[True] * 6 + [False] * 34)
    found = lift(decided, pd.Series(np.arange(40) < 10, decided.index))
    assert found[["n", "n_others"]].to_numpy().tolist() == [[10, 30]]
    assert found["rate"].tolist() == [0.6] and found["rate_others"].tolist() == [0.0]
    assert found["lift"].tolist() == [np.inf]
    mixed = lift(decided, pd.Series(np.arange(40) % 2 == 0, decided.index)).iloc[0]
    assert mixed["lift"] == 1 and mixed["low"] < 1 < mixed["high"]
    with pytest.raises(TableError, match=r"lift: 0 of 40 showings .* are matched. Both kinds"):
        lift(decided, pd.Series(False, decided.index))


def test_the_benefit_stands_beside_the_harm():
    decided = pd.concat([usual(), usual().assign(use="prayer")], ignore_index=True)
    uses = pd.concat(
        [
            declare_use(u, holder="M", traits=t, purpose="x", basis=None, topic="x", time="2026")
            for u, t in (("fun", ["openness"]), ("prayer", ["openness", "faith"]))
        ]
    )
    table = benefit(decided, uses, wish=KEEN > 0.2)
    assert table["person"].tolist() == list(TOWN)
    seen = shown(decided)
    assert table["shown"].sum() == len(seen)
    assert (table["sensitive"] * 2 == table["shown"]).all()
    wanted = (seen["person"] % 2 == 0) == (seen["ad"] == "Play!")
    assert table["wanted"].sum() == wanted.sum() and table["both"].sum() * 2 == wanted.sum()
    with pytest.raises(TableError, match=r"wish: person \d+ and advert 'Ride!' are not both in"):
        benefit(decided, uses, wish=KEEN[["Play!"]] > 0.2)


def test_bad_offers_are_refused():
    campaign = Campaign(CHESS, EVERYBODY, "fun")
    with pytest.raises(TableError, match=r"deliver: the adverts are Play!, Play!. Pass at least"):
        run(campaign, campaign)
    with pytest.raises(TableError, match=r"deliver: the adverts are none"):
        deliver([], CLUBS, rates=KEEN, time="2026-01-02", rng=7)
    with pytest.raises(UnknownNameError, match=r"column of rates 'Play!' does not exist"):
        run(campaign, rates=KEEN[["Ride!"]])
    with pytest.raises(RangeError, match=r"rates=1.05 is outside its range: 0 to 1"):
        run(campaign, rates=KEEN + 1)
    with pytest.raises(RangeError, match=r"campaign 'Play!': with bid=0.01 and .*buys nothing"):
        run(replace(campaign, bid=0.01))
    with pytest.raises(RangeError, match=r"budget=0.0 it buys nothing"):
        run(replace(campaign, budget=0.0))
    with pytest.raises(RangeError, match=r"days=0 is outside its range: 1 to 3660"):
        run(campaign, days=0)
    with pytest.raises(RangeError, match=r"share=2 is outside its range: 0 to 1"):
        run(campaign, share=2)


# ------------------------------------------------------------------- ten towns of 5,000 people


def test_response_rates_follow_what_people_do_elsewhere():
    world = make_world(600, rng=1)
    ads = [Ad("Play!", "chess"), Ad("Ride!", "trains")]
    rates = response_rates(world, ads, rate=0.1)
    assert rates.index.equals(world.people.index[world.people["member"]])
    assert rates.mean().to_numpy() == pytest.approx(0.1, abs=0.002)
    assert rates.to_numpy().min() > 0 and rates.to_numpy().max() <= 1
    visits = world.acts[world.acts["kind"] == "visit"]
    about = world.items["topic"][visits["item"]].to_numpy() == "chess"
    share = pd.Series(about, visits["person"].to_numpy()).groupby(level=0).mean()
    assert share.reindex(rates.index).corr(rates["Play!"]) > 0.7
    assert set(response_rates(world, ads, rate=0.2, equal=True).to_numpy().ravel()) == {0.2}
    with pytest.raises(TableError, match=r"response_rates: no visit is about 'lace'. Choose"):
        response_rates(world, [Ad("x", "lace")])


def topics_of(world, group):
    """The topics that one group is keener on than others, and least keen on; by visits."""
    visits = world.acts[world.acts["kind"] == "visit"]
    topic = world.items["topic"][visits["item"]].to_numpy()
    counts = pd.crosstab(visits["person"], topic)
    share = counts.div(counts.sum(axis=1), axis=0)
    lead = share[group[share.index]].mean() - share[~group[share.index]].mean()
    return lead.idxmax(), lead.idxmin()


def skews(world, likes, rng):
    """How far two adverts for everybody go to different groups, all else as it comes."""
    everybody = as_audience(world.people.index[world.people["member"]], via="everybody")
    rows = []
    for trait in ("faith", "party"):
        group = world.people[trait] == world.people[trait].min()
        ads = [Ad(topic, topic) for topic in topics_of(world, group)]
        campaigns = [Campaign(ad, everybody, "fun") for ad in ads]
        for name, equal in (("keen", False), ("alike", True)):
            rates = response_rates(world, ads, equal=equal)
            rows.append((name, gap(run(*campaigns, rates=rates, traces=likes, rng=rng), group)))
    return pd.DataFrame(rows).groupby(0)[1].mean().to_dict()


def lifts(world, likes, rng, gain=1.2):
    """What a persona is worth, estimated in three ways, and what is true.

    Whom to show an advert is told by a persona: those whose likes are most about its topic, against
    everybody by chance. And which of two adverts: each suits those who care more for its topic, and
    matching multiplies clicks by ``gain`` on the mean of an audience, whichever the advert; so what
    is true is known. Chance picks who is shown it, or delivery that learns.
    """
    interests = infer_interests(likes, world.items, holder="Murmur")
    wide = interests.pivot(index="person", columns="value", values="p")
    here, there = rng.choice(wide.columns, 2, replace=False)
    ads = [Ad("to the persona", here), Ad("to anybody", here)]
    keen = query_beliefs(interests, Condition("interest", here, float(wide[here].quantile(0.9))))
    everybody = as_audience(world.people.index[world.people["member"]], via="everybody")
    rates = response_rates(world, ads)
    chance = {"rates": rates, "traces": likes, "learns": False, "rng": rng}
    arms = [
        run(Campaign(ads[0], keen, "fun"), **chance),
        run(Campaign(ads[1], everybody, "fun"), **chance),
    ]
    arms = pd.concat(arms, ignore_index=True)
    inside = rates.index.isin(keen["person"])
    found = {
        "persona": lift(arms, arms["via"] == "belief").iloc[0],
        "persona, true": rates.iloc[inside, 0].mean() / rates.iloc[:, 0].mean(),
    }
    wide = wide[wide.index.isin(rates.index)]
    side = pd.Series(np.where(wide[here] > wide[there], here, there), wide.index)
    ads = [Ad(f"{topic} to {to}", topic) for topic in (here, there) for to in (here, there)]
    rates = response_rates(world, ads).loc[wide.index]
    campaigns = []
    for ad in ads:
        members = side.index[side == ad.name.split(" to ")[1]]
        matched = ad.name == f"{ad.topic} to {ad.topic}"
        usual = rates.loc[members, ad.name].mean()
        rates[ad.name] = (rates[ad.name] * 0.1 * (gain if matched else 1) / usual).clip(upper=1)
        campaigns.append(Campaign(ad, as_audience(members, via="belief"), "fun", budget=30.0))
    for name, learns in (("randomised", False), ("naive", True)):
        decided = run(*campaigns, rates=rates, traces=likes, rng=rng, days=20, learns=learns)
        matched = decided["ad"].isin([f"{topic} to {topic}" for topic in (here, there)])
        found[name] = lift(decided, matched).iloc[0]
    return found


def costs(world, rng):
    """What a customer costs six shops, with tracked traces and after everybody opted out.

    A shop a topic; half of those who buy of its topic in the last quarter become its customers, if
    they are shown its advert. What was done before tells whom to show it.
    """
    late = world.acts["time"] >= YEAR + 0.75 * (TODAY - YEAR)
    early = world.acts[~late]
    likes = record(early.query("kind == 'like'"))
    sites = world.items.index[world.items["lot"] < 0.3]
    seen = early[early["item"].isin(sites) & early["kind"].isin(["visit", "purchase"])]
    tracked = record(seen, source="pixel", purpose="advertising")
    topics = rng.choice(world.items["topic"].unique(), 6, replace=False)
    members = world.people.index[world.people["member"]]
    bought = world.acts[late & (world.acts["kind"] == "purchase")]
    about = world.items["topic"][bought["item"]].to_numpy()
    wins = {topic: members.isin(bought["person"][about == topic]) / 2 for topic in topics}
    rates = pd.DataFrame(wins, members)
    everybody = as_audience(members, via="everybody")
    found = {}
    for name, traces in (("tracked", pd.concat([likes, tracked])), ("opted out", likes)):
        campaigns = []
        for topic in topics:
            shop = world.items.index[world.items["topic"] == topic]
            visitors = follow_pixel(traces, holder="Murmur", items=shop)
            audience = visitors if len(visitors) else everybody
            campaigns.append(Campaign(Ad(topic, topic), audience, "shop", budget=10.0))
        table = cost_per_customer(run(*campaigns, rates=rates, traces=traces, rng=rng))
        found[name] = table["spent"].sum() / table["customers"].sum()
        found[f"showings, {name}"] = table["shown"].sum() / table["customers"].sum()
    return found


@cache
def towns():
    """All of it measured in each of ten towns; lifts as logs, the mean of four pairs of adverts."""
    rows = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        world = make_world(rng=seed)
        likes = record(world.acts.query("kind == 'like'"))
        pairs = [lifts(world, likes, rng) for _ in range(4)]
        row = skews(world, likes, rng) | costs(world, rng)
        for name in ("persona", "randomised", "naive"):
            row[name] = np.mean([np.log(pair[name]["lift"]) for pair in pairs])
        row["persona, true"] = np.mean([np.log(pair["persona, true"]) for pair in pairs])
        row["persona, lowest"] = min(pair["persona"]["low"] for pair in pairs)
        rows.append(row)
    return pd.DataFrame(rows)


@pytest.mark.slow
def test_in_towns_adverts_for_everybody_skew_and_do_not_where_all_respond_alike():
    found = towns()
    assert interval(found["keen"])[1] > 0.08
    mean, low, high = interval(found["alike"])
    assert low < 0 < high and high - low < 0.1, f"{mean:.3f} ({low:.3f} to {high:.3f})"


@pytest.mark.slow
def test_a_persona_is_worth_something_against_random_delivery():
    """In each town the interval of each lift is above 1; over towns it holds what is true."""
    found = towns()
    assert found["persona, lowest"].min() > 1
    assert interval(found["persona"])[1] > np.log(2)
    _, low, high = interval(found["persona"] - found["persona, true"])
    assert low < 0 < high


@pytest.mark.slow
def test_the_naive_comparison_overstates_what_matching_does():
    """It multiplies clicks by 1.2. A randomised trial says so; optimised delivery says more."""
    found = towns()
    _, low, high = interval(found["randomised"])
    assert low < np.log(1.2) < high and high - low < 0.25
    assert interval(found["naive"])[1] > np.log(1.2)
    assert interval(found["naive"] - found["randomised"])[1] > 0


@pytest.mark.slow
def test_a_customer_costs_more_once_nobody_is_tracked():
    found = towns()
    cost = np.log(found["opted out"] / found["tracked"])
    assert interval(cost)[1] > 0
    showings = np.log(found["showings, opted out"] / found["showings, tracked"])
    assert interval(showings)[1] > 0  # not only because fewer bid for each visitor


def test_tables_of_people_have_each_of_them_once():
    rates, twice = (pd.DataFrame({"A": 0.1}, index=index) for index in ([1], [1, 1]))
    everybody = as_audience([1], via="everybody")
    campaign = Campaign(Ad("A", "chess"), everybody, "show")
    traces = two_clubs()
    with pytest.raises(TableError, match=r"rates: somebody is there twice"):
        deliver([campaign], traces, rates=twice, time="2025-01-01", rng=1)
    with pytest.raises(TableError, match=r"time='soon' is no time"):
        deliver([campaign], traces, rates=rates, time="soon", rng=1)
