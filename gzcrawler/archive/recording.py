"""The one door in: what a capture and its reading change in the database, inside a transaction of the caller.

Live crawl, recovery of a WARC tail, `rebuild`, imports and benchmarks all come through `Recorder.record`.
Nothing in here reads a clock, a file or the network.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from gzcrawler.archive.article_history import ArticleHistory, Change, reading_digest
from gzcrawler.archive.capture_case import NOT_ON_FILE, CaptureCase, outcome_of
from gzcrawler.archive.history import Sighting
from gzcrawler.archive.list_turns import ListTurns
from gzcrawler.archive.moments import format_moment, parse_moment
from gzcrawler.archive.next_turn import NextTurn
from gzcrawler.archive.outcomes import (
    FORBIDDEN_BY_ROBOTS,
    Deferral,
    Failure,
    Location,
    Outcome,
    Recorded,
    Result,
)
from gzcrawler.archive.page_contents import PageContents
from gzcrawler.archive.pages import PageRow, Pages
from gzcrawler.archive.revisit_policy import RevisitPolicy
from gzcrawler.errors import ReadingError, UsageError
from gzcrawler.items import Article, Capture, Listing, Reading

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from gzcrawler.archive.vanishing import Vanishing
    from gzcrawler.portals import Address, Portal

__all__ = ["Recorder"]

MAX_REDIRECTS = 5
"""Hops between addresses of one page before it counts as a failure."""


class Recorder:
    """Writes captures of one portal into the database, one at a time; the caller holds the transaction."""

    def __init__(
        self, connection: sqlite3.Connection, portal: Portal, policy: RevisitPolicy | None = None
    ) -> None:
        self._connection = connection
        self._portal = portal
        self._next_turn = NextTurn(portal, policy or RevisitPolicy())
        self._history = ArticleHistory(connection, portal)
        self._contents = PageContents(connection, portal)
        self.pages = Pages(connection, portal)
        self._turns = ListTurns(connection, portal)
        self.held_back: dict[str, Vanishing] = {}
        """By host: what vanished at once, so that removals were not confirmed."""

    @contextlib.contextmanager
    def expecting(self, urls: Iterable[str]) -> Iterator[None]:
        """Look up at once what recording captures of these addresses would ask one by one.

        Inside one transaction, in which nothing but this recorder writes of pages, captures and articles.
        """
        addresses = [address for url in urls if (address := self.pages.address(url)) is not None]
        self.pages.expect(address.canonical_url for address in addresses)
        self._history.expect(address.id for address in addresses if address.id is not None)
        try:
            yield
        finally:
            self.pages.expect(())
            self._history.forget()

    def record(
        self, capture: Capture, result: Result, *, location: Location, run_id: int, recorded_at: datetime
    ) -> Recorded:
        """Make one capture, and all that it says, true together.

        Raises:
            UsageError: the address is not of this portal, or a body came without its reading.
        """
        page = self.pages.ensure(self._address(capture.url))
        kind, because, content_digest = self._judge(capture, result, page, location.payload_digest)
        case = CaptureCase(
            capture=capture,
            result=result,
            page=page,
            capture_id=0,
            kind=kind,
            because=because,
            digest=location.payload_digest,
            content_digest=content_digest,
            moment=format_moment(capture.captured_at),
            recorded_at=format_moment(recorded_at),
            repeated=location.record_type != "response",
            alone=self._history.is_first_capture(page.article_id),
        )
        case = replace(case, capture_id=self._insert_capture(case, location, run_id))
        self._history.confirmations.arrived(case.moment)
        if page.last_seen is not None or page.last_verified is not None or kind == "unreadable":
            self._keep_quarantine(case, run_id)
        return self._settle(case)

    def settle(self, recorded_at: datetime) -> None:
        """At the end: judge anew what captures that came out of their order may have changed."""
        self._history.settle(format_moment(recorded_at))

    def is_withdrawn(self, capture: Capture, location: Location) -> bool:
        """Was this capture's payload redacted, or that of the one which it repeats?"""
        if location.record_type == "redacted":
            return True
        if location.record_type == "response" or self._is_stored(location.payload_digest):
            return False
        row = self._connection.execute(
            "SELECT 1 FROM captures WHERE payload_digest = ? AND record_type = 'redacted' LIMIT 1",
            (location.payload_digest,),
        ).fetchone()
        return row is not None

    def _is_stored(self, payload_digest: str) -> bool:
        row = self._connection.execute(
            "SELECT 1 FROM captures WHERE payload_digest = ? AND record_type = 'response' LIMIT 1",
            (payload_digest,),
        ).fetchone()
        return row is not None

    def record_withdrawn(
        self, capture: Capture, *, location: Location, run_id: int, recorded_at: datetime
    ) -> None:
        """Enter a capture of which only address, moment and digest are left."""
        page = self.pages.ensure(self._address(capture.url))
        case = CaptureCase(
            capture=capture,
            result=None,
            page=page,
            capture_id=0,
            kind="redacted",
            because=None,
            digest=location.payload_digest,
            content_digest=None,
            moment=format_moment(capture.captured_at),
            recorded_at=format_moment(recorded_at),
            repeated=False,
        )
        self._history.is_first_capture(page.article_id)
        self._insert_capture(case, location, run_id)
        self.pages.sighted(page, capture, links_digest=None, due_at=None)

    def record_failure(self, failure: Failure, *, run_id: int) -> Recorded:
        """Keep a failed fetch and make its page due again.

        Raises:
            UsageError: the address is not of this portal.
        """
        page = self.pages.ensure(self._address(failure.url))
        moment = format_moment(failure.failed_at)
        forbidden = failure.error == FORBIDDEN_BY_ROBOTS
        self._connection.execute(
            """INSERT OR IGNORE INTO failures (page_id, failed_at, run_id, url, error, message)
            VALUES (?, ?, ?, ?, ?, ?)""",
            (page.id, moment, run_id, failure.url, failure.error, failure.message),
        )
        if forbidden:
            self.pages.postpone(page, self.forbidden_until(failure))
        elif page.last_verified is None or moment >= page.last_verified or page.is_due(moment):
            self.pages.failed(page, failure.failed_at)
        return Recorded(
            outcome=Outcome.FORBIDDEN if forbidden else Outcome.FAILED,
            page_id=page.id,
            kind=page.kind,
            url=failure.url,
            article_id=page.article_id,
            reason=f"{failure.error}: {failure.message}",
        )

    def is_repeated(self, failure: Failure) -> bool:
        """Is it robots.txt again, which was on record as the last thing to keep the page from us?"""
        if failure.error != FORBIDDEN_BY_ROBOTS:
            return False
        row = self._connection.execute(
            """SELECT f.error FROM pages p JOIN failures f ON f.page_id = p.id
            WHERE p.canonical_url = ? AND f.failed_at > coalesce(p.last_verified, '')
            ORDER BY f.failed_at DESC LIMIT 1""",
            (self._address(failure.url).canonical_url,),
        ).fetchone()
        return row is not None and row[0] == FORBIDDEN_BY_ROBOTS

    def forbidden_until(self, failure: Failure) -> datetime:
        """When to look again whether robots.txt allows the page."""
        return failure.failed_at + _FORBIDDEN_AGAIN

    def defer(self, deferral: Deferral) -> Recorded:
        """Put a page off that is due; nothing was asked, and nothing is kept but its next turn."""
        page = self.pages.ensure(self._address(deferral.url))
        self.pages.postpone(page, deferral.until)
        return Recorded(
            outcome=deferral.outcome,
            page_id=page.id,
            kind=page.kind,
            url=deferral.url,
            article_id=page.article_id,
            reason=deferral.reason,
        )

    def _address(self, url: str) -> Address:
        address = self._portal.address(url)
        if address is None:
            raise UsageError(f"{url}: is not an address of portal {self._portal.name!r}")
        return address

    def _judge(
        self, capture: Capture, result: Result, page: PageRow, digest: str
    ) -> tuple[str, str | None, str | None]:
        """Kind, evidence and content digest that the capture's row carries."""
        if capture.status == HTTPStatus.NOT_MODIFIED:
            row = self._connection.execute(
                """SELECT kind, content_digest FROM captures
                WHERE page_id = ? AND payload_digest = ? AND status != 304 LIMIT 1""",
                (page.id, digest),
            ).fetchone()
            return (row[0], "not modified", row[1]) if row else ("unknown", NOT_ON_FILE, None)
        if capture.truncated in ("time", "disconnect"):
            return "unknown", f"cut off ({capture.truncated})", None
        if isinstance(result, ReadingError):
            return "unreadable", str(result), None
        if result is None:
            raise UsageError(f"{capture.url}: a capture with a body comes with its reading")
        read = result.page
        if isinstance(read, Article):
            return "article", None, reading_digest(read, part=page.part)
        if isinstance(read, Listing):
            return "listing", None, read.content_digest
        return read.kind, read.because, None

    def _insert_capture(self, case: CaptureCase, location: Location, run_id: int) -> int:
        capture = case.capture
        cursor = self._connection.execute(
            _INSERT_CAPTURE,
            (
                case.page.id,
                run_id,
                capture.url,
                case.moment,
                case.recorded_at,
                capture.via,
                capture.original_id,
                capture.status,
                case.kind,
                case.because,
                (capture.header("content-type") or "").partition(";")[0].strip().lower() or None,
                len(capture.payload),
                location.payload_digest,
                case.content_digest,
                capture.truncated,
                location.record_type,
                location.record_id,
                location.warc_file_id,
                location.offset,
                location.length,
            ),
        )
        return cursor.lastrowid or 0

    def _keep_quarantine(self, case: CaptureCase, run_id: int) -> None:
        """A page is in quarantine from a capture that cannot be read to the next one that says something."""
        if case.kind in _TELLS_NOTHING or self._is_followed(case, _TELLS):
            return
        if case.kind != "unreadable":
            # A 304 is read by nobody: the bytes that it repeats may be those that today's readers cannot read.
            self._connection.execute(
                """DELETE FROM quarantine WHERE page_id = ? AND NOT (? AND EXISTS (SELECT 1 FROM captures c
                    WHERE c.id = quarantine.capture_id AND c.payload_digest = ?))""",
                (case.page.id, case.capture.status == HTTPStatus.NOT_MODIFIED, case.digest),
            )
        elif isinstance(case.result, ReadingError):
            # The run that first saw the page fail keeps its name on it: old ones do not alarm again.
            self._connection.execute(
                """INSERT INTO quarantine (page_id, capture_id, error, message, run_id) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (page_id) DO UPDATE SET capture_id = excluded.capture_id,
                    error = excluded.error, message = excluded.message""",
                (case.page.id, case.capture_id, type(case.result).__name__, str(case.result), run_id),
            )

    # -- settling: what a capture changes beyond its own row --------------------------------------

    def _settle(self, case: CaptureCase) -> Recorded:
        if case.fault:
            if not case.live:
                self.pages.want(case.page, case.recorded_at)
            elif case.latest or case.page.is_due(case.moment):
                self.pages.failed(case.page, case.capture.captured_at)
            return case.recorded(Outcome.FAULT, 0)
        new_pages = self._discover(case, case.result.discovered) if isinstance(case.result, Reading) else 0
        change = None
        links_digest = case.page.links_digest
        if case.page.article_id is not None:
            change = self._update_article(case, case.page.article_id)
            if case.article is not None and not self._is_followed(case, _SHOWS):
                links_digest = self._contents.store_links(case.page, case.article)
        leads_on = case.listing is not None and self._take_listing(case, case.listing)
        if not case.live:
            self._settle_from_elsewhere(case, links_digest)
        elif not case.latest:
            self.pages.sighted(
                case.page,
                case.capture,
                links_digest=links_digest,
                due_at=self._next_turn.due_after(case, change, self._next_turn.missing_since(case)),
            )
        elif (turn := self._take_turn(case, links_digest, change)) != "taken":
            outcome = Outcome.FAULT if turn == "astray" else outcome_of(case, change)
            return replace(case.recorded(outcome, new_pages), elsewhere=turn == "elsewhere")
        elif case.kind == "listing" and case.page.list_url is not None:
            self._turns.go_on(case.page, case.content_digest, case.capture.captured_at, leads_on=leads_on)
        return case.recorded(outcome_of(case, change), new_pages)

    def _discover(self, case: CaptureCase, urls: Sequence[str]) -> int:
        if case.live:
            return self.pages.discover(urls, case.capture.captured_at)
        return self.pages.discover(urls, parse_moment(case.recorded_at), behind=True)

    def _settle_from_elsewhere(self, case: CaptureCase, links_digest: str | None) -> None:
        """What was not fetched by a crawl takes no turn; a page that no crawl has asked is due for a look."""
        self.pages.imported(
            case.page,
            case.capture,
            kind=case.kind,
            links_digest=links_digest,
            last=not self._is_followed(case, _ANSWERS),
        )
        self.pages.want(case.page, case.recorded_at, kept=case.kind in ("asset", "robots"))
        target = case.redirect_target
        address = self._portal.address(target, case.capture.url) if target is not None else None
        if address is not None and address.canonical_url != case.page.canonical_url:
            self._discover(case, [address.url])

    def _take_listing(self, case: CaptureCase, listing: Listing) -> bool:
        """Store what stood where; may there be more behind the page that the list never showed?"""
        fresh = self._contents.store_listing(
            case.page,
            listing,
            digest=listing.content_digest,
            address=self._address(case.capture.url),
            moment=case.moment,
        )
        return (
            case.live
            and case.latest
            and self._turns.take(case.page, listing, fresh, case.capture.captured_at)
        )

    def _update_article(self, case: CaptureCase, article_id: str) -> Change | None:
        """Parts first, since the article's history is folded from them; then what is to be asked next."""
        page, article = case.page, case.article
        if article is not None and (page.part > 1 or article.continued_on):
            assert case.content_digest is not None
            self._history.keep_part(page.id, case.content_digest, article, case.moment)
        sighting = Sighting(
            case.capture_id,
            page.canonical_url,
            page.part,
            case.moment,
            case.digest,
            case.kind,
            case.content_digest if case.kind == "article" else None,
            case.live,
        )
        change = self._history.update(article_id, sighting, article, case.recorded_at, alone=case.alone)
        if change is not None and change.held_back is not None:
            self.held_back[change.held_back.host] = change.held_back
        if case.kind == "article" and page.part == 1 and case.latest and case.live:
            if article is None:
                self.pages.ask_known_parts(page, case.capture.captured_at)
            elif article.continued_on:
                self.pages.ask_parts(article.continued_on, case.capture.captured_at)
        return change

    def _take_turn(
        self, case: CaptureCase, links_digest: str | None, change: Change | None
    ) -> Literal["taken", "elsewhere", "astray"]:
        """When and where the page is asked next: at its next turn, at another address now, or as after a failure
        where it leads to itself without an end."""
        page, capture = case.page, case.capture
        since = self._next_turn.missing_since(case)
        gone = change is not None and change.state == "gone"
        sought = case.kind in _ELSEWHERE and not gone
        target = case.redirect_target
        if target is not None:
            address = self._portal.address(target, capture.url)
            if address is not None and address.canonical_url == page.canonical_url:
                # To another address of the same page.
                if address.url != page.working_url and page.failures < MAX_REDIRECTS:
                    self.pages.redirected(page, address, capture.captured_at)
                    return "elsewhere"
                self.pages.failed(page, capture.captured_at)
                return "astray"
            if address is not None:
                self.pages.discover([address.url], capture.captured_at)
        elif since is not None and sought and self.pages.try_next_alias(page, capture.captured_at, since):
            return "elsewhere"
        self.pages.verified(
            page,
            capture,
            kind=case.kind,
            due_at=self._next_turn.due_after(case, change, since),
            digest=case.digest,
            links_digest=links_digest,
            missing_since=since,
        )
        return "taken"

    def _is_followed(self, case: CaptureCase, counts: str) -> bool:
        """Is a capture of the page on file that comes after it, and counts?

        Of captures of one moment, as archives that keep whole seconds have them, the greater digest is the later.
        """
        if case.alone:
            return False
        row = self._connection.execute(
            f"""SELECT 1 FROM captures WHERE page_id = ?1 AND captured_at >= ?2
            AND (captured_at > ?2 OR payload_digest > ?3) AND {counts} LIMIT 1""",
            (case.page.id, case.moment, case.digest),
        ).fetchone()
        return row is not None


_INSERT_CAPTURE = """INSERT INTO captures
    (page_id, run_id, url, captured_at, recorded_at, via, original_id, status, kind, because, media_type,
     length, payload_digest, content_digest, truncated, record_type, record_id, warc_file_id, warc_offset, warc_length)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""

_TELLS_NOTHING = ("unknown", "challenge", "redirect")
"""Kinds of captures that say nothing of what stands at the page."""

_TELLS = f"kind NOT IN {_TELLS_NOTHING}"
_SHOWS = f"kind = 'article' AND status != {int(HTTPStatus.NOT_MODIFIED)}"
_ANSWERS = "status < 500 AND truncated IS NOT 'time' AND truncated IS NOT 'disconnect'"
"""Of captures: what counts as the last one that …"""

_FORBIDDEN_AGAIN = timedelta(hours=20)
"""robots.txt is read in every run; a daily run looks whether it still forbids the page."""

_ELSEWHERE = frozenset({"removed", "challenge", "unknown"})
"""Answers after which another host may still show the page."""
