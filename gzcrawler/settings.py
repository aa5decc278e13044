"""Scrapy settings of the project, each with its reason. Speeds: docs/performance.md."""

import os
from typing import Any

BOT_NAME = "gzcrawler"
SPIDER_MODULES = ["gzcrawler.spiders"]
NEWSPIDER_MODULE = "gzcrawler.spiders"

# asyncio alone: no Twisted reactor is needed, and uvloop can be the loop.
TWISTED_REACTOR_ENABLED = False

SCHEDULER = "gzcrawler.scheduler.ArchiveScheduler"
ITEM_PIPELINES = {"gzcrawler.pipelines.ArchivePipeline": 100}
DOWNLOAD_HANDLERS_BASE: dict[str, Any] = {}
DOWNLOAD_HANDLERS = {
    "http": "gzcrawler.download.OneTryDownloadHandler",
    "https": "gzcrawler.download.OneTryDownloadHandler",
}

# Redirects, retries, cookies, caches, decoding and robots.txt of Scrapy's own would each act on a
# response before the archive has it, or send requests it does not know of.
DOWNLOADER_MIDDLEWARES_BASE: dict[str, int] = {}
DOWNLOADER_MIDDLEWARES: dict[str, int] = {}
SPIDER_MIDDLEWARES_BASE: dict[str, int] = {}
SPIDER_MIDDLEWARES: dict[str, int] = {}
EXTENSIONS_BASE: dict[str, int] = {}
EXTENSIONS: dict[str, int] = {}
ROBOTSTXT_OBEY = False  # obeyed by gzcrawler.dispatch, which keeps each robots.txt as a capture

# The distance between requests is kept, and measured, by gzcrawler.politeness; Scrapy's slots would
# queue a second time behind it.
DOWNLOAD_DELAY = 0
CONCURRENT_REQUESTS = 1000
CONCURRENT_REQUESTS_PER_DOMAIN = 1000

# The default starts 100 tasks a response and costs a third of the speed.
CONCURRENT_ITEMS = 1

# Reads the source of the spider's callbacks again for each response: a tenth of a crawl's time.
WARN_ON_GENERATOR_RETURN_VALUE = False

# The timeout and the largest body are the portal map's: the spider sets them.
DOWNLOAD_FAIL_ON_DATALOSS = False  # what arrived is kept, and marked as cut off
DOWNLOAD_VERIFY_CERTIFICATES = True

# Both run code that is sent to them.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

LOG_LEVEL = "WARNING"

# For `scrapy crawl` alone; the command line has options of its own.
GZCRAWLER_ARCHIVE = os.environ.get("GZCRAWLER_ARCHIVE", "archive")
GZCRAWLER_CONTACT = os.environ.get("GZCRAWLER_CONTACT")
GZCRAWLER_CONNECT = None  # host:port at which every host is reached; the spider sets it from the map
