"""The shape of a dress: page templates with ``[[slots]]``, and a form for each small thing on a page."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Dress", "Form"]


class Form:
    """A template that is filled with bytes: fixed slots once, the others for each page."""

    __slots__ = ("_names", "_pieces", "_tag")

    def __init__(self, text: str, fixed: Mapping[str, str]) -> None:
        text = re.sub(r"\[\[(\w+)\]\]", lambda mark: fixed.get(mark[1], mark[0]), text)
        pieces = re.split(r"\[\[(\w+)\]\]", text)
        self._pieces = [piece.encode() for piece in pieces]
        self._names = pieces[1::2]
        self._tag = zlib.crc32("\0".join(pieces).encode())

    def fill(self, values: Mapping[str, str]) -> tuple[bytes, str]:
        """The page with its slots filled, and its entity tag; a slot without a value is a KeyError."""
        filled = [values[name].encode() for name in self._names]
        page = self._pieces.copy()
        page[1::2] = filled
        # over what differs alone: a quarter of the bytes
        return b"".join(page), f'"{zlib.crc32(b"".join(filled), self._tag):08x}"'


@dataclass(frozen=True, kw_only=True)
class Dress:
    """How one CMS template dresses articles, lists and home pages.

    Small forms are filled with ``%``; their arguments are named beside them and are HTML already.
    """

    name: str
    marks: tuple[str, ...] = ()
    """Selectors among the marks of the map's layouts that its articles meet."""
    article: str
    """Slots: title window trail head body pager related slider editions meta and the fixed ones."""
    listing: str
    """Slots: name window trail entries pager editions meta and the fixed ones."""
    home: str
    """Slots: window groups editions meta and the fixed ones."""
    label: str = ""
    """What stands before the trail."""
    separator: str
    trail_link: str = '<a href="%s">%s</a>'
    trail_text: str = "%s"
    trail_end: str = ""
    """A last step that names no section."""
    paragraph: str = "<p>%s</p>"
    joint: str = "\n"
    """What stands between two blocks."""
    strong: Literal["strong", "b"] = "strong"
    stress: Literal["em", "i"] = "em"
    subhead: str = "<h3>%s</h3>"
    subhead_tag: Literal["h2", "h3", "h4", "p"] = "h3"
    """What the sanitized body calls it."""
    quote: str = "<blockquote>%s</blockquote>"
    table: str = "<table><tbody>%s</tbody></table>"
    cell: str = "<td>%s</td>"
    head_cell: str = "<th>%s</th>"
    header_cells: bool = True
    """Whether the first row of a table is made of header cells."""
    bold_cells: bool = False
    """Whether it is bold."""
    picture: str = '<p style="text-align: center"><img src="%s" alt="%s"></p>'
    """Address, alternative text."""
    caption: str = '<p style="text-align: center">%s</p>'
    film: str = '<p><video controls src="%s"></video></p>'
    file: str = '<a href="%s">%s</a>'
    files: str = "<p>%s</p>"
    head: str = "%s"
    head_blank: str = " "
    """What the blanks of a head line are printed as."""
    related: str
    """The list of a story's own related links: its items."""
    related_item: str = '<li><a href="%s">%s</a></li>'
    slider: str = ""
    """The site-wide slider: its items, its counter."""
    slider_item: str = '<li><a href="%s">%s</a></li>'
    counter: str = "<li>%s</li>"
    pager: str = '<div class="pages">%s</div>'
    """The pager of a continued article and of lists: its items."""
    page_link: str = '<a href="%s">%s</a>'
    page_here: str = "<span>%s</span>"
    page_next: str = '<a class="next" href="%s">%s</a>'
    page_last: str = ""
    next_text: str = "&gt;"
    entry: str
    """An item of a list: {href} {title} {whole} {summary} {date}."""
    title_length: int | None = None
    """Characters after which a list cuts a title with an ellipsis."""
    date_form: Literal["iso", "han", "short", "none"] = "none"
    summaries: bool = True
    """Whether its lists show the summary."""
    group: str
    """A section on a home page: address, name, items."""
    group_item: str = '<li><a href="%s">%s</a></li>'
    edition: str = '<a href="%s">%s</a>'
    style: str
    """Class names and rules that its filler is made of."""
