"""What a page's head says: its title, meta tags and base."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.readers.lines import squash

if TYPE_CHECKING:
    from gzcrawler.readers.lines import Document

__all__ = ["read_head"]


def read_head(document: Document) -> None:
    """Fill in what the head says; it is looked for on the whole page, since a stray element in the head ends it and leaves the rest to the body."""
    metas = document.metas
    for element in document.root.iter("meta", "title", "base"):
        tag = element.tag
        if tag == "meta":
            content = element.get("content")
            name = content and (element.get("name") or element.get("property"))
            if content and name:
                metas.setdefault(name.strip().lower(), squash(content))
        elif tag == "title":
            document.window_title = document.window_title or squash(element.text or "")
        else:
            document.base = document.base or element.get("href")
