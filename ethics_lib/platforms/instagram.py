"""Instagram: JSON, in two generations of Meta's, with letters written as Latin-1."""

from __future__ import annotations

from collections.abc import Iterable

from ethics_lib.entries import dig, find_label, moment, text
from ethics_lib.layouts import Believes, Did, Layout, Me, Part, Reaches, Read, Row, Thing, each
from ethics_lib.platforms.meta import (
    Path,
    account,
    ad_choices,
    advert,
    elsewhere,
    known,
    listed,
    mask,
    messages,
    subscription,
    when,
)

__all__ = ["LAYOUT"]


def _cell(entry: object, name: str) -> str | None:
    return text(entry, "string_map_data", name, "value")


@each
def _profile(path: Path, entry: object) -> Iterable[Row] | None:
    told = {"gender": "Gender", "birth date": "Date of birth", "e-mail": "Email"}
    told |= {"phone": "Phone Number"}
    rows = [(trait, _cell(entry, name)) for trait, name in told.items()]
    names = [_cell(entry, name) for name in ("Username", "Name")]
    if not any(names) and not any(value for _, value in rows):
        return None
    seen = [(t, mask(v) if t in ("e-mail", "phone") else v) for t, v in rows if v]
    said = [Believes(trait, value, "declared", "profile") for trait, value in seen]
    return [*said, *(Me(name) for name in names if name)]


def _guessed(trait: str, where: str, *names: str | int) -> Read:
    """A reader of what the platform worked out of itself."""

    def read(path: Path, entry: object) -> Iterable[Row] | None:
        value = text(entry, *names)
        if value and trait in ("e-mail", "phone"):
            value = mask(value)
        return [Believes(trait, value, "inferred", where)] if value else None

    return each(read)


@each
def _advertisers(path: Path, entry: object) -> Iterable[Row] | None:
    name = text(entry, "advertiser_name")
    flags = {
        "has_data_file_custom_audience": "list",
        "has_remarketing_custom_audience": "pixel",
        "has_in_person_store_visit": "store visit",
    }
    if not name or not isinstance(entry, dict) or not flags.keys() & entry.keys():
        return None
    return [Reaches(name, via) for flag, via in flags.items() if entry.get(flag) is True]


@each
def _forms(path: Path, entry: object) -> Iterable[Row] | None:
    label = text(entry, "label")
    return [Did("event", Thing("topic", f"gave an advertiser: {label}"))] if label else None


@each
def _contacts(path: Path, entry: object) -> Iterable[Row] | None:
    name = " ".join(filter(None, (_cell(entry, "First Name"), _cell(entry, "Last Name"))))
    name = _cell(entry, "Contact Information") or name
    time = moment(dig(entry, "string_map_data", "Imported Time", "timestamp"))
    return [Did("contact", None, time, "contacts", about=name)] if name else None


@each
def _searches(path: Path, entry: object) -> Iterable[Row] | None:
    words = _cell(entry, "Search")
    return [Did("search", Thing("search", words), when(entry))] if words else None


@each
def _account_searches(path: Path, entry: object) -> Iterable[Row] | None:
    name = _cell(entry, "Search")
    return [Did("search", Thing("account", name), when(entry))] if name else None


@each
def _links(path: Path, entry: object) -> Iterable[Row] | None:
    address = find_label(entry, "Website link you visited", "URL")
    if not isinstance(address, str) or "//" not in address:
        return None
    site = address.split("//")[1].split("/")[0]
    return [Did("visit", Thing("site", site), when(entry))]


@each
def _logins(path: Path, entry: object) -> Iterable[Row] | None:
    time = when(entry)
    return [Did("login", None, time)] if time else None


_SEGMENTS = listed("segment", "categories used to reach you")

LAYOUT = Layout(
    "Instagram",
    parts={
        "ads_viewed.json": Part("adverts shown", advert("advert")),
        "ads_clicked.json": Part("adverts clicked", advert("advert click")),
        "posts_viewed.json": Part("posts shown", account("view")),
        "videos_watched.json": Part("videos watched", account("view")),
        "ad_preferences.json": Part("adverts you asked not to see", ad_choices),
        "advertisers_using_your_activity_or_information.json": Part(
            "who can reach you, and how", _advertisers
        ),
        "information_you_ve_submitted_to_advertisers.json": Part("forms you filled in", _forms),
        "other_categories_used_to_reach_you.json": Part("segments", _SEGMENTS),
        "subscription_for_no_ads.json": Part("whether you pay", subscription),
        "your_activity_off_meta_technologies.json": Part("what other firms sent", elsewhere),
        "synced_contacts.json": Part("your address book", _contacts),
        "close_friends.json": Part("close friends", known("close friend")),
        "followers_*.json": Part("who follows you", known("follower")),
        "following.json": Part("whom you follow", known("following")),
        "link_history.json": Part("pages opened inside the app", _links),
        "word_or_phrase_searches.json": Part("words you looked for", _searches),
        "profile_searches.json": Part("accounts you looked for", _account_searches),
        "account_searches.json": Part("accounts you looked for", _account_searches),
        "locations_of_interest.json": Part("places", listed("place", "locations of interest")),
        "possible_phone_numbers.json": Part(
            "numbers it thinks are yours",
            _guessed("phone", "possible phone numbers", "string_list_data", 0, "value"),
        ),
        "possible_emails.json": Part(
            "addresses it thinks are yours",
            _guessed("e-mail", "possible emails", "string_list_data", 0, "value"),
        ),
        "profile_based_in.json": Part(
            "where it thinks you live",
            _guessed("home", "profile based in", "string_map_data", "City Name", "value"),
        ),
        "personal_information.json": Part("what you said of yourself", _profile),
        "recommended_topics.json": Part(
            "interests", _guessed("interest", "your topics", "string_map_data", "Name", "value")
        ),
        "your_topics.json": Part(
            "interests", _guessed("interest", "your topics", "string_map_data", "Name", "value")
        ),
        "login_activity.json": Part("devices that signed in", _logins),
        "post_comments_*.json": Part("comments", account("post")),
        "liked_posts.json": Part("likes", account("like")),
        "liked_comments.json": Part("likes of comments", account("like")),
        "messages/*/*/message_*.json": Part("messages: who wrote when", messages),
    },
    signs=(
        "advertisers_using_your_activity_or_information.json",
        "recommended_topics.json",
        "profile_based_in.json",
        "liked_posts.json",
        "followers_*.json",
        "synced_contacts.json",
        "posts_viewed.json",
    ),
    mending=True,
)
