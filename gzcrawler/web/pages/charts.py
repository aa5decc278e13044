"""Charts: how much was published, changed and captured, and who is named most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.archive.figures import figures
from gzcrawler.web.charts import charts as drawn
from gzcrawler.web.kept import kept

if TYPE_CHECKING:
    from gzcrawler.web.visits import Answer, Visit

__all__ = ["charts"]


def charts(visit: Visit) -> Answer:
    """All of them."""
    counted = kept(visit.archive, "figures", lambda: figures(visit.archive.connection))
    shown = kept(
        visit.archive,
        ("charts", visit.language, counted.counted_at),
        lambda: drawn(counted.value, visit.language),
    )
    return visit.render(
        "charts.html",
        charts=shown.value,
        counted_at=counted.counted_at,
        verified_at=counted.value.last_capture,
    )
