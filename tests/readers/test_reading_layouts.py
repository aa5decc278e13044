"""Layouts are data: they name the dress, and speak up where they disagree with the landmarks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from page_builders import CAPTURED, G1_URL, TEXT, Sample, dress_columns, read_article

from gzcrawler.items import Article, Capture
from gzcrawler.portals import parse_portal
from gzcrawler.readers import read_page

MAP = {
    "name": "guangzhou",
    "title": "A portal",
    "timezone": "+08:00",
    "scheme": "https",
    "hosts": [{"address": "www.eguangzhou.gov.cn"}],
    "editions": [{"key": "en", "language": "en", "home": ["/"]}],
    "shapes": [
        {
            "kind": "article",
            "generation": "G1",
            "pattern": r"/(?P<year>\d{4})-(?P<month>\d{2})/(?P<day>\d{2})/c_(?P<number>\d+)\.htm",
            "id": "c_{number}",
        },
    ],
}


def with_layouts(*layouts: dict[str, object]):
    return parse_portal(MAP | {"layouts": list(layouts)}, origin="test")


def page(portal, html: str) -> Article:
    found = read_page(
        Capture(url=G1_URL, captured_at=CAPTURED, status=200, payload=html.encode()), portal
    ).page
    assert isinstance(found, Article)
    return found


@pytest.mark.parametrize(
    "mark",
    [
        "div.art_cont",
        ".art_cont",
        "div.wrap > div.art_cont",
        "text:art_cont",
        "h1",
        "meta[name='PubDate' i]",
        "meta[name=pubdate]",
    ],
)
def test_a_layout_is_known_by_any_of_its_marks(mark):
    html = dress_columns(replace(Sample(), metas=(("PubDate", "2018-05-14"),)))
    portal = with_layouts(
        {"name": "other", "marks": ["div.art", "text:nowhere"]},
        {"name": "this", "marks": ["div.nowhere", mark]},
    )
    assert page(portal, html).layout == "this"


def test_a_page_without_marks_has_no_layout():
    found = page(
        with_layouts({"name": "other", "marks": ["div.art_con", "#art_cont"]}), dress_columns(Sample())
    )
    assert (found.layout, found.warnings, found.body) == (None, (), TEXT)


def test_of_several_layouts_the_one_valid_on_the_day():
    portal = with_layouts(
        {"name": "old", "marks": ["h1"], "valid_until": "2017-12-31"},
        {"name": "new", "marks": ["h1"], "valid_from": "2018-01-01"},
    )
    assert page(portal, dress_columns(Sample())).layout == "new"


def test_selectors_that_agree_say_nothing():
    portal = with_layouts(
        {"name": "this", "marks": ["h1"], "title": ["h3.none", "h1"], "body": ["div.art_cont"]}
    )
    assert page(portal, dress_columns(Sample())).warnings == ()


def test_selectors_that_point_elsewhere_are_warned_of():
    portal = with_layouts({"name": "this", "marks": ["h1"], "title": ["div.info"], "body": ["div.foot"]})
    found = page(portal, dress_columns(Sample()))
    assert found.warnings == ("title: layout this has it elsewhere", "body: layout this has it elsewhere")
    assert (found.title, found.body) == (Sample().title, TEXT)


def test_heading_and_meta_that_disagree_are_warned_of():
    found = read_article(dress_columns(replace(Sample(), metas=(("ArticleTitle", "Quite another story"),))))
    assert (found.title, found.warnings) == (Sample().title, ("title: heading and meta disagree",))


def test_a_title_may_come_from_the_meta_set_with_a_warning():
    found = read_article(
        dress_columns(
            replace(Sample(), title="", window="A Portal", metas=(("ArticleTitle", "Told by the meta set"),))
        )
    )
    assert (found.title, len(found.warnings)) == ("Told by the meta set", 1)


def test_records_without_any_class_are_the_same():
    assert read_article(dress_columns(Sample()).replace(' class="', ' data-x="')).body == TEXT
