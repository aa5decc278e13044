"""Addresses as linked: made absolute, and what they are for a story."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gzcrawler.portals import Portal
    from gzcrawler.readers.lines import Document

__all__ = ["Resolver", "is_file"]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_FILES = (".pdf", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".zip", ".rar", ".wps")
_CONTROL = re.compile(r"[\x00-\x20]+")


def is_file(url: str) -> bool:
    """Whether an address is that of a document for download."""
    path = url.partition("?")[0].partition("#")[0] if "?" in url or "#" in url else url
    return path.rstrip("\n").lower().endswith(_FILES) or "/attachment/" in path


class Resolver:
    """Makes the links of one page absolute."""

    def __init__(self, document: Document, portal: Portal, url: str) -> None:
        base = url
        if document.base:
            joined = _join(url, document.base.strip())
            if joined is not None and portal.address(joined) is not None:
                base = joined
        self._base = base
        parts = urlsplit(base)
        self._scheme = parts.scheme
        self._origin = f"{parts.scheme}://{parts.netloc}"
        path = parts.path.rpartition("/")[0]
        self._folder = f"{self._origin}{path}/"
        self._known = _rooted(self._origin)

    def absolute(self, href: str | None) -> str | None:
        """The address a link leads to; None for what leads nowhere: scripts, mail, places in the page."""
        if not href:
            return None
        href = href.strip()
        if href.startswith(("http://", "https://")):
            return href if " " not in href and "\n" not in href else _CONTROL.sub("", href)
        if not href or href[0] in "#":
            return None
        if href[0] == "/" and href[1:2] not in ("/", "\\") and "/." not in href and " " not in href:
            url = self._origin + href
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[href] = url
            return url
        if _SCHEME.match(href) and not href[:6].lower().startswith(("http:", "https:")):
            return None
        if (
            href[0].isalnum()
            and "/." not in href
            and "\n" not in href
            and " " not in href
            and "\\" not in href
        ):
            return self._folder + href
        return _join(self._base, _CONTROL.sub("", href))

    def all(self, hrefs: Iterable[str]) -> tuple[str, ...]:
        """Absolute addresses in order, each once."""
        absolute, known = self.absolute, self._known
        found = dict.fromkeys([known.get(href) or absolute(href) for href in dict.fromkeys(hrefs)])
        found.pop(None, None)
        return tuple(found)  # type: ignore[arg-type]  # None was taken out above


_REMEMBERED = 512
"""Links of an origin that are kept as they were found: those of menus and sliders come again on every page."""


@lru_cache(maxsize=16)
def _rooted(origin: str) -> dict[str, str]:
    """Links from the root of an origin, as written, and where they lead."""
    return {}


def _join(base: str, href: str) -> str | None:
    try:
        joined = urljoin(base, href)
        parts = urlsplit(joined)
    except ValueError:
        return None
    return joined if parts.scheme in ("http", "https") and parts.netloc else None
