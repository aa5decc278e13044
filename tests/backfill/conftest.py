"""A web archive to backfill from, and an archive to backfill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from archive_pages import PORTAL

from gzcrawler.archive.mementos import MementoChoice
from gzcrawler.backfill import BackfillOptions, backfill
from tests.backfill.web_archive_server import WebArchiveServer, kept_story, running_web_archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gzcrawler.archive import Verdict

    Backfill = Callable[..., Verdict]


@pytest.fixture
def server() -> Iterator[WebArchiveServer]:
    """A web archive that holds five stories, one of them in three versions of which two are the same."""
    kept = [kept_story(number) for number in range(1, 6)]
    kept += [
        kept_story(1, 2019, "The bridge was painted green."),
        kept_story(1, 2020, "The bridge was painted green."),
    ]
    with running_web_archive(WebArchiveServer(kept=kept)) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the archive lies."""
    return tmp_path / "archive"


@pytest.fixture
def bring(server: WebArchiveServer, folder: Path) -> Backfill:
    """One run, by the server's clock."""

    def run(**changes: Any) -> Verdict:
        choice = {name: changes.pop(name) for name in tuple(changes) if name in MementoChoice.__slots__}
        options = BackfillOptions(
            archive=changes.pop("archive", folder),
            portal=changes.pop("portal", PORTAL),
            web_archive=server.web_archive,
            choice=MementoChoice(**choice),
            **changes,
        )
        return backfill(options, clock=server.clock)

    return run
