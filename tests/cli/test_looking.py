"""`status`, `show`, `parse`, `verify`, `rebuild`: what they print, and how they refuse."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result
    from conftest import Started

    from gzcrawler.replica import RunningReplica

STORY = "https://www.eguangzhou.gov.cn/2017-06/27/c_97634.htm"
PAGE = """<html><body><div><a href="/">Home</a> &gt; Latest</div><h1>A quay reopens</h1>
<p>eguangzhou.gov.cn | Updated:2017-06-27</p>
<div class="art_cont"><p>The quay opened again on Monday, after a year of repairs.</p></div></body></html>"""


def _ask(archive: Path, sql: str) -> list[tuple[str, ...]]:
    connection = sqlite3.connect(archive / "gzcrawler.db")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


# -- status -----------------------------------------------------------------------------------------


def test_status_counts_what_the_archive_holds(
    call: Callable[..., Result], crawled: Path, replica: RunningReplica
) -> None:
    facts = json.loads(call("status", "--archive", crawled, "--json").stdout)
    assert facts["articles"] == {"alive": len(list(replica.replica.articles()))}
    assert facts["last_run"]["verdict"] == "complete"


def test_status_fits_a_narrow_screen(call: Callable[..., Result], crawled: Path) -> None:
    lines = call("status", "--archive", crawled, COLUMNS="80").stdout.splitlines()
    assert lines[0].split() == ["articles", "50", "(50", "alive)"]
    assert max(map(len, lines)) <= 80


def test_the_environment_names_the_archive(call: Callable[..., Result], crawled: Path) -> None:
    assert call("status", GZCRAWLER_ARCHIVE=str(crawled)).exit_code == 0


@pytest.mark.parametrize("command", ["status", "verify", "rebuild"])
def test_what_is_no_archive_is_refused_in_one_line(
    call: Callable[..., Result], tmp_path: Path, command: str
) -> None:
    (tmp_path / "letter.txt").write_text("not an archive", "utf-8")
    for place in (tmp_path, tmp_path / "nowhere", tmp_path / "letter.txt"):
        result = call(command, "--archive", place)
        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


# -- show -------------------------------------------------------------------------------------------


def test_show_finds_an_article_by_id_address_and_title(
    call: Callable[..., Result], crawled: Path, replica: RunningReplica
) -> None:
    article = next(iter(replica.replica.articles()))
    path = article.canonical_url.partition(".test")[2]
    alias = f"http://subsites.chinadaily.test/guangzhou{path}"
    for key in (article.id, article.canonical_url, alias, f"{alias}?utm_source=x#top", article.title):
        result = call("show", "--archive", crawled, "--json", key)
        assert (key, json.loads(result.stdout)["id"]) == (key, article.id)


def test_show_prints_the_story(call: Callable[..., Result], crawled: Path, replica: RunningReplica) -> None:
    article = next(a for a in replica.replica.articles() if a.language == "en" and a.images and a.body)
    shown = call("show", "--archive", crawled, article.id).stdout
    for part in (article.title, article.body[0], article.images[0].url, article.id):
        assert part in shown


def test_show_raw_is_what_the_server_sent(
    call: Callable[..., Result], crawled: Path, replica: RunningReplica
) -> None:
    article = next(a for a in replica.replica.articles() if not a.continued_on)
    host, _, path = article.canonical_url.removeprefix("http://").partition("/")
    result = call("show", "--archive", crawled, "--raw", article.id)
    assert result.stdout_bytes == replica.replica.page(host, f"/{path}").body


def test_show_names_what_is_near_an_unknown_id(
    call: Callable[..., Result], crawled: Path, replica: RunningReplica
) -> None:
    known = next(iter(replica.replica.articles())).id
    result = call("show", "--archive", crawled, known[:-1])
    assert result.exit_code == 2
    assert f"did you mean {known}" in result.stderr


def test_show_lists_the_articles_of_an_ambiguous_title(call: Callable[..., Result], crawled: Path) -> None:
    result = call("show", "--archive", crawled, "a")
    assert result.exit_code == 2
    assert "more than one article: replica:" in result.stderr


def test_a_reader_who_has_seen_enough_is_no_error(start: Callable[..., Started], crawled: Path) -> None:
    article = _ask(crawled, "SELECT id FROM latest ORDER BY length(record) DESC LIMIT 1")[0][0]
    read, write = os.pipe()
    os.close(read)
    child = start("show", "--archive", crawled, "--json", article, stdout=write)
    os.close(write)
    _, err = child.communicate(timeout=30)
    assert (child.returncode, err) == (0, "")


# -- parse ------------------------------------------------------------------------------------------


def test_parse_prints_the_record(call: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE, "utf-8")
    result = call("parse", tmp_path / "page.html", "--url", STORY)
    record = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (record["id"], record["title"], record["published"]) == (
        "guangzhou:c_97634",
        "A quay reopens",
        "2017-06-27",
    )


def test_parse_of_a_page_that_cannot_be_read_exits_1(call: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE.replace("A quay reopens", ""), "utf-8")
    result = call("parse", tmp_path / "page.html", "--url", STORY)
    assert result.exit_code == 1
    error = json.loads(result.stdout)
    assert error["kind"] == "error"
    assert error["error"].startswith(STORY)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--url", "http://elsewhere.example/"), "is not an address of portal 'guangzhou'"),
        (("--url", STORY, "--captured-at", "yesterday"), "is no ISO 8601 time"),
        (("--url", STORY, "--captured-at", "2026-01-15T09:00:00"), "has no offset"),
        (("--url", STORY, "--status", "9"), "--status"),
        (("--url", STORY, "--portal", "nosuch"), "no portal of that name"),
        ((), "Missing option '--url'"),
    ],
)
def test_parse_refuses_a_wrong_call_in_one_line(
    call: Callable[..., Result], tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    (tmp_path / "page.html").write_text(PAGE, "utf-8")
    result = call("parse", tmp_path / "page.html", *arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1


# -- verify, rebuild --------------------------------------------------------------------------------


def test_verify_says_that_all_is_as_committed(call: Callable[..., Result], crawled: Path) -> None:
    result = call("verify", "--archive", crawled)
    assert result.exit_code == 0
    assert result.stdout.endswith("verified: all as committed\n")


def test_verify_names_damage(call: Callable[..., Result], crawled: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    shutil.copytree(crawled, archive)
    (warc,) = (archive / "warc").glob("*.warc.gz")
    data = bytearray(warc.read_bytes())
    data[len(data) // 2] ^= 0xFF
    warc.write_bytes(data)
    result = call("verify", "--archive", archive, "--json")
    assert result.exit_code == 14
    assert any(warc.name in sentence for sentence in json.loads(result.stdout)["damage"])


def test_rebuild_makes_the_same_articles(call: Callable[..., Result], crawled: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    shutil.copytree(crawled, archive)
    (archive / "gzcrawler.db").unlink()
    assert call("rebuild", "--archive", archive).exit_code == 0
    articles = "SELECT id, content_digest, revision FROM latest ORDER BY id"
    assert _ask(archive, articles) == _ask(crawled, articles)


# -- help -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    ["crawl", "fetch", "demo", "status", "search", "show", "history", "diff", "parse", "verify", "rebuild"],
)
def test_every_option_is_explained_within_80_columns(call: Callable[..., Result], command: str) -> None:
    result = call(command, "--help", COLUMNS="80")
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    options = result.stdout.partition("Options:\n")[2]
    explained = [line for line in options.splitlines() if line.startswith("  -") and "  " not in line.strip()]
    # An option that leaves no room for its text is explained on the line below.
    assert all(f"{line}\n      " in options for line in explained)


def test_the_help_names_every_command(call: Callable[..., Result]) -> None:
    shown = call("--help").stdout
    for command in (
        "crawl",
        "fetch",
        "demo",
        "status",
        "search",
        "show",
        "history",
        "diff",
        "parse",
        "verify",
        "rebuild",
    ):
        assert f"\n  {command} " in shown


def test_an_unknown_command_is_refused_in_one_line(call: Callable[..., Result]) -> None:
    result = call("crwal")
    assert result.exit_code == 2
    assert result.stderr == "gzcrawler: No such command 'crwal'. (see `gzcrawler --help`)\n"
