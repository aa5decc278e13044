"""What a second reading of captures brings home: shapes alone, small enough to travel between processes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["CaptureRow", "FieldChange", "Reread", "Share", "Stretch"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Captures of one WARC file that lie in it one after another."""

    file_id: int
    name: str
    start: int
    """Offset of the first of them."""
    end: int
    """Offset behind which the next stretch begins."""


class CaptureRow(NamedTuple):
    """A capture as the database has it, with its page's place and quarantine."""

    id: int
    page_id: int
    url: str
    captured_at: str
    status: int
    via: str
    truncated: str | None
    kind: str
    because: str | None
    content_digest: str | None
    payload_digest: str
    record_type: str
    offset: int
    length: int
    canonical_url: str
    article_id: str | None
    part: int
    links_digest: str | None
    quarantine_error: str | None
    quarantine_message: str | None
    quarantine_payload: str | None
    """Payload digest of the capture for which its page is in quarantine."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of a record that reads otherwise, in excerpts."""

    layout: str | None
    """By today's reading."""
    field: str
    article_id: str
    old: str
    new: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reread:
    """A capture that reads otherwise than its row says, with all that has to be brought in line."""

    capture_id: int
    page_id: int
    article_id: str | None
    url: str
    was: str
    """The kind on file."""
    kind: str
    because: str | None
    content_digest: str | None
    record: str | None = None
    """The article, as JSON."""
    listing: str | None = None
    """The list, as JSON."""
    error: str | None = None
    """Name of the reader's error, where it cannot be read; `because` has the sentence."""
    found: tuple[str, ...] = ()
    """Addresses on it that are no known pages."""


@dataclass(slots=True)
class Share:
    """What came of one stretch."""

    captures: int = 0
    changed: list[Reread] = field(default_factory=list)
    fields: list[FieldChange] = field(default_factory=list)
    records: Counter[str | None] = field(default_factory=Counter)
    """Layout -> records of revisions that were compared, and read otherwise."""
    left_quarantine: list[str] = field(default_factory=list)
    entered_quarantine: list[tuple[str, str]] = field(default_factory=list)
    """(address, reason)."""
    elsewhere: int = 0
    """Captures at an address that today's map gives to another page: left as they are."""
    damage: list[str] = field(default_factory=list)
