"""One crawl from opening the archive to its verdict; what scheduler, spider and pipeline share."""

from __future__ import annotations

import platform
import sqlite3
import threading
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

import scrapy

from gzcrawler._version import __version__
from gzcrawler.archive import (
    FORBIDDEN_BY_ROBOTS,
    Archive,
    Entry,
    Failure,
    Fetched,
    Frontier,
    Outcome,
    Recorded,
    Selection,
    Verdict,
    connect_to_read,
    read_stored,
    utc_now,
)
from gzcrawler.dispatch import Assignment, Dispatcher, Forbidden

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from gzcrawler.items import Capture
    from gzcrawler.portals import Portal

__all__ = ["CrawlOptions", "CrawlRun", "Progress"]

QUEUE_AT_MOST = 400
"""Entries that may wait for the writer before no more requests are sent: bounds memory at some 20 MB."""
_NAMED_AT_MOST = 50
"""Pages named one by one in a run's record; the counts are whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CrawlOptions:
    """What a crawl is asked to do."""

    archive: Path
    portal: Portal
    selection: Selection = field(default_factory=Selection)
    max_pages: int | None = None
    recheck: bool = False
    """Verify every page that was ever answered, whatever its turn."""
    delay: float | None = None
    """Seconds between requests to a host; None is the map's."""
    concurrency: int | None = None
    """Requests under way on a host; None is the map's."""
    contact: str | None = None
    command: str = "crawl"


@dataclass(slots=True)
class Progress:
    """Counts of a run under way; read by whoever shows it, written by the writer's thread alone."""

    outcomes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    captures: int = 0
    new_pages: int = 0
    bytes: int = 0
    last_title: str | None = None
    quarantined: list[tuple[str, str]] = field(default_factory=list)
    """(address, reason) of pages that could not be read."""
    failed: dict[str, str] = field(default_factory=dict)
    """Address -> reason of fetches that failed and were not made good."""

    def take(self, entry: Entry, recorded: Recorded) -> None:
        """Count one committed entry."""
        self.outcomes[recorded.outcome] += 1
        if isinstance(entry, Fetched):
            self.captures += 1
            self.kinds[recorded.kind] += 1
            self.bytes += len(entry.capture.payload)
        self.new_pages += recorded.new_pages
        self.last_title = recorded.title or self.last_title
        if recorded.outcome is Outcome.QUARANTINED:
            self.quarantined.append((recorded.url, recorded.reason or ""))
        if recorded.outcome in (Outcome.FAILED, Outcome.FAULT):
            self.failed[recorded.url] = recorded.reason or ""
        else:
            self.failed.pop(recorded.url, None)


class CrawlRun:
    """A crawl under way."""

    def __init__(
        self, options: CrawlOptions, *, wake: Callable[[], None], now: Callable[[], datetime] = utc_now
    ) -> None:
        """Open the archive, seed it, start the writer.

        Args:
            options: what to do.
            wake: called from the writer's thread when the frontier has changed, or the writer ended.
            now: the wall clock.

        Raises:
            ArchiveError: the archive cannot be written.
        """
        self.options = options
        self.portal = options.portal
        self.progress = Progress()
        self.error: BaseException | None = None
        self.interrupted: str | None = None
        """Name of the signal that asked the run to end."""
        self._wake = wake
        self._now = now
        self._started = monotonic()
        self._committed_lock = threading.Lock()
        self._committed: list[str] = []
        politeness = self.portal.politeness
        self.archive = Archive(
            options.archive, self.portal, command=options.command, contact=options.contact, now=now
        )
        self._known_quarantine = self._quarantined_pages()
        if options.selection.pages:
            self.archive.ask(options.selection.pages)
        else:
            self.archive.seed()
        if options.recheck:
            self.archive.ask_all_again()
        self._reading = connect_to_read(self.archive.directory.database)
        self.frontier = Frontier(self._reading, self.portal.name, options.selection)
        self.dispatcher = Dispatcher(
            self.frontier,
            self.portal,
            delay=politeness.delay if options.delay is None else options.delay,
            concurrency=options.concurrency or politeness.concurrency,
            limit=options.max_pages,
            now=now,
        )
        self._writer = self.archive.writer(self._on_committed, self._on_error)
        self._writer.start()

    # -- between frontier and wire ----------------------------------------------------------------

    def next_assignment(self, clock: float) -> Assignment | None:
        """The next request to send now; None where none may be, and the writer is told to hurry."""
        self._take_commits()
        if self.error is not None or self._writer.depth > QUEUE_AT_MOST:
            return None
        chosen = self.dispatcher.next(clock)
        while isinstance(chosen, Forbidden):
            self.submit(Failure(chosen.url, self._now(), FORBIDDEN_BY_ROBOTS, "robots.txt does not allow it"))
            chosen = self.dispatcher.next(clock)
        if chosen is None and self.dispatcher.starving:
            self._writer.hurry()
        return chosen

    def has_pending(self) -> bool:
        """Is there anything left to do in this run?"""
        self._take_commits()
        if self.error is not None:
            return False
        return self._writer.depth > 0 or self.dispatcher.has_pending()

    def now(self) -> datetime:
        """The run's wall clock."""
        return self._now()

    def stop(self, reason: str) -> None:
        """Hand out no more requests; what is under way ends, and the run with it."""
        self.interrupted = reason
        self.dispatcher.stopping = True

    # -- between wire and archive -----------------------------------------------------------------

    def read(self, capture: Capture) -> Fetched:
        """Read a capture with the portal's readers."""
        return Fetched(capture, None if capture.repeats else read_stored(capture, self.portal))

    def submit(self, entry: Entry) -> None:
        """Hand an entry to the writer, without waiting."""
        self._writer.submit(entry)

    def _on_committed(self, group: Sequence[tuple[Entry, Recorded]]) -> None:
        urls = []
        for entry, recorded in group:
            self.progress.take(entry, recorded)
            urls.append(entry.capture.url if isinstance(entry, Fetched) else entry.url)
        with self._committed_lock:
            self._committed.extend(urls)
        self._wake()

    def _on_error(self, error: BaseException) -> None:
        self.error = error
        self._wake()

    def _take_commits(self) -> None:
        if self._committed:
            with self._committed_lock:
                urls, self._committed = self._committed, []
            self.dispatcher.committed(urls)

    # -- the end ------------------------------------------------------------------------------------

    def close(self) -> Verdict:
        """Commit what waits, conclude, enter the verdict, give the archive back.

        Raises:
            GzcrawlerError: the archive could not be written; what was committed is safe.
        """
        try:
            self._writer.close()
            verdict = self._conclude()
            self.archive.finish(verdict)
        finally:
            self._reading.close()
            self.archive.close()
        return verdict

    def _quarantined_pages(self) -> set[str]:
        return {
            url
            for (url,) in self.archive.connection.execute(
                "SELECT p.canonical_url FROM quarantine q JOIN pages p ON p.id = q.page_id"
            )
        }

    def _conclude(self) -> Verdict:
        progress = self.progress
        hosts = tuple(
            pace.evidence() for pace in self.dispatcher.paces() if pace.requests or pace.stopped_because
        )
        fresh = [
            (url, reason)
            for url, reason in progress.quarantined
            if (address := self.portal.address(url)) and address.canonical_url not in self._known_quarantine
        ]
        stopped = [f"{host.host}: {host.stopped_because}" for host in hosts if host.stopped_because]
        alarms: list[str] = []
        if fresh:
            alarms.append(f"{len(fresh)} page(s) newly in quarantine")
        if progress.failed:
            alarms.append(f"{len(progress.failed)} page(s) could not be fetched")
        alarms.extend(f"host stopped: {reason}" for reason in stopped)
        answered = progress.captures - progress.kinds["robots"] - progress.outcomes[Outcome.FAULT]
        due_left = self.frontier.count_due(self._now())
        if self.interrupted:
            exit_code = 130 if self.interrupted == "SIGINT" else 143
            said = f"interrupted ({self.interrupted}), {due_left:,} pages left; run again to go on"
        elif answered == 0 and (stopped or progress.failed):
            exit_code = 11
            reason = stopped[0] if stopped else "no page could be fetched"
            said = f"portal unreachable or refusing: {reason}; nothing is lost"
        elif alarms:
            exit_code = 10
            said = "finished with alarms: " + "; ".join(alarms)
        elif self.dispatcher.limit_reached:
            exit_code, said = 0, f"complete up to --max-pages, {due_left:,} pages left"
        elif answered == 0:
            exit_code, said = 0, "complete: nothing was due"
        else:
            exit_code, said = 0, "complete"
        seconds = monotonic() - self._started
        record: dict[str, Any] = {
            "outcomes": dict(sorted(progress.outcomes.items())),
            "kinds": dict(sorted(progress.kinds.items())),
            "captures": progress.captures,
            "payload_bytes": progress.bytes,
            "new_pages": progress.new_pages,
            "due_left": due_left,
            "recovered": self.archive.recovered,
            "seconds": round(seconds, 1),
            "alarms": alarms,
            "quarantined": [{"url": url, "reason": reason} for url, reason in fresh[:_NAMED_AT_MOST]],
            "failed": [
                {"url": url, "reason": reason}
                for url, reason in list(progress.failed.items())[:_NAMED_AT_MOST]
            ],
            "versions": {
                "gzcrawler": __version__,
                "scrapy": scrapy.__version__,
                "python": platform.python_version(),
                "sqlite": sqlite3.sqlite_version,
            },
            "map_digest": self.portal.digest,
        }
        return Verdict(verdict=said, exit_code=exit_code, finished_at=self._now(), record=record, hosts=hosts)
