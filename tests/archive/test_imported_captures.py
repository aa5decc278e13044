"""What other archives saw adds to history, and never speaks for our own crawls: no removal, no alarm, no turn."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Literal

import pytest
from archive_pages import (
    CHALLENGE_PAGE,
    HOST,
    LIST,
    OTHER_STORY,
    STORY,
    article_page,
    at,
    capture,
    gone,
    list_page,
    one,
    record,
    rows,
)

from gzcrawler.archive import Frontier, Selection, coverage, open_archive, vanishings
from gzcrawler.archive.run_findings import find

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Clock, OpenForWriting

    from gzcrawler.archive import Archive
    from gzcrawler.items import Capture

PICTURE = f"{HOST}/att/20181226/1545785512004031177.jpeg"


def imported(taken: Capture, via: Literal["warc", "wayback"] = "warc") -> Capture:
    """The same out of another archive."""
    name = f"urn:{taken.url}:{taken.captured_at}"
    return replace(taken, via=via, original_id=name, request_headers=())


def state(archive: Archive) -> object:
    return one(archive.connection, "SELECT state FROM articles")


# -- removals -----------------------------------------------------------------------------------------


def test_an_import_alone_never_confirms_a_removal(archive: Archive) -> None:
    record(archive, imported(capture()))
    record(archive, *(imported(gone(when=at(days=day))) for day in (400, 500, 600, 700)))
    assert state(archive) == "suspect"
    assert rows(archive.connection, "SELECT * FROM confirmations") == []
    assert one(archive.connection, "SELECT last_verified FROM articles") == "2026-01-15T01:00:00.000Z"


def test_checks_of_our_own_confirm_it(archive: Archive) -> None:
    record(archive, imported(capture()), imported(gone(when=at(days=400))))
    record(archive, *(gone(when=at(days=day)) for day in (800, 804)))
    assert state(archive) == "suspect"
    record(archive, gone(when=at(days=808)))
    assert state(archive) == "gone"


def test_a_challenge_that_another_archive_met_says_nothing(archive: Archive) -> None:
    record(archive, imported(capture()), imported(capture(payload=CHALLENGE_PAGE, when=at(days=9))))
    assert state(archive) == "alive"


def test_a_capture_from_elsewhere_can_show_that_an_article_came_back(archive: Archive) -> None:
    record(archive, capture(), *(gone(when=at(days=day)) for day in (1, 4, 8)))
    record(archive, imported(capture(when=at(days=20)), "wayback"))
    assert state(archive) == "returned"


def test_stories_of_long_ago_that_are_not_there_at_our_first_look_did_not_vanish_together(
    archive: Archive,
) -> None:
    urls = [f"{HOST}/2018-12/26/c_{number}.htm" for number in range(12)]
    record(archive, *(imported(capture(url, article_page(url), at(days=-2000))) for url in urls))
    record(archive, *(capture(url, article_page(url), at(n)) for n, url in enumerate(urls[:4])))
    record(archive, *(gone(url, at(n)) for n, url in enumerate(urls[4:])))
    assert vanishings(archive.connection, "guangzhou", at(days=1)) == []


# -- turns ----------------------------------------------------------------------------------------------


def due(archive: Archive, days: float = 0) -> set[str]:
    frontier = Frontier(archive.connection, "guangzhou", Selection())
    return {page.canonical_url for page in frontier.due("www.eguangzhou.gov.cn", at(days=days), 50)}


def test_a_page_known_by_an_import_alone_is_due_for_a_look(archive: Archive) -> None:
    record(archive, imported(capture(when=at(days=-2000))), imported(gone(OTHER_STORY, at(days=-1000))))
    assert {STORY, OTHER_STORY} <= due(archive, days=1)


def test_it_waits_behind_the_new_articles_of_the_portal(archive: Archive) -> None:
    record(archive, imported(capture(when=at(days=-2000))))
    record(archive, capture(LIST, list_page([(OTHER_STORY, "Another story")]), at(1)))
    frontier = Frontier(archive.connection, "guangzhou", Selection())
    pages = [page.canonical_url for page in frontier.due("www.eguangzhou.gov.cn", at(5), 50)]
    assert pages.index(OTHER_STORY) < pages.index(STORY)


def test_it_costs_nothing_of_the_days_revisits(archive: Archive) -> None:
    record(archive, imported(capture(when=at(days=-2000))))
    frontier = Frontier(archive.connection, "guangzhou", Selection())
    assert not any(page.revisit for page in frontier.due("www.eguangzhou.gov.cn", at(5), 50))


def test_a_picture_that_came_is_not_asked_for_again(archive: Archive) -> None:
    picture = imported(capture(PICTURE, b"\xff\xd8", response_headers=(("Content-Type", "image/jpeg"),)))
    record(archive, picture, imported(capture(when=at(1))))
    assert PICTURE not in due(archive, days=1)


@pytest.mark.parametrize("days", [-2000, 3], ids=["of before", "of after"])
@pytest.mark.parametrize("page", [article_page("The text as it was elsewhere."), None], ids=["shown", "gone"])
def test_the_turn_of_a_page_that_a_crawl_asks_is_not_moved(
    archive: Archive, days: float, page: bytes | None
) -> None:
    turn = """SELECT due_at, priority, host, working_url, failures, etag, last_modified, validated_digest,
        last_verified, missing_since, state FROM pages WHERE canonical_url = ?"""
    record(archive, capture())
    before = rows(archive.connection, turn, STORY)
    record(
        archive, imported(gone(when=at(days=days)) if page is None else capture(STORY, page, at(days=days)))
    )
    assert rows(archive.connection, turn, STORY) == before


def test_a_list_from_elsewhere_asks_no_article_again(archive: Archive) -> None:
    record(archive, capture(), capture(LIST, list_page([(STORY, "Pump houses reopen")]), at(1)))
    turn = "SELECT due_at FROM pages WHERE canonical_url = ?"
    before = rows(archive.connection, turn, STORY)
    record(archive, imported(capture(LIST, list_page([(STORY, "Another title now")]), at(days=2))))
    assert rows(archive.connection, turn, STORY) == before


# -- alarms and coverage ----------------------------------------------------------------------------------


def test_a_list_that_only_other_archives_have_seen_is_not_lost(
    open_for_writing: OpenForWriting, clock: Clock
) -> None:
    old = f"{HOST}/gzoldsection.html"
    with open_for_writing() as archive:
        record(archive, imported(capture(old, list_page([(STORY, "Pump houses reopen")]), at(days=-2000))))
        record(archive, gone(old, at(1)))
        assert find(archive.connection, archive.run, now=clock(), sections=[]).lost == ()


def test_what_another_archive_visited_is_no_visit_of_ours(
    open_for_writing: OpenForWriting, folder: Path
) -> None:
    page = list_page([(STORY, "Pump houses reopen")])
    with open_for_writing() as archive:
        record(archive, capture(LIST, page, at(0)))
    with open_archive(folder) as opened:
        before = coverage(opened, sections=["gzlatest"], now=at(days=1))
    with open_for_writing() as archive:
        record(archive, imported(capture(LIST, page, at(days=-2000))), imported(gone(LIST, at(days=-900))))
    with open_archive(folder) as opened:
        after = coverage(opened, sections=["gzlatest"], now=at(days=1))
    assert [s.unwatched for s in after.sections] == [s.unwatched for s in before.sections]
    assert [s.holes for s in after.sections] == [s.holes for s in before.sections]


def test_a_list_from_elsewhere_covers_the_days_that_it_shows(
    open_for_writing: OpenForWriting, folder: Path
) -> None:
    crawled = datetime(2026, 3, 1, 1, tzinfo=UTC)
    days = [f"{HOST}/2026-01/{day:02}/c_{5000 + day}.htm" for day in range(20, 5, -1)]
    page = list_page([(url, f"What happened on day {url[-6:]}") for url in days]).replace(
        b"<span>2018-12-26</span>", b""
    )
    with open_for_writing() as archive:
        record(archive, capture(f"{HOST}/2026-01/10/c_5010.htm", article_page(), crawled))
    window = {"first_day": date(2026, 1, 12), "last_day": date(2026, 1, 18), "now": crawled}
    with open_for_writing() as archive:
        record(archive, imported(capture(LIST, page, datetime(2026, 1, 21, 1, tzinfo=UTC))))
    with open_archive(folder) as opened:
        (section,) = coverage(opened, sections=["gzlatest"], **window).sections
    assert section.holes == ()
