"""The archive's frontier as Scrapy's scheduler: an adapter, with no rule of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.core.scheduler import BaseScheduler

from gzcrawler.download import PACE_KEY, VALIDATED_KEY

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.spiders import Spider
    from twisted.internet.defer import Deferred

    from gzcrawler.dispatch import Assignment
    from gzcrawler.spiders.portal import PortalSpider

__all__ = ["ArchiveScheduler"]


class ArchiveScheduler(BaseScheduler):
    """Asks the run what to send next; wakes the engine when time or a commit brings something."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ArchiveScheduler:
        """Build from the crawler, whose engine is woken."""
        return cls(crawler)

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._spider: PortalSpider | None = None
        self._timer: asyncio.TimerHandle | None = None

    def open(self, spider: Spider) -> Deferred[None] | None:
        """Begin the spider's run: from here on the archive is locked."""
        self._spider = spider  # type: ignore[assignment]  # the one spider of this project
        self._loop = asyncio.get_running_loop()
        assert self._spider is not None
        self._spider.begin(self._wake_from_thread)
        return None

    def close(self, reason: str) -> Deferred[None] | None:
        """Nothing to keep: the frontier is in the archive."""
        if self._timer is not None:
            self._timer.cancel()
        return None

    def has_pending_requests(self) -> bool:
        """Also while claims are not acknowledged: their commit may bring more."""
        assert self._spider is not None
        return self._spider.run.has_pending()

    def enqueue_request(self, request: Request) -> bool:
        """Refuse: requests come from the archive alone."""
        return False

    def next_request(self) -> Request | None:
        """The next request that may start now."""
        assert self._spider is not None
        run = self._spider.run
        clock = self._loop.time()
        assignment = run.next_assignment(clock)
        if assignment is None:
            wake_at = run.dispatcher.wake_at(clock)
            if wake_at is not None:
                if self._timer is not None:
                    self._timer.cancel()
                self._timer = self._loop.call_at(wake_at, self.wake)
            return None
        return self._request(assignment, self._spider)

    def _request(self, assignment: Assignment, spider: PortalSpider) -> Request:
        headers = dict(spider.request_headers)
        meta: dict[str, object] = {PACE_KEY: assignment.pace}
        page = assignment.page
        if page is None:
            return Request(
                assignment.url,
                callback=spider.parse_robots,
                errback=spider.robots_failed,
                headers=headers,
                meta=meta,
                dont_filter=True,
            )
        if page.validated_digest is not None:
            meta[VALIDATED_KEY] = page.validated_digest
            if page.etag:
                headers["If-None-Match"] = page.etag
            if page.last_modified:
                headers["If-Modified-Since"] = page.last_modified
        return Request(
            assignment.url,
            callback=spider.parse,
            errback=spider.failed,
            headers=headers,
            meta=meta,
            dont_filter=True,
        )

    def _wake_from_thread(self) -> None:
        self._loop.call_soon_threadsafe(self.wake)

    def wake(self) -> None:
        """Let the engine look for the next request now."""
        engine = self._crawler.engine
        if engine is not None and engine.running:
            # The engine has no public word for 'look again now'; its heartbeat would come in 5 seconds.
            slot = engine._slot  # noqa: SLF001
            if slot is not None:
                slot.nextcall.schedule()
