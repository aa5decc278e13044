"""What a server may do to a crawl: nothing is lost, and the verdict says what happened."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from sites import HOST, serve

from gzcrawler.archive import Selection
from gzcrawler.replica import FaultRule

if TYPE_CHECKING:
    from pathlib import Path

    from sites import Site

STORIES = r"/c_\d+\.htm|/post_\d+\.html"


NO_IMAGES = Selection(images=False)


def _missing(site: Site) -> set[str]:
    """Ids that the replica has and the archive has not."""
    return {a.id for a in site.replica.replica.articles()} - set(site.rows("SELECT id FROM latest"))


@pytest.mark.parametrize(
    "rule",
    [
        FaultRule(kind="status", status=500, path=STORIES, share=0.3, times=2),
        FaultRule(kind="status", status=503, path=STORIES, share=0.3, times=1),
        FaultRule(kind="status", status=429, retry_after=0, path=STORIES, share=0.3, times=1),
        FaultRule(kind="reset", path=STORIES, share=0.3, times=2),
        FaultRule(kind="reset midway", path=STORIES, share=0.3, times=2),
        FaultRule(kind="truncate", path=STORIES, share=0.3, times=2),
        FaultRule(kind="stall", seconds=3.0, path=STORIES, share=0.1, times=1),
        FaultRule(kind="stall midway", seconds=3.0, path=STORIES, share=0.1, times=1),
        FaultRule(kind="challenge", path=rf"^{HOST}.*({STORIES})", share=0.3, times=1),
        FaultRule(kind="status", status=502, path=r"gz\w+(_\d+)?\.html$", times=1),
        FaultRule(kind="reset", path=r"robots\.txt", times=2),
    ],
    ids=lambda rule: f"{rule.kind} {rule.status if rule.kind == 'status' else ''} {rule.path[:8]}",
)
def test_a_passing_fault_costs_nothing(site: Site, rule: FaultRule) -> None:
    site.replica.set_faults(rule)
    verdict = site.crawl(selection=NO_IMAGES)
    assert site.replica.counters()["faults"][rule.kind] > 0
    assert _missing(site) == set()
    assert (verdict.verdict, verdict.exit_code) == ("complete", 0)


@pytest.mark.parametrize("kind", ["reset", "reset midway", "truncate"])
def test_no_request_is_sent_behind_our_back(site: Site, kind: str) -> None:
    """aiohttp sends a GET again, unasked, when a kept-alive connection dies; every request must be a record."""
    rule = FaultRule(kind=kind, path=STORIES, share=0.5, times=1)
    site.replica.set_faults(rule)
    site.crawl(selection=NO_IMAGES)
    recorded = site.rows("SELECT url FROM captures UNION ALL SELECT url FROM failures")
    assert Counter(url.removeprefix("http://") for url in recorded) == Counter(site.asked())


def test_a_page_that_fails_for_good_is_named_and_the_rest_is_whole(site: Site) -> None:
    lost = next(iter(site.replica.replica.addresses()))
    path = lost[1][0].partition(HOST)[2]
    site.replica.set_faults(FaultRule(kind="status", status=500, path=path, times=None))
    verdict = site.crawl(selection=NO_IMAGES)
    assert verdict.exit_code == 10
    assert verdict.record["alarms"] == ["1 page could not be fetched"]
    assert verdict.record["failed"][0]["url"].endswith(path)
    assert _missing(site) == {lost[0]}
    site.replica.set_faults()
    assert site.rows("SELECT count(*) FROM pages WHERE failures > 0 AND due_at IS NOT NULL") == [1]


def test_a_page_is_asked_at_its_other_hosts_before_it_counts_as_failed(site: Site) -> None:
    rule = FaultRule(kind="status", status=500, path=rf"^{HOST}.*({STORIES})", share=0.3, times=None)
    site.replica.set_faults(rule)
    verdict = site.crawl(selection=NO_IMAGES)
    assert _missing(site) == set()
    assert verdict.exit_code == 0
    assert site.rows("SELECT count(*) FROM pages WHERE state = 'article' AND host != ?", HOST) != [0]


def test_a_redirect_loop_ends(site: Site) -> None:
    rule = FaultRule(kind="redirect loop", path=r"/c_\d+\.htm", times=None)
    site.replica.set_faults(rule)
    verdict = site.crawl(selection=NO_IMAGES)
    assert verdict.exit_code == 10
    assert "could not be fetched" in verdict.verdict
    assert max(Counter(site.asked()).values()) <= 4


def test_a_decompression_bomb_is_quarantined_and_kept_as_received(site: Site) -> None:
    path = next(iter(site.replica.replica.addresses()))[1][0].partition(HOST)[2]
    site.replica.set_faults(FaultRule(kind="bomb", path=path, times=None, size=60_000_000))
    verdict = site.crawl(selection=NO_IMAGES)
    assert verdict.exit_code == 10
    assert [page["url"] for page in verdict.record["quarantined"]] == [f"http://{HOST}{path}"]
    assert site.rows("SELECT length < 1000000 FROM captures WHERE kind = 'unreadable'") == [1]


def test_an_old_quarantine_does_not_alarm_again(tmp_path: Path) -> None:
    with serve(tmp_path / "archive", unreadable=0.1) as site:
        first = site.crawl(selection=NO_IMAGES)
        assert first.exit_code == 10
        assert first.record["quarantined"] != []
        again = site.crawl(selection=NO_IMAGES, recheck=True)
        assert again.record["outcomes"]["quarantined"] == len(first.record["quarantined"])
        assert (again.exit_code, again.record["quarantined"]) == (0, [])


def test_a_portal_that_challenges_everyone_refuses(site: Site) -> None:
    site.replica.set_faults(FaultRule(kind="challenge", path="htm|/$", times=None))
    verdict = site.crawl(selection=NO_IMAGES)
    assert verdict.exit_code == 11
    assert "challenge" in verdict.verdict


def test_a_portal_that_answers_403_refuses(site: Site) -> None:
    rule = FaultRule(kind="status", status=403, path=r"(?<!robots\.txt)$", times=None)
    site.replica.set_faults(rule)
    verdict = site.crawl()
    assert verdict.exit_code == 11
    assert "status 403" in verdict.verdict


def test_a_portal_that_fails_wholly_is_unreachable(site: Site) -> None:
    rule = FaultRule(kind="status", status=503, path=r"(?<!robots\.txt)$", times=None)
    site.replica.set_faults(rule)
    verdict = site.crawl()
    assert verdict.exit_code == 11
    assert "status 503" in verdict.verdict


def test_an_endless_calendar_is_followed_no_further_and_said_so(site: Site) -> None:
    site.replica.set_faults(FaultRule(kind="trap", path=STORIES, times=None))
    verdict = site.crawl(selection=NO_IMAGES, fruitless=30)
    calendar = [url for url in site.asked() if "/calendar/" in url]
    assert 30 <= len(calendar) <= 60
    assert _missing(site) == set()
    assert verdict.exit_code == 10
    assert "showed nothing new" in verdict.record["alarms"][0]
    assert "/calendar/" in verdict.record["given_up"][0]["last"]
    assert verdict.record["given_up"][0]["set_aside"] > 0


def test_pages_under_a_wrong_charset_are_kept_all_the_same(site: Site) -> None:
    rule = FaultRule(kind="wrong charset", path=STORIES, share=0.5, times=None)
    site.replica.set_faults(rule)
    site.crawl(selection=NO_IMAGES)
    assert _missing(site) == set()
