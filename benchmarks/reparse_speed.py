"""How fast `reparse` reads an archive again, beside fastwarc and lxml alone on the same files.

    python benchmarks/reparse_speed.py [--captures 20000] [--rounds 5] [--processes 2]

The archive is made once: pages of the replica, articles in all its dresses and lists, recorded by the
archive's own door as a crawl would. Then, in turns and in the same run: the peer, as many processes that
take whole WARC files from a queue, read each record with fastwarc and parse each HTML body with
`lxml.html.fromstring`, and nothing else; and `reparse` of an archive that is up to date, which reads,
compares and writes a verdict. Once more, of a smaller archive that older readers had read: every article's
source another, so that every record changes, is laid aside, folded and written.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import lxml.html
from fastwarc.warc import ArchiveIterator, WarcRecordType
from measuring import Bar, conclude, markdown_table, median_and_range

from gzcrawler.archive import Archive, Fetched, read_stored, reparse, verify
from gzcrawler.items import Article, Capture, Reading
from gzcrawler.replica import Replica, ReplicaConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gzcrawler.archive import Entry

LEAST_SHARE = 0.3
_GROUP = 100
_FILES = 8
"""WARC files, so that the peer has units of work to share out too."""


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--captures", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--bytes", type=int, default=30_000)
    parser.add_argument("--quick", action="store_true", help="2,000 captures, 3 rounds")
    options = parser.parse_args()
    captures, rounds = (2_000, 3) if options.quick else (options.captures, options.rounds)
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "archive"
        portal = fill(archive, captures, options.bytes, older=False)
        rates: dict[str, list[float]] = {"fastwarc + lxml.html.fromstring": [], "reparse": []}
        for _ in range(rounds):
            rates["fastwarc + lxml.html.fromstring"].append(captures / peer(archive, options.processes))
            rates["reparse"].append(captures / read_again(archive, portal, options.processes, changed=0))
        damage = verify(archive).damage
        shutil.rmtree(archive)
        some = max(captures // 10, _FILES * _GROUP)
        portal = fill(archive, some, options.bytes, older=True)
        rates["reparse, every record changed"] = [
            some / read_again(archive, portal, options.processes, changed=None)
        ]
        damage += verify(archive).damage
    base = statistics.median(rates["fastwarc + lxml.html.fromstring"])
    rows = [
        (name, median_and_range(found), f"{statistics.median(found) / base:.2f}")
        for name, found in rates.items()
    ]
    print(
        f"{captures:,} captures, {options.processes} processes, medians of {rounds} rounds (the last once)\n"
    )
    print(markdown_table(("", "captures/s", "of the peer"), rows))
    print(
        f"\npeak memory of this process: {_peak(resource.RUSAGE_SELF)} MB; of a child: {_peak(resource.RUSAGE_CHILDREN)} MB"
    )
    share = statistics.median(rates["reparse"]) / base
    return conclude(
        [
            Bar(
                f"captures/s >= {LEAST_SHARE} of fastwarc and lxml alone",
                f"{share:.2f}",
                share >= LEAST_SHARE,
            ),
            Bar("nothing is damaged after", f"{len(damage)} damaged", not damage),
        ]
    )


def fill(archive: Path, captures: int, size: int, *, older: bool) -> object:
    """Record pages of the replica, in several runs; as readers that missed every source, where `older`."""
    replica = Replica(ReplicaConfig(articles=int(captures * 0.95), page_bytes=size))
    entries = _entries(replica, captures, older=older)
    for _ in range(_FILES):
        with Archive(archive, replica.portal, command="benchmark") as opened:
            opened.connection.execute("PRAGMA synchronous = OFF")
            for _ in range(captures // _FILES // _GROUP):
                opened.record_all(list(islice(entries, _GROUP)))
    return replica.portal


def _entries(replica: Replica, captures: int, *, older: bool) -> Iterator[Entry]:
    moment = datetime(2026, 2, 1, tzinfo=UTC)
    pages = [urls[0] for _, urls in replica.addresses()]
    lists = [address.url for address in replica.portal.seeds()]
    for number in range(captures):
        url = pages[number] if number < len(pages) else lists[number % len(lists)]
        parts = urlsplit(url)
        answer = replica.page(parts.netloc, parts.path)
        capture = Capture(
            url=url,
            captured_at=moment + timedelta(seconds=number),
            status=answer.status,
            payload=answer.body + b"<!-- %d -->" % number,
            response_headers=tuple(answer.headers),
        )
        result = read_stored(capture, replica.portal)
        if older and isinstance(result, Reading) and isinstance(result.page, Article):
            result = replace(result, page=replace(result.page, source="a reader of then"))
        yield Fetched(capture, result)


def peer(archive: Path, processes: int) -> float:
    """Seconds that fastwarc and lxml take alone."""
    files = sorted((archive / "warc").iterdir())
    started = time.monotonic()
    with ProcessPoolExecutor(processes) as executor:
        read = sum(executor.map(parse_file, files))
    assert read
    return time.monotonic() - started


def parse_file(path: Path) -> int:
    """Parse every HTML body of a WARC file; returns how many."""
    read = 0
    with path.open("rb") as file:
        for record in ArchiveIterator(file, record_types=WarcRecordType.response):
            body = record.reader.read()
            if body.strip():
                lxml.html.fromstring(body)
                read += 1
    return read


def read_again(archive: Path, portal: object, processes: int, *, changed: int | None) -> float:
    """Seconds that `reparse` takes, its processes' start included."""
    started = time.monotonic()
    report, _ = reparse(archive, portal, workers=processes)
    seconds = time.monotonic() - started
    assert changed is None or report.changed == changed, report.as_dict()
    assert changed is not None or report.revisions > report.captures / 2, report.as_dict()
    return seconds


def _peak(whose: int) -> int:
    return round(resource.getrusage(whose).ru_maxrss / 1000)


if __name__ == "__main__":
    sys.exit(main())
