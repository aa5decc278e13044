"""`status --check`, `crawl --notify`, and `gzcrawler.toml`: a crawl that nobody watches."""

from __future__ import annotations

import json
import shutil
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from gzcrawler.cli.notify import notify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from gzcrawler.replica import RunningReplica

TOLD: dict[str, Any] = {"verdict": "complete", "exit_code": 0}


@pytest.fixture
def archive(crawled: Path, tmp_path: Path) -> Path:
    """A crawled archive to change."""
    shutil.copytree(crawled, tmp_path / "archive")
    return tmp_path / "archive"


def _change(archive: Path, sql: str) -> None:
    connection = sqlite3.connect(archive / "gzcrawler.db")
    connection.execute(sql)
    connection.commit()
    connection.close()


# -- status --check ---------------------------------------------------------------------------------


def test_a_fresh_verdict_is_one_line_and_its_exit_code(call: Callable[..., Result], crawled: Path) -> None:
    result = call("status", "--check", "--archive", crawled)
    assert result.exit_code == 0
    assert result.stdout.startswith("replica: ok, ")
    assert result.stdout.endswith(" ago: complete\n")


def test_an_old_verdict_is_an_alarm(call: Callable[..., Result], archive: Path) -> None:
    _change(archive, "UPDATE runs SET finished_at = '2026-01-15T01:00:00.000Z'")
    result = call("status", "--check", "--max-age", "3d", "--archive", archive)
    assert result.exit_code == 10
    assert result.stdout.startswith("replica: stale, the last verdict is of ")
    assert "(allowed: 3 d 0 h): complete" in result.stdout


@pytest.mark.parametrize("code", [10, 11, 12, 70])
def test_an_alarm_is_handed_on(call: Callable[..., Result], archive: Path, code: int) -> None:
    _change(archive, f"UPDATE runs SET exit_code = {code}, verdict = 'not good'")
    result = call("status", "--check", "--archive", archive)
    assert result.exit_code == code
    assert "replica: alarm, " in result.stdout


def test_runs_that_were_cut_short_are_no_verdict(call: Callable[..., Result], archive: Path) -> None:
    _change(archive, "UPDATE runs SET exit_code = NULL, verdict = 'interrupted without a word'")
    result = call("status", "--check", "--archive", archive)
    assert result.exit_code == 10
    assert result.stdout == "replica: no crawl has come to a verdict yet; 1 run without one\n"


def test_a_fetch_by_hand_does_not_stand_for_a_crawl(call: Callable[..., Result], archive: Path) -> None:
    _change(archive, "UPDATE runs SET command = 'fetch'")
    assert call("status", "--check", "--archive", archive).exit_code == 10


def test_a_verdict_from_the_future_is_an_alarm(call: Callable[..., Result], archive: Path) -> None:
    _change(archive, "UPDATE runs SET finished_at = '2999-01-15T01:00:00.000Z'")
    result = call("status", "--check", "--archive", archive)
    assert result.exit_code == 10
    assert "ahead of the clock" in result.stdout


def test_check_gives_json_too(call: Callable[..., Result], crawled: Path) -> None:
    (told,) = json.loads(call("status", "--check", "--json", "--archive", crawled).stdout)
    assert (told["portal"], told["exit_code"], told["unfinished"]) == ("replica", 0, 0)


@pytest.mark.parametrize("age", ["26", "0h", "h", "26 hours", "-3h", "1w"])
def test_what_is_no_length_of_time_is_refused(call: Callable[..., Result], crawled: Path, age: str) -> None:
    result = call("status", "--check", f"--max-age={age}", "--archive", crawled)
    assert result.exit_code == 2
    assert "is no length of time; write 30min, 26h or 3d" in result.stderr


def test_max_age_without_check_is_refused(call: Callable[..., Result], crawled: Path) -> None:
    assert call("status", "--max-age", "26h", "--archive", crawled).exit_code == 2


# -- crawl --notify ---------------------------------------------------------------------------------


def test_the_command_gets_the_verdict_on_its_input(
    call: Callable[..., Result], replica: RunningReplica, tmp_path: Path
) -> None:
    heard = tmp_path / "heard.json"
    crawl = ("crawl", "--portal", replica.map_file, "--archive", tmp_path / "archive", "--max-pages", "2")
    result = call(*crawl, "--notify", f"cat > {heard}; echo $GZCRAWLER_EXIT_CODE >> {heard}.code")
    assert result.exit_code == 0
    told = json.loads(heard.read_text("utf-8"))
    assert (told["portal"], told["exit_code"]) == ("replica", 0)
    assert told["verdict"].startswith("complete up to --max-pages")
    assert told["record"]["captures"] == 3
    assert told["archive"] == str(tmp_path / "archive")
    assert (tmp_path / "heard.json.code").read_text() == "0\n"


def test_the_command_hears_of_a_failure_too(call: Callable[..., Result], tmp_path: Path) -> None:
    heard = tmp_path / "heard.json"
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "letters.txt").touch()
    result = call(
        *("crawl", "--archive", tmp_path / "archive", "--notify", f"cat > {heard}"),
        GZCRAWLER_CONTACT="tests@example.org",
    )
    assert result.exit_code == 2
    told = json.loads(heard.read_text("utf-8"))
    assert told["exit_code"] == 2
    assert "is not an archive" in told["verdict"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("echo no route to the moon >&2; exit 7", "ended with code 7: no route to the moon"),
        ("exit 3", "ended with code 3"),
        ("no-such-program-anywhere", "ended with code 127"),
        ("kill -9 $$", "ended with code -9"),
        ("sleep 60 & wait", "had not ended after 0.2 s, and was ended"),
    ],
)
def test_a_command_that_fails_is_one_line(
    capsys: pytest.CaptureFixture[str], command: str, said: str
) -> None:
    notify(command, TOLD, seconds=0.2 if "sleep" in command else 10)
    line = capsys.readouterr().err
    assert line.startswith(f"gzcrawler: --notify: the command {said}")
    assert len(line.splitlines()) == 1


def test_a_command_that_does_not_read_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    notify("true", TOLD | {"record": "x" * 1_000_000})
    assert capsys.readouterr().err == ""


# -- gzcrawler.toml ---------------------------------------------------------------------------------


def test_the_archive_s_file_speaks_where_nobody_else_does(
    call: Callable[..., Result], replica: RunningReplica, tmp_path: Path
) -> None:
    archive, heard = tmp_path / "archive", tmp_path / "heard.json"
    archive.mkdir()
    (archive / "gzcrawler.toml").write_text(
        f'contact = "archive@example.org"\nwindow = "00:00-00:00"\nnotify = "cat > {heard}"\n', "utf-8"
    )
    crawl = ("crawl", "--portal", replica.map_file, "--archive", archive, "--max-pages", "1")
    assert call(*crawl).exit_code == 0
    told = json.loads(heard.read_text("utf-8"))["record"]["configuration"]
    assert (told["contact"], told["window"]) == ("archive@example.org", "00:00-00:00")
    assert call(*crawl, "--contact", "other@example.org").exit_code == 0
    told = json.loads(heard.read_text("utf-8"))["record"]["configuration"]
    assert told["contact"] == "other@example.org"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("contact = ", "is no TOML"),
        ('delay = "1"', "delay: is no key of this file (known: contact, window, notify)"),
        ("contact = 3", "contact: must be a text, not 3"),
        ('contact = " "', "contact: must be a text"),
        ('window = "night"', "'night' is no window of hours"),
    ],
)
def test_a_file_that_means_nothing_is_refused_in_one_line(
    call: Callable[..., Result], replica: RunningReplica, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "gzcrawler.toml").write_text(text, "utf-8")
    result = call("crawl", "--portal", replica.map_file, "--archive", tmp_path)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert replica.counters()["requests"] == 0
