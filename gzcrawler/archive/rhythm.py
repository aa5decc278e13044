"""How often something happens, learned from when it has happened: which silence is longer than usual. Pure."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

__all__ = ["Wait", "waits"]

_REMEMBERED = 365
"""Days of the past that a rhythm is learned from: sections change their habits over the years."""
_LEARNED_FROM = 10
"""Waits below which nothing is known of a rhythm."""
_USUAL = 0.95
"""Of the past waits, as many as this were no longer than the usual one."""
_ALARMING = 3
"""A wait is too long from this many times the usual one."""


@dataclass(frozen=True, slots=True)
class Wait:
    """From one day on which something happened to the next."""

    since: date
    until: date
    """The next such day; of the last wait, the day up to which it is known."""
    usual: int | None
    """Days within which 95 of 100 waits of the year before had ended; None where too little is known."""

    @property
    def days(self) -> int:
        """From one day to the next is 1."""
        return (self.until - self.since).days

    @property
    def too_long(self) -> bool:
        """Is it out of the rhythm of the year before?"""
        return self.usual is not None and self.days > _ALARMING * self.usual


def waits(days: Iterable[date], until: date) -> list[Wait]:
    """All waits between days on which something happened, the one under way at the end included.

    Args:
        days: when it happened, each day once or more often, in any order.
        until: the last day of which it is known whether it happened.

    >>> from datetime import date
    >>> [wait.days for wait in waits([date(2026, 1, 1), date(2026, 1, 2)], date(2026, 1, 9))]
    [1, 7]
    """
    ordered = sorted({day for day in days if day <= until})
    if not ordered:
        return []
    found: list[Wait] = []
    recent: deque[Wait] = deque()
    lengths: list[int] = []
    ends = ordered[1:] if ordered[-1] == until else [*ordered[1:], until]
    for since, end in zip(ordered, ends, strict=False):
        while recent and (since - recent[0].until).days > _REMEMBERED:
            del lengths[bisect_left(lengths, recent.popleft().days)]
        usual = lengths[int(_USUAL * (len(lengths) - 1))] if len(lengths) >= _LEARNED_FROM else None
        wait = Wait(since, end, usual)
        found.append(wait)
        recent.append(wait)
        insort(lengths, wait.days)
    return found
