"""The reading side: loading through the archive's door, bytes by table, searching, counting, Chinese.

    python benchmarks/reading_side.py [--quick] [--articles N] [--chinese N] [--folder DIR]
    python benchmarks/reading_side.py --loading 20000

Makes an archive of N articles of 3 KB through the archive's own door (`generated_articles`), then copies its rows by
``executemany`` into the same schema, and asks both kinds of question. The folder is deleted at the end if it was not named.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import astuple, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from generated_articles import ChineseArticles, EnglishArticles
from measuring import Bar, conclude, markdown_table

from gzcrawler.archive import Archive, ArticleFilter, connect_to_read
from gzcrawler.archive.connections import connect_to_write
from gzcrawler.archive.index_words import IndexedText
from gzcrawler.archive.relevance import BM25
from gzcrawler.archive.schema_version import upgrade
from gzcrawler.archive.search import Searcher
from gzcrawler.portals import load_portal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_GROUP = 500
"""Captures a commit, as `rebuild` takes them."""
_STEP = 2_000
_COPIED = 20_000
"""Articles of the comparison with executemany: both sides in turns, and no more than fits a quiet stretch."""
_LIMITS = {"two mid words": 50.0}
_LIMIT = 150.0
_FTS = ("search_index", "search_pairs", "search_titles")


@dataclass(slots=True)
class Spent:
    """What was timed so far."""

    seconds: float = 0.0
    processor: float = 0.0

    @contextlib.contextmanager
    def timed(self) -> Iterator[None]:
        """Count what runs inside."""
        begun, used = time.perf_counter(), time.process_time()
        yield
        self.seconds += time.perf_counter() - begun
        self.processor += time.process_time() - used


def load(folder: Path, articles: EnglishArticles) -> Spent:
    """Make an archive through the door; returns what that took, without making the articles."""
    spent = Spent()
    with Archive(folder, load_portal("guangzhou"), command="bench") as archive:
        entries = articles.entries()
        done = 0
        while group := list(islice(entries, _GROUP)):
            with spent.timed():
                archive.record_all(group)
            done += len(group)
            if done % 50_000 == 0:
                print(f"{done:,} articles, {spent.seconds:,.0f} s", file=sys.stderr, flush=True)
        with spent.timed():
            archive.index_all()
    return spent


def copy_rows(source: Path, target: Path) -> Spent:
    """Copy every row into the same schema by executemany; returns what writing took."""
    with contextlib.closing(connect_to_write(target)) as connection:
        upgrade(connection)
        connection.execute("PRAGMA foreign_keys = OFF")
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'search_index%' "
                "AND name NOT LIKE 'search_pairs%' AND name NOT LIKE 'search_titles%' "
                "AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlite%'"
            )
        ]
        spent = Spent()
        with contextlib.closing(connect_to_read(source)) as reading:
            for table in tables:
                _write(spent, connection, table, reading.execute(f"SELECT * FROM {table}"))
            for table in _FTS:
                rows = reading.execute(
                    """SELECT a.key, r.record FROM articles a
                    JOIN revisions r ON r.article_id = a.id AND r.number = a.revision ORDER BY a.key"""
                )
                _write(spent, connection, table, map(_row_of(table), rows), _insert_into(table))
    return spent


def _insert_into(table: str) -> str:
    if table == "search_titles":
        return "INSERT INTO search_titles (rowid, title) VALUES (?, ?)"
    return f"INSERT INTO {table} (rowid, title, body, captions) VALUES (?, ?, ?, ?)"


def _row_of(table: str) -> Callable[[tuple[int, str]], tuple[object, ...] | None]:
    def made(row: tuple[int, str]) -> tuple[object, ...] | None:
        text = IndexedText.of(json.loads(row[1]))
        if table == "search_titles":
            return row[0], text.title_words
        columns = text.latin if table == "search_index" else text.paired
        return (row[0], *columns) if columns else None

    return made


def _write(
    spent: Spent,
    connection: sqlite3.Connection,
    table: str,
    rows: Iterable[tuple[object, ...] | None],
    insert: str | None = None,
) -> None:
    found = iter(rows)
    while step := list(islice(found, _STEP)):
        wanted = [row for row in step if row is not None]
        if not wanted:
            continue
        sql = insert or f"INSERT INTO {table} VALUES ({', '.join('?' * len(wanted[0]))})"
        with spent.timed():
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(sql, wanted)
            connection.execute("COMMIT")


def bytes_by_table(database: Path) -> tuple[list[tuple[str, float]], float, float]:
    """((table with its indexes, bytes an article), …), bytes an article, characters of text an article."""
    with contextlib.closing(connect_to_read(database)) as connection:
        (articles,) = connection.execute("SELECT count(*) FROM articles").fetchone()
        owners = dict(connection.execute("SELECT name, tbl_name FROM sqlite_schema"))
        sums: dict[str, int] = {}
        for name, size in connection.execute("SELECT name, pgsize FROM dbstat WHERE aggregate = 1"):
            owner = owners.get(name, name)
            owner = next((table for table in _FTS if owner.startswith(f"{table}_")), owner)
            sums[owner] = sums.get(owner, 0) + size
        text = 0
        counted = 0
        for (record,) in connection.execute("SELECT record FROM revisions WHERE id % 50 = 1"):
            text += sum(len(column.encode()) for column in IndexedText.of(json.loads(record)).columns)
            counted += 1
    rows = sorted(((name, size / articles) for name, size in sums.items()), key=lambda row: -row[1])
    return rows, sum(sums.values()) / articles, text / counted


class Queries:
    """Queries of each shape, by how many articles have their words."""

    def __init__(self, connection: sqlite3.Connection, number: int) -> None:
        (self._articles,) = connection.execute("SELECT count(*) FROM articles").fetchone()
        self._random = random.Random(7)
        self._number = number
        self._connection = connection
        self.shapes: dict[str, list[str]] = {
            "rare": self._words(0.00002, 0.0005),
            "mid": self._words(0.005, 0.02),
            "common": self._words(0.5, 1.0),
            "two mid words": self._pairs(0.005, 0.02, "{} {}"),
            "phrase of two common": self._pairs(0.5, 1.0, '"{} {}"'),
            "prefix": [f"{word[:4]}*" for word in self._words(0.005, 0.02) if len(word) > 4],
        }

    def _words(self, least: float, most: float) -> list[str]:
        """Forms that stem to themselves, of words that so large a share of all articles have."""
        rows = self._connection.execute(
            """SELECT term FROM search_terms WHERE articles BETWEEN ? AND ? AND term GLOB '[a-z]*'
            AND term NOT GLOB '*[eisy]' ORDER BY term""",
            (max(2, least * self._articles), max(5, most * self._articles)),
        ).fetchall()
        words = [term for (term,) in rows]
        return self._random.choices(words, k=self._number) if words else []

    def _pairs(self, least: float, most: float, form: str) -> list[str]:
        words = self._words(least, most) + self._words(least, most)
        return [form.format(a, b) for a, b in zip(words[::2], words[1::2], strict=True) if a != b]


def p95(values: Sequence[float]) -> float:
    """The value that one in twenty surpasses."""
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]


def time_searches(searcher: Searcher, queries: Sequence[str], sort: str) -> tuple[list[float], int]:
    """Milliseconds of each query, warm, the first 20 hits with snippets; and how often not all were ranked."""
    times, bounded = [], 0
    for query in queries:
        for warm in (False, True):
            begun = time.perf_counter()
            answer = searcher.search(query, ArticleFilter(), sort=sort, limit=20, offset=0)
            if warm:
                times.append(1_000 * (time.perf_counter() - begun))
                bounded += answer.ranked is not None
    return times, bounded


def overlap(connection: sqlite3.Connection, searcher: Searcher, query: str) -> float:
    """Share of the exact first 20 that the search gives among its own."""
    statement = f"""SELECT a.id FROM search_index JOIN articles a ON a.key = search_index.rowid
        WHERE search_index MATCH ? ORDER BY {BM25.format("search_index")}, search_index.rowid DESC LIMIT 20"""
    exact = {article for (article,) in connection.execute(statement, (query,))}
    hits = searcher.search(query, ArticleFilter(), sort="relevance", limit=20, offset=0).hits
    return len(exact & {hit.id for hit in hits}) / len(exact) if exact else 1.0


def measure_search(database: Path, queries: int, compared: int) -> list[Bar]:
    """Times of each shape and order, counting, and overlap with exact bm25."""
    bars = []
    rows = []
    with (
        contextlib.closing(connect_to_read(database)) as connection,
        contextlib.closing(Searcher(connection)) as searcher,
    ):
        connection.execute("PRAGMA cache_size = -200000")
        asked = Queries(connection, queries)
        for shape, of_shape in asked.shapes.items():
            for sort in ("relevance", "newest"):
                times, bounded = time_searches(searcher, of_shape, sort)
                limit = _LIMITS.get(shape, _LIMIT)
                rows.append(
                    (shape, sort, len(times), f"{statistics.median(times):.1f}", f"{p95(times):.1f}", bounded)
                )
                bars.append(
                    Bar(f"{shape}, {sort}: p95 <= {limit:g} ms", f"{p95(times):.1f} ms", p95(times) <= limit)
                )
        print(
            markdown_table(("shape", "order", "queries", "median ms", "p95 ms", "not all ranked"), rows)
            + "\n"
        )
        counted = []
        for query in asked.shapes["common"]:
            begun = time.perf_counter()
            searcher.count(query, ArticleFilter())
            counted.append(1_000 * (time.perf_counter() - begun))
        bars.append(Bar("count of a common word <= 60 ms", f"p95 {p95(counted):.2f} ms", p95(counted) <= 60))
        shares = {
            shape: [overlap(connection, searcher, query) for query in of_shape[:compared]]
            for shape, of_shape in asked.shapes.items()
        }
        print(
            markdown_table(
                ("shape", "queries", "overlap of the first 20 with exact bm25"),
                [
                    (shape, len(of_shape), f"{statistics.mean(of_shape):.3f}")
                    for shape, of_shape in shares.items()
                ],
            )
            + "\n"
        )
        every = [share for of_shape in shares.values() for share in of_shape]
        bars.append(
            Bar(
                f"overlap over {len(every)} queries >= 0.9",
                f"{statistics.mean(every):.3f}",
                statistics.mean(every) >= 0.9,
            )
        )
    return bars


def measure_chinese(database: Path, queries: int) -> list[Bar]:
    """Times of words of two characters."""
    with (
        contextlib.closing(connect_to_read(database)) as connection,
        contextlib.closing(Searcher(connection)) as searcher,
    ):
        terms = connection.execute(
            "SELECT term FROM search_terms WHERE length(term) = 2 AND articles >= 20 AND unicode(term) > 12000"
        ).fetchall()
        frequent = connection.execute(
            "SELECT term FROM search_terms WHERE length(term) = 2 AND unicode(term) > 12000 ORDER BY articles DESC LIMIT 50"
        ).fetchall()
        words = [term for (term,) in random.Random(7).choices(terms, k=queries) + frequent]
        bars = []
        for sort in ("relevance", "newest"):
            times, bounded = time_searches(searcher, words, sort)
            claim = f"two Chinese characters, {sort}: p95 <= 100 ms"
            bars.append(Bar(claim, f"{p95(times):.1f} ms, {bounded} not all ranked", p95(times) <= 100))
    return bars


def measure_loading(folder: Path, number: int, rounds: int) -> list[Bar]:
    """The door against executemany, in turns."""
    ratios, shares, rows = [], [], []
    for number_of_round in range(rounds):
        place = folder / f"round-{number_of_round}"
        door = load(place, EnglishArticles(number))
        raw = copy_rows(place / "gzcrawler.db", folder / f"raw-{number_of_round}.db")
        ratios.append(raw.seconds / door.seconds)
        shares.append(raw.processor / door.processor)
        times = [1_000 * value / number for value in astuple(door) + astuple(raw)]
        rows.append(
            (
                number_of_round + 1,
                *(f"{value:.2f}" for value in times),
                f"{ratios[-1]:.2f}",
                f"{shares[-1]:.2f}",
            )
        )
        shutil.rmtree(place)
    print(
        markdown_table(
            (
                "round",
                "door, ms an article",
                "of processor",
                "executemany, ms",
                "of processor",
                "ratio",
                "of processor times",
            ),
            rows,
        )
        + "\n"
    )
    ratio, share = statistics.median(ratios), statistics.median(shares)
    told = f"{ratio:.2f} by the clock, {share:.2f} of processor times"
    return [Bar(f"loading {number:,} >= 0.6 of executemany", told, ratio >= 0.6)]


def measure_bytes(database: Path) -> list[Bar]:
    """The database's size, table by table."""
    rows, total, text = bytes_by_table(database)
    shown = [(name, f"{size:,.0f}", f"{size / text:.2f}") for name, size in rows if size / text >= 0.005]
    print(markdown_table(("table with its indexes", "bytes an article", "times its text"), shown) + "\n")
    return [
        Bar(
            "database bytes an article <= 3.5 x its text",
            f"{total:,.0f} / {text:,.0f} = {total / text:.2f}",
            total / text <= 3.5,
        )
    ]


def main() -> int:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--chinese", type=int, default=200_000)
    parser.add_argument("--queries", type=int, default=100, help="of each shape")
    parser.add_argument(
        "--folder", type=Path, help="where to make the archives; kept, and an archive there is used"
    )
    parser.add_argument(
        "--quick", action="store_true", help="2,000 articles, 500 Chinese ones, 10 queries a shape"
    )
    parser.add_argument("--loading", type=int, metavar="N", help="measure loading alone, of so many articles")
    chosen = parser.parse_args()
    if chosen.loading:
        with tempfile.TemporaryDirectory(dir=chosen.folder) as scratch:
            return conclude(measure_loading(Path(scratch), chosen.loading, 5))
    if chosen.quick:
        chosen.articles, chosen.chinese, chosen.queries = 2_000, 500, 10
    with contextlib.ExitStack() as stack:
        folder = chosen.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        english, chinese = folder / "english", folder / "chinese"
        for place, articles in (
            (english, EnglishArticles(chosen.articles)),
            (chinese, ChineseArticles(chosen.chinese)),
        ):
            if not place.exists():
                load(place, articles)
        print(
            f"{chosen.articles:,} English articles, {chosen.chinese:,} Chinese ones, SQLite {sqlite3.sqlite_version}\n"
        )
        bars = measure_search(english / "gzcrawler.db", chosen.queries, -(-200 // 6))
        bars += measure_chinese(chinese / "gzcrawler.db", chosen.queries)
        bars += measure_bytes(english / "gzcrawler.db")
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            number = min(chosen.articles, _COPIED)
            bars += measure_loading(Path(scratch), number, 1 if chosen.quick else 5)
    return conclude(bars)


if __name__ == "__main__":
    sys.exit(main())
