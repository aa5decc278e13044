"""What a capture costs that `import` copies, beside the least that anybody could do with it.

    python benchmarks/import_speed.py [--captures 20000] [--rounds 3] [--quick]

The files are WARC as another crawler writes it, of a replica in all its dresses. The peer reads each response with
fastwarc, parses each body with `lxml.html.fromstring`, and writes the very rows that the import makes into the same
schema, with the same indexes and full text, by `executemany`: it finds nothing out by itself. Compared is the
processor time of a process of its own for each, children included, so that other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import lxml.html
from fastwarc.warc import ArchiveIterator, WarcRecordType
from foreign_warcs import write_files
from measuring import Bar, conclude, fork, markdown_table, median_and_range
from reading_side import copy_rows

from gzcrawler.archive import verify
from gzcrawler.importing import find_files, import_files
from gzcrawler.replica import Replica, ReplicaConfig

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 2.5
_PATIENCE = 3_600


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--captures", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bytes", type=int, default=30_000)
    parser.add_argument("--quick", action="store_true", help="2,000 captures, 2 rounds")
    options = parser.parse_args()
    captures, rounds = (2_000, 2) if options.quick else (options.captures, options.rounds)
    replica = Replica(ReplicaConfig(articles=int(captures * 0.95), page_bytes=options.bytes))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = write_files(folder, replica, captures, 4)
        spent: dict[str, list[float]] = {
            "fastwarc + lxml.html.fromstring": [],
            "raw sqlite3": [],
            "import": [],
        }
        archive, copy = folder / "archive", folder / "copy.db"
        for _ in range(rounds):
            shutil.rmtree(archive, ignore_errors=True)
            copy.unlink(missing_ok=True)
            spent["import"].append(_seconds(lambda: _import(archive, replica, files, captures)))
            spent["fastwarc + lxml.html.fromstring"].append(_seconds(lambda: _parse(files)))
            spent["raw sqlite3"].append(_copy_seconds(archive / "gzcrawler.db", copy, folder / "seconds"))
        damage = verify(archive).damage
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    peer = [
        a + b for a, b in zip(spent["fastwarc + lxml.html.fromstring"], spent["raw sqlite3"], strict=True)
    ]
    rows = [
        (name, median_and_range([1000 * seconds / captures for seconds in found], 2))
        for name, found in (*spent.items(), ("both peers", peer))
    ]
    print(f"{captures:,} captures, medians of {rounds} rounds\n")
    print(markdown_table(("", "processor ms a capture"), rows))
    print(f"\npeak memory of the largest process: {peak} MB")
    ratio = statistics.median(spent["import"]) / statistics.median(peer)
    return conclude(
        [
            Bar(f"processor time a capture <= {MOST} x of the peer", f"{ratio:.2f}", ratio <= MOST),
            Bar("nothing is damaged after", f"{len(damage)} damaged", not damage),
        ]
    )


def _seconds(work: Callable[[], int]) -> float:
    """Processor seconds of a child that does it, system time and its own children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    if fork(work).wait(_PATIENCE) != 0:
        sys.exit("a child failed")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _import(archive: Path, replica: Replica, files: list[Path], captures: int) -> int:
    report, code = import_files(archive, replica.portal, find_files(map(str, files)))
    return code or int(report.new != captures)


def _parse(files: list[Path]) -> int:
    read = 0
    for path in files:
        with path.open("rb") as file:
            for record in ArchiveIterator(file, record_types=WarcRecordType.response):
                lxml.html.fromstring(record.reader.read())
                read += 1
    return int(not read)


def _copy_seconds(source: Path, target: Path, told: Path) -> float:
    """Writing alone: reading the rows back and taking texts apart is none of the peer's work."""

    def work() -> int:
        told.write_text(str(copy_rows(source, target).processor))
        return 0

    if fork(work).wait(_PATIENCE) != 0:
        sys.exit("a child failed")
    return float(told.read_text())


if __name__ == "__main__":
    os.nice(5)
    sys.exit(main())
