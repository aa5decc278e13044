"""Ctrl-C and SIGTERM: once to end, twice to stop; nothing is lost either way."""

from __future__ import annotations

import os
import signal
import sqlite3
from typing import TYPE_CHECKING

import pytest

from gzcrawler.archive import verify
from gzcrawler.replica import FaultRule

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Started

    from gzcrawler.replica import RunningReplica

STORIES = r"/c_\d+\.htm|/post_\d+\.html"


def _asked(replica: RunningReplica) -> int:
    return int(replica.counters()["requests"])


def _ids(archive: Path) -> set[str]:
    connection = sqlite3.connect(archive / "gzcrawler.db")
    try:
        return {row[0] for row in connection.execute("SELECT id FROM latest")}
    finally:
        connection.close()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_once_ends_what_is_under_way_and_the_next_run_goes_on(
    replica: RunningReplica,
    start: Callable[..., Started],
    until: Callable[[Callable[[], bool]], None],
    tmp_path: Path,
    number: signal.Signals,
    code: int,
) -> None:
    archive = tmp_path / "archive"
    replica.set_faults(FaultRule(kind="stall", seconds=1.0, path=STORIES, times=None))
    crawl = ("crawl", "--portal", replica.map_file, "--archive", archive, "--no-images")
    child = start(*crawl)
    until(lambda: replica.counters()["faults"].get("stall", 0) > 0)
    child.send_signal(number)
    out, err = child.communicate(timeout=20)
    assert child.returncode == code
    assert out.startswith(f"interrupted ({number.name})")
    assert err.splitlines() == [f"{number.name}: pages under way end; once more stops now"]
    connection = sqlite3.connect(archive / "gzcrawler.db")
    assert connection.execute("SELECT count(*) FROM captures").fetchone() == (_asked(replica),)
    assert connection.execute("SELECT exit_code FROM runs").fetchall() == [(code,)]
    connection.close()
    replica.set_faults()
    again = start(*crawl)
    again.communicate(timeout=60)
    assert again.returncode == 0
    assert _ids(archive) == {article.id for article in replica.replica.articles()}


def test_twice_stops_at_once_and_loses_nothing(
    replica: RunningReplica,
    start: Callable[..., Started],
    until: Callable[[Callable[[], bool]], None],
    tmp_path: Path,
) -> None:
    archive = tmp_path / "archive"
    replica.set_faults(FaultRule(kind="stall", seconds=8.0, path=STORIES, times=None))
    crawl = ("crawl", "--portal", replica.map_file, "--archive", archive, "--no-images")
    child = start(*crawl)
    until(lambda: replica.counters()["faults"].get("stall", 0) > 0)
    child.send_signal(signal.SIGINT)
    assert child.stderr is not None
    assert child.stderr.readline().startswith("SIGINT")
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=5)
    assert child.returncode == 130
    replica.set_faults()
    again = start(*crawl)
    again.communicate(timeout=60)
    assert again.returncode == 0
    assert _ids(archive) == {article.id for article in replica.replica.articles()}
    assert verify(archive).damage == []


def test_ctrl_c_outside_of_a_crawl_ends_without_a_traceback(
    start: Callable[..., Started], until: Callable[[Callable[[], bool]], None], tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    os.mkfifo(page)
    writing: list[int] = []

    def is_read() -> bool:
        try:
            writing.append(os.open(page, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True

    child = start("parse", page, "--url", "https://www.eguangzhou.gov.cn/2017-06/27/c_1.htm")
    until(is_read)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=10)
    os.close(writing[0])
    assert (child.returncode, err) == (130, "gzcrawler: interrupted\n")
