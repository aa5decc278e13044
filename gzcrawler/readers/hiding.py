"""Which elements a page hides by what they say themselves; what a style sheet hides, nobody asks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["hidden_elements"]

_STYLES = etree.XPath("descendant-or-self::*/@style")
_MARKED = etree.XPath("descendant-or-self::*[@hidden]")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)


def hidden_elements(body: _Element, markup: bytes) -> set[_Element]:
    """Elements that their own style or attribute hides."""
    hiding = {style.getparent() for style in _STYLES(body) if _HIDDEN.search(style)}
    if b"hidden" in markup:
        hiding.update(_MARKED(body))
    return hiding
