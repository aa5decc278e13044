"""The body as HTML: rebuilt from its lines out of allowed elements alone, all text escaped."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from gzcrawler.readers.lines import EMPHASIS, STRONG, Line, squash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gzcrawler.readers.lines import Piece

__all__ = ["render_body"]

_TAGS = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4", "blockquote": "blockquote"}
_BLANKS = re.compile(r"\s+")
_OPENING = {STRONG: "strong", EMPHASIS: "em"}


def render_body(
    blocks: Iterable[Line | tuple[str, str | None]], absolute: Callable[[str | None], str | None]
) -> str | None:
    """Body of a story as sanitized HTML, one element a line; None where there is nothing.

    Args:
        blocks: body lines, and pictures as pairs of absolute address and raw caption, in order.
        absolute: makes a link's address absolute, or None.
    """
    rendered: list[str] = []
    group: list[str] = []
    owner: object = None
    for block in blocks:
        kind, key = _group_of(block)
        if group and key is not owner:
            rendered.append(_close(group, owner))
            group = []
        if kind is None:
            rendered.append(_render(block, absolute))
        else:
            owner = key
            group.append(_member(block, kind, absolute))
    if group:
        rendered.append(_close(group, owner))
    return "\n".join(rendered) or None


def _group_of(block: Line | tuple[str, str | None]) -> tuple[str | None, object]:
    if isinstance(block, Line) and block.role in ("li", "tr"):
        wanted = ("ul", "ol", "menu", "dir") if block.role == "li" else ("table",)
        for element in block.block.iterancestors(*wanted):
            return block.role, element
        return block.role, None
    return None, None


def _member(
    block: Line | tuple[str, str | None], kind: str, absolute: Callable[[str | None], str | None]
) -> str:
    assert isinstance(block, Line)
    if kind == "li":
        return f"<li>{_inline(block.pieces, absolute)}</li>"
    heads = [cell.tag == "th" for cell in block.block if cell.tag in ("td", "th")]
    cells = []
    for index, cell in enumerate(block.cells or []):
        tag = "th" if index < len(heads) and heads[index] else "td"
        cells.append(f"<{tag}>{_inline(cell, absolute)}</{tag}>")
    return f"<tr>{''.join(cells)}</tr>"


def _close(group: list[str], owner: object) -> str:
    if group[0].startswith("<tr>"):
        return f"<table>{''.join(group)}</table>"
    tag = "ol" if getattr(owner, "tag", "ul") == "ol" else "ul"
    return f"<{tag}>{''.join(group)}</{tag}>"


def _render(block: Line | tuple[str, str | None], absolute: Callable[[str | None], str | None]) -> str:
    if not isinstance(block, Line):
        src, caption = block
        text = f"<figcaption>{escape(caption, quote=False)}</figcaption>" if caption else ""
        return f'<figure><img src="{escape(src)}">{text}</figure>'
    tag = _TAGS.get(block.role, "p")
    pieces = block.pieces
    if len(pieces) == 1 and pieces[0][1] == 0 and pieces[0][2] is None:
        return f"<{tag}>{escape(block.text, quote=False)}</{tag}>"
    return f"<{tag}>{_inline(pieces, absolute)}</{tag}>"


def _inline(pieces: list[Piece], absolute: Callable[[str | None], str | None]) -> str:
    """Pieces with their marks; blanks squashed over the borders of pieces, none at the ends."""
    spans: list[tuple[str, int, str | None]] = []
    blank = True
    for text, style, anchor in pieces:
        clean = squash(f"x{text}x")[1:-1]
        if blank:
            clean = clean.lstrip(" ")
        if not clean:
            continue
        blank = clean.endswith(" ")
        href = absolute(anchor.get("href")) if anchor is not None else None
        if spans and spans[-1][1:] == (style, href):
            spans[-1] = (spans[-1][0] + clean, style, href)
        else:
            spans.append((clean, style, href))
    while spans and not spans[-1][0].rstrip(" "):
        spans.pop()
    if spans:
        spans[-1] = (spans[-1][0].rstrip(" "), *spans[-1][1:])
    return "".join(_span(*span) for span in spans)


def _span(text: str, style: int, href: str | None) -> str:
    html = escape(text, quote=False)
    if style & EMPHASIS:
        html = f"<em>{html}</em>"
    if style & STRONG:
        html = f"<strong>{html}</strong>"
    return f'<a href="{escape(href)}">{html}</a>' if href else html
