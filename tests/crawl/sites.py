"""Sites to crawl: a replica, the map that leads to it, and an archive."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

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
