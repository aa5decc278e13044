"""The one spider: each response becomes a capture and its reading, each failure a record of it."""

from __future__ import annotations

import asyncio
import signal
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from scrapy import Spider, signals

from gzcrawler.archive import Entry, Failure, Fetched, Selection, utc_now
from gzcrawler.archive.configuration import read_configuration
from gzcrawler.crawl_options import CrawlOptions, require_sections
from gzcrawler.crawl_run import CrawlRun
from gzcrawler.download import ADDRESS_KEY, CAPTURE_KEY, FetchError
from gzcrawler.errors import GzcrawlerError, ReadingError, UndecodableError, UsageError
from gzcrawler.politeness import Window, user_agent
from gzcrawler.portals import load_portal
from gzcrawler.readers import undo_content_encoding

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from types import FrameType

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure as TwistedFailure

    from gzcrawler.items import Capture

__all__ = ["ROBOTS_KEY", "PortalSpider"]

ROBOTS_KEY = "gzcrawler_robots_of"
"""Where the meta of a request for robots.txt carries the host whose rules are asked for."""


class PortalSpider(Spider):
    """Crawls a portal into an archive.

    ``scrapy crawl portal -a portal=NAME|FILE.toml [-a archive=DIR] [-a section=KEY,KEY] [-a since=YYYY-MM-DD]
    [-a images=no] [-a max_pages=N] [-a max_bytes=N]``
    """

    name = "portal"

    def __init__(self, *, run: CrawlRun, listens: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run = run
        self._listens = listens
        self._signal = "SIGINT"
        self.request_headers = {
            "User-Agent": user_agent(run.options.contact),
            "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
            "Accept-Encoding": "gzip, deflate",
        }

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, run: CrawlRun | None = None, **kwargs: Any) -> Self:
        """Take a run that was opened elsewhere, or open one from the arguments of ``scrapy crawl``."""
        if run is not None:
            spider = super().from_crawler(crawler, *args, run=run, **kwargs)
        else:
            run = CrawlRun(_options(kwargs, crawler.settings))
            spider = super().from_crawler(crawler, *args, run=run, listens=True)
            crawler.signals.connect(spider.conclude, signals.spider_closed)
        crawler.signals.connect(spider.broken, signals.spider_error)
        politeness = run.portal.politeness
        for name, value in (
            ("DOWNLOAD_TIMEOUT", politeness.timeout),
            ("DOWNLOAD_MAXSIZE", run.options.max_bytes or politeness.max_bytes),
            ("GZCRAWLER_CONNECT", run.portal.connect),
        ):
            crawler.settings.set(name, value, priority="spider")
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Nothing of its own: all requests come from the frontier."""
        if self._listens:
            self._listen()
        return
        yield

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Fetched]:
        """A page came."""
        capture: Capture = response.meta[CAPTURE_KEY]
        yield self.run.read(capture)

    def failed(self, failure: TwistedFailure) -> Iterator[Entry]:
        """A page did not come: without a record of it its claim would hang the run."""
        yield _as_failure(failure)

    def parse_robots(self, response: Response) -> Iterator[Fetched]:
        """robots.txt came: it goes into the archive like any page, and rules from now on."""
        capture: Capture = response.meta[CAPTURE_KEY]
        host = response.meta[ROBOTS_KEY]
        try:
            text = robots_text(capture)
        except ReadingError as error:
            # Half a file, or one that cannot be decoded, allows nothing and forbids nothing for sure.
            clock = asyncio.get_running_loop().time()
            self.run.dispatcher.robots_failed(host, str(error), clock)
        else:
            self.run.dispatcher.robots_answered(host, capture.status, text, capture.header("location"))
        yield self.run.read(capture)

    def robots_failed(self, failure: TwistedFailure) -> Iterator[Entry]:
        """robots.txt did not come."""
        record = _as_failure(failure)
        host = failure.request.meta[ROBOTS_KEY]  # type: ignore[attr-defined]  # set by Scrapy
        self.run.dispatcher.robots_failed(host, record.message, asyncio.get_running_loop().time())
        yield record

    def broken(self, failure: TwistedFailure) -> None:
        """A bug of ours in one of the above: its claim would never be released, so the run ends."""
        assert failure.value is not None
        self.run.fail(failure.value)

    def _listen(self) -> None:
        """Learn which signal ends the run: Scrapy, which has its handlers in place by now, does not tell."""
        for number in (signal.SIGINT, signal.SIGTERM):
            handler = signal.getsignal(number)
            if callable(handler):
                signal.signal(number, partial(self._on_signal, handler))

    def _on_signal(
        self, handler: Callable[[int, FrameType | None], Any], number: int, frame: FrameType | None
    ) -> None:
        self._signal = signal.Signals(number).name
        handler(number, frame)

    def conclude(self, reason: str) -> None:
        """Close a run that `scrapy crawl` began; its verdict goes into the log, and into the archive."""
        if reason == "shutdown":
            self.run.stop(self._signal)
        try:
            verdict = self.run.close()
        except GzcrawlerError as error:
            self.logger.critical("%s", error)
        else:
            self.logger.warning("%s", verdict.verdict)


def robots_text(capture: Capture) -> str:
    """What a robots.txt says.

    Raises:
        ReadingError: it is cut off, or its content encoding is broken.
    """
    if capture.truncated:
        raise UndecodableError(f"{capture.url}: cut off ({capture.truncated})")
    encoding = capture.header("content-encoding")
    return undo_content_encoding(capture.payload, encoding, url=capture.url).decode("utf-8", "replace")


_ARGUMENTS = ("archive", "portal", "section", "since", "images", "max_pages", "max_bytes")


def _options(given: dict[str, str], settings: BaseSettings) -> CrawlOptions:
    """Options from the ``-a`` arguments of ``scrapy crawl``."""
    if strange := sorted(given.keys() - {*_ARGUMENTS, "_job"}):
        raise UsageError(f"-a {strange[0]}: no such argument ({', '.join(_ARGUMENTS)})")
    archive = Path(given.get("archive") or settings["GZCRAWLER_ARCHIVE"])
    told = read_configuration(archive)
    portal = load_portal(given.get("portal", "guangzhou"))
    sections = tuple(key for key in given.get("section", "").split(",") if key)
    require_sections(portal, sections)
    images = given.get("images", "yes")
    if images not in ("yes", "no"):
        raise UsageError(f"-a images={images}: is neither yes nor no")
    return CrawlOptions(
        archive=archive,
        portal=portal,
        selection=Selection(sections=sections, since=_day(given), images=images == "yes"),
        max_pages=_number(given, "max_pages"),
        max_bytes=_number(given, "max_bytes"),
        contact=settings["GZCRAWLER_CONTACT"] or told.contact,
        window=Window.parse(told.window) if told.window else None,
    )


def _number(given: dict[str, str], name: str) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise UsageError(f"-a {name}={text}: is no number of at least 1")
    return int(text)


def _day(given: dict[str, str]) -> str | None:
    text = given.get("since")
    if text is None:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise UsageError(f"-a since={text}: is no day; write YYYY-MM-DD") from error


def _as_failure(failure: TwistedFailure) -> Failure:
    error = failure.value
    kind = error.kind if isinstance(error, FetchError) else "internal"
    message = str(error) or type(error).__name__
    address = failure.request.meta[ADDRESS_KEY]  # type: ignore[attr-defined]  # set by Scrapy
    return Failure(address, utc_now(), kind, message)
