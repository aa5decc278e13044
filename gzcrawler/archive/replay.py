"""Recording what lies in WARC files of this archive: the tail that a crash left, or all of them.

Both go through `Recorder.record` with today's readers, so a recovered and a rebuilt archive are what the
crawl would have made.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from gzcrawler.archive.connections import transaction
from gzcrawler.archive.directory import Directory, sync_directory
from gzcrawler.archive.moments import parse_moment
from gzcrawler.archive.outcomes import Failure, Location, Result
from gzcrawler.archive.recording import Recorder
from gzcrawler.archive.redaction import REDACTION_SUBJECT, Redaction, apply_redaction
from gzcrawler.archive.runs import RUN_SUBJECT, ensure_run, finish_run
from gzcrawler.archive.stored_payloads import StoredPayloads
from gzcrawler.archive.stored_portals import portal_of_map, store_portal, stored_portal
from gzcrawler.archive.warc_files import MAP_SUBJECT
from gzcrawler.archive.warc_reading import FileInformation, Gap, Group, Metadata, read_groups
from gzcrawler.errors import ArchiveDamagedError, PageTooLargeError, ReaderBugError, ReadingError
from gzcrawler.portals import parse_portal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from gzcrawler.archive.reading_ahead import Ahead
    from gzcrawler.items import Capture
    from gzcrawler.portals import Portal

__all__ = ["Replay", "read_stored", "recover_tails"]

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
        self,
        path: Path,
        *,
        start: int = 0,
        over_gaps: bool = False,
        tell: Callable[[int], None] = lambda _: None,
    ) -> tuple[int, list[Gap]]:
        """Record what stands in a file from `start` on.

        Args:
            path: the file.
            start: offset from which on nothing is in the database.
            over_gaps: go on behind damage, where whole records follow.
            tell: called now and then with the number of captures recorded since the last call.

        Returns:
            Where the last recorded group ends, and what was damaged before or behind it.
        """
        gaps: list[Gap] = []
        groups = ((group, None) for group in read_groups(path, start, gaps))
        return self._replay(path, groups, gaps, start=start, over_gaps=over_gaps, tell=tell), gaps

    def replay_ahead(
        self,
        path: Path,
        groups: Iterable[tuple[Group, Ahead | None]],
        gaps: list[Gap],
        *,
        tell: Callable[[int], None],
    ) -> None:
        """Record a whole file over its damage, as `replay` does, with readings that others have made.

        Args:
            path: the file.
            groups: of it, each with its reading, where there is one.
            gaps: what was damaged; more is added.
            tell: called now and then with the number of captures recorded since the last call.
        """
        self._replay(path, groups, gaps, start=0, over_gaps=True, tell=tell)

    def _replay(
        self,
        path: Path,
        read: Iterable[tuple[Group, Ahead | None]],
        gaps: list[Gap],
        *,
        start: int,
        over_gaps: bool,
        tell: Callable[[int], None],
    ) -> int:
        end = start
        file = _File(*self._known_file(path.name))
        groups = _usable(read, file, gaps, over_gaps=over_gaps)
        finished = False
        while not finished:
            count = 0
            finished = True
            with transaction(self._connection):
                for group, ahead in islice(groups, _STEP):
                    finished = False
                    try:
                        count += self._take(group, file, path, ahead)
                    except ArchiveDamagedError as error:
                        if not over_gaps:
                            raise
                        gaps.append(Gap(end, group.end, str(error)))
                    end = group.end
                self._connection.execute(
                    "UPDATE warc_files SET committed_length = ? WHERE name = ?", (end, path.name)
                )
            tell(count)
        return end

    def settle(self) -> None:
        """When all is recorded: judge anew what captures that came out of their order may have changed."""
        (last,) = self._connection.execute("SELECT max(recorded_at) FROM captures").fetchone()
        with transaction(self._connection):
            for recorder in self._recorders.values() if last else ():
                recorder.settle(parse_moment(last))

    def _take(self, group: Group, file: _File, path: Path, ahead: Ahead | None) -> int:
        """Record one group; returns how many captures that were."""
        if isinstance(group, FileInformation):
            file.portal = group.fields["isPartOf"]
            file.run_id = ensure_run(self._connection, group.fields, group.moment)
            file.id = self._insert_file(path.name, file.run_id)
            return 0
        if isinstance(group, Metadata):
            self._take_note(group, file)
            return 0
        capture = group.capture
        portal = self._portal(file, capture.url)
        recorder = self._recorder(portal)
        location = Location(
            warc_file_id=file.id,
            offset=group.offset,
            length=group.length,
            record_id=group.record_id,
            record_type=group.record_type,
            payload_digest=group.payload_digest,
        )
        if recorder.is_withdrawn(capture, location):
            recorder.record_withdrawn(
                capture, location=location, run_id=file.run_id, recorded_at=group.recorded_at
            )
            return 1
        if group.record_type == "revisit":
            capture = replace(capture, payload=self._payloads.read(group.payload_digest))
        recorder.record(
            capture,
            None if capture.repeats else _result(capture, portal, ahead),
            location=location,
            run_id=file.run_id,
            recorded_at=group.recorded_at,
        )
        return 1

    def _take_note(self, note: Metadata, file: _File) -> None:
        if note.subject == MAP_SUBJECT:
            file.map = note.content
            portal = portal_of_map(file.portal, note.content)
            if self._portals.get(portal.name) != portal:
                self._portals[portal.name] = portal
                store_portal(self._connection, portal)
        elif note.subject.startswith(RUN_SUBJECT):
            finish_run(self._connection, file.run_id, note.content)
        elif note.subject.startswith(REDACTION_SUBJECT):
            redaction = Redaction.from_dict(note.content, note.moment)
            apply_redaction(self._connection, redaction, run_id=file.run_id)
        elif "failed" in note.content:
            self._recorder(self._portal(file, note.subject)).record_failure(
                Failure(note.subject, note.moment, note.content["failed"], note.content["message"]),
                run_id=file.run_id,
            )

    def _portal(self, file: _File, url: str) -> Portal:
        """The portal by whose map an address is recorded: today's, or the file's where that knows it no more."""
        if file.portal not in self._portals:
            self._portals[file.portal] = stored_portal(self._connection, file.portal)
        portal = self._portals[file.portal]
        if portal.address(url) is None and file.map is not None:
            portal = parse_portal(file.map, origin=f"map of portal {file.portal!r} in the archive")
        return portal

    def _recorder(self, portal: Portal) -> Recorder:
        if portal.digest not in self._recorders:
            self._recorders[portal.digest] = Recorder(self._connection, portal)
        return self._recorders[portal.digest]

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
        self.map: dict[str, Any] | None = None
        """The portal's map as the file has it."""


def _result(capture: Capture, portal: Portal, ahead: Ahead | None) -> Result:
    """What others have read of it by this very map, or what is read now."""
    if ahead is not None and ahead.map_digest == portal.digest:
        return ahead.result
    return read_stored(capture, portal)


def _usable(
    groups: Iterable[tuple[Group, Ahead | None]], file: _File, gaps: list[Gap], *, over_gaps: bool
) -> Iterator[tuple[Group, Ahead | None]]:
    """The groups that may be recorded: up to the first gap, or all of a file that says whose it is."""
    for group, ahead in groups:
        if gaps and not over_gaps:
            return
        if file.id == 0 and not isinstance(group, FileInformation):
            gaps.append(Gap(0, group.end, "the file does not begin with its warcinfo record"))
            return
        yield group, ahead


def read_stored(capture: Capture, portal: Portal) -> Result:
    """Read a capture; a page that cannot be read is an answer, not an exception."""
    # Loaded when the first page is read: commands that only look at an archive should not wait for the readers.
    from gzcrawler.readers import read_page

    address = portal.address(capture.url)
    if capture.truncated == "length" and address is not None and address.kind != "asset":
        # What is left of a page says less than it did; asking again would cut it at the same place.
        return PageTooLargeError(
            f"{capture.url}: cut at {len(capture.payload):,} bytes, the most that is taken"
        )
    try:
        return read_page(capture, portal)
    except ReadingError as error:
        return error
    except Exception as error:
        # Raw first: a bug of a reader must cost the archive no page, and the crawl no claim. It is
        # quarantined under its own name, so the verdict tells of it.
        return ReaderBugError(f"{capture.url}: the reader broke ({type(error).__name__}: {error})")


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
    files = directory.warc_files()
    sizes = {path.name: path.stat().st_size for path in files}
    for name, length in committed.items():
        path = directory.warc / name
        if name not in sizes:
            raise ArchiveDamagedError(f"{path}: is missing; put it back from a copy")
        if sizes[name] < length:
            raise ArchiveDamagedError(
                f"{path}: is cut off ({sizes[name]:,} of {length:,} bytes); put it back from a copy"
            )
    replay = Replay(connection, directory, portals)
    recovered: list[int] = []
    for path in files:
        start = committed.get(path.name, 0)
        if sizes[path.name] == start and start > 0:
            continue
        end, gaps = replay.replay(path, start=start, tell=recovered.append)
        if end < sizes[path.name] or end == 0:
            _cut(path, end, keep=any(gap.end is not None for gap in gaps))
    return sum(recovered)


def _cut(path: Path, end: int, *, keep: bool) -> None:
    """Cut a file behind its last whole group; what may still be of use to someone is set aside."""
    if keep:
        aside = path.with_name(f".{path.name}.from-byte-{end}")
        with path.open("rb") as file, aside.open("wb") as copy:
            file.seek(end)
            shutil.copyfileobj(file, copy)
            os.fsync(copy.fileno())
    if end == 0:
        path.unlink()
    else:
        with path.open("r+b") as file:
            file.truncate(end)
            os.fsync(file.fileno())
    sync_directory(path.parent)
