"""Reading while a crawl writes: threads of their own, each with the archive open, for as long as the file is the same."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from gzcrawler.archive import open_archive
from gzcrawler.archive.directory import as_archive_errors
from gzcrawler.web.visits import TookTooLong

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gzcrawler.archive import OpenArchive

__all__ = ["TIME_LIMIT", "Readers"]

TIME_LIMIT = 5.0
"""Seconds that the statements of one visit may take. A read that lasts keeps the log of a crawl from being written
back."""
_STEPS_BETWEEN_LOOKS = 20_000
"""SQLite's instructions between two looks at the clock: about a millisecond."""

Result = TypeVar("Result")


class Readers:
    """Runs functions over an archive in threads, off the event loop."""

    def __init__(self, folder: Path, *, threads: int = 3) -> None:
        """Over the archive in a folder; it is opened with the first call."""
        self._folder = folder
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="reading")
        self._own = threading.local()

    async def read(self, question: Callable[[OpenArchive], Result]) -> Result:
        """What the question answers.

        Raises:
            TookTooLong: its statements took longer than the limit.
            ArchiveError: the archive cannot be opened any more.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, question)

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown()

    def _ask(self, question: Callable[[OpenArchive], Result]) -> Result:
        with as_archive_errors(self._folder):
            archive = self._archive()
            with _within(archive.connection, TIME_LIMIT), _one_state(archive.connection):
                return question(archive)

    def _archive(self) -> OpenArchive:
        """This thread's own; another one where the database was put in its place (`rebuild` does that)."""
        known: tuple[tuple[int, int], OpenArchive] | None = getattr(self._own, "archive", None)
        identity = self._identity()
        if known is not None and known[0] == identity:
            return known[1]
        if known is not None:
            known[1].close()
            del self._own.archive
        archive = open_archive(self._folder)
        self._own.archive = (self._identity(), archive)
        return archive

    def _identity(self) -> tuple[int, int]:
        try:
            found = (self._folder / "gzcrawler.db").stat()
        except FileNotFoundError:
            return (0, 0)
        return (found.st_dev, found.st_ino)


@contextlib.contextmanager
def _within(connection: sqlite3.Connection, seconds: float) -> Iterator[None]:
    deadline = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
    try:
        yield
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorname", "") != "SQLITE_INTERRUPT":
            raise
        raise TookTooLong from error
    finally:
        connection.set_progress_handler(None, 0)


@contextlib.contextmanager
def _one_state(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
