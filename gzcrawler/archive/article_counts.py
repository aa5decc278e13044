"""In how many of the articles of a step each word stands: counted by FTS5 itself, in an index in memory.

So what is counted is what the index holds. SQLite does it in half the time that Python takes to look up each word's stem.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

__all__ = ["ArticleCounts"]

_COLLECTED = 16 << 20
"""Bytes of entries that FTS5 sorts at once: a step's, mostly."""


class ArticleCounts:
    """Numbers of articles by word, of one tokenizer, beside the archive's tables; the caller holds the transaction."""

    def __init__(self, connection: sqlite3.Connection, name: str, tokenizer: str) -> None:
        self._connection = connection
        self._texts = f"temp.{name}_texts"
        self._column = f"{name}_texts"
        self._words = f"temp.{name}_step_words"
        connection.execute(
            f"""CREATE VIRTUAL TABLE IF NOT EXISTS {self._texts} USING fts5(text, content='', detail='none',
            columnsize=0, tokenize='{tokenizer}')"""
        )
        self._tell("hashsize", _COLLECTED)
        connection.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {self._words} USING fts5vocab(temp, {self._column}, row)"
        )

    def add(self, texts: Iterable[tuple[int, str]]) -> None:
        """Count the words of articles (key, text), each once."""
        self._connection.executemany(f"INSERT INTO {self._texts} (rowid, text) VALUES (?, ?)", texts)

    def store(self) -> None:
        """Add what was counted to the numbers on file, and begin anew."""
        self._connection.execute(
            f"""INSERT INTO search_terms (term, articles) SELECT term, doc FROM {self._words} WHERE true
            ON CONFLICT (term) DO UPDATE SET articles = articles + excluded.articles"""
        )
        self._tell("delete-all")

    def _tell(self, command: str, value: int | None = None) -> None:
        self._connection.execute(
            f"INSERT INTO {self._texts} ({self._column}, rank) VALUES (?, ?)", (command, value)
        )
