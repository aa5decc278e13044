"""A served archive, asked in this process through Datasette's own client."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from gzcrawler.web import archive_site

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.conftest import VisitedPortal

    Get = Callable[..., httpx.Response]


@pytest.fixture(scope="session")
def get(visited_portal: VisitedPortal) -> Get:
    """Asks for a page of the archive that has seen something."""
    site = archive_site(visited_portal.folder / "archive")

    def got(address: str, method: str = "GET", **options: object) -> httpx.Response:
        return asyncio.run(site.client.request(method, address, avoid_path_rewrites=True, **options))

    return got
