"""Meta: what Instagram and Facebook write in the same way, entry by entry."""

from __future__ import annotations

import json

from ethics_lib.traces import TRACKERS
from ethics_lib.writers.contents import Content


def as_files(pages: dict[str, object]) -> dict[str, bytes]:
    """The files of those pages that have anything on them."""
    full = {
        path: page
        for path, page in pages.items()
        if page and not (isinstance(page, dict) and len(page) == 1 and not any(page.values()))
    }
    return {
        f"{path}.json": json.dumps(_as_latin(page), indent=2).encode("ascii")
        for path, page in full.items()
    }


def _as_latin(page: object) -> object:
    """`entries.mend` backwards: letters as Meta writes them, UTF-8 taken for Latin-1."""
    if isinstance(page, str):
        return page.encode("utf-8", "replace").decode("latin-1")
    if isinstance(page, dict):
        return {_as_latin(name): _as_latin(value) for name, value in page.items()}
    return [_as_latin(value) for value in page] if isinstance(page, list) else page


def short_map(cells: dict[str, str | int]) -> dict:
    """An entry of the older generation, in its short form: times are numbers, the rest is text."""
    kind = {name: "timestamp" if isinstance(c, int) else "value" for name, c in cells.items()}
    return {"string_map_data": {name: {kind[name]: cell} for name, cell in cells.items()}}


def long_map(cells: dict[str, str | int], *, title: str = "") -> dict:
    """The same in its long form."""
    empty = {"href": "", "value": "", "timestamp": 0}
    full = {name: empty | cell for name, cell in short_map(cells)["string_map_data"].items()}
    return {"title": title, "media_map_data": {}, "string_map_data": full}


def listed(value: str, time: int = 0, *, title: str = "") -> dict:
    """An entry of the older generation that holds one value: somebody's name, or a thumb."""
    return {"title": title, "string_list_data": [{"href": "", "value": value, "timestamp": time}]}


def record(time: int, *labels: dict) -> dict:
    """An entry of the newer generation."""
    return {"timestamp": time, "media": [], "label_values": list(labels), "fbid": "0"}


def lists(values_of: dict[str, list[str]]) -> dict | None:
    """A file of lists, each under its label, as far as anything stands in them."""
    return _labelled(_vecs(values_of))


def ad_choices(it: Content) -> dict | None:
    """The topics and the advertisers that the owner wants to see less of."""
    labels = _vecs({"Ad topics you chose to see less": [name for name, _ in it.refused("advert:")]})
    hidden = [
        {"dict": [{"label": "Name", "value": n}, {"label": "Hidden on", "timestamp_value": t}]}
        for n, t in it.refused("advertiser:")
    ]
    if hidden:
        labels.append({"title": "Advertisers you've hidden", "dict": hidden})
    return _labelled(labels)


def subscription(it: Content) -> dict | None:
    """Whether the owner pays for seeing no adverts."""
    if "no_adverts_for_money" not in it.choices:
        return None
    value = "Active" if it.choices["no_adverts_for_money"] else "Inactive"
    return _labelled([{"label": "Your subscription status", "value": value}])


def _vecs(values_of: dict[str, list[str]]) -> list[dict]:
    return [
        {"label": label, "vec": [{"value": value} for value in values]}
        for label, values in values_of.items()
        if values
    ]


def _labelled(labels: list[dict]) -> dict | None:
    """A file of the newer generation; none, if nothing stands in it."""
    return {"media": [], "label_values": labels, "fbid": "0"} if labels else None


def elsewhere(it: Content) -> list[dict]:
    """What other firms sent, firm by firm."""
    names = {"visit": "PAGE_VIEW", "purchase": "PURCHASE", "search": "SEARCH", "event": "CUSTOM"}
    firms: dict[str, list[dict]] = {}
    for trace in it.did(*names, sources=TRACKERS):
        in_app = (trace.kind, trace.thing) == ("visit", "app")
        event = "ACTIVATE_APP" if in_app else names[trace.kind]
        row = {"id": 0, "type": event, "timestamp": trace.time}
        firms.setdefault(trace.name, []).append(row)
    return [{"name": firm, "events": events} for firm, events in firms.items() if firm]


def chats(it: Content, place: str) -> dict[str, object]:
    """A file for each of those who wrote, without what they wrote."""
    return {
        f"{place}/inbox/{who.replace('-', '')}_0/message_1": {
            "participants": [{"name": name} for name in dict.fromkeys([who, it.owner])],
            "messages": [
                {"sender_name": who, "timestamp_ms": t.time * 1000, "content": ""} for t in wrote
            ],
            "title": who,
            "thread_path": f"inbox/{who.replace('-', '')}_0",
        }
        for who, wrote in it.chats().items()
    }
