"""Web archive -> archive: what a portal showed in years past, from a web archive's index and its mementos."""

from gzcrawler.backfill.clock import Clock, Interruption
from gzcrawler.backfill.progress import BackfillProgress
from gzcrawler.backfill.run import BackfillOptions, backfill
from gzcrawler.backfill.web_archive import WAYBACK_MACHINE, WebArchive

__all__ = [
    "WAYBACK_MACHINE",
    "BackfillOptions",
    "BackfillProgress",
    "Clock",
    "Interruption",
    "WebArchive",
    "backfill",
]
