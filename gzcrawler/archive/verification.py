"""Checking that the archive is what was committed: every digest, every offset, every length."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastwarc.warc import WarcRecord, WarcRecordType

from gzcrawler.archive.directory import run_of
from gzcrawler.archive.open_archive import OpenArchive
from gzcrawler.archive.stored_records import read_record
from gzcrawler.archive.warc_reading import Gap, Member, read_members
from gzcrawler.archive.warc_records import RECORDED_FIELD, REDACTED_FIELD, SHA256_FIELD
from gzcrawler.errors import ArchiveDamagedError
from gzcrawler.items import Article, digest_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["Verification", "verify"]

_TELL_EVERY = 500
_GZIP_HEADER = 10
"""Bytes before a gzip member's data; its checksum does not cover them."""


@dataclass(slots=True)
class Verification:
    """What was checked, and what is wrong."""

    files: int = 0
    captures: int = 0
    revisions: int = 0
    damage: list[str] = field(default_factory=list)
    """One sentence each, with file and place."""


def verify(path: Path | str, *, tell: Callable[[int], None] = lambda _: None) -> Verification:
    """Recompute all digests and compare all places; reads only, and takes no lock.

    Files that a running crawl appends to are checked up to what was committed when the check began.

    Args:
        path: the archive's folder.
        tell: called with the number of captures checked since the last call.

    Raises:
        NotAnArchiveError, NewerSchemaError: it cannot be opened.
    """
    result = Verification()
    with OpenArchive(path) as archive:
        connection = archive.connection
        present: list[Path] = []
        with _naming_damage(archive, result):
            present = archive.directory.warc_files()
        with _naming_damage(archive, result):
            connection.execute("BEGIN")  # one view of the database, whatever a crawl commits meanwhile
            _check_database(archive, result)
        with _naming_damage(archive, result):
            _check_names(archive, present, result)
            files = connection.execute(
                "SELECT id, name, committed_length FROM warc_files ORDER BY name"
            ).fetchall()
            for file_id, name, committed in files:
                result.files += 1
                _FileCheck(archive.directory.warc / name, committed, result).run(
                    _rows(connection, file_id), tell
                )
        with _naming_damage(archive, result):
            _check_repeated(connection, result)
            _check_revisions(connection, result)
    return result


@contextmanager
def _naming_damage(archive: OpenArchive, result: Verification) -> Iterator[None]:
    """What cannot even be read is damage too, and no reason to stop looking."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        result.damage.append(f"{archive.directory.database}: {error}; `gzcrawler rebuild` makes it again")
    except ArchiveDamagedError as error:
        result.damage.append(str(error))


def _check_database(archive: OpenArchive, result: Verification) -> None:
    for (problem,) in archive.connection.execute("PRAGMA integrity_check(20)"):
        if problem != "ok":
            result.damage.append(f"{archive.directory.database}: {problem}")
    for table, row_id, parent, _ in archive.connection.execute("PRAGMA foreign_key_check"):
        result.damage.append(
            f"{archive.directory.database}: row {row_id} of {table} names no row of {parent}"
        )


def _check_names(archive: OpenArchive, present: list[Path], result: Verification) -> None:
    known = {row[0] for row in archive.connection.execute("SELECT name FROM warc_files")}
    # A run makes its file before the database knows of it; one that crashed then leaves a tail to recover.
    unfinished = {
        uid[:8] for (uid,) in archive.connection.execute("SELECT uid FROM runs WHERE finished_at IS NULL")
    }
    for path in present:
        if path.name not in known and run_of(path) not in unfinished:
            result.damage.append(f"{path}: is not in the database; opening the archive to write reads it in")


@dataclass(frozen=True, slots=True)
class _Row:
    """A capture as the database has it."""

    offset: int
    length: int
    record_id: str
    record_type: str
    payload_digest: str
    url: str
    captured_at: str
    recorded_at: str
    status: int


def _rows(connection: sqlite3.Connection, file_id: int) -> Iterator[_Row]:
    for row in connection.execute(
        """SELECT warc_offset, warc_length, record_id, record_type, payload_digest, url, captured_at,
            recorded_at, status
        FROM captures WHERE warc_file_id = ? ORDER BY warc_offset""",
        (file_id,),
    ):
        yield _Row(*row)


class _FileCheck:
    """One WARC file against its rows in the database, both read once, side by side."""

    def __init__(self, path: Path, committed: int, result: Verification) -> None:
        self._path = path
        self._committed = committed
        self._result = result
        self._header: bytes | None = None

    def run(self, rows: Iterator[_Row], tell: Callable[[int], None]) -> None:
        """Check the file up to its committed length."""
        if not self._path.is_file():
            self._report("is missing")
            return
        size = self._path.stat().st_size
        if size < self._committed:
            self._report(f"is cut off ({size:,} of {self._committed:,} bytes)")
        expected = next(rows, None)
        told = 0
        for member, record in self._records():
            if record.record_type not in (WarcRecordType.response, WarcRecordType.revisit):
                continue
            while expected is not None and expected.offset < member.offset:
                self._report(
                    f"no record at byte {expected.offset:,}, where the capture of {expected.url} should be"
                )
                expected = next(rows, None)
            if expected is None or expected.offset != member.offset:
                self._report(f"the capture at byte {member.offset:,} is not in the database")
                continue
            problem = _compare(record, member, expected)
            if problem:
                self._report(f"capture of {expected.url} at byte {member.offset:,}: {problem}")
            self._result.captures += 1
            told += 1
            if told == _TELL_EVERY:
                tell(told)
                told = 0
            expected = next(rows, None)
        tell(told)
        while expected is not None:
            self._report(
                f"no record at byte {expected.offset:,}, where the capture of {expected.url} should be"
            )
            expected = next(rows, None)

    def _records(self) -> Iterator[tuple[Member, WarcRecord]]:
        """The records before the committed length; whatever else stands there is reported."""
        gaps: list[Gap] = []
        end = 0
        with self._path.open("rb") as file:
            for member in read_members(self._path, 0, gaps):
                if member.offset >= self._committed:
                    break
                end = member.offset + member.length
                file.seek(member.offset)
                record = self._checked(member, file.read(_GZIP_HEADER))
                if record is not None:
                    yield member, record
        damaged = [gap for gap in gaps if gap.start < self._committed]
        for gap in damaged:
            self._report(f"damaged at byte {gap.start:,} ({gap.reason})")
        if not damaged and end != self._committed and self._path.stat().st_size >= self._committed:
            self._report(f"whole records end at byte {end:,}, but {self._committed:,} were committed")

    def _checked(self, member: Member, header: bytes) -> WarcRecord | None:
        # All members of a file are written alike, so that a header which differs was changed.
        self._header = self._header or header
        if header != self._header:
            self._report(
                f"record at byte {member.offset:,}: its gzip header is not that of the file's first record"
            )
        try:
            record = WarcRecord.from_bytes(member.data)
            record.freeze()
            if not record.verify_block_digest():
                self._report(f"record at byte {member.offset:,}: its block digest is wrong")
        except (OSError, ValueError) as error:
            self._report(f"record at byte {member.offset:,}: is no WARC record ({error})")
            return None
        return record

    def _report(self, problem: str) -> None:
        self._result.damage.append(f"{self._path}: {problem}")


def _compare(record: WarcRecord, member: Member, row: _Row) -> str | None:
    """What is wrong with a capture's record; None where all is as committed."""
    if (record.record_id or "") != f"<urn:uuid:{row.record_id}>":
        return "another record than the database says"
    if member.length != row.length:
        return f"is {member.length:,} bytes long, not {row.length:,}"
    fields = record.headers
    for name, committed in (
        (SHA256_FIELD, row.payload_digest),
        ("WARC-Target-URI", row.url),
        ("WARC-Date", row.captured_at),
        (RECORDED_FIELD, row.recorded_at),
    ):
        if fields.get(name) != committed:
            return f"its {name} is {fields.get(name)}, but the database says {committed}"
    if row.record_type == "redacted" and not fields.get(REDACTED_FIELD):
        return "was redacted, but its payload still stands there; opening the archive to write takes it out"
    if row.record_type != "redacted" and fields.get(REDACTED_FIELD):
        return "was redacted, but the database does not know it; `gzcrawler rebuild` tells it"
    if (record.record_type == WarcRecordType.response) != (row.record_type in ("response", "redacted")):
        return f"is a {fields.get('WARC-Type')}, but the database says {row.record_type}"
    record.parse_http()
    if record.http_headers.status_code != row.status:
        return f"its status is {record.http_headers.status_code}, but the database says {row.status}"
    if row.record_type == "response" and digest_bytes(record.reader.read()) != row.payload_digest:
        return "its payload is not what was captured"
    return None


def _check_repeated(connection: sqlite3.Connection, result: Verification) -> None:
    for url, captured_at, digest in connection.execute(
        """SELECT c.url, c.captured_at, c.payload_digest FROM captures c
        WHERE c.record_type != 'response' AND c.kind != 'redacted' AND NOT EXISTS (SELECT 1 FROM captures o
            WHERE o.payload_digest = c.payload_digest AND o.record_type = 'response')"""
    ):
        result.damage.append(f"capture of {url} at {captured_at}: no stored payload has the digest {digest}")


def _check_revisions(connection: sqlite3.Connection, result: Verification) -> None:
    for article_id, number, digest, text in connection.execute(
        "SELECT article_id, number, content_digest, record FROM revisions ORDER BY article_id, number"
    ):
        result.revisions += 1
        try:
            actual = Article.from_dict(read_record(text)).content_digest
        except (ValueError, LookupError, TypeError) as error:
            result.damage.append(
                f"article {article_id}, revision {number}: its record cannot be read ({error})"
            )
            continue
        if actual != digest:
            result.damage.append(
                f"article {article_id}, revision {number}: its record is not what was stored"
            )
