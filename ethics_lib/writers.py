"""Writers: the archive of each platform, laid out backwards, from tables to the bytes of its files.

What a layout has no place for is left out here without a word: `copies` finds it out by reading
back. X numbers accounts, so that people are numbers there; its messages, and what trackers sent
without an advert before it, stand in no example of ours: their shapes are public parsers'.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable

import pandas as pd

from ethics_lib.contents import Content, Trace, first_of, name_site
from ethics_lib.exports import Export
from ethics_lib.meta_writers import facebook, instagram
from ethics_lib.traces import TRACKERS

__all__ = ["WRITTEN", "lay_out"]


def lay_out(held: Export, platform: str) -> dict[str, bytes]:
    """Write down what is held as the files of one platform's archive.

    Parameters
    ----------
    held : Export
    platform : str
        One of `WRITTEN`.

    Returns
    -------
    dict of path -> bytes
        No file for what there is none of. The paths, and what stands where, are those of
        `tests/exports/catalogue.json`.
    """
    return WRITTEN[platform](Content(held))


# ---------------------------------------------------------------------------------------------- X


def _x(it: Content) -> dict[str, bytes]:
    told = it.told({"birth date": "birthDate", "age": "age", "e-mail": "email"})
    mail = {"email": told.pop("email")} if "email" in told else {}
    names = {"username": it.owner, "accountId": _id(it.owner), "accountDisplayName": it.owner}
    people: dict[str, list] = {"follower": [], "following": []}
    for who, how in it.ties:
        where = "follower" if how == "follower" else "following"
        link = f"https://twitter.com/intent/user?user_id={_id(who)}"
        people[where].append({where: {"accountId": _id(who), "userLink": link}})
    if "age" in told:
        told["age"] = [told["age"]]
    likes = [
        {"like": {"tweetId": f"{n:019}", "fullText": ""}} for n in range(1, len(it.did("like")) + 1)
    ]
    clicks = [
        {"linkClick": {"finalUrl": f"https://{t.name}/", "timeStampOfInteraction": _iso(t.time)}}
        for t in it.did("visit", thing="site")
    ]
    chats = [
        {"dmConversation": {"conversationId": f"{_id(it.owner)}-{_id(who)}", "messages": wrote}}
        for who, wrote in _direct_messages(it).items()
    ]
    files = {
        "account": [{"account": names | mail}],
        "ageinfo": [{"ageMeta": {"ageInfo": told}}] if told else [],
        "personalization": [{"p13nData": _personalization(it)}],
        "like": likes,
        "user-link-clicks": [{"userInteractionsData": click} for click in clicks],
        "direct-messages": chats,
    }
    return _scripts(it, files | people | _x_adverts(it))


def _personalization(it: Content) -> dict[str, object]:
    off = {purpose for purpose, granted in it.choices.items() if not granted}
    interests = [*it.believed("interest"), *it.segments()]
    lists = {
        "advertisers": "list",
        "lookalikeAdvertisers": "lookalike",
        "doNotReachAdvertisers": "kept away",
        "catalogAudienceAdvertisers": "catalogue",
    }
    return {
        "demographics": {
            "languages": [
                {"language": name, "isDisabled": f"language:{name}" in off}
                for name in it.believed("language")
            ],
            "genderInfo": first_of("gender", it.believed("gender")),
        },
        "interests": {
            "interests": [
                {"name": name, "isDisabled": f"interest:{name}" in off} for name in interests
            ],
            "partnerInterests": [],
            "audienceAndAdvertisers": {name: it.firms(via) for name, via in lists.items()},
            "shows": it.believed("show"),
        },
        "locationHistory": [],
        "inferredAgeInfo": {"age": it.believed("age"), "birthDate": ""},
    }


def _x_adverts(it: Content) -> dict[str, list]:
    criteria = {"lookalike": "Follower look-alikes", "belief": "Interests", "list": "List"}
    criteria |= {"pixel": "Website Activity", "answered": "Retargeting campaign engager"}

    def shown(trace: Trace) -> dict:
        why = [criteria[via] for via in it.ways.get(trace.name, []) if via in criteria]
        return {
            "advertiserInfo": {"advertiserName": trace.name},
            "matchedTargetingCriteria": [{"targetingType": name} for name in why],
            "impressionTime": _clock(trace.time),
        }

    impressions = [shown(t) for t in it.did("advert", thing="advertiser")]
    engagements = [
        {
            "impressionAttributes": shown(t),
            "engagementAttributes": [
                {"engagementTime": _clock(t.time), "engagementType": "Detail"}
            ],
        }
        for t in it.did("advert click", thing="advertiser")
    ]
    firm_of = {name: firm for firm in it.firms("pixel") for name in (firm, name_site(firm))}
    events = {"visit": "PageView", "purchase": "Purchase", "search": "Search", "event": "Custom"}
    sent: dict[str, list] = {"site": [], "app": []}
    for t in it.did(*events, sources=TRACKERS):
        if t.thing in sent:
            where = f"https://{t.name}/" if t.thing == "site" else t.name
            firm = {"advertiserName": firm_of[t.name]} if t.name in firm_of else {}
            place = "conversionUrl" if t.thing == "site" else "applicationName"
            event = {"conversionEvent": events[t.kind], place: where, "advertiserInfo": firm}
            sent[t.thing].append(event | {"conversionTime": _clock(t.time)})
    return {
        "ad-impressions": _adverts("adImpressions", impressions=impressions),
        "ad-engagements": _adverts("adEngagements", engagements=engagements),
        # no advert brought these about
        "ad-online-conversions-unattributed": _adverts(
            "unattributedOnlineConversions", conversions=sent["site"]
        ),
        "ad-mobile-conversions-unattributed": _adverts(
            "unattributedMobileAppConversions", conversions=sent["app"]
        ),
    }


def _adverts(name: str, **rows: list) -> list[dict]:
    return [{"ad": {"adsUserData": {name: rows}}}] if any(rows.values()) else []


def _direct_messages(it: Content) -> dict[str, list[dict]]:
    return {
        who: [
            {"messageCreate": {"senderId": _id(who), "createdAt": _iso(t.time), "text": ""}}
            for t in wrote
        ]
        for who, wrote in it.chats().items()
    }


def _scripts(it: Content, files: dict[str, list]) -> dict[str, bytes]:
    files = {name: rows for name, rows in files.items() if rows}
    kinds = {name: name.replace("-", "_") for name in files}
    listed = {
        re.sub(r"-(\w)", lambda m: m[1].upper(), name): {
            "files": [
                {
                    "fileName": f"data/{name}.js",
                    "globalName": f"YTD.{kinds[name]}.part0",
                    "count": len(rows),
                }
            ]
        }
        for name, rows in files.items()
    }
    who = {"accountId": _id(it.owner), "userName": it.owner, "displayName": it.owner}
    made = {"generationDate": _iso(int(it.made.timestamp())), "isPartialArchive": False}
    manifest = {"userInfo": who, "archiveInfo": made, "dataTypes": listed}
    scripts = {f"window.YTD.{kinds[name]}.part0": (name, rows) for name, rows in files.items()}
    scripts["window.__THAR_CONFIG"] = ("manifest", manifest)
    return {
        f"data/{name}.js": f"{variable} = {_as_text(rows)}".encode("utf-8", "replace")
        for variable, (name, rows) in scripts.items()
    }


def _as_text(page: object) -> str:
    """JSON as X writes it: numbers are texts, and texts are escaped for HTML."""

    def escape(part: object) -> object:
        if isinstance(part, dict):
            return {name: escape(value) for name, value in part.items()}
        if isinstance(part, list):
            return [escape(value) for value in part]
        return part if isinstance(part, bool) else html.escape(str(part), quote=False)

    return json.dumps(escape(page), ensure_ascii=False, indent=2)


def _id(resident: str) -> str:
    return f"{int(resident.removeprefix('resident-')):018}"


def _clock(time: int) -> str:
    return f"{pd.Timestamp(time, unit='s'):%Y-%m-%d %H:%M:%S}"


def _iso(time: int) -> str:
    return f"{pd.Timestamp(time, unit='s'):%Y-%m-%dT%H:%M:%S.000Z}"


# ----------------------------------------------------------------------------------------- TikTok


def _tiktok(it: Content) -> dict[str, bytes]:
    told = it.told({"birth date": "birthDate", "e-mail": "emailAddress"})
    profile = {"userName": it.owner, "displayName": it.owner} | told
    profile |= first_of("inferredGender", it.believed("gender"))
    follows = {"Follower": [], "Following": []}
    for who, how in it.ties:
        if how == "chat" and who in it.chats():
            continue  # the chat says it
        follows["Follower" if how == "follower" else "Following"].append({"UserName": who})
    chats = {
        f"Chat History with {who}:": [
            {"Date": _clock(t.time), "From": who, "Content": ""} for t in wrote
        ]
        for who, wrote in it.chats().items()
    }
    sections = {
        "Ads and data": {
            "Ad Interests": {
                "AdInterestCategories": "|".join([*it.believed("interest"), *it.segments()])
            },
            "Off TikTok Activity": {"OffTikTokActivityDataList": _off_tiktok(it)},
        },
        "App Settings": {"Settings": {"SettingsMap": _tiktok_settings(it)}},
        "Comment": {
            "Comments": {"CommentsList": [{"date": _clock(t.time)} for t in it.did("post")]}
        },
        "Direct Message": {"Direct Messages": {"ChatHistory": chats}},
        "Profile": {"Profile Info": {"ProfileMap": profile}},
        "Your Activity": {
            "Follower": {"FansList": follows["Follower"]},
            "Following": {"Following": follows["Following"]},
            "Like List": {"ItemFavoriteList": [{"date": _clock(t.time)} for t in it.did("like")]},
            "Login History": {
                "LoginHistoryList": [{"Date": _clock(t.time)} for t in it.did("login")]
            },
            "Searches": {
                "SearchList": [
                    {"Date": _clock(t.time), "SearchTerm": t.name}
                    for t in it.did("search", thing="search")
                ]
            },
            "Watch History": {"VideoList": [{"Date": _clock(t.time)} for t in it.did("view")]},
        },
    }
    page = json.dumps(sections, ensure_ascii=False, indent=2)
    return {"user_data_tiktok.json": page.encode("utf-8", "replace")}


def _off_tiktok(it: Content) -> list[dict]:
    names = {"visit": "PageView", "purchase": "Purchase", "search": "Search", "event": "Custom"}
    sent = [(t, names[t.kind]) for t in it.did(*names, sources=TRACKERS)]
    listed = it.did(*names, thing="advertiser", sources=["list"])
    sent += [(t, "CustomerFileUpload") for t in listed]
    return [{"TimeStamp": _clock(t.time), "Source": t.name, "Event": event} for t, event in sent]


def _tiktok_settings(it: Content) -> dict[str, str]:
    names = {
        "personalised_adverts": "Personalized Ads",
        "private_account": "Private Account",
        "suggest_to_contacts": "Suggest your account to contacts",
    }
    settings = {
        names[purpose]: "Enabled" if granted else "Disabled"
        for purpose, granted in it.choices.items()
        if purpose in names
    }
    chosen = [b.value for b in it.beliefs if b.told and b.trait == "interest"]
    return settings | ({"Interests": "|".join(chosen)} if chosen else {})


WRITTEN: dict[str, Callable[[Content], dict[str, bytes]]] = {
    "instagram": instagram,
    "facebook": facebook,
    "x": _x,
    "tiktok": _tiktok,
}
"""Whose archives can be written."""
