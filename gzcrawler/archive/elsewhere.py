"""What web archives know of a portal and this archive does not, by host and year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from datetime import date

__all__ = ["Elsewhere", "elsewhere"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Elsewhere:
    """Pages that a web archive's index lists for one host and year."""

    portal: str
    web_archive: str
    """Address of its index."""
    host: str
    """Of the newest memento of each page."""
    year: str
    """The same memento's; each page counts once."""
    pages: int
    """Pages of which it holds a capture that shows them."""
    missing: int
    """Those of them that no capture of this archive shows."""
    missing_articles: int
    """Those of the missing that are articles, by their addresses."""


def elsewhere(
    connection: sqlite3.Connection, *, first_day: date | None = None, last_day: date | None = None
) -> tuple[Elsewhere, ...]:
    """What the indexes list, as far as they were read; empty where none was.

    Args:
        connection: reads the archive.
        first_day: count no memento captured on an earlier day, UTC.
        last_day: nor one captured on a later day.
    """
    rows = connection.execute(
        _PAGES,
        {
            "first": first_day.isoformat() if first_day else "",
            "last": last_day.isoformat() if last_day else "9",
        },
    )
    return tuple(
        Elsewhere(
            portal=portal,
            web_archive=web_archive,
            host=host,
            year=year,
            pages=pages,
            missing=missing,
            missing_articles=missing_articles,
        )
        for portal, web_archive, host, year, pages, missing, missing_articles in rows
    )


_PAGES = """WITH listed AS (
        SELECT m.web_archive_id, m.canonical_url, m.host, m.page_kind, max(m.captured_at) AS newest
        FROM mementos m INDEXED BY mementos_of_pages
        WHERE (m.status = 200 OR m.status IS NULL) AND m.state != 'refused'
            AND m.captured_at >= :first AND substr(m.captured_at, 1, 10) <= :last
        GROUP BY m.web_archive_id, m.canonical_url),
    judged AS (
        SELECT l.*, NOT EXISTS (SELECT 1 FROM pages p
            WHERE p.canonical_url = l.canonical_url AND p.first_seen IS NOT NULL) AS missing
        FROM listed l
        WHERE NOT EXISTS (SELECT 1 FROM redacted_pages r WHERE r.canonical_url = l.canonical_url))
    SELECT w.portal, w.index_url, j.host, substr(j.newest, 1, 4) AS year, count(*), sum(j.missing),
        sum(j.missing AND j.page_kind = 'article')
    FROM judged j JOIN web_archives w ON w.id = j.web_archive_id
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"""
