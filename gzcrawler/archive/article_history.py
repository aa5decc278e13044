"""Keeping the tables of an article true to its captures: folding them again whenever one arrives."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from gzcrawler.archive.confirming import Confirmations
from gzcrawler.archive.connections import insert_rows
from gzcrawler.archive.filled_fields import filled_fields
from gzcrawler.archive.history import History, RevisionPoint, Sighting, State, fold, in_order
from gzcrawler.archive.moments import parse_moment
from gzcrawler.archive.revisions import Revision, merge_revisions
from gzcrawler.archive.revisit_policy import Checks
from gzcrawler.archive.search_index import KEYS_A_DAY, first_key, free_key, remove_from_index
from gzcrawler.archive.stored_records import stored_record
from gzcrawler.errors import ArchiveDamagedError
from gzcrawler.items import Article, digest_bytes, join_parts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from gzcrawler.archive.vanishing import Vanishing
    from gzcrawler.portals import Portal

__all__ = ["ArticleHistory", "Change", "dump_record", "reading_digest"]


@dataclass(frozen=True, slots=True)
class Change:
    """What a capture changed in an article's history."""

    first: bool
    """The article has its first revision now."""
    revised: bool
    """It has another one."""
    gone: bool
    """Its removal is confirmed now."""
    state: State
    """What it is held to be now."""
    complete: bool
    """It has a revision at all; a continued article has none until all its pages were captured."""
    checks: Checks
    """What was seen of it so far, as its rate of change is estimated from it."""
    held_back: Vanishing | None
    """With what it went missing, where that is why its removal is not confirmed."""


class ArticleHistory:
    """Articles, revisions, parts and images of one portal; the caller holds the transaction."""

    def __init__(self, connection: sqlite3.Connection, portal: Portal) -> None:
        self._connection = connection
        self._portal = portal
        self.confirmations = Confirmations(connection, portal.name)
        self._unseen: set[str] = set()
        self._last_keys: dict[int, int] | None = None

    def expect(self, article_ids: Iterable[str]) -> None:
        """Look up what recording captures of these articles would ask for each; until `forget` nobody else writes."""
        wanted = set(article_ids)
        found = self._connection.execute(
            """WITH wanted AS (SELECT value AS id FROM json_each(?))
            SELECT id FROM articles WHERE id IN wanted
            UNION SELECT p.article_id FROM pages p WHERE p.article_id IN wanted
                AND EXISTS (SELECT 1 FROM captures c WHERE c.page_id = p.id)""",
            (json.dumps(list(wanted)),),
        )
        self._unseen = wanted.difference(article_id for (article_id,) in found)
        self._last_keys = {}
        self.confirmations.expect()

    def forget(self) -> None:
        """What was looked up may not be true any more."""
        self._unseen.clear()
        self._last_keys = None
        self.confirmations.forget()

    def is_first_capture(self, article_id: str | None) -> bool:
        """Is no capture of the article on file, for all that is known? True once: one is to be entered now."""
        if article_id is None or article_id not in self._unseen:
            return False
        self._unseen.remove(article_id)
        return True

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
        self,
        article_id: str,
        sighting: Sighting,
        article: Article | None,
        recorded_at: str,
        *,
        alone: bool = False,
    ) -> Change | None:
        """Fold the article's captures again and store what comes out; None where no capture shows it.

        Args:
            article_id: whose captures.
            sighting: the capture just stored.
            article: how it reads, where it was read and reads as an article.
            recorded_at: moment of recording, for new revisions.
            alone: it is known that the article has no other capture.
        """
        before = None if alone else self._state(article_id)
        if before is None and article is None:
            return None
        sightings = [sighting] if alone else self._sightings(article_id)
        one_page = alone and article is not None and sighting.part == 1 and not article.continued_on
        parts = {} if one_page else self._parts(article_id)
        history = self._fold(sightings, parts)
        if history is None:
            return None
        history, held_back = self.confirmations.judge(article_id, history, sighting.captured_at, recorded_at)
        known = self._revisions(article_id) if before else []
        records = _Records(
            parts, known, in_order(sightings), {sighting.capture_id: article} if article else {}
        )
        revisions = merge_revisions(known, history.revisions, history.readings, records, recorded_at)
        columns = _state_columns(history)
        if revisions != known:
            self._store_revisions(article_id, known, revisions, records)
            columns |= self._store_current(article_id, known, revisions[-1] if revisions else None, records)
        if before is None:
            assert article is not None
            columns = {"edition": article.edition, "language": article.language} | columns
            self._insert_article({"id": article_id, "portal": self._portal.name} | columns)
        else:
            self._update_article(article_id, columns)
        versions = sum(revision.cause == "source" for revision in revisions)
        return Change(
            first=bool(revisions) and not known,
            revised=bool(known) and versions > sum(revision.cause == "source" for revision in known),
            gone=history.state == "gone" and before is not None and before != "gone",
            state=history.state,
            complete=bool(revisions),
            checks=_checks(history, sightings),
            held_back=held_back,
        )

    def reread(self, article_id: str, read: Mapping[int, Article], recorded_at: str) -> int:
        """Bring the article in line with captures whose rows say what today's readers see.

        Args:
            article_id: whose captures.
            read: capture -> record, of captures that read otherwise than before.
            recorded_at: moment of recording, for new revisions.

        Returns:
            How many revisions were added.
        """
        sightings = self._sightings(article_id)
        parts = self._parts(article_id)
        history = self._fold(sightings, parts)
        known = self._revisions(article_id)
        if history is None:
            self._withdraw(article_id, known)
            return 0
        history = self.confirmations.judge_anew(article_id, history, recorded_at)
        records = _Records(parts, known, in_order(sightings), read)
        revisions = merge_revisions(
            known, history.revisions, history.readings, records, recorded_at, reread=True
        )
        columns = _state_columns(history)
        if revisions != known:
            self._store_revisions(article_id, known, revisions, records)
            columns |= self._store_current(article_id, known, revisions[-1] if revisions else None, records)
        if self._connection.execute("SELECT 1 FROM articles WHERE id = ?", (article_id,)).fetchone():
            self._update_article(article_id, columns)
        else:
            article = next(iter(read.values()))
            columns = {"edition": article.edition, "language": article.language} | columns
            self._insert_article({"id": article_id, "portal": self._portal.name} | columns)
        return max(len(revisions) - len(known), 0)

    def settle(self, recorded_at: str) -> None:
        """Judge removals anew for which captures came out of their order."""
        for article_id in self.confirmations.unsettled():
            history = self._fold(self._sightings(article_id), self._parts(article_id))
            if history is not None:
                history = self.confirmations.judge_anew(article_id, history, recorded_at)
                self._update_article(article_id, {"state": history.state})
        self.confirmations.settled()

    def _withdraw(self, article_id: str, known: list[Revision]) -> None:
        """No capture shows the article to today's readers: the old readings stay, and none of them stands."""
        records = _Records({}, known, [], {})
        revisions = merge_revisions(known, (), {}, records, "", reread=True)
        revisions = [replace(revision, stands=False) for revision in revisions]
        if revisions != known:
            self._store_revisions(article_id, known, revisions, records)
            self._update_article(
                article_id, self._store_current(article_id, known, None, records) | {"state": "suspect"}
            )

    def _fold(self, sightings: list[Sighting], parts: Mapping[tuple[str, str], Article]) -> History | None:
        return fold(
            sightings,
            {key: self._canonical(part.continued_on) for key, part in parts.items()},
            lambda keys: join_parts([parts[key] for key in keys]).content_digest,
        )

    def _state(self, article_id: str) -> str | None:
        """The article's state on file; None where it is new."""
        row = self._connection.execute("SELECT state FROM articles WHERE id = ?", (article_id,)).fetchone()
        return row[0] if row else None

    # -- what the captures say --------------------------------------------------------------------

    def _sightings(self, article_id: str) -> list[Sighting]:
        rows = self._connection.execute(
            """SELECT c.id, p.canonical_url, p.part, c.captured_at, c.payload_digest, c.kind,
                CASE WHEN c.kind = 'article' THEN c.content_digest END, c.via = 'live'
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
        return {(url, digest): Article.from_dict(orjson.loads(record)) for url, digest, record in rows}

    def _canonical(self, urls: tuple[str, ...]) -> tuple[str, ...]:
        addresses = (self._portal.address(url) for url in urls)
        return tuple(address.canonical_url for address in addresses if address is not None)

    # -- what the tables hold -----------------------------------------------------------------------

    def _revisions(self, article_id: str) -> list[Revision]:
        rows = self._connection.execute(
            """SELECT number, cause, content_digest, reading_digest, capture_id, captured_at, recorded_at, record,
                filled IS NOT NULL
            FROM revisions WHERE article_id = ? ORDER BY number""",
            (article_id,),
        )
        return [Revision(*row) for row in rows]

    def _insert_article(self, columns: Mapping[str, object]) -> None:
        day = columns.get("published") or columns["first_seen"]
        columns = {"key": self._free_key(str(day))} | dict(columns)
        insert_rows(
            self._connection, f"INSERT INTO articles ({', '.join(columns)})", [tuple(columns.values())]
        )

    def _free_key(self, day: str) -> int:
        first = first_key(day)
        last = self._last_keys.get(first) if self._last_keys is not None else None
        if last is not None and last + 1 < first + KEYS_A_DAY:
            key = last + 1
        else:
            key = free_key(self._connection, day)
        if self._last_keys is not None:
            if key >= first + KEYS_A_DAY:
                self._last_keys.clear()  # a full day goes on into the next
            else:
                self._last_keys[first] = key
        return key

    def _update_article(self, article_id: str, columns: Mapping[str, object]) -> None:
        names = ", ".join(f"{name} = ?" for name in columns)
        self._connection.execute(f"UPDATE articles SET {names} WHERE id = ?", (*columns.values(), article_id))

    def _store_revisions(
        self, article_id: str, known: list[Revision], revisions: list[Revision], records: _Records
    ) -> None:
        """Append what is new, or write all again where something came in between."""
        kept = len(known)
        if [_text_of(r) for r in revisions[:kept]] != [_text_of(r) for r in known]:
            remove_from_index(self._connection, article_id)
            self._connection.execute("DELETE FROM revisions WHERE article_id = ?", (article_id,))
            kept = 0
        for before, after in zip(known, revisions[:kept], strict=False):
            if before != after:
                filled = _revision_row(article_id, after, records)[-1]
                self._connection.execute(
                    """UPDATE revisions SET cause = ?, reading_digest = ?, filled = ?
                    WHERE article_id = ? AND number = ?""",
                    (after.cause, after.reading_digest, filled, article_id, after.number),
                )
        insert_rows(
            self._connection,
            """INSERT INTO revisions (article_id, number, cause, content_digest, reading_digest, capture_id,
                captured_at, recorded_at, record, layout, filled)""",
            [_revision_row(article_id, revision, records) for revision in revisions[kept:]],
        )

    def _store_current(
        self, article_id: str, known: list[Revision], revision: Revision | None, records: _Records
    ) -> dict[str, object]:
        """Bring images and authors in line with the last revision; returns what the article's row takes from it."""
        if known:
            self._connection.execute("DELETE FROM images WHERE article_id = ?", (article_id,))
            self._connection.execute("DELETE FROM authors WHERE article_id = ?", (article_id,))
        if revision is None:
            return dict.fromkeys(("title", "published", "source", "revision", "content_digest"))
        record = records.read(revision.record)
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


def _checks(history: History, sightings: list[Sighting]) -> Checks:
    shown = sum(s.digest is not None and s.part == 1 for s in sightings)
    return Checks(
        number=max(shown - 1, 0),
        changes=max(len(history.revisions) - 1, 0),
        span=parse_moment(history.last_seen) - parse_moment(history.first_seen),
    )


def _state_columns(history: History) -> dict[str, object]:
    names = ("canonical_url", "state", "first_seen", "last_seen", "last_verified", "gone_since")
    return {name: getattr(history, name) for name in names}


def _text_of(revision: Revision) -> Revision:
    """What the search index and the record depend on, without what today's readers think of it."""
    return replace(revision, cause="source", reading_digest="", stands=False)


def _revision_row(article_id: str, revision: Revision, records: _Records) -> tuple[object, ...]:
    record = records.read(revision.record)
    return (
        article_id,
        revision.number,
        revision.cause,
        revision.content_digest,
        revision.reading_digest,
        revision.capture_id,
        revision.captured_at,
        revision.recorded_at,
        revision.record,
        record["layout"],
        filled_fields(record) if revision.stands else None,
    )


class _Records:
    """The record of each revision: of equal readings the earliest, in whatever order the captures came."""

    def __init__(
        self,
        parts: Mapping[tuple[str, str], Article],
        known: list[Revision],
        ordered: list[Sighting],
        read: Mapping[int, Article],
    ) -> None:
        """Of what is on file, and of what was read just now (capture -> record)."""
        self._parts = parts
        self._pages = {(s.page_url, s.digest) for s in ordered if s.capture_id in read}
        # Of readings of equal content the last one made is today's.
        in_time = sorted(known, key=lambda revision: (revision.recorded_at, revision.number))
        standing = [revision for revision in in_time if not revision.outdated]
        self._on_file = {revision.content_digest: revision.record for revision in standing}
        earliest: dict[str | None, int] = {}
        for sighting in ordered:
            earliest.setdefault(sighting.digest, sighting.capture_id)
        self._fresh: set[str] = set()
        self._read: dict[str, Mapping[str, Any]] = {}
        for sighting in ordered:
            digest, article = sighting.digest, read.get(sighting.capture_id)
            if article is None or digest is None:
                continue
            if earliest[digest] == sighting.capture_id or digest not in self._on_file:
                self._on_file[digest] = self._stored(article)
                self._fresh.add(digest)

    def of(self, point: RevisionPoint) -> tuple[str, str]:
        """(content digest, record as the table keeps it) of a version."""
        if point.reading_digests[0] in self._parts:
            joined = join_parts([self._parts[key] for key in point.reading_digests])
            return joined.content_digest, self._stored(joined)
        record = self._on_file.get(point.digest)
        if record is None:
            raise ArchiveDamagedError(
                f"no record of content {point.digest} is on file; `gzcrawler rebuild` makes it again"
            )
        return point.digest, record

    def read(self, stored: str) -> Mapping[str, Any]:
        """A record as the table keeps it, read; but for `body_html`, which may be whole."""
        if stored not in self._read:
            self._read[stored] = orjson.loads(stored)
        return self._read[stored]

    def _stored(self, article: Article) -> str:
        record = article.as_dict()
        stored = stored_record(record)
        self._read[stored] = record
        return stored

    def fresh(self, point: RevisionPoint) -> bool:
        """Was it read again just now, and otherwise than before?"""
        if point.reading_digests[0] in self._parts:
            return any(key in self._pages for key in point.reading_digests)
        return point.digest in self._fresh


def reading_digest(article: Article, *, part: int) -> str:
    """Digest by which a capture's row tells one reading from another.

    The content digest; of a page of a continued article also what it continues on, since another
    number of pages is another reading.
    """
    if part == 1 and not article.continued_on:
        return article.content_digest
    return digest_bytes("\n".join((article.content_digest, *article.continued_on)).encode())


def dump_record(article: Article) -> str:
    """A record as JSON, whole; revisions are kept shorter (`stored_records`)."""
    return orjson.dumps(article.as_dict()).decode()
