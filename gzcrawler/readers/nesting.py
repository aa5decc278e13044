"""What stands inside what: questions about a page's nesting, answered by number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Nesting"]


class Nesting:
    """The elements of a page's body, numbered in document order; the body itself is 0.

    What an element holds are the numbers from its own to its last, so that a comparison tells it.
    """

    __slots__ = ("lasts", "parents")

    def __init__(self, parents: list[int], lasts: dict[int, int]) -> None:
        self.parents = parents
        """Number of the element around each; the body's is 0."""
        self.lasts = lasts
        """Number of the last element that each holds, where it holds any."""

    def last(self, number: int) -> int:
        """Number of the last element that one holds; its own where it holds none."""
        return self.lasts.get(number, number)

    def within(self, number: int) -> range:
        """Numbers of all that an element holds, and its own."""
        return range(number, self.last(number) + 1)

    def common(self, numbers: Iterable[int]) -> int:
        """Innermost element that holds all."""
        ordered = sorted(numbers)
        holder, last = ordered[0], ordered[-1]
        while self.last(holder) < last:
            holder = self.parents[holder]
        return holder
