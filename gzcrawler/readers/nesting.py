"""What stands inside what: questions about a page's nesting, answered in time linear to its size."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["Chain", "Fence", "common"]


class Chain:
    """An element and all around it; tells how far out one must go to hold another element, too.

    Every answer on the way is remembered, so that a page is asked about in time linear to its size.
    """

    def __init__(self, first: _Element) -> None:
        self.elements = [first, *first.iterancestors()]
        self._known = {element: place for place, element in enumerate(self.elements)}

    def place(self, element: _Element) -> int:
        """Index in `elements` of the innermost that holds an element."""
        known, path = self._known, []
        current: _Element | None = element
        while current is not None and current not in known:
            path.append(current)
            current = current.getparent()
        place = len(self.elements) - 1 if current is None else known[current]
        known.update(dict.fromkeys(path, place))
        return place


class Fence:
    """An element, and the question what stands inside it; None holds everything."""

    def __init__(self, element: _Element | None) -> None:
        self._chain = None if element is None else Chain(element)

    def holds(self, block: _Element) -> bool:
        """Whether a block stands inside."""
        return self._chain is None or self._chain.place(block) == 0


def common(blocks: list[_Element]) -> _Element:
    """Innermost element that holds all."""
    chain = Chain(blocks[0])
    return chain.elements[max(map(chain.place, blocks))]
