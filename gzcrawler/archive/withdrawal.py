"""Taking redacted bytes out of the WARC files, in their place: each record's offset and length stay.

A response whose payload goes is overwritten by one with the same id, address, moments and digest, an empty
body, and ``Gzcrawler-Redacted``. It is made from the capture's row alone, so that whatever a crash leaves
half-written is simply written again.
"""

from __future__ import annotations

import base64
import hashlib
import os
import zlib
from typing import TYPE_CHECKING, NamedTuple

from gzcrawler.archive.connections import transaction
from gzcrawler.archive.warc_records import RECORDED_FIELD, REDACTED_FIELD, SHA256_FIELD
from gzcrawler.errors import ArchiveDamagedError

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from gzcrawler.archive.directory import Directory

__all__ = ["RedactedRecord", "redacted_member", "withdraw_payloads"]

_GZIP_HEADER = 10
_GZIP_TRAILER = 8
_EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"
"""A deflate block that holds nothing: makes a member longer, and its record not."""
_PADDING_AT_MOST = 400
"""Bytes of body that may have to be tried before the length comes out to the byte."""

_SEARCH_TABLES = ("search_index", "search_pairs", "search_titles")


class RedactedRecord(NamedTuple):
    """What is left of a response."""

    record_id: str
    url: str
    captured_at: str
    recorded_at: str
    status: int
    payload_digest: str
    redacted_at: str
    length: int
    """Of the gzip member that it stands in for, in bytes."""


def withdraw_payloads(connection: sqlite3.Connection, directory: Directory) -> int:
    """Finish what redactions began; for the holder of the lock.

    Overwrites the payloads, and what was deleted in the database, so that no byte of either can be read.

    Returns:
        How many redactions were finished.
    """
    unfinished = connection.execute("SELECT article_id FROM redactions WHERE NOT finished").fetchall()
    if not unfinished:
        return 0
    for name, places in _places(connection).items():
        _overwrite(directory.warc / name, places)
    _scrub(connection)
    with transaction(connection):
        connection.execute("UPDATE redactions SET finished = 1")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return len(unfinished)


def _places(connection: sqlite3.Connection) -> dict[str, list[tuple[int, RedactedRecord]]]:
    """File -> (offset, what is left) of each record that redactions under way withdraw."""
    files: dict[str, list[tuple[int, RedactedRecord]]] = {}
    for name, offset, *fields in connection.execute(
        """SELECT w.name, c.warc_offset, c.record_id, c.url, c.captured_at, c.recorded_at, c.status,
            c.payload_digest, r.redacted_at, c.warc_length
        FROM redactions r JOIN redacted_pages d ON d.article_id = r.article_id
        JOIN pages p ON p.canonical_url = d.canonical_url
        JOIN captures c ON c.page_id = p.id AND c.record_type = 'redacted'
        JOIN warc_files w ON w.id = c.warc_file_id
        WHERE NOT r.finished ORDER BY w.name, c.warc_offset"""
    ):
        files.setdefault(name, []).append((offset, RedactedRecord(*fields)))
    return files


def _overwrite(path: Path, places: list[tuple[int, RedactedRecord]]) -> None:
    with path.open("r+b") as file:
        header = file.read(_GZIP_HEADER)
        for offset, record in places:
            file.seek(offset)
            file.write(redacted_member(record, header))
        file.flush()
        os.fsync(file.fileno())


def _scrub(connection: sqlite3.Connection) -> None:
    """Let nothing of the deleted rows stay in free pages or in old segments of the search index."""
    for table in _SEARCH_TABLES:
        with transaction(connection):
            connection.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")
    connection.execute("VACUUM")


def redacted_member(record: RedactedRecord, header: bytes) -> bytes:
    """The gzip member of a response without its body, exactly as long as what it stands in for.

    Args:
        record: what is left.
        header: of the file's first member; all members of a file are written alike.

    Raises:
        ArchiveDamagedError: what is left is longer than the record ever was, so the row is not its own.
    """
    for padding in range(_PADDING_AT_MOST):
        head, tail = _record(record, padding)
        packed, last = _deflated(head), _stored(tail)
        room = record.length - len(header) - len(packed) - len(last) - _GZIP_TRAILER
        if room >= 0 and room % len(_EMPTY_BLOCK) == 0:
            whole = head + tail
            filling = _EMPTY_BLOCK * (room // len(_EMPTY_BLOCK))
            checks = zlib.crc32(whole).to_bytes(4, "little") + len(whole).to_bytes(4, "little")
            return header + packed + filling + last + checks
    raise ArchiveDamagedError(
        f"the capture of {record.url} at {record.captured_at}: its row does not fit its record"
    )


def _record(record: RedactedRecord, padding: int) -> tuple[bytes, bytes]:
    """The record, in two pieces: what is compressed, and what is not, so that the length can be chosen."""
    block = f"HTTP/1.1 {record.status} \r\n\r\n".encode() + b" " * padding
    digest = base64.b32encode(hashlib.sha1(block, usedforsecurity=False).digest()).decode()
    lines = (
        "WARC/1.1",
        "WARC-Type: response",
        f"WARC-Record-ID: <urn:uuid:{record.record_id}>",
        f"WARC-Target-URI: {record.url}",
        f"WARC-Date: {record.captured_at}",
        f"{RECORDED_FIELD}: {record.recorded_at}",
        f"{SHA256_FIELD}: {record.payload_digest}",
        f"{REDACTED_FIELD}: {record.redacted_at}",
        "WARC-Truncated: unspecified",
        "Content-Type: application/http;msgtype=response",
        f"WARC-Block-Digest: sha1:{digest}",
        f"Content-Length: {len(block)}",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n", block + b"\r\n\r\n"


def _deflated(data: bytes) -> bytes:
    """Compressed, without an end, up to a whole byte."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)


def _stored(data: bytes) -> bytes:
    """The last block, uncompressed."""
    size = len(data)
    return b"\x01" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + data
