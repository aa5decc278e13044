"""How often something happens, learned from when it has happened: which silence is longer than usual. Pure."""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

__all__ = ["Wait", "wait_under_way", "waits"]

_REMEMBERED = 365
"""Days of the past that a rhythm is learned from: sections change their habits over the years."""
_LEARNED_FROM = 10
"""Waits below which nothing is known of a rhythm."""
_USUAL = 0.95
"""Of the past waits, as many as this were no longer than the usual one."""
_ALARMING = 3
"""A wait is too long from this many times the usual one, and from longer than chance explains: the mean wait
and so many of their deviations. Where news come at random, one wait in 100,000 (e^-11.5) is that long, and a
portal of 16 sections has 2,000 a year; where they come by the calendar, waits hardly deviate."""
_CHANCE = 10.5
_UNSURE = 2.0
"""A deviation learned from n waits is taken for 1 + 2 / sqrt(n) times what it seems: few waits show too little."""


@dataclass(frozen=True, slots=True)
class Wait:
    """From one day on which something happened to the next."""

    since: date
    until: date
    """The next such day; of the last wait, the day up to which it is known."""
    usual: int | None
    """Days within which 95 of 100 waits of the year before had ended; None where too little is known."""
    longest: float | None
    """Days that no wait lasts but by a change of the rhythm; None where too little is known."""

    @property
    def days(self) -> int:
        """From one day to the next is 1."""
        return (self.until - self.since).days

    @property
    def too_long(self) -> bool:
        """Is it out of the rhythm of the year before?"""
        return self.longest is not None and self.days > self.longest


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
    rhythm = _Rhythm()
    ends = ordered[1:] if ordered[-1] == until else [*ordered[1:], until]
    for since, end in zip(ordered, ends, strict=False):
        while recent and (since - recent[0].until).days > _REMEMBERED:
            rhythm.forget(recent.popleft().days)
        wait = Wait(since, end, *rhythm.limits())
        found.append(wait)
        recent.append(wait)
        rhythm.learn(wait.days)
    return found


def wait_under_way(days: Iterable[date], until: date) -> Wait | None:
    """The wait since the last of these days, against those before; None where nothing has happened.

    >>> from datetime import date
    >>> wait_under_way([date(2026, 1, 1), date(2026, 1, 2)], date(2026, 1, 9)).days
    7
    >>> wait_under_way([date(2026, 1, 1), date(2026, 1, 9)], date(2026, 1, 9)).days
    0
    """
    ordered = sorted({day for day in days if day <= until})
    if not ordered:
        return None
    rhythm = _Rhythm()
    for since, end in pairwise(ordered):
        if (ordered[-1] - end).days <= _REMEMBERED:
            rhythm.learn((end - since).days)
    return Wait(ordered[-1], until, *rhythm.limits())


class _Rhythm:
    """The waits of a year, counted by their length: few lengths are different."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._number = 0

    def learn(self, days: int) -> None:
        self._counts[days] += 1
        self._number += 1

    def forget(self, days: int) -> None:
        self._counts[days] -= 1
        self._number -= 1

    def limits(self) -> tuple[int | None, float | None]:
        """The usual wait, and the longest that is no alarm."""
        if self._number < _LEARNED_FROM:
            return None, None
        lengths = sorted(days for days, number in self._counts.items() if number)
        place, shorter = int(_USUAL * (self._number - 1)), 0
        for usual in lengths:
            shorter += self._counts[usual]
            if shorter > place:
                break
        # What was an alarm once is no measure of chance: one long silence would hide the next.
        capped = [(min(days, _ALARMING * usual), self._counts[days]) for days in lengths]
        mean = sum(days * number for days, number in capped) / self._number
        squares = sum((days - mean) ** 2 * number for days, number in capped)
        deviation = math.sqrt(squares / (self._number - 1)) * (1 + _UNSURE / math.sqrt(self._number))
        return usual, max(_ALARMING * usual, mean + _CHANCE * deviation)
