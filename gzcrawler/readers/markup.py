"""From a page's markup to its tree: what would take more than linear time is refused, what no reader asks is left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from gzcrawler.errors import PageTooLargeError, UndecodableError

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["parse_markup", "without_styles"]

_MAX_ATTRIBUTES = 1_000
"""Attributes of one element: libxml2 compares each with all before it, in quadratic time."""
_UNCHECKED = 100_000
"""Bytes. No page below this can hold enough attributes to matter."""
_LONG_TAG = re.compile(rb"<[A-Za-z][^<>]{20000,}")

_PARSER = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)


def parse_markup(markup: bytes, *, url: str) -> _Element:
    """The root of a page's tree, comments left out.

    Args:
        markup: in UTF-8.
        url: its address, for messages.

    Raises:
        UndecodableError: no markup at all.
        PageTooLargeError: an element with too many attributes.
    """
    if len(markup) > _UNCHECKED:
        for tag in _LONG_TAG.finditer(markup):
            if max(tag[0].count(b"="), len(tag[0].split())) > _MAX_ATTRIBUTES:
                raise PageTooLargeError(f"{url}: an element of more than {_MAX_ATTRIBUTES} attributes")
    try:
        root = etree.fromstring(markup, _PARSER)
    except etree.XMLSyntaxError as fault:
        raise UndecodableError(f"{url}: no page: {fault.msg or 'no content'}") from fault
    if root is None:
        raise UndecodableError(f"{url}: no page: no content")
    return root


def without_styles(source: bytes) -> bytes:
    """A page's markup with the style sheets of its head empty: half of its bytes, and read by nobody.

    What a comment may hold stays as it is.
    """
    kept: list[bytes] = []
    start = 0
    opening = source.find(b"<style", 0, _HEAD)
    while opening >= 0:
        inside = source.find(b">", opening) + 1
        end = source.find(b"<", inside)
        comment = source.rfind(b"<!--", start, opening)
        if (
            not inside
            or source.find(b"<body", start, opening) >= 0
            or not source.startswith(b"</style", end)
            or (comment >= 0 and source.find(b"-->", comment, opening) < 0)
        ):
            break
        kept.append(source[start:inside])
        start = end
        opening = source.find(b"<style", end, end + _HEAD)
    kept.append(source[start:])
    return b"".join(kept)


_HEAD = 4096
"""Bytes within which a style sheet is looked for, from the page's first byte and from the sheet before."""
