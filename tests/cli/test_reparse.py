"""`reparse`, as it is typed."""

from __future__ import annotations

import json
import os
import shutil
import signal
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from gzcrawler.archive import Archive, connect_to_read, portals_in
from gzcrawler.archive.connections import connect_to_write

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Call = Callable[..., Result]


@pytest.fixture
def copy(crawled: Path, tmp_path: Path) -> Path:
    """The crawled archive, to write to."""
    shutil.copytree(crawled, tmp_path / "archive")
    return tmp_path / "archive"


@pytest.fixture
def older(copy: Path) -> Path:
    """The same, as a reader would have left it that never saw a breadcrumb."""
    with closing(connect_to_write(copy / "gzcrawler.db")) as connection:
        connection.execute("UPDATE revisions SET record = json_set(record, '$.breadcrumbs', json_array())")
    return copy


def _count(archive: Path, sql: str) -> Any:
    with closing(connect_to_read(archive / "gzcrawler.db")) as connection:
        return connection.execute(sql).fetchone()[0]


def test_an_archive_of_todays_readers_reads_as_before(call: Call, copy: Path) -> None:
    result = call("reparse", "--archive", copy)
    assert result.exit_code == 0
    assert result.stdout.endswith("captures read again: all read as before\n")


def test_what_reads_otherwise_is_told_by_layout_and_field_with_examples(call: Call, older: Path) -> None:
    result = call("reparse", "--archive", older, "--workers", 1)
    assert result.exit_code == 0
    assert ": breadcrumbs on " in result.stdout
    assert ': [] -> [{"name": "Home"' in result.stdout
    assert _count(older, "SELECT count(*) FROM revisions WHERE cause = 'reader'") > 10
    assert result.stderr == ""


def test_a_dry_run_says_so_and_writes_nothing(call: Call, older: Path) -> None:
    result = call("reparse", "--archive", older, "--workers", 1, "--dry-run")
    assert "nothing was written (--dry-run)" in result.stdout
    assert _count(older, "SELECT count(*) FROM revisions WHERE cause = 'reader'") == 0
    assert _count(older, "SELECT count(*) FROM runs WHERE command = 'reparse'") == 0


def test_json_has_the_whole_report(call: Call, older: Path) -> None:
    (report,) = json.loads(call("reparse", "--archive", older, "--workers", 1, "--json").stdout)
    assert report["changed"] > 10
    assert {entry["field"] for entry in report["fields"]} == {"breadcrumbs"}
    assert report["fields"][0]["examples"][0]["old"] == "[]"


def test_another_writer_is_named(call: Call, copy: Path) -> None:
    (portal,) = portals_in(copy)
    with Archive(copy, portal, command="crawl"):
        result = call("reparse", "--archive", copy)
    assert result.exit_code == 13
    assert "`gzcrawler crawl`" in result.stderr


def test_ctrl_c_is_one_line_and_the_next_run_completes_it(
    start: Callable[..., subprocess.Popen[str]],
    until: Callable[[Callable[[], bool]], None],
    call: Call,
    older: Path,
) -> None:
    child = start("reparse", "--archive", older, "--workers", 2, start_new_session=True)
    until(lambda: b"reparse" in (older / "gzcrawler.lock").read_bytes())
    os.killpg(child.pid, signal.SIGINT)
    _, talk = child.communicate(timeout=60)
    assert (child.returncode, talk) == (130, "gzcrawler: interrupted\n")
    assert call("reparse", "--archive", older).exit_code == 0
    assert call("reparse", "--archive", older).stdout.endswith("all read as before\n")


def test_a_cluster_tells_what_one_machine_tells(
    call: Call, older: Path, tmp_path: Path, cluster_address: str
) -> None:
    shutil.copytree(older, tmp_path / "alone")
    alone = call("reparse", "--archive", tmp_path / "alone", "--workers", 1)
    result = call("reparse", "--archive", older, "--cluster", cluster_address)
    assert (result.stdout, result.stderr, result.exit_code) == (alone.stdout, "", 0)
    assert "breadcrumbs on " in result.stdout


def test_a_cluster_that_does_not_answer_is_exit_code_11(
    call: Call, older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gzcrawler.workers.cluster._CONNECT_WITHIN", 0.2)
    result = call("reparse", "--archive", older, "--cluster", "tcp://127.0.0.1:9")
    assert result.exit_code == 11
    assert "cluster tcp://127.0.0.1:9: cannot be reached" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert _count(older, "SELECT count(*) FROM runs WHERE command = 'reparse'") == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--archive", "nowhere"), "no such folder"),
        (("--portal", "hangzhou"), "no page of portal 'hangzhou' is in the archive (it has: replica)"),
        (("--portal", "nothing.toml"), "nothing.toml"),
        (("--workers", "0"), "--workers"),
        (("--workers", "2", "--cluster", "tcp://localhost:1"), "give one of them"),
        (("--files-at", "elsewhere"), "--files-at is for the workers of a --cluster"),
        (("--cluster", "localhost"), "is no address of a Dask scheduler"),
    ],
)
def test_a_wrong_call_is_one_line(call: Call, copy: Path, arguments: tuple[str, ...], said: str) -> None:
    result = call("reparse", "--archive", copy, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
