"""What a backfill did, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gzcrawler.archive import Recorded

__all__ = ["BackfillProgress"]

_NAMED_AT_MOST = 50
"""Mementos named one by one; the counts are whole, and the table `mementos` has all."""


@dataclass(slots=True)
class BackfillProgress:
    """Counts of a run under way."""

    index_pages: int = 0
    index_lines: int = 0
    odd_lines: int = 0
    """Lines of the index that say nothing."""
    repeated_pages: int = 0
    new_mementos: int = 0
    circles: list[str] = field(default_factory=list)
    """Hosts and paths of which the index goes in circles."""
    wanted: int = 0
    """Mementos to fetch, as of the beginning."""
    asked: int = 0
    captures: int = 0
    bytes: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    doubted: int = 0
    refused: int = 0
    failed: int = 0
    named: list[dict[str, str]] = field(default_factory=list)
    """What of the mementos is to be known: the first of them, by address."""

    def take(self, recorded: Recorded, size: int) -> None:
        """Count one recorded capture."""
        self.captures += 1
        self.bytes += size
        self.outcomes[recorded.outcome] += 1
        self.kinds[recorded.kind] += 1

    def name(self, what: str, url: str, because: str) -> None:
        """Remember one memento for the verdict."""
        if len(self.named) < _NAMED_AT_MOST:
            self.named.append({"what": what, "memento": url, "because": because})

    def alarms(self) -> list[str]:
        """What somebody should look at."""
        found = [
            (self.doubted, "whose payload is not the one that the index lists"),
            (self.refused, "that the web archive lists and does not give out"),
            (self.failed, "that could not be had this time"),
        ]
        alarms = [
            f"{number:,} memento{'' if number == 1 else 's'} {what}" for number, what in found if number
        ]
        unreadable = self.outcomes["quarantined"]
        if unreadable:
            alarms.append(f"{unreadable:,} page{'' if unreadable == 1 else 's'} that cannot be read")
        alarms += [f"the index goes in circles for {prefix}: its end was not seen" for prefix in self.circles]
        if self.odd_lines:
            alarms.append(f"{self.odd_lines:,} lines of the index that say nothing")
        return alarms

    def as_dict(self) -> dict[str, Any]:
        """For the run's record."""
        return {
            "captures": self.captures,
            "payload_bytes": self.bytes,
            "outcomes": dict(sorted(self.outcomes.items())),
            "kinds": dict(sorted(self.kinds.items())),
            "index_pages": self.index_pages,
            "index_lines": self.index_lines,
            "odd_lines": self.odd_lines,
            "repeated_pages": self.repeated_pages,
            "new_mementos": self.new_mementos,
            "mementos_asked": self.asked,
            "doubted": self.doubted,
            "refused": self.refused,
            "failed": self.failed,
            "named": list(self.named),
        }
