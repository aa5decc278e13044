"""Which days of a section count as covered, and what is said of the others."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from archive_pages import ALIAS_HOST, HOST, LIST, PORTAL, capture, fetched, gone, record, rows
from simulated_crawl import SimulatedCrawl

from gzcrawler.archive import (
    Archive,
    Coverage,
    Failure,
    HostEvidence,
    Verdict,
    coverage,
    open_archive,
    rebuild,
)
from gzcrawler.archive.coverage import holes_since
from gzcrawler.archive.rhythm import wait_under_way, waits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from conftest import Clock, OpenForWriting

SECTION = "gzlatest"
NEWER = f"{HOST}/gzlatest/"
FIRST = date(2026, 1, 1)
"""The first article's day."""


def _day(number: int) -> date:
    """January 2026 by its days."""
    return FIRST + timedelta(days=number - 1)


def _morning(number: int) -> datetime:
    """Nine o'clock of a day, at +08:00."""
    return datetime(2026, 1, 1, 1, 0, tzinfo=UTC) + timedelta(days=number - 1)


def _list(days: Sequence[int], *, part: int = 1, more: bool = False, dated: bool = True) -> bytes:
    """A list page with an article of each of these days."""
    entries = "".join(
        f'<li><a href="{HOST}/2026-01/{day:02d}/c_{1000 + day}.htm">What happened on day {day}</a>'
        + (f"<span>2026-01-{day:02d}</span>" if dated else "")
        + "</li>"
        for day in days
    )
    following = f'<div class="pages"><a class="next" href="/gzlatest_{part + 1}.html">&gt;</a></div>'
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Latest</title></head><body>
<div class="pos"><a href="/index.html">Home</a> &gt; Latest</div><h2>Latest</h2>
<ul class="list">{entries}</ul>{following if more else ""}</body></html>""".encode()


class Watcher:
    """An archive to which walks of one list are recorded, a run each."""

    def __init__(self, open_for_writing: OpenForWriting, clock: Clock, folder: Path) -> None:
        self._open = open_for_writing
        self._clock = clock
        self._folder = folder

    def walk(self, on: int, *pages: bytes, parts: Sequence[int] = (), hours: float = 0) -> None:
        """A run in the morning of a day that reads these list pages."""
        self._clock.moment = _morning(on) + timedelta(hours=hours)
        with self._open() as archive:
            for part, page in zip(parts or range(1, len(pages) + 1), pages, strict=True):
                record(archive, capture(_part(part), page, self._clock.advance(timedelta(seconds=1))))

    def visit(self, on: int, *entries: object) -> None:
        """A run in the morning of a day that records these captures or failures."""
        self._clock.moment = _morning(on)
        with self._open() as archive:
            archive.record_all([e if isinstance(e, Failure) else fetched(e) for e in entries])

    def stopped(self, on: int, because: str) -> None:
        """A run that could not ask the host at all."""
        self._clock.moment = _morning(on)
        with self._open() as archive:
            host = HostEvidence(
                host="www.eguangzhou.gov.cn",
                requests=1,
                smallest_gap=None,
                demanded_gap=1.0,
                robots=None,
                stopped_because=because,
            )
            archive.finish(
                Verdict(verdict="no", exit_code=11, finished_at=self._clock(), record={}, hosts=(host,))
            )

    def look(self, on: int) -> Coverage:
        with open_archive(self._folder) as archive:
            return coverage(archive, sections=[SECTION], now=_morning(on))

    def holes(self, on: int) -> list[tuple[int, int, str]]:
        """First and last day of January, and reason, of each hole as of a morning."""
        return [
            ((hole.first_day - FIRST).days + 1, (hole.last_day - FIRST).days + 1, hole.reason)
            for hole in self.look(on).holes
        ]


def _part(part: int) -> str:
    return LIST if part == 1 else LIST.replace(".html", f"_{part}.html")


@pytest.fixture
def watcher(open_for_writing: OpenForWriting, clock: Clock, folder: Path) -> Watcher:
    return Watcher(open_for_writing, clock, folder)


# -- what covers a day --------------------------------------------------------------------------------


def test_a_walk_to_the_end_covers_all_days_that_had_ended(watcher: Watcher) -> None:
    watcher.walk(10, _list([9, 7, 4, 1]))
    assert watcher.holes(10) == []
    assert watcher.holes(11) == [(10, 10, "we did not run")]


def test_a_later_walk_that_reaches_back_covers_days_without_a_run(watcher: Watcher) -> None:
    watcher.walk(5, _list([4, 3, 1]))
    watcher.walk(12, _list([11, 9, 4], more=True))
    assert watcher.holes(12) == []
    (caught_up,) = watcher.look(12).unwatched
    assert (caught_up.first_day, caught_up.last_day) == (_day(6), _day(11))


def test_a_walk_that_does_not_reach_back_leaves_a_hole(watcher: Watcher) -> None:
    watcher.walk(5, _list([4, 3, 1]))
    watcher.walk(12, _list([11, 11, 9], more=True))
    assert watcher.holes(12) == [(5, 9, "we did not run")]


def test_the_day_of_the_last_entry_may_go_on_on_the_next_page(watcher: Watcher) -> None:
    watcher.walk(5, _list([4, 3, 1]))
    watcher.walk(6, _list([5, 5], more=True))
    assert watcher.holes(6) == [(5, 5, "not reached")]


def test_a_walk_that_left_a_page_out_ends_before_it(watcher: Watcher) -> None:
    watcher.walk(5, _list([4, 3, 1]))
    pages = (_list([11, 10], more=True), _list([5, 4], part=3, more=True))
    watcher.walk(12, *pages, parts=(1, 3))
    assert watcher.holes(12) == [(5, 10, "we did not run")]
    watcher.walk(13, _list([11, 10], more=True), _list([9, 7], part=2, more=True), pages[1])
    assert watcher.holes(13) == []


def test_the_next_run_goes_on_with_a_walk_that_broke_off(watcher: Watcher) -> None:
    watcher.walk(12, _list([11, 10], more=True))
    watcher.walk(12, _list([5, 1], part=2), parts=(2,), hours=3)
    assert watcher.holes(12) == []


def test_pages_read_days_apart_are_not_one_walk(watcher: Watcher) -> None:
    watcher.walk(5, _list([4, 1]))
    watcher.walk(12, _list([11, 10], more=True))
    watcher.walk(15, _list([5, 1], part=2), parts=(2,))
    assert watcher.holes(12) == [(5, 10, "we did not run")]


def test_a_list_that_does_not_go_back_to_its_beginning_hides_nothing(watcher: Watcher) -> None:
    """Some sites cap their lists: after a long absence the end of the list is not the end of the news."""
    watcher.walk(5, _list([4, 3, 1]))
    watcher.walk(20, _list([19, 18, 12]))
    assert watcher.holes(20) == [(5, 11, "we did not run")]


def test_a_date_far_back_does_not_stretch_a_list_that_is_not_kept_by_date(watcher: Watcher) -> None:
    watcher.walk(8, _list([7, 2, 6, 1, 5, 3, 4]))
    watcher.walk(20, _list([19, 11, 18, 12, 17, 16, 2], more=True))
    assert watcher.holes(20) == [(8, 17, "we did not run")]


def test_in_a_list_that_is_not_kept_by_date_what_was_seen_before_marks_the_place(watcher: Watcher) -> None:
    watcher.walk(8, _list([7, 2, 6, 1, 5, 3, 4]))
    watcher.walk(20, _list([19, 11, 18, 12, 7, 2, 6], more=True))
    assert watcher.holes(20) == []


def test_every_list_of_a_section_has_to_be_walked(watcher: Watcher) -> None:
    watcher.visit(5, capture(NEWER, _list([4, 2]), _morning(5)), capture(LIST, _list([3, 1]), _morning(5)))
    watcher.walk(9, _list([3, 1]))
    assert watcher.holes(9) == [(5, 8, "we did not run")]


def test_a_list_that_the_site_has_dropped_leaves_no_hole_beside_another(watcher: Watcher) -> None:
    watcher.visit(5, capture(NEWER, _list([4, 2]), _morning(5)), capture(LIST, _list([3, 1]), _morning(5)))
    watcher.visit(9, capture(NEWER, _list([8, 4, 2]), _morning(9)), gone(LIST, _morning(9)))
    assert watcher.holes(9) == []


def test_a_list_on_a_mirror_is_the_same_list(watcher: Watcher) -> None:
    watcher.visit(5, capture(f"{ALIAS_HOST}/gzlatest.html", _list([4, 3, 1]), _morning(5)))
    assert watcher.holes(5) == []


# -- why a day is not covered -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (Failure(LIST, _morning(6), "timeout", "no answer within 30 s"), "site down"),
        (Failure(LIST, _morning(6), "robots", "robots.txt does not allow it"), "robots"),
        (capture(LIST, b"busy", _morning(6), status=503), "site down"),
        (capture(LIST, b"no", _morning(6), status=403), "site down"),
        (capture(LIST, b"<html><body><p>Nothing that lists.</p></body></html>", _morning(6)), "quarantined"),
        (gone(LIST, _morning(6)), "list gone"),
    ],
)
def test_a_hole_says_why(watcher: Watcher, entry: object, reason: str) -> None:
    watcher.walk(5, _list([4, 3, 1]))
    watcher.visit(6, entry)
    assert watcher.holes(6) == [(5, 5, reason)]


@pytest.mark.parametrize(
    ("because", "reason"),
    [
        ("unreachable (no answer)", "site down"),
        ("robots.txt answers with status 503", "site down"),
        ("Crawl-delay of 3600 s", "robots"),
    ],
)
def test_a_host_that_was_not_asked_further_is_a_reason_too(
    watcher: Watcher, because: str, reason: str
) -> None:
    watcher.walk(5, _list([4, 3, 1]))
    watcher.stopped(6, because)
    assert watcher.holes(6) == [(5, 5, reason)]


def test_reasons_follow_each_other_day_by_day(watcher: Watcher) -> None:
    watcher.walk(5, _list([4, 3, 1]))
    for day in (6, 7):
        watcher.visit(day, Failure(LIST, _morning(day), "refused", "does not take connections"))
    assert watcher.holes(10) == [(5, 6, "site down"), (7, 9, "we did not run")]


def test_a_section_that_was_never_asked_is_missing_from_the_first_run_on(watcher: Watcher) -> None:
    watcher.visit(5, capture(f"{HOST}/gzbusiness.html", _list([4, 3]), _morning(5)))
    assert watcher.holes(8) == [(5, 7, "we did not run")]


# -- a list that rests beside another -----------------------------------------------------------------


def _old(*years: int) -> bytes:
    """The list of a platform that was left: an article of each of these years."""
    entries = "".join(
        f'<li><a href="{HOST}/{year}-01/09/c_{year}.htm">What happened in {year}</a><span>{year}-01-09</span></li>'
        for year in years
    )
    return f"""<!DOCTYPE html><html><head><title>Latest</title></head><body><h2>Latest</h2>
<ul class="list">{entries}</ul></body></html>""".encode()


def _both(watcher: Watcher, day: int, *, old: bool) -> None:
    captures = [capture(NEWER, _list([*range(day - 1, 0, -1)]), _morning(day))]
    captures += [capture(LIST, _old(2020, 2019, 2018), _morning(day))] if old else []
    watcher.visit(day, *captures)


def test_a_list_that_rests_makes_no_hole_between_its_walks(watcher: Watcher) -> None:
    for day in range(5, 16):
        _both(watcher, day, old=day in (5, 12))
    assert watcher.holes(15) == []
    assert watcher.look(15).unwatched == ()
    assert watcher.holes(17) == [(15, 16, "we did not run")]


def test_a_list_that_rests_and_is_not_walked_any_more_is_a_hole(watcher: Watcher) -> None:
    for day in range(5, 13):
        _both(watcher, day, old=day == 5)
    assert watcher.holes(13) == [(12, 12, "we did not run")]
    for day in range(13, 16):
        _both(watcher, day, old=False)
    assert watcher.holes(15) == [(5, 14, "we did not run")]


def test_an_old_list_alone_makes_holes_as_any_other(watcher: Watcher) -> None:
    watcher.visit(5, capture(LIST, _old(2020, 2019, 2018), _morning(5)))
    assert watcher.holes(8) == [(5, 7, "we did not run")]


# -- silences -----------------------------------------------------------------------------------------


def test_a_wait_is_measured_against_the_section_s_own_rhythm() -> None:
    daily = [FIRST + timedelta(days=number) for number in range(40)]
    *_, last = waits(daily, daily[-1] + timedelta(days=4))
    assert (last.days, last.usual, last.too_long) == (4, 1, True)
    weekly = [FIRST + timedelta(days=7 * number) for number in range(40)]
    *_, last = waits(weekly, weekly[-1] + timedelta(days=20))
    assert (last.days, last.usual, last.too_long) == (20, 7, False)


@pytest.mark.parametrize("quiet", [1, 5, 40])
def test_the_wait_under_way_is_the_last_of_all(quiet: int) -> None:
    chance = random.Random(quiet)
    days = [FIRST + timedelta(days=number) for number in range(1495) if chance.random() < 0.1]
    until = days[-1] + timedelta(days=quiet)
    assert wait_under_way(days, until) == waits(days, until)[-1]


def test_news_of_today_end_a_silence_however_long_it_was() -> None:
    days = [FIRST + timedelta(days=number) for number in range(40)]
    today = days[-1] + timedelta(days=30)
    silence = wait_under_way(days, today)
    ended = wait_under_way([*days, today], today)
    assert silence is not None
    assert silence.too_long
    assert ended is not None
    assert not ended.too_long


def test_random_news_pause_longer_than_three_times_the_usual_now_and_then() -> None:
    chance = random.Random(7)
    false = 0
    for _ in range(100):
        days = [FIRST + timedelta(days=number) for number in range(1000) if chance.random() < 0.3]
        false += sum(wait.too_long for wait in waits(days, days[-1]))
    assert false <= 1  # of 30,000 waits
    *_, last = waits(days, days[-1] + timedelta(days=60))
    assert last.too_long


def test_what_is_usual_is_learned_from_the_last_year_alone() -> None:
    rare = [date(2020, 1, 1) + timedelta(days=60 * number) for number in range(15)]
    frequent = [date(2024, 1, 1) + timedelta(days=number) for number in range(60)]
    *_, last = waits([*rare, *frequent], frequent[-1] + timedelta(days=5))
    assert last.too_long


def test_a_silence_in_covered_days_is_told_apart_from_a_hole(watcher: Watcher, folder: Path) -> None:
    watcher.walk(28, _list([*range(27, 20, -1), *range(12, 0, -1)]))
    with open_archive(folder) as archive:
        found = coverage(archive, sections=[SECTION], now=_morning(28))
    assert found.holes == ()
    assert found.sections[0].ids_seen == 19


# -- the whole ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def portal_with_outages(tmp_path_factory: pytest.TempPathFactory) -> SimulatedCrawl:
    """A month of runs with two absences, over a portal that goes on publishing."""
    crawl = SimulatedCrawl(tmp_path_factory.mktemp("outages") / "archive")
    for days in (0, 1, 1, 5, 1, 1, 9, 1):
        crawl.now += timedelta(days=days)
        crawl.run()
    return crawl


def test_what_was_published_on_a_covered_day_and_still_stands_was_seen(
    portal_with_outages: SimulatedCrawl,
) -> None:
    crawl = portal_with_outages
    with open_archive(crawl.folder) as archive:
        found = coverage(archive, now=crawl.now + timedelta(days=2))
        seen = {row[0] for row in archive.connection.execute("SELECT article_id FROM placements")}
    holes = {(hole.section, day) for hole in found.holes for day in hole.days()}
    today = (crawl.now + timedelta(hours=8)).date()
    assert {day for _, day in holes} == {today, today + timedelta(days=1)}
    standing = {article.id for article in crawl.replica.articles(int(crawl.now.timestamp()))}
    assert standing <= seen


def test_a_rebuilt_archive_has_the_same_coverage(portal_with_outages: SimulatedCrawl) -> None:
    crawl = portal_with_outages

    def look() -> Coverage:
        with open_archive(crawl.folder) as archive:
            return coverage(archive, now=crawl.now + timedelta(days=2))

    before = look()
    rebuild(crawl.folder)
    assert look() == before


def test_the_view_counts_by_month(portal_with_outages: SimulatedCrawl) -> None:
    with open_archive(portal_with_outages.folder) as archive:
        told = rows(
            archive.connection,
            "SELECT sum(articles), max(days_visited), max(deepest_page) FROM coverage WHERE section = ?",
            SECTION,
        )
        articles, days, deepest = told[0]
        found = coverage(archive, sections=[SECTION], now=portal_with_outages.now)
    assert articles == sum(month.articles for month in found.sections[0].months)
    assert days == 6
    assert deepest == 2


def test_an_archive_of_before_knows_ends_by_what_is_known_of_the_list(
    watcher: Watcher, open_for_writing: OpenForWriting
) -> None:
    watcher.walk(10, _list([9, 7], more=True), _list([4, 1], part=2))
    with open_for_writing() as archive:
        archive.connection.execute("DELETE FROM list_states")
    assert watcher.holes(10) == []


def test_of_an_empty_archive_nothing_is_covered(archive: Archive, folder: Path) -> None:
    with open_archive(folder) as opened:
        found = coverage(opened, now=_morning(20))
    keys = {section.key for section in PORTAL.sections if section.lists}
    assert {section.section for section in found.sections} == keys
    assert {hole.reason for hole in found.holes} == {"we did not run"}


@pytest.mark.parametrize("back", [3, 12, 25, 400])
def test_the_holes_of_the_last_days_are_those_of_the_whole(
    portal_with_outages: SimulatedCrawl, back: int
) -> None:
    crawl = portal_with_outages
    now = crawl.now + timedelta(days=2)
    since = (now - timedelta(days=back)).date()
    with open_archive(crawl.folder) as archive:
        whole = coverage(archive, first_day=since, now=now)
        assert [hole for _, hole in holes_since(archive, since, now=now)] == list(whole.holes)
