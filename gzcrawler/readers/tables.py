"""Tables of data, told from tables that only lay out a page, and read row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.readers.lines import BLOCKS, EMPHASIS, SKIPPED, STRONG, Anchor, Line, squash

if TYPE_CHECKING:
    from lxml.etree import _Element

    from gzcrawler.readers.lines import Piece

__all__ = ["read_rows"]

_NOT_DATA = frozenset(
    {"table", "img", "h1", "h2", "h3", "video", "iframe", "embed", "form", "input", "script"}
)
_LONGEST_CELL = 1_500
"""Characters. Longer cells hold pages or stories that are laid out by a table."""


def read_rows(table: _Element, *, hidden: bool) -> list[Line] | None:
    """A table's rows as lines, empty ones dropped; None for a table that only lays out a page.

    Data has at least two columns somewhere, and neither pictures, headings, forms nor tables in it.
    """
    rows: list[_Element] = []
    for element in table.iterdescendants():
        if element.tag in _NOT_DATA:
            return None
        if element.tag == "tr":
            rows.append(element)
    if not any(len(row) > 1 for row in rows):
        return None
    lines: list[Line] = []
    for row in rows:
        cells = [_pieces(cell) for cell in row if cell.tag in ("td", "th")]
        texts = [squash("".join([piece[0] for piece in cell])) for cell in cells]
        if any(len(text) > _LONGEST_CELL for text in texts):
            return None
        if any(texts):
            pieces = [piece for cell in cells for piece in cell]
            anchors = list(dict.fromkeys(piece[2] for piece in pieces if piece[2] is not None))
            lines.append(Line("\t".join(texts), pieces, "tr", row, hidden, anchors, cells))
    return lines


def _pieces(cell: _Element) -> list[Piece]:
    """Text of a cell; blocks in it are parted by a blank."""
    pieces: list[Piece] = []
    stack: list[tuple[_Element, int, Anchor | None, bool]] = [(cell, 0, None, False)]
    while stack:
        element, style, anchor, after = stack.pop()
        tag = element.tag
        if after:
            if tag == "br" or tag in BLOCKS:
                pieces.append((" ", style, anchor))
            if element.tail:
                pieces.append((element.tail, style, anchor))
            continue
        if element is not cell:
            stack.append((element, style, anchor, True))
            if tag in SKIPPED:
                continue
            if tag in BLOCKS:
                pieces.append((" ", style, anchor))
        if tag in ("b", "strong"):
            style |= STRONG
        elif tag in ("em", "i"):
            style |= EMPHASIS
        elif tag == "a":
            anchor = Anchor(element.get("href"), element)
        if element.text:
            pieces.append((element.text, style, anchor))
        stack.extend((child, style, anchor, False) for child in reversed(element))
    return pieces
