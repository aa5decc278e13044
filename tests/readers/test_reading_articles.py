"""What an article's page says: head line, trail, body, tails, in dresses that share no class."""

from __future__ import annotations

from dataclasses import replace

import pytest
from page_builders import (
    G1_DRESSES,
    G1_URL,
    G3_URL,
    SLIDER,
    TEXT,
    Sample,
    dress_columns,
    dress_general,
    read,
    read_article,
)

from gzcrawler.errors import MissingBodyError, MissingTitleError

BASE = "https://www.eguangzhou.gov.cn"
dressed = pytest.mark.parametrize("dress", G1_DRESSES.values(), ids=G1_DRESSES.keys())


@dressed
def test_every_dress_gives_the_same_story(dress):
    page = read_article(dress(Sample()))
    assert page.title == Sample().title
    assert page.body == TEXT
    assert (page.published, page.published_precision) == ("2018-05-14", "day")
    assert (page.published_raw, page.published_from) == ("Updated:2018-05-14", "head line")
    assert (page.source, page.authors) == ("eguangzhou.gov.cn", ())
    assert [(crumb.name, crumb.url) for crumb in page.breadcrumbs] == [
        ("Home", f"{BASE}/"),
        ("Latest", f"{BASE}/gzlatest.html"),
    ]
    assert [(one.url, one.language) for one in page.editions] == [(f"{BASE}/zh/", "zh-Hans")]
    assert page.warnings == ()


@dressed
def test_slider_is_the_sites_and_never_the_storys(dress):
    page = read_article(dress(Sample()))
    assert [(link.title, link.url, link.scope) for link in page.related_links] == [
        (name, BASE + href, "site") for name, href in SLIDER
    ]


@dressed
def test_related_list_is_the_storys_own(dress):
    own = (
        ("Pier plans shown to the public", "/2018-04/01/c_1.htm"),
        ("First pier turns ten", "/2018-04/02/c_2.htm"),
    )
    page = read_article(dress(replace(Sample(), related=own)))
    assert [(link.title, link.scope) for link in page.related_links] == [
        *((name, "article") for name, _ in own),
        *((name, "site") for name, _ in SLIDER),
    ]
    assert page.body == TEXT


def test_newer_platform_reads_alike():
    metas = (("ArticleTitle", Sample().title), ("PubDate", "2018-05-14 09:30"), ("ContentSource", "A Paper"))
    page = read_article(dress_general(replace(Sample(), metas=metas)), url=G3_URL)
    assert (page.id, page.title, page.body) == ("guangzhou:post_556677", Sample().title, TEXT)
    assert [crumb.name for crumb in page.breadcrumbs] == ["Home", "Latest"]
    assert page.related_links == ()
    assert page.layout == "nfcms"
    assert page.warnings == ()


HEAD_LINES = [
    ("eguangzhou.gov.cn | Updated:2018-12-26", "Updated:2018-12-26", "2018-12-26", "eguangzhou.gov.cn", ()),
    ("GD Today | Updated:2018-12-26", "Updated:2018-12-26", "2018-12-26", "GD Today", ()),
    ("By Ana Brook | chinadaily.com.cn | Updated:2018-12-26", "Updated:2018-12-26", "2018-12-26", "chinadaily.com.cn", ("Ana Brook",)),
    ("By Ana Brook in Foshan | China Daily | Updated:2018-12-26", "Updated:2018-12-26", "2018-12-26", "China Daily", ("Ana Brook",)),
    ("By Ana Brook and Tom Reed in Foshan | China Daily | Updated:2018-12-26", "Updated:2018-12-26", "2018-12-26", "China Daily", ("Ana Brook", "Tom Reed")),
    ("By Ana Brook, Tom Reed and Li Mu | Xinhua | Updated:2018-12-26", "Updated:2018-12-26", "2018-12-26", "Xinhua", ("Ana Brook", "Tom Reed", "Li Mu")),
    ("( eguangzhou.gov.cn ) Updated : 2016-09-05", "Updated : 2016-09-05", "2016-09-05", "eguangzhou.gov.cn", ()),
    ("(eguangzhou.gov.cn)| Updated : 2016-09-05 <a href='javascript:window.print()'>Print</a>", "Updated : 2016-09-05", "2016-09-05", "eguangzhou.gov.cn", ()),
    ("eguangzhou.gov.cn Updated: March 1, 2023", "Updated: March 1, 2023", "2023-03-01", "eguangzhou.gov.cn", ()),
    ("| Updated:&nbsp; June 20, 2022 L M S", "Updated: June 20, 2022", "2022-06-20", None, ()),
    ("By Ana Brook (China Daily) Update:2023-04-19", "Update:2023-04-19", "2023-04-19", "China Daily", ("Ana Brook",)),
    ("By Ana Brook| Source: A Paper | Updated : 2020-02-03", "Updated : 2020-02-03", "2020-02-03", "A Paper", ("Ana Brook",)),
    ("2016-09-05 (eguangzhou.gov.cn)", "2016-09-05", "2016-09-05", "eguangzhou.gov.cn", ()),
    ("2016-09-05", "2016-09-05", "2016-09-05", None, ()),
    ("Update: 2018-12-05&nbsp;&nbsp;&nbsp; Source: A Paper", "Update: 2018-12-05", "2018-12-05", "A Paper", ()),
    ("Updated: 2018-01-23 07:45", "Updated: 2018-01-23 07:45", "2018-01-23T07:45+08:00", None, ()),
    ("发布时间\uff1a2023年4月19日 来源\uff1a木棉日报", "发布时间\uff1a2023年4月19日", "2023-04-19", "木棉日报", ()),
    ("来源\uff1a木棉日报 发布时间\uff1a2023-04-19 10:20:30 【字体\uff1a大 中 小】", "发布时间\uff1a2023-04-19 10:20:30", "2023-04-19T10:20:30+08:00", "木棉日报", ()),
    ("更新日\uff1a２０２１年４月９日", "更新日\uff1a２０２１年４月９日", "2021-04-09", None, ()),
    ("<span>Updated:</span><span>2018-12-26</span><span>Print</span>", "Updated:2018-12-26", "2018-12-26", None, ()),
    ("<span>A Paper</span> | <span>Updated:2018-12-26</span><span>Share</span><span>Print</span>", "Updated:2018-12-26", "2018-12-26", "A Paper", ()),
    ("<div>By Ana Brook</div><div>A Paper</div><div>Updated: Dec 26, 2018</div>", "Updated: Dec 26, 2018", "2018-12-26", None, ("Ana Brook",)),
]  # fmt: skip


@dressed
@pytest.mark.parametrize(("head", "raw", "published", "source", "authors"), HEAD_LINES)
def test_head_line_forms(dress, head, raw, published, source, authors):
    url = G1_URL.replace("2018-05/14", f"{published[:7]}/{published[8:10]}")
    page = read_article(dress(replace(Sample(), head=head)), url=url)
    assert (page.published_raw, page.published) == (raw, published)
    assert (page.source, page.authors) == (source, authors)
    assert (page.title, page.body) == (Sample().title, TEXT)
    assert page.warnings == ()


@dressed
def test_without_head_line_the_address_dates_the_story(dress):
    page = read_article(dress(replace(Sample(), head="")))
    assert (page.published, page.published_raw, page.published_from) == (
        "2018-05-14",
        "2018-05/14",
        "address",
    )
    assert (page.title, page.body) == (Sample().title, TEXT)


def test_a_date_in_the_first_paragraph_is_no_head_line():
    story = replace(Sample(), head="").with_blocks(
        "<p>The pier opened on March 3, 2017.</p>", f"<p>{TEXT[0]}</p>"
    )
    page = read_article(dress_columns(story))
    assert (page.published, page.published_from) == ("2018-05-14", "address")
    assert page.body == ("The pier opened on March 3, 2017.", TEXT[0])


def test_a_page_without_any_date_has_none():
    page = read_article(dress_columns(replace(Sample(), head="")), url=G3_URL)
    assert (page.published, page.published_raw, page.published_from, page.published_precision) == (None,) * 4


def test_dates_disagree():
    page = read_article(dress_columns(replace(Sample(), head="Updated:2018-05-15")))
    assert (page.published, page.warnings) == ("2018-05-15", ("published: head line and address disagree",))
    meta = replace(Sample(), head="Updated: 2018-05-14 08:00", metas=(("PubDate", "2018-05-14 09:00:00"),))
    page = read_article(dress_columns(meta))
    assert (page.published, page.warnings) == (
        "2018-05-14T08:00+08:00",
        ("published: head line and meta disagree",),
    )


@pytest.mark.parametrize("head", ["Updated:1970-01-01", "Updated:2031-01-01", "Updated:2018-02-30"])
def test_impossible_dates_are_refused_with_a_warning(head):
    page = read_article(dress_columns(replace(Sample(), head=head)))
    assert (page.published, page.published_from) == ("2018-05-14", "address")
    assert len(page.warnings) == 1
    assert page.warnings[0].startswith("published: head line")


def test_sister_trail_without_blanks():
    story = replace(Sample(), trail=(("Guangzhou", "/"), ("Global Exchanges", None), ("Updates", None)))
    html = dress_columns(story).replace(" &gt; ", "&gt;")
    assert [crumb.name for crumb in read_article(html).breadcrumbs] == [
        "Guangzhou",
        "Global Exchanges",
        "Updates",
    ]


def test_trail_with_title_and_label():
    html = dress_columns(Sample()).replace('<div class="crumbs">', '<div class="crumbs">当前位置\uff1a')
    html = html.replace("</a></div>\n<h1>", f"</a> &gt; {Sample().title}</div>\n<h1>")
    assert [crumb.name for crumb in read_article(html).breadcrumbs] == ["Home", "Latest"]


@dressed
def test_empty_title_is_an_error_that_names_the_page(dress):
    with pytest.raises(MissingTitleError, match=G1_URL):
        read(dress(replace(Sample(), title="", window="A City Portal")))


@dressed
def test_empty_body_is_an_error_that_names_the_page(dress):
    with pytest.raises(MissingBodyError, match=G1_URL):
        read(dress(Sample().with_blocks("<p>&nbsp;</p>")))


def test_title_is_whole_over_line_breaks():
    html = dress_columns(Sample()).replace("<h1>Second ferry", "<h1>Second<br>ferry")
    assert read_article(html).title == Sample().title


def test_title_without_heading():
    html = dress_columns(Sample()).replace("<h1>", '<div class="t">').replace("</h1>", "</div>")
    assert read_article(html).title == Sample().title


def test_tables_lists_quotes_and_subheads():
    story = Sample().with_blocks(
        "<p>Intro of it all.</p><h3>What it costs</h3>",
        "<table><tr><th>Line</th><th>Price</th></tr><tr><td><p>One</p></td><td></td></tr><tr><td></td><td></td></tr></table>",
        "<ul><li>First <b>thing</b></li><li>Second <i>thing</i></li></ul><ol><li>Step</li></ol>",
        "<blockquote>Somebody said so.</blockquote><p><strong>Bold block</strong></p>",
    )
    page = read_article(dress_columns(story))
    assert page.body == (
        "Intro of it all.", "What it costs", "Line\tPrice", "One\t", "First thing", "Second thing", "Step",
        "Somebody said so.", "Bold block",
    )  # fmt: skip
    assert page.body_html == "\n".join(
        [
            "<p>Intro of it all.</p>",
            "<h3>What it costs</h3>",
            "<table><tr><th>Line</th><th>Price</th></tr><tr><td>One</td><td></td></tr></table>",
            "<ul><li>First <strong>thing</strong></li><li>Second <em>thing</em></li></ul>",
            "<ol><li>Step</li></ol>",
            "<blockquote>Somebody said so.</blockquote>",
            "<p><strong>Bold block</strong></p>",
        ]
    )


def test_inline_links_and_attachments():
    story = Sample().with_blocks(
        '<p>See <a href="/2018-01/02/c_5.htm">the plan</a>, <a href="#x">here</a> or <a href="javascript:go()">there</a>.</p>',
        '<p>Files: <a href="/attachment/1/2/3/9.pdf">The form</a></p>',
        '<p><a class="nfw-cms-attachment" href="/attachment/1/2/3/8.docx">The other form.docx</a></p>',
    )
    page = read_article(
        dress_columns(replace(story, under='<h4>Attachments:</h4><p><a href="map.zip">Map</a></p>'))
    )
    assert page.body == ("See the plan, here or there.", "Files: The form")
    assert [(link.url, link.text) for link in page.inline_links] == [
        (f"{BASE}/2018-01/02/c_5.htm", "the plan")
    ]
    assert [(one.url, one.name) for one in page.attachments] == [
        (f"{BASE}/attachment/1/2/3/9.pdf", "The form"),
        (f"{BASE}/attachment/1/2/3/8.docx", "The other form.docx"),
        (f"{BASE}/2018-05/14/map.zip", "Map"),
    ]


def test_pager_of_a_continued_story():
    pager = '<div>1 <a href="c_221133_2.htm">2</a> <a href="c_221133_3.htm">3</a> <a href="c_221133_2.htm">&gt;</a></div>'
    page = read_article(dress_columns(replace(Sample(), under=pager)))
    assert page.continued_on == (f"{BASE}/2018-05/14/c_221133_2.htm", f"{BASE}/2018-05/14/c_221133_3.htm")
    assert page.body == TEXT
    assert len(page.related_links) == len(SLIDER)
    second = G1_URL.replace(".htm", "_2.htm")
    assert (
        read_article(dress_columns(replace(Sample(), under=pager)), url=second).continued_on
        == page.continued_on[1:]
    )


@pytest.mark.parametrize(
    "tail",
    [
        "<div>Share to: <a href='javascript:;'>WeChat</a></div>",
        "<p>Share:</p><p><a href='http://example.org/share'>X</a></p>",
        "<div>【打印】 【关闭】</div>",
        "<div>Previous: <a href='/2018-05/13/c_3.htm'>Older story</a></div><div>Next: <a href='/2018-05/15/c_4.htm'>Newer</a></div>",
        "<p>上一篇\uff1a<a href='/2018-05/13/c_3.htm'>旧</a></p>",
        "<div>Visits: <span>-</span></div>",
        "<p>Scan the QR code to read on your phone</p><img src='/images/qrcode.png'>",
        "<h4>Related</h4><h4>Attachments</h4>",
        "<p>Back to top</p>",
    ],
)
def test_boilerplate_tails_are_no_body(tail):
    page = read_article(dress_columns(replace(Sample(), under=tail, slider=())))
    assert page.body == TEXT
    assert page.images == ()
    assert page.related_links == ()


def test_share_bar_over_the_text():
    html = dress_columns(Sample()).replace(
        '<div class="art_cont">', '<div>Share: <a href="#">X</a></div><div class="art_cont">'
    )
    assert read_article(html).body == TEXT


def test_boilerplate_outside_the_story_is_no_body():
    long = (
        "The office keeps this portal up to date and answers for its content in all languages it is offered in. "
        * 3
    )
    html = dress_columns(Sample()).replace(
        '<div class="foot">', f'<div class="about"><p>{long}</p><p>{long}</p></div><div class="foot">'
    )
    assert read_article(html).body == TEXT


def test_column_beside_the_story():
    column = '<div class="side"><h3>Hot topics</h3><ul><li><a href="/2020-01/01/c_7.htm">Topic seven</a></li><li><a href="/2020-01/01/c_8.htm">Topic eight</a></li></ul></div>'
    html = dress_columns(Sample()).replace('<div class="foot">', column + '<div class="foot">')
    page = read_article(html)
    assert page.body == TEXT
    assert not [link for link in page.related_links if link.scope == "article"]


def test_links_in_the_middle_of_text_stay_text():
    story = Sample().with_blocks(
        f"<p>{TEXT[0]}</p><p>{TEXT[1]}</p>",
        '<ul><li><a href="/2018-01/02/c_5.htm">One plan</a></li><li><a href="/2018-01/02/c_6.htm">Two plans</a></li><li><a href="/2018-01/02/c_9.htm">Three</a></li></ul>',
        f"<p>{TEXT[3]}</p>",
    )
    page = read_article(dress_columns(story))
    assert page.body == (TEXT[0], TEXT[1], "One plan", "Two plans", "Three", TEXT[3])
    assert len(page.inline_links) == 3


def test_film_pages():
    story = Sample().with_blocks(
        '<div><video controls><source src="/att/film.mp4"><source src="/att/film.webm">No film here.</video></div>',
        "<p>A walk through the pier.</p><p>[Video by eguangzhou.gov.cn]</p>",
    )
    page = read_article(dress_columns(story))
    assert [(film.url, film.credit) for film in page.videos] == [
        (f"{BASE}/att/film.mp4", "Video by eguangzhou.gov.cn")
    ]
    assert page.body == ("A walk through the pier.",)


def test_language_is_the_editions_unless_plainly_anothers():
    chinese = "第二个渡轮码头在南岸启用，乘客表示前往老城的时间缩短了一半。"
    assert read_article(dress_columns(Sample())).language == "en"
    assert (
        read_article(
            dress_columns(replace(Sample(), title="南岸新码头启用").with_blocks(f"<p>{chinese}</p>"))
        ).language
        == "zh-Hans"
    )
    japanese = "二番目の船着き場が南岸に開かれ、旧市街までの時間は半分になりました。"
    url = G1_URL.replace(".cn/", ".cn/gddjp/")
    assert (
        read_article(
            dress_columns(replace(Sample(), title="新しい船着き場").with_blocks(f"<p>{japanese}</p>")),
            url=url,
        ).language
        == "ja"
    )


def test_text_is_kept_as_printed():
    story = Sample().with_blocks(
        "<p>\u3000\u3000Teh&nbsp; price\u200b is 254, 000 yuan (\uff08full\uff09)  \ufeff</p><p>cafe\u0301 &amp; tea\u00adhouse</p>"
    )
    assert read_article(dress_columns(story)).body == (
        "Teh price is 254, 000 yuan (\uff08full\uff09)",
        "caf\u00e9 & teahouse",
    )


def test_base_of_the_portal_is_followed_and_no_other():
    html = dress_columns(Sample().with_blocks(f'<p>{TEXT[0]} <a href="c_9.htm">plan</a></p>'))
    own = html.replace("<head>", '<head><base href="https://www.eguangzhou.gov.cn/2017-01/01/">')
    foreign = html.replace("<head>", '<head><base href="https://example.org/x/">')
    assert read_article(own).inline_links[0].url == f"{BASE}/2017-01/01/c_9.htm"
    assert read_article(foreign).inline_links[0].url == f"{BASE}/2018-05/14/c_9.htm"


def test_discovered_addresses_come_in_order_each_once():
    story = Sample().with_blocks(
        '<p><a href="/2018-01/02/c_5.htm">a</a> <a href="/2018-01/02/c_5.htm">b</a> <a href="http://example.org/x">c</a></p>',
        '<p><img src="/att/20180514/1526263200000000001.jpeg"></p><p>More of the text is here.</p>',
    )
    found = read(dress_columns(story)).discovered
    assert len(found) == len(set(found))
    assert found.index(f"{BASE}/2018-01/02/c_5.htm") < found.index("http://example.org/x")
    assert found[-1] == f"{BASE}/att/20180514/1526263200000000001.jpeg"
    assert all(url.startswith("http") for url in found)


def test_a_calendar_under_the_logo_is_no_head_line():
    logo = "<h1>A City Portal</h1><div>January 15, 2026</div>"
    html = dress_columns(replace(Sample(), head="")).replace('<ul class="menu">', logo + '<ul class="menu">')
    page = read_article(html)
    assert (page.title, page.published, page.published_from) == (Sample().title, "2018-05-14", "address")
    dated = read_article(
        dress_columns(replace(Sample(), head="2018-05-14 (A Paper)")).replace(
            '<ul class="menu">', logo + '<ul class="menu">'
        )
    )
    assert (dated.title, dated.published_raw, dated.source) == (Sample().title, "2018-05-14", "A Paper")


def test_a_trail_of_list_items():
    items = '<ol><li><a href="/">Home</a></li><li><a href="/gzlatest.html">Latest</a></li><li>Second ferry…</li></ol>'
    html = dress_columns(Sample()).replace(
        '<div class="crumbs"><a href="/">Home</a> &gt; <a href="/gzlatest.html">Latest</a></div>', items
    )
    assert [crumb.name for crumb in read_article(html).breadcrumbs] == ["Home", "Latest", "Second ferry…"]


def test_a_menu_over_the_title_is_no_trail():
    html = dress_columns(replace(Sample(), trail=()))
    assert read_article(html).breadcrumbs == ()


def test_a_byline_without_date():
    page = read_article(dress_columns(replace(Sample(), head="By Ana Brook | chinadaily.com.cn")))
    assert (page.authors, page.source, page.published_from) == (
        ("Ana Brook",),
        "chinadaily.com.cn",
        "address",
    )
    assert page.body == TEXT


def test_a_subhead_that_begins_with_by_is_text():
    page = read_article(
        dress_columns(replace(Sample(), head="").with_blocks("<p>By the river</p>", f"<p>{TEXT[0]}</p>"))
    )
    assert (page.authors, page.body) == ((), ("By the river", TEXT[0]))


def test_film_credit_at_the_end_of_its_sentence():
    blocks = '<iframe src="/player/1.html"></iframe>', "<p>A walk through the pier. [Video by A Paper]</p>"
    page = read_article(dress_columns(Sample().with_blocks(*blocks)))
    assert (page.body, page.videos[0].credit) == (("A walk through the pier.",), "Video by A Paper")


def test_labelled_files_are_no_body():
    block = '<p>附件\uff1a1.<a href="/attachment/1/2/3/9.pdf">Form</a></p><p>Attachment: <a href="/attachment/1/2/3/8.pdf">Map</a></p>'
    page = read_article(dress_columns(Sample().with_blocks(f"<p>{TEXT[0]}</p>", block)))
    assert (page.body, len(page.attachments)) == (TEXT[:1], 2)


def test_a_page_laid_out_by_one_table():
    html = (
        "<html><head><title>x</title></head><body><table><tr><td>Search</td><td><a href='/zh/'>简体</a></td></tr></table>"
        "<table><tr><td>Guangzhou&gt;Updates</td></tr><tr><td>A pier opens</td></tr><tr><td>( A Paper )</td><td>Updated : 2018-05-14</td></tr>"
        f"<tr><td colspan='2'><p>{TEXT[0]}</p><p>{TEXT[1]}</p></td></tr></table><p>Copyright © 2018</p></body></html>"
    )
    page = read_article(html)
    assert (page.title, page.body) == ("A pier opens", TEXT[:2])
    assert (page.published_raw, page.source) == ("Updated : 2018-05-14", "A Paper")


def test_title_and_head_line_in_one_heading():
    html = dress_columns(Sample()).replace(
        'bank</h1>\n<div class="info">eguangzhou.gov.cn | Updated:2018-05-14</div>',
        "bank<small>eguangzhou.gov.cn | Updated:2018-05-14</small></h1>",
    )
    page = read_article(html)
    assert (page.title, page.source, page.published_raw, page.body) == (
        Sample().title,
        "eguangzhou.gov.cn",
        "Updated:2018-05-14",
        TEXT,
    )


def test_a_subtitle_is_neither_title_nor_body():
    html = dress_columns(Sample()).replace("</h1>", "</h1><h2>Boats leave every ten minutes</h2>")
    page = read_article(html)
    assert (page.title, page.body) == (Sample().title, TEXT)
