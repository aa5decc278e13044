"""What two revisions of an article differ in, word by word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.archive import differences
from gzcrawler.web.pages.article import article_of
from gzcrawler.web.visits import Answer

if TYPE_CHECKING:
    from gzcrawler.web.visits import Visit

__all__ = ["changes"]


def changes(visit: Visit) -> Answer:
    """The picker and the difference; the last two revisions, if none are chosen."""
    found = article_of(visit, suffix="/changes")
    if isinstance(found, Answer):
        return found
    revisions = found.revisions()
    last = len(revisions)
    new = visit.query.number("new", last, most=last)
    old = visit.query.number("old", max(new - 1, 1), most=last)
    earlier, later = revisions[old - 1], revisions[new - 1]
    return visit.render(
        "changes.html",
        article=found,
        revisions=revisions,
        earlier=earlier,
        later=later,
        found=differences(earlier.record, later.record),
        verified_at=found["envelope"]["last_verified"],
    )
