import runpy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t
from test_ties import assortativity

from ethics_lib import effects as room
from ethics_lib.effects import HOME, Effect, effect, judge, measure, recover, summarise
from ethics_lib.presets import PRESETS
from ethics_lib.tables import RangeError, UnknownNameError, World

PUBLISHED = pd.DataFrame(
    [
        ("high", 0.8, 0.7, 0.9, "proposed", "primary"),
        ("low", 0.2, 0.1, 0.3, "proposed", "secondary"),
        ("at-least", np.nan, 0.5, np.nan, "shape", "primary"),
        ("at-most", np.nan, np.nan, 0.5, "shape", "primary"),
        ("open", np.nan, np.nan, np.nan, "shape", "primary"),
        ("memory", 0.8, 0.7, 0.9, "proposed", "memory"),
        ("ours", 0.8, 0.7, 0.9, "proposed", "ours"),
    ],
    columns=["figure", "published", "low", "high", "band", "standing"],
)
COLUMNS = """effect figure preset published low high measured at_least at_most holds fitted
    holds_in_brightwater fails_when_ablated standing""".split()


@pytest.fixture(autouse=True)
def published(monkeypatch):
    """A shelf with seven figures, in place of the library's."""
    monkeypatch.setattr(room, "load_published", lambda: PUBLISHED.copy())


@pytest.fixture
def made(monkeypatch):
    """The worlds that were asked for; each is one person who knows how it was made."""
    calls = []

    def make(preset, *, rng, **knobs):
        calls.append((preset, tuple(sorted(knobs.items())), rng))
        return World(pd.DataFrame({"preset": [preset], "homophily": [knobs.get("homophily", 0.8)]}))

    monkeypatch.setattr(room, "make_world", make)
    return calls


def look(figures=("high",), *, id="X", preset="school", **given):
    """An effect that reads the homophily off its world, or what it is told to see."""
    wanted = {"claim": "So it is.", "ablated": {"homophily": 0.0}} | given

    @effect(id, figures=figures, preset=preset, **wanted)
    def check(world, rng, see=None):
        seen = world.people["homophily"].iloc[0] if see is None else see
        return dict.fromkeys(PUBLISHED["figure"], seen)

    return check


def rows(task, *, own=(), home=(), ablated=()):
    """What `measure` would have found, figure by figure, seed by seed."""
    found = [
        (task.id, figure, task.preset, role, seed, value)
        for figure in task.figures
        for role, values in (("own", own), ("home", home), ("ablated", ablated))
        for seed, value in enumerate(values)
    ]
    return pd.DataFrame(
        found, columns=["effect", "figure", "preset", "role", "seed", "value"]
    ).astype({"value": float})


def verdict(table, column="holds"):
    """The verdict on the one row of a table: True, False, or None where there is none."""
    (value,) = table[column].tolist()
    return None if value is pd.NA else bool(value)


# ------------------------------------------------------------------------------- the decorator


def test_an_effect_holds_what_was_said_of_it_and_can_be_called():
    task = look(["high", "low"], id="H", fitted=True, at_home=False)
    assert isinstance(task, Effect)
    assert (task.id, task.claim, task.preset) == ("H", "So it is.", "school")
    assert (task.figures, task.fitted, task.at_home) == (("high", "low"), True, False)
    world = World(pd.DataFrame({"homophily": [0.75]}))
    assert task(world, rng=7) == {"high": 0.75, "low": 0.75}  # and not the other figures
    assert (look().fitted, look().at_home) == (False, True)  # what nobody says is not claimed


def test_numbers_come_out_as_plain_numbers():
    @effect("N", claim="x", figures=["high"], preset="school", ablated={})
    def check(world, rng):
        return {"high": np.float32(0.5)}

    (value,) = check(World(pd.DataFrame()), rng=7).values()
    assert type(value) is float


def test_an_effect_is_given_a_generator_also_where_a_seed_is_passed():
    @effect("R", claim="x", figures=["high"], preset="school", ablated={})
    def check(world, rng):
        return {"high": rng.random()}

    world = World(pd.DataFrame())
    assert check(world, rng=7) == check(world, rng=np.random.default_rng(7)) != check(world, rng=8)
    with pytest.raises(RangeError, match=r"rng=None is no source of randomness"):
        check(world, rng=None)


def test_ablated_keywords_reach_the_function_and_knobs_do_not():
    task = look(ablated={"see": 0.25, "homophily": 0.0})
    world = World(pd.DataFrame({"homophily": [0.75]}))
    assert task(world, rng=7, ablated=True) == {"high": 0.25}
    assert task(world, rng=7) == {"high": 0.75}


def test_an_unknown_preset_is_refused_where_it_is_written():
    with pytest.raises(UnknownNameError, match=r"preset 'skool' does not .* Did you mean 'school'"):
        look(preset="skool")


# ------------------------------------------------------------------------------------- measuring


def test_it_is_measured_in_its_own_world_at_home_and_without_its_mechanism(made):
    found = measure([look()], seeds=3, rng=7)
    assert list(found) == ["effect", "figure", "preset", "role", "seed", "value"]
    assert found["role"].value_counts().to_dict() == {"own": 3, "home": 3, "ablated": 3}
    value = found.groupby("role")["value"].agg(set).to_dict()
    assert value == {"own": {0.8}, "home": {0.8}, "ablated": {0.0}}
    # the same seeds in each kind of world, so that only the mechanism differs
    seeds = found.groupby("role")["seed"].agg(list)
    assert seeds["own"] == seeds["home"] == seeds["ablated"]
    assert len(set(seeds["own"])) == 3


def test_each_world_is_made_once_for_all_effects(made):
    tasks = [
        look(id="A"),
        look(id="B"),
        look(id="C", ablated={"see": 0.0}),  # looks away in the very world of the others
        look(id="D", preset=HOME),
        look(id="E", preset="blogs", at_home=False, ablated={"likes": 0, "homophily": 0}),
    ]
    found = measure(tasks, seeds=4, rng=7)
    assert len(set(made)) == len(made)
    count = pd.Series([(preset, knobs) for preset, knobs, _ in made]).value_counts().to_dict()
    assert count == {
        ("school", ()): 4,
        ("school", (("homophily", 0.0),)): 4,
        (HOME, ()): 4,
        (HOME, (("homophily", 0.0),)): 4,
        ("blogs", ()): 4,
        ("blogs", (("homophily", 0), ("likes", 0))): 4,
    }
    roles = found.groupby("effect")["role"].agg(set).to_dict()
    assert roles == {
        "A": {"own", "home", "ablated"},
        "B": {"own", "home", "ablated"},
        "C": {"own", "home", "ablated"},
        "D": {"own", "ablated"},  # whose own world is Brightwater
        "E": {"own", "ablated"},  # which has no place there
    }


def test_only_worlds_asked_for_are_made(made):
    tasks = [look(), look(id="D", preset=HOME)]
    found = measure(tasks, seeds=2, rng=7, presets=[HOME])
    assert {preset for preset, *_ in made} == {HOME}
    assert set(zip(found["effect"], found["role"], strict=True)) == {
        ("X", "home"),
        ("D", "own"),
        ("D", "ablated"),
    }
    with pytest.raises(UnknownNameError, match=r"preset 'mars' does not exist"):
        measure(tasks, seeds=2, rng=7, presets=["mars"])


def test_an_effect_finds_the_same_alone_and_among_others(made):
    def luck(id):
        @effect(id, claim="x", figures=["high"], preset="school", ablated={"homophily": 0})
        def check(world, rng):
            return {"high": rng.random()}

        return check

    alone = measure([luck("A")], seeds=3, rng=7)
    among = measure([luck("B"), luck("A")], seeds=3, rng=7)
    mine = among[among["effect"] == "A"].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, alone)
    other = among[among["effect"] == "B"]
    assert not set(other["value"]) & set(mine["value"])  # chance of its own


@pytest.mark.parametrize("seeds", [1, 0, 1_001, float("nan")])
def test_one_world_is_too_few_to_judge(made, seeds):
    with pytest.raises(RangeError, match=r"^seeds=.* is outside its range: 2 to 1000"):
        recover([look()], seeds=seeds, rng=7)
    assert not made


def test_a_bar_is_shown_on_standard_error_only_when_asked_for(made, capsys):
    measure([look()], seeds=2, rng=7)
    assert capsys.readouterr() == ("", "")
    measure([look()], seeds=2, rng=7, progress=True)
    out, err = capsys.readouterr()
    assert not out and "6/6" in err


# --------------------------------------------------------------------------------------- judging


def test_the_interval_is_students():
    task = look()
    row = judge(rows(task, own=[0.7, 0.8, 0.9]), [task]).iloc[0]
    assert row["measured"] == pytest.approx(0.8)
    # by hand: a standard deviation of .1 over the root of 3, and 4.303 for two degrees of freedom
    reach = 4.302653 * 0.1 / 3**0.5
    assert t.ppf(0.975, 2) == pytest.approx(4.302653)
    assert row["at_least"] == pytest.approx(0.8 - reach)
    assert row["at_most"] == pytest.approx(0.8 + reach)


def test_a_single_world_has_no_interval():
    task = look()
    row = judge(rows(task, own=[0.8]), [task]).iloc[0]
    assert row["measured"] == 0.8 and np.isnan(row["at_least"]) and np.isnan(row["at_most"])


@pytest.mark.parametrize(
    ("figure", "value", "holds"),
    [
        ("high", 0.7, True),  # the ends belong to the band
        ("high", 0.9, True),
        ("high", 0.699, False),
        ("high", 0.901, False),
        ("at-least", 0.5, True),
        ("at-least", 1e9, True),
        ("at-least", 0.49, False),
        ("at-most", -1e9, True),
        ("at-most", 0.51, False),
        ("open", 0.3, True),
        *((figure, float("nan"), False) for figure in ("high", "at-least", "at-most", "open")),
    ],
)
def test_it_holds_where_the_mean_lies_in_the_band(figure, value, holds):
    task = look([figure])
    assert verdict(judge(rows(task, own=[value, value]), [task])) is holds


def test_the_mean_is_judged_and_not_each_world():
    task = look()
    assert verdict(judge(rows(task, own=[0.5, 1.1]), [task])) is True
    assert verdict(judge(rows(task, own=[0.75, 0.75, 2]), [task])) is False


def test_what_was_not_measured_is_neither_yes_nor_no():
    task = look()
    nothing = judge(rows(task), [task])
    assert list(nothing) == COLUMNS
    verdicts = nothing[["holds", "holds_in_brightwater", "fails_when_ablated"]]
    assert verdicts.isna().all(axis=None) and (verdicts.dtypes == "boolean").all()
    assert np.isnan(nothing["measured"].item())
    own = judge(rows(task, own=[0.8, 0.8]), [task])
    assert [verdict(own, column) for column in verdicts] == [True, None, None]


def test_an_effect_of_brightwater_is_at_home_in_its_own_world():
    task = look(preset=HOME)
    table = judge(rows(task, own=[0.8, 0.8]), [task])
    assert verdict(table) is verdict(table, "holds_in_brightwater") is True


def test_without_its_mechanism_it_should_fail():
    task = look()
    found = [judge(rows(task, own=[0.8], ablated=[v, v]), [task]) for v in (0.0, 0.8)]
    assert [verdict(table, "fails_when_ablated") for table in found] == [True, False]


def test_the_published_numbers_stand_beside_and_come_from_the_shelf():
    task = look(["low", "memory"], fitted=True)
    table = judge(rows(task, own=[0.2, 0.2]), [task])
    assert table["figure"].tolist() == ["low", "memory"]
    assert table[["published", "low", "high"]].to_numpy().tolist() == [
        [0.2, 0.1, 0.3],
        [0.8, 0.7, 0.9],
    ]
    assert table["standing"].tolist() == ["secondary", "memory"]
    assert table["holds"].tolist() == [True, False]
    assert table["fitted"].all()


def test_an_unknown_figure_is_refused_with_the_nearest(made):
    @effect("U", claim="x", figures=["hihg"], preset="school", ablated={})
    def check(world, rng):
        return {"hihg": 1.0}

    with pytest.raises(UnknownNameError, match=r"figure 'hihg' does not exist. Did you mean 'high"):
        recover([check], seeds=2, rng=7)


def test_judging_several_runs_is_judging_one_long_run():
    task = look()
    first, second = rows(task, own=[0.6, 0.7]), rows(task, own=[0.9, 1.0], ablated=[0.0])
    table = judge(pd.concat([first, second]), [task])
    pd.testing.assert_frame_equal(
        table, judge(rows(task, own=[0.6, 0.7, 0.9, 1.0], ablated=[0.0]), [task])
    )


# ------------------------------------------------------------------------------------ summarising


def verdicts(task, **values):
    table = summarise(judge(rows(task, **values), [task]))
    columns = ("holds", "holds_in_brightwater", "fails_when_ablated")
    assert (table[list(columns)].dtypes == "boolean").all()
    return tuple(verdict(table, column) for column in columns)


def test_one_row_an_effect_in_their_order():
    tasks = [look(["high", "low"], id="Z", fitted=True), look(id="A", preset="blogs")]
    table = summarise(judge(pd.concat([rows(task, own=[0.8]) for task in tasks]), tasks))
    assert table["effect"].tolist() == ["Z", "A"]
    assert table["figures"].tolist() == [2, 1] and table["fitted"].tolist() == [True, False]
    assert table["preset"].tolist() == ["school", "blogs"]
    assert set(table) == {*"effect preset figures fitted holds".split(), *COLUMNS[-3:-1]}


def test_an_effect_holds_when_all_of_its_figures_do():
    assert verdicts(look(["high", "at-least"]), own=[0.8]) == (True, None, None)
    assert verdicts(look(["high", "low"]), own=[0.8])[0] is False
    assert verdicts(look(["high", "at-least"]), home=[0.8])[1] is True
    assert verdicts(look(["high", "low"]), home=[0.8])[1] is False


def test_without_its_mechanism_an_effect_fails_when_any_figure_does():
    assert verdicts(look(["high", "low"]), ablated=[0.8])[2] is True
    assert verdicts(look(["high", "at-least"]), ablated=[0.8])[2] is False


def test_memory_and_what_is_ours_are_never_counted():
    for figure in ("memory", "ours"):
        assert verdicts(look([figure]), own=[0.8], home=[0.8], ablated=[0]) == (None,) * 3
        # neither for nor against
        mixed = look(["low", figure])
        assert verdicts(mixed, own=[0.2], home=[0.2], ablated=[0.8]) == (True, True, True)
        assert verdicts(mixed, own=[0.8], home=[0.8], ablated=[0.2]) == (False, False, False)
    both = judge(rows(look(["low", "memory"]), own=[0.2]), [look(["low", "memory"])])
    assert summarise(both)["figures"].item() == 2  # shown all the same


# ---------------------------------------------------------------- planted effects, in real worlds


@pytest.fixture
def small_home(monkeypatch):
    home = replace(PRESETS[HOME], knobs={"n": 300, "pages": 300})
    monkeypatch.setitem(PRESETS, HOME, home)


@effect(
    "kept",
    claim="Links keep to their own side.",
    figures=["high"],
    preset="blogs",
    ablated={"homophily": 0},
    at_home=False,
)
def kept_apart(world, rng):
    return {"high": assortativity(world.ties, world.people["side"])}


@effect(
    "mixed",
    claim="Links hardly keep to their own side.",  # which is not so in this world
    figures=["low"],
    preset="blogs",
    ablated={"mean_degree": 20},  # which takes nothing away
    at_home=False,
)
def hardly_apart(world, rng):
    return {"low": assortativity(world.ties, world.people["side"])}


@effect(
    "labels",
    claim="Half of the town is of the second faith, or a little less.",
    figures=["at-most"],
    preset=HOME,
    ablated={"everybody": True},
)
def faiths(world, rng, everybody=False):
    return {"at-most": 1.0 if everybody else world.people["faith"].eq("Tide").mean()}


def test_a_planted_effect_holds_and_fails_without_what_made_it(small_home):
    table = summarise(recover([kept_apart, hardly_apart, faiths], seeds=3, rng=7))
    table = table.set_index("effect")
    assert table["holds"].to_dict() == {"kept": True, "mixed": False, "labels": True}
    assert table.loc["labels", "holds_in_brightwater"]
    assert table.loc[["kept", "mixed"], "holds_in_brightwater"].isna().all()
    fails = table["fails_when_ablated"].to_dict()
    assert fails == {"kept": True, "mixed": True, "labels": True}


def test_an_effect_that_needs_no_mechanism_is_found_out():
    """It "holds" with its mechanism and without: then it shows nothing."""
    idle = replace(kept_apart, ablated={"mean_degree": 20})
    table = recover([idle], seeds=2, rng=7)
    assert verdict(table) is True and verdict(table, "fails_when_ablated") is False


def test_the_same_rng_recovers_the_same_table(small_home):
    tasks = [kept_apart, faiths]
    one, other = recover(tasks, seeds=2, rng=7), recover(iter(tasks), seeds=2, rng=7)
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    generator = np.random.default_rng(7)
    pd.testing.assert_frame_equal(one, recover(tasks, seeds=2, rng=generator), check_exact=True)
    fresh = recover(tasks, seeds=2, rng=generator)  # which has moved on
    assert fresh["measured"].tolist() != one["measured"].tolist()
    with pytest.raises(RangeError, match=r"rng=None is no source of randomness"):
        recover(tasks, seeds=2, rng=None)


def test_the_command_lets_itself_be_explained(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["effects", "--help"])
    with pytest.warns(RuntimeWarning, match="found in sys.modules"), pytest.raises(SystemExit):
        runpy.run_module("ethics_lib.effects", run_name="__main__")
    assert "python -m ethics_lib.effects" in capsys.readouterr().out
