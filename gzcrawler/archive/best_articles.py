"""For words that stand in very many articles: the articles that speak of them most.

To rank all matches of a word that half of all articles have takes seconds. What a reader wants of them is the
first few, and of a single word's matches those are known beforehand: the articles where it weighs most for
their length. So each common word has a list of them, begun when the word becomes common and kept from then on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.archive.index_words import characters
from gzcrawler.archive.relevance import TITLE_WEIGHT, CollectionSize, words_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

__all__ = ["COMMON", "LISTED", "BestArticles"]

COMMON = 20_000
"""Articles from which on a word is common: ranking so many matches takes SQLite some 60 ms."""
LISTED = 600
"""Articles of a list, after it was cut; it grows to twice as many."""
_LOOKED_AT = 5
"""Times the length of a list that it is begun from: where the word weighs most, before the article's length counts."""
_LISTS_A_STEP = 20
"""Lists begun in one transaction: each takes as long as one exact ranking."""


class BestArticles:
    """The lists, as a writer keeps them; the caller holds the transaction."""

    def __init__(self, connection: sqlite3.Connection, *, common: int = COMMON, listed: int = LISTED) -> None:
        """Keep lists of `listed` articles for words that at least `common` articles have."""
        self._connection = connection
        self._common = common
        self._listed = listed
        self._floors: dict[str, float] = {}
        """Common word -> what an article must surpass to be listed for it."""
        self._counts: dict[str, int] = {}
        self._known = -1
        self._sizes: dict[str, CollectionSize] = {}
        self._rows: list[tuple[str, int, int, int]] = []

    @property
    def floors(self) -> Mapping[str, float]:
        """Words that have a list, and what an article must surpass to be among the best of each."""
        if self._known < 0:
            self._load()
        return self._floors

    def consider(self, table: str, key: int, weights: Mapping[str, int], words: int) -> None:
        """Note the words that an article is among the best for.

        Args:
            table: the index it goes into.
            key: its row number.
            weights: word -> occurrences, those in the title counted with their weight; at least of the words
                in `floors`.
            words: how many words it has.
        """
        floors = self.floors
        if not floors:
            return
        if table not in self._sizes:
            self._sizes[table] = CollectionSize.read(self._connection, table)
        norm = self._sizes[table].norm(words)
        for term in floors.keys() & weights.keys():
            if weights[term] / norm > floors[term]:
                self._rows.append((term, key, weights[term], words))

    def store(self) -> None:
        """Enter what was noted, and cut lists that have grown too long."""
        self._connection.executemany(
            "INSERT INTO search_best (term, key, weight, words) VALUES (?, ?, ?, ?)", sorted(self._rows)
        )
        grown = {term for term, *_ in self._rows}
        for term, *_ in self._rows:
            if term not in self._counts:
                (self._counts[term],) = self._connection.execute(
                    "SELECT count(*) FROM search_best WHERE term = ?", (term,)
                ).fetchone()
            else:
                self._counts[term] += 1
        for term in sorted(grown):
            if self._counts[term] > 2 * self._listed:
                self._cut(term)
        self._rows.clear()
        self._sizes.clear()
        # Whoever rolled a step back, or wrote beside us, has other lists than those remembered.
        if self._number_of_lists() != self._known:
            self._known = -1

    def begin_lists(self) -> int:
        """Begin lists of words that have become common, some at a time; returns how many."""
        terms = self._connection.execute(
            f"SELECT term FROM search_terms WHERE articles >= {self._common} AND floor IS NULL LIMIT ?",
            (_LISTS_A_STEP,),
        ).fetchall()
        for (term,) in terms:
            self._begin(term)
        if terms:
            self._known = -1
        return len(terms)

    def _begin(self, term: str) -> None:
        """The best of all articles that are indexed, by what FTS5 itself counts of the word."""
        table = "search_pairs" if characters(term) else "search_index"
        self._connection.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.{table}_words USING fts5vocab(main, {table}, instance)"
        )
        likely = self._connection.execute(
            f"""SELECT doc, sum(CASE col WHEN 'title' THEN {TITLE_WEIGHT} ELSE 1 END) AS weight
            FROM temp.{table}_words WHERE term = ? GROUP BY doc ORDER BY weight DESC, doc LIMIT ?""",
            (term, _LOOKED_AT * self._listed),
        ).fetchall()
        self._connection.executemany(
            "INSERT INTO search_best (term, key, weight, words) VALUES (?, ?, ?, ?)",
            [(term, key, weight, words_of(self._connection, table, key)) for key, weight in likely],
        )
        self._cut(term)

    def _cut(self, term: str) -> None:
        """Leave the best of a word's list, and set what an article must surpass to be listed."""
        table = "search_pairs" if characters(term) else "search_index"
        size = CollectionSize.read(self._connection, table)
        rows = self._connection.execute(
            "SELECT key, weight, words FROM search_best WHERE term = ?", (term,)
        ).fetchall()
        ranked = sorted(((weight / size.norm(words), key) for key, weight, words in rows), reverse=True)
        self._connection.executemany(
            "DELETE FROM search_best WHERE term = ? AND key = ?",
            [(term, key) for _, key in ranked[self._listed :]],
        )
        kept = ranked[: self._listed]
        floor = kept[-1][0] if len(kept) == self._listed else 0.0
        self._connection.execute("UPDATE search_terms SET floor = ? WHERE term = ?", (floor, term))
        self._floors[term] = floor
        self._counts[term] = len(kept)

    def _load(self) -> None:
        rows = self._connection.execute("SELECT term, floor FROM search_terms WHERE floor IS NOT NULL")
        self._floors = dict(rows.fetchall())
        self._counts.clear()
        self._known = len(self._floors)

    def _number_of_lists(self) -> int:
        (number,) = self._connection.execute(
            "SELECT count(*) FROM search_terms WHERE floor IS NOT NULL"
        ).fetchone()
        return int(number)
