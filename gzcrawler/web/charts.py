"""Charts as SVG: figures in, elements that stand in a page of their own right out.

pygal computes and draws; what it would bring along for a browser with script and its own colours is taken off:
what is left has neither script nor style, and takes colours from the page's stylesheet by class. So it stands
under a strict Content-Security-Policy, in dark and in light.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lxml import etree
from pygal import HorizontalBar, PluginImportFixer, StackedBar
from pygal.style import Style

from gzcrawler.archive.figures import DELAYS, NO_SECTION, OTHER_SECTIONS, ByMonth, Ranked
from gzcrawler.web.texts import text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gzcrawler.archive.figures import Figures

__all__ = ["Chart", "Row", "charts"]

# pygal hooks a finder for maps that nobody installed into every import that follows. It is of a kind that Python 3.11
# warns of each time, and 3.12 does not ask any more.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, PluginImportFixer)]

WIDTH = 760
HEIGHT = 300
_ROW_HEIGHT = 30
_LABEL_SIZE = 13
_LABEL_COLUMNS = 38
"""Of a ranking's labels: more would leave no place for the bars."""
_LABELS_AT_MOST = 12
_YEARS_FROM = 25
"""Months from which on only the Januaries are named, by their years."""
_OF_OURS = frozenset(
    (
        *(name for name, _ in DELAYS),
        OTHER_SECTIONS,
        NO_SECTION,
        "edited",
        "removed",
        "new_bodies",
        "repeated",
        "bytes",
    )
)
"""Names of series that are words of ours; sections are called what the portal prints."""
_GREYS = {OTHER_SECTIONS: 8, NO_SECTION: 9}
"""Series that have a colour of their own: the rest is no section, and should not look like one."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the numbers behind a chart."""

    label: str
    values: tuple[str, ...]
    article_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """One chart, with all that is said beside it."""

    key: str
    title: str
    about: str
    """What is counted, and what is not."""
    svg: str | None
    """None where there is nothing to show."""
    legend: tuple[tuple[int, str], ...] = ()
    """(number of the colour, name)."""
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    by_month: bool = False
    """Does it run from month to month, the newest at its right end?"""


def charts(figures: Figures, language: str) -> tuple[Chart, ...]:
    """All charts, in the order in which they are shown.

    Args:
        figures: what was counted.
        language: of the interface.
    """
    monthly: tuple[tuple[str, ByMonth, Callable[[float], str]], ...] = (
        ("published", figures.published, _count),
        ("changes", figures.changes, _count),
        ("captures", figures.captures, _count),
        ("stored", figures.stored, _size),
        ("delays", figures.delays, _count),
    )
    ranked = (
        ("most_linked", figures.most_linked),
        ("sources", figures.sources),
        ("authors", figures.authors),
    )
    return (
        *(_by_month(key, data, language, shown) for key, data, shown in monthly),
        *(_ranking(key, places, language) for key, places in ranked),
    )


def _by_month(key: str, data: ByMonth, language: str, shown: Callable[[float], str]) -> Chart:
    title = text(f"charts.{key}", language)
    about = [text(f"charts.{key}_about", language)]
    if data.earlier:
        about.append(text("charts.earlier", language, number=data.earlier))
    if data.undated:
        about.append(text("charts.undated", language, number=data.undated))
    if not data.series:
        return Chart(key=key, title=title, about=" ".join(about), svg=None)
    names = [_series_name(series.name, language) for series in data.series]
    colours = [_GREYS.get(series.name, place) for place, series in enumerate(data.series)]
    drawing = StackedBar(**_options(HEIGHT, shown), order_min=0 if shown is _count else None)
    drawing.x_labels = data.months
    drawing.x_labels_major = _named(data.months)
    for name, series in zip(names, data.series, strict=True):
        drawing.add(name, series.values)
    root = _bare(drawing)
    years = len(data.months) >= _YEARS_FROM
    for label in root.iterfind(".//g[@class='axis x']/g/text"):
        label.text = label.text[:4] if years else label.text
    drawn = zip(_series(root), names, colours, data.series, strict=True)
    for group, name, colour, series in drawn:
        group.set("class", f"key-{colour}")
        for bar, month, value in zip(group.findall("./g/g"), data.months, series.values, strict=True):
            if value:
                (rectangle,) = bar
                _say(rectangle, f"{month} · {name}: {shown(value)}")
                bar.getparent().replace(bar, rectangle)  # a group for each bar would be a quarter of the page
            else:
                bar.getparent().remove(bar)
    totals = tuple(shown(sum(series.values)) for series in data.series)
    description = "; ".join(f"{name}: {total}" for name, total in zip(names, totals, strict=True))
    return Chart(
        key=key,
        title=title,
        about=" ".join(about),
        svg=_finished(root, key, title, f"{data.months[0]} – {data.months[-1]}. {description}."),
        legend=tuple(zip(colours, names, strict=True)) if len(names) > 1 else (),
        columns=(text("charts.month", language), *names),
        rows=tuple(
            Row(month, tuple(shown(series.values[place]) for series in data.series))
            for place, month in reversed(list(enumerate(data.months)))
        ),
        by_month=True,
    )


def _ranking(key: str, places: Sequence[Ranked], language: str) -> Chart:
    title = text(f"charts.{key}", language)
    about = text(f"charts.{key}_about", language)
    if not places:
        return Chart(key=key, title=title, about=about, svg=None)
    # pygal draws from below.
    upwards = list(reversed(places))
    labels = [_shortened(place.label) for place in upwards]
    wide = max(_columns(label) - len(label) for label in labels)
    drawing = HorizontalBar(
        **_options(_ROW_HEIGHT * len(places) + 60, _count),
        order_min=0,
        print_values=True,
        print_values_position="top",
        margin_left=10 + round(0.45 * _LABEL_SIZE * wide),
    )
    drawing.x_labels = labels
    drawing.add(title, [place.count for place in upwards])
    root = _bare(drawing)
    for group in _series(root):
        group.set("class", "key-0")
        for bar, place in zip(group.findall("./g/g"), upwards, strict=True):
            _say(bar, f"{place.label}: {place.count:,}")
    for label, place in zip(root.findall(".//g[@class='axis y']/g"), upwards, strict=True):
        _say(label, place.label)
    description = "; ".join(f"{place.label}: {place.count:,}" for place in places)
    return Chart(
        key=key,
        title=title,
        about=about,
        svg=_finished(root, key, title, description),
        columns=(text(f"charts.{key}_label", language), text(f"charts.{key}_count", language)),
        rows=tuple(Row(place.label, (f"{place.count:,}",), place.article_id) for place in places),
    )


def _options(height: int, shown: Callable[[float], str]) -> dict[str, Any]:
    return {
        "width": WIDTH,
        "height": height,
        "margin": 10,
        "js": [],
        "css": [],
        "no_prefix": True,
        "show_legend": False,
        "show_minor_x_labels": False,
        "truncate_label": -1,
        "min_scale": 3,
        "max_scale": 6,
        "value_formatter": shown,
        "style": Style(label_font_size=_LABEL_SIZE, value_font_size=_LABEL_SIZE),
    }


def _named(months: Sequence[str]) -> list[str]:
    """The months that the axis names."""
    if len(months) < _YEARS_FROM:
        return list(months[:: -(-len(months) // _LABELS_AT_MOST)])
    januaries = [month for month in months if month.endswith("-01")]
    return januaries[:: -(-len(januaries) // _LABELS_AT_MOST)]


def _bare(drawing: Any) -> Any:
    """What pygal drew, without what only its own script and styles would use."""
    root = drawing.render_tree()
    etree.strip_elements(root, "style", "script", "defs", "desc", "title", with_tail=False)
    etree.strip_tags(root, etree.Comment)
    for element in list(root.iter()):
        words = (element.get("class") or "").split()
        if "background" in words or {"overlay", "tooltip-overlay", "titles"} & set(words):
            element.getparent().remove(element)
            continue
        kept = [word for word in words if word not in ("reactive", "tooltip-trigger", "always_show", "rect")]
        element.attrib.pop("class", None)
        if kept:
            element.set("class", " ".join(kept))
        element.attrib.pop("style", None)
        for name in ("x", "y", "width", "height", "d", "transform"):
            if name in element.attrib:
                element.set(name, re.sub(r"\d+\.\d+", _rounded, element.get(name)))
        for name in ("rx", "ry"):
            element.attrib.pop(name, None)
    return root


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found.group()):.1f}".removesuffix(".0")


def _series(root: Any) -> list[Any]:
    """The groups of bars, in the order in which the series were added."""
    return [
        group for group in root.iterfind(".//g[@class='plot']/g") if "series" in group.get("class").split()
    ]


def _say(element: Any, words: str) -> None:
    """What a browser shows when it is pointed at."""
    title = etree.Element("title")
    title.text = _printable(words)
    element.insert(0, title)


def _finished(root: Any, key: str, title: str, description: str) -> str:
    """The element as text, with its name and description for those who do not see it."""
    root.attrib.pop("id", None)
    root.set("class", "chart")
    root.set("role", "img")
    root.set("aria-labelledby", f"{key}-title {key}-description")
    for tag, words in (("desc", description), ("title", title)):
        element = etree.Element(tag)
        element.set("id", f"{key}-title" if tag == "title" else f"{key}-description")
        element.text = _printable(words)
        root.insert(0, element)
    etree.cleanup_namespaces(root)
    return str(etree.tostring(root, encoding="unicode"))


def _printable(words: str) -> str:
    """Without what no XML may hold: titles are strangers' text."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", words)


def _series_name(name: str, language: str) -> str:
    """Words of ours in the interface's language; names of sections stay as they are printed."""
    return text(f"charts.{name}", language) if name in _OF_OURS else name


def _columns(label: str) -> int:
    """How wide a text is, in widths of a Latin letter."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in label)


def _shortened(label: str) -> str:
    label = _printable(" ".join(label.split()))
    if _columns(label) <= _LABEL_COLUMNS:
        return label
    while _columns(label) > _LABEL_COLUMNS - 1:
        label = label[:-1]
    return f"{label.rstrip()}…"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _size(value: float) -> str:
    for size, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= size:
            return f"{value / size:,.3g} {unit}"
    return f"{value:,.0f} B"
