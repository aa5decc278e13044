"""The body of an article as HTML for our own pages: its few known elements and nothing else. Pure."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Link", "is_web_address", "story_html"]

_PLAIN = frozenset(
    (
        "p",
        "h2",
        "h3",
        "h4",
        "ul",
        "ol",
        "li",
        "table",
        "tr",
        "td",
        "th",
        "blockquote",
        "strong",
        "em",
        "figure",
        "figcaption",
    )
)
_SPANS_AT_MOST = 50
"""Columns or rows of a table that one cell may take."""


class Link(NamedTuple):
    """Where a link of the text leads from here."""

    address: str
    outside: bool
    """Does it leave the archive?"""


def is_web_address(url: str) -> bool:
    """May it stand in a link? Neither ``javascript:`` nor ``data:`` may."""
    try:
        return urlsplit(url).scheme.lower() in ("http", "https")
    except ValueError:
        return False


def story_html(
    body_html: str,
    *,
    picture: Callable[[str], str | None],
    link: Callable[[str], Link | None],
    missing: str,
) -> Markup:
    """The body, every picture from the archive.

    Args:
        body_html: as in the record. It was sanitized when it was read; what is not of the record's elements is dropped
            again here, since a page of ours is no place for trust.
        picture: address -> where the archive shows it; None where it has it not.
        link: address -> where it leads; None leaves the words alone.
        missing: what stands in the place of a picture that the archive has not.
    """
    writer = _Writer(picture, link, missing)
    writer.feed(body_html)
    writer.close()
    return Markup(writer.html())  # noqa: S704  # made of escaped text and elements of this module alone


class _Writer(HTMLParser):
    def __init__(
        self, picture: Callable[[str], str | None], link: Callable[[str], Link | None], missing: str
    ) -> None:
        super().__init__(convert_charrefs=True)
        self._picture = picture
        self._link = link
        self._missing = missing
        self._pieces: list[str] = []
        self._open: list[str] = []
        self._silent = 0

    def html(self) -> str:
        """What was written, every element closed."""
        return "".join(self._pieces) + "".join(f"</{tag}>" for tag in reversed(self._open) if tag)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self._silent += 1
        elif tag in _PLAIN:
            self._pieces.append(f"<{tag}{_spans(values) if tag in ('td', 'th') else ''}>")
            self._open.append(tag)
        elif tag == "br":
            self._pieces.append("<br>")
        elif tag == "img":
            self._write_picture(values)
        elif tag == "a":
            self._begin_link(values.get("href", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent = max(self._silent - 1, 0)
            return
        # A link that leads nowhere stands on the stack as "", and has no end to be written.
        names = (tag, "") if tag == "a" else (tag,)
        if not any(name in self._open for name in names):
            return
        while self._open:
            closed = self._open.pop()
            if closed:
                self._pieces.append(f"</{closed}>")
            if closed in names:
                return

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._pieces.append(escape(data))

    def _write_picture(self, values: dict[str, str]) -> None:
        source = values.get("src", "")
        shown = self._picture(source)
        if shown is None:
            words = f"{self._missing} " if self._missing else ""
            self._pieces.append(f'<span class="missing">{escape(words)}<code>{escape(source)}</code></span>')
            return
        self._pieces.append(
            f'<img src="{escape(shown)}" alt="{escape(values.get("alt", ""))}" loading="lazy" decoding="async">'
        )

    def _begin_link(self, address: str) -> None:
        target = self._link(address)
        if target is None:
            self._open.append("")
            return
        outside = ' class="outside" rel="nofollow noreferrer noopener"' if target.outside else ""
        self._pieces.append(f'<a href="{escape(target.address)}"{outside}>')
        self._open.append("a")


def _spans(values: dict[str, str]) -> str:
    return "".join(
        f' {name}="{int(values[name])}"'
        for name in ("colspan", "rowspan")
        if values.get(name, "").isascii()
        and values.get(name, "").isdigit()
        and int(values[name]) <= _SPANS_AT_MOST
    )
