"""What a crawl's verdict looks like in words: its line, and a line for each page that it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gzcrawler.archive import Verdict

__all__ = ["detail_lines", "verdict_line"]

_NAMED_AT_MOST = 3
"""Addresses that robots.txt forbids and the verdict names; the run's record has more."""


def verdict_line(verdict: Verdict) -> str:
    """What a run concluded, with its counts."""
    record = verdict.record
    outcomes = record["outcomes"]
    counts = ", ".join(
        f"{number:,} {name}"
        for name, number in (
            ("new", outcomes.get("first", 0)),
            ("changed", outcomes.get("revised", 0)),
            ("verified unchanged", outcomes.get("unchanged", 0) + outcomes.get("revisit", 0)),
            ("lists", outcomes.get("listed", 0)),
            ("removed", outcomes.get("tombstone", 0)),
            ("unreadable", outcomes.get("quarantined", 0)),
        )
        if number
    )
    told = f": {counts}" if counts else ""
    return f"{verdict.verdict} ({record['captures']:,} captures in {record['seconds']:,} s{told})"


def detail_lines(verdict: Verdict) -> list[str]:
    """The pages that a verdict is about."""
    record = verdict.record
    lines = [f"quarantined: {page['reason']}" for page in record["quarantined"]]
    for what in ("failed", "refused"):
        lines += [f"{what}: {page['url']}: {page['reason']}" for page in record[what]]
    if record["forbidden"]:
        lines.append(f"robots.txt does not allow: {', '.join(record['forbidden'][:_NAMED_AT_MOST])}")
    if record["recovered"]:
        lines.append(f"{record['recovered']:,} captures recovered that an interrupted run had left")
    return lines
