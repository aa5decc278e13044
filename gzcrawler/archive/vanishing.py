"""Many pages of one site that vanish at once: then the site has moved, and no removal is confirmed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from gzcrawler.archive.moments import format_moment, parse_moment

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

__all__ = ["VANISHED_SHARE", "Vanishing", "vanished_since", "vanishings"]

VANISHED_SHARE = 0.2
"""Part of the articles looked at: portals remove one in a hundred, and change their system at a stroke."""
_FEWEST = 3
"""Fewer missing articles are no move of a site, however few were looked at."""
_SPAN = timedelta(days=28)
"""Articles that vanish within a week are missed one after the other, as their turn comes: within a month."""
_FIRST_CRAWL = timedelta(days=1)
"""What an archive began with has stood before, whenever that was."""


@dataclass(frozen=True, slots=True)
class Vanishing:
    """Pages of one host that went missing together."""

    host: str
    missing: int
    asked: int
    """Those that were looked at in that time, the missing ones included."""
    what: Literal["articles", "lists"] = "articles"

    def as_dict(self) -> dict[str, Any]:
        """For the run's record."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.missing:,} of {self.asked:,} {self.what} of {self.host}"


def vanished_since(
    connection: sqlite3.Connection,
    portal: str,
    canonical_url: str,
    moment: datetime,
    *,
    verified_since: datetime | None = None,
) -> Vanishing | None:
    """The vanishing of which an article that is missing since a moment is a part; None where it went alone.

    Args:
        connection: reads two ranges of indexes.
        portal: its name.
        canonical_url: of the article: what counts are the articles of its host.
        moment: when it was first missed; what was missed a month before or later counts. Articles that are
            new since then do not: a site that moves shows its old stories as new ones.
        verified_since: articles that were found since then stand against the missing ones; if not given,
            since the moment.
    """
    parts = urlsplit(canonical_url)
    host = (portal, f"{parts.scheme}://{parts.netloc}/", f"{parts.scheme}://{parts.netloc}0")
    lists = _lists_vanished(connection, portal, parts.netloc, host[1:])
    if lists is not None:
        return lists
    since = format_moment(moment - _SPAN)
    of_host = "portal = ? AND canonical_url >= ? AND canonical_url < ?"
    missing = connection.execute(
        f"SELECT count(*) FROM articles WHERE gone_since >= ? AND {of_host}", (since, *host)
    ).fetchone()[0]
    if missing < _FEWEST:
        return None
    (began,) = connection.execute("SELECT min(started_at) FROM runs WHERE portal = ?", (portal,)).fetchone()
    stood = max(since, format_moment(parse_moment(began) + _FIRST_CRAWL)) if began else since
    alive = connection.execute(
        f"""SELECT count(*) FROM articles WHERE last_verified >= ? AND first_seen < ? AND gone_since IS NULL
            AND {of_host}""",
        (format_moment(verified_since or moment), stood, *host),
    ).fetchone()[0]
    asked = missing + alive
    return Vanishing(parts.netloc, missing, asked) if missing > VANISHED_SHARE * asked else None


def _lists_vanished(
    connection: sqlite3.Connection, portal: str, host: str, within: tuple[str, str]
) -> Vanishing | None:
    """Where the sections' own lists are not to be seen, nothing that the host says is evidence."""
    missing, stood = connection.execute(
        """SELECT coalesce(sum(missing_since IS NOT NULL), 0), count(*) FROM pages p
        WHERE list_url >= ? AND list_url < ? AND part = 1 AND portal = ? AND section IS NOT NULL
            AND EXISTS (SELECT 1 FROM placements s WHERE s.page_id = p.id)""",
        (*within, portal),
    ).fetchone()
    return Vanishing(host, missing, stood, "lists") if missing > VANISHED_SHARE * stood else None


def vanishings(connection: sqlite3.Connection, portal: str, now: datetime) -> list[Vanishing]:
    """What has vanished at once within the last month, one for each host."""
    urls = connection.execute(
        """SELECT min(canonical_url) FROM articles WHERE portal = ? AND gone_since >= ?
        GROUP BY substr(canonical_url, 1, 8 + instr(substr(canonical_url, 9), '/'))""",
        (portal, format_moment(now - _SPAN)),
    ).fetchall()
    found = (vanished_since(connection, portal, url, now, verified_since=now - _SPAN) for (url,) in urls)
    return [vanishing for vanishing in found if vanishing is not None]
