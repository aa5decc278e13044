"""Payloads by digest: where the archive keeps the bytes that a capture stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.archive.warc_reading import read_payload
from gzcrawler.errors import ArchiveDamagedError

if TYPE_CHECKING:
    import sqlite3

    from gzcrawler.archive.directory import Directory

__all__ = ["StoredPayloads"]


class StoredPayloads:
    """Reads payloads out of the WARC files of one archive."""

    def __init__(self, connection: sqlite3.Connection, directory: Directory) -> None:
        self._connection = connection
        self._directory = directory

    def read(self, digest: str) -> bytes:
        """The payload with this ``sha256:`` digest, as it was received.

        Raises:
            ArchiveDamagedError: no stored capture has it, or its record is not where it should be.
        """
        name, offset, length = self.place(digest)
        return read_payload(self._directory.warc / name, offset, length)

    def place(self, digest: str) -> tuple[str, int, int]:
        """File, offset and length of the response record with this payload.

        Raises:
            ArchiveDamagedError: no stored capture has it.
        """
        row: tuple[str, int, int] | None = self._connection.execute(
            """SELECT w.name, c.warc_offset, c.warc_length
            FROM captures c JOIN warc_files w ON w.id = c.warc_file_id
            WHERE c.payload_digest = ? AND c.record_type = 'response' LIMIT 1""",
            (digest,),
        ).fetchone()
        if row is None:
            raise ArchiveDamagedError(f"{self._directory.path}: no capture holds the payload {digest}")
        return row
