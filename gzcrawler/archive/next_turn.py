"""When a page is asked again, by what its last capture showed: the revisit policy, told what it has to know. Pure."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from gzcrawler.archive.moments import PORTAL_ZONE, parse_moment

if TYPE_CHECKING:
    from gzcrawler.archive.article_history import Change
    from gzcrawler.archive.capture_case import CaptureCase
    from gzcrawler.archive.revisit_policy import RevisitPolicy
    from gzcrawler.items import Listing
    from gzcrawler.portals import Portal

__all__ = ["NextTurn"]

_MISSING = frozenset({"removed", "challenge", "unreadable"})


class NextTurn:
    """Turns of the pages of one portal."""

    def __init__(self, portal: Portal, policy: RevisitPolicy) -> None:
        self._portal = portal
        self._policy = policy
        self._seeds = frozenset(address.canonical_url for address in portal.seeds())

    def missing_since(self, case: CaptureCase) -> datetime | None:
        """First capture of the row, up to this one, that did not show what should stand at the page."""
        hides = case.kind in _MISSING or (
            case.kind == "unknown" and case.capture.status >= HTTPStatus.BAD_REQUEST
        )
        hides |= case.kind == "redirect" and case.page.missing_since is not None
        # A list that shows something else, be it well-formed, is not there.
        hides |= case.page.kind == "listing" and case.kind not in ("listing", "article", "redirect")
        if not hides:
            return None
        return parse_moment(min(case.page.missing_since or case.moment, case.moment))

    def due_after(
        self, case: CaptureCase, change: Change | None, missing_since: datetime | None
    ) -> datetime | None:
        """When its page is to be asked again; None is never, of its own accord.

        Args:
            case: the capture.
            change: what it did to its article.
            missing_since: as of `missing_since`.
        """
        page, at = case.page, case.capture.captured_at
        if page.part > 1 and page.kind == "article":
            return self._policy.further(at)
        if missing_since is not None:
            return self._policy.missing(
                at,
                since=missing_since,
                known=page.first_seen is not None,
                hidden=case.kind in ("challenge", "unknown"),
                seed=page.canonical_url in self._seeds,
                url=page.canonical_url,
            )
        if case.kind == "article":
            born = (case.article.published if case.article else None) or page.first_seen
            return self._policy.article(
                at,
                born_at=_as_moment(born) if born else None,
                checks=change.checks if change else None,
                url=page.canonical_url,
            )
        return self._policy.other(
            case.kind if case.kind in ("asset", "robots") else page.kind,
            at,
            seed=page.canonical_url in self._seeds,
            useful=page.kind in ("feed", "sitemap")
            or (case.listing is not None and page.part == 1 and self._shows_articles(case.listing)),
            url=page.canonical_url,
        )

    def _shows_articles(self, listing: Listing) -> bool:
        found = (self._portal.address(entry.url) for entry in listing.entries)
        return any(address is not None and address.kind == "article" for address in found)


def _as_moment(published: str) -> datetime:
    moment = datetime.fromisoformat(published)
    return moment if moment.tzinfo else moment.replace(tzinfo=PORTAL_ZONE)
