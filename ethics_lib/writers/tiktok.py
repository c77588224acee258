"""TikTok: its archive, written: one file, in the naming of 2025."""

from __future__ import annotations

import json

from ethics_lib.traces import TRACKERS
from ethics_lib.writers.contents import EVENTS, Content, clock, first_of


def write(it: Content) -> dict[str, bytes]:
    """The files of an archive of TikTok, by their paths."""
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
            {"Date": clock(t.time), "From": who, "Content": ""} for t in wrote
        ]
        for who, wrote in it.chats().items()
    }
    sections = {
        "Ads and data": {
            "Ad Interests": {
                "AdInterestCategories": "|".join([*it.believed("interest"), *it.segments()])
            },
            "Off TikTok Activity": {"OffTikTokActivityDataList": _elsewhere(it)},
        },
        "App Settings": {"Settings": {"SettingsMap": _settings(it)}},
        "Comment": {
            "Comments": {"CommentsList": [{"date": clock(t.time)} for t in it.did("post")]}
        },
        "Direct Message": {"Direct Messages": {"ChatHistory": chats}},
        "Profile": {"Profile Info": {"ProfileMap": profile}},
        "Your Activity": {
            "Follower": {"FansList": follows["Follower"]},
            "Following": {"Following": follows["Following"]},
            "Like List": {"ItemFavoriteList": [{"date": clock(t.time)} for t in it.did("like")]},
            "Login History": {
                "LoginHistoryList": [{"Date": clock(t.time)} for t in it.did("login")]
            },
            "Searches": {
                "SearchList": [
                    {"Date": clock(t.time), "SearchTerm": t.name}
                    for t in it.did("search", thing="search")
                ]
            },
            "Watch History": {"VideoList": [{"Date": clock(t.time)} for t in it.did("view")]},
        },
    }
    page = json.dumps(sections, ensure_ascii=False, indent=2)
    return {"user_data_tiktok.json": page.encode("utf-8", "replace")}


def _elsewhere(it: Content) -> list[dict]:
    sent = [(t, EVENTS[t.kind]) for t in it.did(*EVENTS, sources=TRACKERS)]
    listed = it.did(*EVENTS, thing="advertiser", sources=["list"])
    sent += [(t, "CustomerFileUpload") for t in listed]
    return [{"TimeStamp": clock(t.time), "Source": t.name, "Event": event} for t, event in sent]


def _settings(it: Content) -> dict[str, str]:
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
