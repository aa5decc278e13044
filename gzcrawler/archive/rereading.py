"""Reading stored captures again with today's readers: one process's share.

A share is a stretch of one WARC file. The process has its own reading connection, so that only what
differs travels back. Nothing in here writes.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, Literal, cast

from gzcrawler.archive.connections import connect_to_read
from gzcrawler.archive.moments import parse_moment
from gzcrawler.archive.reading_comparison import Comparison
from gzcrawler.archive.replay import read_stored
from gzcrawler.archive.second_readings import CaptureRow, Share
from gzcrawler.archive.stored_payloads import StoredPayloads
from gzcrawler.archive.warc_files import MAP_SUBJECT
from gzcrawler.archive.warc_reading import Metadata, read_groups, read_response
from gzcrawler.errors import ArchiveDamagedError, ReadingError
from gzcrawler.items import Article, Capture
from gzcrawler.portals import parse_portal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from gzcrawler.archive.directory import Directory
    from gzcrawler.archive.second_readings import Stretch
    from gzcrawler.portals import Portal

__all__ = ["COLUMNS", "COUNT", "OF_STRETCH", "RECORDS", "REPEATS", "FormerMaps", "Rereader", "one_view"]

COLUMNS = """c.id, c.page_id, c.url, c.captured_at, c.status, c.via, c.truncated, c.kind, c.because,
    c.content_digest, c.payload_digest, c.record_type, c.warc_offset, c.warc_length, p.canonical_url, p.article_id,
    p.part, p.links_digest, q.error, q.message, qc.payload_digest
    FROM captures c JOIN pages p ON p.id = c.page_id
    LEFT JOIN quarantine q ON q.page_id = p.id LEFT JOIN captures qc ON qc.id = q.capture_id"""

_READABLE = "c.status != 304 AND c.kind != 'redacted' AND (c.truncated IS NULL OR c.truncated = 'length')"
"""What was read when it came: a 304 is what it repeats, and half a page says nothing."""

_LIKE = """o.page_id = c.page_id AND o.payload_digest = c.payload_digest AND o.url = c.url
    AND o.status = c.status AND o.truncated IS c.truncated AND o.kind = c.kind AND o.because IS c.because
    AND o.content_digest IS c.content_digest"""
"""The same bytes at the same address, which read alike when they came."""

OF_STRETCH = f"""SELECT {COLUMNS}
    WHERE c.warc_file_id = ? AND c.warc_offset >= ? AND c.warc_offset < ? AND p.portal = ? AND {_READABLE}
        AND NOT (c.record_type = 'revisit' AND EXISTS (SELECT 1 FROM captures o
            WHERE {_LIKE} AND (o.record_type = 'response' OR o.id < c.id)))
    ORDER BY c.warc_offset"""

COUNT = """SELECT count(*) FROM captures c JOIN pages p ON p.id = c.page_id
    WHERE c.warc_file_id = ? AND c.warc_offset >= ? AND c.warc_offset < ? AND p.portal = ?"""

RECORDS = """SELECT r.capture_id, r.content_digest, r.record FROM captures c JOIN revisions r ON r.capture_id = c.id
    WHERE c.warc_file_id = ? AND c.warc_offset >= ? AND c.warc_offset < ? ORDER BY r.number"""
"""The last of those with the same content is the one that stands."""

REPEATS = f"""SELECT {COLUMNS} JOIN captures o ON {_LIKE}
    WHERE o.id = ? AND c.page_id = o.page_id AND c.id > o.id AND c.record_type = 'revisit' AND {_READABLE}"""


class Rereader:
    """Reads captures of one portal again."""

    def __init__(self, directory: Directory, portal: Portal) -> None:
        """Read over a connection of its own.

        Args:
            directory: the archive.
            portal: whose captures, by today's map.
        """
        self._directory = directory
        self._portal = portal
        self._connection = connect_to_read(directory.database)
        self._payloads = StoredPayloads(self._connection, directory)
        self._comparison = Comparison(self._connection, portal)
        self._maps = FormerMaps(directory, portal)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def read(self, stretch: Stretch) -> Share:
        """Read the captures of a stretch, in the order in which they lie.

        Captures that repeat bytes of their page are read where the reading of those bytes has changed.
        """
        path = self._directory.warc / stretch.name
        share = Share()
        with one_view(self._connection):
            place = (stretch.file_id, stretch.start, stretch.end)
            (share.captures,) = self._connection.execute(COUNT, (*place, self._portal.name)).fetchone()
            self._comparison.records = {
                (capture_id, digest): record
                for capture_id, digest, record in self._connection.execute(RECORDS, place)
            }
            rows = self._connection.execute(OF_STRETCH, (*place, self._portal.name)).fetchall()
            try:
                file = path.open("rb")
            except OSError as error:
                share.damage.append(f"{path}: {error.strerror}")
                return share
            with file:
                for row in map(CaptureRow._make, rows):
                    try:
                        self._take(row, file, stretch.name, share)
                    except ArchiveDamagedError as error:
                        share.damage.append(str(error))
        return share

    def article(self, capture_id: int) -> Article | None:
        """How a capture reads today, where that is as an article."""
        found = self._connection.execute(
            """SELECT w.name FROM captures c JOIN warc_files w ON w.id = c.warc_file_id WHERE c.id = ?""",
            (capture_id,),
        ).fetchone()
        row = CaptureRow._make(
            self._connection.execute(f"SELECT {COLUMNS} WHERE c.id = ?", (capture_id,)).fetchone()
        )
        with (self._directory.warc / found[0]).open("rb") as file:
            portal = self._maps.map_for(row.url, found[0])
            result = read_stored(self._capture(row, file), portal)
        page = None if isinstance(result, ReadingError) or result is None else result.page
        return page if isinstance(page, Article) else None

    def _take(self, row: CaptureRow, file: BinaryIO, name: str, share: Share) -> None:
        portal = self._maps.map_for(row.url, name)
        address = portal.address(row.url)
        if address is None or address.canonical_url != row.canonical_url:
            share.elsewhere += 1
            return
        capture = self._capture(row, file)
        if not self._comparison.compare(row, read_stored(capture, portal), portal, share):
            return
        for repeated in map(CaptureRow._make, self._connection.execute(REPEATS, (row.id,)).fetchall()):
            again = _capture_of(repeated, capture.response_headers, capture.payload)
            self._comparison.compare(repeated, read_stored(again, portal), portal, share)

    def _capture(self, row: CaptureRow, file: BinaryIO) -> Capture:
        headers, payload = read_response(file, row.offset, row.length, revisit=row.record_type == "revisit")
        if row.record_type == "revisit":
            payload = self._payloads.read(row.payload_digest)
        return _capture_of(row, headers, payload)


class FormerMaps:
    """Today's map, or the file's where today's knows the address no more: as in `rebuild`."""

    def __init__(self, directory: Directory, portal: Portal) -> None:
        self._directory = directory
        self._portal = portal
        self._former: dict[str, Portal] = {}

    def map_for(self, url: str, name: str) -> Portal:
        """By which map an address is read, of a capture in the WARC file of that name."""
        if self._portal.address(url) is not None:
            return self._portal
        if name not in self._former:
            self._former[name] = self._portal
            for group in islice(read_groups(self._directory.warc / name), 2):
                if isinstance(group, Metadata) and group.subject == MAP_SUBJECT:
                    self._former[name] = parse_portal(group.content, origin=f"map in {name}")
        return self._former[name]


@contextmanager
def one_view(connection: sqlite3.Connection) -> Iterator[None]:
    """One view for several statements, and its locks taken once instead of for each of them."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


def _capture_of(row: CaptureRow, headers: tuple[tuple[str, str], ...], payload: bytes) -> Capture:
    return Capture(
        url=row.url,
        captured_at=parse_moment(row.captured_at),
        status=row.status,
        payload=payload,
        response_headers=headers,
        truncated=cast('Literal["length"] | None', row.truncated),
        via=cast('Literal["live", "warc", "wayback"]', row.via),
    )
