"""How well an article answers a query: bm25 as SQLite's FTS5 computes it, for articles whose words were counted here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

__all__ = ["BM25", "TITLE_WEIGHT", "CollectionSize", "rarity", "relevance", "words_of"]

TITLE_WEIGHT = 10
"""A word of the title counts as much as so many of the text."""

BM25 = f"bm25({{}}, {TITLE_WEIGHT}, 1, 1)"
"""The same in SQL, of a table of the index; less is better there."""

_SATURATION = 1.2
_LENGTH_SHARE = 0.75
"""FTS5's k1 and b."""
_LEAST_RARITY = 1e-6
"""FTS5's own floor: of words that stand in over half of all articles."""


@dataclass(frozen=True, slots=True)
class CollectionSize:
    """How many articles an index holds, and how long they are."""

    articles: int
    mean_words: float

    @classmethod
    def read(cls, connection: sqlite3.Connection, table: str) -> CollectionSize:
        """From FTS5's averages record: number of rows, then tokens of each column, as variable-length integers."""
        (record,) = connection.execute(f"SELECT block FROM {table}_data WHERE id = 1").fetchone()
        articles, *words = _integers(record) or [0]
        return cls(articles, sum(words) / articles if articles else 1.0)

    def norm(self, words: int) -> float:
        """What occurrences in an article of so many words are divided by; 1 for one of mean length."""
        return 1 - _LENGTH_SHARE + _LENGTH_SHARE * words / self.mean_words


def words_of(connection: sqlite3.Connection, table: str, key: int) -> int:
    """How many words (or pairs) the index holds of an article; 0 of one that it has not."""
    row = connection.execute(f"SELECT sz FROM {table}_docsize WHERE id = ?", (key,)).fetchone()
    return sum(_integers(row[0])) if row else 0


def rarity(articles_with: int, articles: int) -> float:
    """What a word is worth: much if few articles have it."""
    if articles_with * 2 >= articles:
        return _LEAST_RARITY
    return max(_LEAST_RARITY, math.log((articles - articles_with + 0.5) / (articles_with + 0.5)))


def relevance(weight: float, norm: float) -> float:
    """What an article gains by a word of rarity 1.

    Args:
        weight: its occurrences, those in the title counted with their weight.
        norm: of the article's length.
    """
    return weight * (_SATURATION + 1) / (weight + _SATURATION * norm)


def _integers(data: bytes) -> list[int]:
    """SQLite's variable-length integers, big end first, seven bits a byte."""
    found = []
    value = 0
    for byte in data:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            found.append(value)
            value = 0
    return found
