"""The full-text index: derived from the articles, following them by a watermark.

``articles.indexed_revision`` says which revision the index holds; what differs from
``articles.revision`` is due for indexing. A crash leaves at worst some articles unindexed, and the
next opening catches up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

__all__ = ["catch_up", "remove_from_index", "unindexed"]

_DELETE = """INSERT INTO search_index (search_index, rowid, title, body, captions)
    SELECT 'delete', key, title, body, captions FROM search_text WHERE key = ?"""

_INSERT = """INSERT INTO search_index (rowid, title, body, captions)
    SELECT key, title, body, captions FROM search_text WHERE key = ?"""


def unindexed(connection: sqlite3.Connection, limit: int) -> list[tuple[int, int | None, int]]:
    """(key, indexed revision, current revision) of articles that the index does not show as they are."""
    return connection.execute(
        """SELECT key, indexed_revision, revision FROM articles
        WHERE indexed_revision IS NOT revision LIMIT ?""",
        (limit,),
    ).fetchall()


def catch_up(connection: sqlite3.Connection, limit: int) -> int:
    """Index up to `limit` articles inside the caller's transaction; returns how many were done."""
    due = unindexed(connection, limit)
    for key, indexed, revision in due:
        if indexed is not None:
            connection.execute(_DELETE, (key,))
        connection.execute("UPDATE articles SET indexed_revision = ? WHERE key = ?", (revision, key))
        connection.execute(_INSERT, (key,))
    return len(due)


def remove_from_index(connection: sqlite3.Connection, article_id: str) -> None:
    """Take an article out of the index, before its revisions are written anew or withdrawn."""
    row = connection.execute(
        "SELECT key FROM articles WHERE id = ? AND indexed_revision IS NOT NULL", (article_id,)
    ).fetchone()
    if row is not None:
        connection.execute(_DELETE, row)
        connection.execute("UPDATE articles SET indexed_revision = NULL WHERE key = ?", row)
