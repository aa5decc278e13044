"""Hands items to the archive's writer, without waiting: awaiting each commit costs a quarter of the speed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from gzcrawler.spiders.portal import PortalSpider

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from gzcrawler.archive import Entry
    from gzcrawler.crawl_run import CrawlRun

__all__ = ["ArchivePipeline"]


class ArchivePipeline:
    """The last stop of every capture and failure."""

    def __init__(self, run: CrawlRun) -> None:
        self._run = run

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Take the run of the crawler's spider."""
        assert isinstance(crawler.spider, PortalSpider)
        return cls(crawler.spider.run)

    def process_item(self, item: Entry) -> Entry:
        """Submit and go on."""
        self._run.submit(item)
        return item
