"""Captures from elsewhere: WARC and WACZ files of other archives, copied in through the one door."""

from gzcrawler.importing.report import Imported, Told
from gzcrawler.importing.run import import_files
from gzcrawler.importing.sources import ForeignFile, find_files

__all__ = ["ForeignFile", "Imported", "Told", "find_files", "import_files"]
