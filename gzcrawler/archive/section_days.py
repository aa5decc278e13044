"""What each section holds, and how many of its articles each day brought."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from gzcrawler.archive.section_names import SectionKey, section_labels

if TYPE_CHECKING:
    import sqlite3

__all__ = ["STOOD_ON", "SectionSummary", "articles_by_day", "section_summaries"]

STOOD_ON = """SELECT DISTINCT article_id, page_id FROM placements INDEXED BY placements_article
    WHERE article_id IS NOT NULL"""
"""Which article stood on which list page: in the order of the index, so that the many days on which it stood there are
passed over without being sorted."""

_STOOD_ON_ONE = """SELECT article_id, page_id FROM placements
    WHERE article_id IS NOT NULL AND page_id IN (
        SELECT id FROM pages WHERE kind = 'listing' AND portal = ?1 AND section = ?2)"""
_MEMBERS = """SELECT DISTINCT p.portal, p.section, s.article_id
    FROM ({1}) s JOIN pages p ON p.id = s.page_id
    WHERE p.kind = 'listing' AND p.section IS NOT NULL{0}
    UNION SELECT p.portal, p.section, p.article_id FROM pages p
    WHERE p.kind = 'article' AND p.section IS NOT NULL AND p.article_id IS NOT NULL{0}"""
"""As `ArticleFilter` has it: articles that stood on a list of the section, or lie in its tree."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionSummary:
    """One section of one portal."""

    portal: str
    key: str
    label: str
    articles: int
    first_day: str | None
    """First day on which an article of it was published."""
    last_day: str | None
    last_verified: str | None
    """Last capture of one of its lists."""


def section_summaries(connection: sqlite3.Connection) -> list[SectionSummary]:
    """All sections that have an article or a list, in the order of their portals' maps; seconds for ten years.

    Args:
        connection: reads the archive.
    """
    held = {
        (portal, key): (number, first, last)
        for portal, key, number, first, last in connection.execute(
            f"""SELECT m.portal, m.section, count(*), min(substr(a.published, 1, 10)), max(substr(a.published, 1, 10))
            FROM ({_MEMBERS.format("", STOOD_ON)}) m JOIN articles a ON a.id = m.article_id
            WHERE a.revision IS NOT NULL GROUP BY 1, 2"""
        )
    }
    verified: dict[SectionKey, str | None] = {
        (portal, key): moment
        for portal, key, moment in connection.execute(
            """SELECT portal, section, max(last_verified) FROM pages
            WHERE kind = 'listing' AND section IS NOT NULL GROUP BY 1, 2"""
        )
    }
    labels = section_labels(connection)
    keys = [key for key in labels if key in held or verified.get(key)]
    keys += sorted((held.keys() | {key for key, moment in verified.items() if moment}) - labels.keys())
    return [
        SectionSummary(
            portal=key[0],
            key=key[1],
            label=labels.get(key, key[1]),
            articles=held.get(key, (0, None, None))[0],
            first_day=held.get(key, (0, None, None))[1],
            last_day=held.get(key, (0, None, None))[2],
            last_verified=verified.get(key),
        )
        for key in keys
    ]


def articles_by_day(connection: sqlite3.Connection, portal: str, key: str, year: int) -> Counter[date]:
    """Articles of a section by their day of publication, within a year.

    Args:
        connection: reads the archive.
        portal: name of the portal.
        key: of the section.
        year: at +08:00, as all days of the portal.
    """
    of_section = " AND p.portal = ?1 AND p.section = ?2"
    rows = connection.execute(
        f"""SELECT substr(a.published, 1, 10), count(*)
        FROM ({_MEMBERS.format(of_section, _STOOD_ON_ONE)}) m JOIN articles a ON a.id = m.article_id
        WHERE a.revision IS NOT NULL AND a.published >= ?3 AND a.published < ?4 GROUP BY 1""",
        (portal, key, f"{year:04}", f"{year + 1:04}"),
    )
    return Counter({date.fromisoformat(day): number for day, number in rows})
