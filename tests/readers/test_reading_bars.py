"""Bars of switches, lists of links in rarer forms, and pages with nothing to hold on to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from page_builders import G3_URL, TEXT, Sample, dress_columns, read_article

from gzcrawler.errors import MissingBodyError

SCRIPT = '<a href="javascript:a()">{}</a>'


def under(line: str) -> tuple[str, ...]:
    """The body of a story with a line under its text."""
    return read_article(
        dress_columns(Sample().with_blocks(f"<p>{TEXT[0]}</p>", f"<p>{TEXT[1]}</p>", line))
    ).body


def story(*blocks: str) -> str:
    return dress_columns(Sample().with_blocks(f"<p>{TEXT[0]}</p>", f"<p>{TEXT[1]}</p>", *blocks))


@pytest.mark.parametrize(
    "bar",
    [
        "A+ A-",
        "字号：大 中 小",
        "【字体：大 中 小】",
        "打印本页 关闭窗口",
        "推荐 分享到",
        "♥ 12 Like",
        "Share: Facebook Twitter WeChat",
        "Print / Email / Share",
        f"文字サイズ：{SCRIPT.format('大')} {SCRIPT.format('中')} {SCRIPT.format('小')} {SCRIPT.format('印刷')}",
        f"<span>♥ <i>0</i></span> <span>Share: {SCRIPT.format('A')} {SCRIPT.format('B')}</span>",
        f'{SCRIPT.format("Back")} | {SCRIPT.format("Print")} | <a href="#top">Top</a>',
        f'<a href="#top">Top</a> · {SCRIPT.format("Print")} · {SCRIPT.format("Back")}',
        f"点赞({SCRIPT.format('3')}) 收藏",
    ],
)
def test_a_bar_is_no_text_whatever_its_order_and_separators(bar):
    assert under(f"<div>{bar}</div>") == TEXT[:2]


@pytest.mark.parametrize(
    "line",
    [
        "Top 10",
        "Large crowds",
        "Print shops",
        "Line A, Line B",
        "大学 中学 小学",
        "Share 12 rooms",
        "Back in town",
        f"Press {SCRIPT.format('here')} to vote",
        '<a href="#fees">Fees</a> | <a href="#dates">Dates</a>',
    ],
)
def test_a_line_with_one_word_that_no_bar_has_is_text(line):
    assert len(under(f"<p>{line}</p>")) == len(TEXT[:2]) + 1


@pytest.mark.parametrize(
    "links",
    [
        '<div><a href="/2018-05/01/c_1.htm">One</a><a href="/2018-05/02/c_2.htm">Two</a></div>',
        '<p><a href="/2018-05/01/c_1.htm">One</a> | <a href="/2018-05/02/c_2.htm">Two</a></p>',
        '<table><tr><td><img src="/i/arr.gif"> <a href="/2018-05/01/c_1.htm">One</a></td></tr>'  # noqa: ISC004
        '<tr><td><img src="/i/arr.gif"> <a href="/2018-05/02/c_2.htm">Two</a></td></tr></table>',
        '<p><a href="/2018-05/01/c_1.htm">One</a> <img src="/i/go.gif"></p><p><a href="/2018-05/02/c_2.htm">Two</a> <img src="/i/go.gif"></p>',
    ],
)
def test_links_under_a_heading_are_a_list_in_every_form(links):
    article = read_article(story(f"<div><p><img src='/i/sq.gif'> Related News</p>{links}</div>"))
    assert article.body == TEXT[:2]
    assert article.images == ()
    assert [(one.title, one.scope) for one in article.related_links[:2]] == [
        ("One", "article"),
        ("Two", "article"),
    ]


@pytest.mark.parametrize("label", ["Related: ", "See also: ", "相关链接："])
def test_a_label_and_its_links_in_one_line_are_a_list(label):
    article = read_article(
        story(f'<p>{label}<a href="/2018-05/01/c_1.htm">One</a>, <a href="/2018-05/02/c_2.htm">Two</a></p>')
    )
    assert article.body == TEXT[:2]
    assert [one.title for one in article.related_links[:2]] == ["One", "Two"]


def test_a_sentence_that_begins_like_a_label_is_text():
    line = 'Related: the <a href="/2018-05/01/c_1.htm">first pier</a> opened last year.'
    assert len(under(f"<p>{line}</p>")) == 3


def test_a_foot_is_no_body_of_a_page_without_text():
    row = "".join(f'<a href="https://c{number}.example.org/">City {number}</a>' for number in range(6))
    page = dress_columns(replace(Sample().with_blocks("<p>&nbsp;</p>"), slider=()))
    foot = f"<div>{row}</div><div>Foreign Affairs Office of a Municipal Government</div></body>"
    with pytest.raises(MissingBodyError):
        read_article(page.replace("</body>", foot))


MENU = "".join(f'<a href="/gz{number}/">Section {number}</a>' for number in range(6))


@pytest.mark.parametrize(
    "printed", ["<span>Source: Water Office</span> <span>2018-05-14</span>", "2018-05-14"]
)
def test_a_head_line_without_a_heading_stands_under_the_trail(printed):
    page = (
        '<html><head><meta charset="utf-8"><title>A City Portal</title><meta name="ArticleTitle" content="Rain gardens">'
        f'<meta name="ColumnName" content="Latest"></head><body><div>{MENU}</div>'
        f'<div><a href="/">Home</a><i></i><a href="/gzlatest/">Latest</a></div><div>{printed}</div>'
        f"<p>{TEXT[0]}</p><p>{TEXT[1]}</p></body></html>"
    )
    article = read_article(page, url=G3_URL)
    assert (article.published_from, article.body) == ("head line", TEXT[:2])
    assert [step.name for step in article.breadcrumbs] == ["Home", "Latest"]


@pytest.mark.parametrize(
    ("head", "source", "authors"),
    [
        ("【发布日期：2018年5月14日】 【来源：西关街巷馆】", "西关街巷馆", ()),
        ("时间：2018年5月14日 来源：羊城人物志 作者：沈砚秋", "羊城人物志", ("沈砚秋",)),
        ("作者：沈砚秋 摄影：裴照野 来源：羊城人物志 时间：2018年5月14日", "羊城人物志", ("沈砚秋",)),
        ("<ul><li>Author: Freya Lund</li><li>Source: Wheel Club</li><li>Date: 2018-05-14</li></ul>", "Wheel Club", ("Freya Lund",)),
        ("<ul><li>Date: 2018-05-14</li><li>Source: Wheel Club</li><li>Author: Freya Lund</li></ul>", "Wheel Club", ("Freya Lund",)),
    ],
)  # fmt: skip
def test_labels_of_a_head_line_part_it(head, source, authors):
    article = read_article(dress_columns(Sample(head=head)))
    assert (article.source, article.authors, article.body) == (source, authors, TEXT)


def test_a_question_of_a_reporter_is_no_byline():
    article = read_article(
        dress_columns(Sample().with_blocks("<p>记者：您好，请问您是谁？</p>", f"<p>{TEXT[0]}</p>"))
    )
    assert article.body == ("记者：您好，请问您是谁？", TEXT[0])


@pytest.mark.parametrize("last", ['<li><a href="/tianhe/news.html">News</a></li>', "<li>News</li>"])
def test_the_home_of_a_district_is_one_step_of_a_trail(last):
    steps = f'<ol aria-label="Breadcrumb"><li><a href="/">Home</a></li><li><a href="/tianhe/">Tianhe</a></li>{last}</ol>'
    page = dress_columns(Sample(trail=())).replace("<h1>", f"{steps}<h1>", 1)
    assert [step.name for step in read_article(page).breadcrumbs] == ["Home", "Tianhe", "News"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("端午將至，香港與廣州兩個詩社以「渡」為題，各作二十首，互相寄贈。", "zh-Hant"),
        ("端午将至，香港与广州两个诗社以“渡”为题，各作二十首，互相寄赠。", "zh-Hans"),
        ("端午将至，詩人鍾鎮濤与广州两个诗社互相寄赠，说今年会来。", "zh-Hans"),
    ],
)
def test_traditional_characters_are_their_own_language(text, language):
    page = dress_columns(replace(Sample(), title="五月").with_blocks(f"<p>{text}</p>"))
    assert read_article(page).language == language


PICTURE = '<p style="text-align:center"><img src="/att/20180514/{}.jpeg"></p>'


def test_marks_point_at_the_picture_over_or_under_them():
    article = read_article(
        story(
            "<h2 style='text-align:center'>PART 1</h2>",
            PICTURE.format(1),
            "<p>▲One</p>",
            f"<p>{TEXT[2]}</p>",
            "<p style='text-align:center'>PART 2</p>",
            PICTURE.format(2),
            "<p>▲Two</p>",
            "<p>▼Three</p>",
            PICTURE.format(3),
        )
    )
    assert [image.caption for image in article.images] == ["One", "Two", "Three"]
    assert article.body == (*TEXT[:2], "PART 1", TEXT[2], "PART 2")


@pytest.mark.parametrize(
    ("printed", "caption", "credit"),
    [
        (
            "Hu Zhangsheng and Lotus. LEO FINCH/CHINA DAILY",
            "Hu Zhangsheng and Lotus.",
            "LEO FINCH/CHINA DAILY",
        ),
        ("The old lock. J.K. FINCH/CHINA DAILY", "The old lock.", "J.K. FINCH/CHINA DAILY"),
    ],
)
def test_a_sentence_before_a_credit_is_the_caption(printed, caption, credit):
    article = read_article(story(PICTURE.format(1), f"<p>{printed}</p>"))
    assert [(one.caption, one.credit) for one in article.images] == [(caption, credit)]


def test_a_picture_that_prints_the_page_is_a_switch():
    article = read_article(story('<p><a href="javascript:window.print()"><img src="/own/p.gif"></a></p>'))
    assert article.images == ()


@pytest.mark.parametrize(
    ("page", "warning"),
    [
        (
            story(f"<p>{SCRIPT.format('Listen to the story')}</p>", f"<p>{TEXT[2]}</p>"),
            "body: a line of it holds links to scripts",
        ),
        (
            story('<p><a href="/gzlife/">Life</a> <a href="/gzbusiness/">Business</a></p>'),
            "body: a line of it is links side by side alone",
        ),
        (
            story("<p>Print | Close</p>", f"<p>{TEXT[2]}</p>", f"<p>{TEXT[3]}</p>"),
            "body: text follows after its end",
        ),
        (
            dress_columns(Sample(head="Wheel Club】 | Updated:2018-05-14 ")).replace("Wheel", "a【b】 Wheel"),
            "source: holds more than a name",
        ),
        (
            dress_columns(Sample(trail=())).replace(
                "<h1>", '<nav aria-label="breadcrumb"><b>Home</b><b>Latest</b></nav><h1>', 1
            ),
            "breadcrumbs: the page names a trail that was not read",
        ),
    ],
)
def test_a_doubtful_record_says_so(page, warning):
    assert warning in read_article(page).warnings
