"""Keeping the search index true to the articles: derived from them, following by a watermark.

``articles.indexed_revision`` says which revision the index holds; what differs from
``articles.revision`` is due for indexing. A crash leaves at worst some articles unindexed, and the
next opening catches up.

Rows of the index are numbered so that later days of publication have higher numbers (`first_key`): the newest
matches are the first that SQLite finds when it reads backwards.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from datetime import date
from operator import itemgetter
from typing import TYPE_CHECKING

from gzcrawler.archive.best_articles import COMMON, LISTED, BestArticles
from gzcrawler.archive.index_words import IndexedText, Stems
from gzcrawler.archive.relevance import TITLE_WEIGHT

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

__all__ = ["KEYS_A_DAY", "SearchIndexer", "first_key", "forget", "free_key", "remove_from_index", "unindexed"]

KEYS_A_DAY = 1 << 18
"""Row numbers that a day of publication has; an import may stamp all its articles with one day. What is more
goes on into the next day's."""


def first_key(day: str) -> int:
    """The least row number of a day; of a time, that of its day.

    >>> first_key("2024-05-02T09:00+08:00") - first_key("2024-05-01") == KEYS_A_DAY
    True
    """
    return date.fromisoformat(day[:10]).toordinal() * KEYS_A_DAY


def free_key(connection: sqlite3.Connection, day: str) -> int:
    """A row number of that day that no article has; behind those of the day."""
    first = first_key(day)
    while True:
        (last,) = connection.execute(
            "SELECT max(key) FROM articles WHERE key < ?", (first + KEYS_A_DAY,)
        ).fetchone()
        if last is None or last < first:
            return first
        if last < first + KEYS_A_DAY - 1:
            return int(last) + 1
        first += KEYS_A_DAY


def unindexed(connection: sqlite3.Connection, limit: int) -> list[tuple[int, int | None, int | None]]:
    """(key, indexed revision, current revision) of articles that the index does not show as they are."""
    return connection.execute(
        """SELECT key, indexed_revision, revision FROM articles
        WHERE indexed_revision IS NOT revision ORDER BY key LIMIT ?""",
        (limit,),
    ).fetchall()


def remove_from_index(connection: sqlite3.Connection, article_id: str) -> None:
    """Take an article out of the index, before its revisions are written anew or withdrawn."""
    row = connection.execute("SELECT key FROM articles WHERE id = ?", (article_id,)).fetchone()
    if row is not None:
        forget(connection, row[0])


def forget(connection: sqlite3.Connection, article_key: int) -> None:
    """Let no search find an article any more, inside the caller's transaction.

    While it still has its revisions: they tell which words go. It comes back with the next catching up,
    unless it has no revision (``articles.revision``) by then.
    """
    with closing(Stems()) as stems:
        _forget(connection, article_key, stems)


class SearchIndexer:
    """Brings the index up to date, in steps; remembers stems and what the index holds from one to the next."""

    def __init__(self, connection: sqlite3.Connection, *, common: int = COMMON, listed: int = LISTED) -> None:
        self._connection = connection
        self._stems = Stems()
        self._best = BestArticles(connection, common=common, listed=listed)

    def close(self) -> None:
        """Free what is remembered."""
        self._stems.close()

    def catch_up(self, limit: int) -> int:
        """Index up to `limit` articles inside the caller's transaction; returns how much was done."""
        due = unindexed(self._connection, limit)
        texts: list[tuple[int, IndexedText]] = []
        for key, indexed, revision in due:
            if indexed is not None:
                _forget(self._connection, key, self._stems)
            if revision is not None:
                texts.append(self._place(key))
        self._insert(sorted(texts, key=itemgetter(0)))
        return len(due) + self._best.begin_lists()

    def _place(self, key: int) -> tuple[int, IndexedText]:
        """The article's key, changed where its day of publication has, and its text."""
        record, published, first_seen = self._connection.execute(
            """SELECT r.record, a.published, a.first_seen FROM articles a
            JOIN revisions r ON r.article_id = a.id AND r.number = a.revision WHERE a.key = ?""",
            (key,),
        ).fetchone()
        day = published or first_seen
        if not first_key(day) <= key < first_key(day) + KEYS_A_DAY:
            moved = free_key(self._connection, day)
            self._connection.execute("UPDATE articles SET key = ? WHERE key = ?", (moved, key))
            key = moved
        return key, IndexedText.of(json.loads(record))

    def _insert(self, texts: list[tuple[int, IndexedText]]) -> None:
        """Rows in the order of their keys: SQLite collects them in memory only while keys rise."""
        connection = self._connection
        articles_with: Counter[str] = Counter()
        latin_rows = [(key, *text.latin) for key, text in texts]
        pair_rows = []
        titles = self._stems.counts_of(row[1] for row in latin_rows)
        others = self._stems.counts_of(f"{row[2]}\n{row[3]}" for row in latin_rows)
        for (key, text), in_title, in_text in zip(texts, titles, others, strict=True):
            weights, words = _weigh(in_title, in_text)
            articles_with.update(weights.keys())
            self._best.consider("search_index", key, weights, words)
            paired = text.paired
            if paired is not None:
                pair_rows.append((key, *paired))
                weights, words = _pair_weights(paired)
                articles_with.update(weights.keys())
                self._best.consider("search_pairs", key, weights, words)
        connection.executemany(_INSERT.format("search_index"), latin_rows)
        connection.executemany(_INSERT.format("search_pairs"), pair_rows)
        connection.executemany(
            "INSERT INTO search_titles (rowid, title) VALUES (?, ?)",
            [(key, text.title_words) for key, text in texts],
        )
        connection.executemany(
            """INSERT INTO search_terms (term, articles) VALUES (?, ?)
            ON CONFLICT (term) DO UPDATE SET articles = articles + excluded.articles""",
            sorted(articles_with.items()),
        )
        self._best.store()
        connection.executemany(
            "UPDATE articles SET indexed_revision = revision WHERE key = ?", [(key,) for key, _ in texts]
        )


_INSERT = "INSERT INTO {} (rowid, title, body, captions) VALUES (?, ?, ?, ?)"
_DELETE = "INSERT INTO {0} ({0}, rowid, title, body, captions) VALUES ('delete', ?, ?, ?, ?)"


def _weights(columns: tuple[str, str, str], stems: Stems) -> tuple[dict[str, int], int]:
    """How much each word of a text weighs, and how many words there are."""
    title, body, captions = columns
    in_title, in_text = stems.counts_of((title, f"{body}\n{captions}"))
    return _weigh(in_title, in_text)


def _pair_weights(columns: tuple[str, str, str]) -> tuple[dict[str, int], int]:
    title, body, captions = columns
    return _weigh(Counter(title.split()), dict(Counter(f"{body} {captions}".split())))


def _weigh(in_title: dict[str, int], in_text: dict[str, int]) -> tuple[dict[str, int], int]:
    words = sum(in_text.values()) + sum(in_title.values())
    for word, number in in_title.items():
        in_text[word] = in_text.get(word, 0) + TITLE_WEIGHT * number
    return in_text, words


def _forget(connection: sqlite3.Connection, key: int, stems: Stems) -> None:
    row = connection.execute(
        """SELECT r.record FROM articles a
        JOIN revisions r ON r.article_id = a.id AND r.number = a.indexed_revision WHERE a.key = ?""",
        (key,),
    ).fetchone()
    if row is None:
        return
    text = IndexedText.of(json.loads(row[0]))
    connection.execute(_DELETE.format("search_index"), (key, *text.latin))
    connection.execute(
        "INSERT INTO search_titles (search_titles, rowid, title) VALUES ('delete', ?, ?)",
        (key, text.title_words),
    )
    terms: Iterable[str] = _weights(text.latin, stems)[0]
    if text.paired is not None:
        connection.execute(_DELETE.format("search_pairs"), (key, *text.paired))
        terms = [*terms, *_pair_weights(text.paired)[0]]
    for term in terms:
        connection.execute("UPDATE search_terms SET articles = articles - 1 WHERE term = ?", (term,))
        connection.execute("DELETE FROM search_best WHERE term = ? AND key = ?", (term, key))
    connection.execute("DELETE FROM search_terms WHERE articles <= 0")
    connection.execute("UPDATE articles SET indexed_revision = NULL WHERE key = ?", (key,))
