"""A first contact with a portal: a small polite crawl, kept in the archive like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.archive.open_archive import open_archive

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from gzcrawler.archive import Verdict
    from gzcrawler.portals import Portal

__all__ = ["FIRST_LISTS", "first_contact"]

FIRST_LISTS = 3
"""Lists that a first contact looks at, besides the home page."""


def first_contact(
    archive: Path, portal: Portal, contact: str | None, articles: int
) -> tuple[list[Verdict], list[str], list[str]]:
    """Ask for the home page, some lists and articles that are not captured yet.

    Args:
        archive: folder of the archive that keeps them.
        portal: whom to ask.
        contact: who asks.
        articles: how many of them.

    Returns:
        The verdicts of two runs or three; addresses of home page and lists; addresses of the articles.

    Raises:
        UsageError: a live portal, and nobody is named who asks.
        ArchiveError: the archive cannot be written.
    """
    from gzcrawler.crawl_run import require_contact

    require_contact(portal, contact)
    seeds = portal.seeds()
    ways = [address.canonical_url for address in seeds if address.kind == "home"][:1]
    ways += [address.canonical_url for address in seeds if address.kind == "listing"][:FIRST_LISTS]
    verdicts = [_crawl(archive, portal, contact, ways)]
    if len(ways) == 1:  # the map names no section: the home page does
        lists = _unseen(archive, portal.name, "listing", FIRST_LISTS)
        lists = lists or _unseen(archive, portal.name, "unknown", FIRST_LISTS)
        if lists:
            verdicts.append(_crawl(archive, portal, contact, lists))
        ways += lists
    found = _unseen(archive, portal.name, "article", articles)
    if found:
        verdicts.append(_crawl(archive, portal, contact, found))
    return verdicts, ways, found


def _crawl(archive: Path, portal: Portal, contact: str | None, pages: Sequence[str]) -> Verdict:
    from gzcrawler.archive import Selection
    from gzcrawler.crawl_run import CrawlOptions
    from gzcrawler.crawling import crawl

    options = CrawlOptions(
        archive=archive,
        portal=portal,
        selection=Selection(pages=tuple(pages), images=False),
        contact=contact,
        command="doctor",
    )
    return crawl(options)


def _unseen(archive: Path, portal: str, kind: str, wanted: int) -> list[str]:
    """Pages that were found and never asked."""
    with open_archive(archive) as opened:
        connection: sqlite3.Connection = opened.connection
        rows = connection.execute(
            """SELECT canonical_url FROM pages INDEXED BY pages_kind WHERE kind = ? AND state = 'new'
            AND portal = ? AND part = 1 ORDER BY id LIMIT ?""",
            (kind, portal, wanted),
        ).fetchall()
    return [url for (url,) in rows]
