"""``python -m gzcrawler.replica``: serves a replica until interrupted, and prints where."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import uvloop

from gzcrawler.errors import GzcrawlerError
from gzcrawler.replica.config import ReplicaConfig
from gzcrawler.replica.portal_map import as_toml, replica_map
from gzcrawler.replica.replica import Replica
from gzcrawler.replica.server import ReplicaServer


def main() -> int:
    """Runs the server; returns its exit code."""
    options = _options()
    config = ReplicaConfig.from_json(options.config) if options.config else _config(options)
    try:
        uvloop.run(_serve(config, options))
    except KeyboardInterrupt:
        return 130
    except GzcrawlerError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m gzcrawler.replica", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--articles", type=int, default=500)
    parser.add_argument(
        "--mixed", action="store_true", help="with removals, unreadable pages and more oddities"
    )
    parser.add_argument("--port", type=int, default=8642, help="loopback port; 0 takes a free one")
    parser.add_argument("--map", type=Path, help="write the portal map to this file")
    parser.add_argument("--config", help="the whole configuration as JSON, instead of the options above")
    parser.add_argument("--max-seconds", type=float, help="end after so long")
    parser.add_argument("--watch-stdin", action="store_true", help="end when standard input ends")
    return parser.parse_args()


def _config(options: argparse.Namespace) -> ReplicaConfig:
    config = ReplicaConfig.mixed() if options.mixed else ReplicaConfig()
    return replace(config, seed=options.seed, articles=options.articles)


async def _serve(config: ReplicaConfig, options: argparse.Namespace) -> None:
    server = ReplicaServer(Replica(config), port=options.port)
    await server.start()
    gc.collect()
    gc.freeze()  # the calendar lives as long as the process: a fifth of the time went into visiting it
    gc.set_threshold(50_000, 20, 100)
    facts = replica_map(server.port)
    if options.map:
        options.map.write_text(as_toml(facts), "utf-8")
    sys.stdout.write(json.dumps({"port": server.port, "map": facts}, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    if options.watch_stdin:
        loop.add_reader(sys.stdin.fileno(), _watch, over)
    with suppress(TimeoutError):
        await asyncio.wait_for(over.wait(), options.max_seconds)
    await server.stop()


def _watch(over: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 1024):
        over.set()


if __name__ == "__main__":
    sys.exit(main())
