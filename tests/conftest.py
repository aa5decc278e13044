"""What tests of several rooms share: an archive that has seen something."""

from __future__ import annotations

import shutil
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gzcrawler.archive import Verdict


collect_ignore_glob = ["*/conftest.py"]
"""For their doctests, which they have not: two files of one name cannot both be imported."""


@dataclass(frozen=True)
class VisitedPortal:
    """An archive of two crawls, sixty days of the replica's time apart."""

    folder: Path
    """The folder in which the documentation's commands run: the archive is ``archive/``, and ``archive/demo/`` too."""
    verdicts: tuple[Verdict, ...]


@pytest.fixture(scope="session")
def visited_portal(tmp_path_factory: pytest.TempPathFactory) -> VisitedPortal:
    """One for each test process, of a portal on which all happens that the documentation speaks of."""
    # Imported here, so that a test of one room imports that room alone.
    from gzcrawler.crawl_run import CrawlOptions
    from gzcrawler.crawling import crawl
    from gzcrawler.portals import parse_portal
    from gzcrawler.replica import ReplicaConfig, running_replica

    eventful = ReplicaConfig(
        seed=1,
        articles=60,
        growth_per_day=0.2,
        horizon_days=60,
        edited=0.4,
        removed=0.1,
        copied=0.1,
        unreadable=0.05,
        backdated=0.5,
    )
    folder = tmp_path_factory.mktemp("visited")
    verdicts = []
    with running_replica(eventful) as replica:
        for _ in range(2):
            options = CrawlOptions(
                archive=folder / "archive",
                portal=parse_portal(replica.map, origin="replica"),
                recheck=bool(verdicts),
                delay=0,
                concurrency=16,
            )
            verdicts.append(crawl(options))
            replica.advance(days=60)
    shutil.copytree(folder / "archive", folder / "demo")
    (folder / "demo").rename(folder / "archive" / "demo")
    return VisitedPortal(folder, tuple(verdicts))


@pytest.fixture(scope="session")
def cluster_address() -> Iterator[str]:
    """A Dask cluster on loopback, a scheduler and two workers: one for all tests of a process."""
    # Imported here: most tests need no Dask.
    import dask.config
    from distributed import LocalCluster

    with (
        warnings.catch_warnings(),
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),  # a worker's start takes seconds
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            protocol="tcp",
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=50,
        ) as cluster,
    ):
        yield cluster.scheduler_address
