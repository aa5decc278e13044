"""What the archive has seen of each section, and which days it has not: by day, at the portal's +08:00.

A day of a section is *covered* when, for each of the section's lists, a walk that began after the day had
ended read the list's pages from the first without leaving one out, back to entries older than that day or
to the list's end: whatever was published on that day and still stood on the list was then seen. Days that
no walk has covered are holes. docs/operating.md says the same to those who run a crawl.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from gzcrawler.archive.coverage_records import (
    Coverage,
    Hole,
    ListDepth,
    Month,
    Reason,
    SectionCoverage,
    days_between,
)
from gzcrawler.archive.elsewhere import elsewhere
from gzcrawler.archive.list_records import AttemptResult, SectionList
from gzcrawler.archive.list_walks import read_lists
from gzcrawler.archive.moments import parse_moment, portal_day, utc_now
from gzcrawler.archive.revisit_policy import RESTING_LIST_AGAIN
from gzcrawler.archive.rhythm import Wait, waits
from gzcrawler.archive.section_days import STOOD_ON
from gzcrawler.archive.stored_portals import stored_portal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from gzcrawler.archive.open_archive import OpenArchive

__all__ = ["Coverage", "Hole", "SectionCoverage", "coverage", "holes_since"]

_DAY = timedelta(days=1)
_RESTED = RESTING_LIST_AGAIN + _DAY
"""A list that rests is not walked on each day that the others of its section are."""


def coverage(
    archive: OpenArchive,
    *,
    sections: Collection[str] = (),
    first_day: date | None = None,
    last_day: date | None = None,
    now: datetime | None = None,
) -> Coverage:
    """What the archive has seen of each section of each of its portals.

    Args:
        archive: open for reading.
        sections: keys of the sections to look at; empty for all.
        first_day: look at no earlier day; else from the section's first article on.
        last_day: look at no later day; else up to the last that has ended.
        now: the moment as of which to say it; else the present one.

    Returns:
        Sections in the order of their portals' maps.
    """
    as_of = now or utc_now()
    last = min(portal_day(as_of) - _DAY, last_day or date.max)
    found: list[SectionCoverage] = []
    for (name,) in archive.connection.execute("SELECT name FROM portals ORDER BY name").fetchall():
        began = _first_run(archive.connection, name)
        if began is None:
            continue
        articles = _articles(archive.connection, name)
        for key, lists in _lists(archive.connection, name, first_day):
            if not sections or key in sections:
                section = _Section(key, lists, articles[key], began)
                first = max(section.first_day, first_day or date.min)
                found.append(section.cover(name, first, last))
    known = () if sections else elsewhere(archive.connection, first_day=first_day, last_day=last_day)
    return Coverage(as_of, tuple(found), known)


def holes_since(archive: OpenArchive, first_day: date, *, now: datetime) -> list[tuple[str, Hole]]:
    """Portal and hole of each stretch of days that no walk has covered, as `coverage` has them, and nothing else.

    Args:
        archive: open for reading.
        first_day: look at no earlier day.
        now: the moment as of which to say it.
    """
    last = portal_day(now) - _DAY
    found: list[tuple[str, Hole]] = []
    for (name,) in archive.connection.execute("SELECT name FROM portals ORDER BY name").fetchall():
        began = _first_run(archive.connection, name)
        if began is None:
            continue
        # Articles say of a young archive how far back its sections go; reading them costs more than all the rest.
        articles = _articles(archive.connection, name) if began > first_day else {}
        for key, lists in _lists(archive.connection, name, first_day):
            section = _Section(key, lists, articles.get(key, ()), began)
            found += [(name, hole) for hole in section.holes(max(section.first_day, first_day), last)]
    return found


def _lists(
    connection: sqlite3.Connection, name: str, first_day: date | None
) -> Iterator[tuple[str, list[SectionList]]]:
    """Each section of a portal with its lists, in the order of the map; what it does not name last."""
    portal = stored_portal(connection, name)
    # A day more: midnight is another one at +08:00, and a walk is put together over some hours.
    since = datetime.combine(first_day - 3 * _DAY, time(), UTC) if first_day else None
    lists: dict[str, list[SectionList]] = defaultdict(list)
    for one in read_lists(connection, portal, since):
        lists[one.section].append(one)
    keys = [section.key for section in portal.sections if section.lists]
    for key in [*keys, *sorted(lists.keys() - set(keys))]:
        yield key, lists[key]


def _first_run(connection: sqlite3.Connection, portal: str) -> date | None:
    (text,) = connection.execute("SELECT min(started_at) FROM runs WHERE portal = ?", (portal,)).fetchone()
    return portal_day(parse_moment(text)) if text else None


_Published = tuple[date | None, bool]
"""When an article was published, and whether it is in the archive."""


def _articles(connection: sqlite3.Connection, portal: str) -> dict[str, list[_Published]]:
    """Section -> the articles that ever stood on its lists."""
    found: dict[str, list[_Published]] = defaultdict(list)
    for section, published, revision in connection.execute(
        f"""SELECT l.section, substr(a.published, 1, 10), a.revision
        FROM (SELECT DISTINCT p.section, s.article_id FROM ({STOOD_ON}) s JOIN pages p ON p.id = s.page_id
            WHERE p.portal = ? AND p.section IS NOT NULL) l
        LEFT JOIN articles a ON a.id = l.article_id""",
        (portal,),
    ):
        found[section].append((date.fromisoformat(published) if published else None, revision is not None))
    return found


class _Section:
    """Judges the days of one section."""

    def __init__(
        self, key: str, lists: Sequence[SectionList], articles: Sequence[_Published], began: date
    ) -> None:
        self._key = key
        self._lists = [one for one in lists if not _is_beside(one, lists)]
        self._articles = articles
        self._published = sorted(day for day, _ in articles if day is not None)
        self.first_day = min([*self._published[:1], began])
        """The first day of which anything is known."""

    def cover(self, portal: str, first: date, last: date) -> SectionCoverage:
        """The section within these days, both included."""
        holes = self.holes(first, last)
        missing = {day for hole in holes for day in hole.days()}
        known = [wait for wait in waits(self._published, last) if wait.until >= first]
        return SectionCoverage(
            portal=portal,
            section=self._key,
            first_day=first,
            last_day=last,
            ids_seen=len(self._articles),
            articles=sum(kept for _, kept in self._articles),
            months=_months([day for day in self._published if first <= day <= last], missing),
            longest_silence=max(known, key=lambda wait: wait.days, default=None),
            lists=tuple(_depth(one) for one in self._lists),
            holes=holes,
            unwatched=self._spans(self._not_watched(first, last, missing)),
            silences=tuple(self._silences(known, missing)),
        )

    def holes(self, first: date, last: date) -> tuple[Hole, ...]:
        """Days that no walk has covered, within these, both included."""
        return self._spans(self._not_covered(first, last))

    def _not_covered(self, first: date, last: date) -> dict[date, Reason]:
        if not self._lists:
            return dict.fromkeys(days_between(first, last), "we did not run")
        reasons: dict[date, Reason] = {}
        standing = any(one.gone_since is None for one in self._lists)
        for one in self._lists:
            attempts = _by_day(one)
            # Of a list that is gone or rests, while the section has another, nothing is missing after its last walk.
            left = (standing and one.gone_since is not None) or self._rests(one)
            until = min(last, _last_watched(one)) if left else last
            for day in _uncovered(one, first, until):
                reasons.setdefault(day, _reason(attempts, day))
        return reasons

    def _not_watched(self, first: date, last: date, missing: Collection[date]) -> dict[date, Reason]:
        reasons: dict[date, Reason] = {}
        for one in self._lists:
            attempts = _by_day(one)
            began = next((walk.before for walk in one.walks if walk.live), last)
            until = min(last, _last_watched(one)) if one.gone_since else last
            if self._rests(one) and one.rests_since is not None:
                until = min(until, one.rests_since)
            for day in days_between(max(first, began), until):
                results = attempts.get(day, [])
                if "walked" not in results and day not in missing:
                    reasons.setdefault(day, _reason(attempts, day - _DAY))
        return reasons

    def _rests(self, one: SectionList) -> bool:
        """Do the section's news come on another list, and was this one walked no long time before that?"""
        living = [other for other in self._lists if other.rests_since is None and other.gone_since is None]
        last = max((_last_watched(other) for other in living), default=None)
        return one.rests_since is not None and last is not None and last - _last_watched(one) <= _RESTED

    def _silences(self, known: Iterable[Wait], missing: Collection[date]) -> Iterator[Hole]:
        for wait in known:
            if wait.too_long:
                hole = Hole(self._key, wait.since + _DAY, wait.until - _DAY, "nothing published")
                if not any(day in missing for day in hole.days()):
                    yield hole

    def _spans(self, reasons: dict[date, Reason]) -> tuple[Hole, ...]:
        """Neighbouring days of one reason, put together."""
        spans: list[Hole] = []
        for day in sorted(reasons):
            last = spans[-1] if spans else None
            if last is not None and last.reason == reasons[day] and day == last.last_day + _DAY:
                spans[-1] = Hole(self._key, last.first_day, day, last.reason)
            else:
                spans.append(Hole(self._key, day, day, reasons[day]))
        return tuple(spans)


def _is_beside(one: SectionList, lists: Sequence[SectionList]) -> bool:
    """Does the map name a list that never was there, beside one that is?"""
    never = not one.walks and all(attempt.result == "list gone" for attempt in one.attempts)
    return never and bool(one.attempts) and any(other.walks for other in lists)


def _last_watched(one: SectionList) -> date:
    return one.walks[-1].before - _DAY if one.walks else date.min


def _uncovered(one: SectionList, first: date, last: date) -> Iterator[date]:
    """Days of a list that no walk has covered, in order."""
    day = max(first, one.oldest or first)
    # By the day they reach back to: no walk that comes later in this order covers an earlier day.
    for after, before in sorted((walk.after, walk.before) for walk in one.walks if walk.after is not None):
        yield from days_between(day, min(after, last))
        day = max(day, after + _DAY, before)
    yield from days_between(day, last)


_ByDay = dict[date, list[AttemptResult]]


def _by_day(one: SectionList) -> _ByDay:
    found: _ByDay = defaultdict(list)
    for attempt in one.attempts:
        found[attempt.day].append(attempt.result)
    return dict(found)


def _reason(attempts: _ByDay, day: date) -> Reason:
    """Why a day was not covered: what became of the visits of the day after it, or else of its own."""
    for visited in (day + _DAY, day):
        results = attempts.get(visited)
        if not results:
            return "we did not run"
        if results[-1] != "walked":
            return results[-1]
    return "not reached"


def _months(published: Sequence[date], missing: Collection[date]) -> tuple[Month, ...]:
    articles = Counter(day.isoformat()[:7] for day in published)
    days = Counter(day.isoformat()[:7] for day in set(published))
    holes = Counter(day.isoformat()[:7] for day in missing)
    return tuple(
        Month(month, articles[month], days[month], holes[month]) for month in sorted(articles | holes)
    )


def _depth(one: SectionList) -> ListDepth:
    last = one.walks[-1] if one.walks else None
    to_end = [walk.began for walk in one.walks if walk.to_end]
    return ListDepth(
        url=one.url,
        walks=len(one.walks),
        deepest=max((walk.depth for walk in one.walks), default=0),
        last_walk=last.began if last else None,
        last_depth=last.depth if last else 0,
        last_to_end=to_end[-1] if to_end else None,
    )
