"""When pages are asked again: by age, by their own rate of change, within a budget, and while they are missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from archive_pages import (
    CHALLENGE_PAGE,
    HOST,
    PORTAL,
    SECOND_PART,
    STORY,
    article_page,
    at,
    capture,
    gone,
    list_page,
    not_modified,
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
    assert wait(3) < wait(10) < wait(20) < wait(41) <= 26
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
    assert days >= set(range(6, 25))


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
    assert 23 <= waits[-1] <= 26


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


def _turns(archive: Archive, turns: dict[int, float]) -> None:
    """Give stories their waits, in days."""
    for number, days in turns.items():
        archive.connection.execute(
            "UPDATE pages SET due_at = strftime('%Y-%m-%dT%H:%M:%fZ', last_verified, ?) WHERE canonical_url LIKE ?",
            (f"+{days} days", f"%c_{number}.htm"),
        )


def _order(archive: Archive) -> list[int]:
    """Stories in the order in which they are asked on day 100."""
    frontier = Frontier(archive.connection, "guangzhou", Selection())
    due = [page.url for page in frontier.due("www.eguangzhou.gov.cn", at(days=100), 20)]
    return [int(url.partition("/c_")[2].removesuffix(".htm")) for url in due if "/c_" in url]


def test_what_waits_longest_against_its_own_turn_goes_first(archive: Archive) -> None:
    _verified(archive, days_ago={1: 20, 2: 10, 3: 12})
    _turns(archive, {1: 19, 2: 2, 3: 8})
    assert _order(archive) == [2, 3, 1]


def test_what_is_asked_daily_goes_first_and_then_what_a_month_is_promised_to(archive: Archive) -> None:
    _verified(archive, days_ago={1: 20, 2: 27.5, 3: 29, 4: 1})
    _turns(archive, {1: 2, 2: 2, 3: 26, 4: 0.8})
    assert _order(archive) == [4, 3, 2, 1]


def test_suspects_go_first_and_what_is_long_gone_or_never_was_does_not(archive: Archive) -> None:
    _verified(archive, days_ago={1: 29, 2: 60, 3: 40})
    _turns(archive, {1: 26})
    archive.ask([f"{HOST}/2018-12/26/c_9.htm"])
    for number, days in ((2, (4, 2)), (3, (30, 3)), (9, (4, 2))):
        for day in days:
            for url in PORTAL.addresses_of(f"{HOST}/2018-12/26/c_{number}.htm"):
                record(archive, gone(url, at(days=100 - day)))
    archive.connection.execute(
        "UPDATE pages SET working_url = canonical_url, host = 'www.eguangzhou.gov.cn', due_at = ? WHERE missing_since"
        " IS NOT NULL",
        ("2026-04-25T00:00:00.000Z",),
    )
    assert _order(archive)[:2] == [2, 1]
    assert sorted(_order(archive)[2:]) == [3, 9]


def test_a_page_that_is_looked_for_at_its_next_address_is_missing_since_the_first(archive: Archive) -> None:
    record(archive, capture(when=at(days=-30)))
    (recorded,) = record(archive, gone(STORY))
    assert recorded.elsewhere
    row = "SELECT missing_since, working_url != canonical_url FROM pages WHERE canonical_url = ?"
    assert rows(archive.connection, row, STORY) == [("2026-01-15T01:00:00.000Z", 1)]
    record(archive, capture(PORTAL.addresses_of(STORY)[1], when=at(1)))
    assert rows(archive.connection, row, STORY) == [(None, 1)]


def test_a_further_page_waits_for_its_first_one_and_comes_right_after_it(archive: Archive) -> None:
    first = capture(STORY, article_page(further=[SECOND_PART]))
    record(archive, first, capture(SECOND_PART, article_page("The second page."), at(1)))

    def due(pages: tuple[str, ...] = ()) -> list[str]:
        frontier = Frontier(archive.connection, "guangzhou", Selection(pages=pages))
        found = [page.url for page in frontier.due("www.eguangzhou.gov.cn", at(days=40), 20)]
        assert (frontier.next_due("www.eguangzhou.gov.cn") is not None) == bool(found)
        return [url for url in found if "/c_" in url]

    assert due() == [STORY]
    assert due(pages=(SECOND_PART,)) == [SECOND_PART]
    record(archive, not_modified(first, at(days=40)))
    assert due() == [SECOND_PART]


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
