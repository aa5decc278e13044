"""What reading an archive again came to: counts, and a few examples of each kind of change."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gzcrawler.archive.second_readings import FieldChange, Share

__all__ = ["Reparsed"]

_EXAMPLES = 3
"""Changes of one field in one layout that are shown; the counts are whole."""
_NAMED_AT_MOST = 50
"""Pages named one by one."""


@dataclass(slots=True)
class Reparsed:
    """Counts of a reparse of one portal."""

    portal: str
    dry_run: bool
    captures: int = 0
    """Read again, or standing for bytes that were."""
    changed: int = 0
    """Of these, captures that read otherwise than what is on file."""
    records: Counter[str | None] = field(default_factory=Counter)
    """Layout -> records that read otherwise."""
    fields: Counter[tuple[str | None, str]] = field(default_factory=Counter)
    """(layout, field) -> records in which it reads otherwise."""
    examples: dict[tuple[str | None, str], list[FieldChange]] = field(default_factory=dict)
    lists: int = 0
    """Lists among the captures that read otherwise."""
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(old kind, new kind) -> captures."""
    left_quarantine: int = 0
    entered_quarantine: int = 0
    left: list[str] = field(default_factory=list)
    """Addresses of the first pages that can be read now."""
    entered: list[tuple[str, str]] = field(default_factory=list)
    """Address and reason of the first pages that cannot be read any more."""
    elsewhere: int = 0
    """Captures at addresses that today's map gives to other pages: left as they are, for `rebuild`."""
    damage: list[str] = field(default_factory=list)
    revisions: int = 0
    """Revisions added."""
    new_pages: int = 0
    """Addresses found that were not known."""

    def take(self, share: Share) -> None:
        """Count one share."""
        self.captures += share.captures
        self.changed += len(share.changed)
        self.records.update(share.records)
        for change in share.fields:
            key = (change.layout, change.field)
            self.fields[key] += 1
            examples = self.examples.setdefault(key, [])
            if len(examples) < _EXAMPLES:
                examples.append(change)
        self.lists += sum(changed.listing is not None for changed in share.changed)
        self.kinds.update((c.was, c.kind) for c in share.changed if c.was != c.kind)
        self.left_quarantine += len(share.left_quarantine)
        self.entered_quarantine += len(share.entered_quarantine)
        self.left += share.left_quarantine[: _NAMED_AT_MOST - len(self.left)]
        self.entered += share.entered_quarantine[: _NAMED_AT_MOST - len(self.entered)]
        self.elsewhere += share.elsewhere
        self.damage += share.damage[: _NAMED_AT_MOST - len(self.damage)]

    @property
    def said(self) -> str:
        """One line."""
        if not self.changed:
            return f"{self.captures:,} captures read again: all read as before"
        return f"{self.captures:,} captures read again: {self.changed:,} read otherwise"

    def as_dict(self) -> dict[str, Any]:
        """For JSON, and for the run's record."""
        return {
            "portal": self.portal,
            "dry_run": self.dry_run,
            "captures": self.captures,
            "changed": self.changed,
            "revisions": self.revisions,
            "new_pages": self.new_pages,
            "records": [{"layout": layout, "records": n} for layout, n in self.records.most_common()],
            "fields": [
                {
                    "layout": layout,
                    "field": name,
                    "records": number,
                    "examples": [
                        {key: value for key, value in asdict(change).items() if key in _SHOWN}
                        for change in self.examples[layout, name]
                    ],
                }
                for (layout, name), number in self.fields.most_common()
            ],
            "lists": self.lists,
            "kinds": [
                {"was": was, "is": kind, "captures": number}
                for (was, kind), number in self.kinds.most_common()
            ],
            "left_quarantine": self.left_quarantine,
            "entered_quarantine": self.entered_quarantine,
            "left": self.left,
            "entered": [{"url": url, "reason": reason} for url, reason in self.entered],
            "elsewhere": self.elsewhere,
            "damage": self.damage,
        }


_SHOWN = ("article_id", "old", "new")
