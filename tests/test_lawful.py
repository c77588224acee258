import numpy as np
import pandas as pd
import pytest
from handmade import make_beliefs, make_traces
from hypothesis import given, settings
from hypothesis import strategies as st

from ethics_lib.consents import give_notice
from ethics_lib.lawful import ICO_TEN, WP248, dpia_due, screen_dpia, subject_request_deadline
from ethics_lib.rules import RULES
from ethics_lib.tables import RangeError, TableError, UnknownNameError
from ethics_lib.uses import declare_use

# ---------------------------------------------------------------------------------- the deadline


@pytest.mark.parametrize(
    ("received", "month", "longer"),
    [
        ("2025-09-03", "2025-10-03", "2025-12-03"),  # the ICO's example
        ("2026-01-30", "2026-03-02", "2026-04-30"),  # 28 February is a Saturday
        ("2026-01-31", "2026-03-02", "2026-04-30"),
        ("2026-03-06", "2026-04-07", "2026-06-08"),  # Easter Monday
        ("2026-03-31", "2026-04-30", "2026-06-30"),
        ("2026-11-25", "2026-12-29", "2027-02-25"),  # 25 to 28 December closed
        ("2024-11-25", "2024-12-27", "2025-02-25"),  # the ICO's, December 2025
        ("2028-01-31", "2028-02-29", "2028-05-02"),  # a leap year, and a Sunday before May Day
    ],
)
def test_deadlines_are_those_of_the_regulator(received, month, longer):
    assert subject_request_deadline(received) == pd.Timestamp(month)
    assert subject_request_deadline(received, extended=True) == pd.Timestamp(longer)
    assert subject_request_deadline(f"{received} 23:10") == pd.Timestamp(month)


def test_holidays_are_those_of_the_place():
    assert subject_request_deadline("2026-03-06", place="GB-SCT") == pd.Timestamp("2026-04-06")
    assert subject_request_deadline("2026-02-17", place="GB-NIR") == pd.Timestamp("2026-03-18")
    in_eu = {"rules": "eu-2025-10", "place": "IE"}
    assert subject_request_deadline("2026-02-17", **in_eu) == pd.Timestamp("2026-03-18")
    berlin = subject_request_deadline("2026-02-08", rules="eu-2025-10", place="DE-BE")
    assert berlin == pd.Timestamp("2026-03-09")


def test_the_clock_starts_when_the_last_thing_needed_has_come():
    start = {"identified": "2026-04-09", "paid": "2026-04-02"}
    late = subject_request_deadline("2026-03-31", **start)
    assert late == subject_request_deadline("2026-04-09") == pd.Timestamp("2026-05-11")
    assert subject_request_deadline("2026-04-09", identified="2026-04-01") == late


def test_the_clock_stops_on_the_days_of_asking_and_answering_and_between():
    received = "2026-03-31"
    assert subject_request_deadline(received, stopped=5) == pd.Timestamp("2026-05-05")
    pause = [("2026-04-02", "2026-04-06")]
    assert subject_request_deadline(received, stopped=pause) == pd.Timestamp("2026-05-05")
    twice = [*pause, ("2026-04-05", "2026-04-07")]  # two questions at once stop it once
    assert subject_request_deadline(received, stopped=twice) == pd.Timestamp("2026-05-06")
    assert subject_request_deadline(received, stopped=[]) == subject_request_deadline(received)
    longer = subject_request_deadline(received, stopped=pause, extended=True)
    assert longer == pd.Timestamp("2026-07-06")  # 30 June and five days is a Sunday


def test_people_must_hear_of_the_extension_inside_the_first_month():
    told = subject_request_deadline("2026-03-06", extended="2026-04-06")
    assert told == pd.Timestamp("2026-06-08")
    with pytest.raises(RangeError, match=r"told after the first month, which ended on 2026-04-06"):
        subject_request_deadline("2026-03-06", extended="2026-04-07")
    assert subject_request_deadline("2026-03-06", extended="2026-04-07", stopped=1)


def test_what_is_wrong_is_said():
    for wrong in ("3rd of May-be", 20260306, None, pd.NaT, "2026-03-06T10:00Z"):
        with pytest.raises(TableError, match=r"received=.* is no time. Pass a day"):
            subject_request_deadline(wrong)
    for name in ("identified", "paid", "extended"):
        with pytest.raises(TableError, match=f"{name}=7 is no time"):
            subject_request_deadline("2026-03-06", **{name: 7})
    with pytest.raises(TableError, match=r"stopped='soon' is no time"):
        subject_request_deadline("2026-03-06", stopped=[("2026-03-07", "soon")])
    for wrong in ("3", 1.5, True, None, ["2026-03-09"], [("2026-03-07", "2026-03-08", "x")]):
        with pytest.raises(RangeError, match=r"stopped=.* is neither a number of days nor a list"):
            subject_request_deadline("2026-03-06", stopped=wrong)
    with pytest.raises(RangeError, match=r"stopped=-1 is outside its range: 0 days or more"):
        subject_request_deadline("2026-03-06", stopped=-1)
    for pause in (("2026-03-01", "2026-03-09"), ("2026-03-10", "2026-03-09")):
        with pytest.raises(RangeError, match=r"begins after the clock has started, 2026-03-06"):
            subject_request_deadline("2026-03-06", stopped=[pause])
    with pytest.raises(RangeError, match=r"by law the clock stops from 2026-02-05 on"):
        subject_request_deadline("2026-01-30", stopped=3)
    with pytest.raises(RangeError, match=r"by law the clock stops from 2026-02-05 on"):
        subject_request_deadline("2026-01-30", stopped=[("2026-02-04", "2026-02-06")])
    assert subject_request_deadline("2026-01-30", stopped=[("2026-02-05", "2026-02-06")])
    with pytest.raises(RangeError, match=r"in the EU no clock stops"):
        subject_request_deadline("2026-03-06", stopped=3, rules="eu-2025-10", place="IE")
    with pytest.raises(RangeError, match=r"do not hold in place='IE'. Pass rules='eu-2025-10'"):
        subject_request_deadline("2026-03-06", place="IE")
    with pytest.raises(UnknownNameError, match=r"place 'GB-XXX' does not exist in the library"):
        subject_request_deadline("2026-03-06", place="GB-XXX")
    with pytest.raises(UnknownNameError, match=r"rule set 'uk' does not exist"):
        subject_request_deadline("2026-03-06", rules="uk")


def test_the_rule_sets_are_those_that_there_are():
    for name, rules in RULES.items():
        place = {"UK": "GB-ENG", "EU": "IE"}[rules.place]
        assert subject_request_deadline("2025-09-03", rules=name, place=place).month == 10


days = st.dates(pd.Timestamp("2026-02-05").date(), pd.Timestamp("2035-12-31").date())


@given(days, st.integers(0, 60))
def test_laws_of_the_calendar(day, more):
    due = subject_request_deadline(day)
    assert due.weekday() < 5 and 28 <= (due - pd.Timestamp(day)).days <= 36
    assert subject_request_deadline(day + pd.Timedelta(days=more)) >= due  # later is never sooner
    assert subject_request_deadline(day, stopped=more) >= due
    assert subject_request_deadline(day, extended=True) > due


# --------------------------------------------------------------------------------- the screening

PEOPLE = pd.DataFrame(
    {"birth_date": pd.to_datetime(["1980-01-01"] * 9 + ["2009-06-01"])},
    index=pd.RangeIndex(10, name="person"),
)
CARELESS = {"innovative": [], "dangerous": []}


def use(name="ads", **columns):
    full = {
        "holder": "Murmur",
        "traits": ["taste"],
        "purpose": "direct_marketing",
        "basis": "consent",
        "topic": "cheese",
        "time": "2026-01-02",
    }
    return declare_use(name, **full | columns)


def decide(people, name="ads", via="belief"):
    rows = pd.DataFrame({"person": list(people), "use": name, "ad": "a", "category": "yes"})
    acted = pd.array([pd.NA] * len(rows), dtype="boolean")
    rows = rows.assign(score=1.0, shown=True, acted=acted, via=via)
    return rows.assign(time=pd.Timestamp("2026-01-05"))


def tell(people, time="2025-01-01"):
    return give_notice(PEOPLE.loc[people], holder="Murmur", purposes="service", time=time)


def tables(**changed):
    """A use of ten grown people's own declared tastes, of which everything is known."""
    harmless = {
        "traces": make_traces([(person, 1) for person in range(9)]),
        "beliefs": make_beliefs((1, "taste", "yes", 1.0), origin="declared", method="form"),
        "decisions": decide(range(9)),
        "notices": tell(range(9)),
        "people": PEOPLE,
        **CARELESS,
    }
    return harmless | changed


def met(uses, **changed):
    screened = screen_dpia(uses, **tables(**changed))
    hit = screened[screened["met"].fillna(True).astype(bool)]
    assert not hit["met"].isna().any()
    return {name: set(hit.loc[hit["list"] == name, "criterion"]) for name in ("WP248", "ICO")}


def test_a_use_of_what_grown_people_said_meets_nothing():
    assert met(use()) == {"WP248": set(), "ICO": set()}
    due = dpia_due(screen_dpia(use(), **tables()))
    assert due[["wp248", "ico", "unknown", "due"]].values.tolist() == [[0, 0, 0, False]]


seen = {"source": "pixel"}
guess = make_beliefs((1, "taste", "yes", 0.6))
CROSSINGS = {
    "guessed": (use(), {"beliefs": guess}, {"evaluation"}, set()),
    "many": (use(), {"large": 9}, {"large scale"}, set()),
    "many guessed": (
        use(),
        {"large": 9, "beliefs": guess},
        {"large scale", "evaluation"},
        {"large-scale profiling"},
    ),
    "a job": (
        use(kind="job"),
        {},
        {"automated decision", "barring"},
        {"denial of service"},
    ),
    "left out": (use(kind="exclusion"), {}, {"barring"}, {"denial of service"}),
    "a faith": (use(traits=["faith"]), {}, {"sensitive"}, set()),
    "a pixel": (use(), {"traces": make_traces([(1, 1)], **seen)}, {"monitoring"}, set()),
    "a pixel and a faith": (
        use(traits=["faith"]),
        {"traces": make_traces([(1, 1)], **seen)},
        {"monitoring", "sensitive"},
        {"tracking"},
    ),
    "a list": (
        use(),
        {"traces": make_traces([(1, 1)], source="list")},
        {"matching"},
        {"data matching"},
    ),
    "two holders": (
        pd.concat([use(), use(holder="Tannery")]),
        {},
        {"matching"},
        {"data matching"},
    ),
    "a child": (
        use(),
        {"decisions": decide([1, 9])},
        {"vulnerable"},
        {"targeting children"},
    ),
    "a child spared": (use(kind="protection"), {"decisions": decide([9])}, {"vulnerable"}, set()),
    "new": (use(), {"innovative": ["ads"]}, {"innovative"}, set()),
    "new, about a faith": (
        use(traits=["faith"]),
        {"innovative": ["ads"]},
        {"innovative", "sensitive"},
        {"innovative technology"},
    ),
    "dangerous": (use(), {"dangerous": ["ads"]}, set(), {"physical harm"}),
    "unseen": (
        use(),
        {"traces": make_traces([(1, 1)], from_person=2), "notices": tell([2, 3])},
        set(),
        set(),
    ),
    "unseen, of a faith": (
        use(traits=["faith"]),
        {"traces": make_traces([(1, 1)], from_person=2), "notices": tell([1], "2026-01-03")},
        {"sensitive"},
        {"invisible processing"},
    ),
    "seen, of a faith": (
        use(traits=["faith"]),
        {"traces": make_traces([(1, 1)], from_person=2), "notices": tell([1])},
        {"sensitive"},
        set(),
    ),
}


@pytest.mark.parametrize("case", CROSSINGS)
def test_each_criterion_is_met_where_it_is_and_nowhere_else(case):
    uses, changed, nine, ten = CROSSINGS[case]
    assert met(uses, **changed) == {"WP248": nine, "ICO": ten}
    due = dpia_due(screen_dpia(uses, **tables(**changed)))
    assert due["due"].tolist() == [len(nine) > 1 or len(ten) > 0]
    assert all(criterion in due["why"].iloc[0] for criterion in nine | ten)


def test_every_criterion_but_those_the_town_has_not_is_met_somewhere():
    nine = set().union(*(case[2] for case in CROSSINGS.values()))
    ten = set().union(*(case[3] for case in CROSSINGS.values()))
    assert nine == set(WP248)
    assert ten == set(ICO_TEN) - {"biometric data", "genetic data"}


def test_an_advert_for_everybody_evaluates_nobody():
    shown = decide(range(9), via="everybody")
    assert met(use(), beliefs=guess, decisions=shown)["WP248"] == set()
    assert met(use(kind="contextual_ad"), beliefs=guess)["WP248"] == set()


def test_what_no_table_says_is_not_known():
    screened = screen_dpia(use())
    assert len(screened) == 19 and screened["why"].str.len().gt(0).all()
    unknown = set(screened.loc[screened["met"].isna(), "criterion"])
    assert unknown == {
        *("evaluation", "monitoring", "large scale", "matching", "vulnerable", "innovative"),
        *("innovative technology", "large-scale profiling", "data matching", "physical harm"),
        *("invisible processing", "tracking", "targeting children"),
    }
    due = dpia_due(screened)
    assert due["due"].isna().all() and due["unknown"].tolist() == [13]
    job = dpia_due(screen_dpia(use(kind="job")))
    assert job["due"].tolist() == [True]  # enough is known
    nobody = screen_dpia(use(), decisions=decide([]), people=PEOPLE).set_index("criterion")
    assert nobody.loc[["vulnerable", "large scale"], "met"].isna().all()
    ageless = screen_dpia(use(), decisions=decide([9]), people=PEOPLE[[]]).set_index("criterion")
    assert pd.isna(ageless.loc["vulnerable", "met"])


def test_uses_are_screened_one_by_one_and_traces_by_holder():
    uses = pd.concat([use(), use("vote", traits=["party", "taste"], holder="Tannery")])
    traces = pd.concat(
        [make_traces([(1, 1)], **seen), make_traces([(2, 1)], holder="Tannery")],
        ignore_index=True,
    )
    screened = screen_dpia(uses, **tables(traces=traces)).set_index(["use", "criterion"])["met"]
    assert screened["ads", "monitoring"] and not screened["vote", "monitoring"]
    assert screened["vote", "sensitive"] and not screened["ads", "sensitive"]
    assert dpia_due(screen_dpia(uses))["use"].tolist() == ["ads", "vote"]


def test_no_use_no_trace_and_a_wrong_number():
    none = screen_dpia(use(), traces=make_traces([(1, 1)]).iloc[:0], notices=tell([1]))
    none = none.set_index("criterion")["met"]
    assert not none[["monitoring", "matching", "invisible processing"]].any()
    with pytest.raises(RangeError, match=r"large=0 is outside its range: 1 to"):
        screen_dpia(use(), large=0)


def test_tables_read_back_as_text_are_told_so():
    screened = screen_dpia(use())
    with pytest.raises(TableError, match=r"people: column 'birth_date' holds text .*to_datetime"):
        screen_dpia(use(), **tables(people=PEOPLE.astype(str)))
    with pytest.raises(TableError, match=r"people: it takes one row a person, and the person as"):
        screen_dpia(use(), **tables(people=PEOPLE.reset_index()))
    with pytest.raises(TableError, match=r"screened: column 'met' is missing. Make the table with"):
        dpia_due(screened.drop(columns="met"))
    text = screened.astype({"met": object})
    with pytest.raises(TableError, match=r"column 'met' holds object; .*.astype\('boolean'\)"):
        dpia_due(text)
    pd.testing.assert_frame_equal(dpia_due(text.astype({"met": "boolean"})), dpia_due(screened))


@settings(max_examples=10)
@given(st.permutations(range(9)))
def test_names_and_order_of_people_do_not_matter(order):
    rename = np.array([*order, 9])
    given_ = tables(beliefs=guess, decisions=decide([1, 9]))
    moved = {
        name: table.assign(person=rename[table["person"]]).sample(frac=1, random_state=1)
        if name in ("traces", "beliefs", "decisions", "notices")
        else table
        for name, table in given_.items()
    }
    moved["traces"] = moved["traces"].assign(from_person=moved["traces"]["person"])
    moved["people"] = PEOPLE.set_index(pd.Index(rename, name="person"))
    pd.testing.assert_frame_equal(screen_dpia(use(), **given_), screen_dpia(use(), **moved))
