"""Traces: what is recorded of what people do, by whom, through whom and for what.

A collector is a small frozen value that takes the world and the consent ledger and returns the
evidence it gets. A trace never certifies its own consent: whether it was allowed is found out
later, by joining the ledger again. Rights that were used are obeyed in one place, `collect`.

A collector also says what it takes, for a privacy label: ``takes()``. To say so, each can be given
``retention=`` (days; None where no limit is stated) and ``declared=`` (whether a label named it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ethics_lib.consents import PROCESSING, in_force, leave_out, refused
from ethics_lib.identifiers import (
    gives_advertising_id,
    hash_identifiers,
    make_identifiers,
    match,
)
from ethics_lib.privacy_labels import KIND_TYPES, list_taken
from ethics_lib.tables import (
    COLUMNS,
    Evidence,
    TableError,
    World,
    check_name,
    check_share,
    check_table,
    check_time,
    concat,
    empty_table,
)

__all__ = [
    "DEVICE",
    "SOURCES",
    "STANDARD_EVENTS",
    "TRACKERS",
    "AppSdk",
    "Collector",
    "ContactUpload",
    "CustomerList",
    "Pixel",
    "Platform",
    "ServerEvents",
    "collect",
]

Collector = Callable[[World, pd.DataFrame], Evidence]

SOURCES: dict[str, str] = {
    "platform": "seen on the holder's own platform",
    "pixel": "a tracker on another firm's site or shop saw it",
    "sdk": "a tracker in another firm's app saw it, and had the phone's advertising id",
    "server": "another firm's server sent it, with a hashed e-mail address that matched",
    "list": "another firm uploaded a list of customers, and the hashed address matched",
    "contacts": "somebody else's address book, handed over",
    "export": "a copy of their own data that somebody downloaded and passed on",
}
"""Where a trace may come from. The collectors here make all but the last."""

DEVICE = ("pixel", "sdk")
"""The sources that read from a person's device, for which PECR reg. 6 asks."""

TRACKERS = (*DEVICE, "server")
"""The sources that other firms' sites, apps and servers send to a holder."""

STANDARD_EVENTS: dict[str, dict[str, str]] = {
    "pixel": {"visit": "PageView", "purchase": "Purchase"},
    "sdk": {"visit": "ActivateApp", "purchase": "Purchase"},
    "server": {"visit": "ActivateApp", "purchase": "Purchase"},
}
"""What a tracker of each source calls a kind of trace: Meta's names for the acts of this town.

A page may send ViewContent too, and a shop AddToCart and a dozen others; nobody in the town fills
a basket without buying. In an archive that a person downloads the names stand in capitals, as in
``PAGE_VIEW``."""


def collect(world: World, consents: pd.DataFrame, collectors: Iterable[Collector]) -> Evidence:
    """Let collectors record what they can see of the world.

    Parameters
    ----------
    world : World
    consents : DataFrame
        The ledger. A collector that waits for consent reads it; one that does not, does not. But
        all obey the rights in it, a function of your own too: under a restriction nothing new is
        recorded of the person, and after an erasure nothing is left that was recorded up to then.
        An objection to being judged (``profiling``) stops no record.
    collectors : list of callables ``(world, consents) -> Evidence``

    Returns
    -------
    Evidence
        The traces of all collectors, and each tie that any of them knows, once. Ties stay where
        one end had all erased: the friend has told of them too. Answers, if any collector brings
        them, are handed on as they are: they have no time that a right could be held against.
    """
    check_table(world.acts, "acts", people=world.people.index, empty=True)
    check_table(world.ties, "ties", people=world.people.index, empty=True)
    check_table(consents, "consents", people=world.people.index, empty=True)
    collectors = list(collectors)
    if not collectors:
        raise TableError("collect: no collector was given. Pass at least one, such as Platform.")
    held = [collector(world, consents) for collector in collectors]
    traces = check_table(concat([h.traces for h in held], "traces"), "traces", empty=True)
    ties = concat([h.ties for h in held], "ties").drop_duplicates(["a", "b"], ignore_index=True)
    known = concat([h.known for h in held], "known")
    return Evidence(_obey(traces, consents), ties, known)


_FLAGS = ("waits", "prompt", "matches_email", "declared")  # the word "no" would count as a yes


@dataclass(frozen=True, kw_only=True)
class _Labelled:
    """What every collector also says of itself, for a privacy label.

    Parameters
    ----------
    retention : days, optional
        How long its records are kept; None where no limit is stated.
    declared : bool
        Whether a label named what it takes before it took it.
    """

    retention: float | None = None
    declared: bool = True

    def __post_init__(self) -> None:
        for name, setting in vars(self).items():
            if name in ("holder", "shop") and not (isinstance(setting, str) and setting):
                raise TableError(f"{name}={setting!r} is no name. Pass text, such as 'Murmur'.")
            if name in _FLAGS and not isinstance(setting, (bool, np.bool_)):
                raise TableError(f"{name}={setting!r} is neither True nor False.")
        if self.retention is not None:
            check_share(self.retention, "retention", high=np.inf)
        check_share(getattr(self, "reach", 0), "reach")

    def _list(self, source: str, types: Iterable[str], **how: object) -> pd.DataFrame:
        """What comes in through one source, for the adverts of others if ``how`` says no more."""
        usual = {"purposes": ["ThirdPartyAdvertising"], "band": "DATA_USED_TO_TRACK_YOU"}
        said = {"retention": self.retention, "declared": self.declared}
        return list_taken(self.holder, source=source, types=types, **usual | how, **said)


@dataclass(frozen=True)
class Platform(_Labelled):
    """A social network: keeps what members do there, and who is friends with whom.

    Parameters
    ----------
    holder : str
    keeps : tuple of str
        Of ``like``, ``search`` and ``message``. Of a message the town has no text: a topic, a
        sender and a time. A topic is more than what the envelope says; whether any platform reads
        messages for its adverts is an open question.
    """

    holder: str
    keeps: tuple[str, ...] = ("like",)

    def __post_init__(self) -> None:
        super().__post_init__()
        for kind in self.keeps:
            check_name(kind, ["like", "search", "message"], what="kind of act on a platform")

    def __call__(self, world: World, consents: pd.DataFrame) -> Evidence:
        done = world.acts[world.acts["kind"].isin(self.keeps)]
        traces = _as_traces(done, self.holder, source="platform", purpose="service")
        traces = traces[in_force(consents, traces)]
        joined = consents.query("holder == @self.holder and purpose == 'service' and granted")
        ties = world.ties
        inside = ties["a"].isin(joined["person"]) & ties["b"].isin(joined["person"])
        return Evidence(traces, ties[inside])

    def takes(self) -> pd.DataFrame:
        """List what it takes, in the words of an app store (`privacy_labels.declare_label`)."""
        types = ["UserID", "Contacts", *(KIND_TYPES[kind] for kind in self.keeps)]
        purposes = ["ProductPersonalization", "AppFunctionality"]
        return self._list("platform", types, purposes=purposes, band="DATA_LINKED_TO_YOU")


@dataclass(frozen=True)
class Pixel(_Labelled):
    """A tracker on other firms' sites: sees visits and purchases of members and non-members.

    Parameters
    ----------
    holder : str
        Who gets the record.
    reach : float, 0-1
        Share of sites and shops that carry it.
    waits : bool
        Whether it waits for the person's consent to ``advertising``, or fires at once.
    """

    holder: str
    reach: float
    waits: bool

    def __call__(self, world: World, consents: pd.DataFrame) -> Evidence:
        carries = _lots(world) < self.reach
        traces = _seen_elsewhere(world, carries, self.holder, source="pixel")
        if self.waits:
            traces = traces[in_force(consents, traces)]
        return Evidence(traces, empty_table("ties"))

    def takes(self) -> pd.DataFrame:
        """List what it takes, in the words of an app store (`privacy_labels.declare_label`)."""
        return self._list("pixel", ["BrowsingHistory", "PurchaseHistory", "DeviceID"])


@dataclass(frozen=True)
class AppSdk(_Labelled):
    """A tracker in other firms' apps: a no at the device prompt blanks one id, and nothing else.

    Without the advertising id a record is nobody's to the holder, and is left out here. The app
    that sent it still has it, and knows its own customer. Where the app adds the hashed e-mail
    address, the holder finds the person all the same: a second pipe.

    Parameters
    ----------
    holder : str
        Who gets the record, and about whom the phone asks: may they track you?
    reach : float, 0-1
        Share of sites and shops whose app carries it: not those that carry a `Pixel`, as long as
        both reaches add up to 1 or less.
    prompt : bool
        Whether phones ask first. A yes is about the id; consent to ``advertising`` is another
        row of the ledger, and this collector does not wait for it.
    matches_email : bool
        Whether apps add the hashed address. Then what has no id comes with the source ``server``,
        if the address is that of an account with the holder at the time.

    References
    ----------
    Apple, App Tracking Transparency (enforced from iOS 14.5, 26 April 2021). Its rules forbid to
    track by e-mail address after a no; the device does not stop it.
    """

    holder: str
    reach: float
    prompt: bool
    matches_email: bool = False

    def __call__(self, world: World, consents: pd.DataFrame) -> Evidence:
        carries = _lots(world) >= 1 - self.reach
        traces = _seen_elsewhere(world, carries, self.holder, source="sdk")
        if self.prompt:
            given = gives_advertising_id(consents, traces)
            nobodys, traces = traces[~given].assign(source="server"), traces[given]
            if self.matches_email:
                traces = concat([traces, _with_account(world, consents, nobodys)], "traces")
        return Evidence(traces, empty_table("ties"))

    def takes(self) -> pd.DataFrame:
        """List what it takes, in the words of an app store (`privacy_labels.declare_label`)."""
        types = ["BrowsingHistory", "PurchaseHistory"]
        taken = [self._list("sdk", [*types, "DeviceID"])]
        if self.matches_email:
            taken.append(self._list("server", [*types, "EmailAddress"]))
        return concat(taken, "declarations")


@dataclass(frozen=True)
class ServerEvents(_Labelled):
    """A shop's own computer that reports each purchase: no browser or phone can block it.

    The shop adds the hashed e-mail address of whoever bought; what is recorded is what matches an
    account with the holder at the time. A purchase that a `Pixel` saw as well is recorded twice.

    Parameters
    ----------
    holder : str
        Who gets the record.
    reach : float, 0-1
        Share of shops that report: the same as would carry a `Pixel` of that reach.
    waits : bool
        Whether the shop waits for the person's consent to the holder's ``advertising``.

    References
    ----------
    Meta, Conversions API, Customer Information Parameters.
    """

    holder: str
    reach: float
    waits: bool

    def __call__(self, world: World, consents: pd.DataFrame) -> Evidence:
        carries = _lots(world) < self.reach
        traces = _seen_elsewhere(world, carries, self.holder, source="server", kinds=["purchase"])
        if self.waits:
            traces = traces[in_force(consents, traces)]
        return Evidence(_with_account(world, consents, traces), empty_table("ties"))

    def takes(self) -> pd.DataFrame:
        """List what it takes, in the words of an app store (`privacy_labels.declare_label`)."""
        return self._list("server", ["PurchaseHistory", "EmailAddress"])


@dataclass(frozen=True)
class CustomerList(_Labelled):
    """A list of customers that a shop uploads: a platform learns who of its members bought what.

    The shop hands over hashed e-mail addresses, one list a product, and what is recorded is what
    matches an account with the holder on that day. The shop leaves out whoever has told it no
    (``direct_marketing``), had it restrict or erase; what they told the platform it does not know.

    Parameters
    ----------
    holder : str
        The platform that matches.
    shop : str
        The firm that uploads; the ledger knows it by this name.
    items : tuple of int
        Its products.
    time : time
        When it uploads: who bought before is on the list.
    """

    holder: str
    shop: str
    items: tuple[int, ...]
    time: str | np.datetime64

    def __post_init__(self) -> None:
        super().__post_init__()
        check_time(self.time, "time")

    def __call__(self, world: World, consents: pd.DataFrame) -> Evidence:
        day = check_time(self.time, "time").to_datetime64()
        kind = world.items["kind"].reindex(list(self.items)).fillna("no item")
        if kind.ne("product").any() or kind.empty:
            raise TableError(
                f"CustomerList: the items are {kind.to_dict()}, and a shop's customers are those "
                "who bought a product. Pass products, such as items=(12, 30)."
            )
        bought = world.acts[(world.acts["kind"] == "purchase") & (world.acts["time"] < day)]
        bought = bought[bought["item"].isin(self.items)]
        own = _as_traces(bought, self.shop, source="list", purpose="direct_marketing")
        before = consents[consents["time"] <= day]
        listed = leave_out(_obey(own, before), before, holder=self.shop, purpose="direct_marketing")
        listed = listed.drop_duplicates(["person", "item"])
        traces = listed.assign(time=day, holder=self.holder, purpose="advertising")
        return Evidence(_with_account(world, consents, traces), empty_table("ties"))

    def takes(self) -> pd.DataFrame:
        """List what it takes, in the words of an app store (`privacy_labels.declare_label`)."""
        return self._list("list", ["PurchaseHistory", "EmailAddress"])


@dataclass(frozen=True)
class ContactUpload(_Labelled):
    """An address book that a member hands over: it holds people who were never asked.

    Each yes in the ledger is an upload at that moment. A later no stops further ones; what was
    uploaded is taken back by an erasure only.
    """

    holder: str

    def __call__(self, world: World, consents: pd.DataFrame) -> Evidence:
        yes = consents.query("holder == @self.holder and purpose == 'contacts' and granted")
        yes = yes[in_force(consents, yes)]  # a no in the same moment counts, if it came after
        ties = world.ties
        both = [
            ties.rename(columns={"a": "from_person", "b": "person"}),
            ties.rename(columns={"b": "from_person", "a": "person"}),
        ]
        listed = pd.concat(both, ignore_index=True)[["person", "from_person"]]
        upload = yes[["person", "time"]].rename(columns={"person": "from_person"}).drop_duplicates()
        upload = upload.astype({"from_person": listed["from_person"].dtype})
        traces = listed.merge(upload.astype({"time": "datetime64[s]"}), on="from_person")
        traces = traces.assign(
            kind="contact",
            item=pd.NA,
            source="contacts",
            purpose="contacts",
            holder=self.holder,
        )
        given = ties["a"].isin(yes["person"]) | ties["b"].isin(yes["person"])
        traces = traces[list(COLUMNS["traces"])].astype({"item": "Int32"})
        return Evidence(traces, ties[given])

    def takes(self) -> pd.DataFrame:
        """List what it takes, in the words of an app store (`privacy_labels.declare_label`)."""
        how = {"purposes": ["AppFunctionality"], "band": "DATA_LINKED_TO_YOU", "of": "others"}
        return self._list("contacts", ["Contacts"], **how)


def _as_traces(acts: pd.DataFrame, holder: str, *, source: str, purpose: str) -> pd.DataFrame:
    traces = acts.assign(from_person=acts["person"], source=source, purpose=purpose, holder=holder)
    return traces[list(COLUMNS["traces"])].astype({"item": "Int32"})


def _lots(world: World) -> pd.Series:
    """The number of each item that decides who carries a tracker."""
    if "lot" not in world.items:
        raise TableError(
            "items: column 'lot' is missing; it decides which sites carry a pixel. "
            "A world from make_world has it: one number from 0 to 1 an item."
        )
    return world.items["lot"]


def _seen_elsewhere(
    world: World,
    carries: pd.Series,
    holder: str,
    *,
    source: str,
    kinds: Iterable[str] = ("visit", "purchase"),
) -> pd.DataFrame:
    """What a tracker sees on the items that carry it."""
    acts = world.acts
    seen = acts["kind"].isin(list(kinds)) & acts["item"].isin(carries.index[carries])
    return _as_traces(acts[seen], holder, source=source, purpose="advertising")


def _with_account(world: World, consents: pd.DataFrame, traces: pd.DataFrame) -> pd.DataFrame:
    """Those records whose hashed address is that of an account with their holder at the time."""
    inside = in_force(consents, traces.assign(purpose="service"))
    sent, accounts = (
        hash_identifiers(make_identifiers(world.people.loc[rows["person"].unique()], kinds="email"))
        for rows in (traces, traces[inside])
    )
    return traces[inside & traces["person"].isin(match(sent, accounts)["person"])]


def _obey(traces: pd.DataFrame, consents: pd.DataFrame) -> pd.DataFrame:
    """Leave out what a restriction or an erasure forbids to hold, whichever end has asked."""
    restricted = consents[consents["purpose"] == PROCESSING]
    erased = consents[(consents["purpose"] == "storage") & (consents["how"] == "erased")]
    if restricted.empty and erased.empty:
        return traces
    last = erased.groupby(["person", "holder"])["time"].max().rename("until").reset_index()
    gone = np.zeros(len(traces), dtype=bool)
    for end in ("person", "from_person"):
        rows = traces[[end, "holder", "time"]].rename(columns={end: "person"})
        gone |= refused(restricted, rows.assign(purpose=PROCESSING))
        until = rows.merge(last, how="left", on=["person", "holder"])["until"]
        gone |= rows["time"].to_numpy() <= until.to_numpy()  # nothing is up to NaT
    return traces[~gone].reset_index(drop=True)
