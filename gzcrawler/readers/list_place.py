"""Where a page's list of stories stands: told from menus, sliders and columns by its links and its pager."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gzcrawler.readers.chrome import is_counter, is_pager
from gzcrawler.readers.lines import Line

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.etree import _Element

    from gzcrawler.readers.lines import Document, Item
    from gzcrawler.readers.links import Resolver
    from gzcrawler.readers.nesting import Nesting

    Judge = Callable[[str], bool]

__all__ = ["Targets", "list_lines", "targets_of"]

Targets = list[tuple["_Element", str]]
_REACH = 8
"""Elements from a link up to the list that holds it: item, heading, cell, row, table body, wrappers."""
_LISTS = frozenset({"li", "tr", "ul", "ol", "dl"})


def targets_of(line: Line, resolver: Resolver) -> Targets:
    """Links of a line that lead somewhere."""
    found = []
    for anchor in line.anchors:
        url = resolver.absolute(anchor.get("href"))
        if url is not None and not url.endswith("#"):
            found.append((anchor, url))
    return found


def list_lines(
    document: Document, lines: list[Line], targets: dict[int, Targets], leads_to_story: Judge
) -> set[int]:
    """Lines inside the element that holds the page's main list, by identity.

    That is what stands over the pager; without one, the innermost element which holds more than half of
    all links to stories: a list in groups is held by what is around the groups. Sliders are known by
    their counter.
    """
    sliders = _slider_lines(document.items)
    leading: dict[str, Line] = {}
    for line in lines:
        if id(line) not in sliders:
            for _, url in targets.get(id(line), ()):
                if leads_to_story(url):
                    leading.setdefault(url, line)
    if not leading:
        return set()
    best = _list_element(document, list(leading.values()))
    if best is None:
        return set()
    held = document.nesting.within(best)
    return {id(line) for line in lines if id(line) not in sliders and line.number in held}


def _list_element(document: Document, leading: list[Line]) -> int | None:
    """Number of what holds the list whose links to stories these are, others of the page among them."""
    parents = document.nesting.parents
    holds: Counter[int] = Counter()
    for line in leading:
        number = line.number
        holds[number] += 1
        for _ in range(_REACH - 1):
            if not number:
                break
            number = parents[number]
            holds[number] += 1
    last = _before_pager(document.items, leading)
    if last is not None:
        return _list_before(document.nesting, *last, holds)
    if len(leading) == 1:
        return _item_of(leading[0], parents)
    enough = [number for number, count in holds.items() if 2 * count > len(leading)]
    return max(enough, default=None)  # they stand one inside another: the last is the innermost


def _before_pager(items: list[Item], leading: list[Line]) -> tuple[int, int] | None:
    """The last item over the page's pager, and the pager: a list's best landmark. By their blocks' numbers."""
    known = {id(line) for line in leading}
    last = None
    for item in items:
        if id(item) in known:
            last = item.number
        elif last is not None and isinstance(item, Line) and item.anchors and is_pager(item):
            return last, item.number
    return None


def _list_before(nesting: Nesting, item: int, pager: int, holds: Counter[int]) -> int:
    """What holds an item but not the pager, where that is most of what holds both."""
    both = alone = item
    while pager not in nesting.within(both):
        both, alone = nesting.parents[both], both
    return alone if holds[alone] > 1 and 2 * holds[alone] >= holds[both] else both


def _item_of(line: Line, parents: list[int]) -> int:
    """What holds the only item of a list: a list element, or what is around its heading."""
    number = line.number
    for element in line.block.iterancestors():
        if not number:
            break
        number = parents[number]
        if element.tag in _LISTS:
            return number
    return parents[line.number]


def _slider_lines(items: list[Item]) -> set[int]:
    """Link lines directly before a counter ``1 2 3``, which is not a list's pager: it has no links onward."""
    found: set[int] = set()
    for index, item in enumerate(items):
        if isinstance(item, Line) and is_pager(item) and is_counter(items, index) and not _leads_on(item):
            back = index - 1
            while back >= 0 and id(items[back]) not in found:
                before = items[back]
                if not isinstance(before, Line) or not before.anchors:
                    break
                found.add(id(before))
                back -= 1
    return found


def _leads_on(line: Line) -> bool:
    return any(
        anchor.get("href") and not anchor.get("href").startswith(("#", "javascript:"))
        for anchor in line.anchors
    )
