"""Every page in a browser: it is whole, asks nobody else for anything, fits a phone, and can be used by anyone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Served, Watched

    Look = Callable[..., Watched]

pytestmark = pytest.mark.system

PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 900}}
LOOKS = {
    "light": DESK | {"color_scheme": "light", "locale": "en"},
    "dark": DESK | {"color_scheme": "dark", "locale": "zh-CN"},
    "phone": PHONE | {"color_scheme": "light", "locale": "en"},
}


def _one(served: Served, sql: str) -> Any:
    with closing(sqlite3.connect(served.archive / "gzcrawler.db")) as connection:
        return connection.execute(sql).fetchone()[0]


@pytest.fixture(scope="module")
def paths(served: Served) -> dict[str, str]:
    """A page of each kind, by name."""
    edited = _one(served, "SELECT id FROM edits LIMIT 1")
    shown = _one(served, "SELECT id FROM articles WHERE revision IS NOT NULL AND state = 'alive' LIMIT 1")
    removed = _one(served, "SELECT id FROM removed LIMIT 1")
    record = _one(
        served, "SELECT record_id FROM raw_captures WHERE kind = 'article' AND status = 200 LIMIT 1"
    )
    section = _one(served, "SELECT section FROM coverage WHERE articles > 1 LIMIT 1")
    run = _one(served, "SELECT uid FROM runs LIMIT 1")
    return {
        "home": "/",
        "article": f"/article/{shown}",
        "removed": f"/article/{removed}",
        "edited": f"/article/{edited}",
        "differences": f"/article/{edited}/changes",
        "raw": f"/raw/{record}",
        "search": "/search?q=the",
        "search-nothing": "/search?q=zyzzyva",
        "sections": "/sections",
        "section": f"/sections/replica/{section}",
        "changes": "/changes",
        "removals": "/removals",
        "front-page": "/front-page",
        "runs": "/runs",
        "run": f"/runs/{run}",
        "charts": "/charts",
    }


def test_every_entry_of_the_menu_is_looked_at(served: Served, look: Look, paths: dict[str, str]) -> None:
    page = look(served).open("/")
    entries = page.locator("header nav a").evaluate_all("links => links.map(link => link.pathname)")
    assert len(entries) >= 6
    assert set(entries) <= {path.partition("?")[0] for path in paths.values()}


@pytest.mark.parametrize("manner", LOOKS)
def test_every_page_is_whole_and_fits(
    served: Served, look: Look, paths: dict[str, str], pictures: Path, manner: str
) -> None:
    watched = look(served, **LOOKS[manner])
    for name, path in paths.items():
        page = watched.open(path)
        expect(page.locator("h1")).to_have_count(1)
        expect(page.locator("footer.site")).to_contain_text("20")  # when it was last verified
        expect(page.locator("html")).to_have_attribute("lang", "zh" if manner == "dark" else "en")
        page.screenshot(path=pictures / f"{name}-{manner}.png", full_page=True)
        wide, shown = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert wide <= shown, f"{name} scrolls sideways: {wide} px in {shown}"
        broken = page.locator("main img").evaluate_all(
            "all => all.filter(one => one.complete && !one.naturalWidth).map(one => one.src)"
        )
        assert broken == [], name


@pytest.mark.parametrize("manner", LOOKS)
def test_axe_finds_no_serious_violation(
    served: Served, look: Look, paths: dict[str, str], axe: str, manner: str
) -> None:
    watched = look(served, **LOOKS[manner])
    found = []
    for name, path in paths.items():
        page = watched.open(path)
        page.evaluate(axe)
        # The captured page in its frame is as its makers made it.
        result = page.evaluate("axe.run({exclude: ['iframe']}, {iframes: false})")
        found += [
            f"{name}: {violation['id']}: {node['html'][:200]}"
            for violation in result["violations"]
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
        ]
    assert found == []


@pytest.mark.parametrize("manner", ["desk", "phone"])
def test_charts_begin_with_their_newest_months_where_they_are_wider_than_the_window(
    served: Served, look: Look, manner: str
) -> None:
    page = look(served, **(PHONE if manner == "phone" else DESK)).open("/charts")
    window = page.locator(".drawing.newest").first
    drawn, shown = window.locator("svg").bounding_box(), window.bounding_box()
    newest = window.locator(".axis.x text").last.bounding_box()
    assert drawn is not None
    assert shown is not None
    assert newest is not None
    assert shown["x"] <= newest["x"] < shown["x"] + shown["width"]
    assert (drawn["x"] < shown["x"]) == (
        manner == "phone"
    )  # elsewhere it begins at the left edge, like the others


def test_search_finds(served: Served, look: Look) -> None:
    title = _one(served, "SELECT title FROM latest WHERE language = 'en' ORDER BY published DESC LIMIT 1")
    page = look(served, **DESK).open("/")
    box = page.get_by_role("searchbox").first
    box.fill(f'"{title}"')
    box.press("Enter")
    page.get_by_role("link", name=title).first.click()
    expect(page.locator("h1")).to_have_text(title)


def test_the_revision_picker_shows_the_difference(served: Served, look: Look, paths: dict[str, str]) -> None:
    page = look(served, **DESK).open(paths["edited"])
    page.locator("ol.revisions").get_by_role("link").nth(1).click()
    assert page.locator("ins, del").count() > 0
    page.locator("select[name=old]").select_option("1")
    page.locator("select[name=new]").select_option("1")
    page.get_by_role("button").last.click()
    assert page.locator("main ins, main del").count() == 0


def test_all_can_be_reached_by_the_keyboard(served: Served, look: Look) -> None:
    page = look(served, **DESK).open("/")
    page.keyboard.press("Tab")
    skip = page.locator("a.skip")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"


def test_the_language_can_be_changed_and_stays(served: Served, look: Look) -> None:
    page = look(served, **DESK, locale="en").open("/")
    page.get_by_role("link", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    page.locator("header nav a").nth(1).click()
    expect(page.locator("html")).to_have_attribute("lang", "zh")
