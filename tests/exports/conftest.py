"""Archives to export from, and exports as functions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from archive_pages import PORTAL, START
from click.testing import CliRunner, Result
from simulated_crawl import SimulatedCrawl

from gzcrawler.archive import Archive
from gzcrawler.cli import main
from gzcrawler.replica import ReplicaConfig

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    Call = Callable[..., Result]

collect_ignore = ["conftest.py"]


CONFIG = ReplicaConfig.mixed(
    seed=5,
    articles=90,
    page_bytes=4_000,
    edited=0.3,
    removed=0.1,  # more would be taken for a move of the whole site, and confirmed by nobody
    returned=0.2,
    horizon_days=30,
    continued=0.15,
)


@pytest.fixture(scope="session")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive after six weeks of runs on a portal with edits, removals, faults. Not to be written to."""
    crawl = SimulatedCrawl(tmp_path_factory.mktemp("crawled") / "archive", CONFIG)
    crawl.run(most=120, finish=False)
    for days in (0, 3, 3, 4, 5, 12, 4, 4, 8):
        crawl.now += timedelta(days=days)
        crawl.run()
    return crawl.folder


@pytest.fixture
def call() -> Call:
    """Calls the command line in this process."""

    def invoke(*arguments: object) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    return invoke


@pytest.fixture
def export(call: Call, tmp_path: Path) -> Callable[..., Path]:
    """Exports into a file of its own; returns its path."""
    made = 0

    def exported(archive: Path, *options: object, to: str = "snapshot.json", kind: str = "snapshot") -> Path:
        nonlocal made
        made += 1
        folder = tmp_path / f"export-{made}"
        folder.mkdir()
        ended = call("export", kind, "--archive", archive, "--out", folder / to, *options)
        assert ended.exit_code == 0, ended.output
        return folder / to

    return exported


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Archive]:
    """Opens an archive of a test's own for writing, at a moment of the test's choice."""

    def opened(now: datetime = START) -> Archive:
        return Archive(tmp_path / "archive", PORTAL, command="test", now=lambda: now)

    return opened


@pytest.fixture
def crawl_of_weeks(tmp_path: Path) -> SimulatedCrawl:
    """A crawl that a test runs itself."""
    return SimulatedCrawl(tmp_path / "archive", CONFIG)
