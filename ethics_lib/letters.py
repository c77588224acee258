"""Letters: what a holder owes to a person who asks what it has on them, Article 15.

The letter is made from the tables: what is held and who told it, what was concluded and how, what
was done, what for, who else has it, how long. Who else stands in the records is counted, not named.
It is a letter; the copy of the records themselves, which Art. 15(3) owes beside it, is made by
`copies.gather` and `copies.write_export`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from ethics_lib.audiences import VIA
from ethics_lib.beliefs import ORIGINS
from ethics_lib.lawful import subject_request_deadline
from ethics_lib.origins import ROADS
from ethics_lib.personas import whence
from ethics_lib.tables import TRAITS, TableError, check_table, check_time
from ethics_lib.uses import BASES, KINDS, check_declared
from ethics_lib.words import count, percent, say_day, several

__all__ = ["PARTS", "AccessLetter", "access"]

PARTS: dict[str, str] = {
    "What we hold about you": "Art. 15(1)(b), (g)",
    "What we conclude about you": "Art. 15(1)(b), (h)",
    "What we did with it": "Art. 15(1)(h)",
    "What it is for": "Art. 15(1)(a)",
    "Who else has it": "Art. 15(1)(c)",
    "How long we keep it": "Art. 15(1)(d)",
    "What you can do": "Art. 15(1)(e), (f)",
    "What this letter leaves out": "Art. 15(4); DPA 2018, Sch. 2, para 16",
}
"""The parts of a letter, as they are read, and what asks for each."""

# how a letter says where a trace came from
_SOURCES = {
    "platform": "seen on our platform",
    "pixel": "seen on other firms' sites, by our pixel there",
    "sdk": "seen in other firms' apps",
    "server": "sent to us by other firms' servers",
    "list": "on a list of customers that another firm gave us",
    "contacts": "in address books that other members gave us",
}

_RIGHTS = (
    "You may have wrong data put right (Art. 16), have data deleted (Art. 17), or have us keep it "
    "and do nothing else with it (Art. 18).",
    "You may object (Art. 21). To direct marketing, and the profiling for it, your no is final: "
    "nothing is weighed against it.",
    "Where a machine alone decided something that matters to you, you may have a person look at "
    "it, say what you think, and contest it (Art. 22; in the UK 22C, from 5 February 2026).",
    "You may complain to us, and we must acknowledge it within 30 days (from 19 June 2026: DPA "
    "2018, s. 164A). You may complain to the Information Commissioner.",
)


def access(
    person: int,
    *,
    holder: str,
    received: np.datetime64 | str,
    traces: pd.DataFrame,
    beliefs: pd.DataFrame,
    consents: pd.DataFrame,
    notices: pd.DataFrame,
    uses: pd.DataFrame,
    decisions: pd.DataFrame,
    origins: pd.DataFrame | None = None,
    explanation: pd.DataFrame | None = None,
    declarations: pd.DataFrame | None = None,
    items: pd.DataFrame | None = None,
    deadline: np.datetime64 | str | None = None,
    name: str = "",
) -> AccessLetter:
    """Answer a person who asks what one holder has on them.

    Parameters
    ----------
    person : int
        Who asks.
    holder : str
        Who answers.
    received : time
        When the request came; what was recorded later is not in the letter.
    traces, beliefs, consents, notices, uses, decisions : DataFrame
        About anybody, of any holder.
    origins : DataFrame, optional
        How much of each belief came from the person, from trackers, from others.
    explanation : DataFrame, optional
        Why each is believed, from `explain` and `explain_friends`; with ``items`` for the names.
    declarations : DataFrame, optional
        For how long each kind of record is kept.
    items : DataFrame, index ``item``, optional
    deadline : time, optional
        By when the law wants the answer, if it is not simply `lawful.subject_request_deadline`
        from ``received`` on: where the clock stood still, or more time was taken.
    name : str
        What to call the person.

    Returns
    -------
    AccessLetter

    Raises
    ------
    TableError
        When a table or a time is wrong; when the holder has no trace of the person, and believes
        nothing of them; when something was done to them under a use that nobody declared.

    Notes
    -----
    DPA 2018, Sch. 2, para 16 frees a holder from telling what would identify somebody else, as
    the source of a record too, where that person did not consent and telling would not be
    reasonable. So others are counted here. A count of one, read by somebody who knows their own
    friends, may still be a name (para 16(4)(b)); a holder has to think about that each time.

    References
    ----------
    UK GDPR, Article 15(1). Recipients are named, and not only their categories: CJEU C-154/21,
    12 January 2023; EU law, persuasive in the UK.
    """
    asof = check_time(received, "received")
    tables = {"traces": traces, "beliefs": beliefs, "consents": consents, "notices": notices}
    tables |= {"uses": uses, "decisions": decisions}
    more = {"origins": origins, "explanation": explanation, "declarations": declarations}
    more |= {"items": items}
    for noun, table in (tables | {n: t for n, t in more.items() if t is not None}).items():
        check_table(table, noun, empty=True)
    about = (traces["person"] == person) | (traces["from_person"] == person)
    traces = traces[about & (traces["time"] <= asof)]
    beliefs = beliefs[beliefs["person"] == person]
    mine = {
        "traces": traces[traces["holder"] == holder],
        "beliefs": beliefs[beliefs["holder"] == holder],
    }
    if mine["traces"].empty and mine["beliefs"].empty:
        raise TableError(
            f"access: {holder} holds nothing about person {person!r} up to {asof.date()}. The "
            "letter would be one sentence, and that sentence is owed too: we hold nothing."
        )
    own_uses = uses[uses["holder"] == holder]
    done = _done(decisions, uses, person)
    done = done[(done["time"] <= asof) & done["use"].isin(own_uses["use"])]
    about = own_uses["trait"].isin(mine["beliefs"]["trait"]) & (own_uses["time"] <= asof)
    mine["uses"] = own_uses[own_uses["use"].isin(done["use"]) | about]
    said, told = (
        table[(table["person"] == person) & (table["holder"] == holder) & (table["time"] <= asof)]
        for table in (consents, notices)
    )
    lines = [
        _what_we_hold(mine["traces"], person),
        _what_we_conclude(mine["beliefs"], origins, explanation, items),
        _what_we_did(done, mine["uses"]),
        _what_it_is_for(mine["traces"], mine["uses"], said, told),
        _who_else(traces, beliefs, uses, done, holder),
        _how_long(mine["traces"], declarations, holder),
        [*_RIGHTS, *_what_was_asked(said)],
        _what_is_left_out(mine["traces"], mine["beliefs"], person),
    ]
    rows = [
        {"part": part, "article": article, **(line if isinstance(line, dict) else {"text": line})}
        for (part, article), told in zip(PARTS.items(), lines, strict=True)
        for line in told
    ]
    table = pd.DataFrame(rows, columns=["part", "article", "text", "p", *ROADS])
    due = subject_request_deadline(asof) if deadline is None else check_time(deadline, "deadline")
    opening = (
        f"On {say_day(asof)} you asked us what we hold about you. The law wants an answer by "
        f"{say_day(due)}. This is the answer."
    )
    return AccessLetter(person, name or f"Person {person}", holder, opening, table)


@dataclass(frozen=True)
class AccessLetter:
    """What one holder answers to one person who asked, in sentences; shows itself in a notebook.

    Attributes
    ----------
    table : DataFrame[part, article, text, p, own, tracked, others, usual]
        One sentence a row. The numbers belong to beliefs, and are empty elsewhere.
    """

    person: int
    name: str
    holder: str
    opening: str
    table: pd.DataFrame

    def __repr__(self) -> str:
        lines = [f"{self.holder} to {self.name}", "", self.opening]
        for part, rows in self.table.groupby("part", sort=False):
            lines += ["", part, *(f"- {text}" for text in rows["text"])]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        parts = "".join(
            f'<h3 style="{_HEADING}">{escape(part)} <span style="{_ARTICLE}">'
            f"{escape(rows['article'].iloc[0])}</span></h3>"
            + "".join(_html_line(row) for row in rows.itertuples())
            + (f'<div style="{_SMALL}">{_LEGEND}</div>' if rows["own"].notna().any() else "")
            for part, rows in self.table.groupby("part", sort=False)
        )
        return (
            f'<figure style="{_PAPER}"><figcaption style="font-size:1.5em;font-weight:600">'
            f"{escape(self.holder)} to {escape(self.name)}</figcaption>"
            f'<p style="{_LINE}">{escape(self.opening)}</p>{parts}</figure>'
        )


def _what_we_hold(traces: pd.DataFrame, person: int) -> Iterator[str]:
    about = traces[traces["person"] == person]
    for source, rows in about.groupby("source", sort=False):
        counts = rows["kind"].value_counts()
        kinds = several(
            count(n, *_KINDS.get(kind, (f"record ({kind})", f"records ({kind})")))
            for kind, n in counts.items()
        )
        first, last = say_day(rows["time"].min()), say_day(rows["time"].max())
        when = f"on {first}" if first == last else f"from {first} to {last}"
        tellers = rows.loc[rows["from_person"] != person, "from_person"].nunique()
        by = f" {count(tellers, 'other person', 'other people')} told us." if tellers else ""
        yield f"{kinds}, {_SOURCES.get(source, source)}, {when}.{by}"
    given = traces.loc[traces["person"] != person, "person"].nunique()
    if given:
        yield f"What you told us about {count(given, 'other person', 'other people')}."
    if traces.empty:
        yield "No records; only what we conclude, below."


def _what_we_conclude(
    beliefs: pd.DataFrame,
    origins: pd.DataFrame | None,
    explanation: pd.DataFrame | None,
    items: pd.DataFrame | None,
) -> Iterator[dict[str, object]]:
    if beliefs.empty:
        yield {"text": "Nothing: we make no profile of you."}
        return
    groups = beliefs.groupby(["trait", "method"], sort=False)
    things = count(groups.ngroups, "thing")
    yield {"text": f"We make a profile of you. It says {things} about you."}
    for (trait, method), rows in groups:
        rows = rows.sort_values("p", ascending=False, kind="stable")
        best = rows.iloc[0]
        how = ORIGINS.get(best["origin"], best["origin"]) + _because(best, explanation, items)
        line = {"text": f"{_sentence(trait, rows)}: {how}."}
        if pd.notna(best["p"]):
            line["p"] = best["p"]
        if origins is not None:
            same = (origins["person"] == best["person"]) & (origins["holder"] == best["holder"])
            same &= (origins["trait"] == trait) & (origins["method"] == method)
            for share in origins.loc[same, list(ROADS)].head(1).to_dict("records"):
                came = several(whence(share.values(), origin=best["origin"]))
                line |= share | {"text": f"{line['text']} It came {came}."}
        yield line


def _sentence(trait: str, rows: pd.DataFrame) -> str:
    """What is believed about one trait by one method, the likeliest first, and how sure it is."""
    best = rows.iloc[0]
    if trait == "interest":
        best = rows[["value", "p"]].head(3).values
        topics = several(f"{topic} ({percent(p)})" for topic, p in best)
        more = len(rows) - 3
        rest = f", and {count(more, 'topic')} more" if more > 0 else ""
        return f"Will next like something about {topics}{rest}"
    known = trait in TRAITS
    says = TRAITS[trait].say(best["value"]) if known else f"{trait}: {best['value']}"
    sure = f"give or take {best['sd']:.1f}" if pd.isna(best["p"]) else f"{percent(best['p'])} sure"
    return f"“{says}”, {sure}"


def _because(
    belief: pd.Series, explanation: pd.DataFrame | None, items: pd.DataFrame | None
) -> str:
    """The strongest reasons, with the names of things and without those of people."""
    if explanation is None:
        return ""
    friends = belief["origin"] == "propagated"
    why = explanation[(explanation[["person", "trait"]] == belief[["person", "trait"]]).all(axis=1)]
    why = why[(why["origin"] == "propagated") == friends]
    if why.empty:
        return ""
    why = why[why["weight"] > 0]
    if friends:
        tellers = why.loc[why["from_person"] != belief["person"], "from_person"].nunique()
        who = count(tellers, "other person", "other people")
        return f", and from what {who} said" if tellers else ""
    why = why.dropna(subset="item").sort_values("weight", ascending=False, kind="stable")
    if why.empty:
        return "; nothing in particular, it is what is usual in the town"
    if items is None:
        return f", from {count(len(why), 'thing')}"
    best = why.head(3).assign(name=items["name"].reindex(why["item"].head(3)).to_numpy())
    lacking = best.loc[best["name"].isna(), "item"]
    if len(lacking):
        raise TableError(
            f"items: there is no item {lacking.iloc[0]}, which the explanation names. Pass all "
            "items, with the item as the index."
        )
    named = [
        f"{_VERBS.get(how, 'for')} {several(part['name'])}"
        for how, part in best.groupby("origin", sort=False)
    ]
    rest = f", and {len(why) - 3} more" if len(why) > 3 else ""
    return f"; most of all {'; '.join(named)}{rest}"


def _done(decisions: pd.DataFrame, uses: pd.DataFrame, person: int) -> pd.DataFrame:
    """What was decided about the person, by anybody, and the least score that was enough."""
    shown = decisions[decisions["shown"].astype(bool) & (decisions["via"] == "belief")]
    enough = shown.groupby(["use", "ad"])["score"].min().rename("enough")
    done = decisions[decisions["person"] == person].join(enough, on=["use", "ad"])
    return check_declared(done, uses)


def _what_we_did(decisions: pd.DataFrame, uses: pd.DataFrame) -> Iterator[str]:
    kinds = uses.drop_duplicates("use").set_index("use")["kind"]
    for (use, ad, shown, via), rows in decisions.groupby(["use", "ad", "shown", "via"], sort=False):
        last = rows.sort_values("time", kind="stable").iloc[-1]
        did = "We showed you" if shown else "We left you out of"
        often = f", {len(rows)} times, last" if len(rows) > 1 else ""
        what = KINDS.get(kinds[use], kinds[use])
        yield f"{did} “{ad}”{often} on {say_day(last['time'])}: {what}. {_why(via, last)}."
    if decisions.empty:
        yield "Nothing that our tables show."


def _why(via: str, last: pd.Series) -> str:
    """Why something was shown, or was not: of a belief, whether it was sure enough."""
    if via != "belief":
        because = f"Because {VIA.get(via, via)} (“{last['category']}”, score {last['score']:.2f})"
        goes_by = f"It goes by {_GOES_BY.get(via, via)}, and did not come to you"
        return because if last["shown"] else goes_by
    be = f"to be “{last['category']}” ({last['score']:.2f})"
    if last["shown"]:
        return f"Because you are believed {be}"
    if last["score"] >= last["enough"]:
        return f"You are believed {be}; what kept it from you was something else, such as a no"
    return f"Because you were not believed surely enough {be}"


def _what_it_is_for(
    traces: pd.DataFrame, uses: pd.DataFrame, said: pd.DataFrame, told: pd.DataFrame
) -> Iterator[str]:
    for purpose in dict.fromkeys([*traces["purpose"], *uses["purpose"]]):
        n = (traces["purpose"] == purpose).sum()
        parts = [count(n, "record")] if n else []
        for use, rows in uses[uses["purpose"] == purpose].groupby("use", sort=False):
            basis = rows["basis"].iloc[0]
            ground = "no ground that we name"
            if pd.notna(basis):
                ground = f"{basis.replace('_', ' ')}, {BASES.get(basis, 'a ground unknown to law')}"
            traits = several(rows["trait"].unique())
            parts.append(f"the use “{use}” of what we conclude about {traits}, on {ground}")
        word, notice = said[said["purpose"] == purpose], told[told["purpose"] == purpose]
        answer = "You were never asked"
        if len(word):
            last = word.sort_values("time", kind="stable").iloc[-1]
            yes = "yes" if last["granted"] else "no"
            answer = f"You said {yes} on {say_day(last['time'])} ({last['how']})"
        day = notice["time"].min()
        first = f"first told you on {say_day(day)}" if len(notice) else "never told you"
        name = str(purpose).replace("_", " ").capitalize()
        yield f"{name}: {several(parts)}. {answer}, and we {first}."


def _who_else(
    traces: pd.DataFrame,
    beliefs: pd.DataFrame,
    uses: pd.DataFrame,
    decisions: pd.DataFrame,
    holder: str,
) -> Iterator[str]:
    joint = uses[uses["use"].isin(decisions["use"]) & (uses["holder"] != holder)]
    for other, rows in joint.groupby("holder", sort=False):
        named = several(f"“{use}”" for use in rows["use"].unique())
        yield f"{other}, which decides with us on {named}."
    others = dict.fromkeys([*traces["holder"], *beliefs["holder"]])
    others.pop(holder, None)
    for other in others:
        n, m = ((table["holder"] == other).sum() for table in (traces, beliefs))
        yield (
            f"{other}, which has {count(n, 'record')} and "
            f"{count(m, 'belief')} about you; whether from us, the tables do not say."
        )
    if joint.empty and not others:
        yield "Nobody that our tables show."


def _how_long(
    traces: pd.DataFrame, declarations: pd.DataFrame | None, holder: str
) -> Iterator[str]:
    for source in traces["source"].unique():
        days = pd.Series(dtype=float)
        if declarations is not None:
            same = (declarations["holder"] == holder) & (declarations["source"] == source)
            days = declarations.loc[same, "retention"]
        limit = "no limit that we have stated"
        if len(days) and days.notna().all():
            limit = count(int(days.max()), "day")
        where = _SOURCES.get(source, source)
        yield f"{where[0].upper()}{where[1:]}: {limit}."
    yield "What we conclude: no limit that we have stated."


def _what_was_asked(said: pd.DataFrame) -> Iterator[str]:
    used = said[said["how"].isin(["objected", "restricted", "lifted", "rectified", "erased"])]
    for row in used.sort_values("time", kind="stable").itertuples():
        purpose = row.purpose.replace("_", " ").replace(":", ": ")
        yield f"You have used a right: {row.how} ({purpose}), on {say_day(row.time)}."


def _what_is_left_out(traces: pd.DataFrame, beliefs: pd.DataFrame, person: int) -> Iterator[str]:
    others = pd.Series([*traces["person"], *traces["from_person"]], dtype="int64")
    n = others[others != person].nunique()
    if n:
        yield f"The names of {count(n, 'other person', 'other people')} in these records."
    if (beliefs["origin"] == "propagated").any():
        yield "The names of those whose answers told us about you."
    yield (
        "The records themselves, one by one: this letter counts them, and a copy of them is owed "
        "beside it (Art. 15(3))."
    )


def _html_line(row: tuple) -> str:
    bar = ""
    if pd.notna(row.own):
        parts = "".join(
            f'<div title="{escape(ROADS[name])}" style="width:{getattr(row, name):.1%};'
            f'background:{colour}"></div>'
            for name, colour in _COLOURS.items()
        )
        bar = f'<div style="{_BAR}">{parts}</div>'
    text = escape(row.text).replace(" %", "&nbsp;%")  # a number stays beside its sign
    return f'<div style="{_LINE}">{text}{bar}</div>'


_KINDS = {kind: (kind, f"{kind}s") for kind in ("like", "visit", "message", "purchase")}
_KINDS |= {"search": ("search", "searches"), "contact": ("entry", "entries")}
_VERBS = {"observed": "you liked", "tracked": "you were tracked at", "told": "you were listed at"}
_COLOURS = {"own": "#3b6fb6", "tracked": "#8a5a00", "others": "#a4262c", "usual": "#8886"}
_GOES_BY = {
    "list": "a list of customers",
    "pixel": "what a tracker saw on other firms' pages",
    "retargeting": "what a tracker saw people look at, and not buy",
    "lookalike": "likeness to people on somebody's list",
    "delivery": "who clicked on it",
    "context": "the page that it stands on",
    "everybody": "nothing about anybody",
}
_PAPER = (
    "max-width:48em;margin:1em 0;padding:1.2em 1.8em;border:1px solid #8888;border-radius:.3em;"
    "line-height:1.45"
)
_HEADING = "font-size:1.15em;font-weight:600;margin:1.1em 0 .3em"
_ARTICLE = "font-size:.75em;font-weight:400;opacity:.75;margin-left:.6em"
_BAR = "display:flex;height:.5em;max-width:30em;margin:.3em 0 .8em"
_LINE = "margin:.35em 0;text-align:left"
_SMALL = f"{_LINE};font-size:.85em"
_LEGEND = "; ".join(
    f'<span style="white-space:nowrap"><span style="color:{colour}">■</span> {ROADS[name]}</span>'
    for name, colour in _COLOURS.items()
)
