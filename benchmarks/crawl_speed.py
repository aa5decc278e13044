"""Pages a second and memory of the whole job, against peers that only fetch, in the same run.

The job is ``gzcrawler crawl --no-images``: it reads every page, keeps WARC and SQLite, and brings the search
index up to date. Its peers: (a) a bare Scrapy spider with default settings, (b) the same spider with the job's own
loop (uvloop) and download handler, CONCURRENT_ITEMS=1 and no middlewares (peer_spider.py), (c) ``wget -r
--warc-file``. All ask the same replica, whose links are relative and without tracking, so that all can follow
them; no delays, sixteen requests at once (wget knows one). The parties take turns in each round.

Times are of whole processes, from start to exit. Pages are counted by the replica (answers with status 200).
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from measuring import Bar, conclude, markdown_table, median_and_range

from gzcrawler.replica import ReplicaConfig, RunningReplica, running_replica

FASTER_THAN_DEFAULT = 1.3
SHARE_OF_TUNED = 0.65
MEMORY_OF_DEFAULT = 1.6
FLAT = 1.15
"""Peak memory at four times the articles, against the smaller portal: what counts as flat."""
EQUAL_WORK = 0.05
"""Share by which the parties' pages may differ."""
_LONGEST = 3600.0

JOB, DEFAULT, TUNED, WGET = "gzcrawler crawl", "(a) Scrapy, default", "(b) Scrapy, tuned", "(c) wget"


@dataclass(frozen=True, slots=True)
class Lap:
    """One party's one run."""

    pages: int
    """Answers with status 200, counted by the replica."""
    seconds: float
    peak: float
    """Resident memory at its largest, in MB."""

    @property
    def rate(self) -> float:
        """Pages a second."""
        return self.pages / self.seconds


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--grown", type=int, default=20_000, help="articles for the job's memory; 0 leaves it out"
    )
    parser.add_argument("--quick", action="store_true", help="500 articles, 2 rounds, no growth")
    options = parser.parse_args()
    articles, rounds, grown = (
        (500, 2, 0) if options.quick else (options.articles, options.rounds, options.grown)
    )
    laps: defaultdict[str, list[Lap]] = defaultdict(list)
    parties = [JOB, DEFAULT, TUNED, WGET]
    if shutil.which("wget") is None:
        print("wget is missing (Debian package wget): (c) is left out", file=sys.stderr)
        parties.remove(WGET)
    with running_replica(replica_config(articles), max_seconds=6 * 3600) as replica:
        for number in range(rounds):
            for party in parties[number % len(parties) :] + parties[: number % len(parties)]:
                laps[party].append(run(party, replica))
                print(f"round {number + 1}, {party}: {laps[party][-1]}", file=sys.stderr)
    bars = _bars(laps)
    print(f"{articles:,} articles, {rounds} rounds, medians (least to most)\n")
    print(
        markdown_table(
            ("party", "pages/s", "pages", "seconds", "peak memory, MB"),
            [
                (
                    party,
                    median_and_range([lap.rate for lap in laps[party]]),
                    median_and_range([lap.pages for lap in laps[party]]),
                    median_and_range([lap.seconds for lap in laps[party]], 1),
                    median_and_range([lap.peak for lap in laps[party]]),
                )
                for party in parties
            ],
        )
    )
    if grown:
        with running_replica(replica_config(grown), max_seconds=3 * 3600) as replica:
            large = run(JOB, replica)
        small = statistics.median(lap.peak for lap in laps[JOB])
        print(f"\n{grown:,} articles: {large.rate:,.0f} pages/s, peak memory {large.peak:,.0f} MB")
        bars.append(
            Bar(
                f"peak memory flat from {articles:,} to {grown:,} articles (<= {FLAT} x)",
                f"{large.peak / small:.2f} x",
                large.peak <= FLAT * small,
            )
        )
    return conclude(bars)


def replica_config(articles: int) -> ReplicaConfig:
    """A portal that peers without a map can follow: one host, relative links, one address a page."""
    return ReplicaConfig(articles=articles, absolute_links=0.0, tracking_links=0.0, phone_links=0.0)


def run(party: str, replica: RunningReplica) -> Lap:
    """One party crawls the whole replica into a folder that is thrown away.

    Raises:
        RuntimeError: it failed.
    """
    replica.counters(clear=True)
    with tempfile.TemporaryDirectory() as folder:
        command = _command(party, replica, Path(folder))
        started = time.monotonic()
        with Path(folder, "output").open("wb") as output:
            child = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder)
            code, peak = _wait(child, started + _LONGEST)
        seconds = time.monotonic() - started
        pages = replica.counters()["statuses"].get("200", 0)
        # wget says 8 where any answer was an error, and a portal has links to pages that are gone.
        if not pages or code not in ((0, 8) if party == WGET else (0,)):
            said = Path(folder, "output").read_text("utf-8", "replace")
            raise RuntimeError(f"{party} ended with {code}: {said[-2000:]}")
    return Lap(pages, seconds, peak)


def _wait(child: subprocess.Popen[bytes], deadline: float) -> tuple[int, float]:
    """Exit code and peak memory in MB; resource usage comes only with the wait itself."""
    while True:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            child.returncode = os.waitstatus_to_exitcode(status)
            return child.returncode, usage.ru_maxrss / 1024
        if time.monotonic() > deadline:
            child.kill()
        time.sleep(0.02)


def _command(party: str, replica: RunningReplica, folder: Path) -> list[str]:
    if party == JOB:
        command = [sys.executable, "-m", "gzcrawler", "crawl", "--portal", str(replica.map_file), "--quiet"]
        return [
            *command,
            "--archive",
            str(folder / "archive"),
            "--no-images",
            "--delay=0",
            "--concurrency=16",
        ]
    if party == WGET:
        images = r"\.(jpe?g|png|gif|ico|css|js|pdf|docx?|xlsx?|mp4|xml|txt)$"
        command = ["wget", "-r", "-l", "inf", "-nv", "-e", "robots=off", "--reject-regex", images]
        return [*command, "--warc-file", str(folder / "pages"), "-P", str(folder / "files"), replica.url]
    which = "default" if party == DEFAULT else "tuned"
    return [sys.executable, str(Path(__file__).with_name("peer_spider.py")), which, replica.url]


def _bars(laps: dict[str, list[Lap]]) -> list[Bar]:
    rates = {party: statistics.median(lap.rate for lap in runs) for party, runs in laps.items()}
    pages = {party: statistics.median(lap.pages for lap in runs) for party, runs in laps.items()}
    peaks = {party: statistics.median(lap.peak for lap in runs) for party, runs in laps.items()}
    apart = max(abs(count / pages[JOB] - 1) for count in pages.values())
    return [
        Bar(
            f"all parties fetch the same pages (within {EQUAL_WORK:.0%})",
            f"{apart:.1%} apart",
            apart <= EQUAL_WORK,
        ),
        Bar(
            f">= {FASTER_THAN_DEFAULT} x (a)",
            f"{rates[JOB] / rates[DEFAULT]:.2f} x",
            rates[JOB] >= FASTER_THAN_DEFAULT * rates[DEFAULT],
        ),
        Bar(
            f">= {SHARE_OF_TUNED} x (b)",
            f"{rates[JOB] / rates[TUNED]:.2f} x",
            rates[JOB] >= SHARE_OF_TUNED * rates[TUNED],
        ),
        Bar(
            f"peak memory <= {MEMORY_OF_DEFAULT} x (a)",
            f"{peaks[JOB] / peaks[DEFAULT]:.2f} x",
            peaks[JOB] <= MEMORY_OF_DEFAULT * peaks[DEFAULT],
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
