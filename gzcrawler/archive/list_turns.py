"""How far a list is read, page by page, and what a list says of articles that changed or went.

A walk reads on while a page shows something that its list never showed, and not what stood there last as it
stood: what is new may then go on behind it. At least every other day it reads down to items of `LIST_WINDOW`,
where back-dated ones come in, and every three weeks all pages. When it ends behind the first page, it reads
that again: what came on top meanwhile has moved all the others. It never stops because things are known.

A list rests when nothing on it is as young as that, while another list of its section has such items: sites
keep the lists of a platform that they have left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.archive.list_pages import ListPages
from gzcrawler.archive.revisit_policy import LIST_WINDOW

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from gzcrawler.archive.pages import PageRow
    from gzcrawler.items import Listing
    from gzcrawler.portals import Portal

__all__ = ["ListTurns"]

_OVERLAP = 3
"""Items that must stand as they stood, in their order from the top and without a gap, for a page to show that
all that is new to the list stands on it."""
_TAIL = 3
"""Items at the end of a page by which it is dated: one alone may stand there out of order."""


class ListTurns:
    """Decides where a walk goes after a list page was recorded; the caller holds the transaction."""

    def __init__(self, connection: sqlite3.Connection, portal: Portal) -> None:
        self._connection = connection
        self._portal = portal
        self._pages = ListPages(connection)
        self._siblings = _siblings(portal)

    def take(self, page: PageRow, listing: Listing, fresh: frozenset[str], at: datetime) -> bool:
        """Compare a list page with what it showed last; asks articles soon that it says have changed or gone.

        An item that fell off the end has moved to the next page; one that is missing between two others went.

        Args:
            page: the list page as it was before.
            listing: how it reads now.
            fresh: canonical URLs of items that no page of the list showed before.
            at: moment of the capture.

        Returns:
            Whether it leads on: it shows something new to its list, and not all that it still shows of before
            in the old order from the top. Else the new items stand on it to the last.
        """
        before = self._last_shown(page)
        now: dict[str, tuple[str, str | None]] = {}
        for entry in listing.entries:
            address = self._portal.address(entry.url)
            if address is not None:
                now.setdefault(address.canonical_url, (entry.title, entry.date))
        changed = [
            url
            for url, title, date in before
            if url in now and (now[url][0] != title or (date and now[url][1] and now[url][1] != date))
        ]
        last = max((place for place, (url, _, _) in enumerate(before) if url in now), default=0)
        self._pages.ask_soon(changed + [url for url, _, _ in before[:last] if url not in now], at)
        known = [url for url in now if url not in fresh]
        overlaps = len(known) >= _OVERLAP and known == [url for url, _, _ in before[: len(known)]]
        return bool(fresh) and not overlaps

    def go_on(self, page: PageRow, digest: str | None, at: datetime, *, leads_on: bool) -> None:
        """Make the next page of the list due, or the first one again, or none.

        Args:
            page: the list page as it was before.
            digest: content digest of what it showed.
            at: moment of the capture.
            leads_on: what it showed says that there may be more that is new behind it.
        """
        if page.part == 1 and self._rests(page, digest, at):
            self._pages.rest(page, at)
        following = self._pages.next_of_list(page)
        if following is not None and (
            leads_on
            or self._pages.is_sweep_due(page, at)
            or (self._pages.is_window_due(page, at) and self._reaches_into_window(page, digest, at))
        ):
            self._pages.walk_to(following, at)
        elif page.part > 1 and page.list_url is not None:
            self._pages.walk_to(page.list_url, at)

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
        return self._has_young(page.id, digest, at, last=_TAIL) is True

    def _rests(self, page: PageRow, digest: str | None, at: datetime) -> bool:
        """Are all items of a first page older than the window, and those of another list of its section not?"""
        siblings = self._siblings.get(page.canonical_url, ())
        if not siblings or self._has_young(page.id, digest, at) is not False:
            return False
        others = self._connection.execute(
            f"""SELECT p.id, c.content_digest FROM pages p
            JOIN captures c ON c.page_id = p.id AND c.captured_at = p.last_verified AND c.kind = 'listing'
            WHERE p.canonical_url IN ({", ".join("?" * len(siblings))})""",
            siblings,
        ).fetchall()
        return any(self._has_young(other, shown, at) for other, shown in others)

    def _has_young(self, page_id: int, digest: str | None, at: datetime, last: int = -1) -> bool | None:
        """Is one of these items, or of the last of them, within the window? None where none has a date."""
        (newest,) = self._connection.execute(
            """SELECT max(coalesce(s.date, p.path_date, a.published)) FROM (
                SELECT date, canonical_url, article_id FROM placements
                WHERE page_id = ? AND content_digest = ? ORDER BY position DESC LIMIT ?) s
            LEFT JOIN pages p ON p.canonical_url = s.canonical_url
            LEFT JOIN articles a ON a.id = s.article_id""",
            (page_id, digest, last),
        ).fetchone()
        return newest >= (at - LIST_WINDOW).date().isoformat() if newest is not None else None


def _siblings(portal: Portal) -> dict[str, tuple[str, ...]]:
    """First page of a list -> those of the other lists of its section, as the map names them."""
    lists = [seed for seed in portal.seeds() if seed.kind == "listing" and seed.section is not None]
    return {
        one.canonical_url: tuple(
            other.canonical_url for other in lists if other.section == one.section and other is not one
        )
        for one in lists
    }
