"""A consistent copy of an archive, while a crawl writes to it or not.

The database is copied first, as of one moment; it says how far each WARC file belongs to it, and so far they
are copied. The database takes its place last: until then a copy that was there before stays what it was.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gzcrawler.archive.connections import connect_to_read
from gzcrawler.archive.directory import Directory, Lock, as_archive_errors, sync_directory
from gzcrawler.archive.verification import verify
from gzcrawler.errors import ArchiveDamagedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BackedUp", "back_up"]

_PAGES_AT_ONCE = 2_000
"""Database pages a step, between which progress is told: 8 MB."""
_CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a backup did."""

    files: int
    """WARC files that the copy has."""
    copied: int
    """Of these, files that were copied, or grew, or changed by a redaction."""
    linked: int
    """And files that are the same on disk as the archive's own."""
    bytes: int
    """Written, database included."""
    captures: int
    """Verified in the copy."""


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    length: int
    """Bytes that belong to the copied database."""
    ended: bool
    """Its run has finished, so that it never grows again."""


def back_up(
    source: Path, target: Path, *, link: bool = False, tell: Callable[[int], None] = lambda _: None
) -> BackedUp:
    """Copy an archive, or bring an earlier copy up to date.

    Args:
        source: the archive's folder; a crawl may write to it.
        target: the copy's folder; made where it is missing.
        link: let files that never change again be the same files, on one file system: no second copy of their
            bytes, but they outlive what is deleted in the archive.
        tell: called with the number of bytes written since the last call.

    Raises:
        NotAnArchiveError: `source` is none, or something else lies in `target`.
        UsageError: they are the same folder, or one lies in the other's ``warc/``.
        ArchiveLockedError: somebody writes to `target`.
        ArchiveFullError: no space left; the copy that was there before is as it was.
        ArchiveDamagedError: what was copied does not verify.
    """
    archive, copy = Directory(source), Directory(target)
    archive.require_archive()
    if copy.path.resolve() == archive.path.resolve() or archive.warc.resolve() in copy.path.resolve().parents:
        raise UsageError(f"{target}: is the archive itself; name another folder")
    if not copy.path.parent.is_dir():
        raise UsageError(f"{copy.path.parent}: no such folder; make it first")
    copy.require_usable()
    copy.make()
    lock = Lock(copy)
    lock.acquire("backup")
    try:
        with as_archive_errors(copy.path):
            done = _Backup(archive, copy, link=link, tell=tell).run()
    finally:
        lock.release()
    found = verify(copy.path)
    if found.damage:
        raise ArchiveDamagedError(
            f"{copy.path}: the copy does not verify: {found.damage[0]}"
            + (f" (and {len(found.damage) - 1:,} more)" if len(found.damage) > 1 else "")
        )
    return BackedUp(found.files, *done, found.captures)


class _Backup:
    def __init__(
        self, archive: Directory, copy: Directory, *, link: bool, tell: Callable[[int], None]
    ) -> None:
        self._archive = archive
        self._copy = copy
        self._link = link
        self._tell = tell
        self._written = 0

    def run(self) -> tuple[int, int, int]:
        """(files copied, files linked, bytes written)."""
        aside = self._copy.path / "gzcrawler.db.copying"
        new: list[Path] = []
        _remove_database(aside)
        try:
            self._copy_database(aside)
            with contextlib.closing(connect_to_read(aside)) as connection:
                copied, linked = self._copy_files(_files(connection), new)
                copied += self._copy_redacted(connection, new)
            _remove_logs(aside)
            for path in new:
                path.rename(path.with_name(path.name.removeprefix(".").removesuffix(".copying")))
            sync_directory(self._copy.warc)
            # The old write-ahead log belongs to the old file and must not be played into the new one.
            _remove_logs(self._copy.database)
            sync_directory(self._copy.path)
            aside.replace(self._copy.database)
            sync_directory(self._copy.path)
        except BaseException:
            _remove_database(aside)
            for path in new:
                path.unlink(missing_ok=True)
            raise
        return copied, linked, self._written

    def _copy_database(self, aside: Path) -> None:
        with (
            contextlib.closing(connect_to_read(self._archive.database)) as reading,
            contextlib.closing(sqlite3.connect(aside)) as writing,
        ):
            reading.execute("BEGIN")  # one view of it, so that a writer does not make the copying begin again
            reading.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            (page_size,) = reading.execute("PRAGMA page_size").fetchone()
            left: list[int] = []

            def progress(_status: int, remaining: int, total: int) -> None:
                self._count(((left[-1] if left else total) - remaining) * page_size)
                left.append(remaining)

            reading.backup(writing, pages=_PAGES_AT_ONCE, progress=progress, sleep=0)
        _sync(aside)

    def _copy_files(self, files: list[_File], new: list[Path]) -> tuple[int, int]:
        copied = linked = 0
        for left in self._copy.warc.glob(".*.copying"):
            left.unlink()
        for file in files:
            theirs, ours = self._archive.warc / file.name, self._copy.warc / file.name
            size = ours.stat().st_size if ours.exists() else 0
            if size >= file.length:
                linked += ours.samefile(theirs)
                continue
            if size:
                self._append(theirs, ours, size, file.length)
            else:
                aside = ours.with_name(f".{file.name}.copying")
                new.append(aside)
                if self._link and file.ended and theirs.stat().st_size == file.length:
                    os.link(theirs, aside)
                    linked += 1
                    continue
                self._append(theirs, aside, 0, file.length)
            copied += 1
        return copied, linked

    def _copy_redacted(self, connection: sqlite3.Connection, new: list[Path]) -> int:
        """What was withdrawn in files that were copied before; returns how many files that changed."""
        asides = {path.name.removeprefix(".").removesuffix(".copying") for path in new}
        changed = set()
        for name, offset, length in connection.execute(
            """SELECT w.name, c.warc_offset, c.warc_length FROM captures c JOIN warc_files w
            ON w.id = c.warc_file_id WHERE c.record_type = 'redacted'"""
        ).fetchall():
            theirs, ours = self._archive.warc / name, self._copy.warc / name
            if name in asides or ours.samefile(theirs):
                continue
            with theirs.open("rb") as file, ours.open("r+b") as copy:
                file.seek(offset)
                copy.seek(offset)
                record = file.read(length)
                if copy.read(length) != record:
                    copy.seek(offset)
                    copy.write(record)
                    os.fsync(copy.fileno())
                    changed.add(name)
        return len(changed)

    def _append(self, theirs: Path, ours: Path, start: int, end: int) -> None:
        with theirs.open("rb") as file, ours.open("ab") as copy:
            file.seek(start)
            left = end - start
            while left:
                piece = file.read(min(_CHUNK, left))
                if not piece:
                    raise ArchiveDamagedError(f"{theirs}: is cut off at byte {end - left:,} of {end:,}")
                copy.write(piece)
                left -= len(piece)
                self._count(len(piece))
            copy.flush()
            os.fsync(copy.fileno())

    def _count(self, number: int) -> None:
        self._written += number
        self._tell(number)


def _files(connection: sqlite3.Connection) -> list[_File]:
    rows = connection.execute(
        """SELECT w.name, w.committed_length, r.finished_at IS NOT NULL FROM warc_files w
        JOIN runs r ON r.id = w.run_id ORDER BY w.name"""
    )
    return [_File(name, length, bool(ended)) for name, length, ended in rows]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_database(path: Path) -> None:
    path.unlink(missing_ok=True)
    _remove_logs(path)


def _remove_logs(path: Path) -> None:
    for suffix in ("-wal", "-shm", "-journal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
