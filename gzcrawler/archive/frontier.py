"""The frontier: which pages are due. A query over the pages table; nothing else remembers what to fetch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gzcrawler.archive.moments import format_moment, parse_moment
from gzcrawler.archive.pages import ANSWERED
from gzcrawler.archive.revisit_policy import DEADLINE, PRIORITIES

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterator
    from datetime import datetime

__all__ = ["DuePage", "Frontier", "Selection"]

_SUSPECT = timedelta(days=14)
"""What went missing within so many days waits for its confirmation; what is missing for longer is in no hurry."""

_MOST_OVERDUE = """CASE WHEN (p.missing_since > ? AND p.first_seen IS NOT NULL)
            OR julianday(p.due_at) - julianday(p.last_verified) <= 1 THEN 0
        WHEN p.last_verified <= ? THEN 1 ELSE 2 END,
    (julianday(?) - julianday(p.last_verified)) / CASE WHEN p.last_verified <= ? THEN 1
        ELSE max(julianday(p.due_at) - julianday(p.last_verified), 0.01) END DESC, p.id"""
"""Where more is due than may be asked: first suspects, and what is asked daily, which are few, and lose most by a
day; then what has reached the deadline, the oldest first; the rest waits longer in proportion to its own wait."""

_EVERY_PRIORITY = sorted(set(PRIORITIES.values()))


@dataclass(frozen=True, slots=True)
class DuePage:
    """A page whose turn it is, and what to send along."""

    id: int
    canonical_url: str
    kind: str
    part: int
    url: str
    """The address to ask: the alias that last worked."""
    host: str
    etag: str | None
    last_modified: str | None
    validated_digest: str | None
    """Payload digest of the capture that the validators belong to; None where its body is not stored."""
    due_at: str
    revisit: bool
    """It was answered before, and is no page that each run begins with: it costs of the day's budget."""

    @property
    def may_wait(self) -> bool:
        """Does it wait where the budget is spent? Lists and the pages of an article under way do not."""
        lists = self.kind in ("home", "listing", "feed", "sitemap")
        return self.revisit and not lists and self.part == 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """Which of the due pages a run asks for."""

    sections: tuple[str, ...] = ()
    """Keys of sections: their lists, and the articles on them. Empty is all."""
    since: str | None = None
    """Only articles that are dated on or after this day (ISO), by address or by list."""
    images: bool = True
    """Pictures and files of articles too."""
    pages: tuple[str, ...] = ()
    """Canonical URLs: these alone, and what belongs to them (further pages, pictures, where they moved to)."""


class Frontier:
    """Reads what is due for one portal, over a connection of its own."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        portal: str,
        selection: Selection,
        *,
        lists_not_since: datetime | None = None,
    ) -> None:
        """Read over a connection.

        Args:
            connection: reads; it need not see what is not committed.
            portal: name of the portal.
            selection: which pages a run asks for.
            lists_not_since: lists verified since then are not due again: a run that takes longer than
                a list's turn would otherwise walk lists for ever, and never come to the articles.
        """
        self._connection = connection
        self._portal = portal
        self._priorities = [p for p in _EVERY_PRIORITY if selection.images or p != PRIORITIES["asset"]]
        self._selection = selection
        self._lists_not_since = lists_not_since
        self._condition, self._parameters = _condition(selection, lists_not_since)

    def also(self, pages: tuple[str, ...]) -> None:
        """Select these canonical URLs beside the pages that were named."""
        self._selection = replace(self._selection, pages=self._selection.pages + pages)
        self._condition, self._parameters = _condition(self._selection, self._lists_not_since)

    def hosts(self) -> list[str]:
        """Hosts that pages of the portal are asked at."""
        # One step into the index for each host; DISTINCT would read every entry of it.
        hosts: list[str] = []
        while True:
            (host,) = self._connection.execute(
                """SELECT min(host) FROM pages INDEXED BY pages_due
                WHERE portal = ? AND due_at IS NOT NULL AND host > ?""",
                (self._portal, hosts[-1] if hosts else ""),
            ).fetchone()
            if host is None:
                return hosts
            hosts.append(host)

    def due(
        self, host: str, now: datetime, limit: int, claimed: Collection[int] = (), *, revisits: bool = True
    ) -> list[DuePage]:
        """Up to `limit` due pages of a host, most wanted first, without those that are claimed.

        Args:
            host: whose pages.
            now: the moment by which they are due.
            limit: how many at most.
            claimed: pages to leave out.
            revisits: also pages whose turn may wait until the day's budget allows it again.
        """
        moment = format_moment(now)
        found: list[DuePage] = []
        for priority in self._priorities:
            given: tuple[str, ...]
            if priority == PRIORITIES["recheck"]:
                if not revisits:
                    continue
                deadline = format_moment(now - DEADLINE)
                suspect = format_moment(now - _SUSPECT)
                order, given = _MOST_OVERDUE, (suspect, deadline, moment, deadline)
            else:
                order, given = "p.due_at, p.id", ()
            rows = self._connection.execute(
                f"""SELECT p.id, p.canonical_url, p.kind, p.part, p.working_url, p.host, p.etag, p.last_modified,
                    CASE WHEN EXISTS (SELECT 1 FROM captures c WHERE c.payload_digest = p.validated_digest
                        AND c.record_type = 'response' AND c.truncated IS NULL) THEN p.validated_digest END, p.due_at,
                    p.last_verified IS NOT NULL
                        AND NOT (p.priority < {PRIORITIES["walk"]} AND p.part = 1)
                FROM pages p INDEXED BY pages_due
                WHERE p.host = ? AND p.priority = ? AND p.due_at <= ? AND p.portal = ?
                    {self._affordable(priority, revisits=revisits)} {self._condition}
                ORDER BY {order} LIMIT ?""",
                (
                    *(host, priority, moment, self._portal),
                    *self._parameters,
                    *given,
                    limit - len(found) + len(claimed),
                ),
            )
            found.extend(page for row in rows if (page := DuePage(*row)).id not in claimed)
            if len(found) >= limit:
                return found[:limit]
        return found

    def next_due(self, host: str, claimed: Collection[int] = (), *, revisits: bool = True) -> datetime | None:
        """When the host's next page is due that is not claimed; None where none ever is."""
        moments: list[str] = []
        for priority in self._priorities:
            if priority == PRIORITIES["recheck"] and not revisits:
                continue
            rows = self._connection.execute(
                f"""SELECT p.id, p.due_at FROM pages p INDEXED BY pages_due
                WHERE p.host = ? AND p.priority = ? AND p.due_at IS NOT NULL AND p.portal = ?
                    {self._affordable(priority, revisits=revisits)} {self._condition}
                ORDER BY p.due_at, p.id LIMIT ?""",
                (host, priority, self._portal, *self._parameters, len(claimed) + 1),
            )
            moments.extend(due_at for page_id, due_at in rows if page_id not in claimed)
        return parse_moment(min(moments)) if moments else None

    def answered(self) -> Iterator[str]:
        """Addresses of all pages that were ever answered: what a recheck asks beside what is due."""
        marks = ", ".join("?" * len(self._priorities))
        rows = self._connection.execute(
            f"""SELECT p.working_url FROM pages p WHERE p.portal = ? AND p.priority IN ({marks}) AND {ANSWERED}
            {self._condition} ORDER BY p.priority, p.due_at, p.id""",
            (self._portal, *self._priorities, *self._parameters),
        )
        return (url for (url,) in rows)

    def knows(self, canonical_url: str) -> bool:
        """Is there a page of this canonical URL?"""
        row = self._connection.execute("SELECT 1 FROM pages WHERE canonical_url = ?", (canonical_url,))
        return row.fetchone() is not None

    def count_revisits(self, since: datetime) -> int:
        """How many pages were asked again since a moment, but for those that each run begins with."""
        row = self._connection.execute(
            """SELECT count(*) FROM captures c INDEXED BY captures_time CROSS JOIN pages p ON p.id = c.page_id
            WHERE c.captured_at >= ?1 AND p.portal = ?2 AND p.kind NOT IN ('home', 'robots', 'asset')
                AND NOT (p.kind IN ('listing', 'feed', 'sitemap') AND p.part = 1)
                AND EXISTS (SELECT 1 FROM captures e WHERE e.page_id = c.page_id AND e.captured_at < ?1)""",
            (format_moment(since), self._portal),
        ).fetchone()
        return int(row[0])

    @staticmethod
    def _affordable(priority: int, *, revisits: bool) -> str:
        """Without a budget, pages of unknown shape are asked once; lists and parts of articles always are."""
        spared = not revisits and priority == PRIORITIES["unknown"]
        return "AND p.last_verified IS NULL" if spared else ""

    def count_due(self, now: datetime) -> int:
        """How many pages are due now."""
        hosts = self.hosts()
        if not hosts:
            return 0
        places = ", ".join("?" * len(hosts))
        marks = ", ".join("?" * len(self._priorities))
        row = self._connection.execute(
            f"""SELECT count(*) FROM pages p INDEXED BY pages_due
            WHERE p.portal = ? AND p.host IN ({places}) AND p.priority IN ({marks}) AND p.due_at <= ?
            {self._condition}""",
            (self._portal, *hosts, *self._priorities, format_moment(now), *self._parameters),
        ).fetchone()
        return int(row[0])

    def count_due_by_kind(self, now: datetime) -> dict[str, int]:
        """The same, told apart by what a page is to a run: lists, new articles, articles again, files …"""
        counts: dict[str, int] = {}
        for host in self.hosts():
            for priority in self._priorities:
                number = self._connection.execute(
                    f"""SELECT count(*) FROM pages p INDEXED BY pages_due
                    WHERE p.portal = ? AND p.host = ? AND p.priority = ? AND p.due_at <= ? {self._condition}""",
                    (self._portal, host, priority, format_moment(now), *self._parameters),
                ).fetchone()[0]
                if number:
                    word = _WORDS[priority]
                    counts[word] = counts.get(word, 0) + number
        return counts


_WORDS = {
    PRIORITIES["home"]: "lists",
    PRIORITIES["listing"]: "lists",
    PRIORITIES["walk"]: "lists",
    PRIORITIES["article"]: "new articles",
    PRIORITIES["recheck"]: "articles again",
    PRIORITIES["unknown"]: "other pages",
    PRIORITIES["asset"]: "files",
    PRIORITIES["robots"]: "robots.txt",
}
"""Priority -> what is due with it; the further pages of articles come with the lists that walks go on to."""


def _condition(selection: Selection, not_since: datetime | None) -> tuple[str, tuple[object, ...]]:
    """An SQL condition on ``pages p``, to be appended, and its parameters."""
    clauses: list[str] = []
    parameters: list[object] = []
    if not selection.pages:
        # A further page waits for its first page, where that is due: that asks for it, and both are of one sitting.
        clauses.append(
            """AND NOT (p.kind = 'article' AND p.part > 1 AND EXISTS (SELECT 1 FROM pages f
                WHERE f.article_id = p.article_id AND f.part = 1 AND f.due_at <= p.due_at))"""
        )
    if selection.pages:
        marks = ", ".join("?" * len(selection.pages))
        clauses.append(
            f"""AND (p.canonical_url IN ({marks}) OR (p.part > 1 AND p.article_id IN (
                SELECT q.article_id FROM pages q WHERE q.canonical_url IN ({marks}))))"""
        )
        parameters.extend(selection.pages * 2)
    if selection.sections:
        clause = f"""AND ({_in_sections("p", selection)} OR (p.kind = 'article' AND p.part > 1)
            OR (p.kind = 'asset' AND (EXISTS (SELECT 1 FROM images i JOIN pages q ON q.article_id = i.article_id
                    WHERE i.canonical_url = p.canonical_url AND {_in_sections("q", selection)})
                OR EXISTS (SELECT 1 FROM links k JOIN pages q ON q.id = k.page_id
                    WHERE k.canonical_url = p.canonical_url AND k.scope = 'attachment'
                    AND {_in_sections("q", selection)}))))"""
        clauses.append(clause)
        parameters.extend(selection.sections * (clause.count("?") // len(selection.sections)))
    if selection.since:
        clauses.append(
            """AND NOT (p.kind = 'article' AND coalesce(
                (SELECT max(s.date) FROM placements s WHERE s.canonical_url = p.canonical_url),
                p.path_date, '9999') < ?)"""
        )
        parameters.append(selection.since)
    if not_since is not None:
        clauses.append(
            f"""AND NOT (p.kind IN ('listing', 'home', 'feed', 'sitemap') AND p.priority < {PRIORITIES["walk"]}
                AND coalesce(p.last_verified, '') >= ?)"""
        )
        parameters.append(format_moment(not_since))
    return " ".join(clauses), tuple(parameters)


def _in_sections(page: str, selection: Selection) -> str:
    """An SQL condition: the page is of one of the sections, or an article on one of their lists."""
    marks = ", ".join("?" * len(selection.sections))
    return f"""({page}.section IN ({marks}) OR ({page}.kind = 'article' AND EXISTS (
        SELECT 1 FROM placements s JOIN pages l ON l.id = s.page_id
        WHERE s.canonical_url = {page}.canonical_url AND l.section IN ({marks}))))"""
