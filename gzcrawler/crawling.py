"""Running a crawl in this process: Scrapy, its loop, and the two ways of being interrupted."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvloop
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings
from scrapy.utils.log import configure_logging

from gzcrawler import settings as project_settings
from gzcrawler.archive import utc_now
from gzcrawler.crawl_run import CrawlOptions, CrawlRun
from gzcrawler.spiders.portal import PortalSpider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from gzcrawler.archive import Verdict

__all__ = ["crawl"]

_WATCH_EVERY = 0.2
"""Seconds between two looks of whoever shows the run."""


def crawl(
    options: CrawlOptions,
    *,
    watch: Callable[[CrawlRun], None] = lambda _: None,
    now: Callable[[], datetime] = utc_now,
) -> Verdict:
    """Crawl until nothing is due, or a signal comes; returns the verdict, which is in the archive too.

    SIGINT or SIGTERM once: what is under way ends, exit code 130 or 143. Twice: stop now; the archive
    is as after a crash, which is to say whole.

    Args:
        options: what to crawl, and into what.
        watch: called about five times a second with the run, to show it.
        now: the wall clock.

    Raises:
        UsageError: a live portal, and nobody named who crawls it.
        ArchiveError: the archive could not be opened or written.
    """
    run = CrawlRun(options, now=now)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_crawl(run, watch))


async def _crawl(run: CrawlRun, watch: Callable[[CrawlRun], None]) -> Verdict:
    settings = Settings()
    settings.setmodule(project_settings, priority="project")
    configure_logging(settings)
    # Each response and each item is logged at levels that no handler wants: records made to be dropped.
    logging.getLogger("scrapy").setLevel(settings["LOG_LEVEL"])
    scrapy_runner = AsyncCrawlerRunner(settings)
    crawler = scrapy_runner.create_crawler(PortalSpider)
    with _interruptible(run):
        try:
            await _watched(asyncio.ensure_future(scrapy_runner.crawl(crawler, run=run)), run, watch)
        finally:
            # In a thread, so that a second signal is heard while the rest is committed.
            closing = asyncio.ensure_future(asyncio.to_thread(run.close))
            await _watched(closing, run, watch)
    return closing.result()


async def _watched(task: asyncio.Future[Any], run: CrawlRun, watch: Callable[[CrawlRun], None]) -> None:
    """Wait for a task, and show the run meanwhile."""
    while not task.done():
        await asyncio.wait([task], timeout=_WATCH_EVERY)
        watch(run)
    await task


@contextmanager
def _interruptible(run: CrawlRun) -> Iterator[None]:
    """Hear SIGINT and SIGTERM: once to end, twice to stop."""
    loop = asyncio.get_running_loop()

    def interrupt(number: signal.Signals) -> None:
        if run.interrupted:
            # Twice means now. Claims and queue go with the process; the archive knows nothing of them.
            os._exit(128 + number)
        run.stop(number.name)
        run.changed()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt, number)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
