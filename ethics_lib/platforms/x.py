"""X: scripts that are JSON behind ``window.YTD.name.part0 =``, their numbers as texts.

Texts are escaped for HTML, and times of adverts come without a zone. A post that somebody else
wrote is not kept, and neither is the owner's own; people are numbers there already, and become
other numbers here. Sources: public parsers and the types of `alkihis/twitter-archive-reader`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator

from ethics_lib.entries import Path, called, dig, host, mask, moment, text
from ethics_lib.layouts import (
    Believes,
    Did,
    Knows,
    Layout,
    Made,
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

# Why an advert was shown, by the name of the criterion; the first that fits is taken. An
# "engager" has answered an earlier advert or post on X itself, so no tracker was needed.
_WHY = {
    r"look-?alike": "lookalike",
    r"engager|engagement": "answered",
    r"\(web\)|website|app activity|retargeting": "pixel",
    r"\blists?\b|(tailored|custom|flexible) audience": "list",
    r"^(age|gender|languages?|locations?|interests?|keywords?|events?|behaviou?rs?)$": "belief",
    r"^(conversation topics?|movies and tv shows?)$": "belief",
    r"platform|device|os version|carrier|wi-?fi|network|unknown": "",  # of the phone, not of you
}
_AUDIENCES = {
    "advertisers": "list",
    "lookalikeAdvertisers": "lookalike",
    "doNotReachAdvertisers": "kept away",
    "catalogAudienceAdvertisers": "catalogue",
}
_CONVERSIONS = {
    "attributedOnlineConversions": "pixel",
    "unattributedOnlineConversions": "pixel",
    "attributedMobileAppConversions": "sdk",
    "unattributedMobileAppConversions": "sdk",
}
_EVENTS = {
    "WebsiteVisit": "visit",
    "PageView": "visit",
    "ContentView": "visit",
    "Purchase": "purchase",
    "Search": "search",
}


def _words(entry: object, *names: str | int) -> str | None:
    """A text that stands there, as it reads."""
    found = text(entry, *names)
    return html.unescape(found).strip() or None if found else None


def _inside(name: str, ask: Callable[[object], Iterable[Row | None] | None]) -> Read:
    """A reader of entries that hold all they have under one name."""

    def look(path: Path, entry: object) -> Iterable[Row | None] | None:
        found = dig(entry, name)
        return ask(found) if isinstance(found, dict) else None

    return each(look)


def _people(name: str, context: str) -> Part:
    def ask(person: object) -> Iterable[Row] | None:
        number = _words(person, "accountId")
        return [Knows(number, context)] if number else None

    return Part(f"accounts: {context}", _inside(name, ask))


# ------------------------------------------------------------------------------ what X believes


@each
def _personalization(path: Path, entry: object) -> Iterable[Row | None] | None:
    data = dig(entry, "p13nData")
    if not isinstance(data, dict):
        return None
    return [
        *_demographics(dig(data, "demographics")),
        *_interests(dig(data, "interests")),
        *_audiences(dig(data, "interests", "audienceAndAdvertisers")),
        *_ages(dig(data, "inferredAgeInfo"), "inferred", "inferred age"),
        *map(_place, dig(data, "locationHistory") or []),
    ]


def _demographics(found: object) -> Iterator[Row | None]:
    where = "demographics"
    for entry in dig(found, "languages") or []:
        yield from _switchable("language", _words(entry, "language"), entry, where)
    gender = _words(found, "genderInfo", "gender")
    if gender:
        yield Believes("gender", gender, "inferred", where)
    own = _words(found, "genderInfo", "genderOverride")
    if own:
        yield Believes("gender", own, "declared", where)


def _interests(found: object) -> Iterator[Row | None]:
    for entry in dig(found, "interests") or []:
        yield from _switchable("interest", _words(entry, "name"), entry, "interests")
    for entry in dig(found, "partnerInterests") or []:
        name = _named(entry)
        yield Believes("interest", name, "tracked", "partner interests") if name else None
    for entry in dig(found, "shows") or []:
        name = _named(entry)
        yield Believes("show", name, "inferred", "shows") if name else None


def _named(entry: object) -> str | None:
    return _words([entry], 0) or _words(entry, "name")


def _switchable(trait: str, value: str | None, entry: object, where: str) -> Iterator[Row | None]:
    """What X worked out, and that the owner has switched it off, if so: X still holds it."""
    if value is None:
        yield None
        return
    yield read_listed(value, trait, "inferred", where)
    if dig(entry, "isDisabled") in (True, "true"):
        yield Says(f"{trait}:{value}", False, "switched off")


def _audiences(found: object) -> Iterator[Row | None]:
    for name, via in _AUDIENCES.items():
        for firm in map(_named, dig(found, name) or []):
            yield Reaches(firm, via) if firm else None
    count = dig(found, "numAudiences")
    if count is not None:
        yield _number("audiences", count, "tracked", "audiences that you are in")


def _number(trait: str, value: object, origin: str, where: str) -> Row | None:
    """A belief that is a number, which stands as a text."""
    words = str(value).strip()
    is_number = words.isascii() and words.isdigit() and len(words) < 10
    return Believes(trait, int(words), origin, where) if is_number else None


def _ages(found: object, origin: str, where: str) -> Iterator[Row]:
    ages = dig(found, "age")
    for age in ages if isinstance(ages, list) else [ages]:
        if isinstance(age, (str, int)) and str(age).strip():
            yield Believes("age", str(age).strip(), origin, where)
    born = _words(found, "birthDate")
    if born:
        yield Believes("birth date", born, origin, where)


def _place(entry: object) -> Row | None:
    """A place of the last 60 days; its shape is not documented, so only plain names are read."""
    names = ("name", "placeName", "city", "region", "country", "location")
    parts = [_words(entry, name) for name in names]
    value = _words([entry], 0) or ", ".join(filter(None, parts))
    return Believes("place", value, "observed", "location history") if value else None


def _age_told(entry: object) -> Iterable[Row] | None:
    return [*_ages(dig(entry, "ageInfo"), "declared", "age that you gave")] or None


# -------------------------------------------------------------------------------------- adverts


@each
def _impressions(path: Path, entry: object) -> Iterable[Row | None] | None:
    shown = dig(entry, "ad", "adsUserData", "adImpressions", "impressions")
    if not isinstance(shown, list):
        return None
    times = [(advert, dig(advert, "impressionTime")) for advert in shown]
    return [row for advert, time in times for row in _advert("advert", advert, time)]


@each
def _engagements(path: Path, entry: object) -> Iterable[Row | None] | None:
    answered = dig(entry, "ad", "adsUserData", "adEngagements", "engagements")
    if not isinstance(answered, list):
        return None
    rows: list[Row | None] = []
    for engagement in answered:
        advert = dig(engagement, "impressionAttributes")
        first = dig(engagement, "engagementAttributes", 0, "engagementTime")
        rows += _advert("advert click", advert, first or dig(advert, "impressionTime"))
    return rows


def _advert(kind: str, advert: object, time: object) -> Iterator[Row | None]:
    if not isinstance(advert, dict) or moment(time) is None:
        yield None
        return
    firm = _firm(advert)
    yield Did(kind, Thing("advertiser", firm) if firm else None, moment(time))
    for criterion in dig(advert, "matchedTargetingCriteria") or []:
        via = _why(_words(criterion, "targetingType") or "")
        if via is None:
            yield None
        elif via and firm:
            yield Reaches(firm, via)


def _firm(entry: object) -> str | None:
    """By its handle, as the lists of advertisers have it; by its name, where it has none."""
    info = dig(entry, "advertiserInfo")
    return _words(info, "screenName") or _words(info, "advertiserName")


def _why(criterion: str) -> str | None:
    found = (via for pattern, via in _WHY.items() if re.search(pattern, criterion.lower()))
    return next(found, None)


@each
def _conversions(path: Path, entry: object) -> Iterable[Row | None] | None:
    """What trackers on other firms' sites and in their apps have sent."""
    data = dig(entry, "ad", "adsUserData")
    lists = [(dig(data, name, "conversions"), by) for name, by in _CONVERSIONS.items()]
    known = [(rows, by) for rows, by in lists if isinstance(rows, list)]
    if not known:
        return None
    return [row for rows, by in known for event in rows for row in _conversion(event, by)]


def _conversion(event: object, by: str) -> Iterator[Row | None]:
    time = moment(dig(event, "conversionTime"))
    site, app = host(text(event, "conversionUrl")), _words(event, "applicationName")
    if time is None:
        yield None
        return
    names = ("eventType", "conversionEvent", "attributedConversionType")
    kinds = [_EVENTS[name] for name in (text(event, n) for n in names) if name in _EVENTS]
    thing = Thing("site", site) if site else Thing("app", app) if app else None
    yield Did(kinds[0] if kinds else "event", thing, time, by)
    if firm := _firm(event):
        yield Reaches(firm, "pixel")


# ------------------------------------------------------------------------ what was done and said


def _post(tweet: object) -> Iterable[Row] | None:
    time = moment(dig(tweet, "created_at"))
    to = _words(tweet, "in_reply_to_user_id_str") or _words(tweet, "in_reply_to_user_id")
    return [Did("post", Thing("account", to) if to else None, time)] if time else None


def _like(like: object) -> Iterable[Row] | None:
    """Neither when it was nor who wrote the post is said."""
    return [Did("like")] if _words(like, "tweetId") else None


def _chat(chat: object) -> Iterable[Row | None] | None:
    """Who wrote when, in one chat; that somebody came or left is passed over."""
    found = dig(chat, "messages")
    if not isinstance(found, list):
        return None
    return [row for message in found for row in _message(message)]


def _message(message: object) -> Iterator[Row | None]:
    if not isinstance(message, dict):
        yield None
        return
    for name in ("messageCreate", "welcomeMessageCreate"):
        if name in message:
            sender = _words(message, name, "senderId")
            time = moment(dig(message, name, "createdAt"))
            yield Did("message", None, time, by=sender) if sender else None


def _click(entry: object) -> Iterable[Row] | None:
    site = host(text(entry, "linkClick", "finalUrl"))
    time = moment(dig(entry, "linkClick", "timeStampOfInteraction"))
    return [Did("visit", Thing("site", site), time)] if site else None


def _search(entry: object) -> Iterable[Row] | None:
    words = _words(entry, "query")
    if not words:
        return None
    somebody = called(words)
    return [Did("search", Thing("account", somebody) if somebody else Thing("search", words))]


def _app(entry: object) -> Iterable[Row] | None:
    name = _words(entry, "name")
    time = moment(dig(entry, "approvedAt"))
    return [Did("connect", Thing("app", name), time)] if name else None


def _login(entry: object) -> Iterable[Row] | None:
    time = moment(dig(entry, "createdAt"))
    return [Did("login", None, time)] if time else None


def _contact(entry: object) -> Iterable[Row] | None:
    found = (_words(entry, name, 0) for name in ("phoneNumbers", "emails"))
    name = next(filter(None, found), None) or _words(entry, "id")
    return [Did("contact", None, None, "contacts", about=name)] if name else None


# --------------------------------------------------------------------------------- whose it is


def _account(entry: object) -> Iterable[Row] | None:
    names = ("accountId", "username", "accountDisplayName")
    mine = [Me(name) for name in (_words(entry, n) for n in names) if name]
    mail = _words(entry, "email")
    told = [Believes("e-mail", mask(mail), "declared", "account")] if mail else []
    return [*mine, *told] or None


def _renamed(entry: object) -> Iterable[Row] | None:
    names = [_words(entry, "screenNameChange", name) for name in ("changedFrom", "changedTo")]
    return [Me(name) for name in names if name] or None


def _phone(entry: object) -> Iterable[Row] | None:
    number = _words(entry, "phoneNumber")
    return [Believes("phone", mask(number), "declared", "account")] if number else None


def _profile(entry: object) -> Iterable[Row] | None:
    about = dig(entry, "description")
    if not isinstance(about, dict):
        return None
    place = _words(about, "location")
    return [Believes("home", place, "declared", "profile")] if place else []


@each
def _manifest(path: Path, entry: object) -> Iterable[Row] | None:
    if path in (("userInfo", "accountId"), ("userInfo", "userName"), ("userInfo", "displayName")):
        return [Me(entry)] if isinstance(entry, str) and entry else None
    if path == ("archiveInfo", "generationDate"):
        time = moment(entry)
        return [Made(time)] if time else None
    return []  # the list of files, which are looked for by their names


_POSTS = Part("posts", _inside("tweet", _post))
_DELETED = Part("posts that you deleted, and that X still has", _inside("tweet", _post))
_CHATS = Part("messages: who wrote when", _inside("dmConversation", _chat))
_FILES = {
    "manifest": Part("whose archive it is, and when it was made", _manifest),
    "account": Part("your account", _inside("account", _account)),
    "screen-name-change": Part("your names of before", _inside("screenNameChange", _renamed)),
    "phone-number": Part("your number", _inside("device", _phone)),
    "profile": Part("your profile", _inside("profile", _profile)),
    "ageinfo": Part("the age that you gave", _inside("ageMeta", _age_told)),
    "personalization": Part("what it believes, and who can reach you", _personalization),
    "ad-impressions": Part("adverts shown, and why", _impressions),
    "ad-engagements": Part("adverts answered, and why they were shown", _engagements),
    "ad-online-conversions-attributed": Part("what trackers sent", _conversions),
    "ad-online-conversions-unattributed": Part("what trackers sent", _conversions),
    "ad-mobile-conversions-attributed": Part("what trackers sent", _conversions),
    "ad-mobile-conversions-unattributed": Part("what trackers sent", _conversions),
    "follower": _people("follower", "follower"),
    "following": _people("following", "following"),
    "block": _people("blocking", "blocked"),
    "mute": _people("muting", "muted"),
    "like": Part("likes", _inside("like", _like)),
    "tweet": _POSTS,
    "tweets": _POSTS,
    "community-tweet": _POSTS,
    "deleted-tweets": _DELETED,
    "direct-message": _CHATS,
    "direct-messages": _CHATS,
    "direct-message-group": _CHATS,
    "direct-messages-group": _CHATS,
    "user-link-clicks": Part("links opened", _inside("userInteractionsData", _click)),
    "saved-search": Part("searches kept", _inside("savedSearch", _search)),
    "connected-application": Part("apps you let in", _inside("connectedApplication", _app)),
    "ip-audit": Part("devices that signed in", _inside("ipAudit", _login)),
    "contact": Part("your address book", _inside("contact", _contact)),
}
_AGAIN = "the same once more, without its text"
_SETTING = "a setting of the account"
_SHOP = "of businesses"
_NOTES = "notes on posts of others"
_ELSE = "nothing that is believed, recorded or shown"
_CLOSED = {
    "direct-message-headers": _AGAIN,
    "direct-message-group-headers": _AGAIN,
    "direct-message-mute": _SETTING,
    "tweet-headers": _AGAIN,
    "deleted-tweet-headers": _AGAIN,
    "note-tweet": "the long form of posts that stand in tweets.js",
    "deleted-note-tweet": "the long form of posts",
    "article": "texts that you wrote",
    "article-metadata": "texts that you wrote",
    "grok-chat-item": "texts between you and a machine",
    "community-note*": _NOTES,
    "birdwatch-note*": _NOTES,
    "ad-free-article-visits": "of a service that was closed in 2021",
    "twitter-circle*": "of a service that was closed in 2023",
    "periscope-*": "of a service that was closed in 2021",
    "spaces-metadata": "of calls with others",
    "audio-video-calls-in-dm*": "of calls with others",
    "lists-*": "links without a name",
    "moment": "links without a name",
    "branch-links": "links without a name",
    "account-creation-ip": _SETTING,
    "account-label": _SETTING,
    "account-suspension": _SETTING,
    "account-timezone": _SETTING,
    "email-address-change": _SETTING,
    "device-token": "names of devices",
    "ni-devices": "names of devices",
    "key-registry": "keys of devices",
    "protected-history": _SETTING,
    "reply-prompt": _ELSE,
    "smartblock": _SETTING,
    "sso": _SETTING,
    "tweetdeck": _SETTING,
    "verified*": _SETTING,
    "app": "names of devices",
    "expanded-profile": _SHOP,
    "professional-data": _SHOP,
    "ads-revenue-sharing": _SHOP,
    "catalog-item": _SHOP,
    "commerce-catalog": _SHOP,
    "product-*": _SHOP,
    "shop-module": _SHOP,
    "shopify-account": _SHOP,
    "twitter-shop": _SHOP,
}

LAYOUT = Layout(
    "X",
    parts={f"{name}{part}.js": read for name, read in _FILES.items() for part in ("", "-part*")},
    signs=(
        "data/manifest.js",
        "data/account.js",
        "personalization.js",
        "ad-impressions.js",
        "ad-engagements.js",
        "ageinfo.js",
        "ip-audit.js",
        "tweets.js",
        "tweet.js",
        "direct-messages.js",
        "follower.js",
    ),
    why_not={f"{name}.js": why for name, why in _CLOSED.items()}
    | {
        "readme.txt": "the platform's own guide",
        "your_archive.html": "a page to look at the archive with",
        "data/*_media/**": "a picture, a sound or a document: not opened",
        "assets/**": "parts of the page to look at the archive with",
    },
    script=True,
)
