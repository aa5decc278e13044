"""The portal's lists as they stood at a moment, and its home pages: what a visitor would have found first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gzcrawler.archive.section_names import SectionKey, section_labels

if TYPE_CHECKING:
    import sqlite3

__all__ = ["FrontPage", "HomePage", "StandingEntry", "StandingList", "front_page", "standing_lists"]

ENTRIES_SHOWN = 8
"""Of each list, from its top."""


@dataclass(frozen=True, slots=True)
class StandingEntry:
    """One item of a list."""

    title: str
    """As the list showed it."""
    url: str
    article_id: str | None
    """The article, where it is in the archive."""
    date: str | None
    """As the list printed it."""
    summary: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StandingList:
    """The first page of a section's list."""

    portal: str
    section: str
    label: str
    url: str
    captured_at: str
    """Of the last capture until the moment asked for; what it shows is as of then."""
    entries: tuple[StandingEntry, ...]


@dataclass(frozen=True, slots=True)
class HomePage:
    """A home page's last capture until the moment asked for."""

    url: str
    captured_at: str
    record_id: str


@dataclass(frozen=True, slots=True)
class FrontPage:
    """All of it."""

    lists: tuple[StandingList, ...]
    """In the order of the portals' maps."""
    homes: tuple[HomePage, ...]


def front_page(connection: sqlite3.Connection, moment: str) -> FrontPage:
    """What stood first at a moment, as far as it was captured by then.

    Args:
        connection: reads a range of an index for each list.
        moment: as the archive writes them.
    """
    return FrontPage(standing_lists(connection, moment), _homes(connection, moment))


def standing_lists(
    connection: sqlite3.Connection,
    moment: str,
    *,
    only: SectionKey | None = None,
    entries: int = ENTRIES_SHOWN,
) -> tuple[StandingList, ...]:
    """The lists as they stood at a moment.

    Args:
        connection: reads a range of an index for each list.
        moment: as the archive writes them.
        only: of this section alone.
        entries: of each list, at most.
    """
    newest: dict[SectionKey, tuple[str, int, str, str]] = {}
    for page_id, portal, section, url in connection.execute(
        """SELECT id, portal, section, canonical_url FROM pages
        WHERE kind = 'listing' AND part = 1 AND section IS NOT NULL"""
    ).fetchall():
        if only not in (None, (portal, section)):
            continue
        row = connection.execute(
            """SELECT captured_at, content_digest FROM captures
            WHERE page_id = ? AND captured_at <= ? AND kind = 'listing' AND content_digest IS NOT NULL
            ORDER BY captured_at DESC LIMIT 1""",
            (page_id, moment),
        ).fetchone()
        # A section may have a list of each generation of the portal: the one that answered last stood there.
        if row is not None:
            known = newest.get((portal, section))
            newest[portal, section] = max(known or ("", 0, "", ""), (row[0], page_id, row[1], url))
    labels = section_labels(connection)
    order = {key: place for place, key in enumerate(labels)}
    lists = []
    for key in sorted(newest, key=lambda key: (order.get(key, len(order)), key)):
        captured_at, page_id, digest, url = newest[key]
        found = _entries(connection, page_id, digest, entries)
        if found:
            lists.append(
                StandingList(
                    portal=key[0],
                    section=key[1],
                    label=labels.get(key, key[1]),
                    url=url,
                    captured_at=captured_at,
                    entries=found,
                )
            )
    return tuple(lists)


def _entries(
    connection: sqlite3.Connection, page_id: int, digest: str, number: int
) -> tuple[StandingEntry, ...]:
    rows = connection.execute(
        """SELECT s.title, s.url, a.id, s.date, s.summary FROM placements s
        LEFT JOIN articles a ON a.id = s.article_id AND a.revision IS NOT NULL
        WHERE s.page_id = ? AND s.content_digest = ? ORDER BY s.position LIMIT ?""",
        (page_id, digest, number),
    )
    return tuple(StandingEntry(*row) for row in map(tuple, rows))


def _homes(connection: sqlite3.Connection, moment: str) -> tuple[HomePage, ...]:
    found = []
    for page_id, url in connection.execute(
        "SELECT id, canonical_url FROM pages WHERE kind = 'home' ORDER BY canonical_url"
    ).fetchall():
        row = connection.execute(
            """SELECT captured_at, record_id FROM captures
            WHERE page_id = ? AND captured_at <= ? AND kind = 'home' ORDER BY captured_at DESC LIMIT 1""",
            (page_id, moment),
        ).fetchone()
        if row is not None:
            found.append(HomePage(url, row[0], row[1]))
    return tuple(found)
