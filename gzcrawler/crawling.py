"""Running a crawl in this process: Scrapy, its loop, and the two ways of being interrupted."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import uvloop
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings
from scrapy.utils.log import configure_logging

from gzcrawler import settings as project_settings
from gzcrawler.scheduler import ArchiveScheduler
from gzcrawler.spiders.portal import PortalSpider

if TYPE_CHECKING:
    from collections.abc import Callable

    from gzcrawler.archive import Verdict
    from gzcrawler.crawl_run import CrawlOptions, CrawlRun

__all__ = ["crawl"]


def crawl(options: CrawlOptions, *, watch: Callable[[CrawlRun], None] | None = None) -> Verdict:
    """Crawl until nothing is due, or a signal comes; returns the verdict, which is in the archive too.

    SIGINT or SIGTERM once: what is under way ends, exit code 130 or 143. Twice: stop now; the archive
    is as after a crash, which is to say whole.

    Args:
        options: what to crawl, and into what.
        watch: called about five times a second with the run, to show it.

    Raises:
        GzcrawlerError: the archive could not be opened or written.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_crawl(options, watch))


async def _crawl(options: CrawlOptions, watch: Callable[[CrawlRun], None] | None) -> Verdict:
    settings = Settings()
    settings.setmodule(project_settings, priority="project")
    settings.set("DOWNLOAD_TIMEOUT", options.portal.politeness.timeout, priority="cmdline")
    settings.set("DOWNLOAD_MAXSIZE", options.portal.politeness.max_bytes, priority="cmdline")
    configure_logging(settings)
    crawler_runner = AsyncCrawlerRunner(settings)
    crawler = crawler_runner.create_crawler(PortalSpider)
    task = asyncio.ensure_future(crawler_runner.crawl(crawler, options=options))
    loop = asyncio.get_running_loop()

    def interrupt(number: signal.Signals) -> None:
        run: CrawlRun | None = getattr(crawler.spider, "run", None)
        if run is None or run.interrupted:
            # Twice means now. Claims and queue go with the process; the archive knows nothing of them.
            os._exit(128 + number)
        run.stop(number.name)
        if crawler.engine is not None:
            scheduler = crawler.engine.scheduler
            assert isinstance(scheduler, ArchiveScheduler)
            scheduler.wake()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt, number)
    try:
        while not task.done():
            await asyncio.wait([task], timeout=0.2)
            run = getattr(crawler.spider, "run", None)
            if watch is not None and run is not None:
                watch(run)
        await task
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    spider = crawler.spider
    assert isinstance(spider, PortalSpider)
    if spider.error is not None:
        raise spider.error
    if spider.verdict is None:
        raise RuntimeError("the crawl ended without a verdict; see the log")
    return spider.verdict
