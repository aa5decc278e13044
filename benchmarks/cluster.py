"""What a Dask cluster costs: `reparse` by its two workers beside two processes, undisturbed and with workers killed.

    python benchmarks/cluster.py [--captures 20000] [--rounds 5] [--kills 3]

Scheduler and workers run in processes of their own and speak TCP on loopback, one thread a worker, each with
Dask's nanny that starts another when it dies. The archive is that of `reparse_speed.py`. In turns and in the
same run: `reparse` by `--workers 2`, by the cluster, and by the cluster with a worker killed (SIGKILL) after
equal parts of the captures. Then, of a smaller archive that older readers had read, so that every record
changes: all three ways once, from copies of the same archive, and their tables compared row by row.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from distributed import Client, LocalCluster
from end_state import differences, end_state
from measuring import Bar, conclude, markdown_table, median_and_range
from reparse_speed import fill

from gzcrawler.archive import reparse, verify
from gzcrawler.archive.reparse import count_captures
from gzcrawler.workers import Cluster, Processes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gzcrawler.portals import Portal
    from gzcrawler.workers import Workers

MOST = 1.3
"""Times the wall time of as many processes."""
_WORKERS = 2


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--captures", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--bytes", type=int, default=30_000)
    parser.add_argument(
        "--quick", action="store_true", help="2,000 captures, 1 round; shows no times worth a claim"
    )
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve(options.serve)
    captures, rounds = (2_000, 1) if options.quick else (options.captures, options.rounds)
    with tempfile.TemporaryDirectory() as name, cluster(Path(name) / "address") as address:
        archive = Path(name) / "archive"
        portal = fill(archive, captures, options.bytes, older=False)
        ways: dict[str, tuple[Workers, int]] = {
            f"`--workers {_WORKERS}`": (Processes(_WORKERS), 0),
            f"`--cluster`, {_WORKERS} workers": (Cluster(address), 0),
            f"the same, {options.kills} workers killed": (Cluster(address), options.kills),
        }
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        processor: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, (workers, kills) in ways.items():
                before = processor_seconds()
                seconds[way].append(read_again(archive, portal, workers, address, kills))
                processor[way].append(processor_seconds() - before)
        damage = verify(archive).damage
        differing = compare(Path(name), portal, max(captures // 5, 800), options.bytes, ways, address)
    base, *others = (statistics.median(found) for found in seconds.values())
    rows = [(way, *of_the_first(seconds, way), *of_the_first(processor, way)) for way in ways]
    print(f"{captures:,} captures, medians of {rounds} rounds in turns\n")
    print(markdown_table(("", "seconds", "of the first", "of processors", "of the first"), rows))
    bars = [
        Bar(f"{way}: <= {MOST} x the wall time", f"{median / base:.2f}", median / base <= MOST)
        for way, median in zip(list(ways)[1:], others, strict=True)
    ]
    return conclude(
        [
            *([] if options.quick else bars),
            Bar("equal tables", f"{len(differing)} rows differ", not differing),
            Bar("nothing is damaged after", f"{len(damage)} damaged", not damage),
        ]
    )


def of_the_first(found: dict[str, list[float]], way: str) -> tuple[str, str]:
    """Median and range of a way, and how often that of the first."""
    base = statistics.median(next(iter(found.values())))
    return median_and_range(found[way], 1), f"{statistics.median(found[way]) / base:.2f}"


def processor_seconds() -> float:
    """Of this process and all that it has started, scheduler and workers included, the dead ones too."""
    here = psutil.Process()
    total = 0.0
    for process in (here, *here.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])
    return total


def read_again(archive: Path, portal: Portal, workers: Workers, address: str, kills: int) -> float:
    """Seconds that `reparse` takes, connecting or starting processes included."""
    total = count_captures(archive, portal)
    started = time.monotonic()
    with killing(address, total, kills) as tell:
        report, _ = reparse(archive, portal, workers=workers, tell=tell)
    seconds = time.monotonic() - started
    assert (report.captures, report.changed) == (total, 0), report.as_dict()
    return seconds


@contextmanager
def killing(address: str, total: int, kills: int) -> Iterator[object]:
    """Told of captures read, kills a worker after equal parts of them."""
    moments = [total * (number + 1) // (kills + 1) for number in range(kills)]
    done = 0
    with Client(address, set_as_default=False) as client:

        def tell(captures: int) -> None:
            nonlocal done
            done += captures
            if moments and done >= moments[0]:
                moments.pop(0)
                os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)

        yield tell
        assert not moments, "not all workers were killed"
        client.wait_for_workers(_WORKERS)


def compare(
    folder: Path, portal: Portal, captures: int, size: int, ways: dict[str, tuple[Workers, int]], address: str
) -> list[str]:
    """What differs in the tables after each way, from the first."""
    fill(folder / "older", captures, size, older=True)
    total = count_captures(folder / "older", portal)
    states = []
    for workers, kills in ways.values():
        copy = folder / "copy"
        shutil.copytree(folder / "older", copy)
        with killing(address, total, kills) as tell:
            report, _ = reparse(copy, portal, workers=workers, tell=tell)
        assert report.revisions > report.captures / 2, report.as_dict()
        states.append(end_state(copy))
        shutil.rmtree(copy)
    found = [sentence for state in states[1:] for sentence in differences(states[0], state)]
    print(*found[:20], sep="\n", end="", file=sys.stderr)
    return found


@contextmanager
def cluster(told: Path) -> Iterator[str]:
    """Address of a scheduler with its workers, in processes of their own."""
    served = subprocess.Popen([sys.executable, __file__, "--serve", str(told)], stdin=subprocess.PIPE)
    try:
        while not told.exists():
            if served.poll() is not None:
                raise SystemExit("the cluster did not start")
            time.sleep(0.05)
        yield told.read_text("utf-8")
    finally:
        served.communicate()


def serve(told: Path) -> int:
    """Be the cluster, until stdin ends."""
    with (
        warnings.catch_warnings(),
        LocalCluster(
            n_workers=_WORKERS,
            threads_per_worker=1,
            protocol="tcp",
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=50,
        ) as running,
    ):
        aside = told.with_suffix(".new")
        aside.write_text(running.scheduler_address, "utf-8")
        aside.replace(told)
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
