"""The archive's directory: what lies where, what may not lie there, and who holds the lock."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
import sqlite3
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from gzcrawler.errors import (
    ArchiveDamagedError,
    ArchiveError,
    ArchiveFullError,
    ArchiveLockedError,
    ArchiveReadOnlyError,
    NotAnArchiveError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

__all__ = ["Directory", "Lock", "as_archive_errors", "run_of", "sync_directory"]

_WARC_NAME = re.compile(r"gzcrawler-[a-z0-9_-]+-(\d{17})-([0-9a-f]{8})-\d{5}\.warc\.gz")
"""``gzcrawler-<portal>-<UTC time of opening, ms>-<run>-<number>.warc.gz``; names sort by time within a portal."""

_OWN_ENTRIES = frozenset({"gzcrawler.lock", "gzcrawler.toml", "warc", "snapshots", "logs", "README.md"})


@dataclass(frozen=True, slots=True)
class Directory:
    """Paths of one archive."""

    path: Path

    @property
    def database(self) -> Path:
        return self.path / "gzcrawler.db"

    @property
    def warc(self) -> Path:
        return self.path / "warc"

    @property
    def lock(self) -> Path:
        return self.path / "gzcrawler.lock"

    def require_archive(self) -> None:
        """Raise NotAnArchiveError where no database lies here."""
        if not self.path.exists():
            raise NotAnArchiveError(
                f"{self.path}: no such folder; `gzcrawler crawl --archive {self.path}` makes one"
            )
        if not self.path.is_dir():
            raise NotAnArchiveError(f"{self.path}: is a file, not an archive's folder")
        if not self.database.exists():
            inner = next((entry.name for entry in sorted(self.path.iterdir()) if _is_archive(entry)), None)
            hint = f"; there is one in {self.path / inner}" if inner else ""
            raise NotAnArchiveError(f"{self.path}: is not an archive (no gzcrawler.db in it){hint}")

    def require_usable(self) -> None:
        """Make sure that an archive lies here, or may be made here; changes nothing.

        Raises:
            NotAnArchiveError: something else lies here.
            ArchiveReadOnlyError: the folder cannot be written.
        """
        if self.path.exists() and not self.path.is_dir():
            raise NotAnArchiveError(f"{self.path}: is a file, not an archive's folder")
        if not self.path.exists():
            return
        with as_archive_errors(self.path):
            strangers = sorted(entry.name for entry in self.path.iterdir() if not _is_own(entry))
        if strangers and not self.database.exists():
            raise NotAnArchiveError(
                f"{self.path}: is not an archive and not empty (found {strangers[0]}); name another folder"
            )
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise ArchiveReadOnlyError(f"{self.path}: may not be written by this user")

    def make(self) -> None:
        """Make the folders that are not there yet."""
        with as_archive_errors(self.path):
            made = [folder for folder in (self.path, *self.path.parents) if not folder.exists()]
            self.warc.mkdir(parents=True, exist_ok=True)
            # A power cut forgets a name until the folder that holds it is synced; so it would a new archive.
            for folder in (self.path, *(folder.parent for folder in made)):
                sync_directory(folder)

    def warc_files(self) -> list[Path]:
        """All WARC files of this archive, in the order in which they were opened.

        Raises:
            ArchiveDamagedError: a foreign file lies among them.
        """
        if not self.warc.is_dir():
            return []
        paths = []
        for entry in sorted(self.warc.iterdir()):
            if entry.name.startswith("."):
                continue
            if not _WARC_NAME.fullmatch(entry.name) or not entry.is_file():
                raise ArchiveDamagedError(
                    f"{entry}: is no file of this archive; move it elsewhere (only gzcrawler writes into warc/)"
                )
            paths.append(entry)
        return sorted(paths, key=lambda path: _name_parts(path)[0])

    def new_warc_file(self, portal: str, run_uid: str, number: int, now: datetime) -> Path:
        """Name for a file opened now; later than all others even where the clock was set back."""
        stamp = now.astimezone(UTC).strftime("%Y%m%d%H%M%S") + f"{now.microsecond // 1000:03d}"
        files = self.warc_files()
        if files:
            stamp = max(stamp, f"{int(_name_parts(files[-1])[0]) + 1:017d}")
        return self.warc / f"gzcrawler-{portal}-{stamp}-{run_uid[:8]}-{number:05d}.warc.gz"


def run_of(path: Path) -> str:
    """First digits of the uid of the run that wrote a WARC file."""
    return _name_parts(path)[1]


def _name_parts(path: Path) -> tuple[str, str]:
    """(stamp, run) of a WARC file's name."""
    match = _WARC_NAME.fullmatch(path.name)
    assert match is not None
    return match[1], match[2]


def _is_own(entry: Path) -> bool:
    """May it lie in the folder of an archive that has no database yet? Other archives may: ``archive/demo``."""
    name = entry.name
    return name in _OWN_ENTRIES or name.startswith((".", "gzcrawler.db")) or _is_archive(entry)


def _is_archive(entry: Path) -> bool:
    return (entry / "gzcrawler.db").is_file()


class Lock:
    """The right to write, held by ``flock``: the kernel frees it when its process dies."""

    def __init__(self, directory: Directory) -> None:
        self._path = directory.lock
        self._descriptor: int | None = None

    def acquire(self, purpose: str) -> None:
        """Take the lock at once or raise ArchiveLockedError, naming who holds it."""
        with as_archive_errors(self._path):
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "purpose": purpose}).encode(), 0)
            except BlockingIOError as error:
                holder = _describe_holder(os.pread(descriptor, 4096, 0))
                os.close(descriptor)
                raise ArchiveLockedError(
                    f"{self._path.parent}: {holder} is writing to this archive"
                ) from error
            except OSError:
                os.close(descriptor)
                raise
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; twice does no harm."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


def _describe_holder(content: bytes) -> str:
    try:
        holder = json.loads(content)
        return f"`gzcrawler {holder['purpose']}` (process {holder['pid']})"
    except (ValueError, KeyError, TypeError):
        return "another process"


def sync_directory(path: Path) -> None:
    """Make the names in a directory survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def as_archive_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's and SQLite's refusals into errors that name the archive.

    Raises:
        ArchiveFullError: disk or quota full.
        ArchiveReadOnlyError: permission, or a read-only file system.
        ArchiveDamagedError: SQLite finds its file damaged.
        ArchiveLockedError: another program than ours keeps the database locked.
        ArchiveError: any other input or output error.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise ArchiveFullError(
                f"{path}: no space left; free some and run again, nothing is lost"
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise ArchiveReadOnlyError(
                f"{path}: may not be written by this user ({error.strerror})"
            ) from error
        raise ArchiveError(f"{path}: {error.strerror or error}") from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorname", "") or ""
        if code.startswith("SQLITE_FULL"):
            raise ArchiveFullError(
                f"{path}: no space left; free some and run again, nothing is lost"
            ) from error
        if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
            raise ArchiveReadOnlyError(f"{path}: the database may not be written ({error})") from error
        if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            raise ArchiveDamagedError(
                f"{path}: the database is damaged ({error}); `gzcrawler rebuild` makes it again"
            ) from error
        if code.startswith("SQLITE_IOERR"):
            raise ArchiveError(f"{path}: input or output error of the disk ({error})") from error
        if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise ArchiveLockedError(f"{path}: another program holds the database; close it there") from error
        raise
