"""A year of daily crawls of a portal that edits, removes, back-dates and redesigns, against its own truth.

365 virtual days of the replica, one crawl a day in this process, the clock moved and delays off; beside it the
same year with uniform revisiting at the same budget. Each crawl is the product's own: frontier, dispatcher,
readers, writer, archive. Only HTTP is left out: what the replica answers is handed over as a capture.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from measuring import Bar, conclude, markdown_table
from virtual_years import run_year
from year_truth import Measured, measure

if TYPE_CHECKING:
    from collections.abc import Sequence

_BUDGET = 150


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=365, help="3650 for ten years; mind the budget then")
    parser.add_argument("--articles", type=int, default=1000, help="at the start")
    parser.add_argument("--budget", type=int, default=_BUDGET, help="pages asked again a day")
    parser.add_argument("--without-uniform", action="store_true", help="leave the comparison out")
    parser.add_argument(
        "--results", type=Path, help="keep each finished year in this file, and take those that are in it"
    )
    parser.add_argument("--quick", action="store_true", help="one seed, 60 days, 200 articles")
    options = parser.parse_args()
    if options.quick:
        options.seeds, options.days, options.articles = 1, 60, 200
    policies = ["own rate"] if options.without_uniform else ["own rate", "uniform"]
    finished = _finished(options.results)
    measured = {policy: Measured() for policy in policies}
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        for policy in policies:
            year = finished.get((seed, policy)) or _one_year(options, seed, policy)
            measured[policy].add(year)
            print(f"seed {seed}, {policy}: {year.seconds[-1]:.0f} s", file=sys.stderr, flush=True)
    print(markdown_table(["", *policies], _rows([measured[policy] for policy in policies])))
    for policy in policies:
        for what in measured[policy].oddities:
            print(f"{policy}: {what}", file=sys.stderr)
    return conclude(_bars(measured["own rate"], measured.get("uniform")))


def _finished(results: Path | None) -> dict[tuple[int, str], Measured]:
    """Years that an earlier call has measured."""
    if results is None or not results.exists():
        return {}
    lines = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    return {(line["seed"], line["policy"]): Measured(**line["measured"]) for line in lines}


def _one_year(options: argparse.Namespace, seed: int, policy: str) -> Measured:
    measured = Measured()
    with tempfile.TemporaryDirectory() as folder:
        began, worked = time.monotonic(), time.process_time()
        year = run_year(
            Path(folder) / "archive",
            seed=seed,
            days=options.days,
            articles=options.articles,
            budget=options.budget,
            uniform=policy == "uniform",
        )
        measured.seconds.append(time.monotonic() - began)
        measured.processor.append(time.process_time() - worked)
        measure(year, measured)
    if options.results is not None:
        line = {"seed": seed, "policy": policy, "measured": asdict(measured)}
        with options.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    return measured


def _rows(columns: Sequence[Measured]) -> list[list[str]]:
    """The table: one row a claim, one column a policy."""
    rows = {
        "articles alive over 48 h of uptime, archived": lambda m: f"{m.owed - m.lost:,} of {m.owed:,}",
        "edits that stood 30 days, seen": lambda m: f"{m.long_edits_seen} of {m.long_edits}",
        "days to see an edit of an article under 30 days old, median (edits)": lambda m: (
            f"{_median(m.delays):.2f} ({len(m.delays)})"
        ),
        "removals confirmed within 45 days": lambda m: f"{m.confirmed} of {m.removals}",
        "false removals": lambda m: str(m.false_removals),
        "returns noticed within 45 days": lambda m: f"{m.noticed} of {m.returns}",
        "false revisions": lambda m: str(m.false_revisions),
        "requests on a quiet day beyond revisits, most": lambda m: (
            f"{m.quiet} ({m.sections} sections, {m.lists} lists)"
        ),
        "holes named by coverage, true ones, both (days of sections)": lambda m: (
            f"{m.holes_named:,}, {m.holes_true:,}, {m.holes_both:,}"
        ),
        "longest time without a look at a page, days of uptime (of the calendar)": lambda m: (
            f"{m.gap:.1f} ({m.gap_days:.1f})"
        ),
        "requests a day, mean": lambda m: f"{m.requests / max(m.crawls, 1):.0f}",
        "crawls with another exit code than 0 and 11": lambda m: str(m.alarmed),
        "seconds a year, median (most); of the processor": lambda m: (
            f"{_median(m.seconds):.0f} ({max(m.seconds):.0f}); {_median(m.processor):.0f}"
        ),
    }
    return [[name, *(tell(column) for column in columns)] for name, tell in rows.items()]


def _median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else math.nan


def _bars(own: Measured, uniform: Measured | None) -> list[Bar]:
    ours = _median(own.delays)
    bars = [
        Bar("articles archived: all", f"{own.owed - own.lost} of {own.owed}", own.lost == 0 and own.owed > 0),
        Bar(
            "edits that stood 30 days, seen: 95 %",
            f"{own.long_edits_seen} of {own.long_edits}",
            own.long_edits_seen >= 0.95 * own.long_edits > 0,
        ),
        Bar("median delay of young edits: at most 1 day", f"{ours:.2f}", ours <= 1),
        Bar(
            "removals confirmed in 45 days: 98 %",
            f"{own.confirmed} of {own.removals}",
            own.confirmed >= 0.98 * own.removals,
        ),
        Bar("false removals: 0", str(own.false_removals), own.false_removals == 0),
        Bar("returns noticed in 45 days: all", f"{own.noticed} of {own.returns}", own.noticed == own.returns),
        Bar("false revisions: 0", str(own.false_revisions), own.false_revisions == 0),
        Bar(
            "quiet days: at most sections + 10 beyond revisits",
            f"{own.quiet} of {own.sections + 10}",
            0 < own.quiet <= own.sections + 10,
        ),
        Bar(
            "holes named by coverage: precision and recall 1.0",
            f"{own.holes_both} of {own.holes_named} named and of {own.holes_true} true",
            own.holes_named == own.holes_both == own.holes_true > 0,
        ),
        Bar("every page looked at in any 30 days of uptime", f"{own.gap:.1f}", own.gap <= 30),
        Bar("a year in under 15 minutes", f"{max(own.seconds):.0f} s", max(own.seconds) < 900),
    ]
    if uniform is not None:
        theirs = _median(uniform.delays)
        bars.append(
            Bar("at most half of uniform's delay", f"{ours:.2f} and {theirs:.2f}", ours <= theirs / 2)
        )
    return bars


if __name__ == "__main__":
    sys.exit(main())
