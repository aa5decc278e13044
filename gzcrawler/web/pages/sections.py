"""Sections: what each holds, and day by day what it brought and which days were not seen."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from gzcrawler.archive import coverage
from gzcrawler.archive.front_page import standing_lists
from gzcrawler.archive.moments import portal_day, utc_now
from gzcrawler.archive.section_days import articles_by_day, section_summaries
from gzcrawler.web.kept import kept
from gzcrawler.web.listed import listed
from gzcrawler.web.texts import text
from gzcrawler.web.visits import PageNotFound
from gzcrawler.web.year_calendar import MARKS, Day, year_calendar

if TYPE_CHECKING:
    from gzcrawler.archive import Coverage
    from gzcrawler.archive.section_days import SectionSummary
    from gzcrawler.web.kept import Kept
    from gzcrawler.web.visits import Answer, Visit

__all__ = ["section", "sections"]

_LOOKED_BACK = timedelta(days=60)
_FIRST_YEAR = 1990
_LATEST = 20
_ALWAYS = "9999"
"""Behind every moment."""


def sections(visit: Visit) -> Answer:
    """All of them, with the days of the last weeks that were not seen."""
    found = _summaries(visit)
    since = portal_day(utc_now()) - _LOOKED_BACK
    covered = kept(
        visit.archive, ("coverage since", since), lambda archive: coverage(archive, first_day=since)
    ).value
    missing = {
        (one.portal, one.section): sum(sum(1 for _ in hole.days()) for hole in one.holes)
        for one in covered.sections
    }
    verified = [one.last_verified for one in found.value if one.last_verified]
    return visit.render(
        "sections.html",
        sections=found.value,
        missing=missing,
        looked_back=_LOOKED_BACK.days,
        counted_at=found.counted_at,
        verified_at=(min(verified), max(verified)) if verified else None,
    )


def section(visit: Visit) -> Answer:
    """One of them: the calendar of a year."""
    portal, key = visit.parts["portal"], visit.parts["key"]
    one = next((s for s in _summaries(visit).value if (s.portal, s.key) == (portal, key)), None)
    if one is None:
        raise PageNotFound
    today = portal_day(utc_now())
    newest = date.fromisoformat(one.last_day).year if one.last_day else today.year
    year = visit.query.number("year", min(newest, today.year), least=_FIRST_YEAR, most=today.year)
    connection = visit.archive.connection
    days = kept(
        visit.archive,
        ("days", portal, key, year),
        lambda archive: articles_by_day(archive.connection, portal, key, year),
    )
    covered = next(
        (s for s in _covered(visit, year).value.sections if (s.portal, s.section) == (portal, key)), None
    )
    judged = covered is not None and covered.first_day <= covered.last_day
    calendar = year_calendar(
        year,
        days.value,
        covered.holes if covered else (),
        first=covered.first_day if covered and judged else date.max,
        last=covered.last_day if covered and judged else date.min,
    )
    latest = standing_lists(connection, _ALWAYS, only=(portal, key), entries=_LATEST)
    began = date.fromisoformat(one.first_day).year if one.first_day else today.year
    return visit.render(
        "section.html",
        section=one,
        calendar=calendar,
        coverage=covered,
        marks=MARKS,
        earlier=year - 1 if year > max(began, _FIRST_YEAR) else None,
        later=year + 1 if year < today.year else None,
        counted_at=days.counted_at,
        squares=calendar.squares(lambda day: _label(day, visit.language)),
        latest=latest,
        names=listed(connection, (entry.article_id for one in latest for entry in one.entries)),
        verified_at=one.last_verified,
    )


def _summaries(visit: Visit) -> Kept[list[SectionSummary]]:
    return kept(visit.archive, "sections", lambda archive: section_summaries(archive.connection))


def _covered(visit: Visit, year: int) -> Kept[Coverage]:
    """All sections at once: their lists are read in one go, whichever is asked for."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    return kept(
        visit.archive,
        ("coverage", year),
        lambda archive: coverage(archive, first_day=first, last_day=last),
    )


def _label(day: Day, language: str) -> str:
    """What a square says when it is pointed at."""
    words = f"{day.day}: {text('sections.day_articles', language, number=day.articles)}"
    if day.reason is None:
        return words
    reason = text(f"reasons.{day.reason.replace(' ', '_')}", language)
    return f"{words}; {text('sections.not_seen', language)} {reason}"
