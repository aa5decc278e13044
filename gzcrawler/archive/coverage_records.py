"""What `coverage` says, as records: holes, months, lists and sections."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from gzcrawler.archive.moments import format_moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gzcrawler.archive.elsewhere import Elsewhere
    from gzcrawler.archive.rhythm import Wait

__all__ = ["Coverage", "Hole", "ListDepth", "Month", "Reason", "SectionCoverage", "days_between"]

Reason = Literal[
    "we did not run", "site down", "robots", "quarantined", "list gone", "not reached", "nothing published"
]


@dataclass(frozen=True, slots=True)
class Hole:
    """Days of a section that are missing from the archive, or silent, for one reason."""

    section: str
    first_day: date
    """At +08:00, as all days here."""
    last_day: date
    """The last of them, included."""
    reason: Reason
    """``we did not run``: no run asked the section's list in time. ``site down``: it was asked, and the
    server failed or refused. ``robots``: robots.txt does not allow it. ``quarantined``: what came could not
    be read as a list. ``list gone``: no list of the section is there any more. ``not reached``: lists were
    read, and not far enough back. ``nothing published``: the days are covered, and the section was silent
    for longer than is usual for it."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        plain: dict[str, Any] = _plain(self)
        return plain

    def days(self) -> Iterator[date]:
        """Each of them."""
        return days_between(self.first_day, self.last_day)


@dataclass(frozen=True, slots=True)
class Month:
    """Articles of one month, by their date of publication."""

    month: str
    """``2026-01``."""
    articles: int
    days_with_articles: int
    days_not_covered: int


@dataclass(frozen=True, slots=True)
class ListDepth:
    """How deep one list of a section was read."""

    url: str
    """Its first page."""
    walks: int
    deepest: int
    """Number of the last page that any walk came to."""
    last_walk: datetime | None
    last_depth: int
    """How many pages that walk read."""
    last_to_end: datetime | None
    """When the last walk that came to the list's end began."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionCoverage:
    """One section of a portal, within the days that were asked for."""

    portal: str
    section: str
    first_day: date
    last_day: date
    ids_seen: int
    """Articles that ever stood on its lists."""
    articles: int
    """Those of them that are in the archive."""
    months: tuple[Month, ...]
    longest_silence: Wait | None
    """The longest wait between two articles, or since the last one."""
    lists: tuple[ListDepth, ...]
    holes: tuple[Hole, ...]
    """Days that no walk has covered."""
    unwatched: tuple[Hole, ...]
    """Days without a walk that a later walk has covered: what was published and withdrawn between the two
    walks around them was not seen."""
    silences: tuple[Hole, ...]
    """Covered days without an article, more of them than is usual for the section."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the archive has covered, as of a moment."""

    as_of: datetime
    sections: tuple[SectionCoverage, ...]
    elsewhere: tuple[Elsewhere, ...] = ()
    """What web archives know, where their indexes were read and no section was named."""

    @property
    def holes(self) -> tuple[Hole, ...]:
        """Days that no walk has covered, of all sections."""
        return tuple(hole for section in self.sections for hole in section.holes)

    @property
    def unwatched(self) -> tuple[Hole, ...]:
        """Days without a walk that a later walk has covered, of all sections."""
        return tuple(hole for section in self.sections for hole in section.unwatched)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: the fields of the records, days as ``2026-01-15``."""
        plain: dict[str, Any] = _plain(self)
        return plain


def days_between(first: date, last: date) -> Iterator[date]:
    """Each day from the first to the last, both included."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return format_moment(value)
    return value.isoformat() if isinstance(value, date) else value
