"""How far a list is read, page by page, and what a list says of articles that changed or went.

A walk reads on while a page shows something that its list never showed; at least every other day down to
items of `LIST_WINDOW`, where back-dated ones come in; and every three weeks all pages. When it ends behind
the first page, it reads that again: what came on top meanwhile has moved all the others. It never stops
because things are known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.archive.revisit_policy import LIST_WINDOW

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from gzcrawler.archive.pages import PageRow, Pages
    from gzcrawler.items import Listing
    from gzcrawler.portals import Portal

__all__ = ["ListTurns"]

_TAIL = 3
"""Items at the end of a page by which it is dated: one alone may stand there out of order."""


class ListTurns:
    """Decides where a walk goes after a list page was recorded; the caller holds the transaction."""

    def __init__(self, connection: sqlite3.Connection, pages: Pages) -> None:
        self._connection = connection
        self._pages = pages

    def go_on(self, page: PageRow, digest: str | None, at: datetime, *, fresh: bool) -> None:
        """Make the next page of the list due, or the first one again, or none.

        Args:
            page: the list page as it was before.
            digest: content digest of what it showed.
            at: moment of the capture.
            fresh: it shows an article that no page of the list showed before.
        """
        following = self._pages.next_of_list(page)
        if following is not None and (
            fresh
            or self._pages.is_sweep_due(page, at)
            or (self._pages.is_window_due(page, at) and self._reaches_into_window(page, digest, at))
        ):
            self._pages.walk_to(following, at)
        elif page.part > 1 and page.list_url is not None:
            self._pages.walk_to(page.list_url, at)

    def compare(self, page: PageRow, listing: Listing, portal: Portal, at: datetime) -> None:
        """Ask articles soon that this list page shows under another title or date, or shows no more.

        An item that fell off the end has moved to the next page; one that is missing between two others went.
        """
        before = self._last_shown(page)
        if not before:
            return
        now: dict[str, tuple[str, str | None]] = {}
        for entry in listing.entries:
            address = portal.address(entry.url)
            if address is not None:
                now.setdefault(address.canonical_url, (entry.title, entry.date))
        changed = [
            url
            for url, title, date in before
            if url in now and (now[url][0] != title or (date and now[url][1] and now[url][1] != date))
        ]
        last = max((place for place, (url, _, _) in enumerate(before) if url in now), default=0)
        self._pages.ask_soon(changed + [url for url, _, _ in before[:last] if url not in now], at)

    def _last_shown(self, page: PageRow) -> list[tuple[str, str, str | None]]:
        """(canonical URL, title, date) of each item that the page showed last, in order."""
        return self._connection.execute(
            """SELECT canonical_url, title, date FROM placements
            WHERE page_id = ?1 AND canonical_url IS NOT NULL AND content_digest = (
                SELECT content_digest FROM captures WHERE page_id = ?1 AND kind = 'listing' AND captured_at = ?2)
            ORDER BY position""",
            (page.id, page.last_verified),
        ).fetchall()

    def _reaches_into_window(self, page: PageRow, digest: str | None, at: datetime) -> bool:
        """Is one of the page's last items so young that the next page may hold such ones too?"""
        row = self._connection.execute(
            """SELECT max(coalesce(s.date, p.path_date, a.published)) FROM (
                SELECT date, canonical_url, article_id FROM placements
                WHERE page_id = ? AND content_digest = ? ORDER BY position DESC LIMIT ?) s
            LEFT JOIN pages p ON p.canonical_url = s.canonical_url
            LEFT JOIN articles a ON a.id = s.article_id""",
            (page.id, digest, _TAIL),
        ).fetchone()
        return row[0] is not None and row[0] >= (at - LIST_WINDOW).date().isoformat()
