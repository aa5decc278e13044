"""Is the archive kept up: when did a crawl of each portal last come to a verdict, and to which one?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from gzcrawler.archive.moments import format_moment, parse_moment

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Health", "health"]

_ALARM = 10
_INTERRUPTED = 128


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """How the crawls of one portal stand."""

    portal: str
    finished_at: datetime | None
    """When the last crawl ended that came to a verdict of its own; None where none ever did."""
    age: timedelta | None
    """Since then."""
    verdict: str | None
    """Of that crawl."""
    exit_code: int
    """What a monitor should end with: the verdict's own, 10 where it is too old or missing."""
    said: str
    """One line."""
    unfinished: int
    """Crawls since then that ended without a verdict of their own, or are under way."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "portal": self.portal,
            "finished_at": self.finished_at and format_moment(self.finished_at),
            "age_seconds": self.age and round(self.age.total_seconds()),
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            "said": self.said,
            "unfinished": self.unfinished,
        }


def health(connection: sqlite3.Connection, *, now: datetime, max_age: timedelta) -> list[Health]:
    """How the crawls of each portal of an archive stand.

    Args:
        connection: reads the archive.
        now: the moment.
        max_age: a verdict that is older says nothing any more.
    """
    portals = connection.execute("SELECT name FROM portals ORDER BY name").fetchall()
    return [_of(connection, name, now, max_age) for (name,) in portals]


def _of(connection: sqlite3.Connection, portal: str, now: datetime, max_age: timedelta) -> Health:
    row = connection.execute(
        """SELECT id, finished_at, verdict, exit_code FROM runs
        WHERE portal = ? AND command IN ('crawl', 'demo') AND exit_code < ? ORDER BY id DESC LIMIT 1""",
        (portal, _INTERRUPTED),
    ).fetchone()
    (unfinished,) = connection.execute(
        "SELECT count(*) FROM runs WHERE portal = ? AND id > ? AND coalesce(exit_code, 128) >= ?",
        (portal, row[0] if row else 0, _INTERRUPTED),
    ).fetchone()
    more = (
        f"; {unfinished:,} run{'' if unfinished == 1 else 's'} since then without one" if unfinished else ""
    )
    if row is None:
        said = f"{portal}: no crawl has come to a verdict yet"
        return Health(
            portal=portal,
            finished_at=None,
            age=None,
            verdict=None,
            exit_code=_ALARM,
            said=said + more.replace(" since then", ""),
            unfinished=unfinished,
        )
    _, finished_at, verdict, exit_code = row
    finished = parse_moment(finished_at)
    age = now - finished
    if age > max_age:
        said = f"{portal}: stale, the last verdict is of {_spell(age)} ago (allowed: {_spell(max_age)}): {verdict}"
        exit_code = max(exit_code, _ALARM)
    elif age < timedelta(minutes=-5):
        said = f"{portal}: the last verdict is {_spell(-age)} ahead of the clock: {verdict}"
        exit_code = max(exit_code, _ALARM)
    else:
        state = "ok" if exit_code == 0 else "alarm"
        said = f"{portal}: {state}, {_spell(max(age, timedelta()))} ago: {verdict}"
    return Health(
        portal=portal,
        finished_at=finished,
        age=age,
        verdict=verdict,
        exit_code=exit_code,
        said=said + more,
        unfinished=unfinished,
    )


def _spell(span: timedelta) -> str:
    """``3 d 4 h``, ``26 h``, ``5 min``: as exactly as a person wants it."""
    minutes = int(span.total_seconds()) // 60
    days, hours = divmod(minutes // 60, 24)
    if days > 2:
        return f"{days:,} d {hours} h"
    return f"{days * 24 + hours} h" if minutes >= 120 else f"{minutes} min"
