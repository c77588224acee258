"""Facebook: JSON, in two generations of Meta's, with letters written as Latin-1.

Its search box takes words and the names of people alike, so what was looked for there loses its
name; only in the market place, where one looks for things, the words stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ethics_lib.entries import Entry, Path, dig, mask, text
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
from ethics_lib.platforms.meta import (
    CLOSED,
    ELSEWHERE,
    PARTS,
    account,
    advert,
    apps,
    contacts,
    happened,
    known,
    listed,
    records,
    searched,
    suggested,
    under,
    when,
)

__all__ = ["LAYOUT"]


def _told(trait: str, value: str) -> Believes:
    return Believes(trait, value, "declared", "profile")


# Where a plain text of the profile stands, and what it tells.
_PROFILE = {
    ("current_city", "name"): "home",
    ("hometown", "name"): "home town",
    ("relationship", "status"): "relationship",
    ("religious_view", "name"): "religion",
    ("political_view", "name"): "politics",
}

_CAREER = {
    ("education_experiences",): {"name": "school"},
    ("work_experiences",): {"employer": "company", "title": "job title"},
}


@each
def _profile_parts(path: Path, entry: object) -> Iterable[Row] | None:
    place = path[1:]
    if place == ("name", "full_name") or place[:1] in (("other_names",), ("previous_names",)):
        name = entry if isinstance(entry, str) else text(entry, "name")
        return [Me(name)] if name else None
    if place[:1] == ("emails",):
        return [_told("e-mail", mask(entry))] if isinstance(entry, str) else None
    if place == ("phone_numbers",):
        number = text(entry, "phone_number")
        return [_told("phone", mask(number))] if number else None
    if place == ("family_members",):
        name = text(entry, "name")
        return [Knows(name, "family")] if name else None
    if place == ("languages",):
        name = text(entry, "name")
        return [_told("language", name)] if name else None
    if place in _CAREER:
        said = [(trait, text(entry, name)) for name, trait in _CAREER[place].items()]
        return [_told(trait, value) for trait, value in said if value]
    trait = _PROFILE.get(place)
    if trait is None or not isinstance(entry, str) or not entry.strip():
        return []
    value = entry.strip()
    return [_told(trait, value.lower() if trait == "relationship" else value)]


def _profile(entries: Iterator[Entry]) -> Iterator[Row | None]:
    """A birthday comes up in three entries, and a gender of one's own in two; all else in one."""
    apart: dict[str, object] = {}

    def others() -> Iterator[Entry]:
        for path, entry in entries:
            if path[1:2] in (("birthday",), ("gender",)) and isinstance(entry, (int, str)):
                apart[path[-1]] = entry
            else:
                yield path, entry

    yield from _profile_parts(others())
    gender, pronoun = (text(apart, name) for name in ("gender_option", "pronoun"))
    if gender:
        own = f" ({pronoun.lower()})" if gender == "CUSTOM" and pronoun else ""
        yield _told("gender", gender.lower() + own)
    born = [apart.get(part) for part in ("year", "month", "day")]
    if all(type(part) is int and part for part in born):
        yield _told("birth date", "{}-{:02}-{:02}".format(*born))


def _public_place(entries: Iterator[Entry]) -> Iterator[Row | None]:
    """City, region and country come up one by one, and say one thing together."""
    found: dict[str, str] = {}
    for path, entry in entries:
        if path[-1:] in (("city",), ("region",), ("country",)) and isinstance(entry, str):
            found[path[-1]] = entry.strip()
        else:
            yield None
    value = ", ".join(part for part in found.values() if part)
    if value:
        yield Believes("home", value, "inferred", "primary public location")


@each
def _place(path: Path, entry: object) -> Iterable[Row] | None:
    parts = [entry] if isinstance(entry, str) else entry
    if path[-1:] not in (("zipcode",), ("city_region_pairs",)) or not isinstance(parts, list):
        return None
    value = ", ".join(part for part in parts if isinstance(part, str) and part)
    return [Believes("home", value, "inferred", "primary location")] if value else []


@each
def _life_stage(path: Path, entry: object) -> Iterable[Row] | None:
    if not isinstance(entry, str) or not path[-1:] or "friend_peer_group" not in path[-1]:
        return None
    return [Believes("life stage", entry, "inferred", "friend peer group")]


@each
def _languages(path: Path, entry: object) -> Iterable[Row] | None:
    if path[-1:] != ("label_values",):
        return []
    rows = dig(entry, "dict")
    found = [(text(row, "label"), text(row, "value")) for row in rows or []]
    if not all(language for language, _ in found):
        return None
    where = "languages for videos"
    return [
        Believes(
            "language", language, "inferred", f"{where}: {degree.lower()}" if degree else where
        )
        for language, degree in found
    ]


@records
def _groups(path: Path, entry: object) -> Iterable[Row] | None:
    """Reads which groups were joined; the title of an entry is a sentence about its owner."""
    name = text(entry, "data", 0, "name") or under(entry, "Name")
    return [Knows(name, "group")] if name else None


@each
def _uploaders(path: Path, entry: object) -> Iterable[Row] | None:
    name = entry if isinstance(entry, str) else text(entry, "advertiser") or under(entry, "Name")
    return [Reaches(name, "list")] if name else None


def _opened(kind: str) -> Read:
    """A reader of groups of what was opened, which may hold groups themselves."""

    def within(group: object) -> Iterator[Row | None]:
        for child in dig(group, "children") or []:
            yield from within(child)
        for entry in dig(group, "entries") or []:
            name = text(entry, "data", "name")
            if name:
                yield Did(kind, Thing("account", name), when(entry))
            elif dig(entry, "data", "value") is None:  # a count of days
                yield None

    def ask(path: Path, entry: object) -> Iterable[Row | None] | None:
        if isinstance(entry, dict) and {"entries", "children"} & entry.keys():
            return list(within(entry))
        name = text(entry, "data", "name") or under(entry, "Name")
        return [Did(kind, Thing("account", name), when(entry))] if name else None

    return each(ask)


_ADVERT_INTERESTS = Part("interests", listed("interest", "advert interests"))
_TOPICS = Part("interests", listed("interest", "your topics"))
_FRIENDS = Part("friends", known("friend"))
_FOLLOWS = Part("whom you follow", known("following"))
_FOLLOWERS = Part("who follows you", known("follower"))
_SETTING = "a setting of the account"
_COUNTS = "counts, and nothing that they count"
_HISTORY = "the account's own history"

LAYOUT = Layout(
    "Facebook",
    parts={
        **PARTS,
        "ads_interests.json": _ADVERT_INTERESTS,
        "your_topics.json": _TOPICS,
        "advertisers_who_uploaded_a_contact_list_with_your_information.json": Part(
            "who can reach you, and how", _uploaders
        ),
        "advertisers_you_ve_interacted_with.json": Part("adverts clicked", advert("advert click")),
        "your_off*facebook_activity.json": ELSEWHERE,
        "your_off*facebook_activity/*.json": ELSEWHERE,
        "connected_apps_and_websites.json": Part("apps you let in", apps),
        "apps_and_websites.json": Part("apps you let in", apps),
        "installed_apps.json": Part("apps you let in", apps),
        # long lists are cut into several files; the last folders are those of 2018 to 2022
        "your_friends*.json": _FRIENDS,
        "friends/friends.json": _FRIENDS,
        "friends_and_followers/friends.json": _FRIENDS,
        "friend_requests_received.json": Part("who asked", known("asked to be a friend")),
        "friend_requests_sent.json": Part("whom you asked", known("you asked to be a friend")),
        "people_who_followed_you*.json": _FOLLOWERS,
        "friends_and_followers/followers.json": _FOLLOWERS,
        "following_and_followers/followers.json": _FOLLOWERS,
        "friends_and_followers/following.json": _FOLLOWS,
        "following_and_followers/*.json": _FOLLOWS,
        "who_you_follow.json": _FOLLOWS,
        "pages_you_follow.json": _FOLLOWS,
        "your_group_membership_activity.json": Part("groups you joined", _groups),
        "groups/your_groups.json": Part("groups you run", known("group")),
        "groups_and_pages_that_you_may_find_engaging.json": Part(
            "groups and pages it would have you join", suggested("suggested group or page")
        ),
        "people_you_may_know.json": Part("whom it ties to you", suggested("people you may know")),
        "received_friend_requests.json": Part("who asked", known("asked to be a friend")),
        "sent_friend_requests.json": Part("whom you asked", known("you asked to be a friend")),
        "rejected_friend_requests.json": Part("whom you turned down", known("turned down")),
        "removed_friends.json": Part("friends of before", known("friend of before")),
        "who_you_ve_followed*.json": _FOLLOWS,
        "pages_and_profiles_you_follow.json": _FOLLOWS,
        "pages_you_ve_liked.json": Part("likes of pages", account("like")),
        "your_address_books.json": Part("your address book", contacts),
        "facebook_news/your_locations.json": Part("places", listed("place", "Facebook News")),
        "primary_location.json": Part("where it thinks you live", _place),
        "primary_public_location.json": Part("where it thinks you live", _public_place),
        "your_inferred_language_preferences_for_videos.json": Part(
            "languages it thinks you speak", _languages
        ),
        "friend_peer_group.json": Part("the stage of life it sees you in", _life_stage),
        "facebook_marketplace/your_search_history.json": Part(
            "things you looked for", searched("search")
        ),
        "your_search_history.json": Part("what you looked for", searched("account")),
        "groups_you_ve_searched_for.json": Part("groups you looked for", searched("account")),
        "profile_information.json": Part("what you said of yourself", _profile),
        "recently_viewed.json": Part("what was shown to you", _opened("view")),
        "recently_visited.json": Part("pages and people you looked at", _opened("visit")),
        "profile_visits.json": Part("people you looked at", _opened("visit")),
        "groups_and_events_you_ve_visited.json": Part("groups you looked at", _opened("visit")),
        "groups_you_ve_visited.json": Part("groups you looked at", _opened("visit")),
        "comments_and_reactions/comments.json": Part("comments", happened("post")),
        "comments/comments.json": Part("comments", happened("post")),
        "likes_and_reactions*.json": Part("likes", happened("like")),
        "*reactions/posts_and_comments.json": Part("likes", happened("like")),
        "your_posts*.json": Part("posts", happened("post")),
        "posts_on_other_pages_and_profiles.json": Part("posts on pages", happened("post")),
        "archived_stories.json": Part("stories", happened("post")),
        "group_posts_and_comments.json": Part("posts in groups", happened("post")),
        "your_comments_in_groups.json": Part("comments in groups", happened("post")),
        "account_activity.json": Part("devices that signed in", happened("login")),
        "logins_and_logouts.json": Part("devices that signed in", happened("login")),
        "where_you_re_logged_in.json": Part("devices that are signed in", happened("login")),
    },
    signs=(
        "your_facebook_activity/*/*.json",
        "your_facebook_activity/messages/*/*/message_*.json",
        "your_activity_across_facebook/*/*.json",
        "apps_and_websites_off_of_facebook/*.json",
        "ads_information/*.json",
        "other_logged_information/*.json",
        "ads/ads_interests.json",
        "your_friends.json",
        "people_you_may_know.json",
        "profile_information.json",
        "primary_location.json",
        "primary_public_location.json",
        "friend_peer_group.json",
    ),
    why_not={
        **CLOSED,
        "ads_feedback_activity.json": "adverts you complained of, without a name",
        "ads_personalization_consent.json": "choices whose labels are not documented",
        "your_consent_settings.json": "choices whose labels are not documented",
        "story_views_in_past_7_days.json": _COUNTS,
        "your_recent_reported_conversions.json": _COUNTS,
        "your_pages_mentions.json": "names of others",
        "people_and_friends.json": "names of others, and no time of what was done",
        "people_we_think_you_should_follow.json": "often empty, in a shape that is not documented",
        "your_post_audiences.json": _SETTING,
        "feed.json": _SETTING,
        "controls.json": _SETTING,
        "reduce.json": _SETTING,
        "snooze.json": _SETTING,
        "privacy_settings.json": _SETTING,
        "contacts_sync_settings.json": _SETTING,
        "reels_preferences.json": _SETTING,
        "your_watch_settings.json": _SETTING,
        "your_story_highlights.json": _SETTING,
        "your_preferred_categories.json": _SETTING,
        "preferences/video.json": "videos by their titles",
        "timezone.json": _SETTING,
        "your_privacy_jurisdiction.json": _SETTING,
        "notification_of_meta_privacy_policy_update.json": "that you were told of new terms",
        "notifications.json": "what the platform wrote to you; it names others",
        "emails_we_sent_you.json": "what the platform wrote to you; it names others",
        "your_avatar.json": _SETTING,
        "meta_avatars_post_backgrounds.json": _SETTING,
        "profile_update_history.json": _HISTORY,
        "registration_information.json": _HISTORY,
        "your_transaction_survey_information.json": "answers to a survey",
        "support_messages.json": "texts between you and the platform",
        "navigation_bar_activity.json": _COUNTS,
        "your_recently_used_emojis.json": _COUNTS,
        "your_recently_followed_history.json": "names that stand in other files too",
        "facebook_reels_usage_information.json": _COUNTS,
        "your_facebook_watch_activity_in_the_last_28_days.json": _COUNTS,
        "your_video_consumption_summary.json": _COUNTS,
        "your_comment_active_days.json": _COUNTS,
        "time_spent_on_facebook.json": _COUNTS,
        "your_comment_edits.json": "texts that you changed",
        "edits_you_made_to_posts.json": "texts that you changed",
        "your_instagram_activity/**": 'of Instagram: read it again with platform="instagram"',
        # Folders as public lists of archives of 2022 to 2026 have them. Those in which beliefs
        # stand (ads_information, logged_information) are not here: what is new there should show.
        "messages/**": "things sent in a chat, and settings of chats",
        "groups/**": "what happened in groups, and names of others",
        "posts/**": "pictures and films, and their texts",
        "stories/**": "what you have put up, and answers to others",
        "events/**": "meetings that you went to or were asked to",
        "pages/**": "pages that you run, left or praised",
        "polls/**": "what you chose in a poll",
        "reviews/**": "texts that you wrote",
        "saved_items_and_collections/**": "what you put aside for later",
        "facebook_gaming/**": "games, and what you won there",
        "facebook_marketplace/**": "what you sold, and talks with buyers",
        "facebook_payments/**": "what you paid, and to whom",
        "other_activity/**": "pokes, notes and codes",
        "voting/**": "where you may vote",
        "your_places/**": "places that you put on the map",
        "apps_and_websites_off_of_facebook/*posts*.json": "what apps wrote in your name",
        "apps_and_websites_off_of_facebook/your_apps.json": "apps that you made",
        "activity_messages/**": "names of others, and no time of what was done",
        "your_sampled_locations.json": "points on a map",
        "facebook_accounts_center/**": "accounts of other services of the same firm",
        "security_and_login_information/**": "devices, addresses and passwords that you changed",
        "profile_information/*.json": "more of what you wrote on your page",
        "preferences/**": _SETTING,
    },
    mending=True,
)
