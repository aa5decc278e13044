"""What goes through the one door, and what comes back: results of reading, failures, places, outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gzcrawler.errors import ReadingError
from gzcrawler.items import Reading

if TYPE_CHECKING:
    from datetime import datetime

    from gzcrawler.archive.warc_records import RecordType

__all__ = ["FORBIDDEN_BY_ROBOTS", "Deferral", "Failure", "Location", "Outcome", "Recorded", "Result"]

Result = Reading | ReadingError | None
"""What reading a capture gave; None where there was nothing to read (a 304)."""

FORBIDDEN_BY_ROBOTS = "robots"
"""Kind of a failure that is our own obedience."""


class Outcome(StrEnum):
    """What recording a capture did to the archive."""

    FIRST = "first"
    """An article that was not known."""
    REVISED = "revised"
    UNCHANGED = "unchanged"
    """New bytes, same content."""
    REVISIT = "revisit"
    """The same bytes again, or a 304."""
    PART = "part"
    """A further page of a continued article whose other pages are still awaited."""
    TOMBSTONE = "tombstone"
    """The removal of an article is confirmed by this capture."""
    MISSING = "missing"
    """Evidence of removal, not confirmed yet, or of a page never seen."""
    LISTED = "listed"
    """A list or home page."""
    STORED = "stored"
    """Kept as it is: images, files, robots.txt, pages of unknown kind."""
    MOVED = "moved"
    """A redirect; its target is due now."""
    FAULT = "fault"
    """The server failed, or cut the page off: asked again."""
    FAILED = "failed"
    """No response came: asked again."""
    FORBIDDEN = "forbidden"
    """robots.txt does not allow it."""
    DEFERRED = "deferred"
    """Due, and not asked: its walk was given up."""
    QUARANTINED = "quarantined"
    REDACTED = "redacted"
    """What stands there was withdrawn: nothing of it is stored again."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where a capture lies in the WARC files."""

    warc_file_id: int
    offset: int
    """Of the response or revisit record's gzip member, in bytes."""
    length: int
    record_id: str
    record_type: RecordType
    payload_digest: str
    """Of the payload that the capture stands for: its own, or of a 304 the one it repeats."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A fetch that gave no response."""

    url: str
    failed_at: datetime
    error: str
    """Kind of failure: ``timeout``, ``refused``, ``dns`` …"""
    message: str


@dataclass(frozen=True, slots=True)
class Deferral:
    """A page that was due and will not be asked in this run."""

    url: str
    until: datetime
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What happened, for the run's count and for whoever shows it."""

    outcome: Outcome
    page_id: int
    kind: str
    url: str
    article_id: str | None = None
    title: str | None = None
    reason: str | None = None
    new_pages: int = 0
    """Addresses that were not known before."""
    elsewhere: bool = False
    """The page is to be asked at another of its addresses now."""
