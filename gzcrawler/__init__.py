"""An archiving crawler for government news portals: Scrapy in, WARC and SQLite out, nothing lost."""

from gzcrawler._version import __version__
from gzcrawler.archive import OpenArchive, open_archive
from gzcrawler.readers import read_page

__all__ = ["OpenArchive", "__version__", "open_archive", "read_page"]
