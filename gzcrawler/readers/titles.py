"""The title: which heading or line it is, by the date under it and by what the page calls itself elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gzcrawler.readers.headline import find_date, is_head_note, is_source_name
from gzcrawler.readers.lines import HEADINGS, Line, visible_line
from gzcrawler.readers.trail import is_trail

if TYPE_CHECKING:
    from gzcrawler.readers.lines import Document, Item

__all__ = ["expected_titles", "first_words", "title_alone", "title_over"]

_NEAR = 8
"""Lines between a title and its date: byline, source, print and size switch, share bar."""
_NAME_END = re.compile(r"\s*[|_\uff5c]\s*|\s+[-–—]+\s+|--")
"""What parts the title from the site's name in the window's title."""
_PROSE = 120
"""Characters of a line that is text and no chrome."""


def expected_titles(document: Document) -> set[str]:
    """What the page itself calls its title elsewhere, as printed: the meta tag, the window's title."""
    window = document.window_title
    names = [document.metas.get("articletitle", ""), document.metas.get("og:title", ""), window]
    names.append(_NAME_END.split(window, 1)[0])
    return {name for name in names if name}


def title_over(items: list[Item], head_at: int, expected: set[str]) -> int | None:
    """The heading over a date line; the line over it where no heading stands there."""
    line = visible_line(items, head_at)
    if line is not None and line.role in HEADINGS and len(line.pieces) > 1 and first_words(line):
        return head_at
    over: list[int] = []
    for index in range(head_at - 1, max(-1, head_at - 1 - 2 * _NEAR), -1):
        line = visible_line(items, index)
        if line is None:
            continue
        if line.role in HEADINGS:
            over.append(index)
        elif over or is_trail(line) or (line.linked and not is_head_note(line.seamed)):
            break
    if over:
        return _best_heading(items, over, expected)
    for index in range(head_at - 1, -1, -1):
        line = visible_line(items, index)
        if line is None or is_head_note(line.seamed) or is_source_name(line.text):
            continue
        return None if is_trail(line) or line.linked else index
    following = next(
        (i for i in range(head_at + 1, min(len(items), head_at + 3)) if visible_line(items, i)), None
    )
    if following is not None and items[following].role in HEADINGS:  # type: ignore[union-attr]  # a line
        return following
    return None


def _best_heading(items: list[Item], candidates: list[int], expected: set[str]) -> int:
    """Of headings one over another, nearest first: the one the page calls its title, else the largest."""
    lines = {index: visible_line(items, index) for index in candidates}
    for index, line in lines.items():
        if line is not None and line.text in expected:
            return index
    return min(lines, key=lambda index: (getattr(lines[index], "role", "h9"), index))


def title_alone(items: list[Item], expected: set[str]) -> int | None:
    """The title of a page without a date line: the heading named elsewhere, else the first over the text."""
    headings: list[int] = []
    named = None
    for index, item in enumerate(items):
        if not isinstance(item, Line) or item.hidden:
            continue
        if item.role in HEADINGS:
            headings.append(index)
            if item.text in expected:
                named = index
        elif named is None and not item.linked and len(item.text) > 8 and item.text in expected:
            named = index
        elif headings and not item.linked and len(item.text) > _PROSE and named is not None:
            break
    if named is not None:
        return named
    firsts = [index for index in headings if items[index].role == "h1"]  # type: ignore[union-attr]  # lines
    own = [index for index in firsts or headings if not _logo(items, index)]
    return own[0] if own else None


def _logo(items: list[Item], index: int) -> bool:
    """Whether a heading is the site's name over the menu: linked, with the trail after it."""
    line = visible_line(items, index)
    return line is not None and line.linked


def first_words(line: Line) -> str:
    """Text of the first element of a line that holds title and head line at once."""
    first = " ".join(line.pieces[0][0].split())
    return "" if find_date(first) else first
