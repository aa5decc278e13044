"""How often fields are filled, and when that is a drift."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from archive_pages import HOST, LIST, PORTAL, article_page, at, capture, list_page, record, rows
from older_readers import record_as_then, without

from gzcrawler.archive import fallen_fields, fill_rates, find_drift, open_archive, reparse
from gzcrawler.archive.moments import format_moment, parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from conftest import OpenForWriting
    from older_readers import OlderReader

    from gzcrawler.archive import Archive, Drift
    from gzcrawler.items import Capture

LATER = 60
"""Days after the start at which the portal may have changed."""

today = without()


def articles(numbers: Iterable[int], *, day: int = 0) -> list[Capture]:
    return [
        capture(f"{HOST}/2018-12/26/c_4{n:04d}.htm", article_page(f"Story {n}."), at(n, days=day + n % 7))
        for n in numbers
    ]


def learn(archive: Archive, pages: int, reader: OlderReader = today) -> None:
    record_as_then(archive, reader, *articles(range(pages)))


def fallen(archive: Archive) -> list[Drift]:
    return fallen_fields(archive.connection, "guangzhou", format_moment(at(days=LATER)))


def test_rates_are_counted_by_layout_section_and_month(archive: Archive) -> None:
    pages = articles(range(3))
    record(archive, *pages, capture(LIST, list_page([(pages[0].url, "Story 0")])))
    record_as_then(archive, without(source=None), *articles([7], day=LATER))
    counted = [
        (rate.layout, rate.section, rate.month, rate.pages, rate.filled["source"], rate.filled["images"])
        for rate in fill_rates(archive.connection, "guangzhou")
    ]
    assert counted == [
        ("subsite", None, "2026-01", 2, 2, 2),
        ("subsite", "gzlatest", "2026-01", 1, 1, 1),
        ("subsite", None, "2026-03", 1, 0, 1),
    ]
    assert fill_rates(archive.connection, "hangzhou") == []


def test_the_reading_that_stands_is_counted_and_no_older_one(
    open_for_writing: OpenForWriting, folder: Path
) -> None:
    with open_for_writing() as archive:
        learn(archive, 3, without(source=None))
        (rate,) = fill_rates(archive.connection, "guangzhou")
        assert rate.filled["source"] == 0
    reparse(folder, PORTAL, workers=1)
    with open_archive(folder) as opened:
        (rate,) = fill_rates(opened.connection, "guangzhou")
    assert (rate.pages, rate.filled["source"]) == (3, 3)


def test_a_field_that_pages_do_not_fill_any_more_is_named_with_layout_and_rate(archive: Archive) -> None:
    learn(archive, 60)
    record_as_then(archive, without(source=None), *articles(range(100, 110), day=LATER))
    assert [str(drift) for drift in fallen(archive)] == [
        "layout subsite: source filled on 50.0% of 20 pages, on 100.0% before"
    ]


def test_a_few_articles_a_day_are_judged_with_those_before_them(archive: Archive) -> None:
    learn(archive, 60)
    noticed = None
    for day in range(12):
        pages = articles([200 + day], day=LATER + 7 * day)
        record_as_then(archive, without(source=None), *pages)
        since = format_moment(pages[0].captured_at)
        if noticed is None and fallen_fields(archive.connection, "guangzhou", since):
            noticed = day
    assert noticed is not None
    assert 3 <= noticed <= 10


@pytest.mark.parametrize("pages", [0, 5, 19])
def test_nothing_learned_yet_means_no_alarm(archive: Archive, pages: int) -> None:
    learn(archive, pages)
    record_as_then(archive, without(source=None), *articles(range(100, 130), day=LATER))
    assert fallen(archive) == []


def test_a_dress_that_the_map_knows_and_the_archive_does_not_has_nothing_to_be_compared_with(
    archive: Archive,
) -> None:
    learn(archive, 60)
    older_dress = without(layout="subsite-plain", source=None)
    record_as_then(archive, older_dress, *articles(range(100, 130), day=LATER))
    assert fallen(archive) == []


def test_a_dress_that_no_layout_knows_is_compared_with_all_that_was_before(archive: Archive) -> None:
    learn(archive, 60)
    record_as_then(archive, without(layout=None, source=None), *articles(range(100, 110), day=LATER))
    assert [str(drift) for drift in fallen(archive)] == [
        "pages of no known layout: source filled on 0.0% of 10 pages, on 100.0% before",
        "all layouts: layout filled on 0.0% of 10 pages, on 100.0% before",
    ]


def test_pages_that_cannot_be_read_are_a_drift_when_there_are_many(archive: Archive) -> None:
    learn(archive, 60)
    urls = [taken.url for taken in articles(range(100, 110))]
    record(archive, *(capture(url, article_page(title=""), at(days=LATER)) for url in urls))
    assert [str(drift) for drift in fallen(archive)] == [
        "all layouts: readable filled on 0.0% of 10 pages, on 100.0% before"
    ]


def test_a_run_that_read_nothing_incomplete_is_not_alarmed_by_those_before_it(archive: Archive) -> None:
    learn(archive, 60)
    record_as_then(archive, without(source=None), *articles(range(100, 119), day=LATER - 14))
    record(archive, *articles([150], day=LATER))
    assert fallen(archive) == []


def test_a_field_that_comes_and_goes_is_no_drift(archive: Archive) -> None:
    for week in range(8):
        reader = without(authors=("A. Writer",)) if week % 2 else without(authors=())
        record_as_then(archive, reader, *articles(range(week * 10, week * 10 + 10), day=7 * week))
    record_as_then(archive, without(authors=()), *articles(range(100, 130), day=LATER))
    assert fallen(archive) == []


def test_weeks_of_a_portal_that_only_lives_give_no_alarm(crawled: Path) -> None:
    with open_archive(crawled) as opened:
        days = rows(opened.connection, "SELECT DISTINCT substr(captured_at, 1, 10) FROM revisions ORDER BY 1")
        names = rows(opened.connection, "SELECT name FROM portals")
        assert len(days) > 5
        for (day,) in days:
            since = format_moment(parse_moment(f"{day}T00:00:00Z") - timedelta(hours=8))
            assert fallen_fields(opened.connection, names[0][0], since) == []


def test_months_are_compared_by_layout_and_then_by_section(archive: Archive) -> None:
    pages = articles(range(60))
    record(archive, *pages)
    later = articles(range(100, 140), day=LATER)
    of_section, others = later[:10], later[10:]
    record_as_then(archive, without(breadcrumbs=()), *of_section)
    record_as_then(archive, without(source=None), *others)
    listed = [(taken.url, "A story") for taken in (*pages[:30], *of_section)]
    record(archive, capture(LIST, list_page(listed), at(days=LATER + 20)))
    told = [str(drift) for drift in find_drift(fill_rates(archive.connection, "guangzhou"))]
    assert told == [
        "layout subsite: source filled on 25.0% of 40 pages, on 100.0% before",
        "layout subsite, section gzlatest: breadcrumbs filled on 0.0% of 10 pages, on 100.0% before",
    ]
    assert find_drift([]) == []


def test_the_rates_are_read_off_an_index(archive: Archive) -> None:
    learn(archive, 1)
    plan = rows(
        archive.connection,
        """EXPLAIN QUERY PLAN SELECT layout, filled, count(*) FROM revisions r INDEXED BY revisions_filled
        WHERE r.filled IS NOT NULL AND r.captured_at >= '2026' AND r.article_id >= 'a' GROUP BY 1, 2""",
    )
    assert "COVERING INDEX revisions_filled" in plan[0][3]
