"""Public data sets: the file that was published, or none. The server is this machine."""

import gzip
import hashlib
import io
import re
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from field_files import ML1M, ML100K

from ethics_lib import downloads
from ethics_lib.datasets import fetch_movielens, fetch_snap_facebook
from ethics_lib.downloads import _Remote
from ethics_lib.provenance import ConsentNotice
from ethics_lib.rows import FileError
from ethics_lib.tables import UnknownNameError


def packed(name, files):
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for file, content in files.items():
            archive.writestr(f"{name}/{file}", content)
    return kept.getvalue()


FILES = {
    "/ml-100k.zip": packed("ml-100k", ML100K),
    "/ml-1m.zip": packed("ml-1m", ML1M),
    "/facebook_combined.txt.gz": gzip.compress(b"0 1\n0 2\n1 2\n"),
}


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A publisher on this machine, an empty cache, and the list of what was asked for."""
    asked = []

    class Publisher(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            content = FILES.get(self.path)
            self.send_response(200 if content else 404)
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Publisher) as publisher:
        threading.Thread(target=publisher.serve_forever, daemon=True).start()
        home = f"http://127.0.0.1:{publisher.server_port}"
        known = {
            name: _Remote(
                home + "/" + remote.url.rsplit("/", 1)[1],
                hashlib.sha256(FILES["/" + remote.url.rsplit("/", 1)[1]]).hexdigest(),
            )
            for name, remote in downloads._REMOTE.items()
        }
        monkeypatch.setattr(downloads, "_REMOTE", known)
        monkeypatch.setattr(downloads, "_cache", lambda: tmp_path / "cache")
        for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(proxy, raising=False)
        yield asked
        publisher.shutdown()


def kept(tmp_path):
    cache = tmp_path / "cache"
    return sorted(path.name for path in cache.rglob("*") if path.is_file())


def test_a_data_set_is_downloaded_once_checked_and_loaded(server, tmp_path):
    for _ in range(2):
        with pytest.warns(ConsentNotice, match="That the raters were asked"):
            world = fetch_movielens("100k", at_least=3)
        assert len(world.acts) == 4 and len(world.people) == 3
        with pytest.warns(ConsentNotice, match="That the friends were asked is not said"):
            world = fetch_snap_facebook()
        assert len(world.ties) == 3
    assert server == ["/ml-100k.zip", "/facebook_combined.txt.gz"]
    with pytest.warns(ConsentNotice):
        assert len(fetch_movielens("1m").people) == 3
    assert {"u.data", "ratings.dat", "facebook_combined.txt.gz"} <= set(kept(tmp_path))


def test_what_is_not_the_published_file_is_thrown_away(server, tmp_path, monkeypatch):
    changed = downloads._REMOTE["facebook"]._replace(sha256="0" * 64)
    monkeypatch.setitem(downloads._REMOTE, "facebook", changed)
    with pytest.raises(
        FileError, match=r"is not the file that was published: its SHA-256 is not 0"
    ):
        fetch_snap_facebook()
    assert kept(tmp_path) == []


def test_a_file_spoilt_in_the_cache_is_fetched_again(server, tmp_path):
    with pytest.warns(ConsentNotice):
        fetch_snap_facebook()
    (tmp_path / "cache" / "facebook_combined.txt.gz").write_bytes(b"spoilt")
    with pytest.warns(ConsentNotice):
        assert len(fetch_snap_facebook().ties) == 3
    assert len(server) == 2


def test_no_network_and_no_such_file_are_said_with_a_way_out(server, tmp_path, monkeypatch):
    gone = downloads._REMOTE["ml-1m"]
    monkeypatch.setitem(downloads._REMOTE, "ml-1m", gone._replace(url=gone.url + ".gone"))
    with pytest.raises(ConnectionError, match=r"could not be downloaded .*404.*load_likes"):
        fetch_movielens("1m")
    # port 9 throws away what comes, and here nobody listens
    nowhere = gone._replace(url="http://127.0.0.1:9/facebook_combined.txt.gz")
    monkeypatch.setitem(downloads._REMOTE, "facebook", nowhere)
    with pytest.raises(
        ConnectionError, match=r"Nothing was kept. Look at the connection; .*load_gr"
    ):
        fetch_snap_facebook()
    assert kept(tmp_path) == []


def test_pooch_is_asked_for_only_here_and_missed_with_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(
        ImportError, match=r"not installed. Install the extra: .*ethics-lib\[scale\]"
    ):
        fetch_snap_facebook()


def test_an_unknown_size_is_named():
    with pytest.raises(UnknownNameError, match=r"size '10m' does not exist.*100k, 1m"):
        fetch_movielens("10m")


def test_every_file_has_a_published_hash_and_comes_over_https():
    for remote in downloads._REMOTE.values():
        assert re.fullmatch("[0-9a-f]{64}", remote.sha256) and remote.url.startswith("https://")


def test_no_lesson_fetches_anything():
    sources = list((Path(__file__).parent.parent / "notebooks" / "source").glob("*.py"))
    assert sources and not [p.name for p in sources if "fetch_" in p.read_text(encoding="utf-8")]
