"""How many captures a second `verify` checks: every digest, every offset, every revision, the database itself."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from measuring import Bar, conclude, crawl_options, fork, markdown_table, median_and_range

from gzcrawler.archive import verify
from gzcrawler.crawling import crawl
from gzcrawler.replica import ReplicaConfig, running_replica

CAPTURES_A_SECOND = 1000
_LONGEST = 1800.0


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="300 articles")
    options = parser.parse_args()
    articles = 300 if options.quick else options.articles
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "archive"
        with running_replica(ReplicaConfig(articles=articles)) as replica:
            crawling = crawl_options(archive, replica)
            code = fork(lambda: crawl(crawling).exit_code).wait(_LONGEST)
        if code:
            raise RuntimeError(f"the crawl ended with {code}")
        rates = []
        for _ in range(options.rounds):
            started = time.monotonic()
            found = verify(archive)
            rates.append(found.captures / (time.monotonic() - started))
        size = sum(path.stat().st_size for path in (archive / "warc").iterdir())
        damaged = verify_notices_damage(archive)
    row = (f"{found.captures:,}", f"{size / 1e6:.0f}", f"{found.revisions:,}", median_and_range(rates))
    print(markdown_table(("captures", "WARC, MB", "revisions", "captures/s"), [row]))
    rate = statistics.median(rates)
    return conclude(
        [
            Bar(f"captures/s >= {CAPTURES_A_SECOND:,}", f"{rate:,.0f}", rate >= CAPTURES_A_SECOND),
            Bar("the whole archive is in order", f"{len(found.damage)} damaged", not found.damage),
            Bar("one bit turned is noticed", "yes" if damaged else "no", damaged),
        ]
    )


def verify_notices_damage(archive: Path) -> bool:
    """Turn one bit in the middle of a WARC file: a fast check that checks nothing would not see it."""
    path = max((archive / "warc").iterdir(), key=lambda file: file.stat().st_size)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    return bool(verify(archive).damage)


if __name__ == "__main__":
    sys.exit(main())
