"""How hosts are treated: seen from the server's own log, and as arithmetic."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from sites import HOST, serve, site_of

from gzcrawler.archive import Selection
from gzcrawler.archive.moments import PORTAL_ZONE
from gzcrawler.crawl_options import CrawlOptions
from gzcrawler.crawling import crawl
from gzcrawler.errors import UsageError
from gzcrawler.politeness import MAX_RETRY_AFTER, HostPace, Window, parse_retry_after
from gzcrawler.replica import FaultRule

if TYPE_CHECKING:
    from pathlib import Path

    from sites import Site

    from gzcrawler.replica import RunningReplica

NO_IMAGES = Selection(images=False)
OTHER = "subsites.chinadaily.test"
ROBOTS = r"robots\.txt"


def _gaps(site: Site) -> dict[str, list[float]]:
    """Seconds between requests, by host, as the server read them."""
    seen: dict[str, list[float]] = defaultdict(list)
    for request in site.replica.log():
        seen[request.host].append(request.monotonic)
    return {host: [later - earlier for earlier, later in itertools.pairwise(at)] for host, at in seen.items()}


def _robots_asked(site: Site) -> int:
    return sum(url.endswith("/robots.txt") or "/robots.txt?" in url for url in site.asked())


# -- seen by the server -----------------------------------------------------------------------------


def test_no_two_requests_to_a_host_are_closer_than_the_delay(replica: RunningReplica, tmp_path: Path) -> None:
    site = site_of(replica, tmp_path / "archive", delay=0.2, concurrency=1)
    pages = tuple(f"http://{host}/att/20200101/{n}.jpeg" for host in (HOST, OTHER) for n in range(6))
    began = monotonic()
    site.crawl(selection=Selection(pages=pages))
    took = monotonic() - began
    gaps = _gaps(site)
    assert {host: len(of_host) >= 6 for host, of_host in gaps.items() if host in (HOST, OTHER)} == {
        HOST: True,
        OTHER: True,
    }
    assert min(min(of_host, default=9) for of_host in gaps.values()) >= 0.2
    # Hosts are asked side by side: one after the other they would need the sum.
    assert took < 0.2 * sum(len(of_host) for of_host in gaps.values()) + 1


def test_the_smallest_gap_is_measured_and_stored(replica: RunningReplica, tmp_path: Path) -> None:
    site = site_of(replica, tmp_path / "archive", delay=0.1, concurrency=1)
    site.crawl(max_pages=5)
    host, requests, smallest, demanded = site.rows(
        "SELECT host, requests, smallest_gap, demanded_gap FROM hosts"
    )[0]
    assert (host, requests, demanded) == (HOST, 6, 0.1)
    assert 0.1 <= smallest <= min(_gaps(site)[HOST])


def test_a_host_is_asked_over_one_connection(replica: RunningReplica, tmp_path: Path) -> None:
    site = site_of(replica, tmp_path / "archive", concurrency=1)
    site.crawl(max_pages=20)
    assert len({request.connection for request in replica.log() if request.host == HOST}) == 1


def test_crawl_delay_and_disallow_are_obeyed(tmp_path: Path) -> None:
    robots = "User-agent: *\nCrawl-delay: 0.3\nDisallow: /gzbusiness\nAllow: /\n"
    with serve(tmp_path / "archive", robots=robots) as site:
        verdict = site.crawl(selection=Selection(sections=("gzbusiness", "gzlatest")), max_pages=6)
        assert min(_gaps(site)[HOST]) >= 0.3
        assert verdict.hosts[0].demanded_gap == 0.3
        assert [url for url in site.asked() if "/gzbusiness" in url] == []
        assert site.rows("SELECT DISTINCT error FROM failures") == ["robots"]


def test_a_portal_that_forbids_all_is_told_so(tmp_path: Path) -> None:
    with serve(tmp_path / "archive", robots="User-agent: *\nDisallow: /\n") as site:
        verdict = site.crawl()
        assert {url.partition("/")[2] for url in site.asked()} == {"robots.txt"}
        assert verdict.exit_code == 11
        assert "robots.txt does not allow" in verdict.verdict


def test_robots_txt_is_asked_once_a_run(site: Site) -> None:
    site.crawl(max_pages=5)
    assert _robots_asked(site) == 1


@pytest.mark.parametrize("status", [401, 404])
def test_without_robots_txt_all_is_allowed(site: Site, status: int) -> None:
    site.replica.set_faults(FaultRule(kind="status", status=status, path=ROBOTS, times=None))
    assert site.crawl(max_pages=5).exit_code == 0


@pytest.mark.parametrize("status", [429, 500])
def test_where_robots_txt_fails_nothing_is_asked(site: Site, status: int) -> None:
    site.replica.set_faults(FaultRule(kind="status", status=status, path=ROBOTS, times=None))
    verdict = site.crawl()
    assert len(site.asked()) == _robots_asked(site)
    assert verdict.exit_code == 11
    assert f"robots.txt answers with status {status}" in verdict.verdict


def test_a_robots_txt_that_cannot_be_had_stops_the_host_within_seconds(site: Site) -> None:
    site.replica.set_faults(FaultRule(kind="reset", path=ROBOTS, times=None))
    began = monotonic()
    verdict = site.crawl()
    assert monotonic() - began < 10
    assert verdict.exit_code == 11
    assert f"{HOST}: unreachable" in verdict.verdict


def test_redirects_of_robots_txt_are_followed_five_times(site: Site) -> None:
    site.replica.set_faults(FaultRule(kind="redirect loop", path=ROBOTS, times=None))
    assert site.crawl(max_pages=3).exit_code == 0
    assert _robots_asked(site) == 6


def test_pages_of_a_stopped_host_are_asked_at_hosts_that_carry_them(site: Site) -> None:
    site.replica.set_faults(FaultRule(kind="status", status=503, path=f"^{HOST}/{ROBOTS}", times=None))
    verdict = site.crawl(selection=NO_IMAGES)
    truth = {article.id for article in site.replica.replica.articles()}
    assert set(site.rows("SELECT id FROM latest")) == truth
    assert [url for url in site.asked() if url.startswith(HOST)] == [f"{HOST}/robots.txt"]
    assert verdict.exit_code == 10
    assert verdict.record["alarms"] == [f"host stopped: {HOST}: robots.txt answers with status 503"]


def test_retry_after_is_waited_for(site: Site) -> None:
    site.replica.set_faults(FaultRule(kind="status", status=503, retry_after=1, path="gzlatest.html$"))
    quiet = replace(site, portal=site_of(site.replica, site.archive, concurrency=1).portal)
    quiet.crawl(selection=Selection(sections=("gzlatest",), images=False), max_pages=4)
    requests = [request for request in site.replica.log() if request.host == HOST]
    refused = next(n for n, request in enumerate(requests) if request.status == 503)
    assert requests[refused + 1].monotonic - requests[refused].monotonic >= 1.0


def test_a_retry_after_date_is_waited_for(site: Site) -> None:
    rule = FaultRule(kind="status", status=429, retry_after=1, as_date=True, path="gzlatest.html$")
    site.replica.set_faults(rule)
    quiet = replace(site, portal=site_of(site.replica, site.archive, concurrency=1).portal)
    quiet.crawl(selection=Selection(sections=("gzlatest",), images=False), max_pages=4)
    requests = [request for request in site.replica.log() if request.host == HOST]
    refused = next(n for n, request in enumerate(requests) if request.status == 429)
    assert requests[refused + 1].monotonic - requests[refused].monotonic >= 1.0


def test_who_asks_for_an_hour_is_left_alone_for_the_run(site: Site) -> None:
    rule = FaultRule(kind="status", status=429, retry_after=3600, path=f"^{HOST}/gz", times=None)
    site.replica.set_faults(rule)
    verdict = site.crawl(selection=NO_IMAGES)
    assert verdict.exit_code == 10
    assert f"host stopped: {HOST}: asked to come back in 3600 s" in verdict.record["alarms"]


def test_a_run_outside_of_its_window_asks_nothing(site: Site) -> None:
    hour = datetime.now(PORTAL_ZONE)
    window = Window((hour + timedelta(hours=2)).time(), (hour + timedelta(hours=3)).time())
    with pytest.raises(UsageError, match="outside of the window"):
        site.crawl(window=window)
    assert site.asked() == []
    assert not site.archive.exists()


def test_a_run_ends_when_its_window_closes(replica: RunningReplica, tmp_path: Path) -> None:
    site = site_of(replica, tmp_path / "archive", delay=0.2, concurrency=1)
    began = datetime(2026, 1, 15, 5, 59, 57, tzinfo=PORTAL_ZONE)
    started = monotonic()
    run = CrawlOptions(archive=site.archive, portal=site.portal, window=Window.parse("01:00-06:00"))
    verdict = crawl(run, now=lambda: began + timedelta(seconds=monotonic() - started))
    assert verdict.exit_code == 0
    assert verdict.verdict.startswith("complete up to the end of the window, ")
    assert 1 <= len(site.asked()) <= 3 / 0.2 + 1


# -- as arithmetic ----------------------------------------------------------------------------------


def _pace(**given: float) -> HostPace:
    return HostPace("host.test", 1.0, **given)


def _ask(pace: HostPace, at: float, *, status: int | None = 200, retry_after: float | None = None) -> None:
    pace.reserve()
    pace.started(at)
    pace.ended(at, status=status, retry_after=retry_after)


def test_the_delay_counts_from_the_end_of_a_request() -> None:
    pace = _pace()
    pace.reserve()
    pace.started(10.0)
    pace.ended(13.0, status=200)
    assert (pace.may_start(13.9), pace.may_start(14.0)) == (False, True)


def test_a_failed_request_counts_like_any_other() -> None:
    pace = _pace()
    _ask(pace, 0.0, status=None)
    assert (pace.may_start(0.9), pace.may_start(1.0)) == (False, True)


def test_each_complaint_doubles_the_distance_up_to_sixteen_times() -> None:
    pace = _pace()
    waits = []
    for turn in range(6):
        _ask(pace, turn * 1000.0, status=503)
        waits.append(pace.ready_at() - turn * 1000.0)
    assert waits == [2, 4, 8, 16, 16, 16]


def test_twenty_answers_without_complaint_halve_it_again() -> None:
    pace = _pace()
    _ask(pace, 0.0, status=429)
    for turn in range(1, 21):
        _ask(pace, turn * 100.0)
    assert pace.ready_at() == 2001.0


def test_a_crawl_delay_allows_one_request_at_a_time() -> None:
    pace = _pace(concurrency=4)
    pace.obey("User-agent: *\nCrawl-delay: 2\n", "status 200")
    assert (pace.slots, pace.demanded_gap) == (1, 2.0)


@pytest.mark.parametrize("value", ["nan", "-5", "0", "soon", ""])
def test_a_crawl_delay_that_says_nothing_demands_nothing(value: str) -> None:
    pace = _pace()
    pace.obey(f"User-agent: *\nCrawl-delay: {value}\n", "status 200")
    assert (pace.demanded_gap, pace.stopped_because) == (1.0, None)


@pytest.mark.parametrize("value", ["61", "1e9"])
def test_a_crawl_delay_beyond_a_minute_stops_the_host(value: str) -> None:
    pace = _pace()
    pace.obey(f"User-agent: *\nCrawl-delay: {value}\n", "status 200")
    assert pace.stopped_because is not None


def test_rules_for_our_own_name_go_before_rules_for_all() -> None:
    pace = _pace()
    pace.obey("User-agent: *\nDisallow: /\n\nUser-agent: gzcrawler\nDisallow: /x\n", "status 200")
    assert (pace.allows("http://host.test/a"), pace.allows("http://host.test/x")) == (True, False)


def test_retry_after_beyond_ten_minutes_stops_the_host() -> None:
    pace = _pace()
    _ask(pace, 0.0, status=503, retry_after=MAX_RETRY_AFTER + 1)
    assert pace.stopped_because == "asked to come back in 601 s"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Thu, 01 Jan 1970 00:16:50 GMT", 10.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("²", None),
        ("-3", None),
        ("1.5", None),
        ("tomorrow", None),
        ("", None),
        (None, None),
        ("Thu, 99 Jan 1970 00:16:50 GMT", None),
    ],
)
def test_retry_after_in_both_its_forms(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, now=1000.0) == seconds


@pytest.mark.parametrize(
    ("window", "clock", "closes"),
    [
        ("01:00-06:00", "2026-01-15T01:00", "2026-01-15T06:00"),
        ("01:00-06:00", "2026-01-15T06:00", None),
        ("01:00-06:00", "2026-01-15T00:59", None),
        ("22:00-04:30", "2026-01-15T23:00", "2026-01-16T04:30"),
        ("22:00-04:30", "2026-01-15T04:29", "2026-01-15T04:30"),
        ("22:00-04:30", "2026-01-15T12:00", None),
        ("0:00-0:00", "2026-01-15T12:00", "2026-01-16T00:00"),
    ],
)
def test_a_window_is_of_the_portal_s_hours(window: str, clock: str, closes: str | None) -> None:
    moment = datetime.fromisoformat(clock).replace(tzinfo=PORTAL_ZONE).astimezone(UTC)
    expected = datetime.fromisoformat(closes).replace(tzinfo=PORTAL_ZONE) if closes else None
    assert Window.parse(window).closes_after(moment) == expected


@pytest.mark.parametrize("text", ["", "night", "1-6", "25:00-06:00", "01:00-06:60", "01:00", "٠١:00-06:00"])
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no window of hours"):
        Window.parse(text)


def test_a_retry_after_date_is_of_the_server_s_clock() -> None:
    until, server_now = "Thu, 01 Jan 1970 02:00:10 GMT", "Thu, 01 Jan 1970 02:00:00 GMT"
    assert parse_retry_after(until, now=0.0, date=server_now) == 10.0
    assert parse_retry_after(until, now=7190.0, date="yesterday") == 20.0


@pytest.mark.parametrize(("seconds", "stopped"), [(30.0, True), (0.1, False)])
def test_a_host_that_stays_silent_for_long_is_left_alone(seconds: float, stopped: bool) -> None:
    pace = HostPace("host.test", 0.0)
    for number in range(12):
        pace.reserve()
        pace.started(number * seconds)
        pace.ended((number + 1) * seconds, status=None)
    assert (pace.stopped_because is not None) is stopped
