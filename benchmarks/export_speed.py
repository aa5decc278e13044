"""What a snapshot costs beside writing the same rows out as JSON, in time and in memory; and exports killed.

The peers read the same rows by plain sqlite3, in the same order, and write each with ``orjson.dumps``: `dump_whole` the
records whole, as the view ``latest`` shows them and a snapshot has them; `dump_text` as the table keeps them, half as long;
`dump_objects` the latter as objects, which a document needs. Exports and peers run by turns, each in a process of its own.

    python benchmarks/export_speed.py                       10,000 and 100,000 articles, 50 kills
    python benchmarks/export_speed.py --articles 1000000    one size
    python benchmarks/export_speed.py --quick               2,000 articles, 10 kills

Archives are generated in --folder, and used again when they are there.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from generated_articles import EnglishArticles
from measuring import Bar, conclude, fork, markdown_table, median_and_range

from gzcrawler.archive import Archive
from gzcrawler.archive.stored_records import WHOLE_RECORD
from gzcrawler.archive.viewpoint import ArchiveView
from gzcrawler.exports.identity import Identity
from gzcrawler.exports.manifest import document_with_manifest
from gzcrawler.exports.snapshot import entries_of, write_snapshot
from gzcrawler.exports.snapshot_reading import verify_snapshot
from gzcrawler.portals import load_portal

if TYPE_CHECKING:
    from collections.abc import Callable

BAR = 0.5
"""Of the speed of either peer that leaves records as text."""
MEMORY_BAR = 200
"""MB at the peak, whatever the size."""
GROUP = 100
ROWS = """SELECT a.id, a.state, a.revision, a.first_seen, a.last_seen, a.last_verified, a.gone_since, r.captured_at,
    a.content_digest, c.payload_digest, w.name, c.warc_offset, r.record
    FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.revision
    JOIN captures c ON c.id = r.capture_id JOIN warc_files w ON w.id = c.warc_file_id ORDER BY a.id"""


def build(folder: Path, number: int) -> None:
    """Generate an archive through its own door; syncing is off, since nobody relies on it."""
    if (folder / "built").exists():
        return
    with Archive(folder, load_portal("guangzhou"), command="benchmark") as archive:
        archive.connection.execute("PRAGMA synchronous = OFF")
        entries = EnglishArticles(number).entries()
        while group := list(islice(entries, GROUP)):
            archive.record_all(group)
    (folder / "built").touch()


def export(folder: Path, out: Path) -> None:
    """What ``gzcrawler export snapshot`` does."""
    with ArchiveView(folder) as view:
        identity = Identity(view.viewpoint).as_dict()
        with document_with_manifest(out, "snapshot", identity) as document:
            write_snapshot(document, identity, entries_of(view.articles()))


WHOLE_ROWS = ROWS.replace("r.record", f"{WHOLE_RECORD.format('r.record')} AS record")


def dump_whole(folder: Path, out: Path) -> None:
    """The peer that writes what a snapshot does: each record whole, still as text."""
    _dump(folder, out, lambda text: text, WHOLE_ROWS)


def dump_text(folder: Path, out: Path) -> None:
    """The peer: rows as they are, the record as a string."""
    _dump(folder, out, lambda text: text)


def dump_objects(folder: Path, out: Path) -> None:
    """The peer that makes a document: the record is read first."""
    _dump(folder, out, orjson.loads)


def _dump(folder: Path, out: Path, read: Callable[[str], object], rows: str = ROWS) -> None:
    connection = sqlite3.connect(f"file:{folder / 'gzcrawler.db'}?mode=ro", uri=True)
    cursor = connection.execute(rows)
    names = [column[0] for column in cursor.description]
    with out.open("wb", buffering=1 << 20) as file:
        for row in cursor:
            fields = dict(zip(names, row, strict=True))
            fields["record"] = read(fields["record"])
            file.write(orjson.dumps(fields))
            file.write(b"\n")
        file.flush()
        os.fsync(file.fileno())
    connection.close()


def measure(work: Callable[[Path, Path], None], folder: Path, out: Path) -> tuple[float, float, float]:
    """(seconds, processor seconds, MB at the peak) in a process of its own."""
    reading, writing = os.pipe()
    # A fresh interpreter: a fork would count the memory of this one.
    command = [sys.executable, __file__, "--run", work.__name__, str(folder), str(out), str(writing)]
    os.set_inheritable(writing, True)
    child = os.posix_spawn(sys.executable, command, os.environ)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    os.close(writing)
    answer = os.read(reading, 200).decode().split()
    os.close(reading)
    spent, processor, peak = map(float, answer)
    return spent, processor, peak


def kill_exports(folder: Path, out: Path, times: int) -> tuple[int, int]:
    """Exports killed at random moments; returns how many left the file before and a new one, all of them whole."""
    export(folder, out)
    before = out.read_bytes()
    begun = time.perf_counter()
    export(folder, out)
    lasts = time.perf_counter() - begun
    chance = random.Random(1)
    old = new = 0
    for _ in range(times):
        inode = out.stat().st_ino
        child = fork(lambda: export(folder, out) or 0)
        time.sleep(chance.uniform(0, 1.1 * lasts))
        child.kill()
        child.wait(30)
        assert out.read_bytes() == before
        assert verify_snapshot(out).damage == []
        if out.stat().st_ino == inode:
            old += 1
        else:
            new += 1
    return old, new


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.articles, arguments.rounds, arguments.kills = [2_000], 3, 10
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(exist_ok=True)
        rows, bars = [], []
        for number in arguments.articles:
            archive, out = folder / f"archive-{number}", folder / "out.json"
            build(archive, number)
            times: dict[str, list[float]] = {}
            peaks: dict[str, float] = {}
            for _ in range(arguments.rounds):
                for work in (dump_whole, export, dump_text, dump_objects):
                    _, processor, peak = measure(work, archive, out)
                    times.setdefault(work.__name__, []).append(processor)
                    peaks[work.__name__] = max(peak, peaks.get(work.__name__, 0))
            middle = {name: statistics.median(values) for name, values in times.items()}
            ratios = {peer: middle[peer] / middle["export"] for peer in ("dump_text", "dump_whole")}
            rows += [
                (
                    f"{number:,}",
                    name,
                    median_and_range(values, 2),
                    f"{number / middle[name]:,.0f}",
                    f"{middle['dump_whole'] / middle[name]:.2f}",
                    f"{peaks[name]:.0f}",
                )
                for name, values in times.items()
            ]
            bars += [
                *(
                    Bar(f"snapshot of {number:,} at {BAR} of {peer}", f"{ratio:.2f}", ratio >= BAR)
                    for peer, ratio in ratios.items()
                ),
                Bar(
                    f"peak memory at {number:,} at most {MEMORY_BAR} MB",
                    f"{peaks['export']:.0f} MB",
                    peaks["export"] <= MEMORY_BAR,
                ),
            ]
        head = (
            "articles",
            "what",
            "processor seconds",
            "articles a second",
            "of the peer's speed",
            "peak MB",
        )
        print(markdown_table(head, rows))
        old, new = kill_exports(
            folder / f"archive-{arguments.articles[0]}", folder / "killed.json", arguments.kills
        )
        bars.append(
            Bar(
                f"exports killed at {arguments.kills} random moments leave a whole file",
                f"{old} the one before, {new} a new one, none another",
                old + new == arguments.kills,
            )
        )
    return conclude(bars)


def run_one(name: str, folder: str, out: str, descriptor: str) -> None:
    """One measured piece of work, in a process of its own."""
    work = {"export": export, "dump_whole": dump_whole, "dump_text": dump_text, "dump_objects": dump_objects}[
        name
    ]
    begun, processor = time.perf_counter(), time.process_time()
    work(Path(folder), Path(out))
    spent, processor = time.perf_counter() - begun, time.process_time() - processor
    # Not ru_maxrss: over a spawn that counts the memory of the parent.
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1000
    os.write(int(descriptor), f"{spent} {processor} {peak}".encode())


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        run_one(*sys.argv[2:])
        sys.exit(0)
    sys.exit(main())
