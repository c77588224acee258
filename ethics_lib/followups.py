"""Follow-ups: what the law owes and an archive does not show, and the letter that asks for it.

What is owed stands in Article 15; what is shown is looked up in the tables of the archive. The
letter asks for the difference. It counts, and repeats nothing of what stands in the archive. Not
legal advice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape
from typing import NamedTuple

import numpy as np
import pandas as pd

from ethics_lib.beliefs import ORIGIN_OF_SOURCE
from ethics_lib.doors import OWNER
from ethics_lib.exports import Export
from ethics_lib.lawful import subject_request_deadline
from ethics_lib.personas import persona_card
from ethics_lib.rules import BEGAN, rules_of
from ethics_lib.tables import TRAITS, TableError, check_name, check_table, check_time
from ethics_lib.words import count, say_day, sureness

__all__ = ["NEED_NOT", "OWED", "SHOWN", "AccessGap", "access_gap"]

OWED: dict[str, str] = {
    "all of the data": "Art. 15(1), 15(3)",
    "what you told it": "Art. 15(1)(b), 15(3)",
    "what it saw you do": "Art. 15(1)(b), 15(3)",
    "what other firms sent": "Art. 15(1)(b), 15(3)",
    "what other people handed over": "Art. 15(1)(b), 15(3)",
    "what it concluded": "Art. 15(1)(b), 15(3); CJEU C-434/16",
    "what could be concluded": "Art. 15(1)(b), 15(3); CJEU C-434/16",
    "what it is for": "Art. 15(1)(a)",
    "who else gets it": "Art. 15(1)(c); CJEU C-154/21",
    "how long it is kept": "Art. 15(1)(d)",
    "what you can do about it": "Art. 15(1)(e), (f)",
    "where it came from": "Art. 15(1)(g)",
    "how machines judge you": "Art. 15(1)(h); CJEU C-203/22",
    "what guards it abroad": "Art. 15(2)",
}
"""What a holder owes to a person who asks, and where the law, or a court, says so.

Seen: the text of Art. 15(1)(a)-(d), of the rest summaries; not how the UK reworded (h) in 2026.
C-434/16 (20 December 2017, on the old Directive): opinions and assessments of a person are their
data. C-154/21 (12 January 2023): recipients are named where the person asks for it. C-203/22 (27
February 2025): the procedure and principles by which data were in fact used, in words, and no
formula. What the courts held was read in summaries.
"""

SHOWN: dict[str, str] = {
    "yes": "the archive shows some of it, and nothing says that more is held",
    "in part": "the archive shows something of it, and less than is owed",
    "no": "nothing of it stands in what could be read",
}
"""How far an archive goes."""

NEED_NOT: tuple[str, ...] = (
    "A download is what the holder chose to put there. Two Austrian rulings of 2025, on Meta "
    "(Supreme Court, Schrems) and on YouTube (data protection authority), found that one was not "
    "the whole answer; read in reports by noyb, which had brought the cases.",
    "Your files may say more than our tables: what was left closed, or not understood, was not "
    "looked at.",
    "Names of other people, and what would wrong them, may be left out (Art. 15(4); in the UK DPA "
    "2018, Sch. 2, para 16). So may trade secrets; but some reason to leave something out is none "
    "to refuse everything (recital 63, from memory), and in the EU an authority or a court weighs "
    "it (C-203/22, paragraph 74, seen as quoted). Who is not known yet cannot be named (C-154/21).",
    "The logic must be told at least for decisions by machine alone that matter to you. Whether "
    "choosing adverts is one is contested, and a holder may say that it is not. What it concluded "
    "about you is your data all the same.",
    "On what ground it is done is no part of Article 15; it stands in a notice (Art. 13 and 14).",
    "In the UK a search need only be reasonable and proportionate (Art. 15(1A)), and rulings of "
    "the CJEU after 2020 are persuasive, not binding.",
)
"""What an archive, or an answer, need not show, and how sure that is."""

_COMPLAINTS = pd.Timestamp("2026-06-19")  # DPA 2018, s. 164A, in force
_WRITTEN = ("post", "message", "contact")  # kinds that somebody types, and does not merely do
_CONCLUDED = ("inferred", "propagated")
_SENT = ("list", "pixel", "store visit", "catalogue")  # mechanisms that take data from a firm
_FROM_OTHERS = ("phone", "e-mail")  # inferred ones often come from other people's address books


def access_gap(
    *exports: Export,
    received: np.datetime64 | str | None = None,
    beliefs: pd.DataFrame | None = None,
    origins: pd.DataFrame | None = None,
    rules: str = "uk-2026-02",
    place: str = "GB-ENG",
) -> AccessGap:
    """Find what the law owes and an archive does not show, and write the letter that asks for it.

    Parameters
    ----------
    exports : Export
        From `exports.read_export`, one of each holder.
    received : day, optional
        When the letter reaches the holder. With it, the letter names the last day.
    beliefs : DataFrame, optional
        Of a resident of Brightwater only: what models of the town conclude about one person from
        the traces in this one archive. See Notes.
    origins : DataFrame, optional
        How much of each of these came by which road, from `origins.origins`.
    rules, place : str
        Whose law, as in `lawful.subject_request_deadline`: ``rules="eu-2025-10", place="IE"``.

    Returns
    -------
    AccessGap

    Raises
    ------
    TableError
        Without an archive; with two of one holder; for beliefs about several people, about
        something that is no trait of the town, or by the holder of the archive; for a day that is
        none.
    UnknownNameError, RangeError
        For rules and places that do not exist, or not together.

    Notes
    -----
    On a real archive this looks at the structure alone, and no model of ours says anything: the
    pages and traits of Brightwater are invented and know nothing of a real person. Beliefs about
    anything but the town's traits are refused. Whether the archive is of the town nobody can see
    from it: do not pass beliefs beside your own.

    The letter names the subject of a belief and keeps the guess to itself. To write "you could tell
    that I am ill" is to tell it.

    The ``purpose`` in the table of traces is a word of this library, so it does not count as a
    purpose that was told.

    References
    ----------
    GDPR and UK GDPR, Article 15 and 12(3); see `OWED` for the rulings, and `NEED_NOT` for limits.
    """
    if not exports or not all(isinstance(export, Export) for export in exports):
        raise TableError("access_gap: pass one or more archives as read_export gives them.")
    holders = [export.platform for export in exports]
    if twice := {holder for holder in holders if holders.count(holder) > 1}:
        raise TableError(
            f"access_gap: two archives of {twice.pop()}. Pass one; of one that came in several "
            "parts, unpack all into one folder and read that."
        )
    law = _law(rules, received)
    last_days = [
        subject_request_deadline(received, extended=extended, rules=rules, place=place)
        for extended in (False, True)
        if received is not None
    ]
    concluded = _conclude(exports, beliefs, origins)
    rows, requests = [], {}
    for export in exports:
        found = list(_look(export, concluded, law))
        rows += found
        requests[export.platform] = _write(found, law, last_days, received)
    return AccessGap(pd.DataFrame(rows, columns=list(_Row._fields)), requests, concluded)


@dataclass(frozen=True, eq=False)
class AccessGap:
    """What archives do not show of what is owed. Prints counts; shows itself in a notebook.

    Attributes
    ----------
    table : DataFrame[holder, owed, article, shown, where, question]
        A row for each thing in `OWED`; ``shown`` is one of `SHOWN`. ``question`` is empty where
        there is nothing to ask.
    requests : {holder: text}
        The letters.
    concluded : DataFrame[holder, sentence, trait, value, p, sd, because]
        What could be concluded and the archive does not show; empty without beliefs.
    """

    table: pd.DataFrame
    requests: dict[str, str]
    concluded: pd.DataFrame

    def request(self, holder: str | None = None) -> str:
        """The letter to one holder; of a single archive the holder need not be named."""
        if holder is None and len(self.requests) > 1:
            raise TableError(
                f"request: there are letters to {', '.join(self.requests)}. Pass one of them."
            )
        holder = next(iter(self.requests)) if holder is None else holder
        return self.requests[check_name(holder, self.requests, what="holder of an archive")]

    def __repr__(self) -> str:
        lines = []
        for holder, rows in self.table.groupby("holder", sort=False):
            said = ", ".join(f"{shown} {(rows['shown'] == shown).sum()}" for shown in SHOWN)
            could = (self.concluded["holder"] == holder).sum()
            more = f" Could be concluded and is not shown: {could}." if could else ""
            lines.append(
                f"Access gap of {holder}. Owed: {len(rows)} things; shown: {said}. "
                f"Questions: {(rows['question'] != '').sum()}.{more}"
            )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        notes = "".join(f'<li style="{_LINE}">{escape(note)}</li>' for note in NEED_NOT)
        pages = "".join(
            _html_of(holder, rows, self.concluded, self.requests[holder])
            for holder, rows in self.table.groupby("holder", sort=False)
        )
        if len(self.requests) == 1:
            pages = pages.replace("<details>", "<details open>")  # no name can hold it: escaped
        head = f'<figcaption style="{_HEADING}">What they need not show</figcaption>'
        return f'{pages}<figure style="{_PAPER}">{head}<ul style="{_LINE}">{notes}</ul></figure>'


class _Row(NamedTuple):
    holder: str
    owed: str
    article: str
    shown: str
    where: str
    question: str


class _Law(NamedTuple):
    """What the law of a place is called there on that day."""

    name: str
    abroad: str
    authority: str
    alone: str  # where decisions by machine alone stand
    ruling: str  # how a ruling of the CJEU is quoted
    clock: str
    complaint: str


def _law(rules: str, received: np.datetime64 | str | None) -> _Law:
    """The words of a place; what is younger than the letter is left out."""
    when = pd.Timestamp.max if received is None else check_time(received, "received")
    if rules_of(rules).place != "UK":
        words = "the European Economic Area", "my data protection authority", "Art. 22", "CJEU"
        return _Law("GDPR", *words, "", "")
    since = when >= BEGAN["Data (Use and Access) Act 2025"]
    clock = " If you have to ask what I mean, the clock stands still until I answer (Art. 12A)."
    complaint = " and to you (DPA 2018, s. 164A)" if when >= _COMPLAINTS else ""
    return _Law(
        "UK GDPR",
        "the United Kingdom",
        "the Information Commissioner",
        "Art. 22A-22D" if since else "Art. 22",
        "see, in EU law, CJEU",
        clock if since else "",
        complaint,
    )


def _conclude(
    exports: tuple[Export, ...], beliefs: pd.DataFrame | None, origins: pd.DataFrame | None
) -> pd.DataFrame:
    """What models of the town conclude and the one archive does not show."""
    columns = ["holder", "sentence", "trait", "value", "p", "sd", "because"]
    if beliefs is None:
        return pd.DataFrame(columns=columns)
    if len(exports) > 1:
        raise TableError("beliefs: they are of one archive. Pass that archive alone.")
    check_table(beliefs, "beliefs", empty=True)
    holder, shown = exports[0].platform, exports[0].beliefs
    if (beliefs["holder"] == holder).any():
        raise TableError(
            f"beliefs: {holder} itself is their holder. What it believes is in the archive "
            "already; pass what models of the town conclude about a resident, or nothing."
        )
    if not beliefs["trait"].isin([*TRAITS, "interest"]).all():
        raise TableError(
            f"beliefs: they may be about interest, {', '.join(TRAITS)}, the traits of Brightwater. "
            "On an archive of a real person no model of ours runs: leave beliefs out."
        )
    people = beliefs["person"].unique()
    if len(people) > 1:
        raise TableError(
            f"beliefs: they are about {len(people):,} people. Pass those about the archive's "
            "owner, such as beliefs[beliefs['person'] == 17]."
        )
    words = set(shown["value"].astype("str").str.casefold())
    told = beliefs["origin"].isin(["declared", "told"])
    is_interest = beliefs["trait"] == "interest"  # of these there are many, each for itself
    told |= ~is_interest & beliefs["trait"].isin(shown["trait"])
    told |= is_interest & beliefs["value"].astype("str").str.casefold().isin(words)
    if told.all():
        return pd.DataFrame(columns=columns)
    card = persona_card(people[0], beliefs[~told], origins=origins).table
    card = card[~card["sentence"].str.casefold().isin(words)]
    because = card["because"] if origins is None else card["whence"]
    return card.assign(holder=holder, because=because)[columns].reset_index(drop=True)


def _look(export: Export, concluded: pd.DataFrame, law: _Law) -> Iterator[_Row]:
    """Each thing that is owed, whether the archive shows it, and what to ask."""
    if by_phone := export.platform in _PHONES:
        export = replace(export, traces=export.traces.iloc[:0])
    found = _data(export) | _about_it(export, law) | (_NO_ANSWER if by_phone else {})
    if len(concluded):
        subjects = ", ".join(t.replace("_", " ") for t in concluded["trait"].unique())
        found["what could be concluded"] = [
            "no",
            f"{_n(len(concluded), 'thing')} that models of the town conclude",
            f"Have you concluded anything about {subjects}? A guess is my data too: please send "
            "it, with how sure you are of it and what you did with it.",
        ]
    for owed, article in OWED.items():
        if owed in found:
            yield _Row(export.platform, owed, article.replace("CJEU", law.ruling), *found[owed])


_PHONES = ("WhatsApp",)  # whose chats are exported by a phone, and no answer of the firm
_SEND_IT = "Please send me a copy of all the personal data that you have about me."
_NO_ANSWER = {"all of the data": ["no", "a chat that your phone exported", _SEND_IT]}
_Found = dict[str, list[str]]  # what is owed: shown, where, question


def _data(export: Export) -> _Found:
    """Which kinds of data there are, by where they come from, as the EDPB tells them apart."""
    traces, beliefs = export.traces, export.beliefs
    source = traces["source"].astype("str")
    own = traces["from_person"] == OWNER
    written = traces["kind"].isin(_WRITTEN)
    sent = source.map(ORIGIN_OF_SOURCE) == "tracked"
    handed = (source == "contacts") & (traces["person"] == OWNER) & ~own
    counts = {
        "what you told it": (own & written & ~sent).sum() + (beliefs["origin"] == "declared").sum(),
        "what it saw you do": (own & ~written & ~sent).sum(),
        "what other firms sent": sent.sum() + (beliefs["origin"] == "tracked").sum(),
        "what other people handed over": handed.sum() + (beliefs["origin"] == "told").sum(),
        "what it concluded": beliefs["origin"].isin(_CONCLUDED).sum(),
    }
    files = export.files.groupby("status")["files"].sum()
    said = ", ".join(f"{_n(n, 'file')} {status}" for status, n in files.items())
    everything = (
        "Please confirm that the download holds all the personal data that you have about me, in "
        "whatever system, or send what it leaves out."
    )
    found = {"all of the data": ["in part", said, everything]}
    for owed, n in counts.items():
        where = f"{_n(n, 'row')} of our tables" if n else ""
        ask = "" if n else f"I find {_LACKS[owed]}: please send it, or say that you have none."
        found[owed] = ["yes" if n else "no", where, ask]
    reach = export.advertisers
    firms = _n(reach.loc[reach["via"].isin(_SENT), "advertiser"].nunique(), "advertiser")
    if firms and not counts["what other firms sent"]:
        asked = f"Your download names {firms} that gave you data about me, and shows none of these"
        found["what other firms sent"] = ["in part", f"{firms}, named", f"{asked}: please do."]
    return found


def _about_it(export: Export, law: _Law) -> _Found:
    """What is to be told about the data, beside the data."""
    found = {owed: ["no", "", asked.format(law=law)] for owed, asked in _ASK.items()}
    found["what you can do about it"] = ["no", "told in notices, not in data: nothing to ask", ""]
    reach, traces, beliefs = export.advertisers, export.traces, export.beliefs
    listed, matched = (
        _n(reach.loc[reach["via"].isin(via), "advertiser"].nunique(), "advertiser")
        for via in (["list"], ["belief", "lookalike"])
    )
    sent = traces["source"].astype("str").map(ORIGIN_OF_SOURCE) == "tracked"
    senders = _n(traces.loc[sent, "item"].nunique(), "site or app", "sites or apps")
    firms = _n(reach["advertiser"].nunique(), "advertiser")
    apps = _n(traces.loc[traces["kind"] == "connect", "item"].nunique(), "app let in")
    guessed = beliefs["trait"].isin(_FROM_OTHERS) & beliefs["origin"].isin(_CONCLUDED)
    numbers = _n(guessed.sum(), "number or address", "numbers or addresses")
    if listed:
        found["where it came from"][2:] = [
            f"Your download names {listed} that can reach me by a list of customers with me on "
            f"it: when and from whom did each list come? {found['where it came from'][2]}"
        ]
    if numbers:
        found["where it came from"][2] += (
            f" You hold {numbers} that I did not give you: where did you get them?"
        )
    named = {"who else gets it": [firms, apps], "where it came from": [senders, listed]}
    named["how machines judge you"] = [matched]
    for owed, things in named.items():
        if any(things):
            found[owed][:2] = "in part", f"{' and '.join(filter(None, things))}, named"
    return found


_LACKS = {
    "what you told it": "nothing that I told you or wrote",
    "what it saw you do": "no record of what I did with you",
    "what other firms sent": "nothing that other firms sent about me, by trackers, apps or lists",
    "what other people handed over": "nothing that other people handed over about me, such as "
    "their address books (what concerns me, without their names)",
    "what it concluded": "nothing that you concluded about me, such as interests, segments or "
    "scores (these are my data too)",
}

_ASK = {
    "what it is for": "For which purposes do you use which of my data?",
    "who else gets it": "To whom did you give, or will you give, data about me? Please name each, "
    "and not only kinds of firm; and say which are outside {law.abroad}.",
    "how long it is kept": "For how long do you keep which of my data, or by what do you decide "
    "it? What you concluded about me, too.",
    "where it came from": "For all that did not come from me: what do you know of where it came "
    "from?",
    "how machines judge you": "Is anything that matters to me decided by a machine alone "
    "({law.alone})? In plain words: by what procedure, from which of my data, and with what "
    "consequences for me am I profiled, for adverts too?",
    "what guards it abroad": "Do my data leave {law.abroad}? To which countries, and by which "
    "safeguards (Art. 46)?",
}


def _write(
    rows: list[_Row],
    law: _Law,
    last_days: list[pd.Timestamp],
    received: np.datetime64 | str | None,
) -> str:
    """The letter to one holder."""
    asked = [f"{row.question} ({row.article})" for row in rows if row.question]
    thanks = "I have read the data that you let me download. Thank you for it. It does not tell me "
    thanks += f"everything that Article 15 of the {law.name} gives me. "
    thanks *= rows[0].holder not in _PHONES
    if last_days:
        day, due, latest = map(say_day, [check_time(received, "received"), *last_days])
        when = (
            f"If this reaches you on {day}, the law wants an answer by {due} (Art. 12(3)). Should "
            f"you need two months more, until {latest}, please tell me why within the first month."
        )
    else:
        when = (
            "The law wants an answer within one month of the day on which you get this "
            "(Art. 12(3)). Should you need two months more, please tell me why within the first."
        )
    return "\n".join(
        [  # with nothing of the archive in it but counts: whoever finds it learns no more
            "[your name]\n[the name of your account, and its e-mail address]\n[date]\n",
            f"To {rows[0].holder}, data protection",
            f"Request under Article 15 of the {law.name}\n",
            f"{thanks}Please answer these, or say where there is nothing to tell:\n",
            *(f"{n}. {question}" for n, question in enumerate(asked, 1)),
            "\nYour privacy notice is an answer as far as it speaks of my data. I do not ask for "
            "what would wrong other people (Art. 15(4)). Should you keep something back, please "
            "say what kind of thing it is and why, and send the rest.\n",
            f"{when}{law.clock} I may complain to {law.authority}{law.complaint}.\n",
            "[your name]",
        ]
    )


def _n(n: int, one: str, many: str = "") -> str:
    """So many of them, in words; nothing if there are none."""
    return count(n, one, many) if n else ""


def _html_of(holder: str, rows: pd.DataFrame, concluded: pd.DataFrame, letter: str) -> str:
    body = "".join(
        f'<tr style="border-top:1px solid #8886"><td style="{_CELL}">{escape(row.owed)}</td>'
        f'<td style="{_CELL}"><b style="{_BOLD}{_COLOURS[row.shown]}">{row.shown}</b></td>'
        f'<td style="{_CELL}">{escape(row.where)}</td>'
        f'<td style="{_CELL};font-size:.85em">{escape(row.article)}</td></tr>'
        for row in rows.itertuples()
    )
    could = "".join(
        f'<li style="{_LINE}">{escape(row.sentence)}, {sureness(row.p, row.sd)}: '
        f"{escape(row.because)}</li>"
        for row in concluded[concluded["holder"] == holder].itertuples()
    ).replace(" %", "&nbsp;%")  # a number stays beside its sign
    could = f'<h3 style="{_HEADING}">What could be concluded</h3><ul>{could}</ul>' if could else ""
    return (
        f'<figure style="{_PAPER}"><figcaption style="font-size:1.5em;font-weight:600">What '
        f"{escape(holder)} owes you, and shows</figcaption>"
        f'<table style="width:100%;border-collapse:collapse"><thead><tr>{_HEAD}</tr></thead>'
        f"<tbody>{body}</tbody></table>{could}"
        f'<details><summary style="{_HEADING}">The letter to {escape(holder)}</summary>'
        f'<div style="white-space:pre-wrap;text-align:left">{escape(letter)}</div>'
        "</details></figure>"
    )


_COLOURS = {"yes": "#3b6fb6", "in part": "#8a5a00", "no": "#a4262c"}
_PAPER = (
    "max-width:60em;margin:1em 0;padding:1.2em 1.8em;border:1px solid #8888;border-radius:.3em;"
    "line-height:1.45"
)
_BOLD = "white-space:nowrap;color:"
_CELL = "text-align:left;vertical-align:top;padding:.35em .6em;white-space:normal"
_HEADING = "font-size:1.15em;font-weight:600;margin:1.1em 0 .3em"
_LINE = "margin:.35em 0;text-align:left"
_HEAD = "".join(
    f'<th style="{_CELL}">{name}</th>' for name in ("owed", "shown", "what of it", "asked for by")
)
