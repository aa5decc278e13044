"""Reading the whole archive again with today's readers: offline, on all cores, in through the one door.

Captures are read where they lie, in stretches, by processes that hand back what differs. What differs is
laid aside until all is read, since an article's captures lie in many files and its history may be folded
only when all of them are known; then each article is brought in line in one transaction. Killed in between,
some articles are read anew and some are as they were, each of them whole, and the next call does the rest.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from gzcrawler.archive.archive import Archive
from gzcrawler.archive.connections import connect_to_read, transaction
from gzcrawler.archive.correcting import Corrector
from gzcrawler.archive.directory import Directory, as_archive_errors
from gzcrawler.archive.moments import utc_now
from gzcrawler.archive.open_archive import open_archive
from gzcrawler.archive.quarantine import newly_quarantined
from gzcrawler.archive.remote_rereading import RemoteRereading
from gzcrawler.archive.reparse_report import Reparsed
from gzcrawler.archive.reparse_staging import Staging
from gzcrawler.archive.rereading import Rereader
from gzcrawler.archive.runs import Verdict
from gzcrawler.archive.schema_version import require_known_schema
from gzcrawler.archive.second_readings import Share, Stretch
from gzcrawler.archive.stored_portals import stored_portal
from gzcrawler.archive.warc_folder import require_address
from gzcrawler.errors import UsageError
from gzcrawler.workers import Job, Processes

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from gzcrawler.portals import Portal
    from gzcrawler.workers import Workers

__all__ = ["count_captures", "portals_in", "reparse", "stretches_of"]

_STRETCH = 200
"""Captures a process reads at a time: a second of work, and results of a few hundred kilobytes at most."""
_TOGETHER = 50
"""Articles a transaction."""


def portals_in(path: Path | str) -> list[Portal]:
    """The portals of an archive, each by today's map.

    Raises:
        ArchiveError: there is no archive, or it cannot be read.
    """
    with _of_any_release(path) as connection:
        return [stored_portal(connection, name) for name in _portal_names(connection)]


def count_captures(path: Path | str, portal: Portal) -> int:
    """How many captures of a portal there are to read."""
    with _of_any_release(path) as connection:
        row = connection.execute(
            """SELECT count(*) FROM warc_files w JOIN runs r ON r.id = w.run_id
            JOIN captures c INDEXED BY captures_place ON c.warc_file_id = w.id WHERE r.portal = ?""",
            (portal.name,),
        ).fetchone()
        return int(row[0])


@contextlib.contextmanager
def _of_any_release(path: Path | str) -> Iterator[sqlite3.Connection]:
    """A reading connection, also to an archive that this release has not upgraded yet."""
    directory = Directory(Path(path))
    directory.require_archive()
    with (
        as_archive_errors(directory.path),
        contextlib.closing(connect_to_read(directory.database)) as connection,
    ):
        require_known_schema(connection, directory.database)
        yield connection


def reparse(
    path: Path | str,
    portal: Portal,
    *,
    workers: int | Workers | None = None,
    files_at: str | None = None,
    dry_run: bool = False,
    tell: Callable[[int], None] = lambda _: None,
    now: Callable[[], datetime] = utc_now,
) -> tuple[Reparsed, int]:
    """Read all captures of a portal again, and bring the archive in line with what today's readers say.

    Args:
        path: the archive's folder.
        portal: whose captures, and by which map.
        workers: who reads: so many processes, 1 reads in this one; all cores, if not given; or a `Cluster`.
        files_at: where the workers of a cluster find the archive's folder: a path, or an address for fsspec;
            where it is on this machine, if not given.
        dry_run: report alone; takes no lock and writes nothing.
        tell: called with the number of captures read since the last call.
        now: the clock.

    Returns:
        The report, and the exit code: 10 where pages came into quarantine, 14 where records are damaged.

    Raises:
        UsageError: the archive holds nothing of this portal; a cluster of another release, or one that
            cannot read the files.
        ArchiveError: it cannot be opened or written; what was committed is safe.
        ClusterUnreachableError: nobody answers there, or the workers are gone.
        WorkerKilledError: a stretch has killed several reading processes; it is named.
    """
    directory = Directory(Path(path))
    if files_at is not None:
        require_address(files_at)
    with _of_any_release(path) as connection:
        _require_known(connection, portal)
    report = Reparsed(portal.name, dry_run)
    reading = _Reading(directory, portal, _workers(workers), files_at or str(directory.path.resolve()))
    if dry_run:
        with open_archive(path) as opened:
            for share in reading.shares(stretches_of(opened.connection, portal)):
                report.take(share)
                tell(share.captures)
        return report, _exit_code(report)
    with contextlib.ExitStack() as closing:
        archive = closing.enter_context(Archive(path, portal, command="reparse", now=now))
        with as_archive_errors(directory.path):
            staging = closing.enter_context(
                contextlib.closing(Staging(directory.path / "gzcrawler.db-reparse"))
            )
            for share in reading.shares(stretches_of(archive.connection, portal)):
                report.take(share)
                staging.add(share.changed)
                tell(share.captures)
            _correct(archive, staging, report, now)
        archive.index_all()
        exit_code = _conclude(archive, report, now)
    return report, exit_code


def _require_known(connection: sqlite3.Connection, portal: Portal) -> None:
    names = _portal_names(connection)
    if portal.name not in names:
        raise UsageError(f"no page of portal {portal.name!r} is in the archive (it has: {', '.join(names)})")


def _portal_names(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM portals ORDER BY name")]


def stretches_of(connection: sqlite3.Connection, portal: Portal) -> Iterator[Stretch]:
    """The archive's captures, file by file, cut into stretches."""
    files = connection.execute(
        """SELECT w.id, w.name, w.committed_length FROM warc_files w JOIN runs r ON r.id = w.run_id
        WHERE r.portal = ? ORDER BY w.name""",
        (portal.name,),
    ).fetchall()
    for file_id, name, length in files:
        offsets = connection.execute(
            "SELECT warc_offset FROM captures WHERE warc_file_id = ? ORDER BY warc_offset", (file_id,)
        )
        starts = [offset for (offset,) in islice(offsets, 0, None, _STRETCH)]
        for start, end in zip(starts, [*starts[1:], length], strict=False):
            yield Stretch(file_id, name, start, end)


# -- reading, by the workers ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reading:
    """Who reads what; processes of this machine look into the database themselves."""

    directory: Directory
    portal: Portal
    workers: Workers
    files_at: str

    def shares(self, stretches: Iterable[Stretch]) -> Iterator[Share]:
        """What came of each stretch, in their order; only a few are under way at a time."""
        if isinstance(self.workers, Processes):
            job = Job(
                begin=partial(_rereader, self.directory, self.portal),
                work=Rereader.read,
                name=_name,
                preload=(__name__, "gzcrawler.readers"),
            )
            yield from self.workers.results(job, stretches)
            return
        with contextlib.closing(
            RemoteRereading(self.directory, self.portal, workers=self.workers, files_at=self.files_at)
        ) as remote:
            yield from remote.shares(stretches)


def _workers(workers: int | Workers | None) -> Workers:
    if workers is None:
        return Processes.of_this_machine()
    return Processes(workers) if isinstance(workers, int) else workers


@contextlib.contextmanager
def _rereader(directory: Directory, portal: Portal) -> Iterator[Rereader]:
    with contextlib.closing(Rereader(directory, portal)) as rereader:
        yield rereader


def _name(stretch: Stretch) -> str:
    return f"{stretch.name}, bytes {stretch.start:,} to {stretch.end:,}"


# -- writing, in this one ----------------------------------------------------------------------------


def _correct(archive: Archive, staging: Staging, report: Reparsed, now: Callable[[], datetime]) -> None:
    with contextlib.closing(Rereader(archive.directory, archive.portal)) as rereader:
        corrector = Corrector(
            archive.connection, archive.portal, run_id=archive.run.id, read_article=rereader.article
        )
        groups = staging.groups()
        while together := list(islice(groups, _TOGETHER)):
            with transaction(archive.connection):
                for group in together:
                    revisions, new_pages = corrector.correct(group, now())
                    report.revisions += revisions
                    report.new_pages += new_pages
            archive.index_step()


def _conclude(archive: Archive, report: Reparsed, now: Callable[[], datetime]) -> int:
    quarantined = newly_quarantined(archive.connection, archive.portal.name)
    exit_code = max(_exit_code(report), 10 if quarantined else 0)
    alarms = _alarms(report, quarantined)
    said = f"finished with alarms: {'; '.join(alarms)}" if alarms else f"complete: {report.said}"
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


def _alarms(report: Reparsed, quarantined: Sequence[object]) -> list[str]:
    alarms = []
    if quarantined:
        alarms.append(f"{len(quarantined):,} page{'' if len(quarantined) == 1 else 's'} newly in quarantine")
    if report.damage:
        alarms.append(f"{len(report.damage):,} records damaged")
    return alarms


def _exit_code(report: Reparsed) -> int:
    if report.damage:
        return 14
    return 10 if report.entered_quarantine else 0
