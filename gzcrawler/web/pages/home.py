"""The first page: what came last, what changed, how the crawls stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gzcrawler.web.visits import Answer, Visit

__all__ = ["home"]

_LATEST = 12


def home(visit: Visit) -> Answer:
    """The latest articles."""
    rows = visit.archive.connection.execute(
        """SELECT id, title, published, source, state FROM articles
        WHERE revision IS NOT NULL ORDER BY published DESC, id LIMIT ?""",
        (_LATEST,),
    ).fetchall()
    return visit.render("home.html", latest=rows)
