"""Captures as one WACZ 1.1.1 file, which opens in ReplayWeb.page and pywb.

Written here and not by the `wacz` package: that one stamps its files with the moment of making, so that no two are the
same, takes whole WARC files where a filter means some articles, and brings thirty packages. It checks ours in the tests.

WARC records are copied as they lie, responses and revisits alone: requests are reconstructed ones, and no
replay asks for them.
"""

from __future__ import annotations

import json
import re
import sqlite3
import tempfile
import uuid
import zipfile
from contextlib import closing
from hashlib import sha256
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gzcrawler._version import __version__
from gzcrawler.archive.moments import parse_moment
from gzcrawler.archive.warc_records import encode_information

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from gzcrawler.archive.viewpoint import ArchiveView, StandingArticle
    from gzcrawler.exports.compression import Sink

__all__ = ["write_wacz"]

_WARC = "archive/data.warc.gz"
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The moment that every file in the zip carries: the format's first."""
_CHUNK = 1 << 20

_BOUNDS = "c.captured_at <= :as_of AND c.recorded_at <= :known_at AND c.kind != 'redacted'"
_OF_ARTICLE = f"""SELECT c.id FROM pages p JOIN captures c ON c.page_id = p.id
    WHERE p.article_id = :id AND {_BOUNDS}
    UNION SELECT c.id FROM images i JOIN pages p ON p.canonical_url = i.canonical_url
    JOIN captures c ON c.page_id = p.id WHERE i.article_id = :id AND p.kind = 'asset' AND {_BOUNDS}"""
_EVERY = f"SELECT c.id FROM captures c WHERE {_BOUNDS}"
_ORIGINAL = """SELECT o.id FROM captures c JOIN captures o ON o.payload_digest = c.payload_digest
    AND o.record_type = 'response' WHERE c.id = ? AND c.record_type != 'response' ORDER BY o.captured_at LIMIT 1"""
_PLACE = """SELECT w.name, c.warc_offset, c.warc_length, c.url, c.captured_at, c.status, c.media_type,
    c.payload_digest, c.record_type FROM captures c JOIN warc_files w ON w.id = c.warc_file_id WHERE c.id = ?"""


def write_wacz(
    sink: Sink,
    articles: Iterable[StandingArticle],
    view: ArchiveView,
    identity: Mapping[str, Any],
    *,
    beside: Path | None,
) -> None:
    """Write the file.

    Args:
        sink: takes it.
        articles: whose captures go in; where nothing is filtered, all captures do, lists and home pages too.
        view: the archive.
        identity: what it is of.
        beside: folder for what is under way, on the disk that the file goes to.
    """
    with (
        tempfile.TemporaryFile(dir=beside) as warc,
        tempfile.TemporaryFile(dir=beside) as pages,
        tempfile.TemporaryFile(dir=beside) as index,
        tempfile.TemporaryFile(dir=beside) as packed,
        closing(sqlite3.connect("")) as chosen,
    ):
        chosen.execute("CREATE TABLE captures (id INTEGER PRIMARY KEY)")
        chosen.execute("CREATE TABLE lines (line TEXT PRIMARY KEY) WITHOUT ROWID")
        _choose(chosen, articles, view, pages, everything=identity["filters"] is None)
        _copy_records(chosen, view, warc, identity)
        for (line,) in chosen.execute("SELECT line FROM lines ORDER BY line"):
            index.write(line.encode() + b"\n")
        _pack(packed, {_WARC: warc, "indexes/index.cdx": index, "pages/pages.jsonl": pages}, identity)
        packed.seek(0)
        while piece := packed.read(_CHUNK):
            sink.write(piece)


def _choose(
    chosen: sqlite3.Connection,
    articles: Iterable[StandingArticle],
    view: ArchiveView,
    pages: IO[bytes],
    *,
    everything: bool,
) -> None:
    bounds = {"as_of": view.viewpoint.as_of, "known_at": view.viewpoint.known_at}
    pages.write(_line({"format": "json-pages-1.0", "id": "pages", "title": "Articles"}))
    insert = "INSERT OR IGNORE INTO captures VALUES (?)"
    for article in articles:
        record = json.loads(article.record)
        page = {
            "id": article.id,
            "url": record["url"],
            "title": record["title"],
            "ts": article.envelope.captured_at,
            "text": "\n".join(record["body"]),
        }
        pages.write(_line(page))
        if not everything:
            chosen.executemany(insert, view.connection.execute(_OF_ARTICLE, bounds | {"id": article.id}))
    if everything:
        chosen.executemany(insert, view.connection.execute(_EVERY, bounds))
        return
    for (capture_id,) in chosen.execute("SELECT id FROM captures").fetchall():
        chosen.executemany(insert, view.connection.execute(_ORIGINAL, (capture_id,)))


def _copy_records(
    chosen: sqlite3.Connection, view: ArchiveView, warc: IO[bytes], identity: Mapping[str, Any]
) -> None:
    record_id = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(dict(identity), sort_keys=True))
    fields = {
        "software": f"gzcrawler/{__version__}",
        "format": "WARC File Format 1.1",
        "isPartOf": ", ".join(view.portals()),
    }
    moment = parse_moment(identity["known_at"])
    warc.write(encode_information(str(record_id), filename="data.warc.gz", moment=moment, fields=fields))
    name, source = "", None
    try:
        for row in _places(chosen, view):
            if row[0] != name:
                if source is not None:
                    source.close()
                name, source = row[0], (view.directory.warc / row[0]).open("rb")
            assert source is not None
            source.seek(row[1])
            chosen.execute("INSERT OR IGNORE INTO lines VALUES (?)", (_index_line(row, warc.tell()),))
            warc.write(source.read(row[2]))
    finally:
        if source is not None:
            source.close()


def _places(chosen: sqlite3.Connection, view: ArchiveView) -> Iterator[tuple[Any, ...]]:
    """In the order of recording, which is that of the files."""
    for row in chosen.execute("SELECT id FROM captures ORDER BY id"):
        yield view.connection.execute(_PLACE, row).fetchone()


def _index_line(row: tuple[Any, ...], offset: int) -> str:
    _, _, length, url, captured_at, status, media_type, digest, record_type = row
    facts = {
        "url": url,
        "mime": "warc/revisit" if record_type != "response" else media_type or "unk",
        "status": str(status),
        "digest": digest,
        "length": str(length),
        "offset": str(offset),
        "filename": "data.warc.gz",
    }
    timestamp = re.sub(r"\D", "", captured_at)[:14]
    return f"{_sort_key(url)} {timestamp} {json.dumps(facts, ensure_ascii=True)}"


def _sort_key(url: str) -> str:
    """The address as CDX indexes sort it: host reversed, in lower case, without ``www``."""
    parts = urlsplit(url.lower())
    host = ",".join(reversed(re.sub(r"^www\d*\.", "", parts.hostname or "").split(".")))
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    path = parts.path.rstrip("/") or "/"
    query = "?" + "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    return f"{host}{port}){path}{query}"


def _pack(packed: IO[bytes], contents: Mapping[str, IO[bytes]], identity: Mapping[str, Any]) -> None:
    resources = []
    with zipfile.ZipFile(packed, "w", allowZip64=True) as archive:
        for path, content in contents.items():
            digest, size = sha256(), content.tell()
            content.seek(0)
            # Stored as they are, so that a reader can seek in them.
            with archive.open(_member(path, size), "w", force_zip64=size > 1 << 31) as target:
                while piece := content.read(_CHUNK):
                    digest.update(piece)
                    target.write(piece)
            resources.append(
                {
                    "name": path.rpartition("/")[2],
                    "path": path,
                    "hash": f"sha256:{digest.hexdigest()}",
                    "bytes": size,
                }
            )
        package = {
            "profile": "data-package",
            "resources": resources,
            "wacz_version": "1.1.1",
            "created": identity["known_at"],
            "software": f"gzcrawler {__version__}",
            "gzcrawler_identity": dict(identity),
        }
        text = json.dumps(package, ensure_ascii=False, indent=2).encode()
        archive.writestr(_member("datapackage.json", len(text)), text)
        check = {"path": "datapackage.json", "hash": f"sha256:{sha256(text).hexdigest()}"}
        text = json.dumps(check, indent=2).encode()
        archive.writestr(_member("datapackage-digest.json", len(text)), text)


def _member(path: str, size: int) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(path, _EARLIEST)
    member.file_size = size
    member.external_attr = 0o644 << 16
    return member


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(dict(value), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
