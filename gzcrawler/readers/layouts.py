"""The map's layouts: which one a page wears, and whether its selectors agree with the landmarks."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from lxml import etree
from parsel.csstranslator import HTMLTranslator

from gzcrawler.readers.lines import squash

if TYPE_CHECKING:
    from lxml.etree import _Element

    from gzcrawler.portals import Layout, Portal
    from gzcrawler.readers.landmarks import Landmarks
    from gzcrawler.readers.lines import Document, Line

__all__ = ["find_layout", "layout_warnings"]

_WORD = re.compile(r"[.#]([A-Za-z_][\w-]*)|\[[\w-]+[~|^$*]?=['\"]([\w-]+)['\"]\]")
_META = re.compile(r"meta\[name=['\"]?([\w:.-]+)['\"]?(?: i)?\]$")
"""The commonest mark of a layout; what the head says is known without asking the tree."""
_SIMPLE = re.compile(r"(?=.)([a-z][a-z0-9]*)?(?:([.#])([A-Za-z_][\w-]*))?")
_SAMPLES = 4
"""Lines of the body that are asked whether they stand where a selector points."""
_MOST = 50
"""Elements of a selector that are looked at; a title or body has one."""


def find_layout(
    document: Document, portal: Portal, kind: Literal["article", "listing"], day: str | None
) -> Layout | None:
    """The layout whose marks a page bears; of several, the first that is valid on the page's day, else the first."""
    first = None
    for layout in portal.layouts:
        if layout.kind == kind and any(_bears(document, mark) for mark in layout.marks):
            if _valid(layout, day):
                return layout
            first = first or layout
    return first


def _valid(layout: Layout, day: str | None) -> bool:
    if day is None:
        return True
    return not (
        (layout.valid_from is not None and day < layout.valid_from.isoformat())
        or (layout.valid_until is not None and day > layout.valid_until.isoformat())
    )


def _bears(document: Document, mark: str) -> bool:
    source, meta = _told(mark)
    if source is not None:
        return source in document.source
    return meta in document.metas if meta is not None else bool(_select(document, mark))


@lru_cache(maxsize=512)
def _told(mark: str) -> tuple[bytes | None, str | None]:
    """A mark that the tree need not be asked for: a piece of the source, or the name of a meta tag."""
    if mark.startswith("text:"):
        return mark[5:].encode(), None
    meta = _META.match(mark)
    return None, meta[1].lower() if meta is not None else None


def layout_warnings(document: Document, layout: Layout, marks: Landmarks, body: list[Line]) -> list[str]:
    """Where the layout's selectors point elsewhere than the landmarks; a selector without a match says nothing."""
    warnings = []
    titles = next((found for selector in layout.title if (found := _select(document, selector))), [])
    if titles and marks.title_at is not None:
        line = document.items[marks.title_at]
        if line.block not in titles[:_MOST] and not any(
            _text(element) == marks.title for element in titles[:_MOST]
        ):
            warnings.append(f"title: layout {layout.name} has it elsewhere")
    bodies = next((found for selector in layout.body if (found := _select(document, selector))), [])
    if bodies and body:
        samples = body[:: max(1, len(body) // _SAMPLES)]
        inside = set(bodies[:_MOST])
        held = sum(
            line.block in inside or not inside.isdisjoint(line.block.iterancestors()) for line in samples
        )
        if 2 * held < len(samples):
            warnings.append(f"body: layout {layout.name} has it elsewhere")
    return warnings


def _text(element: _Element) -> str:
    return squash(" ".join(element.itertext()))


def _select(document: Document, selector: str) -> list[_Element]:
    found = document.selected.get(selector)
    if found is None:
        found = document.selected[selector] = []
        words, simple = _words(selector)
        if not all(map(document.markup.__contains__, words)):
            return found  # far cheaper than asking the tree: most selectors of a map fit no page of another dress
        if simple is not None:
            tag, attribute, name = simple
            elements = document.root.iter(tag or etree.Element)
            if name is None:
                found += elements
            else:
                found += [one for one in elements if name in (one.get(attribute) or "").split()]
        else:
            selected = _compile(selector)(document.root)
            found += selected if isinstance(selected, list) else []
    return found


@lru_cache(maxsize=512)
def _words(selector: str) -> tuple[tuple[bytes, ...], tuple[str | None, str, str | None] | None]:
    """Names that a matching page must hold; and tag, attribute and name where that is all of the selector."""
    words = tuple((first or second).encode() for first, second in _WORD.findall(selector))
    simple = _SIMPLE.fullmatch(selector)
    if simple is None:
        return words, None
    return words, (simple[1], "id" if simple[2] == "#" else "class", simple[3])


@lru_cache(maxsize=512)
def _compile(selector: str) -> etree.XPath:
    return etree.XPath(HTMLTranslator().css_to_xpath(selector))
