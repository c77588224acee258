"""TikTok: one JSON file with all in it, in the naming of 2024 and in that of 2025 and after.

The names of its sections changed, and so did their place; what stands in them hardly did. The
names of chat partners are names in the JSON itself ("Chat History with ...:"), so that even a list
of its names gives other people away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ethics_lib.entries import Path, called, host, mask, moment, text
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
    Says,
    Thing,
    each,
    read_listed,
)

__all__ = ["LAYOUT"]

_ASIDE = {"app", "isfastlane"}  # stand beside a list
_EMPTY = {"", "n/a", "none", "null"}
_WHEN = ("date", "timestamp", "createtime", "browsing_date", "livestarttime", "questiontime")
_WHEN += ("commenttime",)


def _value(entry: object) -> str | None:
    """A text that says something."""
    found = text(entry)
    return None if found is None or found.lower() in _EMPTY else found


def _split(words: str) -> list[str]:
    """The parts of a list that was written as one text; what separates them is not documented."""
    sign = next((s for s in "|\n;," if s in words), "|")
    return [part for part in map(_value, words.split(sign)) if part]


def _of_list(function: Callable[[dict[str, object]], Iterable[Row] | None]) -> Read:
    """A reader of the entries of a list, with their names in small letters: both kinds come up."""

    def read(path: Path, entry: object) -> Iterable[Row] | None:
        if entry is None or path[-1].lower() in _ASIDE:
            return []
        if not isinstance(entry, dict):
            return None
        return function({name.lower(): value for name, value in entry.items()})

    return each(read)


def _when(entry: dict[str, object]) -> int | None:
    return next((t for t in (moment(entry.get(name)) for name in _WHEN) if t is not None), None)


def _did(kind: str, whose: str = "") -> Read:
    """A reader of things done; of a video only a number is told, so that it stays unnamed."""

    def read(entry: dict[str, object]) -> Iterable[Row] | None:
        time, name = _when(entry), text(entry, whose)
        if time is None and name is None:
            return None
        return [Did(kind, Thing("account", name) if name else None, time)]

    return _of_list(read)


def _knows(context: str) -> Read:
    def read(entry: dict[str, object]) -> Iterable[Row] | None:
        name = text(entry, "username")
        return [Knows(name, context)] if name else None

    return _of_list(read)


@_of_list
def _searches(entry: dict[str, object]) -> Iterable[Row] | None:
    words = text(entry, "searchterm")
    if not words:
        return None
    somebody = called(words)
    thing = Thing("account", somebody) if somebody else Thing("search", words)
    return [Did("search", thing, _when(entry))]


@_of_list
def _hashtags(entry: dict[str, object]) -> Iterable[Row] | None:
    name = text(entry, "hashtagname")
    return [Did("post", Thing("topic", f"#{name.lstrip('#')}"))] if name else None


@_of_list
def _elsewhere(entry: dict[str, object]) -> Iterable[Row] | None:
    """What other firms sent; what has a dot in its name and no blank is taken for a site."""
    name, event = text(entry, "source"), text(entry, "event")
    if not name or not event:
        return None
    time, event = _when(entry), re.sub("[^a-z]", "", event.lower())
    if event == "customerfileupload":
        listed = Did("event", Thing("advertiser", name), time, "list")
        return [listed, Reaches(name, "list")]
    site = host(f"//{name.split('//')[-1]}") if "." in name and " " not in name else None
    thing, source = (Thing("site", site), "pixel") if site else (Thing("app", name), "sdk")
    return [Did(_EVENTS.get(event, "event"), thing, time, source)]


_EVENTS = {
    "pageview": "visit",
    "viewcontent": "visit",
    "completepayment": "purchase",
    "purchase": "purchase",
    "search": "search",
}


@each
def _messages(path: Path, entry: object) -> Iterable[Row] | None:
    """Who wrote when; the name of the chat is the other person's."""
    if entry is None:
        return []
    if not isinstance(entry, dict):
        return None
    entry = {name.lower(): value for name, value in entry.items()}
    name = text(entry, "from")
    if not name:
        return None
    partner = re.fullmatch(r"chat history with (.+?):?", path[-1].strip(), re.IGNORECASE)
    ties = [Knows(partner[1], "chat")] if partner else []
    return [*ties, Did("message", None, _when(entry), by=name)]


@each
def _lives(path: Path, entry: object) -> Iterable[Row] | None:
    """Broadcasts that were watched, with what was written meanwhile, each under its number."""
    if entry is None or path[-1] == "Link":
        return []
    if isinstance(entry, dict):
        time = _when({name.lower(): value for name, value in entry.items()})
        return [Did("post", None, time)] if time else None
    time = moment(entry) if path[-1] == "WatchTime" else None
    return [Did("view", None, time)] if time else None


@each
def _guessed_interests(path: Path, entry: object) -> Iterable[Row] | None:
    if entry is None:
        return []
    if not isinstance(entry, str):
        return None
    return [read_listed(v, "interest", "inferred", "advert interests") for v in _split(entry)]


@each
def _partners(path: Path, entry: object) -> Iterable[Row] | None:
    if entry is None:
        return []
    return [Reaches(name, "list") for name in _split(entry)] if isinstance(entry, str) else None


@each
def _profile(path: Path, entry: object) -> Iterable[Row] | None:
    name = path[-1].lower()
    if name in _ON_PROFILE or entry is None:
        return []
    value = _value(entry)
    if name in _NAMES:
        return [Me(value)] if value else []
    if name == "inferredgender":
        return [Believes("gender", value, "inferred", "profile")] if value else []
    if name not in _TOLD:
        return None
    trait = _TOLD[name]
    if value and trait in ("e-mail", "phone"):
        value = mask(value)
    return [Believes(trait, value, "declared", "profile")] if value else []


_NAMES = ("username", "displayname", "firstname", "lastname")
_TOLD = {
    "birthdate": "birth date",
    "emailaddress": "e-mail",
    "email": "e-mail",
    "telephonenumber": "phone",
    "phonenumber": "phone",
    "city": "home",
}
_ON_PROFILE = {"biodescription", "followercount", "followingcount", "likesreceived", "app"}
_ON_PROFILE |= {"platforminfo", "profilephoto", "profilevideo", "accountregion"}
_ON_PROFILE |= {
    "lemon8link",
    "fundraiser",
    "instagramlink",
    "youtubelink",
    "address",
    "zipcode",
    "unit",
    "state",
    "country",
}


@each
def _settings(path: Path, entry: object) -> Iterable[Row] | None:
    name, value = path[-1].lower(), (_value(entry) or "").lower()
    if name == "interests" and value not in _SWITCHED:
        chosen = _split(entry) if isinstance(entry, str) else []
        return [Believes("interest", topic, "declared", "settings") for topic in chosen]
    if name not in _CHOICES or not value:
        return []  # who may comment, how it looks, what it rings for
    return [Says(_CHOICES[name], _SWITCHED[value])] if value in _SWITCHED else None


_SWITCHED = {"enabled": True, "on": True, "disabled": False, "off": False}
_CHOICES = {
    "personalized ads": "personalised_adverts",
    "personalised ads": "personalised_adverts",
    "private account": "private_account",
    "allow others to find me": "found_by_others",
    "suggest your account to contacts": "suggest_to_contacts",
    "suggest your account to facebook friends": "suggest_to_facebook_friends",
    "suggest your account to people who open or send links to you": "suggest_to_link_sharers",
}


@each
def _place(path: Path, entry: object) -> Iterable[Row] | None:
    if path[-1] in ("Date", "GpsData") or entry is None:
        return []  # coordinates are not kept
    value = _value(entry)
    if path[-1] != "LastRegion":
        return None
    return [Believes("place", value, "observed", "most recent location")] if value else []


@each
def _unseen(path: Path, entry: object) -> Iterable[Row] | None:
    """For a list of which no filled example is known."""
    return [] if entry is None else None


@each
def _nothing(path: Path, entry: object) -> Iterable[Row] | None:
    """For counts, devices and the look of things."""
    return []


_LIKES = Part("likes", _did("like"))
_VIEWS = Part("videos shown", _did("view"))
_POSTS = Part("what you posted", _did("post"))
_BLOCKED = Part("whom you keep away", _knows("blocked"))
_FOLLOWERS = Part("who follows you", _knows("follower"))
_FOLLOWING = Part("whom you follow", _knows("following"))
_PROFILE = Part("what you said of yourself, and a guess", _profile)
_SEARCHES = Part("what you looked for", _searches)
_MESSAGES = Part("messages: who wrote when", _messages)
_ELSEWHERE = Part("what other firms sent", _elsewhere)
_BOUGHT = Part("what you paid for", _did("purchase", "username"))
_SHOP = Part("shops you looked into", _did("view", "shop_name"))
_ASIDES = Part("counts, devices, the look of things", _nothing)

_SECTIONS = {
    "Ad Interests": Part("interests it made up of you", _guessed_interests),
    "Off TikTok Activity": _ELSEWHERE,
    "Usage Data From Third-Party Apps And Websites": _ELSEWHERE,
    "Ads Based On Data Received From Partners": Part("who has you on a list", _partners),
    "Instant Form Ads Responses": Part("forms you filled in", _unseen),
    "Ads Visit History": Part("adverts clicked", _did("advert click")),
    "Settings": Part("what you chose", _settings),
    "Block List": _BLOCKED,
    "Block": _BLOCKED,
    "Comments": Part("comments", _did("post")),
    "Direct Messages": _MESSAGES,
    "Group Chat": _MESSAGES,
    "Posts": _POSTS,
    "Videos": _POSTS,
    "Recently Deleted Posts": _POSTS,
    "Reposts": _POSTS,
    "Go Live History": _POSTS,
    "Location Reviews": _POSTS,
    "Profile Info": _PROFILE,
    "Profile Information": _PROFILE,
    "Autofill": _PROFILE,
    "Auto Fill": _PROFILE,
    "Follower": _FOLLOWERS,
    "Follower List": _FOLLOWERS,
    "Following": _FOLLOWING,
    "Following List": _FOLLOWING,
    "Hashtag": Part("tags you used", _hashtags),
    "Like List": _LIKES,
    "Favorite Videos": _LIKES,
    "Favorite Sounds": _LIKES,
    "Favorite Effects": _LIKES,
    "Favorite Hashtags": _LIKES,
    "Favorite Collection": _LIKES,
    # as the same sections are called where TikTok writes text (d3i-infra, June 2026)
    "Favorite Collections": _LIKES,
    "Favorite HashTags": _LIKES,
    "Favorite Places": _LIKES,
    "Favorite Comments": _LIKES,
    "Login History": Part("devices that signed in", _did("login")),
    "Most Recent Location Data": Part("where you were last", _place),
    "Searches": _SEARCHES,
    "Search History": _SEARCHES,
    "Share History": Part("what you sent on", _did("message")),
    "Watch History": _VIEWS,
    "Video Browsing History": _VIEWS,
    "Watch Live History": Part("broadcasts watched", _lives),
    "Purchases": _BOUGHT,
    "Purchase History": _BOUGHT,
    "Coin Purchase History": _BOUGHT,
    "Order History": Part("what you ordered", _did("purchase")),
    "Transaction History": Part("what you paid and were paid", _did("purchase")),
    "Product Browsing History": _SHOP,
    "Shopping Cart List": Part("what lies in your basket", _did("view", "shopname")),
    "Activity Summary": _ASIDES,
    "Donation": _ASIDES,
    "Fundraiser": _ASIDES,
    "Stickers": _ASIDES,
    "Status": _ASIDES,
    "AI-Moji": _ASIDES,
    "Go Live Settings": _ASIDES,
    "Watch Live Settings": _ASIDES,
}

_FILE = Part("all that TikTok hands out", _SECTIONS)

LAYOUT = Layout(
    "TikTok",
    parts={"user_data_tiktok.json": _FILE, "user_data.json": _FILE},
    signs=("user_data_tiktok.json", "user_data.json"),
    # as public parsers name them (2026), in English and Dutch
    again=dict.fromkeys(
        (
            "tiktok/*/*.txt",
            "watch history.txt",
            "like list.txt",
            "ad interests.txt",
            "off tiktok activity.txt",
            "kijkgeschiedenis.txt",
            "likelijst.txt",
            "advertentie-interesses.txt",
            "activiteit buiten tiktok.txt",
        ),
        "it is text, made to be looked at: ask the platform again, and choose JSON",
    ),
)
