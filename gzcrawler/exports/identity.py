"""What an export is of: the same identity gives the same bytes, whenever it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gzcrawler._version import __version__
from gzcrawler.items import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gzcrawler.archive.viewpoint import Viewpoint

__all__ = ["VERSION", "Identity"]

SNAPSHOT_SCHEMA = 1
"""Version of the snapshot's shape. Raised when a field changes its meaning, never for new fields."""

VERSION = f"snapshot {SNAPSHOT_SCHEMA}, record {SCHEMA}, gzcrawler {__version__}"
"""Of the shape, of the record's shape, and of the readers, by whose release records are as they are."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which articles an export holds, and as of when."""

    viewpoint: Viewpoint
    withdrawn_at: str | None = None
    """Last moment at which an article was redacted. What is withdrawn is missing from older moments too."""
    filters: Mapping[str, Any] | None = None
    """What was asked for beside the moments; None is everything."""
    version: str = VERSION

    def as_dict(self) -> dict[str, Any]:
        """In the shape of its JSON form."""
        return {
            "as_of": self.viewpoint.as_of,
            "known_at": self.viewpoint.known_at,
            "version": self.version,
            "withdrawn_at": self.withdrawn_at,
            "filters": dict(self.filters) if self.filters else None,
        }

    @property
    def name(self) -> str:
        """For files: ``20260115T010000Z-known-20260115T010003.123Z``."""
        as_of, known_at = (
            text.replace("-", "").replace(":", "").replace(".000Z", "Z")
            for text in (self.viewpoint.as_of, self.viewpoint.known_at)
        )
        return f"{as_of}-known-{known_at}"
