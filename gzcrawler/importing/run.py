"""An import from beginning to end: captures gathered, read by today's readers, recorded through the one door.

Killed at any moment, what was committed is in the archive, and the next call passes over it: a capture is known
by what it is called where it comes from, or by its address, moment and digest.
"""

from __future__ import annotations

import contextlib
from collections import deque
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gzcrawler.archive import (
    Archive,
    Fetched,
    Verdict,
    newly_quarantined,
    read_stored,
    utc_now,
)
from gzcrawler.importing.counting import count_captures
from gzcrawler.importing.gathering import Gathering, Known
from gzcrawler.importing.repetitions import Originals, Repetitions
from gzcrawler.importing.report import Imported, Told
from gzcrawler.workers import Job, Processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from gzcrawler.archive import Result
    from gzcrawler.importing.sources import ForeignFile
    from gzcrawler.items import Capture
    from gzcrawler.portals import Portal
    from gzcrawler.workers import Workers

__all__ = ["import_files"]

_BATCH = 100
"""Captures a batch, which is read by one process and committed at once …"""
_BATCH_BYTES = 8_000_000
"""… or as many as make so many bytes."""
_HERE = Processes(1)
_ALARMS = 10
_INTERRUPTED = 130


def import_files(
    path: Path | str,
    portal: Portal,
    files: Sequence[ForeignFile],
    *,
    workers: Workers = _HERE,
    dry_run: bool = False,
    told: Told | None = None,
    now: Callable[[], datetime] = utc_now,
) -> tuple[Imported, int]:
    """Copy captures of a portal from WARC and WACZ files into an archive.

    Args:
        path: the archive's folder; made where it is none yet.
        portal: whose captures; those of other hosts are counted.
        files: as `find_files` has found them.
        workers: who reads the pages; this process, if not given. What they make of them comes in here.
        dry_run: count alone; takes no lock and writes nothing.
        told: hears how it goes.
        now: the clock.

    Returns:
        The report, and the exit code: 10 where something is wrong with the files, or pages came into
        quarantine; 130 where Ctrl-C ended it, with all that was committed in the archive.

    Raises:
        ArchiveError: the archive cannot be opened or written; what was committed is safe.
        WorkerKilledError, ClusterUnreachableError: pages cannot be read; what was committed is safe.
    """
    report = Imported(portal.name, dry_run)
    told = told or Told()
    with contextlib.closing(Repetitions(moments=dry_run)) as repetitions:
        if dry_run:
            count_captures(Path(path), portal, files, repetitions, report, told, now())
            return report, _ALARMS if report.alarms() else 0
        with Archive(path, portal, command="import", now=now) as archive:
            gathering = Gathering(
                portal,
                known := Known(archive.connection, portal),
                repetitions,
                report,
                now=now(),
                tell=told.file_read,
            )
            originals = Originals(archive.connection, archive.directory, portal, repetitions)
            try:
                for captures in (gathering.captures(files), gathering.repeated(originals)):
                    _record_all(archive, captures, workers, known, report, told)
            except KeyboardInterrupt:
                report.interrupted = True
            archive.index_all()
            return report, _conclude(archive, report, now)


def _record_all(
    archive: Archive,
    captures: Iterable[Capture],
    workers: Workers,
    known: Known,
    report: Imported,
    told: Told,
) -> None:
    """Batches are read by the workers, a few ahead, and recorded in their order."""
    job = Job(
        begin=partial(_reader, archive.portal),
        work=_read,
        name=_name,
        preload=(__name__, "gzcrawler.readers"),
    )
    under_way: deque[list[Capture]] = deque()

    def batches() -> Iterator[list[Capture]]:
        for batch in _batches(captures):
            under_way.append(batch)
            yield batch

    for results in workers.results(job, batches()):
        batch = under_way.popleft()
        recorded = archive.record_all([Fetched(c, r) for c, r in zip(batch, results, strict=True)])
        known.arrived(len(batch))
        for capture, outcome in zip(batch, recorded, strict=True):
            report.take(outcome, len(capture.payload))
        archive.index_step()
        told.captures_done(len(batch))


def _batches(captures: Iterable[Capture]) -> Iterator[list[Capture]]:
    batch: list[Capture] = []
    size = 0
    for capture in captures:
        batch.append(capture)
        size += len(capture.payload)
        if len(batch) >= _BATCH or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


@contextlib.contextmanager
def _reader(portal: Portal) -> Iterator[Portal]:
    yield portal


def _name(batch: Sequence[Capture]) -> str:
    return f"{len(batch):,} captures, from {batch[0].url} on"


def _read(portal: Portal, batch: Sequence[Capture]) -> list[Result]:
    return [None if capture.repeats else read_stored(capture, portal) for capture in batch]


def _conclude(archive: Archive, report: Imported, now: Callable[[], datetime]) -> int:
    quarantined = newly_quarantined(archive.connection, archive.portal.name)
    alarms = report.alarms()
    if quarantined:
        alarms.append(f"{len(quarantined):,} page{'' if len(quarantined) == 1 else 's'} newly in quarantine")
    if report.interrupted:
        exit_code, said = _INTERRUPTED, f"interrupted, {report.said}; run again to go on"
    elif alarms:
        exit_code, said = _ALARMS, f"finished with alarms: {'; '.join(alarms)}"
    else:
        exit_code, said = 0, f"complete: {report.said}"
    archive.finish(
        Verdict(
            verdict=said,
            exit_code=exit_code,
            finished_at=now(),
            record=report.as_dict()
            | {
                "alarms": alarms,
                "quarantined": [{"url": url, "reason": reason} for url, reason in quarantined[:50]],
                "recovered": archive.recovered,
                "map_digest": archive.portal.digest,
            },
        )
    )
    return exit_code
