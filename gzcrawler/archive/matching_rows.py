"""The matches of a query as SQL: which index is asked, in which order, under which filter."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import orjson

from gzcrawler.archive.relevance import BM25
from gzcrawler.archive.search_index import KEYS_A_DAY, first_key
from gzcrawler.archive.search_query import And, Leaf, Not, Or, leaves

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from gzcrawler.archive.article_filter import ArticleFilter
    from gzcrawler.archive.index_words import Stems
    from gzcrawler.archive.search_query import Node

__all__ = ["MatchingRows", "Vocabulary"]

_ENDINGS_STREAMED = 100
"""Words of a beginning that are asked one by one, so that the newest matches come first without merging all."""
_RANKED_BY_TITLE = 400_000
"""Entries of a beginning's words of which those in titles are ranked in some 30 ms."""
_MERGED_AT_MOST = 100_000
"""Entries of a beginning's words that SQLite merges in some 30 ms, before the first match is told."""


class Vocabulary:
    """Words of the index, and how many articles have each."""

    def __init__(self, connection: sqlite3.Connection, stems: Stems) -> None:
        self._connection = connection
        self._stems = stems
        self._expanded: dict[str, list[tuple[str, int]]] = {}

    def articles_with(self, term: str) -> int:
        """How many articles have a word."""
        row = self._connection.execute("SELECT articles FROM search_terms WHERE term = ?", (term,)).fetchone()
        return row[0] if row else 0

    def expand(self, beginning: str) -> list[tuple[str, int]]:
        """(word, articles with it) of words that begin so, the most frequent first."""
        if beginning not in self._expanded:
            rows = self._connection.execute(
                "SELECT term, articles FROM search_terms WHERE term >= ? AND term < ?",
                (beginning, beginning + "\U0010ffff"),
            ).fetchall()
            self._expanded[beginning] = sorted(map(tuple, rows), key=lambda pair: (-pair[1], pair[0]))
        return self._expanded[beginning]

    def at_most(self, node: Node) -> int:
        """How many matches there can be at most."""
        if isinstance(node, Leaf):
            *whole, last = node.words
            counts = [self.articles_with(word) for word in whole]
            if node.prefix:
                counts.append(sum(articles for _, articles in self.expand(last)))
            else:
                counts.append(self.articles_with(last))
            return min(counts)
        if isinstance(node, Not):
            return self.at_most(node.wanted)
        if isinstance(node, And):
            return min(map(self.at_most, node.parts))
        return sum(map(self.at_most, node.parts))

    def form_of(self, stem: str) -> str | None:
        """A word whose stem this is; stemming a stem may give another."""
        for ending in ("", "e", "s", "y", "ed", "es"):
            for base in (stem, stem[:-1] if ending == "y" else stem):
                if self._stems.of(base + ending) == [stem]:
                    return base + ending
        return None


class MatchingRows:
    """Row numbers of the articles that match, under a filter; all articles where there is no query."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        vocabulary: Vocabulary,
        tree: Node | None,
        article_filter: ArticleFilter,
    ) -> None:
        self._connection = connection
        self.vocabulary = vocabulary
        self.tree = tree
        self._filter = article_filter
        self.table = None if tree is None else _table_of(tree)
        """The index that has all of the query; None where it takes two."""

    def newest(self, limit: int, offset: int) -> list[int]:
        """Keys, the last day of publication first."""
        sql, values = self._select("key", stream=True)
        return self._keys(f"{sql} ORDER BY key DESC LIMIT ? OFFSET ?", (*values, limit, offset))

    def best(self, order: str, limit: int, offset: int) -> list[int]:
        """Keys by an order that FTS5 can tell of each row, ties newest first."""
        sql, values = self._select("key")
        return self._keys(f"{sql} ORDER BY {order}, key DESC LIMIT ? OFFSET ?", (*values, limit, offset))

    def count(self, at_most: int | None = None) -> int:
        """How many there are; counting stops at `at_most`."""
        sql, values = self._select("1" if at_most else "count(*)", stream=at_most is not None)
        if at_most:
            sql, values = f"SELECT count(*) FROM ({sql} LIMIT ?)", (*values, at_most)
        (number,) = self._connection.execute(sql, values).fetchone()
        return int(number)

    def newest_titles(self, limit: int) -> list[int]:
        """Keys of articles that match by their titles alone, the newest first; filtered."""
        assert self.tree is not None
        expression = _title_expression(self.tree)
        if expression is None:
            return []
        condition, values = self._conditions("search_titles")
        return self._keys(
            f"""SELECT rowid AS key FROM search_titles WHERE search_titles MATCH ?{condition}
            ORDER BY rowid DESC LIMIT ?""",
            (expression, *values, limit),
        )

    def best_titles(self, limit: int) -> list[int] | None:
        """Of a beginning of words: keys of articles that show it in their titles, as ranked by their titles; filtered.

        None for other queries, and where reading all its entries would take too long.
        """
        leaf = self.tree
        if not isinstance(leaf, Leaf) or not leaf.prefix or len(leaf.words) > 1:
            return None
        if leaf.column not in (None, "title") or self.vocabulary.at_most(leaf) > _RANKED_BY_TITLE:
            return None
        assert self.table is not None
        condition, values = self._conditions(self.table)
        return self._keys(
            f"""SELECT rowid AS key FROM {self.table} WHERE {self.table} MATCH ?{condition}
            ORDER BY {BM25.format(self.table)}, key DESC LIMIT ?""",
            (replace(leaf, column="title").expression, *values, limit),
        )

    def records(self, keys: Sequence[int]) -> Iterator[tuple[int, dict[str, Any]]]:
        """(key, record as indexed) of those of the articles that the filter lets through."""
        condition, values = self._filter.condition()
        for key, record in self._connection.execute(
            f"""SELECT a.key, r.record FROM json_each(?) wanted CROSS JOIN articles a ON a.key = wanted.value
            CROSS JOIN revisions r ON r.article_id = a.id AND r.number = a.indexed_revision
            WHERE {condition}""",
            (json.dumps(list(keys)), *values),
        ):
            yield key, orjson.loads(record)

    def _keys(self, sql: str, values: Sequence[object]) -> list[int]:
        return [row[0] for row in self._connection.execute(sql, values)]

    def _select(self, what: str, *, stream: bool = False) -> tuple[str, tuple[object, ...]]:
        tree = self.tree
        if tree is None:
            condition, values = self._filter.condition()
            return (
                f"SELECT {what} FROM articles a WHERE {condition} AND a.indexed_revision IS NOT NULL",
                values,
            )
        if self.table is not None:
            condition, values = self._conditions(self.table)
            column = "rowid AS key" if what == "key" else what
            return (
                f"SELECT {column} FROM {self.table} WHERE {self.table} MATCH ?{condition}",
                (self._expression(tree, stream=stream), *values),
            )
        inner, inner_values = self._set(tree)
        condition, values = self._conditions("found", "found.key")
        return f"SELECT {what} FROM ({inner}) AS found WHERE 1{condition}", (*inner_values, *values)

    def _conditions(self, table: str, key: str | None = None) -> tuple[str, tuple[object, ...]]:
        """The filter, on rows of an index: a span of keys where it is a span of days, the rest by the article."""
        if not self._filter:
            return "", ()
        key = key or f"{table}.rowid"
        sql = ""
        values: list[object] = []
        if self._filter.published_from or self._filter.published_to:
            first = self._filter.published_from or date.min
            last = self._filter.published_to or date.max
            sql += f" AND {key} BETWEEN ? AND ?"
            values += [first_key(str(first)), first_key(str(last)) + KEYS_A_DAY - 1]
        condition, filtered = self._filter.condition()
        sql += f" AND EXISTS (SELECT 1 FROM articles a WHERE a.key = {key} AND {condition})"
        return sql, (*values, *filtered)

    def _set(self, node: Node) -> tuple[str, tuple[object, ...]]:
        """A statement for the keys of a query over both indexes."""
        table = _table_of(node)
        if table is not None:
            return f"SELECT rowid AS key FROM {table} WHERE {table} MATCH ?", (_expression(node),)
        if isinstance(node, Not):
            (wanted, first), (unwanted, second) = self._set(node.wanted), self._set(node.unwanted)
            return f"SELECT key FROM ({wanted}) EXCEPT SELECT key FROM ({unwanted})", (*first, *second)
        assert not isinstance(node, Leaf)
        parts = [self._set(part) for part in _gathered(node)]
        operator = " UNION " if isinstance(node, Or) else " INTERSECT "
        sql = operator.join(f"SELECT key FROM ({part})" for part, _ in parts)
        return sql, tuple(value for _, values in parts for value in values)

    def _expression(self, tree: Node, *, stream: bool) -> str:
        if stream and isinstance(tree, Leaf) and tree.prefix and not tree.paired and len(tree.words) == 1:
            expanded = self.vocabulary.expand(tree.words[0])
            if (
                len(expanded) <= _ENDINGS_STREAMED
                and sum(articles for _, articles in expanded) > _MERGED_AT_MOST
            ):
                forms = [self.vocabulary.form_of(stem) for stem, _ in expanded]
                if None not in forms:
                    column = f"{{{tree.column}}} : " if tree.column else ""
                    return " OR ".join(f'{column}"{form}"' for form in forms)
        return _expression(tree)


def _table_of(node: Node) -> str | None:
    """The index that has all words of a query, those behind NOT too; None where it takes both."""
    kinds = {leaf.paired for leaf in _all_leaves(node)}
    return None if len(kinds) > 1 else "search_pairs" if kinds.pop() else "search_index"


def _all_leaves(node: Node) -> list[Leaf]:
    if isinstance(node, Not):
        return [*_all_leaves(node.wanted), *_all_leaves(node.unwanted)]
    if isinstance(node, Leaf):
        return leaves(node)
    return [leaf for part in node.parts for leaf in _all_leaves(part)]


def _gathered(node: And | Or) -> list[Node]:
    """The parts of a node, those of one index together."""
    together: dict[str | None, list[Node]] = {}
    for part in node.parts:
        together.setdefault(_table_of(part), []).append(part)
    parts: list[Node] = []
    for table, members in together.items():
        if table is None or len(members) == 1:
            parts.extend(members)
        else:
            parts.append(type(node)(tuple(members)))
    return parts


def _expression(node: Node) -> str:
    """A query in FTS5's language."""
    if isinstance(node, Leaf):
        return node.expression
    if isinstance(node, Not):
        return f"({_expression(node.wanted)}) NOT ({_expression(node.unwanted)})"
    operator = " OR " if isinstance(node, Or) else " AND "
    return operator.join(f"({_expression(part)})" for part in node.parts)


def _title_expression(node: Node) -> str | None:
    """The query as the index of titles may be asked for likely matches; None where no title can match."""
    if isinstance(node, Leaf):
        if node.column not in (None, "title"):
            return None
        return Leaf(node.text, node.words, node.paired, node.prefix).expression
    if isinstance(node, Not):
        return _title_expression(node.wanted)
    parts = [_title_expression(part) for part in node.parts]
    if isinstance(node, Or):
        known = [part for part in parts if part]
        return " OR ".join(f"({part})" for part in known) if known else None
    return None if None in parts else " AND ".join(f"({part})" for part in parts)
