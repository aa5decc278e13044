"""docs/schema.md, written from the database itself: ``python -m gzcrawler.archive.schema_doc > docs/schema.md``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sqlite_utils import Database

from gzcrawler.archive.migrations import migrate
from gzcrawler.archive.schema_words import COLUMNS, COMMON, TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["describe_schema", "undescribed"]

_HEAD = """# The tables

`gzcrawler.db` is SQLite in WAL mode; read it with anything, also while a crawl writes. Times are UTC,
`2026-01-15T01:00:00.000Z`, comparable as text; digests are labelled, `sha256:…`; what is not there is `NULL`. Row numbers
(`id`, `key`, `…_id`) mean nothing outside this file: a rebuilt database has others. Names that last are article ids,
canonical URLs, digests, WARC record ids and run uids. How to ask: [querying.md](querying.md).

Views come first: they are made for people, and stay while tables may change. This page is written from the database
by `python -m gzcrawler.archive.schema_doc > docs/schema.md`.
"""

_INTERNAL = (
    "_sqlite_",
    "sqlite_",
    "search_index_",
    "search_pairs_",
    "search_titles",
    "search_best",
    "search_text",
)
"""Beginnings of names that SQLite, sqlite-utils and the search index keep for themselves."""


def describe_schema() -> str:
    """The page, as Markdown: views first, then tables, each with its columns."""
    database = Database(memory=True)
    migrate(database.conn)
    lines = [_HEAD]
    for title, names in (("Views", database.view_names()), ("Tables", database.table_names())):
        lines.append(f"## {title}\n")
        for name in sorted(_public(names), key=list(TABLES).index):
            lines.extend(_describe(database, name))
    return "\n".join(lines)


def undescribed() -> list[str]:
    """Tables, views and columns that have no words yet, and words that nothing goes by any more."""
    database = Database(memory=True)
    migrate(database.conn)
    names = {*_public(database.table_names()), *_public(database.view_names())}
    missing = sorted(names ^ TABLES.keys())
    used: set[str] = set()
    for name in sorted(names & TABLES.keys()):
        columns = {column for column, _ in _columns(database, name)}
        own = COLUMNS.get(name, {}).keys()
        missing += [
            f"{name}.{column}" for column in sorted((columns - own - COMMON.keys()) | (own - columns))
        ]
        used |= columns - own
    return missing + sorted(COMMON.keys() - used)


def _describe(database: Database, name: str) -> Iterator[str]:
    yield f"### {name}\n\n{TABLES[name]}\n"
    yield "| column | type | meaning |\n|---|---|---|"
    for column, kind in _columns(database, name):
        yield f"| `{column}` | {kind} | {COLUMNS.get(name, {}).get(column) or COMMON[column]} |"
    yield ""


def _public(names: Iterable[str]) -> list[str]:
    return [name for name in names if not name.startswith(_INTERNAL)]


def _columns(database: Database, name: str) -> list[tuple[str, str]]:
    return [(row[1], row[2] or "") for row in database.execute(f"PRAGMA table_info([{name}])").fetchall()]


if __name__ == "__main__":
    sys.stdout.write(describe_schema())
