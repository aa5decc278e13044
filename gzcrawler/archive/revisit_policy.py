"""When a page is due again: pure, from what its last capture showed.

The intervals are few and plain: lists at every run, young articles daily, old ones at least every
thirty days, evidence of removal soon enough to confirm it, faults of a server after seconds, then hours.
"""

from __future__ import annotations

from datetime import datetime, timedelta

__all__ = ["MAX_FAILURES_IN_A_ROW", "PATIENCE", "PRIORITIES", "due_after", "due_after_failure"]

PRIORITIES = {
    "robots": 0,
    "home": 1,
    "listing": 2,
    "part": 3,
    "article": 4,
    "recheck": 5,
    "feed": 6,
    "sitemap": 6,
    "unknown": 6,
    "asset": 7,
}
"""Lower is asked first. A page of unknown shape comes after all that has a promise."""

PATIENCE = timedelta(seconds=60)
"""A run waits this long for a page that failed to become due again."""

MAX_FAILURES_IN_A_ROW = 3
"""After so many failures a page waits for another run, and another address of it is tried."""

_FAILURE_DELAYS = (timedelta(seconds=5), timedelta(seconds=30), timedelta(hours=6), timedelta(days=1))

_LISTS_AGAIN = timedelta(hours=1)
_YOUNG = timedelta(days=14)
_YOUNG_AGAIN = timedelta(days=1)
_OLD_AGAIN = timedelta(days=30)
_SUSPECT_AGAIN = timedelta(days=3)
_CHALLENGED_AGAIN = timedelta(days=1)


def due_after(
    kind: str, captured_at: datetime, *, born_at: datetime | None = None, known: bool = False
) -> datetime | None:
    """When a page that answered should be asked again; None is never, of its own accord.

    Args:
        kind: what the capture read as.
        captured_at: moment of the capture.
        born_at: publication, or first sighting, of the article.
        known: has the page ever shown an article?
    """
    if kind in ("listing", "home", "feed", "sitemap"):
        return captured_at + _LISTS_AGAIN
    if kind == "article":
        age = max(captured_at - (born_at or captured_at), timedelta())
        return captured_at + min(max(_YOUNG_AGAIN, age / _YOUNG * _YOUNG_AGAIN), _OLD_AGAIN)
    if kind == "challenge":
        return captured_at + _CHALLENGED_AGAIN
    if kind == "removed" and known:
        return captured_at + _SUSPECT_AGAIN
    if kind in ("asset", "robots"):
        return None
    return captured_at + _OLD_AGAIN


def due_after_failure(failed_at: datetime, failures: int) -> datetime:
    """When to try again after so many failures in a row (1 is the first)."""
    return failed_at + _FAILURE_DELAYS[min(failures, len(_FAILURE_DELAYS)) - 1]
