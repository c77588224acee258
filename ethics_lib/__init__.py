"""Brightwater: what is done with data about people, on an invented town where the truth is known.

    world -> consents -> traces -> beliefs -> personas -> decisions -> findings
     true     agreed     recorded   believed    pictured    done to you   judged

Each module makes one table from another. The verbs, in the order of the story, are here; each
module holds more. Importing this package loads nothing else until a name is used.
"""

from importlib import import_module
from importlib.util import find_spec

__version__ = "0.1.0"

_ROOMS = {
    "make_world": "world",
    "load_town": "datasets",
    "ask_consent": "consents",
    "withdraw": "consents",
    "give_notice": "consents",
    "collect": "traces",
    "Platform": "traces",
    "Pixel": "traces",
    "ContactUpload": "traces",
    "infer": "beliefs",
    "infer_interests": "beliefs",
    "explain": "beliefs",
    "propagate": "propagation",
    "explain_friends": "propagation",
    "make_personas": "personas",
    "persona_card": "personas",
    "Ad": "decisions",
    "declare_use": "uses",
    "target": "decisions",
    "defend": "defences",
    "advise": "advice",
    "audit": "lines",
    "CHARTER": "charter",
    "score": "measures",
    "start": "lessons",
}

__all__ = list(_ROOMS)


def __getattr__(name: str) -> object:
    if name in _ROOMS:
        return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
    if not name.startswith("_") and find_spec(f"{__name__}.{name}"):
        return import_module(f"{__name__}.{name}")
    raise AttributeError(
        f"ethics_lib has no {name!r}. The verbs are: {', '.join(__all__)}. "
        "The modules hold more, such as ethics_lib.plots."
    )


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
