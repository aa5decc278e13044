"""What a crawl is asked to do, and what of it goes into the run's record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gzcrawler.archive import DEFAULT_BUDGET, Selection
from gzcrawler.errors import UsageError
from gzcrawler.walks import FRUITLESS_AT_MOST

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gzcrawler.archive import RevisitPolicy
    from gzcrawler.politeness import Window
    from gzcrawler.portals import Portal

__all__ = ["CrawlOptions", "require_sections"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CrawlOptions:
    """What a crawl is asked to do."""

    archive: Path
    portal: Portal
    selection: Selection = field(default_factory=Selection)
    max_pages: int | None = None
    revisits: int | None = DEFAULT_BUDGET
    """Pages a day that are asked again; None is without end."""
    policy: RevisitPolicy | None = None
    """When pages are asked again, if not as usual."""
    max_bytes: int | None = None
    """Bytes of a body after which a download is cut; None is the map's."""
    recheck: bool = False
    """Verify every page that was ever answered, whatever its turn."""
    delay: float | None = None
    """Seconds between requests to a host; None is the map's."""
    concurrency: int | None = None
    """Requests under way on a host; None is the map's."""
    fruitless: int = FRUITLESS_AT_MOST
    """Lists in a row that show nothing new, after which a walk is given up."""
    contact: str | None = None
    """Who crawls: an address or a page, for the portal's people."""
    window: Window | None = None
    """Hours within which hosts are asked; None is all day."""
    command: str = "crawl"

    @property
    def effective_delay(self) -> float:
        """Seconds between requests to a host."""
        return self.portal.politeness.delay if self.delay is None else self.delay

    @property
    def effective_concurrency(self) -> int:
        """Requests under way on a host."""
        return self.concurrency or self.portal.politeness.concurrency

    def as_dict(self) -> dict[str, Any]:
        """What the run was told, as effective: for its record."""
        politeness = self.portal.politeness
        return {
            "portal": self.portal.name,
            "map_digest": self.portal.digest,
            "sections": list(self.selection.sections),
            "since": self.selection.since,
            "images": self.selection.images,
            "pages": len(self.selection.pages),
            "max_pages": self.max_pages,
            "revisits": self.revisits,
            "max_bytes": self.max_bytes or politeness.max_bytes,
            "recheck": self.recheck,
            "delay": self.effective_delay,
            "concurrency": self.effective_concurrency,
            "fruitless": self.fruitless,
            "contact": self.contact,
            "window": str(self.window) if self.window else None,
            "command": self.command,
        }


def require_sections(portal: Portal, keys: Iterable[str]) -> None:
    """Raise UsageError where one of these is no section of the portal."""
    for key in keys:
        if portal.section(key) is None:
            known = ", ".join(sorted({section.key for section in portal.sections})) or "none"
            raise UsageError(f"{key}: is no section of portal {portal.name!r} (known: {known})")
