"""The record of a list of articles: its entries, its name and its next page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gzcrawler.items import Listing
from gzcrawler.readers.lines import HEADINGS, Line, squash
from gzcrawler.readers.list_place import list_lines, targets_of
from gzcrawler.readers.list_rows import NEXT, list_entries, list_rows
from gzcrawler.readers.trail import is_trail

if TYPE_CHECKING:
    from gzcrawler.portals import Address, Portal
    from gzcrawler.readers.lines import Document
    from gzcrawler.readers.links import Resolver
    from gzcrawler.readers.list_place import Targets

__all__ = ["read_listing"]


def read_listing(document: Document, portal: Portal, address: Address, resolver: Resolver) -> Listing:
    """The record of a list page. Entries are empty where no list stands on it."""

    def leads_to_story(url: str) -> bool:
        other = portal.address(url)
        return other is not None and other.kind == "article"

    lines = [item for item in document.items if isinstance(item, Line) and not item.hidden]
    targets = {id(line): targets_of(line, resolver) for line in lines if line.anchors}
    inside = list_lines(document, lines, targets, leads_to_story)
    rows = list_rows(lines, inside, targets, leads_to_story)
    entries = list_entries(rows)
    title = _title(document, portal, resolver, lines, rows[0].line if rows else None)
    return Listing(
        section=address.section,
        title=title,
        entries=tuple(entries),
        next=_next(document, portal, address, resolver, lines, targets),
    )


def _title(
    document: Document, portal: Portal, resolver: Resolver, lines: list[Line], first: Line | None
) -> str | None:
    """The heading over the list, else the column's name in the meta set, else the trail's last step."""
    over: list[Line] = []
    for line in lines:
        if line is first:
            break
        over.append(line)
    for line in over[::-1]:
        if line.role in HEADINGS and not is_trail(line) and not _names_site(line, document, portal, resolver):
            return line.text
    declared = document.metas.get("columnname")
    if declared:
        return declared
    trail = next((line.text for line in reversed(over) if is_trail(line)), None)
    if trail is not None:
        return re.split(r"[>›»\uff1e/]", trail)[-1].strip() or None
    return None


def _names_site(line: Line, document: Document, portal: Portal, resolver: Resolver) -> bool:
    """Whether a heading is the site's name or logo."""
    if line.text in (portal.title, document.metas.get("sitename"), document.metas.get("og:site_name")):
        return True
    targets = [portal.address(url) for _, url in targets_of(line, resolver)]
    return any(target is not None and target.kind == "home" for target in targets)


def _next(
    document: Document,
    portal: Portal,
    address: Address,
    resolver: Resolver,
    lines: list[Line],
    targets: dict[int, Targets],
) -> str | None:
    """Where the pager's next link leads; without one, where the number after this page's leads."""
    numbered = None
    for line in lines:
        for anchor, url in targets.get(id(line), ()):
            text = line.text_of(anchor)
            if NEXT.match(text) and _onward(portal, address, url):
                return url
            if numbered is None and text == str(address.part + 1) and _onward(portal, address, url):
                numbered = url
    for anchor in document.body.iterdescendants("a"):
        if (anchor.get("rel") or "").lower() == "next" or NEXT.match(squash(anchor.get("title") or "")):
            target = resolver.absolute(anchor.get("href"))
            if target is not None and _onward(portal, address, target):
                return target
    return numbered


def _onward(portal: Portal, address: Address, url: str) -> bool:
    """Whether a link leads to another page than this one, and to no story."""
    other = portal.address(url)
    if other is None:
        return True
    return other.kind != "article" and other.canonical_url != address.canonical_url
