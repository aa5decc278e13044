"""A capture as it was received: its page in a frame that can do nothing, and its bytes."""

from __future__ import annotations

import json
import re
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from gzcrawler.archive.stored_captures import StoredCaptures
from gzcrawler.errors import ReadingError
from gzcrawler.readers.decoding import decode_capture, undo_content_encoding
from gzcrawler.web.replaying import Target, replay_html
from gzcrawler.web.stored_files import (
    canonical_urls,
    disposition,
    file_by_digest,
    picture_type,
    portal_of,
    stored_digests,
)
from gzcrawler.web.story import is_web_address
from gzcrawler.web.texts import text
from gzcrawler.web.visits import Answer, PageGone, PageNotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gzcrawler.items import Capture
    from gzcrawler.web.visits import Visit

__all__ = ["FRAMED", "payload", "raw", "replay"]

FRAMED = (
    "sandbox allow-top-navigation-by-user-activation; default-src 'none'; img-src 'self' data:; "
    "style-src 'unsafe-inline'; font-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
"""Of a replayed page: no script, no origin, pictures from the archive alone; a click may lead to another capture."""

_CAPTURES_SHOWN = 30
_STYLE_AT_MOST = 500_000
"""Bytes of a style sheet."""


class Place(NamedTuple):
    """A capture's row."""

    id: int
    page_id: int
    portal: str
    article_id: str | None
    canonical_url: str
    record_id: str
    url: str
    captured_at: str
    status: int
    kind: str
    media_type: str | None
    record_type: str
    payload_digest: str
    length: int
    warc_file: str
    warc_offset: int
    page_kind: str
    via: str
    original_id: str | None


def raw(visit: Visit) -> Answer:
    """The frame, with a banner that says what is in it."""
    place = _place(visit)
    connection = visit.archive.connection
    others = connection.execute(
        """SELECT record_id, captured_at, status, kind FROM captures
        WHERE page_id = ? AND kind != 'redacted' ORDER BY captured_at DESC, id DESC LIMIT ?""",
        (place.page_id, _CAPTURES_SHOWN),
    ).fetchall()
    known = connection.execute(
        "SELECT id, title, language FROM articles WHERE id = ? AND revision IS NOT NULL", (place.article_id,)
    ).fetchone()
    return visit.render(
        "raw.html",
        place=place,
        is_web_address=is_web_address,
        article=known,
        captures=others,
        earlier=_beside(visit, place, "<", "DESC"),
        later=_beside(visit, place, ">", "ASC"),
        verified_at=place.captured_at,
    )


def replay(visit: Visit) -> Answer:
    """The page itself, for the frame."""
    place = _place(visit)
    capture = StoredCaptures(visit.archive.connection, visit.archive.directory).read(place.id)
    try:
        body = _shown(visit, place, capture)
    except ReadingError as error:
        body = _plain(visit, f"{text('raw.not_shown', visit.language)}\n\n{error}")
    return Answer(body=body, headers={"Content-Security-Policy": FRAMED, "Cache-Control": "no-store"})


def payload(visit: Visit) -> Answer:
    """The bytes as received, to be saved; their content encoding is told in the WARC record alone."""
    place = _place(visit)
    capture = StoredCaptures(visit.archive.connection, visit.archive.directory).read(place.id)
    headers = {"Content-Disposition": disposition(place.url)}
    return Answer(body=capture.payload, media_type="application/octet-stream", headers=headers)


def _place(visit: Visit) -> Place:
    record_id = visit.parts["record"]
    if not re.fullmatch(r"[0-9a-f-]{36}", record_id):
        raise PageNotFound
    row = visit.archive.connection.execute(
        """SELECT c.id, c.page_id, p.portal, p.article_id, p.canonical_url, c.record_id, c.url, c.captured_at, c.status,
            c.kind, c.media_type, c.record_type, c.payload_digest, c.length, w.name, c.warc_offset, p.kind,
            c.via, c.original_id
        FROM captures c JOIN pages p ON p.id = c.page_id JOIN warc_files w ON w.id = c.warc_file_id
        WHERE c.record_id = ?""",
        (record_id,),
    ).fetchone()
    if row is None:
        raise PageNotFound
    place = Place(*row)
    withdrawn = visit.archive.connection.execute(
        "SELECT 1 FROM redacted_pages WHERE canonical_url = ?", (place.canonical_url,)
    ).fetchone()
    if withdrawn or place.kind == "redacted":
        raise PageGone
    return place


def _beside(visit: Visit, place: Place, comparison: str, order: str) -> str | None:
    """WARC record of the capture of the same page before or after."""
    row = visit.archive.connection.execute(
        f"""SELECT record_id FROM captures WHERE page_id = ? AND captured_at {comparison} ? AND kind != 'redacted'
        ORDER BY captured_at {order} LIMIT 1""",
        (place.page_id, place.captured_at),
    ).fetchone()
    return row[0] if row else None


def _shown(visit: Visit, place: Place, capture: Capture) -> bytes:
    if place.page_kind == "asset":
        content = undo_content_encoding(capture.payload, capture.header("content-encoding"), url=capture.url)
        if picture_type(content) is None and place.media_type != "image/svg+xml":
            return _plain(visit, text("raw.not_shown", visit.language))
        source = visit.url("asset", digest=place.payload_digest.removeprefix("sha256:"))
        return f'<!DOCTYPE html><meta charset="utf-8"><img alt="" src="{escape(source)}">'.encode()
    if place.media_type == "text/plain" or place.page_kind == "robots":
        return _plain(visit, capture.payload[:_STYLE_AT_MOST].decode("utf-8", "replace"))
    if not capture.payload.strip():
        return _plain(visit, text("raw.empty", visit.language))
    markup = decode_capture(capture)
    withdrawn = text("raw.withdrawn", visit.language)
    return replay_html(markup, url=capture.url, targets=_ArchiveTargets(visit, place), withdrawn=withdrawn)


def _plain(visit: Visit, words: str) -> bytes:
    page = f'<!DOCTYPE html><html lang="{visit.language}"><meta charset="utf-8"><pre style="white-space: pre-wrap">{escape(words)}</pre>'
    return page.encode("utf-8", "replace")


class _ArchiveTargets:
    """What the archive has at the addresses of a captured page, as of its capture."""

    def __init__(self, visit: Visit, place: Place) -> None:
        self._visit = visit
        self._connection = visit.archive.connection
        self._place = place
        self._portal = portal_of(self._connection, place.portal)

    def pages(self, urls: Iterable[str]) -> dict[str, Target]:
        """Each page's capture at or before this one; the first one after it, where there is none."""
        canonical = canonical_urls(self._portal, urls)
        rows = self._connection.execute(
            """SELECT p.canonical_url,
                EXISTS (SELECT 1 FROM redacted_pages r WHERE r.canonical_url = p.canonical_url),
                coalesce(
                    (SELECT c.record_id FROM captures c WHERE c.page_id = p.id AND c.captured_at <= ?2
                        ORDER BY c.captured_at DESC LIMIT 1),
                    (SELECT c.record_id FROM captures c WHERE c.page_id = p.id AND c.captured_at > ?2
                        ORDER BY c.captured_at LIMIT 1))
            FROM json_each(?1) wanted CROSS JOIN pages p ON p.canonical_url = wanted.value""",
            (json.dumps(sorted(set(canonical.values()))), self._place.captured_at),
        )
        found = {
            url: Target(None, withdrawn=True)
            if withdrawn
            else Target(self._visit.url("raw", record=record) if record else None)
            for url, withdrawn, record in rows
        }
        return {url: found[key] for url, key in canonical.items() if key in found}

    def pictures(self, urls: Iterable[str]) -> dict[str, str]:
        """As last captured."""
        canonical = canonical_urls(self._portal, urls)
        digests = stored_digests(self._connection, canonical.values())
        return {
            url: self._visit.url("asset", digest=digests[key])
            for url, key in canonical.items()
            if key in digests
        }

    def style(self, url: str) -> str | None:
        """As last captured, if it is one."""
        (key,) = canonical_urls(self._portal, [url]).values()
        digest = stored_digests(self._connection, [key]).get(key)
        file = file_by_digest(self._visit.archive, digest) if digest else None
        if file is None or file.media_type != "text/css" or len(file.content) > _STYLE_AT_MOST:
            return None
        return file.content.decode("utf-8", "replace")
