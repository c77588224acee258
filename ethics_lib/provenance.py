"""Provenance: where data of real people come from, what they agreed to, and what is left of it.

A loader says three things, in a warning and in the ``about`` of the world: what was loaded, what
was left out, and what is known of what the people in it agreed to.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from dataclasses import replace

import numpy as np

from ethics_lib.tables import TableError, World

__all__ = ["AGREED", "NEVER", "PROTECTED_WORDS", "ConsentNotice", "hand_over", "is_special"]

PROTECTED_WORDS: dict[str, list[str]] = {
    "racial_or_ethnic_origin": "ethnic ethnicity race racial caste skin".split(),
    "political_opinions": "political politics party vote voted voting ideology".split(),
    "religious_or_philosophical_beliefs": "religion religious faith church belief beliefs".split(),
    "trade_union_membership": "union unions".split(),
    "genetic_data": "genetic genetics genome genotype dna".split(),
    "biometric_data": "biometric biometrics fingerprint faceprint voiceprint iris".split(),
    "health": """health illness ill disease diagnosis disability disabled medication medical
        pregnant pregnancy expecting depression depressed anxiety therapy addiction drugs hiv
        """.split(),
    "sex_life_or_orientation": """sexual sexuality orientation gay lesbian bisexual queer sex_life
        interested_in""".split(),
}
"""Words in the name of a column that make it a special category of Article 9(1) of the GDPR.

They are looked for in every word of the name, in English only; ``protected=`` adds what is missed.
Gender is none of these categories, and is not protected here."""

AGREED: dict[str, str] = {
    "Facebook100": (
        "That the students were asked is not said: Facebook handed the whole networks of 100 "
        "schools, of September 2005, to researchers. The first release bore each student's number "
        "on Facebook, by which they could be found (read-me of 11 February 2011, from a copy; "
        "Zimmer, 15 February 2011, michaelzimmer.org)."
    ),
    "SNAP ego networks": (
        "People who took part in a survey through an app brought the profiles of their friends "
        "along. That the friends were asked is not said. Ids and answers are replaced by numbers, "
        "but who shares a party can still be seen (SNAP's page on the data, from a copy)."
    ),
    "MovieLens": (
        "People rated films to be recommended others, on a site that calls itself a platform for "
        "research. The read-me allows research and no redistribution, and says of 1M that answers "
        "about oneself were voluntary. That the raters were asked about being published is not "
        "said (read-me files, from copies; movielens.org/info/privacy-policy, of a later date)."
    ),
    "myPersonality": (
        "Laid out like the sample of Kosinski and others (2016). If it is that sample: of about 6 "
        "million who took a test in an app, 3.1 million agreed to share details of their profiles "
        "with its makers; 280 people in 150 institutions were given them, and a login stood open "
        "for four years (news.vice.com, 2018: a newspaper, not the study). If it is not, the file "
        "does not say."
    ),
    "unknown": (
        "The file does not say. Before you go on, find out who collected it and for what, what "
        "the people in it were told, whether they could say no, whether it holds friends who were "
        "never asked, and who approved your use; then state it with agreed='...'."
    ),
}
"""What the people of a data set agreed to, with the source; shown whenever it is loaded."""

NEVER = np.datetime64(0, "s")
"""The moment of an act whose time is not known: 1 January 1970."""


class ConsentNotice(UserWarning):
    """What was loaded, what was left out, and what the people in it had agreed to."""


def hand_over(
    world: World,
    name: str,
    *,
    left_out: Counter,
    source: str | None = None,
    agreed: str | None = None,
) -> World:
    """Say what was loaded, left out and agreed to, and keep it with the world.

    Parameters
    ----------
    world : World
    name : str
        Of the file.
    left_out : Counter
        What was left out, and how often.
    source : str, optional
        A key of `AGREED`; by default nothing is known.
    agreed : str, optional
        What the caller states that the people agreed to.

    Returns
    -------
    World
        The same, with ``about`` and ``people.attrs["left_out"]``.
    """
    if agreed is not None and not agreed.strip():
        raise TableError(
            "agreed='' states nothing. Say what the people agreed to, or leave it out."
        )
    counts = {what: int(n) for what, n in left_out.items() if n}
    found = [(world.people, "people"), (world.ties, "ties"), (world.items, "items")]
    held = ", ".join(f"{len(t):,} {what}" for t, what in [*found, (world.acts, "likes")] if len(t))
    about = f"{name}: {held}. Left out: "
    about += (", ".join(f"{n:,} {what}" for what, n in counts.items()) or "nothing") + ". "
    if len(world.acts) and (world.acts["time"] == NEVER).all():
        about += "It has no times; all likes bear 1 January 1970. "
    said = [AGREED[source or "unknown"]] if source or not agreed else []
    said += [f"{agreed} (stated by whoever loaded it)"] if agreed else []
    about += f"What its people agreed to: {' '.join(said)}"
    warnings.warn(about, ConsentNotice, stacklevel=3)
    world.people.attrs["left_out"] = counts
    return replace(world, about=about)


def is_special(trait: str) -> bool:
    """Whether a column's name says that it is of a special category of Article 9(1).

    Examples
    --------
    >>> [is_special(name) for name in ("politicalViews", "interested_in", "gender", "embrace")]
    [True, True, False, False]
    """
    parts = re.findall("[a-z]+", re.sub("([a-z])([A-Z])", r"\1 \2", trait).lower())
    name = f"_{'_'.join(parts)}"
    # long words are also found at the beginning of a longer one, such as politicalviews
    return any(
        f"_{word}" in name if len(word) > 5 else f"_{word}_" in f"{name}_"
        for words in PROTECTED_WORDS.values()
        for word in words
    )
