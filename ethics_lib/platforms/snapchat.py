"""Snapchat: a folder of JSON files, each with sections, beside the same as HTML.

Public parsers agree on the names of the files and of most sections, and give no values. What one
looks for there is mostly people, and what one stores and where one was are pictures and points on
a map: the first is numbered, the others are left closed or said without the point.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ethics_lib.entries import Path, dig, host, mask, moment, text
from ethics_lib.layouts import (
    Believes,
    Did,
    Knows,
    Layout,
    Me,
    Part,
    Reaches,
    Read,
    Row,
    Thing,
    each,
)

__all__ = ["LAYOUT"]

_WHEN = ("Date", "Created", "Date and time (hourly)", "Start Time", "Timestamp", "Time")


def _when(entry: object) -> int | None:
    return next((t for t in (moment(dig(entry, name)) for name in _WHEN) if t is not None), None)


def _listed(trait: str, where: str) -> Read:
    """A reader of plain lists of what it made up of you."""

    def read(path: Path, entry: object) -> Iterable[Row] | None:
        value = text(entry)
        return [Believes(trait, value, "inferred", where)] if value else None

    return each(read)


def _things(kind: str, thing: str, name: str = "") -> Read:
    """A reader of lists of names: ``name`` is under which each stands, if not alone."""

    def read(path: Path, entry: object) -> Iterable[Row] | None:
        found = text(entry, name) if name else text(entry)
        return [Did(kind, Thing(thing, found), _when(entry))] if found else None

    return each(read)


def _knows(context: str) -> Read:
    def read(path: Path, entry: object) -> Iterable[Row] | None:
        name = text(entry, "Username") or text(entry)
        return [Knows(name, context)] if name else None

    return each(read)


@each
def _app(path: Path, entry: object) -> Iterable[Row] | None:
    trait = {"Country": "country", "In-app Language": "language"}.get(path[-1])
    value = text(entry)
    return [Believes(trait, value, "observed", "app profile")] if trait and value else []


@each
def _demographics(path: Path, entry: object) -> Iterable[Row] | None:
    """Age and gender as it sells them; in one export the second is an age, in others a gender."""
    value = text(entry)
    if entry is None or entry == "":
        return []
    if not value or path[-1] not in ("Cohort Age", "Derived Ad Demographic"):
        return None
    if not re.search("[0-9]", value):
        return [Believes("gender", value.lower(), "inferred", "demographics")]
    years = re.fullmatch("AGE_([0-9]+)_TO_([0-9]+)", value)
    age = f"{years[1]}-{years[2]}" if years else value
    return [Believes("age", age, "inferred", "demographics")]


@each
def _adverts(path: Path, entry: object) -> Iterable[Row] | None:
    name = text(entry, "Advertiser Name")
    if not name:
        return None
    clicked = Did("advert click", Thing("advertiser", name), _when(entry))
    return [clicked, Reaches(name, "answered")]


@each
def _interactions(path: Path, entry: object) -> Iterable[Row] | None:
    """Sites and apps of other firms whose trackers told of you; none says when."""
    name = text(entry)
    if not name or path[-1] not in ("Web Interactions", "App Interactions"):
        return None
    if path[-1] == "App Interactions":
        return [Did("visit", Thing("app", name), None, "sdk")]
    site = host(f"//{name.split('//')[-1]}")
    return [Did("visit", Thing("site", site), None, "pixel")] if site else None


@each
def _basics(path: Path, entry: object) -> Iterable[Row] | None:
    name, value = path[-1], text(entry)
    if name in ("Username", "Name"):
        return [Me(value)] if value else []
    if name in ("Birthday", "Date of Birth"):
        return [Believes("birth date", value, "declared", "account")] if value else []
    if name == "Country":
        return [Believes("country", value, "observed", "account")] if value else []
    return []  # when it was made, from which address


def _changed(trait: str, name: str) -> Read:
    """A reader of what you once said and said otherwise later."""

    def read(path: Path, entry: object) -> Iterable[Row] | None:
        value = text(entry, name)
        if not value:
            return None
        if not trait:
            return [Me(value)]
        return [Believes(trait, mask(value), "declared", "account history")]

    return each(read)


@each
def _logins(path: Path, entry: object) -> Iterable[Row] | None:
    time = _when(entry)
    return [Did("login", None, time)] if time else None


@each
def _messages(path: Path, entry: object) -> Iterable[Row] | None:
    """Who wrote when, in both layouts: by chat, with ``IsSender``; or what came, and what went."""
    writer, to = text(entry, "From"), text(entry, "To")
    if dig(entry, "IsSender") is True and writer:
        return [Me(writer), Did("message", None, _when(entry), by=writer)]
    if writer:
        return [Did("message", None, _when(entry), by=writer)]
    return [Knows(to, "chat"), Did("message", None, _when(entry))] if to else None


@each
def _searches(path: Path, entry: object) -> Iterable[Row] | None:
    words = text(entry, "Search Term")
    return [Did("search", Thing("account", words), _when(entry))] if words else None


@each
def _places(path: Path, entry: object) -> Iterable[Row] | None:
    names = [text(entry, name) for name in ("Name", "City")]
    found = next(filter(None, names), None)
    return [Believes("place", found, "inferred", "location history")] if found else None


@each
def _homes(path: Path, entry: object) -> Iterable[Row] | None:
    """That it holds a point on the map to be your home; where that is, is not kept."""
    trait = path[-1].lower()
    if trait not in ("home", "work", "school"):
        return None
    guess = Believes(trait, "a point on the map", "inferred", "location history")
    return [guess] if text(entry) else []


@each
def _nothing(path: Path, entry: object) -> Iterable[Row] | None:
    """For counts, devices and points on a map."""
    return []


@each
def _unseen(path: Path, entry: object) -> Iterable[Row] | None:
    """For a list of which no filled example is known."""
    return [] if entry is None else None


@each
def _stories(path: Path, entry: object) -> Iterable[Row] | None:
    """Counts how often each of your stories was seen; that it was told, and when, is kept."""
    time = moment(dig(entry, "Story Date"))
    return [Did("post", None, time)] if time else None


@each
def _paid(path: Path, entry: object) -> Iterable[Row] | None:
    time = moment(dig(entry, "Purchase Date"))
    return [Did("purchase", None, time)] if time else None


_ASIDES = Part("counts, devices, points on a map", _nothing)
_FOUND = Part("places it worked out", _places)
_HOMES = Part("where it thinks you live, work and learn", _homes)

_PROFILE = {
    "App Profile": Part("what the app tells of you", _app),
    "Demographics": Part("age and gender it made up of you", _demographics),
    "Subscriptions": Part("whom you follow", _knows("following")),
    "Engagement": _ASIDES,
    # a channel or a publisher may be one person
    "Discover Channels Viewed": Part(
        "channels watched", _things("view", "account", "Channel Name")
    ),
    "Breakdown of Time Spent on App": _ASIDES,
    "Ads You Interacted With": Part("adverts answered", _adverts),
    "Interest Categories": Part("segments", _listed("segment", "interest categories")),
    "Content Categories": Part("interests", _listed("interest", "content categories")),
    "Geographic Information": Part("places", _listed("place", "geographic information")),
    "Interactions": Part("what other firms sent", _interactions),
    "Off-Platform Sharing": Part(
        "what you sent to other apps", _things("event", "app", "Share Destination")
    ),
    "Mobile Ad Id": _ASIDES,
}

_FRIENDS = {
    "Friends": Part("friends", _knows("friend")),
    "Friend Requests Sent": Part("whom you asked", _knows("asked")),
    "Pending Requests": Part("who asks you", _knows("asks")),
    "Blocked Users": Part("whom you keep away", _knows("blocked")),
    "Deleted Friends": Part("friends no more", _knows("deleted friend")),
    "Hidden Friend Suggestions": Part("whom it proposed", _knows("suggested")),
    "Ignored Snapchatters": Part("whom you left unanswered", _knows("ignored")),
    "Shortcuts": _ASIDES,
}

_ACCOUNT = {
    "Basic Information": Part("who you are", _basics),
    "Device Information": _ASIDES,
    "Device History": Part("devices", _logins),
    "Login History": Part("devices that signed in", _logins),
    "Privacy Policy and Terms of Service Acceptance History": _ASIDES,
    "Custom Creative Tools Terms": _ASIDES,
    "Family Center": _ASIDES,
    "Associated Accounts by Cloud Account ID": _ASIDES,
}

_CHANGES = {
    "Display Name Change": Part("names you had", _changed("", "Display Name")),
    "Email Change": Part("addresses you had", _changed("e-mail", "Email Address")),
    "Mobile Number Change": Part("numbers you had", _changed("phone", "Mobile Number")),
    "Password Change": _ASIDES,
    "Snapchat Linked to Bitmoji": _ASIDES,
    "Spectacles": _ASIDES,
    "Two-Factor Authentication": _ASIDES,
    "Account deactivated / reactivated": _ASIDES,
    "Download My Data Reports": _ASIDES,
}

_LOCATIONS = {
    "Frequent Locations": _FOUND,
    "Latest Location": _FOUND,
    "Home & Work": _HOMES,
    "Home, School & Work": _HOMES,
    "Daily Top Locations": _ASIDES,
    "Top Locations Per Six-Day Period": _ASIDES,
    "Location History": _ASIDES,
    "Businesses and places you may have visited": _FOUND,
    "Businesses and public places you may have visited": _FOUND,
    "Actiomoji information from places you may have visited": _ASIDES,
    "Areas you may have visited in the last two years": _FOUND,
}

_RANKING = {
    "Statistics": _ASIDES,
    "Spotlight": _ASIDES,
    "Content Interests": Part("interests", _listed("interest", "content interests")),
}

_FOLLOWED = {
    "Public Users": Part("whom you follow", _knows("following")),
    "Publishers": Part("channels you follow", _knows("following")),
    "Stories": Part("whose stories you follow", _knows("following")),
}

_STORIES = {
    "Your Story Views": Part("stories", _stories),
    "Friend and Public Story Views": Part("stories of others that you saw", _unseen),
}

_MESSAGES = Part("messages: who wrote when", _messages)
_UNSEEN = "what its entries look like is not known"
_PICTURES = "pictures and films: not opened"

LAYOUT = Layout(
    "Snapchat",
    parts={
        "user_profile.json": Part("what it made up of you", _PROFILE),
        "friends.json": Part("friends", _FRIENDS),
        "ranking.json": Part("interests", _RANKING),
        "subscriptions.json": Part("what you follow", _FOLLOWED),
        "account.json": Part("your account", _ACCOUNT),
        "account_history.json": Part("your account before", _CHANGES),
        "location_history.json": Part("places", _LOCATIONS),
        "chat_history.json": _MESSAGES,
        "snap_history.json": _MESSAGES,
        "search_history.json": Part("whom you looked for", _searches),
        "story_history.json": Part("stories", _STORIES),
        "snapchat_plus.json": Part("what you paid for", _paid),
    },
    signs=(
        "user_profile.json",
        "ranking.json",
        "snap_history.json",
        "chat_history.json",
        "memories_history.json",
        "talk_history.json",
        "snap_ads.json",
    ),
    why_not={
        "html/**": "the same as the JSON files, to be looked at",
        "index.html": "a table of contents",
        "memories_history.json": _PICTURES,
        "cameos_metadata.json": _PICTURES,
        "custom_sticker.json": _PICTURES,
        "bitmoji.json": "a drawing of you",
        "bitmoji_kit_user.json": "a drawing of you",
        "snap_ads.json": "for people who place adverts",
        "support_note.json": "letters to the platform",
        "terms_history.json": "terms that you agreed to",
        "email_campaign_history.json": "letters from the platform",
        "snap_pro.json": "a public page of yours",
        "snapchat_ai.json": "talks with a machine: not opened",
        "chat_media/**": _PICTURES,
        "memories/**": _PICTURES,
        "shared_story/**": _PICTURES,
        "shared_story.json": _UNSEEN,
        "talk_history.json": _UNSEEN,
        "connected_apps.json": _UNSEEN,
        "community_lenses.json": _UNSEEN,
        "feature_emails.json": _UNSEEN,
        "in_app_reports.json": _UNSEEN,
        "in_app_surveys.json": _UNSEEN,
        "purchase_history.json": _UNSEEN,
        "shop_history.json": _UNSEEN,
        "snap_games_and_minis.json": _UNSEEN,
    },
)
