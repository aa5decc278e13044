"""Reading stored captures again, with today's readers, and telling what reads otherwise: one process's share.

A share is a stretch of one WARC file. The process has its own reading connection, so that only what
differs travels back. Nothing in here writes.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple, cast

from gzcrawler.archive.article_history import dump_record, reading_digest
from gzcrawler.archive.connections import connect_to_read
from gzcrawler.archive.moments import parse_moment
from gzcrawler.archive.page_contents import links_of
from gzcrawler.archive.pages import is_wanted
from gzcrawler.archive.redaction import Redacted
from gzcrawler.archive.replay import read_stored
from gzcrawler.archive.stored_payloads import StoredPayloads
from gzcrawler.archive.warc_files import MAP_SUBJECT
from gzcrawler.archive.warc_reading import Metadata, read_groups, read_response
from gzcrawler.errors import ArchiveDamagedError, ReadingError
from gzcrawler.items import Article, Capture, Listing
from gzcrawler.portals import parse_portal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gzcrawler.archive.directory import Directory
    from gzcrawler.archive.outcomes import Result
    from gzcrawler.portals import Portal

__all__ = ["FieldChange", "Reread", "Rereader", "Share", "Stretch"]

KEPT_READINGS = ("article", "listing")
"""Kinds whose last good reading stays on file where today's readers cannot read the page any more."""

_SAYS_NOTHING = "('unknown', 'challenge', 'redirect')"
_KNOWN_AT_MOST = 100_000
"""Links remembered as known pages: most of a site's links stand on many of its pages; bounds memory."""
_EXCERPT = 160
"""Characters of an old and a new value that a report shows."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Captures of one WARC file that lie in it one after another."""

    file_id: int
    name: str
    start: int
    """Offset of the first of them."""
    end: int
    """Offset behind which the next stretch begins."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of a record that reads otherwise, in excerpts."""

    layout: str | None
    """By today's reading."""
    field: str
    article_id: str
    old: str
    new: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reread:
    """A capture that reads otherwise than its row says, with all that has to be brought in line."""

    capture_id: int
    page_id: int
    article_id: str | None
    url: str
    was: str
    """The kind on file."""
    kind: str
    because: str | None
    content_digest: str | None
    record: str | None = None
    """The article, as JSON."""
    listing: str | None = None
    """The list, as JSON."""
    error: str | None = None
    """Name of the reader's error, where it cannot be read; `because` has the sentence."""
    found: tuple[str, ...] = ()
    """Addresses on it that are no known pages."""


@dataclass(slots=True)
class Share:
    """What came of one stretch."""

    captures: int = 0
    changed: list[Reread] = field(default_factory=list)
    fields: list[FieldChange] = field(default_factory=list)
    records: Counter[str | None] = field(default_factory=Counter)
    """Layout -> records of revisions that were compared, and read otherwise."""
    left_quarantine: list[str] = field(default_factory=list)
    entered_quarantine: list[tuple[str, str]] = field(default_factory=list)
    """(address, reason)."""
    elsewhere: int = 0
    """Captures at an address that today's map gives to another page: left as they are."""
    damage: list[str] = field(default_factory=list)


class _Row(NamedTuple):
    """A capture as the database has it."""

    id: int
    page_id: int
    url: str
    captured_at: str
    status: int
    via: str
    truncated: str | None
    kind: str
    because: str | None
    content_digest: str | None
    payload_digest: str
    record_type: str
    offset: int
    length: int
    canonical_url: str
    article_id: str | None
    part: int
    links_digest: str | None
    quarantine_error: str | None
    quarantine_message: str | None
    quarantine_payload: str | None
    """Payload digest of the capture for which its page is in quarantine."""


_COLUMNS = """c.id, c.page_id, c.url, c.captured_at, c.status, c.via, c.truncated, c.kind, c.because,
    c.content_digest, c.payload_digest, c.record_type, c.warc_offset, c.warc_length, p.canonical_url, p.article_id,
    p.part, p.links_digest, q.error, q.message, qc.payload_digest
    FROM captures c JOIN pages p ON p.id = c.page_id
    LEFT JOIN quarantine q ON q.page_id = p.id LEFT JOIN captures qc ON qc.id = q.capture_id"""

_READABLE = "c.status != 304 AND c.kind != 'redacted' AND (c.truncated IS NULL OR c.truncated = 'length')"
"""What was read when it came: a 304 is what it repeats, and half a page says nothing."""

_LIKE = """o.page_id = c.page_id AND o.payload_digest = c.payload_digest AND o.url = c.url
    AND o.status = c.status AND o.truncated IS c.truncated AND o.kind = c.kind AND o.because IS c.because
    AND o.content_digest IS c.content_digest"""
"""The same bytes at the same address, which read alike when they came."""

_OF_STRETCH = f"""SELECT {_COLUMNS}
    WHERE c.warc_file_id = ? AND c.warc_offset >= ? AND c.warc_offset < ? AND p.portal = ? AND {_READABLE}
        AND NOT (c.record_type = 'revisit' AND EXISTS (SELECT 1 FROM captures o
            WHERE {_LIKE} AND (o.record_type = 'response' OR o.id < c.id)))
    ORDER BY c.warc_offset"""

_COUNT = """SELECT count(*) FROM captures c JOIN pages p ON p.id = c.page_id
    WHERE c.warc_file_id = ? AND c.warc_offset >= ? AND c.warc_offset < ? AND p.portal = ?"""

_RECORDS = """SELECT r.capture_id, r.content_digest, r.record FROM captures c JOIN revisions r ON r.capture_id = c.id
    WHERE c.warc_file_id = ? AND c.warc_offset >= ? AND c.warc_offset < ? ORDER BY r.number"""
"""The last of those with the same content is the one that stands."""

_REPEATS = f"""SELECT {_COLUMNS} JOIN captures o ON {_LIKE}
    WHERE o.id = ? AND c.page_id = o.page_id AND c.id > o.id AND c.record_type = 'revisit' AND {_READABLE}"""


class Rereader:
    """Reads captures of one portal again."""

    def __init__(self, directory: Directory, portal: Portal) -> None:
        """Read over a connection of its own.

        Args:
            directory: the archive.
            portal: whose captures, by today's map.
        """
        self._directory = directory
        self._portal = portal
        self._connection = connect_to_read(directory.database)
        self._payloads = StoredPayloads(self._connection, directory)
        self._redacted = Redacted(self._connection)
        self._former: dict[str, Portal] = {}
        self._known: set[str] = set()
        self._records: dict[tuple[int, str], str] = {}
        """(capture, content digest) -> the record on file, of the stretch under way."""

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def read(self, stretch: Stretch) -> Share:
        """Read the captures of a stretch, in the order in which they lie.

        Captures that repeat bytes of their page are read where the reading of those bytes has changed.
        """
        path = self._directory.warc / stretch.name
        share = Share()
        # One view for all, and its locks taken once instead of for each statement.
        with self._one_view():
            place = (stretch.file_id, stretch.start, stretch.end)
            (share.captures,) = self._connection.execute(_COUNT, (*place, self._portal.name)).fetchone()
            self._records = {
                (capture_id, digest): record
                for capture_id, digest, record in self._connection.execute(_RECORDS, place)
            }
            rows = self._connection.execute(_OF_STRETCH, (*place, self._portal.name)).fetchall()
            try:
                file = path.open("rb")
            except OSError as error:
                share.damage.append(f"{path}: {error.strerror}")
                return share
            with file:
                for row in map(_Row._make, rows):
                    try:
                        self._take(row, file, stretch.name, share)
                    except ArchiveDamagedError as error:
                        share.damage.append(str(error))
        return share

    @contextmanager
    def _one_view(self) -> Iterator[None]:
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.execute("COMMIT")

    def article(self, capture_id: int) -> Article | None:
        """How a capture reads today, where that is as an article."""
        found = self._connection.execute(
            """SELECT w.name FROM captures c JOIN warc_files w ON w.id = c.warc_file_id WHERE c.id = ?""",
            (capture_id,),
        ).fetchone()
        row = _Row._make(
            self._connection.execute(f"SELECT {_COLUMNS} WHERE c.id = ?", (capture_id,)).fetchone()
        )
        with (self._directory.warc / found[0]).open("rb") as file:
            portal = self._portal_for(row, found[0])
            result = read_stored(self._capture(row, file), portal)
        page = None if isinstance(result, ReadingError) or result is None else result.page
        return page if isinstance(page, Article) else None

    def _take(self, row: _Row, file: BinaryIO, name: str, share: Share) -> None:
        portal = self._portal_for(row, name)
        address = portal.address(row.url)
        if address is None or address.canonical_url != row.canonical_url:
            share.elsewhere += 1
            return
        capture = self._capture(row, file)
        if not self._compare(row, read_stored(capture, portal), portal, share):
            return
        for repeated in map(_Row._make, self._connection.execute(_REPEATS, (row.id,)).fetchall()):
            again = _capture_of(repeated, capture.response_headers, capture.payload)
            self._compare(repeated, read_stored(again, portal), portal, share)

    def _capture(self, row: _Row, file: BinaryIO) -> Capture:
        headers, payload = read_response(file, row.offset, row.length, revisit=row.record_type == "revisit")
        if row.record_type == "revisit":
            payload = self._payloads.read(row.payload_digest)
        return _capture_of(row, headers, payload)

    def _portal_for(self, row: _Row, name: str) -> Portal:
        """Today's map, or the file's where today's knows the address no more: as in `rebuild`."""
        if self._portal.address(row.url) is not None:
            return self._portal
        if name not in self._former:
            self._former[name] = self._portal
            for group in islice(read_groups(self._directory.warc / name), 2):
                if isinstance(group, Metadata) and group.subject == MAP_SUBJECT:
                    self._former[name] = parse_portal(group.content, origin=f"map in {name}")
        return self._former[name]

    # -- what differs -----------------------------------------------------------------------------

    def _compare(self, row: _Row, result: Result, portal: Portal, share: Share) -> bool:
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

    def _compare_error(self, row: _Row, error: ReadingError, share: Share) -> bool:
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

    def _compare_article(self, row: _Row, article: Article, share: Share) -> tuple[str | None, bool]:
        """(today's digest, does it differ beyond the digest?)."""
        joined = row.part > 1 or bool(article.continued_on)
        stored = self._stored_record(row, joined=joined)
        # Parsing what is stored is cheaper than writing out what was read.
        old, new = (json.loads(stored), article.as_dict()) if stored else (None, None)
        if old is not None and old == new:
            return row.content_digest, False
        digest = reading_digest(article, part=row.part)
        differs = old is not None and self._records_differ(row, old, new or {}, share, joined=joined)
        if row.kind == "article" and self._shows_last(row):
            differs = differs or links_of(article)[1] != row.links_digest
        return digest, differs

    def _stored_record(self, row: _Row, *, joined: bool) -> str | None:
        """A record on file that may have been read from this very capture."""
        if row.kind != "article" or row.content_digest is None:
            return None
        if not joined:
            return self._records.get((row.id, row.content_digest))
        found = self._connection.execute(
            "SELECT record FROM parts WHERE page_id = ? AND content_digest = ?",
            (row.page_id, row.content_digest),
        ).fetchone()
        return str(found[0]) if found else None

    def _records_differ(
        self, row: _Row, old: dict[str, Any], new: dict[str, Any], share: Share, *, joined: bool
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

    def _is_first(self, row: _Row, *, joined: bool) -> bool:
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

    def _shows_last(self, row: _Row) -> bool:
        """Is it the last capture of its page that was read as an article?"""
        later = self._connection.execute(
            """SELECT 1 FROM captures WHERE page_id = ? AND captured_at > ? AND kind = 'article'
            AND status != 304 LIMIT 1""",
            (row.page_id, row.captured_at),
        ).fetchone()
        return later is None

    def _is_telling(self, row: _Row) -> bool:
        """Is it by these bytes that the page is readable or not: has no later capture shown others?"""
        later = self._connection.execute(
            f"""SELECT 1 FROM captures WHERE page_id = ? AND captured_at > ? AND payload_digest != ?
            AND kind NOT IN {_SAYS_NOTHING} LIMIT 1""",
            (row.page_id, row.captured_at, row.payload_digest),
        ).fetchone()
        return later is None

    def _list_differs(self, row: _Row, listing: Listing, portal: Portal) -> bool:
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


def _capture_of(row: _Row, headers: tuple[tuple[str, str], ...], payload: bytes) -> Capture:
    return Capture(
        url=row.url,
        captured_at=parse_moment(row.captured_at),
        status=row.status,
        payload=payload,
        response_headers=headers,
        truncated=cast('Literal["length"] | None', row.truncated),
        via=cast('Literal["live", "warc", "wayback"]', row.via),
    )


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
