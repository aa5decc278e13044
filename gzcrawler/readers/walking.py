"""One walk over a page's tree, from markup to lines, pictures, films and links."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from gzcrawler.errors import PageTooLargeError, UndecodableError
from gzcrawler.readers.lines import (
    BLOCKS,
    EMPHASIS,
    ROLES,
    SKIPPED,
    STRONG,
    Anchor,
    Document,
    Film,
    Line,
    Picture,
    squash,
)
from gzcrawler.readers.tables import read_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.etree import _Element

    from gzcrawler.readers.lines import Item, Piece

__all__ = ["walk"]

_MAX_DEPTH = 1_000
"""Nesting of blocks. Pages with an unclosed element in each paragraph reach some hundreds; libxml2
drops what is nested more than 2,048 deep, silently."""

_MAX_ITEMS = 200_000
"""Lines and pictures in one page; the longest list pages have some thousands."""

_STYLES = {"b": STRONG, "strong": STRONG, "em": EMPHASIS, "i": EMPHASIS}
_FILMS = ("video", "source", "iframe", "embed", "audio", "object")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_PLACEHOLDER = re.compile(
    r"^data:|/(?:blank|loading|lazy|placeholder|gr[ae]y|transparent|spacer)[\w-]*\.(?:gif|png|jpg|svg)", re.I
)
_LAZY = ("data-src", "data-original", "data-lazy-src", "data-url")


def walk(source: str, *, url: str) -> Document:
    """Read a page's tree once.

    Raises:
        UndecodableError: no markup at all.
        PageTooLargeError: nested or chopped beyond the bounds of linear reading.
    """
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root = etree.fromstring(source.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as fault:
        raise UndecodableError(f"{url}: no page: {fault.msg or 'no content'}") from fault
    if root is None:
        raise UndecodableError(f"{url}: no page: no content")
    steps = _Walk(url)
    body = root.find("body")
    steps.run(root if body is None else body)
    document = Document(root=root, source=source, items=steps.items, anchors=steps.anchors)
    _read_head(document)
    return document


def _read_head(document: Document) -> None:
    root, metas = document.root, document.metas
    for meta in root.iter("meta"):
        name, content = meta.get("name") or meta.get("property"), meta.get("content")
        if name and content:
            content = squash(content)
            if content:
                metas.setdefault(name.strip().lower(), content)
    for title in root.iter("title"):
        document.window_title = squash(title.text or "")
        break
    for base in root.iter("base"):
        document.base = base.get("href")
        break


class _Walk:
    """State of one walk; `run` fills `items` and `anchors`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.items: list[Item] = []
        self.anchors: list[Anchor] = []
        self.pieces: list[Piece] = []
        self.pending: list[Picture] = []
        self.style = 0
        self.anchor: Anchor | None = None
        self.anchored = False
        self.skipped = 0
        self.films = 0
        self.hidden = 0
        self.roles = ["p"]
        self.blocks: list[_Element] = []

    def run(self, body: _Element) -> None:
        """Walk without recursion: where an element ends is known from the next one's parent."""
        opened = _OPEN
        stack: list[tuple[_Element, str, object]] = []
        self.blocks.append(body)
        for element in body.iter():
            if stack:
                parent = element.getparent()
                while stack[-1][0] is not parent:
                    self._leave(*stack.pop())
            tag = element.tag
            handler = opened.get(tag)
            state = handler(self, element) if handler is not None else None
            text = element.text
            if text and not self.skipped and (self.pieces or not text.isspace()):
                self.pieces.append((text, self.style, self.anchor))
            stack.append((element, tag, state))
        while len(stack) > 1:
            self._leave(*stack.pop())
        self.flush()

    def _leave(self, element: _Element, tag: str, state: object) -> None:
        closer = _CLOSE.get(tag)
        if closer is not None:
            closer(self, state)
        tail = element.tail
        if tail and not self.skipped and (self.pieces or not tail.isspace()):
            self.pieces.append((tail, self.style, self.anchor))

    def flush(self) -> None:
        """End the line that is being read."""
        pieces = self.pieces
        if pieces:
            self.pieces = []
            text = squash(pieces[0][0] if len(pieces) == 1 else "".join([piece[0] for piece in pieces]))
            if text:
                anchored = self.anchored and any([piece[2] is not None for piece in pieces])
                self.items.append(
                    Line(text, pieces, self.roles[-1], self.blocks[-1], self.hidden > 0, anchored)
                )
            self.anchored = self.anchor is not None
        if self.pending:
            self.items += self.pending
            self.pending = []
        if len(self.items) > _MAX_ITEMS:
            raise PageTooLargeError(f"{self.url}: more than {_MAX_ITEMS} lines")

    def open_block(self, element: _Element) -> bool:
        """End the line before; whether the block is hidden."""
        if self.pieces or self.pending:
            self.flush()
        blocks = self.blocks
        blocks.append(element)
        if len(blocks) > _MAX_DEPTH:
            raise PageTooLargeError(f"{self.url}: nested more than {_MAX_DEPTH} deep")
        if element.attrib:
            style = element.get("style")
            if (style and _HIDDEN.search(style)) or element.get("hidden") is not None:
                self.hidden += 1
                return True
        return False

    def close_block(self, hidden: object) -> None:
        """End the line of the block."""
        if self.pieces or self.pending:
            self.flush()
        self.blocks.pop()
        if hidden:
            self.hidden -= 1

    def open_role(self, element: _Element) -> bool:
        """Begin a heading, list item, quotation …"""
        hidden = self.open_block(element)
        self.roles.append(element.tag)
        return hidden

    def close_role(self, hidden: object) -> None:
        """End it."""
        self.close_block(hidden)
        self.roles.pop()

    def open_table(self, element: _Element) -> tuple[bool, bool]:
        """Read a table of data at once; its elements are passed over then."""
        hidden = self.open_block(element)
        rows = None if self.skipped else read_rows(element, hidden=self.hidden > 0)
        if rows is not None:
            self.items += rows
            self.skipped += 1
        return hidden, rows is not None

    def close_table(self, state: object) -> None:
        """End it."""
        hidden, read = state if isinstance(state, tuple) else (False, False)
        if read:
            self.skipped -= 1
        self.close_block(hidden)

    def open_skipped(self, element: _Element) -> bool:
        """Pass over an element without text of the page's own."""
        self.skipped += 1
        return True

    def open_span(self, element: _Element) -> bool:
        """Pass over an inline element that is hidden."""
        if element.attrib and _HIDDEN.search(element.get("style") or ""):
            self.skipped += 1
            return True
        return False

    def close_skipped(self, skipped: object) -> None:
        """Read on."""
        if skipped:
            self.skipped -= 1

    def open_style(self, element: _Element) -> int:
        """Begin strong or emphasized text."""
        before = self.style
        self.style = before | _STYLES[element.tag]
        return before

    def close_style(self, before: object) -> None:
        """End it."""
        self.style = before if isinstance(before, int) else 0

    def open_anchor(self, element: _Element) -> Anchor | None:
        """Begin a link."""
        before = self.anchor
        self.anchor = Anchor.of(element)
        self.anchored = True
        self.anchors.append(self.anchor)
        return before

    def close_anchor(self, before: object) -> None:
        """End it."""
        self.anchor = before if isinstance(before, Anchor) else None

    def open_break(self, element: _Element) -> None:
        """End the line."""
        self.flush()

    def open_image(self, element: _Element) -> None:
        """Place a picture: after the line whose text has begun, else here."""
        src = None if self.skipped else _image_address(element)
        if src:
            hidden = self.hidden > 0 or bool(_HIDDEN.search(element.get("style") or ""))
            picture = Picture(src, element, self.blocks[-1], self.anchor, hidden)
            written = any([not piece[0].isspace() for piece in self.pieces])
            (self.pending if written else self.items).append(picture)

    def open_film(self, element: _Element) -> None:
        """Place a film, and pass over the text that stands in for it."""
        self.flush()
        src = _film_address(element)
        if src and self.skipped == self.films:
            self.items.append(Film(src, self.blocks[-1], self.hidden > 0))
        self.skipped += 1
        self.films += 1

    def close_film(self, _: object) -> None:
        """End what stands in for it."""
        self.skipped -= 1
        self.films -= 1


_OPEN: dict[str, Callable[[_Walk, _Element], object]] = dict.fromkeys(BLOCKS, _Walk.open_block)
_OPEN |= dict.fromkeys(ROLES, _Walk.open_role)
_OPEN |= dict.fromkeys(SKIPPED, _Walk.open_skipped)
_OPEN |= dict.fromkeys(("span", "font", "label"), _Walk.open_span)
_OPEN |= dict.fromkeys(_STYLES, _Walk.open_style)
_OPEN |= dict.fromkeys(_FILMS, _Walk.open_film)
_OPEN |= dict.fromkeys(("br", "hr"), _Walk.open_break)
_OPEN |= {"a": _Walk.open_anchor, "img": _Walk.open_image, "table": _Walk.open_table}
_CLOSE: dict[str, Callable[[_Walk, object], None]] = dict.fromkeys(BLOCKS, _Walk.close_block)
_CLOSE |= dict.fromkeys(ROLES, _Walk.close_role)
_CLOSE |= dict.fromkeys((*SKIPPED, "span", "font", "label"), _Walk.close_skipped)
_CLOSE |= dict.fromkeys(_STYLES, _Walk.close_style)
_CLOSE |= dict.fromkeys(_FILMS, _Walk.close_film)
_CLOSE |= {"a": _Walk.close_anchor, "table": _Walk.close_table}


def _image_address(element: _Element) -> str | None:
    """Where the picture is; lazily loaded ones say it in another attribute."""
    src = (element.get("src") or "").strip()
    if not src or _PLACEHOLDER.search(src):
        for name in _LAZY:
            lazy = (element.get(name) or "").strip()
            if lazy:
                return lazy
        return None if src.startswith("data:") else src or None
    return src


def _film_address(element: _Element) -> str | None:
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
