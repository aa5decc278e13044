"""What captures that read otherwise change in the database: all of one article, or of one page, at once.

The other half of the one door: `Recorder` takes what is new, this takes what is read again. Both write
through the same tables' rooms, and nothing in here reads a clock or the network.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gzcrawler.archive.article_history import ArticleHistory
from gzcrawler.archive.moments import format_moment, parse_moment
from gzcrawler.archive.page_contents import PageContents
from gzcrawler.archive.pages import Pages
from gzcrawler.archive.reading_comparison import KEPT_READINGS
from gzcrawler.items import Article, Listing, ListingEntry

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from gzcrawler.archive.pages import PageRow
    from gzcrawler.archive.second_readings import Reread
    from gzcrawler.portals import Portal

__all__ = ["Corrector"]


class Corrector:
    """Brings the tables of one portal in line with today's readings; the caller holds the transaction."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        portal: Portal,
        *,
        run_id: int,
        read_article: Callable[[int], Article | None],
    ) -> None:
        """Write over a connection.

        Args:
            connection: the writing one.
            portal: whose captures.
            run_id: whose doing it is.
            read_article: how a capture reads today, where it has to be asked again.
        """
        self._connection = connection
        self._portal = portal
        self._run_id = run_id
        self._read_article = read_article
        self._history = ArticleHistory(connection, portal)
        self._contents = PageContents(connection, portal)
        self.pages = Pages(connection, portal)

    def correct(self, group: Sequence[Reread], now: datetime) -> tuple[int, int]:
        """Take all captures of one article, or of one page, that read otherwise.

        Returns:
            How many revisions were added, and how many addresses were not known before.
        """
        new_pages = 0
        read: dict[int, Article] = {}
        for changed in group:
            article = Article.from_dict(json.loads(changed.record)) if changed.record else None
            if article is not None:
                read[changed.capture_id] = article
            self._correct_capture(changed, article)
            if changed.found:
                new_pages += self.pages.discover(changed.found, self._moment(changed.capture_id))
        self._correct_listings([changed for changed in group if changed.listing is not None])
        page_ids = sorted({changed.page_id for changed in group})
        for page_id in page_ids:
            self._follow_on_repeats(page_id)
        for changed in group:
            self._keep_part(changed, read)
        for page_id in page_ids:
            self._drop_unused(page_id)
        article_id = group[0].article_id
        revisions = 0
        if article_id is not None and any("article" in (c.was, c.kind) for c in group):
            revisions = self._history.reread(article_id, read, format_moment(now))
        if any(changed.was != changed.kind for changed in group):
            since = min(self._moment(changed.capture_id) for changed in group)
            self._history.confirmations.changed(format_moment(since))
        for page_id in page_ids:
            self._correct_page(page_id, group, read, now)
        return revisions, new_pages

    def _moment(self, capture_id: int) -> datetime:
        (text,) = self._connection.execute(
            "SELECT captured_at FROM captures WHERE id = ?", (capture_id,)
        ).fetchone()
        return parse_moment(text)

    def _correct_capture(self, changed: Reread, article: Article | None) -> None:
        if changed.error is None or changed.was not in KEPT_READINGS:
            self._connection.execute(
                "UPDATE captures SET kind = ?, because = ?, content_digest = ? WHERE id = ?",
                (changed.kind, changed.because, changed.content_digest, changed.capture_id),
            )

    def _correct_listings(self, lists: Sequence[Reread]) -> None:
        """What stood where; where a list led on to, of all captures that show this state of it."""
        read = [changed.capture_id for changed in lists]
        for page_id, digest in {(changed.page_id, changed.content_digest) for changed in lists}:
            self._connection.execute(
                "DELETE FROM placements WHERE page_id = ? AND content_digest = ?", (page_id, digest)
            )
            self._connection.execute(
                f"""DELETE FROM list_states WHERE page_id = ? AND content_digest = ? AND NOT EXISTS (
                    SELECT 1 FROM captures c WHERE c.page_id = list_states.page_id
                        AND c.content_digest = list_states.content_digest AND c.record_type = 'response'
                        AND c.id NOT IN ({", ".join("?" * len(read))}))""",
                (page_id, digest, *read),
            )
        for changed in lists:
            self._correct_listing(changed)

    def _correct_listing(self, changed: Reread) -> None:
        assert changed.listing is not None
        listing = _listing(json.loads(changed.listing))
        address = self._portal.address(changed.url)
        assert address is not None  # the capture lies at its page by today's map
        self._contents.store_listing(
            self.pages.by_id(changed.page_id),
            listing,
            digest=listing.content_digest,
            address=address,
            moment=format_moment(self._moment(changed.capture_id)),
        )

    def _follow_on_repeats(self, page_id: int) -> None:
        """A 304 reads as the bytes that it repeats."""
        self._connection.execute(
            """UPDATE captures SET kind = o.kind, content_digest = o.content_digest FROM captures o
            WHERE captures.page_id = ?1 AND captures.status = 304 AND o.page_id = ?1 AND o.status != 304
                AND o.payload_digest = captures.payload_digest
                AND (captures.kind, captures.content_digest) IS NOT (o.kind, o.content_digest)""",
            (page_id,),
        )

    def _keep_part(self, changed: Reread, read: dict[int, Article]) -> None:
        """Of equal readings of a page of a continued article the earliest is joined."""
        article = read.get(changed.capture_id)
        if article is None or changed.content_digest is None:
            return
        page = self.pages.by_id(changed.page_id)
        if page.part > 1 or article.continued_on:
            self._history.keep_part(
                page.id, changed.content_digest, article, format_moment(self._moment(changed.capture_id))
            )

    def _drop_unused(self, page_id: int) -> None:
        """What no capture of the page shows any more."""
        for table in ("parts", "placements", "list_states"):
            self._connection.execute(
                f"""DELETE FROM {table} WHERE page_id = ?1 AND content_digest NOT IN (
                    SELECT content_digest FROM captures WHERE page_id = ?1 AND content_digest IS NOT NULL)""",
                (page_id,),
            )

    # -- the page itself ----------------------------------------------------------------------------

    def _correct_page(
        self, page_id: int, group: Sequence[Reread], read: dict[int, Article], now: datetime
    ) -> None:
        page = self.pages.by_id(page_id)
        latest = self._connection.execute(
            """SELECT kind FROM captures WHERE page_id = ? AND captured_at = ? ORDER BY id DESC LIMIT 1""",
            (page_id, page.last_verified),
        ).fetchone()
        (state,) = self._connection.execute("SELECT state FROM pages WHERE id = ?", (page_id,)).fetchone()
        if latest is not None and latest[0] != state and page.failures == 0:
            self.pages.reread(page, latest[0], now)
        if any(c.page_id == page_id and "article" in (c.was, c.kind) for c in group):
            turned = any(c.page_id == page_id and c.was != c.kind and c.error is None for c in group)
            self._correct_links(page, read, turned=turned)
        self._correct_quarantine(page_id, group)

    def _correct_links(self, page: PageRow, read: dict[int, Article], *, turned: bool) -> None:
        """Links are those of the last capture that shows the article; which one that is may have `turned`."""
        shows = self._connection.execute(
            """SELECT id FROM captures WHERE page_id = ? AND kind = 'article' AND status != 304
            ORDER BY captured_at DESC, id DESC LIMIT 1""",
            (page.id,),
        ).fetchone()
        digest = None
        if shows is not None:
            article = read.get(shows[0])
            if article is None and turned:
                article = self._read_article(shows[0])
            if article is None:
                return  # as they were; or kept from a time when the page could be read, and so are its links
            digest = self._contents.store_links(page, article)
        elif page.links_digest is not None:
            self._connection.execute("DELETE FROM links WHERE page_id = ?", (page.id,))
        self._connection.execute("UPDATE pages SET links_digest = ? WHERE id = ?", (digest, page.id))

    def _correct_quarantine(self, page_id: int, group: Sequence[Reread]) -> None:
        """By today's reading of the bytes that the page showed last."""
        telling = self._connection.execute(
            """SELECT payload_digest FROM captures WHERE page_id = ?
            AND kind NOT IN ('unknown', 'challenge', 'redirect') ORDER BY captured_at DESC, id DESC LIMIT 1""",
            (page_id,),
        ).fetchone()
        for changed in group:
            if changed.page_id != page_id:
                continue
            (digest,) = self._connection.execute(
                "SELECT payload_digest FROM captures WHERE id = ?", (changed.capture_id,)
            ).fetchone()
            if changed.error is None:
                self._connection.execute(
                    """DELETE FROM quarantine WHERE page_id = ? AND EXISTS (SELECT 1 FROM captures c
                        WHERE c.id = quarantine.capture_id AND c.payload_digest = ?)""",
                    (page_id, digest),
                )
            elif telling is not None and telling[0] == digest:
                self._connection.execute(
                    """INSERT INTO quarantine (page_id, capture_id, error, message, run_id) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (page_id) DO UPDATE SET capture_id = excluded.capture_id,
                        error = excluded.error, message = excluded.message""",
                    (page_id, changed.capture_id, changed.error, changed.because, self._run_id),
                )


def _listing(record: dict[str, Any]) -> Listing:
    entries = tuple(ListingEntry(**entry) for entry in record["entries"])
    return Listing(section=record["section"], title=record["title"], entries=entries, next=record["next"])
