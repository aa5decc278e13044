"""Archives to test with: the real thing in a temporary folder, with a clock of its own."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from archive_pages import DAY, PORTAL, START
from simulated_crawl import crawl_for_weeks

from gzcrawler.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime, timedelta
    from pathlib import Path

    from gzcrawler.portals import Portal

    OpenForWriting = Callable[..., AbstractContextManager[Archive]]


class Clock:
    """A wall clock that stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self.moment = start

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, by: timedelta = DAY) -> datetime:
        self.moment += by
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the archive lies."""
    return tmp_path / "archive"


@pytest.fixture
def open_for_writing(folder: Path, clock: Clock) -> OpenForWriting:
    """Opens the archive for a run; several runs may follow each other."""

    @contextmanager
    def opened(portal: Portal = PORTAL, command: str = "test") -> Iterator[Archive]:
        with Archive(folder, portal, command=command, now=clock) as archive:
            yield archive

    return opened


@pytest.fixture
def archive(open_for_writing: OpenForWriting) -> Iterator[Archive]:
    """An archive open for writing."""
    with open_for_writing() as opened:
        yield opened


@pytest.fixture(scope="session")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive after a month of runs on a portal with edits, removals, faults. Not to be written to."""
    folder = tmp_path_factory.mktemp("crawled") / "archive"
    crawl_for_weeks(folder)
    return folder


@pytest.fixture
def crawled_copy(crawled: Path, folder: Path) -> Path:
    """A copy of it to write to."""
    shutil.copytree(crawled, folder)
    return folder
