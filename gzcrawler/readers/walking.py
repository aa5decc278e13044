"""One walk over a page's tree, from markup to lines, pictures, films and links."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from lxml import etree

from gzcrawler.errors import PageTooLargeError
from gzcrawler.readers.head import read_head
from gzcrawler.readers.hiding import hidden_elements
from gzcrawler.readers.lines import (
    BLOCKS,
    ROLES,
    SKIPPED,
    STYLES,
    Document,
    Film,
    Line,
    Picture,
    squash,
)
from gzcrawler.readers.markup import parse_markup, without_styles
from gzcrawler.readers.media import film_address, image_address
from gzcrawler.readers.menus import read_menu
from gzcrawler.readers.nesting import Nesting
from gzcrawler.readers.tables import read_rows

if TYPE_CHECKING:
    from lxml.etree import _Element

    from gzcrawler.readers.lines import Item, Piece

__all__ = ["walk"]

_MAX_DEPTH = 1_000
"""Nesting of blocks. Pages with an unclosed element in each paragraph reach some hundreds; libxml2
drops what is nested more than 2,048 deep, silently."""

_MAX_ITEMS = 200_000
"""Lines and pictures in one page; the longest list pages have some thousands."""


def walk(source: bytes, *, url: str) -> Document:
    """Read a page's tree once.

    Args:
        source: the page, in UTF-8.
        url: its address, for messages.

    Raises:
        UndecodableError: no markup at all.
        PageTooLargeError: nested or chopped beyond the bounds of linear reading.
    """
    markup = without_styles(source)
    root = parse_markup(markup, url=url)
    body = root.find("body")
    if body is None:
        body = root
    steps = _Walk(url)
    steps.run(body, hidden_elements(body, markup))
    nesting = Nesting(steps.parents, steps.lasts)
    document = Document(
        root=root,
        body=body,
        source=source,
        markup=markup,
        items=steps.items,
        hrefs=_HREFS(body),
        nesting=nesting,
    )
    read_head(document)
    return document


class _Walk:
    """One walk; `run` fills all but `pending`."""

    __slots__ = ("items", "lasts", "parents", "pending", "url")

    def __init__(self, url: str) -> None:
        self.url = url
        self.items: list[Item] = []
        self.parents = [0]
        self.lasts: dict[int, int] = {}
        self.pending: list[Picture] = []
        """Pictures that stand after the line whose text has begun."""

    def run(self, body: _Element, hiding: set[_Element]) -> None:  # noqa: C901 - one loop: calls for each element cost twice the time
        """Walk without recursion: whether an element holds others, and where it ends, is known from the next one's parent."""
        actions, roles, flush = _ACTIONS, ROLES, self.flush
        items, parents, lasts, pending = self.items, self.parents, self.lasts, self.pending
        inside = parents.append
        pieces: list[Piece] = []
        anchor: _Element | None = None
        block, home, role, hidden, style, skipped, films = body, 0, "p", body in hiding, 0, 0, 0
        stack: list[tuple[_Element, int, int, Any]] = [(body, 0, 0, None)]
        push, pop, deepest = stack.append, stack.pop, _MAX_DEPTH + 1
        top, place, number = body, 0, 0
        if body.text is not None:
            pieces.append((body.text, style, anchor))
        ahead = chain(body.iterdescendants(), (_END,))
        element = next(ahead)
        for following in ahead:
            holder = following.getparent()
            leaf = holder is not element
            number += 1
            inside(place)
            tag = element.tag
            action = actions.get(tag, 0)
            before: Any = None
            if action == _BLOCK:
                if pieces or pending:
                    flush(pieces, role, block, home, hidden)
                    pieces = []
                if leaf:
                    text = None if skipped else element.text
                    if text is not None and not text.isspace():
                        flush(
                            [(text, style, anchor)],
                            tag if tag in roles else role,
                            element,
                            number,
                            hidden or element in hiding,
                        )
                else:
                    before = (block, home, role, hidden, skipped)
                    block, home = element, number
                    if hiding and element in hiding:
                        hidden = True
                    if tag in roles:
                        role = tag
                    elif tag == "table" and not skipped:
                        rows = read_rows(element, number, hidden=hidden)
                        if rows is not None:
                            items += rows
                            skipped = 1
                    elif (
                        tag == "ul" and following.tag == "li" and not (skipped or style or anchor is not None)
                    ):
                        lines = (
                            read_menu(element, number, hiding, hidden=hidden)
                            if len(element) >= _MENU
                            else None
                        )
                        if lines is not None:
                            items += lines
                            for line in lines:
                                parents += (number, line.number)
                                lasts[line.number] = line.number + 1
                            passed = 2 * len(lines)
                            following = next(islice(ahead, passed - 1, None))
                            holder = following.getparent()
                            lasts[number] = number + passed
                            number += passed
                            block, home, role, hidden, skipped = before
                            leaf = True
                    text = element.text
                    if text is not None and not skipped and not text.isspace():
                        pieces.append((text, style, anchor))
            else:
                if action == _ANCHOR:
                    before = anchor
                    anchor = element
                elif action == _STYLE:
                    before = style
                    style |= STYLES[tag]
                elif action == _BREAK:
                    flush(pieces, role, block, home, hidden)
                    pieces = []
                    action = 0
                elif action == _PICTURE:
                    src = None if skipped else image_address(element)
                    if src:
                        picture = Picture(src, element, block, home, anchor, hidden or element in hiding)
                        written = any(not piece[0].isspace() for piece in pieces)
                        (pending if written else items).append(picture)
                    action = 0
                elif action == _FILM and tag == "source" and element.getparent().tag == "picture":
                    action = 0  # another form of the picture, which libxml2 puts inside of it
                elif action == _FILM:
                    flush(pieces, role, block, home, hidden)
                    pieces = []
                    before = (skipped, films)
                    src = film_address(element) if skipped == films else None
                    if src:
                        items.append(Film(src, block, home, hidden))
                    skipped += 1
                    films += 1
                elif action == _SKIP or (hiding and element in hiding):
                    action = _SKIP
                    before = (skipped, films)
                    skipped += 1
                if not skipped:
                    text = element.text
                    if text is not None and (pieces or not text.isspace()):
                        pieces.append((text, style, anchor))
                if leaf and action:
                    if action == _ANCHOR:
                        anchor = before
                    elif action == _STYLE:
                        style = before
                    else:
                        skipped, films = before
            if not leaf:
                push((element, number, action, before))
                top, place = element, number
                if len(stack) > deepest:
                    raise PageTooLargeError(f"{self.url}: nested more than {_MAX_DEPTH} deep")
                element = following
                continue
            text = element.tail
            if text is not None and not skipped and (pieces or not text.isspace()):
                pieces.append((text, style, anchor))
            while top is not holder:
                closed, _, action, before = pop()
                lasts[place] = number
                if action:
                    if action == _BLOCK:
                        if pieces or pending:
                            flush(pieces, role, block, home, hidden)
                            pieces = []
                        block, home, role, hidden, skipped = before
                    elif action == _ANCHOR:
                        anchor = before
                    elif action == _STYLE:
                        style = before
                    else:
                        skipped, films = before
                if not stack:
                    break
                top, place, _, _ = stack[-1]
                text = closed.tail
                if text is not None and not skipped and (pieces or not text.isspace()):
                    pieces.append((text, style, anchor))
            element = following
        flush(pieces, role, block, home, hidden)

    def flush(self, pieces: list[Piece], role: str, block: _Element, home: int, hidden: bool) -> None:
        """End the line that has been read."""
        items = self.items
        if len(pieces) == 1:
            text, _, anchor = pieces[0]
            if text.isascii() and text.isprintable() and "  " not in text:
                text = text.strip()
            else:
                text = squash(text)
            if text:
                anchors = _NONE if anchor is None else [anchor]
                items.append(_new(Line, (text, pieces, role, block, home, hidden, anchors, _UNASKED, None)))
        elif pieces:
            text = squash("".join([piece[0] for piece in pieces]))
            if text:
                anchors = list(dict.fromkeys([piece[2] for piece in pieces if piece[2] is not None]))
                items.append(_new(Line, (text, pieces, role, block, home, hidden, anchors, {}, None)))
        if self.pending:
            items += self.pending
            self.pending.clear()
        if len(items) > _MAX_ITEMS:
            raise PageTooLargeError(f"{self.url}: more than {_MAX_ITEMS} lines and pictures")


_new = tuple.__new__  # the class itself takes three times as long
_UNASKED: dict[_Element, str] = {}
"""Never filled: what stands in the link of a line of one piece is the line."""
_MENU = 4
"""Items from which reading a list in one step is cheaper than item by item."""
_NONE: list[_Element] = []
_END = etree.Element("end")
"""Stands after the last element of a page, so that all are closed."""
_HREFS = etree.XPath("descendant::a/@href", smart_strings=False)

_BLOCK, _ANCHOR, _STYLE, _BREAK, _PICTURE, _FILM, _SKIP = range(1, 8)
_ACTIONS = (
    dict.fromkeys(BLOCKS, _BLOCK)
    | dict.fromkeys(SKIPPED, _SKIP)
    | dict.fromkeys(STYLES, _STYLE)
    | dict.fromkeys(("video", "source", "iframe", "embed", "audio", "object"), _FILM)
    | {"br": _BREAK, "hr": _BREAK, "a": _ANCHOR, "img": _PICTURE}
)
