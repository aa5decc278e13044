"""WARC files of this archive, read back: members, groups, captures.

Files are gzip members, one a record. A file is read member by member, so that each record's offset and
length are exact, and a torn end is told from damage in the middle.
"""

from __future__ import annotations

import json
import mmap
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, cast

from fastwarc.warc import WarcRecord, WarcRecordType
from isal import isal_zlib
from isal.igzip_lib import IsalError

from gzcrawler.archive.moments import parse_moment
from gzcrawler.archive.warc_records import (
    ORIGINAL_FIELD,
    RECORDED_FIELD,
    REDACTED_FIELD,
    SHA256_FIELD,
    VIA_FIELD,
)
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
    "Gap",
    "Group",
    "Member",
    "Metadata",
    "read_groups",
    "read_members",
    "read_payload",
    "read_response",
]

_CHUNK = 1 << 18
_GZIP_WINDOW = 31
_OWN_FIELDS = {"isPartOf", "gzcrawler-run", "gzcrawler-command"}
_GZIP_MAGIC = b"\x1f\x8b\x08"

# isal's stubs declare its exception class as an instance.
_NO_GZIP = (cast("type[Exception]", IsalError), zlib.error, EOFError)


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
    moment: datetime
    content: Any
    end: int
    """Offset in the file after this record."""


@dataclass(frozen=True, slots=True)
class CaptureGroup:
    """A capture as it lies in a file: request, where one was sent, and response (or revisit) together."""

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


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of a file that holds no whole record of this archive."""

    start: int
    end: int | None
    """Where whole records begin again; None where none follow, as after a write that was cut off."""
    reason: str


def read_members(path: Path, start: int = 0, gaps: list[Gap] | None = None) -> Iterator[Member]:
    """The records of a file from an offset on.

    Args:
        path: the file.
        start: offset of a member's first byte.
        gaps: takes each stretch that had to be passed over, before the record behind it is given;
            without it, the first one raises.

    Raises:
        ArchiveDamagedError: bytes that are no whole gzip member, and `gaps` was not given.
    """
    with path.open("rb") as file:
        file.seek(start)
        offset = start
        pending = b""
        while True:
            pending = pending or file.read(_CHUNK)
            if not pending:
                return
            member, pending, reason = _next_member(file, offset, pending)
            if member is not None:
                yield member
                offset += member.length
                continue
            if gaps is None:
                raise ArchiveDamagedError(f"{path}: no whole record at byte {offset:,} ({reason})")
            end = _find_member(file, offset + 1)
            gaps.append(Gap(offset, end, reason))
            if end is None:
                return
            file.seek(end)
            offset = end


def _next_member(file: BinaryIO, offset: int, pending: bytes) -> tuple[Member | None, bytes, str]:
    """(member, bytes read beyond it, why there is none); `pending` are the bytes at `offset`."""
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
    except _NO_GZIP as error:
        reason = str(error)
    if not decompressor.eof:
        return None, b"", reason
    rest = decompressor.unused_data
    return Member(offset, length - len(rest), b"".join(pieces)), rest, ""


def _find_member(file: BinaryIO, start: int) -> int | None:
    """Offset of the next whole record from `start` on."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found = content.find(_GZIP_MAGIC, start)
        while found >= 0:
            file.seek(found)
            member, _, _ = _next_member(file, found, file.read(_CHUNK))
            if member is not None and member.data.startswith(b"WARC/1."):
                return found
            found = content.find(_GZIP_MAGIC, found + 1)
    return None


Group = CaptureGroup | Metadata | FileInformation


def read_groups(path: Path, start: int = 0, gaps: list[Gap] | None = None) -> Iterator[Group]:
    """The captures and notes of a file from an offset on, in the order they were written.

    Raises:
        ArchiveDamagedError: as `read_members`; also for records that this archive does not write.
    """
    request: tuple[int, bytes] | None = None
    for member in read_members(path, start, gaps):
        try:
            record = WarcRecord.from_bytes(member.data)
            if record.record_type == WarcRecordType.request:
                request = (member.offset, record.reader.read())
                continue
            group = _group(record, request and request[1], member)
        except (ArchiveDamagedError, OSError, ValueError) as error:
            if gaps is None:
                raise ArchiveDamagedError(
                    f"{path}: no record of ours at byte {member.offset:,} ({error})"
                ) from error
            gaps.append(Gap(member.offset, member.offset + member.length, str(error)))
            continue
        request = None
        if group is not None:
            yield group
    if request is not None and gaps is not None:
        gaps.append(Gap(request[0], None, "a request without its response"))


def _group(record: WarcRecord, request_block: bytes | None, member: Member) -> Group | None:
    end = member.offset + member.length
    match record.record_type:
        case WarcRecordType.response | WarcRecordType.revisit:
            if request_block is None and VIA_FIELD not in record.headers:
                raise ArchiveDamagedError("a response without its request")
            return _capture_group(record, request_block or b"", member, end)
        case WarcRecordType.metadata:
            content = json.loads(record.reader.read())
            return Metadata(
                _field(record, "WARC-Target-URI"), parse_moment(_field(record, "WARC-Date")), content, end
            )
        case WarcRecordType.warcinfo:
            lines = record.reader.read().decode().splitlines()
            fields = {name: value for name, _, value in (line.partition(": ") for line in lines) if name}
            missing = _OWN_FIELDS - fields.keys()
            if missing:
                raise ArchiveDamagedError(f"a warcinfo record without {min(missing)}")
            return FileInformation(_field(record, "WARC-Date"), fields, end)
    return None


def read_payload(path: Path, offset: int, length: int) -> bytes:
    """The payload of the response record at a place.

    Raises:
        ArchiveDamagedError: no response record lies there.
    """
    with path.open("rb") as file:
        return read_response(file, offset, length)[1]


def read_response(
    file: BinaryIO, offset: int, length: int, *, revisit: bool = False
) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """Response headers and payload of the record at a place.

    Args:
        file: the WARC file, open.
        offset: of the record's gzip member.
        length: of that member.
        revisit: a revisit lies there, with headers alone.

    Raises:
        ArchiveDamagedError: no such record lies there.
    """
    file.seek(offset)
    try:
        data = isal_zlib.decompress(file.read(length), _GZIP_WINDOW)
    except _NO_GZIP as error:
        raise ArchiveDamagedError(f"{_name(file)}: no whole record at byte {offset} ({error})") from error
    # Taken apart by hand: our own writer's records have one form, and the general parser costs as much
    # again as the inflating.
    fields, _, block = data.partition(b"\r\n\r\n")
    wanted = b"revisit" if revisit else b"response"
    if not fields.startswith(b"WARC/1.1\r\nWARC-Type: " + wanted + b"\r\n"):
        raise ArchiveDamagedError(f"{_name(file)}: no {wanted.decode()} at byte {offset}")
    head, _, payload = block.partition(b"\r\n\r\n")
    if not fields.endswith(b"\r\nContent-Length: %d" % (len(block) - 4)):
        raise ArchiveDamagedError(f"{_name(file)}: a record of another length at byte {offset}")
    return _parse_head(head)[1], payload[:-4]


def _name(file: BinaryIO) -> str:
    # What fsspec opens in an object store has a path instead.
    return str(getattr(file, "name", None) or getattr(file, "path", "a WARC file"))


def _capture_group(record: WarcRecord, request_block: bytes, member: Member, end: int) -> CaptureGroup:
    record_type: RecordType = "response"
    repeats = None
    if record.record_type == WarcRecordType.revisit:
        not_modified = _field(record, "WARC-Profile").endswith("server-not-modified")
        record_type = "server-not-modified" if not_modified else "revisit"
        repeats = _field(record, SHA256_FIELD) if not_modified else None
    head, _, payload = record.reader.read().partition(b"\r\n\r\n")
    truncated = record.headers.get("WARC-Truncated")
    if record.headers.get(REDACTED_FIELD):
        record_type, payload, truncated = "redacted", b"", None
    status_line, response_headers = _parse_head(head)
    _, status, *reason = status_line.split(" ", 2)
    capture = Capture(
        url=_field(record, "WARC-Target-URI"),
        captured_at=parse_moment(_field(record, "WARC-Date")),
        status=int(status),
        reason="".join(reason) or None,
        payload=payload,
        request_headers=_parse_head(request_block)[1],
        response_headers=response_headers,
        ip_address=record.headers.get("WARC-IP-Address"),
        truncated=cast('Literal["length", "time", "disconnect"] | None', truncated),
        via=cast('Literal["live", "warc", "wayback"]', record.headers.get(VIA_FIELD, "live")),
        original_id=record.headers.get(ORIGINAL_FIELD),
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


def _parse_head(block: bytes) -> tuple[str, tuple[tuple[str, str], ...]]:
    """First line and headers of a request or response, byte for byte as they were written."""
    first, *lines = block.decode("utf-8", "surrogateescape").split("\r\n")
    pairs = (line.partition(": ") for line in lines if line)
    return first, tuple((name, value) for name, _, value in pairs)


def _field(record: WarcRecord, name: str) -> str:
    value = record.headers.get(name)
    if value is None:
        raise ArchiveDamagedError(f"a record without {name}")
    return value
