"""Hostile titles, captions, addresses and pages: shown as what they are, run by nothing, and leading nowhere."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest
from archive_pages import HOST, LIST, OTHER_STORY, PORTAL, START, at, capture, fetched, list_page, record
from click.testing import CliRunner
from lxml import html as lxml_html

from gzcrawler.archive import Archive, Fetched, open_archive
from gzcrawler.cli import main
from gzcrawler.items import Article, Image, InlineLink, Reading
from gzcrawler.web import archive_site
from gzcrawler.web.replaying import Target, replay_html
from gzcrawler.web.story import Link, story_html

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import httpx

SCRIPT = "<script>alert(1)</script>"
QUOTED = "\"><img src=x onerror=alert(1)>'"
STORY = f"{HOST}/2018-12/26/c_321174.htm"
VICTIM = "guangzhou:c_321174"

HOSTILE_PAGE = f"""<!DOCTYPE html><html><head><title>x</title>
<base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example/">
<link rel="stylesheet" href="https://evil.example/x.css"><link rel="preload" href="https://evil.example/y">
<style>@import "https://evil.example/z.css"; body {{ background: url(https://evil.example/p.png) }}</style>
<script src="https://evil.example/s.js"></script></head>
<body onload="alert(1)" background="https://evil.example/b.png">
<iframe src="https://evil.example/"></iframe><object data="https://evil.example/"></object><embed src="//evil.example/">
<form action="https://evil.example/" method="post"><input formaction="javascript:alert(1)"><button>send</button></form>
<a href="javascript:alert(1)">one</a><a href="https://evil.example/two" ping="https://evil.example/">two</a>
<a href="{OTHER_STORY}" onclick="alert(1)">three</a>
<svg onload="alert(1)"><a href="javascript:alert(1)">four</a><script>alert(1)</script></svg>
<img src="https://evil.example/i.png" srcset="https://evil.example/j.png 2x" onerror="alert(1)">
<img src="data:text/html,{SCRIPT}"><video poster="https://evil.example/v.png" src="https://evil.example/v.mp4"></video>
<p style="background: url('https://evil.example/q.png')">text that stays</p><noscript><img src="https://evil.example/n.png"></noscript>
</body></html>""".encode()


def _hostile_article() -> Article:
    return Article(
        id=VICTIM,
        portal="guangzhou",
        edition="en",
        language="en",
        url=STORY,
        canonical_url=STORY,
        title=f"Title {SCRIPT} {QUOTED}",
        published="2018-12-26",
        published_precision="day",
        published_raw=f"Updated {SCRIPT}",
        source=QUOTED,
        authors=(SCRIPT,),
        body=(f"Body {SCRIPT}",),
        body_html=f"<p>Body &lt;script&gt;alert(1)&lt;/script&gt;</p>{SCRIPT}<p onclick=alert(1)>x</p><iframe src=//evil.example></iframe>"
        '<a href="javascript:alert(1)">link</a><img src="javascript:alert(1)" onerror="alert(1)">',
        images=(
            Image(url="javascript:alert(1)", caption=SCRIPT, credit=QUOTED, raw_caption=SCRIPT + QUOTED),
        ),
        inline_links=(InlineLink(url="javascript:alert(1)", text=SCRIPT),),
        warnings=(SCRIPT,),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An archive with one article full of attacks, another that links to it, and a list that names it."""
    folder = tmp_path / "archive"
    with Archive(folder, PORTAL, command="test", now=lambda: START) as archive:
        page = capture(STORY, HOSTILE_PAGE)
        archive.record(page, Reading(page=_hostile_article(), discovered=()))
        record(archive, capture(OTHER_STORY, when=at(1)))
        entries = [(STORY, "A title that is withdrawn"), (OTHER_STORY, "Another")]
        listed = fetched(capture(LIST, list_page(entries), at(2)))
        assert isinstance(listed, Fetched)
        archive.record(listed.capture, listed.result)
        archive.index_all()
    return folder


@pytest.fixture
def ask(folder: Path) -> Callable[[str], httpx.Response]:
    """Asks the archive of this test."""
    site = archive_site(folder)

    def got(address: str) -> httpx.Response:
        return asyncio.run(site.client.request("GET", address, avoid_path_rewrites=True))

    return got


def _records(folder: Path) -> list[str]:
    with open_archive(folder) as archive:
        return [row[0] for row in archive.connection.execute("SELECT record_id FROM captures ORDER BY id")]


def _assert_harmless(page: str) -> None:
    """Nothing that would run, and no attribute that leads out but links a person may follow."""
    root = lxml_html.fromstring(page.encode())
    assert [element.tag for element in root.iter("script", "object", "embed", "base")] == []
    for element in root.iter("*"):
        for name, value in element.attrib.items():
            assert not name.startswith("on"), (element.tag, name)
            assert not re.match(r"\s*(?:javascript|vbscript|data:text)", value, re.IGNORECASE)
            if name in ("src", "action", "background", "poster") or (
                name == "href" and element.tag == "link"
            ):
                assert value.startswith("/"), (element.tag, name, value)


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/search",
        "/search?q=title",
        f"/search?q={SCRIPT}",
        f"/search?lang={QUOTED}&q=%22%3E%3Cimg%20src%3Dx%3E",
        f"/article/{VICTIM}",
        f"/article/{VICTIM}?revision=1&captures=all",
        f"/article/{VICTIM}/changes",
        f"/article/{SCRIPT}",
        f"/{SCRIPT}",
    ],
)
def test_stored_and_sent_script_is_text_on_every_page(
    ask: Callable[[str], httpx.Response], address: str
) -> None:
    _assert_harmless(ask(address).text)


def test_formats_to_take_along_are_never_pages(ask: Callable[[str], httpx.Response]) -> None:
    for suffix in ("json", "md", "bib"):
        assert "html" not in ask(f"/article/{VICTIM}.{suffix}").headers["content-type"]
    for suffix in ("json", "csv", "atom"):
        assert "html" not in ask(f"/search.{suffix}").headers["content-type"]


def test_a_hostile_page_is_replayed_without_anything_that_acts(
    ask: Callable[[str], httpx.Response], folder: Path
) -> None:
    first = _records(folder)[0]
    _assert_harmless(ask(f"/raw/{first}").text.replace(f'src="/raw/{first}/page"', 'src="/x"'))
    page = ask(f"/raw/{first}/page")
    assert "text that stays" in page.text
    root = lxml_html.fromstring(page.content)
    for element in root.iter("*"):
        for name, value in element.attrib.items():
            assert name != "title" or element.tag == "a"
            if name != "title":
                assert "evil.example" not in value, (element.tag, name)
                assert not name.startswith("on")
    assert "@import" not in page.text
    assert list(root.iter("script", "iframe", "object", "embed", "base")) == []
    assert not [meta for meta in root.iter("meta") if meta.get("http-equiv")]
    policy = page.headers["content-security-policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


def test_links_of_a_replayed_page_lead_to_captures(
    ask: Callable[[str], httpx.Response], folder: Path
) -> None:
    records = _records(folder)
    page = ask(f"/raw/{records[0]}/page").text
    assert re.search(rf'<a href="/raw/{records[1]}" target="_top">three</a>', page)


def test_a_style_sheet_cannot_end_the_element_that_it_stands_in() -> None:
    class Targets:
        def pages(self, urls: Iterable[str]) -> dict[str, Target]:
            return dict.fromkeys(urls, Target(None))

        def pictures(self, urls: Iterable[str]) -> dict[str, str]:
            return {url: "/asset/x" for url in urls if url.endswith("/known.png")}

        def style(self, url: str) -> str | None:
            return f"p {{ color: red }} </style>{SCRIPT} b {{ background: url(known.png) }}"

    markup = b'<html><head><link rel="stylesheet" href="/a/b.css"></head><body><p>text</p></body></html>'
    page = replay_html(markup, url="https://portal.example/", targets=Targets(), withdrawn="").decode()
    root = lxml_html.fromstring(page)
    assert list(root.iter("script")) == []
    (style,) = root.iter("style")
    assert 'url("/asset/x")' in style.text


def test_a_story_holds_the_elements_of_a_record_and_no_others() -> None:
    shown = story_html(
        '<p>one<style>p{}</style><b>two</b></p><a href="x">three</a><td colspan="9999">four</td></div><p>five',
        picture=lambda _: None,
        link=lambda url: Link(url, outside=False) if url == "x" else None,
        missing="",
    )
    assert shown == '<p>onetwo</p><a href="x">three</a><td>four</td><p>five</p>'


def test_a_redacted_article_is_on_no_page(ask: Callable[[str], httpx.Response], folder: Path) -> None:
    records = _records(folder)
    digests = re.findall(r"/asset/[0-9a-f]{64}", ask(f"/article/{VICTIM}").text)
    assert ask(f"/article/{VICTIM}").status_code == 200
    ended = CliRunner().invoke(
        main, ["redact", VICTIM, "--archive", str(folder), "--reason", "order 7", "--yes"]
    )
    assert ended.exit_code == 0, ended.output
    assert ask(f"/article/{VICTIM}").status_code == 410
    for suffix in (".json", ".md", ".bib", "/changes"):
        assert ask(f"/article/{VICTIM}{suffix}").status_code == 410
    for part in ("", "/page", "/payload"):
        assert ask(f"/raw/{records[0]}{part}").status_code == 410
    for address in digests:
        assert ask(address).status_code == 404
    for address in ("/", "/search", "/search?q=title", "/search.json", "/search.csv", "/search.atom"):
        page = ask(address)
        assert page.status_code == 200
        assert VICTIM not in page.text
        assert "order 7" not in page.text
    for other in records[1:]:
        page = ask(f"/raw/{other}/page")
        assert "A title that is withdrawn" not in page.text


def test_tables_and_sql_are_there_on_demand_alone(folder: Path) -> None:
    site = archive_site(folder, allow_sql=True)

    def got(address: str) -> httpx.Response:
        return asyncio.run(site.client.request("GET", address, avoid_path_rewrites=True))

    assert got("/gzcrawler/articles.json?_shape=array").json()[0]["id"] == VICTIM
    assert got("/gzcrawler.json?sql=select+count(*)+as+n+from+articles&_shape=array").json() == [{"n": 2}]
    assert '<a href="/gzcrawler">' in got("/").text
    for query, status in (
        ("sql=delete+from+articles", 400),
        ("sql=attach+'other.db'+as+other", 400),
        ("sql=pragma+journal_mode=delete", 400),
        ("sql=nonsense", 400),
    ):
        assert got(f"/gzcrawler?{query}").status_code == status, query
    for address in (
        "/gzcrawler/articles?_sort=nothing",
        "/gzcrawler/articles?_size=-1",
        "/gzcrawler/articles?_through=x",
        "/gzcrawler/articles?_where='",
        "/gzcrawler/articles.json?_shape=x",
        "/gzcrawler/nothing",
        "/gzcrawler.db",
    ):
        answer = got(address)
        assert 400 <= answer.status_code < 500, address
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "Traceback" not in answer.text


def test_damage_is_told_to_the_log_and_not_to_visitors(
    ask: Callable[[str], httpx.Response], folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = _records(folder)[0]
    (file,) = (folder / "warc").iterdir()
    whole = file.read_bytes()
    for broken in (whole[:500], None):
        if broken is None:
            file.unlink()
        else:
            file.write_bytes(broken)
        answer = ask(f"/raw/{first}/payload")
        assert answer.status_code == 500
        assert str(folder) not in answer.text
        assert file.name in caplog.text or str(folder) in caplog.text
        assert "Traceback" not in caplog.text
        caplog.clear()
    assert ask(f"/article/{VICTIM}").status_code == 200


def test_a_database_put_in_the_place_of_another_is_read_from_then_on(
    ask: Callable[[str], httpx.Response], folder: Path
) -> None:
    assert ask(f"/article/{VICTIM}").status_code == 200
    assert CliRunner().invoke(main, ["rebuild", "--archive", str(folder)]).exit_code == 0
    # Its page is no article to any reader, so that only the database before could show it.
    assert ask(f"/article/{VICTIM}").status_code == 404
    assert ask("/search").text.count("<h2><a href=") == 1
