"""One article of an archive, as Python sees it: its record, its revisions, its captures, as it stood at a time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from gzcrawler.archive.history import Sighting, fold
from gzcrawler.archive.moments import format_moment
from gzcrawler.archive.stored_payloads import StoredPayloads
from gzcrawler.archive.stored_records import read_record
from gzcrawler.errors import UnknownArticleError, UsageError

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from gzcrawler.archive.directory import Directory

__all__ = ["StoredArticle", "StoredCapture", "StoredRevision", "captures_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredCapture:
    """One fetch of one address, as the archive holds it."""

    captured_at: str
    """UTC, ISO 8601."""
    url: str
    status: int
    kind: str
    """What it turned out to be: ``article``, ``removed`` …"""
    record_type: str
    payload_digest: str
    warc_file: str
    warc_offset: int

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredRevision:
    """One version of an article's content, or another reading of one."""

    number: int
    version: int
    """Number of the portal's version that it reads."""
    cause: Literal["source", "reader"]
    """``source``: the portal changed it; ``reader``: a better reader read the same capture."""
    last_seen_before: str | None
    """Last capture that showed the article as it was before: the change happened between this moment …"""
    first_seen: str
    """… and this one, the first capture that showed it so."""
    read_at: str
    content_digest: str
    record: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, the record last."""
        return asdict(self)


class StoredArticle(dict[str, Any]):
    """The current record with its envelope, as a dict (docs/record.md), and what else is known of the article."""

    def __init__(self, connection: sqlite3.Connection, directory: Directory, article_id: str) -> None:
        """Read the current record.

        Raises:
            UnknownArticleError: it has no revision yet.
        """
        row = connection.execute(
            """SELECT a.state, a.revision, a.first_seen, a.last_seen, a.last_verified, r.record, r.captured_at,
                r.capture_id, r.content_digest
            FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.revision WHERE a.id = ?""",
            (article_id,),
        ).fetchone()
        if row is None:
            raise UnknownArticleError(
                f"{article_id}: is not captured yet, or not with all its pages; the next crawl goes on"
            )
        super().__init__(read_record(row["record"]))
        self._connection = connection
        self._directory = directory
        self._capture_id: int = row["capture_id"]
        names = (
            "state",
            "revision",
            "first_seen",
            "last_seen",
            "last_verified",
            "captured_at",
            "content_digest",
        )
        same = connection.execute("SELECT same_content_as FROM latest WHERE id = ?", (article_id,)).fetchone()
        self["envelope"] = (
            {name: row[name] for name in names}
            | self._place(self._capture_id)
            | {"same_content_as": same[0] if same else None}
        )

    @property
    def id(self) -> str:
        """``<portal>:<content id>``."""
        return str(self["id"])

    def revisions(self) -> list[StoredRevision]:
        """All revisions, the first one first."""
        rows = self._connection.execute(
            """SELECT h.number, h.version, h.cause, h.not_before, h.captured_at, h.recorded_at, h.content_digest,
                h.record
            FROM history h WHERE h.id = ? ORDER BY h.number""",
            (self.id,),
        )
        return [
            StoredRevision(
                number=row[0],
                version=row[1],
                cause=row[2],
                last_seen_before=row[3],
                first_seen=row[4],
                read_at=row[5],
                content_digest=row[6],
                record=read_record(row[7]),
            )
            for row in rows
        ]

    def revision(self, number: int) -> StoredRevision:
        """One revision.

        Raises:
            UsageError: there is none of that number.
        """
        revisions = self.revisions()
        for one in revisions:
            if one.number == number:
                return one
        raise UsageError(f"{self.id}: has no revision {number}; there are 1 to {len(revisions)}")

    def captures(self) -> list[StoredCapture]:
        """All captures of its pages, oldest first."""
        return captures_of(self._connection, self.id)

    def raw(self) -> bytes:
        """The payload that the current revision was read from, as received."""
        return self._payload(self._capture_id)

    def at(self, moment: datetime) -> dict[str, Any]:
        """The article as it stood: the record by its last reading, with an envelope of that time.

        Raises:
            UsageError: the archive had not seen it by then.
        """
        then = format_moment(moment)
        row = self._connection.execute(
            """SELECT number, captured_at, capture_id, content_digest, record FROM revisions
            WHERE article_id = ? AND captured_at <= ? ORDER BY captured_at DESC, number DESC LIMIT 1""",
            (self.id, then),
        ).fetchone()
        sightings = [
            Sighting(*known)
            for known in self._connection.execute(
                """SELECT c.id, p.canonical_url, p.part, c.captured_at, c.payload_digest, c.kind,
                    CASE WHEN c.kind = 'article' THEN c.content_digest END, c.via = 'live'
                FROM pages p JOIN captures c ON c.page_id = p.id
                WHERE p.article_id = ? AND c.captured_at <= ?""",
                (self.id, then),
            )
        ]
        history = fold(sightings, {}, lambda _: "")
        if row is None or history is None:
            raise UsageError(
                f"{self.id}: was first captured at {self['envelope']['first_seen']}; "
                f"nothing is known of it as of {then}"
            )
        record = read_record(row["record"])
        record["envelope"] = {
            "as_of": then,
            "state": history.state,
            "revision": row["number"],
            "first_seen": history.first_seen,
            "last_seen": history.last_seen,
            "last_verified": history.last_verified,
            "captured_at": row["captured_at"],
            "content_digest": row["content_digest"],
        } | self._place(row["capture_id"])
        return record

    def raw_at(self, moment: datetime) -> bytes:
        """The payload that the article's record of that time was read from, as received."""
        return StoredPayloads(self._connection, self._directory).read(
            self.at(moment)["envelope"]["payload_digest"]
        )

    def _payload(self, capture_id: int) -> bytes:
        digest = self._place(capture_id)["payload_digest"]
        return StoredPayloads(self._connection, self._directory).read(digest)

    def _place(self, capture_id: int) -> dict[str, str]:
        row = self._connection.execute(
            "SELECT payload_digest, warc_file, warc_offset FROM raw_captures WHERE id = ?", (capture_id,)
        ).fetchone()
        return {
            "payload_digest": row["payload_digest"],
            "warc": f"{row['warc_file']}:{row['warc_offset']}",
        }


def captures_of(connection: sqlite3.Connection, article_id: str) -> list[StoredCapture]:
    """All captures of an article's pages, oldest first."""
    rows = connection.execute(
        """SELECT v.captured_at, v.url, v.status, v.kind, v.record_type, v.payload_digest, v.warc_file,
            v.warc_offset
        FROM raw_captures v JOIN captures c ON c.id = v.id JOIN pages p ON p.id = c.page_id
        WHERE p.article_id = ? ORDER BY v.captured_at, v.id""",
        (article_id,),
    )
    return [StoredCapture(**dict(row)) for row in rows]
