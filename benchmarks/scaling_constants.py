"""What a capture costs in bytes and processor time: the constants of docs/scaling.md.

    python benchmarks/scaling_constants.py [--captures 2000]

Pages of the replica in all its dresses, recorded by the archive's own door; then each job over them in one
process, in turns. Processor time, since it bears the load of others on the machine; medians.
"""

from __future__ import annotations

import argparse
import pickle
import resource
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from measuring import markdown_table
from reparse_speed import fill

from gzcrawler.archive import open_archive, rebuild, verify
from gzcrawler.archive.directory import Directory
from gzcrawler.archive.remote_rereading import RemoteRereading
from gzcrawler.archive.reparse import stretches_of
from gzcrawler.archive.viewpoint import ArchiveView
from gzcrawler.exports.parquet_partitions import write_partitions
from gzcrawler.workers import Processes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gzcrawler.portals import Portal
    from gzcrawler.workers import Job


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--captures", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bytes", type=int, default=30_000)
    parser.add_argument("--quick", action="store_true", help="800 captures, once")
    options = parser.parse_args()
    captures, rounds = (800, 1) if options.quick else (options.captures, options.rounds)
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        archive = Path(name) / "archive"
        started = time.process_time()
        portal = fill(archive, captures, options.bytes, older=False)
        found["made by the replica, read and recorded"] = [time.process_time() - started]
        for round_number in range(rounds):
            for job, seconds in measure(archive, portal, Path(name) / f"columns-{round_number}").items():
                found.setdefault(job, []).append(seconds)
        warc = sum(path.stat().st_size for path in (archive / "warc").iterdir())
        database = (archive / "gzcrawler.db").stat().st_size
        columns = sum(path.stat().st_size for path in (Path(name) / "columns-0").rglob("*.parquet"))
    rows = [(job, f"{1000 * statistics.median(seconds) / captures:.2f}") for job, seconds in found.items()]
    print(f"{captures:,} captures, pages of {options.bytes:,} bytes; medians of {rounds} rounds in turns\n")
    print(markdown_table(("processor time", "ms a capture"), rows))
    sizes = {"warc/": warc, "gzcrawler.db": database, "Parquet, all tables": columns}
    print()
    print(
        markdown_table(
            ("bytes", "KB a capture"),
            [(what, f"{size / captures / 1000:.1f}") for what, size in sizes.items()],
        )
    )
    print(f"\npeak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB")
    return 0


def measure(archive: Path, portal: Portal, columns: Path) -> dict[str, float]:
    """Processor seconds of each job, once."""
    seconds: dict[str, float] = {}
    workers = OneWorker()
    started = time.process_time()
    with (
        open_archive(archive) as opened,
        closing(
            RemoteRereading(Directory(archive), portal, workers=workers, files_at=str(archive))
        ) as rereading,
    ):
        changed = sum(
            len(share.changed) for share in rereading.shares(stretches_of(opened.connection, portal))
        )
    assert changed == 0
    whole = time.process_time() - started
    seconds["reparse on a cluster: its workers"] = workers.seconds
    seconds["reparse on a cluster: the machine that has the database"] = whole - workers.seconds
    started = time.process_time()
    assert verify(archive).damage == []
    seconds["verify"] = time.process_time() - started
    started = time.process_time()
    rebuild(archive)
    seconds["rebuild"] = time.process_time() - started
    started = time.process_time()
    columns.mkdir()
    with ArchiveView(archive) as view:
        write_partitions(columns, view.articles(), keys=("portal", "year"), workers=Processes(1))
    seconds["export parquet --partition portal,year"] = time.process_time() - started
    return seconds


class OneWorker:
    """A cluster of one worker in this process, whose own processor time is counted; what travels is pickled."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def results(self, job: Job, tasks: Iterable[object]) -> Iterator[object]:
        """As those of `gzcrawler.workers`."""
        with job.begin() as tool:
            for task in tasks:
                sent = pickle.dumps(task)
                started = time.process_time()
                result = pickle.dumps(job.work(tool, pickle.loads(sent)))
                self.seconds += time.process_time() - started
                yield pickle.loads(result)


if __name__ == "__main__":
    sys.exit(main())
