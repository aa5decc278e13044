"""What is known of a section's list: visits to it, walks over its pages, and how far back those reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from gzcrawler.archive.moments import portal_day

if TYPE_CHECKING:
    from datetime import date, datetime

__all__ = ["Attempt", "AttemptResult", "ListRead", "ListWalk", "SectionList"]

AttemptResult = Literal["walked", "site down", "robots", "quarantined", "list gone"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One visit to the first page of a list, or one that was not possible."""

    at: datetime
    day: date
    """At +08:00."""
    result: AttemptResult


@dataclass(frozen=True, slots=True)
class ListRead:
    """One state of a list page, as it was read."""

    part: int
    at: datetime
    page_id: int
    content_digest: str


@dataclass(slots=True)
class ListWalk:
    """Pages 1 to `depth` of a list, read without leaving one out."""

    began: datetime
    """When page 1 was captured: what was published later need not be on it."""
    ended: datetime
    depth: int
    first: ListRead
    last: ListRead
    live: bool
    """Our own crawl read them; else the captures of another archive are put together."""
    to_end: bool = False
    """Did the list lead no further?"""
    after: date | None = None
    """All that was published after this day, and stood on the list, was seen; None where that is not known."""

    @property
    def before(self) -> date:
        """Days before this one, at +08:00, had ended when the walk began."""
        return portal_day(self.began)


@dataclass(slots=True)
class SectionList:
    """One list of a section: a section has one for each generation of the portal's addresses."""

    portal: str
    section: str
    url: str
    """Its first page."""
    attempts: list[Attempt] = field(default_factory=list)
    walks: list[ListWalk] = field(default_factory=list)
    oldest: date | None = None
    """Date of the oldest entry at an end of the list; None where no walk has come to one."""

    rests_since: date | None = None
    """Day of the first of the last walks that all found nothing young on the first page; None where the last did."""

    @property
    def gone_since(self) -> datetime | None:
        """First of the last visits that found no list any more; None where the last one found it."""
        since = None
        for attempt in reversed(self.attempts):
            if attempt.result == "walked":
                return since
            if attempt.result == "list gone":
                since = attempt.at
        return since
