import numpy as np
import pytest

from ethics_lib.names import TOPICS, name_items, name_people
from ethics_lib.people import make_events, make_people
from ethics_lib.presets import PRESETS, settle
from ethics_lib.tables import TRAITS

GENDERED = """woman women man men girl boy lady lord sir madam king queen prince princess mother
    father sister brother wife husband aunt uncle mr mrs ms miss""".split()
DRAWN = [trait for preset in PRESETS.values() for trait in preset.traits]
VALUES = {value.lower() for trait in [*TRAITS.values(), *DRAWN] for value in trait.values}
TRAITS_THEMSELVES = {word for trait in DRAWN for word in trait.name.lower().split("_")}


def words(names):
    return {word for name in names for word in name.lower().split()} - {"the"}


def test_no_two_items_share_a_name_even_when_the_words_run_out():
    names = name_items(6_000, rng=np.random.default_rng(7))
    assert len(set(names)) == len(names) == 6_000


def test_names_of_items_say_nothing_of_topic_trait_or_gender():
    said = words(name_items(2_000, rng=np.random.default_rng(7)))
    stems = {topic[:5] for topic in TOPICS}
    assert not {word for word in said if word[:5] in stems}
    assert not said & VALUES
    assert not said & TRAITS_THEMSELVES
    assert not said & set(GENDERED)


def test_names_of_topics_say_nothing_of_trait_event_or_gender():
    people = make_people(
        settle(500, {})[1], PRESETS["brightwater"].traits, rng=np.random.default_rng(7)
    )
    befallen = {part for event in make_events(people, rng=7)["event"] for part in event.split("_")}
    assert "pregnancy" in befallen
    topics = words(TOPICS)
    for sensitive in (VALUES, TRAITS_THEMSELVES, befallen, set(GENDERED)):
        assert not topics & sensitive


@pytest.mark.parametrize("n", [1, 2_600, 200_000])
def test_there_are_names_enough_for_any_world(n):
    names = name_items(n, rng=np.random.default_rng(7))
    assert len(names) == len(set(names)) == n


def test_names_of_people_say_nothing_of_trait_or_gender():
    people = words(name_people(np.arange(3_000), rng=np.random.default_rng(7)))
    assert not people & VALUES
    assert not people & TRAITS_THEMSELVES
    assert not people & set(GENDERED)


def test_a_household_shares_its_family_name_and_not_its_given_ones():
    names = name_people(np.zeros(30, dtype=int), rng=np.random.default_rng(7))
    given, family = zip(*(name.split() for name in names), strict=True)
    assert len(set(family)) == 1 < len(set(given))


def test_topics_are_told_apart():
    assert len(set(TOPICS)) == len(TOPICS) == 24
