"""Web archives that misbehave: what is wrong is named, nothing is lost, nothing doubled, and nobody is pestered."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import pytest

from gzcrawler.archive import verify
from gzcrawler.backfill import listing
from tests.backfill.web_archive_server import kept_story, sha1

if TYPE_CHECKING:
    from pathlib import Path

    from tests.backfill.conftest import Backfill
    from tests.backfill.web_archive_server import WebArchiveServer

HOUR = 3600.0


def number(folder: Path, sql: str) -> int:
    """The single value of a query."""
    connection = sqlite3.connect(folder / "gzcrawler.db")
    try:
        return int(connection.execute(sql).fetchone()[0])
    finally:
        connection.close()


def texts(folder: Path, sql: str) -> list[str]:
    """The only column of a query."""
    connection = sqlite3.connect(folder / "gzcrawler.db")
    try:
        return [row[0] for row in connection.execute(sql)]
    finally:
        connection.close()


# -- the index -------------------------------------------------------------------------------------


def test_an_index_of_many_pages_is_read_to_its_end(server: WebArchiveServer, bring: Backfill) -> None:
    server.page_size = 2
    verdict = bring()
    assert (verdict.exit_code, verdict.record["index_lines"], verdict.record["captures"]) == (0, 7, 5)


def test_pages_that_come_again_are_counted_and_double_nothing(
    server: WebArchiveServer, bring: Backfill, folder: Path
) -> None:
    server.page_size, server.repeats = 2, 2
    verdict = bring(distinct=True)
    assert verdict.record["repeated_pages"] == 8
    assert number(folder, "SELECT count(*) FROM mementos") == 7
    assert (verdict.exit_code, verdict.record["captures"]) == (0, 6)


def test_an_index_that_goes_in_circles_is_named_and_left(server: WebArchiveServer, bring: Backfill) -> None:
    server.page_size, server.circles = 2, True
    verdict = bring()
    assert verdict.exit_code == 10
    assert "the index goes in circles for www.eguangzhou.gov.cn" in verdict.verdict
    assert verdict.record["captures"] == 5
    assert verdict.record["index_pages"] < 20


@pytest.mark.parametrize("kind", ["wayback", "pywb"])
@pytest.mark.parametrize("count", [9, 10, 11, 20])
def test_an_index_is_read_whole_with_resume_keys_and_without(
    server: WebArchiveServer,
    bring: Backfill,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: Literal["wayback", "pywb"],
    count: int,
) -> None:
    monkeypatch.setattr(listing, "LINES_A_PAGE", 10)
    server.kind = kind
    server.kept = [kept_story(number) for number in range(1, count + 1)]
    verdict = bring(plan=True)
    assert (verdict.exit_code, verdict.record["repeated_pages"]) == (0, 0)
    assert number(folder, "SELECT count(*) FROM mementos") == count


def test_lines_that_say_nothing_are_counted_and_named(server: WebArchiveServer, bring: Backfill) -> None:
    server.kept.append(kept_story(8, timestamp="20181399999999"))
    verdict = bring()
    assert (verdict.exit_code, verdict.record["captures"], verdict.record["odd_lines"]) == (10, 5, 1)


def test_an_address_with_signs_that_are_none_gets_into_no_header(
    server: WebArchiveServer, bring: Backfill, folder: Path
) -> None:
    url = "https://www.eguangzhou.gov.cn/2017-06/27/c_9.htm"
    server.kept = [kept_story(9, url=url)]
    line = json.dumps({"url": f"{url[:-4]}\r\n.htm", "status": "200", "digest": "-", "length": "1"})
    server.kept[0] = replace(server.kept[0], listed=f"{server.kept[0].key} {server.kept[0].timestamp} {line}")
    assert bring().record["captures"] == 1
    assert verify(folder).damage == []
    assert texts(folder, "SELECT url FROM captures") == [url]


def test_what_is_no_index_at_all_is_called_that(server: WebArchiveServer, bring: Backfill) -> None:
    server.odd_lines = ("<!DOCTYPE html>", "<html><body>Sign in to the network</body></html>")
    verdict = bring()
    assert verdict.exit_code == 11
    assert "does not answer as a CDX server" in verdict.verdict


def test_an_index_that_knows_nothing_is_no_fault(server: WebArchiveServer, bring: Backfill) -> None:
    server.kept = []
    verdict = bring()
    assert (verdict.exit_code, verdict.verdict) == (0, f"complete: 0 mementos from 127.0.0.1:{server.port}")


def test_an_index_that_breaks_off_is_asked_again(server: WebArchiveServer, bring: Backfill) -> None:
    server.cut["cdx"] = 2
    verdict = bring()
    assert (verdict.exit_code, verdict.record["captures"]) == (0, 5)


def test_an_index_that_keeps_failing_ends_the_run_and_it_goes_on_later(
    server: WebArchiveServer, bring: Backfill
) -> None:
    server.page_size = 2
    server.on_request = lambda count: server.failing.update({"cdx": 3}) if count == 3 else None
    verdict = bring()
    assert (verdict.exit_code, verdict.record["captures"]) == (11, 0)
    asked = len(server.asked)
    assert bring().record["captures"] == 5
    assert "resumeKey=page-2" in server.asked[asked][1]


# -- what it demands -------------------------------------------------------------------------------


def test_after_429_for_an_hour_the_run_ends_within_a_quarter_and_a_later_one_completes(
    server: WebArchiveServer, bring: Backfill
) -> None:
    server.refuses_until = HOUR
    verdict = bring()
    assert verdict.exit_code == 11
    assert "answered 429 5 times in a row; run the same command in an hour or later" in verdict.verdict
    assert len(server.asked) == 5
    assert server.clock.passed == pytest.approx(900, abs=60)
    server.clock.passed = HOUR
    assert bring().record["captures"] == 5


def test_429_in_the_middle_keeps_what_came_and_the_next_run_fetches_the_rest_alone(
    server: WebArchiveServer, bring: Backfill
) -> None:
    def refuse(count: int) -> None:
        if len(server.mementos_asked) == 3:
            server.refuses_until = server.clock.passed + HOUR

    server.on_request = refuse
    assert bring().exit_code == 11
    server.on_request = lambda _: None
    server.clock.passed += HOUR
    assert bring().record["captures"] == 3
    answered = [stamp for stamp in server.mementos_asked if server.mementos_asked.count(stamp) == 1]
    assert len(set(server.mementos_asked)) == 5
    assert len(answered) == 4


@pytest.mark.parametrize("refusal", [429, 503])
@pytest.mark.parametrize("retry_after", ["240", "Mon, 23 Nov 2026 08:04:00 GMT"])
def test_retry_after_is_waited_for(
    server: WebArchiveServer, bring: Backfill, refusal: int, retry_after: str
) -> None:
    server.refusal, server.retry_after, server.refuses_until = refusal, retry_after, 240.0
    assert bring().exit_code == 0
    assert server.asked[1][0] == pytest.approx(240, abs=1)


def test_a_longer_retry_after_than_a_run_has_ends_it_at_once(
    server: WebArchiveServer, bring: Backfill
) -> None:
    server.retry_after, server.refuses_until = "7200", 7200.0
    verdict = bring()
    assert verdict.exit_code == 11
    assert "asks to come back in 120 minutes" in verdict.verdict
    assert len(server.asked) == 1


def test_between_two_requests_lies_what_the_service_asks_for(
    server: WebArchiveServer, bring: Backfill
) -> None:
    server.page_size = 2
    verdict = bring()
    moments = [moment for moment, path in server.asked if "cdx" in path]
    assert min(later - sooner for sooner, later in pairwise(moments)) >= 2.5
    assert verdict.hosts[0].smallest_gap == pytest.approx(1.0)
    assert verdict.hosts[0].demanded_gap == 1.0


# -- mementos --------------------------------------------------------------------------------------


def test_a_digest_that_lies_is_named_and_the_payload_kept(
    server: WebArchiveServer, bring: Backfill, folder: Path
) -> None:
    server.kept.append(kept_story(6, digest=sha1(b"something else")))
    verdict = bring()
    assert verdict.exit_code == 10
    assert "1 memento whose payload is not the one that the index lists" in verdict.verdict
    (named,) = verdict.record["named"]
    assert named["what"] == "doubted"
    assert f"not sha1:{sha1(b'something else')} as listed" in named["because"]
    assert number(folder, "SELECT count(*) FROM captures") == 6
    assert bring().exit_code == 0


def test_a_body_that_breaks_off_is_asked_again_and_never_recorded_in_part(
    server: WebArchiveServer, bring: Backfill, folder: Path
) -> None:
    server.cut["20180626020215"] = 1
    server.cut["20180626030315"] = 99
    verdict = bring()
    assert (verdict.exit_code, verdict.record["captures"], verdict.record["failed"]) == (10, 4, 1)
    assert number(folder, "SELECT count(*) FROM captures WHERE truncated IS NOT NULL") == 0
    server.cut.clear()
    assert bring().record["captures"] == 1


def test_a_memento_that_fails_alone_costs_none_of_the_others(
    server: WebArchiveServer, bring: Backfill
) -> None:
    server.failing["20180626030315"] = 99
    verdict = bring()
    assert (verdict.exit_code, verdict.record["captures"]) == (10, 4)
    assert "1 memento that could not be had this time" in verdict.verdict


def test_a_memento_that_always_fails_is_left_alone_after_five_runs(
    server: WebArchiveServer, bring: Backfill
) -> None:
    server.failing["20180626030315"] = 99
    for _ in range(6):
        verdict = bring()
    assert (verdict.exit_code, verdict.record["left"]) == (0, 0)
    assert server.mementos_asked.count("20180626030315") == 15


def test_a_replay_that_is_out_of_order_ends_the_run_and_is_held_against_no_memento(
    server: WebArchiveServer, bring: Backfill, folder: Path
) -> None:
    server.kept = [kept_story(number) for number in range(1, 20)]
    server.failing.update({kept.timestamp: 3 for kept in server.kept})
    verdict = bring()
    assert verdict.exit_code == 11
    assert "answered 502, 10 mementos in a row" in verdict.verdict
    assert number(folder, "SELECT sum(tries) FROM mementos") == 0
    server.failing.clear()
    assert bring().record["captures"] == 19


@pytest.mark.parametrize("how", ["moved", "instead"])
def test_another_memento_than_was_asked_for_is_not_taken_for_it(
    server: WebArchiveServer, bring: Backfill, folder: Path, how: str
) -> None:
    getattr(server, how)["20200626010115"] = "20180626010115"
    verdict = bring()
    assert verdict.exit_code == 10
    assert "2018-06-26 01:01:15" in verdict.record["named"][0]["because"]
    # The next older one of the page is the newest that there is.
    assert number(folder, "SELECT count(*) FROM captures WHERE captured_at LIKE '2019%'") == 1
    assert number(folder, "SELECT count(*) FROM captures WHERE captured_at LIKE '2020%'") == 0


def test_a_memento_of_another_page_is_not_taken(server: WebArchiveServer, bring: Backfill) -> None:
    server.kept = [kept_story(1, original="https://www.eguangzhou.gov.cn/2017-06/27/c_2.htm")]
    verdict = bring()
    assert (verdict.exit_code, verdict.record["captures"]) == (10, 0)
    assert "c_2.htm came instead" in verdict.record["named"][0]["because"]


def test_what_a_server_calls_itself_does_nothing_to_a_terminal(
    server: WebArchiveServer, bring: Backfill
) -> None:
    server.kept = [kept_story(1, original="https://elsewhere.example/\x1b[2J")]
    because = bring().record["named"][0]["because"]
    assert because == "a memento of https://elsewhere.example/?[2J came instead"


def test_what_is_listed_and_not_there_is_named_once(server: WebArchiveServer, bring: Backfill) -> None:
    server.gone.add("20180626030315")
    verdict = bring()
    assert (verdict.exit_code, verdict.record["captures"], verdict.record["refused"]) == (10, 4, 1)
    assert bring().exit_code == 0


def test_an_empty_body_is_kept_like_any_other(
    server: WebArchiveServer, bring: Backfill, folder: Path
) -> None:
    server.kept = [kept_story(1, payload=b"")]
    assert bring().record["captures"] == 1
    assert number(folder, "SELECT length FROM captures") == 0


def test_a_body_beyond_the_limit_of_the_map_is_cut_and_marked(
    server: WebArchiveServer, bring: Backfill, folder: Path
) -> None:
    server.kept = [kept_story(1, payload=b"<p>" + b"x" * 10_500_000)]
    bring()
    assert number(folder, "SELECT length FROM captures WHERE truncated = 'length'") == 10_000_000
