"""Downloads: a few public data sets, each the file that was published or none.

The only functions of this library that reach for the network. No lesson calls them. What came is
checked against a published hash and stays in the user's cache.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ethics_lib.readers import load_graph, load_likes
from ethics_lib.rows import FileError, shorten
from ethics_lib.tables import World, check_name

__all__ = ["fetch_movielens", "fetch_snap_facebook"]


class _Remote(NamedTuple):
    url: str
    sha256: str


# The hashes are quoted, and nothing was downloaded to make them: those of MovieLens stand in
# TensorFlow Datasets (tensorflow_datasets/url_checksums/movielens.txt), that of the graph in
# CyNetDiff (examples/benchmarks.py).
_REMOTE = {
    "ml-100k": _Remote(
        "https://files.grouplens.org/datasets/movielens/ml-100k.zip",
        "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
    ),
    "ml-1m": _Remote(
        "https://files.grouplens.org/datasets/movielens/ml-1m.zip",
        "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
    ),
    "facebook": _Remote(
        "https://snap.stanford.edu/data/facebook_combined.txt.gz",
        "125e84db872eeba443d270c70315c256b0af43a502fcfe51f50621166ad035d7",
    ),
}


def fetch_movielens(
    size: str = "100k",
    *,
    at_least: float = 4,
    protected: Iterable[str] = (),
    agreed: str | None = None,
) -> World:
    """Download MovieLens 100K or 1M once, check that it is the file it should be, and load it.

    Its read-me allows use for research; it forbids redistribution, and commercial use without
    permission. The hash is the one that TensorFlow Datasets publishes; the file was not
    downloaded when this was written.

    Parameters
    ----------
    size : {"100k", "1m"}
        943 people and 100,000 ratings (4.9 MB), or 6,040 and 1,000,209 (5.9 MB).
    at_least, protected, agreed
        As in `load_likes`.

    Returns
    -------
    World
        As from `load_likes`. The files stay in the user's cache.

    Raises
    ------
    ImportError
        When pooch is not installed.
    ConnectionError
        When nothing could be downloaded.
    FileError
        When what came is not the file that was published; it is thrown away.
    """
    check_name(size, ("100k", "1m"), what="size")
    folder = _fetch(f"ml-{size}", unpack=True) / f"ml-{size}"
    return load_likes(folder, at_least=at_least, protected=protected, agreed=agreed)


def fetch_snap_facebook(*, agreed: str | None = None) -> World:
    """Download the ties of SNAP's ten ego networks of Facebook once, check them, and load them.

    4,039 people and 88,234 ties, without features (219 KB). SNAP offers them to everybody and
    asks to be cited; a licence was not found. The hash is quoted from CyNetDiff's benchmarks, and
    the file was not downloaded when this was written.

    Parameters
    ----------
    agreed : str, optional
        As in `load_graph`.

    Returns
    -------
    World
        As from `load_graph`. The file stays in the user's cache.

    Raises
    ------
    ImportError, ConnectionError, FileError
        As in `fetch_movielens`.

    References
    ----------
    McAuley & Leskovec (2012), NIPS; snap.stanford.edu/data/ego-Facebook.html.
    """
    return load_graph(_fetch("facebook"), agreed=agreed)


def _fetch(name: str, *, unpack: bool = False) -> Path:
    """Have a file in the user's cache, the one that was published or none."""
    try:
        import pooch
    except ImportError as error:
        raise ImportError(
            "Downloads are made by pooch, and it is not installed. Install the extra: "
            "pip install 'ethics-lib[scale]'."
        ) from error
    remote = _REMOTE[name]
    file = remote.url.rsplit("/", 1)[1]
    try:
        pooch.retrieve(
            remote.url,
            known_hash=f"sha256:{remote.sha256}",
            fname=file,
            path=_cache(),
            processor=pooch.Unzip(extract_dir=name) if unpack else None,
        )
    except OSError as error:
        raise ConnectionError(
            f"{file} could not be downloaded from {remote.url} ({shorten(str(error), 200)}). "
            "Nothing was kept. Look at the connection; or get it by hand and pass its path to "
            f"{'load_likes' if unpack else 'load_graph'}."
        ) from error
    except ValueError as error:
        raise FileError(
            f"{file}: what {remote.url} sent is not the file that was published: its SHA-256 is "
            f"not {remote.sha256}. It was thrown away. It may have been changed, or cut off on "
            "the way: try once more, and else ask its publisher."
        ) from error
    return _cache() / (name if unpack else file)


def _cache() -> Path:
    import pooch

    return Path(pooch.os_cache("brightwater"))
