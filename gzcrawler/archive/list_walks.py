"""Walks over lists, read off the captures: what of a list was read in one go, and how far back that reaches."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from gzcrawler.archive.moments import format_moment, parse_moment, portal_day

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from gzcrawler.portals import Portal

__all__ = ["Attempt", "AttemptResult", "ListWalk", "SectionList", "read_lists"]

AttemptResult = Literal["walked", "site down", "robots", "quarantined", "list gone"]

_RESUMED_WITHIN = timedelta(hours=36)
"""A walk that was interrupted goes on where the next run reads its next page no later than this."""
_DISORDER = 0.02
"""Share of neighbours in the wrong order up to which a list counts as one that is kept by date."""
_TAIL = 3
"""Entries at the end of a walk that are looked at, where a list is not kept by date."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One visit to the first page of a list, or one that was not possible."""

    at: datetime
    day: date
    """At +08:00."""
    result: AttemptResult


@dataclass(frozen=True, slots=True)
class _Read:
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
    last: _Read
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


@dataclass(frozen=True, slots=True)
class _Page:
    id: int
    url: str
    section: str
    part: int
    host: str


def read_lists(
    connection: sqlite3.Connection, portal: Portal, since: datetime | None = None
) -> list[SectionList]:
    """All lists of a portal's sections that the archive knows, with their walks, oldest first.

    Args:
        connection: reads the archive.
        portal: its map.
        since: leave out what was read before; no walk covers a day on or after its own.
    """
    families: dict[tuple[str, str | None], list[_Page]] = defaultdict(list)
    for row in connection.execute(
        """SELECT id, canonical_url, section, part, host FROM pages
        WHERE kind IN ('listing', 'article') AND portal = ? AND section IS NOT NULL AND article_id IS NULL""",
        (portal.name,),
    ):
        page = _Page(*row)
        address = portal.address(page.url)
        if address is not None and address.kind == "listing":
            families[page.section, address.generation].append(page)
    stops = _stops(connection, portal.name)
    lists = []
    for (section, _), pages in sorted(families.items(), key=str):
        pages.sort(key=lambda page: page.part)
        if pages[0].part == 1:
            reader = _ListReader(connection, portal, pages, format_moment(since) if since else "")
            lists.append(reader.read(section, stops))
    return lists


_Stops = dict[int, tuple[datetime, dict[str, str]]]
"""Run -> when it began, and why it stopped asking which hosts."""


def _stops(connection: sqlite3.Connection, portal: str) -> _Stops:
    stops: _Stops = {}
    for run_id, started_at, host, because in connection.execute(
        """SELECT r.id, r.started_at, h.host, h.stopped_because FROM runs r JOIN hosts h ON h.run_id = r.id
        WHERE r.portal = ? AND h.stopped_because IS NOT NULL""",
        (portal,),
    ):
        stops.setdefault(run_id, (parse_moment(started_at), {}))[1][host] = because
    return stops


class _ListReader:
    """Reads one list off the archive."""

    def __init__(
        self, connection: sqlite3.Connection, portal: Portal, pages: list[_Page], since: str
    ) -> None:
        self._connection = connection
        self._since = since
        self._following: dict[tuple[int, str], list[str]] = {}
        self._portal = portal
        self._pages = pages
        self._ends: dict[tuple[int, str], tuple[tuple[str, date | None], ...]] = {}
        self._first_seen: dict[str, datetime | None] = {}

    def read(self, section: str, stops: _Stops) -> SectionList:
        first = self._pages[0]
        found = SectionList(self._portal.name, section, first.url)
        groups, gone, visits, runs = self._captures()
        visits += self._failures(first.id, runs)
        for run_id, (at, hosts) in stops.items():
            if run_id not in runs:
                visits.append((at, _of_stop(hosts.get(first.host) or next(iter(hosts.values())))))
        found.attempts = [Attempt(at, portal_day(at), result) for at, result in sorted(visits)]
        found.walks = sorted(_walks(groups), key=lambda walk: walk.began)
        by_date = self._is_by_date()
        for number, walk in enumerate(found.walks):
            walk.to_end = self._leads_no_further(walk, gone)
            walk.after = self._reach(walk, by_date=by_date, first=number == 0)
            if walk.to_end and by_date and walk.after is not None:
                oldest = walk.after + timedelta(days=1)
                found.oldest = min(found.oldest or oldest, oldest)
            elif walk.to_end and walk.after == date.min:
                found.oldest = date.min
        return found

    def _captures(
        self,
    ) -> tuple[
        dict[object, list[_Read]], dict[int, list[datetime]], list[tuple[datetime, AttemptResult]], set[int]
    ]:
        """Reads by run, moments at which parts were gone, visits to the first page, and the runs that made them."""
        groups: dict[object, list[_Read]] = defaultdict(list)
        gone: dict[int, list[datetime]] = defaultdict(list)
        visits: list[tuple[datetime, AttemptResult]] = []
        runs: set[int] = set()
        for page in self._pages:
            for run_id, via, captured_at, kind, status, truncated, digest in self._connection.execute(
                """SELECT run_id, via, captured_at, kind, status, truncated, content_digest FROM captures
                WHERE page_id = ? AND captured_at >= ? ORDER BY captured_at""",
                (page.id, self._since),
            ):
                at = parse_moment(captured_at)
                result = _of_capture(kind, status, truncated)
                if result == "walked":
                    # What was imported has the moments of another archive's crawls.
                    group = run_id if via == "live" else (run_id, portal_day(at))
                    groups[group].append(_Read(page.part, at, page.id, digest))
                elif result == "list gone":
                    gone[page.part].append(at)
                if page.part == 1:
                    visits.append((at, result))
                    runs.add(run_id)
        return groups, gone, visits, runs

    def _failures(self, page_id: int, runs: set[int]) -> Iterator[tuple[datetime, AttemptResult]]:
        for run_id, failed_at, error in self._connection.execute(
            "SELECT run_id, failed_at, error FROM failures WHERE page_id = ? AND failed_at >= ?",
            (page_id, self._since),
        ).fetchall():
            runs.add(run_id)
            yield parse_moment(failed_at), "robots" if error == "robots" else "site down"

    def _leads_no_further(self, walk: ListWalk, gone: dict[int, list[datetime]]) -> bool:
        following = walk.depth + 1
        if any(walk.began <= at <= walk.ended + _RESUMED_WITHIN for at in gone.get(following, ())):
            return True
        state = (walk.last.page_id, walk.last.content_digest)
        if state not in self._following:
            rows = self._connection.execute(
                "SELECT next_url FROM list_states WHERE page_id = ? AND content_digest = ?", state
            )
            self._following[state] = [url for (url,) in rows]
        if not self._following[state]:  # recorded before the archive kept where lists led on to
            return all(page.part != following for page in self._pages)
        return all(not url or self._part(url) <= walk.depth for url in self._following[state])

    def _part(self, url: str) -> int:
        address = self._portal.address(url)
        return address.part if address is not None else 0

    def _reach(self, walk: ListWalk, *, by_date: bool, first: bool) -> date | None:
        """The day after which a walk saw all that was published."""
        tail = self._tail(walk.last)
        if not tail:
            return date.min if walk.to_end else None
        dated = tail[-1][1]
        if by_date and dated is not None:
            return dated - timedelta(days=1) if walk.to_end else dated
        known = [seen for url, _ in tail if (seen := self._seen_before(url, walk.began)) is not None]
        if walk.to_end and (first or known):
            return date.min
        bounds = [
            portal_day(seen) - timedelta(days=1) if seen is not None else dated
            for url, dated in tail
            for seen in (self._seen_before(url, walk.began),)
        ]
        whole = [bound for bound in bounds if bound is not None]
        return max(whole) if len(whole) == len(bounds) else None

    def _is_by_date(self) -> bool:
        """Is the list kept by date? Judged by the last state of each of its pages."""
        neighbours = wrong = undated = 0
        for page in self._pages:
            row = self._connection.execute(
                """SELECT content_digest FROM captures WHERE page_id = ? AND kind = 'listing'
                ORDER BY captured_at DESC LIMIT 1""",
                (page.id,),
            ).fetchone()
            entries = self._entries(page.id, row[0]) if row else []
            days = [dated for _, dated in entries if dated is not None]
            undated += len(entries) - len(days)
            neighbours += len(days)
            wrong += sum(later > earlier for earlier, later in pairwise(days))
        return undated <= neighbours and wrong <= _DISORDER * neighbours

    def _tail(self, read: _Read) -> tuple[tuple[str, date | None], ...]:
        """Address and date of the last entries of a list page, in order."""
        key = (read.page_id, read.content_digest)
        if key not in self._ends:
            self._ends[key] = tuple(self._entries(read.page_id, read.content_digest, last=_TAIL))
        return self._ends[key]

    def _entries(self, page_id: int, content_digest: str, *, last: int = -1) -> list[tuple[str, date | None]]:
        rows = self._connection.execute(
            """SELECT coalesce(s.canonical_url, s.url), coalesce(s.date, substr(a.published, 1, 10), t.path_date)
            FROM placements s LEFT JOIN articles a ON a.id = s.article_id
            LEFT JOIN pages t ON t.canonical_url = s.canonical_url
            WHERE s.page_id = ? AND s.content_digest = ? ORDER BY s.position DESC LIMIT ?""",
            (page_id, content_digest, last),
        ).fetchall()
        return [(url, date.fromisoformat(text) if text else None) for url, text in reversed(rows)]

    def _seen_before(self, url: str, began: datetime) -> datetime | None:
        """When an entry first stood on the list, if that was before a walk began."""
        if url not in self._first_seen:
            marks = ", ".join("?" * len(self._pages))
            (text,) = self._connection.execute(
                f"""SELECT min(c.captured_at) FROM placements s JOIN captures c
                    ON c.page_id = s.page_id AND c.content_digest = s.content_digest
                WHERE s.canonical_url = ? AND s.page_id IN ({marks})""",
                (url, *(page.id for page in self._pages)),
            ).fetchone()
            self._first_seen[url] = parse_moment(text) if text else None
        seen = self._first_seen[url]
        return seen if seen is not None and seen < began else None


def _walks(groups: dict[object, list[_Read]]) -> list[ListWalk]:
    """Walks, each from a first page; one that a run broke off goes on with the next run's pages."""
    walks: list[ListWalk] = []
    under_way: list[ListWalk] = []
    for reads in sorted(groups.values(), key=lambda reads: min(read.at for read in reads)):
        parts: dict[int, _Read] = {}
        for read in sorted(reads, key=lambda read: read.at):
            parts.setdefault(read.part, read)
        begins = min(read.at for read in reads)
        under_way = [walk for walk in under_way if begins - walk.ended <= _RESUMED_WITHIN]
        for walk in under_way:
            _extend(walk, parts)
        if 1 in parts:
            first = parts[1]
            walk = ListWalk(first.at, first.at, 1, first)
            _extend(walk, parts)
            walks.append(walk)
            under_way.append(walk)
    return walks


def _extend(walk: ListWalk, parts: dict[int, _Read]) -> None:
    while (read := parts.get(walk.depth + 1)) is not None:
        walk.depth, walk.last = read.part, read
        walk.ended = max(walk.ended, read.at)


def _of_capture(kind: str, status: int, truncated: str | None) -> AttemptResult:
    if kind == "listing":
        return "walked"
    if kind in ("removed", "redirect"):
        return "list gone"
    if kind == "challenge" or truncated in ("time", "disconnect") or status >= 400:
        return "site down"
    return "quarantined"


def _of_stop(because: str) -> AttemptResult:
    return "robots" if because.startswith("Crawl-delay") else "site down"
