"""How hosts are treated: robots.txt, the distance between requests, slowing down, hours; and the evidence of it.

Pure of network and of wall clocks: every call is told the moment, on a monotonic clock, in seconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Self

from protego import Protego

from gzcrawler._version import __version__
from gzcrawler.archive.moments import PORTAL_ZONE
from gzcrawler.archive.runs import HostEvidence
from gzcrawler.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HostPace", "SharedPaces", "Window", "parse_retry_after", "user_agent"]

ROBOTS_NAME = "gzcrawler"
"""The product token by which robots.txt may address us."""
MAX_CRAWL_DELAY = 60.0
"""A longer Crawl-delay stops the host for the run instead: seconds."""
MAX_RETRY_AFTER = 600.0
"""A host that asks to come back later than this is left alone for the run: seconds."""
MAX_ROBOTS = 500_000
"""Characters of robots.txt that are read, as RFC 9309 (2.5) allows."""
_SILENT_REQUESTS = 10
"""Requests without an answer, one after the other …"""
_SILENT_SECONDS = 60.0
"""… over at least this long: then the host is left alone for the run. Each may cost its whole timeout,
and a server that is down is not helped by more of them; one that resets a burst is asked again."""
_SLOWEST = 16
"""A host that complains is asked at most this many times slower than demanded."""
_RECOVERY = 20
"""Answers without complaint after which a slowed host is asked twice as fast again."""
_TURN = 0.2
"""Seconds for which a turn at a shared host is kept for the crawl at the head of the line; it may have ended."""


@dataclass(slots=True)
class HostPace:
    """One host, asked by one run; or by several in this process, which wait in line for it."""

    host: str
    delay: float
    """Seconds from the end of one request to the start of the next, as configured."""
    concurrency: int = 1
    in_flight: int = 0
    robots: str | None = None
    """What robots.txt said, in words; None until it was asked."""
    stopped_because: str | None = None
    requests: int = 0
    smallest_gap: float | None = None
    _rules: Protego | None = None
    _crawl_delay: float = 0.0
    _slowness: int = 1
    _content: int = 0
    _under_way: int = 0
    _silent: int = 0
    _silent_since: float = 0.0
    _not_before: float = 0.0
    _last_end: float | None = None
    _line: dict[object, Callable[[], None]] = field(default_factory=dict)

    @property
    def demanded_gap(self) -> float:
        """Seconds that have to lie between two requests by configuration and robots.txt."""
        return max(self.delay, self._crawl_delay)

    @property
    def slots(self) -> int:
        """Requests that may be under way together; a Crawl-delay allows one."""
        return 1 if self._crawl_delay or self._slowness > 1 else self.concurrency

    def ready_at(self, crawl: object = None) -> float:
        """Moment from which on the next request may start, if a slot is free.

        Args:
            crawl: who wants it: whoever came before goes first.
        """
        return self._not_before + _TURN * self._before(crawl)

    def may_start(self, now: float, crawl: object = None) -> bool:
        """May a request start now?"""
        return self.stopped_because is None and self.in_flight < self.slots and now >= self.ready_at(crawl)

    def reserve(self, crawl: object = None) -> None:
        """A request was chosen; it will start at once."""
        self.in_flight += 1
        for passed in [*self._line][: self._before(crawl)]:
            del self._line[passed]  # it let its turn go by
        self._line.pop(crawl, None)

    def stand_in_line(self, crawl: object, wake: Callable[[], None]) -> None:
        """Whoever wants a host that it may not ask yet gets its turn, and is woken when a request has ended."""
        self._line.setdefault(crawl, wake)

    def _before(self, crawl: object) -> int:
        """How many crawls have their turn before this one."""
        if not self._line:
            return 0
        return next((n for n, other in enumerate(self._line) if other is crawl), len(self._line))

    def started(self, now: float) -> None:
        """A reserved request goes out on the wire."""
        self.requests += 1
        self._under_way += 1
        # Under concurrency a request starts while others run: that is a gap of zero, and is said so.
        if self._under_way > 1:
            self.smallest_gap = 0.0
        elif self._last_end is not None:
            gap = now - self._last_end
            self.smallest_gap = gap if self.smallest_gap is None else min(self.smallest_gap, gap)

    def ended(self, now: float, *, status: int | None, retry_after: float | None = None) -> None:
        """A request came to its end; `status` is None where no response came."""
        self.in_flight -= 1
        self._under_way -= 1
        self._last_end = now
        if status is not None or self._silent == 0:
            self._silent_since = now
        self._silent = 0 if status is not None else self._silent + 1
        if self._silent >= _SILENT_REQUESTS and now - self._silent_since >= _SILENT_SECONDS:
            self.stop(f"no answer {self._silent} times in a row")
        if status in (429, 503):
            self._slowness = min(self._slowness * 2, _SLOWEST)
            self._content = 0
        elif status is not None and self._slowness > 1:
            self._content += 1
            if self._content >= _RECOVERY:
                self._slowness //= 2
                self._content = 0
        pause = self.demanded_gap * self._slowness
        if status in (429, 503) and retry_after is not None:
            pause = max(pause, retry_after)
            if retry_after > MAX_RETRY_AFTER:
                self.stop(f"asked to come back in {retry_after:.0f} s")
        self._not_before = max(self._not_before, now + pause)
        for wake in self._line.values():
            wake()

    def wait_until(self, moment: float) -> None:
        """Let nothing start before this moment."""
        self._not_before = max(self._not_before, moment)

    def stop(self, reason: str) -> None:
        """Ask this host no more in this run."""
        self.stopped_because = self.stopped_because or reason

    def allow_all(self, because: str) -> None:
        """robots.txt does not restrict."""
        self.robots = because

    def obey(self, text: str, because: str) -> None:
        """Take robots.txt to heart."""
        self._rules = Protego.parse(text[:MAX_ROBOTS])
        self.robots = because
        demanded = float(self._rules.crawl_delay(ROBOTS_NAME) or 0.0)
        self._crawl_delay = demanded if demanded > 0 else 0.0  # `nan` and less than nothing demand nothing
        if self._crawl_delay > MAX_CRAWL_DELAY:
            self.stop(f"Crawl-delay of {self._crawl_delay:.0f} s")
        elif self._last_end is not None:
            self._not_before = max(self._not_before, self._last_end + self.demanded_gap)

    def allows(self, url: str) -> bool:
        """Does robots.txt allow this address?"""
        return self._rules is None or self._rules.can_fetch(url, ROBOTS_NAME)

    def evidence(self) -> HostEvidence:
        """For the run's record."""
        return HostEvidence(
            host=self.host,
            requests=self.requests,
            smallest_gap=None if self.smallest_gap is None else round(self.smallest_gap, 3),
            demanded_gap=self.demanded_gap,
            robots=self.robots,
            stopped_because=self.stopped_because,
        )


class SharedPaces:
    """The hosts of several crawls in one process: a host that two of them ask is asked at one pace."""

    def __init__(self) -> None:
        self._paces: dict[str, HostPace] = {}

    def demand(self, host: str, delay: float, concurrency: int) -> None:
        """A crawl will ask this host; before the first one does. The most careful of all demands holds."""
        pace = self._paces.setdefault(host, HostPace(host, delay, concurrency))
        pace.delay = max(pace.delay, delay)
        pace.concurrency = min(pace.concurrency, concurrency)

    def pace(self, host: str, _delay: float, _concurrency: int) -> HostPace:
        """The pace of a host, as all have demanded it."""
        return self._paces[host]


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of the day, at the portal's +08:00, within which hosts are asked."""

    opens: time
    closes: time
    """Before `opens`, or the same: on the next day."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """From ``01:00-06:00``, or ``22:00-04:30`` over midnight.

        Raises:
            UsageError: it says no such hours.
        """
        match = re.fullmatch(r"(\d\d?):(\d\d)\s*[-–]\s*(\d\d?):(\d\d)", text.strip(), re.ASCII)
        hours = [int(group) for group in match.groups()] if match else [99] * 4
        if hours[0] > 23 or hours[2] > 23 or max(hours[1], hours[3]) > 59:
            raise UsageError(f"{text!r} is no window of hours; write 01:00-06:00")
        return cls(time(hours[0], hours[1]), time(hours[2], hours[3]))

    def closes_after(self, moment: datetime) -> datetime | None:
        """When the window that is open at a moment closes; None where none is open."""
        local = moment.astimezone(PORTAL_ZONE)
        for day in (local.date() - timedelta(days=1), local.date()):
            opens = datetime.combine(day, self.opens, PORTAL_ZONE)
            ends = day + timedelta(days=self.closes <= self.opens)
            closes = datetime.combine(ends, self.closes, PORTAL_ZONE)
            if opens <= local < closes:
                return closes
        return None

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"


def user_agent(contact: str | None) -> str:
    """Who asks: name, version, and where to complain."""
    return f"gzcrawler/{__version__}" + (f" (+{contact})" if contact else "")


def parse_retry_after(value: str | None, *, now: float, date: str | None = None) -> float | None:
    """Seconds to wait, from a Retry-After header in either of its forms; None where it says nothing.

    Args:
        value: ``120`` or ``Fri, 31 Dec 2027 23:59:59 GMT``.
        now: seconds since the epoch, by our clock.
        date: the response's Date header: a date means a moment of the server's clock, whatever ours says.

    >>> parse_retry_after("120", now=0)
    120.0
    >>> parse_retry_after("Thu, 01 Jan 1970 00:01:00 GMT", now=0)
    60.0
    >>> parse_retry_after("soon", now=0) is None
    True
    """
    if not value:
        return None
    if value.isascii() and value.strip().isdecimal():
        return float(value)
    then, server_now = _moment(value), _moment(date or "")
    return None if then is None else max(0.0, then - (now if server_now is None else server_now))


def _moment(text: str) -> float | None:
    """Seconds since the epoch of an HTTP date."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None
