"""The peers of crawl_speed.py: a bare Scrapy spider that only follows links by one XPath.

``python benchmarks/peer_spider.py default|tuned PORT`` prints how many pages it fetched.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import scrapy
import uvloop
from scrapy.crawler import AsyncCrawlerRunner, CrawlerProcess
from scrapy.settings import Settings


class FollowSpider(scrapy.Spider):
    """Follows every link of the host; keeps nothing."""

    name = "follow"
    pages = 0

    async def start(self) -> Any:
        """The home page."""
        yield scrapy.Request(self.start_address)

    def parse(self, response: Any) -> Any:
        """One XPath, as tutorials have it."""
        type(self).pages += 1
        if not isinstance(response, scrapy.http.TextResponse):
            return
        for href in response.xpath("//a/@href").getall():
            url = response.urljoin(href)
            if url.startswith(self.start_address) and url.partition("#")[0].endswith((".html", ".htm", "/")):
                yield scrapy.Request(url)


TUNED = {
    "TWISTED_REACTOR_ENABLED": False,
    "CONCURRENT_ITEMS": 1,
    "DOWNLOAD_HANDLERS_BASE": {},
    "DOWNLOAD_HANDLERS": {"http": "gzcrawler.download.OneTryDownloadHandler"},
    "DOWNLOADER_MIDDLEWARES_BASE": {},
    "SPIDER_MIDDLEWARES_BASE": {},
    "EXTENSIONS_BASE": {},
    "TELNETCONSOLE_ENABLED": False,
}


def main() -> None:
    """Run one of the two."""
    which, port = sys.argv[1:]
    FollowSpider.start_address = f"http://127.0.0.1:{port}/"
    # Not a crawler's manners but a stopwatch: no delay, no robots.txt, sixteen requests at once.
    values: dict[str, Any] = {
        "LOG_LEVEL": "ERROR",
        "CONCURRENT_REQUESTS": 16,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
        "DOWNLOAD_DELAY": 0,
        "ROBOTSTXT_OBEY": False,
    }
    if which == "default":
        process = CrawlerProcess(values)
        process.crawl(FollowSpider)
        process.start()
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_crawl(Settings({**values, **TUNED})))
    print(FollowSpider.pages)


async def _crawl(settings: Settings) -> None:
    await AsyncCrawlerRunner(settings).crawl(FollowSpider)


if __name__ == "__main__":
    main()
