import numpy as np
import pandas as pd
import pytest
from handmade import make_consents, make_known, make_traces
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import BernoulliNB
from sklearn.svm import LinearSVC

from ethics_lib.beliefs import (
    ORIGINS,
    as_beliefs,
    declare,
    explain,
    infer,
    infer_interests,
    likes_matrix,
)
from ethics_lib.consents import ask_consent
from ethics_lib.factors import LikesSVD
from ethics_lib.guards import DualUseError
from ethics_lib.measures import score
from ethics_lib.tables import (
    COLUMNS,
    RangeError,
    TableError,
    UnknownNameError,
    check_table,
    concat,
)
from ethics_lib.traces import Pixel, Platform, collect
from ethics_lib.trait_models import TraitModel
from ethics_lib.world import YEAR, make_checkerboard_world, make_world


def all_traces(world):
    agreed = ask_consent(
        world.people, holder="Murmur", purposes=["service"], how="terms", time=YEAR, rng=0
    )
    return collect(world, agreed, [Platform("Murmur")]).traces


@pytest.fixture(scope="module")
def town():
    return make_world(400, members=1, disclosure=0.6, rng=7)


@pytest.fixture(scope="module")
def traces(town):
    return all_traces(town)


@pytest.fixture(scope="module")
def known(town):
    """Two values, three values, a number; not everybody said anything."""
    faith = town.reports.query("trait == 'faith'")
    openness = town.reports.query("trait == 'openness'")
    thirds = pd.cut(town.people["d0"], [-9, -0.4, 0.4, 9], labels=["low", "mid", "high"])
    people = openness["person"].to_numpy()[:200]
    three = make_known(dict(zip(people.tolist(), thirds[people].astype(str), strict=True)), "third")
    return concat([faith, three, openness], "known")[["person", "trait", "value"]]


@pytest.fixture(scope="module")
def beliefs(traces, known):
    return infer(traces, known, holder="Murmur")


def believed(beliefs, person, trait):
    mine = beliefs[(beliefs["person"] == person) & (beliefs["trait"] == trait)]
    return mine.set_index("value")["p"]


def some_people(traces, known):
    """Some who answered and some who did not."""
    everybody = np.unique(traces["person"])
    said = np.intersect1d(everybody, known["person"])
    silent = np.setdiff1d(everybody, known["person"])
    return [*said[:3].tolist(), *silent[:3].tolist()]


def test_a_matrix_has_people_in_rows_and_items_in_columns():
    likes = likes_matrix(make_traces([(5, 30), (2, 10), (5, 10), (5, 30)]))
    assert likes.people.tolist() == [2, 5] and likes.items.tolist() == [10, 30]
    assert likes.matrix.toarray().tolist() == [[1, 0], [1, 1]]
    assert likes.matrix.dtype == np.float32


def test_a_trace_without_an_item_has_no_place_in_the_matrix():
    listed = make_traces([(1, 1), (2, 1)]).assign(item=pd.array([7, pd.NA], dtype="Int32"))
    assert likes_matrix(listed).people.tolist() == [1]
    with pytest.raises(TableError, match=r"traces: no trace names an item"):
        likes_matrix(listed.iloc[[1]])


def test_everybody_with_a_trace_is_judged_once_on_each_trait(beliefs, traces, known):
    check_table(beliefs, "beliefs")
    assert not beliefs.duplicated(["person", "trait", "value"]).any()
    for _, part in beliefs.groupby("trait"):
        assert set(part["person"]) == set(traces["person"])
    assert set(beliefs["trait"]) == set(known["trait"])
    assert beliefs[
        ["origin", "method", "holder", "intent"]
    ].drop_duplicates().to_numpy().tolist() == [["inferred", "svd", "Murmur", "deliberate"]]


def test_words_have_p_and_numbers_have_sd(beliefs):
    number = beliefs["trait"] == "openness"
    assert beliefs.loc[number, "p"].isna().all() and (beliefs.loc[number, "sd"] > 0).all()
    assert beliefs.loc[~number, "sd"].isna().all()
    sums = beliefs[~number].groupby(["trait", "person"])["p"].sum()
    assert sums.to_numpy() == pytest.approx(1)


def test_what_is_there_to_be_found_is_found(town, beliefs):
    faith = score(beliefs, town.people["faith"], trait="faith")
    openness = score(beliefs, town.people["openness"], trait="openness", metric="r")
    assert faith["low"].item() > 0.6
    assert openness["low"].item() > 0.2  # a small town; in one of 5,000 it is told with r = .4


def test_nobody_is_judged_by_a_model_that_saw_their_answer():
    """Everybody's answer is drawn anew, so that only one's own answer could give it away."""
    board = make_checkerboard_world(200, likes="nothing", rng=7)
    side = np.random.default_rng(7).permutation(board.people["side"])
    known = make_known(dict(enumerate(side)))
    own_pages = make_traces([(person, 1_000 + person) for person in range(200)])
    traces = concat([all_traces(board), own_pages], "traces")
    guess = infer(traces, known, holder="Murmur", components=100)
    assert score(guess, pd.Series(side), trait="side")["estimate"].item() < 0.65


def test_answers_of_people_without_traces_change_nothing(traces, known, beliefs):
    ghosts = make_known({10_000 + k: "Tide" for k in range(50)}, "faith")
    with_ghosts = infer(traces, concat([known, ghosts], "known"), holder="Murmur")
    pd.testing.assert_frame_equal(with_ghosts, beliefs)


@pytest.mark.parametrize("trait", ["faith", "third"])
def test_reasons_add_up_to_the_odds(traces, known, beliefs, trait):
    values = sorted(known.query("trait == @trait")["value"].unique())
    for person in some_people(traces, known.query("trait == @trait")):
        p = believed(beliefs, person, trait)
        total = {
            value: explain(traces, known, person=person, trait=trait, value=value)["weight"].sum()
            for value in values
        }
        for value in values[1:]:
            log_odds = np.log(p[value] / p[values[0]])
            if len(values) == 2:
                assert total[value] == pytest.approx(log_odds, abs=1e-6)
                assert total[values[0]] == pytest.approx(-log_odds, abs=1e-6)
            else:  # scores before the softmax are known up to a constant
                assert total[value] - total[values[0]] == pytest.approx(log_odds, abs=1e-6)


def test_reasons_add_up_to_the_number_believed(traces, known, beliefs):
    for person in some_people(traces, known.query("trait == 'openness'")):
        why = explain(traces, known, person=person, trait="openness")
        number = beliefs.query("person == @person and trait == 'openness'")["value"].item()
        assert why["weight"].sum() == pytest.approx(number, abs=1e-6)


def test_reasons_argue_for_the_likeliest_value_unless_told(traces, known, beliefs):
    for person in some_people(traces, known):
        likeliest = believed(beliefs, person, "faith").idxmax()
        told = explain(traces, known, person=person, trait="faith", value=likeliest)
        pd.testing.assert_frame_equal(explain(traces, known, person=person, trait="faith"), told)
        assert told["weight"].sum() > 0


def test_each_thing_done_is_one_reason_and_the_town_another(traces, known):
    person = some_people(traces, known)[0]
    why = explain(traces, known, person=person)
    check_table(why, "explanation")
    assert set(why["trait"]) == set(known["trait"])
    mine = set(traces[traces["person"] == person]["item"])
    for _, part in why.groupby("trait"):
        assert set(part["item"].dropna()) == mine and part["item"].isna().sum() == 1
        assert part["item"].is_unique
        assert part["weight"].abs().is_monotonic_decreasing
        assert part["from_person"].eq(person).all()
    assert set(why[why["item"].isna()]["origin"]) == {"inferred"}


def test_reasons_say_where_each_thing_was_seen(town, known):
    agreed = ask_consent(
        town.people, holder="Murmur", purposes=["service"], how="terms", time=YEAR, rng=0
    )
    held = collect(town, agreed, [Platform("Murmur"), Pixel("Murmur", reach=1, waits=False)])
    address_book = make_traces([(1, 1)], kind="contact", source="contacts", from_person=5)
    address_book["item"] = pd.array([pd.NA], dtype="Int32")
    traces = concat([address_book, held.traces], "traces")
    why = explain(traces, known, person=1, trait="faith")
    kinds = why["item"].map(town.items["kind"]).fillna("none").to_numpy(str)
    seen = set(zip(kinds, why["origin"], strict=True))
    assert seen == {
        ("page", "observed"),
        ("site", "tracked"),
        ("product", "tracked"),
        ("none", "inferred"),
    }


def test_interests_are_the_shares_of_ones_own_drawn_to_the_towns():
    items = pd.DataFrame(
        {"kind": "page", "name": "x", "topic": ["chess", "chess", "jazz"]},
        index=pd.RangeIndex(3, name="item"),
    )
    traces = make_traces([(1, 0), (1, 1), (2, 2), (2, 0)])  # the town: three quarters chess
    for prior, chess in ((0, 1.0), (2, (2 + 2 * 0.75) / 4), (1e6, 0.75)):
        interests = infer_interests(traces, items, holder="Murmur", prior=prior)
        check_table(interests, "beliefs")
        assert believed(interests, 1, "interest")["chess"] == pytest.approx(chess, abs=1e-5)
        assert interests.groupby("person")["p"].sum().to_numpy() == pytest.approx(1)
    assert set(interests["intent"]) == {"incidental"}


def test_an_interest_is_known_in_the_surest_way_that_anything_was_seen():
    items = pd.DataFrame({"kind": "page", "name": "x", "topic": ["chess", "jazz", "tea"]})
    seen = [
        make_traces([(1, 0), (2, 0)]),
        make_traces([(2, 1), (3, 1)], source="pixel"),
        make_traces([(3, 0), (4, 0)], source="list"),
        make_traces([(4, 1), (5, 2)], source="contacts"),
        make_traces([(6, 2)], source="file"),
        make_traces([(7, 2)], source="contacts").assign(item=pd.array([pd.NA], dtype="Int32")),
    ]
    traces = concat(seen, "traces")
    counted, modelled = (
        infer_interests(traces, items, holder="Murmur", method=method)
        for method in ("share", "lift")
    )
    origin = counted.groupby("person")["origin"].agg(set)
    assert origin.map(lambda found: found.pop()).to_dict() == {
        1: "observed",
        2: "observed",
        3: "tracked",
        4: "tracked",
        5: "told",
        6: "observed",
    }
    assert set(modelled["origin"]) == {"inferred"}


def test_interests_foretell_the_next_likes(town, traces):
    traces = traces.sort_values("time")
    first, then = traces.iloc[: len(traces) // 2], traces.iloc[len(traces) // 2 :]
    interests = infer_interests(first, town.items, holder="Murmur")
    best = interests.loc[interests.groupby("person")["p"].idxmax()].set_index("person")["value"]
    topics = then["item"].map(town.items["topic"])
    hit = topics.to_numpy() == then["person"].map(best).to_numpy()
    assert hit.mean() > 1.3 * topics.value_counts(normalize=True).max()


def test_declared_is_what_was_said():
    said = declare(
        concat([make_known({1: "Tide"}, "faith"), make_known({1: 0.4}, "openness")], "known"),
        holder="M",
    )
    check_table(said, "beliefs")
    assert said["origin"].eq("declared").all()
    faith, openness = said.to_dict("records")
    assert (faith["value"], faith["p"]) == ("Tide", 1) and np.isnan(faith["sd"])
    assert (openness["value"], openness["sd"]) == (0.4, 0) and np.isnan(openness["p"])


def test_rows_are_completed_to_beliefs():
    rows = pd.DataFrame({"person": [1], "value": ["x"], "p": [0.5], "origin": ["own"]})
    full = as_beliefs(rows, trait="t", origin="told", method="m", holder="h", intent="deliberate")
    check_table(full, "beliefs")
    assert full["origin"].item() == "told" and full["p"].item() == 0.5


def test_origins_go_from_the_surest_to_the_least_sure():
    assert list(ORIGINS) == ["declared", "told", "observed", "tracked", "inferred", "propagated"]


def test_bad_input_is_refused(traces, known):
    faith = known.query("trait == 'faith'")
    with pytest.raises(TableError, match=r"traces: column 'source' is missing"):
        infer(traces.drop(columns="source"), faith, holder="M")
    with pytest.raises(TableError, match=r"traces: the table has no rows"):
        infer(traces.iloc[:0], faith, holder="M")
    with pytest.raises(TableError, match=r"known: the table has no rows"):
        infer(traces, faith.iloc[:0], holder="M")
    for verb in (infer, explain):
        knobs = {"holder": "M"} if verb is infer else {"person": 1, "trait": "faith"}
        with pytest.raises(TableError, match=r"known: column 'trait' is missing"):
            verb(traces, faith.drop(columns="trait"), **knobs)
        with pytest.raises(TableError, match=r"known: column 'value' holds nan .*empty cells"):
            verb(traces, faith.assign(value=np.nan), **knobs)
    with pytest.raises(
        TableError, match=r"known: person .* answers 'faith' twice. Keep one answer"
    ):
        infer(traces, concat([faith, faith.iloc[[3]]], "known"), holder="M")
    with pytest.raises(TableError, match=r"known: person .* answers 'faith' twice"):
        declare(concat([faith, faith.iloc[[3]]], "known"), holder="M")
    with pytest.raises(
        TableError, match=r"known: 4 people with traces answered 'faith'.* At least 10"
    ):
        infer(traces, faith.iloc[:4], holder="M")
    with pytest.raises(TableError, match=r"\(Tide: \d+\). At least 10 are needed, and at least 2"):
        infer(traces, faith[faith["value"] == "Tide"], holder="M")
    with pytest.raises(TableError, match=r"value: holds True; an answer is a word or a number"):
        infer(traces, faith.assign(value=True), holder="M")
    with pytest.raises(RangeError, match=r"components=0 is outside its range: 1 to 10000"):
        infer(traces, faith, holder="M", components=0)
    with pytest.raises(RangeError, match=r"folds=1 is outside its range: 2 to"):
        infer(traces, faith, holder="M", folds=1)
    with pytest.raises(TableError, match=r"traces: 1 people and 2 items are too few; 2 of each"):
        infer(make_traces([(1, 1), (1, 2)]), faith, holder="M")


def test_bad_questions_about_reasons_are_refused(traces, known):
    with pytest.raises(TableError, match=r"explain: person 99999 left no trace"):
        explain(traces, known, person=99_999)
    with pytest.raises(TableError, match=r"explain: person '17' left no trace"):
        explain(traces, known, person="17")
    with pytest.raises(
        UnknownNameError, match=r"trait 'fath' does not exist. Did you mean 'faith'"
    ):
        explain(traces, known, person=1, trait="fath")
    with pytest.raises(UnknownNameError, match=r"value 'Tid' does not exist. Did you mean 'Tide'"):
        explain(traces, known, person=1, trait="faith", value="Tid")
    with pytest.raises(RangeError, match=r"prior=-1 is outside its range"):
        infer_interests(
            traces, pd.DataFrame({"kind": ["x"], "name": "x", "topic": "x"}), holder="M", prior=-1
        )
    with pytest.raises(TableError, match=r"items: column 'topic' is missing"):
        infer_interests(traces, pd.DataFrame({"kind": ["x"], "name": "x"}), holder="M")


def as_models(numeric):
    """Models that are no default: of another class, of likes themselves, and calibrated."""
    if numeric:
        return [TraitModel(LikesSVD(20), Ridge(1.0)), LinearRegression()]
    calibrated = TraitModel(LikesSVD(20), LinearSVC(random_state=0), calibration="sigmoid")
    forest = RandomForestClassifier(50, random_state=0)
    return [TraitModel(LikesSVD(20)), BernoulliNB(), calibrated, forest]


@pytest.mark.parametrize("trait", ["faith", "third", "openness"])
def test_any_estimator_may_learn_and_the_table_is_the_same(traces, known, town, trait):
    answers = known.query("trait == @trait")
    for model in as_models(trait == "openness"):
        guess = infer(traces, answers, holder="Murmur", model=model)
        check_table(guess, "beliefs")
        assert set(guess["person"]) == set(traces["person"])
        assert not guess.duplicated(["person", "trait", "value"]).any()
        assert set(guess["method"]) == {type(model).__name__}
        if trait == "openness":
            assert (guess["sd"] > 0).all() and guess["p"].isna().all()
        else:
            assert guess.groupby("person")["p"].sum().to_numpy() == pytest.approx(1)
        if trait == "faith":
            assert score(guess, town.people["faith"], trait="faith")["low"].item() > 0.55


def test_the_default_is_the_model_that_it_says(traces, known, beliefs):
    words = known[known["trait"] != "openness"]
    same = infer(traces, words, holder="Murmur", model=TraitModel(LikesSVD(50)))
    expected = beliefs[beliefs["trait"] != "openness"].reset_index(drop=True)
    pd.testing.assert_frame_equal(same.drop(columns="method"), expected.drop(columns="method"))


def test_no_model_judges_somebody_whose_answer_it_saw():
    """Everybody's answer is drawn by chance and everybody has a page of their own.

    Five draws: with pages that are all alike the factors turn with the last bit of a sum, and the
    AUC of one draw with them.
    """
    rng = np.random.default_rng(7)
    sides = [rng.permutation(np.repeat(["black", "white"], 100)) for _ in range(5)]
    traces = make_traces([(k, 1_000 + k) for k in range(200)] + [(k, k % 2) for k in range(200)])
    eager = LogisticRegression(C=100, max_iter=1000)
    for model in (eager, TraitModel("passthrough", eager), TraitModel(LikesSVD(100), eager)):
        told = []
        for side in sides:
            guess = infer(traces, make_known(dict(enumerate(side))), holder="M", model=model)
            told.append(score(guess, pd.Series(side), trait="side")["estimate"].item())
        assert np.mean(told) < 0.65


@pytest.mark.parametrize("reducer", [LikesSVD(20, damped=False), "passthrough"], ids=str)
def test_reasons_of_a_model_add_up_too(traces, known, reducer):
    faith = known.query("trait == 'faith'")
    model = TraitModel(reducer, LogisticRegression())
    guess = infer(traces, faith, holder="Murmur", model=model)
    for person in some_people(traces, faith):
        p = believed(guess, person, "faith")
        why = explain(traces, faith, person=person, model=model, value="Tide")
        check_table(why, "explanation")
        assert set(why["item"].dropna()) == set(traces.query("person == @person")["item"])
        assert why["weight"].sum() == pytest.approx(np.log(p["Tide"] / p["Lantern"]), abs=1e-6)


def test_a_model_that_does_not_suit_is_refused(traces, known):
    faith, openness = (known[known["trait"] == trait] for trait in ("faith", "openness"))
    with pytest.raises(TableError, match=r"'openness' holds numbers, and the model classifies"):
        infer(traces, openness, holder="M", model=TraitModel())
    with pytest.raises(
        TableError, match=r"'faith' holds words, and the model gives numbers. Pass a"
    ):
        infer(traces, faith, holder="M", model=Ridge())
    with pytest.raises(TableError, match=r"model: LinearSVC says which .* calibration='sigmoid'"):
        infer(traces, faith, holder="M", model=LinearSVC())
    with pytest.raises(TableError, match=r"BernoulliNB has no weight for each factor"):
        explain(traces, faith, person=1, model=BernoulliNB())


def test_of_a_protected_trait_of_real_people_only_groups_are_told(traces, known):
    real = known.query("trait == 'faith'").assign(trait="protected:religion")
    groups = infer(traces, real, holder="M")
    assert list(groups.columns) == list(COLUMNS["aggregates"]) and len(groups) == 2
    rows = infer(traces, real, holder="M", person_rows=True, basis="committee 2026/14, consent")
    check_table(rows, "beliefs")
    with pytest.raises(DualUseError, match=r"person_rows=True needs a basis"):
        infer(traces, real, holder="M", person_rows=True)
    with pytest.raises(DualUseError, match=r"'protected:religion' is protected"):
        explain(traces, real, person=1)
    why = explain(traces, real, person=1, person_rows=True, basis="committee 2026/14, consent")
    check_table(why, "explanation")


# ------------------------------------------------------------------------------ who said no


def said_no(*people, purpose="profiling", holder="Murmur"):
    rows = [(person, purpose, False, "objected", "2026-01-01") for person in people]
    return make_consents(*rows, holder=holder)


def test_a_ledger_is_the_tables_without_those_who_said_no(traces, known):
    """To the bit what comes out when somebody takes their rows away by hand."""
    who = [int(known["person"].iloc[0]), int(traces["person"].iloc[-1])]
    left_out = [table[~table["person"].isin(who)] for table in (traces, known)]
    found = infer(traces, known, holder="Murmur", ledger=said_no(*who))
    pd.testing.assert_frame_equal(found, infer(*left_out, holder="Murmur"), check_exact=True)


def test_a_no_to_somebody_else_or_to_something_else_changes_nothing(traces, known, town):
    person = int(known["person"].iloc[0])
    for ledger in (said_no(person, holder="Quill"), said_no(person, purpose="direct_marketing")):
        for verb, table in ((infer, known), (infer_interests, town.items)):
            plain = verb(traces, table, holder="Murmur")
            found = verb(traces, table, holder="Murmur", ledger=ledger)
            pd.testing.assert_frame_equal(found, plain, check_exact=True)


def test_the_interests_of_others_do_not_look_at_who_said_no(traces, town):
    person = int(traces["person"].iloc[0])
    rest = traces[traces["person"] != person]
    found = infer_interests(traces, town.items, holder="Murmur", ledger=said_no(person))
    plain = infer_interests(rest, town.items, holder="Murmur")
    pd.testing.assert_frame_equal(found, plain, check_exact=True)


def test_a_wrong_table_is_named_also_when_there_is_a_ledger(traces, known):
    with pytest.raises(TableError, match="traces: column 'person' is missing"):
        infer(traces.drop(columns="person"), known, holder="Murmur", ledger=said_no(1))
