"""Pictures and files of articles in the archive: under which digest the bytes of an address lie, and how they may be shown."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from gzcrawler.archive.stored_captures import StoredCaptures
from gzcrawler.archive.stored_portals import stored_portal
from gzcrawler.readers.decoding import undo_content_encoding

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from gzcrawler.archive import OpenArchive
    from gzcrawler.portals import Portal

__all__ = [
    "SHOWN_AS_PICTURE",
    "FileShown",
    "canonical_urls",
    "disposition",
    "file_by_digest",
    "first_pictures",
    "picture_type",
    "portal_of",
    "stored_digests",
]

_STORED = """SELECT p.canonical_url, (SELECT c.payload_digest FROM captures c
        WHERE c.page_id = p.id AND c.kind = 'asset' AND c.length > 0 AND c.truncated IS NULL AND c.status = 200
        ORDER BY c.captured_at DESC LIMIT 1) AS digest
    FROM json_each(?) wanted CROSS JOIN pages p ON p.canonical_url = wanted.value"""

_PICTURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb".{4}ftypavi[fs]", re.DOTALL), "image/avif"),
    (re.compile(rb"BM.{8}\x00", re.DOTALL), "image/bmp"),
    (re.compile(rb"\x00\x00\x01\x00"), "image/x-icon"),
)
SHOWN_AS_PICTURE = frozenset(media_type for _, media_type in _PICTURES)
"""By their first bytes, whatever their headers say. SVG is none of them: it is a document that may hold script."""


class FileShown(NamedTuple):
    """The bytes of a file, and what they are."""

    content: bytes
    url: str
    """The address that they were captured at."""
    media_type: str | None
    """As the server had it; nothing to trust."""


def canonical_urls(portal: Portal | None, urls: Iterable[str]) -> dict[str, str]:
    """Address -> key of its page; an address that is of no portal stands for itself."""
    found = {}
    for url in urls:
        address = portal.address(url) if portal is not None else None
        found[url] = address.canonical_url if address is not None else url
    return found


def stored_digests(connection: sqlite3.Connection, urls: Iterable[str]) -> dict[str, str]:
    """Canonical address -> hex digits of the digest of the file that was last captured there, where one was."""
    rows = connection.execute(_STORED, (json.dumps(sorted(set(urls))),))
    return {url: digest.removeprefix("sha256:") for url, digest in rows if digest}


def first_pictures(connection: sqlite3.Connection, article_ids: Iterable[str]) -> dict[str, str]:
    """Article -> hex digits of the digest of its first picture that the archive holds."""
    rows = connection.execute(
        """SELECT i.article_id, coalesce(i.canonical_url, i.url) FROM json_each(?) wanted
        CROSS JOIN images i ON i.article_id = wanted.value WHERE i.ordinal < 4 ORDER BY i.article_id, i.ordinal""",
        (json.dumps(list(article_ids)),),
    ).fetchall()
    digests = stored_digests(connection, (url for _, url in rows))
    found: dict[str, str] = {}
    for article_id, url in rows:
        if url in digests:
            found.setdefault(article_id, digests[url])
    return found


def portal_of(connection: sqlite3.Connection, name: str) -> Portal | None:
    """The portal of that name, as the archive knows it."""
    known = connection.execute("SELECT 1 FROM portals WHERE name = ?", (name,)).fetchone()
    return stored_portal(connection, name) if known is not None else None


def file_by_digest(archive: OpenArchive, digest: str) -> FileShown | None:
    """The file with that digest, its content encoding undone; None where the archive holds none.

    Raises:
        ArchiveDamagedError: its record is not where it should be.
        ReadingError: its content encoding is broken.
    """
    row = archive.connection.execute(
        """SELECT c.id, c.url, c.media_type FROM captures c
        WHERE c.payload_digest = ? AND c.record_type = 'response' AND c.kind = 'asset' LIMIT 1""",
        (f"sha256:{digest}",),
    ).fetchone()
    if row is None:
        return None
    capture = StoredCaptures(archive.connection, archive.directory).read(row[0])
    content = undo_content_encoding(capture.payload, capture.header("content-encoding"), url=row[1])
    return FileShown(content, row[1], row[2])


def picture_type(content: bytes) -> str | None:
    """The media type of a picture, by its first bytes; None where it is none that is shown."""
    return next((media_type for magic, media_type in _PICTURES if magic.match(content)), None)


def disposition(url: str) -> str:
    """A Content-Disposition that saves a file under the last piece of its address."""
    name = unquote(urlsplit(url).path.rpartition("/")[2], errors="replace")
    name = re.sub(r"[\x00-\x1f\x7f/\\\"';:*?<>|]", "_", name)[-100:].lstrip(".") or "file"
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
