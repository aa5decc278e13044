"""Tables of data, told from tables that only lay out a page, and read row by row."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gzcrawler.readers.lines import BLOCKS, SKIPPED, STYLES, Line, squash

if TYPE_CHECKING:
    from lxml.etree import _Element

    from gzcrawler.readers.lines import Piece

__all__ = ["read_rows"]

_NOT_DATA = (
    "table",
    "img",
    "h1",
    "h2",
    "h3",
    "video",
    "iframe",
    "embed",
    "form",
    "input",
    "script",
)
_LONGEST_CELL = 800
"""Characters. Longer cells hold pages or stories that are laid out by a table."""

_MOST_PARAGRAPHS = 3
_HEAD_LINE = re.compile(r"(?:Updated?|发布时间|发布日期|更新时间)\s*[:\uff1a]\s*\d{4}", re.I)
"""Stands in a page's own table, and in none of data."""


def read_rows(table: _Element, number: int, *, hidden: bool) -> list[Line] | None:
    """A table's rows as lines, empty ones dropped; None for a table that only lays out a page.

    Data has at least two columns somewhere, and neither pictures, headings, forms nor tables in it.

    Args:
        table: the element.
        number: its own, in the order of the page.
        hidden: whether it stands in a hidden part.
    """
    if next(table.iterdescendants(*_NOT_DATA), None) is not None:
        return None
    rows = [
        (place, element)
        for place, element in enumerate(table.iterdescendants(), number + 1)
        if element.tag == "tr"
    ]
    if not any(len(row) > 1 for _, row in rows):
        return None
    lines: list[Line] = []
    for place, row in rows:
        cells = [_pieces(cell) for cell in row if cell.tag in ("td", "th")]
        texts = [squash("".join([piece[0] for piece in cell])) for cell in cells]
        if any(len(text) > _LONGEST_CELL or _HEAD_LINE.search(text) for text in texts):
            return None
        if any(sum(1 for _ in cell.iterchildren("p")) > _MOST_PARAGRAPHS for cell in row):
            return None
        if any(texts):
            pieces = [piece for cell in cells for piece in cell]
            anchors = list(dict.fromkeys(piece[2] for piece in pieces if piece[2] is not None))
            lines.append(Line("\t".join(texts), pieces, "tr", row, place, hidden, anchors, cells))
    return lines


def _pieces(cell: _Element) -> list[Piece]:
    """Text of a cell; blocks in it are parted by a blank."""
    pieces: list[Piece] = []
    stack: list[tuple[_Element, int, _Element | None, bool]] = [(cell, 0, None, False)]
    while stack:
        element, style, anchor, after = stack.pop()
        if after:
            pieces.append(
                (f" {element.tail or ''}" if _parts(element) else element.tail or "", style, anchor)
            )
            continue
        if element is not cell:
            stack.append((element, style, anchor, True))
            if _parts(element):
                pieces.append((" ", style, anchor))
        if element.tag in SKIPPED:
            continue
        style |= STYLES.get(element.tag, 0)
        if element.tag == "a":
            anchor = element
        pieces.append((element.text or "", style, anchor))
        stack.extend((child, style, anchor, False) for child in reversed(element))
    return [piece for piece in pieces if piece[0]]


def _parts(element: _Element) -> bool:
    """Whether an element parts the text around it."""
    return element.tag == "br" or element.tag in BLOCKS
