"""One walk over a page's tree, from markup to lines, pictures, films and links."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

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
from gzcrawler.readers.media import film_address, image_address, is_picture_form
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
    body = next(root.iterchildren("body"), None)
    if body is None:
        body = root
    steps = _Walk(body, hidden_elements(body, markup), url)
    steps.run()
    nesting = Nesting(steps.parents, steps.lasts)
    document = Document(
        root=root,
        body=body,
        source=source,
        markup=markup,
        items=steps.items,
        hrefs=[href for anchor in body.iter("a") if (href := anchor.get("href")) is not None],
        nesting=nesting,
    )
    read_head(document)
    return document


class _Walk:
    """One walk; `run` fills `items`, `parents` and `lasts`. The rest is what holds where the walk stands."""

    __slots__ = (
        "anchor", "block", "films", "hidden", "hiding", "home", "items", "lasts", "parents", "pending", "pieces", "role", "skipped", "style",
        "top", "url",
    )  # fmt: skip

    def __init__(self, body: _Element, hiding: set[_Element], url: str) -> None:
        self.url = url
        self.hiding = hiding
        self.items: list[Item] = []
        self.parents = [0]
        self.lasts: dict[int, int] = {}
        self.top = body
        self.pieces: list[Piece] = [] if body.text is None else [(body.text, 0, None)]
        """Of the line whose text has begun."""
        self.pending: list[Picture] = []
        """Pictures that stand after it."""
        self.block = body
        """Innermost block element, and its number."""
        self.home = 0
        self.role = "p"
        self.hidden = body in hiding
        self.style = 0
        self.anchor: _Element | None = None
        self.skipped = 0
        """Elements around that are not read, films among them."""
        self.films = 0

    def run(self) -> None:
        """Walk without recursion: whether an element holds others, and where it ends, is known from the next one's parent."""
        parents, lasts, stack = self.parents, self.lasts, [(self.top, 0, False, self._state())]
        top, place, number = self.top, 0, 0
        ahead = chain(top.iterdescendants(), (_END,))
        element = next(ahead)
        for following in ahead:
            holder = following.getparent()
            number += 1
            parents.append(place)
            if holder is not element:
                self._read_leaf(element, number)
            elif (
                element.tag == "ul" and following.tag == "li" and (passed := self._read_menu(element, number))
            ):
                following = next(islice(ahead, passed - 1, None))
                holder = following.getparent()
                number += passed
            else:
                stack.append((element, number, element.tag in BLOCKS, self._state()))
                if len(stack) > _MAX_DEPTH + 1:
                    raise PageTooLargeError(f"{self.url}: nested more than {_MAX_DEPTH} deep")
                self._open(element, number)
                top, place, element = element, number, following
                continue
            if not self.skipped:
                self._add_text(element.tail)
            while top is not holder:
                closed, _, is_block, state = stack.pop()
                lasts[place] = number
                if not stack:
                    break
                self._close(closed, state, is_block=is_block)
                top, place, _, _ = stack[-1]
            element = following
        self._end_line()

    def _state(self) -> _State:
        return (
            self.block, self.home, self.role, self.hidden, self.style, self.anchor, self.skipped, self.films,
        )  # fmt: skip

    def _open(self, element: _Element, number: int) -> None:
        """Begin an element that holds others."""
        tag = element.tag
        action = _ACTIONS.get(tag)
        if action == _BLOCK:
            self._open_block(element, tag, number)
        elif action == _ANCHOR:
            self.anchor = element
        elif action == _STYLE:
            self.style |= STYLES[tag]
        elif action == _FILM:
            if not is_picture_form(element):
                self._read_film(element)
        elif action == _SKIP or element in self.hiding:
            self.skipped += 1
        if not self.skipped:
            self._add_text(element.text)

    def _open_block(self, element: _Element, tag: str, number: int) -> None:
        if self.pieces or self.pending:
            self._end_line()
        self.block, self.home = element, number
        if element in self.hiding:
            self.hidden = True
        if tag in ROLES:
            self.role = tag
        elif tag == "table" and not self.skipped:
            rows = read_rows(element, number, hidden=self.hidden)
            if rows is not None:
                self.items += rows
                self.skipped = 1

    def _close(self, element: _Element, state: _State, *, is_block: bool) -> None:
        """End an element that held others."""
        if is_block and (self.pieces or self.pending):
            self._end_line()
        self.block, self.home, self.role, self.hidden, self.style, self.anchor, self.skipped, self.films = (
            state
        )
        if not self.skipped:
            self._add_text(element.tail)

    def _add_text(self, text: str | None) -> None:
        """Text of the line; blanks alone begin none."""
        if text is not None and (self.pieces or not text.isspace()):
            self.pieces.append((text, self.style, self.anchor))

    def _read_leaf(self, element: _Element, number: int) -> None:
        """An element that holds no other."""
        tag = element.tag
        action = _ACTIONS.get(tag)
        if action == _BLOCK:
            self._read_leaf_block(element, tag, number)
        elif action == _BREAK:
            self._end_line()
        elif action == _PICTURE:
            self._read_picture(element)
        elif action == _FILM and not is_picture_form(element):
            skipped, films = self.skipped, self.films
            self._read_film(element)
            self.skipped, self.films = skipped, films
        elif not (self.skipped or action == _SKIP or (action is None and element in self.hiding)):
            text = element.text
            if text is not None and (self.pieces or not text.isspace()):
                anchor = element if action == _ANCHOR else self.anchor
                self.pieces.append((text, self.style | STYLES.get(tag, 0), anchor))

    def _read_leaf_block(self, element: _Element, tag: str, number: int) -> None:
        if self.pieces or self.pending:
            self._end_line()
        text = element.text
        if text is not None and not self.skipped and not text.isspace():
            role = tag if tag in ROLES else self.role
            hidden = self.hidden or element in self.hiding
            self._add_line([(text, self.style, self.anchor)], role, element, number, hidden=hidden)

    def _read_menu(self, element: _Element, number: int) -> int:
        """Read a list of bare links in one step; how many elements it held, 0 where it must be walked."""
        if len(element) < _MENU or self.skipped or self.style or self.anchor is not None:
            return 0
        hidden = self.hidden or element in self.hiding
        lines = read_menu(element, number, self.hiding, hidden=hidden)
        if lines is None:
            return 0
        self._end_line()
        self.items += lines
        passed = 2 * len(lines)
        firsts = range(number + 1, number + passed, 2)
        self.parents += [holder for first in firsts for holder in (number, first)]
        self.lasts.update(zip(firsts, range(number + 2, number + passed + 1, 2), strict=True))
        self.lasts[number] = number + passed
        return passed

    def _read_picture(self, element: _Element) -> None:
        src = None if self.skipped else image_address(element)
        if src:
            hidden = self.hidden or element in self.hiding
            picture = Picture(src, element, self.block, self.home, self.anchor, hidden)
            written = any(not piece[0].isspace() for piece in self.pieces)
            (self.pending if written else self.items).append(picture)

    def _read_film(self, element: _Element) -> None:
        self._end_line()
        src = film_address(element) if self.skipped == self.films else None
        if src:
            self.items.append(Film(src, self.block, self.home, self.hidden))
        self.skipped += 1
        self.films += 1

    def _end_line(self) -> None:
        """End the line whose text has begun, if any."""
        if self.pieces:
            self._add_line(self.pieces, self.role, self.block, self.home, hidden=self.hidden)
            self.pieces = []
        if self.pending:
            self.items += self.pending
            self.pending.clear()

    def _add_line(
        self, pieces: list[Piece], role: str, block: _Element, number: int, *, hidden: bool
    ) -> None:
        if len(pieces) == 1:
            text, _, anchor = pieces[0]
            text = squash(text)
            anchors = [] if anchor is None else [anchor]
        else:
            text = squash("".join([piece[0] for piece in pieces]))
            anchors = list(dict.fromkeys([piece[2] for piece in pieces if piece[2] is not None]))
        if text:
            self.items.append(Line(text, pieces, role, block, number, hidden, anchors))
        if len(self.items) > _MAX_ITEMS:
            raise PageTooLargeError(f"{self.url}: more than {_MAX_ITEMS} lines and pictures")


_State = tuple["_Element", int, str, bool, int, "_Element | None", int, int]
"""What a closed element gives back: see the attributes of `_Walk` from `block` on."""
_MENU = 4
"""Items from which reading a list in one step is cheaper than item by item."""
_END = etree.Element("end")
"""Stands after the last element of a page, so that all are closed."""

_BLOCK, _ANCHOR, _STYLE, _BREAK, _PICTURE, _FILM, _SKIP = range(1, 8)
_ACTIONS = (
    dict.fromkeys(BLOCKS, _BLOCK)
    | dict.fromkeys(SKIPPED, _SKIP)
    | dict.fromkeys(STYLES, _STYLE)
    | dict.fromkeys(("video", "source", "iframe", "embed", "audio", "object"), _FILM)
    | {"br": _BREAK, "hr": _BREAK, "a": _ANCHOR, "img": _PICTURE}
)
