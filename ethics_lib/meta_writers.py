"""Meta writers: the archives of Instagram and Facebook, laid out from tables.

The layouts are those of the readers, backwards. Facebook's likes
of pages and its messages stand in no example of ours; their shapes are public parsers'.
"""

from __future__ import annotations

import json
import re
from itertools import chain

from ethics_lib.contents import Content, first_of
from ethics_lib.traces import TRACKERS

__all__ = ["facebook", "instagram"]

_SUGGESTED = "people you may know"


def instagram(it: Content) -> dict[str, bytes]:
    """The files of an archive of Instagram, by their paths."""
    about, follows = (
        "personal_information/information_about_you",
        "connections/followers_and_following",
    )
    told = {"gender": "Gender", "birth date": "Date of birth", "e-mail": "Email"}
    told = {"Username": it.owner, "Name": it.owner} | it.told(told | {"phone": "Phone Number"})
    if "private_account" in it.choices:
        told["Private Account"] = str(bool(it.choices["private_account"]))
    contacts = [t for t in it.did("contact", sources=["contacts"]) if t.about]
    ties = {
        context: [_list(who) for who, how in it.ties if how == context] for _, context in it.ties
    }
    follower, close = ties.pop("follower", []), ties.pop("close friend", [])
    pages = {
        "personal_information/personal_information/personal_information": {
            "profile_user": [_long_map(told, title="User Information")]
        },
        f"{about}/profile_based_in": {
            "inferred_data_primary_location": [
                _long_map({"City Name": home}) for home in it.believed("home")
            ]
        },
        f"{about}/possible_phone_numbers": {
            "inferred_data_inferred_phone_numbers": [_list(n) for n in it.believed("phone")]
        },
        f"{about}/locations_of_interest": _vec({"Locations of interest": it.believed("place")}),
        "preferences/your_topics/recommended_topics": {
            "topics_your_topics": [_long_map({"Name": name}) for name in it.believed("interest")]
        },
        "connections/contacts/synced_contacts": {
            "contacts_contact_info": [
                _long_map({"First Name": t.about, "Imported Time": t.time}) for t in contacts
            ]
        },
        f"{follows}/followers_1": follower,
        f"{follows}/close_friends": {"relationships_close_friends": close},
        f"{follows}/following": {
            "relationships_following": list(chain.from_iterable(ties.values()))
        },
        "logged_information/recent_searches/word_or_phrase_searches": {
            "searches_keyword": [
                _long_map({"Search": t.name, "Time": t.time})
                for t in it.did("search", thing="search")
            ]
        },
        "logged_information/link_history/link_history": [
            _record(t.time, {"label": "Website link you visited", "value": f"https://{t.name}/"})
            for t in it.did("visit", thing="site")
        ],
        "your_instagram_activity/likes/liked_posts": {
            "likes_media_likes": [
                _list("\N{THUMBS UP SIGN}", t.time, title=t.name)
                for t in it.did("like", thing="account")
            ]
        },
        "your_instagram_activity/comments/post_comments_1": [
            _map({"Media Owner": t.name, "Time": t.time}) for t in it.did("post", thing="account")
        ],
    }
    return _meta(pages | _instagram_adverts(it) | _chats(it, "your_instagram_activity/messages"))


def _instagram_adverts(it: Content) -> dict[str, object]:
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
        return [_map({"Author": t.name, "Time": t.time}) for t in it.did(kind, thing=thing)]

    return {
        f"{topics}/ads_viewed": {"impressions_history_ads_seen": seen("advert", "advertiser")},
        f"{topics}/posts_viewed": {"impressions_history_posts_seen": seen("view", "account")},
        f"{topics}/ads_clicked": {
            "impressions_history_ads_clicked": [
                {"title": t.name, "string_list_data": [{"timestamp": t.time}]}
                for t in it.did("advert click", thing="advertiser")
            ]
        },
        f"{business}/ad_preferences": _ad_choices(it),
        f"{business}/advertisers_using_your_activity_or_information": {
            "ig_custom_audiences_all_types": firms
        },
        f"{business}/other_categories_used_to_reach_you": _vec({"Name": it.segments()}),
        f"{business}/subscription_for_no_ads": _subscription(it),
        f"{off}/your_activity_off_meta_technologies": {
            "apps_and_websites_off_meta_activity": _elsewhere(it)
        },
    }


def facebook(it: Content) -> dict[str, bytes]:
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
        "personal_information/profile_information/profile_information": _facebook_profile(it),
        f"{logged}/other_logged_information/ads_interests": {"topics_v2": it.believed("interest")},
        f"{logged}/other_logged_information/locations_of_interest": _vec(
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
        f"{ads}/ad_preferences": _ad_choices(it),
        f"{ads}/advertisers_using_your_activity_or_information": _vec(ways),
        f"{ads}/other_categories_used_to_reach_you": _vec({"Name": it.segments()}),
        f"{ads}/subscription_for_no_ads": _subscription(it),
        f"{ads}/advertisers_you've_interacted_with": {
            "history_v2": [
                {"title": t.name, "action": "Clicked ad", "timestamp": t.time}
                for t in it.did("advert click", thing="advertiser")
            ]
        },
        f"{off}/your_activity_off_meta_technologies": {"off_facebook_activity_v2": _elsewhere(it)},
        f"{off}/connected_apps_and_websites": {
            "installed_apps_v2": [
                {"name": t.name, "added_timestamp": t.time} for t in it.did("connect", thing="app")
            ]
        },
        f"{friends}/people_you_may_know": _vec({"People you may know": suggested}),
        f"{friends}/your_friends": {
            "friends_v2": [{"name": who} for who, how in it.ties if how != _SUGGESTED]
        },
        "your_facebook_activity/pages/pages_you've_liked": {
            "page_likes_v2": [
                {"name": t.name, "timestamp": t.time} for t in it.did("like", thing="account")
            ]
        },
    }
    return _meta(pages | _chats(it, "your_facebook_activity/messages"))


def _facebook_profile(it: Content) -> dict[str, object]:
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


def _meta(pages: dict[str, object]) -> dict[str, bytes]:
    """The files of those pages that have anything on them."""
    full = {
        path: page
        for path, page in pages.items()
        if page and not (isinstance(page, dict) and len(page) == 1 and not any(page.values()))
    }
    return {
        f"{path}.json": json.dumps(_as_latin(page), indent=2).encode("ascii")
        for path, page in full.items()
    }


def _as_latin(page: object) -> object:
    """`entries.mend` backwards: letters as Meta writes them, UTF-8 taken for Latin-1."""
    if isinstance(page, str):
        return page.encode("utf-8", "replace").decode("latin-1")
    if isinstance(page, dict):
        return {_as_latin(name): _as_latin(value) for name, value in page.items()}
    return [_as_latin(value) for value in page] if isinstance(page, list) else page


def _map(cells: dict[str, str | int]) -> dict:
    """An entry of the older generation, in its short form: times are numbers, the rest is text."""
    kind = {name: "timestamp" if isinstance(c, int) else "value" for name, c in cells.items()}
    return {"string_map_data": {name: {kind[name]: cell} for name, cell in cells.items()}}


def _long_map(cells: dict[str, str | int], *, title: str = "") -> dict:
    """The same in its long form."""
    empty = {"href": "", "value": "", "timestamp": 0}
    full = {name: empty | cell for name, cell in _map(cells)["string_map_data"].items()}
    return {"title": title, "media_map_data": {}, "string_map_data": full}


def _list(value: str, time: int = 0, *, title: str = "") -> dict:
    return {"title": title, "string_list_data": [{"href": "", "value": value, "timestamp": time}]}


def _record(time: int, *labels: dict) -> dict:
    """An entry of the newer generation."""
    return {"timestamp": time, "media": [], "label_values": list(labels), "fbid": "0"}


def _vec(lists: dict[str, list[str]]) -> dict | None:
    """A file of lists, each under its label, as far as anything stands in them."""
    full = [
        {"label": label, "vec": [{"value": value} for value in values]}
        for label, values in lists.items()
        if values
    ]
    return {"media": [], "label_values": full, "fbid": "0"} if full else None


def _ad_choices(it: Content) -> dict | None:
    page = _vec({"Ad topics you chose to see less": [topic for topic, _ in it.refused("advert:")]})
    hidden = [
        {"dict": [{"label": "Name", "value": n}, {"label": "Hidden on", "timestamp_value": t}]}
        for n, t in it.refused("advertiser:")
    ]
    if hidden:
        page = page or {"media": [], "label_values": [], "fbid": "0"}
        page["label_values"].append({"title": "Advertisers you've hidden", "dict": hidden})
    return page


def _subscription(it: Content) -> dict | None:
    if "no_adverts_for_money" not in it.choices:
        return None
    value = "Active" if it.choices["no_adverts_for_money"] else "Inactive"
    label = {"label": "Your subscription status", "value": value}
    return {"media": [], "label_values": [label], "fbid": "0"}


def _elsewhere(it: Content) -> list[dict]:
    """What other firms sent, firm by firm."""
    names = {"visit": "PAGE_VIEW", "purchase": "PURCHASE", "search": "SEARCH", "event": "CUSTOM"}
    firms: dict[str, list[dict]] = {}
    for trace in it.did(*names, sources=TRACKERS):
        in_app = (trace.kind, trace.thing) == ("visit", "app")
        event = "ACTIVATE_APP" if in_app else names[trace.kind]
        row = {"id": 0, "type": event, "timestamp": trace.time}
        firms.setdefault(trace.name, []).append(row)
    return [{"name": firm, "events": events} for firm, events in firms.items() if firm]


def _chats(it: Content, place: str) -> dict[str, object]:
    return {
        f"{place}/inbox/{who.replace('-', '')}_0/message_1": {
            "participants": [{"name": name} for name in dict.fromkeys([who, it.owner])],
            "messages": [
                {"sender_name": who, "timestamp_ms": t.time * 1000, "content": ""} for t in wrote
            ],
            "title": who,
            "thread_path": f"inbox/{who.replace('-', '')}_0",
        }
        for who, wrote in it.chats().items()
    }
