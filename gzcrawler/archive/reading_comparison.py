"""Telling what of a capture reads otherwise today than the database says: kind, record, links, list entries.

Looks up and compares; nothing in here reads a file or writes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gzcrawler.archive.article_history import dump_record, reading_digest
from gzcrawler.archive.page_contents import links_of
from gzcrawler.archive.pages import is_wanted
from gzcrawler.archive.redaction import Redacted
from gzcrawler.archive.second_readings import FieldChange, Reread
from gzcrawler.archive.stored_records import read_record
from gzcrawler.errors import ReadingError
from gzcrawler.items import Article, Listing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from gzcrawler.archive.outcomes import Result
    from gzcrawler.archive.second_readings import CaptureRow, Share
    from gzcrawler.portals import Portal

__all__ = ["KEPT_READINGS", "Comparison"]

KEPT_READINGS = ("article", "listing")
"""Kinds whose last good reading stays on file where today's readers cannot read the page any more."""

_SAYS_NOTHING = "('unknown', 'challenge', 'redirect')"
_KNOWN_AT_MOST = 100_000
"""Links remembered as known pages: most of a site's links stand on many of its pages; bounds memory."""
_EXCERPT = 160
"""Characters of an old and a new value that a report shows."""


class Comparison:
    """Compares readings with what one portal's archive has on file."""

    def __init__(self, connection: sqlite3.Connection, portal: Portal) -> None:
        """Compare over the caller's connection, which it keeps at one view.

        Args:
            connection: reads the archive.
            portal: whose captures, by today's map.
        """
        self._connection = connection
        self._portal = portal
        self._redacted = Redacted(connection)
        self._known: set[str] = set()
        self.records: dict[tuple[int, str], str] = {}
        """(capture, content digest) -> the record on file, of the stretch under way."""

    def compare(self, row: CaptureRow, result: Result, portal: Portal, share: Share) -> bool:
        """Enter a capture that reads otherwise than its row says; False where it does not."""
        assert result is not None
        if isinstance(result, ReadingError):
            return self._compare_error(row, result, share)
        page = result.page
        listing = digest = None
        if isinstance(page, Article):
            because = None
            digest, differs = self._compare_article(row, page, share)
        elif isinstance(page, Listing):
            digest, because = page.content_digest, None
            listing = json.dumps(page.as_dict(), ensure_ascii=False)
            differs = digest == row.content_digest and self._list_differs(row, page, portal)
        else:
            digest, because, differs = None, page.because, False
        found = tuple(self._unknown(result.discovered))
        if row.quarantine_payload == row.payload_digest and self._is_telling(row):
            share.left_quarantine.append(row.url)
            differs = True
        if not (
            differs or found or (page.kind, because, digest) != (row.kind, row.because, row.content_digest)
        ):
            return False
        share.changed.append(
            Reread(
                capture_id=row.id,
                page_id=row.page_id,
                article_id=row.article_id,
                url=row.url,
                was=row.kind,
                kind=page.kind,
                because=because,
                content_digest=digest,
                record=dump_record(page) if isinstance(page, Article) else None,
                listing=listing,
                found=found,
            )
        )
        return True

    def stands(self, row: CaptureRow, discovered: tuple[str, ...]) -> bool:
        """Of an article that reads as its record on file: has it nothing else to say either?"""
        return row.quarantine_payload != row.payload_digest and not any(self._unknown(discovered))

    def _compare_error(self, row: CaptureRow, error: ReadingError, share: Share) -> bool:
        told = (type(error).__name__, str(error))
        telling = self._is_telling(row)
        if row.kind in KEPT_READINGS and not telling:
            return False
        if (row.quarantine_error, row.quarantine_message) == told if telling else row.because == told[1]:
            return False
        if row.quarantine_error is None and telling:
            share.entered_quarantine.append((row.url, told[1]))
        share.changed.append(
            Reread(
                capture_id=row.id,
                page_id=row.page_id,
                article_id=row.article_id,
                url=row.url,
                was=row.kind,
                kind="unreadable",
                because=told[1],
                content_digest=None,
                error=told[0],
            )
        )
        return True

    def _compare_article(self, row: CaptureRow, article: Article, share: Share) -> tuple[str | None, bool]:
        """(today's digest, does it differ beyond the digest?)."""
        joined = row.part > 1 or bool(article.continued_on)
        stored = self._stored_record(row, joined=joined)
        # Reading what is stored is cheaper than writing out what was read.
        old, new = (read_record(stored), article.as_dict()) if stored else (None, None)
        if old is not None and old == new:
            return row.content_digest, False
        digest = reading_digest(article, part=row.part)
        differs = old is not None and self._records_differ(row, old, new or {}, share, joined=joined)
        if row.kind == "article" and self._shows_last(row):
            differs = differs or links_of(article)[1] != row.links_digest
        return digest, differs

    def _stored_record(self, row: CaptureRow, *, joined: bool) -> str | None:
        """A record on file that may have been read from this very capture."""
        if row.kind != "article" or row.content_digest is None:
            return None
        if not joined:
            return self.records.get((row.id, row.content_digest))
        found = self._connection.execute(
            "SELECT record FROM parts WHERE page_id = ? AND content_digest = ?",
            (row.page_id, row.content_digest),
        ).fetchone()
        return str(found[0]) if found else None

    def _records_differ(
        self, row: CaptureRow, old: dict[str, Any], new: dict[str, Any], share: Share, *, joined: bool
    ) -> bool:
        """Enter which fields read otherwise; a record that was read from an earlier capture says nothing."""
        changes = [name for name in new if old.get(name) != new[name]]
        if not changes or not self._is_first(row, joined=joined):
            return False
        share.records[new["layout"]] += 1
        share.fields += [
            FieldChange(new["layout"], name, new["id"], *_excerpts(old.get(name), new[name]))
            for name in changes
        ]
        return True

    def _is_first(self, row: CaptureRow, *, joined: bool) -> bool:
        """Is it the earliest of the captures that read alike, of which the record on file is?"""
        scope = "p.id = :page" if joined else "p.article_id = :article"
        earlier = self._connection.execute(
            f"""SELECT 1 FROM pages p JOIN captures e ON e.page_id = p.id
            WHERE {scope} AND e.kind = 'article' AND e.content_digest = :digest
                AND (e.captured_at, e.payload_digest, p.canonical_url) < (:moment, :payload, :url) LIMIT 1""",
            {
                "page": row.page_id,
                "article": row.article_id,
                "digest": row.content_digest,
                "moment": row.captured_at,
                "payload": row.payload_digest,
                "url": row.canonical_url,
            },
        ).fetchone()
        return earlier is None

    def _shows_last(self, row: CaptureRow) -> bool:
        """Is it the last capture of its page that was read as an article?"""
        later = self._connection.execute(
            """SELECT 1 FROM captures WHERE page_id = ? AND captured_at > ? AND kind = 'article'
            AND status != 304 LIMIT 1""",
            (row.page_id, row.captured_at),
        ).fetchone()
        return later is None

    def _is_telling(self, row: CaptureRow) -> bool:
        """Is it by these bytes that the page is readable or not: has no later capture shown others?"""
        later = self._connection.execute(
            f"""SELECT 1 FROM captures WHERE page_id = ? AND captured_at > ? AND payload_digest != ?
            AND kind NOT IN {_SAYS_NOTHING} LIMIT 1""",
            (row.page_id, row.captured_at, row.payload_digest),
        ).fetchone()
        return later is None

    def _list_differs(self, row: CaptureRow, listing: Listing, portal: Portal) -> bool:
        """Do equal entries stand otherwise on file: their summaries, what they lead to, the section's name?"""
        address = portal.address(row.url)
        if listing.title and address is not None and address.section:
            named = self._connection.execute(
                "SELECT name FROM sections WHERE portal = ? AND key = ? AND edition = ? AND named_at = ?",
                (portal.name, address.section, address.edition, row.captured_at),
            ).fetchone()
            if named is not None and named[0] != listing.title:
                return True
        following = portal.address(listing.next) if listing.next else None
        led_on = self._connection.execute(
            "SELECT 1 FROM list_states WHERE page_id = ? AND content_digest = ? AND next_url = ?",
            (row.page_id, row.content_digest, following.canonical_url if following else ""),
        ).fetchone()
        if led_on is None:
            return True
        first = self._connection.execute(
            """SELECT 1 FROM captures WHERE page_id = ? AND content_digest = ? AND id < ? LIMIT 1""",
            (row.page_id, row.content_digest, row.id),
        ).fetchone()
        if first is not None:
            return False
        stored = self._connection.execute(
            """SELECT position, summary, canonical_url, article_id FROM placements
            WHERE page_id = ? AND content_digest = ? ORDER BY position""",
            (row.page_id, row.content_digest),
        ).fetchall()
        targets = [portal.address(entry.url) for entry in listing.entries]
        today = [
            (entry.position, entry.summary, target and target.canonical_url, target and target.id)
            for entry, target in zip(listing.entries, targets, strict=True)
            if not self._redacted.covers(target)
        ]
        return sorted(stored) != sorted(today)

    def _unknown(self, urls: tuple[str, ...]) -> Iterator[str]:
        """Addresses that the crawl would have made pages of, and that are none."""
        for url in urls:
            if url in self._known:
                continue
            # Most links are written as their pages are known: then the map need not be asked.
            address = None if self._is_page(url) else self._portal.address(url)
            if (
                address is not None
                and is_wanted(self._portal, address)
                and not self._is_page(address.canonical_url)
            ):
                yield url
                continue
            if len(self._known) >= _KNOWN_AT_MOST:
                self._known.clear()
            self._known.add(url)

    def _is_page(self, canonical_url: str) -> bool:
        row = self._connection.execute("SELECT 1 FROM pages WHERE canonical_url = ?", (canonical_url,))
        return row.fetchone() is not None


def _excerpts(old: Any, new: Any) -> tuple[str, str]:
    """What differs between two values of a field: of lists the first item that does."""
    if isinstance(old, list) and isinstance(new, list) and old and new:
        place = next(
            (n for n, (one, other) in enumerate(zip(old, new, strict=False)) if one != other),
            min(len(old), len(new)),
        )
        old, new = (value[place] if place < len(value) else None for value in (old, new))
    return _excerpt(old), _excerpt(new)


def _excerpt(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1] + "…"
