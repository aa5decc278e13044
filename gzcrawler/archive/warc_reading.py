"""WARC files of this archive, read back: members, groups, captures.

Files are gzip members, one a record. A file is read member by member, so that each record's offset and
length are exact, and a torn end is told from damage in the middle.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from fastwarc.warc import WarcRecord, WarcRecordType
from isal import isal_zlib
from isal.igzip_lib import IsalError

from gzcrawler.archive.moments import parse_moment
from gzcrawler.archive.warc_records import RECORDED_FIELD, SHA256_FIELD, VIA_FIELD
from gzcrawler.errors import ArchiveDamagedError
from gzcrawler.items import Capture, digest_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from gzcrawler.archive.warc_records import RecordType

__all__ = [
    "CaptureGroup",
    "FileInformation",
    "Member",
    "Metadata",
    "Torn",
    "read_groups",
    "read_members",
    "read_payload",
]

_CHUNK = 1 << 18
_GZIP_WINDOW = 31


@dataclass(frozen=True, slots=True)
class Member:
    """One record, decompressed."""

    offset: int
    """Of its gzip member in the file, in bytes."""
    length: int
    """Of its gzip member, as stored on disk."""
    data: bytes


@dataclass(frozen=True, slots=True)
class FileInformation:
    """The ``warcinfo`` record: the fields that say who wrote the file, and its moment."""

    moment: str
    fields: dict[str, str]
    end: int


@dataclass(frozen=True, slots=True)
class Metadata:
    """A ``metadata`` record: a failed fetch, a run's verdict, a portal's map."""

    subject: str
    moment: str
    content: Any
    end: int
    """Offset in the file after this record."""


@dataclass(frozen=True, slots=True)
class CaptureGroup:
    """A capture as it lies in a file: request and response (or revisit) together."""

    capture: Capture
    """Of a revisit: without its payload."""
    recorded_at: datetime
    payload_digest: str
    record_id: str
    record_type: RecordType
    offset: int
    length: int
    end: int
    """Offset in the file after the group."""


@dataclass(slots=True)
class Torn:
    """Filled by `read_members` where the last bytes of a file are no whole record."""

    at: int | None = None
    reason: str = ""


def read_members(path: Path, start: int = 0, torn: Torn | None = None) -> Iterator[Member]:
    """The records of a file from an offset on.

    Args:
        path: the file.
        start: offset of a member's first byte.
        torn: takes the place where reading had to stop; without it, that raises.

    Raises:
        ArchiveDamagedError: bytes that are no whole gzip member, and `torn` was not given.
    """
    with path.open("rb") as file:
        file.seek(start)
        offset = start
        pending = b""
        while True:
            pending = pending or file.read(_CHUNK)
            if not pending:
                return
            decompressor = isal_zlib.decompressobj(_GZIP_WINDOW)
            pieces: list[bytes] = []
            length = 0
            reason = "the last record is cut off"
            try:
                while pending and not decompressor.eof:
                    pieces.append(decompressor.decompress(pending))
                    length += len(pending)
                    if not decompressor.eof:
                        pending = file.read(_CHUNK)
            except (IsalError, zlib.error, EOFError) as error:
                reason = str(error)
            if not decompressor.eof:
                if torn is None:
                    raise ArchiveDamagedError(f"{path}: no whole record at byte {offset} ({reason})")
                torn.at, torn.reason = offset, reason
                return
            pending = decompressor.unused_data
            length -= len(pending)
            yield Member(offset, length, b"".join(pieces))
            offset += length


def read_groups(
    path: Path, start: int = 0, torn: Torn | None = None
) -> Iterator[CaptureGroup | Metadata | FileInformation]:
    """The captures and notes of a file from an offset on, in the order they were written.

    Raises:
        ArchiveDamagedError: as `read_members`; or records that are not in the order this archive writes.
    """
    request: tuple[int, WarcRecord, bytes] | None = None
    for member in read_members(path, start, torn):
        record = _parse(path, member)
        end = member.offset + member.length
        kind = record.record_type
        if kind == WarcRecordType.request:
            request = (member.offset, record, record.reader.read())
        elif kind in (WarcRecordType.response, WarcRecordType.revisit):
            if request is None:
                raise ArchiveDamagedError(f"{path}: a response without its request at byte {member.offset}")
            yield _capture_group(record, request[2], member, end)
            request = None
        elif kind == WarcRecordType.metadata:
            yield Metadata(
                _field(record, "WARC-Target-URI"),
                _field(record, "WARC-Date"),
                json.loads(record.reader.read()),
                end,
            )
        elif kind == WarcRecordType.warcinfo:
            lines = record.reader.read().decode().splitlines()
            fields = {name: value for name, _, value in (line.partition(": ") for line in lines) if name}
            yield FileInformation(_field(record, "WARC-Date"), fields, end)
    if request is not None and torn is not None and torn.at is None:
        torn.at, torn.reason = request[0], "a request without its response"


def read_payload(path: Path, offset: int, length: int) -> bytes:
    """The payload of the response record at a place.

    Raises:
        ArchiveDamagedError: no response record lies there.
    """
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read(length)
    try:
        record = WarcRecord.from_bytes(isal_zlib.decompress(data, _GZIP_WINDOW))
    except (IsalError, OSError, ValueError) as error:
        raise ArchiveDamagedError(f"{path}: no whole record at byte {offset} ({error})") from error
    if record.record_type != WarcRecordType.response:
        raise ArchiveDamagedError(f"{path}: no response at byte {offset}")
    record.parse_http()
    payload: bytes = record.reader.read()
    return payload


def _parse(path: Path, member: Member) -> WarcRecord:
    try:
        return WarcRecord.from_bytes(member.data)
    except (OSError, ValueError) as error:
        raise ArchiveDamagedError(f"{path}: no WARC record at byte {member.offset} ({error})") from error


def _capture_group(record: WarcRecord, request_block: bytes, member: Member, end: int) -> CaptureGroup:
    record_type: RecordType = "response"
    repeats = None
    if record.record_type == WarcRecordType.revisit:
        not_modified = _field(record, "WARC-Profile").endswith("server-not-modified")
        record_type = "server-not-modified" if not_modified else "revisit"
        repeats = _field(record, SHA256_FIELD) if not_modified else None
    record.parse_http()
    headers = record.http_headers
    payload = record.reader.read()
    capture = Capture(
        url=_field(record, "WARC-Target-URI"),
        captured_at=parse_moment(_field(record, "WARC-Date")),
        status=headers.status_code or 0,
        reason=headers.reason_phrase,
        payload=payload,
        request_headers=_request_headers(request_block),
        response_headers=tuple(headers.to_tuples()),
        ip_address=record.headers.get("WARC-IP-Address"),
        truncated=cast(
            'Literal["length", "time", "disconnect"] | None', record.headers.get("WARC-Truncated")
        ),
        via=cast('Literal["live", "warc", "wayback"]', record.headers.get(VIA_FIELD, "live")),
        repeats=repeats,
    )
    return CaptureGroup(
        capture=capture,
        recorded_at=parse_moment(_field(record, RECORDED_FIELD)),
        payload_digest=record.headers.get(SHA256_FIELD) or digest_bytes(payload),
        record_id=(record.record_id or "").removeprefix("<urn:uuid:").removesuffix(">"),
        record_type=record_type,
        offset=member.offset,
        length=member.length,
        end=end,
    )


def _request_headers(block: bytes) -> tuple[tuple[str, str], ...]:
    lines = block.decode("utf-8", "surrogateescape").split("\r\n")[1:]
    pairs = (line.partition(": ") for line in lines if line)
    return tuple((name, value) for name, _, value in pairs)


def _field(record: WarcRecord, name: str) -> str:
    value = record.headers.get(name)
    if value is None:
        raise ArchiveDamagedError(f"record {record.record_id}: has no {name}")
    return value
