import pytest

import ethics_lib


def test_every_name_is_there_and_comes_from_its_room():
    for name in ethics_lib.__all__:
        if ethics_lib._ROOMS[name] != "lessons":
            module = getattr(ethics_lib, ethics_lib._ROOMS[name])
            assert getattr(ethics_lib, name) is getattr(module, name)
            assert name in module.__all__
    assert ethics_lib.make_world.__module__ == "ethics_lib.world"


def test_there_are_25_names_at_most_in_the_order_of_the_story():
    assert len(ethics_lib.__all__) == len(set(ethics_lib.__all__)) <= 25
    story = [
        *("make_world", "ask_consent", "collect", "infer", "propagate", "make_personas"),
        *("target", "audit"),
    ]
    assert sorted(story, key=ethics_lib.__all__.index) == story


def test_dir_lists_the_verbs():
    assert set(ethics_lib.__all__) <= set(dir(ethics_lib))


def test_the_rooms_are_there_without_an_import_of_their_own():
    assert ethics_lib.tables.__name__ == "ethics_lib.tables"
    assert ethics_lib.ties.make_ties


def test_an_unknown_name_gets_the_list():
    with pytest.raises(
        AttributeError, match=r"ethics_lib has no 'propagat'. The verbs are: make_wor"
    ):
        _ = ethics_lib.propagat
    assert not hasattr(ethics_lib, "_secret")
