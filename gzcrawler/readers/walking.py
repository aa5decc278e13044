"""One walk over a page's tree: its lines of text, pictures, films and links, in visible order.

A *line* is what a browser would set apart: it ends with its block element or at a ``<br>``, so that
``<p>`` and ``<div>`` with ``<br>``, and any number of wrappers, give the same lines.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lxml import etree

from gzcrawler.errors import PageTooLargeError, UndecodableError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Anchor", "Document", "Film", "Line", "Picture", "squash", "walk"]

STRONG, EMPHASIS = 1, 2

_MAX_DEPTH = 2_000
"""Nesting beyond which libxml2 drops content silently (its limit is 2,048 elements)."""

_MAX_LINES = 200_000
"""Lines and pictures in one page; the longest list pages have some thousands."""

_PARSER = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_ROLES = (*_HEADINGS, "li", "blockquote", "figcaption", "nav", "footer", "dt", "dd", "pre", "caption")
_PLAIN_BLOCKS = (
    "div", "p", "section", "article", "main", "header", "aside", "figure", "center", "form", "address",
    "fieldset", "legend", "ul", "ol", "dl", "menu", "hgroup", "tbody", "thead", "tfoot", "tr",
    "td", "th", "details", "summary", "dir", "body", "html", "search", "dialog",
)  # fmt: skip
_SKIPPED = (
    "script", "style", "noscript", "template", "select", "option", "datalist", "svg", "math", "button",
    "textarea", "title", "head", "canvas", "map", "noframes", "rp", "rt",
)  # fmt: skip
_FILMS = ("video", "source", "iframe", "embed", "audio", "object")

_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")


def squash(text: str) -> str:
    """Text with every run of white space as one blank, NFC, without zero-width characters."""
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
        if not unicodedata.is_normalized("NFC", text):
            text = unicodedata.normalize("NFC", text)
    return " ".join(text.split())


@dataclass(slots=True, eq=False)
class Anchor:
    """A link: where it leads, as written, and its ``title`` attribute."""

    href: str | None
    title: str | None
    classes: str


Piece = tuple[str, int, "Anchor | None"]
"""Text as in the source, its style bits, and the link it stands in."""


@dataclass(slots=True, eq=False)
class Line:
    """One block of text: what stands between two breaks."""

    text: str
    pieces: list[Piece]
    role: str
    """Innermost heading, list item, quotation … it stands in; ``p`` for plain text, ``tr`` for a row."""
    block: etree._Element
    """Innermost block element."""
    hidden: bool = False
    cells: list[list[Piece]] | None = None
    """Pieces of each cell, for a row of a data table."""

    @property
    def anchors(self) -> list[Anchor]:
        """Links of the line in order, each once."""
        return list(dict.fromkeys(piece[2] for piece in self.pieces if piece[2] is not None))

    @property
    def linked(self) -> bool:
        """Whether all its text stands in links."""
        return all(anchor is not None for text, _, anchor in self.pieces if not text.isspace())


@dataclass(slots=True, eq=False)
class Picture:
    """An ``<img>``: its address as written, and what tells story pictures from template art."""

    src: str
    element: etree._Element
    block: etree._Element
    anchor: Anchor | None = None
    hidden: bool = False


@dataclass(slots=True, eq=False)
class Film:
    """A video or player."""

    src: str
    block: etree._Element
    hidden: bool = False


Item = Line | Picture | Film


@dataclass(slots=True)
class Document:
    """A page as its readers need it."""

    root: etree._Element
    items: list[Item]
    anchors: list[Anchor]
    """All links of the page in order, those of hidden parts too."""
    metas: dict[str, str] = field(default_factory=dict)
    """Content by lower-case name; the first that has one."""
    window_title: str = ""
    base: str | None = None
    language: str | None = None


def walk(text: str, *, url: str) -> Document:
    """Read a page's tree once.

    Raises:
        UndecodableError: no markup at all.
        PageTooLargeError: nested or chopped beyond the bounds of linear reading.
    """
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), _PARSER)
    except etree.XMLSyntaxError as fault:
        raise UndecodableError(f"{url}: {fault.msg or 'an empty page'}") from fault
    if root is None:
        raise UndecodableError(f"{url}: an empty page")
    steps = _Walk(url)
    body = root.find("body")
    steps.run(root if body is None else body)
    document = Document(root=root, items=steps.items, anchors=steps.anchors)
    _read_head(document)
    return document


def _read_head(document: Document) -> None:
    root = document.root
    for meta in root.iter("meta"):
        name, content = meta.get("name"), meta.get("content")
        if name and content:
            content = squash(content)
            if content:
                document.metas.setdefault(name.strip().lower(), content)
    for title in root.iter("title"):
        document.window_title = squash(title.text or "")
        break
    for base in root.iter("base"):
        document.base = base.get("href")
        break
    document.language = root.get("lang")


class _Walk:
    """State of one walk; `run` fills `items` and `anchors`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.items: list[Item] = []
        self.anchors: list[Anchor] = []
        self.pieces: list[Piece] = []
        self.pending: list[Picture | Film] = []
        self.style = 0
        self.anchor: Anchor | None = None
        self.skipped = 0
        self.hidden = 0
        self.roles = ["p"]
        self.blocks: list[etree._Element] = []
        self.open: dict[str, Callable[[etree._Element], object]] = {}
        self.close: dict[str, Callable[[etree._Element, object], None]] = {}
        self._register()

    def _register(self) -> None:
        opened, closed = self.open, self.close
        for tag in _PLAIN_BLOCKS:
            opened[tag], closed[tag] = self._open_block, self._close_block
        for tag in _ROLES:
            opened[tag], closed[tag] = self._open_role, self._close_role
        for tag in _SKIPPED:
            opened[tag], closed[tag] = self._open_skipped, self._close_skipped
        for tag in _FILMS:
            opened[tag], closed[tag] = self._open_film, self._close_film
        for tag, bit in (("b", STRONG), ("strong", STRONG), ("em", EMPHASIS), ("i", EMPHASIS)):
            opened[tag], closed[tag] = (lambda _, bit=bit: self._open_style(bit)), self._close_style
        opened["table"], closed["table"] = self._open_table, self._close_table
        for tag in ("span", "font", "label"):
            opened[tag], closed[tag] = self._open_span, self._close_span
        opened["a"], closed["a"] = self._open_anchor, self._close_anchor
        opened["img"] = self._open_image
        opened["br"] = opened["hr"] = lambda _: self.flush()

    def run(self, body: etree._Element) -> None:
        """Walk the tree without recursion: ends are known from each next element's parent."""
        pieces_isspace = str.isspace
        opened, closed = self.open, self.close
        stack: list[tuple[etree._Element, str, object]] = []
        self.blocks.append(body)
        for element in body.iter():
            if stack:
                parent = element.getparent()
                while stack[-1][0] is not parent:
                    self._leave(*stack.pop())
            tag = element.tag
            handler = opened.get(tag)
            state = handler(element) if handler is not None else None
            text = element.text
            if text and not self.skipped and (self.pieces or not pieces_isspace(text)):
                self.pieces.append((text, self.style, self.anchor))
            stack.append((element, tag, state))
        while len(stack) > 1:
            self._leave(*stack.pop())
        self.flush()

    def _leave(self, element: etree._Element, tag: str, state: object) -> None:
        closer = self.close.get(tag)
        if closer is not None:
            closer(element, state)
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
                self.items.append(Line(text, pieces, self.roles[-1], self.blocks[-1], self.hidden > 0))
        if self.pending:
            self.items += self.pending
            self.pending = []
        if len(self.items) > _MAX_LINES:
            raise PageTooLargeError(f"{self.url}: more than {_MAX_LINES} lines")

    def _open_block(self, element: etree._Element) -> object:
        self.flush()
        blocks = self.blocks
        blocks.append(element)
        if len(blocks) > _MAX_DEPTH:
            raise PageTooLargeError(f"{self.url}: nested more than {_MAX_DEPTH} deep")
        return self._hide(element)

    def _close_block(self, element: etree._Element, hidden: object) -> None:
        self.flush()
        self.blocks.pop()
        if hidden:
            self.hidden -= 1

    def _open_role(self, element: etree._Element) -> object:
        hidden = self._open_block(element)
        self.roles.append(element.tag)
        return hidden

    def _close_role(self, element: etree._Element, hidden: object) -> None:
        self._close_block(element, hidden)
        self.roles.pop()

    def _hide(self, element: etree._Element) -> bool:
        if not element.attrib:
            return False
        style = element.get("style")
        if (style and _HIDDEN.search(style)) or element.get("hidden") is not None:
            self.hidden += 1
            return True
        return False

    def _open_table(self, element: etree._Element) -> object:
        hidden = self._open_block(element)
        rows = data_rows(element)
        if rows:
            for row, cells in rows:
                text = "\t".join([squash("".join([piece[0] for piece in cell])) for cell in cells])
                if text.strip("\t"):
                    pieces = [piece for cell in cells for piece in cell]
                    self.items.append(Line(text, pieces, "tr", row, self.hidden > 0, cells))
            self.skipped += 1
        return (hidden, bool(rows))

    def _close_table(self, element: etree._Element, state: object) -> None:
        assert isinstance(state, tuple)
        hidden, rows = state
        if rows:
            self.skipped -= 1
        self._close_block(element, hidden)

    def _open_skipped(self, element: etree._Element) -> object:
        self.skipped += 1
        return None

    def _close_skipped(self, element: etree._Element, _: object) -> None:
        self.skipped -= 1

    def _open_style(self, bit: int) -> object:
        before = self.style
        self.style = before | bit
        return before

    def _close_style(self, element: etree._Element, before: object) -> None:
        assert isinstance(before, int)
        self.style = before

    def _open_span(self, element: etree._Element) -> object:
        if element.attrib and _HIDDEN.search(element.get("style") or ""):
            self.skipped += 1
            return True
        return False

    def _close_span(self, element: etree._Element, skipped: object) -> None:
        if skipped:
            self.skipped -= 1

    def _open_anchor(self, element: etree._Element) -> object:
        before = self.anchor
        anchor = Anchor(element.get("href"), element.get("title"), element.get("class") or "")
        self.anchors.append(anchor)
        self.anchor = anchor
        return before

    def _close_anchor(self, element: etree._Element, before: object) -> None:
        self.anchor = before if isinstance(before, Anchor) else None

    def _place(self, item: Picture | Film) -> None:
        if self.skipped:
            return
        written = any(not piece[0].isspace() for piece in self.pieces)
        (self.pending if written else self.items).append(item)

    def _open_image(self, element: etree._Element) -> None:
        src = _image_address(element)
        if src:
            hidden = self.hidden > 0 or bool(_HIDDEN.search(element.get("style") or ""))
            self._place(Picture(src, element, self.blocks[-1], self.anchor, hidden))

    def _open_film(self, element: etree._Element) -> object:
        self.flush()
        src = element.get("data") if element.tag == "object" else element.get("src")
        if src and element.tag != "audio":
            self._place(Film(src.strip(), self.blocks[-1], self.hidden > 0))
        return None

    def _close_film(self, element: etree._Element, _: object) -> None:
        self.flush()


_PLACEHOLDER = re.compile(r"^data:|/(?:blank|loading|lazy|placeholder|grey|gray|transparent|spacer)\b", re.I)


def _image_address(element: etree._Element) -> str | None:
    """Where the picture is; lazily loaded ones say it in another attribute."""
    src = (element.get("src") or "").strip()
    if not src or _PLACEHOLDER.search(src):
        for name in ("data-src", "data-original", "data-lazy-src", "data-url"):
            lazy = (element.get(name) or "").strip()
            if lazy:
                return lazy
    return src or None


Rows = list[tuple[etree._Element, list[list[Piece]]]]

_NOT_DATA = frozenset(
    {"table", "img", "h1", "h2", "h3", "video", "iframe", "embed", "form", "input", "script"}
)
_LONGEST_CELL = 1_500
"""Characters. Longer cells hold pages or stories that are laid out by a table."""


def data_rows(table: etree._Element) -> Rows | None:
    """Rows of a table of data, each a list of cells; None for a table that only lays out a page."""
    rows: Rows = []
    for element in table.iterdescendants():
        if element.tag in _NOT_DATA:
            return None
        if element.tag == "tr":
            cells = [_cell_pieces(cell) for cell in element if cell.tag in ("td", "th")]
            if any(sum(len(piece[0]) for piece in cell) > _LONGEST_CELL for cell in cells):
                return None
            rows.append((element, cells))
    wide = sum(len(cells) > 1 for _, cells in rows)
    return rows if wide else None


def _cell_pieces(cell: etree._Element) -> list[Piece]:
    pieces: list[Piece] = []
    _collect(cell, 0, None, pieces)
    return pieces


def _collect(element: etree._Element, style: int, anchor: Anchor | None, pieces: list[Piece]) -> None:
    if element.text:
        pieces.append((element.text, style, anchor))
    for child in element:
        tag = child.tag
        inner, link = style, anchor
        if tag in ("b", "strong"):
            inner |= STRONG
        elif tag in ("em", "i"):
            inner |= EMPHASIS
        elif tag == "a":
            link = Anchor(child.get("href"), child.get("title"), child.get("class") or "")
        breaks = tag == "br" or tag in _PLAIN_BLOCKS or tag in _ROLES
        if breaks:
            pieces.append((" ", style, anchor))
        if tag not in _SKIPPED:
            _collect(child, inner, link, pieces)
        if breaks:
            pieces.append((" ", style, anchor))
        if child.tail:
            pieces.append((child.tail, style, anchor))
