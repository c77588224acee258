"""Words: how counts, lists and days are said in a sentence."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

__all__ = ["count", "percent", "say_day", "several", "sureness"]


def several(words: Iterable[object], *, most: int | None = None) -> str:
    """Words in a row; of more than ``most`` the first, and how many more.

    Examples
    --------
    >>> several(["tea", "chess"]), several("abcde", most=3)
    ('tea and chess', 'a, b, c and 2 more')
    """
    words = [str(word) for word in words]
    if most is not None and len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most:,} more"
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def count(n: float, one: str, many: str = "") -> str:
    """So many of them; ``many`` is what more than one are called, if an s does not do.

    Examples
    --------
    >>> count(1, "firm"), count(2000, "firm"), count(2, "person", "people")
    ('1 firm', '2,000 firms', '2 people')
    """
    return f"{n:,.0f} {one if n == 1 else many or f'{one}s'}"


def percent(share: float) -> str:
    """A share in whole percents.

    Examples
    --------
    >>> percent(0.614)
    '61 %'
    """
    return f"{share:.0%}".replace("%", " %")


def sureness(p: float, sd: float) -> str:
    """How sure a belief is: of a word its probability, of a number by how much it may be off.

    Examples
    --------
    >>> sureness(0.81, float("nan")), sureness(float("nan"), 0.93)
    ('81 % sure', 'give or take 0.9')
    """
    return f"give or take {sd:.1f}" if pd.isna(p) else f"{percent(p)} sure"


def say_day(day: pd.Timestamp) -> str:
    """A day as a letter has it.

    Examples
    --------
    >>> say_day(pd.Timestamp("2026-01-02"))
    '2 January 2026'
    """
    return f"{day.day} {day:%B %Y}"
