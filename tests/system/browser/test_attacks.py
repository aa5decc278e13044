"""Stored script never runs: an archive full of attacks in a browser that has scripts on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Served, Watched

    Look = Callable[..., Watched]

pytestmark = pytest.mark.system


def _column(served: Served, sql: str) -> list[str]:
    with closing(sqlite3.connect(served.archive / "gzcrawler.db")) as connection:
        return [value for (value,) in connection.execute(sql)]


def test_the_attacks_are_there(hostile: Served) -> None:
    titles = _column(hostile, "SELECT title FROM latest")
    assert len(titles) >= 20
    assert sum("<" in title for title in titles) >= 20


def test_nothing_runs_on_the_pages_of_hostile_articles(hostile: Served, look: Look) -> None:
    watched = look(hostile)
    for article in _column(hostile, "SELECT id FROM latest"):
        for path in (f"/article/{article}", f"/article/{article}/changes"):
            page = watched.open(path)
            assert "Notice" in page.title()
            assert (
                page.locator(
                    "main script, main iframe, main object, main embed, main form[action*=script]"
                ).count()
                == 0
            )
            links = page.locator("main a[href]").evaluate_all("all => all.map(one => one.protocol)")
            assert set(links) <= {"http:", "https:"}


def test_nothing_runs_on_pages_that_list_hostile_articles(hostile: Served, look: Look) -> None:
    watched = look(hostile)
    for path in (
        "/",
        "/search?q=harbour",
        "/sections",
        "/changes",
        "/removals",
        "/front-page",
        "/runs",
        "/charts",
    ):
        page = watched.open(path)
        assert page.locator("main script").count() == 0
        assert page.title() != "ran"


def test_the_raw_frame_runs_no_script(hostile: Served, look: Look) -> None:
    watched = look(hostile)
    for record in _column(hostile, "SELECT record_id FROM raw_captures WHERE status = 200"):
        page = watched.open(f"/raw/{record}")
        frame = page.frame_locator("iframe")
        expect(frame.locator("h1")).to_contain_text("Notice")
        assert frame.locator("script, [onload], [onerror], [onclick]").count() == 0
        inner = page.frames[1]
        assert inner.evaluate("document.title") != "ran"
        assert inner.evaluate("self.origin") == "null"
        assert page.locator("h1").inner_text()


def test_the_replayed_page_alone_runs_no_script_either(hostile: Served, look: Look) -> None:
    watched = look(hostile)
    for record in _column(hostile, "SELECT record_id FROM raw_captures WHERE status = 200 LIMIT 5"):
        page = watched.open(f"/raw/{record}/page")
        assert page.title() != "ran"
        assert page.evaluate("self.origin") == "null"
