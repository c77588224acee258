import networkx as nx
import numpy as np
import pandas as pd
import pytest
from handmade import make_beliefs, make_consents, make_ties, make_traces

from ethics_lib.tables import (
    COLUMNS,
    SENSITIVE,
    TRAITS,
    EthicsLibError,
    RangeError,
    TableError,
    UnknownNameError,
    World,
    as_rng,
    check_frame,
    check_name,
    check_share,
    check_table,
    check_time,
    check_whole,
    concat,
    empty_table,
    is_numeric,
    to_csr,
    to_networkx,
)

PEOPLE = pd.RangeIndex(5, name="person")
NOUNS = [noun for noun in COLUMNS if noun != "people"]
FILLED = {
    "person": 1,
    "item": 1,
    "text": "word",
    "number": 0.5,
    "probability": 0.5,
    "flag": True,
    "time": pd.Timestamp("2025-01-01"),
    "value": "word",
}


def one_row(noun):
    kinds = {column: kind.rstrip("?") for column, kind in COLUMNS[noun].items()}
    table = pd.DataFrame({column: [FILLED[kind]] for column, kind in kinds.items()})
    return table.assign(b=2) if noun == "ties" else table


@pytest.mark.parametrize("noun", NOUNS)
def test_a_right_table_comes_in_as_it_is(noun):
    table = one_row(noun)
    assert check_table(table, noun, people=PEOPLE) is table


@pytest.mark.parametrize("noun", NOUNS)
def test_each_missing_column_is_named(noun):
    for column in COLUMNS[noun]:
        message = f"^{noun}: column '{column}' is missing. A table of {noun} has the columns"
        with pytest.raises(TableError, match=message):
            check_table(one_row(noun).drop(columns=column), noun)


@pytest.mark.parametrize("noun", NOUNS)
def test_only_columns_with_a_question_mark_may_be_empty(noun):
    for column, kind in COLUMNS[noun].items():
        table = one_row(noun).convert_dtypes()
        table[column] = table[column].mask([True])
        if kind.endswith("?"):
            check_table(table, noun)
        else:
            with pytest.raises(TableError, match=rf"column '{column}' holds .*empty cells \(NaN\)"):
                check_table(table, noun)


@pytest.mark.parametrize("noun", NOUNS)
def test_a_table_without_rows_is_let_in_only_where_it_makes_sense(noun):
    empty = empty_table(noun)
    assert list(empty) == list(COLUMNS[noun])
    check_table(empty, noun, empty=True)
    with pytest.raises(TableError, match=f"^{noun}: the table has no rows"):
        check_table(empty, noun)


@pytest.mark.parametrize(
    ("table", "noun", "message"),
    [
        ([1, 2], "ties", "^ties: got list where a pandas DataFrame is needed"),
        (pd.DataFrame(), "known", "column 'person' is missing.*this one has none"),
        (make_ties((0, 99)), "ties", "^ties: column 'b' holds 99 in row 0: there is no such"),
        (make_ties((0, 99), (0, 98)), "ties", r"in row 0 \(and 1 more\).*the town has 5, 0 to 4"),
        (make_ties((2, 1)), "ties", "column 'a' holds 2 in row 0: a tie is written once, with a"),
        (make_ties((2, 2)), "ties", "a tie is written once, with a < b"),
        (make_beliefs((1, "faith", "Tide", 1.5)), "beliefs", "'p' holds 1.5 .* between 0 and 1"),
        (make_beliefs((1, "faith", "Tide", -0.1)), "beliefs", "'p' holds -0.1 .* between 0 and 1"),
        (
            make_beliefs((1, "faith", "Tide", 0.5)).assign(p="0.5"),
            "beliefs",
            r"'p' holds '0.5' \(.*it must hold numbers. Convert with .astype\(float\)",
        ),
        (
            make_traces([(1, 1)]).assign(person="1"),
            "traces",
            r"'person' holds '1' \(.*people are whole numbers. Convert with .astype\('int32'\)",
        ),
        (
            make_traces([(1, 1)]).assign(person=1.0),
            "traces",
            r"'person' holds 1.0 \(float64\); people are whole numbers",
        ),
        (
            make_traces([(1, 1)]).astype({"item": float}),
            "traces",
            r"'item' holds 1.0 .*items are whole numbers, or empty. Convert with .astype\('Int32'",
        ),
        (
            make_traces([(1, 1)]).assign(time="2025-06-01"),
            "traces",
            r"'time' holds '2025-06-01' .*must hold times. Convert with pd.to_datetime",
        ),
        (
            make_traces([(1, 1)], time=pd.Timestamp("2025-06-01", tz="UTC")),
            "traces",
            r"'time' holds Timestamp.*with a zone, take the zone with .dt.tz_localize\(None\)",
        ),
        (
            make_consents((1, "service", True, "terms", "2025-06-01")).assign(granted="no"),
            "consents",
            "'granted' holds 'no' .*it must hold True and False",
        ),
    ],
)
def test_a_wrong_table_is_told_where_and_what(table, noun, message):
    with pytest.raises(TableError, match=message):
        check_table(table, noun, people=PEOPLE)


def test_errors_are_ours_and_pythons_own():
    assert issubclass(TableError, EthicsLibError) and issubclass(TableError, ValueError)
    assert issubclass(RangeError, EthicsLibError) and issubclass(RangeError, ValueError)
    assert issubclass(UnknownNameError, EthicsLibError) and issubclass(
        UnknownNameError, LookupError
    )


def test_a_wrong_name_gets_the_nearest_and_all():
    assert check_name("party", TRAITS, what="trait") == "party"
    with pytest.raises(
        UnknownNameError, match=r"trait 'fiath' does not exist. Did you mean 'faith'"
    ):
        check_name("fiath", TRAITS, what="trait")
    with pytest.raises(
        UnknownNameError, match=r"'xyz' does not exist. There are: faith, party, ill"
    ):
        check_name("xyz", TRAITS, what="trait")


@pytest.mark.parametrize(
    "share", [-0.01, 1.01, float("nan"), float("inf"), "half", None, [0.5], 1j]
)
def test_a_share_outside_its_range_is_refused(share):
    with pytest.raises(RangeError, match=r"reach=.* is outside its range: 0 to 1"):
        check_share(share, "reach")


def test_a_share_may_be_an_end_of_its_range():
    assert [check_share(share, "reach") for share in (0, 1, np.float32(0.5))] == [0, 1, 0.5]
    with pytest.raises(RangeError, match=r"n=3 is outside its range: 4 to 9"):
        check_share(3, "n", low=4, high=9)


JANUARY = pd.Timestamp("2026-01-02 10:00")


@pytest.mark.parametrize(
    "time",
    [
        "2026-01-02 10:00",
        "20260102 1000",
        JANUARY.to_pydatetime(),
        JANUARY.to_datetime64(),
        JANUARY,
        JANUARY + pd.Timedelta(milliseconds=900),
    ],
)
def test_a_time_is_a_moment_to_the_second(time):
    found = check_time(time, "time")
    assert found == JANUARY and found.unit == "s"


def test_a_day_is_its_first_moment():
    for day in ("2026-01-02", JANUARY.date(), np.datetime64("2026-01-02")):
        assert check_time(day, "time") == pd.Timestamp("2026-01-02")


@pytest.mark.parametrize(
    "time",
    [
        *(None, pd.NaT, np.datetime64("NaT"), float("nan"), pd.NA, "", True, 5, 1.5, np.int64(5)),
        *("gestern", "now", "05/01/2026", "2026-02-30", "20260306 soon", [JANUARY], JANUARY.time()),
        *("2026-01-02T10:00Z", JANUARY.tz_localize("Europe/London"), pd.Timedelta(days=5)),
    ],
)
def test_what_is_no_time_is_refused_with_its_name(time):
    wanted = r"^when=.* is no time. Pass a day or a moment without a zone, such as '2026-01-02'.$"
    with pytest.raises(TableError, match=wanted):
        check_time(time, "when")


@pytest.mark.parametrize("rng", [None, -1, "7", 1.5, True, np.random.RandomState(7), [7]])
def test_a_wrong_rng_is_refused(rng):
    with pytest.raises(RangeError, match=r"is no source of randomness. Pass a whole number from 0"):
        as_rng(rng)


def test_a_generator_goes_through_and_a_seed_starts_one():
    generator = np.random.default_rng(7)
    assert as_rng(generator) is generator
    assert as_rng(np.int32(7)).random() == as_rng(7).random() != as_rng(8).random()


def test_concat_keeps_the_types_when_one_table_is_empty():
    traces = make_traces([(1, 1)])
    assert concat([empty_table("traces"), traces], "traces").dtypes.equals(traces.dtypes)
    assert concat([], "traces").equals(empty_table("traces"))


def test_answers_are_words_or_numbers_and_never_truth_values():
    assert is_numeric(pd.Series([0.5, 1], dtype=object)) and is_numeric(pd.Series([1, 2]))
    assert not is_numeric(pd.Series(["yes"]))
    for truth in (pd.Series([True]), pd.Series([False], dtype=object)):
        with pytest.raises(
            TableError, match=r"an answer is a word or a number. Write 'yes' and 'no"
        ):
            is_numeric(truth.rename("value"))


def test_csr_is_symmetric_of_ones_and_in_the_order_of_people():
    people = pd.Index([30, 10, 20, 40])
    twice = make_ties((10, 20), (10, 20), (20, 30))
    matrix = to_csr(twice, people)
    expected = [[0, 0, 1, 0], [0, 0, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]]
    assert matrix.dtype == np.float32
    np.testing.assert_array_equal(matrix.toarray(), expected)
    assert to_csr(empty_table("ties"), people).shape == (4, 4)


def test_csr_refuses_a_stranger():
    with pytest.raises(
        TableError, match=r"ties: column 'b' holds 9 in row 1: there is no such pers"
    ):
        to_csr(make_ties((0, 1), (0, 9)), PEOPLE)


def test_a_graph_holds_everybody_and_the_context():
    graph = to_networkx(make_ties((0, 1), (1, 2)), PEOPLE)
    assert set(graph) == set(range(5)) and graph.edges[0, 1] == {"context": "friend"}
    matrix = nx.to_scipy_sparse_array(graph, nodelist=list(PEOPLE), weight=None)
    assert (matrix != to_csr(make_ties((0, 1), (1, 2)), PEOPLE)).nnz == 0
    assert set(to_networkx(make_ties((0, 1)))) == {0, 1}


@pytest.mark.parametrize(
    "trait", [t for t in TRAITS.values() if not t.numeric], ids=lambda t: t.name
)
def test_a_trait_says_each_of_its_values_in_words_of_its_own(trait):
    sentences = {trait.say(value) for value in trait.values}
    assert len(sentences) == len(trait.values)
    assert not any("{" in sentence for sentence in sentences)


def test_a_numeric_trait_says_a_share_of_the_town():
    assert TRAITS["stability"].say(1.0) == "Calmer than 84 % of the town"
    assert TRAITS["stability"].say(-1.0) == "Calmer than 16 % of the town"


def test_sensitive_are_the_traits_of_article_9_and_debt_is_none():
    assert SENSITIVE == {
        "faith": "religious_or_philosophical_beliefs",
        "party": "political_opinions",
        "illness": "health",
        "expecting": "health",
    }


def test_a_world_of_people_alone_has_every_other_table_empty():
    world = World(pd.DataFrame(index=PEOPLE))
    for noun in ("items", "acts", "ties", "reports", "events"):
        check_table(getattr(world, noun), noun, empty=True)


def test_one_world_is_like_no_other_so_it_can_be_a_key():
    people = pd.DataFrame(index=PEOPLE)
    one, other = World(people), World(people)
    assert one == one and one != other
    assert {one: "one", other: "other"}[one] == "one"


def test_an_event_may_still_go_on_but_has_begun():
    event = pd.DataFrame(
        {"person": [1], "event": "debt", "start": pd.Timestamp("2025-03-01"), "end": pd.NaT}
    ).astype({"end": "datetime64[s]"})
    assert check_table(event, "events", people=PEOPLE) is event
    with pytest.raises(TableError, match=r"events: column 'start' holds NaT in row 0: .*empty"):
        check_table(event.assign(start=event["end"]), "events")
    with pytest.raises(TableError, match=r"events: column 'person' holds 9 .* no such person"):
        check_table(event.assign(person=9), "events", people=PEOPLE)
    with pytest.raises(TableError, match=r"'end' holds 'soon' .*must hold times"):
        check_table(event.assign(end="soon"), "events")


def test_a_number_beyond_32_bits_is_refused_and_not_wrapped():
    far = pd.DataFrame({"a": [1], "b": [2**40], "context": "friend"})
    with pytest.raises(TableError, match=r"'b' holds 1099511627776.*up to 2147483647.*factorize"):
        check_table(far, "ties")


def test_a_whole_number_is_whole_and_in_its_range():
    assert check_whole(np.int64(3), "k") == 3
    for wrong in (0, 2.5, True, "3", None):
        with pytest.raises(RangeError, match=r"k=.* is outside its range: whole numbers from 1 up"):
            check_whole(wrong, "k")
    with pytest.raises(RangeError, match=r"k=9 .* from 1 to 5"):
        check_whole(9, "k", high=5)


def test_any_table_says_what_it_lacks_or_has_twice():
    with pytest.raises(TableError, match=r"release: got World .* such as world.people"):
        check_frame(World(pd.DataFrame()), "release")
    with pytest.raises(TableError, match=r"release: column 'row' is missing"):
        check_frame(pd.DataFrame({"a": [1]}), "release", columns=["row"])
    twice = pd.DataFrame([[1, 2]], columns=["row", "row"])
    with pytest.raises(TableError, match=r"column 'row' is there twice"):
        check_frame(twice, "release", columns=["row"])


def test_a_matrix_of_friends_takes_any_list_of_people_each_once():
    ties = pd.DataFrame({"a": [1], "b": [2], "context": "friend"})
    assert to_csr(ties, [1, 2, 3]).nnz == 2
    with pytest.raises(TableError, match=r"people: 2 is there twice"):
        to_csr(ties, [1, 2, 2])
