"""What a record of another archive says: an HTTP answer as a capture, a repetition of one, or why it is left out. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal, cast

from gzcrawler.archive.moments import parse_moment
from gzcrawler.archive.warc_records import ORIGINAL_FIELD, REDACTED_FIELD, VIA_FIELD
from gzcrawler.items import Capture

if TYPE_CHECKING:
    from gzcrawler.importing.records import ForeignRecord

__all__ = ["HEAD_AT_MOST", "WANTED", "LeftOut", "Repetition", "read_exchange"]

WANTED = frozenset({"response", "revisit", "resource"})
"""Types of records that may hold a page. Requests are reconstructed by most tools, metadata is theirs alone."""
HEAD_AT_MOST = 1 << 20
"""Bytes of HTTP headers, which come on top of the most that is taken of a payload."""

_ID_AT_MOST = 1_000
_STATUS_LINE = re.compile(r"HTTP/[0-9.]+ +([1-9][0-9]{2})(?: (.*))?")
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_TRUNCATED = {"length": "length", "time": "time", "disconnect": "disconnect"}
_UNSAFE = str.maketrans("\r\n\0", "   ")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A record that makes no capture, and why."""

    reason: str
    """A few words that many records share."""
    expected: bool = True
    """Such records are in most files; nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """A capture whose payload is in another record."""

    capture: Capture
    """Without payload; also without status line and headers where the record has none."""
    not_modified: bool
    """The server said so (304); else the bytes came again."""
    has_head: bool
    digest: str | None
    """Of the payload, as its record has it: ``sha1:…``."""
    of_url: str | None
    of_date: datetime | None
    of_id: str | None


def read_exchange(record: ForeignRecord, *, most: int) -> Capture | Repetition | LeftOut:
    """What a record says.

    Args:
        record: its content taken up to `most` and `HEAD_AT_MOST` bytes.
        most: bytes of a payload that are kept.
    """
    fields = record.fields
    url = fields.get("warc-target-uri", "").strip("<>")
    if record.kind not in WANTED or not url.lower().startswith(("http://", "https://")):
        return LeftOut(f"{record.kind or 'nameless'} records")
    if fields.get(REDACTED_FIELD.lower()):
        return LeftOut("withdrawn by the archive that they come from")
    if "warc-segment-number" in fields:
        return LeftOut("records in segments", expected=False)
    captured_at = _moment(fields.get("warc-date", ""))
    if captured_at is None:
        return LeftOut("records without a time that can be read", expected=False)
    capture = Capture(
        url=url,
        captured_at=captured_at,
        status=int(HTTPStatus.OK),
        ip_address=fields.get("warc-ip-address"),
        via="wayback" if fields.get(VIA_FIELD.lower()) == "wayback" else "warc",
        original_id=_original_id(fields),
        truncated=_truncated(fields),
    )
    if record.kind == "revisit":
        return _repetition(record, capture)
    if record.kind == "resource":
        media_type = fields.get("content-type", "application/octet-stream").translate(_UNSAFE)
        capture = replace(capture, response_headers=(("Content-Type", media_type),))
        return _with_payload(capture, record.block, record, most)
    if not fields.get("content-type", "application/http").lower().startswith("application/http"):
        return LeftOut("responses that are not HTTP")
    head = _head(record.block)
    if head is None:
        return LeftOut("responses without an HTTP status", expected=False)
    status, reason, headers, body_at = head
    capture = replace(capture, status=status, reason=reason, response_headers=headers)
    return _with_payload(capture, record.block[body_at:], record, most)


def _with_payload(capture: Capture, body: bytes, record: ForeignRecord, most: int) -> Capture:
    cut = record.cut
    if (capture.header("transfer-encoding") or "").lower().strip() == "chunked":
        body = _without_chunks(body)
    if len(body) > most:
        body, cut = body[:most], True
    return replace(capture, payload=body, truncated="length" if cut else capture.truncated)


def _repetition(record: ForeignRecord, capture: Capture) -> Repetition:
    fields = record.fields
    head = _head(record.block)
    if head is not None:
        status, reason, headers, _ = head
        capture = replace(capture, status=status, reason=reason, response_headers=headers)
    not_modified = (
        "not-modified" in fields.get("warc-profile", "") or capture.status == HTTPStatus.NOT_MODIFIED
    )
    if not_modified:
        capture = replace(capture, status=int(HTTPStatus.NOT_MODIFIED))
    return Repetition(
        capture=replace(capture, truncated=None),
        not_modified=not_modified,
        has_head=head is not None,
        digest=fields.get("warc-payload-digest"),
        of_url=(fields.get("warc-refers-to-target-uri") or "").strip("<>") or None,
        of_date=_moment(fields.get("warc-refers-to-date", "")),
        of_id=fields.get("warc-refers-to", "").strip("<>") or None,
    )


def _original_id(fields: dict[str, str]) -> str | None:
    """Of a copy that an archive like this one has made, the name that its original had."""
    given = fields.get(ORIGINAL_FIELD.lower()) or fields.get("warc-record-id", "").strip("<>")
    return given.encode("ascii", "replace").decode()[:_ID_AT_MOST] or None


def _truncated(fields: dict[str, str]) -> Literal["length", "time", "disconnect"] | None:
    told = fields.get("warc-truncated")
    found = _TRUNCATED.get(told.lower(), "disconnect") if told else None
    return cast('Literal["length", "time", "disconnect"] | None', found)


def _moment(text: str) -> datetime | None:
    """A time of WARC 1.0 or 1.1, to the millisecond; None for what names no second, or no such day."""
    if len(text) < len("2018-01-02T03:04:05Z"):
        return None
    try:
        moment = parse_moment(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _head(block: bytes) -> tuple[int, str | None, tuple[tuple[str, str], ...], int] | None:
    """Status, reason, headers, and where the body begins; None where no HTTP status line is."""
    end = block.find(b"\r\n\r\n", 0, HEAD_AT_MOST)
    bare = block.find(b"\n\n", 0, end if end >= 0 else HEAD_AT_MOST)
    if bare >= 0:
        end, body_at = bare, bare + 2
    elif end >= 0:
        body_at = end + 4
    else:
        end = body_at = len(block)
        if end > HEAD_AT_MOST:
            return None
    first, *lines = block[:end].decode("utf-8", "surrogateescape").split("\n")
    match = _STATUS_LINE.fullmatch(first.strip("\r"))
    if match is None:
        return None
    headers: list[tuple[str, str]] = []
    for line in lines:
        name, colon, value = line.rstrip("\r").partition(":")
        if line[:1] in (" ", "\t") and headers:
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {line.strip()}")
        elif colon and name.strip():
            headers.append((name.strip().translate(_UNSAFE), value.strip().translate(_UNSAFE)))
    reason = match[2]
    return int(match[1]), reason.translate(_UNSAFE) if reason else None, tuple(headers), body_at


def _without_chunks(body: bytes) -> bytes:
    """The body without its transfer encoding; as it is where a tool has undone that and kept the header."""
    pieces: list[bytes] = []
    at = 0
    while match := _CHUNK_SIZE.match(body, at):
        size = int(match[1], 16)
        if size == 0:
            return b"".join(pieces)
        pieces.append(body[match.end() : match.end() + size])
        at = match.end() + size
        if at >= len(body):
            return b"".join(pieces)
        at += 2 if body[at : at + 2] == b"\r\n" else 1
    # A page may begin with what looks like one chunk; what is really in chunks goes on with the next.
    return b"".join(pieces) if pieces and at >= len(body) else body
