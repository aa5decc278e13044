"""`crawl --all` over forty replica hosts in one process: does each get its page a second, and no more?

Forty portals, each at a host of its own, on one replica, at the default second between requests. Requests and
gaps are read from the server's own log: a gap counts from the moment the server had read a request to the moment it
had read the next one of that host. Memory is the process's peak, over a length of time and over twice that.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from measuring import Bar, conclude, markdown_table

from gzcrawler.replica import ReplicaConfig, family_maps, running_replica
from gzcrawler.replica.portal_map import as_toml

if TYPE_CHECKING:
    from gzcrawler.replica.server import Request

RATE = 0.95
"""Part of one request a delay and host that is reached at least."""
GROWTH = 1.1
"""Peak memory of the longer crawl, at most so many times that of the shorter one."""


@dataclass(frozen=True, slots=True)
class Length:
    """One crawl of the family, as the server and the kernel saw it."""

    seconds: float
    """From the first request to the last."""
    requests: int
    per_second: float
    """Of which the first second of each host, in which it is opened, counts."""
    smallest_gap: float
    median_gap: float
    below: int
    """Gaps below the delay."""
    slowest: float
    """Requests of the host that had the fewest, a second."""
    peak: float
    """Megabytes."""
    processor: float
    """Milliseconds a page."""
    code: int


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hosts", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=600.0, help="of the longer crawl")
    parser.add_argument("--delay", type=float, default=1.0)
    parser.add_argument("--quick", action="store_true", help="15 and 30 seconds")
    options = parser.parse_args()
    longer = 30.0 if options.quick else options.seconds
    lengths = [crawl_for(options.hosts, seconds, options.delay) for seconds in (longer / 2, longer)]
    head = ("seconds", "requests", "a second", "slowest host, a second", "smallest gap s", "median gap s")
    print(
        markdown_table(
            (*head, "below", "peak MB", "ms of processor a page"),
            [
                (
                    f"{length.seconds:.0f}",
                    f"{length.requests:,}",
                    f"{length.per_second:.1f}",
                    f"{length.slowest:.3f}",
                    f"{length.smallest_gap:.3f}",
                    f"{length.median_gap:.3f}",
                    length.below,
                    f"{length.peak:.0f}",
                    f"{length.processor:.1f}",
                )
                for length in lengths
            ],
        )
    )
    wanted = options.hosts / options.delay
    shorter, last = lengths
    below = sum(length.below for length in lengths)
    growth = last.peak / shorter.peak
    return conclude(
        [
            Bar(
                f"pages a second, of {wanted:g}",
                f"{last.per_second:.1f}, {last.per_second / wanted:.3f} of them",
                last.per_second >= RATE * wanted,
            ),
            Bar("gaps below the delay", str(below), below == 0 and last.requests > options.hosts),
            Bar("peak memory, twice the length", f"{growth:.2f} x", growth <= GROWTH),
            Bar("interrupted, each with its verdict", str(last.code), {length.code for length in lengths} == {130}),
        ]
    )  # fmt: skip


def crawl_for(hosts: int, seconds: float, delay: float) -> Length:
    """Crawl a family for so long, then interrupt it."""
    config = ReplicaConfig(seed=7, articles=1_000, absolute_links=0.0)
    with (
        tempfile.TemporaryDirectory(prefix="gzcrawler-family-") as name,
        running_replica(config, max_seconds=seconds + 300) as replica,
    ):
        folder = Path(name)
        maps = []
        for facts in family_maps(replica.port, hosts, delay=delay):
            path = folder / f"{facts['name']}.toml"
            path.write_text(as_toml(facts), "utf-8")
            maps.append(str(path))
        command = [sys.executable, "-m", "gzcrawler", "crawl", "--all", "--quiet", "--json"]
        command += ["--portals", ",".join(maps), "--archive", str(folder / "archives")]
        with subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE, text=True) as child:
            _watch(child, seconds)
            child.send_signal(signal.SIGINT)
            assert child.stdout is not None
            told = json.loads(child.stdout.read())
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        print(told["verdict"][:100], file=sys.stderr)
        processor = (usage.ru_utime + usage.ru_stime) * 1000
        return _judge(replica.log(), delay, usage.ru_maxrss / 1024, processor, child.returncode)


def _watch(child: subprocess.Popen[str], seconds: float) -> None:
    """Let it crawl; say now and then on stderr how much memory it holds."""
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        time.sleep(min(15.0, left))
        status = Path(f"/proc/{child.pid}/status")
        if status.exists():
            held = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
            print(f"{seconds - max(0.0, ends - time.monotonic()):.0f} s: {held}", file=sys.stderr)


def _judge(log: list[Request], delay: float, peak: float, processor: float, code: int) -> Length:
    seen: dict[str, list[float]] = defaultdict(list)
    for request in log:
        seen[request.host].append(request.monotonic)
    gaps = [later - earlier for moments in seen.values() for earlier, later in itertools.pairwise(moments)]
    seconds = log[-1].monotonic - log[0].monotonic
    return Length(
        seconds=seconds,
        requests=len(log),
        per_second=len(log) / seconds,
        smallest_gap=min(gaps),
        median_gap=statistics.median(gaps),
        below=sum(gap < delay for gap in gaps),
        slowest=min(len(moments) for moments in seen.values()) / seconds,
        peak=peak,
        processor=processor / len(log),
        code=code,
    )


if __name__ == "__main__":
    sys.exit(main())
