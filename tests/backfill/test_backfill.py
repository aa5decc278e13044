"""What comes of a backfill: which mementos, as what captures, and what a second run does."""

from __future__ import annotations

import gzip
import sqlite3
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from archive_pages import HOST, NOT_FOUND_PAGE, TABLES
from click.testing import CliRunner

from gzcrawler.archive import open_archive, rebuild, verify
from gzcrawler.cli import main
from tests.backfill.web_archive_server import kept_story

if TYPE_CHECKING:
    from pathlib import Path

    from tests.backfill.conftest import Backfill
    from tests.backfill.web_archive_server import WebArchiveServer


def rows(folder: Path, sql: str) -> list[Any]:
    """Rows of the archive, or their only column."""
    connection = sqlite3.connect(folder / "gzcrawler.db")
    try:
        found = connection.execute(sql).fetchall()
    finally:
        connection.close()
    return [row[0] if len(row) == 1 else row for row in found]


def state(folder: Path) -> dict[str, list[Any]]:
    """What the archive says, by natural keys, and what it knows of mementos."""
    tables = TABLES | {"mementos": "SELECT url, captured_at, state, because FROM mementos"}
    return {name: sorted(map(repr, rows(folder, sql))) for name, sql in tables.items()}


def test_the_newest_memento_of_each_page_comes_in(
    server: WebArchiveServer, bring: Backfill, folder: Path
) -> None:
    verdict = bring()
    assert (verdict.exit_code, verdict.record["captures"]) == (0, 5)
    assert sorted(server.mementos_asked)[-1].startswith("2020")
    with open_archive(folder) as archive:
        story = archive.article("guangzhou:c_1")
        assert story["body"][0] == "The bridge was painted green."
        assert story["envelope"]["captured_at"] == "2020-06-26T01:01:15.000Z"


def test_every_distinct_version_makes_its_history(bring: Backfill, folder: Path) -> None:
    assert bring(distinct=True).record["captures"] == 6
    assert rows(folder, "SELECT captured_at FROM history WHERE id = 'guangzhou:c_1' ORDER BY number") == [
        "2018-06-26T01:01:15.000Z",
        "2019-06-26T01:01:15.000Z",
    ]


def test_a_capture_says_how_it_came_and_what_it_is_called_there(
    server: WebArchiveServer, bring: Backfill, folder: Path
) -> None:
    bring()
    url = f"{HOST}/2017-06/27/c_2.htm"
    assert rows(folder, f"SELECT via, original_id, captured_at FROM captures WHERE url = '{url}'") == [
        (
            "wayback",
            server.web_archive.memento_url(url, _moment("2018-06-26T02:02:15")),
            "2018-06-26T02:02:15.000Z",
        )
    ]


@pytest.mark.parametrize("kind", ["wayback", "pywb", "plain"])
def test_the_headers_are_those_of_the_site(
    server: WebArchiveServer, bring: Backfill, folder: Path, kind: Any
) -> None:
    server.kind = kind
    bring()
    files = b"".join(gzip.decompress(path.read_bytes()) for path in folder.glob("warc/*.warc.gz"))
    assert b"\r\nServer: old\r\n" in files
    assert files.count(b"\r\nContent-Type: text/html; charset=utf-8\r\n") == 5
    assert b"X-Archive-Orig" not in files
    assert b"Set-Cookie" not in files
    assert b"Memento-Datetime" not in files


def test_a_second_run_changes_nothing(server: WebArchiveServer, bring: Backfill, folder: Path) -> None:
    bring()
    before, asked = state(folder), len(server.asked)
    verdict = bring()
    assert (verdict.exit_code, verdict.record["captures"]) == (0, 0)
    assert state(folder) == before
    assert len(server.asked) == asked


def test_after_a_rebuild_the_index_is_read_again_and_nothing_is_fetched_twice(
    server: WebArchiveServer, bring: Backfill, folder: Path
) -> None:
    bring(distinct=True)
    before, asked = state(folder), len(server.mementos_asked)
    rebuild(folder)
    bring(distinct=True)
    assert state(folder) == before
    assert len(server.mementos_asked) == asked


def test_what_was_brought_in_is_whole(bring: Backfill, folder: Path) -> None:
    bring(distinct=True)
    assert verify(folder).damage == []


def test_a_plan_counts_and_fetches_nothing(server: WebArchiveServer, bring: Backfill) -> None:
    verdict = bring(plan=True, distinct=True)
    assert server.mementos_asked == []
    assert [(line["year"], line["captures"]) for line in verdict.record["plan"]] == [("2018", 5), ("2019", 1)]
    assert {line["host"] for line in verdict.record["plan"]} == {"www.eguangzhou.gov.cn"}
    assert sum(line["bytes"] for line in verdict.record["plan"]) > 6 * 400
    assert verdict.record["hours"] == round(6 / 3600, 2)


def test_days_limit_what_is_asked_for(server: WebArchiveServer, bring: Backfill) -> None:
    assert bring(first_day=date(2019, 1, 1), last_day=date(2019, 12, 31)).record["captures"] == 1
    assert server.mementos_asked == ["20190626010115"]


def test_as_many_as_are_asked_for_and_the_rest_another_time(bring: Backfill) -> None:
    first = bring(max_captures=2)
    assert (first.record["captures"], first.record["left"]) == (2, 3)
    assert bring().record["captures"] == 3


def test_other_peoples_pages_and_errors_of_the_site_stay_out(
    server: WebArchiveServer, bring: Backfill, folder: Path
) -> None:
    server.kept += [
        kept_story(6, url="http://www.eguangzhou.gov.cn/att/12.files/i/logo.png"),
        kept_story(7, status=404),
        kept_story(8, status=301),
        kept_story(9, url="https://www.eguangzhou.gov.cn.example.com/2017-06/27/c_9.htm"),
    ]
    assert bring().record["captures"] == 5
    assert rows(folder, "SELECT foreign_lines FROM memento_listings WHERE foreign_lines") == [1]


def test_a_repetition_is_fetched_like_any_other(
    server: WebArchiveServer, bring: Backfill, folder: Path
) -> None:
    server.kept = [kept_story(1), kept_story(1, 2021, is_revisit=True)]
    bring(distinct=False)
    assert rows(folder, "SELECT captured_at, status FROM captures") == [("2021-06-26T01:01:15.000Z", 200)]


def test_replay_that_compresses_gives_the_payload_of_the_index(
    server: WebArchiveServer, bring: Backfill, folder: Path
) -> None:
    server.compresses = True
    verdict = bring()
    assert (verdict.exit_code, verdict.record["doubted"]) == (0, 0)
    sizes = {len(kept.payload) for kept in server.kept}
    assert set(rows(folder, "SELECT length FROM captures")) <= sizes


def test_a_body_that_the_site_had_compressed_stays_so(
    server: WebArchiveServer, bring: Backfill, folder: Path
) -> None:
    plain = kept_story(1)
    packed = gzip.compress(plain.payload)
    headers = (*plain.headers, ("Content-Encoding", "gzip"))
    server.kind = "pywb"
    server.kept = [kept_story(1, payload=packed, headers=headers)]
    bring()
    with open_archive(folder) as archive:
        assert archive.raw("guangzhou:c_1") == packed
        assert archive.article("guangzhou:c_1")["title"] == "A bridge of 1 arches"


def test_mementos_take_their_place_in_a_history_that_a_crawl_began(
    server: WebArchiveServer, bring: Backfill, folder: Path
) -> None:
    server.kept = [kept_story(1, 2020, "As it is today.")]
    bring()
    server.kept.append(kept_story(1, 2018, "As it was at first."))
    server.clock.passed += 8 * 86_400
    bring(distinct=True)
    assert rows(folder, "SELECT number, captured_at FROM history ORDER BY number") == [
        (1, "2018-06-26T01:01:15.000Z"),
        (2, "2020-06-26T01:01:15.000Z"),
    ]


def test_mementos_that_show_a_page_removed_confirm_no_removal(
    server: WebArchiveServer, bring: Backfill, folder: Path
) -> None:
    server.kept = [kept_story(1, 2018)]
    for year in (2019, 2020, 2021, 2022):
        gone = NOT_FOUND_PAGE.replace(b"<p>", f"<p>{year}: ".encode())
        server.kept.append(kept_story(1, year, payload=gone))
    bring(distinct=True)
    assert rows(folder, "SELECT kind FROM captures ORDER BY captured_at") == ["article"] + ["removed"] * 4
    assert rows(folder, "SELECT state FROM articles") == ["suspect"]


def test_a_redacted_article_is_not_asked_for(server: WebArchiveServer, bring: Backfill, folder: Path) -> None:
    bring()
    told = ["redact", "guangzhou:c_1", "--reason", "a court's order", "--yes", "--archive", str(folder)]
    redacted = CliRunner().invoke(main, told)
    assert redacted.exit_code == 0, redacted.output
    asked = len(server.mementos_asked)
    bring(distinct=True)
    assert len(server.mementos_asked) == asked


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
