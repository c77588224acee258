"""Shapes that Instagram's and Facebook's files share, in both generations.

Until 2025 an entry keeps its texts in ``string_map_data`` or ``string_list_data``; from 2026 in
``label_values``, a list of labels. Both come up in one archive.
"""

from __future__ import annotations

from collections.abc import Iterable

from ethics_lib.entries import dig, find_label, labels, moment, text
from ethics_lib.layouts import Believes, Did, Knows, Read, Row, Says, Thing, each

__all__ = [
    "Path",
    "account",
    "ad_choices",
    "advert",
    "elsewhere",
    "known",
    "listed",
    "mask",
    "messages",
    "subscription",
    "when",
    "whose",
]

Path = tuple[str, ...]


def when(entry: object) -> int | None:
    """When an entry was made."""
    found = (
        dig(entry, "string_map_data", "Time", "timestamp"),
        dig(entry, "string_list_data", 0, "timestamp"),
        dig(entry, "timestamp"),
        dig(entry, "timestamp_ms"),
    )
    return next((time for time in map(moment, found) if time is not None), None)


def whose(entry: object) -> str | None:
    """The account that an entry is about."""
    found = (
        text(entry, "string_map_data", "Author", "value"),
        text(entry, "string_map_data", "Media Owner", "value"),
        text(entry, "title"),
        text(entry, "string_list_data", 0, "value"),
        text(entry, "name"),
        find_label(entry, "Username", "Name"),
    )
    return next((name for name in found if isinstance(name, str)), None)


def account(kind: str) -> Read:
    """A reader of entries that say: this was done to that account, then."""

    def read(path: Path, entry: object) -> Iterable[Row] | None:
        name = whose(entry)
        return [Did(kind, Thing("account", name), when(entry))] if name else None

    return each(read)


def advert(kind: str) -> Read:
    """A reader of adverts; who shows one is a firm, and keeps its name."""

    def read(path: Path, entry: object) -> Iterable[Row] | None:
        name = whose(entry)
        return [Did(kind, Thing("advertiser", name), when(entry))] if name else None

    return each(read)


def known(context: str) -> Read:
    """A reader of accounts to which the owner is tied."""

    def read(path: Path, entry: object) -> Iterable[Row] | None:
        name = whose(entry)
        return [Knows(name, context)] if name else None

    return each(read)


def listed(trait: str, where: str) -> Read:
    """A reader of lists under a label whose values are beliefs, such as segments."""

    def read(path: Path, entry: object) -> Iterable[Row] | None:
        if path[-1:] != ("label_values",):
            return []  # fbid, media
        if not isinstance(entry, dict) or not isinstance(entry.get("vec"), list):
            return [] if text(entry, "label") else None  # a sentence that explains the list
        values = [value for _, value in labels(entry) if isinstance(value, str)]
        return [Believes(trait, value, "inferred", where) for value in values]

    return each(read)


@each
def elsewhere(path: Path, entry: object) -> Iterable[Row] | None:
    """Reads what other firms' sites and apps sent.

    The archive does not tell a pixel from an app's kit or a server; what has a dot in its name and
    no blank is taken for a site.
    """
    name, events = text(entry, "name"), dig(entry, "events")
    if not name or not isinstance(events, list):
        return None
    is_site = "." in name and " " not in name
    thing = Thing("site" if is_site else "app", name)
    source = "pixel" if is_site else "sdk"
    return [
        Did(_EVENTS.get(text(event, "type") or "", "event"), thing, when(event), source)
        for event in events
    ]


_EVENTS = {
    "PAGE_VIEW": "visit",
    "VIEW_CONTENT": "visit",
    "ACTIVATE_APP": "visit",
    "PURCHASE": "purchase",
    "SEARCH": "search",
}


@each
def ad_choices(path: Path, entry: object) -> Iterable[Row] | None:
    """Reads which topics and which advertisers the owner asked to see less of, or none."""
    if path[-1:] != ("label_values",):
        return []
    if isinstance(dig(entry, "vec"), list):
        topics = [value for _, value in labels(entry) if isinstance(value, str)]
        return [Says(f"advert:{topic}", False, "objected") for topic in topics]
    hidden = [row for row in dig(entry, "dict") or [] if isinstance(row, dict)]
    rows = [(find_label(row, "Name"), find_label(row, "Hidden on")) for row in hidden]
    return [Says(f"advertiser:{n}", False, "objected", moment(t)) for n, t in rows if n]


@each
def subscription(path: Path, entry: object) -> Iterable[Row] | None:
    """Reads whether the owner pays for seeing no adverts."""
    if path[-1:] != ("label_values",):
        return []
    value = text(entry, "value")
    return [Says("no_adverts_for_money", value == "Active", "subscription")] if value else None


@each
def messages(path: Path, entry: object) -> Iterable[Row] | None:
    """Reads who wrote when in a chat; what was written is passed over."""
    if path[-1:] != ("messages",):
        return []  # names, which come up as senders
    name = text(entry, "sender_name")
    return [Did("message", None, when(entry), by=name)] if name else None


def mask(address: str) -> str:
    """What of a number or an e-mail address may be seen: it may be another person's.

    Examples
    --------
    >>> mask("+447700900456"), mask("wren@example.org")
    ('ends in 456', 'w...@example.org')
    """
    name, at, domain = address.partition("@")
    return f"{name[:1]}...@{domain}" if at else f"ends in {address[-3:]}"
