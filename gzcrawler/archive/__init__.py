"""What is kept: SQLite and WARC as one archive, with one door in and any number of readers."""

from gzcrawler.archive.archive import Archive
from gzcrawler.archive.article_filter import STATES, ArticleFilter
from gzcrawler.archive.commit import Entry, Fetched
from gzcrawler.archive.connections import connect_to_read
from gzcrawler.archive.coverage import Coverage, Hole, coverage
from gzcrawler.archive.frontier import DuePage, Frontier, Selection
from gzcrawler.archive.moments import utc_now
from gzcrawler.archive.open_archive import OpenArchive, open_archive
from gzcrawler.archive.outcomes import FORBIDDEN_BY_ROBOTS, Failure, Outcome, Recorded, Result
from gzcrawler.archive.rebuild import Rebuilt, rebuild
from gzcrawler.archive.replay import read_stored
from gzcrawler.archive.revisit_policy import PATIENCE
from gzcrawler.archive.runs import HostEvidence, Run, Verdict
from gzcrawler.archive.verification import Verification, verify
from gzcrawler.archive.writer import Writer

__all__ = [
    "FORBIDDEN_BY_ROBOTS",
    "PATIENCE",
    "STATES",
    "Archive",
    "ArticleFilter",
    "Coverage",
    "DuePage",
    "Entry",
    "Failure",
    "Fetched",
    "Frontier",
    "Hole",
    "HostEvidence",
    "OpenArchive",
    "Outcome",
    "Rebuilt",
    "Recorded",
    "Result",
    "Run",
    "Selection",
    "Verdict",
    "Verification",
    "Writer",
    "connect_to_read",
    "coverage",
    "open_archive",
    "read_stored",
    "rebuild",
    "utc_now",
    "verify",
]
