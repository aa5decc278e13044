"""Ways taken for speed: each gives what the long way gives."""

from __future__ import annotations

import pytest
from lxml import etree

from gzcrawler.errors import UnreadableDateError
from gzcrawler.readers.chrome import closes_page, closes_story
from gzcrawler.readers.dates import parse_published
from gzcrawler.readers.headline import find_date
from gzcrawler.readers.lines import Line
from gzcrawler.readers.markup import parse_markup, without_styles
from gzcrawler.readers.walking import walk

URL = "https://www.eguangzhou.gov.cn/2018-05/14/c_1.htm"


def lines_of(html: str) -> list[Line]:
    return [item for item in walk(html.encode(), url=URL).items if isinstance(item, Line)]


@pytest.mark.parametrize(
    "page",
    [
        "<head><style>.a > .b {top:1px}</style><title>T</title></head><body><p>x</p>",
        "<head><style>.a{}</style><style media='print'>.b{}</style></head><body><style>.c{}</style><p>x</p>",
        "<head><!-- <style> --><title>T</title><style>.a{}</style></head><body><p>x</p>",
        "<head><!-- <style> .a{} --> </style><title>T</title></head><body><p>x</p>",
        "<head><style>.a{}</style<title>T</title></head><body><p>x</p>",
        "<head><style>.a{} <p>one</p></style></head><body><p>x</p>",
        "<head><style>.a{}",
        "<head><style",
        "<body><p title='<style>'>one</p><p>two</style></p>",
        "<p>no head at all</p><style>.a{}</style><p>x</p>",
    ],
)
def test_leaving_out_styles_leaves_every_other_element_as_it_was(page):
    def told(markup: bytes) -> list[tuple[str, str | None, str | None, list[tuple[str, str]]]]:
        root = parse_markup(markup, url=URL)
        return [
            (one.tag, None if one.tag == "style" else one.text, one.tail, sorted(one.items()))
            for one in root.iter(etree.Element)
        ]

    assert told(without_styles(page.encode())) == told(page.encode())


@pytest.mark.parametrize(
    "entry",
    [
        '<li><a href="/{0}.html">Section {0}</a></li>',
        '<li>\n <a href="/{0}.html"> Section  {0} </a>\n</li>\n',
        '<li>• <a href="/{0}.html">Section {0}</a></li>',
        '<li><a href="/{0}.html"><b>Section</b> {0}</a></li>',
        '<li><a href="/{0}.html">Section {0}</a> | <a href="/">Home</a></li>',
        '<li><a href="/{0}.html"></a></li>',
        '<li style="display:none"><a href="/{0}.html">Section {0}</a></li>',
        '<li><a href="/{0}.html"><li>Section {0}</li></a></li>',
        '<p><a href="/{0}.html">Section {0}</a></p>',
    ],
)
def test_a_menu_reads_in_one_step_as_item_by_item(entry):
    inner = "".join(entry.format(number) for number in range(6))
    at_once, one_by_one = (
        lines_of(f"<body><p>Before</p><{tag} class=menu>{inner}</{tag}><p>After</p></body>")
        for tag in ("ul", "ol")  # menus are `ul`; what is read in a list does not hang on its kind
    )
    told = [
        [
            (line.text, line.role, line.number, line.hidden, [one.get("href") for one in line.anchors])
            for line in lines
        ]
        for lines in (at_once, one_by_one)
    ]
    assert told[0] == told[1]


@pytest.mark.parametrize(
    "menu", ["<ul><li><a href=/a>A</a>", "<ul>" + "<li><a href=/a>A</a></li>" * 7 + "</ul>"]
)
def test_numbers_tell_what_stands_inside_what(menu):
    page = walk(
        f"<body><div><p>one</p>{menu}<span><p>two</p><p>three</p></span></div>"
        "<table><tr><td>a<td>b</tr><tr><td>c<td>d</tr></table><p>four</p></body>".encode(),
        url=URL,
    )
    for outer in page.items:
        held = page.nesting.within(outer.number)
        for inner in page.items:
            inside = inner.block is outer.block or outer.block in inner.block.iterancestors()
            assert (inner.number in held) == inside


def test_the_innermost_element_that_holds_two_lines():
    page = walk(b"<body><div><span><p>one</p><p>two</p></span><p>three</p></div><p>four</p></body>", url=URL)
    one, two, three, four = (item.number for item in page.items)
    span, div = one - 1, one - 2
    common = page.nesting.common
    assert [common((one, one)), common((two, one)), common((one, three)), common((three, four))] == [
        one,
        span,
        div,
        0,
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Updated:2018-05-14",
        "eguangzhou.gov.cn | Updated:2018-05-14",
        "( example.org )\x1f|\x1fUpdated : 2018-05-14",
        "By Ann Example\x1fUpdate:\x1f2018-05-14",
        "Last Updated: 2018-05-14",
        "Date Updated: 2018-05-14",
        "来源：某社 Updated: 2018-05-14",
        "Reupdated: 2018-05-14",
    ],
)
def test_the_commonest_head_line_reads_as_any_other(text):
    short, long = find_date(text), find_date(f"{text} Print")
    assert short is not None
    assert long is not None
    assert (short.raw, short.start, short.label) == (long.raw, long.start, long.label)


@pytest.mark.parametrize(
    ("month", "number"), [("January", "01"), ("may", "05"), ("September", "09"), ("December", "12")]
)
def test_a_date_with_a_months_name_reads_as_its_rarer_forms(month, number):
    plain, rare = (
        parse_published(raw, origin="head line", url=URL) for raw in (f"{month} 7, 2019", f"{month} 7 2019")
    )
    assert (plain.value, plain.precision) == (rare.value, rare.precision) == (f"2019-{number}-07", "day")


@pytest.mark.parametrize("raw", ["February 30, 2019", "Octopus 3, 2019", "May 0, 2019"])
def test_no_such_day_or_month_is_refused(raw):
    with pytest.raises(UnreadableDateError):
        parse_published(raw, origin="head line", url=URL)


def only_line(inner: str) -> Line:
    (line,) = lines_of(f"<body><div>{inner}</div>")
    return line


@pytest.mark.parametrize(
    "text",
    [
        "Copyright 2018 by the Example Press", "© Example Press", "(c) 2018", "Example Press. All rights reserved.", "ALL RIGHTS RESERVED",
        "Hosted by the Example Press", "Site map | Contact", "版权所有：某社", "著作権は某社", "主办单位：某社", "承办：某社", "网站标识码 1", "免责声明",
        "版权声明：转载", "粤ICP备1号", "Icp 备1", "某省公网安备 1",
    ],
)  # fmt: skip
def test_every_footer_has_a_sign_that_is_asked_for_first(text):
    assert closes_page(only_line(text))


@pytest.mark.parametrize(
    "text", ["Rights reserved for visitors", "版本更新", "The copyright fair opens", "Topic of the day"]
)
def test_a_line_that_only_looks_like_a_footer_is_none(text):
    assert not closes_page(only_line(text))


@pytest.mark.parametrize(
    ("bar", "closes"),
    [
        ("<a href=#>Print</a><a href=#>Close</a>", True),
        ("【<a href=#>打印</a>】【<a href=#>关闭</a>】", True),
        ("<a href=#>打印</a> | <a href=#>微博</a>", True),
        ("<span>Share to</span>: <a href=#>Facebook</a>/<a href=#>X</a>", True),
        ("<a href=#>Close</a>  (<a href=#>Save</a>)", True),
        ("<a href=#>Print</a><a href=#>Closed roads</a>", False),
        ("<a href=#>Weibo</a> opens <a href=#>an office</a>", False),
    ],
)
def test_a_bar_under_a_story_is_known_by_all_its_words(bar, closes):
    assert closes_story(only_line(bar)) is closes


@pytest.mark.parametrize(
    ("inner", "seamed"),
    [
        ("<b>one</b><i>two</i>", "one\x1ftwo"),
        ("<b>one </b> <i>  two</i>", "one \x1f \x1f two"),
        ("<b>one\n\ttwo</b><i>three\u00a0four</i>", "one two\x1fthree four"),
        ("<b>\u200bone</b><i>e\u0301</i>", "one\x1f\u00e9"),
    ],
)
def test_seams_stand_where_elements_meet_whatever_the_blanks(inner, seamed):
    assert only_line(inner).seamed == seamed
