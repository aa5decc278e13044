"""Runs: which processes wrote, what each concluded, how long it took and how polite it was."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gzcrawler.archive.run_history import count_runs, past_run, past_runs
from gzcrawler.archive.section_names import section_labels
from gzcrawler.web.visits import PageNotFound

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping

    from gzcrawler.archive.run_history import PastRun
    from gzcrawler.web.visits import Answer, Visit

__all__ = ["run", "runs", "sections_by_hole"]

_RUNS_A_PAGE = 50


def runs(visit: Visit) -> Answer:
    """All of them, the latest first."""
    connection = visit.archive.connection
    number = count_runs(connection)
    pages = max(1, -(-number // _RUNS_A_PAGE))
    page = visit.query.number("page", 1, most=pages)
    found = past_runs(connection, limit=_RUNS_A_PAGE, offset=(page - 1) * _RUNS_A_PAGE)
    return visit.render("runs.html", runs=found, number=number, page=page, pages=pages)


def run(visit: Visit) -> Answer:
    """One of them."""
    uid = visit.parts["uid"]
    found = past_run(visit.archive.connection, uid) if re.fullmatch("[0-9a-f]{32}", uid) else None
    if found is None:
        raise PageNotFound
    return visit.render(
        "run.html",
        run=found,
        holes=_holes(visit.archive.connection, found),
        verified_at=found.finished_at or found.started_at,
    )


def _holes(connection: sqlite3.Connection, run: PastRun) -> list[dict[str, Any]]:
    labels = section_labels(connection)
    holes = (run.record.get("coverage") or {}).get("holes", ())
    return sections_by_hole(holes, lambda key: labels.get((run.portal, key), key))


def sections_by_hole(holes: Iterable[Mapping[str, str]], label: Callable[[str], str]) -> list[dict[str, Any]]:
    """The days that a run found missing; sections with the same days and reason stand together.

    Args:
        holes: as the run's record has them.
        label: key of a section -> what it is called.
    """
    found: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for hole in holes:
        days = (hole["first_day"], hole["last_day"], hole["reason"])
        found.setdefault(days, []).append((hole["section"], label(hole["section"])))
    return [
        {"first_day": first, "last_day": last, "reason": reason, "sections": sections}
        for (first, last, reason), sections in found.items()
    ]
