"""Replicas that several tests look at. They are pure, so one of each is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from gzcrawler.replica import Replica, ReplicaConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from gzcrawler.replica import ReplicaResponse

    Ask = Callable[..., ReplicaResponse]


@pytest.fixture(scope="session")
def replica() -> Replica:
    """The default preset: all articles readable, nothing gone."""
    return Replica(ReplicaConfig(seed=7, articles=600))


@pytest.fixture(scope="session")
def mixed() -> Replica:
    """The preset with removals, unreadable pages, copies."""
    return Replica(ReplicaConfig.mixed(seed=7, articles=1500))


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Asks a replica for an absolute address, at a time."""

    def fetch(replica: Replica, url: str, at: int | None = None) -> ReplicaResponse:
        parts = urlsplit(url)
        return replica.page(parts.netloc, parts.path + (f"?{parts.query}" if parts.query else ""), at)

    return fetch
