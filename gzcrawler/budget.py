"""How many pages may be asked again today: a day of the portal's own clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.archive.moments import PORTAL_ZONE

if TYPE_CHECKING:
    from datetime import date, datetime

__all__ = ["RevisitBudget", "day_began"]


def day_began(now: datetime) -> datetime:
    """When the portal's day began, at +08:00."""
    return now.astimezone(PORTAL_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)


class RevisitBudget:
    """Counts pages that are asked again, and robots.txt of hosts that are asked for nothing else first.

    What was never seen is not counted, nor what each run begins with.
    """

    def __init__(self, a_day: int | None, *, spent: int, now: datetime) -> None:
        """Begin with what earlier runs of the day have spent.

        Args:
            a_day: pages a day; None is without end.
            spent: pages that were asked again today.
            now: the wall clock.
        """
        self._a_day = a_day
        self._day: date = day_began(now).date()
        self._spent = spent
        self.spent = 0
        """Pages that this run has asked again."""

    @property
    def limited(self) -> bool:
        """Is there an end to it?"""
        return self._a_day is not None

    def left(self, now: datetime) -> int:
        """How many more may be asked again today."""
        if self._a_day is None:
            return 1
        if day_began(now).date() != self._day:
            self._day, self._spent = day_began(now).date(), 0
        return max(self._a_day - self._spent, 0)

    def spend(self, now: datetime) -> None:
        """One is asked again."""
        self.left(now)
        self._spent += 1
        self.spent += 1
