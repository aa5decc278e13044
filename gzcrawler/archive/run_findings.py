"""What the archive knows at the end of a run that the run's own counts do not: silences, lost lists, clocks."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from gzcrawler.archive.moments import format_moment, parse_moment, portal_day
from gzcrawler.archive.rhythm import Wait, wait_under_way

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection
    from datetime import datetime

    from gzcrawler.archive.runs import Run

__all__ = ["LostList", "RunFindings", "find"]

_PAST = timedelta(days=400)
"""How far back the archive's own past is looked at: a rhythm is learned from a year."""
_CLOCK_SLACK = timedelta(minutes=5)
"""A clock may be set back by so much without anything being said."""


@dataclass(frozen=True, slots=True)
class LostList:
    """A first list page that shows no list."""

    url: str
    state: str
    """What stands there: ``removed``, ``redirect``, ``unknown`` …"""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFindings:
    """What a run's verdict is drawn from, besides what the run did."""

    silent: dict[str, Wait]
    """Section -> how long nothing new has come, where that is out of its rhythm."""
    newly_silent: tuple[str, ...]
    """Those of them that the verdict before did not name."""
    lost: tuple[LostList, ...]
    newly_lost: tuple[LostList, ...]
    clock_behind: timedelta | None
    """By how much the clock stood before the end of the run before this one."""

    def as_dict(self) -> dict[str, Any]:
        """For the run's record, from which the next verdict knows what has been named."""
        return {
            "silent": [
                {"section": section, "since": wait.since.isoformat(), "days": wait.days, "usual": wait.usual}
                for section, wait in self.silent.items()
            ],
            "lists_lost": [{"url": lost.url, "state": lost.state} for lost in self.lost],
            "clock_behind_seconds": self.clock_behind and round(self.clock_behind.total_seconds()),
        }


def find(
    connection: sqlite3.Connection, run: Run, *, now: datetime, sections: Collection[str]
) -> RunFindings:
    """Look at the archive as a run ends.

    Args:
        connection: reads the archive, all of the run committed.
        run: the run that ends.
        now: the moment.
        sections: keys of the sections whose lists the run has read; of others a silence says nothing.
    """
    before = _record_before(connection, run)
    named = {(entry["section"], entry["since"]) for entry in before.get("silent", ())}
    known = {entry["url"] for entry in before.get("lists_lost", ())}
    silent = {
        section: wait
        for section, wait in _silences(connection, run.portal, now).items()
        if section in sections or (section, wait.since.isoformat()) in named
    }
    lost = _lost_lists(connection, run.portal)
    return RunFindings(
        silent=silent,
        newly_silent=tuple(
            section for section, wait in silent.items() if (section, wait.since.isoformat()) not in named
        ),
        lost=lost,
        newly_lost=tuple(entry for entry in lost if entry.url not in known),
        clock_behind=_clock_behind(connection, run),
    )


def _record_before(connection: sqlite3.Connection, run: Run) -> dict[str, Any]:
    """The record of the last run of the portal that came to a verdict of its own."""
    row = connection.execute(
        """SELECT record FROM runs WHERE portal = ? AND id < ? AND command = ? AND exit_code < 128
        AND record IS NOT NULL ORDER BY id DESC LIMIT 1""",
        (run.portal, run.id, run.command),
    ).fetchone()
    return json.loads(row[0]) if row else {}


def _silences(connection: sqlite3.Connection, portal: str, now: datetime) -> dict[str, Wait]:
    """Section -> the wait under way, where it is too long: by the days on which the archive saw new articles."""
    days: dict[str, set[date]] = defaultdict(set)
    # CROSS JOIN: from the articles of the past year to their places, not from all places that ever were.
    for section, day in connection.execute(
        """SELECT DISTINCT l.section, date(a.first_seen, '+8 hours') FROM articles a
        CROSS JOIN placements s ON s.article_id = a.id JOIN pages l ON l.id = s.page_id
        WHERE a.portal = ? AND a.first_seen >= ? AND l.section IS NOT NULL ORDER BY l.section""",
        (portal, format_moment(now - _PAST)),
    ):
        days[section].add(date.fromisoformat(day))
    today = portal_day(now)
    under_way = {section: wait_under_way(seen, today) for section, seen in days.items()}
    return {section: wait for section, wait in under_way.items() if wait is not None and wait.too_long}


def _lost_lists(connection: sqlite3.Connection, portal: str) -> tuple[LostList, ...]:
    """First pages of lists that were lists once, or that answer with something else than a list."""
    return tuple(
        LostList(url, state)
        for url, state in connection.execute(
            """SELECT p.canonical_url, p.state FROM pages p
            WHERE p.kind IN ('listing', 'article') AND p.portal = ? AND p.section IS NOT NULL
            AND p.article_id IS NULL AND p.part = 1 AND (p.state IN ('unknown', 'home', 'article')
                OR (p.state IN ('removed', 'redirect') AND EXISTS (
                    SELECT 1 FROM captures c WHERE c.page_id = p.id AND c.kind = 'listing' AND c.via = 'live')))
            ORDER BY p.canonical_url""",
            (portal,),
        )
    )


def _clock_behind(connection: sqlite3.Connection, run: Run) -> timedelta | None:
    (text,) = connection.execute("SELECT max(finished_at) FROM runs WHERE id < ?", (run.id,)).fetchone()
    behind = parse_moment(text) - run.started_at if text else timedelta()
    return behind if behind > _CLOCK_SLACK else None
