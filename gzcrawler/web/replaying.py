"""A captured page as it may be shown again: nothing of it runs, and every address leads into the archive or nowhere. Pure.

The Content-Security-Policy of the frame holds the same; this is the second of two locks, and it keeps the page from looking for
what it cannot have.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import urljoin

from lxml import etree

from gzcrawler.readers.markup import parse_markup

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.etree import _Element

__all__ = ["Target", "Targets", "replay_html"]

_DROPPED = ("script", "base", "meta", "frame")
_UNWRAPPED = ("iframe", "frameset", "object", "embed", "applet", "portal", "template")
_PICTURE_ATTRIBUTES = ("src", "poster", "background", "data-src", "data-original")
_LAZY = ("data-src", "data-original")
"""Where pages keep a picture's address until script puts it in its place."""
_CSS_URL = re.compile(r"""url\(\s*(?:"([^"]*)"|'([^']*)'|([^)"']*))\s*\)""", re.IGNORECASE)
_CSS_IMPORT = re.compile(r"@import\b[^;]*;?", re.IGNORECASE)
_NOTHING = "data:,"


class Target(NamedTuple):
    """Where a link of a captured page leads."""

    address: str | None
    """In the archive; None where it has nothing there."""
    withdrawn: bool = False
    """Was it withdrawn, so that its name is not to be shown?"""


class Targets(Protocol):
    """What the archive has at the addresses of a page."""

    def pages(self, urls: Iterable[str]) -> dict[str, Target]:
        """Of pages, each by its absolute address."""

    def pictures(self, urls: Iterable[str]) -> dict[str, str]:
        """Where pictures are shown, by absolute address; without those that it has not."""

    def style(self, url: str) -> str | None:
        """The text of a style sheet."""


def replay_html(markup: bytes, *, url: str, targets: Targets, withdrawn: str) -> bytes:
    """The page, its addresses rewritten.

    Args:
        markup: in UTF-8.
        url: the address that it was captured at.
        targets: what the archive has.
        withdrawn: what stands in the place of the name of a withdrawn page.

    Raises:
        ReadingError: it is no markup, or beyond the bounds of what is read.
    """
    root = parse_markup(markup, url=url)
    base = next((urljoin(url, found) for found in root.xpath("//base/@href")), url)
    _use_styles(root, base, targets)
    for element in list(root.iter(*_DROPPED)):
        _remove(element)
    for element in list(root.iter(*_UNWRAPPED)):
        _unwrap(element)
    for element in root.iter("*"):
        for name in list(element.attrib):
            if str(name).lower().startswith("on") or name in (
                "autofocus",
                "srcset",
                "ping",
                "action",
                "formaction",
                "integrity",
            ):
                del element.attrib[name]
    _use_pictures(root, base, targets)
    _use_links(root, base, targets, withdrawn)
    head = root.find("head")
    if head is not None:
        charset = etree.Element("meta")
        charset.set("charset", "utf-8")
        head.insert(0, charset)
    doctype = root.getroottree().docinfo.doctype
    page: bytes = etree.tostring(root, method="html", encoding="utf-8", doctype=doctype or None)
    return page


def _use_styles(root: _Element, base: str, targets: Targets) -> None:
    """Style sheets that the archive has stand in the page itself; the others are left out."""
    for style in root.iter("style"):
        style.text = _use_css(style.text or "", base, targets)
    for element in root.xpath("//*[@style]"):
        element.set("style", _use_css(element.get("style", ""), base, targets))
    for link in list(root.iter("link")):
        sheet = None
        if "stylesheet" in (link.get("rel") or "").lower().split() and link.get("href"):
            address = _absolute(base, link.get("href", ""))
            sheet = targets.style(address) if address else None
            if sheet is not None and address is not None:
                style = etree.Element("style")
                style.text = _use_css(sheet, address, targets)
                link.addprevious(style)
        _unwrap(link)


def _use_css(sheet: str, base: str, targets: Targets) -> str:
    sheet = _CSS_IMPORT.sub("", sheet)
    written = {next(filter(None, found), "") for found in _CSS_URL.findall(sheet)}
    absolute = {one: _absolute(base, one.strip()) for one in written if not one.startswith("data:image/")}
    pictures = targets.pictures(url for url in absolute.values() if url)

    def replaced(found: re.Match[str]) -> str:
        one = next(filter(None, found.groups()), "")
        if one not in absolute:
            return found[0]
        return f'url("{pictures.get(absolute[one] or "", _NOTHING)}")'

    # A sheet that ends the element it stands in would be markup again.
    return _CSS_URL.sub(replaced, sheet).replace("</", r"<\/")


def _use_pictures(root: _Element, base: str, targets: Targets) -> None:
    places = []
    for element in root.iter("*"):
        for name in _PICTURE_ATTRIBUTES:
            value = element.get(name)
            if value is not None and not value.startswith("data:image/"):
                places.append((element, name, _absolute(base, value)))
    shown = targets.pictures(url for _, _, url in places if url)
    for element, name, url in places:
        address = shown.get(url or "")
        del element.attrib[name]
        if address is not None and (name not in _LAZY or element.get("src") is None):
            element.set("src" if name in _LAZY else name, address)


def _use_links(root: _Element, base: str, targets: Targets, withdrawn: str) -> None:
    places = [(link, _absolute(base, link.get("href", ""))) for link in root.xpath("//*[@href]")]
    known = targets.pages({url for _, url in places if url})
    for link, url in places:
        written = link.get("href", "")
        del link.attrib["href"]
        link.attrib.pop("target", None)
        target = known.get(url or "")
        if written.startswith("#"):
            link.set("href", written)
        elif target is not None and target.withdrawn:
            link.attrib.pop("title", None)
            for child in list(link):
                link.remove(child)
            link.text = withdrawn
        elif target is not None and target.address is not None:
            link.set("href", target.address)
            link.set("target", "_top")
        elif url is not None:
            link.set("title", url)


def _absolute(base: str, address: str) -> str | None:
    """An absolute web address without its fragment; None where it is none."""
    try:
        joined = urljoin(base, address.strip()).partition("#")[0]
    except ValueError:
        return None
    return joined if joined.startswith(("http://", "https://")) else None


def _remove(element: _Element) -> None:
    """Take an element out with all that is in it, and leave the text behind it."""
    parent = element.getparent()
    if parent is None:
        return
    _put_before(element, element.tail)
    parent.remove(element)


def _unwrap(element: _Element) -> None:
    """Take an element out, and leave what is in it; libxml2 puts the rest of a page into one that is never closed."""
    parent = element.getparent()
    if parent is None:
        return
    _put_before(element, element.text)
    for child in list(element):
        element.addprevious(child)
    _put_before(element, element.tail)
    element.tail = None
    parent.remove(element)


def _put_before(element: _Element, text: str | None) -> None:
    before = element.getprevious()
    parent = element.getparent()
    if not text or parent is None:
        return
    if before is not None:
        before.tail = (before.tail or "") + text
    else:
        parent.text = (parent.text or "") + text
