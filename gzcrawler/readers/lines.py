"""What a page is to its readers: lines of text, pictures and films in visible order, and its links.

A *line* is what a browser would set apart: it ends with its block element or at a ``<br>``, so that
``<p>`` and ``<div>`` with ``<br>``, and any number of wrappers, give the same lines.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

    from gzcrawler.readers.nesting import Nesting

__all__ = [
    "BLOCKS", "BULLETS", "EMPHASIS", "HEADINGS", "ROLES", "SEAM", "SENTENCE_ENDS", "SKIPPED", "STRONG", "STYLES", "Document", "Film", "Item",
    "Line", "Picture", "Piece", "squash", "squeeze", "visible_line",
]  # fmt: skip

STRONG, EMPHASIS = 1, 2
STYLES = {"b": STRONG, "strong": STRONG, "em": EMPHASIS, "i": EMPHASIS}
"""Style bits of the elements that have one."""

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
ROLES = frozenset(
    {*HEADINGS, "li", "blockquote", "figcaption", "nav", "footer", "aside", "dt", "dd", "pre", "caption"}
)
"""Elements whose lines are told from plain text."""
BLOCKS = ROLES | {
    "div", "p", "section", "article", "main", "header", "figure", "center", "form", "address", "fieldset",
    "legend", "ul", "ol", "dl", "menu", "hgroup", "tbody", "thead", "tfoot", "tr", "td", "th", "details",
    "summary", "dir", "body", "html", "search", "dialog", "table",
}  # fmt: skip
SKIPPED = frozenset(
    {
        "script", "style", "noscript", "template", "select", "option", "datalist", "svg", "math", "button",
        "textarea", "title", "head", "canvas", "map", "noframes", "rp", "rt",
    }
)  # fmt: skip
"""Elements without visible text of the page's own, or without any meaning to its reader."""

BULLETS = "•·●■▪▶►◆◇○▸‣> "
"""What may stand before the items of a list that are made without its elements."""

SEAM = "\x1f"
"""Stands where one element of a line ends and the next begins: white space to patterns, nothing to readers."""

SENTENCE_ENDS = frozenset('.。!?\uff01\uff1f"”」')
"""Signs with which a line of text ends, and the name of a switch, a column or a link does not."""

_BLANKS = re.compile(r"[^\S\x1f]+")
_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")


def squash(text: str) -> str:
    """Text with every run of white space as one blank, NFC, without zero-width characters."""
    if text.isascii():
        if text.isprintable() and "  " not in text:
            return text.strip()
        return " ".join(text.split())
    if not text.isprintable():
        text = _INVISIBLE.sub("", text)
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split())


def squeeze(text: str) -> str:
    """Text for comparison: lower case, no blanks."""
    return "".join(text.split()).lower()


Piece = tuple[str, int, "_Element | None"]
"""Text as in the source, its style bits, and the ``<a>`` it stands in."""


@dataclass(slots=True, eq=False)
class Line:
    """One block of text: what stands between two breaks."""

    text: str
    """Squashed; never empty."""
    pieces: list[Piece]
    role: str
    """Innermost heading, list item, quotation … it stands in; ``p`` for plain text, ``tr`` for a row."""
    block: _Element
    """Innermost block element."""
    number: int
    """The block's, in the order of the page: see `Nesting`."""
    hidden: bool
    anchors: list[_Element]
    """Links that any of its text stands in, in order, each once."""
    cells: list[list[Piece]] | None = None
    """Pieces of each cell, for a row of a table of data."""
    parted: str | None = None
    """`seamed`, once that was asked for."""
    texts: dict[_Element, str] | None = None
    """What stands in each of its links, once that was asked for."""

    @property
    def linked(self) -> bool:
        """Whether all its words stand in links; bullets and separators may stand outside."""
        if len(self.pieces) == 1:
            return bool(self.anchors)
        if not self.anchors:
            return False
        bare = "".join([text for text, _, anchor in self.pieces if anchor is None])
        return not bare or bare.isspace() or not any(map(str.isalnum, bare))

    @property
    def seamed(self) -> str:
        """Its text with a `SEAM` wherever one element ends and the next begins."""
        if self.parted is None:
            self.parted = self.text if len(self.pieces) == 1 else _seam([piece[0] for piece in self.pieces])
        return self.parted

    def text_of(self, anchor: _Element) -> str:
        """What stands in one of its links."""
        if len(self.pieces) == 1:
            return self.text
        if self.texts is None:
            parts: dict[_Element, list[str]] = {}
            for text, _, link in self.pieces:
                if link is not None:
                    parts.setdefault(link, []).append(text)
            self.texts = {link: squash("".join(texts)) for link, texts in parts.items()}
        return self.texts.get(anchor, "")


@dataclass(slots=True, eq=False)
class Picture:
    """An ``<img>``: its address as written, and where it stands."""

    src: str
    element: _Element
    block: _Element
    number: int
    """The block's, as a line's."""
    anchor: _Element | None = None
    hidden: bool = False


@dataclass(slots=True, eq=False)
class Film:
    """A video or player."""

    src: str
    block: _Element
    number: int
    """The block's, as a line's."""
    hidden: bool = False


def _seam(texts: list[str]) -> str:
    """Texts of several elements, squashed, with a `SEAM` between each two."""
    joined = SEAM.join(texts)
    if not joined.isascii():
        joined = unicodedata.normalize("NFC", _INVISIBLE.sub("", joined))
    if "  " in joined or not "".join(texts).isprintable():
        joined = _BLANKS.sub(" ", joined)
    return joined.strip(SEAM + " ")


Item = Line | Picture | Film


def visible_line(items: list[Item], index: int) -> Line | None:
    """The line at an index; None where something else stands there, or what nobody sees."""
    item = items[index]
    return item if isinstance(item, Line) and not item.hidden else None


@dataclass(slots=True)
class Document:
    """A page as its readers need it."""

    root: _Element
    body: _Element
    """Its ``body``; the root where it has none."""
    source: bytes
    """The page as decoded, in UTF-8."""
    markup: bytes
    """The same as its tree was made from it: without the styles of its head."""
    items: list[Item]
    hrefs: list[str]
    """Where all links of the page lead, as written, in order; those of hidden parts too."""
    nesting: Nesting
    metas: dict[str, str] = field(default_factory=dict)
    """Content by lower-case name or property; the first that has one."""
    window_title: str = ""
    base: str | None = None
    """``href`` of the ``<base>`` element."""
    selected: dict[str, list[_Element]] = field(default_factory=dict)
    """What selectors of the map found on it."""
