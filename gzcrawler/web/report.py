"""The archive in one page that stands alone: the charts and the last run, for mailing or a static site.

It holds its stylesheet, links to nothing that it would need, and forbids the browser to fetch anything.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from gzcrawler.archive.figures import Figures, figures
from gzcrawler.archive.moments import format_moment, utc_now
from gzcrawler.archive.run_history import PastRun, past_run
from gzcrawler.web.charts import charts
from gzcrawler.web.rendering import ENVIRONMENT, Words

if TYPE_CHECKING:
    from gzcrawler.archive import OpenArchive

__all__ = ["Report", "report"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What is told of an archive."""

    portals: tuple[str, ...]
    made_at: str
    status: dict[str, Any]
    """As `OpenArchive.status` has it."""
    last_run: PastRun | None
    figures: Figures

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        run = self.last_run
        return {
            "portals": list(self.portals),
            "made_at": self.made_at,
            "articles": self.status["articles"],
            "captures": self.status["captures"],
            "last_run": run.as_dict() if run else None,
            "figures": self.figures.as_dict(),
        }

    def as_html(self, language: str) -> str:
        """The whole page.

        Args:
            language: of the interface.
        """
        # The policy names the stylesheet by its digest, which is over what stands between the tags.
        style = files("gzcrawler.web").joinpath("static", "style.css").read_text("utf-8")
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        return ENVIRONMENT.get_template("report.html").render(
            report=self,
            charts=charts(self.figures, language),
            style=style,
            digest=digest,
            language=language,
            t=Words(language),
        )


def report(archive: OpenArchive) -> Report:
    """Count what the report tells; it takes seconds for an archive of years."""
    portals = archive.connection.execute("SELECT name FROM portals ORDER BY name").fetchall()
    return Report(
        portals=tuple(name for (name,) in portals),
        made_at=format_moment(utc_now()),
        status=archive.status(),
        last_run=past_run(archive.connection),
        figures=figures(archive.connection),
    )
