"""How long the first page, an article and a search take to serve, and what they weigh.

    python benchmarks/web_pages.py                   50,000 articles, 900 pages
    python benchmarks/web_pages.py --quick           2,000 articles, 90 pages
    python benchmarks/web_pages.py --folder DIR      keeps the archive, and takes it again

`gzcrawler serve` in a process of its own, asked over loopback, one page after the other. Two times are told of each: what passed
until the page was there whole, and what the server's threads used of a processor meanwhile, which other work on the
machine does not change.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import sys
import tempfile
from collections import defaultdict
from itertools import islice
from pathlib import Path

from measuring import Bar, conclude, markdown_table
from served_archive import build, served, timed, visits

TIME_BAR = 100.0
"""Milliseconds at the 95th percentile."""
WEIGHT_BAR = 300.0
"""Kilobytes of page and style sheet."""


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def main() -> int:
    """Make the archive, ask for its pages, print what they took."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--articles", type=int, default=50_000)
    parser.add_argument("--pages", type=int, default=900)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--quick", action="store_true", help="2,000 articles and 90 pages")
    options = parser.parse_args()
    if options.quick:
        options.articles, options.pages = 2_000, 90
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary) / "archive"
        build(folder, options.articles)
        return measure(folder, options.pages)


def measure(folder: Path, pages: int) -> int:
    """Ask for so many pages, and as many before them that are not counted."""
    passed: dict[str, list[float]] = defaultdict(list)
    used: dict[str, list[float]] = defaultdict(list)
    weights: dict[str, list[float]] = defaultdict(list)
    failed = 0
    with served(folder) as server:
        connection = server.connect()
        style = 0
        for _, address in islice(visits(folder, random.Random(1)), 60):
            _, body = server.ask(address, connection)
            sheet = re.search(rb'href="(/static/style.css[^"]*)"', body)
            assert sheet is not None
            style = len(server.ask(sheet[1].decode(), connection)[1])
        for kind, address in islice(visits(folder, random.Random(2)), pages):
            seconds, processor, status, body = timed(server, connection, address)
            failed += status != 200
            for name in {kind, kind.partition(":")[0]}:
                passed[name].append(seconds * 1_000)
                used[name].append(processor * 1_000)
                weights[name].append((len(body) + style) / 1_000)
        connection.close()
    rows = [
        (
            name,
            len(passed[name]),
            *(f"{statistics.median(times[name]):.0f}, {p95(times[name]):.0f}" for times in (passed, used)),
            f"{max(weights[name]):.0f}",
        )
        for name in sorted(passed)
    ]
    print(
        markdown_table(
            ("page", "asked", "ms: median, p95", "ms of processor: median, p95", "kB at most"), rows
        )
    )
    bars = [
        Bar(
            f"{name}: p95 <= {TIME_BAR:.0f} ms",
            f"{p95(passed[name]):.0f} ms ({p95(used[name]):.0f} of processor)",
            p95(passed[name]) <= TIME_BAR,
        )
        for name in ("home", "article", "search")
    ]
    heaviest = max(max(weights[name]) for name in ("home", "article", "search"))
    bars.append(Bar(f"<= {WEIGHT_BAR:.0f} kB without pictures", f"{heaviest:.0f} kB", heaviest <= WEIGHT_BAR))
    bars.append(Bar("every page is answered", f"{failed} were not", not failed))
    return conclude(bars)


if __name__ == "__main__":
    sys.exit(main())
