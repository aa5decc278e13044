"""Which page is asked next, and where: frontier, claims, hosts and their pace together.

Claims live in memory alone: a page leaves the frontier by the transaction that stores its capture or its
failure, and `committed` is called after that. A process that dies forgets its claims, and loses nothing.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from gzcrawler.archive import PATIENCE, DuePage, Frontier
from gzcrawler.politeness import HostPace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from gzcrawler.portals import Portal

__all__ = ["Assignment", "Dispatcher", "Forbidden"]

_REFILL = 200
"""Due pages read from the frontier at a time, for each host."""
_LOOK_AGAIN = 1.0
"""Seconds after which a host with nothing due is looked at again, though nothing was committed."""
_ROBOTS_TRIES = 3
_ROBOTS_AGAIN = 2.0
"""Seconds between tries to reach robots.txt."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """One request to send now."""

    url: str
    pace: HostPace
    page: DuePage | None
    """None for robots.txt."""


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A due page that robots.txt does not allow; to be recorded, not asked."""

    page: DuePage
    url: str


@dataclass(slots=True)
class _Host:
    pace: HostPace
    queue: deque[DuePage] = field(default_factory=deque)
    robots: Literal["unknown", "asking", "known"] = "unknown"
    robots_tries: int = 0
    exhausted: bool = False
    """The host is stopped, and its pages have no other address."""
    empty_at: tuple[int, float] | None = None
    """Commit and moment at which the frontier had nothing due here."""


class Dispatcher:
    """Chooses requests for one portal's crawl."""

    def __init__(
        self,
        frontier: Frontier,
        portal: Portal,
        *,
        delay: float,
        concurrency: int,
        limit: int | None,
        now: Callable[[], datetime],
    ) -> None:
        """Begin with nothing claimed.

        Args:
            frontier: what is due.
            portal: its map.
            delay: seconds between two requests to a host.
            concurrency: requests under way on a host at a time.
            limit: assignments after which no more are made; robots.txt does not count.
            now: the wall clock by which pages are due.
        """
        self._frontier = frontier
        self._portal = portal
        self._delay = delay
        self._concurrency = concurrency
        self._left = limit
        self._now = now
        self._hosts: dict[str, _Host] = {}
        self._claims: dict[str, int] = {}
        self._claimed: set[int] = set()
        self._commits = 0
        self._names_at = -1
        self.stopping = False
        """Hand out nothing more; what is under way may end."""
        self.assigned = 0

    @property
    def under_way(self) -> int:
        """Claims not yet released."""
        return len(self._claims)

    @property
    def starving(self) -> bool:
        """Is there nothing to hand out until what is claimed has been stored?"""
        return bool(self._claims) and not any(host.queue for host in self._hosts.values())

    @property
    def limit_reached(self) -> bool:
        """Has the run asked as many pages as it may?"""
        return self._left == 0

    def next(self, clock: float) -> Assignment | Forbidden | None:
        """The next request; None where none may start now.

        Args:
            clock: the monotonic clock that the hosts' paces are told, in seconds.
        """
        if self.stopping or self.limit_reached:
            return None
        for name in self._host_names():
            host = self._host(name)
            chosen: Assignment | Forbidden | None
            if host.pace.stopped_because is not None:
                chosen = self._choose_elsewhere(host, name, clock)
            elif not host.pace.may_start(clock):
                continue
            elif host.robots == "known":
                chosen = self._choose(host, name, clock)
            elif host.robots == "unknown" and self._has_due(host, name, clock):
                host.robots = "asking"
                host.pace.reserve()
                return Assignment(f"{self._portal.scheme}://{name}/robots.txt", host.pace, None)
            else:
                continue
            if chosen is not None:
                # The host goes to the end of the line, so that all take their turns.
                self._hosts[name] = self._hosts.pop(name)
                return chosen
        return None

    def wake_at(self, clock: float) -> float | None:
        """When a request may start that may not now, on the monotonic clock; None where time alone changes nothing."""
        moments: list[float] = []
        now = self._now()
        for name, host in self._hosts.items():
            pace = host.pace
            if pace.stopped_because is not None:
                if not host.exhausted and host.queue:
                    moments.append(clock + _LOOK_AGAIN)
                continue
            if pace.in_flight >= pace.slots or host.robots == "asking":
                continue
            due_at = now if host.queue else self._frontier.next_due(name, self._claimed)
            if due_at is not None and due_at - now <= PATIENCE:
                moments.append(max(pace.ready_at(), clock + (due_at - now).total_seconds()))
        return max(min(moments), clock) if moments else None

    def has_pending(self) -> bool:
        """Is anything claimed, or due within this run's patience?"""
        if self._claims or any(host.robots == "asking" for host in self._hosts.values()):
            return True
        if self.stopping or self.limit_reached:
            return False
        now = self._now()
        for name in self._host_names():
            host = self._host(name)
            if host.exhausted:
                continue
            due_at = self._frontier.next_due(name, self._claimed)
            if due_at is not None and due_at - now <= PATIENCE:
                return True
        return False

    def committed(self, urls: Iterable[str]) -> None:
        """What was asked at these addresses is stored, or its failure is; the frontier has changed."""
        self._commits += 1
        for url in urls:
            page_id = self._claims.pop(url, None)
            if page_id is not None:
                self._claimed.discard(page_id)

    def paces(self) -> list[HostPace]:
        """All hosts of this run."""
        return [host.pace for host in self._hosts.values()]

    # -- robots.txt -------------------------------------------------------------------------------

    def robots_answered(self, pace: HostPace, status: int, text: str) -> None:
        """robots.txt came: obey it, or stop the host where the server fails (RFC 9309, 2.3.1)."""
        host = self._hosts[pace.host]
        host.robots = "known"
        if 200 <= status < 300:
            pace.obey(text, f"status {status}")
        elif status >= 500 or status == 429:
            pace.robots = f"status {status}"
            pace.stop(f"robots.txt answers with status {status}")
        else:
            pace.allow_all(f"status {status}, all is allowed")

    def robots_failed(self, pace: HostPace, message: str, clock: float) -> None:
        """robots.txt could not be had: again in a moment, then the host counts as unreachable."""
        host = self._hosts[pace.host]
        host.robots_tries += 1
        if host.robots_tries < _ROBOTS_TRIES:
            host.robots = "unknown"
            pace.wait_until(clock + _ROBOTS_AGAIN)
        else:
            host.robots = "known"
            pace.robots = "unreachable"
            pace.stop(f"unreachable ({message})")

    # -- choosing ---------------------------------------------------------------------------------

    def _host_names(self) -> list[str]:
        if self._names_at != self._commits:
            self._names_at = self._commits
            for name in self._frontier.hosts():
                self._host(name)
        return list(self._hosts)

    def _host(self, name: str) -> _Host:
        if name not in self._hosts:
            self._hosts[name] = _Host(HostPace(name, self._delay, self._concurrency))
        return self._hosts[name]

    def _has_due(self, host: _Host, name: str, clock: float) -> bool:
        if host.queue:
            return True
        if host.empty_at is not None:
            commits, moment = host.empty_at
            if commits == self._commits and clock - moment < _LOOK_AGAIN:
                return False
        host.queue.extend(self._frontier.due(name, self._now(), _REFILL, self._claimed))
        host.empty_at = None if host.queue else (self._commits, clock)
        return bool(host.queue)

    def _choose(self, host: _Host, name: str, clock: float) -> Assignment | Forbidden | None:
        while self._has_due(host, name, clock):
            page = host.queue.popleft()
            if page.id in self._claimed:
                continue
            self._claim(page, page.url)
            if not host.pace.allows(page.url):
                return Forbidden(page, page.url)
            host.pace.reserve()
            return Assignment(page.url, host.pace, page)
        return None

    def _choose_elsewhere(self, host: _Host, name: str, clock: float) -> Assignment | None:
        """A page of a stopped host, at another host that carries it too."""
        if host.exhausted or not self._has_due(host, name, clock):
            return None
        for page in list(host.queue):
            for url in self._portal.addresses_of(page.canonical_url):
                address = self._portal.address(url)
                if address is None or address.host == name:
                    continue
                other = self._host(address.host)
                if other.pace.stopped_because is not None:
                    continue
                if other.robots == "unknown" and other.pace.may_start(clock):
                    other.robots = "asking"
                    other.pace.reserve()
                    return Assignment(f"{self._portal.scheme}://{address.host}/robots.txt", other.pace, None)
                if other.robots != "known" or not other.pace.may_start(clock) or not other.pace.allows(url):
                    return None
                host.queue.remove(page)
                self._claim(page, address.url)
                other.pace.reserve()
                return Assignment(address.url, other.pace, page)
        host.exhausted = True
        return None

    def _claim(self, page: DuePage, url: str) -> None:
        self._claims[url] = page.id
        self._claimed.add(page.id)
        self.assigned += 1
        if self._left is not None:
            self._left -= 1
