"""What reading a web archive's index costs a line: processor time and memory, beside EDGI's `wayback` with plain inserts."""

from __future__ import annotations

import argparse
import json
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from measuring import Bar, conclude, markdown_table, median_and_range

TIMES_THE_PEER = 3.0
GROWTH = 1.1
"""Peak memory of the whole index over that of half of it: caches are full by then."""
_PAGE = 5_000
_LONGEST = 1800.0


def main() -> int:
    """Runs the benchmark, or one reader of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="60,000 lines, once")
    parser.add_argument("--reader", choices=("ours", "unpaged", "peer", "server"), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.reader == "server":
        return serve(options.lines)
    if options.reader is not None:
        return read(options.reader, options.port)
    lines, rounds = (60_000, 1) if options.quick else (options.lines, options.rounds)
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for number in (lines // 2, lines):
        with subprocess.Popen(_command("server", "--lines", number), stdout=subprocess.PIPE) as server:
            assert server.stdout is not None
            try:
                port = int(server.stdout.readline())
                for _ in range(rounds):
                    for reader in ("ours", "unpaged", "peer"):
                        told = _measured(reader, port, number)
                        found.setdefault((reader, number), []).append(told)
            finally:
                server.terminate()
    return _report(found, lines)


def _report(found: dict[tuple[str, int], list[tuple[float, float]]], lines: int) -> int:
    rows = [
        (
            reader,
            f"{number:,}",
            median_and_range([seconds * 1e6 / number for seconds, _ in told]),
            median_and_range([memory for _, memory in told]),
        )
        for (reader, number), told in found.items()
    ]
    print(markdown_table(("reader", "lines", "processor time a line, µs", "peak memory, MB"), rows))
    cost = {reader: statistics.median(s for s, _ in found[reader, lines]) for reader in ("ours", "peer")}
    times = cost["ours"] / cost["peer"]
    growth = {
        reader: statistics.median(m for _, m in found[reader, lines])
        / statistics.median(m for _, m in found[reader, lines // 2])
        for reader in ("ours", "unpaged")
    }
    return conclude(
        [
            Bar(
                f"processor time <= {TIMES_THE_PEER:g} x wayback with plain inserts",
                f"{times:.2f}",
                times <= TIMES_THE_PEER,
            ),
            *(
                Bar(
                    f"memory of twice the lines <= {GROWTH:g} x, {reader}",
                    f"{ratio:.2f}",
                    ratio <= GROWTH,
                )
                for reader, ratio in growth.items()
            ),
        ]
    )


def _command(reader: str, *more: object) -> list[str]:
    return [sys.executable, __file__, "--reader", reader, *map(str, more)]


def _measured(reader: str, port: int, lines: int) -> tuple[float, float]:
    """Processor seconds and peak megabytes of one reader in a process of its own."""
    ended = subprocess.run(
        _command(reader, "--port", port), capture_output=True, text=True, timeout=_LONGEST, check=True
    )
    told = json.loads(ended.stdout)
    if told["lines"] != lines:
        raise RuntimeError(f"{reader} read {told['lines']:,} of {lines:,} lines")
    return told["seconds"], told["megabytes"]


def read(reader: str, port: int) -> int:
    """One reader, with its own measure of itself on stdout."""
    with tempfile.TemporaryDirectory() as folder:
        seconds, lines = (_read_as_peer if reader == "peer" else _read_as_we_do)(Path(folder), port, reader)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({"seconds": seconds, "lines": lines, "megabytes": memory}))
    return 0


def _read_as_we_do(folder: Path, port: int, reader: str) -> tuple[float, int]:
    from gzcrawler.backfill import BackfillOptions, WebArchive, backfill
    from gzcrawler.portals import load_portal

    options = BackfillOptions(
        archive=folder / "archive",
        portal=load_portal("gzgov"),
        web_archive=WebArchive.at(f"http://127.0.0.1:{port}/{reader}/cdx", None),
        plan=True,
        delay=0,
    )
    started = time.process_time()
    verdict = backfill(options)
    seconds = time.process_time() - started
    if verdict.exit_code:
        raise RuntimeError(verdict.verdict)
    return seconds, verdict.record["new_mementos"]


def _read_as_peer(folder: Path, port: int, _: str) -> tuple[float, int]:
    import wayback

    session = wayback.WaybackSession(search_calls_per_second=0)
    # Its endpoint is a constant of the module.
    sys.modules[wayback.WaybackClient.__module__].CDX_SEARCH_URL = f"http://127.0.0.1:{port}/ours/cdx"
    with closing(sqlite3.connect(folder / "peer.db")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(
            """CREATE TABLE mementos (id INTEGER PRIMARY KEY, url TEXT, canonical_url TEXT, captured_at TEXT, status INTEGER,
            media_type TEXT, digest TEXT, length INTEGER, UNIQUE (url, captured_at))"""
        )
        connection.execute("CREATE INDEX pages ON mementos (canonical_url, digest, captured_at)")
        started = time.process_time()
        group, lines = [], 0
        for record in wayback.WaybackClient(session).search(HOST, match_type="host", limit=_PAGE):
            lines += 1
            group.append(
                (
                    record.original,
                    record.original,
                    record.timestamp.isoformat(),
                    record.statuscode,
                    record.mimetype,
                    record.digest,
                    record.length,
                )
            )
            if len(group) == 1_000:
                lines_stored(connection, group)
                group = []
        lines_stored(connection, group)
        return time.process_time() - started, lines


def lines_stored(connection: sqlite3.Connection, group: list[tuple[object, ...]]) -> None:
    """A thousand rows in one transaction."""
    with connection:
        connection.executemany(
            """INSERT OR IGNORE INTO mementos (url, canonical_url, captured_at, status, media_type, digest, length)
            VALUES (?, ?, ?, ?, ?, ?, ?)""",
            group,
        )


HOST = "english.gz.gov.cn"


def serve(lines: int) -> int:
    """An index of so many lines, until it is ended: by resume keys under ``/ours/``, whole under ``/unpaged/``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            self.send_response(200)
            self.end_headers()
            if query["url"] != HOST:
                return
            if parts.path.startswith("/unpaged"):
                first, last = 0, min(lines, int(query.get("limit", lines)))
            else:
                first = int(query.get("resumeKey", 0))
                last = min(lines, first + _PAGE)
            for start in range(first, last, 1_000):
                self.wfile.write("".join(map(_line, range(start, min(last, start + 1_000)))).encode())
            if last < lines and not parts.path.startswith("/unpaged"):
                self.wfile.write(f"\n{last}\n".encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    time.sleep(_LONGEST)
    return 1


def _line(number: int) -> str:
    """Four captures of each page, three digests."""
    page, year = number // 4, 2010 + number % 4 * 2
    path = f"/gzgoven/s3709/{201001 + page % 12}/{700000 + page}.shtml"
    return (
        f"cn,gov,gz,english){path} {year}0626071530 http://{HOST}{path} text/html 200 "
        f"{'ABCDEFGHIJKLMNOPQRSTUVWXYZ23456'}{'ABC'[number % 3]} {9000 + number % 700}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
