"""The body of an article as Markdown, from its sanitized HTML, whose elements are few and known."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["as_markdown"]

_SPECIAL = re.compile(r"([\\`*_\[\]<>|])")
_AT_LINE_START = re.compile(r"^(\d*)([#+.)-])(?=\s)")
_BLOCKS = frozenset(("p", "h2", "h3", "h4", "figure", "figcaption", "table", "ul", "ol", "blockquote", "li"))
_EMPHASIS = {"strong": "**", "em": "*"}


def as_markdown(body_html: str, pictures: Mapping[str, str]) -> str:
    """The text, blocks apart by an empty line.

    Args:
        body_html: as in the record: p, h2 to h4, lists, tables, blockquote, strong, em, a, br, figure.
        pictures: address -> where the picture lies; others are linked to where they were.
    """
    writer = _Writer(pictures)
    writer.feed(body_html)
    writer.close()
    writer.end_block()
    return "\n\n".join(writer.blocks)


class _Writer(HTMLParser):
    def __init__(self, pictures: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self._pictures = pictures
        self._text = ""
        self._prefix = ""
        self._lists: list[int | None] = []
        """Of each list under way: the next number, or None where it has none."""
        self._quotes = 0
        self._links: list[str] = []
        self._row: list[str] | None = None
        self._rows = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.end_block()
            self._begin_block(tag)
        else:
            self._begin_inline(tag, {name: value or "" for name, value in attrs})

    def _begin_block(self, tag: str) -> None:
        match tag:
            case "h2" | "h3" | "h4":
                self._prefix = "#" * int(tag[1]) + " "
            case "ul" | "ol":
                self._lists.append(1 if tag == "ol" else None)
            case "li":
                self._begin_item()
            case "blockquote":
                self._quotes += 1
            case "table":
                self._rows = 0

    def _begin_inline(self, tag: str, values: dict[str, str]) -> None:
        match tag:
            case "tr":
                self._row = []
            case "td" | "th":
                self._text = ""
            case "a":
                self._links.append(values.get("href", ""))
                self._text += "["
            case "br":
                self._text += " " if self._row is not None else "  \n"
            case "img":
                url = values.get("src", "")
                self._text += f"![{_escaped(values.get('alt', ''))}](<{self._pictures.get(url, url)}>)"
            case "strong" | "em":
                self._text += _EMPHASIS[tag]

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "p" | "h2" | "h3" | "h4" | "figure" | "figcaption" | "li":
                self.end_block()
            case "ul" | "ol":
                self.end_block()
                self._lists = self._lists[:-1]
                self._prefix = "    " * len(self._lists)
            case "blockquote":
                self.end_block()
                self._quotes -= 1
            case "td" | "th":
                if self._row is not None:
                    self._row.append(" ".join(self._text.split()))
                self._text = ""
            case "tr":
                self._end_row()
            case "a":
                self._text += f"](<{self._links.pop()}>)" if self._links else ""
            case "strong" | "em":
                self._text += _EMPHASIS[tag]

    def handle_data(self, data: str) -> None:
        self._text += _escaped(re.sub(r"\s+", " ", data))

    def end_block(self) -> None:
        """Close the paragraph under way."""
        text = self._text.strip()
        self._text = ""
        if not text or self._row is not None:
            return
        if not self._prefix:
            text = _AT_LINE_START.sub(r"\1\\\2", text)
        quote = "> " * self._quotes
        self.blocks.append("\n".join(quote + line for line in (self._prefix + text).split("\n")))
        # A second block of a list item belongs to it only when it is set in.
        self._prefix = "    " * len(self._lists)

    def _begin_item(self) -> None:
        depth = "    " * max(len(self._lists) - 1, 0)
        number = self._lists[-1] if self._lists else None
        self._prefix = f"{depth}- " if number is None else f"{depth}{number}. "
        if number is not None:
            self._lists[-1] = number + 1

    def _end_row(self) -> None:
        row, self._row = self._row or [], None
        line = "| " + " | ".join(row) + " |"
        if self._rows == 0:
            self.blocks.append(line + "\n|" + " --- |" * len(row))
        elif self.blocks:
            self.blocks[-1] += "\n" + line
        self._rows += 1


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
