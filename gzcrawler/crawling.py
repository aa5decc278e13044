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

__all__ = ["crawl", "drive", "interruptible", "new_loop", "scrapy_runner"]

_WATCH_EVERY = 0.2
"""Seconds between two looks of whoever shows the run."""

new_loop = uvloop.new_event_loop


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
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(_crawl(run, watch))


async def _crawl(run: CrawlRun, watch: Callable[[CrawlRun], None]) -> Verdict:
    def stop(signal_name: str) -> None:
        run.stop(signal_name)
        run.changed()

    with interruptible(stop):
        driving = asyncio.ensure_future(drive(run, scrapy_runner()))
        while not driving.done():
            await asyncio.wait([driving], timeout=_WATCH_EVERY)
            watch(run)
        return await driving


def scrapy_runner() -> AsyncCrawlerRunner:
    """Scrapy with the project's settings; inside a running loop."""
    settings = Settings()
    settings.setmodule(project_settings, priority="project")
    configure_logging(settings)
    # Each response and each item is logged at levels that no handler wants: records made to be dropped.
    logging.getLogger("scrapy").setLevel(settings["LOG_LEVEL"])
    return AsyncCrawlerRunner(settings)


async def drive(run: CrawlRun, runner: AsyncCrawlerRunner) -> Verdict:
    """Crawl with an open run until it has nothing left to do, and close it.

    Raises:
        GzcrawlerError: the archive could not be written; what was committed is safe.
        BaseException: a bug that ended the run.
    """
    try:
        await runner.crawl(runner.create_crawler(PortalSpider), run=run)
    finally:
        # In a thread, so that a second signal is heard while the rest is committed.
        verdict = await asyncio.to_thread(run.close)
    return verdict


@contextmanager
def interruptible(stop: Callable[[str], None]) -> Iterator[None]:
    """Hear SIGINT and SIGTERM in the running loop: once to end, by `stop`; twice to leave at once."""
    loop = asyncio.get_running_loop()
    heard: list[Any] = []

    def interrupt(number: signal.Signals) -> None:
        if heard:
            # Twice means now. Claims and queue go with the process; the archive knows nothing of them.
            os._exit(128 + number)
        heard.append(number)
        stop(number.name)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt, number)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
