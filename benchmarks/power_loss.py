"""Power cut at random moments of a crawl: does the archive open, and end as an undisturbed run would have?

The writes and fsyncs of a real crawl are recorded by ``strace`` (Debian package strace): a run that is killed
between a WARC append and its commit, a rebuild of the database, and the run that finishes. For each cut the folder
is built again as a disk may hold it (see lost_writes.py), opened, checked for everything that had been
acknowledged before the cut, crawled to the end, and compared.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import kill_points
from crash import replica_config, undisturbed
from end_state import EndState, differences, end_state, find_faults
from lost_writes import TRACED, Disk, Event, read_events
from measuring import Bar, conclude, crawl_options, fork, markdown_table

from gzcrawler.archive import Archive, rebuild
from gzcrawler.archive.commit import Committer
from gzcrawler.crawl_run import CrawlOptions
from gzcrawler.crawling import crawl
from gzcrawler.portals import load_portal
from gzcrawler.replica import RunningReplica, running_replica

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PATIENCE = 120.0


def main() -> int:
    """Runs the benchmark, or in a child the crawl that it records."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--articles", type=int, default=100, help="some 2.7 pages each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="40 cuts of a smaller crawl")
    parser.add_argument(
        "--recorded", nargs=4, metavar=("STEP", "ARCHIVE", "MAP", "ACKS"), help=argparse.SUPPRESS
    )
    options = parser.parse_args()
    if options.recorded:
        step, archive, map_file, acks = options.recorded
        return _recorded(step, Path(archive), map_file, acks)
    if shutil.which("strace") is None:
        print("strace is missing (Debian package strace)", file=sys.stderr)
        return 2
    cuts, articles = (40, 60) if options.quick else (options.cuts, options.articles)
    started = time.monotonic()
    with running_replica(replica_config(articles)) as replica, tempfile.TemporaryDirectory() as name:
        scratch = Path(name).resolve()
        expected = undisturbed(scratch / "undisturbed", replica)
        events = record(scratch, replica)
        chance = random.Random(options.seed)
        labels: Counter[str] = Counter()
        problems: list[str] = []
        for event, image, acknowledged in images(events, scratch, cuts, chance):
            labels[event.label] += 1
            if found := try_image(image, scratch, replica, expected, acknowledged):
                problems.append(f"power lost before {event.label}: {'; '.join(found[:6])}")
                print(problems[-1], file=sys.stderr)
    print(
        f"seed {options.seed}; {len(events):,} recorded calls, {expected.count('pages'):,} pages; "
        f"{time.monotonic() - started:.0f} s\n"
    )
    print(markdown_table(("power lost before", "cuts"), sorted(labels.items())))
    return conclude(
        [
            Bar("power cuts", str(labels.total()), labels.total() >= cuts),
            Bar(
                "opened, nothing acknowledged lost, end states equal",
                f"{len(problems)} of {labels.total()} cuts with problems",
                not problems,
            ),
        ]
    )


def images(
    events: Sequence[Event], scratch: Path, cuts: int, chance: random.Random
) -> Iterator[tuple[Event, dict[str, bytes | None], int]]:
    """(event before which power was lost, what the disk holds, entries acknowledged until then) of each cut."""
    chosen = choose_cuts(events, cuts, chance)
    disk = Disk(scratch / "disk")
    acknowledged = 0
    for number, event in enumerate(events):
        for _ in range(chosen[number]):
            yield event, disk.image(chance), acknowledged
        if event.path == str(scratch / "acknowledged"):
            acknowledged += sum(map(int, event.data.split()))
        else:
            disk.take(event)


def record(scratch: Path, replica: RunningReplica) -> list[Event]:
    """Record three processes on one archive: a crawl killed after an fsync, a rebuild, a crawl to the end.

    Raises:
        RuntimeError: one did not end as it should.
    """
    (scratch / "disk").mkdir()
    events: list[Event] = []
    acks, log = scratch / "acknowledged", scratch / "strace.log"
    for step, wanted in (("killed", (-9, 137)), ("rebuild", (0,)), ("crawl", (0, 10))):
        command = ["strace", "-f", "--seccomp-bpf", "-y", "-xx", "-s", "100000000", "-e", "signal=none"]
        command += ["-e", f"trace={TRACED}", "-o", str(log), sys.executable, __file__, "--recorded", step]
        command += [str(scratch / "disk/archive"), str(replica.map_file), str(acks)]
        code = subprocess.run(command, check=False, timeout=600).returncode
        if code not in wanted:
            raise RuntimeError(f"recording {step!r} ended with {code}")
        events += read_events(log, under=(scratch / "disk", acks))
        log.unlink()
    return events


def choose_cuts(events: Sequence[Event], count: int, chance: random.Random) -> Counter[int]:
    """Half of the cuts anywhere, half with each kind of call as often as any other."""
    by_label: defaultdict[str, list[int]] = defaultdict(list)
    for number, event in enumerate(events):
        by_label[event.label].append(number)
    chosen = [chance.randrange(len(events)) for _ in range(count // 2)]
    labels = sorted(by_label)
    chosen += [chance.choice(by_label[chance.choice(labels)]) for _ in range(count - len(chosen))]
    return Counter(chosen)


def try_image(
    image: dict[str, bytes | None],
    scratch: Path,
    replica: RunningReplica,
    expected: EndState,
    acknowledged: int,
) -> list[str]:
    """Open and resume what the disk holds; returns what is wrong with it."""
    folder = scratch / "image"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path, content in image.items():
        if content is None:
            (folder / path).mkdir()
        else:
            (folder / path).write_bytes(content)
    archive = folder / "archive"
    kept = folder / "kept"
    try:
        code = fork(lambda: _open_and_crawl(archive, replica, kept)).wait(_PATIENCE)
    except TimeoutError:
        return ["hung"]
    if code not in (0, 10):
        return [f"exit code {code}; found {sorted((p, len(c or b'')) for p, c in image.items())}"]
    there = int(kept.read_text("ascii"))
    lost = [f"{acknowledged - there} of {acknowledged} acknowledged lost"] if there < acknowledged else []
    return lost + find_faults(archive) + differences(expected, end_state(archive))


def _open_and_crawl(archive: Path, replica: RunningReplica, kept: Path) -> int:
    options = crawl_options(archive, replica)
    with Archive(archive, options.portal, command="crawl") as opened:
        (number,) = opened.connection.execute(
            "SELECT (SELECT count(*) FROM captures) + (SELECT count(*) FROM failures)"
        ).fetchone()
        kept.write_text(str(number), "ascii")
    return crawl(options).exit_code


def _recorded(step: str, archive: Path, map_file: str, acks: str) -> int:
    """The recorded process; a crawl says after each commit how many entries were acknowledged."""
    if step == "rebuild":
        rebuild(archive)
        return 0
    if step == "killed":
        kill_points.arm(kill_points.KillPoint("sync", 4, 0, 0))
    descriptor = os.open(acks, os.O_WRONLY | os.O_CREAT, 0o644)
    commit = Committer.commit

    def told(committer: Committer, entries: Sequence[object]) -> object:
        outcomes = commit(committer, entries)  # handed on as it came
        os.write(descriptor, f"{len(entries)}\n".encode())
        return outcomes

    Committer.commit = told  # this process exists to be recorded
    options = CrawlOptions(archive=archive, portal=load_portal(map_file), delay=0, concurrency=16)
    return crawl(options).exit_code


if __name__ == "__main__":
    sys.exit(main())
