"""Portals that misbehave for long: bounded, named in the verdict, nothing lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from virtual_portal import VirtualPortal, html

from gzcrawler.replica.hazards import CALENDAR, calendar_page, with_calendar_link

if TYPE_CHECKING:
    from pathlib import Path

    from gzcrawler.replica import ReplicaResponse


@pytest.fixture
def portal(tmp_path: Path) -> VirtualPortal:
    """A portal of 60 articles and three more a day, crawled once."""
    portal = VirtualPortal(tmp_path / "archive")
    assert portal.crawl(0).exit_code == 0
    return portal


def test_a_month_of_503_costs_nothing(portal: VirtualPortal) -> None:
    before = portal.rows("SELECT count(*) FROM captures")
    portal.answer = lambda _host, _path: html("Service unavailable", 503)
    for day in range(1, 31):
        assert portal.crawl(day).exit_code == 11
        assert len(portal.asked) <= 5  # robots.txt of each host
    assert portal.rows("SELECT DISTINCT state FROM articles") == ["alive"]
    portal.answer = lambda _host, _path: None
    assert portal.crawl(31).exit_code == 0
    assert portal.missing() == set()
    assert portal.rows("SELECT count(*) FROM captures WHERE status = 503")[0] <= 5 * 30
    assert before < portal.rows("SELECT count(*) FROM captures")


@pytest.mark.parametrize(
    "body", ["<p>We are working on this site.</p>", "<p>The page you are looking for does not exist.</p>"]
)
def test_a_host_that_answers_everything_with_200_removes_and_revises_nothing(
    portal: VirtualPortal, body: str
) -> None:
    revisions = portal.rows("SELECT count(*) FROM revisions")
    portal.answer = lambda _host, path: None if path == "/robots.txt" else html(body)
    verdicts = [portal.crawl(day) for day in range(1, 16)]
    assert {verdict.exit_code for verdict in verdicts[1:]} <= {10, 11, 12}
    assert portal.rows("SELECT count(*) FROM revisions") == revisions
    assert portal.rows("SELECT count(*) FROM articles WHERE state = 'gone'") == [0]
    portal.answer = lambda _host, _path: None
    portal.crawl(16)
    portal.crawl(17)
    assert portal.missing() == set()


def test_a_host_that_redirects_everything_to_itself_is_bounded_and_named(portal: VirtualPortal) -> None:
    def to_itself(host: str, path: str) -> ReplicaResponse | None:
        if path == "/robots.txt":
            return None
        return html("", 302)._replace(headers=(("Location", f"http://{host}{path}"),))

    revisions = portal.rows("SELECT count(*) FROM revisions")
    portal.answer = to_itself
    for day in (1, 1.05, 2, 3):  # an hour later, too, a run has to judge by something
        verdict = portal.crawl(day)
        assert verdict.exit_code == 11
        assert "leads to itself" in verdict.verdict or "portal unreachable" in verdict.verdict
        assert len(portal.asked) < 600
    assert portal.rows("SELECT count(*) FROM revisions") == revisions
    assert portal.rows("SELECT DISTINCT state FROM articles") == ["alive"]
    portal.answer = lambda _host, _path: None
    portal.crawl(5)
    portal.crawl(6)
    assert portal.missing() == set()
    assert portal.rows("SELECT max(failures) FROM pages") == [0]


def test_a_calendar_without_end_is_named_once_and_then_left_alone(portal: VirtualPortal) -> None:
    def trapped(host: str, path: str) -> ReplicaResponse | None:
        if path.startswith(CALENDAR):
            return html("")._replace(body=calendar_page(path))
        if path == "/":
            page = portal.replica.page(host, path, int(portal.clock.at))
            return page._replace(body=with_calendar_link(page.body), headers=page.headers[:1])
        return None

    portal.answer = trapped
    first = portal.crawl(1, fruitless=20)
    assert first.exit_code == 10
    assert "followed no further" in first.verdict
    assert 20 <= sum(CALENDAR in url for url in portal.asked) <= 30
    calendar = []
    for day in range(2, 6):
        portal.crawl(day, fruitless=20)
        calendar.append(sum(CALENDAR in url for url in portal.asked))
    assert sum(calendar) <= 30
    assert portal.missing() == set()


def test_forty_thousand_dead_links_are_bounded_and_named(portal: VirtualPortal) -> None:
    links = "".join(f'<a href="/2020-01/02/c_{n}.htm">A title of story {n}</a>' for n in range(40_000))

    def answer(_host: str, path: str) -> ReplicaResponse | None:
        return (
            html(links) if path == "/gddjp/" else html("", 404) if path.startswith("/2020-01/02/") else None
        )

    portal.answer = answer
    verdict = portal.crawl(1, fruitless=20)
    assert verdict.exit_code == 10
    assert "articles: followed no further" in verdict.verdict
    assert len(portal.asked) < 400
    assert portal.missing() == set()
    assert portal.rows("SELECT count(*) FROM pages WHERE state = 'new' AND due_at IS NULL") == [0]


def test_a_clock_that_went_back_is_said_and_loses_nothing(portal: VirtualPortal) -> None:
    portal.crawl(400)
    verdict = portal.crawl(3)
    assert verdict.exit_code == 10
    assert "the clock stands" in verdict.verdict
    assert portal.missing() == set()
    assert len(portal.asked) < 1000


def test_an_archive_that_was_moved_goes_on(portal: VirtualPortal) -> None:
    elsewhere = portal.archive.parent / "elsewhere"
    portal.archive.rename(elsewhere)
    portal.archive = elsewhere
    assert portal.crawl(1).exit_code == 0
    assert portal.missing() == set()
    assert portal.rows("SELECT count(*) FROM runs") == [2]


def test_a_site_that_moved_is_said_and_its_articles_are_not_held_for_gone(tmp_path: Path) -> None:
    portal = VirtualPortal(tmp_path / "archive", move_at="2026-01-17T00:00:00+08:00", move_leaves="gone")
    portal.crawl(0)
    verdicts = [portal.crawl(day) for day in range(1, 34, 2)]
    assert any("no removal is confirmed" in verdict.verdict for verdict in verdicts)
    assert portal.rows("SELECT count(*) FROM articles WHERE state = 'gone'") == [0]
    assert portal.missing() == set()


def test_articles_that_no_list_shows_are_found_by_sitemap_and_feed(tmp_path: Path) -> None:
    portal = VirtualPortal(tmp_path / "archive", sitemaps=True)
    portal.answer = lambda _host, path: (
        None
        if path in ("/robots.txt", "/sitemap.xml") or "/c_" in path or "/post_" in path
        else html("", 404)
    )
    portal.crawl(0)
    assert portal.missing() == set()
    portal.crawl(1)
    assert portal.missing() == set()
