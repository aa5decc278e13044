"""How far links are followed that show nothing: calendars without end, pagers that never stop, dead links."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gzcrawler.items import Article, Listing

if TYPE_CHECKING:
    from gzcrawler.items import Page
    from gzcrawler.portals import Address, Portal

__all__ = ["Walk", "Walks"]

_ARTICLES = "articles"
"""A page may link to any number of articles that do not exist."""
FRUITLESS_AT_MOST = 500
"""Pages in a row without anything new after which a walk is given up. The longest list seen had 221 pages,
each with articles of its own; a site has some dozens of pages that its map does not know."""


@dataclass(slots=True)
class Walk:
    """The lists of one section, or all that the map does not know."""

    name: str
    fruitless: int = 0
    """Pages since the last one that showed something new."""
    last: str | None = None
    """Address of the last fruitless page."""
    set_aside: int = 0
    """Pages that were due and not asked, since the walk was given up."""
    shown: set[int] = field(default_factory=set)
    """Hashes of what its lists showed, one a list page."""


class Walks:
    """Judges, page by page, whether following a walk still brings something."""

    def __init__(self, portal: Portal, limit: int = FRUITLESS_AT_MOST) -> None:
        """Begin with every walk open.

        Args:
            portal: its map, which knows sections.
            limit: fruitless pages in a row after which a walk is given up.
        """
        self._portal = portal
        self._limit = limit
        self._walks: dict[str, Walk] = {}

    def take(self, url: str, page: Page) -> None:
        """Learn what a page of a walk showed."""
        walk = self._walk(url)
        if walk is None:
            return
        if isinstance(page, Article) or (isinstance(page, Listing) and self._is_new(walk, page)):
            walk.fruitless = 0
        else:
            walk.fruitless += 1
            walk.last = url

    def set_aside(self, url: str, *, known: bool = False) -> bool:
        """Does this page belong to a walk that was given up? Counts it, if so.

        Args:
            url: its address.
            known: it was answered before; then it is no find of this walk, and has its turn.
        """
        walk = self._walk(url)
        if walk is None or known or walk.fruitless < self._limit:
            return False
        walk.set_aside += 1
        return True

    def given_up(self) -> list[Walk]:
        """Walks that ended before their pages did."""
        return [walk for walk in self._walks.values() if walk.set_aside]

    def _walk(self, url: str) -> Walk | None:
        address = self._portal.address(url)
        if address is None or address.kind not in ("listing", "unknown", "article"):
            return None
        if address.kind == "article":
            return self._walks.setdefault(_ARTICLES, Walk(_ARTICLES))
        name = f"section {address.section!r}" if address.section else "pages that the map does not know"
        return self._walks.setdefault(name, Walk(name))

    def _is_new(self, walk: Walk, listing: Listing) -> bool:
        shown = hash(tuple(entry.url for entry in listing.entries))
        if shown in walk.shown:
            return False
        walk.shown.add(shown)
        found: list[Address | None] = [self._portal.address(entry.url) for entry in listing.entries]
        return any(address is not None and address.kind == "article" for address in found)
