"""Figures that a server keeps for a while, since counting a large archive takes longer than a visitor waits."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gzcrawler.archive.figures import figures
from gzcrawler.archive.moments import format_moment, utc_now
from gzcrawler.web.charts import charts

if TYPE_CHECKING:
    from pathlib import Path

    from gzcrawler.archive import OpenArchive
    from gzcrawler.archive.figures import Figures
    from gzcrawler.web.charts import Chart

__all__ = ["Counted", "counted"]

KEPT_SECONDS = 300.0
"""While a crawl writes, every look would find something new: five minutes old is new enough for a chart of years."""

_Version = tuple[object, ...]


@dataclass(slots=True)
class Counted:
    """Figures, when they were counted, and the charts that were drawn of them."""

    figures: Figures
    counted_at: str
    version: _Version
    withdrawn: _Version
    since: float
    _drawn: dict[str, tuple[Chart, ...]] = field(default_factory=dict)

    def charts(self, language: str) -> tuple[Chart, ...]:
        """In that language; drawn once."""
        if language not in self._drawn:
            self._drawn[language] = charts(self.figures, language)
        return self._drawn[language]


_kept: dict[Path, Counted] = {}
_counting = threading.Lock()


def counted(archive: OpenArchive) -> Counted:
    """The archive's figures: those of the last minutes, unless an article was redacted since."""
    with _counting:
        path = archive.directory.path.resolve()
        known = _kept.get(path)
        version, withdrawn = _version(archive), _withdrawn(archive)
        if known is not None and known.withdrawn == withdrawn:
            fresh = time.monotonic() - known.since < KEPT_SECONDS
            if fresh or known.version == version:
                return known
        found = Counted(
            figures=figures(archive.connection),
            counted_at=format_moment(utc_now()),
            version=version,
            withdrawn=withdrawn,
            since=time.monotonic(),
        )
        _kept[path] = found
        return found


def _version(archive: OpenArchive) -> _Version:
    """What differs as soon as anything was recorded, read again or withdrawn."""
    return tuple(
        archive.connection.execute(f"SELECT max(id) FROM {table}").fetchone()[0]
        for table in ("captures", "revisions", "runs")
    )


def _withdrawn(archive: OpenArchive) -> _Version:
    """The redactions, and the file: `rebuild` puts another in its place, with other numbers in it."""
    (number,) = archive.connection.execute("SELECT count(*) FROM redactions").fetchone()
    found = archive.directory.database.stat()
    return (number, found.st_dev, found.st_ino)
