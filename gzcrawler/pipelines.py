"""Hands items to the archive's writer, without waiting: awaiting each commit costs a quarter of the speed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from gzcrawler.archive import Entry
    from gzcrawler.spiders.portal import PortalSpider

__all__ = ["ArchivePipeline"]


class ArchivePipeline:
    """The last stop of every capture and failure."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build from the crawler, whose spider has the run."""
        return cls(crawler)

    def process_item(self, item: Entry) -> Entry:
        """Submit and go on."""
        self._spider.run.submit(item)
        return item

    def close_spider(self) -> None:
        """Commit what waits, and conclude the run."""
        self._spider.conclude()

    @property
    def _spider(self) -> PortalSpider:
        spider: PortalSpider = self._crawler.spider  # type: ignore[assignment]  # the one spider of this project
        return spider
