"""Single articles as they stood, folded again from the captures that a viewpoint leaves."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gzcrawler.archive.article_history import dump_record
from gzcrawler.archive.history import RevisionPoint, Sighting, fold, in_order
from gzcrawler.archive.replay import read_stored
from gzcrawler.archive.standing_article import Envelope, StandingArticle
from gzcrawler.archive.stored_portals import stored_portal
from gzcrawler.archive.stored_records import whole_record
from gzcrawler.errors import ArchiveDamagedError
from gzcrawler.items import Article, join_parts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from gzcrawler.archive.history import History
    from gzcrawler.archive.standing_article import Viewpoint
    from gzcrawler.archive.stored_captures import StoredCaptures
    from gzcrawler.portals import Portal

__all__ = ["Refolding"]

_SIGHTINGS = """SELECT c.id, p.canonical_url, p.part, c.captured_at, c.payload_digest, c.kind,
        CASE WHEN c.kind = 'article' THEN c.content_digest END, c.via = 'live'
    FROM pages p JOIN captures c ON c.page_id = p.id
    WHERE p.article_id = ? AND c.captured_at <= ? AND c.recorded_at <= ?"""


class Refolding:
    """Folds single articles from the captures that a viewpoint leaves."""

    def __init__(self, connection: sqlite3.Connection, captures: StoredCaptures) -> None:
        self._connection = connection
        self._captures = captures
        self._portals: dict[str, Portal] = {}

    def article(self, article_id: str, portal_name: str, viewpoint: Viewpoint) -> StandingArticle | None:
        """The article as it stood; None where it had not been seen whole."""
        portal = self._portal(portal_name)
        sightings = [
            Sighting(*row)
            for row in self._connection.execute(_SIGHTINGS, (article_id, viewpoint.as_of, viewpoint.known_at))
        ]
        parts = self._parts(article_id, in_order(sightings), portal)
        history = fold(
            sightings,
            {key: _canonical(part.continued_on, portal) for key, part in parts.items()},
            lambda keys: join_parts([parts[key] for key in keys]).content_digest,
        )
        if history is None:
            return None
        history = self._as_confirmed(article_id, history, viewpoint)
        if self._was_read_again(article_id, viewpoint):
            readings = self._readings(article_id, viewpoint)
            return self._enveloped(article_id, history, len(readings), readings[-1]) if readings else None
        if not history.revisions:
            return None
        last = self._revision(article_id, history.revisions[-1], parts, sightings, portal)
        return self._enveloped(article_id, history, len(history.revisions), last)

    def _portal(self, name: str) -> Portal:
        if name not in self._portals:
            self._portals[name] = stored_portal(self._connection, name)
        return self._portals[name]

    def _enveloped(
        self, article_id: str, history: History, number: int, revision: _Revision
    ) -> StandingArticle:
        payload_digest, place = self._connection.execute(
            """SELECT c.payload_digest, w.name || ':' || c.warc_offset
            FROM captures c JOIN warc_files w ON w.id = c.warc_file_id WHERE c.id = ?""",
            (revision.capture_id,),
        ).fetchone()
        envelope = Envelope(
            state=history.state,
            revision=number,
            first_seen=history.first_seen,
            last_seen=history.last_seen,
            last_verified=history.last_verified,
            gone_since=history.gone_since,
            captured_at=revision.captured_at,
            content_digest=revision.content_digest,
            payload_digest=payload_digest,
            warc=place,
        )
        return StandingArticle(article_id, revision.record, envelope)

    def _parts(
        self, article_id: str, ordered: list[Sighting], portal: Portal
    ) -> dict[tuple[str, str], Article]:
        """(canonical URL, digest) -> reading of each page of a continued article."""
        rows = self._connection.execute(
            """SELECT p.id, p.canonical_url, t.content_digest, t.record
            FROM pages p JOIN parts t ON t.page_id = p.id WHERE p.article_id = ?""",
            (article_id,),
        ).fetchall()
        parts = {}
        for page_id, url, digest, text in rows:
            earliest = next((s for s in ordered if s.page_url == url and s.digest == digest), None)
            if earliest is not None:
                kept = self._kept(earliest, text.encode(), "p.id = ?", page_id, portal)
                parts[url, digest] = Article.from_dict(json.loads(kept))
        return parts

    def _revision(
        self,
        article_id: str,
        point: RevisionPoint,
        parts: Mapping[tuple[str, str], Article],
        sightings: list[Sighting],
        portal: Portal,
    ) -> _Revision:
        if point.reading_digests[0] in parts:
            joined = join_parts([parts[key] for key in point.reading_digests])
            digest, record = joined.content_digest, dump_record(joined).encode()
        else:
            earliest = next(s for s in in_order(sightings) if s.digest == point.digest)
            row = self._connection.execute(
                """SELECT content_digest, CAST(record AS BLOB) FROM revisions
                WHERE article_id = ? AND cause = 'source' AND reading_digest = ? ORDER BY number LIMIT 1""",
                (article_id, point.digest),
            ).fetchone()
            if row is None:
                raise ArchiveDamagedError(
                    f"no record of content {point.digest} is on file; `gzcrawler rebuild` makes it again"
                )
            digest = row[0]
            record = self._kept(earliest, whole_record(row[1]), "p.article_id = ?", article_id, portal)
        return _Revision(point.capture_id, point.captured_at, digest, record)

    def _kept(self, earliest: Sighting, record: bytes, of: str, key: object, portal: Portal) -> bytes:
        """The record on file, if it is of this capture; else the capture is read again.

        Of equal readings the tables keep the earliest. One that came into the archive after the viewpoint
        has taken the place of the one that was known.
        """
        first = self._connection.execute(
            f"""SELECT c.id FROM pages p JOIN captures c ON c.page_id = p.id
            WHERE {of} AND c.kind = 'article' AND c.content_digest = ?
            ORDER BY c.captured_at, c.payload_digest, p.canonical_url LIMIT 1""",
            (key, earliest.digest),
        ).fetchone()
        if first is None or first[0] == earliest.capture_id:
            return record
        read = read_stored(self._captures.read(earliest.capture_id), portal)
        page = getattr(read, "page", None)
        return dump_record(page).encode() if isinstance(page, Article) else record

    def _as_confirmed(self, article_id: str, history: History, viewpoint: Viewpoint) -> History:
        """Where too much went missing at once, a removal is confirmed later than its captures would have it."""
        if history.state != "gone":
            return history
        found = self._connection.execute(
            """SELECT 1 FROM confirmations WHERE article_id = ? AND confirmed_at BETWEEN ? AND ?
                AND recorded_at <= ?""",
            (article_id, history.gone_since, viewpoint.as_of, viewpoint.known_at),
        )
        return history if found.fetchone() else replace(history, state="suspect")

    def _was_read_again(self, article_id: str, viewpoint: Viewpoint) -> bool:
        """Do the captures' rows say what a later reading sees? Folding them would tell that."""
        found = self._connection.execute(
            """SELECT 1 FROM revisions WHERE article_id = ?1 AND cause = 'reader'
            UNION ALL SELECT 1 FROM revisions v JOIN runs r ON r.command = 'reparse'
                AND v.recorded_at BETWEEN r.started_at AND coalesce(r.finished_at, v.recorded_at)
                WHERE v.article_id = ?1 AND v.recorded_at > ?2 LIMIT 1""",
            (article_id, viewpoint.known_at),
        )
        return found.fetchone() is not None

    def _readings(self, article_id: str, viewpoint: Viewpoint) -> list[_Revision]:
        """The article's revisions until then, the last one standing."""
        rows = self._connection.execute(
            """SELECT capture_id, captured_at, content_digest, CAST(record AS BLOB) FROM revisions
            WHERE article_id = ? AND captured_at <= ? AND recorded_at <= ? ORDER BY number""",
            (article_id, viewpoint.as_of, viewpoint.known_at),
        )
        return [
            _Revision(capture_id, captured_at, digest, whole_record(record))
            for capture_id, captured_at, digest, record in rows
        ]


@dataclass(frozen=True, slots=True)
class _Revision:
    capture_id: int
    captured_at: str
    content_digest: str
    record: bytes


def _canonical(urls: tuple[str, ...], portal: Portal) -> tuple[str, ...]:
    addresses = (portal.address(url) for url in urls)
    return tuple(address.canonical_url for address in addresses if address is not None)
