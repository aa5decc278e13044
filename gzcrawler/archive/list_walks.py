"""Walks over lists, read off the captures: what of each list was read in one go, and what came of each visit."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from gzcrawler.archive.list_reach import RESUMED_WITHIN, ListReach
from gzcrawler.archive.list_records import Attempt, AttemptResult, ListRead, ListWalk, SectionList
from gzcrawler.archive.moments import format_moment, parse_moment, portal_day

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from gzcrawler.portals import Portal

__all__ = ["read_lists"]


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


_Groups = dict[int | date, list[ListRead]]
"""Run, or day of captures from elsewhere -> the list pages that were read in it."""

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
        self._portal = portal
        self._pages = pages

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
        ListReach(self._connection, self._portal, [(p.id, p.part) for p in self._pages], gone).judge(found)
        return found

    def _captures(
        self,
    ) -> tuple[
        _Groups,
        dict[int, list[datetime]],
        list[tuple[datetime, AttemptResult]],
        set[int],
    ]:
        """Reads by run, moments at which parts were gone, visits to the first page, and the runs that made them."""
        groups: _Groups = defaultdict(list)
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
                    group = run_id if via == "live" else portal_day(at)
                    groups[group].append(ListRead(page.part, at, page.id, digest))
                if via != "live":
                    continue  # what another archive did not find is no visit of ours
                if result == "list gone":
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


def _walks(groups: _Groups) -> list[ListWalk]:
    """Walks, each from a first page; one that a run broke off goes on with the next run's pages."""
    walks: list[ListWalk] = []
    under_way: list[ListWalk] = []
    for group, reads in sorted(groups.items(), key=lambda item: min(read.at for read in item[1])):
        parts: dict[int, ListRead] = {}
        for read in sorted(reads, key=lambda read: read.at):
            parts.setdefault(read.part, read)
        begins = min(read.at for read in reads)
        under_way = [walk for walk in under_way if begins - walk.ended <= RESUMED_WITHIN]
        for walk in under_way:
            _extend(walk, parts)
        if 1 in parts:
            first = parts[1]
            walk = ListWalk(first.at, first.at, 1, first, first, live=isinstance(group, int))
            _extend(walk, parts)
            walks.append(walk)
            under_way.append(walk)
    return walks


def _extend(walk: ListWalk, parts: dict[int, ListRead]) -> None:
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
