"""Searching: matches by the index, newest first or best first, without ranking more of them than a person waits for.

The exact order by relevance needs every match. Where they may be more than some ten thousand, few are ranked and no others:
the newest matches, those with the words in their titles (the newest of them; of a beginning, the best of them), and those
that speak most of each common word (`best_articles`). The answer says so.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import orjson

from gzcrawler.archive.best_articles import COMMON
from gzcrawler.archive.counted_text import CountedText
from gzcrawler.archive.facets import Facets, count_facets
from gzcrawler.archive.index_words import IndexedText, Stems
from gzcrawler.archive.matching_rows import MatchingRows, Vocabulary
from gzcrawler.archive.relevance import BM25, CollectionSize, rarity, relevance, words_of
from gzcrawler.archive.search_query import Leaf, leaves, parse_query
from gzcrawler.archive.snippets import marked, snippet

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from gzcrawler.archive.article_filter import ArticleFilter
    from gzcrawler.archive.search_query import ParsedQuery

__all__ = ["Answer", "Hit", "Searcher", "Sort"]

Sort = Literal["relevance", "newest"]

_COUNTED = 500
"""Matches that are counted, unless asked for all: finding more than so many takes long for common phrases."""
_ALL_RANKED = 400
"""Matches that are all ranked by counting their words here, where an index of many matches would take too long."""
_NEWEST_RANKED = 150
"""Newest matches that are ranked where not all can be; reading and counting an article takes some 0.05 ms."""
_TITLES_RANKED = 200
_TITLES_ENOUGH = 100
"""Titles that show the words, beside which few others can be among the first: a title counts as ten words of the text."""
_NEWEST_BESIDE_TITLES = 20
_BEST_RANKED = 100
"""Of each common word of a query."""
_BEST_OF_BEGINNINGS = 200
"""Of all common words that begin so."""
_POSTINGS_READ = 700_000
"""Entries of the index that an exact ranking may read: bm25 counts the matches of each word first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """One article that was found."""

    id: str
    title: str
    """Found words stand between the marks (`snippets.MARKS`)."""
    published: str | None
    source: str | None
    edition: str
    state: str
    canonical_url: str
    snippet: str
    """A piece of the text, marked likewise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a search found."""

    query: str
    sort: Sort
    total: int
    """Matches; at least so many where `total_is_exact` is false."""
    total_is_exact: bool
    ranked: int | None
    """How many matches were ranked, where that is not all of them."""
    note: str | None
    """How the query was read, where it was not as it stands."""
    hits: tuple[Hit, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


class Searcher:
    """Answers queries over one reading connection."""

    def __init__(self, connection: sqlite3.Connection, *, common: int = COMMON) -> None:
        """Answer over a reading connection; what may match in `common` articles or more is not ranked whole."""
        self._connection = connection
        self._stems = Stems()
        self._common = common

    def close(self) -> None:
        """Free what is remembered of words."""
        self._stems.close()

    def search(
        self, query: str, article_filter: ArticleFilter, *, sort: Sort, limit: int, offset: int
    ) -> Answer:
        """The matches from `offset` on, at most `limit`."""
        with _one_state(self._connection):
            parsed, rows = self._understand(query, article_filter)
            ranked: int | None = None
            if rows is None:
                keys, total, exact = [], 0, True
            elif sort == "newest" or parsed.tree is None:
                keys = rows.newest(limit, offset)
                total, exact = self._count(rows, article_filter)
            else:
                keys, total, exact, ranked = self._by_relevance(
                    rows, article_filter, limit=limit, offset=offset
                )
            return Answer(
                query=query,
                sort=sort,
                total=total,
                total_is_exact=exact,
                ranked=ranked,
                note=parsed.note,
                hits=tuple(self._hits(keys, leaves(parsed.tree) if parsed.tree else [])),
            )

    def count(self, query: str, article_filter: ArticleFilter) -> tuple[int, str | None]:
        """How many articles match, exactly, and a note on how the query was read."""
        with _one_state(self._connection):
            parsed, rows = self._understand(query, article_filter)
            if rows is None:
                return 0, parsed.note
            known = self._known_count(rows, article_filter)
            return (rows.count() if known is None else known), parsed.note

    def facets(self, query: str, article_filter: ArticleFilter, *, most: int) -> Facets:
        """What the matches have in common; of more than `most` of them, the newest are counted."""
        with _one_state(self._connection):
            _, rows = self._understand(query, article_filter)
            keys = rows.newest(most + 1, 0) if rows is not None else []
            return count_facets(self._connection, keys[:most], complete=len(keys) <= most)

    def _understand(
        self, query: str, article_filter: ArticleFilter
    ) -> tuple[ParsedQuery, MatchingRows | None]:
        """The query read, and its matches; None where it has no word. Without any text, all articles match."""
        parsed = parse_query(query, self._stems)
        if parsed.tree is None and query.strip():
            return parsed, None
        vocabulary = Vocabulary(self._connection, self._stems)
        return parsed, MatchingRows(self._connection, vocabulary, parsed.tree, article_filter)

    def _known_count(self, rows: MatchingRows, article_filter: ArticleFilter) -> int | None:
        """Of a single word the vocabulary tells it."""
        tree = rows.tree
        if article_filter or not isinstance(tree, Leaf) or tree.column or tree.prefix or len(tree.words) > 1:
            return None
        return rows.vocabulary.articles_with(tree.words[0])

    def _count(self, rows: MatchingRows, article_filter: ArticleFilter) -> tuple[int, bool]:
        known = self._known_count(rows, article_filter)
        if known is not None:
            return known, True
        counted = rows.count(at_most=_COUNTED + 1)
        return min(counted, _COUNTED), counted <= _COUNTED

    # -- by relevance -----------------------------------------------------------------------------

    def _by_relevance(
        self, rows: MatchingRows, article_filter: ArticleFilter, *, limit: int, offset: int
    ) -> tuple[list[int], int, bool, int | None]:
        """(keys, total, is it exact, how many were ranked if not all)."""
        tree = rows.tree
        assert tree is not None
        wanted = leaves(tree)
        vocabulary = rows.vocabulary
        likely = vocabulary.at_most(tree)
        postings = sum(vocabulary.at_most(leaf) for leaf in wanted)
        if rows.table is not None and likely < self._common and postings <= _POSTINGS_READ:
            total, exact = self._count(rows, article_filter)
            return rows.best(BM25.format(rows.table), limit, offset), total, exact, None
        one_word = isinstance(tree, Leaf) and not (tree.column or tree.prefix or len(tree.words) > 1)
        if one_word and isinstance(tree, Leaf) and not article_filter:
            listed = self._listed(tree, vocabulary)
            if offset + limit <= len(listed):
                total, exact = self._count(rows, article_filter)
                return listed[offset : offset + limit], total, exact, None
        # Counted and found in one reading: of phrases each costs as much as the other.
        found = rows.newest(_COUNTED + 1, 0)
        known = self._known_count(rows, article_filter)
        total, exact = (
            (known, True) if known is not None else (min(len(found), _COUNTED), len(found) <= _COUNTED)
        )
        all_found = len(found) <= _ALL_RANKED
        candidates = found if all_found else self._likely_best(rows, found, wanted)
        scored = self._ranked(rows, candidates, wanted)
        keys = [key for _, key in scored[offset : offset + limit]]
        return keys, total, exact, None if all_found else len(scored)

    def _likely_best(self, rows: MatchingRows, newest: list[int], wanted: Sequence[Leaf]) -> list[int]:
        """Articles among which the best are to be expected, where not all matches can be ranked."""
        titles = rows.best_titles(_TITLES_RANKED)
        if titles is None:
            titles = rows.newest_titles(_TITLES_RANKED)
        elif len(titles) >= _TITLES_ENOUGH:
            return list(dict.fromkeys([*titles, *newest[:_NEWEST_BESIDE_TITLES]]))
        titled = len(titles) >= _TITLES_ENOUGH
        candidates = dict.fromkeys(newest[: _NEWEST_BESIDE_TITLES if titled else _NEWEST_RANKED])
        candidates.update(dict.fromkeys(titles))
        for leaf in wanted:
            if leaf.prefix:
                candidates.update(dict.fromkeys(self._listed(leaf, rows.vocabulary)[:_BEST_OF_BEGINNINGS]))
            elif not titled:
                candidates.update(dict.fromkeys(self._listed(leaf, rows.vocabulary)[:_BEST_RANKED]))
        return list(candidates)

    def _listed(self, leaf: Leaf, vocabulary: Vocabulary) -> list[int]:
        """Articles that speak most of a common word, the best first; empty for others."""
        if len(leaf.words) > 1:
            lists = [self._listed(Leaf(word, (word,), leaf.paired), vocabulary) for word in leaf.words]
            return [
                key for together in zip(*(keys for keys in lists if keys), strict=False) for key in together
            ]
        terms = leaf.words
        if leaf.prefix:
            terms = tuple(term for term, _ in vocabulary.expand(leaf.words[0])[:8])
        size = CollectionSize.read(self._connection, _table(leaf))
        scores: dict[int, float] = {}
        for term in terms:
            for key, weight, words in self._connection.execute(
                "SELECT key, weight, words FROM search_best WHERE term = ?", (term,)
            ):
                scores[key] = scores.get(key, 0.0) + relevance(weight, size.norm(words))
        return sorted(scores, key=lambda key: (-scores[key], -key))

    def _ranked(
        self, rows: MatchingRows, candidates: list[int], wanted: Sequence[Leaf]
    ) -> list[tuple[float, int]]:
        """Those of the candidates that match, the best first, as bm25 has them."""
        assert rows.tree is not None
        sizes = {
            paired: CollectionSize.read(self._connection, table)
            for paired, table in ((False, "search_index"), (True, "search_pairs"))
        }
        worth = {leaf: rarity(rows.vocabulary.at_most(leaf), sizes[leaf.paired].articles) for leaf in wanted}
        scored: list[tuple[float, int]] = []
        for key, record in rows.records(candidates):
            text = CountedText(IndexedText.of(record), self._stems)
            if not text.matches(rows.tree):
                continue
            score = 0.0
            for leaf in wanted:
                weight = text.weight(leaf)
                if weight:
                    size = sizes[leaf.paired]
                    words = words_of(self._connection, _table(leaf), key)
                    score += worth[leaf] * relevance(weight, size.norm(words))
            scored.append((-score, -key))
        return [(score, -key) for score, key in sorted(scored)]

    # -- what is shown ----------------------------------------------------------------------------

    def _hits(self, keys: Sequence[int], wanted: Sequence[Leaf]) -> Iterator[Hit]:
        for key in keys:
            row = self._connection.execute(
                """SELECT a.id, a.published, a.source, a.edition, a.state, a.canonical_url, r.record
                FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.indexed_revision
                WHERE a.key = ?""",
                (key,),
            ).fetchone()
            record = orjson.loads(row[6])
            captions = [image["raw_caption"] for image in record["images"] if image["raw_caption"]]
            yield Hit(
                id=row[0],
                title=marked(record["title"], wanted, self._stems),
                published=row[1],
                source=row[2],
                edition=row[3],
                state=row[4],
                canonical_url=row[5],
                snippet=snippet([*record["body"], *captions], wanted, self._stems),
            )


def _table(leaf: Leaf) -> str:
    return "search_pairs" if leaf.paired else "search_index"


@contextmanager
def _one_state(connection: sqlite3.Connection) -> Iterator[None]:
    """All of a search sees the archive as it was at one moment, while a crawl writes."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
