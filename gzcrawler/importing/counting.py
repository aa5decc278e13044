"""What an import would do: the same files read, nothing written, no page read."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from gzcrawler.archive import open_archive
from gzcrawler.archive.directory import Directory
from gzcrawler.importing.gathering import Gathering, Key, Known
from gzcrawler.importing.repetitions import Originals

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from gzcrawler.importing.repetitions import Repetitions
    from gzcrawler.importing.report import Imported, Told
    from gzcrawler.importing.sources import ForeignFile
    from gzcrawler.portals import Portal

__all__ = ["count_captures"]


class _Counted(Known):
    """Nothing arrives in an archive: all that was taken is remembered, on disk."""

    def __init__(self, connection: sqlite3.Connection | None, portal: Portal) -> None:
        super().__init__(connection, portal)
        self._taken = sqlite3.connect("", isolation_level=None)
        self._taken.execute("PRAGMA journal_mode = OFF")
        self._taken.execute("CREATE TABLE taken (key TEXT PRIMARY KEY) WITHOUT ROWID")

    def close(self) -> None:
        self._taken.close()

    def _are_under_way(self, keys: Sequence[Key]) -> bool:
        names = [" ".join(key) for key in keys]
        marks = ", ".join("?" * len(names))
        found = self._taken.execute(f"SELECT 1 FROM taken WHERE key IN ({marks})", names)
        return found.fetchone() is not None

    def _are_taken(self, keys: Sequence[Key]) -> None:
        self._taken.executemany("INSERT OR IGNORE INTO taken VALUES (?)", [(" ".join(key),) for key in keys])


def count_captures(
    path: Path,
    portal: Portal,
    files: Sequence[ForeignFile],
    repetitions: Repetitions,
    report: Imported,
    told: Told,
    now: datetime,
) -> None:
    """Enter in the report what an import would find; what captures are is what their addresses promise.

    Args:
        path: the archive's folder; there may be none yet.
        portal: whose captures.
        files: as `find_files` has found them.
        repetitions: empty, and made to know moments.
        report: takes the counts.
        told: hears how it goes.
        now: the moment.
    """
    with contextlib.ExitStack() as closing:
        connection = originals = None
        if Directory(path).database.exists():
            opened = closing.enter_context(open_archive(path))
            connection = opened.connection
            originals = Originals(connection, opened.directory, portal, repetitions)
        known = closing.enter_context(contextlib.closing(_Counted(connection, portal)))
        gathering = Gathering(portal, known, repetitions, report, now=now, tell=told.file_read)
        for capture in gathering.captures(files):
            _count(report, portal, capture.url, len(capture.payload))
            told.captures_done(1)
        for repetition in repetitions:
            digest = (originals and originals.digest(repetition)) or repetitions.payload_digest(repetition)
            if digest is None:
                report.name_unresolved(repetition.capture.url)
            elif known.take(repetition.capture, digest):
                report.repeats += 1
                _count(report, portal, repetition.capture.url, 0)
            else:
                report.known += 1


def _count(report: Imported, portal: Portal, url: str, size: int) -> None:
    address = portal.address(url)
    report.new += 1
    report.bytes += size
    report.kinds[address.kind if address else "unknown"] += 1
