"""What looks like chrome and is none: rules that drop or split something must leave its neighbours alone."""

from __future__ import annotations

import pytest
from page_builders import G3_URL, LIST_URL, TEXT, Sample, dress_columns, read, read_article

from gzcrawler.readers.decoding import decode_text


@pytest.mark.parametrize("mark", ["(END)", "- END -", "The End", "■", "【完】", "###"])
def test_an_end_mark_is_no_text(mark):
    page = dress_columns(Sample().with_blocks(*(f"<p>{text}</p>" for text in TEXT), f"<p>{mark}</p>"))
    assert read_article(page).body == TEXT


@pytest.mark.parametrize("line", ["The end of the line", "■ Tickets: 20 yuan", "End", "Ending soon", "1."])
def test_a_line_that_only_begins_like_an_end_mark_is_text(line):
    page = dress_columns(Sample().with_blocks(f"<p>{TEXT[0]}</p>", f"<p>{line}</p>", f"<p>{TEXT[1]}</p>"))
    expected = (TEXT[0], line, TEXT[1]) if line != "End" else (TEXT[0], TEXT[1])
    assert read_article(page).body == expected


def test_links_to_scripts_alone_are_a_bar_and_beside_words_are_text():
    bar = '<div><a href="javascript:a()">LINE</a><a href="javascript:b()">X</a></div>'
    said = '<p>Press <a href="javascript:a()">this</a> or <a href="javascript:b()">that</a> to vote.</p>'
    page = dress_columns(Sample().with_blocks(f"<p>{TEXT[0]}</p>", said, f"<p>{TEXT[1]}</p>", bar))
    assert read_article(page).body == (TEXT[0], "Press this or that to vote.", TEXT[1])


def test_a_heading_over_text_stays_though_links_follow():
    links = '<p><a href="/2018-05/01/c_1.htm">One</a></p><p><a href="/2018-05/02/c_2.htm">Two</a></p>'
    page = dress_columns(
        Sample().with_blocks(f"<p>{TEXT[0]}</p>", "<h3>Timetables</h3>", links, f"<p>{TEXT[1]}</p>")
    )
    assert read_article(page).body == (TEXT[0], "Timetables", "One", "Two", TEXT[1])


def test_a_short_menu_over_the_title_is_no_trail():
    page = dress_columns(Sample(trail=()))
    menu = '<ul><li><a href="/">Home</a></li><li><a href="/contact.html">Contact</a></li></ul>'
    assert read_article(page.replace("<h1>", f"{menu}<h1>", 1)).breadcrumbs == ()


def test_a_list_over_the_title_is_a_trail_where_its_way_is_the_menus():
    page = dress_columns(Sample(trail=()))
    steps = '<ol><li><a href="/">Home</a></li><li><a href="/gzlatest.html">Latest</a></li></ol>'
    names = [step.name for step in read_article(page.replace("<h1>", f"{steps}<h1>", 1)).breadcrumbs]
    assert names == ["Home", "Latest"]


@pytest.mark.parametrize(
    ("head", "authors", "source"),
    [
        ("<span>By Ann Lee</span> <span>China Daily</span> <i>Updated: 2018-05-14</i>", ("Ann Lee",), "China Daily"),
        ("By <b>Ann Lee</b> and <b>Bo Chen</b> | Updated: 2018-05-14", ("Ann Lee", "Bo Chen"), None),
        ("By <b>Ann Lee</b>, <b>Bo Chen</b> | Updated: 2018-05-14", ("Ann Lee", "Bo Chen"), None),
        ("By Ann <b>Lee</b> | Updated: 2018-05-14", ("Ann Lee",), None),
    ],
)  # fmt: skip
def test_an_outlet_after_the_byline_is_told_from_names(head, authors, source):
    article = read_article(dress_columns(Sample(head=head)))
    assert (article.authors, article.source) == (authors, source)


def test_a_story_without_any_date_says_so():
    article = read_article(dress_columns(Sample(head="eguangzhou.gov.cn")), url=G3_URL)
    assert article.published is None
    assert article.warnings == ("published: neither head line nor meta nor address has a date",)


@pytest.mark.parametrize("text", ["Menu du café à Nîmes, été 2018", "Grüße aus Köln", "Señor Núñez"])
def test_latin_letters_stay_latin_though_a_few_come_in_pairs(text):
    data = f"<p>{text}</p>".encode("cp1252")
    assert (
        decode_text(data, content_type="text/html; charset=iso-8859-1", url="x").decode() == f"<p>{text}</p>"
    )


def test_an_english_page_in_gbk_keeps_its_dashes():
    data = "<p>Height — “never” above 60 meters</p>".encode("gb18030")
    assert "— “never”" in decode_text(data, content_type="text/html; charset=utf-8", url="x").decode()


@pytest.mark.parametrize(
    "title", ["Lunch in 410 canteens", "A craft that is almost gone", "Route 404 runs again"]
)
def test_a_list_is_not_gone_by_the_words_of_its_entries(title):
    links = "".join(f'<li><h3><a href="/2018-05/0{n}/c_{n}.htm">{title}</a></h3></li>' for n in range(1, 5))
    listing = read(f"<html><body><h2>Latest</h2><ul>{links}</ul></body></html>", url=LIST_URL).page
    assert listing.as_dict()["kind"] == "listing"


@pytest.mark.parametrize(
    "summary",
    ["银杏谷创新基地的建设面积为404平方米，目前进展顺利。", "市内新增410路公交。", "参加者は404名でした。"],
)
def test_a_list_is_not_gone_by_a_figure_in_a_summary(summary):
    links = "".join(
        f'<li><h3><a href="/2018-05/0{n}/c_{n}.htm">黄埔现代物流新增705吨</a></h3><p>{summary}</p></li>'
        for n in (1, 2)
    )
    listing = read(f"<html><body><h2>最新动态</h2><ul>{links}</ul></body></html>", url=LIST_URL).page
    assert listing.as_dict()["kind"] == "listing"


@pytest.mark.parametrize(
    "text",
    [
        "404",
        "404 Not Found",
        "Error 404",
        "HTTP 410",
        "出错了404",
        "404错误",
        "错误404页面",
        "404エラー",
        "Oops! 404 error",
        "410 - Gone",
    ],
)
def test_a_page_that_says_its_status_is_gone(text):
    page = read(f"<html><body><h1>{text}</h1></body></html>", url=LIST_URL).page
    assert page.as_dict()["kind"] == "removed"
