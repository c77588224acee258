"""Google and WhatsApp; and archives in other languages or forms, of which only that is said."""

import json
import re
import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethics_lib.archives import ArchiveError
from ethics_lib.exports import read_export
from ethics_lib.platforms.google import LAYOUT as GOOGLE
from ethics_lib.platforms.whatsapp import LAYOUT as WHATSAPP

EXAMPLES = Path(__file__).parent / "exports"
CATALOGUE = json.loads((EXAMPLES / "catalogue.json").read_text(encoding="utf-8"))["entries"]
TABLES = ("traces", "items", "ties", "beliefs", "advertisers", "consents", "files")
OTHERS = re.compile("Juno|Tidepool|Book Club|Couch|due-date|/compare|DEMO", re.IGNORECASE)


def packed(files):
    """A zip of these files; what is no text is written as JSON."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, content in files.items():
            file.writestr(name, content if isinstance(content, str) else json.dumps(content))
    stream.seek(0)
    return stream


def all_text(export):
    return repr(export) + "".join(getattr(export, name).to_csv() for name in TABLES)


@pytest.fixture(scope="module")
def google():
    return read_export(EXAMPLES / "google_takeout")


@pytest.fixture(scope="module", params=["android", "ios"])
def chat(request):
    return read_export(EXAMPLES / "whatsapp" / request.param, name="Wren")


# --- the examples --------------------------------------------------------------------------


def traces_of(export):
    """What was done to what, in order of time."""
    named = export.traces.merge(export.items, left_on="item", right_index=True, how="left")
    named = named.astype({"kind_x": "str"}).sort_values("time")
    return list(named[["kind_x", "kind_y", "name"]].fillna("").itertuples(index=False, name=None))


def test_every_google_trace_is_told(google):
    assert google.platform == "Google"
    assert traces_of(google) == [
        ("search", "search", "alcohol free cocktails"),
        ("view", "account", "account 1"),
        ("advert", "", ""),
        ("search", "search", "due date calculator"),
        ("advert", "site", "littleorbit-prams.example"),
        ("visit", "site", "littleorbit-prams.example"),
    ]
    times = google.traces.sort_values("time")["time"]
    assert times.iloc[0] == pd.Timestamp("2026-01-02 18:00:00")
    assert times.iloc[1] == pd.Timestamp("2026-01-08 06:30:00")
    assert times.iloc[-1] == pd.Timestamp("2026-01-12 20:14:00")
    assert google.traces["dated"].all()


def test_a_channel_that_is_followed_is_a_tie_and_the_same_account(google):
    assert google.ties.to_dict("records") == [{"a": 0, "b": 1, "context": "subscription"}]


@pytest.mark.parametrize("platform", ["google_takeout", "whatsapp"])
def test_the_examples_have_nothing_odd_and_nothing_not_understood(platform):
    files = read_export(EXAMPLES / platform).files
    assert set(files["status"]) == {"read"}
    assert files["odd"].sum() == 0
    assert (files["rows"] > 0).all()


# where each entry of the catalogue ends up: table, and what of it
WHERE = {
    "Takeout/YouTube and YouTube Music/history/watch-history.json": ("traces", "view"),
    "Takeout/YouTube and YouTube Music/subscriptions/subscriptions.csv": ("ties", "subscription"),
    "Takeout/My Activity/<Product>/MyActivity.json": ("traces", "search"),
    "ios: _chat.txt | android: WhatsApp Chat with <name>.txt": ("traces", "message"),
}


@pytest.mark.parametrize(
    "entry",
    [entry for entry in CATALOGUE if entry["platform"] in ("google_takeout", "whatsapp")],
    ids=lambda entry: entry["path"],
)
def test_each_entry_of_the_catalogue_is_where_its_origin_says(entry, google):
    noun, what = WHERE[entry["path"]]
    export = google if entry["platform"] == "google_takeout" else read_export(EXAMPLES / "whatsapp")
    table = getattr(export, noun)
    assert (table["kind" if noun == "traces" else "context"] == what).any()
    # observed are traces of the platform; provided is what somebody chose to write or to follow
    assert entry["origin"] in ("observed", "provided")
    if noun == "traces":
        assert set(table.loc[table["kind"] == what, "source"]) == {"platform"}
    if entry["about"] == "others":
        assert (table["from_person"] != 0).any()
    assert export.beliefs.empty  # neither of them says what it infers


def test_none_of_the_catalogue_is_left_out():
    ours = {e["path"] for e in CATALOGUE if e["platform"] in ("google_takeout", "whatsapp")}
    assert ours == set(WHERE)


def test_no_other_name_stands_anywhere(google, chat):
    for export in (google, chat):
        assert not OTHERS.search(all_text(export))
    assert "Wren" not in all_text(chat)


# --- Google --------------------------------------------------------------------------------


def activity(**entry):
    """The traces of one entry of My Activity, and what became of its file."""
    entry.setdefault("time", "2026-01-10T22:14:00.000Z")
    sound = {"title": "Searched for tea", "time": "2020-01-01T00:00:00Z"}
    files = {"Takeout/My Activity/Maps/MyActivity.json": [sound, entry]}
    export = read_export(packed(files))
    return [row for row in traces_of(export) if row[2] != "tea"], export


@pytest.mark.parametrize(
    ("title", "rest", "told"),
    [
        ("Watched a video that has been removed", {}, ("view", "", "")),
        ("Viewed a post", {"titleUrl": "https://www.youtube.com/post/x"}, ("view", "", "")),
        ("Viewed Juno's house", {"titleUrl": "https://www.google.com/maps/x"}, ("view", "", "")),
        ("Viewed Juno", {"titleUrl": "https://oar.example/juno"}, ("view", "site", "oar.example")),
        ("Viewed Ads On YouTube Homepage", {}, ("advert", "", "")),
        ("Visited Juno's page", {}, ("visit", "", "")),
        ("Visited https://juno:s3cret@oar.example:80/x", {}, ("visit", "site", "oar.example")),
        (
            "Visited Juno's page",
            {"titleUrl": "https://www.google.com/url?q=https://oar.example/juno&usg=1"},
            ("visit", "site", "oar.example"),
        ),
        ("Used Oar Maps", {}, ("event", "app", "Oar Maps")),
        (
            "Used Oar Maps",
            {"titleUrl": "https://oar.example/", "details": [{"name": "From Google Ads"}]},
            ("advert", "site", "oar.example"),
        ),
        ("Liked Song", {"subtitles": [{"name": "Juno"}]}, ("like", "account", "account 1")),
    ],
)
def test_what_a_title_says(title, rest, told):
    rows, export = activity(title=title, **rest)
    assert rows == [told]
    assert export.files["odd"].sum() == 0
    assert not re.search("juno|s3cret|song", all_text(export), re.IGNORECASE)


def test_a_channel_subscribed_to_in_my_activity_is_a_tie():
    _, export = activity(title="Subscribed to Juno")
    assert export.ties["context"].tolist() == ["subscription"]
    assert "Juno" not in all_text(export)


@pytest.mark.parametrize(
    "entry",
    [
        {"title": "Gesucht nach: Juno"},
        {"title": None},
        {"title": ["Watched Juno"]},
        {"title": "Visited x", "titleUrl": "http://[Juno"},
        {"header": "Maps"},
    ],
)
def test_what_is_not_understood_is_counted_and_not_shown(entry):
    rows, export = activity(**entry)
    assert rows == []
    assert export.files["odd"].tolist() == [1]
    assert "Juno" not in all_text(export)


@pytest.mark.parametrize("file", ["Chrome/History.json", "Chrome/BrowserHistory.json"])
def test_of_a_page_opened_in_chrome_only_the_host_is_kept(file):
    pages = ["https://oar.example/juno?q=1", "chrome://newtab", "file:///juno/a.pdf"]
    visits = [{"url": url, "title": "Juno", "time_usec": 1768248840000000} for url in pages]
    typed = [{"url": "https://oar.example/", "title": "Juno", "visits": []}]
    export = read_export(
        packed({f"Takeout/{file}": {"Browser History": visits, "Typed Url": typed}})
    )
    assert traces_of(export) == [("visit", "site", "oar.example")]
    assert export.traces["time"].tolist() == [pd.Timestamp("2026-01-12 20:14:00")]
    assert export.files["odd"].sum() == 0
    assert "juno" not in all_text(export).lower()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Takeout/archive_browser.html", "a list of what is in the archive"),
        ("Takeout/Keep/For Juno.json", "as much of others as of you"),
        ("Takeout/Drive/Juno/2026/Letter.docx", "as much of others as of you"),
        ("Takeout/Mail/Juno.mbox", "as much of others as of you"),
        ("Takeout/Google Photos/Juno at sea/a.jpg.json", "as much of others as of you"),
        ("Takeout/Location History/Records.json", "places, minute by minute"),
        ("Takeout/Chrome/Bookmarks.html", "no page opened"),
        ("Takeout/YouTube and YouTube Music/playlists/Juno.csv", "lists of videos"),
        ("Takeout/Voice/Calls/Juno - Text.html", "a product that is not read"),
    ],
)
def test_other_files_of_takeout_stay_closed_for_a_reason_and_without_their_name(name, why):
    search = {"Takeout/My Activity/Search/My Activity.json": [{"title": "Searched for tea"}]}
    export = read_export(packed(search | {name: "{}"}))
    closed = export.files[export.files["status"] == "skipped"]
    assert len(closed) == 1
    assert why in closed["why"].item()
    assert not OTHERS.search(all_text(export))


def test_an_unknown_file_of_takeout_is_listed_without_its_name():
    search = {"Takeout/My Activity/Search/My Activity.json": [{"title": "Searched for tea"}]}
    export = read_export(packed(search | {"Takeout/New/Juno.json": "{}"}))
    assert "*/*.json" in export.files["file"].tolist()
    assert not OTHERS.search(all_text(export))


# --- WhatsApp ------------------------------------------------------------------------------

# what the app writes on the 9th (or, where noted, the 31st) of January 2026 at 19:25
FORMS = {
    "GB Android": "09/01/2026, 19:25 - Juno: {}",
    "GB iOS": "[09/01/2026, 19:25:11] Juno: {}",
    "US Android": "1/31/26, 7:25 PM - Juno: {}",
    "US Android, narrow blank": "1/31/26, 7:25\u202fPM - Juno: {}",
    "US iOS": "[1/31/26, 7:25:11 PM] Juno: {}",
    "US iOS, narrow blank": "\u200e[1/31/26, 7:25:11\u202fPM] ~\u202fJuno: {}",
    "AU iOS": "[9/1/2026, 7:25:11 pm] Juno: {}",
    "IN Android": "09/01/26, 7:25 pm - Juno: {}",
    "ZA": "2026/01/09, 19:25 - Juno: {}",
    "DE Android": "09.01.26, 19:25 - Juno: {}",
    "DE Android, dash": "09.01.26, 19:25 – Juno: {}",
    "DE Android, long year": "09.01.2026 19:25 - Juno: {}",
    "DE iOS": "[09.01.26, 19:25:11] Juno: {}",
    "NL Android": "09-01-2026 19:25 - Juno: {}",
    "NL iOS": "[09-01-2026 19:25:11] Juno: {}",
    "BR": "09/01/2026 19:25 - Juno: {}",
    "ES": "9/1/26, 19:25 - Juno: {}",
    "MX": "9/1/2026, 7:25 p. m. - Juno: {}",
    "MX, hard blank": "9/1/2026 7:25 p.\u00a0m. - Juno: {}",
    "MX iOS": "[9/1/26, 7:25:11 p.m.] Juno: {}",
    "FR": "09/01/2026, 19:25 - Juno: {}",
    "FI": "9.1.2026 19.25 - Juno: {}",
    "DK": "09.01.2026 19.25 - Juno: {}",
    "SE": "2026-01-09 19:25 - Juno: {}",
    "HU": "2026. 01. 09. 19:25 - Juno: {}",
    "HR": "09. 01. 2026. 19:25 - Juno: {}",
    "BG": "9.01.26 г., 19:25 - Juno: {}",
    "GR": "9/1/26, 7:25 μ.μ. - Juno: {}",
    "TR": "9.01.2026 19:25 - Juno: {}",
    "MY": "9/01/26, 7:25 PTG - Juno: {}",
    "KR Android": "2026. 1. 9. 오후 7:25 - Juno: {}",
    "KR iOS": "[2026. 1. 9. 오후 7:25:11] Juno: {}",
    "CN": "2026/1/9 下午7:25 - Juno: {}",
    "TW": "[2026/1/9 晚上7:25:11] Juno: {}",
    "JP": "2026/01/09, 19:25 - Juno: {}",
    "JP, halves": "[2026/01/09 午後7:25:11] Juno: {}",
    "EG": "\u200f\u0669/\u0661/\u0662\u0660\u0662\u0666، \u0667:\u0662\u0665 م - Juno: {}",
    "with comma": "31-01-26, 19:25 , Juno: {}",
    "month and comma": "01-31-26, 19:25 , Juno: {}",
    "month, dots": "01.31.26 19:25 - Juno: {}",
    "old iOS": "31/01/26, 7:25:11 PM: Juno: {}",
    "with T": "2026-01-09T19:25:11 - Juno: {}",
}


def read_chat(*lines, file="_chat.txt", owner=""):
    return read_export(packed({file: "\n".join(lines)}), name=owner)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_each_way_to_write_a_date_gives_its_moment(form):
    line = FORMS[form]
    export = read_chat(line.format("hello"), line.format("at 7:25: bring 2 cups"), "and more")
    day = 31 if "31" in line else 9
    second = 11 if ":11" in line else 0
    assert export.traces["time"].tolist() == [pd.Timestamp(2026, 1, day, 19, 25, second)] * 2
    assert export.traces["dated"].all()
    assert export.traces["from_person"].tolist() == [1, 1]
    assert export.files[["rows", "odd"]].values.tolist() == [[2, 0]]
    assert not re.search("Juno|hello|cups|more", all_text(export))


def test_noon_and_midnight():
    lines = [f"1/31/26, {clock} - Juno: x" for clock in ("12:05 AM", "1:05 AM", "12:05 PM")]
    assert read_chat(*lines).traces["time"].dt.hour.tolist() == [0, 1, 12]


def test_a_half_of_the_day_that_we_do_not_know_leaves_the_time_open():
    export = read_chat("31/01/26, 7:25 zzz - Juno: x", "31/01/26, 19:25 - Juno: x")
    assert export.traces["dated"].tolist() == [False, True]
    assert export.files["odd"].tolist() == [0]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["01/02/26", "02/02/26"], ["2026-02-01", "2026-02-02"]),  # nothing settles it
        (["01/02/26", "01/13/26"], ["2026-01-02", "2026-01-13"]),  # a number above 12 does
        (["01/13/26", "01/02/27"], ["2026-01-13", "2027-01-02"]),
        (["01/02/26", "13/02/26"], ["2026-02-01", "2026-02-13"]),
        (["1/9/26", "1/10/26", "2/1/26"], ["2026-01-09", "2026-01-10", "2026-02-01"]),  # order
        (["26.1.8", "26.1.9", "26.1.10"], ["2026-01-08", "2026-01-09", "2026-01-10"]),
        (["09.01.26", "10.01.26"], ["2026-01-09", "2026-01-10"]),
    ],
)
def test_the_order_of_day_and_month_is_settled_by_the_whole_chat(written, read):
    lines = [f"{day}, 19:25 - Juno: x" for day in written]
    assert read_chat(*lines).traces["time"].dt.date.astype(str).tolist() == read


@given(
    days=st.lists(st.dates(date(2012, 1, 1), date(2040, 12, 31)), min_size=1),
    form=st.sampled_from(["{d}/{m}/{y}", "{m}/{d}/{y}", "{y}-{m}-{d}", "{d}.{m:02}.{y}"]),
)
def test_a_chat_with_a_day_that_cannot_be_a_month_is_read_as_it_was_written(days, form):
    days = sorted({*days, days[0].replace(day=28)})
    lines = [form.format(d=day.day, m=day.month, y=day.year) + ", 19:25 - Juno: x" for day in days]
    export = read_chat(*lines)
    assert export.traces["time"].dt.date.tolist() == days


def test_a_day_that_is_none_is_odd():
    export = read_chat(*(f"{day}/26, 19:25 - Juno: x" for day in ("28/02", "31/02", "01/03")))
    assert export.files[["rows", "odd"]].values.tolist() == [[2, 1]]
    assert export.traces["time"].dt.month.tolist() == [2, 3]


def test_lines_of_the_app_itself_tell_of_nobody():
    export = read_chat(
        "09/01/2026, 07:25 - Juno added Wren",
        '09/01/2026, 07:25 - Juno changed the subject to "Tea: when"',
        "09/01/2026, 07:25 - Juno changed the subject to “Tea: when”",
        "\u200e[09/01/2026, 07:25:11] Book Club: \u200eJuno left",
        "[09/01/2026, 07:25:11] Juno: \u200e<attached: 0001-PHOTO.jpg>",
        "[09/01/2026, 07:25:11] Wren: tea?",
        owner="Wren",
    )
    assert export.traces["from_person"].tolist() == [1, 0]
    assert export.others == 1


def test_one_person_is_one_number_saved_as_a_contact_or_not():
    export = read_chat(
        "[09/01/2026, 07:25:11] ~\u202fJuno: x",
        "[09/01/2026, 07:25:12] Juno: x",
        "[09/01/2026, 07:25:13] \u2068Juno\u2069: x",
        "[09/01/2026, 07:25:14] \u202a+44 7700 900456\u202c: x",
    )
    assert export.traces["from_person"].tolist() == [1, 1, 1, 2]
    assert "7700" not in all_text(export)


CALLED = [
    "WhatsApp Chat with Juno.txt",
    "WhatsApp Chat - Juno/_chat.txt",
    "WhatsApp Chat - Juno.txt",
    "WhatsApp Chat mit Juno.txt",
    "WhatsApp-Chat mit Juno.txt",
    "Discussion WhatsApp avec Juno.txt",
    "Chat de WhatsApp con Juno.txt",
    "WhatsApp-chat met Juno.txt",
    "Chat WhatsApp con Juno.txt",
    "Conversa do WhatsApp com Juno.txt",
    "Conversa no WhatsApp com Juno.txt",
    "Juno ile WhatsApp Sohbeti.txt",
    "Чат WhatsApp с Juno.txt",
    "JunoとのWhatsAppチャット.txt",
    "دردشة واتساب مع Juno.txt",
]


@pytest.mark.parametrize("name", CALLED)
def test_the_name_of_the_file_which_is_whom_the_chat_is_with_never_shows(name, tmp_path):
    line = "09/01/2026, 19:25 - Juno: x"
    for export in (read_chat(line, file=name), read_folder(tmp_path, name, line)):
        assert export.platform == "WhatsApp"
        assert export.files["file"].isin(WHATSAPP.parts).all()
        assert "juno" not in all_text(export).lower()


def read_folder(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return read_export(path.parent if path.name == "_chat.txt" else path)


def test_what_was_sent_in_the_chat_stays_closed_and_without_its_name():
    export = read_export(
        packed(
            {
                "_chat.txt": "[09/01/2026, 07:25:11] Juno: x",
                "Juno's letter.docx": "dear Juno",
                "00000012-PHOTO-2026-01-09-07-25-11.jpg": "",
                "Juno.vcf": "BEGIN:VCARD",
                "WhatsApp Chat - Juno.zip": "",
            }
        )
    )
    assert set(export.files["status"]) == {"read", "skipped"}
    assert "juno" not in all_text(export).lower()


@pytest.mark.parametrize(
    "text", ["", "dear Juno,\nsee you at 7:25: yours, Wren", "{}", "\u200e[\n["]
)
def test_a_text_that_is_no_chat_says_so(text):
    with pytest.raises(ArchiveError, match="is it a WhatsApp chat") as problem:
        read_chat(text)
    assert "Juno" not in str(problem.value)


@given(st.text(alphabet='[]0123456789/.:-, ~\u200e\u202fAPMJunoс"\n', max_size=200))
def test_any_text_gives_a_result_or_an_error(text):
    sound = "31/01/2026, 19:25 - Wren: x\n"
    export = read_export(packed({"_chat.txt": sound + text}), name="Wren")
    assert len(export.traces) >= 1
    assert "Juno" not in all_text(export)


def test_a_long_chat_is_kept_as_numbers_only():
    lines = [f"[{d:02}/01/2026, 07:{m:02}:00] Juno: x" for d in range(1, 29) for m in range(60)]
    export = read_chat(*lines)
    assert len(export.traces) == len(lines)
    assert export.traces["time"].is_monotonic_increasing


# --- other languages and HTML --------------------------------------------------------------

ELSEWHERE = {
    "German": "Takeout/YouTube und YouTube Music/Verlauf/Wiedergabeverlauf.json",
    "Dutch": "Takeout/YouTube en YouTube Music/geschiedenis/kijkgeschiedenis.json",
    "French": "Takeout/YouTube et YouTube Music/historique/historique des vidéos regardées.json",
    "Spanish": "Takeout/YouTube y YouTube Music/historial/historial de reproducciones.json",
    "Italian": "Takeout/YouTube e YouTube Music/cronologia/cronologia visualizzazioni.json",
    "Portuguese": "Takeout/YouTube e YouTube Music/histórico/histórico-de-visualização.json",
    "Turkish": "Takeout/YouTube ve YouTube Music/geçmiş/izleme geçmişi.json",
    "Arabic": "Takeout/YouTube وYouTube Music/السجلّ/سجل المشاهدة.json",
    "Chinese": "Takeout/YouTube 和 YouTube Music/历史记录/观看记录.json",
    "Korean": "Takeout/내 활동/Android/내활동.json",
}
WATCHED = [{"title": "Watched Juno", "time": "2026-01-08T06:30:00Z"}]


@pytest.mark.parametrize("form", ["json", "html"])
@pytest.mark.parametrize("language", ELSEWHERE)
def test_a_takeout_in_another_language_says_which_and_how_to_ask_again(language, form):
    name = ELSEWHERE[language].replace("json", form)
    with pytest.raises(ArchiveError, match=f"in {language}.*English.*choose JSON") as problem:
        read_export(packed({name: WATCHED}))
    assert "Juno" not in str(problem.value)


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("Takeout/Meine Aktivitäten/Google Suche/MeineAktivitäten.json", "German"),
        ("Takeout/Meine Aktivita\u0308ten/Google Suche/MyActivity.json", "German"),
        ("Takeout/Mijn activiteit/Zoeken/MyActivity.json", "Dutch"),
        ("Takeout/Mon activité/Recherche/MonActivité.json", "French"),
        ("Takeout/Mi actividad/Búsqueda/MiActividad.json", "Spanish"),
        ("Takeout/YouTube ve YouTube Music/geçmiş/İzleme geçmişi.json", "Turkish"),
        ("Takeout/Chrome/Geschiedenis.json", "Dutch"),
        ("Takeout/我的活动/Search/我的活动记录.json", "Chinese"),
    ],
)
def test_one_file_in_another_language_is_not_understood_and_the_rest_is_read(name, language):
    english = {"Takeout/My Activity/Search/MyActivity.json": [{"title": "Searched for tea"}]}
    export = read_export(packed(english | {name: WATCHED}))
    (row,) = export.files[export.files["status"] == "not understood"].to_dict("records")
    assert re.search(f"in {language}.*English.*ask again", row["why"])
    assert len(export.traces) == 1
    assert not OTHERS.search(all_text(export))


IN_HTML = {
    "Instagram": [
        "start_here.html",
        "your_instagram_activity/likes/liked_posts.html",
        "your_instagram_activity/messages/inbox/junodemo_9/message_1.html",
        "preferences/your_topics/recommended_topics.html",
    ],
    "Facebook": [
        "index.html",
        "connections/friends/your_friends.html",
        "logged_information/other_logged_information/ads_interests.html",
    ],
    "Google": [
        "Takeout/archive_browser.html",
        "Takeout/YouTube and YouTube Music/history/watch-history.html",
        "Takeout/My Activity/Search/MyActivity.html",
        "Takeout/My Activity/Search/My Activity.html",
    ],
}


@pytest.mark.parametrize("platform", IN_HTML)
def test_an_archive_of_html_says_so_and_how_to_ask_again(platform):
    files = dict.fromkeys(IN_HTML[platform], "<html>Juno</html>")
    with pytest.raises(ArchiveError, match=f"{platform} is HTML.*choose JSON") as problem:
        read_export(packed(files))
    assert "juno" not in str(problem.value).lower()


def test_one_html_file_is_not_understood_and_the_rest_is_read():
    name = "Takeout/YouTube and YouTube Music/history/watch-history.html"
    english = {"Takeout/My Activity/Search/MyActivity.json": [{"title": "Searched for tea"}]}
    export = read_export(packed(english | {name: "<html>"}))
    (row,) = export.files[export.files["status"] == "not understood"].to_dict("records")
    assert row["file"] == "watch-history.html"
    assert "HTML: ask the platform again, and choose JSON" in row["why"]


def test_a_product_in_html_is_not_taken_for_another_one_in_json():
    english = {"Takeout/My Activity/Search/MyActivity.json": [{"title": "Searched for tea"}]}
    export = read_export(packed(english | {"Takeout/My Activity/Ads/MyActivity.html": "<html>"}))
    assert sorted(export.files["status"]) == ["not understood", "read"]
    both = read_export(packed(english | {"Takeout/My Activity/Search/MyActivity.html": "<html>"}))
    assert sorted(both.files["status"]) == ["read", "skipped"]


def in_another_language(content):
    """The same entries with labels that are not English, as Meta writes them elsewhere."""
    words = {"Author": "Auteur", "Time": "Tijd", "Username": "Nom d'utilisateur", "Name": "Nom"}
    words |= {"Search": "Zoeken", "URL": "Adres"}
    text = json.dumps(content)
    for english, other in words.items():
        text = text.replace(f'"{english}"', f'"{other}"')
    return text


def example(platform, name):
    (path,) = (EXAMPLES / platform).rglob(name)
    content = json.loads(path.read_text(encoding="utf-8"))
    return path.relative_to(EXAMPLES / platform).as_posix(), content


@pytest.mark.parametrize(
    ("platform", "name"),
    [
        ("instagram", "posts_viewed.json"),
        ("instagram", "recommended_topics.json"),
        ("instagram", "word_or_phrase_searches.json"),
        ("instagram_label_values_variant", "ads_viewed.json"),
    ],
)
def test_labels_of_meta_in_another_language_are_named_as_the_likely_reason(platform, name):
    path, content = example(platform, name)
    foreign = {path: in_another_language(content)}
    with pytest.raises(ArchiveError, match=r"another language, set your language.*English"):
        read_export(packed(foreign))
    likes, content = example("instagram", "followers_1.json")
    export = read_export(packed(foreign | {likes: content}))
    (row,) = export.files[export.files["status"] == "not understood"].to_dict("records")
    assert row["file"].endswith(name)
    assert row["odd"] > 0
    assert re.search("labels are in another language, set your language there", row["why"])


@pytest.mark.parametrize(
    "name",
    [
        "TikTok/Your Activity/Watch History.txt",
        "Your Activity/Watch History.txt",
        "TikTok/Je activiteit/Kijkgeschiedenis.txt",
    ],
)
def test_a_tiktok_archive_of_text_says_so(name):
    with pytest.raises(ArchiveError, match=r"TikTok.*it is text.*choose JSON"):
        read_export(packed({name: "Date: 2026-01-08 06:30:00 UTC\nLink: juno"}))


def test_files_of_every_other_language_have_a_name_that_no_english_file_has():
    english = [*GOOGLE.parts, *GOOGLE.signs, *GOOGLE.why_not]
    names = [pattern.replace("*", "x") for pattern in english]
    assert not [name for name in names if GOOGLE.asks(name)]
    assert len(GOOGLE.again) > 40


# --- shapes of real archives, as public parsers and their tests describe them (2024 to 2026) ----

MINE = "Takeout/My Activity"


def my_activity(product, *entries):
    file = [{"header": product, "products": [product], **entry} for entry in entries]
    return read_export(packed({f"{MINE}/{product}/MyActivity.json": file}))


def test_what_discover_took_to_be_of_interest_is_a_view_of_a_topic():
    topics = [{"name": "Trains"}, {"name": "Cheese - viewed"}, {"name": "Open: https://a.example"}]
    export = my_activity(
        "Discover",
        {"title": "14 cards in your feed", "time": "2026-08-06T14:39:33Z", "details": topics},
        {"title": "1 card in your feed", "time": "2026-08-07T14:39:33Z"},
    )
    assert traces_of(export) == [
        ("view", "topic", "Trains"),
        ("view", "topic", "Cheese"),
        ("view", "", ""),
    ]
    assert export.files["odd"].sum() == 0


@pytest.mark.parametrize(
    ("title", "kinds"),
    [
        ("Directions to Juno's house", ["search"]),
        ("Viewed area around Tidepool Lane", ["view"]),
        ("Explored on Google Maps", ["view"]),
        ("Prompted write to Juno", ["message"]),
        ("Received a notification from Juno", []),
        ("3 notifications", []),
        ("Gave feedback: Juno", []),
    ],
)
def test_what_else_my_activity_tells_is_understood_and_its_words_are_not_kept(title, kinds):
    export = my_activity("Maps", {"title": title, "time": "2026-08-06T14:39:33Z"})
    assert [kind for kind, _, _ in traces_of(export)] == kinds
    assert export.files["odd"].sum() == 0
    assert not OTHERS.search(all_text(export))


def test_a_search_that_calls_somebody_is_a_search_for_an_account():
    export = my_activity("YouTube", {"title": "Searched for trains by @JunoTide"})
    assert traces_of(export) == [("search", "account", "account 1")]


@pytest.mark.parametrize("form", [str.title, str.capitalize])  # both come up in 2026
def test_comments_and_live_chats_are_posts_without_their_words(form):
    folder = "Takeout/YouTube and YouTube Music"
    columns = ("Comment ID", form("Comment create timestamp"), "Video ID", "Comment text")
    cells = ("a", "2026-06-06T06:53:12.434647+00:00", "b", "for Juno")
    chats = ("Live Chat ID", form("Live chat create timestamp"), "Live Chat Text")
    files = {
        f"{folder}/comments/comments.csv": f"{','.join(columns)}\n{','.join(cells)}\n",
        f"{folder}/live chats/live chats.csv": f"{','.join(chats)}\na,2026-06-07T00:00:00Z,Juno\n",
        f"{folder}/subscriptions/subscriptions.csv": f"{form('Channel title')}\nJuno Tidepool\n",
    }
    export = read_export(packed(files))
    assert set(export.files["status"]) == {"read"} and export.files["odd"].sum() == 0
    assert traces_of(export) == [("post", "", "")] * 2
    assert str(export.traces["time"].min()) == "2026-06-06 06:53:12"
    assert len(export.ties) == 1
    assert not OTHERS.search(all_text(export))


def test_installed_apps_are_told_by_name():
    install = {"doc": {"title": "Chess"}, "firstInstallationTime": "2025-05-25T03:11:53.055Z"}
    files = {
        "Takeout/Google Play Store/Installs.json": [{"install": install}, {"install": {}}],
        "Takeout/Google Play Store/Library.json": [],
    }
    export = read_export(packed(files), platform="google")
    assert traces_of(export) == [("event", "app", "Chess")]
    assert export.files.set_index("status")["odd"].to_dict() == {"read": 1, "skipped": 0}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("istoric/istoricul-vizionărilor.json", "Romanian"),
        ("istorija/žiūrėjimo istorija.json", "Lithuanian"),
        ("vaatamised/vaatamisajalugu.json", "no file that we know of"),
    ],
)
def test_a_history_in_another_language_is_never_said_to_be_none(name, why):
    files = {f"Takeout/YouTube/{name}": [], "Takeout/Chrome/History.json": {"Browser History": []}}
    export = read_export(packed(files))
    unknown = export.files[export.files["status"] == "not understood"]
    assert why in unknown["why"].item()


def test_takeouts_products_are_no_wall_of_not_understood():
    folders = "Mail Drive Keep Timeline Fitbit Gemini Voice Discover Nest".split()
    folders += ["Google Pay", "Google Wallet", "Google Meet", "Location History (Timeline)"]
    files = {f"Takeout/{folder}/a.json": [] for folder in folders}
    files["Takeout/Chrome/History.json"] = {"Browser History": []}
    assert set(read_export(packed(files)).files["status"]) == {"read", "skipped"}
