"""Years of daily crawls in minutes: the replica as a pure object, a clock that is moved, the product's own run.

Only HTTP is left out: what the replica answers becomes a capture as the download handler would make it.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gzcrawler.archive import RevisitPolicy, Selection, connect_to_read, coverage, open_archive
from gzcrawler.archive.moments import portal_day
from gzcrawler.crawl_run import CrawlOptions, CrawlRun
from gzcrawler.items import Capture
from gzcrawler.portals import parse_portal
from gzcrawler.replica import Replica, ReplicaConfig, ReplicaResponse, replica_map

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gzcrawler.archive import Verdict
    from gzcrawler.dispatch import Assignment

__all__ = ["DAY", "Answer", "Clock", "Year", "crawl_directly", "run_year"]

Answer = Callable[[str, str, int], ReplicaResponse]
"""From Host header, path and virtual time (seconds since the epoch) to an answer."""
SectionDay = tuple[str, date]
"""Key of a section, and a day at +08:00."""
DAY = 86_400
_QUIET_DAYS = 4
"""Days after the last change of the portal."""
_SECONDS_A_REQUEST = 1.0
_COMMIT_SECONDS = 60.0
"""A commit that takes longer is none."""


@dataclass(slots=True)
class Clock:
    """Virtual time; the monotonic clock of a run is the same."""

    at: float

    def now(self) -> datetime:
        """The wall clock, in whole milliseconds."""
        return datetime.fromtimestamp(round(self.at, 3), UTC)


@dataclass(frozen=True, slots=True)
class Crawl:
    """One run of a year."""

    day: int
    began: float
    requests: int
    revisits: int
    exit_code: int
    verdict: str


@dataclass(slots=True)
class Year:
    """A portal's life and the archive that daily crawls made of it."""

    replica: Replica
    archive: Path
    days: int
    down: tuple[tuple[float, float], ...]
    """Stretches in which the portal answered nothing, or no crawl was made; virtual seconds."""
    skipped: frozenset[int]
    """Days without a crawl."""
    portal_down: frozenset[int]
    crawls: list[Crawl] = field(default_factory=list)
    gone_at: dict[str, list[float]] = field(default_factory=dict)
    """Article -> ends of the crawls after which it was newly `gone`."""
    ended: float = 0.0
    holes: list[tuple[frozenset[SectionDay], frozenset[SectionDay]]] = field(default_factory=list)
    """At the end of each outage, before the crawl that makes it good: holes that `coverage` names, and the true ones."""

    def uptime(self, since: float, until: float) -> float:
        """Seconds between two moments in which the portal stood and crawls were made."""
        lost = sum(max(0.0, min(end, until) - max(start, since)) for start, end in self.down)
        return until - since - lost


def run_year(
    archive: Path,
    *,
    seed: int,
    days: int = 365,
    articles: int = 1000,
    budget: int = 150,
    uniform: bool = False,
) -> Year:
    """Crawl a portal daily for so many days, and some quiet ones behind them.

    Args:
        archive: folder of the archive to make.
        seed: of the portal, and of what happens to it.
        days: how long it changes.
        articles: how many there are at the start.
        budget: pages asked again a day.
        uniform: revisit all pages alike.
    """
    year = _plan(archive, seed, days, articles)
    replica = year.replica
    portal = parse_portal(replica_map(), origin="replica")
    portal = parse_portal(dict(portal.facts) | {"connect": "127.0.0.1:9"}, origin="replica")
    day = timedelta(days=1)
    options = CrawlOptions(
        archive=archive,
        portal=portal,
        selection=Selection(images=False),
        revisits=budget,
        policy=RevisitPolicy(shortest=day, longest=day) if uniform else None,
        delay=0,
        concurrency=1,
    )
    minutes = random.Random(seed)
    clock = Clock(replica.start)
    gone: set[str] = set()
    for number in range(days + _QUIET_DAYS):
        clock.at = max(clock.at, replica.start + number * DAY + minutes.uniform(0, 40) * 60)
        if number in year.skipped:
            continue
        if number - 1 in year.skipped or number - 1 in year.portal_down:
            year.holes.append(_holes(year, clock))
        began = clock.at
        verdict, requests = crawl_directly(options, replica.page, clock)
        year.crawls.append(
            Crawl(
                number,
                began,
                requests,
                verdict.record["revisits"]["asked"],
                verdict.exit_code,
                verdict.verdict,
            )
        )
        now_gone = _gone(archive)
        for article in now_gone - gone:
            year.gone_at.setdefault(article, []).append(clock.at)
        gone = now_gone
    year.ended = clock.at
    return year


def _holes(year: Year, clock: Clock) -> tuple[frozenset[SectionDay], frozenset[SectionDay]]:
    with open_archive(year.archive) as archive:
        sections = coverage(archive, now=clock.now()).sections
    named = frozenset((one.section, day) for one in sections for hole in one.holes for day in hole.days())
    # What stood on a list when it was last read was published before the day on which that walk began.
    last = max(crawl.began for crawl in year.crawls if crawl.day not in year.portal_down)
    first, today = portal_day(datetime.fromtimestamp(last, UTC)), portal_day(clock.now())
    days = [first + timedelta(days=number) for number in range((today - first).days)]
    true = frozenset((one.key, day) for one in year.replica.portal.sections for day in days)
    return named, true


def crawl_directly(options: CrawlOptions, answer: Answer, clock: Clock) -> tuple[Verdict, int]:
    """One crawl without a network; returns its verdict and how many requests it made.

    Args:
        options: what to crawl; its map needs `connect`, since nobody says who asks.
        answer: what the portal answers to host, path and virtual time.
        clock: is moved on with each request.
    """
    run = CrawlRun(options, now=clock.now)
    changed = threading.Event()
    run.changed = changed.set
    requests = 0
    while run.error is None:
        changed.clear()
        assignment = run.next_assignment(clock.at)
        if assignment is not None:
            requests += 1
            _ask(run, assignment, answer, clock)
        elif not run.has_pending():
            break
        elif run.dispatcher.starving or (moment := run.wake_at(clock.at)) is None or moment <= clock.at:
            if not changed.wait(_COMMIT_SECONDS):
                raise TimeoutError("nothing was committed")
        else:
            clock.at = moment
    return run.close(), requests


def _ask(run: CrawlRun, assignment: Assignment, answer: Answer, clock: Clock) -> None:
    assignment.pace.started(clock.at)
    clock.at += _SECONDS_A_REQUEST
    parts = urlsplit(assignment.url)
    given = answer(parts.netloc, parts.path, int(clock.at))
    capture = _capture(assignment, given, clock.now())
    assignment.pace.ended(clock.at, status=capture.status)
    if assignment.robots_of is not None:
        text, location = given.body.decode(), given.header("Location")
        run.dispatcher.robots_answered(assignment.robots_of, given.status, text, location)
    run.submit(run.read(capture))


def _capture(assignment: Assignment, given: ReplicaResponse, moment: datetime) -> Capture:
    page = assignment.page
    same = page is not None and page.validated_digest is not None and page.etag is not None
    same = same and page is not None and page.etag == given.header("ETag")
    return Capture(
        url=assignment.url,
        captured_at=moment,
        status=304 if same else given.status,
        reason="Not Modified" if same else None,
        payload=b"" if same else given.body,
        request_headers=(("Host", urlsplit(assignment.url).netloc),),
        response_headers=given.headers,
        ip_address="127.0.0.1",
        repeats=page.validated_digest if same and page is not None else None,
    )


def _gone(archive: Path) -> set[str]:
    connection = connect_to_read(archive / "gzcrawler.db")
    try:
        return {key for (key,) in connection.execute("SELECT id FROM articles WHERE state = 'gone'")}
    finally:
        connection.close()


def _plan(archive: Path, seed: int, days: int, articles: int) -> Year:
    """What happens in which days: drawn from the seed."""
    chance = random.Random(f"trouble {seed}")
    times = round(days / 365 * 3) or int(days >= 30)
    taken: set[int] = {0, 1}
    portal_down = frozenset(_stretches(chance, days, times, 4, taken))
    skipped = frozenset(_stretches(chance, days, times, 10, taken))
    start = Replica(ReplicaConfig(articles=50, horizon_days=1)).start

    def at(day: float) -> str:
        return datetime.fromtimestamp(start + day * DAY, UTC).isoformat()

    # a portal that is down is down from the evening before its first day's crawl
    outages = tuple((at(day - 0.25), at(day + 0.75)) for day in sorted(portal_down))
    config = ReplicaConfig(
        seed=seed,
        articles=articles,
        page_bytes=6_000,
        growth_per_day=5,
        backdated=0.05,
        backdated_days=60,
        edited=0.06,
        removed=0.015,
        returned=0.2,
        by_age=True,
        horizon_days=days,
        redesign_at=at(days * chance.uniform(0.2, 0.4)),
        second_redesign_at=at(days * chance.uniform(0.6, 0.8)),
        rename_at=at(days * chance.uniform(0.4, 0.6)),
        outages=outages,
    )
    down = [(start + (day - 0.25) * DAY, start + (day + 0.75) * DAY) for day in portal_down]
    down += [(start + day * DAY, start + (day + 1) * DAY) for day in skipped]
    return Year(Replica(config), archive, days, tuple(_merged(down)), skipped, portal_down)


def _stretches(chance: random.Random, days: int, times: int, longest: int, taken: set[int]) -> Iterator[int]:
    """Days of so many stretches of one day to the longest, none of them touching another."""
    left = times
    while left:
        length = chance.randint(1, longest)
        first = chance.randrange(2, max(3, days - length))
        stretch = range(first, first + length)
        if taken.isdisjoint(range(first - 1, first + length + 1)):
            taken.update(stretch)
            left -= 1
            yield from stretch


def _merged(stretches: list[tuple[float, float]]) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for start, end in sorted(stretches):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
