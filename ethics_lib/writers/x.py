"""X: its archive, written.

It numbers accounts, so that people are numbers there. Its messages, and what trackers sent without
an advert before it, stand in no example of ours: their shapes are public parsers'.
"""

from __future__ import annotations

import html
import json
import re

import pandas as pd

from ethics_lib.traces import TRACKERS
from ethics_lib.writers.contents import EVENTS, Content, Trace, clock, first_of, name_site


def write(it: Content) -> dict[str, bytes]:
    """The files of an archive of X, by their paths."""
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
    return _scripts(it, files | people | _adverts(it))


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


def _adverts(it: Content) -> dict[str, list]:
    criteria = {"lookalike": "Follower look-alikes", "belief": "Interests", "list": "List"}
    criteria |= {"pixel": "Website Activity", "answered": "Retargeting campaign engager"}

    def shown(trace: Trace) -> dict:
        why = [criteria[via] for via in it.ways.get(trace.name, []) if via in criteria]
        return {
            "advertiserInfo": {"advertiserName": trace.name},
            "matchedTargetingCriteria": [{"targetingType": name} for name in why],
            "impressionTime": clock(trace.time),
        }

    impressions = [shown(t) for t in it.did("advert", thing="advertiser")]
    engagements = [
        {
            "impressionAttributes": shown(t),
            "engagementAttributes": [{"engagementTime": clock(t.time), "engagementType": "Detail"}],
        }
        for t in it.did("advert click", thing="advertiser")
    ]
    firm_of = {name: firm for firm in it.firms("pixel") for name in (firm, name_site(firm))}
    sent: dict[str, list] = {"site": [], "app": []}
    for t in it.did(*EVENTS, sources=TRACKERS):
        if t.thing in sent:
            where = f"https://{t.name}/" if t.thing == "site" else t.name
            firm = {"advertiserName": firm_of[t.name]} if t.name in firm_of else {}
            place = "conversionUrl" if t.thing == "site" else "applicationName"
            event = {"conversionEvent": EVENTS[t.kind], place: where, "advertiserInfo": firm}
            sent[t.thing].append(event | {"conversionTime": clock(t.time)})
    return {
        "ad-impressions": _of_adverts("adImpressions", impressions=impressions),
        "ad-engagements": _of_adverts("adEngagements", engagements=engagements),
        # no advert brought these about
        "ad-online-conversions-unattributed": _of_adverts(
            "unattributedOnlineConversions", conversions=sent["site"]
        ),
        "ad-mobile-conversions-unattributed": _of_adverts(
            "unattributedMobileAppConversions", conversions=sent["app"]
        ),
    }


def _of_adverts(name: str, **rows: list) -> list[dict]:
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


def _iso(time: int) -> str:
    return f"{pd.Timestamp(time, unit='s'):%Y-%m-%dT%H:%M:%S.000Z}"
