"""An archiving crawler for government news portals: Scrapy in, WARC and SQLite out, nothing lost."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gzcrawler._version import __version__

if TYPE_CHECKING:
    from gzcrawler.archive import OpenArchive, open_archive
    from gzcrawler.readers import read_page

__all__ = ["OpenArchive", "__version__", "open_archive", "read_page"]

_HOMES = {
    "OpenArchive": "gzcrawler.archive",
    "open_archive": "gzcrawler.archive",
    "read_page": "gzcrawler.readers",
}


def __getattr__(name: str) -> Any:
    # Loaded when asked for: half a second of imports would pass before the command line hears Ctrl-C.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
