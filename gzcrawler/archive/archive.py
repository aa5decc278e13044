"""An archive open for writing: one process, one run."""

from __future__ import annotations

import contextlib
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

from gzcrawler.archive.commit import Committer, Entry, Fetched
from gzcrawler.archive.connections import PAGE_CACHE, connect_to_read, connect_to_write, transaction
from gzcrawler.archive.directory import Directory, Lock, as_archive_errors
from gzcrawler.archive.mementos import Mementos
from gzcrawler.archive.moments import format_moment, utc_now
from gzcrawler.archive.recording import Recorder
from gzcrawler.archive.replay import recover_tails
from gzcrawler.archive.runs import Run, Verdict, begin_run, mark_interrupted
from gzcrawler.archive.schema_version import require_known_schema, upgrade
from gzcrawler.archive.search_index import SearchIndexer
from gzcrawler.archive.stored_portals import store_portal
from gzcrawler.archive.warc_files import WarcFiles
from gzcrawler.archive.withdrawal import withdraw_payloads
from gzcrawler.archive.writer import Writer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from types import TracebackType

    from gzcrawler.archive.outcomes import Recorded, Result
    from gzcrawler.archive.redaction import Redaction
    from gzcrawler.archive.revisit_policy import RevisitPolicy
    from gzcrawler.archive.vanishing import Vanishing
    from gzcrawler.items import Capture
    from gzcrawler.portals import Portal

__all__ = ["Archive"]

_CLOCK_TOLERANCE = timedelta(minutes=5)
"""Clocks that are set by the network are turned back by seconds."""
_INDEX_STEP = 200
"""Articles a transaction of the search index while a crawl goes on; some 150 ms of work."""
_INDEX_STRIDE = 2_000
"""The same where nothing waits: the more at once, the fewer rows of common words are written again."""


class Archive:
    """The one writer of an archive. Use as a context manager; leaving it gives the lock back.

    Opening makes the folder and the database where there are none, upgrades an older schema, and
    recovers what a crash left behind.
    """

    def __init__(
        self,
        path: Path | str,
        portal: Portal,
        *,
        command: str,
        contact: str | None = None,
        policy: RevisitPolicy | None = None,
        now: Callable[[], datetime] = utc_now,
        page_cache: int = PAGE_CACHE,
    ) -> None:
        """Open for writing and begin a run.

        Args:
            path: the archive's folder.
            portal: whose pages will be recorded.
            command: what the run is, for the lock and the runs table: ``crawl``, ``fetch`` …
            contact: who crawls, for the WARC files.
            policy: when pages are asked again, if not as usual.
            now: the clock; a test or a replica may have its own.
            page_cache: kilobytes of the database that are kept in memory at most.

        Raises:
            ArchiveError: and its kinds, each saying what is wrong with the folder.
        """
        self.directory = Directory(Path(path))
        self.portal = portal
        self.recovered = 0
        """Captures that a crash had left behind and opening recorded."""
        self._now = now
        with ExitStack() as undo:
            self._require_archive()
            self.directory.make()
            lock = Lock(self.directory)
            lock.acquire(command)
            undo.callback(lock.release)
            self.directory.warc_files()
            with as_archive_errors(self.directory.path):
                self._connection = connect_to_write(self.directory.database, page_cache=page_cache)
                undo.callback(self._connection.close)
                self._indexer = SearchIndexer(self._connection)
                undo.callback(self._indexer.close)
                self._prepare_database()
                self.run = self._begin(command)
            self._recorder = Recorder(self._connection, portal, policy)
            self._committer = Committer(
                self._connection,
                self.directory,
                self._recorder,
                WarcFiles(self.directory, run=self.run, map_facts=portal.facts, contact=contact),
                run_id=self.run.id,
                now=now,
            )
            undo.callback(self._committer.close)
            self._undo = undo.pop_all()

    def _require_archive(self) -> None:
        """Look before anything is written: neither a foreign folder nor a newer archive may change."""
        self.directory.require_usable()
        if self.directory.database.exists():
            with contextlib.closing(connect_to_read(self.directory.database)) as connection:
                require_known_schema(connection, self.directory.database)

    def _prepare_database(self) -> None:
        upgrade(self._connection)
        self.recovered = recover_tails(self._connection, self.directory, [self.portal])
        with transaction(self._connection):
            mark_interrupted(self._connection)
        withdraw_payloads(self._connection, self.directory)
        self.index_all()

    def _begin(self, command: str) -> Run:
        with transaction(self._connection):
            store_portal(self._connection, self.portal)
            return begin_run(self._connection, portal=self.portal.name, command=command, now=self._now())

    def record(self, capture: Capture, result: Result) -> Recorded:
        """Make one capture and what it says durable: the one door in, for a single entry.

        Raises:
            UsageError: the address is not of the portal, or a body came without its reading.
            ArchiveError: it could not be stored; nothing of it is in the archive.
        """
        return self._committer.commit([Fetched(capture, result)])[0]

    def record_all(self, entries: Sequence[Entry]) -> list[Recorded]:
        """The same for a group, in one commit."""
        return self._committer.commit(entries)

    def seed(self) -> int:
        """Make sure that home pages and first list pages are known; returns how many are new.

        Those that failed last time are due now: without them a run would have nothing to judge by.
        """
        seeds = self.portal.seeds()
        with as_archive_errors(self.directory.path), transaction(self._connection):
            now = self._now()
            self._recorder.pages.ask_failed([seed.canonical_url for seed in seeds], now)
            return self._recorder.pages.discover([seed.url for seed in seeds], now)

    def ask(self, urls: Sequence[str]) -> None:
        """Make these pages known, and due now."""
        with as_archive_errors(self.directory.path), transaction(self._connection):
            self._recorder.pages.ask(urls, self._now())

    def ask_all_again(self) -> int:
        """Make every page due now that was ever answered; returns how many that are."""
        with as_archive_errors(self.directory.path), transaction(self._connection):
            return self._recorder.pages.ask_all_again(self._now())

    def ask_misdated(self) -> int:
        """Make pages due that a clock ahead of its time has put off; returns how many captures it dated.

        The captures keep the time that they were given.
        """
        now = self._now()
        with as_archive_errors(self.directory.path), transaction(self._connection):
            self._recorder.pages.ask_misdated(now)
            return int(
                self._connection.execute(
                    "SELECT count(*) FROM captures WHERE captured_at > ?",
                    (format_moment(now + _CLOCK_TOLERANCE),),
                ).fetchone()[0]
            )

    def mementos(self, index_url: str) -> Mementos:
        """What the web archive with that index holds of the portal."""
        with as_archive_errors(self.directory.path):
            return Mementos(self._connection, self.portal.name, index_url)

    @property
    def held_back(self) -> dict[str, Vanishing]:
        """By host: with what articles went missing whose removal was not confirmed for that in this run."""
        return self._recorder.held_back

    def writer(
        self,
        on_committed: Callable[[Sequence[tuple[Entry, Recorded]]], None],
        on_error: Callable[[BaseException], None],
    ) -> Writer:
        """A thread that commits what is submitted; until it is closed, nothing else may write here."""
        return Writer(self._committer, index=self.index_step, on_committed=on_committed, on_error=on_error)

    def index_step(self, limit: int = _INDEX_STEP) -> int:
        """Bring a step of the search index up to date; returns how much that was, 0 at the end."""
        with as_archive_errors(self.directory.path), transaction(self._connection):
            return self._indexer.catch_up(limit)

    def index_all(self) -> None:
        """Bring the search index up to date."""
        while self.index_step(_INDEX_STRIDE):
            pass

    def redact(self, redactions: Sequence[Redaction]) -> None:
        """Withdraw articles from every reading door, and their bytes from the WARC files.

        Killed at any moment, it was either not begun, or the next opening finishes it.
        """
        self._committer.redact(redactions)
        with as_archive_errors(self.directory.path):
            withdraw_payloads(self._connection, self.directory)

    def finish(self, verdict: Verdict) -> None:
        """Enter what the run concluded, in the database and beside the captures."""
        with as_archive_errors(self.directory.path), transaction(self._connection):
            self._recorder.settle(self._now())
        self._committer.conclude(self.run, verdict.as_dict())
        with as_archive_errors(self.directory.path):
            self._connection.execute("PRAGMA optimize")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @property
    def connection(self) -> sqlite3.Connection:
        """The writing connection; only for the archive package and for tests."""
        return self._connection

    def close(self) -> None:
        """Close the files and give the lock back; a run without `finish` counts as interrupted."""
        self._undo.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
