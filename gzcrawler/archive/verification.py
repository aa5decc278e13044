"""Checking that the archive is what was committed: every digest, every offset, every length."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fastwarc.warc import WarcRecord, WarcRecordType

from gzcrawler.archive.open_archive import OpenArchive
from gzcrawler.archive.warc_reading import Member, Torn, read_members
from gzcrawler.archive.warc_records import SHA256_FIELD
from gzcrawler.errors import ArchiveDamagedError
from gzcrawler.items import Article, digest_bytes

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["Verification", "verify"]

_TELL_EVERY = 500


@dataclass(slots=True)
class Verification:
    """What was checked, and what is wrong."""

    files: int = 0
    captures: int = 0
    revisions: int = 0
    damage: list[str] = field(default_factory=list)
    """One sentence each, with file and place."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A capture as the database has it."""

    offset: int
    length: int
    record_id: str
    record_type: str
    payload_digest: str
    url: str


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
        connection.execute("BEGIN")  # one view of the database, whatever a crawl commits meanwhile
        for (problem,) in connection.execute("PRAGMA integrity_check(20)"):
            if problem != "ok":
                result.damage.append(f"{archive.directory.database}: {problem}")
        _check_names(archive, result)
        for row in connection.execute("SELECT id, name, committed_length FROM warc_files ORDER BY name"):
            result.files += 1
            _check_file(archive, connection, row["id"], row["name"], row["committed_length"], result, tell)
        _check_revisions(connection, result)
    return result


def _check_names(archive: OpenArchive, result: Verification) -> None:
    known = {row[0] for row in archive.connection.execute("SELECT name FROM warc_files")}
    try:
        present = {path.name: path for path in archive.directory.warc_files()}
    except ArchiveDamagedError as error:
        result.damage.append(str(error))
        return
    for name in sorted(present.keys() - known):
        # A crawl that has just begun writes its first group before the database knows the file.
        if present[name].stat().st_size:
            result.damage.append(
                f"{present[name]}: is not in the database; opening the archive to write reads it in"
            )


def _check_file(
    archive: OpenArchive,
    connection: sqlite3.Connection,
    file_id: int,
    name: str,
    committed: int,
    result: Verification,
    tell: Callable[[int], None],
) -> None:
    path = archive.directory.warc / name
    if not path.exists():
        result.damage.append(f"{path}: is missing")
        return
    size = path.stat().st_size
    if size < committed:
        result.damage.append(f"{path}: is cut off ({size:,} of {committed:,} bytes)")
    rows = _rows(connection, file_id)
    expected = next(rows, None)
    told = 0
    torn = Torn()
    end = 0
    for member in read_members(path, 0, torn):
        if member.offset >= committed:
            break
        end = member.offset + member.length
        record, problem = _check_record(member)
        if problem:
            result.damage.append(f"{path}: record at byte {member.offset:,}: {problem}")
        if record is None or record.record_type not in (WarcRecordType.response, WarcRecordType.revisit):
            continue
        while expected is not None and expected.offset < member.offset:
            result.damage.append(
                f"{path}: no record at byte {expected.offset:,}, where the capture of {expected.url} should be"
            )
            expected = next(rows, None)
        if expected is None or expected.offset != member.offset:
            result.damage.append(f"{path}: the capture at byte {member.offset:,} is not in the database")
            continue
        problem = _compare(record, member, expected)
        if problem:
            result.damage.append(f"{path}: capture of {expected.url} at byte {member.offset:,}: {problem}")
        result.captures += 1
        told += 1
        if told == _TELL_EVERY:
            tell(told)
            told = 0
        expected = next(rows, None)
    tell(told)
    if torn.at is not None and torn.at < committed:
        result.damage.append(f"{path}: damaged at byte {torn.at:,} ({torn.reason})")
    elif end != committed and size >= committed:
        result.damage.append(f"{path}: whole records end at byte {end:,}, but {committed:,} were committed")
    lost = [row for row in (expected, *rows) if row is not None]
    if lost:
        result.damage.append(f"{path}: {len(lost)} captures cannot be reached, the first of {lost[0].url}")


def _rows(connection: sqlite3.Connection, file_id: int) -> Iterator[_Row]:
    for row in connection.execute(
        """SELECT warc_offset, warc_length, record_id, record_type, payload_digest, url
        FROM captures WHERE warc_file_id = ? ORDER BY warc_offset""",
        (file_id,),
    ):
        yield _Row(*row)


def _check_record(member: Member) -> tuple[WarcRecord | None, str | None]:
    try:
        record = WarcRecord.from_bytes(member.data)
        record.freeze()
        return record, None if record.verify_block_digest() else "its block digest is wrong"
    except (OSError, ValueError) as error:
        return None, f"is no WARC record ({error})"


def _compare(record: WarcRecord, member: Member, row: _Row) -> str | None:
    if (record.record_id or "") != f"<urn:uuid:{row.record_id}>":
        return "another record than the database says"
    if member.length != row.length:
        return f"is {member.length:,} bytes long, not {row.length:,}"
    if record.headers.get(SHA256_FIELD) != row.payload_digest:
        return "its payload digest is not the database's"
    if record.record_type == WarcRecordType.response:
        if row.record_type != "response":
            return "is a response, not a revisit"
        record.parse_http()
        if digest_bytes(record.reader.read()) != row.payload_digest:
            return "its payload is not what was captured"
    return None


def _check_revisions(connection: sqlite3.Connection, result: Verification) -> None:
    for article_id, number, digest, text in connection.execute(
        "SELECT article_id, number, content_digest, record FROM revisions ORDER BY article_id, number"
    ):
        result.revisions += 1
        try:
            record: dict[str, Any] = json.loads(text)
            actual = Article.from_dict(record).content_digest
        except (ValueError, KeyError, TypeError) as error:
            result.damage.append(
                f"article {article_id}, revision {number}: its record cannot be read ({error})"
            )
            continue
        if actual != digest:
            result.damage.append(
                f"article {article_id}, revision {number}: its record is not what was stored"
            )
