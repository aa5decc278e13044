"""The record of a run, as it stays in the archive: counts, alarms, coverage, versions, configuration."""

from __future__ import annotations

import json
import platform
import sqlite3
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

import scrapy

from gzcrawler._version import __version__
from gzcrawler.archive import open_archive
from gzcrawler.archive.coverage import holes_since
from gzcrawler.archive.moments import portal_day
from gzcrawler.items import digest_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from gzcrawler.archive.run_findings import RunFindings
    from gzcrawler.crawl_options import CrawlOptions
    from gzcrawler.verdicts import Conclusion, Progress
    from gzcrawler.walks import Walk

__all__ = ["counts", "days_missing", "judgement"]

_NAMED_AT_MOST = 50
"""Pages and holes named one by one; the counts are whole."""
_LOOKED_BACK = timedelta(days=60)
"""Days whose coverage each run judges again; of all ten years it would take seconds."""


def counts(progress: Progress, options: CrawlOptions, recovered: int, seconds: float) -> dict[str, Any]:
    """What a run did, and with what.

    Args:
        progress: what it counted.
        options: what it was told.
        recovered: captures that a crash had left, and that its opening recorded.
        seconds: how long it took.
    """
    configuration = options.as_dict()
    return {
        "outcomes": dict(sorted(progress.outcomes.items())),
        "kinds": dict(sorted(progress.kinds.items())),
        "captures": progress.captures,
        "payload_bytes": progress.bytes,
        "new_pages": progress.new_pages,
        "recovered": recovered,
        "seconds": seconds,
        "lists_read": dict(sorted(progress.lists.items())),
        "versions": {
            "gzcrawler": __version__,
            "scrapy": scrapy.__version__,
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
        },
        "map_digest": options.portal.digest,
        "configuration": configuration,
        "configuration_digest": digest_bytes(json.dumps(configuration, sort_keys=True).encode()),
    }


def judgement(
    progress: Progress,
    conclusion: Conclusion,
    *,
    walks: Sequence[Walk],
    quarantined: Sequence[tuple[str, str]],
    due_left: int,
    findings: RunFindings,
) -> dict[str, Any]:
    """What a run concluded, with the pages that it is about."""
    return {
        "due_left": due_left,
        "alarms": list(conclusion.alarms),
        "quarantined": _named(quarantined),
        "failed": _named(progress.failed.values()),
        "refused": _named(progress.refused.values()),
        "forbidden": progress.forbidden[:_NAMED_AT_MOST],
        "given_up": [
            {
                "walk": walk.name,
                "fruitless": walk.fruitless,
                "last": walk.last,
                "set_aside": walk.set_aside,
            }
            for walk in walks
        ],
        **findings.as_dict(),
    }


def days_missing(archive: Path, now: datetime) -> dict[str, Any]:
    """Days of the last weeks that no walk has covered; ``gzcrawler coverage`` knows of all."""
    since = portal_day(now) - _LOOKED_BACK
    with open_archive(archive) as opened:
        found = holes_since(opened, since, now=now)
    holes = [{"portal": portal, **hole.as_dict()} for portal, hole in found]
    return {"since": since.isoformat(), "holes": holes[:_NAMED_AT_MOST], "number_of_holes": len(holes)}


def _named(told: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """The first of them."""
    return [{"url": url, "reason": reason} for url, reason in islice(told, _NAMED_AT_MOST)]
