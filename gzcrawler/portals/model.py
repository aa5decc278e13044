"""The facts of a portal map, typed and frozen: one class for each table of the map."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import re
    from datetime import date

__all__ = [
    "Address",
    "AddressKind",
    "Edition",
    "Host",
    "Layout",
    "Politeness",
    "Section",
    "Shape",
]

AddressKind = Literal["article", "listing", "home", "asset", "robots", "feed", "sitemap", "unknown"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """What an address means on a portal. Source: the map and the address alone."""

    url: str
    """The normalised address to ask: scheme and host as linked; junk, tracking and fragment dropped."""
    canonical_url: str
    """The key of the page."""
    kind: AddressKind
    """What the shape of the address promises; the page itself may turn out to be something else."""
    id: str | None = None
    """``<portal>:<content id>`` of an article."""
    edition: str
    """Key of the edition."""
    section: str | None = None
    """Key of the section, where the path names one that the map knows."""
    part: int = 1
    """Number of the page of a continued article or list, from 1."""
    first_url: str | None = None
    """Of a further page: canonical address of the first one, by the map's shape."""
    date: str | None = None
    """ISO 8601 date, where the path carries one that exists."""
    date_raw: str | None = None
    """The date as the path spells it: ``2017-06/27``; also where no such day exists."""
    generation: str | None = None
    """Key of the CMS generation whose shape matched."""
    host: str
    """``host`` or ``host:port`` that will be asked."""
    template: bool = False
    """An asset of the page template (style, script, icon): never part of a story, never crawled."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Politeness:
    """How a host of the portal is asked."""

    delay: float = 1.0
    """Seconds from one request to the next on the same host."""
    concurrency: int = 1
    """Requests under way on one host at a time."""
    timeout: float = 30.0
    """Seconds until a request is given up."""
    max_bytes: int = 10_000_000
    """Bytes of a body after which the download is cut."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """One place where a tree of the portal's pages hangs."""

    host: str
    """Lower case, with the port where it is not the scheme's own."""
    root: str
    """Path under which the tree hangs, without a slash at the end; empty for the whole host."""
    site: str
    """Hosts of one site carry the same tree; the first of them is its canonical one."""
    generations: tuple[str, ...]
    """CMS generations that answer here; empty for all."""
    assets: tuple[str, ...]
    """Path prefixes outside the root that hold pictures and files of the portal's pages."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Edition:
    """One language version of the portal."""

    key: str
    language: str
    """BCP 47."""
    home: tuple[str, ...]
    """Canonical addresses of its home pages."""
    paths: tuple[str, ...]
    """Path prefixes under a root that belong to it; the first edition has all the rest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """One section of the portal; it keeps its key while its names and slugs change."""

    key: str
    names: tuple[str, ...]
    """Names as printed, all that were seen."""
    slugs: tuple[str, ...]
    """Path pieces by which lists and articles name it, all that were seen."""
    edition: str
    lists: tuple[str, ...]
    """Canonical addresses of the first list page, one a generation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """One way pages were dressed. The selectors are candidates in order, and hints alone."""

    name: str
    generation: str | None
    kind: Literal["article", "listing"]
    valid_from: date | None
    """First day on which a page of this dress was seen."""
    valid_until: date | None
    marks: tuple[str, ...]
    """CSS selectors, or ``text:`` and a piece of the source; any one of them tells the layout."""
    title: tuple[str, ...]
    head_line: tuple[str, ...]
    body: tuple[str, ...]
    breadcrumbs: tuple[str, ...]
    entries: tuple[str, ...]
    """The title anchors of a list."""
    pager: tuple[str, ...]
    next: tuple[str, ...]
    """The anchor of the next list page, or of the next page of a continued article."""
    drop: tuple[str, ...]
    """Chrome that can stand inside the body: sliders, share bars, counters."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """One form of address: what it looks like, what it promises, what its canonical form is."""

    kind: AddressKind
    generation: str | None
    pattern: re.Pattern[str] = field(compare=False)
    """Over the whole path under the root, normalised."""
    canonical: str | None
    """The canonical path, with ``%(group)s`` for each group; None keeps the path."""
    continued: str | None
    """The same for parts after the first."""
    id: str | None
    """The content id, in the same form."""
    query: Literal["drop", "keep"]
    any_section: bool
    """A list even where the map does not know the section."""
    template: bool
