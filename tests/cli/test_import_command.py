"""`gzcrawler import`, as it is called and as it answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gzcrawler.archive import Archive
from gzcrawler.portals import load_portal
from gzcrawler.replica import replica_map
from gzcrawler.replica.portal_map import as_toml

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

FILE = Path(__file__).parents[1] / "importing" / "fixtures" / "wget.warc.gz"


@pytest.fixture
def replica_toml(tmp_path: Path) -> Path:
    path = tmp_path / "replica.toml"
    path.write_text(as_toml(replica_map()), "utf-8")
    return path


def test_it_says_what_came_in_and_a_second_time_that_nothing_did(
    call: Callable[..., Result], tmp_path: Path, replica_toml: Path
) -> None:
    given = ("import", FILE, "--archive", tmp_path / "archive", "--portal", replica_toml, "--workers", 1)
    first = call(*given)
    assert (first.exit_code, first.stderr) == (0, "")
    assert first.stdout.startswith("replica: 66 captures came in, 0 known already (1 WARC file)\n")
    again = json.loads(call(*given, "--json").stdout)
    assert (again["captures"], again["known"]) == (0, 66)
    assert "import of replica" in call("status", "--archive", tmp_path / "archive").stdout


def test_a_dry_run_writes_nothing(call: Callable[..., Result], tmp_path: Path, replica_toml: Path) -> None:
    said = call("import", FILE, "--archive", tmp_path / "archive", "--portal", replica_toml, "--dry-run")
    assert said.exit_code == 0
    assert "66 captures would come in" in said.stdout
    assert not (tmp_path / "archive").exists()


def test_files_of_another_portal_are_told_as_such(call: Callable[..., Result], tmp_path: Path) -> None:
    said = call("import", FILE, "--archive", tmp_path / "archive", "--workers", 1)
    assert said.exit_code == 0
    assert "no capture of the portal is in the files; 66 left out, of 1 host" in said.stdout


def test_a_fault_is_one_line_and_an_alarm(
    call: Callable[..., Result], tmp_path: Path, replica_toml: Path
) -> None:
    torn = tmp_path / "torn.warc.gz"
    torn.write_bytes(FILE.read_bytes()[:-40])
    said = call("import", torn, "--archive", tmp_path / "archive", "--portal", replica_toml, "--workers", 1)
    assert said.exit_code == 10
    assert said.stderr.count("\n") == 1
    assert "torn.warc.gz: record" in said.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Missing argument"),
        (("nowhere.warc.gz",), "nowhere.warc.gz: there is no such file or folder"),
        ((FILE, "--workers", "2", "--cluster", "tcp://127.0.0.1:1"), "give one of them"),
        ((FILE, "--cluster", "nonsense"), "is no address of a Dask scheduler"),
        (("s3://shelf/one.warc",), "s3fs"),
    ],
)
def test_a_wrong_call_is_one_line(
    call: Callable[..., Result], tmp_path: Path, arguments: tuple[object, ...], said: str
) -> None:
    answer = call("import", *arguments, "--archive", tmp_path / "archive")
    assert answer.exit_code == 2
    assert said in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert not (tmp_path / "archive").exists()


def test_an_archive_that_another_process_writes_is_left_alone(
    call: Callable[..., Result], tmp_path: Path
) -> None:
    with Archive(tmp_path / "archive", load_portal("guangzhou"), command="crawl"):
        assert call("import", FILE, "--archive", tmp_path / "archive", "--workers", 1).exit_code == 13
