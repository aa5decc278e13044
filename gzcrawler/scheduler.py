"""The archive's frontier as Scrapy's scheduler: an adapter, with no rule of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.core.scheduler import BaseScheduler

from gzcrawler.download import ADDRESS_KEY, PACE_KEY, VALIDATED_KEY
from gzcrawler.spiders.portal import ROBOTS_KEY, PortalSpider

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.spiders import Spider
    from twisted.internet.defer import Deferred

    from gzcrawler.dispatch import Assignment

__all__ = ["ArchiveScheduler"]


class ArchiveScheduler(BaseScheduler):
    """Asks the run what to send next; wakes the engine when time or a commit brings something."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ArchiveScheduler:
        """Build from the crawler, whose engine is woken."""
        return cls(crawler)

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._timer: asyncio.TimerHandle | None = None

    def open(self, spider: Spider) -> Deferred[None] | None:
        """Listen to the spider's run."""
        assert isinstance(spider, PortalSpider)
        self._spider = spider
        self._run = spider.run
        self._loop = asyncio.get_running_loop()
        # An exception in a callback of the engine would be logged, and the run never end. Where several runs
        # share the loop, whoever started them listens.
        if self._loop.get_exception_handler() is None:
            self._loop.set_exception_handler(self._on_exception)
        self._run.changed = self._wake_from_thread
        return None

    def close(self, reason: str) -> Deferred[None] | None:
        """Nothing to keep: the frontier is in the archive."""
        self._set_timer(None)
        self._run.changed = lambda: None
        if self._loop.get_exception_handler() == self._on_exception:
            self._loop.set_exception_handler(None)
        return None

    def has_pending_requests(self) -> bool:
        """Also while claims are not acknowledged: their commit may bring more."""
        try:
            return self._run.has_pending()
        except BaseException as error:
            # Whatever it is: from here it would go to the loop, which other runs may share.
            self._run.fail(error)
            return False

    def enqueue_request(self, request: Request) -> bool:
        """Refuse: requests come from the archive alone."""
        return False

    def next_request(self) -> Request | None:
        """The next request that may start now."""
        clock = self._loop.time()
        try:
            assignment = self._run.next_assignment(clock)
        except BaseException as error:
            # As above.
            self._run.fail(error)
            return None
        if assignment is not None:
            return self._request(assignment)
        self._set_timer(self._run.wake_at(clock))
        return None

    def wake(self) -> None:
        """Let the engine look for the next request now."""
        engine = self._crawler.engine
        # Scrapy 2.19 has no public word for 'look again now'; its own heartbeat would come in 5 seconds.
        if engine is not None and engine.running and engine._slot is not None:  # noqa: SLF001
            engine._slot.nextcall.schedule()  # noqa: SLF001

    def _request(self, assignment: Assignment) -> Request:
        spider, page = self._spider, assignment.page
        headers = dict(spider.request_headers)
        meta: dict[str, object] = {ADDRESS_KEY: assignment.url, PACE_KEY: assignment.pace}
        if page is None:
            meta[ROBOTS_KEY] = assignment.robots_of
        elif page.validated_digest is not None:
            meta[VALIDATED_KEY] = page.validated_digest
            if page.etag:
                headers["If-None-Match"] = page.etag
            if page.last_modified:
                headers["If-Modified-Since"] = page.last_modified
        return Request(
            assignment.url,
            callback=spider.parse if page is not None else spider.parse_robots,
            errback=spider.failed if page is not None else spider.robots_failed,
            headers=headers,
            meta=meta,
            dont_filter=True,
        )

    def _set_timer(self, moment: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(moment, self.wake) if moment is not None else None

    def _wake_from_thread(self) -> None:
        self._loop.call_soon_threadsafe(self.wake)

    def _on_exception(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is None:
            loop.default_exception_handler(context)
        else:
            self._run.fail(error)
