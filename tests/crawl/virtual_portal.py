"""A portal and its crawls on a clock that is moved: months in seconds, without a network."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from benchmarks.virtual_years import DAY, Clock, crawl_directly
from gzcrawler.archive import Selection
from gzcrawler.crawl_run import CrawlOptions
from gzcrawler.portals import parse_portal
from gzcrawler.replica import Replica, ReplicaConfig, ReplicaResponse, replica_map

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gzcrawler.archive import Verdict

__all__ = ["VirtualPortal", "html"]


def html(body: str, status: int = 200) -> ReplicaResponse:
    """A page."""
    head = "<!DOCTYPE html><html><head><title>Page</title></head><body>"
    return ReplicaResponse(
        status, (("Content-Type", "text/html; charset=utf-8"),), f"{head}{body}</body></html>".encode()
    )


class VirtualPortal:
    """A replica whose answers can be put in the way, and the archive that crawls of it go into."""

    def __init__(self, archive: Path, **config: Any) -> None:
        small: dict[str, Any] = {"articles": 60, "page_bytes": 2_000, "edited": 0.0, "removed": 0.0}
        self.replica = Replica(ReplicaConfig(**small | config))
        facts = replica_map() | {"connect": "127.0.0.1:9"}
        self.portal = parse_portal(facts, origin="replica")
        self.archive = archive
        self.clock = Clock(float(self.replica.start))
        self.answer: Callable[[str, str], ReplicaResponse | None] = lambda _host, _path: None
        """What stands in the way: an answer by host and path, or None for the replica's own."""
        self.asked: list[str] = []
        """``host/path`` of the last crawl's requests."""

    def crawl(self, day: float, *, sections: tuple[str, ...] = (), **options: Any) -> Verdict:
        """One run that begins on a day after the start."""
        self.clock.at = self.replica.start + day * DAY
        self.asked = []
        given = CrawlOptions(
            archive=self.archive,
            portal=self.portal,
            selection=Selection(sections=sections, images=False),
            delay=0,
            concurrency=1,
            **options,
        )
        verdict, _ = crawl_directly(given, self._ask, self.clock)
        return verdict

    def rows(self, sql: str) -> list[Any]:
        """Rows of the archive, or their only column."""
        with closing(sqlite3.connect(self.archive / "gzcrawler.db")) as connection:
            return [row[0] if len(row) == 1 else row for row in connection.execute(sql).fetchall()]

    def missing(self) -> set[str]:
        """Ids that stand on the portal now and are not in the archive."""
        ids = {key for key, _ in self.replica.addresses(int(self.clock.at))}
        return ids - set(self.rows("SELECT id FROM articles WHERE revision IS NOT NULL"))

    def _ask(self, host: str, path: str, at: int) -> ReplicaResponse:
        self.asked.append(host + path)
        given = self.answer(host, path)
        return given if given is not None else self.replica.page(host, path, at)
