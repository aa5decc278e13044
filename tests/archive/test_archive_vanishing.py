"""A site that moves takes its pages away at once: no removal is confirmed then."""

from __future__ import annotations

import random
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from archive_pages import (
    HOST,
    PORTAL,
    article_page,
    at,
    capture,
    fetched,
    gone,
    list_page,
    record,
    rows,
)

from gzcrawler.archive import Archive, Verdict, connect_to_read, rebuild, vanishings

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from gzcrawler.items import Capture


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


_LISTS = tuple(f"{HOST}/{name}.html" for name in ("gzlatest", "gzbusiness", "gzservice"))


def _story_of_a_host(chance: random.Random) -> list[Capture]:
    """Forty days of a host on which articles and lists go missing, alone and together, and some come back."""
    moved = chance.randrange(3, 20)
    gone_since = {n: chance.choice([moved, moved, chance.randrange(2, 30), 99]) for n in range(14)}
    back = {n: chance.choice([99, 99, chance.randrange(15, 38)]) for n in gone_since}
    lists_lost = range(moved, moved + 12) if chance.random() < 0.4 else range(0)
    captures = []
    for day in range(40):
        for n, since in gone_since.items():
            if day and chance.random() < 0.65:
                continue
            when = at(n, days=day)
            missing = since <= day < back[n]
            captures.append(
                gone(_url(n), when) if missing else capture(_url(n), article_page(f"Text {n}."), when)
            )
        for minute, url in enumerate(_LISTS):
            entries = [("/2018-12/26/c_1.htm", "A title of the town")]
            when = at(60 + minute, days=day)
            captures.append(gone(url, when) if day in lists_lost else capture(url, list_page(entries), when))
    return captures


def _settled(folder: Path, captures: list[Capture]) -> dict[str, list[tuple[object, ...]]]:
    with Archive(folder, PORTAL, command="test", now=lambda: at(days=60)) as archive:
        archive.record_all([fetched(taken) for taken in captures])
        archive.finish(Verdict(verdict="complete", exit_code=0, finished_at=at(days=60), record={}, hosts=()))
        return _removals(archive.connection)


def _removals(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    return {
        "states": rows(connection, "SELECT id, state, gone_since FROM articles ORDER BY id"),
        "confirmed": rows(connection, "SELECT article_id, confirmed_at FROM confirmations ORDER BY 1, 2"),
        "unsettled": rows(connection, "SELECT * FROM unsettled"),
    }


@pytest.mark.parametrize("seed", range(5))
def test_removals_are_confirmed_alike_in_whatever_order_captures_come(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    captures = _story_of_a_host(chance)
    told = _settled(tmp_path / "in order", captures)
    for way in ("backwards", "shuffled"):
        other = captures[::-1] if way == "backwards" else chance.sample(captures, len(captures))
        assert _settled(tmp_path / way, other) == told
        rebuild(tmp_path / way)
        with closing(connect_to_read(tmp_path / way / "gzcrawler.db")) as connection:
            assert _removals(connection) == told


def test_the_story_of_a_host_holds_removals_of_both_kinds(tmp_path: Path) -> None:
    states: set[object] = set()
    for seed in range(5):
        told = _settled(tmp_path / str(seed), _story_of_a_host(random.Random(seed)))
        states |= {state for _, state, _ in told["states"]}
    assert states >= {"alive", "suspect", "gone"}


def test_those_that_come_back_end_it(archive: Archive) -> None:
    _stories(archive, *range(20))
    _missing(archive, *range(8), days=(1, 4))
    _stories(archive, *range(7), *range(8, 20), day=5)
    _missing(archive, 7, days=(9,))
    assert _states(archive)["gone"] == 1
