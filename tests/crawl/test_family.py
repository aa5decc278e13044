"""Portals side by side in one process: each into its own archive, and what befalls one of them ends no other."""

from __future__ import annotations

import itertools
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from gzcrawler.archive import verify
from gzcrawler.archive.directory import Directory, Lock
from gzcrawler.crawl_run import CrawlOptions
from gzcrawler.errors import UsageError
from gzcrawler.family import Family, Member, crawl_family, host_groups
from gzcrawler.politeness import SharedPaces
from gzcrawler.portals import parse_portal
from gzcrawler.replica import FaultRule, ReplicaConfig, RunningReplica, family_maps, running_replica

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DEAD = "127.0.0.1:1"
"""Nobody listens there."""


@pytest.fixture(scope="session")
def shared_replica() -> Iterator[RunningReplica]:
    """A replica whose links stay on the host that shows them."""
    with running_replica(ReplicaConfig(articles=50, absolute_links=0.0), max_seconds=900) as replica:
        yield replica


@pytest.fixture
def family(replica: RunningReplica, tmp_path: Path) -> Callable[..., list[CrawlOptions]]:
    """Portals of one replica, each with an archive of its own."""

    def portals(number: int, *, change: dict[int, dict[str, Any]] | None = None, **given: Any) -> Any:
        maps = family_maps(replica.port, number, delay=given.pop("delay", 0.0), timeout=2.0)
        for place, facts in (change or {}).items():
            maps[place - 1] |= facts
        return [
            CrawlOptions(archive=tmp_path / facts["name"], portal=parse_portal(facts), **given)
            for facts in maps
        ]

    return portals


def _codes(family: Family) -> dict[str, int]:
    return {member.name: member.exit_code for member in family.members}


def _ids(member: Member) -> set[str]:
    connection = sqlite3.connect(member.archive / "gzcrawler.db")
    try:
        rows = connection.execute("SELECT id FROM articles").fetchall()
    finally:
        connection.close()
    return {name.partition(":")[2] for (name,) in rows}


def test_each_portal_has_an_archive_and_a_verdict_of_its_own(
    family: Callable[..., list[CrawlOptions]],
) -> None:
    crawled = crawl_family(family(3))
    assert _codes(crawled) == {"replica-1": 0, "replica-2": 0, "replica-3": 0}
    first, *others = map(_ids, crawled.members)
    assert len(first) > 30
    assert others == [first, first]
    assert all(verify(member.archive).damage == [] for member in crawled.members)


def test_a_dead_portal_and_a_refusing_one_fail_no_other(
    replica: RunningReplica, family: Callable[..., list[CrawlOptions]]
) -> None:
    replica.set_faults(FaultRule(kind="status", status=503, path="^portal-3.test/", times=None))
    ended: list[str] = []
    portals = family(4, change={2: {"connect": DEAD}}, max_pages=20)
    crawled = crawl_family(portals, on_end=lambda member: ended.append(member.name))
    assert _codes(crawled) == {"replica-1": 0, "replica-2": 11, "replica-3": 11, "replica-4": 0}
    assert "unreachable" in crawled.members[1].said
    assert "status 503" in crawled.members[2].said
    assert sorted(ended) == [member.name for member in crawled.members]


def test_a_slow_portal_delays_no_other(
    replica: RunningReplica, family: Callable[..., list[CrawlOptions]]
) -> None:
    replica.set_faults(FaultRule(kind="stall", seconds=1.0, path="^portal-1.test/", times=None))
    ended: list[str] = []
    crawled = crawl_family(family(3, max_pages=3), on_end=lambda member: ended.append(member.name))
    assert set(_codes(crawled).values()) == {0}
    assert ended[-1] == "replica-1"
    log = replica.log()
    last = {host: max(r.monotonic for r in log if r.host == host) for host in {r.host for r in log}}
    assert max(last["portal-2.test"], last["portal-3.test"]) < last["portal-1.test"] - 1


def test_a_damaged_archive_and_a_busy_one_fail_no_other(
    family: Callable[..., list[CrawlOptions]],
) -> None:
    portals = family(3, max_pages=5)
    portals[0].archive.mkdir()
    (portals[0].archive / "gzcrawler.db").write_bytes(b"no database" * 1000)
    directory = Directory(portals[1].archive)
    directory.make()
    lock = Lock(directory)
    lock.acquire("crawl")
    crawled = crawl_family(portals)
    lock.release()
    assert _codes(crawled) == {"replica-1": 14, "replica-2": 13, "replica-3": 0}
    assert crawled.members[0].as_dict()["verdict"].startswith(str(portals[0].archive))


def test_an_archive_that_breaks_under_way_ends_its_own_crawl_alone(
    replica: RunningReplica, family: Callable[..., list[CrawlOptions]]
) -> None:
    def spoil(crawling: Family) -> None:
        run = crawling.members[0].run
        if run is None or run.progress.captures < 10:
            return
        for name in ("gzcrawler.db", "gzcrawler.db-wal"):
            with (run.options.archive / name).open("r+b") as file:
                size = file.seek(0, 2)
                file.seek(0)
                file.write(b"\xff" * size)

    crawled = crawl_family(family(2, delay=0.05, max_pages=40), watch=spoil)
    assert _codes(crawled) == {"replica-1": 14, "replica-2": 0}


def test_a_bug_in_one_portal_is_told_as_one_and_fails_no_other(
    family: Callable[..., list[CrawlOptions]],
) -> None:
    portals = family(2, max_pages=5)
    object.__setattr__(portals[0], "revisits", "many")
    crawled = crawl_family(portals)
    assert _codes(crawled) == {"replica-1": 70, "replica-2": 0}
    assert crawled.members[0].said.startswith("ended by a bug of gzcrawler: TypeError")


def test_two_portals_at_one_host_share_its_pace_and_its_turns(
    replica: RunningReplica, family: Callable[..., list[CrawlOptions]]
) -> None:
    hosts = {"hosts": [{"address": "shared.test"}]}
    portals = family(3, change={1: hosts, 2: hosts}, delay=0.1, max_pages=12)
    crawled = crawl_family(portals)
    assert set(_codes(crawled).values()) == {0}
    moments = [request.monotonic for request in replica.log() if request.host == "shared.test"]
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert len(moments) == 2 * 13
    assert min(gaps) >= 0.1
    assert max(gaps) < 2
    alone = [request.monotonic for request in replica.log() if request.host == "portal-3.test"]
    assert alone[-1] - alone[0] < (moments[-1] - moments[0]) * 0.8, "has a host for itself"
    evidence = [member.verdict.hosts[0] for member in crawled.members if member.verdict]
    assert [host.requests for host in evidence] == [13, 13, 13]
    assert all(host.smallest_gap is not None and host.smallest_gap >= 0.1 for host in evidence)


def test_a_shared_host_is_asked_as_the_most_careful_map_wants() -> None:
    paces = SharedPaces()
    paces.demand("shared.test", 1.0, 4)
    paces.demand("shared.test", 2.5, 2)
    paces.demand("shared.test", 0.5, 8)
    pace = paces.pace("shared.test", 1.0, 4)
    assert (pace.delay, pace.concurrency) == (2.5, 2)
    assert paces.pace("shared.test", 0.5, 8) is pace


def test_who_came_first_goes_first_and_a_turn_that_is_let_go_by_is_lost() -> None:
    paces = SharedPaces()
    paces.demand("shared.test", 1.0, 1)
    pace = paces.pace("shared.test", 1.0, 1)
    woken: list[str] = []
    pace.reserve("a")
    pace.started(0.0)
    pace.stand_in_line("b", lambda: woken.append("b"))
    pace.stand_in_line("a", lambda: woken.append("a"))
    pace.ended(0.5, status=200)
    assert woken == ["b", "a"]
    assert (pace.may_start(1.5, "a"), pace.may_start(1.5, "b")) == (False, True)
    assert pace.may_start(pace.ready_at("a"), "a")
    assert 1.5 < pace.ready_at("a") < 2
    pace.reserve("a")
    pace.started(1.8)
    pace.ended(1.9, status=200)
    assert pace.ready_at("c") == 2.9, "b has left the line with a's turn"


def test_portals_that_share_a_host_stay_together(family: Callable[..., list[CrawlOptions]]) -> None:
    def at(*hosts: str) -> dict[str, Any]:
        return {"hosts": [{"address": host} for host in hosts]}

    portals = family(5, change={1: at("a.test"), 3: at("b.test", "a.test"), 5: at("b.test")})
    groups = [[one.portal.name for one in group] for group in host_groups(portals)]
    assert groups == [["replica-1", "replica-3", "replica-5"], ["replica-2"], ["replica-4"]]


def test_two_portals_never_share_an_archive(
    family: Callable[..., list[CrawlOptions]], tmp_path: Path
) -> None:
    portals = family(2)
    object.__setattr__(portals[1], "archive", tmp_path / "x" / ".." / portals[0].archive.name)
    with pytest.raises(UsageError, match="cannot share an archive"):
        crawl_family(portals)
