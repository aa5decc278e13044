"""What a list page says: entries told from menus and sliders, whole titles, dates, the next page."""

from __future__ import annotations

import pytest
from page_builders import SLIDER, read_list

BASE = "https://www.eguangzhou.gov.cn"
G3_LIST = f"{BASE}/gzlatest/"
MENU = '<ul><li><a href="/">Home</a></li><li><a href="/gzlatest.html">Latest</a></li><li><a href="/gzbusiness.html">Business</a></li></ul>'


def page(inner: str, *, head: str = "", trail: str = '<a href="/">Home</a> &gt; Latest') -> str:
    return f"<html><head><title>Latest - A City Portal</title>{head}</head><body>{MENU}<div><div>{trail}</div>{inner}</div><p>Copyright © 2018 The Office</p></body></html>"


def story(n: int) -> str:
    return f"/2018-05/{n:02}/c_{1000 + n}.htm"


PAGER = '<div><a>1</a> <a href="gzlatest_2.html">2</a> <a href="gzlatest_2.html">&gt;</a> <a href="gzlatest_9.html">&gt;&gt;</a></div>'


def test_titles_and_abstracts():
    items = "".join(
        f'<div class="b"><h3><a href="{story(n)}">Title {n}</a></h3><p>Abstract of story {n}, a sentence.</p></div>'
        for n in range(1, 8)
    )
    listing = read_list(page(f"<h2>Latest</h2>{items}{PAGER}"))
    assert (listing.section, listing.title, listing.next) == ("gzlatest", "Latest", f"{BASE}/gzlatest_2.html")
    assert [(e.url, e.title, e.summary, e.date, e.position) for e in listing.entries] == [
        (BASE + story(n), f"Title {n}", f"Abstract of story {n}, a sentence.", None, n - 1)
        for n in range(1, 8)
    ]


def test_one_block_with_read_more_glued_on():
    items = "".join(
        f'<li><a href="{story(n)}">Title {n}</a> Abstract of story {n}. 2018-05-{n:02}<a href="{story(n)}">Read more</a></li>'
        for n in range(1, 7)
    )
    listing = read_list(page(f"<ul>{items}</ul>"))
    assert [(e.title, e.summary, e.date) for e in listing.entries] == [
        (f"Title {n}", f"Abstract of story {n}.", f"2018-05-{n:02}") for n in range(1, 7)
    ]


def test_all_of_an_item_in_one_link():
    items = "".join(
        f'<a href="{story(n)}"><img src="/att/20180514/{n}.jpg"><h4>Title {n}</h4><p>About {n} and more.</p><span>2018-05-{n:02}</span></a>'
        for n in range(1, 7)
    )
    listing = read_list(page(items))
    assert [(e.title, e.summary, e.date) for e in listing.entries] == [
        (f"Title {n}", f"About {n} and more.", f"2018-05-{n:02}") for n in range(1, 7)
    ]


@pytest.mark.parametrize(
    ("printed", "date"),
    [
        ("2025-04-09", "2025-04-09"),
        ("2025年04月09日", "2025-04-09"),
        ("[2025-04-09]", "2025-04-09"),
        ("2025/04/09", "2025-04-09"),
        ("April 9, 2025", "2025-04-09"),
        ("04-09", None),
        ("(04-09)", None),
    ],
)
@pytest.mark.parametrize(
    "form",
    [
        '<li><a href="{0}" title="{1}">{1}</a><span>{2}</span></li>',
        '<li><span>{2}</span><a href="{0}" title="{1}">{1}</a></li>',
        '<li><!-- x --><a href="{0}" title="{1}">{1}<em>{2}</em></a></li>',
        '<li><a href="{0}">{1}</a>\n<p>{2}</p></li>',
        '<dd><i>{2}</i> <a href="{0}">{1}</a></dd>',
        '<tr><td><a href="{0}">{1}</a></td><td>{2}</td></tr>',
    ],
)  # fmt: skip
def test_dates_in_many_dresses(printed, date, form):
    items = "".join(
        form.format(f"/gzlatest/content/post_{n}.html", f"Title {n} of them", printed) for n in range(1, 7)
    )
    inner = f"<table>{items}</table>" if form.startswith("<tr") else f"<ul>{items}</ul>"
    listing = read_list(page(inner), url=G3_LIST)
    assert [(e.title, e.date, e.summary) for e in listing.entries] == [
        (f"Title {n} of them", date, None) for n in range(1, 7)
    ]


def test_short_dates_glued_to_titles():
    items = "".join(
        f'<li><a href="/gzlatest/content/post_{n}.html">Title {n}04-1{n}</a></li>' for n in range(1, 7)
    ).replace("04-1", " 04-1")
    assert [(e.title, e.date) for e in read_list(page(f"<ul>{items}</ul>"), url=G3_LIST).entries] == [
        (f"Title {n}", None) for n in range(1, 7)
    ]


def test_cut_titles_are_whole():
    items = "".join(
        f'<li><a href="{story(n)}" title="Title {n} in all its length">Title {n} in…</a></li>'
        for n in range(1, 7)
    )
    assert read_list(page(f"<ul>{items}</ul>")).entries[0].title == "Title 1 in all its length"


def test_a_title_attribute_is_no_title_where_the_text_is_whole():
    items = "".join(
        f'<li><a href="{story(n)}" title="Open story {n}">Title {n}</a></li>' for n in range(1, 7)
    )
    assert read_list(page(f"<ul>{items}</ul>")).entries[0].title == "Title 1"


def test_links_to_other_hosts_are_entries_too():
    hrefs = [
        story(1),
        "http://subsites.chinadaily.com.cn/guangzhou/2018-05/02/c_2.htm",
        "https://example.org/a.html",
        story(4),
        story(5),
    ]
    items = "".join(f'<li><a href="{href}">Title {n}</a></li>' for n, href in enumerate(hrefs))
    assert [e.title for e in read_list(page(f"<ul>{items}</ul>")).entries] == [f"Title {n}" for n in range(5)]


def test_sliders_and_columns_are_no_entries():
    items = "".join(
        f'<div><h3><a href="{story(n)}">Title {n}</a></h3><p>Abstract {n}.</p></div>' for n in range(1, 8)
    )
    slider = (
        "<ul>"
        + "".join(f'<li><a href="{href}">{name}</a></li>' for name, href in SLIDER)
        + "</ul><ol><li>1</li><li>2</li><li>3</li><li>4</li><li>5</li></ol>"
    )
    column = '<div><h3>Hot</h3><ul><li><a href="/2017-01/01/c_1.htm">Hot one</a></li><li><a href="/2017-01/01/c_2.htm">Hot two</a></li></ul></div>'
    for inner in (
        f"<div>{items}{PAGER}</div>{column}{slider}",
        f"{slider}{column}<div>{items}</div>{PAGER}",
        f"<div>{items}</div>{column}{slider}",
    ):
        assert [e.title for e in read_list(page(inner)).entries] == [f"Title {n}" for n in range(1, 8)]


def test_thumbnails_and_repeated_links_are_one_entry():
    items = "".join(
        f'<li><a href="{story(n)}"><img src="/att/20180514/{n}.jpg"></a><h3><a href="{story(n)}">Title {n}</a></h3><p>About {n}. <a href="{story(n)}">[Details]</a></p></li>'
        for n in range(1, 7)
    )
    assert [(e.title, e.summary) for e in read_list(page(f"<ul>{items}</ul>")).entries] == [
        (f"Title {n}", f"About {n}.") for n in range(1, 7)
    ]


def test_lists_in_groups():
    groups = "".join(
        "<ul>"
        + "".join(f'<li><a href="{story(g * 5 + n)}">Title {g * 5 + n}</a></li>' for n in range(1, 6))
        + "</ul>"
        for g in range(3)
    )
    for inner in (f"<div>{groups}</div>{PAGER}", f"<div>{groups}</div>"):
        assert len(read_list(page(inner)).entries) == 15


def test_the_last_page_has_no_next():
    items = "".join(f'<li><a href="{story(n)}">Title {n}</a></li>' for n in range(1, 4))
    pager = '<div><a href="gzlatest_2.html">&lt;</a> <a href="gzlatest.html">1</a> <a href="gzlatest_2.html">2</a> <a>3</a></div>'
    assert read_list(page(f"<ul>{items}</ul>{pager}"), url=f"{BASE}/gzlatest_3.html").next is None


@pytest.mark.parametrize("word", ["&gt;", "Next", "Next &gt;", "下一页", "次へ", "›"])
def test_words_for_next(word):
    items = "".join(f'<li><a href="{story(n)}">Title {n}</a></li>' for n in range(1, 7))
    pager = f'<div><a class="current">1</a><a href="index_2.html">2</a><a class="next" href="index_2.html">{word}</a><a class="last" href="index_9.html">Last</a></div>'
    assert read_list(page(f"<ul>{items}</ul>{pager}"), url=G3_LIST).next == f"{BASE}/gzlatest/index_2.html"


def test_a_summary_may_name_a_date():
    items = "".join(
        f'<div><h3><a href="{story(n)}">Title {n}</a></h3><p>Held on May {n}, 2018.</p></div>'
        for n in range(1, 7)
    )
    assert [(e.summary, e.date) for e in read_list(page(items)).entries] == [
        (f"Held on May {n}, 2018.", None) for n in range(1, 7)
    ]


def test_an_empty_list_of_the_newer_platform_is_a_list():
    meta = '<meta name="ColumnName" content="Latest">'
    listing = read_list(page("<p>No items.</p>", head=meta), url=G3_LIST)
    assert (listing.entries, listing.title) == ((), "Latest")


def test_topics_with_bullets_and_indented_summaries():
    items = "".join(
        f'<p>• <a href="{story(n)}">Title {n}</a></p><p>\u3000\u3000What {n} is about.</p>'
        for n in range(1, 7)
    )
    assert [(e.title, e.summary) for e in read_list(page(f"<div>{items}</div>")).entries] == [
        (f"Title {n}", f"What {n} is about.") for n in range(1, 7)
    ]
