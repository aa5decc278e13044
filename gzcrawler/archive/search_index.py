"""Keeping the search index true to the articles: derived from them, following by a watermark.

``articles.indexed_revision`` says which revision the index holds; what differs from
``articles.revision`` is due for indexing. A crash leaves at worst some articles unindexed, and the
next opening catches up.

Rows of the index are numbered so that later days of publication have higher numbers (`first_key`): the newest
matches are the first that SQLite finds when it reads backwards.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING

import orjson

from gzcrawler.archive.article_counts import ArticleCounts
from gzcrawler.archive.best_articles import COMMON, LISTED, BestArticles
from gzcrawler.archive.index_words import LATIN_TOKENIZER, PAIR_TOKENIZER, IndexedText, Stems, forms_of
from gzcrawler.archive.relevance import TITLE_WEIGHT

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

__all__ = ["KEYS_A_DAY", "SearchIndexer", "first_key", "forget", "free_key", "remove_from_index", "unindexed"]

KEYS_A_DAY = 1 << 18
"""Row numbers that a day of publication has; an import may stamp all its articles with one day. What is more
goes on into the next day's."""

_TEXTS_AT_ONCE = 200
"""Texts in memory: a step may be of any size."""


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
        self._counts = {
            "search_index": ArticleCounts(connection, "latin", LATIN_TOKENIZER),
            "search_pairs": ArticleCounts(connection, "paired", PAIR_TOKENIZER),
        }

    def close(self) -> None:
        """Free what is remembered."""
        self._stems.close()

    def catch_up(self, limit: int) -> int:
        """Index up to `limit` articles inside the caller's transaction; returns how much was done."""
        due = unindexed(self._connection, limit)
        keys: list[int] = []
        for key, indexed, revision in due:
            if indexed is not None:
                _forget(self._connection, key, self._stems)
            if revision is not None:
                keys.append(key)
        # In the order of their keys: SQLite collects rows in memory only while these rise.
        keys = sorted(self._placed(keys))
        for start in range(0, len(keys), _TEXTS_AT_ONCE):
            self._insert(self._texts(keys[start : start + _TEXTS_AT_ONCE]))
        for counts in self._counts.values():
            counts.store()
        self._best.store()
        self._connection.executemany(
            "UPDATE articles SET indexed_revision = revision WHERE key = ?", [(key,) for key in keys]
        )
        return len(due) + self._best.begin_lists()

    def _placed(self, keys: list[int]) -> Iterator[int]:
        """The articles' keys, changed where their day of publication has."""
        for start in range(0, len(keys), _TEXTS_AT_ONCE):
            step = keys[start : start + _TEXTS_AT_ONCE]
            days = self._connection.execute(
                f"SELECT key, coalesce(published, first_seen) FROM articles WHERE key IN ({_marks(step)})",
                step,
            ).fetchall()
            for key, day in days:
                if first_key(day) <= key < first_key(day) + KEYS_A_DAY:
                    yield key
                    continue
                moved = free_key(self._connection, day)
                self._connection.execute("UPDATE articles SET key = ? WHERE key = ?", (moved, key))
                yield moved

    def _texts(self, keys: list[int]) -> list[tuple[int, IndexedText]]:
        rows = self._connection.execute(
            f"""SELECT a.key, r.record FROM articles a
            JOIN revisions r ON r.article_id = a.id AND r.number = a.revision
            WHERE a.key IN ({_marks(keys)}) ORDER BY a.key""",
            keys,
        )
        return [(key, IndexedText.of(orjson.loads(record))) for key, record in rows]

    def _insert(self, texts: list[tuple[int, IndexedText]]) -> None:
        """Add articles to the indexes."""
        latin = [(key, *text.latin) for key, text in texts]
        paired = [(key, *columns) for key, text in texts if (columns := text.paired) is not None]
        if self._best.floors:
            self._consider_latin(latin)
            for key, title, body, captions in paired:
                self._best.consider("search_pairs", key, *_pair_weights(title, body, captions))
        for table, rows in (("search_index", latin), ("search_pairs", paired)):
            self._connection.executemany(_INSERT.format(table), rows)
            self._counts[table].add((key, "\n".join(columns)) for key, *columns in rows)
        self._connection.executemany(
            "INSERT INTO search_titles (rowid, title) VALUES (?, ?)",
            [(key, text.title_words) for key, text in texts],
        )

    def _consider_latin(self, rows: list[tuple[int, str, str, str]]) -> None:
        """How often words that have a list of their best articles stand in these."""
        stems = self._stems
        titles = [forms_of(title) for _, title, _, _ in rows]
        others = [forms_of(f"{body}\n{captions}") for _, _, body, captions in rows]
        listed = stems.among(stems.learn([*titles, *others]), self._best.floors)
        for (key, *_), title, other in zip(rows, titles, others, strict=True):
            in_title, in_text = Counter(title), Counter(other)
            weights: Counter[str] = Counter()
            for counted, weight in ((in_title, TITLE_WEIGHT), (in_text, 1)):
                for form in counted.keys() & listed.keys():
                    for stem in listed[form]:
                        weights[stem] += weight * counted[form]
            words = stems.length_of(in_title) + stems.length_of(in_text)
            self._best.consider("search_index", key, weights, words)


_INSERT = "INSERT INTO {} (rowid, title, body, captions) VALUES (?, ?, ?, ?)"
_DELETE = "INSERT INTO {0} ({0}, rowid, title, body, captions) VALUES ('delete', ?, ?, ?, ?)"


def _weights(columns: tuple[str, str, str], stems: Stems) -> tuple[dict[str, int], int]:
    """How much each word of a text weighs, and how many words there are."""
    title, body, captions = columns
    in_title, in_text = stems.counts_of((title, f"{body}\n{captions}"))
    return _weigh(in_title, in_text)


def _marks(values: list[int]) -> str:
    return ", ".join("?" * len(values))


def _pair_weights(title: str, body: str, captions: str) -> tuple[dict[str, int], int]:
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
    text = IndexedText.of(orjson.loads(row[0]))
    connection.execute(_DELETE.format("search_index"), (key, *text.latin))
    connection.execute(
        "INSERT INTO search_titles (search_titles, rowid, title) VALUES ('delete', ?, ?)",
        (key, text.title_words),
    )
    terms: Iterable[str] = _weights(text.latin, stems)[0]
    if text.paired is not None:
        connection.execute(_DELETE.format("search_pairs"), (key, *text.paired))
        terms = [*terms, *_pair_weights(*text.paired)[0]]
    for term in terms:
        connection.execute("UPDATE search_terms SET articles = articles - 1 WHERE term = ?", (term,))
        connection.execute("DELETE FROM search_best WHERE term = ? AND key = ?", (term, key))
    connection.execute("DELETE FROM search_terms WHERE articles <= 0")
    connection.execute("UPDATE articles SET indexed_revision = NULL WHERE key = ?", (key,))
