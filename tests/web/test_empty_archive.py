"""An archive that holds nothing yet is served too, and every page says so."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from archive_pages import at
from lxml import etree

from gzcrawler.archive import Archive
from gzcrawler.portals import load_portal
from gzcrawler.web import archive_site

if TYPE_CHECKING:
    from pathlib import Path

    import httpx


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Archive(tmp_path / "archive", load_portal("guangzhou"), command="test", now=at):
        pass
    return tmp_path / "archive"


def _get(folder: Path, address: str) -> httpx.Response:
    site = archive_site(folder)
    return asyncio.run(site.client.request("GET", address, avoid_path_rewrites=True))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "address", ["/", "/search", "/front-page", "/sections", "/changes", "/removals", "/charts", "/runs"]
)
def test_a_page_of_nothing_is_a_page(folder: Path, address: str, language: str) -> None:
    answer = _get(folder, f"{address}?lang={language}")
    assert answer.status_code == 200
    nothing = {"en": "Nothing has been captured yet.", "zh": "尚未抓取任何内容。"}
    assert nothing[language] in answer.text


def test_the_feed_of_nothing_is_a_feed(folder: Path) -> None:
    feed = etree.fromstring(_get(folder, "/feed.atom").content)
    names = [etree.QName(child).localname for child in feed]
    assert {"id", "title", "updated", "author"} <= set(names)
    assert "entry" not in names
