"""Gaps between requests to each host, in real time: read from the server's own log, held against what was demanded.

A crawl of several hosts at the default second between requests; the robots.txt of one of them wants two
(Crawl-delay); one complains with 503 and a Retry-After in seconds, one with 429 and a Retry-After date, one
with 503 alone. After some minutes the crawl is interrupted, as cron's host would on its way down.

A gap counts from the moment the server had read a request to the moment it had read the next one of that host.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from measuring import Bar, conclude, markdown_table

from gzcrawler.archive import connect_to_read
from gzcrawler.replica import FaultRule, ReplicaConfig, replica_map, running_replica
from gzcrawler.replica.portal_map import as_toml

if TYPE_CHECKING:
    from gzcrawler.replica.server import Request

SLOW = "www.eguangzhou.test"
"""Its robots.txt has a Crawl-delay."""
SECONDS = "eguangzhou.test"
"""Answers some addresses with 503 and Retry-After in seconds."""
DATE = "guangzhou.chinadaily.test"
"""Answers some addresses with 429 and Retry-After as a date."""
BARE = "regional.chinadaily.test"
"""Answers some addresses with 503 alone."""
_SHARE = 0.05
"""Part of the addresses that complain, once each."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What is demanded of the crawl, in seconds."""

    seconds: float
    """How long it runs."""
    delay: float
    crawl_delay: float
    retry_after: int


@dataclass(frozen=True, slots=True)
class HostGaps:
    """What one host saw."""

    host: str
    requests: int
    complaints: str
    demanded: float
    smallest: float
    """Of the gaps that no complaint went before."""
    after_complaint: float | None
    """Smallest gap after a complaint that named a time."""
    below: int
    """Gaps below the demanded one."""
    stored: float | None
    """The smallest gap that the run itself measured."""


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--quick", action="store_true", help="half a minute, at a fifth of the delays")
    options = parser.parse_args()
    demand = Demand(30.0, 0.2, 0.4, 1) if options.quick else Demand(options.seconds, 1.0, 2.0, 7)
    with tempfile.TemporaryDirectory(prefix="gzcrawler-politeness-") as folder:
        rows = crawl_politely(Path(folder), demand)
    head = (
        "host",
        "requests",
        "complaints",
        "demanded s",
        "smallest gap s",
        "after a complaint s",
        "stored s",
    )
    print(
        markdown_table(
            (*head, "below"),
            [
                (
                    row.host,
                    row.requests,
                    row.complaints,
                    row.demanded,
                    f"{row.smallest:.3f}",
                    "" if row.after_complaint is None else f"{row.after_complaint:.3f}",
                    row.stored,
                    row.below,
                )
                for row in rows
            ],
        )
    )
    gaps = sum(row.requests - 1 for row in rows)
    below = sum(row.below for row in rows)
    named = [row for row in rows if row.after_complaint is not None]
    untrue = [row.host for row in rows if row.stored is None or row.stored > row.smallest + 0.001]
    return conclude(
        [
            Bar("gaps below the demanded one", f"{below} of {gaps}", below == 0 and gaps > 0),
            Bar("hosts with Retry-After, in both forms", f"{len(named)} of 2", len(named) == 2),
            Bar("hosts whose stored smallest gap is above the server's", f"{len(untrue)}", not untrue),
        ]
    )


def crawl_politely(folder: Path, demand: Demand) -> list[HostGaps]:
    """Crawl for a while; what each host saw."""
    config = ReplicaConfig(
        seed=4,
        articles=4000,
        absolute_links=1.0,
        robots_of=((SLOW, f"User-agent: *\nCrawl-delay: {demand.crawl_delay:g}\n"),),
        faults=(
            FaultRule(kind="status", status=503, retry_after=demand.retry_after, path=f"^{SECONDS}/.*html?$", share=_SHARE),
            FaultRule(kind="status", status=429, retry_after=demand.retry_after, as_date=True, path=f"^{DATE}/.*html?$", share=_SHARE),
            FaultRule(kind="status", status=503, path=f"^{BARE}/.*html?$", share=_SHARE),
        ),
    )  # fmt: skip
    with running_replica(config, max_seconds=demand.seconds + 300) as replica:
        facts = replica_map(replica.port, delay=demand.delay, concurrency=1)
        for number, host in enumerate(facts["hosts"]):
            # Each host a site of its own, so that links lead to all of them.
            host["site"] = f"site-{number}"
            host.pop("generations", None)
        map_file = folder / "replica.toml"
        map_file.write_text(as_toml(facts), "utf-8")
        archive = folder / "archive"
        command = [sys.executable, "-m", "gzcrawler", "crawl", "--quiet", "--json"]
        command += ["--portal", str(map_file), "--archive", str(archive)]
        with subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE, text=True) as child:
            time.sleep(demand.seconds)
            child.send_signal(signal.SIGINT)
            told, _ = child.communicate(timeout=120)
        print(json.loads(told)["verdict"], file=sys.stderr)
        return _judge(replica.log(), archive, demand)


def _judge(log: list[Request], archive: Path, demand: Demand) -> list[HostGaps]:
    seen: dict[str, list[Request]] = defaultdict(list)
    for request in log:
        seen[request.host].append(request)
    connection = connect_to_read(archive / "gzcrawler.db")
    stored = dict(connection.execute("SELECT host, smallest_gap FROM hosts").fetchall())
    connection.close()
    rows = []
    for host, requests in sorted(seen.items()):
        demanded = demand.crawl_delay if host == SLOW else demand.delay
        plain: list[float] = []
        after: list[float] = []
        for earlier, later in itertools.pairwise(requests):
            complained = earlier.status in (429, 503) and host in (SECONDS, DATE)
            (after if complained else plain).append(later.monotonic - earlier.monotonic)
        below = sum(gap < demanded for gap in plain) + sum(gap < demand.retry_after for gap in after)
        statuses = Counter(request.status for request in requests if request.status in (429, 503))
        rows.append(
            HostGaps(
                host=host,
                requests=len(requests),
                complaints=", ".join(f"{count} × {status}" for status, count in statuses.items()) or "none",
                demanded=demanded,
                smallest=min(plain, default=float("inf")),
                after_complaint=min(after, default=None),
                below=below,
                stored=stored.get(host),
            )
        )
    return rows


if __name__ == "__main__":
    sys.exit(main())
