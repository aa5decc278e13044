"""Which page is asked next, and where: frontier, claims, hosts and their pace together.

Claims live in memory alone: a page leaves the frontier by the transaction that stores its capture or its
failure, and `committed` is called after that. A process that dies forgets its claims, and loses nothing.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from gzcrawler.archive import PATIENCE, DuePage, Frontier
from gzcrawler.politeness import HostPace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from gzcrawler.archive import HostEvidence
    from gzcrawler.budget import RevisitBudget
    from gzcrawler.portals import Portal
    from gzcrawler.walks import Walks

__all__ = ["Assignment", "Dispatcher", "Forbidden", "SetAside"]

_REFILL = 200
"""Due pages read from the frontier at a time, for each host."""
_STRANDED_AT_MOST = 2000
"""Pages of a stopped host that are looked at for another address; the rest waits for the next run."""
_ROBOTS_TRIES = 3
_ROBOTS_AGAIN = 1.0
"""Seconds between tries to reach robots.txt."""
_ROBOTS_HOPS = 5
"""Redirects of robots.txt that are followed, as RFC 9309 (2.3.1.2) asks."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """One request to send now."""

    url: str
    pace: HostPace
    page: DuePage | None
    """None for robots.txt."""
    robots_of: str | None = None
    """Host whose rules are asked for."""


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A due page that robots.txt does not allow; to be recorded, not asked."""

    url: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """A due page of a walk that was given up; to be put off, not asked."""

    url: str


@dataclass(slots=True)
class _Host:
    pace: HostPace
    robots_url: str
    queue: deque[DuePage] = field(default_factory=deque)
    robots: Literal["unknown", "asking", "known"] = "unknown"
    robots_tries: int = 0
    robots_hops: int = 0
    stranded: int = 0
    """Pages that have no address but at this host, which is stopped."""
    empty_at: int = -1
    """Commit after which the frontier had nothing due here; -1 where that is not known."""
    next_due: datetime | None = None
    """When the next page is due here, as of `empty_at`."""
    asked: int = 0
    """Requests of this crawl; the pace counts those of others, where it is shared."""
    turned_away: bool = False
    """Pages were due here, and the host was stopped."""


class Dispatcher:
    """Chooses requests for one portal's crawl."""

    def __init__(
        self,
        frontier: Frontier,
        portal: Portal,
        walks: Walks,
        *,
        delay: float,
        concurrency: int,
        limit: int | None,
        budget: RevisitBudget,
        now: Callable[[], datetime],
        pace_of: Callable[[str, float, int], HostPace] = HostPace,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin with nothing claimed.

        Args:
            frontier: what is due.
            portal: its map.
            walks: which lists are followed no further.
            delay: seconds between two requests to a host.
            concurrency: requests under way on a host at a time.
            limit: pages after which no more are asked; robots.txt does not count.
            budget: how many pages may be asked again today.
            now: the wall clock by which pages are due.
            pace_of: the pace of a host, by its name, delay and concurrency: of this crawl's own, or shared.
            wake: called when a host that others ask too may be free.
        """
        self._wake = wake
        self._shared = pace_of is not HostPace
        self._frontier = frontier
        self._portal = portal
        self._walks = walks
        self._left = limit
        self._budget = budget
        self._now = now
        # A map that wants no delay is of hosts that need no rest either, such as a replica: what failed
        # there is asked again at once, not after the seconds that a server would need.
        rested = portal.politeness.delay > 0
        self._lead = timedelta() if rested else PATIENCE
        self._robots_again = _ROBOTS_AGAIN if rested else 0.0
        self._hosts = {
            host.host: _Host(
                pace_of(host.host, delay, concurrency), f"{portal.scheme}://{host.host}/robots.txt"
            )
            for host in portal.hosts
        }
        self._claims: dict[str, int] = {}
        self._taken: set[int] = set()
        """Pages that the frontier is not asked for: claimed, on their way to another host, or stranded."""
        self._walking: set[str] = set()
        """Claimed list pages: until they are stored, nobody knows how much of the budget lists will take."""
        self._commits = 0
        self.stopping = False
        """Hand out nothing more; what is under way may end."""

    @property
    def starving(self) -> bool:
        """Is there nothing to hand out until what is claimed has been stored?"""
        return bool(self._claims) and (
            bool(self._walking) or not any(host.queue for host in self._hosts.values())
        )

    @property
    def limit_reached(self) -> bool:
        """Has the run asked as many pages as it may?"""
        return self._left == 0

    def next(self, clock: float) -> Assignment | Forbidden | SetAside | None:
        """The next request; None where none may start now.

        Args:
            clock: the monotonic clock that the hosts' paces are told, in seconds.
        """
        if self.stopping or self.limit_reached:
            return None
        for host in self._hosts.values():
            if host.pace.stopped_because is not None:
                self._send_elsewhere(host)
        for name, host in self._hosts.items():
            chosen = self._choose(host, clock)
            if chosen is not None:
                # The host goes to the end of the line, so that all take their turns.
                self._hosts[name] = self._hosts.pop(name)
                return chosen
        return None

    def wake_at(self, clock: float) -> float | None:
        """When a request may start that may not now, on the monotonic clock; None where time alone changes nothing."""
        if self.stopping or self.limit_reached:
            return None
        moments: list[float] = []
        now = self._now()
        for host in self._hosts.values():
            pace = host.pace
            stopped = pace.stopped_because is not None
            if self._is_held(host):
                continue  # the commit wakes
            if not stopped and (pace.in_flight >= pace.slots or host.robots == "asking"):
                continue
            if not stopped and (host.queue or host.empty_at != self._commits):
                moments.append(pace.ready_at(self))
            elif host.next_due is not None and host.next_due <= now + PATIENCE:
                wait = host.next_due - now - self._lead
                moments.append(max(pace.ready_at(self), clock + wait.total_seconds()))
        return max(min(moments), clock) if moments else None

    def has_pending(self) -> bool:
        """Is anything claimed, or due within this run's patience?"""
        if self._claims or any(host.robots == "asking" for host in self._hosts.values()):
            return True
        if self.stopping or self.limit_reached:
            return False
        horizon = self._now() + PATIENCE
        return any(
            self._has_due(host) or (host.next_due is not None and host.next_due <= horizon)
            for host in self._hosts.values()
        )

    def committed(self, urls: Collection[str], *, elsewhere: bool) -> None:
        """What was asked at these addresses is stored, or its failure is; the frontier has changed.

        Args:
            urls: the addresses that were asked.
            elsewhere: a page among them is due at another address now.
        """
        self._commits += 1
        for url in urls:
            page_id = self._claims.pop(url, None)
            if page_id is not None:
                self._taken.discard(page_id)
        if elsewhere or not self._walking.isdisjoint(urls):
            self._walking.difference_update(urls)
            self._forget_what_may_wait()

    def _forget_what_may_wait(self) -> None:
        """Choose the queued pages that may wait anew: a list that was read may have made more of its pages due, a
        page that was missed is looked for at its next address."""
        for host in self._hosts.values():
            kept = [page for page in host.queue if not page.may_wait or page.id in self._taken]
            if len(kept) < len(host.queue):
                host.queue = deque(kept)

    def paces(self) -> list[HostPace]:
        """All hosts that were asked, or were not for a reason."""
        return [host.pace for host in self._told()]

    def evidence(self) -> tuple[HostEvidence, ...]:
        """How each of them was treated by this crawl; its gaps are those that the host saw of this process."""
        return tuple(replace(host.pace.evidence(), requests=host.asked) for host in self._told())

    def _told(self) -> list[_Host]:
        return [host for host in self._hosts.values() if host.asked or host.turned_away]

    # -- robots.txt -------------------------------------------------------------------------------

    def robots_answered(self, name: str, status: int, text: str, location: str | None) -> None:
        """robots.txt of a host came: obey it, or stop the host where the server fails (RFC 9309, 2.3.1)."""
        host = self._hosts[name]
        host.robots = "known"
        if 200 <= status < 300:
            host.pace.obey(text, f"status {status}")
        elif status >= 500 or status == 429:
            host.pace.robots = f"status {status}"
            host.pace.stop(f"robots.txt answers with status {status}")
        elif 300 <= status < 400 and self._follow_robots(host, location):
            host.robots = "unknown"
        else:
            host.pace.allow_all(f"status {status}, all is allowed")

    def robots_failed(self, name: str, message: str, clock: float) -> None:
        """robots.txt could not be had: again in a moment, then the host counts as unreachable."""
        host = self._hosts[name]
        host.robots_tries += 1
        if host.robots_tries < _ROBOTS_TRIES:
            host.robots = "unknown"
            host.pace.wait_until(clock + self._robots_again)
        else:
            host.robots = "known"
            host.pace.robots = "unreachable"
            host.pace.stop(f"unreachable ({message})")

    def _follow_robots(self, host: _Host, location: str | None) -> bool:
        """Is there a robots.txt of this portal to ask instead? A foreign one does not rule here."""
        address = self._portal.address(location, host.robots_url) if location else None
        host.robots_hops += 1
        if address is None or host.robots_hops > _ROBOTS_HOPS or address.host not in self._hosts:
            return False
        host.robots_url = address.url
        return True

    # -- choosing ---------------------------------------------------------------------------------

    def _has_due(self, host: _Host) -> bool:
        """Is a page due at the host? The frontier is asked once a commit, or when time has made one due."""
        if host.queue:
            return True
        now = self._now() + self._lead
        if host.empty_at == self._commits and (host.next_due is None or host.next_due > now):
            return False
        if host.stranded >= _STRANDED_AT_MOST:
            host.empty_at, host.next_due = self._commits, None
            return False
        # Most hosts have nothing due most of the time: the shorter question is asked first.
        name, revisits = host.pace.host, self._budget.left(now) > 0
        host.empty_at = self._commits
        host.next_due = self._frontier.next_due(name, self._taken, revisits=revisits)
        if host.next_due is None or host.next_due > now:
            return False
        host.queue.extend(self._frontier.due(name, now, _REFILL, self._taken, revisits=revisits))
        host.empty_at = -1
        return bool(host.queue)

    def _choose(self, host: _Host, clock: float) -> Assignment | Forbidden | SetAside | None:
        if host.robots == "asking":
            return None
        if not host.pace.may_start(clock, self):
            wanted = self._shared and host.pace.stopped_because is None and self._has_due(host)
            if wanted and not self._is_held(host):
                host.pace.stand_in_line(self, self._wake)
            return None
        while self._has_due(host):
            if self._is_held(host):
                return None
            if host.robots == "unknown":
                return self._ask_robots(host, clock)
            page = host.queue.popleft()
            if page.may_wait and self._budget.left(self._now()) <= 0:
                host.empty_at = -1  # without what may wait, the answer of the frontier is another one
                continue
            return self._claim(host, page)
        return None

    def _claim(self, host: _Host, page: DuePage) -> Assignment | Forbidden | SetAside:
        self._taken.add(page.id)
        self._claims[page.url] = page.id
        if self._walks.set_aside(page.url, known=page.revisit):
            return SetAside(page.url)
        if not host.pace.allows(page.url):
            return Forbidden(page.url)
        if page.kind == "listing":
            self._walking.add(page.url)
        if page.revisit:
            self._budget.spend(self._now())
        if self._left is not None:
            self._left -= 1
        self._reserve(host)
        return Assignment(page.url, host.pace, page)

    def _reserve(self, host: _Host) -> None:
        host.pace.reserve(self)
        host.asked += 1

    def _is_held(self, host: _Host) -> bool:
        """Is its next page one that waits for what is left of the budget when the lists are read?"""
        return bool(self._walking and host.queue) and self._budget.limited and host.queue[0].may_wait

    def _ask_robots(self, host: _Host, clock: float) -> Assignment | None:
        address = self._portal.address(host.robots_url)
        where = self._hosts[address.host] if address else host
        asked = where.pace
        if asked.stopped_because is not None:
            host.robots = "known"
            host.pace.stop(f"robots.txt leads to {asked.host}: {asked.stopped_because}")
            return None
        if not asked.may_start(clock, self):
            host.pace.wait_until(max(asked.ready_at(self), clock + 0.1))
            return None
        host.robots = "asking"
        if host.queue[0].revisit:
            # It is read for the sake of what is asked again, and is a request like any other.
            self._budget.spend(self._now())
        self._reserve(where)
        return Assignment(host.robots_url, asked, None, robots_of=host.pace.host)

    def _send_elsewhere(self, host: _Host) -> None:
        """Queue the pages of a stopped host at hosts that carry them too; set aside those that have none."""
        while self._has_due(host):
            host.turned_away = True
            page = host.queue[0]
            other = self._other_address(page)
            if other is not None and len(self._hosts[other.host].queue) >= _REFILL:
                return
            host.queue.popleft()
            self._taken.add(page.id)
            if other is None:
                host.stranded += 1
            else:
                self._hosts[other.host].queue.append(other)

    def _other_address(self, page: DuePage) -> DuePage | None:
        for url in self._portal.addresses_of(page.canonical_url):
            address = self._portal.address(url)
            if address is not None and self._hosts[address.host].pace.stopped_because is None:
                # Validators are one host's word about its own bytes.
                return replace(page, url=address.url, host=address.host, etag=None, last_modified=None)
        return None
