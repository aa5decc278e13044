"""Charts: how much was published, changed and captured, and who is named most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.archive.figures import figures
from gzcrawler.web.charts import charts as drawn
from gzcrawler.web.kept import kept

if TYPE_CHECKING:
    from gzcrawler.archive import OpenArchive
    from gzcrawler.archive.figures import Figures
    from gzcrawler.web.charts import Chart
    from gzcrawler.web.visits import Answer, Visit

__all__ = ["charts"]


class _Drawings:
    """Figures, and the charts of them in each language that was asked for."""

    def __init__(self, archive: OpenArchive) -> None:
        self.figures: Figures = figures(archive.connection)
        self._drawn: dict[str, tuple[Chart, ...]] = {}

    def charts(self, language: str) -> tuple[Chart, ...]:
        """Drawn once, a second of work."""
        if language not in self._drawn:
            self._drawn[language] = drawn(self.figures, language)
        return self._drawn[language]


def charts(visit: Visit) -> Answer:
    """All of them."""
    counted = kept(visit.archive, "figures", _Drawings)
    return visit.render(
        "charts.html",
        charts=counted.value.charts(visit.language),
        counted_at=counted.counted_at,
        verified_at=counted.value.figures.last_capture,
    )
