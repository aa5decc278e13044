"""Moments as the archive writes them: UTC, milliseconds, sortable as text."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

__all__ = ["PORTAL_ZONE", "format_moment", "parse_moment", "portal_day", "utc_now"]

PORTAL_ZONE = timezone(timedelta(hours=8))
"""A date without a clock means that day at +08:00."""


def utc_now() -> datetime:
    """The moment, in whole milliseconds as the archive keeps them."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@lru_cache(maxsize=256)  # one capture's moments are written nine times
def format_moment(moment: datetime) -> str:
    """``2026-11-22T20:44:44.123Z``.

    >>> format_moment(datetime(2026, 1, 15, 9, 0, tzinfo=UTC))
    '2026-01-15T09:00:00.000Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_moment(text: str) -> datetime:
    """The inverse; fractions may be missing or longer. Raises ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"no zone in {text!r}")
    return moment.astimezone(UTC)


def portal_day(moment: datetime) -> date:
    """The day at +08:00, the portal's own, on which a moment falls.

    >>> portal_day(datetime(2026, 1, 15, 16, 0, tzinfo=UTC)).isoformat()
    '2026-01-16'
    """
    return moment.astimezone(PORTAL_ZONE).date()
