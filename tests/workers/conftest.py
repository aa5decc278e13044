"""A Dask cluster on loopback, as one would be on several machines: a scheduler and two workers."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def cluster_address() -> Iterator[str]:
    """One for all tests of a process; workers that die are replaced."""
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
