"""The same identity gives the same bytes, whatever came into the archive since."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise, permutations
from typing import TYPE_CHECKING

import pytest
from archive_pages import (
    DISTRICT_STORY,
    LIST,
    OTHER_STORY,
    PORTAL,
    SECOND_PART,
    STORY,
    article_page,
    at,
    capture,
    gone,
    list_page,
    not_modified,
    record,
)
from older_readers import blind, record_as_then, without

from gzcrawler.archive import reparse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result
    from simulated_crawl import SimulatedCrawl

    from gzcrawler.archive import Archive

    Export = Callable[..., Path]


def identity_of(snapshot: Path) -> tuple[str, ...]:
    """Its moments, as options that make it again."""
    facts = json.loads(snapshot.read_bytes())["identity"]
    return ("--as-of", facts["as_of"], "--known-at", facts["known_at"])


def test_every_snapshot_is_made_again_after_all_later_runs(
    crawl_of_weeks: SimulatedCrawl, export: Export
) -> None:
    crawl = crawl_of_weeks
    crawl.run(most=120, finish=False)
    made = [export(crawl.folder)]
    for days in (0, 3, 4, 14, 9, 4, 4, 8):
        crawl.now += timedelta(days=days)
        crawl.run()
        made.append(export(crawl.folder))
    assert len({path.read_bytes() for path in made}) == len(made)
    assert [json.loads(path.read_bytes())["counts"]["states"].get("gone", 0) for path in made][-1] > 0
    for path in made:
        assert export(crawl.folder, *identity_of(path)).read_bytes() == path.read_bytes()


FIRST, SECOND, AGAIN = (article_page(text) for text in ("As it was.", "As it became.", "As it was."))
CHROME = article_page("As it was.", related=[OTHER_STORY])
"""Same content, another record: it links to a story."""
CAPTURES = {
    "first": capture(STORY, FIRST, at(0)),
    "with other links": capture(STORY, CHROME, at(5)),
    "changed": capture(STORY, SECOND, at(10)),
    "in a district": capture(DISTRICT_STORY, SECOND, at(12)),
    "back again": capture(STORY, AGAIN, at(20)),
}


@pytest.mark.parametrize("order", list(permutations(CAPTURES))[::5], ids="; ".join)
def test_captures_that_come_out_of_order_change_no_earlier_snapshot(
    order: tuple[str, ...], write: Callable[..., Archive], export: Export, tmp_path: Path
) -> None:
    made = []
    for number, name in enumerate(order):
        with write(at(days=1, minutes=number)) as archive:
            record(archive, CAPTURES[name])
        made.append(export(tmp_path / "archive"))
    for path in made:
        assert export(tmp_path / "archive", *identity_of(path)).read_bytes() == path.read_bytes()


def test_pages_of_a_continued_article_that_come_out_of_order_change_no_earlier_snapshot(
    write: Callable[..., Archive], export: Export, tmp_path: Path
) -> None:
    first = article_page("Page one.", further=[SECOND_PART])
    captures = [
        capture(STORY, first, at(10)),
        capture(SECOND_PART, article_page("Page two."), at(11)),
        capture(SECOND_PART, article_page("Page two.", related=[OTHER_STORY]), at(3)),
        capture(STORY, article_page("Page one.", further=[SECOND_PART], chrome="visitors: 9"), at(2)),
        capture(SECOND_PART, article_page("Page two, mended."), at(20)),
    ]
    made = []
    for number, taken in enumerate(captures):
        with write(at(days=1, minutes=number)) as archive:
            record(archive, taken)
        made.append(export(tmp_path / "archive"))
    for path in made:
        assert export(tmp_path / "archive", *identity_of(path)).read_bytes() == path.read_bytes()


def test_an_article_stands_as_it_did(write: Callable[..., Archive], export: Export, tmp_path: Path) -> None:
    with write() as archive:
        page = capture(STORY, FIRST, at(0))
        record(archive, page, not_modified(page, at(days=1)), capture(STORY, SECOND, at(days=2)))
        record(archive, *(gone(STORY, at(days=days)) for days in (10, 14, 18)))

    def seen(as_of: str) -> tuple[str, int, str, str | None]:
        (article,) = json.loads(export(tmp_path / "archive", "--as-of", as_of).read_bytes())["articles"]
        envelope = article["envelope"]
        return article["body"][0], envelope["revision"], envelope["state"], envelope["gone_since"]

    assert seen("2026-01-16") == ("As it was.", 1, "alive", None)
    assert seen("2026-01-17") == ("As it became.", 2, "alive", None)
    assert seen("2026-01-26") == ("As it became.", 2, "suspect", "2026-01-25T01:00:00.000Z")
    assert seen("2026-02-02") == ("As it became.", 2, "gone", "2026-01-25T01:00:00.000Z")


def test_a_day_means_its_end_where_the_portal_is(
    write: Callable[..., Archive], export: Export, tmp_path: Path
) -> None:
    with write() as archive:
        record(archive, capture(STORY, FIRST, at(0)), capture(STORY, SECOND, at(14 * 60 + 59)))
        record(archive, capture(STORY, FIRST, at(15 * 60)))

    def revision(as_of: str) -> int:
        (article,) = json.loads(export(tmp_path / "archive", "--as-of", as_of).read_bytes())["articles"]
        return int(article["envelope"]["revision"])

    assert revision("2026-01-15") == 2
    assert revision("2026-01-16") == 3


def test_articles_captured_later_are_not_there(crawled: Path, export: Export) -> None:
    counts = [
        json.loads(export(crawled, "--as-of", day).read_bytes())["counts"]["articles"]
        for day in ("2026-01-15", "2026-01-25", "2026-02-11")
    ]
    assert all(earlier < later for earlier, later in pairwise(counts))


def test_what_is_recorded_later_is_not_known(
    write: Callable[..., Archive], export: Export, tmp_path: Path
) -> None:
    with write(at(days=1)) as archive:
        record(archive, capture(OTHER_STORY, FIRST, at(0)))
    with write(at(days=3)) as archive:
        record(archive, capture(STORY, FIRST, at(0)))
    then = export(tmp_path / "archive", "--known-at", "2026-01-17T00:00:00Z")
    assert [a["id"] for a in json.loads(then.read_bytes())["articles"]] == ["guangzhou:c_321175"]


def test_a_clock_that_was_set_back_does_not_change_what_was_known(
    write: Callable[..., Archive], export: Export, tmp_path: Path
) -> None:
    with write(at(days=3)) as archive:
        record(archive, capture(STORY, FIRST, at(0)))
    before = export(tmp_path / "archive")
    with write(at(days=1)) as archive:
        record(archive, capture(STORY, SECOND, at(1)))
    assert export(tmp_path / "archive", *identity_of(before)).read_bytes() == before.read_bytes()


def test_a_rebuilt_archive_gives_the_same_snapshot(
    crawl_of_weeks: SimulatedCrawl, export: Export, call: Callable[..., Result]
) -> None:
    crawl_of_weeks.run()
    before = export(crawl_of_weeks.folder)
    assert call("rebuild", "--archive", crawl_of_weeks.folder).exit_code == 0
    assert export(crawl_of_weeks.folder).read_bytes() == before.read_bytes()


def test_filters_judge_what_stood_then(write: Callable[..., Archive], export: Export, tmp_path: Path) -> None:
    with write(at(days=1)) as archive:
        record(archive, capture(STORY, FIRST, at(0)), capture(OTHER_STORY, SECOND, at(1)))
        record(archive, capture(LIST, list_page([(STORY, "On the list")]), at(2)))
    asked = ("--section", "gzlatest", "--state", "alive", "--has", "images", "--source", "EGUANGZHOU.gov.cn")
    before = export(tmp_path / "archive", *asked)
    assert [a["id"] for a in json.loads(before.read_bytes())["articles"]] == ["guangzhou:c_321174"]
    with write(at(days=40)) as archive:
        record(archive, *(gone(STORY, at(days=days)) for days in (20, 25, 30)))
        record(archive, capture(LIST, list_page([(OTHER_STORY, "Another")]), at(days=30)))
    assert export(tmp_path / "archive", *asked, *identity_of(before)).read_bytes() == before.read_bytes()
    now = export(tmp_path / "archive", *asked)
    assert [a["id"] for a in json.loads(now.read_bytes())["articles"]] == ["guangzhou:c_321175"]


def test_reading_the_archive_again_changes_no_earlier_snapshot(
    write: Callable[..., Archive], export: Export, tmp_path: Path
) -> None:
    with write(at(days=1)) as archive:
        page = capture(STORY, FIRST, at(0))
        record_as_then(archive, without(source=None), page, capture(STORY, SECOND, at(10)))
        record_as_then(archive, blind, capture(OTHER_STORY, article_page("Another story."), at(1)))
    before = export(tmp_path / "archive")
    reparse(tmp_path / "archive", PORTAL, workers=1, now=lambda: at(days=2))
    after = export(tmp_path / "archive")
    assert export(tmp_path / "archive", *identity_of(before)).read_bytes() == before.read_bytes()
    assert [a["source"] for a in json.loads(before.read_bytes())["articles"]] == [None]
    assert [a["source"] for a in json.loads(after.read_bytes())["articles"]] == ["eguangzhou.gov.cn"] * 2
