"""`coverage` after a backfill, or a plan: what the web archive knows and this archive does not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from gzcrawler.cli import main
from tests.backfill.web_archive_server import kept_story

if TYPE_CHECKING:
    from pathlib import Path

    from tests.backfill.conftest import Backfill
    from tests.backfill.web_archive_server import WebArchiveServer


def told(folder: Path, *more: str) -> list[dict[str, Any]]:
    """What `coverage --json` says of web archives."""
    result = CliRunner().invoke(main, ["coverage", "--json", "--archive", str(folder), *more])
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)["elsewhere"]
    return found


def test_a_plan_lets_coverage_tell_what_is_not_here(bring: Backfill, folder: Path) -> None:
    bring(plan=True)
    assert [(one["year"], one["pages"], one["missing"]) for one in told(folder)] == [
        ("2018", 4, 4),
        ("2020", 1, 1),
    ]


def test_what_was_brought_in_is_missing_no_more(bring: Backfill, folder: Path) -> None:
    bring(max_captures=2)
    assert sum(one["missing"] for one in told(folder)) == 3
    bring()
    assert sum(one["missing"] for one in told(folder)) == 0


def test_articles_are_told_from_other_pages(server: WebArchiveServer, bring: Backfill, folder: Path) -> None:
    server.kept = [
        kept_story(1),
        kept_story(2, url="https://www.eguangzhou.gov.cn/att/20170627/1498553318042029000.jpeg"),
        kept_story(3, status=404),
    ]
    bring(plan=True)
    (one,) = told(folder)
    assert (one["pages"], one["missing"], one["missing_articles"]) == (2, 2, 1)


def test_days_limit_it(bring: Backfill, folder: Path) -> None:
    bring(plan=True)
    assert [one["year"] for one in told(folder, "--from", "2019-01-01")] == ["2020"]


def test_people_are_told_in_a_table(server: WebArchiveServer, bring: Backfill, folder: Path) -> None:
    bring(max_captures=2)
    result = CliRunner().invoke(main, ["coverage", "--archive", str(folder)])
    index = server.web_archive.index_url
    assert f"{index}: knows 5 pages, 3 of them not here" in result.stdout
    assert "www.eguangzhou.gov.cn" in result.stdout
    bring()
    result = CliRunner().invoke(main, ["coverage", "--archive", str(folder)])
    assert f"{index}: knows 5 pages, all of them here" in result.stdout


def test_an_archive_that_was_never_backfilled_says_nothing_of_it(
    server: WebArchiveServer, bring: Backfill, folder: Path
) -> None:
    server.kept = []
    bring()
    assert told(folder) == []
    assert "knows" not in CliRunner().invoke(main, ["coverage", "--archive", str(folder)]).stdout
