"""Literature: published effects, each as a function that looks for it in a made world.

`EFFECTS` holds them all, in the order of the story: what likes say, what friends say, who is
unique, what is done with it.
"""

from ethics_lib.effects import Effect
from ethics_lib.literature import adverts, bystanders, consent, crowds, friends, likes

__all__ = ["EFFECTS"]

EFFECTS: tuple[Effect, ...] = tuple(
    thing
    for module in (likes, friends, bystanders, crowds, adverts, consent)
    for thing in vars(module).values()
    if isinstance(thing, Effect)
)
"""Every effect."""
