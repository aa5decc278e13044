"""What a page shows beside its article: the links of an article page, the places on a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.archive.connections import insert_rows
from gzcrawler.items import digest_bytes

if TYPE_CHECKING:
    import sqlite3

    from gzcrawler.archive.pages import PageRow
    from gzcrawler.items import Article, Listing
    from gzcrawler.portals import Address, Portal

__all__ = ["PageContents", "links_of"]


class PageContents:
    """Links, placements and section names of one portal; the caller holds the transaction."""

    def __init__(self, connection: sqlite3.Connection, portal: Portal) -> None:
        self._connection = connection
        self._portal = portal

    def store_links(self, page: PageRow, article: Article) -> str:
        """Put a page's links in the place of those on file; returns their digest."""
        links, digest = links_of(article)
        if digest == page.links_digest:
            return digest
        if page.links_digest is not None:
            self._connection.execute("DELETE FROM links WHERE page_id = ?", (page.id,))
        insert_rows(
            self._connection,
            "INSERT INTO links (page_id, ordinal, scope, url, canonical_url, text)",
            [
                (page.id, ordinal, scope, url, address.canonical_url if address else None, text)
                for ordinal, (scope, url, text) in enumerate(links)
                for address in (self._portal.address(url),)
            ],
        )
        return digest

    def store_listing(
        self, page: PageRow, listing: Listing, *, digest: str, address: Address, moment: str
    ) -> frozenset[str]:
        """Keep what stood where on a list page, and how the list names its section.

        Args:
            page: the list page.
            listing: how it reads.
            digest: its content digest.
            address: what was asked.
            moment: of the capture; the last name is the section's, whichever capture came last.

        Returns:
            Canonical URLs of what stands there that no page of this list showed before.
        """
        entries = [(entry, self._portal.address(entry.url)) for entry in listing.entries]
        fresh = self._fresh(page, {target.canonical_url for _, target in entries if target})
        insert_rows(
            self._connection,
            """INSERT OR IGNORE INTO placements
                (page_id, content_digest, position, url, canonical_url, article_id, title, summary, date)""",
            [
                (
                    page.id,
                    digest,
                    entry.position,
                    entry.url,
                    target.canonical_url if target else None,
                    target.id if target else None,
                    entry.title,
                    entry.summary,
                    entry.date,
                )
                for entry, target in entries
            ],
        )
        following = self._portal.address(listing.next) if listing.next else None
        self._connection.execute(
            "INSERT OR IGNORE INTO list_states (page_id, content_digest, next_url) VALUES (?, ?, ?)",
            (page.id, digest, following.canonical_url if following else ""),
        )
        if listing.title and address.section:
            self._connection.execute(
                """INSERT INTO sections (portal, key, edition, name, named_at) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (portal, key, edition) DO UPDATE
                    SET name = excluded.name, named_at = excluded.named_at
                    WHERE (excluded.named_at, excluded.name) > (named_at, name)""",
                (self._portal.name, address.section, address.edition, listing.title, moment),
            )
        return fresh

    def _fresh(self, page: PageRow, targets: set[str]) -> frozenset[str]:
        """Those that are new to the list. That the archive knows them from elsewhere does not count."""
        return frozenset(
            target
            for target in targets
            if self._connection.execute(
                """SELECT 1 FROM placements s JOIN pages l ON l.id = s.page_id
                WHERE s.canonical_url = ? AND (l.list_url = ? OR l.id = ?) LIMIT 1""",
                (target, page.list_url, page.id),
            ).fetchone()
            is None
        )


def links_of(article: Article) -> tuple[list[tuple[str, str, str | None]], str]:
    """(scope, address, text) of every link that a page offers, and their digest."""
    links: list[tuple[str, str, str | None]] = [(r.scope, r.url, r.title) for r in article.related_links]
    links += [("inline", n.url, n.text) for n in article.inline_links]
    links += [("attachment", a.url, a.name) for a in article.attachments]
    return links, digest_bytes("\n".join(map(str, links)).encode())
