"""A list that moves while it is walked: new items on top, back-dated ones deep in it, some gone, swapped, shown twice.

What stands on it for two days is found where it is dated within the window, and within the sweep's three weeks
wherever it stands.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from virtual_portal import VirtualPortal, html

from benchmarks.virtual_years import DAY
from gzcrawler.archive.revisit_policy import LIST_WINDOW

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from gzcrawler.replica import ReplicaResponse

SECTION = "gzservice"
DAYS = 40
A_PAGE = 8
WINDOW_OWED = 2.2
"""Days that an item within the window has to stand: it is read every other day, at slightly other times."""
SWEEP_OWED = 22.0


@dataclass(eq=False)
class Item:
    number: int
    day: date
    came: float
    """Virtual days since the start, as all times here."""
    went: float = float("inf")

    @property
    def path(self) -> str:
        return f"/{SECTION}/content/post_{self.number}.html"


@dataclass
class ShiftingList:
    """A list, newest first but for what is swapped; something happens to it at one request in four."""

    portal: VirtualPortal
    chance: random.Random
    items: list[Item] = field(default_factory=list)
    ever: list[Item] = field(default_factory=list)
    twice: Item | None = None
    """Stands at the top of every page besides its own place."""

    def __post_init__(self) -> None:
        for age in range(200, 0, -2):
            self._insert(age, came=0.0)

    def answer(self, _host: str, path: str) -> ReplicaResponse | None:
        if path.startswith(f"/{SECTION}/content/"):
            return self._story(path)
        if path != f"/{SECTION}/" and not path.startswith(f"/{SECTION}/index_"):
            return None
        if self.chance.random() < 0.25:
            self._change()
        page = int(path.partition("index_")[2].removesuffix(".html") or 1)
        return self._page(page)

    @property
    def now(self) -> float:
        return (self.portal.clock.at - self.portal.replica.start) / DAY

    def _change(self) -> None:
        what = self.chance.choice(["on top", "on top", "back-dated", "deep", "gone", "swapped", "twice"])
        if what == "on top":
            for _ in range(self.chance.choice([1, 1, 2, A_PAGE + 3])):
                self._insert(0)
        elif what == "back-dated":
            self._insert(self.chance.randrange(1, 80))
        elif what == "deep":
            self._insert(self.chance.randrange(100, 200))
        elif what == "gone":
            item = self.items.pop(self.chance.randrange(len(self.items)))
            item.went = self.now
        elif what == "swapped":
            place = self.chance.randrange(len(self.items) - 1)
            self.items[place : place + 2] = reversed(self.items[place : place + 2])
        else:
            self.twice = self.chance.choice(self.items[:A_PAGE])

    def _insert(self, age: int, came: float | None = None) -> None:
        moment = datetime.fromtimestamp(self.portal.clock.at, UTC)
        day = (moment - timedelta(days=age)).date()
        item = Item(9_000_000 + len(self.ever), day, self.now if came is None else came)
        place = next((n for n, other in enumerate(self.items) if other.day <= day), len(self.items))
        self.items.insert(place, item)
        self.ever.append(item)

    def _page(self, page: int) -> ReplicaResponse:
        shown = self.items[(page - 1) * A_PAGE : page * A_PAGE]
        if not shown:
            return html("", 404)
        more = page * A_PAGE < len(self.items)
        rows = "".join(
            f'<li><a href="{item.path}">A notice of the office, number {item.number}</a>'
            f"<span>{item.day.isoformat()}</span></li>"
            for item in ([self.twice] if self.twice else []) + shown
        )
        pager = f'<a class="next" href="/{SECTION}/index_{page + 1}.html">&gt;</a>' if more else ""
        return html(f'<h2>Service</h2><ul class="list">{rows}</ul><div class="page">{pager}</div>')

    def _story(self, path: str) -> ReplicaResponse:
        item = next((one for one in self.ever if one.path == path), None)
        if item is None or item.went < float("inf"):
            return html("", 404)
        return html(
            f'<div class="art"><h1>A notice of the office, number {item.number}</h1>'
            f'<div class="info">Updated: {item.day.isoformat()}</div>'
            f'<div class="content"><p>The office tells of its hours, for the time number {item.number}.</p>'
            "<p>Who comes later is asked to ring the bell at the side door.</p></div></div>"
        )

    def owed(self) -> set[str]:
        """Paths of what stood for long enough."""
        paths = set()
        for item in self.ever:
            young = item.day >= (self._date(item.came) - LIST_WINDOW + timedelta(days=3))
            stood = min(item.went, float(DAYS)) - item.came
            if stood >= (WINDOW_OWED if young else SWEEP_OWED):
                paths.add(item.path)
        return paths

    def _date(self, day: float) -> date:
        return datetime.fromtimestamp(self.portal.replica.start + day * DAY, UTC).date()


@pytest.mark.parametrize("seed", range(2))
def test_a_walk_over_a_list_that_moves_misses_nothing(tmp_path: Path, seed: int) -> None:
    portal = VirtualPortal(tmp_path / "archive")
    moving = ShiftingList(portal, random.Random(seed))
    portal.answer = moving.answer
    walked = []
    for day in range(DAYS + 1):
        portal.crawl(day, sections=(SECTION,))
        walked.append(sum(f"/{SECTION}/index_" in url for url in portal.asked))
    seen = {
        url.partition(".test")[2]
        for url in portal.rows("SELECT canonical_url FROM articles WHERE revision IS NOT NULL")
    }
    assert moving.owed() - seen == set()
    assert len(moving.owed()) > 120
    # Nor is all of it read each day: a list of some 13 pages and more costs a few of them.
    assert sum(walked[1:]) / DAYS < 10
