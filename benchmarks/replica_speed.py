"""How many pages of 30 KB a second does the replica answer on one core?

The server runs in a child process that is bound to one core, the load in this process on another:
so many connections kept alive, each asking for the next article as soon as the last has arrived.
Every article is asked for at most once, so that no cache can help. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import uvloop

from gzcrawler.replica import Replica, ReplicaConfig, RunningReplica, running_replica


class _Load(asyncio.Protocol):
    """One connection that asks for paths until they run out. Reads lengths, not text: cheaper than the server."""

    def __init__(self, paths: list[str], host: str, over: asyncio.Future[None]) -> None:
        self._paths, self._host, self._over = paths, host, over
        self._buffer = bytearray()
        self._wanted = 0
        self.answers = 0
        self.bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._wanted:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._buffer[:end])
            if not head.startswith(b"HTTP/1.1 200"):
                self._over.set_exception(RuntimeError(head.decode("latin-1")))
                return
            length = next(
                int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
            )
            self._wanted = end + 4 + length
            self.bytes += length
        if len(self._buffer) >= self._wanted:
            self._buffer.clear()
            self._wanted = 0
            self.answers += 1
            self._ask()

    def _ask(self) -> None:
        if not self._paths:
            self._transport.close()
            if not self._over.done():
                self._over.set_result(None)
            return
        self._transport.write(f"GET {self._paths.pop()} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())


async def _measure(port: int, paths: list[str], host: str, connections: int) -> tuple[int, int, float]:
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    overs = [loop.create_future() for _ in range(connections)]
    loads = [
        (await loop.create_connection(lambda over=over: _Load(paths, host, over), "127.0.0.1", port))[1]
        for over in overs
    ]
    await asyncio.wait_for(asyncio.gather(*overs), 300)
    seconds = time.perf_counter() - started
    return sum(load.answers for load in loads), sum(load.bytes for load in loads), seconds


def _processor_seconds(running: RunningReplica) -> float:
    fields = Path(f"/proc/{running.pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    config = ReplicaConfig(articles=options.articles)
    urls = [url for _, found in Replica(config).addresses() for url in found]
    host = urlsplit(urls[0]).netloc
    cores = sorted(os.sched_getaffinity(0))
    rounds = []
    for _ in range(options.rounds):
        with running_replica(config) as running:
            if len(cores) > 1:
                os.sched_setaffinity(running.pid, {cores[0]})
                os.sched_setaffinity(0, set(cores[1:]))
            before = _processor_seconds(running)
            paths = [urlsplit(url).path for url in urls]
            answers, size, seconds = uvloop.run(_measure(running.port, paths, host, options.connections))
            used = _processor_seconds(running) - before
            os.sched_setaffinity(0, set(cores))
        rounds.append((answers / seconds, answers / used))
    rounds.sort()
    rate, ceiling = rounds[len(rounds) // 2]
    print(
        json.dumps(
            {
                "responses_per_second": round(rate),
                "responses_per_processor_second": round(ceiling),
                "rounds": [round(pair[0]) for pair in rounds],
                "mean_bytes": round(size / answers),
                "responses": answers,
                "connections": options.connections,
                "separate_cores": len(cores) > 1,
            }
        )
    )


if __name__ == "__main__":
    main()
