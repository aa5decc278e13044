"""Printed dates: all forms, their precision, and that nothing is borrowed from today."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_builders import CAPTURED

from gzcrawler.errors import UnreadableDateError
from gzcrawler.readers.dates import DATE, choose_published, parse_published

FORMS = [
    ("2017-06-27", "2017-06-27"), ("Updated:2017-06-27", "2017-06-27"), ("2017/6/7", "2017-06-07"), ("2017.06.27", "2017-06-27"),
    ("2017-06-27 07:45", "2017-06-27T07:45+08:00"), ("2017-06-27 07:45:09", "2017-06-27T07:45:09+08:00"),
    ("2017-06-27T07:45:09", "2017-06-27T07:45:09+08:00"), ("2017-06-27T07:45:09Z", "2017-06-27T15:45:09+08:00"),
    ("2017-06-27T07:45:09+08:00", "2017-06-27T07:45:09+08:00"), ("2017-06-27T23:45+00:00", "2017-06-28T07:45+08:00"),
    ("March 1, 2023", "2023-03-01"), ("Mar 1, 2023", "2023-03-01"), ("Mar. 1, 2023", "2023-03-01"), ("Sept 1, 2023", "2023-09-01"),
    ("MARCH 1 2023", "2023-03-01"), ("1 March 2023", "2023-03-01"), ("1st March, 2023", "2023-03-01"), ("March 2nd, 2023", "2023-03-02"),
    ("March 1, 2023 7:45", "2023-03-01T07:45+08:00"), ("March 1, 2023, 7:45 PM", "2023-03-01T19:45+08:00"),
    ("March 1, 2023 12:05 am", "2023-03-01T00:05+08:00"), ("2023-03-01 7:45 PM", "2023-03-01T19:45+08:00"),
    ("2023年4月19日", "2023-04-19"), ("2023 年 4 月 19 日", "2023-04-19"), ("2023年04月19日 10:20", "2023-04-19T10:20+08:00"),
    ("2023年4月19日10时20分", "2023-04-19T10:20+08:00"), ("２０２３年４月１９日", "2023-04-19"), ("二〇二三年四月十九日", "2023-04-19"),
    ("二〇二三年十二月三十一日", "2023-12-31"), ("二○二三年十月二十日", "2023-10-20"), ("令和5年4月19日", "2023-04-19"),
    ("令和元年5月1日", "2019-05-01"), ("平成30年1月2日", "2018-01-02"), ("2023年4月19日(水)", "2023-04-19"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "value"), FORMS)
def test_forms(raw, value):
    published = parse_published(raw, origin="head line", url="u")
    assert published.value == value
    assert published.precision == {10: "day", 22: "minute", 25: "second"}[len(value)]
    assert re.search(DATE, raw, re.I)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "Updated:",
        "2017",
        "June 2017",
        "06-27",
        "2017-13-01",
        "2017-02-30",
        "February 30, 2017",
        "June 27",
        "2017-06-27 25:00",
        "99999-01-01",
    ],
)
def test_what_is_no_date_is_a_named_error(raw):
    with pytest.raises(UnreadableDateError, match="https://a"):
        parse_published(raw, origin="head line", url="https://a")


@given(
    st.dates(date(2000, 1, 1), date(2025, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%B %d, %Y", "%d %b %Y", "%Y年%m月%d日"]),
)
def test_any_day_in_any_form_is_read_back(day, form):
    assert parse_published(day.strftime(form), origin="meta", url="u").value == day.isoformat()


@given(st.text(max_size=60))
def test_any_text_is_a_date_or_a_named_error(raw):
    try:
        value = parse_published(raw, origin="meta", url="u").value
    except UnreadableDateError:
        return
    assert datetime.fromisoformat(value)


def test_order_and_disagreement():
    published, odd = choose_published(
        iter([("2020-01-02 08:00", "head line"), ("2020-01-02 09:00", "meta"), ("2020-01/03", "address")]),
        CAPTURED,
        url="u",
    )
    assert published is not None
    assert (published.value, published.origin) == ("2020-01-02T08:00+08:00", "head line")
    assert odd == ["published: head line and meta disagree", "published: head line and address disagree"]


def test_a_day_agrees_with_any_clock_of_that_day():
    _, odd = choose_published(
        iter([("2020-01-02", "head line"), ("2020-01-02 09:00:10", "meta"), ("2020-01/02", "address")]),
        CAPTURED,
        url="u",
    )
    assert odd == []


def test_the_capture_bounds_dates_at_the_portals_clock():
    late = datetime(2020, 1, 1, 20, 0, tzinfo=UTC)  # 2 January there
    assert choose_published(iter([("2020-01-03", "head line")]), late, url="u")[0] is not None
    published, odd = choose_published(
        iter([("2020-01-04", "head line"), ("2020-01-02", "meta")]), late, url="u"
    )
    assert published is not None
    assert (published.value, published.origin) == ("2020-01-02", "meta")
    assert odd == ["published: head line says 2020-01-04, after the capture"]
