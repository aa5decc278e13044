"""The command: what it prints, and what it says to calls that cannot be carried out."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from gzcrawler.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from tests.backfill.web_archive_server import WebArchiveServer


def call(folder: Path, *more: str) -> Result:
    """`backfill wayback` into a folder."""
    words = ["backfill", "wayback", "--archive", str(folder), *more]
    return CliRunner().invoke(main, words, env={"GZCRAWLER_CONTACT": ""})


def from_server(server: WebArchiveServer, folder: Path, *more: str) -> Result:
    """The same from the web archive on loopback, without delay."""
    return call(folder, "--endpoint", server.web_archive.index_url, "--delay", "0", *more)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "says who they are"),
        (["--endpoint", "ftp://archive.example/cdx"], "is no address of a web archive"),
        (["--endpoint", "http://127.0.0.1:/cdx"], "is no address of a web archive"),
        (["--endpoint", "https://archive.example/search"], "say --replay"),
        (["--replay", "https://archive.example/{timestamp}id_/{url}"], "needs the address of its index"),
        (
            ["--endpoint", "https://archive.example/cdx", "--replay", "https://archive.example/{url}"],
            "it needs {timestamp} once",
        ),
        (["--from", "2020-01-01", "--to", "2019-01-01"], "is after --to"),
        (["--from", "2019-02-30"], "is not a day that exists"),
        (["--max-captures", "0"], "is not in the range"),
    ],
)
def test_a_call_that_cannot_be_carried_out_is_one_line_and_makes_nothing(
    folder: Path, options: list[str], words: str
) -> None:
    ended = call(folder, *options)
    assert ended.exit_code == 2
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1
    assert words in ended.stderr
    assert not folder.exists()


def test_without_the_client_it_says_what_to_install(
    server: WebArchiveServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "wayback", None)
    ended = from_server(server, folder)
    assert ended.exit_code == 2
    assert "pip install 'gzcrawler[backfill]'" in ended.stderr
    assert not folder.exists()


def test_the_plan_is_a_table_with_its_sums(server: WebArchiveServer, folder: Path) -> None:
    ended = from_server(server, folder, "--plan", "--distinct")
    assert ended.exit_code == 0
    assert "www.eguangzhou.gov.cn  2018         5" in ended.stdout
    assert "all                                 6" in ended.stdout
    assert ended.stdout.splitlines()[-1].startswith("plan: 6 mementos to fetch from 127.0.0.1")


def test_the_verdict_is_one_line_and_what_is_odd_follows_on_stderr(
    server: WebArchiveServer, folder: Path
) -> None:
    server.gone.add("20180626030315")
    ended = from_server(server, folder)
    assert ended.exit_code == 10
    assert len(ended.stdout.splitlines()) == 1
    assert ended.stdout.startswith("finished with alarms: 4 mementos from 127.0.0.1")
    assert "(4 articles not known before)" in ended.stdout
    assert ended.stderr.startswith("  refused: http://127.0.0.1")


def test_quiet_says_nothing_of_what_went_well(server: WebArchiveServer, folder: Path) -> None:
    assert from_server(server, folder, "--quiet").output == ""


def test_json_is_the_verdict_with_its_record(server: WebArchiveServer, folder: Path) -> None:
    told = json.loads(from_server(server, folder, "--json").stdout)
    assert (told["exit_code"], told["record"]["captures"], told["record"]["left"]) == (0, 5, 0)


def test_the_endpoint_can_stand_in_the_environment(server: WebArchiveServer, folder: Path) -> None:
    words = ["backfill", "wayback", "--archive", str(folder), "--delay", "0"]
    ended = CliRunner().invoke(main, words, env={"GZCRAWLER_CDX": server.web_archive.index_url})
    assert ended.exit_code == 0, ended.output


def test_another_pattern_of_mementos_is_a_setting(server: WebArchiveServer, folder: Path) -> None:
    pattern = f"http://127.0.0.1:{server.port}/web/{{timestamp}}id_/{{url}}"
    ended = from_server(server, folder, "--replay", pattern)
    assert ended.exit_code == 0, ended.output
    assert [path for _, path in server.asked if path.startswith("/web/2020")] != []


def test_what_is_no_web_archive_ends_with_11(server: WebArchiveServer, folder: Path) -> None:
    server.odd_lines = ("<!DOCTYPE html>",)
    ended = from_server(server, folder)
    assert ended.exit_code == 11
    assert "does not answer as a CDX server" in ended.stdout
    assert len(ended.stdout.splitlines()) == 1
