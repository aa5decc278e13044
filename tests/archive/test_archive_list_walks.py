"""How far lists are read again: seen from which list pages are due after a capture."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from archive_pages import HOST, LIST, at, capture, list_page, not_modified, one, record, rows

from gzcrawler.archive.revisit_policy import PRIORITIES

if TYPE_CHECKING:
    from gzcrawler.archive import Archive
    from gzcrawler.items import Capture

SECOND = f"{HOST}/gzlatest_2.html"
THIRD = f"{HOST}/gzlatest_3.html"
PAGES = (LIST, SECOND, THIRD)


def story(number: int, day: str = "2018-12/26") -> tuple[str, str]:
    """Address and title of an item."""
    return f"/{day}/c_{number}.htm", f"A title of the town, number {number}"


def shown(url: str, *numbers: int, when: datetime, day: str = "2018-12/26", title: str = "") -> Capture:
    """A list page that shows these items, and links to all pages of its list."""
    pager = [(f"/gzlatest_{n}.html", str(n)) for n in (2, 3)]
    items = [(address, title or name) for address, name in (story(n, day) for n in numbers)]
    page = list_page(items).replace(
        b"</ul>",
        b'</ul><div class="page">' + "".join(f'<a href="{u}">{n}</a>' for u, n in pager).encode() + b"</div>",
    )
    return capture(url, page.replace(b"2018-12-26", day.replace("/", "-").encode()), when)


def three_pages(archive: Archive, when: datetime, day: str = "2018-12/26") -> None:
    """A list of nine items on three pages, walked once, and its first page read again."""
    record(
        archive,
        *(shown(url, *range(n, n + 3), when=when, day=day) for url, n in zip(PAGES, (1, 4, 7), strict=True)),
    )
    record(archive, shown(LIST, 1, 2, 3, when=when, day=day))


def due_lists(archive: Archive, when: datetime) -> list[str]:
    """List pages that are due at a moment."""
    moment = when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return [url for (url,) in rows(
        archive.connection,
        "SELECT canonical_url FROM pages WHERE list_url = ? AND due_at <= ? ORDER BY part", LIST, moment,
    )]  # fmt: skip


def test_a_walk_that_ended_behind_the_first_page_reads_that_again(archive: Archive) -> None:
    record(archive, *(shown(url, n, when=at()) for n, url in enumerate(PAGES)))
    assert due_lists(archive, at()) == [LIST]
    record(archive, shown(LIST, 0, when=at(1)))
    assert due_lists(archive, at(1)) == []


def test_a_page_with_something_new_leads_on_and_one_without_does_not(archive: Archive) -> None:
    three_pages(archive, at())
    record(archive, shown(LIST, 10, 1, 2, when=at(days=1)))
    assert due_lists(archive, at(days=1)) == [SECOND]
    record(archive, shown(SECOND, 3, 4, 5, when=at(1, days=1)))
    assert due_lists(archive, at(1, days=1)) == [LIST]


def test_what_is_new_above_what_stood_there_in_its_old_order_leads_nowhere(archive: Archive) -> None:
    record(archive, *(shown(url, *range(n, n + 6), when=at()) for url, n in ((LIST, 1), (SECOND, 7))))
    record(archive, shown(LIST, *range(1, 7), when=at()))
    record(archive, shown(LIST, 20, 1, 2, 21, 3, 4, when=at(days=1)))
    assert due_lists(archive, at(days=1)) == [THIRD]  # never read yet
    record(archive, shown(LIST, 22, 20, 2, 1, 21, 3, when=at(days=2)))
    assert SECOND in due_lists(archive, at(days=2))


def test_what_the_archive_knows_from_elsewhere_is_new_to_a_list_all_the_same(archive: Archive) -> None:
    three_pages(archive, at())
    record(archive, capture(f"{HOST}{story(10)[0]}", when=at(days=1)))
    record(archive, shown(LIST, 10, 1, 2, when=at(1, days=1)))
    assert SECOND in due_lists(archive, at(1, days=1))


def test_repeated_and_reordered_items_are_nothing_new(archive: Archive) -> None:
    three_pages(archive, at())
    record(archive, shown(LIST, 3, 1, 3, 2, when=at(days=1)))
    assert due_lists(archive, at(days=1)) == []


def test_the_whole_list_is_read_again_within_three_weeks(archive: Archive) -> None:
    three_pages(archive, at())
    for day, url in ((21, LIST), (21, SECOND), (21, THIRD)):
        assert url == LIST or url in due_lists(archive, at(days=day))
        first = PAGES.index(url) * 3 + 1
        record(archive, shown(url, *range(first, first + 3), when=at(days=day)))
    assert due_lists(archive, at(days=21)) == [LIST]


def test_a_sweep_goes_on_to_pages_that_came_lately_and_begins_once(archive: Archive) -> None:
    three_pages(archive, at())
    record(archive, shown(THIRD, 7, 8, 9, when=at(days=12)), shown(LIST, 1, 2, 3, when=at(1, days=12)))
    record(archive, shown(LIST, 1, 2, 3, when=at(days=21)))
    assert due_lists(archive, at(days=21)) == [SECOND]
    record(archive, shown(SECOND, 4, 5, 6, when=at(1, days=21)))
    assert due_lists(archive, at(1, days=21)) == [THIRD]
    record(archive, shown(LIST, 1, 2, 3, when=at(2, days=21)))
    assert due_lists(archive, at(2, days=21)) == [THIRD]


def test_a_304_of_the_first_page_leads_on_too(archive: Archive) -> None:
    three_pages(archive, at())
    record(archive, not_modified(shown(LIST, 1, 2, 3, when=at()), at(days=21)))
    assert SECOND in due_lists(archive, at(days=21))


@pytest.mark.parametrize(("day", "goes_on"), [("2025-12/20", True), ("2025-08/20", False)])
def test_lists_are_read_every_other_day_down_to_items_of_ninety_days(
    archive: Archive, day: str, goes_on: bool
) -> None:
    three_pages(archive, at(), day)
    record(archive, shown(LIST, 1, 2, 3, when=at(days=2), day=day))
    assert (SECOND in due_lists(archive, at(days=2))) is goes_on


def test_an_item_back_dated_to_the_second_page_is_found_by_the_window(archive: Archive) -> None:
    three_pages(archive, at(), "2025-12/20")
    record(archive, shown(LIST, 1, 2, 3, when=at(days=2), day="2025-12/20"))
    recorded = record(archive, shown(SECOND, 4, 99, 5, when=at(1, days=2), day="2025-12/20"))
    assert recorded[0].new_pages == 1
    assert THIRD in due_lists(archive, at(1, days=2))


def asked_soon(archive: Archive, number: int, when: datetime) -> bool:
    """Is the article's page due, long before its turn?"""
    moment = when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    due: str = one(
        archive.connection, "SELECT due_at FROM pages WHERE canonical_url = ?", f"{HOST}{story(number)[0]}"
    )
    return due <= moment


@pytest.fixture
def listed(archive: Archive) -> Archive:
    """Three articles that are captured, and stand on a list."""
    record(archive, *(capture(f"{HOST}{story(n)[0]}", when=at()) for n in (1, 2, 3)))
    record(archive, shown(LIST, 1, 2, 3, when=at(1)))
    return archive


def test_an_article_that_a_list_shows_under_another_title_is_asked_soon(listed: Archive) -> None:
    record(listed, shown(LIST, 1, 2, 3, when=at(days=1), title="Another title for each of them"))
    assert asked_soon(listed, 2, at(days=1))


def test_an_article_that_is_gone_from_between_two_others_is_asked_soon(listed: Archive) -> None:
    record(listed, shown(LIST, 1, 3, when=at(days=1)))
    assert asked_soon(listed, 2, at(days=1))
    assert not asked_soon(listed, 3, at(days=1))


def test_an_article_that_moved_to_the_next_page_is_not(listed: Archive) -> None:
    record(listed, shown(LIST, 9, 1, 2, when=at(days=1)))
    assert not asked_soon(listed, 3, at(days=1))


# -- lists that rest ----------------------------------------------------------------------------

NEWER = f"{HOST}/gzlatest/"
"""The list of the same section on the platform that came later."""


def turn(archive: Archive, url: str) -> tuple[float, bool]:
    """Days from the last look at a page to its next turn, and whether that is no page a run begins with."""
    due, seen, priority = rows(
        archive.connection, "SELECT due_at, last_verified, priority FROM pages WHERE canonical_url = ?", url
    )[0]
    wait = datetime.fromisoformat(due) - datetime.fromisoformat(seen)
    return wait / timedelta(days=1), priority >= PRIORITIES["walk"]


def both(archive: Archive, when: datetime, *, older: str, newer: str) -> None:
    """Both lists of the section, with items of these days."""
    record(
        archive, shown(NEWER, 11, 12, 13, when=when, day=newer), shown(LIST, 1, 2, 3, when=when, day=older)
    )


def test_an_old_list_rests_while_another_of_its_section_has_news(archive: Archive) -> None:
    both(archive, at(), older="2018-12/26", newer="2026-01/10")
    assert turn(archive, LIST) == (pytest.approx(7 - 1 / 6), True)
    assert turn(archive, NEWER) == (pytest.approx(1 / 24), False)


@pytest.mark.parametrize(
    ("older", "newer"),
    [("2025-12/26", "2026-01/10"), ("2018-12/26", "2018-12/27")],
    ids=["young", "both old"],
)
def test_a_list_with_something_young_or_the_last_of_its_section_does_not(
    archive: Archive, older: str, newer: str
) -> None:
    both(archive, at(), older=older, newer=newer)
    assert turn(archive, LIST) == (pytest.approx(1 / 24), False)


def test_a_list_that_rests_wakes_when_something_young_stands_on_it(archive: Archive) -> None:
    both(archive, at(), older="2018-12/26", newer="2026-01/10")
    record(archive, shown(LIST, 30, 1, 2, when=at(days=3), day="2026-01/17"))
    assert turn(archive, LIST) == (pytest.approx(1 / 24), False)


def test_a_list_rests_on_after_a_304(archive: Archive) -> None:
    both(archive, at(), older="2018-12/26", newer="2026-01/10")
    first = shown(LIST, 1, 2, 3, when=at(), day="2018-12/26")
    record(archive, not_modified(first, at(days=3)))
    assert turn(archive, LIST) == (pytest.approx(7 - 1 / 6), True)
