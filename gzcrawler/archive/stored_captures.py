"""Captures by row number: one fetch, read back from where its WARC record lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.archive.moments import parse_moment
from gzcrawler.archive.stored_payloads import StoredPayloads
from gzcrawler.archive.warc_reading import read_response
from gzcrawler.items import Capture

if TYPE_CHECKING:
    import sqlite3

    from gzcrawler.archive.directory import Directory

__all__ = ["StoredCaptures"]


class StoredCaptures:
    """Reads captures out of the WARC files of one archive."""

    def __init__(self, connection: sqlite3.Connection, directory: Directory) -> None:
        self._connection = connection
        self._directory = directory
        self._payloads = StoredPayloads(connection, directory)

    def read(self, capture_id: int) -> Capture:
        """What was fetched, as far as reading needs it; a revisit with the payload that it repeats.

        Raises:
            ArchiveDamagedError: its record is not where it should be.
        """
        url, captured_at, status, digest, truncated, record_type, name, offset, length = (
            self._connection.execute(
                """SELECT c.url, c.captured_at, c.status, c.payload_digest, c.truncated, c.record_type, w.name,
                    c.warc_offset, c.warc_length
                FROM captures c JOIN warc_files w ON w.id = c.warc_file_id WHERE c.id = ?""",
                (capture_id,),
            ).fetchone()
        )
        repeats = record_type != "response"
        with (self._directory.warc / name).open("rb") as file:
            headers, payload = read_response(file, offset, length, revisit=repeats)
        return Capture(
            url=url,
            captured_at=parse_moment(captured_at),
            status=status,
            payload=self._payloads.read(digest) if repeats else payload,
            response_headers=headers,
            truncated=truncated,
        )
