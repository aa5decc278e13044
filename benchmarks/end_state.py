"""What must be equal at the end of a crawl, however often it was interrupted: tables by their natural keys.

Row ids, times, offsets and record ids are not compared: they tell of the run, not of the portal. Captures
are a multiset of (address, status, digest); those of lists, home pages and robots.txt are left out, since
each run asks them for itself. Of an article that stands at two addresses, which of the two was captured
first is a matter of time, so its record (address, breadcrumbs, related links) is left out and its content
digest stays.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gzcrawler.archive import connect_to_read, verify
from gzcrawler.archive.index_words import LATIN_TOKENIZER, IndexedText

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["EndState", "differences", "end_state", "find_faults", "uncommitted_bytes"]

_TWO_ADDRESSES = """SELECT article_id FROM pages WHERE kind = 'article' AND part = 1 AND state = 'article'
    GROUP BY article_id HAVING count(*) > 1"""

_TABLES = {
    "articles": """SELECT id, portal, edition, language, canonical_url, title, published, source, state,
        revision, content_digest FROM articles""",
    "revisions": f"""SELECT article_id, number, cause, content_digest, reading_digest,
        CASE WHEN article_id NOT IN ({_TWO_ADDRESSES}) THEN record END FROM revisions""",
    "images": f"""SELECT article_id, ordinal, url, caption, credit, position FROM images
        WHERE article_id NOT IN ({_TWO_ADDRESSES})""",
    "links": """SELECT p.canonical_url, l.ordinal, l.scope, l.url, l.canonical_url, l.text
        FROM links l JOIN pages p ON p.id = l.page_id""",
    "placements": """SELECT p.canonical_url, s.content_digest, s.position, s.url, s.canonical_url, s.article_id,
        s.title, s.summary, s.date FROM placements s JOIN pages p ON p.id = s.page_id""",
    "parts": """SELECT p.canonical_url, t.content_digest, t.record
        FROM parts t JOIN pages p ON p.id = t.page_id""",
    "sections": "SELECT portal, key, edition, name FROM sections",
    "quarantine": """SELECT p.canonical_url, q.error, q.message
        FROM quarantine q JOIN pages p ON p.id = q.page_id""",
    "pages": """SELECT canonical_url, kind, article_id, edition, section, part, path_date, host, working_url,
        state, priority, failures, due_at IS NULL, links_digest FROM pages""",
    "captures": """SELECT c.url, c.status, c.payload_digest, c.kind, c.content_digest
        FROM captures c JOIN pages p ON p.id = c.page_id WHERE p.kind NOT IN ('listing', 'home', 'robots')""",
    "failures": "SELECT url, error FROM failures",
}


@dataclass(frozen=True, slots=True)
class EndState:
    """Rows of each table, counted."""

    tables: dict[str, Counter[tuple[Any, ...]]]

    def count(self, table: str) -> int:
        """Rows of a table."""
        return sum(self.tables[table].values())

    def article_ids(self) -> set[str]:
        """Ids of all articles that have a revision."""
        return {row[0] for row in self.tables["articles"] if row[9] is not None}


def end_state(archive: Path) -> EndState:
    """Read an archive's end state."""
    connection = connect_to_read(archive / "gzcrawler.db")
    try:
        return EndState({name: Counter(map(tuple, connection.execute(sql))) for name, sql in _TABLES.items()})
    finally:
        connection.close()


def differences(expected: EndState, actual: EndState) -> list[str]:
    """One sentence for each row that is lost or one too many; empty where the two are equal."""
    found: list[str] = []
    for name, rows in expected.tables.items():
        lost, extra = rows - actual.tables[name], actual.tables[name] - rows
        found.extend(f"{name}: lost {_short(row)}" for row in lost.elements())
        found.extend(f"{name}: too many {_short(row)}" for row in extra.elements())
    return found


def find_faults(archive: Path) -> list[str]:
    """What is wrong with an archive in itself: digests, offsets, database, search index, strange files."""
    longer = uncommitted_bytes(archive, archive.parent)
    empty = [path.name for path in sorted((archive / "warc").glob("[!.]*")) if not path.stat().st_size]
    return [
        *verify(archive).damage,
        *(f"{path.name}: {size - length:,} bytes too many" for path, (length, size) in longer.items()),
        *(f"{name}: is empty" for name in empty),
        *_search_faults(archive / "gzcrawler.db"),
    ]


def _search_faults(database: Path) -> list[str]:
    """Compare the search index, word by word, with one made afresh from the same articles."""
    connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)
    try:
        connection.execute(
            f"CREATE VIRTUAL TABLE temp.fresh USING fts5(title, body, captions, tokenize='{LATIN_TOKENIZER}')"
        )
        connection.executemany(
            "INSERT INTO temp.fresh (rowid, title, body, captions) VALUES (?, ?, ?, ?)",
            [
                (key, *IndexedText.of(json.loads(record)).latin)
                for key, record in connection.execute(
                    """SELECT a.key, r.record FROM articles a
                    JOIN revisions r ON r.article_id = a.id AND r.number = a.indexed_revision"""
                )
            ],
        )
        connection.execute(
            "CREATE VIRTUAL TABLE temp.fresh_words USING fts5vocab('temp', 'fresh', 'instance')"
        )
        connection.execute(
            "CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', 'search_index', 'instance')"
        )
        fresh, kept = (
            Counter(connection.execute(f"SELECT term, doc, col, offset FROM temp.{table}"))
            for table in ("fresh_words", "words")
        )
        wrong = ((fresh - kept) + (kept - fresh)).total()
        unindexed = connection.execute(
            "SELECT count(*) FROM articles WHERE revision IS NOT indexed_revision"
        ).fetchone()[0]
    finally:
        connection.close()
    found = [f"search index: {wrong} words are wrong"] if wrong else []
    return found + ([f"search index: {unindexed} articles are missing"] if unindexed else [])


def uncommitted_bytes(archive: Path, scratch: Path) -> dict[Path, tuple[int, int]]:
    """WARC files that are longer than the database knows: path -> (committed length, length).

    Reads a copy of the database in `scratch`, so that the archive stays as the crash left it.
    """
    committed: dict[str, int] = {}
    if (archive / "gzcrawler.db").exists():
        for suffix in ("", "-wal"):
            source = archive / f"gzcrawler.db{suffix}"
            if source.exists():
                shutil.copy(source, scratch / f"committed.db{suffix}")
        connection = sqlite3.connect(scratch / "committed.db")
        try:
            if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'warc_files'").fetchone():
                committed = dict(connection.execute("SELECT name, committed_length FROM warc_files"))
        finally:
            connection.close()
            for suffix in ("", "-wal", "-shm"):
                (scratch / f"committed.db{suffix}").unlink(missing_ok=True)
    warc = archive / "warc"
    # Hidden files are damaged tails that opening has set aside.
    sizes = {path: path.stat().st_size for path in sorted(warc.glob("[!.]*"))}
    return {
        path: (committed.get(path.name, 0), size)
        for path, size in sizes.items()
        if size > committed.get(path.name, 0)
    }


def _short(row: tuple[Any, ...]) -> str:
    return ", ".join(str(value)[:90] for value in row[:6])
