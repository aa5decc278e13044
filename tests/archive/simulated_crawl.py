"""Crawls of the replica without a network: weeks of a portal's life in a few seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zlib import crc32

from archive_pages import fetched

from gzcrawler.archive import (
    Archive,
    DuePage,
    Entry,
    Failure,
    Frontier,
    HostEvidence,
    Selection,
    Verdict,
    connect_to_read,
)
from gzcrawler.items import Capture
from gzcrawler.replica import Replica, ReplicaConfig

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = ReplicaConfig.mixed(
    seed=5,
    articles=90,
    page_bytes=4_000,
    edited=0.3,
    removed=0.3,
    returned=0.4,
    horizon_days=30,
    continued=0.15,
)
_GROUP = 25
_PATIENCE = timedelta(seconds=60)


class SimulatedCrawl:
    """Runs over one archive and one replica, on the replica's clock."""

    def __init__(self, folder: Path, config: ReplicaConfig = CONFIG) -> None:
        self.folder = folder
        self.replica = Replica(config)
        self.portal = self.replica.portal
        self.now = datetime.fromtimestamp(self.replica.start, UTC)
        self._faults: set[str] = set()

    def run(self, *, finish: bool = True, most: int = 100_000) -> None:
        """One run: everything that is due, at most so many requests."""
        with Archive(self.folder, self.portal, command="crawl", now=lambda: self.now) as archive:
            archive.seed()
            reading = connect_to_read(archive.directory.database)
            frontier = Frontier(reading, self.portal.name, Selection())
            asked = 0
            while asked < most and (pages := self._due(frontier)):
                archive.record_all([self._ask(page) for page in pages[:_GROUP]])
                asked += len(pages[:_GROUP])
            reading.close()
            archive.index_all()
            if finish:
                archive.finish(self._verdict(asked))

    def _due(self, frontier: Frontier) -> list[DuePage]:
        hosts = frontier.hosts()
        pages = [page for host in hosts for page in frontier.due(host, self.now, _GROUP)]
        if not pages:
            moments = [moment for host in hosts if (moment := frontier.next_due(host))]
            if moments and min(moments) - self.now <= _PATIENCE:
                self.now = max(self.now, min(moments))
                return [page for host in hosts for page in frontier.due(host, self.now, _GROUP)]
        return pages

    def _ask(self, page: DuePage) -> Entry:
        self.now += timedelta(milliseconds=10)
        fault = crc32(page.url.encode()) % 40
        if fault < 3 and page.url not in self._faults:
            self._faults.add(page.url)
            if fault == 0:
                return Failure(page.url, self.now, "timeout", "no answer in 30 s")
            return self._fetched(page, 503, (), b"busy" if fault == 1 else b"")
        parts = urlsplit(page.url)
        answer = self.replica.page(parts.netloc, parts.path, int(self.now.timestamp()))
        if page.validated_digest and page.etag == answer.header("ETag"):
            return self._fetched(page, 304, answer.headers[:1], b"", repeats=page.validated_digest)
        return self._fetched(page, answer.status, answer.headers, answer.body)

    def _fetched(
        self,
        page: DuePage,
        status: int,
        headers: tuple[tuple[str, str], ...],
        body: bytes,
        repeats: str | None = None,
    ) -> Entry:
        return fetched(
            Capture(
                url=page.url,
                captured_at=self.now,
                status=status,
                reason="Said So",
                payload=body,
                request_headers=(("Host", page.host), ("User-Agent", "gzcrawler test")),
                response_headers=headers,
                ip_address="127.0.0.1",
                repeats=repeats,
            ),
            self.portal,
        )

    def _verdict(self, asked: int) -> Verdict:
        host = HostEvidence(
            host="one of them",
            requests=asked,
            smallest_gap=0.01,
            demanded_gap=0.01,
            robots="status 200",
            stopped_because=None,
        )
        return Verdict(
            verdict="complete", exit_code=0, finished_at=self.now, record={"captures": asked}, hosts=(host,)
        )


def crawl_for_weeks(folder: Path) -> SimulatedCrawl:
    """Seven runs in a month, one of them killed, one of them interrupted half-way."""
    crawl = SimulatedCrawl(folder)
    crawl.run(most=120, finish=False)
    crawl.run()
    for days in (3, 3, 4, 5, 12):
        crawl.now += timedelta(days=days)
        crawl.run()
    return crawl
