"""Making the database again from the WARC files alone, as today's readers read them."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gzcrawler.archive.connections import connect_to_read, connect_to_write, transaction
from gzcrawler.archive.directory import Directory, Lock, as_archive_errors, sync_directory
from gzcrawler.archive.reading_ahead import ReadingAhead
from gzcrawler.archive.replay import Replay
from gzcrawler.archive.runs import mark_interrupted
from gzcrawler.archive.schema_version import require_known_schema, upgrade
from gzcrawler.archive.search_index import SearchIndexer
from gzcrawler.archive.stored_payloads import StoredPayloads
from gzcrawler.archive.withdrawal import withdraw_payloads
from gzcrawler.errors import ArchiveDamagedError, NotAnArchiveError
from gzcrawler.workers import Processes

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

    from gzcrawler.archive.warc_reading import Gap
    from gzcrawler.workers import Workers

__all__ = ["Rebuilt", "rebuild"]

_INDEX_STEP = 2_000


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild found."""

    files: int
    captures: int
    articles: int
    revisions: int
    quarantined: int
    torn: tuple[str, ...]
    """Damaged stretches of files, and last records that were cut off; all the rest is in the database."""


def rebuild(
    path: Path | str, *, workers: int | Workers = 1, tell: Callable[[int], None] = lambda _: None
) -> Rebuilt:
    """Read all WARC files of an archive into a new database, and put it in the place of the old one.

    The old database stays as it is until the new one is whole, and is replaced in one step.

    Args:
        path: the archive's folder; it needs no database.
        workers: who reads the pages: so many processes, 1 reads in this one; or a `Cluster`.
        tell: called with the number of captures recorded since the last call.

    Raises:
        NewerSchemaError: the database was made by a newer release, which knows more than this one.
        NotAnArchiveError: there is no ``warc/`` folder with files in it.
        ArchiveLockedError: another process writes.
        ArchiveDamagedError: a foreign file lies among them.
    """
    directory = Directory(Path(path))
    if not directory.warc_files():
        raise NotAnArchiveError(f"{directory.path}: has no WARC files to rebuild from")
    _require_replaceable(directory)
    lock = Lock(directory)
    lock.acquire("rebuild")
    try:
        files = directory.warc_files()  # again: a crawl may have ended since
        with as_archive_errors(directory.path):
            return _rebuild(
                directory, files, Processes(workers) if isinstance(workers, int) else workers, tell
            )
    finally:
        lock.release()


def _require_replaceable(directory: Directory) -> None:
    """A damaged database may be replaced, one that a newer release made may not."""
    if not directory.database.exists():
        return
    with (
        contextlib.suppress(ArchiveDamagedError),
        as_archive_errors(directory.database),
        contextlib.closing(connect_to_read(directory.database)) as connection,
    ):
        require_known_schema(connection, directory.database)


def _rebuild(
    directory: Directory, files: list[Path], workers: Workers, tell: Callable[[int], None]
) -> Rebuilt:
    aside = directory.path / "gzcrawler.db.rebuilding"
    _remove(aside)
    connection = connect_to_write(aside)
    try:
        # Until it is renamed the new file is nobody's; it is synced once, at the end.
        connection.execute("PRAGMA synchronous = OFF")
        upgrade(connection)
        counts: list[int] = []

        def count(number: int) -> None:
            counts.append(number)
            tell(number)

        torn: list[str] = []
        replay = Replay(connection, directory)
        for file, gaps in _replayed(replay, files, StoredPayloads(connection, directory), workers, count):
            torn.extend(f"{file.name}: damaged from byte {gap.start:,} ({gap.reason})" for gap in gaps)
        replay.settle()
        with transaction(connection):
            mark_interrupted(connection)
        withdraw_payloads(connection, directory)
        with contextlib.closing(SearchIndexer(connection)) as indexer:
            indexed = 1
            while indexed:
                with transaction(connection):
                    indexed = indexer.catch_up(_INDEX_STEP)
        result = Rebuilt(
            files=len(files),
            captures=sum(counts),
            articles=_count(connection, "articles"),
            revisions=_count(connection, "revisions"),
            quarantined=_count(connection, "quarantine"),
            torn=tuple(torn),
        )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except BaseException:
        connection.close()
        _remove(aside)
        raise
    connection.close()
    _sync(aside)
    # The old write-ahead log belongs to the old file and must not be played into the new one.
    for suffix in ("-wal", "-shm"):
        Path(f"{directory.database}{suffix}").unlink(missing_ok=True)
    sync_directory(directory.path)
    aside.replace(directory.database)
    sync_directory(directory.path)
    return result


def _replayed(
    replay: Replay,
    files: list[Path],
    payloads: StoredPayloads,
    workers: Workers,
    tell: Callable[[int], None],
) -> Iterator[tuple[Path, list[Gap]]]:
    """Each file when it is recorded, and what is damaged in it."""
    if workers == Processes(1):
        for path in files:
            yield path, replay.replay(path, over_gaps=True, tell=tell)[1]
        return
    for file, groups in ReadingAhead(payloads, workers).files(files):
        replay.replay_ahead(file.path, groups, file.gaps, tell=tell)
        yield file.path, file.gaps


def _count(connection: sqlite3.Connection, table: str) -> int:
    number: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return number


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
