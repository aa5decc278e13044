"""What a crawl asks again in a day, and what is counted against the day's budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtual_portal import VirtualPortal, html

if TYPE_CHECKING:
    from pathlib import Path


def test_robots_txt_of_hosts_where_pages_are_only_asked_again_costs_of_the_days_budget(
    tmp_path: Path,
) -> None:
    portal = VirtualPortal(tmp_path / "archive", articles=60)
    portal.crawl(0)
    stories: list[str] = []
    for day in range(1, 30):
        portal.crawl(day)
        stories = [asked for asked in portal.asked if "/c_" in asked]
        if stories:
            break
    home, _, path = stories[0].partition("/")
    portal.answer = lambda _host, asked: html("<p>Gone</p>", 410) if asked.endswith(f"/{path}") else None
    beyond: list[int] = []
    """Requests of each day that the budget did not pay for."""
    elsewhere: list[str] = []
    while not elsewhere:
        day += 1
        asked_again = portal.crawl(day, revisits=40).record["revisits"]["asked"]
        beyond.append(len(portal.asked) - asked_again)
        elsewhere = [asked for asked in portal.asked if not asked.startswith(home)]
        assert day < 60, "the missing article is looked for at its other hosts"
    hosts = {asked.partition("/")[0] for asked in elsewhere}
    assert len(hosts) == 4
    assert {f"{host}/robots.txt" for host in hosts} <= set(elsewhere)
    assert beyond[-1] == beyond[-2]
