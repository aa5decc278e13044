"""SIGKILL at random moments of an import, repeated each time: does it end as an undisturbed one would have?

    python benchmarks/import_crash.py [--moments 100] [--seed 1] [--quick]

The kills fall where those of `crash.py` do (`kill_points.py`): after a record was appended or half of it, after an fsync, within a
transaction, before its COMMIT and after it, while opening and concluding, and by the clock. The files hold pages of a replica,
spread over several WARC files, with captures that repeat what lies in another one; every second import has two processes read.
After each kill the same call is made again. At the end all tables are compared, each capture with its moment and
original id, and nothing may be left over in the WARC files.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import kill_points
from end_state import differences, end_state, find_faults, uncommitted_bytes
from foreign_warcs import write_files
from measuring import Bar, conclude, fork, markdown_table

from gzcrawler.archive import connect_to_read, rebuild
from gzcrawler.importing import find_files, import_files
from gzcrawler.replica import Replica, ReplicaConfig
from gzcrawler.workers import Processes

if TYPE_CHECKING:
    from collections.abc import Callable

    from gzcrawler.portals import Portal

_PATIENCE = 180
_KILLED = -9
_EACH = """SELECT url, captured_at, via, original_id, status, kind, payload_digest, record_type = 'response'
    FROM captures"""


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--moments", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="12 moments")
    options = parser.parse_args()
    moments = 12 if options.quick else options.moments
    chance = random.Random(options.seed)
    replica = Replica(ReplicaConfig.mixed(articles=180, page_bytes=2_000))
    kinds: Counter[str] = Counter()
    problems: list[str] = []
    left = 0
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        files = write_files(scratch, replica, 220, 3, every=20)
        whole = scratch / "undisturbed"
        if fork(_import(whole, replica.portal, files, 1)).wait(_PATIENCE) not in (0, 10):
            sys.exit("the undisturbed import failed")
        expected, captures = end_state(whole), _captures(whole)
        while kinds.total() < moments and not problems:
            archive = scratch / f"archive-{kinds.total()}"
            left += _disturb(archive, replica.portal, files, chance, kinds, moments)
            problems += [*differences(expected, end_state(archive)), *find_faults(archive)]
            problems += [f"lost {row}" for row in (captures - _captures(archive)).elements()]
            problems += [f"doubled {row}" for row in (_captures(archive) - captures).elements()]
            rebuild(archive)
            problems += [f"rebuilt: lost {row}" for row in (captures - _captures(archive)).elements()]
            shutil.rmtree(archive)
    for problem in problems[:10]:
        print(problem, file=sys.stderr)
    print(f"{captures.total():,} captures in {len(files)} files\n")
    print(markdown_table(("killed at", "kills"), sorted(kinds.items())))
    between = sum(kinds[kind] for kind in kill_points.PROTOCOL_KINDS)
    return conclude(
        [
            Bar("moments killed", str(kinds.total()), kinds.total() >= moments),
            Bar(
                "at least half between a WARC append and its commit",
                f"{between}, {left} left uncommitted bytes",
                between * 2 >= kinds.total(),
            ),
            Bar(
                "end states equal, 0 lost, 0 doubled",
                "equal" if not problems else f"{len(problems)} differences",
                not problems,
            ),
        ]
    )


def _disturb(
    archive: Path,
    portal: Portal,
    files: list[Path],
    chance: random.Random,
    kinds: Counter[str],
    moments: int,
) -> int:
    """Import, kill, import again … until done; returns how many kills left uncommitted bytes."""
    left = 0
    number = 1 + chance.randint(0, 1)
    while True:
        point = kill_points.choose(chance)
        if kinds.total() >= moments:
            point = kill_points.KillPoint("never", 0, 0, 0)
        child = fork(_import(archive, portal, files, number, point))
        if point.kind == "clock":
            time.sleep(point.seconds)
            child.kill()
        if (code := child.wait(_PATIENCE)) != _KILLED:
            if code not in (0, 10):
                sys.exit(f"an import that was not killed ended with {code}")
            return left
        kinds[point.kind] += 1
        left += (archive / "gzcrawler.db").exists() and bool(uncommitted_bytes(archive, archive.parent))


def _import(
    archive: Path,
    portal: Portal,
    files: list[Path],
    number: int,
    point: kill_points.KillPoint | None = None,
) -> Callable[[], int]:
    def run() -> int:
        if point is not None:
            kill_points.arm(point)
        return import_files(archive, portal, find_files(map(str, files)), workers=Processes(number))[1]

    return run


def _captures(archive: Path) -> Counter[tuple[object, ...]]:
    with closing(connect_to_read(archive / "gzcrawler.db")) as connection:
        return Counter(tuple(row) for row in connection.execute(_EACH))


if __name__ == "__main__":
    sys.exit(main())
