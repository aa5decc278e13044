"""Pages asked for while a crawl writes at full speed: is every one answered, and what does it cost the crawl?

    python benchmarks/web_while_crawling.py                5,000 requests
    python benchmarks/web_while_crawling.py --quick        300 requests

The replica is crawled without delays while `gzcrawler serve` shows the archive. By turns a visitor asks for one page after the other, the
next when the last has come, and nobody asks for as long; the speed of the crawl, in captures a second, is compared turn by turn,
so that what else the machine does and how far the crawl has come weigh on both sides alike. Replica, crawl, server and visitor
share the processors.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from measuring import Bar, conclude, crawl_options, fork
from served_archive import served, visits

from gzcrawler.crawling import crawl
from gzcrawler.replica import ReplicaConfig, running_replica

if TYPE_CHECKING:
    from measuring import Child
    from served_archive import Served

    from gzcrawler.replica import RunningReplica

SLOWER_BAR = 0.40
_FIRST = 300
"""Captures before anything is measured: lists come first, and a visitor wants articles."""
_ROUNDS = 10
_SECONDS = 3_600


def captures(folder: Path) -> int:
    """How many captures are committed."""
    if not (folder / "gzcrawler.db").exists():
        return 0
    connection = sqlite3.connect(f"file:{folder}/gzcrawler.db?mode=ro", uri=True, timeout=30)
    try:
        return int(connection.execute("SELECT coalesce(max(id), 0) FROM captures").fetchone()[0])
    except sqlite3.OperationalError:  # the first commit is still to come
        return 0
    finally:
        connection.close()


def crawling(folder: Path, replica: RunningReplica) -> Child:
    """A crawl in a process of its own, under way."""

    def run() -> int:
        return crawl(crawl_options(folder, replica)).exit_code

    child = fork(run)
    while captures(folder) < _FIRST:
        time.sleep(0.05)
    return child


def ask(server: Served, folder: Path, requests: int, seed: int) -> tuple[Counter[str], list[float]]:
    """(what went wrong, seconds of each page) of one visit, to what has come in by now."""
    wrong: Counter[str] = Counter()
    times = []
    connection = server.connect()
    addresses = visits(folder, random.Random(seed))
    for _ in range(requests):
        _, address = next(addresses)
        started = time.perf_counter()
        try:
            status, body = server.ask(address, connection)
        except OSError as error:
            wrong[type(error).__name__] += 1
            connection = server.connect()
            continue
        times.append(time.perf_counter() - started)
        if status != 200 or b"</html>" not in body:
            wrong[f"status {status} of {address}"] += 1
    connection.close()
    return wrong, times


def under_way(child: Child) -> bool:
    """Does the crawl go on?"""
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def main() -> int:
    """Crawl, ask by turns, print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=5_000)
    parser.add_argument(
        "--articles", type=int, default=40_000, help="Size of the replica: the crawl must outlast the visits."
    )
    parser.add_argument("--quick", action="store_true", help="300 requests, 8,000 articles")
    options = parser.parse_args()
    if options.quick:
        options.requests, options.articles = 300, 8_000
    config = ReplicaConfig(articles=options.articles, page_bytes=8_000)
    wrong: Counter[str] = Counter()
    times: list[float] = []
    speeds: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as temporary, running_replica(config, max_seconds=_SECONDS) as replica:
        folder = Path(temporary) / "archive"
        child = crawling(folder, replica)
        try:
            with served(folder) as server:
                for turn in range(_ROUNDS):
                    begun, before = time.perf_counter(), captures(folder)
                    failed, taken = ask(server, folder, options.requests // _ROUNDS, turn)
                    seconds, between = time.perf_counter() - begun, captures(folder)
                    time.sleep(seconds)
                    quiet = (captures(folder) - between) / (time.perf_counter() - begun - seconds)
                    speeds.append(((between - before) / seconds, quiet))
                    wrong += failed
                    times += taken
                outlasted = under_way(child)
        finally:
            child.kill()
            child.wait(60)
        made = captures(folder)
    slower = 1 - statistics.median(looked_at / quiet for looked_at, quiet in speeds if quiet)
    print(
        f"{len(times):,} pages, median {statistics.median(times) * 1_000:.0f} ms, "
        f"p95 {statistics.quantiles(times, n=20)[-1] * 1_000:.0f} ms; {made:,} captures in the end; captures a second "
        f"{statistics.median(speed for speed, _ in speeds):.0f} looked at, {statistics.median(speed for _, speed in speeds):.0f} not "
        f"(medians of {_ROUNDS} turns)"
    )
    told = ", ".join(f"{number} x {what}" for what, number in wrong.items()) or "none"
    return conclude(
        [
            Bar(f"no error in {options.requests:,} requests", told, not wrong),
            Bar(f"the crawl is slowed by less than {SLOWER_BAR:.0%}", f"{slower:.0%}", slower < SLOWER_BAR),
            Bar("the crawl outlasted the visits", "yes" if outlasted else "no: more --articles", outlasted),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
