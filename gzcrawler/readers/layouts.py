"""The map's layouts: which one a page wears, and whether its selectors agree with the landmarks."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from lxml import etree
from parsel.csstranslator import HTMLTranslator

from gzcrawler.readers.lines import Line, squash

if TYPE_CHECKING:
    from lxml.etree import _Element

    from gzcrawler.portals import Layout, Portal
    from gzcrawler.readers.landmarks import Landmarks
    from gzcrawler.readers.lines import Document

__all__ = ["find_layout", "layout_warnings"]

_WORD = re.compile(r"[.#]([A-Za-z_][\w-]*)|\[[\w-]+[~|^$*]?=['\"]?([\w-]+)")
_MOST = 50
"""Elements of a selector that are looked at; a title or body has one."""


def find_layout(
    document: Document, portal: Portal, kind: Literal["article", "listing"], day: str | None
) -> Layout | None:
    """The layout whose marks a page bears; of several, the first that is valid on the page's day."""
    worn = [
        layout
        for layout in portal.layouts
        if layout.kind == kind and any(_bears(document, mark) for mark in layout.marks)
    ]
    return next((layout for layout in worn if _valid(layout, day)), worn[0] if worn else None)


def _valid(layout: Layout, day: str | None) -> bool:
    if day is None:
        return True
    return not (
        (layout.valid_from is not None and day < layout.valid_from.isoformat())
        or (layout.valid_until is not None and day > layout.valid_until.isoformat())
    )


def _bears(document: Document, mark: str) -> bool:
    if mark.startswith("text:"):
        return mark[5:] in document.source
    return bool(_select(document, mark))


def layout_warnings(document: Document, layout: Layout, marks: Landmarks, body: list[Line]) -> list[str]:
    """Where the layout's selectors point elsewhere than the landmarks; a selector without a match says nothing."""
    warnings = []
    titles = next((found for selector in layout.title if (found := _select(document, selector))), [])
    if (
        titles
        and marks.title is not None
        and not any(_text(element) == marks.title for element in titles[:_MOST])
    ):
        warnings.append(f"title: layout {layout.name} has it elsewhere")
    bodies = next((found for selector in layout.body if (found := _select(document, selector))), [])
    if bodies and body:
        inside = set(bodies[:_MOST])
        held = sum(not inside.isdisjoint([line.block, *line.block.iterancestors()]) for line in body[:_MOST])
        if 2 * held < len(body[:_MOST]):
            warnings.append(f"body: layout {layout.name} has it elsewhere")
    return warnings


def _text(element: _Element) -> str:
    return squash(" ".join(element.itertext()))


def _select(document: Document, selector: str) -> list[_Element]:
    words, expression = _compile(selector)
    if not all(word in document.source for word in words):
        return []  # far cheaper than asking the tree: most selectors of a map fit no page of another dress
    found = expression(document.root)
    return found if isinstance(found, list) else []


@lru_cache(maxsize=512)
def _compile(selector: str) -> tuple[tuple[str, ...], etree.XPath]:
    words = tuple(first or second for first, second in _WORD.findall(selector))
    if " i]" in selector:
        words = ()
    return words, etree.XPath(HTMLTranslator().css_to_xpath(selector))
