"""Sections, changes, removals, the front page at a moment, runs, the feed: each as a visitor gets it."""

from __future__ import annotations

import re
import sqlite3
from datetime import date
from typing import TYPE_CHECKING

import pytest
from lxml import etree, html

from gzcrawler.archive import Hole
from gzcrawler.web.pages.runs import sections_by_hole
from gzcrawler.web.rendering import Words
from gzcrawler.web.year_calendar import MARKS, year_calendar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import VisitedPortal
    from tests.web.conftest import Get

PAGES = ("/front-page", "/sections", "/changes", "/removals", "/charts", "/runs")


@pytest.fixture(scope="module")
def connection(visited_portal: VisitedPortal) -> Iterator[sqlite3.Connection]:
    opened = sqlite3.connect(f"file:{visited_portal.folder}/archive/gzcrawler.db?mode=ro", uri=True)
    yield opened
    opened.close()


def _links(page: str, start: str) -> list[str]:
    return [link for link in html.fromstring(page).xpath("//main//a/@href") if link.startswith(start)]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("address", PAGES)
def test_a_page_renders_in_both_languages_without_a_style_of_its_own(
    get: Get, address: str, language: str
) -> None:
    answer = get(f"{address}?lang={language}")
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", answer.text)
    verified = "last verified (?:on|between)" if language == "en" else "最近一次核实于"
    assert re.search(f'{verified} ?<time datetime="', answer.text)


def test_the_menu_leads_to_each_of_them(get: Get) -> None:
    menu = html.fromstring(get("/").text).xpath("//header//nav//a/@href")
    assert set(PAGES) <= set(menu)


def test_changes_name_what_changed_and_lead_to_the_difference(
    get: Get, connection: sqlite3.Connection
) -> None:
    page = get("/changes").text
    (number,) = connection.execute("SELECT count(*) FROM edits").fetchone()
    differences = [link for link in _links(page, "/article/") if "/changes?" in link]
    assert len(differences) == min(number, 50) > 0
    assert get(differences[0]).status_code == 200


def test_every_change_is_on_one_page_of_the_timeline(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    from gzcrawler.web.pages import timelines

    whole = [link for link in _links(get("/changes").text, "/article/") if "/changes?" in link]
    monkeypatch.setattr(timelines, "_A_PAGE", 3)
    paged: list[str] = []
    address = "/changes"
    while address:
        page = get(address).text
        paged += [link for link in _links(page, "/article/") if "/changes?" in link]
        address = next(("/changes" + link for link in _links(page, "?before=") if link), "")
        assert len(paged) <= len(whole)
    assert paged == whole


def test_a_day_before_everything_has_no_change(get: Get) -> None:
    assert "No change was seen." in get("/changes?until=2001-01-01").text


@pytest.mark.parametrize("state", ["all", "gone", "suspect"])
def test_removals_are_those_of_the_archive(get: Get, connection: sqlite3.Connection, state: str) -> None:
    condition = "state IN ('gone', 'suspect')" if state == "all" else f"state = '{state}'"
    (number,) = connection.execute(f"SELECT count(*) FROM removed WHERE {condition}").fetchone()
    links = _links(get(f"/removals?state={state}").text, "/article/")
    assert len(links) == min(number, 50)


def test_the_front_page_shows_the_lists_and_leads_to_their_articles(
    get: Get, connection: sqlite3.Connection
) -> None:
    page = get("/front-page").text
    links = _links(page, "/article/")
    assert links
    assert get(links[0]).status_code == 200
    assert get(_links(page, "/raw/")[0]).status_code == 200
    (first,) = connection.execute("SELECT min(captured_at) FROM captures").fetchone()
    earlier = get(f"/front-page?at={first[:10]}").text
    assert earlier != page
    assert "Nothing was captured by then" in get("/front-page?at=2001-01-01").text


def test_a_section_shows_a_year_of_days(get: Get, connection: sqlite3.Connection) -> None:
    links = _links(get("/sections").text, "/sections/")
    assert links
    page = get(links[0]).text
    year = int(re.findall(r"Articles a day in (\d{4})", page)[0])
    squares = html.fromstring(page).xpath("//*[local-name()='svg']//*[local-name()='rect']")
    assert len(squares) == (date(year + 1, 1, 1) - date(year, 1, 1)).days


def test_days_that_were_not_seen_are_marked_with_their_reason(get: Get) -> None:
    link = _links(get("/sections").text, "/sections/")[0]
    page = get(f"{link}?year={date.today().year}").text  # noqa: DTZ011  # the year of the machine is near enough
    if "hole" in page:
        assert "not seen:" in page
        assert re.search(r'<g class="hole"><title>\d{4}-\d\d-\d\d: articles: \d+; not seen:', page)


def test_runs_lead_to_what_each_did(get: Get, connection: sqlite3.Connection) -> None:
    page = get("/runs").text
    (number,) = connection.execute("SELECT count(*) FROM runs").fetchone()
    links = _links(page, "/runs/")
    assert len(links) == number
    crawl = connection.execute("SELECT uid FROM runs WHERE command = 'crawl' LIMIT 1").fetchone()[0]
    shown = get(f"/runs/{crawl}").text
    assert "Smallest gap" in shown
    assert "new articles" in shown


def test_the_feed_is_atom_and_names_the_last_news(get: Get) -> None:
    answer = get("/feed.atom")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = etree.fromstring(answer.content)
    atom = {"a": "http://www.w3.org/2005/Atom"}
    moments = feed.xpath("a:entry/a:updated/text()", namespaces=atom)
    assert len(moments) == 50
    assert moments == sorted(moments, reverse=True)
    assert feed.xpath("string(a:updated)", namespaces=atom) == moments[0]
    assert set(feed.xpath("a:entry/a:category/@term", namespaces=atom)) <= {"new", "changed", "removed"}


@pytest.mark.parametrize("address", ["/feed.atom", "/search.atom?q=the"])
def test_a_feed_leads_to_the_archives_own_pages(get: Get, address: str) -> None:
    atom = {"a": "http://www.w3.org/2005/Atom"}
    host = {"Host": "127.0.0.1:8001"}
    feed = etree.fromstring(get(address, headers=host).content)
    assert (
        feed.xpath("string(a:link[@rel='self']/@href)", namespaces=atom) == f"http://127.0.0.1:8001{address}"
    )
    entries = feed.xpath("a:entry", namespaces=atom)
    assert entries
    for entry in (entries[0], entries[-1]):
        shown = entry.xpath("string(a:link[@rel='alternate']/@href)", namespaces=atom)
        page = html.fromstring(get(shown.removeprefix("http://127.0.0.1:8001"), headers=host).text)
        portal = entry.xpath("string(a:link[@rel='via']/@href)", namespaces=atom)
        assert page.xpath("//dl[@class='evidence']//a[@class='outside']/@href") == [portal]
        assert page.xpath("string(//article/@lang)") == entry.xpath("string(@xml:lang)")


def test_the_feed_has_the_entries_that_the_export_writes(get: Get, visited_portal: VisitedPortal) -> None:
    from click.testing import CliRunner

    from gzcrawler.cli import main

    exported = CliRunner().invoke(
        main,
        [
            "export",
            "atom",
            "--archive",
            str(visited_portal.folder / "archive"),
            "--out",
            "-",
            "--limit",
            "50",
        ],
    )
    assert exported.exit_code == 0
    # Only the links differ: the archive's own pages are known here alone.
    without_links = [
        [line for line in text.splitlines() if not line.startswith("<link ")]
        for text in (get("/feed.atom").text, exported.stdout)
    ]
    assert without_links[0] == without_links[1]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/sections/replica/nothing", 404),
        ("/sections/nothing/gzlatest", 404),
        ("/sections/replica/gzlatest?year=1", 400),
        ("/sections/replica/gzlatest?year=99999999999999999999", 400),
        ("/sections/replica/%00", 400),
        ("/changes?before=x", 400),
        ("/changes?before=2026-01-15T00:00:00Z|a|-1", 400),
        ("/changes?before=2026-01-15T00:00:00Z|a|99999999999999999999999", 400),
        ("/changes?before=0001-01-01T00:00:00%2b14:00|a|1", 400),
        ("/changes?until=2026-02-31", 400),
        ("/removals?before=2026-01-15T00:00:00Z", 400),
        ("/removals?state=x'; DROP TABLE articles", 400),
        ("/front-page?at=yesterday", 400),
        ("/front-page?at=2026-01-15T25:00", 400),
        ("/front-page?at=0001-01-01", 200),
        ("/front-page?at=9999-12-31", 200),
        ("/runs?page=0", 400),
        ("/runs?page=999999999", 400),
        ("/runs/" + "0" * 32, 404),
        ("/runs/nothing", 404),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_page(get: Get, address: str, status: int) -> None:
    answer = get(address)
    assert answer.status_code == status
    assert "<h1>" in answer.text
    assert "Traceback" not in answer.text


def test_a_calendar_has_a_square_for_each_day_in_its_week() -> None:
    found = year_calendar(2024, {}, (), first=date(2024, 1, 1), last=date(2024, 12, 31))
    assert len(found.days) == 366
    assert len({(day.x, day.y) for day in found.days}) == 366
    monday = found.days[0]
    assert monday.day.weekday() == 0
    for day in found.days:
        weeks, weekday = divmod((day.day - monday.day).days, 7)
        assert (day.x - monday.x, day.y - monday.y) == (15 * weeks, 15 * weekday)
    assert found.width == max(day.x for day in found.days) + 15


def test_a_calendar_marks_holes_and_days_that_nobody_judged() -> None:
    found = year_calendar(
        2026,
        {date(2026, 3, 1): 8, date(2026, 3, 2): 1, date(2026, 2, 27): 3},
        [Hole("gzlatest", date(2025, 12, 30), date(2026, 1, 2), "site down")],
        first=date(2025, 1, 1),
        last=date(2026, 3, 2),
    )
    classes = {day.day: found.class_of(day) for day in found.days}
    assert [classes[date(2026, 1, number)] for number in (1, 2, 3)] == ["hole", "hole", "level-0"]
    assert classes[date(2026, 3, 1)] == "level-4"
    assert classes[date(2026, 3, 2)] == "level-1"
    assert classes[date(2026, 2, 27)] == "level-2"
    assert classes[date(2026, 3, 3)] == "outside"
    assert (found.articles, found.missing, found.most) == (12, 2, 8)


def test_every_reason_of_a_hole_has_a_mark_of_its_own() -> None:
    from typing import get_args

    from gzcrawler.archive.coverage_records import Reason
    from gzcrawler.web.texts import texts_of

    assert set(MARKS) == set(get_args(Reason)) - {"nothing published"}
    assert len(set(MARKS.values())) == len(MARKS)
    for reason in get_args(Reason):
        assert f"reasons.{reason.replace(' ', '_')}" in texts_of("en")


def test_before_the_first_capture_the_front_page_leads_to_the_first_day(get: Get) -> None:
    page = get("/front-page?at=2001-01-01").text
    assert "Nothing has been captured yet" not in page
    (first,) = html.fromstring(page).xpath("//div[@class='lists']//a/@href")
    assert get(f"/front-page{first}").text.count("<ol>") > 0


def test_a_verdict_is_told_in_the_language_of_the_interface() -> None:
    chinese = Words("zh")
    assert chinese.verdict("complete: nothing was due") == "完成：没有到期的页面"
    assert chinese.verdict("finished with alarms: 1 page refused") == "完成，但有警报: 1 page refused"
    assert Words("en").verdict("layout drift: x") == "layout drift: x"
    assert chinese.verdict("something new") == "something new"


def test_a_run_names_sections_with_the_same_missing_days_together() -> None:
    holes = [
        {"section": name, "first_day": "2026-01-01", "last_day": "2026-01-02", "reason": "site down"}
        for name in ("one", "two")
    ]
    other = {"section": "one", "first_day": "2026-01-05", "last_day": "2026-01-05", "reason": "robots"}
    found = sections_by_hole([*holes, other], lambda key: key.upper())
    assert [hole["sections"] for hole in found] == [[("one", "ONE"), ("two", "TWO")], [("one", "ONE")]]
