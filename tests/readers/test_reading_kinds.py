"""What a page is: decided by evidence, and the evidence is named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from page_builders import (
    G1_URL,
    G3_URL,
    LIST_URL,
    SLIDER,
    TEXT,
    Sample,
    dress_columns,
    dress_general,
    read,
    read_article,
    read_list,
    read_other,
)

from gzcrawler.items import Article, Listing

HOME = "https://www.eguangzhou.gov.cn/"


def chrome(inner: str, title: str = "A City Portal") -> str:
    menu = "".join(
        f'<li><a href="/{name}.html">{name}</a></li>' for name in ("gzlatest", "gzbusiness", "gzservice")
    )
    return f"<html><head><title>{title}</title></head><body><ul>{menu}</ul><div>{inner}</div><p>Copyright © The Office. All rights reserved.</p></body></html>"


@pytest.mark.parametrize("status", [404, 410])
def test_gone_by_status(status):
    page = read_other("<html>whatever</html>", status=status)
    assert (page.kind, page.because) == ("removed", f"status {status}")


@pytest.mark.parametrize("status", [500, 502, 503, 429, 304, 204, 101])
def test_passing_faults_say_nothing_of_the_page(status):
    page = read_other(dress_columns(Sample()), status=status)
    assert (page.kind, page.because) == ("unknown", f"status {status}")


@pytest.mark.parametrize("status", [400, 401, 403, 418, 451])
def test_refusals_are_no_article(status):
    page = read_other(dress_columns(Sample()), status=status)
    assert (page.kind, page.because) == ("unknown", f"status {status}")


def test_redirects_name_their_target():
    page = read_other("", status=301, headers=(("Location", "/2018-05/14/c_9.htm"),))
    assert (page.kind, page.because, page.target) == ("redirect", "status 301", f"{HOME}2018-05/14/c_9.htm")
    assert read("", status=302, headers=(("location", "/x.html"),)).discovered == (f"{HOME}x.html",)


def test_redirect_home_is_a_removal():
    page = read_other("", status=302, headers=(("Location", "/"),))
    assert (page.kind, page.because) == ("removed", "redirect to the home page")


def test_home_that_moves_is_a_redirect():
    page = read_other("", url="http://www.eguangzhou.gov.cn/", status=301, headers=(("Location", HOME),))
    assert (page.kind, page.target) == ("redirect", HOME)


def test_redirect_to_nowhere():
    assert read_other("", status=302).kind == "unknown"
    assert read_other("", status=302, headers=(("Location", "http://[::1"),)).kind == "unknown"


@pytest.mark.parametrize(
    "inner",
    [
        "<h1>404</h1><p>Go back</p>",
        "<p>Sorry, the page you are looking for does not exist.</p>",
        "<p>Sorry, the page you requested was not found on this server.</p>",
        "<p>This article has been removed.</p>",
        "<p>The page could not be found. You will be taken to the home page in 5 seconds.</p>",
        "<p>抱歉，您访问的页面不存在或已删除！</p>",
        "<p>お探しのページは見つかりませんでした。</p>",
    ],
)
def test_soft_404_is_a_removal(inner):
    page = read_other(chrome(inner))
    assert page.kind == "removed"
    assert page.because.startswith("the page says: ")


def test_soft_404_by_window_title_alone():
    assert read_other(chrome("<p>Please choose from the menu.</p>", title="404 Not Found")).kind == "removed"


@pytest.mark.parametrize(
    "html",
    [
        '<html><head><meta http-equiv="refresh" content="0; url=/"></head><body></body></html>',
        "<html><body><script>window.location.href='/';</script></body></html>",
        "<html><body><script>location.replace('https://www.eguangzhou.gov.cn/index.html')</script></body></html>",
    ],
)
def test_pages_that_send_browsers_home_are_removals(html):
    assert (read_other(html).kind, read_other(html).because) == ("removed", "redirect to the home page")


def test_refresh_to_a_page_is_a_redirect():
    page = read_other(
        '<html><head><meta http-equiv="Refresh" content="0;URL=\'/2018-05/14/c_9.htm\'"></head></html>'
    )
    assert (page.kind, page.because, page.target) == ("redirect", "meta refresh", f"{HOME}2018-05/14/c_9.htm")


@pytest.mark.parametrize(
    "html",
    [
        "<html><head><title>Just a moment...</title></head><body><p>Checking your browser before accessing.</p></body></html>",
        '<html><body><p>Please enable cookies.</p><script src="/cdn-cgi/challenge-platform/h/b.js"></script></body></html>',
        '<html><body><script>document.cookie="__jsl_clearance=1";location.reload()</script></body></html>',
        chrome("<p>Please verify you are a human to continue.</p>"),
        chrome("<p>访问验证：请完成验证后继续访问</p>"),
        "<html><head><title>Access Denied</title></head><body><p>You don't have permission.</p></body></html>",
    ],
)
@pytest.mark.parametrize("url", [G1_URL, LIST_URL, HOME])
@pytest.mark.parametrize("status", [200, 403])
def test_challenges_are_never_content(html, url, status):
    page = read_other(html, url=url, status=status)
    assert page.kind == "challenge"
    assert page.because.startswith("challenge ")


def test_a_story_about_such_things_is_a_story():
    story = replace(Sample(), title="Old 404 bus line no longer available").with_blocks(
        "<p>The page of history was turned: the 404 line does not exist any more, and a captcha now guards its tickets.</p>"
    )
    assert isinstance(read(dress_columns(story)).page, Article)
    assert isinstance(
        read(
            dress_columns(
                replace(story, head="", title="A bus line ends").with_blocks(
                    *(f"<p>{t}</p>" for t in TEXT * 2)
                )
            )
        ).page,
        Article,
    )


def test_home_robots_and_files_by_address():
    assert read_other(dress_columns(Sample()), url=HOME).kind == "home"
    assert (
        read_other("User-agent: *", url=f"{HOME}robots.txt", headers=(("content-type", "text/plain"),)).kind
        == "robots"
    )
    assert (
        read_other(b"\xff\xd8\xff\xe0rest", url=f"{HOME}att/20180514/1526263200000000001.jpeg").kind
        == "asset"
    )
    assert (
        read_other("x", headers=(("Content-Type", "application/pdf"),)).because
        == "content type application/pdf"
    )
    assert read_other(b"%PDF-1.4 ...", headers=()).because == "content is PDF"


def test_address_outside_the_map_is_unknown():
    page = read_other(dress_columns(Sample()), url="https://example.org/2018-05/14/c_1.htm")
    assert (page.kind, page.because) == ("unknown", "address outside the map")


def items(count: int = 7) -> str:
    return "".join(
        f'<div><h3><a href="/2018-05/1{n}/c_10{n}.htm">Item number {n}</a></h3><p>What item {n} is about in one sentence.</p></div>'
        for n in range(count)
    )


def test_article_address_that_serves_a_list_is_a_listing():
    page = read(chrome(f"<h2>Latest</h2>{items()}")).page
    assert isinstance(page, Listing)
    assert len(page.entries) == 7


def test_list_address_that_serves_a_story_needs_the_storys_id():
    page = read_other(dress_columns(Sample()), url=LIST_URL)
    assert page.kind == "unknown"
    named = dress_columns(Sample()).replace("<head>", f'<head><link rel="canonical" href="{G1_URL}">')
    assert read_article(named, url=LIST_URL).id == "guangzhou:c_221133"
    general = dress_general(replace(Sample(), metas=(("ArticleTitle", Sample().title), ("Url", G3_URL))))
    assert read_article(general, url="https://www.eguangzhou.gov.cn/gzlatest/").id == "guangzhou:post_556677"


def test_a_story_without_head_line_beside_many_links_is_a_story():
    more = tuple((f"Other story {n}", f"/2019-01/0{n}/c_5{n}.htm") for n in range(1, 9))
    page = read_article(dress_columns(replace(Sample(), head="", slider=SLIDER + more)))
    assert page.body == TEXT


def test_list_address_without_a_list_is_unknown():
    assert read_other(chrome("<p>Nothing yet.</p>"), url=LIST_URL).kind == "unknown"


def test_list_in_full():
    assert len(read_list(chrome(f"<h2>Latest</h2>{items()}")).entries) == 7
