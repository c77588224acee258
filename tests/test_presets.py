import inspect
from dataclasses import replace

import pytest
from test_ties import assortativity

from ethics_lib.presets import KNOBS, PRESETS, Drawn, Knob, Preset, Setting, settle
from ethics_lib.tables import TRAITS, RangeError, UnknownNameError, check_table
from ethics_lib.world import make_world

SIGNATURE = inspect.signature(make_world).parameters


def shrink(monkeypatch, name, n=400):
    """Let a preset have few people and few pages, and be otherwise as it is."""
    preset = PRESETS[name]
    small = {"n": min(n, preset.knobs.get("n", n)), "pages": min(n, preset.knobs.get("pages", n))}
    small = replace(preset, knobs=dict(preset.knobs) | small)
    monkeypatch.setitem(PRESETS, name, small)
    return small


# ------------------------------------------------------------------------------------- the knobs


def test_every_knob_is_a_keyword_of_make_world_and_the_other_way_round():
    assert set(SIGNATURE) == {*KNOBS, "rng"}
    keywords = [p for name, p in SIGNATURE.items() if name != "n"]
    assert {p.kind for p in keywords} == {inspect.Parameter.KEYWORD_ONLY}
    # left out means: as the preset says; and no seed hides in a default
    assert {p.default for p in keywords if p.name != "rng"} == {None}
    assert SIGNATURE["rng"].default is inspect.Parameter.empty


@pytest.mark.parametrize("name", KNOBS)
def test_a_knob_has_a_unit_a_range_and_a_sentence_of_meaning(name):
    knob = KNOBS[name]
    assert isinstance(knob, Knob)
    assert knob.unit and knob.unit == knob.unit.strip()
    assert knob.low <= knob.default <= knob.high and knob.low < knob.high
    assert knob.meaning[0].isupper() and knob.meaning.endswith(".") and len(knob.meaning) > 15
    assert name in inspect.getdoc(make_world)


@pytest.mark.parametrize("name", KNOBS)
def test_a_knob_outside_its_range_is_refused_with_its_range(name):
    knob = KNOBS[name]
    low, high = knob.low, 50 if name == "mean_degree" else knob.high  # a quarter of 200 people
    words = () if name == "n" else ("many",)  # which would be the name of a preset
    for wrong in (low - 1, high + 1, float("nan"), float("inf"), *words):
        message = rf"^{name}={wrong!r} is outside its range: {low:g} to {high:g}\."
        with pytest.raises(RangeError, match=message.replace("+", r"\+")):
            make_world(**({"n": 200} | {name: wrong}), rng=7)


@pytest.mark.parametrize("name", [name for name in KNOBS if name not in ("n", "pages")])
def test_a_knob_may_go_to_either_end_of_its_range(name):
    knob = KNOBS[name]
    for value in (knob.low, 15 if name == "mean_degree" else knob.high):
        world = make_world(60, rng=7, **{name: value})
        assert len(world.people) == 60
        for noun in ("acts", "ties", "reports", "events"):
            check_table(getattr(world, noun), noun, people=world.people.index, empty=True)


# ------------------------------------------------------------------------------------- settling


def test_what_is_given_comes_before_the_preset_and_the_preset_before_brightwater():
    nothing = dict.fromkeys(KNOBS.keys() - {"n"})
    assert settle("brightwater", nothing)[1] == {k: knob.default for k, knob in KNOBS.items()}
    preset, knobs = settle("campus", nothing | {"homophily": 0.0, "likes": 9})
    assert preset is PRESETS["campus"]
    assert (knobs["homophily"], knobs["likes"]) == (0, 9)  # 0 is a number, not "left out"
    assert knobs["monophily"] == preset.knobs["monophily"]
    assert knobs["household"] == preset.knobs["household"] == 1
    assert knobs["postcode_size"] == KNOBS["postcode_size"].default
    assert "postcode_size" not in preset.knobs


def test_a_number_of_people_live_like_brightwaters_with_as_many_pages_each():
    preset, knobs = settle(2_000, {})
    assert preset is PRESETS["brightwater"]
    usual = {name: knob.default for name, knob in KNOBS.items()}
    assert knobs == usual | {"n": 2_000, "pages": 2_000}
    few = settle(50, {})[1]  # nobody can have 30 friends among 50
    assert (few["mean_degree"], few["pages"]) == (12.5, 300)


def test_settling_changes_no_preset():
    before = {name: dict(preset.knobs) for name, preset in PRESETS.items()}
    for name in PRESETS:
        settle(name, {"likes": 1, "homophily": 0.5})
    assert before == {name: dict(preset.knobs) for name, preset in PRESETS.items()}


def test_an_unknown_preset_is_answered_with_the_nearest_and_all():
    with pytest.raises(
        UnknownNameError,
        match=r"^preset 'brightwatr' does not exist. Did you mean 'brightwater'\? There are: bri",
    ):
        make_world("brightwatr", rng=7)
    with pytest.raises(UnknownNameError, match=r"^preset 'x' .* " + ", ".join(PRESETS)):
        settle("x", {})


# ------------------------------------------------------------------------------------ the presets


def test_the_presets_are_those_that_the_effects_need():
    assert {"brightwater", "volunteers", "tutorial", "campus", "census", "city"} <= set(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_names_its_source_and_sets_known_knobs_within_their_ranges(name):
    preset = PRESETS[name]
    assert isinstance(preset, Preset)
    assert preset.source[0].isupper() and preset.source.endswith(".") and ":" in preset.source
    assert set(preset.knobs) <= set(KNOBS)
    settle(name, {})
    # a friend comes from one setting only
    shares = [setting.share for setting in preset.settings.values()]
    assert not shares or sum(shares) == pytest.approx(1)
    assert all(0 <= s.pull <= 1 for s in preset.settings.values())


@pytest.mark.parametrize(
    ("preset", "trait"),
    [(name, trait) for name, preset in PRESETS.items() for trait in preset.traits],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_a_trait_can_be_drawn_as_its_preset_says(preset, trait):
    assert isinstance(trait, Drawn)
    assert len(trait.values) in (0, 2)
    assert 0 < trait.rate < 1 and 0 <= trait.loading <= 1
    assert 0 <= trait.dims[0] < trait.dims[1] <= 20
    assert trait.answered is None or 0 <= trait.answered <= 1
    assert not (trait.tested and trait.values), "a test gives a number"
    if preset in ("brightwater", "city"):
        assert (trait.values, trait.tested) == (TRAITS[trait.name].values, not trait.values)


def test_the_town_has_the_traits_that_persona_cards_can_say():
    for name in ("brightwater", "city"):
        names = [trait.name for trait in PRESETS[name].traits]
        assert sorted(names) == sorted(TRAITS)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_makes_a_right_world(name, monkeypatch):
    preset = shrink(monkeypatch, name)
    world = make_world(name, rng=7)
    assert len(world.people) == preset.knobs["n"]
    check_table(world.items, "items")
    for noun in ("acts", "ties", "reports", "events"):
        check_table(getattr(world, noun), noun, people=world.people.index, empty=True)
    assert {trait.name for trait in preset.traits} <= set(world.people)
    for trait in preset.traits:
        if trait.values and trait.name != "expecting":  # which only some can be
            column = world.people[trait.name]
            assert set(column) == set(trait.values)
            assert (column == trait.values[1]).mean() == pytest.approx(trait.rate, abs=0.01)
    assert set(world.ties["context"]) <= {"family", *preset.settings}
    knobs = settle(name, {})[1]
    made = world.acts["kind"].value_counts()
    kinds = {"likes": "like", "visits": "visit", "searches": "search", "purchases": "purchase"}
    for knob, kind in (kinds | {"messages": "message"}).items():
        assert (made.get(kind, 0) > 0) == (knobs[knob] > 0)
    assert world.reports.empty == (knobs["disclosure"] == 0 or not preset.traits)


def test_a_knob_given_overrides_the_preset():
    side = {h: make_world("blogs", rng=7, homophily=h) for h in (None, 0)}
    found = {h: assortativity(world.ties, world.people["side"]) for h, world in side.items()}
    assert found[None] > 0.7 and abs(found[0]) < 0.05
    assert side[None].people.equals(side[0].people)


def test_a_setting_may_pull_less_than_another(monkeypatch):
    preset = PRESETS["school"]
    settings = {"near": Setting("gender", 0.5), "far": Setting("gender", 0.5, pull=0.0)}
    monkeypatch.setitem(PRESETS, "school", replace(preset, settings=settings))
    world = make_world("school", rng=7, homophily=0.9, mean_degree=20)
    near, far = (world.ties.query("context == @name") for name in settings)
    assert assortativity(near, world.people["gender"]) > 0.75
    assert abs(assortativity(far, world.people["gender"])) < 0.1
