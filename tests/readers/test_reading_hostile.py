"""Bad input: a record or a named error, in time and memory that grow with the input alone."""

from __future__ import annotations

import random
import resource
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from page_builders import (
    G1_DRESSES,
    G1_URL,
    G3_URL,
    LIST_URL,
    TEXT,
    Sample,
    dress_columns,
    dress_general,
    read,
)

from gzcrawler.errors import ReadingError
from gzcrawler.items import Article, Reading

PLAIN = dress_columns(Sample())
URLS = [G1_URL, G3_URL, LIST_URL, "https://www.eguangzhou.gov.cn/", "https://www.eguangzhou.gov.cn/odd.html"]


def outcome(payload: bytes | str, **fetch: object) -> Reading | ReadingError:
    try:
        return read(payload, **fetch)
    except ReadingError as error:
        return error


def around(inner: str) -> str:
    return dress_columns(Sample().with_blocks(f"<p>{TEXT[0]}</p>", inner, f"<p>{TEXT[1]}</p>"))


def large(size: int) -> dict[str, str]:
    """Pages whose size is about so many characters, each odd in its own way."""
    n = size // 20
    return {
        "nested boxes": around("<div>" * n + "deep" + "</div>" * n),
        "nested spans": around("<span>" * n + "deep"),
        "nested links": around("<a href=x>" * n),
        "nested lists": around("<ul><li>" * n),
        "menus in menus": around(("<ul>" + "<li><a href=x>t</a>" * 4) * (size // 80)),
        "style sheets": PLAIN.replace("<head>", "<head>" + "<style>.a{}</style>" * (size // 19)),
        "nested tables": around("<table><tr><td>" * n),
        "unclosed bold": around("<b>bold<p>" * n),
        "one line": around("<p>" + "word " * (size // 5) + "</p>"),
        "one word": around("<p>" + "w" * size + "</p>"),
        "one digit run": around("<p>" + "1" * size + "</p>"),
        "one date run": around("<p>" + "2018-05-14 " * (size // 11) + "</p>"),
        "blanks": around("<p>" + " &nbsp;\t" * (size // 8) + "</p>"),
        "brackets": around("<p>" + "[Photo by " * (size // 10) + "</p>"),
        "slashes": around("<p>" + "A/B " * (size // 4) + "</p>"),
        "short lines": around("<p>x</p>" * (size // 8)),
        "breaks": around("a<br>" * (size // 5)),
        "pictures": around('<img src="/att/20180514/1.jpg">' * (size // 31)),
        "pictures and captions": around('<img src="/a.jpg"><p>C. [Photo/A]</p>' * (size // 38)),
        "captions": around("<p>C. [Photo/A]</p>" * (size // 18) + '<img src="/a.jpg">'),
        "links": around('<p><a href="/2018-05/14/c_1.htm">t</a></p>' * (size // 42)),
        "distinct links": around(
            "".join(f'<li><a href="/2018-05/14/c_{k}.htm">t</a></li>' for k in range(size // 45))
        ),
        "links in a line": around("<p>" + '<a href="x">t</a> | ' * (size // 20) + "</p>"),
        "headings": around("<h3>Related</h3>" * (size // 16)),
        "counters": around("<li>1</li><li>2</li>" * (size // 20)),
        "pagers": around("<p>1 2 3 &gt;</p>" * (size // 16)),
        "dated heads": around("<h2>t</h2><p>Updated:2018-05-14</p>" * (size // 40)),
        "rows": around("<table>" + "<tr><td>a</td><td>b</td></tr>" * (size // 30) + "</table>"),
        "cells": around("<table><tr>" + "<td>a</td>" * (size // 10) + "</tr></table>"),
        "tables": around("<table><tr><td>a</td><td>b</td></tr></table>" * (size // 45)),
        "attributes": around("<p " + "".join(f"a{k}=1 " for k in range(size // 8)) + ">x</p>"),
        "long attribute": around(f'<p title="{"x" * size}">x</p><img src="{"y" * size}">'),
        "metas": PLAIN.replace(
            "<head>", "<head>" + '<meta name="PubDate" content="2018-05-14">' * (size // 45)
        ),
        "trail": PLAIN.replace(" &gt; ", " &gt; " * (size // 6), 1),
        "long title": PLAIN.replace("<h1>", "<h1>" + "t " * (size // 2), 1),
        "long head": PLAIN.replace("Updated:", "By A and " * (size // 9) + "Updated:", 1),
        "less than signs": around("<" * size),
        "entities": around("&amp;&lt;&#0;&#x110000;&nope;" * (size // 30)),
        "comments": around("<!-- x -->" * (size // 10)),
        "open comment": around("<!-- " + "x" * size),
        "open script": around("<script>" + "x<p>" * (size // 4)),
    }


@pytest.mark.parametrize("name", sorted(large(100)))
def test_time_grows_with_the_size_alone(name):
    """Four times the page may take eight times as long: twice that is noise, its square would be sixteen."""
    small, big = large(30_000)[name], large(120_000)[name]
    outcome(small)
    times = []
    for page in (small, big):
        best = min(_timed(page) for _ in range(2))
        times.append(best)
    assert times[1] < 8 * times[0] + 0.15
    assert times[1] < 2


def _timed(page: str) -> float:
    start = time.process_time()
    outcome(page)
    return time.process_time() - start


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b" ",
        b"\0",
        b"<",
        b"<html>",
        b"<html><body>",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"text",
        "半".encode()[:2],
        b"&",
        b"<!DOCTYPE html>",
        b"<frameset><frame src=x></frameset>",
        b"<!--",
        b"<p",
        b"\x1f\x8b",
    ],
)
def test_scraps(payload, url):
    result = outcome(payload, url=url)
    assert isinstance(result, ReadingError) or not isinstance(result.page, Article)


def test_two_hundred_thousand_boxes():
    result = outcome(around("<div>" * 200_000))
    assert isinstance(result, ReadingError)
    assert G1_URL in str(result)


def test_some_hundred_unclosed_elements_are_no_fault():
    page = outcome(around("<font>" * 300 + "<p>in</p>"))
    assert isinstance(page, Reading)
    assert isinstance(page.page, Article)
    assert page.page.body == (TEXT[0], "in", TEXT[1])


def test_ten_thousand_pictures():
    pictures = "".join(f'<p><img src="/att/20180514/{n}.jpg"></p>' for n in range(10_000))
    page = outcome(around(pictures))
    assert isinstance(page, Reading)
    assert isinstance(page.page, Article)
    assert len(page.page.images) == 10_000


def test_twenty_megabytes():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    body = "<p>A sentence of some length stands here, and says nothing of any weight at all.</p>\n" * 230_000
    assert isinstance(outcome(around(body)), (Reading, ReadingError))
    assert isinstance(outcome("x" * 20_000_001), ReadingError)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 1_500  # MB: a tree of two hundred thousand elements and its text


@pytest.mark.parametrize("seed", range(40))
def test_pages_cut_anywhere(seed):
    chance = random.Random(seed)
    data = chance.choice([*G1_DRESSES.values(), dress_general])(Sample()).encode()
    result = outcome(data[: chance.randrange(len(data))], url=chance.choice(URLS))
    assert isinstance(result, (Reading, ReadingError))


fragments = st.sampled_from(
    [
        "<p>", "</p>", "<div>", "</div>", "<table>", "<tr>", "<td>", "</table>", "<ul>", "<li>", "<h1>", "</h1>", "<h3>Related</h3>",
        "<a href='/2018-05/14/c_1.htm'>", "<a href=''>", "<a href='http://[x'>", "</a>", "<img src='/a.jpg'>", "<img src='http://[::1'>", "<br>", "<script>", "</script>", "<video src=x>",
        "<iframe src='//x/y'>", "<b>", "<i>", "<body>", "<html>", "<base href='http://['>", "<base href='//h:99999/'>", "<meta name=PubDate content='x'>", "<style>", "<!--", "-->",
        "Updated:2018-05-14", "Updated:", "Home > News", "1 2 3 4 5", "Copyright ©", "[Photo/A]", "(写真提供\uff1a", "△", "By A | B |", "2018年", "\0", "\u200b", "&nbsp;", "\ud7ff", "…", "3.jpg",
        "<p style='display:none'>", "<span hidden>", "<rt>", "<select><option>", "<textarea>", "<svg>", "<title>", "text of some length that is prose, ",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.one_of(fragments, fragments, st.text(max_size=20)), max_size=60),
    st.sampled_from(URLS),
    st.booleans(),
)
def test_any_soup_is_a_record_or_a_named_error(parts, url, framed):
    soup = "".join(parts)
    assert isinstance(
        outcome((around(soup) if framed else soup).encode("utf-8", "replace"), url=url),
        (Reading, ReadingError),
    )


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from(URLS),
    st.sampled_from([200, 200, 200, 203, 206, 301, 403, 404, 500]),
    st.lists(
        st.tuples(
            st.sampled_from(["content-type", "content-encoding", "location"]),
            st.one_of(
                st.text(max_size=20),
                st.sampled_from(["text/html; charset=gbk", "gzip", "br", "zstd", "deflate"]),
            ),
        ),
        max_size=3,
    ),
)
def test_any_bytes_are_a_record_or_a_named_error(payload, url, status, headers):
    assert isinstance(
        outcome(payload, url=url, status=status, headers=tuple(headers)), (Reading, ReadingError)
    )
