"""Which release's schema a database has, by the names of the migrations that were applied to it.

Apart from the migrations themselves, which need sqlite-utils: who only reads an archive, or finds it up to
date, should not wait for it.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gzcrawler.errors import NewerSchemaError, NotAnArchiveError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

__all__ = [
    "APPLICATION_ID",
    "MIGRATION_NAMES",
    "MIGRATION_SET",
    "is_current",
    "require_known_schema",
    "upgrade",
]

APPLICATION_ID = 0x677A6372
"""``gzcr``: SQLite's mark in the file's header by which an archive is told from any other database."""

MIGRATION_SET = "gzcrawler"
"""Under which sqlite-utils notes what was applied."""

MIGRATION_NAMES = (
    "archive_of_captures",
    "articles_and_lists",
    "search_index",
    "views_for_people",
    "authors_of_articles",
    "ends_of_lists",
    "fields_filled",
    "search_by_day_and_words",
    "recordings_in_order",
    "redacted_articles",
    "windows_and_links",
    "crawl_for_years",
    "confirmed_removals",
    "text_kept_once",
    "larger_pieces_of_the_index",
    "figures_by_index",
    "removals_in_any_order",
    "captures_from_elsewhere",
    "known_mementos",
)
"""All of this release, in their order; each is a function of `migrations`."""

_NOTED_IN = "_sqlite_migrations"


def require_known_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Make sure that this release knows what lies there.

    Raises:
        NotAnArchiveError: a database of something else.
        NewerSchemaError: a newer release made it.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    # A crash in the first moment of an archive leaves the table of migrations alone.
    if application != APPLICATION_ID and _tables(connection) - {_NOTED_IN}:
        raise NotAnArchiveError(f"{path}: is an SQLite database, but not an archive of gzcrawler")
    newer = [name for name in _applied(connection) if name not in MIGRATION_NAMES]
    if newer:
        raise NewerSchemaError(
            f"{path}: was written by a newer gzcrawler (it knows {newer[-1]!r}); upgrade gzcrawler to open it"
        )


def is_current(connection: sqlite3.Connection) -> bool:
    """Has every migration of this release been applied?"""
    return set(MIGRATION_NAMES) <= set(_applied(connection))


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring the schema up to this release; the connection writes, and has no transaction open."""
    if is_current(connection):
        return
    with _without("pandas", "numpy"):
        from gzcrawler.archive.migrations import migrate

    migrate(connection)


@contextmanager
def _without(*modules: str) -> Iterator[None]:
    """Let nobody load these modules meanwhile, but for those that are loaded.

    sqlite-utils loads pandas and numpy where it finds them, as beside a researcher's notebooks, to know their
    types. Migrations use none of those, and a crawl would carry 80 MB from its first moment on.
    """
    absent = [name for name in modules if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]  # how the import system notes 'there is none'
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def _applied(connection: sqlite3.Connection) -> list[str]:
    """Names in the order in which they were applied."""
    if _NOTED_IN not in _tables(connection):
        return []
    rows = connection.execute(
        f"SELECT name FROM {_NOTED_IN} WHERE migration_set = ? ORDER BY rowid", (MIGRATION_SET,)
    )
    return [name for (name,) in rows]


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
