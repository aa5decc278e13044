"""In how many of the articles of a step each word stands: counted by FTS5 itself, in an index in memory.

So what is counted is what the index holds. SQLite does it in half the time that Python takes to look up each word's stem.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["ArticleCounts"]

_COLLECTED = 16 << 20
"""Bytes of entries that FTS5 sorts at once: a step's, mostly."""


class ArticleCounts:
    """Numbers of articles by word, of one tokenizer; begun anew whenever they are taken."""

    def __init__(self, tokenizer: str) -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._connection.execute(
            f"""CREATE VIRTUAL TABLE texts USING fts5(text, content='', detail='none', columnsize=0,
            tokenize='{tokenizer}')"""
        )
        self._connection.execute("INSERT INTO texts (texts, rank) VALUES ('hashsize', ?)", (_COLLECTED,))
        self._connection.execute("CREATE VIRTUAL TABLE words USING fts5vocab(texts, row)")

    def close(self) -> None:
        """Free what SQLite holds."""
        self._connection.close()

    def add(self, texts: Iterable[tuple[int, str]]) -> None:
        """Count the words of articles (key, text), each once."""
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN")
        self._connection.executemany("INSERT INTO texts (rowid, text) VALUES (?, ?)", texts)

    def take(self) -> Iterator[tuple[str, int]]:
        """(word, articles that have it), in the order of words; nothing is counted any more then."""
        if self._connection.in_transaction:
            self._connection.execute("COMMIT")
            yield from self._connection.execute("SELECT term, doc FROM words")
        self.forget()

    def forget(self) -> None:
        """Begin anew: what was counted is of a transaction that was not committed."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self._connection.execute("INSERT INTO texts (texts) VALUES ('delete-all')")
