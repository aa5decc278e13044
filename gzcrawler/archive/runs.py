"""The runs table: who wrote when, and what the run concluded."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gzcrawler.archive.moments import format_moment

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from datetime import datetime

__all__ = [
    "NO_LOOKS",
    "RUN_SUBJECT",
    "HostEvidence",
    "Run",
    "Verdict",
    "begin_run",
    "ensure_run",
    "finish_run",
    "mark_interrupted",
]

RUN_SUBJECT = "urn:gzcrawler:run:"
"""Subject of the metadata record with a run's verdict, followed by the run's uid."""


NO_LOOKS = ("import", "backfill")
"""Commands whose runs bring captures that another archive made: they say nothing of when this one began to look."""


@dataclass(frozen=True, slots=True)
class Run:
    """One process that wrote."""

    id: int
    uid: str
    portal: str
    command: str
    started_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class HostEvidence:
    """How one host was treated in one run."""

    host: str
    requests: int
    smallest_gap: float | None
    """Seconds between the end of one request and the start of the next, the least measured."""
    demanded_gap: float
    """Seconds that were to lie between them."""
    robots: str | None
    """What robots.txt answered: ``status 200``, ``status 404, all allowed`` …"""
    stopped_because: str | None

    def as_dict(self) -> dict[str, Any]:
        """For the run's JSON record."""
        return {
            "host": self.host,
            "requests": self.requests,
            "smallest_gap": self.smallest_gap,
            "demanded_gap": self.demanded_gap,
            "robots": self.robots,
            "stopped_because": self.stopped_because,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a run concluded."""

    verdict: str
    """One line."""
    exit_code: int
    finished_at: datetime
    record: Mapping[str, Any]
    """Counts, alarms, versions, configuration: JSON."""
    hosts: tuple[HostEvidence, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The form that goes into the WARC file, from which `rebuild` takes it."""
        return {
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            "finished_at": format_moment(self.finished_at),
            "record": dict(self.record),
            "hosts": [host.as_dict() for host in self.hosts],
        }


def begin_run(connection: sqlite3.Connection, *, portal: str, command: str, now: datetime) -> Run:
    """Enter a new run."""
    uid = uuid.uuid4().hex
    cursor = connection.execute(
        "INSERT INTO runs (uid, portal, command, started_at) VALUES (?, ?, ?, ?)",
        (uid, portal, command, format_moment(now)),
    )
    return Run(cursor.lastrowid or 0, uid, portal, command, now)


def ensure_run(connection: sqlite3.Connection, fields: Mapping[str, str], moment: str) -> int:
    """The run that a ``warcinfo`` record names; entered from the record where it is not on file."""
    uid = fields["gzcrawler-run"]
    connection.execute(
        "INSERT OR IGNORE INTO runs (uid, portal, command, started_at) VALUES (?, ?, ?, ?)",
        (uid, fields["isPartOf"], fields["gzcrawler-command"], fields.get("gzcrawler-started", moment)),
    )
    run_id: int = connection.execute("SELECT id FROM runs WHERE uid = ?", (uid,)).fetchone()[0]
    return run_id


def finish_run(connection: sqlite3.Connection, run_id: int, verdict: Mapping[str, Any]) -> None:
    """Enter what a run concluded, in the form of `Verdict.as_dict`."""
    connection.execute(
        "UPDATE runs SET finished_at = ?, verdict = ?, exit_code = ?, record = ? WHERE id = ?",
        (
            verdict["finished_at"],
            verdict["verdict"],
            verdict["exit_code"],
            json.dumps(verdict["record"], ensure_ascii=False, separators=(",", ":")),
            run_id,
        ),
    )
    connection.executemany(
        """INSERT OR REPLACE INTO hosts
            (run_id, host, requests, smallest_gap, demanded_gap, robots, stopped_because)
        VALUES (?, ?, ?, ?, ?, ?, ?)""",
        [
            (
                run_id,
                host["host"],
                host["requests"],
                host["smallest_gap"],
                host["demanded_gap"],
                host["robots"],
                host["stopped_because"],
            )
            for host in verdict["hosts"]
        ],
    )


def mark_interrupted(connection: sqlite3.Connection) -> int:
    """Give runs that ended without a word their verdict; for the holder of the lock only. Returns how many."""
    ended = connection.execute(
        """SELECT r.id, r.started_at, max(c.recorded_at), count(c.id) FROM runs r
        LEFT JOIN warc_files w ON w.run_id = r.id LEFT JOIN captures c ON c.warc_file_id = w.id
        WHERE r.finished_at IS NULL GROUP BY r.id"""
    ).fetchall()
    connection.executemany(
        "UPDATE runs SET verdict = ?, finished_at = ?, record = ? WHERE id = ?",
        [
            (
                f"interrupted without a word, after {captures:,} capture{'' if captures == 1 else 's'}",
                last or started_at,
                json.dumps({"captures": captures, "alarms": []}),
                run_id,
            )
            for run_id, started_at, last, captures in ended
        ],
    )
    return len(ended)
