"""What is kept: SQLite and WARC as one archive, with one door in and any number of readers."""

from gzcrawler.archive.archive import Archive
from gzcrawler.archive.article_filter import STATES, ArticleFilter
from gzcrawler.archive.commit import Entry, Fetched
from gzcrawler.archive.connections import connect_to_read
from gzcrawler.archive.coverage import Coverage, Hole, coverage
from gzcrawler.archive.differences import Difference, Piece, differences
from gzcrawler.archive.facets import FACETS, Facets
from gzcrawler.archive.fill_rates import Drift, FillRate, fallen_fields, fill_rates, find_drift
from gzcrawler.archive.frontier import DuePage, Frontier, Selection
from gzcrawler.archive.moments import utc_now
from gzcrawler.archive.open_archive import OpenArchive, open_archive
from gzcrawler.archive.outcomes import FORBIDDEN_BY_ROBOTS, Deferral, Failure, Outcome, Recorded, Result
from gzcrawler.archive.quarantine import newly_quarantined
from gzcrawler.archive.rebuild import Rebuilt, rebuild
from gzcrawler.archive.reparse import portals_in, reparse
from gzcrawler.archive.reparse_report import Reparsed
from gzcrawler.archive.replay import read_stored
from gzcrawler.archive.revisit_policy import DEFAULT_BUDGET, PATIENCE, RevisitPolicy
from gzcrawler.archive.runs import HostEvidence, Run, Verdict
from gzcrawler.archive.search import Answer, Hit
from gzcrawler.archive.snippets import MARKS
from gzcrawler.archive.stored_article import StoredArticle, StoredCapture, StoredRevision
from gzcrawler.archive.vanishing import Vanishing, vanishings
from gzcrawler.archive.verification import Verification, verify
from gzcrawler.archive.writer import Writer

__all__ = [
    "DEFAULT_BUDGET",
    "FACETS",
    "FORBIDDEN_BY_ROBOTS",
    "MARKS",
    "PATIENCE",
    "STATES",
    "Answer",
    "Archive",
    "ArticleFilter",
    "Coverage",
    "Deferral",
    "Difference",
    "Drift",
    "DuePage",
    "Entry",
    "Facets",
    "Failure",
    "Fetched",
    "FillRate",
    "Frontier",
    "Hit",
    "Hole",
    "HostEvidence",
    "OpenArchive",
    "Outcome",
    "Piece",
    "Rebuilt",
    "Recorded",
    "Reparsed",
    "Result",
    "RevisitPolicy",
    "Run",
    "Selection",
    "StoredArticle",
    "StoredCapture",
    "StoredRevision",
    "Vanishing",
    "Verdict",
    "Verification",
    "Writer",
    "connect_to_read",
    "coverage",
    "differences",
    "fallen_fields",
    "fill_rates",
    "find_drift",
    "newly_quarantined",
    "open_archive",
    "portals_in",
    "read_stored",
    "rebuild",
    "reparse",
    "utc_now",
    "vanishings",
    "verify",
]
