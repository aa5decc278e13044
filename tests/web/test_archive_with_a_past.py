"""An archive with a past: captures copied from others, a removal that was confirmed, a verdict that is old."""

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


COPIED = f"{HOST}/2018-12/28/c_500001.htm"
ORIGINAL = "https://wayback.example/web/20200725010000id_/story"
IMPORTED = f"{HOST}/2018-12/28/c_500002.htm"
HOSTILE = "javascript:alert(1)//<img src=x onerror=alert(1)>"


@pytest.fixture
def ask(tmp_path: Path) -> Callable[[str], HtmlElement]:
    """Asks for a page of it."""
    folder = tmp_path / "archive"
    others = [f"{HOST}/2018-12/27/c_4000{number:02}.htm" for number in range(20)]
    with Archive(folder, PORTAL, command="crawl", now=lambda: at(days=9)) as archive:
        copied = {"request_headers": (), "when": at(days=-2000)}
        record(archive, capture(COPIED, via="wayback", original_id=ORIGINAL, **copied))
        record(archive, capture(IMPORTED, via="warc", original_id=HOSTILE, **copied))
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


def test_the_evidence_says_where_a_capture_was_copied_from(ask: Callable[[str], HtmlElement]) -> None:
    page = ask("/article/guangzhou:c_500001")
    (evidence,) = page.xpath("//dl[@class='evidence']")
    assert "copied from a web archive" in _words(evidence)
    assert ORIGINAL in evidence.xpath(".//a[@class='outside']/@href")
    (row,) = page.xpath("//tbody/tr")
    assert f"copied from a web archive: {ORIGINAL}" in _words(row)
    assert page.text_content().count(f"copied from a web archive, there {ORIGINAL}") == 1  # as a line
    assert "copied from a web archive, there https://wayback.example/web/20200725010000id\\_/story" in (
        page.xpath("string(//details/pre)")
    )
    (record_page,) = row.xpath(".//a[starts-with(@href, '/raw/')]/@href")
    (banner,) = ask(record_page).xpath("//div[@class='banner']")
    assert f"How this capture came: copied from a web archive: {ORIGINAL}" in _words(banner)


def test_what_a_capture_is_called_elsewhere_is_no_link_unless_it_is_one(
    ask: Callable[[str], HtmlElement],
) -> None:
    page = ask("/article/guangzhou:c_500002")
    assert "copied from a WARC file of another archive: javascript:alert(1)" in _words(page)
    assert not [link for link in page.xpath("//@href") if link.startswith("javascript")]
    assert page.xpath("//img") == []


def test_a_capture_of_our_own_says_so(ask: Callable[[str], HtmlElement]) -> None:
    page = ask("/article/guangzhou:c_400001")
    assert "asked of the portal by this archive" in _words(page)
    assert "copied from" not in page.text_content()
