"""Crawls of small replicas, run in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sites import Site, Whole, site_of

from gzcrawler.replica import ReplicaConfig, RunningReplica, running_replica

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
