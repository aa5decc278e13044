"""`report`: one file that needs nothing beside it, whole or not there."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest
from lxml import html

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Call = Callable[..., Result]


@pytest.fixture(scope="module")
def page(crawled: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    from click.testing import CliRunner

    from gzcrawler.cli import main

    target = tmp_path_factory.mktemp("report") / "report.html"
    ended = CliRunner().invoke(main, ["report", "--archive", str(crawled), "--out", str(target)])
    assert ended.exit_code == 0, ended.output
    assert ended.stdout == f"{target}\n"
    assert [path.name for path in target.parent.iterdir()] == ["report.html"]
    return target.read_text("utf-8")


def test_it_asks_nobody_for_anything(page: str) -> None:
    tree = html.fromstring(page)
    assert tree.xpath("//script | //link | //img | //iframe | //object | //@src | //@href | //@style") == []
    assert not re.search(r"url\(|@import", page)


def test_its_policy_allows_its_own_stylesheet_alone(page: str) -> None:
    (policy,) = html.fromstring(page).xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")


def test_it_shows_the_charts_and_the_last_run(page: str) -> None:
    assert page.count("<svg ") >= 6
    assert "The last run" in page
    assert "complete" in page
    assert "Smallest gap" in page
    assert re.search(r"last verified on <time [^>]+>\d{4}-\d\d-\d\d", page)


def test_it_speaks_chinese(crawled: Path, call: Call) -> None:
    ended = call("report", "--archive", crawled, "--language", "zh")
    assert ended.exit_code == 0
    assert '<html lang="zh">' in ended.stdout
    assert "最近一次运行" in ended.stdout


def test_json_has_the_numbers_behind_the_charts(crawled: Path, call: Call) -> None:
    found = json.loads(call("report", "--archive", crawled, "--json").stdout)
    connection = sqlite3.connect(f"file:{crawled}/gzcrawler.db?mode=ro", uri=True)
    (captures,) = connection.execute("SELECT count(*) FROM captures").fetchone()
    connection.close()
    assert sum(sum(series["values"]) for series in found["figures"]["captures"]["series"]) == captures
    assert found["last_run"]["exit_code"] == 0


def test_an_archive_of_nothing_has_a_report_too(crawled: Path, call: Call, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    shutil.copy(crawled / "gzcrawler.db", archive)
    with sqlite3.connect(archive / "gzcrawler.db", isolation_level=None) as connection:
        for (table,) in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'search_%' "
            "AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_%' ESCAPE '\\'"
        ).fetchall():
            connection.execute(f"DELETE FROM {table}")
    connection.close()
    ended = call("report", "--archive", archive)
    assert ended.exit_code == 0, ended.output
    assert "Nothing was ever crawled" in ended.stdout
    assert "<svg" not in ended.stdout


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("missing/report.html", "no such folder"),
        (".", "is a folder"),
        ("pipe", "no ordinary file"),
    ],
)
def test_a_place_where_no_file_can_be_is_a_wrong_call(
    crawled: Path, call: Call, tmp_path: Path, out: str, said: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    ended = call("report", "--archive", crawled, "--out", tmp_path / out)
    assert ended.exit_code == 2
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert (tmp_path / "pipe").is_fifo()


def test_no_archive_is_a_wrong_call(call: Call, tmp_path: Path) -> None:
    ended = call("report", "--archive", tmp_path / "nothing")
    assert ended.exit_code == 2
    assert ended.stderr.count("\n") == 1


def test_a_full_disk_is_said_in_a_line(crawled: Path, start: Callable[..., object]) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123  # a device is no path to write a file to
        child = start("report", "--archive", crawled, stdout=full)
        _, told = child.communicate(timeout=60)  # type: ignore[attr-defined]
    assert child.returncode == 14  # type: ignore[attr-defined]
    assert "no space left" in told
    assert "Traceback" not in told
