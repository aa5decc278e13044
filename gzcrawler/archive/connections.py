"""SQLite connections: one that writes, any number that only read."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from gzcrawler.archive.directory import as_archive_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["connect_to_read", "connect_to_write", "transaction"]

_BUSY_SECONDS = 30.0


def connect_to_write(path: Path) -> sqlite3.Connection:
    """The writing connection: WAL, every commit synced, transactions begun by hand."""
    with as_archive_errors(path):
        connection = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        with _closed_on_error(connection):
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            # A commit group of 100 pages touches some 2 MB; the default cache of 2 MB would spill into the WAL.
            connection.execute("PRAGMA cache_size = -16000")
            connection.execute("PRAGMA temp_store = MEMORY")
        return connection


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
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """``BEGIN IMMEDIATE`` … ``COMMIT``; anything raised inside rolls back."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # Some errors, a full disk among them, have rolled back already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise
