"""Several portals side by side in one process: each into an archive of its own, each host at one pace for all.

An archive is a partition: `crawl_family` gives each portal a run, a writer and a verdict of its own, and
what befalls one of them ends no other. What they share are the loop, and the hosts that more than one asks.
"""

from __future__ import annotations

import asyncio
import os
import resource
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from gzcrawler.archive import utc_now
from gzcrawler.crawl_run import CrawlRun
from gzcrawler.crawling import drive, interruptible, new_loop, scrapy_runner
from gzcrawler.errors import GzcrawlerError, UsageError
from gzcrawler.politeness import SharedPaces

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from scrapy.crawler import AsyncCrawlerRunner

    from gzcrawler.archive import Verdict
    from gzcrawler.crawl_options import CrawlOptions

__all__ = ["Family", "Member", "crawl_family", "host_groups"]

_WATCH_EVERY = 0.2
"""Seconds between two looks of whoever shows the family."""
_FILES_EACH = 24
"""Files and sockets that a portal holds open at most, about: database, logs, WARC file, connections."""
_NAME_LOOKUPS = 64
"""Names of hosts that may be looked up at a time: with libuv's four threads, two dead names would hold up all."""
_PAGE_CACHE = 2_000
"""Kilobytes of each database in memory: at a polite pace a commit is a page or two, and forty caches add up."""
_BUG = 70


@dataclass(slots=True)
class Member:
    """One portal of the family: what it is told, how it stands, and how it ended."""

    options: CrawlOptions
    run: CrawlRun | None = None
    """While it is under way."""
    verdict: Verdict | None = None
    error: BaseException | None = None
    """Why there is no verdict: an error of the archive or of the call, or a bug."""
    ended: bool = False

    @property
    def name(self) -> str:
        """Name of the portal."""
        return self.options.portal.name

    @property
    def archive(self) -> Path:
        """Folder of its archive."""
        return self.options.archive

    @property
    def exit_code(self) -> int:
        """What `crawl` of this portal alone would end with."""
        if self.verdict is not None:
            return self.verdict.exit_code
        return self.error.exit_code if isinstance(self.error, GzcrawlerError) else _BUG

    @property
    def said(self) -> str:
        """Its end in a line."""
        if self.verdict is not None:
            return self.verdict.verdict
        if isinstance(self.error, GzcrawlerError):
            return str(self.error)
        return f"ended by a bug of gzcrawler: {type(self.error).__name__}: {self.error}"

    def as_dict(self) -> dict[str, Any]:
        """Its end, with the run's record where there is one."""
        end: dict[str, Any] = {"verdict": self.said, "exit_code": self.exit_code}
        if self.verdict is not None:
            end = self.verdict.as_dict()
        return {"portal": self.name, "archive": str(self.archive)} | end


class Family:
    """Portals under way together."""

    def __init__(self, members: Sequence[Member]) -> None:
        """Begin with none of them open."""
        self.members = tuple(members)
        self.interrupted: str | None = None
        """Name of the signal that asked all to end."""
        self.started = monotonic()
        self._paces = SharedPaces()
        for member in self.members:
            options = member.options
            for host in options.portal.hosts:
                self._paces.demand(host.host, options.effective_delay, options.effective_concurrency)

    def stop(self, reason: str) -> None:
        """Hand out no more requests; what is under way ends, and the runs with it."""
        self.interrupted = reason
        for member in self.members:
            if member.run is not None:
                member.run.stop(reason)
                member.run.changed()

    def open(self, member: Member, now: Callable[[], datetime]) -> CrawlRun:
        """The run of a member; in a thread, since recovering an archive can take its time."""
        return CrawlRun(member.options, now=now, pace_of=self._paces.pace, page_cache=_PAGE_CACHE)

    def fail(self, error: BaseException) -> None:
        """End all that is under way: a bug of which nobody knows whose it is."""
        for member in self.members:
            if member.run is not None:
                member.run.fail(error)


def crawl_family(
    options: Sequence[CrawlOptions],
    *,
    watch: Callable[[Family], None] = lambda _: None,
    on_end: Callable[[Member], None] = lambda _: None,
    now: Callable[[], datetime] = utc_now,
) -> Family:
    """Crawl portals side by side until none has anything due, or a signal comes; each ends with a verdict.

    An archive that is damaged, busy or full, a portal that is dead or slow, ends or delays its own crawl alone.
    Signals are as in `gzcrawler.crawling.crawl`, for all of them.

    Args:
        options: one for each portal, each with an archive of its own.
        watch: called about five times a second, to show it.
        on_end: called as each portal ends.
        now: the wall clock.

    Raises:
        UsageError: two of them name one archive.
    """
    folders = [one.archive.resolve() for one in options]
    for one, folder in zip(options, folders, strict=True):
        if folders.count(folder) > 1:
            raise UsageError(f"{one.archive}: two portals cannot share an archive here")
    family = Family([Member(one) for one in options])
    _allow_files(len(options))
    os.environ.setdefault("UV_THREADPOOL_SIZE", str(_NAME_LOOKUPS))
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_crawl_all(family, watch, on_end, now))
    return family


def host_groups(options: Sequence[CrawlOptions]) -> list[list[CrawlOptions]]:
    """The same, in groups that have no host in common: what may go to different processes or machines.

    Within a group `crawl_family` sees to it that a shared host is asked at one pace; nobody does between groups.
    """
    groups: list[tuple[set[str], list[CrawlOptions]]] = []
    for one in options:
        hosts, together = {host.host for host in one.portal.hosts}, [one]
        apart = []
        for group in groups:
            if group[0].isdisjoint(hosts):
                apart.append(group)
            else:
                hosts |= group[0]
                together = group[1] + together
        groups = [*apart, (hosts, together)]
    order = {id(one): number for number, one in enumerate(options)}
    found = [sorted(together, key=lambda one: order[id(one)]) for _, together in groups]
    return sorted(found, key=lambda together: order[id(together[0])])


async def _crawl_all(
    family: Family,
    watch: Callable[[Family], None],
    on_end: Callable[[Member], None],
    now: Callable[[], datetime],
) -> None:
    loop = asyncio.get_running_loop()
    # A thread for each: recovering one archive must not keep another from opening or closing.
    loop.set_default_executor(ThreadPoolExecutor(len(family.members) + 1, "archive-opening"))
    loop.set_exception_handler(lambda _, context: _on_exception(loop, family, context))
    runner = scrapy_runner()
    with interruptible(family.stop):
        tasks = {loop.create_task(_crawl_one(family, one, runner, now)): one for one in family.members}
        waiting = set(tasks)
        while waiting:
            done, waiting = await asyncio.wait(
                waiting, timeout=_WATCH_EVERY, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                member = tasks[task]
                member.error = task.exception()
                member.verdict = None if member.error else task.result()
                member.run, member.ended = None, True
                on_end(member)
            watch(family)


async def _crawl_one(
    family: Family, member: Member, runner: AsyncCrawlerRunner, now: Callable[[], datetime]
) -> Verdict:
    member.run = await asyncio.to_thread(family.open, member, now)
    if family.interrupted:
        member.run.stop(family.interrupted)
    return await drive(member.run, runner)


def _on_exception(loop: asyncio.AbstractEventLoop, family: Family, context: dict[str, Any]) -> None:
    error = context.get("exception")
    if error is None:
        loop.default_exception_handler(context)
    else:
        family.fail(error)


def _allow_files(portals: int) -> None:
    """Raise this process's own limit of open files, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = soft + portals * _FILES_EACH
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
