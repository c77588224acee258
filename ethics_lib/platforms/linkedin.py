"""LinkedIn: a folder of tables with commas; only the larger of its two archives has the guesses.

Two files begin with notes, and one has a name for several of its columns: `entries.read_csv` gives
pairs for that. People stand here by their full names alone, so that namesakes become one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ethics_lib.entries import Path, mask, moment
from ethics_lib.layouts import Believes, Did, Knows, Layout, Me, Part, Read, Row, Thing, each

__all__ = ["LAYOUT"]

_Cells = dict[str, str]
"""The filled cells of a row, by the names of their columns in small letters, without blanks."""


def _pairs(entry: object) -> list[tuple[str, str]]:
    """The filled cells of a row, in order, each with the name of its column."""
    return [(name, cell.strip()) for name, cell in entry if cell.strip()]


def _row(*wanted: str) -> Callable[[Callable[[_Cells], Iterable[Row]]], Read]:
    """Make a reader of rows of a function; a row of a table without these columns is odd."""

    def wrap(function: Callable[[_Cells], Iterable[Row]]) -> Read:
        def read(path: Path, entry: object) -> Iterable[Row] | None:
            columns = {_short(name) for name, _ in entry}
            if not columns.issuperset(wanted):
                return None
            return function({_short(name): cell for name, cell in reversed(_pairs(entry))})

        return each(read)

    return wrap


def _short(name: str) -> str:
    return re.sub("[^a-z]", "", name.lower())


def _when(cells: _Cells) -> int | None:
    """The first cell that is a time."""
    return next((t for t in map(moment, reversed(cells.values())) if t is not None), None)


def _name(cells: _Cells, before: str = "") -> str:
    """Somebody's full name, from one cell or two."""
    halves = (cells.get(f"{before}firstname"), cells.get(f"{before}lastname"))
    return " ".join(filter(None, halves)) or cells.get("fullname") or cells.get("toname", "")


def _did(kind: str, column: str) -> Read:
    """A reader of things done at a time; what they were done to is a link, and is not kept."""
    return _row(column)(lambda cells: [Did(kind, None, _when(cells))] if cells else [])


def _about(kind: str, column: str, mark: str = "") -> Read:
    """A reader of topics, channels, firms."""

    @_row(column)
    def read(cells: _Cells) -> Iterable[Row]:
        name = cells.get(column)
        return [Did(kind, Thing("topic", mark + name.lstrip("#")), _when(cells))] if name else []

    return read


def _said(where: str, **traits: str) -> Read:
    """A reader of what you wrote on your page: trait by column."""

    @_row(next(iter(traits)))
    def read(cells: _Cells) -> Iterable[Row]:
        said = [(trait, cells[column]) for column, trait in traits.items() if column in cells]
        hidden = [(t, mask(v) if t in ("e-mail", "phone") else v) for t, v in said]
        return [Believes(trait, value, "declared", where) for trait, value in hidden]

    return read


_told = _said("profile", birthdate="birth date", geolocation="home", industry="industry")


def _profile(entries: Iterable[tuple[Path, object]]) -> Iterable[Row | None]:
    """What you said of yourself, and your name, by which your own messages are known."""
    for entry in entries:
        yield from _told(iter([entry]))
        yield from _owner(iter([entry]))


@_row("firstname", "lastname")
def _owner(cells: _Cells) -> Iterable[Row]:
    return [Me(_name(cells))] if _name(cells) else []


@each
def _targeting(path: Path, entry: object) -> Iterable[Row] | None:
    """One row: what advertisers may ask for, and what it answers; several values by ``;``."""
    if not {"Member Age", "Member Gender", "Member Interests"} & {name for name, _ in entry}:
        return None
    return [
        Believes(_FACETS.get(name, name.lower()), value.strip(), "inferred", "advert targeting")
        for name, cell in _pairs(entry)
        for value in cell.split(";")
        if value.strip()
    ]


_FACETS = {
    "Member Age": "age",
    "Member Gender": "gender",
    "Member Interests": "interest",
    "Member Traits": "segment",
    "Profile Locations": "home",
    "Interface Locales": "language",
    "interfaceLocale": "locale",
    "Buyer Groups": "buyer group",
    "Company Names": "company",
    "Company Follower of": "company followed",
    "Company Connections": "company connected",
    "Company Industries": "industry",
    "Degrees": "degree",
    "degreeClass": "degree class",
    "Member Schools": "school",
    "Fields of Study": "field of study",
    "Job Functions": "job function",
    "Job Seniorities": "job seniority",
    "Job Titles": "job title",
    "Member Groups": "group",
    "Member Skills": "skill",
}


@_row("typeofinference", "inference")
def _inferences(cells: _Cells) -> Iterable[Row]:
    trait, value = cells.get("typeofinference"), cells.get("inference")
    if not trait or not value:
        return []
    return [Believes(trait.lower(), value, "inferred", "inferences about you")]


def _knows(context: str, column: str) -> Read:
    """A reader of people you are tied to; where they work and how to reach them is passed over."""

    @_row(column)
    def read(cells: _Cells) -> Iterable[Row]:
        name = _name(cells)
        return [Knows(name, context)] if name and cells.get("status") != "Unfollow" else []

    return read


@_row("from", "to", "direction")
def _invitations(cells: _Cells) -> Iterable[Row]:
    came = cells.get("direction", "").upper() == "INCOMING"
    name = cells.get("from" if came else "to")
    return [Knows(name, "asks" if came else "asked")] if name else []


@_row("from", "date")
def _messages(cells: _Cells) -> Iterable[Row]:
    writer = cells.get("from")
    return [Did("message", None, moment(cells.get("date")), by=writer)] if writer else []


@_row("searchquery")
def _searches(cells: _Cells) -> Iterable[Row]:
    """The table does not tell people from topics: what is written like a name is taken for one."""
    words = cells.get("searchquery")
    if not words:
        return []
    is_name = re.fullmatch(r"[^\W\d_a-z]\S*( [^\W\d_a-z]\S*){1,2}", words)
    return [Did("search", Thing("account" if is_name else "search", words), _when(cells))]


@_row("action", "pageapp")
def _elsewhere(cells: _Cells) -> Iterable[Row]:
    """Adverts of LinkedIn's that stood in other firms' apps."""
    kind = "advert click" if "click" in cells.get("action", "").lower() else "advert"
    place = cells.get("pageapp")
    return [Did(kind, Thing("app", place) if place else None, _when(cells))] if cells else []


@_row("firstname", "lastname")
def _contacts(cells: _Cells) -> Iterable[Row]:
    names = (_name(cells), cells.get("emails"), cells.get("phonenumbers"))
    name = next(filter(None, names), None)
    time = moment(cells.get("createdat"))
    return [Did("contact", None, time, "contacts", about=name)] if name else []


@_row("endorserfirstname")
def _endorsed(cells: _Cells) -> Iterable[Row]:
    """What others say that you can."""
    skill, name = cells.get("skillname"), _name(cells, "endorser")
    thing = Thing("topic", skill) if skill else None
    return [Did("post", thing, _when(cells), by=name)] if name else []


@_row("endorseefirstname")
def _endorses(cells: _Cells) -> Iterable[Row]:
    name = _name(cells, "endorsee")
    return [Did("post", Thing("account", name), _when(cells))] if name else []


@_row("firstname", "lastname")
def _praised(cells: _Cells) -> Iterable[Row]:
    return [Did("post", None, _when(cells), by=_name(cells))] if _name(cells) else []


@_row("firstname", "lastname")
def _praises(cells: _Cells) -> Iterable[Row]:
    name = _name(cells)
    return [Did("post", Thing("account", name), _when(cells))] if name else []


_SIGNED_IN = "devices that signed in"
_CONTACTS = Part("your address book", _contacts)
_COACH = "talks with a machine: not opened"
_JOBS = "what you told employers: not opened"
_PAGE = "more of what you wrote on your page"

LAYOUT = Layout(
    "LinkedIn",
    parts={
        "ad_targeting.csv": Part("what advertisers may ask for", _targeting),
        "inferences_about_you.csv": Part("what it made up of you", _inferences),
        "ads_clicked.csv": Part("adverts clicked", _did("advert click", "adclickeddate")),
        "lan_ads_engagement.csv": Part("adverts in other firms' apps", _elsewhere),
        "connections.csv": Part("people you know", _knows("connection", "connectedon")),
        "member_follows*.csv": Part("whom you follow", _knows("following", "status")),
        "invitations.csv": Part("whom you asked, and who asked", _invitations),
        "contacts.csv": _CONTACTS,
        "importedcontacts.csv": _CONTACTS,
        "messages.csv": Part("messages: who wrote when", _messages),
        "company_follows.csv": Part("firms you follow", _about("like", "organization")),
        "hashtag_follows*.csv": Part("tags you follow", _about("like", "hashtag", "#")),
        "reactions*.csv": Part("likes", _did("like", "type")),
        "comments*.csv": Part("comments", _did("post", "message")),
        "shares*.csv": Part("posts", _did("post", "sharelink")),
        "instantreposts*.csv": Part("what you passed on", _did("post", "link")),
        "endorsement_received_info.csv": Part("what others say that you can", _endorsed),
        "endorsement_given_info.csv": Part("what you say that others can", _endorses),
        "recommendations_received.csv": Part("what others say of you", _praised),
        "recommendations_given.csv": Part("what you say of others", _praises),
        "searchqueries.csv": Part("what you looked for", _searches),
        "learning.csv": Part("courses watched", _about("view", "contenttitle")),
        "registration.csv": Part("when you signed up", _did("login", "registeredat")),
        "logins.csv": Part(_SIGNED_IN, _did("login", "logindate")),
        "security_challenges.csv": Part(_SIGNED_IN, _did("login", "challengedate")),
        "profile.csv": Part("what you said of yourself", _profile),
        "email_addresses.csv": Part("your addresses", _said("account", emailaddress="e-mail")),
        "phonenumbers.csv": Part("your numbers", _said("account", number="phone")),
        "whatsapp_phone_numbers.csv": Part("your numbers", _said("account", number="phone")),
        "positions.csv": Part(
            "where you worked", _said("positions", companyname="company", title="job title")
        ),
        "education.csv": Part(
            "where you learned", _said("education", schoolname="school", degreename="degree")
        ),
        "skills.csv": Part("what you can", _said("skills", name="skill")),
        "languages.csv": Part("languages", _said("languages", name="language")),
        "causes_you_care_about.csv": Part("causes", _said("causes", supportedcause="interest")),
    },
    signs=(
        "ad_targeting.csv",
        "inferences_about_you.csv",
        "ads_clicked.csv",
        "lan_ads_engagement.csv",
        "connections.csv",
        "member_follows*.csv",
        "company_follows.csv",
        "registration.csv",
        "searchqueries.csv",
        "endorsement_received_info.csv",
    ),
    why_not={
        "rich_media*.csv": "links to pictures",
        "saved_items*.csv": "links to what you kept",
        "inferred_credibility_scores.csv": "a guess in columns that are not documented: look at it",
        "verifications*.csv": "how you proved who you are",
        "private_identity_asset.csv": "how you proved who you are",
        "notes.csv": "texts on others",
        "groups.csv": "groups you are in",
        "coach_messages.csv": _COACH,
        "votes*.csv": "links to polls, and what you chose there",
        "profile_summary.csv": "a text of yours",
        "publications.csv": _PAGE,
        "certifications.csv": _PAGE,
        "courses.csv": _PAGE,
        "honors.csv": _PAGE,
        "projects.csv": _PAGE,
        "volunteering.csv": _PAGE,
        "patents.csv": _PAGE,
        "organizations.csv": _PAGE,
        "test_scores.csv": _PAGE,
        "creator*.csv": _PAGE,
        "events.csv": "meetings you went to",
        "guide_messages.csv": _COACH,
        "learning_coach_messages.csv": _COACH,
        "learning_role_play_messages.csv": _COACH,
        "learningcoachmessages.csv": _COACH,
        "jobs/*.csv": _JOBS,
        "job_*.csv": _JOBS,
        "saved*alerts.csv": _JOBS,
        "saved_jobs.csv": _JOBS,
        "services_marketplace/*.csv": "services you offer",
        "*marketplace*.csv": "services you offer",
        "receipts*.csv": "what you paid LinkedIn",
        "articles/*.html": "texts of yours",
    },
)
