from functools import partial

import numpy as np
import pandas as pd
import pytest
from handmade import make_beliefs, make_consents, make_known, make_ties
from hypothesis import given, settings
from hypothesis import strategies as st

from ethics_lib.consents import ask_consent
from ethics_lib.guards import DualUseError
from ethics_lib.measures import score
from ethics_lib.personas import reason
from ethics_lib.propagation import propagate
from ethics_lib.shadows import audit_shadows, explain_shadow, find_leaks, shadow_profiles
from ethics_lib.tables import (
    COLUMNS,
    RangeError,
    TableError,
    UnknownNameError,
    World,
    check_table,
    concat,
    empty_table,
)
from ethics_lib.traces import ContactUpload, collect
from ethics_lib.walks import METHODS
from ethics_lib.world import TODAY, make_checkerboard_world, make_world

START = pd.Timestamp("2020-01-01")
LINEAR = [name for name in METHODS if name != "link"]


def day(k):
    return START + pd.Timedelta(days=k)


def make_uploads(*lines, holder="Murmur"):
    """A line of an address book for each (who uploaded, who stands there, day)."""
    table = pd.DataFrame(list(lines), columns=["from_person", "person", "time"])
    table["time"] = (START + pd.to_timedelta(table["time"].astype(float), unit="D")).astype(
        "datetime64[s]"
    )
    table = table.assign(
        kind="contact", item=pd.NA, source="contacts", purpose="contacts", holder=holder
    )
    types = {"from_person": "int32", "person": "int32", "item": "Int32"}
    return table.astype(types)[list(COLUMNS["traces"])]


def make_joined(days):
    """Since which day each person is a member; None: never."""
    times = [pd.NaT if k is None else day(k) for k in days.values()]
    return pd.Series(times, index=list(days), dtype="datetime64[ns]")


# Members 0 to 3 join on days 0 to 3; 4 joins on day 9; 5, 6 and 7 never do.
JOINED = make_joined({0: 0, 1: 1, 2: 2, 3: 3, 4: 9, 5: None, 6: None})
UPLOADS = make_uploads((0, 4, 1), (0, 5, 1), (1, 5, 2), (2, 5, 5), (3, 4, 6), (4, 6, 9))
SAID = make_known({0: "black", 1: "white", 2: "white", 3: "white", 4: "white"})
ASK = {"holder": "Murmur", "joined": JOINED}
profiles_by = partial(shadow_profiles, UPLOADS, SAID, **ASK)


def white(beliefs):
    return beliefs[beliefs["value"] == "white"].set_index("person")["p"].to_dict()


# ------------------------------------------------------------------------------- what is believed


@pytest.mark.parametrize(
    ("asof", "expected"),
    [
        (0, {}),  # nobody had uploaded
        (1, {4: 0, 5: 0}),  # person 0 had, and said black
        (2, {4: 0, 5: 1 / 2}),
        (5, {4: 0, 5: 2 / 3}),
        (6, {4: 1 / 2, 5: 2 / 3}),
        (9, {5: 2 / 3, 6: 1}),  # 4 has joined, and brings 6
    ],
)
def test_by_hand_a_profile_grows_with_the_address_books_of_members(asof, expected):
    found = profiles_by(asof=day(asof))
    check_table(found, "beliefs", empty=True)
    assert white(found) == pytest.approx(expected)
    assert set(found["origin"]) <= {"propagated"} and set(found["holder"]) <= {"Murmur"}


def test_who_stands_in_no_address_book_is_not_there():
    """Person 6 is nobody's contact until 4 uploads; 7 never is."""
    assert set(profiles_by(asof=day(8))["person"]) == {4, 5}
    assert set(profiles_by(asof=day(99))["person"]) == {5, 6}


def test_whom_no_answer_reaches_gets_what_is_usual():
    lone = make_uploads((0, 5, 0), (3, 6, 3))
    said = make_known({0: "black", 1: "black", 2: "white"})
    found = shadow_profiles(lone, said, asof=day(3), **ASK)
    assert white(found) == pytest.approx({5: 0, 6: 1 / 3})
    assert found.groupby("person")["method"].first().to_dict() == {5: "neighbours", 6: "prior"}


def test_only_what_the_holder_has_counts():
    other = make_uploads((1, 6, 2), holder="Pond")
    letters = make_uploads((1, 6, 2)).assign(kind="message")  # no address book
    both = pd.concat([UPLOADS, other, letters], ignore_index=True)
    found = shadow_profiles(both, SAID, asof=day(3), **ASK)
    pd.testing.assert_frame_equal(found, profiles_by(asof=day(3)))
    pond = shadow_profiles(both, SAID, asof=day(3), holder="Pond", joined=JOINED)
    assert white(pond) == {6: 1}


def test_an_address_book_counts_once_its_owner_is_a_member_and_never_for_the_owner():
    early = make_uploads((4, 6, 0), (5, 6, 0), (0, 0, 0))  # 4 joins on day 9, 5 never
    assert shadow_profiles(early, SAID, asof=day(8), **ASK).empty
    assert white(shadow_profiles(early, SAID, asof=day(9), **ASK)) == {6: 1}


def test_an_answer_with_a_date_counts_from_then():
    dated = SAID.assign(time=[day(k) for k in (8, 1, 2, 3, 9)])
    found = shadow_profiles(UPLOADS, dated, asof=day(7), **ASK)
    assert white(found) == {4: 1, 5: 1}  # 0 had not answered yet


def test_who_left_and_was_erased_is_outside_again():
    """Their account is gone, with their answer and their address book; those of friends stay."""
    left = pd.Series(day(12), index=[4]).reindex(JOINED.index)
    gone = JOINED.mask(left <= day(20))
    before = profiles_by(asof=day(20))
    after = shadow_profiles(UPLOADS, SAID, asof=day(20), holder="Murmur", joined=gone)
    assert set(before["person"]) == {5, 6} and set(after["person"]) == {4, 5}
    assert white(after)[4] == 1 / 2


def test_ties_of_the_platform_carry_answers_on_once_both_have_joined():
    silent = SAID[SAID["person"].isin([0, 1, 4])]
    ties = make_ties((1, 3), (3, 4), (0, 4))
    ask = partial(shadow_profiles, make_uploads((3, 5, 3)), silent, **ASK, ties=ties)
    assert white(ask(asof=day(3), method="two_hop")) == {5: 1}  # 5 - 3 - 1
    assert set(ask(asof=day(3))["method"]) == {"prior"}
    late = ties.assign(time=day(5))
    assert set(ask(asof=day(4), ties=late, method="harmonic")["method"]) == {"prior"}
    assert set(ask(asof=day(5), ties=late, method="harmonic")["method"]) == {"harmonic"}


def test_numbers_have_the_mean_and_the_spread_of_what_members_said():
    said = make_known({0: 1.0, 1: 2.0, 2: 6.0}, "openness")
    found = shadow_profiles(UPLOADS, said, asof=day(5), **ASK).set_index("person").loc[5]
    assert found["value"] == pytest.approx(3) and found["sd"] == pytest.approx(np.std([1, 2, 6]))


@pytest.mark.parametrize("asof", ["1999-01-01", day(0), day(99)])
def test_where_there_is_nobody_to_believe_anything_of_the_table_is_empty(asof):
    nobody = empty_table("traces"), SAID
    silent = UPLOADS, SAID.iloc[:0]
    everyone = UPLOADS[UPLOADS["person"] == 4], SAID
    for traces, known in (nobody, silent):
        found = shadow_profiles(traces, known, asof=asof, **ASK)
        assert found.empty and list(found) == list(COLUMNS["beliefs"])
    assert shadow_profiles(*everyone, asof=day(9), **ASK).empty
    assert profiles_by(asof="1999-01-01").empty


# ------------------------------------------------------------------------ nothing from the future


@st.composite
def stories(draw, values=("black", "white")):
    """Up to nine people who join or never do, upload, answer and are friends, on days 0 to 9."""
    n = draw(st.integers(2, 9))
    when = st.integers(0, 9)
    person = st.integers(0, n - 1)
    joined = {k: draw(st.none() | when) for k in range(n)}
    lines = draw(st.lists(st.tuples(person, person, when), max_size=25))
    said = draw(st.dictionaries(person, st.sampled_from(values)))
    known = make_known(said).assign(time=[day(draw(when)) for _ in said])
    known = known.astype({"person": "int64", "time": "datetime64[ns]"})
    pairs = [(a, b) for b in range(n) for a in range(b)]
    ties = make_ties(*draw(st.lists(st.sampled_from(pairs), unique=True, max_size=12)))
    ties = ties.assign(time=pd.Series([day(draw(when)) for _ in range(len(ties))], dtype="<M8[ns]"))
    return make_uploads(*lines), known, make_joined(joined), ties


def rewrite_the_future(traces, known, joined, ties, moment, luck):
    """Take half of what came later away, turn the rest into something else, and shuffle all."""
    later = ~(joined <= moment)
    joins = luck.permutation([pd.NaT, *(moment + pd.to_timedelta(range(1, 9), "D"))])
    joined = joined.where(~later, pd.Series(pd.to_datetime(joins[: len(joined)]), joined.index))
    inside = joined.index[~later]

    def rewritten(table, past, **changed):
        kept = past | (luck.random(len(table)) < 0.5)
        table = table.assign(**{c: table[c].where(past, new) for c, new in changed.items()})
        return table[kept].sample(frac=1, random_state=luck)

    stranger = luck.integers(len(joined), size=len(traces)).astype("int32")
    said = (known["time"] <= moment) & known["person"].isin(inside)
    both = (ties["time"] <= moment) & ties["a"].isin(inside) & ties["b"].isin(inside)
    return {
        "traces": rewritten(traces, traces["time"] <= moment, person=stranger),
        "known": rewritten(known, said, value="never heard of"),
        "joined": joined,
        "ties": rewritten(ties, both),
    }


def in_order(beliefs):
    return beliefs.sort_values(["trait", "person", "value"], ignore_index=True)


@settings(max_examples=60)
@given(stories(), st.sampled_from(list(METHODS)), st.integers(-1, 10), st.integers(0, 99))
def test_no_change_after_a_moment_changes_the_profiles_of_that_moment(story, method, k, seed):
    ask = partial(shadow_profiles, holder="Murmur", asof=day(k), method=method)
    found = ask(**dict(zip(("traces", "known", "joined", "ties"), story, strict=True)))
    again = ask(**rewrite_the_future(*story, day(k), np.random.default_rng(seed)))
    # the rows come in another order, and sums of floats with them
    pd.testing.assert_frame_equal(in_order(found), in_order(again), atol=1e-5)


@given(story=stories(), k=st.integers(-1, 10))
def test_the_neighbours_vote_is_what_plain_pandas_says(story, k):
    traces, known, joined, _ = story
    found = shadow_profiles(traces, known, holder="Murmur", joined=joined, asof=day(k))
    inside = [person for person, time in joined.items() if time <= day(k)]
    said = known[known["person"].isin(inside) & (known["time"] <= day(k))]
    lines = traces[(traces["time"] <= day(k)) & traces["from_person"].isin(inside)]
    lines = lines[~lines["person"].isin(inside)].drop_duplicates(["from_person", "person"])
    heard = lines.merge(said, left_on="from_person", right_on="person", suffixes=("", "_of"))
    share = pd.crosstab(heard["person"], heard["value"], normalize="index")
    assert set(found["person"]) == (set(lines["person"]) if len(said) else set())
    reached = found[found["method"] == "neighbours"]
    if len(set(said["value"])) > 1:  # else nothing was learned
        assert set(reached["person"]) == set(share.index)
    for belief in reached.itertuples():
        expected = share.get(belief.value, pd.Series(dtype=float)).get(belief.person, 0)
        assert belief.p == pytest.approx(expected, abs=1e-6)


@given(story=stories(), k=st.integers(-1, 10))
def test_no_leak_is_found_where_there_is_none(story, k):
    traces, known, joined, ties = story
    ask = {"holder": "Murmur", "joined": joined, "asof": day(k), "ties": ties}
    assert find_leaks(traces, known, **ask).empty


# Three ways to peep: at later address books, at later members, at the answer itself.


def with_later_uploads(traces, known, *, asof, **rest):
    return shadow_profiles(traces.assign(time=pd.Timestamp(asof)), known, asof=asof, **rest)


def with_later_members(traces, known, *, asof, joined, holder, ties, **_):
    """What the friends of an even-numbered outsider say, whenever they join."""
    judged = known["person"].map(joined).gt(asof) & (known["person"] % 2 == 0)
    return propagate(known[~judged], ties, holder=holder, method="neighbours")


def with_own_answers(traces, known, **rest):
    beliefs = shadow_profiles(traces, known, **rest)
    own = known.set_index("person")["value"].reindex(beliefs["person"]).to_numpy(object)
    sure = np.where(pd.isna(own), beliefs["p"], own == beliefs["value"])
    return beliefs.assign(p=sure.astype(float))


@pytest.mark.parametrize("table", ["traces", "known", "joined", "ties"])
def test_a_look_at_what_came_later_is_found_in_each_table(table):
    def nosy(traces, known, *, joined, ties, **_):
        tables = {"traces": traces, "known": known, "joined": joined.dropna(), "ties": ties}
        return make_beliefs((5, "side", "white", 1 / (1 + len(tables[table]))))

    ask = {**ASK, "ties": make_ties((0, 1), (0, 4)), "profiles": nosy}
    assert find_leaks(UPLOADS, SAID, **ask, asof=day(2)).to_numpy().tolist() == [["side", 1]]
    assert find_leaks(UPLOADS, SAID, **ask, asof=day(9)).empty


PEEPING = [with_later_uploads, with_later_members, with_own_answers]


def let_all_upload(world, *, within=1, rng=7):
    """What Murmur has when each member uploads, up to so many days after joining."""
    members = world.people[world.people["member"]]
    delay = np.random.default_rng(rng).integers(0, within, len(members))
    time = (members["joined"] + pd.to_timedelta(delay, unit="D")).clip(upper=TODAY)
    asked = {"holder": "Murmur", "purposes": "contacts", "how": "device prompt", "rate": 1}
    agreed = ask_consent(members, **asked, time=time, rng=rng)
    traces = collect(world, agreed, [ContactUpload("Murmur")]).traces
    return traces, {"holder": "Murmur", "joined": world.people["joined"], "ties": world.ties}


@pytest.fixture(scope="module")
def towns():
    """Six small towns, whose members upload within two years."""
    worlds = [make_world(1_000, disclosure=0.9, rng=seed) for seed in range(6)]
    return [(world, *let_all_upload(world, within=730)) for world in worlds]


@pytest.mark.parametrize("peeping", PEEPING)
def test_the_audit_shows_who_looked_into_the_future(towns, peeping):
    """A score too good to be true, with an interval over the towns; and the leak is found."""
    gain = []
    for world, traces, held in towns:
        known = world.reports[world.reports["trait"] == "faith"]
        even = world.people.index[::2]
        ask = partial(audit_shadows, traces, known, **held, trait="faith", people=even, rng=7)
        honest, leaky = ask(times=["2019-06-01"]), ask(times=["2019-06-01"], profiles=peeping)
        gain.append(leaky["estimate"].item() - honest["estimate"].item())
    assert np.mean(gain) - 2.57 * np.std(gain, ddof=1) / 6**0.5 > 0  # Student's t, 5 degrees
    assert find_leaks(traces, known, asof="2019-06-01", **held).empty
    leaks = find_leaks(traces, known, asof="2019-06-01", **held, profiles=peeping)
    assert leaks["trait"].tolist() == ["faith"] and leaks["n"].item() >= 10


# ------------------------------------------------------------------------------------ the audit


@pytest.fixture(scope="module")
def town():
    world = make_world(2_500, rng=7)
    return world, *let_all_upload(world)


AUDITED = "asof share n listed estimate low high".split()
YEARS = ["2019-06-01", "2020-01-01", "2022-01-01"]


def test_the_audit_judges_those_who_joined_later_and_answered(town):
    world, traces, held = town
    found = audit_shadows(
        traces, world.reports, **held, trait="faith", times=YEARS, shares=[0.2, 1], draws=2, rng=7
    )
    assert list(found) == AUDITED and found["n"].dtype.kind == "i"
    assert found["asof"].tolist() == [pd.Timestamp(year) for year in YEARS for _ in range(2)]
    said = world.reports.query("trait == 'faith'")["person"]
    for asof, part in found.groupby("asof"):
        assert set(part["n"]) == {(world.people.loc[said, "joined"] > asof).sum()}
    assert (found["listed"] <= found["n"]).all()
    by_share = found.pivot(index="asof", columns="share", values="listed")
    assert (by_share[0.2] < by_share[1]).all()  # a larger share keeps the books of a smaller
    assert (found["low"] < found["estimate"]).all() and (found["estimate"] < found["high"]).all()


def test_the_audit_is_the_score_of_the_profiles_when_all_are_listed():
    board = make_checkerboard_world(200, rng=7)
    people = board.people.assign(joined=START + pd.to_timedelta(board.people.index, "D"))
    board = World(people, board.items, board.acts, board.ties, board.reports)
    traces, held = let_all_upload(board)
    ask = {"asof": day(150), **held}
    profiles = shadow_profiles(traces, board.reports, **ask)
    expected = score(profiles, board.people["side"], trait="side").iloc[0]
    found = audit_shadows(
        traces, board.reports, **held, trait="side", times=[day(150)], rng=7
    ).iloc[0]
    assert found["listed"] == found["n"] == 49
    assert (
        found[["estimate", "low", "high"]].tolist()
        == expected[["estimate", "low", "high"]].tolist()
    )
    assert found["estimate"] == 1  # friends are always on one's own side


def test_where_friends_are_not_alike_outsiders_stay_unknown():
    aucs = []
    for seed in range(5):
        board = make_checkerboard_world(600, ties="nothing", rng=seed)
        days = pd.to_timedelta(np.random.default_rng(seed).integers(0, 99, 600), "D")
        people = board.people.assign(joined=START + days)
        board = World(people, board.items, board.acts, board.ties, board.reports)
        traces, held = let_all_upload(board)
        found = audit_shadows(
            traces, board.reports, **held, trait="side", times=[day(49)], rng=7
        ).iloc[0]
        aucs.append(found["estimate"])
        assert abs(aucs[-1] - 0.5) < found["high"] - found["low"]  # twice the half-width
    assert np.mean(aucs) == pytest.approx(0.5, abs=0.05)


def test_the_unlisted_count_with_what_is_usual():
    """Persons 4 and 9 are listed, and 9 is told wrongly; 8 is a stranger to Murmur."""
    said = make_known({0: "black", 1: "white", 4: "black", 8: "white", 9: "black"})
    joined = make_joined({0: 0, 1: 0, 4: 9, 8: 9, 9: 9})
    uploads = make_uploads((0, 4, 1), (1, 9, 1))
    ask = partial(audit_shadows, uploads, said, holder="Murmur", joined=joined, trait="side", rng=7)
    found = ask(times=[day(1)]).iloc[0]
    assert found[["n", "listed", "estimate"]].tolist() == [3, 2, 0.5]  # p of white: 0, 1/2, 1
    assert ask(times=[day(1)], people=pd.Index([8, 9])).iloc[0]["n"] == 2


def test_where_nothing_was_guessed_the_estimate_is_empty(town):
    world, traces, held = town
    ask = partial(audit_shadows, traces, world.reports, **held, trait="faith", rng=7)
    nobody = ask(times=["2018-01-01", "2020-01-01"], shares=[0.0])
    assert (nobody["listed"] == 0).all() and nobody["estimate"].isna().all()
    seer = ask(times=["2018-01-01"], profiles=with_later_members)
    assert seer["estimate"].isna().all()  # nobody had said anything by then
    everyone = ask(times=[TODAY])
    assert everyone[["n", "listed"]].iloc[0].tolist() == [0, 0]
    assert everyone["estimate"].isna().all()
    for trait in ("faith", "openness"):  # listed, but no uploader had answered
        mute = world.reports[world.reports["person"] % 5 == 0]
        uploads = traces[~traces["from_person"].isin(mute["person"])]
        found = audit_shadows(uploads, mute, **held, trait=trait, times=["2020-01-01"], rng=7)
        assert found["listed"].item() > 0 and found["estimate"].isna().item()


def test_a_number_is_audited_by_its_correlation():
    rng = np.random.default_rng(7)
    mind = rng.standard_normal(300)
    circle = np.argsort(np.argsort(mind)) // 10
    pairs = [(a, b) for b in range(300) for a in range(b) if circle[a] == circle[b]]
    world = World(
        pd.DataFrame(
            {"member": True, "joined": START + pd.to_timedelta(rng.permutation(300), "D")}
        ),
        ties=make_ties(*pairs),
        reports=make_known(dict(enumerate(mind)), "openness").assign(instrument="test"),
    )
    traces, held = let_all_upload(world)
    found = audit_shadows(traces, world.reports, **held, trait="openness", times=[day(150)], rng=7)
    assert found["n"].item() == 149 and found["estimate"].item() > 0.9


def test_the_same_rng_gives_the_same_audit_and_nothing_passed_in_is_changed(town):
    world, traces, held = town
    given = {"traces": traces, "known": world.reports, "joined": held["joined"], "ties": world.ties}
    before = {name: table.copy(deep=True) for name, table in given.items()}
    ask = partial(audit_shadows, **given, holder="Murmur", trait="party", times=YEARS, shares=[0.3])
    pd.testing.assert_frame_equal(ask(rng=7), ask(rng=np.random.default_rng(7)))
    assert not ask(rng=7).equals(ask(rng=8))
    find_leaks(**given, holder="Murmur", asof=YEARS[0])
    person = shadow_profiles(**given, holder="Murmur", asof=YEARS[1])["person"].iloc[0]
    explain_shadow(**given, holder="Murmur", asof=YEARS[1], person=person, trait="party")
    for name, table in given.items():
        (pd.testing.assert_series_equal if name == "joined" else pd.testing.assert_frame_equal)(
            table, before[name]
        )


def regress(grid, size):
    """The published regression: AUC on network size, disclosure and their product."""
    size = grid["asof"].map(size)
    design = np.column_stack([np.ones(len(grid)), size, grid["share"], size * grid["share"]])
    return np.linalg.lstsq(design, grid["estimate"], rcond=None)[0][1:]


@pytest.mark.slow
def test_more_members_and_more_address_books_tell_more_and_multiply():
    """The published shape, about those who joined last; no rise when faiths are dealt out anew."""
    own, dealt = [], []
    for seed in range(8):
        world = make_world(rng=seed, disclosure=0.9)
        traces, held = let_all_upload(world)
        known = world.reports[world.reports["trait"] == "faith"]
        order = held["joined"].dropna().sort_values()
        size = {order.iloc[len(order) * k // 8 - 1]: 0.1 * k for k in (1, 3, 6)}
        ask = {"trait": "faith", "times": size, "shares": [0.1, 0.5, 0.9], "rng": seed}
        ask["people"] = order.index[order > max(size)]
        anew = known["value"].sample(frac=1, random_state=seed).to_numpy()
        for rows, said in ((own, known), (dealt, known.assign(value=anew))):
            grid = audit_shadows(traces, said, **held, **ask)
            auc = grid.pivot(index="asof", columns="share", values="estimate").to_numpy()
            rows.append([auc[2, 2] - auc[2, 0], auc[2, 2] - auc[0, 2], regress(grid, size)[2]])
    low = np.mean(own, axis=0) - 2.36 * np.std(own, axis=0, ddof=1) / 8**0.5
    assert (low > 0).all()
    # eight towns are too few to see that the product is gone too
    assert (np.mean(dealt, axis=0) < low)[:2].all()


# ------------------------------------------------------------------------------------ the reasons


def test_by_hand_who_gave_whom_away_and_when():
    found = explain_shadow(UPLOADS, SAID, **ASK, person=5, trait="side", asof=day(9))
    assert list(found) == [*COLUMNS["explanation"], "via", "time"]
    assert found["weight"].tolist() == pytest.approx([1 / 3, 1 / 3])
    assert dict(zip(found["via"], found["time"], strict=True)) == {1: day(2), 2: day(5)}
    twice = pd.concat([UPLOADS, make_uploads((1, 5, 4))])
    again = explain_shadow(twice, SAID, **ASK, person=5, trait="side", asof=day(9))
    pd.testing.assert_frame_equal(found, again)  # the first time counts
    assert reason(found, {1: "Ash", 2: "Bo"}) == "has friends who said so: Ash and Bo"


def test_who_answered_need_not_be_who_uploaded():
    said = SAID[SAID["person"].isin([0, 1])]
    ask = {"holder": "Murmur", "joined": JOINED, "ties": make_ties((1, 3)), "asof": day(9)}
    found = explain_shadow(
        make_uploads((3, 5, 4)), said, **ask, person=5, trait="side", method="harmonic"
    )
    assert found[["from_person", "via", "weight"]].to_numpy().tolist() == [[1, 3, 1]]
    assert found["time"].tolist() == [day(4)]


@settings(max_examples=60)
@given(stories(), st.sampled_from(LINEAR), st.integers(0, 9))
def test_the_weights_add_up_to_the_belief(story, method, k):
    traces, known, joined, ties = story
    ask = {"holder": "Murmur", "joined": joined, "asof": day(k), "ties": ties, "method": method}
    for person, rows in shadow_profiles(traces, known, **ask).groupby("person"):
        why = partial(explain_shadow, traces, known, **ask, person=person, trait="side")
        if set(rows["method"]) == {"prior"}:
            with pytest.raises(TableError, match=r"nobody in particular paid"):
                why()
            continue
        found = why()
        check_table(found, "explanation")
        assert found["weight"].sum() == pytest.approx(rows["p"].max(), abs=1e-5)
        assert found["time"].notna().all() and (found["time"] <= day(k)).all()


# -------------------------------------------------------------------------------------- the guard


def test_what_is_protected_is_told_of_nobody_in_particular(town):
    world, traces, held = town
    real = world.reports.query("trait == 'faith'").assign(trait="protected:faith")
    ask = partial(shadow_profiles, traces, real, **held, asof="2022-01-01")
    grouped = ask()
    assert list(grouped) == list(COLUMNS["aggregates"]) and grouped["n"].min() >= 10
    rows = ask(person_rows=True, basis="committee 2026/14, written consent")
    check_table(rows, "beliefs")
    assert grouped["n"].max() <= rows["person"].nunique()
    with pytest.raises(DualUseError, match=r"person_rows=True needs a basis"):
        ask(person_rows=True)
    why = partial(explain_shadow, traces, real, **held, asof="2022-01-01", trait="protected:faith")
    person = rows["person"].iloc[0]
    with pytest.raises(DualUseError, match=r"'protected:faith' is protected"):
        why(person=person)
    assert len(why(person=person, person_rows=True, basis="committee 2026/14"))
    scored = audit_shadows(traces, real, **held, trait="protected:faith", times=YEARS, rng=7)
    assert list(scored) == AUDITED  # scores are of many
    assert find_leaks(traces, real, **held, asof="2022-01-01").empty
    assert shadow_profiles(empty_table("traces"), real, **held, asof="2022-01-01").empty


# --------------------------------------------------------------------------------------- mistakes


def test_bad_input_is_refused():
    with pytest.raises(UnknownNameError, match=r"method 'neighbour' does not exist.*'neighbours'"):
        profiles_by(asof="1999-01-01", method="neighbour")  # even where nobody is to be judged
    for wrong in ("soon", None, 2023, 5.0, np.int64(2023), pd.NaT):
        with pytest.raises(TableError, match=r"asof=.* is no time. Pass a day or a moment"):
            profiles_by(asof=wrong)
    with pytest.raises(TableError, match=r"asof=Timestamp.*UTC.* is no time"):
        profiles_by(asof=pd.Timestamp("2022-01-01", tz="UTC"))
    for wrong in (JOINED.index, JOINED.astype(str), pd.concat([JOINED, JOINED])):
        with pytest.raises(TableError, match=r"joined: a Series of times with one row a person"):
            shadow_profiles(UPLOADS, SAID, holder="Murmur", joined=wrong, asof=day(1))
    with pytest.raises(TableError, match=r"traces: column 'from_person' is missing"):
        shadow_profiles(UPLOADS.drop(columns="from_person"), SAID, asof=day(1), **ASK)
    with pytest.raises(TableError, match=r"known: column 'value' is missing"):
        shadow_profiles(UPLOADS, SAID.drop(columns="value"), asof=day(1), **ASK)
    with pytest.raises(TableError, match=r"ties: column 'context' is missing"):
        profiles_by(asof=day(1), ties=make_ties((0, 1)).drop(columns="context"))
    twice = pd.concat([SAID, SAID.iloc[:1]])
    with pytest.raises(TableError, match=r"known: person 0 answers 'side' twice"):
        shadow_profiles(UPLOADS, twice, asof=day(2), **ASK)


def test_bad_questions_about_a_shadow_are_refused():
    ask = partial(explain_shadow, UPLOADS, SAID, **ASK)
    with pytest.raises(UnknownNameError, match=r"trait 'sid' does not exist. Did you mean 'side'"):
        ask(person=5, trait="sid", asof=day(5))
    with pytest.raises(UnknownNameError, match=r"method 'magic' does not exist"):
        ask(person=5, trait="side", asof=day(5), method="magic")
    with pytest.raises(TableError, match=r"person 4 had joined by .*Ask explain_friends"):
        ask(person=4, trait="side", asof=day(9))
    with pytest.raises(TableError, match=r"no member had uploaded an address book with person 6"):
        ask(person=6, trait="side", asof=day(8))
    with pytest.raises(TableError, match=r"For Murmur this person did not exist"):
        ask(person="5", trait="side", asof=day(5))
    mute = SAID[SAID["person"] == 4]
    with pytest.raises(TableError, match=r"no member had answered 'side' by 2020"):
        explain_shadow(UPLOADS, mute, **ASK, person=5, trait="side", asof=day(5))


def test_bad_questions_to_the_audit_are_refused():
    ask = partial(audit_shadows, UPLOADS, SAID, **ASK, times=[day(1)], rng=7)
    with pytest.raises(UnknownNameError, match=r"trait 'sides' does not exist"):
        ask(trait="sides")
    with pytest.raises(RangeError, match=r"share=1.5 is outside its range: 0 to 1"):
        ask(trait="side", shares=[1.5])
    with pytest.raises(RangeError, match=r"draws=0 is outside its range: 1 to"):
        ask(trait="side", draws=0)
    with pytest.raises(RangeError, match=r"rng=None is no source of randomness"):
        ask(trait="side", rng=None)
    with pytest.raises(TableError, match=r"asof='soon' is no time"):
        ask(trait="side", times=["soon"])
    with pytest.raises(TableError, match=r"joined: a Series of times with one row a person"):
        ask(trait="side", joined=[day(1)])
    twice = pd.concat([SAID, SAID.iloc[-1:]])
    with pytest.raises(TableError, match=r"known: keep one answer a person about 'side'"):
        audit_shadows(UPLOADS, twice, **ASK, trait="side", times=[day(1)], rng=7)
    nobody = ask(trait="side", joined=JOINED.iloc[:0], shares=iter([0.5, 1]))
    assert nobody["n"].tolist() == [0, 0]  # no member, nobody who joined later


# ------------------------------------------------------------------------------ who said no


def said_no(person, k, granted=False):
    return make_consents((person, "profiling", granted, "objected", day(k)))


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (None, {4: 1 / 2, 5: 2 / 3}),
        (5, {4: 1 / 2}),  # no profile of somebody outside who said no
        (0, {4: 1, 5: 1}),  # nor is the answer used, or the address book, of a member who did
        (3, {4: 0, 5: 2 / 3}),
    ],
)
def test_who_said_no_has_no_profile_and_gives_nobody_away(who, expected):
    ledger = empty_table("consents") if who is None else said_no(who, 2)
    assert white(profiles_by(asof=day(6), ledger=ledger)) == pytest.approx(expected)


def test_a_no_binds_from_its_moment_on():
    assert 5 in set(profiles_by(asof=day(2), ledger=said_no(5, 3))["person"])
    assert 5 not in set(profiles_by(asof=day(3), ledger=said_no(5, 3))["person"])


def test_nobody_is_left_to_learn_from():
    ledger = concat([said_no(person, 0) for person in range(5)], "consents")
    assert profiles_by(asof=day(6), ledger=ledger).empty


def test_the_ledger_leaks_nothing_of_what_came_later():
    ledger = concat([said_no(5, 8), said_no(0, 9)], "consents")
    profiles = partial(shadow_profiles, ledger=ledger)
    assert find_leaks(UPLOADS, SAID, **ASK, asof=day(6), profiles=profiles).empty
