"""What can be asked of a replica: its size, its habits, and what happens to it over time."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from gzcrawler.errors import UsageError
from gzcrawler.replica.faults import FaultRule

if TYPE_CHECKING:
    from typing import Self

__all__ = ["ReplicaConfig", "moment"]

DEFAULT_NOW = "2026-01-15T09:00:00+08:00"
"""Fixed, so that the same seed gives the same bytes on every day of the year."""


def moment(text: str) -> int:
    """Seconds since the epoch of an ISO 8601 time with an offset.

    Raises:
        UsageError: not such a time.
    """
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"not an ISO 8601 time: {text!r}") from error
    if value.tzinfo is None:
        raise UsageError(f"a time of the replica needs an offset: {text!r}")
    return int(value.timestamp())


@dataclass(frozen=True, kw_only=True)
class ReplicaConfig:
    """A replica, whole: equal configurations are equal portals, byte for byte.

    Shares are parts of all articles, from 0.0 to 1.0; times are ISO 8601 with an offset.
    """

    seed: int = 1
    articles: int = 500
    """Articles that stand at the start (50 to 100,000 are in use), copies under another id counted."""
    now: str = DEFAULT_NOW
    """Virtual time at the start."""
    page_bytes: int = 30_000
    """About how large an article page is, chrome included; never below what its content needs."""
    absolute_links: float = 0.3
    """Share of links that are absolute, on any host of the map; 0 lets plain peers follow."""
    tracking_links: float = 0.03
    """Share of the links between stories that carry a tracking query."""
    phone_links: float = 0.02
    """Share of the links to ``post_`` pages that name the phone twin ``mpost_``."""
    general: float = 0.35
    """Share of articles at addresses of the newer platform (``post_``)."""
    chinese: float = 0.08
    japanese: float = 0.03
    continued: float = 0.04
    two_addresses: float = 0.02
    """Share that stands at a district's address too, under the same id."""
    copied: float = 0.01
    """Share that is another article's content under an id of its own."""
    unreadable: float = 0.0
    """Share that has an empty title."""
    removed_at_start: float = 0.0
    """Share that is gone already at the start, though lists still show it."""
    growth_per_day: float = 3.0
    """Articles that appear on each virtual day after the start."""
    backdated: float = 0.2
    """Share of those that appear later which carry an earlier date."""
    backdated_days: int = 400
    """By how many days at most."""
    edited: float = 0.05
    removed: float = 0.02
    """Shares of all articles that are edited, or removed, within the horizon after the start."""
    returned: float = 0.3
    """Share of removed articles that come back."""
    by_age: bool = False
    """Edits fall as those of news do: half of them within two days of publication, nine in ten within
    thirty; removals at any age, and returns after 10 to 90 days. Otherwise all fall evenly on the horizon."""
    horizon_days: int = 180
    """How many virtual days after the start are laid out."""
    slider_days: int = 3
    """How often the site-wide slider changes, in virtual days."""
    redesign_at: str | None = None
    """From then on every page wears another dress of its generation."""
    second_redesign_at: str | None = None
    """From then on another one again."""
    rename_at: str | None = None
    """From then on some sections print another name."""
    move_at: str | None = None
    """From then on all articles live at addresses of the newer platform."""
    move_leaves: Literal["redirect", "gone", "home"] = "redirect"
    """What old addresses answer after the move."""
    outages: tuple[tuple[str, str], ...] = ()
    """Stretches of time, from and until, in which every address answers 503."""
    request_seconds: float = 0.0
    """Virtual seconds that pass with each request for a page: lists shift while they are walked."""
    validators: bool = True
    """Send ETag and Last-Modified, and answer 304."""
    sitemaps: bool = False
    """Have a sitemap, named by robots.txt, and a feed of the newest stories (``/rss.xml``)."""
    robots: str = "User-agent: *\nDisallow: /search\nAllow: /\n"
    """Body of every host's robots.txt …"""
    robots_of: tuple[tuple[str, str], ...] = ()
    """… save of these hosts: name and body."""
    compress: bool = False
    """Gzip bodies for those who accept it."""
    faults: tuple[FaultRule, ...] = field(default=())

    @classmethod
    def mixed(cls, **changes: Any) -> Self:
        """The preset with removals, unreadable pages and everything else that is no server fault."""
        return replace(
            cls(removed_at_start=0.03, unreadable=0.01, continued=0.06, two_addresses=0.04, copied=0.03),
            **changes,
        )

    def as_json(self) -> str:
        """The configuration as one line of JSON; `from_json` is the inverse."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The configuration that `as_json` wrote."""
        record = json.loads(text)
        return cls(
            **record
            | {
                "faults": tuple(FaultRule(**rule) for rule in record["faults"]),
                "robots_of": tuple((host, body) for host, body in record["robots_of"]),
                "outages": tuple((start, end) for start, end in record["outages"]),
            }
        )
