"""Instagram: JSON, in two generations of Meta's, with letters written as Latin-1."""

from __future__ import annotations

from collections.abc import Iterable

from ethics_lib.entries import Path, mask
from ethics_lib.layouts import Believes, Did, Layout, Me, Part, Row, Says, Thing
from ethics_lib.platforms.meta import (
    CLOSED,
    PARTS,
    account,
    advert,
    apps,
    contacts,
    guessed,
    happened,
    known,
    records,
    searched,
    under,
    when,
)

__all__ = ["LAYOUT"]


@records
def _profile(path: Path, entry: object) -> Iterable[Row] | None:
    told = {"gender": "Gender", "birth date": "Date of birth", "e-mail": "Email"}
    told |= {"phone": "Phone Number"}
    found = [(trait, under(entry, name)) for trait, name in told.items()]
    names = [under(entry, name) for name in ("Username", "Name")]
    if not any(names) and not any(value for _, value in found):
        return None
    seen = [(t, mask(v) if t in ("e-mail", "phone") else v) for t, v in found if v]
    said = [Believes(trait, value, "declared", "profile") for trait, value in seen]
    private = under(entry, "Private Account")
    choice = [Says("private_account", private == "True")] if private in ("True", "False") else []
    return [*said, *choice, *(Me(name) for name in names if name)]


_BASED_IN = guessed("home", "profile based in", "City Name", "Town/city name")
_TOPICS = Part("interests", guessed("interest", "your topics", "Name"))
_ACCOUNTS = Part("accounts you looked for", searched("account"))


@records
def _goods(path: Path, entry: object) -> Iterable[Row] | None:
    """Reads whose goods were looked at; a shop may bear a person's name."""
    name = under(entry, "Merchant Name")
    return [Did("view", Thing("account", name), when(entry, "Date"))] if name else None


_POSTS = Part("posts", happened("post"))
_STORIES_UP = Part("stories", happened("post"))
_GOODS = Part("goods looked at", _goods)
_HISTORY = "the account's own history"
_STORIES = "answers in stories"
_SETTING = "a setting of the account"
_MEDIA = "what you have put up: pictures and their texts"

LAYOUT = Layout(
    "Instagram",
    parts={
        **PARTS,
        "ads_viewed.json": Part("adverts shown", advert("advert")),
        "ads_clicked.json": Part("adverts clicked", advert("advert click")),
        "posts_viewed.json": Part("posts shown", account("view")),
        "videos_watched.json": Part("videos watched", account("view")),
        "stories_viewed.json": Part("stories watched", account("view")),
        "suggested_accounts_viewed.json": Part("accounts shown to you", account("view")),
        "suggested_profiles_viewed.json": Part("accounts shown to you", account("view")),
        "active_apps.json": Part("apps you let in", apps),
        "expired_apps.json": Part("apps you let in", apps),
        "synced_contacts.json": Part("your address book", contacts),
        "close_friends.json": Part("close friends", known("close friend")),
        "followers.json": Part("who follows you", known("follower")),
        "followers_*.json": Part("who follows you", known("follower")),
        "following.json": Part("whom you follow", known("following")),
        "accounts_you_ve_favorited.json": Part("favourites", known("favourite")),
        "profiles_you_ve_favorited.json": Part("favourites", known("favourite")),
        "blocked_accounts.json": Part("whom you blocked", known("blocked")),
        "blocked_profiles.json": Part("whom you blocked", known("blocked")),
        "restricted_accounts.json": Part("whom you restricted", known("restricted")),
        "restricted_profiles.json": Part("whom you restricted", known("restricted")),
        "recently_unfollowed_accounts.json": Part("whom you left", known("unfollowed")),
        "recently_unfollowed_profiles.json": Part("whom you left", known("unfollowed")),
        "follow_requests_you_ve_received.json": Part("who asked", known("asked to follow you")),
        "pending_follow_requests.json": Part("whom you asked", known("you asked to follow")),
        "recent_follow_requests.json": Part("whom you asked", known("you asked to follow")),
        "word_or_phrase_searches.json": Part("words you looked for", searched("search")),
        "tag_searches.json": Part("tags you looked for", searched("search")),
        # in 2026 one list for words and for people
        "recent_searches.json": Part("what you looked for", searched("account")),
        "profile_searches.json": _ACCOUNTS,
        "account_searches.json": _ACCOUNTS,
        "possible_phone_numbers.json": Part(
            "numbers it thinks are yours",
            guessed("phone", "possible phone numbers", "Phone Number"),
        ),
        "possible_emails.json": Part(
            "addresses it thinks are yours", guessed("e-mail", "possible emails", "Email")
        ),
        "profile_based_in.json": Part("where it thinks you live", _BASED_IN),
        "account_based_in.json": Part("where it thinks you live", _BASED_IN),
        "personal_information.json": Part("what you said of yourself", _profile),
        "account_information.json": Part("what you said of yourself", _profile),
        "recommended_topics.json": _TOPICS,
        "your_topics.json": _TOPICS,
        "your_reels_topics.json": _TOPICS,
        "your_reels_sentiments.json": Part("moods", guessed("mood", "reels sentiments", "Name")),
        "ads_interests.json": Part(
            "interests", guessed("interest", "advert interests", "Interest", "Name")
        ),
        "ai/interest_categories.json": Part(
            "interests", guessed("interest", "interests of its assistant", "Interest")
        ),
        "login_activity.json": Part("devices that signed in", happened("login")),
        "post_comments*.json": Part("comments", account("post")),
        "reels_comments*.json": Part("comments", account("post")),
        "media/posts*.json": _POSTS,
        "content/posts*.json": _POSTS,
        "media/archived_posts.json": _POSTS,
        "media/reels.json": _POSTS,
        "content/reels.json": _POSTS,
        "media/stories.json": _STORIES_UP,
        "content/stories.json": _STORIES_UP,
        "threads/threads_and_replies.json": Part("posts on Threads", happened("post")),
        "threads_viewed.json": Part("posts shown on Threads", account("view")),
        "liked_threads.json": Part("likes on Threads", account("like")),
        "shopping/recently_viewed_items.json": _GOODS,
        "shopping/wishlist_items.json": _GOODS,
        "liked_posts.json": Part("likes", account("like")),
        "liked_comments.json": Part("likes of comments", account("like")),
        "story_likes.json": Part("likes of stories", account("like")),
    },
    signs=(
        "ads_and_topics/*.json",
        "instagram_ads_and_businesses/*.json",
        "apps_and_websites_off_of_instagram/*/*.json",
        "your_instagram_activity/*/*.json",
        "your_instagram_activity/messages/*/*/message_*.json",
        "recommended_topics.json",
        "profile_based_in.json",
        "liked_posts.json",
        "synced_contacts.json",
        "posts_viewed.json",
        "videos_watched.json",
        "word_or_phrase_searches.json",
    ),
    why_not={
        **CLOSED,
        "accounts_you_re_not_interested_in.json": "names of others that you asked not to see",
        "profiles_you_re_not_interested_in.json": "names of others that you asked not to see",
        "posts_you_re_*not_interested_in.json": "links without a name",
        "see_less_topics.json": "that you asked to see less, and not of what",
        "removed_suggestions.json": "names of others that you asked not to see",
        "hide_story_from.json": "names of others, and a setting",
        "custom_lists.json": "names of others, and a setting",
        "following_hashtags.json": "no account, and no time",
        "use_cross-app_messaging.json": _SETTING,
        "filtered_keywords_for_*.json": _SETTING,
        "your_link_history_settings.json": _SETTING,
        "instagram_friend_map.json": _SETTING,
        "professional_information.json": "of businesses",
        "profile_changes.json": _HISTORY,
        "profile_photos.json": _MEDIA,
        "profile_privacy_changes.json": _HISTORY,
        "profile_status_changes.json": _HISTORY,
        "account_privacy_changes.json": _HISTORY,
        "profile_activity.json": _HISTORY,
        "logout_activity.json": _HISTORY,
        "password_change_activity.json": _HISTORY,
        "signup_details.json": _HISTORY,
        "signup_information.json": _HISTORY,
        "instagram_signup_details.json": _HISTORY,
        "last_known_location.json": _HISTORY,
        "devices.json": "names of devices",
        "camera_information.json": "names of devices",
        "eligibility.json": "what the account may do",
        "past_instagram_insights/**": "counts, for businesses",
        "time_spent_on_instagram.json": "counts of minutes",
        "reposts.json": _MEDIA,
        "hype.json": _STORIES,
        "saved_posts.json": "what you put aside for later",
        "saved_collections.json": "what you put aside for later",
        "saved_music.json": "what you put aside for later",
        "your_facebook_activity/**": 'of Facebook: read it again with platform="facebook"',
        # Folders as public lists of archives of 2022 to 2026 have them. Those in which beliefs
        # stand (ads_information, information_about_you, your_topics, ai) are not here: what is
        # new there should show.
        "your_activity_off_meta_technologies_settings.json": _SETTING,
        "policy_updates_and_permissions/**": "that you were told of new terms",
        "personal_information/personal_information/*.json": "more of what you wrote on your page",
        "autofill_information/**": "addresses and names for forms",
        "device_information/**": "names of devices",
        "avatars_store/**": "a drawing of you",
        "security_and_login_information/**": _HISTORY,
        "settings/**": _SETTING,
        "media_settings/**": _SETTING,
        "media/**": _MEDIA,
        "content/**": _MEDIA,
        "messages/**": "things sent in a chat, settings of chats, and talks with a machine",
        "comments/**": "texts that others wrote",
        "story_interactions/**": _STORIES,
        "story_sticker_interactions/**": _STORIES,
        "saved/**": "what you put aside for later",
        "shopping/**": "what you pay with, and what lies in your basket",
        "ai/ai_conversations.json": "talks with a machine: not opened",
        "events/**": "meetings that you wished to be reminded of",
        "gifts/**": "what you gave",
        "guides/**": _MEDIA,
        "live_videos/**": _MEDIA,
        "monetization/**": "what the account may do, and what it earned",
        "other_activity/**": "things that you own there, and requests to the platform",
        "reports/**": "complaints, and texts that others wrote",
        "subscriptions/**": _SETTING,
        "threads/**": "more of Threads",
    },
    mending=True,
)
