"""What sitemaps, feeds and robots.txt list."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from gzcrawler.items import Capture
from gzcrawler.portals import load_portal
from gzcrawler.readers import read_page

SITE = "https://www.eguangzhou.gov.cn"
STORY = f"{SITE}/2020-01/02/c_1.htm"
SITEMAP = f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc> {STORY} </loc><lastmod>2020</lastmod></url>
<url><loc>/2020-01/02/c_2.htm</loc></url><url><loc>{STORY}</loc></url></urlset>""".encode()
RSS = f"""<rss version="2.0"><channel><link>{SITE}/</link><item><link>{STORY}</link></item></channel></rss>""".encode()
ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="/atom.xml"/>
<entry><link href="{STORY}"/></entry></feed>""".encode()


def _discovered(path: str, payload: bytes, **changes: object) -> tuple[str, ...]:
    capture = Capture(url=SITE + path, captured_at=datetime(2026, 1, 15, tzinfo=UTC), status=200, payload=payload, **changes)  # fmt: skip
    return read_page(capture, load_portal("guangzhou")).discovered


@pytest.mark.parametrize(
    ("path", "payload", "found"),
    [
        ("/sitemap.xml", SITEMAP, (STORY, f"{SITE}/2020-01/02/c_2.htm")),
        ("/sitemap.xml.gz", gzip.compress(SITEMAP), (STORY, f"{SITE}/2020-01/02/c_2.htm")),
        ("/sitemap.txt", f"{STORY}\r\n{STORY}\n".encode(), (STORY,)),
        ("/rss.xml", RSS, (f"{SITE}/", STORY)),
        ("/atom.xml", ATOM, (STORY,)),
        ("/robots.txt", f"User-agent: *\nDisallow:\nsitemap: {SITE}/sitemap.xml\n".encode(), (f"{SITE}/sitemap.xml",)),
    ],
)  # fmt: skip
def test_each_kind_gives_its_addresses(path: str, payload: bytes, found: tuple[str, ...]) -> None:
    assert _discovered(path, payload) == found


@pytest.mark.parametrize("payload", [b"", b"<", b"\x1f\x8bnot gzip", SITEMAP[:60], b"<a>" * 50])
def test_what_cannot_be_read_lists_nothing(payload: bytes) -> None:
    assert _discovered("/sitemap.xml", payload) == ()


def test_a_broken_sitemap_gives_what_came_before_the_break() -> None:
    assert _discovered("/sitemap.xml", SITEMAP[: SITEMAP.index(b"<lastmod>")]) == (STORY,)


def test_entities_are_not_filled_in() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "/2020-01/02/c_9.htm">]><urlset><url><loc>&a;</loc></url></urlset>'
    assert _discovered("/sitemap.xml", bomb) == ()
