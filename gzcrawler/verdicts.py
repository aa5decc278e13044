"""What a run did, counted; and what it concludes from that: one line, alarms, an exit code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from gzcrawler.archive import Fetched, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gzcrawler.archive import Entry, HostEvidence, Recorded, Vanishing
    from gzcrawler.archive.run_findings import RunFindings
    from gzcrawler.portals import Address, Portal
    from gzcrawler.walks import Walk

__all__ = ["Conclusion", "Progress", "conclude"]

_NAMED_AT_MOST = 3
"""Lists that an alarm names; the run's record has them all."""

_NO_LIST = frozenset({"unknown", "home", "article", "unreadable"})
"""What stands where a list was promised, and the page answered."""

_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


@dataclass(slots=True)
class Progress:
    """Counts of a run under way; read by whoever shows it, written by the writer's thread alone."""

    portal: Portal
    outcomes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    captures: int = 0
    robots: int = 0
    """Captures of robots.txt among them."""
    new_pages: int = 0
    bytes: int = 0
    last_title: str | None = None
    failed: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Page -> address and reason, of fetches that failed and were not made good."""
    refused: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Page -> address and reason, where the server answered and did not show the page: 403, a challenge."""
    faults: int = 0
    """Captures that showed the server's failure instead of the page."""
    refusals: int = 0
    """Captures of such answers; a page is asked at each of its addresses."""
    forbidden: list[str] = field(default_factory=list)
    """Addresses that robots.txt does not allow."""
    lists: Counter[str] = field(default_factory=Counter)
    """Section -> list pages that were read."""
    no_lists: dict[int, str] = field(default_factory=dict)
    """Page -> address, where a list was promised and something else came."""

    def take(self, entry: Entry, recorded: Recorded) -> None:
        """Count one committed entry."""
        self.outcomes[recorded.outcome] += 1
        self.new_pages += recorded.new_pages
        self.last_title = recorded.title or self.last_title
        status = None
        if isinstance(entry, Fetched):
            status = entry.capture.status
            self.captures += 1
            self.kinds[recorded.kind] += 1
            self.bytes += len(entry.capture.payload)
        address = self.portal.address(recorded.url)
        if address is not None and address.kind == "robots":
            self.robots += status is not None
            return  # a host without its robots.txt is stopped, and that is told
        if address is not None and address.kind == "listing" and address.section:
            self._take_list(address, recorded, status)
        page, told = recorded.page_id, (recorded.url, recorded.reason or "")
        self.failed.pop(page, None)
        self.refused.pop(page, None)
        if recorded.outcome in (Outcome.FAILED, Outcome.FAULT):
            self.failed[page] = told
            self.faults += recorded.outcome is Outcome.FAULT
        elif recorded.outcome is Outcome.FORBIDDEN:
            self.forbidden.append(recorded.url)
        elif recorded.kind == "challenge" or (status is not None and status >= 400 and status not in _GONE):
            self.refused[page] = told
            self.refusals += 1
        elif recorded.outcome is Outcome.MOVED and self._leads_to_itself(entry):
            # On to another address of the page; if that shows it, this is forgotten.
            self.failed[page] = (recorded.url, f"leads to itself ({recorded.reason})")

    def _take_list(self, address: Address, recorded: Recorded, status: int | None) -> None:
        self.no_lists.pop(recorded.page_id, None)
        if recorded.kind == "listing" and address.section:
            self.lists[address.section] += 1
        elif recorded.kind in _NO_LIST and status == HTTPStatus.OK and recorded.outcome is not Outcome.FAULT:
            self.no_lists[recorded.page_id] = recorded.url

    def _leads_to_itself(self, entry: Entry) -> bool:
        if not isinstance(entry, Fetched):
            return False
        here = self.portal.address(entry.capture.url)
        there = self.portal.address(entry.capture.header("location") or "", entry.capture.url)
        return here is not None and there is not None and here.canonical_url == there.canonical_url

    @property
    def answered(self) -> int:
        """Captures by which the portal showed something of itself."""
        return self.captures - self.robots - self.faults - self.refusals


@dataclass(frozen=True, kw_only=True, slots=True)
class Conclusion:
    """What a run comes to."""

    exit_code: int
    said: str
    """One line."""
    alarms: tuple[str, ...]


def conclude(
    progress: Progress,
    *,
    hosts: Sequence[HostEvidence],
    walks: Sequence[Walk],
    newly_quarantined: int,
    due_left: int,
    interrupted: str | None,
    limit_reached: bool,
    window_closed: bool = False,
    findings: RunFindings | None = None,
    strange_hosts: Sequence[str] = (),
    drift: Sequence[str] = (),
    vanished: Sequence[Vanishing] = (),
) -> Conclusion:
    """The verdict of a run that could write its archive.

    Args:
        progress: what it did.
        hosts: how each host was treated.
        walks: walks that were given up.
        newly_quarantined: pages in quarantine that no earlier verdict has named.
        due_left: pages that are due at its end.
        interrupted: name of the signal that ended it, or None.
        limit_reached: it asked as many pages as it was to.
        window_closed: its hours were over.
        findings: what the archive knows besides.
        strange_hosts: hosts at which pages are due that the map does not name.
        drift: fields that its pages fill less than the archive's past explains, a sentence each.
        vanished: pages that went missing together, so that no removal is confirmed.
    """
    alarms = (
        *(f"layout drift: {fall}" for fall in drift),
        *_alarms(progress, hosts, walks, newly_quarantined),
        *(_found(findings) if findings is not None else ()),
        *(f"{one} went missing at once: no removal is confirmed" for one in vanished),
        *(f"pages are due at {host}, which the map does not name" for host in strange_hosts),
    )
    if interrupted:
        exit_code = 130 if interrupted == "SIGINT" else 143
        said = f"interrupted ({interrupted}), {_pages(due_left)} left; run again to go on"
    elif progress.answered <= 0 and (because := _why_nothing(progress, hosts)):
        exit_code, said = 11, f"portal unreachable or refusing: {because}; nothing is lost"
    elif progress.no_lists and not progress.lists:
        exit_code, said = 12, "; ".join((_drift(progress), *alarms))
    elif drift:
        exit_code, said = 12, "; ".join(alarms)
    elif alarms:
        exit_code, said = 10, "finished with alarms: " + "; ".join(alarms)
    elif limit_reached:
        exit_code, said = 0, f"complete up to --max-pages, {_pages(due_left)} left"
    elif window_closed:
        exit_code, said = 0, f"complete up to the end of the window, {_pages(due_left)} left"
    elif progress.captures == progress.robots:
        exit_code, said = 0, "complete: nothing was due"
    else:
        exit_code, said = 0, "complete"
    return Conclusion(exit_code=exit_code, said=said, alarms=alarms)


def _alarms(
    progress: Progress, hosts: Sequence[HostEvidence], walks: Sequence[Walk], newly_quarantined: int
) -> list[str]:
    alarms = []
    if newly_quarantined:
        alarms.append(f"{_pages(newly_quarantined)} newly in quarantine")
    if progress.failed:
        alarms.append(f"{_pages(len(progress.failed))} could not be fetched")
    if progress.refused:
        alarms.append(f"{_pages(len(progress.refused))} refused")
    alarms += [f"host stopped: {host.host}: {host.stopped_because}" for host in hosts if host.stopped_because]
    alarms += [
        f"{walk.name}: followed no further, {walk.fruitless:,} in a row showed nothing new, the last {walk.last}"
        for walk in walks
    ]
    return alarms


def _found(findings: RunFindings) -> list[str]:
    alarms = [
        f"nothing new in {section} for {wait.days:,} days (usual: within {wait.usual})"
        for section, wait in findings.silent.items()
        if section in findings.newly_silent
    ]
    if findings.newly_lost:
        named = ", ".join(f"{lost.url} ({lost.state})" for lost in findings.newly_lost[:_NAMED_AT_MOST])
        more = len(findings.newly_lost) - _NAMED_AT_MOST
        alarms.append(f"no list any more: {named}" + (f" and {more:,} more" if more > 0 else ""))
    if findings.clock_behind is not None:
        behind = str(findings.clock_behind).partition(".")[0]
        alarms.append(f"the clock stands {behind} before the end of the last run")
    return alarms


def _drift(progress: Progress) -> str:
    number = len(progress.no_lists)
    first = next(iter(progress.no_lists.values()))
    return f"layout drift: of {number:,} list{'' if number == 1 else 's'} none reads as a list ({first})"


def _why_nothing(progress: Progress, hosts: Sequence[HostEvidence]) -> str | None:
    """Why no page was shown; None where none was asked for."""
    stopped = [f"{host.host}: {host.stopped_because}" for host in hosts if host.stopped_because]
    if stopped:
        others = len(stopped) - 1
        return stopped[0] + (f", and {others} more host{'s' if others > 1 else ''}" if others else "")
    for told in (progress.failed, progress.refused):
        if told:
            url, reason = next(iter(told.values()))
            return f"{_pages(len(told))} asked, none shown ({url}: {reason})"
    if progress.forbidden:
        return f"robots.txt does not allow {progress.forbidden[0]}"
    return None


def _pages(number: int) -> str:
    return f"{number:,} page{'' if number == 1 else 's'}"
