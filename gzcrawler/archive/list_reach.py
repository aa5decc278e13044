"""How far back a walk over a list reaches: by the dates of its entries, or by when those were first seen."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from gzcrawler.archive.moments import parse_moment, portal_day
from gzcrawler.archive.revisit_policy import LIST_WINDOW

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from gzcrawler.archive.list_records import ListRead, ListWalk, SectionList
    from gzcrawler.portals import Portal

__all__ = ["RESUMED_WITHIN", "ListReach"]

RESUMED_WITHIN = timedelta(hours=36)
"""A walk that was interrupted goes on where the next run reads its next page no later than this."""
_DISORDER = 0.02
"""Share of neighbours in the wrong order up to which a list counts as one that is kept by date."""
_TAIL = 3
"""Entries at the end of a walk that are looked at, where a list is not kept by date."""


class ListReach:
    """Judges the walks over one list."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        portal: Portal,
        parts: Sequence[tuple[int, int]],
        gone: dict[int, list[datetime]],
    ) -> None:
        """Judge by what is on file.

        Args:
            connection: reads the archive.
            portal: its map.
            parts: page id and number of each page of the list.
            gone: number of a page -> moments at which it was gone.
        """
        self._connection = connection
        self._portal = portal
        self._page_ids = [page_id for page_id, _ in parts]
        self._parts = {part for _, part in parts}
        self._gone = gone
        self._following: dict[tuple[int, str], list[str]] = {}
        self._ends: dict[tuple[int, str], tuple[tuple[str, date | None], ...]] = {}
        self._newest: dict[tuple[int, str], date | None] = {}
        self._first_seen: dict[str, datetime | None] = {}

    def judge(self, found: SectionList) -> None:
        """Enter of each walk how far it reaches, and of the list where it ends and whether it rests."""
        by_date = self._is_by_date()
        for number, walk in enumerate(found.walks):
            walk.to_end = self._leads_no_further(walk)
            walk.after = self._reach(walk, by_date=by_date, first=number == 0)
            if walk.to_end and by_date and walk.after is not None:
                oldest = walk.after + timedelta(days=1)
                found.oldest = min(found.oldest or oldest, oldest)
            elif walk.to_end and walk.after == date.min:
                found.oldest = date.min
        for walk in reversed(found.walks):
            newest = self._newest_of(walk.first)
            if newest is None or newest >= (walk.began - LIST_WINDOW).date():
                break
            found.rests_since = walk.before

    def _leads_no_further(self, walk: ListWalk) -> bool:
        following = walk.depth + 1
        if any(walk.began <= at <= walk.ended + RESUMED_WITHIN for at in self._gone.get(following, ())):
            return True
        state = (walk.last.page_id, walk.last.content_digest)
        if state not in self._following:
            rows = self._connection.execute(
                "SELECT next_url FROM list_states WHERE page_id = ? AND content_digest = ?", state
            )
            self._following[state] = [url for (url,) in rows]
        if not self._following[state]:  # recorded before the archive kept where lists led on to
            return following not in self._parts
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
        for page_id in self._page_ids:
            row = self._connection.execute(
                """SELECT content_digest FROM captures WHERE page_id = ? AND kind = 'listing'
                ORDER BY captured_at DESC LIMIT 1""",
                (page_id,),
            ).fetchone()
            entries = self._entries(page_id, row[0]) if row else []
            days = [dated for _, dated in entries if dated is not None]
            undated += len(entries) - len(days)
            neighbours += len(days)
            wrong += sum(later > earlier for earlier, later in pairwise(days))
        return undated <= neighbours and wrong <= _DISORDER * neighbours

    def _tail(self, read: ListRead) -> tuple[tuple[str, date | None], ...]:
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
            marks = ", ".join("?" * len(self._page_ids))
            (text,) = self._connection.execute(
                f"""SELECT min(c.captured_at) FROM placements s JOIN captures c
                    ON c.page_id = s.page_id AND c.content_digest = s.content_digest
                WHERE s.canonical_url = ? AND s.page_id IN ({marks})""",
                (url, *self._page_ids),
            ).fetchone()
            self._first_seen[url] = parse_moment(text) if text else None
        seen = self._first_seen[url]
        return seen if seen is not None and seen < began else None

    def _newest_of(self, read: ListRead) -> date | None:
        key = (read.page_id, read.content_digest)
        if key not in self._newest:
            days = [dated for _, dated in self._entries(*key) if dated is not None]
            self._newest[key] = max(days, default=None)
        return self._newest[key]
