"""What two revisions of an article differ in, word by word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.archive import differences
from gzcrawler.archive.differences import Piece
from gzcrawler.web.pages.article import article_of
from gzcrawler.web.visits import Answer

if TYPE_CHECKING:
    from gzcrawler.archive.differences import Difference
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
        found=[(one.field, _paragraphs(one)) for one in differences(earlier.record, later.record)],
        verified_at=found["envelope"]["last_verified"],
    )


def _paragraphs(difference: Difference) -> list[list[Piece]]:
    """A field's pieces, line by line: in a body, a block is a line."""
    lines: list[list[Piece]] = [[]]
    for piece in difference.pieces:
        first, *rest = piece.text.split("\n")
        lines[-1].append(Piece(kind=piece.kind, text=first))
        lines += ([Piece(kind=piece.kind, text=line)] for line in rest)
    cleared = ([piece for piece in line if piece.text] for line in lines)
    return [line for line in cleared if line]
