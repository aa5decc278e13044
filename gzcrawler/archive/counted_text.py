"""One article against a query: does it match, and how often does each phrase stand in it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.archive.relevance import TITLE_WEIGHT
from gzcrawler.archive.search_query import And, Leaf, Not
from gzcrawler.archive.word_places import TextWords

if TYPE_CHECKING:
    from gzcrawler.archive.index_words import IndexedText, Stems
    from gzcrawler.archive.search_query import Node

__all__ = ["CountedText"]


class CountedText:
    """The words of one article, by column."""

    def __init__(self, text: IndexedText, stems: Stems) -> None:
        self._columns = {
            name: TextWords(column, stems)
            for name, column in zip(("title", "body", "captions"), text.columns, strict=True)
            if column
        }
        self._weights: dict[Leaf, int] = {}

    def weight(self, leaf: Leaf) -> int:
        """Occurrences of a word or phrase, those in the title counted with their weight."""
        known = self._weights.get(leaf)
        if known is None:
            known = self._weights[leaf] = sum(
                len(words.places(leaf)) * (TITLE_WEIGHT if column == "title" else 1)
                for column, words in self._columns.items()
                if leaf.column in (None, column)
            )
        return known

    def matches(self, node: Node) -> bool:
        """Would the index find it?"""
        if isinstance(node, Leaf):
            return self.weight(node) > 0
        if isinstance(node, Not):
            return self.matches(node.wanted) and not self.matches(node.unwanted)
        if isinstance(node, And):
            return all(map(self.matches, node.parts))
        return any(map(self.matches, node.parts))
