import numpy as np
import pandas as pd
import pytest
from handmade import make_beliefs, make_consents, make_known, make_traces
from hypothesis import given
from hypothesis import strategies as st

from ethics_lib.consents import give_notice
from ethics_lib.measures import auc
from ethics_lib.necessity import (
    MEASURES,
    QUESTIONS,
    TOLD_TO_OBJECT,
    LegitimateInterest,
    measure_balance,
    measure_necessity,
    under_18,
)
from ethics_lib.tables import COLUMNS, RangeError, TableError, UnknownNameError, check_table
from ethics_lib.traces import ContactUpload, Pixel, Platform, collect
from ethics_lib.uses import declare_use
from ethics_lib.world import make_world

# ------------------------------------------------------------------------- what the data add

N = 60
SIDE = {person: "left" if person % 2 else "right" for person in range(N)}
HEIGHT = {person: float(person % 2) for person in range(N)}
TRUTH = pd.DataFrame({"side": SIDE, "height": HEIGHT})


def likes(by, source="platform"):
    """Each person likes a page by their number, and everybody one more."""
    pairs = [(person, item) for person in range(N) for item in (by(person), 99)]
    return make_traces(pairs, source=source)


TELLING = likes(lambda person: person % 2)
IDLE = likes(lambda person: 10 + person // 4 % 2, source="pixel")


def necessity(*traces, answers=SIDE, trait="side", **arguments):
    known = make_known(answers, trait)
    held = pd.concat(traces, ignore_index=True)
    table = measure_necessity(held, known, truth=TRUTH, holder="Murmur", **arguments)
    check_table(table, "necessity")
    return table.set_index("source")


@pytest.mark.parametrize(("answers", "trait", "most"), [(SIDE, "side", 0.5), (HEIGHT, "height", 1)])
def test_a_source_that_says_everything_is_needed_and_one_that_says_nothing_is_not(
    answers, trait, most
):
    found = necessity(TELLING, IDLE, answers=answers, trait=trait)
    assert found.loc["platform", "low"] > 0.6 * most
    assert found.loc["pixel", "low"] <= 0 <= found.loc["pixel", "high"]
    assert found["trait"].eq(trait).all() and found["holder"].eq("Murmur").all()


def test_the_only_source_is_compared_with_knowing_nothing():
    found = necessity(TELLING)
    assert found.loc["platform", ["gain", "low", "high"]].tolist() == [0.5, 0.5, 0.5]
    number = necessity(TELLING, answers=HEIGHT, trait="height")
    assert number.loc["platform", "gain"] > 0.98


def test_two_sources_that_say_the_same_are_both_not_needed():
    found = necessity(TELLING, TELLING.assign(source="pixel"))
    assert (found[["gain", "low", "high"]] == 0).all(axis=None)


def test_kinds_can_be_left_out_too():
    found = necessity(TELLING, IDLE.assign(kind="visit"), by="kind")
    assert found["gain"].round(6).to_dict() == {"like": 0.5, "visit": 0.0}


def test_of_what_names_no_item_nothing_is_said():
    """It cannot be read, which is not to say that it is not needed."""
    contacts = make_traces([(1, 1)], kind="contact", source="contacts")
    contacts = contacts.assign(item=pd.array([pd.NA], dtype="Int32"))
    for by in ("source", "kind"):
        pd.testing.assert_frame_equal(
            necessity(TELLING, contacts, by=by), necessity(TELLING, by=by)
        )
    alone = measure_necessity(contacts, make_known(SIDE), truth=TRUTH, holder="Murmur")
    assert alone.empty and list(alone) == list(COLUMNS["necessity"])


def test_who_is_in_no_other_source_gets_the_average():
    few = TELLING[TELLING["person"] < 40]
    rest = TELLING[TELLING["person"] >= 40].assign(source="list")
    found = necessity(few, rest)
    # without the list, 20 of 60 are all alike: of the pairs of left and right, 1 - (40/60)^2 tie
    # or stand beside the average; the 40 are told apart, and the average lies between them
    pairs, half = 30 * 30, 10 * 10 / 2
    assert found.loc["list", "gain"] == pytest.approx(half / pairs)


def test_other_holders_are_not_looked_at():
    foreign = TELLING.assign(holder="Tannery", source="sdk")
    assert necessity(TELLING, IDLE, foreign).equals(necessity(TELLING, IDLE))


def test_what_cannot_be_measured_is_said():
    with pytest.raises(UnknownNameError, match=r"holder 'Tannery' does not exist.*Murmur"):
        measure_necessity(TELLING, make_known(SIDE), truth=TRUTH, holder="Tannery")
    with pytest.raises(UnknownNameError, match=r"column to leave out by 'item' does not exist"):
        necessity(TELLING, by="item")
    with pytest.raises(UnknownNameError, match=r"truth: the column 'side' does not exist"):
        measure_necessity(TELLING, make_known(SIDE), truth=TRUTH[["height"]], holder="Murmur")
    lonely = TRUTH.assign(side=["left"] + ["right"] * (N - 1))
    with pytest.raises(TableError, match=r"\[1, 59\] are of each kind; a gain needs two of each"):
        measure_necessity(TELLING, make_known(SIDE), truth=lonely, holder="Murmur")


@given(st.integers(0, 1000))
def test_the_interval_is_that_of_delong_and_its_middle_the_difference_of_the_aucs(seed):
    """Against the formula written out, pair by pair."""
    rng = np.random.default_rng(seed)
    truth = pd.Series(rng.choice(["left", "right"], N))
    has = (truth == "right").to_numpy()
    scores = rng.integers(0, 6, (N, 2)) + has[:, None]  # with ties
    table = _gain_of(scores, truth)
    wins = [np.sign(s[has][:, None] - s[~has]) / 2 + 0.5 for s in scores.T]
    gap = wins[0] - wins[1]
    variance = gap.mean(1).var(ddof=1) / has.sum() + gap.mean(0).var(ddof=1) / (~has).sum()
    aucs = auc(has, scores.astype(float))
    assert table["gain"] == pytest.approx(aucs[0] - aucs[1])
    assert table["high"] - table["gain"] == pytest.approx(1.96 * np.sqrt(variance))
    assert table["gain"] - table["low"] == pytest.approx(1.96 * np.sqrt(variance))


def _gain_of(scores, truth):
    from ethics_lib.necessity import _gain

    both = pd.DataFrame(scores.astype(float), columns=["with", "without"])
    return dict(zip(("gain", "low", "high"), _gain(both, truth), strict=True))


@pytest.mark.parametrize("numeric", [False, True])
def test_intervals_hold_the_truth_as_often_as_they_say(numeric):
    """400 draws of 200 people: of intervals of 95 %, 92 to 98 % hold it."""
    rng = np.random.default_rng(4)
    if numeric:
        target = 1 / 2**0.5 - 0.5 / 1.25**0.5
    else:
        from scipy.stats import norm

        target = norm.cdf(1 / 2**0.5) - norm.cdf(0.5 / 2**0.5)
    held = 0
    for _ in range(400):
        true = rng.normal(size=200) if numeric else (rng.random(200) < 0.4).astype(float)
        noise = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 200)
        scores = true[:, None] * [1, 0.5] + noise
        truth = pd.Series(true if numeric else np.where(true > 0, "yes", "no"))
        gain = _gain_of(scores, truth)
        held += gain["low"] <= target <= gain["high"]
    assert 0.92 < held / 400 < 0.98


@pytest.mark.slow
def test_in_the_town_both_sources_add_to_what_is_known_of_a_faith():
    """Ten towns of 2,000: what pixel and platform add to AUC, with a 95 % interval (t)."""
    from scipy.stats import t

    gains = []
    for seed in range(10):
        world = make_world(2000, rng=seed)
        members = world.people.query("member")
        yes = [
            (person, "service", True, "terms", str(joined))
            for person, joined in members["joined"].items()
        ]
        ledger = make_consents(*yes)
        collectors = [Platform("Murmur"), Pixel("Murmur", reach=0.3, waits=False)]
        held = collect(world, ledger, [*collectors, ContactUpload("Murmur")])
        faith = world.reports.query("trait == 'faith'")
        table = measure_necessity(held.traces, faith, truth=world.people, holder="Murmur")
        gains.append(table.set_index("source")["gain"])
    gains = pd.DataFrame(gains)
    reach = t.ppf(0.975, 9) * gains.std() / 10**0.5
    assert (gains.mean() - reach).loc[["pixel", "platform"]].gt(0).all()
    assert (gains.mean() + reach).lt(0.09).all()


# ----------------------------------------------------------------------------------- the balance

PEOPLE = pd.DataFrame(
    {"birth_date": pd.to_datetime(["1980-01-01"] * 9 + ["2009-06-01"])},
    index=pd.RangeIndex(10, name="person"),
)
BELIEFS = make_beliefs((1, "taste", "yes", 0.8))


def use(**columns):
    full = {
        "holder": "Murmur",
        "traits": ["taste"],
        "purpose": "newsletter",
        "basis": "legitimate_interest",
        "topic": "cheese",
        "time": "2026-01-02",
    }
    return declare_use("ads", **full | columns)


def tell(people, *purposes, time="2025-05-31"):
    return give_notice(PEOPLE.loc[list(people)], holder="Murmur", purposes=purposes, time=time)


def balance(uses=None, **changed):
    tables = {
        "beliefs": BELIEFS,
        "consents": make_consents((0, "service", True, "terms", "2025-01-01")),
        "notices": tell(range(10), "newsletter", TOLD_TO_OBJECT),
        "people": PEOPLE,
        "traces": make_traces([(person, 1) for person in range(10)]),
    }
    tables |= changed
    traces = tables.pop("traces")
    uses = use() if uses is None else uses
    table = measure_balance(uses, traces, use="ads", holder="Murmur", **tables)
    assert table[["use", "holder"]].drop_duplicates().values.tolist() == [["ads", "Murmur"]]
    assert set(table["measure"]) <= set(MEASURES) and table["share"].between(0, 1).all()
    return table.set_index("measure")["share"]


def test_a_careful_use_is_told_open_and_free_of_sensitive_data():
    assert balance().to_dict() == {
        "special categories used": 0,
        "special categories believed": 0,
        "read from a device": 0,
        "told before": 1,
        "could object": 1,
        "said no": 0,
        "under 18": 0.1,
    }
    assert "under 18" not in balance(people=None)


def test_special_categories_are_counted_in_the_use_and_in_the_file():
    assert balance(use(traits=["taste", "faith"]))["special categories used"] == 0.5
    faith = make_beliefs((1, "faith", "Tide", 0.5), (1, "faith", "Lantern", 0.5))
    assert balance(beliefs=faith)["special categories believed"] == 0.1
    elsewhere = faith.assign(holder="Tannery")
    assert balance(beliefs=elsewhere)["special categories believed"] == 0


def test_told_before_means_before_the_first_record_and_of_this_purpose():
    early, late = tell([0, 1], "newsletter"), tell([2], "newsletter", time="2025-06-02")
    other = tell([3], "service")
    notices = pd.concat([early, late, other], ignore_index=True)
    assert balance(notices=notices)["told before"] == 0.2


def test_a_fair_question_or_a_notice_of_the_right_lets_people_object():
    asked = make_consents(
        (0, "newsletter", True, "opt-out", "2025-01-01"),
        (1, "newsletter", False, "opt-in", "2025-01-01"),
        (2, "newsletter", True, "terms", "2025-01-01"),
        (3, "newsletter", True, "dark pattern", "2025-01-01"),
        (4, "newsletter", True, "opt-out", "2026-01-03"),  # too late
        (5, "service", True, "opt-out", "2025-01-01"),
    )
    found = balance(consents=asked, notices=tell([7], TOLD_TO_OBJECT))
    assert found["could object"] == pytest.approx(0.3)
    assert found["said no"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("purpose", "kind", "counts"),
    [
        ("newsletter", "personalised_ad", True),
        ("profiling", "recommendation", True),
        ("processing", "recommendation", True),
        ("direct_marketing", "personalised_ad", True),
        ("direct_marketing", "recommendation", False),
        ("tracking", "personalised_ad", False),
    ],
)
def test_a_no_counts_where_it_covers_the_use(purpose, kind, counts):
    no = make_consents((0, purpose, False, "objected", "2026-01-01"))
    assert balance(use(kind=kind), consents=no)["said no"] == 0.1 * counts
    late = make_consents((0, purpose, False, "objected", "2026-01-03"))
    assert balance(use(kind=kind), consents=late)["said no"] == 0


def test_devices_and_joint_holders():
    pixel = make_traces([(0, 1)], source="pixel")
    traces = pd.concat([make_traces([(1, 1)]), pixel], ignore_index=True)
    assert balance(traces=traces)["read from a device"] == 0.5
    joint = pd.concat([use(), use(holder="Tannery", traits=["faith"])], ignore_index=True)
    assert balance(joint)["special categories used"] == 0
    with pytest.raises(UnknownNameError, match=r"holder of 'ads' 'Murmur' does not exist"):
        balance(use(holder="Tannery"))
    with pytest.raises(UnknownNameError, match=r"use 'ads' does not exist"):
        balance(use().assign(use="vote"))


def test_people_read_back_as_text_are_told_so():
    with pytest.raises(TableError, match=r"people: column 'birth_date' holds text .*to_datetime"):
        balance(people=PEOPLE.astype(str))
    for wrong in (PEOPLE.reset_index(), pd.concat([PEOPLE, PEOPLE])):
        with pytest.raises(TableError, match=r"one row a person, and the person as the index"):
            balance(people=wrong)


def test_a_child_is_one_until_the_birthday():
    who = pd.Index([9, 0, 99])
    assert under_18(PEOPLE, who, time="2027-05-31").tolist() == [True, False, False]
    assert not under_18(PEOPLE, who, time="2027-06-01").any()


# -------------------------------------------------------------------------------------- the test

ANSWERS = {key: "We have thought about it." for part in QUESTIONS.values() for key in part}
ANSWERS |= {"helps": "yes", "proportionate": "Yes, it is one letter", "explain": "yes"}
ANSWERS |= {"otherwise": "no", "less": "No: one taste", "opt_out": "yes, in each letter"}
NEEDED = pd.DataFrame(
    [("Murmur", "taste", "platform", 0.05, 0.02, 0.08)],
    columns=["holder", "trait", "source", "gain", "low", "high"],
)


CAREFUL = balance()


def interest(**changed):
    full = {
        "holder": "Murmur",
        "answers": ANSWERS,
        "dated": "2026-01-01",
        "starts": "2026-01-02",
        "necessity": NEEDED,
        "balance": shares(),
        "decided": True,
    }
    return LegitimateInterest(**full | changed)


def failing(test):
    verdict = test.verdict().set_index("part")
    assert verdict.index.tolist() == ["purpose", "necessity", "balancing", "date", "decision"]
    assert test.passes() == verdict["passes"].all() == (test.passed_on() is not None)
    return verdict.loc[~verdict["passes"], "why"].to_dict()


def shares(**changed):
    table = CAREFUL.copy()
    for measure, share in changed.items():
        table[measure] = share
    return table.reset_index().assign(use="ads", holder="Murmur")


def test_there_are_as_many_questions_as_the_regulator_asks():
    assert [len(part) for part in QUESTIONS.values()] == [10, 4, 4, 9, 7]
    assert len(ANSWERS) == 34  # no key stands for two questions


def test_an_assessment_that_passes_gives_its_date_to_the_use():
    test = interest()
    assert failing(test) == {}
    assert test.passed_on() == pd.Timestamp("2026-01-01")
    assert use(lia=test.passed_on())["lia"].eq(test.passed_on()).all()
    assert use(lia=interest(decided=False).passed_on())["lia"].isna().all()


def test_every_question_is_to_be_answered():
    for part, keys in QUESTIONS.items():
        for key in keys:
            left = {k: v for k, v in ANSWERS.items() if k != key} | {key: " "}
            where = part if part in ("purpose", "necessity") else "balancing"
            assert failing(interest(answers=left)) == {where: f"not answered: {key}"}


@pytest.mark.parametrize(
    ("key", "answer", "part"),
    [
        ("helps", "no", "necessity"),
        ("proportionate", "hardly", "necessity"),
        ("otherwise", "yes, by a poster", "necessity"),
        ("less", "Yes", "necessity"),
        ("explain", "no", "balancing"),
        ("opt_out", "not yet", "balancing"),
    ],
)
def test_some_answers_decide(key, answer, part):
    why = failing(interest(answers=ANSWERS | {key: answer}))
    assert list(why) == [part] and why[part].endswith(f"(yes or no) {answer}")


def test_necessity_is_measured_of_this_holder_and_of_each_source():
    assert failing(interest(necessity=None)) == {"necessity": "nobody measured what the data add"}
    foreign = NEEDED.assign(holder="Tannery")
    assert failing(interest(necessity=foreign)) == {"necessity": "nothing was measured of Murmur"}
    idle = pd.concat([NEEDED, NEEDED.assign(source="contacts", low=-0.01)], ignore_index=True)
    assert failing(interest(necessity=idle)) == {
        "necessity": "without contacts the guess is as good"
    }
    other_trait = pd.concat([idle, idle.assign(trait="age", low=0.01)], ignore_index=True)
    assert failing(interest(necessity=other_trait)) == {}
    with pytest.raises(TableError, match=r"necessity: column 'low' holds nan in row 0"):
        interest(necessity=NEEDED.assign(low=np.nan)).verdict()


@pytest.mark.parametrize(
    ("measure", "share", "why"),
    [
        ("special categories used", 0.01, "special categories, which need Article 9"),
        ("read from a device", 0.001, r"takes their consent (PECR reg. 6)"),
        ("said no", 0.002, "0.2% of the people had said no"),
        ("told before", 0.89, "told before: 89% of the people"),
        ("could object", 0, "could object: 0% of the people"),
    ],
)
def test_what_the_balance_shows_may_forbid_it(measure, share, why):
    found = failing(interest(balance=shares(**{measure: share})))
    assert list(found) == ["balancing"] and why in found["balancing"]


@pytest.mark.parametrize(("trait", "passes"), [("party", False), ("age", True)])
def test_a_harmless_balance_does_not_carry_what_was_measured_of_a_special_category(trait, passes):
    test = interest(necessity=NEEDED.assign(trait=trait))
    assert test.passes() == passes
    assert ("special categories, which need" in str(failing(test))) != passes


def test_the_balance_is_of_this_holder_and_of_one_use():
    foreign = shares().assign(holder="Tannery")
    found = failing(interest(balance=foreign))
    assert found == {"balancing": "no balance was measured of Murmur"}
    both = pd.concat([foreign, shares()], ignore_index=True)
    assert failing(interest(balance=both)) == {}
    two = pd.concat([shares(), shares().assign(use="votes")], ignore_index=True)
    with pytest.raises(TableError, match=r"balance: it is of several uses. Make it with measure_"):
        interest(balance=two).verdict()
    with pytest.raises(TableError, match=r"balance: column 'holder' is missing. Make it with"):
        interest(balance=shares().drop(columns="holder")).verdict()


def test_what_the_balance_shows_and_the_reader_weighs():
    weighed = {"special categories believed": 0.5, "under 18": 1.0, "told before": 0.9}
    assert failing(interest(balance=shares(**weighed))) == {}
    assert list(failing(interest(balance=shares(**weighed), enough=0.95))) == ["balancing"]
    assert failing(interest(balance=None)) == {"balancing": "nobody measured the balance"}


@given(st.fixed_dictionaries({key: st.text(min_size=1) for key in ("why", "ethics", "impacts")}))
def test_no_eloquence_carries_a_pixel_or_a_special_category(words):
    answers = ANSWERS | words
    pixel = NEEDED.assign(source="pixel")
    assert not interest(answers=answers, necessity=pixel).passes()
    for measure in ("special categories used", "read from a device"):
        assert not interest(answers=answers, balance=shares(**{measure: 1.0})).passes()


def test_a_test_made_afterwards_is_none():
    late = {"date": "dated 2026-01-02, and the first use was on 2026-01-02"}
    assert failing(interest(dated="2026-01-02")) == late
    assert "date" in failing(interest(dated="2026-02-01"))


def test_nobody_decides_by_leaving_it_out():
    full = vars(interest())
    del full["decided"]
    assert list(failing(LegitimateInterest(**full))) == ["decision"]
    assert set(failing(LegitimateInterest("Murmur", {}, "2026-01-01", "2026-01-02"))) == {
        *("purpose", "necessity", "balancing", "decision")
    }


def test_wrong_assessments_are_refused():
    with pytest.raises(UnknownNameError, match=r"question 'explian' does not exist.*'explain'"):
        interest(answers={"explian": "yes"})
    with pytest.raises(RangeError, match=r"enough=9 is outside its range: 0 to 1"):
        interest(enough=9)
    for day in ("dated", "starts"):
        with pytest.raises(TableError, match=f"{day}=5 is no time"):
            interest(**{day: 5})
    short = shares().query("measure != 'said no'")
    with pytest.raises(TableError, match=r"balance: the row 'said no' is missing. Make it with"):
        interest(balance=short).verdict()
