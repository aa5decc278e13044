"""`doctor`, as it is typed: rates of an archive, and a first contact with a portal."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from gzcrawler.archive.connections import connect_to_write
from gzcrawler.replica import ReplicaConfig, RunningReplica, running_replica

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Call = Callable[..., Result]


@pytest.fixture
def map_file(replica: RunningReplica) -> Path:
    """The replica's map, as a file of the user's own."""
    return replica.map_file


def _write(archive: Path, sql: str) -> None:
    with closing(connect_to_write(archive / "gzcrawler.db")) as connection:
        connection.execute(sql)


@pytest.fixture
def of_two_months(crawled: Path, tmp_path: Path) -> Path:
    """The crawled archive as if half of it had been captured a month earlier."""
    shutil.copytree(crawled, tmp_path / "archive")
    _write(
        tmp_path / "archive",
        "UPDATE revisions SET captured_at = '2020-01-05T00:00:00.000Z' WHERE id % 2",
    )
    return tmp_path / "archive"


def test_rates_are_shown_by_layout_and_by_section(call: Call, crawled: Path) -> None:
    result = call("doctor", "--archive", crawled)
    assert result.exit_code == 0
    assert "replica: how many of a hundred pages fill each field" in result.stdout
    assert "subsite" in result.stdout
    assert "gzlatest" not in result.stdout
    assert result.stdout.endswith("nothing to compare with yet: all is of one month\n")
    assert "gzlatest" in call("doctor", "--archive", crawled, "--sections").stdout


def test_json_has_every_month(call: Call, of_two_months: Path) -> None:
    (report,) = json.loads(call("doctor", "--archive", of_two_months, "--json").stdout)
    assert len({rate["month"] for rate in report["rates"]}) == 2
    assert all(0 <= rate["filled"]["source"] <= rate["pages"] for rate in report["rates"])
    assert report["drift"] == []


def test_a_field_that_has_fallen_is_named_and_the_exit_code_is_12(call: Call, of_two_months: Path) -> None:
    _write(of_two_months, "UPDATE revisions SET layout = 'subsite', filled = filled | 2")
    assert call("doctor", "--archive", of_two_months).stdout.endswith("no field has fallen\n")
    _write(of_two_months, "UPDATE revisions SET filled = filled & ~2 WHERE captured_at > '2021'")
    result = call("doctor", "--archive", of_two_months)
    assert result.exit_code == 12
    assert "drift: layout subsite: source filled on 0.0% of " in result.stdout


def test_an_archive_without_articles_says_so(
    call: Call, replica: RunningReplica, map_file: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    home = "http://www.eguangzhou.test/"
    call("fetch", home, "--portal", map_file, "--archive", archive)
    result = call("doctor", "--archive", archive)
    assert (result.exit_code, result.stdout) == (0, "replica: no article has been read yet\n")


def test_a_first_contact_shows_how_each_page_reads_and_keeps_it(
    call: Call, replica: RunningReplica, map_file: Path, tmp_path: Path
) -> None:
    arguments = ("doctor", "--live", 3, "--portal", map_file, "--archive", tmp_path / "archive")
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    assert result.stdout.count("read as  article (status 200") == 3
    assert result.stdout.count("read as  home") == 1
    assert result.stdout.count("read as  listing") == 3
    for name in ("title", "published_raw", "breadcrumbs", "first block", "source"):
        assert result.stdout.count(f"{name}  ") == 3
    assert "complete" in result.stdout
    first = {request.path for request in replica.log()}
    again = json.loads(call(*arguments, "--json").stdout)
    pages: list[dict[str, Any]] = [page for page in again["pages"] if page["kind"] == "article"]
    assert len(pages) == 3
    assert not first & {"/" + page["url"].split("/", 3)[3] for page in pages}, "articles not captured yet"
    assert pages[0]["record"]["title"]


def test_a_first_contact_is_polite(
    call: Call, replica: RunningReplica, map_file: Path, tmp_path: Path
) -> None:
    call("doctor", "--live", 2, "--portal", map_file, "--archive", tmp_path / "archive")
    paths = [request.path for request in replica.log()]
    assert paths[0] == "/robots.txt"
    assert len(paths) <= 2 * 6 + 4 + 2


def test_a_first_contact_with_a_live_portal_says_who_asks(call: Call, tmp_path: Path) -> None:
    result = call("doctor", "--live", 2, "--archive", tmp_path / "archive")
    assert result.exit_code == 2
    assert "GZCRAWLER_CONTACT" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_portal_that_does_not_answer_is_unreachable(call: Call, tmp_path: Path) -> None:
    with running_replica(ReplicaConfig(articles=50)) as stopped:
        path = tmp_path / "replica.toml"
        path.write_bytes(stopped.map_file.read_bytes())
    result = call("doctor", "--live", 2, "--portal", path, "--archive", tmp_path / "archive")
    assert result.exit_code == 11
    assert "portal unreachable or refusing" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--live", "0"), "--live"),
        (("--archive", "nowhere"), "no such folder"),
        (("--portal", "atlantis"), "atlantis"),
    ],
)
def test_a_wrong_call_is_one_line(call: Call, crawled: Path, arguments: tuple[str, ...], said: str) -> None:
    result = call("doctor", "--archive", crawled, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
