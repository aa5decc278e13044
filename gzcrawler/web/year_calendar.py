"""A year as a calendar of small squares: how many articles each day brought, and which days were not seen, and why.

Geometry and classes alone; colours are the stylesheet's, words the template's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gzcrawler.archive import Hole

__all__ = ["MARKS", "Day", "YearCalendar", "year_calendar"]

STEP = 15
"""From one square to the next."""
SIDE = 13
LEFT = 34
TOP = 18
LEVELS = 4
MARKS = {
    "we did not run": "–",
    "site down": "×",
    "robots": "r",
    "quarantined": "?",
    "list gone": "/",
    "not reached": "…",
}
"""Reason of a hole -> what its days show, since a colour alone tells nothing to many."""


@dataclass(frozen=True, slots=True)
class Day:
    """One square."""

    day: date
    x: int
    y: int
    articles: int
    reason: str | None
    """Why the day was not seen; None where it was, or is not judged."""
    outside: bool
    """Before the section began, or after the last day that has ended."""

    def level(self, most: int) -> int:
        """How dark: 0 for nothing, up to `LEVELS` for the fullest day of the year."""
        return -(-self.articles * LEVELS // most) if self.articles else 0


@dataclass(frozen=True, slots=True)
class YearCalendar:
    """All squares of a year; weeks begin on Mondays."""

    year: int
    days: tuple[Day, ...]
    most: int
    """Articles of the fullest day."""
    articles: int
    missing: int
    """Days that were not seen."""
    months: tuple[tuple[int, int], ...]
    """(number of the month, where its name stands)."""
    width: int
    height: int = TOP + 7 * STEP

    @property
    def ends_late(self) -> bool:
        """Do its last days stand in its second half? Then a narrow window had better show that first."""
        return any(not day.outside and day.day.month > 6 for day in self.days)

    def class_of(self, day: Day) -> str:
        """For the stylesheet."""
        if day.reason is not None:
            return "hole"
        return "outside" if day.outside and not day.articles else f"level-{day.level(self.most)}"

    def squares(self, label: Callable[[Day], str]) -> str:
        """All of them as elements of SVG; joined here, since a template takes three times as long.

        Args:
            label: what a square says when it is pointed at; text, not markup.
        """
        pieces = []
        for day in self.days:
            mark = (
                f'<text x="{day.x + 6.5}" y="{day.y + 10}">{MARKS[day.reason]}</text>' if day.reason else ""
            )
            pieces.append(
                f'<g class="{self.class_of(day)}"><title>{escape(label(day))}</title>'
                f'<rect x="{day.x}" y="{day.y}" width="{SIDE}" height="{SIDE}"/>{mark}</g>'
            )
        return "\n".join(pieces)


def year_calendar(
    year: int, articles: Mapping[date, int], holes: Iterable[Hole], *, first: date, last: date
) -> YearCalendar:
    """The squares of a year.

    Args:
        year: from 1.
        articles: published on each day.
        holes: days that were not seen; those of other years are left out.
        first: the first day that was judged.
        last: the last.
    """
    reasons: dict[date, str] = {}
    for hole in holes:
        reasons |= {day: hole.reason for day in hole.days() if day.year == year}
    new_year = date(year, 1, 1)
    offset = new_year.weekday()
    number = (date(year, 12, 31) - new_year).days + 1
    days = []
    for place in range(number):
        day = new_year + timedelta(days=place)
        week, weekday = divmod(place + offset, 7)
        days.append(
            Day(
                day=day,
                x=LEFT + week * STEP,
                y=TOP + weekday * STEP,
                articles=articles.get(day, 0),
                reason=reasons.get(day),
                outside=not first <= day <= last,
            )
        )
    return YearCalendar(
        year=year,
        days=tuple(days),
        most=max((day.articles for day in days), default=0),
        articles=sum(day.articles for day in days),
        missing=sum(day.reason is not None for day in days),
        months=tuple((day.day.month, day.x) for day in days if day.day.day == 1),
        width=days[-1].x + STEP,
    )
