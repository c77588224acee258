"""Writers: the archive of each platform, laid out backwards, one module a platform.

Each stands under the name of its reader in the drawer `platforms`, and says in its function
``write`` what goes where. What a layout has no place for is left out here without a word: `copies`
finds it out by reading back.
"""

from __future__ import annotations

from collections.abc import Callable

from ethics_lib.exports import Export
from ethics_lib.writers import facebook, instagram, tiktok, x
from ethics_lib.writers.contents import Content

__all__ = ["WRITTEN", "lay_out"]

WRITTEN: dict[str, Callable[[Content], dict[str, bytes]]] = {
    "instagram": instagram.write,
    "facebook": facebook.write,
    "x": x.write,
    "tiktok": tiktok.write,
}
"""Whose archives can be written."""


def lay_out(held: Export, platform: str) -> dict[str, bytes]:
    """Write down what is held as the files of one platform's archive.

    Parameters
    ----------
    held : Export
    platform : str
        One of `WRITTEN`.

    Returns
    -------
    dict of path -> bytes
        No file for what there is none of. The paths, and what stands where, are those of
        `tests/exports/catalogue.json`.
    """
    return WRITTEN[platform](Content(held))
