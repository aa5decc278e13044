"""Within which element of a page its story stands: what is outside it are columns, menus and the footer."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from gzcrawler.readers.chrome import is_furniture
from gzcrawler.readers.lines import SENTENCE_ENDS, Line

if TYPE_CHECKING:
    from lxml.etree import _Element

    from gzcrawler.readers.landmarks import Landmarks
    from gzcrawler.readers.lines import Item
    from gzcrawler.readers.nesting import Nesting

__all__ = ["TEXT", "story_fence"]

TEXT = 40
"""Characters from which an unlinked line counts as text when places are weighed."""


def story_fence(items: list[Item], marks: Landmarks, stop: int, nesting: Nesting) -> range:
    """Numbers of the blocks within which the story stands.

    Args:
        items: of the page.
        marks: where its story begins.
        stop: index of the first item of the footer.
        nesting: of the page.
    """
    fence = nesting.within(_common_block(items, marks, stop, nesting))
    main = _main_block(items, marks, stop, nesting)
    return nesting.within(main) if main is not None and main in fence else fence


def _common_block(items: list[Item], marks: Landmarks, stop: int, nesting: Nesting) -> int:
    """Number of the element that holds title and text: what stands outside it is a column or a footer.

    One that holds less than a quarter of the text is only the head's; the body's is 0.
    """
    at = marks.title_at if marks.title_at is not None else marks.head_at
    if at is None:
        return 0
    long: list[tuple[int, int]] = []
    short: list[tuple[int, int]] = []
    for item in items[marks.start : stop]:
        if item.hidden:
            continue
        if not isinstance(item, Line):
            long.append((item.number, 1))
        elif not (item.anchors and item.linked):
            length = len(item.text)
            (long if length >= TEXT else short).append((item.number, length))
    weights = long or short
    if not weights:
        return 0
    holder = nesting.common((items[at].number, weights[0][0]))
    weights.sort()
    numbers = [number for number, _ in weights]
    sums = [0, *accumulate([weight for _, weight in weights])]
    while holder:
        inside = sums[bisect_right(numbers, nesting.last(holder))] - sums[bisect_left(numbers, holder)]
        if 4 * inside >= sums[-1]:
            break
        holder = nesting.parents[holder]
    return holder


def _main_block(items: list[Item], marks: Landmarks, stop: int, nesting: Nesting) -> int | None:
    """Number of the ``<main>`` that holds the title: what stands outside it is none of the story, though it is all the text.

    None without one, and where sentences stand outside it alone: then it was closed too early.
    """
    at = marks.title_at if marks.title_at is not None else marks.head_at
    head = items[at] if at is not None else None
    if not isinstance(head, Line):
        return None
    element: _Element | None = head.block
    number = head.number
    while number and element is not None and element.tag != "main":
        element, number = element.getparent(), nesting.parents[number]
    if not number or element is None:
        return None
    held = nesting.within(number)
    outside = False
    for item in items[marks.start : stop]:
        if item.hidden:
            continue
        if item.number in held:
            if not (isinstance(item, Line) and (item.linked or is_furniture(item))):
                return number
        elif isinstance(item, Line) and len(item.text) >= TEXT and item.text[-1] in SENTENCE_ENDS:
            outside = True
    return None if outside else number
