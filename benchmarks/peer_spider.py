"""The peers of crawl_speed.py: a bare Scrapy spider that only follows links by one XPath, and keeps nothing.

``python benchmarks/peer_spider.py default|tuned ADDRESS`` prints how many pages it fetched.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import scrapy
import uvloop
from scrapy.crawler import AsyncCrawlerRunner, CrawlerProcess
from scrapy.http import HtmlResponse, TextResponse
from scrapy.settings import Settings

from gzcrawler.download import ADDRESS_KEY, PACE_KEY
from gzcrawler.politeness import HostPace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from scrapy.http import Response

# Not a crawler's manners but a stopwatch: no delay, no robots.txt, sixteen requests at once.
DEFAULT: dict[str, Any] = {
    "LOG_LEVEL": "ERROR",
    "CONCURRENT_REQUESTS": 16,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "DOWNLOAD_DELAY": 0,
    "ROBOTSTXT_OBEY": False,
}
TUNED: dict[str, Any] = DEFAULT | {
    "TWISTED_REACTOR_ENABLED": False,
    "CONCURRENT_ITEMS": 1,
    "DOWNLOAD_HANDLERS_BASE": {},
    "DOWNLOAD_HANDLERS": {"http": "gzcrawler.download.OneTryDownloadHandler"},
    "DOWNLOADER_MIDDLEWARES_BASE": {},
    "SPIDER_MIDDLEWARES_BASE": {},
    "EXTENSIONS_BASE": {},
    "TELNETCONSOLE_ENABLED": False,
}


class FollowSpider(scrapy.Spider):
    """Follows every link of the host."""

    name = "follow"
    start_address = ""
    pages = 0
    pace = HostPace("127.0.0.1", 0.0, 16)

    async def start(self) -> AsyncIterator[Any]:
        """The home page."""
        yield self.request(self.start_address)

    def parse(self, response: Response, **kwargs: Any) -> Iterator[scrapy.Request]:
        """One XPath, as tutorials have it."""
        FollowSpider.pages += 1
        # The job's handler leaves it to whoever reads to say what a body is.
        page = response if isinstance(response, TextResponse) else _as_html(response)
        for href in page.xpath("//a/@href").getall():
            url = page.urljoin(href)
            if url.startswith(self.start_address) and url.partition("#")[0].endswith((".html", ".htm", "/")):
                yield self.request(url)

    def request(self, url: str) -> scrapy.Request:
        """A request with what the job's handler wants to know; Scrapy's own does not look at it."""
        return scrapy.Request(url, meta={PACE_KEY: self.pace, ADDRESS_KEY: url})


def _as_html(response: Response) -> TextResponse:
    return HtmlResponse(response.url, headers=response.headers, body=response.body)


def main() -> None:
    """Runs one of the two."""
    which, FollowSpider.start_address = sys.argv[1:]
    if which == "default":
        process = CrawlerProcess(DEFAULT)
        process.crawl(FollowSpider)
        process.start()
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_crawl(Settings(TUNED)))
    print(FollowSpider.pages)


async def _crawl(settings: Settings) -> None:
    await AsyncCrawlerRunner(settings).crawl(FollowSpider)


if __name__ == "__main__":
    main()
