"""Names: what invented people, pages and topics are called.

The lists are neutral on purpose: no given name tells a gender, no page tells who likes it, and
which name falls to whom is drawn by the seed. Should a resident share a name with somebody alive,
it is chance.
"""

from __future__ import annotations

import numpy as np

__all__ = ["TOPICS", "name_items", "name_people"]

TOPICS = """gardening cycling baking chess astronomy pottery swimming jazz trains sailing knitting
    poetry photography birdwatching football theatre maps cheese running woodwork fishing radio
    puzzles travel""".split()
"""What pages, sites and products are about."""

_GIVEN = """Wren Ash Rowan Sage Robin Quill Lark Ember Marlow Linden Perry Sorrel Vale Briar Indigo
    Jules Kit Merle Noor Onyx Pax Rain Sky Teal Umber Winter Yarrow Zephyr Alder Blue Cove Dell
    Echo Fen Gale Haven Isle Juniper Lake Moss""".split()
_FAMILY_START = "Hallo Merri Thorn Fair Under Over Long Amber Winter Copper Silver Hazel".split()
_FAMILY_END = "way field brook stone mead croft wick moor".split()
_ITEM_START = """Copper Velvet Distant Quiet Amber Hollow Bright Crooked Silver Marble Paper Linen
    Northern Second Gentle Wandering Painted Hidden Early Patient Golden Spare Humming Folded
    Narrow Borrowed Sleepy Woven Polished Little Tall Curious Plain Mended Windy Sunken Striped
    Faded Lucky Spotted Tidy Restless Clever Rusty Misty Dusty Frosted Buttoned Upper Lower
    """.split()
_ITEM_END = """Kettle Bobbin Harbour Compass Ladder Window Anchor Meadow Bridge Teapot Bell Feather
    Spindle Stair Drawer Mirror Tower Basket Button Candle Pebble Ribbon Sparrow Whistle Acorn
    Barrel Chimney Doorway Easel Fountain Gate Hammock Inkwell Jar Kite Lighthouse Mitten Notebook
    Oar Parcel Quilt Rudder Saucer Thimble Umbrella Violin Wheel Yard Zither Crate""".split()


def name_people(household: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    """Name everybody; those who share a household share the family name."""
    given = np.array(_GIVEN)[rng.integers(len(_GIVEN), size=len(household))]
    families = np.array([start + end for start in _FAMILY_START for end in _FAMILY_END])
    family = families[rng.integers(len(families), size=household.max() + 1)]
    return np.char.add(np.char.add(given, " "), family[household])


def name_items(n: int, *, rng: np.random.Generator) -> np.ndarray:
    """Name pages, sites and products; no two share a name."""
    names = np.array([f"The {start} {end}" for start in _ITEM_START for end in _ITEM_END])
    names = rng.permutation(names)
    again, which = np.divmod(np.arange(n), len(names))
    numbered = np.char.add(np.char.add(names[which], " "), (again + 1).astype(str))
    return np.where(again == 0, names[which], numbered)
