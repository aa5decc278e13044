"""Keeping the tables of an article true to its captures: folding them again whenever one arrives."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass, replace
from typing import TYPE_CHECKING

from gzcrawler.archive.connections import insert_rows
from gzcrawler.archive.history import History, RevisionPoint, Sighting, fold, in_order
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

    def keep_part(self, page_id: int, digest: str, article: Article, captured_at: str) -> None:
        """Keep the reading of one page of a continued article, for joining; of equal ones the earliest."""
        self._connection.execute(
            """INSERT INTO parts (page_id, content_digest, record) VALUES (?1, ?2, ?3)
            ON CONFLICT (page_id, content_digest) DO UPDATE SET record = excluded.record
                WHERE NOT EXISTS (SELECT 1 FROM captures c
                    WHERE c.page_id = ?1 AND c.captured_at < ?4 AND c.content_digest = ?2)""",
            (page_id, digest, dump_record(article), captured_at),
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
        row = self._connection.execute("SELECT state FROM articles WHERE id = ?", (article_id,)).fetchone()
        if row is None and article is None:
            return None
        sightings = self._sightings(article_id)
        parts = self._parts(article_id)
        history = fold(
            sightings,
            {key: self._canonical(part.continued_on) for key, part in parts.items()},
            lambda keys: join_parts([parts[key] for key in keys]).content_digest,
        )
        if history is None:
            return None
        known = self._revisions(article_id) if row else []
        records = _Records(parts, known, in_order(sightings), sighting, article)
        revisions = _merge(known, history, records, recorded_at)
        columns = _state_columns(history)
        if revisions != known:
            self._store_revisions(article_id, known, revisions)
            columns |= self._store_current(article_id, known, revisions[-1] if revisions else None)
        if row is None:
            assert article is not None
            columns = {"edition": article.edition, "language": article.language} | columns
            self._insert_article({"id": article_id, "portal": self._portal.name} | columns)
        else:
            self._update_article(article_id, columns)
        return Change(
            first=bool(revisions) and not known,
            revised=bool(known) and len(revisions) > len(known),
            gone=history.state == "gone" and row is not None and row[0] != "gone",
            complete=bool(revisions),
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

    def _insert_article(self, columns: Mapping[str, object]) -> None:
        insert_rows(
            self._connection, f"INSERT INTO articles ({', '.join(columns)})", [tuple(columns.values())]
        )

    def _update_article(self, article_id: str, columns: Mapping[str, object]) -> None:
        names = ", ".join(f"{name} = ?" for name in columns)
        self._connection.execute(f"UPDATE articles SET {names} WHERE id = ?", (*columns.values(), article_id))

    def _store_revisions(self, article_id: str, known: list[_Revision], revisions: list[_Revision]) -> None:
        """Append what is new, or write all again where a capture came out of order."""
        kept = len(known)
        if revisions[:kept] != known:
            remove_from_index(self._connection, article_id)
            self._connection.execute("DELETE FROM revisions WHERE article_id = ?", (article_id,))
            kept = 0
        insert_rows(
            self._connection,
            """INSERT INTO revisions (article_id, number, cause, content_digest, reading_digest, capture_id,
                captured_at, recorded_at, record)""",
            [(article_id, *astuple(revision)) for revision in revisions[kept:]],
        )

    def _store_current(
        self, article_id: str, known: list[_Revision], revision: _Revision | None
    ) -> dict[str, object]:
        """Bring images and authors in line with the last revision; returns what the article's row takes from it."""
        if known:
            self._connection.execute("DELETE FROM images WHERE article_id = ?", (article_id,))
            self._connection.execute("DELETE FROM authors WHERE article_id = ?", (article_id,))
        if revision is None:
            return dict.fromkeys(("title", "published", "source", "revision", "content_digest"))
        record = json.loads(revision.record)
        insert_rows(
            self._connection,
            "INSERT INTO images (article_id, ordinal, url, canonical_url, caption, credit, position)",
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
        insert_rows(
            self._connection,
            "INSERT INTO authors (article_id, ordinal, name)",
            [(article_id, ordinal, name) for ordinal, name in enumerate(record["authors"])],
        )
        columns = {name: record[name] for name in ("title", "published", "source", "edition", "language")}
        return columns | {"revision": revision.number, "content_digest": revision.content_digest}


def _state_columns(history: History) -> dict[str, object]:
    names = ("canonical_url", "state", "first_seen", "last_seen", "last_verified", "gone_since")
    return {name: getattr(history, name) for name in names}


def _merge(known: list[_Revision], history: History, records: _Records, recorded_at: str) -> list[_Revision]:
    """The article's revisions: the portal's as history tells them, the readers' in between, numbered anew."""
    on_file = {(r.reading_digest, r.capture_id): r for r in known if r.cause == "source"}
    every = [r for r in known if r.cause == "reader"]
    for point in history.revisions:
        digest, record = records.of(point)
        earlier = on_file.get((point.digest, point.capture_id))
        moment = earlier.recorded_at if earlier else recorded_at
        every.append(
            _Revision(0, "source", digest, point.digest, point.capture_id, point.captured_at, moment, record)
        )
    every.sort(key=lambda r: (r.captured_at, r.cause == "reader", r.recorded_at))
    return [replace(revision, number=number) for number, revision in enumerate(every, start=1)]


class _Records:
    """The record of each revision: of equal readings the earliest, in whatever order the captures came."""

    def __init__(
        self,
        parts: Mapping[tuple[str, str], Article],
        known: list[_Revision],
        ordered: list[Sighting],
        sighting: Sighting,
        article: Article | None,
    ) -> None:
        self._parts = parts
        self._on_file = {revision.reading_digest: revision.record for revision in reversed(known)}
        earliest = next((s for s in ordered if s.digest == sighting.digest), sighting)
        if article is not None and (
            sighting.digest not in self._on_file or earliest.capture_id == sighting.capture_id
        ):
            self._on_file[sighting.digest or ""] = dump_record(article)

    def of(self, point: RevisionPoint) -> tuple[str, str]:
        """(content digest, record as JSON) of a revision."""
        if point.reading_digests[0] in self._parts:
            joined = join_parts([self._parts[key] for key in point.reading_digests])
            return joined.content_digest, dump_record(joined)
        record = self._on_file.get(point.digest)
        if record is None:
            raise ArchiveDamagedError(
                f"no record of content {point.digest} is on file; `gzcrawler rebuild` makes it again"
            )
        return point.digest, record


def dump_record(article: Article) -> str:
    """A record as the archive stores it."""
    return json.dumps(article.as_dict(), ensure_ascii=False, separators=(",", ":"))
