"""One capture on its way into the database: what it is, by its bytes, its reading and its page. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from gzcrawler.archive.outcomes import Outcome, Recorded
from gzcrawler.items import Article, Listing, OtherPage, Reading

if TYPE_CHECKING:
    from gzcrawler.archive.article_history import Change
    from gzcrawler.archive.outcomes import Result
    from gzcrawler.archive.pages import PageRow
    from gzcrawler.items import Capture

__all__ = ["FAULTY_STATUSES", "NOT_ON_FILE", "CaptureCase", "outcome_of"]

NOT_ON_FILE = "not modified since a capture not on file"
"""Why a 304 says nothing."""

_NO_ANSWER = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT, HTTPStatus.PARTIAL_CONTENT})
"""Successes that show no page; nobody asked for them."""

_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
"""Client errors that say 'later', as all of 5xx do."""

FAULTY_STATUSES = frozenset(map(int, _NO_ANSWER | _LATER))
"""Below 500, those that say nothing of the page."""

_PLAIN_OUTCOMES = {
    "listing": Outcome.LISTED,
    "home": Outcome.LISTED,
    "removed": Outcome.MISSING,
    "challenge": Outcome.MISSING,
    "redirect": Outcome.MOVED,
    "unreadable": Outcome.QUARANTINED,
}


@dataclass(frozen=True, slots=True)
class CaptureCase:
    """One capture under way through the recorder."""

    capture: Capture
    result: Result
    page: PageRow
    capture_id: int
    kind: str
    because: str | None
    digest: str
    """Of the payload that the capture stands for."""
    content_digest: str | None
    moment: str
    """Of the capture, as the archive writes it."""
    recorded_at: str
    repeated: bool
    """The bytes were on file already, or the server said so."""
    alone: bool = False
    """It is known that no other capture of its article is on file."""

    @property
    def live(self) -> bool:
        """It was fetched by a crawl of this archive, just now or when it was recorded."""
        return self.capture.via == "live"

    @property
    def latest(self) -> bool:
        """No later capture of a crawl has said what stands at the page."""
        return self.page.last_verified is None or self.moment >= self.page.last_verified

    @property
    def fault(self) -> bool:
        """The server failed, or the body was cut off: this says nothing of the page."""
        status = self.capture.status
        return self.kind == "unknown" and (
            self.capture.truncated in ("time", "disconnect")
            or status in FAULTY_STATUSES
            or self.because == NOT_ON_FILE
            or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        )

    @property
    def article(self) -> Article | None:
        read = self.result.page if isinstance(self.result, Reading) else None
        return read if isinstance(read, Article) and self.kind == "article" else None

    @property
    def listing(self) -> Listing | None:
        read = self.result.page if isinstance(self.result, Reading) else None
        return read if isinstance(read, Listing) and self.kind == "listing" else None

    @property
    def redirect_target(self) -> str | None:
        read = self.result.page if isinstance(self.result, Reading) else None
        return read.target if isinstance(read, OtherPage) and read.kind == "redirect" else None

    def recorded(self, outcome: Outcome, new_pages: int) -> Recorded:
        return Recorded(
            outcome=outcome,
            page_id=self.page.id,
            kind=self.kind,
            url=self.capture.url,
            article_id=self.page.article_id,
            title=self.article.title if self.article else None,
            reason=self.because,
            new_pages=new_pages,
        )


def outcome_of(case: CaptureCase, change: Change | None) -> Outcome:
    """What became of it, in one word; `change` is what it did to its article."""
    if change is not None:
        if change.gone:
            return Outcome.TOMBSTONE
        if change.first:
            return Outcome.FIRST
        if change.revised:
            return Outcome.REVISED
    if case.repeated and case.kind != "unreadable":
        return Outcome.REVISIT
    if case.kind == "article":
        return Outcome.UNCHANGED if change is not None and change.complete else Outcome.PART
    return _PLAIN_OUTCOMES.get(case.kind, Outcome.STORED)
