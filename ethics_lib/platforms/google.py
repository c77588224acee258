"""Google: Takeout with YouTube, My Activity and Chrome, as JSON and tables.

A title begins with what was done, in the language of the account; the rest of it is kept only
where it is a word that the owner typed, or an app. Of an address only the host is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

from ethics_lib.entries import Path, called, dig, host, moment, text
from ethics_lib.layouts import Did, Knows, Layout, Part, Read, Row, Thing, each

__all__ = ["LAYOUT"]

_VERBS = {
    "Searched for": "search",
    "Visited": "visit",
    "Watched": "view",
    "Viewed": "view",
    "Read": "view",
    "Played": "view",
    "Listened to": "view",
    "Liked": "like",
    "Used": "event",
    "Subscribed to": "subscription",
    # as public parsers of 2024 to 2026 quote them; what follows is a place, or was said to a
    # machine, and is not kept
    "Directions to": "search",
    "Explored": "view",
    "Prompted": "message",
}
_UNKEPT = ("Directions to", "Prompted")
_CARDS = re.compile(r"[0-9,]+ cards? in your feed")
_ASIDE = re.compile(  # what Google told you, or you told Google
    r"[0-9,]+ notifications?$|[Rr]eceived a notification|Gave feedback|Selected preferred|"
    r"Created Gemini Canvas"
)
_OWN = re.compile(r"(^|\.)(google\.[a-z.]+|youtube\.com)$")  # says where, and not of whom


def _site(address: str | None) -> str | None:
    """The host of an address, also of one behind Google's own redirect."""
    parts = urlsplit(address or "")
    if parts.path == "/url" and _OWN.search(host(address) or ""):
        address = parse_qs(parts.query).get("q", [address])[0]
        parts = urlsplit(address)
    return host(address) if parts.scheme in ("http", "https") else None


def _is_advert(entry: object, title: str) -> bool:
    details = dig(entry, "details")
    marks = [text(detail, "name") for detail in details] if isinstance(details, list) else []
    return "From Google Ads" in marks or title.lower().startswith("viewed ad")


@each
def _activity(path: Path, entry: object) -> Iterable[Row] | None:
    title, time = text(entry, "title"), moment(dig(entry, "time"))
    verb = next((verb for verb in _VERBS if title and title.startswith(f"{verb} ")), None)
    if title and _CARDS.match(title):
        return _cards(entry, time)
    if title and _ASIDE.match(title):
        return []
    if title is None or verb is None:
        return None
    if verb in _UNKEPT:
        return [Did(_VERBS[verb], None, time)]
    kind, rest = _VERBS[verb], title.removeprefix(verb).strip()
    site, channel = _site(text(entry, "titleUrl") or rest), text(entry, "subtitles", 0, "name")
    thing = None  # a video that was deleted has neither channel nor address
    if site and not _OWN.search(site):
        thing = Thing("site", site)
    elif channel:
        thing = Thing("account", channel)
    if kind == "search":
        somebody = called(rest)
        return [Did(kind, Thing("account", somebody) if somebody else Thing(kind, rest), time)]
    if _is_advert(entry, title):
        return [Did("advert", thing, time)]
    if kind == "subscription":
        return [Knows(channel or rest, kind)]
    if kind == "visit":
        return [Did(kind, Thing("site", site) if site else None, time)]
    if kind == "event":
        return [Did(kind, Thing("app", rest), time)]
    return [Did(kind, thing, time)]


def _cards(entry: object, time: int | None) -> list[Row]:
    """What Discover took to be of interest, and put before you."""
    details = dig(entry, "details")
    names = [text(detail, "name") for detail in details] if isinstance(details, list) else []
    topics = [name.removesuffix(" - viewed") for name in names if name and "://" not in name]
    return [Did("view", Thing("topic", topic), time) for topic in topics] or [
        Did("view", None, time)
    ]


def _column(entry: object, name: str) -> str | None:
    """A cell of a table, by its column's name; capitals differ from archive to archive."""
    return next((text(cell) for column, cell in entry if column.lower() == name), None)


@each
def _subscriptions(path: Path, entry: object) -> Iterable[Row] | None:
    name = _column(entry, "channel title")
    return [Knows(name, "subscription")] if name else None


def _written(column: str) -> Read:
    """A reader of what was written under videos: that it was, and when."""

    def read(path: Path, entry: object) -> Iterable[Row] | None:
        time = moment(_column(entry, column))
        return [Did("post", None, time)] if time else None

    return each(read)


@each
def _installs(path: Path, entry: object) -> Iterable[Row] | None:
    name, time = text(entry, "install", "doc", "title"), dig(entry, "install")
    return (
        [Did("event", Thing("app", name), moment(dig(time, "firstInstallationTime")))]
        if name
        else None
    )


@each
def _visits(path: Path, entry: object) -> Iterable[Row] | None:
    address = text(entry, "url")
    if address is None:
        return None
    site = _site(address)  # none for a file of one's own, or a page of the browser
    return [Did("visit", Thing("site", site), moment(dig(entry, "time_usec")))] if site else []


@each
def _nothing(path: Path, entry: object) -> Iterable[Row]:
    return []


_CHROME = {
    "Browser History": Part("pages opened in Chrome", _visits),
    "Typed Url": Part("the same pages, by address", _nothing),
}

_CLOSED = {
    "letters, notes and files: as much of others as of you": (
        "mail drive keep tasks hangouts groups calendar contacts blogger saved "
        "google_chat google_photos google_workspace_marketplace assistant_notes_and_lists "
        "shopping_lists"
    ),
    "places, minute by minute: not read here": (
        "location_history location_history_(timeline) maps maps_(your_places) my_maps timeline"
    ),
    "what you bought, installed or own: not read here": (
        "google_pay google_play_store google_play_books google_play_games_services "
        "google_play_movies* google_shopping google_store home_app fit "
        "android_device_configuration_service"
    ),
    "your account and its settings: not read here": (
        "google_account profile access_log_activity google_business_profile search_contributions"
    ),
    "of the browser, but no page opened": "chrome",
    "videos that you put up, lists of videos, and your channel": (
        "playlists channels video_metadata videos my-comments my-live-chat-messages music-uploads "
        "music_(library_and_uploads)"
    ),
    "what you follow in Google News: not read here": "news google_news",
    "of a product that is not read here": (
        "alerts bookmarks classic_sites cloud_print crisis_user_reports data_shared_for_research "
        "discover fitbit gemini google_ads google_cloud_search google_feedback google_finance "
        "google_fit google_help_communities google_meet google_my_business google_podcasts "
        "google_translator_toolkit google_wallet nest notebooklm package_tracking "
        "personal_safety phone_link pixel_telemetry product_feedback purchases_&_reservations "
        "recorder reminders search_notifications stadia street_view voice"
    ),
}
"""Takeout's folders, and why they stay closed.

As google_takeout_parser names them (2026); the last line is from memory, and harmless if it errs. A
file of YouTube's own folder that is not named here may be a history in another language.
"""

_ELSEWHERE = {
    "Arabic": (
        "سجل المشاهدة.*, سجلّ البحث.*, سجل البحث.*, اشتراكات.csv, chrome/السجل*.json, نشاطي/**, "
        "أنشطتي/**"
    ),
    "Chinese": "观看记录.*, 搜索记录.*, 订阅内容.csv, chrome/历史记录.json, 我的活动/**",
    "Dutch": (
        "kijkgeschiedenis.*, zoekgeschiedenis.*, abonnementen.csv, chrome/geschiedenis.json, "
        "mijn activiteit/**"
    ),
    "French": "historique*des*vidéos*regardées.*, mon activité/**",
    "German": (
        "wiedergabeverlauf.*, suchverlauf.*, abos.csv, chrome/verlauf.json, meine aktivitäten/**"
    ),
    "Italian": "cronologia*visualizzazioni.*, cronologia*delle*ricerche.*",
    "Korean": "내 활동/**",
    "Lithuanian": "žiūrėjimo istorija.*, paieškos istorija.*, prenumeratos.csv",
    "Portuguese": "histórico*de*visualização.*, histórico*de*pesquisa.*, minha atividade/**",
    "Romanian": "istoricul*vizionărilor.*, istoricul căutărilor.*, abonamente.csv",
    "Spanish": (
        "historial*de*reproducciones.*, historial*de*búsqueda*.*, suscripciones.csv, "
        "chrome/historial.json, mi actividad/**"
    ),
    "Turkish": (
        "*zleme geçmişi.*, arama geçmişi.*, abonelikler.csv, chrome/tarih.json, "
        "chrome/geçmiş.json, etkinliğim/**"
    ),
}
"""What Takeout calls the same files in other languages.

Arabic, Chinese, Dutch, German, Spanish and Turkish as d3i-infra/data-donation-task saw them in
real archives (August 2026; subscriptions outside Dutch are its guess); Lithuanian and Romanian as
donated structures have them (2025); French, Italian, Korean and Portuguese as one public parser
each names them. Other languages are not known here.
"""

LAYOUT = Layout(
    "Google",
    parts={
        "watch-history.json": Part("videos watched, and adverts among them", _activity),
        "search-history.json": Part("words you looked for on YouTube", _activity),
        "subscriptions.csv": Part("channels you follow", _subscriptions),
        "comments.csv": Part("comments", _written("comment create timestamp")),
        "live*chats.csv": Part("words in live chats", _written("live chat create timestamp")),
        "google_play_store/installs.json": Part("apps installed", _installs),
        "my_activity/*/my*activity.json": Part("what you did in a product", _activity),
        "my*activity.json": Part("what you did in a product", _activity),
        "history.json": Part("pages opened in Chrome", _CHROME),
        "browserhistory.json": Part("pages opened in Chrome", _CHROME),
    },
    signs=(
        "watch-history.json",
        "search-history.json",
        "my_activity/*/my*activity.json",
        "browserhistory.json",
        "archive_browser.html",
    ),
    why_not={"archive_browser.html": "a list of what is in the archive, to be looked at"}
    | {f"{name}/**": why for why, names in _CLOSED.items() for name in names.split()},
    again={
        pattern: f"it is in {language}: set your language there to English, ask again, choose JSON"
        for language, patterns in _ELSEWHERE.items()
        for pattern in patterns.split(", ")
    },
)
