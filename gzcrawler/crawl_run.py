"""One crawl from opening the archive to its verdict; what scheduler, spider and pipeline share."""

from __future__ import annotations

import threading
from contextlib import ExitStack, suppress
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

from gzcrawler.archive import (
    FORBIDDEN_BY_ROBOTS,
    Archive,
    Deferral,
    Entry,
    Failure,
    Fetched,
    Frontier,
    Outcome,
    Recorded,
    Verdict,
    connect_to_read,
    fallen_fields,
    newly_quarantined,
    read_stored,
    utc_now,
    vanishings,
)
from gzcrawler.archive.connections import PAGE_CACHE
from gzcrawler.archive.directory import as_archive_errors
from gzcrawler.archive.moments import PORTAL_ZONE, format_moment
from gzcrawler.archive.run_findings import find
from gzcrawler.budget import RevisitBudget, day_began
from gzcrawler.crawl_options import CrawlOptions
from gzcrawler.dispatch import Assignment, Dispatcher, Forbidden, SetAside
from gzcrawler.errors import ArchiveError, GzcrawlerError, UsageError
from gzcrawler.items import Article, OtherPage, Reading
from gzcrawler.politeness import HostPace
from gzcrawler.run_record import counts, days_missing, judgement
from gzcrawler.verdicts import Progress, conclude
from gzcrawler.walks import Walks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from gzcrawler.items import Capture, Page
    from gzcrawler.politeness import Window
    from gzcrawler.portals import Portal

__all__ = ["CrawlOptions", "CrawlRun", "require_contact"]

_HOPS_AT_MOST = 5
"""Redirects that are followed for each page that was asked for by name."""

_SET_ASIDE = timedelta(days=28)
"""How long pages of a walk that showed nothing are left alone."""
_SET_ASIDE_STORY = timedelta(hours=20)
"""The same for addresses of stories: a server that is out of order may deny them all for a while."""


def require_contact(portal: Portal, contact: str | None) -> None:
    """Raise UsageError where a live portal would be asked, and nobody says who asks."""
    if portal.connect is None and not contact:
        raise UsageError(
            "a live crawl says who crawls: set GZCRAWLER_CONTACT, --contact, or contact in the archive's "
            "gzcrawler.toml, to a mail address or a page about you"
        )


class CrawlRun:
    """A crawl under way. Opening it takes the archive's lock; `close` gives it back."""

    def __init__(
        self,
        options: CrawlOptions,
        *,
        now: Callable[[], datetime] = utc_now,
        pace_of: Callable[[str, float, int], HostPace] = HostPace,
        page_cache: int = PAGE_CACHE,
    ) -> None:
        """Open the archive, seed it, start the writer.

        Args:
            options: what to do.
            now: the wall clock.
            pace_of: how each host is paced, by name, delay and concurrency; shared with other runs, or not.
            page_cache: kilobytes of the archive's database that are kept in memory at most.

        Raises:
            UsageError: a live portal, and nobody named who crawls it; or it is not the hour for it.
            ArchiveError: the archive cannot be written.
        """
        self.options = options
        self.portal = portal = options.portal
        require_contact(portal, options.contact)
        self._closes_at = _closing_time(options.window, now())
        self._window_closed = False
        self.progress = Progress(portal)
        self.error: BaseException | None = None
        """Why the run cannot go on."""
        self.verdict: Verdict | None = None
        """What it concluded; None until it is closed."""
        self.interrupted: str | None = None
        """Name of the signal that asked the run to end."""
        self.changed: Callable[[], None] = lambda: None
        """Called from the writer's thread when the frontier has changed, or the writer ended."""
        self._now = now
        self._started = monotonic()
        self._committed_lock = threading.Lock()
        self._committed: list[str] = []
        self._elsewhere = False
        self._due = 0
        self._closing = False
        self._walks = Walks(portal, options.fruitless)
        self._named = set(options.selection.pages)
        self._hops_left = _HOPS_AT_MOST * len(self._named)
        with ExitStack() as undo:
            self.archive = undo.enter_context(
                Archive(
                    options.archive,
                    portal,
                    command=options.command,
                    contact=options.contact,
                    policy=options.policy,
                    now=now,
                    page_cache=page_cache,
                )
            )
            self._make_due()
            self._reading = connect_to_read(self.archive.directory.database)
            undo.callback(self._reading.close)
            self._frontier = Frontier(
                self._reading,
                portal.name,
                options.selection,
                lists_not_since=self.archive.run.started_at,
            )
            wanted = options.recheck or bool(options.selection.pages)
            self._budget = RevisitBudget(
                None if wanted else options.revisits,
                spent=self._frontier.count_revisits(day_began(now())),
                now=now(),
            )
            self.dispatcher = self._new_dispatcher(pace_of)
            self._writer = self.archive.writer(self._on_committed, self.fail)
            self._writer.start()
            self._undo = undo.pop_all()

    def _make_due(self) -> None:
        """What is asked whatever its turn: what was named, or what each run begins with."""
        self.archive.ask_misdated()
        if self.options.selection.pages:
            self.archive.ask(self.options.selection.pages)
        else:
            self.archive.seed()
        if self.options.recheck:
            self.archive.ask_all_again()

    def _new_dispatcher(self, pace_of: Callable[[str, float, int], HostPace]) -> Dispatcher:
        options = self.options
        return Dispatcher(
            self._frontier,
            self.portal,
            self._walks,
            delay=options.effective_delay,
            concurrency=options.effective_concurrency,
            limit=options.max_pages,
            budget=self._budget,
            now=self._now,
            pace_of=pace_of,
            wake=lambda: self.changed(),
        )

    # -- between frontier and wire ----------------------------------------------------------------

    def next_assignment(self, clock: float) -> Assignment | None:
        """The next request to send now; None where none may be, and the writer is told to hurry.

        Raises:
            ArchiveError: the frontier cannot be read.
        """
        self._take_commits()
        if self._closes_at is not None and self._now() >= self._closes_at:
            self._window_closed = self.dispatcher.stopping = True
        while not self._must_wait():
            with as_archive_errors(self.archive.directory.path):
                chosen = self.dispatcher.next(clock)
            if isinstance(chosen, Forbidden):
                self.submit(
                    Failure(chosen.url, self._now(), FORBIDDEN_BY_ROBOTS, "robots.txt does not allow it")
                )
                continue
            if isinstance(chosen, SetAside):
                self._put_off(chosen.url)
                continue
            if chosen is None and self.dispatcher.starving:
                self._writer.hurry()
            return chosen
        return None

    def _put_off(self, url: str) -> None:
        """Leave a page for later that is due and belongs to a walk that was given up."""
        address = self.portal.address(url)
        story = address is not None and address.kind == "article"
        until = self._now() + (_SET_ASIDE_STORY if story else _SET_ASIDE)
        self.submit(Deferral(url, until, Outcome.DEFERRED, "its walk was given up"))

    def wake_at(self, clock: float) -> float | None:
        """When to ask for an assignment again, if nothing is committed before; None for then alone."""
        moment = None if self._must_wait() else self.dispatcher.wake_at(clock)
        if moment is None or self._closes_at is None:
            return moment
        return min(moment, clock + max(0.0, (self._closes_at - self._now()).total_seconds()))

    def has_pending(self) -> bool:
        """Is there anything left to do in this run?

        Raises:
            ArchiveError: the frontier cannot be read.
        """
        self._take_commits()
        if self.error is not None:
            return False
        with as_archive_errors(self.archive.directory.path):
            return self._writer.depth > 0 or self.dispatcher.has_pending()

    def count_due(self) -> int:
        """How many pages are due now; reads an index over all of them."""
        if self.error is None and not self._closing:
            self._due = self._frontier.count_due(self._now())
        return self._due

    def stop(self, reason: str) -> None:
        """Hand out no more requests; what is under way ends, and the run with it."""
        self.interrupted = reason
        self.dispatcher.stopping = True

    def fail(self, error: BaseException) -> None:
        """End the run: `close` raises this error. From any thread."""
        self.error = self.error or error
        self.changed()

    def _must_wait(self) -> bool:
        return self.error is not None or self._writer.full

    # -- between wire and archive -----------------------------------------------------------------

    def read(self, capture: Capture) -> Fetched:
        """Read a capture with the portal's readers."""
        if capture.repeats:
            return Fetched(capture, None)
        result = read_stored(capture, self.portal)
        if not isinstance(result, Reading):
            return Fetched(capture, result)
        self._walks.take(capture.url, result.page)
        return Fetched(capture, result, self._follow(result.page))

    def _follow(self, page: Page) -> tuple[str, ...]:
        """What belongs to a page that was asked for by name: where it moved to, and its pictures."""
        if not self._named:
            return ()
        targets: Sequence[str] = ()
        if isinstance(page, OtherPage) and page.kind == "redirect" and page.target and self._hops_left > 0:
            self._hops_left -= 1
            targets = [page.target]
        elif isinstance(page, Article) and self.options.selection.images:
            targets = [image.url for image in page.images] + [file.url for file in page.attachments]
        addresses = [address for url in targets if (address := self.portal.address(url)) is not None]
        fresh = tuple(dict.fromkeys(a.canonical_url for a in addresses if a.canonical_url not in self._named))
        if fresh:
            self._named.update(fresh)
            self._frontier.also(fresh)
        return fresh

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
            self._elsewhere |= any(recorded.elsewhere for _, recorded in group)
        self.changed()

    def _take_commits(self) -> None:
        if self._committed:
            with self._committed_lock:
                urls, self._committed = self._committed, []
                elsewhere, self._elsewhere = self._elsewhere, False
            self.dispatcher.committed(urls, elsewhere=elsewhere)

    # -- the end ------------------------------------------------------------------------------------

    def close(self) -> Verdict:
        """Commit what waits, conclude, enter the verdict, give the archive back.

        Raises:
            GzcrawlerError: the archive could not be written; what was committed is safe.
            BaseException: a bug that ended the run.
        """
        self._closing = True
        with self._undo:
            self._writer.close()
            if self.error is not None:
                self._leave_word(self.error)
                raise self.error
            verdict = self._conclude()
            self.archive.finish(verdict)
            self.verdict = verdict
        return verdict

    def _seconds(self) -> float:
        return round(monotonic() - self._started, 1)

    def _leave_word(self, error: BaseException) -> None:
        """Enter that a bug ended the run. Where the archive itself failed, its next opening finds the run."""
        if isinstance(error, GzcrawlerError):
            return
        said = f"ended by a bug of gzcrawler: {type(error).__name__}: {error}"
        verdict = Verdict(
            verdict=said,
            exit_code=70,
            finished_at=self._now(),
            record=counts(self.progress, self.options, self.archive.recovered, self._seconds())
            | {"alarms": [said]},
            hosts=self.dispatcher.evidence(),
        )
        with suppress(ArchiveError):
            self.archive.finish(verdict)

    def _conclude(self) -> Verdict:
        progress = self.progress
        hosts = self.dispatcher.evidence()
        walks = self._walks.given_up()
        quarantined = newly_quarantined(self._reading, self.portal.name)
        due_left = self._frontier.count_due(self._now())
        findings = find(self._reading, self.archive.run, now=self._now(), sections=progress.lists)
        vanished = vanishings(self._reading, self.portal.name, self._now())
        told = {one.host for one in vanished}
        vanished += [one for host, one in self.archive.held_back.items() if host not in told]
        known_hosts = {host.host for host in self.portal.hosts}
        conclusion = conclude(
            progress,
            hosts=hosts,
            walks=walks,
            newly_quarantined=len(quarantined),
            due_left=due_left,
            interrupted=self.interrupted,
            limit_reached=self.dispatcher.limit_reached,
            window_closed=self._window_closed,
            findings=findings,
            strange_hosts=sorted(set(self._frontier.hosts()) - known_hosts),
            drift=[
                str(fall)
                for fall in fallen_fields(
                    self._reading, self.portal.name, format_moment(self.archive.run.started_at)
                )
            ],
            vanished=vanished,
        )
        record = counts(self.progress, self.options, self.archive.recovered, self._seconds()) | judgement(
            progress, conclusion, walks=walks, quarantined=quarantined, due_left=due_left, findings=findings
        )
        record["revisits"] = {"asked": self._budget.spent, "a_day": self.options.revisits}
        record["vanished"] = [one.as_dict() for one in vanished]
        record["coverage"] = days_missing(self.options.archive, self._now())
        return Verdict(
            verdict=conclusion.said,
            exit_code=conclusion.exit_code,
            finished_at=self._now(),
            record=record,
            hosts=hosts,
        )


def _closing_time(window: Window | None, now: datetime) -> datetime | None:
    """When a run that begins now has to end; raises UsageError where it may not begin."""
    if window is None:
        return None
    closes_at = window.closes_after(now)
    if closes_at is None:
        raise UsageError(
            f"it is {now.astimezone(PORTAL_ZONE):%H:%M} at +08:00, outside of the window {window}: "
            "nothing was asked"
        )
    return closes_at
