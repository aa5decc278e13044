"""One walk over a page's tree, from markup to lines, pictures, films and links."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any

from lxml import etree

from gzcrawler.errors import PageTooLargeError, UndecodableError
from gzcrawler.readers.lines import (
    BLOCKS,
    ROLES,
    SKIPPED,
    STYLES,
    Anchor,
    Document,
    Film,
    Line,
    Picture,
    squash,
)
from gzcrawler.readers.tables import read_rows

if TYPE_CHECKING:
    from lxml.etree import _Element

    from gzcrawler.readers.lines import Item, Piece

__all__ = ["walk"]

_MAX_DEPTH = 1_000
"""Nesting of blocks. Pages with an unclosed element in each paragraph reach some hundreds; libxml2
drops what is nested more than 2,048 deep, silently."""

_MAX_ATTRIBUTES = 1_000
"""Attributes of one element: libxml2 compares each with all before it, in quadratic time."""
_UNCHECKED = 100_000
"""Bytes. No page below this can hold enough attributes to matter."""
_LONG_TAG = re.compile(rb"<[A-Za-z][^<>]{20000,}")

_MAX_ITEMS = 200_000
"""Lines and pictures in one page; the longest list pages have some thousands."""

_PARSER = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)

_PLACEHOLDER = re.compile(
    r"^data:|/(?:blank|loading|lazy|placeholder|gr[ae]y|transparent|spacer)[\w-]*\.(?:gif|png|jpg|svg)", re.I
)
_LAZY = ("data-src", "data-original", "data-lazy-src", "data-url")


def walk(source: bytes, *, url: str) -> Document:
    """Read a page's tree once.

    Args:
        source: its markup, in UTF-8.
        url: its address, for messages.

    Raises:
        UndecodableError: no markup at all.
        PageTooLargeError: nested or chopped beyond the bounds of linear reading.
    """
    if len(source) > _UNCHECKED:
        for tag in _LONG_TAG.finditer(source):
            if max(tag[0].count(b"="), len(tag[0].split())) > _MAX_ATTRIBUTES:
                raise PageTooLargeError(f"{url}: an element of more than {_MAX_ATTRIBUTES} attributes")
    try:
        root = etree.fromstring(source, _PARSER)
    except etree.XMLSyntaxError as fault:
        raise UndecodableError(f"{url}: no page: {fault.msg or 'no content'}") from fault
    if root is None:
        raise UndecodableError(f"{url}: no page: no content")
    steps = _Walk(url)
    body = root.find("body")
    if body is None:
        body = root
    steps.run(body, _hiding(body, source))
    document = Document(root=root, source=source, items=steps.items, anchors=steps.anchors)
    _read_head(document)
    return document


def _hiding(body: _Element, source: bytes) -> set[_Element]:
    """Elements that their own style or attribute hides."""
    start = max(0, source.find(b"<body"))
    if (
        source.find(b"none", start) < 0
        and source.find(b"idden", start) < 0
        and source.find(b"NONE", start) < 0
    ):
        return set()  # asking the tree costs a tenth of a page's reading
    hiding = {element for element in _STYLED(body) if _HIDDEN.search(element.get("style"))}
    if source.find(b" hidden", start) >= 0 or source.find(b"\nhidden", start) >= 0:
        hiding.update(_MARKED(body))
    return hiding


def _read_head(document: Document) -> None:
    root, metas = document.root, document.metas
    head = root.find("head")
    if head is None or document.source.count(b"<meta") != sum(1 for _ in head.iterchildren("meta")):
        head = root  # a stray element in the head ends it, and leaves the rest to the body
    for element in head.iter("meta", "title", "base"):
        if element.tag == "title":
            document.window_title = document.window_title or squash(element.text or "")
        elif element.tag == "base":
            document.base = document.base or element.get("href")
        else:
            content = element.get("content")
            name = content and (element.get("name") or element.get("property"))
            if content and name:
                metas.setdefault(name.strip().lower(), squash(content))


class _Walk:
    """One walk; `run` fills `items` and `anchors`."""

    __slots__ = ("anchors", "items", "pending", "url")

    def __init__(self, url: str) -> None:
        self.url = url
        self.items: list[Item] = []
        self.anchors: list[Anchor] = []
        self.pending: list[Picture] = []
        """Pictures that stand after the line whose text has begun."""

    def run(self, body: _Element, hiding: set[_Element]) -> None:  # noqa: C901 - one loop: calls for each element cost twice the time
        """Walk without recursion: where an element ends is known from the next one's parent."""
        actions, roles, flush = _ACTIONS, ROLES, self.flush
        pieces: list[Piece] = []
        anchor: Anchor | None = None
        block, role, hidden, style, skipped, films = body, "p", body in hiding, 0, 0, 0
        stack: list[tuple[_Element, int, Any]] = []
        push, pop = stack.append, stack.pop
        top = body
        if body.text is not None:
            pieces.append((body.text, style, anchor))
        for element in chain(body.iterdescendants(), (_END,)):
            parent = element.getparent()
            while top is not parent and stack:
                closed, action, before = pop()
                if action == _BLOCK:
                    if pieces or self.pending:
                        flush(pieces, role, block, hidden)
                        pieces = []
                    block, role, hidden, skipped = before
                elif action == _ANCHOR:
                    anchor = before
                elif action == _STYLE:
                    style = before
                elif action:
                    skipped, films = before
                top = stack[-1][0] if stack else body
                text = closed.tail
                if text is not None and not skipped and (pieces or not text.isspace()):
                    pieces.append((text, style, anchor))
            tag = element.tag
            action = actions.get(tag, 0)
            before = None
            if action == _BLOCK:
                if pieces or self.pending:
                    flush(pieces, role, block, hidden)
                    pieces = []
                before = (block, role, hidden, skipped)
                block = element
                if hiding and element in hiding:
                    hidden = True
                if tag in roles:
                    role = tag
                elif tag == "table" and not skipped:
                    rows = read_rows(element, hidden=hidden)
                    if rows is not None:
                        self.items += rows
                        skipped = 1
            elif action == _ANCHOR:
                before = anchor
                anchor = Anchor(element.get("href"), element)
                self.anchors.append(anchor)
            elif action == _STYLE:
                before = style
                style |= STYLES[tag]
            elif action == _BREAK:
                flush(pieces, role, block, hidden)
                pieces = []
                action = 0
            elif action == _PICTURE:
                if not skipped:
                    self._place(element, block, anchor, pieces, hidden or element in hiding)
                action = 0
            elif action == _FILM:
                flush(pieces, role, block, hidden)
                pieces = []
                before = (skipped, films)
                if skipped == films:
                    self._place_film(element, block, hidden)
                skipped += 1
                films += 1
            elif action == _SKIP or (hiding and element in hiding):
                action = _SKIP
                before = (skipped, films)
                skipped += 1
            text = None if skipped else element.text
            if text is not None and (pieces or not text.isspace()):
                pieces.append((text, style, anchor))
            push((element, action, before))
            top = element
            if len(stack) > _MAX_DEPTH:
                raise PageTooLargeError(f"{self.url}: nested more than {_MAX_DEPTH} deep")
        flush(pieces, role, block, hidden)

    def flush(self, pieces: list[Piece], role: str, block: _Element, hidden: bool) -> None:
        """End the line that has been read."""
        items = self.items
        if pieces:
            if len(pieces) == 1:
                text, _, anchor = pieces[0]
                anchors = _NONE if anchor is None else [anchor]
            else:
                text = "".join([piece[0] for piece in pieces])
                anchors = list(dict.fromkeys([piece[2] for piece in pieces if piece[2] is not None]))
            text = squash(text)
            if text:
                items.append(Line(text, pieces, role, block, hidden, anchors))
        if self.pending:
            items += self.pending
            self.pending = []
        if len(items) > _MAX_ITEMS:
            raise PageTooLargeError(f"{self.url}: more than {_MAX_ITEMS} lines and pictures")

    def _place_film(self, element: _Element, block: _Element, hidden: bool) -> None:
        src = _film_address(element)
        if src:
            self.items.append(Film(src, block, hidden))

    def _place(
        self, element: _Element, block: _Element, anchor: Anchor | None, pieces: list[Piece], hidden: bool
    ) -> None:
        """Place a picture: after the line whose text has begun, else here."""
        src = _image_address(element)
        if src:
            picture = Picture(src, element, block, anchor, hidden)
            written = any(not piece[0].isspace() for piece in pieces)
            (self.pending if written else self.items).append(picture)


_NONE: list[Anchor] = []
_END = etree.Element("end")
"""Stands after the last element of a page, so that all are closed."""
_STYLED = etree.XPath("descendant-or-self::*[@style]")
_MARKED = etree.XPath("descendant-or-self::*[@hidden]")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)

_BLOCK, _ANCHOR, _STYLE, _BREAK, _PICTURE, _FILM, _SKIP = range(1, 8)
_ACTIONS = (
    dict.fromkeys(BLOCKS, _BLOCK)
    | dict.fromkeys(SKIPPED, _SKIP)
    | dict.fromkeys(STYLES, _STYLE)
    | dict.fromkeys(("video", "source", "iframe", "embed", "audio", "object"), _FILM)
    | {"br": _BREAK, "hr": _BREAK, "a": _ANCHOR, "img": _PICTURE}
)


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
