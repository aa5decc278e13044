"""What an export is told of an article: its record and its envelope, from a viewpoint."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

__all__ = ["Envelope", "StandingArticle", "Viewpoint"]


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """From where the archive is looked at. Both moments as the archive writes them, both included."""

    as_of: str
    """Captures until then count."""
    known_at: str
    """What was recorded until then counts."""


class Envelope(NamedTuple):
    """What the archive knows about a record, beside what the page said."""

    state: str
    revision: int
    first_seen: str
    last_seen: str
    last_verified: str
    gone_since: str | None
    captured_at: str
    """First capture that showed this revision."""
    content_digest: str
    payload_digest: str
    warc: str
    """``file:offset`` of that capture's record."""

    def as_dict(self) -> dict[str, Any]:
        """In the shape of its JSON form."""
        return self._asdict()


class StandingArticle(NamedTuple):
    """An article as it stood: its record, still as text, and its envelope."""

    id: str
    record: bytes
    """JSON in UTF-8, without the envelope."""
    envelope: Envelope

    def as_dict(self) -> dict[str, Any]:
        """Record and envelope together, as ``show --json`` prints them."""
        record: dict[str, Any] = json.loads(self.record)
        return record | {"envelope": self.envelope.as_dict()}
