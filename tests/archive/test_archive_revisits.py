"""When pages are asked again: by age, by their own rate of change, within a budget, and while they are missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from archive_pages import (
    CHALLENGE_PAGE,
    HOST,
    PORTAL,
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

from gzcrawler.archive import Frontier, RevisitPolicy, Selection
from gzcrawler.archive.revisit_policy import Checks, rate_of_change

if TYPE_CHECKING:
    from gzcrawler.archive import Archive

NOW = datetime(2026, 1, 15, tzinfo=UTC)
DAY = timedelta(days=1)
SEEN = Checks(number=9, changes=0, span=9 * DAY)


def wait(age: float, checks: Checks | None = SEEN) -> float:
    """Days until an article of that age is asked again."""
    due = RevisitPolicy().article(NOW, born_at=NOW - age * DAY, checks=checks, url=STORY)
    return (due - NOW) / DAY


def test_young_articles_are_asked_daily_and_old_ones_within_the_month() -> None:
    assert (wait(0), wait(2)) == (pytest.approx(20 / 24), pytest.approx(20 / 24, abs=0.01))
    assert wait(3) < wait(10) < wait(20) < wait(44) <= 28
    assert wait(4000) == wait(60)


def test_an_article_that_keeps_changing_is_asked_twice_as_often_as_it_changes() -> None:
    weekly = Checks(number=100, changes=14, span=100 * DAY)
    assert rate_of_change(weekly) == pytest.approx(1 / 7, rel=0.1)
    assert wait(400, weekly) == pytest.approx(3.2, abs=0.2)


def test_one_edit_long_ago_changes_nothing() -> None:
    assert wait(400, Checks(number=30, changes=1, span=400 * DAY)) == wait(400)


def test_the_articles_of_a_first_crawl_are_spread_over_the_month() -> None:
    never = Checks(number=0, changes=0, span=timedelta())
    policy = RevisitPolicy()
    days = {
        (policy.article(NOW, born_at=NOW - 900 * DAY, checks=never, url=f"{HOST}/{n}") - NOW).days
        for n in range(500)
    }
    assert days >= set(range(6, 27))


def lag(archive: Archive) -> timedelta:
    """From the last look at the article's page to the next."""
    due, seen = rows(
        archive.connection, "SELECT due_at, last_verified FROM pages WHERE canonical_url = ?", STORY
    )[0]
    return datetime.fromisoformat(due) - datetime.fromisoformat(seen)


def _miss(archive: Archive, day: float, page: bytes | None = None) -> None:
    """The page is missing at each of its addresses."""
    for minute, url in enumerate(PORTAL.addresses_of(STORY)):
        when = at(minute / 60, days=day)
        record(archive, capture(url, page, when) if page else gone(url, when))


def test_a_missing_article_is_looked_for_soon_and_then_ever_less(archive: Archive) -> None:
    record(archive, capture())
    waits = []
    for day in (1, 2, 4, 8, 9, 23, 60, 120):
        _miss(archive, day)
        waits.append(lag(archive) / DAY)
    assert waits[0] < 1
    assert waits == sorted(waits)
    assert 25 <= waits[-1] <= 28


def test_a_gone_article_is_looked_for_at_its_own_address_alone(archive: Archive) -> None:
    record(archive, capture())
    for day in (1, 4, 9):
        _miss(archive, day)
    record(archive, gone(STORY, at(days=40)))
    asked_next = rows(
        archive.connection, "SELECT working_url, due_at FROM pages WHERE canonical_url = ?", STORY
    )
    assert asked_next[0][0] == STORY
    assert asked_next[0][1] > "2026-03"


def test_the_look_that_can_confirm_a_removal_comes_when_it_can(archive: Archive) -> None:
    record(archive, capture())
    for day in (1, 2, 5):
        _miss(archive, day)
    assert lag(archive) / DAY == pytest.approx(3, abs=0.01)
    _miss(archive, 8.01)
    assert one(archive.connection, "SELECT state FROM articles") == "gone"


def test_a_page_that_was_never_shown_for_a_challenge_is_asked_within_hours_then_days(
    archive: Archive,
) -> None:
    archive.ask([STORY])
    waits = []
    for day in (0, 0.125, 1, 20):
        _miss(archive, day, CHALLENGE_PAGE)
        waits.append(lag(archive) / timedelta(hours=1))
    assert waits[:2] == [3, pytest.approx(3, abs=0.1)]
    assert waits[2] == pytest.approx(24, abs=0.1)
    assert waits[3] == 7 * 24


def test_a_page_that_leads_to_itself_is_a_fault(archive: Archive) -> None:
    outcomes = []
    for minute in range(3):
        there = (("Location", STORY),)
        outcomes += record(archive, capture(payload=b"", when=at(minute), status=302, response_headers=there))
    assert {recorded.outcome.value for recorded in outcomes} == {"fault"}
    assert one(archive.connection, "SELECT failures FROM pages WHERE canonical_url = ?", STORY) == 3


def test_a_clock_that_went_back_lets_no_page_be_asked_for_ever(archive: Archive) -> None:
    record(archive, capture(when=at(days=400)))
    archive.ask([STORY])
    archive.connection.execute("UPDATE pages SET due_at = ?", ("2026-01-15T01:00:00.000Z",))
    record(archive, capture(when=at(1)))
    assert (
        one(archive.connection, "SELECT due_at FROM pages WHERE canonical_url = ?", STORY) > "2026-01-15T20"
    )


# -- the budget ---------------------------------------------------------------------------------


def _verified(archive: Archive, *, days_ago: dict[int, float]) -> None:
    for number, days in days_ago.items():
        url = f"{HOST}/2018-12/26/c_{number}.htm"
        record(archive, capture(url, article_page(f"Text {number}."), at(days=100 - days)))


def test_what_waits_longest_against_its_own_turn_goes_first(archive: Archive) -> None:
    _verified(archive, days_ago={1: 20, 2: 10, 3: 29, 4: 1})
    for number, turn in ((1, 19), (2, 2), (3, 28), (4, 0.8)):
        archive.connection.execute(
            "UPDATE pages SET due_at = strftime('%Y-%m-%dT%H:%M:%fZ', last_verified, ?) WHERE canonical_url LIKE ?",
            (f"+{turn} days", f"%c_{number}.htm"),
        )
    frontier = Frontier(archive.connection, "guangzhou", Selection(pages=()))
    due = [page.url for page in frontier.due("www.eguangzhou.gov.cn", at(days=100), 10)]
    assert [url[-7:-4] for url in due if "/c_" in url] == ["c_4", "c_3", "c_2", "c_1"]


def test_without_a_budget_new_pages_and_lists_are_due_and_seen_ones_wait(archive: Archive) -> None:
    listing = f"{HOST}/gzlatest.html"
    record(archive, capture(listing, list_page([("/2018-12/26/c_7.htm", "A new title of the town")])))
    _verified(archive, days_ago={1: 60})
    frontier = Frontier(archive.connection, "guangzhou", Selection())
    due = [p.url for p in frontier.due("www.eguangzhou.gov.cn", at(days=100), 99, revisits=False)]
    assert listing in due
    assert f"{HOST}/2018-12/26/c_7.htm" in due
    assert f"{HOST}/2018-12/26/c_1.htm" not in due


def test_what_was_asked_again_today_is_counted_and_what_runs_begin_with_is_not(archive: Archive) -> None:
    listing = f"{HOST}/gzlatest.html"
    for day in (0, 2):
        record(archive, capture(listing, list_page([]), at(days=day)), capture(when=at(1, days=day)))
    frontier = Frontier(archive.connection, "guangzhou", Selection())
    assert frontier.count_revisits(at(-5, days=2)) == 1
    assert frontier.count_revisits(at(-5)) == 0
