"""Literature: published effects, each as a function that looks for it in a made world.

`EFFECTS` holds them all, in the order of the story: what likes say, what friends say, who is
unique, what is done with it, what can be done against it.
"""

from ethics_lib.effects import Effect
from ethics_lib.literature import (
    adverts,
    bystanders,
    cloaking,
    consent,
    crowds,
    friends,
    likes,
    uniqueness,
)

__all__ = ["EFFECTS"]

EFFECTS: tuple[Effect, ...] = tuple(
    thing
    for module in (likes, friends, bystanders, crowds, uniqueness, adverts, consent, cloaking)
    for thing in vars(module).values()
    if isinstance(thing, Effect)
)
"""Every effect."""
