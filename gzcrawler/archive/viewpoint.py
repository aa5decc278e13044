"""The archive as it stood at one moment, as far as was known at another.

Two clocks bound what is seen: ``as_of`` the moment of capture, ``known_at`` the moment of recording. What
is captured, imported or re-read later changes nothing of it, so that an export can be made again. Articles
that nothing later touched are read off the tables; the others are folded again from the captures that the
two clocks leave.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from gzcrawler.archive.article_filter import ArticleFilter
from gzcrawler.archive.article_history import dump_record
from gzcrawler.archive.history import RevisionPoint, Sighting, fold, in_order
from gzcrawler.archive.moments import format_moment, utc_now
from gzcrawler.archive.open_archive import OpenArchive
from gzcrawler.archive.replay import read_stored
from gzcrawler.archive.standing_filter import StandingFilter
from gzcrawler.archive.stored_captures import StoredCaptures
from gzcrawler.archive.stored_portals import stored_portal
from gzcrawler.archive.stored_records import whole_record
from gzcrawler.errors import ArchiveDamagedError, UsageError
from gzcrawler.items import Article, join_parts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from gzcrawler.archive.history import History
    from gzcrawler.portals import Portal

__all__ = ["EVERY_ARTICLE", "ArchiveView", "Envelope", "StandingArticle", "Viewpoint"]

EVERY_ARTICLE = ArticleFilter()
"""The filter that leaves nothing out."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """From where the archive is looked at. Both moments as the archive writes them, both included."""

    as_of: str
    """Captures until then count."""
    known_at: str
    """What was recorded until then counts."""


class Envelope(NamedTuple):
    """What the archive knows about a record, beside what the page said."""

    state: str
    revision: int
    first_seen: str
    last_seen: str
    last_verified: str
    gone_since: str | None
    captured_at: str
    """First capture that showed this revision."""
    content_digest: str
    payload_digest: str
    warc: str
    """``file:offset`` of that capture's record."""

    def as_dict(self) -> dict[str, Any]:
        """In the shape of its JSON form."""
        return self._asdict()


class StandingArticle(NamedTuple):
    """An article as it stood: its record, still as text, and its envelope."""

    id: str
    record: bytes
    """JSON in UTF-8, without the envelope."""
    envelope: Envelope

    def as_dict(self) -> dict[str, Any]:
        """Record and envelope together, as ``show --json`` prints them."""
        record: dict[str, Any] = json.loads(self.record)
        return record | {"envelope": self.envelope.as_dict()}


_ENVELOPE = """a.state, a.revision, a.first_seen, a.last_seen, a.last_verified, a.gone_since,
    r.captured_at, a.content_digest, c.payload_digest, w.name || ':' || c.warc_offset"""

_LATEST = f"""SELECT a.id, CAST(r.record AS BLOB), {_ENVELOPE}
    FROM articles a
    JOIN revisions r ON r.article_id = a.id AND r.number = a.revision
    JOIN captures c ON c.id = r.capture_id
    JOIN warc_files w ON w.id = c.warc_file_id"""

_TOUCHED = """SELECT 1 FROM pages p JOIN captures c ON c.page_id = p.id
    WHERE p.article_id = ?1 AND (c.captured_at > ?2 OR c.recorded_at > ?3)
    UNION ALL SELECT 1 FROM revisions WHERE article_id = ?1 AND recorded_at > ?3 LIMIT 1"""

_SIGHTINGS = """SELECT c.id, p.canonical_url, p.part, c.captured_at, c.payload_digest, c.kind,
        CASE WHEN c.kind = 'article' THEN c.content_digest END
    FROM pages p JOIN captures c ON c.page_id = p.id
    WHERE p.article_id = ? AND c.captured_at <= ? AND c.recorded_at <= ?"""


class ArchiveView:
    """One unchanging view of an archive, whatever is written meanwhile; use as a context manager."""

    def __init__(self, path: Path | str, as_of: str | None = None, known_at: str | None = None) -> None:
        """Look at an archive from two moments.

        Args:
            path: the archive's folder.
            as_of: as the archive writes moments; None is its last capture.
            known_at: likewise; None is its last recording.

        Raises:
            NotAnArchiveError, NewerSchemaError: it cannot be opened.
            UsageError: nothing was captured, or known, until then.
        """
        with ExitStack() as undo:
            self._archive = undo.enter_context(OpenArchive(path))
            self.directory = self._archive.directory
            self.connection = self._archive.connection
            self.connection.row_factory = None
            self.connection.execute("BEGIN")
            last_captured, last_recorded, first_captured, first_recorded = self._bounds()
            self.viewpoint = Viewpoint(as_of or last_captured, known_at or last_recorded)
            if self.viewpoint.as_of < first_captured:
                raise UsageError(
                    f"--as-of {self.viewpoint.as_of}: the archive's first capture is of {first_captured}"
                )
            if self.viewpoint.known_at < first_recorded:
                raise UsageError(
                    f"--known-at {self.viewpoint.known_at}: the archive's first recording is of {first_recorded}"
                )
            still_to_come = max(last_captured, last_recorded, format_moment(utc_now() + _DAY))
            for option, moment in (("--as-of", as_of), ("--known-at", known_at)):
                if moment and moment > still_to_come:
                    raise UsageError(f"{option} {moment}: is still to come")
            self._whole = self.viewpoint.as_of >= last_captured and self.viewpoint.known_at >= last_recorded
            self._undo = undo.pop_all()
        self._refolding: _Refolding | None = None

    def resolved(self, article_filter: ArticleFilter) -> ArticleFilter:
        """The filter in this archive's own names.

        Raises:
            UsageError: a name is not known here.
        """
        return article_filter.resolved(self.connection)

    def articles(self, article_filter: ArticleFilter = EVERY_ARTICLE) -> Iterator[StandingArticle]:
        """The articles as they stood, by id; gone ones with the record they last had.

        Args:
            article_filter: resolved; whom it leaves out is judged by what stood then.
        """
        standing = StandingFilter(article_filter, self.viewpoint)
        if self._whole:
            condition, values = standing.condition()
            for row in self.connection.execute(f"{_LATEST} WHERE {condition} ORDER BY a.id", values):
                yield StandingArticle(row[0], whole_record(row[1]), Envelope._make(row[2:]))
            return
        for article_id, portal in self.connection.execute("SELECT id, portal FROM articles ORDER BY id"):
            article = self._standing(article_id, portal)
            if article is not None and standing.keeps(article, self.connection):
                yield article

    def articles_named(self, ids: Iterable[str]) -> Iterator[StandingArticle]:
        """Those of these articles that had been seen whole, as they stood, in the order given."""
        for article_id in ids:
            row = self.connection.execute(
                "SELECT portal FROM articles WHERE id = ?", (article_id,)
            ).fetchone()
            article = self._standing(article_id, row[0]) if row else None
            if article is not None:
                yield article

    def withdrawn_at(self) -> str | None:
        """Last redaction since what is known here: it is missing, though it was known then."""
        row: tuple[str | None] = self.connection.execute(
            "SELECT max(redacted_at) FROM redactions WHERE redacted_at > ?", (self.viewpoint.known_at,)
        ).fetchone()
        return row[0]

    def count(self) -> int:
        """How many articles the archive has, at most as many as `articles` gives."""
        number: int = self.connection.execute(
            "SELECT count(*) FROM articles WHERE revision IS NOT NULL"
        ).fetchone()[0]
        return number

    def portals(self) -> list[str]:
        """Names of the portals in the archive."""
        return [name for (name,) in self.connection.execute("SELECT name FROM portals ORDER BY name")]

    def close(self) -> None:
        """Give the view up."""
        self._undo.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _bounds(self) -> tuple[str, str, str, str]:
        """(last capture, last recording, first capture, first recording)."""
        captured = self.connection.execute(
            "SELECT max(captured_at), min(captured_at) FROM captures"
        ).fetchone()
        if captured[0] is None:
            raise UsageError(f"{self.directory.path}: nothing is captured yet")
        last, first, reread = (
            self.connection.execute(f"SELECT {wanted}").fetchone()[0]
            for wanted in (
                "max(recorded_at) FROM captures",
                "min(recorded_at) FROM captures",
                "max(recorded_at) FROM revisions",
            )
        )
        return captured[0], max(last, reread or ""), captured[1], first

    def _standing(self, article_id: str, portal: str) -> StandingArticle | None:
        viewpoint = self.viewpoint
        touched = self.connection.execute(_TOUCHED, (article_id, viewpoint.as_of, viewpoint.known_at))
        if touched.fetchone() is not None:
            if self._refolding is None:
                self._refolding = _Refolding(self.connection, StoredCaptures(self.connection, self.directory))
            return self._refolding.article(article_id, portal, viewpoint)
        row = self.connection.execute(f"{_LATEST} WHERE a.id = ?", (article_id,)).fetchone()
        return StandingArticle(row[0], whole_record(row[1]), Envelope._make(row[2:])) if row else None


class _Refolding:
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
