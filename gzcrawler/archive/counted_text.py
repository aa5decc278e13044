"""One article against a query: does it match, and how often does each phrase stand in it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.archive.index_words import characters
from gzcrawler.archive.relevance import TITLE_WEIGHT
from gzcrawler.archive.search_query import And, Leaf, Not

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gzcrawler.archive.index_words import IndexedText, Stems
    from gzcrawler.archive.search_query import Node

__all__ = ["CountedText"]


class CountedText:
    """The words of one article, in order, by column."""

    def __init__(self, text: IndexedText, stems: Stems) -> None:
        self._columns = dict(zip(("title", "body", "captions"), text.columns, strict=True))
        self._weights: dict[Leaf, int] = {}
        self._words = {name: stems.of(latin) for name, latin in zip(self._columns, text.latin, strict=True)}

    def length(self, *, paired: bool) -> int:
        """How many words it has, or pairs of characters."""
        if paired:
            return sum(len(run) for text in self._columns.values() for run in characters(text))
        return sum(map(len, self._words.values()))

    def weight(self, leaf: Leaf) -> int:
        """Occurrences of a word or phrase, those in the title counted with their weight."""
        columns = (leaf.column,) if leaf.column else tuple(self._columns)
        return sum(
            self._count(leaf, column) * (TITLE_WEIGHT if column == "title" else 1) for column in columns
        )

    def matches(self, node: Node) -> bool:
        """Would the index find it?"""
        if isinstance(node, Leaf):
            return self.weight(node) > 0
        if isinstance(node, Not):
            return self.matches(node.wanted) and not self.matches(node.unwanted)
        if isinstance(node, And):
            return all(map(self.matches, node.parts))
        return any(map(self.matches, node.parts))

    def _count(self, leaf: Leaf, column: str) -> int:
        if leaf.paired:
            return self._columns[column].count(leaf.text)
        words = self._words[column]
        if leaf.prefix:
            return _count_prefix(words, leaf.words)
        return words.count(leaf.words[0]) if len(leaf.words) == 1 else _count_phrase(words, leaf.words)


def _count_phrase(words: list[str], phrase: tuple[str, ...]) -> int:
    wanted = list(phrase)
    count = 0
    start = -1
    for _ in range(words.count(wanted[0])):
        start = words.index(wanted[0], start + 1)
        count += words[start : start + len(wanted)] == wanted
    return count


def _count_prefix(words: Sequence[str], phrase: tuple[str, ...]) -> int:
    *whole, beginning = phrase
    length = len(phrase)
    return sum(
        list(words[start : start + length - 1]) == whole
        for start in range(len(words) - length + 1)
        if words[start + length - 1].startswith(beginning)
    )
