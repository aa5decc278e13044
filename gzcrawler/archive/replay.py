"""Recording what lies in WARC files of this archive: the tail that a crash left, or all of them.

Both go through `Recorder.record` with today's readers, so a recovered and a rebuilt archive are what the
crawl would have made.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from gzcrawler.archive.connections import transaction
from gzcrawler.archive.directory import Directory, sync_directory
from gzcrawler.archive.moments import parse_moment
from gzcrawler.archive.recording import Failure, Location, Recorder, Result
from gzcrawler.archive.runs import RUN_SUBJECT, ensure_run, finish_run
from gzcrawler.archive.stored_payloads import StoredPayloads
from gzcrawler.archive.warc_files import MAP_SUBJECT
from gzcrawler.archive.warc_reading import CaptureGroup, FileInformation, Metadata, Torn, read_groups
from gzcrawler.errors import ArchiveDamagedError, ReadingError
from gzcrawler.portals import Portal, builtin_portals, load_portal, parse_portal
from gzcrawler.readers import read_page

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from gzcrawler.items import Capture

__all__ = ["Replay", "opening_order", "read_stored", "recover_tails", "stored_portal"]

_STEP = 500
"""Groups a transaction when a whole file is read."""


class Replay:
    """Records the groups of WARC files, file by file, in the caller's order."""

    def __init__(
        self, connection: sqlite3.Connection, directory: Directory, portals: Iterable[Portal] = ()
    ) -> None:
        self._connection = connection
        self._portals = {portal.name: portal for portal in portals}
        self._recorders: dict[str, Recorder] = {}
        self._payloads = StoredPayloads(connection, directory)

    def replay(
        self, path: Path, *, start: int = 0, tell: Callable[[int], None] = lambda _: None
    ) -> tuple[int, Torn]:
        """Record what stands in a file from `start` on.

        Args:
            path: the file.
            start: offset from which on nothing is in the database.
            tell: called now and then with the number of captures recorded since the last call.

        Returns:
            Where the last whole group ends, and what is torn after it.
        """
        torn = Torn()
        end = start
        file = _File(*self._known_file(path.name))
        groups = _until_torn(read_groups(path, start, torn), torn)
        finished = False
        while not finished:
            count = 0
            with transaction(self._connection):
                for _ in range(_STEP):
                    group = next(groups, None)
                    if group is None:
                        finished = True
                        break
                    count += self._take(group, file, path)
                    end = group.end
                self._connection.execute(
                    "UPDATE warc_files SET committed_length = ? WHERE name = ?", (end, path.name)
                )
            tell(count)
        return end, torn

    def _take(self, group: CaptureGroup | Metadata | FileInformation, file: _File, path: Path) -> int:
        if isinstance(group, FileInformation):
            file.portal = group.fields["isPartOf"]
            file.run_id = ensure_run(self._connection, group.fields, group.moment)
            file.id = self._insert_file(path.name, file.run_id)
            return 0
        if isinstance(group, Metadata):
            self._take_note(group, file)
            return 0
        recorder = self._recorder(file.portal)
        capture = group.capture
        if group.record_type == "revisit":
            capture = replace(capture, payload=self._payloads.read(group.payload_digest))
        recorder.record(
            capture,
            None if capture.repeats else read_stored(capture, self._portals[file.portal]),
            location=Location(
                warc_file_id=file.id,
                offset=group.offset,
                length=group.length,
                record_id=group.record_id,
                record_type=group.record_type,
                payload_digest=group.payload_digest,
            ),
            run_id=file.run_id,
            recorded_at=group.recorded_at,
        )
        return 1

    def _take_note(self, note: Metadata, file: _File) -> None:
        if note.subject == MAP_SUBJECT:
            if file.portal not in self._portals:
                self._portals[file.portal] = (
                    load_portal(file.portal)
                    if file.portal in builtin_portals()
                    else parse_portal(note.content, origin=f"map of portal {file.portal!r} in the archive")
                )
        elif note.subject.startswith(RUN_SUBJECT):
            finish_run(self._connection, file.run_id, note.content)
        elif "failed" in note.content:
            self._recorder(file.portal).record_failure(
                Failure(
                    note.subject, parse_moment(note.moment), note.content["failed"], note.content["message"]
                ),
                run_id=file.run_id,
            )

    def _recorder(self, portal_name: str) -> Recorder:
        if portal_name not in self._recorders:
            self._recorders[portal_name] = Recorder(self._connection, self._portal(portal_name))
        return self._recorders[portal_name]

    def _portal(self, name: str) -> Portal:
        if name not in self._portals:
            self._portals[name] = stored_portal(self._connection, name)
        return self._portals[name]

    def _known_file(self, name: str) -> tuple[int, int, str]:
        row = self._connection.execute(
            """SELECT w.id, r.id, r.portal FROM warc_files w JOIN runs r ON r.id = w.run_id
            WHERE w.name = ?""",
            (name,),
        ).fetchone()
        return row if row else (0, 0, "")

    def _insert_file(self, name: str, run_id: int) -> int:
        cursor = self._connection.execute(
            "INSERT INTO warc_files (name, run_id, committed_length) VALUES (?, ?, 0)", (name, run_id)
        )
        return cursor.lastrowid or 0


class _File:
    """What is known of the file under way."""

    def __init__(self, file_id: int, run_id: int, portal: str) -> None:
        self.id = file_id
        self.run_id = run_id
        self.portal = portal


def read_stored(capture: Capture, portal: Portal) -> Result:
    """Read a capture; a page that cannot be read is an answer, not an exception."""
    try:
        return read_page(capture, portal)
    except ReadingError as error:
        return error


def stored_portal(connection: sqlite3.Connection, name: str) -> Portal:
    """The portal of that name: the built-in map, or else the one that the archive keeps.

    Raises:
        ArchiveDamagedError: neither is there.
    """
    if name in builtin_portals():
        return load_portal(name)
    row = connection.execute("SELECT map FROM portals WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise ArchiveDamagedError(f"the map of portal {name!r} is missing from the archive")
    return parse_portal(json.loads(row[0]), origin=f"map of portal {name!r} in the archive")


def recover_tails(connection: sqlite3.Connection, directory: Directory, portals: Iterable[Portal]) -> int:
    """Bring database and WARC files together after a crash; for the holder of the lock.

    Whole groups that were appended but not committed are recorded; what is torn behind them is cut off.

    Returns:
        How many captures were recorded.

    Raises:
        ArchiveDamagedError: a file is shorter than what was committed, is missing, or is foreign.
    """
    committed: dict[str, int] = dict(
        connection.execute("SELECT name, committed_length FROM warc_files").fetchall()
    )
    files = {path.name: path for path in directory.warc_files()}
    for name, length in committed.items():
        if name not in files:
            raise ArchiveDamagedError(f"{directory.warc / name}: is missing; put it back from a copy")
        size = files[name].stat().st_size
        if size < length:
            raise ArchiveDamagedError(
                f"{files[name]}: is cut off ({size:,} of {length:,} bytes); put it back from a copy"
            )
    replay = Replay(connection, directory, portals)
    recovered: list[int] = []
    for name, path in sorted(files.items(), key=lambda item: opening_order(item[0])):
        start = committed.get(name, 0)
        if path.stat().st_size == start:
            continue
        end, _ = replay.replay(path, start=start, tell=recovered.append)
        _cut(path, end)
    return sum(recovered)


def opening_order(name: str) -> tuple[str, str]:
    """Sorts names of WARC files by when they were opened, whatever portal they are of."""
    _, stamp, run, number = name.rsplit("-", 3)
    return stamp + number, run


def _cut(path: Path, end: int) -> None:
    if end == 0:
        path.unlink()
        sync_directory(path.parent)
        return
    with path.open("r+b") as file:
        file.truncate(end)
        os.fsync(file.fileno())


def _until_torn(
    groups: Iterator[CaptureGroup | Metadata | FileInformation], torn: Torn
) -> Iterator[CaptureGroup | Metadata | FileInformation]:
    """End, instead of raising, where a whole gzip member holds no record that this archive writes."""
    try:
        yield from groups
    except ArchiveDamagedError as error:
        torn.at, torn.reason = -1, str(error)
