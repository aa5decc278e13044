"""What the archive's own past says as a run ends."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from archive_pages import DAY, HOST, LIST, PORTAL, article_page, capture, gone, list_page, one, record

from gzcrawler.archive import Verdict
from gzcrawler.archive.run_findings import LostList, RunFindings, find

if TYPE_CHECKING:
    from conftest import Clock, OpenForWriting

    from gzcrawler.archive import Archive
    from gzcrawler.items import Capture

SECTION = "gzlatest"
CHANGED = b"<html><head><title>Latest</title></head><body><p>Nothing that lists anything.</p></body></html>"


class Runs:
    """Runs of one archive, a day each."""

    def __init__(self, open_for_writing: OpenForWriting, clock: Clock) -> None:
        self._open = open_for_writing
        self.clock = clock

    def publish(self, number: int) -> None:
        """A run that sees a new article on the section's list."""
        story = f"{HOST}/2026-01/15/c_{5000 + number}.htm"
        with self._open() as archive:
            record(
                archive,
                capture(LIST, list_page([(story, f"Story number {number} of the town")]), self.clock()),
                capture(story, article_page(title=f"Story number {number} of the town"), self.clock()),
            )
            self._end(archive, sections=[SECTION])

    def look(self, *, sections: tuple[str, ...] = (SECTION,)) -> RunFindings:
        """A run that sees nothing new, and what it finds."""
        with self._open() as archive:
            return self._end(archive, sections=list(sections))

    def show(self, *pages: Capture) -> RunFindings:
        """A run that captures these."""
        with self._open() as archive:
            record(archive, *pages)
            return self._end(archive, sections=[SECTION])

    def _end(self, archive: Archive, sections: list[str]) -> RunFindings:
        found = find(archive.connection, archive.run, now=self.clock(), sections=sections)
        archive.finish(
            Verdict(
                verdict="complete", exit_code=0, finished_at=self.clock(), record=found.as_dict(), hosts=()
            )
        )
        return found


@pytest.fixture
def runs(open_for_writing: OpenForWriting, clock: Clock) -> Runs:
    return Runs(open_for_writing, clock)


@pytest.fixture
def daily(runs: Runs) -> Runs:
    """A section that has had something new on each of twelve days."""
    for number in range(12):
        runs.publish(number)
        runs.clock.advance()
    return runs


def test_a_silence_within_the_rhythm_is_none(daily: Runs) -> None:
    daily.clock.advance(2 * DAY)
    assert daily.look().silent == {}


def test_a_silence_out_of_the_rhythm_is_new_once(daily: Runs) -> None:
    daily.clock.advance(3 * DAY)
    found = daily.look()
    assert (found.silent[SECTION].days, found.silent[SECTION].usual) == (4, 1)
    assert found.newly_silent == (SECTION,)
    daily.clock.advance()
    again = daily.look()
    assert again.silent[SECTION].days == 5
    assert again.newly_silent == ()


def test_the_next_silence_is_new_again(daily: Runs) -> None:
    daily.clock.advance(3 * DAY)
    daily.look()
    daily.publish(40)
    daily.clock.advance(12 * DAY)
    assert daily.look().newly_silent == (SECTION,)


def test_of_a_section_whose_lists_were_not_read_nothing_is_said(daily: Runs) -> None:
    daily.clock.advance(9 * DAY)
    assert daily.look(sections=()).silent == {}


def test_an_archive_without_a_past_knows_no_silence(runs: Runs) -> None:
    for number in range(5):
        runs.publish(number)
        runs.clock.advance()
    runs.clock.advance(30 * DAY)
    assert runs.look().silent == {}


@pytest.mark.parametrize("state", ["unknown", "removed"])
def test_a_list_that_is_lost_is_new_once(daily: Runs, state: str) -> None:
    when = daily.clock()
    pages = [
        capture(url, CHANGED, when) if state == "unknown" else gone(url, when)
        for url in PORTAL.addresses_of(LIST)
    ]
    assert daily.show(*pages).newly_lost == (LostList(LIST, state),)
    again = daily.look()
    assert again.lost == (LostList(LIST, state),)
    assert again.newly_lost == ()


def test_an_address_that_never_was_a_list_is_not_missed(runs: Runs) -> None:
    assert runs.show(*(gone(url, runs.clock()) for url in PORTAL.addresses_of(LIST))).lost == ()


def test_a_clock_that_was_set_back_is_noticed(daily: Runs) -> None:
    daily.clock.advance(timedelta(hours=-30))
    assert daily.look().clock_behind == timedelta(hours=6)


def test_a_clock_may_be_put_right_by_minutes(daily: Runs) -> None:
    daily.clock.advance(timedelta(days=-1, minutes=-4))
    assert daily.look().clock_behind is None


def test_a_run_that_was_killed_has_a_verdict_at_the_next_opening(open_for_writing: OpenForWriting) -> None:
    with open_for_writing() as archive:
        record(archive, capture())
    with open_for_writing() as archive:
        assert one(archive.connection, "SELECT verdict FROM runs WHERE finished_at IS NOT NULL") == (
            "interrupted without a word, after 1 capture"
        )
