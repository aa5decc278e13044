"""A backfill that is killed or interrupted: the next one goes on, and the end is that of an undisturbed one."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from archive_pages import PORTAL

from gzcrawler.archive import verify
from tests.backfill.test_backfill import state
from tests.backfill.web_archive_server import WebArchiveServer, kept_story

if TYPE_CHECKING:
    from pathlib import Path

    from tests.backfill.conftest import Backfill


def started(server: WebArchiveServer, folder: Path, *more: str) -> subprocess.Popen[str]:
    """The command, as a process."""
    command = [sys.executable, "-m", "gzcrawler", "backfill", "wayback", "--distinct", "--delay", "0"]
    command += ["--archive", str(folder), "--endpoint", server.web_archive.index_url, *more]
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.fixture
def many(server: WebArchiveServer) -> WebArchiveServer:
    """Sixty stories in two versions each, on pages of the index of ten lines."""
    server.kept = [
        kept_story(number, year, f"As number {number} was in {year}.")
        for number in range(1, 61)
        for year in (2018, 2020)
    ]
    server.page_size = 10
    return server


def test_killed_at_any_request_and_run_again_it_ends_like_an_undisturbed_one(
    many: WebArchiveServer, folder: Path, tmp_path: Path, bring: Backfill
) -> None:
    bring(archive=tmp_path / "undisturbed", distinct=True, delay=0)
    for number in (1, 11, 14, 41, 60):
        process = started(many, folder)
        target = len(many.asked) + number
        many.on_request = lambda count, p=process, t=target: p.kill() if count == t else None
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
    many.on_request = lambda _: None
    last = started(many, folder)
    output, errors = last.communicate(timeout=60)
    assert last.returncode == 0, output + errors
    assert state(folder) == state(tmp_path / "undisturbed")
    assert verify(folder).damage == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_what_came_and_says_so(
    many: WebArchiveServer, folder: Path, number: signal.Signals, code: int
) -> None:
    process = started(many, folder)
    many.on_request = lambda count: process.send_signal(number) if count == 40 else None
    output, _ = process.communicate(timeout=60)
    assert process.returncode == code
    assert "run it again to go on" in output
    many.on_request = lambda _: None
    asked = set(many.mementos_asked)
    assert started(many, folder).communicate(timeout=60)[0].startswith("complete")
    again = [stamp for stamp in many.mementos_asked if many.mementos_asked.count(stamp) > 1]
    assert asked
    assert again == []


def test_while_another_process_writes_nothing_is_asked(
    server: WebArchiveServer, folder: Path, bring: Backfill
) -> None:
    from gzcrawler.archive import Archive

    with Archive(folder, PORTAL, command="test"):
        process = started(server, folder)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 13
    assert len(errors.splitlines()) == 1
    assert server.asked == []
