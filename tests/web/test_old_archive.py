"""An archive that nobody has written to for long: a removal that was confirmed, a verdict that is old."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from archive_pages import HOST, PORTAL, STORY, at, capture, gone, record
from lxml import html

from gzcrawler.archive import Archive, Verdict
from gzcrawler.web import archive_site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lxml.html import HtmlElement


@pytest.fixture
def ask(tmp_path: Path) -> Callable[[str], HtmlElement]:
    """Asks for a page of it."""
    folder = tmp_path / "archive"
    others = [f"{HOST}/2018-12/27/c_4000{number:02}.htm" for number in range(20)]
    with Archive(folder, PORTAL, command="crawl", now=lambda: at(days=9)) as archive:
        record(archive, capture(STORY), *(capture(url) for url in others))
        record(archive, *(gone(STORY, at(days=day)) for day in (1, 4, 9)))
        ended = Verdict(verdict="complete", exit_code=0, finished_at=at(days=9), record={}, hosts=())
        archive.finish(ended)
    site = archive_site(folder)

    def asked(address: str) -> HtmlElement:
        return html.fromstring(
            asyncio.run(site.client.request("GET", address, avoid_path_rewrites=True)).text
        )

    return asked


def _words(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def test_a_removed_article_says_since_when_that_is_confirmed(ask: Callable[[str], HtmlElement]) -> None:
    (banner,) = ask("/article/guangzhou:c_321174").xpath("//p[@class='banner gone']")
    assert "missing since 2026-01-16 09:00 +08:00" in _words(banner)
    assert "The removal was confirmed on 2026-01-24 09:00 +08:00." in _words(banner)
    assert banner.xpath(".//time/@datetime")[-1] == "2026-01-24T01:00:00.000Z"


def test_an_old_verdict_is_called_old(ask: Callable[[str], HtmlElement]) -> None:
    (banner,) = ask("/").xpath("//div[@class='banner suspect']")
    assert "No crawl has come to a verdict since then, for more than 26 hours." in _words(banner)
