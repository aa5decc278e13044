"""Title, head line and trail: found by what stands around them. No class is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gzcrawler.readers.date_line import find_date_line
from gzcrawler.readers.headline import HeadLine, is_head_note, is_source_name, read_head_line
from gzcrawler.readers.lines import HEADINGS, SEAM, Line, visible_line
from gzcrawler.readers.titles import expected_titles, first_words, title_alone, title_over
from gzcrawler.readers.trail import find_trail

if TYPE_CHECKING:
    from collections.abc import Callable

    from gzcrawler.readers.lines import Document, Item

__all__ = ["Landmarks", "find_landmarks"]


@dataclass(slots=True)
class Landmarks:
    """Where a story begins, by index into a page's items."""

    title: str | None = None
    title_at: int | None = None
    head: HeadLine = field(default_factory=HeadLine)
    head_at: int | None = None
    """The line with the date."""
    start: int = 0
    """First item after title and head line."""
    trail: list[Line] = field(default_factory=list)
    """The trail's line, or its items where it is a list."""


def find_landmarks(document: Document, *, leads_home: Callable[[str | None], bool]) -> Landmarks:
    """Title, head line and trail of a page that may be a story; None each where there is none.

    Args:
        document: the page.
        leads_home: whether a link, as written, leads to a home page of the portal.
    """
    items = document.items
    expected = expected_titles(document)
    head_at, own = find_date_line(items, expected)
    marks = Landmarks(head_at=head_at)
    if marks.head_at is not None:
        marks.title_at = title_over(items, marks.head_at, expected)
    else:
        marks.title_at = title_alone(items, expected)
    _take_title(items, marks)
    _take_head(items, marks, own)
    before = marks.title_at if marks.title_at is not None else marks.head_at
    marks.trail = find_trail(document, before, leads_home)
    return marks


def _take_title(items: list[Item], marks: Landmarks) -> None:
    """The title's text, whole: a heading may be broken by ``<br>``."""
    at = marks.title_at
    if at is None:
        marks.start = 0 if marks.head_at is None else marks.head_at
        return
    line = items[at]
    assert_line = line if isinstance(line, Line) else None
    if assert_line is None:
        return
    if at == marks.head_at:
        marks.title, marks.start = first_words(assert_line), at
        return
    parts, first, end = [assert_line.text], at, at + 1
    if assert_line.role in HEADINGS:
        while first and _same_heading(items, first - 1, assert_line):
            first -= 1
            parts.insert(0, items[first].text)  # type: ignore[union-attr]  # a line
        while end < len(items) and end != marks.head_at and _same_heading(items, end, assert_line):
            parts.append(items[end].text)  # type: ignore[union-attr]  # a line
            end += 1
    marks.title, marks.title_at, marks.start = " ".join(parts), first, end


def _same_heading(items: list[Item], index: int, line: Line) -> bool:
    item = items[index]
    return isinstance(item, Line) and item.block is line.block and not item.hidden


def _take_head(items: list[Item], marks: Landmarks, own: HeadLine | None) -> None:
    """Join the lines of the head between title and text, and read them; `own` is what its dated line says alone."""
    parts: list[str] = []
    index = marks.start
    head_at = marks.head_at
    if head_at is not None:
        for index in range(marks.start, head_at):
            line = visible_line(items, index)
            if line is not None and (is_head_note(line.seamed) or is_source_name(line.text)):
                parts.append(line.seamed)
        line = visible_line(items, head_at)
        if line is not None:
            parts.append(line.seamed.partition(SEAM)[2] if head_at == marks.title_at else line.seamed)
        index = max(marks.start, head_at + 1)
    while index < len(items):
        item = items[index]
        if not isinstance(item, Line) or not (item.hidden or is_head_note(item.seamed)):
            break
        if not item.hidden:
            parts.append(item.seamed)
        index += 1
    marks.start = index
    if own is not None and len(parts) == 1 and head_at != marks.title_at:
        marks.head = own
    elif parts:
        marks.head = read_head_line("|".join(parts))
