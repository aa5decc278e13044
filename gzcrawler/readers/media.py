"""Where a picture or a film is: the attribute that says it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["film_address", "image_address", "is_picture_form"]

_PLACEHOLDER = re.compile(
    r"^data:|/(?:blank|loading|lazy|placeholder|gr[ae]y|transparent|spacer)[\w-]*\.(?:gif|png|jpg|svg)", re.I
)
_LAZY = ("data-src", "data-original", "data-lazy-src", "data-url")


def image_address(element: _Element) -> str | None:
    """Where the picture is; lazily loaded ones say it in another attribute."""
    src = (element.get("src") or "").strip()
    if not src or _PLACEHOLDER.search(src):
        for name in _LAZY:
            lazy = (element.get(name) or "").strip()
            if lazy:
                return lazy
        return None if src.startswith("data:") else src or None
    return src


def is_picture_form(element: _Element) -> bool:
    """Whether a film's element is another form of a picture, which libxml2 puts inside of it."""
    parent = element.getparent()
    return element.tag == "source" and parent is not None and parent.tag == "picture"


def film_address(element: _Element) -> str | None:
    """Where the film is; None for sound, and for a second form of the same film."""
    tag = element.tag
    parent = element.getparent()
    if tag in ("source", "embed") and parent is not None:
        before = element.getprevious()
        if parent.tag in ("audio", "picture") or parent.get("src") or parent.get("data"):
            return None
        if before is not None and before.tag == tag:
            return None
    src = element.get("data") if tag == "object" else element.get("src")
    return None if tag == "audio" or not src else src.strip() or None
