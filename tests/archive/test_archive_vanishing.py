"""A site that moves takes its pages away at once: no removal is confirmed then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive_pages import HOST, article_page, at, capture, gone, record, rows

from gzcrawler.archive import vanishings

if TYPE_CHECKING:
    from gzcrawler.archive import Archive


def _stories(archive: Archive, *numbers: int, day: float = 0) -> None:
    record(archive, *(capture(_url(n), article_page(f"Text {n}."), at(n / 100, days=day)) for n in numbers))


def _missing(archive: Archive, *numbers: int, days: tuple[float, ...]) -> None:
    for day in days:
        record(archive, *(gone(_url(n), at(n / 100, days=day)) for n in numbers))


def _url(number: int) -> str:
    return f"{HOST}/2018-12/26/c_{number}.htm"


def _states(archive: Archive) -> dict[str, int]:
    return dict(rows(archive.connection, "SELECT state, count(*) FROM articles GROUP BY state"))


def test_many_that_vanish_within_a_week_are_suspects_and_stay_so(archive: Archive) -> None:
    _stories(archive, *range(20))
    _missing(archive, *range(8), days=(1, 4))
    _stories(archive, *range(8, 20), day=5)
    _missing(archive, *range(8), days=(9, 20))
    assert _states(archive) == {"alive": 12, "suspect": 8}
    (vanishing,) = vanishings(archive.connection, "guangzhou", at(days=9))
    assert str(vanishing) == "8 of 20 articles of www.eguangzhou.gov.cn"
    assert list(archive.held_back.values()) == [vanishing]


def test_a_few_that_vanish_are_gone(archive: Archive) -> None:
    _stories(archive, *range(40))
    _missing(archive, *range(6), days=(1, 4))
    _stories(archive, *range(6, 40), day=5)
    _missing(archive, *range(6), days=(9,))
    assert _states(archive) == {"alive": 34, "gone": 6}
    assert vanishings(archive.connection, "guangzhou", at(days=9)) == []


def test_what_was_confirmed_before_stays_gone(archive: Archive) -> None:
    _stories(archive, *range(20))
    _missing(archive, 0, days=(1, 4, 9))
    _missing(archive, *range(1, 10), days=(12, 15, 20))
    _missing(archive, 0, days=(21,))
    assert _states(archive) == {"alive": 10, "gone": 1, "suspect": 9}


def test_those_that_come_back_end_it(archive: Archive) -> None:
    _stories(archive, *range(20))
    _missing(archive, *range(8), days=(1, 4))
    _stories(archive, *range(7), *range(8, 20), day=5)
    _missing(archive, 7, days=(9,))
    assert _states(archive)["gone"] == 1
