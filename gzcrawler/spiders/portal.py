"""The one spider: each response becomes a capture and its reading, each failure a record of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from scrapy import Spider

from gzcrawler._version import __version__
from gzcrawler.archive import Entry, Failure, Fetched, Selection, Verdict, utc_now
from gzcrawler.crawl_run import CrawlOptions, CrawlRun
from gzcrawler.download import CAPTURE_KEY, PACE_KEY, FetchError
from gzcrawler.errors import GzcrawlerError
from gzcrawler.portals import load_portal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure as TwistedFailure

    from gzcrawler.items import Capture

__all__ = ["PortalSpider", "user_agent"]


class PortalSpider(Spider):
    """Crawls a portal into an archive: ``scrapy crawl portal -a portal=guangzhou [-a archive=DIR]``."""

    name = "portal"
    run: CrawlRun
    verdict: Verdict | None = None
    error: GzcrawlerError | None = None

    def __init__(self, *, options: CrawlOptions, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.options = options
        self.request_headers = {
            "User-Agent": user_agent(options.contact),
            "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
            "Accept-Encoding": "gzip, deflate",
        }

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Take options as they are, or make them from the arguments of ``scrapy crawl``."""
        options = kwargs.pop("options", None) or CrawlOptions(
            archive=Path(kwargs.pop("archive", crawler.settings.get("GZCRAWLER_ARCHIVE"))),
            portal=load_portal(kwargs.pop("portal", "guangzhou")),
            selection=Selection(),
            contact=crawler.settings.get("GZCRAWLER_CONTACT"),
        )
        if options.portal.connect:
            crawler.settings.set("GZCRAWLER_CONNECT", options.portal.connect, priority="spider")
        return super().from_crawler(crawler, *args, options=options, **kwargs)

    def begin(self, wake: Callable[[], None]) -> None:
        """Open the archive; the scheduler calls this before the first request."""
        self.run = CrawlRun(self.options, wake=wake)

    def conclude(self) -> None:
        """Close the run; an error of the archive is kept for whoever started the crawl."""
        try:
            self.verdict = self.run.close()
        except GzcrawlerError as error:
            self.error = error
            self.logger.critical("%s", error)

    async def start(self) -> AsyncIterator[Any]:
        """Nothing of its own: all requests come from the frontier."""
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
        text = capture.payload.decode("utf-8", "replace")
        self.run.dispatcher.robots_answered(response.meta[PACE_KEY], capture.status, text)
        yield self.run.read(capture)

    def robots_failed(self, failure: TwistedFailure) -> Iterator[Entry]:
        """robots.txt did not come."""
        pace = failure.request.meta[PACE_KEY]  # type: ignore[attr-defined]  # set by Scrapy
        record = _as_failure(failure)
        self.run.dispatcher.robots_failed(pace, record.message, asyncio.get_running_loop().time())
        yield record


def user_agent(contact: str | None) -> str:
    """Who asks: name, version, and where to complain."""
    return f"gzcrawler/{__version__}" + (f" (+{contact})" if contact else "")


def _as_failure(failure: TwistedFailure) -> Failure:
    error = failure.value
    kind = error.kind if isinstance(error, FetchError) else "internal"
    message = str(error) or type(error).__name__
    return Failure(failure.request.url, utc_now(), kind, message)  # type: ignore[attr-defined]  # set by Scrapy
