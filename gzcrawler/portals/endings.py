"""Endings: what a path promises by its last piece alone, on any portal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gzcrawler.portals.model import AddressKind

__all__ = ["as_folder", "is_template", "looks_like_page", "own_kind"]

_PAGE_BEFORE = re.compile(r"\.s?html?/\Z", re.I)
_INDEX = re.compile(r"m?index\.s?html?", re.IGNORECASE)
_PAGE = re.compile(r"(?:/|\.s?html?|\.(?:php|aspx?|jsp|do))\Z", re.IGNORECASE)
_TEMPLATE = re.compile(r"\.(?:css|js|mjs|json|map|ico|cur|woff2?|ttf|eot|otf|swf|xsl)\Z", re.IGNORECASE)
_FEED = re.compile(
    r"(?:/(?:rss|atom|feed)(?:\.(?:xml|rdf|aspx?|php))?|\.(?:rss|atom|rdf))/?\Z", re.IGNORECASE
)
_SITEMAP = re.compile(r"/sitemap[A-Za-z0-9_.\-]*\.(?:xml|xml\.gz|txt)\Z", re.IGNORECASE)


def as_folder(path: str) -> str | None:
    """The folder that a path names, with its slash: ``/a``, ``/a/``, ``/a/index.html``; None for a file.

    What looks like a page is no folder, whatever stands after it: ``/a.htm/index.html``.
    """
    last = path[path.rfind("/") + 1 :]
    if not last:
        return path
    if "." not in last:
        return path + "/"
    if not _INDEX.fullmatch(last) or _PAGE_BEFORE.search(path[: -len(last)]):
        return None
    return path[: -len(last)]


def own_kind(path: str) -> AddressKind | None:
    """``robots``, ``sitemap`` or ``feed``: files that speak for the one host they stand on."""
    if path == "/robots.txt":
        return "robots"
    if _SITEMAP.search(path):
        return "sitemap"
    return "feed" if _FEED.search(path) else None


def looks_like_page(path: str) -> bool:
    """Whether the path ends as a page does; everything else is a file."""
    return _PAGE.search(path) is not None


def is_template(path: str) -> bool:
    """Whether a file is part of the page template by its ending: style, script, icon, font."""
    return _TEMPLATE.search(path) is not None
