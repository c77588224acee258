"""Instagram: its archive, written."""

from __future__ import annotations

from itertools import chain

from ethics_lib.writers.contents import Content
from ethics_lib.writers.meta import (
    ad_choices,
    as_files,
    chats,
    elsewhere,
    listed,
    lists,
    long_map,
    record,
    short_map,
    subscription,
)


def write(it: Content) -> dict[str, bytes]:
    """The files of an archive of Instagram, by their paths."""
    about = "personal_information/information_about_you"
    follows = "connections/followers_and_following"
    told = {"gender": "Gender", "birth date": "Date of birth", "e-mail": "Email"}
    told = {"Username": it.owner, "Name": it.owner} | it.told(told | {"phone": "Phone Number"})
    if "private_account" in it.choices:
        told["Private Account"] = str(bool(it.choices["private_account"]))
    contacts = [t for t in it.did("contact", sources=["contacts"]) if t.about]
    ties = {
        context: [listed(who) for who, how in it.ties if how == context] for _, context in it.ties
    }
    follower, close = ties.pop("follower", []), ties.pop("close friend", [])
    pages = {
        "personal_information/personal_information/personal_information": {
            "profile_user": [long_map(told, title="User Information")]
        },
        f"{about}/profile_based_in": {
            "inferred_data_primary_location": [
                long_map({"City Name": home}) for home in it.believed("home")
            ]
        },
        f"{about}/possible_phone_numbers": {
            "inferred_data_inferred_phone_numbers": [listed(n) for n in it.believed("phone")]
        },
        f"{about}/locations_of_interest": lists({"Locations of interest": it.believed("place")}),
        "preferences/your_topics/recommended_topics": {
            "topics_your_topics": [long_map({"Name": name}) for name in it.believed("interest")]
        },
        "connections/contacts/synced_contacts": {
            "contacts_contact_info": [
                long_map({"First Name": t.about, "Imported Time": t.time}) for t in contacts
            ]
        },
        f"{follows}/followers_1": follower,
        f"{follows}/close_friends": {"relationships_close_friends": close},
        f"{follows}/following": {
            "relationships_following": list(chain.from_iterable(ties.values()))
        },
        "logged_information/recent_searches/word_or_phrase_searches": {
            "searches_keyword": [
                long_map({"Search": t.name, "Time": t.time})
                for t in it.did("search", thing="search")
            ]
        },
        "logged_information/link_history/link_history": [
            record(t.time, {"label": "Website link you visited", "value": f"https://{t.name}/"})
            for t in it.did("visit", thing="site")
        ],
        "your_instagram_activity/likes/liked_posts": {
            "likes_media_likes": [
                listed("\N{THUMBS UP SIGN}", t.time, title=t.name)
                for t in it.did("like", thing="account")
            ]
        },
        "your_instagram_activity/comments/post_comments_1": [
            short_map({"Media Owner": t.name, "Time": t.time})
            for t in it.did("post", thing="account")
        ],
    }
    return as_files(pages | _adverts(it) | chats(it, "your_instagram_activity/messages"))


def _adverts(it: Content) -> dict[str, object]:
    business = "ads_information/instagram_ads_and_businesses"
    topics = "ads_information/ads_and_topics"
    off = "apps_and_websites_off_of_instagram/apps_and_websites"
    flags = {
        "has_data_file_custom_audience": "list",
        "has_remarketing_custom_audience": "pixel",
        "has_in_person_store_visit": "store visit",
    }
    firms = [
        {"advertiser_name": firm} | {flag: via in ways for flag, via in flags.items()}
        for firm, ways in it.ways.items()
        if not {*flags.values()}.isdisjoint(ways)
    ]

    def seen(kind: str, thing: str) -> list[dict]:
        return [short_map({"Author": t.name, "Time": t.time}) for t in it.did(kind, thing=thing)]

    return {
        f"{topics}/ads_viewed": {"impressions_history_ads_seen": seen("advert", "advertiser")},
        f"{topics}/posts_viewed": {"impressions_history_posts_seen": seen("view", "account")},
        f"{topics}/ads_clicked": {
            "impressions_history_ads_clicked": [
                {"title": t.name, "string_list_data": [{"timestamp": t.time}]}
                for t in it.did("advert click", thing="advertiser")
            ]
        },
        f"{business}/ad_preferences": ad_choices(it),
        f"{business}/advertisers_using_your_activity_or_information": {
            "ig_custom_audiences_all_types": firms
        },
        f"{business}/other_categories_used_to_reach_you": lists({"Name": it.segments()}),
        f"{business}/subscription_for_no_ads": subscription(it),
        f"{off}/your_activity_off_meta_technologies": {
            "apps_and_websites_off_meta_activity": elsewhere(it)
        },
    }
