"""Crawls of small replicas, run in this process."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from gzcrawler.crawl_run import CrawlOptions
from gzcrawler.crawling import crawl
from gzcrawler.portals import Portal, parse_portal
from gzcrawler.replica import ReplicaConfig, RunningReplica, replica_map, running_replica

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gzcrawler.archive import Verdict

HOST = "www.eguangzhou.test"
"""The replica's canonical host."""


@dataclass
class Site:
    """A replica, the map that leads to it, and the archive that crawls of it go into."""

    replica: RunningReplica
    portal: Portal
    archive: Path

    def crawl(self, **options: Any) -> Verdict:
        """One run into the archive."""
        return crawl(CrawlOptions(archive=self.archive, portal=self.portal, **options))

    def rows(self, sql: str, *parameters: object) -> list[Any]:
        """Rows of the archive, or their only column."""
        connection = sqlite3.connect(self.archive / "gzcrawler.db")
        try:
            found = connection.execute(sql, parameters).fetchall()
        finally:
            connection.close()
        return [row[0] if len(row) == 1 else row for row in found]

    def asked(self) -> list[str]:
        """``host/path`` of every request that reached the replica, in their order."""
        return [request.host + request.path for request in self.replica.log()]


class Whole(NamedTuple):
    """A crawl that is over."""

    site: Site
    verdict: Verdict
    asked: list[str]
    """``host/path`` of its requests."""


@contextmanager
def serve(archive: Path, **config: Any) -> Iterator[Site]:
    """A replica of its own, of 50 articles unless the configuration says otherwise."""
    with running_replica(ReplicaConfig(**{"articles": 50} | config), max_seconds=300) as replica:
        yield site_of(replica, archive)


def site_of(replica: RunningReplica, archive: Path, **politeness: Any) -> Site:
    """A replica with a map of the given politeness: ``delay``, ``concurrency``, ``timeout``."""
    return Site(replica, parse_portal(replica_map(replica.port, **politeness), origin="replica"), archive)


@pytest.fixture(scope="session")
def shared_replica() -> Iterator[RunningReplica]:
    """One replica for all tests that change nothing but its faults."""
    with running_replica(ReplicaConfig(articles=50, chinese=0.2), max_seconds=900) as replica:
        yield replica


@pytest.fixture
def replica(shared_replica: RunningReplica) -> RunningReplica:
    """The shared replica, without faults and with an empty log."""
    shared_replica.set_faults()
    shared_replica.counters(clear=True)
    return shared_replica


@pytest.fixture
def site(replica: RunningReplica, tmp_path: Path) -> Site:
    """The shared replica, and an archive of its own."""
    return site_of(replica, tmp_path / "archive", timeout=1.0)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A replica of 120 articles with everything that is no fault, crawled once; to be looked at only."""
    config = ReplicaConfig.mixed(articles=120, seed=5, unreadable=0.0, two_addresses=0.2)
    with running_replica(config, max_seconds=900) as replica:
        site = site_of(replica, tmp_path_factory.mktemp("whole") / "archive")
        verdict = site.crawl()
        yield Whole(site, verdict, site.asked())
