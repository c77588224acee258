"""Own data: what a person can learn from the archives that platforms hand out to them.

What was told is held against what is believed; who told it is counted, in both directions; and what
to change first is read off the numbers. Only what stands in the archives is shown. No model of ours
guesses anything here: they were taught on an invented town, and know nothing of a real person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

import numpy as np
import pandas as pd

from ethics_lib.accuracy import TOPICAL, check_accuracy, check_exports, in_words, refusals
from ethics_lib.doors import OWNER
from ethics_lib.exports import Export
from ethics_lib.layouts import MECHANISMS
from ethics_lib.tables import concat
from ethics_lib.traces import TRACKERS
from ethics_lib.words import count, several

__all__ = [
    "TELLERS",
    "BelievedCard",
    "believed_card",
    "check_accuracy",
    "mechanisms",
    "settings_to_change",
    "who_told",
]

TELLERS: dict[str, str] = {
    "you said so": "yes",
    "you did it there": "yes",
    "other firms' trackers": "no",
    "other firms' lists": "no",
    "other people": "no",
    "the platform concluded it": "not said",
}
"""Who may have told a platform something about you, and whether it came from you."""


def mechanisms(*exports: Export) -> pd.DataFrame:
    """List who can reach you, firm by firm, and by which ways, on how many platforms.

    A firm may be written in several ways. Names that differ in capitals or by an ``@`` in front are
    taken for one; no other likeness is, and how many events a firm's site sent is not said here,
    because a site's name need not be the firm's.

    Returns
    -------
    DataFrame[advertiser, list, pixel, ..., answered, ways, holders]
        Each of `layouts.MECHANISMS` counts the platforms; ``ways`` counts the mechanisms. Who comes
        by most ways stands first.

    Raises
    ------
    TableError
        When no archive is passed, or something that `read_export` did not make.
    """
    check_exports(exports, "mechanisms")
    rows = concat([export.advertisers for export in exports], "advertisers")
    rows = rows.assign(firm=_firm(rows["advertiser"]))
    rows = rows.drop_duplicates(["firm", "via", "holder"])
    via = pd.Categorical(rows["via"], list(MECHANISMS))
    ways = pd.get_dummies(via, dtype="int64").set_axis(list(MECHANISMS), axis=1)
    by_firm = ways.groupby(rows["firm"].to_numpy(), sort=False).sum()
    names = rows.drop_duplicates("firm").set_index("firm")["advertiser"]
    holders = rows.groupby("firm", sort=False)["holder"].agg(
        lambda who: several(who.unique(), most=3)
    )
    table = by_firm.assign(ways=(by_firm > 0).sum(axis=1), holders=holders)
    table.insert(0, "advertiser", names)
    order = table["ways"].to_numpy(), by_firm.sum(axis=1).to_numpy()
    return table.iloc[np.lexsort([-order[1], -order[0]])].reset_index(drop=True)


def _firm(names: pd.Series) -> pd.Series:
    return names.astype("str").str.strip().str.lstrip("@").str.casefold()


def who_told(*exports: Export) -> pd.DataFrame:
    """Count by whom each platform was told about you, and what you told it about others.

    A piece of evidence is a row of the archive that is about you: a *trace* (something recorded; an
    advert shown is no evidence, and is left out), a *belief* (something that stands there as being
    so), or an *advertiser* who can reach you, once for each teller. Each counts as one, whatever it
    weighs; where ten thousand views stand in an archive they decide the share, so look at all three
    columns. What a platform concluded was made from all of these, and from which it does not say:
    it is neither from you nor not from you. Whom you resemble, and what you were believed to be,
    count as conclusions.

    Three rows have no share: what others wrote to you, which need not be about you; what you told
    about others; and how many others stand in your archive. Whoever is in two archives counts
    twice: nobody is recognised again.

    The shares are of what an archive shows, and layouts show different things: what Google's lacks
    (beliefs, advertisers, what others handed over) makes all of it yours. So a share does not
    compare platforms, nor people whose archives lack different files, and says nothing of what is
    held and not shown. A chat that a phone exported is no holding of WhatsApp's at all.

    Returns
    -------
    DataFrame[holder, who, from_you, traces, beliefs, advertisers, people, share]
        ``who`` is one of `TELLERS`, which say ``from_you``, or one of the rows without a share.
        ``people`` counts the other people in that row. ``share`` is of all evidence on you in the
        holder's archive; what of it did not come from you is
        ``table[table["from_you"] == "no"].groupby("holder")["share"].sum()``.

    Raises
    ------
    TableError
        When no archive is passed, or something that `read_export` did not make.
    """
    check_exports(exports, "who_told")
    counts = pd.concat([_told_by(export) for export in exports])
    counts = counts.groupby(["holder", "who"], sort=False).sum()
    table = counts.reset_index()
    table.insert(2, "from_you", table["who"].map(TELLERS).fillna(""))
    evidence = table[list(_EVIDENCE)].sum(axis=1).where(table["from_you"] != "")
    total = evidence.groupby(table["holder"]).transform("sum")
    table["share"] = (evidence / total.where(total > 0)).astype(float)
    some = table[[*_EVIDENCE, "people"]].any(axis=1)
    return table[some].reset_index(drop=True)


def _told_by(export: Export) -> pd.DataFrame:
    """The counts of one archive, with a row for each teller and for the other direction."""
    traces, ads = export.traces, export.advertisers
    about, by = traces["person"] != OWNER, traces["from_person"] != OWNER
    written = ~about & by & (traces["kind"] == "message")
    mine = traces[~about & ~written & (traces["kind"] != "advert")]
    others = mine["from_person"] != OWNER
    told = [others, mine["source"].isin(TRACKERS), mine["source"] == "list"]
    teller = np.select(told, range(len(told)), len(told))  # numbers: there may be millions
    firms = ads.assign(who=ads["via"].map(_TELLER_OF_WAY), firm=_firm(ads["advertiser"]))
    origins = export.beliefs["origin"].map(_TELLER_OF_ORIGIN)
    counts = pd.DataFrame(
        {
            "traces": pd.Series(np.bincount(teller, minlength=4), index=_TELLER_OF_TRACE),
            "beliefs": origins.value_counts(),
            "advertisers": firms.drop_duplicates(["who", "firm"])["who"].value_counts(),
            "people": pd.Series({"other people": mine.loc[others, "from_person"].nunique()}),
        }
    )
    counts = counts.reindex([*TELLERS, _WROTE, _ABOUT, _WITHIN]).fillna(0).astype("int64")
    for who, rows, end in ((_WROTE, written, "from_person"), (_ABOUT, about, "person")):
        counts.loc[who, ["traces", "people"]] = rows.sum(), traces.loc[rows, end].nunique()
    counts.loc[_WITHIN, ["traces", "people"]] = (about | by).sum(), export.others
    return counts.rename_axis("who").reset_index().assign(holder=export.platform)


_WROTE = "other people, writing to you"
_ABOUT, _WITHIN = "you, about other people", "other people in your archive"
_EVIDENCE = ("traces", "beliefs", "advertisers")
_TELLER_OF_TRACE = ["other people", "other firms' trackers", "other firms' lists"]
_TELLER_OF_TRACE += ["you did it there"]
_TELLER_OF_ORIGIN = {
    "declared": "you said so",
    "observed": "you did it there",
    "tracked": "other firms' trackers",
    "told": "other people",
    "propagated": "other people",
    "inferred": "the platform concluded it",
}
_TELLER_OF_WAY = {
    "list": "other firms' lists",
    "kept away": "other firms' lists",  # a list, or an audience, of those to be left out
    "pixel": "other firms' trackers",
    "store visit": "other firms' trackers",
    "catalogue": "other firms' trackers",
    "lookalike": "the platform concluded it",
    "belief": "the platform concluded it",
    "answered": "you did it there",
}


def believed_card(*exports: Export) -> BelievedCard:
    """Show what the platforms themselves say that they believe of you, list by list.

    No trait model of ours runs here. Ours were taught on the pages of an invented town: what they
    would say of a real person would be noise, and would be a new profile of somebody, made by us.

    Raises
    ------
    TableError
        When no archive is passed, or something that `read_export` did not make.
    """
    check_exports(exports, "believed_card")
    beliefs = concat([export.beliefs for export in exports], "beliefs")
    how = beliefs["origin"].map(_HOW).fillna(beliefs["origin"])
    table = pd.DataFrame(
        {
            "holder": beliefs["holder"].astype("str"),
            "where": beliefs["method"].astype("str"),
            "trait": beliefs["trait"].astype("str"),
            "value": pd.Series([in_words(value) for value in beliefs["value"]], dtype="str"),
            "how": how.astype("str"),
        }
    )
    return BelievedCard(table.drop_duplicates(ignore_index=True))


@dataclass(frozen=True, eq=False)
class BelievedCard:
    """What platforms say that they believe of the owner of their archives.

    A notebook shows the content; the ``repr``, which may end in a log, only counts.

    Attributes
    ----------
    table : DataFrame[holder, where, trait, value, how]
        ``where`` is the list in which it stands, ``how`` how it came there, in words.
    """

    table: pd.DataFrame

    def __repr__(self) -> str:
        counts = self.table["how"].value_counts()
        said = ", ".join(f"{n:,} {how}" for how, n in counts.items())
        return f"Card of what {self._title()}: {said or 'nothing'}."

    def _title(self) -> str:
        holders = several(self.table["holder"].unique(), most=3) or "the platform"
        says = "says it believes" if self.table["holder"].nunique() < 2 else "say they believe"
        return f"{holders} {says}"

    def _repr_html_(self) -> str:
        parts = "".join(
            f'<h3 style="{_HEADING}">{escape(holder)}</h3><table style="{_TABLE}"><tbody>'
            + "".join(_html_rows(rows))
            + "</tbody></table>"
            for holder, rows in self.table.groupby("holder", sort=False)
        )
        return (
            f'<figure style="{_CARD}"><figcaption style="font-size:1.5em;font-weight:600">'
            f"What {escape(self._title())} of you</figcaption>{parts or _NOTHING}</figure>"
        )


def _html_rows(table: pd.DataFrame) -> Iterator[str]:
    for (where, trait, how), rows in table.groupby(["where", "trait", "how"], sort=False):
        values = [escape(value) for value in rows["value"]]
        rest = values[_MOST:]
        more = f"<details><summary>and {len(rest):,} more</summary>{'; '.join(rest)}</details>"
        yield (
            f'<tr style="border-top:1px solid #8886"><td style="{_CELL};width:24%">'
            f'<b>{escape(trait)}</b><div style="opacity:.8">{escape(where)}</div></td>'
            f'<td style="{_CELL};width:52%">{"; ".join(values[:_MOST])}{more if rest else ""}</td>'
            f'<td style="{_CELL};width:24%">{escape(how)}</td></tr>'
        )


_HOW = {
    "declared": "you said so",
    "observed": "seen there",
    "tracked": "supplied by other firms",
    "told": "supplied by other people",
    "propagated": "worked out from others",
    "inferred": "worked out",
}
_NOTHING = "Nothing: no list of beliefs stands in what could be read."
_MOST = 12
_CARD = "max-width:60em;margin:1em 0;padding:1em 1.4em;border:2px solid #3b6fb6;border-radius:.8em"
_HEADING = "font-size:1.2em;font-weight:600;margin:1em 0 .3em"
_TABLE = "width:100%;border-collapse:collapse;table-layout:fixed"
_CELL = "text-align:left;vertical-align:top;padding:.45em .6em;white-space:normal"


def settings_to_change(*exports: Export) -> pd.DataFrame:
    """Say what to change first, by how much came in by each road, and what that does not stop.

    ``came_in`` counts rows of the archives (traces, beliefs, advertisers' ways) that came by that
    road and would not have come by it; whether they would have come by another, no archive tells.
    A row may have come by two roads. Whether the phone's location made a place known, or its
    advertising number an app's event, is not said either: these may have come in so. Where in a
    menu a setting stands is left out: menus change.

    Returns
    -------
    DataFrame[change, because, does_not_stop, came_in]
        Seven rows at most, the largest first.

    Raises
    ------
    TableError
        When no archive is passed, or something that `read_export` did not make.

    Notes
    -----
    What the phone's question stops: Apple's AppTrackingTransparency takes the advertising number
    away. That nobody matches a hashed e-mail instead, Apple's rules demand and its technology does
    not see to. On Android, from version 12, the number is all zeros for whoever opted out
    (developers.google.com, Ad Manager, "Review Android version requirements"). Activity elsewhere:
    Facebook Help, "How do I disconnect my off-Facebook activity?". Address books: Meta's page for
    contact removal, as told by Fox News, 1 November 2022. Place: Instagram's words, as the press
    quoted them when its map came, in August 2025. All were read in copies: see what your platform
    says today.
    """
    check_exports(exports, "settings_to_change")
    rows = []
    for road in _ROADS:
        found = [(export.platform, *road.find(export)) for export in exports]
        said = dict.fromkeys(f"{platform}: {why}" for platform, _, why in found if why)
        if said:
            rows.append((road.change, "; ".join(said), road.leaves, sum(n for _, n, _ in found)))
    table = pd.DataFrame(rows, columns=["change", "because", "does_not_stop", "came_in"])
    table = table.astype({"came_in": "int64"})
    order = np.argsort(-table["came_in"].to_numpy(), kind="stable")
    return table.iloc[order[:7]].reset_index(drop=True)


class _Road(NamedTuple):
    """One thing to change, what it leaves, and how to find what came in by it."""

    change: str
    leaves: str
    find: Callable[[Export], tuple[int, str]]


def _elsewhere(export: Export) -> tuple[int, str]:
    events = export.traces[export.traces["source"].isin(TRACKERS)]
    ways = export.advertisers["via"].isin(["pixel", "catalogue"]).sum()
    given = (export.beliefs["origin"] == "tracked").sum()
    senders = count(events["item"].nunique(), "site or app", "sites and apps")
    sent = f"{count(len(events), 'event')} from {senders}"
    return _tell(
        (len(events), sent),
        (ways, f"{count(ways, 'advertiser')} by a tracker"),
        (given, f"{count(given, 'belief')} supplied by other firms"),
    )


def _phone(export: Export) -> tuple[int, str]:
    events = export.traces[export.traces["source"] == "sdk"]
    apps = count(events["item"].nunique(), "other app")
    return _tell((len(events), f"{count(len(events), 'event')} from {apps}"))


def _contacts(export: Export) -> tuple[int, str]:
    lines = export.traces[(export.traces["kind"] == "contact") & (export.traces["person"] != OWNER)]
    n, text = _tell(
        (len(lines), f"you handed over {count(lines['person'].nunique(), 'person', 'people')}")
    )
    if _is_on(export, "suggest_to_contacts"):
        text = several([*filter(None, [text]), "your account is suggested to those who have you"])
    return n, text


def _adverts(export: Export) -> tuple[int, str]:
    if not _is_on(export, "personalised_adverts"):
        return 0, ""
    shown = (export.traces["kind"] == "advert").sum()
    like = export.advertisers["via"].isin(["lookalike", "belief"]).sum()
    n, text = _tell(
        (shown, f"{count(shown, 'advert')} shown"),
        (like, f"{count(like, 'advertiser')} by a belief or a likeness"),
    )
    return n, f"it is on; {text or 'the archive shows no advert that came of it'}"


def _lists(export: Export) -> tuple[int, str]:
    firms = export.advertisers.loc[export.advertisers["via"] == "list", "advertiser"].nunique()
    return _tell((firms, f"{count(firms, 'firm')} with a list that you are on"))


def _apps(export: Export) -> tuple[int, str]:
    apps = export.traces.loc[export.traces["kind"] == "connect", "item"].nunique()
    return _tell((apps, f"{count(apps, 'app')} let in"))


def _places(export: Export) -> tuple[int, str]:
    concluded = export.beliefs[export.beliefs["origin"] != "declared"]
    places = concluded["trait"].isin(["home", "place"]).sum()
    visits = (export.advertisers["via"] == "store visit").sum()
    return _tell(
        (places, count(places, "place") + " worked out"),
        (visits, f"{count(visits, 'advertiser')} by your visit to a shop"),
    )


def _interests(export: Export) -> tuple[int, str]:
    concluded = export.beliefs[export.beliefs["origin"] != "declared"]
    topics = concluded.loc[concluded["trait"].isin(TOPICAL), ["trait", "value"]]
    noes = refusals(export)
    kept = sum((trait, in_words(value).casefold()) in noes for trait, value in topics.to_numpy())
    things = count(len(topics), "interest or segment", "interests and segments")
    n, text = _tell((len(topics), f"{things} worked out"))
    return n, text + (f", {kept:,} of them kept after your no" if kept else "")


_ROADS = (
    _Road(
        "Disconnect what other firms' sites and apps send, and clear what came.",
        "The sending: Meta says only that it will not keep it with your account. Lists, and what "
        "you do on the platform itself.",
        _elsewhere,
    ),
    _Road(
        "Say no when an app asks to track you, or delete the phone's advertising number.",
        "What an app sees itself; e-mail addresses matched between servers; the number that a "
        "maker's own apps share. It does nothing on a computer.",
        _phone,
    ),
    _Road(
        "Stop handing over your address book, and delete what was handed over.",
        "Others, who hand over you. At Meta you may ask whether somebody did, and block it.",
        _contacts,
    ),
    _Road(
        "Switch personalised adverts off.",
        "Recording and concluding go on, and so do adverts.",
        _adverts,
    ),
    _Road(
        "Write to the firms that have a list with you on it: to marketing, your no is final "
        "(Art. 21(2)-(3)).",
        "A tracker on their site, likeness to those who stay on the list, and other firms' lists.",
        _lists,
    ),
    _Road(
        "Remove other firms' apps that you do not need.",
        "What an app has copied already: ask its maker to erase it.",
        _apps,
    ),
    _Road(
        "Take the phone's location away from the app.",
        "The address by which you are online tells roughly where you are. So do posts with a "
        "place.",
        _places,
    ),
    _Road(
        "Go through interests and segments, and say no to topics that you do not want.",
        "It may be worked out again from what you do next, and what it was made from stays.",
        _interests,
    ),
)


def _is_on(export: Export, setting: str) -> bool:
    """Whether the last word on a setting, if the archive has one, is yes."""
    last = export.choices
    return bool(last.loc[last["purpose"] == setting, "granted"].any())


def _tell(*counted: tuple[int, str]) -> tuple[int, str]:
    """All counts together, and the words of those that are not none."""
    return int(sum(n for n, _ in counted)), several((words for n, words in counted if n), most=3)
