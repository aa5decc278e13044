"""The runs of an archive as people look at them: the latest first, with what each concluded and how polite it was."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from gzcrawler.archive.moments import parse_moment
from gzcrawler.archive.runs import HostEvidence

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

__all__ = ["PastRun", "count_runs", "past_run", "past_runs"]

_COLUMNS = "id, uid, portal, command, started_at, finished_at, verdict, exit_code"


@dataclass(frozen=True, kw_only=True, slots=True)
class PastRun:
    """One process that wrote, and what became of it."""

    uid: str
    portal: str
    command: str
    started_at: str
    finished_at: str | None
    """None while it is under way, or where it was killed and nobody wrote since."""
    verdict: str | None
    exit_code: int | None
    """None where it was killed, too."""
    hosts: tuple[HostEvidence, ...]
    record: Mapping[str, Any]
    """Counts, alarms, versions, configuration; empty in a list of runs."""

    @property
    def seconds(self) -> float | None:
        """From its beginning to its end."""
        if self.finished_at is None:
            return None
        return (parse_moment(self.finished_at) - parse_moment(self.started_at)).total_seconds()

    @property
    def requests(self) -> int:
        """Sent to all hosts."""
        return sum(host.requests for host in self.hosts)

    @property
    def closest(self) -> HostEvidence | None:
        """The host whose smallest gap is nearest to, or furthest below, what was to lie between two requests."""
        measured = [host for host in self.hosts if host.smallest_gap is not None]
        return min(measured, key=lambda host: (host.smallest_gap or 0) - host.demanded_gap, default=None)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"seconds": self.seconds, "requests": self.requests}


def count_runs(connection: sqlite3.Connection) -> int:
    """How many there were."""
    number: int = connection.execute("SELECT count(*) FROM runs").fetchone()[0]
    return number


def past_runs(connection: sqlite3.Connection, *, limit: int, offset: int = 0) -> list[PastRun]:
    """The latest first, without their records.

    Args:
        connection: reads the archive.
        limit: runs to give.
        offset: runs to pass over.
    """
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM runs ORDER BY id DESC LIMIT ? OFFSET ?", (limit, offset)
    ).fetchall()
    return [_past_run(connection, tuple(row)) for row in rows]


def past_run(connection: sqlite3.Connection, uid: str | None = None) -> PastRun | None:
    """One run with its record; the last one, if none is named. None where there is none."""
    condition, values = ("uid = ?", (uid,)) if uid is not None else ("1", ())
    row = connection.execute(
        f"SELECT {_COLUMNS}, record FROM runs WHERE {condition} ORDER BY id DESC LIMIT 1", values
    ).fetchone()
    return _past_run(connection, tuple(row)) if row else None


def _past_run(connection: sqlite3.Connection, row: Sequence[Any]) -> PastRun:
    number, uid, portal, command, started_at, finished_at, verdict, exit_code, *record = row
    hosts = connection.execute(
        """SELECT host, requests, smallest_gap, demanded_gap, robots, stopped_because FROM hosts
        WHERE run_id = ? ORDER BY host""",
        (number,),
    ).fetchall()
    return PastRun(
        uid=uid,
        portal=portal,
        command=command,
        started_at=started_at,
        finished_at=finished_at,
        verdict=verdict,
        exit_code=exit_code,
        hosts=tuple(
            HostEvidence(
                host=host,
                requests=requests,
                smallest_gap=smallest,
                demanded_gap=demanded,
                robots=robots,
                stopped_because=stopped,
            )
            for host, requests, smallest, demanded, robots, stopped in map(tuple, hosts)
        ),
        record=json.loads(record[0]) if record and record[0] else {},
    )
