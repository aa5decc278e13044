"""Changes and removals in time, the lists as they stood, the days of sections."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import pytest
from archive_pages import (
    DAY,
    HOST,
    LIST,
    OTHER_STORY,
    STORY,
    article_page,
    at,
    capture,
    gone,
    list_page,
    record,
)
from click.testing import CliRunner

from gzcrawler.archive import open_archive
from gzcrawler.archive.front_page import front_page
from gzcrawler.archive.moments import format_moment
from gzcrawler.archive.section_days import articles_by_day, section_summaries
from gzcrawler.archive.timelines import changes_before, lately_touched, removals_before
from gzcrawler.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import OpenForWriting

    from gzcrawler.archive import Archive

BAY = f"{HOST}/gzbayareaupdates.html"


def _story(number: int) -> str:
    return f"{HOST}/2018-12/26/c_3300{number:02}.htm"


@pytest.fixture
def edited(archive: Archive) -> None:
    """Five stories, each edited once, two of them at the same moment."""
    for number in range(5):
        record(
            archive,
            capture(
                _story(number), article_page(f"First text {number}.", title=f"Story {number}"), at(number)
            ),
        )
    for number, day in enumerate((10, 11, 12, 12, 13)):
        record(
            archive,
            capture(
                _story(number), article_page(f"Second text {number}.", title=f"Story {number}"), at(days=day)
            ),
        )


@pytest.mark.usefixtures("edited")
def test_changes_come_the_latest_first_and_a_page_begins_where_the_last_one_ended(folder: Path) -> None:
    with open_archive(folder) as opened:
        whole = changes_before(opened.connection)
        pages = [changes_before(opened.connection, limit=2)]
        while pages[-1]:
            pages.append(changes_before(opened.connection, before=pages[-1][-1].place, limit=2))
    assert [change.title for change in whole] == ["Story 4", "Story 3", "Story 2", "Story 1", "Story 0"]
    assert [change for page in pages for change in page] == whole
    assert whole[0].changed == ("body",)
    assert whole[0].first_seen_new == format_moment(at(days=13))
    assert whole[0].last_seen_old == format_moment(at(4))


@pytest.mark.usefixtures("edited")
def test_changes_since_a_moment_are_those_seen_from_it_on(folder: Path) -> None:
    with open_archive(folder) as opened:
        found = changes_before(opened.connection, since=format_moment(at(days=12)))
    assert {change.title for change in found} == {"Story 2", "Story 3", "Story 4"}


def test_removals_are_told_since_when_and_whether_they_are_confirmed(archive: Archive, folder: Path) -> None:
    record(
        archive,
        capture(STORY, article_page(), at(0)),
        capture(OTHER_STORY, article_page("B.", title="B"), at(1)),
    )
    record(
        archive,
        *(gone(STORY, at(days=day)) for day in (10, 14, 20)),
        gone(OTHER_STORY, at(days=20, minutes=1)),
    )
    with open_archive(folder) as opened:
        suspect, confirmed = removals_before(opened.connection)
        assert removals_before(opened.connection, states=("gone",)) == [confirmed]
        assert removals_before(opened.connection, before=suspect.place) == [confirmed]
        assert removals_before(opened.connection, before=confirmed.place) == []
    assert (suspect.state, suspect.gone_since, suspect.confirmed_at) == (
        "suspect",
        format_moment(at(days=20, minutes=1)),
        None,
    )
    assert (confirmed.state, confirmed.gone_since) == ("gone", format_moment(at(days=10)))
    assert confirmed.confirmed_at is not None


def test_the_front_page_is_what_had_been_captured_by_then(archive: Archive, folder: Path) -> None:
    record(archive, capture(STORY, article_page(), at(0)))
    record(archive, capture(LIST, list_page([(STORY, "Pump houses reopen")]), at(1)))
    record(
        archive,
        capture(LIST, list_page([(OTHER_STORY, "A later story"), (STORY, "Pump houses reopen")]), at(days=5)),
        capture(
            BAY, list_page([(OTHER_STORY, "A later story")], name="Bay Area Updates"), at(days=5, minutes=1)
        ),
    )
    with open_archive(folder) as opened:
        before, then, now = (
            front_page(opened.connection, format_moment(moment)) for moment in (at(0), at(1), at(days=6))
        )
    assert before.lists == ()
    assert [(one.label, [entry.title for entry in one.entries]) for one in then.lists] == [
        ("Latest", ["Pump houses reopen"])
    ]
    assert {one.label: [entry.title for entry in one.entries] for one in now.lists} == {
        "Latest": ["A later story", "Pump houses reopen"],
        "Bay Area Updates": ["A later story"],
    }
    latest = next(one for one in now.lists if one.label == "Latest")
    assert [entry.article_id for entry in latest.entries] == [None, "guangzhou:c_321174"]
    assert latest.captured_at == format_moment(at(days=5))


def test_sections_say_what_they_hold_and_by_day(archive: Archive, folder: Path) -> None:
    record(
        archive,
        capture(LIST, list_page([(STORY, "A"), (OTHER_STORY, "B")]), at(0)),
        capture(STORY, article_page(), at(1)),
        capture(OTHER_STORY, article_page("B.", title="B").replace(b"2018-12-26", b"2018-12-27"), at(2)),
    )
    with open_archive(folder) as opened:
        (section,) = section_summaries(opened.connection)
        days = articles_by_day(opened.connection, "guangzhou", section.key, 2018)
        assert articles_by_day(opened.connection, "guangzhou", section.key, 2019) == Counter()
    assert (section.label, section.articles, section.first_day, section.last_day) == (
        "Latest",
        2,
        "2018-12-26",
        "2018-12-27",
    )
    assert section.last_verified == format_moment(at(0))
    assert days == Counter({date(2018, 12, 26): 1, date(2018, 12, 27): 1})


@pytest.mark.usefixtures("edited")
def test_what_was_touched_last_is_among_the_candidates(archive: Archive, folder: Path) -> None:
    record(archive, *(gone(_story(1), at(days=20) + step * DAY) for step in (0, 4, 9)))
    with open_archive(folder) as opened:
        assert set(lately_touched(opened.connection, 1)) == {"guangzhou:c_330004", "guangzhou:c_330001"}
        assert len(lately_touched(opened.connection, 100)) == 5


def test_nothing_of_a_redacted_article_is_in_any_timeline(
    open_for_writing: OpenForWriting, folder: Path
) -> None:
    with open_for_writing() as archive:
        record(archive, capture(STORY, article_page("One.", title="Quinquereme"), at(0)))
        record(archive, capture(STORY, article_page("Two.", title="Quinquereme"), at(days=1)))
        record(archive, capture(LIST, list_page([(STORY, "Quinquereme")]), at(days=2)))
    ended = CliRunner().invoke(
        main, ["redact", "guangzhou:c_321174", "--reason", "court order", "--archive", str(folder), "--yes"]
    )
    assert ended.exit_code == 0, ended.output
    with open_archive(folder) as opened:
        connection = opened.connection
        assert (
            changes_before(connection) == removals_before(connection) == lately_touched(connection, 9) == []
        )
        assert front_page(connection, "9999").lists == ()
        assert [section.articles for section in section_summaries(connection)] == [0]
