"""Keeping the tables of an article true to its captures: folding them again whenever one arrives."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass, replace
from typing import TYPE_CHECKING

from gzcrawler.archive.history import History, RevisionPoint, Sighting, fold
from gzcrawler.archive.search_index import remove_from_index
from gzcrawler.errors import ArchiveDamagedError
from gzcrawler.items import Article, digest_bytes, join_parts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from gzcrawler.portals import Portal

__all__ = ["ArticleHistory", "Change", "dump_record"]


@dataclass(frozen=True, slots=True)
class Change:
    """What a capture changed in an article's history."""

    first: bool
    """The article has its first revision now."""
    revised: bool
    """It has another one."""
    gone: bool
    """Its removal is confirmed now."""
    complete: bool
    """It has a revision at all; a continued article has none until all its pages were captured."""


@dataclass(frozen=True, slots=True)
class _Revision:
    number: int
    cause: str
    content_digest: str
    reading_digest: str
    """Digest of today's reading of the same capture: what the next capture is compared with."""
    capture_id: int
    captured_at: str
    recorded_at: str
    record: str


class ArticleHistory:
    """Articles, revisions, parts and images of one portal; the caller holds the transaction."""

    def __init__(self, connection: sqlite3.Connection, portal: Portal) -> None:
        self._connection = connection
        self._portal = portal

    def reading_digest(self, article: Article, *, part: int) -> str:
        """Digest by which a capture's row tells one reading from another.

        The content digest; of a page of a continued article also what it continues on, since another
        number of pages is another reading.
        """
        if part == 1 and not article.continued_on:
            return article.content_digest
        return digest_bytes("\n".join((article.content_digest, *article.continued_on)).encode())

    def keep_part(self, page_id: int, digest: str, article: Article) -> None:
        """Keep the reading of one page of a continued article, for joining."""
        self._connection.execute(
            "INSERT OR IGNORE INTO parts (page_id, content_digest, record) VALUES (?, ?, ?)",
            (page_id, digest, dump_record(article)),
        )

    def update(
        self, article_id: str, sighting: Sighting, article: Article | None, recorded_at: str
    ) -> Change | None:
        """Fold the article's captures again and store what comes out; None where no capture shows it.

        Args:
            article_id: whose captures.
            sighting: the capture just stored.
            article: how it reads, where it was read and reads as an article.
            recorded_at: moment of recording, for new revisions.
        """
        known = self._connection.execute("SELECT state FROM articles WHERE id = ?", (article_id,)).fetchone()
        if known is None and sighting.digest is None:
            return None
        parts = self._parts(article_id)
        history = fold(
            self._sightings(article_id),
            {key: self._canonical(part.continued_on) for key, part in parts.items()},
            lambda keys: join_parts([parts[key] for key in keys]).content_digest,
        )
        if history is None:
            return None
        if known is None:
            self._insert_article(article_id, sighting.page_url, article, history)
        revisions = self._revisions(article_id) if known else []
        records = _Records(parts, revisions, sighting, article)
        added, rewritten = self._store_revisions(article_id, history, revisions, records, recorded_at)
        if added or rewritten:
            self.store_current(article_id)
        self._store_state(article_id, history)
        return Change(
            first=bool(added) and not revisions,
            revised=bool(added) and bool(revisions),
            gone=history.state == "gone" and known is not None and known[0] != "gone",
            complete=bool(history.revisions),
        )

    # -- what the captures say --------------------------------------------------------------------

    def _sightings(self, article_id: str) -> list[Sighting]:
        rows = self._connection.execute(
            """SELECT c.id, p.canonical_url, p.part, c.captured_at, c.payload_digest, c.kind,
                CASE WHEN c.kind = 'article' THEN c.content_digest END
            FROM pages p JOIN captures c ON c.page_id = p.id WHERE p.article_id = ?""",
            (article_id,),
        )
        return [Sighting(*row) for row in rows]

    def _parts(self, article_id: str) -> dict[tuple[str, str], Article]:
        rows = self._connection.execute(
            """SELECT p.canonical_url, t.content_digest, t.record
            FROM pages p JOIN parts t ON t.page_id = p.id WHERE p.article_id = ?""",
            (article_id,),
        )
        return {(url, digest): Article.from_dict(json.loads(record)) for url, digest, record in rows}

    def _canonical(self, urls: tuple[str, ...]) -> tuple[str, ...]:
        addresses = (self._portal.address(url) for url in urls)
        return tuple(address.canonical_url for address in addresses if address is not None)

    # -- what the tables hold -----------------------------------------------------------------------

    def _revisions(self, article_id: str) -> list[_Revision]:
        rows = self._connection.execute(
            """SELECT number, cause, content_digest, reading_digest, capture_id, captured_at, recorded_at, record
            FROM revisions WHERE article_id = ? ORDER BY number""",
            (article_id,),
        )
        return [_Revision(*row) for row in rows]

    def _insert_article(self, article_id: str, url: str, article: Article | None, history: History) -> None:
        self._connection.execute(
            """INSERT INTO articles
                (id, portal, edition, language, canonical_url, state, first_seen, last_seen, last_verified)
            VALUES (?, ?, ?, ?, ?, 'alive', ?, ?, ?)""",
            (
                article_id,
                self._portal.name,
                article.edition if article else self._portal.editions[0].key,
                article.language if article else None,
                url,
                history.first_seen,
                history.last_seen,
                history.last_verified,
            ),
        )

    def _store_revisions(
        self,
        article_id: str,
        history: History,
        revisions: list[_Revision],
        records: _Records,
        recorded_at: str,
    ) -> tuple[int, bool]:
        """Append what is new, or write all again where a capture came out of order; (added, rewritten)."""
        known = [(r.reading_digest, r.capture_id) for r in revisions if r.cause == "source"]
        points = [(point.digest, point.capture_id) for point in history.revisions]
        if points[: len(known)] == known:
            fresh = [
                _new_revision(point, records.of(point), len(revisions) + step, recorded_at)
                for step, point in enumerate(history.revisions[len(known) :], start=1)
            ]
            self._insert_revisions(article_id, fresh)
            return len(fresh), False
        remove_from_index(self._connection, article_id)
        recorded = {r.capture_id: r.recorded_at for r in revisions}
        source = [
            _new_revision(point, records.of(point), 0, recorded.get(point.capture_id, recorded_at))
            for point in history.revisions
        ]
        every = sorted(
            source + [r for r in revisions if r.cause == "reader"],
            key=lambda r: (r.captured_at, r.cause == "reader", r.recorded_at),
        )
        self._connection.execute("DELETE FROM revisions WHERE article_id = ?", (article_id,))
        self._insert_revisions(article_id, [replace(r, number=n) for n, r in enumerate(every, start=1)])
        return max(len(points) - len(known), 0), True

    def _insert_revisions(self, article_id: str, revisions: list[_Revision]) -> None:
        self._connection.executemany(
            """INSERT INTO revisions (article_id, number, cause, content_digest, reading_digest, capture_id,
                captured_at, recorded_at, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            [(article_id, *astuple(revision)) for revision in revisions],
        )

    def store_current(self, article_id: str) -> None:
        """Bring the article's row and images in line with its last revision."""
        number, digest, text = self._connection.execute(
            """SELECT number, content_digest, record FROM revisions
            WHERE article_id = ? ORDER BY number DESC LIMIT 1""",
            (article_id,),
        ).fetchone()
        record = json.loads(text)
        self._connection.execute(
            """UPDATE articles SET title = ?, published = ?, source = ?, edition = ?, language = ?,
                revision = ?, content_digest = ? WHERE id = ?""",
            (
                record["title"],
                record["published"],
                record["source"],
                record["edition"],
                record["language"],
                number,
                digest,
                article_id,
            ),
        )
        self._connection.execute("DELETE FROM images WHERE article_id = ?", (article_id,))
        self._connection.executemany(
            """INSERT INTO images (article_id, ordinal, url, canonical_url, caption, credit, position)
            VALUES (?, ?, ?, ?, ?, ?, ?)""",
            [
                (
                    article_id,
                    ordinal,
                    image["url"],
                    next(iter(self._canonical((image["url"],))), None),
                    image["caption"],
                    image["credit"],
                    image["position"],
                )
                for ordinal, image in enumerate(record["images"])
            ],
        )

    def _store_state(self, article_id: str, history: History) -> None:
        # The least of the addresses that showed the article stands for it, whichever was captured first.
        self._connection.execute(
            """UPDATE articles SET state = ?, first_seen = ?, last_seen = ?, last_verified = ?, gone_since = ?,
                canonical_url = (SELECT min(p.canonical_url) FROM pages p
                    WHERE p.article_id = ? AND p.part = 1 AND EXISTS (
                        SELECT 1 FROM captures c WHERE c.page_id = p.id AND c.kind = 'article'))
            WHERE id = ?""",
            (
                history.state,
                history.first_seen,
                history.last_seen,
                history.last_verified,
                history.gone_since,
                article_id,
                article_id,
            ),
        )


class _Records:
    """Where the record of each revision comes from: parts, the reading at hand, or an earlier revision."""

    def __init__(
        self,
        parts: Mapping[tuple[str, str], Article],
        revisions: list[_Revision],
        sighting: Sighting,
        article: Article | None,
    ) -> None:
        self._parts = parts
        self._sighting = sighting
        self._article = article
        self._earlier = {revision.reading_digest: revision.record for revision in reversed(revisions)}

    def of(self, point: RevisionPoint) -> tuple[str, str]:
        """(content digest, record as JSON) of a revision."""
        if point.reading_digests[0] in self._parts:
            joined = join_parts([self._parts[key] for key in point.reading_digests])
            return joined.content_digest, dump_record(joined)
        earlier = self._earlier.get(point.digest)
        # Of equal readings the earliest is the record, in whatever order the captures came.
        earliest = earlier is None or point.capture_id == self._sighting.capture_id
        if self._article is not None and point.digest == self._sighting.digest and earliest:
            return point.digest, dump_record(self._article)
        if earlier is None:
            raise ArchiveDamagedError(
                f"no record of content {point.digest} is on file; `gzcrawler rebuild` makes it again"
            )
        return point.digest, earlier


def _new_revision(point: RevisionPoint, content: tuple[str, str], number: int, recorded_at: str) -> _Revision:
    digest, record = content
    return _Revision(
        number, "source", digest, point.digest, point.capture_id, point.captured_at, recorded_at, record
    )


def dump_record(article: Article) -> str:
    """A record as the archive stores it."""
    return json.dumps(article.as_dict(), ensure_ascii=False, separators=(",", ":"))
