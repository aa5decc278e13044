"""Menus: lists of bare links, which are most of a page's elements and are read in one step."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from lxml import etree

from gzcrawler.readers.lines import Line, squash

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["read_menu"]

_TEXTS = etree.XPath("descendant::text()", smart_strings=False)
_squash = lru_cache(maxsize=4096)(squash)  # the entries of a menu come again on every page


def read_menu(element: _Element, number: int, hiding: set[_Element], *, hidden: bool) -> list[Line] | None:
    """The lines of a ``<ul>`` whose items are each a link with a text and nothing else; None for any other.

    Args:
        element: the list.
        number: its own, in the order of the page.
        hiding: elements that are hidden by what they say themselves.
        hidden: whether it stands in a hidden part.
    """
    count = len(element)
    below = list(islice(element.iterdescendants(), 2 * count + 1))  # no more: lists stand in lists
    items, links = below[::2], below[1::2]
    if len(items) != count or len(links) != count:
        return None
    if hiding and not hiding.isdisjoint(below):
        return None
    if [link.getparent() for link in links] != items:
        return None
    if {link.tag for link in links} != _LINK or {item.tag for item in items} != _ITEM:
        return None
    texts = [link.text for link in links]
    if [text for text in _TEXTS(element) if not text.isspace()] != texts:
        return None
    return [
        Line(_squash(text), [(text, 0, link)], "li", item, number + 1 + 2 * place, hidden, [link])
        for place, (text, link, item) in enumerate(zip(texts, links, items, strict=True))
    ]


_LINK, _ITEM = {"a"}, {"li"}
