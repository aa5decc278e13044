"""Runs: which processes wrote, what each concluded, how long it took and how polite it was."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gzcrawler.archive.run_history import count_runs, past_run, past_runs
from gzcrawler.web.visits import PageNotFound

if TYPE_CHECKING:
    from gzcrawler.web.visits import Answer, Visit

__all__ = ["run", "runs"]

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
    return visit.render("run.html", run=found, verified_at=found.finished_at or found.started_at)
