"""What an import found and did, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gzcrawler.archive import Outcome

if TYPE_CHECKING:
    from gzcrawler.archive import Recorded

__all__ = ["Imported", "Told"]

_NAMED_AT_MOST = 100
"""Faults and pages that are kept by name; beyond, they are counted."""
_HOSTS_AT_MOST = 20


class Told:
    """Hears how an import goes; this one does nothing with it."""

    def file_read(self, size: int) -> None:
        """A file of so many bytes is done."""

    def captures_done(self, number: int) -> None:
        """So many more captures are in the archive."""


@dataclass(slots=True)
class Imported:
    """Counts of an import; its verdict is made of them."""

    portal: str
    dry_run: bool
    files: int = 0
    """WARC files that were read, those inside of WACZ files one by one."""
    bytes: int = 0
    """Payloads of what is new."""
    new: int = 0
    """Captures that came in, or would."""
    known: int = 0
    """Captures that the archive has already."""
    repeats: int = 0
    """Of the new ones, those whose payload another capture has."""
    cut: int = 0
    """Of the new ones, those whose payload is longer than is taken."""
    kinds: Counter[str] = field(default_factory=Counter)
    """What the new ones are; of a dry run, what their addresses promise."""
    outcomes: Counter[str] = field(default_factory=Counter)
    hosts: Counter[str] = field(default_factory=Counter)
    """Hosts that the map does not have -> captures left out for that."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Other reason -> records left out for it."""
    doubtful: Counter[str] = field(default_factory=Counter)
    """Of `left_out`, those that point to something wrong, and of what came in, what is odd about it."""
    faults: int = 0
    """Stretches of files that could not be read, and files that were refused."""
    named: list[str] = field(default_factory=list)
    """The first of them, a sentence each."""
    unresolved: int = 0
    """Captures that only say what they repeat, where that is neither here nor in the archive."""
    unresolved_urls: list[str] = field(default_factory=list)
    interrupted: bool = False

    def name_fault(self, sentence: str) -> None:
        """Something is wrong with a file, or a stretch of it."""
        self.faults += 1
        if len(self.named) < _NAMED_AT_MOST:
            self.named.append(sentence)

    def name_unresolved(self, url: str) -> None:
        """What this capture repeats was not found."""
        self.unresolved += 1
        if len(self.unresolved_urls) < _NAMED_AT_MOST:
            self.unresolved_urls.append(url)

    def take(self, recorded: Recorded, size: int) -> None:
        """Count one capture that came in, or may not."""
        if recorded.outcome is Outcome.REDACTED:
            self.left_out["withdrawn here"] += 1
            return
        self.new += 1
        self.bytes += size
        self.kinds[recorded.kind] += 1
        self.outcomes[recorded.outcome] += 1

    def alarms(self) -> list[str]:
        """What somebody should look at, a sentence each."""
        alarms = []
        if self.faults:
            alarms.append(f"{_number(self.faults, 'fault')} in the files: {self.named[0]}")
        if self.unresolved:
            alarms.append(
                f"{_number(self.unresolved, 'capture')} left out, since what they repeat is neither here nor in the "
                f"archive: {self.unresolved_urls[0]}"
            )
        alarms += [f"{number:,} {reason}" for reason, number in self.doubtful.items()]
        return alarms

    @property
    def said(self) -> str:
        """One line."""
        if not self.new and not self.known:
            return f"no capture of the portal is in the files{self._of_others()}"
        would = "would come in" if self.dry_run else "came in"
        return f"{_number(self.new, 'capture')} {would}, {self.known:,} known already{self._of_others()}"

    def _of_others(self) -> str:
        if not self.hosts:
            return ""
        others = _number(len(self.hosts), "host")
        return f"; {self.hosts.total():,} left out, of {others} that the map does not have"

    def as_dict(self) -> dict[str, Any]:
        """For ``--json`` and for the run's record."""
        return {
            "portal": self.portal,
            "dry_run": self.dry_run,
            "files": self.files,
            "captures": self.new,
            "known": self.known,
            "repeats": self.repeats,
            "cut": self.cut,
            "bytes": self.bytes,
            "kinds": dict(self.kinds.most_common()),
            "outcomes": dict(self.outcomes.most_common()),
            "other_hosts": dict(self.hosts.most_common(_HOSTS_AT_MOST)),
            "other_hosts_captures": self.hosts.total(),
            "left_out": dict(self.left_out.most_common()),
            "unresolved": self.unresolved,
            "unresolved_urls": self.unresolved_urls,
            "faults": self.faults,
            "named": self.named,
        }


def _number(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
