"""Shapes that Instagram's and Facebook's files share, in both generations.

Until 2025 an entry keeps its texts in ``string_map_data`` or ``string_list_data``; from 2026 in
``label_values``, a list of labels. Both come up in one archive. Sources: merged structures and
parsers of public data donations, 2024 to 2026; a label that only the reference gives is invented.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from ethics_lib.entries import (
    LONGEST,
    Entry,
    Path,
    Unreadable,
    called,
    dig,
    host,
    labels,
    mask,
    moment,
    text,
)
from ethics_lib.layouts import (
    Believes,
    Did,
    Knows,
    Part,
    Reaches,
    Read,
    Row,
    Says,
    Thing,
    each,
    read_listed,
)

__all__ = [
    "CLOSED",
    "ELSEWHERE",
    "PARTS",
    "account",
    "ad_choices",
    "advert",
    "advertisers",
    "apps",
    "contacts",
    "elsewhere",
    "forms",
    "guessed",
    "happened",
    "known",
    "links",
    "listed",
    "messages",
    "records",
    "searched",
    "subscription",
    "suggested",
    "under",
    "when",
    "whose",
]

_Ask = Callable[[Path, object], Iterable[Row | None] | None]

_ASIDE = {"timestamp", "media", "fbid", "ent_name", "title"}  # what stands beside label_values
_RECORD = {"label_values", *_ASIDE}
_EVENTS = {
    "PAGE_VIEW": "visit",
    "VIEW_CONTENT": "visit",
    "ACTIVATE_APP": "visit",
    "PURCHASE": "purchase",
    "SEARCH": "search",
}
# What says it for certain, and what says it where nothing else does.
_MEANS = (
    {
        "list": r"\blists?\b|\bupload",
        "store visit": r"\bstores?\b|\bshops?\b",
        "pixel": r"\bwebsites?\b|\bapps?\b",
    },
    {"store visit": r"\bvisit", "pixel": r"\bactivity\b"},
)
_FLAGS = {
    "has_data_file_custom_audience": "list",
    "has_remarketing_custom_audience": "pixel",
    "has_in_person_store_visit": "store visit",
}
_AGAINST = re.compile(r"\b(see less|hid|hide|remov|block|opted out)", re.I)


def records(ask: _Ask) -> Read:
    """A reader like `each`, for files of records.

    A file of one record holds it as it is, and not as a list of one: its parts, which come up one
    by one, are put together first.
    """

    def whole(entries: Iterator[Entry]) -> Iterator[Entry]:
        alone: dict[str, object] = {"label_values": []}
        size = 0
        for path, entry in entries:
            if len(path) != 1 or path[0] not in _RECORD:
                yield path, entry
                continue
            size += len(str(entry))
            if size > LONGEST:
                raise Unreadable("a record of it is too large to be held")
            if path == ("label_values",):
                alone["label_values"].append(entry)
            else:
                alone[path[0]] = entry
        if alone["label_values"]:
            yield (), alone

    return lambda entries: each(ask)(whole(entries))


def under(entry: object, *names: str) -> str | None:
    """The text that an entry has under the first of these labels, in either generation.

    Capitals differ from year to year and from one English to the other. The tags of a post are
    left out: their label is "Name" too, and a tag is nobody.
    """
    said = _said(entry)
    texts = (value for name in names for value in said.get(name.lower(), ()))
    words = (value.strip() for value in texts if isinstance(value, str))
    return next(filter(None, words), None)


def _said(entry: object) -> dict[str, list[object]]:
    """What stands under each label of an entry, by the label in small letters."""
    found: dict[str, list[object]] = {}
    stated = dig(entry, "string_map_data")
    for label, part in stated.items() if isinstance(stated, dict) else ():
        values = (dig(part, "value"), dig(part, "timestamp"))
        found.setdefault(label.lower(), []).extend(values)
    parts = dig(entry, "label_values")
    if isinstance(parts, list):
        entry = {"label_values": [part for part in parts if not _is_tags(part)]}
    for label, value in labels(entry):
        found.setdefault(label.lower(), []).append(value)
    return found


def _is_tags(part: object) -> bool:
    return text(part, "title") == "Hashtags"


def when(entry: object, *names: str) -> int | None:
    """When something was done; under one of these names, or where entries have it otherwise."""
    return next((time for time in map(moment, _times(entry, *names)) if time is not None), None)


def _times(entry: object, *names: str) -> Iterator[object]:
    said = _said(entry) if names or dig(entry, "string_map_data") else {}
    for name in (*names, "Time"):
        yield from said.get(name.lower(), ())
    yield dig(entry, "string_list_data", 0, "timestamp")
    for name in ("timestamp", "timestamp_ms", "creation_timestamp", "added_timestamp"):
        yield dig(entry, name)
    yield dig(entry, "created_timestamp")


def whose(entry: object) -> str | None:
    """The account that an entry is about: its owner, or its title where no label says it."""
    parts = dig(entry, "label_values")
    parts = parts if isinstance(parts, list) else []
    owner = {"label_values": [part for part in parts if text(part, "title") == "Owner"]}
    return (
        under(owner, "Username", "Name")
        or under(entry, "Author", "Media Owner", "Username")
        or text(entry, "title")
        or text(entry, "name")
        or text(entry, "data", "name")
        or text(entry, "data", 0, "name")
        or under(entry, "Name")
    )


def _unnamed(kind: str, entry: object) -> list[Did] | None:
    """A post or an advert of which only the text and the time are told, and not by whom it is."""
    parts = dig(entry, "label_values")
    tagged = isinstance(parts, list) and any(map(_is_tags, parts))
    time = when(entry)
    is_post = tagged or "caption" in _said(entry)
    return [Did(kind, None, time)] if is_post and time is not None else None


def account(kind: str) -> Read:
    """A reader of entries that say: this was done to that account, then."""

    def ask(path: Path, entry: object) -> Iterable[Row] | None:
        name = whose(entry)
        if name is None:
            return _unnamed(kind, entry)
        return [Did(kind, Thing("account", name), when(entry))]

    return records(ask)


def happened(kind: str) -> Read:
    """A reader of entries of which only the time is kept."""

    def ask(path: Path, entry: object) -> Iterable[Row] | None:
        time = when(entry) or when(dig(entry, "media", 0))
        return None if time is None else [Did(kind, None, time)]

    return records(ask)


def advert(kind: str) -> Read:
    """A reader of adverts; who shows one is a firm, and keeps its name."""

    def ask(path: Path, entry: object) -> Iterable[Row] | None:
        name = whose(entry) or under(entry, "Title")
        if name is None:
            return _unnamed(kind, entry)
        return [Did(kind, Thing("advertiser", name), when(entry))]

    return records(ask)


def known(context: str) -> Read:
    """A reader of accounts to which the owner is tied."""

    def ask(path: Path, entry: object) -> Iterable[Row] | None:
        name = whose(entry) or text(entry, "string_list_data", 0, "value")
        return [Knows(name, context)] if name else None

    return records(ask)


def searched(kind: str) -> Read:
    """A reader of searches; a ``search`` keeps its words, an ``account`` loses its name."""

    def ask(path: Path, entry: object) -> Iterable[Row] | None:
        words = (
            under(entry, "Search", "Search term", "Query")
            or text(entry, "data", 0, "text")
            or text(entry, "string_list_data", 0, "value")
        )
        if kind == "account":
            words = words or whose(entry)
        if not words:
            return None
        somebody = called(words)
        thing = Thing("account", somebody) if somebody else Thing(kind, words)
        return [Did("search", thing, when(entry))]

    return records(ask)


def guessed(trait: str, where: str, *names: str) -> Read:
    """A reader of what the platform worked out of itself, an entry each."""

    def ask(path: Path, entry: object) -> Iterable[Row] | None:
        rows = dig(entry, "string_list_data")
        values = [text(row, "value") for row in rows] if isinstance(rows, list) else []
        values = [value for value in values if value] or [under(entry, *names)]
        if isinstance(entry, str):
            values = [entry.strip()]
        hidden = trait in ("e-mail", "phone")
        seen = [mask(value) if hidden else value for value in values if value]
        return [Believes(trait, value, "inferred", where) for value in seen] or None

    return records(ask)


def listed(trait: str, where: str) -> Read:
    """A reader of lists whose values are beliefs, such as segments."""

    def ask(path: Path, entry: object) -> Iterable[Row] | None:
        values = _values(path, entry)
        return values and [read_listed(value, trait, "inferred", where) for value in values]

    return each(ask)


def suggested(context: str) -> Read:
    """A reader of lists whose values are people whom the platform ties to the owner."""

    def ask(path: Path, entry: object) -> Iterable[Row] | None:
        values = _values(path, entry)
        return values and [Knows(value, context) for value in values]

    return each(ask)


def _values(path: Path, entry: object) -> list[str] | None:
    """The texts of a list, under a label or plain; none for what stands beside the list."""
    if path[-1:] and path[-1] in _ASIDE:
        return []
    if isinstance(entry, str):
        return [entry.strip()] if entry.strip() else []
    if path[-1:] != ("label_values",):
        return None
    if isinstance(dig(entry, "vec"), list):
        return [value for _, value in labels(entry) if isinstance(value, str)]
    return [] if text(entry, "label") else None  # a sentence that explains the list


@each
def advertisers(path: Path, entry: object) -> Iterable[Row] | None:
    """Reads which advertisers can reach the owner, and how.

    The newer files name the mechanism in a sentence. The sentences of the examples are invented,
    so they are told apart by single words; one that says none of the three, or two, is not guessed
    at.
    """
    if path[-1:] and path[-1] in _ASIDE:
        return []
    if path[-1:] == ("label_values",):
        via = _mechanism(text(entry, "label") or "")
        names = _values(path, entry)
        return [Reaches(name, via) for name in names or []] if via or names == [] else None
    name = text(entry, "advertiser_name")
    if not name or not isinstance(entry, dict) or not _FLAGS.keys() & entry.keys():
        return None
    return [Reaches(name, via) for flag, via in _FLAGS.items() if entry.get(flag) is True]


def _mechanism(label: str) -> str | None:
    for words in _MEANS:
        found = [via for via, pattern in words.items() if re.search(pattern, label, re.I)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


@each
def forms(path: Path, entry: object) -> Iterable[Row] | None:
    """Reads what the owner was asked in an advertiser's form; the answers are passed over."""
    label = text(entry, "label")
    return [Did("event", Thing("topic", f"gave an advertiser: {label}"))] if label else None


@records
def contacts(path: Path, entry: object) -> Iterable[Row] | None:
    """Reads whom an address book names: a number or an address tells who it is better than a name.

    That somebody's name stands here was told by the owner, and not by them.
    """
    parts = (under(entry, "First Name"), under(entry, "Last Name", "Surname"))
    name = (
        under(entry, "Contact Information")
        or text(entry, "details", 0, "contact_point")
        or " ".join(filter(None, parts))
        or text(entry, "name")
    )
    time = when(entry, "Imported Time") or moment(dig(entry, "created_timestamp"))
    return [Did("contact", None, time, "contacts", about=name)] if name else None


@records
def links(path: Path, entry: object) -> Iterable[Row] | None:
    """Reads which sites were opened inside the app."""
    site = host(under(entry, "Website link you visited", "URL"))
    return [Did("visit", Thing("site", site), when(entry))] if site else None


@records
def apps(path: Path, entry: object) -> Iterable[Row] | None:
    """Reads which apps of other firms were let in."""
    name = text(entry, "name") or under(entry, "Name") or text(entry, "title")
    return [Did("connect", Thing("app", name), when(entry, "Added on"))] if name else None


@records
def elsewhere(path: Path, entry: object) -> Iterable[Row | None] | None:
    """Reads what other firms' sites and apps sent.

    The archive does not tell a pixel from an app's kit or a server; what has a dot in its name and
    no blank is taken for a site. The newer kind has a record a firm, with its name as the title.
    """
    name, events = text(entry, "name") or text(entry, "title"), dig(entry, "events")
    if events is None:
        lists = [dig(part, "vec") for part in dig(entry, "label_values") or []]
        events = [event for rows in lists if isinstance(rows, list) for event in rows]
    if not name or not isinstance(events, list):
        return None
    is_site = "." in name and " " not in name
    thing = Thing("site" if is_site else "app", name)
    source = "pixel" if is_site else "sdk"
    rows: list[Row | None] = []
    for event in events:
        kind = text(event, "type") or under(event, "Event", "Event type", "Type")
        time = when(event, "Received on")
        rows.append(time and Did(_EVENTS.get(kind, "event"), thing, time, source))
    return rows


@each
def ad_choices(path: Path, entry: object) -> Iterable[Row] | None:
    """Reads which topics and advertisers the owner asked to see less of, or none.

    The same file may list interests, which the platform worked out.
    """
    if path[-1:] != ("label_values",):
        return []
    label = text(entry, "label") or text(entry, "title") or ""
    against = _AGAINST.search(label) is not None
    if value := text(entry, "value"):
        if against and value in ("True", "False"):
            return [Says("personalised_adverts", value == "False")]
        return []
    if isinstance(dig(entry, "vec"), list):
        topics = [value for _, value in labels(entry) if isinstance(value, str)]
        if against:
            return [Says(f"advert:{topic}", False, "objected") for topic in topics]
        if "interest" in label.lower():
            return [Believes("interest", topic, "inferred", "ad preferences") for topic in topics]
        return None if topics else []
    hidden = [row for row in dig(entry, "dict") or [] if isinstance(row, dict)]
    rows = [(under(row, "Name"), when(row, "Hidden on")) for row in hidden]
    names = [(name, time) for name, time in rows if name]
    if len(names) < len(rows):
        return None
    if not against and "interest" in label.lower():
        return [Believes("interest", name, "inferred", "ad preferences") for name, _ in names]
    if names and not against:
        return None
    return [Says(f"advertiser:{name}", False, "objected", time) for name, time in names]


@each
def subscription(path: Path, entry: object) -> Iterable[Row] | None:
    """Reads whether the owner pays for seeing no adverts."""
    if path[-1:] != ("label_values",):
        return []
    paying = {"Active": True, "Inactive": False}.get(text(entry, "value") or "")
    if paying is None:
        return None if "status" in (text(entry, "label") or "status") else []
    return [Says("no_adverts_for_money", paying, "subscription")]


@each
def messages(path: Path, entry: object) -> Iterable[Row] | None:
    """Reads who wrote when in a chat; what was written is passed over."""
    if path[-1:] != ("messages",):
        return []  # names, which come up as senders
    name = text(entry, "sender_name")
    return [Did("message", None, when(entry), by=name)] if name else None


ELSEWHERE = Part("what other firms sent", elsewhere)
PARTS: dict[str, Part] = {
    "other_categories_used_to_reach_you.json": Part(
        "segments", listed("segment", "categories used to reach you")
    ),
    "advertisers_using_your_activity_or_information.json": Part(
        "who can reach you, and how", advertisers
    ),
    "information_you_ve_submitted_to_advertisers.json": Part("forms you filled in", forms),
    "ad_preferences.json": Part("adverts you asked not to see", ad_choices),
    "subscription_for_no_ads.json": Part("whether you pay", subscription),
    "your_activity_off_meta_technologies.json": ELSEWHERE,
    "your_activity_off_meta_technologies/*.json": ELSEWHERE,
    "locations_of_interest.json": Part("places", listed("place", "locations of interest")),
    "link_history.json": Part("pages opened inside the app", links),
    "messages/*/*/message_*.json": Part("messages: who wrote when", messages),
}
"""Files that both hand out, under the same name."""

CLOSED: dict[str, str] = {
    "ads_about_meta.json": "adverts of the platform itself",
    "consents.json": "choices whose labels are not documented",
    "comments_allowed_from.json": "a setting of the account",
    "autofill_information.json": "addresses and names for forms",
    "your_information_download_requests.json": "that you asked for this",
    "no-data.txt": "the platform says that it has nothing there",
    "index.html": "a page to look at the archive with",
    "start_here.html": "a page to look at the archive with",
    "fundraisers/**": "what you gave",
}
"""Files that both hand out, and of which nothing is read."""
