import numpy as np

from ethics_lib.names import TOPICS, name_items, name_people
from ethics_lib.tables import TRAITS

GENDERED = """woman women man men girl boy lady lord sir madam king queen prince princess mother
    father sister brother wife husband aunt uncle mr mrs ms miss""".split()
VALUES = {str(value).lower() for trait in TRAITS.values() for value in trait.values}


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
    assert not said & set(GENDERED)


def test_names_of_people_say_nothing_of_trait_or_gender():
    people = words(name_people(np.arange(3_000), rng=np.random.default_rng(7)))
    assert not people & VALUES
    assert not people & set(GENDERED)


def test_a_household_shares_its_family_name_and_not_its_given_ones():
    names = name_people(np.zeros(30, dtype=int), rng=np.random.default_rng(7))
    given, family = zip(*(name.split() for name in names), strict=True)
    assert len(set(family)) == 1 < len(set(given))


def test_topics_are_told_apart():
    assert len(set(TOPICS)) == len(TOPICS) == 24
