"""Charts: how much was published, changed and captured, and who is named most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.web.counted import counted

if TYPE_CHECKING:
    from gzcrawler.web.visits import Answer, Visit

__all__ = ["charts"]


def charts(visit: Visit) -> Answer:
    """All of them."""
    found = counted(visit.archive)
    return visit.render(
        "charts.html",
        charts=found.charts(visit.language),
        counted_at=found.counted_at,
        verified_at=found.figures.last_capture,
    )
