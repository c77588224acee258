"""Facebook: its archive, written.

Likes of pages and messages stand in no example of ours; their shapes are public parsers'.
"""

from __future__ import annotations

import re

from ethics_lib.writers.contents import Content, first_of
from ethics_lib.writers.meta import ad_choices, as_files, chats, elsewhere, lists, subscription

_SUGGESTED = "people you may know"


def write(it: Content) -> dict[str, bytes]:
    """The files of an archive of Facebook, by their paths."""
    ads, logged = "ads_information", "logged_information"
    off, friends = "apps_and_websites_off_of_facebook", "connections/friends"
    suggested = [who for who, how in it.ties if how == _SUGGESTED]
    ways = {
        "Advertisers using a list uploaded by them or a partner": it.firms("list"),
        "Advertisers using your activity on their website or app": it.firms("pixel"),
        "Advertisers using your visit to their store": it.firms("store visit"),
    }
    pages = {
        "personal_information/profile_information/profile_information": _profile(it),
        f"{logged}/other_logged_information/ads_interests": {"topics_v2": it.believed("interest")},
        f"{logged}/other_logged_information/locations_of_interest": lists(
            {"Locations of interest": it.believed("place")}
        ),
        f"{logged}/location/primary_location": {
            "primary_location_v2": first_of("zipcode", it.believed("home"))
        },
        f"{logged}/search/your_search_history": {
            "searches_v2": [
                {
                    "timestamp": t.time,
                    "title": "You searched Facebook",
                    "data": [{"text": t.name}],
                }
                for t in it.did("search")
                if t.name
            ]
        },
        f"{ads}/ad_preferences": ad_choices(it),
        f"{ads}/advertisers_using_your_activity_or_information": lists(ways),
        f"{ads}/other_categories_used_to_reach_you": lists({"Name": it.segments()}),
        f"{ads}/subscription_for_no_ads": subscription(it),
        f"{ads}/advertisers_you've_interacted_with": {
            "history_v2": [
                {"title": t.name, "action": "Clicked ad", "timestamp": t.time}
                for t in it.did("advert click", thing="advertiser")
            ]
        },
        f"{off}/your_activity_off_meta_technologies": {"off_facebook_activity_v2": elsewhere(it)},
        f"{off}/connected_apps_and_websites": {
            "installed_apps_v2": [
                {"name": t.name, "added_timestamp": t.time} for t in it.did("connect", thing="app")
            ]
        },
        f"{friends}/people_you_may_know": lists({"People you may know": suggested}),
        f"{friends}/your_friends": {
            "friends_v2": [{"name": who} for who, how in it.ties if how != _SUGGESTED]
        },
        "your_facebook_activity/pages/pages_you've_liked": {
            "page_likes_v2": [
                {"name": t.name, "timestamp": t.time} for t in it.did("like", thing="account")
            ]
        },
    }
    return as_files(pages | chats(it, "your_facebook_activity/messages"))


def _profile(it: Content) -> dict[str, object]:
    told = it.told({"gender": "gender", "birth date": "born", "e-mail": "emails", "home": "city"})
    profile: dict[str, object] = {"name": {"full_name": it.owner}}
    if "emails" in told:
        profile["emails"] = {"emails": [told["emails"]]}
    if born := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", told.get("born", "")):
        profile["birthday"] = dict(
            zip(("year", "month", "day"), map(int, born.groups()), strict=True)
        )
    if "gender" in told:
        profile["gender"] = {"gender_option": told["gender"].upper()}
    if "city" in told:
        profile["current_city"] = {"name": told["city"]}
    return {"profile_v2": profile}
