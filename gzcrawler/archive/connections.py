"""SQLite connections: one that writes, any number that only read."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from gzcrawler.archive.directory import as_archive_errors, sync_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["PAGE_CACHE", "connect_to_read", "connect_to_write", "insert_rows", "transaction"]

PAGE_CACHE = 16_000
"""Kilobytes: a commit group of 100 pages touches some 2 MB; the default cache of 2 MB would spill into the WAL."""
_BUSY_SECONDS = 30.0
_ROWS_AT_ONCE = 25
"""Rows a statement: most pages need one; a few texts of statements are all that must be kept prepared."""


def connect_to_write(path: Path, *, page_cache: int = PAGE_CACHE) -> sqlite3.Connection:
    """The writing connection: WAL, every commit synced, transactions begun by hand.

    Args:
        path: the database; made where there is none.
        page_cache: kilobytes of it that are kept in memory at most.
    """
    with as_archive_errors(path):
        if not path.exists():
            _create(path)
        connection = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        with _closed_on_error(connection):
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA cache_size = -{page_cache}")
            connection.execute("PRAGMA temp_store = MEMORY")
        return connection


def _create(path: Path) -> None:
    """Let an empty database in WAL mode appear in one step.

    Turning to WAL is the one change that goes through a rollback journal, and a crash in the middle of it
    would leave a file that no reading connection may open, since it may not roll back.
    """
    aside = path.with_name(path.name + ".new")
    # Beside a database that someone removed, its log may still lie, and would be played into the new one.
    for left in (aside, f"{aside}-journal", f"{path}-wal", f"{path}-shm", f"{path}-journal"):
        Path(left).unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(aside, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    sync_directory(path.parent)
    aside.replace(path)
    sync_directory(path.parent)


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot write, for use while another process does."""
    with as_archive_errors(path):
        try:
            return _connect_to_read(path, "mode=ro")
        except sqlite3.OperationalError:
            # Reading a database in WAL mode wants a -shm file; on a read-only medium there can be none,
            # and no writer either.
            if os.access(path.parent, os.W_OK) or Path(f"{path}-wal").exists():
                raise
            return _connect_to_read(path, "mode=ro&immutable=1")


def _connect_to_read(path: Path, options: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?{options}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    with _closed_on_error(connection):
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return connection


@contextlib.contextmanager
def transaction(
    connection: sqlite3.Connection, *, committing: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """``BEGIN IMMEDIATE`` … ``COMMIT``; anything raised inside rolls back.

    Args:
        connection: has no transaction open.
        committing: called right before COMMIT: an error after that leaves open what a crash would find.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        committing()
        connection.execute("COMMIT")
    except BaseException:
        # Some errors, a full disk among them, have rolled back already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def insert_rows(connection: sqlite3.Connection, insert: str, rows: Sequence[tuple[object, ...]]) -> int:
    """Insert rows by few statements, since each hands the interpreter's lock over; returns how many went in.

    Args:
        connection: in a transaction of the caller.
        insert: the statement up to ``VALUES``.
        rows: all of one width, which is at least 1.
    """
    inserted = 0
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        step = rows[start : start + _ROWS_AT_ONCE]
        sql = _insert_sql(insert, len(step[0]), len(step))
        inserted += connection.execute(sql, [value for row in step for value in row]).rowcount
    return inserted


@lru_cache(maxsize=1_000)
def _insert_sql(insert: str, width: int, rows: int) -> str:
    row = f"({', '.join('?' * width)})"
    return f"{insert} VALUES {', '.join([row] * rows)}"


@contextlib.contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise
