"""How a page reads: from the bytes of a capture to its record. Pure: no network, database, clock or log."""

from gzcrawler.readers.decoding import undo_content_encoding
from gzcrawler.readers.reading import read_page

__all__ = ["read_page", "undo_content_encoding"]
