"""Charts: what is drawn is what was counted, and nothing in them acts, loads or dresses itself."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from gzcrawler.archive.figures import NO_SECTION, OTHER_SECTIONS, ByMonth, Figures, Ranked, Series
from gzcrawler.web.charts import Chart, charts
from gzcrawler.web.texts import LANGUAGES

if TYPE_CHECKING:
    from tests.web.conftest import Get

_EMPTY = ByMonth(months=(), series=())
_HOSTILE = "</title><script>alert(1)</script>\x00\x1b\ufffe<b onload='x'>"


def _figures(
    published: ByMonth = _EMPTY, stored: ByMonth = _EMPTY, sources: tuple[Ranked, ...] = ()
) -> Figures:
    return Figures(
        last_capture=None,
        published=published,
        changes=_EMPTY,
        captures=_EMPTY,
        stored=stored,
        delays=_EMPTY,
        most_linked=(),
        sources=sources,
        authors=(),
    )


def _chart(found: Figures, key: str, language: str = "en") -> Chart:
    return next(chart for chart in charts(found, language) if chart.key == key)


def _drawn(chart: Chart) -> etree._Element:
    assert chart.svg is not None
    return etree.fromstring(chart.svg)


def _months(number: int) -> tuple[str, ...]:
    return tuple(f"{2017 + place // 12}-{place % 12 + 1:02}" for place in range(number))


_THREE = ByMonth(
    months=("2026-01", "2026-02", "2026-03"),
    series=(
        Series("Latest", (0, 4, 2)),
        Series("要闻", (1, 0, 6)),
        Series(OTHER_SECTIONS, (3, 0, 0)),
        Series(NO_SECTION, (0, 0, 5)),
    ),
)


def test_every_number_that_is_not_nought_has_a_bar_as_high_as_it_is_great() -> None:
    svg = _drawn(_chart(_figures(_THREE), "published"))
    heights = [
        [float(bar.get("height")) for bar in group.findall("./g/rect")]
        for group in svg.findall(".//g[@class='plot']/g")
        if group.get("class", "").startswith("key-")
    ]
    assert [len(bars) for bars in heights] == [2, 2, 1, 1]
    unit = heights[0][0] / 4
    assert unit > 1
    expected = [[4, 2], [1, 6], [3], [5]]
    for bars, values in zip(heights, expected, strict=True):
        assert bars == pytest.approx([value * unit for value in values], abs=0.2)


def test_bars_stand_on_one_another_in_the_place_of_their_month() -> None:
    svg = _drawn(_chart(_figures(_THREE), "published"))
    march = [title.getparent() for title in svg.iter("title") if (title.text or "").startswith("2026-03")]
    assert len({bar.get("x") for bar in march}) == 1
    for lower, upper in itertools.pairwise(march):
        assert float(upper.get("y")) + float(upper.get("height")) == pytest.approx(
            float(lower.get("y")), abs=0.2
        )


def test_pointing_at_a_bar_says_what_it_is() -> None:
    svg = _drawn(_chart(_figures(_THREE), "published"))
    assert "2026-03 · 要闻: 6" in {title.text for title in svg.iter("title")}


def test_series_that_are_no_section_have_greys_of_their_own() -> None:
    chart = _chart(_figures(_THREE), "published", "zh")
    assert chart.legend == ((0, "Latest"), (1, "要闻"), (8, "其他栏目"), (9, "未归入栏目"))


def test_a_chart_of_few_months_names_them_and_one_of_many_the_years() -> None:
    few = _drawn(_chart(_figures(_THREE), "published"))
    many = ByMonth(months=_months(40), series=(Series("Latest", (1,) * 40),))
    labels = [
        [label.text for label in svg.findall(".//g[@class='axis x']/g/text")]
        for svg in (few, _drawn(_chart(_figures(many), "published")))
    ]
    assert labels == [["2026-01", "2026-02", "2026-03"], ["2017", "2018", "2019", "2020"]]


def test_sizes_are_told_in_units() -> None:
    chart = _chart(
        _figures(stored=ByMonth(months=("2026-01",), series=(Series("bytes", (5_300_000_000,)),))), "stored"
    )
    assert chart.rows[0].values == ("5.3 GB",)
    assert "GB" in "".join(_drawn(chart).itertext())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_chart_has_a_name_and_a_description_for_those_who_do_not_see_it(language: str) -> None:
    chart = _chart(_figures(_THREE), "published", language)
    svg = _drawn(chart)
    assert svg.get("role") == "img"
    named = [svg.find(f"*[@id='{name}']").text for name in svg.get("aria-labelledby").split()]
    assert named[0] == chart.title
    assert "要闻: 7" in named[1]


def test_a_chart_has_neither_script_nor_style_nor_anything_from_elsewhere() -> None:
    found = _figures(_THREE, sources=(Ranked("A", 2), Ranked("B", 1)))
    for chart in charts(found, "en"):
        if chart.svg is None:
            continue
        svg = _drawn(chart)
        tags = {element.tag for element in svg.iter() if isinstance(element.tag, str)}
        assert tags <= {"svg", "g", "path", "rect", "text", "title", "desc"}
        names = {name for element in svg.iter() for name in element.attrib}
        assert not {name for name in names if name.startswith("on") or "href" in name or name == "style"}
        assert "http" not in chart.svg


def test_titles_of_strangers_are_text_and_nothing_else() -> None:
    chart = _chart(
        _figures(sources=(Ranked(_HOSTILE, 3), Ranked("广州市人民政府新闻办公室" * 9, 2))), "sources"
    )
    svg = _drawn(chart)
    assert svg.find(".//script") is None
    assert svg.find(".//b") is None
    labels = [label.text for label in svg.findall(".//g[@class='axis y']/g/text")]
    assert labels[0].startswith("广州市")
    assert labels[0].endswith("…")
    assert len(labels[0]) <= 20


def test_a_ranking_begins_with_the_first() -> None:
    places = tuple(Ranked(f"Source {number}", 20 - number) for number in range(10))
    svg = _drawn(_chart(_figures(sources=places), "sources"))
    bars = sorted(
        (float(bar.get("y")), float(bar.get("width"))) for bar in svg.findall(".//g[@class='key-0']/g/g/rect")
    )
    widths = [width for _, width in bars]
    assert widths == sorted(widths, reverse=True)
    assert len(widths) == 10


def test_without_figures_there_is_nothing_drawn() -> None:
    assert [chart.svg for chart in charts(_figures(), "en")] == [None] * 8


def test_the_page_shows_all_charts_under_the_strict_policy(get: Get) -> None:
    answer = get("/charts")
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"].startswith("default-src 'none';")
    assert not re.search(r"<style|\sstyle=|<script", answer.text)
    assert answer.text.count("<svg ") >= 6
    assert "Counted <time " in answer.text
    assert "各月各栏目文章数" in get("/charts?lang=zh").text


def test_every_id_of_the_page_stands_once(get: Get) -> None:
    ids = re.findall(r'\sid="([^"]+)"', get("/charts").text)
    assert len(ids) == len(set(ids))
