"""Many pages of one site that vanish at once: then the site has moved, and no removal is confirmed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from gzcrawler.archive.capture_case import FAULTY_STATUSES
from gzcrawler.archive.moments import format_moment, parse_moment
from gzcrawler.archive.runs import NO_LOOKS

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

__all__ = ["VANISHED_SHARE", "Vanishing", "vanished_since", "vanishings"]

VANISHED_SHARE = 0.2
"""Part of the articles looked at: portals remove one in a hundred, and change their system at a stroke."""
_FEWEST = 3
"""Fewer missing articles are no move of a site, however few were looked at."""
_SPAN = timedelta(days=28)
"""Articles that vanish within a week are missed one after the other, as their turn comes: within a month."""
_DAY = timedelta(days=1)
_FAULTY = ", ".join(map(str, sorted(FAULTY_STATUSES)))
_FIRST_CRAWL = timedelta(days=1)
"""What an archive began with has stood before, whenever that was."""


@dataclass(frozen=True, slots=True)
class Vanishing:
    """Pages of one host that went missing together."""

    host: str
    missing: int
    asked: int
    """Those that were looked at in that time, the missing ones included."""
    what: Literal["articles", "lists"] = "articles"

    def as_dict(self) -> dict[str, Any]:
        """For the run's record."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.missing:,} of {self.asked:,} {self.what} of {self.host}"


def vanished_since(
    connection: sqlite3.Connection,
    portal: str,
    canonical_url: str,
    moment: datetime,
    *,
    as_of: datetime,
    verified_since: datetime | None = None,
) -> Vanishing | None:
    """The vanishing of which an article that is missing since a moment is a part; None where it went alone.

    Args:
        connection: reads two ranges of indexes, and the captures since `as_of`.
        portal: its name.
        canonical_url: of the article: what counts are the articles of its host.
        moment: when it was first missed; what was missed a month before or later counts. Articles that are
            new since then do not: a site that moves shows its old stories as new ones.
        as_of: what was captured at that moment or later does not count.
        verified_since: articles that were found since then stand against the missing ones; if not given,
            since the moment.
    """
    parts = urlsplit(canonical_url)
    within = (f"{parts.scheme}://{parts.netloc}/", f"{parts.scheme}://{parts.netloc}0")
    until = format_moment(as_of)
    lists = _lists_vanished(connection, portal, parts.netloc, within, until)
    if lists is not None:
        return lists
    since = format_moment(moment - _SPAN)
    (began,) = connection.execute(
        f"SELECT min(started_at) FROM runs WHERE portal = ? AND command NOT IN {NO_LOOKS}", (portal,)
    ).fetchone()
    stood = max(since, format_moment(parse_moment(began) + _FIRST_CRAWL)) if began else since
    (last,) = connection.execute("SELECT max(captured_at) FROM captures").fetchone()
    lately = last is None or last < format_moment(as_of + _DAY)
    touched = _LOOKED_AT_SINCE if lately else _LOOKED_AT_BEFORE_AND_SINCE
    if connection.execute("SELECT 1 FROM captures WHERE original_id IS NOT NULL LIMIT 1").fetchone():
        touched += _SHOWN_ELSEWHERE
    missing, alive = connection.execute(
        _COUNTS.format(touched=touched),
        {
            "portal": portal,
            "least": within[0],
            "beyond": within[1],
            "until": until,
            "since": since,
            "verified": format_moment(verified_since or moment),
            "stood": stood,
        },
    ).fetchone()
    asked = missing + alive
    vanished = missing >= _FEWEST and missing > VANISHED_SHARE * asked
    return Vanishing(parts.netloc, missing, asked) if vanished else None


_LOOKED_AT_SINCE = """SELECT DISTINCT p.article_id AS id
    FROM captures c INDEXED BY captures_time CROSS JOIN pages p ON p.id = c.page_id
    WHERE c.captured_at >= :until AND p.article_id IS NOT NULL"""
"""Articles whose rows may not say what they said at a moment: where that is the last day on file."""

_LOOKED_AT_BEFORE_AND_SINCE = """SELECT DISTINCT p.article_id AS id
    FROM captures c INDEXED BY captures_time CROSS JOIN pages p ON p.id = c.page_id
    WHERE c.captured_at >= min(:since, :verified) AND c.captured_at < :until AND p.article_id IS NOT NULL
        AND EXISTS (SELECT 1 FROM pages q CROSS JOIN captures d ON d.page_id = q.id
            WHERE q.article_id = p.article_id AND d.captured_at >= :until)"""
"""The same where it lies far back: those of them that may count."""

_SHOWN_ELSEWHERE = """ UNION SELECT a.id FROM articles a
    WHERE a.portal = :portal AND a.canonical_url >= :least AND a.canonical_url < :beyond
        AND (a.gone_since >= :since OR a.last_verified >= :verified)
        AND EXISTS (SELECT 1 FROM pages p CROSS JOIN captures c ON c.page_id = p.id
            WHERE p.article_id = a.id AND c.via != 'live')"""
"""Articles whose rows also say what other archives saw. What vanished is judged by our own looks alone: a story of
long ago that is not there at our first look did not go just now."""

_COUNTS = """WITH touched AS MATERIALIZED ({touched}),
    pages_then AS (
        SELECT t.id, p.id AS page, p.part,
            (SELECT min(c.captured_at) FROM captures c WHERE c.page_id = p.id AND c.kind = 'article'
                AND c.via = 'live' AND c.captured_at < :until) AS first,
            (SELECT c.captured_at FROM captures c WHERE c.page_id = p.id AND c.kind = 'article'
                AND c.via = 'live' AND c.captured_at < :until ORDER BY c.captured_at DESC LIMIT 1) AS shown,
            (SELECT c.captured_at FROM captures c WHERE c.page_id = p.id AND c.captured_at < :until
                AND c.via = 'live' AND c.kind NOT IN ('unknown', 'redirect', 'challenge') ORDER BY c.captured_at DESC LIMIT 1) AS verified
        FROM touched t CROSS JOIN articles a ON a.id = t.id CROSS JOIN pages p ON p.article_id = t.id
        WHERE a.portal = :portal AND a.canonical_url >= :least AND a.canonical_url < :beyond),
    misses AS (
        SELECT id, first, verified, part = 1 AND shown IS NOT NULL AS counts,
            CASE WHEN part = 1 AND shown IS NOT NULL THEN (
                SELECT min(c.captured_at) FROM captures c WHERE c.page_id = page AND c.captured_at > shown
                    AND c.captured_at < :until AND c.via = 'live' AND c.kind IN ('removed', 'challenge')) END AS missed
        FROM pages_then),
    articles_then AS (
        SELECT id, min(first) AS first_seen, max(verified) AS last_verified,
            CASE WHEN sum(counts) = count(missed) THEN max(missed) END AS gone_since
        FROM misses GROUP BY id HAVING sum(counts) > 0)
    SELECT
        (SELECT count(*) FROM articles WHERE gone_since >= :since AND gone_since < :until AND portal = :portal
            AND canonical_url >= :least AND canonical_url < :beyond AND id NOT IN (SELECT id FROM touched))
        + (SELECT count(*) FROM articles_then WHERE gone_since >= :since),
        (SELECT count(*) FROM articles WHERE last_verified >= :verified AND last_verified < :until
            AND first_seen < :stood AND gone_since IS NULL AND portal = :portal
            AND canonical_url >= :least AND canonical_url < :beyond AND id NOT IN (SELECT id FROM touched))
        + (SELECT count(*) FROM articles_then WHERE last_verified >= :verified AND first_seen < :stood
            AND gone_since IS NULL)"""
"""Articles of a host that are missing, and that stand, as of a moment: by their rows, but for what was looked at
since then. Of those the captures before say what the row said then, as `history.fold` has it."""


def _lists_vanished(
    connection: sqlite3.Connection, portal: str, host: str, within: tuple[str, str], until: str
) -> Vanishing | None:
    """Where the sections' own lists are not to be seen, nothing that the host says is evidence."""
    missing, stood = connection.execute(
        f"""SELECT coalesce(sum(kind NOT IN ('listing', 'article')), 0), count(*) FROM (
            SELECT (SELECT c.kind FROM captures c WHERE c.page_id = p.id AND c.captured_at < ?1
                AND c.via = 'live' AND c.kind != 'redirect' AND NOT (c.kind = 'unknown' AND (c.status >= 500
                    OR c.status IN ({_FAULTY}) OR c.truncated IN ('time', 'disconnect')))
                ORDER BY c.captured_at DESC LIMIT 1) AS kind
            FROM pages p WHERE list_url >= ?2 AND list_url < ?3 AND part = 1 AND portal = ?4 AND section IS NOT NULL
                AND EXISTS (SELECT 1 FROM captures e WHERE e.page_id = p.id AND e.kind = 'listing' AND e.via = 'live'
                    AND e.captured_at < ?1))""",
        (until, *within, portal),
    ).fetchone()
    return Vanishing(host, missing, stood, "lists") if missing > VANISHED_SHARE * stood else None


def vanishings(connection: sqlite3.Connection, portal: str, now: datetime) -> list[Vanishing]:
    """What has vanished at once within the last month, one for each host."""
    urls = connection.execute(
        """SELECT min(canonical_url) FROM articles WHERE portal = ? AND gone_since >= ?
        GROUP BY substr(canonical_url, 1, 8 + instr(substr(canonical_url, 9), '/'))""",
        (portal, format_moment(now - _SPAN)),
    ).fetchall()
    found = (
        vanished_since(connection, portal, url, now, as_of=now + _DAY, verified_since=now - _SPAN)
        for (url,) in urls
    )
    return [vanishing for vanishing in found if vanishing is not None]
