"""Pages asked for while a crawl writes at full speed: is every one answered, and what does it cost the crawl?

    python benchmarks/web_while_crawling.py                5,000 requests
    python benchmarks/web_while_crawling.py --quick        300 requests

The replica is crawled twice into new archives, without delays: once alone, once while `gzcrawler serve` shows the archive and a
visitor asks for one page after the other, the next when the last has come. The speed of the crawl is captures a second over
the time that the visitor was there; alone, over the same stretch of captures. Replica, crawl, server and visitor share the processors.
"""

from __future__ import annotations

import argparse
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

    from gzcrawler.replica import RunningReplica

SLOWER_BAR = 0.40
_FIRST = 300
"""Captures before anything is measured: lists come first, and a visitor wants articles."""
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


def ask(folder: Path, requests: int) -> tuple[Counter[str], list[float], float, int]:
    """(what went wrong, seconds of each page, seconds in all, captures that the crawl made meanwhile)."""
    wrong: Counter[str] = Counter()
    times = []
    with served(folder) as server:
        connection = server.connect()
        addresses = visits(folder, random.Random(1))
        begun, before = time.perf_counter(), captures(folder)
        for number in range(requests):
            if number % 200 == 199:
                addresses = visits(folder, random.Random(number))  # what has come in meanwhile is visited too
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
                wrong[f"status {status}"] += 1
        seconds = time.perf_counter() - begun
        made = captures(folder) - before
        connection.close()
    return wrong, times, seconds, made


def alone(folder: Path, replica: RunningReplica, made: int) -> float:
    """Captures a second of a crawl that nobody looks at, over as many captures."""
    child = crawling(folder, replica)
    try:
        begun, before = time.perf_counter(), captures(folder)
        while captures(folder) - before < made:
            time.sleep(0.05)
        return (captures(folder) - before) / (time.perf_counter() - begun)
    finally:
        child.kill()
        child.wait(30)


def main() -> int:
    """Crawl twice, ask in the second; print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=5_000)
    parser.add_argument(
        "--articles", type=int, default=60_000, help="Size of the replica: the crawl must outlast the visit."
    )
    parser.add_argument("--quick", action="store_true", help="300 requests, 6,000 articles")
    options = parser.parse_args()
    if options.quick:
        options.requests, options.articles = 300, 6_000
    config = ReplicaConfig(articles=options.articles, page_bytes=8_000)
    with tempfile.TemporaryDirectory() as temporary, running_replica(config, max_seconds=_SECONDS) as replica:
        looked_at, quiet = Path(temporary) / "looked-at", Path(temporary) / "quiet"
        child = crawling(looked_at, replica)
        try:
            wrong, times, seconds, made = ask(looked_at, options.requests)
        finally:
            child.kill()
            child.wait(30)
        ended = captures(looked_at)
        speed_alone = alone(quiet, replica, made)
    speed = made / seconds
    slower = 1 - speed / speed_alone
    print(
        f"{options.requests:,} pages in {seconds:.0f} s ({options.requests / seconds:.0f} a second),", end=" "
    )
    print(
        f"median {statistics.median(times) * 1_000:.0f} ms, p95 {statistics.quantiles(times, n=20)[-1] * 1_000:.0f} ms"
    )
    print(f"{made:,} captures meanwhile, {ended:,} in the end; {speed:.0f} a second, alone {speed_alone:.0f}")
    told = ", ".join(f"{number} x {what}" for what, number in wrong.items()) or "none"
    return conclude(
        [
            Bar(f"no error in {options.requests:,} requests", told, not wrong),
            Bar(f"the crawl is slowed by less than {SLOWER_BAR:.0%}", f"{slower:.0%}", slower < SLOWER_BAR),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
