"""The command line, called in this process or as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from gzcrawler.cli import main
from gzcrawler.crawl_run import CrawlOptions
from gzcrawler.crawling import crawl
from gzcrawler.portals import parse_portal
from gzcrawler.replica import ReplicaConfig, RunningReplica, running_replica

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Started = subprocess.Popen[str]


@pytest.fixture(scope="session")
def shared_replica() -> Iterator[RunningReplica]:
    """One replica for all tests of the command line."""
    with running_replica(ReplicaConfig(articles=50, continued=0.2), max_seconds=900) as replica:
        yield replica


@pytest.fixture
def replica(shared_replica: RunningReplica) -> RunningReplica:
    """The shared replica, without faults and with an empty log."""
    shared_replica.set_faults()
    shared_replica.counters(clear=True)
    return shared_replica


@pytest.fixture(scope="session")
def crawled(shared_replica: RunningReplica, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of the whole replica; to be looked at only."""
    archive = tmp_path_factory.mktemp("crawled") / "archive"
    portal = parse_portal(shared_replica.map, origin="replica")
    verdict = crawl(CrawlOptions(archive=archive, portal=portal))
    assert verdict.exit_code == 0
    return archive


@pytest.fixture
def call() -> Callable[..., Result]:
    """Calls the command line in this process."""

    def invoke(*arguments: object, **environment: str) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments], env=environment)

    return invoke


@pytest.fixture
def start() -> Iterator[Callable[..., Started]]:
    """Starts the command line as a process; it does not outlive the test."""
    started: list[Started] = []

    def begin(*arguments: object, **options: Any) -> Started:
        command = [sys.executable, "-m", "gzcrawler", *map(str, arguments)]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        environment = os.environ | {"COLUMNS": "80"} | options.pop("env", {})
        child = subprocess.Popen(command, text=True, env=environment, **streams | options)
        started.append(child)
        return child

    yield begin
    for child in started:
        child.kill()
        child.communicate()


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Waits until something is so, for at most 30 seconds."""

    def wait(holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.02)

    return wait
