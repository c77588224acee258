"""WhatsApp: the text of one chat, of which only who wrote when is read.

Whoever exports a chat hands out what all in it wrote. The text does not say whose it is: pass the
name by which the chat calls you.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

from ethics_lib.entries import Entry, Unreadable
from ethics_lib.layouts import Did, Layout, Part, Row

__all__ = ["LAYOUT"]

_MOST_NAMES, _MOST_LINES = 500_000, 15_000_000  # as many as a door keeps
_LONGEST_HEAD = 160  # letters of a line in which date, time and name must stand

# marks of direction go, but for U+200E, which says what no person wrote; narrow blanks get wide
_MARKS = dict.fromkeys([0x200F, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_MARKS |= dict.fromkeys([0x00A0, 0x2009, 0x202F], " ")

_HEAD = re.compile(
    r"""\u200e?\[?
    (\d{1,4}) [./-]\ ?  (\d{1,2}) [./-]\ ?  (\d{1,4}) \.? (?:\ ?г\.)?   # a date, in some order
    (?:[,،T]\ ?|\ )
    ([^\W\d_]{1,6})?\ ?                                                 # 下午7:25
    (\d{1,2}) [:.] (\d{2}) (?:[:.](\d{2}))?
    (?:\ ?([^\W\d_][^\d\]:,–—-]{0,11}?))?                               # 7:25 p. m.
    (?:\]|\ ?:|\ [,–—-])\                                               # and the name follows
    """,
    re.VERBOSE,
)
# A name in a line of the app's own, such as: Wren changed the subject to "Tea: when", has quotes.
_NAME = re.compile(r"\u200e?([^:\"“”„«»]{1,100}):(?: (\u200e(?!<))?|$)")

# Unicode's CLDR, by Babel 2.18: how languages with a 12-hour clock write its halves
_BEFORE_NOON = "am pg sa pd de öö πμ дп проб ص قظ ਪਦ 午夜 凌晨 清晨 早上 上午 午前 오전".split()
_AFTER_NOON = "pm ptg ch md du ös μμ пп слоб م بظ ਬਦ 中午 下午 晚上 午後 오후".split()
_HALVES = dict.fromkeys(_BEFORE_NOON, 0) | dict.fromkeys(_AFTER_NOON, 12)

_NO_TIME = -1
_ORDERS = {"day first": (2, 1, 0), "month first": (2, 0, 1), "year first": (0, 1, 2)}
"""Where year, month and day stand."""

Date = tuple[int, int, int]


def _chat(entries: Iterator[Entry]) -> Iterator[Row | None]:
    """Who wrote when. What was written is passed over, line by line."""
    dates: dict[Date, int] = {}
    names: dict[str, int] = {}
    people: set[int] = set()
    lines = {column: array("i") for column in ("date", "second", "name")}
    is_chat = False
    for _, line in entries:
        line = str(line)[:_LONGEST_HEAD]
        line = line if line.isascii() else line.translate(_MARKS)
        head = _HEAD.match(line)
        if head is None:
            continue  # the message goes on
        is_chat = True
        name = _NAME.match(line, head.end())
        if name is None:
            continue  # the app's own: somebody came or left
        first, second, third, before, hour, minute, seconds, after = head.groups()
        who = names.setdefault(name[1].strip(" \u200e"), len(names))
        if not name[2]:
            people.add(who)
        date = int(first), int(second), int(third)
        lines["date"].append(dates.setdefault(date, len(dates)))
        lines["second"].append(_second(int(hour), int(minute), int(seconds or 0), before or after))
        lines["name"].append(who)
        if len(names) + len(dates) > _MOST_NAMES or len(lines["name"]) > _MOST_LINES:
            raise Unreadable("it holds more people, days or messages than are kept")
    if not is_chat:
        raise Unreadable("no line of it begins with a date and a time: is it a WhatsApp chat?")
    days = _read_dates(list(dates))
    called = list(names)
    for date, second, who in zip(*lines.values(), strict=True):
        # On iOS the group itself "says" what happens in it. All its lines are marked; so are those
        # of somebody who only ever sent pictures, and wrote nothing.
        if who in people:
            day = days[date]
            time = None if second == _NO_TIME or day is None else day + second
            yield None if day is None else Did("message", None, time, by=called[who])


def _second(hour: int, minute: int, second: int, half: str | None) -> int:
    """The second of the day, or none where the half of the day has a name that we do not know."""
    if half:
        half = re.sub(r"[\W_]", "", half.lower())
        if half not in _HALVES:
            return _NO_TIME  # better no time than one that is twelve hours off
        hour = hour % 12 + _HALVES[half]
    return hour * 3600 + minute * 60 + second if hour < 24 and minute < 60 else _NO_TIME


def _read_dates(dates: list[Date]) -> list[int | None]:
    """Each day as seconds since 1970, once the whole chat has told the order of day and month.

    A number above 12 settles it; so does that a chat runs forward, and through few years. Where
    nothing settles it, the day is taken to come first, as most of the world writes: in a short
    chat from the US, days up to the 12th may be read as months. Times have no zone; the phone's
    own is taken for UTC.
    """

    def misfit(order: tuple[int, ...]) -> tuple[int, int]:
        read = [_arrange(date, order) for date in dates]
        impossible = sum(_midnight(date) is None for date in read)
        backwards = sum(earlier > later for earlier, later in pairwise(read))
        return impossible + backwards, len({year for year, _, _ in read})

    order = min(_ORDERS.values(), key=misfit)
    return [_midnight(_arrange(date, order)) for date in dates]


def _arrange(date: Date, order: tuple[int, ...]) -> Date:
    year, month, day = (date[place] for place in order)
    return (year + 2000 if year < 100 else year), month, day


def _midnight(date: Date) -> int | None:
    """A day as seconds since 1970; None for one that is none, or before WhatsApp (2009)."""
    if not 2009 <= date[0] < 2050:
        return None
    try:
        return int(datetime(*date, tzinfo=UTC).timestamp())
    except ValueError:
        return None


_CHAT = Part("a chat: who wrote when", _chat)

LAYOUT = Layout(
    "WhatsApp",
    # "WhatsApp Chat with ...", "Discussion WhatsApp avec ...", "... ile WhatsApp Sohbeti": in 60
    # languages the name of the file holds the app's, and with whom the chat is
    parts={"*whatsapp*.txt": _CHAT, "*واتساب*.txt": _CHAT, "_chat.txt": _CHAT},
    signs=("*whatsapp*.txt", "*واتساب*.txt", "_chat.txt"),
    why_not={"**": "something sent in the chat: not opened"},
)
